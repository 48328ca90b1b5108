//! The routes that peers call.

use crate::core::Core;
use crate::entity::{Kind, Reference, Told, checked};
use crate::model::{Peer, Telemetry};
use crate::settings::Constraints;
use crate::telemetry;
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use deconflict_access::NotAdmitted;
use deconflict_intent::scope;
use deconflict_intent::wire::{
    ErrorReport, GetConstraintDetailsResponse, GetOperationalIntentDetailsResponse,
    GetTelemetryResponse, PutConstraintDetailsParameters, PutOperationalIntentDetailsParameters,
    SubscriptionState, ToldTime,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use std::sync::{Arc, PoisonError};
use uuid::Uuid;

const ANYBODY: &[&str] = &[
    scope::STRATEGIC_COORDINATION,
    scope::CONSTRAINT_PROCESSING,
    scope::CONSTRAINT_MANAGEMENT,
    scope::CONFORMANCE_MONITORING_SA,
    scope::AVAILABILITY_ARBITRATION,
];
/// The most subscriptions in one notification.
const MOST_SUBSCRIPTIONS: usize = 1000;

type Desk = State<Arc<Core>>;

pub(crate) fn router(core: Arc<Core>) -> Router {
    let body_bytes = core.settings.body_bytes;
    Router::new()
        .route("/uss/v1/operational_intents/{id}", get(intent))
        .route("/uss/v1/operational_intents/{id}/telemetry", get(telemetry_of))
        .route("/uss/v1/operational_intents", post(intent_changed))
        .route("/uss/v1/constraints/{id}", get(constraint))
        .route("/uss/v1/constraints", post(constraint_changed))
        .route("/uss/v1/reports", post(report))
        .route("/uss/v1/log_sets/{id}", get(log_set))
        .layer(DefaultBodyLimit::max(body_bytes))
        .with_state(core)
}

/// Why a request is not granted.
struct Refused(StatusCode, String, Option<u32>);

type Reply = Result<Response, Refused>;

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = answer(self.0, &json!({ "message": self.1 }));
        if self.0 == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
        }
        if let Some(after_s) = self.2 {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after_s));
        }
        response
    }
}

fn refused(status: StatusCode, words: impl Into<String>) -> Refused {
    Refused(status, words.into(), None)
}

fn answer(status: StatusCode, body: &impl Serialize) -> Response {
    let kind = HeaderValue::from_static("application/json");
    (status, [(header::CONTENT_TYPE, kind)], crate::dss::bytes(body)).into_response()
}

/// Who asks, if any of the scopes is theirs and they do not ask too often.
async fn admit(core: &Core, headers: &HeaderMap, any_of: &[&str]) -> Result<String, Refused> {
    let header = headers.get(header::AUTHORIZATION).and_then(|h| h.to_str().ok());
    let claims = core.gate.admit(header, any_of).await.map_err(|why| match why {
        NotAdmitted::Unauthorised(words) => refused(StatusCode::UNAUTHORIZED, words),
        NotAdmitted::Forbidden(words) => refused(StatusCode::FORBIDDEN, words),
    })?;
    let mut rates = core.rates.lock().unwrap_or_else(PoisonError::into_inner);
    rates.take(&claims.subject, core.now()).map_err(|soon| {
        let words = "too many requests in a short time; wait as long as Retry-After says";
        Refused(StatusCode::TOO_MANY_REQUESTS, words.to_owned(), Some(soon.retry_after_s))
    })?;
    Ok(claims.subject)
}

fn uuid(text: &str) -> Result<Uuid, Refused> {
    let shown: String = text.chars().take(40).collect();
    Uuid::parse_str(text).ok().filter(|_| text.len() == 36).ok_or_else(|| {
        let words = format!("\"{shown}\" is no UUID such as 2f8343be-6482-4d1b-a474-16847e01af1e");
        refused(StatusCode::BAD_REQUEST, words)
    })
}

fn parse<T: DeserializeOwned>(
    core: &Core,
    body: Result<Bytes, BytesRejection>,
) -> Result<T, Refused> {
    let body = body.map_err(|rejection| match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => {
            let most = core.settings.body_bytes;
            refused(StatusCode::PAYLOAD_TOO_LARGE, format!("the body is larger than {most} bytes"))
        }
        status => refused(status, rejection.body_text()),
    })?;
    // The parser refuses what is nested more than 128 deep.
    let mut text = serde_json::Deserializer::from_slice(&body);
    let value = serde_path_to_error::deserialize(&mut text).map_err(|error| {
        let words = format!("the body does not fit at {}: {}", error.path(), error.inner());
        refused(StatusCode::BAD_REQUEST, words)
    })?;
    text.end().map_err(|error| {
        refused(StatusCode::BAD_REQUEST, format!("there is more after the body: {error}"))
    })?;
    Ok(value)
}

fn not_here(what: &str, id: Uuid) -> Refused {
    refused(StatusCode::NOT_FOUND, format!("there is no {what} {id} of ours"))
}

/// Something of ours, as the DSS has accepted it last, if that USS may know.
async fn ours(
    core: &Core,
    headers: &HeaderMap,
    scope: &str,
    id: &str,
    what: &str,
) -> Result<Arc<Told>, Refused> {
    let caller = admit(core, headers, &[scope]).await?;
    let id = uuid(id)?;
    let told = core.book().mine(id).ok_or_else(|| not_here(what, id))?;
    if !core.may_know(&caller) {
        let words = format!("the details are not released to {caller}; ask whoever manages it");
        return Err(refused(StatusCode::FORBIDDEN, words));
    }
    Ok(told)
}

async fn intent(State(core): Desk, Path(id): Path<String>, headers: HeaderMap) -> Reply {
    let scope = scope::STRATEGIC_COORDINATION;
    let told = ours(&core, &headers, scope, &id, "operational intent").await?;
    match &*told {
        Told::Intent(told) => {
            let told = GetOperationalIntentDetailsResponse { operational_intent: told.clone() };
            Ok(answer(StatusCode::OK, &told))
        }
        Told::Constraint(_) => Err(not_here("operational intent", told.reference().id())),
    }
}

async fn constraint(State(core): Desk, Path(id): Path<String>, headers: HeaderMap) -> Reply {
    let scope = scope::CONSTRAINT_PROCESSING;
    let told = ours(&core, &headers, scope, &id, "constraint").await?;
    match &*told {
        Told::Constraint(told) => {
            let told = GetConstraintDetailsResponse { constraint: told.clone() };
            Ok(answer(StatusCode::OK, &told))
        }
        Told::Intent(_) => Err(not_here("constraint", told.reference().id())),
    }
}

async fn telemetry_of(State(core): Desk, Path(id): Path<String>, headers: HeaderMap) -> Reply {
    let scope = scope::CONFORMANCE_MONITORING_SA;
    let told = ours(&core, &headers, scope, &id, "operational intent").await?;
    let reference = told.reference();
    let Some(state) = reference.state() else {
        return Err(not_here("operational intent", reference.id()));
    };
    if state.is_nominal() {
        let words = format!(
            "it is {}; telemetry is told in the states Nonconforming and Contingent",
            state.name()
        );
        return Err(refused(StatusCode::CONFLICT, words));
    }
    let Some(given) = core.host.telemetry(reference.id()) else {
        let words = "no position of its aircraft is known".to_owned();
        return Err(refused(StatusCode::PRECONDITION_FAILED, words));
    };
    let next = given.next.map(ToldTime);
    let near = |given: &Telemetry| given.position.map(|p| core.host.vertical(p));
    let told = GetTelemetryResponse {
        operational_intent_id: reference.id(),
        telemetry: Some(telemetry::told(&given, near(&given).unwrap_or_default())),
        next_telemetry_opportunity: next,
    };
    Ok(answer(StatusCode::OK, &told))
}

type Body = Result<Bytes, BytesRejection>;

async fn intent_changed(State(core): Desk, headers: HeaderMap, body: Body) -> Reply {
    let caller = admit(&core, &headers, &[scope::STRATEGIC_COORDINATION]).await?;
    let given: PutOperationalIntentDetailsParameters = parse(&core, body)?;
    let told = given.operational_intent.map(Told::Intent);
    changed(&core, &caller, Kind::Intent, given.operational_intent_id, told, &given.subscriptions)
}

async fn constraint_changed(State(core): Desk, headers: HeaderMap, body: Body) -> Reply {
    let caller = admit(&core, &headers, &[scope::CONSTRAINT_MANAGEMENT]).await?;
    if core.settings.constraints == Constraints::None {
        let words = "constraints are not processed here".to_owned();
        return Err(refused(StatusCode::BAD_REQUEST, words));
    }
    let given: PutConstraintDetailsParameters = parse(&core, body)?;
    let told = given.constraint.map(Told::Constraint);
    changed(&core, &caller, Kind::Constraint, given.constraint_id, told, &given.subscriptions)
}

/// A peer says what is new of something of theirs. Of ours and of a third party's nobody but
/// its manager may tell.
fn changed(
    core: &Core,
    caller: &str,
    kind: Kind,
    id: Uuid,
    told: Option<Told>,
    subscriptions: &[SubscriptionState],
) -> Reply {
    if subscriptions.is_empty() || subscriptions.len() > MOST_SUBSCRIPTIONS {
        let words = format!("subscriptions: 1 to {MOST_SUBSCRIPTIONS} are needed");
        return Err(refused(StatusCode::BAD_REQUEST, words));
    }
    let another = || {
        let words = format!("{id} is not {caller}'s: only its manager tells what it is");
        refused(StatusCode::FORBIDDEN, words)
    };
    let now = core.host.now();
    let (known, gone, mine) = {
        let book = core.book();
        (book.peer(id), book.gone_at(id, now), book.mine(id).is_some())
    };
    let same_kind =
        |peer: &Peer| matches!(peer.what, crate::PeerWhat::Intent { .. }) == (kind == Kind::Intent);
    if mine || known.as_ref().is_some_and(|peer| peer.manager != caller || !same_kind(peer)) {
        return Err(another());
    }
    let peer = match &told {
        None => None,
        Some(told) => {
            let reference = told.reference();
            if reference.manager() != caller {
                return Err(another());
            }
            Some(Arc::new(notified(id, &reference, told, known.as_deref(), gone)?))
        }
    };
    // A notification that was missed is no reason to refuse this one.
    let missed = {
        let mut book = core.book();
        let count = |s: &SubscriptionState| book.count(s.subscription_id, s.notification_index);
        subscriptions.iter().map(count).filter(|missed| *missed).count() > 0
    };
    core.change(|book| match &peer {
        Some(peer) => book.learn(peer, now, core.settings.most_peers),
        None => book.forget(id, now),
    });
    if missed {
        core.wake.notify_one();
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What was told of an entity, checked against itself and against what is known of it.
fn notified(
    id: Uuid,
    reference: &Reference,
    told: &Told,
    known: Option<&Peer>,
    gone: Option<i32>,
) -> Result<Peer, Refused> {
    if reference.id() != id {
        let words = format!("the reference is that of {}, not of {id}", reference.id());
        return Err(refused(StatusCode::BAD_REQUEST, words));
    }
    let mut peer =
        checked(reference, told.clone()).map_err(|why| refused(StatusCode::BAD_REQUEST, why))?;
    // Where to ask is believed of the DSS only, and so is who is there.
    peer.base_url = known.map_or_else(String::new, |known| known.base_url.clone());
    peer.uss_availability = known.map_or_else(Default::default, |known| known.uss_availability);
    let conflict = |words: String| Err(refused(StatusCode::CONFLICT, words));
    if let Some(gone) = gone.filter(|gone| *gone >= peer.version) {
        return conflict(format!("{id} is gone since version {gone}"));
    }
    match known {
        Some(known) if known.version > peer.version => conflict(format!(
            "version {} of {id} is known already, this is {}",
            known.version, peer.version
        )),
        Some(known)
            if known.version == peer.version
                && known.details == crate::Details::Known
                && *known != peer =>
        {
            conflict(format!("version {} of {id} is known otherwise", peer.version))
        }
        _ => Ok(peer),
    }
}

async fn report(State(core): Desk, headers: HeaderMap, body: Body) -> Reply {
    let caller = admit(&core, &headers, ANYBODY).await?;
    let mut given: ErrorReport = parse(&core, body)?;
    given.report_id = Some(Uuid::new_v4().to_string());
    core.host.reported(&caller, given.clone());
    Ok(answer(StatusCode::CREATED, &given))
}

async fn log_set(State(core): Desk, headers: HeaderMap) -> Reply {
    admit(&core, &headers, ANYBODY).await?;
    let words = "logs are not told over this interface; ask the operator for an export";
    Err(refused(StatusCode::NOT_FOUND, words))
}

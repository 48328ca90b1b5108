//! The routes of the standard, and those that the InterUSS Platform adds.

use crate::auth::{Gate, admit};
use crate::extract::{Path, Sent};
use crate::pool::{Pool, Unavailable, WRITER_IS_GONE};
use crate::{aux, metrics};
use axum::Router;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post, put};
use deconflict_intent::{Caller, Read, Write, scope};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;

const INTENTS: &[&str] = &[scope::STRATEGIC_COORDINATION, scope::CONFORMANCE_MONITORING_SA];
const CONSTRAINTS: &[&str] = &[scope::CONSTRAINT_PROCESSING, scope::CONSTRAINT_MANAGEMENT];
const MANAGING: &[&str] = &[scope::CONSTRAINT_MANAGEMENT];
const SUBSCRIPTIONS: &[&str] = &[scope::STRATEGIC_COORDINATION, scope::CONSTRAINT_PROCESSING];
const ARBITRATION: &[&str] = &[scope::AVAILABILITY_ARBITRATION];
const PRESENCE: &[&str] = &[
    scope::AVAILABILITY_ARBITRATION,
    scope::STRATEGIC_COORDINATION,
    scope::CONFORMANCE_MONITORING_SA,
];
const ANYBODY: &[&str] = &[
    scope::CONSTRAINT_MANAGEMENT,
    scope::CONSTRAINT_PROCESSING,
    scope::STRATEGIC_COORDINATION,
    scope::CONFORMANCE_MONITORING_SA,
    scope::AVAILABILITY_ARBITRATION,
];
/// Scopes of the InterUSS Platform's own interfaces, beside the standard.
const VERSIONING: &[&str] = &["interuss.versioning.read_system_versions"];

/// What the handlers work with.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) pool: Arc<Pool>,
    gate: Arc<Gate>,
}

impl Desk {
    /// Who asks, if any of these scopes is theirs.
    pub(crate) async fn admit(
        &self,
        headers: &HeaderMap,
        any_of: &[&str],
    ) -> Result<Caller, Refused> {
        Ok(admit(&self.gate, headers, any_of).await?)
    }
}

/// The service as a router: without a listener, so that it can be put anywhere.
pub fn router(pool: Arc<Pool>, gate: Gate) -> Router {
    let body_bytes = pool.settings().body_bytes;
    let counted = axum::middleware::from_fn_with_state(pool.metrics().clone(), metrics::count);
    let desk = Desk { pool, gate: Arc::new(gate) };
    let beside = aux::routes().into_iter();
    let router = beside.fold(Router::new(), |router, (path, methods)| router.route(path, methods));
    router
        .route("/healthy", get(healthy))
        .route("/aux/v1/version", get(version))
        .route("/aux/v1/validate_oauth", get(validate_oauth))
        .route("/versions/{system}", get(version_of))
        .route("/dss/v1/operational_intent_references/query", post(query_intents))
        .route("/dss/v1/operational_intent_references/{id}", get(get_intent).put(create_intent))
        .route(
            "/dss/v1/operational_intent_references/{id}/{ovn}",
            put(update_intent).delete(delete_intent),
        )
        .route("/dss/v1/operational_intent_references/{id}/", unversioned(INTENTS))
        .route("/dss/v1/constraint_references/query", post(query_constraints))
        .route("/dss/v1/constraint_references/{id}", get(get_constraint).put(create_constraint))
        .route(
            "/dss/v1/constraint_references/{id}/{ovn}",
            put(update_constraint).delete(delete_constraint),
        )
        .route("/dss/v1/constraint_references/{id}/", unversioned(MANAGING))
        .route("/dss/v1/subscriptions/query", post(query_subscriptions))
        .route("/dss/v1/subscriptions/{id}", get(get_subscription).put(create_subscription))
        .route(
            "/dss/v1/subscriptions/{id}/{version}",
            put(update_subscription).delete(delete_subscription),
        )
        .route("/dss/v1/subscriptions/{id}/", unversioned(SUBSCRIPTIONS))
        .route("/dss/v1/reports", post(report))
        .route("/dss/v1/uss_availability/{uss}", get(get_availability).put(set_availability))
        .fallback(|| async { Refused(StatusCode::NOT_FOUND, "there is no such route".to_owned()) })
        .method_not_allowed_fallback(|| async {
            Refused(StatusCode::METHOD_NOT_ALLOWED, "this route has no such method".to_owned())
        })
        .layer(DefaultBodyLimit::max(body_bytes))
        .layer(counted)
        .with_state(desk)
}

/// A refusal before anything was decided.
pub(crate) struct Refused(pub(crate) StatusCode, pub(crate) String);

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = answer(self.0, json!({ "message": self.1 }).to_string());
        if self.0 == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, bearer);
        }
        if self.0 == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<(StatusCode, String)> for Refused {
    fn from((status, message): (StatusCode, String)) -> Refused {
        Refused(status, message)
    }
}

impl From<Unavailable> for Refused {
    fn from(why: Unavailable) -> Refused {
        Refused(StatusCode::SERVICE_UNAVAILABLE, why.to_string())
    }
}

pub(crate) type Reply = Result<Response, Refused>;

pub(crate) fn answer(status: StatusCode, body: String) -> Response {
    let kind = HeaderValue::from_static("application/json");
    (status, [(header::CONTENT_TYPE, kind)], body).into_response()
}

fn told(given: deconflict_intent::Answer) -> Response {
    answer(StatusCode::from_u16(given.status).unwrap_or(StatusCode::OK), given.body)
}

fn bad(message: String) -> Refused {
    Refused(StatusCode::BAD_REQUEST, message)
}

/// The standard writes ids with hyphens; the InterUSS Platform's load test leaves them out.
fn uuid(text: &str) -> Result<Uuid, Refused> {
    let shown: String = text.chars().take(40).collect();
    let wanted = matches!(text.len(), 32 | 36).then(|| Uuid::parse_str(text).ok()).flatten();
    wanted.ok_or_else(|| {
        bad(format!("\"{shown}\" is no UUID such as 2f8343be-6482-4d1b-a474-16847e01af1e"))
    })
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    // The parser refuses what is nested more than 128 deep.
    let mut text = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut text).map_err(|error| {
        bad(format!("the body does not fit at {}: {}", error.path(), error.inner()))
    })?;
    text.end().map_err(|error| bad(format!("there is more after the body: {error}")))?;
    Ok(value)
}

/// A body, or what kept it from being read.
type Body = Result<Sent, Refused>;

/// What every handler is given.
pub(crate) struct Request<'a> {
    pub(crate) desk: &'a Desk,
    pub(crate) headers: &'a HeaderMap,
}

impl Request<'_> {
    pub(crate) async fn read(
        &self,
        scopes: &[&str],
        read: impl FnOnce() -> Result<Read, Refused>,
    ) -> Reply {
        let caller = self.desk.admit(self.headers, scopes).await?;
        Ok(told(self.desk.pool.read(&caller, &read()?).await?))
    }

    /// `make` is asked only of somebody who may: a stranger does not learn what a good
    /// request looks like, and does not have theirs parsed.
    pub(crate) async fn write(
        &self,
        scopes: &[&str],
        method: Method,
        uri: &Uri,
        body: &[u8],
        make: impl FnOnce() -> Result<Write, Refused>,
    ) -> Reply {
        let caller = self.desk.admit(self.headers, scopes).await;
        let uss = caller.as_ref().map_or("", |caller| &*caller.uss).to_owned();
        let reply = match caller {
            Ok(caller) => self.decide(caller, &method, uri, body, make).await,
            Err(refused) => Err(refused),
        };
        note(&uss, &method, uri, reply)
    }

    async fn decide(
        &self,
        caller: Caller,
        method: &Method,
        uri: &Uri,
        body: &[u8],
        make: impl FnOnce() -> Result<Write, Refused>,
    ) -> Result<deconflict_intent::Answer, Refused> {
        let write = make()?;
        let idempotency = match self.headers.get("idempotency-key") {
            None => None,
            Some(key) => {
                let key = key.to_str().ok().filter(|k| (1..=200).contains(&k.len()));
                let key = key.ok_or_else(|| {
                    bad("Idempotency-Key must have 1 to 200 letters of ASCII".to_owned())
                })?;
                let digest = Sha256::new()
                    .chain_update(method.as_str())
                    .chain_update(uri.path())
                    .chain_update(body)
                    .finalize();
                Some((key.to_owned(), format!("{digest:x}")))
            }
        };
        Ok(self.desk.pool.write(caller, write, idempotency).await?)
    }
}

/// What was refused, and why: nothing else of an answer is parsed.
#[derive(Deserialize)]
struct Words {
    message: String,
}

/// One line in the log for each write that is refused. The path is told without the version at its
/// end, which is for its owner.
fn note(
    uss: &str,
    method: &Method,
    uri: &Uri,
    decided: Result<deconflict_intent::Answer, Refused>,
) -> Reply {
    let refused = match &decided {
        Ok(answer) if answer.status < 400 => None,
        Ok(answer) => {
            let words = serde_json::from_str(&answer.body).map(|words: Words| words.message);
            Some((answer.status, words.unwrap_or_default()))
        }
        Err(Refused(status, words)) => Some((status.as_u16(), words.clone())),
    };
    if let Some((status, reason)) = refused {
        let path: String = uri.path().split('/').take(5).collect::<Vec<_>>().join("/");
        tracing::info!(uss = ?uss, %method, path = ?path, status, reason = ?reason, "a write is refused");
    }
    decided.map(told)
}

/// A body that could be read.
fn whole(body: Body) -> Result<Bytes, Refused> {
    body.map(|sent| sent.0)
}

async fn healthy(State(desk): State<Desk>) -> Response {
    match desk.pool.health().trouble {
        None => "ok".into_response(),
        // What exactly is wrong is for the log: it may name hosts.
        Some(trouble) if trouble == WRITER_IS_GONE => {
            (StatusCode::SERVICE_UNAVAILABLE, WRITER_IS_GONE).into_response()
        }
        Some(_) => (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer").into_response(),
    }
}

async fn version() -> Response {
    answer(StatusCode::OK, json!({ "version": env!("CARGO_PKG_VERSION") }).to_string())
}

/// The same for clients of the InterUSS Platform's versioning interface, which ask about a
/// system by its name. We can tell of one.
async fn version_of(
    State(desk): State<Desk>,
    Path(system): Path<String>,
    headers: HeaderMap,
) -> Reply {
    desk.admit(&headers, VERSIONING).await?;
    if system != "dss" {
        let words = "this service tells the version of the system \"dss\" only".to_owned();
        return Err(Refused(StatusCode::NOT_FOUND, words));
    }
    let version = concat!("v", env!("CARGO_PKG_VERSION"));
    let told = json!({ "system_identity": system, "system_version": version });
    Ok(answer(StatusCode::OK, told.to_string()))
}

/// A change without the version that it changes, in a path that ends with a slash: that is a
/// malformed request and not, as for any other path that is not there, "no such route".
fn unversioned(scopes: &'static [&'static str]) -> MethodRouter<Desk> {
    let refuse = move |State(desk): State<Desk>, headers: HeaderMap| async move {
        desk.admit(&headers, scopes).await?;
        Reply::Err(bad("the path must end with the version that is to be changed".to_owned()))
    };
    put(refuse).delete(refuse)
}

#[derive(Deserialize)]
struct Owner {
    owner: Option<String>,
}

async fn validate_oauth(
    State(desk): State<Desk>,
    asked: Result<Query<Owner>, QueryRejection>,
    headers: HeaderMap,
) -> Reply {
    let caller = desk.admit(&headers, &[]).await?;
    let Query(asked) = asked.map_err(|error| bad(error.body_text()))?;
    if asked.owner.is_some_and(|owner| owner != *caller.uss) {
        let words = "the access token is not of that owner".to_owned();
        return Err(Refused(StatusCode::FORBIDDEN, words));
    }
    Ok(answer(StatusCode::OK, "{}".to_owned()))
}

macro_rules! reads {
    ($($name:ident, $scopes:expr, $read:expr;)*) => {$(
        async fn $name(
            State(desk): State<Desk>,
            Path(id): Path<String>,
            headers: HeaderMap,
        ) -> Reply {
            let request = Request { desk: &desk, headers: &headers };
            request.read($scopes, || $read(id)).await
        }
    )*};
}
reads! {
    get_intent, INTENTS, |id: String| Ok(Read::Intent(uuid(&id)?));
    get_constraint, CONSTRAINTS, |id: String| Ok(Read::Constraint(uuid(&id)?));
    get_subscription, SUBSCRIPTIONS, |id: String| Ok(Read::Subscription(uuid(&id)?));
    get_availability, PRESENCE, |uss: String| Ok(Read::Availability(uss));
}

macro_rules! queries {
    ($($name:ident, $scopes:expr, $read:expr;)*) => {$(
        async fn $name(State(desk): State<Desk>, headers: HeaderMap, body: Body) -> Reply {
            let request = Request { desk: &desk, headers: &headers };
            request.read($scopes, || Ok($read(parse(&whole(body)?)?))).await
        }
    )*};
}
queries! {
    query_intents, INTENTS, Read::Intents;
    query_constraints, CONSTRAINTS, Read::Constraints;
    query_subscriptions, SUBSCRIPTIONS, Read::Subscriptions;
}

/// Writes to a thing with an id, perhaps of a version, perhaps with a body.
macro_rules! writes {
    ($($name:ident, $path:ty, $scopes:expr, $method:ident, $make:expr;)*) => {$(
        async fn $name(
            State(desk): State<Desk>,
            Path(path): Path<$path>,
            uri: Uri,
            headers: HeaderMap,
            body: Body,
        ) -> Reply {
            let request = Request { desk: &desk, headers: &headers };
            let body = whole(body);
            let bytes = body.as_ref().map_or_else(|_| Bytes::new(), Bytes::clone);
            request.write($scopes, Method::$method, &uri, &bytes, || $make(path, body?)).await
        }
    )*};
}
type Versioned = (String, String);
writes! {
    create_intent, String, INTENTS, PUT, |id: String, body: Bytes| {
        Ok(Write::PutIntent { id: uuid(&id)?, ovn: None, params: parse(&body)? })
    };
    update_intent, Versioned, INTENTS, PUT, |(id, ovn): Versioned, body: Bytes| {
        Ok(Write::PutIntent { id: uuid(&id)?, ovn: Some(ovn), params: parse(&body)? })
    };
    delete_intent, Versioned, INTENTS, DELETE, |(id, ovn): Versioned, _: Bytes| {
        Ok(Write::DeleteIntent { id: uuid(&id)?, ovn })
    };
    create_constraint, String, MANAGING, PUT, |id: String, body: Bytes| {
        Ok(Write::PutConstraint { id: uuid(&id)?, ovn: None, params: parse(&body)? })
    };
    update_constraint, Versioned, MANAGING, PUT, |(id, ovn): Versioned, body: Bytes| {
        Ok(Write::PutConstraint { id: uuid(&id)?, ovn: Some(ovn), params: parse(&body)? })
    };
    delete_constraint, Versioned, MANAGING, DELETE, |(id, ovn): Versioned, _: Bytes| {
        Ok(Write::DeleteConstraint { id: uuid(&id)?, ovn })
    };
    create_subscription, String, SUBSCRIPTIONS, PUT, |id: String, body: Bytes| {
        Ok(Write::PutSubscription { id: uuid(&id)?, version: None, params: parse(&body)? })
    };
    update_subscription, Versioned, SUBSCRIPTIONS, PUT, |(id, version): Versioned, body: Bytes| {
        Ok(Write::PutSubscription { id: uuid(&id)?, version: Some(version), params: parse(&body)? })
    };
    delete_subscription, Versioned, SUBSCRIPTIONS, DELETE, |(id, version): Versioned, _: Bytes| {
        Ok(Write::DeleteSubscription { id: uuid(&id)?, version })
    };
    set_availability, String, ARBITRATION, PUT, |uss: String, body: Bytes| {
        Ok(Write::SetAvailability { uss, params: parse(&body)? })
    };
}

async fn report(State(desk): State<Desk>, uri: Uri, headers: HeaderMap, body: Body) -> Reply {
    let request = Request { desk: &desk, headers: &headers };
    let body = whole(body);
    let bytes = body.as_ref().map_or_else(|_| Bytes::new(), Bytes::clone);
    let make = || Ok(Write::Report { body: parse(&body?)? });
    request.write(ANYBODY, Method::POST, &uri, &bytes, make).await
}

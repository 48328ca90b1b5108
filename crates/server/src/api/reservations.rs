//! `/v1/reservations`: who has which airspace, when, and whether a plan is free.

use super::caller::Caller;
use super::{App, Query};
use crate::coordination::PeersView;
use crate::problem::Problem;
use crate::reservations::{
    By, CELL, Disclosed, Done, Item, Refusal, ReportView, UNNAMED, at_time, entries, feature,
    new_id, read_draft, tell, view_of,
};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use deconflict_access::{Permission, Role};
use deconflict_core::Time;
use deconflict_picture::Stamp;
use deconflict_reserve::Reservation;
use deconflict_reserve::document::{Format, write_geojson};
use deconflict_reserve::status::Action;
use deconflict_store::ReadError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Reservations of one file.
const MOST_ENTRIES: usize = 500;

/// Which reservations, and in which form.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// Those that exist at this time.
    #[param(value_type = Option<String>, format = DateTime)]
    at: Option<Stamp>,
    /// `json`, `geojson`, `kml` or `csv`. KML and CSV hold what may be seen in full.
    format: Option<String>,
}

/// What is reserved, as far as the caller may see it.
#[derive(Serialize, ToSchema)]
pub struct Listed {
    /// Counted up with every change that the caller may see.
    version: u64,
    /// The reservations, in the order of their ids.
    #[schema(value_type = Vec<Object>)]
    reservations: Vec<Value>,
    /// How the exchange with other services stands; `null` if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    uss: Option<PeersView>,
}

/// What is to be done with a reservation.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewStatus {
    /// `plan`, `activate`, `release` or `cancel`.
    action: String,
    /// The version that this is meant for.
    version: u64,
}

/// What came of a file.
#[derive(Serialize, ToSchema)]
pub struct Imported {
    /// Drafts that were made.
    #[schema(value_type = Vec<Object>)]
    made: Vec<Value>,
    /// What was not taken.
    refused: Vec<RefusedEntry>,
}

/// A part of a file that was not taken.
#[derive(Serialize, ToSchema)]
pub struct RefusedEntry {
    /// Where in the file.
    place: String,
    /// What is wrong, and what to do.
    says: String,
}

/// One step in the life of a reservation.
#[derive(Serialize, ToSchema)]
pub struct Step {
    /// The version that came of it.
    version: i64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    time: Stamp,
    /// Who.
    by: String,
    /// What was done: `draft`, `edit`, `plan`, `activate`, `release`, `cancel`, or `time`.
    action: String,
    /// The status before; `null` when it was made.
    from: Option<String>,
    /// The status after.
    to: String,
    /// The party that controlled it from then on.
    party: String,
    /// The reservation from then on.
    #[schema(value_type = Object)]
    reservation: Value,
}

/// The party that a caller acts for, and whether it may name another.
fn party_of(caller: &Caller) -> (&str, bool) {
    let is_party = caller.identity.role() == Role::Party;
    (caller.identity.party().unwrap_or(CELL), !is_party)
}

fn by(caller: &Caller) -> By {
    let (party, may_name) = party_of(caller);
    By { name: caller.name().to_owned(), party: (!may_name).then(|| party.to_owned()) }
}

fn told(app: &App, caller: &Caller, item: &Item, disclosed: Disclosed) -> Value {
    let (party, may_name) = party_of(caller);
    let mine = item.is_of(party);
    let is_ours = item.peer.is_none();
    let acts = caller.identity.may(Permission::Reserve) && is_ours && (mine || may_name);
    let mut view = view_of(item, disclosed, mine, acts, app.clock.now());
    if disclosed == Disclosed::Full
        && let Some(keeping) =
            app.conforming.of(&item.reservation, &caller.viewer(), &app.hub.policy())
    {
        view["conformance"] = keeping;
    }
    let stand = app.desk.coordination.as_ref().filter(|_| is_ours && (mine || may_name));
    if let Some(stand) = stand.and_then(|coordination| coordination.stand(&item.reservation)) {
        view["coordination"] = json!(stand);
    }
    view
}

fn none(id: &str) -> Problem {
    Problem::not_found("reservation", format!("{id:?}"))
}

/// The reservation, as far as the caller may see it.
fn find(app: &App, caller: &Caller, id: &str) -> Result<(Arc<Item>, Disclosed), Problem> {
    known(app)?;
    app.desk.book.see(&caller.viewer(), id).ok_or_else(|| none(id))
}

fn known(app: &App) -> Result<(), Problem> {
    if app.desk.book.is_known() {
        return Ok(());
    }
    Err(Problem::unavailable("what is reserved cannot be read at present", 5))
}

/// The reservation that the caller may change.
fn own(app: &App, caller: &Caller, id: &str) -> Result<Arc<Item>, Problem> {
    let (item, _) = find(app, caller, id)?;
    let (party, may_name) = party_of(caller);
    if item.peer.is_none() && may_name || item.is_of(party) {
        return Ok(item);
    }
    let detail = match item.peer {
        Some(_) => "this is another service's: it is changed there",
        None => "this reservation is another party's",
    };
    Err(Problem::new(StatusCode::FORBIDDEN, detail))
}

/// Reservations that the caller may see.
#[utoipa::path(get, path = "/v1/reservations", params(Wanted), tag = "reservations",
    responses((status = 200, description = "docs/reservations.md has the fields", body = Listed),
        (status = 503, body = Problem)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Response, Problem> {
    known(&app)?;
    let (version, mut seen) = app.desk.book.seen(&caller.viewer());
    if let Some(Stamp(at)) = wanted.at {
        seen.retain(|(item, _)| at_time(item, at));
    }
    let Some(format) = wanted.format.as_deref().filter(|format| *format != "json") else {
        let reservations = seen.iter().map(|(item, d)| told(&app, &caller, item, *d));
        let reservations = reservations.collect();
        let uss = app.desk.coordination.as_ref().map(|coordination| coordination.view());
        return Ok(Json(Listed { version, reservations, uss }).into_response());
    };
    let unknown = || Problem::bad(format!("format: {format:?} is not json, geojson, kml or csv"));
    let format = Format::parse(format).ok_or_else(unknown)?;
    let full = seen.iter().filter(|(_, d)| *d == Disclosed::Full);
    let full: Vec<Reservation> = full.map(|(item, _)| item.reservation.clone()).collect();
    let (kind, text) = match format {
        Format::GeoJson => {
            let veiled = seen.iter().filter(|(_, d)| *d == Disclosed::Exists);
            let now = app.clock.now();
            let mut value: Value = serde_json::from_str(&write_geojson(&full)).unwrap_or_default();
            if let Some(features) = value["features"].as_array_mut() {
                features.extend(veiled.map(|(item, _)| feature(item, now)));
            }
            ("application/geo+json", value.to_string())
        }
        Format::Kml => ("application/vnd.google-earth.kml+xml", format.write(&full)),
        Format::Csv => ("text/csv; charset=utf-8", format.write(&full)),
        Format::Json => ("application/json", format.write(&full)),
    };
    Ok(([(header::CONTENT_TYPE, kind)], text).into_response())
}

/// One reservation.
#[utoipa::path(get, path = "/v1/reservations/{id}", tag = "reservations",
    params(("id" = String, Path, description = "Its name")),
    responses((status = 200, body = Object), (status = 404, body = Problem)))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let (item, disclosed) = find(&app, &caller, &id)?;
    Ok(Json(told(&app, &caller, &item, disclosed)))
}

/// Everything that was done to a reservation, oldest first: for its party, and for those who
/// see everything.
#[utoipa::path(get, path = "/v1/reservations/{id}/history", tag = "reservations",
    params(("id" = String, Path, description = "Its name")),
    responses((status = 200, body = Vec<Step>), (status = 404, body = Problem)))]
pub async fn history(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Vec<Step>>, Problem> {
    own(&app, &caller, &id)?;
    let rows = app.store.reservation_changes(&id).await.map_err(|error: ReadError| {
        Problem::unavailable(format!("the history cannot be read at present: {error}"), 5)
    })?;
    let (party, may_name) = party_of(&caller);
    // What another party had before the cell gave it to this one stays that party's.
    let rows = rows.into_iter().filter(|row| may_name || row.party == party);
    let steps = rows.map(|row| Step {
        version: row.version,
        time: Stamp(Time::from_nanos(row.time_ns)),
        by: row.by,
        action: row.action,
        from: row.from,
        to: row.to,
        party: row.party,
        reservation: serde_json::from_str(&row.body).unwrap_or_default(),
    });
    Ok(Json(steps.collect()))
}

/// A refusal for whoever asked.
async fn refused(app: &App, caller: &Caller, id: &str, refusal: Refusal) -> Problem {
    let conflict = |detail: &str| Problem::new(StatusCode::CONFLICT, detail);
    match refusal {
        Refusal::NotFound => none(id),
        Refusal::Status(says) => conflict(&says),
        Refusal::Problem(problem) => problem,
        Refusal::Changed(item) => conflict("it has changed since: `current` is how it is now")
            .current(told(app, caller, &item, Disclosed::Full)),
        Refusal::Conflict(plan) => {
            let problem = conflict("others are in the way: `report` says who, where and when");
            match app.desk.check((*plan).clone(), true).await {
                Ok(report) => {
                    problem.report(&tell(&report, &plan, &app.desk.book, &caller.viewer()))
                }
                Err(problem) => problem,
            }
        }
    }
}

/// A change that was made, put down and told.
fn done(app: &App, caller: &Caller, done: &Done) -> Value {
    let (outcome, says) = done.says();
    let event = caller.event(app, &format!("reservation {}", done.action), outcome);
    app.audit(event.on(done.item.id().to_owned()).with(says));
    told(app, caller, &done.item, Disclosed::Full)
}

/// Makes a draft. Answers when it is stored.
#[utoipa::path(post, path = "/v1/reservations", tag = "reservations",
    request_body(content = Object, description = "A draft; docs/reservations.md has the fields"),
    responses((status = 201, body = Object), (status = 400, body = Problem),
        (status = 503, description = "Not stored, and so not done", body = Problem)))]
pub async fn make(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(body): Json<Map<String, Value>>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let (party, may_name) = party_of(&caller);
    let draft = read_draft(body, party, may_name, &new_id()?)?;
    let id = draft.id.clone();
    match app.desk.make(by(&caller), draft).await {
        Ok(made) => Ok((StatusCode::CREATED, Json(done(&app, &caller, &made)))),
        Err(refusal) => Err(refused(&app, &caller, &id, refusal).await),
    }
}

/// Replaces what a reservation says; one that binds is checked first. Answers when it is stored.
#[utoipa::path(put, path = "/v1/reservations/{id}", tag = "reservations",
    params(("id" = String, Path, description = "Its name")),
    request_body(content = Object, description = "A draft, and the `version` that it replaces"),
    responses((status = 200, body = Object), (status = 400, body = Problem),
        (status = 404, body = Problem),
        (status = 409, description = "Changed since, or not free", body = Problem)))]
pub async fn edit(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(mut body): Json<Map<String, Value>>,
) -> Result<Json<Value>, Problem> {
    let before = own(&app, &caller, &id)?;
    let version = body.remove("version").and_then(|version| version.as_u64());
    let version = version.ok_or_else(|| {
        Problem::bad("field `version`: is missing: give the one that this replaces")
    })?;
    let given = body.get("id").filter(|given| !given.is_null());
    if given.is_some_and(|given| *given != json!(id)) {
        return Err(Problem::bad("field `id`: is another one's; leave it out"));
    }
    let (_, may_name) = party_of(&caller);
    let draft = read_draft(body, &before.reservation.party, may_name, &id)?;
    match app.desk.edit(by(&caller), version, draft).await {
        Ok(edited) => Ok(Json(done(&app, &caller, &edited))),
        Err(refusal) => Err(refused(&app, &caller, &id, refusal).await),
    }
}

/// Takes a reservation to another status. Answers when it is stored.
#[utoipa::path(post, path = "/v1/reservations/{id}/status", tag = "reservations",
    params(("id" = String, Path, description = "Its name")), request_body = NewStatus,
    responses((status = 200, body = Object), (status = 400, body = Problem),
        (status = 404, body = Problem),
        (status = 409, description = "Changed since, not allowed, or not free", body = Problem)))]
pub async fn act(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(new): Json<NewStatus>,
) -> Result<Json<Value>, Problem> {
    own(&app, &caller, &id)?;
    let action = match new.action.as_str() {
        "plan" => Action::Submit,
        "activate" => Action::Activate,
        "release" => Action::Release,
        "cancel" => Action::Cancel,
        other => {
            let says = format!("action: {other:?} is not plan, activate, release or cancel");
            return Err(Problem::bad(says));
        }
    };
    match app.desk.act(by(&caller), &id, new.version, action).await {
        Ok(acted) => Ok(Json(done(&app, &caller, &acted))),
        Err(refusal) => Err(refused(&app, &caller, &id, refusal).await),
    }
}

/// Whether a draft is free, or who is in its way, where and when; and what is free instead.
/// Nothing is stored.
#[utoipa::path(post, path = "/v1/reservations/check", tag = "reservations",
    request_body(content = Object, description = "A draft; with `id` the one that it replaces"),
    responses((status = 200, body = ReportView), (status = 400, body = Problem)))]
pub async fn check(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(mut body): Json<Map<String, Value>>,
) -> Result<Json<ReportView>, Problem> {
    body.remove("version");
    let (party, may_name) = party_of(&caller);
    // Only one's own can be replaced: another's stays in the way.
    let replaced = body.get("id").and_then(Value::as_str);
    let replaced = replaced.and_then(|id| own(&app, &caller, id).ok());
    let (id, party) = match &replaced {
        Some(item) => (item.id(), item.reservation.party.as_str()),
        None => (UNNAMED, party),
    };
    let plan = read_draft(body, party, may_name, id)?;
    let not_asked = match &app.desk.coordination {
        Some(coordination) => coordination.look(&plan).await.err(),
        None => None,
    };
    let report = app.desk.check(plan.clone(), true).await?;
    let mut told = tell(&report, &plan, &app.desk.book, &caller.viewer());
    told.not_asked = not_asked;
    Ok(Json(told))
}

/// The form of a file.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct FileForm {
    /// `json`, `geojson`, `kml` or `csv`; by the content type, or by what it looks like, if not given.
    format: Option<String>,
}

/// Makes drafts from a file. What does not hold is told with its place; the rest is made.
#[utoipa::path(post, path = "/v1/reservations/import", params(FileForm), tag = "reservations",
    request_body(content = String, description = "JSON, GeoJSON, KML or CSV"),
    responses((status = 200, body = Imported), (status = 400, body = Problem)))]
pub async fn import(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(form): Query<FileForm>,
    headers: HeaderMap,
    text: String,
) -> Result<Json<Imported>, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let format = match form.format.as_deref() {
        Some(name) => Format::parse(name).ok_or_else(|| {
            Problem::bad(format!("format: {name:?} is not json, geojson, kml or csv"))
        })?,
        None => match kind.unwrap_or_default() {
            kind if kind.contains("geo+json") => Format::GeoJson,
            kind if kind.contains("kml") => Format::Kml,
            kind if kind.contains("csv") => Format::Csv,
            _ => Format::sniff(&text),
        },
    };
    let (party, may_name) = party_of(&caller);
    let (owner, read) =
        (party.to_owned(), move |owner: String| entries(format, &text, &owner, may_name));
    let entered = tokio::task::spawn_blocking(move || read(owner)).await;
    let entered = entered.map_err(|_| {
        let detail = "this file met a fault of the service; it has been noted";
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
    })?;
    if entered.len() > MOST_ENTRIES {
        let says = format!("{} reservations: at most {MOST_ENTRIES}; divide it", entered.len());
        return Err(Problem::bad(says));
    }
    let mut out = Imported { made: Vec::new(), refused: Vec::new() };
    for entry in entered {
        let draft = match entry {
            Ok(draft) => draft,
            Err((place, says)) => {
                out.refused.push(RefusedEntry { place, says });
                continue;
            }
        };
        let place = format!("reservation {}", draft.name.as_deref().unwrap_or(&draft.id));
        let draft = Reservation { id: new_id()?, ..draft };
        match app.desk.make(by(&caller), draft).await {
            Ok(made) => out.made.push(done(&app, &caller, &made)),
            Err(refusal) => {
                let problem = refused(&app, &caller, "", refusal).await;
                out.refused.push(RefusedEntry { place, says: problem.detail().to_owned() });
            }
        }
    }
    Ok(Json(out))
}

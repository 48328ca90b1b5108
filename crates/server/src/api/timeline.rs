//! `/v1/timeline`: what can be looked back at.

use super::App;
use super::caller::Caller;
use crate::keeping::{alert_of, warning_of};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use deconflict_core::Time;
use deconflict_picture::{Stamp, Viewer, see_alert, see_warning};
use deconflict_record::Recording;
use deconflict_store::{self as store, AlertQuery, AlertState, ReadError};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Alerts, and warnings, on the line at the most …
const MOST_ON_LINE: u32 = 5000;
/// … and for a party.
const MOST_OF_PARTY: u32 = 1000;

/// A stretch of time that was recorded.
#[derive(Serialize, ToSchema)]
pub struct Span {
    /// From here.
    #[schema(value_type = String, format = DateTime)]
    from: Stamp,
    /// To here.
    #[schema(value_type = String, format = DateTime)]
    to: Stamp,
}

/// When an alert was on.
#[derive(Serialize, ToSchema)]
pub struct AlertOnLine {
    /// Its name.
    id: String,
    /// When it was raised.
    #[schema(value_type = String, format = DateTime)]
    first: Stamp,
    /// When it was last on.
    #[schema(value_type = String, format = DateTime)]
    last: Stamp,
    /// Its state.
    state: String,
    /// The worst that it has been.
    worst: String,
}

/// When a warning about one aircraft was on.
#[derive(Serialize, ToSchema)]
pub struct WarningOnLine {
    /// Its name.
    id: String,
    /// What about: `plan` or `area`.
    about: String,
    /// When it was raised.
    #[schema(value_type = String, format = DateTime)]
    first: Stamp,
    /// When it was last on.
    #[schema(value_type = String, format = DateTime)]
    last: Stamp,
    /// Its state.
    state: String,
    /// The worst that it has been.
    worst: String,
}

/// What can be looked back at.
#[derive(Serialize, ToSchema)]
pub struct Timeline {
    /// From here, if anything is recorded.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Stamp>,
    /// To here.
    #[schema(value_type = String, format = DateTime)]
    to: Stamp,
    /// The present.
    #[schema(value_type = String, format = DateTime)]
    live: Stamp,
    /// What is recorded, in order; there are gaps where the service did not run.
    spans: Vec<Span>,
    /// The alerts on it.
    alerts: Vec<AlertOnLine>,
    /// The warnings on it.
    warnings: Vec<WarningOnLine>,
}

/// What can be looked back at.
#[utoipa::path(get, path = "/v1/timeline", tag = "stream", responses((status = 200, body = Timeline)))]
pub async fn timeline(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<Json<Timeline>, Problem> {
    let dir = app.recording.clone();
    let read = tokio::task::spawn_blocking(move || match dir {
        Some(dir) => Recording::open(dir)?.spans(),
        None => Ok(Vec::new()),
    });
    let failed = |error: &dyn std::fmt::Display| {
        let detail = format!("the recording cannot be read: {error}");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
    };
    let mut spans = read.await.map_err(|e| failed(&e))?.map_err(|e| failed(&e))?;
    spans.sort_by_key(|span| span.from);
    let now = app.hub.picture().time;
    let from = spans.first().map(|span| within(span.from));
    // While the database is away, the line is without them.
    let began = from.unwrap_or(now);
    let alerts = alerts(&app, &caller, began, now).await.unwrap_or_default();
    let warnings = warnings(&app, &caller, began, now).await.unwrap_or_default();
    let spans =
        spans.iter().map(|s| Span { from: Stamp(within(s.from)), to: Stamp(s.to) }).collect();
    let (from, now) = (from.map(Stamp), Stamp(now));
    Ok(Json(Timeline { from, to: now, live: now, spans, alerts, warnings }))
}

/// The first moment from this on that can be told, and so asked for: a whole millisecond.
fn within(from: Time) -> Time {
    const MS: i64 = 1_000_000;
    let nanos = from.as_nanos();
    Time::from_nanos(nanos.saturating_add((MS - nanos.rem_euclid(MS)) % MS))
}

/// The alerts between two times.
async fn alerts(
    app: &App,
    caller: &Caller,
    from: Time,
    to: Time,
) -> Result<Vec<AlertOnLine>, ReadError> {
    let (viewer, policy) = (caller.viewer(), app.hub.policy());
    let on_line = |span: store::Span| AlertOnLine {
        id: span.id,
        first: Stamp(Time::from_nanos(span.first_ns)),
        last: Stamp(Time::from_nanos(span.last_ns)),
        state: span.state,
        worst: span.worst,
    };
    if viewer == Viewer::Everything {
        let spans = app.store.alert_spans(from.as_nanos(), to.as_nanos(), MOST_ON_LINE).await?;
        return Ok(spans.into_iter().map(on_line).collect());
    }
    let rows = app.store.alerts(&between(from, to)).await?;
    let seen = rows.iter().filter_map(|row| see_alert(&alert_of(row, &[])?, &viewer, &policy));
    let line = seen.map(|alert| AlertOnLine {
        id: alert.id.clone(),
        first: alert.first,
        last: alert.last,
        state: alert.state.name().to_owned(),
        worst: alert.worst().name().to_owned(),
    });
    Ok(line.collect())
}

/// The warnings between two times.
async fn warnings(
    app: &App,
    caller: &Caller,
    from: Time,
    to: Time,
) -> Result<Vec<WarningOnLine>, ReadError> {
    let (viewer, policy) = (caller.viewer(), app.hub.policy());
    let on_line = |span: store::Span| WarningOnLine {
        id: span.id,
        about: span.about,
        first: Stamp(Time::from_nanos(span.first_ns)),
        last: Stamp(Time::from_nanos(span.last_ns)),
        state: span.state,
        worst: span.worst,
    };
    if viewer == Viewer::Everything {
        let spans = app.store.warning_spans(from.as_nanos(), to.as_nanos(), MOST_ON_LINE).await?;
        return Ok(spans.into_iter().map(on_line).collect());
    }
    let rows = app.store.warnings(&between(from, to)).await?;
    let seen = rows.iter().filter_map(|row| see_warning(&warning_of(row, &[])?, &viewer, &policy));
    let line = seen.map(|warning| WarningOnLine {
        id: warning.id.clone(),
        about: warning.about.name().to_owned(),
        first: warning.first,
        last: warning.last,
        state: warning.state.name().to_owned(),
        worst: warning.worst().name().to_owned(),
    });
    Ok(line.collect())
}

/// What a party is asked about: each has to be seen through its policy.
fn between(from: Time, to: Time) -> AlertQuery {
    AlertQuery {
        state: AlertState::All,
        from_ns: Some(from.as_nanos()),
        to_ns: Some(to.as_nanos()),
        limit: MOST_OF_PARTY,
        ..AlertQuery::default()
    }
}

//! `/v1/timeline`: what can be looked back at.

use super::App;
use super::caller::Caller;
use crate::keeping::alert_of;
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use deconflict_core::Time;
use deconflict_picture::{Stamp, Viewer, see_alert};
use deconflict_record::Recording;
use deconflict_store::{AlertQuery, AlertState};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// Alerts on the line at the most …
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
    let alerts = alerts(&app, &caller, from.unwrap_or(now), now).await;
    let spans =
        spans.iter().map(|s| Span { from: Stamp(within(s.from)), to: Stamp(s.to) }).collect();
    let line = Timeline { from: from.map(Stamp), to: Stamp(now), live: Stamp(now), spans, alerts };
    Ok(Json(line))
}

/// The first moment from this on that can be told, and so asked for: a whole millisecond.
fn within(from: Time) -> Time {
    const MS: i64 = 1_000_000;
    let nanos = from.as_nanos();
    Time::from_nanos(nanos.saturating_add((MS - nanos.rem_euclid(MS)) % MS))
}

/// The alerts between two times. While the database is away, the line is without them.
async fn alerts(app: &App, caller: &Caller, from: Time, to: Time) -> Vec<AlertOnLine> {
    let (viewer, policy) = (caller.viewer(), app.hub.policy());
    let (from_ns, to_ns) = (from.as_nanos(), to.as_nanos());
    if viewer == Viewer::Everything {
        let spans = app.store.alert_spans(from_ns, to_ns, MOST_ON_LINE).await.unwrap_or_default();
        let line = spans.into_iter().map(|span| AlertOnLine {
            id: span.id,
            first: Stamp(Time::from_nanos(span.first_ns)),
            last: Stamp(Time::from_nanos(span.last_ns)),
            state: span.state,
        });
        return line.collect();
    }
    let query = AlertQuery {
        state: AlertState::All,
        from_ns: Some(from_ns),
        to_ns: Some(to_ns),
        limit: MOST_OF_PARTY,
        ..AlertQuery::default()
    };
    let rows = app.store.alerts(&query).await.unwrap_or_default();
    let seen = rows.iter().filter_map(|row| see_alert(&alert_of(row, &[])?, &viewer, &policy));
    let line = seen.map(|alert| AlertOnLine {
        id: alert.id.clone(),
        first: alert.first,
        last: alert.last,
        state: alert.state.name().to_owned(),
    });
    line.collect()
}

//! `/v1/warnings`: warnings about one aircraft, and what people add to them.

use super::alerts::{Text, Wanted, collect, put_down, unreadable};
use super::caller::Caller;
use super::{App, Query};
use crate::keeping::{warning_of, warning_of_record};
use crate::problem::Problem;
use axum::Json;
use axum::extract::{Path, State};
use deconflict_picture::{Viewer, Warning, WarningState, see_warning};
use deconflict_store::{AlertQuery, NoteKind};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// A page of warnings.
#[derive(Serialize, ToSchema)]
pub struct WarningPage {
    /// Newest first; those that are on by urgency if nothing narrows them down.
    #[schema(value_type = Vec<Warning>)]
    warnings: Vec<Arc<Warning>>,
    /// What to give as `before` for the next page; `null` if this is the last.
    next: Option<String>,
}

/// Warnings.
#[utoipa::path(get, path = "/v1/warnings", params(Wanted), tag = "alerts",
    responses((status = 200, body = WarningPage), (status = 503, body = Problem)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<WarningPage>, Problem> {
    let (viewer, policy) = (caller.viewer(), app.hub.policy());
    if wanted.is_present() {
        let picture = app.hub.picture();
        let open = picture.warnings.iter().filter(|warning| warning.is_open());
        let mut warnings: Vec<_> = open.filter_map(|w| see_warning(w, &viewer, &policy)).collect();
        warnings.sort_by(|a, b| urgency(a).total_cmp(&urgency(b)));
        return Ok(Json(WarningPage { warnings, next: None }));
    }
    let query = wanted.query(&viewer)?;
    if let (Viewer::Party(_), Some(before)) = (&viewer, &query.before)
        && find(&app, &caller, before).await.is_err()
    {
        // Whether there is a warning of this name, and when, is not to be found out by trying.
        return Ok(Json(WarningPage { warnings: Vec::new(), next: None }));
    }
    let (app, viewer, policy) = (&app, &viewer, &policy);
    let page = |query: AlertQuery| async move {
        let rows = app.store.warnings(&query).await.map_err(|e| unreadable(&e))?;
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let notes = app.store.notes(&ids).await.map_err(|e| unreadable(&e))?;
        let seen = rows.iter().map(|row| see_warning(&warning_of(row, &notes)?, viewer, policy));
        Ok((seen.collect(), rows.last().map(|row| row.id.clone())))
    };
    let (warnings, is_more) = collect(query, page).await?;
    let next = warnings.last().filter(|_| is_more).map(|warning| warning.id.clone());
    Ok(Json(WarningPage { warnings, next }))
}

/// Who is inside first, then who is soonest there, then who is outside of its plan.
fn urgency(warning: &Warning) -> f64 {
    let rank = match warning.state {
        WarningState::Inside => 0.0,
        WarningState::Approaching => 1e6,
        WarningState::Nonconforming => 2e6,
        WarningState::Ended => 3e6,
    };
    rank + warning.t_in_s.unwrap_or(1e5).min(1e5)
}

/// The warning with this name, if the caller may see it.
async fn find(app: &App, caller: &Caller, id: &str) -> Result<Arc<Warning>, Problem> {
    let (viewer, policy) = (caller.viewer(), app.hub.policy());
    let none = || Problem::not_found("warning", format!("{id:?}"));
    let picture = app.hub.picture();
    if let Some(warning) = picture.warnings.iter().find(|warning| warning.id == id) {
        return see_warning(warning, &viewer, &policy).ok_or_else(none);
    }
    let record = app.store.warning(id).await.map_err(|e| unreadable(&e))?.ok_or_else(none)?;
    let warning = warning_of_record(&record).ok_or_else(none)?;
    see_warning(&warning, &viewer, &policy).ok_or_else(none)
}

/// One warning with its record.
#[utoipa::path(get, path = "/v1/warnings/{id}", tag = "alerts",
    params(("id" = String, Path, description = "Its name, RUN-wNUMBER")),
    responses((status = 200, body = Warning), (status = 404, body = Problem)))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Arc<Warning>>, Problem> {
    find(&app, &caller, &id).await.map(Json)
}

/// Takes note of a warning. Answers when that is stored.
#[utoipa::path(post, path = "/v1/warnings/{id}/acknowledge", tag = "alerts", request_body = Text,
    params(("id" = String, Path, description = "Its name, RUN-wNUMBER")),
    responses((status = 200, body = Warning), (status = 404, body = Problem),
        (status = 503, description = "Not stored, and so not done", body = Problem)))]
pub async fn acknowledge(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(said): Json<Text>,
) -> Result<Json<Arc<Warning>>, Problem> {
    remark(&app, &caller, &id, NoteKind::Acknowledge, said.text).await
}

/// Says something about a warning. Answers when that is stored.
#[utoipa::path(post, path = "/v1/warnings/{id}/comments", tag = "alerts", request_body = Text,
    params(("id" = String, Path, description = "Its name, RUN-wNUMBER")),
    responses((status = 200, body = Warning), (status = 404, body = Problem),
        (status = 503, description = "Not stored, and so not done", body = Problem)))]
pub async fn comment(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(said): Json<Text>,
) -> Result<Json<Arc<Warning>>, Problem> {
    if said.text.trim().is_empty() {
        return Err(Problem::bad("text: a comment needs some"));
    }
    remark(&app, &caller, &id, NoteKind::Comment, said.text).await
}

async fn remark(
    app: &Arc<App>,
    caller: &Caller,
    id: &str,
    kind: NoteKind,
    text: String,
) -> Result<Json<Arc<Warning>>, Problem> {
    let remark = put_down(app, caller, id, kind, text, find(app, caller, id)).await?;
    let asked = id.to_owned();
    let shown = app.watch.ask(move |live| live.remark_warning(&asked, remark)).await?;
    let seen = shown.and_then(|w| see_warning(&w, &caller.viewer(), &app.hub.policy()));
    match seen {
        Some(warning) => Ok(Json(warning)),
        // What is not in the picture any more has what was said in the store.
        None => find(app, caller, id).await.map(Json),
    }
}

//! `/v1/alerts`: alerts, and what people add to them.

use super::caller::Caller;
use super::{App, Query};
use crate::keeping::{alert_of, alert_of_record, note_of};
use crate::problem::Problem;
use axum::Json;
use axum::extract::{Path, State};
use deconflict_access::Outcome;
use deconflict_picture::{
    Alert, Comment, Encounter, NoSuchAlert, Remark, Stamp, Viewer, see, see_alert,
};
use deconflict_store::{AlertQuery, AlertState, Entry, NoteKind, ReadError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

/// Longest text of a remark, characters.
const MOST_TEXT: usize = 2000;
/// Rows that are asked for at a time where most may not be seen …
const MOST_ROWS: u32 = 1000;
/// … and how often, for one page.
const MOST_PAGES: usize = 50;

/// Which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Which {
    /// Those that are on.
    #[default]
    Open,
    /// Those that are over.
    Ended,
    /// All.
    All,
}

/// Which alerts or warnings.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// `open`, `ended` or `all`.
    #[serde(default)]
    #[param(inline)]
    pub(super) state: Which,
    /// On at this time or later.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Stamp>,
    /// Raised at this time or earlier.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Stamp>,
    /// With all of these words.
    text: Option<String>,
    /// How many at most: 100 if not given, 1000 at the most.
    limit: Option<u32>,
    /// Older than this one: for the next page.
    pub(super) before: Option<String>,
}

impl Wanted {
    /// Whether it is just what is on, which stands in the picture, also while the database is
    /// away.
    pub(super) fn is_present(&self) -> bool {
        let narrowed = self.from.is_some() || self.to.is_some() || self.text.is_some();
        self.state == Which::Open && !narrowed && self.before.is_none()
    }

    /// As the store is asked for it.
    pub(super) fn query(self, viewer: &Viewer) -> Result<AlertQuery, Problem> {
        let text = self.text.filter(|text| !text.trim().is_empty());
        if text.is_some() && *viewer != Viewer::Everything {
            // The answer would tell what words are behind a veil.
            return Err(Problem::bad("text: nothing can be searched in the role of a party"));
        }
        Ok(AlertQuery {
            state: match self.state {
                Which::Open => AlertState::Open,
                Which::Ended => AlertState::Ended,
                Which::All => AlertState::All,
            },
            from_ns: self.from.map(|t| t.0.as_nanos()),
            to_ns: self.to.map(|t| t.0.as_nanos()),
            text,
            before: self.before,
            limit: self.limit.unwrap_or(100).clamp(1, 1000),
        })
    }
}

/// A page of alerts.
#[derive(Serialize, ToSchema)]
pub struct Page {
    /// Newest first; those that are on by urgency if nothing narrows them down.
    #[schema(value_type = Vec<Alert>)]
    alerts: Vec<Arc<Alert>>,
    /// What to give as `before` for the next page; `null` if this is the last.
    next: Option<String>,
}

pub(super) fn unreadable(error: &ReadError) -> Problem {
    Problem::unavailable(format!("what is stored cannot be read at present: {error}"), 5)
}

/// Alerts.
#[utoipa::path(get, path = "/v1/alerts", params(Wanted), tag = "alerts",
    responses((status = 200, body = Page), (status = 503, body = Problem)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(wanted): Query<Wanted>,
) -> Result<Json<Page>, Problem> {
    let (viewer, policy) = (caller.viewer(), app.hub.policy());
    if wanted.is_present() {
        let picture = app.hub.picture();
        let open = picture.alerts.iter().filter(|alert| alert.is_open());
        let mut alerts: Vec<_> = open.filter_map(|a| see_alert(a, &viewer, &policy)).collect();
        alerts.sort_by(|a, b| urgency(a).total_cmp(&urgency(b)));
        return Ok(Json(Page { alerts, next: None }));
    }
    let query = wanted.query(&viewer)?;
    if let (Viewer::Party(_), Some(before)) = (&viewer, &query.before)
        && find(&app, &caller, before).await.is_err()
    {
        // Whether there is an alert of this name, and when, is not to be found out by trying.
        return Ok(Json(Page { alerts: Vec::new(), next: None }));
    }
    let (app, viewer, policy) = (&app, &viewer, &policy);
    let page = |query: AlertQuery| async move {
        let rows = app.store.alerts(&query).await.map_err(|e| unreadable(&e))?;
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let notes = app.store.notes(&ids).await.map_err(|e| unreadable(&e))?;
        let seen = rows.iter().map(|row| see_alert(&alert_of(row, &notes)?, viewer, policy));
        Ok((seen.collect(), rows.last().map(|row| row.id.clone())))
    };
    let (alerts, is_more) = collect(query, page).await?;
    let next = alerts.last().filter(|_| is_more).map(|alert| alert.id.clone());
    Ok(Json(Page { alerts, next }))
}

/// What may be seen of a page of what is stored, and the name of its last row.
pub(super) type Seen<T> = (Vec<Option<Arc<T>>>, Option<String>);

/// A page of what is stored, and whether there may be more. What may not be seen leaves no gap,
/// and gives no page its name: how many others there were is not told either.
pub(super) async fn collect<T, F: Future<Output = Result<Seen<T>, Problem>>>(
    mut query: AlertQuery,
    page: impl Fn(AlertQuery) -> F,
) -> Result<(Vec<Arc<T>>, bool), Problem> {
    let wanted = query.limit as usize;
    let mut found: Vec<Arc<T>> = Vec::new();
    for _ in 0..MOST_PAGES {
        let (seen, last) = page(query.clone()).await?;
        let rows = seen.len();
        found.extend(seen.into_iter().flatten().take(wanted - found.len()));
        if found.len() == wanted {
            break;
        }
        let Some(last) = last.filter(|_| rows >= query.limit as usize) else {
            return Ok((found, false));
        };
        query.before = Some(last);
        query.limit = MOST_ROWS;
    }
    Ok((found, true))
}

/// Seconds that are left: lost ones first, then those that are lost soonest.
fn urgency(alert: &Alert) -> f64 {
    use deconflict_picture::AlertState as S;
    let rank = match alert.state {
        S::Lost => 0.0,
        S::Imminent => 1e6,
        S::Predicted => 2e6,
        S::Ended => 3e6,
    };
    rank + alert.figures.t_in_s.unwrap_or(1e5).min(1e5)
}

/// The alert with this name, if the caller may see it; and whether it is in the picture.
pub async fn find(app: &App, caller: &Caller, id: &str) -> Result<(Arc<Alert>, bool), Problem> {
    let (viewer, policy) = (caller.viewer(), app.hub.policy());
    let none = || Problem::not_found("alert", format!("{id:?}"));
    let picture = app.hub.picture();
    if let Some(alert) = picture.alerts.iter().find(|alert| alert.id == id) {
        let seen = see_alert(alert, &viewer, &policy).ok_or_else(none)?;
        return Ok((seen, true));
    }
    let record = app.store.alert(id).await.map_err(|e| unreadable(&e))?.ok_or_else(none)?;
    let alert = alert_of_record(&record).ok_or_else(none)?;
    Ok((see_alert(&alert, &viewer, &policy).ok_or_else(none)?, false))
}

/// One alert with its record.
#[utoipa::path(get, path = "/v1/alerts/{id}", tag = "alerts",
    params(("id" = String, Path, description = "Its name, RUN-NUMBER")),
    responses((status = 200, body = Alert), (status = 404, body = Problem)))]
pub async fn get(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Arc<Alert>>, Problem> {
    Ok(Json(find(&app, &caller, &id).await?.0))
}

/// Both paths, past and expected.
#[utoipa::path(get, path = "/v1/alerts/{id}/encounter", tag = "alerts",
    params(("id" = String, Path, description = "Its name, RUN-NUMBER")),
    responses((status = 200, body = Encounter), (status = 404, body = Problem)))]
pub async fn encounter(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Encounter>, Problem> {
    let (alert, in_picture) = find(&app, &caller, &id).await?;
    let none = || Problem::not_found("encounter of alert", format!("{id:?} any more"));
    if !in_picture {
        return Err(none());
    }
    let (asked, viewer, policy) = (id.clone(), caller.viewer(), app.hub.policy());
    let tracks = [alert.a.track, alert.b.track];
    let found = app.watch.ask(move |live| {
        let mut encounter = live.encounter(&asked)?;
        // Where an aircraft is after the alert may be more than policy shows.
        let seen = see(live.picture(), &viewer, &policy).tracks;
        let is_seen = |id: &u64| seen.binary_search_by_key(id, |track| track.who.id).is_ok();
        if viewer != Viewer::Everything && !tracks.iter().all(is_seen) {
            encounter.ahead.clear();
        }
        Ok::<_, NoSuchAlert>(encounter)
    });
    let mut encounter = found.await?.map_err(|_| none())?;
    // Whoever may not know who it is may not see where it came from.
    for (side, past) in [(&alert.a, &mut encounter.past.a), (&alert.b, &mut encounter.past.b)] {
        if side.callsign.is_none() && side.address.is_none() {
            past.clear();
        }
    }
    Ok(Json(encounter))
}

/// What somebody says.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// In words, at most 2000 characters.
    #[serde(default)]
    pub(super) text: String,
}

/// Takes note of an alert. Answers when that is stored.
#[utoipa::path(post, path = "/v1/alerts/{id}/acknowledge", tag = "alerts", request_body = Text,
    params(("id" = String, Path, description = "Its name, RUN-NUMBER")),
    responses((status = 200, body = Alert), (status = 404, body = Problem),
        (status = 503, description = "Not stored, and so not done", body = Problem)))]
pub async fn acknowledge(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(said): Json<Text>,
) -> Result<Json<Arc<Alert>>, Problem> {
    remark(&app, &caller, &id, NoteKind::Acknowledge, said.text).await
}

/// Says something about an alert. Answers when that is stored.
#[utoipa::path(post, path = "/v1/alerts/{id}/comments", tag = "alerts", request_body = Text,
    params(("id" = String, Path, description = "Its name, RUN-NUMBER")),
    responses((status = 200, body = Alert), (status = 404, body = Problem),
        (status = 503, description = "Not stored, and so not done", body = Problem)))]
pub async fn comment(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(said): Json<Text>,
) -> Result<Json<Arc<Alert>>, Problem> {
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
) -> Result<Json<Arc<Alert>>, Problem> {
    let remark = put_down(app, caller, id, kind, text, find(app, caller, id)).await?;
    let asked = id.to_owned();
    match app.watch.ask(move |live| live.remark(&asked, remark)).await? {
        Ok(alert) => Ok(Json(alert)),
        // An alert that is not in the picture any more has what was said in the store.
        Err(_) => Ok(Json(find(app, caller, id).await?.0)),
    }
}

/// Stores what somebody says of an alert or a warning, once it is `found`. First stored, then
/// shown: what somebody has seen acknowledged stays so.
pub(super) async fn put_down<T>(
    app: &Arc<App>,
    caller: &Caller,
    id: &str,
    kind: NoteKind,
    text: String,
    found: impl Future<Output = Result<T, Problem>>,
) -> Result<Remark, Problem> {
    if text.chars().count() > MOST_TEXT {
        return Err(Problem::bad(format!("text: more than {MOST_TEXT} characters")));
    }
    found.await?;
    let comment = Comment { by: caller.name().to_owned(), at: Stamp(app.clock.now()), text };
    let stored = app.writer.record_durably(Entry::Note(note_of(id, kind, &comment))).await;
    stored.map_err(|error| Problem::not_stored(&error))?;
    let action = if kind == NoteKind::Acknowledge { "acknowledge" } else { "comment" };
    app.audit(caller.event(app, action, Outcome::Done).on(id.to_owned()));
    Ok(match kind {
        NoteKind::Acknowledge => Remark::Acknowledge(comment),
        NoteKind::Comment => Remark::Comment(comment),
    })
}

//! Keys, rules and records: for administrators.

use super::caller::Caller;
use super::{App, Query};
use crate::problem::Problem;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use deconflict_access::{KeyRow, NewKey, Origin, Outcome, Role};
use deconflict_core::{RuleSet, Time};
use deconflict_picture::Stamp;
use deconflict_store::{AuditQuery, ConfigChangeRow, Entry, ReadError};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};

fn unreadable(error: &ReadError) -> Problem {
    Problem::unavailable(format!("records cannot be read at present: {error}"), 5)
}

/// An API key, without the key.
#[derive(Serialize, ToSchema)]
pub struct KeyView {
    /// Its name in records and routes.
    id: String,
    /// Who or what it is for.
    name: String,
    /// Its role.
    role: &'static str,
    /// Its party.
    party: Option<String>,
    /// `configuration` or `store`; those of the configuration are revoked there.
    origin: &'static str,
    /// Whether it has been revoked.
    revoked: bool,
}

/// The API keys.
#[utoipa::path(get, path = "/v1/keys", tag = "admin", responses((status = 200, body = Vec<KeyView>)))]
pub async fn keys(State(app): State<Arc<App>>, _caller: Caller) -> Json<Vec<KeyView>> {
    let keys = app.access.keys().into_iter().map(|(origin, row)| KeyView {
        id: row.id,
        name: row.name,
        role: row.role.name(),
        party: row.party,
        origin: match origin {
            Origin::Configuration => "configuration",
            Origin::Store => "store",
        },
        revoked: row.revoked_unix_s.is_some(),
    });
    Json(keys.collect())
}

/// A key that is wanted.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedKey {
    /// Who or what it is for.
    name: String,
    /// `viewer`, `controller`, `party` or `admin`.
    #[schema(value_type = String)]
    role: Role,
    /// The party, with the role of one.
    party: Option<String>,
}

/// A key that was made: the only time that it is shown.
#[derive(Serialize, ToSchema)]
pub struct MadeKey {
    /// Its name in records and routes.
    id: String,
    /// The key. It is not stored, and cannot be shown again.
    key: String,
}

/// Makes an API key. Answers when that is stored.
#[utoipa::path(post, path = "/v1/keys", tag = "admin", request_body = WantedKey,
    responses((status = 201, body = MadeKey), (status = 400, body = Problem)))]
pub async fn make_key(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(wanted): Json<WantedKey>,
) -> Result<(StatusCode, Json<MadeKey>), Problem> {
    let made = NewKey::generate().map_err(|e| Problem::unavailable(e.to_string(), 5))?;
    let row = KeyRow::new(wanted.name, wanted.role, wanted.party, made.hash);
    let row = KeyRow { id: made.id.clone(), ..row };
    row.identity().map_err(|e| Problem::bad(e.to_string()))?;
    let stored = deconflict_store::KeyRow {
        id: row.id.clone(),
        name: row.name.clone(),
        role: row.role.name().to_owned(),
        party: row.party.clone(),
        hash: row.hash.to_string(),
        created_ns: app.clock.time_of_day().as_nanos(),
        created_by: caller.name().to_owned(),
        revoked_ns: None,
        revoked_by: None,
    };
    app.writer.record_durably(Entry::Key(stored)).await.map_err(|e| Problem::not_stored(&e))?;
    app.access.add_key(row).map_err(|e| Problem::new(StatusCode::CONFLICT, e.to_string()))?;
    app.audit(caller.event(&app, "make key", Outcome::Done).on(made.id.clone()));
    let key = made.key.expose().to_owned();
    Ok((StatusCode::CREATED, Json(MadeKey { id: made.id, key })))
}

/// Takes an API key back, with all sessions and streams opened by it. Answers when that is stored.
#[utoipa::path(delete, path = "/v1/keys/{id}", tag = "admin",
    params(("id" = String, Path, description = "Its name")),
    responses((status = 204, description = "It is no longer valid"), (status = 404, body = Problem)))]
pub async fn revoke_key(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let known = app.access.keys().into_iter().find(|(_, row)| row.id == id);
    match known {
        None => return Err(Problem::not_found("key", format!("{id:?}"))),
        Some((Origin::Configuration, _)) => {
            let detail = "this key stands in the configuration: take it out there";
            return Err(Problem::new(StatusCode::CONFLICT, detail));
        }
        Some((Origin::Store, _)) => {}
    }
    let (time_ns, by) = (app.clock.time_of_day().as_nanos(), caller.name().to_owned());
    let entry = Entry::KeyRevoked { id: id.clone(), time_ns, by };
    app.writer.record_durably(entry).await.map_err(|e| Problem::not_stored(&e))?;
    app.access.revoke_key(&id).map_err(|e| Problem::new(StatusCode::CONFLICT, e.to_string()))?;
    app.audit(caller.event(&app, "revoke key", Outcome::Done).on(id));
    Ok(StatusCode::NO_CONTENT)
}

/// Replaces the rules. The present run ends and another begins under the new ones.
#[utoipa::path(put, path = "/v1/rules", tag = "admin",
    request_body(content = String, content_type = "text/plain", description = "TOML, see docs/rules.md"),
    responses((status = 204, description = "In force"), (status = 400, body = Problem)))]
pub async fn set_rules(
    State(app): State<Arc<App>>,
    caller: Caller,
    toml: String,
) -> Result<StatusCode, Problem> {
    RuleSet::parse(&toml).map_err(|e| Problem::bad(format!("rules: {e}")))?;
    let change = ConfigChangeRow {
        id: 0,
        time_ns: app.clock.time_of_day().as_nanos(),
        by: caller.name().to_owned(),
        what: "rules".to_owned(),
        before: Some(app.hub.setup().rules),
        after: toml.clone(),
    };
    let stored = app.writer.record_durably(Entry::ConfigChange(change)).await;
    stored.map_err(|e| Problem::not_stored(&e))?;
    app.audit(caller.event(&app, "set rules", Outcome::Done));
    app.watch.begin(toml, format!("the rules were replaced by {}", caller.name()));
    Ok(StatusCode::NO_CONTENT)
}

/// Which entries of the audit record.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// Of this person or program.
    who: Option<String>,
    /// At this time or later.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Stamp>,
    /// At this time or earlier.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Stamp>,
    /// Older than this entry: for the next page.
    before: Option<i64>,
    /// How many at most.
    limit: Option<u32>,
}

/// An entry of the audit record.
#[derive(Serialize, ToSchema)]
pub struct AuditView {
    id: i64,
    #[schema(value_type = String, format = DateTime)]
    time: Stamp,
    who: String,
    role: String,
    action: String,
    object: String,
    from: String,
    outcome: String,
    detail: String,
}

/// Who did what: newest first.
#[utoipa::path(get, path = "/v1/audit", params(Which), tag = "admin",
    responses((status = 200, body = Vec<AuditView>)))]
pub async fn audit(
    State(app): State<Arc<App>>,
    _caller: Caller,
    Query(which): Query<Which>,
) -> Result<Json<Vec<AuditView>>, Problem> {
    let query = AuditQuery {
        who: which.who,
        from_ns: which.from.map(|t| t.0.as_nanos()),
        to_ns: which.to.map(|t| t.0.as_nanos()),
        before: which.before,
        limit: which.limit.unwrap_or(100),
    };
    let rows = app.store.audit(&query).await.map_err(|e| unreadable(&e))?;
    let views = rows.into_iter().map(|row| AuditView {
        id: row.id,
        time: Stamp(Time::from_nanos(row.time_ns)),
        who: row.who,
        role: row.role,
        action: row.action,
        object: row.object,
        from: row.from,
        outcome: row.outcome,
        detail: row.detail,
    });
    Ok(Json(views.collect()))
}

/// Which changes.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Older than this one: for the next page.
    before: Option<i64>,
    /// How many at most.
    limit: Option<u32>,
}

/// A change of the configuration.
#[derive(Serialize, ToSchema)]
pub struct ChangeView {
    id: i64,
    #[schema(value_type = String, format = DateTime)]
    time: Stamp,
    by: String,
    what: String,
    before: Option<String>,
    after: String,
}

/// Changes of the configuration: newest first.
#[utoipa::path(get, path = "/v1/changes", params(Page), tag = "admin",
    responses((status = 200, body = Vec<ChangeView>)))]
pub async fn changes(
    State(app): State<Arc<App>>,
    _caller: Caller,
    Query(page): Query<Page>,
) -> Result<Json<Vec<ChangeView>>, Problem> {
    let limit = page.limit.unwrap_or(100);
    let rows = app.store.config_changes(page.before, limit).await.map_err(|e| unreadable(&e))?;
    let views = rows.into_iter().map(|row| ChangeView {
        id: row.id,
        time: Stamp(Time::from_nanos(row.time_ns)),
        by: row.by,
        what: row.what,
        before: row.before,
        after: row.after,
    });
    Ok(Json(views.collect()))
}

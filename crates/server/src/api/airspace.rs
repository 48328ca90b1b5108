//! `/v1/rules`, `/v1/volumes`, `/v1/layers`.

use super::App;
use super::caller::Caller;
use crate::geojson;
use crate::layers::LayerEntry;
use crate::problem::Problem;
use crate::reservations::volume;
use axum::Json;
use axum::extract::{Path, State};
use deconflict_core::RuleSet;
use deconflict_core::rules::{Rule, Side};
use deconflict_core::units::{ft_from_m, nm_from_m};
use deconflict_picture::Viewer;
use deconflict_reserve::Status;
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::Arc;
use utoipa::ToSchema;

/// One rule, in short.
#[derive(Serialize, ToSchema)]
pub struct RuleView {
    /// The name that alerts quote.
    name: String,
    /// Horizontal separation owed, NM.
    horizontal_nm: f64,
    /// Vertical separation owed, ft.
    vertical_ft: f64,
    /// How far ahead the rule looks, seconds.
    lookahead_s: f64,
    /// From when on a conflict is raised, seconds before loss of separation.
    predicted_s: f64,
    /// From when on it is imminent.
    imminent_s: f64,
    /// The airspace that it is about; `null` is everywhere.
    volume: Option<String>,
}

/// The rules in force.
#[derive(Serialize, ToSchema)]
pub struct RulesBody {
    /// In order: the first that applies to a pair at a moment holds.
    rules: Vec<RuleView>,
    /// As they were written; empty for a party, as they name others.
    toml: String,
}

/// The rules in force. A party gets those that its own aircraft can come under.
#[utoipa::path(get, path = "/v1/rules", tag = "airspace", responses((status = 200, body = RulesBody)))]
pub async fn rules(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<Json<RulesBody>, Problem> {
    let toml = app.hub.setup().rules;
    let set = parse(&toml)?;
    let viewer = caller.viewer();
    let concern = set.rules().iter().filter(|rule| concerns(rule, &viewer));
    let rules = concern.map(|rule| RuleView {
        name: rule.name.to_string(),
        horizontal_nm: nm_from_m(rule.minima.horizontal_m),
        vertical_ft: ft_from_m(rule.minima.vertical_m).round(),
        lookahead_s: rule.lookahead_s,
        predicted_s: rule.alerting.predicted_s,
        imminent_s: rule.alerting.imminent_s,
        volume: rule.volume.and_then(|v| Some(set.volumes().get(v)?.name.clone())),
    });
    let rules = rules.collect();
    let toml = if viewer == Viewer::Everything { toml } else { String::new() };
    Ok(Json(RulesBody { rules, toml }))
}

/// Whether a viewer's own aircraft can come under a rule.
fn concerns(rule: &Rule, viewer: &Viewer) -> bool {
    let admits = |side: &Side| {
        let mut operators = side.operators.iter();
        side.operators.is_empty() || operators.any(|operator| viewer.owns(Some(operator.as_str())))
    };
    *viewer == Viewer::Everything || rule.sides.iter().any(admits)
}

fn parse(toml: &str) -> Result<RuleSet, Problem> {
    // They are in force, so they have been read before.
    RuleSet::parse(toml).map_err(|e| Problem::bad(e.to_string()))
}

/// Airspace volumes: of the rules, those that are reserved in scenarios, and reservations that
/// are in use, as far as the caller may see them.
#[utoipa::path(get, path = "/v1/volumes", tag = "airspace",
    responses((status = 200, description = "GeoJSON", body = Value)))]
pub async fn volumes(State(app): State<Arc<App>>, caller: Caller) -> Result<Json<Value>, Problem> {
    let set = parse(&app.hub.setup().rules)?;
    let of_rules = set.volumes().iter().filter_map(|named| {
        let outline = geojson::outline(&named.volume.footprint)?;
        let mut properties = geojson::limits(&named.volume);
        properties.insert("name".into(), json!(named.name));
        properties.insert("kind".into(), json!("rule"));
        Some(geojson::feature(&named.name, &outline, &properties))
    });
    let now = app.clock.now();
    let (_, seen) = app.desk.book.seen(&caller.viewer());
    let active = seen.iter().filter(|(item, _)| item.reservation.status == Status::Active);
    let active = active.map(|(item, disclosed)| volume(item, *disclosed, now));
    let all = of_rules.chain(app.reserved.iter().cloned()).chain(active);
    Ok(Json(geojson::collection(all.collect())))
}

/// Layers of the map.
#[utoipa::path(get, path = "/v1/layers", tag = "airspace",
    responses((status = 200, body = Vec<LayerEntry>)))]
pub async fn layers(State(app): State<Arc<App>>, _caller: Caller) -> Json<Vec<LayerEntry>> {
    Json(app.layers.iter().map(|layer| layer.entry.clone()).collect())
}

/// One layer of the map.
#[utoipa::path(get, path = "/v1/layers/{name}", tag = "airspace",
    params(("name" = String, Path, description = "Its name")),
    responses((status = 200, description = "GeoJSON", body = Value), (status = 404, body = Problem)))]
pub async fn layer(
    State(app): State<Arc<App>>,
    _caller: Caller,
    Path(name): Path<String>,
) -> Result<Json<Arc<Value>>, Problem> {
    let found = app.layers.iter().find(|layer| layer.entry.name == name);
    let layer = found.ok_or_else(|| Problem::not_found("layer", format!("{name:?}")))?;
    Ok(Json(layer.geojson.clone()))
}

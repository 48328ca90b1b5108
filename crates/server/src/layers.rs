//! What is drawn under the aircraft: from files, and from scenarios that are played.

use crate::config::{ConfigError, LayerConfig, LayerKind};
use crate::geojson;
use deconflict_core::units::ft_from_m;
use deconflict_core::volume::{Footprint, Polygon};
use deconflict_core::{Altitude, Volume4d};
use deconflict_picture::Aerodrome;
use deconflict_sim::{Area, Scenario};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use utoipa::ToSchema;

/// The largest file of a layer.
const MOST_BYTES: u64 = 64 * 1024 * 1024;

/// No more places to land are looked at.
const MOST_AERODROMES: usize = 100_000;

/// A layer, without what is in it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LayerEntry {
    /// Part of its path.
    pub name: String,
    /// What is in it.
    pub kind: LayerKind,
    /// What a person calls it.
    pub title: String,
}

/// A layer of the map.
#[derive(Clone, Debug)]
pub struct Layer {
    /// What it is.
    pub entry: LayerEntry,
    /// What is in it.
    pub geojson: Arc<Value>,
}

/// Reads the layers of the configuration.
///
/// # Errors
/// A file that cannot be read or is no GeoJSON.
pub fn load(configs: &[LayerConfig]) -> Result<Vec<Layer>, ConfigError> {
    configs.iter().map(load_one).collect()
}

fn load_one(config: &LayerConfig) -> Result<Layer, ConfigError> {
    let path = config.file.display();
    let wrong = |what: String| ConfigError(format!("layer {:?}: {path}: {what}", config.name));
    let size = std::fs::metadata(&config.file).map_err(|e| wrong(e.to_string()))?.len();
    if size > MOST_BYTES {
        return Err(wrong(format!("{size} bytes are more than {MOST_BYTES}")));
    }
    let text = std::fs::read(&config.file).map_err(|e| wrong(e.to_string()))?;
    let value: Value = serde_json::from_slice(&text).map_err(|e| wrong(e.to_string()))?;
    if value["type"] != "FeatureCollection" || !value["features"].is_array() {
        return Err(wrong("is no GeoJSON FeatureCollection".to_owned()));
    }
    let title = if config.title.is_empty() { &config.name } else { &config.title };
    let entry = LayerEntry { name: config.name.clone(), kind: config.kind, title: title.clone() };
    Ok(Layer { entry, geojson: Arc::new(value) })
}

/// The aerodromes of a scenario.
pub fn aerodromes(scenario: &Scenario) -> Option<Layer> {
    let features = scenario.aerodromes().map(|(name, at, elevation_m)| {
        let mut properties = Map::new();
        properties.insert("name".into(), json!(name));
        properties.insert("elevation_ft".into(), json!(ft_from_m(elevation_m).round()));
        let place = geojson::point(at.lon_deg(), at.lat_deg());
        geojson::feature(name, &place, &properties)
    });
    let features: Vec<Value> = features.collect();
    if features.is_empty() {
        return None;
    }
    let entry = LayerEntry {
        name: "aerodromes".to_owned(),
        kind: LayerKind::Aerodromes,
        title: format!("Aerodromes ({})", scenario.name),
    };
    Some(Layer { entry, geojson: Arc::new(geojson::collection(features)) })
}

/// Where aircraft land, from all layers of aerodromes: the points in them, with `elevation_ft`
/// where that is known.
pub fn places_to_land(layers: &[Layer]) -> Vec<Aerodrome> {
    let layers = layers.iter().filter(|layer| layer.entry.kind == LayerKind::Aerodromes);
    let features = layers.filter_map(|layer| layer.geojson["features"].as_array()).flatten();
    let place = |feature: &Value| {
        let geometry = &feature["geometry"];
        let at = geometry["coordinates"].as_array().filter(|_| geometry["type"] == "Point")?;
        let elevation_ft = feature["properties"]["elevation_ft"].as_f64();
        Some(Aerodrome { lat: at.get(1)?.as_f64()?, lon: at.first()?.as_f64()?, elevation_ft })
    };
    features.filter_map(place).take(MOST_AERODROMES).collect()
}

/// The airspace that is reserved in a scenario, as features.
pub fn reserved(scenario: &Scenario) -> Vec<Value> {
    let simulation = deconflict_sim::Simulation::new(scenario);
    let features = simulation.volumes().iter().filter_map(|volume| {
        let footprint = match &volume.area {
            Area::Circle { centre, radius_m } => {
                Footprint::Circle { centre: *centre, radius_m: *radius_m }
            }
            Area::Polygon(corners) => Footprint::Polygon(Polygon::new(corners.clone()).ok()?),
        };
        let outline = geojson::outline(&footprint)?;
        let mut properties = geojson::limits(&Volume4d {
            footprint,
            lower: Some(Altitude::pressure_ft(volume.lower_ft)),
            upper: Some(Altitude::pressure_ft(volume.upper_ft)),
            start: Some(volume.from),
            end: Some(volume.until),
        });
        properties.insert("name".into(), json!(volume.name));
        properties.insert("kind".into(), json!("reserved"));
        properties.insert("operator".into(), json!(volume.operator.map(|o| o.to_string())));
        Some(geojson::feature(&volume.name, &outline, &properties))
    });
    features.collect()
}

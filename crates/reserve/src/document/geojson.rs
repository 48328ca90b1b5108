//! GeoJSON (RFC 7946): the points are the geometry, everything else the properties.
//!
//! Properties that are no fields are left alone, as files from elsewhere have theirs. Lines and
//! rings that cross the antimeridian go on beyond ±180° rather than jump. A sector is drawn as a
//! polygon; its centre is in the property `points`. Volumes are drawn as a multipolygon; what they
//! are is in the property `blocks`.

use super::fields::Record;
use super::json::exact;
use super::write::record;
use super::{Fault, Place, checked, not_too_large};
use crate::reservation::Reservation;
use crate::shape::Shape;
use deconflict_core::GeoPoint;
use deconflict_core::volume::Footprint;
use serde_json::{Map, Value, json};

/// Reads reservations from GeoJSON.
///
/// # Errors
/// [`Fault`] with the feature, the field and what to do.
pub fn read_geojson(text: &str) -> Result<Vec<Reservation>, Fault> {
    not_too_large(text)?;
    let value = exact(text)?;
    let kind = value.get("type").and_then(Value::as_str);
    let features = match (kind, value.get("features")) {
        (Some("FeatureCollection"), Some(Value::Array(features))) => features.as_slice(),
        (Some("Feature"), _) => std::slice::from_ref(&value),
        _ => {
            let says = "is no GeoJSON: it has to be a FeatureCollection or a Feature";
            return Err(Fault::new(Place::File, Some("type"), says));
        }
    };
    let mut out = Vec::new();
    for (index, feature) in features.iter().enumerate() {
        let (place, map) = properties(index, feature)?;
        let reservation = Record { place: place.clone(), map: &map }.reservation()?;
        out.push((place, reservation));
    }
    checked(out)
}

/// The properties of a feature, with its id and its points among them.
fn properties(index: usize, feature: &Value) -> Result<(Place, Map<String, Value>), Fault> {
    let mut map = match feature.get("properties") {
        Some(Value::Object(properties)) => properties.clone(),
        _ => Map::new(),
    };
    let absent = |map: &Map<String, Value>, key: &str| map.get(key).is_none_or(Value::is_null);
    let id = match feature.get("id") {
        Some(Value::String(id)) => Some(id.clone()),
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => None,
    };
    if absent(&map, "id")
        && let Some(id) = id
    {
        map.insert("id".to_owned(), Value::from(id));
    }
    let id = map.get("id").and_then(Value::as_str).map(str::to_owned);
    let place = Place::Feature(index + 1, id);
    let fault = |says: String| Fault::new(place.clone(), Some("geometry"), says);
    let geometry = feature.get("geometry").filter(|g| !g.is_null());
    if geometry.is_some() && is_only_drawn(&map) {
        return Ok((place, map));
    }
    let Some(geometry) = geometry else {
        return Err(fault("is missing: give a Point, a LineString or a Polygon".to_owned()));
    };
    let coordinates = geometry.get("coordinates").unwrap_or(&Value::Null);
    let name = geometry.get("type").and_then(Value::as_str).unwrap_or_default();
    let (shape, positions) = match (name, coordinates.as_array().map(Vec::as_slice)) {
        ("Point", Some(_)) => ("circle", std::slice::from_ref(coordinates)),
        ("LineString", Some(line)) => ("corridor", line),
        ("Polygon", Some([Value::Array(ring)])) => ("polygon", ring.as_slice()),
        ("Polygon", Some([_, _, ..])) => {
            return Err(fault("has holes: divide it into polygons without".to_owned()));
        }
        ("MultiPolygon", Some(polygons)) => {
            several(polygons, &mut map).map_err(fault)?;
            return Ok((place, map));
        }
        _ => {
            let says = "is none that is read: give a Point, a LineString or a Polygon";
            return Err(fault(says.to_owned()));
        }
    };
    if absent(&map, "shape") {
        map.insert("shape".to_owned(), Value::from(shape));
    }
    let points = points(positions, shape == "polygon").map_err(fault)?;
    map.insert("points".to_owned(), Value::from(points));
    Ok((place, map))
}

/// Whether the geometry is a drawing of what other properties say exactly.
pub(super) fn is_only_drawn(map: &Map<String, Value>) -> bool {
    let said = match map.get("shape").and_then(Value::as_str) {
        Some("sector") => map.get("points"),
        Some("volumes") => map.get("blocks"),
        _ => None,
    };
    said.is_some_and(|said| !said.is_null())
}

/// Positions as points, without the closing corner of a ring.
fn points(positions: &[Value], is_ring: bool) -> Result<Vec<Value>, String> {
    let mut points = Vec::with_capacity(positions.len());
    for (i, position) in positions.iter().enumerate() {
        let number = |k: usize| position.get(k).and_then(Value::as_f64);
        let (Some(lon), Some(lat)) = (number(0), number(1)) else {
            return Err(format!("position {}: write [longitude, latitude]", i + 1));
        };
        points.push(json!({ "lat": lat, "lon": lon }));
    }
    if is_ring && points.len() > 1 && points.first() == points.last() {
        points.pop();
    }
    Ok(points)
}

/// Polygons from elsewhere: volumes that share the limits and the time of their feature.
fn several(polygons: &[Value], map: &mut Map<String, Value>) -> Result<(), String> {
    let limits = ["lower", "upper", "start", "end"].map(|f| (f.to_owned(), map.remove(f)));
    let block = |polygon: &Value| {
        let corners = match polygon.as_array().map(Vec::as_slice) {
            Some([Value::Array(ring)]) => points(ring, true)?,
            Some([_, _, ..]) => {
                return Err("has holes: divide it into polygons without".to_owned());
            }
            _ => return Err("has a polygon that is none: write [[[longitude, …".to_owned()),
        };
        let said = limits.iter().filter_map(|(field, v)| Some((field.clone(), v.clone()?)));
        let mut block: Map<String, Value> = said.collect();
        block.insert("points".to_owned(), Value::from(corners));
        Ok(Value::Object(block))
    };
    let blocks = polygons.iter().map(block).collect::<Result<Vec<_>, String>>()?;
    map.entry("shape").or_insert_with(|| Value::from("volumes"));
    map.insert("blocks".to_owned(), Value::from(blocks));
    Ok(())
}

/// Writes reservations as GeoJSON.
pub fn write_geojson(reservations: &[Reservation]) -> String {
    let features: Vec<Value> = reservations.iter().map(feature).collect();
    let collection = json!({ "type": "FeatureCollection", "features": features });
    let mut text = serde_json::to_string_pretty(&collection).unwrap_or_default();
    text.push('\n');
    text
}

fn feature(r: &Reservation) -> Value {
    let mut properties = record(r);
    let points = r.shape.points();
    let geometry = match (&r.shape, &points[..]) {
        (Shape::Sector { .. }, _) => {
            let corners = drawn(&r.shape).pop().unwrap_or(points);
            json!({ "type": "Polygon", "coordinates": [ring(&corners)] })
        }
        (Shape::Volumes { .. }, _) => {
            let rings = drawn(&r.shape).into_iter().map(|corners| [ring(&corners)]);
            json!({ "type": "MultiPolygon", "coordinates": rings.collect::<Vec<_>>() })
        }
        (Shape::Polygon { .. }, _) => {
            json!({ "type": "Polygon", "coordinates": [ring(&points)] })
        }
        (_, [point]) => json!({ "type": "Point", "coordinates": positions(&[*point])[0] }),
        _ => json!({ "type": "LineString", "coordinates": positions(&points) }),
    };
    if !matches!(r.shape, Shape::Sector { .. }) {
        properties.remove("points");
    }
    json!({ "type": "Feature", "id": r.id, "geometry": geometry, "properties": properties })
}

/// The corners of each polygon and circle that a shape is on the ground.
pub(super) fn drawn(shape: &Shape) -> Vec<Vec<GeoPoint>> {
    let corners = |footprint: &Footprint| match footprint {
        Footprint::Polygon(polygon) => Some(polygon.vertices().to_vec()),
        Footprint::Circle { centre, radius_m } => {
            let corner =
                |k: u32| centre.destination(f64::from(72 - k).to_radians() * 5.0, *radius_m);
            Some((0..72).map(corner).collect())
        }
        _ => None,
    };
    let footprints = shape.footprints().unwrap_or_default();
    footprints.iter().filter_map(|(footprint, _)| corners(footprint)).collect()
}

fn ring(points: &[GeoPoint]) -> Vec<[f64; 2]> {
    let mut closed = points.to_vec();
    closed.extend(points.first());
    let mut ring = positions(&closed);
    // Around a pole it does not come back to the longitude it began with.
    if let (Some(first), Some(last)) = (ring.first().copied(), ring.last_mut()) {
        *last = first;
    }
    ring
}

/// Longitude and latitude, neighbours within half a turn of each other.
fn positions(points: &[GeoPoint]) -> Vec<[f64; 2]> {
    let mut before: Option<f64> = None;
    let position = |p: &GeoPoint| {
        let (lat, lon) = (crate::text::degrees(p.lat_rad()), crate::text::degrees(p.lon_rad()));
        let turns = before.map_or(0.0, |before| ((before - lon) / 360.0).round());
        // No farther than readers accept: who circles a pole jumps once.
        // To a tenth of a micrometre, so that 179.8 + 0.5 is not 180.29999999999998.
        let unrolled =
            if turns == 0.0 { lon } else { ((lon + 360.0 * turns) * 1e12).round() / 1e12 };
        let unrolled = if unrolled.abs() > 360.0 { lon } else { unrolled };
        before = Some(unrolled);
        [unrolled, lat]
    };
    points.iter().map(position).collect()
}

//! Geography as GeoJSON (RFC 7946).
//!
//! Positions are longitude and latitude on WGS-84. Lines and rings that cross the
//! antimeridian keep going beyond ±180° rather than jump, which every map can draw.

use deconflict_core::units::ft_from_m;
use deconflict_core::volume::Footprint;
use deconflict_core::{Altitude, GeoPoint, Volume4d};
use serde_json::{Map, Value, json};

/// Corners of the polygon that stands for a circle: less than 0.3 % of the radius inside it.
const CIRCLE_CORNERS: u32 = 72;

/// A collection of features.
pub fn collection(features: Vec<Value>) -> Value {
    json!({ "type": "FeatureCollection", "features": features })
}

/// One feature.
pub fn feature(id: &str, geometry: &Value, properties: &Map<String, Value>) -> Value {
    json!({ "type": "Feature", "id": id, "geometry": geometry, "properties": properties })
}

/// A point; the altitude, in feet, belongs into the properties.
pub fn point(lon: f64, lat: f64) -> Value {
    json!({ "type": "Point", "coordinates": [lon, lat] })
}

/// A line through points `[lon, lat]`.
pub fn line(points: impl Iterator<Item = [f64; 2]>) -> Value {
    json!({ "type": "LineString", "coordinates": unwrapped(points) })
}

/// Keeps neighbours within half a turn of each other.
fn unwrapped(points: impl Iterator<Item = [f64; 2]>) -> Vec<[f64; 2]> {
    let mut before: Option<f64> = None;
    let mut out = Vec::new();
    for [lon, lat] in points {
        let lon = before.map_or(lon, |before| lon + 360.0 * ((before - lon) / 360.0).round());
        before = Some(lon);
        out.push([round(lon), round(lat)]);
    }
    out
}

fn round(degrees: f64) -> f64 {
    (degrees * 1e6).round() / 1e6
}

/// The outline of a footprint; `None` for the whole world.
pub fn outline(footprint: &Footprint) -> Option<Value> {
    let corners = corners(footprint)?;
    let closed = corners.iter().chain(corners.first());
    let ring = unwrapped(closed.map(|p| [p.lon_deg(), p.lat_deg()]));
    Some(json!({ "type": "Polygon", "coordinates": [ring] }))
}

fn corners(footprint: &Footprint) -> Option<Vec<GeoPoint>> {
    Some(match footprint {
        Footprint::World => return None,
        Footprint::Polygon(polygon) => polygon.vertices().to_vec(),
        Footprint::Corridor(corridor) => corridor.outline(),
        Footprint::Circle { centre, radius_m } => (0..CIRCLE_CORNERS)
            .map(|corner| {
                let azimuth = std::f64::consts::TAU * f64::from(corner) / f64::from(CIRCLE_CORNERS);
                // Against the clock, as RFC 7946 wants outer rings.
                centre.destination(-azimuth, *radius_m)
            })
            .collect(),
    })
}

/// Longest edge of an outline that is drawn as it is, metres.
const LONGEST_EDGE_M: f64 = 50_000.0;

/// Points along geodesics through these, close enough together to be joined by straight lines.
pub fn dense(points: Vec<GeoPoint>) -> Vec<GeoPoint> {
    let mut out = Vec::with_capacity(points.len());
    for pair in points.windows(2) {
        out.push(pair[0]);
        let (azimuth, length_m) = pair[0].azimuth_and_distance(pair[1]);
        let pieces = (length_m / LONGEST_EDGE_M).ceil().clamp(1.0, 1_000.0) as u32;
        let step_m = length_m / f64::from(pieces);
        out.extend((1..pieces).map(|k| pair[0].destination(azimuth, step_m * f64::from(k))));
    }
    out.extend(points.last());
    out
}

/// The outlines of several footprints as one geometry. The whole world has none.
pub fn multi(footprints: &[Footprint]) -> Value {
    let rings = footprints.iter().filter_map(|footprint| {
        let mut corners = corners(footprint)?;
        corners.extend(corners.first().copied());
        Some([unwrapped(dense(corners).iter().map(|p| [p.lon_deg(), p.lat_deg()]))])
    });
    json!({ "type": "MultiPolygon", "coordinates": rings.collect::<Vec<_>>() })
}

/// What a volume says besides its outline.
pub fn limits(volume: &Volume4d) -> Map<String, Value> {
    let ft = |altitude: &Altitude| ft_from_m(altitude.m).round();
    let reference = volume.lower.or(volume.upper).map(|a| a.reference.name());
    let mut out = Map::new();
    out.insert("lower_ft".into(), json!(volume.lower.as_ref().map(ft)));
    out.insert("upper_ft".into(), json!(volume.upper.as_ref().map(ft)));
    out.insert("alt_reference".into(), json!(reference));
    out.insert("start".into(), json!(volume.start.map(|t| t.to_string())));
    out.insert("end".into(), json!(volume.end.map(|t| t.to_string())));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_do_not_jump_at_the_antimeridian() {
        let points = [[179.0, 0.0], [-179.0, 1.0], [-178.0, 2.0], [179.5, 3.0]];
        let line = line(points.into_iter());
        let wanted = json!([[179.0, 0.0], [181.0, 1.0], [182.0, 2.0], [179.5, 3.0]]);
        assert_eq!(line["coordinates"], wanted);
    }

    #[test]
    fn a_circle_becomes_a_closed_ring_near_its_radius() {
        let centre = GeoPoint::from_deg(-17.0, 179.95).unwrap();
        let circle = outline(&Footprint::Circle { centre, radius_m: 20_000.0 }).unwrap();
        let ring = circle["coordinates"][0].as_array().unwrap();
        assert_eq!(ring.len(), 73);
        assert_eq!(ring.first(), ring.last());
        for corner in ring {
            let lon = corner[0].as_f64().unwrap();
            assert!((lon - 180.0).abs() < 1.0, "{lon}");
            let at = GeoPoint::from_deg(corner[1].as_f64().unwrap(), lon).unwrap();
            assert!((at.distance_m(centre) - 20_000.0).abs() < 1.0);
        }
        assert_eq!(outline(&Footprint::World), None);
    }
}

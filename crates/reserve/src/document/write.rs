//! A reservation as a record of fields.

use super::blocks;
use super::fields::FIELDS;
use crate::motion::Motion;
use crate::repeat::{Ends, Unit, names_of_days};
use crate::reservation::Reservation;
use crate::shape::{Band, Shape};
use crate::text;
use deconflict_core::{Altitude, GeoPoint};
use serde_json::{Map, Value, json};

/// The fields that are not at their default, by name.
pub(super) fn record(r: &Reservation) -> Map<String, Value> {
    let mut out = Map::new();
    let mut put = |field: &str, value: Value| {
        if !value.is_null() {
            debug_assert!(FIELDS.contains(&field), "{field}");
            out.insert(field.to_owned(), value);
        }
    };
    put("id", json!(r.id));
    put("name", json!(r.name));
    put("kind", json!(r.kind.name()));
    put("status", json!(r.status.name()));
    put("priority", if r.priority == 0 { Value::Null } else { json!(r.priority) });
    put("party", json!(r.party));
    put("purpose", json!(r.purpose));
    if !r.agreed_with.is_empty() {
        put("agreed_with", json!(r.agreed_with));
    }
    if !r.aircraft.is_empty() {
        put("aircraft", r.aircraft.iter().map(|a| json!(a.to_string())).collect());
    }
    put("shape", json!(r.shape.name()));
    if !matches!(r.shape, Shape::Volumes { .. }) {
        put("points", r.shape.points().into_iter().map(point).collect());
    }
    shape(&r.shape, &mut put);
    let limit = |a: Option<Altitude>| json!(a.map(text::write_altitude));
    put("lower", limit(r.band.lower));
    put("upper", limit(r.band.upper));
    put("start", json!(r.start.map(text::write_time)));
    put("end", json!(r.end.map(text::write_time)));
    if let Some(repeat) = &r.repeat {
        match repeat.unit {
            Unit::Days => put("repeat", json!("daily")),
            Unit::Weeks(days) => {
                put("repeat", json!("weekly"));
                put("repeat_days", json!(names_of_days(days)));
            }
        }
        put("repeat_every", if repeat.every == 1 { Value::Null } else { json!(repeat.every) });
        match repeat.ends {
            Ends::Count(count) => put("repeat_count", json!(count)),
            Ends::Until(until) => put("repeat_until", json!(text::write_time(until))),
        }
    }
    for (field, value) in [
        ("buffer_horizontal_m", r.buffer.horizontal_m),
        ("buffer_vertical_m", r.buffer.vertical_m),
        ("buffer_time_s", r.buffer.time_s),
    ] {
        put(field, if value == 0.0 { Value::Null } else { number(value) });
    }
    // Unknown is left out, and zero is written: they are not the same.
    put("accuracy_horizontal_m", r.accuracy.horizontal_m.map_or(Value::Null, number));
    put("accuracy_vertical_m", r.accuracy.vertical_m.map_or(Value::Null, number));
    match &r.motion {
        None => {}
        Some(Motion::Steady { since, course_deg, speed_mps }) => {
            put("moves", json!("steady"));
            put("moves_since", json!(text::write_time(*since)));
            put("course_deg", number(*course_deg));
            put("speed_mps", number(*speed_mps));
        }
        Some(Motion::With(name)) => {
            put("moves", json!("with"));
            put("moves_with", json!(name));
        }
    }
    out
}

fn shape(shape: &Shape, put: &mut impl FnMut(&str, Value)) {
    match shape {
        Shape::Polygon { .. } => {}
        Shape::Circle { radius_m, .. } | Shape::Point { radius_m, .. } => {
            put("radius_m", number(*radius_m));
        }
        Shape::Sector { inner_radius_m, radius_m, from_deg, to_deg, .. } => {
            put("radius_m", number(*radius_m));
            put("inner_radius_m", number(*inner_radius_m));
            put("from_deg", number(*from_deg));
            put("to_deg", number(*to_deg));
        }
        Shape::Corridor { half_width_m, .. } | Shape::Racetrack { half_width_m, .. } => {
            put("half_width_m", number(*half_width_m));
        }
        Shape::Track { half_width_m, bands, .. } => {
            put("half_width_m", number(*half_width_m));
            put("leg_bands", bands.iter().map(band).collect());
        }
        Shape::Flight { points } => {
            let levels = points.iter().map(|p| json!(text::write_altitude(p.altitude)));
            put("levels", levels.collect());
            put("times", points.iter().map(|p| json!(text::write_time(p.time))).collect());
        }
        Shape::Volumes { blocks } => put("blocks", blocks.iter().map(blocks::value).collect()),
    }
}

/// A whole number without its point.
pub(super) fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 1e15 { json!(value as i64) } else { json!(value) }
}

pub(super) fn point(p: GeoPoint) -> Value {
    json!({ "lat": text::degrees(p.lat_rad()), "lon": text::degrees(p.lon_rad()) })
}

fn band(band: &Band) -> Value {
    let limit = |a: Option<Altitude>| a.map_or_else(|| "UNL".to_owned(), text::write_altitude);
    json!(format!("{}..{}", limit(band.lower), limit(band.upper)))
}

/// A value as text, for formats that have nothing else: lists with semicolons.
pub(super) fn flat(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => {
            let are_blocks = values.first().is_some_and(|v| v.get("points").is_some());
            values.iter().map(flat).collect::<Vec<_>>().join(if are_blocks { " | " } else { "; " })
        }
        Value::Object(block) if block.contains_key("points") => blocks::to_text(block),
        Value::Object(point) => {
            let degrees = |key: &str| point.get(key).map(Value::to_string).unwrap_or_default();
            format!("{} {}", degrees("lat"), degrees("lon"))
        }
        other => other.to_string(),
    }
}

//! JSON: an array of records, or an object with one under `reservations`.

use super::fields::{Record, unknown_field};
use super::write::record;
use super::{Fault, Place, checked, not_too_large};
use crate::reservation::Reservation;
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value};
use std::collections::BTreeMap;

/// Deeper than any file of reservations is.
const MOST_DEPTH: usize = 16;

/// The place and words of a text that is no JSON.
fn no_json(error: &serde_json::Error) -> Fault {
    let place = Place::Line(error.line().max(1) as u64, error.column() as u64);
    let says = error.to_string();
    let says = says.split(" at line").next().unwrap_or_default().to_owned();
    Fault::new(place, None, format!("is no JSON: {says}"))
}

/// Any JSON, each number as the nearest double. `serde_json` by itself may be off by the last
/// digit, and the switch that makes it exact would hold for the whole program.
pub(super) fn exact(text: &str) -> Result<Value, Fault> {
    let raw: &RawValue =
        serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|e| no_json(&e))?;
    value(raw, 0)
}

fn value(raw: &RawValue, depth: usize) -> Result<Value, Fault> {
    let text = raw.get();
    if depth > MOST_DEPTH {
        let says = format!("is nested more than {MOST_DEPTH} deep");
        return Err(Fault::new(Place::File, None, says));
    }
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let parts: BTreeMap<String, &RawValue> = parts(text)?;
            let each = parts.into_iter().map(|(key, raw)| Ok((key, value(raw, depth + 1)?)));
            Value::Object(each.collect::<Result<Map<_, _>, Fault>>()?)
        }
        Some(b'[') => {
            let parts: Vec<&RawValue> = parts(text)?;
            Value::Array(
                parts.into_iter().map(|raw| value(raw, depth + 1)).collect::<Result<_, _>>()?,
            )
        }
        Some(b'-' | b'0'..=b'9') => match (text.parse::<i64>(), text.parse::<f64>()) {
            (Ok(whole), _) => Value::from(whole),
            // What is too large for a number stays text, and is refused as such.
            (_, number) => number
                .ok()
                .and_then(Number::from_f64)
                .map_or_else(|| Value::from(text), Value::Number),
        },
        _ => parts(text)?,
    })
}

fn parts<'a, T: serde::Deserialize<'a>>(text: &'a str) -> Result<T, Fault> {
    serde_json::from_str(text).map_err(|e| no_json(&e))
}

/// Reads reservations from JSON.
///
/// # Errors
/// [`Fault`] with the place, the field and what to do.
pub fn read_json(text: &str) -> Result<Vec<Reservation>, Fault> {
    not_too_large(text)?;
    let value = exact(text)?;
    let list = match &value {
        Value::Array(list) => list,
        Value::Object(object) => match object.get("reservations") {
            Some(Value::Array(list)) => list,
            _ => {
                let says = "holds no array of reservations: put it under `reservations`";
                return Err(Fault::new(Place::File, None, says));
            }
        },
        _ => {
            let says = "is neither an array of reservations nor an object with one";
            return Err(Fault::new(Place::File, None, says));
        }
    };
    let mut out = Vec::new();
    for (index, value) in list.iter().enumerate() {
        let Value::Object(map) = value else {
            let place = Place::Reservation(index + 1, None);
            return Err(Fault::new(place, None, "is no object: write { \"id\": … }"));
        };
        let id = map.get("id").and_then(Value::as_str).map(str::to_owned);
        let place = Place::Reservation(index + 1, id);
        if let Some(fault) = map.keys().find_map(|key| unknown_field(place.clone(), key)) {
            return Err(fault);
        }
        let reservation = Record { place: place.clone(), map }.reservation()?;
        out.push((place, reservation));
    }
    checked(out)
}

/// Writes reservations as JSON.
pub fn write_json(reservations: &[Reservation]) -> String {
    let list: Vec<Value> = reservations.iter().map(|r| Value::Object(record(r))).collect();
    let mut text = serde_json::to_string_pretty(&list).unwrap_or_default();
    text.push('\n');
    text
}

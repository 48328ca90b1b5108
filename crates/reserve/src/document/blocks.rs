//! Blocks of a shape of several volumes: as objects, or as text where there is nothing else.
//!
//! In text `|` separates blocks, and `/` the parts of one: its corners, or its centre with
//! `within` and the radius; its band; its window of time, with open ends left empty.
//!
//! ```text
//! 34.5 40; 34.6 41; 34.2 40.5 / FL100..FL140 / 2026-03-01T10:00:00Z..2026-03-01T11:00:00Z | 34 40 within 5000 m / GND..UNL / ..
//! ```

use super::fields::{Read, Record, brief, point};
use super::write::{flat, number};
use crate::block::{Block, Outline};
use crate::shape::{Band, MOST_POINTS};
use crate::text;
use deconflict_core::Altitude;
use serde_json::{Map, Value, json};

/// What a block has.
const FIELDS: [&str; 7] = ["points", "radius_m", "radius_nm", "lower", "upper", "start", "end"];

impl Record<'_> {
    /// The blocks, each an object or text.
    pub(super) fn blocks(&self) -> Read<Vec<Block>> {
        let texts;
        let values: &[Value] = match self.value("blocks") {
            None => return self.fault("blocks", "is missing: give one volume or more"),
            Some(Value::Array(values)) => values,
            Some(Value::String(list)) => {
                let each = list.split('|').take(MOST_POINTS + 1);
                texts = each.map(Value::from).collect::<Vec<_>>();
                &texts
            }
            Some(other) => {
                return self.fault("blocks", format!("{} is no list", brief(other)));
            }
        };
        if values.len() > MOST_POINTS {
            return self.fault("blocks", format!("more than {MOST_POINTS} volumes: divide it"));
        }
        let each = values.iter().enumerate().map(|(i, value)| {
            self.block(value).or_else(|says| self.fault("blocks", format!("block {}{says}", i + 1)))
        });
        each.collect()
    }

    fn block(&self, value: &Value) -> Result<Block, String> {
        let of_text;
        let map = match value {
            Value::Object(map) => map,
            Value::String(text) => {
                of_text = from_text(text).map_err(|says| format!(": {says}"))?;
                &of_text
            }
            other => {
                return Err(format!(": {} is no volume: write {{ \"points\": … }}", brief(other)));
            }
        };
        if let Some(odd) = map.keys().find(|key| !FIELDS.contains(&key.as_str())) {
            let odd = brief(&Value::from(odd.as_str()));
            return Err(format!(": {odd} is not known: a volume has {}", FIELDS.join(", ")));
        }
        // The same ways of reading as for a whole reservation.
        let record = Record { place: self.place.clone(), map };
        let read = || {
            let points = record.list("points", point)?;
            let outline = match (record.number("radius_m")?, &points[..]) {
                (None, _) => Outline::Polygon { points },
                (Some(radius_m), &[centre]) => Outline::Circle { centre, radius_m },
                (Some(_), _) => {
                    let says = format!("{} points: what has a radius has one", points.len());
                    return record.fault("points", says);
                }
            };
            Ok(Block {
                outline,
                band: Band { lower: record.altitude("lower")?, upper: record.altitude("upper")? },
                start: record.time("start")?,
                end: record.time("end")?,
            })
        };
        read().map_err(|fault: super::Fault| match fault.field {
            Some(field) => format!(", `{field}`: {}", fault.says),
            None => format!(": {}", fault.says),
        })
    }
}

/// The fields of a block that is written as text.
fn from_text(text: &str) -> Result<Map<String, Value>, String> {
    let mut parts = text.split('/').map(str::trim);
    let mut map = Map::new();
    let outline = parts.next().unwrap_or_default();
    match outline.split_once("within") {
        None => map.insert("points".to_owned(), Value::from(outline)),
        Some((centre, radius)) => {
            let words: Vec<&str> = radius.split_whitespace().collect();
            let (radius, field) = match words[..] {
                [radius, "m"] => (radius, "radius_m"),
                [radius, "NM" | "nm"] => (radius, "radius_nm"),
                _ => {
                    return Err(format!(
                        "{} is no radius: write within 5000 m, or within 3 NM",
                        brief(&Value::from(radius.trim()))
                    ));
                }
            };
            map.insert(field.to_owned(), Value::from(radius));
            map.insert("points".to_owned(), Value::from(centre.trim()))
        }
    };
    for (names, example) in [
        (["lower", "upper"], "FL100..FL140"),
        (["start", "end"], "2026-03-01T10:00:00Z..2026-03-01T11:00:00Z"),
    ] {
        let Some(range) = parts.next().filter(|range| !range.is_empty()) else { continue };
        let Some((from, to)) = range.split_once("..") else {
            return Err(format!("{} is no range: write {example}", brief(&Value::from(range))));
        };
        for (name, limit) in names.into_iter().zip([from, to]) {
            map.insert(name.to_owned(), Value::from(limit.trim()));
        }
    }
    match parts.next() {
        None => Ok(map),
        Some(more) => Err(format!(
            "{} is one part too many: write corners / levels / times",
            brief(&Value::from(more))
        )),
    }
}

/// A block as an object.
pub(super) fn value(block: &Block) -> Value {
    let mut out = Map::new();
    out.insert(
        "points".to_owned(),
        block.points().iter().map(|p| super::write::point(*p)).collect(),
    );
    if let Outline::Circle { radius_m, .. } = block.outline {
        out.insert("radius_m".to_owned(), number(radius_m));
    }
    let limit = |a: Altitude| json!(text::write_altitude(a));
    let time = |t| json!(text::write_time(t));
    let rest = [
        ("lower", block.band.lower.map(limit)),
        ("upper", block.band.upper.map(limit)),
        ("start", block.start.map(time)),
        ("end", block.end.map(time)),
    ];
    let said = rest.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    out.extend(said);
    Value::Object(out)
}

/// What [`value`] writes, as text.
pub(super) fn to_text(block: &Map<String, Value>) -> String {
    let part = |field: &str| block.get(field).map(flat).unwrap_or_default();
    let radius = block.get("radius_m").map(|m| format!(" within {m} m")).unwrap_or_default();
    let limit = |field: &str| block.get(field).map_or_else(|| "UNL".to_owned(), flat);
    format!(
        "{}{radius} / {}..{} / {}..{}",
        part("points"),
        limit("lower"),
        limit("upper"),
        part("start"),
        part("end")
    )
}

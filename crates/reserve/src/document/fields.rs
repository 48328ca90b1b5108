//! One table of fields, read from whatever a format has: JSON values, or text.

use super::{Fault, Place};
use crate::aircraft::Aircraft;
use crate::kind::Kind;
use crate::motion::Motion;
use crate::repeat::{Ends, Repeat, Unit, days_from_names};
use crate::reservation::{Accuracy, Reservation};
use crate::shape::{Band, MOST_POINTS, Shape, WayPoint};
use crate::status::Status;
use crate::text;
use deconflict_core::overlap::Margins;
use deconflict_core::units::{m_from_ft, m_from_nm, mps_from_kt};
use deconflict_core::{Altitude, GeoPoint, Time};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The fields, in the order in which they are written.
pub(super) const FIELDS: [&str; 40] = [
    "id",
    "name",
    "kind",
    "status",
    "priority",
    "party",
    "purpose",
    "agreed_with",
    "aircraft",
    "shape",
    "points",
    "levels",
    "times",
    "radius_m",
    "inner_radius_m",
    "from_deg",
    "to_deg",
    "half_width_m",
    "leg_bands",
    "blocks",
    "lower",
    "upper",
    "start",
    "end",
    "repeat",
    "repeat_every",
    "repeat_days",
    "repeat_count",
    "repeat_until",
    "buffer_horizontal_m",
    "buffer_vertical_m",
    "buffer_time_s",
    "accuracy_horizontal_m",
    "accuracy_vertical_m",
    "moves",
    "moves_since",
    "course_deg",
    "speed_mps",
    "moves_with",
    "comment",
];

/// A field in another unit, the field that it stands for, and the conversion.
type InOtherUnit = (&'static str, &'static str, fn(f64) -> f64);

/// Fields in other units, which are read and never written.
const IN_OTHER_UNITS: [InOtherUnit; 8] = [
    ("radius_nm", "radius_m", m_from_nm),
    ("inner_radius_nm", "inner_radius_m", m_from_nm),
    ("half_width_nm", "half_width_m", m_from_nm),
    ("buffer_horizontal_nm", "buffer_horizontal_m", m_from_nm),
    ("buffer_vertical_ft", "buffer_vertical_m", m_from_ft),
    ("accuracy_horizontal_nm", "accuracy_horizontal_m", m_from_nm),
    ("accuracy_vertical_ft", "accuracy_vertical_m", m_from_ft),
    ("speed_kt", "speed_mps", mps_from_kt),
];

/// The fault of a name that is no field, with what may have been meant.
pub(super) fn unknown_field(place: Place, name: &str) -> Option<Fault> {
    let others = IN_OTHER_UNITS.iter().map(|u| u.0);
    let mut known = FIELDS.into_iter().chain(others);
    if known.clone().any(|k| k == name) {
        return None;
    }
    let near = known
        .by_ref()
        .map(|k| (edits(k, name), k))
        .min()
        .filter(|(edits, k)| *edits <= 1 + k.len() / 4);
    let says = match near {
        Some((_, k)) => format!("is not known: did you mean `{k}`?"),
        None => "is not known: take it out (notes go into `comment`)".to_owned(),
    };
    Some(Fault::new(place, Some(&shortened(name)), says))
}

fn shortened(text: &str) -> String {
    if text.chars().count() > 40 {
        text.chars().take(40).chain(['…']).collect()
    } else {
        text.to_owned()
    }
}

/// Levenshtein's distance, of the beginning of long names.
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(40).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let next = (before + usize::from(x != *y)).min(row[j] + 1).min(row[j + 1] + 1);
            before = row[j + 1];
            row[j + 1] = next;
        }
    }
    row[b.len()]
}

/// A record being read.
pub(super) struct Record<'a> {
    pub(super) place: Place,
    pub(super) map: &'a Map<String, Value>,
}

pub(super) type Read<T> = Result<T, Fault>;

impl Record<'_> {
    pub(super) fn fault<T>(&self, field: &str, says: impl Into<String>) -> Read<T> {
        Err(Fault::new(self.place.clone(), Some(field), says))
    }

    /// A value that is there: neither missing, nor null, nor empty.
    pub(super) fn value(&self, field: &str) -> Option<&Value> {
        self.map.get(field).filter(|v| !(v.is_null() || v.as_str() == Some("")))
    }

    fn text(&self, field: &str) -> Read<Option<&str>> {
        match self.value(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => self.fault(field, format!("{} is no text: quote it", brief(other))),
        }
    }

    fn needed<T>(&self, field: &str, value: Option<T>, says: &str) -> Read<T> {
        value.map_or_else(|| self.fault(field, format!("is missing: {says}")), Ok)
    }

    pub(super) fn number(&self, field: &str) -> Read<Option<f64>> {
        let as_given = |name: &str| match self.value(name) {
            None => Ok(None),
            Some(Value::Number(n)) if n.as_f64().is_some() => Ok(n.as_f64()),
            Some(Value::String(s)) if s.trim().parse::<f64>().is_ok_and(f64::is_finite) => {
                Ok(s.trim().parse().ok())
            }
            Some(other) => self.fault(name, format!("{} is no number", brief(other))),
        };
        let si = as_given(field)?;
        for (name, _, convert) in IN_OTHER_UNITS.iter().filter(|u| u.1 == field) {
            if let Some(value) = as_given(name)? {
                if si.is_some() {
                    return self.fault(name, format!("is given beside `{field}`: take one out"));
                }
                return Ok(Some(convert(value)));
            }
        }
        Ok(si)
    }

    fn whole(&self, field: &str, least: i64, most: i64) -> Read<Option<i64>> {
        let Some(number) = self.number(field)? else { return Ok(None) };
        if number.fract() == 0.0 && number >= least as f64 && number <= most as f64 {
            Ok(Some(number as i64))
        } else {
            self.fault(field, format!("{number} is no whole number between {least} and {most}"))
        }
    }

    pub(super) fn altitude(&self, field: &str) -> Read<Option<Altitude>> {
        let Some(value) = self.value(field) else { return Ok(None) };
        altitude(value).or_else(|says| self.fault(field, says))
    }

    pub(super) fn time(&self, field: &str) -> Read<Option<Time>> {
        let Some(text) = self.text(field)? else { return Ok(None) };
        text::time(text).map(Some).or_else(|says| self.fault(field, says))
    }

    /// A list: an array, or text with semicolons.
    pub(super) fn list<T>(
        &self,
        field: &str,
        read: impl Fn(&Value) -> Result<T, String>,
    ) -> Read<Vec<T>> {
        let texts;
        let values: &[Value] = match self.value(field) {
            None => return Ok(Vec::new()),
            Some(Value::Array(values)) => values,
            Some(Value::String(list)) => {
                texts = list
                    .split(';')
                    .map(|t| Value::String(t.trim().to_owned()))
                    .take(MOST_POINTS + 1)
                    .collect::<Vec<_>>();
                &texts
            }
            Some(other) => return self.fault(field, format!("{} is no list", brief(other))),
        };
        if values.len() > MOST_POINTS {
            return self.fault(field, format!("more than {MOST_POINTS} entries: divide it"));
        }
        let each = values.iter().enumerate().map(|(i, value)| {
            read(value).or_else(|says| self.fault(field, format!("entry {}: {says}", i + 1)))
        });
        each.collect()
    }

    /// The whole reservation.
    pub(super) fn reservation(&self) -> Read<Reservation> {
        let id = self.needed("id", self.text("id")?, "name it, for example SURVEY-7")?;
        let kind = self.text("kind")?;
        let kind = self.needed("kind", kind, &format!("write one of {}", Kind::names()))?;
        let Some(kind) = Kind::parse(kind) else {
            let says = format!("'{}' is no kind: write one of {}", shortened(kind), Kind::names());
            return self.fault("kind", says);
        };
        let party = self.needed("party", self.text("party")?, "name who controls it")?;
        let mut out = Reservation::new(id, kind, party, self.shape()?);
        if let Some(status) = self.text("status")? {
            out.status = Status::parse(status).map_or_else(
                || {
                    let names = Status::ALL.map(Status::name).join(", ");
                    let status = shortened(status);
                    self.fault("status", format!("'{status}' is no status: write one of {names}"))
                },
                Ok,
            )?;
        }
        out.name = self.text("name")?.map(str::to_owned);
        out.purpose = self.text("purpose")?.map(str::to_owned);
        let priority = self.whole("priority", i64::from(i32::MIN), i64::from(i32::MAX))?;
        out.priority = priority.unwrap_or(0) as i32;
        let party = |v: &Value| v.as_str().map(str::to_owned).ok_or("is no text".to_owned());
        out.agreed_with = self.list("agreed_with", party)?.into_iter().collect::<BTreeSet<_>>();
        let aircraft = |v: &Value| Aircraft::parse(v.as_str().ok_or("is no text: quote it")?);
        out.aircraft = self.list("aircraft", aircraft)?.into_iter().collect();
        out.band = Band { lower: self.altitude("lower")?, upper: self.altitude("upper")? };
        (out.start, out.end) = (self.time("start")?, self.time("end")?);
        out.repeat = self.repeat()?;
        out.buffer = Margins {
            horizontal_m: self.number("buffer_horizontal_m")?.unwrap_or(0.0),
            vertical_m: self.number("buffer_vertical_m")?.unwrap_or(0.0),
            time_s: self.number("buffer_time_s")?.unwrap_or(0.0),
        };
        out.accuracy = Accuracy {
            horizontal_m: self.number("accuracy_horizontal_m")?,
            vertical_m: self.number("accuracy_vertical_m")?,
        };
        out.motion = self.motion()?;
        out.validate().or_else(|i| self.fault(i.field, i.says))?;
        Ok(out)
    }

    fn shape(&self) -> Read<Shape> {
        let names = Shape::NAMES.join(", ");
        let name = self.needed("shape", self.text("shape")?, &format!("write one of {names}"))?;
        let points = self.list("points", point)?;
        let length = |field| {
            let says = "give it in metres, or in nautical miles with the ending _nm";
            self.needed(field, self.number(field)?, says)
        };
        let one = |points: &[GeoPoint]| match points {
            [point] => Ok(*point),
            _ => self.fault("points", format!("{} points: a {name} has one", points.len())),
        };
        Ok(match name {
            "polygon" => Shape::Polygon { points },
            "circle" => Shape::Circle { centre: one(&points)?, radius_m: length("radius_m")? },
            "point" => Shape::Point { point: one(&points)?, radius_m: length("radius_m")? },
            "sector" => {
                let bearing = |field| {
                    let says =
                        "give degrees from true north; clockwise from `from_deg` to `to_deg`";
                    self.needed(field, self.number(field)?, says)
                };
                Shape::Sector {
                    centre: one(&points)?,
                    inner_radius_m: self.number("inner_radius_m")?.unwrap_or(0.0),
                    radius_m: length("radius_m")?,
                    from_deg: bearing("from_deg")?,
                    to_deg: bearing("to_deg")?,
                }
            }
            "corridor" => Shape::Corridor { points, half_width_m: length("half_width_m")? },
            "racetrack" => {
                let half_width_m = length("half_width_m")?;
                match points[..] {
                    [a, b] => Shape::Racetrack { ends: [a, b], half_width_m },
                    _ => {
                        let says = format!("{} points: a racetrack has two", points.len());
                        return self.fault("points", says);
                    }
                }
            }
            "track" => Shape::Track {
                points,
                half_width_m: length("half_width_m")?,
                bands: self.list("leg_bands", band)?,
            },
            "flight" => self.flight(&points)?,
            "volumes" if !points.is_empty() => {
                return self.fault("points", "volumes have theirs in `blocks`: leave it out");
            }
            "volumes" => Shape::Volumes { blocks: self.blocks()? },
            other => {
                let says = format!("'{}' is no shape: write one of {names}", shortened(other));
                return self.fault("shape", says);
            }
        })
    }

    fn flight(&self, points: &[GeoPoint]) -> Read<Shape> {
        let levels = self.list("levels", |v| {
            altitude(v)?.ok_or_else(|| "a flight has a level at each point".to_owned())
        })?;
        let time = |v: &Value| text::time(v.as_str().ok_or("is no text: quote it")?);
        let times = self.list("times", time)?;
        for (field, count) in [("levels", levels.len()), ("times", times.len())] {
            if count != points.len() {
                let says = format!("{count} for {} points: one for each", points.len());
                return self.fault(field, says);
            }
        }
        let each = points.iter().zip(levels).zip(times);
        let points =
            each.map(|((&point, altitude), time)| WayPoint { point, altitude, time }).collect();
        Ok(Shape::Flight { points })
    }

    fn repeat(&self) -> Read<Option<Repeat>> {
        let Some(name) = self.text("repeat")? else { return Ok(None) };
        let unit = match name {
            "daily" => Unit::Days,
            "weekly" => {
                let days = self.text("repeat_days")?;
                let days = self.needed("repeat_days", days, "write for example mon wed")?;
                match days_from_names(days) {
                    Some(days) => Unit::Weeks(days),
                    None => {
                        let says = "names a day that is none: write mon tue wed thu fri sat sun";
                        return self.fault("repeat_days", says);
                    }
                }
            }
            _ => return self.fault("repeat", "is neither daily nor weekly"),
        };
        let every = self.whole("repeat_every", 1, 366)?.unwrap_or(1) as u32;
        let count = self.whole("repeat_count", 1, i64::from(crate::repeat::MOST_TIMES))?;
        let ends = match (count, self.time("repeat_until")?) {
            (Some(count), None) => Ends::Count(count as u32),
            (None, Some(until)) => Ends::Until(until),
            (None, None) => {
                let says = "is missing: say how often, or until when with `repeat_until`";
                return self.fault("repeat_count", says);
            }
            (Some(_), Some(_)) => {
                return self.fault("repeat_until", "is given beside `repeat_count`: take one out");
            }
        };
        Ok(Some(Repeat { unit, every, ends }))
    }

    fn motion(&self) -> Read<Option<Motion>> {
        match self.text("moves")? {
            None => Ok(None),
            Some("steady") => Ok(Some(Motion::Steady {
                since: self.needed(
                    "moves_since",
                    self.time("moves_since")?.or(self.time("start")?),
                    "say when it is where the points are",
                )?,
                course_deg: self.needed(
                    "course_deg",
                    self.number("course_deg")?,
                    "give degrees from true north",
                )?,
                speed_mps: self.needed(
                    "speed_mps",
                    self.number("speed_mps")?,
                    "give metres a second, or knots in `speed_kt`",
                )?,
            })),
            Some("with") => {
                let name = self.text("moves_with")?;
                let name = self.needed("moves_with", name, "name the ship or the formation")?;
                Ok(Some(Motion::With(name.to_owned())))
            }
            Some(_) => self.fault("moves", "is neither steady nor with"),
        }
    }
}

pub(super) fn brief(value: &Value) -> String {
    shortened(&value.to_string())
}

fn altitude(value: &Value) -> Result<Option<Altitude>, String> {
    let help = "write \"FL245\" or {\"m\": 1200, \"reference\": \"msl\"}";
    match value {
        Value::String(text) => text::altitude(text),
        Value::Object(parts) => {
            let number = |key: &str| parts.get(key).and_then(Value::as_f64);
            let reference = parts.get("reference").and_then(Value::as_str).unwrap_or_default();
            match (number("m"), number("ft")) {
                (Some(m), None) => text::altitude(&format!("{m} m {reference}")),
                (None, Some(ft)) => text::altitude(&format!("{ft} ft {reference}")),
                _ => Err(format!("{} is no altitude: {help}", brief(value))),
            }
        }
        _ => Err(format!("{} is no altitude: {help}", brief(value))),
    }
}

pub(super) fn point(value: &Value) -> Result<GeoPoint, String> {
    match value {
        Value::String(text) => text::point(text),
        Value::Object(parts) => {
            let number = |key: &str| {
                parts.get(key).and_then(Value::as_f64).ok_or_else(|| format!("has no `{key}`"))
            };
            text::place(number("lat")?, number("lon")?)
        }
        _ => Err(format!("{} is no place: write {{\"lat\": 34.5, \"lon\": 40}}", brief(value))),
    }
}

/// A band as `FL120..FL140`.
fn band(value: &Value) -> Result<Band, String> {
    let help = || format!("{} is no band: write FL120..FL140", brief(value));
    let (lower, upper) = value.as_str().and_then(|t| t.split_once("..")).ok_or_else(help)?;
    Ok(Band { lower: text::altitude(lower)?, upper: text::altitude(upper)? })
}

//! Reservations as files: JSON, GeoJSON, KML and CSV.
//!
//! One table of fields (`docs/reservations.md`), four ways of writing it. Whatever is written is
//! read back as the same reservations. Each error names the place, the field and what to do.

mod blocks;
mod csv;
mod fields;
mod geojson;
mod json;
mod kml;
mod write;

pub use self::csv::{read_csv, write_csv};
pub use geojson::{read_geojson, write_geojson};
pub use json::{read_json, write_json};
pub use kml::{read_kml, write_kml};

use crate::reservation::Reservation;
use std::fmt;

/// The largest file that is read, bytes.
pub const MOST_BYTES: usize = 64 << 20;

/// A format of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// JSON: an array of reservations.
    Json,
    /// GeoJSON, RFC 7946: for maps.
    GeoJson,
    /// KML, OGC 07-147r2: for globes.
    Kml,
    /// CSV, RFC 4180: for spreadsheets.
    Csv,
}

impl Format {
    /// Every format.
    pub const ALL: [Format; 4] = [Format::Json, Format::GeoJson, Format::Kml, Format::Csv];

    /// The name, which is also the ending of files.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Json => "json",
            Format::GeoJson => "geojson",
            Format::Kml => "kml",
            Format::Csv => "csv",
        }
    }

    /// Reads [`name`](Self::name).
    pub fn parse(name: &str) -> Option<Format> {
        Self::ALL.into_iter().find(|f| f.name().eq_ignore_ascii_case(name))
    }

    /// What a text looks like.
    pub fn sniff(text: &str) -> Format {
        let text = text.trim_start_matches('\u{feff}').trim_start();
        if text.starts_with('<') {
            Format::Kml
        } else if text.starts_with('[') {
            Format::Json
        } else if text.starts_with('{') {
            if text.contains("\"Feature") { Format::GeoJson } else { Format::Json }
        } else {
            Format::Csv
        }
    }

    /// Reads reservations.
    ///
    /// # Errors
    /// [`Fault`] with the place, the field and what to do.
    pub fn read(self, text: &str) -> Result<Vec<Reservation>, Fault> {
        match self {
            Format::Json => read_json(text),
            Format::GeoJson => read_geojson(text),
            Format::Kml => read_kml(text),
            Format::Csv => read_csv(text),
        }
    }

    /// Writes reservations.
    pub fn write(self, reservations: &[Reservation]) -> String {
        match self {
            Format::Json => write_json(reservations),
            Format::GeoJson => write_geojson(reservations),
            Format::Kml => write_kml(reservations),
            Format::Csv => write_csv(reservations),
        }
    }
}

/// Where in a file something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A line and a column, from 1.
    Line(u64, u64),
    /// A reservation, from 1, and its id if it has one.
    Reservation(usize, Option<String>),
    /// A feature, from 1, and its id if it has one.
    Feature(usize, Option<String>),
    /// The file as a whole.
    File,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, number, id) = match self {
            Place::Line(line, 0) => return write!(f, "line {line}"),
            Place::Line(line, column) => return write!(f, "line {line}, column {column}"),
            Place::File => return f.write_str("the file"),
            Place::Reservation(number, id) => ("reservation", number, id),
            Place::Feature(number, id) => ("feature", number, id),
        };
        write!(f, "{what} {number}")?;
        match id {
            Some(id) => write!(f, " ({id})"),
            None => Ok(()),
        }
    }
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// The field, if it is one.
    pub field: Option<String>,
    /// What is wrong, and what to do.
    pub says: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.field {
            Some(field) => write!(f, "{}, field `{field}`: {}", self.place, self.says),
            None => write!(f, "{}: {}", self.place, self.says),
        }
    }
}

impl std::error::Error for Fault {}

impl Fault {
    fn new(place: Place, field: Option<&str>, says: impl Into<String>) -> Fault {
        Fault { place, field: field.map(str::to_owned), says: says.into() }
    }
}

/// A reservation as a JSON object: the fields that are not at their default.
pub fn value(reservation: &Reservation) -> serde_json::Value {
    serde_json::Value::Object(write::record(reservation))
}

/// Refuses files that are too large and ids that are used twice.
fn checked(read: Vec<(Place, Reservation)>) -> Result<Vec<Reservation>, Fault> {
    let mut seen = std::collections::HashSet::new();
    for (place, reservation) in &read {
        if !seen.insert((reservation.id.clone(), reservation.party.clone())) {
            let says = format!("'{}' is there twice: give each its own", reservation.id);
            return Err(Fault::new(place.clone(), Some("id"), says));
        }
    }
    Ok(read.into_iter().map(|(_, reservation)| reservation).collect())
}

fn not_too_large(text: &str) -> Result<(), Fault> {
    if text.len() > MOST_BYTES {
        let says = format!("{} bytes: at most {MOST_BYTES}; divide it", text.len());
        return Err(Fault::new(Place::File, None, says));
    }
    Ok(())
}

//! CSV: a line of field names, then a line for each reservation.

use super::fields::{FIELDS, Record, unknown_field};
use super::write::{flat, record};
use super::{Fault, Place, checked, not_too_large};
use crate::reservation::Reservation;
use csv::{ReaderBuilder, StringRecord, Trim, WriterBuilder};
use serde_json::{Map, Value};

/// Reads reservations from CSV.
///
/// # Errors
/// [`Fault`] with the line, the field and what to do.
pub fn read_csv(text: &str) -> Result<Vec<Reservation>, Fault> {
    not_too_large(text)?;
    let text = text.trim_start_matches('\u{feff}');
    let mut reader =
        ReaderBuilder::new().trim(Trim::Headers).flexible(true).from_reader(text.as_bytes());
    let refused = |e: &csv::Error| {
        let line = e.position().map_or(1, csv::Position::line);
        Fault::new(Place::Line(line, 0), None, format!("is no CSV: {e}"))
    };
    let names: Vec<String> =
        reader.headers().map_err(|e| refused(&e))?.iter().map(str::to_owned).collect();
    for (index, name) in names.iter().enumerate() {
        if let Some(fault) = unknown_field(Place::Line(1, 0), name) {
            return Err(fault);
        }
        if names[..index].contains(name) {
            let says = "is there twice: take one out";
            return Err(Fault::new(Place::Line(1, 0), Some(name), says));
        }
    }
    let mut out = Vec::new();
    let mut line = StringRecord::new();
    while reader.read_record(&mut line).map_err(|e| refused(&e))? {
        let place = Place::Line(line.position().map_or(0, csv::Position::line), 0);
        if line.len() != names.len() {
            let says = format!(
                "has {} columns where the first line has {}: quote text with commas",
                line.len(),
                names.len()
            );
            return Err(Fault::new(place, None, says));
        }
        let cells = names.iter().zip(&line);
        let map: Map<String, Value> =
            cells.map(|(name, cell)| (name.clone(), Value::from(cell))).collect();
        let reservation = Record { place: place.clone(), map: &map }.reservation()?;
        out.push((place, reservation));
    }
    checked(out)
}

/// Writes reservations as CSV, with the columns that any of them needs.
pub fn write_csv(reservations: &[Reservation]) -> String {
    let records: Vec<Map<String, Value>> = reservations.iter().map(record).collect();
    let always = ["id", "kind", "status", "party", "shape", "points"];
    let columns: Vec<&str> = FIELDS
        .into_iter()
        .filter(|f| always.contains(f) || records.iter().any(|r| r.contains_key(*f)))
        .collect();
    let mut writer = WriterBuilder::new().from_writer(Vec::new());
    let mut write = |cells: &[String]| writer.write_record(cells).is_ok();
    // Writing into memory cannot fail.
    write(&columns.iter().map(|c| (*c).to_owned()).collect::<Vec<_>>());
    for record in &records {
        let cell = |column: &&str| record.get(*column).map(flat).unwrap_or_default();
        write(&columns.iter().map(cell).collect::<Vec<_>>());
    }
    writer.into_inner().ok().and_then(|b| String::from_utf8(b).ok()).unwrap_or_default()
}

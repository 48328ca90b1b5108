//! KML (OGC 07-147r2): a placemark for each reservation. The points are the geometry; the rest
//! is `ExtendedData`. A sector is drawn as a polygon, and its centre is among the data; volumes are
//! drawn as several, and what they are is among the data.

use super::fields::Record;
use super::geojson::{drawn, is_only_drawn};
use super::write::{flat, record};
use super::{Fault, Place, checked, not_too_large};
use crate::reservation::Reservation;
use crate::shape::{MOST_POINTS, Shape};
use crate::text;
use deconflict_core::GeoPoint;
use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// What is known of a placemark while it is read.
#[derive(Default)]
struct Placemark {
    line: u64,
    data: Map<String, Value>,
    /// The name of the datum that is open.
    datum: Option<String>,
    geometry: Option<&'static str>,
    points: Vec<Value>,
    /// What cannot be read of its geometry, unless that is only a drawing.
    unread: Option<Fault>,
}

/// Reads reservations from KML.
///
/// # Errors
/// [`Fault`] with the line, the field and what to do.
pub fn read_kml(text: &str) -> Result<Vec<Reservation>, Fault> {
    not_too_large(text)?;
    let mut reader = quick_xml::Reader::from_str(text);
    let mut lines = Lines { text, at: 0, line: 1 };
    let mut path: Vec<String> = Vec::new();
    let mut open: Option<Placemark> = None;
    let mut characters = String::new();
    let mut out = Vec::new();
    let mut has_root = false;
    loop {
        let event = reader.read_event();
        let line = lines.of(reader.buffer_position());
        let broken = |says: String| Fault::new(Place::Line(line, 0), None, says);
        match event.map_err(|e| broken(format!("is no XML: {e}")))? {
            Event::Eof => break,
            Event::Start(tag) => {
                let name = local(&tag);
                has_root |= path.is_empty() && name == "kml";
                if path.len() > 64 {
                    return Err(broken("is nested more than 64 deep".to_owned()));
                }
                characters.clear();
                enter(&mut open, &name, &tag, line)?;
                path.push(name);
            }
            Event::End(_) => {
                let name = path.pop().unwrap_or_default();
                let parent = path.last().map_or("", String::as_str);
                if name == "Placemark" {
                    out.extend(open.take().map(finish).transpose()?);
                } else if let Some(placemark) = &mut open {
                    leave(placemark, &name, parent, &characters, line)?;
                }
                characters.clear();
            }
            Event::Text(part) => {
                let part = part.unescape().map_err(|e| broken(format!("is no XML: {e}")))?;
                characters.push_str(&part);
            }
            Event::CData(part) => {
                let part = part.decode().map_err(|e| broken(format!("is no XML: {e}")))?;
                characters.push_str(&part);
            }
            _ => {}
        }
    }
    if !path.is_empty() {
        let says = format!("ends within <{}>: it is cut off", path[path.len() - 1]);
        return Err(Fault::new(Place::File, None, says));
    }
    if !has_root {
        return Err(Fault::new(Place::File, None, "is no KML: it has no element <kml>"));
    }
    checked(out)
}

fn local(tag: &BytesStart<'_>) -> String {
    String::from_utf8_lossy(tag.local_name().as_ref()).into_owned()
}

fn enter(
    open: &mut Option<Placemark>,
    name: &str,
    tag: &BytesStart<'_>,
    line: u64,
) -> Result<(), Fault> {
    let fault = |says: &str| Fault::new(Place::Line(line, 0), Some(name), says);
    if name == "Placemark" {
        let id = tag.try_get_attribute("id").ok().flatten();
        let id = id.and_then(|a| a.unescape_value().ok().map(|v| v.into_owned()));
        let mut placemark = Placemark { line, ..Placemark::default() };
        if let Some(id) = id {
            placemark.data.insert("id".to_owned(), Value::from(id));
        }
        *open = Some(placemark);
        return Ok(());
    }
    let Some(placemark) = open else { return Ok(()) };
    let geometry = match name {
        "Point" => "circle",
        "LineString" => "corridor",
        "Polygon" => "polygon",
        "MultiGeometry" | "Model" | "Track" | "MultiTrack" => {
            let says = "is not read: give each part a placemark of its own";
            placemark.unread.get_or_insert(fault(says));
            return Ok(());
        }
        "innerBoundaryIs" => {
            return Err(fault("is a hole: divide it into polygons without"));
        }
        "Data" | "SimpleData" => {
            let attribute = tag.try_get_attribute("name").ok().flatten();
            placemark.datum =
                attribute.and_then(|a| a.unescape_value().ok().map(|v| v.into_owned()));
            return Ok(());
        }
        _ => return Ok(()),
    };
    if placemark.geometry.is_some() {
        let says = "is a second geometry: give it a placemark of its own";
        placemark.unread.get_or_insert(fault(says));
        return Ok(());
    }
    placemark.geometry = Some(geometry);
    Ok(())
}

fn leave(
    placemark: &mut Placemark,
    name: &str,
    parent: &str,
    characters: &str,
    line: u64,
) -> Result<(), Fault> {
    let mut set = |key: &str, text: &str| {
        placemark.data.insert(key.to_owned(), Value::from(text));
    };
    match (name, parent) {
        ("name", "Placemark") => set("name", characters),
        ("begin", "TimeSpan") => set("start", characters.trim()),
        ("end", "TimeSpan") => set("end", characters.trim()),
        ("value", "Data") | ("SimpleData", _) => {
            if let Some(key) = placemark.datum.take() {
                set(&key, characters);
            }
        }
        ("coordinates", _) => {
            for tuple in characters.split_whitespace().take(MOST_POINTS + 2) {
                let numbers: Vec<&str> = tuple.split(',').collect();
                let parsed = match numbers[..] {
                    [lon, lat] | [lon, lat, _] => lon.parse::<f64>().ok().zip(lat.parse().ok()),
                    _ => None,
                };
                let Some((lon, lat)) = parsed else {
                    let says = format!(
                        "'{}' is no place: write longitude,latitude",
                        tuple.chars().take(40).collect::<String>()
                    );
                    return Err(Fault::new(Place::Line(line, 0), Some("coordinates"), says));
                };
                let lat: f64 = lat;
                placemark.points.push(json!({ "lat": lat, "lon": lon }));
            }
        }
        _ => {}
    }
    Ok(())
}

fn finish(placemark: Placemark) -> Result<(Place, Reservation), Fault> {
    let Placemark { line, mut data, geometry, mut points, unread, .. } = placemark;
    let place = Place::Line(line, 0);
    let Some(geometry) = geometry else {
        let says = "has no geometry: give it a Point, a LineString or a Polygon";
        return Err(Fault::new(place, Some("Placemark"), says));
    };
    if !is_only_drawn(&data) {
        if let Some(fault) = unread {
            return Err(fault);
        }
        if geometry == "polygon" && points.len() > 1 && points.first() == points.last() {
            points.pop();
        }
        data.insert("points".to_owned(), Value::from(points));
        data.entry("shape").or_insert_with(|| Value::from(geometry));
    }
    let reservation = Record { place: place.clone(), map: &data }.reservation()?;
    Ok((place, reservation))
}

/// Counts lines as the reader goes on.
struct Lines<'a> {
    text: &'a str,
    at: usize,
    line: u64,
}

impl Lines<'_> {
    fn of(&mut self, position: u64) -> u64 {
        let to = (position as usize).clamp(self.at, self.text.len());
        let between = &self.text.as_bytes()[self.at..to];
        self.line += between.iter().filter(|b| **b == b'\n').count() as u64;
        self.at = to;
        self.line
    }
}

/// Writes reservations as KML.
pub fn write_kml(reservations: &[Reservation]) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <kml xmlns=\"http://www.opengis.net/kml/2.2\">\n<Document>\n",
    );
    for r in reservations {
        placemark(&mut out, r);
    }
    out.push_str("</Document>\n</kml>\n");
    out
}

fn placemark(out: &mut String, r: &Reservation) {
    let mut data = record(r);
    let points = r.shape.points();
    let is_sector = matches!(r.shape, Shape::Sector { .. });
    if !is_sector {
        data.remove("points");
    }
    // Writing into a string cannot fail.
    let _ = writeln!(out, "<Placemark>");
    if let Some(name) = &r.name {
        data.remove("name");
        let _ = writeln!(out, "  <name>{}</name>", escape(name.as_str()));
    }
    let _ = writeln!(out, "  <ExtendedData>");
    for (key, value) in &data {
        let value = flat(value);
        let value = escape(value.as_str());
        let _ = writeln!(out, "    <Data name=\"{key}\"><value>{value}</value></Data>");
    }
    let _ = writeln!(out, "  </ExtendedData>");
    let (before, shown, after) = match &r.shape {
        Shape::Volumes { .. } => {
            let _ = writeln!(out, "  <MultiGeometry>");
            for corners in drawn(&r.shape) {
                let ring = coordinates(&closed(corners));
                let _ = writeln!(
                    out,
                    "    <Polygon><outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates>\
                     </LinearRing></outerBoundaryIs></Polygon>"
                );
            }
            let _ = writeln!(out, "  </MultiGeometry>\n</Placemark>");
            return;
        }
        Shape::Sector { .. } => (
            "<Polygon><outerBoundaryIs><LinearRing>",
            closed(drawn(&r.shape).pop().unwrap_or(points)),
            "</LinearRing></outerBoundaryIs></Polygon>",
        ),
        Shape::Polygon { .. } => (
            "<Polygon><outerBoundaryIs><LinearRing>",
            closed(points),
            "</LinearRing></outerBoundaryIs></Polygon>",
        ),
        _ if points.len() == 1 => ("<Point>", points, "</Point>"),
        _ => ("<LineString><tessellate>1</tessellate>", points, "</LineString>"),
    };
    let coordinates = coordinates(&shown);
    let _ = writeln!(out, "  {before}<coordinates>{coordinates}</coordinates>{after}");
    let _ = writeln!(out, "</Placemark>");
}

fn coordinates(points: &[GeoPoint]) -> String {
    let tuple =
        |p: &GeoPoint| format!("{},{}", text::degrees(p.lon_rad()), text::degrees(p.lat_rad()));
    points.iter().map(tuple).collect::<Vec<_>>().join(" ")
}

fn closed(mut points: Vec<GeoPoint>) -> Vec<GeoPoint> {
    points.extend(points.first().copied());
    points
}

//! A snapshot of the traffic as CSV.

use super::bad_line;
use crate::failure::{Failure, Kind, Outcome};
use crate::input;
use csv::StringRecord;
use deconflict_core::state::Growth;
use deconflict_core::units::{m_from_ft, mps_from_fpm, mps_from_kt};
use deconflict_core::{
    AircraftClass, Altitude, Covariance, GeoPoint, Label, State, Subject, Time, Velocity,
};
use deconflict_detect::Scene;
use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// The columns that have to be there.
const REQUIRED: [&str; 7] = ["id", "lat", "lon", "alt_ft", "gs_kt", "trk_deg", "vs_fpm"];
/// The columns that may be there.
const OPTIONAL: [&str; 3] = ["class", "operator", "formation"];

/// All aircraft of a file, in its order.
pub struct Snapshot {
    file: PathBuf,
    ids: Vec<String>,
    lines: Vec<u64>,
    aircraft: Vec<(Subject, State)>,
}

impl Snapshot {
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// The id of an aircraft, letter for letter as in the file.
    pub fn id(&self, index: u32) -> &str {
        &self.ids[index as usize]
    }

    /// The aircraft with the straight paths expected of them.
    pub fn scene(&self, lookahead_s: f64) -> Outcome<Scene> {
        let mut scene = Scene::new(Time::default());
        for (i, (subject, state)) in self.aircraft.iter().enumerate() {
            scene
                .push_straight(*subject, state, Growth::default(), lookahead_s)
                .map_err(|e| bad_line(&self.file, self.lines[i], &e.to_string()))?;
        }
        Ok(scene)
    }
}

/// Reads a snapshot; the first thing that is wrong with it ends the reading.
pub fn read(path: &Path, covariance: Covariance) -> Outcome<Snapshot> {
    let bytes = input::open(path)?;
    let mut reader =
        csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(bytes);
    let broken = |error: &csv::Error| match error.kind() {
        csv::ErrorKind::Io(e) => input::broken_off(path, e),
        _ => {
            let line = error.position().map_or(1, csv::Position::line);
            bad_line(path, line, "is not CSV in UTF-8").advise("is this a file of states?")
        }
    };
    let columns = Columns::find(path, reader.headers().map_err(|e| broken(&e))?)?;
    let mut snapshot =
        Snapshot { file: path.to_owned(), ids: vec![], lines: vec![], aircraft: vec![] };
    let mut first_line: HashMap<String, u64> = HashMap::new();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|e| broken(&e))? {
        let line = record.position().map_or(0, csv::Position::line);
        let row = Row { record: &record, columns: &columns };
        let index = snapshot.ids.len() as u64;
        let (subject, state) = row
            .aircraft(index, covariance)
            .map_err(|m| bad_line(path, line, &m).advise("correct the line or leave it out"))?;
        let id = row.text("id").to_owned();
        if let Some(earlier) = first_line.insert(id.clone(), line) {
            let message = format!("id: {id} stands in line {earlier} already");
            return Err(bad_line(path, line, &message)
                .advise("a snapshot holds each aircraft once; use replay for recordings"));
        }
        snapshot.ids.push(id);
        snapshot.lines.push(line);
        snapshot.aircraft.push((subject, state));
    }
    Ok(snapshot)
}

struct Columns(HashMap<&'static str, usize>);

impl Columns {
    fn find(path: &Path, headers: &StringRecord) -> Outcome<Columns> {
        let mut found = HashMap::new();
        for name in REQUIRED.into_iter().chain(OPTIONAL) {
            let is_it = |h: &str| h.trim_start_matches('\u{feff}').eq_ignore_ascii_case(name);
            if let Some(at) = headers.iter().position(is_it) {
                found.insert(name, at);
            }
        }
        let missing: Vec<_> = REQUIRED.into_iter().filter(|n| !found.contains_key(n)).collect();
        if missing.is_empty() {
            return Ok(Columns(found));
        }
        let message = format!("{}: no column {}", input::name(path), missing.join(", "));
        Err(Failure::new(Kind::BadData, message).advise(format!(
            "the first line has to name the columns {} (any order; {} may be added); \
             recordings go to `deconflict replay`",
            REQUIRED.join(","),
            OPTIONAL.join(",")
        )))
    }
}

struct Row<'a> {
    record: &'a StringRecord,
    columns: &'a Columns,
}

impl Row<'_> {
    fn text(&self, name: &str) -> &str {
        self.columns.0.get(name).and_then(|&at| self.record.get(at)).unwrap_or("")
    }

    fn number(&self, name: &str, range: RangeInclusive<f64>) -> Result<f64, String> {
        let text = self.text(name);
        let number: f64 = text.parse().map_err(|_| match text {
            "" => format!("{name}: is missing"),
            _ => format!("{name}: {text:?} is not a number"),
        })?;
        // NaN is in no range.
        if range.contains(&number) {
            return Ok(number);
        }
        Err(format!("{name}: {text} is not between {} and {}", range.start(), range.end()))
    }

    fn aircraft(&self, id: u64, covariance: Covariance) -> Result<(Subject, State), String> {
        if self.text("id").is_empty() {
            return Err("id: is missing".to_owned());
        }
        let (lat, lon) = (self.number("lat", -90.0..=90.0)?, self.number("lon", -180.0..=360.0)?);
        let lon = if lon > 180.0 { lon - 360.0 } else { lon };
        let position = GeoPoint::from_deg(lat, lon)
            .ok_or_else(|| format!("lat, lon: {lat}, {lon} is not on the globe"))?;
        let altitude_ft = self.number("alt_ft", -2000.0..=200_000.0)?;
        let gs_mps = mps_from_kt(self.number("gs_kt", 0.0..=5000.0)?);
        let track_rad = self.number("trk_deg", -360.0..=720.0)?.to_radians();
        let up_mps = mps_from_fpm(self.number("vs_fpm", -100_000.0..=100_000.0)?);
        let class = match self.text("class") {
            "" => AircraftClass::Unknown,
            name => AircraftClass::parse(name).ok_or_else(|| {
                let known: Vec<_> = AircraftClass::ALL.iter().map(|c| c.name()).collect();
                format!("class: {name:?} is none of {}", known.join(", "))
            })?,
        };
        let subject = Subject {
            class,
            callsign: Label::new(self.text("id")),
            operator: Label::new(self.text("operator")),
            formation: Label::new(self.text("formation")),
            ..Subject::anonymous(id)
        };
        let state = State {
            time: Time::default(),
            position,
            altitude: Altitude::pressure_m(m_from_ft(altitude_ft)),
            velocity: Velocity::from_track(gs_mps, track_rad, up_mps),
            covariance,
        };
        Ok((subject, state))
    }
}

//! The answer of the live REST interface: `{time, states: [[…], …]}`.
//!
//! Each state is an array (<https://openskynetwork.github.io/opensky-api/rest.html>):
//! 0 icao24, 1 callsign, 2 origin country, 3 time of position, 4 last contact,
//! 5 longitude, 6 latitude, 7 barometric altitude (m), 8 on ground, 9 velocity
//! (m/s), 10 true track (°), 11 vertical rate (m/s), 12 sensors, 13 geometric
//! altitude (m), 14 squawk, 15 special purpose indicator, 16 position source,
//! 17 category (only with `extended=1`).

use crate::date::stamp_number;
use crate::error::ErrorKind;
use crate::field;
use crate::framing::Piece;
use crate::json::{Cursor, Malformed, Value};
use crate::readsb::member_time;
use crate::sink::Sink;
use deconflict_core::{AircraftClass, Report, Technique, Time};

/// Decodes the pieces of answers; keeps `time`.
#[derive(Debug, Default)]
pub(crate) struct States {
    time: Option<Time>,
}

impl States {
    pub(crate) const ARRAY: &[u8] = b"states";

    pub(crate) fn piece(&mut self, piece: Piece, record: &[u8], sink: &mut Sink) {
        match piece {
            Piece::Start => self.time = None,
            Piece::Member => self.time = member_time(record, b"time", sink).or(self.time),
            Piece::Element => match columns(record) {
                Ok(columns) => self.state(&columns, record, sink),
                Err(Malformed) => sink.error(ErrorKind::BadStructure, "states", record),
            },
        }
    }

    fn state(&self, columns: &[Value<'_>; 18], record: &[u8], sink: &mut Sink) {
        let [icao24, callsign, _, position_time, contact, lon, lat, altitude, ground, ..] =
            *columns;
        let [.., speed, track, rate, _, height, squawk, _, source, category] = *columns;

        let Some(hex) = icao24.bytes() else {
            return sink.error(ErrorKind::MissingField, "icao24", record);
        };
        let Some(address) = sink.keep("icao24", hex, field::address(hex)) else { return };
        let contact = keep("last_contact", contact, stamp_number, sink);
        let Some(now) = self.time.or(contact) else {
            return sink.error(ErrorKind::MissingField, "time", record);
        };
        let technique = match source {
            Value::Number(b"0") => Technique::AdsB,
            // ASTERIX: what a surveillance provider's radar or tracker delivered.
            Value::Number(b"1") => Technique::Radar,
            Value::Number(b"2") => Technique::Mlat,
            Value::Number(b"3") => Technique::Flarm,
            _ => Technique::Unknown,
        };
        let position_time = keep("time_position", position_time, stamp_number, sink);
        let lat = keep("latitude", lat, Ok, sink);
        let lon = keep("longitude", lon, Ok, sink);
        let position = lat
            .zip(lon)
            .and_then(|(lat, lon)| sink.keep("position", record, field::position(lat, lon)));

        let mut report = Report::new(sink.feed, address, technique, now);
        let measured = if position.is_some() { position_time } else { contact };
        report.measured = measured.unwrap_or(now);
        report.position = position;
        report.pressure_altitude_m = keep("baro_altitude", altitude, field::altitude_m, sink);
        report.ellipsoid_height_m = keep("geo_altitude", height, field::altitude_m, sink);
        report.ground_speed_mps = keep("velocity", speed, field::speed_mps, sink);
        report.track_rad = keep("true_track", track, field::track_deg, sink);
        report.vertical_rate_mps = keep("vertical_rate", rate, field::rate_mps, sink);
        report.on_ground = match ground {
            Value::Bool(ground) => Some(ground),
            _ => None,
        };
        report.callsign = callsign
            .bytes()
            .and_then(|text| sink.keep("callsign", text, field::callsign(text)).flatten());
        report.squawk =
            squawk.bytes().and_then(|code| sink.keep("squawk", code, field::squawk(code)));
        report.class = category.bytes().map_or(AircraftClass::Unknown, class);
        sink.report(report);
    }
}

/// OpenSky numbers the emitter categories through.
fn class(category: &[u8]) -> AircraftClass {
    match category {
        b"2" | b"3" => AircraftClass::Light,
        b"4" | b"5" | b"6" => AircraftClass::Transport,
        b"7" => AircraftClass::HighPerformance,
        b"8" => AircraftClass::Rotorcraft,
        b"9" => AircraftClass::Glider,
        b"10" => AircraftClass::LighterThanAir,
        b"11" | b"12" => AircraftClass::Ultralight,
        b"14" => AircraftClass::Uncrewed,
        b"16" | b"17" | b"18" | b"19" | b"20" => AircraftClass::Surface,
        _ => AircraftClass::Unknown,
    }
}

fn columns(record: &[u8]) -> Result<[Value<'_>; 18], Malformed> {
    let mut cursor = Cursor::new(record);
    if !cursor.enter(b'[') {
        return Err(Malformed);
    }
    let mut columns = [Value::Null; 18];
    let (mut first, mut found) = (true, 0);
    while cursor.element(&mut first)? {
        let value = cursor.value()?;
        if let Some(slot) = columns.get_mut(found) {
            *slot = value;
        }
        found += 1;
    }
    // The last column is there only on request; anything shorter is cut off.
    if cursor.at_end() && found >= 17 { Ok(columns) } else { Err(Malformed) }
}

fn keep<T>(
    name: &'static str,
    value: Value<'_>,
    limit: impl FnOnce(f64) -> Result<T, ErrorKind>,
    sink: &mut Sink,
) -> Option<T> {
    let parsed = value.number().and_then(|number| number.map(limit).transpose());
    sink.keep(name, value.bytes().unwrap_or_default(), parsed).flatten()
}

//! `trace_full_*.json`: the track of one aircraft over a day, gzip'ed although
//! the name does not say so.
//!
//! `{icao, timestamp, trace: […]}`, each point an array:
//!
//! | # | meaning |
//! | --- | --- |
//! | 0 | seconds after `timestamp` |
//! | 1-2 | latitude, longitude, ° |
//! | 3 | altitude, ft, `"ground"` or null |
//! | 4-5 | ground speed, kt; track, ° |
//! | 6 | flags: 1 no position for 20 s before this one, 2 a new flight begins, 4 vertical rate is geometric, 8 altitude is geometric |
//! | 7 | vertical rate, ft/min |
//! | 8 | an object as in `aircraft.json`, or null |
//! | 9 | type, as in `aircraft.json` |
//! | 10-11 | geometric altitude, ft; geometric rate, ft/min |
//! | 12-13 | indicated air speed, roll |
//!
//! A geometric altitude is never taken for a pressure altitude. The stale and
//! new-flight flags tell of a gap that the times show as well; the point itself is sound.

use super::snapshot::{member, member_time};
use super::{Said, quantity, technique};
use crate::error::ErrorKind;
use crate::field;
use crate::framing::Piece;
use crate::json::{Cursor, Malformed, Value};
use crate::sink::Sink;
use deconflict_core::{Address, Report, Technique, Time};

const GEOMETRIC_RATE: u64 = 4;
const GEOMETRIC_ALTITUDE: u64 = 8;

/// Decodes the pieces of traces; keeps whose it is and when it begins.
#[derive(Debug, Default)]
pub(crate) struct Trace {
    address: Option<Address>,
    begin: Option<Time>,
}

impl Trace {
    pub(crate) const ARRAY: &[u8] = b"trace";

    pub(crate) fn piece(&mut self, piece: Piece, record: &[u8], sink: &mut Sink) {
        match piece {
            Piece::Start => *self = Trace::default(),
            Piece::Member => {
                if let Some(hex) = member(record, b"icao").and_then(Value::bytes) {
                    self.address = sink.keep("icao", hex, field::address(hex));
                }
                self.begin = member_time(record, b"timestamp", sink).or(self.begin);
            }
            Piece::Element => match (self.address, self.begin) {
                (None, _) => sink.error(ErrorKind::MissingField, "icao", record),
                (_, None) => sink.error(ErrorKind::MissingField, "timestamp", record),
                (Some(address), Some(begin)) => {
                    if self.point(address, begin, record, sink).is_err() {
                        sink.error(ErrorKind::BadStructure, "trace", record);
                    }
                }
            },
        }
    }

    fn point(
        &self,
        address: Address,
        begin: Time,
        record: &[u8],
        sink: &mut Sink,
    ) -> Result<(), Malformed> {
        use field::{altitude_ft, rate_fpm, speed_kt, track_deg};
        let mut cursor = Cursor::new(record);
        if !cursor.enter(b'[') {
            return Err(Malformed);
        }
        let mut columns = [Value::Null; 12];
        let mut said = Said::default();
        let (mut first, mut column) = (true, 0);
        while cursor.element(&mut first)? {
            if column == 8 && cursor.peek() == Some(b'{') {
                said.read(&mut cursor, sink)?;
            } else {
                let value = cursor.value()?;
                if let Some(slot) = columns.get_mut(column) {
                    *slot = value;
                }
            }
            column += 1;
        }
        if !cursor.at_end() {
            return Err(Malformed);
        }
        let [after, lat, lon, altitude, speed, track, flags, rate, _, kind, height, _] = columns;

        let offset_s = |seconds: f64| match (0.0..=400_000.0).contains(&seconds) {
            true => Ok(seconds),
            false => Err(ErrorKind::ImpossibleTime),
        };
        let Some(after_s) = quantity("time", after, offset_s, sink) else {
            if after == Value::Null {
                sink.error(ErrorKind::MissingField, "time", record);
            }
            return Ok(());
        };
        let kind = kind.bytes().map(technique).or(said.technique);
        let measured = begin.plus_s(after_s);
        let mut report =
            Report::new(sink.feed, address, kind.unwrap_or(Technique::Unknown), measured);
        let place = quantity("lat", lat, Ok, sink).zip(quantity("lon", lon, Ok, sink));
        report.position =
            place.and_then(|(la, lo)| sink.keep("position", record, field::position(la, lo)));
        report.position_sigma_m = report.position.and(said.position_sigma_m);
        report.callsign = said.callsign;
        report.squawk = said.squawk;
        report.class = said.class;

        let flags = flags.bytes().and_then(|bits| field::whole(bits).ok()).unwrap_or(0);
        if altitude == Value::Text(b"ground") {
            report.on_ground = Some(true);
        } else if let Some(altitude_m) = quantity("altitude", altitude, altitude_ft, sink) {
            report.on_ground = Some(false);
            if flags & GEOMETRIC_ALTITUDE == 0 {
                report.pressure_altitude_m = Some(altitude_m);
            } else {
                report.ellipsoid_height_m = Some(altitude_m);
            }
        }
        report.ellipsoid_height_m =
            quantity("alt_geom", height, altitude_ft, sink).or(report.ellipsoid_height_m);
        report.ground_speed_mps = quantity("gs", speed, speed_kt, sink);
        report.track_rad = quantity("track", track, track_deg, sink);
        report.vertical_rate_mps = quantity("rate", rate, rate_fpm, sink);
        // A geometric rate drifts against a barometric one with the weather; if
        // the point has both, the barometric one fits the altitudes of others.
        if flags & GEOMETRIC_RATE != 0 {
            report.vertical_rate_mps = said.baro_rate_mps.or(report.vertical_rate_mps);
        }
        sink.report(report);
        Ok(())
    }
}

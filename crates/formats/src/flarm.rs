//! Raw FLARM frames as CSV, as OpenSky receivers record them.
//!
//! The header names the columns; used are `rawmessage` (26 bytes, hexadecimal: the
//! frame of protocol version 6 and its checksum), `timestamp` (s, when it
//! was received, which also keys the cipher), `sensorlatitude` and `sensorlongitude`
//! (a frame has only the lower digits of a position: the receiver's gives the
//! rest) and `crccorrect`. [`rs1090`] deciphers the frame.
//!
//! The altitude is a GPS height above the ellipsoid in metres. Velocity comes
//! as four pairs of components in quarters of a metre per second, scaled by a
//! power of two that the frame states; the first pair is the nearest in time.

use crate::date::{Calendar, stamp};
use crate::error::ErrorKind;
use crate::field;
use crate::sink::Sink;
use crate::table;
use deconflict_core::{Address, AddressSpace, AircraftClass, Report, Technique, Time};
use rs1090::decode::flarm::{AircraftType, Flarm};

/// Device address, type, five ciphered words, and the checksum.
const FRAME_BYTES: usize = 26;
const COLUMNS: [&[u8]; 5] =
    [b"crccorrect", b"rawmessage", b"sensorlatitude", b"sensorlongitude", b"timestamp"];

/// Decodes lines; the first one names the columns.
#[derive(Debug, Default)]
pub(crate) struct FlarmCsv {
    /// Where the columns stand, in the order of [`COLUMNS`].
    places: Option<[Option<usize>; 5]>,
    calendar: Calendar,
}

impl FlarmCsv {
    pub(crate) fn line(&mut self, line: &[u8], sink: &mut Sink) {
        let Some(places) = self.places else {
            let places = COLUMNS.map(|name| table::fields(line).position(|field| field == name));
            // Without a checksum column the checksum is believed.
            if places[1..].contains(&None) {
                sink.error(ErrorKind::MissingField, "header", line);
            }
            self.places = Some(places);
            return sink.silent();
        };
        let mut fields = [&b""[..]; 5];
        for (i, text) in table::fields(line).enumerate() {
            if let Some(which) = places.iter().position(|place| *place == Some(i)) {
                fields[which] = text;
            }
        }
        self.record(fields, line, sink);
    }

    fn record(&mut self, fields: [&[u8]; 5], line: &[u8], sink: &mut Sink) {
        let [sound, message, lat, lon, timestamp] = fields;
        if matches!(sound, b"False" | b"false" | b"0") {
            return sink.error(ErrorKind::BadChecksum, "rawmessage", message);
        }
        if timestamp.is_empty() || message.is_empty() {
            return sink.error(ErrorKind::Truncated, "record", line);
        }
        let Some(time) = sink.keep("timestamp", timestamp, stamp(&mut self.calendar, timestamp))
        else {
            return;
        };
        let near = field::number(lat)
            .and_then(|lat| Ok((lat, field::number(lon)?)))
            .and_then(|(lat, lon)| field::position(lat, lon));
        let Some(near) = sink.keep("sensorlatitude", lat, near) else { return };
        let Some(frame) = frame(message) else {
            return sink.error(ErrorKind::BadStructure, "rawmessage", message);
        };
        let seconds = time.as_unix_s() as u32;
        match Flarm::from_record(seconds, &[near.lat_deg(), near.lon_deg()], &frame) {
            Ok(said) => report(&said, code(&frame), time, message, sink),
            // Mostly the other kind of frame, which carries no position.
            Err(_) => sink.error(ErrorKind::UnknownMessage, "rawmessage", message),
        }
    }
}

fn report(said: &Flarm, code: u32, time: Time, message: &[u8], sink: &mut Sink) {
    let space = if said.is_icao24 { AddressSpace::Icao } else { AddressSpace::Flarm };
    let mut report = Report::new(sink.feed, Address { space, code }, Technique::Flarm, time);
    report.position =
        sink.keep("position", message, field::position(said.latitude, said.longitude));
    report.ellipsoid_height_m =
        sink.keep("altitude", message, field::altitude_m(f64::from(said.geoaltitude)));
    report.class = class(&said.actype);
    if let [status, _, longitude, north, east] = said.decoded[..] {
        let scale = f64::from(1u8 << (longitude >> 30));
        let component = |word: u32| f64::from(word as u8 as i8) * scale / 4.0;
        let (north, east) = (component(north), component(east));
        report.ground_speed_mps =
            sink.keep("ground speed", message, field::speed_mps(north.hypot(east)));
        if north != 0.0 || east != 0.0 {
            report.track_rad = Some(east.atan2(north).rem_euclid(std::f64::consts::TAU));
        }
        // Ten bits with a sign, in tenths of a metre per second.
        let rate = f64::from((status << 22) as i32 >> 22) * scale / 10.0;
        report.vertical_rate_mps = sink.keep("vertical rate", message, field::rate_mps(rate));
    }
    sink.report(report);
}

fn class(kind: &AircraftType) -> AircraftClass {
    match kind {
        AircraftType::Glider => AircraftClass::Glider,
        AircraftType::Towplane => AircraftClass::TowPlane,
        AircraftType::Helicopter => AircraftClass::Rotorcraft,
        AircraftType::Parachute | AircraftType::Hangglider | AircraftType::Paraglider => {
            AircraftClass::Ultralight
        }
        AircraftType::DropPlane | AircraftType::Aircraft => AircraftClass::Light,
        AircraftType::Jet => AircraftClass::Transport,
        AircraftType::Balloon | AircraftType::Airship => AircraftClass::LighterThanAir,
        AircraftType::UAV => AircraftClass::Uncrewed,
        AircraftType::StaticObstacle => AircraftClass::Surface,
        AircraftType::Unknown | AircraftType::UFO | AircraftType::Reserved => {
            AircraftClass::Unknown
        }
    }
}

/// The device address: the first three bytes, lowest first.
fn code(frame: &[u8; FRAME_BYTES]) -> u32 {
    u32::from_le_bytes([frame[0], frame[1], frame[2], 0])
}

fn frame(digits: &[u8]) -> Option<[u8; FRAME_BYTES]> {
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    let mut frame = [0; FRAME_BYTES];
    if pairs.len() != FRAME_BYTES {
        return None;
    }
    for (byte, [high, low]) in frame.iter_mut().zip(pairs) {
        let nibble = |digit: &u8| (*digit as char).to_digit(16);
        *byte = (nibble(high)? << 4 | nibble(low)?) as u8;
    }
    Some(frame)
}

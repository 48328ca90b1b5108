//! The JSON of readsb and tar1090.
//!
//! Fields as documented in readsb's `README-json.md`
//! (<https://github.com/wiedehopf/readsb/blob/dev/README-json.md>):
//!
//! | field | unit | here |
//! | --- | --- | --- |
//! | `hex` | 24 bits, `~` if not an ICAO address | address |
//! | `type` | `adsb_icao`, `tisb_other`, `mlat`, … | technique |
//! | `flight` | 8 characters | call sign |
//! | `alt_baro` | ft at 1013.25 hPa, or `"ground"` | pressure altitude, on_ground |
//! | `alt_geom` | ft above WGS-84 | ellipsoid height |
//! | `gs`, `track` | kt, ° | |
//! | `baro_rate`, `geom_rate` | ft/min | vertical rate, the former first |
//! | `squawk`, `category` | octal, `A0`-`D7` | |
//! | `lat`, `lon` | ° | position |
//! | `nac_p` | navigation accuracy category | position_sigma_m |
//! | `now` | s since the epoch | received |
//! | `seen_pos`, `seen` | s before `now` of the last position, of the last message | measured |
//!
//! A feed that gives no `type` says nothing about the technique, and so do we.
//! `lastPosition`, `rr_lat` and `rr_lon` (an old position, a guess from the
//! receiver's) are left alone: they are no measurements.

mod lines;
mod snapshot;
mod trace;

pub(crate) use lines::Line;
pub(crate) use snapshot::{Snapshot, member_time};
pub(crate) use trace::Trace;

use crate::date;
use crate::error::ErrorKind;
use crate::field;
use crate::json::{Cursor, Malformed, Value};
use crate::sink::Sink;
use deconflict_core::{AircraftClass, Label, Report, Technique, Time};

/// An altitude of zero below this speed is adsb_actions' word for the ground; above,
/// it may be a flight at sea level.
const TAXIING_MPS: f64 = deconflict_core::units::mps_from_kt(50.0);

/// The technique behind readsb's `type`.
pub(crate) fn technique(name: &[u8]) -> Technique {
    match name {
        b"adsb_icao" | b"adsb_icao_nt" | b"adsb_other" => Technique::AdsB,
        b"adsr_icao" | b"adsr_other" => Technique::AdsR,
        b"tisb_icao" | b"tisb_other" | b"tisb_trackfile" => Technique::TisB,
        b"adsc" => Technique::AdsC,
        b"mlat" => Technique::Mlat,
        b"mode_s" => Technique::ModeS,
        _ => Technique::Unknown,
    }
}

/// What one object said about one aircraft, checked field by field.
#[derive(Debug, Default)]
pub(crate) struct Said<'a> {
    hex: Option<&'a [u8]>,
    technique: Option<Technique>,
    callsign: Option<Label<8>>,
    on_ground: Option<bool>,
    /// Written by adsb_actions, see [`unset_zeros`].
    by_adsb_actions: bool,
    pressure_altitude_m: Option<f64>,
    ellipsoid_height_m: Option<f64>,
    ground_speed_mps: Option<f64>,
    track_rad: Option<f64>,
    baro_rate_mps: Option<f64>,
    geom_rate_mps: Option<f64>,
    squawk: Option<u16>,
    class: AircraftClass,
    lat_deg: Option<f64>,
    lon_deg: Option<f64>,
    position_sigma_m: Option<f32>,
    now: Option<Time>,
    seen_pos_s: Option<f64>,
    seen_s: Option<f64>,
}

impl<'a> Said<'a> {
    /// Reads an object, the cursor standing before its brace.
    pub(crate) fn read(
        &mut self,
        cursor: &mut Cursor<'a>,
        sink: &mut Sink,
    ) -> Result<(), Malformed> {
        if !cursor.enter(b'{') {
            return Err(Malformed);
        }
        let mut first = true;
        while let Some(key) = cursor.key(&mut first)? {
            // The one object inside an object that is of interest: what readsb
            // said itself, wrapped by adsb_actions. It holds no further one.
            if key == b"flightdict" && cursor.enter(b'{') {
                let mut first = true;
                while let Some(key) = cursor.key(&mut first)? {
                    let value = cursor.value()?;
                    self.member(key, value, sink);
                }
            } else {
                let value = cursor.value()?;
                self.member(key, value, sink);
            }
        }
        Ok(())
    }

    #[inline]
    fn member(&mut self, key: &[u8], value: Value<'a>, sink: &mut Sink) {
        use field::{altitude_ft, rate_fpm, speed_kt, track_deg};
        match key {
            b"hex" | b"icao" => self.hex = value.bytes(),
            b"type" => self.technique = value.bytes().map(technique),
            b"flight" => self.callsign = callsign("flight", value, sink).or(self.callsign),
            b"alt_baro" => self.altitude(value, sink),
            b"alt_geom" => {
                self.ellipsoid_height_m = quantity("alt_geom", value, altitude_ft, sink);
            }
            b"gs" => self.ground_speed_mps = quantity("gs", value, speed_kt, sink),
            b"gscp" => {
                self.by_adsb_actions = true;
                self.ground_speed_mps = quantity("gs", value, speed_kt, sink);
            }
            b"track" => self.track_rad = quantity("track", value, track_deg, sink),
            b"baro_rate" => self.baro_rate_mps = quantity("baro_rate", value, rate_fpm, sink),
            b"geom_rate" => self.geom_rate_mps = quantity("geom_rate", value, rate_fpm, sink),
            b"squawk" => {
                self.squawk =
                    value.bytes().and_then(|code| sink.keep("squawk", code, field::squawk(code)));
            }
            b"category" => {
                let name = value.bytes().and_then(|name| std::str::from_utf8(name).ok());
                self.class = name.map_or(self.class, AircraftClass::from_emitter_category);
            }
            b"lat" => self.lat_deg = quantity("lat", value, Ok, sink),
            b"lon" => self.lon_deg = quantity("lon", value, Ok, sink),
            b"nac_p" => {
                self.position_sigma_m =
                    quantity("nac_p", value, field::sigma_from_nac_p, sink).flatten();
            }
            b"now" => self.now = quantity("now", value, date::stamp_number, sink),
            b"seen_pos" => self.seen_pos_s = quantity("seen_pos", value, age_s, sink),
            b"seen" => self.seen_s = quantity("seen", value, age_s, sink),
            _ => {}
        }
    }

    fn altitude(&mut self, value: Value<'_>, sink: &mut Sink) {
        if value == Value::Text(b"ground") {
            self.on_ground = Some(true);
            return;
        }
        self.pressure_altitude_m = quantity("alt_baro", value, field::altitude_ft, sink);
        // On the ground the word would stand here instead of a number.
        self.on_ground = self.pressure_altitude_m.map(|_| false);
    }

    /// The report, if it is about an aircraft. `now` is used where the object has none.
    pub(crate) fn report(self, now: Option<Time>, record: &[u8], sink: &mut Sink) {
        let place = self.lat_deg.zip(self.lon_deg);
        let Some(hex) = self.hex else {
            // A heartbeat says that the feed lives, and nothing else.
            return match place {
                Some(_) => sink.error(ErrorKind::MissingField, "hex", record),
                None => sink.silent(),
            };
        };
        let Some(address) = sink.keep("hex", hex, field::address(hex)) else { return };
        let Some(now) = self.now.or(now) else {
            return sink.error(ErrorKind::MissingField, "now", record);
        };
        let position =
            place.and_then(|(lat, lon)| sink.keep("position", record, field::position(lat, lon)));
        let age_s = if position.is_some() { self.seen_pos_s } else { self.seen_s };
        let technique = self.technique.unwrap_or(Technique::Unknown);
        let mut report = Report::new(sink.feed, address, technique, now);
        report.measured = age_s.map_or(now, |age_s| now.plus_s(-age_s));
        report.position = position;
        report.position_sigma_m = position.and(self.position_sigma_m);
        self.fill(&mut report);
        sink.report(report);
    }

    /// Fills in what does not depend on the kind of file.
    fn fill(self, report: &mut Report) {
        report.pressure_altitude_m = self.pressure_altitude_m;
        report.ellipsoid_height_m = self.ellipsoid_height_m;
        report.ground_speed_mps = self.ground_speed_mps;
        report.track_rad = self.track_rad;
        report.vertical_rate_mps = self.baro_rate_mps.or(self.geom_rate_mps);
        report.on_ground = self.on_ground;
        if self.by_adsb_actions {
            unset_zeros(report);
        }
        report.callsign = self.callsign;
        report.squawk = self.squawk;
        report.class = self.class;
    }
}

/// adsb_actions writes zero for what is not known: an altitude of zero for
/// `"ground"`, a speed of zero (without a track) where none was heard yet.
fn unset_zeros(report: &mut Report) {
    let slow = report.ground_speed_mps.is_some_and(|speed| speed < TAXIING_MPS);
    if report.pressure_altitude_m == Some(0.0) {
        report.on_ground = slow.then_some(true);
        if slow {
            report.pressure_altitude_m = None;
        }
    } else if report.ground_speed_mps == Some(0.0) && report.track_rad.is_none() {
        report.ground_speed_mps = None;
    }
}

/// Seconds since a field was heard: readsb forgets aircraft long before a day is over.
fn age_s(seconds: f64) -> Result<f64, ErrorKind> {
    match (0.0..=86_400.0).contains(&seconds) {
        true => Ok(seconds),
        false => Err(ErrorKind::ImpossibleTime),
    }
}

#[inline]
fn quantity<T>(
    name: &'static str,
    value: Value<'_>,
    limit: impl FnOnce(f64) -> Result<T, ErrorKind>,
    sink: &mut Sink,
) -> Option<T> {
    match value.number().and_then(|number| number.map(limit).transpose()) {
        Ok(found) => found,
        Err(kind) => {
            sink.error(kind, name, value.bytes().unwrap_or_default());
            None
        }
    }
}

#[inline]
fn callsign(name: &'static str, value: Value<'_>, sink: &mut Sink) -> Option<Label<8>> {
    let text = value.bytes()?;
    sink.keep(name, text, field::callsign(text)).flatten()
}

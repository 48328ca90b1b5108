//! The columns of state vector tables, by name, and the row they make up.
//!
//! Two dialects share most names and differ in units:
//!
//! | OpenSky (historical database, SI) | `traffic` library (customary) |
//! | --- | --- |
//! | `time`, s | `timestamp`, ms or ISO 8601 |
//! | `icao24`, `callsign`, `squawk`, `onground` | the same |
//! | `lat`, `lon`, ° | `latitude`, `longitude`, ° |
//! | `velocity`, m/s; `heading`, ° | `groundspeed`, kt; `track`, ° |
//! | `vertrate`, m/s | `vertical_rate`, ft/min |
//! | `baroaltitude`, m | `altitude`, ft |
//! | `geoaltitude`, m | `geoaltitude`, ft |
//! | `lastposupdate`, `lastcontact`, s | `last_position`, the latter rarely |
//!
//! (<https://openskynetwork.github.io/opensky-api/>, and
//! <https://traffic-viz.github.io/data_sources/opensky_db.html>.) Which `geoaltitude` it
//! is follows from the other names in the row.
//!
//! A state vector repeats the last known position until a new one is heard;
//! `lastposupdate`, where given, is when it was measured. Neither dialect tells
//! how the position was obtained.

use crate::date::{Calendar, stamp, stamp_number};
use crate::error::ErrorKind;
use crate::field;
use crate::sink::Sink;
use deconflict_core::units::m_from_ft;
use deconflict_core::{Address, Label, Report, Technique, Time};

/// What a column means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    Time,
    PositionTime,
    ContactTime,
    Address,
    Callsign,
    Squawk,
    OnGround,
    Latitude,
    Longitude,
    VelocityMps,
    GroundSpeedKt,
    Track,
    VertRateMps,
    VerticalRateFpm,
    BaroAltitudeM,
    AltitudeFt,
    GeoAltitude,
    Other,
}

impl Column {
    /// The meaning of a name, and whether the name belongs to the customary dialect.
    pub(crate) fn named(name: &[u8]) -> (Column, bool) {
        match name {
            b"time" => (Column::Time, false),
            b"timestamp" => (Column::Time, true),
            b"lastposupdate" | b"last_position" => (Column::PositionTime, false),
            b"lastcontact" | b"last_contact" => (Column::ContactTime, false),
            b"icao24" => (Column::Address, false),
            b"callsign" => (Column::Callsign, false),
            b"squawk" => (Column::Squawk, false),
            b"onground" | b"on_ground" => (Column::OnGround, false),
            b"lat" => (Column::Latitude, false),
            b"latitude" => (Column::Latitude, true),
            b"lon" => (Column::Longitude, false),
            b"longitude" => (Column::Longitude, true),
            b"velocity" => (Column::VelocityMps, false),
            b"groundspeed" => (Column::GroundSpeedKt, true),
            b"heading" | b"track" => (Column::Track, false),
            b"vertrate" => (Column::VertRateMps, false),
            b"vertical_rate" => (Column::VerticalRateFpm, true),
            b"baroaltitude" => (Column::BaroAltitudeM, false),
            b"altitude" => (Column::AltitudeFt, true),
            b"geoaltitude" => (Column::GeoAltitude, false),
            _ => (Column::Other, false),
        }
    }

    /// The name to complain under.
    pub(crate) fn label(self) -> &'static str {
        match self {
            Column::Time => "time",
            Column::PositionTime => "lastposupdate",
            Column::ContactTime => "lastcontact",
            Column::Address => "icao24",
            Column::Callsign => "callsign",
            Column::Squawk => "squawk",
            Column::OnGround => "onground",
            Column::Latitude => "latitude",
            Column::Longitude => "longitude",
            Column::VelocityMps | Column::GroundSpeedKt => "ground speed",
            Column::Track => "track",
            Column::VertRateMps | Column::VerticalRateFpm => "vertical rate",
            Column::BaroAltitudeM | Column::AltitudeFt => "altitude",
            Column::GeoAltitude => "geoaltitude",
            Column::Other => "column",
        }
    }
}

/// One row as it fills up.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Row {
    /// Whether a name of the customary dialect was met.
    pub(crate) customary: bool,
    time: Option<Time>,
    position_time: Option<Time>,
    contact_time: Option<Time>,
    address: Option<Address>,
    callsign: Option<Label<8>>,
    squawk: Option<u16>,
    on_ground: Option<bool>,
    lat_deg: Option<f64>,
    lon_deg: Option<f64>,
    ground_speed_mps: Option<f64>,
    track_rad: Option<f64>,
    vertical_rate_mps: Option<f64>,
    pressure_altitude_m: Option<f64>,
    geo_altitude: Option<f64>,
}

impl Row {
    /// An empty row of a table whose names are all known beforehand.
    pub(crate) fn of(customary: bool) -> Row {
        Row { customary, ..Row::default() }
    }

    /// Takes a value as text; an empty one says nothing.
    pub(crate) fn text(
        &mut self,
        column: Column,
        text: &[u8],
        calendar: &mut Calendar,
        sink: &mut Sink,
    ) {
        if matches!(text, b"" | b"NULL" | b"null" | b"nan" | b"NaN" | b"None" | b"NaT") {
            return;
        }
        let label = column.label();
        match column {
            Column::Other => {}
            Column::Address => self.address = sink.keep(label, text, field::address(text)),
            Column::Callsign => {
                self.callsign = sink.keep(label, text, field::callsign(text)).flatten();
            }
            Column::Squawk => {
                // Tables that went through a double have lost the form: 7000.0
                let code = text.strip_suffix(b".0").unwrap_or(text);
                self.squawk = sink.keep(label, text, field::squawk(code));
            }
            Column::OnGround => self.on_ground = sink.keep(label, text, truth(text)),
            Column::Time | Column::PositionTime | Column::ContactTime => {
                let time = sink.keep(label, text, stamp(calendar, text));
                self.set_time(column, time);
            }
            _ => {
                if let Some(value) = sink.keep(label, text, field::number(text)) {
                    self.number(column, value, sink);
                }
            }
        }
    }

    /// Takes a value that is a number already. A NaN says nothing, as in the
    /// data frames that such tables come from.
    pub(crate) fn number(&mut self, column: Column, value: f64, sink: &mut Sink) {
        if value.is_nan() {
            return;
        }
        let label = column.label();
        let mut keep = |parsed| sink.keep(label, b"", parsed);
        match column {
            Column::Latitude => self.lat_deg = Some(value),
            Column::Longitude => self.lon_deg = Some(value),
            Column::VelocityMps => self.ground_speed_mps = keep(field::speed_mps(value)),
            Column::GroundSpeedKt => self.ground_speed_mps = keep(field::speed_kt(value)),
            Column::Track => self.track_rad = keep(field::track_deg(value)),
            Column::VertRateMps => self.vertical_rate_mps = keep(field::rate_mps(value)),
            Column::VerticalRateFpm => self.vertical_rate_mps = keep(field::rate_fpm(value)),
            Column::BaroAltitudeM => self.pressure_altitude_m = keep(field::altitude_m(value)),
            Column::AltitudeFt => self.pressure_altitude_m = keep(field::altitude_ft(value)),
            Column::GeoAltitude => self.geo_altitude = Some(value),
            Column::Time | Column::PositionTime | Column::ContactTime => {
                let time = sink.keep(label, b"", stamp_number(value));
                self.set_time(column, time);
            }
            Column::OnGround => self.on_ground = Some(value != 0.0),
            Column::Squawk => {
                let digits = format!("{value}");
                self.squawk = sink.keep(label, b"", field::squawk(digits.as_bytes()));
            }
            Column::Address | Column::Callsign => sink.error(ErrorKind::NotUtf8, label, b""),
            Column::Other => {}
        }
    }

    /// Takes a truth value.
    pub(crate) fn truth(&mut self, column: Column, value: bool) {
        if column == Column::OnGround {
            self.on_ground = Some(value);
        }
    }

    /// Takes an instant.
    pub(crate) fn set_time(&mut self, column: Column, time: Option<Time>) {
        match column {
            Column::Time => self.time = time,
            Column::PositionTime => self.position_time = time,
            Column::ContactTime => self.contact_time = time,
            _ => {}
        }
    }

    /// The report that the row makes.
    pub(crate) fn report(self, record: &[u8], sink: &mut Sink) {
        let Some(address) = self.address else {
            return sink.error(ErrorKind::MissingField, "icao24", record);
        };
        let Some(time) = self.time.or(self.contact_time) else {
            return sink.error(ErrorKind::MissingField, "time", record);
        };
        let position = self
            .lat_deg
            .zip(self.lon_deg)
            .and_then(|(lat, lon)| sink.keep("position", record, field::position(lat, lon)));
        let measured = match position {
            Some(_) => self.position_time,
            None => self.contact_time,
        };
        let height_m = self
            .geo_altitude
            .map(|height| if self.customary { m_from_ft(height) } else { height })
            .and_then(|height| sink.keep("geoaltitude", record, field::altitude_m(height)));
        let mut report = Report::new(sink.feed, address, Technique::Unknown, time);
        report.measured = measured.unwrap_or(time);
        report.position = position;
        report.pressure_altitude_m = self.pressure_altitude_m;
        report.ellipsoid_height_m = height_m;
        report.ground_speed_mps = self.ground_speed_mps;
        report.track_rad = self.track_rad;
        report.vertical_rate_mps = self.vertical_rate_mps;
        report.on_ground = self.on_ground;
        report.callsign = self.callsign;
        report.squawk = self.squawk;
        sink.report(report);
    }
}

fn truth(text: &[u8]) -> Result<bool, ErrorKind> {
    match text {
        b"true" | b"True" | b"TRUE" | b"1" | b"t" | b"1.0" => Ok(true),
        b"false" | b"False" | b"FALSE" | b"0" | b"f" | b"0.0" => Ok(false),
        _ => Err(ErrorKind::ImpossibleValue),
    }
}

//! What a sensor or a party said about one aircraft at one time.

use crate::{Address, AircraftClass, GeoPoint, Label, Technique, Time};

/// One report: plain data, copied freely, without a heap.
///
/// Only what the source said is filled in: a missing value is `None`, never
/// zero. `measured` is when the measurement was made, `received` when it
/// arrived; a feed that knows only one of the two gives it for both.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Report {
    /// The feed it came in by: an index that the owner of the feeds gave out.
    pub feed: u16,
    /// Who it is about.
    pub address: Address,
    /// How it was obtained.
    pub technique: Technique,
    /// When the measurement was made.
    pub measured: Time,
    /// When it arrived.
    pub received: Time,
    /// Where the aircraft was. With this the report is a *plot*.
    pub position: Option<GeoPoint>,
    /// Standard deviation of the position per horizontal axis, metres, if the source states it.
    pub position_sigma_m: Option<f32>,
    /// Pressure altitude (QNE, 1013.25 hPa), metres.
    pub pressure_altitude_m: Option<f64>,
    /// Height above the WGS-84 ellipsoid, metres.
    pub ellipsoid_height_m: Option<f64>,
    /// Ground speed, m/s.
    pub ground_speed_mps: Option<f64>,
    /// Track angle over ground, radians clockwise from true north.
    pub track_rad: Option<f64>,
    /// Vertical rate, m/s, up positive.
    pub vertical_rate_mps: Option<f64>,
    /// On the ground (`Some(true)`), airborne (`Some(false)`), or not said.
    pub on_ground: Option<bool>,
    /// Call sign as broadcast.
    pub callsign: Option<Label<8>>,
    /// Mode 3/A code, as the four octal digits read as a decimal number (7700 is 7700).
    pub squawk: Option<u16>,
    /// Class as broadcast by the emitter category.
    pub class: AircraftClass,
}

impl Report {
    /// A report that says nothing but that this address was heard at this time.
    pub fn new(feed: u16, address: Address, technique: Technique, time: Time) -> Report {
        Report {
            feed,
            address,
            technique,
            measured: time,
            received: time,
            position: None,
            position_sigma_m: None,
            pressure_altitude_m: None,
            ellipsoid_height_m: None,
            ground_speed_mps: None,
            track_rad: None,
            vertical_rate_mps: None,
            on_ground: None,
            callsign: None,
            squawk: None,
            class: AircraftClass::Unknown,
        }
    }
}

//! What is configured: limits and kinematics of ownship, alerters, recovery,
//! hysteresis. The names in a file are those of the reference's `.conf` files.

mod keys;
mod parse;
pub(crate) mod text;
mod volume;

pub use text::ParseError;

use crate::detector::Volume;
use crate::region::Region;
use std::f64::consts::PI;

/// A dimension in which ownship can manoeuvre.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dimension {
    /// Track, or heading in wind: radians clockwise from north.
    Direction,
    /// Ground speed, or airspeed in wind: metres per second.
    Speed,
    /// Vertical speed: metres per second.
    VerticalSpeed,
    /// Altitude: metres.
    Altitude,
}

impl Dimension {
    /// All of them, in the order in which they are reported.
    pub const ALL: [Dimension; 4] =
        [Dimension::Direction, Dimension::Speed, Dimension::VerticalSpeed, Dimension::Altitude];
}

/// What is configured alike for each dimension, in its SI unit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// Least value; how far left of the current direction.
    pub min: f64,
    /// Greatest value; how far right of the current direction.
    pub max: f64,
    /// How far below the current value is considered; 0: down to the least.
    pub below_relative: f64,
    /// How far above the current value is considered; 0: up to the greatest.
    pub above_relative: f64,
    /// Distance of the values that are tried.
    pub step: f64,
    /// Whether recovery bands are computed.
    pub recovery: bool,
    /// How far a resolution may move before the preferred side is chosen again.
    pub persistence: f64,
}

/// One level of an alerter.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertLevel {
    /// Region of the bands that belong to this level.
    pub region: Region,
    /// An alert begins when the volume is violated within this time, seconds.
    pub alerting_time_s: f64,
    /// An alert stays, and bands are drawn, for violations within this time, seconds.
    pub early_alerting_time_s: f64,
    /// How near to what ownship flies a band may come before the level holds: see
    /// [`crate::alerting::level_with_spread`]. In the order of [`Dimension::ALL`], SI.
    pub spread: [f64; 4],
    /// The volume.
    pub detector: Volume,
}

/// Levels of alert, the first the mildest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alerter {
    /// Its name.
    pub name: String,
    /// Its levels; level 1 is the first.
    pub levels: Vec<AlertLevel>,
}

impl Alerter {
    /// The mildest level whose bands are of a region, counted from 1.
    pub fn level_of_region(&self, region: Region) -> Option<usize> {
        self.levels.iter().position(|l| l.region == region).map(|k| k + 1)
    }

    /// The level counted from 1, if there is one.
    pub fn level(&self, number: usize) -> Option<&AlertLevel> {
        self.levels.get(number.checked_sub(1)?)
    }
}

/// How many standard deviations of each uncertainty are allowed for (Narkawicz,
/// Muñoz, Dutle: Sensor uncertainty mitigation and dynamic well clear volumes in
/// DAIDALUS, DASC 2018).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ZScores {
    /// Horizontal position.
    pub h_pos: f64,
    /// Horizontal velocity, when the two are far apart.
    pub h_vel_min: f64,
    /// Horizontal velocity, when the two are close together.
    pub h_vel_max: f64,
    /// From this distance on the least applies, metres.
    pub h_vel_distance_m: f64,
    /// Vertical position.
    pub v_pos: f64,
    /// Vertical velocity.
    pub v_vel: f64,
}

/// The terminal area in which another alerter applies (RTCA DO-365A, DAA terminal area):
/// while ownship is inside, it is judged by the area's alerter, and so is every intruder
/// inside.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TerminalArea {
    /// 0: none; 1: with recovery in direction; −1: without.
    pub logic: i32,
    /// Latitude, radians.
    pub lat_rad: f64,
    /// Longitude, radians.
    pub lon_rad: f64,
    /// Radius, metres.
    pub radius_m: f64,
    /// Height, metres.
    pub height_m: f64,
    /// The alerter, counted from 1.
    pub alerter: usize,
}

/// Everything that is configured, in SI units.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// Look-ahead, seconds.
    pub lookahead_s: f64,
    /// Limits of each dimension, in the order of [`Dimension::ALL`].
    pub limits: [Limits; 4],
    /// Least airspeed, m/s; see [`Config::hdir_bands_below_min_as`].
    pub min_airspeed_mps: f64,
    /// Horizontal acceleration, m/s²; 0: speed changes at once.
    pub horizontal_accel_mps2: f64,
    /// Vertical acceleration, m/s²; 0: vertical speed changes at once.
    pub vertical_accel_mps2: f64,
    /// Turn rate, rad/s; 0: from the bank angle.
    pub turn_rate_radps: f64,
    /// Bank angle, radians; 0 and no turn rate: direction changes at once.
    pub bank_angle_rad: f64,
    /// Vertical rate towards an altitude, m/s; 0: altitude changes at once.
    pub vertical_rate_mps: f64,
    /// Radius of what recovery keeps free, metres; 0: that of the volume.
    pub min_horizontal_recovery_m: f64,
    /// Half height of what recovery keeps free, metres; 0: that of the volume.
    pub min_vertical_recovery_m: f64,
    /// Whether recovery shrinks what it keeps free when it finds nothing.
    pub ca_bands: bool,
    /// By which fraction it shrinks.
    pub ca_factor: f64,
    /// Radius below which it does not shrink, metres.
    pub horizontal_nmac_m: f64,
    /// Half height below which it does not shrink, metres.
    pub vertical_nmac_m: f64,
    /// Added to the earliest time of recovery, seconds.
    pub recovery_stability_s: f64,
    /// How long a change of direction of an alert is held back, seconds.
    pub hysteresis_s: f64,
    /// How long an alert level is kept, seconds.
    pub persistence_s: f64,
    /// Whether recovery and resolutions persist.
    pub bands_persistence: bool,
    /// Alerts need so many …
    pub alerting_m: u32,
    /// … of so many samples.
    pub alerting_n: u32,
    /// Whether conflict bands respect implicit coordination with the most urgent
    /// intruder: see [`crate::coordination`].
    pub conflict_crit: bool,
    /// Whether recovery bands respect implicit coordination.
    pub recovery_crit: bool,
    /// Sensor uncertainty mitigation.
    pub z_scores: ZScores,
    /// How far from the current direction a contour may begin to be told, radians.
    pub contour_thr_rad: f64,
    /// The terminal area.
    pub terminal_area: TerminalArea,
    /// Below the least airspeed direction bands are 0: none, 1: instantaneous,
    /// −1: kinematic.
    pub hdir_bands_below_min_as: i32,
    /// Whether ownship's alerter applies, not the intruder's.
    pub ownship_centric_alerting: bool,
    /// Whether the look-ahead begins when the manoeuvre ends, not now.
    pub bands_add_time_to_maneuver: bool,
    /// The region that calls for action.
    pub corrective_region: Region,
    /// The alerters; number 1 is the first.
    pub alerters: Vec<Alerter>,
}

impl Config {
    /// Limits of a dimension.
    #[inline]
    pub fn limits(&self, dimension: Dimension) -> &Limits {
        &self.limits[dimension as usize]
    }

    /// The alerter counted from 1, if there is one.
    pub fn alerter(&self, number: usize) -> Option<&Alerter> {
        self.alerters.get(number.checked_sub(1)?)
    }

    /// What is asked for and has never been compared with the reference, by the keys of
    /// the file: none of its recorded output uses it. It is computed by the definition
    /// that `docs/daa.md` gives.
    pub fn not_compared(&self) -> Vec<&'static str> {
        let levels = || self.alerters.iter().flat_map(|a| &a.levels);
        let asked = [
            (self.conflict_crit, "conflict_crit"),
            (self.recovery_crit, "recovery_crit"),
            (self.terminal_area.logic != 0, "dta_logic"),
            (self.bands_add_time_to_maneuver, "bands_add_time_to_maneuver"),
            (self.hdir_bands_below_min_as != 0, "hdir_bands_below_min_as"),
            (
                levels().any(|l| l.spread != [0.0; 4]),
                "spread_hdir, spread_hs, spread_vs, spread_alt",
            ),
            (
                levels().any(|l| matches!(l.detector, Volume::Timed(_))),
                "WCV_TCPA, WCV_TEP, WCV_VMOD, WCV_HZ",
            ),
        ];
        asked.into_iter().filter(|(on, _)| *on).map(|(_, key)| key).collect()
    }

    /// The same without memory: alerts and bands are those of the moment.
    #[must_use]
    pub fn without_hysteresis(mut self) -> Config {
        (self.alerting_m, self.alerting_n) = (0, 0);
        (self.hysteresis_s, self.persistence_s) = (0.0, 0.0);
        self.bands_persistence = false;
        self
    }

    /// Reads the text of a `.conf` file.
    ///
    /// # Errors
    /// What is wrong, with line and column.
    pub fn parse(text: &str) -> Result<Config, ParseError> {
        parse::parse(text)
    }
}

/// What applies where a file says nothing: instantaneous manoeuvres, a look-ahead of
/// three minutes, limits wide enough for any aircraft, and no alerter.
impl Default for Config {
    fn default() -> Config {
        use deconflict_core::units::{m_from_ft, m_from_nm, mps_from_fpm, mps_from_kt};
        let limits =
            |min, max, step| Limits { min, max, step, recovery: true, ..Limits::default() };
        Config {
            lookahead_s: 180.0,
            limits: [
                limits(PI, PI, 1_f64.to_radians()),
                limits(mps_from_kt(10.0), mps_from_kt(700.0), mps_from_kt(5.0)),
                limits(mps_from_fpm(-6000.0), mps_from_fpm(6000.0), mps_from_fpm(100.0)),
                limits(m_from_ft(100.0), m_from_ft(50_000.0), m_from_ft(100.0)),
            ],
            min_airspeed_mps: 0.0,
            horizontal_accel_mps2: 0.0,
            vertical_accel_mps2: 0.0,
            turn_rate_radps: 0.0,
            bank_angle_rad: 0.0,
            vertical_rate_mps: 0.0,
            min_horizontal_recovery_m: 0.0,
            min_vertical_recovery_m: 0.0,
            ca_bands: false,
            ca_factor: 0.2,
            horizontal_nmac_m: m_from_ft(500.0),
            vertical_nmac_m: m_from_ft(100.0),
            recovery_stability_s: 3.0,
            hysteresis_s: 0.0,
            persistence_s: 0.0,
            bands_persistence: false,
            alerting_m: 0,
            alerting_n: 0,
            conflict_crit: false,
            recovery_crit: false,
            z_scores: ZScores { h_vel_distance_m: m_from_nm(5.0), ..ZScores::default() },
            contour_thr_rad: PI,
            terminal_area: TerminalArea::default(),
            hdir_bands_below_min_as: 0,
            ownship_centric_alerting: true,
            bands_add_time_to_maneuver: false,
            corrective_region: Region::Mid,
            alerters: Vec::new(),
        }
    }
}

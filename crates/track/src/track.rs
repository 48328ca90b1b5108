//! One aircraft as the system sees it.

use crate::config::{Agility, Assumed, Config};
use crate::ground::Ground;
use crate::horizontal::{Gate, Horizontal};
use crate::seen::{Feeds, Techniques};
use crate::vertical::{Heights, Vertical};
use deconflict_core::state::Growth;
use deconflict_core::{
    Address, AircraftClass, Altitude, Covariance, Declaration, GeoPoint, Report, Segment, State,
    Subject, Technique, Time, Trajectory, Velocity,
};

/// Beyond this the tangent plane is left and the geodesic followed, seconds.
const PLANE_HOLDS_S: f64 = 120.0;
/// Bounds on a stated standard deviation of position, metres.
const POSITION_SIGMA_M: (f64, f64) = (3.0, 5_000.0);
/// Standard deviation of a reported track angle, radians (1° steps in many files: 0.3°).
const TRACK_SIGMA_RAD: f64 = 0.005;
/// Noise of a manoeuvre that a prediction goes on with, in units of the calm noise.
const LASTING_UNREST: f64 = 5.0;
/// A technique that was heard within this many periods keeps poorer ones out.
const TECHNIQUE_HOLDS_PERIODS: f64 = 3.0;
/// Or within this time, seconds.
const TECHNIQUE_HOLDS_S: f64 = 10.0;

/// How fresh a track's position is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Freshness {
    /// Updated at its usual rhythm.
    Live,
    /// Some updates missing: extrapolated, uncertainty growing.
    Coasting,
    /// Many updates missing: not to be trusted for separation.
    Stale,
}

/// The system's estimate of one aircraft.
#[derive(Clone, Debug)]
pub struct Track {
    subject: Subject,
    address: Address,
    declared_class: bool,
    agility: Agility,
    created: Time,
    /// When the filters' state holds.
    time: Time,
    last_position: Time,
    last_of_technique: Time,
    horizontal: Horizontal,
    vertical: Vertical,
    ground: Ground,
    period_s: f64,
    hits: u64,
    squawk: Option<u16>,
    techniques: Techniques,
    feeds: Feeds,
}

/// What an update left out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Outcome {
    pub repeated: bool,
    pub altitude_outlier: bool,
    pub rate_outlier: bool,
}

impl Track {
    /// A track that starts with a plot; it has no number yet.
    pub(crate) fn begin(
        report: &Report,
        position: GeoPoint,
        declaration: &Declaration,
        config: &Config,
    ) -> Track {
        let time = report.measured;
        let speed_mps = report.ground_speed_mps.unwrap_or(0.0);
        let timing_s2 = report.technique.first_timing_sigma_s().powi(2);
        let variance = position_variance(report, speed_mps, timing_s2);
        let mut track = Track {
            subject: Subject { address: Some(report.address), ..Subject::anonymous(0) },
            address: report.address,
            declared_class: false,
            agility: *config.agility(AircraftClass::Unknown),
            created: time,
            time,
            last_position: time,
            last_of_technique: time,
            horizontal: Horizontal::new(position, variance, velocity(report), timing_s2),
            vertical: Vertical::default(),
            ground: Ground::default(),
            period_s: report.technique.first_period_s(),
            hits: 1,
            squawk: None,
            techniques: Techniques::default(),
            feeds: Feeds::default(),
        };
        track.subject.technique = report.technique;
        track.declare(declaration, config);
        track.note_identity(report, config);
        track.vertical.correct(&heights(report), &track.agility, config.gate_sigmas);
        track.note_ground(report);
        track
    }

    pub(crate) fn set_id(&mut self, id: u64) {
        self.subject.id = id;
    }

    /// The rhythm of another track, for one that was just begun.
    pub(crate) fn expect_period_of(&mut self, other: &Track) {
        self.period_s = other.period_s;
    }

    /// Takes over what is declared of the aircraft.
    pub(crate) fn declare(&mut self, declaration: &Declaration, config: &Config) {
        self.subject.operator = declaration.operator;
        self.subject.formation = declaration.formation;
        self.subject.callsign = self.subject.callsign.or(declaration.callsign);
        self.declared_class = declaration.class.is_some();
        if let Some(class) = declaration.class {
            self.set_class(class, config);
        }
    }

    fn set_class(&mut self, class: AircraftClass, config: &Config) {
        self.subject.class = class;
        self.agility = *config.agility(class);
    }

    /// Continues as the aircraft that `other` has followed, under its own number.
    pub(crate) fn continue_as(&mut self, other: &Track) {
        self.horizontal = other.horizontal;
        self.vertical = other.vertical;
        self.time = other.time;
        self.last_position = other.last_position;
        self.last_of_technique = other.last_of_technique;
        self.subject.technique = other.subject.technique;
        self.hits += other.hits;
    }

    /// Whether a plot could be of this aircraft.
    #[inline]
    pub(crate) fn gate(&self, report: &Report, position: GeoPoint, config: &Config) -> Gate {
        let dt_s = report.measured.seconds_since(self.time).max(0.0);
        let variance = self.position_variance(report);
        self.horizontal.gate(position, variance, dt_s, &self.agility, config.gate_sigmas)
    }

    #[inline]
    fn position_variance(&self, report: &Report) -> f64 {
        let timing_s2 = self.horizontal.timing_variance_s2(report.technique.timing_sigma_s());
        position_variance(report, self.horizontal.known_speed_mps(), timing_s2)
    }

    /// Whether a better technique sees this aircraft at the time. Ground systems
    /// see it late and beside itself: their positions would only do harm.
    #[inline]
    pub(crate) fn is_seen_better_than(&self, report: &Report) -> bool {
        report.technique.rank() > self.subject.technique.rank()
            && report.measured.seconds_since(self.last_of_technique) < self.technique_holds_s()
    }

    fn technique_holds_s(&self) -> f64 {
        TECHNIQUE_HOLDS_S.max(TECHNIQUE_HOLDS_PERIODS * self.period_s)
    }

    /// Takes in a report not older than the state. `wildest_psd` is what the
    /// gate said of its position, if it has one.
    pub(crate) fn update(
        &mut self,
        report: &Report,
        wildest_psd: Option<f64>,
        config: &Config,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        let dt_s = report.measured.seconds_since(self.time).max(0.0);
        self.note_identity(report, config);
        let agility = &{ self.agility };
        let sigmas = config.gate_sigmas;
        self.horizontal.predict(dt_s, agility);
        self.vertical.predict(dt_s, agility);
        self.time = self.time.max(report.measured);
        if let Some((velocity, variance)) = velocity(report) {
            outcome.rate_outlier =
                !self.horizontal.correct_velocity(velocity, variance, agility, sigmas);
        }
        if let (Some(position), Some(wildest)) = (report.position, wildest_psd) {
            let variance = self.position_variance(report);
            outcome.repeated = self.horizontal.repeats_last_fix(position, variance);
            if !outcome.repeated {
                self.horizontal.correct_position(position, variance, wildest);
                self.note_plot(report);
            }
        }
        let disbelieved = self.vertical.correct(&heights(report), agility, sigmas);
        outcome.altitude_outlier = disbelieved.altitude;
        outcome.rate_outlier |= disbelieved.rate;
        self.note_ground(report);
        outcome
    }

    /// The rhythm of positions and the technique that gives them.
    fn note_plot(&mut self, report: &Report) {
        let gap_s = report.measured.seconds_since(self.last_position);
        // Learns a slow rhythm fast and a fast one slowly: bursts between
        // pauses are no reason to give an aircraft up in the next pause.
        let gain = if gap_s > self.period_s { 0.3 } else { 0.1 };
        let gap_s = gap_s.clamp(0.0, report.technique.longest_period_s());
        self.period_s += gain * (gap_s - self.period_s);
        self.last_position = report.measured;
        self.hits += 1;
        let lost_s = report.measured.seconds_since(self.last_of_technique);
        if report.technique.rank() <= self.subject.technique.rank()
            || lost_s >= self.technique_holds_s()
        {
            self.subject.technique = report.technique;
            self.last_of_technique = report.measured;
        }
    }

    /// Who it is and who sees it.
    #[inline]
    pub(crate) fn note_identity(&mut self, report: &Report, config: &Config) {
        self.techniques.insert(report.technique);
        self.feeds.insert(report.feed);
        if report.callsign.is_some() {
            self.subject.callsign = report.callsign;
        }
        if report.squawk.is_some() {
            self.squawk = report.squawk;
        }
        let said = report.class;
        if said != AircraftClass::Unknown && said != self.subject.class && !self.declared_class {
            self.set_class(said, config);
        }
    }

    fn note_ground(&mut self, report: &Report) {
        if let Some(flag) = report.on_ground {
            self.ground.flag(report.measured, flag);
        }
        let known = self.horizontal.velocity_known();
        let speed = known.then(|| self.horizontal.known_speed_mps());
        let altitude = self.vertical.altitude().map(|a| a.m);
        self.ground.infer(report.measured, self.subject.class, speed, altitude);
    }

    /// How far a position is from where the aircraft is expected, metres.
    pub(crate) fn distance_m(&self, time: Time, position: GeoPoint) -> f64 {
        self.horizontal.distance_m(time.seconds_since(self.time), position)
    }

    /// A number of its own within the tracker, never given to another track.
    pub fn id(&self) -> u64 {
        self.subject.id
    }
    /// The address that its reports carry.
    pub fn address(&self) -> Address {
        self.address
    }
    /// Whose trajectory it is.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }
    /// Its class: declared, else as broadcast.
    pub fn class(&self) -> AircraftClass {
        self.subject.class
    }
    /// The best technique by which it has been seen of late.
    pub fn technique(&self) -> Technique {
        self.subject.technique
    }
    /// All techniques by which it has been seen.
    pub fn techniques(&self) -> Techniques {
        self.techniques
    }
    /// All feeds that have seen it.
    pub fn feeds(&self) -> Feeds {
        self.feeds
    }
    /// Mode 3/A code as last reported.
    pub fn squawk(&self) -> Option<u16> {
        self.squawk
    }
    /// Whether it is on the ground: by flag, else inferred.
    pub fn on_ground(&self) -> bool {
        self.ground.on_ground()
    }
    /// Whether it is flying level, so that its vertical rate is reported as zero.
    pub fn is_level(&self) -> bool {
        self.vertical.is_level()
    }
    /// Positions taken in.
    pub fn hits(&self) -> u64 {
        self.hits
    }
    /// When its first position was measured.
    pub fn created(&self) -> Time {
        self.created
    }
    /// When the newest report that it took in was measured.
    pub fn last_update(&self) -> Time {
        self.time
    }
    /// When its newest position was measured.
    pub fn last_position(&self) -> Time {
        self.last_position
    }
    /// Seconds since its newest position.
    pub fn age_s(&self, now: Time) -> f64 {
        now.seconds_since(self.last_position)
    }
    /// Its usual time between positions, seconds.
    pub fn period_s(&self) -> f64 {
        self.period_s
    }
    /// Pressure altitude less ellipsoid height, metres, if it reports both: what
    /// aircraft nearby that report only one of them can be compared by.
    pub fn pressure_minus_ellipsoid_m(&self) -> Option<f64> {
        self.vertical.pressure_minus_ellipsoid_m()
    }

    /// How fresh its position is.
    pub fn freshness(&self, now: Time, config: &Config) -> Freshness {
        let age_s = self.age_s(now);
        let after = |s: f64, periods: f64| age_s > s.max(periods * self.period_s);
        if after(config.stale_after_s, config.stale_after_periods) {
            Freshness::Stale
        } else if after(config.coast_after_s, config.coast_after_periods) {
            Freshness::Coasting
        } else {
            Freshness::Live
        }
    }

    /// Whether it has been silent for so long that it is to be dropped.
    pub(crate) fn is_over(&self, now: Time, config: &Config) -> bool {
        self.age_s(now) > config.drop_after_s.max(config.drop_after_periods * self.period_s)
    }

    /// Its altitude as last filtered, if one has been reported.
    pub fn altitude(&self) -> Option<Altitude> {
        self.vertical.altitude()
    }

    /// Position and velocity over ground, extrapolated, for display: unlike
    /// [`state_at`](Self::state_at) it does not need an altitude. The vertical
    /// rate is zero if unknown, and nothing is extrapolated beyond two minutes.
    pub fn position_at(&self, now: Time) -> (GeoPoint, Velocity) {
        let dt_s = now.seconds_since(self.time).clamp(-PLANE_HOLDS_S, PLANE_HOLDS_S);
        let (position, [east_mps, north_mps]) = self.horizontal.at(dt_s);
        let (mut covariance, mut growth) = (Covariance::default(), Growth::default());
        let vertical = self.vertical.at(dt_s, &self.agility, &mut covariance, &mut growth);
        let up_mps = vertical.map_or(0.0, |(_, rate)| rate);
        (position, Velocity { east_mps, north_mps, up_mps })
    }

    /// The state at the last update; `None` while no altitude is known.
    pub fn state(&self) -> Option<State> {
        self.state_at(self.time)
    }

    /// The state extrapolated to a time, its uncertainty grown; `None` while no
    /// altitude is known.
    pub fn state_at(&self, now: Time) -> Option<State> {
        self.motion_at(now).map(|(state, _)| state)
    }

    /// Straight flight from `now` for `lookahead_s`; `None` while altitude or
    /// velocity are not known, for then there is nothing to predict from.
    #[inline]
    pub fn segment(&self, now: Time, lookahead_s: f64) -> Option<Segment> {
        if !self.horizontal.velocity_known() {
            return None;
        }
        let (state, growth) = self.motion_at(now)?;
        Some(Segment { state, end: now.plus_s(lookahead_s.max(0.0)), growth })
    }

    /// [`segment`](Self::segment) as a trajectory.
    pub fn trajectory(&self, now: Time, lookahead_s: f64) -> Option<Trajectory> {
        let segment = self.segment(now, lookahead_s)?;
        Trajectory::new(self.subject, vec![segment]).ok()
    }

    /// State and growth at a time.
    #[inline]
    fn motion_at(&self, now: Time) -> Option<(State, Growth)> {
        let dt_s = now.seconds_since(self.time);
        if dt_s.abs() > PLANE_HOLDS_S {
            let (state, growth) = self.motion_at(self.time)?;
            return Some((state.at(now, growth), growth));
        }
        let agility = &self.agility;
        // A manoeuvre passes: its noise does not go on for all of the look-ahead.
        let lasting = LASTING_UNREST * agility.horizontal.calm;
        let mut covariance = Covariance::default();
        let mut growth = Growth {
            horizontal_psd: self.horizontal.psd(agility.horizontal).min(lasting),
            vertical_psd: 0.0,
        };
        let (altitude, up_mps) = self.vertical.at(dt_s, agility, &mut covariance, &mut growth)?;
        self.horizontal.write_covariance(dt_s, agility.horizontal, &mut covariance);
        let (position, [east_mps, north_mps]) = self.horizontal.at(dt_s);
        let velocity = Velocity { east_mps, north_mps, up_mps };
        Some((State { time: now, position, altitude, velocity, covariance }, growth))
    }
}

/// Variance of a report's position per axis: as stated, else as the technique
/// has it, and how far the aircraft flies in the error of the time.
#[inline]
fn position_variance(report: &Report, speed_mps: f64, timing_s2: f64) -> f64 {
    let sigma_m = match report.position_sigma_m {
        Some(stated) => f64::from(stated).clamp(POSITION_SIGMA_M.0, POSITION_SIGMA_M.1),
        None => report.technique.default_position_sigma_m(),
    };
    sigma_m * sigma_m + speed_mps * speed_mps * timing_s2
}

/// Velocity over ground of a report, east and north, and its variance per axis.
#[inline]
fn velocity(report: &Report) -> Option<([f64; 2], f64)> {
    let (speed, track) = (report.ground_speed_mps?, report.track_rad?);
    let sigma = report.technique.velocity_sigma_mps();
    let across = TRACK_SIGMA_RAD * speed;
    let v = Velocity::from_track(speed, track, 0.0);
    Some(([v.east_mps, v.north_mps], sigma * sigma + across * across / 2.0))
}

fn heights(report: &Report) -> Heights {
    Heights {
        pressure_m: report.pressure_altitude_m,
        ellipsoid_m: report.ellipsoid_height_m,
        rate_mps: report.vertical_rate_mps,
    }
}

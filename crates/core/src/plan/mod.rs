//! Who is expected to fly where, and when: plans, and how an aircraft keeps to its own.
//!
//! A plan is a path of points with times and levels, or volumes to stay in, or both. What it
//! says of an aircraft is of use only while the aircraft does it: [`Plan::fit`] says whether, and
//! by how much not; [`Plan::ahead`] says where the plan takes it from where it really is.

mod ahead;
mod fit;

pub use fit::{Fit, Levels};

use crate::geo::Vec3;
use crate::{Address, Altitude, GeoPoint, Label, Operator, Subject, Time, Volume4d};

/// The name of a plan, as its party gives it; long enough for a UUID.
pub type PlanId = Label<40>;

/// A plan longer than this is several, seconds.
const LONGEST_S: f64 = 7.0 * 86_400.0;
/// A leg longer than this leaves open which way round the earth it goes, metres.
const LONGEST_LEG_M: f64 = 10_000_000.0;
/// Nothing that keeps clear of others flies faster, m/s.
const FASTEST_MPS: f64 = 2_000.0;
/// The most points of a path.
const MOST_POINTS: usize = 2_000;
/// A chord of this length is 2 m below the ground in its middle.
const CHORD_M: f64 = 10_000.0;

/// Where an aircraft means to be at one time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Waypoint {
    /// When.
    pub time: Time,
    /// Where.
    pub position: GeoPoint,
    /// At what level.
    pub altitude: Altitude,
}

/// How far from its path an aircraft may be and still keep to it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// To either side, metres.
    pub across_m: f64,
    /// Up and down, metres.
    pub vertical_m: f64,
    /// Early or late, seconds.
    pub time_s: f64,
}

impl Default for Tolerance {
    /// 1 NM to either side (RNAV 1), 300 ft (the tolerance of a reported level, ICAO Doc 4444,
    /// 8.5.5), and two minutes (the accuracy of a time over a point, Annex 2, 3.6.2.2).
    fn default() -> Tolerance {
        Tolerance { across_m: 1852.0, vertical_m: 91.44, time_s: 120.0 }
    }
}

/// A plan that is none.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BadPlan {
    /// Nobody can be found by it.
    #[error("a plan names its aircraft by address or call sign")]
    NoAircraft,
    /// It says nothing.
    #[error("a plan has a path of two points or more, or volumes")]
    Empty,
    /// A single point is no path.
    #[error("a path has from 2 to {MOST_POINTS} points, this one has {0}")]
    Points(usize),
    /// Times do not run forward.
    #[error("point {0} of the path is not later than the one before it")]
    Backwards(usize),
    /// Levels of one path are compared with each other.
    #[error("point {0} of the path measures its level from something else than the first")]
    Reference(usize),
    /// A number that is none.
    #[error("point {0} of the path has a level that is no number")]
    NotFinite(usize),
    /// A leg that nobody flies.
    #[error("the leg to point {0} is longer than 10,000 km or faster than 2,000 m/s")]
    Leg(usize),
    /// Too long.
    #[error("a plan lasts seven days at the most")]
    TooLong,
    /// A tolerance that is none.
    #[error("tolerances are positive numbers")]
    Tolerance,
}

/// A plan of one aircraft.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Its name.
    pub id: PlanId,
    /// Whose plan it is.
    pub party: Option<Operator>,
    /// The aircraft's address.
    pub address: Option<Address>,
    /// Its call sign, for those whose address is not known.
    pub callsign: Option<Label<8>>,
    /// Whether it is in force: one that is only accepted predicts nothing and binds nobody.
    pub is_active: bool,
    path: Vec<Waypoint>,
    volumes: Vec<Volume4d>,
    tolerance: Tolerance,
    /// The path in chords.
    knots: Vec<Knot>,
}

/// A point of the path, earth-centred.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Knot {
    time: Time,
    p: Vec3,
    z_m: f64,
}

/// Where in its time a plan is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Before it begins, or before it goes on.
    Ahead,
    /// Under way.
    Current,
    /// Behind.
    Over,
}

impl Plan {
    /// A plan that is in force. `path` or `volumes` may be empty, not both.
    ///
    /// # Errors
    /// [`BadPlan`] says what is wrong with it.
    pub fn new(
        id: PlanId,
        aircraft: (Option<Address>, Option<Label<8>>),
        path: Vec<Waypoint>,
        volumes: Vec<Volume4d>,
        tolerance: Tolerance,
    ) -> Result<Plan, BadPlan> {
        let (address, callsign) = aircraft;
        if address.is_none() && callsign.is_none() {
            return Err(BadPlan::NoAircraft);
        }
        let t = tolerance;
        if ![t.across_m, t.vertical_m, t.time_s].iter().all(|x| x.is_finite() && *x > 0.0) {
            return Err(BadPlan::Tolerance);
        }
        if path.is_empty() && volumes.is_empty() {
            return Err(BadPlan::Empty);
        }
        if path.len() == 1 || path.len() > MOST_POINTS {
            return Err(BadPlan::Points(path.len()));
        }
        let knots = knots(&path)?;
        let party = None;
        let is_active = true;
        Ok(Plan { id, party, address, callsign, is_active, path, volumes, tolerance, knots })
    }

    /// The points of the path.
    pub fn path(&self) -> &[Waypoint] {
        &self.path
    }

    /// The volumes to stay in.
    pub fn volumes(&self) -> &[Volume4d] {
        &self.volumes
    }

    /// The tolerances of the path.
    pub fn tolerance(&self) -> Tolerance {
        self.tolerance
    }

    /// Whether this is the plan of an aircraft: by address, else by call sign. A plan of one
    /// party says nothing of an aircraft that is declared to be another's.
    pub fn is_of(&self, subject: &Subject) -> bool {
        let named = match (self.address, subject.address) {
            (Some(planned), Some(seen)) => planned == seen,
            _ => self.callsign.is_some() && self.callsign == subject.callsign,
        };
        let foreign = |party| subject.operator.is_some_and(|operator| operator != party);
        named && !self.party.is_some_and(foreign)
    }

    /// When it begins and ends; `None` is open.
    pub fn time(&self) -> [Option<Time>; 2] {
        if let ([first, ..], [.., last]) = (&self.path[..], &self.path[..]) {
            return [Some(first.time), Some(last.time)];
        }
        let (mut start, mut end) = (Some(Time::MAX), Some(Time::MIN));
        for volume in &self.volumes {
            start = start.zip(volume.start).map(|(a, b)| a.min(b));
            end = end.zip(volume.end).map(|(a, b)| a.max(b));
        }
        [start, end]
    }

    /// Where in its time it is.
    pub fn phase(&self, now: Time) -> Phase {
        let [start, end] = self.time();
        if start.is_some_and(|start| now < start) {
            Phase::Ahead
        } else if end.is_some_and(|end| now > end.plus_s(self.tolerance.time_s)) {
            Phase::Over
        } else if self.is_between(now) {
            Phase::Ahead
        } else {
            Phase::Current
        }
    }

    /// Whether a time lies between volumes, when nothing is planned: what comes again every
    /// day is nobody's business in between.
    fn is_between(&self, now: Time) -> bool {
        self.path.is_empty()
            && !self.volumes.iter().any(|volume| volume.is_active(now))
            && self.volumes.iter().any(|volume| volume.start.is_some_and(|start| start > now))
    }

    /// Where the path is at a time; `None` before its beginning and after its end.
    pub fn at(&self, time: Time) -> Option<Waypoint> {
        let next = self.path.partition_point(|point| point.time <= time);
        let from = *self.path.get(next.checked_sub(1)?)?;
        let Some(to) = self.path.get(next) else { return (from.time == time).then_some(from) };
        let share = time.seconds_since(from.time) / to.time.seconds_since(from.time);
        let (azimuth, distance_m) = from.position.azimuth_and_distance(to.position);
        let m = from.altitude.m + share * (to.altitude.m - from.altitude.m);
        Some(Waypoint {
            time,
            position: from.position.destination(azimuth, share * distance_m),
            altitude: Altitude { m, ..from.altitude },
        })
    }
}

fn knots(path: &[Waypoint]) -> Result<Vec<Knot>, BadPlan> {
    let (Some(first), Some(last)) = (path.first(), path.last()) else { return Ok(Vec::new()) };
    for (i, point) in path.iter().enumerate() {
        if !point.altitude.m.is_finite() {
            return Err(BadPlan::NotFinite(i));
        }
        if point.altitude.reference != first.altitude.reference {
            return Err(BadPlan::Reference(i));
        }
        if i > 0 && point.time <= path[i - 1].time {
            return Err(BadPlan::Backwards(i));
        }
    }
    if last.time.seconds_since(first.time) > LONGEST_S {
        return Err(BadPlan::TooLong);
    }
    let knot =
        |time: Time, position: GeoPoint, z_m: f64| Knot { time, p: position.frame().origin, z_m };
    let mut out = vec![knot(first.time, first.position, first.altitude.m)];
    for (i, leg) in path.windows(2).enumerate() {
        let seconds = leg[1].time.seconds_since(leg[0].time);
        let (azimuth, distance_m) = leg[0].position.azimuth_and_distance(leg[1].position);
        if distance_m > LONGEST_LEG_M || distance_m > FASTEST_MPS * seconds {
            return Err(BadPlan::Leg(i + 1));
        }
        let pieces = (distance_m / CHORD_M).ceil().max(1.0);
        for k in 1..pieces as u32 {
            let share = f64::from(k) / pieces;
            let position = leg[0].position.destination(azimuth, share * distance_m);
            let z_m = leg[0].altitude.m + share * (leg[1].altitude.m - leg[0].altitude.m);
            out.push(knot(leg[0].time.plus_s(share * seconds), position, z_m));
        }
        out.push(knot(leg[1].time, leg[1].position, leg[1].altitude.m));
    }
    Ok(out)
}

//! Whether two tracks are one aircraft seen twice.
//!
//! The commonest false alert of all is that of an aircraft with its own ghost: a
//! TIS-B track that radar made of it, seconds late, under a number of its own.
//! A ghost flies *the same path some seconds later or earlier*, so that is what
//! is looked for: the lag at which the one track lies on the trail of the other.
//! An aircraft that merely meets, overtakes or follows another one does not keep
//! its lag.

use deconflict_core::geo::{Vec3, add_scaled, dot, sub};
use deconflict_core::units::m_from_ft;
use deconflict_core::{Address, AddressSpace, State, Subject, Technique, Time};
use std::collections::VecDeque;

/// The largest latency to expect between two ways of seeing one aircraft, seconds.
const MAX_LAG_S: i32 = 10;
/// How long a trail has to be for that, with a sample a second.
const TRAIL: usize = MAX_LAG_S as usize + 2;
/// A track that turns up within another's gate this soon after its start began there, seconds.
const BORN_S: f64 = 20.0;
/// For so long the likeness has to last if it did not begin so, seconds.
const SUSTAINED_S: f64 = 60.0;
/// By how much the lag of a ghost may wander over that time, seconds. An overtaking
/// by 10 kt at 100 kt changes it by 6.
const LAG_WANDER_S: f32 = 4.0;
/// A likeness not seen for this long is over, seconds.
const FORGET_S: f64 = 20.0;
/// A report of the elder this long after the birth of the younger shows that both exist, seconds.
const HANDOVER_S: f64 = 3.0;

/// In which way two tracks are one aircraft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Twin {
    /// The same number, in one address space or two, at the same place.
    SameCode,
    /// One is the ground's picture of the other (TIS-B, radar), under another number.
    Ghost,
    /// The one ended where and when the other began.
    Readdressed,
}

impl Twin {
    /// The reason in words.
    pub const fn words(self) -> &'static str {
        match self {
            Twin::SameCode => "same aircraft: both carry one address",
            Twin::Ghost => "same aircraft: one is a ground-derived ghost of the other",
            Twin::Readdressed => "same aircraft: one track goes on where the other ended",
        }
    }
}

/// Where a track was at one time, earth-centred.
#[derive(Clone, Copy, Debug)]
struct Point {
    time: Time,
    p: Vec3,
    v: Vec3,
    z: f64,
    vz: f64,
}

impl Point {
    fn after(&self, dt_s: f64) -> Point {
        Point {
            time: self.time.plus_s(dt_s),
            p: add_scaled(self.p, dt_s, self.v),
            z: self.z + dt_s * self.vz,
            ..*self
        }
    }
}

/// The last seconds of a track.
#[derive(Clone, Debug, Default)]
pub(crate) struct Trail {
    points: VecDeque<Point>,
    sigma_m: f64,
    altitude_sigma_m: f64,
}

impl Trail {
    pub fn push(&mut self, state: &State) {
        let frame = state.position.frame();
        let point = Point {
            time: state.time,
            p: frame.origin,
            v: frame.horizontal(state.velocity.east_mps, state.velocity.north_mps),
            z: state.altitude.m,
            vz: state.velocity.up_mps,
        };
        if self.points.back().is_some_and(|last| last.time >= point.time) {
            return;
        }
        if self.points.len() == TRAIL {
            self.points.pop_front();
        }
        self.points.push_back(point);
        let c = &state.covariance;
        self.sigma_m = ((c.horizontal[0][0] + c.horizontal[1][1]) / 2.0).max(0.0).sqrt();
        self.altitude_sigma_m = c.vertical[0][0].max(0.0).sqrt();
    }

    pub fn last(&self) -> Option<Time> {
        self.points.back().map(|p| p.time)
    }

    /// Where it was at a time; flown straight beyond what is known.
    fn at(&self, time: Time) -> Option<Point> {
        let next = self.points.partition_point(|p| p.time <= time);
        let from = self.points.get(next.saturating_sub(1))?;
        Some(from.after(time.seconds_since(from.time)))
    }
}

/// How late `b` is behind `a` on the same path, seconds, if it is at all;
/// negative if it is ahead.
pub(crate) fn lag_s(a: &Trail, b: &Trail) -> Option<f64> {
    // What can be put down to error of both; beyond 0.8 NM it is another place.
    let sigma_m = a.sigma_m.hypot(b.sigma_m);
    let gate_m = (300.0 + 2.0 * sigma_m).min(1500.0);
    let altitude_sigma_m = a.altitude_sigma_m.hypot(b.altitude_sigma_m);
    let gate_z_m = (m_from_ft(200.0) + 2.0 * altitude_sigma_m).min(m_from_ft(600.0));
    let (a_now, b_now) = (a.points.back()?, b.points.back()?);
    let misfit = |late: &Point, early: &Trail, lag: i32| {
        let then = early.at(late.time.plus_s(-f64::from(lag)))?;
        let (dp, dv) = (sub(late.p, then.p), sub(late.v, then.v));
        let (distance, speed2) = (dot(dp, dp).sqrt(), dot(then.v, then.v));
        let gate_v = 15.0 + 0.2 * speed2.sqrt();
        let fits = distance <= gate_m
            && dot(dv, dv) <= gate_v * gate_v
            && (late.z - then.z).abs() <= gate_z_m + 2.0 * then.vz.abs();
        fits.then_some(distance)
    };
    let behind = (0..=MAX_LAG_S).map(|lag| (lag, misfit(b_now, a, lag)));
    let ahead = (1..=MAX_LAG_S).map(|lag| (-lag, misfit(a_now, b, lag)));
    behind
        .chain(ahead)
        .filter_map(|(lag, distance)| Some((distance?, lag)))
        .min_by(|x, y| x.0.total_cmp(&y.0))
        .map(|(_, lag)| f64::from(lag))
}

/// Whether an address alone leaves open that the track is another's ghost.
fn may_be_ghost(subject: &Subject) -> bool {
    match subject.address.map(|a: Address| a.space) {
        None | Some(AddressSpace::Local) => subject.technique.is_ground_derived(),
        // An anonymous aircraft broadcasts for itself; a track-file number does not.
        Some(AddressSpace::NonIcao) => {
            !matches!(subject.technique, Technique::AdsB | Technique::Flarm | Technique::Declared)
        }
        Some(AddressSpace::Icao | AddressSpace::Flarm) => false,
    }
}

fn same_code(a: &Subject, b: &Subject) -> bool {
    let code = |s: &Subject| s.address.filter(|x| x.space != AddressSpace::Local).map(|x| x.code);
    code(a).is_some() && code(a) == code(b)
}

/// What two tracks could be to each other, by who they say they are.
pub(crate) fn suspects(a: &Subject, b: &Subject) -> bool {
    same_code(a, b) || may_be_ghost(a) || may_be_ghost(b)
}

/// Which of two twins stands for the other: the ghost, else the younger.
pub(crate) fn shadow(a: (&Subject, Time), b: (&Subject, Time)) -> u64 {
    match (may_be_ghost(a.0), may_be_ghost(b.0)) {
        (true, false) => a.0.id,
        (false, true) => b.0.id,
        _ if a.1 > b.1 => a.0.id,
        _ => b.0.id,
    }
}

/// One of the two, for the comparison of their times.
pub(crate) struct Sighting<'a> {
    pub subject: &'a Subject,
    pub since: Time,
    pub updated: Time,
}

/// The evidence about one pair.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kin {
    first: Option<Time>,
    born_inside: bool,
    last_fit: Option<Time>,
    compared: [Option<Time>; 2],
    /// When compared, and the lag if there was one.
    lags: VecDeque<(Time, Option<f32>)>,
    twin: Option<Twin>,
}

impl Kin {
    pub fn twin(&self) -> Option<Twin> {
        self.twin
    }

    /// Takes in one comparison. A track that has not been heard since the last
    /// one proves nothing either way: its extrapolation is our guess.
    pub fn observe(&mut self, now: Time, a: &Sighting, b: &Sighting, lag_s: Option<f64>) {
        let heard = [Some(a.updated), Some(b.updated)];
        let (younger, elder) = if a.since > b.since { (a, b) } else { (b, a) };
        let handed_over = lag_s.is_some() || self.twin == Some(Twin::Readdressed);
        if handed_over && elder.updated <= younger.since.plus_s(HANDOVER_S) {
            self.twin = Some(Twin::Readdressed);
            return;
        }
        if self.twin == Some(Twin::Readdressed) {
            self.twin = None;
        }
        let news = (0..2).all(|i| heard[i] != self.compared[i]);
        if !news && self.first.is_some() {
            return;
        }
        self.compared = heard;
        let first = *self.first.get_or_insert(now);
        self.lags.push_back((now, lag_s.map(|l| l as f32)));
        while self.lags.len() > 90
            || self.lags.front().is_some_and(|l| now.seconds_since(l.0) > 1.5 * SUSTAINED_S)
        {
            self.lags.pop_front();
        }
        if lag_s.is_some() {
            self.last_fit = Some(now);
            let newborn = first.seconds_since(younger.since) <= BORN_S;
            self.born_inside |= newborn && now.seconds_since(first) <= BORN_S;
        }
        let alike = self.last_fit.is_some_and(|t| now.seconds_since(t) <= FORGET_S);
        self.born_inside &= alike;
        let kind = if same_code(a.subject, b.subject) {
            // One number at one place: nothing more is needed.
            alike.then_some(Twin::SameCode)
        } else if may_be_ghost(a.subject) || may_be_ghost(b.subject) {
            let known = self.twin.is_some();
            (alike && (known || self.born_inside || self.sustained(now))).then_some(Twin::Ghost)
        } else {
            None
        };
        self.twin = kind;
    }

    fn sustained(&self, now: Time) -> bool {
        let long = self.lags.front().is_some_and(|l| now.seconds_since(l.0) >= SUSTAINED_S);
        let fits: Vec<f32> = self.lags.iter().filter_map(|l| l.1).collect();
        if !long || fits.len() < 4 || fits.len() * 4 < self.lags.len() * 3 {
            return false;
        }
        let (mut low, mut high) = (f32::MAX, f32::MIN);
        for lag in fits {
            (low, high) = (low.min(lag), high.max(lag));
        }
        high - low <= LAG_WANDER_S
    }
}

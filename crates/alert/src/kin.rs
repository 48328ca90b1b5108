//! Whether two tracks are one aircraft seen twice.
//!
//! The commonest false alert of all is that of an aircraft with its own ghost: a
//! TIS-B track that radar made of it, seconds late, under a number of its own.
//! A ghost flies *the same path some seconds later or earlier*, so that is what
//! is looked for: the lag at which the one track lies on the trail of the other.
//! An aircraft that merely meets, overtakes or follows another one does not keep
//! its lag.

use crate::relative::Relative;
use deconflict_core::geo::{Vec3, add_scaled, dot, sub};
use deconflict_core::units::m_from_ft;
use deconflict_core::{Address, AddressSpace, State, Subject, Technique, Time};
use std::collections::VecDeque;

/// The largest latency to expect between two ways of seeing one aircraft, seconds.
const MAX_LAG_S: i32 = 15;
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
/// A ghost that is only on the trail, and does not fly alike, is believed for this long, seconds.
const TRAIL_ONLY_S: f64 = 6.0;
/// A likeness that has lasted long is not forgotten for a gap, seconds.
const KNOWN_FORGET_S: f64 = 60.0;
/// Two tracks with one number that are both heard for this long, moving in different
/// ways, are two aircraft, seconds.
const TWO_PROVED_S: f64 = 20.0;
/// What stands still goes nowhere, and does not go on as another track, m/s.
const MOVING_MPS: f64 = 15.0;

/// In which way two tracks are one aircraft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Twin {
    /// The same number, in one address space or two, and no proof that there are two.
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

/// How two tracks lie on each other's trails.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Likeness {
    /// How late `b` is behind `a` on the same path, flying as `a` did there, seconds;
    /// negative if it is ahead. `None` if it does not.
    pub lag_s: Option<f64>,
    /// Whether the one is at a place where the other has just been, whatever its
    /// velocity: that of a ghost in a turn is off by as much as a right angle.
    pub on_trail: bool,
    /// Whether both move alike at present, wherever they are.
    pub same_motion: bool,
}

/// Compares the trails of two tracks.
pub(crate) fn likeness(a: &Trail, b: &Trail) -> Likeness {
    // Radars stand apart by half a mile and more; beyond 0.8 NM it is another place.
    let sigma_m = a.sigma_m.hypot(b.sigma_m);
    let gate_m = (1000.0 + sigma_m).min(1500.0);
    let trail_gate_m = (250.0 + sigma_m).min(450.0);
    let altitude_sigma_m = a.altitude_sigma_m.hypot(b.altitude_sigma_m);
    let gate_z_m = (m_from_ft(300.0) + 2.0 * altitude_sigma_m).min(m_from_ft(600.0));
    let (Some(a_now), Some(b_now)) = (a.points.back(), b.points.back()) else {
        return Likeness::default();
    };
    // What comes the other way has been where we are, too.
    let same_way = !opposed(a_now.v, b_now.v, 0.5);
    let mut on_trail = false;
    let mut best: Option<(f64, i32)> = None;
    for lag in -MAX_LAG_S..=MAX_LAG_S {
        let (late, early) = if lag < 0 { (a_now, b) } else { (b_now, a) };
        let Some(then) = early.at(late.time.plus_s(-f64::from(lag.abs()))) else { continue };
        let (dp, dv) = (sub(late.p, then.p), sub(late.v, then.v));
        let distance_m = dot(dp, dp).sqrt();
        if distance_m > gate_m || (late.z - then.z).abs() > gate_z_m + 2.0 * then.vz.abs() {
            continue;
        }
        // What comes the other way has been where we are, too.
        let same_way =
            dot(late.v, then.v) > -0.3 * (dot(late.v, late.v) * dot(then.v, then.v)).sqrt();
        on_trail |= distance_m <= trail_gate_m && same_way;
        let gate_v = 15.0 + 0.2 * dot(then.v, then.v).sqrt();
        let alike = dot(dv, dv) <= gate_v * gate_v;
        if alike && best.is_none_or(|(least, _)| distance_m < least) {
            best = Some((distance_m, lag));
        }
    }
    let dv = sub(a_now.v, b_now.v);
    let gate_v = 15.0 + 0.3 * dot(a_now.v, a_now.v).sqrt();
    let same_motion =
        dot(dv, dv) <= gate_v * gate_v && (a_now.z - b_now.z).abs() <= m_from_ft(500.0);
    // At the end of the search the best lag lies beyond it, and holds still however the
    // two move against each other.
    let lag_s = best.filter(|(_, lag)| lag.abs() < MAX_LAG_S).map(|(_, lag)| f64::from(lag));
    Likeness { lag_s, on_trail: on_trail && same_way, same_motion }
}

/// Whether two velocities point against each other by more than a given cosine.
fn opposed(a: Vec3, b: Vec3, cosine: f64) -> bool {
    dot(a, b) < -cosine * (dot(a, a) * dot(b, b)).sqrt()
}

/// Whether the younger of two tracks is where the other, which is not heard any
/// more, would be now, and flies as it did.
fn goes_on(elder: &Sighting, younger: &Sighting, now: Time) -> bool {
    let r = Relative::between(elder.state, younger.state);
    let silent_s = now.seconds_since(elder.updated);
    let reach_m = (300.0 + 10.0 * silent_s).min(900.0);
    let silent = elder.updated <= younger.created && silent_s > 1.5 * elder.period_s + 1.0;
    silent
        && r.speeds[0].min(r.speeds[1]) >= MOVING_MPS
        && r.horizontal_m() <= reach_m
        && r.vertical_m() <= m_from_ft(200.0) + 2.0 * silent_s
        && r.speed_mps() <= 10.0 + 0.15 * r.speeds[0]
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

/// One of the two, for the comparison.
pub(crate) struct Sighting<'a> {
    pub subject: &'a Subject,
    pub state: &'a State,
    pub created: Time,
    pub updated: Time,
    pub period_s: f64,
}

/// The evidence about one pair.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kin {
    first: Option<Time>,
    born_inside: bool,
    alike_since: Option<Time>,
    last_alike: Option<Time>,
    last_on_trail: Option<Time>,
    /// Since when both have been heard and have moved in different ways.
    two_since: Option<Time>,
    compared: [Option<Time>; 2],
    /// When compared, and the lag if there was one.
    lags: VecDeque<(Time, Option<f32>)>,
    twin: Option<Twin>,
}

impl Kin {
    pub fn twin(&self) -> Option<Twin> {
        self.twin
    }

    /// Takes in one comparison.
    pub fn observe(&mut self, now: Time, a: &Sighting, b: &Sighting, like: Likeness) {
        let (younger, elder) = if a.created > b.created { (a, b) } else { (b, a) };
        // Once the two have been taken for one, only a sign of life of the elder undoes it.
        let handed_over = self.twin == Some(Twin::Readdressed) && elder.updated <= younger.created
            || goes_on(elder, younger, now);
        if handed_over {
            self.twin = Some(Twin::Readdressed);
            return;
        }
        if self.twin == Some(Twin::Readdressed) {
            self.twin = None;
        }
        // A track that has not been heard since the last comparison proves nothing
        // either way: its extrapolation is our guess.
        let heard = [Some(a.updated), Some(b.updated)];
        let news = (0..2).all(|i| heard[i] != self.compared[i]);
        if !news && self.first.is_some() {
            return;
        }
        self.compared = heard;
        let first = *self.first.get_or_insert(now);
        self.note(now, like);
        if like.on_trail || like.lag_s.is_some() {
            let newborn = first.seconds_since(younger.created) <= BORN_S;
            self.born_inside |= newborn && now.seconds_since(first) <= BORN_S;
        }
        let within = |last: Option<Time>, s| last.is_some_and(|t| now.seconds_since(t) <= s);
        let lasted = self.twin.is_some()
            && self.alike_since.is_some_and(|t| now.seconds_since(t) > KNOWN_FORGET_S);
        let forget_s = if lasted { KNOWN_FORGET_S } else { FORGET_S };
        let alike = within(self.last_alike, forget_s);
        let trailing = within(self.last_on_trail, TRAIL_ONLY_S);
        self.born_inside &= alike || trailing;
        let one = like.on_trail || like.same_motion;
        self.two_since = self.two_since.filter(|_| !one).or(Some(now));
        let two = self.two_since.is_some_and(|t| now.seconds_since(t) >= TWO_PROVED_S);
        self.twin = if same_code(a.subject, b.subject) {
            (!two).then_some(Twin::SameCode)
        } else if may_be_ghost(a.subject) || may_be_ghost(b.subject) {
            let sure = self.born_inside || alike && (self.twin.is_some() || self.sustained(now));
            sure.then_some(Twin::Ghost)
        } else {
            None
        };
    }

    /// The two keep station on each other: if one may be a ghost, that is what it is.
    pub fn keeps_station(&mut self, now: Time, a: &Subject, b: &Subject) -> bool {
        let ghost = may_be_ghost(a) || may_be_ghost(b);
        if ghost {
            self.twin = Some(Twin::Ghost);
            self.alike_since.get_or_insert(now);
            self.last_alike = Some(now);
        }
        ghost
    }

    fn note(&mut self, now: Time, like: Likeness) {
        self.lags.push_back((now, like.lag_s.map(|l| l as f32)));
        while self.lags.len() > 90
            || self.lags.front().is_some_and(|l| now.seconds_since(l.0) > 1.5 * SUSTAINED_S)
        {
            self.lags.pop_front();
        }
        if like.lag_s.is_some() {
            let fresh = self.last_alike.is_none_or(|t| now.seconds_since(t) > KNOWN_FORGET_S);
            if fresh {
                self.alike_since = Some(now);
            }
            self.last_alike = Some(now);
        }
        if like.on_trail {
            self.last_on_trail = Some(now);
        }
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

//! Reservations that move with a ship or a formation.

use deconflict_core::{GeoPoint, Time, Trajectory, Velocity};
use std::collections::BTreeMap;

/// What a reservation is tied to. The first point of its shape is where that is.
#[derive(Clone, Debug, PartialEq)]
pub enum Motion {
    /// It keeps course and speed; the shape is as given at `since`.
    Steady {
        /// When the shape is where it is given.
        since: Time,
        /// Course, degrees from true north.
        course_deg: f64,
        /// Speed over ground, m/s.
        speed_mps: f64,
    },
    /// It follows an aircraft or a ship whose positions are given at the time of the check.
    With(String),
}

/// Paths of what reservations are tied to, by name.
pub type Positions = BTreeMap<String, Trajectory>;

/// No speed is higher, m/s.
pub const MOST_SPEED_MPS: f64 = 1_000.0;

/// Longest time over which a moving reservation may be planned, seconds: a week.
pub const MOST_MOVING_S: f64 = 7.0 * 86_400.0;

/// Slices of time in which a moving reservation stands still, and has grown by what it moves.
const MOST_SLICES: f64 = 1_000.0;
const SLICE_M: f64 = 500.0;
const LEAST_SLICE_S: f64 = 10.0;

/// Where something is for a slice of time, and how far from there it comes.
#[derive(Clone, Debug, PartialEq)]
pub struct Stand {
    /// From when.
    pub start: Time,
    /// Until when.
    pub end: Time,
    /// Where; `None` if nobody says.
    pub at: Option<GeoPoint>,
    /// How far away from there it comes at most, metres.
    pub margin_m: f64,
}

impl Motion {
    /// Where it stands from `start` until `end`, slice by slice. `home` is the point of the shape.
    pub fn stands(
        &self,
        home: GeoPoint,
        start: Time,
        end: Time,
        positions: &Positions,
    ) -> Vec<Stand> {
        match self {
            Motion::Steady { since, course_deg, speed_mps } => {
                let at = |time: Time| {
                    let gone_m = speed_mps * time.seconds_since(*since);
                    let course = course_deg.to_radians();
                    let (course, gone_m) = if gone_m < 0.0 {
                        (course + std::f64::consts::PI, -gone_m)
                    } else {
                        (course, gone_m)
                    };
                    home.destination(course.rem_euclid(std::f64::consts::TAU), gone_m)
                };
                slices(start, end, *speed_mps)
                    .into_iter()
                    .map(|[start, end]| {
                        let length_s = end.seconds_since(start);
                        let at = at(start.plus_s(0.5 * length_s));
                        // A metre for what geodesics differ by in the middle.
                        let margin_m = 0.5 * length_s * speed_mps + 1.0;
                        Stand { start, end, at: Some(at), margin_m }
                    })
                    .collect()
            }
            Motion::With(name) => {
                let Some(path) = positions.get(name) else {
                    return vec![Stand { start, end, at: None, margin_m: 0.0 }];
                };
                let mut out = Vec::new();
                let (known_from, known_until) =
                    (start.max(path.start()).min(end), end.min(path.end()).max(start));
                if known_from > start {
                    out.push(Stand { start, end: known_from, at: None, margin_m: 0.0 });
                }
                let fastest = |v: &Velocity| v.ground_speed_mps();
                let speed_mps =
                    path.segments().iter().map(|s| fastest(&s.state.velocity)).fold(0.0, f64::max);
                for [start, end] in slices(known_from, known_until, speed_mps) {
                    let length_s = end.seconds_since(start);
                    let at = path.at(start.plus_s(0.5 * length_s)).map(|s| s.position);
                    let margin_m = 0.5 * length_s * speed_mps + 1.0;
                    out.push(Stand { start, end, at, margin_m });
                }
                if known_until < end {
                    let start = known_until.max(known_from);
                    out.push(Stand { start, end, at: None, margin_m: 0.0 });
                }
                out
            }
        }
    }
}

fn slices(start: Time, end: Time, speed_mps: f64) -> Vec<[Time; 2]> {
    let length_s = end.seconds_since(start);
    if length_s <= 0.0 {
        return Vec::new();
    }
    let slice_s = (SLICE_M / speed_mps.max(1e-3)).max(LEAST_SLICE_S).max(length_s / MOST_SLICES);
    let count = (length_s / slice_s).ceil().clamp(1.0, MOST_SLICES);
    let edge = |k: u32| {
        if f64::from(k) >= count { end } else { start.plus_s(length_s * f64::from(k) / count) }
    };
    (0..count as u32).map(|k| [edge(k), edge(k + 1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::{Altitude, Covariance, State, Subject};

    #[test]
    fn a_ship_is_always_within_its_slices() {
        let home = GeoPoint::from_deg(-20.0, 179.9).unwrap();
        let time = |s: i64| Time::from_millis(s * 1000);
        let motion = Motion::Steady { since: time(600), course_deg: 80.0, speed_mps: 10.0 };
        let stands = motion.stands(home, time(0), time(7200), &Positions::new());
        assert_eq!((stands[0].start, stands[stands.len() - 1].end), (time(0), time(7200)));
        for s in (0..7200).step_by(61) {
            let now = time(s);
            let gone_m = 10.0 * now.seconds_since(time(600));
            let course = if gone_m < 0.0 { 260f64 } else { 80.0 };
            let truth = home.destination(course.to_radians(), gone_m.abs());
            let stand = stands.iter().find(|p| p.start <= now && now < p.end).unwrap();
            assert!(stand.at.unwrap().distance_m(truth) <= stand.margin_m, "{s}");
        }
    }

    #[test]
    fn what_nobody_says_stays_unknown() {
        let time = |s: i64| Time::from_millis(s * 1000);
        let home = GeoPoint::from_deg(0.0, 0.0).unwrap();
        let state = State {
            time: time(100),
            position: home,
            altitude: Altitude::pressure_m(1000.0),
            velocity: Velocity::from_track(100.0, 0.0, 0.0),
            covariance: Covariance::default(),
        };
        let path = Trajectory::straight(Subject::anonymous(1), state, 100.0, Default::default());
        let positions = Positions::from([("LEAD".to_owned(), path.unwrap())]);
        let known = |name: &str, from, until| {
            let stands =
                Motion::With(name.into()).stands(home, time(from), time(until), &positions);
            assert!(stands.windows(2).all(|w| w[0].end == w[1].start));
            assert_eq!((stands[0].start, stands[stands.len() - 1].end), (time(from), time(until)));
            let s: f64 = stands
                .iter()
                .filter(|s| s.at.is_some())
                .map(|s| s.end.seconds_since(s.start))
                .sum();
            s.round()
        };
        assert_eq!(known("LEAD", 0, 300), 100.0);
        assert_eq!(known("LEAD", 120, 180), 60.0);
        assert_eq!(known("LEAD", 250, 300), 0.0);
        assert_eq!(known("LEAD", 0, 50), 0.0);
        assert_eq!(known("OTHER", 0, 300), 0.0);
    }
}

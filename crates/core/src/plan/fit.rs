//! Whether an aircraft keeps to its plan, and by how much not.

use super::{Knot, Plan, Tolerance};
use crate::altitude::{AltitudeReference, VerticalContext};
use crate::geo::{Vec3, dot, sub};
use crate::overlap::{Margins, WIDENING_SIGMAS};
use crate::state::Growth;
use crate::{State, Subject, Time, Trajectory, Volume4d};

/// An aircraft may begin a turn so long before its point, or end it after, seconds.
const TURN_S: f64 = 45.0;
/// By how much it may point elsewhere than its plan and still follow it, radians.
const HEADING_RAD: f64 = 1.05;
/// Slower than this it points nowhere, m/s.
const POINTS_MPS: f64 = 10.0;
/// How far in time a deviation is looked for, at the least, seconds.
const SEARCH_S: f64 = 900.0;

/// What is known of how levels compare.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Levels {
    /// Both are measured from the same.
    Same,
    /// Converted, with the standard deviation of that, metres: deviations within
    /// [`WIDENING_SIGMAS`] of it are none.
    Converted(f64),
    /// Nobody can compare them: levels are not judged.
    CannotTell(crate::altitude::Incomparable),
}

/// How an aircraft lies to its plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fit {
    /// Whether it is within the tolerances, or the volumes.
    pub conforms: bool,
    /// How far to the side, or outside of the volumes, metres.
    pub across_m: f64,
    /// How far above, or if negative below, metres; `None` where levels cannot be compared.
    pub above_m: Option<f64>,
    /// How late, or if negative early, seconds.
    pub late_s: f64,
    /// What is known of the levels.
    pub levels: Levels,
}

impl Plan {
    /// How an aircraft lies to the plan at the time of its state.
    pub fn fit(&self, state: &State, context: &VerticalContext) -> Fit {
        let on_path = (!self.path.is_empty()).then(|| self.fit_path(state, context));
        if self.volumes.is_empty() {
            // There is a path, or it would be no plan.
            return on_path.unwrap_or(Fit::PERFECT);
        }
        self.fit_volumes(state, context, on_path)
    }

    /// Whether an aircraft follows the path: within the tolerances, and on its way along it.
    /// How late it is, if so.
    pub fn follows(&self, state: &State, context: &VerticalContext) -> Option<f64> {
        if self.path.is_empty() {
            return None;
        }
        let fit = self.fit_path(state, context);
        let comparable = !matches!(fit.levels, Levels::CannotTell(_));
        let on_its_way = self.points_along(state, state.time.plus_s(-fit.late_s));
        (fit.conforms && comparable && on_its_way).then_some(fit.late_s)
    }

    fn points_along(&self, state: &State, planned: Time) -> bool {
        let v = state.velocity;
        if v.ground_speed_mps() < POINTS_MPS {
            return true;
        }
        let near = self.path.windows(2).filter(|leg| {
            leg[0].time <= planned.plus_s(TURN_S) && leg[1].time >= planned.plus_s(-TURN_S)
        });
        near.into_iter().any(|leg| {
            let (azimuth, distance_m) = leg[0].position.azimuth_and_distance(leg[1].position);
            let seconds = leg[1].time.seconds_since(leg[0].time);
            if distance_m / seconds < POINTS_MPS {
                return true;
            }
            // Directions turn along a leg: that of the place nearest to the aircraft counts.
            let flown = planned.seconds_since(leg[0].time).clamp(0.0, seconds) / seconds;
            let here = leg[0].position.destination(azimuth, flown * distance_m);
            let azimuth = match flown < 0.5 {
                true => here.azimuth_and_distance(leg[1].position).0,
                false => here.azimuth_and_distance(leg[0].position).0 + std::f64::consts::PI,
            };
            crate::geo::wrap_pi(v.track_rad() - azimuth).abs() <= HEADING_RAD
        })
    }

    fn fit_path(&self, state: &State, context: &VerticalContext) -> Fit {
        let reference = self.path[0].altitude.reference;
        let (z_m, levels) = match state.altitude.to(reference, context) {
            Ok(converted) if state.altitude.reference == reference => {
                (Some(converted.altitude.m), Levels::Same)
            }
            Ok(c) => (Some(c.altitude.m), Levels::Converted(c.added_sigma_m)),
            Err(refused) => (None, Levels::CannotTell(refused)),
        };
        let sigma_m = if let Levels::Converted(sigma_m) = levels { sigma_m } else { 0.0 };
        let limits = Tolerance {
            vertical_m: self.tolerance.vertical_m + WIDENING_SIGMAS * sigma_m,
            ..self.tolerance
        };
        let seen = Seen { p: state.position.frame().origin, z_m, now: state.time, limits };
        let time_s = self.tolerance.time_s;
        let (inside, near) = self.search(&seen, time_s);
        let near = match inside {
            true => near,
            false => self.search(&seen, SEARCH_S.max(3.0 * time_s)).1,
        };
        let Some(near) = near else {
            return Fit { conforms: false, levels, ..Fit::PERFECT };
        };
        Fit {
            conforms: inside,
            across_m: near.across_m,
            above_m: near.above_m,
            late_s: near.late_s,
            levels,
        }
    }

    /// Whether some place of the path is within the limits, and the place that is nearest by
    /// them, within so many seconds of now.
    fn search(&self, seen: &Seen, window_s: f64) -> (bool, Option<Near>) {
        let (from, until) = (seen.now.plus_s(-window_s), seen.now.plus_s(window_s));
        let first = self.knots.partition_point(|knot| knot.time < from).saturating_sub(1);
        let mut inside = false;
        let mut best: Option<Near> = None;
        for chord in self.knots[first..].windows(2).take_while(|chord| chord[0].time <= until) {
            let Some((within, near)) = seen.along(&chord[0], &chord[1], window_s) else { continue };
            inside |= within;
            if best.is_none_or(|best| near.cost < best.cost) {
                best = Some(near);
            }
        }
        (inside, best)
    }

    fn fit_volumes(&self, state: &State, context: &VerticalContext, path: Option<Fit>) -> Fit {
        // A moment of flight: long enough to be one, short enough to be nowhere else.
        let moment = Trajectory::straight(Subject::anonymous(0), *state, 1e-3, Growth::default());
        let Ok(moment) = moment else { return Fit { conforms: false, ..Fit::PERFECT } };
        let inside = |horizontal_m: f64, vertical_m: f64, time_s: f64| {
            let margins = Margins { horizontal_m, vertical_m, time_s };
            self.volumes.iter().any(|v| !v.crossings(&moment, margins, context).is_empty())
        };
        const ANY_M: f64 = 1e7;
        let levels = self.levels(state.altitude.reference, context);
        let conforms = inside(0.0, 0.0, 0.0);
        let late_s = path.map_or(0.0, |fit| fit.late_s);
        if conforms {
            let above_m = (!matches!(levels, Levels::CannotTell(_))).then_some(0.0);
            return Fit { conforms, across_m: 0.0, above_m, late_s, levels };
        }
        // By how much: the least margin that would take it in, one dimension after the other.
        let off_s = least(86_400.0, |s| inside(ANY_M, ANY_M, s));
        let across_m = least(ANY_M, |m| inside(m, ANY_M, off_s + 0.1));
        let off_m = least(30_000.0, |m| inside(across_m + 1.0, m, off_s + 0.1));
        let is_over = |v: &Volume4d| v.end.is_some_and(|end| end <= state.time);
        let is_late = self.volumes.iter().all(is_over);
        let below = self.volumes.iter().filter_map(|v| v.lower).any(|lower| {
            let here = state.altitude.to(lower.reference, context);
            here.is_ok_and(|here| here.altitude.m < lower.m)
        });
        Fit {
            conforms,
            across_m,
            above_m: (!matches!(levels, Levels::CannotTell(_))).then_some(if below {
                -off_m
            } else {
                off_m
            }),
            late_s: if is_late { off_s } else { -off_s },
            levels,
        }
    }

    /// How an altitude over a reference compares with all limits of the volumes.
    fn levels(&self, reference: AltitudeReference, context: &VerticalContext) -> Levels {
        let mut levels = Levels::Same;
        for limit in self.volumes.iter().flat_map(|v| [v.lower, v.upper]).flatten() {
            match limit.to(reference, context) {
                Err(refused) => return Levels::CannotTell(refused),
                Ok(c) if c.added_sigma_m > 0.0 => levels = Levels::Converted(c.added_sigma_m),
                Ok(_) => {}
            }
        }
        levels
    }
}

impl Fit {
    const PERFECT: Fit =
        Fit { conforms: true, across_m: 0.0, above_m: None, late_s: 0.0, levels: Levels::Same };
}

/// An aircraft as a path sees it.
struct Seen {
    p: Vec3,
    z_m: Option<f64>,
    now: Time,
    limits: Tolerance,
}

/// The place of a path that is nearest by the tolerances.
#[derive(Clone, Copy)]
struct Near {
    cost: f64,
    across_m: f64,
    above_m: Option<f64>,
    late_s: f64,
}

impl Seen {
    /// Whether a place of a chord is within the limits, and the nearest one within a window.
    fn along(&self, from: &Knot, to: &Knot, window_s: f64) -> Option<(bool, Near)> {
        /// Weight of time against place: it decides where place does not, as in a hold.
        const TIME_WEIGHT: f64 = 0.01;
        let limits = self.limits;
        // Everything as e + d·s along the chord, s from 0 to 1.
        let (e, d) = (sub(from.p, self.p), sub(to.p, from.p));
        let (ze, zd) = match self.z_m {
            Some(z_m) => (from.z_m - z_m, to.z_m - from.z_m),
            None => (0.0, 0.0),
        };
        let (te, td) = (from.time.seconds_since(self.now), to.time.seconds_since(from.time));
        let [start, end] = common([0.0, 1.0], within(te, td, window_s))?;
        let level = common([start, end], within(ze, zd, limits.vertical_m));
        let timely = level.and_then(|s| common(s, within(te, td, limits.time_s)));
        let inside = timely.is_some_and(|[a, b]| {
            // The nearest in place of what is left.
            let s = if dot(d, d) > 0.0 { (-dot(e, d) / dot(d, d)).clamp(a, b) } else { a };
            length(e, d, s) <= limits.across_m
        });
        let (h, v, t) = (limits.across_m, limits.vertical_m, limits.time_s);
        let square = dot(d, d) / (h * h) + zd * zd / (v * v) + TIME_WEIGHT * td * td / (t * t);
        let linear = dot(e, d) / (h * h) + ze * zd / (v * v) + TIME_WEIGHT * te * td / (t * t);
        let s = if square > 0.0 { (-linear / square).clamp(start, end) } else { start };
        let (across_m, z, late) = (length(e, d, s), ze + s * zd, te + s * td);
        let cost = (across_m / h).powi(2) + (z / v).powi(2) + TIME_WEIGHT * (late / t).powi(2);
        let above_m = self.z_m.map(|_| -z);
        Some((inside, Near { cost, across_m, above_m, late_s: -late }))
    }
}

fn length(e: Vec3, d: Vec3, s: f64) -> f64 {
    let at = crate::geo::add_scaled(e, s, d);
    dot(at, at).sqrt()
}

/// Where |e + d·s| is no more than a limit.
fn within(e: f64, d: f64, limit: f64) -> [f64; 2] {
    if d == 0.0 {
        return match e.abs() <= limit {
            true => [f64::NEG_INFINITY, f64::INFINITY],
            false => [f64::INFINITY, f64::NEG_INFINITY],
        };
    }
    let (a, b) = ((-limit - e) / d, (limit - e) / d);
    [a.min(b), a.max(b)]
}

fn common(a: [f64; 2], b: [f64; 2]) -> Option<[f64; 2]> {
    let both = [a[0].max(b[0]), a[1].min(b[1])];
    (both[0] <= both[1]).then_some(both)
}

/// The least value up to `most` for which something holds that goes on to hold, to 1 part in
/// a million; `most` if it never does.
fn least(most: f64, holds: impl Fn(f64) -> bool) -> f64 {
    if holds(0.0) {
        return 0.0;
    }
    let (mut no, mut yes) = (0.0, most);
    while yes - no > 0.1f64.max(1e-6 * most) {
        let middle = 0.5 * (no + yes);
        if holds(middle) { yes = middle } else { no = middle }
    }
    yes
}

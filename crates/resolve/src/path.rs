//! The path of an aircraft that follows an instruction: straight legs in one level frame.

use crate::performance::Performance;
use crate::situation::{Instruction, Participant};
use deconflict_core::geo::{LocalFrame, Vec3, add_scaled, wrap_pi};
use deconflict_daa::pair::Motion;
use deconflict_detect::cylinder::{RelativeMotion, Span};

/// A turn is flown as chords of no more than this.
const CHORD_RAD: f64 = 0.3;
/// A change of speed or vertical rate is cut into steps of no more than this, seconds.
const CHANGE_STEP_S: f64 = 6.0;
/// The share of the vertical acceleration that levelling off is flown with.
const LEVEL_OFF: f64 = 0.6;
/// No path has more legs.
const MAX_LEGS: usize = 96;

/// Straight flight from `start_s` to `end_s`; the motion is that at time zero.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leg {
    pub start_s: f64,
    pub end_s: f64,
    pub motion: Motion,
}

impl Leg {
    pub fn at(&self, t_s: f64) -> Vec3 {
        add_scaled(self.motion.position_m, t_s, self.motion.velocity_mps)
    }
}

/// Where an aircraft goes, and the box that holds it.
#[derive(Clone, Debug)]
pub(crate) struct Path {
    pub legs: Vec<Leg>,
    low_m: Vec3,
    high_m: Vec3,
}

/// How an aircraft moves at one moment of its path.
#[derive(Clone, Copy, Debug)]
struct Flight {
    position_m: Vec3,
    track_rad: f64,
    ground_speed_mps: f64,
    climb_mps: f64,
}

impl Path {
    /// The path of an aircraft that flies on as it does, or as it was told, and from
    /// `from_s` on as `instruction` says.
    pub fn new(
        aircraft: &Participant,
        frame: &LocalFrame,
        instruction: Option<&Instruction>,
        from_s: f64,
        horizon_s: f64,
    ) -> Path {
        let state = &aircraft.state;
        let there = state.position.frame();
        let velocity = &state.velocity;
        let [x, y] = frame.to_local(state.position);
        let v = frame.components(there.horizontal(velocity.east_mps, velocity.north_mps));
        let flight = Flight {
            position_m: [x, y, state.altitude.m],
            track_rad: v[0].atan2(v[1]),
            ground_speed_mps: velocity.ground_speed_mps(),
            climb_mps: velocity.up_mps,
        };
        // North of the frame is not north there: instructions are given in north there.
        let turned_rad = wrap_pi(flight.track_rad - velocity.track_rad());
        let goal = |told: Instruction| Instruction {
            track_rad: told.track_rad.map(|track| track + turned_rad),
            ..told
        };
        let before = aircraft.following.map(goal).unwrap_or_default();
        let after = instruction.map_or(before, |told| goal(*told).after(before));
        fly(flight, &aircraft.performance, [before, after], from_s, horizon_s)
    }

    /// Where it is at a time.
    pub fn at(&self, t_s: f64) -> Vec3 {
        self.leg_at(t_s).at(t_s)
    }

    /// The leg that it is on at a time.
    pub fn leg_at(&self, t_s: f64) -> &Leg {
        let later = self.legs.partition_point(|leg| leg.start_s <= t_s);
        &self.legs[later.saturating_sub(1)]
    }

    /// Whether the two stay further apart than the distances, by their boxes alone.
    pub fn is_far_from(&self, other: &Path, horizontal_m: f64, vertical_m: f64) -> bool {
        let apart = |axis: usize, by: f64| {
            self.low_m[axis] > other.high_m[axis] + by || other.low_m[axis] > self.high_m[axis] + by
        };
        apart(0, horizontal_m) || apart(1, horizontal_m) || apart(2, vertical_m)
    }

    fn push(&mut self, start_s: f64, dt_s: f64, from: Vec3, velocity_mps: Vec3) -> Vec3 {
        let motion = Motion { position_m: add_scaled(from, -start_s, velocity_mps), velocity_mps };
        self.legs.push(Leg { start_s, end_s: start_s + dt_s, motion });
        let to = add_scaled(from, dt_s, velocity_mps);
        for axis in 0..3 {
            self.low_m[axis] = self.low_m[axis].min(from[axis]).min(to[axis]);
            self.high_m[axis] = self.high_m[axis].max(from[axis]).max(to[axis]);
        }
        to
    }
}

/// Calls `meeting(relative motion of b as seen from a, when, a's motion, b's motion)` for
/// every two legs that exist at the same time.
pub(crate) fn meetings(
    a: &Path,
    b: &Path,
    mut meeting: impl FnMut(&RelativeMotion, Span, &Motion, &Motion),
) {
    let (mut i, mut j) = (0, 0);
    while let (Some(p), Some(q)) = (a.legs.get(i), b.legs.get(j)) {
        if let Some(span) = Span::new(p.start_s, p.end_s).intersect(Span::new(q.start_s, q.end_s)) {
            let minus = |to: Vec3, from: Vec3| add_scaled(to, -1.0, from);
            let relative = RelativeMotion {
                position_m: minus(q.motion.position_m, p.motion.position_m),
                velocity_mps: minus(q.motion.velocity_mps, p.motion.velocity_mps),
            };
            meeting(&relative, span, &p.motion, &q.motion);
        }
        if p.end_s < q.end_s { i += 1 } else { j += 1 }
    }
}

fn fly(
    mut now: Flight,
    performance: &Performance,
    goals: [Instruction; 2],
    from_s: f64,
    horizon_s: f64,
) -> Path {
    let mut path =
        Path { legs: Vec::with_capacity(12), low_m: now.position_m, high_m: now.position_m };
    let (mut t_s, least_s) = (0.0, 1e-3);
    while t_s < horizon_s - least_s {
        let told = t_s >= from_s - least_s;
        let goal = &goals[usize::from(told)];
        let mut dt_s = horizon_s - t_s;
        if !told {
            dt_s = dt_s.min(from_s - t_s);
        }
        if path.legs.len() + 1 >= MAX_LEGS {
            let (sin, cos) = now.track_rad.sin_cos();
            let (east, north) = (now.ground_speed_mps * sin, now.ground_speed_mps * cos);
            path.push(t_s, dt_s, now.position_m, [east, north, now.climb_mps]);
            break;
        }
        let dt_s =
            now.advance(goal, performance, dt_s.max(least_s), &mut |dt_s, from, velocity| {
                path.push(t_s, dt_s, from, velocity)
            });
        t_s += dt_s;
    }
    path
}

impl Flight {
    /// Flies towards a goal for as long as one straight leg describes it, at most
    /// `dt_s`. Returns for how long.
    fn advance(
        &mut self,
        goal: &Instruction,
        performance: &Performance,
        mut dt_s: f64,
        push: &mut impl FnMut(f64, Vec3, Vec3) -> Vec3,
    ) -> f64 {
        let turn_left_rad = goal.track_rad.map_or(0.0, |track| wrap_pi(track - self.track_rad));
        let limit_rps = performance.turn_rate_at_rps(self.ground_speed_mps);
        let is_turning = turn_left_rad.abs() > 1e-6 && limit_rps > 1e-6;
        let turn_rps = if is_turning { limit_rps.copysign(turn_left_rad) } else { 0.0 };
        if is_turning {
            dt_s = dt_s.min(turn_left_rad.abs().min(CHORD_RAD) / limit_rps);
        }
        let faster_mps = goal.ground_speed_mps.map_or(0.0, |wanted| wanted - self.ground_speed_mps);
        let is_accelerating = faster_mps.abs() > 1e-3;
        if is_accelerating {
            dt_s = dt_s.min(faster_mps.abs() / performance.accel_mps2).min(CHANGE_STEP_S);
        }
        let climb_left_m = goal.altitude_m.map(|wanted| wanted - self.position_m[2]);
        let wanted_mps = match climb_left_m {
            None => self.climb_mps,
            Some(left) if left.abs() < 0.1 => 0.0,
            // Who climbs faster than usual in the right direction already goes on so.
            Some(left) if left > 0.0 => performance.climb_mps.max(self.climb_mps),
            Some(_) => -performance.descent_mps.max(-self.climb_mps),
        };
        let limit_mps2 = performance.vertical_accel_mps2;
        // Levelling off takes as long as it does: the last of the way is flown with the
        // rate falling to nothing.
        let stop_m = self.climb_mps * self.climb_mps / (2.0 * LEVEL_OFF * limit_mps2);
        let mut levels_off = false;
        if let Some(left_m) = climb_left_m
            && left_m * self.climb_mps > 0.0
            && self.climb_mps.abs() > 0.2
        {
            let before_m = left_m.abs() - stop_m;
            levels_off = before_m < 1.0 && before_m > -0.2 * stop_m - 1.0;
            dt_s = dt_s.min(if levels_off {
                2.0 * left_m / self.climb_mps
            } else if before_m > 0.0 {
                (before_m / self.climb_mps.abs()).max(0.5)
            } else {
                CHANGE_STEP_S
            });
        }
        let wanted_mps = if levels_off { 0.0 } else { wanted_mps };
        let steeper_mps = wanted_mps - self.climb_mps;
        if steeper_mps.abs() > 1e-3 && !levels_off {
            dt_s = dt_s.min(steeper_mps.abs() / limit_mps2).min(CHANGE_STEP_S);
        }
        let mut dt_s = dt_s.max(1e-3);
        let change_mps = limit_mps2 * dt_s;
        let mut climb_mps = self.climb_mps + steeper_mps.clamp(-change_mps, change_mps);
        let mut mean_mps = 0.5 * (self.climb_mps + climb_mps);
        if let Some(left_m) = climb_left_m
            && left_m * mean_mps > 0.0
            && (left_m / mean_mps <= dt_s || levels_off)
        {
            dt_s = if levels_off { dt_s } else { (left_m / mean_mps).max(1e-3) };
            mean_mps = if levels_off { 0.5 * self.climb_mps } else { left_m / dt_s };
            climb_mps = if levels_off {
                self.climb_mps - self.climb_mps * (dt_s * self.climb_mps / (2.0 * left_m)).min(1.0)
            } else {
                0.0
            };
        }
        let accel = performance.accel_mps2 * dt_s;
        let speed_mps = self.ground_speed_mps
            + if is_accelerating { faster_mps.clamp(-accel, accel) } else { 0.0 };
        let half_rad = 0.5 * turn_rps * dt_s;
        let shortened = if half_rad.abs() > 1e-6 { half_rad.sin() / half_rad } else { 1.0 };
        let chord_mps = 0.5 * (self.ground_speed_mps + speed_mps) * shortened;
        let (sin, cos) = (self.track_rad + half_rad).sin_cos();
        let velocity = [chord_mps * sin, chord_mps * cos, mean_mps];
        self.position_m = push(dt_s, self.position_m, velocity);
        self.track_rad = wrap_pi(self.track_rad + turn_rps * dt_s);
        self.ground_speed_mps = speed_mps;
        self.climb_mps = climb_mps;
        dt_s
    }
}

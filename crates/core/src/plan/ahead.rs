//! Where a plan takes an aircraft that follows it, and how well that is known.

use super::Plan;
use crate::state::Growth;
use crate::{Altitude, Covariance, Segment, State, Subject, Time, Trajectory, Velocity};

/// How long it takes an aircraft beside its path to be on it again, seconds: what a pilot or
/// an autopilot takes to close a small offset.
const MERGE_S: f64 = 60.0;
/// Ground speed is known to this share of itself. Along-track error of a trajectory predictor
/// grows by 15 kt at airliners' 450 to 500 kt (Paielli & Erzberger, *Conflict Probability
/// Estimation for Free Flight*, J. Guidance 20(3), 1997: growing along, bounded across).
const SPEED_SHARE: f64 = 0.03;
/// Departure of real from standard atmosphere, as a share of a difference of levels.
const TEMPERATURE_SHARE: f64 = 0.03;

impl Plan {
    /// Where the plan takes an aircraft that follows it: from where it is, as late as it is,
    /// onto the path and along it for `lookahead_s`, and at least for `least_s`, straight on
    /// where the path has ended. `None` if the path is over.
    pub fn ahead(
        &self,
        subject: Subject,
        state: &State,
        late_s: f64,
        lookahead_s: f64,
        least_s: f64,
    ) -> Option<Trajectory> {
        let now = state.time;
        let last = self.path.last()?.time.plus_s(late_s);
        let first = self.path.first()?.time;
        let planned = now.plus_s(-late_s).max(first);
        let late_s = now.seconds_since(planned);
        if last.seconds_since(now) < 1.0 {
            return None;
        }
        let end = last.min(now.plus_s(lookahead_s));
        let merged = now.plus_s(MERGE_S);
        let mut times: Vec<Time> = self.path.iter().map(|p| p.time.plus_s(late_s)).collect();
        times.push(merged);
        times.retain(|t| t.seconds_since(now) > 1e-3 && end.seconds_since(*t) > 1e-3);
        times.extend([now, end]);
        times.sort_unstable();
        times.dedup();
        let from = self.at(planned)?;
        let beside = from.position.frame().to_local(state.position);
        let shared = state.altitude.reference == from.altitude.reference;
        let place = |time: Time| {
            let there = self.at(time.plus_s(-late_s).max(first).min(self.path.last()?.time))?;
            let left = (1.0 - time.seconds_since(now) / MERGE_S).max(0.0);
            let position = match left > 0.0 {
                true => there.position.frame().from_local(beside.map(|m| left * m)),
                false => there.position,
            };
            // What is measured from something else is off by what the aircraft shows, for as
            // long as that lasts; a difference of levels is good in either reference.
            let offset_m = state.altitude.m - from.altitude.m;
            let m = there.altitude.m + if shared { left * offset_m } else { offset_m };
            Some((position, m))
        };
        let error = Error { of: self, state, shared };
        let mut segments = Vec::with_capacity(times.len());
        for pair in times.windows(2) {
            let (here, there) = (place(pair[0])?, place(pair[1])?);
            let seconds = pair[1].seconds_since(pair[0]);
            let (azimuth, distance_m) = here.0.azimuth_and_distance(there.0);
            let up_mps = (there.1 - here.1) / seconds;
            let velocity = Velocity::from_track(distance_m / seconds, azimuth, up_mps);
            let ages_s = [pair[0].seconds_since(now), pair[1].seconds_since(now)];
            let state = State {
                time: pair[0],
                position: here.0,
                altitude: Altitude { m: here.1, ..state.altitude },
                velocity,
                covariance: error.covariance(ages_s, here.1, &velocity),
            };
            segments.push(Segment { state, end: pair[1], growth: Growth::default() });
        }
        let until = now.plus_s(least_s);
        if let Some(last) = segments.last()
            && until.seconds_since(end) > 1e-3
        {
            let mut on = last.state.at(end, Growth::default());
            on.velocity.up_mps = 0.0;
            segments.push(Segment { state: on, end: until, growth: Growth::default() });
        }
        Trajectory::new(subject, segments).ok()
    }
}

/// How well it is known where an aircraft will be that follows its plan.
struct Error<'a> {
    of: &'a Plan,
    state: &'a State,
    shared: bool,
}

impl Error<'_> {
    /// At the beginning of a leg, with velocities such that it is right at its end, too: what
    /// the tracker leaves unsure, across it no more than half the tolerance, along it growing
    /// with the error of speed up to half the tolerance in time.
    fn covariance(&self, ages_s: [f64; 2], z_m: f64, v: &Velocity) -> Covariance {
        let (c, tolerance) = (&self.state.covariance, &self.of.tolerance);
        let seen_m2 = 0.5 * (c.horizontal[0][0] + c.horizontal[1][1]);
        let speed_mps = v.ground_speed_mps();
        let settled = |age_s: f64| 1.0 - (-age_s / MERGE_S).exp();
        let time_s = |age_s: f64| (SPEED_SHARE * age_s).min(0.5 * tolerance.time_s);
        let across = |age_s: f64| seen_m2 + settled(age_s) * (0.5 * tolerance.across_m).powi(2);
        let along = |age_s: f64| seen_m2 + (speed_mps * time_s(age_s)).powi(2);
        let carried_m = match self.shared {
            true => 0.0,
            false => TEMPERATURE_SHARE * (z_m - self.state.altitude.m).abs(),
        };
        let level = |age_s: f64| {
            c.vertical[0][0]
                + settled(age_s) * (0.5 * tolerance.vertical_m).powi(2)
                + (v.up_mps * time_s(age_s)).powi(2)
                + carried_m * carried_m
        };
        let duration_s = (ages_s[1] - ages_s[0]).max(1e-3);
        let both = |of: &dyn Fn(f64) -> f64| {
            let [now, then] = ages_s.map(of);
            [now, (then - now).max(0.0) / (duration_s * duration_s)]
        };
        let (along, across, level) = (both(&along), both(&across), both(&level));
        let (sin, cos) = match speed_mps > 1.0 {
            true => (v.east_mps / speed_mps, v.north_mps / speed_mps),
            false => (0.0, 1.0),
        };
        let mut out = Covariance::default();
        for (k, i) in [0, 2].into_iter().enumerate() {
            out.horizontal[i][i] = along[k] * sin * sin + across[k] * cos * cos;
            out.horizontal[i + 1][i + 1] = along[k] * cos * cos + across[k] * sin * sin;
            out.horizontal[i][i + 1] = (along[k] - across[k]) * sin * cos;
            out.horizontal[i + 1][i] = out.horizontal[i][i + 1];
        }
        out.vertical = [[level[0], 0.0], [0.0, level[1]]];
        out
    }
}

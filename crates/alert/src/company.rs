//! Whether two aircraft keep station on each other.
//!
//! Formations weave, climb in steps and are tracked with noise, so the relative
//! speed of one instant says little. What tells is that the two *stay* together:
//! over a window of time they remain near each other, point the same way, and
//! their relative position hardly moves. And the window has to be long enough:
//! an aircraft that slowly overtakes another is near it for a while too.

use crate::relative::Relative;
use deconflict_core::Time;
use deconflict_core::rules::FormationPolicy;
use std::collections::VecDeque;

/// Track angles that differ by less than this count as the same way.
const COS_ALIGNED: f64 = 0.82; // 35°
/// Slower than this nobody flies in formation: aircraft that stand about on an
/// aerodrome without saying so are near each other all day.
const MIN_SPEED_MPS: f64 = 15.0;
/// Of the samples in the window this many have to agree, in quarters.
const QUARTERS: usize = 3;
/// Seconds between two samples.
const SAMPLE_S: f64 = 2.0;
/// The most samples kept: bounds the window to some minutes.
const MAX_SAMPLES: usize = 128;
/// A pair not near each other for this long has parted, seconds.
const PARTED_S: f64 = 15.0;
/// Two that are together within this long of the first sight of the younger began so, seconds.
const BEGAN_S: f64 = 30.0;
/// How many times the policy's `after_s` a possible formation is waited for.
const PATIENCE: f64 = 3.0;
/// Who flies another way for this long goes another way, and is not merely the second
/// of two to turn, seconds.
const ASTRAY_S: f64 = 7.0;

#[derive(Clone, Copy, Debug)]
struct Sample {
    time: Time,
    position: [f64; 2],
    within: bool,
    aligned: bool,
}

/// The time that a pair has spent near each other.
#[derive(Clone, Debug)]
pub(crate) struct Company {
    since: Time,
    together: bool,
    last_near: Time,
    /// When the two last flew the same way, or hardly moved against each other.
    last_aligned: Time,
    samples: VecDeque<Sample>,
}

fn near(relative: &Relative, policy: &FormationPolicy, factor: f64) -> bool {
    relative.horizontal_m() <= factor * policy.horizontal_m
        && relative.vertical_m() <= factor * policy.vertical_m
}

fn aligned(relative: &Relative) -> bool {
    let [a, b] = relative.speeds;
    let (slow, fast) = (a.min(b), a.max(b));
    relative.cos_crossing >= COS_ALIGNED && slow >= MIN_SPEED_MPS && slow >= 0.6 * fast
}

/// How long a pair that met in sight has to keep station: longer than the
/// slowest passing that the policy's own limits allow, right through the middle.
fn proof_s(policy: &FormationPolicy) -> f64 {
    let passing = 2.0 * policy.horizontal_m / policy.relative_speed_mps.max(0.1);
    policy.after_s.max(passing).min(SAMPLE_S * (MAX_SAMPLES - 8) as f64)
}

/// How the two are seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sight {
    /// When the younger of the two tracks was first seen in flight.
    pub youngest: Time,
    /// Whether both have been heard of late.
    pub fresh: bool,
    /// Whether one of them is there to be joined: a tanker or a tow plane.
    pub joined: bool,
}

impl Company {
    /// Takes in where the two are; `None` once they have parted or if they never met.
    pub fn observe(
        company: Option<Company>,
        now: Time,
        relative: &Relative,
        policy: &FormationPolicy,
        sight: Sight,
    ) -> Option<Company> {
        let is_near = near(relative, policy, 2.0);
        let mut this = match company {
            Some(c) if now.seconds_since(c.last_near) <= PARTED_S => c,
            _ if !is_near => return None,
            _ => Company {
                since: now,
                together: sight.joined || now.seconds_since(sight.youngest) <= BEGAN_S,
                last_near: now,
                last_aligned: now.plus_s(-2.0 * ASTRAY_S),
                samples: VecDeque::new(),
            },
        };
        if is_near {
            this.last_near = now;
        }
        if near(relative, policy, 1.0) && relative.speeds.iter().all(|&s| s < MIN_SPEED_MPS) {
            // Both on the runway: what they do from here on they begin together.
            (this.since, this.together) = (now, true);
            this.samples.clear();
        }
        // A turn is not seen before it is reported, and the two report in turn.
        let with = aligned(relative) || relative.speed_mps() <= policy.relative_speed_mps;
        if with || !sight.fresh && !this.is_astray(now) {
            this.last_aligned = now;
        }
        let due = this.samples.back().is_none_or(|s| now.seconds_since(s.time) >= SAMPLE_S - 0.01);
        if due {
            if this.samples.len() == MAX_SAMPLES {
                this.samples.pop_front();
            }
            this.samples.push_back(Sample {
                time: now,
                position: relative.position,
                within: near(relative, policy, 1.0),
                aligned: aligned(relative),
            });
        }
        Some(this)
    }

    /// Time passes without news of the two.
    pub fn wait(&mut self, now: Time) {
        self.last_near = now;
        if !self.is_astray(now) {
            self.last_aligned = now;
        }
    }

    fn is_astray(&self, now: Time) -> bool {
        now.seconds_since(self.last_aligned) > ASTRAY_S
    }

    /// Since when the two keep station, if they do.
    pub fn station_keeping(&self, now: Time, policy: &FormationPolicy) -> Option<Time> {
        let need_s = if self.together { policy.after_s } else { proof_s(policy) };
        let from = self.samples.partition_point(|s| now.seconds_since(s.time) > need_s + SAMPLE_S);
        let first = self.samples.get(from)?;
        let span_s = now.seconds_since(first.time);
        let last = self.samples.back()?;
        let count = self.samples.len() - from;
        if span_s < need_s || now.seconds_since(last.time) > PARTED_S {
            return None;
        }
        let most = |n: usize| 4 * n >= QUARTERS * count;
        let within = self.samples.range(from..).filter(|s| s.within).count();
        let aligned = self.samples.range(from..).filter(|s| s.aligned).count();
        let drift_m =
            (last.position[0] - first.position[0]).hypot(last.position[1] - first.position[1]);
        let steady_m = policy.relative_speed_mps * span_s;
        // Who met in sight may be passing, however slowly: hardly any drift is allowed.
        let steady_m =
            if self.together { steady_m } else { steady_m.min(policy.horizontal_m / 2.0) };
        let steady = drift_m <= steady_m;
        (last.within && most(within) && most(aligned) && steady).then_some(first.time)
    }

    /// Whether the two were near each other when first seen and still fly the
    /// same way: what is not yet a formation, for lack of time, but may be one.
    pub fn may_become_formation(&self, now: Time, policy: &FormationPolicy) -> bool {
        self.together
            && now.seconds_since(self.since) <= PATIENCE * policy.after_s
            && !self.is_astray(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relative(x: f64, vx: f64) -> Relative {
        Relative {
            position: [x, 0.0],
            up_m: 0.0,
            velocity: [vx, 0.0],
            climb_mps: 0.0,
            speeds: [100.0, 100.0 + vx],
            cos_crossing: 1.0,
        }
    }

    /// Flies a pair for `until_s` and says when it was first taken for a formation.
    fn formed(start_m: f64, speed_mps: f64, seen_before_s: f64, until_s: usize) -> Option<f64> {
        let policy = FormationPolicy::default();
        let zero = Time::from_millis(0);
        let mut company = None;
        for t in 0..until_s {
            let now = zero.plus_s(t as f64);
            let here = relative(start_m + speed_mps * t as f64, speed_mps);
            let youngest = zero.plus_s(-seen_before_s);
            let sight = Sight { youngest, fresh: true, joined: false };
            company = Company::observe(company, now, &here, &policy, sight);
            if company.as_ref().and_then(|c| c.station_keeping(now, &policy)).is_some() {
                return Some(t as f64);
            }
        }
        None
    }

    #[test]
    fn station_keeping_is_seen_after_a_time() {
        assert!(formed(300.0, 0.0, 0.0, 300).is_some_and(|t| (60.0..70.0).contains(&t)));
        // Seen apart before: it has to last longer than the slowest passing.
        assert!(formed(300.0, 0.0, 600.0, 300).is_some_and(|t| (140.0..155.0).contains(&t)));
    }

    #[test]
    fn a_slow_overtaking_is_no_formation() {
        for knots in [8.0, 13.0, 20.0, 30.0, 60.0] {
            let speed = deconflict_core::units::mps_from_kt(knots);
            assert_eq!(formed(-6000.0, speed, 600.0, 3000), None, "{knots} kt");
        }
    }
}

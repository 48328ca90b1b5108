//! The manoeuvres of ownship: for each value of a dimension, the flight that leads to
//! it, sampled, and the straight flight that follows.

use crate::config::{Config, Dimension};
use crate::pair::Motion;
use deconflict_core::units::STANDARD_GRAVITY_MPS2;
use std::f64::consts::TAU;
use std::ops::Range;

/// Less than this, in SI units, is no difference between values.
pub(super) const ALMOST: f64 = 1e-5;

/// A moment of a manoeuvre. Who stops manoeuvring here flies on straight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Sample {
    /// Since the beginning of the manoeuvre, seconds.
    pub time_s: f64,
    /// Ownship at this moment.
    pub own: Motion,
    /// How long ownship flies on about like this, if the manoeuvre goes on, seconds.
    pub goes_on_s: f64,
}

/// The samples of one value whose way is its own, or begins with a way that it shares.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    /// Samples that are shared with other values.
    pub shared: Range<usize>,
    /// Where a steady climb begins, and how long it lasts, seconds.
    pub steady: Option<(usize, f64)>,
    /// Own samples; the last is the end of the manoeuvre.
    pub start: usize,
    /// Behind the last sample.
    pub end: usize,
}

/// The values of one dimension that are tried, `base + k·step` for k from −`down` to
/// `up`, and how ownship gets there.
#[derive(Clone, Debug, Default)]
pub(crate) struct Manoeuvres {
    /// The value of index 0.
    pub base: f64,
    /// Distance of neighbouring values.
    pub step: f64,
    /// How many values are below index 0.
    pub down: usize,
    /// How many are above.
    pub up: usize,
    /// Look-ahead, seconds: what comes later is not looked at.
    pub horizon_s: f64,
    /// Whether these are altitudes that are reached at once. The way there does not
    /// show that ownship is inside a volume now.
    pub at_once_altitude: bool,
    /// All samples.
    pub samples: Vec<Sample>,
    /// For values whose ways differ (altitudes): the way of each. Empty where a value
    /// is reached through its neighbours: then the samples are those of index 0 to
    /// `up`, followed by those of index −1 to −`down`.
    pub ends: Vec<Way>,
    /// Whether next to nothing of the first and of the last step is within the limits.
    pub slivers: [bool; 2],
    /// Added to the time ahead at the end of a manoeuvre, seconds.
    pub margin_s: f64,
}

impl Manoeuvres {
    pub fn values(&self) -> usize {
        self.down + self.up + 1
    }

    /// The value at a position 0..[`Manoeuvres::values`].
    pub fn value(&self, position: usize) -> f64 {
        self.base + (position as f64 - self.down as f64) * self.step
    }

    /// The sample at the end of the manoeuvre to the value at a position.
    pub fn sample_of(&self, position: usize) -> usize {
        match self.ends.get(position) {
            Some(way) => way.end - 1,
            None if position >= self.down => position - self.down,
            None => self.up + self.down - position,
        }
    }
}

/// What ownship flies now.
pub(crate) fn current(dimension: Dimension, own: &Motion) -> f64 {
    let [vx, vy, vz] = own.velocity_mps;
    match dimension {
        Dimension::Direction => vx.atan2(vy).rem_euclid(TAU),
        Dimension::Speed => (vx * vx + vy * vy).sqrt(),
        Dimension::VerticalSpeed => vz,
        Dimension::Altitude => own.position_m[2],
    }
}

/// Whether ownship is slower than its least airspeed, and no directions are told then.
pub(crate) fn too_slow_to_turn(dimension: Dimension, own: &Motion, config: &Config) -> bool {
    dimension == Dimension::Direction
        && config.hdir_bands_below_min_as == 0
        && is_slow(current(Dimension::Speed, own), config)
}

fn is_slow(speed: f64, config: &Config) -> bool {
    speed < config.min_airspeed_mps
}

/// Whether two values agree in their first twelve binary digits: a band between them
/// says nothing.
pub(super) fn almost_equal(a: f64, b: f64) -> bool {
    let greater = a.abs().max(b.abs());
    (a - b).abs() <= (greater.log2().floor().exp2() * 2_f64.powi(-12)).max(1e-9)
}

/// Ownship in the air: motion is relative to the air that carries everybody.
pub(crate) fn manoeuvres(
    dimension: Dimension,
    own: &Motion,
    config: &Config,
    out: &mut Manoeuvres,
) {
    let limits = config.limits(dimension);
    let speed = current(Dimension::Speed, own);
    out.samples.clear();
    out.ends.clear();
    out.margin_s = 0.0;
    out.at_once_altitude = dimension == Dimension::Altitude && config.vertical_rate_mps <= 0.0;
    // With the time of the manoeuvre added, the time ahead begins when it ends.
    out.horizon_s =
        if config.bands_add_time_to_maneuver { f64::INFINITY } else { config.lookahead_s };
    out.step = limits.step;
    out.base = match dimension {
        Dimension::Altitude => limits.min,
        _ => current(dimension, own),
    };
    // What is all but a whole number of steps is one: values beyond the limits are not
    // tried for the sake of rounding.
    let count = |width: f64| ((width - ALMOST) / limits.step).ceil().max(0.0) as usize;
    match dimension {
        Dimension::Direction => {
            (out.down, out.up) = (count(limits.min), count(limits.max));
            out.slivers = [false; 2];
        }
        _ => {
            let (low, high) = range(dimension, out.base, own, config);
            (out.down, out.up) = (count(out.base - low), count(high - out.base));
            let (first, last) = (out.value(0) + out.step, out.value(out.values() - 1) - out.step);
            out.slivers = [almost_equal(low, first), almost_equal(last, high)];
        }
    }
    match dimension {
        Dimension::Direction => directions(own, speed, config, out),
        Dimension::Speed => speeds(own, speed, config, out),
        Dimension::VerticalSpeed => vertical_speeds(own, config, out),
        Dimension::Altitude => altitudes(own, config, out),
    }
}

/// Least and greatest value that is considered.
pub(crate) fn range(dimension: Dimension, base: f64, own: &Motion, config: &Config) -> (f64, f64) {
    let limits = config.limits(dimension);
    let current = if dimension == Dimension::Altitude { own.position_m[2] } else { base };
    let low =
        if limits.below_relative > 0.0 { current - limits.below_relative } else { limits.min };
    let high =
        if limits.above_relative > 0.0 { current + limits.above_relative } else { limits.max };
    (low.max(limits.min), high.min(limits.max))
}

/// Turn rate that ownship flies, rad/s; 0: it turns at once.
fn turn_rate(speed: f64, config: &Config) -> f64 {
    if config.hdir_bands_below_min_as > 0 && is_slow(speed, config) {
        return 0.0;
    }
    if config.turn_rate_radps > 0.0 || config.bank_angle_rad == 0.0 {
        return config.turn_rate_radps;
    }
    STANDARD_GRAVITY_MPS2 * config.bank_angle_rad.tan() / speed.max(1e-3)
}

fn both_sides(out: &mut Manoeuvres, mut sample: impl FnMut(f64) -> Sample) {
    for k in 0..=out.up {
        out.samples.push(sample(k as f64));
    }
    for k in 1..=out.down {
        out.samples.push(sample(-(k as f64)));
    }
}

/// A level turn at constant speed: an arc of radius v/ω.
fn directions(own: &Motion, speed: f64, config: &Config, out: &mut Manoeuvres) {
    let rate = turn_rate(speed, config);
    let (base, step) = (out.base, out.step);
    let step_s = if rate > 0.0 { step / rate } else { 0.0 };
    let (sin0, cos0) = base.sin_cos();
    both_sides(out, |k| {
        let (sin, cos) = (base + k * step).sin_cos();
        let time_s = k.abs() * step_s;
        let mut next = *own;
        next.velocity_mps = [speed * sin, speed * cos, own.velocity_mps[2]];
        if time_s > 0.0 {
            let radius = (speed / rate).copysign(k);
            next.position_m[0] += radius * (cos0 - cos);
            next.position_m[1] += radius * (sin - sin0);
            next.position_m[2] += time_s * own.velocity_mps[2];
        }
        Sample { time_s, own: next, goes_on_s: step_s }
    });
}

/// Constant acceleration along the direction of flight.
fn speeds(own: &Motion, speed: f64, config: &Config, out: &mut Manoeuvres) {
    let accel = config.horizontal_accel_mps2;
    let (sin, cos) = own.velocity_mps[0].atan2(own.velocity_mps[1]).sin_cos();
    let step = out.step;
    let step_s = if accel > 0.0 { step / accel } else { 0.0 };
    both_sides(out, |k| {
        let reached = speed + k * step;
        let time_s = k.abs() * step_s;
        let way = 0.5 * (speed + reached) * time_s;
        let mut next = own.after(0.0);
        next.velocity_mps = [reached * sin, reached * cos, own.velocity_mps[2]];
        next.position_m[0] += way * sin;
        next.position_m[1] += way * cos;
        next.position_m[2] += time_s * own.velocity_mps[2];
        Sample { time_s, own: next, goes_on_s: step_s }
    });
}

/// Constant vertical acceleration.
fn vertical_speeds(own: &Motion, config: &Config, out: &mut Manoeuvres) {
    let accel = config.vertical_accel_mps2;
    let vz = own.velocity_mps[2];
    let step = out.step;
    let step_s = if accel > 0.0 { step / accel } else { 0.0 };
    both_sides(out, |k| {
        let time_s = k.abs() * step_s;
        let mut next = own.after(time_s);
        next.velocity_mps[2] = vz + k * step;
        next.position_m[2] = own.position_m[2] + 0.5 * (vz + next.velocity_mps[2]) * time_s;
        Sample { time_s, own: next, goes_on_s: step_s }
    });
}

/// The time between samples of a climb or descent, seconds.
const CLIMB_SAMPLE_S: f64 = 1.0;

/// A climb or descent to each altitude, and level flight there.
///
/// Every climb begins alike: vertical speed builds up, and then is steady. These
/// samples are shared; only levelling off is each altitude's own.
fn altitudes(own: &Motion, config: &Config, out: &mut Manoeuvres) {
    let at_once = config.vertical_rate_mps <= 0.0;
    out.margin_s = if at_once { 0.0 } else { CLIMB_SAMPLE_S };
    // The beginnings of descents and of climbs: their samples, and that of the steady part.
    let mut begun: [Option<(Range<usize>, usize)>; 2] = [None, None];
    for position in 0..out.values() {
        let target = out.value(position);
        let start = out.samples.len();
        if at_once {
            let mut level = *own;
            level.position_m[2] = target;
            level.velocity_mps[2] = 0.0;
            out.samples.push(Sample { time_s: 0.0, own: level, goes_on_s: 0.0 });
            out.ends.push(Way { shared: 0..0, steady: None, start, end: start + 1 });
            continue;
        }
        let climb = Climb::to(target, own, config);
        let steady_s = climb.level_off_s - climb.steady_s;
        let side = usize::from(target >= own.position_m[2]);
        let (shared, steady) = if steady_s > 0.0 {
            let begun = begun[side].get_or_insert_with(|| {
                let shared = climb.sample(0.0, climb.steady_s, own, &mut out.samples);
                climb.push(climb.steady_s, own, &mut out.samples);
                (shared.clone(), shared.end)
            });
            (begun.0.clone(), Some((begun.1, steady_s)))
        } else {
            // So close by that there is no steady part, and nothing to share.
            (climb.sample(0.0, climb.steady_s, own, &mut out.samples), None)
        };
        let from_s = (climb.level_off_s / CLIMB_SAMPLE_S).ceil() * CLIMB_SAMPLE_S;
        let start = climb.sample(from_s, climb.end_s, own, &mut out.samples).start;
        climb.push(climb.end_s, own, &mut out.samples);
        out.ends.push(Way { shared, steady, start, end: out.samples.len() });
    }
}

/// No change of vertical speed takes longer, in samples.
const MOST_SAMPLES: u32 = 600;

/// A change of altitude: vertical speed goes to the climb rate at constant
/// acceleration, stays, and goes to zero.
#[derive(Clone, Copy, Debug)]
struct Climb {
    target_m: f64,
    rate_mps: f64,
    first_mps2: f64,
    accel_mps2: f64,
    /// End of the first acceleration, of the steady climb, and of it all.
    steady_s: f64,
    level_off_s: f64,
    end_s: f64,
}

impl Climb {
    fn to(target_m: f64, own: &Motion, config: &Config) -> Climb {
        let (z, vz) = (own.position_m[2], own.velocity_mps[2]);
        let way = target_m - z;
        let accel = config.vertical_accel_mps2;
        // Who climbs faster already does not slow down on the way.
        let climb = config.vertical_rate_mps.max(vz * 1_f64.copysign(way));
        let rate = climb.copysign(way);
        if accel == 0.0 {
            let end_s = (way / rate).max(0.0);
            return Climb {
                target_m,
                rate_mps: rate,
                first_mps2: 0.0,
                accel_mps2: 0.0,
                steady_s: 0.0,
                level_off_s: end_s,
                end_s,
            };
        }
        // In the direction of the target everything is upwards.
        let sign = 1_f64.copysign(way);
        let (v0, d, r) = (vz * sign, way.abs(), climb);
        let signed_way = |from: f64, to: f64| 0.5 * (from + to) * (to - from).abs() / accel;
        let level_off = signed_way(r, 0.0);
        let left = d - signed_way(v0, r) - level_off;
        if left >= 0.0 {
            let steady_s = (r - v0).abs() / accel;
            let level_off_s = steady_s + left / r;
            return Climb {
                target_m,
                rate_mps: rate,
                first_mps2: accel.copysign((r - v0) * sign),
                accel_mps2: -accel * sign,
                steady_s,
                level_off_s,
                end_s: level_off_s + r / accel,
            };
        }
        // Too short for the climb rate: up to a peak p and down again,
        // (p² − v0²)/2a + p²/2a = d.
        let p2 = accel * d + 0.5 * v0 * v0;
        let p = p2.max(0.0).sqrt();
        let steady_s = ((p - v0) / accel).max(0.0);
        Climb {
            target_m,
            rate_mps: p * sign,
            first_mps2: accel * sign,
            accel_mps2: -accel * sign,
            steady_s,
            level_off_s: steady_s,
            end_s: steady_s + p / accel,
        }
    }

    fn push(&self, time_s: f64, own: &Motion, samples: &mut Vec<Sample>) {
        samples.push(Sample { time_s, own: self.at(time_s, own), goes_on_s: 0.0 });
    }

    /// Samples from a time until before another; says which they are.
    fn sample(
        &self,
        from_s: f64,
        before_s: f64,
        own: &Motion,
        samples: &mut Vec<Sample>,
    ) -> Range<usize> {
        let start = samples.len();
        for k in 0..MOST_SAMPLES {
            let time_s = from_s + f64::from(k) * CLIMB_SAMPLE_S;
            if time_s >= before_s {
                break;
            }
            self.push(time_s, own, samples);
        }
        start..samples.len()
    }

    fn at(&self, t: f64, own: &Motion) -> Motion {
        let mut next = own.after(t);
        let (z, vz) = (own.position_m[2], own.velocity_mps[2]);
        if t >= self.end_s {
            next.position_m[2] = self.target_m;
            next.velocity_mps[2] = 0.0;
            return next;
        }
        let first = t.min(self.steady_s);
        let steady = (t.min(self.level_off_s) - self.steady_s).max(0.0);
        let last = (t - self.level_off_s).max(0.0);
        next.position_m[2] = z
            + vz * first
            + 0.5 * self.first_mps2 * first * first
            + self.rate_mps * (steady + last)
            + 0.5 * self.accel_mps2 * last * last;
        next.velocity_mps[2] = if t < self.steady_s {
            vz + self.first_mps2 * t
        } else {
            self.rate_mps + self.accel_mps2 * last
        };
        next
    }
}

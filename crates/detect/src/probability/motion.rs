//! Straight uncertain motion, in one dimension and in the horizontal plane.

use super::{REACH_SIGMAS, RelativeState};

/// A closed span of time, in seconds from now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    pub from: f64,
    pub to: f64,
}

impl Interval {
    pub fn length(&self) -> f64 {
        self.to - self.from
    }

    pub fn centre(&self) -> f64 {
        0.5 * (self.from + self.to)
    }

    /// Closure of the overlap with the open interval `(from, to)`, if they overlap at all.
    fn overlap_with_open(self, from: f64, to: f64) -> Option<Self> {
        let meets = from < to && from < self.to && to > self.from;
        // A window of no length is met only by an interval that contains it.
        let contains = from < self.from && to > self.to;
        (meets || contains).then_some(Self { from: self.from.max(from), to: self.to.min(to) })
    }
}

/// One coordinate in uniform motion, its start and rate jointly Gaussian.
///
/// At time `t` it is Gaussian with mean `start + rate t`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coordinate {
    pub start: f64,
    pub rate: f64,
    pub start_var: f64,
    /// Covariance of start and rate.
    pub cross_cov: f64,
    pub rate_var: f64,
}

impl Coordinate {
    pub fn mean(&self, t: f64) -> f64 {
        self.start + self.rate * t
    }

    pub fn variance(&self, t: f64) -> f64 {
        self.covariance(t, t).max(0.0)
    }

    pub fn sigma(&self, t: f64) -> f64 {
        self.variance(t).sqrt()
    }

    /// Covariance of the coordinate at two times.
    pub fn covariance(&self, s: f64, t: f64) -> f64 {
        self.start_var + (s + t) * self.cross_cov + s * t * self.rate_var
    }

    /// Covariance of the coordinate at `t` with its rate.
    pub fn rate_cov(&self, t: f64) -> f64 {
        self.cross_cov + t * self.rate_var
    }

    /// Mean and standard deviation of the rate given that the coordinate is at `value` at `t`.
    pub fn rate_given(&self, t: f64, value: f64) -> (f64, f64) {
        let variance = self.variance(t).max(f64::MIN_POSITIVE);
        let gain = self.rate_cov(t) / variance;
        let determinant = self.start_var * self.rate_var - self.cross_cov * self.cross_cov;
        let sigma = (determinant.max(0.0) / variance).sqrt();
        (self.rate + gain * (value - self.mean(t)), sigma)
    }

    /// The same motion seen with the axis reversed.
    pub fn mirrored(&self) -> Self {
        Self { start: -self.start, rate: -self.rate, ..*self }
    }

    pub fn is_exact(&self) -> bool {
        self.start_var == 0.0 && self.rate_var == 0.0
    }

    /// The two times at which the mean is at `-limit` and at `limit`, in order of time.
    pub fn nominal_crossings(&self, limit: f64) -> [f64; 2] {
        let [a, b] = [-limit, limit].map(|level| (level - self.start) / self.rate);
        [a.min(b), a.max(b)]
    }

    /// The part of `window` in which the mean lies strictly within `±limit`.
    pub fn nominal_stay(&self, limit: f64, window: Interval) -> Option<Interval> {
        if self.rate == 0.0 {
            return (self.start.abs() < limit).then_some(window);
        }
        let [from, to] = self.nominal_crossings(limit);
        window.overlap_with_open(from, to)
    }

    /// Whether the coordinate surely stays within `±limit` throughout `window`.
    pub fn surely_within(&self, limit: f64, window: Interval) -> bool {
        // |mean| + k·sigma is convex in time, so the ends bound what is between.
        let within = |t| self.mean(t).abs() + REACH_SIGMAS * self.sigma(t) < limit;
        within(window.from) && within(window.to)
    }

    /// Whether the coordinate surely never exceeds `limit` in `window`.
    pub fn surely_below(&self, limit: f64, window: Interval) -> bool {
        let below = |t| self.mean(t) + REACH_SIGMAS * self.sigma(t) < limit;
        below(window.from) && below(window.to)
    }

    /// Hull of the times in `window` at which the coordinate may lie within `±limit`.
    pub fn reach(&self, limit: f64, window: Interval) -> Option<Interval> {
        let [first, last] = [window.from, window.to].map(|t| {
            let (mean, reach) = (self.mean(t), REACH_SIGMAS * self.sigma(t));
            (mean - reach > limit, mean + reach < -limit)
        });
        // The margin `mean - k·sigma - limit` is concave: where it is positive at one end only,
        // it changes sign once, and where it is positive at both, it is so all the way.
        if first.0 && last.0 || first.1 && last.1 {
            return None;
        }
        let mut window = window;
        if first.0 || last.0 {
            window = self.cut_above(limit, window, first.0);
        }
        if first.1 || last.1 {
            window = self.mirrored().cut_above(limit, window, first.1);
        }
        Some(window)
    }

    /// Cuts off the first or the last part of `window`, in which the coordinate is surely above
    /// `limit`.
    fn cut_above(&self, limit: f64, window: Interval, is_first: bool) -> Interval {
        match self.margin_root(limit, window) {
            Some(from) if is_first => Interval { from, ..window },
            Some(to) => Interval { to, ..window },
            None => window,
        }
    }

    /// The time in `window` at which the mean is [`REACH_SIGMAS`] above `limit`.
    fn margin_root(&self, limit: f64, window: Interval) -> Option<f64> {
        const SQUARE: f64 = REACH_SIGMAS * REACH_SIGMAS;
        let excess = self.start - limit;
        let a = self.rate * self.rate - SQUARE * self.rate_var;
        let half_b = self.rate * excess - SQUARE * self.cross_cov;
        let c = excess * excess - SQUARE * self.start_var;
        let root = (half_b * half_b - a * c).max(0.0).sqrt();
        let q = -(half_b + root.copysign(half_b));
        // The parabola has a second branch, on which the mean is as far below the limit.
        let is_wanted = |t: &f64| *t >= window.from && *t <= window.to && self.mean(*t) >= limit;
        [q / a, c / q].into_iter().find(is_wanted)
    }
}

/// Motion in the horizontal plane: two coordinates and the covariances that tie them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Planar {
    pub x: Coordinate,
    pub y: Coordinate,
    pub starts_cov: f64,
    /// Covariance of the start of x and the rate of y.
    pub x_start_y_rate: f64,
    /// Covariance of the start of y and the rate of x.
    pub y_start_x_rate: f64,
    pub rates_cov: f64,
}

impl Planar {
    /// The horizontal part of a relative state, x east and y north.
    ///
    /// A covariance that is not quite symmetric is made so.
    pub fn new(rel: &RelativeState) -> Self {
        let cov = |i: usize, j: usize| 0.5 * (rel.horizontal_cov[i][j] + rel.horizontal_cov[j][i]);
        let coordinate = |i: usize| Coordinate {
            start: rel.position_m[i],
            rate: rel.velocity_mps[i],
            start_var: cov(i, i).max(0.0),
            cross_cov: cov(i, i + 2),
            rate_var: cov(i + 2, i + 2).max(0.0),
        };
        Self {
            x: coordinate(0),
            y: coordinate(1),
            starts_cov: cov(0, 1),
            x_start_y_rate: cov(0, 3),
            y_start_x_rate: cov(1, 2),
            rates_cov: cov(2, 3),
        }
    }

    /// The same motion in axes turned so that the new x axis is the unit vector `along`.
    pub fn turned(&self, along: [f64; 2]) -> Self {
        let across = [-along[1], along[0]];
        let form = |a: [f64; 2], b: [f64; 2], xx: f64, xy: f64, yx: f64, yy: f64| {
            a[0] * (xx * b[0] + xy * b[1]) + a[1] * (yx * b[0] + yy * b[1])
        };
        let (x, y) = (&self.x, &self.y);
        let starts = |a, b| form(a, b, x.start_var, self.starts_cov, self.starts_cov, y.start_var);
        let rates = |a, b| form(a, b, x.rate_var, self.rates_cov, self.rates_cov, y.rate_var);
        let start_rate =
            |a, b| form(a, b, x.cross_cov, self.x_start_y_rate, self.y_start_x_rate, y.cross_cov);
        let coordinate = |axis: [f64; 2]| Coordinate {
            start: axis[0] * x.start + axis[1] * y.start,
            rate: axis[0] * x.rate + axis[1] * y.rate,
            start_var: starts(axis, axis).max(0.0),
            cross_cov: start_rate(axis, axis),
            rate_var: rates(axis, axis).max(0.0),
        };
        Self {
            x: coordinate(along),
            y: coordinate(across),
            starts_cov: starts(along, across),
            x_start_y_rate: start_rate(along, across),
            y_start_x_rate: start_rate(across, along),
            rates_cov: rates(along, across),
        }
    }

    pub fn is_exact(&self) -> bool {
        self.x.is_exact() && self.y.is_exact()
    }

    /// Distance of the mean from the origin at time `t`.
    pub fn distance(&self, t: f64) -> f64 {
        length([self.x.mean(t), self.y.mean(t)])
    }

    /// Covariance of x and y at time `t`.
    pub fn covariance(&self, t: f64) -> f64 {
        self.starts_cov + t * (self.x_start_y_rate + self.y_start_x_rate + t * self.rates_cov)
    }

    /// Largest standard deviation in any direction at time `t`.
    pub fn largest_sigma(&self, t: f64) -> f64 {
        let (xx, yy) = (self.x.variance(t), self.y.variance(t));
        let half_difference = 0.5 * (xx - yy);
        (0.5 * (xx + yy) + length([half_difference, self.covariance(t)])).max(0.0).sqrt()
    }

    /// Direction in which the standard deviation at time `t` is largest.
    pub fn widest_direction(&self, t: f64) -> [f64; 2] {
        let half_difference = 0.5 * (self.x.variance(t) - self.y.variance(t));
        let covariance = self.covariance(t);
        let root = length([half_difference, covariance]);
        // Twice the angle has the direction (half_difference, covariance): halved either way, so
        // that nothing cancels.
        if half_difference >= 0.0 {
            unit([half_difference + root, covariance])
        } else {
            unit([covariance.abs(), (root - half_difference).copysign(covariance)])
        }
    }

    /// The part of `window` in which the mean lies strictly within `radius` of the origin.
    pub fn nominal_stay(&self, radius: f64, window: Interval) -> Option<Interval> {
        let speed2 = self.x.rate * self.x.rate + self.y.rate * self.y.rate;
        let c = self.x.start * self.x.start + self.y.start * self.y.start - radius * radius;
        if speed2 == 0.0 {
            return (c < 0.0).then_some(window);
        }
        let closest = -(self.x.start * self.x.rate + self.y.start * self.y.rate) / speed2;
        let half_chord = (closest * closest - c / speed2).max(0.0).sqrt();
        window.overlap_with_open(closest - half_chord, closest + half_chord)
    }
}

/// Length of a vector. (`hypot` guards against overflow, which bounded inputs do not need.)
pub(super) fn length(vector: [f64; 2]) -> f64 {
    (vector[0] * vector[0] + vector[1] * vector[1]).sqrt()
}

/// Unit vector along `vector`, or along x if it has no length.
pub(super) fn unit(vector: [f64; 2]) -> [f64; 2] {
    let length = length(vector);
    if length > 0.0 { vector.map(|component| component / length) } else { [1.0, 0.0] }
}

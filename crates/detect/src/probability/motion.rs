//! Straight uncertain motion, in one dimension and in two.

use super::RelativeState;

/// A closed span of time, in seconds from now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    pub from: f64,
    pub to: f64,
}

impl Interval {
    fn intersect(self, other: Self) -> Option<Self> {
        let both = Self { from: self.from.max(other.from), to: self.to.min(other.to) };
        (both.from <= both.to).then_some(both)
    }
}

/// One coordinate in uniform motion, start and rate jointly Gaussian.
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

    /// Standard deviation of the rate once the coordinate at `t` is known.
    fn known_rate_sigma(&self, t: f64) -> f64 {
        let determinant = self.start_var * self.rate_var - self.cross_cov * self.cross_cov;
        (determinant.max(0.0) / self.variance(t).max(f64::MIN_POSITIVE)).sqrt()
    }

    /// Mean and standard deviation of the rate given that the coordinate is at `value` at `t`.
    pub fn rate_given(&self, t: f64, value: f64) -> (f64, f64) {
        let gain = (self.cross_cov + t * self.rate_var) / self.variance(t).max(f64::MIN_POSITIVE);
        (self.rate + gain * (value - self.mean(t)), self.known_rate_sigma(t))
    }

    /// Same motion seen with the axis reversed.
    pub fn mirrored(&self) -> Self {
        Self { start: -self.start, rate: -self.rate, ..*self }
    }

    pub fn is_exact(&self) -> bool {
        self.start_var == 0.0 && self.rate_var == 0.0
    }

    /// Part of `window` in which the mean lies strictly within `±limit`.
    ///
    /// The part is open; its closure is returned where it meets the window at all.
    pub fn nominal_stay(&self, limit: f64, window: Interval) -> Option<Interval> {
        if self.rate == 0.0 {
            return (self.start.abs() < limit).then_some(window);
        }
        let (a, b) = ((-limit - self.start) / self.rate, (limit - self.start) / self.rate);
        open_overlap(a.min(b), a.max(b), window)
    }

    /// Hull of the times in `window` at which the coordinate may lie within `±limit`, taking
    /// `sigmas` standard deviations either way for the possible.
    pub fn reach(&self, limit: f64, sigmas: f64, window: Interval) -> Option<Interval> {
        let below_upper = self.cut_above(limit, sigmas, window)?;
        self.mirrored().cut_above(limit, sigmas, below_upper)
    }

    /// Cuts off the ends of `window` in which the coordinate is surely above `limit`.
    ///
    /// The margin `mean - sigmas·sigma - limit` is concave, so its sign changes at most once
    /// between an end where it is positive and one where it is not.
    fn cut_above(&self, limit: f64, sigmas: f64, window: Interval) -> Option<Interval> {
        let surely_above = |t| self.mean(t) - limit >= sigmas * self.sigma(t);
        match (surely_above(window.from), surely_above(window.to)) {
            (false, false) => Some(window),
            (true, true) => None,
            (true, false) => {
                let from = self.margin_root(limit, sigmas, window).unwrap_or(window.from);
                Some(Interval { from, ..window })
            }
            (false, true) => {
                let to = self.margin_root(limit, sigmas, window).unwrap_or(window.to);
                Some(Interval { to, ..window })
            }
        }
    }

    /// Time in `window` at which the mean is `sigmas` standard deviations above `limit`.
    fn margin_root(&self, limit: f64, sigmas: f64, window: Interval) -> Option<f64> {
        let excess = self.start - limit;
        let k2 = sigmas * sigmas;
        let a = self.rate * self.rate - k2 * self.rate_var;
        let half_b = self.rate * excess - k2 * self.cross_cov;
        let c = excess * excess - k2 * self.start_var;
        let q = -(half_b + (half_b * half_b - a * c).max(0.0).sqrt().copysign(half_b));
        // The other branch of the parabola is the margin below the limit: not wanted.
        [q / a, c / q]
            .into_iter()
            .find(|&t| t >= window.from && t <= window.to && self.mean(t) >= limit)
    }
}

/// Motion in the horizontal plane: two coordinates and what ties them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Planar {
    pub x: Coordinate,
    pub y: Coordinate,
    /// Covariance of the starts of x and y.
    pub starts_cov: f64,
    /// Covariance of the start of x and the rate of y.
    pub x_rate_y_cov: f64,
    /// Covariance of the start of y and the rate of x.
    pub y_rate_x_cov: f64,
    /// Covariance of the rates of x and y.
    pub rates_cov: f64,
}

impl Planar {
    /// The horizontal part of `rel`, in axes turned so that x lies along the unit vector `along`.
    pub fn turned(rel: &RelativeState, along: [f64; 2]) -> Self {
        let across = [-along[1], along[0]];
        let dot = |a: [f64; 2], b: &[f64]| a[0] * b[0] + a[1] * b[1];
        // `row` and `column` are 0 for position and 2 for velocity. Averaging the two triangles
        // makes a matrix that is not quite symmetric so.
        let form = |row: usize, column: usize, a: [f64; 2], b: [f64; 2]| {
            let entry = |i: usize, j: usize| {
                0.5 * (rel.horizontal_cov[row + i][column + j]
                    + rel.horizontal_cov[column + j][row + i])
            };
            a[0] * (entry(0, 0) * b[0] + entry(0, 1) * b[1])
                + a[1] * (entry(1, 0) * b[0] + entry(1, 1) * b[1])
        };
        let coordinate = |axis: [f64; 2]| Coordinate {
            start: dot(axis, &rel.position_m),
            rate: dot(axis, &rel.velocity_mps),
            start_var: form(0, 0, axis, axis).max(0.0),
            cross_cov: form(0, 2, axis, axis),
            rate_var: form(2, 2, axis, axis).max(0.0),
        };
        Self {
            x: coordinate(along),
            y: coordinate(across),
            starts_cov: form(0, 0, along, across),
            x_rate_y_cov: form(0, 2, along, across),
            y_rate_x_cov: form(0, 2, across, along),
            rates_cov: form(2, 2, along, across),
        }
    }

    pub fn is_exact(&self) -> bool {
        self.x.is_exact() && self.y.is_exact()
    }

    /// Covariance of x and y at time `t`.
    pub fn covariance(&self, t: f64) -> f64 {
        self.starts_cov + t * (self.x_rate_y_cov + self.y_rate_x_cov + t * self.rates_cov)
    }

    /// Part of `window` in which the mean lies strictly within `radius` of the origin.
    pub fn nominal_stay(&self, radius: f64, window: Interval) -> Option<Interval> {
        let speed2 = self.x.rate * self.x.rate + self.y.rate * self.y.rate;
        let c = self.x.start * self.x.start + self.y.start * self.y.start - radius * radius;
        if speed2 == 0.0 {
            return (c < 0.0).then_some(window);
        }
        let closest = -(self.x.start * self.x.rate + self.y.start * self.y.rate) / speed2;
        let half_chord2 = closest * closest - c / speed2;
        if half_chord2 <= 0.0 {
            return None;
        }
        let half_chord = half_chord2.sqrt();
        open_overlap(closest - half_chord, closest + half_chord, window)
    }
}

/// Closure of the overlap of the open interval `(from, to)` with `window`, if they overlap.
fn open_overlap(from: f64, to: f64, window: Interval) -> Option<Interval> {
    let meets = from < to && from < window.to && to > window.from;
    // An instant as window: the open interval has to contain it.
    let contains = from < window.from && to > window.to;
    if meets || contains { Interval { from, to }.intersect(window) } else { None }
}

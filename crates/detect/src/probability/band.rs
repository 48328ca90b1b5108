//! The vertical part of the question: whether the aircraft come to be within each other's height
//! band while they are within each other's horizontal distance.

use super::REACH_SIGMAS;
use super::motion::{Coordinate, Interval};
use super::normal::{between, both_exceed, density, mean_positive_part, positive_part_moments};

/// Smallest standard deviation that a height is divided by, in metres.
const LEAST_SIGMA_M: f64 = 1e-9;

/// The relative height together with the band about zero that separation asks it to keep out of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Band {
    pub vertical: Coordinate,
    pub half_height_m: f64,
}

/// The time between entering the disc and leaving it, each end Gaussian on its own account.
#[derive(Clone, Copy, Debug)]
pub(super) struct Passage {
    pub entry: Instant,
    pub exit: Instant,
    /// Covariance of the two, in s².
    pub cov_s2: f64,
}

/// A time known with some uncertainty.
#[derive(Clone, Copy, Debug)]
pub(super) struct Instant {
    pub mean_s: f64,
    pub var_s2: f64,
    /// A sixth of the third central moment, in s³: what the first skewness correction needs.
    pub skew_s3: f64,
}

impl Passage {
    /// A passage of which both times are known.
    pub fn exact(stay: Interval) -> Self {
        let known = |mean_s| Instant { mean_s, var_s2: 0.0, skew_s3: 0.0 };
        Self { entry: known(stay.from), exit: known(stay.to), cov_s2: 0.0 }
    }

    /// The part of the passage that falls into `window`, its ends again taken as Gaussian.
    pub fn within(self, window: Interval) -> Self {
        let (entry, entry_kept) = self.entry.at_least(window.from);
        let (exit, exit_kept) = self.exit.at_most(window.to);
        let exit = Instant { mean_s: exit.mean_s.max(entry.mean_s), ..exit };
        Self { entry, exit, cov_s2: self.cov_s2 * entry_kept * exit_kept }
    }
}

impl Instant {
    /// Moments of the later of this instant and `limit_s`, and the factor on the deviation.
    fn at_least(self, limit_s: f64) -> (Self, f64) {
        let sigma = self.var_s2.sqrt();
        let margin = self.mean_s - limit_s;
        if margin >= REACH_SIGMAS * sigma {
            return (self, 1.0);
        }
        if margin <= -REACH_SIGMAS * sigma {
            return (Self { mean_s: limit_s, var_s2: 0.0, skew_s3: 0.0 }, 0.0);
        }
        let (mean, variance) = positive_part_moments(margin / sigma);
        let kept = variance.sqrt();
        let clipped = Self {
            mean_s: limit_s + sigma * mean,
            var_s2: self.var_s2 * variance,
            skew_s3: self.skew_s3 * variance * kept,
        };
        (clipped, kept)
    }

    /// Moments of the earlier of this instant and `limit_s`, and the factor on the deviation.
    fn at_most(self, limit_s: f64) -> (Self, f64) {
        let mirror = |t: Self| Self { mean_s: -t.mean_s, skew_s3: -t.skew_s3, ..t };
        let (mirrored, kept) = mirror(self).at_least(-limit_s);
        (mirror(mirrored), kept)
    }
}

/// A height at an uncertain time, seen against the band: how it is distributed.
#[derive(Clone, Copy)]
struct Height {
    mean_m: f64,
    per_sigma: f64,
    /// A sixth of the skewness.
    skew: f64,
}

impl Height {
    fn new(vertical: &Coordinate, at: Instant, blur: f64) -> Self {
        let variance = vertical.variance(at.mean_s) + blur * at.var_s2;
        let per_sigma = 1.0 / variance.sqrt().max(LEAST_SIGMA_M);
        let rate = vertical.rate * per_sigma;
        Self { mean_m: vertical.mean(at.mean_s), per_sigma, skew: rate * rate * rate * at.skew_s3 }
    }

    fn mirrored(self) -> Self {
        Self { mean_m: -self.mean_m, skew: -self.skew, ..self }
    }

    /// The level in standard deviations, moved so that the normal tail beyond it is the skewed
    /// one (first term of Cornish & Fisher's expansion, held still in the far tails).
    fn standardised(self, level_m: f64) -> f64 {
        let h = (level_m - self.mean_m) * self.per_sigma;
        h - self.skew * ((h * h).min(9.0) - 1.0)
    }
}

impl Band {
    /// Probability that the height is in the band at some time of a passage.
    ///
    /// A straight line is somewhere in the band unless it is above it at both ends or below it at
    /// both ends. Uncertain ends blur the height there by the vertical rate times their spread.
    pub fn met_during(&self, passage: &Passage) -> f64 {
        let z = &self.vertical;
        let blur = z.rate * z.rate + z.rate_var;
        let entry = Height::new(z, passage.entry, blur);
        let exit = Height::new(z, passage.exit, blur);
        let covariance =
            z.covariance(passage.entry.mean_s, passage.exit.mean_s) + blur * passage.cov_s2;
        let correlation = (covariance * entry.per_sigma * exit.per_sigma).clamp(-1.0, 1.0);
        let stays_beyond = |entry: Height, exit: Height| {
            let levels = [entry, exit].map(|height| height.standardised(self.half_height_m));
            both_exceed(levels[0], levels[1], correlation)
        };
        1.0 - stays_beyond(entry, exit) - stays_beyond(entry.mirrored(), exit.mirrored())
    }

    /// Probability that the height is in the band at time `t`.
    pub fn holds(&self, t: f64) -> f64 {
        let sigma = self.vertical.sigma(t).max(LEAST_SIGMA_M);
        let mean = self.vertical.mean(t);
        between((-self.half_height_m - mean) / sigma, (self.half_height_m - mean) / sigma)
    }

    /// Expected entries into the band from above, per second, at time `t` (Rice's formula).
    pub fn entries_from_above_per_s(&self, t: f64) -> f64 {
        let z = &self.vertical;
        let sigma = z.sigma(t).max(LEAST_SIGMA_M);
        let offset = (self.half_height_m - z.mean(t)) / sigma;
        if offset.abs() > REACH_SIGMAS {
            return 0.0;
        }
        let (rate, rate_sigma) = z.rate_given(t, self.half_height_m);
        density(offset) / sigma * mean_positive_part(-rate, rate_sigma)
    }

    /// The same band with up and down exchanged.
    pub fn mirrored(&self) -> Self {
        Self { vertical: self.vertical.mirrored(), ..*self }
    }
}

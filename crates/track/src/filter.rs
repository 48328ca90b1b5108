//! The Kalman filter: position and rate disturbed by white acceleration noise.
//!
//! Bar-Shalom, Li & Kirubarajan, *Estimation with Applications to Tracking and
//! Navigation* (2001): 6.2.2 for the model, 5.2 for the filter, 11.2 for the
//! adaptation of the noise level.
//!
//! One [`Filter`] serves `D` axes that share one 2×2 covariance. That is exact
//! where the measurement noise is the same along all of them, as feeds state it
//! (one standard deviation of position, one of velocity), and it halves the work
//! in the plane. Nothing in here knows about aircraft, frames or addresses.

/// How restless the target is: spectral density of white acceleration noise, m²/s³.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Psd {
    /// In steady flight.
    pub calm: f64,
    /// In the hardest manoeuvre.
    pub wildest: f64,
}

/// Time in which the extra noise granted to a manoeuvre is halved, seconds.
const MANOEUVRE_MEMORY_S: f64 = 6.0;
/// Weight of the newest innovation in the running mean.
const DRIFT_GAIN: f64 = 0.3;
/// Positions tell of a change of rate within about this time, seconds.
const POSITIONS_TELL_RATE_S: f64 = 5.0;
/// A rate that was measured this recently, in units of the time since the last
/// position, vouches for there having been no manoeuvre.
const RATE_WATCHED: f64 = 0.5;
/// The share that the estimate takes in the blame for a surprising position then.
const OWN_SHARE: f64 = 0.1;
/// Intervals shorter than this say nothing about acceleration, seconds.
const SHORTEST_INTERVAL_S: f64 = 1e-3;
/// Variances do not sink below this, so that rounding cannot make them negative.
const VARIANCE_FLOOR: f64 = 1e-9;

/// Position `x` and rate `v` on `D` axes with the covariance that each axis has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Filter<const D: usize> {
    /// Position, m.
    pub x: [f64; D],
    /// Rate, m/s.
    pub v: [f64; D],
    /// Variance of position, m².
    pub xx: f64,
    /// Covariance of position and rate, m²/s.
    pub xv: f64,
    /// Variance of rate, m²/s².
    pub vv: f64,
    /// Noise above the calm level that a recent manoeuvre was granted, m²/s³.
    extra_psd: f64,
    /// Running mean of the innovation of position: where the target keeps being.
    drift: [f64; D],
    since_position_s: f64,
    since_rate_s: f64,
}

impl<const D: usize> Filter<D> {
    /// A filter that starts from a position and a rate with their variances.
    pub fn new(x: [f64; D], position_variance: f64, v: [f64; D], rate_variance: f64) -> Self {
        Filter {
            x,
            v,
            xx: position_variance,
            xv: 0.0,
            vv: rate_variance,
            extra_psd: 0.0,
            drift: [0.0; D],
            since_position_s: 0.0,
            since_rate_s: 0.0,
        }
    }

    /// The noise level now, m²/s³.
    pub fn psd(&self, psd: Psd) -> f64 {
        (psd.calm + self.extra_psd).min(psd.wildest.max(psd.calm))
    }

    /// The time in which a change of rate can have come about without being
    /// noticed, seconds: since the last rate, but positions tell of it as well.
    pub fn unwatched_rate_s(&self) -> f64 {
        self.since_rate_s.min(self.since_position_s + POSITIONS_TELL_RATE_S)
    }

    /// Time since the last measured position, seconds.
    pub fn since_position_s(&self) -> f64 {
        self.since_position_s
    }

    /// Where the target will be in `dt_s`.
    #[inline]
    pub fn position_in(&self, dt_s: f64) -> [f64; D] {
        std::array::from_fn(|i| self.x[i] + dt_s * self.v[i])
    }

    /// Variances in `dt_s`, driven by noise of the given density: position,
    /// covariance, rate.
    #[inline]
    pub fn covariance_in(&self, dt_s: f64, psd: f64) -> [f64; 3] {
        let age_s = dt_s.abs();
        [
            self.xx + dt_s * (2.0 * self.xv + dt_s * self.vv) + psd * age_s * age_s * age_s / 3.0,
            self.xv + dt_s * self.vv + psd * dt_s * age_s / 2.0,
            self.vv + psd * age_s,
        ]
    }

    /// Moves on by `dt_s`, not negative.
    #[inline]
    pub fn predict(&mut self, dt_s: f64, psd: Psd) {
        self.x = self.position_in(dt_s);
        [self.xx, self.xv, self.vv] = self.covariance_in(dt_s, self.psd(psd));
        self.extra_psd *= MANOEUVRE_MEMORY_S / (MANOEUVRE_MEMORY_S + dt_s);
        self.since_position_s += dt_s;
        self.since_rate_s += dt_s;
    }

    /// Takes in a measured position. `wildest_psd` bounds what a surprise may be
    /// put down to a manoeuvre; the rest is taken for measurement error.
    #[inline]
    pub fn correct_position(&mut self, z: [f64; D], variance: f64, wildest_psd: f64) {
        let mut variance = variance;
        let missing = Self::surprise(distance_squared(z, self.x), self.xx + variance);
        if missing > 0.0 {
            let dt_s = self.since_position_s;
            variance += if self.since_rate_s < RATE_WATCHED * dt_s {
                self.doubt_position(missing, wildest_psd)
            } else {
                self.blame(missing, dt_s, dt_s * dt_s * dt_s / 3.0, wildest_psd)
            };
        }
        self.notice_drift(z, self.xx + variance, wildest_psd);
        let s = self.xx + variance;
        let (gain_x, gain_v) = (self.xx / s, self.xv / s);
        for (i, measured) in z.into_iter().enumerate() {
            let innovation = measured - self.x[i];
            self.x[i] += gain_x * innovation;
            self.v[i] += gain_v * innovation;
        }
        let kept = variance / s;
        self.vv = (self.vv - self.xv * gain_v).max(VARIANCE_FLOOR);
        self.xv *= kept;
        self.xx = (self.xx * kept).max(VARIANCE_FLOOR);
        self.since_position_s = 0.0;
    }

    /// Takes in a measured rate, likewise.
    #[inline]
    pub fn correct_rate(&mut self, z: [f64; D], variance: f64, wildest_psd: f64) {
        let mut variance = variance;
        let missing = Self::surprise(distance_squared(z, self.v), self.vv + variance);
        if missing > 0.0 {
            let dt_s = self.unwatched_rate_s();
            variance += self.blame(missing, dt_s, dt_s, wildest_psd);
        }
        let s = self.vv + variance;
        let (gain_x, gain_v) = (self.xv / s, self.vv / s);
        for (i, measured) in z.into_iter().enumerate() {
            let innovation = measured - self.v[i];
            self.x[i] += gain_x * innovation;
            self.v[i] += gain_v * innovation;
        }
        let kept = variance / s;
        self.xx = (self.xx - self.xv * gain_x).max(VARIANCE_FLOOR);
        self.xv *= kept;
        self.vv = (self.vv * kept).max(VARIANCE_FLOOR);
        self.since_rate_s = 0.0;
    }

    /// What to do about a position that surprises although the rate was measured
    /// meanwhile and did not: the target has not manoeuvred, the measurement is
    /// bad, or its time. Mostly, for if it goes on it is the estimate that is off.
    /// Returns the variance to add to the measurement.
    #[cold]
    fn doubt_position(&mut self, missing: f64, wildest_psd: f64) -> f64 {
        // Without a bound on manoeuvres, anything may have happened unseen.
        let ours = if wildest_psd.is_finite() { OWN_SHARE } else { 1.0 };
        self.xx += ours * missing;
        (1.0 - ours) * missing
    }

    /// A slow manoeuvre hides in the noise of every single position, but not in
    /// their mean: grants the noise that explains a mean beyond chance.
    #[inline]
    fn notice_drift(&mut self, z: [f64; D], s: f64, wildest_psd: f64) {
        for (i, measured) in z.into_iter().enumerate() {
            self.drift[i] += DRIFT_GAIN * (measured - self.x[i] - self.drift[i]);
        }
        // The variance of an exponentially weighted mean of white innovations.
        let by_chance = s * DRIFT_GAIN / (2.0 - DRIFT_GAIN);
        let square = distance_squared(self.drift, [0.0; D]);
        if Self::surprise(square, by_chance) > 0.0 && self.since_position_s > SHORTEST_INTERVAL_S {
            // The acceleration noise that gives such a mean in the time that it averages over.
            let memory_s = self.since_position_s / DRIFT_GAIN;
            let psd = 3.0 * square / (D as f64 * memory_s * memory_s * memory_s);
            self.extra_psd = self.extra_psd.max(psd.min(wildest_psd));
        }
    }

    /// How much variance is missing to make an innovation ordinary; negative if none is.
    #[inline]
    fn surprise(innovation_squared: f64, s: f64) -> f64 {
        // χ² with D degrees of freedom: surprising beyond 99 %, explained down to 90 %.
        let (surprising, ordinary) = if D == 1 { (6.63, 2.71) } else { (9.21, 4.61) };
        if innovation_squared <= surprising * s { -1.0 } else { innovation_squared / ordinary - s }
    }

    /// Puts missing variance down to a manoeuvre since the last measurement of
    /// its kind, as far as `wildest_psd` allows; returns what is left.
    #[cold]
    fn blame(&mut self, missing: f64, dt_s: f64, per_psd: f64, wildest_psd: f64) -> f64 {
        if dt_s < SHORTEST_INTERVAL_S {
            return missing;
        }
        let granted = (missing / per_psd).min(wildest_psd);
        self.xx += granted * dt_s * dt_s * dt_s / 3.0;
        self.xv += granted * dt_s * dt_s / 2.0;
        self.vv += granted * dt_s;
        self.extra_psd = self.extra_psd.max(granted);
        (missing - granted * per_psd).max(0.0)
    }
}

#[inline]
fn distance_squared<const D: usize>(a: [f64; D], b: [f64; D]) -> f64 {
    (0..D).map(|i| (a[i] - b[i]) * (a[i] - b[i])).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALM: Psd = Psd { calm: 0.1, wildest: 30.0 };

    #[test]
    fn two_positions_give_a_rate() {
        let mut f = Filter::new([0.0, 0.0], 100.0, [0.0, 0.0], 250.0 * 250.0);
        f.predict(10.0, CALM);
        f.correct_position([2000.0, -1000.0], 100.0, CALM.wildest);
        assert!((f.v[0] - 200.0).abs() < 1.0 && (f.v[1] + 100.0).abs() < 1.0, "{f:?}");
        // The difference of two positions with σ = 10 m over 10 s.
        assert!((f.vv.sqrt() - 1.414).abs() < 0.7, "{}", f.vv.sqrt());
    }

    #[test]
    fn covariance_settles_at_the_known_steady_state() {
        let mut f = Filter::new([0.0], 100.0, [0.0], 100.0);
        for _ in 0..500 {
            f.predict(1.0, Psd { calm: 1.0, wildest: 1.0 });
            f.correct_position([0.0], 100.0, 1.0);
        }
        // Continuous-time limit (2001, 6.5): p₁₁ = √2 q^¼ R^¾, p₂₂ = √2 q^¾ R^¼,
        // from which sampling once a second departs by ten or twenty per cent.
        assert!((f.xx / (2f64.sqrt() * 100f64.powf(0.75)) - 0.8).abs() < 0.15, "{}", f.xx);
        assert!((f.vv / (2f64.sqrt() * 100f64.powf(0.25)) - 0.9).abs() < 0.1, "{}", f.vv);
    }

    #[test]
    fn prediction_agrees_with_core() {
        let f = Filter { xv: 3.0, ..Filter::new([0.0, 0.0], 100.0, [5.0, 6.0], 4.0) };
        let mut c = deconflict_core::Covariance::default();
        for i in 0..2 {
            c.horizontal[i][i] = f.xx;
            c.horizontal[i][i + 2] = f.xv;
            c.horizontal[i + 2][i] = f.xv;
            c.horizontal[i + 2][i + 2] = f.vv;
        }
        let growth = deconflict_core::state::Growth { horizontal_psd: 0.7, vertical_psd: 0.0 };
        for dt in [12.0, -5.0] {
            let theirs = c.propagated(dt, growth).horizontal;
            let ours = f.covariance_in(dt, 0.7);
            for (a, b) in ours.into_iter().zip([theirs[0][0], theirs[0][2], theirs[2][2]]) {
                assert!((a - b).abs() < 1e-9, "{ours:?} {theirs:?}");
            }
        }
    }

    #[test]
    fn a_manoeuvre_opens_the_filter_and_calm_closes_it() {
        let mut f = Filter::new([0.0], 100.0, [0.0], 1.0);
        for _ in 0..50 {
            f.predict(1.0, CALM);
            f.correct_rate([0.0], 1.0, CALM.wildest);
        }
        assert_eq!(f.psd(CALM), CALM.calm);
        for i in 1..=10 {
            f.predict(1.0, CALM);
            f.correct_rate([f64::from(i) * 6.0], 1.0, CALM.wildest);
        }
        assert!((f.v[0] - 60.0).abs() < 3.0, "{}", f.v[0]);
        assert!(f.psd(CALM) > 10.0 * CALM.calm);
        for _ in 0..200 {
            f.predict(1.0, CALM);
            f.correct_rate([60.0], 1.0, CALM.wildest);
        }
        assert!(f.psd(CALM) < 2.0 * CALM.calm);
    }
}

//! The usual case: aircraft that pass each other fast against the uncertainty of their velocities.
//!
//! Then the direction of the pass is all but known, and a pass is told by three things that are
//! Gaussian to first order: how far aside it goes (the miss distance), and when it enters and when
//! it leaves the disc. This is Paielli & Erzberger's reduction (1997) with two additions. The time
//! on the chord is kept, so that a vertical movement or an end of the horizon in mid-pass counts;
//! and the leading error, of second order in velocity uncertainty over speed, is taken out.
//!
//! Frame: x along the mean relative velocity, y to its left.

use super::REACH_SIGMAS;
use super::band::{Band, Instant, Passage};
use super::motion::{Coordinate, Interval, Planar};
use super::normal::{between, density, upper_tail};
use super::quadrature::{GAUSS_LEGENDRE_4, GAUSS_LEGENDRE_6, GAUSS_LEGENDRE_8};

/// Velocity uncertainty over speed up to which the expansion is good to some 0.5 % of probability.
const FAST_RATIO: f64 = 0.05;

/// The same where an end of the horizon may fall on the edge of the disc: there the expansion
/// reaches from the end of the horizon to the closest approach, which can be far.
const FAST_RATIO_CUT_SHORT: f64 = 0.045;

/// Along-track uncertainty, in radii of the disc, up to which the pass is an event of its own.
const SHARP_IN_RADII: f64 = 0.2;

/// The same in units of the way made within the horizon.
const SHARP_IN_WAYS: f64 = 0.15;

/// Largest second-order correction of an edge, in standard deviations of the miss distance.
const MOST_CORRECTION: f64 = 0.3;

/// Variance of the height by blur, over that of the height itself, that one value can stand for.
const GENTLE_BLUR: f64 = 0.05;

/// Averages over the miss distance weigh no more than these standard deviations either way: they
/// are divided by the weight found, so that what is cut off takes part with the mean of the rest.
const AVERAGED_SIGMAS: f64 = 3.7;

/// Part of the variance along the track that the miss distance may explain at an end of the
/// horizon that cuts the pass short.
const MOST_EXPLAINED: f64 = 0.95;

/// Uncertainty along the track, in radii of the disc, below which that does not matter.
const LEAST_BLURRED: f64 = 0.01;

/// Smallest standard deviation that a distance is divided by, in metres.
const LEAST_SIGMA_M: f64 = 1e-9;

/// Probability that is not worth a second factor.
const NEGLIGIBLE: f64 = 1e-6;

/// Gauss-Hermite rule of 4 nodes for the standard normal distribution.
const GAUSS_HERMITE_4: [(f64, f64); 4] = [
    (-2.334_414_218_338_977, 0.045_875_854_768_068_5),
    (-0.741_963_784_302_725_9, 0.454_124_145_231_931_5),
    (0.741_963_784_302_725_9, 0.454_124_145_231_931_5),
    (2.334_414_218_338_977, 0.045_875_854_768_068_5),
];

/// Probability of loss, or `None` where the pass is too slow or too vague for this method.
///
/// `planar` has its x axis along the velocity. No `band` means that the heights surely conflict.
pub(super) fn probability(
    planar: &Planar,
    radius_m: f64,
    band: Option<&Band>,
    window: Interval,
) -> Option<f64> {
    let pass = Pass::new(planar, radius_m, window)?;
    let low = pass.edge(-radius_m)?.max(-REACH_SIGMAS);
    let high = pass.edge(radius_m)?.min(REACH_SIGMAS);
    if low >= high {
        return Some(0.0);
    }
    let met = between(low, high);
    let may_be_cut_short = pass.may_be_cut_short(low, high);
    match band {
        None if !may_be_cut_short => Some(met),
        Some(band) if !may_be_cut_short && !pass.is_steep(band) => {
            Some(met * pass.smooth_mean(low, high, |u| band.met_during(&pass.leg(u).passage())))
        }
        _ => Some(met * pass.steep_mean(low, high, |u| pass.loss_given(u, band))),
    }
}

/// A pass and its linearisation about the mean closest approach.
struct Pass<'a> {
    planar: &'a Planar,
    radius_m: f64,
    window: Interval,
    /// Time of the mean closest approach.
    closest_s: f64,
    miss_sigma_m: f64,
    // Covariances with the miss distance, divided by its standard deviation: what one such
    // deviation goes along with, in the start of x and in the rates of x and y.
    start_per_sigma: f64,
    speed_per_sigma: f64,
    drift_per_sigma: f64,
}

/// The pass at a given miss distance.
struct Leg {
    /// Movement towards the disc and through it. The bend of the disc is allowed for in it, so
    /// that the edges are at `±half_chord_m` whichever way the pass is inclined.
    along: Coordinate,
    half_chord_m: f64,
    window: Interval,
}

/// By how many standard deviations the disc is entered when the horizon ends, and still not left
/// when it begins.
#[derive(Clone, Copy)]
struct Margins {
    entered: f64,
    not_left: f64,
}

impl Margins {
    fn leave_doubt(self) -> bool {
        self.entered.min(self.not_left) < REACH_SIGMAS
    }
}

impl<'a> Pass<'a> {
    fn new(planar: &'a Planar, radius_m: f64, window: Interval) -> Option<Self> {
        let speed2 = planar.x.rate * planar.x.rate;
        let rate_var = planar.x.rate_var.max(planar.y.rate_var);
        if rate_var > FAST_RATIO * FAST_RATIO * speed2 || speed2 == 0.0 {
            return None;
        }
        let closest_s = -planar.x.start / planar.x.rate;
        let along_sigma_m = planar.x.sigma(closest_s.clamp(window.from, window.to));
        let way_m = planar.x.rate * window.length();
        if along_sigma_m > (SHARP_IN_RADII * radius_m).min(SHARP_IN_WAYS * way_m) {
            return None;
        }
        let miss_sigma_m = planar.y.sigma(closest_s).max(1e-9 * radius_m);
        let start = planar.starts_cov + closest_s * planar.x_start_y_rate;
        let speed = planar.y_start_x_rate + closest_s * planar.rates_cov;
        let pass = Self {
            planar,
            radius_m,
            window,
            closest_s,
            miss_sigma_m,
            start_per_sigma: start / miss_sigma_m,
            speed_per_sigma: speed / miss_sigma_m,
            drift_per_sigma: planar.y.rate_cov(closest_s) / miss_sigma_m,
        };
        if pass.place_follows_from_miss() {
            return None;
        }
        let is_faster = rate_var <= FAST_RATIO_CUT_SHORT * FAST_RATIO_CUT_SHORT * speed2;
        (is_faster || !pass.is_cut_short_at_the_mean()).then_some(pass)
    }

    /// Whether the miss distance all but says where along the track the pass is: then it is in
    /// time or not by a step, which the averages here would blur. What is known to a hundredth
    /// of the radius leaves nothing to blur.
    fn place_follows_from_miss(&self) -> bool {
        let Interval { from, to } = self.window;
        let least_var = (LEAST_BLURRED * self.radius_m).powi(2);
        let follows = |t| {
            let explained = self.start_per_sigma + t * self.speed_per_sigma;
            let variance = self.planar.x.variance(t);
            variance > least_var && explained * explained > MOST_EXPLAINED * variance
        };
        (follows(from) || follows(to)) && self.is_cut_short_at_the_mean()
    }

    /// Mean effect of second order, given the miss distance `u` standard deviations from its mean.
    ///
    /// With slope κ of the path against its mean, and displacement δ along it at the closest
    /// approach, the linear miss distance is the true one times `√(1 + κ²)` plus `κ δ`.
    /// Returns the mean of that factor and of that term.
    fn second_order(&self, u: f64) -> (f64, f64) {
        let (planar, speed) = (self.planar, self.planar.x.rate);
        let displacement_per_sigma = self.start_per_sigma + self.closest_s * self.speed_per_sigma;
        let slope = self.drift_per_sigma * u / speed;
        let displacement = displacement_per_sigma * u;
        let drift_var = planar.y.rate_var - self.drift_per_sigma * self.drift_per_sigma;
        let slope2 = slope * slope + drift_var.max(0.0) / (speed * speed);
        let joint_cov = planar.x_start_y_rate + self.closest_s * planar.rates_cov
            - self.drift_per_sigma * displacement_per_sigma;
        (1.0 + 0.5 * slope2, joint_cov / speed + slope * displacement)
    }

    /// Where the edge of the disc lies among the miss distances, in standard deviations.
    ///
    /// `None` if the second order is so large there that the orders beyond it would count.
    fn edge(&self, edge_m: f64) -> Option<f64> {
        let linear = (edge_m - self.planar.y.start) / self.miss_sigma_m;
        if linear.abs() > 2.0 * REACH_SIGMAS {
            return Some(linear);
        }
        let (factor, term_m) = self.second_order(linear);
        let edge = linear + ((factor - 1.0) * edge_m + term_m) / self.miss_sigma_m;
        let counts = linear.abs().min(edge.abs()) < AVERAGED_SIGMAS || linear * edge < 0.0;
        let is_small = (edge - linear).abs() <= MOST_CORRECTION;
        (is_small || !counts).then_some(edge)
    }

    /// The pass at the miss distance `u` standard deviations from its mean.
    fn leg(&self, u: f64) -> Leg {
        let (factor, term_m) = self.second_order(u);
        let miss_m = (self.planar.y.start + u * self.miss_sigma_m - term_m) / factor;
        let half_chord_m = self.half_chord_m(miss_m) / factor;
        Leg { along: self.along(u, miss_m), half_chord_m, window: self.window }
    }

    fn half_chord_m(&self, miss_m: f64) -> f64 {
        (self.radius_m * self.radius_m - miss_m * miss_m).max(0.0).sqrt()
    }

    /// Movement along the track given the miss distance.
    ///
    /// A path inclined by κ meets both edges `κ miss` further back; counted into the movement,
    /// that is a covariance with the lateral drift.
    fn along(&self, u: f64, miss_m: f64) -> Coordinate {
        let planar = self.planar;
        let lever_s = miss_m / planar.x.rate;
        let start = self.start_per_sigma + lever_s * self.drift_per_sigma;
        let speed = self.speed_per_sigma;
        let start_var = planar.x.start_var
            + lever_s * (2.0 * planar.x_start_y_rate + lever_s * planar.y.rate_var);
        Coordinate {
            start: planar.x.start + start * u,
            rate: planar.x.rate + speed * u,
            start_var: (start_var - start * start).max(0.0),
            cross_cov: planar.x.cross_cov + lever_s * planar.rates_cov - start * speed,
            rate_var: (planar.x.rate_var - speed * speed).max(0.0),
        }
    }

    /// Whether an end of the horizon may fall on the edge of the disc in the mean pass.
    fn is_cut_short_at_the_mean(&self) -> bool {
        let half_chord_m = self.half_chord_m(self.planar.y.start);
        let leg = Leg { along: self.planar.x, half_chord_m, window: self.window };
        leg.margins().leave_doubt()
    }

    /// Whether the pass may be over before the horizon begins, or begin after its end.
    fn may_be_cut_short(&self, low: f64, high: f64) -> bool {
        let x = &self.planar.x;
        let inclined_m = self.radius_m * self.planar.y.rate_var.sqrt() / x.rate;
        let reach_m = |t| REACH_SIGMAS * (x.sigma(t) + inclined_m);
        let Interval { from, to } = self.window;
        if x.mean(from) < -reach_m(from) && x.mean(to) > reach_m(to) {
            return false;
        }
        [low, 0.5 * (low + high), high].into_iter().any(|u| self.leg(u).margins().leave_doubt())
    }

    /// Whether the heights in the pass turn with the miss distance faster than blur hides.
    fn is_steep(&self, band: &Band) -> bool {
        let rate2 = band.vertical.rate * band.vertical.rate;
        if rate2 == 0.0 {
            return false;
        }
        let (miss_m, speed) = (self.planar.y.start, self.planar.x.rate);
        let half_chord_m = self.half_chord_m(miss_m).max(0.14 * self.radius_m);
        let entry_s = self.closest_s - half_chord_m / speed;
        let along = self.along(0.0, miss_m);
        let bend_m = miss_m.abs() / half_chord_m * self.miss_sigma_m;
        let shift_m = (self.start_per_sigma + entry_s * self.speed_per_sigma).abs();
        let tilt_s = (bend_m + shift_m) / speed;
        let blur_s2 = along.variance(entry_s) / (speed * speed);
        rate2 * tilt_s * tilt_s > 0.5 * (band.vertical.variance(entry_s) + rate2 * blur_s2)
    }

    /// Mean over the miss distances between two edges of something that varies gently.
    fn smooth_mean(&self, low: f64, high: f64, value: impl Fn(f64) -> f64) -> f64 {
        if low <= -REACH_SIGMAS && high >= REACH_SIGMAS {
            return GAUSS_HERMITE_4.iter().map(|&(u, weight)| weight * value(u)).sum();
        }
        weighted_mean(&[clip_to_averaged(low), clip_to_averaged(high)], value)
    }

    /// Mean over the miss distances between two edges of something that may change abruptly.
    fn steep_mean(&self, low: f64, high: f64, value: impl Fn(f64) -> f64) -> f64 {
        let (low, high) = (clip_to_averaged(low), clip_to_averaged(high));
        let [first, second] = self.miss_at_the_ends().map(|u| u.max(low).min(high));
        let mut cuts = [low, first, 0.5 * (low + high), second, high];
        cuts.sort_by(f64::total_cmp);
        weighted_mean(&cuts, value)
    }

    /// Miss distances, in standard deviations, at which the mean pass has an end of the horizon
    /// just on the edge of the disc.
    fn miss_at_the_ends(&self) -> [f64; 2] {
        let past_m = self.planar.x.mean(self.window.from);
        let short_m = -self.planar.x.mean(self.window.to);
        let outside_m = past_m.max(short_m).max(0.0);
        let half_m = self.half_chord_m(outside_m);
        [-half_m, half_m].map(|miss_m| (miss_m - self.planar.y.start) / self.miss_sigma_m)
    }

    /// Probability of loss given the miss distance, `u` standard deviations from its mean.
    fn loss_given(&self, u: f64, band: Option<&Band>) -> f64 {
        let leg = self.leg(u);
        let margins = leg.margins();
        let in_time = (1.0 - upper_tail(margins.entered) - upper_tail(margins.not_left)).max(0.0);
        match band {
            Some(band) if in_time > NEGLIGIBLE => in_time * leg.band_met(band, margins),
            _ => in_time,
        }
    }
}

impl Leg {
    /// Asked of places rather than of times, this is exactly Gaussian.
    fn margins(&self) -> Margins {
        let (first, last) = (self.window.from, self.window.to);
        let in_sigmas = |margin_m: f64, t: f64| margin_m / self.along.sigma(t).max(LEAST_SIGMA_M);
        Margins {
            entered: in_sigmas(self.half_chord_m + self.along.mean(last), last),
            not_left: in_sigmas(self.half_chord_m - self.along.mean(first), first),
        }
    }

    /// Probability that the band is met, given that some of the pass falls within the horizon.
    fn band_met(&self, band: &Band, margins: Margins) -> f64 {
        if !margins.leave_doubt() {
            return band.met_during(&self.passage());
        }
        // Averaged over where the pass is at the end that cuts it, as far as that is in time.
        let (end_s, least, most) = if margins.entered < margins.not_left {
            (self.window.to, clip_to_averaged(-margins.entered), AVERAGED_SIGMAS)
        } else {
            (self.window.from, -AVERAGED_SIGMAS, clip_to_averaged(margins.not_left))
        };
        let met_at = |place| band.met_during(&self.passage_from(end_s, place));
        if self.hardly_moves_during(band, end_s) {
            let mean_place = (density(least) - density(most)) / between(least, most).max(1e-9);
            return met_at(mean_place.max(least).min(most));
        }
        weighted_mean(&[least, most], met_at)
    }

    /// Whether the height changes little, against its own uncertainty, in the time that the
    /// uncertain place along the track stands for.
    fn hardly_moves_during(&self, band: &Band, at_s: f64) -> bool {
        let z = &band.vertical;
        let blur_s2 = self.along.variance(at_s) / (self.along.rate * self.along.rate);
        (z.rate * z.rate + z.rate_var) * blur_s2 < GENTLE_BLUR * z.variance(at_s)
    }

    /// The passage, its ends Gaussian but for a first correction.
    ///
    /// A time is a place over a speed, which makes it late in the mean and skewed.
    fn passage(&self) -> Passage {
        let along = &self.along;
        let per_speed = 1.0 / along.rate;
        let per_speed2 = per_speed * per_speed;
        let instant = |edge_m: f64| {
            let mean_s = (edge_m - along.start) * per_speed;
            let var_s2 = along.variance(mean_s) * per_speed2;
            let late_s = along.rate_cov(mean_s) * per_speed2;
            (mean_s, Instant { mean_s: mean_s + late_s, var_s2, skew_s3: late_s * var_s2 })
        };
        let (entry_s, entry) = instant(-self.half_chord_m);
        let (exit_s, exit) = instant(self.half_chord_m);
        let cov_s2 = along.covariance(entry_s, exit_s) * per_speed2;
        Passage { entry, exit, cov_s2 }.within(self.window)
    }

    /// The passage of a pass that is `place` standard deviations from its mean at time `end_s`.
    fn passage_from(&self, end_s: f64, place: f64) -> Passage {
        let along = &self.along;
        let sigma_m = along.sigma(end_s).max(LEAST_SIGMA_M);
        let at_m = along.mean(end_s) + place * sigma_m;
        let gain = along.rate_cov(end_s) / sigma_m;
        let speed = along.rate + gain * place;
        let speed_var = (along.rate_var - gain * gain).max(0.0) / (speed * speed);
        let ways_s = [-self.half_chord_m, self.half_chord_m].map(|edge_m| (edge_m - at_m) / speed);
        let [entry, exit] = ways_s.map(|way_s| Instant {
            mean_s: end_s + way_s,
            var_s2: way_s * way_s * speed_var,
            skew_s3: 0.0,
        });
        let cov_s2 = ways_s[0] * ways_s[1] * speed_var;
        Passage { entry, exit, cov_s2 }.within(self.window)
    }
}

fn clip_to_averaged(u: f64) -> f64 {
    u.clamp(-AVERAGED_SIGMAS, AVERAGED_SIGMAS)
}

/// Mean of `value` under the standard normal density between the first and the last of `cuts`,
/// piece by piece.
fn weighted_mean(cuts: &[f64], value: impl Fn(f64) -> f64) -> f64 {
    let (mut sum, mut weights) = (0.0, 0.0);
    for piece in cuts.windows(2).filter(|piece| piece[1] > piece[0]) {
        let (centre, half_width) = (0.5 * (piece[0] + piece[1]), 0.5 * (piece[1] - piece[0]));
        let mut add = |node: f64, node_weight: f64| {
            for u in [centre - node * half_width, centre + node * half_width] {
                let weight = node_weight * half_width * density(u);
                sum += weight * value(u);
                weights += weight;
            }
        };
        let add = |&(node, weight): &(f64, f64)| add(node, weight);
        if half_width < 0.4 {
            GAUSS_LEGENDRE_4.iter().for_each(add);
        } else if half_width < 2.2 {
            GAUSS_LEGENDRE_6.iter().for_each(add);
        } else {
            GAUSS_LEGENDRE_8.iter().for_each(add);
        }
    }
    if weights > 0.0 { sum / weights } else { value(cuts[0]) }
}

//! The normal distribution, in one dimension and in two, as far as the kernel needs it.
//!
//! The one-dimensional tail is good to 1e-14 within [`SURE_SIGMAS`], the bivariate one to 2e-5;
//! the kernel as a whole aims at 1e-3, so neither shows.

use super::quadrature::{GAUSS_LEGENDRE_4, GAUSS_LEGENDRE_6, integrate};
use std::f64::consts::TAU;

const SQRT_TAU: f64 = 2.506_628_274_631_000_5;

/// A one-sided tail beyond so many standard deviations (3e-7) is taken to be nothing.
const SURE_SIGMAS: f64 = 5.0;

/// Density of the standard normal distribution.
pub(super) fn density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / SQRT_TAU
}

/// Mills' ratio, upper tail over density, for `x >= 0`.
///
/// Hart et al., *Computer Approximations* (1968), algorithm 5666, with the coefficients as
/// printed by West, "Better approximations to cumulative normal functions", *Wilmott* (2005).
fn mills_ratio(x: f64) -> f64 {
    if x > 7.0 {
        return 1.0 / (x + 1.0 / (x + 2.0 / (x + 3.0 / (x + 4.0 / (x + 0.65)))));
    }
    let numerator = polynomial(
        x,
        &[
            3.526_249_659_989_11e-2,
            0.700_383_064_443_688,
            6.373_962_203_531_65,
            33.912_866_078_383,
            112.079_291_497_871,
            221.213_596_169_931,
            220.206_867_912_376,
        ],
    );
    let denominator = polynomial(
        x,
        &[
            8.838_834_764_831_84e-2,
            1.755_667_163_182_64,
            16.064_177_579_207,
            86.780_732_202_946_1,
            296.564_248_779_674,
            637.333_633_378_831,
            793.826_512_519_948,
            440.413_735_824_752,
        ],
    );
    SQRT_TAU * numerator / denominator
}

/// Horner's rule, highest power first.
fn polynomial<const N: usize>(x: f64, coefficients: &[f64; N]) -> f64 {
    coefficients.iter().fold(0.0, |sum, c| sum * x + c)
}

/// Probability that a standard normal variable exceeds `x`.
pub(super) fn upper_tail(x: f64) -> f64 {
    if x > SURE_SIGMAS {
        0.0
    } else if x < -SURE_SIGMAS {
        1.0
    } else {
        let tail = density(x) * mills_ratio(x.abs());
        if x >= 0.0 { tail } else { 1.0 - tail }
    }
}

/// Probability that a standard normal variable lies between `low` and `high`.
pub(super) fn between(low: f64, high: f64) -> f64 {
    // Taken on the side of the smaller tails, so that far intervals do not cancel.
    if low > 0.0 {
        upper_tail(low) - upper_tail(high)
    } else {
        upper_tail(-high) - upper_tail(-low)
    }
}

/// Mean of the positive part of a normal variable, `E[max(0, X)]`.
pub(super) fn mean_positive_part(mean: f64, sigma: f64) -> f64 {
    if mean.abs() >= SURE_SIGMAS * sigma {
        return mean.max(0.0);
    }
    let ratio = (mean / sigma).abs();
    // For a negative mean; a positive one adds itself, as max(0, X) = X + max(0, -X).
    let negative = sigma * density(ratio) * (1.0 - ratio * mills_ratio(ratio));
    negative + mean.max(0.0)
}

/// Mean and variance of `max(X, 0)` for a normal `X` of standard deviation 1.
pub(super) fn positive_part_moments(mean: f64) -> (f64, f64) {
    let (above, at_zero) = (upper_tail(-mean), density(mean));
    let first = mean * above + at_zero;
    let second = (mean * mean + 1.0) * above + mean * at_zero;
    (first, (second - first * first).max(0.0))
}

/// Probability that two standard normal variables of the given correlation exceed `h` and `k`.
///
/// With `h` the harder level, this is the tail beyond `h` less the wedge `{X > h, Y < k}`. Drezner
/// & Wesolowsky (1990) and Genz (2004) integrate over the correlation and need special care
/// near ±1; the wedge merely closes there, and its integrand stays smooth.
pub(super) fn both_exceed(h: f64, k: f64, correlation: f64) -> f64 {
    if correlation < 0.0 {
        return (upper_tail(h) - both_exceed(h, -k, -correlation)).max(0.0);
    }
    let (hard, easy) = (h.max(k), h.min(k));
    if hard > SURE_SIGMAS {
        return 0.0;
    }
    if easy < -SURE_SIGMAS {
        return upper_tail(hard);
    }
    (upper_tail(hard) - wedge(hard, easy, correlation)).max(0.0)
}

/// Probability of `{X > h, Y < k}` for `h >= k` and a correlation that is not negative.
///
/// In the plane of two independent normals this is a wedge with its apex where both levels are
/// met. It is integrated over the direction of the ray from the apex; along a ray the integral is
/// closed: with the apex `outward` along the ray and `aside` of it,
/// `∫ρ φ₂ dρ = φ(aside) (φ(outward) - outward·tail(outward))`.
fn wedge(h: f64, k: f64, correlation: f64) -> f64 {
    let independence = (1.0 - correlation * correlation).max(1e-18).sqrt();
    let apex = [h, (k - correlation * h) / independence];
    let distance2 = apex[0] * apex[0] + apex[1] * apex[1];
    let edges_point_outward = apex[1] <= 0.0 && apex[0] * independence >= apex[1] * correlation;
    if edges_point_outward && distance2 > SURE_SIGMAS * SURE_SIGMAS {
        return 0.0;
    }
    let apex_density = (-0.5 * distance2).exp() / TAU;
    // The edges point along (0, -1) and (independence, -correlation); the directions between
    // are walked along the straight line that joins these two, which needs no trigonometry.
    let mass_per_step = |step: f64| {
        let ray = [step * independence, -1.0 + step * (1.0 - correlation)];
        let per_length = 1.0 / (ray[0] * ray[0] + ray[1] * ray[1]).sqrt();
        let outward = (apex[0] * ray[0] + apex[1] * ray[1]) * per_length;
        let mass = if outward >= 0.0 {
            apex_density * (1.0 - outward * mills_ratio(outward))
        } else {
            let aside2 = (distance2 - outward * outward).max(0.0);
            let tail = upper_tail(outward);
            apex_density - outward * tail * (-0.5 * aside2).exp() / SQRT_TAU
        };
        independence * mass * per_length * per_length
    };
    if independence < 0.5 {
        integrate(&GAUSS_LEGENDRE_4, 0.0, 1.0, mass_per_step)
    } else {
        integrate(&GAUSS_LEGENDRE_6, 0.0, 1.0, mass_per_step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Midpoint rule, fine enough to be exact to 1e-7 here.
    fn by_steps(from: f64, to: f64, steps: u32, f: impl Fn(f64) -> f64) -> f64 {
        let step = (to - from) / f64::from(steps);
        (0..steps).map(|i| step * f(from + step * (f64::from(i) + 0.5))).sum()
    }

    #[test]
    fn tail_matches_tabulated_values() {
        // Abramowitz & Stegun, table 26.1.
        for (x, tail) in [
            (0.0, 0.5),
            (0.5, 0.308_537_538_725_987),
            (1.0, 0.158_655_253_931_457),
            (2.0, 0.022_750_131_948_179),
            (3.0, 0.001_349_898_031_630),
            (4.5, 0.000_003_397_673_125),
        ] {
            assert!((upper_tail(x) - tail).abs() < 1e-14, "{x}");
            assert!((upper_tail(-x) - (1.0 - tail)).abs() < 1e-14, "-{x}");
        }
    }

    #[test]
    fn positive_parts_match_their_integrals() {
        for mean in [-4.0, -1.3, 0.0, 0.4, 2.0, 6.0] {
            let moment =
                |power: i32| by_steps(0.0, 16.0, 40_000, |x| x.powi(power) * density(x - mean));
            let (first, variance) = positive_part_moments(mean);
            assert!((first - moment(1)).abs() < 1e-6, "{mean}");
            assert!((variance - (moment(2) - moment(1).powi(2))).abs() < 1e-5, "{mean}");
            assert!((mean_positive_part(mean, 1.0) - moment(1)).abs() < 1e-6, "{mean}");
        }
        assert_eq!(mean_positive_part(-2.0, 0.0), 0.0);
        assert_eq!(mean_positive_part(2.0, 0.0), 2.0);
    }

    #[test]
    fn bivariate_tail_matches_brute_force() {
        for correlation in [-1.0_f64, -0.99, -0.6, 0.0, 0.3, 0.7, 0.9, 0.99, 0.9999, 1.0] {
            let independence = (1.0 - correlation * correlation).sqrt();
            for h in [-3.5, -1.2, 0.0, 0.7, 2.5] {
                for k in [-4.0, -1.2, 0.0, 1.1, 2.6] {
                    let truth = by_steps(h, 9.0, 40_000, |x| {
                        density(x) * upper_tail((k - correlation * x) / independence.max(1e-12))
                    });
                    let got = both_exceed(h, k, correlation);
                    assert!((got - truth).abs() < 8e-5, "{h} {k} {correlation}: {got} {truth}");
                }
            }
        }
    }
}

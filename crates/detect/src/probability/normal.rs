//! The normal distribution, as far as the probability kernel needs it: one and two dimensions.
//!
//! The one-dimensional tail is good to 1e-14, the bivariate one to 1e-5; the kernel as a whole
//! aims at 1e-3, so neither shows.

use super::quadrature::{GAUSS_LEGENDRE_6, integrate};

const SQRT_TWO_PI: f64 = 2.506_628_274_631_000_5;

/// Beyond this many standard deviations a one-sided tail (1e-9) is taken to be nothing.
const SURE_SIGMAS: f64 = 6.0;

/// Density of the standard normal distribution.
pub(super) fn density(x: f64) -> f64 {
    (-0.5 * x * x).exp() / SQRT_TWO_PI
}

/// Mills' ratio, upper tail over density, for `x >= 0`.
///
/// Hart et al., *Computer Approximations* (1968), algorithm 5666, with the coefficients as
/// printed by West, "Better approximations to cumulative normal functions", *Wilmott* (2005).
fn mills_ratio(x: f64) -> f64 {
    if x < 7.071_067_811_865_47 {
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
        SQRT_TWO_PI * numerator / denominator
    } else {
        1.0 / (x + 1.0 / (x + 2.0 / (x + 3.0 / (x + 4.0 / (x + 0.65)))))
    }
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
    let ratio = mean / sigma;
    mean * upper_tail(-ratio) + sigma * density(ratio)
}

/// Probability that two standard normal variables of the given correlation exceed `h` and `k`.
///
/// `independence` is `sqrt(1 - correlation²)`, passed in because callers know it without the
/// cancellation that recomputing it would suffer near ±1.
///
/// With `h` the harder level, this is the tail beyond `h` less the wedge `{X > h, Y < k}`. Seen in
/// the plane of two independent normals the wedge has a straight edge for either level and is
/// integrated over the direction of the ray from its apex, as Drezner & Wesolowsky (1990) and Genz
/// (2004) integrate over the correlation; along a ray the integral is closed. A wedge stays
/// smooth as the correlation goes to 1 (it closes), where their integrands need special care.
pub(super) fn both_exceed(h: f64, k: f64, correlation: f64, independence: f64) -> f64 {
    if correlation < 0.0 {
        return (upper_tail(h) - both_exceed(h, -k, -correlation, independence)).max(0.0);
    }
    let (hard, easy) = if h >= k { (h, k) } else { (k, h) };
    if hard > SURE_SIGMAS {
        return 0.0;
    }
    if easy < -SURE_SIGMAS {
        return upper_tail(hard);
    }
    (upper_tail(hard) - wedge(hard, easy, correlation, independence.max(1e-9))).max(0.0)
}

/// Probability of `{X > h, Y < k}` for `h >= k` and a correlation that is not negative.
fn wedge(h: f64, k: f64, correlation: f64, independence: f64) -> f64 {
    let apex = [h, (k - correlation * h) / independence];
    let exponent = 0.5 * (apex[0] * apex[0] + apex[1] * apex[1]);
    let apex_density = (-exponent).exp() / std::f64::consts::TAU;
    // The edges point along (0, -1) and (independence, -correlation); the directions between
    // are walked along the straight line that joins these two, which needs no trigonometry.
    integrate(&GAUSS_LEGENDRE_6, 0.0, 1.0, |s| {
        let ray = [s * independence, -1.0 + s * (1.0 - correlation)];
        let length2 = ray[0] * ray[0] + ray[1] * ray[1];
        let length = length2.sqrt();
        let outward = (apex[0] * ray[0] + apex[1] * ray[1]) / length;
        let mass = if outward >= 0.0 {
            apex_density * (1.0 - outward * mills_ratio(outward))
        } else {
            let aside2 = 2.0 * exponent - outward * outward;
            apex_density - density(aside2.max(0.0).sqrt()) * outward * upper_tail(outward)
        };
        independence * mass / length2
    })
}
#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn wedge_brute() {
        let mut worst = (0.0, 0.0, 0.0, 0.0);
        for hi in -5..=5 {
            for ki in -5..=5 {
                for r in [
                    -0.999, -0.9, -0.5, 0.0, 0.2, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 0.99999,
                    1.0,
                ] {
                    let (h, k) = (hi as f64 * 0.8, ki as f64 * 0.8);
                    let ind: f64 = f64::sqrt(1.0 - r * r);
                    let p = both_exceed(h, k, r, ind);
                    // brute: integrate over x
                    let mut sum = 0.0;
                    let n = 400000;
                    for i in 0..n {
                        let x = h + (i as f64 + 0.5) * 12.0 / n as f64;
                        sum += density(x)
                            * upper_tail(((k - r * x) / ind.max(1e-9)).clamp(-50.0, 50.0))
                            * 12.0
                            / n as f64;
                    }
                    let e: f64 = (p - sum).abs();
                    if e > worst.0 {
                        worst = (e, h, k, r);
                    }
                }
            }
        }
        println!("{worst:?}");
    }
}

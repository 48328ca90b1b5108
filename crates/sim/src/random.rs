//! Streams of random numbers that are the same on every machine.
//!
//! Every aircraft and every pair of feed and aircraft draws from a stream of
//! its own, chosen by name: one aircraft more in a scenario changes nothing
//! about the others. Only integer arithmetic and the operations that IEEE 754
//! defines exactly are used, never the `ln` or `cos` of the platform.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// FNV-1a over the parts, with a separator so that `["ab", "c"]` is not `["a", "bc"]`.
pub(crate) fn hash(parts: &[&str]) -> u64 {
    let mut h: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for byte in part.bytes().chain([0xff]) {
            h = (h ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    // FNV leaves the high bits of short texts poorly mixed (finaliser of MurmurHash3).
    h = (h ^ (h >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    h ^ (h >> 33)
}

/// A seeded source of random numbers.
#[derive(Clone, Debug)]
pub(crate) struct Stream {
    source: ChaCha8Rng,
    /// The polar method yields normal deviates in pairs.
    spare: Option<f64>,
}

impl Stream {
    /// The stream called `name` under this seed.
    pub fn new(seed: u64, name: &[&str]) -> Stream {
        let mut source = ChaCha8Rng::seed_from_u64(seed);
        source.set_stream(hash(name));
        Stream { source, spare: None }
    }

    /// Uniform in [0, 1).
    pub fn uniform(&mut self) -> f64 {
        (self.source.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Uniform in [low, high).
    pub fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// Uniform in 0..n; zero if `n` is zero.
    pub fn below(&mut self, n: usize) -> usize {
        ((self.uniform() * n as f64) as usize).min(n.saturating_sub(1))
    }

    /// True with this probability. Draws nothing where the answer is certain.
    pub fn chance(&mut self, probability: f64) -> bool {
        probability > 0.0 && self.uniform() < probability
    }

    /// Standard normal (Marsaglia's polar method).
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        loop {
            let (x, y) = (self.between(-1.0, 1.0), self.between(-1.0, 1.0));
            let s = x * x + y * y;
            if s > 0.0 && s < 1.0 {
                let scale = (-2.0 * ln(s) / s).sqrt();
                self.spare = Some(y * scale);
                return x * scale;
            }
        }
    }

    /// Exponential with this mean: the gap between two random arrivals.
    pub fn exponential(&mut self, mean: f64) -> f64 {
        -mean * ln(1.0 - self.uniform())
    }
}

/// Natural logarithm of a positive normal number, from exactly defined
/// operations only; good to a few units in the last place.
fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let mut mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    if mantissa > std::f64::consts::SQRT_2 {
        mantissa /= 2.0;
        exponent += 1;
    }
    // ln m = 2 artanh((m - 1) / (m + 1)); with |s| < 0.172 eleven terms suffice.
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let mut sum = 0.0;
    for k in (0..11).rev() {
        sum = sum * s * s + 1.0 / f64::from(2 * k + 1);
    }
    2.0 * s * sum + exponent as f64 * std::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_logarithm_is_one() {
        for x in [1e-300, 1e-9, 0.3, 0.999_999, 1.0, 1.5, 2.0, 12_345.678, 1e300] {
            let error = (ln(x) - f64::ln(x)).abs();
            assert!(error <= 4.0 * f64::EPSILON * f64::ln(x).abs().max(1.0), "{x}: {error:e}");
        }
    }

    #[test]
    fn streams_are_fixed_forever() {
        // Scenarios are only reproducible if this never changes.
        let mut s = Stream::new(1, &["feed", "aircraft"]);
        let drawn = format!("{:.12} {:.12}", s.uniform(), s.normal());
        assert_eq!(drawn, "0.679135507458 1.061693783490");
    }

    #[test]
    fn deviates_have_the_moments_they_should() {
        let mut s = Stream::new(7, &["moments"]);
        let n = 200_000;
        let (mut mean, mut square, mut fourth, mut wait) = (0.0, 0.0, 0.0, 0.0);
        for _ in 0..n {
            let z = s.normal();
            mean += z;
            square += z * z;
            fourth += z * z * z * z;
            wait += s.exponential(3.0);
        }
        let n = f64::from(n);
        assert!((mean / n).abs() < 0.01);
        assert!((square / n - 1.0).abs() < 0.02);
        assert!((fourth / n - 3.0).abs() < 0.1);
        assert!((wait / n - 3.0).abs() < 0.03);
    }
}

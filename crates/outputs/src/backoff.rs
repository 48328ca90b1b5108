//! Pauses between attempts.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::time::Duration;

/// Doublings after which a pause grows no more, whatever its limit: 2^20 first pauses.
const MOST_DOUBLINGS: u32 = 20;

/// Exponential back-off with jitter: pauses double up to a limit, and each is drawn from
/// the upper half of its span, so that many who failed together do not come back together.
#[derive(Clone, Debug)]
pub(crate) struct Backoff {
    first_s: f64,
    most_s: f64,
    random: ChaCha8Rng,
}

impl Backoff {
    pub fn new(first_s: f64, most_s: f64, seed: u64) -> Backoff {
        Backoff { first_s, most_s, random: ChaCha8Rng::seed_from_u64(seed) }
    }

    /// The pause after so many failures in a row (from 1).
    pub fn pause(&mut self, failures: u32) -> Duration {
        let doublings = failures.saturating_sub(1).min(MOST_DOUBLINGS);
        let span_s = (self.first_s * f64::from(1u32 << doublings)).min(self.most_s);
        // 53 bits, as many as a double holds: evenly from 0 to 1.
        let drawn = (self.random.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        let share = 0.5 + 0.5 * drawn;
        Duration::try_from_secs_f64(span_s * share).unwrap_or(Duration::from_secs(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_limit_and_depend_on_the_seed_only() {
        let pauses = |seed| {
            let mut backoff = Backoff::new(1.0, 60.0, seed);
            (1..=40).map(|n| backoff.pause(n).as_secs_f64()).collect::<Vec<_>>()
        };
        for (pause_s, n) in pauses(7).into_iter().zip(0..) {
            let span_s = 2f64.powi(n).min(60.0);
            assert!((0.5 * span_s..=span_s).contains(&pause_s), "{n}: {pause_s}");
        }
        assert_eq!(pauses(7), pauses(7));
        assert_ne!(pauses(7), pauses(8));
    }
}

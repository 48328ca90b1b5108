//! How threads are told to stop, and how long they wait before they try again.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a read waits before it looks whether it is time to stop.
pub(crate) const GLANCE: Duration = Duration::from_millis(100);

/// Locks, whatever became of the thread that held it: what is in there is counts.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the feeds are to stop, and how many of their threads have not yet done so.
#[derive(Debug, Default)]
pub(crate) struct Stop {
    state: Mutex<(bool, usize)>,
    changed: Condvar,
}

impl Stop {
    pub(crate) fn is_set(&self) -> bool {
        lock(&self.state).0
    }

    pub(crate) fn set(&self) {
        lock(&self.state).0 = true;
        self.changed.notify_all();
    }

    /// Waits; true if it is time to stop.
    pub(crate) fn wait(&self, wait: Duration) -> bool {
        let state = lock(&self.state);
        let waited = self.changed.wait_timeout_while(state, wait, |state| !state.0);
        waited.unwrap_or_else(PoisonError::into_inner).0.0
    }

    pub(crate) fn thread_begins(&self) {
        lock(&self.state).1 += 1;
    }

    pub(crate) fn thread_ends(&self) {
        lock(&self.state).1 -= 1;
        self.changed.notify_all();
    }

    /// Waits for all threads; false if some have not ended in time.
    pub(crate) fn all_ended(&self, wait: Duration) -> bool {
        let state = lock(&self.state);
        let waited = self.changed.wait_timeout_while(state, wait, |state| state.1 > 0);
        waited.unwrap_or_else(PoisonError::into_inner).0.1 == 0
    }
}

/// The first wait, and the longest.
const FIRST_S: f64 = 0.5;
const LONGEST_S: f64 = 30.0;

/// Exponential back-off with jitter, so that many clients of a server that comes
/// back do not all come at once.
#[derive(Debug)]
pub(crate) struct Backoff {
    random: u64,
    tries: i32,
}

impl Backoff {
    pub(crate) fn new(seed: u64) -> Backoff {
        Backoff { random: seed, tries: 0 }
    }

    /// What was tried has worked.
    pub(crate) fn reset(&mut self) {
        self.tries = 0;
    }

    /// How long to wait before the next try: doubled each time, and a quarter more or less.
    pub(crate) fn next(&mut self) -> Duration {
        let wait_s = (FIRST_S * 2f64.powi(self.tries)).min(LONGEST_S);
        self.tries = (self.tries + 1).min(16);
        let jitter = 0.75 + 0.5 * self.draw();
        Duration::from_secs_f64((wait_s * jitter).min(LONGEST_S))
    }

    /// From 0 to 1: SplitMix64 (Steele, Lea, Flood, "Fast splittable pseudorandom number
    /// generators", OOPSLA 2014).
    fn draw(&mut self) -> f64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// When something is due, in real time: a deadline that restarts with each sign of life.
#[derive(Debug)]
pub(crate) struct Idle {
    limit: Duration,
    last: Instant,
}

impl Idle {
    pub(crate) fn new(limit_s: f64) -> Idle {
        Idle { limit: Duration::from_secs_f64(limit_s), last: Instant::now() }
    }

    pub(crate) fn alive(&mut self) {
        self.last = Instant::now();
    }

    pub(crate) fn is_over(&self) -> bool {
        self.last.elapsed() >= self.limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_a_limit_and_repeat_with_the_seed() {
        let waits = |seed| {
            let mut backoff = Backoff::new(seed);
            (0..12).map(|_| backoff.next().as_secs_f64()).collect::<Vec<_>>()
        };
        let found = waits(1);
        assert_eq!(found, waits(1));
        assert_ne!(found, waits(2));
        for (i, wait_s) in found.iter().enumerate() {
            let middle_s = (0.5 * 2f64.powi(i as i32)).min(30.0);
            assert!((0.75 * middle_s..=1.25 * middle_s).contains(wait_s), "{i}: {wait_s}");
            assert!(*wait_s <= 30.0);
        }
        let mut backoff = Backoff::new(1);
        backoff.next();
        backoff.reset();
        assert!(backoff.next().as_secs_f64() < 0.7);
    }
}

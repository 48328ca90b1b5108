//! The time, from outside: tests turn it by hand.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

/// A moment on two clocks.
///
/// What others have written down (the expiry of a token or a key) is compared with
/// the time of day. What is measured here (idle sessions, rates) runs on a clock that
/// nobody sets, so that a clock that jumps by an hour ends no session and opens no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// The time of day, in seconds since 1970 (UTC).
    pub unix_s: i64,
    /// A clock that only runs forward, in milliseconds since any beginning.
    pub steady_ms: u64,
}

/// Where the time comes from.
pub trait Clock: Send + Sync {
    /// What the clocks show.
    fn now(&self) -> Now;
}

/// The clocks of the machine.
#[derive(Debug)]
pub struct SystemClock {
    begun: Instant,
}

impl SystemClock {
    /// The clocks of the machine, the steady one beginning at zero.
    pub fn new() -> Self {
        Self { begun: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> Now {
        let unix_s = match SystemTime::now().duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            Err(_) => 0,
        };
        let steady_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        Now { unix_s, steady_ms }
    }
}

/// A clock that is turned by hand, for tests.
#[derive(Debug)]
pub struct HandClock {
    unix_s: AtomicI64,
    steady_ms: AtomicU64,
}

impl HandClock {
    /// A clock that shows this time of day and stands still.
    pub fn at(unix_s: i64) -> Self {
        Self { unix_s: AtomicI64::new(unix_s), steady_ms: AtomicU64::new(0) }
    }

    /// Lets both clocks run on.
    pub fn advance_s(&self, seconds: u32) {
        self.unix_s.fetch_add(i64::from(seconds), Ordering::Relaxed);
        self.steady_ms.fetch_add(u64::from(seconds) * 1000, Ordering::Relaxed);
    }

    /// Sets the time of day; the steady clock runs on undisturbed.
    pub fn set_unix_s(&self, unix_s: i64) {
        self.unix_s.store(unix_s, Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Now {
        Now {
            unix_s: self.unix_s.load(Ordering::Relaxed),
            steady_ms: self.steady_ms.load(Ordering::Relaxed),
        }
    }
}

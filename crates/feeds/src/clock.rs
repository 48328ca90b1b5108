//! The service's clock, as feeds see it.

use deconflict_core::Time;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The service's clock: the time of day in a live service, a time of its own in a demo.
/// Every time of receipt comes from it. Limits of connections (idle, back-off) are real
/// seconds and do not.
pub trait Clock: Send + Sync {
    /// The present.
    fn now(&self) -> Time;

    /// How many of its seconds go by in a real one. Only used to estimate how long to wait,
    /// so that a clock that jumps, stops or changes its rate does no harm.
    fn rate(&self) -> f64 {
        1.0
    }
}

/// The time of day.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Time {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Time::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
    }
}

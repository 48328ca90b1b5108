//! What time it is in the service.
//!
//! Inside one run time only goes forward, at the pace of the machine's monotonic
//! clock: a wall clock that is set while aircraft fly would otherwise freeze the picture (set
//! back) or make everything stale (set forward). Small differences are caught up with
//! slowly; a large one ends the run, and another begins at the new time.

use deconflict_core::Time;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A difference from the wall clock that is not caught up with but begins a new run, seconds.
pub const STEP_S: f64 = 2.0;
/// How much of a small difference is caught up with at each look, seconds.
const SLEW_S: f64 = 0.005;

/// A source of wall-clock and monotonic time, so that tests can set the clock.
pub trait Wall: std::fmt::Debug + Send + Sync + 'static {
    /// The time of day.
    fn time(&self) -> Time;
    /// A clock that nobody sets.
    fn monotonic(&self) -> Duration;
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemWall {
    started: Instant,
}

impl Default for SystemWall {
    fn default() -> SystemWall {
        SystemWall { started: Instant::now() }
    }
}

impl Wall for SystemWall {
    fn time(&self) -> Time {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Time::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }
}

/// The service's clock: cheap to clone, the same for all.
#[derive(Clone)]
pub struct ServiceClock {
    wall: Arc<dyn Wall>,
    pace: Arc<Mutex<Pace>>,
}

#[derive(Clone, Copy, Debug)]
struct Pace {
    origin: Time,
    since: Duration,
    speed: f64,
    /// Whether it is the time of day, so that the wall clock is followed.
    of_day: bool,
}

impl std::fmt::Debug for ServiceClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServiceClock").field("pace", &self.pace()).finish()
    }
}

impl ServiceClock {
    /// The time of day.
    pub fn of_day(wall: Arc<dyn Wall>) -> ServiceClock {
        let (origin, since) = (wall.time(), wall.monotonic());
        let pace = Pace { origin, since, speed: 1.0, of_day: true };
        ServiceClock { wall, pace: Arc::new(Mutex::new(pace)) }
    }

    /// A time of its own that begins at `origin` and goes `speed` times as fast as real time.
    pub fn of_scenario(wall: Arc<dyn Wall>, origin: Time, speed: f64) -> ServiceClock {
        let since = wall.monotonic();
        let pace = Pace { origin, since, speed, of_day: false };
        ServiceClock { wall, pace: Arc::new(Mutex::new(pace)) }
    }

    fn pace(&self) -> Pace {
        *self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The time in the service.
    pub fn now(&self) -> Time {
        let pace = self.pace();
        let passed = self.wall.monotonic().saturating_sub(pace.since);
        pace.origin.plus_s(passed.as_secs_f64() * pace.speed)
    }

    /// The time of day, whatever the time in the service is.
    pub fn time_of_day(&self) -> Time {
        self.wall.time()
    }

    /// How many times faster than real time it goes.
    pub fn speed(&self) -> f64 {
        self.pace().speed
    }

    /// How long to wait in real time until `time`.
    pub fn until(&self, time: Time) -> Duration {
        let wait_s = time.seconds_since(self.now()) / self.speed();
        Duration::try_from_secs_f64(wait_s.max(0.0)).unwrap_or(Duration::from_secs(3600))
    }

    /// Compares with the wall clock and catches up with small differences. Returns by how
    /// many seconds the wall clock was set, if it was.
    pub fn look(&self) -> Option<f64> {
        if !self.pace().of_day {
            return None;
        }
        let off_s = self.wall.time().seconds_since(self.now());
        if off_s.abs() > STEP_S {
            return Some(off_s);
        }
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        pace.origin = pace.origin.plus_s(off_s.clamp(-SLEW_S, SLEW_S));
        None
    }

    /// Takes the wall clock's time from now on, if it is the time of day: for a new run.
    pub fn set(&self) {
        let (origin, since) = (self.wall.time(), self.wall.monotonic());
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        if pace.of_day {
            (pace.origin, pace.since) = (origin, since);
        }
    }
}

impl deconflict_feeds::Clock for ServiceClock {
    fn now(&self) -> Time {
        ServiceClock::now(self)
    }

    fn rate(&self) -> f64 {
        self.speed()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Clocks that a test sets.
    #[derive(Debug, Default)]
    pub struct TestWall(pub Mutex<(i64, Duration)>);

    impl TestWall {
        pub fn pass(&self, wall_ms: i64, real_ms: u64) {
            let mut clocks = self.0.lock().unwrap();
            clocks.0 += wall_ms;
            clocks.1 += Duration::from_millis(real_ms);
        }
    }

    impl Wall for TestWall {
        fn time(&self) -> Time {
            Time::from_millis(self.0.lock().unwrap().0)
        }

        fn monotonic(&self) -> Duration {
            self.0.lock().unwrap().1
        }
    }

    #[test]
    fn a_clock_that_is_set_is_noticed_and_small_differences_are_not() {
        let wall = Arc::new(TestWall::default());
        let clock = ServiceClock::of_day(wall.clone());
        wall.pass(1000, 1000);
        assert_eq!((clock.now(), clock.look()), (Time::from_millis(1000), None));
        wall.pass(1100, 1000);
        assert_eq!(clock.look(), None);
        assert_eq!(clock.now(), Time::from_millis(2005));
        wall.pass(3_601_000, 1000);
        assert!((clock.look().unwrap() - 3600.095).abs() < 1e-6);
        // Time goes on undisturbed until the new run takes the new time.
        assert_eq!(clock.now(), Time::from_millis(3005));
        clock.set();
        assert_eq!((clock.now(), clock.look()), (wall.time(), None));
        wall.pass(-3_600_000, 0);
        assert!(clock.look().unwrap() < -3599.0);
    }

    #[test]
    fn a_scenario_has_its_own_time() {
        let wall = Arc::new(TestWall::default());
        let clock = ServiceClock::of_scenario(wall.clone(), Time::from_millis(5000), 10.0);
        wall.pass(99_999_999, 200);
        assert_eq!((clock.now(), clock.look()), (Time::from_millis(7000), None));
        assert_eq!(clock.until(Time::from_millis(9000)), Duration::from_millis(200));
    }
}

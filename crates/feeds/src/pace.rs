//! Recordings and scenarios, in step with the service's clock.

use crate::check::Play;
use crate::clock::Clock;
use crate::config::Times;
use crate::stop::Stop;
use deconflict_core::Time;
use std::time::Duration;

/// The longest wait without a look at the clock, which may have been set.
const LONGEST: Duration = Duration::from_millis(50);
const SHORTEST: Duration = Duration::from_micros(500);

/// How the times of what is played and those of the service belong together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    play: Play,
    /// When it began: its own time and the service's.
    begin: Time,
    begun: Time,
}

impl Pace {
    /// Begins at `begin` of its own time, now.
    pub(crate) fn new(play: Play, begin: Time, now: Time) -> Pace {
        Pace { play, begin, begun: now }
    }

    /// The service's time that belongs to a time of what is played.
    pub(crate) fn outer(&self, time: Time) -> Time {
        match self.play.times {
            Times::Keep => time,
            Times::Shift => self.begun.plus_s(time.seconds_since(self.begin) / self.play.speed),
        }
    }

    /// The time of what is played that belongs to one of the service's.
    pub(crate) fn inner(&self, time: Time) -> Time {
        match self.play.times {
            Times::Keep => time,
            Times::Shift => self.begin.plus_s(time.seconds_since(self.begun) * self.play.speed),
        }
    }

    /// Waits until a time of the service has come; true if it is time to stop.
    pub(crate) fn wait_until(due: Time, clock: &dyn Clock, stop: &Stop) -> bool {
        loop {
            let left_s = due.seconds_since(clock.now());
            if left_s <= 0.0 {
                return stop.is_set();
            }
            let wait_s = (left_s / clock.rate().max(1e-6)).min(LONGEST.as_secs_f64());
            if stop.wait(Duration::from_secs_f64(wait_s).max(SHORTEST)) {
                return true;
            }
        }
    }
}

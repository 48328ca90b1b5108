//! The present, told from the data: what a replay has instead of a clock.

use deconflict_core::Time;

/// A step ahead of more than this has to be confirmed, seconds.
const LEAP_S: f64 = 60.0;
/// Times within this of each other agree about a leap, seconds.
const AGREE_S: f64 = 10.0;
/// Times in a row that have to agree. A single wild stamp is common, a burst of
/// several that agree with each other and with nothing else is a gap in the recording.
const AGREEING: u32 = 5;

/// Follows times of receipt, as they come in, to the present.
///
/// The present never goes back. It does not leap either: a time more than a
/// minute ahead is disbelieved until five in a row agree about it, so that one
/// wild time stamp cannot carry the picture away, while gaps in a recording are
/// passed over.
#[derive(Clone, Copy, Debug, Default)]
pub struct DataClock {
    now: Option<Time>,
    leap: Option<(Time, u32)>,
    doubted: u64,
}

impl DataClock {
    /// The present after a report received at `received`.
    pub fn observe(&mut self, received: Time) -> Time {
        let Some(now) = self.now else {
            return self.set(received);
        };
        if received.seconds_since(now) <= LEAP_S {
            self.leap = None;
            return self.set(now.max(received));
        }
        self.doubted += 1;
        self.leap = match self.leap {
            Some((to, count)) if received.seconds_since(to).abs() <= AGREE_S => {
                Some((to.max(received), count + 1))
            }
            _ => Some((received, 1)),
        };
        match self.leap {
            Some((to, count)) if count >= AGREEING => self.set(to),
            _ => now,
        }
    }

    /// The present; `None` before the first report.
    pub fn now(&self) -> Option<Time> {
        self.now
    }

    /// How many times were disbelieved at first sight.
    pub fn doubted(&self) -> u64 {
        self.doubted
    }

    fn set(&mut self, now: Time) -> Time {
        self.now = Some(now);
        self.leap = self.leap.filter(|(to, _)| *to > now);
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(s: i64) -> Time {
        Time::from_millis(1_700_000_000_000 + s * 1000)
    }

    #[test]
    fn one_wild_time_is_not_the_present_and_a_gap_is() {
        let mut clock = DataClock::default();
        assert_eq!(clock.observe(t(0)), t(0));
        assert_eq!(clock.observe(t(1_000_000)), t(0));
        assert_eq!(clock.observe(t(1)), t(1));
        assert_eq!(clock.observe(t(-50)), t(1), "never back");
        for i in 0..4 {
            assert_eq!(clock.observe(t(7200 + i)), t(1));
        }
        assert_eq!(clock.observe(t(7204)), t(7204));
        assert_eq!(clock.doubted(), 6);
    }
}

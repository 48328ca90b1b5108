//! Which feeds speak, and which have fallen silent.
//!
//! FEED-1: a silent feed is alarmed within two of its periods. A stale picture
//! must never look like a safe sky. The period of a feed is the longest pause that
//! it usually makes; it is learnt from the feed, as nobody else knows it.

use deconflict_core::{Report, Time};

/// Pauses shorter than this say nothing, as the engine only looks every second.
const SHORTEST_PERIOD_S: f64 = 2.0;
/// A feed with a longer period than this is as good as none.
const LONGEST_PERIOD_S: f64 = 120.0;
/// What to expect before the feed has shown its rhythm, seconds.
const FIRST_PERIOD_S: f64 = 15.0;
/// How long a pause is remembered, seconds.
const MEMORY_S: f64 = 60.0;
/// A pause of so many periods is silence: less than two, because the engine
/// looks once a second and the alarm has to come within two.
const SILENT_PERIODS: f64 = 1.5;

/// What is known of one feed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Feed {
    /// Its number.
    pub feed: u16,
    /// Reports so far.
    pub reports: u64,
    /// Of these, with a position.
    pub plots: u64,
    /// When its first report arrived.
    pub first: Time,
    /// When its last report arrived.
    pub last: Time,
    /// The longest pause that it usually makes, seconds.
    pub period_s: f64,
    /// Smoothed time from measurement to arrival, seconds.
    pub latency_s: f64,
    /// Since when it has been silent, if it is.
    pub silent_since: Option<Time>,
    /// How often it has fallen silent.
    pub silences: u64,
}

/// What happened to a feed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FeedEvent {
    /// Its first report.
    Heard,
    /// Nothing has come for longer than it ever pauses.
    Silent,
    /// It speaks again after so many seconds of silence.
    Back {
        /// How long it was silent, seconds.
        after_s: f64,
    },
}

impl FeedEvent {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            FeedEvent::Heard => "heard",
            FeedEvent::Silent => "silent",
            FeedEvent::Back { .. } => "back",
        }
    }
}

/// A message: what has become of a feed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FeedChange {
    /// When.
    pub time: Time,
    /// What.
    pub event: FeedEvent,
    /// The feed after that.
    pub feed: Feed,
}

/// All feeds, by number.
#[derive(Clone, Debug, Default)]
pub(crate) struct Feeds {
    feeds: Vec<Option<Feed>>,
}

impl Feeds {
    pub fn iter(&self) -> impl Iterator<Item = &Feed> {
        self.feeds.iter().flatten()
    }

    /// Whether all feeds are known to be silent, so that time alone changes nothing.
    pub fn all_silent(&self) -> bool {
        self.iter().all(|f| f.silent_since.is_some())
    }

    /// Takes in a report that has come in at `time`. Called for every one: as little as can be.
    #[inline]
    pub fn hear(&mut self, report: &Report, time: Time) -> Option<FeedChange> {
        let index = usize::from(report.feed);
        if index >= self.feeds.len() {
            self.feeds.resize(index + 1, None);
        }
        let Some(feed) = &mut self.feeds[index] else {
            let feed = self.feeds[index].insert(Feed {
                feed: report.feed,
                reports: 1,
                plots: u64::from(report.position.is_some()),
                first: time,
                last: time,
                period_s: FIRST_PERIOD_S,
                latency_s: 0.0,
                silent_since: None,
                silences: 0,
            });
            return Some(FeedChange { time, event: FeedEvent::Heard, feed: *feed });
        };
        feed.reports += 1;
        feed.plots += u64::from(report.position.is_some());
        let latency_s = report.received.seconds_since(report.measured);
        feed.latency_s += 0.01 * (latency_s.clamp(-60.0, 60.0) - feed.latency_s);
        if time <= feed.last {
            return None;
        }
        let pause_s = time.seconds_since(feed.last);
        feed.last = time;
        if feed.silent_since.take().is_some() {
            // The pause was out of the ordinary; if it becomes ordinary, doubling learns it.
            feed.period_s = pause_s.min(2.0 * feed.period_s).min(LONGEST_PERIOD_S);
            let event = FeedEvent::Back { after_s: pause_s };
            return Some(FeedChange { time, event, feed: *feed });
        }
        if pause_s > feed.period_s {
            feed.period_s = pause_s.min(LONGEST_PERIOD_S);
        } else {
            let shorter = pause_s.max(SHORTEST_PERIOD_S) - feed.period_s;
            feed.period_s += shorter * (pause_s / MEMORY_S).min(1.0);
        }
        None
    }

    /// Looks for feeds that have fallen silent.
    pub fn look(&mut self, now: Time, mut tell: impl FnMut(FeedChange)) {
        for feed in self.feeds.iter_mut().flatten() {
            let pause_s = now.seconds_since(feed.last);
            let limit_s = SILENT_PERIODS * feed.period_s.max(SHORTEST_PERIOD_S);
            if feed.silent_since.is_none() && pause_s >= limit_s {
                feed.silent_since = Some(feed.last);
                feed.silences += 1;
                tell(FeedChange { time: now, event: FeedEvent::Silent, feed: *feed });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::{Address, Technique};

    fn report(t: f64) -> Report {
        let time = Time::from_unix_s(t).unwrap();
        Report::new(3, Address::icao(1), Technique::Unknown, time)
    }

    /// FEED-1, for rhythms from several a second to one in half a minute.
    #[test]
    fn a_silent_feed_is_alarmed_within_two_periods() {
        for period_s in [0.2, 1.0, 2.0, 5.0, 30.0] {
            let mut feeds = Feeds::default();
            let mut alarms = Vec::new();
            let mut last = 0.0;
            for i in 0..2000 {
                last = f64::from(i) * period_s;
                feeds.hear(&report(last), Time::from_unix_s(last).unwrap());
                feeds.look(Time::from_unix_s(last).unwrap(), |c| alarms.push(c));
            }
            assert_eq!(alarms, [], "{period_s}");
            let mut t = last.ceil();
            while alarms.is_empty() {
                t += 1.0;
                feeds.look(Time::from_unix_s(t).unwrap(), |c| alarms.push(c));
            }
            assert!(t - last <= 2.0 * period_s.max(2.0) + 1e-9, "{period_s}: {}", t - last);
            assert!(feeds.all_silent());
            let later = Time::from_unix_s(t + 500.0).unwrap();
            let back = feeds.hear(&report(t + 500.0), later).unwrap();
            assert!(matches!(back.event, FeedEvent::Back { .. }));
            assert_eq!(back.feed.silences, 1);
        }
    }
}

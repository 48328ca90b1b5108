//! Which feeds speak, and which have fallen silent.
//!
//! FEED-1: a silent feed is alarmed within two of its periods. A stale picture
//! must never look like a safe sky. The period of a feed is the longest pause that
//! it usually makes. Where its owner has declared it, that is what it is held to, from the
//! first moment and also if it is never heard; else it is learnt from the feed.

use deconflict_core::{Report, Time};

/// Pauses shorter than this say nothing of a feed that has declared no period.
const SHORTEST_PERIOD_S: f64 = 2.0;
/// A declared period is not less than so many of the engine's own, as it only looks so often.
const LOOKS_IN_PERIOD: f64 = 2.0;
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
    /// When its first report arrived; of a declared feed that has not been heard yet, since
    /// when it is waited for.
    pub first: Time,
    /// When its last report arrived, or since when it is waited for.
    pub last: Time,
    /// Whether its period is declared, and not learnt.
    pub declared: bool,
    /// The longest pause that it usually makes, seconds.
    pub period_s: f64,
    /// Smoothed time from measurement to arrival, seconds.
    pub latency_s: f64,
    /// Since when it has been silent, if it is.
    pub silent_since: Option<Time>,
    /// How often it has fallen silent.
    pub silences: u64,
}

impl Feed {
    fn new(feed: u16, time: Time) -> Feed {
        Feed {
            feed,
            reports: 0,
            plots: 0,
            first: time,
            last: time,
            declared: false,
            period_s: FIRST_PERIOD_S,
            latency_s: 0.0,
            silent_since: None,
            silences: 0,
        }
    }
}

/// What happened to a feed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FeedEvent {
    /// Its first report. Of a declared feed this ends the silence that went before.
    Heard,
    /// Nothing has come for longer than it ever pauses, or nothing at all from a declared feed.
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
    /// Number and period of the declared ones.
    declared: Vec<(u16, f64)>,
}

impl Feeds {
    /// Feeds of which these are declared, for an engine that looks every `look_s` seconds.
    pub fn new(declared: &[(u16, f64)], look_s: f64) -> Feeds {
        let shortest_s = LOOKS_IN_PERIOD * look_s;
        // A period that is none counts as the shortest: `max` passes over a NaN.
        let held = declared.iter().map(|(feed, period_s)| (*feed, period_s.max(shortest_s)));
        Feeds { feeds: Vec::new(), declared: held.collect() }
    }

    /// Time begins: from now on the declared feeds are waited for.
    pub fn begin(&mut self, now: Time) {
        for (feed, period_s) in std::mem::take(&mut self.declared) {
            let feed = Feed { declared: true, period_s, ..Feed::new(feed, now) };
            *self.slot(feed.feed) = Some(feed);
        }
    }

    /// The place of a feed.
    fn slot(&mut self, feed: u16) -> &mut Option<Feed> {
        let index = usize::from(feed);
        if index >= self.feeds.len() {
            self.feeds.resize(index + 1, None);
        }
        &mut self.feeds[index]
    }

    /// Whether a feed is known to be silent.
    pub fn is_silent(&self, feed: u16) -> bool {
        let feed = self.feeds.get(usize::from(feed)).and_then(Option::as_ref);
        feed.is_some_and(|feed| feed.silent_since.is_some())
    }

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
        let feed = self.slot(report.feed).get_or_insert_with(|| Feed::new(report.feed, time));
        feed.reports += 1;
        feed.plots += u64::from(report.position.is_some());
        if feed.reports == 1 {
            (feed.first, feed.last, feed.silent_since) = (time, time, None);
            return Some(FeedChange { time, event: FeedEvent::Heard, feed: *feed });
        }
        let latency_s = report.received.seconds_since(report.measured);
        feed.latency_s += 0.01 * (latency_s.clamp(-60.0, 60.0) - feed.latency_s);
        if time <= feed.last {
            return None;
        }
        let pause_s = time.seconds_since(feed.last);
        feed.last = time;
        if feed.silent_since.take().is_some() {
            if !feed.declared {
                // The pause was out of the ordinary; if it becomes ordinary, doubling learns it.
                feed.period_s = pause_s.min(2.0 * feed.period_s).min(LONGEST_PERIOD_S);
            }
            let event = FeedEvent::Back { after_s: pause_s };
            return Some(FeedChange { time, event, feed: *feed });
        }
        if feed.declared {
            return None;
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
            let shortest_s = if feed.declared { 0.0 } else { SHORTEST_PERIOD_S };
            let limit_s = SILENT_PERIODS * feed.period_s.max(shortest_s);
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

    /// FEED-1, for periods that are declared, and engines that look more or less often.
    #[test]
    fn a_declared_feed_is_alarmed_within_two_of_its_periods_heard_or_not() {
        let at = |t: f64| Time::from_unix_s(1_700_000_000.0 + t).unwrap();
        for (period_s, look_s) in [(2.0, 1.0), (5.0, 1.0), (1.0, 0.5), (30.0, 1.0), (300.0, 1.0)] {
            for heard_until_s in [None, Some(10.0 * period_s)] {
                let mut feeds = Feeds::new(&[(3, period_s)], look_s);
                assert!(feeds.iter().next().is_none());
                feeds.begin(at(0.0));
                let mut next_s = 0.0;
                let mut alarm = None;
                for look in 1..10_000 {
                    let now_s = f64::from(look) * look_s;
                    while heard_until_s.is_some_and(|until_s| next_s <= until_s) && next_s < now_s {
                        let change = feeds.hear(&report(next_s), at(next_s));
                        let heard = change.map(|change| change.event);
                        assert_eq!(heard, (next_s == 0.0).then_some(FeedEvent::Heard));
                        next_s += period_s;
                    }
                    feeds.look(at(now_s), |change| alarm = alarm.or(Some(change)));
                    assert_eq!(feeds.is_silent(3), alarm.is_some());
                    if alarm.is_some() {
                        break;
                    }
                }
                let alarm = alarm.expect("an alarm");
                let last_s = heard_until_s.unwrap_or(0.0);
                let after_s = alarm.time.seconds_since(at(last_s));
                assert!(
                    (1.5 * period_s..=2.0 * period_s).contains(&after_s),
                    "{period_s} {after_s}"
                );
                assert_eq!(alarm.event, FeedEvent::Silent);
                assert_eq!(alarm.feed.reports > 0, heard_until_s.is_some());
                assert_eq!(alarm.feed.period_s, period_s);
                assert!(feeds.all_silent());
                let back = feeds.hear(&report(9e6), at(9e6)).unwrap();
                assert_eq!(back.event == FeedEvent::Heard, heard_until_s.is_none());
                assert!(!feeds.is_silent(3));
                assert_eq!((back.feed.period_s, back.feed.silences), (period_s, 1));
            }
        }
    }

    #[test]
    fn a_declared_period_is_no_less_than_two_looks() {
        for period_s in [0.1, f64::NAN, -1.0] {
            let mut feeds = Feeds::new(&[(0, period_s)], 1.0);
            feeds.begin(Time::from_unix_s(0.0).unwrap());
            assert_eq!(feeds.iter().next().unwrap().period_s, 2.0);
        }
    }
}

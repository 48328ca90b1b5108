//! How a feed is: what the map, the API and the metrics say about it.

use crate::config::{FeedConfig, Kind};
use crate::stop::lock;
use deconflict_core::{Report, Time};
use serde::{Serialize, Serializer};
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Mutex;
use std::time::Instant;

/// How a feed is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Health {
    /// Not heard yet.
    Starting,
    /// Heard, and not missed since.
    Live,
    /// Nothing has come for longer than it ever pauses: an alarm.
    Silent,
    /// It cannot be reached: an alarm.
    Down,
    /// Switched off in the configuration.
    Off,
}

impl Health {
    /// Every state, in the order of the documentation.
    pub const ALL: [Health; 5] =
        [Health::Starting, Health::Live, Health::Silent, Health::Down, Health::Off];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Health::Starting => "starting",
            Health::Live => "live",
            Health::Silent => "silent",
            Health::Down => "down",
            Health::Off => "off",
        }
    }

    /// Whether somebody has to be told.
    pub const fn is_alarm(self) -> bool {
        matches!(self, Health::Silent | Health::Down)
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl Serialize for Health {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// What can be said of a feed at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct FeedStatus {
    /// Its number, in [`Report::feed`].
    pub number: u16,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub owner: Option<String>,
    /// How it comes in.
    pub kind: Kind,
    /// Its format, where it has one.
    pub format: Option<&'static str>,
    /// How it is.
    pub health: Health,
    /// Since when it is so.
    pub since: Time,
    /// When its last report was received.
    pub last: Option<Time>,
    /// Its declared period, seconds.
    pub period_s: f64,
    /// Reports so far.
    pub reports: u64,
    /// Of these, with a position.
    pub plots: u64,
    /// Records so far: lines, frames, elements.
    pub records: u64,
    /// Bytes so far.
    pub bytes: u64,
    /// What was wrong, by kind: those of the formats, `clock` for times that cannot be,
    /// and `refused` for pushed reports that were not accepted.
    pub errors: BTreeMap<&'static str, u64>,
    /// Reports dropped for want of room.
    pub dropped: u64,
    /// Connections that were made after the first.
    pub reconnects: u64,
    /// Connections at present.
    pub connections: u32,
    /// How often it has fallen silent.
    pub silences: u64,
    /// Reports in a real second, over the last ten.
    pub rate: f64,
    /// Smoothed time from measurement to receipt, seconds; `None` before the first report.
    pub latency_s: Option<f64>,
    /// Where it listens, for kinds that do, once it does.
    pub bound: Option<SocketAddr>,
    /// Why it is as it is, in words.
    pub reason: String,
}

impl FeedStatus {
    /// Whether it cannot be reached.
    pub fn is_down(&self) -> bool {
        self.health == Health::Down
    }

    /// Whether it is switched off.
    pub fn is_off(&self) -> bool {
        self.health == Health::Off
    }

    /// Errors of all kinds.
    pub fn errors_total(&self) -> u64 {
        self.errors.values().sum()
    }
}

/// Whether a source can be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Not known yet.
    Unknown,
    Reached,
    Lost,
}

/// What has come in since the last time that it was told: gathered without a lock.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) reports: u64,
    pub(crate) plots: u64,
    pub(crate) records: u64,
    pub(crate) bytes: u64,
    pub(crate) dropped: u64,
    pub(crate) latency_s: Option<f64>,
    pub(crate) last: Option<Time>,
}

impl Tally {
    pub(crate) fn report(&mut self, report: &Report) {
        self.reports += 1;
        self.plots += u64::from(report.position.is_some());
        let latency_s = report.received.seconds_since(report.measured);
        self.latency_s = Some(self.latency_s.map_or(latency_s, |s| s + 0.05 * (latency_s - s)));
        self.last = Some(report.received);
    }
}

/// What is known of a feed, shared between its threads and those who ask.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) number: u16,
    pub(crate) config: FeedConfig,
    format: Option<&'static str>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    health: Health,
    since: Time,
    reach: Reach,
    silent: bool,
    last: Option<Time>,
    tally: Tally,
    errors: BTreeMap<&'static str, u64>,
    connected: u64,
    connections: u32,
    silences: u64,
    latency_s: Option<f64>,
    rate: Rate,
    bound: Option<SocketAddr>,
    reason: String,
}

impl Shared {
    pub(crate) fn new(
        number: u16,
        config: FeedConfig,
        format: Option<&'static str>,
        now: Time,
    ) -> Shared {
        let on = config.enabled;
        let state = State {
            health: if on { Health::Starting } else { Health::Off },
            since: now,
            reach: Reach::Unknown,
            silent: false,
            last: None,
            tally: Tally::default(),
            errors: BTreeMap::new(),
            connected: 0,
            connections: 0,
            silences: 0,
            latency_s: None,
            rate: Rate::new(),
            bound: None,
            reason: if on { "not heard yet" } else { "switched off in the configuration" }.into(),
        };
        Shared { number, config, format, state: Mutex::new(state) }
    }

    /// Adds what has come in.
    pub(crate) fn add(&self, now: Time, tally: Tally) {
        let mut state = lock(&self.state);
        state.rate.add(tally.reports);
        if let Some(latency_s) = tally.latency_s {
            let before_s = *state.latency_s.get_or_insert(latency_s);
            let weight = (0.05 * tally.reports as f64).min(0.5);
            state.latency_s = Some(before_s + weight * (latency_s - before_s));
        }
        state.last = tally.last.or(state.last);
        let all = &mut state.tally;
        all.reports += tally.reports;
        all.plots += tally.plots;
        all.records += tally.records;
        all.bytes += tally.bytes;
        all.dropped += tally.dropped;
        state.settle(now);
    }

    /// Counts errors of a kind; answers how many of all kinds there were before.
    pub(crate) fn error(&self, kind: &'static str, count: u64) -> u64 {
        let mut state = lock(&self.state);
        let before = state.errors.values().sum();
        *state.errors.entry(kind).or_default() += count;
        before
    }

    /// What has become of the source, in words.
    pub(crate) fn reach(&self, now: Time, reach: Reach, reason: String) {
        let mut state = lock(&self.state);
        state.reach = reach;
        state.reason = reason;
        state.settle(now);
    }

    /// Why it is as it is, its health unchanged.
    pub(crate) fn reason(&self, reason: String) {
        lock(&self.state).reason = reason;
    }

    /// Where it listens.
    pub(crate) fn set_bound(&self, bound: SocketAddr) {
        lock(&self.state).bound = Some(bound);
    }

    /// A connection was made.
    pub(crate) fn connected(&self) -> u32 {
        let mut state = lock(&self.state);
        state.connected += 1;
        state.connections += 1;
        state.connections
    }

    /// A connection is no more.
    pub(crate) fn disconnected(&self) -> u32 {
        let mut state = lock(&self.state);
        state.connections = state.connections.saturating_sub(1);
        state.connections
    }

    pub(crate) fn set_silent(&self, now: Time, silent: bool) {
        let mut state = lock(&self.state);
        state.silences += u64::from(silent && !state.silent);
        state.silent = silent;
        state.settle(now);
    }

    pub(crate) fn status(&self) -> FeedStatus {
        let state = lock(&self.state);
        FeedStatus {
            number: self.number,
            name: self.config.name.clone(),
            owner: self.config.owner.clone(),
            kind: self.config.kind,
            format: self.format,
            health: state.health,
            since: state.since,
            last: state.last,
            period_s: self.config.period_s(),
            reports: state.tally.reports,
            plots: state.tally.plots,
            records: state.tally.records,
            bytes: state.tally.bytes,
            errors: state.errors.clone(),
            dropped: state.tally.dropped,
            reconnects: state.connected.saturating_sub(1),
            connections: state.connections,
            silences: state.silences,
            rate: state.rate.per_s(),
            latency_s: state.latency_s,
            bound: state.bound,
            reason: state.reason.clone(),
        }
    }
}

impl State {
    fn settle(&mut self, now: Time) {
        let health = match self.health {
            Health::Off => Health::Off,
            _ if self.reach == Reach::Lost => Health::Down,
            _ if self.silent => Health::Silent,
            _ if self.last.is_some() => Health::Live,
            _ => Health::Starting,
        };
        if health != self.health {
            (self.health, self.since) = (health, now);
        }
    }
}

/// Seconds over which the rate is measured.
const RATE_OVER_S: u64 = 10;

/// Counts of the last full seconds.
#[derive(Debug)]
struct Rate {
    begun: Instant,
    /// The second that is being counted.
    second: u64,
    counts: [u64; RATE_OVER_S as usize + 1],
}

impl Rate {
    fn new() -> Rate {
        Rate { begun: Instant::now(), second: 0, counts: [0; RATE_OVER_S as usize + 1] }
    }

    fn slot(second: u64) -> usize {
        (second % (RATE_OVER_S + 1)) as usize
    }

    fn add(&mut self, reports: u64) {
        let second = self.begun.elapsed().as_secs();
        // The seconds in which nothing was counted, but none twice.
        for passed in (self.second + 1..=second).rev().take(self.counts.len()) {
            self.counts[Rate::slot(passed)] = 0;
        }
        self.second = second;
        self.counts[Rate::slot(second)] += reports;
    }

    fn per_s(&self) -> f64 {
        let second = self.begun.elapsed().as_secs();
        let full = (second.saturating_sub(RATE_OVER_S)..second).filter(|s| *s <= self.second);
        let over_s = second.min(RATE_OVER_S);
        if over_s == 0 {
            // In the first second: what there is of it.
            return self.counts[0] as f64;
        }
        // Slots older than the window have been reused or are left out by the filter.
        full.map(|s| self.counts[Rate::slot(s)]).sum::<u64>() as f64 / over_s as f64
    }
}

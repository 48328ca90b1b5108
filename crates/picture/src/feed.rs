//! Feeds as they are told.

use crate::number::{Stamp, rounded};
use deconflict_core::Time;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a feed is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Health {
    /// Not heard yet, and not overdue.
    Starting,
    /// It speaks.
    Live,
    /// It has stopped, or was never heard when it should have been: an alarm.
    Silent,
    /// It cannot be reached: an alarm.
    Down,
    /// Switched off, or at its end.
    Off,
}

impl Health {
    /// Whether the picture lacks what this feed should show.
    pub fn is_alarm(self) -> bool {
        matches!(self, Health::Silent | Health::Down)
    }
}

/// What the rim knows of the line that a feed comes in by.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// Cannot be reached.
    pub down: bool,
    /// Switched off or at its end.
    pub off: bool,
    /// Records that could not be read.
    pub errors: u64,
    /// Reports dropped because the service did not keep up.
    pub dropped: u64,
    /// Its state in words.
    pub reason: String,
}

/// A feed and how it is.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Feed {
    /// Its name.
    pub name: String,
    /// The operator or party that owns it.
    pub owner: Option<String>,
    /// How it comes in: `tcp`, `listen`, `udp`, `poll`, `push`, `replay`, `scenario`.
    pub kind: String,
    /// The format of its data.
    pub format: String,
    /// How it is.
    pub health: Health,
    /// Since when it is so.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub since: Option<Stamp>,
    /// When it was last heard.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last: Option<Stamp>,
    /// The longest pause that it usually makes, seconds.
    pub period_s: f64,
    /// Reports so far.
    pub reports: u64,
    /// Of these, with a position.
    pub plots: u64,
    /// Reports a second, lately.
    pub rate: f64,
    /// Seconds from measurement to receipt.
    pub latency_s: f64,
    /// Records that could not be read.
    pub errors: u64,
    /// Reports dropped because the service did not keep up.
    pub dropped: u64,
    /// How often it has fallen silent.
    pub silences: u64,
    /// Its state in words.
    pub reason: String,
}

/// What is remembered of a feed between two pictures.
#[derive(Clone, Debug)]
pub(crate) struct Followed {
    pub feed: Feed,
    counted: (Time, u64),
}

impl Followed {
    pub fn new(name: &str, owner: Option<String>, kind: &str, format: &str, now: Time) -> Followed {
        Followed {
            feed: Feed {
                name: name.to_owned(),
                owner,
                kind: kind.to_owned(),
                format: format.to_owned(),
                health: Health::Starting,
                since: Some(Stamp(now)),
                last: None,
                period_s: 0.0,
                reports: 0,
                plots: 0,
                rate: 0.0,
                latency_s: 0.0,
                errors: 0,
                dropped: 0,
                silences: 0,
                reason: String::new(),
            },
            counted: (now, 0),
        }
    }

    /// Takes in what the engine knows and what the rim says. Whether its health changed.
    pub fn follow(
        &mut self,
        now: Time,
        heard: Option<&deconflict_engine::Feed>,
        line: &Line,
    ) -> bool {
        let feed = &mut self.feed;
        let mut health = Health::Starting;
        if let Some(heard) = heard {
            feed.period_s = rounded(heard.period_s, 1);
            feed.reports = heard.reports;
            feed.plots = heard.plots;
            feed.latency_s = rounded(heard.latency_s, 2);
            feed.silences = heard.silences;
            if heard.reports > 0 {
                feed.last = Some(Stamp(heard.last));
                health = Health::Live;
            }
            if heard.silent_since.is_some() {
                health = Health::Silent;
            }
        }
        let (since, before) = self.counted;
        let passed_s = now.seconds_since(since);
        if passed_s >= 5.0 {
            feed.rate = rounded((feed.reports.saturating_sub(before)) as f64 / passed_s, 1);
            self.counted = (now, feed.reports);
        }
        health = match (line.off, line.down) {
            (true, _) => Health::Off,
            (_, true) => Health::Down,
            _ => health,
        };
        feed.errors = line.errors;
        feed.dropped = line.dropped;
        feed.reason.clone_from(&line.reason);
        let changed = feed.health != health;
        if changed {
            feed.health = health;
            feed.since = Some(Stamp(now));
        }
        changed
    }
}

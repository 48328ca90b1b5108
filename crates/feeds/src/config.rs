//! How a feed is set up: `[[feed]]` of the service's TOML file.

use crate::check::{ConfigError, Settled, settle};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::PathBuf;

/// How a feed comes in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A TCP connection that the service makes.
    Tcp,
    /// TCP connections that others make to the service.
    Listen,
    /// UDP datagrams.
    Udp,
    /// A document that is fetched again and again by HTTP.
    Poll,
    /// Reports that a party pushes by HTTP.
    Push,
    /// A recording.
    Replay,
    /// A simulated feed of a scenario.
    Scenario,
}

impl Kind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Kind; 7] =
        [Kind::Tcp, Kind::Listen, Kind::Udp, Kind::Poll, Kind::Push, Kind::Replay, Kind::Scenario];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Tcp => "tcp",
            Kind::Listen => "listen",
            Kind::Udp => "udp",
            Kind::Poll => "poll",
            Kind::Push => "push",
            Kind::Replay => "replay",
            Kind::Scenario => "scenario",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What becomes of the times of a recording or scenario.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Times {
    /// Moved so that it begins now, by the service's clock.
    #[default]
    Shift,
    /// Kept: each report is due when the service's clock shows its time of receipt.
    Keep,
}

/// What a datagram holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Datagrams {
    /// Whole records, the last of them perhaps without a line end.
    #[default]
    Whole,
    /// Any part of a stream: a record may go on in the next one of the same sender.
    Stream,
}

/// One feed. Which keys go with which kind, and what they mean, is in `docs/feeds.md`;
/// [`check`](Self::check) says what does not fit.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FeedConfig {
    /// Its name: unique, and what people see.
    pub name: String,
    /// The operator or party whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// How it comes in.
    pub kind: Kind,
    /// Whether it is used.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// Its format, by the name that [`Format`](deconflict_formats::Format) has for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// The longest pause that it makes, seconds: after one and a half it is silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub period_s: Option<f64>,
    /// Standard deviation of a position per axis that says nothing of its own accuracy, metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy_m: Option<f64>,
    /// How long measurements are under way where the format does not tell, seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latency_s: Option<f64>,
    /// Where the receiver stands: latitude and longitude, degrees.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receiver: Option<[f64; 2]>,
    /// How far the feed's local times are ahead of UTC, seconds (SBS).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub utc_offset_s: Option<i32>,
    /// A connection on which nothing comes for so many seconds is given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idle_s: Option<f64>,
    /// tcp: the host and port to connect to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect: Option<String>,
    /// listen, udp: the address and port to listen on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bind: Option<String>,
    /// listen: more connections at one time are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_connections: Option<u32>,
    /// udp: what a datagram holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datagrams: Option<Datagrams>,
    /// poll: what to fetch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// poll: seconds from one fetch to the next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every_s: Option<f64>,
    /// replay: the recording.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<PathBuf>,
    /// replay: when the recording began, ISO 8601, for formats without times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// replay: frames in a second, for AVR without times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frames_per_s: Option<f64>,
    /// scenario: its name, or the path of its file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scenario: Option<String>,
    /// scenario: which of its feeds. Without it the table stands for all of them,
    /// with their own names, owners and periods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feed: Option<String>,
    /// scenario: another seed than the scenario's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// replay, scenario: how many seconds of it go by in one of the service's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub speed: Option<f64>,
    /// replay, scenario: whether it begins again at its end.
    #[serde(default, rename = "loop", skip_serializing_if = "Option::is_none")]
    pub repeat: Option<bool>,
    /// replay, scenario: what becomes of its times.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<Times>,
}

const fn yes() -> bool {
    true
}

/// The period of a feed that declares none, seconds.
const USUAL_PERIOD_S: f64 = 5.0;

impl FeedConfig {
    /// A feed of which nothing but this is said.
    pub fn new(name: &str, kind: Kind) -> FeedConfig {
        FeedConfig {
            name: name.to_owned(),
            owner: None,
            kind,
            enabled: true,
            format: None,
            period_s: None,
            accuracy_m: None,
            latency_s: None,
            receiver: None,
            utc_offset_s: None,
            idle_s: None,
            connect: None,
            bind: None,
            max_connections: None,
            datagrams: None,
            url: None,
            every_s: None,
            file: None,
            start: None,
            frames_per_s: None,
            scenario: None,
            feed: None,
            seed: None,
            speed: None,
            repeat: None,
            times: None,
        }
    }

    /// The period: the declared one, or 5 s, or that of polling if it is longer.
    pub fn period_s(&self) -> f64 {
        let usual_s = self.every_s.map_or(USUAL_PERIOD_S, |s| s.max(USUAL_PERIOD_S));
        self.period_s.unwrap_or(usual_s)
    }

    /// Whether everything in it fits together.
    ///
    /// # Errors
    /// All that does not, each with the feed, the key, and what to do.
    pub fn check(&self) -> Result<(), Vec<ConfigError>> {
        self.settle().map(drop)
    }

    /// The values as they are used.
    pub(crate) fn settle(&self) -> Result<Settled, Vec<ConfigError>> {
        settle(self)
    }
}

//! Whether a feed is set up so that it can work, and the values as they are used.

use crate::config::{Datagrams, FeedConfig, Kind, Times};
use deconflict_core::{GeoPoint, Operator, Time};
use deconflict_formats::{Format, limits};
use std::net::SocketAddr;
use std::path::PathBuf;
use thiserror::Error;

/// What is wrong with the configuration of a feed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("feed {feed:?}: {key}: {message}")]
pub struct ConfigError {
    /// The name of the feed; may be empty, if that is what is wrong.
    pub feed: String,
    /// The key whose value is wrong or missing.
    pub key: &'static str,
    /// What is wrong, and what to do.
    pub message: String,
}

/// A feed's values as they are used: defaults filled in, texts read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settled {
    pub(crate) source: Source,
    /// `None` where it is told by the first bytes (replay) or there is none.
    pub(crate) format: Option<Format>,
    pub(crate) accuracy_m: Option<f32>,
    pub(crate) latency_s: f64,
    pub(crate) receiver: Option<GeoPoint>,
    pub(crate) utc_offset_s: i32,
    pub(crate) idle_s: f64,
}

/// Where reports come from.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Source {
    Tcp { connect: String },
    Listen { bind: SocketAddr, max_connections: u32 },
    Udp { bind: SocketAddr, datagrams: Datagrams },
    Poll { url: reqwest::Url, every_s: f64 },
    Push,
    Replay { file: PathBuf, start: Option<Time>, frames_per_s: Option<f64>, play: Play },
    Scenario { scenario: String, feed: Option<String>, seed: Option<u64>, play: Play },
}

/// How a recording or scenario is played.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Play {
    pub(crate) speed: f64,
    pub(crate) repeat: bool,
    pub(crate) times: Times,
}

const IDLE_S: f64 = 60.0;
const MAX_CONNECTIONS: u32 = 16;
const EVERY_S: f64 = 1.0;

/// Collects what is wrong with one feed.
struct Complaints<'a> {
    config: &'a FeedConfig,
    errors: Vec<ConfigError>,
}

impl Complaints<'_> {
    fn add(&mut self, key: &'static str, message: impl Into<String>) {
        let feed = self.config.name.clone();
        self.errors.push(ConfigError { feed, key, message: message.into() });
    }

    /// A value within limits, or nothing.
    fn within(&mut self, key: &'static str, value: Option<f64>, low: f64, high: f64, unit: &str) {
        if let Some(value) = value
            && !(low..=high).contains(&value)
        {
            let message = format!("{value} is not between {low} and {high} {unit}");
            self.add(key, message.trim_end());
        }
    }
}

pub(crate) fn settle(config: &FeedConfig) -> Result<Settled, Vec<ConfigError>> {
    let mut wrong = Complaints { config, errors: Vec::new() };
    name_and_owner(&mut wrong);
    misplaced(&mut wrong);
    wrong.within("period_s", config.period_s, 0.1, 3_600.0, "s");
    wrong.within("accuracy_m", config.accuracy_m, 0.1, 20_000.0, "m");
    wrong.within("latency_s", config.latency_s, 0.0, 600.0, "s");
    wrong.within("idle_s", config.idle_s, 0.1, 86_400.0, "s");
    wrong.within("every_s", config.every_s, 0.1, 3_600.0, "s");
    wrong.within("speed", config.speed, 0.01, 1_000.0, "");
    wrong.within("frames_per_s", config.frames_per_s, 0.1, 100_000.0, "");
    let offset_s = config.utc_offset_s.map(f64::from);
    wrong.within("utc_offset_s", offset_s, -86_400.0, 86_400.0, "s");
    if let (Some(period_s), Some(every_s)) = (config.period_s, config.every_s)
        && period_s < every_s
    {
        let message = format!("is shorter than every_s: give at least {every_s}");
        wrong.add("period_s", message);
    }
    let receiver = config.receiver.and_then(|[lat_deg, lon_deg]| {
        let point = GeoPoint::from_deg(lat_deg, lon_deg);
        if point.is_none() {
            wrong.add("receiver", "is no place: give [latitude, longitude] in degrees");
        }
        point
    });
    let format = format(&mut wrong);
    let source = source(&mut wrong, format);
    match source {
        Some(source) if wrong.errors.is_empty() => Ok(Settled {
            source,
            format,
            accuracy_m: config.accuracy_m.map(|m| m as f32),
            latency_s: config.latency_s.unwrap_or(0.0),
            receiver,
            utc_offset_s: config.utc_offset_s.unwrap_or(0),
            idle_s: config.idle_s.unwrap_or(IDLE_S),
        }),
        _ => Err(wrong.errors),
    }
}

fn name_and_owner(wrong: &mut Complaints<'_>) {
    let config = wrong.config;
    let name = config.name.trim();
    if name.is_empty() {
        wrong.add("name", "is empty: give the feed a name that people know it by");
    } else if name.len() > 64 || name.chars().any(|c| c.is_control() || c == '/') {
        wrong.add("name", "has to be shorter than 65 bytes, without \"/\" and control characters");
    }
    if let Some(owner) = &config.owner
        && Operator::new(owner).is_none_or(|label| label.as_str() != owner)
    {
        wrong.add("owner", format!("{owner:?} is not the name of an operator: 1 to 16 bytes"));
    }
}

/// Keys that mean nothing to this kind of feed: nobody writes them without a wrong idea.
fn misplaced(wrong: &mut Complaints<'_>) {
    use Kind::{Listen, Poll, Replay, Scenario, Tcp, Udp};
    let config = wrong.config;
    let keys: [(&str, bool, &[Kind]); 20] = [
        ("format", config.format.is_some(), &[Tcp, Listen, Udp, Poll, Replay]),
        ("receiver", config.receiver.is_some(), &[Tcp, Listen, Udp, Replay]),
        ("utc_offset_s", config.utc_offset_s.is_some(), &[Tcp, Listen, Udp, Replay]),
        ("idle_s", config.idle_s.is_some(), &[Tcp, Listen, Poll]),
        ("latency_s", config.latency_s.is_some(), &[Tcp, Listen, Udp, Poll, Kind::Push]),
        ("connect", config.connect.is_some(), &[Tcp]),
        ("bind", config.bind.is_some(), &[Listen, Udp]),
        ("max_connections", config.max_connections.is_some(), &[Listen]),
        ("datagrams", config.datagrams.is_some(), &[Udp]),
        ("url", config.url.is_some(), &[Poll]),
        ("every_s", config.every_s.is_some(), &[Poll]),
        ("file", config.file.is_some(), &[Replay]),
        ("start", config.start.is_some(), &[Replay]),
        ("frames_per_s", config.frames_per_s.is_some(), &[Replay]),
        ("scenario", config.scenario.is_some(), &[Scenario]),
        ("feed", config.feed.is_some(), &[Scenario]),
        ("seed", config.seed.is_some(), &[Scenario]),
        ("speed", config.speed.is_some(), &[Replay, Scenario]),
        ("loop", config.repeat.is_some(), &[Replay, Scenario]),
        ("times", config.times.is_some(), &[Replay, Scenario]),
    ];
    for (key, is_set, kinds) in keys {
        if is_set && !kinds.contains(&config.kind) {
            let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
            let message = format!(
                "means nothing to a feed of kind \"{}\": leave it out (it goes with {})",
                config.kind,
                names.join(", ")
            );
            wrong.add(key, message);
        }
    }
}

/// The formats that each kind can carry.
fn carried(kind: Kind) -> &'static [Format] {
    match kind {
        Kind::Tcp | Kind::Listen | Kind::Udp => {
            &[Format::Sbs, Format::Beast, Format::Avr, Format::ReadsbLines, Format::ReadsbSnapshot]
        }
        Kind::Poll => &[Format::ReadsbSnapshot, Format::ReadsbLines, Format::OpenskyStates],
        Kind::Replay => &Format::ALL,
        Kind::Push | Kind::Scenario => &[],
    }
}

fn format(wrong: &mut Complaints<'_>) -> Option<Format> {
    let kind = wrong.config.kind;
    let carried = carried(kind);
    let Some(name) = &wrong.config.format else {
        return match kind {
            Kind::Tcp | Kind::Listen | Kind::Udp => {
                wrong.add("format", format!("is missing: give one of {}", names(carried)));
                None
            }
            Kind::Poll => Some(Format::ReadsbSnapshot),
            Kind::Push | Kind::Replay | Kind::Scenario => None,
        };
    };
    let found = Format::parse(name).filter(|format| carried.contains(format));
    if found.is_none() && !carried.is_empty() {
        let message = format!("{name:?} cannot come by {kind}: give one of {}", names(carried));
        wrong.add("format", message);
    }
    found
}

fn names(formats: &[Format]) -> String {
    let names: Vec<_> = formats.iter().map(|format| format.name()).collect();
    names.join(", ")
}

fn source(wrong: &mut Complaints<'_>, format: Option<Format>) -> Option<Source> {
    let config = wrong.config;
    match config.kind {
        Kind::Tcp => {
            let connect = config.connect.clone();
            let sound = connect.filter(|text| {
                let parts = text.rsplit_once(':');
                parts.is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
            });
            if sound.is_none() {
                wrong.add(
                    "connect",
                    "give \"HOST:PORT\" of the receiver, such as \"10.0.0.5:30003\"",
                );
            }
            Some(Source::Tcp { connect: sound? })
        }
        Kind::Listen => {
            let max_connections = config.max_connections.unwrap_or(MAX_CONNECTIONS);
            if !(1..=1_000).contains(&max_connections) {
                wrong.add("max_connections", "has to be between 1 and 1000");
            }
            Some(Source::Listen { bind: bind(wrong)?, max_connections })
        }
        Kind::Udp => {
            let datagrams = config.datagrams.unwrap_or_default();
            Some(Source::Udp { bind: bind(wrong)?, datagrams })
        }
        Kind::Poll => {
            let url = config.url.as_deref().and_then(|text| reqwest::Url::parse(text).ok());
            let url = url.filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
            if url.is_none() {
                wrong.add(
                    "url",
                    "give the whole address, such as \"http://10.0.0.5/data/aircraft.json\"",
                );
            }
            Some(Source::Poll { url: url?, every_s: config.every_s.unwrap_or(EVERY_S) })
        }
        Kind::Push => Some(Source::Push),
        Kind::Replay => {
            let play = play(wrong);
            if config.file.is_none() {
                wrong.add("file", "is missing: give the path of a recording");
            }
            let start = start(wrong, format, play.times);
            let frames_per_s = config.frames_per_s;
            Some(Source::Replay { file: config.file.clone()?, start, frames_per_s, play })
        }
        Kind::Scenario => {
            let play = play(wrong);
            if config.scenario.is_none() {
                wrong
                    .add("scenario", "is missing: give the name of a scenario, or the path of one");
            }
            let (scenario, feed) = (config.scenario.clone()?, config.feed.clone());
            Some(Source::Scenario { scenario, feed, seed: config.seed, play })
        }
    }
}

fn bind(wrong: &mut Complaints<'_>) -> Option<SocketAddr> {
    let found = wrong.config.bind.as_deref().and_then(|text| text.parse().ok());
    if found.is_none() {
        wrong.add(
            "bind",
            "give the address and port to listen on, such as \"127.0.0.1:30004\" (for all of the \
             machine's addresses \"0.0.0.0:30004\")",
        );
    }
    found
}

fn play(wrong: &mut Complaints<'_>) -> Play {
    let config = wrong.config;
    let play = Play {
        speed: config.speed.unwrap_or(1.0),
        repeat: config.repeat.unwrap_or(false),
        times: config.times.unwrap_or_default(),
    };
    if play.times == Times::Keep {
        if config.speed.is_some() {
            let message = "with times = \"keep\" the service's clock sets the pace: leave it out";
            wrong.add("speed", message);
        }
        if play.repeat {
            let message =
                "with times = \"keep\" nothing can come twice: leave it out, or shift the times";
            wrong.add("loop", message);
        }
    }
    play
}

fn start(wrong: &mut Complaints<'_>, format: Option<Format>, times: Times) -> Option<Time> {
    match wrong.config.start.as_deref() {
        Some(text) => {
            let found = limits::time_text(text).ok();
            if found.is_none() {
                wrong.add("start", "is no time: give it as 2017-12-13T08:00:00Z");
            }
            found
        }
        None => {
            if times == Times::Keep && format.is_some_and(|format| !format.has_times()) {
                wrong
                    .add("start", "is missing: this format carries no times, so say when it began");
            }
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> FeedConfig {
        toml::from_str(text).unwrap()
    }

    fn complaints(text: &str) -> Vec<String> {
        let errors = parse(text).check().err().unwrap_or_default();
        errors.into_iter().map(|error| error.to_string()).collect()
    }

    #[test]
    fn each_kind_needs_little() {
        for text in [
            "kind = \"tcp\"\nformat = \"sbs\"\nconnect = \"10.0.0.5:30003\"",
            "kind = \"tcp\"\nformat = \"beast\"\nconnect = \"[::1]:30005\"",
            "kind = \"listen\"\nformat = \"avr\"\nbind = \"127.0.0.1:30004\"",
            "kind = \"udp\"\nformat = \"readsb-lines\"\nbind = \"0.0.0.0:30006\"",
            "kind = \"poll\"\nurl = \"https://feed.example/data/aircraft.json\"\nevery_s = 2",
            "kind = \"push\"\nowner = \"SAR-1\"\naccuracy_m = 50\nlatency_s = 1",
            "kind = \"replay\"\nfile = \"x.sbs.gz\"\nloop = true\nspeed = 10",
            "kind = \"scenario\"\nscenario = \"euphrates-2017\"\ntimes = \"keep\"\nseed = 7",
        ] {
            assert_eq!(complaints(&format!("name = \"x\"\n{text}")), [""; 0], "{text}");
        }
    }

    #[test]
    fn a_period_is_never_shorter_than_that_of_polling() {
        assert_eq!(FeedConfig::new("x", Kind::Tcp).period_s(), 5.0);
        let slow = FeedConfig { every_s: Some(30.0), ..FeedConfig::new("x", Kind::Poll) };
        assert_eq!(slow.period_s(), 30.0);
    }

    #[test]
    fn complaints_name_the_feed_the_key_and_what_to_do() {
        let found = complaints(
            "name = \"x\"\nkind = \"tcp\"\nformat = \"opensky-csv\"\nconnect = \"nowhere\"\n\
             bind = \"127.0.0.1:1\"\naccuracy_m = -5\nowner = \"MUCH TOO LONG A NAME\"\n\
             receiver = [91, 0]\nidle_s = nan",
        );
        let begins =
            |start: &str| assert!(found.iter().any(|f| f.starts_with(start)), "{found:#?}");
        begins("feed \"x\": owner: \"MUCH TOO LONG A NAME\" is not");
        begins("feed \"x\": bind: means nothing to a feed of kind \"tcp\": leave it out");
        begins("feed \"x\": accuracy_m: -5 is not between 0.1 and 20000 m");
        begins("feed \"x\": idle_s: NaN is not");
        begins("feed \"x\": receiver: is no place");
        begins("feed \"x\": format: \"opensky-csv\" cannot come by tcp: give one of sbs, beast");
        begins("feed \"x\": connect: give \"HOST:PORT\"");
        assert_eq!(found.len(), 7, "{found:#?}");
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        for (text, expected) in [
            (
                "kind = \"scenario\"\nscenario = \"a\"\ntimes = \"keep\"\nspeed = 2",
                "speed: with times",
            ),
            ("kind = \"replay\"\nfile = \"a\"\ntimes = \"keep\"\nloop = true", "loop: with times"),
            (
                "kind = \"replay\"\nfile = \"a\"\nformat = \"beast\"\ntimes = \"keep\"",
                "start: is missing",
            ),
            ("kind = \"replay\"\nfile = \"a\"\nstart = \"yesterday\"", "start: is no time"),
            ("kind = \"poll\"\nurl = \"ftp://x/y\"", "url: give the whole"),
            (
                "kind = \"poll\"\nurl = \"http://x/\"\nevery_s = 9\nperiod_s = 5",
                "period_s: is shorter",
            ),
            ("kind = \"listen\"\nformat = \"sbs\"\nbind = \"localhost\"", "bind: give the address"),
            ("kind = \"tcp\"\nconnect = \"a:1\"", "format: is missing"),
            ("kind = \"push\"\nformat = \"sbs\"", "format: means nothing"),
        ] {
            let found = complaints(&format!("name = \"x\"\n{text}"));
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            assert!(found[0].starts_with(&format!("feed \"x\": {expected}")), "{found:?}");
        }
    }

    #[test]
    fn unknown_keys_are_refused() {
        let text = "name = \"x\"\nkind = \"push\"\nperiods = 5";
        let error = toml::from_str::<FeedConfig>(text).unwrap_err().to_string();
        assert!(error.contains("periods"), "{error}");
    }
}

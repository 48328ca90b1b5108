//! A service in small: clock, sink, and waiting for what should come.

use deconflict_core::{Report, Time};
use deconflict_feeds::{Clock, FeedConfig, FeedStatus, Feeds, Plan, Rim, SystemClock};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Far longer than anything takes, so that only what never happens fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until something is so.
#[track_caller]
pub fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "never happened: {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// A clock that is set by hand.
#[derive(Default)]
pub struct HandClock(AtomicI64);

impl HandClock {
    pub fn new(time: Time) -> Arc<HandClock> {
        Arc::new(HandClock(AtomicI64::new(time.as_nanos())))
    }

    pub fn set(&self, time: Time) {
        self.0.store(time.as_nanos(), Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Time {
        Time::from_nanos(self.0.load(Ordering::SeqCst))
    }
}

/// A moment of a summer's day.
pub fn noon() -> Time {
    Time::from_unix_s(1_782_907_200.0).unwrap()
}

/// Feeds at work, and what has come of them.
pub struct Service {
    pub feeds: Feeds,
    got: Arc<Mutex<Vec<Report>>>,
}

impl Service {
    /// One feed, given as TOML, at noon.
    pub fn of(toml: &str) -> Service {
        Service::with(HandClock::new(noon()), &[toml])
    }

    /// One feed, by the time of day.
    pub fn live(toml: &str) -> Service {
        Service::with(Arc::new(SystemClock), &[toml])
    }

    pub fn with(clock: Arc<dyn Clock>, tomls: &[&str]) -> Service {
        let configs = tomls.iter().map(|toml| config(toml)).collect();
        let plan = Plan::new(configs, &[]).unwrap();
        let got = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&got);
        let put = move |_: u16, reports: &[Report]| {
            sink.lock().unwrap().extend_from_slice(reports);
            0
        };
        Service { feeds: Feeds::start(plan, Rim::new(clock), Arc::new(put)).unwrap(), got }
    }

    pub fn status(&self) -> FeedStatus {
        self.feeds.status_of(0).unwrap()
    }

    pub fn errors(&self, kind: &str) -> u64 {
        self.status().errors.get(kind).copied().unwrap_or(0)
    }

    pub fn reports(&self) -> Vec<Report> {
        self.got.lock().unwrap().clone()
    }

    /// The addresses of the reports so far.
    pub fn addresses(&self) -> Vec<u32> {
        self.got.lock().unwrap().iter().map(|report| report.address.code).collect()
    }

    #[track_caller]
    pub fn wait_for(&self, count: usize) -> Vec<Report> {
        let got = || self.got.lock().unwrap().len();
        let begun = Instant::now();
        while got() < count {
            let status = self.status();
            assert!(begun.elapsed() < PATIENCE, "{} of {count} came: {status:#?}", got());
            std::thread::sleep(Duration::from_millis(2));
        }
        self.reports()
    }

    #[track_caller]
    pub fn wait_for_reason(&self, part: &str) {
        let begun = Instant::now();
        while !self.status().reason.contains(part) {
            let status = self.status();
            assert!(begun.elapsed() < PATIENCE, "waiting for {part:?}: {status:#?}");
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Where the feed listens.
    #[track_caller]
    pub fn bound(&self) -> std::net::SocketAddr {
        until("it listens", || self.status().bound.is_some());
        self.status().bound.unwrap()
    }

    /// Stops, and holds it to its promise.
    #[track_caller]
    pub fn stop(self) {
        assert!(self.feeds.stop(), "a thread has not ended");
    }
}

pub fn config(toml: &str) -> FeedConfig {
    toml::from_str(toml).unwrap()
}

/// A position in SBS. The display of a time is `2026-07-01T12:00:00.000Z`.
pub fn sbs(code: u32, time: Time) -> String {
    let text = time.to_string();
    let (date, rest) = text.split_at(10);
    let (date, time) = (date.replace('-', "/"), &rest[1..13]);
    format!("MSG,3,1,1,{code:06X},1,{date},{time},{date},{time},,35000,,,35.1,40.2,,,0,0,0,0\r\n")
}

/// A pair of positions of 40621D, even and odd, and its call sign (J. Sun, "The 1090
/// Megahertz Riddle", 2021).
pub const FRAMES: [&str; 3] = [
    "8D40621D58C382D690C8AC2863A7",
    "8D40621D58C386435CC412692AD6",
    "8D4840D6202CC371C32CE0576098",
];

pub fn avr(frame: &str) -> String {
    format!("*{frame};\n")
}

/// A frame in Beast's framing, with this count of the 12 MHz counter.
pub fn beast(frame: &str, count: u64) -> Vec<u8> {
    let bytes = (0..frame.len() / 2).map(|i| u8::from_str_radix(&frame[2 * i..2 * i + 2], 16));
    let mut out = vec![0x1a, b'3'];
    let counter = count.to_be_bytes();
    for byte in counter[2..].iter().copied().chain([0xa0]).chain(bytes.map(Result::unwrap)) {
        out.push(byte);
        if byte == 0x1a {
            out.push(byte);
        }
    }
    out
}

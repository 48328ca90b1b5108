//! Recordings and scenarios through the engine.
#![allow(dead_code, clippy::print_stderr)]

use deconflict_core::{RuleSet, Time};
use deconflict_engine::alert::{AlertChange, FormationChange, Suppressed};
use deconflict_engine::{Counts, Engine, EngineConfig, Event, default_rules};
use deconflict_formats::{Options, Order, Reader, gather};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What came out of one recording.
pub struct Replay {
    pub events: Vec<Event>,
    pub counts: Counts,
    pub last: Option<Time>,
}

/// The directory of recordings; `None`, and a word about it, if there is none.
pub fn data() -> Option<PathBuf> {
    let given = std::env::var_os("DECONFLICT_DATA").map(PathBuf::from);
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let directory = given.unwrap_or(usual);
    if directory.is_dir() {
        return Some(directory);
    }
    eprintln!("skipped: there are no recordings in {} (DECONFLICT_DATA)", directory.display());
    None
}

/// One recording by its name under the directory; `None`, and a word about it, if it is not there.
pub fn recording(name: &str) -> Option<PathBuf> {
    let path = data()?.join(name);
    if path.is_file() {
        return Some(path);
    }
    eprintln!("skipped: there is no recording {}", path.display());
    None
}

/// Replays a recording under the shipped rules; `None` if it is not of a known format.
pub fn replay(path: &Path, threads: usize, portion: usize) -> Option<Replay> {
    replay_under(default_rules(), path, threads, portion)
}

pub fn replay_under(rules: RuleSet, path: &Path, threads: usize, portion: usize) -> Option<Replay> {
    let options = Options {
        // For formats without times of their own any will do.
        base_time: Some(Time::from_millis(1_700_000_000_000)),
        frames_per_s: Some(270.0),
        ..Options::default()
    };
    let mut reader = Reader::open(File::open(path).ok()?, None, options).ok()?;
    let reports = match reader.order() {
        Order::ByAircraft => gather(&mut reader, |_| ()),
        Order::ByTime => (&mut reader).flatten().collect(),
    };
    let config = EngineConfig { rules: Arc::new(rules), threads, ..EngineConfig::default() };
    let (mut engine, mut events) = (Engine::new(config), Vec::new());
    for part in reports.chunks(portion.max(1)) {
        engine.push(part, &mut events);
    }
    engine.finish(&mut events);
    Some(Replay { events, counts: *engine.counts(), last: engine.now() })
}

impl Replay {
    /// The events as the bytes that users get.
    pub fn text(&self) -> String {
        self.events.iter().map(|e| e.to_json() + "\n").collect()
    }

    pub fn alerts(&self) -> impl Iterator<Item = &AlertChange> {
        self.events.iter().filter_map(|e| match e {
            Event::Alert(change) => Some(change),
            _ => None,
        })
    }

    pub fn formations(&self) -> impl Iterator<Item = &FormationChange> {
        self.events.iter().filter_map(|e| match e {
            Event::Formation(change) => Some(change),
            _ => None,
        })
    }

    pub fn suppressed(&self) -> impl Iterator<Item = &Suppressed> {
        self.events.iter().filter_map(|e| match e {
            Event::Suppression(s) => Some(s),
            _ => None,
        })
    }

    /// The changes of all alerts between two addresses.
    pub fn alerts_between(&self, a: &str, b: &str) -> Vec<&AlertChange> {
        let is = |change: &&AlertChange| {
            let pair = [&change.a, &change.b].map(|s| s.address.map(|x| x.to_string()));
            let [x, y] = pair.map(Option::unwrap_or_default);
            (x == a && y == b) || (x == b && y == a)
        };
        self.alerts().filter(is).collect()
    }

    /// How many formations were recognised that these addresses belonged to.
    pub fn formations_of(&self, members: &[&str]) -> usize {
        let has = |change: &FormationChange, address: &str| {
            let named =
                |m: &deconflict_core::Subject| m.address.is_some_and(|x| x.to_string() == address);
            change.formation.members.iter().any(named)
        };
        let mut ids: Vec<u64> = self
            .formations()
            .filter(|change| members.iter().all(|m| has(change, m)))
            .map(|change| change.formation.id)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids.len()
    }
}

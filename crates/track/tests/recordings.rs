//! Real recordings: hardly an outlier, hardly a jump, no report unaccounted for.
//!
//! Reads `DECONFLICT_DATA`, by default `../shared/data` beside the workspace, and
//! says so when there is nothing. Mode S and Parquet need the whole of the formats
//! crate and are replayed by the engine's tests.
#![allow(clippy::print_stdout)] // the figures are of interest when it passes, too

use deconflict_core::{GeoPoint, Report, Time};
use deconflict_formats::{Options, Order, Reader, gather};
use deconflict_track::{DataClock, EventKind, Freshness, Statistics, Tracker};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

fn reports(path: &str) -> Option<Vec<Report>> {
    let root = std::env::var_os("DECONFLICT_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let file = root.join(path);
    if !file.is_file() {
        println!("skipped: {} is not there", file.display());
        return None;
    }
    // A stratux without a real-time clock restarts in the past.
    let options = Options { restart_gap_s: Some(30.0), ..Options::default() };
    let input = BufReader::new(File::open(file).expect("it is there"));
    let mut reader = Reader::open(input, None, options).expect("a known format");
    Some(match reader.order() {
        Order::ByAircraft => gather(&mut reader, |_| ()),
        _ => reader.by_ref().flatten().collect(),
    })
}

/// What became of a recording.
#[derive(Default)]
struct Outcome {
    addresses: usize,
    created: usize,
    split: usize,
    moved: usize,
    /// Seconds in which a fresh track went where no aircraft could have.
    jumps: usize,
    track_seconds: usize,
    statistics: Statistics,
}

/// Where a track was when last looked at: time, place, ground speed.
type Seen = BTreeMap<u64, (Time, GeoPoint, f64)>;

impl Outcome {
    fn of(path: &str) -> Option<Outcome> {
        let reports = reports(path)?;
        let plots = reports.iter().filter(|r| r.position.is_some());
        let mut outcome = Outcome {
            addresses: plots.map(|r| r.address).collect::<BTreeSet<_>>().len(),
            ..Outcome::default()
        };
        let mut tracker = Tracker::default();
        let mut clock = DataClock::default();
        let mut waiting: Vec<Report> = Vec::new();
        let mut seen = Seen::new();
        for report in reports {
            let now = clock.observe(report.received);
            if now.seconds_since(tracker.now()) >= 1.0 {
                outcome.step(&mut tracker, now, &waiting, &mut seen);
                waiting.clear();
            }
            waiting.push(report);
        }
        outcome.step(&mut tracker, clock.now()?, &waiting, &mut seen);
        tracker.flush();
        outcome.statistics = *tracker.statistics();
        println!(
            "{path}: {} addresses, {} tracks, {} split, {} moved, {} jumps in {} s of tracks\n  {:?}",
            outcome.addresses,
            outcome.created,
            outcome.split,
            outcome.moved,
            outcome.jumps,
            outcome.track_seconds,
            outcome.statistics
        );
        Some(outcome)
    }

    fn step(&mut self, tracker: &mut Tracker, now: Time, reports: &[Report], seen: &mut Seen) {
        for event in tracker.step(now, reports) {
            match event.kind {
                EventKind::Created => self.created += 1,
                EventKind::Split { .. } => self.split += 1,
                EventKind::Reinitialised { .. } => self.moved += 1,
                _ => {}
            }
        }
        let mut next = Seen::new();
        for track in tracker.tracks() {
            self.track_seconds += 1;
            if tracker.freshness(track) != Freshness::Live || track.hits() < 3 {
                continue;
            }
            let (place, velocity) = track.position_at(now);
            let speed = velocity.ground_speed_mps();
            if let Some((then, was, speed_then)) = seen.get(&track.id()) {
                let dt_s = now.seconds_since(*then);
                let fair_m = 1.3 * speed.max(*speed_then) * dt_s + 500.0;
                self.jumps += usize::from(was.distance_m(place) > fair_m);
            }
            next.insert(track.id(), (now, place, speed));
        }
        *seen = next;
    }
}

#[test]
fn recordings_become_tracks_without_jumps() {
    for path in [
        "states/noisy_time_issue.json.gz",
        "states/aircraft_carrier.json.gz",
        "states/inflight_refuelling.json.gz",
        "states/dreamliner_airfrance.json.gz",
        "states/glider_franconia.json.gz",
        "states/traffic_switzerland_20180801.json.gz",
        "readsb/20250601_36_-122.gz",
        "readsb/20minutes.json",
        "readsb/1213.wvi5nm.gz",
        "readsb/trace_full_ac671b.json",
        "sbs/cyoung-09062015-noproblem-stratux-es.log",
        "sbs/skypies_31009.out",
    ] {
        let Some(outcome) = Outcome::of(path) else {
            continue;
        };
        let s = outcome.statistics;
        assert_eq!(s.accounted(), s.reports, "TRK-6");
        assert!(outcome.created > 0);
        assert!(outcome.split * 10 <= outcome.addresses, "duplicated addresses are rare");
        assert!(s.outliers * 10 <= s.plots, "{} outliers of {} plots", s.outliers, s.plots);
        assert!(outcome.jumps * 50 <= outcome.track_seconds, "{} jumps", outcome.jumps);
    }
}

//! Real recordings through the engine under the shipped rules.
//!
//! The recordings are not part of the project: they are looked for in
//! `DECONFLICT_DATA`, else in `../shared/data` beside the workspace. Every file of
//! a known format there is replayed and held against what must always be true;
//! the named ones also against what is known of them (`docs/recordings.md`).
#![allow(clippy::print_stderr)]

mod common;

use common::{Replay, data, recording, replay};
use deconflict_core::{AddressSpace, Subject};
use deconflict_engine::Event;
use deconflict_engine::alert::{EndReason, Stage, Status, SuppressionReason};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// All files under the directories of surveillance data.
fn files() -> Vec<PathBuf> {
    fn walk(directory: &Path, out: &mut Vec<PathBuf>) {
        let Ok(entries) = directory.read_dir() else { return };
        for path in entries.flatten().map(|e| e.path()) {
            if path.is_dir() {
                walk(&path, out);
            } else {
                out.push(path);
            }
        }
    }
    let mut out = Vec::new();
    if let Some(data) = data() {
        for directory in ["readsb", "states", "sbs", "modes"] {
            walk(&data.join(directory), &mut out);
        }
    }
    out.sort();
    out
}

/// What is true of the alerts of any recording.
fn check(name: &str, replay: &Replay) {
    let mut open: BTreeMap<u64, Stage> = BTreeMap::new();
    let mut lost: BTreeMap<u64, bool> = BTreeMap::new();
    let mut last_id = 0;
    let mut last_time = None;
    for event in &replay.events {
        // A suppression is told when it ends or begins, like everything else.
        assert!(last_time <= Some(event.time()), "{name}: out of order: {}", event.to_json());
        last_time = Some(event.time());
    }
    for change in replay.alerts() {
        let id = change.alert;
        let at = format!("{name}: alert {id} at {}", change.change.time);
        assert!(!change.change.reason.is_empty(), "{at}: ALR-2");
        match (change.change.from, change.change.to) {
            (None, Status::Open(stage)) => {
                assert_eq!(id, last_id + 1, "{at}: ALR-1");
                last_id = id;
                open.insert(id, stage);
                lost.insert(id, stage == Stage::Lost);
            }
            (Some(from), Status::Open(stage)) => {
                assert_eq!(open.insert(id, stage), Some(from), "{at}");
                assert!(!(lost[&id] && stage == Stage::Predicted), "{at}: ALR-3");
                *lost.get_mut(&id).unwrap() |= stage == Stage::Lost;
            }
            (Some(from), Status::Ended(_)) => assert_eq!(open.remove(&id), Some(from), "{at}"),
            (None, Status::Ended(_)) => panic!("{at}: ended before it began"),
        }
    }
    assert!(open.is_empty(), "{name}: alerts never ended: {open:?}");
    let pairs = |s: &&deconflict_engine::alert::Suppressed| s.until.is_some();
    let ended = replay.suppressed().filter(pairs).count();
    assert_eq!(2 * ended, replay.suppressed().count(), "{name}: ALR-6");
}

/// ALR-5: a pair with an alert is not suppressed at the same time for a settled reason.
fn check_apart(name: &str, replay: &Replay) {
    let pair = |a: &Subject, b: &Subject| (a.id.min(b.id), a.id.max(b.id));
    let (mut alerted, mut suppressed) = (BTreeSet::new(), BTreeSet::new());
    for (i, event) in replay.events.iter().enumerate() {
        match event {
            Event::Alert(change) => {
                let key = pair(&change.a, &change.b);
                match change.change.to {
                    Status::Open(_) => alerted.insert(key),
                    Status::Ended(_) => alerted.remove(&key),
                };
            }
            Event::Suppression(s) if s.reason.is_settled() => {
                let key = pair(&s.a, &s.b);
                let _ = if s.until.is_none() {
                    suppressed.insert(key)
                } else {
                    suppressed.remove(&key)
                };
            }
            _ => {}
        }
        // Changes of one moment belong together.
        if replay.events.get(i + 1).is_none_or(|next| next.time() > event.time()) {
            let both: Vec<_> = alerted.intersection(&suppressed).collect();
            assert!(both.is_empty(), "{name} at {}: ALR-5: {both:?}", event.time());
        }
    }
}

/// No alert is the alert of an aircraft with itself.
fn check_twins(name: &str, replay: &Replay) {
    let code = |s: &Subject| s.address.filter(|a| a.space != AddressSpace::Local).map(|a| a.code);
    for change in replay.alerts() {
        let f = &change.change.figures;
        let together = f.relative_speed_mps < 10.0 && f.horizontal_m < 500.0;
        let same = code(&change.a).is_some() && code(&change.a) == code(&change.b);
        assert!(!(same && together), "{name}: {:?}", change);
    }
}

#[test]
fn every_recording_keeps_the_invariants_and_is_deterministic() {
    for path in files() {
        let name = path.display().to_string();
        let Some(one) = replay(&path, 1, usize::MAX) else {
            eprintln!("skipped: {name} is in no known format");
            continue;
        };
        check(&name, &one);
        check_apart(&name, &one);
        check_twins(&name, &one);
        let two = replay(&path, 2, 97).unwrap();
        assert!(one.text() == two.text(), "{name}: threads and portions change the events");
    }
}

/// States that an alert came to, in order, whatever its number.
fn stages(replay: &Replay, a: &str, b: &str) -> Vec<&'static str> {
    replay.alerts_between(a, b).iter().map(|c| c.change.to.name()).collect()
}

#[test]
fn monterey_bay_day() {
    let Some(path) = recording("readsb/20250601_36_-122.gz") else { return };
    let replay = replay(&path, 1, usize::MAX).unwrap();
    assert!(stages(&replay, "a4ff9c", "a7dbd2").contains(&"lost"), "a genuine encounter");
    assert!(replay.formations_of(&["aa0415", "ab0a19"]) >= 1, "a formation");
    assert_eq!(stages(&replay, "aa0415", "ab0a19"), [""; 0], "and no alert");
    assert!(replay.suppressed().any(|s| s.reason == SuppressionReason::Ghost));
}

#[test]
fn twenty_minutes_at_black_rock() {
    let Some(path) = recording("readsb/20minutes.json") else { return };
    let replay = replay(&path, 1, usize::MAX).unwrap();
    assert!(stages(&replay, "a23e55", "a27d3c").contains(&"lost"));
}

#[test]
fn watsonville_circuit() {
    let Some(path) = recording("readsb/1213.wvi5nm.gz") else { return };
    let replay = replay(&path, 1, usize::MAX).unwrap();
    assert!(stages(&replay, "a32bf6", "a9e21e").contains(&"lost"));
}

/// A chase aircraft photographs an airliner for over an hour.
#[test]
fn photo_flight_is_one_formation_without_an_alert() {
    let Some(path) = recording("states/dreamliner_airfrance.json.gz") else { return };
    let replay = replay(&path, 1, usize::MAX).unwrap();
    assert_eq!(replay.formations_of(&["39c424", "3900fb"]), 1);
    assert_eq!(replay.alerts().count(), 0);
}

/// Pairs at neighbouring levels of RVSM airspace show 900 to 1000 ft.
#[test]
fn rvsm_levels_over_switzerland_raise_nothing() {
    let Some(path) = recording("states/traffic_switzerland_20180801.json.gz") else { return };
    let replay = replay(&path, 1, usize::MAX).unwrap();
    for change in replay.alerts().filter(|c| matches!(c.change.to, Status::Ended(_))) {
        let least_ft = deconflict_core::units::ft_from_m(change.closest.vertical_m);
        assert!(
            change.rule.as_str() != "RVSM" || !(900.0..=1000.0).contains(&least_ft),
            "{} / {}: {}",
            change.a.name(),
            change.b.name(),
            change.change.reason
        );
    }
}

#[test]
fn tow_planes_and_gliders_are_formations() {
    let Some(path) = recording("modes/flarm.csv") else { return };
    let replay = replay(&path, 1, usize::MAX).unwrap();
    assert!(replay.formations().count() > 0);
    let formation = |c: &&deconflict_engine::alert::AlertChange| {
        c.change.to == Status::Ended(EndReason::Formation)
    };
    assert_eq!(replay.alerts().filter(formation).count(), 0, "an alert before a formation");
}

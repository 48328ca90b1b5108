//! Segments are rotated, bounded, found by their times, and read while they are written.

mod common;

use common::*;
use deconflict_core::Time;
use deconflict_record::{Limits, RecordError, Recorder, Recording, Row};
use std::fs;

#[test]
fn times_are_found_in_all_forms_of_a_segment() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::open(dir.path(), Limits::default()).unwrap();
    let mut written = vec![begin("a", 0)];
    recorder.append(&written);
    for s in 1..=100 {
        let mut rows = tick(s, 3);
        if s == 20 || s == 70 {
            rows.push(Row::Registry(format!("as of {s}")));
        }
        recorder.append(&rows);
        written.extend(rows);
        if s % 30 == 0 {
            recorder.rotate();
        }
    }
    wait_for("three Parquet files", || files(dir.path(), ".parquet").len() == 3);
    wait_for("one journal", || files(dir.path(), ".journal").len() == 1);
    let recording = Recording::open(dir.path()).unwrap();
    let check = |live: bool| {
        let rows =
            |from, to| -> Vec<Row> { recording.rows(from, to).map(Result::unwrap).collect() };
        assert_eq!(rows(Time::MIN, Time::MAX), written);
        // Across the end of a segment, and within the last one.
        for (from, to) in [(25, 35), (95, 99), (30, 31), (0, 1)] {
            let from_place = if from == 0 {
                0
            } else {
                written.iter().position(|r| *r == Row::Tick(second(from))).unwrap()
            };
            let to_place = written.iter().position(|r| *r == Row::Tick(second(to))).unwrap();
            assert_eq!(rows(second(from), second(to)), written[from_place..to_place]);
        }
        assert!(rows(second(200), second(300)).is_empty());
        assert_eq!(recording.rows_of("b", Time::MIN, Time::MAX).count(), 0);

        let spans = recording.spans().unwrap();
        assert_eq!(spans.len(), 1);
        let span = &spans[0];
        assert_eq!((span.run.as_str(), span.from, span.to), ("a", second(0), second(100)));
        assert_eq!((span.rows, span.from_begin, span.live), (written.len() as u64, true, live));

        let at = |s: i64, warm_up_s: f64| recording.position(second(s), warm_up_s).unwrap();
        let position = at(50, 20.0).unwrap();
        assert_eq!((position.from, position.from_begin), (second(30), false));
        assert_eq!(Row::Begin(position.begin), begin("a", 0));
        assert_eq!(position.registry.as_deref(), Some("as of 20"));
        assert_eq!(at(90, 19.0).unwrap().registry.as_deref(), Some("as of 70"));
        // The tick of the change itself is fed again.
        assert_eq!(at(90, 20.0).unwrap().registry.as_deref(), Some("as of 20"));
        let position = at(10, 600.0).unwrap();
        assert_eq!((position.from, position.from_begin), (second(0), true));
        assert_eq!(position.registry, None);
        assert!(at(104, 1.0).is_some());
        assert!(at(200, 1.0).is_none());
        assert!(at(-1, 1.0).is_none());
    };
    check(true);
    recorder.close();
    assert_eq!(files(dir.path(), ".journal"), [""; 0]);
    assert_eq!(files(dir.path(), ".tmp"), [""; 0]);
    check(false);
}

#[test]
fn each_run_is_a_span_and_begins_a_segment() {
    let dir = tempfile::tempdir().unwrap();
    for (run, start) in [("a", 0), ("b", 50), ("c", 0)] {
        let mut recorder = Recorder::open(dir.path(), Limits::default()).unwrap();
        let mut rows = vec![begin(run, start)];
        for s in start..start + 10 {
            rows.extend(tick(s, 1));
        }
        recorder.append(&rows);
        // A second run of the same process.
        if run == "c" {
            recorder.append(&[Row::Tick(second(10)), begin("d", 20), Row::Tick(second(21))]);
        }
        drop(recorder);
    }
    let recording = Recording::open(dir.path()).unwrap();
    let spans = recording.spans().unwrap();
    let found: Vec<_> = spans.iter().map(|s| (s.run.as_str(), s.rows, s.from_begin)).collect();
    assert_eq!(found, [("a", 21, true), ("b", 21, true), ("c", 22, true), ("d", 2, true)]);
    // Of two runs with the same times the last is meant.
    assert_eq!(recording.position(second(5), 1.0).unwrap().unwrap().begin.run, "c");
    assert_eq!(recording.rows_since_begin("b").count(), 21);
    assert_eq!(recording.rows_of("a", second(5), second(6)).count(), 2);
}

#[test]
fn a_segment_is_closed_by_size_and_the_oldest_go() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { segment_bytes: 20_000, total_bytes: 200_000, ..Limits::default() };
    let mut recorder = Recorder::open(dir.path(), limits).unwrap();
    recorder.append(&[begin("a", 0), Row::Registry("who".to_owned())]);
    for s in 1..=600 {
        recorder.append(&tick(s, 100));
        // Else the keeper would be overrun.
        if s % 20 == 0 {
            wait_for("journals converted", || files(dir.path(), ".journal").len() <= 1);
        }
    }
    let status = recorder.status();
    assert!(status.removed_segments > 0, "{status:?}");
    assert_eq!(status.lost_rows, 0);
    recorder.close();
    let bytes: u64 = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert!(bytes <= 200_000, "{bytes}");
    // What is left knows its run, though the beginning is gone.
    let recording = Recording::open(dir.path()).unwrap();
    let spans = recording.spans().unwrap();
    assert_eq!(spans.len(), 1);
    assert!(!spans[0].from_begin && spans[0].from > second(1));
    let position = recording.position(second(600), 1e6).unwrap().unwrap();
    assert_eq!(Row::Begin(position.begin), begin("a", 0));
    assert_eq!(position.registry.as_deref(), Some("who"));
    assert_eq!((position.from, position.from_begin), (spans[0].from, false));
}

#[test]
fn a_segment_is_closed_by_age() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { segment_s: 0.0, ..Limits::default() };
    let mut recorder = Recorder::open(dir.path(), limits).unwrap();
    recorder.append(&[begin("a", 0)]);
    recorder.append(&tick(1, 1));
    recorder.append(&tick(2, 1));
    recorder.close();
    assert_eq!(files(dir.path(), ".parquet").len(), 3);
    assert_eq!(all(dir.path()).len(), 5);
}

// REC-3: a reader beside the recorder sees whole rows, in order, and never fewer than before.
#[test]
fn reading_while_writing() {
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { segment_bytes: 30_000, ..Limits::default() };
    let mut recorder = Recorder::open(dir.path(), limits).unwrap();
    recorder.append(&[begin("a", 0)]);
    let writing = std::thread::spawn(move || {
        for s in 1..=400 {
            recorder.append(&tick(s, 20));
        }
        recorder.close();
    });
    let recording = Recording::open(dir.path()).unwrap();
    let mut before = 0;
    loop {
        let is_over = writing.is_finished();
        let rows: Vec<Row> = recording.rows_since_begin("a").map(Result::unwrap).collect();
        let mut expected = 1;
        for row in &rows {
            if let Row::Tick(time) = row {
                assert_eq!(*time, second(expected));
                expected += 1;
            }
        }
        assert!(rows.len() >= before, "{} after {before}", rows.len());
        before = rows.len();
        let spans = recording.spans().unwrap();
        assert_eq!(spans.len(), 1, "{spans:?}");
        if is_over {
            break;
        }
    }
    writing.join().unwrap();
    assert_eq!(before, 1 + 400 * 21);
}

#[test]
fn one_folder_has_one_recorder() {
    let dir = tempfile::tempdir().unwrap();
    let first = Recorder::open(dir.path(), Limits::default()).unwrap();
    let second = Recorder::open(dir.path(), Limits::default());
    assert!(matches!(second, Err(RecordError::InUse { .. })));
    drop(first);
    Recorder::open(dir.path(), Limits::default()).unwrap();
    assert!(Recording::open(dir.path().join("none")).is_err());
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    assert!(Recorder::open(&file, Limits::default()).is_err());
}

#[test]
fn a_damaged_segment_is_passed_over() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::open(dir.path(), Limits::default()).unwrap();
    recorder.append(&[begin("a", 0)]);
    for s in 1..=3 {
        recorder.append(&tick(s, 2000));
        recorder.rotate();
    }
    recorder.close();
    let names = files(dir.path(), ".parquet");
    let file = dir.path().join(&names[1]);
    let good = fs::read(&file).unwrap();
    // Everywhere in it a byte is wrong: an error or other values, but no panic.
    for at in (0..good.len()).step_by(good.len() / 150) {
        let mut bad = good.clone();
        bad[at] ^= 0x55;
        fs::write(&file, &bad).unwrap();
        let recording = Recording::open(dir.path()).unwrap();
        let rows = recording.rows(Time::MIN, Time::MAX).filter_map(Result::ok).count();
        assert!(rows >= 4003 - 1, "damaged at {at}: {rows}");
    }
    fs::write(&file, &good[..good.len() / 2]).unwrap();
    let recording = Recording::open(dir.path()).unwrap();
    assert_eq!(recording.spans().unwrap().len(), 2);
}

//! What was appended survives the end of the process, wherever the journal is torn. REC-2.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod common;

use common::*;
use deconflict_record::{Limits, Recorder, Recording, Row, State};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

#[test]
fn a_journal_torn_anywhere_keeps_its_whole_frames() {
    let made = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::open(made.path(), Limits::default()).unwrap();
    let mut rows = vec![begin("a", 0)];
    recorder.append(&rows);
    let journal = made.path().join(&files(made.path(), ".journal")[0]);
    let mut ends = vec![(fs::metadata(&journal).unwrap().len(), 1)];
    for s in 1..=4 {
        let some = tick(s, 2);
        recorder.append(&some);
        rows.extend(some);
        ends.push((fs::metadata(&journal).unwrap().len(), rows.len()));
    }
    drop(recorder);
    let bytes = fs::read(&journal).unwrap();
    let name = journal.file_name().unwrap();
    for cut in 0..=bytes.len() {
        let whole = ends.iter().rfind(|(end, _)| *end <= cut as u64);
        let kept = whole.map_or(0, |(_, rows)| *rows);
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(name), &bytes[..cut]).unwrap();
        fs::write(dir.path().join("seg-00000001-5.parquet.tmp"), "half").unwrap();
        // Before anybody has put it in order, and after.
        assert_eq!(all(dir.path()), rows[..kept], "cut at {cut}");
        let recorder = Recorder::open(dir.path(), Limits::default()).unwrap();
        let watch = recorder.watch();
        recorder.close();
        assert_eq!(all(dir.path()), rows[..kept], "cut at {cut}");
        assert_eq!(files(dir.path(), ".journal").len() + files(dir.path(), ".tmp").len(), 0);
        if let Some((end, _)) = whole {
            assert_eq!(watch.get().torn_bytes, cut as u64 - end, "cut at {cut}");
        }
    }
}

#[test]
fn the_end_between_the_new_name_and_the_removal() {
    let dir = tempfile::tempdir().unwrap();
    let mut recorder = Recorder::open(dir.path(), Limits::default()).unwrap();
    recorder.append(&[begin("a", 0)]);
    recorder.append(&tick(1, 5));
    drop(recorder);
    let journal = dir.path().join(&files(dir.path(), ".journal")[0]);
    let copy = fs::read(&journal).unwrap();
    let recorder = Recorder::open(dir.path(), Limits::default()).unwrap();
    recorder.close();
    fs::write(&journal, copy).unwrap();
    assert_eq!(all(dir.path()).len(), 7);
    Recorder::open(dir.path(), Limits::default()).unwrap().close();
    assert_eq!(files(dir.path(), ".journal"), [""; 0]);
    assert_eq!(all(dir.path()).len(), 7);
}

const DIR: &str = "DECONFLICT_TEST_KILL_DIR";
const ROUND: &str = "DECONFLICT_TEST_KILL_ROUND";

/// The process that is killed: this very program, with a variable set.
#[test]
fn victim() {
    let (Some(dir), Ok(round)) = (std::env::var_os(DIR), std::env::var(ROUND)) else { return };
    // Small, so that it is also killed while it converts.
    let limits = Limits { segment_bytes: 100_000, ..Limits::default() };
    let mut recorder = Recorder::open(dir, limits).unwrap();
    recorder.append(&[begin(&round, 0)]);
    for s in 1.. {
        recorder.append(&tick(s, 50));
        println!("appended {s}");
        std::io::stdout().flush().unwrap();
    }
}

#[test]
fn what_was_appended_is_there_after_a_kill() {
    if std::env::var_os(DIR).is_some() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    for round in 0..30 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "victim", "--nocapture"])
            .env(DIR, dir.path())
            .env(ROUND, round.to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let number = |line: &String| line.split_once("appended ")?.1.parse::<i64>().ok();
        let mut appended = 0;
        let most = 3 + (round * 53) % 200;
        for line in lines.by_ref() {
            appended = number(&line).unwrap_or(appended);
            if appended >= most {
                break;
            }
        }
        child.kill().unwrap();
        appended = lines.filter_map(|line| number(&line)).last().unwrap_or(appended);
        child.wait().unwrap();
        assert!(appended >= most, "the victim ended by itself after {appended}");

        let recording = Recording::open(dir.path()).unwrap();
        let rows: Vec<Row> =
            recording.rows_since_begin(&round.to_string()).map(Result::unwrap).collect();
        assert_eq!(rows[0], begin(&round.to_string(), 0));
        let whole = rows[1..].chunks(51).filter(|rows| rows.len() == 51);
        let mut last = 0;
        for (place, rows) in whole.enumerate() {
            last = place as i64 + 1;
            assert_eq!(rows, tick(last, 50));
        }
        assert!(last >= appended, "{last} there, {appended} appended");
    }
    Recorder::open(dir.path(), Limits::default()).unwrap().close();
    let recording = Recording::open(dir.path()).unwrap();
    let spans = recording.spans().unwrap();
    assert_eq!(spans.len(), 30);
    assert!(spans.iter().all(|span| span.from_begin && !span.live));
}

/// A small disk; `None`, and a word about it, where that is not allowed.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new(kib: u32) -> Option<SmallDisk> {
        let dir = tempfile::tempdir().unwrap();
        let size = format!("size={kib}k");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(dir.path()).stderr(Stdio::null());
        if !mount.status().is_ok_and(|status| status.success()) {
            eprintln!("skipped: a small disk cannot be mounted");
            return None;
        }
        Some(SmallDisk(dir))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

// REC-4: a full disk stops the recording and nothing else, and it goes on when there is room.
#[test]
fn a_full_disk() {
    let Some(disk) = SmallDisk::new(1024) else { return };
    let dir = disk.0.path().join("recording");
    let mut recorder = Recorder::open(&dir, Limits::default()).unwrap();
    let mut kept = vec![begin("a", 0)];
    recorder.append(&kept);
    let filler = disk.0.path().join("filler");
    fs::write(&filler, vec![1; 900 << 10]).unwrap();
    let mut second_s = 0;
    let mut lost = 0;
    while recorder.status().state == State::Recording {
        second_s += 1;
        let rows = tick(second_s, 20);
        recorder.append(&rows);
        if recorder.status().state == State::Recording {
            kept.extend(rows);
        } else {
            lost += rows.len() as u64;
        }
    }
    recorder.append(&[Row::Registry("while it was full".to_owned())]);
    lost += 1;
    let status = recorder.status();
    assert_eq!((status.lost_rows, status.stops), (lost, 1));
    assert_eq!(all(&dir), kept);
    fs::remove_file(&filler).unwrap();
    wait_for("recording again", || {
        second_s += 1;
        recorder.append(&[Row::Tick(second(second_s))]);
        recorder.status().state == State::Recording
    });
    let status = recorder.status();
    assert_eq!(status.rows, kept.len() as u64 + 1);
    recorder.close();
    assert_eq!(all(&dir).len(), kept.len() + 1);
    // The gap ends a span, and what was declared in it is known after it.
    let recording = Recording::open(&dir).unwrap();
    let spans = recording.spans().unwrap();
    assert_eq!(spans.len(), 2);
    assert!(spans[0].from_begin && !spans[1].from_begin);
    let position = recording.position(second(second_s), 1e6).unwrap().unwrap();
    assert_eq!(position.from, second(second_s));
    assert_eq!(position.registry.as_deref(), Some("while it was full"));
}

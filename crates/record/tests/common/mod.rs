//! Rows for tests.
#![allow(dead_code)]

use deconflict_core::{Address, GeoPoint, Report, Technique, Time};
use deconflict_record::{Begin, Recording, Row};
use std::path::Path;

pub fn second(second: i64) -> Time {
    Time::from_nanos(1_700_000_000_000_000_000 + second * 1_000_000_000)
}

pub fn begin(run: &str, at_s: i64) -> Row {
    Row::Begin(Begin {
        run: run.to_owned(),
        time: second(at_s),
        config: format!("{{\"{run}\":1}}"),
    })
}

pub fn report(at_s: i64, number: u32) -> Row {
    let mut report = Report::new(1, Address::icao(number), Technique::AdsB, second(at_s));
    let lat_deg = 35.0 + f64::from(number % 1000) * 1e-3 + at_s as f64 * 1e-5;
    report.position = GeoPoint::from_deg(lat_deg, 40.0);
    report.pressure_altitude_m = Some(9144.0);
    report.ground_speed_mps = Some(230.0 + f64::from(number % 7));
    Row::Report(report)
}

/// The rows of one second: a tick, and reports that follow it.
pub fn tick(at_s: i64, reports: u32) -> Vec<Row> {
    let mut rows = vec![Row::Tick(second(at_s))];
    rows.extend((0..reports).map(|number| report(at_s, number)));
    rows
}

pub fn all(dir: &Path) -> Vec<Row> {
    let recording = Recording::open(dir).unwrap();
    recording.rows(Time::MIN, Time::MAX).map(Result::unwrap).collect()
}

/// Names of the files of a folder that end like this.
pub fn files(dir: &Path, ending: &str) -> Vec<String> {
    let names = std::fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.retain(|name| name.ends_with(ending));
    names.sort();
    names
}

/// A program that is waited for, but not for ever.
pub fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = std::time::Instant::now();
    while !is_so() {
        assert!(begun.elapsed().as_secs() < 60, "{what}: not within a minute");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}

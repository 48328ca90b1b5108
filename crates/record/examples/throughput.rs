//! How fast rows are appended, and how large they are: `cargo run --release -p deconflict-record
//! --example throughput [ROWS]`. The traffic is simulated: 10,000 aircraft once a second.
#![allow(clippy::print_stdout)]

use deconflict_core::{Address, AircraftClass, GeoPoint, Label, Report, Technique, Time};
use deconflict_record::{Begin, Limits, Recorder, Recording, Row};
use std::time::Instant;

const AIRCRAFT: u64 = 10_000;

fn report(second: u64, number: u64) -> Report {
    let start = Time::from_nanos(1_700_000_000_000_000_000);
    // Spread over the second, as receivers hear them.
    let jitter_s = (number * 7919 % AIRCRAFT) as f64 / AIRCRAFT as f64;
    let measured = start.plus_s(second as f64 + jitter_s);
    let address = Address::icao(0x40_0000 + (number * 37) as u32);
    let mut report = Report::new((number % 5) as u16, address, Technique::AdsB, measured);
    report.received = measured.plus_s(0.05 + jitter_s * 0.3);
    let (row, column) = (number / 100, number % 100);
    let travelled_deg = second as f64 * 0.002 * (1.0 + column as f64 * 1e-3);
    let lat_deg = 30.0 + row as f64 * 0.1 + travelled_deg * 0.3;
    report.position = GeoPoint::from_deg(lat_deg, 20.0 + column as f64 * 0.1 + travelled_deg);
    report.position_sigma_m = Some(30.0);
    report.pressure_altitude_m = Some((number % 40) as f64 * 304.8);
    report.ground_speed_mps = Some(120.0 + (number % 150) as f64 * 0.514);
    report.track_rad = Some((number % 360) as f64 * 0.017);
    report.vertical_rate_mps = Some((number % 9) as f64 * 0.325);
    report.on_ground = Some(false);
    report.callsign = Label::new(&format!("TST{number}"));
    report.class = AircraftClass::Transport;
    report
}

fn main() {
    let wanted = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let seconds: u64 = wanted.unwrap_or(2_000_000_u64).div_ceil(AIRCRAFT);
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut recorder = Recorder::open(dir.path(), Limits::default()).expect("a recorder");
    let time = Time::from_nanos(1_700_000_000_000_000_000);
    let begin = Begin { run: "r".to_owned(), time, config: "{}".to_owned() };
    recorder.append(&[Row::Begin(begin)]);
    let (mut appending_s, mut longest_s, mut rows) = (0.0, 0.0_f64, 1_u64);
    for second in 0..seconds {
        let all: Vec<Row> = (0..AIRCRAFT).map(|n| Row::Report(report(second, n))).collect();
        // As it comes from sockets: some at a time.
        for some in all.chunks(200) {
            let begun = Instant::now();
            recorder.append(some);
            let took_s = begun.elapsed().as_secs_f64();
            appending_s += took_s;
            longest_s = longest_s.max(took_s);
            rows += some.len() as u64;
        }
        recorder.append(&[Row::Tick(time.plus_s(second as f64 + 1.0))]);
        rows += 1;
    }
    let status = recorder.status();
    println!(
        "appended: {:.0} rows/s, the longest wait {:.1} ms",
        rows as f64 / appending_s,
        longest_s * 1e3
    );
    println!("journal: {:.1} bytes/row", status.journal_bytes as f64 / rows as f64);
    let begun = Instant::now();
    let watch = recorder.watch();
    recorder.close();
    println!(
        "closed after {:.1} s, {} segments",
        begun.elapsed().as_secs_f64(),
        watch.get().segments
    );
    println!("Parquet: {:.1} bytes/row", watch.get().total_bytes as f64 / rows as f64);
    let recording = Recording::open(dir.path()).expect("a recording");
    let begun = Instant::now();
    let read = recording.rows_since_begin("r").filter(Result::is_ok).count();
    println!("read: {:.0} rows/s", read as f64 / begun.elapsed().as_secs_f64());
    assert_eq!(read as u64, rows);
    let begun = Instant::now();
    let from = time.plus_s(seconds as f64 / 2.0);
    let one = recording.rows(from, from.plus_s(1.0)).count();
    println!(
        "one second out of {seconds}: {one} rows after {:.0} ms",
        begun.elapsed().as_secs_f64() * 1e3
    );
    if let Some(keep) = std::env::args().nth(2) {
        let first = std::fs::read_dir(dir.path()).expect("the folder").flatten();
        let file = first
            .map(|entry| entry.path())
            .find(|path| path.extension().is_some_and(|e| e == "parquet"));
        std::fs::copy(file.expect("a segment"), keep).expect("a copy");
    }
}

//! Lines per second: each element of the throughput is one line of invented
//! traffic. `serde_json` reads the same JSON lines into a borrowed struct with
//! the few fields that matter, as a yardstick for the project's own cursor.

#![allow(missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use deconflict_formats::{Format, Options, Reader};
use std::fmt::Write;
use std::hint::black_box;

const LINES: u64 = 20_000;

/// Position lines of 500 aircraft, two a second each.
fn sbs() -> String {
    let mut text = String::new();
    for i in 0..LINES {
        let (aircraft, second, ms) = (i % 500, i / 1000 % 60, i % 1000);
        let _ = writeln!(
            text,
            "MSG,3,1,1,{:06X},1,2024/05/01,12:00:{second:02}.{ms:03},2024/05/01,12:00:{second:02}.{ms:03},,\
             {},,,{:.5},{:.5},,,0,0,0,0\r",
            0xa0_0000 + aircraft,
            10_000 + aircraft * 25,
            34.0 + i as f64 * 1e-5,
            40.0 + aircraft as f64 * 1e-2,
        );
    }
    text
}

fn json_lines() -> String {
    let mut text = String::new();
    for i in 0..LINES {
        let aircraft = i % 500;
        let _ = writeln!(
            text,
            "{{\"now\":{},\"alt_baro\":{},\"gscp\":240,\"lat\":{:.6},\"lon\":{:.6},\"track\":280.8,\
             \"hex\":\"{:06x}\",\"flight\":\"TEST{aircraft}\",\"flightdict\":null}}",
            1_700_000_000 + i / 1000,
            10_000 + aircraft * 25,
            34.0 + i as f64 * 1e-5,
            40.0 + aircraft as f64 * 1e-2,
            0xa0_0000 + aircraft,
        );
    }
    text
}

fn records() -> String {
    let rows: Vec<String> = (0..LINES)
        .map(|i| {
            format!(
                "{{\"timestamp\":{},\"altitude\":34975.0,\"callsign\":\"TEST\",\"groundspeed\":443.4869334744,\
                 \"icao24\":\"{:06x}\",\"latitude\":45.8189849854,\"longitude\":9.2295455933,\
                 \"track\":324.2670817753,\"vertical_rate\":960.0}}",
                1_533_101_250_000 + i * 10_000,
                0xa0_0000 + i % 500,
            )
        })
        .collect();
    format!("[{}]", rows.join(","))
}

#[derive(serde::Deserialize)]
#[allow(dead_code, reason = "only the reading is measured")]
struct Peer<'a> {
    now: f64,
    alt_baro: Option<f64>,
    gscp: Option<f64>,
    lat: Option<f64>,
    lon: Option<f64>,
    track: Option<f64>,
    hex: Option<&'a str>,
    flight: Option<&'a str>,
}

fn parse(c: &mut Criterion) {
    let mut group = c.benchmark_group("parse");
    group.throughput(Throughput::Elements(LINES));
    for (format, text) in [
        (Format::Sbs, sbs()),
        (Format::ReadsbLines, json_lines()),
        (Format::OpenskyRecords, records()),
    ] {
        group.bench_function(format.name(), |b| {
            b.iter(|| {
                let reader = Reader::new(text.as_bytes(), format, Options::default()).unwrap();
                let found = reader.map(|item| black_box(item).is_ok()).filter(|ok| *ok).count();
                assert_eq!(found as u64, LINES);
            });
        });
    }
    let text = json_lines();
    group.bench_function("readsb-lines by serde_json", |b| {
        b.iter(|| {
            for line in text.lines() {
                black_box(serde_json::from_str::<Peer<'_>>(line).unwrap());
            }
        });
    });
    group.finish();
}

criterion_group!(benches, parse);
criterion_main!(benches);

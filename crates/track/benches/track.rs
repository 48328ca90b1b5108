//! Reports per second through the tracker, predictions included: what a replay
//! pays for each report between parsing and detecting.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use deconflict_core::{Address, GeoPoint, Report, Technique, Time};
use deconflict_track::Tracker;
use std::hint::black_box;

const AIRCRAFT: u32 = 2_000;
const SECONDS: u32 = 20;

#[derive(Clone, Copy)]
enum Mix {
    /// Everything in one report, once a second.
    Full,
    /// As SBS: position, velocity and altitude in messages of their own.
    Sbs,
    /// As `Full`, arriving up to 1.5 s late and out of order.
    Shuffled,
}

/// A small generator (Lehmer 1951): the benchmark needs scatter, not quality.
struct Scatter(u64);

impl Scatter {
    fn next(&mut self) -> f64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

/// One second of traffic after the other, in the order of arrival.
fn traffic(mix: Mix) -> Vec<(Time, Vec<Report>)> {
    let mut scatter = Scatter(7);
    let start = Time::from_millis(1_700_000_000_000);
    let mut aircraft: Vec<(u32, f64, f64, f64)> = (0..AIRCRAFT)
        .map(|i| {
            let code = i.wrapping_mul(0x9e_3779) & 0xff_ffff;
            (
                code,
                44.0 + 8.0 * scatter.next(),
                4.0 + 12.0 * scatter.next(),
                scatter.next() * std::f64::consts::TAU,
            )
        })
        .collect();
    let mut reports = Vec::new();
    for second in 0..SECONDS {
        for (i, (code, lat, lon, track)) in aircraft.iter_mut().enumerate() {
            let place = GeoPoint::from_deg(*lat, *lon).expect("in range");
            let to = place.destination(*track, 230.0);
            (*lat, *lon) = (to.lat_deg(), to.lon_deg());
            let offset_s = f64::from(second) + i as f64 / f64::from(AIRCRAFT);
            let measured = start.plus_s(offset_s);
            let delay_s = if matches!(mix, Mix::Shuffled) { 1.5 * scatter.next() } else { 0.0 };
            let bare = Report {
                received: measured.plus_s(delay_s),
                ..Report::new(0, Address::icao(*code), Technique::AdsB, measured)
            };
            let plot =
                Report { position: Some(place), pressure_altitude_m: Some(10_668.0), ..bare };
            let motion = |r: Report| Report {
                ground_speed_mps: Some(230.0),
                track_rad: Some(*track),
                vertical_rate_mps: Some(0.0),
                ..r
            };
            match mix {
                Mix::Full | Mix::Shuffled => reports.push(motion(plot)),
                Mix::Sbs => {
                    reports.push(plot);
                    reports.push(motion(bare));
                    reports.push(Report { pressure_altitude_m: Some(10_668.0), ..bare });
                }
            }
        }
    }
    reports.sort_by_key(|r| r.received);
    (1..=SECONDS + 1)
        .map(|second| {
            let (from, to) =
                (start.plus_s(f64::from(second) - 1.0), start.plus_s(f64::from(second)));
            let due = |r: &&Report| r.received >= from && r.received < to;
            (to, reports.iter().filter(due).copied().collect())
        })
        .collect()
}

fn track(c: &mut Criterion) {
    let mut group = c.benchmark_group("track");
    for (name, mix) in [("full", Mix::Full), ("sbs", Mix::Sbs), ("shuffled", Mix::Shuffled)] {
        let seconds = traffic(mix);
        let reports: usize = seconds.iter().map(|(_, reports)| reports.len()).sum();
        group.throughput(Throughput::Elements(reports as u64));
        group.bench_function(BenchmarkId::new("reports", name), |b| {
            b.iter(|| {
                let mut tracker = Tracker::default();
                for (now, reports) in &seconds {
                    black_box(tracker.step(*now, reports));
                }
                tracker.len()
            });
        });
    }
    let mut tracker = Tracker::default();
    for (now, reports) in &traffic(Mix::Full) {
        tracker.step(*now, reports);
    }
    let mut out = Vec::new();
    group.throughput(Throughput::Elements(u64::from(AIRCRAFT)));
    group.bench_function("predict", |b| {
        b.iter(|| {
            tracker.predict_into(tracker.now(), 300.0, |t| !t.on_ground(), &mut out);
            black_box(out.len())
        });
    });
    group.finish();
}

criterion_group!(benches, track);
criterion_main!(benches);

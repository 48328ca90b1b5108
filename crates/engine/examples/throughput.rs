//! End to end on one core: bytes of a feed in, alerts out.
//!
//! ```text
//! cargo run --release -p deconflict-engine --example throughput
//! ```
//!
//! Random traffic flies straight for a minute or so and is written as SBS and as
//! short JSON lines; the time includes parsing, tracking and the detection of
//! every second of data. Parsing alone and the engine alone are printed beside
//! it, so that one sees where the time goes.

#![allow(clippy::print_stdout)]

use deconflict_core::state::Growth;
use deconflict_core::units::{fpm_from_mps, ft_from_m, kt_from_mps};
use deconflict_core::{Report, State, Time};
use deconflict_engine::{Engine, EngineConfig};
use deconflict_formats::{Format, Options, Reader};
use deconflict_sim::traffic::{Traffic, random};
use std::fmt::Write;
use std::time::Instant;

const START: Time = Time::from_millis(1_513_152_000_000);

/// What the traffic does, a call of `line` for every aircraft and second.
fn record(
    aircraft: usize,
    seconds: usize,
    mut line: impl FnMut(&mut String, u32, &State),
) -> String {
    let mut states = random(3, &Traffic::same_density(aircraft), START);
    for state in &mut states {
        // So gently that nobody reaches the ground within the recording.
        state.velocity.up_mps *= 0.2;
    }
    let mut text = String::new();
    for second in 0..seconds {
        for (i, state) in states.iter().enumerate() {
            // Spread over the second, as receivers hear them.
            let t = second as f64 + i as f64 / states.len() as f64;
            line(&mut text, 0xa0_0000 + i as u32, &state.at(START.plus_s(t), Growth::default()));
        }
    }
    text
}

fn json_line(text: &mut String, address: u32, s: &State) {
    let _ = writeln!(
        text,
        r#"{{"now":{:.1},"alt_baro":{:.0},"gscp":{:.0},"lat":{:.6},"lon":{:.6},"track":{:.1},"hex":"{address:06x}","flight":"TST{}"}}"#,
        s.time.as_unix_s(),
        ft_from_m(s.altitude.m),
        kt_from_mps(s.velocity.ground_speed_mps()),
        s.position.lat_deg(),
        s.position.lon_deg(),
        s.velocity.track_rad().to_degrees(),
        address & 0xfff,
    );
}

fn sbs_lines(text: &mut String, address: u32, s: &State) {
    let stamp = s.time.to_string();
    let (date, time) = (stamp[..10].replace('-', "/"), &stamp[11..23]);
    let head = |kind: u8| format!("MSG,{kind},1,1,{address:06X},1,{date},{time},{date},{time},");
    let (alt_ft, p) = (ft_from_m(s.altitude.m), s.position);
    let _ =
        writeln!(text, "{},{alt_ft:.0},,,{:.5},{:.5},,,0,0,0,0", head(3), p.lat_deg(), p.lon_deg());
    let (gs_kt, track) = (kt_from_mps(s.velocity.ground_speed_mps()), s.velocity.track_rad());
    let vs_fpm = fpm_from_mps(s.velocity.up_mps);
    let _ = writeln!(text, "{},,{gs_kt:.0},{:.1},,,{vs_fpm:.0},,,,,0", head(4), track.to_degrees());
}

fn parse(text: &str, format: Format) -> Vec<Report> {
    let reader = Reader::new(text.as_bytes(), format, Options::default()).expect("a known format");
    reader.map(|r| r.expect("well-formed")).collect()
}

/// Processor time of this thread where the system tells it (Linux), so that other
/// load on the machine does not show; elapsed time elsewhere. Seconds.
fn clock_s(since: Instant) -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|t| t.split(' ').next()?.parse::<f64>().ok());
    nanos.map_or_else(|| since.elapsed().as_secs_f64(), |n| n * 1e-9)
}

/// Best of some runs, seconds.
fn best_s(runs: usize, mut run: impl FnMut()) -> f64 {
    let since = Instant::now();
    let once = |_| {
        let start = clock_s(since);
        run();
        clock_s(since) - start
    };
    (0..runs).map(once).fold(f64::INFINITY, f64::min)
}

fn main() {
    println!("reports a second, one core, best of five");
    for (aircraft, seconds) in [(200, 600), (2000, 60)] {
        let feeds = [
            ("SBS", Format::parse("sbs"), record(aircraft, seconds, sbs_lines)),
            ("JSON lines", Format::parse("jsonl"), record(aircraft, seconds, json_line)),
        ];
        for (name, format, text) in feeds {
            let format = format.unwrap_or_else(|| {
                deconflict_formats::detect(text.as_bytes()).expect("detectable")
            });
            let reports = parse(&text, format);
            let n = reports.len() as f64;
            let parsing = best_s(5, || {
                let reader = Reader::new(text.as_bytes(), format, Options::default())
                    .expect("a known format");
                assert_eq!(reader.flatten().count(), reports.len());
            });
            let mut counts = Default::default();
            let engine = best_s(5, || {
                let (mut engine, mut events) = (Engine::new(EngineConfig::default()), Vec::new());
                for part in reports.chunks(256) {
                    engine.push(part, &mut events);
                    events.clear();
                }
                engine.finish(&mut events);
                counts = *engine.counts();
            });
            let whole = best_s(5, || {
                let reader = Reader::new(text.as_bytes(), format, Options::default())
                    .expect("a known format");
                let (mut engine, mut events) = (Engine::new(EngineConfig::default()), Vec::new());
                for report in reader.flatten() {
                    engine.push(&[report], &mut events);
                    events.clear();
                }
                engine.finish(&mut events);
            });
            println!(
                "  {name}, {aircraft} aircraft, {seconds} s: {:.0} (parsing alone {:.0}, engine alone {:.0}); {} evaluations, {} conflicts",
                n / whole,
                n / parsing,
                n / engine,
                counts.evaluations,
                counts.conflicts
            );
        }
    }
}

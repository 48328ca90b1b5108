//! How fast the kernel is, as ratios measured in one run.
//!
//! ```text
//! pip install bluesky-simulator==1.1.1
//! cargo run --release -p deconflict-detect --example against_bluesky
//! ```
//!
//! Both sides get the same random traffic (positions, altitudes, speeds, tracks)
//! and have to answer with pairs, entry times and closest approaches; the time
//! includes the conversion of that input. One core unless it says otherwise.
//! Without the peer (`PYTHON` names another interpreter) only the own ratios are printed.

#![allow(clippy::print_stdout)]

use deconflict_core::rules::Minima;
use deconflict_core::state::Growth;
use deconflict_core::units::{fpm_from_mps, ft_from_m, kt_from_mps, m_from_ft, m_from_nm};
use deconflict_core::{Covariance, GeoPoint, RuleSet, State, Subject, Time, Velocity};
use deconflict_detect::{Conflict, Detector, Options, Scene};
use deconflict_sim::traffic::{Traffic, random};
use std::sync::Arc;
use std::time::Instant;

const LOOKAHEAD_S: f64 = 300.0;
const NOW: Time = Time::from_millis(0);

/// Traffic as a surveillance system hands it over: degrees, feet, knots.
struct Row {
    lat_deg: f64,
    lon_deg: f64,
    alt_ft: f64,
    gs_kt: f64,
    track_deg: f64,
    vs_fpm: f64,
}

fn rows(traffic: &Traffic) -> Vec<Row> {
    let row = |s: &State| Row {
        lat_deg: s.position.lat_deg(),
        lon_deg: s.position.lon_deg(),
        alt_ft: ft_from_m(s.altitude.m),
        gs_kt: kt_from_mps(s.velocity.ground_speed_mps()),
        track_deg: s.velocity.track_rad().to_degrees(),
        vs_fpm: fpm_from_mps(s.velocity.up_mps),
    };
    random(1, traffic, NOW).iter().map(row).collect()
}

fn state(row: &Row) -> State {
    use deconflict_core::units::{mps_from_fpm, mps_from_kt};
    let position = GeoPoint::from_deg(row.lat_deg, row.lon_deg).expect("drawn on the globe");
    let track_rad = row.track_deg.to_radians();
    State {
        time: NOW,
        position,
        altitude: deconflict_core::Altitude::pressure_ft(row.alt_ft),
        velocity: Velocity::from_track(mps_from_kt(row.gs_kt), track_rad, mps_from_fpm(row.vs_fpm)),
        covariance: Covariance::diagonal(60.0, 1.5, 15.0, 0.5),
    }
}

/// Processor time of this thread where the system tells it (Linux), so that other
/// load on the machine does not show; elapsed time elsewhere, and with threads.
/// Told to a few milliseconds, so that what is measured has to last longer. Seconds.
fn clock_s(since: Instant, options: Options) -> f64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|t| t.split(' ').next()?.parse::<f64>().ok());
    match nanos {
        Some(nanos) if options.threads == 1 => nanos * 1e-9,
        _ => since.elapsed().as_secs_f64(),
    }
}

/// How long to measure at a time, seconds.
const BATCH_S: f64 = 0.15;

/// The best of some batches: mean time from rows to conflicts, and how many
/// conflicts there are.
fn own(rows: &[Row], options: Options, batches: usize) -> (f64, usize) {
    let minima = Minima::new(m_from_nm(5.0), m_from_ft(1000.0));
    let rules = Arc::new(RuleSet::uniform("5 NM / 1000 ft", minima, LOOKAHEAD_S));
    let mut detector = Detector::new(rules, options);
    let (mut scene, mut found): (Scene, Vec<Conflict>) = (Scene::new(NOW), Vec::new());
    let (mut best_s, since) = (f64::INFINITY, Instant::now());
    for _ in 0..batches {
        let (start, mut runs) = (clock_s(since, options), 0);
        let elapsed_s = loop {
            scene.reset(NOW);
            for (i, row) in rows.iter().enumerate() {
                let (subject, state) = (Subject::anonymous(i as u64), state(row));
                let pushed = scene.push_straight(subject, &state, Growth::default(), LOOKAHEAD_S);
                pushed.expect("drawn finite");
            }
            detector.detect(&scene, &mut found);
            runs += 1;
            let elapsed_s = clock_s(since, options) - start;
            if elapsed_s > BATCH_S {
                break elapsed_s;
            }
        };
        best_s = best_s.min(elapsed_s / f64::from(runs));
    }
    (best_s, found.len())
}

/// The peer's best time and its number of pairs, if it can be run.
fn peer(rows: &[Row], runs: usize) -> Option<(f64, usize)> {
    let path = std::env::temp_dir().join(format!("deconflict-traffic-{}.csv", std::process::id()));
    let line = |r: &Row| {
        format!(
            "{},{},{},{},{},{}\n",
            r.lat_deg, r.lon_deg, r.alt_ft, r.gs_kt, r.track_deg, r.vs_fpm
        )
    };
    std::fs::write(&path, rows.iter().map(line).collect::<String>()).ok()?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/against_bluesky/peer.py");
    let python = std::env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let output = std::process::Command::new(python)
        .args([script.as_ref(), path.as_os_str(), runs.to_string().as_ref()])
        .output();
    let _ = std::fs::remove_file(&path);
    let text = String::from_utf8(output.ok().filter(|o| o.status.success())?.stdout).ok()?;
    let value = |key: &str| -> Option<f64> {
        let rest = text.split(&format!("\"{key}\": ")).nth(1)?;
        rest.split([',', '}']).next()?.trim().parse().ok()
    };
    Some((value("best_s")?, value("ordered_pairs")? as usize / 2))
}

fn main() {
    let plain = Options { threads: 1, probability: false };
    println!("against BlueSky 1.1.1 (compiled), same traffic, best of several runs, one core");
    for (name, traffic, runs, peer_runs) in [
        ("N = 1,000", Traffic::same_area(1000), 8, 10),
        ("N = 10,000 at equal density", Traffic::same_density(10_000), 8, 2),
        ("N = 10,000 in the same area", Traffic::same_area(10_000), 5, 2),
    ] {
        let rows = rows(&traffic);
        let before = own(&rows, plain, runs);
        let peer = peer(&rows, peer_runs);
        let after = own(&rows, plain, runs);
        let (best_s, pairs) = (before.0.min(after.0), after.1);
        match peer {
            Some((peer_s, peer_pairs)) => println!(
                "  {name}: {:.3} ms, {pairs} pairs; peer {:.1} ms, {peer_pairs} pairs: {:.0} times",
                best_s * 1e3,
                peer_s * 1e3,
                peer_s / best_s
            ),
            None => println!("  {name}: {:.3} ms, {pairs} pairs; peer not found", best_s * 1e3),
        }
    }
    println!("scaling at equal density, one core");
    let (small, large) =
        (rows(&Traffic::same_density(10_000)), rows(&Traffic::same_density(100_000)));
    let (t10, t100) = (own(&small, plain, 10).0, own(&large, plain, 10).0);
    println!(
        "  t(100,000) / t(10,000) = {:.1} ({:.1} ms / {:.2} ms)",
        t100 / t10,
        t100 * 1e3,
        t10 * 1e3
    );
    let fast = own(&rows(&Traffic::same_density(10_000).with_outlier()), plain, 10).0;
    println!("  one aircraft at 1,800 kt among 10,000: {:+.1} %", (fast / t10 - 1.0) * 100.0);
    println!("threads, N = 100,000");
    for threads in [2, 4, 0] {
        let t = own(&large, Options { threads, ..plain }, 10).0;
        println!("  {threads} (0: all): {:.2} times one thread", t100 / t);
    }
    println!("probability, one core");
    for (name, traffic) in
        [("1,000", Traffic::same_area(1000)), ("10,000", Traffic::same_density(10_000))]
    {
        let rows = rows(&traffic);
        let (without, conflicts) = own(&rows, plain, 10);
        let with = own(&rows, Options { probability: true, ..plain }, 10).0;
        println!("  N = {name}: {:.2} µs a conflict", (with - without) * 1e6 / conflicts as f64);
    }
}

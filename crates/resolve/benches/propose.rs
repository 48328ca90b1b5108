//! What a proposal costs for clusters of 2, 5 and 10 aircraft that meet at one place, with 22
//! others about, as the service asks for it. At the end the ratios to the four bands of one of
//! a pair against one other are printed: machines differ, ratios less so.

#![allow(clippy::print_stdout)] // it prints what it measures

use criterion::{BenchmarkId, Criterion, criterion_group};
use deconflict_core::rules::Minima;
use deconflict_core::units::{m_from_ft, m_from_nm};
use deconflict_core::{Altitude, Covariance, GeoPoint, RuleSet, State, Subject, Time, Velocity};
use deconflict_daa::bands::BandsSolver;
use deconflict_daa::config::{AlertLevel, Alerter, Config, Dimension};
use deconflict_daa::detector::{Cylinder, Volume};
use deconflict_daa::pair::Motion;
use deconflict_daa::region::Region;
use deconflict_daa::situation::{Intruder, Situation as Scene};
use deconflict_resolve::{Owed, Participant, Situation, propose};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

const SIZES: [usize; 3] = [2, 5, 10];
const TRAFFIC: usize = 22;

/// So many that meet after two minutes, less one another, and traffic around them.
fn situation(size: usize) -> Situation {
    let now = Time::from_millis(1_513_152_000_000);
    let minima = Minima::new(m_from_nm(5.0), m_from_ft(1000.0));
    let rules = RuleSet::uniform("en route", minima, 300.0);
    let mut situation = Situation::new(now, Owed::Rules(Arc::new(rules)));
    let place = GeoPoint::from_deg(48.0, 9.0).expect("in range");
    for i in 0..size + TRAFFIC {
        // Spread by the golden angle; whoever is not of the cluster is off to a side and a level.
        let is_member = i < size;
        let track_rad = 2.399_963 * i as f64;
        let mps = 180.0 + 3.0 * (i % 9) as f64;
        let aside_m = if is_member { 0.0 } else { m_from_nm(8.0 + i as f64) };
        let ft = if is_member { 25_000.0 } else { 22_000.0 + 500.0 * (i % 13) as f64 };
        let at = place.destination(track_rad + 1.5, aside_m);
        let state = State {
            time: now,
            position: at
                .destination(track_rad + std::f64::consts::PI, (118.0 + (i % 5) as f64) * mps),
            altitude: Altitude::pressure_ft(ft),
            velocity: Velocity::from_track(mps, track_rad, 0.0),
            covariance: Covariance::diagonal(20.0, 1.0, 10.0, 0.5),
        };
        let participant = Participant::new(Subject::anonymous(i as u64 + 1), state);
        let index = situation.push(participant).expect("it is plausible");
        if is_member {
            situation.cluster.push(index);
        }
    }
    situation
}

/// The four bands of one against another with three levels of alert, as the service shows them.
fn bands_of_pair(solver: &mut BandsSolver, scene: &Scene) {
    let all =
        [Dimension::Direction, Dimension::Speed, Dimension::VerticalSpeed, Dimension::Altitude];
    for dimension in all {
        black_box(solver.bands(dimension, scene));
    }
}

fn pair() -> (Config, Scene) {
    let owed = Cylinder { distance_m: m_from_nm(5.0), height_m: m_from_ft(1000.0) };
    let level = |region, alerting_time_s| AlertLevel {
        region,
        alerting_time_s,
        early_alerting_time_s: alerting_time_s,
        spread: [0.0; 4],
        detector: Volume::Cylinder(owed),
    };
    let levels =
        vec![level(Region::Far, 180.0), level(Region::Mid, 120.0), level(Region::Near, 45.0)];
    let alerters = vec![Alerter { name: "owed".to_owned(), levels }];
    let config = Config { alerters, ca_bands: true, ..Config::default() };
    let motion = |position_m, velocity_mps| Motion { position_m, velocity_mps };
    let other = motion([0.0, 20_000.0, 7620.0], [0.0, -180.0, 0.0]);
    let scene = Scene {
        own: motion([-20_000.0, 0.0, 7620.0], [180.0, 0.0, 0.0]),
        alerter: 1,
        traffic: vec![Intruder { motion: other, alerter: 1, ..Intruder::default() }],
        ..Scene::default()
    };
    (config, scene)
}

fn benches(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("propose");
    for size in SIZES {
        let situation = situation(size);
        group.bench_function(BenchmarkId::from_parameter(size), |bencher| {
            bencher.iter(|| black_box(propose(&situation)));
        });
    }
    group.finish();
}

criterion_group!(all, benches);

/// Median of `count` runs, seconds.
fn median_s(count: usize, mut run: impl FnMut()) -> f64 {
    let mut times: Vec<f64> = (0..count)
        .map(|_| {
            let begun = Instant::now();
            run();
            begun.elapsed().as_secs_f64()
        })
        .collect();
    times.sort_by(f64::total_cmp);
    times[count / 2]
}

fn main() {
    let is_test = std::env::args().any(|argument| argument == "--test");
    let count = if is_test { 1 } else { 51 };
    let (config, scene) = pair();
    let mut solver = BandsSolver::new(&config);
    let bands_s = median_s(10 * count, || bands_of_pair(&mut solver, &scene));
    println!("four bands of one against one: {:.3} ms", 1e3 * bands_s);
    for size in SIZES {
        let situation = situation(size);
        let proposal = propose(&situation);
        let took_s = median_s(count, || {
            black_box(propose(&situation));
        });
        println!(
            "propose for {size} of {} aircraft: {:.2} ms, {:.0} times the bands; solved: {}",
            size + TRAFFIC,
            1e3 * took_s,
            took_s / bands_s,
            proposal.solved,
        );
    }
    all();
    Criterion::default().configure_from_args().final_summary();
}

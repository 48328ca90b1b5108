//! How fast detect and avoid is: `cargo run --release -p deconflict-daa --example speed [CONF]`.
//!
//! Medians on one core: the bands of all four dimensions from a fresh state for 1, 10 and
//! 100 intruders, and the alert level of a pair. Without a file the configuration is
//! well clear of DO-365, phase I.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use deconflict_core::units::{m_from_ft, m_from_nm, mps_from_fpm, mps_from_kt};
use deconflict_daa::alerting::level_now;
use deconflict_daa::bands::{BandsSolver, RecoveryResult};
use deconflict_daa::config::{AlertLevel, Alerter, Config, Dimension};
use deconflict_daa::detector::{Volume, WellClear};
use deconflict_daa::pair::Motion;
use deconflict_daa::region::Region;
use deconflict_daa::situation::{Intruder, Situation};
use std::hint::black_box;
use std::time::Instant;

fn phase_one() -> Config {
    let level = |region, height_ft, alerting_time_s, early_alerting_time_s| AlertLevel {
        region,
        alerting_time_s,
        early_alerting_time_s,
        spread: [0.0; 4],
        detector: Volume::WellClear(WellClear {
            distance_m: m_from_nm(0.66),
            height_m: m_from_ft(height_ft),
            tau_s: 35.0,
            tcoa_s: 0.0,
            with_doubt: false,
        }),
    };
    Config {
        horizontal_accel_mps2: 2.0,
        vertical_accel_mps2: 2.45,
        turn_rate_radps: 3_f64.to_radians(),
        vertical_rate_mps: mps_from_fpm(500.0),
        min_horizontal_recovery_m: m_from_nm(0.66),
        min_vertical_recovery_m: m_from_ft(450.0),
        ca_bands: true,
        ca_factor: 0.1,
        alerters: vec![Alerter {
            name: "phase one".into(),
            levels: vec![
                level(Region::None, 700.0, 55.0, 75.0),
                level(Region::Mid, 450.0, 55.0, 75.0),
                level(Region::Near, 450.0, 25.0, 55.0),
            ],
        }],
        ..Config::default()
    }
}

/// Numbers between 0 and 1 that look random (SplitMix64, Steele et al. 2014).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.next()
    }
}

fn motion(numbers: &mut Numbers, range_m: f64) -> Motion {
    let angle = numbers.between(0.0, std::f64::consts::TAU);
    let track = numbers.between(0.0, std::f64::consts::TAU);
    let speed = mps_from_kt(numbers.between(60.0, 500.0));
    Motion {
        position_m: [
            range_m * angle.sin(),
            range_m * angle.cos(),
            m_from_ft(numbers.between(9000.0, 11_000.0)),
        ],
        velocity_mps: [
            speed * track.sin(),
            speed * track.cos(),
            mps_from_fpm(numbers.between(-1500.0, 1500.0)),
        ],
    }
}

fn situation(numbers: &mut Numbers, intruders: usize) -> Situation {
    Situation {
        own: motion(numbers, 0.0),
        alerter: 1,
        tangent: None,
        traffic: (0..intruders)
            .map(|k| {
                let range_m = m_from_nm(numbers.between(2.0, 20.0));
                Intruder {
                    name: k.to_string(),
                    motion: motion(numbers, range_m),
                    alerter: 1,
                    ..Intruder::default()
                }
            })
            .collect(),
        ..Situation::default()
    }
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn main() {
    let config = match std::env::args().nth(1) {
        Some(path) => Config::parse(&std::fs::read_to_string(path).unwrap()).unwrap(),
        None => phase_one(),
    };
    let mut numbers = Numbers(1);
    for (intruders, rounds) in [(1, 400), (10, 200), (100, 40)] {
        let situations: Vec<_> = (0..rounds).map(|_| situation(&mut numbers, intruders)).collect();
        let mut recoveries = 0;
        let times = situations
            .iter()
            .map(|situation| {
                let start = Instant::now();
                let mut solver = BandsSolver::new(&config);
                for dimension in Dimension::ALL {
                    let bands = black_box(solver.bands(dimension, black_box(situation)));
                    recoveries += usize::from(bands.recovery != RecoveryResult::NotNeeded);
                }
                start.elapsed().as_secs_f64()
            })
            .collect();
        println!(
            "{intruders:>3} intruders: bands {:.3} ms median of {rounds}, {recoveries} recoveries",
            median(times) * 1e3
        );
    }
    let situations: Vec<_> = (0..1000).map(|_| situation(&mut numbers, 1)).collect();
    let pairs: Vec<_> = situations.iter().map(|s| s.pair(&s.traffic[0])).collect();
    let alerter = config.alerter(1).unwrap();
    let times = (0..101)
        .map(|_| {
            let start = Instant::now();
            for pair in &pairs {
                black_box(level_now(black_box(pair), alerter));
            }
            start.elapsed().as_secs_f64() / pairs.len() as f64
        })
        .collect();
    println!("alert level of a pair: {:.3} µs", median(times) * 1e6);
}

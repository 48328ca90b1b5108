//! The probability against a million samples, by kind of encounter.
//!
//! ```text
//! cargo run --release -p deconflict-detect --example probability_monte_carlo [ENCOUNTERS] [SAMPLES]
//! ```
//!
//! Prints the worst deviation of each kind and the mean cost of a call, and fails
//! above 1 %.

#![allow(clippy::print_stdout)]

use deconflict_detect::probability::probability_of_loss;
use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

#[path = "../tests/support/encounters.rs"]
#[allow(dead_code, missing_docs)]
mod encounters;
use encounters::{Encounter, Encounters, Family, MonteCarlo};

fn main() -> ExitCode {
    let number = |i| std::env::args().nth(i).and_then(|a| a.parse::<usize>().ok());
    let (count, samples) = (number(1).unwrap_or(18), number(2).unwrap_or(1_000_000));
    let oracle = MonteCarlo::new(samples, 5);
    let mut worst_of_all: f64 = 0.0;
    for (i, family) in Family::ALL.into_iter().enumerate() {
        let mut source = Encounters::new(100 + i as u64);
        let all: Vec<Encounter> = (0..count).map(|_| source.of(family)).collect();
        let call = |e: &Encounter| {
            probability_of_loss(&e.state, e.horizontal_m, e.vertical_m, e.horizon_s)
        };
        let worst = all.iter().map(|e| (call(e) - oracle.probability(e)).abs()).fold(0.0, f64::max);
        let (start, mut calls) = (Instant::now(), 0u32);
        while start.elapsed().as_secs_f64() < 0.1 {
            all.iter().for_each(|e| _ = black_box(call(black_box(e))));
            calls += all.len() as u32;
        }
        let mean_ns = start.elapsed().as_secs_f64() * 1e9 / f64::from(calls);
        println!("{:28} worst {:.2} %  {mean_ns:6.0} ns", format!("{family:?}"), worst * 100.0);
        worst_of_all = worst_of_all.max(worst);
    }
    let verdict = if worst_of_all < 0.01 { "within" } else { "BEYOND" };
    println!("worst of all {:.2} %, {verdict} 1 %", worst_of_all * 100.0);
    if worst_of_all < 0.01 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

//! Closed loop: what proposals do, and do not, for aircraft that fly them.
//!
//! `cargo run --release -p deconflict-resolve --example effect [-- encounters|clusters|density [N]]`
//!
//! Encounters: half drawn from the sampled encounters under `DECONFLICT_DATA` (default
//! `../shared/data`, file `encounters/mitll/*.txt`), half from random geometry.
//! Surveillance as ADS-B gives it (noise, latency, once a second) goes through the
//! tracker; pilots react after five seconds. All figures are of simulated flights.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod density;
mod encounters;
mod flight;
mod loops;
mod mvp;
mod surveillance;

use std::time::Instant;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let what = arguments.first().map_or("all", String::as_str);
    let number = |default: usize| arguments.get(1).and_then(|n| n.parse().ok()).unwrap_or(default);
    let start = Instant::now();
    if matches!(what, "all" | "encounters") {
        encounters::run(number(10_000));
    }
    if matches!(what, "all" | "clusters") {
        encounters::run_clusters(number(1000));
    }
    if matches!(what, "all" | "density") {
        density::run(number(1));
    }
    println!("\n{:.0} s in all", start.elapsed().as_secs_f64());
}

//! The service under load: rates and waiting times over real sockets, every commit synced.
//!
//! ```text
//! cargo run --release -p deconflict-dss --example load
//! cargo run --release -p deconflict-dss --example load -- --live 1000000
//! .ci/postgres cargo run --release -p deconflict-dss --example load
//! ```
//!
//! The service runs in a process of its own; clients are threads of this one, each with a
//! connection that it keeps. They share the machine's cores. `--seconds N` for each
//! measurement (10), `--clients N` (8), `--only WORD` those whose name has it, `--live N`
//! instead: N intents all over the world.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod bodies;
mod http;
mod live;
mod measure;
mod service;

#[path = "../../tests/common/mod.rs"]
mod common;

use bodies::Bodies;
use measure::{Figures, Goal, many};
use service::Child;

/// What is asked for on the command line.
struct Options {
    seconds: f64,
    clients: usize,
    live: usize,
    only: String,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [first, store] = arguments.as_slice()
        && first == "--serve"
    {
        service::serve(store);
        return;
    }
    let mut options = Options { seconds: 10.0, clients: 8, live: 0, only: String::new() };
    for pair in arguments.chunks(2) {
        let known = match pair {
            [name, value] => match name.as_str() {
                "--seconds" => value.parse().map(|n| options.seconds = n).is_ok(),
                "--clients" => value.parse().map(|n| options.clients = n).is_ok(),
                "--live" => value.parse().map(|n| options.live = n).is_ok(),
                "--only" => {
                    options.only.clone_from(value);
                    true
                }
                _ => false,
            },
            _ => false,
        };
        if !known {
            eprintln!("usage: load [--seconds N] [--clients N] [--only WORD] [--live N]");
            std::process::exit(64);
        }
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let places = runtime.block_on(common::Place::all());
    for place in places {
        if options.live > 0 {
            if !place.target.is_shared() {
                live::run(&place, &options, &runtime);
            }
        } else {
            usual(&place, &options);
        }
        runtime.block_on(place.remove());
    }
}

/// What the InterUSS DSS did on PostgreSQL on the same kind of machine, 8 clients, requests a second, the
/// better end of each range that was given to this project. Its version and settings were not.
const REFERENCE_PUT_REGION: f64 = 150.0;
const REFERENCE_PUT_CELL: f64 = 60.0;
const REFERENCE_QUERY_2KM: f64 = 788.0;
const REFERENCE_QUERY_20KM: f64 = 126.0;
/// As many intents as there were when the reference's queries were measured.
const AMONG: usize = 1_700;

fn usual(place: &common::Place, options: &Options) {
    let embedded = !place.target.is_shared();
    let times = if embedded { 10.0 } else { 3.0 };
    let p99_ms = if embedded { 50.0 } else { f64::INFINITY };
    println!("on {}", if embedded { "the embedded store" } else { "PostgreSQL" });
    Figures::head();
    let child = Child::start(&service::argument(&place.target));
    let wanted = |name: &str| name.contains(options.only.as_str());
    let queries = [
        ("query, r = 2 km", 2_000.0, REFERENCE_QUERY_2KM),
        ("query, r = 20 km", 20_000.0, REFERENCE_QUERY_20KM),
    ];
    let bodies = Bodies::new();

    // Each alone in its place, so that no key is needed.
    many(&child, options.clients, AMONG, |n| bodies.put_region(n));
    for (name, radius_m, reference) in queries.into_iter().filter(|(name, ..)| wanted(name)) {
        let figures = measure::run(&child, options, |n| bodies.query(n, radius_m));
        figures.tell(name, &Goal { reference, times, p99_ms: f64::INFINITY });
    }
    if wanted("put, a region") {
        let figures = measure::run(&child, options, |n| bodies.put_region(AMONG + n));
        figures.tell("put, a region", &Goal { reference: REFERENCE_PUT_REGION, times, p99_ms });
    }
    if wanted("put, one cell") {
        let figures = measure::run(&child, options, |n| bodies.put_cell(n));
        figures.tell("put, one cell", &Goal { reference: REFERENCE_PUT_CELL, times, p99_ms });
    }
    println!("resident {:.0} MiB\n", child.resident_mib());
    child.stop();
}

//! Prints the events of a recording as lines of JSON, as the golden files hold them:
//! `cargo run --release -p deconflict-engine --example events -- FILE…`
#![allow(clippy::print_stdout, clippy::print_stderr)]

use deconflict_engine::{Engine, EngineConfig};
use deconflict_formats::{Options, Order, Reader, gather};
use std::fs::File;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for path in std::env::args().skip(1) {
        let mut reader = Reader::open(File::open(&path)?, None, Options::default())?;
        let (mut engine, mut events) = (Engine::new(EngineConfig::default()), Vec::new());
        if reader.order() == Order::ByAircraft {
            engine.push(&gather(&mut reader, |_| ()), &mut events);
        } else {
            for report in (&mut reader).flatten() {
                engine.push(&[report], &mut events);
            }
        }
        engine.finish(&mut events);
        for event in &events {
            println!("{}", event.to_json());
        }
        let (format, read) = (reader.format(), reader.into_statistics());
        eprintln!(
            "{path}: {format}, {} reports, {} errors, {} aircraft",
            read.reports,
            read.errors_total(),
            read.addresses()
        );
        eprintln!("{:?}\n{:?}", engine.counts(), engine.alerts().totals());
        eprintln!("{:?}", engine.tracker().statistics());
    }
    Ok(())
}

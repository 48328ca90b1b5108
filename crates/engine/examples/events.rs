//! Prints the events of recordings, or of scenarios (`.toml`), as lines of JSON:
//! `cargo run --release -p deconflict-engine --example events -- FILE…`
#![allow(clippy::print_stdout, clippy::print_stderr)]

use deconflict_core::Time;
use deconflict_engine::{Engine, EngineConfig, Event};
use deconflict_formats::{Options, Order, Reader, gather};
use deconflict_sim::{Scenario, Simulation};
use std::error::Error;
use std::fs::File;

fn main() -> Result<(), Box<dyn Error>> {
    for path in std::env::args().skip(1) {
        let mut events = Vec::new();
        let engine = if path.ends_with(".toml") {
            scenario(&std::fs::read_to_string(&path)?, &mut events)?
        } else {
            recording(&path, &mut events)?
        };
        for event in &events {
            println!("{}", event.to_json());
        }
        eprintln!("{path}: {:?}\n{:?}", engine.counts(), engine.alerts().totals());
        eprintln!("{:?}", engine.tracker().statistics());
    }
    Ok(())
}

fn scenario(text: &str, events: &mut Vec<Event>) -> Result<Engine, Box<dyn Error>> {
    let scenario = Scenario::parse(text)?;
    let mut simulation = Simulation::new(&scenario);
    let registry = simulation.registry();
    let mut engine = Engine::new(EngineConfig { registry, ..EngineConfig::default() });
    engine.set_plans(scenario.filed.clone());
    engine.set_areas(scenario.reserved.clone());
    while !simulation.is_over() {
        let until = simulation.now().plus_s(10.0);
        engine.push(simulation.step(until), events);
    }
    engine.finish(events);
    Ok(engine)
}

fn recording(path: &str, events: &mut Vec<Event>) -> Result<Engine, Box<dyn Error>> {
    let options = Options {
        // For formats without times of their own any will do.
        base_time: Some(Time::from_millis(1_700_000_000_000)),
        frames_per_s: Some(270.0),
        ..Options::default()
    };
    let mut reader = Reader::open(File::open(path)?, None, options)?;
    let mut engine = Engine::new(EngineConfig::default());
    if reader.order() == Order::ByAircraft {
        engine.push(&gather(&mut reader, |_| ()), events);
    } else {
        for report in (&mut reader).flatten() {
            engine.push(&[report], events);
        }
    }
    engine.finish(events);
    eprintln!("{}, {} errors", reader.format(), reader.statistics().errors_total());
    Ok(engine)
}

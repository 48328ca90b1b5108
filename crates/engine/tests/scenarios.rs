//! Scenarios through the engine: golden files, and that nothing but the data
//! decides what comes out.
//!
//! The golden files hold every event as users get it. After a change that is meant,
//! write them anew and read the difference:
//! `UPDATE_GOLDEN=1 cargo test -p deconflict-engine --test scenarios`
#![allow(clippy::print_stderr)]

use deconflict_core::Report;
use deconflict_engine::alert::{Stage, Status};
use deconflict_engine::{Engine, EngineConfig, Event};
use deconflict_sim::{Scenario, Simulation};
use std::path::Path;

fn load(name: &str) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name);
    let text = std::fs::read_to_string(path.with_extension("toml")).unwrap();
    Scenario::parse(&text).unwrap()
}

fn reports(scenario: &Scenario) -> Vec<Report> {
    let mut simulation = Simulation::new(scenario);
    let mut all = Vec::new();
    while !simulation.is_over() {
        let until = simulation.now().plus_s(10.0);
        all.extend_from_slice(simulation.step(until));
    }
    all
}

/// Runs reports through an engine in portions of the given sizes, round and round.
fn run(
    scenario: &Scenario,
    reports: &[Report],
    threads: usize,
    portions: &[usize],
    live: bool,
) -> Vec<Event> {
    let registry = Simulation::new(scenario).registry();
    let config = EngineConfig { registry, threads, ..EngineConfig::default() };
    let (mut engine, mut events) = (Engine::new(config), Vec::new());
    engine.set_plans(scenario.filed.clone());
    engine.set_areas(scenario.reserved.clone());
    let mut rest = reports;
    for &size in portions.iter().cycle() {
        if rest.is_empty() {
            break;
        }
        let (now, later) = rest.split_at(size.clamp(1, rest.len()));
        engine.push(now, &mut events);
        if live && let Some(last) = now.last() {
            engine.advance(last.received, &mut events);
        }
        rest = later;
    }
    engine.finish(&mut events);
    events
}

fn text(events: &[Event]) -> String {
    events.iter().map(|e| e.to_json() + "\n").collect()
}

fn golden(name: &str) {
    let scenario = load(name);
    let reports = reports(&scenario);
    let got = text(&run(&scenario, &reports, 1, &[1000], false));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.jsonl"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &got).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    for (i, (got, expected)) in got.lines().zip(expected.lines()).enumerate() {
        assert_eq!(got, expected, "{name}, line {}", i + 1);
    }
    assert_eq!(got.lines().count(), expected.lines().count(), "{name}");
}

#[test]
fn crossing_is_as_recorded() {
    golden("crossing");
}

#[test]
fn formation_and_ghost_is_as_recorded() {
    golden("formation-and-ghost");
}

#[test]
fn plans_are_as_recorded() {
    golden("plans");
}

/// The crossing holds one conflict and one pair 1000 ft apart: one alert, through
/// all its stages.
#[test]
fn crossing_is_called_once() {
    let scenario = load("crossing");
    let events = run(&scenario, &reports(&scenario), 1, &[500], false);
    let stages: Vec<(u64, Status)> = events
        .iter()
        .filter_map(|event| match event {
            Event::Alert(change) => Some((change.alert, change.change.to)),
            _ => None,
        })
        .collect();
    let open = |stage| (1, Status::Open(stage));
    assert_eq!(stages[..3], [open(Stage::Predicted), open(Stage::Imminent), open(Stage::Lost)]);
    assert!(matches!(stages[3..], [(1, Status::Ended(_))]), "{stages:?}");
}

/// Threads, portions, and whether time is told from outside change nothing.
#[test]
fn only_the_data_decide() {
    for (name, minutes) in [("formation-and-ghost", 20), ("plans", 24), ("euphrates-2017", 12)] {
        let scenario = load(name);
        let mut reports = reports(&scenario);
        let end = scenario.start.plus_s(60.0 * f64::from(minutes));
        reports.retain(|r| r.received <= end);
        let first = text(&run(&scenario, &reports, 1, &[usize::MAX], false));
        assert!(!first.is_empty());
        for (threads, portions, live) in
            [(2, &[1][..], false), (3, &[7, 1, 4096], true), (1, &[100, 3], true)]
        {
            let other = text(&run(&scenario, &reports, threads, portions, live));
            assert!(first == other, "{name}: {threads} threads, portions of {portions:?}");
        }
    }
}

/// An empty night costs nothing: evaluations are for when there is something to see.
#[test]
fn idle_seconds_are_skipped() {
    let scenario = load("crossing");
    let mut reports = reports(&scenario);
    let evening = reports.clone();
    for hours in 1..=12 {
        let later = f64::from(hours) * 7200.0;
        reports.extend(evening.iter().map(|r| Report {
            measured: r.measured.plus_s(later),
            received: r.received.plus_s(later),
            ..*r
        }));
    }
    let registry = Simulation::new(&scenario).registry();
    let config = EngineConfig { registry, ..EngineConfig::default() };
    let (mut engine, mut events) = (Engine::new(config), Vec::new());
    engine.push(&reports, &mut events);
    engine.finish(&mut events);
    let alerts = engine.alerts().totals().alerts;
    assert_eq!(alerts, 13, "one an encounter");
    // Thirteen times ten minutes of flight in a day, and some minutes of silence after each.
    let evaluations = engine.counts().evaluations;
    assert!(evaluations < 13 * (600 + 600), "{evaluations}");
}

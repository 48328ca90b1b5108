//! What a recording is for: fed with its rows, the engine says the same (ENG-1, REC-5).

mod common;

use deconflict_core::Time;
use deconflict_engine::{Engine, EngineConfig, Event};
use deconflict_record::{Begin, Limits, Recorder, Recording, Row};
use deconflict_sim::{Scenario, Simulation};
use std::path::Path;

fn feed(engine: &mut Engine, row: &Row, events: &mut Vec<Event>) {
    match row {
        Row::Report(report) => engine.push(std::slice::from_ref(report), events),
        Row::Tick(time) => engine.advance(*time, events),
        Row::Begin(_) | Row::Registry(_) => {}
    }
}

fn text(events: &[Event]) -> Vec<String> {
    events.iter().map(Event::to_json).collect()
}

#[test]
fn a_recording_gives_the_same_alerts() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/euphrates-2017.toml");
    let scenario = Scenario::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
    let registry = || Simulation::new(&scenario).registry();
    let engine = || {
        let config = EngineConfig { registry: registry(), threads: 1, ..EngineConfig::default() };
        Engine::new(config)
    };
    let dir = tempfile::tempdir().unwrap();
    let limits = Limits { segment_bytes: 300_000, ..Limits::default() };
    let mut recorder = Recorder::open(dir.path(), limits).unwrap();
    let mut simulation = Simulation::new(&scenario);
    let (mut live, mut said) = (engine(), Vec::new());
    let begin = Begin { run: "r".to_owned(), time: simulation.now(), config: "{}".to_owned() };
    recorder.append(&[Row::Begin(begin)]);
    let mut middle = None;
    // The first ten minutes.
    for second in 0..600 {
        let until = simulation.now().plus_s(1.0);
        let mut rows: Vec<Row> = simulation.step(until).iter().copied().map(Row::Report).collect();
        rows.push(Row::Tick(until));
        recorder.append(&rows);
        let before = said.len();
        rows.iter().for_each(|row| feed(&mut live, row, &mut said));
        if second == 400 {
            middle = Some((until, before));
        }
    }
    recorder.close();
    assert!(
        said.iter().any(|event| matches!(event, Event::Alert(_))),
        "an empty sky proves nothing"
    );

    let recording = Recording::open(dir.path()).unwrap();
    assert!(common::files(dir.path(), ".parquet").len() > 1);
    let mut again = (engine(), Vec::new());
    for row in recording.rows_since_begin("r") {
        feed(&mut again.0, &row.unwrap(), &mut again.1);
    }
    assert_eq!(text(&again.1), text(&said));

    // From the middle on, the beginning being near enough to start there.
    let (time, before) = middle.unwrap();
    let position = recording.position(time, 3600.0).unwrap().unwrap();
    assert!(position.from_begin);
    let mut again = (engine(), Vec::new());
    for row in recording.rows_of("r", position.from, time) {
        feed(&mut again.0, &row.unwrap(), &mut again.1);
    }
    assert_eq!(text(&again.1), text(&said[..before]));
    for row in recording.rows_of("r", time, Time::MAX) {
        feed(&mut again.0, &row.unwrap(), &mut again.1);
    }
    assert_eq!(text(&again.1), text(&said));
}

//! The scenario `crossing.toml`, flown without and with what is proposed.

use deconflict_core::Time;
use deconflict_core::units::{m_from_ft, m_from_nm};
use deconflict_engine::{Engine, EngineConfig};
use deconflict_resolve::{Owed, Participant, Situation, meetings, propose};
use deconflict_sim::{Instruction, Scenario, Simulation};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Whether any two aircraft come nearer than 5 NM and 1000 ft, less what altimeters err.
fn loses_separation(with_advice: bool) -> bool {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/crossing.toml");
    let scenario = Scenario::parse(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut simulation = Simulation::new(&scenario);
    let registry = simulation.registry();
    let mut engine = Engine::new(EngineConfig { registry, ..EngineConfig::default() });
    let (mut events, mut told, mut lost) = (Vec::new(), BTreeMap::new(), false);
    while !simulation.is_over() && simulation.now() < scenario.end() {
        let now: Time = simulation.now().plus_s(1.0);
        engine.push(simulation.step(now), &mut events);
        engine.advance(now, &mut events);
        let is_called = engine.alerts().alerts().any(|alert| alert.stage().is_some());
        if with_advice && is_called {
            let mut situation = Situation::new(now, Owed::Rules(Arc::clone(engine.rules())));
            let mut aircraft = Vec::new();
            for track in engine.tracker().tracks() {
                let Some(segment) = track.segment(now, 300.0) else { continue };
                let following = told.get(&track.id()).copied();
                let it =
                    Participant { following, ..Participant::new(*track.subject(), segment.state) };
                if situation.push(it).is_ok() {
                    aircraft.push((track.id(), track.address()));
                }
            }
            if !meetings(&situation).is_empty() {
                let proposal = propose(&situation);
                for part in &proposal.parts {
                    let Some(instruction) = part.instruction else { continue };
                    let (track, address) = aircraft[part.aircraft as usize];
                    told.insert(track, instruction);
                    let truth =
                        simulation.truth().into_iter().find(|t| t.address == address).unwrap();
                    let order = Instruction {
                        track_rad: instruction.track_rad,
                        altitude_m: instruction.altitude_m,
                        ground_speed_mps: instruction.ground_speed_mps,
                    };
                    assert!(simulation.instruct(truth.id, Some(order), 5.0));
                }
            }
        }
        let truths = simulation.truth();
        for (i, a) in truths.iter().enumerate() {
            for b in &truths[..i] {
                let near = a.state.position.distance_m(b.state.position) < m_from_nm(5.0);
                let apart_m = (a.state.altitude.m - b.state.altitude.m).abs();
                lost |= near && apart_m < m_from_ft(950.0);
            }
        }
    }
    lost
}

#[test]
fn the_crossing_loses_separation_without_advice_and_keeps_it_with() {
    assert!(loses_separation(false));
    assert!(!loses_separation(true));
}

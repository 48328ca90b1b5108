//! Pilots do as they are told, after their delay, and go on as planned afterwards.

mod common;

use common::load;
use deconflict_core::units::m_from_ft;
use deconflict_sim::{Instruction, Simulation, Truth};

fn eagle(simulation: &Simulation) -> Truth {
    let truths = simulation.truth();
    *truths.iter().find(|t| t.callsign.as_str() == "EAGLE1").expect("it flies")
}

#[test]
fn pilots_turn_and_climb_after_the_delay_and_go_back() {
    let scenario = load("crossing");
    let mut simulation = Simulation::new(&scenario);
    let to = |simulation: &mut Simulation, s: f64| {
        simulation.step(scenario.start.plus_s(s));
        eagle(simulation).state
    };
    let before = to(&mut simulation, 60.0);
    let id = eagle(&simulation).id;
    let level_m = m_from_ft(26_000.0);
    let told = Instruction {
        track_rad: Some(120f64.to_radians()),
        altitude_m: Some(level_m),
        ..Instruction::default()
    };
    assert!(simulation.instruct(id, Some(told), 5.0));
    let waiting = to(&mut simulation, 64.0);
    assert_eq!(waiting.altitude.m, before.altitude.m);
    let flown = to(&mut simulation, 120.0);
    assert!((flown.velocity.track_rad().to_degrees() - 120.0).abs() < 0.5);
    // A climb levels off gently: within thirty feet or so.
    assert!((flown.altitude.m - level_m).abs() < 10.0, "{} m", flown.altitude.m);
    assert!(simulation.instruct(id, None, 0.0));
    let after = to(&mut simulation, 180.0);
    assert!(after.velocity.track_rad().to_degrees() < 90.0, "back to its point");
    assert!((after.altitude.m - before.altitude.m).abs() < 10.0, "{} m", after.altitude.m);
    // What makes no sense is refused.
    let nonsense = Instruction { track_rad: Some(f64::NAN), ..Instruction::default() };
    assert!(!simulation.instruct(id, Some(nonsense), 0.0));
}

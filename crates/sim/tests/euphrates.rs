//! The large scenario runs whole, and holds what a demonstration needs.

mod common;

use common::{Losses, load};
use deconflict_core::{AddressSpace, Technique};
use deconflict_sim::{AircraftId, Simulation, Truth};
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn three_hours_over_the_valley() {
    let scenario = load("euphrates-2017");
    assert!(scenario.aircraft_count() >= 120, "{}", scenario.aircraft_count());
    let mut simulation = Simulation::new(&scenario);
    let mut losses = Losses::of(&scenario);
    let mut before: BTreeMap<AircraftId, Truth> = BTreeMap::new();
    let mut military = BTreeSet::new();
    let mut refuelled = BTreeSet::new();
    let mut landed = BTreeSet::new();
    let mut by_feed: BTreeMap<u16, usize> = BTreeMap::new();
    let (mut ghosts, mut anonymous, mut local) = (0, 0, 0);
    let mut last_receipt = scenario.start;
    let mut busiest = 0;
    let mut k = 0;
    while !simulation.is_over() {
        let now = scenario.start.plus_s(f64::from(k) * 5.0);
        for report in simulation.step(now) {
            assert!(report.received >= last_receipt);
            last_receipt = report.received;
            *by_feed.entry(report.feed).or_default() += 1;
            ghosts += usize::from(report.technique == Technique::TisB);
            anonymous += usize::from(report.address.space == AddressSpace::NonIcao);
            local += usize::from(report.address.space == AddressSpace::Local);
        }
        let truths = simulation.truth();
        busiest = busiest.max(truths.len());
        losses.watch(now, &truths);
        for truth in &truths {
            assert!(truth.state.is_finite());
            if truth.operator.as_str() != "CIVIL" {
                military.insert(truth.callsign);
            }
            if truth.tanker.is_some() {
                refuelled.insert(truth.callsign);
            }
            if let Some(earlier) = before.insert(truth.id, *truth) {
                if truth.on_ground && !earlier.on_ground {
                    landed.insert(truth.callsign);
                }
                check_motion(&earlier, truth);
            }
        }
        k += 1;
    }
    let unplanned: Vec<String> = losses
        .unplanned()
        .map(|l| {
            format!("{} {} {:.1} NM {:.0} ft", l.a.callsign, l.b.callsign, l.least_nm, l.least_ft)
        })
        .collect();
    assert!(unplanned.len() >= 20, "{unplanned:#?}");
    let near = losses.unplanned().filter(|l| l.least_nm < 0.5 && l.least_ft < 500.0).count();
    assert!(near >= 3, "{near} of {unplanned:#?}");
    let civil = losses.unplanned().filter(|l| l.b.operator.as_str() == "CIVIL").count();
    assert!(civil >= 1, "{unplanned:#?}");
    assert!(military.len() >= 120, "{}", military.len());
    assert!(refuelled.len() >= 10 && landed.len() >= 20, "{refuelled:?} {landed:?}");
    assert_eq!(by_feed.len(), 6, "the secret radar takes part in no common picture");
    assert!((150..300).contains(&busiest), "{busiest}");
    assert!(ghosts > 100 && anonymous > 1000 && local > 1000);
}

/// Nobody jumps, nobody flies faster or turns tighter than aircraft do.
fn check_motion(earlier: &Truth, later: &Truth) {
    let dt_s = later.state.time.seconds_since(earlier.state.time);
    if dt_s <= 0.0 {
        return;
    }
    let moved_m = later.state.position.distance_m(earlier.state.position);
    let speed_mps = later.state.velocity.ground_speed_mps();
    let fastest = speed_mps.max(earlier.state.velocity.ground_speed_mps());
    let name = later.callsign;
    assert!(fastest < 280.0, "{name}: {fastest} m/s");
    // Between two looks it can have sped up and slowed down again.
    assert!(moved_m < (fastest + 15.0) * dt_s + 5.0, "{name} jumped {moved_m} m in {dt_s} s");
    let climbed_m = later.state.altitude.m - earlier.state.altitude.m;
    assert!(climbed_m.abs() < 45.0 * dt_s, "{name} jumped {climbed_m} m up");
}

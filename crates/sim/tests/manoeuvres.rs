//! What `formation-and-ghost.toml` promises: joins, recoveries and ghosts as they should look.

mod common;

use common::{Losses, load, reports, run};
use deconflict_core::{AddressSpace, Technique};
use deconflict_sim::{Simulation, Truth};

fn of<'a>(truths: &'a [Truth], name: &str) -> Option<&'a Truth> {
    truths.iter().find(|t| t.callsign.as_str() == name)
}

fn apart_m(a: &Truth, b: &Truth) -> f64 {
    a.state.position.distance_m(b.state.position)
}

#[test]
fn formation_keeps_station_through_the_turn() {
    let scenario = load("formation-and-ghost");
    let mut widest_m = 0.0f64;
    let mut nearest_m = f64::MAX;
    run(&scenario, 1.0, |_, _, truths| {
        let Some(lead) = of(truths, "LANCE1") else { return };
        for name in ["LANCE2", "LANCE3", "LANCE4"] {
            let wing = of(truths, name).expect("a wingman stays as long as its leader");
            assert_eq!(wing.formation, lead.formation);
            widest_m = widest_m.max(apart_m(lead, wing));
            nearest_m = nearest_m.min(apart_m(lead, wing));
        }
    });
    assert!(widest_m < 1200.0 && nearest_m > 200.0, "{nearest_m} to {widest_m}");
}

#[test]
fn receivers_join_stay_and_leave() {
    let scenario = load("formation-and-ghost");
    let (mut contact_s, mut at_end_m) = (0, 0.0);
    run(&scenario, 1.0, |_, _, truths| {
        let (Some(tanker), Some(receiver)) = (of(truths, "SHELL1"), of(truths, "VIPER1")) else {
            return;
        };
        at_end_m = apart_m(tanker, receiver);
        let below_m = tanker.state.altitude.m - receiver.state.altitude.m;
        if at_end_m < 100.0 && (5.0..15.0).contains(&below_m) {
            contact_s += 1;
            assert_eq!(receiver.tanker, Some(tanker.id));
        }
    });
    assert!((200..300).contains(&contact_s), "{contact_s} s in contact");
    assert!(at_end_m > 5000.0, "{at_end_m} m");
}

#[test]
fn the_recovery_finds_the_ship_where_it_is_by_then() {
    let scenario = load("formation-and-ghost");
    let mut landed = None;
    let mut last = None;
    run(&scenario, 1.0, |now, _, truths| {
        if let Some(hook) = of(truths, "HOOK1") {
            last = Some(*hook);
            if hook.on_ground && landed.is_none() {
                landed = Some((now, *hook));
            }
        }
    });
    let (now, touched) = landed.expect("it lands");
    let last = last.expect("it was there");
    // Where the ship started, and how far it has come.
    let sailed_m = 18.0 * 1852.0 / 3600.0 * now.seconds_since(scenario.start);
    let start = deconflict_core::GeoPoint::from_deg(27.5, 51.0).expect("a place");
    assert!((touched.state.position.distance_m(start) - sailed_m).abs() < 150.0);
    // On deck it moves as the ship does.
    let knots = last.state.velocity.ground_speed_mps() / (1852.0 / 3600.0);
    assert!((knots - 18.0).abs() < 0.1, "{knots}");
}

#[test]
fn take_off_from_the_ship_begins_on_deck() {
    let scenario = load("formation-and-ghost");
    let mut simulation = Simulation::new(&scenario);
    let mut at = |minutes: f64| {
        simulation.step(scenario.start.plus_s(60.0 * minutes));
        *of(&simulation.truth(), "HOOK2").expect("it is there")
    };
    let parked = at(2.0);
    assert!(parked.on_ground && parked.state.altitude.m < 30.0);
    let airborne = at(6.0);
    assert!(!airborne.on_ground && airborne.state.altitude.m > 1000.0);
}

#[test]
fn ghosts_lag_behind_under_an_address_of_their_own() {
    let scenario = load("formation-and-ghost");
    let lead = Simulation::new(&scenario).truth()[0];
    assert_eq!(lead.callsign.as_str(), "LANCE1");
    let all = reports(&scenario, 10.0);
    let ghosts: Vec<_> = all.iter().filter(|r| r.technique == Technique::TisB).collect();
    assert!(ghosts.len() > 1000);
    assert!(ghosts.iter().all(|r| r.address.space == AddressSpace::NonIcao));
    // Every ghost report stands some way off the report of the aircraft that
    // it was made of, and never on it: 8 s at 220 m/s and 900 m beside.
    let own: Vec<_> = all
        .iter()
        .filter(|r| r.technique == Technique::Mlat && r.address == lead.address)
        .collect();
    for r in &own[10..] {
        let twin = ghosts
            .iter()
            .filter(|g| g.measured == r.measured)
            .map(|g| g.position.expect("a plot").distance_m(r.position.expect("a plot")))
            .fold(f64::MAX, f64::min);
        assert!((500.0..4000.0).contains(&twin), "{twin}");
    }
}

#[test]
fn the_silent_feed_is_silent_and_nobody_else() {
    let scenario = load("formation-and-ghost");
    let in_outage = |r: &&deconflict_core::Report| {
        let minute = r.measured.seconds_since(scenario.start) / 60.0;
        (9.0..11.0).contains(&minute)
    };
    let all = reports(&scenario, 10.0);
    assert_eq!(all.iter().filter(|r| r.feed == 0).filter(in_outage).count(), 0);
    assert!(all.iter().filter(|r| r.feed == 1).filter(in_outage).count() > 100);
}

#[test]
fn nothing_unplanned_happens_here() {
    let scenario = load("formation-and-ghost");
    let mut losses = Losses::of(&scenario);
    run(&scenario, 1.0, |now, _, truths| losses.watch(now, truths));
    // One command, so none is unplanned; and none but the formation and the
    // pair at the tanker is near at all.
    for loss in losses.by_pair.values() {
        let together = loss.a.formation.is_some() && loss.a.formation == loss.b.formation;
        let names = [loss.a.callsign.as_str(), loss.b.callsign.as_str()];
        let refuelling = names.contains(&"SHELL1") && names.iter().any(|n| n.starts_with("VIPER"));
        assert!(together || refuelling, "{names:?} {} NM", loss.least_nm);
    }
}

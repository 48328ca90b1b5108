//! The same scenario and seed give the same reports, however they are asked for.

mod common;

use common::{load, reports};
use deconflict_core::{Operator, Report};
use deconflict_sim::{Scenario, Simulation};
use proptest::prelude::*;
use std::fmt::Write;

/// A scenario with every kind of chance in it, a minute or so long.
const NOISY: &str = r#"
[scenario]
name = "noisy"
start = 2017-12-13T08:00:00Z
duration_min = 2
seed = 9
altimetry_sigma_ft = 20

[[operator]]
name = "BLUE"

[[operator]]
name = "WHITE"

[[area]]
name = "BOX"
centre = [35.0, 40.5]
radius_nm = 20

[[flight]]
callsign = "A"
operator = "BLUE"
type = "fighter"
count = 3
size = 2
route = [{ patrol = "BOX", fl = [200, 300] }]

[[flight]]
callsign = "B"
operator = "WHITE"
type = "drone-fast"
transponder = "none"
count = 2
route = [{ patrol = "BOX", fl = [150, 200] }]

#[[flight]]

[[airway]]
name = "Q1"
route = [[34.0, 39.0], [36.0, 42.0]]
operator = "WHITE"
type = "airliner"
callsigns = ["QXA"]
fl = [290, 390]
per_hour = 30

[[feed]]
name = "receiver"
owner = "BLUE"
kind = "adsb"
period_s = 1.3
latency_s = 0.4
jitter_s = 3
drop_probability = 0.2
duplicate_probability = 0.1
wild_probability = 0.02
ghost = { fraction = 0.5, lag_s = 6.5, offset_m = 500 }

[[feed]]
name = "radar"
owner = "WHITE"
kind = "radar"
period_s = 4
shares = ["position", "altitude"]
clock_skew_s = -0.7
"#;

/// Every bit of every report, as text.
fn bytes(reports: &[Report]) -> String {
    let mut text = String::new();
    for report in reports {
        let position = report.position.map(|p| (p.lat_rad().to_bits(), p.lon_rad().to_bits()));
        let numbers = [
            report.pressure_altitude_m,
            report.ground_speed_mps,
            report.track_rad,
            report.vertical_rate_mps,
        ];
        let numbers = numbers.map(|n| n.map(f64::to_bits));
        let times = (report.measured.as_nanos(), report.received.as_nanos());
        writeln!(text, "{} {} {times:?} {position:?} {numbers:?}", report.feed, report.address)
            .expect("text can be written to");
    }
    text
}

/// SIM-1: the same scenario and seed give the same reports.
#[test]
fn the_same_seed_gives_the_same_bytes_and_another_does_not() {
    let scenario = Scenario::parse(NOISY).expect("it is valid");
    let first = bytes(&reports(&scenario, 1.0));
    assert_eq!(first, bytes(&reports(&Scenario::parse(NOISY).expect("it is valid"), 1.0)));
    let other = Scenario::parse_seeded(NOISY, Some(10)).expect("it is valid");
    assert_ne!(first, bytes(&reports(&other, 1.0)));
}

#[test]
fn ending_late_changes_nothing() {
    for name in ["crossing", "formation-and-ghost"] {
        let scenario = load(name);
        let mut simulation = Simulation::new(&scenario);
        let at_once = simulation.step(scenario.end().plus_s(3600.0)).to_vec();
        assert!(simulation.is_over());
        assert_eq!(bytes(&at_once), bytes(&reports(&scenario, 0.3)), "{name}");
    }
}

/// One flight more must not change what is reported of the others, or every
/// edit of a scenario would be a new scenario.
#[test]
fn one_aircraft_more_leaves_the_others_alone() {
    let newcomer = r#"
[[flight]]
callsign = "NEW1"
operator = "WHITE"
type = "transport"
transponder = "mode-s"
route = [{ orbit = [36.5, 43.0], radius_nm = 10, fl = 100 }]
"#;
    let more = NOISY.replace("#[[flight]]", newcomer);
    let with = Scenario::parse(&more).expect("it is valid");
    let new = Simulation::new(&with)
        .truth()
        .into_iter()
        .find(|t| t.callsign.as_str() == "NEW1")
        .expect("it is there");
    let before = reports(&Scenario::parse(NOISY).expect("it is valid"), 1.0);
    let known: Vec<_> = before.iter().map(|r| r.address).collect();
    let mut after = reports(&with, 1.0);
    after.retain(|r| known.contains(&r.address));
    assert!(!known.contains(&new.address));
    assert_eq!(bytes(&before), bytes(&after));
}

#[test]
fn an_operator_sees_its_own_in_full() {
    let scenario = Scenario::parse(NOISY).expect("it is valid");
    let radar = |mut simulation: Simulation| {
        let all = simulation.step(scenario.end().plus_s(60.0)).to_vec();
        all.into_iter().filter(|r| r.feed == 1).collect::<Vec<_>>()
    };
    let common = radar(Simulation::new(&scenario));
    let white = Operator::new("WHITE").expect("a name");
    let own = radar(Simulation::as_seen_by(&scenario, white));
    assert_eq!(common.len(), own.len());
    assert!(common.iter().all(|r| r.callsign.is_none() && r.ground_speed_mps.is_none()));
    assert!(own.iter().any(|r| r.callsign.is_some()) && own[0].ground_speed_mps.is_some());
    // What is hidden is hidden, and what is not is the same.
    for (a, b) in common.iter().zip(&own) {
        assert_eq!((a.measured, a.position), (b.measured, b.position));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn the_step_of_the_caller_does_not_matter(steps in prop::collection::vec(0.01..9.0f64, 1..30)) {
        let scenario = Scenario::parse(NOISY).expect("it is valid");
        let whole = bytes(&reports(&scenario, 1.0));
        let mut simulation = Simulation::new(&scenario);
        let mut all = Vec::new();
        let mut now = scenario.start;
        for step in steps.iter().cycle() {
            now = now.plus_s(*step);
            all.extend_from_slice(simulation.step(now));
            if simulation.is_over() {
                break;
            }
        }
        prop_assert_eq!(bytes(&all), whole);
    }
}

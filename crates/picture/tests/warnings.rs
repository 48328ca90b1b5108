//! Warnings as they are told: to whom, with what, and that nobody learns more than policy has it.

use deconflict_engine::DEFAULT_RULES;
use deconflict_picture::{Declared, FeedSetup, Kind, Live, Policy, Setup, Sight, View, Viewer};
use deconflict_sim::{Scenario, Simulation};
use serde_json::Value;
use std::collections::BTreeMap;

const PLANS: &str = include_str!("../../../scenarios/plans.toml");

/// All that some viewers are told of the first minutes, by viewer.
fn told(policy: &Policy, viewers: &[&str], minutes: u32) -> BTreeMap<String, Vec<(Kind, String)>> {
    let scenario = Scenario::parse(PLANS).unwrap();
    let mut simulation = Simulation::new(&scenario);
    let feed = FeedSetup {
        name: "receiver".to_owned(),
        owner: Some("RESCUE".to_owned()),
        kind: "scenario".to_owned(),
        format: "reports".to_owned(),
        period_s: None,
    };
    let setup = Setup {
        run: "test".to_owned(),
        name: scenario.name.clone(),
        rules: DEFAULT_RULES.to_owned(),
        feeds: vec![feed],
        registry: simulation.registry().iter().map(|(a, d)| Declared::of(a, d)).collect(),
        aerodromes: Vec::new(),
        period_s: 1.0,
        speed: 1.0,
    };
    let mut live = Live::new(setup, scenario.start, 1).unwrap();
    live.set_plans(scenario.filed.clone());
    live.set_areas(scenario.reserved.clone());
    let viewer = |name: &str| match name {
        "" => Viewer::Everything,
        party => Viewer::Party(party.to_owned()),
    };
    let view = |name: &str| View::new(viewer(name), policy, live.setup(), live.picture(), true);
    let mut views: Vec<View> = viewers.iter().map(|name| view(name)).collect();
    let mut told: BTreeMap<String, Vec<(Kind, String)>> = BTreeMap::new();
    for second in 1..=minutes * 60 {
        let now = scenario.start.plus_s(f64::from(second));
        live.push(simulation.step(now));
        live.advance(now);
        let Some(step) = live.step() else { continue };
        for (name, view) in viewers.iter().zip(&mut views) {
            let told = told.entry((*name).to_owned()).or_default();
            let mut messages = view.update(&step, policy);
            if second % 30 == 0 {
                messages.push(view.snapshot());
            }
            for message in messages {
                told.push((message.kind, String::from_utf8(message.json().to_vec()).unwrap()));
            }
        }
    }
    told
}

fn warnings(told: &[(Kind, String)]) -> Vec<Value> {
    let of = told.iter().filter(|(kind, _)| *kind == Kind::Warning);
    of.map(|(_, text)| serde_json::from_str::<Value>(text).unwrap()["warning"].clone()).collect()
}

fn states(told: &[(Kind, String)], about: &str) -> Vec<String> {
    let of = warnings(told).into_iter().filter(|w| w["about"] == about);
    of.map(|w| w["state"].as_str().unwrap().to_owned()).collect()
}

fn never(told: &[(Kind, String)], words: &[&str]) {
    for (kind, text) in told {
        for word in words {
            assert!(!text.contains(word), "{word} in {kind:?}: {text}");
        }
    }
}

const AREA: [&str; 3] = ["approaching", "inside", "ended"];

/// PLN-7, where parties see nothing of each other.
#[test]
fn nobody_learns_more_of_areas_and_plans_than_is_released() {
    let policy = Policy::new(Sight::Nothing, Sight::Nothing, &[]).unwrap();
    let told = told(&policy, &["", "CLUB", "PARCELS", "SURVEY", "RESCUE"], 8);
    assert_eq!(states(&told[""], "area"), AREA);
    assert_eq!(states(&told[""], "plan"), ["nonconforming"]);
    // Whoever comes to another's airspace is told that there is some, and nothing more of it.
    assert_eq!(states(&told["CLUB"], "area"), AREA);
    never(&told["CLUB"], &["PARCEL", "Deliveries", "drone corridor", "SURVEY", "MEDIC"]);
    let words = warnings(&told["CLUB"])[0]["reason"].as_str().unwrap().to_owned();
    assert!(words.starts_with("CLUB1 enters another party's airspace in 17"), "{words}");
    // Its owner is not told of an aircraft that it may not see.
    assert!(warnings(&told["PARCELS"]).is_empty());
    never(&told["PARCELS"], &["CLUB"]);
    assert_eq!(states(&told["SURVEY"], "plan"), ["nonconforming"]);
    assert!(states(&told["SURVEY"], "area").is_empty());
    assert!(warnings(&told["RESCUE"]).is_empty());
    never(&told["RESCUE"], &["CLUB", "PARCEL", "SURVEY"]);
}

/// PLN-7, where parties see where others are, and not who.
#[test]
fn an_owner_is_told_that_somebody_comes_and_not_who() {
    let policy = Policy::new(Sight::Position, Sight::Position, &[]).unwrap();
    let told = told(&policy, &["CLUB", "PARCELS", "RESCUE"], 8);
    assert_eq!(states(&told["PARCELS"], "area"), AREA);
    never(&told["PARCELS"], &["CLUB", "d4f6ad"]);
    let first = &warnings(&told["PARCELS"])[0];
    assert_eq!(first["name"], "Deliveries");
    assert!(first["reason"].as_str().unwrap().contains("enters Deliveries in 17"), "{first}");
    never(&told["CLUB"], &["PARCEL", "Deliveries", "drone corridor"]);
    // A plan is nobody's business who may not know whose it is, nor an area that of a third.
    assert!(warnings(&told["RESCUE"]).is_empty());
}

/// PIC-1 for warnings: what is on and its figures are in the snapshot as they were told.
#[test]
fn warnings_are_in_the_snapshot_as_told() {
    let told = told(&Policy::default(), &[""], 5);
    let mut open: BTreeMap<String, Value> = BTreeMap::new();
    let mut compared = 0;
    for (kind, text) in &told[""] {
        let message: Value = serde_json::from_str(text).unwrap();
        match kind {
            Kind::Warning => {
                let id = message["warning"]["id"].as_str().unwrap().to_owned();
                open.insert(id, message["warning"].clone());
            }
            Kind::Figures => {
                for figures in message["warnings"].as_array().into_iter().flatten() {
                    let known = open.get_mut(figures["id"].as_str().unwrap()).unwrap();
                    for (key, value) in figures.as_object().unwrap() {
                        known[key] = value.clone();
                    }
                    known["time"] = message["time"].clone();
                }
            }
            Kind::Snapshot => {
                let warnings = message["warnings"].as_array().unwrap();
                let expected: Vec<_> = open.values().cloned().collect();
                assert_eq!(*warnings, expected);
                compared += warnings.len();
            }
            _ => {}
        }
    }
    assert!(compared > 0);
}

/// PLN-5 as it is told: clients that know four states get one of them, and a mark beside it.
#[test]
fn an_alert_by_plan_is_marked() {
    let told = told(&Policy::default(), &[""], 1);
    let alerts = told[""].iter().filter(|(kind, _)| *kind == Kind::Alert);
    let first: Value = serde_json::from_str(&alerts.into_iter().next().unwrap().1).unwrap();
    let alert = &first["alert"];
    assert_eq!((&alert["state"], &alert["by_plan"]), (&"predicted".into(), &true.into()));
    assert!(alert["t_in_s"].as_f64().unwrap() > 1000.0);
    assert!(alert["reason"].as_str().unwrap().starts_with("by the plans of both: "));
}

//! Warnings as they are told: to whom, with what, and that nobody learns more than policy has it.

use deconflict_core::GeoPoint;
use deconflict_engine::DEFAULT_RULES;
use deconflict_picture::{
    Declared, FeedSetup, Kind, Live, Policy, Setup, Sight, View, Viewer, Warning,
};
use deconflict_sim::{Scenario, Simulation};
use serde_json::Value;
use std::collections::BTreeMap;
use std::sync::Arc;

const PLANS: &str = include_str!("../../../scenarios/plans.toml");

/// The scenario, from its beginning.
fn begin() -> (Live, Simulation, Scenario) {
    let scenario = Scenario::parse(PLANS).unwrap();
    let simulation = Simulation::new(&scenario);
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
    (live, simulation, scenario)
}

/// All that some viewers are told of the first minutes, by viewer.
fn told(policy: &Policy, viewers: &[&str], minutes: u32) -> BTreeMap<String, Vec<(Kind, String)>> {
    let (mut live, mut simulation, scenario) = begin();
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

/// PLN-1 as it is drawn: of two that follow their plans the pair view shows the way along the
/// plans, up to beyond the closest point, and the alert and the view agree on where that is.
#[test]
fn an_encounter_by_plan_is_drawn_along_the_plans() {
    let (mut live, mut simulation, scenario) = begin();
    let mut compared = 0;
    for second in 1..=120 {
        let now = scenario.start.plus_s(f64::from(second));
        live.push(simulation.step(now));
        live.advance(now);
        live.step();
        let alerts: Vec<_> = live.book().iter().filter(|a| a.is_open() && a.by_plan).collect();
        for alert in alerts {
            let encounter = live.encounter(&alert.id).unwrap();
            let tcpa_s = alert.figures.tcpa_s.unwrap();
            assert!(tcpa_s > 600.0, "{tcpa_s}");
            assert!(encounter.ahead.last().unwrap().t_s >= tcpa_s, "the closest point is in it");
            for (side, place) in [(alert.a.track, 0), (alert.b.track, 1)] {
                let path = live.engine().planned_path(side).unwrap();
                for instant in &encounter.ahead {
                    let shown = if place == 0 { instant.a } else { instant.b };
                    let then = live.picture().time.plus_s(instant.t_s);
                    let planned = path.at(then).unwrap().position;
                    let shown = GeoPoint::from_deg(shown.lat, shown.lon).unwrap();
                    // Five decimals of a degree.
                    assert!(shown.distance_m(planned) < 2.0);
                }
            }
            let nearest = encounter.ahead.iter().map(|i| i.nm).fold(f64::INFINITY, f64::min);
            let step_nm = alert.figures.closing_kt.unwrap_or(0.0) * 10.0 / 3600.0;
            assert!(nearest <= alert.figures.cpa_nm.unwrap() + step_nm, "{nearest} NM");
            compared += 1;
        }
    }
    assert!(compared > 0);
}

/// PLN-9: an engine that is begun in the middle of a recording counts anew, and yet gives a warning the
/// name and the record that it had; one that nobody knows gets a name that no other has.
#[test]
fn a_warning_keeps_its_name_when_it_is_looked_back_at() {
    let run = |from_s: u32, known: Option<Vec<Arc<Warning>>>| {
        let (mut live, mut simulation, scenario) = begin();
        if let Some(known) = known {
            live.know_warnings(known);
        }
        let mut last: BTreeMap<String, Arc<Warning>> = BTreeMap::new();
        for second in 1..=8 * 60 {
            let now = scenario.start.plus_s(f64::from(second));
            let reports = simulation.step(now);
            if second < from_s {
                continue;
            }
            live.push(reports);
            live.advance(now);
            for warning in live.step().iter().flat_map(|step| &step.warnings) {
                last.insert(warning.id.clone(), warning.clone());
            }
        }
        (last, scenario.start)
    };
    let (first, start) = run(1, None);
    let raised_s = |warning: &Warning| warning.first.0.seconds_since(start);
    let area = first.values().find(|w| !w.is_about_plan()).unwrap();
    let states = |w: &Warning| w.changes.iter().map(|c| (c.time, c.to)).collect::<Vec<_>>();
    // Begun half a minute after it was raised.
    let from_s = raised_s(area) as u32 + 30;
    let (again, _) = run(from_s, Some(first.values().cloned().collect()));
    let same = again.get(&area.id).unwrap_or_else(|| panic!("{:?}", again.keys()));
    assert_eq!((same.first, states(same)), (area.first, states(area)));
    assert!(again.keys().all(|id| first.contains_key(id)), "{:?}", again.keys());
    let (unknown, _) = run(from_s, Some(Vec::new()));
    assert!(unknown.keys().all(|id| id.starts_with("test-wr")), "{:?}", unknown.keys());
}

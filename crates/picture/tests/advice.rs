//! What keeps the aircraft of an alert apart, in the picture.

mod flights;

use deconflict_core::{AircraftClass, Constraint};
use deconflict_engine::DEFAULT_RULES;
use deconflict_picture::{
    Advice, Aerodrome, Alert, Declared, FeedSetup, Live, Policy, Release, Setup, Sight, Step, View,
    Viewer,
};
use deconflict_sim::{Scenario, Simulation};
use flights::{Flight, Sky};
use serde_json::Value;
use std::sync::Arc;

const CROSSING: &str = include_str!("../../../scenarios/crossing.toml");

/// The crossing scenario until its alert has been advised upon.
fn advised() -> (Live, Arc<Alert>, deconflict_picture::Step) {
    let scenario = Scenario::parse(CROSSING).unwrap();
    let mut simulation = Simulation::new(&scenario);
    let feed = FeedSetup {
        name: "receiver".to_owned(),
        owner: None,
        kind: "scenario".to_owned(),
        format: String::new(),
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
    for second in 1..600 {
        let now = scenario.start.plus_s(f64::from(second));
        live.push(simulation.step(now));
        live.advance(now);
        live.step();
        live.advise(4);
        if let Some(step) = live.step()
            && let Some(alert) = step.advised.first()
        {
            return (live, alert.clone(), step);
        }
    }
    panic!("nothing was advised upon");
}

#[test]
fn an_alert_is_followed_by_what_keeps_the_two_apart() {
    let (mut live, alert, _) = advised();
    let advice = alert.advice.as_ref().unwrap();
    assert!(advice.solved, "{advice:?}");
    let moved = advice.parts.iter().filter(|part| part.track_deg.or(part.alt_ft).is_some());
    assert!(moved.count() > 0, "somebody has to do something: {advice:?}");
    assert!(advice.reason.contains("EAGLE1") || advice.reason.contains("HERON1"), "{advice:?}");
    assert_eq!(advice.bands.len(), 2);
    for bands in &advice.bands {
        let regions = |of: &[deconflict_picture::BandView]| {
            of.iter().map(|band| band.region.clone()).collect::<Vec<_>>()
        };
        // Straight on separation is lost, and there is a way out.
        assert!(regions(&bands.track_deg).iter().any(|r| r != "none"), "{bands:?}");
        assert!(regions(&bands.track_deg).iter().any(|r| r == "none"), "{bands:?}");
    }
    // Not again within ten seconds.
    live.advise(4);
    assert!(live.step().is_none());
}

/// VIS-1: bands and proposals tell of aircraft, also of those that are hidden.
#[test]
fn a_party_gets_advice_for_its_own_aircraft_and_only_if_nobody_is_hidden_from_it() {
    let (live, alert, step) = advised();
    let told = |policy: &Policy, party: &str| -> Option<Value> {
        let viewer = Viewer::Party(party.to_owned());
        let mut view = View::new(viewer, policy, live.setup(), live.picture(), true);
        let messages = view.update(&step, policy);
        let advice = messages.iter().find(|m| m.kind == deconflict_picture::Kind::Advice)?;
        serde_json::from_slice(&advice.json()).ok()
    };
    let open = told(&Policy::default(), "BLUE").unwrap();
    assert_eq!(open["alert"], alert.id.as_str());
    for key in ["parts", "bands"] {
        let tracks = open["advice"][key].as_array().unwrap();
        assert!(tracks.iter().all(|of| of["track"] == alert.a.track), "{open}");
    }
    let veiled = Policy::new(Sight::Position, Sight::Position, &[]).unwrap();
    assert_eq!(told(&veiled, "BLUE").unwrap()["advice"], Value::Null);
    let hidden = Policy::new(Sight::Nothing, Sight::Nothing, &[]).unwrap();
    assert_eq!(told(&hidden, "BLUE"), None);
}

/// The advice of an alert as a party is told it.
fn told_to(live: &Live, step: &Step, policy: &Policy, party: &str, alert: &str) -> Option<Value> {
    let viewer = Viewer::Party(party.to_owned());
    let mut view = View::new(viewer, policy, live.setup(), live.picture(), true);
    let messages = view.update(step, policy);
    let of_alert = messages.iter().filter(|m| m.kind == deconflict_picture::Kind::Advice);
    let mut values = of_alert.filter_map(|m| serde_json::from_slice::<Value>(&m.json()).ok());
    values.find(|value| value["alert"] == alert).map(|value| value["advice"].clone())
}

fn by_name<'a>(advice: &'a Advice, name: &str) -> &'a deconflict_picture::AdvicePart {
    let found = advice.parts.iter().find(|part| part.name == name);
    found.unwrap_or_else(|| panic!("nothing for {name}: {advice:?}"))
}

/// Three that meet at one place are one cluster: what each is told is the same in each alert.
#[test]
fn alerts_that_share_aircraft_are_solved_together() {
    let flights = [
        Flight::to_meet("BLUE1", "BLUE", 90.0),
        Flight::to_meet("RED1", "RED", 210.0),
        Flight::to_meet("BLUE2", "BLUE", 330.0),
    ];
    let mut sky = Sky::new(&flights, |_| {});
    let step = sky.until_advised(3);
    let advice: Vec<&Advice> =
        step.advised.iter().map(|alert| alert.advice.as_deref().unwrap()).collect();
    for it in &advice {
        assert_eq!((it.aircraft, it.parts.len(), it.solved), (3, 3, true), "{it:?}");
        assert!(it.reason.contains("; 1 more aircraft is involved: "), "{}", it.reason);
        assert_eq!(it.bands.len(), 2, "of the two of the alert");
        for part in &it.parts {
            assert!(it.reason.contains(&part.text), "{it:?}");
            assert_eq!(part, by_name(advice[0], &part.name), "told otherwise in another alert");
        }
    }

    // VIS-1: a party is told what its own aircraft do, all of them in the cluster …
    let alert =
        step.advised.iter().find(|it| [&it.a.name, &it.b.name].contains(&&"RED1".to_owned()));
    let alert = alert.unwrap();
    let open = told_to(&sky.live, &step, &Policy::default(), "BLUE", &alert.id).unwrap();
    let tracks = |key: &str| -> Vec<u64> {
        open[key].as_array().unwrap().iter().map(|it| it["track"].as_u64().unwrap()).collect()
    };
    assert_eq!((tracks("parts").len(), tracks("bands").len()), (2, 1), "{open}");
    let red = by_name(advice[0], "RED1").track;
    assert!(!tracks("parts").contains(&red) && !tracks("bands").contains(&red), "{open}");
    // … and nothing at all where one aircraft of the cluster is hidden from it, not even in the
    // alert between two of its own.
    let line = |see| [Release { of: "RED".to_owned(), to: Vec::new(), see }];
    for see in [Sight::Nothing, Sight::InConflict, Sight::Position] {
        let policy = Policy::new(Sight::Full, Sight::Full, &line(see)).unwrap();
        for alert in &step.advised {
            let told = told_to(&sky.live, &step, &policy, "BLUE", &alert.id);
            assert!(told.is_none_or(|advice| advice.is_null()), "{see:?}");
        }
    }
}

/// More than ten whose conflicts interlock are solved in parts, each of at most ten.
#[test]
fn a_large_cluster_is_solved_in_parts() {
    let flights: Vec<Flight> = (0..13)
        .map(|i| Flight::to_meet(&format!("MANY{i}"), "BLUE", 27.0 * f64::from(i)))
        .collect();
    let mut sky = Sky::new(&flights, |_| {});
    let step = sky.until_advised(30);
    for alert in &step.advised {
        let advice = alert.advice.as_deref().unwrap();
        assert!(advice.aircraft <= 10, "{}", advice.aircraft);
        assert!(advice.parts.iter().any(|part| part.track == alert.a.track));
    }
}

/// Whatever stands against manoeuvring reaches the proposal and its sentence.
#[test]
fn who_cannot_manoeuvre_holds_and_the_sentence_says_why() {
    let holds = |change: &dyn Fn(&mut Flight), setup: &dyn Fn(&mut Setup)| {
        let mut flights =
            [Flight::to_meet("BLUE1", "BLUE", 90.0), Flight::to_meet("RED1", "RED", 0.0)];
        change(&mut flights[1]);
        let mut sky = Sky::new(&flights, |it| setup(it));
        let mut next = || sky.until_advised(1).advised[0].advice.as_deref().unwrap().clone();
        let mut advice = next();
        // Who comes nearer may only then be on its approach.
        while by_name(&advice, "RED1").because.is_none() {
            advice = next();
        }
        assert!(advice.solved, "{advice:?}");
        let (free, held) = (by_name(&advice, "BLUE1"), by_name(&advice, "RED1"));
        assert!(free.track_deg.or(free.alt_ft).or(free.gs_kt).is_some(), "{advice:?}");
        assert_eq!(held.track_deg.or(held.alt_ft).or(held.gs_kt), None, "{advice:?}");
        assert_eq!((&free.because, free.enough_alone), (&None, true));
        let because = held.because.clone().unwrap();
        assert!(advice.reason.ends_with(&format!("RED1 holds ({because})")), "{advice:?}");
        because
    };
    let nothing = |_: &mut Setup| {};
    let squawk = |code: u16, class: AircraftClass| {
        let change = move |flight: &mut Flight| {
            (flight.squawk, flight.class) = (Some(code), class);
        };
        holds(&change, &nothing)
    };
    assert_eq!(squawk(7400, AircraftClass::Uncrewed), "lost link");
    assert_eq!(squawk(7600, AircraftClass::Transport), "not reachable");
    assert_eq!(squawk(7700, AircraftClass::Transport), "emergency");
    for (constraint, words) in [
        (Constraint::LostLink, "lost link"),
        (Constraint::NoRadio, "not reachable"),
        (Constraint::Landing, "landing"),
        (Constraint::Refuelling, "refuelling"),
        (Constraint::Emergency, "emergency"),
        (Constraint::CannotManoeuvre, "cannot manoeuvre"),
    ] {
        let change = |flight: &mut Flight| flight.constraint = Some(constraint);
        assert_eq!(holds(&change, &nothing), words);
    }
    // Who descends towards an aerodrome is landing.
    let lands = |flight: &mut Flight| flight.up_mps = -3.6;
    let field = |setup: &mut Setup| {
        let at = Flight::meeting_place().destination(0.0, 4_000.0);
        let (lat, lon) = (at.lat_deg(), at.lon_deg());
        setup.aerodromes = vec![Aerodrome { lat, lon, elevation_ft: Some(23_000.0) }];
    };
    assert_eq!(holds(&lands, &field), "landing");
}

/// A tanker that somebody flies with is not asked to move, nor is who flies with it.
#[test]
fn a_tanker_with_receivers_holds() {
    let mut tanker = Flight::to_meet("SHELL1", "BLUE", 0.0);
    tanker.class = AircraftClass::Tanker;
    let mut receiver = Flight::beside(&tanker, "EAGLE1", 60.0);
    receiver.class = AircraftClass::HighPerformance;
    for formation in [Some("TRACK"), None] {
        (tanker.formation, receiver.formation) = (formation, formation);
        let crossing = Flight::to_meet("RED1", "RED", 90.0);
        let mut sky = Sky::new(&[tanker.clone(), receiver.clone(), crossing], |_| {});
        let step = sky.until_advised(2);
        for alert in &step.advised {
            let advice = alert.advice.as_deref().unwrap();
            assert!(advice.solved, "{advice:?}");
            let because = |name: &str| by_name(advice, name).because.as_deref();
            assert_eq!(
                because("SHELL1"),
                Some("tanker with receivers"),
                "{formation:?}: {advice:?}"
            );
            assert_eq!(because("EAGLE1"), Some("refuelling"), "{advice:?}");
            assert_eq!(because("RED1"), None);
            assert!(by_name(advice, "RED1").enough_alone, "{advice:?}");
        }
    }
}

/// Who has priority is asked less, whichever of the two it is.
#[test]
fn priority_decides_who_acts() {
    for first in [0, 1] {
        let mut flights =
            [Flight::to_meet("BLUE1", "BLUE", 90.0), Flight::to_meet("RED1", "RED", 0.0)];
        flights[first].priority = 5;
        let mut sky = Sky::new(&flights, |_| {});
        let step = sky.until_advised(1);
        let advice = step.advised[0].advice.as_deref().unwrap();
        let acts = |name: &str| {
            let part = by_name(advice, name);
            part.track_deg.or(part.alt_ft).or(part.gs_kt).is_some()
        };
        let (has, has_not) = (&flights[first].callsign, &flights[1 - first].callsign);
        assert!(!acts(has) && acts(has_not), "{advice:?}");
        assert_eq!(by_name(advice, has).because.as_deref(), Some("has priority"));
    }
}

/// What was worked out for another run is nobody's.
#[test]
fn answers_for_another_run_are_dropped() {
    let flights = [Flight::to_meet("BLUE1", "BLUE", 90.0), Flight::to_meet("RED1", "RED", 0.0)];
    let mut one = Sky::new(&flights, |_| {});
    let mut other = Sky::new(&flights, |setup| setup.run = "another".to_owned());
    let questions = one.until_questions();
    assert_eq!(questions.alerts(), 1);
    other.until_questions();
    other.live.answered(questions.clone().answer());
    assert!(other.live.step().is_none());
    one.live.answered(questions.answer());
    assert_eq!(one.live.step().unwrap().advised.len(), 1);
}

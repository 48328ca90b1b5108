//! What keeps the aircraft of an alert apart, in the picture.

use deconflict_engine::DEFAULT_RULES;
use deconflict_picture::{Alert, Declared, FeedSetup, Live, Policy, Setup, Sight, View, Viewer};
use deconflict_sim::{Scenario, Simulation};
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

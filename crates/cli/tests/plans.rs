//! `deconflict replay --plans`: an analyst has the plans beside the recording.

mod common;

use common::{failure, file, json_lines, recording, run, stdout, text};
use deconflict_reserve::{Reservation, document};
use deconflict_sim::Scenario;
use serde_json::Value;

const SCENARIO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/plans.toml");

/// What the parties of the scenario have filed and reserved, in the words of reservations.
fn filed() -> Vec<Reservation> {
    let scenario = Scenario::parse(include_str!("../../../scenarios/plans.toml")).unwrap();
    let plans = scenario.filed.iter().filter_map(Reservation::of_plan);
    plans.chain(scenario.reserved.iter().filter_map(Reservation::of_area)).collect()
}

#[test]
fn conformance_and_planned_conflicts_are_seen_in_a_recording() {
    let recorded = recording(SCENARIO, "plans.jsonl");
    let plans = file("filed.json", document::write_json(&filed()));
    let output = run(&["replay", text(&recorded), "--plans", text(&plans), "--json"]);
    let lines = json_lines(&output);
    let of = |kind: &'static str| lines.iter().filter(move |line| line["kind"] == kind);
    let planned: Vec<&Value> = of("alert").filter(|line| line["state"] == "planned").collect();
    assert!(planned[0]["tcpa_s"].as_f64().unwrap() > 900.0, "{planned:?}");
    let about = |about: &'static str| of("warning").filter(move |line| line["about"] == about);
    let first = about("plan").next().unwrap();
    assert_eq!((&first["plan"], &first["state"]), (&"SURVEY1".into(), &"nonconforming".into()));
    assert!(about("area").any(|w| w["area"] == "Deliveries" && w["a_callsign"] == "CLUB1"));

    // The same in the other forms, and nothing of it without the plans.
    for form in [&["--csv"][..], &[]] {
        let mut arguments = vec!["replay", text(&recorded), "--plans", text(&plans)];
        arguments.extend(form);
        let said = stdout(&run(&arguments));
        assert!(said.contains("SURVEY1") && said.contains("planned"), "{said}");
    }
    let bare = json_lines(&run(&["replay", text(&recorded), "--json"]));
    assert!(bare.iter().all(|l| l["kind"] != "warning" && l["state"] != "planned"), "{bare:?}");

    // What binds nobody says nothing.
    let drafts =
        filed().into_iter().map(|r| Reservation { status: deconflict_reserve::Status::Draft, ..r });
    let drafts = file("drafts.json", document::write_json(&drafts.collect::<Vec<_>>()));
    let output = run(&["replay", text(&recorded), "--plans", text(&drafts), "--json"]);
    assert_eq!(json_lines(&output), bare);
}

#[test]
fn plans_that_are_none_are_told_with_their_place() {
    let recorded = file("none.jsonl", "");
    let plans = file("bad.json", r#"[{ "id": "A", "kind": "operation" }]"#);
    let (code, said) = failure(&run(&["replay", text(&recorded), "--plans", text(&plans)]));
    assert_eq!(code, 65, "{said}");
    assert!(said.contains("bad.json: reservation 1 (A), field `party`: is missing"), "{said}");
}

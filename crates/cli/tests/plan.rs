//! `deconflict plan`: checks, lists, converts, and says what is wrong.

mod common;

use common::{failure, file, json_lines, run, stdout, text};

const PLAN: &str = r#"[{ "id": "SURVEY-7", "kind": "operation", "party": "ACME",
  "shape": "polygon", "points": "-17.2 179.8; -17.2 -179.7; -17.6 -179.9",
  "lower": "FL050", "upper": "FL080",
  "start": "2026-03-01T10:00:00Z", "end": "2026-03-01T12:00:00Z" }]"#;

const OTHERS: &str = "id,kind,party,shape,points,radius_nm,lower,upper,start,end\n\
    STORM,rescue,SAR,circle,-17.3 180,10,FL060,FL100,2026-03-01T11:00:00Z,2026-03-01T11:30:00Z\n\
    FAR,hazard,RANGE,circle,17.3 180,10,,,,\n";

#[test]
fn a_conflict_is_told_with_what_is_free() {
    let (plan, others) = (file("p1.json", PLAN), file("o1.csv", OTHERS));
    let arguments = ["plan", "check", text(&plan), "--against", text(&others)];
    let output = run(&arguments);
    assert_eq!(output.status.code(), Some(0));
    let said = stdout(&output);
    assert!(
        said.starts_with("SURVEY-7 (operation, ACME): CONFLICT\n  with STORM (rescue, SAR) at 17."),
        "{said}"
    );
    assert!(
        said.contains("FL060 to FL080, 2026-03-01T11:00:00Z to 2026-03-01T11:30:00Z"),
        "{said}"
    );
    assert!(said.contains("(rescue before the rest)"), "{said}");
    assert!(said.contains("free: 1 h 30 min later, from 2026-03-01T11:30:00Z"), "{said}");
    assert!(
        said.contains("ft lower") && said.contains("ft higher") && said.contains("NM to the"),
        "{said}"
    );
    assert!(!said.contains("FAR"), "{said}");

    let output = run(&[&arguments[..], &["--json", "--exit-code", "--no-alternatives"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let line = &json_lines(&output)[0];
    assert_eq!(line["verdict"], "conflict");
    assert_eq!(line["conflicts"][0]["with"], "STORM");
    assert!(line["conflicts"][0]["probability"].is_null());
    assert!(line["conflicts"][0]["cannot_tell"].as_str().unwrap().contains("accuracy"));
    assert_eq!(line["alternatives"].as_array().unwrap().len(), 0);

    // Alone it is free.
    let output = run(&["plan", "check", text(&plan), "--exit-code"]);
    assert_eq!((output.status.code(), stdout(&output).contains(": free")), (Some(0), true));
}

#[test]
fn every_format_becomes_every_other_and_comes_back() {
    let others = file("o2.csv", OTHERS);
    let plan = file("p2.json", PLAN);
    let json = stdout(&run(&["plan", "list", "--to", "json", text(&plan), text(&others)]));
    for format in ["geojson", "kml", "csv"] {
        let there = stdout(&run(&["plan", "list", "--to", format, text(&file("all.json", &json))]));
        let there = file(&format!("all.{format}"), there);
        let back = stdout(&run(&["plan", "list", "--to", "json", text(&there)]));
        assert_eq!(back, json, "{format}");
    }
    let table = stdout(&run(&["plan", "list", text(&plan), text(&others)]));
    assert!(table.lines().count() == 4 && table.contains("STORM"), "{table}");
}

#[test]
fn a_matrix_of_ones_own_holds() {
    let (plan, others) = (file("p3.json", PLAN), file("o3.csv", OTHERS));
    let all = file("all.toml", "[[rule]]\nname = \"anything goes\"\nthen = \"may\"\n");
    let arguments = ["plan", "check", text(&plan), "--against", text(&others), "--matrix"];
    let said = stdout(&run(&[&arguments[..], &[text(&all)]].concat()));
    assert_eq!(said, "SURVEY-7 (operation, ACME): free\n");
    let open = file("open.toml", "[[rule]]\nname = \"a\"\none = [\"orbit\"]\nthen = \"may\"\n");
    let (code, message) = failure(&run(&[&arguments[..], &[text(&open)]].concat()));
    assert_eq!(code, 78);
    assert!(message.contains("open.toml:4: no rule answers"), "{message}");
}

#[test]
fn what_is_wrong_is_named() {
    let bad = file("bad.json", PLAN.replace("FL080", "FL020"));
    let (code, message) = failure(&run(&["plan", "check", text(&bad)]));
    assert_eq!(code, 65);
    assert!(
        message.contains("bad.json: reservation 1 (SURVEY-7), field `lower`: is above `upper`"),
        "{message}"
    );
    assert!(message.contains("help: docs/reservations.md"), "{message}");
    let (code, message) = failure(&run(&["plan", "list", "nowhere.kml"]));
    assert!(code == 66 && message.contains("nowhere.kml"), "{message}");
    let latin = file("latin.csv", b"id,kind\nM\xfcnchen,orbit\n");
    let (code, message) = failure(&run(&["plan", "list", text(&latin)]));
    assert!(code == 65 && message.contains("line 2: is not UTF-8"), "{message}");
}

//! `deconflict daa`: what it prints, and how it fails.

mod common;

use common::{failure, file, json_lines, run, stderr, stdout, text};

const CONF: &str = include_str!("../../../fuzz/seeds/daa_conf/example");

/// Head-on at one level: 12 NM apart and closing at 400 kt, then half a minute later.
const ENCOUNTER: &str = "\
NAME, lat, lon, alt, trk, gs, vs, time
[none], [deg], [deg], [ft], [deg], [knot], [fpm], [s]
Own, 34.0, 40.0, 10000.0, 0.0, 200.0, 0.0, 0.0
Other, 34.2, 40.0, 10000.0, 180.0, 200.0, 0.0, 0.0
Own, 34.0277778, 40.0, 10000.0, 0.0, 200.0, 0.0, 30.0
Other, 34.1722222, 40.0, 10000.0, 180.0, 200.0, 0.0, 30.0
";

#[test]
fn an_encounter_in_words() {
    let (conf, encounter) = (file("a.conf", CONF), file("a.daa", ENCOUNTER));
    let output = run(&["daa", text(&encounter), "--conf", text(&conf)]);
    assert!(output.status.success(), "{}", stderr(&output));
    let told = stdout(&output);
    assert!(
        told.contains("30.0 s  Other: alert rises to level 1, well clear is lost in 4"),
        "{told}"
    );
    assert!(told.contains("turn right to 0"), "{told}");
    assert!(told.contains("Own: 2 moments, 1 change of alert"), "{told}");
}

#[test]
fn the_columns_of_the_reference() {
    let (conf, encounter) = (file("b.conf", CONF), file("b.daa", ENCOUNTER));
    let output = run(&["daa", text(&encounter), "--conf", text(&conf), "--alerting"]);
    let told = stdout(&output);
    let rows: Vec<&str> = told.lines().collect();
    assert_eq!(rows.len(), 4, "{told}");
    assert!(
        rows[0].starts_with(
            " Time, Ownship, Traffic, Alerter, Alert Level, Time to Volume of Alert(1)"
        )
    );
    assert!(rows[2].starts_with("0.0, Own, Other, 1, 0, 72."), "{}", rows[2]);
    assert!(rows[3].starts_with("30.0, Own, Other, 1, 1, 42."), "{}", rows[3]);
    let output = run(&["daa", text(&encounter), "--conf", text(&conf), "--batch"]);
    let told = stdout(&output);
    for line in [
        "Conflict Bands Aircraft (NEAR): {Other}",
        "Alert Level 1 with Other",
        "Region of Current Horizontal Direction: NEAR",
        "Ownship Altitude: 10000.0 [ft]",
    ] {
        assert!(told.contains(line), "{line} not in\n{told}");
    }
}

#[test]
fn json_and_a_drawing() {
    let (conf, encounter) = (file("c.conf", CONF), file("c.daa", ENCOUNTER));
    let svg = file("bands.svg", "");
    let output = run(&[
        "daa",
        text(&encounter),
        "--conf",
        text(&conf),
        "--json",
        "--svg",
        text(&svg),
        "--exit-code",
    ]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let lines = json_lines(&output);
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[1]["traffic"][0]["alert"], 1);
    assert_eq!(lines[1]["bands"]["direction_deg"]["region"], "NEAR");
    let drawing = std::fs::read_to_string(&svg).unwrap();
    assert!(drawing.starts_with("<svg") && drawing.trim_end().ends_with("</svg>"));
    for word in ["Direction, degrees", "Altitude, ft", "NEAR", "NONE"] {
        assert!(drawing.contains(word), "{word}");
    }
}

#[test]
fn faults_say_where() {
    let (conf, encounter) = (file("d.conf", CONF), file("d.daa", ENCOUNTER));
    let bad = file("bad.conf", "lookahead_time = 180.0 [ft]\n");
    let (code, message) = failure(&run(&["daa", text(&encounter), "--conf", text(&bad)]));
    assert_eq!(code, 78);
    assert!(message.contains("bad.conf:1:"), "{message}");
    let bad = file("bad.daa", "NAME lat lon alt trk gs vs time\nOwn 1 2 3 4 5 6\n");
    let (code, message) = failure(&run(&["daa", text(&bad), "--conf", text(&conf)]));
    assert_eq!(code, 65);
    assert!(message.contains("bad.daa:2:"), "{message}");
}

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

/// The same with implicit coordination, spread, and an alerter for those who tell nothing.
fn wide_conf(name: &str) -> std::path::PathBuf {
    let wide = CONF.replace("alerters = A\n", "alerters = A,N\nconflict_crit = true\n")
        + "A_alert_1_spread_hdir = 5.0 [deg]\n\
           N_alert_1_region = NEAR\n\
           N_alert_1_alerting_time = 20.0 [s]\n\
           N_alert_1_detector = d\n\
           N_d_D = 2200.0 [ft]\n\
           N_d_H = 450.0 [ft]\n\
           N_load_core_detection_d = gov.nasa.larcfm.ACCoRD.CDCylinder\n";
    file(name, &wide)
}

#[test]
fn contours_and_zones_are_places_on_a_map() {
    let (conf, encounter) = (file("e.conf", CONF), file("e.daa", ENCOUNTER));
    let output = run(&["daa", text(&encounter), "--conf", text(&conf), "--json", "--contours"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let lines = json_lines(&output);
    let shapes = &lines[1]["traffic"][0]["shapes"];
    assert_eq!(shapes["places"][0], "lat_deg");
    let corners = |value: &serde_json::Value| -> Vec<[f64; 2]> {
        let all = value.as_array().unwrap();
        all.iter().map(|p| [p[0].as_f64().unwrap(), p[1].as_f64().unwrap()]).collect()
    };
    // Ownship flies north into what is ahead of it.
    let contours = shapes["contours"].as_array().unwrap();
    assert!(!contours.is_empty());
    for [lat, lon] in corners(&contours[0]) {
        assert!((34.02..34.4).contains(&lat) && (39.7..40.3).contains(&lon), "{lat} {lon}");
    }
    // The zone lies around the intruder and reaches towards ownship; with the time of
    // the alert it reaches ownship.
    let zone = corners(&shapes["hazard_zone"]);
    let south = |zone: &[[f64; 2]]| zone.iter().map(|p| p[0]).fold(90.0, f64::min);
    let north = |zone: &[[f64; 2]]| zone.iter().map(|p| p[0]).fold(-90.0, f64::max);
    assert!(north(&zone) > 34.1722 && (34.05..34.15).contains(&south(&zone)), "{zone:?}");
    assert!(south(&corners(&shapes["alerting_zone"])) < 34.0277);
    let (code, message) =
        failure(&run(&["daa", text(&encounter), "--conf", text(&conf), "--contours"]));
    assert_eq!(code, 2, "{message}");
}

#[test]
fn what_was_never_compared_is_said() {
    let (conf, encounter) = (wide_conf("f.conf"), file("f.daa", ENCOUNTER));
    let output = run(&["daa", text(&encounter), "--conf", text(&conf), "--batch"]);
    let said = stderr(&output);
    for key in ["conflict_crit", "spread_hdir"] {
        assert!(said.contains(key) && said.contains("never compared"), "{said}");
    }
    let told = stdout(&output);
    for line in
        ["Conflict Criteria: Enabled", "Most Urgent Aircraft: Other", "Horizontal Epsilon: 1"]
    {
        assert!(told.contains(line), "{line} not in\n{told}");
    }
    let output = run(&["daa", text(&encounter), "--conf", text(&conf), "--json"]);
    let lines = json_lines(&output);
    assert_eq!(lines[1]["coordination"]["with"], "Other");
    // Both turn right: what is good to the left is so no longer.
    let direction = &lines[1]["bands"]["direction_deg"];
    assert_eq!(direction["resolution"]["preferred"], "up");
    assert_eq!(direction["resolution"]["value"], direction["resolution"]["up"]);
    // A configuration without any of it says nothing.
    let plain = file("g.conf", CONF);
    let output = run(&["daa", text(&encounter), "--conf", text(&plain)]);
    assert_eq!(stderr(&output), "");
}

#[test]
fn an_intruder_names_its_alerter() {
    let conf = wide_conf("h.conf");
    let with_alerter = ENCOUNTER
        .replace("vs, time\n", "vs, time, alerter\n")
        .replace("[s]\n", "[s], [none]\n")
        .lines()
        .map(|l| match l.split_once(',') {
            Some(("Own", _)) => format!("{l}, 1\n"),
            Some(("Other", _)) => format!("{l}, 2\n"),
            _ => format!("{l}\n"),
        })
        .collect::<String>();
    let encounter = file("h.daa", &with_alerter);
    let alerter_of = |conf: &std::path::Path| {
        let output = run(&["daa", text(&encounter), "--conf", text(conf), "--json"]);
        let lines = json_lines(&output);
        (lines[1]["traffic"][0]["alerter"].clone(), lines[1]["traffic"][0]["alert"].clone())
    };
    // Ownship decides unless the file says otherwise.
    assert_eq!(alerter_of(&conf), (1.into(), 1.into()));
    let whole = std::fs::read_to_string(&conf).unwrap() + "ownship_centric_alerting = false\n";
    assert_eq!(alerter_of(&file("i.conf", &whole)), (2.into(), 0.into()));
}

#[test]
fn four_strips_have_every_moment() {
    let (conf, encounter) = (file("j.conf", CONF), file("j.daa", ENCOUNTER));
    let svg = file("strips.svg", "");
    let output = run(&["daa", text(&encounter), "--conf", text(&conf), "--svg", text(&svg)]);
    assert!(output.status.success(), "{}", stderr(&output));
    let drawing = std::fs::read_to_string(&svg).unwrap();
    for title in ["Direction, degrees", "Speed, kt", "Vertical speed, ft/min", "Altitude, ft"] {
        assert!(drawing.contains(title), "{title}");
    }
    // Ownship's own value: a line for each moment in each strip.
    assert_eq!(drawing.matches("<line ").count(), 8);
    assert!(!drawing.contains("NaN") && !drawing.contains("inf"));
}

#[test]
fn faults_of_every_kind_have_a_place() {
    let (conf, encounter) = (file("k.conf", CONF), file("k.daa", ENCOUNTER));
    for (bad, place) in [
        (CONF.replace("WCV_TAUMOD", "WCV_NONE"), "k1.conf:14:27: unknown detector"),
        (CONF.replace("alerters = A", "alerters = A,B"), "k1.conf:6:12: 'B_alert_1_region'"),
        (format!("{CONF}dta_logic = 2\n"), "k1.conf:15:13: expected -1, 0 or 1"),
        (format!("{CONF}nonsense = 2\n"), "k1.conf:15:1: unknown key"),
    ] {
        let bad = file("k1.conf", &bad);
        let (code, message) = failure(&run(&["daa", text(&encounter), "--conf", text(&bad)]));
        assert!(code == 78 && message.contains(place), "{place}: {message}");
    }
    for (bad, place) in [
        (ENCOUNTER.replace("34.2,", "x,"), "k1.daa:4:8: expected a number"),
        (ENCOUNTER.replace("34.2,", "134.2,"), "k1.daa:4:8: a latitude"),
        (ENCOUNTER.replace("NAME,", "WHO,"), "k1.daa:1:1: expected columns NAME"),
        (ENCOUNTER.replace("[knot]", "[ft]"), "k1.daa:2:"),
    ] {
        let bad = file("k1.daa", &bad);
        let (code, message) = failure(&run(&["daa", text(&bad), "--conf", text(&conf)]));
        assert!(code == 65 && message.contains(place), "{place}: {message}");
    }
}

//! `--fly-advisories`: pilots who fly what resolves the alerts keep the separation that is lost
//! without.

mod common;

use common::{file, json_lines, run, stderr, stdout, text};
use deconflict_core::GeoPoint;
use deconflict_core::units::nm_from_m;
use serde_json::Value;
use std::collections::BTreeMap;

/// Two that cross, two that meet head-on while one climbs, and one above that is in nobody's way;
/// the other aircraft of a command of its own each.
const SCENARIO: &str = r#"
[scenario]
name = "two conflicts"
start = 2017-12-13T08:00:00Z
duration_min = 8
seed = 3
altimetry_sigma_ft = 15

[points]
MID = [35.0, 40.5]
WEST = [35.0, 39.8]
EAST = [35.0, 41.2]
SOUTH = [34.43, 40.5]
NORTH = [35.57, 40.5]
LEFT = [36.5, 39.8]
RIGHT = [36.5, 41.2]

[[operator]]
name = "BLUE"
[[operator]]
name = "WHITE"
[[operator]]
name = "GREEN"

[[flight]]
callsign = "EAGLE1"
operator = "BLUE"
type = "fighter"
route = [{ to = "WEST", fl = 250 }, { to = "MID" }, { to = "EAST" }]

[[flight]]
callsign = "HERON1"
operator = "WHITE"
type = "fighter"
route = [{ to = "SOUTH", fl = 250 }, { to = "MID" }, { to = "NORTH" }]

[[flight]]
callsign = "ROBIN1"
operator = "GREEN"
type = "bomber"
route = [{ to = "LEFT", fl = 300 }, { to = "RIGHT" }]

[[flight]]
callsign = "HERON2"
operator = "WHITE"
type = "bomber"
route = [{ to = "RIGHT", fl = 300 }, { to = "LEFT" }]

[[flight]]
callsign = "ROBIN2"
operator = "GREEN"
type = "bomber"
route = [{ to = "NORTH", fl = 330 }, { to = "MID" }, { to = "SOUTH" }]

[[feed]]
name = "receiver"
owner = "BLUE"
kind = "adsb"
period_s = 1
position_sigma_m = 20
latency_s = 0.3
jitter_s = 0.4
drop_probability = 0.05
"#;

/// Of each pair that loses 5 NM and 1000 ft (less what altimeters err), the least distance, NM.
fn lost(lines: &[Value]) -> BTreeMap<String, f64> {
    let mut at: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for line in lines {
        at.entry(line["time"].as_str().unwrap()).or_default().push(line);
    }
    let mut lost = BTreeMap::new();
    for all in at.values() {
        for (i, a) in all.iter().enumerate() {
            for b in &all[..i] {
                let number = |it: &Value, key: &str| it[key].as_f64().unwrap();
                let place = |it| GeoPoint::from_deg(number(it, "lat"), number(it, "lon")).unwrap();
                let apart_nm = nm_from_m(place(a).distance_m(place(b)));
                let apart_ft = (number(a, "alt_ft") - number(b, "alt_ft")).abs();
                if apart_nm < 5.0 && apart_ft < 950.0 {
                    let name = format!("{} {}", b["callsign"], a["callsign"]).replace('"', "");
                    let least = lost.entry(name).or_insert(apart_nm);
                    *least = apart_nm.min(*least);
                }
            }
        }
    }
    lost
}

#[test]
fn separation_is_lost_without_advisories_and_kept_with() {
    let scenario = file("two-conflicts.toml", SCENARIO);
    let simulate = |arguments: &[&str]| {
        let output = run(&[&["simulate", text(&scenario), "--truth"], arguments].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        output
    };
    let without = simulate(&[]);
    let pairs = lost(&json_lines(&without));
    assert_eq!(pairs.keys().collect::<Vec<_>>(), ["EAGLE1 HERON1", "ROBIN1 HERON2"], "{pairs:?}");
    assert!(pairs.values().all(|nm| *nm < 1.0), "{pairs:?}");
    for delay in ["0", "5", "15"] {
        for seed in ["3", "4"] {
            let flown = ["--fly-advisories", "--pilot-delay-s", delay, "--seed", seed];
            let with = simulate(&flown);
            let pairs = lost(&json_lines(&with));
            assert!(pairs.is_empty(), "delay {delay} s, seed {seed}: {pairs:?}");
            if delay == "5" {
                // SIM-1, ENG-1: with the same seed, to the last byte.
                assert_eq!(stdout(&simulate(&flown)), stdout(&with));
            }
        }
    }
}

#[test]
fn a_delay_without_advisories_or_out_of_range_is_refused() {
    for (arguments, what) in [
        (vec!["--pilot-delay-s", "5"], "--fly-advisories"),
        (vec!["--fly-advisories", "--pilot-delay-s", "121"], "--pilot-delay-s"),
        (vec!["--fly-advisories", "--pilot-delay-s", "soon"], "is not a number"),
    ] {
        let output = run(&[&["simulate", "crossing"], arguments.as_slice()].concat());
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains(what), "{}", stderr(&output));
    }
}

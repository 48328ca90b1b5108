//! CLI-1: bad input ends in one clear error that says what, where and what to do,
//! with the exit code of its kind; never in a panic.

mod common;

use common::{deconflict, failure, file, recording, run, stderr, stdout, text};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

const HEADER: &str = "id,lat,lon,alt_ft,gs_kt,trk_deg,vs_fpm\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn fails(arguments: &[&str], code: i32, says: &[&str]) {
    let output = run(arguments);
    let (found, message) = failure(&output);
    assert_eq!(found, code, "{arguments:?}: {message}");
    for part in says {
        assert!(message.contains(part), "{arguments:?}: no {part:?} in\n{message}");
    }
}

#[test]
fn a_file_that_cannot_be_read() {
    for command in ["detect", "replay", "simulate"] {
        fails(&[command, "nowhere.csv"], 66, &["nowhere.csv", "No such file", "help: "]);
        fails(&[command, env!("CARGO_TARGET_TMPDIR")], 66, &["directory"]);
    }
    fails(&["rules", "check", "nowhere.toml"], 66, &["nowhere.toml"]);
}

#[test]
fn a_wrong_format() {
    let html = file("wrong.html", "<html><body>404</body></html>\n");
    fails(&["replay", text(&html)], 65, &["no known format", "--format"]);
    fails(&["detect", text(&html)], 65, &["no column id", "id,lat,lon"]);
    fails(&["replay", "--format", "sbs", text(&html)], 65, &["wrong.html", "sbs", "--format"]);
    let picture = file("wrong.csv", [0x89, b'P', b'N', b'G', 0xff, 0xfe, b'\n', 0xc3, 0x28]);
    fails(&["detect", text(&picture)], 65, &["wrong.csv:"]);
    let empty = file("empty.json", "");
    fails(&["replay", text(&empty)], 65, &["there is nothing in it"]);
    fails(&["detect", text(&empty)], 65, &["no column"]);
    fails(&["replay", "--format", "asterix", text(&empty)], 2, &["none of sbs, readsb-lines"]);
}

#[test]
fn a_truncated_gzip_still_plays_what_it_holds() {
    let whole = gzip(&std::fs::read(recording("crossing", "whole.jsonl")).unwrap());
    let cut = file("cut.jsonl.gz", &whole[..whole.len() / 2]);
    let output = run(&["replay", text(&cut)]);
    assert_eq!(failure(&output).0, 65);
    assert!(stderr(&output).contains("cut.jsonl.gz: the compressed data ends too early"));
    assert!(stdout(&output).contains("evaluations"), "what could be read was played");
    let rows: String = (0..5000).map(|i| format!("A{i},35,{},30000,400,90,0\n", i % 90)).collect();
    let whole = gzip(format!("{HEADER}{rows}").as_bytes());
    let cut = file("cut.csv.gz", &whole[..whole.len() / 2]);
    fails(&["detect", text(&cut)], 65, &["ends too early", "fetch it again"]);
}

#[test]
fn a_nan_and_other_impossible_numbers() {
    let row = |row: &str| file("row.csv", format!("{HEADER}ok,35,40,30000,400,90,0\n{row}\n"));
    for (bad, says) in [
        ("x,NaN,40,30000,400,90,0", "row.csv:3: lat: NaN is not between -90 and 90"),
        ("x,35,40,inf,400,90,0", "row.csv:3: alt_ft: inf is not between"),
        ("x,91,40,30000,400,90,0", "row.csv:3: lat: 91 is not between"),
        ("x,35,40,30000,fast,90,0", "row.csv:3: gs_kt: \"fast\" is not a number"),
        ("x,35,40,30000,400,,0", "row.csv:3: trk_deg: is missing"),
        ("x,35,40", "row.csv:3: alt_ft: is missing"),
        (",35,40,30000,400,90,0", "row.csv:3: id: is missing"),
        ("ok,35,41,30000,400,90,0", "row.csv:3: id: ok stands in line 2 already"),
    ] {
        fails(&["detect", text(&row(bad))], 65, &[says, "help: "]);
    }
    fails(&["detect", "--horizontal-nm", "nan", "-"], 2, &["--horizontal-nm"]);
    fails(&["detect", "--lookahead-s", "-5", "-"], 2, &[]);
    // A bare NaN is how Python writes a value that is not there; a text is a fault.
    let line = "{\"now\":1513152000,\"hex\":\"abcdef\",\"lat\":\"NaN\",\"lon\":40}\n";
    let good = "{\"now\":1513152001,\"hex\":\"abcdef\",\"lat\":35,\"lon\":40}\n";
    let nan = file("nan.jsonl", format!("{good}{line}{good}"));
    let output = run(&["replay", text(&nan)]);
    assert!(output.status.success());
    assert!(stderr(&output).contains("nan.jsonl: record 2 (byte"), "{}", stderr(&output));
    fails(&["replay", "--strict", text(&nan)], 65, &["stopped at the first fault"]);
}

#[test]
fn an_impossible_time() {
    let at = |now: &str| format!("{{\"now\":{now},\"hex\":\"abcdef\",\"lat\":35,\"lon\":40}}\n");
    let times = file("times.jsonl", [at("1513152000"), at("1e17"), at("1513152001")].concat());
    let output = run(&["replay", text(&times)]);
    assert!(output.status.success());
    assert!(stderr(&output).contains("is not a possible time"), "{}", stderr(&output));
    assert!(stdout(&output).contains("impossible-time 1"), "{}", stdout(&output));
    fails(&["replay", "--strict", text(&times)], 65, &["times.jsonl"]);
    fails(&["replay", "--base-time", "yesterday", text(&times)], 2, &["is not a time like"]);
    fails(&["replay", "--speed", "0", text(&times)], 2, &["--speed"]);
}

#[test]
fn rules_with_a_typo() {
    let good = "[[rule]]\nname = 'x'\nhorizontal_nm = 5\nvertical_ft = 1000\n";
    let typo = file("typo.toml", "[[rule]]\nname = 'x'\nhorizonal_nm = 5\nvertical_ft = 1000\n");
    let says = ["typo.toml:3: horizonal_nm: unknown field", "help: ", "docs/rules.md"];
    fails(&["rules", "check", text(&typo)], 78, &says);
    let recording = recording("crossing", "typo.jsonl");
    fails(&["replay", "--rules", text(&typo), text(&recording)], 78, &says);
    fails(&["demo", "--plain", "--rules", text(&typo)], 78, &says);
    // One good file does not hide a bad one, and two bad ones are both named.
    let good = file("good.toml", good);
    fails(&["rules", "check", text(&typo), text(&good)], 78, &says);
    let output = run(&["rules", "check", text(&typo), text(&typo)]);
    assert_eq!(stderr(&output).matches("error: ").count(), 2);
    let latin = file("latin.toml", b"[[rule]]\nname = '\xe9'\n");
    fails(&["rules", "check", text(&latin)], 78, &["latin.toml:2: encoding"]);
}

#[test]
fn a_scenario_with_a_mistake() {
    let bad = file("bad-scenario.toml", "[scenario]\nname = 'x'\nduration_mins = 5\n");
    fails(&["simulate", text(&bad)], 78, &["bad-scenario.toml:", "docs/scenario-format.md"]);
    fails(&["simulate", "crossing", "--seen-by", "NOBODY"], 2, &["BLUE, WHITE"]);
    fails(&["simulate", "crossing", "--feed", "none"], 2, &["receiver"]);
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    // CLI-2: a broken pipe ends a command quietly.
    let program = deconflict(&[]).get_program().to_owned();
    let mut child = std::process::Command::new(program)
        .args(["simulate", "crossing"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{:?}", output.status);
    assert_eq!(stderr(&output), "");
}

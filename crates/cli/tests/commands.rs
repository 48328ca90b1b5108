//! What the commands print when all is well.

mod common;

use common::{deconflict, file, json_lines, recording, run, stderr, stdout, text};

/// Two that meet head-on, and one exactly 1000 ft above.
const STATES: &str = "\
vs_fpm,id,lat,lon,alt_ft,gs_kt,trk_deg,class
0,West-é,35.0,40.0,30000,450,90,transport
0,east,35.0,41.0,30000,450,270,
0,above,35.0,40.1,31000,450,90,
";

#[test]
fn detect_finds_the_pair_and_keeps_the_ids() {
    let states = file("states.csv", STATES);
    let output = run(&["detect", text(&states), "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let lines = json_lines(&output);
    assert_eq!(lines.len(), 1, "{}", stdout(&output));
    let line = &lines[0];
    assert_eq!((line["a"].as_str(), line["b"].as_str()), (Some("West-é"), Some("east")));
    assert_eq!(
        (line["lost"].as_bool(), line["rule"].as_str()),
        (Some(false), Some("5 NM / 1000 ft"))
    );
    // 49.15 NM apart at 900 kt; separation is lost 5 NM before they meet.
    let number = |key: &str| line[key].as_f64().unwrap_or_else(|| panic!("{key}: {line}"));
    assert!((number("tcpa_s") - 197.0).abs() < 1.0, "{line}");
    assert!((number("tcpa_s") - number("t_in_s") - 20.0).abs() < 0.2, "{line}");
    assert!((number("t_out_s") - number("t_in_s") - 40.0).abs() < 0.4, "{line}");
    assert!(number("dcpa_m") < 5.0 && number("vmiss_m") < 0.001, "{line}");
    assert!((0.9..=1.0).contains(&number("probability")), "{line}");
}

#[test]
fn detect_reads_standard_input_and_prints_a_table() {
    let output = deconflict(&["detect", "-"]).write_stdin(STATES).output().unwrap();
    let table = stdout(&output);
    assert!(table.contains("LOST IN") && table.contains("West-é"), "{table}");
    assert!(table.contains("1 conflict among 3 aircraft within 300 s"), "{table}");
    let output = deconflict(&["detect", "-", "--exit-code"]).write_stdin(STATES).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let output = deconflict(&[
        "detect",
        "-",
        "--horizontal-nm",
        "0.1",
        "--lookahead-s",
        "100",
        "--exit-code",
    ])
    .write_stdin(STATES)
    .output()
    .unwrap();
    assert_eq!(output.status.code(), Some(0));
}

#[test]
fn detect_takes_rules_and_formations() {
    let rules = file(
        "closer.toml",
        "lookahead_s = 300\n[[rule]]\nname = 'strangers'\nhorizontal_nm = 5\nvertical_ft = 1500\n",
    );
    let states = file("states-rules.csv", STATES);
    let output = run(&["detect", text(&states), "--json", "--rules", text(&rules)]);
    let pairs = json_lines(&output);
    assert_eq!(pairs.len(), 3, "{}", stdout(&output));
    assert!(pairs.iter().all(|p| p["rule"] == "strangers"));
    let together = "id,lat,lon,alt_ft,gs_kt,trk_deg,vs_fpm,formation\n\
        a,35,40,30000,400,90,0,VIPER\nb,35,40.01,30000,400,90,0,VIPER\n";
    let output = deconflict(&["detect", "-", "--json"]).write_stdin(together).output().unwrap();
    assert_eq!(stdout(&output), "");
}

/// ENG-1 from outside: the same bytes at any number of threads and any speed.
#[test]
fn the_same_bytes_at_any_thread_count_and_speed() {
    let recording = recording("formation-and-ghost", "same.jsonl");
    let play = |more: &[&str]| {
        let output = run(&[&["replay", text(&recording), "--json"], more].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        stdout(&output)
    };
    let once = play(&[]);
    assert!(once.lines().count() > 3);
    for more in [["--threads", "4"], ["--threads", "0"], ["--speed", "3000"]] {
        assert_eq!(play(&more), once, "{more:?}");
    }
    let demo = |more: &[&str]| stdout(&run(&[&["demo", "crossing", "--plain"], more].concat()));
    assert_eq!(demo(&["--threads", "3"]), demo(&[]));
    assert_eq!(demo(&["--speed", "5000"]), demo(&[]));
}

#[test]
fn replay_tells_the_life_of_an_alert() {
    let recording = recording("crossing", "life.jsonl");
    let output = run(&["replay", text(&recording), "--json"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let lines = json_lines(&output);
    let alerts: Vec<_> = lines.iter().filter(|l| l["kind"] == "alert").collect();
    let states: Vec<_> = alerts.iter().filter_map(|l| l["state"].as_str()).collect();
    assert_eq!(states, ["predicted", "imminent", "lost", "ended"], "{}", stdout(&output));
    for key in [
        "alert_id",
        "state",
        "time",
        "a",
        "b",
        "rule",
        "tcpa_s",
        "dcpa_m",
        "vmiss_m",
        "probability",
        "reason",
    ] {
        assert!(alerts.iter().all(|l| l.get(key).is_some()), "{key}");
    }
    let summary = lines.last().unwrap();
    assert_eq!((summary["kind"].as_str(), summary["alerts"].as_u64()), (Some("summary"), Some(1)));
    assert_eq!(summary["feeds"][0]["aircraft"], 4);
    assert!(lines.iter().any(|l| l["kind"] == "feed" && l["name"] == text(&recording)));
}

#[test]
fn replay_writes_csv_and_text() {
    let recording = recording("crossing", "forms.jsonl");
    let csv = run(&["replay", text(&recording), "--csv"]);
    let mut reader = csv::Reader::from_reader(&csv.stdout[..]);
    assert_eq!(reader.headers().unwrap().len(), 12);
    let rows: Vec<_> = reader.records().collect::<Result<_, _>>().expect("rows of equal length");
    assert_eq!(rows.iter().filter(|r| &r[0] == "alert").count(), 4);
    assert!(stderr(&csv).contains("1 alert (1 came to a loss of separation)"), "{}", stderr(&csv));
    let plain = run(&["replay", text(&recording)]);
    let said = stdout(&plain);
    for wanted in ["predicted", "IMMINENT", "LOST", "ended", "EAGLE1", "readsb-lines", "1 alert "] {
        assert!(said.contains(wanted), "{wanted} is missing in\n{said}");
    }
}

#[test]
fn sbs_json_lines_and_the_scenario_itself_agree() {
    let alerts = |path: &str| {
        let lines = json_lines(&run(&["replay", path, "--json"]));
        let alerts = lines.into_iter().filter(|l| l["kind"] == "alert");
        alerts.map(|l| format!("{} {} {}", l["state"], l["a"], l["b"])).collect::<Vec<_>>()
    };
    let json = recording("crossing", "agree.jsonl");
    let sbs = file("agree.sbs", run(&["simulate", "crossing", "--sbs"]).stdout);
    assert_eq!(alerts(text(&json)).len(), 4);
    assert_eq!(alerts(text(&sbs)), alerts(text(&json)));
}

#[test]
fn several_recordings_are_merged_by_time() {
    let whole = std::fs::read_to_string(recording("crossing", "merge.jsonl")).unwrap();
    let (mut one, mut two) = (String::new(), String::new());
    for (i, line) in whole.lines().enumerate() {
        let half = if i % 2 == 0 { &mut one } else { &mut two };
        half.push_str(line);
        half.push('\n');
    }
    let (one, two) = (file("merge-1.jsonl", one), file("merge-2.jsonl", two));
    let output = run(&["replay", "--json", text(&one), text(&two)]);
    let lines = json_lines(&output);
    assert_eq!(lines.iter().filter(|l| l["kind"] == "alert").count(), 4, "{}", stdout(&output));
    assert_eq!(lines.last().unwrap()["feeds"].as_array().unwrap().len(), 2);
}

#[test]
fn simulate_is_seeded_and_knows_the_truth() {
    let seeded = |seed: &str| run(&["simulate", "crossing", "--seed", seed]).stdout;
    assert_eq!(seeded("7"), seeded("7"));
    assert_ne!(seeded("7"), seeded("8"));
    let truth = json_lines(&run(&["simulate", "crossing", "--truth", "--every-s", "60"]));
    assert_eq!(truth.len(), 44, "four aircraft, every minute of ten");
    assert_eq!(truth[0]["callsign"], "EAGLE1");
    assert_eq!(truth[0]["time"], "2017-12-13T08:00:00.000Z");
}

#[test]
fn demo_in_plain_text_prints_lines_and_a_summary() {
    let output = run(&["demo", "crossing", "--plain"]);
    let said = stdout(&output);
    assert!(said.starts_with("crossing: 4 aircraft of BLUE, WHITE"), "{said}");
    for wanted in
        ["predicted", "IMMINENT", "LOST", "ended", "feed receiver: ", "loss of separation)"]
    {
        assert!(said.contains(wanted), "{wanted} is missing in\n{said}");
    }
}

#[test]
fn there_are_no_colours_where_nobody_can_see_them() {
    let recording = recording("crossing", "colours.jsonl");
    for environment in [None, Some("1")] {
        let mut command = deconflict(&["replay", text(&recording)]);
        if let Some(value) = environment {
            command.env("NO_COLOR", value);
        }
        assert!(!stdout(&command.output().unwrap()).contains('\x1b'));
    }
}

#[test]
fn rules_check_prints_the_rules() {
    let rules =
        file("print.toml", "[[rule]]\nname = 'en-route'\nhorizontal_nm = 5\nvertical_ft = 1000\n");
    let said = stdout(&run(&["rules", "check", text(&rules)]));
    assert!(said.contains("1 rule, the first that applies holds") && said.contains("en-route"));
    let lines = json_lines(&run(&["rules", "check", "--json", text(&rules)]));
    assert_eq!(
        (lines[0]["horizontal_nm"].as_f64(), lines[0]["order"].as_u64()),
        (Some(5.0), Some(1))
    );
}

#[test]
fn completions_and_help_are_there() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(stdout(&run(&["completions", shell])).contains("deconflict"), "{shell}");
    }
    let help = stdout(&run(&["--help"]));
    assert!(help.contains("Exit codes: 0 success"), "{help}");
}

//! Whole encounters against the recorded output of NASA DAIDALUS 2.0.4: every
//! `scenarios/*.daa` × `conf/*.conf` with an expected output under `DECONFLICT_ORACLES`.

#![allow(clippy::print_stdout)] // what was compared, or skipped, is said aloud

mod common;

use deconflict_daa::config::Config;
use deconflict_daa::monitor::Monitor;
use deconflict_daa::report::{alerting_header, alerting_rows, batch_moment};
use deconflict_daa::scenario::Scenario;
use std::collections::BTreeMap;

/// Text and numbers of a line, apart.
fn split(line: &str) -> (String, Vec<f64>) {
    let (mut words, mut numbers) = (String::new(), Vec::new());
    for token in line.split([',', ' ', '[', ']', '{', '}']).filter(|t| !t.is_empty()) {
        match token {
            "infty" => numbers.push(f64::INFINITY),
            "-infty" => numbers.push(f64::NEG_INFINITY),
            _ => match token.parse::<f64>() {
                Ok(value) => numbers.push(value),
                Err(_) => {
                    words.push_str(token);
                    words.push(' ');
                }
            },
        }
    }
    (words, numbers)
}

/// What a line tells, so that lines of the same kind are counted together.
fn kind(line: &str) -> String {
    let head = line.split(':').next().unwrap_or_default();
    let head = if line.starts_with("  [") { "band" } else { head };
    head.chars().filter(|c| !c.is_ascii_digit()).take(60).collect()
}

/// One configured step of what a line tells, where it is about the edges of bands.
fn step(line: &str) -> Option<f64> {
    let edges = line.starts_with("  [") || line.contains("Resolution");
    let units = [("[deg]", 1.0), ("[knot]", 5.0), ("[fpm]", 100.0), ("[ft]", 100.0)];
    units.iter().find(|(unit, _)| edges && line.contains(unit)).map(|(_, step)| *step)
}

fn agrees(got: &str, wanted: &str, tolerance: f64) -> bool {
    let ((gw, gn), (ww, wn)) = (split(got), split(wanted));
    gw == ww
        && gn.len() == wn.len()
        && gn
            .iter()
            .zip(&wn)
            .all(|(g, w)| g == w || (g.is_nan() && w.is_nan()) || (g - w).abs() <= tolerance)
}

/// DAA-1, over whole encounters, with hysteresis.
#[test]
fn daa_1_encounters_agree_with_daidalus() {
    let Some(folder) = common::daidalus() else { return };
    let files = common::files(&folder.join("expected"), "", "");
    let mut tally: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
    let mut one_step = 0;
    let mut shown = Vec::new();
    let show = std::env::var("DECONFLICT_SHOW").ok();
    let most = show.as_deref().and_then(|s| s.parse().ok()).unwrap_or(2);
    for path in files {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Some((scenario, rest)) = name.split_once("_daa__") else { continue };
        let (conf, alerting) =
            match (rest.strip_suffix(".alerting.csv"), rest.strip_suffix(".batch.out")) {
                (Some(conf), _) => (conf, true),
                (_, Some(conf)) => (conf, false),
                _ => continue,
            };
        let text = std::fs::read_to_string(folder.join(format!("conf/{conf}.conf"))).unwrap();
        let config = Config::parse(&text).unwrap();
        let text =
            std::fs::read_to_string(folder.join(format!("scenarios/{scenario}.daa"))).unwrap();
        let scenario = Scenario::parse(&text).unwrap();
        let mut monitor = Monitor::new(&config);
        let mut got = if alerting { alerting_header(&config) } else { String::new() };
        for moment in &scenario.moments {
            let situation = moment.situation(&config);
            let assessment = monitor.assess(moment.time_s, &situation);
            if alerting {
                got.push_str(&alerting_rows(&moment.own.name, &assessment, &config));
            } else {
                got.push_str(&batch_moment(moment, &assessment, &config));
            }
        }
        let wanted = std::fs::read_to_string(&path).unwrap();
        let wanted: Vec<&str> = wanted.lines().filter(|l| !l.starts_with("# File")).collect();
        let got: Vec<&str> = got.lines().collect();
        // Moment by moment: one band more or less must not shift what follows.
        let chop = |lines: &[&str]| -> Vec<Vec<String>> {
            let mut out: Vec<Vec<String>> = vec![Vec::new()];
            for line in lines {
                if alerting || line.starts_with("Time:") {
                    out.push(Vec::new());
                }
                out.last_mut().unwrap().push((*line).to_owned());
            }
            out
        };
        let (got, wanted) = (chop(&got), chop(&wanted));
        assert_eq!(got.len(), wanted.len(), "{name}: moments");
        for (g, w) in got.iter().zip(&wanted) {
            let group = |lines: &[String]| {
                let mut map: BTreeMap<String, Vec<String>> = BTreeMap::new();
                let mut section = String::new();
                for line in lines {
                    if !line.starts_with(' ') {
                        section = kind(line);
                    }
                    let key = if alerting {
                        "alerting row".to_owned()
                    } else if line.starts_with(' ') {
                        format!("{section} {}", kind(line))
                    } else {
                        section.clone()
                    };
                    map.entry(key).or_default().push(line.clone());
                }
                map
            };
            let (g, w) = (group(g), group(w));
            for (key, lines) in &w {
                let none = Vec::new();
                let mine = g.get(key).unwrap_or(&none);
                let close = |steps: f64| {
                    mine.len() == lines.len()
                        && mine.iter().zip(lines).all(|(a, b)| {
                            let tolerance = step(b).map_or(1e-4, |s| (s * steps).max(1e-3));
                            agrees(a, b, tolerance)
                        })
                };
                let same = close(0.0);
                if !same && close(1.001) {
                    one_step += 1;
                    if show.is_some() {
                        println!(
                            "by one step: {name} {:?} {mine:?} {lines:?}",
                            w.get("Time").map(|t| &t[0])
                        );
                    }
                    continue;
                }
                let entry = tally.entry((conf.to_owned(), key.clone())).or_default();
                if same {
                    entry.0 += 1;
                } else {
                    entry.1 += 1;
                    if entry.1 <= most {
                        shown.push(format!(
                            "{name} {:?}\n  got    {mine:?}\n  wanted {lines:?}",
                            w.get("Time").map(|t| &t[0])
                        ));
                    }
                }
            }
        }
    }
    for ((conf, key), (same, different)) in &tally {
        if *different > 0 {
            println!("{conf}: {key}: {same} agree, {different} differ");
        }
    }
    let (same, different) = tally.values().fold((0, 0), |a, v| (a.0 + v.0, a.1 + v.1));
    println!("{same} items agree, {one_step} by one step, {different} differ");
    if show.is_some() {
        println!("{}", shown.join("\n"));
    }
    assert!(same > 0, "nothing compared");
    let rows = tally.iter().filter(|((_, key), _)| key == "alerting row");
    assert_eq!(rows.map(|(_, count)| count.1).sum::<usize>(), 0, "rows of alerting differ");
    assert_eq!(different, 0, "of {} items", same + different);
    assert!(one_step * 10_000 <= same, "{one_step} of {} items by a step", same + one_step);
}

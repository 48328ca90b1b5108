//! `deconflict detect` against BlueSky's answers.
//!
//! Every `traffic_N.csv` with its `pairs_N.csv` and `allow_N.csv` in
//! `$DECONFLICT_ORACLES/bluesky` (`../shared/oracles` from the workspace's root,
//! if the variable is not set) is judged: 5 NM, 1000 ft, 300 s.
//!
//! Times and distances have to be within 0.5 % or 1 s / 200 m of the file, or be
//! *right*: the peer works on a flat earth of one radius, and of some pairs that
//! close slowly or begin far apart it is off by more than that. Right is what two
//! geodesic flights on WGS-84 do, worked out here with `geographiclib`.

#![allow(clippy::print_stdout, reason = "what was judged, or skipped, has to be said")]

mod common;

use common::{json_lines, run, stderr, text};
use geographiclib_rs::{DirectGeodesic, Geodesic, InverseGeodesic};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

type Pair = (String, String);

fn pair(a: &str, b: &str) -> Pair {
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    (low.to_owned(), high.to_owned())
}

fn folder() -> PathBuf {
    let given = std::env::var_os("DECONFLICT_ORACLES").map(PathBuf::from);
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    given.unwrap_or_else(|| root.join("../shared/oracles")).join("bluesky")
}

/// The sets of files, by what stands for N.
fn sets() -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder()) else { return Vec::new() };
    let name = |entry: std::fs::DirEntry| entry.file_name().into_string().ok();
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok().and_then(name))
        .filter_map(|n| Some(n.strip_prefix("traffic_")?.strip_suffix(".csv")?.to_owned()))
        .collect();
    names.sort();
    names
}

struct Expected {
    class: String,
    tcpa_s: f64,
    dcpa_m: f64,
    entry_s: f64,
}

fn expected(path: &Path) -> BTreeMap<Pair, Expected> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let row = |row: Result<BTreeMap<String, String>, csv::Error>| {
        let row = row.unwrap();
        let number = |key: &str| row[key].parse::<f64>().unwrap();
        let expected = Expected {
            class: row["class"].clone(),
            tcpa_s: number("tcpa_s"),
            dcpa_m: number("dcpa_m"),
            entry_s: number("tin_s"),
        };
        (pair(&row["a"], &row["b"]), expected)
    };
    reader.deserialize().map(row).collect()
}

fn allowed(path: &Path) -> BTreeSet<Pair> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.records().map(|r| r.unwrap()).map(|r| pair(&r[0], &r[1])).collect()
}

#[test]
fn detect_agrees_with_bluesky() {
    let sets = sets();
    if sets.is_empty() {
        println!("skipped: no traffic_*.csv in {} (set DECONFLICT_ORACLES)", folder().display());
    }
    for set in sets {
        let file = |kind: &str| folder().join(format!("{kind}_{set}.csv"));
        judge(&file("traffic"), &expected(&file("pairs")), &allowed(&file("allow")));
    }
}

fn judge(traffic: &Path, expected: &BTreeMap<Pair, Expected>, allowed: &BTreeSet<Pair>) {
    let arguments = ["--horizontal-nm", "5", "--vertical-ft", "1000", "--lookahead-s", "300"];
    let output = run(&[&["detect", text(traffic), "--json"], &arguments[..]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let found: BTreeMap<Pair, Value> = json_lines(&output)
        .into_iter()
        .map(|line| (pair(line["a"].as_str().unwrap(), line["b"].as_str().unwrap()), line))
        .collect();
    let flights = flights(traffic);
    let (mut wrong, mut by_truth) = (Vec::new(), 0);
    for (pair, want) in expected {
        let got = found.get(pair);
        match (want.class.as_str(), got) {
            ("firm", None) => wrong.push(format!("{pair:?} is missing")),
            // DET-3: exactly the minimum is separated.
            ("exact_1000ft", Some(_)) => wrong.push(format!("{pair:?} is 1000 ft apart")),
            ("firm", Some(line)) => {
                let differences = differences(pair, want, line);
                let [a, b] = [&pair.0, &pair.1].map(|id| flights[id]);
                match differences.is_empty() {
                    true => {}
                    false if is_right(a, b, line) => by_truth += 1,
                    false => wrong.extend(differences),
                }
            }
            _ => {}
        }
    }
    let beyond = found.keys().filter(|p| !expected.contains_key(p) && !allowed.contains(p));
    wrong.extend(beyond.map(|pair| format!("{pair:?} is called and should not be")));
    let firm = expected.values().filter(|e| e.class == "firm").count();
    println!(
        "{}: {} found; of {firm} firm ones {by_truth} are off the file and right on WGS-84",
        traffic.display(),
        found.len()
    );
    assert!(wrong.is_empty(), "{}:\n{}", traffic.display(), wrong.join("\n"));
}

/// Times within 0.5 % or 1 s, distances within 0.5 % or 200 m.
fn differences(pair: &Pair, want: &Expected, got: &Value) -> Vec<String> {
    let columns = [
        ("tcpa_s", want.tcpa_s, 1.0),
        ("dcpa_m", want.dcpa_m, 200.0),
        ("t_in_s", want.entry_s, 1.0),
    ];
    let differs = |(key, want, tolerance): (&str, f64, f64)| {
        let got = got[key].as_f64().unwrap_or(f64::NAN);
        let close = (got - want).abs() <= tolerance.max(0.005 * want.abs());
        (!close).then(|| format!("{pair:?}: {key} is {got}, should be {want}"))
    };
    columns.into_iter().filter_map(differs).collect()
}

/// Where an aircraft starts and how it flies.
#[derive(Clone, Copy)]
struct Flight {
    lat_deg: f64,
    lon_deg: f64,
    alt_ft: f64,
    speed_mps: f64,
    track_deg: f64,
    rate_fpm: f64,
}

fn flights(traffic: &Path) -> BTreeMap<String, Flight> {
    let mut reader = csv::Reader::from_path(traffic).unwrap();
    let row = |row: Result<BTreeMap<String, String>, csv::Error>| {
        let row = row.unwrap();
        let number = |key: &str| row[key].parse::<f64>().unwrap();
        let flight = Flight {
            lat_deg: number("lat"),
            lon_deg: number("lon"),
            alt_ft: number("alt_ft"),
            speed_mps: number("gs_kt") * 1852.0 / 3600.0,
            track_deg: number("trk_deg"),
            rate_fpm: number("vs_fpm"),
        };
        (row["id"].clone(), flight)
    };
    reader.deserialize().map(row).collect()
}

impl Flight {
    /// Along the geodesic on which it starts.
    fn at(&self, t_s: f64) -> (f64, f64) {
        let distance_m = self.speed_mps * t_s;
        Geodesic::wgs84().direct(self.lat_deg, self.lon_deg, self.track_deg, distance_m)
    }

    fn distance_m(&self, other: &Flight, t_s: f64) -> f64 {
        let ((lat1, lon1), (lat2, lon2)) = (self.at(t_s), other.at(t_s));
        Geodesic::wgs84().inverse(lat1, lon1, lat2, lon2)
    }

    fn infringes(&self, other: &Flight, t_s: f64) -> bool {
        let level_ft = |f: &Flight| f.alt_ft + f.rate_fpm / 60.0 * t_s;
        (level_ft(self) - level_ft(other)).abs() < 1000.0 && self.distance_m(other, t_s) < 9260.0
    }
}

/// Whether CPA and entry are those of geodesic flight: within 0.1 s and 5 m.
fn is_right(a: Flight, b: Flight, got: &Value) -> bool {
    let number = |key: &str| got[key].as_f64().unwrap_or(f64::NAN);
    let (tcpa_s, dcpa_m, entry_s) = (number("tcpa_s"), number("dcpa_m"), number("t_in_s"));
    let distance_m = |t_s: f64| a.distance_m(&b, t_s);
    // The distance squared is a parabola around its least value: where is that?
    let [before, here, after] = [-5.0, 0.0, 5.0].map(|dt| distance_m(tcpa_s + dt).powi(2));
    let bend = before + after - 2.0 * here;
    let off_s = 5.0 * (before - after) / (2.0 * bend);
    let is_cpa = off_s.abs() < 0.1 && (distance_m(tcpa_s) - dcpa_m).abs() < 5.0;
    let enters = entry_s == 0.0 || !a.infringes(&b, entry_s - 0.1);
    is_cpa && enters && a.infringes(&b, entry_s + 0.1)
}

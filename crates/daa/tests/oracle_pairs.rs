//! The detectors against NASA DAIDALUS 2.0.4 on every `daa_pairs_*.csv` found under
//! `DECONFLICT_ORACLES`.

#![allow(clippy::print_stdout)] // what was compared, or skipped, is said aloud

mod common;

use deconflict_core::units::{m_from_ft, m_from_nm};
use deconflict_daa::detector::{Cylinder, Detector, Span, Tcas, TcasLevel, Volume, WellClear};
use deconflict_daa::pair::{Encounter, Motion, Pair};
use std::collections::HashMap;

const TOLERANCE: f64 = 1e-6;
const LOOKAHEAD_S: f64 = 180.0;

type Row = HashMap<String, String>;

fn number(row: &Row, key: &str) -> f64 {
    row[key].parse().unwrap_or_else(|_| panic!("{key} = {:?} is no number", row[key]))
}

fn well_clear(distance_m: f64, height_ft: f64, tau_s: f64, tcoa_s: f64) -> Volume {
    let height_m = m_from_ft(height_ft);
    Volume::WellClear(WellClear { distance_m, height_m, tau_s, tcoa_s, with_doubt: false })
}

/// The eight levels of RTCA DO-185B as the reference's configuration has them.
fn tcas(ra: bool) -> Volume {
    let above_m = [0.0, 1000.0, 2350.0, 5000.0, 10_000.0, 20_000.0, 42_000.0].map(m_from_ft);
    let (tau, dmod, height, hmd) = if ra {
        (
            [0.0, 0.0, 15.0, 20.0, 25.0, 30.0, 35.0, 35.0],
            [0.0, 0.0, 0.2, 0.35, 0.55, 0.8, 1.1, 1.1],
            [0.0, 0.0, 600.0, 600.0, 600.0, 600.0, 700.0, 800.0],
            [0.0, 0.0, 1215.0, 2126.0, 3342.0, 4861.0, 6683.0, 6683.0],
        )
    } else {
        let dmod = [0.0, 0.3, 0.33, 0.48, 0.75, 1.0, 1.3, 1.3];
        (
            [0.0, 20.0, 25.0, 30.0, 40.0, 45.0, 48.0, 48.0],
            dmod,
            [0.0, 850.0, 850.0, 850.0, 850.0, 850.0, 850.0, 1200.0],
            dmod.map(|d| d * 1852.0 / 0.3048),
        )
    };
    let mut levels = [TcasLevel::default(); 8];
    for (k, level) in levels.iter_mut().enumerate() {
        *level = TcasLevel {
            tau_s: tau[k],
            tcoa_s: tau[k],
            dmod_m: m_from_nm(dmod[k]),
            height_m: m_from_ft(height[k]),
            hmd_m: m_from_ft(hmd[k]),
        };
    }
    Volume::Tcas(Box::new(Tcas { hmd_filter: ra, above_m, levels }))
}

fn detectors() -> [(&'static str, Volume); 8] {
    let cylinder = Cylinder { distance_m: m_from_nm(5.0), height_m: m_from_ft(1000.0) };
    [
        ("DWC1", well_clear(m_from_nm(0.66), 450.0, 35.0, 0.0)),
        ("PREV1", well_clear(m_from_nm(0.66), 700.0, 35.0, 0.0)),
        ("DWC2", well_clear(m_from_ft(1500.0), 450.0, 0.0, 0.0)),
        ("DWCNC", well_clear(m_from_ft(2200.0), 450.0, 0.0, 0.0)),
        ("BUF1", well_clear(m_from_nm(1.0), 450.0, 35.0, 20.0)),
        ("CYL5", Volume::Cylinder(cylinder)),
        ("TCASRA", tcas(true)),
        ("TCASTA", tcas(false)),
    ]
}

fn pair(row: &Row) -> Pair {
    let motion = |s: [&str; 3], v: [&str; 3]| Motion {
        position_m: s.map(|n| number(row, n)),
        velocity_mps: v.map(|n| number(row, n)),
    };
    Pair::new(
        motion(["sox", "soy", "soz"], ["vox", "voy", "voz"]),
        motion(["six", "siy", "siz"], ["vix", "viy", "viz"]),
    )
}

fn disagreement(row: &Row, name: &str, detector: &Volume) -> Option<String> {
    let pair = pair(row);
    let end = row.get("T").map_or(LOOKAHEAD_S, |_| number(row, "T"));
    let found = detector.violation(&pair, Span::new(0.0, end));
    let key = |what| format!("{name}_{what}");
    let wanted = (row[&key("conf")] == "1")
        .then(|| Span::new(number(row, &key("tin")), number(row, &key("tout"))));
    let near = |a: f64, b: f64| (a - b).abs() <= TOLERANCE;
    let same = match (found, wanted) {
        (None, None) => true,
        (Some(f), Some(w)) => near(f.start, w.start) && near(f.end, w.end),
        _ => false,
    };
    if !same {
        return Some(format!("violation {found:?}, wanted {wanted:?}"));
    }
    let violated = detector.violated(&pair);
    (violated != (row[&key("viol")] == "1")).then(|| format!("violated now: {violated}"))
}

/// Whether a change of the pair by less than the tolerance changes the answer, so
/// that it lies on a threshold.
fn on_threshold(row: &Row, detector: &Volume) -> bool {
    let base = pair(row);
    let end = row.get("T").map_or(LOOKAHEAD_S, |_| number(row, "T"));
    let answer = |p: &Pair| (detector.violated(p), detector.violation(p, Span::new(0.0, end)));
    let (violated, span) = answer(&base);
    let differs = |p: &Pair| {
        let (v, s) = answer(p);
        v != violated
            || s.is_some() != span.is_some()
            || s.zip(span).is_some_and(|(a, b)| {
                (a.start - b.start).abs() > 1e-5 || (a.end - b.end).abs() > 1e-5
            })
    };
    (0..3).any(|axis| {
        [-TOLERANCE, TOLERANCE].into_iter().any(|d| {
            let (mut moved, mut turned, mut both) = (base, base, base);
            moved.own.position_m[axis] += d;
            turned.own.velocity_mps[axis] += d * 0.01;
            both.own.position_m[axis] += d;
            both.intruder.position_m[axis] += d;
            differs(&moved) || differs(&turned) || differs(&both)
        })
    })
}

/// DAA-1: the volumes, and when they are violated, are those of the reference.
#[test]
fn daa_1_detectors_agree_with_daidalus() {
    let Some(folder) = common::daidalus() else { return };
    let mut seen = 0;
    for path in common::files(&folder, "daa_pairs_", ".csv") {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let rows: Vec<Row> =
            csv::Reader::from_path(&path).unwrap().deserialize().map(|r| r.unwrap()).collect();
        let mut all_wrong = Vec::new();
        for (name, detector) in &detectors() {
            let (mut skipped, mut wrong) = (0, Vec::new());
            for row in &rows {
                match disagreement(row, name, detector) {
                    None => {}
                    Some(_) if on_threshold(row, detector) => skipped += 1,
                    Some(why) => {
                        wrong.push(format!("{name} row {} ({}): {why}", row["id"], row["kind"]));
                    }
                }
            }
            println!(
                "{file} {name}: {} rows compared, {skipped} on a threshold, {} wrong",
                rows.len(),
                wrong.len()
            );
            assert!(skipped * 20 <= rows.len(), "{name}: too many rows skipped");
            all_wrong.extend(wrong.into_iter().take(8));
        }
        let scalars: Vec<String> = rows.iter().filter_map(scalar_disagreement).collect();
        println!("{file}: {} of {} TCPA, DCPA, tau-mod wrong", scalars.len(), rows.len());
        all_wrong.extend(scalars.into_iter().take(8));
        assert!(all_wrong.is_empty(), "{}", all_wrong.join("\n"));
        seen += rows.len();
    }
    assert!(seen > 0, "no daa_pairs_*.csv with rows in {}", folder.display());
}

fn scalar_disagreement(row: &Row) -> Option<String> {
    let relative = pair(row).relative();
    let off = |got: f64, key: &str| {
        let wanted = number(row, key);
        (got - wanted).abs() > TOLERANCE * wanted.abs().max(1.0)
    };
    let tau = relative.tau_mod_s(m_from_nm(0.66)).unwrap_or(-1.0);
    let tcpa = relative.time_of_closest_approach_s().unwrap_or(0.0);
    let dcpa = relative.horizontal_m(tcpa);
    (off(tau, "taumod66") || off(tcpa, "tcpa") || off(dcpa, "dcpa")).then(|| {
        format!(
            "row {}: tau {tau} tcpa {tcpa} dcpa {dcpa}, wanted {} {} {}",
            row["id"], row["taumod66"], row["tcpa"], row["dcpa"]
        )
    })
}

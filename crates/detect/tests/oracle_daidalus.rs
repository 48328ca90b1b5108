//! The cylinder of the narrow phase against NASA DAIDALUS 2.0.4 (CD3D), on every
//! `daa_pairs_*.csv` found under `DECONFLICT_ORACLES`.

#![allow(clippy::print_stdout)] // what was compared, or skipped, is said aloud

use deconflict_core::units::{m_from_ft, m_from_nm};
use deconflict_detect::cylinder::{RelativeMotion, Span};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// How close the answers have to be, seconds, and how close to a threshold
/// (metres) a row may be before either answer is right.
const TOLERANCE: f64 = 1e-6;
/// The look-ahead of the file where it does not say, seconds.
const LOOKAHEAD_S: f64 = 180.0;

fn oracles() -> PathBuf {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/oracles");
    std::env::var_os("DECONFLICT_ORACLES").map_or(default, PathBuf::from)
}

type Row = HashMap<String, String>;

fn number(row: &Row, key: &str) -> f64 {
    row[key].parse().unwrap_or_else(|_| panic!("{key} = {:?} is no number", row[key]))
}

fn agrees(row: &Row) -> Result<(), String> {
    let vector = |names: [&str; 3]| names.map(|n| number(row, n));
    let between = |a: [f64; 3], b: [f64; 3]| [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
    // Ownship minus intruder, as DAIDALUS has it; the cylinder is symmetric.
    let motion = RelativeMotion {
        position_m: between(vector(["sox", "soy", "soz"]), vector(["six", "siy", "siz"])),
        velocity_mps: between(vector(["vox", "voy", "voz"]), vector(["vix", "viy", "viz"])),
    };
    let (h, v) = (m_from_nm(5.0), m_from_ft(1000.0));
    let end = row.get("T").map_or(LOOKAHEAD_S, |_| number(row, "T"));
    let found = motion.infringement(h, v, Span::new(0.0, end));
    let wanted = (row["CYL5_conf"] == "1")
        .then(|| Span::new(number(row, "CYL5_tin"), number(row, "CYL5_tout")));
    match (found, wanted) {
        (None, None) => {}
        (Some(f), Some(w))
            if (f.start - w.start).abs() <= TOLERANCE && (f.end - w.end).abs() <= TOLERANCE => {}
        _ => return Err(format!("span {found:?}, wanted {wanted:?}")),
    }
    let violated = motion.horizontal_m(0.0) < h && motion.vertical_m(0.0).abs() < v;
    if violated != (row["CYL5_viol"] == "1") {
        return Err(format!("violated now: {violated}"));
    }
    if let Some(tcpa) = motion.time_of_closest_approach_s() {
        let dcpa = motion.horizontal_m(tcpa);
        let off = |got: f64, key| (got - number(row, key)).abs() > TOLERANCE;
        if off(tcpa, "tcpa") || off(dcpa, "dcpa") {
            return Err(format!(
                "tcpa {tcpa}, dcpa {dcpa}, wanted {} {}",
                row["tcpa"], row["dcpa"]
            ));
        }
    }
    Ok(())
}

/// Whether a row lies on a threshold, where rounding may decide either way.
fn on_threshold(row: &Row) -> bool {
    let at = |t: f64| {
        let relative = |s: [&str; 2], v: [&str; 2]| {
            number(row, s[0]) - number(row, s[1]) + t * (number(row, v[0]) - number(row, v[1]))
        };
        let (x, y) =
            (relative(["sox", "six"], ["vox", "vix"]), relative(["soy", "siy"], ["voy", "viy"]));
        (x.hypot(y), relative(["soz", "siz"], ["voz", "viz"]).abs())
    };
    let tcpa = number(row, "tcpa");
    [0.0, tcpa, LOOKAHEAD_S].into_iter().filter(|t| t.is_finite()).any(|t| {
        let (h, v) = at(t);
        (h - m_from_nm(5.0)).abs() < TOLERANCE || (v - m_from_ft(1000.0)).abs() < TOLERANCE
    })
}

#[test]
fn cylinder_agrees_with_daidalus() {
    let folder = oracles().join("daidalus");
    let Ok(files) = std::fs::read_dir(&folder) else {
        println!("skipped: no oracle at {}", folder.display());
        return;
    };
    let mut seen = 0;
    for path in files.filter_map(|f| Some(f.ok()?.path())) {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !(name.starts_with("daa_pairs_") && name.ends_with(".csv")) {
            continue;
        }
        let (mut rows, mut skipped, mut wrong) = (0, 0, Vec::new());
        for row in csv::Reader::from_path(&path).unwrap().deserialize::<Row>() {
            let row = row.unwrap();
            rows += 1;
            match agrees(&row) {
                Ok(()) => {}
                Err(_) if on_threshold(&row) => skipped += 1,
                Err(why) => wrong.push(format!("row {}: {why}", row["id"])),
            }
        }
        println!("{name}: {rows} rows, {skipped} on a threshold, {} wrong", wrong.len());
        assert!(
            wrong.is_empty(),
            "{name}: {} of {rows} disagree:\n{}",
            wrong.len(),
            wrong[..wrong.len().min(10)].join("\n")
        );
        assert!(skipped * 100 <= rows, "{name}: too many rows skipped");
        seen += rows;
    }
    assert!(seen > 0, "no daa_pairs_*.csv with rows in {}", folder.display());
}

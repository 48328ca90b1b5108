//! Geodetic scenes against NASA DAIDALUS 2.0.4: alert levels, intervals, bands,
//! recovery, resolutions and last times, on every `daa_scenes_*.jsonl` found under
//! `DECONFLICT_ORACLES`.

#![allow(clippy::print_stdout)] // what was compared, or skipped, is said aloud

mod common;

use deconflict_core::units::{
    METRES_PER_FOOT, MPS_PER_FPM, MPS_PER_KNOT, ft_from_m, m_from_ft, m_from_nm, mps_from_fpm,
    mps_from_kt, nm_from_m,
};
use deconflict_daa::bands::{Band, Bands, RecoveryResult};
use deconflict_daa::config::{Config, Dimension};
use deconflict_daa::monitor::{Assessed, Monitor};
use deconflict_daa::pair::Encounter;
use deconflict_daa::region::Region;
use deconflict_daa::scenario::{AircraftState, Place, situation};
use deconflict_daa::uncertainty::Uncertainty;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// The dimensions, their names in the file and their units there.
const DIMENSIONS: [(Dimension, &str, &str, f64); 4] = [
    (Dimension::Direction, "hdir_deg", "hdir_rec", std::f64::consts::PI / 180.0),
    (Dimension::Speed, "hs_kt", "hs_rec", MPS_PER_KNOT),
    (Dimension::VerticalSpeed, "vs_fpm", "vs_rec", MPS_PER_FPM),
    (Dimension::Altitude, "alt_ft", "alt_rec", METRES_PER_FOOT),
];

fn number(value: &Value) -> f64 {
    match value.as_str() {
        Some("Inf") => f64::INFINITY,
        Some("-Inf") => f64::NEG_INFINITY,
        Some(_) => f64::NAN,
        None => value.as_f64().unwrap_or(f64::NAN),
    }
}

fn near(got: f64, wanted: f64, tolerance: f64) -> bool {
    got == wanted || (got.is_nan() && wanted.is_nan()) || (got - wanted).abs() <= tolerance
}

/// `config` names a file of `conf/`, or abbreviates its name.
fn config(folder: &Path, name: &str) -> Config {
    let file = match name {
        "nom_a" | "nom_b" => format!("Buffered_DWC_SC_228_{name}"),
        "cd3d" => "CD3D".to_owned(),
        "tcasii" => "TCAS3D".to_owned(),
        "sum" => "DO_365B_SUM".to_owned(),
        "no_sum" => "DO_365B_no_SUM".to_owned(),
        other => other.trim_end_matches(".conf").to_owned(),
    };
    let path = folder.join(format!("conf/{file}.conf"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path:?}: {e}"));
    Config::parse(&text).unwrap_or_else(|e| panic!("{path:?}: {e}"))
}

fn state(scene: &Value, aircraft: &Value) -> AircraftState {
    let f = |key: &str| number(&aircraft[key]);
    let (track, speed) = (f("trk").to_radians(), mps_from_kt(f("gs_kt")));
    let u = &scene["sum"];
    let s = |key: &str| if u.is_null() { 0.0 } else { number(&u[key]) };
    AircraftState {
        name: aircraft["id"].as_str().unwrap_or("own").to_owned(),
        time_s: 0.0,
        place: Place::Earth { lat_rad: f("lat").to_radians(), lon_rad: f("lon").to_radians() },
        alt_m: m_from_ft(f("alt_ft")),
        ground_mps: [speed * track.sin(), speed * track.cos(), mps_from_fpm(f("vs_fpm"))],
        air_mps: None,
        alerter: scene["alerter"].as_u64().unwrap_or(1) as usize,
        uncertainty: Uncertainty {
            s_ew_m: m_from_nm(s("s_EW_nmi")),
            s_ns_m: m_from_nm(s("s_NS_nmi")),
            s_en_m: m_from_nm(s("s_EN_nmi")),
            sz_m: m_from_ft(s("sz_ft")),
            v_ew_mps: mps_from_kt(s("v_EW_kt")),
            v_ns_mps: mps_from_kt(s("v_NS_kt")),
            v_en_mps: mps_from_kt(s("v_EN_kt")),
            vz_mps: mps_from_fpm(s("vz_fpm")),
        },
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    agree: usize,
    /// Agree but for edges that are one configured step away.
    one_step: usize,
    differ: usize,
}

/// Whether every difference is to be told.
fn show() -> bool {
    std::env::var_os("DECONFLICT_SHOW").is_some()
}

type Tally = BTreeMap<String, Count>;

enum Verdict {
    Agrees,
    OneStep,
    Differs,
}

fn tally(counts: &mut Tally, what: &str, verdict: &Verdict) {
    let count = counts.entry(what.to_owned()).or_default();
    match verdict {
        Verdict::Agrees => count.agree += 1,
        Verdict::OneStep => count.one_step += 1,
        Verdict::Differs => count.differ += 1,
    }
}

fn plain(agrees: bool) -> Verdict {
    if agrees { Verdict::Agrees } else { Verdict::Differs }
}

fn compare_bands(got: &[Band], wanted: &Value, unit: f64, step: f64) -> Verdict {
    let empty = Vec::new();
    let wanted = wanted.as_array().unwrap_or(&empty);
    let same_regions = got.len() == wanted.len()
        && got
            .iter()
            .zip(wanted)
            .all(|(g, w)| Some(g.region.to_string().as_str()) == w[2].as_str());
    if !same_regions {
        return Verdict::Differs;
    }
    let worst = got
        .iter()
        .zip(wanted)
        .flat_map(|(g, w)| [g.low - number(&w[0]) * unit, g.high - number(&w[1]) * unit])
        .fold(0.0_f64, |worst, d| worst.max(d.abs()));
    if worst <= 1e-3 * unit {
        Verdict::Agrees
    } else if worst <= step * 1.001 {
        Verdict::OneStep
    } else {
        Verdict::Differs
    }
}

fn recovery_agrees(got: &RecoveryResult, wanted: &Value) -> bool {
    match got {
        RecoveryResult::NotNeeded => wanted["computed"] == 0,
        RecoveryResult::Impossible { shrunk } => {
            wanted["saturated"] == 1 && f64::from(*shrunk) == number(&wanted["n"])
        }
        RecoveryResult::Found(r) => {
            wanted["saturated"] == 0
                && near(r.time_s, number(&wanted["t_s"]), 1e-4)
                && f64::from(r.shrunk) == number(&wanted["n"])
                && near(nm_from_m(r.horizontal_m), number(&wanted["h_nmi"]), 1e-4)
                && near(ft_from_m(r.vertical_m), number(&wanted["v_ft"]), 0.1)
        }
    }
}

fn resolution_agrees(bands: &Bands, wanted: &Value, unit: f64) -> bool {
    let r = bands.resolution;
    let side = |value: Option<f64>, none: f64| match (r.needed, value) {
        (false, _) => f64::NAN,
        (true, value) => value.unwrap_or(none) / unit,
    };
    near(side(r.up, f64::INFINITY), number(&wanted[0]), 1e-3)
        && near(side(r.down, f64::NEG_INFINITY), number(&wanted[1]), 1e-3)
        && r.prefers_up == (wanted[2] == 1)
}

fn compare_intruder(
    what: &str,
    got: &Assessed,
    wanted: &Value,
    lookahead_s: f64,
    counts: &mut Tally,
) {
    tally(counts, "1 alert level", &plain(got.alert as f64 == number(&wanted["alert"])));
    for (level, w) in got.levels.iter().zip(wanted["levels"].as_array().into_iter().flatten()) {
        let agrees = match level {
            None => w[0] == 0,
            Some(s) => {
                w[0] == 1 && near(s.start, number(&w[1]), 1e-4) && near(s.end, number(&w[2]), 1e-4)
            }
        };
        tally(counts, "2 interval of a level", &plain(agrees));
    }
    let corrective = got.corrective.map_or(f64::INFINITY, |s| s.start);
    tally(
        counts,
        "2 time to corrective",
        &plain(near(corrective, number(&wanted["t2cv_s"]), 1e-4)),
    );
    let r = &got.relative;
    let distances = near(nm_from_m(r.horizontal_m(0.0)), number(&wanted["hsep_nmi"]), 1e-4)
        && near(ft_from_m(r.vertical_m(0.0).abs()), number(&wanted["vsep_ft"]), 0.1)
        && near(nm_from_m(r.hmd_m(lookahead_s)), number(&wanted["hmd_nmi"]), 1e-4)
        && near(ft_from_m(r.vmd_m(lookahead_s)), number(&wanted["vmd_ft"]), 0.1)
        && near(nm_from_m(r.dcpa_m()), number(&wanted["dcpa_nmi"]), 1e-4);
    tally(counts, "3 distances", &plain(distances));
    tally(counts, "3 tcpa", &plain(near(r.tcpa_s(), number(&wanted["tcpa_s"]), 1e-4)));
    for (dimension, name, _, _) in DIMENSIONS {
        let wanted = number(&wanted["last"][dimension as usize]);
        let got_s = got.last_times_s[dimension as usize].unwrap_or(f64::INFINITY);
        // The search halves the time to the volume until a step is below half a second.
        let verdict = if near(got_s, wanted, 1e-4) {
            Verdict::Agrees
        } else if near(got_s, wanted, 0.5001) {
            Verdict::OneStep
        } else {
            Verdict::Differs
        };
        if show() && !matches!(verdict, Verdict::Agrees) {
            println!("    {what}: last time {name}: got {got_s}, wanted {wanted}");
        }
        tally(counts, &format!("7 last time {name}"), &verdict);
    }
}

fn compare(folder: &Path, scene: &Value, counts: &mut Tally) -> Vec<String> {
    let mut config = config(folder, scene["config"].as_str().unwrap_or_default());
    if scene["hysteresis"] == false {
        config = config.without_hysteresis();
    }
    let own = state(scene, &scene["own"]);
    let empty = Vec::new();
    let traffic = scene["traffic"].as_array().unwrap_or(&empty);
    let traffic: Vec<AircraftState> = traffic.iter().map(|t| state(scene, t)).collect();
    let wind = scene["wind_kt"].as_f64().map_or([0.0; 2], |kt| {
        let to = number(&scene["wind_to_deg"]).to_radians();
        [mps_from_kt(kt) * to.sin(), mps_from_kt(kt) * to.cos()]
    });
    let situation = situation(&own, &traffic, wind, &config);
    let assessment = Monitor::new(&config).assess(0.0, &situation);
    let out = &scene["out"];
    let what = format!("scene {} ({})", scene["id"], scene["config"]);
    for (got, wanted) in assessment.traffic.iter().zip(out["ac"].as_array().into_iter().flatten()) {
        compare_intruder(&what, got, wanted, config.lookahead_s, counts);
    }
    let mut different = Vec::new();
    for (dimension, name, recovery, unit) in DIMENSIONS {
        let bands = &assessment.bands[dimension as usize];
        let verdict = compare_bands(&bands.bands, &out[name], unit, config.limits(dimension).step);
        if matches!(verdict, Verdict::Differs) {
            different.push(format!("scene {} {name} ({})", scene["id"], scene["config"]));
        }
        tally(counts, &format!("4 bands {name}"), &verdict);
        let agrees = recovery_agrees(&bands.recovery, &out[recovery]);
        if show() && (!agrees || !matches!(verdict, Verdict::Agrees)) {
            let told = |b: &Band| format!("{} {} {}", b.low / unit, b.high / unit, b.region);
            let told: Vec<String> = bands.bands.iter().map(told).collect();
            println!("    {what} {name}: got {:?} {told:?}", bands.recovery);
            println!("        wanted {} {}", out[recovery], out[name]);
        }
        tally(counts, &format!("5 recovery {name}"), &plain(agrees));
        let agrees = resolution_agrees(bands, &out["res"][name], unit);
        tally(counts, &format!("6 resolution {name}"), &plain(agrees));
    }
    different
}

/// DAA-1: alert levels and the times they come from are those of the reference.
#[test]
fn daa_1_scenes_agree_with_daidalus() {
    let Some(folder) = common::daidalus() else { return };
    for path in common::files(&folder, "daa_scenes_", ".jsonl") {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut all = Tally::default();
        let mut different = Vec::new();
        let mut scenes = 0;
        for line in text.lines().filter(|l| !l.trim().is_empty()) {
            let scene: Value = serde_json::from_str(line).unwrap();
            scenes += 1;
            different.extend(compare(&folder, &scene, &mut all));
        }
        println!("{}: {scenes} scenes", path.display());
        for (what, c) in &all {
            println!(
                "  {what}: {} agree, {} by one step, {} differ",
                c.agree, c.one_step, c.differ
            );
        }
        println!("  bands that differ: {}", different.join(", "));
        assert!(scenes > 0, "no scenes");
        for (what, c) in &all {
            let total = c.agree + c.one_step + c.differ;
            // Alert levels, intervals and distances without exception.
            if what.starts_with(['1', '2', '3']) {
                assert_eq!(c.differ + c.one_step, 0, "{what}");
            }
            // What is left: one aircraft in a steep climb near a recovery in altitude.
            let parts = if what.starts_with(['5', '6']) { 50 } else { 200 };
            assert!(c.differ * parts <= total, "{what}: {c:?}");
            assert!(c.one_step * 50 <= total, "{what}: {c:?}");
        }
    }
}

#[test]
fn regions_are_told_as_the_reference_does() {
    let told = [Region::None, Region::Far, Region::Mid, Region::Near, Region::Recovery];
    assert_eq!(told.map(|r| r.to_string()).join(" "), "NONE FAR MID NEAR RECOVERY");
}

//! All that is known at one moment, as text.

use super::number;
use crate::bands::{Bands, RecoveryResult};
use crate::config::{Config, Dimension};
use crate::detector::Span;
use crate::monitor::Assessment;
use crate::region::Region;
use crate::scenario::{AircraftState, Moment, Place};
use deconflict_core::units::{
    METRES_PER_FOOT, MPS_PER_FPM, MPS_PER_KNOT, fpm_from_mps, ft_from_m, kt_from_mps, nm_from_m,
};
use std::f64::consts::{PI, TAU};
use std::fmt::Write;

/// How a dimension is named and in which unit it is told.
struct Words {
    name: &'static str,
    unit: &'static str,
    scale: f64,
    up: &'static str,
    down: &'static str,
}

fn words(dimension: Dimension, wind: bool) -> Words {
    let (name, unit, scale, up, down) = match (dimension, wind) {
        (Dimension::Direction, false) => {
            ("Horizontal Direction", "deg", PI / 180.0, "right", "left")
        }
        (Dimension::Direction, true) => ("Heading", "deg", PI / 180.0, "right", "left"),
        (Dimension::Speed, false) => ("Horizontal Speed", "knot", MPS_PER_KNOT, "up", "down"),
        (Dimension::Speed, true) => ("Airspeed", "knot", MPS_PER_KNOT, "up", "down"),
        (Dimension::VerticalSpeed, _) => ("Vertical Speed", "fpm", MPS_PER_FPM, "up", "down"),
        (Dimension::Altitude, _) => ("Altitude", "ft", METRES_PER_FOOT, "up", "down"),
    };
    Words { name, unit, scale, up, down }
}

const COLUMNS: &str = "NAME lat lon alt trk gs vs heading airspeed time alerter s_EW_std s_NS_std \
    s_EN_std sz_std v_EW_std v_NS_std v_EN_std vz_std";
const UNITS: &str = "[none] [deg] [deg] [ft] [deg] [knot] [fpm] [deg] [knot] [s] [none] [nmi] [nmi] \
    [nmi] [ft] [knot] [knot] [knot] [fpm]";

/// The text of one moment.
pub fn batch_moment(moment: &Moment, assessment: &Assessment, config: &Config) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "Time: {} [s]\n{COLUMNS}\n{UNITS}", number(assessment.time_s));
    for state in std::iter::once(&moment.own).chain(&moment.traffic) {
        let _ = writeln!(out, "{}", row(state));
    }
    let enabled = |on| if on { "Enabled" } else { "Disabled" };
    let _ = writeln!(out, "Conflict Criteria: {}", enabled(config.conflict_crit));
    let _ = writeln!(out, "Recovery Criteria: {}", enabled(config.recovery_crit));
    let urgent = assessment.urgent.and_then(|u| Some((&assessment.traffic.get(u.index)?.name, u)));
    let (name, h, v) = urgent.map_or(("_NoAc_", 0, 0), |(n, u)| (n, u.horizontal, u.vertical));
    let _ = writeln!(out, "Most Urgent Aircraft: {name}");
    let _ = writeln!(out, "Horizontal Epsilon: {h}\nVertical Epsilon: {v}");
    let names = |indices: &[usize]| {
        let names: Vec<&str> = indices
            .iter()
            .filter_map(|k| Some(assessment.traffic.get(*k)?.name.as_str()))
            .collect();
        names.join(", ")
    };
    for (k, region) in Region::CONFLICT.into_iter().enumerate() {
        let list = names(&assessment.conflicts[k]);
        let _ = writeln!(out, "Conflict Bands Aircraft ({region}): {{{list}}}");
    }
    for (k, region) in Region::CONFLICT.into_iter().enumerate() {
        let span = interval(assessment.intervals[k]);
        let _ = writeln!(out, "Time Interval of Conflict ({region}): {span}");
    }
    for intruder in assessment.traffic.iter().filter(|a| a.corrective.is_some()) {
        let span = interval(intruder.corrective);
        let _ = writeln!(out, "Time to Corrective Volume with {}: {span}", intruder.name);
    }
    for intruder in &assessment.traffic {
        let _ = writeln!(out, "Alert Level {} with {}", intruder.alert, intruder.name);
    }
    let wind = moment.wind_mps().iter().any(|w| w.abs() > 1e-9);
    for bands in &assessment.bands {
        write_bands(&mut out, bands, &words(bands.dimension, wind), &names);
    }
    for intruder in &assessment.traffic {
        let _ = writeln!(out, "Last Times to Maneuver with Respect to {}", intruder.name);
        for dimension in Dimension::ALL {
            let last = intruder.last_times_s[dimension as usize].unwrap_or(f64::NAN);
            let name = words(dimension, wind).name;
            let _ = writeln!(out, "  Last Time to {name} Maneuver: {} [s]", number(last));
        }
    }
    out
}

fn write_bands(out: &mut String, bands: &Bands, w: &Words, names: &dyn Fn(&[usize]) -> String) {
    let (name, unit) = (w.name, w.unit);
    let told = |value: f64| number(value / w.scale);
    // Rounded to a full turn, north is zero.
    let current = told(bands.current);
    let is_turn = bands.dimension == Dimension::Direction && current == "360.0";
    let current = if is_turn { "0.0" } else { &current };
    let _ = writeln!(out, "Ownship {name}: {current} [{unit}]");
    let _ = writeln!(out, "Region of Current {name}: {}", bands.region);
    let _ = writeln!(out, "{name} Bands:");
    for band in &bands.bands {
        let (low, high) = (told(band.low), told(band.high));
        let _ = writeln!(out, "  [{low} [{unit}], {high} [{unit}]] {}", band.region);
    }
    for (k, region) in Region::CONFLICT.into_iter().enumerate() {
        let list = names(&bands.peripheral[k]);
        let _ = writeln!(out, "Peripheral {name} Bands Aircraft ({region}): {{{list}}}");
    }
    let r = &bands.resolution;
    let side = |value: Option<f64>, none: f64| match (r.needed, value) {
        (false, _) => f64::NAN,
        (true, value) => value.unwrap_or(none),
    };
    let (up, down) = (side(r.up, f64::INFINITY), side(r.down, f64::NEG_INFINITY));
    let _ = writeln!(out, "{name} Resolution ({}): {} [{unit}]", w.up, told(up));
    let _ = writeln!(out, "{name} Resolution ({}): {} [{unit}]", w.down, told(down));
    let preferred = if r.prefers_up { w.up } else { w.down };
    let _ = writeln!(out, "Preferred {name}: {preferred}");
    let (time, h, v, n) = match bands.recovery {
        RecoveryResult::NotNeeded => (f64::NAN, f64::NAN, f64::NAN, -1),
        RecoveryResult::Impossible { shrunk } => {
            (f64::NEG_INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY, i64::from(shrunk))
        }
        RecoveryResult::Found(f) => {
            (f.time_s, nm_from_m(f.horizontal_m), ft_from_m(f.vertical_m), i64::from(f.shrunk))
        }
    };
    let _ = writeln!(out, "Recovery Information for {name} Bands:");
    let _ = writeln!(out, "  Time to Recovery: {} [s]", number(time));
    let _ = writeln!(out, "  Recovery Horizontal Distance: {} [nmi]", number(h));
    let _ = writeln!(out, "  Recovery Vertical Distance: {} [ft]", number(v));
    let _ = writeln!(out, "  Recovery N Factor: {n}");
}

fn interval(span: Option<Span>) -> String {
    span.map_or_else(
        || "[]".to_owned(),
        |s| format!("[{} [s], {} [s]]", number(s.start), number(s.end)),
    )
}

fn row(state: &AircraftState) -> String {
    let polar = |[east, north]: [f64; 2]| {
        let speed = (east * east + north * north).sqrt();
        (if speed > 0.0 { east.atan2(north).rem_euclid(TAU) } else { 0.0 }.to_degrees(), speed)
    };
    let [east, north, up] = state.ground_mps;
    let (track, gs) = polar([east, north]);
    let (heading, airspeed) = polar(state.air_mps.unwrap_or([east, north]));
    let (a, b) = match state.place {
        Place::Earth { lat_rad, lon_rad } => (lat_rad.to_degrees(), lon_rad.to_degrees()),
        Place::Plane { x_m, y_m } => (nm_from_m(x_m), nm_from_m(y_m)),
    };
    let u = &state.uncertainty;
    let numbers = [
        a,
        b,
        ft_from_m(state.alt_m),
        track,
        kt_from_mps(gs),
        fpm_from_mps(up),
        heading,
        kt_from_mps(airspeed),
        state.time_s,
    ];
    let doubts = [
        nm_from_m(u.s_ew_m),
        nm_from_m(u.s_ns_m),
        nm_from_m(u.s_en_m),
        ft_from_m(u.sz_m),
        kt_from_mps(u.v_ew_mps),
        kt_from_mps(u.v_ns_mps),
        kt_from_mps(u.v_en_mps),
        fpm_from_mps(u.vz_mps),
    ];
    let list = |values: &[f64]| values.iter().map(|v| number(*v)).collect::<Vec<_>>().join(", ");
    format!("{}, {}, {}, {}", state.name, list(&numbers), state.alerter, list(&doubts))
}

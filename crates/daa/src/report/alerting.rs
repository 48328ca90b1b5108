//! One row an intruder and moment, as CSV.

use super::number;
use crate::config::Config;
use crate::monitor::Assessment;
use crate::pair::Encounter;
use deconflict_core::units::{fpm_from_mps, ft_from_m, kt_from_mps, nm_from_m};
use std::fmt::Write;

/// The two rows above the table: names and units.
pub fn alerting_header(config: &Config) -> String {
    let levels = config.alerters.iter().map(|a| a.levels.len()).max().unwrap_or(0);
    let with_tau = config.alerters.iter().flat_map(|a| &a.levels);
    let with_tau = with_tau.clone().any(|l| l.detector.tau_distance_m().is_some());
    let mut names = " Time, Ownship, Traffic, Alerter, Alert Level".to_owned();
    let mut units = "[s],,,,".to_owned();
    for level in 1..=levels {
        let _ = write!(names, ", Time to Volume of Alert({level})");
        units.push_str(", [s]");
    }
    names.push_str(
        ", Horizontal Separation, Vertical Separation, Horizontal Closure Rate, \
         Vertical Closure Rate, Projected HMD, Projected VMD, Projected TCPA, \
         Projected DCPA, Projected TCOA",
    );
    units.push_str(", [nmi], [ft], [knot], [fpm], [nmi], [ft], [s], [nmi], [s]");
    if with_tau {
        names.push_str(", Projected TAUMOD (WCV*)");
        units.push_str(", [s]");
    }
    format!("{names}\n{units}\n")
}

/// The rows of one moment.
pub fn alerting_rows(own: &str, assessment: &Assessment, config: &Config) -> String {
    let levels = config.alerters.iter().map(|a| a.levels.len()).max().unwrap_or(0);
    let mut out = String::new();
    for intruder in &assessment.traffic {
        let relative = &intruder.relative;
        let _ = write!(
            out,
            "{}, {own}, {}, {}, {}",
            number(assessment.time_s),
            intruder.name,
            intruder.alerter,
            intruder.alert
        );
        for k in 0..levels {
            let span = intruder.levels.get(k).copied().flatten();
            let _ = write!(out, ", {}", number(span.map_or(f64::INFINITY, |s| s.start)));
        }
        let [vx, vy, vz] = relative.velocity_mps;
        let values = [
            nm_from_m(relative.horizontal_m(0.0)),
            ft_from_m(relative.vertical_m(0.0).abs()),
            kt_from_mps((vx * vx + vy * vy).sqrt()),
            fpm_from_mps(vz.abs()),
            nm_from_m(relative.hmd_m(config.lookahead_s)),
            ft_from_m(relative.vmd_m(config.lookahead_s)),
            relative.tcpa_s(),
            nm_from_m(relative.dcpa_m()),
        ];
        for value in values {
            let _ = write!(out, ", {}", number(value));
        }
        let blank = |value: Option<f64>| value.map(number).unwrap_or_default();
        let tau = intruder.tau_distance_m.and_then(|d| relative.tau_mod_s(d));
        let _ =
            writeln!(out, ", {}, {}", blank(relative.tcoa_s()), blank(tau.filter(|t| *t >= 0.0)));
    }
    out
}

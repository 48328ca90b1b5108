//! What happened, in plain language.

use crate::failure::Outcome;
use crate::output::{Out, count};
use deconflict_core::units::{fpm_from_mps, ft_from_m, kt_from_mps, nm_from_m};
use deconflict_daa::bands::{Bands, RecoveryResult};
use deconflict_daa::config::Dimension;
use deconflict_daa::monitor::{Assessed, Assessment};
use std::collections::BTreeMap;
use std::io::Write;

/// One line for each change of an alert, with what keeps the aircraft apart.
pub fn write(out: &mut Out, own: &str, all: &[Assessment]) -> Outcome<()> {
    let mut alerts: BTreeMap<&str, usize> = BTreeMap::new();
    let mut changes = 0_u64;
    for assessment in all {
        for intruder in &assessment.traffic {
            let before = alerts.insert(&intruder.name, intruder.alert).unwrap_or(0);
            if before != intruder.alert {
                changes += 1;
                writeln!(out, "{}", change(assessment, intruder, before))?;
            }
        }
    }
    let moments = count(all.len() as u64, "moment", "moments");
    let closest = all
        .iter()
        .flat_map(|a| a.traffic.iter().map(move |t| (a.time_s, t)))
        .min_by(|a, b| a.1.relative.horizontal_m(0.0).total_cmp(&b.1.relative.horizontal_m(0.0)));
    let changed = count(changes, "change of alert", "changes of alert");
    writeln!(out, "{own}: {moments}, {changed}")?;
    if let Some((time_s, intruder)) = closest {
        writeln!(
            out,
            "closest: {} at {:.1} s, {:.2} NM and {:.0} ft apart",
            intruder.name,
            time_s,
            nm_from_m(intruder.relative.horizontal_m(0.0)),
            ft_from_m(intruder.relative.vertical_m(0.0).abs())
        )?;
    }
    Ok(())
}

fn change(assessment: &Assessment, intruder: &Assessed, before: usize) -> String {
    let head = format!("{:>8.1} s  {}: ", assessment.time_s, intruder.name);
    if intruder.alert == 0 {
        return format!("{head}alert level {before} ends");
    }
    let verb = if intruder.alert > before { "rises to" } else { "falls to" };
    let mut text = format!("{head}alert {verb} level {}", intruder.alert);
    match intruder.corrective {
        Some(span) if span.start <= 0.0 => text.push_str(", well clear is lost"),
        Some(span) => text.push_str(&format!(", well clear is lost in {:.0} s", span.start)),
        None => {}
    }
    let ways: Vec<String> = assessment.bands.iter().filter_map(way_out).collect();
    if !ways.is_empty() {
        text.push_str("; ");
        text.push_str(&ways.join(", or "));
    }
    text
}

/// The preferred resolution of a dimension, in words.
fn way_out(bands: &Bands) -> Option<String> {
    let r = &bands.resolution;
    let value = if r.prefers_up { r.up } else { r.down }?;
    let recovery = match bands.recovery {
        RecoveryResult::Found(f) => format!(" (regains in {:.0} s)", f.time_s),
        _ => String::new(),
    };
    Some(match bands.dimension {
        Dimension::Direction => {
            let side = if r.prefers_up { "right" } else { "left" };
            format!("turn {side} to {:03.0}°{recovery}", value.to_degrees().rem_euclid(360.0))
        }
        Dimension::Speed => {
            let verb = if r.prefers_up { "speed up" } else { "slow down" };
            format!("{verb} to {:.0} kt{recovery}", kt_from_mps(value))
        }
        Dimension::VerticalSpeed => {
            format!("vertical speed {:+.0} ft/min{recovery}", fpm_from_mps(value))
        }
        Dimension::Altitude => {
            let verb = if r.prefers_up { "climb" } else { "descend" };
            format!("{verb} to {:.0} ft{recovery}", ft_from_m(value))
        }
    })
}

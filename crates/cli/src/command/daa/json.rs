//! One line of JSON for each moment.

use crate::failure::Outcome;
use crate::output::Out;
use deconflict_core::units::{fpm_from_mps, ft_from_m, kt_from_mps, nm_from_m};
use deconflict_daa::bands::{Bands, RecoveryResult};
use deconflict_daa::config::Dimension;
use deconflict_daa::detector::Span;
use deconflict_daa::monitor::{Assessed, Assessment};
use deconflict_daa::pair::Encounter;
use deconflict_daa::scenario::Moment;
use serde_json::{Value, json};
use std::io::Write;

/// One moment. `shapes` has one value for each intruder, or none at all.
pub fn write(
    out: &mut Out,
    moment: &Moment,
    assessment: &Assessment,
    shapes: &[Value],
) -> Outcome<()> {
    let bands: serde_json::Map<String, Value> = assessment
        .bands
        .iter()
        .map(|b| (key(b.dimension).to_owned(), bands(b, assessment)))
        .collect();
    let mut traffic: Vec<Value> = assessment.traffic.iter().map(traffic).collect();
    for (intruder, shapes) in traffic.iter_mut().zip(shapes) {
        intruder["shapes"] = shapes.clone();
    }
    let coordination = assessment.urgent.map(|u| {
        json!({
            "with": assessment.traffic.get(u.index).map(|t| &t.name),
            "horizontal_epsilon": u.horizontal,
            "vertical_epsilon": u.vertical,
        })
    });
    let line = json!({
        "time_s": assessment.time_s,
        "ownship": moment.own.name,
        "traffic": traffic,
        "coordination": coordination,
        "bands": bands,
    });
    writeln!(out, "{line}")?;
    Ok(())
}

fn key(dimension: Dimension) -> &'static str {
    match dimension {
        Dimension::Direction => "direction_deg",
        Dimension::Speed => "speed_kt",
        Dimension::VerticalSpeed => "vertical_speed_fpm",
        Dimension::Altitude => "altitude_ft",
    }
}

fn told(dimension: Dimension, value: f64) -> f64 {
    match dimension {
        Dimension::Direction => value.to_degrees(),
        Dimension::Speed => kt_from_mps(value),
        Dimension::VerticalSpeed => fpm_from_mps(value),
        Dimension::Altitude => ft_from_m(value),
    }
}

fn interval(span: Option<Span>) -> Value {
    span.map_or(Value::Null, |s| json!([s.start, s.end]))
}

fn traffic(intruder: &Assessed) -> Value {
    let last = |d: Dimension| match intruder.last_times_s[d as usize] {
        Some(t) if t.is_finite() => json!(t),
        Some(_) => json!("too late"),
        None => Value::Null,
    };
    json!({
        "id": intruder.name,
        "alerter": intruder.alerter,
        "alert": intruder.alert,
        "levels_s": intruder.levels.iter().map(|s| interval(*s)).collect::<Vec<_>>(),
        "corrective_s": interval(intruder.corrective),
        "horizontal_nm": nm_from_m(intruder.relative.horizontal_m(0.0)),
        "vertical_ft": ft_from_m(intruder.relative.vertical_m(0.0).abs()),
        "tcpa_s": intruder.relative.tcpa_s(),
        "dcpa_nm": nm_from_m(intruder.relative.dcpa_m()),
        "tcoa_s": intruder.relative.tcoa_s(),
        "tau_mod_s": intruder.tau_distance_m.and_then(|d| intruder.relative.tau_mod_s(d)),
        "last_direction_s": last(Dimension::Direction),
        "last_speed_s": last(Dimension::Speed),
        "last_vertical_speed_s": last(Dimension::VerticalSpeed),
        "last_altitude_s": last(Dimension::Altitude),
    })
}

fn bands(bands: &Bands, assessment: &Assessment) -> Value {
    let value = |v: f64| told(bands.dimension, v);
    let list: Vec<Value> = bands
        .bands
        .iter()
        .map(|b| json!([value(b.low), value(b.high), b.region.to_string()]))
        .collect();
    let names = |indices: &[usize]| {
        let found = indices.iter().filter_map(|k| assessment.traffic.get(*k));
        found.map(|t| t.name.clone()).collect::<Vec<_>>()
    };
    let recovery = match bands.recovery {
        RecoveryResult::NotNeeded => Value::Null,
        RecoveryResult::Impossible { .. } => json!("impossible"),
        RecoveryResult::Found(f) => json!({
            "time_s": f.time_s,
            "shrunk": f.shrunk,
            "horizontal_nm": nm_from_m(f.horizontal_m),
            "vertical_ft": ft_from_m(f.vertical_m),
        }),
    };
    let r = &bands.resolution;
    json!({
        "current": value(bands.current),
        // Nothing is said of a dimension without bands.
        "region": (!list.is_empty()).then(|| bands.region.to_string()),
        "bands": list,
        "resolution": if r.needed {
            json!({
                "up": r.up.map(value),
                "down": r.down.map(value),
                "preferred": if r.prefers_up { "up" } else { "down" },
                "value": if r.prefers_up { r.up } else { r.down }.map(value),
            })
        } else {
            Value::Null
        },
        "recovery": recovery,
        "peripheral": bands.peripheral.iter().map(|p| names(p)).collect::<Vec<_>>(),
    })
}

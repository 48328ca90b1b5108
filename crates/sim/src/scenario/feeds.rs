//! Feeds: from the file to what the sensors work with.

use super::check::{Checked, Checker};
use super::file::FeedSpec;
use crate::area::Area;
use crate::motion::Performance;
use crate::plan::{Faults, FeedKind, FeedPlan, Ghost, Noise, Shares};
use deconflict_core::units::{m_from_ft, m_from_nm, mps_from_fpm, mps_from_kt};
use std::collections::BTreeMap;

const KINDS: [(&str, FeedKind); 4] = [
    ("adsb", FeedKind::AdsB),
    ("mlat", FeedKind::Mlat),
    ("radar", FeedKind::Radar),
    ("link", FeedKind::Link),
];

pub(super) fn resolve(
    check: &Checker,
    specs: &[FeedSpec],
    types: &BTreeMap<String, Performance>,
) -> Checked<Vec<FeedPlan>> {
    let mut feeds: Vec<FeedPlan> = Vec::new();
    for spec in specs {
        let name = spec.name.get_ref();
        if feeds.iter().any(|f| f.name == *name) {
            return Err(check.wrong(&spec.name, format!("there is already a feed {name:?}")));
        }
        if feeds.len() == usize::from(u16::MAX) {
            return Err(check.missing(&spec.name, "there are more than 65535 feeds"));
        }
        feeds.push(feed(check, spec, types)?);
    }
    Ok(feeds)
}

fn feed(
    check: &Checker,
    spec: &FeedSpec,
    types: &BTreeMap<String, Performance>,
) -> Checked<FeedPlan> {
    let kind = check.word(&spec.kind, &KINDS)?;
    let coverage = match (&spec.centre, &spec.radius_nm) {
        (None, None) => None,
        (Some(centre), Some(radius)) => {
            Some(Area::circle(check.place(centre)?, check.number(radius, 0.01, 20_000.0)?))
        }
        (Some(_), None) => {
            return Err(check.missing(&spec.name, "`centre` needs `radius_nm` as well"));
        }
        (None, Some(_)) => {
            return Err(check.missing(&spec.name, "`radius_nm` needs `centre` as well"));
        }
    };
    let kinds = spec.types.iter().flatten().map(|name| {
        let known =
            types.contains_key(name.get_ref()) || super::types::builtin(name.get_ref()).is_some();
        known
            .then(|| name.get_ref().clone())
            .ok_or_else(|| check.wrong(name, format!("there is no type {:?}", name.get_ref())))
    });
    Ok(FeedPlan {
        name: spec.name.get_ref().clone(),
        owner: check.operator(&spec.owner)?,
        kind,
        period_s: check.number(&spec.period_s, 0.1, 86_400.0)?,
        shares: shares(check, spec)?,
        shared_with: check.operators(spec.shared_with.as_ref())?,
        operators: check.operators(spec.operators.as_ref())?,
        types: kinds.collect::<Checked<_>>()?,
        coverage,
        floor_m: m_from_ft(check.number_or(spec.floor_ft.as_ref(), -10_000.0, -10_000.0, 1e5)?),
        noise: noise(check, spec, kind)?,
        faults: faults(check, spec)?,
    })
}

fn shares(check: &Checker, spec: &FeedSpec) -> Checked<Shares> {
    let Some(words) = &spec.shares else { return Ok(Shares::ALL) };
    let mut shares = Shares::NONE;
    for word in words.get_ref() {
        let choices = [("position", 0), ("altitude", 1), ("velocity", 2), ("identity", 3)];
        match check.word(word, &choices)? {
            0 => shares.position = true,
            1 => shares.altitude = true,
            2 => shares.velocity = true,
            _ => shares.identity = true,
        }
    }
    Ok(shares)
}

fn noise(check: &Checker, spec: &FeedSpec, kind: FeedKind) -> Checked<Noise> {
    // Horizontal sigma per axis (m) and step of altitude (ft) where none is given.
    let (position_m, step_ft) = match kind {
        FeedKind::AdsB | FeedKind::Link => (15.0, 25.0),
        FeedKind::Mlat => (80.0, 25.0),
        FeedKind::Radar => (150.0, 100.0),
    };
    let sigma = |value: &Option<_>, default| check.number_or(value.as_ref(), default, 0.0, 1e5);
    Ok(Noise {
        position_m: sigma(&spec.position_sigma_m, position_m)?,
        altitude_m: m_from_ft(sigma(&spec.altitude_sigma_ft, 0.0)?),
        altitude_step_m: m_from_ft(sigma(&spec.altitude_step_ft, step_ft)?),
        ground_speed_mps: mps_from_kt(sigma(&spec.gs_sigma_kt, 1.0)?),
        track_rad: sigma(&spec.track_sigma_deg, 0.3)?.to_radians(),
        vertical_rate_mps: mps_from_fpm(sigma(&spec.vs_sigma_fpm, 30.0)?),
    })
}

fn faults(check: &Checker, spec: &FeedSpec) -> Checked<Faults> {
    let probability = |value: &Option<_>| check.number_or(value.as_ref(), 0.0, 0.0, 1.0);
    let seconds = |value: &Option<_>, low| check.number_or(value.as_ref(), 0.0, low, 86_400.0);
    let mut outages_s = Vec::new();
    for window in &spec.outages_min {
        let [from, until] = *window.get_ref();
        if !(from >= 0.0 && until > from && until.is_finite()) {
            return Err(check.wrong(window, "an outage is [from, until] in minutes, until > from"));
        }
        outages_s.push([60.0 * from, 60.0 * until]);
    }
    let ghost = spec.ghost.as_ref().map(|ghost| {
        Ok(Ghost {
            fraction: check.number(&ghost.fraction, 0.0, 1.0)?,
            lag_s: check.number(&ghost.lag_s, 0.0, 60.0)?,
            offset_m: check.number(&ghost.offset_m, 0.0, 50_000.0)?,
        })
    });
    Ok(Faults {
        drop_probability: probability(&spec.drop_probability)?,
        outages_s,
        latency_s: seconds(&spec.latency_s, 0.0)?,
        jitter_s: seconds(&spec.jitter_s, 0.0)?,
        clock_skew_s: seconds(&spec.clock_skew_s, -86_400.0)?,
        duplicate_probability: probability(&spec.duplicate_probability)?,
        wild_probability: probability(&spec.wild_probability)?,
        wild_m: m_from_nm(check.number_or(spec.wild_nm.as_ref(), 50.0, 0.0, 5000.0)?),
        ghost: ghost.transpose()?,
    })
}

//! What parties tell each other of their intents: filed plans, and airspace that others keep
//! out of. Nobody's flight is changed by it; a flight may well do something else.

use super::Volume;
use super::check::{Checked, Checker};
use super::file::{At, File, PlanPointSpec, VolumeSpec};
use crate::Area;
use deconflict_core::area::{self, Admitted};
use deconflict_core::overlap::Margins;
use deconflict_core::plan::{Plan, Tolerance, Waypoint};
use deconflict_core::units::{m_from_ft, m_from_nm};
use deconflict_core::volume::{Footprint, Polygon};
use deconflict_core::{Altitude, Label, Time, Volume4d};

/// The plans, in the order of the file.
pub(super) fn plans(check: &Checker, file: &File, start: Time) -> Checked<Vec<Plan>> {
    let mut plans = Vec::new();
    for spec in &file.plan {
        let callsign: Label<8> = check.label(&spec.callsign)?;
        let mut path = Vec::new();
        for point in &spec.path {
            path.push(waypoint(check, &spec.callsign, point, start)?);
        }
        let usual = Tolerance::default();
        let (across, vertical) = (spec.across_nm.as_ref(), spec.vertical_ft.as_ref());
        let across_nm = across.map(|v| check.number(v, 0.001, 100.0)).transpose()?;
        let vertical_ft = vertical.map(|v| check.number(v, 1.0, 10_000.0)).transpose()?;
        let tolerance = Tolerance {
            across_m: across_nm.map_or(usual.across_m, m_from_nm),
            vertical_m: vertical_ft.map_or(usual.vertical_m, m_from_ft),
            time_s: check.number_or(spec.time_s.as_ref(), usual.time_s, 1.0, 3600.0)?,
        };
        let id = match &spec.name {
            Some(name) => check.label(name)?,
            None => check.label(&spec.callsign)?,
        };
        let plan = Plan::new(id, (None, Some(callsign)), path, Vec::new(), tolerance);
        let mut plan = plan.map_err(|bad| check.missing(&spec.callsign, bad.to_string()))?;
        plan.party = spec.operator.as_ref().map(|o| check.operator(o)).transpose()?;
        plans.push(plan);
    }
    Ok(plans)
}

fn waypoint(
    check: &Checker,
    anchor: &At<String>,
    point: &PlanPointSpec,
    start: Time,
) -> Checked<Waypoint> {
    let feet = match (&point.fl, &point.alt_ft) {
        (Some(fl), None) => 100.0 * check.number(fl, -20.0, 1000.0)?,
        (None, Some(ft)) => check.number(ft, -2000.0, 100_000.0)?,
        _ => {
            return Err(check.missing(anchor, "give each point of a path either `fl` or `alt_ft`"));
        }
    };
    Ok(Waypoint {
        time: start.plus_s(60.0 * check.number(&point.min, 0.0, 10_000.0)?),
        position: check.place(&point.at)?,
        altitude: Altitude::pressure_ft(feet),
    })
}

/// What others have to keep out of, of the reserved airspace.
pub(super) fn areas(check: &Checker, file: &File, volumes: &[Volume]) -> Checked<Vec<area::Area>> {
    let mut areas = Vec::new();
    for (spec, volume) in file.volume.iter().zip(volumes).filter(|(spec, _)| spec.keep_out) {
        areas.push(area(check, spec, volume)?);
    }
    Ok(areas)
}

fn area(check: &Checker, spec: &VolumeSpec, volume: &Volume) -> Checked<area::Area> {
    let footprint = match &volume.area {
        Area::Circle { centre, radius_m } => {
            Footprint::Circle { centre: *centre, radius_m: *radius_m }
        }
        Area::Polygon(corners) => {
            let polygon = Polygon::new(corners.clone());
            Footprint::Polygon(polygon.map_err(|bad| check.wrong(&spec.area, bad.to_string()))?)
        }
    };
    let kind = match &spec.kind {
        Some(kind) => check.label(kind)?,
        None => Label::new("reserved").expect("not empty"),
    };
    Ok(area::Area {
        id: check.label(&spec.name)?,
        name: check.label(&spec.name)?,
        kind,
        owner: volume.operator,
        is_active: true,
        admitted: Admitted {
            operators: check.operators(spec.admits.as_ref())?,
            ..Admitted::default()
        },
        volumes: vec![Volume4d {
            footprint,
            lower: Some(Altitude::pressure_ft(volume.lower_ft)),
            upper: Some(Altitude::pressure_ft(volume.upper_ft)),
            start: Some(volume.from),
            end: Some(volume.until),
        }],
        margins: Margins::default(),
        motion: None,
    })
}

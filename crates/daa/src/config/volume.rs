//! The volumes that a configuration can name.

use super::parse::{Entries, switch};
use super::text::{Kind, ParseError, Piece, short};
use crate::detector::{
    Cylinder, HorizontalTime, Tcas, TimedWellClear, VerticalTime, Volume, WellClear,
};

/// The volume that a level of an alerter names.
pub(super) fn volume(
    alerter: &str,
    detector: Piece,
    entries: &Entries,
) -> Result<Volume, ParseError> {
    let id = detector.text;
    let class = entries.get(&*format!("{alerter}_load_core_detection_{id}")).ok_or_else(|| {
        detector.error(format!("'{alerter}_load_core_detection_{id}' is missing"))
    })?;
    let get = |key: &str, kind| match entries.get(&*format!("{alerter}_{id}_{key}")) {
        Some(value) => value.quantity(kind),
        None => Err(class.error(format!("'{alerter}_{id}_{key}' is missing"))),
    };
    let timed = |horizontal, vertical| {
        Ok(Volume::Timed(TimedWellClear {
            distance_m: get("WCV_DTHR", Kind::Length)?,
            height_m: get("WCV_ZTHR", Kind::Length)?,
            time_s: get("WCV_TTHR", Kind::Time)?,
            tcoa_s: get("WCV_TCOA", Kind::Time)?,
            horizontal,
            vertical,
        }))
    };
    let kind = class.text.rsplit('.').next().unwrap_or_default();
    match kind {
        "WCV_TAUMOD" | "WCV_TAUMOD_SUM" => Ok(Volume::WellClear(WellClear {
            distance_m: get("WCV_DTHR", Kind::Length)?,
            height_m: get("WCV_ZTHR", Kind::Length)?,
            tau_s: get("WCV_TTHR", Kind::Time)?,
            tcoa_s: get("WCV_TCOA", Kind::Time)?,
            with_doubt: kind == "WCV_TAUMOD_SUM",
        })),
        "CDCylinder" | "CD3D" => Ok(Volume::Cylinder(Cylinder {
            distance_m: get("D", Kind::Length)?,
            height_m: get("H", Kind::Length)?,
        })),
        "TCAS3D" => {
            let filter = entries
                .get(&*format!("{alerter}_{id}_TCAS_HMDFilter"))
                .ok_or_else(|| class.error("'TCAS_HMDFilter' is missing"))?;
            let mut tcas = Tcas { hmd_filter: switch(*filter)?, ..Tcas::default() };
            for (k, above) in tcas.above_m.iter_mut().enumerate() {
                *above = get(&format!("TCAS_level_{}", k + 1), Kind::Length)?;
            }
            for (k, level) in tcas.levels.iter_mut().enumerate() {
                let at = |what: &str, kind| get(&format!("TCAS_{what}_{}", k + 1), kind);
                level.tau_s = at("TAU", Kind::Time)?;
                level.tcoa_s = at("TCOA", Kind::Time)?;
                level.dmod_m = at("DMOD", Kind::Length)?;
                level.height_m = at("ZTHR", Kind::Length)?;
                level.hmd_m = at("HMD", Kind::Length)?;
            }
            Ok(Volume::Tcas(Box::new(tcas)))
        }
        "WCV_TCPA" => timed(HorizontalTime::Tcpa, VerticalTime::CoAltitude),
        "WCV_TEP" => timed(HorizontalTime::EntryPoint, VerticalTime::CoAltitude),
        "WCV_VMOD" => timed(HorizontalTime::TauMod, VerticalTime::Entry),
        // The hazard zone of DO-365 has no vertical time. With one, published
        // descriptions do not say which.
        "WCV_HZ" => match timed(HorizontalTime::TauMod, VerticalTime::CoAltitude)? {
            Volume::Timed(zone) if zone.tcoa_s > 0.0 => {
                Err(class.error("WCV_HZ is known with a WCV_TCOA of 0 only"))
            }
            zone => Ok(zone),
        },
        _ => Err(class.error(format!(
            "unknown detector '{}'; known are WCV_TAUMOD, WCV_TAUMOD_SUM, WCV_TCPA, WCV_TEP, \
             WCV_VMOD, WCV_HZ, TCAS3D, CDCylinder",
            short(class.text)
        ))),
    }
}

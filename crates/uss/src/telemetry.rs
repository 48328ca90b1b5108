//! Where an aircraft is that does not conform, in the words of the standard.

use crate::model::Telemetry;
use deconflict_core::AltitudeReference;
use deconflict_core::altitude::VerticalContext;
use deconflict_core::units::m_from_nm;
use deconflict_intent::outward::lat_lng;
use deconflict_intent::wire::{Position, ToldTime, VehicleTelemetry, WireAltitude, WireVelocity};

/// The classes of accuracy are bounds that 95 % of errors are within (RTCA DO-260B, NACp and GVA): two
/// standard deviations.
const SIGMAS: f64 = 2.0;

pub(crate) fn told(given: &Telemetry, context: VerticalContext) -> VehicleTelemetry {
    let position = given.position.map(|place| {
        let point = lat_lng(place);
        let converted =
            given.altitude.and_then(|a| a.to(AltitudeReference::Ellipsoid, &context).ok());
        let altitude = converted.map(|c| WireAltitude {
            value: c.altitude.m,
            reference: "W84".to_owned(),
            units: "M".to_owned(),
        });
        let sigma_m =
            given.vertical_sigma_m.zip(converted).map(|(sigma, c)| sigma.hypot(c.added_sigma_m));
        Position {
            latitude: point.lat,
            longitude: point.lng,
            accuracy_h: horizontal(given.horizontal_sigma_m).to_owned(),
            accuracy_v: vertical(sigma_m).to_owned(),
            extrapolated: given.extrapolated,
            altitude,
        }
    });
    let velocity = given.ground_speed_mps.map(|speed| WireVelocity {
        speed,
        units_speed: "MetersPerSecond".to_owned(),
        // 360 is the standard's word for not known.
        track: given.track_rad.map_or(360.0, |track| track.to_degrees().rem_euclid(360.0)),
    });
    VehicleTelemetry { time_measured: ToldTime(given.measured), position, velocity }
}

fn horizontal(sigma_m: Option<f64>) -> &'static str {
    let Some(bound_m) = sigma_m.filter(|s| *s >= 0.0).map(|s| s * SIGMAS) else {
        return "HAUnknown";
    };
    let classes = [
        (1.0, "HA1m"),
        (3.0, "HA3m"),
        (10.0, "HA10m"),
        (30.0, "HA30m"),
        (m_from_nm(0.05), "HA005NM"),
        (m_from_nm(0.1), "HA01NM"),
        (m_from_nm(0.3), "HA03NM"),
        (m_from_nm(0.5), "HA05NM"),
        (m_from_nm(1.0), "HA1NM"),
        (m_from_nm(2.0), "HA2NM"),
        (m_from_nm(4.0), "HA4NM"),
        (m_from_nm(10.0), "HA10NM"),
    ];
    classes.iter().find(|(most, _)| bound_m <= *most).map_or("HA10NMPlus", |(_, name)| name)
}

fn vertical(sigma_m: Option<f64>) -> &'static str {
    let Some(bound_m) = sigma_m.filter(|s| *s >= 0.0).map(|s| s * SIGMAS) else {
        return "VAUnknown";
    };
    let classes = [
        (1.0, "VA1m"),
        (3.0, "VA3m"),
        (10.0, "VA10m"),
        (25.0, "VA25m"),
        (45.0, "VA45m"),
        (150.0, "VA150m"),
    ];
    classes.iter().find(|(most, _)| bound_m <= *most).map_or("VA150mPlus", |(_, name)| name)
}

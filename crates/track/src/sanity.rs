//! Values that no aircraft can have are taken out of a report before it is used.

use deconflict_core::Report;
use std::ops::RangeInclusive;

/// Ground speed, m/s: up to twice that of the fastest aircraft in service.
const SPEED_MPS: RangeInclusive<f64> = 0.0..=2_000.0;
/// Altitude, m: below the Dead Sea to above balloons.
const ALTITUDE_M: RangeInclusive<f64> = -1_500.0..=60_000.0;
/// Vertical rate, m/s.
const VERTICAL_MPS: RangeInclusive<f64> = -400.0..=400.0;
/// Track angle, radians: one turn either way.
const TRACK_RAD: RangeInclusive<f64> = -6.3..=6.3;

/// The report without its impossible values; `None` if it has none.
#[inline]
pub(crate) fn repaired(report: &Report) -> Option<Report> {
    // `contains` is false for a NaN.
    let bad = |value: Option<f64>, range: &RangeInclusive<f64>| {
        value.is_some_and(|value| !range.contains(&value))
    };
    let sound = !bad(report.ground_speed_mps, &SPEED_MPS)
        && !bad(report.track_rad, &TRACK_RAD)
        && !bad(report.vertical_rate_mps, &VERTICAL_MPS)
        && !bad(report.pressure_altitude_m, &ALTITUDE_M)
        && !bad(report.ellipsoid_height_m, &ALTITUDE_M)
        && report.position_sigma_m.is_none_or(|s| s.is_finite() && s >= 0.0)
        && !is_null_island(report);
    if sound {
        return None;
    }
    let mut out = *report;
    let keep = |value: Option<f64>, range: &RangeInclusive<f64>| {
        value.filter(|value| range.contains(value))
    };
    out.ground_speed_mps = keep(report.ground_speed_mps, &SPEED_MPS);
    out.track_rad = keep(report.track_rad, &TRACK_RAD);
    out.vertical_rate_mps = keep(report.vertical_rate_mps, &VERTICAL_MPS);
    out.pressure_altitude_m = keep(report.pressure_altitude_m, &ALTITUDE_M);
    out.ellipsoid_height_m = keep(report.ellipsoid_height_m, &ALTITUDE_M);
    out.position_sigma_m = report.position_sigma_m.filter(|s| s.is_finite() && *s >= 0.0);
    if is_null_island(report) {
        out.position = None;
    }
    Some(out)
}

/// 0° N 0° E to the last bit is what broken encoders say, not where aircraft are.
fn is_null_island(report: &Report) -> bool {
    report.position.is_some_and(|p| p.lat_rad() == 0.0 && p.lon_rad() == 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::{Address, GeoPoint, Technique, Time};

    #[test]
    fn impossible_values_go_and_the_rest_stays() {
        let sound = Report {
            ground_speed_mps: Some(230.0),
            pressure_altitude_m: Some(10_000.0),
            position: GeoPoint::from_deg(1.0, 0.0),
            ..Report::new(0, Address::icao(1), Technique::AdsB, Time::MIN)
        };
        assert_eq!(repaired(&sound), None);
        let bad = Report {
            ground_speed_mps: Some(f64::NAN),
            vertical_rate_mps: Some(1e9),
            position_sigma_m: Some(f32::NAN),
            position: GeoPoint::from_deg(0.0, 0.0),
            ..sound
        };
        let fixed = Report { ground_speed_mps: None, position: None, ..sound };
        assert_eq!(repaired(&bad), Some(fixed));
    }
}

//! Compact position reporting (RTCA DO-260B, appendix A.1.7).
//!
//! A position is sent as the 17-bit fraction of a zone, alternately in a grid of
//! 60 ("even") and of 59 ("odd") zones. The two together tell the zone; or a
//! position known to be near does.

use deconflict_core::GeoPoint;
use std::f64::consts::PI;

/// The two 17-bit fractions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Encoded {
    pub(crate) lat: u32,
    pub(crate) lon: u32,
}

const SCALE: f64 = 131_072.0;
const AIRBORNE_DEG: f64 = 360.0;
const SURFACE_DEG: f64 = 90.0;

/// Number of longitude zones at a latitude, 1 to 59 (A.1.7.2 d).
fn longitude_zones(lat_deg: f64) -> f64 {
    let lat = lat_deg.abs();
    if lat >= 87.0 {
        return if lat > 87.0 { 1.0 } else { 2.0 };
    }
    let cos_lat = lat.to_radians().cos();
    let ratio = 1.0 - (1.0 - (PI / 30.0).cos()) / (cos_lat * cos_lat);
    (2.0 * PI / ratio.clamp(-1.0, 1.0).acos()).floor().clamp(1.0, 59.0)
}

/// From an even and an odd message; the position is that of the newer one.
/// `None` if the two straddle a border between numbers of zones.
pub(crate) fn global_airborne(even: Encoded, odd: Encoded, odd_is_newer: bool) -> Option<GeoPoint> {
    let fraction = |value: u32| f64::from(value & 0x1_ffff) / SCALE;
    let (lat0, lat1) = (fraction(even.lat), fraction(odd.lat));
    let j = (59.0 * lat0 - 60.0 * lat1 + 0.5).floor();
    let southern = |lat: f64| if lat >= 270.0 { lat - 360.0 } else { lat };
    let lat_even = southern(AIRBORNE_DEG / 60.0 * (j.rem_euclid(60.0) + lat0));
    let lat_odd = southern(AIRBORNE_DEG / 59.0 * (j.rem_euclid(59.0) + lat1));
    let zones = longitude_zones(lat_even);
    if zones != longitude_zones(lat_odd) || lat_even.abs() > 90.0 || lat_odd.abs() > 90.0 {
        return None;
    }
    let (lon0, lon1) = (fraction(even.lon), fraction(odd.lon));
    let m = (lon0 * (zones - 1.0) - lon1 * zones + 0.5).floor();
    let (lat, lon, own_zones) = match odd_is_newer {
        true => (lat_odd, lon1, (zones - 1.0).max(1.0)),
        false => (lat_even, lon0, zones),
    };
    GeoPoint::from_deg(lat, 360.0 / own_zones * (m.rem_euclid(own_zones) + lon))
}

/// From one message and a position less than half a zone away: 180 NM airborne,
/// 45 NM on the surface.
pub(crate) fn local(said: Encoded, odd: bool, surface: bool, near: GeoPoint) -> Option<GeoPoint> {
    let circle = if surface { SURFACE_DEG } else { AIRBORNE_DEG };
    let fraction = |value: u32| f64::from(value & 0x1_ffff) / SCALE;
    let nearest = |zone: f64, fraction: f64, near: f64| {
        let whole = (near / zone - fraction + 0.5).floor();
        zone * (whole + fraction)
    };
    let lat_zone = circle / if odd { 59.0 } else { 60.0 };
    let lat = nearest(lat_zone, fraction(said.lat), near.lat_deg());
    let zones = (longitude_zones(lat) - f64::from(u8::from(odd))).max(1.0);
    let lon = nearest(circle / zones, fraction(said.lon), near.lon_deg());
    GeoPoint::from_deg(lat, lon)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The encoder of the standard (A.1.7.3), to test against.
    fn encode(point: GeoPoint, odd: bool, surface: bool) -> Encoded {
        let circle = if surface { SURFACE_DEG } else { AIRBORNE_DEG };
        let zone = circle / if odd { 59.0 } else { 60.0 };
        let lat = point.lat_deg();
        let yz = (SCALE * lat.rem_euclid(zone) / zone + 0.5).floor();
        let rlat = zone * (yz / SCALE + (lat / zone).floor());
        let zones = (longitude_zones(rlat) - f64::from(u8::from(odd))).max(1.0);
        let zone = circle / zones;
        let xz = (SCALE * point.lon_deg().rem_euclid(zone) / zone + 0.5).floor();
        Encoded { lat: yz as u32 & 0x1_ffff, lon: xz as u32 & 0x1_ffff }
    }

    #[test]
    fn zones_are_those_of_the_standard() {
        for (lat, zones) in
            [(0.0, 59.0), (10.4, 59.0), (10.5, 58.0), (-45.0, 42.0), (86.9, 2.0), (90.0, 1.0)]
        {
            assert_eq!(longitude_zones(lat), zones, "{lat}");
        }
    }

    proptest! {
        #[test]
        fn positions_survive_both_ways(
            lat in -86.0..86.0f64, lon in -180.0..180.0f64, odd: bool,
            bearing in 0.0..2.0 * PI, away_m in 0.0..150_000.0f64,
        ) {
            let point = GeoPoint::from_deg(lat, lon).unwrap();
            let (even_part, odd_part) = (encode(point, false, false), encode(point, true, false));
            if let Some(found) = global_airborne(even_part, odd_part, odd) {
                prop_assert!(found.distance_m(point) < 15.0, "{found:?} {point:?}");
            }
            let near = point.destination(bearing, away_m);
            let part = if odd { odd_part } else { even_part };
            let found = local(part, odd, false, near).unwrap();
            // Near a border of zone numbers half a zone can be less.
            prop_assert!(found.distance_m(point) < 15.0 || lat.abs() > 80.0);
            let near = point.destination(bearing, away_m / 4.0);
            let found = local(encode(point, odd, true), odd, true, near).unwrap();
            prop_assert!(found.distance_m(point) < 5.0 || lat.abs() > 80.0);
        }

        #[test]
        fn arbitrary_bits_never_panic(a: u32, b: u32, c: u32, d: u32, odd: bool, lat in -90.0..=90.0f64) {
            let (even_part, odd_part) = (Encoded { lat: a, lon: b }, Encoded { lat: c, lon: d });
            global_airborne(even_part, odd_part, odd);
            let near = GeoPoint::from_deg(lat, 180.0).unwrap();
            local(even_part, odd, true, near);
        }
    }
}

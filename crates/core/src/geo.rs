//! Places on the WGS-84 ellipsoid and the flat frames used near them.
//!
//! Exact answers come from geodesics ([`GeoPoint::distance_m`], by `icao-wgs84`).
//! The kernel and the tracker work in tangent planes instead, by way of
//! earth-centred vectors, which know neither antimeridian nor pole. What that
//! costs is stated at [`LocalFrame`] and held by a test against `geographiclib`.

use icao_wgs84::{
    Degrees, GeodesicSegment, LatLong, Metres, Radians, WGS84_ELLIPSOID,
    calculate_azimuths_and_geodesic_length,
};
use std::f64::consts::{PI, TAU};

/// Equatorial radius of the WGS-84 ellipsoid, metres (NIMA TR8350.2, 2000).
pub const WGS84_A_M: f64 = 6_378_137.0;
/// Flattening of the WGS-84 ellipsoid.
pub const WGS84_F: f64 = 1.0 / 298.257_223_563;
/// First eccentricity squared of the WGS-84 ellipsoid.
pub const WGS84_E2: f64 = WGS84_F * (2.0 - WGS84_F);
/// Mean earth radius (2a + b) / 3, metres: for error bounds, not for distances.
pub const MEAN_RADIUS_M: f64 = 6_371_008.8;

/// A vector in three dimensions, metres or metres per second by context.
pub type Vec3 = [f64; 3];

/// Scalar product.
#[inline]
pub fn dot(a: Vec3, b: Vec3) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}
/// Vector product.
#[inline]
pub fn cross(a: Vec3, b: Vec3) -> Vec3 {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}
/// `a + k·b`.
#[inline]
pub fn add_scaled(a: Vec3, k: f64, b: Vec3) -> Vec3 {
    [a[0] + k * b[0], a[1] + k * b[1], a[2] + k * b[2]]
}
/// `a - b`.
#[inline]
pub fn sub(a: Vec3, b: Vec3) -> Vec3 {
    add_scaled(a, -1.0, b)
}

/// A point on the surface of the ellipsoid: geodetic latitude and longitude.
///
/// Always valid: latitude within ±π/2, longitude within (−π, π], both finite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GeoPoint {
    lat_rad: f64,
    lon_rad: f64,
}

impl GeoPoint {
    /// From degrees; `None` if not finite, or latitude beyond ±90° or longitude
    /// beyond ±360°. Longitudes are brought into (−180°, 180°].
    pub fn from_deg(lat_deg: f64, lon_deg: f64) -> Option<GeoPoint> {
        if !(lat_deg.abs() <= 90.0 && lon_deg.abs() <= 360.0) {
            return None;
        }
        Some(GeoPoint { lat_rad: lat_deg.to_radians(), lon_rad: wrap_pi(lon_deg.to_radians()) })
    }

    /// From radians; `None` if not finite or the latitude is beyond ±π/2.
    pub fn from_rad(lat_rad: f64, lon_rad: f64) -> Option<GeoPoint> {
        if !(lat_rad.abs() <= PI / 2.0 && lon_rad.is_finite()) {
            return None;
        }
        Some(GeoPoint { lat_rad, lon_rad: wrap_pi(lon_rad) })
    }

    /// Geodetic latitude, radians.
    pub const fn lat_rad(self) -> f64 {
        self.lat_rad
    }
    /// Longitude, radians.
    pub const fn lon_rad(self) -> f64 {
        self.lon_rad
    }
    /// Geodetic latitude, degrees.
    pub const fn lat_deg(self) -> f64 {
        self.lat_rad.to_degrees()
    }
    /// Longitude, degrees.
    pub const fn lon_deg(self) -> f64 {
        self.lon_rad.to_degrees()
    }

    /// Length of the geodesic to `other`, metres.
    pub fn distance_m(self, other: GeoPoint) -> f64 {
        self.azimuth_and_distance(other).1
    }

    /// Azimuth at `self` (radians clockwise from north, 0..2π) and length
    /// (metres) of the geodesic to `other`.
    pub fn azimuth_and_distance(self, other: GeoPoint) -> (f64, f64) {
        let (azimuth, length, _) = calculate_azimuths_and_geodesic_length(
            &self.to_lat_long(),
            &other.to_lat_long(),
            Radians(1e-12),
            &WGS84_ELLIPSOID,
        );
        (Radians::from(azimuth).0.rem_euclid(TAU), length.0)
    }

    /// The point reached by following a geodesic from here.
    pub fn destination(self, azimuth_rad: f64, distance_m: f64) -> GeoPoint {
        let path = GeodesicSegment::from_lat_lon_azi_length(
            &self.to_lat_long(),
            icao_wgs84::Angle::from(Radians(azimuth_rad)),
            Metres(distance_m),
            &WGS84_ELLIPSOID,
        );
        let end = path.lat_long(Metres(distance_m));
        GeoPoint::from_deg(end.lat().0.clamp(-90.0, 90.0), end.lon().0).unwrap_or(self)
    }

    /// The tangent frame at this point.
    pub fn frame(self) -> LocalFrame {
        LocalFrame::at(self)
    }

    fn to_lat_long(self) -> LatLong<f64> {
        LatLong::new(Degrees(self.lat_deg()), Degrees(self.lon_deg()))
    }
}

/// Brings an angle into (−π, π].
pub fn wrap_pi(angle_rad: f64) -> f64 {
    if angle_rad > -PI && angle_rad <= PI {
        return angle_rad;
    }
    let wrapped = (angle_rad + PI).rem_euclid(TAU) - PI;
    if wrapped <= -PI { PI } else { wrapped }
}

/// The plane that touches the ellipsoid at a point, with its axes.
///
/// Positions are flattened by parallel projection of earth-centred vectors.
/// Over a distance *s* from the origin this shortens by s³/6R² and neglects the
/// change of curvature: below 0.05 m at 20 km, below 6 m at 100 km.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LocalFrame {
    /// Origin on the ellipsoid, earth-centred earth-fixed, metres.
    pub origin: Vec3,
    /// Unit vector to the east.
    pub east: Vec3,
    /// Unit vector to the north.
    pub north: Vec3,
    /// Unit vector along the outward normal.
    pub up: Vec3,
}

impl LocalFrame {
    /// The tangent frame at a point.
    #[inline]
    pub fn at(point: GeoPoint) -> LocalFrame {
        let (sin_lat, cos_lat) = point.lat_rad.sin_cos();
        let (sin_lon, cos_lon) = point.lon_rad.sin_cos();
        let up = [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat];
        let n = WGS84_A_M / (1.0 - WGS84_E2 * sin_lat * sin_lat).sqrt();
        LocalFrame {
            origin: [n * up[0], n * up[1], n * (1.0 - WGS84_E2) * sin_lat],
            east: [-sin_lon, cos_lon, 0.0],
            north: [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat],
            up,
        }
    }

    /// East and north of the origin, metres, of a point nearby.
    pub fn to_local(&self, point: GeoPoint) -> [f64; 2] {
        let d = sub(LocalFrame::at(point).origin, self.origin);
        [dot(d, self.east), dot(d, self.north)]
    }

    /// The point on the ellipsoid that [`to_local`](Self::to_local) maps to `en`.
    pub fn from_local(&self, en: [f64; 2]) -> GeoPoint {
        let plane = add_scaled(add_scaled(self.origin, en[0], self.east), en[1], self.north);
        // Walk down the normal of the frame onto the ellipsoid: the sagitta to
        // start with, then Newton's method (two rounds reach below 1 mm at 300 km).
        let mut h = -(en[0] * en[0] + en[1] * en[1]) / (2.0 * MEAN_RADIUS_M);
        let mut p = add_scaled(plane, h, self.up);
        for _ in 0..3 {
            let scaled = [p[0], p[1], p[2] / ((1.0 - WGS84_F) * (1.0 - WGS84_F))];
            let residual = dot(p, scaled) - WGS84_A_M * WGS84_A_M;
            let slope = 2.0 * dot(self.up, scaled);
            if slope.abs() < 1.0 {
                break; // more than a quarter of the globe away: nothing to meet
            }
            h -= residual / slope;
            p = add_scaled(plane, h, self.up);
        }
        point_on_surface(p)
    }

    /// An earth-fixed vector as east, north, up in this frame.
    #[inline]
    pub fn components(&self, v: Vec3) -> Vec3 {
        [dot(v, self.east), dot(v, self.north), dot(v, self.up)]
    }

    /// East and north components as an earth-fixed vector.
    #[inline]
    pub fn horizontal(&self, east: f64, north: f64) -> Vec3 {
        add_scaled(add_scaled([0.0; 3], east, self.east), north, self.north)
    }
}

/// Geodetic coordinates of an earth-centred vector that lies on the ellipsoid.
pub fn point_on_surface(p: Vec3) -> GeoPoint {
    // On the surface the normal is (x, y, z/(1-e²)): no iteration needed.
    let lat = (p[2] / (1.0 - WGS84_E2)).atan2(p[0].hypot(p[1]));
    let lon = p[1].atan2(p[0]);
    if lat.is_finite() && lon.is_finite() {
        GeoPoint { lat_rad: lat, lon_rad: wrap_pi(lon) }
    } else {
        GeoPoint { lat_rad: 0.0, lon_rad: 0.0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geographiclib_rs::{Geodesic, InverseGeodesic};
    use proptest::prelude::*;

    fn truth_m(a: GeoPoint, b: GeoPoint) -> f64 {
        Geodesic::wgs84().inverse(a.lat_deg(), a.lon_deg(), b.lat_deg(), b.lon_deg())
    }

    #[test]
    fn invalid_places_are_refused() {
        assert_eq!(GeoPoint::from_deg(90.1, 0.0), None);
        assert_eq!(GeoPoint::from_deg(f64::NAN, 0.0), None);
        assert_eq!(GeoPoint::from_deg(0.0, f64::INFINITY), None);
        assert_eq!(GeoPoint::from_deg(0.0, 190.0).unwrap().lon_deg(), -170.0);
        assert_eq!(GeoPoint::from_deg(0.0, -180.0).unwrap().lon_rad(), PI);
    }

    proptest! {
        #[test]
        fn geodesic_agrees_with_geographiclib(
            lat1 in -90.0..90.0f64, lon1 in -180.0..180.0f64,
            lat2 in -90.0..90.0f64, lon2 in -180.0..180.0f64,
        ) {
            let (a, b) = (GeoPoint::from_deg(lat1, lon1).unwrap(), GeoPoint::from_deg(lat2, lon2).unwrap());
            let truth = truth_m(a, b);
            // Nearly antipodal points are outside of any use here.
            prop_assume!(truth < 19_000_000.0);
            prop_assert!((a.distance_m(b) - truth).abs() < 0.01, "{} {}", a.distance_m(b), truth);
        }

        #[test]
        fn destination_undoes_azimuth_and_distance(
            lat in -89.0..89.0f64, lon in -180.0..180.0f64,
            azimuth in 0.0..TAU, distance in 1.0..2_000_000.0f64,
        ) {
            let a = GeoPoint::from_deg(lat, lon).unwrap();
            let b = a.destination(azimuth, distance);
            prop_assert!((truth_m(a, b) - distance).abs() < 0.01);
        }

        /// The bound that `LocalFrame` states.
        #[test]
        fn flat_frame_keeps_its_stated_bound(
            lat in -90.0..90.0f64, lon in -180.0..180.0f64,
            azimuth in 0.0..TAU, distance in 1.0..100_000.0f64,
        ) {
            let a = GeoPoint::from_deg(lat, lon).unwrap();
            let b = a.destination(azimuth, distance);
            let [e, n] = a.frame().to_local(b);
            let bound = if distance < 20_000.0 { 0.05 } else { 6.0 };
            prop_assert!((e.hypot(n) - truth_m(a, b)).abs() < bound);
            let back = a.frame().from_local([e, n]);
            prop_assert!(truth_m(back, b) < 0.01);
        }
    }

    #[test]
    fn poles_and_antimeridian_are_ordinary_places() {
        let a = GeoPoint::from_deg(89.99, 10.0).unwrap();
        let b = GeoPoint::from_deg(89.99, -170.0).unwrap();
        let [e, n] = a.frame().to_local(b);
        assert!((e.hypot(n) - truth_m(a, b)).abs() < 0.05);
        let a = GeoPoint::from_deg(10.0, 179.99).unwrap();
        let b = GeoPoint::from_deg(10.0, -179.99).unwrap();
        let [e, n] = a.frame().to_local(b);
        assert!((e - truth_m(a, b)).abs() < 0.05 && n.abs() < 1.0);
    }
}

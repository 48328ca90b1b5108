//! A flat frame near an aircraft that is entered and left without trigonometry.
//!
//! [`LocalFrame`] projects earth-centred
//! vectors onto a tangent plane. It is exact and costs four sines per point: too
//! much for every report of every aircraft. An [`Anchor`] computes the same
//! projection by power series around its origin, with sine and cosine taken once.

use deconflict_core::GeoPoint;
use deconflict_core::geo::{LocalFrame, WGS84_A_M, WGS84_E2, dot, sub, wrap_pi};

/// East and north in the plane of an anchor, metres or metres per second.
pub type Planar = [f64; 2];

/// Latitudes differ by less than this where the series is used: 32 km.
const SERIES_LAT_RAD: f64 = 0.005;
/// Longitudes likewise; reached within 30 km only beyond 87° of latitude.
const SERIES_LON_RAD: f64 = 0.1;
/// The same where the shorter series for the turn of north is used: met within
/// 20 km up to 80° of latitude.
const TURN_LON_RAD: f64 = 0.02;
/// Beyond this distance from the anchor there is no answer: parallel projection
/// would fold the far side of the earth onto the plane.
const DOMAIN_M: f64 = 500_000.0;

/// The tangent plane of the WGS-84 ellipsoid at a point, as power series.
///
/// Agrees with [`LocalFrame`] to 1 cm within 30 km of the origin (held by a
/// test) and calls it outside of the series, near the poles for one, so that
/// there is no place where it is wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Anchor {
    origin: GeoPoint,
    sin_lat: f64,
    /// North of the origin along the meridian: Σ `meridian[i]` δ^(i+1), δ the
    /// difference in latitude.
    meridian: [f64; 3],
    /// Distance from the axis of the earth: Σ `axis[i]` δ^i.
    axis: [f64; 4],
}

impl Anchor {
    /// The plane that touches the ellipsoid at `origin`.
    pub fn at(origin: GeoPoint) -> Anchor {
        let (sin, cos) = origin.lat_rad().sin_cos();
        let w = 1.0 - WGS84_E2 * sin * sin;
        // Radii of curvature, and the derivatives of the meridional one by latitude.
        let transverse = WGS84_A_M / w.sqrt();
        let m = WGS84_A_M * (1.0 - WGS84_E2) / (w * w.sqrt());
        let m1 = 3.0 * m * WGS84_E2 * sin * cos / w;
        let m2 = 3.0 * m * WGS84_E2 * (cos * cos - sin * sin);
        Anchor {
            origin,
            sin_lat: sin,
            meridian: [m, m1 / 2.0, (m2 - m) / 6.0],
            axis: [
                transverse * cos,
                -m * sin,
                -(m * cos + m1 * sin) / 2.0,
                (m * sin - 2.0 * m1 * cos) / 6.0,
            ],
        }
    }

    /// Where the plane touches.
    pub fn origin(&self) -> GeoPoint {
        self.origin
    }

    /// East and north of the origin; `None` farther than 500 km away.
    #[inline]
    pub fn to_local(&self, point: GeoPoint) -> Option<Planar> {
        let d_lat = point.lat_rad() - self.origin.lat_rad();
        let d_lon = wrap_pi(point.lon_rad() - self.origin.lon_rad());
        if d_lat.abs() > SERIES_LAT_RAD || d_lon.abs() > SERIES_LON_RAD {
            return self.exactly(point);
        }
        let axis_m = self.axis_m(d_lat);
        let square = d_lon * d_lon;
        let sin_lon = d_lon * (1.0 - square / 6.0 * (1.0 - square / 20.0));
        let [a, b, c] = self.meridian;
        let meridian_m = d_lat * (a + d_lat * (b + d_lat * c));
        Some([axis_m * sin_lon, meridian_m + self.sin_lat * axis_m * versine(square)])
    }

    /// The point that [`to_local`](Self::to_local) maps to `at`.
    #[inline]
    pub fn from_local(&self, at: Planar) -> GeoPoint {
        self.offsets(at)
            .and_then(|(d_lat, d_lon)| {
                GeoPoint::from_rad(self.origin.lat_rad() + d_lat, self.origin.lon_rad() + d_lon)
            })
            .unwrap_or_else(|| self.origin.frame().from_local(at))
    }

    /// A velocity over ground at the point `at` of the plane (east and north
    /// *there*) as components along the axes of the plane.
    ///
    /// Meridians converge: 20 km east of the origin, north has turned by 0.2° at
    /// 45° of latitude. Within 25 km this is exact to 0.02 m/s at 250 m/s.
    #[inline]
    pub fn enter(&self, at: Planar, velocity: Planar) -> Planar {
        let Some((sin, cos)) = self.convergence(at) else {
            let there = self.origin.frame().from_local(at).frame();
            let v = there.horizontal(velocity[0], velocity[1]);
            let [e, n, _] = self.origin.frame().components(v);
            return [e, n];
        };
        [velocity[0] * cos - velocity[1] * sin, velocity[0] * sin + velocity[1] * cos]
    }

    /// The inverse of [`enter`](Self::enter).
    #[inline]
    pub fn leave(&self, at: Planar, velocity: Planar) -> Planar {
        let Some((sin, cos)) = self.convergence(at) else {
            let there = self.origin.frame().from_local(at).frame();
            let v = self.origin.frame().horizontal(velocity[0], velocity[1]);
            let [e, n, _] = there.components(v);
            return [e, n];
        };
        [velocity[0] * cos + velocity[1] * sin, velocity[1] * cos - velocity[0] * sin]
    }

    #[inline]
    fn axis_m(&self, d_lat: f64) -> f64 {
        let [a, b, c, d] = self.axis;
        a + d_lat * (b + d_lat * (c + d_lat * d))
    }

    /// Differences in latitude and longitude of a point of the plane; `None`
    /// outside of the series.
    #[inline]
    fn offsets(&self, [east, north]: Planar) -> Option<(f64, f64)> {
        let [a, b, c] = self.meridian;
        let mut d_lat = north / a;
        let mut d_lon = 0.0;
        // A fixed point: each round gains a factor of 200 at the edge of the
        // series, 87° north, and 10⁵ at 45°.
        for _ in 0..3 {
            let axis_m = self.axis_m(d_lat);
            let sine = east / axis_m;
            let square = sine * sine;
            d_lon = sine * (1.0 + square * (1.0 / 6.0 + square * 0.075));
            let along = north - self.sin_lat * axis_m * versine(d_lon * d_lon);
            d_lat = along / (a + d_lat * (b + d_lat * c));
        }
        // Written so that a NaN is outside as well.
        (d_lat.abs() <= SERIES_LAT_RAD && d_lon.abs() <= SERIES_LON_RAD).then_some((d_lat, d_lon))
    }

    /// Sine and cosine of the angle by which north has turned at a point.
    #[inline]
    fn convergence(&self, [east, north]: Planar) -> Option<(f64, f64)> {
        let d_lat = north / self.meridian[0];
        let d_lon = east / self.axis_m(d_lat);
        if !(d_lat.abs() <= SERIES_LAT_RAD && d_lon.abs() <= TURN_LON_RAD) {
            return None;
        }
        let angle = self.sin_lat * d_lon;
        let square = angle * angle;
        Some((angle * (1.0 - square / 6.0), 1.0 - square * (0.5 - square / 24.0)))
    }

    #[cold]
    fn exactly(&self, point: GeoPoint) -> Option<Planar> {
        let here = self.origin.frame();
        let chord = sub(LocalFrame::at(point).origin, here.origin);
        (dot(chord, chord) <= DOMAIN_M * DOMAIN_M)
            .then(|| [dot(chord, here.east), dot(chord, here.north)])
    }
}

/// 1 − cos x from x².
#[inline]
fn versine(square: f64) -> f64 {
    square * (0.5 - square / 24.0)
}

/// Straight-line distance through the earth between two points, metres: cheap,
/// and within 0.1 % of the geodesic up to 900 km.
pub fn chord_m(a: GeoPoint, b: GeoPoint) -> f64 {
    let d = sub(a.frame().origin, b.frame().origin);
    dot(d, d).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::f64::consts::TAU;

    proptest! {
        /// The bound that [`Anchor`] states, poles and antimeridian included.
        #[test]
        fn series_agrees_with_the_frame_of_core(
            lat in -90.0..90.0f64, lon in -180.0..180.0f64,
            azimuth in 0.0..TAU, distance in 0.0..30_000.0f64,
        ) {
            let origin = GeoPoint::from_deg(lat, lon).unwrap();
            let point = origin.destination(azimuth, distance);
            let anchor = Anchor::at(origin);
            let [e, n] = anchor.to_local(point).unwrap();
            let [e0, n0] = origin.frame().to_local(point);
            prop_assert!((e - e0).hypot(n - n0) < 0.01, "{e} {e0} {n} {n0}");
            prop_assert!(chord_m(anchor.from_local([e, n]), point) < 0.01);
        }

        #[test]
        fn velocity_turns_with_the_meridians(
            lat in -89.9..89.9f64, lon in -180.0..180.0f64,
            azimuth in 0.0..TAU, distance in 0.0..25_000.0f64, track in 0.0..TAU,
        ) {
            let origin = GeoPoint::from_deg(lat, lon).unwrap();
            let point = origin.destination(azimuth, distance);
            let anchor = Anchor::at(origin);
            let at = anchor.to_local(point).unwrap();
            let v = [250.0 * track.sin(), 250.0 * track.cos()];
            let inside = anchor.enter(at, v);
            let exact = origin.frame().components(point.frame().horizontal(v[0], v[1]));
            prop_assert!((inside[0] - exact[0]).hypot(inside[1] - exact[1]) < 0.02);
            let out = anchor.leave(at, inside);
            prop_assert!((out[0] - v[0]).hypot(out[1] - v[1]) < 0.02);
        }
    }

    #[test]
    fn the_far_side_of_the_earth_is_not_here() {
        let anchor = Anchor::at(GeoPoint::from_deg(35.0, 40.0).unwrap());
        assert_eq!(anchor.to_local(GeoPoint::from_deg(-35.0, -140.0).unwrap()), None);
        assert!(anchor.to_local(GeoPoint::from_deg(38.0, 40.0).unwrap()).is_some());
    }
}

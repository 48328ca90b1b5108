//! From places on earth to the level frame of ownship.
//!
//! The earth is a sphere of which a minute of arc is a nautical mile. The frame is the
//! tangent plane below ownship, and places are projected parallel to its axes; heights
//! stay as they are. A velocity becomes what moves the projected point in ten seconds
//! of great-circle flight. These are the conventions of the reference; a sphere is off
//! by up to 0.3 % in distance, so in the system the kernel's ellipsoidal frames are
//! used (`deconflict_core::geo`) and this one for `.daa` files.

use crate::pair::Motion;
use deconflict_core::units::METRES_PER_NAUTICAL_MILE;
use std::f64::consts::PI;

/// Radius of the sphere, metres.
pub const RADIUS_M: f64 = METRES_PER_NAUTICAL_MILE * 60.0 * 180.0 / PI;
/// The time over which a velocity is projected, seconds.
const PROJECTED_S: f64 = 10.0;

/// A place and a straight flight on the sphere.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Flight {
    /// Latitude, radians.
    pub lat_rad: f64,
    /// Longitude, radians.
    pub lon_rad: f64,
    /// Altitude, metres.
    pub alt_m: f64,
    /// Velocity over ground: east, north, up; metres per second.
    pub velocity_mps: [f64; 3],
}

impl Flight {
    /// Where it is after `t_s` seconds along a great circle; course and speed are told
    /// as they were.
    #[must_use]
    pub fn after(&self, t_s: f64) -> Flight {
        let [east, north, up] = self.velocity_mps;
        let speed = east.hypot(north);
        let mut later = Flight { alt_m: self.alt_m + t_s * up, ..*self };
        if speed > 0.0 {
            let local = Frame::at(self.lat_rad, self.lon_rad);
            let place = deconflict_core::geo::cross(local.east, local.north);
            let (sin, cos) = (speed * t_s / RADIUS_M).sin_cos();
            let point = |k: usize| {
                place[k] * cos + (local.east[k] * east + local.north[k] * north) / speed * sin
            };
            later.lat_rad = point(2).clamp(-1.0, 1.0).asin();
            later.lon_rad = point(1).atan2(point(0));
        }
        later
    }
}

/// The tangent plane at a place.
#[derive(Clone, Copy, Debug)]
pub struct Frame {
    east: [f64; 3],
    north: [f64; 3],
}

impl Frame {
    /// The frame at a latitude and longitude.
    pub fn at(lat_rad: f64, lon_rad: f64) -> Frame {
        let ((sin_lat, cos_lat), (sin_lon, cos_lon)) = (lat_rad.sin_cos(), lon_rad.sin_cos());
        Frame {
            east: [-sin_lon, cos_lon, 0.0],
            north: [-sin_lat * cos_lon, -sin_lat * sin_lon, cos_lat],
        }
    }

    /// Whether a place is on this side of the earth.
    pub fn sees(&self, lat_rad: f64, lon_rad: f64) -> bool {
        let (cos, up) = (lat_rad.cos(), self.up());
        let place = [cos * lon_rad.cos(), cos * lon_rad.sin(), lat_rad.sin()];
        deconflict_core::geo::dot(up, place) > 0.0
    }

    /// Latitude and longitude, radians, of a point of the plane: the inverse of
    /// [`Frame::project`]. What lies beyond the earth is put on its rim.
    pub fn locate(&self, [east_m, north_m]: [f64; 2]) -> (f64, f64) {
        let (mut x, mut y) = (east_m / RADIUS_M, north_m / RADIUS_M);
        let away = x.hypot(y);
        if away > 1.0 {
            (x, y) = (x / away, y / away);
        }
        let height = (1.0 - x * x - y * y).max(0.0).sqrt();
        let up = self.up();
        let place = [0, 1, 2].map(|k| x * self.east[k] + y * self.north[k] + height * up[k]);
        (place[2].clamp(-1.0, 1.0).asin(), place[1].atan2(place[0]))
    }

    fn up(&self) -> [f64; 3] {
        let ([a, b, c], [d, e, f]) = (self.east, self.north);
        [b * f - c * e, c * d - a * f, a * e - b * d]
    }

    /// A flight in this frame.
    pub fn project(&self, flight: &Flight) -> Motion {
        let ((sin_lat, cos_lat), (sin_lon, cos_lon)) =
            (flight.lat_rad.sin_cos(), flight.lon_rad.sin_cos());
        let place = [cos_lat * cos_lon, cos_lat * sin_lon, sin_lat];
        let [east, north, up] = flight.velocity_mps;
        let speed = (east * east + north * north).sqrt();
        let here = self.flatten(place);
        let mut velocity_mps = [0.0, 0.0, up];
        if speed > 0.0 {
            // Great-circle flight: the place turns towards the unit vector of the
            // direction of flight (rotation in the plane of both).
            let local = Frame::at(flight.lat_rad, flight.lon_rad);
            let (sin, cos) = (speed * PROJECTED_S / RADIUS_M).sin_cos();
            let mut there = [0.0; 3];
            for axis in 0..3 {
                let ahead = (local.east[axis] * east + local.north[axis] * north) / speed;
                there[axis] = place[axis] * cos + ahead * sin;
            }
            let there = self.flatten(there);
            for axis in 0..2 {
                velocity_mps[axis] = (there[axis] - here[axis]) / PROJECTED_S;
            }
        }
        Motion { position_m: [here[0], here[1], flight.alt_m], velocity_mps }
    }

    /// The flight of which a motion is the projection; `None` beyond the horizon.
    pub fn lift(&self, motion: &Motion) -> Option<Flight> {
        let unit = |[x, y]: [f64; 2]| {
            let (x, y) = (x / RADIUS_M, y / RADIUS_M);
            let below = 1.0 - x * x - y * y;
            let up = deconflict_core::geo::cross(self.east, self.north);
            let point = |k: usize| x * self.east[k] + y * self.north[k] + below.sqrt() * up[k];
            (below > 0.0).then(|| [point(0), point(1), point(2)])
        };
        let [x, y, alt_m] = motion.position_m;
        let [vx, vy, vz] = motion.velocity_mps;
        let here = unit([x, y])?;
        let there = unit([x + vx * PROJECTED_S, y + vy * PROJECTED_S])?;
        let lat_rad = here[2].clamp(-1.0, 1.0).asin();
        let lon_rad = here[1].atan2(here[0]);
        let local = Frame::at(lat_rad, lon_rad);
        // The direction of flight by its parts; its length by the chord.
        let [east, north] = [local.east, local.north].map(|a| deconflict_core::geo::dot(a, there));
        let flat = east.hypot(north);
        let chord = deconflict_core::geo::sub(there, here);
        let half = 0.5 * deconflict_core::geo::dot(chord, chord).sqrt();
        let speed = 2.0 * half.min(1.0).asin() * RADIUS_M / PROJECTED_S;
        let scale = if flat > 0.0 { speed / flat } else { 0.0 };
        let velocity_mps = [east * scale, north * scale, vz];
        Some(Flight { lat_rad, lon_rad, alt_m, velocity_mps })
    }

    fn flatten(&self, place: [f64; 3]) -> [f64; 2] {
        [self.east, self.north].map(|axis| RADIUS_M * deconflict_core::geo::dot(axis, place))
    }
}

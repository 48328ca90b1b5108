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

    fn flatten(&self, place: [f64; 3]) -> [f64; 2] {
        [self.east, self.north].map(|axis| RADIUS_M * deconflict_core::geo::dot(axis, place))
    }
}

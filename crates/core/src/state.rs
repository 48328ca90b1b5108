//! Where an aircraft is, how it moves, and how well both are known.

use crate::{Altitude, GeoPoint, Time};

/// Velocity over ground in the local level frame, m/s.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Velocity {
    /// To the east.
    pub east_mps: f64,
    /// To the north.
    pub north_mps: f64,
    /// Upwards.
    pub up_mps: f64,
}

impl Velocity {
    /// From ground speed (m/s), track angle (radians clockwise from true north)
    /// and vertical rate (m/s).
    #[inline]
    pub fn from_track(ground_speed_mps: f64, track_rad: f64, up_mps: f64) -> Velocity {
        let (sin, cos) = track_rad.sin_cos();
        Velocity { east_mps: ground_speed_mps * sin, north_mps: ground_speed_mps * cos, up_mps }
    }

    /// Speed over ground, m/s.
    pub fn ground_speed_mps(&self) -> f64 {
        // Not `hypot`: speeds neither overflow nor underflow, and this is called for
        // every aircraft every second.
        (self.east_mps * self.east_mps + self.north_mps * self.north_mps).sqrt()
    }

    /// Track angle, radians clockwise from true north, 0..2π.
    pub fn track_rad(&self) -> f64 {
        self.east_mps.atan2(self.north_mps).rem_euclid(std::f64::consts::TAU)
    }
}

/// Uncertainty of a state in the local level frame: horizontal and vertical are
/// independent of each other.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Covariance {
    /// East, north (m), east rate, north rate (m/s): symmetric 4×4.
    pub horizontal: [[f64; 4]; 4],
    /// Altitude (m), vertical rate (m/s): symmetric 2×2.
    pub vertical: [[f64; 2]; 2],
}

impl Covariance {
    /// Uncorrelated, the same in east and north: standard deviations of
    /// horizontal position and velocity per axis, altitude and vertical rate.
    pub fn diagonal(
        position_sigma_m: f64,
        velocity_sigma_mps: f64,
        altitude_sigma_m: f64,
        vertical_rate_sigma_mps: f64,
    ) -> Covariance {
        let mut c = Covariance::default();
        for axis in 0..2 {
            c.horizontal[axis][axis] = position_sigma_m * position_sigma_m;
            c.horizontal[axis + 2][axis + 2] = velocity_sigma_mps * velocity_sigma_mps;
        }
        c.vertical[0][0] = altitude_sigma_m * altitude_sigma_m;
        c.vertical[1][1] = vertical_rate_sigma_mps * vertical_rate_sigma_mps;
        c
    }

    /// After `dt_s` of straight motion disturbed by white acceleration noise of
    /// the given spectral densities (m²/s³). The discretised continuous
    /// white-noise-acceleration model: Bar-Shalom, Li & Kirubarajan, *Estimation
    /// with Applications to Tracking and Navigation* (2001), 6.2.2.
    pub fn propagated(&self, dt_s: f64, growth: Growth) -> Covariance {
        let mut out = *self;
        for i in 0..2 {
            for j in 0..2 {
                let (pv, vp, vv) = (
                    self.horizontal[i][j + 2],
                    self.horizontal[i + 2][j],
                    self.horizontal[i + 2][j + 2],
                );
                out.horizontal[i][j] += dt_s * (pv + vp) + dt_s * dt_s * vv;
                out.horizontal[i][j + 2] += dt_s * vv;
                out.horizontal[i + 2][j] += dt_s * vv;
            }
        }
        out.vertical[0][0] += dt_s * 2.0 * self.vertical[0][1] + dt_s * dt_s * self.vertical[1][1];
        out.vertical[0][1] += dt_s * self.vertical[1][1];
        out.vertical[1][0] = out.vertical[0][1];
        let age_s = dt_s.abs();
        let noise = [age_s.powi(3) / 3.0, dt_s * age_s / 2.0, age_s];
        for i in 0..2 {
            out.horizontal[i][i] += growth.horizontal_psd * noise[0];
            out.horizontal[i][i + 2] += growth.horizontal_psd * noise[1];
            out.horizontal[i + 2][i] += growth.horizontal_psd * noise[1];
            out.horizontal[i + 2][i + 2] += growth.horizontal_psd * noise[2];
        }
        out.vertical[0][0] += growth.vertical_psd * noise[0];
        out.vertical[0][1] += growth.vertical_psd * noise[1];
        out.vertical[1][0] = out.vertical[0][1];
        out.vertical[1][1] += growth.vertical_psd * noise[2];
        out
    }
}

/// How fast uncertainty grows: spectral density of white acceleration noise, m²/s³.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Growth {
    /// Per horizontal axis.
    pub horizontal_psd: f64,
    /// Vertical.
    pub vertical_psd: f64,
}

/// The kinematic state of one aircraft at one time, with its uncertainty.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct State {
    /// When this holds.
    pub time: Time,
    /// Where, horizontally.
    pub position: GeoPoint,
    /// Where, vertically, with the reference.
    pub altitude: Altitude,
    /// How it moves.
    pub velocity: Velocity,
    /// How well the above is known.
    pub covariance: Covariance,
}

impl State {
    /// Whether every number in here is finite.
    pub fn is_finite(&self) -> bool {
        let v = &self.velocity;
        self.altitude.m.is_finite()
            && v.east_mps.is_finite()
            && v.north_mps.is_finite()
            && v.up_mps.is_finite()
            && self.covariance.horizontal.iter().flatten().all(|c| c.is_finite())
            && self.covariance.vertical.iter().flatten().all(|c| c.is_finite())
    }

    /// The state after straight flight at constant speed and vertical rate
    /// until `time`, its uncertainty grown accordingly.
    pub fn at(&self, time: Time, growth: Growth) -> State {
        let dt_s = time.seconds_since(self.time);
        let v = self.velocity;
        let ground_speed_mps = v.ground_speed_mps();
        let distance_m = ground_speed_mps * dt_s;
        // Near by, the tangent plane is as good as the geodesic (0.05 m) and ten times cheaper.
        let (position, velocity) = if distance_m.abs() < 20_000.0 {
            let frame = self.position.frame();
            let position = frame.from_local([v.east_mps * dt_s, v.north_mps * dt_s]);
            let there = position.frame();
            let carried = there.components(frame.horizontal(v.east_mps, v.north_mps));
            (position, Velocity { east_mps: carried[0], north_mps: carried[1], up_mps: v.up_mps })
        } else {
            let azimuth = v.track_rad();
            let position = self.position.destination(azimuth, distance_m);
            let (back, _) = position.azimuth_and_distance(self.position);
            let sign = if distance_m > 0.0 { -1.0 } else { 1.0 };
            (position, Velocity::from_track(sign * ground_speed_mps, back, v.up_mps))
        };
        State {
            time,
            position,
            altitude: Altitude { m: self.altitude.m + v.up_mps * dt_s, ..self.altitude },
            velocity,
            covariance: self.covariance.propagated(dt_s, growth),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::mps_from_kt;

    fn state() -> State {
        State {
            time: Time::from_millis(0),
            position: GeoPoint::from_deg(35.0, 40.0).unwrap(),
            altitude: Altitude::pressure_ft(30_000.0),
            velocity: Velocity::from_track(mps_from_kt(450.0), 1.0, 5.0),
            covariance: Covariance::diagonal(50.0, 1.0, 15.0, 0.5),
        }
    }

    #[test]
    fn flight_is_straight_at_any_range() {
        let s = state();
        for dt in [10.0, 60.0, 600.0, 3600.0] {
            let later = s.at(s.time.plus_s(dt), Growth::default());
            let d = s.position.distance_m(later.position);
            assert!((d - mps_from_kt(450.0) * dt).abs() < 0.1, "{dt}: {d}");
            assert!((later.velocity.ground_speed_mps() - mps_from_kt(450.0)).abs() < 0.01);
            let back = later.at(s.time, Growth::default());
            assert!(back.position.distance_m(s.position) < 0.5, "{dt}");
            assert!((back.velocity.track_rad() - 1.0).abs() < 1e-5);
            assert!((later.altitude.m - s.altitude.m - 5.0 * dt).abs() < 1e-9);
        }
    }

    #[test]
    fn uncertainty_grows_with_velocity_error_and_noise() {
        let c = Covariance::diagonal(50.0, 1.0, 15.0, 0.5);
        let grown = c.propagated(10.0, Growth { horizontal_psd: 3.0, vertical_psd: 0.0 });
        assert!((grown.horizontal[0][0] - (2500.0 + 100.0 + 1000.0)).abs() < 1e-9);
        assert!((grown.horizontal[0][2] - (10.0 + 150.0)).abs() < 1e-9);
        assert_eq!(grown.horizontal[0][2], grown.horizontal[2][0]);
        assert!((grown.vertical[0][0] - (225.0 + 25.0)).abs() < 1e-9);
        // Looking back is uncertain too.
        assert!(
            c.propagated(-10.0, Growth { horizontal_psd: 3.0, vertical_psd: 0.0 }).horizontal[0][0]
                > 2500.0
        );
    }
}

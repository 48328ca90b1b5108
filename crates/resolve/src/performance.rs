//! What aircraft can fly, by class.

use deconflict_core::AircraftClass;
use deconflict_core::units::{STANDARD_GRAVITY_MPS2, mps_from_fpm, mps_from_kt};
use serde::{Deserialize, Serialize};

/// What a pilot will do when asked: ordinary manoeuvres, not the limits of the airframe.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Performance {
    /// Bank in a turn, radians.
    pub bank_rad: f64,
    /// No faster turn than this, rad/s.
    pub turn_rate_rps: f64,
    /// Rate of climb, m/s.
    pub climb_mps: f64,
    /// Rate of descent, m/s.
    pub descent_mps: f64,
    /// Vertical acceleration into a climb or descent, m/s².
    pub vertical_accel_mps2: f64,
    /// Slowest and fastest ground speed, as shares of the present one …
    pub speed_range: [f64; 2],
    /// … and never slower than this, m/s.
    pub slowest_mps: f64,
    /// Acceleration along the path, m/s².
    pub accel_mps2: f64,
}

/// Three degrees a second: the standard (rate one) turn.
const RATE_ONE_RPS: f64 = 3.0 * std::f64::consts::PI / 180.0;

impl Performance {
    /// Round figures of a class.
    pub fn typical(class: AircraftClass) -> Performance {
        use AircraftClass as C;
        // Bank (degrees), climb, descent (ft/min), slowest (kt), speed range, acceleration.
        let (bank_deg, climb_fpm, descent_fpm, slowest_kt, range, accel_mps2) = match class {
            C::Transport | C::Tanker | C::Unknown => (25.0, 1500.0, 1500.0, 130.0, 0.08, 0.4),
            C::HighPerformance => (35.0, 4000.0, 4000.0, 180.0, 0.12, 1.5),
            C::Light | C::TowPlane => (25.0, 700.0, 800.0, 60.0, 0.15, 0.5),
            C::Rotorcraft => (20.0, 800.0, 800.0, 30.0, 0.30, 0.8),
            C::Uncrewed => (20.0, 500.0, 500.0, 30.0, 0.15, 0.5),
            C::Ultralight => (20.0, 400.0, 500.0, 25.0, 0.10, 0.5),
            C::Glider => (30.0, 0.0, 500.0, 40.0, 0.10, 0.5),
            C::LighterThanAir => (0.0, 300.0, 300.0, 0.0, 0.0, 0.1),
            C::Surface => (0.0, 0.0, 0.0, 0.0, 0.0, 0.1),
        };
        Performance {
            bank_rad: f64::to_radians(bank_deg),
            turn_rate_rps: RATE_ONE_RPS,
            climb_mps: mps_from_fpm(climb_fpm),
            descent_mps: mps_from_fpm(descent_fpm),
            vertical_accel_mps2: 1.0,
            speed_range: [1.0 - range, 1.0 + range],
            slowest_mps: mps_from_kt(slowest_kt),
            accel_mps2,
        }
    }

    /// Rate of turn at a ground speed, rad/s; 0 if it cannot turn.
    pub fn turn_rate_at_rps(&self, ground_speed_mps: f64) -> f64 {
        let by_bank = STANDARD_GRAVITY_MPS2 * self.bank_rad.tan() / ground_speed_mps.max(1.0);
        by_bank.clamp(0.0, self.turn_rate_rps)
    }

    pub(crate) fn is_finite(&self) -> bool {
        [
            self.bank_rad,
            self.turn_rate_rps,
            self.climb_mps,
            self.descent_mps,
            self.vertical_accel_mps2,
            self.speed_range[0],
            self.speed_range[1],
            self.slowest_mps,
            self.accel_mps2,
        ]
        .iter()
        .all(|x| x.is_finite())
    }

    /// The same, with every number in a range that an aircraft can have.
    pub(crate) fn within_reason(self) -> Performance {
        Performance {
            bank_rad: self.bank_rad.clamp(0.0, 1.4),
            turn_rate_rps: self.turn_rate_rps.clamp(0.0, 1.0),
            climb_mps: self.climb_mps.clamp(0.0, 200.0),
            descent_mps: self.descent_mps.clamp(0.0, 200.0),
            vertical_accel_mps2: self.vertical_accel_mps2.clamp(0.1, 50.0),
            speed_range: [self.speed_range[0].clamp(0.2, 1.0), self.speed_range[1].clamp(1.0, 2.0)],
            slowest_mps: self.slowest_mps.clamp(0.0, 400.0),
            accel_mps2: self.accel_mps2.clamp(0.05, 50.0),
        }
    }
}

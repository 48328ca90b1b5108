//! Sensor uncertainty mitigation: from standard deviations to bounds.
//!
//! Narkawicz, Muñoz, Dutle: Sensor Uncertainty Mitigation and Dynamic Well Clear Volumes
//! in DAIDALUS, DASC 2018. Each error is bounded by a z-score times the standard
//! deviation in its worst direction; the bounds of ownship and intruder add up.

use crate::config::ZScores;
use crate::pair::Doubt;

/// Standard deviations of what is known about one aircraft.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Uncertainty {
    /// Horizontal position, east-west, metres.
    pub s_ew_m: f64,
    /// Horizontal position, north-south, metres.
    pub s_ns_m: f64,
    /// Covariance of the two as a signed root, metres.
    pub s_en_m: f64,
    /// Vertical position, metres.
    pub sz_m: f64,
    /// Horizontal velocity, east-west, metres per second.
    pub v_ew_mps: f64,
    /// Horizontal velocity, north-south, metres per second.
    pub v_ns_mps: f64,
    /// Covariance of the two as a signed root, metres per second.
    pub v_en_mps: f64,
    /// Vertical velocity, metres per second.
    pub vz_mps: f64,
}

impl Uncertainty {
    /// What may be wrong about the one relative to the other, which is `distance_m`
    /// away. Close by more is allowed for.
    pub fn doubt(&self, other: &Uncertainty, distance_m: f64, z: &ZScores) -> Doubt {
        let position = worst(self.s_ew_m, self.s_ns_m, self.s_en_m)
            + worst(other.s_ew_m, other.s_ns_m, other.s_en_m);
        let velocity = worst(self.v_ew_mps, self.v_ns_mps, self.v_en_mps)
            + worst(other.v_ew_mps, other.v_ns_mps, other.v_en_mps);
        let doubt = Doubt {
            horizontal_m: z.h_pos * position,
            horizontal_mps: 0.0,
            near_mps: z.h_vel_max * velocity,
            far_mps: z.h_vel_min * velocity,
            far_m: z.h_vel_distance_m,
            vertical_m: z.v_pos * (self.sz_m + other.sz_m),
            vertical_mps: z.v_vel * (self.vz_mps + other.vz_mps),
        };
        doubt.seen_from(distance_m)
    }
}

/// The standard deviation in the worst direction: the root of the greater eigenvalue
/// of the covariance.
fn worst(ew: f64, ns: f64, en: f64) -> f64 {
    let (a, b, c) = (ew * ew, ns * ns, en * en.abs());
    let half = 0.5 * (a - b);
    (0.5 * (a + b) + (half * half + c * c).sqrt()).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_direction_may_be_oblique() {
        assert_eq!(worst(3.0, 3.0, 0.0), 3.0);
        assert_eq!(worst(3.0, 4.0, 0.0), 4.0);
        // Fully correlated: all error is on the diagonal.
        assert!((worst(3.0, 3.0, 3.0) - 18_f64.sqrt()).abs() < 1e-12);
        assert!((worst(3.0, 3.0, -3.0) - 18_f64.sqrt()).abs() < 1e-12);
    }
}

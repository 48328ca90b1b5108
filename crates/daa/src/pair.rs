//! Two aircraft in one level frame, and the times and distances of their encounter.

use deconflict_core::geo::{Vec3, add_scaled, sub};
use deconflict_detect::cylinder::RelativeMotion;

/// Straight flight of one aircraft in a level frame: x east, y north, z up.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Motion {
    /// Position, metres.
    pub position_m: Vec3,
    /// Velocity, metres per second.
    pub velocity_mps: Vec3,
}

impl Motion {
    /// Where it is after `t_s` seconds of straight flight.
    #[inline]
    #[must_use]
    pub fn after(self, t_s: f64) -> Motion {
        Motion { position_m: add_scaled(self.position_m, t_s, self.velocity_mps), ..self }
    }
}

/// How much the sensors may err about an intruder relative to ownship: bounds that
/// are already multiplied by their z-scores (see [`crate::uncertainty`]). All zero
/// without sensor uncertainty mitigation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Doubt {
    /// Horizontal position, metres.
    pub horizontal_m: f64,
    /// Horizontal velocity, metres per second.
    pub horizontal_mps: f64,
    /// The same where the two are together.
    pub near_mps: f64,
    /// The same where they are `far_m` apart or more.
    pub far_mps: f64,
    /// See `far_mps`, metres.
    pub far_m: f64,
    /// Vertical position, metres.
    pub vertical_m: f64,
    /// Vertical velocity, metres per second.
    pub vertical_mps: f64,
}

impl Doubt {
    /// The same with the error of horizontal velocity that is allowed for at a
    /// distance: between its two bounds, in proportion to the least distance that the
    /// position error allows.
    #[must_use]
    pub fn seen_from(self, distance_m: f64) -> Doubt {
        let least_m = (distance_m - self.horizontal_m).max(0.0);
        let horizontal_mps = if least_m >= self.far_m {
            self.far_mps
        } else {
            self.near_mps + (self.far_mps - self.near_mps) * (least_m / self.far_m)
        };
        Doubt { horizontal_mps, ..self }
    }

    /// What is known of now says less about later: errors of velocity become errors of
    /// position.
    #[inline]
    #[must_use]
    pub fn after(self, t_s: f64) -> Doubt {
        Doubt {
            horizontal_m: self.horizontal_m + t_s * self.horizontal_mps,
            vertical_m: self.vertical_m + t_s * self.vertical_mps,
            ..self
        }
    }
}

/// Ownship and one intruder. What is relative is **ownship − intruder**, as in the
/// papers on well clear (Muñoz et al., NASA/TM 2014-218280).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pair {
    /// Ownship.
    pub own: Motion,
    /// The intruder.
    pub intruder: Motion,
    /// What the sensors may err.
    pub doubt: Doubt,
}

impl Pair {
    /// A pair whose states are exact.
    pub fn new(own: Motion, intruder: Motion) -> Pair {
        Pair { own, intruder, doubt: Doubt::default() }
    }

    /// The pair after `t_s` seconds of straight flight.
    #[must_use]
    pub fn after(&self, t_s: f64) -> Pair {
        Pair {
            own: self.own.after(t_s),
            intruder: self.intruder.after(t_s),
            doubt: self.doubt.after(t_s),
        }
    }

    /// Ownship as seen from the intruder.
    #[inline]
    pub fn relative(&self) -> RelativeMotion {
        RelativeMotion {
            position_m: sub(self.own.position_m, self.intruder.position_m),
            velocity_mps: sub(self.own.velocity_mps, self.intruder.velocity_mps),
        }
    }
}

/// The scalar measures of an encounter that well clear and its reports speak of.
pub trait Encounter {
    /// Modified tau, seconds: `(D² − |s|²) / (s·v)` while closing horizontally; `None`
    /// while not (TCAS II, RTCA DO-185B; Muñoz, Narkawicz, Chamberlain 2013).
    fn tau_mod_s(&self, distance_m: f64) -> Option<f64>;
    /// Time to horizontal CPA, seconds, not before now; 0 without relative motion.
    fn tcpa_s(&self) -> f64;
    /// Horizontal distance at [`Encounter::tcpa_s`], metres.
    fn dcpa_m(&self) -> f64;
    /// Time to co-altitude, seconds; `None` unless vertically closing.
    fn tcoa_s(&self) -> Option<f64>;
    /// Horizontal miss distance within a look-ahead, metres.
    fn hmd_m(&self, lookahead_s: f64) -> f64;
    /// Vertical miss distance within a look-ahead, metres.
    fn vmd_m(&self, lookahead_s: f64) -> f64;
}

impl Encounter for RelativeMotion {
    fn tau_mod_s(&self, distance_m: f64) -> Option<f64> {
        let [x, y, _] = self.position_m;
        let [vx, vy, _] = self.velocity_mps;
        let closing = x * vx + y * vy;
        let tau = (distance_m * distance_m - (x * x + y * y)) / closing;
        (closing < 0.0 && tau.is_finite()).then_some(tau)
    }

    fn tcpa_s(&self) -> f64 {
        self.time_of_closest_approach_s().map_or(0.0, |t| t.max(0.0))
    }

    fn dcpa_m(&self) -> f64 {
        self.horizontal_m(self.tcpa_s())
    }

    fn tcoa_s(&self) -> Option<f64> {
        let (z, vz) = (self.position_m[2], self.velocity_mps[2]);
        let t = -z / vz;
        (z * vz < 0.0 && t.is_finite()).then_some(t)
    }

    fn hmd_m(&self, lookahead_s: f64) -> f64 {
        self.horizontal_m(self.tcpa_s().min(lookahead_s))
    }

    fn vmd_m(&self, lookahead_s: f64) -> f64 {
        match self.tcoa_s() {
            Some(t) if t <= lookahead_s => 0.0,
            Some(_) => self.vertical_m(lookahead_s).abs(),
            None => self.position_m[2].abs(),
        }
    }
}

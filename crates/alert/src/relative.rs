//! Where one aircraft is and moves as seen from another, near by.

use deconflict_core::State;
use deconflict_core::geo::sub;

/// Position and velocity of `b` relative to `a`, in the level frame at `a`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Relative {
    /// East and north, metres.
    pub position: [f64; 2],
    /// Altitude of `b` above `a`, metres.
    pub up_m: f64,
    /// East and north, m/s.
    pub velocity: [f64; 2],
    /// Vertical rate of `b` against `a`, m/s.
    pub climb_mps: f64,
    /// Ground speeds of both, m/s.
    pub speeds: [f64; 2],
    /// Cosine of the angle between the two track angles; 1 if either stands still.
    pub cos_crossing: f64,
}

impl Relative {
    pub fn between(a: &State, b: &State) -> Relative {
        let (frame, other) = (a.position.frame(), b.position.frame());
        let offset = sub(other.origin, frame.origin);
        let carried = frame.components(other.horizontal(b.velocity.east_mps, b.velocity.north_mps));
        let position = frame.components(offset);
        let own = [a.velocity.east_mps, a.velocity.north_mps];
        let speeds = [own[0].hypot(own[1]), carried[0].hypot(carried[1])];
        let product = speeds[0] * speeds[1];
        let cos_crossing = if product > 1e-6 {
            (own[0] * carried[0] + own[1] * carried[1]) / product
        } else {
            1.0
        };
        Relative {
            position: [position[0], position[1]],
            up_m: b.altitude.m - a.altitude.m,
            velocity: [carried[0] - own[0], carried[1] - own[1]],
            climb_mps: b.velocity.up_mps - a.velocity.up_mps,
            speeds,
            cos_crossing,
        }
    }

    pub fn horizontal_m(&self) -> f64 {
        self.position[0].hypot(self.position[1])
    }

    pub fn vertical_m(&self) -> f64 {
        self.up_m.abs()
    }

    pub fn speed_mps(&self) -> f64 {
        self.velocity[0].hypot(self.velocity[1])
    }

    /// Seconds to the closest point of approach; zero if it is past or the two
    /// do not move against each other.
    pub fn tcpa_s(&self) -> f64 {
        let [x, y] = self.position;
        let [vx, vy] = self.velocity;
        let speed2 = vx * vx + vy * vy;
        if speed2 < 1e-6 { 0.0 } else { (-(x * vx + y * vy) / speed2).max(0.0) }
    }

    /// Horizontal and vertical distance after `t_s` of straight flight, metres.
    pub fn distances_at(&self, t_s: f64) -> (f64, f64) {
        let at = |axis: usize| self.position[axis] + t_s * self.velocity[axis];
        (at(0).hypot(at(1)), (self.up_m + t_s * self.climb_mps).abs())
    }

    /// Whether the two move apart, horizontally or, at the same place, vertically.
    pub fn opening(&self) -> bool {
        let range_rate = self.position[0] * self.velocity[0] + self.position[1] * self.velocity[1];
        range_rate > 0.0 || (range_rate > -1.0 && self.up_m * self.climb_mps > 0.0)
    }
}

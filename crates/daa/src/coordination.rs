//! Implicit coordination: two aircraft that both follow a criterion, without a word
//! between them, do not turn into each other.
//!
//! Narkawicz, Muñoz: State-Based Implicit Coordination and Applications, NASA/TP
//! 2011-217067. Each aircraft computes a sign, ε, from the relative state. Seen from the
//! other, position and velocity are both negated; the horizontal sign stays (both turn
//! to the same hand, so they part), the vertical one is negated (one climbs, the other
//! descends). A criterion is a linear function f of ownship's new velocity, with the
//! property that f ≥ 0 for both new relative velocities, each computed against the
//! *old* velocity of the other, gives f ≥ 0 when both manoeuvre:
//! `v′ₒ − v′ᵢ = (v′ₒ − vᵢ) + (vₒ − v′ᵢ) − (vₒ − vᵢ)`. Where the old velocity meets a
//! criterion already, half of what it has is kept, so that the sum still does.
//!
//! That is a statement about velocities that change at once. The bands use it as a
//! choice of side: what a manoeuvre does on its way is still judged by its volume.

use crate::detector::Span;
use deconflict_detect::cylinder::RelativeMotion;

/// The protected cylinder, and how far ahead is looked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Criterion {
    /// Ownship relative to the intruder, as they fly now.
    pub now: RelativeMotion,
    /// Radius D, metres.
    pub distance_m: f64,
    /// Half height H, metres.
    pub height_m: f64,
    /// Look-ahead, seconds.
    pub lookahead_s: f64,
}

/// On which side to pass: 1 or −1.
pub type Epsilon = i8;

/// s×v, the speed times the signed miss distance.
fn miss(now: &RelativeMotion, [vx, vy]: [f64; 2]) -> f64 {
    now.position_m[0] * vy - now.position_m[1] * vx
}

/// What passes this close is head-on, metres: who computes in another frame must not
/// find another sign by rounding.
const HEAD_ON_M: f64 = 1.0;
/// What is this close in height is at one level, metres.
const ONE_LEVEL_M: f64 = 0.1;

/// The horizontal sign: that of s×v, so that each keeps the side on which the two would
/// pass anyway. Head-on it is 1: both turn right. The same for both aircraft.
pub fn horizontal_epsilon(now: &RelativeMotion) -> Epsilon {
    let [vx, vy, _] = now.velocity_mps;
    if miss(now, [vx, vy]) >= -HEAD_ON_M * (vx * vx + vy * vy).sqrt() { 1 } else { -1 }
}

/// The vertical sign: 1 for who would be above at the horizontal closest point, −1 for
/// who would be below. At one level there who is above now; at one level always
/// `first`, which has to be given to one of the two aircraft and not to the other (by
/// the order of their names).
pub fn vertical_epsilon(now: &RelativeMotion, first: bool) -> Epsilon {
    let (z, vz) = (now.position_m[2], now.velocity_mps[2]);
    let tcpa_s = now.time_of_closest_approach_s().map_or(0.0, |t| t.max(0.0));
    let above = [z + tcpa_s * vz, z].into_iter().find(|z| z.abs() > ONE_LEVEL_M);
    if above.map_or(first, |z| z > 0.0) { 1 } else { -1 }
}

impl Criterion {
    /// Whether a new horizontal relative velocity passes on the side ε: outside the
    /// circle `s·v + R·ε·(s×v) ≥ 0` with R = √(|s|² − D²)/D, the half plane of
    /// velocities that miss the circle on that side; inside `s·v ≥ 0`, away.
    pub fn horizontal(&self, epsilon: Epsilon, velocity_mps: [f64; 2]) -> bool {
        let [x, y, _] = self.now.position_m;
        let outside = x * x + y * y - self.distance_m * self.distance_m;
        let ratio = if outside > 0.0 { outside.sqrt() / self.distance_m.max(1e-9) } else { 0.0 };
        let f = |v: [f64; 2]| x * v[0] + y * v[1] + ratio * f64::from(epsilon) * miss(&self.now, v);
        let [vx, vy, _] = self.now.velocity_mps;
        f(velocity_mps) >= (0.5 * f([vx, vy])).max(0.0)
    }

    /// When the two are horizontally within D of each other, within the look-ahead.
    fn overlap(&self) -> Option<Span> {
        let flat = |v: [f64; 3]| [v[0], v[1], 0.0];
        let level = RelativeMotion {
            position_m: flat(self.now.position_m),
            velocity_mps: flat(self.now.velocity_mps),
        };
        level.infringement(self.distance_m, 1.0, Span::new(0.0, self.lookahead_s))
    }

    /// Whether a new relative vertical speed passes above (ε = 1) or below (ε = −1): by
    /// at least H while the two are horizontally within D. Who is there already and
    /// less than H apart has to part.
    pub fn vertical(&self, epsilon: Epsilon, vz_mps: f64) -> bool {
        let sign = f64::from(epsilon);
        let (z, vz) = (self.now.position_m[2], self.now.velocity_mps[2]);
        let Some(span) = self.overlap() else { return true };
        if span.start <= 0.0 && sign * z < self.height_m {
            return sign * vz_mps >= (0.5 * sign * vz).max(0.0);
        }
        self.apart(sign, span, |t| z + t * vz_mps)
    }

    /// The same for flight at a height over the intruder's present one, which the
    /// intruder's own vertical speed changes.
    pub fn height(&self, epsilon: Epsilon, above_m: f64, intruder_vz_mps: f64) -> bool {
        let sign = f64::from(epsilon);
        let Some(span) = self.overlap() else { return true };
        self.apart(sign, span, |t| above_m - t * intruder_vz_mps)
    }

    /// Whether a height that is linear in time keeps H on one side, from the beginning of
    /// a span to its end.
    fn apart(&self, sign: f64, span: Span, height: impl Fn(f64) -> f64) -> bool {
        let (z, vz) = (self.now.position_m[2], self.now.velocity_mps[2]);
        [span.start, span.end].into_iter().all(|t| {
            let had = sign * (z + t * vz);
            sign * height(t) >= self.height_m.max(0.5 * (self.height_m + had))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn head_on_both_turn_right() {
        let now =
            RelativeMotion { position_m: [0.0, -8000.0, 0.0], velocity_mps: [0.0, 200.0, 0.0] };
        assert_eq!(horizontal_epsilon(&now), 1);
        let criterion = Criterion { now, distance_m: 1000.0, height_m: 150.0, lookahead_s: 180.0 };
        // Ownship flies north: to the east is to its right.
        assert!(criterion.horizontal(1, [60.0, 190.0]));
        assert!(!criterion.horizontal(1, [-60.0, 190.0]));
        assert!(!criterion.horizontal(1, [0.0, 200.0]));
        // 40 s to the closest point, 35 s to the circle: 150 m need 4.3 m/s.
        assert!(criterion.vertical(1, 4.5) && !criterion.vertical(1, 4.0));
        assert!(!criterion.vertical(1, -4.5));
    }
}

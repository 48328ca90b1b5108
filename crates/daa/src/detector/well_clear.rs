//! Well clear by modified tau (RTCA DO-365; Muñoz et al., NASA/TM 2014-218280).

use super::{Detector, Horizontal, Span, vertical};
use crate::pair::Pair;

/// The well-clear volume of four thresholds, with relative position s and velocity v:
///
/// - horizontally `|s| ≤ D`, or `DCPA ≤ D` and `0 ≤ τ-mod ≤ T`;
/// - vertically `|s_z| ≤ Z`, or closing and `−s_z / v_z ≤ C`.
///
/// Both together violate it. Well clear is convex in time: it is lost once, during
/// one interval (Narkawicz, Muñoz et al., NASA/TM 2014-218280, section 4).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WellClear {
    /// D, metres.
    pub distance_m: f64,
    /// Z, metres.
    pub height_m: f64,
    /// T, seconds of modified tau.
    pub tau_s: f64,
    /// C, seconds to co-altitude.
    pub tcoa_s: f64,
    /// Whether the volume grows with what the sensors may err.
    pub with_doubt: bool,
}

impl WellClear {
    /// When the horizontal condition holds, over all time. As DCPA ≤ D, the roots of
    /// τ-mod ≤ T enclose the way into the circle, and it ends with the way out.
    fn horizontal(&self, h: &Horizontal) -> Option<Span> {
        let inside = h.inside(self.distance_m)?;
        let start = h.within_tau(self.distance_m, self.tau_s).map_or(inside.start, |t| t.start);
        Some(Span::new(start.min(inside.start), inside.end))
    }
}

impl Detector for WellClear {
    fn violated(&self, pair: &Pair) -> bool {
        self.violation_over_all_time(pair).is_some_and(|s| s.start <= 0.0 && 0.0 <= s.end)
    }

    #[inline]
    fn violation(&self, pair: &Pair, within: Span) -> Option<Span> {
        self.violation_over_all_time(pair)?.intersect(within)
    }
}

impl WellClear {
    #[inline]
    fn violation_over_all_time(&self, pair: &Pair) -> Option<Span> {
        if self.with_doubt {
            return super::uncertain::violation(self, pair);
        }
        let z = pair.own.position_m[2] - pair.intruder.position_m[2];
        let vz = pair.own.velocity_mps[2] - pair.intruder.velocity_mps[2];
        let low = vertical(z, vz, self.height_m, self.tcoa_s)?;
        self.horizontal(&Horizontal::of(pair))?.intersect(low)
    }
}

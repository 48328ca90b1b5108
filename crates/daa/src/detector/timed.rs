//! The other well-clear volumes of the family: by time to closest approach, by time to
//! entry, and with a vertical time to entry.
//!
//! Muñoz, Narkawicz, Chamberlain, Consiglio, Upchurch: A Family of Well-Clear Boundary
//! Models for the Integration of UAS in the NAS, AIAA ATIO 2014. They differ in the
//! time that stands for the distance while the two close. For any state with DCPA ≤ D
//! `t_ep ≤ τ-mod ≤ t_cpa`, so the volume by t_cpa lies in the one by τ-mod, and that in
//! the one by t_ep.

use super::{Detector, Horizontal, Span, between_levels, vertical};
use crate::pair::Pair;

/// The time variable of the horizontal condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HorizontalTime {
    /// Modified tau, `(D² − |s|²) / (s·v)`.
    TauMod,
    /// Time to closest point of approach, `−(s·v) / |v|²`.
    Tcpa,
    /// Time to entry into the circle of radius D (NASA/TM 2014-218155).
    EntryPoint,
}

/// The time variable of the vertical condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerticalTime {
    /// Time to co-altitude, `−s_z / v_z`.
    CoAltitude,
    /// Time until the heights are Z apart, `(Z − |s_z|) / |v_z|` while closing.
    Entry,
}

/// A well-clear volume by any time variable:
///
/// - horizontally `|s| ≤ D`, or `DCPA ≤ D` and `0 ≤ t_h ≤ T`;
/// - vertically `|s_z| ≤ Z`, or closing and `t_v ≤ C`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TimedWellClear {
    /// D, metres.
    pub distance_m: f64,
    /// Z, metres.
    pub height_m: f64,
    /// T, seconds.
    pub time_s: f64,
    /// C, seconds.
    pub tcoa_s: f64,
    /// What T is compared with.
    pub horizontal: HorizontalTime,
    /// What C is compared with.
    pub vertical: VerticalTime,
}

impl TimedWellClear {
    fn over_all_time(&self, pair: &Pair) -> Option<Span> {
        let z = pair.own.position_m[2] - pair.intruder.position_m[2];
        let vz = pair.own.velocity_mps[2] - pair.intruder.velocity_mps[2];
        let low = match self.vertical {
            VerticalTime::CoAltitude => vertical(z, vz, self.height_m, self.tcoa_s)?,
            // C seconds before the way through the heights begins.
            VerticalTime::Entry => {
                let inside = between_levels(z, vz, self.height_m)?;
                Span::new(inside.start - self.tcoa_s, inside.end)
            }
        };
        let h = Horizontal::of(pair);
        // As DCPA ≤ D, what is ahead is the way into the circle, and it ends with the
        // way out.
        let inside = h.inside(self.distance_m)?;
        let early_s = match self.horizontal {
            HorizontalTime::TauMod => {
                h.within_tau(self.distance_m, self.time_s).map_or(inside.start, |t| t.start)
            }
            // Without relative motion there is no such time.
            HorizontalTime::Tcpa if h.vv > 0.0 => -h.sv / h.vv - self.time_s,
            HorizontalTime::Tcpa => inside.start,
            HorizontalTime::EntryPoint => inside.start - self.time_s,
        };
        let start = if early_s.is_finite() { early_s.min(inside.start) } else { inside.start };
        Span::new(start, inside.end).intersect(low)
    }
}

impl Detector for TimedWellClear {
    fn violated(&self, pair: &Pair) -> bool {
        self.over_all_time(pair).is_some_and(|s| s.start <= 0.0 && 0.0 <= s.end)
    }

    fn violation(&self, pair: &Pair, within: Span) -> Option<Span> {
        self.over_all_time(pair)?.intersect(within)
    }
}

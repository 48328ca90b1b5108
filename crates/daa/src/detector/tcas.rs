//! The volumes of TCAS II (RTCA DO-185B), by sensitivity level.

use super::{Detector, Horizontal, Span, vertical};
use crate::pair::{Motion, Pair};

/// What TCAS demands in one band of altitude.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct TcasLevel {
    /// TAU, seconds of modified tau.
    pub tau_s: f64,
    /// Seconds to co-altitude.
    pub tcoa_s: f64,
    /// DMOD, metres.
    pub dmod_m: f64,
    /// ZTHR, metres.
    pub height_m: f64,
    /// Horizontal miss distance of the filter, metres.
    pub hmd_m: f64,
}

/// TCAS II: a traffic advisory, or with the filter of horizontal miss distance a
/// resolution advisory (Muñoz, Narkawicz, Chamberlain: A TCAS-II resolution advisory
/// detection algorithm, AIAA 2013-4622).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tcas {
    /// Whether a pair that will pass far enough is let go.
    pub hmd_filter: bool,
    /// The altitudes, metres, above which the next level applies: those of levels 2
    /// to 8. Level 1 is on the ground.
    pub above_m: [f64; 7],
    /// Levels 1 to 8.
    pub levels: [TcasLevel; 8],
}

impl Tcas {
    /// The level that applies at an altitude of ownship.
    #[inline]
    pub fn level_at(&self, altitude_m: f64) -> &TcasLevel {
        &self.levels[self.index_at(altitude_m, 0.0)]
    }

    /// Index of the level; exactly between two, the one that is being entered.
    #[inline]
    fn index_at(&self, altitude_m: f64, climb: f64) -> usize {
        let passed = |a: &&f64| if climb > 0.0 { altitude_m >= **a } else { altitude_m > **a };
        self.above_m.iter().take_while(passed).count()
    }
}

impl TcasLevel {
    fn violation(&self, pair: &Pair, hmd_filter: bool) -> Option<Span> {
        let z = pair.own.position_m[2] - pair.intruder.position_m[2];
        let vz = pair.own.velocity_mps[2] - pair.intruder.velocity_mps[2];
        let low = vertical(z, vz, self.height_m, self.tcoa_s)?;
        let h = Horizontal::of(pair);
        let mut span = match (h.inside(self.dmod_m), h.within_tau(self.dmod_m, self.tau_s)) {
            // Into the circle by tau, out of it by distance.
            (Some(inside), Some(tau)) => Span::new(tau.start.min(inside.start), inside.end),
            (Some(inside), None) => inside,
            // It passes outside: tau is short for a while before the closest point.
            (None, Some(tau)) => tau,
            (None, None) => return None,
        };
        if hmd_filter {
            // What has passed its closest point counts only while within the distance.
            span.end = span.end.min(h.inside(self.hmd_m)?.end);
        }
        span.intersect(low)
    }
}

impl Tcas {
    /// The pieces of time in which one level applies, as ownship climbs or descends.
    fn pieces(&self, own: &Motion, within: Span) -> impl Iterator<Item = (&TcasLevel, Span)> {
        let (z, vz) = (own.position_m[2], own.velocity_mps[2]);
        let mut from = within.start;
        let mut next = Some(self.index_at(z + vz * within.start, vz));
        std::iter::from_fn(move || {
            let level = next?;
            // The altitude on the way at which another level begins.
            let (limit, after) = if vz > 0.0 {
                (self.above_m.get(level), Some(level + 1))
            } else {
                (level.checked_sub(1).and_then(|l| self.above_m.get(l)), level.checked_sub(1))
            };
            let reached = limit.filter(|_| vz != 0.0).map_or(f64::INFINITY, |l| (l - z) / vz);
            let until = reached.max(from).min(within.end);
            next = if until < within.end { after } else { None };
            let piece = (&self.levels[level], Span::new(from, until));
            from = until;
            Some(piece)
        })
    }
}

impl Detector for Tcas {
    fn violated(&self, pair: &Pair) -> bool {
        let level = self.level_at(pair.own.position_m[2]);
        level.violation(pair, self.hmd_filter).is_some_and(|s| s.start <= 0.0 && 0.0 <= s.end)
    }

    fn violation(&self, pair: &Pair, within: Span) -> Option<Span> {
        // From the first moment to the last, over all levels that are passed.
        self.pieces(&pair.own, within)
            .filter_map(|(level, piece)| level.violation(pair, self.hmd_filter)?.intersect(piece))
            .reduce(|all, span| Span::new(all.start, span.end))
    }
}

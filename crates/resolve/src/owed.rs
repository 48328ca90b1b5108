//! How well a pair of paths keeps the separation that it owes.

use crate::path::{Path, meetings};
use crate::situation::{Owed, Participant, Situation};
use deconflict_core::rules::Membership;
use deconflict_daa::detector::{Detector, WellClear};
use deconflict_daa::pair::Pair;

/// How many standard deviations of the relative position are kept in reserve.
const RESERVE_SIGMAS: f64 = 2.0;
/// How far ahead the standard deviation is taken for that, seconds.
const RESERVE_AT_S: f64 = 45.0;

/// The weights of what is lost, against the effort of manoeuvres (a turn by 20° is
/// about 3): reserve used up; minima infringed at all and by depth; near collision;
/// each minute of infringement.
const RESERVE: f64 = 25.0;
const INFRINGED: f64 = 60.0;
const DEPTH: f64 = 200.0;
const NEAR_COLLISION: f64 = 3000.0;
const MINUTE: f64 = 20.0;
/// Of this share of the minima a near collision is spoken of, at least …
const NEAR_SHARE: f64 = 0.25;
/// … and of these distances (twice an NMAC: 500 ft and 100 ft).
const NEAR_M: [f64; 2] = [304.8, 76.2];

/// What one pair owes each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PairOwed {
    pub horizontal_m: f64,
    pub vertical_m: f64,
    reserve_m: [f64; 2],
    /// By how much the vertical minimum is called less strictly than it is owed, metres.
    tolerance_m: f64,
    well_clear: Option<WellClear>,
}

/// How a pair of paths does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Measure {
    /// The least share of what is owed that is kept; at most 1: all.
    pub share: f64,
    /// What is lost, weighed against the effort of manoeuvres; 0: nothing, with reserve.
    pub loss: f64,
}

impl Measure {
    pub const CLEAR: Measure = Measure { share: 1.0, loss: 0.0 };
}

/// Where a pair is nearest to a loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Nearest {
    pub time_s: f64,
    pub horizontal_m: f64,
    pub vertical_m: f64,
}

impl PairOwed {
    /// What two aircraft of a situation owe each other; `None`: nothing.
    ///
    /// Of rules that hold only somewhere, at some levels or in some directions, the most
    /// demanding counts: a manoeuvre may lead there. The kernel has the last word.
    pub fn between(
        situation: &Situation,
        memberships: &[Membership],
        a: usize,
        b: usize,
    ) -> Option<PairOwed> {
        if situation.is_exempt(a as u32, b as u32) {
            return None;
        }
        let (pa, pb) = (&situation.aircraft()[a], &situation.aircraft()[b]);
        match situation.owed() {
            Owed::WellClear(volume) => {
                let sane = volume.distance_m > 1.0 && volume.height_m > 1.0 && volume.tau_s >= 0.0;
                let reserve_m = reserve(pa, pb, [volume.distance_m, volume.height_m], [0.35, 0.35]);
                sane.then_some(PairOwed {
                    horizontal_m: volume.distance_m,
                    vertical_m: volume.height_m,
                    reserve_m,
                    tolerance_m: 0.0,
                    well_clear: Some(*volume),
                })
            }
            Owed::Rules(rules) => {
                let mut mask =
                    rules.candidates((&pa.subject, memberships[a]), (&pb.subject, memberships[b]));
                let (mut horizontal_m, mut vertical_m, mut tolerance_m) = (0.0f64, 0.0f64, 0.0f64);
                while mask != 0 {
                    let rule = &rules.rules()[mask.trailing_zeros() as usize];
                    mask &= mask - 1;
                    if !rule.minima.owes_none() {
                        horizontal_m = horizontal_m.max(rule.minima.called_horizontal_m());
                        vertical_m = vertical_m.max(rule.minima.called_vertical_m());
                        tolerance_m = rule.minima.vertical_m - rule.minima.called_vertical_m();
                    }
                    let everywhere = rule.band.is_none()
                        && rule.volume.is_none()
                        && rule.parallel_within_rad.is_none();
                    if everywhere {
                        break;
                    }
                }
                let reserve_m = reserve(pa, pb, [horizontal_m, vertical_m], [0.12, 0.2]);
                (horizontal_m > 0.0 && vertical_m > 0.0).then_some(PairOwed {
                    horizontal_m,
                    vertical_m,
                    reserve_m: [reserve_m[0], reserve_m[1].max(tolerance_m)],
                    tolerance_m,
                    well_clear: None,
                })
            }
        }
    }

    /// How far apart two paths have to be for nothing to be lost, metres.
    pub fn reach_m(&self) -> [f64; 2] {
        let tau_m = if self.well_clear.is_some() { 3.0 } else { 1.0 };
        [tau_m * (self.horizontal_m + self.reserve_m[0]), self.vertical_m + self.reserve_m[1]]
    }

    /// How two paths keep it.
    pub fn measure(&self, a: &Path, b: &Path) -> Measure {
        let with_reserve =
            [self.horizontal_m + self.reserve_m[0], self.vertical_m + self.reserve_m[1]];
        // The volume of modified tau reaches further ahead than its distance: there only
        // the levels keep two apart for certain.
        let horizontally_m =
            if self.well_clear.is_some() { f64::INFINITY } else { with_reserve[0] };
        let by_level = self.well_clear.is_none_or(|volume| volume.tcoa_s <= 0.0);
        if by_level && a.is_far_from(b, horizontally_m, with_reserve[1]) {
            return Measure::CLEAR;
        }
        let mut reserve_share = f64::INFINITY;
        let mut share = f64::INFINITY;
        let mut near_share = f64::INFINITY;
        let mut lost_s = 0.0;
        let near =
            [0, 1].map(|k| NEAR_M[k].max(NEAR_SHARE * [self.horizontal_m, self.vertical_m][k]));
        meetings(a, b, |motion, span, _, _| {
            // Levels that are kept need no reserve: what altimeters err is in the minima.
            let keeps_levels = self.well_clear.is_none() && motion.velocity_mps[2].abs() < 0.5;
            let vertical_m =
                if keeps_levels { self.vertical_m + self.tolerance_m } else { with_reserve[1] };
            let (kept, _) = motion.least_share(with_reserve[0], vertical_m, span);
            reserve_share = reserve_share.min(kept);
            if kept < 1.0 {
                share = share.min(motion.least_share(self.horizontal_m, self.vertical_m, span).0);
                near_share = near_share.min(motion.least_share(near[0], near[1], span).0);
                let lost = motion.infringement(self.horizontal_m, self.vertical_m, span);
                lost_s += lost.map_or(0.0, |lost| lost.end - lost.start);
            }
        });
        let mut loss = loss_of(reserve_share, share) + MINUTE * lost_s / 60.0;
        if near_share < 1.0 {
            loss += NEAR_COLLISION * (1.0 - near_share);
        }
        if let Some(volume) = self.well_clear {
            let wide = WellClear {
                distance_m: with_reserve[0],
                height_m: with_reserve[1],
                tau_s: volume.tau_s + 2.0,
                ..volume
            };
            if is_violated(&wide, 1.0, a, b) {
                loss += 0.5 * RESERVE;
                let kept = well_clear_share(&volume, a, b);
                loss += loss_of(1.0, kept);
                share = share.min(kept);
            }
        }
        Measure { share: share.min(1.0), loss }
    }

    /// Where two paths are nearest to a loss.
    pub fn nearest(&self, a: &Path, b: &Path) -> Nearest {
        let mut best = (f64::INFINITY, Nearest { time_s: 0.0, horizontal_m: 0.0, vertical_m: 0.0 });
        meetings(a, b, |motion, span, _, _| {
            let (share, time_s) = motion.least_share(self.horizontal_m, self.vertical_m, span);
            if share < best.0 {
                best = (
                    share,
                    Nearest {
                        time_s,
                        horizontal_m: motion.horizontal_m(time_s),
                        vertical_m: motion.vertical_m(time_s),
                    },
                );
            }
        });
        best.1
    }

    /// When separation is first lost, seconds; `None` if it is kept.
    pub fn lost_at_s(&self, a: &Path, b: &Path) -> Option<f64> {
        let mut first: Option<f64> = None;
        meetings(a, b, |motion, span, own, intruder| {
            if first.is_none() {
                let lost = match &self.well_clear {
                    None => motion.infringement(self.horizontal_m, self.vertical_m, span),
                    Some(volume) => volume.violation(&Pair::new(*own, *intruder), span),
                };
                first = lost.map(|lost| lost.start);
            }
        });
        first
    }
}

/// What is lost with so much of the minima kept, with and without reserve.
fn loss_of(reserve_share: f64, share: f64) -> f64 {
    let mut loss = 0.0;
    if reserve_share < 1.0 {
        loss += RESERVE * (1.0 - reserve_share);
    }
    if share < 1.0 {
        loss += INFRINGED + DEPTH * (1.0 - share);
    }
    loss
}

/// By how much a well-clear volume has to be shrunk, in distance, height and time
/// alike, for two paths to stay out of it; 1: not at all.
fn well_clear_share(volume: &WellClear, a: &Path, b: &Path) -> f64 {
    if !is_violated(volume, 1.0, a, b) {
        return 1.0;
    }
    let (mut kept, mut lost) = (0.0, 1.0);
    for _ in 0..5 {
        let middle = 0.5 * (kept + lost);
        if is_violated(volume, middle, a, b) { lost = middle } else { kept = middle }
    }
    kept
}

/// Whether two paths violate a well-clear volume that is scaled in distance, height and time.
fn is_violated(volume: &WellClear, scale: f64, a: &Path, b: &Path) -> bool {
    let scaled = WellClear {
        distance_m: volume.distance_m * scale,
        height_m: volume.height_m * scale,
        tau_s: volume.tau_s * scale,
        tcoa_s: volume.tcoa_s * scale,
        ..*volume
    };
    let mut violated = false;
    meetings(a, b, |_, span, own, intruder| {
        violated = violated || scaled.violation(&Pair::new(*own, *intruder), span).is_some();
    });
    violated
}

fn reserve(a: &Participant, b: &Participant, owed_m: [f64; 2], most: [f64; 2]) -> [f64; 2] {
    let variance = |p: &Participant| {
        let c = p.state.covariance.propagated(RESERVE_AT_S, p.growth);
        [0.5 * (c.horizontal[0][0] + c.horizontal[1][1]), c.vertical[0][0]]
    };
    let (va, vb) = (variance(a), variance(b));
    [0, 1].map(|k| {
        let sigma_m = (va[k] + vb[k]).max(0.0).sqrt();
        let most_m = most[k] * owed_m[k];
        if sigma_m.is_finite() {
            (RESERVE_SIGMAS * sigma_m).clamp(0.4 * most_m, most_m)
        } else {
            most_m
        }
    })
}

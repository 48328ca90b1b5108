//! How surely a conflict is one.

use crate::reservation::Accuracy;
use crate::shape::Band;
use deconflict_core::altitude::Incomparable;
use deconflict_core::overlap::Bands;
use deconflict_core::volume::Footprint;
use deconflict_core::{Altitude, State, Volume4d};
use deconflict_detect::probability::normal_below;
use std::fmt;

/// How surely a conflict is one.
#[derive(Clone, Debug, PartialEq)]
pub enum Sure {
    /// The probability that the two are in the same airspace, by what is said of both accuracies.
    Probability(f64),
    /// What is not known, and would have to be.
    CannotTell(String),
}

impl fmt::Display for Sure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Sure::Probability(p) => write!(f, "probability {p:.2}"),
            Sure::CannotTell(why) => write!(f, "how surely cannot be told: {why}"),
        }
    }
}

impl Sure {
    /// Of two parts of one conflict: what is unknown stays unknown, else the more likely.
    pub(super) fn joined(self, other: Sure) -> Sure {
        match (&self, &other) {
            (Sure::CannotTell(_), _) => self,
            (_, Sure::CannotTell(_)) => other,
            (Sure::Probability(p), Sure::Probability(q)) if q > p => other,
            _ => self,
        }
    }
}

/// Standard deviations of the two together, horizontal and vertical.
pub(super) fn both(names: [&str; 2], accuracies: [Accuracy; 2]) -> Result<[f64; 2], Sure> {
    let mut variances = [0.0; 2];
    for (name, accuracy) in names.iter().zip(accuracies) {
        let (Some(horizontal_m), Some(vertical_m)) = (accuracy.horizontal_m, accuracy.vertical_m)
        else {
            return Err(Sure::CannotTell(format!("the accuracy of {name} is not known")));
        };
        variances[0] += horizontal_m * horizontal_m;
        variances[1] += vertical_m * vertical_m;
    }
    Ok(variances.map(f64::sqrt))
}

pub(super) fn incomparable(refused: Incomparable) -> Sure {
    Sure::CannotTell(refused.to_string())
}

/// The altitudes that two bands share where they are over one reference, and by how much
/// they overlap (negative: apart); infinity where an end is open.
pub(super) fn common_band(a: Band, b: Band) -> (Band, f64) {
    let reference = [a.lower, a.upper, b.lower, b.upper].into_iter().flatten().next();
    let Some(reference) = reference.map(|a| a.reference) else {
        return (Band::default(), f64::INFINITY);
    };
    let limits = [a.lower, a.upper, b.lower, b.upper];
    if limits.into_iter().flatten().any(|l| l.reference != reference) {
        return (Band::default(), f64::INFINITY);
    }
    let pick = |one: Option<Altitude>, two: Option<Altitude>, highest: bool| match (one, two) {
        (Some(x), Some(y)) if (x.m > y.m) == highest => Some(x),
        (Some(_), Some(y)) => Some(y),
        (x, y) => x.or(y),
    };
    let (lower, upper) = (pick(a.lower, b.lower, true), pick(a.upper, b.upper, false));
    let gap = |low: Option<Altitude>, high: Option<Altitude>| {
        low.zip(high).map_or(f64::INFINITY, |(l, h)| h.m - l.m)
    };
    let depth_m = gap(a.lower, b.upper).min(gap(b.lower, a.upper));
    let is_common = matches!((lower, upper), (Some(l), Some(u)) if l.m > u.m);
    (if is_common { Band::default() } else { Band { lower, upper } }, depth_m)
}

/// The probability that two volumes overlap: in altitude by how deep they do, along the
/// ground 1 unless only their buffers meet.
pub(super) fn of_volumes(
    a: &Volume4d,
    b: &Volume4d,
    bands: Bands,
    depth_m: f64,
    sigma_m: [f64; 2],
    most_margin_m: f64,
) -> Sure {
    let (depth_m, vertical_m) = match bands {
        Bands::Overlap => (depth_m, sigma_m[1]),
        Bands::Converted { overlap_m, sigma_m: added } => (overlap_m, sigma_m[1].hypot(added)),
        Bands::CannotTell(refused) => return incomparable(refused),
    };
    let gap_m = gap_m(&a.footprint, &b.footprint, most_margin_m);
    Sure::Probability(within(depth_m, vertical_m) * within(-gap_m, sigma_m[0]))
}

/// Probability that a depth is one, given its standard deviation.
fn within(depth_m: f64, sigma_m: f64) -> f64 {
    if sigma_m > 0.0 {
        normal_below(depth_m / sigma_m)
    } else if depth_m >= 0.0 {
        1.0
    } else {
        0.0
    }
}

/// How far apart two footprints are that come within `most_m`; negative infinity if they overlap.
fn gap_m(a: &Footprint, b: &Footprint, most_m: f64) -> f64 {
    if most_m <= 0.0 || a.overlaps(b) {
        return f64::NEG_INFINITY;
    }
    let (mut apart_m, mut near_m) = (0.0, most_m);
    for _ in 0..12 {
        let middle_m = 0.5 * (apart_m + near_m);
        if a.meets_within(b, middle_m).is_some() {
            near_m = middle_m;
        } else {
            apart_m = middle_m;
        }
    }
    near_m
}

/// The probability that something at a state is inside a volume. Along the ground, the share
/// of 48 equally likely places of the round normal distribution that are inside: rings at the
/// middle of six equal shares of it, eight bearings each.
pub(super) fn of_state(volume: &Volume4d, state: &State, bands: Bands, sigma_m: [f64; 2]) -> f64 {
    const RINGS: u32 = 6;
    const BEARINGS: u32 = 8;
    let z = state.altitude.m;
    let vertical = match bands {
        Bands::CannotTell(_) => return 1.0,
        Bands::Converted { overlap_m, sigma_m: added } => {
            within(overlap_m, sigma_m[1].hypot(added))
        }
        Bands::Overlap => {
            let [lower, upper] = volume.band_m(state.altitude.reference);
            let above = lower.map_or(1.0, |l| within(z - l, sigma_m[1]));
            let below = upper.map_or(1.0, |u| within(u - z, sigma_m[1]));
            (above + below - 1.0).max(0.0)
        }
    };
    if sigma_m[0] <= 0.0 {
        return if volume.footprint.contains(state.position) { vertical } else { 0.0 };
    }
    let mut inside = 0;
    for ring in 0..RINGS {
        // Rayleigh's distribution of the distance.
        let share = (f64::from(ring) + 0.5) / f64::from(RINGS);
        let radius_m = sigma_m[0] * (-2.0 * (1.0 - share).ln()).sqrt();
        for k in 0..BEARINGS {
            let turn = f64::from(k) + if ring % 2 == 0 { 0.0 } else { 0.5 };
            let azimuth = std::f64::consts::TAU * turn / f64::from(BEARINGS);
            let there = state.position.destination(azimuth, radius_m);
            inside += u32::from(volume.footprint.contains(there));
        }
    }
    vertical * f64::from(inside) / f64::from(RINGS * BEARINGS)
}

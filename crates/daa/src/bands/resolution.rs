//! Resolutions: the nearest value on each side that is free, or regains separation.

use super::Band;
use crate::config::{Config, Dimension};
use crate::region::Region;
use std::f64::consts::{PI, TAU};

/// Where to go from the current value.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Resolution {
    /// Whether the current value needs one.
    pub needed: bool,
    /// Nearest good value above, or to the right; none if there is none.
    pub up: Option<f64>,
    /// Nearest good value below, or to the left.
    pub down: Option<f64>,
    /// Whether up, or right, is preferred: it is nearer.
    pub prefers_up: bool,
}

fn good(region: Region) -> bool {
    matches!(region, Region::None | Region::Recovery)
}

pub(super) fn resolve(
    dimension: Dimension,
    bands: &[Band],
    current: f64,
    region: Region,
    config: &Config,
) -> Resolution {
    if good(region) || region < config.corrective_region {
        return Resolution::default();
    }
    let nearest = |side: f64| {
        let mut best: Option<(f64, f64)> = None;
        for band in bands.iter().filter(|b| good(b.region)) {
            for edge in [band.low, band.high] {
                let mut away = (edge - current) * side;
                if dimension == Dimension::Direction {
                    away = away.rem_euclid(TAU);
                    let limits = config.limits(dimension);
                    let most = if side > 0.0 { limits.max } else { limits.min };
                    if away >= most.min(PI) - 1e-9 {
                        continue;
                    }
                }
                if away >= 0.0 && best.is_none_or(|(b, _)| away < b) {
                    best = Some((away, edge));
                }
            }
        }
        best
    };
    let (up, down) = (nearest(1.0), nearest(-1.0));
    // Rounding does not decide a tie: up, or right, as the rules of the air have it.
    let tie = 1e-6 * config.limits(dimension).step;
    let away = |side: Option<(f64, f64)>| side.map_or(f64::INFINITY, |s| s.0);
    Resolution {
        needed: true,
        up: up.map(|s| s.1),
        down: down.map(|s| s.1),
        prefers_up: up.is_some() && away(up) <= away(down) + tie,
    }
}

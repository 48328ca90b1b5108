//! Spread of alerting: whether a band comes near what ownship flies.

use super::BandsSolver;
use super::sweep::Sweep;
use super::trajectory::manoeuvres;
use crate::config::{AlertLevel, Config, Dimension};
use crate::pair::Pair;

/// Whether in some dimension a value within the spread of the current one, or on the
/// first step beyond, leads to a violation within `ahead_s` of the manoeuvre. A spread of
/// 0 looks at nothing.
pub(crate) fn band_within_spread(
    pair: &Pair,
    level: &AlertLevel,
    ahead_s: f64,
    config: &Config,
) -> bool {
    if level.spread.iter().all(|spread| *spread <= 0.0) {
        return false;
    }
    let mut solver = BandsSolver::new(config);
    let mut sweep = Sweep::default();
    Dimension::ALL.into_iter().any(|dimension| {
        let spread = level.spread[dimension as usize];
        if spread <= 0.0 {
            return false;
        }
        let ways = &mut solver.ways;
        manoeuvres(dimension, &pair.own, config, ways);
        let (near, steps) = match dimension {
            Dimension::Altitude => (pair.own.position_m[2], spread),
            // Values lie whole steps away from the current one.
            _ => (ways.base, (spread / ways.step - 1e-6).ceil() * ways.step),
        };
        solver.marks.clear();
        solver.marks.resize(ways.values(), false);
        sweep.fill(ways, pair, &level.detector);
        sweep.mark(ways, 0.0, ahead_s, &mut solver.marks);
        let within = |k: usize| (ways.value(k) - near).abs() <= steps * (1.0 + 1e-9);
        solver.marks.iter().enumerate().any(|(k, marked)| *marked && within(k))
    })
}

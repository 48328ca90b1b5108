//! Implicit coordination in the bands: values that pass the most urgent intruder on the
//! wrong side count as leading into a conflict with it.

use super::Threat;
use super::trajectory::Manoeuvres;
use crate::config::{Config, Dimension};
use crate::coordination::{Criterion, Epsilon, horizontal_epsilon, vertical_epsilon};
use crate::detector::{Detector, Span};
use crate::situation::Situation;

/// The intruder to coordinate with, and on which side to pass it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Urgent {
    /// Index of the intruder.
    pub index: usize,
    /// Horizontally; 0: does not apply.
    pub horizontal: Epsilon,
    /// Vertically; 0: does not apply.
    pub vertical: Epsilon,
}

/// The most urgent intruder: the one whose corrective volume is violated first, within
/// the look-ahead; of two the one that is nearer. `None` where no criterion is configured.
pub fn most_urgent(situation: &Situation, config: &Config) -> Option<Urgent> {
    if !config.conflict_crit && !config.recovery_crit {
        return None;
    }
    let ahead = Span::new(0.0, config.lookahead_s);
    let found = situation.traffic.iter().enumerate().filter_map(|(index, intruder)| {
        let number = situation.alerter_of(intruder, config.ownship_centric_alerting);
        let alerter = config.alerter(number)?;
        let level = alerter.level(alerter.level_of_region(config.corrective_region)?)?;
        let pair = situation.pair(intruder);
        let span = level.detector.violation(&pair, ahead)?;
        Some((span.start, pair.relative(), index))
    });
    let first = found.min_by(|a, b| {
        let near = |m: &deconflict_detect::cylinder::RelativeMotion| m.horizontal_m(0.0);
        a.0.total_cmp(&b.0).then_with(|| near(&a.1).total_cmp(&near(&b.1)))
    });
    first.map(|(_, now, index)| Urgent {
        index,
        horizontal: horizontal_epsilon(&now),
        vertical: vertical_epsilon(&now, situation.name < situation.traffic[index].name),
    })
}

/// Marks the values that miss the criterion.
pub(super) fn mark(
    dimension: Dimension,
    ways: &Manoeuvres,
    threat: &Threat,
    urgent: &Urgent,
    config: &Config,
    marks: &mut [bool],
) {
    let own_m = threat.pair.own.position_m[2];
    let (distance_m, height_m) = threat.level.detector.distances_m(own_m);
    let criterion = Criterion {
        now: threat.pair.relative(),
        distance_m,
        height_m,
        lookahead_s: config.lookahead_s,
    };
    let intruder = &threat.pair.intruder;
    let [ix, iy, iz] = intruder.velocity_mps;
    for (position, mark) in marks.iter_mut().enumerate() {
        let good = match dimension {
            Dimension::Altitude => {
                let above_m = ways.value(position) - intruder.position_m[2];
                criterion.height(urgent.vertical, above_m, iz)
            }
            _ => {
                let [vx, vy, vz] = ways.samples[ways.sample_of(position)].own.velocity_mps;
                match dimension {
                    Dimension::VerticalSpeed => criterion.vertical(urgent.vertical, vz - iz),
                    _ => criterion.horizontal(urgent.horizontal, [vx - ix, vy - iy]),
                }
            }
        };
        *mark |= !good;
    }
}

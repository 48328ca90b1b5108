//! Until when it is early enough to manoeuvre.

use super::sweep::Sweep;
use super::trajectory::{self, manoeuvres};
use super::{BandsSolver, Threat};
use crate::config::Dimension;
use crate::detector::{Detector, Span};
use crate::pair::Pair;
use crate::situation::Situation;

/// How exactly the last time is found, seconds.
const TIME_STEP_S: f64 = 0.5;

impl BandsSolver<'_> {
    /// The last time, in seconds from now, at which a manoeuvre in one dimension
    /// still avoids the corrective volume of an intruder, if both fly on straight until
    /// then. `None` without a conflict within the look-ahead; −∞ if it is too late.
    pub fn last_time_s(
        &mut self,
        dimension: Dimension,
        situation: &Situation,
        intruder: usize,
    ) -> Option<f64> {
        let config = self.config;
        if trajectory::too_slow_to_turn(dimension, &situation.own, config) {
            return None;
        }
        let other = situation.traffic.get(intruder)?;
        let number = situation.alerter_of(other, config.ownship_centric_alerting);
        let alerter = config.alerter(number)?;
        let level = alerter.level(alerter.level_of_region(config.corrective_region)?)?;
        let pair = situation.pair(other);
        let span = level.detector.violation(&pair, Span::new(0.0, config.lookahead_s))?;
        let mut too_late = |after_s: f64| {
            let over_earth = situation.tangent.and_then(|t| t.flown_on(&pair, after_s));
            let later = over_earth.unwrap_or_else(|| {
                // What is known then is as good as what is known now.
                let later = pair.after(after_s);
                let distance_m = later.relative().horizontal_m(0.0);
                Pair { doubt: pair.doubt.seen_from(distance_m), ..later }
            });
            let until_s = config.lookahead_s;
            let threat = Threat { index: 0, pair: later, level, until_s, conflict: true };
            self.no_way_out(dimension, &threat.pair, &threat)
        };
        if too_late(0.0) {
            return Some(f64::NEG_INFINITY);
        }
        let (mut early_s, mut late_s) = (0.0, span.start);
        while late_s - early_s > TIME_STEP_S {
            let middle_s = 0.5 * (early_s + late_s);
            if too_late(middle_s) {
                late_s = middle_s;
            } else {
                early_s = middle_s;
            }
        }
        // Who has no time to wait is told that it is too late.
        Some(if early_s > 0.0 { early_s } else { f64::NEG_INFINITY })
    }

    fn no_way_out(&mut self, dimension: Dimension, pair: &Pair, threat: &Threat) -> bool {
        manoeuvres(dimension, &pair.own, self.config, &mut self.ways);
        // Only the samples themselves count here, not the steps between them.
        for sample in &mut self.ways.samples {
            sample.goes_on_s = 0.0;
        }
        self.marks.clear();
        self.marks.resize(self.ways.values(), false);
        self.sweeps.resize_with(self.sweeps.len().max(1), Sweep::default);
        let sweep = &mut self.sweeps[0];
        sweep.fill(&self.ways, pair, &threat.level.detector);
        sweep.mark(&self.ways, 0.0, threat.until_s, &mut self.marks);
        let inside = self.ways.at_once_altitude && threat.level.detector.violated(pair);
        inside || self.marks.iter().all(|mark| *mark)
    }
}

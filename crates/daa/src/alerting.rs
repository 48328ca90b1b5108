//! Alert levels: how urgent an intruder is.
//!
//! A level is called for when the volume of its detector is violated within its
//! alerting time; once it is on, within the early alerting time. It goes on after M of
//! the last N samples called for it, stays on while they do, and for at least the
//! persistence time. The highest level that is on is the alert (RTCA DO-365, appendix
//! on alerting; DAIDALUS 2.0 configuration parameters).

use crate::bands::{band_within_spread, in_conflict};
use crate::config::{AlertLevel, Alerter, Config};
use crate::detector::{Detector, Span};
use crate::pair::Pair;
use std::collections::{BTreeMap, VecDeque};

/// When the volume of one level is violated, within the look-ahead.
pub fn violation(pair: &Pair, level: &AlertLevel, config: &Config) -> Option<Span> {
    level.detector.violation(pair, Span::new(0.0, config.lookahead_s))
}

/// The alert level of a pair by itself, without memory: the highest level whose volume
/// is violated within its alerting time; 0: none.
pub fn level_now(pair: &Pair, alerter: &Alerter) -> usize {
    let on = |k: &usize| in_conflict(pair, &alerter.levels[*k]);
    (0..alerter.levels.len()).rev().find(on).map_or(0, |k| k + 1)
}

/// The same with the spread of each level: a level also holds while a value within its
/// spread of what ownship flies, in any dimension, leads to a violation within the
/// alerting time of the manoeuvre.
pub fn level_with_spread(pair: &Pair, alerter: &Alerter, config: &Config) -> usize {
    let on =
        |k: &usize| calls(pair, &alerter.levels[*k], alerter.levels[*k].alerting_time_s, config);
    (0..alerter.levels.len()).rev().find(on).map_or(0, |k| k + 1)
}

/// Whether a level is called for, looking so far ahead.
fn calls(pair: &Pair, level: &AlertLevel, ahead_s: f64, config: &Config) -> bool {
    let lost = if ahead_s <= 0.0 {
        level.detector.violated(pair)
    } else {
        level.detector.violation(pair, Span::new(0.0, ahead_s)).is_some()
    };
    lost || band_within_spread(pair, level, ahead_s, config)
}

/// The memory of one level of one intruder.
#[derive(Clone, Debug, Default)]
struct LevelMemory {
    called: VecDeque<bool>,
    on_since_s: Option<f64>,
}

/// The memory of alerting: one for each ownship, asked in order of time.
#[derive(Clone, Debug, Default)]
pub struct AlertMemory {
    intruders: BTreeMap<String, (f64, Vec<LevelMemory>)>,
}

impl AlertMemory {
    /// The alert level of an intruder at a time. Without hysteresis in the
    /// configuration it is [`level_with_spread`].
    pub fn level(
        &mut self,
        name: &str,
        time_s: f64,
        pair: &Pair,
        alerter: &Alerter,
        config: &Config,
    ) -> usize {
        if config.alerting_n == 0 && config.persistence_s <= 0.0 && config.hysteresis_s <= 0.0 {
            return level_with_spread(pair, alerter, config);
        }
        let fresh = || (time_s, vec![LevelMemory::default(); alerter.levels.len()]);
        let memory = self.intruders.entry(name.to_owned()).or_insert_with(fresh);
        // Who was not seen for longer than the hysteresis begins anew, and so does
        // who has another alerter now or goes back in time.
        let gap_s = time_s - memory.0;
        let stale = gap_s < 0.0 || gap_s > config.hysteresis_s.max(config.persistence_s);
        if stale || memory.1.len() != alerter.levels.len() {
            *memory = fresh();
        }
        memory.0 = time_s;
        let mut alert = 0;
        for (k, (level, memory)) in alerter.levels.iter().zip(&mut memory.1).enumerate() {
            let ahead_s = match memory.on_since_s {
                Some(_) if config.hysteresis_s > 0.0 => level.early_alerting_time_s,
                _ => level.alerting_time_s,
            };
            let called = calls(pair, level, ahead_s, config);
            let (m, n) = (config.alerting_m.max(1) as usize, config.alerting_n.max(1) as usize);
            memory.called.push_back(called);
            while memory.called.len() > n {
                memory.called.pop_front();
            }
            let enough = memory.called.iter().filter(|c| **c).count() >= m;
            let holds = memory.on_since_s.is_some_and(|on| time_s - on < config.persistence_s);
            memory.on_since_s = (enough || holds).then(|| memory.on_since_s.unwrap_or(time_s));
            if memory.on_since_s.is_some() {
                alert = k + 1;
            }
        }
        alert
    }
}

//! Detect and avoid for one ownship over time: alerts and bands, with memory.

use crate::alerting::{AlertMemory, violation};
use crate::bands::{
    BandMemory, Bands, BandsSolver, RecoveryResult, Urgent, in_conflict, most_urgent,
};
use crate::config::{Config, Dimension};
use crate::detector::Span;
use crate::region::Region;
use crate::situation::Situation;
use deconflict_detect::cylinder::RelativeMotion;
use std::f64::consts::TAU;

/// What is known about one intruder.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessed {
    /// Its name.
    pub name: String,
    /// The alerter that applies, counted from 1; 0: none.
    pub alerter: usize,
    /// The alert level; 0: none.
    pub alert: usize,
    /// When the volume of each level is violated, within the look-ahead.
    pub levels: Vec<Option<Span>>,
    /// When the corrective volume is violated, within the look-ahead.
    pub corrective: Option<Span>,
    /// Ownship relative to it.
    pub relative: RelativeMotion,
    /// Radius by which τ-mod is told: that of the corrective volume, if it has a τ.
    pub tau_distance_m: Option<f64>,
    /// Last time to manoeuvre in each dimension, seconds; none without conflict, −∞ if
    /// it is too late.
    pub last_times_s: [Option<f64>; 4],
}

/// What is known at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Assessment {
    /// The time, seconds.
    pub time_s: f64,
    /// The intruders.
    pub traffic: Vec<Assessed>,
    /// Indices of the intruders that are in conflict now, for FAR, MID and NEAR.
    pub conflicts: [Vec<usize>; 3],
    /// First and last moment of conflict within the look-ahead, for FAR, MID and NEAR.
    pub intervals: [Option<Span>; 3],
    /// Whom to coordinate with, and how; `None` unless a criterion is configured.
    pub urgent: Option<Urgent>,
    /// The bands in each dimension, in the order of [`Dimension::ALL`].
    pub bands: [Bands; 4],
}

/// Assesses moment after moment.
#[derive(Clone, Debug)]
pub struct Monitor<'c> {
    config: &'c Config,
    solver: BandsSolver<'c>,
    alerts: AlertMemory,
    memory: BandMemory,
    kept: [Option<Kept>; 4],
}

/// One side of a resolution, and how often recovery had shrunk when it was proposed
/// first; −1: there was none.
#[derive(Clone, Copy, Debug)]
struct KeptSide {
    value: f64,
    shrunk: i64,
}

/// The resolution that was proposed last.
#[derive(Clone, Copy, Debug)]
struct Kept {
    time_s: f64,
    up: Option<KeptSide>,
    down: Option<KeptSide>,
    /// Which side was preferred: it stays so.
    prefers_up: bool,
}

impl<'c> Monitor<'c> {
    /// A monitor that has seen nothing yet.
    pub fn new(config: &'c Config) -> Monitor<'c> {
        Monitor {
            config,
            solver: BandsSolver::new(config),
            alerts: AlertMemory::default(),
            memory: BandMemory::default(),
            kept: [None; 4],
        }
    }

    /// What is to be said at a time; times go forward.
    pub fn assess(&mut self, time_s: f64, situation: &Situation) -> Assessment {
        let config = self.config;
        let mut conflicts: [Vec<usize>; 3] = Default::default();
        let mut intervals: [Option<Span>; 3] = [None; 3];
        let mut traffic = Vec::with_capacity(situation.traffic.len());
        for (index, intruder) in situation.traffic.iter().enumerate() {
            let pair = situation.pair(intruder);
            let number = situation.alerter_of(intruder, config.ownship_centric_alerting);
            let mut assessed = Assessed {
                name: intruder.name.clone(),
                alerter: number,
                alert: 0,
                levels: Vec::new(),
                corrective: None,
                relative: pair.relative(),
                tau_distance_m: None,
                last_times_s: [None; 4],
            };
            if let Some(alerter) = config.alerter(number) {
                assessed.alert = self.alerts.level(&intruder.name, time_s, &pair, alerter, config);
                let spans = alerter.levels.iter().map(|l| violation(&pair, l, config));
                assessed.levels = spans.collect();
                for (k, region) in Region::CONFLICT.into_iter().enumerate() {
                    let Some(n) = alerter.level_of_region(region) else { continue };
                    let Some(level) = alerter.level(n) else { continue };
                    let span = assessed.levels[n - 1];
                    if region == config.corrective_region {
                        assessed.corrective = span;
                        assessed.tau_distance_m = level.detector.tau_distance_m();
                    }
                    if in_conflict(&pair, level) {
                        conflicts[k].push(index);
                    }
                    intervals[k] = match (intervals[k], span) {
                        (Some(a), Some(b)) => {
                            Some(Span::new(a.start.min(b.start), a.end.max(b.end)))
                        }
                        (a, b) => a.or(b),
                    };
                }
                for dimension in Dimension::ALL {
                    assessed.last_times_s[dimension as usize] =
                        self.solver.last_time_s(dimension, situation, index);
                }
            }
            traffic.push(assessed);
        }
        self.memory.begin(time_s, config);
        let bands = Dimension::ALL.map(|dimension| {
            let memory = Some(&mut self.memory);
            let mut bands = self.solver.bands_with(dimension, situation, memory);
            self.keep(time_s, &mut bands);
            bands
        });
        let urgent = most_urgent(situation, config);
        Assessment { time_s, traffic, conflicts, intervals, urgent, bands }
    }

    /// A resolution does not jump about: the one proposed before stays while it is good.
    fn keep(&mut self, time_s: f64, bands: &mut Bands) {
        let config = self.config;
        let slot = &mut self.kept[bands.dimension as usize];
        if !config.bands_persistence || !bands.resolution.needed {
            *slot = None;
            return;
        }
        let previous = slot.filter(|kept| {
            let gap_s = time_s - kept.time_s;
            let remembered = 0.0..=config.hysteresis_s.max(config.persistence_s);
            // Where the side that was preferred is lost, all is proposed anew.
            let r = &bands.resolution;
            let preferred = if kept.prefers_up { r.up } else { r.down };
            remembered.contains(&gap_s) && preferred.is_some()
        });
        let shrunk = match bands.recovery {
            RecoveryResult::NotNeeded => -1,
            RecoveryResult::Impossible { shrunk } => i64::from(shrunk),
            RecoveryResult::Found(found) => i64::from(found.shrunk),
        };
        let persistence = config.limits(bands.dimension).persistence;
        let around = bands.dimension == Dimension::Direction;
        let side = |old: Option<KeptSide>, new: Option<f64>| {
            let away = |old: f64| {
                let away = (new.unwrap_or(f64::INFINITY) - old).abs();
                if around { away.min(TAU - away) } else { away }
            };
            // Far from what would be proposed now it is given up, unless things have
            // become worse meanwhile.
            let stays = |old: &KeptSide| {
                bands.is_good(old.value)
                    && (shrunk > old.shrunk || away(old.value) < persistence - 1e-6)
            };
            old.filter(stays).or(new.map(|value| KeptSide { value, shrunk }))
        };
        let up = side(previous.and_then(|kept| kept.up), bands.resolution.up);
        let down = side(previous.and_then(|kept| kept.down), bands.resolution.down);
        bands.resolution.up = up.map(|kept| kept.value);
        bands.resolution.down = down.map(|kept| kept.value);
        if let Some(kept) = previous {
            bands.resolution.prefers_up = kept.prefers_up;
        }
        *slot = Some(Kept { time_s, up, down, prefers_up: bands.resolution.prefers_up });
    }
}

//! Manoeuvre bands: which values of direction, speed, vertical speed and altitude lead
//! into which region.
//!
//! A value leads into a region if flying it, by a manoeuvre of the configured
//! kinematics, violates the volume of that region's alert level. An intruder with which
//! ownship is in conflict now (a violation within the alerting time) counts over the
//! whole look-ahead; any other counts within the alerting time after the manoeuvre, and
//! is *peripheral* where that makes a band (Muñoz, Narkawicz, Hagen, Upchurch, Dutle,
//! Consiglio, Chamberlain: DAIDALUS: Detect and Avoid Alerting Logic for Unmanned
//! Systems, DASC 2015).

mod last_time;
mod memory;
mod paint;
mod recovery;
mod resolution;
mod spread;
mod sweep;
mod trajectory;
mod urgent;

pub use memory::BandMemory;
pub use recovery::{Recovery, RecoveryResult};
pub use resolution::Resolution;
pub(crate) use spread::band_within_spread;
pub use urgent::{Urgent, most_urgent};

use crate::config::{AlertLevel, Config, Dimension};
use crate::detector::{Detector, Span, Volume};
use crate::pair::Pair;
use crate::region::Region;
use crate::situation::Situation;
use sweep::Sweep;
use trajectory::{Manoeuvres, manoeuvres};

/// A range of values and its region.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// From, SI.
    pub low: f64,
    /// To, SI.
    pub high: f64,
    /// Its region.
    pub region: Region,
}

/// The bands of one dimension.
#[derive(Clone, Debug, PartialEq)]
pub struct Bands {
    /// The dimension.
    pub dimension: Dimension,
    /// Ownship's value.
    pub current: f64,
    /// The region of ownship's value.
    pub region: Region,
    /// Bands in order, without gaps; of directions from 0 to 2π. Empty where nothing is
    /// said: of directions below the least airspeed, if so configured.
    pub bands: Vec<Band>,
    /// What recovery found, if it was needed.
    pub recovery: RecoveryResult,
    /// Where to go.
    pub resolution: Resolution,
    /// Indices of the intruders that make a band without being in conflict now, for
    /// the regions FAR, MID and NEAR.
    pub peripheral: [Vec<usize>; 3],
}

impl Bands {
    /// Whether a value is free, or regains separation.
    pub fn is_good(&self, value: f64) -> bool {
        !self.bands.is_empty()
            && matches!(
                paint::region_at(self.dimension, &self.bands, value),
                Region::None | Region::Recovery
            )
    }

    /// Where nothing is said.
    fn none(dimension: Dimension, current: f64) -> Bands {
        Bands {
            dimension,
            current,
            region: Region::None,
            bands: Vec::new(),
            recovery: RecoveryResult::NotNeeded,
            resolution: Resolution::default(),
            peripheral: Default::default(),
        }
    }
}

/// An intruder as far as one region is concerned.
#[derive(Clone, Copy, Debug)]
struct Threat<'a> {
    index: usize,
    pair: Pair,
    level: &'a AlertLevel,
    /// How long after the manoeuvre it counts, seconds.
    until_s: f64,
    /// Whether there is a conflict now.
    conflict: bool,
}

/// Computes bands; keeps its memory from one call to the next.
#[derive(Clone, Debug)]
pub struct BandsSolver<'c> {
    config: &'c Config,
    ways: Manoeuvres,
    /// Of each intruder, for the volume that was asked about last.
    sweeps: Vec<Sweep>,
    marks: Vec<bool>,
    worst: Vec<Region>,
}

impl<'c> BandsSolver<'c> {
    /// A solver for a configuration.
    pub fn new(config: &'c Config) -> BandsSolver<'c> {
        BandsSolver {
            config,
            ways: Manoeuvres::default(),
            sweeps: Vec::new(),
            marks: Vec::new(),
            worst: Vec::new(),
        }
    }

    /// The bands of one dimension.
    pub fn bands(&mut self, dimension: Dimension, situation: &Situation) -> Bands {
        self.bands_with(dimension, situation, None)
    }

    /// The bands of one dimension, with a memory of those before: see [`BandMemory`].
    pub fn bands_with(
        &mut self,
        dimension: Dimension,
        situation: &Situation,
        memory: Option<&mut BandMemory>,
    ) -> Bands {
        let config = self.config;
        let now = trajectory::current(dimension, &situation.own);
        if trajectory::too_slow_to_turn(dimension, &situation.own, config) {
            return Bands::none(dimension, now);
        }
        let urgent = most_urgent(situation, config);
        manoeuvres(dimension, &situation.own, config, &mut self.ways);
        let values = self.ways.values();
        self.sweeps.resize_with(self.sweeps.len().max(situation.traffic.len()), Sweep::default);
        // Levels often share a volume: it is swept once.
        let mut swept: Vec<Option<&Volume>> = vec![None; situation.traffic.len()];
        self.worst.clear();
        self.worst.resize(values, Region::None);
        let mut peripheral: [Vec<usize>; 3] = Default::default();
        let mut saturated = false;
        let mut marked: [Vec<bool>; 3] = Default::default();
        for (k, region) in Region::CONFLICT.into_iter().enumerate() {
            let threats = threats(situation, config, region);
            self.marks.clear();
            self.marks.resize(values, false);
            for threat in &threats {
                let volume = &threat.level.detector;
                let sweep = &mut self.sweeps[threat.index];
                if swept[threat.index] != Some(volume) {
                    sweep.fill(&self.ways, &threat.pair, volume);
                    swept[threat.index] = Some(volume);
                }
                if !threat.conflict && !sweep.meets_within(&self.ways, threat.until_s) {
                    continue;
                }
                let any = sweep.mark(&self.ways, 0.0, threat.until_s, &mut self.marks);
                if any && !threat.conflict {
                    peripheral[k].push(threat.index);
                }
                if let Some(urgent) = urgent.filter(|u| u.index == threat.index)
                    && config.conflict_crit
                    && threat.conflict
                {
                    let marks = &mut self.marks;
                    urgent::mark(dimension, &self.ways, threat, &urgent, config, marks);
                }
            }
            paint::drop_slivers(&self.ways, &mut self.marks);
            let inside = self.ways.at_once_altitude
                && threats.iter().any(|t| t.conflict && t.level.detector.violated(&t.pair));
            if region == config.corrective_region {
                saturated = inside || paint::saturated(&self.marks);
            }
            marked[k].clone_from(&self.marks);
        }
        let mut found = RecoveryResult::NotNeeded;
        if saturated && recovers_in(dimension, situation, config) {
            let corrective = Region::CONFLICT.iter().position(|r| *r == config.corrective_region);
            let beside = corrective.map_or(&[][..], |k| &peripheral[k]);
            let mut threats = threats(situation, config, config.corrective_region);
            // Who is no threat to any value is none to a recovery.
            threats.retain(|t| t.conflict || beside.contains(&t.index));
            for threat in &threats {
                let volume = &threat.level.detector;
                if swept[threat.index] != Some(volume) {
                    self.sweeps[threat.index].fill(&self.ways, &threat.pair, volume);
                }
            }
            let mut barred = vec![false; values];
            if let Some(urgent) = urgent.filter(|_| config.recovery_crit) {
                for threat in threats.iter().filter(|t| t.index == urgent.index) {
                    urgent::mark(dimension, &self.ways, threat, &urgent, config, &mut barred);
                }
            }
            let (result, marks) =
                recovery::recover(&self.ways, &threats, &self.sweeps, &barred, config);
            found = result;
            if let RecoveryResult::Found(_) = result {
                for region in &mut marked {
                    region.iter_mut().zip(&marks).for_each(|(mark, bad)| *mark &= *bad);
                }
            }
        }
        for (k, region) in Region::CONFLICT.into_iter().enumerate() {
            for (worst, mark) in self.worst.iter_mut().zip(&marked[k]) {
                if *mark {
                    *worst = region;
                }
            }
        }
        let recovers = matches!(found, RecoveryResult::Found(_));
        let cells = paint::cells(&self.worst, recovers);
        let mut bands = paint::paint(dimension, &self.ways, &cells, situation, config);
        if let Some(memory) = memory {
            memory.filter(dimension, &mut bands, &found, config);
        }
        let current = now;
        let region = paint::region_at(dimension, &bands, current);
        let resolution = resolution::resolve(dimension, &bands, current, region, config);
        Bands { dimension, current, region, bands, recovery: found, resolution, peripheral }
    }
}

/// Whether a recovery is looked for: in the terminal area, where a turn leaves the
/// approach, one of direction may be excluded.
fn recovers_in(dimension: Dimension, situation: &Situation, config: &Config) -> bool {
    let no_turns = situation.in_terminal_area && config.terminal_area.logic < 0;
    config.limits(dimension).recovery && !(no_turns && dimension == Dimension::Direction)
}

/// The intruders that have a level of this region.
fn threats<'a>(situation: &Situation, config: &'a Config, region: Region) -> Vec<Threat<'a>> {
    let traffic = situation.traffic.iter().enumerate();
    traffic
        .filter_map(|(index, intruder)| {
            let number = situation.alerter_of(intruder, config.ownship_centric_alerting);
            let alerter = config.alerter(number)?;
            let level = alerter.level(alerter.level_of_region(region)?)?;
            let pair = situation.pair(intruder);
            let conflict = in_conflict(&pair, level);
            let until_s = if conflict { config.lookahead_s } else { level.alerting_time_s };
            Some(Threat { index, pair, level, until_s, conflict })
        })
        .collect()
}

/// Whether the volume of a level is violated within its alerting time.
pub(crate) fn in_conflict(pair: &Pair, level: &AlertLevel) -> bool {
    if level.alerting_time_s <= 0.0 {
        return level.detector.violated(pair);
    }
    level.detector.violation(pair, Span::new(0.0, level.alerting_time_s)).is_some()
}

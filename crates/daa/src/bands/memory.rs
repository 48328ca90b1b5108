//! Memory of bands: a region is shown while M of the last N samples reach it.

use super::recovery::RecoveryResult;
use super::trajectory::Manoeuvres;
use crate::config::{Config, Dimension};
use crate::region::Region;
use std::collections::VecDeque;
use std::f64::consts::TAU;

/// The regions between neighbouring values of a dimension, at one sample.
#[derive(Clone, Debug)]
struct Cells {
    first: f64,
    step: f64,
    regions: Vec<Region>,
}

impl Cells {
    /// The region of the cell that is nearest to the one that begins here.
    fn at(&self, value: f64, around: bool) -> Option<Region> {
        let mut away = value - self.first;
        if around {
            away = (away + 0.5 * self.step).rem_euclid(TAU) - 0.5 * self.step;
        }
        let position = (away / self.step).round();
        if position < 0.0 { None } else { self.regions.get(position as usize).copied() }
    }
}

/// The last samples of each dimension.
#[derive(Clone, Debug, Default)]
pub struct BandMemory {
    time_s: Option<f64>,
    dimensions: [VecDeque<Cells>; 4],
}

impl BandMemory {
    /// Begins a sample. After a gap that is longer than the hysteresis, or a step back
    /// in time, everything before is forgotten.
    pub fn begin(&mut self, time_s: f64, config: &Config) {
        let gap_s = self.time_s.map_or(0.0, |t| time_s - t);
        if gap_s < 0.0 || gap_s > config.hysteresis_s.max(config.persistence_s) {
            *self = BandMemory::default();
        }
        self.time_s = Some(time_s);
    }

    /// Replaces the regions of this sample by those to be shown: the worst that M of the
    /// last N samples reach.
    pub(super) fn filter(
        &mut self,
        dimension: Dimension,
        ways: &Manoeuvres,
        regions: &mut [Region],
        recovery: &RecoveryResult,
        config: &Config,
    ) {
        let (m, n) = (config.alerting_m as usize, config.alerting_n as usize);
        if n == 0 {
            return;
        }
        let history = &mut self.dimensions[dimension as usize];
        history.push_back(Cells {
            first: ways.value(0),
            step: ways.step,
            regions: regions.to_vec(),
        });
        while history.len() > n {
            history.pop_front();
        }
        let around = dimension == Dimension::Direction;
        let enough = m.clamp(1, history.len());
        let mut had = Vec::with_capacity(n);
        for (k, region) in regions.iter_mut().enumerate() {
            let value = ways.value(k);
            had.clear();
            had.extend(history.iter().map(|s| s.at(value, around).unwrap_or_default()));
            // The worst region that M of them reach.
            had.sort_unstable_by(|a, b| b.cmp(a));
            *region = had[enough - 1];
            // What is free is part of a recovery exactly while one is needed.
            *region = match (*region, recovery) {
                (Region::None, RecoveryResult::Found(_)) => Region::Recovery,
                (Region::Recovery, RecoveryResult::NotNeeded) => Region::None,
                (region, _) => region,
            };
        }
    }
}

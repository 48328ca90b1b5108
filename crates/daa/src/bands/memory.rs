//! Memory of bands: a region is shown once M of the last N samples had it.

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

#[derive(Clone, Debug, Default)]
struct History {
    samples: VecDeque<Cells>,
    shown: Option<Cells>,
}

/// The last samples of each dimension.
#[derive(Clone, Debug, Default)]
pub struct BandMemory {
    time_s: Option<f64>,
    dimensions: [History; 4],
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

    /// Replaces the regions of this sample by those to be shown: a cell changes to its
    /// region once M of the last N samples had it, and until then stays as it was.
    pub(super) fn filter(
        &mut self,
        dimension: Dimension,
        ways: &Manoeuvres,
        regions: &mut [Region],
        recovers: bool,
        config: &Config,
    ) {
        let (m, n) = (config.alerting_m as usize, config.alerting_n as usize);
        if n == 0 {
            return;
        }
        let history = &mut self.dimensions[dimension as usize];
        let cells = |regions: &[Region]| Cells {
            first: ways.value(0),
            step: ways.step,
            regions: regions.to_vec(),
        };
        history.samples.push_back(cells(regions));
        while history.samples.len() > n {
            history.samples.pop_front();
        }
        let around = dimension == Dimension::Direction;
        for (k, region) in regions.iter_mut().enumerate() {
            let value = ways.value(k);
            let had = history.samples.iter().filter(|s| s.at(value, around) == Some(*region));
            if had.count() < m {
                let before = history.shown.as_ref().and_then(|shown| shown.at(value, around));
                *region = before.unwrap_or(*region);
            }
            // What is free is called recovery exactly while there is a recovery.
            *region = match *region {
                Region::None if recovers => Region::Recovery,
                Region::Recovery if !recovers => Region::None,
                region => region,
            };
        }
        history.shown = Some(cells(regions));
    }
}

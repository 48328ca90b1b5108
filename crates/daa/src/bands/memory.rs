//! Memory of bands: a region is shown while M of the last N samples reach it.
//!
//! The values that are tried move along with ownship, so the samples are compared as
//! bands, not value by value: the edges of what is shown may be those of any sample.

use super::Band;
use super::recovery::RecoveryResult;
use super::trajectory::almost_equal;
use crate::config::{Config, Dimension};
use crate::region::Region;
use std::collections::VecDeque;

/// The last samples of each dimension.
#[derive(Clone, Debug, Default)]
pub struct BandMemory {
    time_s: Option<f64>,
    dimensions: [VecDeque<Vec<Band>>; 4],
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

    /// Replaces the bands of this sample by those to be shown: at each value the worst
    /// region that M of the last N samples reach.
    pub(super) fn filter(
        &mut self,
        dimension: Dimension,
        bands: &mut Vec<Band>,
        recovery: &RecoveryResult,
        config: &Config,
    ) {
        let (m, n) = (config.alerting_m as usize, config.alerting_n as usize);
        let (Some(first), Some(last)) = (bands.first(), bands.last()) else { return };
        if n == 0 {
            return;
        }
        let (least, most) = (first.low, last.high);
        let history = &mut self.dimensions[dimension as usize];
        history.push_back(bands.clone());
        while history.len() > n {
            history.pop_front();
        }
        let enough = m.clamp(1, history.len());
        // Where edges are next to each other, that of the latest sample is told.
        let mut edges: Vec<f64> = vec![least, most];
        for band in history.iter().rev().flatten() {
            for edge in [band.low, band.high] {
                let inside = least <= edge && edge <= most;
                if inside && !edges.iter().any(|known| almost_equal(*known, edge)) {
                    edges.push(edge);
                }
            }
        }
        edges.sort_unstable_by(f64::total_cmp);
        bands.clear();
        let mut had = Vec::with_capacity(n);
        for edge in edges.windows(2) {
            let (low, high) = (edge[0], edge[1]);
            let middle = 0.5 * (low + high);
            let there = |sample: &Vec<Band>| {
                let band = sample.iter().find(|b| b.low <= middle && middle <= b.high);
                band.map_or(Region::None, |b| b.region)
            };
            had.clear();
            had.extend(history.iter().map(there));
            had.sort_unstable_by(|a, b| b.cmp(a));
            // What is free is part of a recovery exactly while one is needed.
            let region = match (had[enough - 1], recovery) {
                (Region::None, RecoveryResult::Found(_)) => Region::Recovery,
                (Region::Recovery, RecoveryResult::NotNeeded) => Region::None,
                (region, _) => region,
            };
            match bands.last_mut() {
                Some(last) if last.region == region => last.high = high,
                _ => bands.push(Band { low, high, region }),
            }
        }
    }
}

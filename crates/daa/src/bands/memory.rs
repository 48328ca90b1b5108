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

/// Between two edges: the regions that the last samples had there, the oldest first.
#[derive(Clone, Debug, PartialEq)]
struct Stretch {
    low: f64,
    high: f64,
    had: VecDeque<Region>,
}

/// The last samples of each dimension.
#[derive(Clone, Debug, Default)]
pub struct BandMemory {
    time_s: Option<f64>,
    dimensions: [Vec<Stretch>; 4],
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
        let known = &mut self.dimensions[dimension as usize];
        // Edges, and as what each is told. An edge of this sample that is next to one that
        // is known is that one; it is told as this sample has it.
        let mut edges: Vec<(f64, f64)> = vec![(least, least), (most, most)];
        for edge in known.iter().flat_map(|s| [s.low, s.high]) {
            let inside = least <= edge && edge <= most;
            if inside && !edges.iter().any(|(had, _)| almost_equal(*had, edge)) {
                edges.push((edge, edge));
            }
        }
        for edge in bands.iter_mut().flat_map(|b| [&mut b.low, &mut b.high]) {
            let near = |had: &f64| (had - *edge).abs();
            let nearest = edges.iter_mut().min_by(|a, b| near(&a.0).total_cmp(&near(&b.0)));
            match nearest.filter(|(had, _)| almost_equal(*had, *edge)) {
                Some((had, told)) => (*told, *edge) = (*edge, *had),
                None => edges.push((*edge, *edge)),
            }
        }
        edges.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let mut now: Vec<Stretch> = Vec::with_capacity(edges.len());
        let mut shown: Vec<Band> = Vec::with_capacity(bands.len());
        let mut sorted = Vec::with_capacity(n);
        for pair in edges.windows(2) {
            let ((low, told_low), (high, told_high)) = (pair[0], pair[1]);
            let middle = 0.5 * (low + high);
            let before = known.iter().find(|s| s.low <= middle && middle <= s.high);
            let mut had = before.map_or_else(VecDeque::new, |s| s.had.clone());
            let band = bands.iter().find(|b| b.low <= middle && middle <= b.high);
            had.push_back(band.map_or(Region::None, |b| b.region));
            while had.len() > n {
                had.pop_front();
            }
            sorted.clear();
            sorted.extend(had.iter().copied());
            sorted.sort_unstable_by(|a, b| b.cmp(a));
            // What is free is part of a recovery exactly while one is needed.
            let region = match (sorted[m.clamp(1, sorted.len()) - 1], recovery) {
                (Region::None, RecoveryResult::Found(_)) => Region::Recovery,
                (Region::Recovery, RecoveryResult::NotNeeded) => Region::None,
                (region, _) => region,
            };
            match shown.last_mut() {
                Some(last) if last.region == region => last.high = told_high,
                _ => shown.push(Band { low: told_low, high: told_high, region }),
            }
            match now.last_mut() {
                Some(last) if last.had == had => last.high = high,
                _ => now.push(Stretch { low, high, had }),
            }
        }
        *known = now;
        *bands = shown;
    }
}

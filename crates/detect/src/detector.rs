//! Broad phase, narrow phase and probability, in that order.

use crate::bounds::{Reach, reach};
use crate::broad::Strips;
use crate::narrow::{first_conflict, probability};
use crate::{Conflict, Scene};
use deconflict_core::RuleSet;
use deconflict_core::geo::dot;
use deconflict_core::rules::Membership;
use pulp::Arch;
use rayon::prelude::*;
use std::sync::Arc;

/// How a detector works; what it answers does not depend on `threads`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// How many threads to use; 1 uses the caller's alone, 0 all there are.
    pub threads: usize,
    /// Whether to compute probabilities.
    pub probability: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options { threads: 1, probability: true }
    }
}

/// Finds all conflicts of a scene under a set of rules. Keeps its working memory between calls.
#[derive(Debug)]
pub struct Detector {
    pool: Option<rayon::ThreadPool>,
    rules: Arc<RuleSet>,
    options: Options,
    memberships: Vec<Membership>,
    reaches: Vec<Reach>,
    strips: Strips,
    hits: Vec<u64>,
}

impl Detector {
    /// A detector for a set of rules.
    pub fn new(rules: Arc<RuleSet>, options: Options) -> Detector {
        // Without threads of its own (a refusal of the system) it works in the caller's.
        let pool = (options.threads != 1)
            .then(|| rayon::ThreadPoolBuilder::new().num_threads(options.threads).build().ok())
            .flatten();
        Detector {
            pool,
            rules,
            options,
            memberships: Vec::new(),
            reaches: Vec::new(),
            strips: Strips::default(),
            hits: Vec::new(),
        }
    }

    /// The rules it works by.
    pub fn rules(&self) -> &Arc<RuleSet> {
        &self.rules
    }

    /// Replaces the content of `out` by the conflicts of the scene, ordered by
    /// the indices of the two aircraft.
    pub fn detect(&mut self, scene: &Scene, out: &mut Vec<Conflict>) {
        out.clear();
        reach(scene, &self.rules, &mut self.memberships, &mut self.reaches);
        self.hits.clear();
        let slices = self.slices(scene);
        for pair in slices.windows(2) {
            self.strips.fill(&scene.pieces, &self.reaches, [pair[0], pair[1]]);
            self.sweep();
        }
        // Sorted, so that neither slices nor threads show in the answer.
        self.hits.sort_unstable();
        self.hits.dedup();
        self.settle(scene, out);
    }

    /// The edges of the time slices, seconds after now.
    ///
    /// A box grows with the path flown in its slice: where that dwarfs the
    /// separation owed, boxes overlap that never meet, and where it is much
    /// smaller, every aircraft is entered more often than it pays. The measure is
    /// the mean, so that one fast aircraft does not change it for the others.
    fn slices(&self, scene: &Scene) -> Vec<f64> {
        const PATH_PER_SEPARATION: f64 = 7.0;
        const MAX_SLICES: f64 = 4096.0;
        let (mut path_m, mut separation_m, mut end_s) = (0.0, 0.0, 0.0f64);
        for (piece, reach) in scene.pieces.iter().zip(&self.reaches) {
            if !reach.is_empty() {
                path_m += dot(piece.v, piece.v).sqrt();
                separation_m += reach.horizontal_m;
                end_s = end_s.max(reach.end_s);
            }
        }
        let slices = end_s * path_m / (separation_m * PATH_PER_SEPARATION).max(1.0);
        let slices = slices.ceil().clamp(1.0, MAX_SLICES);
        (0..=slices as usize).map(|k| end_s * k as f64 / slices).collect()
    }

    /// Appends to `hits` the pairs of the slice in `strips` that infringe.
    fn sweep(&mut self) {
        let Detector { strips, hits, pool, .. } = self;
        let strips = &*strips;
        let sweep = |range: std::ops::Range<usize>, hits: &mut Vec<u64>| {
            Arch::new().dispatch(Sweep { strips, range, hits });
        };
        match pool {
            None => sweep(0..strips.count(), hits),
            Some(pool) => {
                let found: Vec<Vec<u64>> = pool.install(|| {
                    let strips = (0..strips.count()).into_par_iter().with_max_len(8);
                    strips
                        .fold(Vec::new, |mut hits, k| {
                            sweep(k..k + 1, &mut hits);
                            hits
                        })
                        .collect()
                });
                found.iter().for_each(|part| hits.extend(part));
            }
        }
    }

    /// Has the exact narrow phase and the probability decide on the hits, in order.
    fn settle(&self, scene: &Scene, out: &mut Vec<Conflict>) {
        let decide = |hit: &u64| self.decide(scene, (hit >> 32) as u32, *hit as u32);
        match &self.pool {
            None => out.extend(self.hits.iter().filter_map(decide)),
            Some(pool) => pool.install(|| {
                out.par_extend(self.hits.par_iter().with_min_len(64).filter_map(decide));
            }),
        }
    }

    fn decide(&self, scene: &Scene, a: u32, b: u32) -> Option<Conflict> {
        let found = first_conflict(scene, &self.rules, &self.memberships, a, b)?;
        let mut conflict = found.conflict;
        if self.options.probability {
            conflict.probability = probability(scene, &found);
        }
        Some(conflict)
    }

    /// The first conflict of one pair, by the narrow phase alone.
    pub fn pair(&mut self, scene: &Scene, a: u32, b: u32) -> Option<Conflict> {
        reach(scene, &self.rules, &mut self.memberships, &mut self.reaches);
        self.decide(scene, a, b)
    }
}

/// The vectorised part. A type rather than a closure, because only a function
/// that is inlined into the dispatcher is compiled for the instructions found.
struct Sweep<'a> {
    strips: &'a Strips,
    range: std::ops::Range<usize>,
    hits: &'a mut Vec<u64>,
}

impl pulp::NullaryFnOnce for Sweep<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for strip in self.range {
            self.strips.sweep(strip, self.hits);
        }
    }
}

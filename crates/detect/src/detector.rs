//! Broad phase, narrow phase and probability, in that order.

use crate::{Conflict, Scene};
use deconflict_core::RuleSet;
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
    #[allow(dead_code)]
    options: Options,
}

impl Detector {
    /// A detector for a set of rules.
    pub fn new(rules: Arc<RuleSet>, options: Options) -> Detector {
        Detector { rules, options }
    }

    /// The rules it works by.
    pub fn rules(&self) -> &Arc<RuleSet> {
        &self.rules
    }

    /// Replaces the content of `out` by the conflicts of the scene, ordered by
    /// the indices of the two aircraft.
    pub fn detect(&mut self, scene: &Scene, out: &mut Vec<Conflict>) {
        out.clear();
        let _ = scene;
    }
}

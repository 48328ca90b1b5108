//! How an engine is set up.

use deconflict_core::{Registry, RuleSet};
use std::sync::Arc;

/// The rules that ship with Deconflict, as text.
pub const DEFAULT_RULES: &str = include_str!("../../../rules/default.toml");

/// The rules that ship with Deconflict: `rules/default.toml`.
pub fn default_rules() -> RuleSet {
    // The text is part of the program and a test reads it.
    RuleSet::parse(DEFAULT_RULES).expect("the built-in rules are valid")
}

/// How an [`Engine`](crate::Engine) works. What it answers does not depend on `threads`.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// The separation owed.
    pub rules: Arc<RuleSet>,
    /// What has been declared of aircraft.
    pub registry: Registry,
    /// Settings of the tracker.
    pub tracker: deconflict_track::Config,
    /// Threads of the kernel: 1 uses the caller's alone, 0 all there are.
    pub threads: usize,
    /// Whether conflicts come with their probability. Without it, rules that ask for
    /// a least probability raise whatever the kernel finds.
    pub probability: bool,
    /// Seconds of data time from one evaluation to the next.
    pub period_s: f64,
    /// Feeds that are to be heard, by number, with the longest pause that each of them makes,
    /// in seconds. The period of other feeds is learnt once they are heard.
    pub feeds: Vec<(u16, f64)>,
    /// How far ahead aircraft are looked at that follow their plans, seconds.
    pub plan_lookahead_s: f64,
    /// How long before it an entry into another's airspace is warned of, seconds.
    pub area_lookahead_s: f64,
}

impl Default for EngineConfig {
    fn default() -> EngineConfig {
        EngineConfig {
            rules: Arc::new(default_rules()),
            registry: Registry::default(),
            tracker: deconflict_track::Config::default(),
            threads: 1,
            probability: true,
            period_s: 1.0,
            feeds: Vec::new(),
            plan_lookahead_s: 1200.0,
            area_lookahead_s: 180.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shipped_rules_are_valid() {
        assert!(default_rules().rules().len() >= 5);
        for text in [
            include_str!("../../../rules/strict-5nm.toml"),
            include_str!("../../../rules/examples/parallel-approaches.toml"),
        ] {
            RuleSet::parse(text).unwrap();
        }
    }
}

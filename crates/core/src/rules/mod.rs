//! rules
/// Set.
pub struct RuleSet;

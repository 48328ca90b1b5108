//! What parties let each other see.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;

/// How much of an aircraft somebody sees.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(rename_all = "kebab-case")]
pub enum Sight {
    /// Nothing at all, not even an alert with one's own aircraft.
    Nothing,
    /// Its position, without identity, while it is in an alert with one's own aircraft.
    InConflict,
    /// Its position, without identity.
    Position,
    /// Everything.
    #[default]
    Full,
}

/// One line of the policy: the owner's aircraft, as some parties see them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// Whose aircraft: an operator.
    pub of: String,
    /// Who looks: parties; empty for all.
    #[serde(default)]
    pub to: Vec<String>,
    /// What they see.
    pub see: Sight,
}

/// A policy that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("visibility: {0}")]
pub struct PolicyError(String);

/// What every party sees of every operator's aircraft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    others: Sight,
    unclaimed: Sight,
    /// By owner, then by party; `None` is every party that is not named.
    releases: BTreeMap<String, BTreeMap<Option<String>, Sight>>,
}

impl Default for Policy {
    /// Everybody sees everything.
    fn default() -> Policy {
        Policy { others: Sight::Full, unclaimed: Sight::Full, releases: BTreeMap::new() }
    }
}

impl Policy {
    /// A policy. `others` holds for operators without a line of their own, `unclaimed` for
    /// aircraft that nobody has declared.
    ///
    /// # Errors
    /// [`PolicyError`] if two lines say different things of the same owner and party.
    pub fn new(
        others: Sight,
        unclaimed: Sight,
        releases: &[Release],
    ) -> Result<Policy, PolicyError> {
        let mut policy = Policy { others, unclaimed, releases: BTreeMap::new() };
        for release in releases {
            if release.of.trim().is_empty() {
                return Err(PolicyError("`of` must name an operator".to_owned()));
            }
            let to: Vec<Option<String>> = match release.to.is_empty() {
                true => vec![None],
                false => release.to.iter().cloned().map(Some).collect(),
            };
            for party in to {
                let of_owner = policy.releases.entry(release.of.clone()).or_default();
                let before = of_owner.insert(party.clone(), release.see);
                if before.is_some_and(|see| see != release.see) {
                    let whom = party.unwrap_or_else(|| "all parties".to_owned());
                    let text = format!("two lines say what {whom} may see of {}", release.of);
                    return Err(PolicyError(text));
                }
            }
        }
        Ok(policy)
    }

    /// Whether any operator is seen in this way.
    pub fn uses(&self, sight: Sight) -> bool {
        self.others == sight
            || self.releases.values().flat_map(BTreeMap::values).any(|s| *s == sight)
    }

    /// What a party sees of an operator's aircraft.
    pub fn sight(&self, party: &str, operator: Option<&str>) -> Sight {
        let Some(operator) = operator else { return self.unclaimed };
        if operator == party {
            return Sight::Full;
        }
        let Some(releases) = self.releases.get(operator) else { return self.others };
        let named = releases.get(&Some(party.to_owned()));
        named.or_else(|| releases.get(&None)).copied().unwrap_or(self.others)
    }
}

/// Who looks.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Viewer {
    /// Somebody who sees everything: a viewer, controller or administrator.
    Everything,
    /// A party.
    Party(String),
}

impl Viewer {
    /// What it sees of an operator's aircraft.
    pub fn sight(&self, policy: &Policy, operator: Option<&str>) -> Sight {
        match self {
            Viewer::Everything => Sight::Full,
            Viewer::Party(party) => policy.sight(party, operator),
        }
    }

    /// Whether an operator's aircraft are its own.
    pub fn owns(&self, operator: Option<&str>) -> bool {
        matches!(self, Viewer::Party(party) if operator == Some(party))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(of: &str, to: &[&str], see: Sight) -> Release {
        Release { of: of.to_owned(), to: to.iter().map(|t| (*t).to_owned()).collect(), see }
    }

    #[test]
    fn the_nearest_line_holds() {
        let lines = [
            release("RuAF", &[], Sight::InConflict),
            release("RuAF", &["SyAAF"], Sight::Full),
            release("USAF", &["RuAF"], Sight::Position),
        ];
        let policy = Policy::new(Sight::Nothing, Sight::Position, &lines).unwrap();
        assert_eq!(policy.sight("RuAF", Some("RuAF")), Sight::Full);
        assert_eq!(policy.sight("SyAAF", Some("RuAF")), Sight::Full);
        assert_eq!(policy.sight("USAF", Some("RuAF")), Sight::InConflict);
        assert_eq!(policy.sight("RuAF", Some("USAF")), Sight::Position);
        assert_eq!(policy.sight("SyAAF", Some("USAF")), Sight::Nothing);
        assert_eq!(policy.sight("SyAAF", None), Sight::Position);
    }

    #[test]
    fn contradictions_are_refused() {
        let lines = [release("A", &["B"], Sight::Full), release("A", &["B"], Sight::Nothing)];
        let error = Policy::new(Sight::Full, Sight::Full, &lines).unwrap_err();
        assert!(error.to_string().contains("two lines say what B may see of A"), "{error}");
    }
}

//! Pairs that would be alerts but are not, and why.

use crate::kin::Twin;
use deconflict_core::{Subject, Time};
use std::fmt;

/// Why no alert is raised for a pair that loses separation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SuppressionReason {
    /// The two tracks are one aircraft: both carry one address.
    SameAddress,
    /// The two tracks are one aircraft: one is a ground-derived ghost of the other.
    Ghost,
    /// The two tracks are one aircraft: one goes on where the other ended.
    Readdressed,
    /// One of the two is the ghost of a third aircraft, which is looked at itself.
    GhostOfAnother,
    /// The two keep station on each other.
    Formation,
    /// The two belong to one formation, are apart for the moment, and may rejoin.
    Rejoining,
    /// Both stand, or hover, where they are: nothing moves towards anything.
    Standing,
    /// The two were together when first seen: it will show whether they are a formation.
    PossibleFormation,
}

impl SuppressionReason {
    /// Every reason, in the order of precedence.
    pub const ALL: [SuppressionReason; 8] = [
        SuppressionReason::SameAddress,
        SuppressionReason::Ghost,
        SuppressionReason::Readdressed,
        SuppressionReason::GhostOfAnother,
        SuppressionReason::Formation,
        SuppressionReason::Rejoining,
        SuppressionReason::Standing,
        SuppressionReason::PossibleFormation,
    ];

    /// The reason in words.
    pub const fn words(self) -> &'static str {
        match self {
            SuppressionReason::SameAddress => "same aircraft: both tracks carry one address",
            SuppressionReason::Ghost => {
                "same aircraft: one track is a ground-derived ghost of the other"
            }
            SuppressionReason::Readdressed => {
                "same aircraft: one track goes on where the other ended"
            }
            SuppressionReason::GhostOfAnother => "one track is the ghost of a third aircraft",
            SuppressionReason::Formation => "formation",
            SuppressionReason::Rejoining => "formation, apart for the moment",
            SuppressionReason::Standing => "both stand still",
            SuppressionReason::PossibleFormation => "possible formation: together since first seen",
        }
    }

    /// Whether it is settled that the two owe each other nothing; otherwise the
    /// alert is only held back and one that is on stays on.
    pub const fn is_settled(self) -> bool {
        !matches!(self, SuppressionReason::PossibleFormation)
    }
}

impl From<Twin> for SuppressionReason {
    fn from(twin: Twin) -> SuppressionReason {
        match twin {
            Twin::SameCode => SuppressionReason::SameAddress,
            Twin::Ghost => SuppressionReason::Ghost,
            Twin::Readdressed => SuppressionReason::Readdressed,
        }
    }
}

impl fmt::Display for SuppressionReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.words())
    }
}

/// A pair that was not called, for one reason.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suppressed {
    /// One aircraft: the one with the lower track number.
    pub a: Subject,
    /// The other.
    pub b: Subject,
    /// Why.
    pub reason: SuppressionReason,
    /// When it would first have been called.
    pub since: Time,
    /// When it would last have been called.
    pub last: Time,
    /// When the suppression ended, if it has.
    pub until: Option<Time>,
    /// In how many evaluations.
    pub evaluations: u64,
}

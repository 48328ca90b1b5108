//! What bands and alerts are computed from: ownship and its traffic in one frame.

use crate::pair::{Doubt, Motion, Pair};

/// One intruder.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Intruder {
    /// Its name.
    pub name: String,
    /// Its motion in ownship's frame, relative to the air.
    pub motion: Motion,
    /// The alerter that applies to it, counted from 1; 0: none.
    pub alerter: usize,
    /// What the sensors may err about it.
    pub doubt: Doubt,
}

/// Ownship and its traffic at one moment, in one level frame that moves with the air:
/// wind carries everybody alike and changes no relative motion.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Situation {
    /// The name of ownship: of two aircraft at one level the first by name climbs.
    pub name: String,
    /// Ownship.
    pub own: Motion,
    /// The alerter of ownship, counted from 1; 0: none.
    pub alerter: usize,
    /// Whether ownship is in the configured terminal area.
    pub in_terminal_area: bool,
    /// The others.
    pub traffic: Vec<Intruder>,
}

impl Situation {
    /// Ownship and one intruder.
    #[inline]
    pub fn pair(&self, intruder: &Intruder) -> Pair {
        Pair { own: self.own, intruder: intruder.motion, doubt: intruder.doubt }
    }

    /// The alerter that applies to an intruder.
    pub fn alerter_of(&self, intruder: &Intruder, ownship_centric: bool) -> usize {
        if ownship_centric { self.alerter } else { intruder.alerter }
    }
}

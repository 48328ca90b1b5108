//! Which track is a report about?
//!
//! Two questions, kept apart. *Which tracks come into question* is answered by an
//! [`Associate`]: the present one goes by address, which is all that feeds with
//! addresses need. Radar plots without an address, and the fusion of several
//! sensors, need one that goes by place; it takes the seat of [`ByAddress`] and
//! nothing else changes. *Which of them it is* is decided by the gate of the
//! filter, nearest first, in the tracker.

use deconflict_core::identity::AddressHasher;
use deconflict_core::{Address, Report};
use std::collections::HashMap;
use std::hash::BuildHasherDefault;

/// Where a track is kept while it lives.
pub type Slot = u32;

/// The most tracks that come into question for one report.
pub const MAX_CANDIDATES: usize = 6;

/// The tracks that come into question for a report, oldest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Candidates {
    slots: [Slot; MAX_CANDIDATES],
    len: u8,
}

impl Candidates {
    /// The tracks.
    #[inline]
    pub fn as_slice(&self) -> &[Slot] {
        &self.slots[..self.len as usize]
    }

    /// Adds a track; `false` if there is no room.
    pub fn push(&mut self, slot: Slot) -> bool {
        let free = self.slots.get_mut(self.len as usize);
        free.map(|place| *place = slot).map(|()| self.len += 1).is_some()
    }

    /// Takes a track out; the order of the others stays.
    pub fn remove(&mut self, slot: Slot) {
        if let Some(at) = self.as_slice().iter().position(|&s| s == slot) {
            self.slots.copy_within(at + 1..self.len as usize, at);
            self.len -= 1;
        }
    }
}

/// Finds the tracks that a report may be about.
pub trait Associate {
    /// The tracks that come into question.
    fn candidates(&self, report: &Report) -> Candidates;
    /// A track was made; `false` if no more can be kept for this address.
    fn insert(&mut self, address: Address, slot: Slot) -> bool;
    /// A track has ended.
    fn remove(&mut self, address: Address, slot: Slot);
}

/// Association by address and nothing else.
#[derive(Clone, Debug, Default)]
pub struct ByAddress {
    // Looked up, never walked: the order of a hash table is nobody's business.
    tracks: HashMap<u64, Candidates, BuildHasherDefault<AddressHasher>>,
}

fn key(address: Address) -> u64 {
    (address.space as u64) << 32 | u64::from(address.code)
}

impl Associate for ByAddress {
    #[inline]
    fn candidates(&self, report: &Report) -> Candidates {
        self.tracks.get(&key(report.address)).copied().unwrap_or_default()
    }

    fn insert(&mut self, address: Address, slot: Slot) -> bool {
        self.tracks.entry(key(address)).or_default().push(slot)
    }

    fn remove(&mut self, address: Address, slot: Slot) {
        if let Some(candidates) = self.tracks.get_mut(&key(address)) {
            candidates.remove(slot);
            if candidates.as_slice().is_empty() {
                self.tracks.remove(&key(address));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::{Technique, Time};

    #[test]
    fn spaces_are_apart_and_memory_is_given_back() {
        let mut by = ByAddress::default();
        let report = |address| Report::new(0, address, Technique::AdsB, Time::MIN);
        let (a, b) = (Address::icao(0x123), Address::non_icao(0x123));
        assert!(by.insert(a, 1) && by.insert(a, 2) && by.insert(b, 3));
        assert_eq!(by.candidates(&report(a)).as_slice(), [1, 2]);
        assert_eq!(by.candidates(&report(b)).as_slice(), [3]);
        by.remove(a, 1);
        assert_eq!(by.candidates(&report(a)).as_slice(), [2]);
        by.remove(a, 2);
        by.remove(b, 3);
        assert!(by.tracks.is_empty());
    }

    #[test]
    fn room_is_bounded() {
        let mut by = ByAddress::default();
        let a = Address::icao(1);
        let taken = (0..100).filter(|&slot| by.insert(a, slot)).count();
        assert_eq!(taken, MAX_CANDIDATES);
    }
}

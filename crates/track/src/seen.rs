//! By which techniques and feeds an aircraft has been seen.

use deconflict_core::Technique;

/// Every technique, in the order of declaration.
const TECHNIQUES: [Technique; 10] = [
    Technique::AdsB,
    Technique::AdsR,
    Technique::TisB,
    Technique::Mlat,
    Technique::ModeS,
    Technique::AdsC,
    Technique::Flarm,
    Technique::Radar,
    Technique::Declared,
    Technique::Unknown,
];

/// A set of techniques.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Techniques(u16);

impl Techniques {
    pub(crate) fn insert(&mut self, technique: Technique) {
        self.0 |= 1 << technique as u16;
    }

    /// Whether the technique is among them.
    pub fn contains(self, technique: Technique) -> bool {
        self.0 & (1 << technique as u16) != 0
    }

    /// The techniques, in the order of declaration.
    pub fn iter(self) -> impl Iterator<Item = Technique> {
        TECHNIQUES.into_iter().filter(move |&t| self.contains(t))
    }
}

/// A set of feeds. Feeds with a number of 63 and more share one place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Feeds(u64);

impl Feeds {
    pub(crate) fn insert(&mut self, feed: u16) {
        self.0 |= 1 << feed.min(63);
    }

    /// Whether the feed is among them (for 63 and more: whether any of those is).
    pub fn contains(self, feed: u16) -> bool {
        self.0 & (1 << feed.min(63)) != 0
    }

    /// How many there are; 63 and more count as one.
    pub fn len(self) -> u32 {
        self.0.count_ones()
    }

    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The numbers of the feeds, ascending.
    pub fn iter(self) -> impl Iterator<Item = u16> {
        (0..64).filter(move |&feed| self.contains(feed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_hold_what_was_put_in() {
        let mut techniques = Techniques::default();
        for (i, technique) in TECHNIQUES.into_iter().enumerate() {
            assert_eq!(technique as usize, i);
            assert!(!techniques.contains(technique));
            techniques.insert(technique);
        }
        assert_eq!(techniques.iter().count(), 10);
        let mut feeds = Feeds::default();
        feeds.insert(3);
        feeds.insert(700);
        assert_eq!(feeds.iter().collect::<Vec<_>>(), [3, 63]);
        assert!(feeds.contains(900) && !feeds.contains(4) && feeds.len() == 2);
    }
}

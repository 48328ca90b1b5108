//! Where tracks live: numbered places, reused, and the order of their ids.

use crate::associate::Slot;
use crate::track::Track;

/// Tracks by slot; the confirmed ones also in the order of their ids.
#[derive(Debug, Default)]
pub(crate) struct Store {
    slots: Vec<Option<Track>>,
    free: Vec<Slot>,
    /// Confirmed tracks, by ascending id.
    confirmed: Vec<Slot>,
    /// Tracks that have yet to prove themselves, oldest first.
    tentative: Vec<Slot>,
    next_id: u64,
}

impl Store {
    /// Puts a tentative track in.
    pub fn insert(&mut self, track: Track) -> Slot {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.slots[slot as usize] = Some(track);
                slot
            }
            None => {
                self.slots.push(Some(track));
                (self.slots.len() - 1) as Slot
            }
        };
        self.tentative.push(slot);
        slot
    }

    /// Gives a tentative track its number.
    pub fn confirm(&mut self, slot: Slot) -> u64 {
        self.next_id += 1;
        let id = self.next_id;
        if let Some(track) = self.get_mut(slot) {
            track.set_id(id);
        }
        self.tentative.retain(|&s| s != slot);
        self.confirmed.push(slot);
        id
    }

    /// Takes a track out.
    pub fn remove(&mut self, slot: Slot) -> Option<Track> {
        let track = self.slots.get_mut(slot as usize)?.take()?;
        if track.id() == 0 {
            self.tentative.retain(|&s| s != slot);
        } else if let Ok(at) = self.find(track.id(), Some(&track)) {
            self.confirmed.remove(at);
        }
        self.free.push(slot);
        Some(track)
    }

    #[inline]
    pub fn get(&self, slot: Slot) -> Option<&Track> {
        self.slots.get(slot as usize)?.as_ref()
    }

    #[inline]
    pub fn get_mut(&mut self, slot: Slot) -> Option<&mut Track> {
        self.slots.get_mut(slot as usize)?.as_mut()
    }

    /// The confirmed track with this number.
    pub fn by_id(&self, id: u64) -> Option<&Track> {
        let at = self.find(id, None).ok()?;
        self.get(self.confirmed[at])
    }

    /// Confirmed tracks by ascending id.
    pub fn iter(&self) -> impl Iterator<Item = &Track> {
        self.confirmed.iter().filter_map(|&slot| self.get(slot))
    }

    /// Every track, changeable.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Track> {
        self.slots.iter_mut().flatten()
    }

    /// How many confirmed tracks there are.
    pub fn len(&self) -> usize {
        self.confirmed.len()
    }

    /// Places in use or kept for reuse: never more than there were tracks at one time.
    pub fn places(&self) -> usize {
        self.slots.len()
    }

    /// Slots of tracks that satisfy a condition: tentative ones, then confirmed ones by id.
    pub fn collect_into(&self, out: &mut Vec<Slot>, condition: impl Fn(&Track) -> bool) {
        out.clear();
        let all = self.tentative.iter().chain(&self.confirmed);
        out.extend(all.filter(|&&slot| self.get(slot).is_some_and(&condition)));
    }

    /// Where a number stands among the confirmed; `taken` is a track that has
    /// just been taken out of its slot.
    fn find(&self, id: u64, taken: Option<&Track>) -> Result<usize, usize> {
        self.confirmed
            .binary_search_by_key(&id, |&slot| self.get(slot).or(taken).map_or(0, Track::id))
    }
}

//! What is known: of ours what the DSS has accepted, of peers what they and the DSS have told.

use crate::entity::{Kind, OwnDetails, Told};
use crate::model::{Details, Peer, Peers};
use deconflict_core::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use uuid::Uuid;

/// For how long it is remembered that something has gone: a notification may come late.
const REMEMBERED_S: f64 = 120.0;
/// The most of these.
const MOST_GONE: usize = 10_000;
/// The most subscriptions whose notifications are counted.
const MOST_COUNTED: usize = 10_000;

/// What is known. Behind one lock, which is never held while anything is waited for.
#[derive(Default)]
pub(crate) struct Book {
    /// Of ours, the last version that the DSS has accepted.
    mine: BTreeMap<Uuid, Arc<Told>>,
    /// Of ours, what may or may not have been done: the details that it would have.
    doubt: BTreeMap<Uuid, Option<(Kind, OwnDetails)>>,
    /// Of ours, what is to be taken out as soon as the DSS is there.
    leaving: BTreeMap<Uuid, Kind>,
    peers: Arc<Peers>,
    /// When, in the order of changes, each peer's entity was last learned.
    learned: BTreeMap<Uuid, u64>,
    /// What has gone: its version, and when.
    gone: BTreeMap<Uuid, (i32, Time)>,
    /// The last number of a notification, for each subscription.
    counted: BTreeMap<Uuid, i32>,
    changes: u64,
    /// Counts what was learned, whether it was new or not.
    moment: u64,
}

impl Book {
    /// Counts the changes of what is known of peers.
    pub(crate) fn changes(&self) -> u64 {
        self.changes
    }

    /// Now, in the order in which things are learned.
    pub(crate) fn moment(&self) -> u64 {
        self.moment
    }

    pub(crate) fn peers(&self) -> Arc<Peers> {
        Arc::clone(&self.peers)
    }

    pub(crate) fn mine(&self, id: Uuid) -> Option<Arc<Told>> {
        self.mine.get(&id).cloned()
    }

    pub(crate) fn all_mine(&self) -> Vec<Arc<Told>> {
        self.mine.values().cloned().collect()
    }

    /// The DSS has accepted it.
    pub(crate) fn accept(&mut self, told: Told) {
        let id = told.reference().id();
        self.doubt.remove(&id);
        self.leaving.remove(&id);
        self.mine.insert(id, Arc::new(told));
    }

    /// It is not at the DSS any more.
    pub(crate) fn let_go(&mut self, id: Uuid) {
        self.doubt.remove(&id);
        self.leaving.remove(&id);
        self.mine.remove(&id);
    }

    pub(crate) fn doubt(&mut self, id: Uuid) {
        self.doubt.entry(id).or_default();
    }

    /// What it is if it was done after all.
    pub(crate) fn doubt_of(&mut self, id: Uuid, kind: Kind, details: OwnDetails) {
        self.doubt.insert(id, Some((kind, details)));
    }

    pub(crate) fn is_in_doubt(&self, id: Uuid) -> bool {
        self.doubt.contains_key(&id)
    }

    /// What is in doubt and not to be taken out anyway.
    pub(crate) fn doubts(&self) -> Vec<(Uuid, Kind, OwnDetails)> {
        let known = self.doubt.iter().filter(|(id, _)| !self.leaving.contains_key(id));
        known
            .filter_map(|(id, what)| what.clone().map(|(kind, details)| (*id, kind, details)))
            .collect()
    }

    /// It was not done.
    pub(crate) fn as_before(&mut self, id: Uuid) {
        self.doubt.remove(&id);
    }

    pub(crate) fn leave_later(&mut self, id: Uuid, kind: Kind) {
        self.leaving.insert(id, kind);
    }

    /// It is wanted after all.
    pub(crate) fn stay(&mut self, id: Uuid) {
        self.leaving.remove(&id);
    }

    pub(crate) fn leaving(&self) -> Vec<(Uuid, Kind)> {
        self.leaving.iter().map(|(id, kind)| (*id, *kind)).collect()
    }

    pub(crate) fn peer(&self, id: Uuid) -> Option<Arc<Peer>> {
        self.peers.all.get(&id).cloned()
    }

    /// Remembers a peer's entity, unless there are too many or it is over.
    pub(crate) fn learn(&mut self, peer: &Arc<Peer>, now: Time, most: usize) {
        self.moment += 1;
        self.learned.insert(peer.id, self.moment);
        if self.peers.all.get(&peer.id).is_some_and(|old| **old == **peer) {
            return;
        }
        self.changes += 1;
        let full = self.peers.all.len() >= most && !self.peers.all.contains_key(&peer.id);
        let peers = Arc::make_mut(&mut self.peers);
        if full {
            peers.trouble =
                Some(format!("peers have more than {most} entities here, not all are known"));
            self.learned.remove(&peer.id);
        } else if peer.end >= now {
            peers.all.insert(peer.id, Arc::clone(peer));
        } else {
            peers.all.remove(&peer.id);
            self.learned.remove(&peer.id);
        }
    }

    /// Its manager says that it is gone.
    pub(crate) fn forget(&mut self, id: Uuid, now: Time) {
        if let Some(old) = self.peers.all.get(&id) {
            let version = old.version;
            if self.gone.len() >= MOST_GONE {
                self.gone.retain(|_, (_, when)| now.seconds_since(*when) < REMEMBERED_S);
            }
            if self.gone.len() < MOST_GONE {
                self.gone.insert(id, (version, now));
            }
            Arc::make_mut(&mut self.peers).all.remove(&id);
            self.learned.remove(&id);
            self.changes += 1;
        }
    }

    /// The version at which it has gone a moment ago.
    pub(crate) fn gone_at(&self, id: Uuid, now: Time) -> Option<i32> {
        let (version, when) = self.gone.get(&id)?;
        (now.seconds_since(*when) < REMEMBERED_S).then_some(*version)
    }

    /// All that is there was asked for, `since` which change: what was not found then, and not learned
    /// later, is gone.
    pub(crate) fn confirm(&mut self, found: &BTreeSet<Uuid>, since: u64, at: Time, now: Time) {
        let learned = &self.learned;
        let stays = |id: &Uuid, peer: &Peer| {
            peer.end >= now
                && (found.contains(id) || learned.get(id).is_some_and(|when| *when > since))
        };
        let peers = Arc::make_mut(&mut self.peers);
        peers.all.retain(|id, peer| stays(id, peer));
        peers.known_at = peers.known_at.max(at);
        let unknown = peers.all.values().filter(|p| p.details != Details::Known).count();
        peers.trouble = (unknown > 0)
            .then(|| format!("the details of {unknown} entities of peers were not to be had"));
        let all = &peers.all;
        self.learned.retain(|id, _| all.contains_key(id));
        self.changes += 1;
    }

    /// What is over is dropped, and why the rest may be old is told.
    pub(crate) fn trouble(&mut self, why: String, now: Time) {
        let peers = Arc::make_mut(&mut self.peers);
        peers.all.retain(|_, peer| peer.end >= now);
        if peers.trouble.as_ref() != Some(&why) {
            peers.trouble = Some(why);
        }
        self.changes += 1;
    }

    /// Counts a notification; whether one before it was missed.
    pub(crate) fn count(&mut self, subscription: Uuid, index: i32) -> bool {
        if self.counted.len() >= MOST_COUNTED && !self.counted.contains_key(&subscription) {
            self.counted.clear();
        }
        let last = self.counted.insert(subscription, index);
        last.is_some_and(|last| index > last.saturating_add(1))
    }
}

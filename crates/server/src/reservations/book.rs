//! What is reserved, and who may see it.

use super::view::shown_to_all;
use deconflict_core::Time;
use deconflict_picture::{Policy, Sight, Viewer};
use deconflict_reserve::check::{Options, conflicts};
use deconflict_reserve::matrix::Matrix;
use deconflict_reserve::{Reservation, Status};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A reservation as it stands.
#[derive(Clone, Debug)]
pub struct Item {
    /// What is reserved, for whom, in which status.
    pub reservation: Reservation,
    /// Counted up by one with every change.
    pub version: u64,
    /// When it was last changed.
    pub changed: Time,
    /// Who changed it.
    pub by: String,
    /// That it is a peer's, known from another service and not changed here.
    pub peer: Option<PeerMark>,
}

/// What is said of something that is a peer's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerMark {
    /// The name of its service, and of the party that it is here.
    pub manager: String,
    /// `Accepted`, `Activated`, `Nonconforming`, `Contingent`, or `Constraint`.
    pub state: &'static str,
    /// Whether its details are known.
    pub is_known: bool,
}

impl Item {
    /// Its name in routes.
    pub fn id(&self) -> &str {
        &self.reservation.id
    }

    /// Whether it is this party's own. What a peer has never is, whatever it is called.
    pub fn is_of(&self, party: &str) -> bool {
        self.peer.is_none() && self.reservation.party == party
    }
}

/// How much of a reservation somebody may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disclosed {
    /// Everything.
    Full,
    /// That something is there: where, at which levels, when, of what kind.
    Exists,
}

/// A change that was made: the states before and after, each with who could see it.
#[derive(Debug)]
pub struct Change {
    before: Option<(Arc<Item>, BTreeSet<String>)>,
    after: (Arc<Item>, BTreeSet<String>),
}

/// Everything that is reserved. Its lock is held for short; changes go through the desk.
#[derive(Debug)]
pub struct Book {
    policy: Arc<Policy>,
    matrix: Matrix,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    items: BTreeMap<String, Arc<Item>>,
    /// What binds, as the check wants it; made anew after a change.
    binding: Option<Arc<Vec<Reservation>>>,
    /// Of each that binds, those others that it may not overlap and does.
    meets: BTreeMap<String, BTreeSet<String>>,
    /// Of each viewer that has asked: counted up with every change that it may see.
    versions: HashMap<Viewer, u64>,
    /// Where a viewer's count begins. The time, so that it never goes back.
    base: u64,
    /// Whether it is what the store holds.
    is_known: bool,
}

impl Book {
    /// A book of which nothing is known yet.
    pub fn new(policy: Arc<Policy>, matrix: Matrix) -> Book {
        Book { policy, matrix, inner: Mutex::new(Inner::default()) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing that is done under the lock leaves it half done.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Who may overlap whom.
    pub fn matrix(&self) -> &Matrix {
        &self.matrix
    }

    /// Replaces everything by what the store holds; what peers have stays.
    pub fn load(&self, items: Vec<Item>, now: Time) {
        let mut items: BTreeMap<String, Arc<Item>> =
            items.into_iter().map(|item| (item.id().to_owned(), Arc::new(item))).collect();
        items.extend(self.of_peers().into_iter().map(|item| (item.id().to_owned(), item)));
        let binding: Vec<Reservation> = items
            .values()
            .filter(|item| item.reservation.status.binds())
            .map(|item| item.reservation.clone())
            .collect();
        let mut meets = BTreeMap::new();
        if self.needs_meetings() {
            for (index, one) in binding.iter().enumerate() {
                join(&mut meets, one, self.met(one, &binding[index + 1..]));
            }
        }
        let mut inner = self.lock();
        inner.base = u64::try_from(now.as_nanos() / 1_000_000_000).unwrap_or(0).max(inner.base + 1);
        let base = inner.base;
        for version in inner.versions.values_mut() {
            *version = base.max(*version + 1);
        }
        (inner.items, inner.meets) = (items, meets);
        (inner.binding, inner.is_known) = (None, true);
    }

    /// Says that the store may hold something else by now.
    pub fn doubt(&self) {
        self.lock().is_known = false;
    }

    /// Whether it is what the store holds.
    pub fn is_known(&self) -> bool {
        self.lock().is_known
    }

    /// One reservation, whoever may see it.
    pub fn get(&self, id: &str) -> Option<Arc<Item>> {
        self.lock().items.get(id).cloned()
    }

    /// All that a viewer may see, and the viewer's number of the state.
    pub fn seen(&self, viewer: &Viewer) -> (u64, Vec<(Arc<Item>, Disclosed)>) {
        let mut inner = self.lock();
        let base = inner.base;
        let version = *inner.versions.entry(viewer.clone()).or_insert(base);
        let seen = inner.items.values().filter_map(|item| {
            let disclosed = self.disclosed(viewer, item, &owners(&inner, item))?;
            Some((item.clone(), disclosed))
        });
        (version, seen.collect())
    }

    /// What a viewer may see of one.
    pub fn see(&self, viewer: &Viewer, id: &str) -> Option<(Arc<Item>, Disclosed)> {
        let inner = self.lock();
        let item = inner.items.get(id)?;
        let disclosed = self.disclosed(viewer, item, &owners(&inner, item))?;
        Some((item.clone(), disclosed))
    }

    /// What binds: planned and in use.
    pub fn binding(&self) -> Arc<Vec<Reservation>> {
        let mut inner = self.lock();
        if let Some(binding) = &inner.binding {
            return binding.clone();
        }
        let ours = inner.items.values().filter(|item| item.peer.is_none());
        let parties: BTreeSet<&str> = ours.map(|item| item.reservation.party.as_str()).collect();
        let binding = inner.items.values().filter(|item| item.reservation.status.binds());
        let binding = binding.map(|item| {
            let mut reservation = item.reservation.clone();
            if item.peer.is_some() && parties.contains(reservation.party.as_str()) {
                // A peer that is called like a party of ours is not that party: what the
                // two have is not one party's own.
                reservation.party.push_str(" (peer)");
            }
            reservation
        });
        let binding = Arc::new(binding.collect::<Vec<_>>());
        inner.binding = Some(binding.clone());
        binding
    }

    /// What binds somebody's plan: the same, and a peer that is called like that party is not it,
    /// if that has nothing here yet.
    pub fn binding_against(&self, party: &str) -> Arc<Vec<Reservation>> {
        let binding = self.binding();
        let inner = self.lock();
        let is_peers = |r: &Reservation| {
            r.party == party && inner.items.get(&r.id).is_some_and(|item| item.peer.is_some())
        };
        if !binding.iter().any(is_peers) {
            return binding;
        }
        let apart = binding.iter().map(|r| match is_peers(r) {
            true => Reservation { party: format!("{party} (peer)"), ..r.clone() },
            false => r.clone(),
        });
        Arc::new(apart.collect())
    }

    /// All of ours.
    pub fn ours(&self) -> Vec<Arc<Item>> {
        self.lock().items.values().filter(|item| item.peer.is_none()).cloned().collect()
    }

    /// All of ours that are not over.
    pub fn open(&self) -> Vec<Arc<Item>> {
        let ours = self.ours().into_iter();
        ours.filter(|item| !item.reservation.status.is_final()).collect()
    }

    /// All that peers have.
    pub fn of_peers(&self) -> Vec<Arc<Item>> {
        self.lock().items.values().filter(|item| item.peer.is_some()).cloned().collect()
    }

    /// How many a party has that are not over.
    pub fn open_of(&self, party: &str) -> usize {
        let inner = self.lock();
        let own = inner.items.values().filter(|item| item.is_of(party));
        own.filter(|item| !item.reservation.status.is_final()).count()
    }

    /// Takes in what peers have: what is new or changed, and, if this is `all` of it, what is
    /// gone. Nothing of ours is touched, whatever it is called.
    pub fn learn(&self, items: Vec<Item>, all: bool) -> Vec<Change> {
        let now: BTreeSet<String> = items.iter().map(|item| item.id().to_owned()).collect();
        let mut changes = Vec::new();
        for item in items {
            let before = self.get(item.id());
            let is_ours = before.as_ref().is_some_and(|before| before.peer.is_none());
            let is_same = before.is_some_and(|before| {
                before.reservation == item.reservation && before.peer == item.peer
            });
            if !is_ours && !is_same {
                changes.push(self.apply(item));
            }
        }
        let gone = self.of_peers().into_iter().filter(|item| all && !now.contains(item.id()));
        changes.extend(gone.filter_map(|item| self.remove(item.id())));
        changes
    }

    /// Takes out what a peer has no more.
    fn remove(&self, id: &str) -> Option<Change> {
        let mut inner = self.lock();
        let item = inner.items.get(id)?.clone();
        let before = (item.clone(), owners(&inner, &item));
        // For whoever saw it, it ends: what is over is shown to nobody from now on.
        let mut over = (*item).clone();
        over.reservation.status = Status::Cancelled;
        inner.items.remove(id);
        inner.meets.remove(id);
        for others in inner.meets.values_mut() {
            others.remove(id);
        }
        inner.binding = None;
        let change = Change { before: Some(before), after: (Arc::new(over), BTreeSet::new()) };
        self.count(&mut inner, &change);
        Some(change)
    }

    /// Counts up for everybody: something is to be told that is no reservation.
    pub fn touch_all(&self) {
        for version in self.lock().versions.values_mut() {
            *version += 1;
        }
    }

    /// Takes in a change that is stored.
    pub fn apply(&self, item: Item) -> Change {
        let item = Arc::new(item);
        let reservation = &item.reservation;
        let met = if reservation.status.binds() && self.needs_meetings() {
            // Outside of the lock: this is geometry.
            self.met(reservation, &self.binding())
        } else {
            BTreeSet::new()
        };
        let mut inner = self.lock();
        let before = inner.items.get(item.id()).cloned();
        let before = before.map(|before| {
            let owners = owners(&inner, &before);
            (before, owners)
        });
        for others in inner.meets.values_mut() {
            others.remove(item.id());
        }
        inner.meets.remove(item.id());
        join(&mut inner.meets, reservation, met);
        inner.items.insert(item.id().to_owned(), item.clone());
        inner.binding = None;
        let after = owners(&inner, &item);
        let change = Change { before, after: (item, after) };
        self.count(&mut inner, &change);
        change
    }

    fn count(&self, inner: &mut Inner, change: &Change) {
        let told: Vec<Viewer> =
            inner.versions.keys().filter(|v| self.sees(v, change)).cloned().collect();
        for viewer in told {
            if let Some(version) = inner.versions.get_mut(&viewer) {
                *version += 1;
            }
        }
    }

    /// The viewer's number of the state, if it may see that this was changed.
    pub fn told(&self, viewer: &Viewer, change: &Change) -> Option<u64> {
        if !self.sees(viewer, change) {
            return None;
        }
        let mut inner = self.lock();
        let base = inner.base;
        Some(*inner.versions.entry(viewer.clone()).or_insert(base))
    }

    /// Counts up the state of those viewers that see one reservation in full, of those that are
    /// `meant`: something has happened that is told with it. Their numbers; of one that has
    /// not asked yet its first.
    pub fn touch(
        &self,
        id: &str,
        meant: impl Fn(&Viewer) -> bool,
    ) -> impl Fn(&Viewer) -> Option<u64> {
        let mut inner = self.lock();
        let item = inner.items.get(id).cloned();
        let owners = item.as_ref().map(|item| owners(&inner, item)).unwrap_or_default();
        let is_told = move |viewer: &Viewer| {
            let disclosed = self.disclosed(viewer, item.as_ref()?, &owners);
            (disclosed == Some(Disclosed::Full) && meant(viewer)).then_some(())
        };
        for (viewer, version) in &mut inner.versions {
            *version += u64::from(is_told(viewer).is_some());
        }
        drop(inner);
        move |viewer| {
            is_told(viewer)?;
            let mut inner = self.lock();
            let base = inner.base;
            Some(*inner.versions.entry(viewer.clone()).or_insert(base))
        }
    }

    fn sees(&self, viewer: &Viewer, change: &Change) -> bool {
        let sees =
            |(item, owners): &(Arc<Item>, BTreeSet<String>)| self.disclosed(viewer, item, owners);
        let (before, after) = (change.before.as_ref().and_then(sees), sees(&change.after));
        // What exists looks the same where only its words have changed.
        match (before, after) {
            (None, None) => false,
            (Some(Disclosed::Exists), Some(Disclosed::Exists)) => {
                change.before.as_ref().is_none_or(|(item, _)| {
                    shown_to_all(&item.reservation) != shown_to_all(&change.after.0.reservation)
                })
            }
            _ => true,
        }
    }

    /// VIS-2: what policy shows, applied here and nowhere else. `owners` are the parties that
    /// have something in the same place.
    fn disclosed(
        &self,
        viewer: &Viewer,
        item: &Item,
        owners: &BTreeSet<String>,
    ) -> Option<Disclosed> {
        let reservation = &item.reservation;
        let Viewer::Party(party) = viewer else { return Some(Disclosed::Full) };
        if item.is_of(party) {
            return Some(Disclosed::Full);
        }
        let binds = reservation.status.binds();
        let sight = match item.peer.is_some() && reservation.party == *party {
            // A party that is called like another service is not its owner (CRD-4), and no
            // line of the policy tells the two apart.
            true => Sight::Nothing,
            false => self.policy.sight(party, Some(&reservation.party)),
        };
        match sight {
            // What is being drawn binds nobody, and is nobody else's business.
            _ if reservation.status == Status::Draft => None,
            Sight::Full => Some(Disclosed::Full),
            Sight::Position if binds => Some(Disclosed::Exists),
            Sight::InConflict if binds && owners.contains(party) => Some(Disclosed::Exists),
            Sight::Position | Sight::InConflict | Sight::Nothing => None,
        }
    }

    /// Whether it matters who is in the same place as whom.
    fn needs_meetings(&self) -> bool {
        self.policy.uses(Sight::InConflict)
    }

    /// Which of the others it may not overlap and does.
    fn met(&self, one: &Reservation, others: &[Reservation]) -> BTreeSet<String> {
        let options = Options { alternatives: false, ..Options::default() };
        conflicts(one, others, &self.matrix, &options).into_iter().map(|c| c.with).collect()
    }
}

/// The parties that have something where this is.
fn owners(inner: &Inner, item: &Item) -> BTreeSet<String> {
    let Some(met) = inner.meets.get(item.id()) else { return BTreeSet::new() };
    let others = met.iter().filter_map(|id| inner.items.get(id));
    others
        .filter(|other| other.peer.is_none())
        .map(|other| other.reservation.party.clone())
        .collect()
}

/// Notes on both sides that they are in the same place.
fn join(meets: &mut BTreeMap<String, BTreeSet<String>>, one: &Reservation, met: BTreeSet<String>) {
    for other in &met {
        meets.entry(other.clone()).or_default().insert(one.id.clone());
    }
    if !met.is_empty() {
        meets.entry(one.id.clone()).or_default().extend(met);
    }
}

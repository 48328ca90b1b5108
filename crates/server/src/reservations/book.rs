//! What is reserved, and who may see it.

use super::view::shown_to_all;
use deconflict_core::Time;
use deconflict_picture::{Policy, Sight, Viewer};
use deconflict_reserve::Reservation;
use deconflict_reserve::check::{Options, conflicts};
use deconflict_reserve::matrix::Matrix;
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
}

impl Item {
    /// Its name in routes.
    pub fn id(&self) -> &str {
        &self.reservation.id
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

    /// Replaces everything by what the store holds.
    pub fn load(&self, items: Vec<Item>, now: Time) {
        let items: BTreeMap<String, Arc<Item>> =
            items.into_iter().map(|item| (item.id().to_owned(), Arc::new(item))).collect();
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
        let binding = inner.items.values().filter(|item| item.reservation.status.binds());
        let binding = Arc::new(binding.map(|item| item.reservation.clone()).collect::<Vec<_>>());
        inner.binding = Some(binding.clone());
        binding
    }

    /// All that are not over.
    pub fn open(&self) -> Vec<Arc<Item>> {
        let inner = self.lock();
        inner.items.values().filter(|i| !i.reservation.status.is_final()).cloned().collect()
    }

    /// How many a party has that are not over.
    pub fn open_of(&self, party: &str) -> usize {
        let inner = self.lock();
        let open = inner.items.values().map(|item| &item.reservation);
        open.filter(|r| r.party == party && !r.status.is_final()).count()
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
        let told: Vec<Viewer> =
            inner.versions.keys().filter(|v| self.sees(v, &change)).cloned().collect();
        for viewer in told {
            if let Some(version) = inner.versions.get_mut(&viewer) {
                *version += 1;
            }
        }
        change
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
        if reservation.party == *party {
            return Some(Disclosed::Full);
        }
        let binds = reservation.status.binds();
        match self.policy.sight(party, Some(&reservation.party)) {
            // What is being drawn binds nobody, and is nobody else's business.
            _ if reservation.status == deconflict_reserve::Status::Draft => None,
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
    others.map(|other| other.reservation.party.clone()).collect()
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

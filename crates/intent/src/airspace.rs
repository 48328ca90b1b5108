//! All that is known, and the changes that are being made to it.

use crate::extent::Extent;
use crate::remembered::{Answers, DraftAnswers, Keep};
use crate::row::{
    Answered, Availability, Constraint, Instance, Intent, Key, Kind, Presence, Report, Row, Spent,
    Subscription,
};
use crate::table::{Located, Table};
use deconflict_core::Time;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// A row that is new or different (`Some`), or gone (`None`).
pub type Change = (Key, Option<Row>);

/// All that is known: a state machine driven by [`Change`]s, whose order a store keeps.
#[derive(Debug, Default)]
pub struct Airspace {
    intents: Table<Intent>,
    constraints: Table<Constraint>,
    subscriptions: Table<Subscription>,
    /// Which intents hang on a subscription: subscription, then intent.
    dependents: BTreeSet<(Uuid, Uuid)>,
    availability: HashMap<String, Arc<Availability>>,
    answered: Answers,
    spent: HashMap<String, Arc<Spent>>,
    instances: BTreeMap<String, Arc<Instance>>,
    /// What ends when, for the clean-up.
    ends: BTreeSet<(Kind, Time, String)>,
}

/// How many rows there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Of operational intents.
    pub intents: usize,
    /// Of constraints.
    pub constraints: usize,
    /// Of subscriptions.
    pub subscriptions: usize,
}

impl Airspace {
    /// Of rows with different keys: the same as applying them, and much quicker.
    pub fn of(rows: Vec<Row>) -> Airspace {
        let mut airspace = Airspace::default();
        let (mut intents, mut subscriptions) = (Vec::new(), Vec::new());
        let mut ends = Vec::new();
        let mut dependents = Vec::new();
        for row in rows {
            if let Some(end) = end_of(&row) {
                let (kind, id) = row.key();
                ends.push((kind, end, id));
            }
            match row {
                Row::Intent(row) => {
                    dependents.extend(row.subscription.map(|s| (s, row.id)));
                    intents.push(row);
                }
                Row::Subscription(row) => subscriptions.push(row),
                // Few.
                other => airspace.put(other),
            }
        }
        airspace.intents = Table::of(intents);
        airspace.subscriptions = Table::of(subscriptions);
        airspace.ends = ends.into_iter().collect();
        airspace.dependents = dependents.into_iter().collect();
        airspace
    }

    /// Makes a change.
    pub fn apply(&mut self, (key, row): Change) {
        self.forget(&key);
        let Some(row) = row else { return };
        if let Some(end) = end_of(&row) {
            self.ends.insert((key.0, end, key.1));
        }
        self.put(row);
    }

    fn put(&mut self, row: Row) {
        match row {
            Row::Intent(row) => {
                if let Some(subscription) = row.subscription {
                    self.dependents.insert((subscription, row.id));
                }
                self.intents.put(row);
            }
            Row::Constraint(row) => self.constraints.put(row),
            Row::Subscription(row) => self.subscriptions.put(row),
            Row::Availability(row) => {
                self.availability.insert(row.uss.clone(), row);
            }
            Row::Answered(row) => self.answered.put(row),
            Row::Spent(row) => {
                self.spent.insert(row.ovn.clone(), row);
            }
            Row::Instance(row) => {
                self.instances.insert(row.locality.clone(), row);
            }
            Row::Report(_) => {}
        }
    }

    fn forget(&mut self, (kind, id): &Key) {
        let uuid = || Uuid::parse_str(id).ok();
        let old = match kind {
            Kind::Intent => uuid().and_then(|id| self.intents.remove(id)).map(Row::Intent),
            Kind::Constraint => {
                uuid().and_then(|id| self.constraints.remove(id)).map(Row::Constraint)
            }
            Kind::Subscription => {
                uuid().and_then(|id| self.subscriptions.remove(id)).map(Row::Subscription)
            }
            Kind::Availability => self.availability.remove(id.as_str()).map(Row::Availability),
            Kind::Answered => self.answered.remove(id).map(Row::Answered),
            Kind::Spent => self.spent.remove(id).map(Row::Spent),
            Kind::Instance => self.instances.remove(id).map(Row::Instance),
            Kind::Report => None,
        };
        let Some(old) = old else { return };
        if let Some(end) = end_of(&old) {
            self.ends.remove(&(*kind, end, id.clone()));
        }
        if let Row::Intent(old) = old
            && let Some(subscription) = old.subscription
        {
            self.dependents.remove(&(subscription, old.id));
        }
    }

    /// How many rows there are.
    pub fn counts(&self) -> Counts {
        Counts {
            intents: self.intents.len(),
            constraints: self.constraints.len(),
            subscriptions: self.subscriptions.len(),
        }
    }

    /// How many answers are remembered, and the bytes that they take.
    pub fn remembered(&self) -> (usize, usize) {
        self.answered.size()
    }

    /// What of a kind ended before a time, the earliest first. Implicit subscriptions are not
    /// among them: they go with what hangs on them.
    pub fn ended_before(&self, kind: Kind, time: Time) -> impl Iterator<Item = &str> {
        let first = (kind, Time::MIN, String::new());
        let last = (kind, time, String::new());
        self.ends.range(first..last).map(|(_, _, id)| id.as_str())
    }
}

fn end_of(row: &Row) -> Option<Time> {
    match row {
        Row::Intent(row) => row.extent.end(),
        Row::Constraint(row) => row.extent.end(),
        Row::Subscription(row) => row.extent.end().filter(|_| !row.implicit),
        Row::Answered(row) => Some(Time::from_nanos(row.until_ns)),
        Row::Spent(row) => Some(Time::from_nanos(row.until_ns)),
        Row::Availability(_) | Row::Instance(_) | Row::Report(_) => None,
    }
}

/// What is known with the changes that are being made: read by whoever decides, and
/// nothing of it is seen by anybody else before it is written.
///
/// Several requests are decided on one draft, one after the other; each sees what those
/// before it did. That is the order in which they happened.
#[derive(Debug)]
pub struct Draft<'a> {
    base: &'a Airspace,
    intents: BTreeMap<Uuid, Option<Arc<Intent>>>,
    constraints: BTreeMap<Uuid, Option<Arc<Constraint>>>,
    subscriptions: BTreeMap<Uuid, Option<Arc<Subscription>>>,
    availability: BTreeMap<String, Arc<Availability>>,
    answered: DraftAnswers<'a>,
    spent: BTreeMap<String, Option<Arc<Spent>>>,
    instances: BTreeMap<String, Arc<Instance>>,
    reports: Vec<Arc<Report>>,
}

fn get<T: Located>(
    base: &Table<T>,
    changed: &BTreeMap<Uuid, Option<Arc<T>>>,
    id: Uuid,
) -> Option<Arc<T>> {
    match changed.get(&id) {
        Some(row) => row.clone(),
        None => base.get(id).cloned(),
    }
}

fn over<T: Located>(
    base: &Table<T>,
    changed: &BTreeMap<Uuid, Option<Arc<T>>>,
    extent: &Extent,
) -> Vec<Arc<T>> {
    let unchanged = base.over(extent).into_iter().filter(|row| !changed.contains_key(&row.id()));
    let mut found: Vec<Arc<T>> = unchanged.cloned().collect();
    let before = found.len();
    let new = changed.values().flatten().filter(|row| row.extent().overlaps(extent));
    found.extend(new.cloned());
    if found.len() > before {
        found.sort_unstable_by_key(|row| row.id());
    }
    found
}

impl<'a> Draft<'a> {
    /// On what is known.
    pub fn on(base: &'a Airspace) -> Draft<'a> {
        Draft {
            base,
            intents: BTreeMap::new(),
            constraints: BTreeMap::new(),
            subscriptions: BTreeMap::new(),
            availability: BTreeMap::new(),
            answered: DraftAnswers::on(&base.answered),
            spent: BTreeMap::new(),
            instances: BTreeMap::new(),
            reports: Vec::new(),
        }
    }

    /// What is known without the changes.
    pub fn base(&self) -> &'a Airspace {
        self.base
    }

    /// An operational intent.
    pub fn intent(&self, id: Uuid) -> Option<Arc<Intent>> {
        get(&self.base.intents, &self.intents, id)
    }

    /// A constraint.
    pub fn constraint(&self, id: Uuid) -> Option<Arc<Constraint>> {
        get(&self.base.constraints, &self.constraints, id)
    }

    /// A subscription.
    pub fn subscription(&self, id: Uuid) -> Option<Arc<Subscription>> {
        get(&self.base.subscriptions, &self.subscriptions, id)
    }

    /// Operational intents that meet an extent, by id.
    pub fn intents_over(&self, extent: &Extent) -> Vec<Arc<Intent>> {
        over(&self.base.intents, &self.intents, extent)
    }

    /// Constraints that meet an extent, by id.
    pub fn constraints_over(&self, extent: &Extent) -> Vec<Arc<Constraint>> {
        over(&self.base.constraints, &self.constraints, extent)
    }

    /// Subscriptions that meet an extent, by id.
    pub fn subscriptions_over(&self, extent: &Extent) -> Vec<Arc<Subscription>> {
        over(&self.base.subscriptions, &self.subscriptions, extent)
    }

    /// The operational intents that hang on a subscription.
    pub fn dependents(&self, subscription: Uuid) -> BTreeSet<Uuid> {
        let first = (subscription, Uuid::nil());
        let known = self.base.dependents.range(first..=(subscription, Uuid::max()));
        let mut all: BTreeSet<Uuid> = known.map(|(_, id)| *id).collect();
        all.retain(|id| !self.intents.contains_key(id));
        let new = self.intents.values().flatten();
        all.extend(new.filter(|i| i.subscription == Some(subscription)).map(|i| i.id));
        all
    }

    /// What is said of a USS.
    pub fn availability(&self, uss: &str) -> Option<Arc<Availability>> {
        self.availability.get(uss).or_else(|| self.base.availability.get(uss)).cloned()
    }

    /// Whether a USS is there.
    pub fn presence(&self, uss: &str) -> Presence {
        let known = self.availability.get(uss).or_else(|| self.base.availability.get(uss));
        known.map_or(Presence::Unknown, |a| a.presence)
    }

    /// An answer that was given.
    pub fn answered(&self, key: &str) -> Option<Arc<Answered>> {
        self.answered.get(key).cloned()
    }

    /// Remembers an answer, and forgets the oldest of those that are too many then.
    pub fn remember(&mut self, answer: Answered, keep: &Keep) {
        self.answered.remember(Arc::new(answer), keep);
    }

    /// Whether a version number is used up.
    pub fn is_spent(&self, ovn: &str) -> bool {
        match self.spent.get(ovn) {
            Some(row) => row.is_some(),
            None => self.base.spent.contains_key(ovn),
        }
    }

    /// An instance of the pool.
    pub fn instance(&self, locality: &str) -> Option<Arc<Instance>> {
        self.instances.get(locality).or_else(|| self.base.instances.get(locality)).cloned()
    }

    /// All of them, by name.
    pub fn instances(&self) -> Vec<Arc<Instance>> {
        let mut all = self.base.instances.clone();
        all.extend(self.instances.clone());
        all.into_values().collect()
    }

    /// Puts a row in.
    pub fn put(&mut self, row: Row) {
        match row {
            Row::Intent(row) => drop(self.intents.insert(row.id, Some(row))),
            Row::Constraint(row) => drop(self.constraints.insert(row.id, Some(row))),
            Row::Subscription(row) => drop(self.subscriptions.insert(row.id, Some(row))),
            Row::Availability(row) => {
                self.availability.insert(row.uss.clone(), row);
            }
            Row::Answered(row) => self.answered.put(row),
            Row::Spent(row) => drop(self.spent.insert(row.ovn.clone(), Some(row))),
            Row::Instance(row) => drop(self.instances.insert(row.locality.clone(), row)),
            Row::Report(row) => self.reports.push(row),
        }
    }

    /// Takes an operational intent out.
    pub fn remove_intent(&mut self, id: Uuid) {
        self.intents.insert(id, None);
    }

    /// Takes a constraint out.
    pub fn remove_constraint(&mut self, id: Uuid) {
        self.constraints.insert(id, None);
    }

    /// Takes a subscription out.
    pub fn remove_subscription(&mut self, id: Uuid) {
        self.subscriptions.insert(id, None);
    }

    /// Forgets an answer.
    pub fn remove_answered(&mut self, key: &str) {
        self.answered.remove(key);
    }

    /// Forgets a version number that cannot be asked for any more.
    pub fn remove_spent(&mut self, ovn: &str) {
        self.spent.insert(ovn.to_owned(), None);
    }

    /// The changes, each row once, in order of their keys.
    pub fn into_changes(self) -> Vec<Change> {
        fn of<T>(
            kind: Kind,
            rows: BTreeMap<Uuid, Option<Arc<T>>>,
            wrap: fn(Arc<T>) -> Row,
        ) -> impl Iterator<Item = Change> {
            rows.into_iter().map(move |(id, row)| ((kind, id.to_string()), row.map(wrap)))
        }
        let availability = self.availability.into_values().map(Row::Availability);
        let reports = self.reports.into_iter().map(Row::Report);
        let answered = self.answered.into_rows().into_iter();
        let instances = self.instances.into_values().map(Row::Instance);
        of(Kind::Intent, self.intents, Row::Intent)
            .chain(of(Kind::Constraint, self.constraints, Row::Constraint))
            .chain(of(Kind::Subscription, self.subscriptions, Row::Subscription))
            .chain(availability.map(|row| (row.key(), Some(row))))
            .chain(answered.map(|(key, row)| ((Kind::Answered, key), row.map(Row::Answered))))
            .chain(
                self.spent.into_iter().map(|(key, row)| ((Kind::Spent, key), row.map(Row::Spent))),
            )
            .chain(instances.map(|row| (row.key(), Some(row))))
            .chain(reports.map(|row| (row.key(), Some(row))))
            .collect()
    }
}

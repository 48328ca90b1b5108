//! The alerts of a run, with what people have added to them.

use crate::advice::Advice;
use crate::alert::{Alert, Comment, FiguresView, Side};
use deconflict_alert::AlertChange;
use deconflict_core::Time;
use deconflict_core::rules::Minima;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use thiserror::Error;

/// How long an alert that has ended stays in the picture, seconds.
const REMEMBERED_S: f64 = 600.0;
/// No more ended alerts than this are kept, however many there were.
const MOST_ENDED: usize = 1000;
/// An engine that was begun later than its recording raises an alert at the same moment as
/// the first engine did, or, if the alert is as old as its own beginning, later; never
/// earlier than this, seconds.
const RAISED_SLACK_S: f64 = 15.0;

/// There is no alert of this name in the picture.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("there is no alert {0:?} in the present picture")]
pub struct NoSuchAlert(pub String);

/// What a person adds to an alert.
#[derive(Clone, Debug, PartialEq)]
pub enum Remark {
    /// Has taken note of it; the text may be empty.
    Acknowledge(Comment),
    /// Says something about it.
    Comment(Comment),
}

/// An alert as it was named when it happened, for an engine that was begun in the middle of
/// a recording and counts anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub id: String,
    /// What the two aircraft are called by: their addresses, or their names for want of one.
    pub sides: [String; 2],
    /// When it was raised.
    pub first: Time,
    /// When it last changed; `None` if it is still on.
    pub last: Option<Time>,
}

impl Known {
    /// Of an alert.
    pub fn of(alert: &Alert) -> Known {
        Known {
            id: alert.id.clone(),
            sides: [alert.a.key(), alert.b.key()],
            first: alert.first.0,
            last: (!alert.is_open()).then_some(alert.last.0),
        }
    }

    /// Whether this is the alert of these two that was raised at `first`.
    fn is(&self, a: &str, b: &str, first: Time) -> bool {
        let [one, other] = &self.sides;
        let same = (one == a && other == b) || (one == b && other == a);
        let early = first.seconds_since(self.first) < -RAISED_SLACK_S;
        same && !early && self.last.is_none_or(|last| first <= last)
    }
}

/// Names for alerts that have one already.
#[derive(Clone, Debug, Default)]
struct Names {
    known: BTreeMap<String, Known>,
    given: BTreeSet<String>,
    others: u64,
}

impl Names {
    /// The name of an alert; one that nobody has stored gets one that no other can have.
    fn name(&mut self, run: &str, change: &AlertChange) -> String {
        let (a, b) = (Side::of(&change.a).key(), Side::of(&change.b).key());
        let fits = self
            .known
            .values()
            .filter(|known| known.is(&a, &b, change.first) && !self.given.contains(&known.id));
        let apart = |known: &&Known| change.first.seconds_since(known.first).abs();
        match fits.min_by(|x, y| apart(x).total_cmp(&apart(y))) {
            Some(known) => {
                self.given.insert(known.id.clone());
                known.id.clone()
            }
            None => {
                self.others += 1;
                format!("{run}-r{}", self.others)
            }
        }
    }

    fn forget(&mut self, now: Time) {
        let old =
            |known: &Known| known.last.is_some_and(|last| now.seconds_since(last) > REMEMBERED_S);
        self.known.retain(|_, known| !old(known));
        self.given.retain(|id| self.known.contains_key(id));
    }
}

/// The alerts that are on, and those that ended lately.
#[derive(Clone, Debug, Default)]
pub struct AlertBook {
    run: String,
    alerts: BTreeMap<u64, Arc<Alert>>,
    /// If they are not named by their number.
    names: Option<Names>,
}

impl AlertBook {
    /// An empty book of a run.
    pub fn new(run: &str) -> AlertBook {
        AlertBook { run: run.to_owned(), alerts: BTreeMap::new(), names: None }
    }

    /// Alerts are named as they were when they happened, and not by their number, from now on.
    /// What was known before stays known.
    pub fn know(&mut self, known: impl IntoIterator<Item = Known>) {
        let names = self.names.get_or_insert_default();
        names.known.extend(known.into_iter().map(|known| (known.id.clone(), known)));
    }

    /// The number of an alert of this run, from its name.
    fn number(&self, id: &str) -> Result<u64, NoSuchAlert> {
        if self.names.is_some() {
            let found = self.alerts.iter().find(|(_, alert)| alert.id == id);
            return found.map(|(number, _)| *number).ok_or_else(|| NoSuchAlert(id.to_owned()));
        }
        let number = id.strip_prefix(&self.run).and_then(|rest| rest.strip_prefix('-'));
        let number = number.and_then(|n| n.parse().ok());
        number.ok_or_else(|| NoSuchAlert(id.to_owned()))
    }

    /// Takes in a change and returns the alert after it.
    pub fn take(&mut self, change: &AlertChange, minima: &Minima) -> Arc<Alert> {
        let (run, names) = (&self.run, &mut self.names);
        let entry = self.alerts.entry(change.alert);
        let alert = match entry {
            std::collections::btree_map::Entry::Vacant(vacant) => {
                let id = match names {
                    None => format!("{run}-{}", change.alert),
                    Some(names) => names.name(run, change),
                };
                vacant.insert(Arc::new(Alert::raised(id, change, minima)))
            }
            std::collections::btree_map::Entry::Occupied(occupied) => {
                let alert = occupied.into_mut();
                Arc::make_mut(alert).take(change);
                alert
            }
        };
        alert.clone()
    }

    /// Puts the present figures of an alert that is on in place.
    pub(crate) fn figures(&mut self, number: u64, time: Time, figures: FiguresView) {
        if let Some(alert) = self.alerts.get_mut(&number) {
            let alert = Arc::make_mut(alert);
            alert.figures = figures;
            alert.time = crate::Stamp(time);
        }
    }

    /// Puts what keeps the two of an alert apart in place, and returns the alert after it.
    pub(crate) fn advise(&mut self, number: u64, advice: Option<Advice>) -> Option<Arc<Alert>> {
        let alert = self.alerts.get_mut(&number).filter(|alert| alert.is_open())?;
        Arc::make_mut(alert).advice = advice.map(Arc::new);
        Some(alert.clone())
    }

    /// Adds what a person says, and returns the alert after it.
    ///
    /// # Errors
    /// [`NoSuchAlert`] if it is of another run, or has been forgotten.
    pub fn remark(&mut self, id: &str, remark: Remark) -> Result<Arc<Alert>, NoSuchAlert> {
        let number = self.number(id)?;
        let alert = self.alerts.get_mut(&number).ok_or_else(|| NoSuchAlert(id.to_owned()))?;
        let changed = Arc::make_mut(alert);
        match remark {
            Remark::Acknowledge(comment) => changed.acknowledged = Some(comment),
            Remark::Comment(comment) => changed.comments.push(comment),
        }
        Ok(alert.clone())
    }

    /// One alert.
    ///
    /// # Errors
    /// [`NoSuchAlert`] if it is of another run, or has been forgotten.
    pub fn get(&self, id: &str) -> Result<&Arc<Alert>, NoSuchAlert> {
        let number = self.number(id)?;
        self.alerts.get(&number).ok_or_else(|| NoSuchAlert(id.to_owned()))
    }

    /// All of them, in the order in which they were raised.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Alert>> {
        self.alerts.values()
    }

    /// Forgets alerts that ended long ago.
    pub(crate) fn forget(&mut self, now: Time) {
        let old =
            |alert: &Alert| !alert.is_open() && now.seconds_since(alert.last.0) > REMEMBERED_S;
        self.alerts.retain(|_, alert| !old(alert));
        if let Some(names) = &mut self.names {
            names.forget(now);
        }
        let ended = |book: &BTreeMap<u64, Arc<Alert>>| {
            book.iter().filter(|(_, a)| !a.is_open()).map(|(n, _)| *n).collect::<Vec<_>>()
        };
        if self.alerts.len() > MOST_ENDED {
            let ended = ended(&self.alerts);
            for number in ended.iter().take(ended.len().saturating_sub(MOST_ENDED)) {
                self.alerts.remove(number);
            }
        }
    }
}

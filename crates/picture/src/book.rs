//! The alerts of a run, with what people have added to them.

use crate::advice::Advice;
use crate::alert::{Alert, Comment, FiguresView};
use crate::known::{Known, Names};
use deconflict_alert::AlertChange;
use deconflict_core::Time;
use deconflict_core::rules::Minima;
use std::collections::BTreeMap;
use std::sync::Arc;
use thiserror::Error;

/// How long an alert that has ended stays in the picture, seconds.
const REMEMBERED_S: f64 = 600.0;
/// No more ended alerts than this are kept, however many there were.
const MOST_ENDED: usize = 1000;
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

/// The alerts that are on, and those that ended lately.
#[derive(Clone, Debug, Default)]
pub struct AlertBook {
    run: String,
    alerts: BTreeMap<u64, Arc<Alert>>,
    /// If they are not named by their number.
    names: Option<Names>,
    /// Alerts that were over before this engine could have raised them.
    past: Vec<Arc<Alert>>,
}

impl AlertBook {
    /// An empty book of a run.
    pub fn new(run: &str) -> AlertBook {
        AlertBook { run: run.to_owned(), ..AlertBook::default() }
    }

    /// Alerts are named as they were when they happened, and not by their number, from now on.
    /// What was known before stays known.
    pub fn know(&mut self, known: impl IntoIterator<Item = Known>) {
        self.names.get_or_insert_default().know(known);
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
                let alert = match names {
                    None => Alert::raised(format!("{run}-{}", change.alert), change, minima),
                    Some(names) => names.raised(run, change, minima),
                };
                vacant.insert(Arc::new(alert))
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
        self.past.iter().chain(self.alerts.values())
    }

    /// Alerts that are known to be over by now stand as they were, whether the engine has had
    /// them or not: it may have been begun too late to know all that mattered to them. Returns
    /// those that are another than before.
    pub(crate) fn adopt(&mut self, now: Time) -> Vec<Arc<Alert>> {
        let Some(names) = &mut self.names else { return Vec::new() };
        let mut changed = Vec::new();
        for known in names.over(now) {
            match self.alerts.values_mut().find(|alert| alert.id == known.id) {
                // In a moment, then.
                Some(alert) if alert.is_open() => continue,
                Some(alert) if alert.changes == known.changes => {}
                Some(alert) => {
                    alert.clone_from(&known);
                    changed.push(known.clone());
                }
                None => {
                    self.past.push(known.clone());
                    changed.push(known.clone());
                }
            }
            names.settle(&known.id);
        }
        changed
    }

    /// Forgets alerts that ended long ago.
    pub(crate) fn forget(&mut self, now: Time) {
        let old =
            |alert: &Alert| !alert.is_open() && now.seconds_since(alert.last.0) > REMEMBERED_S;
        self.alerts.retain(|_, alert| !old(alert));
        self.past.retain(|alert| !old(alert));
        if let Some(names) = &mut self.names {
            names.forget(now, REMEMBERED_S);
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

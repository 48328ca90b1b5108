//! The alerts of a run, with what people have added to them.

use crate::alert::{Alert, Comment, FiguresView};
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
}

impl AlertBook {
    /// An empty book of a run.
    pub fn new(run: &str) -> AlertBook {
        AlertBook { run: run.to_owned(), alerts: BTreeMap::new() }
    }

    /// The number of an alert of this run, from its name.
    fn number(&self, id: &str) -> Result<u64, NoSuchAlert> {
        let number = id.strip_prefix(&self.run).and_then(|rest| rest.strip_prefix('-'));
        let number = number.and_then(|n| n.parse().ok());
        number.ok_or_else(|| NoSuchAlert(id.to_owned()))
    }

    /// Takes in a change and returns the alert after it.
    pub fn take(&mut self, change: &AlertChange, minima: &Minima) -> Arc<Alert> {
        let id = || format!("{}-{}", self.run, change.alert);
        let entry = self.alerts.entry(change.alert);
        let alert = match entry {
            std::collections::btree_map::Entry::Vacant(vacant) => {
                vacant.insert(Arc::new(Alert::raised(id(), change, minima)))
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

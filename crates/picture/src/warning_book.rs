//! The warnings of a picture, under the names by which they are known.

use crate::alert::Side;
use crate::book::Remark;
use crate::warning::{Warning, WarningStep};
use deconflict_alert as alert;
use deconflict_alert::WarningChange;
use deconflict_core::Time;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How long a warning that has ended stays in the picture, seconds.
const REMEMBERED_S: f64 = 600.0;
/// An engine that was begun in the middle of a recording raises a warning never earlier than
/// this before the first engine did, seconds.
const RAISED_SLACK_S: f64 = 15.0;

/// The warnings that are on, and those that ended lately.
#[derive(Clone, Debug, Default)]
pub(crate) struct WarningBook {
    run: String,
    warnings: BTreeMap<u64, Arc<Warning>>,
    /// If they are not named by their number.
    names: Option<Names>,
}

impl WarningBook {
    pub fn new(run: &str) -> WarningBook {
        WarningBook { run: run.to_owned(), ..WarningBook::default() }
    }

    /// Warnings are named as they were when they happened, and not by their number, from now on.
    pub fn know(&mut self, known: impl IntoIterator<Item = Arc<Warning>>) {
        let names = self.names.get_or_insert_default();
        names.known.extend(known.into_iter().map(|known| (known.id.clone(), known)));
    }

    /// Takes in a change and returns the warning after it.
    pub fn take(&mut self, change: &WarningChange) -> Arc<Warning> {
        let (run, names) = (&self.run, &mut self.names);
        let entry = self.warnings.entry(change.warning);
        let warning = entry.and_modify(|warning| Arc::make_mut(warning).take(change));
        let warning = warning.or_insert_with(|| {
            Arc::new(match names {
                None => Warning::new(format!("{run}-w{}", change.warning), change),
                Some(names) => names.raised(run, change),
            })
        });
        warning.clone()
    }

    /// Puts present figures in place.
    pub fn refresh<'a>(&mut self, open: impl Iterator<Item = &'a alert::Warning>) {
        for warning in open {
            if let Some(known) = self.warnings.get_mut(&warning.id) {
                Arc::make_mut(known).figures(&warning.figures);
            }
        }
    }

    /// Adds what a person says, and returns the warning after it; `None` if it is of another
    /// run, or has been forgotten.
    pub fn remark(&mut self, id: &str, remark: Remark) -> Option<Arc<Warning>> {
        let warning = self.warnings.values_mut().find(|warning| warning.id == id)?;
        let changed = Arc::make_mut(warning);
        match remark {
            Remark::Acknowledge(comment) => changed.acknowledged = Some(comment),
            Remark::Comment(comment) => changed.comments.push(comment),
        }
        Some(warning.clone())
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<Warning>> {
        self.warnings.values()
    }

    pub fn forget(&mut self, now: Time) {
        let old = |w: &Warning| !w.is_open() && now.seconds_since(w.last.0) > REMEMBERED_S;
        self.warnings.retain(|_, warning| !old(warning));
        if let Some(names) = &mut self.names {
            names.known.retain(|_, warning| !old(warning));
            names.given.retain(|id| names.known.contains_key(id));
        }
    }
}

/// The names that warnings were given when they happened.
#[derive(Clone, Debug, Default)]
struct Names {
    known: BTreeMap<String, Arc<Warning>>,
    given: BTreeSet<String>,
    others: u64,
}

impl Names {
    /// The warning that a first change raises, under its name and with its past. One that nobody
    /// has stored gets a name that no other can have.
    fn raised(&mut self, run: &str, change: &WarningChange) -> Warning {
        let raised = Warning::new(String::new(), change);
        let key = Side::of(&change.subject).key();
        let fits = self.known.values().filter(|known| {
            (known.about, &known.topic) == (raised.about, &raised.topic)
                && known.aircraft.key() == key
                && raised.first.0.seconds_since(known.first.0) >= -RAISED_SLACK_S
                && (known.is_open() || raised.first.0 <= known.last.0)
                && !self.given.contains(&known.id)
        });
        let apart = |known: &&Arc<Warning>| raised.first.0.seconds_since(known.first.0).abs();
        let Some(known) = fits.min_by(|x, y| apart(x).total_cmp(&apart(y))) else {
            self.others += 1;
            return Warning { id: format!("{run}-wr{}", self.others), ..raised };
        };
        self.given.insert(known.id.clone());
        begin_with(raised, known)
    }
}

/// With what happened to a warning before the engine that has just raised it was begun.
fn begin_with(mut raised: Warning, known: &Warning) -> Warning {
    raised.id.clone_from(&known.id);
    let time = raised.last;
    let before = known.changes.iter().filter(|step| step.time < time);
    let mut changes: Vec<_> = before.cloned().collect();
    let Some(last) = changes.last().map(|last| (last.to, last.time)) else { return raised };
    raised.first = known.first;
    if last.0 == raised.state {
        raised.last = last.1;
    } else {
        let from = Some(last.0);
        changes.extend(raised.changes.drain(..).map(|step| WarningStep { from, ..step }));
    }
    raised.changes = changes;
    raised
}

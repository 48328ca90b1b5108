//! Alerts that have a name and a past already: for an engine that was begun in the middle of a
//! recording, counts anew, and knows nothing of what was before.

use crate::alert::{Alert, AlertState, Side};
use deconflict_alert::AlertChange;
use deconflict_core::Time;
use deconflict_core::rules::Minima;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Such an engine raises an alert at the same moment as the first engine did, or, if the alert is
/// older than its own beginning, later; never earlier than this, seconds.
const RAISED_SLACK_S: f64 = 15.0;

/// An alert as it was when it happened, with its record.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    alert: Arc<Alert>,
    sides: [String; 2],
}

impl Known {
    /// Of an alert as it was last told.
    pub fn of(alert: Arc<Alert>) -> Known {
        let sides = [alert.a.key(), alert.b.key()];
        Known { alert, sides }
    }

    /// When it ended, if its engine saw the end of it.
    fn end(&self) -> Option<Time> {
        let last = self.alert.changes.last()?;
        (last.to == AlertState::Ended).then_some(last.time.0)
    }

    /// Whether this is the alert of these two that was raised at `first`.
    fn is(&self, a: &str, b: &str, first: Time) -> bool {
        let [one, other] = &self.sides;
        let same = (one == a && other == b) || (one == b && other == a);
        let early = first.seconds_since(self.alert.first.0) < -RAISED_SLACK_S;
        same && !early && self.end().is_none_or(|end| first <= end)
    }
}

/// What is known.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    known: BTreeMap<String, Known>,
    /// Those that are in the book.
    given: BTreeSet<String>,
    /// Those that are over, and stand there as they were.
    settled: BTreeSet<String>,
    others: u64,
}

impl Names {
    /// Adds to it. An alert may be known better than before.
    pub fn know(&mut self, known: impl IntoIterator<Item = Known>) {
        self.known.extend(known.into_iter().map(|known| (known.alert.id.clone(), known)));
    }

    /// The alert that a first change raises, under its name and with its past. One that nobody
    /// has stored gets a name that no other can have.
    pub fn raised(&mut self, run: &str, change: &AlertChange, minima: &Minima) -> Alert {
        let (a, b) = (Side::of(&change.a).key(), Side::of(&change.b).key());
        let fits = self.known.values().filter(|known| {
            known.is(&a, &b, change.first) && !self.given.contains(&known.alert.id)
        });
        let apart = |known: &&Known| change.first.seconds_since(known.alert.first.0).abs();
        let Some(known) = fits.min_by(|x, y| apart(x).total_cmp(&apart(y))) else {
            self.others += 1;
            return Alert::raised(format!("{run}-r{}", self.others), change, minima);
        };
        let id = known.alert.id.clone();
        let mut alert = Alert::raised(id.clone(), change, minima);
        begin_with(&mut alert, &known.alert);
        self.given.insert(id);
        alert
    }

    /// Those that are over at `now` and have not been settled.
    pub fn over(&self, now: Time) -> Vec<Arc<Alert>> {
        let over = |known: &&Known| known.end().is_some_and(|end| end <= now);
        let open = |known: &&Known| !self.settled.contains(&known.alert.id);
        self.known.values().filter(over).filter(open).map(|known| known.alert.clone()).collect()
    }

    /// An alert stands in the book as it was: nothing more needs to be done about it.
    pub fn settle(&mut self, id: &str) {
        self.given.insert(id.to_owned());
        self.settled.insert(id.to_owned());
    }

    /// Forgets what ended so long ago.
    pub fn forget(&mut self, now: Time, after_s: f64) {
        let old = |known: &Known| known.end().is_some_and(|end| now.seconds_since(end) > after_s);
        self.known.retain(|_, known| !old(known));
        self.given.retain(|id| self.known.contains_key(id));
        self.settled.retain(|id| self.known.contains_key(id));
    }
}

/// What happened to an alert before the engine that has just raised it was begun.
fn begin_with(alert: &mut Alert, known: &Alert) {
    let Some(raised) = alert.changes.first_mut() else { return };
    let before = known.changes.iter().filter(|change| change.time < raised.time);
    let mut changes: Vec<_> = before.cloned().collect();
    let Some(last) = changes.last() else { return };
    alert.first = known.first;
    if last.to == alert.state {
        alert.last = last.time;
        alert.reason.clone_from(&last.reason);
    } else {
        raised.from = Some(last.to);
        changes.append(&mut alert.changes);
    }
    alert.changes = changes;
}

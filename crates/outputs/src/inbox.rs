//! What stands between the service and an output.

use crate::status::Tally;
use deconflict_core::Time;
use deconflict_picture::{Alert, Seen, Warning};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Changes of alerts, and of warnings, that wait for an output at the most.
const MOST_ALERTS: usize = 10_000;

/// What an output is told: the picture as its viewer may see it, and the alerts and warnings that
/// have changed since it was told before.
#[derive(Clone, Debug)]
pub struct Told {
    /// The moment, in the time of the data.
    pub time: Time,
    /// Whether the picture is new; else only alerts or warnings have changed.
    pub evaluated: bool,
    /// The picture, after policy.
    pub seen: Arc<Seen>,
    /// The alerts that have changed, after policy, in the order in which they did.
    pub alerts: Vec<Arc<Alert>>,
    /// The warnings that have changed, in the same way.
    pub warnings: Vec<Arc<Warning>>,
}

impl Told {
    /// A picture and the changes that came with it.
    pub fn new(seen: Arc<Seen>, evaluated: bool, alerts: Vec<Arc<Alert>>) -> Told {
        Told { time: seen.time, evaluated, seen, alerts, warnings: Vec::new() }
    }

    /// With warnings that have changed.
    pub fn with_warnings(self, warnings: Vec<Arc<Warning>>) -> Told {
        Told { warnings, ..self }
    }

    /// How many changes there are in it.
    pub(crate) fn changes(&self) -> u64 {
        (self.alerts.len() + self.warnings.len()) as u64
    }
}

#[derive(Debug, Default)]
struct Waiting {
    told: Option<Told>,
    closed: bool,
}

#[derive(Debug)]
struct Shared {
    waiting: Mutex<Waiting>,
    news: Notify,
    tally: Tally,
    most_alerts: usize,
}

/// The place where an output finds what it is told.
///
/// A picture that has not been fetched is superseded by the next. Changes of alerts wait
/// for each other, and so do those of warnings; when there are too many, an earlier state of the
/// same one goes first (a later one holds its whole record), then the oldest, which is counted.
#[derive(Clone, Debug)]
pub struct Inbox {
    shared: Arc<Shared>,
}

impl Inbox {
    /// An empty one, with the counters of its output.
    pub fn new(tally: Tally) -> Inbox {
        Inbox::bounded(tally, MOST_ALERTS)
    }

    fn bounded(tally: Tally, most_alerts: usize) -> Inbox {
        let (waiting, news) = (Mutex::default(), Notify::new());
        Inbox { shared: Arc::new(Shared { waiting, news, tally, most_alerts }) }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Nothing in here is left half done by a panic: the data stays good.
        self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts something in. Never waits for the output.
    pub fn put(&self, news: &Told) {
        let mut waiting = self.waiting();
        if waiting.closed {
            return;
        }
        match &mut waiting.told {
            None => waiting.told = Some(news.clone()),
            Some(told) => {
                if told.evaluated && news.evaluated {
                    self.shared.tally.superseded(1);
                }
                told.time = news.time;
                told.evaluated |= news.evaluated;
                told.seen = news.seen.clone();
                for alert in &news.alerts {
                    self.queue(&mut told.alerts, alert, |alert| &alert.id);
                }
                for warning in &news.warnings {
                    self.queue(&mut told.warnings, warning, |warning| &warning.id);
                }
            }
        }
        drop(waiting);
        self.shared.news.notify_one();
    }

    fn queue<T>(&self, waiting: &mut Vec<Arc<T>>, news: &Arc<T>, id: impl Fn(&T) -> &str) {
        if waiting.len() >= self.shared.most_alerts {
            match waiting.iter().position(|earlier| id(earlier) == id(news)) {
                Some(at) => {
                    waiting.remove(at);
                    self.shared.tally.superseded(1);
                }
                None => {
                    waiting.remove(0);
                    self.shared.tally.dropped(1, "more changes than could be queued");
                }
            }
        }
        waiting.push(news.clone());
    }

    /// What there is to tell, as soon as there is something; `None` once there will be no
    /// more. Giving up waiting loses nothing.
    pub async fn next(&self) -> Option<Told> {
        loop {
            {
                let mut waiting = self.waiting();
                if let Some(told) = waiting.told.take() {
                    return Some(told);
                }
                if waiting.closed {
                    return None;
                }
            }
            self.shared.news.notified().await;
        }
    }

    /// Says that there will be no more. What is there can still be fetched.
    pub fn close(&self) {
        self.waiting().closed = true;
        self.shared.news.notify_one();
    }

    /// The counters of the output.
    pub fn tally(&self) -> &Tally {
        &self.shared.tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn alert(number: u64, state: &str) -> Arc<Alert> {
        let (time, side) = (
            "2026-01-01T00:00:00Z",
            json!({"track": 1, "name": "A", "address": null, "callsign": null, "operator": null,
                   "class": "unknown"}),
        );
        let alert = json!({
            "id": format!("run-{number}"), "state": state, "end": null, "time": time,
            "first": time, "last": time, "a": side, "b": side, "rule": "r", "owed_nm": 5.0,
            "owed_ft": 1000.0, "least_nm": 1.0, "least_ft": 0.0, "least_time": time,
            "reason": "", "acknowledged": null, "comments": [], "changes": []
        });
        Arc::new(serde_json::from_value(alert).expect("an alert"))
    }

    fn told(second: f64, alerts: Vec<Arc<Alert>>) -> Told {
        let seen = Seen {
            time: Time::from_millis(0).plus_s(second),
            tracks: Vec::new(),
            alerts: Vec::new(),
            feeds: Vec::new(),
            incomplete: Vec::new(),
            warnings: Vec::new(),
        };
        Told::new(Arc::new(seen), true, alerts)
    }

    #[tokio::test]
    async fn pictures_are_superseded_and_alerts_add_up() {
        let inbox = Inbox::bounded(Tally::new("x", "test", "everything", ""), 3);
        inbox.put(&told(1.0, vec![alert(1, "predicted"), alert(2, "predicted")]));
        inbox.put(&told(2.0, vec![alert(3, "predicted")]));
        // Full: the earlier state of the same alert goes first …
        inbox.put(&told(3.0, vec![alert(2, "lost")]));
        assert_eq!(inbox.tally().status().dropped, 0);
        // … then the oldest.
        inbox.put(&told(4.0, vec![alert(4, "predicted")]));
        let status = inbox.tally().status();
        assert_eq!((status.dropped, status.superseded), (1, 4));
        inbox.close();
        inbox.put(&told(5.0, Vec::new()));
        let news = inbox.next().await.expect("what was there before the end");
        assert_eq!(news.time, Time::from_millis(4000));
        let ids: Vec<&str> = news.alerts.iter().map(|alert| alert.id.as_str()).collect();
        assert_eq!(ids, ["run-3", "run-2", "run-4"]);
        assert!(inbox.next().await.is_none());
    }
}

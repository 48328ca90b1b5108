//! Handing over what is to be written.

use crate::entry::Entry;
use crate::error::NotStored;
use crate::health::{Counts, Health};
use crate::queue::{Queue, Withdrawal};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;

/// Hands entries to the one task that writes. Cheap to clone, for use from any thread.
#[derive(Clone)]
pub struct Writer {
    pub(crate) queue: Arc<Queue>,
    pub(crate) health: watch::Receiver<Health>,
    pub(crate) durable_timeout: Duration,
    pub(crate) answer_timeout: Duration,
}

impl Writer {
    /// Has an entry written: at once if the database is there, else when it is back. Never
    /// waits. If there is no room, and no figures that could make some, the entry is lost
    /// and counted; what a person did is never lost.
    pub fn record(&self, entry: Entry) {
        // The loss is counted.
        let _ = self.queue.push(entry, None);
    }

    /// Has an entry written, and returns when it is committed.
    ///
    /// # Errors
    /// If it is not stored in time. It is then withdrawn: it will not be stored later. So
    /// it is if whoever waits here stops waiting.
    pub async fn record_durably(&self, entry: Entry) -> Result<(), NotStored> {
        let (sender, mut receiver) = oneshot::channel();
        let number = self.queue.push(entry, Some(sender))?;
        let mut waiting = Waiting { queue: &self.queue, number, over: false };
        let mut outcome = timeout(self.durable_timeout, &mut receiver).await;
        if outcome.is_err() {
            match self.queue.withdraw(number) {
                Withdrawal::Done => {
                    waiting.over = true;
                    return Err(NotStored::Away(self.why()));
                }
                // The answer is on its way, or soon will be.
                Withdrawal::InFlight | Withdrawal::Gone => {
                    outcome = timeout(self.answer_timeout, &mut receiver).await;
                }
            }
        }
        match outcome {
            Ok(answer) => {
                waiting.over = true;
                answer.unwrap_or(Err(NotStored::Closed))
            }
            Err(_) => {
                // Back in the queue by now, or still in doubt.
                waiting.over = true;
                Err(match self.queue.withdraw(number) {
                    Withdrawal::Done => NotStored::Away(self.why()),
                    _ => {
                        self.queue.abandon(number);
                        NotStored::InDoubt(self.why())
                    }
                })
            }
        }
    }

    /// Why an entry was not stored in time.
    fn why(&self) -> String {
        let health = self.health.borrow();
        if health.is_ok() {
            return "the database takes too long".to_owned();
        }
        health.to_string()
    }

    /// How the database is, and when that changes.
    pub fn health(&self) -> watch::Receiver<Health> {
        self.health.clone()
    }

    /// What has been counted.
    pub fn counts(&self) -> Counts {
        self.queue.counts()
    }
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("counts", &self.counts()).finish_non_exhaustive()
    }
}

/// Somebody who waits for an entry, and may stop doing so.
struct Waiting<'a> {
    queue: &'a Queue,
    number: u64,
    over: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.queue.withdraw(self.number);
        }
    }
}

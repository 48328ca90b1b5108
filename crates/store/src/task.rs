//! The one task that writes: in order, in groups, each entry exactly once.
//!
//! With every commit the number of its last entry goes into the table `writers`, on
//! condition that the number before it is still the one that we know. A commit whose answer is lost
//! is *in doubt*: the next connection looks there whether it took place. A transaction of
//! ours that the server finishes late fails on the condition, or makes ours fail.

use crate::apply::{Ids, apply};
use crate::connect::{Trouble, connect, meaning};
use crate::health::{Health, count};
use crate::queue::{Numbered, Queue};
use crate::store::Settings;
use crate::target::Target;
use sqlx::{AnyConnection, Connection, Row};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::sync::watch;
use tokio::time::timeout;

/// Entries in one transaction.
const MOST_IN_A_COMMIT: usize = 512;
/// The first pause before another attempt.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// How often an idle connection is asked whether it is there.
const IDLE: Duration = Duration::from_secs(5);

/// A connection, with what it knows of the past.
pub(crate) struct Ledger {
    connection: AnyConnection,
    ids: Ids,
    applied: u64,
}

/// How a commit failed.
enum Failure {
    /// Nothing of it is there.
    NotCommitted(Trouble),
    /// All of it is there, or nothing.
    InDoubt(Trouble),
}

/// The task.
pub(crate) struct Task {
    pub(crate) queue: Arc<Queue>,
    pub(crate) target: Target,
    pub(crate) settings: Settings,
    pub(crate) health: watch::Sender<Health>,
    /// Tells this writer from all others.
    pub(crate) token: String,
    ledger: Option<Ledger>,
    pause: Duration,
    /// Commits that failed because of an entry.
    faults: u32,
    /// Commits of one entry since it is known that there is one at fault.
    singles: usize,
}

impl Task {
    pub(crate) fn new(
        queue: Arc<Queue>,
        target: Target,
        settings: Settings,
        health: watch::Sender<Health>,
    ) -> Task {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let token = format!("{:x}-{:x}", now.as_nanos(), std::process::id());
        let pause = FIRST_PAUSE;
        Task { queue, target, settings, health, token, ledger: None, pause, faults: 0, singles: 0 }
    }

    /// Connects for the first time.
    pub(crate) async fn open(&mut self) -> Result<(), Trouble> {
        self.ledger = Some(self.connect().await?);
        self.well();
        Ok(())
    }

    /// Says that the database could not be reached from the start.
    pub(crate) fn begin_away(&self, trouble: &Trouble) {
        self.unwell(trouble);
    }

    /// Writes until the queue is closed and empty.
    pub(crate) async fn run(mut self) {
        loop {
            let Some(ledger) = self.ledger.as_mut() else {
                match self.connect().await {
                    Ok(ledger) => self.reconcile(ledger),
                    Err(trouble) => self.wait_a_while(&trouble).await,
                }
                continue;
            };
            // One by one, once it is known that one of them is at fault.
            let most = if self.faults >= 2 { 1 } else { MOST_IN_A_COMMIT };
            let batch = self.queue.take(most);
            if batch.is_empty() {
                if self.queue.is_closed() {
                    break;
                }
                self.idle().await;
                continue;
            }
            let begun = Instant::now();
            let limit = self.settings.answer_timeout;
            match commit(&self.target, &self.token, ledger, &batch, limit).await {
                Ok(()) => self.committed(begun.elapsed(), batch.len()),
                Err(failure) => self.failed(failure, &batch).await,
            }
        }
        if let Some(ledger) = self.ledger.take() {
            let _ = timeout(self.settings.answer_timeout, ledger.connection.close()).await;
        }
    }

    async fn idle(&mut self) {
        if timeout(IDLE, self.queue.wake.notified()).await.is_ok() {
            return;
        }
        let Some(ledger) = self.ledger.as_mut() else { return };
        let ping = timeout(self.settings.answer_timeout, ledger.connection.ping()).await;
        match ping {
            Ok(Ok(())) => self.well(),
            Ok(Err(error)) => {
                self.ledger = None;
                let trouble = meaning(&self.target, &error);
                self.unwell(&trouble);
            }
            Err(_) => {
                self.ledger = None;
                self.unwell(&Trouble::timeout("a ping", self.settings.answer_timeout));
            }
        }
    }

    fn committed(&mut self, took: Duration, entries: usize) {
        self.queue.committed();
        let counters = &self.queue.counters;
        count(&counters.commits, 1);
        let ns = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        counters.last_commit_ns.store(ns, Ordering::Relaxed);
        tracing::trace!(entries, ?took, "committed");
        self.pause = FIRST_PAUSE;
        // Past all that was in the batch which failed, or the next one meets the fault again.
        self.singles += entries;
        if self.faults < 2 || self.singles >= MOST_IN_A_COMMIT || self.queue.is_empty() {
            (self.faults, self.singles) = (0, 0);
        }
        self.well();
    }

    async fn failed(&mut self, failure: Failure, batch: &[Numbered]) {
        // Whatever happened: a new connection knows nothing of it.
        self.ledger = None;
        count(&self.queue.counters.retries, 1);
        match failure {
            Failure::NotCommitted(Trouble::Entry(reason)) => {
                self.faults += 1;
                match batch {
                    // Twice before that, ids may have been taken by somebody else.
                    [(number, entry)] if self.faults > 2 => {
                        tracing::error!(%reason, ?entry, "the database does not take an entry");
                        self.queue.refuse(*number, &reason);
                    }
                    _ => self.queue.failed(),
                }
            }
            Failure::NotCommitted(trouble) => {
                self.queue.failed();
                self.wait_a_while(&trouble).await;
            }
            Failure::InDoubt(trouble) => self.wait_a_while(&trouble).await,
        }
    }

    async fn connect(&mut self) -> Result<Ledger, Trouble> {
        let limit = self.settings.answer_timeout;
        let mut connection = connect(&self.target, limit).await?;
        let known = async {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            sqlx::query(
                "INSERT INTO writers (token, opened_ns, applied) VALUES ($1, $2, 0) \
                 ON CONFLICT (token) DO NOTHING",
            )
            .bind(self.token.clone())
            .bind(i64::try_from(now.as_nanos()).unwrap_or(i64::MAX))
            .execute(&mut connection)
            .await?;
            let row = sqlx::query("SELECT applied FROM writers WHERE token = $1")
                .bind(self.token.clone())
                .fetch_one(&mut connection)
                .await?;
            let applied: i64 = row.try_get(0)?;
            let ids = Ids::after_those_of(&mut connection).await?;
            Ok((ids, u64::try_from(applied).unwrap_or(0)))
        };
        let (ids, applied) = timeout(limit, known)
            .await
            .map_err(|_| Trouble::timeout("the first question", limit))?
            .map_err(|error| meaning(&self.target, &error))?;
        Ok(Ledger { connection, ids, applied })
    }

    /// Finds out whether a commit in doubt took place.
    fn reconcile(&mut self, ledger: Ledger) {
        match self.queue.flight() {
            Some(last) if ledger.applied >= last => self.queue.committed(),
            Some(_) => self.queue.failed(),
            None => {}
        }
        if self.queue.is_empty() {
            self.well();
        }
        self.ledger = Some(ledger);
    }

    async fn wait_a_while(&mut self, trouble: &Trouble) {
        self.unwell(trouble);
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 2).min(self.settings.longest_pause);
    }

    fn well(&self) {
        self.health.send_if_modified(|health| {
            let changed = !health.is_ok();
            if changed {
                tracing::info!(database = %self.target.masked, "the database is written to");
                *health = Health::Ok;
            }
            changed
        });
    }

    fn unwell(&self, trouble: &Trouble) {
        let reason = trouble.reason().to_owned();
        self.health.send_if_modified(|health| {
            let since = match health {
                Health::Ok => SystemTime::now(),
                Health::Away { since, .. } | Health::Full { since, .. } => *since,
            };
            let next = match trouble {
                Trouble::Full(_) => Health::Full { since, reason },
                _ => Health::Away { since, reason },
            };
            let changed = *health != next;
            if changed {
                tracing::warn!(database = %self.target.masked, "{next}; entries are kept");
                *health = next;
            }
            changed
        });
    }
}

/// Commits a batch, all or nothing.
async fn commit(
    target: &Target,
    token: &str,
    ledger: &mut Ledger,
    batch: &[Numbered],
    limit: Duration,
) -> Result<(), Failure> {
    let Some((last, _)) = batch.last() else { return Ok(()) };
    let mut committing = false;
    let work = async {
        let mut transaction = ledger.connection.begin().await?;
        let moved =
            sqlx::query("UPDATE writers SET applied = $1 WHERE token = $2 AND applied = $3")
                .bind(i64::try_from(*last).unwrap_or(i64::MAX))
                .bind(token.to_owned())
                .bind(i64::try_from(ledger.applied).unwrap_or(i64::MAX))
                .execute(&mut *transaction)
                .await?;
        if moved.rows_affected() != 1 {
            // A transaction of ours that was given up went through after all.
            committing = true;
            return Err(sqlx::Error::RowNotFound);
        }
        for (_, entry) in batch {
            apply(&mut transaction, &mut ledger.ids, entry).await?;
        }
        committing = true;
        transaction.commit().await
    };
    let failure = match timeout(limit, work).await {
        Ok(Ok(())) => {
            ledger.applied = *last;
            return Ok(());
        }
        Ok(Err(error)) => meaning(target, &error),
        Err(_) => Trouble::timeout("a commit", limit),
    };
    Err(match failure {
        // An answer, and it is no: nothing is there.
        Trouble::Full(_) | Trouble::Entry(_) => Failure::NotCommitted(failure),
        _ if committing => Failure::InDoubt(failure),
        _ => Failure::NotCommitted(failure),
    })
}

//! The one who writes: many requests, one commit.

use crate::journal::{Journal, News, Trouble, wants_again};
use crate::pool::{Shared, Unavailable, now};
use crate::settings::Settings;
use crate::target::Target;
use deconflict_intent::{
    Answer, Caller, Change, Circumstances, Draft, Idempotency, Write, clean_up, write,
};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// The most writes of one commit.
const MOST_AT_ONCE: usize = 256;
/// How often what has ended is looked for, and how many rows go at once: steady, and
/// never in the way.
const CLEAN_EVERY: Duration = Duration::from_secs(5);
const CLEAN_AT_ONCE: usize = 200;
/// How long to wait before a database that does not answer is tried again.
const AGAIN_AFTER: Duration = Duration::from_millis(100);

/// The longest pause before a batch is done again that the database could not put in order.
const LONGEST_PAUSE_MS: u64 = 64;

/// A write that waits.
pub(crate) struct Job {
    pub(crate) caller: Caller,
    pub(crate) given: Circumstances,
    pub(crate) idempotency: Option<Idempotency>,
    pub(crate) request: Write,
    pub(crate) answer: oneshot::Sender<Result<Answer, Unavailable>>,
}

pub(crate) struct Writer {
    shared: Arc<Shared>,
    target: Target,
    settings: Settings,
    journal: Option<Journal>,
    /// Says which batches are ours.
    name: String,
    cleaned: Instant,
}

/// What became of a batch.
enum Outcome {
    /// It is stored, or there was nothing to store.
    Done(Vec<Answer>),
    /// It did not happen.
    Not(Trouble),
    /// It did not happen, and the database wants it to be done again.
    Again(Trouble),
    /// Nobody knows.
    Doubt(Pending),
}

/// A batch of which nobody knows whether it was committed.
struct Pending {
    since: i64,
    seq: i64,
    changes: Vec<Change>,
    answers: Vec<Answer>,
}

impl Writer {
    pub(crate) fn new(
        shared: Arc<Shared>,
        target: Target,
        settings: Settings,
        journal: Journal,
    ) -> Writer {
        let name = format!("{} {}", settings.locality, Uuid::new_v4());
        let journal = Some(journal);
        Writer { shared, target, settings, journal, name, cleaned: Instant::now() }
    }

    /// Works on a thread of its own: to decide takes processor time, and whoever reads must
    /// not wait for it.
    pub(crate) fn start(
        mut self,
        mut jobs: mpsc::Receiver<Job>,
        finished: oneshot::Sender<()>,
    ) -> std::io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("dss-writer".to_owned()).spawn(move || {
            runtime.block_on(async {
                self.run(&mut jobs).await;
                if let Some(journal) = self.journal.take() {
                    journal.close().await;
                }
            });
            // Nobody may be waiting for it any more.
            let _ = finished.send(());
        })?;
        Ok(())
    }

    async fn run(&mut self, jobs: &mut mpsc::Receiver<Job>) {
        let mut batch = Vec::new();
        loop {
            let taken = jobs.recv_many(&mut batch, MOST_AT_ONCE);
            if let Ok(0) = tokio::time::timeout(CLEAN_EVERY, taken).await {
                return;
            }
            // Whoever no longer waits has been told that it is in doubt, or has gone away.
            batch.retain(|job: &Job| !job.answer.is_closed());
            if !batch.is_empty() {
                let answers = self.write(&batch).await;
                for (job, answer) in batch.drain(..).zip(answers) {
                    // A client that has gone away does not hear of it.
                    let _ = job.answer.send(answer);
                }
            }
            if self.cleaned.elapsed() >= CLEAN_EVERY {
                self.cleaned = Instant::now();
                self.clean().await;
            }
        }
    }

    /// Writes a batch, as often as it takes within the time allowed.
    async fn write(&mut self, batch: &[Job]) -> Vec<Result<Answer, Unavailable>> {
        let begun = Instant::now();
        let until = begun + self.settings.patience;
        let mut again_ms = 1;
        let failed = |why: Unavailable| batch.iter().map(|_| Err(why.clone())).collect();
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let reason = match tokio::time::timeout(left, self.attempt(batch)).await {
                Ok(Outcome::Done(answers)) => {
                    self.shared.set_trouble(None);
                    self.shared.metrics.batch_size.observe(answers.len() as f64);
                    self.shared.metrics.batch_time.observe(begun.elapsed().as_secs_f64());
                    return answers.into_iter().map(Ok).collect();
                }
                Ok(Outcome::Again(trouble)) => {
                    // Nothing is wrong with the store, and the connection is good.
                    self.shared.metrics.again.inc();
                    let pause = Duration::from_millis(again_ms);
                    if Instant::now() + pause >= until {
                        return failed(Unavailable::Store(trouble.to_string()));
                    }
                    tokio::time::sleep(pause).await;
                    again_ms = (again_ms * 2).min(LONGEST_PAUSE_MS);
                    continue;
                }
                Ok(Outcome::Not(trouble)) => trouble.to_string(),
                Ok(Outcome::Doubt(pending)) => {
                    self.shared.metrics.doubts.inc();
                    self.journal = None;
                    match self.settle(pending, until).await {
                        Some(Some(answers)) => return answers.into_iter().map(Ok).collect(),
                        Some(None) => "the connection broke before the commit".to_owned(),
                        None => return failed(Unavailable::InDoubt),
                    }
                }
                Err(_) => {
                    // Cut off in the middle, perhaps of the commit itself.
                    self.journal = None;
                    return failed(Unavailable::InDoubt);
                }
            };
            self.journal = None;
            self.shared.set_trouble(Some(reason.clone()));
            tracing::warn!(store = self.target.shown(), reason, "the store does not answer");
            if Instant::now() + AGAIN_AFTER >= until {
                return failed(Unavailable::Store(reason));
            }
            tokio::time::sleep(AGAIN_AFTER).await;
        }
    }

    async fn attempt(&mut self, batch: &[Job]) -> Outcome {
        let decide = |draft: &mut Draft<'_>| {
            let one = |job: &Job| {
                write(draft, &job.caller, &job.given, job.idempotency.as_ref(), &job.request)
            };
            batch.iter().map(one).collect::<Vec<Answer>>()
        };
        self.transact(decide, false).await
    }

    /// One batch: what is new, the decisions on it, and the commit of their changes.
    async fn transact(
        &mut self,
        decide: impl FnOnce(&mut Draft<'_>) -> Vec<Answer>,
        purge: bool,
    ) -> Outcome {
        let journal = match &mut self.journal {
            Some(journal) => journal,
            None => match reconnect(&self.shared, &self.target).await {
                Ok(journal) => self.journal.insert(journal),
                Err(trouble) => return Outcome::Not(trouble),
            },
        };
        let since = loop {
            let since = self.shared.seq();
            match journal.begin(since).await {
                Ok(news) => {
                    let upto = news.seq;
                    self.shared.take_in(since, news);
                    if self.shared.seq() == upto {
                        break upto;
                    }
                    // The reader came between; the lock is ours, so once more is enough.
                    if let Err(error) = journal.forget().await {
                        return Outcome::Not(error.into());
                    }
                }
                Err(trouble) => return undone(journal, trouble).await,
            }
        };
        let (answers, changes) = self.shared.look(|airspace| {
            let mut draft = Draft::on(airspace);
            let answers = decide(&mut draft);
            (answers, draft.into_changes())
        });
        if changes.is_empty() {
            // Nothing to store, but what was decided on is the newest: refusals hold too.
            return match journal.forget().await {
                Ok(()) => Outcome::Done(answers),
                Err(error) => Outcome::Not(error.into()),
            };
        }
        let seq = since + 1;
        if purge && let Err(error) = journal.purge(seq).await {
            return undone(journal, error.into()).await;
        }
        match journal.commit(seq, &self.name, &changes).await {
            Ok(()) => {
                self.shared.take_in(since, News { seq, anew: None, changes });
                Outcome::Done(answers)
            }
            Err(error) if wants_again(&error) => undone(journal, error.into()).await,
            Err(error) => {
                tracing::warn!(store = self.target.shown(), %error, "a commit broke");
                Outcome::Doubt(Pending { since, seq, changes, answers })
            }
        }
    }

    /// Finds out whether a batch was committed: `Some(Some(answers))` if so, `Some(None)` if
    /// not, `None` if the database does not say in time.
    async fn settle(&mut self, pending: Pending, until: Instant) -> Option<Option<Vec<Answer>>> {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            let ask = async {
                let mut journal = Journal::connect(&self.target).await?;
                let happened = journal.happened(pending.seq, &self.name).await?;
                Ok::<_, sqlx::Error>((journal, happened))
            };
            match tokio::time::timeout(left, ask).await {
                Ok(Ok((journal, happened))) => {
                    self.journal = Some(journal);
                    if !happened {
                        return Some(None);
                    }
                    let Pending { since, seq, changes, answers } = pending;
                    self.shared.take_in(since, News { seq, anew: None, changes });
                    return Some(Some(answers));
                }
                Ok(Err(error)) => {
                    self.shared.set_trouble(Some(error.to_string()));
                    if Instant::now() + AGAIN_AFTER >= until {
                        return None;
                    }
                    tokio::time::sleep(AGAIN_AFTER).await;
                }
                Err(_) => return None,
            }
        }
    }

    async fn clean(&mut self) {
        let now = now();
        let retention = self.settings.retention;
        // Somebody may wait for word that the store is back before sending any write again.
        let troubled = self.shared.is_troubled();
        let nothing = !troubled
            && self.shared.look(|airspace| {
                clean_up(&mut Draft::on(airspace), now, &retention, CLEAN_AT_ONCE) == 0
            });
        if nothing {
            return;
        }
        let decide = |draft: &mut Draft<'_>| {
            clean_up(draft, now, &retention, CLEAN_AT_ONCE);
            Vec::new()
        };
        let patience = self.settings.patience;
        match tokio::time::timeout(patience, self.transact(decide, true)).await {
            Ok(Outcome::Done(_)) => self.shared.set_trouble(None),
            Ok(Outcome::Again(_)) => {
                self.shared.metrics.again.inc();
            }
            // What was not cleaned is cleaned next time; whether it happened is seen then too.
            _ => self.journal = None,
        }
    }
}

/// What to do about a batch that did not happen. If it is to be done again, the connection is made
/// ready for it.
async fn undone(journal: &mut Journal, trouble: Trouble) -> Outcome {
    if trouble.wants_again() && journal.forget().await.is_ok() {
        return Outcome::Again(trouble);
    }
    Outcome::Not(trouble)
}

/// Connects anew. A commit that was cut off may have happened after all: what is in the
/// store is taken in before anything is decided.
async fn reconnect(shared: &Shared, target: &Target) -> Result<Journal, Trouble> {
    let mut journal = Journal::connect(target).await?;
    shared.catch_up(&mut journal).await?;
    Ok(journal)
}

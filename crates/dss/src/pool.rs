//! The state machine in memory, with the order of its changes kept elsewhere.

use crate::journal::{Journal, News, OpenError, Trouble, unreadable};
use crate::metrics::Metrics;
use crate::settings::Settings;
use crate::target::Target;
use crate::writer::{Job, Writer};
use deconflict_core::Time;
use deconflict_intent::{
    Airspace, Answer, Beat, Caller, Circumstances, Counts, Draft, Idempotency, Read, Write, read,
};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Mutex, mpsc, oneshot, watch};
use uuid::Uuid;

/// How often a look at what is new is repeated that the database could not put in order.
const LOOKS: usize = 10;

/// Why a request was not answered. It may be asked again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unavailable {
    /// It did not happen.
    #[error("the store does not answer, and nothing was done: {0}")]
    Store(String),
    /// Too many wait already; it did not happen.
    #[error("too many requests wait, and nothing was done")]
    Busy,
    /// The connection to the database broke at the very moment: it may have happened.
    #[error(
        "the store went away in the middle, and it may have been done: read, or send it again with \
         the same Idempotency-Key"
    )]
    InDoubt,
}

/// Why a pool does not start.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The system gives us no thread.
    #[error("no thread for the writer: {0}")]
    Thread(std::io::Error),
}

/// How the service is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Health {
    /// What it knows.
    pub counts: Counts,
    /// How far the order of changes has come.
    pub seq: i64,
    /// What is wrong with the store, if anything.
    pub trouble: Option<String>,
    /// Answers that are remembered, and their bytes.
    pub remembered: (usize, usize),
    /// Writes that wait.
    pub waiting: usize,
}

/// What reader, writer and routes share.
pub(crate) struct Shared {
    airspace: RwLock<Airspace>,
    /// All changes up to here are in `airspace`; changes with its lock held.
    seq: AtomicI64,
    trouble: RwLock<Option<String>>,
    pub(crate) metrics: Arc<Metrics>,
}

impl Shared {
    pub(crate) fn seq(&self) -> i64 {
        self.seq.load(Ordering::Acquire)
    }

    /// Lets somebody look at all that is known.
    pub(crate) fn look<T>(&self, at: impl FnOnce(&Airspace) -> T) -> T {
        at(&self.airspace.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes in what is new. Reader and writer may bring the same: what is not newer than
    /// what is known is known.
    pub(crate) fn take_in(&self, asked_since: i64, news: News) {
        let mut airspace = self.airspace.write().unwrap_or_else(PoisonError::into_inner);
        let known = self.seq();
        if news.seq <= known && !(news.anew.is_some() && known == 0) {
            return;
        }
        if let Some(rows) = news.anew {
            *airspace = Airspace::of(rows);
        } else if known != asked_since {
            // Somebody else came between: some of these may be older than what is known by now.
            // It is asked again soon enough; nothing that was promised depends on it.
            return;
        }
        for change in news.changes {
            airspace.apply(change);
        }
        self.seq.store(news.seq, Ordering::Release);
    }

    /// Takes in everything that is in the store by now.
    pub(crate) async fn catch_up(&self, journal: &mut Journal) -> Result<(), Trouble> {
        loop {
            let since = self.seq();
            let news = journal.news(since).await?;
            let upto = news.seq;
            self.take_in(since, news);
            // If somebody else came between, what they brought may be less than what was seen.
            if self.seq() >= upto {
                return Ok(());
            }
        }
    }

    pub(crate) fn is_troubled(&self) -> bool {
        self.trouble.read().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    pub(crate) fn set_trouble(&self, trouble: Option<String>) {
        *self.trouble.write().unwrap_or_else(PoisonError::into_inner) = trouble;
    }
}

/// Reads of a shared database: many that wait are answered after one look at it.
struct Fresh {
    /// The number of the last who asked to be shown what is new.
    asked: AtomicU64,
    wake: mpsc::Sender<()>,
    /// Up to which number they have been shown, or what went wrong.
    shown: watch::Receiver<(u64, Option<String>)>,
}

/// A service without its web.
pub struct Pool {
    shared: Arc<Shared>,
    settings: Settings,
    jobs: mpsc::Sender<Job>,
    fresh: Option<Arc<Fresh>>,
    done: Mutex<Option<oneshot::Receiver<()>>>,
    target: Target,
    id: String,
}

impl Pool {
    /// Opens the store, reads all that is known, and starts to write.
    ///
    /// # Errors
    /// [`PoolError`], with what to do about it.
    pub async fn start(target: Target, settings: Settings) -> Result<Arc<Pool>, PoolError> {
        let mut journal = Journal::open(&target).await?;
        let id = journal.pool(&Uuid::new_v4().to_string()).await;
        let id = id.map_err(|e| unreadable(&target, e.into()))?;
        let everything = journal.everything().await.map_err(|t| unreadable(&target, t))?;
        let shared = Arc::new(Shared {
            airspace: RwLock::default(),
            seq: AtomicI64::new(0),
            trouble: RwLock::default(),
            metrics: Arc::default(),
        });
        shared.take_in(0, everything);
        let (jobs, taken) = mpsc::channel(settings.queue);
        let (finished, done) = oneshot::channel();
        let writer = Writer::new(Arc::clone(&shared), target.clone(), settings.clone(), journal);
        writer.start(taken, finished).map_err(PoolError::Thread)?;
        let fresh = if target.is_shared() {
            let reader = Journal::connect(&target).await;
            let reader = reader.map_err(|e| unreadable(&target, e.into()))?;
            Some(follow(Arc::clone(&shared), target.clone(), settings.patience, reader))
        } else {
            None
        };
        let done = Mutex::new(Some(done));
        Ok(Arc::new(Pool { shared, settings, jobs, fresh, done, target, id }))
    }

    /// What was set.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Where the order of changes is kept.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The identifier of the pool: of the store, the same for all instances that use it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// How it is.
    pub fn health(&self) -> Health {
        let trouble = self.shared.trouble.read().unwrap_or_else(PoisonError::into_inner);
        Health {
            counts: self.shared.look(Airspace::counts),
            seq: self.shared.seq(),
            // Without it every write is refused: such a service must not look well.
            trouble: trouble.clone().or_else(|| self.jobs.is_closed().then(writer_is_gone)),
            remembered: self.shared.look(Airspace::remembered),
            waiting: self.jobs.max_capacity() - self.jobs.capacity(),
        }
    }

    pub(crate) fn metrics(&self) -> &Arc<Metrics> {
        &self.shared.metrics
    }

    /// Says to the other instances of the pool that this one has started.
    ///
    /// # Errors
    /// [`Unavailable`] if it could not be stored; a name that cannot be one is told in the answer.
    pub async fn announce(&self) -> Result<Answer, Unavailable> {
        let beat = Beat {
            locality: self.settings.locality.clone(),
            public_endpoint: self.settings.public_endpoint.clone(),
            source: "Startup".to_owned(),
            timestamp: None,
            next: None,
        };
        // Nobody's token: no client reported it.
        let nobody = Caller { uss: Arc::from(""), scopes: Vec::new() };
        self.write(nobody, Write::Beat(beat), None).await
    }

    fn circumstances(&self) -> Circumstances {
        Circumstances {
            now: now(),
            nonce: *Uuid::new_v4().as_bytes(),
            limits: self.settings.limits,
            allow_http: self.settings.allow_http,
        }
    }

    /// Does a write, and answers when it is stored.
    ///
    /// # Errors
    /// [`Unavailable`], which says whether it may have happened.
    pub async fn write(
        &self,
        caller: Caller,
        request: Write,
        idempotency: Option<(String, String)>,
    ) -> Result<Answer, Unavailable> {
        let (answer, answered) = oneshot::channel();
        let job = Job {
            caller,
            given: self.circumstances(),
            idempotency: idempotency.map(|(key, fingerprint)| Idempotency {
                key,
                fingerprint,
                keep: self.settings.keep,
            }),
            request,
            answer,
        };
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => Unavailable::Busy,
            TrySendError::Closed(_) => Unavailable::Store(writer_is_gone()),
        })?;
        answered.await.unwrap_or(Err(Unavailable::InDoubt))
    }

    /// Answers a read from what is known: at least all that was stored before it was asked.
    ///
    /// # Errors
    /// [`Unavailable`] if the database that others write to does not answer.
    pub async fn read(&self, caller: &Caller, request: &Read) -> Result<Answer, Unavailable> {
        if let Some(fresh) = &self.fresh {
            fresh.wait(self.settings.patience).await.map_err(Unavailable::Store)?;
        }
        let given = self.circumstances();
        Ok(self.shared.look(|airspace| read(&Draft::on(airspace), caller, &given, request)))
    }

    /// Writes what waits, then ends.
    pub async fn stop(self: Arc<Self>) {
        let done = self.done.lock().await.take();
        drop(self);
        if let Some(done) = done {
            // The writer ends when the last sender is gone.
            let _ = tokio::time::timeout(Duration::from_secs(10), done).await;
        }
    }
}

/// What is wrong when nobody writes any more.
pub(crate) const WRITER_IS_GONE: &str = "the writer has ended; the service has to be started again";

fn writer_is_gone() -> String {
    WRITER_IS_GONE.to_owned()
}

/// The time of day. A clock before 1970 or after 2262 is the end of that range.
pub(crate) fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Time::from_nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}

impl Fresh {
    async fn wait(&self, patience: Duration) -> Result<(), String> {
        let number = self.asked.fetch_add(1, Ordering::AcqRel) + 1;
        let mut shown = self.shown.clone();
        // A full channel: somebody has already asked, and whoever looks will see this number.
        let _ = self.wake.try_send(());
        let wait = shown.wait_for(|(upto, _)| *upto >= number);
        match tokio::time::timeout(patience, wait).await {
            Err(_) => Err(format!("no answer within {} s", patience.as_secs_f64())),
            Ok(Err(_)) => Err("the service is ending".to_owned()),
            Ok(Ok(seen)) => seen.1.clone().map_or(Ok(()), Err),
        }
    }
}

/// Looks at the database for those who want to read.
fn follow(shared: Arc<Shared>, target: Target, patience: Duration, journal: Journal) -> Arc<Fresh> {
    let (wake, mut woken) = mpsc::channel(1);
    let (show, shown) = watch::channel((0, None));
    let fresh = Arc::new(Fresh { asked: AtomicU64::new(0), wake, shown });
    let asked = Arc::downgrade(&fresh);
    tokio::spawn(async move {
        let mut journal = Some(journal);
        while woken.recv().await.is_some() {
            let Some(fresh) = asked.upgrade() else { break };
            // Taken before looking: whoever asks later is shown a later look.
            let number = fresh.asked.load(Ordering::Acquire);
            drop(fresh);
            let looked = tokio::time::timeout(patience, look(&shared, &target, &mut journal));
            let trouble = match looked.await {
                Ok(Ok(())) => None,
                Ok(Err(reason)) => Some(reason),
                Err(_) => Some(format!("no answer within {} s", patience.as_secs_f64())),
            };
            if trouble.is_some() {
                journal = None;
            }
            show.send_replace((number, trouble));
            // Those who came meanwhile had no place in the channel.
            if let Some(fresh) = asked.upgrade()
                && fresh.asked.load(Ordering::Acquire) > number
            {
                let _ = fresh.wake.try_send(());
            }
        }
    });
    fresh
}

async fn look(
    shared: &Shared,
    target: &Target,
    journal: &mut Option<Journal>,
) -> Result<(), String> {
    let connected = match journal {
        Some(connected) => connected,
        None => journal.insert(Journal::connect(target).await.map_err(|e| e.to_string())?),
    };
    let mut looked = shared.catch_up(connected).await;
    for _ in 0..LOOKS {
        if !looked.as_ref().is_err_and(Trouble::wants_again) {
            break;
        }
        looked = shared.catch_up(connected).await;
    }
    looked.map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::{Gate, router};
    use axum::body::Body;
    use axum::http::Request;
    use tower::ServiceExt;

    /// A service whose writer has ended, for whatever reason, refuses writes, says so, and does not
    /// look well; what it knows can still be read.
    #[tokio::test]
    async fn without_a_writer_it_does_not_look_well() {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::File(folder.path().join("dss.db"));
        let pool = Pool::start(target, Settings::default()).await.unwrap();
        assert_eq!(pool.health().trouble, None);
        let mut pool = Arc::into_inner(pool).unwrap();
        // A channel whose other end is gone, as after a panic of the writer.
        pool.jobs = mpsc::channel(1).0;
        let pool = Arc::new(pool);
        let refused = pool.announce().await.unwrap_err();
        assert_eq!(refused, Unavailable::Store(writer_is_gone()));
        let caller = Caller { uss: Arc::from("uss1"), scopes: Vec::new() };
        assert_eq!(pool.read(&caller, &Read::Instances).await.unwrap().status, 200);

        let pem = include_str!("../../access/tests/keys/test-only-rsa-a.public.pem");
        let pems = [("test.pem".to_owned(), pem.to_owned())];
        let gate = Gate::new(&pems, None, &["dss.test".to_owned()], &[]).await.unwrap();
        let app = router(Arc::clone(&pool), gate);
        let request = Request::get("/healthy").body(Body::empty()).unwrap();
        let told = app.oneshot(request).await.unwrap();
        assert_eq!(told.status(), 503);
        let body = axum::body::to_bytes(told.into_body(), 1_000).await.unwrap();
        assert!(String::from_utf8_lossy(&body).contains("writer has ended"), "{body:?}");
    }
}

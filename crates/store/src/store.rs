//! A database, opened.

use crate::connect::{Trouble, options, prepare};
use crate::error::OpenError;
use crate::health::{Counts, Health};
use crate::queue::Queue;
use crate::target::Target;
use crate::task::Task;
use crate::writer::Writer;
use sqlx::AnyPool;
use sqlx::any::AnyPoolOptions;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// How patient the store is.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many entries may wait.
    pub queue: usize,
    /// How long [`Writer::record_durably`] waits before it withdraws the entry.
    pub durable_timeout: Duration,
    /// How long a commit, a connection or a question may take.
    pub answer_timeout: Duration,
    /// The longest pause before a failed commit is tried again; the first is a tenth of a second.
    pub longest_pause: Duration,
    /// Connections for reading.
    pub readers: u32,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            queue: 100_000,
            durable_timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(5),
            longest_pause: Duration::from_secs(2),
            readers: 4,
        }
    }
}

/// The store. Cheap to clone. One service has one database: a second one that opens it
/// would end the first one's alerts.
#[derive(Clone)]
pub struct Store {
    pub(crate) pool: AnyPool,
    pub(crate) target: Arc<Target>,
    pub(crate) answer_timeout: Duration,
    writer: Writer,
    task: Arc<Mutex<Option<JoinHandle<()>>>>,
}

impl Store {
    /// Opens the database, and makes the file and its tables if need be. A server that
    /// does not answer is no error: the store is away until it does. Has to be called
    /// within a tokio runtime.
    ///
    /// # Errors
    /// With what to do about it.
    pub async fn open(url: &str) -> Result<Store, OpenError> {
        Store::open_with(url, Settings::default()).await
    }

    /// The same with settings.
    ///
    /// # Errors
    /// With what to do about it.
    pub async fn open_with(url: &str, settings: Settings) -> Result<Store, OpenError> {
        let target = Target::parse(url)?;
        if let Some(folder) = target.path.as_deref().and_then(|path| path.parent()) {
            std::fs::create_dir_all(folder).map_err(|error| OpenError::File {
                url: target.masked.clone(),
                reason: format!("{}: {error}", folder.display()),
            })?;
        }
        let starting =
            Health::Away { since: SystemTime::now(), reason: "not connected yet".to_owned() };
        let (sender, health) = watch::channel(starting);
        let queue = Arc::new(Queue::new(settings.queue));
        let mut task = Task::new(Arc::clone(&queue), target.clone(), settings.clone(), sender);
        match task.open().await {
            Ok(()) => {}
            Err(trouble @ (Trouble::Away(_) | Trouble::Full(_))) => task.begin_away(&trouble),
            Err(trouble) => return Err(trouble.into_open_error(&target)),
        }
        let task = tokio::spawn(task.run());
        let writer = Writer {
            queue,
            health,
            durable_timeout: settings.durable_timeout,
            answer_timeout: settings.answer_timeout,
        };
        Ok(Store {
            pool: readers(&target, &settings)?,
            target: Arc::new(target),
            answer_timeout: settings.answer_timeout,
            writer,
            task: Arc::new(Mutex::new(Some(task))),
        })
    }

    /// What writes.
    pub fn writer(&self) -> Writer {
        self.writer.clone()
    }

    /// How the database is, and when that changes.
    pub fn health(&self) -> watch::Receiver<Health> {
        self.writer.health()
    }

    /// What has been counted.
    pub fn counts(&self) -> Counts {
        self.writer.counts()
    }

    /// The URL of the database, without a password.
    pub fn masked_url(&self) -> &str {
        &self.target.masked
    }

    /// Takes no more entries, and waits until those that wait are written, but not longer
    /// than `patience`. The answer is how many were left unwritten.
    pub async fn close(&self, patience: Duration) -> u64 {
        self.writer.queue.close();
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut task) = task
            && tokio::time::timeout(patience, &mut task).await.is_err()
        {
            task.abort();
        }
        let left = self.writer.queue.give_up();
        // What still reads has its answer first, or is cut off.
        let _ = tokio::time::timeout(self.answer_timeout, self.pool.close()).await;
        left
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("url", &self.masked_url()).finish_non_exhaustive()
    }
}

/// Connections for reading, made when they are needed.
fn readers(target: &Target, settings: &Settings) -> Result<AnyPool, OpenError> {
    let kind = target.kind;
    let options = options(target).map_err(|error| OpenError::Url {
        url: target.masked.clone(),
        reason: target.without_password(&error.to_string()),
    })?;
    Ok(AnyPoolOptions::new()
        .max_connections(settings.readers.max(1))
        .acquire_timeout(settings.answer_timeout)
        .after_connect(move |connection, _| Box::pin(prepare(connection, kind, true)))
        .connect_lazy_with(options))
}

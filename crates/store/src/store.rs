//! A database, opened.

use crate::entry::Entry;
use crate::error::{NotStored, OpenError, ReadError};
use crate::health::{Counts, Health};
use crate::row::*;
use std::time::Duration;
use tokio::sync::watch;

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

/// The store. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Store {}

/// Hands entries to the one task that writes. Cheap to clone, for use from any thread.
#[derive(Clone, Debug)]
pub struct Writer {}

type Answer<T> = Result<T, ReadError>;

fn away<T>() -> Answer<T> {
    Err(ReadError::Away("not connected yet".to_owned()))
}

impl Store {
    /// Opens the database, and makes the file and its tables if need be. A server that
    /// does not answer is no error: the store is away until it does.
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
        let _ = (url, settings);
        Ok(Store {})
    }

    /// What writes.
    pub fn writer(&self) -> Writer {
        Writer {}
    }
    /// How the database is, and when that changes.
    pub fn health(&self) -> watch::Receiver<Health> {
        watch::channel(Health::Ok).1
    }
    /// What has been counted.
    pub fn counts(&self) -> Counts {
        Counts::default()
    }
    /// Takes no more entries, and waits until those that wait are written, but not longer than `patience`.
    /// The answer is how many were left unwritten.
    pub async fn close(&self, patience: Duration) -> u64 {
        let _ = patience;
        0
    }
    /// Alerts, newest first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn alerts(&self, query: &AlertQuery) -> Answer<Vec<AlertRow>> {
        let _ = query;
        away()
    }
    /// One alert with its whole record.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn alert(&self, id: &str) -> Answer<Option<AlertRecord>> {
        let _ = id;
        away()
    }
    /// When alerts were on that overlap a stretch of time, oldest first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn alert_spans(
        &self,
        from_ns: i64,
        to_ns: i64,
        limit: u32,
    ) -> Answer<Vec<AlertSpan>> {
        let _ = (from_ns, to_ns, limit);
        away()
    }
    /// Acknowledgements and comments of these alerts, oldest first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn notes(&self, alerts: &[&str]) -> Answer<Vec<NoteRow>> {
        let _ = alerts;
        away()
    }
    /// Messages of and to a party (`None`: all), newest first, with what became of them.
    /// `before` is the id of the last one of the page before.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn messages(
        &self,
        party: Option<&str>,
        before: Option<&str>,
        limit: u32,
    ) -> Answer<Vec<MessageRecord>> {
        let _ = (party, before, limit);
        away()
    }
    /// All API keys, revoked ones included, in the order of making.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn keys(&self) -> Answer<Vec<KeyRow>> {
        away()
    }
    /// A page of the audit, newest first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn audit(&self, query: &AuditQuery) -> Answer<Vec<AuditRow>> {
        let _ = query;
        away()
    }
    /// Changes of the configuration, newest first; `before` is the id of the last one of the page before.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn config_changes(
        &self,
        before: Option<i64>,
        limit: u32,
    ) -> Answer<Vec<ConfigChangeRow>> {
        let _ = (before, limit);
        away()
    }
    /// Runs of the service, newest first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn runs(&self, limit: u32) -> Answer<Vec<RunRow>> {
        let _ = limit;
        away()
    }
}

impl Writer {
    /// Has an entry written: at once if the database is there, else when it is back. Never waits.
    pub fn record(&self, entry: Entry) {
        let _ = entry;
    }
    /// Has an entry written, and returns when it is committed.
    ///
    /// # Errors
    /// If it is not stored in time. It is then withdrawn: it will not be stored later.
    pub async fn record_durably(&self, entry: Entry) -> Result<(), NotStored> {
        let _ = entry;
        Err(NotStored::Away("not connected yet".to_owned()))
    }
}

//! How the store is, for people and for metrics.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// How the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// Entries are written.
    Ok,
    /// The database does not answer. Entries are kept and written once it is back.
    Away {
        /// Since when.
        since: SystemTime,
        /// What it said, without a password.
        reason: String,
    },
    /// The disk under the database is full. As for [`Away`](Self::Away), entries are kept.
    Full {
        /// Since when.
        since: SystemTime,
        /// What it said, without a password.
        reason: String,
    },
}

impl Health {
    /// Whether entries are written.
    pub fn is_ok(&self) -> bool {
        matches!(self, Health::Ok)
    }
}

impl std::fmt::Display for Health {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Health::Ok => f.write_str("the database is written to"),
            Health::Away { reason, .. } => write!(f, "the database is away: {reason}"),
            Health::Full { reason, .. } => write!(f, "the disk of the database is full: {reason}"),
        }
    }
}

/// What has been counted since the store was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Counts {
    /// Entries that wait to be written.
    pub queued: u64,
    /// Entries that were written.
    pub written: u64,
    /// Figures that a later entry for the same alert made needless before they were written.
    pub superseded: u64,
    /// Entries lost because there was no room; figures go first.
    pub dropped: u64,
    /// Entries that the database would not take.
    pub refused: u64,
    /// Entries withdrawn because they were not stored in time.
    pub withdrawn: u64,
    /// Commits that failed and were tried again.
    pub retries: u64,
    /// Commits.
    pub commits: u64,
    /// How long the last commit took.
    pub last_commit: Duration,
}

/// The counters behind [`Counts`].
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) written: AtomicU64,
    pub(crate) superseded: AtomicU64,
    pub(crate) dropped: AtomicU64,
    pub(crate) refused: AtomicU64,
    pub(crate) withdrawn: AtomicU64,
    pub(crate) retries: AtomicU64,
    pub(crate) commits: AtomicU64,
    pub(crate) last_commit_ns: AtomicU64,
}

/// Counts one more.
pub(crate) fn count(counter: &AtomicU64, more: u64) {
    counter.fetch_add(more, Ordering::Relaxed);
}

impl Counters {
    pub(crate) fn read(&self, queued: u64) -> Counts {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Counts {
            queued,
            written: of(&self.written),
            superseded: of(&self.superseded),
            dropped: of(&self.dropped),
            refused: of(&self.refused),
            withdrawn: of(&self.withdrawn),
            retries: of(&self.retries),
            commits: of(&self.commits),
            last_commit: Duration::from_nanos(of(&self.last_commit_ns)),
        }
    }
}

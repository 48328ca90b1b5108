//! How the recorder is, for people and for metrics.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// Whether rows are written.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum State {
    /// Rows are written.
    #[default]
    Recording,
    /// Rows are lost, and counted, until there is room again.
    Stopped {
        /// Since when.
        since: SystemTime,
        /// What the system said.
        reason: String,
    },
}

/// How a recorder is, and what it has counted since it was opened.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Status {
    /// Whether rows are written.
    pub state: State,
    /// Rows written.
    pub rows: u64,
    /// Bytes written to journals.
    pub journal_bytes: u64,
    /// Rows lost because they could not be written.
    pub lost_rows: u64,
    /// Times that writing stopped.
    pub stops: u64,
    /// Bytes of torn frames that were cut off after a crash.
    pub torn_bytes: u64,
    /// Segments there are, the one being written included.
    pub segments: u64,
    /// Their size together.
    pub total_bytes: u64,
    /// Segments removed because all together were too large.
    pub removed_segments: u64,
    /// Journals that were made into Parquet files.
    pub converted: u64,
    /// Attempts at that which failed; the journal stays and it is tried again.
    pub failed_conversions: u64,
    /// What the last failure said.
    pub last_failure: Option<String>,
}

/// Reads the status of a recorder from any thread.
#[derive(Clone, Debug, Default)]
pub struct StatusHandle(Arc<Mutex<Status>>);

impl StatusHandle {
    /// The status at present.
    pub fn get(&self) -> Status {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn update<T>(&self, change: impl FnOnce(&mut Status) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

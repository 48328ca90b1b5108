//! What goes on beside the writing: closed journals become Parquet files, the oldest segments go
//! when all together are too large, and what was appended is brought to the disk.

use crate::error::RecordError;
use crate::parquet_file::{Conversion, convert};
use crate::recorder::Limits;
use crate::segment::{Form, Segment, path};
use crate::status::StatusHandle;
use std::fs::{self, File};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How often the disk is waited for, and the size looked at.
const PERIOD: Duration = Duration::from_secs(1);
/// How long a journal that could not be converted is left alone.
const PAUSE: Duration = Duration::from_secs(10);

/// What the recorder asks of the keeper.
#[derive(Debug)]
pub(crate) enum Wish {
    /// There may be something to do.
    Look,
    /// Convert what there is, and end.
    Finish,
}

/// What recorder and keeper both know.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Number of the segment that is being written; 0 if none is.
    pub(crate) live: AtomicU64,
    /// The recorder is going away.
    pub(crate) stop: AtomicBool,
    /// A file with bytes that may not be on the disk.
    pub(crate) unsynced: Mutex<Option<File>>,
}

impl Shared {
    /// Waits until the bytes written so far are on the disk.
    fn sync(&self) -> std::io::Result<()> {
        let file = self.unsynced.lock().unwrap_or_else(PoisonError::into_inner).take();
        file.map_or(Ok(()), |file| file.sync_data())
    }
}

/// The thread beside the recorder.
pub(crate) struct Keeper {
    pub(crate) dir: PathBuf,
    pub(crate) limits: Limits,
    pub(crate) status: StatusHandle,
    pub(crate) shared: Arc<Shared>,
    synced: Instant,
    not_before: Option<Instant>,
}

impl Keeper {
    pub(crate) fn new(
        dir: PathBuf,
        limits: Limits,
        status: StatusHandle,
        shared: Arc<Shared>,
    ) -> Keeper {
        Keeper { dir, limits, status, shared, synced: Instant::now(), not_before: None }
    }

    pub(crate) fn run(mut self, wishes: &Receiver<Wish>) {
        loop {
            let wish = wishes.recv_timeout(PERIOD);
            if matches!(wish, Ok(Wish::Finish)) {
                self.not_before = None;
            }
            self.sync_if_due();
            if self.not_before.is_none_or(|time| Instant::now() >= time) {
                self.not_before = None;
                if let Err(error) = self.convert_closed() {
                    self.failed(&error);
                }
            }
            if let Err(error) = self.keep_size() {
                self.failed(&error);
            }
            match wish {
                Ok(Wish::Look) | Err(RecvTimeoutError::Timeout) => {}
                Ok(Wish::Finish) | Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        // Nobody is left to be told.
        let _ = self.shared.sync();
    }

    fn failed(&mut self, error: &RecordError) {
        tracing::warn!(%error, "a closed segment could not be put in order");
        self.status.update(|status| {
            status.failed_conversions += 1;
            status.last_failure = Some(error.to_string());
        });
        self.not_before = Some(Instant::now() + PAUSE);
    }

    fn sync_if_due(&mut self) {
        if self.synced.elapsed() < PERIOD {
            return;
        }
        self.synced = Instant::now();
        if let Err(error) = self.shared.sync() {
            tracing::warn!(%error, "the recording could not be brought to the disk");
            self.status.update(|status| status.last_failure = Some(error.to_string()));
        }
    }

    fn is_live(&self, segment: &Segment) -> bool {
        segment.number == self.shared.live.load(Ordering::Acquire)
    }

    fn convert_closed(&mut self) -> Result<(), RecordError> {
        // Both forms of a segment: the process ended between the new name and the removal.
        for segment in Segment::all(&self.dir)? {
            if segment.form == Form::Parquet {
                let journal = path(&self.dir, &segment.stem, Form::Journal);
                if journal.exists() {
                    fs::remove_file(&journal).map_err(RecordError::io("remove", &journal))?;
                }
                continue;
            }
            if self.is_live(&segment) {
                continue;
            }
            if self.shared.stop.load(Ordering::Acquire) {
                return Ok(());
            }
            self.convert(&segment)?;
        }
        Ok(())
    }

    fn convert(&mut self, segment: &Segment) -> Result<(), RecordError> {
        let journal = segment.path(&self.dir);
        let parquet = path(&self.dir, &segment.stem, Form::Parquet);
        let shared = Arc::clone(&self.shared);
        let outcome = convert(&journal, &parquet, &mut || {
            self.sync_if_due();
            !shared.stop.load(Ordering::Acquire)
        })?;
        let torn = match outcome {
            Conversion::GivenUp => return Ok(()),
            Conversion::Done(torn) | Conversion::Empty(torn) => torn,
        };
        if torn > 0 {
            tracing::warn!(segment = %segment.stem, torn, "bytes after the last whole frame");
        }
        fs::remove_file(&journal).map_err(RecordError::io("remove", &journal))?;
        self.status.update(|status| {
            status.converted += u64::from(matches!(outcome, Conversion::Done(_)));
            status.torn_bytes += torn;
        });
        Ok(())
    }

    fn keep_size(&mut self) -> Result<(), RecordError> {
        let segments = Segment::all(&self.dir)?;
        let mut total: u64 = segments.iter().map(|segment| segment.bytes).sum();
        let mut left = segments.len() as u64;
        for segment in &segments {
            if total <= self.limits.total_bytes || self.is_live(segment) {
                break;
            }
            let file = segment.path(&self.dir);
            fs::remove_file(&file).map_err(RecordError::io("remove", &file))?;
            total -= segment.bytes;
            left -= 1;
            self.status.update(|status| status.removed_segments += 1);
        }
        self.status.update(|status| {
            status.segments = left;
            status.total_bytes = total;
        });
        Ok(())
    }
}

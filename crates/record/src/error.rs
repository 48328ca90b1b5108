//! What can go wrong with a recording.

use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// A recording cannot be opened, written or read.
#[derive(Debug, Error)]
pub enum RecordError {
    /// The system refuses.
    #[error("cannot {what} {}: {error}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Another process records into this folder.
    #[error("{} is being recorded into by another process: stop it, or name another folder", path.display())]
    InUse {
        /// The folder.
        path: PathBuf,
    },
    /// A file is not what was written.
    #[error("{} is damaged: {reason}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

impl RecordError {
    pub(crate) fn io(
        what: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(io::Error) -> RecordError {
        let path = path.into();
        move |error| RecordError::Io { what, path, error }
    }

    pub(crate) fn damaged(path: impl Into<PathBuf>, reason: impl ToString) -> RecordError {
        RecordError::Damaged { path: path.into(), reason: reason.to_string() }
    }
}

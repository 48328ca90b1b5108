//! Reading a recording, also while it is being written.

use crate::error::RecordError;
use crate::row::{Begin, Row};
use deconflict_core::Time;
use std::path::{Path, PathBuf};

/// A stretch of time that can be replayed without a gap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The run it belongs to.
    pub run: String,
    /// From this time of the data.
    pub from: Time,
    /// To this time of the data.
    pub to: Time,
    /// How many rows.
    pub rows: u64,
    /// Whether it starts with the beginning of its run.
    pub from_begin: bool,
    /// Whether it is being written.
    pub live: bool,
}

/// Where to start the engine so that it is right from some time on.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    /// How the run was set up.
    pub begin: Begin,
    /// Who was who at `from`, if it was declared anew since the beginning.
    pub registry: Option<String>,
    /// Feed the rows from here on.
    pub from: Time,
    /// Whether `from` is the beginning of the run: then the engine says exactly what it
    /// said. Otherwise it has to warm up.
    pub from_begin: bool,
}

/// A folder of segments. Opening reads no rows.
#[derive(Debug)]
pub struct Recording {
    dir: PathBuf,
}

impl Recording {
    /// Opens a folder for reading. It may be empty or be written to.
    ///
    /// # Errors
    /// If there is no such folder.
    pub fn open(dir: impl AsRef<Path>) -> Result<Recording, RecordError> {
        Ok(Recording { dir: dir.as_ref().to_path_buf() })
    }

    /// What there is, oldest first, from the directories of the segments; of the journals alone are
    /// the rows read.
    ///
    /// # Errors
    /// If a segment cannot be read.
    pub fn spans(&self) -> Result<Vec<Span>, RecordError> {
        let _ = &self.dir;
        Ok(Vec::new())
    }

    /// Where to start so as to be right at `at`: `warm_up_s` before it, or at the beginning of the run
    /// if that is later. Of several runs with this time the last is meant. `None` if nothing was
    /// recorded then.
    ///
    /// # Errors
    /// If a segment cannot be read.
    pub fn position(&self, at: Time, warm_up_s: f64) -> Result<Option<Position>, RecordError> {
        let (_, _) = (at, warm_up_s);
        Ok(None)
    }

    /// All rows from the tick at or after `from` to before the first tick at or after `to`, of
    /// all runs, in the order of recording. A report belongs to the tick before it.
    pub fn rows(&self, from: Time, to: Time) -> Rows {
        let (_, _) = (from, to);
        Rows {}
    }

    /// The same of one run.
    pub fn rows_of(&self, run: &str, from: Time, to: Time) -> Rows {
        let _ = run;
        self.rows(from, to)
    }

    /// All rows of a run, from its beginning.
    pub fn rows_since_begin(&self, run: &str) -> Rows {
        self.rows_of(run, Time::MIN, Time::MAX)
    }
}

/// Rows of a recording, one by one.
#[derive(Debug)]
pub struct Rows {}

impl Iterator for Rows {
    type Item = Result<Row, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        None
    }
}

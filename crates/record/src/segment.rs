//! Segments: their names, and what is in them without reading all of it.

use crate::codec::{Item, Opening};
use crate::error::RecordError;
use crate::row::{Begin, Row};
use deconflict_core::Time;
use std::fs;
use std::path::{Path, PathBuf};

/// What a segment is at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Form {
    /// Being written, or not yet made into the other.
    Journal,
    /// Closed.
    Parquet,
}

impl Form {
    const fn ending(self) -> &'static str {
        match self {
            Form::Journal => "journal",
            Form::Parquet => "parquet",
        }
    }
}

/// A segment in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Counted up; the order of recording.
    pub(crate) number: u64,
    /// Its name without the ending.
    pub(crate) stem: String,
    pub(crate) form: Form,
    pub(crate) bytes: u64,
}

impl Segment {
    /// Name of a new segment, without the ending.
    pub(crate) fn stem(number: u64, start: Time) -> String {
        format!("seg-{number:08}-{}", start.as_nanos())
    }

    pub(crate) fn path(&self, dir: &Path) -> PathBuf {
        path(dir, &self.stem, self.form)
    }

    fn parse(name: &str) -> Option<(u64, String, Form)> {
        let (stem, ending) = name.rsplit_once('.')?;
        let form = [Form::Journal, Form::Parquet].into_iter().find(|f| f.ending() == ending)?;
        let number = stem.strip_prefix("seg-")?.split('-').next()?.parse().ok()?;
        Some((number, stem.to_owned(), form))
    }

    /// The segments of a folder in their order; of one that is there in both forms, the
    /// Parquet file, which is whole once it has its name.
    pub(crate) fn all(dir: &Path) -> Result<Vec<Segment>, RecordError> {
        let mut all = Vec::new();
        for entry in fs::read_dir(dir).map_err(RecordError::io("read", dir))? {
            let entry = entry.map_err(RecordError::io("read", dir))?;
            let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
            let Some((number, stem, form)) = Segment::parse(&name) else { continue };
            // It may have been removed meanwhile.
            let Ok(metadata) = entry.metadata() else { continue };
            all.push(Segment { number, stem, form, bytes: metadata.len() });
        }
        all.sort_by(|a, b| (a.number, b.form, &a.stem).cmp(&(b.number, a.form, &b.stem)));
        all.dedup_by(|b, a| a.number == b.number);
        Ok(all)
    }
}

pub(crate) fn path(dir: &Path, stem: &str, form: Form) -> PathBuf {
    dir.join(format!("{stem}.{}", form.ending()))
}

/// What is in a segment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Summary {
    /// The run under way.
    pub(crate) begin: Option<Begin>,
    /// Who was who at the start, if it was declared anew since the beginning of the run.
    pub(crate) registry: Option<String>,
    /// Time of the last tick before the first row.
    pub(crate) clock: Time,
    /// Time of the last tick.
    pub(crate) last: Time,
    /// Earliest and latest time of a row.
    pub(crate) range: Option<(Time, Time)>,
    pub(crate) rows: u64,
    /// Rows that were lost just before.
    pub(crate) lost: u64,
    /// Whether the run begins here.
    pub(crate) begins: bool,
    /// How many rows declare anew who is who.
    pub(crate) registries: u64,
}

impl Default for Summary {
    fn default() -> Summary {
        Summary {
            begin: None,
            registry: None,
            clock: Time::MIN,
            last: Time::MIN,
            range: None,
            rows: 0,
            lost: 0,
            begins: false,
            registries: 0,
        }
    }
}

impl Summary {
    pub(crate) fn run(&self) -> &str {
        self.begin.as_ref().map_or("", |begin| begin.run.as_str())
    }

    fn open(&mut self, opening: &Opening) {
        self.begin.clone_from(&opening.begin);
        self.registry.clone_from(&opening.registry);
        self.clock = opening.clock;
        self.last = opening.clock;
        self.lost = opening.lost;
    }

    /// Takes note of an item. For a row, the time it belongs to.
    pub(crate) fn note(&mut self, item: &Item) -> Option<Time> {
        match item {
            Item::Opening(opening) => {
                self.open(opening);
                None
            }
            Item::Row(row) => Some(self.note_row(row)),
        }
    }

    fn note_row(&mut self, row: &Row) -> Time {
        match row {
            Row::Begin(begin) => {
                if self.rows == 0 {
                    self.begins = true;
                    self.begin = Some(begin.clone());
                }
                self.last = begin.time;
            }
            Row::Tick(time) => self.last = *time,
            Row::Registry(_) => self.registries += 1,
            Row::Report(_) => {}
        }
        self.rows += 1;
        let (from, to) = self.range.unwrap_or((self.last, self.last));
        self.range = Some((from.min(self.last), to.max(self.last)));
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_parquet_comes_first() {
        let dir = tempfile::tempdir().unwrap();
        for name in [
            "seg-00000002--5.journal",
            "seg-00000001-7.parquet",
            "seg-00000001-7.journal",
            "seg-00000003-9.parquet.tmp",
            "recording.lock",
            "seg-x-9.parquet",
        ] {
            fs::write(dir.path().join(name), "x").unwrap();
        }
        let all = Segment::all(dir.path()).unwrap();
        let found: Vec<_> = all.iter().map(|s| (s.number, s.stem.as_str(), s.form)).collect();
        assert_eq!(
            found,
            [(1, "seg-00000001-7", Form::Parquet), (2, "seg-00000002--5", Form::Journal)]
        );
    }
}

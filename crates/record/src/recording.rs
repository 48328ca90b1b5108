//! Reading a recording, also while it is being written.

use crate::codec::Item;
use crate::error::RecordError;
use crate::journal::Journal;
use crate::parquet_file::ParquetSegment;
use crate::row::{Begin, Row};
use crate::segment::{Form, Segment, Summary, path};
use deconflict_core::Time;
use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// How long after the last tick a time still belongs to a span, seconds.
const SLACK_S: f64 = 5.0;

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
    /// Whether its last segment is still a journal: being written, or left by a crash.
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

/// A folder of segments. Opening reads no rows. Every question looks at the folder anew, so that
/// a recording can be kept open while it grows.
#[derive(Debug)]
pub struct Recording {
    dir: PathBuf,
    known: Mutex<HashMap<(String, Form), Known>>,
}

/// What has been found out about a segment.
#[derive(Clone, Debug)]
struct Known {
    summary: Summary,
    /// How far a journal has been read, bytes.
    whole: u64,
}

impl Recording {
    /// Opens a folder for reading. It may be empty or be written to.
    ///
    /// # Errors
    /// If there is no such folder.
    pub fn open(dir: impl AsRef<Path>) -> Result<Recording, RecordError> {
        let dir = dir.as_ref().to_path_buf();
        std::fs::read_dir(&dir).map_err(RecordError::io("read", &dir))?;
        Ok(Recording { dir, known: Mutex::new(HashMap::new()) })
    }

    /// What there is, in the order of recording, from the directories of the segments; of
    /// the journals alone are the rows read, and each of them once. A damaged segment
    /// is left out.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn spans(&self) -> Result<Vec<Span>, RecordError> {
        Ok(spans(&self.segments()?))
    }

    /// Where to start so as to be right at `at`: `warm_up_s` before it, or at the start of
    /// the span if that is later. Of several runs with this time the last is meant.
    /// `None` if nothing was recorded then.
    ///
    /// # Errors
    /// If the folder or a segment cannot be read.
    pub fn position(&self, at: Time, warm_up_s: f64) -> Result<Option<Position>, RecordError> {
        let segments = self.segments()?;
        let covers = |span: &Span| span.from <= at && at <= span.to.plus_s(SLACK_S);
        let Some(span) = spans(&segments).into_iter().rfind(covers) else { return Ok(None) };
        let from = at.plus_s(-warm_up_s.max(0.0)).max(span.from);
        let of_run = |summary: &Summary| {
            let range = summary.range.filter(|_| summary.run() == span.run);
            range.is_some_and(|(first, _)| first <= from)
        };
        let Some((segment, summary)) = segments.iter().rfind(|(_, summary)| of_run(summary)) else {
            return Ok(None);
        };
        let Some(begin) = summary.begin.clone() else { return Ok(None) };
        let mut registry = summary.registry.clone();
        if summary.registries > 0 {
            let before = Time::from_nanos(from.as_nanos().saturating_sub(1));
            let mut source = Source::open(&self.dir, segment)?;
            while let Some(rows) = source.rows(Time::MIN, before)? {
                for (clock, row) in rows {
                    if let Row::Registry(text) = row
                        && clock < from
                    {
                        registry = Some(text);
                    }
                }
            }
        }
        let from_begin = span.from_begin && from == span.from;
        Ok(Some(Position { begin, registry, from, from_begin }))
    }

    /// All rows from the tick at or after `from` to before the first tick at or after `to`,
    /// of all runs, in the order of recording. A report belongs to the tick before it.
    pub fn rows(&self, from: Time, to: Time) -> Rows {
        self.start(None, from, to)
    }

    /// The same of one run.
    pub fn rows_of(&self, run: &str, from: Time, to: Time) -> Rows {
        self.start(Some(run), from, to)
    }

    /// All rows of a run, from its beginning.
    pub fn rows_since_begin(&self, run: &str) -> Rows {
        self.rows_of(run, Time::MIN, Time::MAX)
    }

    fn start(&self, run: Option<&str>, from: Time, to: Time) -> Rows {
        let mut rows = Rows {
            dir: self.dir.clone(),
            segments: VecDeque::new(),
            source: None,
            ready: VecDeque::new(),
            failed: None,
            from,
            to,
        };
        match self.segments() {
            Ok(segments) => {
                rows.segments = segments
                    .into_iter()
                    .filter(|(_, summary)| run.is_none_or(|run| run == summary.run()))
                    .filter(|(_, s)| s.range.is_some_and(|(a, b)| b >= from && within(a, to)))
                    .map(|(segment, _)| segment)
                    .collect();
            }
            Err(error) => rows.failed = Some(error),
        }
        rows
    }

    /// All segments with what is in them.
    fn segments(&self) -> Result<Vec<(Segment, Summary)>, RecordError> {
        let all = Segment::all(&self.dir)?;
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(stem, form), _| all.iter().any(|s| s.stem == *stem && s.form == *form));
        let mut found = Vec::with_capacity(all.len());
        for segment in all {
            let key = (segment.stem.clone(), segment.form);
            match summarise(&self.dir, &segment, known.remove(&key)) {
                Ok(one) => {
                    if one.summary.rows > 0 {
                        found.push((segment, one.summary.clone()));
                    }
                    known.insert(key, one);
                }
                Err(error) => {
                    tracing::warn!(%error, "a segment of the recording cannot be read");
                }
            }
        }
        Ok(found)
    }
}

/// Times up to here are asked for; the end of time is included.
fn within(time: Time, to: Time) -> bool {
    time < to || to == Time::MAX
}

fn spans(segments: &[(Segment, Summary)]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    let mut last_number = 0;
    for (segment, summary) in segments {
        let Some((from, to)) = summary.range else { continue };
        let follows = segment.number == last_number + 1 && summary.lost == 0 && !summary.begins;
        last_number = segment.number;
        let live = segment.form == Form::Journal;
        match spans.last_mut() {
            Some(span) if follows && span.run == summary.run() => {
                span.from = span.from.min(from);
                span.to = span.to.max(to);
                span.rows += summary.rows;
                span.live = live;
            }
            _ => spans.push(Span {
                run: summary.run().to_owned(),
                from,
                to,
                rows: summary.rows,
                from_begin: summary.begins,
                live,
            }),
        }
    }
    spans
}

/// Finds out what is in a segment, or what has been added since.
fn summarise(dir: &Path, segment: &Segment, known: Option<Known>) -> Result<Known, RecordError> {
    let file = segment.path(dir);
    if segment.form == Form::Parquet {
        return match known {
            Some(known) => Ok(known),
            None => {
                let summary = ParquetSegment::open(&file)?.summary(&file)?;
                Ok(Known { summary, whole: 0 })
            }
        };
    }
    let mut known = known.unwrap_or(Known { summary: Summary::default(), whole: 0 });
    if known.whole > 0 && known.whole == segment.bytes {
        return Ok(known);
    }
    let mut input = match File::open(&file) {
        Ok(input) => input,
        // Closed between the look at the folder and this one.
        Err(_) => {
            let file = path(dir, &segment.stem, Form::Parquet);
            let summary = ParquetSegment::open(&file)?.summary(&file)?;
            return Ok(Known { summary, whole: known.whole });
        }
    };
    input.seek(SeekFrom::Start(known.whole)).map_err(RecordError::io("read", &file))?;
    let mut journal = Journal::at(BufReader::with_capacity(1 << 18, input), known.whole);
    while let Some(items) = journal.frame().map_err(RecordError::io("read", &file))? {
        for item in &items {
            known.summary.note(item);
        }
    }
    known.whole = journal.whole();
    Ok(known)
}

/// A segment that is being read.
#[derive(Debug)]
enum Source {
    Parquet(ParquetSegment, PathBuf),
    Journal(Journal<BufReader<File>>, Box<Summary>, PathBuf),
}

impl Source {
    fn open(dir: &Path, segment: &Segment) -> Result<Source, RecordError> {
        if segment.form == Form::Journal {
            let file = segment.path(dir);
            // If it is gone, it was closed meanwhile.
            if let Ok(input) = File::open(&file) {
                let journal = Journal::new(BufReader::with_capacity(1 << 18, input));
                return Ok(Source::Journal(journal, Box::default(), file));
            }
        }
        let file = path(dir, &segment.stem, Form::Parquet);
        Ok(Source::Parquet(ParquetSegment::open(&file)?, file))
    }

    /// Some rows, with the time each belongs to; `None` at the end.
    fn rows(&mut self, from: Time, to: Time) -> Result<Option<Vec<(Time, Row)>>, RecordError> {
        match self {
            Source::Parquet(parquet, file) => parquet.group(file, from, to),
            Source::Journal(journal, summary, file) => {
                let items = journal.frame().map_err(RecordError::io("read", file.as_path()))?;
                let rows = items.map(|items| {
                    let mut rows = Vec::with_capacity(items.len());
                    for item in items {
                        if let Some(clock) = summary.note(&item)
                            && let Item::Row(row) = item
                        {
                            rows.push((clock, row));
                        }
                    }
                    rows
                });
                Ok(rows)
            }
        }
    }
}

/// Rows of a recording, one by one. A segment that cannot be read gives one error and is
/// passed over; one that was removed for want of room meanwhile is passed over.
#[derive(Debug)]
pub struct Rows {
    dir: PathBuf,
    segments: VecDeque<Segment>,
    source: Option<Source>,
    ready: VecDeque<Row>,
    failed: Option<RecordError>,
    from: Time,
    to: Time,
}

impl Rows {
    /// Brings up more rows; false at the end.
    fn more(&mut self) -> Result<bool, RecordError> {
        if self.source.is_none() {
            let Some(segment) = self.segments.pop_front() else { return Ok(false) };
            match Source::open(&self.dir, &segment) {
                Ok(source) => self.source = Some(source),
                Err(RecordError::Io { error, .. })
                    if error.kind() == std::io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
            return Ok(true);
        }
        let Some(source) = &mut self.source else { return Ok(true) };
        match source.rows(self.from, self.to) {
            Ok(Some(rows)) => {
                let (from, to) = (self.from, self.to);
                let wanted = rows.into_iter().filter(|(t, _)| *t >= from && within(*t, to));
                self.ready.extend(wanted.map(|(_, row)| row));
                Ok(true)
            }
            Ok(None) => {
                self.source = None;
                Ok(true)
            }
            Err(error) => {
                self.source = None;
                Err(error)
            }
        }
    }
}

impl Iterator for Rows {
    type Item = Result<Row, RecordError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(error) = self.failed.take() {
            return Some(Err(error));
        }
        while self.ready.is_empty() {
            match self.more() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => return Some(Err(error)),
            }
        }
        self.ready.pop_front().map(Ok)
    }
}

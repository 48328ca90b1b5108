//! The streaming reader: bytes in, reports out.

use crate::decompress::Decompress;
use crate::engine::Engine;
use crate::error::{ErrorKind, LineError};
use crate::format::{Format, Order, detect};
use crate::framing::{Cut, Window};
#[cfg(feature = "parquet")]
use crate::opensky::Rows;
use crate::receipt::ReceiptTime;
use crate::sink::Sink;
use crate::statistics::Statistics;
use deconflict_core::{GeoPoint, Report, Time};
use std::fmt;
use std::io::{self, Read};
use std::sync::Arc;
use thiserror::Error;

/// How much of the input is looked at to tell its format.
const HEAD_BYTES: usize = 16 * 1024;

/// The largest Parquet file that is taken into memory.
#[cfg(feature = "parquet")]
const MAX_PARQUET_BYTES: usize = 2 * 1024 * 1024 * 1024;

/// What the input cannot say about itself.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Goes into [`Report::feed`].
    pub feed: u16,
    /// Whether the first error ends the reading.
    pub strict: bool,
    /// When the recording began, for formats without times of their own.
    pub base_time: Option<Time>,
    /// Frames per second to assume where frames carry no time at all (AVR
    /// without time stamps).
    pub frames_per_s: Option<f64>,
    /// When each frame was received where frames carry no time at all, in seconds
    /// after `base_time`: a companion of the recording. Comes before `frames_per_s`.
    pub frame_offsets_s: Option<Arc<[f64]>>,
    /// The time of receipt of a live input, told by whoever hands over the bytes. Frames
    /// without a time of their own get it, and `base_time` is not needed. Addresses are
    /// then not [counted](Statistics::addresses), as a live input has no end.
    pub receipt: Option<ReceiptTime>,
    /// Where the receiver stood: Mode S surface positions are relative to it.
    pub receiver: Option<GeoPoint>,
    /// How far ahead of UTC the clock was that wrote local times (SBS), seconds.
    pub utc_offset_s: i32,
    /// Where a recorder without a real-time clock restarted and claims to have
    /// done so before its last report (stratux), the new session is taken to begin
    /// so many seconds after that report. Without this its claim stands, and
    /// two sessions overlap.
    pub restart_gap_s: Option<f64>,
}

/// Why an input could not be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The input cannot be read.
    #[error("cannot read the input: {0}")]
    Io(#[from] io::Error),
    /// There is nothing in it.
    #[error("the input is empty")]
    Empty,
    /// The first bytes fit no format.
    #[error("the input is in no known format (it begins {0:?}); give one of the names by hand")]
    UnknownFormat(String),
    /// The file is of this format, but damaged, or lacks what it needs.
    #[error("cannot read the {0} file: {1}")]
    Damaged(Format, String),
    /// The format is left out of this build.
    #[error("this build does not read {0}: it lacks the feature {1:?}")]
    NotBuilt(Format, &'static str),
    /// The frames have no times, and nobody said when they were received.
    #[error("{0} carries no times: say when the recording began")]
    NoTime(Format),
}

/// Reads the input to its end, for the one format that cannot be streamed.
#[cfg(feature = "parquet")]
fn parquet<R: Read>(window: &mut Window<R>) -> Result<Source, OpenError> {
    let mut file = Vec::new();
    while !window.ended() || !window.bytes().is_empty() {
        file.extend_from_slice(window.bytes());
        window.consume(window.bytes().len());
        window.fill();
        if file.len() > MAX_PARQUET_BYTES {
            let text = format!("it has more than {MAX_PARQUET_BYTES} bytes");
            return Err(OpenError::Damaged(Format::OpenskyParquet, text));
        }
    }
    if let Some(error) = window.take_error() {
        return Err(OpenError::Io(error));
    }
    match Rows::open(file) {
        Ok(rows) => Ok(Source::Parquet(Box::new(rows))),
        Err(text) => Err(OpenError::Damaged(Format::OpenskyParquet, text)),
    }
}

/// Reads one input: an iterator over reports and the errors between them.
///
/// Nothing is allocated per report, and no more of the input is held than one
/// record and a read buffer. After the last item, or at any time before,
/// [`statistics`](Self::statistics) has the counts.
pub struct Reader<R> {
    window: Window<R>,
    format: Format,
    source: Source,
    sink: Sink,
    strict: bool,
    done: bool,
}

/// Where the records come from.
enum Source {
    /// Cut from the window as it moves along.
    Stream(Engine),
    /// Read from a file held as a whole.
    #[cfg(feature = "parquet")]
    Parquet(Box<Rows>),
}

impl<R: Read> Reader<Decompress<R>> {
    /// Opens an input, compressed or not, in the given format or the one that
    /// its first bytes show.
    pub fn open(
        input: R,
        format: Option<Format>,
        options: Options,
    ) -> Result<Reader<Decompress<R>>, OpenError> {
        let mut window = Window::new(Decompress::new(input)?);
        while window.bytes().len() < HEAD_BYTES && !window.ended() {
            window.fill();
        }
        let format = match format.or_else(|| detect(window.bytes())) {
            Some(format) => format,
            None => return Err(unknown(&mut window)),
        };
        Reader::with_window(window, format, options)
    }
}

fn unknown<R: Read>(window: &mut Window<R>) -> OpenError {
    match window.take_error() {
        Some(error) => OpenError::Io(error),
        None if window.bytes().is_empty() => OpenError::Empty,
        None => {
            let head = &window.bytes()[..window.bytes().len().min(32)];
            OpenError::UnknownFormat(head.escape_ascii().to_string())
        }
    }
}

impl<R: Read> Reader<R> {
    /// Reads plain (not compressed) input in a known format.
    pub fn new(input: R, format: Format, options: Options) -> Result<Reader<R>, OpenError> {
        Reader::with_window(Window::new(input), format, options)
    }

    fn with_window(
        #[cfg_attr(not(feature = "parquet"), expect(unused_mut))] mut window: Window<R>,
        format: Format,
        options: Options,
    ) -> Result<Reader<R>, OpenError> {
        let source = match format {
            #[cfg(feature = "parquet")]
            Format::OpenskyParquet => parquet(&mut window)?,
            _ => Source::Stream(Engine::new(format, &options)?),
        };
        let Options { feed, strict, receipt, .. } = options;
        let sink = Sink::new(feed, receipt.is_some());
        Ok(Reader { window, format, source, sink, strict, done: false })
    }

    /// The format that is read.
    pub fn format(&self) -> Format {
        self.format
    }

    /// In which order the reports come.
    pub fn order(&self) -> Order {
        self.format.order()
    }

    /// The counts so far.
    pub fn statistics(&self) -> &Statistics {
        &self.sink.statistics
    }

    /// The counts, the reading being over.
    pub fn into_statistics(self) -> Statistics {
        self.sink.statistics
    }

    /// Works on the next record, or finds that there is none.
    #[inline]
    fn step(&mut self) {
        #[cfg_attr(not(feature = "parquet"), allow(clippy::infallible_destructuring_match))]
        let engine = match &mut self.source {
            Source::Stream(engine) => engine,
            #[cfg(feature = "parquet")]
            Source::Parquet(rows) => {
                self.done = !rows.row(&mut self.sink);
                return;
            }
        };
        let (bytes, ended) = (self.window.bytes(), self.window.ended());
        let cut = engine.cut(bytes, ended);
        let offset = self.window.offset();
        let used = match cut {
            Cut::Record { record, used } => {
                engine.record(&bytes[record.clone()], offset + record.start as u64, &mut self.sink);
                used
            }
            Cut::More { used } => {
                self.window.consume(used);
                if used == 0 || self.window.bytes().is_empty() {
                    self.window.fill();
                }
                return;
            }
            Cut::TooLong { used } => {
                self.sink.begin(offset);
                self.sink.error(ErrorKind::TooLong, "record", bytes);
                used
            }
            Cut::Garbage { record, used } => {
                self.sink.begin(offset + record.start as u64);
                self.sink.error(ErrorKind::BadStructure, "record", &bytes[record]);
                used
            }
            Cut::Rest { record } => {
                self.sink.begin(offset + record.start as u64);
                self.sink.error(ErrorKind::Truncated, "record", &bytes[record]);
                self.finish();
                self.window.bytes().len()
            }
            Cut::End => {
                self.finish();
                0
            }
        };
        self.window.consume(used);
    }

    /// The input has ended; it may have done so because it cannot be read.
    fn finish(&mut self) {
        self.done = true;
        if let Some(error) = self.window.take_error() {
            let kind = match error.kind() {
                io::ErrorKind::UnexpectedEof => ErrorKind::Truncated,
                _ => ErrorKind::Unreadable,
            };
            self.sink.at.byte = self.window.offset() + self.window.bytes().len() as u64;
            self.sink.error(kind, "input", error.to_string().as_bytes());
        }
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Report, LineError>;

    #[inline]
    fn next(&mut self) -> Option<Result<Report, LineError>> {
        loop {
            if let Some(item) = self.sink.pop() {
                if self.strict && item.is_err() {
                    self.done = true;
                    self.strict = false;
                    self.sink.discard();
                }
                return Some(item);
            }
            if self.done {
                return None;
            }
            self.step();
        }
    }
}

impl<R> fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").field("format", &self.format).field("at", &self.sink.at).finish()
    }
}

/// Everything of one input in memory, sorted by time of measurement: for files
/// ordered [by aircraft](Order::ByAircraft), which cannot be replayed as they
/// stream. Reports of one time keep their order. Errors go to `on_error`.
pub fn gather<R: Read>(reader: &mut Reader<R>, mut on_error: impl FnMut(LineError)) -> Vec<Report> {
    let mut reports: Vec<Report> =
        reader.filter_map(|item| item.map_err(&mut on_error).ok()).collect();
    reports.sort_by_key(|report| report.measured);
    reports
}

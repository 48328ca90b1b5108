//! Several recordings as one stream of reports, merged by time.

use crate::failure::{Failure, Kind, Outcome};
use crate::input;
use crate::output::count;
use deconflict_core::{Report, Time};
use deconflict_formats::{
    Decompress, ErrorKind, Format, LineError, OpenError, Options, Order, Reader, Statistics, gather,
};
use deconflict_track::DataClock;
use indicatif::ProgressBar;
use std::io::Read;
use std::path::{Path, PathBuf};

/// Faults of one feed that are shown; the rest is counted.
const SHOWN: u64 = 5;

type Bytes = Reader<Decompress<Box<dyn Read + Send>>>;

/// One recording.
pub struct Feed {
    path: PathBuf,
    reader: Bytes,
    /// The reports in order of time, if the file does not have them in that order.
    gathered: Option<std::vec::IntoIter<Report>>,
    /// Follows the times of receipt; one wild stamp does not carry it away, and
    /// so cannot keep the feed back behind the others.
    clock: DataClock,
    next: Option<(Time, Report)>,
    faults: u64,
    /// What ended the reading before its time.
    fatal: Option<Failure>,
}

impl Feed {
    pub fn open(
        path: &Path,
        format: Option<Format>,
        options: Options,
        bar: &ProgressBar,
    ) -> Outcome<Feed> {
        let (source, _) = input::raw(path)?;
        let source: Box<dyn Read + Send> = Box::new(bar.wrap_read(source));
        let reader = Reader::open(source, format, options).map_err(|e| refused(path, e))?;
        let mut feed = Feed {
            path: path.to_owned(),
            reader,
            gathered: None,
            clock: DataClock::default(),
            next: None,
            faults: 0,
            fatal: None,
        };
        if feed.reader.order() == Order::ByAircraft {
            feed.gather(bar);
        }
        feed.advance(bar);
        Ok(feed)
    }

    /// How the feed is called.
    pub fn name(&self) -> String {
        input::name(&self.path)
    }

    pub fn format(&self) -> Format {
        self.reader.format()
    }

    pub fn statistics(&self) -> &Statistics {
        self.reader.statistics()
    }

    fn gather(&mut self, bar: &ProgressBar) {
        let mut errors = Vec::new();
        let reports = gather(&mut self.reader, |error| errors.push(error));
        self.gathered = Some(reports.into_iter());
        for error in errors {
            self.fault(&error, bar);
        }
    }

    /// Looks for the next report and tells of the faults in between.
    fn advance(&mut self, bar: &ProgressBar) {
        self.next = loop {
            let item = match &mut self.gathered {
                Some(reports) => reports.next().map(Ok),
                None => self.reader.next(),
            };
            match item {
                None => break None,
                Some(Ok(report)) => break Some((self.clock.observe(report.received), report)),
                Some(Err(error)) => self.fault(&error, bar),
            }
        };
    }

    fn fault(&mut self, error: &LineError, bar: &ProgressBar) {
        let name = self.name();
        if error.field == "input" {
            self.fatal = Some(match error.kind {
                ErrorKind::Truncated => {
                    let what = format!("{name}: the compressed data ends too early");
                    Failure::new(Kind::BadData, what).advise(
                        "the file was cut short: fetch it again (what could be read was played)",
                    )
                }
                _ => Failure::new(Kind::BadData, format!("{name}: {error}")),
            });
            return;
        }
        self.faults += 1;
        if self.faults <= SHOWN {
            warn(bar, &format!("{name}: {error}"));
        } else if self.faults == SHOWN + 1 {
            warn(
                bar,
                &format!(
                    "{name}: further faults are counted, not shown (--strict stops at the first)"
                ),
            );
        }
    }

    /// Why the recording could not be used as it should be, if it could not.
    fn verdict(&mut self, strict: bool) -> Outcome<()> {
        if let Some(fatal) = self.fatal.take() {
            return Err(fatal);
        }
        let (name, statistics) = (self.name(), self.reader.statistics());
        if strict && self.faults > 0 {
            return Err(Failure::new(Kind::BadData, format!("{name}: stopped at the first fault"))
                .advise("without --strict such records are counted and skipped"));
        }
        if statistics.reports == 0 && self.faults > 0 {
            let records = count(statistics.records, "record", "records");
            let what = format!("{name}: nothing in {records} could be read as {}", self.format());
            return Err(Failure::new(Kind::BadData, what)
                .advise("is it another format? --format gives it by name"));
        }
        Ok(())
    }
}

/// All recordings.
pub struct Feeds {
    feeds: Vec<Feed>,
    bar: ProgressBar,
    strict: bool,
}

impl Feeds {
    pub fn new(feeds: Vec<Feed>, bar: ProgressBar, strict: bool) -> Feeds {
        Feeds { feeds, bar, strict }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Feed> {
        self.feeds.iter()
    }

    /// The earliest report of all feeds, with the time at which it is due; the feed
    /// given first goes first among equals.
    pub fn next(&mut self) -> Option<(Time, Report)> {
        if self.strict && self.feeds.iter().any(|f| f.faults > 0 || f.fatal.is_some()) {
            return None;
        }
        let heads = self.feeds.iter_mut().filter(|f| f.next.is_some());
        let feed = heads.min_by_key(|f| f.next.as_ref().map(|(time, _)| *time))?;
        let next = feed.next.take();
        feed.advance(&self.bar);
        next
    }

    /// Whether everything could be read: the first feed that could not says why.
    pub fn verdict(&mut self) -> Outcome<()> {
        let strict = self.strict;
        self.feeds.iter_mut().try_for_each(|feed| feed.verdict(strict))
    }
}

fn warn(bar: &ProgressBar, message: &str) {
    use std::io::Write;
    bar.suspend(|| {
        // If standard error is gone there is nobody to tell.
        let _ = writeln!(std::io::stderr().lock(), "warning: {message}");
    });
}

fn refused(path: &Path, error: OpenError) -> Failure {
    let name = input::name(path);
    match error {
        OpenError::Io(e) => input::broken_off(path, &e),
        OpenError::Empty => Failure::new(Kind::BadData, format!("{name}: there is nothing in it")),
        OpenError::UnknownFormat(head) => {
            let what = format!("{name}: is in no known format (it begins {head:?})");
            let names: Vec<_> = Format::ALL.iter().map(|f| f.name()).collect();
            Failure::new(Kind::BadData, what)
                .advise(format!("--format gives it by name: {}", names.join(", ")))
        }
        OpenError::NoTime(format) => {
            Failure::new(Kind::Usage, format!("{name}: {format} carries no times of its own"))
                .advise("say when the recording began, as in --base-time 2017-12-13T08:00:00Z")
        }
        other => Failure::new(Kind::BadData, format!("{name}: {other}")),
    }
}

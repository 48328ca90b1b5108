//! Where decoders put what they find, between the record and the caller.

use crate::error::{At, ErrorKind, LineError};
use crate::statistics::Statistics;
use deconflict_core::Report;

/// Collects the reports and errors of the record at hand, and counts them.
///
/// The queue is emptied before the next record is read, and keeps its memory:
/// in steady state nothing is allocated.
#[derive(Debug, Default)]
pub(crate) struct Sink {
    pub(crate) feed: u16,
    live: bool,
    pub(crate) at: At,
    pub(crate) statistics: Statistics,
    queue: Vec<Result<Report, LineError>>,
    taken: usize,
}

impl Sink {
    /// `live` input has no end, and what would grow with it is not counted.
    pub(crate) fn new(feed: u16, live: bool) -> Sink {
        Sink { feed, live, ..Sink::default() }
    }

    /// Begins a record that starts at this offset.
    pub(crate) fn begin(&mut self, byte: u64) {
        self.at = At { record: self.at.record + 1, byte };
        self.statistics.records += 1;
    }

    pub(crate) fn report(&mut self, report: Report) {
        self.statistics.count_report(&report);
        if !self.live {
            self.statistics.count_address(report.address);
        }
        self.queue.push(Ok(report));
    }

    /// The record is sound but about no aircraft.
    pub(crate) fn silent(&mut self) {
        self.statistics.silent += 1;
    }

    #[cold]
    pub(crate) fn error(&mut self, kind: ErrorKind, field: &'static str, bytes: &[u8]) {
        let error = LineError::new(self.at, kind, field, bytes);
        self.statistics.count_error(&error);
        self.queue.push(Err(error));
    }

    /// The value, or nothing and an error about this field.
    #[inline]
    pub(crate) fn keep<T>(
        &mut self,
        field: &'static str,
        bytes: &[u8],
        parsed: Result<T, ErrorKind>,
    ) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(kind) => {
                self.error(kind, field, bytes);
                None
            }
        }
    }

    /// The next item of the queue, which starts afresh when it has run empty.
    #[inline]
    pub(crate) fn pop(&mut self) -> Option<Result<Report, LineError>> {
        let item = self.queue.get(self.taken).copied();
        match item {
            Some(_) => self.taken += 1,
            None => {
                self.queue.clear();
                self.taken = 0;
            }
        }
        item
    }

    /// Drops what has not been taken.
    pub(crate) fn discard(&mut self) {
        self.queue.clear();
        self.taken = 0;
    }
}

//! What happens to every report between its decoder and the sink.

use crate::check::Settled;
use crate::clock::Clock;
use crate::inbox::Sink;
use crate::status::{Shared, Tally};
use crate::stop::lock;
use deconflict_core::{Report, Time};
use deconflict_formats::{LineError, ReceiptTime};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A measurement that claims to have been made so much later than it was received is not
/// believed, seconds. Clocks on a network agree much better.
pub const MOST_AHEAD_S: f64 = 10.0;
/// A measurement that claims to be older than this when it is received is not believed,
/// seconds: nothing that old is of use, and it is far more often a clock that is wrong.
pub const OLDEST_S: f64 = 600.0;

/// So many reports go to the sink at a time.
const BATCH: usize = 512;
/// The first faults of a feed are told one by one …
const TOLD: u64 = 5;
/// … and then how many there have been, so often.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// What all threads of a feed work with.
pub(crate) struct Line {
    pub(crate) shared: Arc<Shared>,
    pub(crate) clock: Arc<dyn Clock>,
    sink: Arc<dyn Sink>,
    told: Mutex<Option<(Instant, u64)>>,
    accuracy_m: Option<f32>,
    latency_s: f64,
}

impl fmt::Debug for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Line").field("feed", &self.shared.config.name).finish_non_exhaustive()
    }
}

impl Line {
    pub(crate) fn new(
        shared: Arc<Shared>,
        clock: Arc<dyn Clock>,
        sink: Arc<dyn Sink>,
        settled: &Settled,
    ) -> Line {
        let (accuracy_m, latency_s) = (settled.accuracy_m, settled.latency_s);
        Line { shared, clock, sink, told: Mutex::new(None), accuracy_m, latency_s }
    }

    pub(crate) fn name(&self) -> &str {
        &self.shared.config.name
    }

    /// Counts errors and tells of the first ones, and from time to time how many there are.
    pub(crate) fn fault(&self, kind: &'static str, what: &dyn fmt::Display) {
        let before = self.shared.error(kind, 1);
        if before < TOLD {
            tracing::warn!(feed = self.name(), kind, "{what}");
            return;
        }
        let mut told = lock(&self.told);
        let (last, count) = told.get_or_insert_with(|| (Instant::now(), before));
        if last.elapsed() >= TELL_EVERY {
            let more = before + 1 - *count;
            tracing::warn!(
                feed = self.name(),
                kind,
                more,
                "further faults, of which the last: {what}"
            );
            (*last, *count) = (Instant::now(), before + 1);
        }
    }
}

/// How the times of reports are made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stamp {
    /// Received when its bytes were, measured when the format says.
    Format,
    /// Received when its bytes were, and measured so long before as is declared: the format
    /// knows the time of receipt only.
    Receipt,
    /// Received as it says, measured as it says if that can be: a recording whose times are shifted.
    Given,
    /// As they are: a recording whose times are kept.
    Keep,
}

/// Takes the reports of one connection, and hands them on in portions.
pub(crate) struct Pump {
    pub(crate) line: Arc<Line>,
    stamp: Stamp,
    receipt: ReceiptTime,
    received: Time,
    batch: Vec<Report>,
    tally: Tally,
    /// Records of this connection that have been counted.
    records: u64,
}

impl Pump {
    pub(crate) fn new(line: Arc<Line>, stamp: Stamp) -> Pump {
        let received = line.clock.now();
        let receipt = ReceiptTime::new(received);
        let (batch, tally) = (Vec::with_capacity(BATCH), Tally::default());
        Pump { line, stamp, receipt, received, batch, tally, records: 0 }
    }

    /// The time of receipt, for decoders that need it.
    pub(crate) fn receipt(&self) -> ReceiptTime {
        self.receipt.clone()
    }

    /// Bytes have arrived.
    pub(crate) fn arrived(&mut self, bytes: usize) {
        self.received = self.line.clock.now();
        self.receipt.set(self.received);
        self.tally.bytes += bytes as u64;
    }

    /// So many records have been read in all of this connection.
    pub(crate) fn records(&mut self, records: u64) {
        self.tally.records += records.saturating_sub(self.records);
        self.records = records;
    }

    pub(crate) fn report(&mut self, mut report: Report) {
        report.feed = self.line.shared.number;
        match self.stamp {
            Stamp::Keep | Stamp::Given => {}
            Stamp::Format => report.received = self.received,
            Stamp::Receipt => {
                report.received = self.received;
                report.measured = report.measured.plus_s(-self.line.latency_s);
            }
        }
        if self.stamp != Stamp::Keep {
            let age_s = report.received.seconds_since(report.measured);
            if !(-MOST_AHEAD_S..=OLDEST_S).contains(&age_s) {
                self.disbelieve(&mut report);
            }
        }
        if report.position.is_some() && report.position_sigma_m.is_none() {
            report.position_sigma_m = self.line.accuracy_m;
        }
        self.tally.report(&report);
        self.batch.push(report);
        if self.batch.len() >= BATCH {
            self.flush();
        }
    }

    #[cold]
    fn disbelieve(&mut self, report: &mut Report) {
        let Report { address, measured, received, .. } = *report;
        self.line
            .fault("clock", &format_args!("{address}: measured {measured}, received {received}"));
        report.measured = received.plus_s(-self.line.latency_s);
    }

    pub(crate) fn error(&self, error: &LineError) {
        self.line.fault(error.kind.name(), error);
    }

    /// Hands on what there is, and counts it.
    pub(crate) fn flush(&mut self) {
        let shared = &self.line.shared;
        if !self.batch.is_empty() {
            self.tally.dropped += self.line.sink.put(shared.number, &self.batch);
            self.batch.clear();
        }
        let tally = std::mem::take(&mut self.tally);
        if tally.bytes > 0 || tally.records > 0 || tally.reports > 0 {
            shared.add(self.line.clock.now(), tally);
        }
    }
}

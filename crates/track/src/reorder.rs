//! The reorder window: reports wait until all that were measured before them
//! have had time to arrive.
//!
//! A ring of buckets, each for a slice of measurement time of about a twentieth
//! of the window. Putting a report in is an append; a bucket is sorted when it
//! falls due, which costs next to nothing if it was in order. Nothing is
//! allocated once the buckets have grown to the size that the traffic needs.

use crate::order;
use deconflict_core::{Report, Time};
use std::cmp::Ordering;

/// A bucket is at most this fraction of the window.
const BUCKETS_PER_WINDOW: i64 = 16;

/// A report's place in the order: measurement time, address, index in the bucket.
type Key = (i64, u64, u32);

/// Reports that wait, by measurement time.
#[derive(Debug)]
pub(crate) struct Reorder {
    window_ns: i64,
    /// Buckets are 2^shift ns wide.
    shift: u32,
    /// Times are counted from here, so that shifting all times changes nothing.
    origin: Option<Time>,
    ring: Vec<Vec<Report>>,
    /// Number of the first bucket that has not been handed out.
    first: i64,
    pending: usize,
}

/// A bucket that fell due, in order.
#[derive(Debug, Default)]
pub(crate) struct Due {
    reports: Vec<Report>,
    keys: Vec<Key>,
    slot: usize,
}

impl Due {
    /// The reports in the order of measurement.
    pub fn iter(&self) -> impl Iterator<Item = &Report> {
        self.keys.iter().map(|&(_, _, index)| &self.reports[index as usize])
    }

    fn sort(&mut self) {
        self.keys.clear();
        self.keys.extend(
            (0u32..)
                .zip(&self.reports)
                .map(|(index, r)| (r.measured.as_nanos(), order::address_key(r), index)),
        );
        let reports = &self.reports;
        let compare = |a: &Key, b: &Key| -> Ordering {
            (a.0, a.1)
                .cmp(&(b.0, b.1))
                .then_with(|| order::total(&reports[a.2 as usize], &reports[b.2 as usize]))
        };
        self.keys.sort_unstable_by(compare);
    }
}

impl Reorder {
    /// A window of `window_s` that also holds reports up to `ahead_s` ahead of the present.
    pub fn new(window_s: f64, ahead_s: f64) -> Reorder {
        let ns = |s: f64| (s.clamp(0.0, 3600.0) * 1e9) as i64;
        let (window_ns, ahead_ns) = (ns(window_s), ns(ahead_s));
        let shift = (window_ns / BUCKETS_PER_WINDOW).max(1).ilog2().max(20);
        let buckets = ((window_ns + ahead_ns) >> shift) + 3;
        Reorder {
            window_ns,
            shift,
            origin: None,
            ring: vec![Vec::new(); buckets as usize],
            first: 0,
            pending: 0,
        }
    }

    /// How many reports wait.
    pub fn pending(&self) -> usize {
        self.pending
    }

    /// Starts counting time; without effect after the first call.
    pub fn start(&mut self, watermark: Time) {
        if self.origin.is_none() {
            self.origin = Some(watermark);
            self.first = (-self.window_ns) >> self.shift;
        }
    }

    fn bucket(&self, time: Time) -> i64 {
        let origin = self.origin.map_or(0, Time::as_nanos);
        time.as_nanos().saturating_sub(origin) >> self.shift
    }

    /// Whether the bucket of this time has been handed out already.
    pub fn is_late(&self, measured: Time) -> bool {
        self.bucket(measured) < self.first
    }

    /// Puts a report in that is not late; `false` if it is too far ahead to be held.
    pub fn push(&mut self, report: &Report) -> bool {
        let bucket = self.bucket(report.measured);
        if bucket - self.first >= self.ring.len() as i64 {
            return false;
        }
        let slot = self.slot(bucket);
        self.ring[slot].push(*report);
        self.pending += 1;
        true
    }

    /// The next bucket that is due at this watermark, sorted; `None` if there is none.
    pub fn take_due(&mut self, watermark: Time, mut due: Due) -> Result<Due, Due> {
        let origin = self.origin.map_or(0, Time::as_nanos);
        let horizon = watermark.as_nanos().saturating_sub(origin).saturating_sub(self.window_ns);
        // With no window, what is measured now is due now.
        let end = (horizon >> self.shift) + i64::from(self.window_ns == 0);
        if self.pending == 0 {
            self.first = self.first.max(end);
        }
        while self.first < end {
            due.slot = self.slot(self.first);
            self.first += 1;
            if !self.ring[due.slot].is_empty() {
                return Ok(self.take_slot(due));
            }
        }
        Err(due)
    }

    /// The oldest bucket with anything in it, whether it is due or not.
    pub fn take_oldest(&mut self, mut due: Due) -> Result<Due, Due> {
        while self.pending > 0 {
            due.slot = self.slot(self.first);
            self.first += 1;
            if !self.ring[due.slot].is_empty() {
                return Ok(self.take_slot(due));
            }
        }
        Err(due)
    }

    fn slot(&self, bucket: i64) -> usize {
        bucket.rem_euclid(self.ring.len() as i64) as usize
    }

    fn take_slot(&mut self, mut due: Due) -> Due {
        due.reports = std::mem::take(&mut self.ring[due.slot]);
        self.pending -= due.reports.len();
        due.sort();
        due
    }

    /// Gives a bucket's memory back after use.
    pub fn give_back(&mut self, mut due: Due) -> Due {
        due.reports.clear();
        // Reports that came for a later turn of the ring meanwhile stay.
        if self.ring[due.slot].is_empty() {
            self.ring[due.slot] = std::mem::take(&mut due.reports);
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::{Address, Technique};

    fn report(ms: i64) -> Report {
        Report::new(0, Address::icao(7), Technique::AdsB, Time::from_millis(ms))
    }

    fn drain(r: &mut Reorder, watermark_ms: i64) -> Vec<i64> {
        let mut out = Vec::new();
        let mut due = Due::default();
        loop {
            match r.take_due(Time::from_millis(watermark_ms), due) {
                Ok(d) => {
                    out.extend(d.iter().map(|r| r.measured.as_nanos() / 1_000_000));
                    due = r.give_back(d);
                }
                Err(_) => return out,
            }
        }
    }

    #[test]
    fn order_is_restored_and_nothing_leaves_early() {
        let mut r = Reorder::new(2.0, 5.0);
        r.start(Time::from_millis(100_000));
        for ms in [100_000, 99_000, 99_500, 98_200, 100_900, 103_000] {
            assert!(!r.is_late(Time::from_millis(ms)));
            assert!(r.push(&report(ms)));
        }
        assert_eq!(drain(&mut r, 100_000), vec![]);
        assert_eq!(drain(&mut r, 101_700), vec![98_200, 99_000, 99_500]);
        assert!(r.is_late(Time::from_millis(99_000)));
        assert_eq!(drain(&mut r, 1_000_000_000), vec![100_000, 100_900, 103_000]);
        assert_eq!(r.pending(), 0);
        assert!(!r.push(&report(2_000_000_000)), "too far ahead");
    }

    #[test]
    fn the_end_of_time_is_just_another_time() {
        let mut r = Reorder::new(2.0, 5.0);
        r.start(Time::from_millis(0));
        assert!(r.push(&report(1)));
        assert_eq!(drain(&mut r, i64::MAX), vec![1]);
        assert!(r.is_late(Time::MIN) && r.is_late(Time::from_millis(1)));
    }
}

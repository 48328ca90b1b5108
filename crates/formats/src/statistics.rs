//! What a feed delivered, for the summary at its end.

use crate::error::{ErrorKind, LineError};
use deconflict_core::identity::AddressHasher;
use deconflict_core::{Address, Report, Time};
use std::collections::HashSet;
use std::hash::BuildHasherDefault;

/// Counts of one feed.
#[derive(Clone, Debug, Default)]
pub struct Statistics {
    /// Records read: lines, elements, frames or rows, empty lines not counted.
    pub records: u64,
    /// Records that are sound but say nothing about an aircraft.
    pub silent: u64,
    /// Reports delivered.
    pub reports: u64,
    /// Reports with a position.
    pub plots: u64,
    /// Reports measured before a report that was delivered earlier.
    pub out_of_order: u64,
    /// Earliest time of measurement.
    pub first: Option<Time>,
    /// Latest time of measurement.
    pub last: Option<Time>,
    errors: [u64; ErrorKind::ALL.len()],
    addresses: HashSet<Address, BuildHasherDefault<AddressHasher>>,
}

impl Statistics {
    /// Errors of one kind.
    pub fn errors(&self, kind: ErrorKind) -> u64 {
        self.errors[kind as usize]
    }

    /// Errors of all kinds.
    pub fn errors_total(&self) -> u64 {
        self.errors.iter().sum()
    }

    /// The kinds of error that occurred, with their counts.
    pub fn errors_by_kind(&self) -> impl Iterator<Item = (ErrorKind, u64)> {
        ErrorKind::ALL.into_iter().zip(self.errors).filter(|(_, count)| *count > 0)
    }

    /// How many different addresses were heard; not counted on a live input.
    pub fn addresses(&self) -> usize {
        self.addresses.len()
    }

    pub(crate) fn count_report(&mut self, report: &Report) {
        self.reports += 1;
        self.plots += u64::from(report.position.is_some());
        self.out_of_order += u64::from(self.last.is_some_and(|last| report.measured < last));
        self.first = Some(self.first.map_or(report.measured, |t| t.min(report.measured)));
        self.last = Some(self.last.map_or(report.measured, |t| t.max(report.measured)));
    }

    pub(crate) fn count_address(&mut self, address: Address) {
        self.addresses.insert(address);
    }

    pub(crate) fn count_error(&mut self, error: &LineError) {
        self.errors[error.kind as usize] += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::At;
    use deconflict_core::Technique;

    #[test]
    fn counts_addresses_order_and_errors() {
        let mut statistics = Statistics::default();
        for (code, second) in [(1, 10.0), (2, 12.0), (1, 11.0)] {
            let time = Time::from_unix_s(second).unwrap();
            let address = Address::icao(code);
            statistics.count_report(&Report::new(0, address, Technique::Unknown, time));
            statistics.count_address(address);
        }
        statistics.count_error(&LineError::new(At::default(), ErrorKind::Truncated, "record", b""));
        assert_eq!(statistics.addresses(), 2);
        assert_eq!(statistics.out_of_order, 1);
        assert_eq!(statistics.first, Time::from_unix_s(10.0));
        assert_eq!(statistics.last, Time::from_unix_s(12.0));
        let errors: Vec<_> = statistics.errors_by_kind().collect();
        assert_eq!(errors, [(ErrorKind::Truncated, 1)]);
    }
}

//! State vectors as CSV with a header line: the OpenSky historical database
//! (`time,icao24,lat,lon,velocity,…`) or a table saved by `traffic`.

use super::columns::{Column, Row};
use crate::date::Calendar;
use crate::error::ErrorKind;
use crate::sink::Sink;
use crate::table;

/// Decodes lines; the first one names the columns.
#[derive(Debug, Default)]
pub(crate) struct Csv {
    columns: Vec<Column>,
    customary: bool,
    calendar: Calendar,
}

impl Csv {
    pub(crate) fn line(&mut self, line: &[u8], sink: &mut Sink) {
        if self.columns.is_empty() {
            return self.header(line, sink);
        }
        let mut row = Row::of(self.customary);
        let mut fields = table::fields(line);
        let mut found = 0;
        for (column, text) in self.columns.iter().zip(fields.by_ref()) {
            row.text(*column, text, &mut self.calendar, sink);
            found += 1;
        }
        if found < self.columns.len() {
            sink.error(ErrorKind::Truncated, "record", line);
        } else if fields.next().is_some() {
            sink.error(ErrorKind::BadStructure, "record", line);
        } else {
            row.report(line, sink);
        }
    }

    fn header(&mut self, line: &[u8], sink: &mut Sink) {
        let names = table::fields(line).map(Column::named);
        for (column, customary) in names {
            self.columns.push(column);
            self.customary |= customary;
        }
        for needed in [Column::Address, Column::Time] {
            if !self.columns.contains(&needed) {
                sink.error(ErrorKind::MissingField, needed.label(), line);
            }
        }
        sink.silent();
    }
}

//! State vectors as one JSON array of objects, as pandas writes a data frame
//! (`orient="records"`): the form in which the `traffic` library keeps its samples.
//! Such files hold one flight after another, each from beginning to end.

use super::columns::{Column, Row};
use crate::date::Calendar;
use crate::error::ErrorKind;
use crate::framing::Piece;
use crate::json::{Cursor, Malformed, Value};
use crate::sink::Sink;

/// Decodes the elements of the array.
#[derive(Debug, Default)]
pub(crate) struct Records {
    calendar: Calendar,
}

impl Records {
    pub(crate) fn piece(&mut self, piece: Piece, record: &[u8], sink: &mut Sink) {
        if piece != Piece::Element {
            return;
        }
        match self.row(record, sink) {
            Ok(row) => row.report(record, sink),
            Err(Malformed) => sink.error(ErrorKind::BadStructure, "record", record),
        }
    }

    fn row(&mut self, record: &[u8], sink: &mut Sink) -> Result<Row, Malformed> {
        let mut cursor = Cursor::new(record);
        if !cursor.enter(b'{') {
            return Err(Malformed);
        }
        let mut row = Row::default();
        let mut first = true;
        while let Some(name) = cursor.key(&mut first)? {
            let (column, customary) = Column::named(name);
            row.customary |= customary;
            match cursor.value()? {
                Value::Null | Value::Nested => {}
                Value::Bool(value) => row.truth(column, value),
                Value::Number(text) | Value::Text(text) => {
                    row.text(column, text, &mut self.calendar, sink);
                }
            }
        }
        if cursor.at_end() { Ok(row) } else { Err(Malformed) }
    }
}

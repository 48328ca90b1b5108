//! `aircraft.json`: everything readsb knows at one time, `{now, aircraft: […]}`.
//!
//! A position was measured `seen_pos` seconds before `now`; an aircraft without
//! one was heard `seen` seconds before. The other fields have ages of their own
//! that the file does not tell. A recording is many snapshots one after another.

use super::Said;
use crate::date;
use crate::error::ErrorKind;
use crate::framing::Piece;
use crate::json::Cursor;
use crate::sink::Sink;
use deconflict_core::Time;

/// Decodes the pieces of snapshots; keeps `now`.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    now: Option<Time>,
}

impl Snapshot {
    pub(crate) const ARRAY: &[u8] = b"aircraft";

    pub(crate) fn piece(&mut self, piece: Piece, record: &[u8], sink: &mut Sink) {
        match piece {
            Piece::Start => self.now = None,
            Piece::Member => self.now = member_time(record, b"now", sink).or(self.now),
            Piece::Element => {
                let mut cursor = Cursor::new(record);
                let mut said = Said::default();
                match said.read(&mut cursor, sink) {
                    Ok(()) if cursor.at_end() => said.report(self.now, record, sink),
                    _ => sink.error(ErrorKind::BadStructure, "aircraft", record),
                }
            }
        }
    }
}

/// The time in a member of the outer object, if it is the one of this name.
pub(crate) fn member_time(record: &[u8], name: &'static [u8], sink: &mut Sink) -> Option<Time> {
    let value = member(record, name)?;
    let text = value.bytes().unwrap_or_default();
    let time = value.number().and_then(|number| number.map(date::stamp_number).transpose());
    sink.keep("now", text, time).flatten()
}

/// The value of a member of the outer object, if it is the one of this name.
pub(crate) fn member<'a>(record: &'a [u8], name: &[u8]) -> Option<crate::json::Value<'a>> {
    let mut cursor = Cursor::new(record);
    let key = cursor.key(&mut true).ok()??;
    if key == name { cursor.value().ok() } else { None }
}

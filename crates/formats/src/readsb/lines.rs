//! JSON lines: one object a line, each with its own `now`.
//!
//! Two shapes are met: readsb's own objects with `now` added (`--net-json-port`),
//! and those of [adsb_actions](https://github.com/eastham/adsb_actions), which
//! names the ground speed `gscp` and keeps readsb's object, when there was a fresh
//! one, under `flightdict`. There `flight` may be a registration on the outside and
//! the call sign inside: the inner one is what was broadcast, and is taken.
//! A line with nothing but `now` is a heartbeat.

use super::Said;
use crate::error::ErrorKind;
use crate::json::Cursor;
use crate::sink::Sink;

/// Decodes lines; no line depends on another.
#[derive(Debug, Default)]
pub(crate) struct Line;

impl Line {
    pub(crate) fn line(&mut self, line: &[u8], sink: &mut Sink) {
        let mut cursor = Cursor::new(line);
        let mut said = Said::default();
        let whole = said.read(&mut cursor, sink).is_ok();
        if whole && cursor.at_end() {
            said.report(None, line, sink);
        } else if cursor.at_end() {
            sink.error(ErrorKind::Truncated, "record", line);
        } else {
            sink.error(ErrorKind::BadStructure, "record", line);
        }
    }
}

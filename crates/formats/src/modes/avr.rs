//! Mode S frames as text.
//!
//! AVR, a frame a line (the format of the first hobby receivers, port 30002 of
//! dump1090): `*8D…;` without a time, `@` with twelve hexadecimal digits of a
//! 12 MHz counter in front, `<` with those and two of signal level. Frames of two
//! bytes are Mode A/C replies, which have no address, and are passed over.
//!
//! **Time.** A line without a counter says nothing about when it was received.
//! On a live input it is given [`Options::receipt`]. Of a recording it is given [`Options::base_time`] plus the entry of [`Options::frame_offsets_s`] at its place, or
//! else as if [`Options::frames_per_s`] came evenly. That is an assumption: with
//! some hundred frames a second from a busy sky it is good to a few seconds, and
//! speeds computed from such positions mean nothing over shorter spans.
//!
//! The CSV form, `time,frame,…` (the samples of pyModeS), has times.
//!
//! [`Options::base_time`]: crate::Options::base_time
//! [`Options::receipt`]: crate::Options::receipt
//! [`Options::frame_offsets_s`]: crate::Options::frame_offsets_s
//! [`Options::frames_per_s`]: crate::Options::frames_per_s

use super::ModeS;
use super::beast::Counter;
use crate::date::{Calendar, stamp};
use crate::error::ErrorKind;
use crate::reader::Options;
use crate::sink::Sink;
use crate::table;
use deconflict_core::Time;
use std::sync::Arc;

/// Decodes AVR lines.
#[derive(Debug)]
pub(crate) struct Avr {
    modes: ModeS,
    counter: Counter,
    base: Time,
    offsets_s: Option<Arc<[f64]>>,
    frames_per_s: Option<f64>,
    frames: u64,
}

impl Avr {
    pub(crate) fn new(base: Time, options: &Options) -> Avr {
        Avr {
            modes: ModeS::new(options.receiver),
            counter: Counter::new(base, options.receipt.clone()),
            base,
            offsets_s: options.frame_offsets_s.clone(),
            frames_per_s: options.frames_per_s.filter(|rate| *rate > 0.0),
            frames: 0,
        }
    }

    pub(crate) fn line(&mut self, line: &[u8], sink: &mut Sink) {
        let [mark, digits @ .., b';'] = line.trim_ascii_end() else {
            return sink.error(ErrorKind::Truncated, "frame", line);
        };
        let index = self.frames;
        self.frames += 1;
        let prefix = match mark {
            b'*' => 0,
            b'@' | b'%' => 12,
            b'<' => 14,
            _ => return sink.error(ErrorKind::UnknownMessage, "frame", line),
        };
        let Some((prefix, digits)) = digits.split_at_checked(prefix) else {
            return sink.error(ErrorKind::Truncated, "frame", line);
        };
        let mut frame = [0; 14];
        let Some(frame) = hex(digits, &mut frame) else {
            return sink.error(ErrorKind::BadStructure, "frame", line);
        };
        let time = match prefix.get(..12) {
            Some(count) => hex(count, &mut [0; 14]).map(|bytes| {
                let count = bytes.iter().fold(0, |count, byte| count << 8 | u64::from(*byte));
                self.counter.time(count)
            }),
            None => self.assumed(index),
        };
        let Some(time) = time else {
            return sink.error(ErrorKind::MissingField, "time", line);
        };
        if frame.len() == 2 {
            return sink.silent();
        }
        self.modes.frame(frame, time, false, sink);
    }

    fn assumed(&self, index: u64) -> Option<Time> {
        if let Some(receipt) = self.counter.receipt() {
            return Some(receipt);
        }
        if let Some(offsets) = &self.offsets_s {
            let offset_s = *offsets.get(usize::try_from(index).ok()?)?;
            return offset_s.is_finite().then(|| self.base.plus_s(offset_s));
        }
        Some(self.base.plus_s(index as f64 / self.frames_per_s?))
    }
}

/// Decodes lines of `time,frame,…`.
#[derive(Debug)]
pub(crate) struct ModesCsv {
    modes: ModeS,
    calendar: Calendar,
}

impl ModesCsv {
    pub(crate) fn new(options: &Options) -> ModesCsv {
        ModesCsv { modes: ModeS::new(options.receiver), calendar: Calendar::default() }
    }

    pub(crate) fn line(&mut self, line: &[u8], sink: &mut Sink) {
        let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
        let mut fields = table::fields(line);
        let (Some(time), Some(second)) = (fields.next(), fields.next()) else {
            return sink.error(ErrorKind::Truncated, "record", line);
        };
        let Some(time) = sink.keep("time", time, stamp(&mut self.calendar, time)) else { return };
        // Comm-B samples have the address, six digits, before the frame.
        let digits = if second.len() == 6 { fields.next().unwrap_or_default() } else { second };
        match hex(digits, &mut [0; 14]) {
            Some(frame) => self.modes.frame(frame, time, false, sink),
            None => sink.error(ErrorKind::BadStructure, "frame", line),
        }
    }
}

/// Pairs of hexadecimal digits to as many bytes; `None` if they are none or too many.
fn hex<'a>(digits: &[u8], bytes: &'a mut [u8; 14]) -> Option<&'a [u8]> {
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    let target = bytes.get_mut(..pairs.len())?;
    for (byte, [high, low]) in target.iter_mut().zip(pairs) {
        let nibble = |digit: &u8| (*digit as char).to_digit(16);
        *byte = (nibble(high)? << 4 | nibble(low)?) as u8;
    }
    Some(target)
}

//! Beast binary: the framing of the Mode-S Beast and of all that imitate it.
//!
//! `1a`, a type, six bytes of a 12 MHz counter, a signal level, the frame
//! (<https://wiki.jetvision.de/wiki/Mode-S_Beast:Data_Output_Formats>). Types: `1`
//! Mode A/C (2 bytes), `2` Mode S short (7), `3` long (14), `4` and `5` status.
//! Every `1a` after the first is doubled.
//!
//! The counter starts when the receiver does. The first frame is taken to be
//! received at [`Options::base_time`](crate::Options::base_time), and the others so much later as the
//! counter says. Frames that a multilateration server injects have the constant
//! `ff004d4c4154` in its place; they get the time of the frame before.
//!
//! On a live input ([`Options::receipt`](crate::Options::receipt)) the counter orders the frames that
//! arrive together, and is held to the time of receipt: a frame was measured when the counter
//! says, counted from the frame that was under way for the shortest time. A counter that
//! stands still, jumps, or is not one of 12 MHz gives the time of receipt.

use super::ModeS;
use crate::MAX_RECORD_BYTES;
use crate::error::ErrorKind;
use crate::framing::Cut;
use crate::reader::Options;
use crate::receipt::ReceiptTime;
use crate::sink::Sink;
use deconflict_core::Time;

const ESCAPE: u8 = 0x1a;
const TICKS_PER_S: f64 = 12e6;
/// The counter has 48 bits: it comes round after 271 days.
const COUNTER_MASK: u64 = (1 << 48) - 1;
const MULTILATERATED: u64 = 0xff00_4d4c_4154;
/// A jump by more than this is a restart of the receiver and not a pause.
const LONGEST_PAUSE_S: f64 = 3_600.0;
const LONGEST_STEP_BACK_S: f64 = 10.0;

/// On a live input a frame is not believed to have been under way for longer than this.
const LONGEST_WAY_S: f64 = 1.0;
/// How fast the counter is drawn towards the time of receipt: more than any oscillator
/// is wrong (typically 50 ppm), and only a millisecond between two frames a second apart.
const DRAW: f64 = 1e-3;

/// Turns counts of a 12 MHz counter into instants.
#[derive(Debug)]
pub(crate) struct Counter {
    now: Time,
    last: Option<u64>,
    receipt: Option<ReceiptTime>,
}

impl Counter {
    pub(crate) fn new(base: Time, receipt: Option<ReceiptTime>) -> Counter {
        Counter { now: base, last: None, receipt }
    }

    /// The time of receipt, where somebody tells it.
    pub(crate) fn receipt(&self) -> Option<Time> {
        self.receipt.as_ref().map(ReceiptTime::get)
    }

    pub(crate) fn time(&mut self, count: u64) -> Time {
        let last = self.last.unwrap_or(count);
        // The difference round the circle, in −2⁴⁷..2⁴⁷.
        let difference = (count.wrapping_sub(last) << 16) as i64 >> 16;
        let seconds = difference as f64 / TICKS_PER_S;
        self.last = Some(count & COUNTER_MASK);
        let goes_on = (-LONGEST_STEP_BACK_S..=LONGEST_PAUSE_S).contains(&seconds);
        if goes_on {
            self.now = self.now.plus_s(seconds);
        }
        if let Some(receipt) = self.receipt() {
            let drawn = self.now.plus_s(seconds.clamp(0.0, 1.0) * DRAW);
            let way_s = receipt.seconds_since(drawn);
            let believed = goes_on && difference != 0 && (0.0..=LONGEST_WAY_S).contains(&way_s);
            self.now = if believed { drawn } else { receipt };
        }
        self.now
    }
}

/// Cuts frames out of the stream. They come out still escaped.
#[derive(Debug, Default)]
pub(crate) struct BeastFrames {
    /// Whether the last bytes were part of no frame: a stretch of them is one error.
    lost: bool,
}

impl BeastFrames {
    pub(crate) fn cut(&mut self, window: &[u8], ended: bool) -> Cut {
        if window.is_empty() {
            return if ended { Cut::End } else { Cut::More { used: 0 } };
        }
        let start = memchr::memchr(ESCAPE, window).unwrap_or(window.len());
        if start > 0 {
            // How much of the stretch is in the window is chance: only its first byte is quoted.
            return match std::mem::replace(&mut self.lost, true) {
                true => Cut::More { used: start },
                false => Cut::Garbage { record: 0..1, used: start },
            };
        }
        let Some(kind) = window.get(1) else { return unfinished(window, ended) };
        let Some(length) = payload(*kind) else {
            // Out of step: `1a 1a` belongs inside a frame.
            let used = if *kind == ESCAPE { 2 } else { 1 };
            return match std::mem::replace(&mut self.lost, true) {
                true => Cut::More { used },
                false => Cut::Garbage { record: 0..used, used },
            };
        };
        let (mut at, mut found) = (2, 0);
        while found < length {
            match (window.get(at), window.get(at + 1)) {
                (Some(&ESCAPE), Some(&ESCAPE)) => at += 2,
                // A new frame begins before this one is whole.
                (Some(&ESCAPE), Some(_)) => {
                    self.lost = true;
                    return Cut::Garbage { record: 0..at, used: at };
                }
                (Some(&ESCAPE), None) | (None, _) => return unfinished(window, ended),
                (Some(_), _) => at += 1,
            }
            found += 1;
        }
        self.lost = false;
        Cut::Record { record: 0..at, used: at }
    }
}

fn unfinished(window: &[u8], ended: bool) -> Cut {
    debug_assert!(window.len() < MAX_RECORD_BYTES);
    if ended { Cut::Rest { record: 0..window.len() } } else { Cut::More { used: 0 } }
}

/// Counter, signal level and frame.
fn payload(kind: u8) -> Option<usize> {
    match kind {
        b'1' => Some(7 + 2),
        b'2' => Some(7 + 7),
        b'3' | b'4' | b'5' => Some(7 + 14),
        _ => None,
    }
}

/// Decodes frames.
#[derive(Debug)]
pub(crate) struct Beast {
    modes: ModeS,
    counter: Counter,
}

impl Beast {
    pub(crate) fn new(base: Time, options: &Options) -> Beast {
        Beast {
            modes: ModeS::new(options.receiver),
            counter: Counter::new(base, options.receipt.clone()),
        }
    }

    pub(crate) fn frame(&mut self, record: &[u8], sink: &mut Sink) {
        let mut bytes = [0u8; 21];
        let mut len = 0;
        let mut escaped = false;
        for byte in record.get(2..).unwrap_or_default() {
            if *byte == ESCAPE && !std::mem::replace(&mut escaped, true) {
                continue;
            }
            escaped = false;
            if let Some(slot) = bytes.get_mut(len) {
                *slot = *byte;
                len += 1;
            }
        }
        let length = match record.get(1) {
            Some(b'2') => 7,
            Some(b'3') => 14,
            Some(b'1' | b'4' | b'5') => return sink.silent(),
            _ => return sink.error(ErrorKind::UnknownMessage, "frame", record),
        };
        let count = bytes[..6].iter().fold(0, |count, byte| count << 8 | u64::from(*byte));
        let multilaterated = count == MULTILATERATED;
        let time = if multilaterated { self.counter.now } else { self.counter.time(count) };
        self.modes.frame(&bytes[7..7 + length], time, multilaterated, sink);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_counter_comes_round() {
        let base = Time::from_unix_s(1_700_000_000.0).unwrap();
        let mut counter = Counter::new(base, None);
        assert_eq!(counter.time(COUNTER_MASK - 11), base);
        assert_eq!(counter.time(12_000_000 - 12), base.plus_s(1.0));
        // A restart of the receiver: time stands still for one frame and goes on.
        assert_eq!(counter.time(1 << 47), base.plus_s(1.0));
        assert_eq!(counter.time((1 << 47) + 6_000_000), base.plus_s(1.5));
    }

    #[test]
    fn a_live_counter_is_held_to_the_time_of_receipt() {
        let at = |s: f64| Time::from_unix_s(1_700_000_000.0 + s).unwrap();
        let receipt = ReceiptTime::new(at(0.0));
        let mut counter = Counter::new(at(0.0), Some(receipt.clone()));
        let mut frame = |sent_s: f64, received_s: f64| {
            receipt.set(at(received_s));
            counter.time((sent_s * TICKS_PER_S) as u64).seconds_since(at(0.0))
        };
        assert_eq!(frame(100.0, 0.0), 0.0);
        // Half a second's worth arrives together: the frames stay apart.
        assert!((frame(100.1, 0.5) - 0.1).abs() < 1e-3);
        assert!((frame(100.4, 0.5) - 0.4).abs() < 1e-3);
        // Never after receipt, never long before: another receiver, a restart, a standstill.
        assert_eq!(frame(107.0, 1.0), 1.0);
        assert_eq!(frame(3.0, 2.0), 2.0);
        assert_eq!(frame(3.1, 9.0), 9.0);
        assert_eq!(frame(3.1, 10.0), 10.0);
    }

    #[test]
    fn frames_are_cut_at_any_point_of_arrival() {
        let mut frame = vec![ESCAPE, b'2'];
        frame.extend([1, 2, 3, ESCAPE, ESCAPE, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
        let whole = [&b"x"[..], &frame, &frame].concat();
        let mut framer = BeastFrames::default();
        assert_eq!(framer.cut(&whole, false), Cut::Garbage { record: 0..1, used: 1 });
        for end in 0..frame.len() {
            assert_eq!(framer.cut(&frame[..end], false), Cut::More { used: 0 }, "{end}");
        }
        let len = frame.len();
        assert_eq!(framer.cut(&whole[1..], false), Cut::Record { record: 0..len, used: len });
        assert_eq!(
            framer.cut(&[ESCAPE, b'2', 1, ESCAPE, b'3'], true),
            Cut::Garbage { record: 0..3, used: 3 }
        );
        assert_eq!(framer.cut(&frame[..5], true), Cut::Rest { record: 0..5 });
        assert_eq!(framer.cut(&[], true), Cut::End);
    }
}

//! The journal: what a segment is while it is written.
//!
//! Eight bytes that say what it is, then frames: length and CRC-32 of the payload, both
//! four bytes little-endian, and the payload. The first item of the first frame is the
//! opening. A frame is whole or it is not there: what follows the last whole one is torn.

use crate::codec::{Item, Opening, items, put_opening, put_row};
use crate::row::Row;
use std::io::{self, ErrorKind, Read};

/// What a journal begins with; the digit is the version.
pub(crate) const MAGIC: &[u8; 8] = b"DCFLOG1\n";
/// A frame is closed when it is this large, bytes.
const FRAME: usize = 64 << 10;
/// No frame is larger: a length beyond it is not one, bytes.
const LARGEST_FRAME: u32 = 256 << 20;

/// Appends a frame with what `fill` writes.
fn frame(out: &mut Vec<u8>, fill: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    out.extend_from_slice(&[0; 8]);
    fill(out);
    let payload = &out[start + 8..];
    let (len, crc) = (payload.len() as u32, crc32fast::hash(payload));
    out[start..start + 4].copy_from_slice(&len.to_le_bytes());
    out[start + 4..start + 8].copy_from_slice(&crc.to_le_bytes());
}

/// What a journal begins with.
pub(crate) fn head(opening: &Opening) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    frame(&mut out, |out| put_opening(out, opening));
    out
}

/// Appends rows, in as many frames as they need.
pub(crate) fn put_rows(out: &mut Vec<u8>, rows: &[Row]) {
    let mut rows = rows.iter().peekable();
    while rows.peek().is_some() {
        let start = out.len();
        frame(out, |out| {
            while let Some(row) = rows.peek() {
                put_row(out, row);
                rows.next();
                if out.len() - start >= FRAME {
                    break;
                }
            }
        });
    }
}

/// Reads a journal frame by frame, up to the last whole one.
#[derive(Debug)]
pub(crate) struct Journal<R> {
    input: R,
    payload: Vec<u8>,
    /// How far it is whole, bytes.
    whole: u64,
    begun: bool,
}

impl<R: Read> Journal<R> {
    pub(crate) fn new(input: R) -> Journal<R> {
        Journal { input, payload: Vec::new(), whole: 0, begun: false }
    }

    /// Goes on where another reader had come to; the input is there already.
    pub(crate) fn at(input: R, whole: u64) -> Journal<R> {
        Journal { input, payload: Vec::new(), whole, begun: whole > 0 }
    }

    /// How far it was found whole, bytes.
    pub(crate) fn whole(&self) -> u64 {
        self.whole
    }

    /// The items of the next frame; `None` at the end of what is whole.
    pub(crate) fn frame(&mut self) -> io::Result<Option<Vec<Item>>> {
        if !self.begun {
            let mut magic = [0; 8];
            if !self.fill(&mut magic)? || &magic != MAGIC {
                return Ok(None);
            }
            self.begun = true;
            self.whole = 8;
        }
        let mut head = [0; 8];
        if !self.fill(&mut head)? {
            return Ok(None);
        }
        let [a, b, c, d, e, f, g, h] = head;
        let (len, crc) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
        if len == 0 || len > LARGEST_FRAME {
            return Ok(None);
        }
        self.payload.clear();
        // Grows with what is there, and not with what the length says.
        (&mut self.input).take(u64::from(len)).read_to_end(&mut self.payload)?;
        if self.payload.len() != len as usize || crc32fast::hash(&self.payload) != crc {
            return Ok(None);
        }
        let Some(items) = items(&self.payload) else { return Ok(None) };
        self.whole += 8 + u64::from(len);
        Ok(Some(items))
    }

    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<bool> {
        match self.input.read_exact(buffer) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Ok(false),
            Err(error) => Err(error),
        }
    }
}

/// Reads the rows of a journal from memory: what fuzzing holds to its promises. What was read,
/// written again, is read as the same.
pub fn rows_of_bytes(bytes: &[u8]) -> Vec<Row> {
    let mut journal = Journal::new(bytes);
    let mut rows = Vec::new();
    while let Ok(Some(items)) = journal.frame() {
        rows.extend(items.into_iter().filter_map(|item| match item {
            Item::Row(row) => Some(row),
            Item::Opening(_) => None,
        }));
    }
    rows
}

/// A journal with these rows, in memory.
pub fn bytes_of_rows(rows: &[Row]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    put_rows(&mut bytes, rows);
    bytes
}

/// A journal with this as the payload of its one frame, right or not.
pub fn framed(payload: &[u8]) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    frame(&mut bytes, |out| out.extend_from_slice(payload));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Begin;
    use deconflict_core::Time;

    fn some_rows() -> Vec<Row> {
        let begin = Begin { run: "r".into(), time: Time::from_nanos(5), config: "{}".into() };
        vec![Row::Begin(begin), Row::Tick(Time::from_nanos(7)), Row::Registry("x".into())]
    }

    // REC-2: what was appended is read up to the last whole frame, wherever it is torn.
    #[test]
    fn a_torn_tail_costs_its_frame_alone() {
        let mut bytes = MAGIC.to_vec();
        let mut ends = vec![bytes.len()];
        for row in some_rows() {
            put_rows(&mut bytes, &[row]);
            ends.push(bytes.len());
        }
        for cut in 0..=bytes.len() {
            let whole = ends.iter().filter(|end| **end <= cut).count().saturating_sub(1);
            assert_eq!(rows_of_bytes(&bytes[..cut]), some_rows()[..whole], "cut at {cut}");
        }
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x40;
            let rows = rows_of_bytes(&damaged);
            assert_eq!(rows, some_rows()[..rows.len()], "damaged at {at}");
            assert!(rows.len() < 3, "damaged at {at}");
        }
    }

    #[test]
    fn many_rows_are_many_frames() {
        let rows: Vec<Row> = (0..30_000).map(|i| Row::Tick(Time::from_nanos(i))).collect();
        let bytes = bytes_of_rows(&rows);
        assert_eq!(rows_of_bytes(&bytes), rows);
        let mut journal = Journal::new(bytes.as_slice());
        assert!(journal.frame().unwrap().unwrap().len() < 10_000);
    }
}

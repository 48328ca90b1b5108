//! Cutting a stream of bytes into records, without copying them.
//!
//! A framer looks at a window of the input and says where the next record lies
//! in it; [`Window`] keeps that window filled. Framers are pure, remember how
//! far they have looked (so that a record that arrives in many small reads is
//! not scanned again and again), and bound what they hold.

mod elements;

pub(crate) use elements::{Elements, Piece};

use crate::MAX_RECORD_BYTES;
use std::io::{self, ErrorKind, Read};
use std::ops::Range;

/// What a framer found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// A record, and how much of the window is done with.
    Record { record: Range<usize>, used: usize },
    /// A record longer than allowed begins here; it will be skipped.
    TooLong { used: usize },
    /// Bytes that cannot be part of any record.
    Garbage { record: Range<usize>, used: usize },
    /// No whole record yet; so much of the window is done with.
    More { used: usize },
    /// The input has ended, with this unfinished record.
    Rest { record: Range<usize> },
    /// The input has ended where a record does.
    End,
}

/// A part of the input in memory.
pub(crate) struct Window<R> {
    input: R,
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    /// Offset in the input of the first byte of the window.
    offset: u64,
    /// Set once the input has ended, with the error if that is why.
    ended: Option<Option<io::Error>>,
}

const READ_BYTES: usize = 64 * 1024;

impl<R: Read> Window<R> {
    pub(crate) fn new(input: R) -> Window<R> {
        Window { input, bytes: vec![0; READ_BYTES], start: 0, end: 0, offset: 0, ended: None }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[self.start..self.end]
    }

    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether the input has ended, so that the window will not grow.
    pub(crate) fn ended(&self) -> bool {
        self.ended.is_some()
    }

    /// Why the input ended, unless it simply did.
    pub(crate) fn take_error(&mut self) -> Option<io::Error> {
        self.ended.as_mut().and_then(Option::take)
    }

    /// Forgets the first bytes of the window.
    pub(crate) fn consume(&mut self, used: usize) {
        let used = used.min(self.end - self.start);
        self.start += used;
        self.offset += used as u64;
    }

    /// Reads on. The window grows if the record in it fills it.
    pub(crate) fn fill(&mut self) {
        if self.ended.is_some() {
            return;
        }
        if self.end == self.bytes.len() {
            self.bytes.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            if self.end > self.bytes.len() / 2 {
                self.bytes.resize(self.bytes.len() * 2, 0);
            }
        }
        loop {
            match self.input.read(&mut self.bytes[self.end..]) {
                Ok(0) => self.ended = Some(None),
                // A reader that claims more than it was given is broken; hold it to that.
                Ok(read) => self.end = (self.end + read).min(self.bytes.len()),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => self.ended = Some(Some(error)),
            }
            return;
        }
    }
}

/// Lines, ended by LF or CR LF; the last one need not be ended.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    looked: usize,
    skipping: bool,
}

impl Lines {
    #[inline]
    pub(crate) fn cut(&mut self, window: &[u8], ended: bool) -> Cut {
        let looked = self.looked.min(window.len());
        match memchr::memchr(b'\n', &window[looked..]) {
            Some(at) => {
                let newline = looked + at;
                self.looked = 0;
                if std::mem::take(&mut self.skipping) {
                    return Cut::More { used: newline + 1 };
                }
                let mut end = newline;
                while end > 0 && window[end - 1] == b'\r' {
                    end -= 1;
                }
                Cut::Record { record: 0..end, used: newline + 1 }
            }
            None if self.skipping => {
                self.looked = 0;
                if ended { Cut::End } else { Cut::More { used: window.len() } }
            }
            None if window.len() > MAX_RECORD_BYTES => {
                (self.looked, self.skipping) = (0, true);
                Cut::TooLong { used: window.len() }
            }
            None if ended && window.is_empty() => Cut::End,
            None if ended => {
                let end = window.len() - usize::from(window.last() == Some(&b'\r'));
                self.looked = 0;
                Cut::Record { record: 0..end, used: window.len() }
            }
            None => {
                self.looked = window.len();
                Cut::More { used: 0 }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs a framer over input that arrives `step` bytes at a time.
    fn lines(input: &[u8], step: usize) -> Vec<String> {
        let (mut framer, mut found) = (Lines::default(), Vec::new());
        let (mut start, mut end) = (0, 0);
        loop {
            let ended = end == input.len();
            match framer.cut(&input[start..end], ended) {
                Cut::Record { record, used } => {
                    let bytes = &input[start + record.start..start + record.end];
                    found.push(String::from_utf8_lossy(bytes).into_owned());
                    start += used;
                }
                Cut::TooLong { used } => {
                    found.push("too long".into());
                    start += used;
                }
                Cut::More { used } => start += used,
                Cut::End => return found,
                other => panic!("{other:?}"),
            }
            if start == end || !ended {
                end = (end + step).min(input.len());
            }
        }
    }

    #[test]
    fn lines_are_the_same_however_they_arrive() {
        let input = b"one\r\ntwo\n\nthree";
        for step in [1, 2, 3, 100] {
            assert_eq!(lines(input, step), ["one", "two", "", "three"]);
        }
        assert!(lines(b"", 1).is_empty());
    }

    #[test]
    fn an_endless_line_is_skipped() {
        let mut input = b"one\n".to_vec();
        input.extend(vec![b'x'; MAX_RECORD_BYTES * 2]);
        input.extend(b"\ntwo\n");
        assert_eq!(lines(&input, 50_000), ["one", "too long", "two"]);
    }
}

//! The elements of one big array inside a JSON document.
//!
//! A snapshot, a trace or an exported table is one JSON value of any size. It
//! is taken apart as it streams by: the members of the outer object (`now`,
//! `icao`, …) and the elements of its one big array come out as records, and
//! nothing else is held. Documents may follow one another, one a line or without
//! anything between them.

use super::Cut;
use crate::MAX_RECORD_BYTES;

/// What the record just cut is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A document begins (empty record).
    #[default]
    Start,
    /// A member of the outer object, `"key": value`.
    Member,
    /// An element of the big array.
    Element,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Outside,
    /// In the outer object.
    Object,
    /// In the big array; whether an object is around it.
    Array { inside_object: bool },
}

/// The framer.
#[derive(Debug)]
pub(crate) struct Elements {
    /// The name of the big array, or `None` if the document is the array.
    array: Option<&'static [u8]>,
    place: Place,
    piece: Piece,
    looked: usize,
    depth: usize,
    in_text: bool,
    escaped: bool,
    skipping: bool,
}

impl Elements {
    pub(crate) fn new(array: Option<&'static [u8]>) -> Elements {
        Elements {
            array,
            place: Place::Outside,
            piece: Piece::Start,
            looked: 0,
            depth: 0,
            in_text: false,
            escaped: false,
            skipping: false,
        }
    }

    /// What the record just cut is.
    pub(crate) fn piece(&self) -> Piece {
        self.piece
    }

    pub(crate) fn cut(&mut self, window: &[u8], ended: bool) -> Cut {
        if self.place == Place::Outside {
            return self.open(window, ended);
        }
        let mut at = self.looked;
        while let Some(&byte) = window.get(at) {
            at += 1;
            if self.in_text {
                match byte {
                    _ if self.escaped => self.escaped = false,
                    b'\\' => self.escaped = true,
                    b'"' => self.in_text = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'"' => self.in_text = true,
                b'[' if self.depth == 0 && self.names_the_array(&window[..at]) => {
                    self.place = Place::Array { inside_object: true };
                    self.looked = 0;
                    self.skipping = false;
                    return Cut::More { used: at };
                }
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if self.depth > 0 => self.depth -= 1,
                b'}' | b']' | b',' if self.depth == 0 => return self.end_piece(window, at),
                _ => {}
            }
        }
        self.run_out(window, at, ended)
    }

    /// Between documents.
    fn open(&mut self, window: &[u8], ended: bool) -> Cut {
        let blank = |b: &u8| b.is_ascii_whitespace() || matches!(b, b',' | 0xef | 0xbb | 0xbf);
        let Some(at) = window.iter().position(|b| !blank(b)) else {
            return if ended { Cut::End } else { Cut::More { used: window.len() } };
        };
        match (window[at], self.array) {
            (b'{', Some(_)) => self.place = Place::Object,
            (b'[', None) => self.place = Place::Array { inside_object: false },
            _ => {
                // Not a document: give up on this line.
                let line = memchr::memchr(b'\n', &window[at..]);
                let end = line.map_or(window.len(), |n| at + n);
                return match line {
                    None if !ended && window.len() - at < MAX_RECORD_BYTES => {
                        Cut::More { used: at }
                    }
                    _ => Cut::Garbage { record: at..end, used: end },
                };
            }
        }
        (self.looked, self.depth, self.in_text, self.escaped) = (0, 0, false, false);
        self.skipping = false;
        self.piece = Piece::Start;
        Cut::Record { record: at..at, used: at + 1 }
    }

    /// Whether what precedes this bracket is `"name" :` of the big array.
    fn names_the_array(&self, window: &[u8]) -> bool {
        let Some(name) = self.array.filter(|_| self.place == Place::Object) else { return false };
        let member = window[..window.len() - 1].trim_ascii();
        let key = member.strip_suffix(b":").map(<[u8]>::trim_ascii);
        key.and_then(|key| key.strip_prefix(b"\"")?.strip_suffix(b"\"")) == Some(name)
    }

    /// A comma or bracket that ends a member or an element.
    fn end_piece(&mut self, window: &[u8], at: usize) -> Cut {
        let (delimiter, text) = (window[at - 1], &window[..at - 1]);
        self.looked = 0;
        self.piece = match self.place {
            Place::Array { .. } => Piece::Element,
            _ => Piece::Member,
        };
        match (delimiter, self.place) {
            (b',', _) => {}
            (b']', Place::Array { inside_object: true }) => self.place = Place::Object,
            (b']', Place::Array { inside_object: false }) | (b'}', Place::Object) => {
                self.place = Place::Outside;
            }
            _ => {
                // The brackets do not match: nothing further can be trusted.
                self.place = Place::Outside;
                return Cut::Garbage { record: 0..at, used: at };
            }
        }
        let start = text.iter().position(|b| !b.is_ascii_whitespace());
        match start {
            _ if std::mem::take(&mut self.skipping) => Cut::More { used: at },
            Some(start) => Cut::Record { record: start..at - 1, used: at },
            None => Cut::More { used: at },
        }
    }

    fn run_out(&mut self, window: &[u8], at: usize, ended: bool) -> Cut {
        if ended {
            let blank = window.iter().all(u8::is_ascii_whitespace);
            self.place = Place::Outside;
            self.looked = 0;
            // Even if it ends just behind a comma, the document is not whole.
            let record = if blank { 0..0 } else { 0..window.len() };
            return Cut::Rest { record };
        }
        if self.skipping {
            self.looked = 0;
            return Cut::More { used: at };
        }
        if window.len() > MAX_RECORD_BYTES {
            self.skipping = true;
            self.looked = 0;
            return Cut::TooLong { used: at };
        }
        self.looked = at;
        Cut::More { used: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(array: Option<&'static [u8]>, input: &[u8], step: usize) -> Vec<String> {
        let (mut framer, mut found) = (Elements::new(array), Vec::new());
        let (mut start, mut end) = (0, 0);
        loop {
            let ended = end == input.len();
            let text = |range: std::ops::Range<usize>| {
                String::from_utf8_lossy(&input[start + range.start..start + range.end]).into_owned()
            };
            match framer.cut(&input[start..end], ended) {
                Cut::Record { record, used } => {
                    found.push(match framer.piece() {
                        Piece::Start => "start".into(),
                        Piece::Member => format!("member {}", text(record)),
                        Piece::Element => text(record),
                    });
                    start += used;
                }
                Cut::Garbage { record, used } => {
                    found.push(format!("garbage {}", text(record)));
                    start += used;
                }
                Cut::TooLong { used } => {
                    found.push("too long".into());
                    start += used;
                }
                Cut::More { used } if used > 0 => {
                    start += used;
                    continue;
                }
                Cut::More { .. } => {}
                Cut::Rest { record } => {
                    found.push(format!("rest {}", text(record)));
                    return found;
                }
                Cut::End => return found,
            }
            end = (end + step).min(input.len());
        }
    }

    #[test]
    fn members_and_elements_come_out_however_they_arrive() {
        let input = br#"{"now" : 5, "aircraft" : [ {"a":"]}\""}, {"b":[1,{}]} ] , "x":[1]}
            {"aircraft":[]}"#;
        for step in [1, 2, 7, 1000] {
            assert_eq!(
                pieces(Some(b"aircraft"), input, step),
                [
                    "start",
                    "member \"now\" : 5",
                    "{\"a\":\"]}\\\"\"}",
                    "{\"b\":[1,{}]} ",
                    "member \"x\":[1]",
                    "start",
                ],
                "{step}"
            );
        }
        assert_eq!(pieces(None, b"[{},{\"a\":1}]\n", 3), ["start", "{}", "{\"a\":1}"]);
    }

    #[test]
    fn broken_documents_are_reported() {
        assert_eq!(pieces(None, b"[{\"a\":1},{\"b\"", 3), ["start", "{\"a\":1}", "rest {\"b\""]);
        assert_eq!(pieces(None, b"[1,", 3), ["start", "1", "rest "]);
        assert_eq!(pieces(None, b"nonsense\n[1]", 3), ["garbage nonsense", "start", "1"]);
        assert_eq!(pieces(None, b"[1}", 3), ["start", "garbage 1}"]);
        assert_eq!(pieces(None, b"", 3), Vec::<String>::new());
    }

    #[test]
    fn a_nesting_bomb_is_skipped() {
        let mut input = b"[1,".to_vec();
        input.extend(vec![b'['; MAX_RECORD_BYTES * 2]);
        input.extend(vec![b']'; MAX_RECORD_BYTES * 2]);
        input.extend(b",2]");
        assert_eq!(pieces(None, &input, 50_000), ["start", "1", "too long", "2"]);
    }
}

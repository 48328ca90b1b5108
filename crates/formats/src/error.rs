//! What can be wrong with one record, and how it is reported.

use deconflict_core::Label;
use std::fmt;

/// Where in the input a record stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// Number of the record, from 1: the line number in line formats, the
    /// number of the element, frame or row in the others.
    pub record: u64,
    /// Offset of its first byte in the (decompressed) input.
    pub byte: u64,
}

/// What is wrong. The names are stable: they appear in statistics and outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A field that should be a number is none.
    BadNumber,
    /// A field that should be an aircraft address is none.
    BadAddress,
    /// The record does not follow the grammar of its format.
    BadStructure,
    /// The parity of a Mode S frame does not fit.
    BadChecksum,
    /// A field without which the record says nothing is not there.
    MissingField,
    /// No date, or a time that no recording of ours can have.
    ImpossibleTime,
    /// A latitude or longitude that is not on the globe.
    ImpossiblePosition,
    /// An altitude, speed, track, vertical rate or code beyond what aircraft have.
    ImpossibleValue,
    /// Text that is not UTF-8.
    NotUtf8,
    /// The record, or the input, ends too early.
    Truncated,
    /// The record is longer than [`MAX_RECORD_BYTES`](crate::MAX_RECORD_BYTES).
    TooLong,
    /// A kind of message that the format does not have.
    UnknownMessage,
    /// The input cannot be read any further.
    Unreadable,
}

impl ErrorKind {
    /// Every kind, in the order in which statistics list them.
    pub const ALL: [ErrorKind; 13] = [
        ErrorKind::BadNumber,
        ErrorKind::BadAddress,
        ErrorKind::BadStructure,
        ErrorKind::BadChecksum,
        ErrorKind::MissingField,
        ErrorKind::ImpossibleTime,
        ErrorKind::ImpossiblePosition,
        ErrorKind::ImpossibleValue,
        ErrorKind::NotUtf8,
        ErrorKind::Truncated,
        ErrorKind::TooLong,
        ErrorKind::UnknownMessage,
        ErrorKind::Unreadable,
    ];

    /// The stable name.
    pub const fn name(self) -> &'static str {
        match self {
            ErrorKind::BadNumber => "bad-number",
            ErrorKind::BadAddress => "bad-address",
            ErrorKind::BadStructure => "bad-structure",
            ErrorKind::BadChecksum => "bad-checksum",
            ErrorKind::MissingField => "missing-field",
            ErrorKind::ImpossibleTime => "impossible-time",
            ErrorKind::ImpossiblePosition => "impossible-position",
            ErrorKind::ImpossibleValue => "impossible-value",
            ErrorKind::NotUtf8 => "not-utf8",
            ErrorKind::Truncated => "truncated",
            ErrorKind::TooLong => "too-long",
            ErrorKind::UnknownMessage => "unknown-message",
            ErrorKind::Unreadable => "unreadable",
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            ErrorKind::BadNumber => "is not a number",
            ErrorKind::BadAddress => "is not an aircraft address",
            ErrorKind::BadStructure => "does not follow the format",
            ErrorKind::BadChecksum => "has a wrong checksum",
            ErrorKind::MissingField => "is missing",
            ErrorKind::ImpossibleTime => "is not a possible time",
            ErrorKind::ImpossiblePosition => "is not a place on the globe",
            ErrorKind::ImpossibleValue => "is beyond what aircraft do",
            ErrorKind::NotUtf8 => "is not UTF-8",
            ErrorKind::Truncated => "ends too early",
            ErrorKind::TooLong => "is too long",
            ErrorKind::UnknownMessage => "is of no known kind",
            ErrorKind::Unreadable => "cannot be read any further",
        }
    }
}

impl fmt::Display for ErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Bytes of a record that an error quotes.
const EXCERPT: usize = 40;

/// One thing wrong with one record. The rest of the record is still used where
/// it makes sense without the faulty field.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LineError {
    /// Which record.
    pub at: At,
    /// What is wrong.
    pub kind: ErrorKind,
    /// The field, as the format calls it; `record` or `input` if it is no single field.
    pub field: &'static str,
    excerpt: Option<Label<EXCERPT>>,
}

impl LineError {
    pub(crate) fn new(at: At, kind: ErrorKind, field: &'static str, bytes: &[u8]) -> LineError {
        // Quoted so that a terminal shows it harmlessly, whatever it is.
        let mut text = [b'?'; EXCERPT];
        let len = bytes.len().min(EXCERPT);
        for (to, from) in text.iter_mut().zip(bytes) {
            if from.is_ascii_graphic() || *from == b' ' {
                *to = *from;
            }
        }
        let excerpt = std::str::from_utf8(&text[..len]).ok().and_then(Label::new);
        LineError { at, kind, field, excerpt }
    }

    /// The beginning of what is wrong, unprintable bytes replaced by `?`; may be empty.
    pub fn excerpt(&self) -> &str {
        self.excerpt.as_ref().map_or("", Label::as_str)
    }
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let LineError { at, kind, field, .. } = self;
        write!(f, "record {} (byte {}): {field} {}", at.record, at.byte, kind.sentence())?;
        match self.excerpt() {
            "" => Ok(()),
            excerpt => write!(f, ": {excerpt:?}"),
        }
    }
}

impl fmt::Debug for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}] {self}", self.kind)
    }
}

impl std::error::Error for LineError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_readable_and_harmless_to_a_terminal() {
        let at = At { record: 7, byte: 120 };
        let error = LineError::new(at, ErrorKind::BadNumber, "altitude", b"\x1b[31m35k");
        assert_eq!(
            error.to_string(),
            "record 7 (byte 120): altitude is not a number: \"?[31m35k\""
        );
    }

    #[test]
    fn kinds_are_listed_once_in_their_own_order() {
        assert!(ErrorKind::ALL.is_sorted());
        for (i, kind) in ErrorKind::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, i);
        }
    }

    #[test]
    fn an_item_of_the_reader_is_no_larger_than_a_report() {
        use deconflict_core::Report;
        let both = size_of::<Result<Report, LineError>>();
        assert!(both <= size_of::<Report>() + 8, "{both}");
    }
}

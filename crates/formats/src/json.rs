//! A pull parser for the flat JSON of surveillance feeds.
//!
//! Why not `serde_json` with derived structs: one odd field ("lat": "n/a", a
//! bare `NaN` as Python writes it) must cost that field and not the record, and
//! an error must name the field. This cursor borrows, allocates nothing and does not
//! recurse, so that nesting can exhaust nothing. `benches/parse.rs` sets it beside
//! `serde_json`.

use crate::error::ErrorKind;

/// A value. Nested objects and arrays are stepped over; to look inside one, ask
/// [`Cursor::enter`] first.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    /// A number, or a bare word such as `NaN`: what lies between the delimiters.
    Number(&'a [u8]),
    /// A string without its quotes, escapes not resolved.
    Text(&'a [u8]),
    Nested,
}

impl<'a> Value<'a> {
    /// The text of a number or string: feeds quote numbers and unquote codes.
    #[inline]
    pub(crate) fn bytes(self) -> Option<&'a [u8]> {
        match self {
            Value::Number(bytes) | Value::Text(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// A number, quoted or not; `None` if it is null or Python's `NaN`, which
    /// stand for "no value" in exported tables.
    #[inline]
    pub(crate) fn number(self) -> Result<Option<f64>, ErrorKind> {
        match self {
            Value::Null | Value::Number(b"NaN") => Ok(None),
            Value::Number(bytes) | Value::Text(bytes) => crate::field::number(bytes).map(Some),
            Value::Bool(_) | Value::Nested => Err(ErrorKind::BadNumber),
        }
    }
}

/// Grammar errors carry no detail: the record's excerpt shows them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Malformed;

type Parsed<T> = Result<T, Malformed>;

/// A position in one JSON text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Cursor<'a> {
        Cursor { rest: text }
    }

    #[inline]
    fn skip_blanks(&mut self) {
        while let [b' ' | b'\t' | b'\r' | b'\n', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    /// The next byte that is not blank, left in place.
    #[inline]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        self.skip_blanks();
        self.rest.first().copied()
    }

    /// Steps over `byte` if it comes next.
    #[inline]
    pub(crate) fn enter(&mut self, byte: u8) -> bool {
        let next = self.peek() == Some(byte);
        if next {
            self.rest = &self.rest[1..];
        }
        next
    }

    /// Inside an object: the next key, or `None` after its closing brace.
    /// `first` starts out true and is kept by the caller.
    #[inline]
    pub(crate) fn key(&mut self, first: &mut bool) -> Parsed<Option<&'a [u8]>> {
        if !self.separator(b'}', first)? {
            return Ok(None);
        }
        if !self.enter(b'"') {
            return Err(Malformed);
        }
        let key = self.text()?;
        if self.enter(b':') { Ok(Some(key)) } else { Err(Malformed) }
    }

    /// Inside an array: whether there is another element.
    #[inline]
    pub(crate) fn element(&mut self, first: &mut bool) -> Parsed<bool> {
        self.separator(b']', first)
    }

    #[inline]
    fn separator(&mut self, end: u8, first: &mut bool) -> Parsed<bool> {
        if self.enter(end) {
            return Ok(false);
        }
        let separated = std::mem::replace(first, false) || self.enter(b',');
        if separated { Ok(true) } else { Err(Malformed) }
    }

    /// The value that comes next.
    #[inline]
    pub(crate) fn value(&mut self) -> Parsed<Value<'a>> {
        match self.peek().ok_or(Malformed)? {
            b'"' => {
                self.rest = &self.rest[1..];
                self.text().map(Value::Text)
            }
            b'{' | b'[' => self.skip_nested(),
            b',' | b':' | b'}' | b']' => Err(Malformed),
            _ => self.word(),
        }
    }

    /// Nothing but white space is left.
    #[inline]
    pub(crate) fn at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    /// After an opening quote: the text up to the closing one, which is consumed.
    #[inline]
    fn text(&mut self) -> Parsed<&'a [u8]> {
        let mut end = 0;
        loop {
            match self.rest.get(end) {
                Some(b'"') => break,
                Some(b'\\') => end += 2,
                Some(_) => end += 1,
                None => return Err(Malformed),
            }
        }
        let text = &self.rest[..end];
        self.rest = &self.rest[end + 1..];
        Ok(text)
    }

    #[inline]
    fn word(&mut self) -> Parsed<Value<'a>> {
        let ends = |b: &u8| matches!(b, b',' | b'}' | b']' | b' ' | b'\t' | b'\r' | b'\n');
        let end = self.rest.iter().position(ends).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(match word {
            b"null" => Value::Null,
            b"true" => Value::Bool(true),
            b"false" => Value::Bool(false),
            number => Value::Number(number),
        })
    }

    fn skip_nested(&mut self) -> Parsed<Value<'a>> {
        let mut depth = 0usize;
        loop {
            let byte = *self.rest.first().ok_or(Malformed)?;
            self.rest = &self.rest[1..];
            match byte {
                b'{' | b'[' => depth += 1,
                b'}' | b']' => depth -= 1,
                b'"' => drop(self.text()?),
                _ => {}
            }
            if depth == 0 {
                return Ok(Value::Nested);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn members(text: &str) -> Parsed<Vec<(String, Value<'_>)>> {
        let mut cursor = Cursor::new(text.as_bytes());
        let (mut first, mut found) = (true, Vec::new());
        if !cursor.enter(b'{') {
            return Err(Malformed);
        }
        while let Some(key) = cursor.key(&mut first)? {
            found.push((String::from_utf8_lossy(key).into_owned(), cursor.value()?));
        }
        if cursor.at_end() { Ok(found) } else { Err(Malformed) }
    }

    #[test]
    fn reads_flat_objects_and_steps_over_nested_ones() {
        let found = members(r#" {"a" : 1.5,"b":"x\"y", "c":{"d":[1,"}"]},"e":null,"f":true} "#);
        assert_eq!(
            found.unwrap(),
            [
                ("a".into(), Value::Number(b"1.5")),
                ("b".into(), Value::Text(br#"x\"y"#)),
                ("c".into(), Value::Nested),
                ("e".into(), Value::Null),
                ("f".into(), Value::Bool(true)),
            ]
        );
        assert_eq!(members("{}"), Ok(vec![]));
    }

    #[test]
    fn breaches_of_the_grammar_are_noticed() {
        for bad in [
            "",
            "[]",
            "{",
            "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1",
            "{\"a\":1 \"b\":2}",
            "{\"a\":1,}",
            "{\"a\":\"x",
            "{\"a\":[1,2}",
            "{a:1}",
            "{\"a\":1}}",
            "{,}",
            "{\"a\":\"\\",
        ] {
            assert_eq!(members(bad), Err(Malformed), "{bad}");
        }
    }

    #[test]
    fn deep_nesting_exhausts_nothing() {
        let bomb = format!("{{\"a\":{}", "[".repeat(1_000_000));
        assert_eq!(members(&bomb), Err(Malformed));
    }

    proptest! {
        #[test]
        fn arbitrary_text_never_panics(text in ".{0,80}") {
            let _ = members(&text);
        }

        #[test]
        fn what_serde_reads_is_read_alike(a in -1e6..1e6f64, b in "[ -!#-\\[\\]-~]{0,12}") {
            let text = serde_json::json!({ "a": a, "b": b, "c": [a, { "d": b }] }).to_string();
            let found = members(&text).unwrap();
            prop_assert_eq!(found[0].1.number(), Ok(Some(a)));
            prop_assert_eq!(found[1].1, Value::Text(b.as_bytes()));
            prop_assert_eq!(found[2].1, Value::Nested);
        }
    }
}

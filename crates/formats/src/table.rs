//! Comma-separated fields, quoted or not.

/// The fields of a line. Quotes around a field are removed and protect commas;
/// doubled quotes inside one stay doubled, as no field that is read here has any.
pub(crate) fn fields(line: &[u8]) -> Fields<'_> {
    Fields { rest: Some(line) }
}

/// See [`fields`].
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a> {
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for Fields<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let line = self.rest?;
        if let [b'"', quoted @ ..] = line
            && let Some(end) = closing_quote(quoted)
        {
            self.rest = match &quoted[end + 1..] {
                [] => None,
                [_comma, rest @ ..] => Some(rest),
            };
            return Some(&quoted[..end]);
        }
        let end = memchr::memchr(b',', line);
        self.rest = end.map(|end| &line[end + 1..]);
        Some(end.map_or(line, |end| &line[..end]))
    }
}

/// A quote that a comma or the end of the line follows.
fn closing_quote(text: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'"', text).find(|at| matches!(text.get(at + 1), None | Some(b',')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_plain_and_quoted_fields() {
        let split = |line: &'static str| -> Vec<_> {
            fields(line.as_bytes()).map(|f| std::str::from_utf8(f).unwrap()).collect()
        };
        assert_eq!(split("a,,b"), ["a", "", "b"]);
        assert_eq!(split("1,\"x,y\",2"), ["1", "x,y", "2"]);
        assert_eq!(split("\"a\""), ["a"]);
        assert_eq!(split("a,"), ["a", ""]);
        assert_eq!(split("\"unclosed,b"), ["\"unclosed", "b"]);
        assert_eq!(split(""), [""]);
    }
}

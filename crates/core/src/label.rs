//! Short names without a heap: call signs, operators, formations.

use std::fmt;

/// Up to `N` bytes of text, stored in place, so that a report is plain data
/// that can be copied and compared without allocation. Longer text is cut at a
/// character boundary.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label<const N: usize> {
    len: u8,
    bytes: [u8; N],
}

impl<const N: usize> Label<N> {
    /// A label of `text` with surrounding white space removed; `None` if nothing is left.
    pub fn new(text: &str) -> Option<Label<N>> {
        let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0' || c == '@');
        if text.is_empty() {
            return None;
        }
        let mut len = text.len().min(N).min(u8::MAX as usize);
        while !text.is_char_boundary(len) {
            len -= 1;
        }
        if len == 0 {
            return None;
        }
        let mut bytes = [0; N];
        bytes[..len].copy_from_slice(&text.as_bytes()[..len]);
        Some(Label { len: len as u8, bytes })
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        // Cut at character boundaries of valid text, so this cannot fail.
        std::str::from_utf8(&self.bytes[..self.len as usize]).unwrap_or("")
    }
}

impl<const N: usize> fmt::Display for Label<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl<const N: usize> fmt::Debug for Label<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trims_and_cuts() {
        assert_eq!(Label::<8>::new("N611TH  ").unwrap().as_str(), "N611TH");
        assert_eq!(Label::<4>::new("ABCDEF").unwrap().as_str(), "ABCD");
        assert_eq!(Label::<4>::new("abcé").unwrap().as_str(), "abc");
        assert_eq!(Label::<4>::new("  "), None);
    }
}

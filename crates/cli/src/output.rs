//! Standard output, locked and buffered, and tables of text on it.

use std::io::{self, BufWriter, StdoutLock, Write};

/// Locked once for the whole command: nothing else of it may write there.
pub type Out = BufWriter<StdoutLock<'static>>;

pub fn stdout() -> Out {
    BufWriter::with_capacity(64 * 1024, io::stdout().lock())
}

/// A table whose columns are as wide as their widest cell.
pub struct Table {
    headers: Vec<&'static str>,
    right: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// Headers; one that begins with `>` stands over numbers, set to the right.
    pub fn new(headers: &[&'static str]) -> Table {
        Table {
            headers: headers.iter().map(|h| h.trim_start_matches('>')).collect(),
            right: headers.iter().map(|h| h.starts_with('>')).collect(),
            rows: Vec::new(),
        }
    }

    pub fn row(&mut self, cells: Vec<String>) {
        debug_assert_eq!(cells.len(), self.headers.len());
        self.rows.push(cells);
    }

    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub fn write(&self, out: &mut impl Write) -> io::Result<()> {
        let width = |column: usize| {
            let cells = self.rows.iter().map(|r| r[column].chars().count());
            cells.max().unwrap_or(0).max(self.headers[column].chars().count())
        };
        let widths: Vec<usize> = (0..self.headers.len()).map(width).collect();
        let mut line = |cells: &mut dyn Iterator<Item = &str>| {
            let mut text = String::new();
            for (column, cell) in cells.enumerate() {
                let width = widths[column];
                if column > 0 {
                    text.push_str("  ");
                }
                text.push_str(&match self.right[column] {
                    true => format!("{cell:>width$}"),
                    false => format!("{cell:<width$}"),
                });
            }
            writeln!(out, "{}", text.trim_end())
        };
        line(&mut self.headers.iter().copied())?;
        self.rows.iter().try_for_each(|row| line(&mut row.iter().map(String::as_str)))
    }
}

/// A whole number with its thousands set apart: `1,234,567`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 track`, `2 tracks`, `1,000 tracks`.
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        let text: Vec<_> = [0, 999, 1000, 1_234_567].map(thousands).into();
        assert_eq!(text, ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(count(1, "track", "tracks"), "1 track");
        assert_eq!(count(1000, "track", "tracks"), "1,000 tracks");
    }

    #[test]
    fn columns_line_up_and_lines_have_no_trailing_blanks() {
        let mut table = Table::new(&["NAME", ">N", "WHY"]);
        table.row(vec!["a".into(), "1000".into(), String::new()]);
        table.row(vec!["bcdef".into(), "7".into(), "é".into()]);
        let mut out = Vec::new();
        table.write(&mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "NAME      N  WHY\na      1000\nbcdef     7  é\n"
        );
    }
}

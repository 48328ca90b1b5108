//! Emphasis in plain text output. A state is always a word; colour only repeats it.

use std::fmt;
use std::io::{self, IsTerminal};

/// Whether to emphasise at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    colour: bool,
}

/// How loudly to say something. The colours can be told apart in all common
/// forms of colour blindness (orange against blue, never red against green).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Quiet,
    Strong,
    Caution,
    Warning,
}

/// Whether the environment forbids colour (<https://no-color.org>).
pub fn no_color() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty())
        || std::env::var_os("TERM").is_some_and(|v| v == "dumb")
}

impl Style {
    /// What fits standard output.
    pub fn of_stdout() -> Style {
        Style { colour: io::stdout().is_terminal() && !no_color() }
    }

    /// Never any emphasis.
    pub const PLAIN: Style = Style { colour: false };

    /// The text with its tone; nothing but the text where colour is off.
    pub fn paint<T: fmt::Display>(self, tone: Tone, text: T) -> Painted<T> {
        Painted { tone: if self.colour { tone } else { Tone::Plain }, text }
    }
}

/// Text with a tone.
pub struct Painted<T> {
    tone: Tone,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = match self.tone {
            Tone::Plain => return self.text.fmt(f),
            Tone::Quiet => "2",
            Tone::Strong => "1",
            Tone::Caution => "38;5;39",
            Tone::Warning => "1;38;5;208",
        };
        write!(f, "\x1b[{code}m")?;
        self.text.fmt(f)?;
        f.write_str("\x1b[0m")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_colour_there_are_no_escapes_and_padding_still_works() {
        assert_eq!(format!("{:>6}|", Style::PLAIN.paint(Tone::Warning, "LOST")), "  LOST|");
        let loud = Style { colour: true };
        assert_eq!(format!("{:>6}|", loud.paint(Tone::Strong, "LOST")), "\x1b[1m  LOST\x1b[0m|");
    }
}

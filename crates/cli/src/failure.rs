//! How a command ends when it cannot do what it was asked: what is wrong, where, and what to do.

use std::fmt;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

/// Why a command ended early. The numbers are those of BSD `sysexits.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Arguments that cannot go together; clap uses the same code.
    Usage = 2,
    /// The input was read and makes no sense.
    BadData = 65,
    /// The input cannot be read at all.
    NoInput = 66,
    /// Reading or writing broke off.
    Io = 74,
    /// Rules or a scenario that do not hold.
    Config = 78,
}

/// The one message with which a command ends, and its exit code.
#[derive(Debug)]
pub struct Failure {
    kind: Kind,
    what: String,
    advice: Option<String>,
    /// Whoever read the output has gone away: no failure at all, just the end.
    quiet: bool,
}

/// What a command ends with.
pub type Outcome<T = Found> = Result<T, Failure>;

/// Whether there was something to find, for `--exit-code`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing, or nobody asked.
    Nothing,
    /// Conflicts or alerts, and `--exit-code` asked to be told.
    Something,
}

impl Found {
    /// Something, if it was asked for and is there.
    pub fn when(asked: bool, there: bool) -> Found {
        if asked && there { Found::Something } else { Found::Nothing }
    }

    pub fn exit_code(self) -> u8 {
        u8::from(self == Found::Something)
    }
}

impl Failure {
    pub fn new(kind: Kind, what: impl Into<String>) -> Failure {
        Failure { kind, what: what.into(), advice: None, quiet: false }
    }

    /// Adds what the person could do about it.
    pub fn advise(mut self, advice: impl Into<String>) -> Failure {
        self.advice = Some(advice.into());
        self
    }

    /// A file that cannot be opened.
    pub fn unreadable(path: &Path, error: &io::Error) -> Failure {
        // The operating system's number of an error helps nobody who reads its name.
        let error_text = error.to_string();
        let reason = error_text.split(" (os error").next().unwrap_or_default();
        let what = format!("cannot read {}: {reason}", path.display());
        let failure = Failure::new(Kind::NoInput, what);
        match error.kind() {
            io::ErrorKind::NotFound => {
                failure.advise("check the path, or give - for standard input")
            }
            io::ErrorKind::PermissionDenied => failure.advise("check who may read the file"),
            io::ErrorKind::IsADirectory => failure.advise("give the files in it, one by one"),
            _ => failure,
        }
    }

    /// Prints the message and says how to exit.
    pub fn report(&self) -> ExitCode {
        if self.quiet {
            return ExitCode::SUCCESS;
        }
        // If even standard error is gone, there is nobody left to tell.
        let _ = writeln!(io::stderr().lock(), "{self}");
        ExitCode::from(self.kind as u8)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.what)?;
        match &self.advice {
            Some(advice) => write!(f, "\n  help: {advice}"),
            None => Ok(()),
        }
    }
}

/// Errors of writing: everything that is read is converted where the file's name is known.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Failure {
        let quiet = error.kind() == io::ErrorKind::BrokenPipe;
        Failure { quiet, ..Failure::new(Kind::Io, format!("cannot write the output: {error}")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_what_where_and_what_to_do() {
        let error = io::Error::from(io::ErrorKind::NotFound);
        let text = Failure::unreadable(Path::new("a.csv"), &error).to_string();
        assert!(text.starts_with("error: cannot read a.csv: "), "{text}");
        assert!(text.ends_with("help: check the path, or give - for standard input"), "{text}");
    }

    #[test]
    fn a_reader_that_goes_away_is_no_failure() {
        assert!(Failure::from(io::Error::from(io::ErrorKind::BrokenPipe)).quiet);
        assert!(!Failure::from(io::Error::from(io::ErrorKind::StorageFull)).quiet);
    }
}

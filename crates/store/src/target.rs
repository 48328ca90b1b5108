//! Which database a URL means, and how to say so without its password.

use crate::error::OpenError;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// What kind of database it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A file of our own.
    Sqlite,
    /// A server.
    Postgres,
}

/// A database to connect to.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) kind: Kind,
    /// For connecting. It may hold a password.
    pub(crate) url: String,
    /// For people.
    pub(crate) masked: String,
    /// The file, if it is one.
    pub(crate) path: Option<PathBuf>,
    password: Option<String>,
}

impl Target {
    pub(crate) fn parse(url: &str) -> Result<Target, OpenError> {
        let (masked, password) = mask(url);
        let wrong =
            |reason: &str| OpenError::Url { url: masked.clone(), reason: reason.to_owned() };
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            if url.contains('\0') {
                return Err(wrong("there is a zero byte in it"));
            }
            let url = url.to_owned();
            return Ok(Target { kind: Kind::Postgres, url, masked, path: None, password });
        }
        let Some(rest) = url.strip_prefix("sqlite:") else {
            return Err(wrong("it begins with neither sqlite: nor postgres:"));
        };
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (file, parameters) = rest.split_once('?').unwrap_or((rest, ""));
        if file.is_empty() || file == ":memory:" || parameters.contains("mode=memory") {
            return Err(wrong("a database in memory would forget, name a file"));
        }
        if !parameters.is_empty() {
            return Err(wrong("a SQLite database takes no parameters here"));
        }
        let file = percent_decoded(file).ok_or_else(|| wrong("its % signs are not right"))?;
        let path =
            std::path::absolute(Path::new(&file)).map_err(|error| wrong(&error.to_string()))?;
        let text = path.to_str().ok_or_else(|| wrong("the path is not UTF-8"))?;
        let url = format!("sqlite://{}?mode=rwc", percent_encoded(text));
        Ok(Target { kind: Kind::Sqlite, url, masked, path: Some(path), password: None })
    }

    /// The text without the password, should it be in there.
    pub(crate) fn without_password(&self, text: &str) -> String {
        match &self.password {
            Some(password) if !password.is_empty() => text.replace(password.as_str(), "***"),
            _ => text.to_owned(),
        }
    }
}

/// The URL with three stars for the password, and the password.
fn mask(url: &str) -> (String, Option<String>) {
    let start = url.find("://").map_or(0, |at| at + 3);
    let (head, rest) = url.split_at(start);
    // A password may hold a slash or an @ that nobody has encoded.
    if let Some(at) = rest.rfind('@')
        && let Some((user, password)) = rest[..at].split_once(':')
    {
        let masked = format!("{head}{user}:***{}", &rest[at..]);
        return (masked, Some(password.to_owned()));
    }
    if let Some((before, password)) = url.split_once("password=") {
        let (password, after) = match password.split_once('&') {
            Some((password, after)) => (password, format!("&{after}")),
            None => (password, String::new()),
        };
        return (format!("{before}password=***{after}"), Some(password.to_owned()));
    }
    (url.to_owned(), None)
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?];
            let digits = std::str::from_utf8(&digits).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

fn percent_encoded(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_masked() {
        for (url, masked) in [
            ("postgres://u:secret@h/d", "postgres://u:***@h/d"),
            ("postgres://u:se@cr/et@h:5/d", "postgres://u:***@h:5/d"),
            ("postgres://h/d?user=u&password=secret&x=1", "postgres://h/d?user=u&password=***&x=1"),
            ("postgres://u@h/d", "postgres://u@h/d"),
        ] {
            let target = Target::parse(url).unwrap();
            assert_eq!(target.masked, masked);
            assert!(!target.without_password(&format!("{url} failed")).contains("secret"));
        }
    }

    #[test]
    fn paths_are_made_absolute_and_encoded() {
        for url in ["sqlite:///tmp/a b%25.db", "sqlite:/tmp/a%20b%25.db"] {
            let target = Target::parse(url).unwrap();
            assert_eq!(target.path.as_deref(), Some(Path::new("/tmp/a b%.db")), "{url}");
            assert_eq!(target.url, "sqlite:///tmp/a%20b%25.db?mode=rwc");
        }
        let here = std::env::current_dir().unwrap().join("x/y.db");
        assert_eq!(Target::parse("sqlite:x/y.db").unwrap().path, Some(here));
    }

    #[test]
    fn others_are_refused_in_words() {
        for url in
            ["mysql://u:secret@h/d", "deconflict.db", "sqlite::memory:", "sqlite:", "sqlite:a?b"]
        {
            let error = Target::parse(url).unwrap_err().to_string();
            assert!(error.contains("postgres://USER"), "{error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }
}

//! Where the order of changes is kept.

use std::path::PathBuf;

/// A file of this process alone, or a database that several instances share.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A SQLite file.
    File(PathBuf),
    /// A server that speaks PostgreSQL, by its URL, which may hold a password.
    Server(String),
}

/// What was given is neither a file nor the URL of a server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("--store {0}: give a path, or a URL that begins with postgres://")]
pub struct TargetError(String);

impl Target {
    /// From a path or a URL.
    ///
    /// # Errors
    /// [`TargetError`] for a URL of anything else.
    pub fn parse(text: &str) -> Result<Target, TargetError> {
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Target::Server(text.to_owned()));
        }
        let path = text.strip_prefix("sqlite:").unwrap_or(text);
        if path.is_empty() || path.contains("://") || path.contains(['\0', '?']) {
            // Whatever it is, it may hold a password.
            let shown = text.split_once("://").map_or(text, |(scheme, _)| scheme);
            return Err(TargetError(shown.to_owned()));
        }
        Ok(Target::File(PathBuf::from(path)))
    }

    /// Whether others write to it too.
    pub fn is_shared(&self) -> bool {
        matches!(self, Target::Server(_))
    }

    /// As it may be shown: without user and password.
    pub fn shown(&self) -> String {
        match self {
            Target::File(path) => path.display().to_string(),
            Target::Server(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
                format!("postgres://{}", host.split('?').next().unwrap_or_default())
            }
        }
    }
}

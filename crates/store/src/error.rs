//! What can go wrong, and what to do about it.

use thiserror::Error;

/// The store cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The URL is not one of a database that can be used.
    #[error(
        "{url} is not the URL of a database: write sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE ({reason})"
    )]
    Url {
        /// The URL, without a password.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The file cannot be made or opened.
    #[error(
        "cannot open the database {url}: {reason}. See that the folder can be written to and that the file is a SQLite database"
    )]
    File {
        /// The URL, without a password.
        url: String,
        /// What the system or SQLite said.
        reason: String,
    },
    /// The server does not let us in.
    #[error(
        "the database {url} refuses: {reason}. See that the database exists and that user and password are right"
    )]
    Refused {
        /// The URL, without a password.
        url: String,
        /// What the server said.
        reason: String,
    },
    /// The tables are not those of this version.
    #[error(
        "the tables of {url} do not fit this version: {reason}. Use the version that wrote them, or a later one"
    )]
    Tables {
        /// The URL, without a password.
        url: String,
        /// What does not fit.
        reason: String,
    },
}

/// An entry was not stored.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotStored {
    /// The database is away. The entry was withdrawn and will not be stored later.
    #[error("not stored, try again: {0}")]
    Away(String),
    /// The database went away in the middle of the commit: the entry is there or it is not.
    /// If it is not, it will not be stored later.
    #[error("the database went away during the commit: look whether it was stored ({0})")]
    InDoubt(String),
    /// There is no room in the queue.
    #[error("not stored: too much is waiting for the database already")]
    Full,
    /// The database does not take this entry.
    #[error("not stored: {0}")]
    Refused(String),
    /// The store was closed.
    #[error("not stored: the service is stopping")]
    Closed,
}

/// A question that was not answered.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The database does not answer.
    #[error("the database is away: {0}")]
    Away(String),
    /// The database answered with an error.
    #[error("the database cannot answer: {0}")]
    Failed(String),
}

//! Why a request is not granted.

use crate::tell;

/// Why a request is not granted, with the words for whoever asked.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// What was sent is wrong.
    #[error("{0}")]
    Bad(String),
    /// The caller may not do this.
    #[error("{0}")]
    Forbidden(String),
    /// There is no such thing.
    #[error("{0}")]
    NotFound(String),
    /// It has changed meanwhile, or exists already.
    #[error("{0}")]
    Conflict(String),
    /// The writer does not know everything that is there: these are the references missing
    /// from its key, as they are told to it.
    #[error("{message}")]
    MissingKeys {
        /// What to do.
        message: String,
        /// References of operational intents, a list in JSON.
        intents: String,
        /// References of constraints, a list in JSON.
        constraints: String,
    },
    /// The writer is marked as down.
    #[error("{0}")]
    Down(String),
    /// A shape is larger than allowed.
    #[error("{0}")]
    TooLarge(String),
}

impl Refusal {
    /// The status of HTTP that the standard gives it.
    pub fn status(&self) -> u16 {
        match self {
            Refusal::Bad(_) => 400,
            Refusal::Forbidden(_) => 403,
            Refusal::NotFound(_) => 404,
            Refusal::Conflict(_) | Refusal::MissingKeys { .. } => 409,
            Refusal::Down(_) => 412,
            Refusal::TooLarge(_) => 413,
        }
    }

    /// The body of the answer: an `ErrorResponse` or an `AirspaceConflictResponse`.
    pub fn body(&self) -> String {
        let message = tell::json(&self.to_string());
        match self {
            Refusal::MissingKeys { intents, constraints, .. } => tell::object([
                ("message", message),
                ("missing_operational_intents", intents.clone()),
                ("missing_constraints", constraints.clone()),
            ]),
            _ => tell::object([("message", message)]),
        }
    }
}

/// A request that is malformed.
pub(crate) fn bad(message: impl Into<String>) -> Refusal {
    Refusal::Bad(message.into())
}

//! What is wrong with a scenario, and where.

use std::ops::Range;

/// A mistake in a scenario, with the line and, where there is one, the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}{}: {message}", key.as_ref().map(|k| format!(", key `{k}`")).unwrap_or_default())]
pub struct ScenarioError {
    /// Line of the scenario's text, counted from 1.
    pub line: usize,
    /// The key whose value is wrong, or that is not known.
    pub key: Option<String>,
    /// What is wrong, and what would be right.
    pub message: String,
}

impl ScenarioError {
    /// An error about the value at `span`; its key is read from the text.
    pub(crate) fn at(text: &str, span: Range<usize>, message: impl Into<String>) -> ScenarioError {
        let start = span.start.min(text.len());
        ScenarioError {
            line: 1 + text.as_bytes()[..start].iter().filter(|b| **b == b'\n').count(),
            key: key_of(text, span),
            message: message.into(),
        }
    }

    /// From the parser's own error, whose message already says what was expected.
    pub(crate) fn from_toml(text: &str, error: &toml::de::Error) -> ScenarioError {
        ScenarioError::at(text, error.span().unwrap_or(0..0), error.message())
    }
}

/// The key of the value at `span`, or the key at `span` itself.
fn key_of(text: &str, span: Range<usize>) -> Option<String> {
    let is_key = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let here = text.get(span.clone())?;
    let after = text.get(span.end..)?.trim_start();
    if !here.is_empty() && here.chars().all(is_key) && after.starts_with('=') {
        return Some(here.to_owned());
    }
    // Not the key: then it is what stands before the nearest `=` on the left,
    // provided that nothing closed in between.
    let before = text.get(..span.start)?;
    let (left, between) = before.rsplit_once('=')?;
    if between.contains(['}', ']']) {
        return None;
    }
    let key: String = left.trim_end().chars().rev().take_while(|c| is_key(*c)).collect();
    let key: String = key.chars().rev().collect();
    (!key.is_empty()).then_some(key)
}

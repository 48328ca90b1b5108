//! Outputs as they are configured: `[[output]]`.

use crate::cot::CotConfig;
use crate::outputs::{Output, Setting};
use crate::webhook::WebhookConfig;
use deconflict_picture::Viewer;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt;
use std::path::Path;
use thiserror::Error;

/// A configuration that does not hold: what, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("[[output]] {output:?}: {key}: {fault}")]
pub struct ConfigError {
    /// The name of the output.
    pub output: String,
    /// The key.
    pub key: &'static str,
    /// What is wrong with it, and what would be right.
    pub fault: String,
}

impl ConfigError {
    pub(crate) fn new(output: &str, key: &'static str, fault: impl Into<String>) -> ConfigError {
        ConfigError { output: output.to_owned(), key, fault: fault.into() }
    }
}

/// A text that is shown nowhere (OUT-3).
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text.
    pub fn new(text: &str) -> Secret {
        Secret(text.to_owned())
    }

    /// The text: for use, not for show.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// The word for one who sees everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ViewerWord {
    /// Everything.
    Everything,
}

/// One output.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum OutputConfig {
    /// Signed JSON, posted to an address.
    Webhook(WebhookConfig),
    /// Cursor on Target events.
    Cot(CotConfig),
}

impl OutputConfig {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            OutputConfig::Webhook(config) => &config.name,
            OutputConfig::Cot(config) => &config.name,
        }
    }

    /// Where it sends to, without anything secret.
    pub fn destination(&self) -> String {
        match self {
            OutputConfig::Webhook(config) => config.destination(),
            OutputConfig::Cot(config) => config.destination(),
        }
    }

    /// Whose view it sends.
    ///
    /// # Errors
    /// [`ConfigError`] unless exactly one of `viewer` and `party` is there: who sees what is
    /// never left to a default.
    pub fn viewer(&self) -> Result<Viewer, ConfigError> {
        let (viewer, party) = match self {
            OutputConfig::Webhook(config) => (config.viewer, &config.party),
            OutputConfig::Cot(config) => (config.viewer, &config.party),
        };
        let error = |fault: &str| Err(ConfigError::new(self.name(), "viewer", fault));
        match (viewer, party) {
            (Some(ViewerWord::Everything), None) => Ok(Viewer::Everything),
            (None, Some(party)) if !party.trim().is_empty() => Ok(Viewer::Party(party.clone())),
            (None, Some(_)) => error("party = \"\" names nobody"),
            (None, None) => error(
                "say whose view is sent: viewer = \"everything\", or party = \"NAME\" for what \
                 the visibility policy shows that party",
            ),
            (Some(_), Some(_)) => error("either viewer or party, not both"),
        }
    }

    /// Whether it holds, without touching a file or the network.
    ///
    /// # Errors
    /// [`ConfigError`] that names the key and says what to do.
    pub fn check(&self) -> Result<(), ConfigError> {
        let name = self.name();
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
            let fault = "1 to 64 letters, digits and -_. (it stands in metrics and messages)";
            return Err(ConfigError::new(name, "name", fault));
        }
        self.viewer()?;
        match self {
            OutputConfig::Webhook(config) => config.check(),
            OutputConfig::Cot(config) => config.check(),
        }
    }

    /// Whether all of them hold, and can be told apart.
    ///
    /// # Errors
    /// [`ConfigError`], the first.
    pub fn check_all(configs: &[OutputConfig]) -> Result<(), ConfigError> {
        let mut names = BTreeSet::new();
        for config in configs {
            config.check()?;
            if !names.insert(config.name()) {
                let fault = "two outputs have this name; give each its own";
                return Err(ConfigError::new(config.name(), "name", fault));
            }
        }
        Ok(())
    }

    pub(crate) fn build(&self, setting: &Setting) -> Result<Box<dyn Output>, ConfigError> {
        Ok(match self {
            OutputConfig::Webhook(config) => Box::new(config.build(setting)?),
            OutputConfig::Cot(config) => Box::new(config.build(setting)?),
        })
    }
}

/// Refuses a number outside its range.
pub(crate) fn within(
    output: &str,
    key: &'static str,
    value: f64,
    least: f64,
    most: f64,
) -> Result<(), ConfigError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(ConfigError::new(output, key, format!("{value} is not between {least} and {most}")))
}

/// The text of a small file, without the line end at its end.
pub(crate) fn read_text(
    output: &str,
    key: &'static str,
    path: &Path,
) -> Result<String, ConfigError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.trim_end_matches(['\r', '\n']).to_owned()),
        Err(error) => {
            let fault = format!("cannot read {}: {error}", path.display());
            Err(ConfigError::new(output, key, fault))
        }
    }
}

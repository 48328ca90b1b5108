//! A webhook as it is configured.

use super::Webhook;
use crate::config::{ConfigError, Secret, ViewerWord, read_text, within};
use crate::outputs::Setting;
use reqwest::Url;
use serde::{Deserialize, Deserializer};
use std::net::IpAddr;
use std::path::PathBuf;

/// Bytes that a secret must have: less can be guessed.
const LEAST_SECRET: usize = 16;

/// What a webhook is told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WebhookEvent {
    /// An alert was raised, changed, acknowledged, commented or ended.
    Alert,
    /// A feed has fallen silent, or is back.
    Feed,
    /// A warning about one aircraft, in the same way as an alert.
    Warning,
}

/// Keeps an address, of which only the host is ever shown: keys stand in the rest.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Url);

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.shown())
    }
}

impl Address {
    pub(crate) fn url(&self) -> &Url {
        &self.0
    }

    fn shown(&self) -> String {
        let port = self.0.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}://{}{port}", self.0.scheme(), self.0.host_str().unwrap_or_default())
    }

    fn is_loopback(&self) -> bool {
        let host = self.0.host_str().unwrap_or_default();
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    }
}

impl<'de> Deserialize<'de> for Address {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Address, D::Error> {
        let text = String::deserialize(deserializer)?;
        // The text itself stays out of the message: there may be a key in it.
        Url::parse(&text).map(Address).map_err(|error| {
            serde::de::Error::custom(format!(
                "url is no address such as https://host/path: {error}"
            ))
        })
    }
}

/// `[[output]] kind = "webhook"`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WebhookConfig {
    /// Its name.
    pub name: String,
    /// `"everything"`; or `party`.
    pub viewer: Option<ViewerWord>,
    /// The party whose view is sent.
    pub party: Option<String>,
    /// Where to post.
    pub url: Address,
    /// What deliveries are signed with; or `secret_file`.
    pub secret: Option<Secret>,
    /// A file that holds the secret.
    pub secret_file: Option<PathBuf>,
    /// What to tell.
    #[serde(default = "all_events")]
    pub events: Vec<WebhookEvent>,
    /// Seconds for an answer.
    #[serde(default = "ten")]
    pub timeout_s: f64,
    /// Seconds for which a delivery is tried before it is given up.
    #[serde(default = "an_hour")]
    pub max_age_s: f64,
    /// Pause after the first failure, seconds; doubled with every further one …
    #[serde(default = "one")]
    pub retry_first_s: f64,
    /// … up to this.
    #[serde(default = "a_minute")]
    pub retry_most_s: f64,
    /// Deliveries under way at one time (of different alerts).
    #[serde(default = "four")]
    pub parallel: usize,
    /// Deliveries that wait at the most.
    #[serde(default = "ten_thousand")]
    pub queue: usize,
    /// Whether to post in the clear over a network.
    #[serde(default)]
    pub allow_http: bool,
    /// Certificates (PEM) that are trusted besides those of the system.
    pub ca_file: Option<PathBuf>,
}

fn all_events() -> Vec<WebhookEvent> {
    vec![WebhookEvent::Alert, WebhookEvent::Feed, WebhookEvent::Warning]
}
const fn one() -> f64 {
    1.0
}
const fn ten() -> f64 {
    10.0
}
const fn a_minute() -> f64 {
    60.0
}
const fn an_hour() -> f64 {
    3600.0
}
const fn four() -> usize {
    4
}
const fn ten_thousand() -> usize {
    10_000
}

impl WebhookConfig {
    fn error(&self, key: &'static str, fault: impl Into<String>) -> ConfigError {
        ConfigError::new(&self.name, key, fault)
    }

    pub(crate) fn destination(&self) -> String {
        self.url.shown()
    }

    pub(crate) fn check(&self) -> Result<(), ConfigError> {
        match self.url.url().scheme() {
            "https" => {}
            "http" if self.url.is_loopback() || self.allow_http => {}
            "http" => {
                let fault = "http would send alerts in the clear: use https, or say \
                             allow_http = true if the network between is yours";
                return Err(self.error("url", fault));
            }
            other => {
                let fault = format!("{other} is not spoken here; use https");
                return Err(self.error("url", fault));
            }
        }
        match (&self.secret, &self.secret_file) {
            (Some(secret), None) => self.check_secret("secret", secret)?,
            (None, Some(_)) => {}
            (None, None) => {
                let fault = "deliveries are signed: give secret_file = \"…\" (or secret = \"…\"), \
                             for instance from `openssl rand -hex 32`";
                return Err(self.error("secret", fault));
            }
            (Some(_), Some(_)) => {
                return Err(self.error("secret", "either secret or secret_file, not both"));
            }
        }
        if self.events.is_empty() {
            return Err(
                self.error("events", "empty: say \"alert\", \"feed\", \"warning\" or several")
            );
        }
        let within = |key, value, least, most| within(&self.name, key, value, least, most);
        within("timeout_s", self.timeout_s, 0.01, 300.0)?;
        within("max_age_s", self.max_age_s, 1.0, 7.0 * 86_400.0)?;
        within("retry_first_s", self.retry_first_s, 0.001, 3600.0)?;
        within("retry_most_s", self.retry_most_s, self.retry_first_s, 86_400.0)?;
        within("parallel", self.parallel as f64, 1.0, 64.0)?;
        within("queue", self.queue as f64, 1.0, 1_000_000.0)
    }

    fn check_secret(&self, key: &'static str, secret: &Secret) -> Result<(), ConfigError> {
        if secret.expose().len() >= LEAST_SECRET {
            return Ok(());
        }
        let fault =
            format!("shorter than {LEAST_SECRET} bytes can be guessed; try `openssl rand -hex 32`");
        Err(self.error(key, fault))
    }

    pub(crate) fn build(&self, setting: &Setting) -> Result<Webhook, ConfigError> {
        let secret = match (&self.secret, &self.secret_file) {
            (Some(secret), _) => secret.clone(),
            (None, Some(path)) => {
                let secret = Secret::new(&read_text(&self.name, "secret_file", path)?);
                self.check_secret("secret_file", &secret)?;
                secret
            }
            (None, None) => return Err(self.error("secret", "missing")),
        };
        Webhook::new(self.clone(), secret, setting)
    }

    /// The certificates of `ca_file`.
    pub(crate) fn authorities(&self) -> Result<Vec<reqwest::Certificate>, ConfigError> {
        let Some(path) = &self.ca_file else { return Ok(Vec::new()) };
        let pem = read_text(&self.name, "ca_file", path)?;
        let fault = |why: String| self.error("ca_file", format!("{}: {why}", path.display()));
        let certificates = reqwest::Certificate::from_pem_bundle(pem.as_bytes())
            .map_err(|error| fault(error.to_string()))?;
        if certificates.is_empty() {
            return Err(fault("there is no PEM certificate in it".to_owned()));
        }
        Ok(certificates)
    }
}

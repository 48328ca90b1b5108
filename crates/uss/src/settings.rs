//! What can be set.

use crate::model::SettingsError;
use deconflict_core::Volume4d;
use reqwest::Url;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// What can be set of the peer exchange.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the DSS is: its routes are `{dss}/dss/v1/…`.
    pub dss: String,
    /// Where peers reach this service: they call `{base_url}/uss/v1/…`.
    pub base_url: String,
    /// What our tokens call us (`sub`).
    pub manager: String,
    /// How we get access tokens.
    pub tokens: Tokens,
    /// Regions that are watched all the time. Times in them are not looked at; the largest is what a
    /// DSS takes in one outline, 2,500 km².
    pub watched: Vec<Volume4d>,
    /// What we do with constraints.
    pub constraints: Constraints,
    /// To whom our details are told.
    pub released: Released,
    /// Whether addresses without TLS are used: in tests and in closed networks only.
    pub allow_http: bool,
    /// How long one request may take.
    pub patience: Duration,
    /// After how long the watched regions are asked for again, notified or not.
    pub refresh: Duration,
    /// How often `file` asks for what it does not know before it gives up.
    pub rounds: u32,
    /// The most peers' entities that are remembered.
    pub most_peers: usize,
    /// The largest answer that is read, bytes.
    pub answer_bytes: usize,
    /// The largest request that is read, bytes.
    pub body_bytes: usize,
    /// How many requests a second one peer may make, over some time.
    pub requests_per_s: f64,
    /// How many at once.
    pub burst: u32,
}

impl Settings {
    /// The rest as it is by default.
    pub fn new(dss: &str, base_url: &str, manager: &str, tokens: Tokens) -> Settings {
        Settings {
            dss: dss.to_owned(),
            base_url: base_url.to_owned(),
            manager: manager.to_owned(),
            tokens,
            watched: Vec::new(),
            constraints: Constraints::None,
            released: Released::ToAll,
            allow_http: false,
            patience: Duration::from_secs(5),
            refresh: Duration::from_secs(60),
            rounds: 5,
            most_peers: 20_000,
            answer_bytes: 8 << 20,
            body_bytes: 1 << 20,
            requests_per_s: 20.0,
            burst: 200,
        }
    }
}

/// How access tokens are got. A secret is never shown.
#[derive(Clone)]
pub enum Tokens {
    /// OAuth 2.0 client credentials (RFC 6749, section 4.4).
    ClientCredentials {
        /// The token endpoint.
        url: String,
        /// Who we are there.
        client_id: String,
        /// And the proof.
        client_secret: String,
    },
    /// `GET` with everything in the query, as the InterUSS Platform's dummy authorisation server
    /// has it: for tests.
    Dummy {
        /// The token endpoint.
        url: String,
        /// Who we say that we are.
        sub: String,
    },
    /// Signed by ourselves: for private federations, where each trusts the others' keys, and for tests.
    Key {
        /// An RSA key (PKCS #8 or PKCS #1, PEM).
        pem: String,
        /// What the tokens say of their issuer.
        issuer: String,
        /// Who we are.
        sub: String,
    },
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Tokens::ClientCredentials { .. } => "Tokens::ClientCredentials(…)",
            Tokens::Dummy { .. } => "Tokens::Dummy(…)",
            Tokens::Key { .. } => "Tokens::Key(…)",
        })
    }
}

/// What is done with constraints.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Constraints {
    /// Nothing.
    #[default]
    None,
    /// They are learned, and known of whatever is filed.
    Process,
    /// And our own are filed.
    Manage,
}

/// To whom details are told. Volumes, priority and state are all that is ever told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Released {
    /// To every USS with the scope: as the standard requires.
    #[default]
    ToAll,
    /// To these only, by the subject of their tokens, each with its base address (for
    /// notifications). Others know that something is there, and cannot plan across it.
    To(BTreeMap<String, String>),
}

impl Settings {
    /// Whether they can be used.
    ///
    /// # Errors
    /// What is wrong, with the name of the setting.
    pub fn check(&self) -> Result<(), SettingsError> {
        for (key, text) in [("dss", &self.dss), ("base_url", &self.base_url)] {
            address(key, text, self.allow_http)?;
        }
        Ok(())
    }
}

fn address(key: &'static str, text: &str, allow_http: bool) -> Result<(), SettingsError> {
    let good = Url::parse(text).is_ok_and(|url| {
        url.has_host() && (url.scheme() == "https" || allow_http && url.scheme() == "http")
    });
    if good {
        return Ok(());
    }
    Err(SettingsError {
        key,
        problem: format!("\"{text}\" is no address that can be used: https is needed"),
    })
}

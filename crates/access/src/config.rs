//! The table `[access]` of the configuration.

use crate::identity::IdentityError;
use crate::jwt::{Requirements, RoleClaims};
use crate::key::KeyRow;
use crate::role::Role;
use crate::secret::Hash;
use crate::session::SessionLimits;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Whether anything is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Nothing is; only this machine is served, and whoever is on it is the administrator.
    Local,
    /// A key, a token or a session is. What holds if there is a table `[access]`.
    #[default]
    Required,
}

/// Who may come in, and how often.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AccessConfig {
    /// Whether anything is asked for.
    pub mode: Mode,
    /// Keys: `[[access.key]]`.
    #[serde(rename = "key")]
    pub keys: Vec<KeyConfig>,
    /// Tokens.
    pub jwt: Option<JwtConfig>,
    /// How often and how much.
    pub limits: LimitsConfig,
    /// Sessions of browsers.
    pub session: SessionConfig,
}

/// A key: what `deconflict key new` prints.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyConfig {
    /// What its holder is called in records.
    pub name: String,
    /// What its holder is.
    pub role: Role,
    /// The party that its holder is, with the role `party`.
    pub party: Option<String>,
    /// What is kept of it.
    pub hash: Hash,
}

/// Which tokens are accepted.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct JwtConfig {
    /// Files with public keys.
    pub pem_files: Vec<PathBuf>,
    /// The address of a set of keys.
    pub jwks_url: Option<String>,
    /// Who must have made them.
    pub issuer: Option<String>,
    /// For whom they may be: one of these.
    pub audience: Vec<String>,
    /// The claim with the role.
    pub role_claim: String,
    /// The claim with the party.
    pub party_claim: String,
    /// The claim with the name that records show.
    pub name_claim: String,
    /// Roles by scope, for tokens without that claim.
    pub scopes: BTreeMap<String, Role>,
    /// How far ahead they may expire.
    pub max_age_s: u32,
}

impl Default for JwtConfig {
    fn default() -> Self {
        let claims = RoleClaims::default();
        Self {
            pem_files: Vec::new(),
            jwks_url: None,
            issuer: None,
            audience: Vec::new(),
            role_claim: claims.role,
            party_claim: claims.party,
            name_claim: claims.name,
            scopes: claims.scopes,
            max_age_s: 3600,
        }
    }
}

impl JwtConfig {
    /// What a token must be like.
    pub fn requirements(&self) -> Requirements {
        Requirements {
            issuers: self.issuer.iter().cloned().collect(),
            max_age_s: self.max_age_s,
            ..Requirements::for_audiences(self.audience.iter().cloned())
        }
    }

    /// How its claims become an identity.
    pub fn claims(&self) -> RoleClaims {
        RoleClaims {
            role: self.role_claim.clone(),
            party: self.party_claim.clone(),
            name: self.name_claim.clone(),
            scopes: self.scopes.clone(),
        }
    }
}

/// How often somebody may come. Connections and bodies are limited under `[http]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LimitsConfig {
    /// Requests a second of one key, bearer or session.
    pub requests_per_s: f64,
    /// Requests that may come at once.
    pub burst: u32,
    /// Failed attempts a minute from one address.
    pub failures_per_min: u32,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self { requests_per_s: 50.0, burst: 200, failures_per_min: 30 }
    }
}

/// How long sessions last.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SessionConfig {
    /// Without a request it ends after this.
    pub idle_s: u32,
    /// It ends after this whatever happens.
    pub longest_s: u32,
    /// How many there are at most.
    pub most: usize,
}

impl Default for SessionConfig {
    fn default() -> Self {
        let SessionLimits { idle_s, longest_s, most, .. } = SessionLimits::default();
        Self { idle_s, longest_s, most }
    }
}

impl SessionConfig {
    /// As limits.
    pub fn limits(&self) -> SessionLimits {
        SessionLimits {
            idle_s: self.idle_s,
            longest_s: self.longest_s,
            most: self.most,
            ..SessionLimits::default()
        }
    }
}

/// What is wrong in the table, where, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct ConfigError {
    /// The key in the configuration.
    pub key: String,
    /// What is wrong with it, and what to do.
    pub problem: String,
}

impl ConfigError {
    pub(crate) fn at(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { key: key.into(), problem: problem.into() }
    }
}

impl AccessConfig {
    /// What holds without a table `[access]`.
    pub fn local() -> Self {
        Self { mode: Mode::Local, ..Self::default() }
    }

    /// Whether the table can be meant as it is.
    ///
    /// # Errors
    ///
    /// The first thing that is wrong, with its key and what to do.
    pub fn check(&self) -> Result<(), ConfigError> {
        if self.mode == Mode::Local && (!self.keys.is_empty() || self.jwt.is_some()) {
            return Err(ConfigError::at(
                "access.mode",
                "is 'local', so that keys and tokens would not be asked for: \
                 set it to 'required', or remove them",
            ));
        }
        self.check_keys()?;
        if let Some(jwt) = &self.jwt {
            jwt.check()?;
        }
        self.limits.check()?;
        let SessionConfig { idle_s, longest_s, most } = self.session;
        for (key, value) in [("idle_s", idle_s), ("longest_s", longest_s)] {
            if value == 0 {
                let key = format!("access.session.{key}");
                return Err(ConfigError::at(key, "must be more than 0: no session would last"));
            }
        }
        if most == 0 {
            return Err(ConfigError::at("access.session.most", "must be at least 1"));
        }
        Ok(())
    }

    fn check_keys(&self) -> Result<(), ConfigError> {
        let mut ids = BTreeSet::new();
        for (number, key) in self.keys.iter().enumerate() {
            let place = format!("access.key, the {} of them", ordinal(number + 1));
            let error = |field: &str, problem: String| {
                ConfigError::at(format!("{place} ('{}'), {field}", key.name), problem)
            };
            match key.row().identity() {
                Ok(_) => {}
                Err(IdentityError::Name) if crate::identity::is_name(&key.name) => {
                    return Err(error("party", IdentityError::Name.to_string()));
                }
                Err(problem @ IdentityError::Name) => {
                    return Err(ConfigError::at(format!("{place}, name"), problem.to_string()));
                }
                Err(problem) => return Err(error("party", problem.to_string())),
            }
            if !ids.insert(key.hash.id()) {
                let problem = "the same key stands there twice: remove one".to_owned();
                return Err(error("hash", problem));
            }
        }
        Ok(())
    }
}

fn ordinal(number: usize) -> String {
    let ending = match (number % 10, number % 100) {
        (1, rest) if rest != 11 => "st",
        (2, rest) if rest != 12 => "nd",
        (3, rest) if rest != 13 => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

impl KeyConfig {
    /// As the keyring holds it.
    pub fn row(&self) -> KeyRow {
        KeyRow::new(self.name.clone(), self.role, self.party.clone(), self.hash)
    }
}

impl JwtConfig {
    fn check(&self) -> Result<(), ConfigError> {
        let error =
            |key: &str, problem: &str| Err(ConfigError::at(format!("access.jwt.{key}"), problem));
        if self.pem_files.is_empty() && self.jwks_url.is_none() {
            return error("pem_files", "without it and jwks_url no token can be checked: give one");
        }
        if self.audience.is_empty() || self.audience.iter().any(String::is_empty) {
            return error(
                "audience",
                "must name the audience of tokens for this service: \
                 without it, tokens that were made for others would be accepted",
            );
        }
        if !(1..=86_400).contains(&self.max_age_s) {
            return error("max_age_s", "must be from 1 to 86400 seconds");
        }
        #[cfg(feature = "fetch")]
        if self.jwks_url.as_deref().is_some_and(|url| !crate::jwt::is_jwks_address(url)) {
            return error("jwks_url", "must be an https address, or an http one on this machine");
        }
        let claims = [
            ("role_claim", &self.role_claim),
            ("party_claim", &self.party_claim),
            ("name_claim", &self.name_claim),
        ];
        for (key, claim) in claims {
            if claim.is_empty() {
                return error(key, "must be the name of a claim: leave it out for the usual one");
            }
        }
        Ok(())
    }
}

impl LimitsConfig {
    fn check(&self) -> Result<(), ConfigError> {
        if !(0.001..=1e6).contains(&self.requests_per_s) {
            return Err(ConfigError::at(
                "access.limits.requests_per_s",
                "must be from 0.001 to 1000000",
            ));
        }
        let at_least_one =
            [("burst", self.burst == 0), ("failures_per_min", self.failures_per_min == 0)];
        for (key, zero) in at_least_one {
            if zero {
                return Err(ConfigError::at(format!("access.limits.{key}"), "must be at least 1"));
            }
        }
        Ok(())
    }
}

/// The service would be open to a network without asking who comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "listening on {0} is refused: without access control anybody there could see the picture, \
     acknowledge alerts and push reports. Listen on 127.0.0.1, or add a key to the configuration \
     ('deconflict key new' prints the lines)"
)]
pub struct BindRefusal(pub SocketAddr);

/// Whether the service may listen there.
///
/// # Errors
///
/// If that is not on loopback and nothing is asked for.
pub fn guard_bind(address: SocketAddr, config: &AccessConfig) -> Result<(), BindRefusal> {
    let loopback = address.ip().to_canonical().is_loopback();
    if loopback || config.mode == Mode::Required { Ok(()) } else { Err(BindRefusal(address)) }
}

//! Who asks, for services between machines: bearer tokens of an authorisation server that all
//! parties trust, and scopes.

use crate::access::bearer;
use crate::clock::{Clock, SystemClock};
use crate::jwt::{Claims, NamedKey, PemError, Requirements, Verifier, parse_pem};

/// Why tokens cannot be checked.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// No key at all: nobody could ever come in.
    #[error("no key to check tokens with: give --public-key FILE or --jwks URL")]
    NoKeys,
    /// No audience: tokens made for others would be good for us.
    #[error("no audience: give --audience NAME, the name that tokens carry for this service")]
    NoAudience,
    /// A file that is no key.
    #[error("{file}: {reason}")]
    Pem {
        /// Which file.
        file: String,
        /// What is wrong.
        reason: PemError,
    },
    /// An address of keys that is not acceptable.
    #[cfg(feature = "fetch")]
    #[error("--jwks: {0}")]
    Jwks(#[from] crate::jwt::FetchError),
}

/// Why somebody is not let in, with a sentence for them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    /// There is no good token (401).
    #[error("{0}")]
    Unauthorised(String),
    /// The token is good, and not for this (403).
    #[error("{0}")]
    Forbidden(String),
}

/// Checks tokens (RS256 or EdDSA; `aud`, `iss`, `sub`; at most an hour).
#[derive(Debug)]
pub struct Gate {
    verifier: Verifier,
    clock: SystemClock,
}

impl Gate {
    /// From PEM files (name and content) and addresses of key sets.
    ///
    /// # Errors
    /// [`GateError`], with what to give instead.
    #[cfg(feature = "fetch")]
    pub async fn new(
        pems: &[(String, String)],
        jwks: Option<&str>,
        audiences: &[String],
        issuers: &[String],
    ) -> Result<Gate, GateError> {
        if audiences.iter().all(String::is_empty) {
            return Err(GateError::NoAudience);
        }
        let mut keys: Vec<NamedKey> = Vec::new();
        for (file, text) in pems {
            let more = parse_pem(text);
            keys.extend(more.map_err(|reason| GateError::Pem { file: file.clone(), reason })?);
        }
        if keys.is_empty() && jwks.is_none() {
            return Err(GateError::NoKeys);
        }
        let mut requirements = Requirements::for_audiences(audiences.to_vec());
        requirements.issuers = issuers.to_vec();
        let mut verifier = Verifier::new(requirements, keys);
        if let Some(url) = jwks {
            verifier = verifier.with_jwks(crate::jwt::Jwks::new(url)?);
        }
        Ok(Gate { verifier, clock: SystemClock::new() })
    }

    /// Who asks, by the header `Authorization`, if any of these scopes is theirs; any token
    /// will do if none is named.
    ///
    /// # Errors
    /// [`NotAdmitted`], with a sentence for whoever asked.
    pub async fn admit(
        &self,
        authorization: Option<&str>,
        any_of: &[&str],
    ) -> Result<Claims, NotAdmitted> {
        let unauthorised = |words: &str| NotAdmitted::Unauthorised(words.to_owned());
        let token = authorization
            .and_then(bearer)
            .ok_or_else(|| unauthorised("an access token is needed: Authorization: Bearer …"))?;
        let claims =
            self.verifier.verify(token, self.clock.now()).await.map_err(|reason| {
                unauthorised(&format!("the access token is refused: {reason}"))
            })?;
        if claims.issuer.as_deref().is_none_or(str::is_empty) {
            return Err(unauthorised("the access token is refused: it names no issuer (iss)"));
        }
        let may = |scope: &&str| claims.scopes.iter().any(|s| s == scope);
        if any_of.is_empty() || any_of.iter().any(may) {
            return Ok(claims);
        }
        Err(NotAdmitted::Forbidden(format!(
            "the access token lacks a scope for this: {}",
            any_of.join(" or ")
        )))
    }
}

//! Who asks: bearer tokens of an authorisation server that all operators trust.

use axum::http::{HeaderMap, StatusCode, header};
use deconflict_access::{
    Clock, Jwks, NamedKey, PemError, Requirements, SystemClock, Verifier, bearer, parse_pem,
};
use deconflict_intent::Caller;
use std::sync::Arc;

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
    #[error("--jwks: {0}")]
    Jwks(#[from] deconflict_access::FetchError),
}

/// Checks tokens (RS256 or EdDSA; `aud`, `iss`, `sub`; at most an hour).
pub struct Gate {
    verifier: Verifier,
    clock: SystemClock,
}

impl Gate {
    /// From PEM files (name and content) and addresses of key sets.
    ///
    /// # Errors
    /// [`GateError`], with what to give instead.
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
            let remote = Jwks::new(url)?;
            verifier = verifier.with_jwks(remote);
        }
        Ok(Gate { verifier, clock: SystemClock::new() })
    }

    /// Who asks, if any of these scopes is theirs; any token will do if none is named.
    ///
    /// # Errors
    /// The status, and a sentence for whoever asked.
    pub(crate) async fn admit(
        &self,
        headers: &HeaderMap,
        any_of: &[&str],
    ) -> Result<Caller, (StatusCode, String)> {
        let unauthorised = |words: &str| (StatusCode::UNAUTHORIZED, words.to_owned());
        let header = headers.get(header::AUTHORIZATION).and_then(|h| h.to_str().ok());
        let token = header
            .and_then(bearer)
            .ok_or_else(|| unauthorised("an access token is needed: Authorization: Bearer …"))?;
        let claims =
            self.verifier.verify(token, self.clock.now()).await.map_err(|reason| {
                unauthorised(&format!("the access token is refused: {reason}"))
            })?;
        if claims.issuer.as_deref().is_none_or(str::is_empty) {
            return Err(unauthorised("the access token is refused: it names no issuer (iss)"));
        }
        let caller = Caller { uss: Arc::from(claims.subject), scopes: claims.scopes };
        if any_of.is_empty() || any_of.iter().any(|scope| caller.may(scope)) {
            return Ok(caller);
        }
        Err((
            StatusCode::FORBIDDEN,
            format!("the access token lacks a scope for this: {}", any_of.join(" or ")),
        ))
    }
}

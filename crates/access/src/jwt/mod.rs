//! Signed tokens: JSON Web Tokens (RFC 7519), signed with RS256 or EdDSA and nothing else.
//!
//! What is checked follows RFC 8725 (best current practices): the algorithm is taken
//! from the key and not believed from the token, keys in the token's header are not
//! looked at, and the token must be for us, of our issuer, and short-lived.

mod claims;
#[cfg(feature = "fetch")]
mod jwks;
mod keys;
mod token;

pub use claims::{Claims, RoleClaims};
#[cfg(feature = "fetch")]
pub(crate) use jwks::is_address as is_jwks_address;
#[cfg(feature = "fetch")]
pub use jwks::{FetchError, Jwks};
pub use keys::{JwkSetError, NamedKey, PemError, PublicKey, parse_jwk_set, parse_pem};
pub use token::LONGEST_TOKEN;

use crate::clock::Now;
use crate::reason::Reason;
use token::Token;

/// What a token must be like to be accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirements {
    /// Who may have made it; empty is anybody who holds a key.
    pub issuers: Vec<String>,
    /// For whom it may be; it must name one of these.
    pub audiences: Vec<String>,
    /// How far ahead it may expire.
    pub max_age_s: u32,
    /// How far the issuer's clock and ours may be apart.
    pub leeway_s: u32,
}

impl Requirements {
    /// For one of these audiences, at most an hour long, clocks at most 30 s apart.
    pub fn for_audiences(audiences: impl IntoIterator<Item = String>) -> Self {
        Self {
            issuers: Vec::new(),
            audiences: audiences.into_iter().collect(),
            max_age_s: 3600,
            leeway_s: 30,
        }
    }
}

/// Checks tokens.
#[derive(Debug)]
pub struct Verifier {
    requirements: Requirements,
    fixed: Vec<NamedKey>,
    #[cfg(feature = "fetch")]
    remote: Option<Jwks>,
}

/// How the search for the signing key went.
enum Found {
    /// One of the keys has signed it.
    Signed,
    /// The key that the token names has not signed it.
    NotSigned,
    /// The key that the token names is of another kind than the token says.
    OtherKind,
    /// The key that the token names is not here, or it names none and none fits.
    NotHere,
}

impl Verifier {
    /// A verifier that trusts these keys.
    pub fn new(requirements: Requirements, keys: Vec<NamedKey>) -> Self {
        Self {
            requirements,
            fixed: keys,
            #[cfg(feature = "fetch")]
            remote: None,
        }
    }

    /// Trusts the keys at this address too.
    #[cfg(feature = "fetch")]
    #[must_use]
    pub fn with_jwks(mut self, jwks: Jwks) -> Self {
        self.remote = Some(jwks);
        self
    }

    /// What a token must be like.
    pub fn requirements(&self) -> &Requirements {
        &self.requirements
    }

    /// Checks a token with the keys at hand, without waiting for anything.
    ///
    /// # Errors
    ///
    /// The reason for which it is refused.
    pub fn check(&self, token: &str, now: Now) -> Result<Claims, Reason> {
        self.judge(&Token::parse(token)?, now)
    }

    fn judge(&self, token: &Token<'_>, now: Now) -> Result<Claims, Reason> {
        match self.find(token) {
            Found::Signed => self.claims(token, now),
            Found::NotSigned => Err(Reason::BadSignature),
            Found::OtherKind => Err(Reason::WrongAlgorithm),
            // A token that names no key has been tried with all of them.
            Found::NotHere if token.kid.is_none() => Err(Reason::BadSignature),
            Found::NotHere => Err(Reason::UnknownKey),
        }
    }

    /// Checks a token; if its key is not at hand, the keys are fetched anew from their
    /// address (at most every 30 s, however many tokens ask for it).
    ///
    /// # Errors
    ///
    /// The reason for which it is refused.
    #[cfg(feature = "fetch")]
    pub async fn verify(&self, token: &str, now: Now) -> Result<Claims, Reason> {
        let Some(remote) = &self.remote else { return self.check(token, now) };
        let parsed = Token::parse(token)?;
        remote.refresh_if_stale(now);
        if matches!(self.find(&parsed), Found::NotHere) {
            remote.refresh_for_unknown(now).await;
        }
        self.judge(&parsed, now)
    }

    /// Checks a token.
    ///
    /// # Errors
    ///
    /// The reason for which it is refused.
    #[cfg(not(feature = "fetch"))]
    pub async fn verify(&self, token: &str, now: Now) -> Result<Claims, Reason> {
        self.check(token, now)
    }

    /// Fetches the keys from their address, if there is one: to be called at the start,
    /// so that a wrong address is told at once.
    ///
    /// # Errors
    ///
    /// If they cannot be fetched. Keys that were fetched before stay in force.
    #[cfg(feature = "fetch")]
    pub async fn refresh(&self, now: Now) -> Result<(), FetchError> {
        match &self.remote {
            Some(remote) => remote.refresh(now).await,
            None => Ok(()),
        }
    }

    fn find(&self, token: &Token<'_>) -> Found {
        let found = search(&self.fixed, token);
        #[cfg(feature = "fetch")]
        if let (Found::NotHere, Some(remote)) = (&found, &self.remote) {
            return search(&remote.keys(), token);
        }
        found
    }

    fn claims(&self, token: &Token<'_>, now: Now) -> Result<Claims, Reason> {
        let claims = Claims::read(token.payload.clone())?;
        let Requirements { issuers, audiences, max_age_s, leeway_s } = &self.requirements;
        claims.check_times(now, i64::from(*max_age_s), i64::from(*leeway_s))?;
        let ours = |issuer: &String| claims.issuer.as_ref() == Some(issuer);
        if !issuers.is_empty() && !issuers.iter().any(ours) {
            return Err(Reason::WrongIssuer);
        }
        if !audiences.iter().any(|audience| claims.audience.contains(audience)) {
            return Err(Reason::WrongAudience);
        }
        Ok(claims)
    }
}

/// Looks for the key of a token. A key without a name is tried for every token.
fn search(keys: &[NamedKey], token: &Token<'_>) -> Found {
    let mut other_kind = false;
    let mut named = false;
    for key in keys {
        let same_name = key.kid.is_some() && key.kid == token.kid;
        if !same_name && key.kid.is_some() && token.kid.is_some() {
            continue;
        }
        if key.key.algorithm() != token.algorithm {
            other_kind |= same_name;
            continue;
        }
        if key.key.has_signed(token.signed, &token.signature) {
            return Found::Signed;
        }
        named |= same_name;
    }
    match (named, other_kind) {
        (true, _) => Found::NotSigned,
        (false, true) => Found::OtherKind,
        (false, false) => Found::NotHere,
    }
}

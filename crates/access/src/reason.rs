//! Why somebody is not let in, in words that give nothing away.

use crate::role::Permission;

/// Why a request, a key or a token is refused.
///
/// The words are fit for the answer and the log: none carries any part of what was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// Nothing was shown.
    #[error("no credential: send 'Authorization: Bearer …' with an API key or a token")]
    Missing,
    /// What was shown is neither a key nor a token.
    #[error("the credential is malformed: {0}")]
    Malformed(&'static str),
    /// Signed in a way that is not accepted here (`none`, HS256, …).
    #[error("the token's algorithm is not accepted: RS256 and EdDSA are")]
    WrongAlgorithm,
    /// The signature does not hold.
    #[error("the token's signature does not hold")]
    BadSignature,
    /// No such key, or the token was signed by a key that is not known.
    #[error("the key is not known here")]
    UnknownKey,
    /// Its time is over.
    #[error("the credential has expired")]
    Expired,
    /// Its time has not come.
    #[error("the token is not valid yet")]
    NotYet,
    /// Valid for longer than is accepted.
    #[error("the token expires too far ahead")]
    TooLong,
    /// Without an expiry.
    #[error("the token has no expiry (exp)")]
    NoExpiry,
    /// Made for somebody else.
    #[error("the token is for another audience")]
    WrongAudience,
    /// Made by somebody else.
    #[error("the token is of another issuer")]
    WrongIssuer,
    /// It does not say whose it is.
    #[error("the token has no usable subject (sub)")]
    NoSubject,
    /// Valid, and without a role here.
    #[error("the token gives no role here")]
    NoRole,
    /// The role of a party, and no party.
    #[error("the token gives the role of a party and does not name the party")]
    NoParty,
    /// Taken back.
    #[error("the key has been revoked")]
    Revoked,
    /// The session is over, or never was.
    #[error("the session has ended: log in again")]
    SessionEnded,
    /// Tokens are not accepted here.
    #[error("tokens are not set up here: use an API key")]
    NoTokens,
    /// Known, and not allowed.
    #[error("the role does not allow this: it needs '{0}'")]
    Forbidden(Permission),
    /// From another machine, where only this one is served.
    #[error("only this machine is served: no access is configured")]
    NotLocal,
    /// Under a name that is not this machine's: a browser that was told a wrong address.
    #[error("the request names another host: use localhost, 127.0.0.1 or [::1]")]
    WrongHost,
    /// From a page of another site in a browser.
    #[error("the request comes from a page of another site")]
    ForeignOrigin,
    /// No session can be opened at present.
    #[error("no session can be opened: the system gives no random numbers")]
    NoRandomness,
    /// Too many requests.
    #[error("too many requests: try again later")]
    TooMany,
    /// Too many failures from this address.
    #[error("too many failed attempts from this address: try again later")]
    TooManyFailures,
}

impl Reason {
    /// The status of the answer (RFC 9110; 429 of RFC 6585).
    pub fn status(self) -> u16 {
        match self {
            Self::Forbidden(_)
            | Self::NotLocal
            | Self::WrongHost
            | Self::ForeignOrigin
            | Self::NoRole
            | Self::NoParty => 403,
            Self::TooMany | Self::TooManyFailures => 429,
            Self::NoRandomness => 503,
            _ => 401,
        }
    }

    /// A word for it that programs can rely on, for metrics and the audit record.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Malformed(_) => "malformed",
            Self::WrongAlgorithm => "wrong-algorithm",
            Self::BadSignature => "bad-signature",
            Self::UnknownKey => "unknown-key",
            Self::Expired => "expired",
            Self::NotYet => "not-yet",
            Self::TooLong => "too-long",
            Self::NoExpiry => "no-expiry",
            Self::WrongAudience => "wrong-audience",
            Self::WrongIssuer => "wrong-issuer",
            Self::NoSubject => "no-subject",
            Self::NoRole => "no-role",
            Self::NoParty => "no-party",
            Self::Revoked => "revoked",
            Self::SessionEnded => "session-ended",
            Self::NoTokens => "no-tokens",
            Self::Forbidden(_) => "forbidden",
            Self::NotLocal => "not-local",
            Self::WrongHost => "wrong-host",
            Self::ForeignOrigin => "foreign-origin",
            Self::NoRandomness => "no-randomness",
            Self::TooMany => "too-many",
            Self::TooManyFailures => "too-many-failures",
        }
    }

    /// The `WWW-Authenticate` header of the answer (RFC 6750, section 3), if it has one.
    pub fn www_authenticate(self) -> Option<&'static str> {
        match (self.status(), self) {
            (401, Self::Missing) => Some("Bearer"),
            (401, _) => Some("Bearer error=\"invalid_token\""),
            (403, Self::Forbidden(_)) => Some("Bearer error=\"insufficient_scope\""),
            _ => None,
        }
    }
}

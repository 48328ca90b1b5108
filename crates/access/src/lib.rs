//! Who asks, and what they may do: API keys, tokens, roles, sessions.
//!
//! [`Access`] is the whole of it for a service: it is given a request's headers and
//! says who that is, or why not. Its parts stand by themselves: a [`Verifier`] of tokens
//! with scopes is all that another service may need.
//!
//! Nothing here knows a web framework, a database or the time: headers come in as
//! text, rows of keys and audit events go in and out as data, and clocks are given.
//!
//! `docs/access.md` is for whoever sets it up.

#![forbid(unsafe_code)]

mod access;
mod audit;
mod clock;
mod config;
mod gate;
mod identity;
mod jwt;
mod key;
mod limit;
mod reason;
mod role;
mod secret;
mod session;

pub use access::{Access, Admitted, LoggedIn, Refused, Request, Ticket, bearer};
pub use audit::{AuditEvent, LoginNotes, Outcome};
pub use clock::{Clock, HandClock, Now, SystemClock};
pub use config::{
    AccessConfig, BindRefusal, ConfigError, JwtConfig, KeyConfig, LimitsConfig, Mode,
    SessionConfig, guard_bind,
};
pub use gate::{Gate, GateError, NotAdmitted};
pub use identity::{How, Identity, IdentityError, LONGEST_NAME, is_name};
pub use jwt::{
    Claims, JwkSetError, LONGEST_TOKEN, NamedKey, PemError, PublicKey, Requirements, RoleClaims,
    Verifier, parse_jwk_set, parse_pem,
};
#[cfg(feature = "fetch")]
pub use jwt::{FetchError, Jwks};
pub use key::{KeyRow, Keyring, KeyringError, NewKey, Origin, PREFIX, is_key};
pub use limit::{Buckets, Limiter, TooSoon};
pub use reason::Reason;
pub use role::{Permission, Role, UnknownRole};
pub use secret::{Hash, NoRandomness, NotAHash, Secret};
pub use session::{COOKIE, NewSession, SessionLimits, Sessions, no_cookie, token_of_cookie};

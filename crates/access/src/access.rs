//! The whole of it for a service.

use crate::audit::{AuditEvent, LoginNotes, Outcome};
use crate::clock::{Clock, Now};
use crate::config::{AccessConfig, ConfigError, Mode};
use crate::identity::{How, Identity};
use crate::jwt::{NamedKey, RoleClaims, Verifier, parse_pem};
use crate::key::{KeyRow, Keyring, KeyringError, Origin, PREFIX, is_key};
use crate::limit::{Limiter, TooSoon};
use crate::reason::Reason;
use crate::secret::Hash;
use crate::session::{NewSession, Sessions, token_of_cookie};
use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What of a request says who makes it.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The header `Authorization`.
    pub authorization: Option<&'a str>,
    /// The header `Cookie`; if there are several, joined with `; `.
    pub cookie: Option<&'a str>,
    /// The header `Host`, or the authority of an HTTP/2 request.
    pub host: Option<&'a str>,
    /// The header `Origin`, which browsers send.
    pub origin: Option<&'a str>,
    /// Where the connection comes from.
    pub remote: IpAddr,
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("remote", &self.remote).finish_non_exhaustive()
    }
}

/// Somebody who was let in.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// Who that is.
    pub identity: Identity,
    /// For long answers: what to ask with now and then whether they still may be here.
    pub ticket: Ticket,
    /// What is to be written to the audit record.
    pub audit: Option<AuditEvent>,
}

/// What a stream asks with from time to time ([`Access::still`]).
#[derive(Clone, Debug)]
pub struct Ticket(Held);

#[derive(Clone, Debug)]
enum Held {
    Local,
    Key(String),
    Token { expires_unix_s: i64 },
    Session(Hash),
}

/// Somebody who was not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub reason: Reason,
    /// When to try again (`Retry-After`).
    pub retry_after_s: Option<u32>,
    /// What is to be written to the audit record.
    pub audit: Option<AuditEvent>,
}

/// Somebody who has logged in.
#[derive(Clone, Debug)]
pub struct LoggedIn {
    /// Their session.
    pub session: NewSession,
    /// What is to be written to the audit record.
    pub audit: AuditEvent,
}

/// Who somebody is by key or token, and until when that holds.
struct Shown {
    identity: Identity,
    expires_unix_s: Option<i64>,
}

/// Says who makes a request.
pub struct Access {
    mode: Mode,
    clock: Arc<dyn Clock>,
    verifier: Option<(Verifier, RoleClaims)>,
    keyring: Mutex<Keyring>,
    sessions: Mutex<Sessions>,
    limiter: Mutex<Limiter>,
    notes: Mutex<LoginNotes>,
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("mode", &self.mode).finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that is done under these locks leaves anything half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Access {
    /// Sets up what the configuration says; files are looked for from `folder` on.
    ///
    /// # Errors
    ///
    /// If the configuration is wrong, or a file cannot be used.
    pub fn new(
        config: &AccessConfig,
        folder: &Path,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, ConfigError> {
        config.check()?;
        let mut keyring = Keyring::new();
        for key in &config.keys {
            keyring
                .add(Origin::Configuration, key.row())
                .map_err(|error| ConfigError::at("access.key", error.to_string()))?;
        }
        let verifier = match &config.jwt {
            None => None,
            Some(jwt) => {
                let mut keys = Vec::new();
                for file in &jwt.pem_files {
                    keys.extend(read_pem(&folder.join(file))?);
                }
                let verifier = Verifier::new(jwt.requirements(), keys);
                Some((with_jwks(verifier, jwt.jwks_url.as_deref())?, jwt.claims()))
            }
        };
        let limits = &config.limits;
        let limiter = Limiter::new(limits.requests_per_s, limits.burst, limits.failures_per_min);
        Ok(Self {
            mode: config.mode,
            clock,
            verifier,
            keyring: Mutex::new(keyring),
            sessions: Mutex::new(Sessions::new(config.session.limits())),
            limiter: Mutex::new(limiter),
            notes: Mutex::new(LoginNotes::new()),
        })
    }

    /// Adds a key from the store.
    ///
    /// # Errors
    ///
    /// If there is one with its id, or it says no possible identity.
    pub fn add_key(&self, row: KeyRow) -> Result<(), KeyringError> {
        lock(&self.keyring).add(Origin::Store, row)
    }

    /// Takes a key back, and with it the sessions that were opened with it. What is to
    /// be stored.
    ///
    /// # Errors
    ///
    /// If there is none, or it stands in the configuration.
    pub fn revoke_key(&self, id: &str) -> Result<KeyRow, KeyringError> {
        lock(&self.keyring).revoke(id, self.clock.now()).cloned()
    }

    /// All keys.
    pub fn keys(&self) -> Vec<(Origin, KeyRow)> {
        lock(&self.keyring).rows().map(|(origin, row)| (origin, row.clone())).collect()
    }

    /// Whether anybody could come in at all: to be said at the start if not.
    pub fn anybody_can_enter(&self) -> bool {
        self.mode == Mode::Local || self.verifier.is_some() || !lock(&self.keyring).is_empty()
    }

    /// Fetches the keys for tokens, if they have an address: for the start.
    ///
    /// # Errors
    ///
    /// If they cannot be fetched. The service can go on: they are fetched when needed.
    #[cfg(feature = "fetch")]
    pub async fn fetch_keys(&self) -> Result<(), crate::jwt::FetchError> {
        match &self.verifier {
            Some((verifier, _)) => verifier.refresh(self.clock.now()).await,
            None => Ok(()),
        }
    }

    /// Says who makes a request.
    ///
    /// # Errors
    ///
    /// Why nobody is let in by it.
    pub async fn admit(&self, request: Request<'_>) -> Result<Admitted, Refused> {
        let now = self.clock.now();
        if self.mode == Mode::Local {
            local(request).map_err(plain)?;
            let identity = Identity::local();
            return Ok(Admitted { identity, ticket: Ticket(Held::Local), audit: None });
        }
        let shown = request.authorization.map(|header| {
            bearer(header).ok_or(Reason::Malformed("Authorization must be 'Bearer …'"))
        });
        let (identity, held) = match (shown, request.cookie.and_then(token_of_cookie)) {
            (Some(Ok(credential)), _) => {
                let shown = self.identify(credential, now).await;
                let shown =
                    shown.map_err(|why| self.failed(why, credential, request.remote, now))?;
                let held = match (shown.identity.how(), shown.expires_unix_s) {
                    (How::Token, Some(expires_unix_s)) => Held::Token { expires_unix_s },
                    (How::Key(id), _) => Held::Key(id.clone()),
                    _ => Held::Local,
                };
                (shown.identity, held)
            }
            (Some(Err(why)), _) => return Err(self.failed(why, "", request.remote, now)),
            (None, Some(token)) => {
                same_origin(request).map_err(plain)?;
                let hash = Hash::of(token);
                let identity = self.session(hash, now);
                (
                    identity.map_err(|why| self.failed(why, "", request.remote, now))?,
                    Held::Session(hash),
                )
            }
            // Not a failed attempt: a browser before the log-in does this.
            (None, None) => {
                lock(&self.limiter).unknown(request.remote, now).map_err(too_many)?;
                return Err(plain(Reason::Missing));
            }
        };
        lock(&self.limiter).known(&identity, now).map_err(too_many)?;
        let audit = lock(&self.notes).log_in(&identity, request.remote, now);
        Ok(Admitted { identity, ticket: Ticket(held), audit })
    }

    /// Opens a session with a key or a token.
    ///
    /// # Errors
    ///
    /// Why that is not accepted.
    pub async fn log_in(
        &self,
        credential: &str,
        request: Request<'_>,
    ) -> Result<LoggedIn, Refused> {
        let now = self.clock.now();
        same_origin(request).map_err(plain)?;
        let shown = self.identify(credential, now).await;
        let shown = shown.map_err(|why| self.failed(why, credential, request.remote, now))?;
        lock(&self.limiter).known(&shown.identity, now).map_err(too_many)?;
        let session = lock(&self.sessions).open(&shown.identity, shown.expires_unix_s, now);
        let session = session.map_err(|error| {
            tracing::error!(%error, "no session was opened");
            plain(Reason::NoRandomness)
        })?;
        let audit = AuditEvent::by(&shown.identity, "log-in", Outcome::Done, now)
            .from(request.remote)
            .with("a session was opened");
        Ok(LoggedIn { session, audit })
    }

    /// Ends the session of a request, if it has one. What is to be written to the record.
    pub fn log_out(&self, request: Request<'_>) -> Option<AuditEvent> {
        same_origin(request).ok()?;
        let who = lock(&self.sessions).close(token_of_cookie(request.cookie?)?)?;
        let now = self.clock.now();
        Some(AuditEvent::by(&who, "log-out", Outcome::Done, now).from(request.remote))
    }

    /// Whether somebody who was let in may still be here: for streams, to be asked every
    /// few seconds. It also keeps their session from becoming idle.
    ///
    /// # Errors
    ///
    /// Why they may not any more.
    pub fn still(&self, ticket: &Ticket) -> Result<(), Reason> {
        let now = self.clock.now();
        match &ticket.0 {
            Held::Local => Ok(()),
            Held::Key(id) => lock(&self.keyring).good(id, now),
            Held::Token { expires_unix_s } if now.unix_s >= *expires_unix_s => Err(Reason::Expired),
            Held::Token { .. } => Ok(()),
            Held::Session(hash) => self.session(*hash, now).map(drop),
        }
    }

    async fn identify(&self, credential: &str, now: Now) -> Result<Shown, Reason> {
        if is_key(credential) {
            let identity = lock(&self.keyring).identify(credential, now)?;
            return Ok(Shown { identity, expires_unix_s: None });
        }
        let (verifier, roles) = self.verifier.as_ref().ok_or(Reason::NoTokens)?;
        let claims = verifier.verify(credential, now).await?;
        let leeway_s = i64::from(verifier.requirements().leeway_s);
        let expires_unix_s = Some(claims.expires_unix_s + leeway_s);
        Ok(Shown { identity: roles.identity(&claims)?, expires_unix_s })
    }

    /// A session lives as long as the key that it was opened with.
    fn session(&self, hash: Hash, now: Now) -> Result<Identity, Reason> {
        let found = lock(&self.sessions).find_hash(hash, now)?;
        if let How::Key(id) = &found.opened_by
            && let Err(reason) = lock(&self.keyring).good(id, now)
        {
            lock(&self.sessions).close_hash(hash);
            return Err(reason);
        }
        Ok(found.identity)
    }

    /// Counts and notes a failure. A good key is let in however many others have failed
    /// from its address: the words are too long to be guessed, and a forgotten feed with
    /// an old key must not lock out the people beside it.
    fn failed(&self, reason: Reason, credential: &str, remote: IpAddr, now: Now) -> Refused {
        let audit = lock(&self.notes).failure(reason, public_id(credential), remote, now);
        match lock(&self.limiter).failure(remote, now) {
            Ok(()) => Refused { reason, retry_after_s: None, audit },
            Err(TooSoon { retry_after_s }) => Refused {
                reason: Reason::TooManyFailures,
                retry_after_s: Some(retry_after_s),
                audit,
            },
        }
    }
}

/// The public part of what may be a key.
fn public_id(credential: &str) -> Option<&str> {
    let (id, _) = credential.strip_prefix(PREFIX)?.split_once('_')?;
    (id.len() == 12 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
}

fn plain(reason: Reason) -> Refused {
    Refused { reason, retry_after_s: None, audit: None }
}

fn too_many(TooSoon { retry_after_s }: TooSoon) -> Refused {
    Refused { reason: Reason::TooMany, retry_after_s: Some(retry_after_s), audit: None }
}

/// What follows `Bearer` in an `Authorization` header (RFC 6750, section 2.1).
pub fn bearer(header: &str) -> Option<&str> {
    let (scheme, credential) = header.trim().split_once(' ')?;
    let credential = credential.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !credential.is_empty()).then_some(credential)
}

/// Without access control any page in a browser on this machine could call the service:
/// by its address, or, after its own name was turned to 127.0.0.1, by that (DNS rebinding).
fn local(request: Request<'_>) -> Result<(), Reason> {
    if !request.remote.to_canonical().is_loopback() {
        return Err(Reason::NotLocal);
    }
    if request.host.is_some_and(|host| !is_loopback_host(host)) {
        return Err(Reason::WrongHost);
    }
    match request.origin.map(authority) {
        None => Ok(()),
        Some(Some(origin)) if is_loopback_host(origin) => Ok(()),
        Some(_) => Err(Reason::ForeignOrigin),
    }
}

/// A cookie comes along with requests from pages of other ports of the same host.
fn same_origin(request: Request<'_>) -> Result<(), Reason> {
    match (request.origin.map(authority), request.host) {
        (None, _) => Ok(()),
        (Some(Some(origin)), Some(host)) if origin.eq_ignore_ascii_case(host) => Ok(()),
        _ => Err(Reason::ForeignOrigin),
    }
}

/// Host and port of an `Origin` header.
fn authority(origin: &str) -> Option<&str> {
    origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"))
}

fn is_loopback_host(host: &str) -> bool {
    let name = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, _)) => name,
        None => host.split_once(':').map_or(host, |(name, _)| name),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

fn read_pem(path: &Path) -> Result<Vec<NamedKey>, ConfigError> {
    let error = |problem: String| {
        ConfigError::at("access.jwt.pem_files", format!("{}: {problem}", path.display()))
    };
    let text = std::fs::read_to_string(path).map_err(|problem| error(problem.to_string()))?;
    parse_pem(&text).map_err(|problem| error(problem.to_string()))
}

#[cfg(feature = "fetch")]
fn with_jwks(verifier: Verifier, url: Option<&str>) -> Result<Verifier, ConfigError> {
    let Some(url) = url else { return Ok(verifier) };
    let jwks = crate::jwt::Jwks::new(url)
        .map_err(|error| ConfigError::at("access.jwt.jwks_url", error.to_string()))?;
    Ok(verifier.with_jwks(jwks))
}

#[cfg(not(feature = "fetch"))]
fn with_jwks(verifier: Verifier, url: Option<&str>) -> Result<Verifier, ConfigError> {
    match url {
        None => Ok(verifier),
        Some(_) => {
            Err(ConfigError::at("access.jwt.jwks_url", "this build cannot fetch: use pem_files"))
        }
    }
}

//! What a token says.

use crate::clock::Now;
use crate::identity::{How, Identity, is_name};
use crate::reason::Reason;
use crate::role::Role;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// What a token says, after its signature was found to hold.
#[derive(Clone, PartialEq)]
pub struct Claims {
    /// Whose it is (`sub`).
    pub subject: String,
    /// Who made it (`iss`).
    pub issuer: Option<String>,
    /// For whom it is (`aud`).
    pub audience: Vec<String>,
    /// When it expires (`exp`), in seconds since 1970.
    pub expires_unix_s: i64,
    /// From when on it is valid (`nbf`), in seconds since 1970.
    pub not_before_unix_s: Option<i64>,
    /// What it is good for (`scope`: RFC 8693, section 4.2).
    pub scopes: Vec<String>,
    all: Map<String, Value>,
}

/// A token may hold what is nobody's business: only whose it is.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims").field("subject", &self.subject).finish_non_exhaustive()
    }
}

impl Claims {
    /// Reads the claims that have a meaning everywhere (RFC 7519, section 4.1).
    pub(super) fn read(all: Map<String, Value>) -> Result<Self, Reason> {
        let expires_unix_s = date(&all, "exp")?.ok_or(Reason::NoExpiry)?;
        let not_before_unix_s = date(&all, "nbf")?;
        let subject = match all.get("sub") {
            Some(Value::String(subject)) if is_name(subject) => subject.clone(),
            _ => return Err(Reason::NoSubject),
        };
        let issuer = match all.get("iss") {
            None | Some(Value::Null) => None,
            Some(Value::String(issuer)) => Some(issuer.clone()),
            Some(_) => return Err(Reason::Malformed("iss is no text")),
        };
        let audience = texts(all.get("aud")).ok_or(Reason::WrongAudience)?;
        let scopes = texts(all.get("scope")).ok_or(Reason::Malformed("scope is no text"))?;
        let scopes =
            scopes.iter().flat_map(|text| text.split_ascii_whitespace()).map(str::to_owned);
        let scopes = scopes.collect();
        Ok(Self { subject, issuer, audience, expires_unix_s, not_before_unix_s, scopes, all })
    }

    pub(super) fn check_times(
        &self,
        now: Now,
        max_age_s: i64,
        leeway_s: i64,
    ) -> Result<(), Reason> {
        // Dates are bounded where they are read: none of these sums overflows.
        if now.unix_s >= self.expires_unix_s + leeway_s {
            return Err(Reason::Expired);
        }
        if self.expires_unix_s > now.unix_s + max_age_s + leeway_s {
            return Err(Reason::TooLong);
        }
        match self.not_before_unix_s {
            Some(begins) if begins > now.unix_s + leeway_s => Err(Reason::NotYet),
            _ => Ok(()),
        }
    }

    /// Whether it is good for this.
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.iter().any(|one| one == scope)
    }

    /// Any claim by its name. A name with dots is looked for as it stands, then as a
    /// path (`realm_access.roles`).
    pub fn get(&self, name: &str) -> Option<&Value> {
        if let Some(value) = self.all.get(name) {
            return Some(value);
        }
        let (first, rest) = name.split_once('.')?;
        let mut value = self.all.get(first)?;
        for step in rest.split('.') {
            value = value.as_object()?.get(step)?;
        }
        Some(value)
    }

    fn texts_of(&self, name: &str) -> Vec<String> {
        texts(self.get(name)).unwrap_or_default()
    }
}

/// A text, or several; none if it is not there; nothing if it is something else.
fn texts(value: Option<&Value>) -> Option<Vec<String>> {
    match value {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::String(text)) => Some(vec![text.clone()]),
        Some(Value::Array(all)) => all.iter().map(|one| one.as_str().map(str::to_owned)).collect(),
        Some(_) => None,
    }
}

/// A date in seconds since 1970, which may have decimals (RFC 7519, section 2).
fn date(all: &Map<String, Value>, name: &str) -> Result<Option<i64>, Reason> {
    // The year 33658: far enough, and sums with it stay exact.
    const LAST_S: f64 = 1e12;
    match all.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => match value.as_f64() {
            #[allow(clippy::cast_possible_truncation)] // bounded by the guard
            Some(seconds) if seconds.abs() <= LAST_S => Ok(Some(seconds.floor() as i64)),
            Some(seconds) if seconds > LAST_S && name == "exp" => Err(Reason::TooLong),
            _ => Err(Reason::Malformed("a date in the token is no number of seconds")),
        },
    }
}

/// How claims become an identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleClaims {
    /// The claim that names a role, or several.
    pub role: String,
    /// The claim that names the party.
    pub party: String,
    /// The claim that names the person or program in records.
    pub name: String,
    /// Roles by scope, for tokens without the claim.
    pub scopes: BTreeMap<String, Role>,
}

impl Default for RoleClaims {
    fn default() -> Self {
        Self {
            role: "role".to_owned(),
            party: "party".to_owned(),
            name: "sub".to_owned(),
            scopes: BTreeMap::new(),
        }
    }
}

impl RoleClaims {
    /// Who the bearer of a token is. Of several roles the one that may most counts.
    ///
    /// # Errors
    ///
    /// If the token gives no role, or that of a party without naming one.
    pub fn identity(&self, claims: &Claims) -> Result<Identity, Reason> {
        let named = claims.texts_of(&self.role);
        let roles: Vec<Role> = if named.is_empty() {
            claims.scopes.iter().filter_map(|scope| self.scopes.get(scope)).copied().collect()
        } else {
            named.iter().filter_map(|name| name.parse().ok()).collect()
        };
        let role = roles.into_iter().max_by_key(|role| strength(*role)).ok_or(Reason::NoRole)?;
        let party = match role {
            Role::Party => match claims.texts_of(&self.party).as_slice() {
                [party] => Some(party.clone()),
                _ => return Err(Reason::NoParty),
            },
            _ => None,
        };
        let name = match claims.get(&self.name) {
            Some(Value::String(name)) => name.clone(),
            _ => return Err(Reason::NoSubject),
        };
        let no_party = party.as_deref().is_some_and(|party| !is_name(party));
        Identity::new(name, role, party, How::Token)
            .map_err(|_| if no_party { Reason::NoParty } else { Reason::NoSubject })
    }
}

/// A party is last: it sees less of the picture than a viewer.
fn strength(role: Role) -> u8 {
    match role {
        Role::Party => 0,
        Role::Viewer => 1,
        Role::Controller => 2,
        Role::Admin => 3,
    }
}

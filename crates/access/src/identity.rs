//! Somebody who is known.

use crate::reason::Reason;
use crate::role::{Permission, Role};
use serde::{Serialize, Serializer};
use std::fmt;

/// The longest name of a person, program or party, in bytes.
pub const LONGEST_NAME: usize = 128;

/// Who makes a request.
///
/// There is no way to make one that has the role of a party and no party, or a party
/// and another role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    name: String,
    role: Role,
    party: Option<String>,
    how: How,
}

/// How somebody showed who they are.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum How {
    /// By the API key with this public id.
    Key(String),
    /// By a signed token.
    Token,
    /// By the cookie of a session.
    Session,
    /// By being on this machine, where nothing else is asked for.
    Local,
}

/// Why there can be no such identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdentityError {
    /// The name is empty, too long, or has control characters in it.
    #[error("a name has 1 to {LONGEST_NAME} bytes and no control characters")]
    Name,
    /// A party without its name.
    #[error("the role party needs the name of the party")]
    NoParty,
    /// The name of a party with another role.
    #[error("only the role party has the name of a party")]
    NotAParty,
}

/// Whether this can be the name of somebody, and be written to logs and records as it is.
pub fn is_name(text: &str) -> bool {
    !text.trim().is_empty() && text.len() <= LONGEST_NAME && !text.chars().any(char::is_control)
}

impl Identity {
    /// Somebody with this name and role.
    ///
    /// # Errors
    ///
    /// If a name cannot be one, or party and role do not go together.
    pub fn new(
        name: impl Into<String>,
        role: Role,
        party: Option<String>,
        how: How,
    ) -> Result<Self, IdentityError> {
        let name = name.into();
        if !is_name(&name) || party.as_deref().is_some_and(|party| !is_name(party)) {
            return Err(IdentityError::Name);
        }
        match (role, &party) {
            (Role::Party, None) => Err(IdentityError::NoParty),
            (Role::Viewer | Role::Controller | Role::Admin, Some(_)) => {
                Err(IdentityError::NotAParty)
            }
            _ => Ok(Self { name, role, party, how }),
        }
    }

    /// Whoever sits at this machine, where access is not limited.
    pub fn local() -> Self {
        Self { name: "local".to_owned(), role: Role::Admin, party: None, how: How::Local }
    }

    /// What they are called in records.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What they are.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The party that they are: there if, and only if, the role is `party`.
    pub fn party(&self) -> Option<&str> {
        self.party.as_deref()
    }

    /// How they showed who they are.
    pub fn how(&self) -> &How {
        &self.how
    }

    /// Whether they may do this.
    pub fn may(&self, permission: Permission) -> bool {
        self.role.may(permission)
    }

    /// Asks whether they may do this.
    ///
    /// # Errors
    ///
    /// [`Reason::Forbidden`] if they may not.
    pub fn require(&self, permission: Permission) -> Result<(), Reason> {
        if self.may(permission) { Ok(()) } else { Err(Reason::Forbidden(permission)) }
    }

    /// The same person, having come by another way.
    #[must_use]
    pub fn by(mut self, how: How) -> Self {
        self.how = how;
        self
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}", self.name, self.role)?;
        if let Some(party) = &self.party {
            write!(f, " {party}")?;
        }
        write!(f, ", {})", self.how)
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(id) => write!(f, "key {id}"),
            Self::Token => f.write_str("token"),
            Self::Session => f.write_str("session"),
            Self::Local => f.write_str("local"),
        }
    }
}

impl Serialize for How {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// As `GET /v1/me` shows it.
impl Serialize for Identity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Me<'a> {
            name: &'a str,
            role: Role,
            party: Option<&'a str>,
            may: Vec<Permission>,
        }
        Me {
            name: &self.name,
            role: self.role,
            party: self.party(),
            may: self.role.permissions().collect(),
        }
        .serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_party_always_has_its_name_and_nobody_else_has_one() {
        let make = |role, party: Option<&str>| {
            Identity::new("x", role, party.map(str::to_owned), How::Token)
        };
        assert_eq!(make(Role::Party, None), Err(IdentityError::NoParty));
        assert_eq!(make(Role::Party, Some(" ")), Err(IdentityError::Name));
        assert_eq!(make(Role::Party, Some("USAF")).unwrap().party(), Some("USAF"));
        for role in [Role::Viewer, Role::Controller, Role::Admin] {
            assert_eq!(make(role, Some("USAF")), Err(IdentityError::NotAParty));
            assert_eq!(make(role, None).unwrap().party(), None);
        }
    }

    #[test]
    fn a_name_cannot_forge_a_line_of_a_log() {
        for name in ["", " ", "a\nb", "a\u{1b}[2J", &"x".repeat(129)] {
            let made = Identity::new(name, Role::Viewer, None, How::Token);
            assert_eq!(made, Err(IdentityError::Name), "{name:?}");
        }
    }

    #[test]
    fn me() {
        let tower = Identity::new("tower", Role::Controller, None, How::Session).unwrap();
        assert_eq!(
            serde_json::to_string(&tower).unwrap(),
            r#"{"name":"tower","role":"controller","party":null,"may":["see","acknowledge","comment","message","reserve","metrics"]}"#
        );
        assert_eq!(tower.to_string(), "tower (controller, session)");
    }
}

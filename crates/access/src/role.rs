//! Who may do what: the one table.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What somebody is here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees the picture.
    Viewer,
    /// Works with alerts.
    Controller,
    /// An operator of aircraft: brings its own reports and sees what others' policy shows it.
    Party,
    /// Everything.
    Admin,
}

/// Something that may be allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Permission {
    /// See the picture; a party sees it through the visibility policy.
    See,
    /// Acknowledge alerts.
    Acknowledge,
    /// Comment on alerts.
    Comment,
    /// Push reports on one's own feeds (an admin: on every feed).
    Push,
    /// Read and send messages of and to parties.
    Message,
    /// Reserve airspace: a party for itself, others for anybody.
    Reserve,
    /// Read the service's figures (`/metrics`), which tell of all feeds.
    Metrics,
    /// Make, list and revoke API keys.
    Keys,
    /// Change rules, volumes and other configuration.
    Rules,
    /// Read the audit record.
    Audit,
}

/// Who may do what. This is the only place that says so; `docs/access.md` shows the
/// same table, and a test compares the two.
const TABLE: [(Permission, &[Role]); 10] = {
    use Role::{Admin, Controller, Party, Viewer};
    [
        (Permission::See, &[Viewer, Controller, Party, Admin]),
        (Permission::Acknowledge, &[Controller, Admin]),
        (Permission::Comment, &[Controller, Admin]),
        (Permission::Push, &[Party, Admin]),
        (Permission::Message, &[Controller, Party, Admin]),
        (Permission::Reserve, &[Controller, Party, Admin]),
        (Permission::Metrics, &[Viewer, Controller, Admin]),
        (Permission::Keys, &[Admin]),
        (Permission::Rules, &[Admin]),
        (Permission::Audit, &[Admin]),
    ]
};

impl Role {
    /// All roles.
    pub const ALL: [Self; 4] = [Self::Viewer, Self::Controller, Self::Party, Self::Admin];

    /// Whether the role may do this.
    pub fn may(self, permission: Permission) -> bool {
        TABLE.iter().any(|(what, roles)| *what == permission && roles.contains(&self))
    }

    /// Everything that the role may do, in the order of the table.
    pub fn permissions(self) -> impl Iterator<Item = Permission> {
        TABLE.iter().filter(move |(_, roles)| roles.contains(&self)).map(|(what, _)| *what)
    }

    /// The role's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Controller => "controller",
            Self::Party => "party",
            Self::Admin => "admin",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, UnknownRole> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or(UnknownRole)
    }
}

/// A word that names no role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a role is viewer, controller, party or admin")]
pub struct UnknownRole;

impl Permission {
    /// All permissions, in the order of the table.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(what, _)| *what)
    }

    /// The permission's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::See => "see",
            Self::Acknowledge => "acknowledge",
            Self::Comment => "comment",
            Self::Push => "push",
            Self::Message => "message",
            Self::Reserve => "reserve",
            Self::Metrics => "metrics",
            Self::Keys => "keys",
            Self::Rules => "rules",
            Self::Audit => "audit",
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_and_the_document_are_the_same() {
        let document = include_str!("../../../docs/access.md");
        for permission in Permission::all() {
            let row = format!("| `{permission}` |");
            let line = document.lines().find(|line| line.starts_with(&row)).unwrap_or_else(|| {
                panic!("docs/access.md has no row for {permission}");
            });
            let cells: Vec<&str> = line.split('|').map(str::trim).collect();
            for (role, cell) in Role::ALL.into_iter().zip(&cells[cells.len() - 5..]) {
                assert_eq!(role.may(permission), *cell == "yes", "{role} {permission}: {line}");
            }
        }
    }

    #[test]
    fn names_are_those_that_serde_writes() {
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
            assert_eq!(role.name().parse(), Ok(role));
        }
        for permission in Permission::all() {
            assert_eq!(serde_json::to_value(permission).unwrap(), permission.name());
        }
        assert_eq!("Admin".parse::<Role>(), Err(UnknownRole));
    }

    #[test]
    fn an_admin_may_do_everything_and_a_party_sees_no_figures() {
        assert!(Permission::all().all(|what| Role::Admin.may(what)));
        assert!(!Role::Party.may(Permission::Metrics));
        assert!(!Role::Party.may(Permission::Acknowledge));
    }
}

//! API keys: `dk_ID_SECRET`.
//!
//! The secret has 43 random letters and digits. What is kept is its SHA-256; the id is
//! the hash's first twelve hexadecimal digits, so that a person who holds a key, or
//! finds one where it should not be, sees which one it is, and a mistyped key is told
//! from an unknown one.

use crate::clock::Now;
use crate::identity::{How, Identity, IdentityError};
use crate::reason::Reason;
use crate::role::Role;
use crate::secret::{Hash, NoRandomness, Secret, is_secret};
use serde::Serialize;
use std::collections::BTreeMap;

/// What every key begins with.
pub const PREFIX: &str = "dk_";

/// A key that was just made: the only moment at which it is known.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// The key, to be shown to its owner once.
    pub key: Secret,
    /// Its public id.
    pub id: String,
    /// What is kept of it.
    pub hash: Hash,
}

impl NewKey {
    /// Makes a key.
    ///
    /// # Errors
    ///
    /// If the system gives no randomness.
    pub fn generate() -> Result<Self, NoRandomness> {
        let secret = Secret::random()?;
        let hash = Hash::of(secret.expose());
        let id = hash.id();
        Ok(Self { key: Secret::new(format!("{PREFIX}{id}_{}", secret.expose())), id, hash })
    }

    /// The lines of the configuration that admit the holder of this key.
    pub fn configuration(&self, name: &str, role: Role, party: Option<&str>) -> String {
        let mut lines = format!("[[access.key]]\nname = {}\nrole = \"{role}\"\n", quoted(name));
        if let Some(party) = party {
            lines += &format!("party = {}\n", quoted(party));
        }
        lines + &format!("hash = \"{}\"\n", self.hash)
    }
}

/// A basic string of TOML. Names have no control characters.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A key as the store or the configuration holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyRow {
    /// Its public id.
    pub id: String,
    /// What its holder is called in records.
    pub name: String,
    /// What its holder is.
    pub role: Role,
    /// The party that its holder is, with the role `party`.
    pub party: Option<String>,
    /// What is kept of the key; not shown.
    #[serde(skip)]
    pub hash: Hash,
    /// When it ceases to be valid, in seconds since 1970.
    pub expires_unix_s: Option<i64>,
    /// When it was taken back, in seconds since 1970.
    pub revoked_unix_s: Option<i64>,
}

impl KeyRow {
    /// A row for a key with this hash, that does not expire.
    pub fn new(name: impl Into<String>, role: Role, party: Option<String>, hash: Hash) -> Self {
        Self {
            id: hash.id(),
            name: name.into(),
            role,
            party,
            hash,
            expires_unix_s: None,
            revoked_unix_s: None,
        }
    }

    /// Who its holder is.
    ///
    /// # Errors
    ///
    /// If name, role and party do not go together.
    pub fn identity(&self) -> Result<Identity, IdentityError> {
        let how = How::Key(self.id.clone());
        Identity::new(self.name.clone(), self.role, self.party.clone(), how)
    }

    fn good(&self, now: Now) -> Result<(), Reason> {
        if self.revoked_unix_s.is_some() {
            return Err(Reason::Revoked);
        }
        match self.expires_unix_s {
            Some(expires) if now.unix_s >= expires => Err(Reason::Expired),
            _ => Ok(()),
        }
    }
}

/// Where a key is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// In the configuration: only a change of that takes it back.
    Configuration,
    /// In the store.
    Store,
}

/// Why a key cannot be added or taken back.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyringError {
    /// It does not say a possible identity.
    #[error("key {0}: {1}")]
    Identity(String, IdentityError),
    /// There is another with this id.
    #[error("key {0}: there is another with this id")]
    Twice(String),
    /// There is none with this id.
    #[error("there is no key {0}")]
    None(String),
    /// It stands in the configuration.
    #[error("key {0} stands in the configuration: take it out there and restart")]
    Configured(String),
}

/// All keys that are known, by id.
#[derive(Clone, Debug, Default)]
pub struct Keyring {
    keys: BTreeMap<String, (Origin, KeyRow)>,
}

impl Keyring {
    /// A ring without keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key.
    ///
    /// # Errors
    ///
    /// If its id is taken, is not that of its hash, or it says no possible identity.
    pub fn add(&mut self, origin: Origin, mut row: KeyRow) -> Result<(), KeyringError> {
        // A row with another id could never be found by its key.
        row.id = row.hash.id();
        row.identity().map_err(|error| KeyringError::Identity(row.id.clone(), error))?;
        if self.keys.contains_key(&row.id) {
            return Err(KeyringError::Twice(row.id));
        }
        self.keys.insert(row.id.clone(), (origin, row));
        Ok(())
    }

    /// Takes a key back. It stays on the ring, so that its use is told from an unknown key's.
    ///
    /// # Errors
    ///
    /// If there is none, or it stands in the configuration.
    pub fn revoke(&mut self, id: &str, now: Now) -> Result<&KeyRow, KeyringError> {
        match self.keys.get_mut(id) {
            None => Err(KeyringError::None(id.to_owned())),
            Some((Origin::Configuration, _)) => Err(KeyringError::Configured(id.to_owned())),
            Some((Origin::Store, row)) => {
                row.revoked_unix_s.get_or_insert(now.unix_s);
                Ok(row)
            }
        }
    }

    /// Who the holder of this key is.
    ///
    /// # Errors
    ///
    /// If it is malformed, unknown, expired or revoked.
    pub fn identify(&self, key: &str, now: Now) -> Result<Identity, Reason> {
        let (id, secret) = parse(key)?;
        let hash = Hash::of(secret);
        if hash.id() != id {
            return Err(Reason::Malformed("id and secret of the key do not belong together"));
        }
        let (_, row) = self.keys.get(id).ok_or(Reason::UnknownKey)?;
        // The id says 48 bits of the hash; only the whole of it lets in.
        if row.hash != hash {
            return Err(Reason::UnknownKey);
        }
        row.good(now)?;
        row.identity().map_err(|_| Reason::NoRole)
    }

    /// Whether this key is good at present: known, not expired, not revoked.
    ///
    /// # Errors
    ///
    /// The reason if it is not.
    pub fn good(&self, id: &str, now: Now) -> Result<(), Reason> {
        self.keys.get(id).ok_or(Reason::UnknownKey)?.1.good(now)
    }

    /// All keys, by id.
    pub fn rows(&self) -> impl Iterator<Item = (Origin, &KeyRow)> {
        self.keys.values().map(|(origin, row)| (*origin, row))
    }

    /// How many keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

/// Whether this looks like a key, well formed or not, rather than a token.
pub fn is_key(text: &str) -> bool {
    text.starts_with(PREFIX)
}

fn parse(key: &str) -> Result<(&str, &str), Reason> {
    let (id, secret) = key
        .strip_prefix(PREFIX)
        .and_then(|rest| rest.split_once('_'))
        .ok_or(Reason::Malformed("a key is dk_, its id, _ and its secret"))?;
    if id.len() != 12 || !is_secret(secret) {
        return Err(Reason::Malformed("the key has the wrong length or letters"));
    }
    Ok((id, secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Now = Now { unix_s: 1_700_000_000, steady_ms: 0 };

    fn ring() -> (Keyring, NewKey) {
        let new = NewKey::generate().unwrap();
        let mut ring = Keyring::new();
        let row = KeyRow::new("USAF link", Role::Party, Some("USAF".to_owned()), new.hash);
        ring.add(Origin::Store, row).unwrap();
        (ring, new)
    }

    #[test]
    fn the_holder_of_a_key_is_known() {
        let (ring, new) = ring();
        let who = ring.identify(new.key.expose(), NOW).unwrap();
        assert_eq!((who.name(), who.party()), ("USAF link", Some("USAF")));
        assert_eq!(who.how(), &How::Key(new.id.clone()));
        assert!(new.key.expose().starts_with(&format!("dk_{}_", new.id)));
    }

    #[test]
    fn any_other_key_is_not() {
        let (ring, new) = ring();
        let other = NewKey::generate().unwrap();
        assert_eq!(ring.identify(other.key.expose(), NOW), Err(Reason::UnknownKey));
        let key = new.key.expose();
        for bad in [
            "",
            "dk_",
            "dk_x",
            &key[..key.len() - 1],
            &format!("{key}0"),
            &key.replace("dk_", "dk__"),
            &key.to_uppercase(),
            &format!("dk_{}_{}", other.id, &key[16..]),
            &format!("dk_{}_{}", new.id, "€".repeat(43)),
        ] {
            assert!(matches!(ring.identify(bad, NOW), Err(Reason::Malformed(_))), "{bad}");
        }
    }

    #[test]
    fn the_same_id_is_not_enough() {
        let (mut ring, new) = ring();
        let row = &mut ring.keys.get_mut(&new.id).unwrap().1;
        row.hash = Hash::of("something else");
        assert_eq!(ring.identify(new.key.expose(), NOW), Err(Reason::UnknownKey));
    }

    #[test]
    fn expiry_and_revocation() {
        let (mut ring, new) = ring();
        let key = new.key.expose();
        ring.keys.get_mut(&new.id).unwrap().1.expires_unix_s = Some(NOW.unix_s + 1);
        assert!(ring.identify(key, NOW).is_ok());
        let later = Now { unix_s: NOW.unix_s + 1, ..NOW };
        assert_eq!(ring.identify(key, later), Err(Reason::Expired));
        ring.revoke(&new.id, NOW).unwrap();
        assert_eq!(ring.identify(key, NOW), Err(Reason::Revoked));
        assert_eq!(ring.good(&new.id, NOW), Err(Reason::Revoked));
        let none = ring.revoke("nothing", NOW).unwrap_err();
        assert_eq!(none, KeyringError::None("nothing".to_owned()));
    }

    #[test]
    fn a_configured_key_is_taken_back_in_the_configuration() {
        let new = NewKey::generate().unwrap();
        let mut ring = Keyring::new();
        let row = KeyRow::new("tower", Role::Admin, None, new.hash);
        ring.add(Origin::Configuration, row.clone()).unwrap();
        assert_eq!(ring.add(Origin::Store, row), Err(KeyringError::Twice(new.id.clone())));
        assert_eq!(ring.revoke(&new.id, NOW), Err(KeyringError::Configured(new.id.clone())));
        assert!(ring.identify(new.key.expose(), NOW).is_ok());
    }

    #[test]
    fn what_is_shown_of_a_key_holds_no_secret() {
        let (ring, new) = ring();
        let secret = &new.key.expose()[16..];
        let hash = new.hash.to_string();
        let (_, row) = ring.rows().next().unwrap();
        for text in [format!("{ring:?}"), format!("{new:?}"), serde_json::to_string(row).unwrap()] {
            assert!(!text.contains(secret) && !text.contains(&hash[20..]), "{text}");
        }
    }

    #[test]
    fn the_lines_for_the_configuration_are_read_back() {
        let new = NewKey::generate().unwrap();
        let lines = new.configuration("a \"b\" \\", Role::Party, Some("é"));
        let table: toml::Table = lines.parse().unwrap();
        let key = &table["access"]["key"][0];
        assert_eq!(key["name"].as_str(), Some("a \"b\" \\"));
        assert_eq!(key["party"].as_str(), Some("é"));
        assert_eq!(key["hash"].as_str(), Some(new.hash.to_string().as_str()));
    }
}

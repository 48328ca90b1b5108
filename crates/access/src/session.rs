//! Sessions of a browser: a random word in a cookie that scripts cannot read.

use crate::clock::Now;
use crate::identity::{How, Identity};
use crate::reason::Reason;
use crate::secret::{Hash, NoRandomness, Secret, is_secret};
use std::collections::BTreeMap;

/// The name of the cookie.
pub const COOKIE: &str = "deconflict_session";

/// How long sessions last, and how many there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionLimits {
    /// Without a request it ends after this.
    pub idle_s: u32,
    /// It ends after this whatever happens.
    pub longest_s: u32,
    /// How many there are at most; the oldest gives way.
    pub most: usize,
    /// How many of them one key or bearer has at most; its oldest gives way.
    pub most_each: usize,
}

impl Default for SessionLimits {
    fn default() -> Self {
        Self { idle_s: 3600, longest_s: 12 * 3600, most: 1024, most_each: 64 }
    }
}

/// A session that was just opened: the only moment at which its word is known.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// Whose it is.
    pub identity: Identity,
    /// The word for the cookie.
    pub token: Secret,
    /// How long it lasts at most.
    pub lasts_s: u32,
}

impl NewSession {
    /// The `Set-Cookie` header. `secure` if the browser comes by https.
    pub fn cookie(&self, secure: bool) -> String {
        set_cookie(self.token.expose(), self.lasts_s, secure)
    }
}

/// The `Set-Cookie` header that takes the cookie away.
pub fn no_cookie(secure: bool) -> String {
    set_cookie("", 0, secure)
}

fn set_cookie(value: &str, lasts_s: u32, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={lasts_s}{secure}")
}

/// The session's word in a `Cookie` header, if there is one.
pub fn token_of_cookie(header: &str) -> Option<&str> {
    let mut pairs = header.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, value)| *name == COOKIE && is_secret(value)).map(|(_, value)| value)
}

#[derive(Clone, Debug)]
struct Session {
    identity: Identity,
    opened_by: How,
    opened_ms: u64,
    used_ms: u64,
    /// When what it was opened with expires.
    expires_unix_s: Option<i64>,
}

/// A session in use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Whose it is.
    pub identity: Identity,
    /// With what it was opened.
    pub opened_by: How,
}

/// All sessions, in memory: they end with the process. Of the words only hashes are kept.
#[derive(Clone, Debug)]
pub struct Sessions {
    limits: SessionLimits,
    by_hash: BTreeMap<[u8; 32], Session>,
}

impl Sessions {
    /// No sessions yet.
    pub fn new(limits: SessionLimits) -> Self {
        Self { limits, by_hash: BTreeMap::new() }
    }

    /// Opens a session for somebody who has shown who they are. It ends at the latest
    /// when that which they have shown expires.
    ///
    /// # Errors
    ///
    /// If the system gives no randomness.
    pub fn open(
        &mut self,
        who: &Identity,
        expires_unix_s: Option<i64>,
        now: Now,
    ) -> Result<NewSession, NoRandomness> {
        let token = Secret::random()?;
        let identity = who.clone().by(How::Session);
        self.by_hash.retain(|_, session| live(session, self.limits, now).is_ok());
        let of_same = |session: &Session| {
            session.opened_by == *who.how() && session.identity.name() == who.name()
        };
        self.make_room(self.limits.most_each, of_same);
        self.make_room(self.limits.most, |_| true);
        let session = Session {
            identity: identity.clone(),
            opened_by: who.how().clone(),
            opened_ms: now.steady_ms,
            used_ms: now.steady_ms,
            expires_unix_s,
        };
        self.by_hash.insert(Hash::of(token.expose()).bytes(), session);
        let left_s = expires_unix_s.map(|expires| expires.saturating_sub(now.unix_s).max(0));
        let left_s = left_s.and_then(|left| u32::try_from(left).ok()).unwrap_or(u32::MAX);
        Ok(NewSession { identity, token, lasts_s: self.limits.longest_s.min(left_s) })
    }

    /// Whose session this is; it is in use from now on.
    ///
    /// # Errors
    ///
    /// [`Reason::SessionEnded`] if there is none, or none any more.
    pub fn find(&mut self, token: &str, now: Now) -> Result<Found, Reason> {
        self.find_hash(Hash::of(token), now)
    }

    pub(crate) fn find_hash(&mut self, hash: Hash, now: Now) -> Result<Found, Reason> {
        let key = hash.bytes();
        let session = self.by_hash.get_mut(&key).ok_or(Reason::SessionEnded)?;
        if live(session, self.limits, now).is_err() {
            self.by_hash.remove(&key);
            return Err(Reason::SessionEnded);
        }
        session.used_ms = now.steady_ms;
        Ok(Found { identity: session.identity.clone(), opened_by: session.opened_by.clone() })
    }

    /// Ends a session. Whose it was, if there was one.
    pub fn close(&mut self, token: &str) -> Option<Identity> {
        self.close_hash(Hash::of(token))
    }

    pub(crate) fn close_hash(&mut self, hash: Hash) -> Option<Identity> {
        self.by_hash.remove(&hash.bytes()).map(|session| session.identity)
    }

    /// How many there are, ended ones that nobody has asked for included.
    pub fn len(&self) -> usize {
        self.by_hash.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_hash.is_empty()
    }

    fn make_room(&mut self, most: usize, counts: impl Fn(&Session) -> bool) {
        let mut ages: Vec<(u64, [u8; 32])> = self
            .by_hash
            .iter()
            .filter(|(_, session)| counts(session))
            .map(|(hash, session)| (session.opened_ms, *hash))
            .collect();
        ages.sort_unstable();
        let too_many = (ages.len() + 1).saturating_sub(most.max(1));
        for (_, hash) in ages.into_iter().take(too_many) {
            self.by_hash.remove(&hash);
        }
    }
}

fn live(session: &Session, limits: SessionLimits, now: Now) -> Result<(), Reason> {
    let since_s = |then: u64| now.steady_ms.saturating_sub(then) / 1000;
    let ended = since_s(session.used_ms) >= u64::from(limits.idle_s)
        || since_s(session.opened_ms) >= u64::from(limits.longest_s)
        || session.expires_unix_s.is_some_and(|expires| now.unix_s >= expires);
    if ended { Err(Reason::SessionEnded) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::role::Role;

    fn at_s(seconds: u32) -> Now {
        Now { unix_s: 1_700_000_000 + i64::from(seconds), steady_ms: u64::from(seconds) * 1000 }
    }

    fn who(name: &str) -> Identity {
        Identity::new(name, Role::Viewer, None, How::Key(name.to_owned())).unwrap()
    }

    fn sessions() -> Sessions {
        Sessions::new(SessionLimits { idle_s: 100, longest_s: 1000, most: 10, most_each: 4 })
    }

    #[test]
    fn opened_used_and_closed() {
        let mut sessions = sessions();
        let new = sessions.open(&who("a"), None, at_s(0)).unwrap();
        let token = new.token.expose();
        let found = sessions.find(token, at_s(1)).unwrap();
        assert_eq!(found.identity.how(), &How::Session);
        assert_eq!(found.opened_by, How::Key("a".to_owned()));
        assert_eq!(sessions.find("x", at_s(1)), Err(Reason::SessionEnded));
        assert_eq!(sessions.close(token).unwrap().name(), "a");
        assert_eq!(sessions.find(token, at_s(1)), Err(Reason::SessionEnded));
        assert_eq!(sessions.close(token), None);
    }

    #[test]
    fn ends_when_idle_and_in_the_end() {
        let mut sessions = sessions();
        let new = sessions.open(&who("a"), None, at_s(0)).unwrap();
        for second in (0..1000).step_by(99) {
            assert!(sessions.find(new.token.expose(), at_s(second)).is_ok(), "{second}");
        }
        assert_eq!(sessions.find(new.token.expose(), at_s(1000)), Err(Reason::SessionEnded));
        let idle = sessions.open(&who("a"), None, at_s(0)).unwrap();
        assert_eq!(sessions.find(idle.token.expose(), at_s(100)), Err(Reason::SessionEnded));
        assert!(sessions.is_empty());
    }

    #[test]
    fn ends_with_what_it_was_opened_with() {
        let mut sessions = sessions();
        let new = sessions.open(&who("a"), Some(at_s(50).unix_s), at_s(0)).unwrap();
        assert_eq!(new.lasts_s, 50);
        assert!(sessions.find(new.token.expose(), at_s(49)).is_ok());
        assert_eq!(sessions.find(new.token.expose(), at_s(50)), Err(Reason::SessionEnded));
    }

    #[test]
    fn a_clock_that_jumps_ends_no_session() {
        let mut sessions = sessions();
        let new = sessions.open(&who("a"), None, at_s(0)).unwrap();
        let jumped = Now { unix_s: at_s(0).unix_s + 7200, steady_ms: 1000 };
        assert!(sessions.find(new.token.expose(), jumped).is_ok());
    }

    #[test]
    fn the_oldest_gives_way_and_nobody_pushes_the_others_out() {
        let mut sessions = sessions();
        let other = sessions.open(&who("other"), None, at_s(0)).unwrap();
        let first = sessions.open(&who("greedy"), None, at_s(1)).unwrap();
        for second in 2..50 {
            sessions.open(&who("greedy"), None, at_s(second)).unwrap();
        }
        assert_eq!(sessions.len(), 5);
        assert!(sessions.find(other.token.expose(), at_s(50)).is_ok());
        assert!(sessions.find(first.token.expose(), at_s(50)).is_err());
        for number in 0..20 {
            sessions.open(&who(&format!("n{number}")), None, at_s(51)).unwrap();
        }
        assert_eq!(sessions.len(), 10);
        assert!(sessions.find(other.token.expose(), at_s(52)).is_err());
    }

    #[test]
    fn the_cookie() {
        let mut sessions = sessions();
        let new = sessions.open(&who("a"), None, at_s(0)).unwrap();
        let word = new.token.expose();
        let plain =
            format!("deconflict_session={word}; Path=/; HttpOnly; SameSite=Strict; Max-Age=1000");
        assert_eq!(new.cookie(false), plain);
        assert_eq!(new.cookie(true), format!("{plain}; Secure"));
        assert!(no_cookie(false).contains("Max-Age=0"));
        let header = format!("a=b; deconflict_session=short; x; {COOKIE}={word};y=z");
        assert_eq!(token_of_cookie(&header), Some(word));
        assert_eq!(token_of_cookie("deconflict_session=; =;;"), None);
        assert!(!format!("{sessions:?} {new:?}").contains(word));
    }
}

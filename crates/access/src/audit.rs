//! The record of who did what, as data. Whoever uses this crate stores it.

use crate::clock::Now;
use crate::identity::{How, Identity};
use crate::limit::{Buckets, neighbourhood};
use crate::reason::Reason;
use crate::role::Role;
use serde::Serialize;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// How long a log-in by the same key from the same address is not noted again.
const AGAIN_MS: u64 = 3_600_000;
/// How many pairs of key and address are remembered.
const MOST_SEEN: usize = 4096;
/// How many failures a minute are noted from one address, and from all.
const FAILURES_PER_MIN: u32 = 6;
const FAILURES_OF_ALL_PER_MIN: u32 = 120;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It was done.
    Done,
    /// It was not allowed.
    Refused,
    /// It was allowed, and did not succeed.
    Failed,
}

/// Somebody did something, or tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditEvent {
    /// When, in seconds since 1970.
    pub time_unix_s: i64,
    /// Who; none if that is not known.
    pub who: Option<String>,
    /// What they were.
    pub role: Option<Role>,
    /// How they had shown who they are.
    pub how: Option<How>,
    /// What they did: `log-in`, `acknowledge`, …
    pub action: String,
    /// To what.
    pub target: Option<String>,
    /// What came of it.
    pub outcome: Outcome,
    /// From which address.
    pub remote: Option<IpAddr>,
    /// More of it, in words.
    pub detail: Option<String>,
}

impl AuditEvent {
    /// Somebody did something.
    pub fn by(who: &Identity, action: &str, outcome: Outcome, now: Now) -> Self {
        Self {
            time_unix_s: now.unix_s,
            who: Some(who.name().to_owned()),
            role: Some(who.role()),
            how: Some(who.how().clone()),
            action: action.to_owned(),
            target: None,
            outcome,
            remote: None,
            detail: None,
        }
    }

    /// What it was done to.
    #[must_use]
    pub fn on(mut self, target: impl Into<String>) -> Self {
        self.target = Some(target.into());
        self
    }

    /// From where.
    #[must_use]
    pub fn from(mut self, remote: IpAddr) -> Self {
        self.remote = Some(remote);
        self
    }

    /// More of it.
    #[must_use]
    pub fn with(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

/// What is noted of log-ins: each key or bearer from each address once an hour, and
/// every failure, as long as there are not too many of them.
#[derive(Clone, Debug)]
pub struct LoginNotes {
    seen_ms: BTreeMap<(How, String, IpAddr), u64>,
    failures: Buckets<IpAddr>,
    all_failures: Buckets<()>,
    left_out: u64,
}

impl Default for LoginNotes {
    fn default() -> Self {
        Self::new()
    }
}

impl LoginNotes {
    /// Nobody has been seen yet.
    pub fn new() -> Self {
        let buckets = |per_min: u32| (f64::from(per_min) / 60.0, per_min);
        let (rate, burst) = buckets(FAILURES_PER_MIN);
        let (rate_of_all, burst_of_all) = buckets(FAILURES_OF_ALL_PER_MIN);
        Self {
            seen_ms: BTreeMap::new(),
            failures: Buckets::new(rate, burst, MOST_SEEN),
            all_failures: Buckets::new(rate_of_all, burst_of_all, 1),
            left_out: 0,
        }
    }

    /// Somebody has shown who they are: what is to be noted, if it is not noted already.
    pub fn log_in(&mut self, who: &Identity, remote: IpAddr, now: Now) -> Option<AuditEvent> {
        // A session was noted when it was opened.
        if matches!(who.how(), How::Session | How::Local) {
            return None;
        }
        let key = (who.how().clone(), who.name().to_owned(), remote);
        let recent = |then: u64| now.steady_ms.saturating_sub(then) < AGAIN_MS;
        if self.seen_ms.get(&key).is_some_and(|then| recent(*then)) {
            return None;
        }
        if self.seen_ms.len() >= MOST_SEEN {
            self.seen_ms.retain(|_, then| recent(*then));
        }
        if self.seen_ms.len() >= MOST_SEEN {
            // Rather noted twice than not at all.
            self.seen_ms.clear();
        }
        self.seen_ms.insert(key, now.steady_ms);
        Some(AuditEvent::by(who, "log-in", Outcome::Done, now).from(remote))
    }

    /// Somebody could not show who they are: what is to be noted. What is left out is
    /// counted, and told with the next that is not. `target` is the public id of the key.
    pub fn failure(
        &mut self,
        reason: Reason,
        target: Option<&str>,
        remote: IpAddr,
        now: Now,
    ) -> Option<AuditEvent> {
        let few = self.failures.take(&neighbourhood(remote), now).is_ok()
            && self.all_failures.take(&(), now).is_ok();
        if !few {
            self.left_out += 1;
            return None;
        }
        let detail = match std::mem::take(&mut self.left_out) {
            0 => reason.to_string(),
            more => format!("{reason} ({more} failures before it were not noted)"),
        };
        Some(AuditEvent {
            time_unix_s: now.unix_s,
            who: None,
            role: None,
            how: None,
            action: "log-in".to_owned(),
            target: target.map(str::to_owned),
            outcome: Outcome::Refused,
            remote: Some(remote),
            detail: Some(detail),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1));

    fn at(steady_ms: u64) -> Now {
        Now { unix_s: 1_700_000_000, steady_ms }
    }

    fn key(id: &str) -> Identity {
        Identity::new("tower", Role::Controller, None, How::Key(id.to_owned())).unwrap()
    }

    #[test]
    fn a_key_is_noted_once_an_hour_from_each_address() {
        let mut notes = LoginNotes::new();
        let note = notes.log_in(&key("a"), HERE, at(0)).unwrap();
        assert_eq!(
            serde_json::to_string(&note).unwrap(),
            r#"{"time_unix_s":1700000000,"who":"tower","role":"controller","how":"key a","action":"log-in","target":null,"outcome":"done","remote":"10.0.0.1","detail":null}"#
        );
        assert_eq!(notes.log_in(&key("a"), HERE, at(AGAIN_MS - 1)), None);
        assert!(notes.log_in(&key("b"), HERE, at(1)).is_some());
        assert!(notes.log_in(&key("a"), "10.0.0.2".parse().unwrap(), at(1)).is_some());
        assert!(notes.log_in(&key("a"), HERE, at(AGAIN_MS)).is_some());
        assert_eq!(notes.log_in(&key("a").by(How::Session), HERE, at(0)), None);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut notes = LoginNotes::new();
        for number in 0..10_000_u32 {
            assert!(notes.log_in(&key("a"), IpAddr::V4(number.into()), at(0)).is_some());
            assert!(notes.seen_ms.len() <= MOST_SEEN);
        }
    }

    #[test]
    fn failures_are_noted_until_they_are_too_many_and_then_counted() {
        let mut notes = LoginNotes::new();
        let mut fail = |ms| notes.failure(Reason::UnknownKey, Some("0123456789ab"), HERE, at(ms));
        for _ in 0..FAILURES_PER_MIN {
            let note = fail(0).unwrap();
            assert_eq!(note.outcome, Outcome::Refused);
            assert_eq!(note.detail.as_deref(), Some("the key is not known here"));
        }
        assert_eq!(fail(0), None);
        assert_eq!(fail(1), None);
        let detail = fail(10_000).unwrap().detail.unwrap();
        assert_eq!(detail, "the key is not known here (2 failures before it were not noted)");
    }

    #[test]
    fn many_addresses_do_not_fill_the_record() {
        let mut notes = LoginNotes::new();
        let noted = (0..1000_u32).filter(|number| {
            notes.failure(Reason::Expired, None, IpAddr::V4((*number).into()), at(0)).is_some()
        });
        assert_eq!(noted.count(), 120);
    }
}

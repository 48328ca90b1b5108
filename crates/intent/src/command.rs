//! What a USS asks for, and the answer.

use crate::airspace::Draft;
use crate::extent::{Extent, Limits};
use crate::instances::Beat;
use crate::refusal::{Refusal, bad};
use crate::remembered::Keep;
use crate::row::Answered;
use crate::{constraints, instances, intents, others, subscriptions, tell, wire};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use deconflict_core::Time;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;

/// Scopes of the standard.
pub mod scope {
    /// Operational intents.
    pub const STRATEGIC_COORDINATION: &str = "utm.strategic_coordination";
    /// Writing constraints.
    pub const CONSTRAINT_MANAGEMENT: &str = "utm.constraint_management";
    /// Reading constraints.
    pub const CONSTRAINT_PROCESSING: &str = "utm.constraint_processing";
    /// Operational intents that do not conform.
    pub const CONFORMANCE_MONITORING_SA: &str = "utm.conformance_monitoring_sa";
    /// Saying who is there.
    pub const AVAILABILITY_ARBITRATION: &str = "utm.availability_arbitration";
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The subject of its token.
    pub uss: Arc<str>,
    /// What the token allows.
    pub scopes: Vec<String>,
}

impl Caller {
    /// Whether the token allows it.
    pub fn may(&self, scope: &str) -> bool {
        self.scopes.iter().any(|s| s == scope)
    }

    pub(crate) fn must(&self, scope: &str, why: &str) -> Result<(), Refusal> {
        if self.may(scope) {
            return Ok(());
        }
        Err(Refusal::Forbidden(format!("the scope {scope} is needed {why}")))
    }
}

/// What is there before a change: only its manager changes it, and only if they know it as it is.
pub(crate) struct Current<'a> {
    /// What it is, in words.
    pub(crate) what: &'static str,
    pub(crate) id: Uuid,
    pub(crate) manager: &'a str,
    /// The version that a change has to name.
    pub(crate) version: &'a str,
}

impl Current<'_> {
    /// Whether a change that names `version` (nothing, if it means to create) is allowed.
    pub(crate) fn check(&self, caller: &Caller, version: &str) -> Result<(), Refusal> {
        let Current { what, id, .. } = self;
        if self.manager != &*caller.uss {
            return Err(Refusal::Forbidden(format!("the {what} is another's")));
        }
        if self.version != version {
            return Err(Refusal::Conflict(if version.is_empty() {
                format!("the {what} {id} exists already")
            } else {
                format!("the {what} {id} has changed, that version is not current")
            }));
        }
        Ok(())
    }
}

/// A write.
#[derive(Clone, Debug, PartialEq)]
pub enum Write {
    /// Creates an operational intent, or changes the one with that version number.
    PutIntent {
        /// Its id.
        id: Uuid,
        /// The version number that the writer knows.
        ovn: Option<String>,
        /// What it shall be.
        params: wire::PutIntent,
    },
    /// Takes one out.
    DeleteIntent {
        /// Its id.
        id: Uuid,
        /// The version number that the writer knows.
        ovn: String,
    },
    /// Creates a constraint, or changes the one with that version number.
    PutConstraint {
        /// Its id.
        id: Uuid,
        /// The version number that the writer knows.
        ovn: Option<String>,
        /// What it shall be.
        params: wire::PutConstraint,
    },
    /// Takes one out.
    DeleteConstraint {
        /// Its id.
        id: Uuid,
        /// The version number that the writer knows.
        ovn: String,
    },
    /// Creates a subscription, or changes the one with that version.
    PutSubscription {
        /// Its id.
        id: Uuid,
        /// The version that the writer knows.
        version: Option<String>,
        /// What it shall be.
        params: wire::PutSubscription,
    },
    /// Takes one out.
    DeleteSubscription {
        /// Its id.
        id: Uuid,
        /// The version that the writer knows.
        version: String,
    },
    /// Says whether a USS is there.
    SetAvailability {
        /// Which one.
        uss: String,
        /// What is said.
        params: wire::PutAvailability,
    },
    /// A sign of life of an instance of the pool.
    Beat(Beat),
    /// Keeps a report of a failed exchange.
    Report {
        /// What was sent.
        body: Value,
    },
}

/// A read.
#[derive(Clone, Debug, PartialEq)]
pub enum Read {
    /// One operational intent.
    Intent(Uuid),
    /// Those in a region.
    Intents(wire::Query),
    /// One constraint.
    Constraint(Uuid),
    /// Those in a region.
    Constraints(wire::Query),
    /// One subscription.
    Subscription(Uuid),
    /// The caller's in a region.
    Subscriptions(wire::Query),
    /// Whether a USS is there.
    Availability(String),
    /// The instances of the pool.
    Instances,
}

/// What a decision may use besides what is known: nothing of it comes from a clock or a
/// random source of the decision's own.
#[derive(Clone, Debug)]
pub struct Circumstances {
    /// When the request came in.
    pub now: Time,
    /// Never the same twice: version numbers and ids are made of it.
    pub nonce: [u8; 16],
    /// What one request may ask for.
    pub limits: Limits,
    /// Whether addresses without TLS are taken (in tests).
    pub allow_http: bool,
}

impl Circumstances {
    /// An opaque version number: 43 letters that cannot be guessed and never come twice.
    pub(crate) fn version(&self, id: &str) -> String {
        URL_SAFE_NO_PAD.encode(self.digest(id))
    }

    /// An id of version 4 that depends on nonce and name only.
    pub(crate) fn id(&self, name: &str) -> Uuid {
        let digest = self.digest(name);
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&digest[..16]);
        uuid::Builder::from_random_bytes(bytes).into_uuid()
    }

    fn digest(&self, name: &str) -> [u8; 32] {
        Sha256::new().chain_update(self.nonce).chain_update(name.as_bytes()).finalize().into()
    }

    /// An address at which a USS can be reached.
    pub(crate) fn address(&self, url: &str, field: &str) -> Result<String, Refusal> {
        let secure = url.starts_with("https://");
        if !(secure || self.allow_http && url.starts_with("http://")) {
            return Err(bad(format!(
                "{field} must begin with https://{}",
                if self.allow_http { " or http://" } else { "" }
            )));
        }
        let host = url.split_once("://").map_or("", |(_, rest)| rest);
        if host.is_empty() || host.starts_with('/') || url.len() > 2_048 {
            return Err(bad(format!("{field} names no host")));
        }
        if url.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(bad(format!("{field} has white space in it")));
        }
        Ok(url.to_owned())
    }
}

/// A write with a key of its client's choice: done once, however often it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Idempotency {
    /// The key, unique for its client.
    pub key: String,
    /// Of method, path and body.
    pub fingerprint: String,
    /// How much is remembered, and for how long.
    pub keep: Keep,
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The status of HTTP.
    pub status: u16,
    /// The body, JSON.
    pub body: String,
}

impl Answer {
    fn of(outcome: Outcome) -> Answer {
        outcome.unwrap_or_else(|refusal| Answer { status: refusal.status(), body: refusal.body() })
    }

    /// An object of named parts, each JSON already.
    pub(crate) fn new<const N: usize>(status: u16, parts: [(&str, String); N]) -> Answer {
        Answer { status, body: tell::object(parts) }
    }
}

/// What became of a request.
pub(crate) type Outcome = Result<Answer, Refusal>;

/// Decides a write. The draft holds the changes afterwards; a refusal makes none.
pub fn write(
    draft: &mut Draft<'_>,
    caller: &Caller,
    given: &Circumstances,
    idempotency: Option<&Idempotency>,
    request: &Write,
) -> Answer {
    // With its length, or a name and a key with spaces in them could be those of somebody else.
    let remembered =
        idempotency.map(|i| (i, format!("{} {} {}", caller.uss.len(), caller.uss, i.key)));
    if let Some((wanted, key)) = &remembered
        && let Some(before) = draft.answered(key)
        && before.until_ns >= given.now.as_nanos()
    {
        if before.fingerprint == wanted.fingerprint {
            return Answer { status: before.status, body: before.body.clone() };
        }
        let words = "this Idempotency-Key was used for another request; take a new one for each";
        return Answer::of(Err(bad(words)));
    }
    let outcome = match request {
        Write::PutIntent { id, ovn, params } => {
            intents::put(draft, caller, given, *id, ovn.as_deref(), params)
        }
        Write::DeleteIntent { id, ovn } => intents::delete(draft, caller, *id, ovn),
        Write::PutConstraint { id, ovn, params } => {
            constraints::put(draft, caller, given, *id, ovn.as_deref(), params)
        }
        Write::DeleteConstraint { id, ovn } => constraints::delete(draft, caller, *id, ovn),
        Write::PutSubscription { id, version, params } => {
            subscriptions::put(draft, caller, given, *id, version.as_deref(), params)
        }
        Write::DeleteSubscription { id, version } => {
            subscriptions::delete(draft, caller, *id, version)
        }
        Write::SetAvailability { uss, params } => {
            others::set_availability(draft, given, uss, params)
        }
        Write::Beat(beat) => instances::beat(draft, caller, given, beat),
        Write::Report { body } => others::report(draft, caller, given, body),
    };
    let succeeded = outcome.is_ok();
    let answer = Answer::of(outcome);
    // A refusal changed nothing: sent again, it is decided again.
    if let Some((wanted, key)) = remembered
        && succeeded
    {
        let answered = Answered {
            key,
            client: caller.uss.to_string(),
            fingerprint: wanted.fingerprint.clone(),
            status: answer.status,
            body: answer.body.clone(),
            until_ns: given.now.plus_s(wanted.keep.seconds).as_nanos(),
        };
        draft.remember(answered, &wanted.keep);
    }
    answer
}

/// Answers a read.
pub fn read(draft: &Draft<'_>, caller: &Caller, given: &Circumstances, request: &Read) -> Answer {
    Answer::of(match request {
        Read::Intent(id) => intents::get(draft, caller, *id),
        Read::Intents(query) => intents::query(draft, caller, given, query),
        Read::Constraint(id) => constraints::get(draft, caller, *id),
        Read::Constraints(query) => constraints::query(draft, caller, given, query),
        Read::Subscription(id) => subscriptions::get(draft, caller, *id),
        Read::Subscriptions(query) => subscriptions::query(draft, caller, given, query),
        Read::Availability(uss) => Ok(others::availability(draft, uss)),
        Read::Instances => Ok(instances::list(draft)),
    })
}

/// The region of a query.
pub(crate) fn area(query: &wire::Query, limits: &Limits) -> Result<Extent, Refusal> {
    let area = query.area_of_interest.as_ref().ok_or_else(|| bad("area_of_interest is missing"))?;
    Extent::from_area(area, limits).map_err(|refusal| match refusal {
        Refusal::Bad(message) => Refusal::Bad(format!("area_of_interest.{message}")),
        Refusal::TooLarge(message) => Refusal::TooLarge(format!("area_of_interest.{message}")),
        other => other,
    })
}

//! What the service remembers, and how it is written to a store.

use crate::extent::Extent;
use crate::stored::{StoredEntity, StoredExtent};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use uuid::Uuid;

/// The state of an operational intent, as far as others are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum IntentState {
    /// Planned and shared.
    Accepted,
    /// In use.
    Activated,
    /// Outside its volumes for a while.
    Nonconforming,
    /// Will not conform again.
    Contingent,
}

impl IntentState {
    /// As the standard writes it.
    pub fn name(self) -> &'static str {
        match self {
            IntentState::Accepted => "Accepted",
            IntentState::Activated => "Activated",
            IntentState::Nonconforming => "Nonconforming",
            IntentState::Contingent => "Contingent",
        }
    }

    /// From what the standard writes.
    pub fn from_name(name: &str) -> Option<IntentState> {
        [
            IntentState::Accepted,
            IntentState::Activated,
            IntentState::Nonconforming,
            IntentState::Contingent,
        ]
        .into_iter()
        .find(|s| s.name() == name)
    }

    /// Whether it is flown as planned. Only then must its writer know of all others: what
    /// is adjusted as flown cannot necessarily deconflict.
    pub fn is_nominal(self) -> bool {
        matches!(self, IntentState::Accepted | IntentState::Activated)
    }
}

/// Whether a USS is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Presence {
    /// Nobody has said anything.
    #[default]
    Unknown,
    /// It answers.
    Normal,
    /// It does not.
    Down,
}

impl Presence {
    /// As the standard writes it.
    pub fn name(self) -> &'static str {
        match self {
            Presence::Unknown => "Unknown",
            Presence::Normal => "Normal",
            Presence::Down => "Down",
        }
    }
}

/// The reference of an operational intent.
#[derive(Clone, Debug, PartialEq)]
pub struct Intent {
    /// Its id.
    pub id: Uuid,
    /// Whose it is: the subject of the token that created it.
    pub manager: Arc<str>,
    /// Its state.
    pub state: IntentState,
    /// Counts the changes, from 1.
    pub version: i32,
    /// Its opaque version number.
    pub ovn: String,
    /// Where the details are to be had.
    pub base_url: String,
    /// The subscription that it hangs on.
    pub subscription: Option<Uuid>,
    /// Space and time.
    pub extent: Extent,
    /// How it is told.
    pub told: Told,
}

/// How a row is told, written when it is first asked for: a region is asked for far more often
/// than it changes. It follows from the row, so it is equal wherever the rows are.
#[derive(Debug, Default)]
pub struct Told(pub(crate) OnceLock<Box<str>>);

impl Clone for Told {
    fn clone(&self) -> Told {
        Told::default()
    }
}

impl PartialEq for Told {
    fn eq(&self, _: &Told) -> bool {
        true
    }
}

/// The reference of a constraint.
#[derive(Clone, Debug, PartialEq)]
pub struct Constraint {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub manager: Arc<str>,
    /// Counts the changes, from 1.
    pub version: i32,
    /// Its opaque version number.
    pub ovn: String,
    /// Where the details are to be had.
    pub base_url: String,
    /// Space and time.
    pub extent: Extent,
}

/// A subscription.
#[derive(Clone, Debug, PartialEq)]
pub struct Subscription {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub manager: Arc<str>,
    /// Changes with every change that its manager makes.
    pub version: String,
    /// Counts what its manager had to be told.
    pub index: i32,
    /// Where to send notifications.
    pub base_url: String,
    /// Whether operational intents are told.
    pub for_intents: bool,
    /// Whether constraints are told.
    pub for_constraints: bool,
    /// Whether it came with an operational intent, and goes with the last of them.
    pub implicit: bool,
    /// Space and time.
    pub extent: Extent,
}

/// Whether a USS is there, as an arbiter has said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Availability {
    /// Which one.
    pub uss: String,
    /// What was said.
    pub presence: Presence,
    /// Changes with every change.
    pub version: String,
}

/// What was answered to a write that carries a key of its client: said again if it asks again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// Client and key.
    pub key: String,
    /// Whose it is.
    #[serde(default)]
    pub client: String,
    /// Of the request; another request under the same key is an error.
    pub fingerprint: String,
    /// The status that was given.
    pub status: u16,
    /// The body that was given.
    pub body: String,
    /// Until when it is remembered.
    pub until_ns: i64,
}

/// A version number that its client chose. It is never given again: a key that holds it would seem to
/// know what it has not seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    /// The version number.
    pub ovn: String,
    /// From then on it cannot be asked for any more.
    pub until_ns: i64,
}

/// An instance of the pool.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// What it is called.
    pub locality: String,
    /// Where it can be reached, if it said so.
    #[serde(default)]
    pub public_endpoint: Option<String>,
    /// The last sign of life.
    pub heartbeat: Heartbeat,
}

/// A sign of life.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heartbeat {
    /// When.
    pub timestamp_ns: i64,
    /// The client that reported it, if one did.
    #[serde(default)]
    pub reporter: Option<String>,
    /// What caused it.
    pub source: String,
    /// Counts those of the instance, from 0.
    pub index: i64,
    /// When the next is due.
    #[serde(default)]
    pub next_ns: Option<i64>,
}

/// A report of a failed exchange, kept for those who investigate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its id.
    pub id: Uuid,
    /// Who reported.
    pub reporter: String,
    /// When it came in.
    pub received_ns: i64,
    /// What was sent.
    pub body: String,
}

/// Anything that is remembered.
#[derive(Clone, Debug, PartialEq)]
pub enum Row {
    /// A reference.
    Intent(Arc<Intent>),
    /// A reference.
    Constraint(Arc<Constraint>),
    /// A subscription.
    Subscription(Arc<Subscription>),
    /// Whether a USS is there.
    Availability(Arc<Availability>),
    /// An answer that was given.
    Answered(Arc<Answered>),
    /// A version number that is used up.
    Spent(Arc<Spent>),
    /// An instance of the pool.
    Instance(Arc<Instance>),
    /// A report. It is written, and not held in memory.
    Report(Arc<Report>),
}

/// The kinds of rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// [`Intent`]
    Intent,
    /// [`Constraint`]
    Constraint,
    /// [`Subscription`]
    Subscription,
    /// [`Availability`]
    Availability,
    /// [`Answered`]
    Answered,
    /// [`Spent`]
    Spent,
    /// [`Instance`]
    Instance,
    /// [`Report`]
    Report,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 8] = [
        Kind::Intent,
        Kind::Constraint,
        Kind::Subscription,
        Kind::Availability,
        Kind::Answered,
        Kind::Spent,
        Kind::Instance,
        Kind::Report,
    ];

    /// Its name in a store.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Intent => "intent",
            Kind::Constraint => "constraint",
            Kind::Subscription => "subscription",
            Kind::Availability => "availability",
            Kind::Answered => "answered",
            Kind::Spent => "spent",
            Kind::Instance => "instance",
            Kind::Report => "report",
        }
    }

    /// From its name in a store.
    pub fn from_name(name: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|k| k.name() == name)
    }
}

/// What a row is called.
pub type Key = (Kind, String);

/// A row that a store holds and that cannot be read: written by another version, or damaged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {id}: {reason}")]
pub struct Unreadable {
    /// The kind of the row.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Row {
    /// What it is called.
    pub fn key(&self) -> Key {
        match self {
            Row::Intent(r) => (Kind::Intent, r.id.to_string()),
            Row::Constraint(r) => (Kind::Constraint, r.id.to_string()),
            Row::Subscription(r) => (Kind::Subscription, r.id.to_string()),
            Row::Availability(r) => (Kind::Availability, r.uss.clone()),
            Row::Answered(r) => (Kind::Answered, r.key.clone()),
            Row::Spent(r) => (Kind::Spent, r.ovn.clone()),
            Row::Instance(r) => (Kind::Instance, r.locality.clone()),
            Row::Report(r) => (Kind::Report, r.id.to_string()),
        }
    }

    /// As a store keeps it: JSON with short names, stable over versions.
    pub fn encode(&self) -> String {
        let value = match self {
            Row::Intent(r) => serde_json::to_string(&StoredEntity {
                manager: Cow::Borrowed(&r.manager),
                state: Some(r.state),
                version: Some(r.version),
                tag: Cow::Borrowed(&r.ovn),
                url: Cow::Borrowed(&r.base_url),
                subscription: r.subscription,
                flags: None,
                index: None,
                space: StoredExtent::from(&r.extent),
            }),
            Row::Constraint(r) => serde_json::to_string(&StoredEntity {
                manager: Cow::Borrowed(&r.manager),
                state: None,
                version: Some(r.version),
                tag: Cow::Borrowed(&r.ovn),
                url: Cow::Borrowed(&r.base_url),
                subscription: None,
                flags: None,
                index: None,
                space: StoredExtent::from(&r.extent),
            }),
            Row::Subscription(r) => serde_json::to_string(&StoredEntity {
                manager: Cow::Borrowed(&r.manager),
                state: None,
                version: None,
                tag: Cow::Borrowed(&r.version),
                url: Cow::Borrowed(&r.base_url),
                subscription: None,
                flags: Some([r.for_intents, r.for_constraints, r.implicit]),
                index: Some(r.index),
                space: StoredExtent::from(&r.extent),
            }),
            Row::Availability(r) => serde_json::to_string(&**r),
            Row::Answered(r) => serde_json::to_string(&**r),
            Row::Spent(r) => serde_json::to_string(&**r),
            Row::Instance(r) => serde_json::to_string(&**r),
            Row::Report(r) => serde_json::to_string(&**r),
        };
        // Maps with keys that are no text are the only values that JSON does not take.
        value.unwrap_or_default()
    }

    /// From what a store keeps.
    ///
    /// # Errors
    /// [`Unreadable`], with what is wrong.
    pub fn decode(kind: Kind, id: &str, body: &str) -> Result<Row, Unreadable> {
        let wrong = |reason: String| Unreadable { kind: kind.name(), id: id.to_owned(), reason };
        let json = |e: serde_json::Error| wrong(e.to_string());
        Ok(match kind {
            Kind::Availability => {
                Row::Availability(Arc::new(serde_json::from_str(body).map_err(json)?))
            }
            Kind::Answered => Row::Answered(Arc::new(serde_json::from_str(body).map_err(json)?)),
            Kind::Spent => Row::Spent(Arc::new(serde_json::from_str(body).map_err(json)?)),
            Kind::Instance => Row::Instance(Arc::new(serde_json::from_str(body).map_err(json)?)),
            Kind::Report => Row::Report(Arc::new(serde_json::from_str(body).map_err(json)?)),
            Kind::Intent | Kind::Constraint | Kind::Subscription => {
                let stored: StoredEntity<'_> = serde_json::from_str(body).map_err(json)?;
                let id = Uuid::parse_str(id).map_err(|e| wrong(e.to_string()))?;
                let extent = Extent::try_from(stored.space).map_err(wrong)?;
                let missing = |name: &str| wrong(format!("{name} is missing"));
                let (manager, tag) = (Arc::from(&*stored.manager), stored.tag.into_owned());
                let base_url = stored.url.into_owned();
                match kind {
                    Kind::Intent => Row::Intent(Arc::new(Intent {
                        id,
                        manager,
                        state: stored.state.ok_or_else(|| missing("s"))?,
                        version: stored.version.ok_or_else(|| missing("v"))?,
                        ovn: tag,
                        base_url,
                        subscription: stored.subscription,
                        extent,
                        told: Told::default(),
                    })),
                    Kind::Constraint => Row::Constraint(Arc::new(Constraint {
                        id,
                        manager,
                        version: stored.version.ok_or_else(|| missing("v"))?,
                        ovn: tag,
                        base_url,
                        extent,
                    })),
                    _ => {
                        let [for_intents, for_constraints, implicit] =
                            stored.flags.ok_or_else(|| missing("f"))?;
                        Row::Subscription(Arc::new(Subscription {
                            id,
                            manager,
                            version: tag,
                            index: stored.index.ok_or_else(|| missing("n"))?,
                            base_url,
                            for_intents,
                            for_constraints,
                            implicit,
                            extent,
                        }))
                    }
                }
            }
        })
    }
}

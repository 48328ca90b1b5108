//! What is filed, what is known of others, and what the service around this gives.

use deconflict_core::altitude::VerticalContext;
use deconflict_core::{Altitude, GeoPoint, Time, Volume4d};
use deconflict_intent::wire::ErrorReport;
use deconflict_intent::{IntentState, Presence};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {problem}")]
pub struct SettingsError {
    /// The setting.
    pub key: &'static str,
    /// What is wrong, and what to do.
    pub problem: String,
}

/// Something of ours that is to be at the DSS.
#[derive(Clone, Debug, PartialEq)]
pub struct Own {
    /// Its id.
    pub id: Uuid,
    /// What it is.
    pub what: What,
    /// Where and when it is. Both times and both altitudes are needed; altitudes over something else than the
    /// ellipsoid are converted and widened, see [`Host::vertical`].
    pub volumes: Vec<Volume4d>,
    /// Where the aircraft may be while it does not conform: in the states Nonconforming and Contingent only.
    pub off_nominal: Vec<Volume4d>,
    /// The version number that [`Uss::file`](crate::Uss::file) gave for exactly this, where that was kept: only
    /// [`Uss::align`](crate::Uss::align) looks at it.
    pub ovn: Option<String>,
}

/// What something of ours is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// An operational intent.
    Intent {
        /// Its state. A new one begins as Accepted at the DSS, whatever it becomes at once.
        state: IntentState,
        /// Its priority.
        priority: i32,
    },
    /// A constraint.
    Constraint {
        /// Its type, such as `com.example.non_utm_aircraft_operations`.
        kind: String,
    },
}

/// Something of a peer.
#[derive(Clone, Debug, PartialEq)]
pub struct Peer {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub manager: String,
    /// Where the details are to be had; empty where only a notification has told of it.
    pub base_url: String,
    /// Counts the changes.
    pub version: i32,
    /// Its opaque version number, if its manager has told it.
    pub ovn: Option<String>,
    /// What it is.
    pub what: PeerWhat,
    /// Whether its manager is there, as the DSS has it.
    pub uss_availability: Presence,
    /// Where it is. If the details were not to be had: all of the place that was asked for, between
    /// the times of the reference, with altitudes open.
    pub volumes: Vec<Volume4d>,
    /// Where its aircraft may be while it does not conform.
    pub off_nominal: Vec<Volume4d>,
    /// From when.
    pub start: Time,
    /// Until when.
    pub end: Time,
    /// Whether the details are known.
    pub details: Details,
}

/// What something of a peer is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PeerWhat {
    /// An operational intent.
    Intent {
        /// Its state.
        state: IntentState,
        /// Its priority. If the details were not to be had: the lowest, `i32::MIN`, if its manager is
        /// down and it was only accepted, otherwise the highest, `i32::MAX`.
        priority: i32,
    },
    /// A constraint.
    Constraint {
        /// Its type, if it was told.
        kind: Option<String>,
    },
}

/// Whether the details of a peer's entity are known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Details {
    /// They are as its manager told them.
    Known,
    /// They were not to be had, for this reason. The rest is assumed.
    NotHad(String),
}

/// All that is known of peers.
#[derive(Clone, Debug, PartialEq)]
pub struct Peers {
    /// By id.
    pub all: BTreeMap<Uuid, Arc<Peer>>,
    /// When the DSS last said what is in the watched regions; [`Time::MIN`] if it never has.
    pub known_at: Time,
    /// Why the knowledge may be old or not whole.
    pub trouble: Option<String>,
}

impl Default for Peers {
    fn default() -> Peers {
        Peers { all: BTreeMap::new(), known_at: Time::MIN, trouble: None }
    }
}

/// Something of ours as it is at the DSS.
#[derive(Clone, Debug, PartialEq)]
pub struct Filed {
    /// Its id.
    pub id: Uuid,
    /// Counts the changes.
    pub version: i32,
    /// Its version number.
    pub ovn: String,
    /// What of others was known when it was filed.
    pub peers: Vec<Arc<Peer>>,
    /// How many subscribers have been told.
    pub told: usize,
    /// Who has not answered yet, with the reason; they are told again in the background.
    pub not_told: Vec<String>,
}

/// Why something of ours is not at the DSS as it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFiled {
    /// It cannot be told: what is wrong with it.
    #[error("it cannot be told to others: {0}")]
    Unfit(String),
    /// The caller's own check says no.
    #[error("{0}")]
    NotFree(String),
    /// A peer does not give the details of what is there, so that nobody knows whether it is free.
    #[error("{manager} does not tell what its {id} is: {reason}")]
    PeerAway {
        /// Whose it is.
        manager: String,
        /// Which.
        id: Uuid,
        /// Why it is not known.
        reason: String,
    },
    /// Others changed what is there more often than was asked again.
    #[error("others keep changing what is there: asked {0} times, try again")]
    Restless(u32),
    /// The DSS refuses it.
    #[error("the DSS refuses it: {0}")]
    Refused(String),
    /// The DSS or the authorisation server is away. Nothing was changed.
    #[error("{0}; nothing was changed")]
    Away(String),
    /// The answer to a write was lost, and it could not be found out whether it was done. That is found out
    /// before anything else is done to the same id.
    #[error("{0}; whether it was done is not known")]
    InDoubt(String),
}

/// What [`Uss::align`](crate::Uss::align) found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aligned {
    /// Those that are at the DSS as wanted: they are told to whoever asks from now on.
    pub adopted: Vec<Uuid>,
    /// Those that are to be filed, as they are not there, or not like this.
    pub to_file: Vec<Uuid>,
    /// Those that nobody wants any more, and that were taken out.
    pub removed: Vec<Uuid>,
    /// What could not be found out or done.
    pub trouble: Vec<String>,
}

/// Where an aircraft is that does not conform.
#[derive(Clone, Debug, PartialEq)]
pub struct Telemetry {
    /// When that was measured.
    pub measured: Time,
    /// The position.
    pub position: Option<GeoPoint>,
    /// The altitude.
    pub altitude: Option<Altitude>,
    /// Standard deviation of the position, metres; unknown stays unknown.
    pub horizontal_sigma_m: Option<f64>,
    /// Standard deviation of the altitude, metres.
    pub vertical_sigma_m: Option<f64>,
    /// Whether it was computed and not measured.
    pub extrapolated: bool,
    /// Ground speed.
    pub ground_speed_mps: Option<f64>,
    /// Direction over ground, from true north.
    pub track_rad: Option<f64>,
    /// Before when asking again is of no use.
    pub next: Option<Time>,
}

/// What the service around this gives.
pub trait Host: Send + Sync + 'static {
    /// The time.
    fn now(&self) -> Time;
    /// Where the aircraft of an own operational intent is. Asked only in the states Nonconforming and
    /// Contingent.
    fn telemetry(&self, id: Uuid) -> Option<Telemetry>;
    /// Something is known of peers that was not. Never called under a lock.
    fn peers_changed(&self, peers: &Arc<Peers>);
    /// A peer reports a failed exchange: to be kept.
    fn reported(&self, by: &str, report: ErrorReport);
    /// A write that was [in doubt](NotFiled::InDoubt) has been found out: whether it was done. Asked for in
    /// the background only; who files or withdraws again learns it from that.
    fn settled(&self, id: Uuid, done: bool) {
        let _ = (id, done);
    }
    /// What is known of atmosphere, geoid and terrain at a place.
    fn vertical(&self, near: GeoPoint) -> VerticalContext {
        let _ = near;
        VerticalContext::default()
    }
}

impl fmt::Debug for dyn Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Host")
    }
}

//! How an output is.

use deconflict_core::Time;
use deconflict_picture::Stamp;
use serde::Serialize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;
use utoipa::ToSchema;

/// Whether an output gets through.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Condition {
    /// It has had nothing to send yet.
    Starting,
    /// It gets through.
    Working,
    /// It does not, and goes on trying.
    Failing,
    /// It has given up, or has been stopped.
    Stopped,
}

impl Condition {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Condition::Starting => "starting",
            Condition::Working => "working",
            Condition::Failing => "failing",
            Condition::Stopped => "stopped",
        }
    }
}

/// An output and how it is, for the interface and the metrics.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Status {
    /// Its name.
    pub name: String,
    /// Its protocol: `webhook`, `cot`.
    pub kind: &'static str,
    /// Whose view it sends: `everything`, or the name of a party.
    pub viewer: String,
    /// Where it sends to, without anything secret.
    pub to: String,
    /// Whether it gets through.
    pub state: Condition,
    /// Since when, by the clock of this machine.
    #[schema(value_type = String, format = DateTime)]
    pub since: Stamp,
    /// Messages that were delivered, or handed to the network where nothing is acknowledged.
    pub sent: u64,
    /// Attempts that failed.
    pub failed: u64,
    /// Messages that were given up.
    pub dropped: u64,
    /// Pictures and states that a newer one replaced before they were sent: no loss.
    pub superseded: u64,
    /// Messages that wait.
    pub queued: u64,
    /// Clients connected, where clients connect to it.
    pub clients: Option<u64>,
    /// What last went wrong, in words.
    pub last_error: Option<String>,
    /// When that was.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_error_at: Option<Stamp>,
}

/// The counters of one output, shared by all who write them.
#[derive(Clone, Debug)]
pub struct Tally {
    status: Arc<Mutex<Status>>,
}

/// This machine's clock.
pub(crate) fn clock() -> Stamp {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let millis = since_1970.map_or(0, |d| i64::try_from(d.as_millis()).unwrap_or(i64::MAX));
    Stamp(Time::from_millis(millis))
}

impl Tally {
    /// Counters at zero.
    pub fn new(name: &str, kind: &'static str, viewer: &str, to: &str) -> Tally {
        let status = Status {
            name: name.to_owned(),
            kind,
            viewer: viewer.to_owned(),
            to: to.to_owned(),
            state: Condition::Starting,
            since: clock(),
            sent: 0,
            failed: 0,
            dropped: 0,
            superseded: 0,
            queued: 0,
            clients: None,
            last_error: None,
            last_error_at: None,
        };
        Tally { status: Arc::new(Mutex::new(status)) }
    }

    fn lock(&self) -> MutexGuard<'_, Status> {
        self.status.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How it is now.
    pub fn status(&self) -> Status {
        self.lock().clone()
    }

    fn turn(status: &mut Status, state: Condition) -> bool {
        let changed = status.state != state;
        if changed {
            (status.state, status.since) = (state, clock());
        }
        changed
    }

    /// Messages got through; or would, if there were any.
    pub fn sent(&self, messages: u64) {
        let mut status = self.lock();
        status.sent += messages;
        if Self::turn(&mut status, Condition::Working) {
            tracing::info!(output = status.name, to = status.to, "the output gets through");
        }
    }

    /// An attempt failed, and will be made again.
    pub fn failed(&self, why: &str) {
        let mut status = self.lock();
        status.failed += 1;
        Self::remember(&mut status, why);
        if Self::turn(&mut status, Condition::Failing) {
            tracing::warn!(output = status.name, to = status.to, why, "the output fails");
        } else {
            tracing::debug!(output = status.name, why, "the output still fails");
        }
    }

    /// Messages were given up.
    pub fn dropped(&self, messages: u64, why: &str) {
        if messages == 0 {
            return;
        }
        let mut status = self.lock();
        status.dropped += messages;
        Self::remember(&mut status, why);
        tracing::error!(output = status.name, messages, why, "the output loses messages");
    }

    /// Something went wrong that neither stops nor delays the output.
    pub fn mishap(&self, why: &str) {
        let mut status = self.lock();
        Self::remember(&mut status, why);
        tracing::warn!(output = status.name, why, "output");
    }

    /// It sends no more.
    pub fn stopped(&self, why: &str) {
        let mut status = self.lock();
        Self::remember(&mut status, why);
        if Self::turn(&mut status, Condition::Stopped) {
            tracing::error!(output = status.name, to = status.to, why, "the output has stopped");
        }
    }

    /// It was asked to end.
    pub(crate) fn ended(&self) {
        Self::turn(&mut self.lock(), Condition::Stopped);
    }

    fn remember(status: &mut Status, why: &str) {
        status.last_error = Some(why.to_owned());
        status.last_error_at = Some(clock());
    }

    /// Something was replaced by something newer.
    pub fn superseded(&self, messages: u64) {
        self.lock().superseded += messages;
    }

    /// So many messages wait.
    pub fn queued(&self, messages: usize) {
        self.lock().queued = messages as u64;
    }

    /// Where it sends to, if that is known better now.
    pub fn to(&self, to: &str) {
        to.clone_into(&mut self.lock().to);
    }

    /// So many clients are connected.
    pub fn clients(&self, clients: usize) {
        let mut status = self.lock();
        status.clients = Some(clients as u64);
        // A server without clients has nothing to do, and does it.
        Self::turn(&mut status, Condition::Working);
    }
}

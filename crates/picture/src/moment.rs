//! One moment of the picture, and what has come of the input before it.

use crate::alert::Alert;
use crate::conformance::Conformances;
use crate::feed::Feed;
use crate::track::Track;
use crate::warning::Warning;
use deconflict_core::Time;
use serde::Serialize;
use std::sync::Arc;

/// How loudly to say something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NoteLevel {
    /// For the record.
    Info,
    /// Somebody should look.
    Warning,
}

/// Something worth knowing that is no alert.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// When.
    pub time: Time,
    /// How loudly.
    pub level: NoteLevel,
    /// What.
    pub text: String,
    /// The tracks that it tells something about. Nobody may read it who may not know them all.
    pub about: Vec<u64>,
}

/// Everything at one moment.
#[derive(Clone, Debug)]
pub struct Picture {
    /// The moment, in the time of the data.
    pub time: Time,
    /// The aircraft, by number.
    pub tracks: Vec<Track>,
    /// The alerts that are on, and those that ended lately, in the order of raising.
    pub alerts: Vec<Arc<Alert>>,
    /// The feeds, by number.
    pub feeds: Vec<Feed>,
    /// The warnings that are on, and those that ended lately, in the order of raising.
    pub warnings: Vec<Arc<Warning>>,
}

/// What has come of some input.
#[derive(Clone, Debug)]
pub struct Step {
    /// The picture after it.
    pub picture: Arc<Picture>,
    /// Whether there was an evaluation, so that everything may have moved.
    pub evaluated: bool,
    /// Alerts that were raised, changed, remarked upon or ended, each as it then was.
    pub alerts: Vec<Arc<Alert>>,
    /// Warnings that were raised, changed or ended, each as it then was.
    pub warnings: Vec<Arc<Warning>>,
    /// Whether the health of a feed changed.
    pub feeds_changed: bool,
    /// Alerts for which there is new advice.
    pub advised: Vec<Arc<Alert>>,
    /// What else happened.
    pub notes: Vec<Note>,
    /// How aircraft keep to their plans, and what has changed in that.
    pub conformance: Conformances,
}

/// An empty picture, for tests and for what has not begun.
impl Picture {
    /// Nothing at a moment.
    pub fn empty(time: Time) -> Picture {
        Picture {
            time,
            tracks: Vec::new(),
            alerts: Vec::new(),
            feeds: Vec::new(),
            warnings: Vec::new(),
        }
    }
}

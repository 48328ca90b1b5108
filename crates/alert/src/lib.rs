//! From conflicts to alerts.
//!
//! The kernel says, evaluation by evaluation, who loses separation. A person at a
//! screen needs something steadier: one alert an encounter, raised when it is
//! sure enough, worse when it gets worse, ended for a stated reason, and none at
//! all for an aircraft with its own ghost or for a formation. That is made here:
//!
//! * [`life`]: the state machine of one alert: M of N, hysteresis, what may follow what;
//! * `kin`: one aircraft seen twice; `company`: station-keeping;
//!   [`formation`]: who flies with whom;
//! * [`engine`]: one evaluation after the other, for all pairs;
//! * [`warning`]: an aircraft outside of its plan, or about to enter another's airspace.
//!
//! No input or output, no clock, no threads, no randomness. The same pictures
//! give the same messages.
//!
//! Invariants, by the names that the tests use:
//!
//! | id | |
//! | --- | --- |
//! | ALR-1 | Alert numbers are given once each, in the order of raising. |
//! | ALR-2 | An alert never ends without a reason. |
//! | ALR-3 | An alert that has been *lost* never becomes *predicted*. |
//! | ALR-4 | No alert without M of N observations, but for a sure and deep loss. |
//! | ALR-5 | A pair with an alert is not suppressed at the same time for a settled reason. |
//! | ALR-6 | What is suppressed is told, with the reason, and counted. |

#![forbid(unsafe_code)]

pub mod alert;
mod company;
pub mod engine;
pub mod formation;
mod judge;
mod kin;
pub mod life;
mod pair;
mod relative;
pub mod suppression;
pub mod warning;
mod words;

pub use alert::{Alert, AlertChange, Change, Closest, EndReason, Figures, Status};
pub use engine::{AlertEngine, Facts, Message, Picture, Totals, neighbourhood};
pub use formation::{Formation, FormationChange, FormationEvent, Origin};
pub use life::Stage;
pub use suppression::{Suppressed, SuppressionReason};
pub use warning::{
    Sighting, Topic, Warning, WarningChange, WarningEnd, WarningEngine, WarningFigures, WarningKey,
    WarningStage, WarningStatus, WarningStep,
};

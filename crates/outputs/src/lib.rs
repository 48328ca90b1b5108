//! The picture to other systems.
//!
//! An [`Output`] takes what its viewer may see and sends it on by a protocol of its own.
//! What arrives here has been through policy: nothing in this crate can show more than
//! that, as it never has more (VIS-1).
//!
//! * [`OutputConfig`] is one `[[output]]` of the configuration.
//! * [`Outputs`] starts them, hands each what it is to tell, and says how they are.
//! * [`Inbox`] stands between the service and an output. It never makes the service
//!   wait: a newer picture takes the place of an older one, changes of alerts and warnings queue up.
//! * `webhook` posts changes of alerts, warnings and feeds as signed JSON, in order, until they are
//!   accepted.
//! * `cot` makes Cursor on Target events of tracks, alerts and warnings; `wire` carries such bytes
//!   over UDP, as a TCP client or as a TCP server.
//!
//! Another protocol is a module with its configuration and an [`Output`]; if it sends
//! datagrams or a stream, it is an encoder for `wire` only. It gets a variant in
//! [`OutputConfig`] and a line in `OutputConfig::build`.
//!
//! | id | |
//! | --- | --- |
//! | OUT-1 | An older state of an alert or a warning never arrives after a newer one. |
//! | OUT-2 | An output that is slow or gone delays neither the service nor another output. |
//! | OUT-3 | A secret is in no message, log or status. |
//! | OUT-4 | A stale track is never told as a live one. |

#![forbid(unsafe_code)]

mod backoff;
mod config;
mod cot;
mod inbox;
mod outputs;
mod status;
mod webhook;
mod wire;

pub use config::{ConfigError, OutputConfig, Secret, ViewerWord};
pub use cot::{Affiliation, AlertsAs, AltitudeAs, CotConfig, CotProtocol};
pub use inbox::{Inbox, Told};
pub use outputs::{Output, Outputs, Running};
pub use status::{Condition, Status, Tally};
pub use webhook::{WebhookConfig, WebhookEvent, signature};

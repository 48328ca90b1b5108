//! What a discovery and synchronisation service (DSS) of ASTM F3548-21 knows and decides:
//! operational intents, constraints, subscriptions and availability, without any I/O.
//!
//! A request is decided on a [`Draft`] of the [`Airspace`] by [`write()`] or [`read()`]; the
//! changes that it makes are written to a store by somebody else, and then
//! [applied](Airspace::apply). Time and randomness are [given](Circumstances). So the one who keeps
//! the order of changes decides what is true, be it one process with a file or several with a database.
//!
//! Where several answers are allowed by the standard, it is that of the InterUSS
//! Platform's DSS, so that its clients work; where that one is known to be weak, it is not:
//!
//! - Volumes are compared as they are ([`deconflict_core::Volume4d::overlaps`]); cells only find the candidates. Two that are
//!   apart in altitude, in time, or by more than a metre on the ground, do not meet.
//! - An operational intent of several volumes is those volumes, not the box around them; only those that
//!   touch each other have one band of altitudes.
//! - An implicit subscription is always as large as what hangs on it, with what is around.
//! - Every shape and list is bounded, and a refusal names the bound.
//! - A write with a key of its client's choice is done once, however often it is sent.

#![forbid(unsafe_code)]

mod airspace;
mod bodies;
mod command;
mod constraints;
mod covering;
mod extent;
mod instances;
mod intents;
mod others;
pub mod outward;
mod refusal;
mod remembered;
mod row;
mod stored;
mod subscriptions;
mod table;
mod tell;
pub mod wire;

pub use airspace::{Airspace, Change, Counts, Draft};
pub use command::{Answer, Caller, Circumstances, Idempotency, Read, Write, read, scope, write};
pub use covering::{Covering, Outline, hull};
pub use extent::{Extent, Limits, Needs};
pub use instances::Beat;
pub use others::{Retention, clean_up};
pub use refusal::Refusal;
pub use remembered::Keep;
pub use row::{
    Answered, Availability, Constraint, Heartbeat, Instance, Intent, IntentState, Key, Kind,
    Presence, Report, Row, Spent, Subscription, Told, Unreadable,
};
pub use tell::NO_SUBSCRIPTION;

//! What must not be forgotten: alerts and warnings with their changes, acknowledgements and comments,
//! reservations with theirs, messages with their receipts, changes of the configuration, API keys and the audit; in SQLite, or in
//! PostgreSQL 15 or later by its URL. One SQL text and one set of tables serve both.
//!
//! Whoever has something to store hands an [`Entry`] to a [`Writer`] and goes on. One task
//! writes them in order and in groups. While the database is away, or its disk is full,
//! entries wait and are written afterwards in order, each exactly once (STO-1); who has to know that
//! an entry is stored waits for it, and is told if it is not.

#![forbid(unsafe_code)]

mod apply;
mod connect;
pub mod entry;
pub mod error;
pub mod health;
mod queue;
mod read;
mod read_alerts;
mod read_reservations;
pub mod row;
pub mod store;
mod target;
mod task;
pub mod writer;

pub use apply::RESTARTED;
pub use entry::Entry;
pub use error::{NotStored, OpenError, ReadError};
pub use health::{Counts, Health};
pub use row::*;
pub use store::{Settings, Store};
pub use writer::Writer;

//! What must not be forgotten: alerts, acknowledgements, messages, changes and audit, in SQLite or PostgreSQL.

#![forbid(unsafe_code)]

pub mod entry;
pub mod error;
pub mod health;
pub mod row;
pub mod store;

pub use entry::Entry;
pub use error::{NotStored, OpenError, ReadError};
pub use health::{Counts, Health};
pub use row::*;
pub use store::{Settings, Store, Writer};

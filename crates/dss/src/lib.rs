//! A discovery and synchronisation service (DSS) of ASTM F3548-21 over HTTP.
//!
//! What it knows and decides is `deconflict-intent`, one state machine in memory. This crate
//! keeps the order of its changes in a database, drives it ([`Pool`]), and puts it
//! on the web ([`router`]). There are two ways to keep the order:
//!
//! - *Embedded*: a SQLite file of this process alone. It is the most tested store there is,
//!   it is in this workspace already, and its write-ahead log costs one `fsync` for a
//!   commit; many writes share one commit.
//! - *A server* that speaks PostgreSQL (PostgreSQL, CockroachDB, YugabyteDB): any number of
//!   instances on one database. A batch of writes locks the one row that says how far the
//!   order has come, reads what others have written since, decides, writes, commits. Before
//!   it answers a read, an instance asks the database what is new.
//!
//! Either way a write sees every write before it, in one order for all instances: two
//! writers can never both succeed where each missed the other.

#![forbid(unsafe_code)]

mod auth;
mod aux;
mod extract;
mod journal;
mod metrics;
mod pool;
mod routes;
mod settings;
mod target;
mod writer;

pub use auth::{Gate, GateError};
pub use journal::OpenError;
pub use metrics::metrics_router;
pub use pool::{Health, Pool, PoolError, Unavailable};
pub use routes::router;
pub use settings::Settings;
pub use target::{Target, TargetError};

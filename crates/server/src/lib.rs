//! The live service: feeds in, one picture, alerts out.
//!
//! ```text
//! feeds ──reports──► watch (one thread: engine, picture, recording) ──steps──► hub ──► streams
//!                      ▲ questions                                    ├──► store
//!                      └── the interface (axum)                       └──► outputs
//! ```
//!
//! * `adviser` works out beside it what keeps the aircraft of alerts apart.
//! * [`watch`] owns the engine; its order of things is the order of the recording.
//! * [`hub`] writes each message once for all who see the same.
//! * `api` is the interface; every route under `/v1` stands behind a permission.
//! * [`coordination`] agrees with other services on what is reserved.
//! * [`reservations`] keeps what is reserved, and says what is free.
//! * [`conformance`] says how the aircraft of reservations keep to them.
//! * `replay` plays recordings through the same code for those who look back.
//! * [`service`] puts it together.
//!
//! `docs/serve.md` is for whoever runs it, `docs/api.md` for whoever uses it.

#![forbid(unsafe_code)]

mod adviser;
pub mod api;
pub mod clock;
pub mod config;
pub mod conformance;
pub mod coordination;
pub mod geojson;
pub mod hotline;
pub mod hub;
mod keeping;
mod layers;
pub mod listen;
pub mod log;
mod map;
pub mod metrics;
pub mod problem;
mod replay;
pub mod reservations;
pub mod service;
pub mod standing;
mod tape;
pub mod watch;

pub use config::{Config, ConfigError};
pub use map::is_there as has_map;
pub use service::{Service, Start, StartError, check};

//! Reports in, alerts out.
//!
//! [`Engine`] ties tracker, kernel and alert engine together and drives them by
//! the time of the data: every second of it there is one evaluation of the whole
//! picture. Live service, replay, demonstration and tests all run this code.
//!
//! ```
//! use deconflict_engine::{Engine, EngineConfig};
//!
//! let mut engine = Engine::new(EngineConfig::default());
//! let mut events = Vec::new();
//! engine.push(&[], &mut events); // as reports come in, in any portions
//! engine.finish(&mut events);
//! assert!(events.is_empty());
//! ```
//!
//! The same reports in the same order give the same events to the last byte, at
//! any number of threads, in portions of any size, at any speed of replay
//! (`tests/determinism.rs`). Nothing here reads a clock.

#![forbid(unsafe_code)]

mod config;
mod engine;
mod event;
mod feed;
mod intended;

pub use config::{DEFAULT_RULES, EngineConfig, default_rules};
pub use deconflict_alert as alert;
pub use engine::{Counts, Engine};
pub use event::Event;
pub use feed::{Feed, FeedChange, FeedEvent};
pub use intended::PlanStatus;

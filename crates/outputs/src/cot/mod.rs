//! Cursor on Target: tracks and alerts as events.

mod alert;
mod config;
mod encode;
mod event;
mod track;

pub use config::{Affiliation, AlertsAs, AltitudeAs, CotConfig, CotProtocol};

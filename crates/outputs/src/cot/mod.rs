//! Cursor on Target: tracks and alerts as events.

mod alert;
mod config;
mod encode;
mod event;
mod track;

#[cfg(test)]
mod tests;

pub use config::{Affiliation, AlertsAs, AltitudeAs, CotConfig, CotProtocol};

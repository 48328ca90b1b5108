//! Cursor on Target: tracks, alerts and warnings as events.

mod alert;
mod board;
mod config;
mod encode;
mod event;
mod track;
mod warning;

#[cfg(test)]
mod tests;

pub use config::{Affiliation, AlertsAs, AltitudeAs, CotConfig, CotProtocol};

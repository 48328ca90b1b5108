//! The kernel: trajectories + separation rules + look-ahead → conflicts.

#![forbid(unsafe_code)]

mod conflict;
mod detector;
mod scene;

pub use conflict::Conflict;
pub use detector::{Detector, Options};
pub use scene::{Refused, Scene};

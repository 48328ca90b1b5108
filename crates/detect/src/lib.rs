//! The kernel: trajectories + separation rules + look-ahead → conflicts.

#![forbid(unsafe_code)]

mod block;
mod bounds;
mod broad;
mod conflict;
pub mod cylinder;
mod detector;
mod narrow;
pub mod probability;
mod scene;

pub use conflict::Conflict;
pub use detector::{Detector, Options};
pub use scene::{Refused, Scene};

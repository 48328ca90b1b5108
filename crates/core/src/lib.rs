//! The words of Deconflict as types: time, place, altitude with its reference,
//! motion with its uncertainty, 4D trajectories and volumes, who an aircraft is,
//! and the separation that two aircraft owe each other.
//!
//! This crate is pure: no input or output, no clock, no threads, no randomness.
//! Quantities are SI (metres, seconds, radians) and say so in their names; the
//! customary units of aviation are converted at the edges through [`units`].

#![forbid(unsafe_code)]

pub mod altitude;
pub mod area;
pub mod constraint;
pub mod corridor;
pub mod crossing;
pub mod geo;
pub mod identity;
pub mod label;
pub mod overlap;
pub mod party;
pub mod plan;
pub mod registry;
pub mod report;
pub mod rules;
pub mod state;
pub mod time;
pub mod trajectory;
pub mod units;
pub mod volume;

pub use altitude::{Altitude, AltitudeReference};
pub use area::Area;
pub use constraint::Constraint;
pub use geo::GeoPoint;
pub use identity::{Address, AddressSpace, Technique};
pub use label::Label;
pub use party::{AircraftClass, Formation, Operator};
pub use plan::Plan;
pub use registry::{Declaration, Registry};
pub use report::Report;
pub use rules::RuleSet;
pub use state::{Covariance, State, Velocity};
pub use time::Time;
pub use trajectory::{Segment, Subject, Trajectory};
pub use volume::Volume4d;

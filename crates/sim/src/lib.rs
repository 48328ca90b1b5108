//! A deterministic simulator of aircraft, of the sensors that see them, and of
//! the parties that share what the sensors say, or do not.
//!
//! A [`Scenario`] is read from TOML (`docs/scenario-format.md`); a
//! [`Simulation`] of it yields [`Report`](deconflict_core::Report)s in order of
//! receipt, and beside them the [`Truth`] that no feed knows:
//!
//! ```
//! use deconflict_sim::{Scenario, Simulation};
//!
//! let text = r#"
//!     [scenario]
//!     name = "one aircraft"
//!     start = 2017-12-13T08:00:00Z
//!     duration_min = 10
//!
//!     [[operator]]
//!     name = "BLUE"
//!
//!     [[flight]]
//!     callsign = "HERON1"
//!     operator = "BLUE"
//!     type = "surveillance"
//!     route = [{ orbit = [35.0, 40.5], radius_nm = 10, fl = 250 }]
//!
//!     [[feed]]
//!     name = "receiver"
//!     owner = "BLUE"
//!     kind = "adsb"
//!     period_s = 1
//! "#;
//! let scenario = Scenario::parse(text)?;
//! let mut simulation = Simulation::new(&scenario);
//! let reports = simulation.step(scenario.start.plus_s(60.0));
//! assert_eq!(reports.len(), 60);
//! # Ok::<(), deconflict_sim::ScenarioError>(())
//! ```
//!
//! Sans-IO: no clock, no file, no thread, and no source of randomness but the
//! scenario's seed. The same scenario and seed give the same reports at any
//! step of the caller.

#![forbid(unsafe_code)]

mod airfield;
mod area;
mod instruct;
mod motion;
mod pilot;
mod plan;
mod random;
mod scenario;
mod sensor;
mod simulation;
mod together;
pub mod traffic;
mod truth;

pub use area::Area;
pub use instruct::Instruction;
pub use scenario::{Scenario, ScenarioError, Volume};
pub use simulation::{Feed, Simulation};
pub use truth::{AircraftId, Truth};

//! Airspace reservations and plans, for people who agree ahead of time on who flies where.
//!
//! A [`Reservation`] is a shape, an altitude band and a time, with who has it, what for and
//! in which state it is; a planned flight is one whose shape is a path. [`check`](check::check)
//! says whether a plan is free of conflict, or with whom, where, when and how surely it
//! conflicts, and what is free instead. Who may overlap whom is data: a [`Matrix`].
//! Reservations are read and written as JSON, GeoJSON, KML and CSV ([`document`]).
//!
//! All geometry is the kernel's: `Volume4d::meets` for volumes, `Volume4d::crossings` for
//! paths through them, `deconflict-detect` for paths against paths. Sans-IO: values in,
//! values out, and time comes from the caller.
//!
//! ```
//! use deconflict_reserve::{Matrix, check, document};
//!
//! let plans = document::read_json(r#"[{
//!     "id": "SURVEY-7", "kind": "operation", "status": "planned", "party": "ACME",
//!     "shape": "corridor", "points": [{"lat": 34.0, "lon": 40.0}, {"lat": 34.6, "lon": 40.9}],
//!     "half_width_m": 3000, "lower": "FL100", "upper": "FL140",
//!     "start": "2026-03-01T10:00:00Z", "end": "2026-03-01T12:00:00Z"
//! }]"#)?;
//! let others = document::read_json(r#"[{
//!     "id": "ANCHOR-2", "kind": "refuelling", "status": "active", "party": "TKR",
//!     "shape": "racetrack", "points": [{"lat": 34.3, "lon": 40.0}, {"lat": 34.3, "lon": 41.0}],
//!     "half_width_m": 12000, "lower": "FL120", "upper": "FL240",
//!     "start": "2026-03-01T09:00:00Z", "end": "2026-03-01T11:00:00Z"
//! }]"#)?;
//! let report = check::check(&plans[0], &others, &Matrix::shipped(), &check::Options::default());
//! assert_eq!(report.conflicts[0].with, "ANCHOR-2");
//! // Lower, or an hour later, is free.
//! assert!(report.alternatives.iter().any(|a| a.says.contains("lower")));
//! assert!(report.alternatives.iter().any(|a| a.says.contains("later")));
//! # Ok::<(), deconflict_reserve::document::Fault>(())
//! ```

#![forbid(unsafe_code)]

pub mod aircraft;
pub mod block;
pub mod check;
pub mod document;
pub mod intended;
pub mod kind;
pub mod matrix;
pub mod motion;
pub mod part;
pub mod repeat;
pub mod reservation;
pub mod shape;
pub mod status;
pub mod text;

pub use aircraft::Aircraft;
pub use block::{Block, Outline};
pub use kind::Kind;
pub use matrix::Matrix;
pub use reservation::Reservation;
pub use shape::Shape;
pub use status::Status;

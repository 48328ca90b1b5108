//! The kernel: **trajectories + separation rules + look-ahead → conflicts**.
//!
//! Which of these come closer than the separation they owe each other, when, and
//! how surely? Live alerting, planning, scans of archives and simulation all ask
//! this crate; there is no second pairwise loop and no second geometry.
//!
//! ```
//! use deconflict_core::rules::Minima;
//! use deconflict_core::units::{m_from_ft, m_from_nm, mps_from_kt};
//! use deconflict_core::{Altitude, Covariance, GeoPoint, RuleSet, State, Subject, Time, Velocity};
//! use deconflict_detect::{Detector, Options, Scene};
//! use std::sync::Arc;
//!
//! let now = Time::from_millis(1_513_152_000_000);
//! let aircraft = |lat_deg, track_deg: f64| State {
//!     time: now,
//!     position: GeoPoint::from_deg(lat_deg, 40.0).unwrap(),
//!     altitude: Altitude::pressure_ft(25_000.0),
//!     velocity: Velocity::from_track(mps_from_kt(400.0), track_deg.to_radians(), 0.0),
//!     covariance: Covariance::diagonal(50.0, 1.0, 15.0, 0.5),
//! };
//! let mut scene = Scene::new(now);
//! for (id, state) in [aircraft(35.0, 0.0), aircraft(35.8, 180.0)].iter().enumerate() {
//!     scene.push_straight(Subject::anonymous(id as u64), state, Default::default(), 300.0)?;
//! }
//! let rules = RuleSet::uniform("en-route", Minima::new(m_from_nm(5.0), m_from_ft(1000.0)), 300.0);
//! let mut conflicts = Vec::new();
//! Detector::new(Arc::new(rules), Options::default()).detect(&scene, &mut conflicts);
//! assert_eq!(conflicts.len(), 1);
//! assert!(conflicts[0].probability > 0.95 && (conflicts[0].entry_s - 193.0).abs() < 2.0);
//! # Ok::<(), deconflict_detect::Refused>(())
//! ```
//!
//! How it works, from the outside in:
//!
//! 1. [`Scene`] holds every path as straight *pieces* in earth-centred
//!    coordinates, where neither antimeridian nor pole is special.
//! 2. The **broad phase** cuts time into slices and the earth into strips of
//!    latitude, and sweeps each strip from west to east over boxes of longitude,
//!    latitude and altitude, sixteen at a time. Boxes that overlap are put to the
//!    relative motion at once, in single precision and on the side of yes.
//! 3. The **narrow phase** decides in closed form ([`cylinder`]): when are both
//!    minima infringed, under the rule that governs at each moment.
//! 4. [`probability`] says how surely, from both aircraft's covariance.
//!
//! The answer does not depend on the number of threads, of slices, or on the
//! vector instructions of the machine: everything before the narrow phase may
//! only err by letting a pair through.

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

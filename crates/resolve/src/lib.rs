//! Coordinated resolutions: what aircraft in conflict do so that, **together, they regain
//! separation**.
//!
//! ```
//! use deconflict_core::rules::Minima;
//! use deconflict_core::units::{m_from_ft, m_from_nm, mps_from_kt};
//! use deconflict_core::{
//!     Altitude, Covariance, GeoPoint, Label, RuleSet, State, Subject, Time, Velocity,
//! };
//! use deconflict_resolve::{Because, Limits, Owed, Participant, Situation, propose};
//! use std::sync::Arc;
//!
//! let now = Time::from_millis(1_513_152_000_000);
//! let aircraft = |id, name, lat_deg, lon_deg, track_deg: f64| {
//!     let state = State {
//!         time: now,
//!         position: GeoPoint::from_deg(lat_deg, lon_deg).unwrap(),
//!         altitude: Altitude::pressure_ft(25_000.0),
//!         velocity: Velocity::from_track(mps_from_kt(430.0), track_deg.to_radians(), 0.0),
//!         covariance: Covariance::diagonal(50.0, 1.0, 15.0, 0.5),
//!     };
//!     Participant::new(Subject { callsign: Label::new(name), ..Subject::anonymous(id) }, state)
//! };
//! let eagle = aircraft(1, "EAGLE1", 35.0, 40.0, 90.0);
//! let heron = aircraft(2, "HERON1", 34.67, 40.4, 0.0);
//! let heron = Participant { limits: Limits::fixed(Because::TankerWithReceivers), ..heron };
//!
//! let minima = Minima::new(m_from_nm(5.0), m_from_ft(1000.0));
//! let rules = RuleSet::uniform("en-route", minima, 300.0);
//! let mut situation = Situation::new(now, Owed::Rules(Arc::new(rules)));
//! situation.push(eagle)?;
//! situation.push(heron)?;
//! let proposal = propose(&situation);
//! assert!(proposal.solved);
//! assert!(proposal.reason.starts_with("EAGLE1 "));
//! assert!(proposal.reason.ends_with("HERON1 holds (tanker with receivers)"));
//! # Ok::<(), deconflict_resolve::Refused>(())
//! ```
//!
//! Nobody can be sure that both sides follow. So what each is told helps by itself
//! (RES-2), and what both are told never works against each other (RES-1): coordination
//! is implicit, as with TCAS, but worked out for all of a cluster at once.
//!
//! How it works: [`meetings`] asks the kernel who loses separation; [`clusters`] groups
//! those whose conflicts interlock; [`propose`] tries the manoeuvres of each aircraft (its
//! path flown as straight legs), measures pairs of paths with the kernel's closed form,
//! and seeks the combination that loses least for least effort. `docs/resolutions.md`
//! says what is proposed, and what this is not.

#![forbid(unsafe_code)]

mod choose;
mod kernel;
mod manoeuvre;
mod owed;
mod path;
mod performance;
mod proposal;
mod situation;
mod words;

pub use kernel::{Meeting, clusters, meetings};
pub use performance::Performance;
pub use proposal::{Outlook, Part, Proposal, Separation, propose};
pub use situation::{
    Because, Instruction, Limits, MAX_CLUSTER, Owed, Participant, Refused, Situation,
    well_clear_do_365,
};

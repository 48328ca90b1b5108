//! Reports become tracks.
//!
//! [`Tracker::step`] takes the present and the reports that have come in, and
//! keeps one [`Track`] for each aircraft: where it is, how it moves, how well
//! both are known, and who it is. No input or output, no clock, no threads, no
//! randomness: live, replay and simulation are the same code, and the same
//! reports give the same tracks to the last bit.
//!
//! A report's way through the house:
//!
//! 1. Its times are judged against the present ([`Config::future_tolerance_s`]).
//! 2. It waits in the reorder window for its turn, so that reports are taken in
//!    the order of *measurement*; duplicates fall out there.
//! 3. [`associate`] names the tracks that it may be about; the gate says which.
//! 4. The [`filter`] takes it in, in a plane that follows the aircraft ([`frame`]).
//!
//! Invariants, by the names that the tests use:
//!
//! | id | |
//! | --- | --- |
//! | TRK-1 | A wild position neither moves a track nor ends it. |
//! | TRK-2 | The order in which reports arrive within the reorder window changes nothing. |
//! | TRK-3 | No input makes it panic, and no number that comes out is not finite. |
//! | TRK-4 | Memory is bounded by the traffic at one time, not by the length of a recording. |
//! | TRK-5 | One wild time stamp ends no track and delays none. |
//! | TRK-6 | Every report is accounted for in exactly one way. |
//! | TRK-7 | Where an aircraft is on earth, and when, changes nothing: antimeridian, poles, epoch. |

#![forbid(unsafe_code)]

pub mod associate;
mod clock;
mod config;
mod event;
pub mod filter;
pub mod frame;
mod ground;
mod horizontal;
mod order;
mod reorder;
mod sanity;
mod seen;
mod store;
mod track;
mod tracker;
mod vertical;

pub use clock::DataClock;
pub use config::{Agility, Config};
pub use event::{DropReason, Event, EventKind, Statistics};
pub use filter::Psd;
pub use seen::{Feeds, Techniques};
pub use track::{Freshness, Track};
pub use tracker::{Prediction, Tracker};

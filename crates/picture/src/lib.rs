//! The air picture as it is told to people and machines.
//!
//! The engine knows tracks, conflicts and alerts; this crate says them in the units and
//! words of the outside, keeps what people add (acknowledgements, comments), and
//! decides who may see what of it:
//!
//! * [`Live`] drives an engine and makes a [`Picture`] after every evaluation. The live
//!   service, a recording that is looked back at, and tests all run this code.
//! * [`Policy`] holds what parties let each other see; [`Viewer`] is who looks. Every
//!   output, whatever its protocol, gets [`Seen`] and never the picture itself.
//! * [`View`] turns pictures into the messages of the stream: a snapshot, then changes.
//!
//! No input or output, no clock, no threads.
//!
//! | id | |
//! | --- | --- |
//! | VIS-1 | A party never receives what policy hides from it, in any message. |
//! | PIC-1 | A snapshot and the changes after it give the picture of any later moment. |
//! | PIC-2 | A track whose feeds are all silent is told as stale. |

#![forbid(unsafe_code)]

mod advice;
mod advising;
mod alert;
mod book;
mod build;
mod conformance;
mod encounter;
mod feed;
mod known;
mod limits;
mod live;
mod moment;
mod number;
mod policy;
mod questions;
mod seen;
mod track;
mod view;
mod warning;
mod warning_book;

pub use advice::{Advice, AdvicePart, AircraftBands, BandView};
pub use alert::{Alert, AlertState, Change, Comment, Side};
pub use book::{AlertBook, NoSuchAlert, Remark};
pub use conformance::{Conformance, Conformances, Keeping};
pub use encounter::{Encounter, Instant, Place};
pub use feed::{Feed, Health, Line};
pub use known::Known;
pub use limits::Aerodrome;
pub use live::{Declared, FeedSetup, Live, Setup};
pub use moment::{Note, NoteLevel, Picture, Step};
pub use number::Stamp;
pub use policy::{Policy, PolicyError, Release, Sight, Viewer};
pub use questions::{Answers, Questions};
pub use seen::{Seen, conflicts_seen, see, see_alert, see_feeds, see_warning};
pub use track::{Motion, Row, Track, TrackView, Who};
pub use view::{Kind, Message, View};
pub use warning::{Deviation, Warning, WarningState, WarningStep, WarningTopic};

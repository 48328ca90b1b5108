//! Reservations in the service: what is reserved, who may see what of it, and what is free.
//!
//! The [`Book`] holds in memory what the store holds. A change is decided on the book, stored,
//! and only then shown (RSV-8); changes are made one after the other, so that two that
//! exclude each other are never both made. While it is not known what the store holds, nothing
//! is decided.

mod book;
mod desk;
mod draft;
mod report;
mod tick;
mod view;

pub use book::{Book, Change, Disclosed, Item, PeerMark};
pub use desk::{By, Changed, Desk, Done, Refusal};
pub use draft::{UNNAMED, entries, new_id, read_draft};
pub use report::{ReportView, tell};
pub use tick::keep_time;
pub use view::{at_time, feature, view_of, volume};

/// The party under which the service's own staff reserves, unless it names another.
pub const CELL: &str = "CELL";

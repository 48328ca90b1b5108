//! The USS half of ASTM F3548-21: what is ours is filed at a DSS and told to peers, what is theirs is
//! learned from them.
//!
//! [`Uss`] knows nothing of reservations. Whoever stands around it gives it what is to be at the DSS ([`Own`]), decides
//! whether that is free ([`Uss::file`] asks), and sees what peers have ([`Peers`]). It keeps nothing on
//! disk: what is ours is at the DSS, and [`Uss::align`] finds it there.
//!
//! - Nothing is filed whose neighbours are not known: their details are asked for, or nothing is filed.
//! - A write whose answer was lost is settled by asking the DSS before anything else is done.
//! - What peers tell is checked against what the DSS says, and bounded. Addresses are those that the DSS gave.
//! - Of ours, volumes, priority and state are told, and nothing else.

#![forbid(unsafe_code)]

mod align;
mod book;
mod core;
mod dss;
mod entity;
mod file;
mod http;
mod model;
mod notify;
mod peer;
mod routes;
mod settings;
mod signer;
mod telemetry;
mod token;
mod uss;
mod watch;

pub use model::{
    Aligned, Details, Filed, Host, NotFiled, Own, Peer, PeerWhat, Peers, SettingsError, Telemetry,
    What,
};
pub use settings::{Constraints, Released, Settings, Tokens};
pub use uss::Uss;

//! The USS half of ASTM F3548-21: what is ours is filed at a DSS and told to peers, what is theirs is
//! learned from them.

#![forbid(unsafe_code)]

mod model;
mod settings;
mod uss;

pub use model::{
    Aligned, Details, Filed, Host, NotFiled, Own, Peer, PeerWhat, Peers, SettingsError, Telemetry,
    What,
};
pub use settings::{Constraints, Released, Settings, Tokens};
pub use uss::Uss;

//! Coordinated resolutions: what aircraft in conflict do so that, together, they regain
//! separation.
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

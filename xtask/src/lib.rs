//! The house rules of this workspace, as functions that return what breaks them.
//!
//! `cargo test -p xtask` asserts that nothing does; `cargo xtask tidy` prints
//! what does; `cargo xtask invariants` shows which test holds which promise.

#![forbid(unsafe_code)]

pub mod dependencies;
pub mod invariants;
pub mod text;
pub mod tree;

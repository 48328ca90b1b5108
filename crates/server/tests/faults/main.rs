//! What goes wrong outside, and what the service then does: docs/serve.md, "When something goes
//! wrong", line by line.
#![allow(clippy::print_stderr)] // tests that cannot run say so

#[path = "../common/mod.rs"]
mod common;

mod away;
mod clock;
mod disk;
mod feeds;
mod readers;
mod traffic;

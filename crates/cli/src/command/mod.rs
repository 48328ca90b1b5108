//! The commands, one module each.

mod completions;
mod demo;
mod detect;
mod replay;
mod rules;
mod simulate;

use crate::failure::{Found, Outcome};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Finds the conflicts in one snapshot of the traffic
    Detect(detect::Arguments),
    /// Plays recordings through tracker, detector and alerts
    Replay(replay::Arguments),
    /// Shows the bundled scenario, live in the terminal
    Demo(demo::Arguments),
    /// Writes the reports of a simulated scenario
    Simulate(simulate::Arguments),
    /// Checks files of separation rules
    Rules(rules::Arguments),
    /// Prints completions for a shell
    Completions(completions::Arguments),
}

impl Command {
    pub fn run(self) -> Outcome<Found> {
        match self {
            Command::Detect(arguments) => detect::run(&arguments),
            Command::Replay(arguments) => replay::run(&arguments),
            Command::Demo(arguments) => demo::run(&arguments),
            Command::Simulate(arguments) => simulate::run(&arguments),
            Command::Rules(arguments) => rules::run(&arguments),
            Command::Completions(arguments) => completions::run(&arguments),
        }
    }
}

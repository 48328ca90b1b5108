//! The commands, one module each.

mod advisor;
mod completions;
mod daa;
mod demo;
mod detect;
mod dss;
mod key;
mod plan;
mod replay;
mod rules;
mod serve;
mod simulate;

use crate::failure::{Found, Outcome};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Finds the conflicts in one snapshot of the traffic
    Detect(detect::Arguments),
    /// Plays recordings through tracker, detector and alerts
    Replay(replay::Arguments),
    /// Runs the live service: feeds in, one picture, alerts out
    Serve(serve::Arguments),
    /// Shows the bundled scenario: on the map, or in the terminal with --tui
    Demo(demo::Arguments),
    /// Detect and avoid: alert levels, manoeuvre bands and ways out of an encounter
    Daa(daa::Arguments),
    /// Runs a discovery and synchronisation service (ASTM F3548-21) for operational intents
    Dss(dss::Arguments),
    /// Checks plans and reservations of airspace against each other, and converts them
    Plan(plan::Arguments),
    /// Writes the reports of a simulated scenario
    Simulate(simulate::Arguments),
    /// Checks files of separation rules
    Rules(rules::Arguments),
    /// Makes API keys
    Key(key::Arguments),
    /// Prints completions for a shell
    Completions(completions::Arguments),
}

impl Command {
    pub fn run(self) -> Outcome<Found> {
        match self {
            Command::Detect(arguments) => detect::run(&arguments),
            Command::Replay(arguments) => replay::run(&arguments),
            Command::Serve(arguments) => serve::run(&arguments),
            Command::Key(arguments) => key::run(&arguments),
            Command::Demo(arguments) => demo::run(&arguments),
            Command::Daa(arguments) => daa::run(&arguments),
            Command::Dss(arguments) => dss::run(&arguments),
            Command::Plan(arguments) => plan::run(&arguments),
            Command::Simulate(arguments) => simulate::run(&arguments),
            Command::Rules(arguments) => rules::run(&arguments),
            Command::Completions(arguments) => completions::run(&arguments),
        }
    }
}

//! The command `deconflict`: keeps aircraft apart that share a sky but not a command.
//!
//! This crate is the rim: it opens files, reads the clock where a person wants
//! to watch, and writes tables, CSV and JSON. What it says comes from the
//! engine, which does none of that. See `docs/cli.md` for the reference.

#![forbid(unsafe_code)]

mod bundled;
mod command;
mod failure;
mod input;
mod json;
mod output;
mod pace;
mod progress;
mod rule_file;
mod scenario_file;
mod style;
mod tell;

use clap::Parser;
use command::Command;
use std::process::ExitCode;

/// Keeps aircraft apart that share a sky but not a command.
#[derive(Debug, Parser)]
#[command(name = "deconflict", version, about, max_term_width = 100)]
#[command(after_help = "Exit codes: 0 success, 1 something was found (only with --exit-code), \
    2 wrong usage, 65 bad data, 66 input not readable, \
    74 output not writable, 78 bad rules or scenario.\n\
    Colours follow the terminal; NO_COLOR switches them off.")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

fn main() -> ExitCode {
    match Arguments::parse().command.run() {
        Ok(found) => ExitCode::from(found.exit_code()),
        Err(failure) => failure.report(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }
}

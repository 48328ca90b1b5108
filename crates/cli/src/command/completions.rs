//! `deconflict completions SHELL`.

use crate::failure::{Found, Outcome};
use crate::output::stdout;
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::Write;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The shell: source its output, or put it where the shell looks for completions
    #[arg(value_enum)]
    shell: Shell,
}

pub fn run(arguments: &Arguments) -> Outcome<Found> {
    let mut script = Vec::new();
    let mut command = crate::Arguments::command();
    clap_complete::generate(arguments.shell, &mut command, "deconflict", &mut script);
    let mut out = stdout();
    out.write_all(&script)?;
    out.flush()?;
    Ok(Found::Nothing)
}

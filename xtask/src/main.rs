//! `cargo xtask COMMAND`: helpers for those who work on Deconflict.

#![forbid(unsafe_code)]

use std::io::{self, Write};
use std::process::{Command, ExitCode};
use xtask::{dependencies, invariants, text, tree};

const HELP: &str = "\
usage: cargo xtask COMMAND

  ci          everything that has to be green before a change goes in (.ci/run)
  tidy        the house rules alone
  invariants  the named promises and the tests that hold them
";

fn main() -> ExitCode {
    let command = std::env::args().nth(1).unwrap_or_default();
    let done = match command.as_str() {
        "ci" => ci(),
        "tidy" => tidy(),
        "invariants" => print_invariants(),
        _ => io::stderr().write_all(HELP.as_bytes()).map(|()| ExitCode::from(2)),
    };
    done.unwrap_or(ExitCode::FAILURE)
}

fn ci() -> io::Result<ExitCode> {
    let root = tree::root();
    let status = Command::new("bash").arg(root.join(".ci/run")).current_dir(&root).status()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tidy() -> io::Result<ExitCode> {
    let root = tree::root();
    let files = tree::files(&root);
    let mut broken = dependencies::metadata(&root)
        .map_or_else(|message| vec![message], |m| dependencies::wrong_way(&m));
    broken.extend(dependencies::impure(&files));
    broken.extend(invariants::broken(&invariants::catalogue(&files)));
    broken.extend(text::too_long(&files));
    broken.extend(text::notes_to_self(&files));
    broken.extend(text::machine_paths(&files));
    let mut out = io::stdout().lock();
    for line in &broken {
        writeln!(out, "{line}")?;
    }
    writeln!(out, "{} files, {} broken rules", files.len(), broken.len())?;
    Ok(if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn print_invariants() -> io::Result<ExitCode> {
    let mut out = io::stdout().lock();
    for (id, invariant) in invariants::catalogue(&tree::files(&tree::root())) {
        writeln!(out, "{id:<7} {}", invariant.promise)?;
        if invariant.tests.is_empty() {
            writeln!(out, "        no test names it")?;
        }
        for test in &invariant.tests {
            writeln!(out, "        {test}")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

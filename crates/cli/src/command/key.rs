//! `deconflict key new`: an API key for the configuration.

use crate::failure::{Failure, Found, Kind, Outcome};
use crate::output::stdout;
use deconflict_access::{KeyRow, NewKey, Role};
use std::io::Write;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Makes a key: prints it once, and the lines that go into the configuration
    New(New),
}

#[derive(Debug, clap::Args)]
struct New {
    /// Who or what it is for, as records show it
    #[arg(value_name = "NAME")]
    name: String,
    /// viewer, controller, party or admin
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Role,
    /// The party, with the role of one
    #[arg(long, value_name = "PARTY")]
    party: Option<String>,
}

fn role(text: &str) -> Result<Role, String> {
    text.parse().map_err(|_| {
        let all: Vec<&str> = Role::ALL.into_iter().map(Role::name).collect();
        format!("is none of {}", all.join(", "))
    })
}

pub fn run(arguments: &Arguments) -> Outcome<Found> {
    let Command::New(new) = &arguments.command;
    let made = NewKey::generate().map_err(|e| Failure::new(Kind::Io, e.to_string()))?;
    let row = KeyRow::new(new.name.clone(), new.role, new.party.clone(), made.hash);
    row.identity().map_err(|e| {
        Failure::new(Kind::Usage, e.to_string())
            .advise("the role party needs --party, no other has one")
    })?;
    let mut out = stdout();
    writeln!(out, "# The key, shown this once: {}", made.key.expose())?;
    write!(out, "{}", made.configuration(&new.name, new.role, new.party.as_deref()))?;
    out.flush()?;
    Ok(Found::Nothing)
}

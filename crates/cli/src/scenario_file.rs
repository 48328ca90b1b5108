//! Scenarios from files, or the bundled ones.

use crate::bundled;
use crate::failure::{Failure, Kind, Outcome};
use deconflict_sim::Scenario;
use std::path::Path;

/// Reads a scenario from a file, or a bundled one by its name.
pub fn load(path: &Path, seed: Option<u64>) -> Outcome<Scenario> {
    let (name, text) = match std::fs::read_to_string(path) {
        Ok(text) => (path.display().to_string(), text),
        Err(error) => match path.to_str().and_then(bundled::scenario) {
            Some(text) => (format!("{} (bundled)", path.display()), text.to_owned()),
            None => {
                return Err(Failure::unreadable(path, &error).advise(format!(
                    "give the path of a scenario, or one of the bundled ones: {}",
                    bundled::SCENARIOS.map(|(name, _)| name).join(", ")
                )));
            }
        },
    };
    parse(&name, &text, seed)
}

/// Reads a scenario from text.
pub fn parse(name: &str, text: &str, seed: Option<u64>) -> Outcome<Scenario> {
    Scenario::parse_seeded(text, seed).map_err(|e| {
        let key = e.key.map_or_else(String::new, |key| format!("{key}: "));
        let what = format!("{name}:{}: {key}{}", e.line, e.message.replace('\n', " "));
        Failure::new(Kind::Config, what).advise("docs/scenario-format.md describes the format")
    })
}

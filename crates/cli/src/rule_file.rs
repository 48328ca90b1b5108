//! Separation rules from files, or the bundled ones.

use crate::failure::{Failure, Kind, Outcome};
use deconflict_core::RuleSet;
use std::path::Path;
use std::sync::Arc;

/// Reads and checks one file of rules.
pub fn load(path: &Path) -> Outcome<RuleSet> {
    let bytes = std::fs::read(path).map_err(|e| Failure::unreadable(path, &e))?;
    let file = path.display();
    let text = String::from_utf8(bytes).map_err(|e| {
        let good = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|&&b| b == b'\n').count();
        Failure::new(Kind::Config, format!("{file}:{line}: encoding: is not UTF-8"))
            .advise("rules are TOML, which is UTF-8 text")
    })?;
    RuleSet::parse(&text).map_err(|e| {
        let what = format!("{file}:{}: {}: {}", e.line, e.key, e.message.replace('\n', " "));
        Failure::new(Kind::Config, what).advise("docs/rules.md lists the keys and what they take")
    })
}

/// The rules of a file, or the ones that ship with the program.
pub fn load_or_default(path: Option<&Path>) -> Outcome<Arc<RuleSet>> {
    path.map_or_else(|| Ok(deconflict_engine::default_rules()), load).map(Arc::new)
}

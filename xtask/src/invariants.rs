//! Each 'never' of the system has a name, is written once in ARCHITECTURE.md,
//! and is named in the test that holds it.

use crate::tree::File;
use std::collections::BTreeMap;

/// An invariant: its name, what it promises, and the tests that name it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invariant {
    /// What it promises, in one line.
    pub promise: String,
    /// Where tests name it (`path:line`).
    pub tests: Vec<String>,
}

/// The invariants that ARCHITECTURE.md names (`- **DET-1** promise`), and the tests that use them.
pub fn catalogue(files: &[File]) -> BTreeMap<String, Invariant> {
    let mut found: BTreeMap<String, Invariant> = BTreeMap::new();
    let architecture = files.iter().find(|f| f.path == "ARCHITECTURE.md");
    for (_, line) in architecture.into_iter().flat_map(File::lines) {
        let Some((id, promise)) = line.strip_prefix("- **").and_then(|l| l.split_once("**")) else {
            continue;
        };
        if split(id).is_some() {
            let promise = promise.trim_start_matches(':').trim().to_owned();
            found.insert(id.to_owned(), Invariant { promise, tests: Vec::new() });
        }
    }
    let families: Vec<String> =
        found.keys().filter_map(|id| split(id)).map(|(family, _)| family.to_owned()).collect();
    for (id, place) in uses(files, &families) {
        found.entry(id).or_default().tests.push(place);
    }
    found
}

/// Promises that no test holds, and names in tests that promise nothing.
pub fn broken(catalogue: &BTreeMap<String, Invariant>) -> Vec<String> {
    let mut found = Vec::new();
    for (id, invariant) in catalogue {
        if invariant.tests.is_empty() {
            found.push(format!("{id} is promised in ARCHITECTURE.md, but no test names it"));
        }
        if invariant.promise.is_empty() {
            let tests = invariant.tests.join(", ");
            found.push(format!("{id} is named in {tests}, but not promised in ARCHITECTURE.md"));
        }
    }
    found
}

/// `DET-1` is `("DET", 1)`.
fn split(id: &str) -> Option<(&str, u32)> {
    let (family, number) = id.split_once('-')?;
    let is_family =
        (2..=5).contains(&family.len()) && family.bytes().all(|b| b.is_ascii_uppercase());
    is_family.then_some(())?;
    Some((family, number.parse().ok()?))
}

/// Where tests name invariants: in files of tests, and in unit tests below `#[cfg(test)]`.
/// Only the families that the catalogue knows: `UTF-8` is no invariant.
fn uses(files: &[File], families: &[String]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for file in files.iter().filter(|f| f.is_rust() && !f.path.ends_with("src/invariants.rs")) {
        let is_test_file = file.path.contains("/tests/") || file.path.starts_with("fuzz/");
        let code_ends = if is_test_file { 0 } else { file.code().count() };
        for (number, line) in file.lines().skip(code_ends) {
            let words = line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
            for word in words {
                if split(word).is_some_and(|(family, _)| families.iter().any(|f| f == family)) {
                    found.push((word.to_owned(), format!("{}:{number}", file.path)));
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.into(), text: text.into() }
    }

    #[test]
    fn promises_and_tests_are_brought_together() {
        let files = [
            file("ARCHITECTURE.md", "text\n- **DET-1** loses no pair\n- **DET-2**: symmetric\n"),
            file("crates/x/src/a.rs", "// DET-9\n#[cfg(test)]\n// DET-1: UTF-8\n"),
            file("crates/x/tests/b.rs", "// DET-1, DET-3\n"),
        ];
        let catalogue = catalogue(&files);
        assert_eq!(catalogue["DET-1"].promise, "loses no pair");
        assert_eq!(catalogue["DET-1"].tests, ["crates/x/src/a.rs:3", "crates/x/tests/b.rs:1"]);
        let broken = broken(&catalogue);
        assert_eq!(broken.len(), 2, "{broken:?}");
        assert!(broken[0].starts_with("DET-2 is promised"));
        assert!(broken[1].starts_with("DET-3 is named in crates/x/tests/b.rs:1"));
    }
}

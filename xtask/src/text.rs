//! What can be seen in the text alone.

use crate::tree::File;

/// No file of code is longer than this, in lines.
pub const MAX_LINES: usize = 600;

/// Files that may be longer, each with the reason why.
const LONG: &[(&str, &str)] = &[];

/// Files of code that have grown too long, and exemptions that nobody needs any more.
pub fn too_long(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|f| f.is_rust()) {
        let (lines, exempt) = (file.lines().count(), LONG.iter().any(|(p, _)| *p == file.path));
        match (lines > MAX_LINES, exempt) {
            (true, false) => {
                found.push(format!("{}: {lines} lines, at most {MAX_LINES}", file.path))
            }
            (false, true) => found.push(format!("{}: no longer needs its exemption", file.path)),
            _ => {}
        }
    }
    found
}

/// Notes to self: an issue is the place for what is still to be done.
pub fn notes_to_self(files: &[File]) -> Vec<String> {
    // Written apart, so that this file does not find itself.
    let words = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];
    lines_with(files, &words, "belongs in an issue")
}

/// Paths that exist on one machine only.
pub fn machine_paths(files: &[File]) -> Vec<String> {
    let words = [
        concat!("/ho", "me/"),
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
        concat!("/Us", "ers/"),
        concat!("C:", "\\"),
    ];
    lines_with(files, &words, "is a path of one machine")
}

fn lines_with(files: &[File], words: &[&str], why: &str) -> Vec<String> {
    let mut found = Vec::new();
    for file in files.iter().filter(|f| f.path != "Cargo.lock") {
        for (number, line) in file.lines() {
            for word in words.iter().filter(|w| stands_alone(line, w)) {
                found.push(format!("{}:{number}: {word} {why}", file.path));
            }
        }
    }
    found
}

/// Whether a word stands in a line, and not inside a longer word.
fn stands_alone(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || c == '.' || c == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scanners_find_what_they_look_for() {
        let file = |text: String| [File { path: "a.rs".into(), text }];
        assert_eq!(too_long(&file("x\n".repeat(MAX_LINES + 1))).len(), 1);
        assert_eq!(notes_to_self(&file(concat!("ok\n// TO", "DO later").into())).len(), 1);
        assert_eq!(machine_paths(&file(concat!("see /ho", "me/me/x").into())).len(), 1);
        assert!(machine_paths(&file(concat!("https://a.org/ho", "me/x").into())).is_empty());
    }
}

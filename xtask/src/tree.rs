//! The files of the workspace.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file of the workspace, with its path from the root (with `/` between the parts).
#[derive(Clone, Debug)]
pub struct File {
    /// Path from the workspace's root.
    pub path: String,
    /// Content.
    pub text: String,
}

impl File {
    /// Whether it is Rust.
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The lines before the unit tests, with their numbers.
    pub fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        self.lines().take_while(|(_, line)| line.trim() != "#[cfg(test)]")
    }

    /// The lines, numbered from 1.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(i, line)| (i + 1, line))
    }
}

/// The root of the workspace.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// Folders that hold what is built or downloaded, not what is written.
const NOT_OURS: [&str; 7] =
    [".git", "target", "corpus", "artifacts", "node_modules", "dist", "shared"];

/// All text files of the workspace, in order of their paths.
pub fn files(root: &Path) -> Vec<File> {
    let mut found = Vec::new();
    walk(root, root, &mut found);
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn walk(root: &Path, folder: &Path, found: &mut Vec<File>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() && !NOT_OURS.iter().any(|n| name == *n) {
            walk(root, &path, found);
        }
        // What is not UTF-8 is no text of ours.
        if let (true, Ok(text)) = (kind.is_file(), fs::read_to_string(&path)) {
            let relative = path.strip_prefix(root).unwrap_or(&path);
            found.push(File { path: relative.to_string_lossy().replace('\\', "/"), text });
        }
    }
}

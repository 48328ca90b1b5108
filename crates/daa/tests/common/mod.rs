//! Where the recorded answers of the reference are.

use std::path::{Path, PathBuf};

/// The folder with the recorded answers of NASA DAIDALUS; says aloud if there is none.
#[allow(clippy::print_stdout)]
pub fn daidalus() -> Option<PathBuf> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/oracles");
    let folder = std::env::var_os("DECONFLICT_ORACLES").map_or(default, PathBuf::from);
    let folder = folder.join("daidalus");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("skipped: no oracle at {}", folder.display());
    None
}

/// The files of a folder whose names begin and end so, in order.
#[allow(dead_code)] // not every test uses it
pub fn files(folder: &Path, begin: &str, end: &str) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .filter_map(|f| Some(f.ok()?.path()))
        .filter(|p| {
            let name = p.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with(begin) && name.ends_with(end)
        })
        .collect();
    found.sort();
    found
}

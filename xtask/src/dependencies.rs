//! Which crate may use which: dependencies point up the list in ARCHITECTURE.md only.

use crate::tree::File;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// A crate of the workspace.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// Name of the package.
    pub name: &'static str,
    /// The crates of the workspace that it may use.
    pub may_use: &'static [&'static str],
    /// Whether it does no input or output and reads no clock.
    pub sans_io: bool,
}

const fn sans_io(name: &'static str, may_use: &'static [&'static str]) -> Place {
    Place { name, may_use, sans_io: true }
}

const fn rim(name: &'static str, may_use: &'static [&'static str]) -> Place {
    Place { name, may_use, sans_io: false }
}

/// The whole house. A new crate gets a line here, or the test fails.
pub const HOUSE: &[Place] = &[
    sans_io("deconflict-core", &[]),
    sans_io("deconflict-detect", &["deconflict-core"]),
    sans_io("deconflict-daa", &["deconflict-core", "deconflict-detect"]),
    sans_io("deconflict-track", &["deconflict-core"]),
    sans_io("deconflict-formats", &["deconflict-core"]),
    sans_io("deconflict-sim", &["deconflict-core"]),
    sans_io("deconflict-resolve", &["deconflict-core", "deconflict-detect", "deconflict-daa"]),
    sans_io("deconflict-reserve", &["deconflict-core", "deconflict-detect"]),
    sans_io("deconflict-alert", &["deconflict-core", "deconflict-detect"]),
    sans_io(
        "deconflict-engine",
        &["deconflict-core", "deconflict-detect", "deconflict-track", "deconflict-alert"],
    ),
    sans_io(
        "deconflict-picture",
        &[
            "deconflict-core",
            "deconflict-detect",
            "deconflict-daa",
            "deconflict-resolve",
            "deconflict-track",
            "deconflict-alert",
            "deconflict-engine",
        ],
    ),
    sans_io("deconflict-intent", &["deconflict-core"]),
    rim("deconflict-dss", &["deconflict-core", "deconflict-intent", "deconflict-access"]),
    rim("deconflict-uss", &["deconflict-core", "deconflict-intent", "deconflict-access"]),
    rim("deconflict-store", &[]),
    rim("deconflict-record", &["deconflict-core"]),
    rim("deconflict-feeds", &["deconflict-core", "deconflict-formats", "deconflict-sim"]),
    rim("deconflict-access", &[]),
    rim("deconflict-outputs", &["deconflict-core", "deconflict-picture"]),
    rim(
        "deconflict-server",
        &[
            "deconflict-core",
            "deconflict-detect",
            "deconflict-track",
            "deconflict-formats",
            "deconflict-sim",
            "deconflict-alert",
            "deconflict-engine",
            "deconflict-picture",
            "deconflict-store",
            "deconflict-record",
            "deconflict-feeds",
            "deconflict-reserve",
            "deconflict-intent",
            "deconflict-uss",
            // In its tests alone.
            "deconflict-dss",
            "deconflict-access",
            "deconflict-outputs",
        ],
    ),
    Place {
        name: "deconflict-cli",
        may_use: &[
            "deconflict-intent",
            "deconflict-dss",
            "deconflict-core",
            "deconflict-detect",
            "deconflict-daa",
            "deconflict-track",
            "deconflict-formats",
            "deconflict-sim",
            "deconflict-alert",
            "deconflict-engine",
            "deconflict-access",
            "deconflict-server",
            "deconflict-resolve",
            "deconflict-reserve",
        ],
        sans_io: false,
    },
    Place { name: "xtask", may_use: &[], sans_io: false },
];

/// What code of a sans-IO crate must not name.
const FORBIDDEN: [&str; 14] = [
    "tokio",
    "async_std",
    "std::fs",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "std::time",
    "Instant::now",
    "SystemTime",
    "rand::rng",
    "thread_rng",
    "io::stdin",
    "File::open",
];

/// What in sans-IO code reaches for the outside world. Tests and benchmarks may.
pub fn impure(files: &[File]) -> Vec<String> {
    let mut found = Vec::new();
    for place in HOUSE.iter().filter(|p| p.sans_io) {
        let folder = format!("crates/{}/src/", place.name.trim_start_matches("deconflict-"));
        for file in files.iter().filter(|f| f.path.starts_with(&folder)) {
            for (number, line) in file.code() {
                let code = line.trim_start();
                if code.starts_with("//") {
                    continue;
                }
                for word in FORBIDDEN.iter().filter(|w| code.contains(*w)) {
                    found.push(format!("{}:{number}: {word} in a crate without I/O", file.path));
                }
            }
        }
    }
    found
}

/// What `cargo metadata` says of the workspace.
///
/// # Errors
/// A message, if cargo cannot be run or answers something unexpected.
pub fn metadata(root: &Path) -> Result<Value, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root)
        .output()
        .map_err(|e| format!("cannot run cargo: {e}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|e| format!("cargo metadata: {e}"))
}

/// Dependencies that point the wrong way, and crates that nobody has given a place.
/// What only tests use is free: a test of the tracker may well simulate.
pub fn wrong_way(metadata: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(place) = HOUSE.iter().find(|p| p.name == name) else {
            found.push(format!("{name} has no place in xtask/src/dependencies.rs"));
            continue;
        };
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            let used = dependency["name"].as_str().unwrap_or_default();
            let is_ours = HOUSE.iter().any(|p| p.name == used);
            let for_tests = dependency["kind"].as_str() == Some("dev");
            if is_ours && !for_tests && !place.may_use.contains(&used) {
                found.push(format!("{name} uses {used}, which it may not"));
            }
            if place.sans_io && !for_tests && matches!(used, "tokio" | "async-std" | "reqwest") {
                found.push(format!("{name} does no I/O and must not use {used}"));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn wrong_directions_and_strangers_are_found() {
        let metadata = json!({ "packages": [
            { "name": "deconflict-core", "dependencies": [
                { "name": "deconflict-detect", "kind": null },
                { "name": "deconflict-sim", "kind": "dev" },
                { "name": "tokio", "kind": null },
            ]},
            { "name": "newcomer", "dependencies": [] },
        ]});
        let found = wrong_way(&metadata);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[0].contains("uses deconflict-detect"));
        assert!(found[1].contains("must not use tokio"));
        assert!(found[2].contains("newcomer has no place"));
    }

    #[test]
    fn clocks_are_found_in_code_but_not_in_tests_or_comments() {
        let text =
            "// std::fs is for others\nlet t = Instant::now();\n#[cfg(test)]\nstd::fs::read\n";
        let file = File { path: "crates/core/src/x.rs".into(), text: text.into() };
        assert_eq!(
            impure(&[file]),
            ["crates/core/src/x.rs:2: Instant::now in a crate without I/O"]
        );
    }
}

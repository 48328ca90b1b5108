//! Helpers for tests of the whole program.

#![allow(dead_code, reason = "each test file uses some of them")]

use assert_cmd::Command;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

/// The program, with an environment that does not depend on who runs the tests.
pub fn deconflict(arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("deconflict").expect("the program is built");
    command.args(arguments).env_remove("NO_COLOR").env("TERM", "xterm-256color");
    command
}

/// Runs it and returns everything it said.
pub fn run(arguments: &[&str]) -> Output {
    deconflict(arguments).output().expect("the program starts")
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("output is UTF-8")
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("messages are UTF-8")
}

/// Each line as JSON.
pub fn json_lines(output: &Output) -> Vec<serde_json::Value> {
    let parse = |line: &str| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
    stdout(output).lines().map(parse).collect()
}

/// A file of a test's own, in the build folder.
pub fn file(name: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).expect("the build folder is writable");
    path
}

pub fn text(path: &Path) -> &str {
    path.to_str().expect("paths of tests are UTF-8")
}

/// What the receiver of a bundled scenario hears, as a recording.
pub fn recording(scenario: &str, name: &str) -> PathBuf {
    let output = run(&["simulate", scenario]);
    assert!(output.status.success(), "{}", stderr(&output));
    file(name, output.stdout)
}

/// The one error of a command that failed, and its exit code.
pub fn failure(output: &Output) -> (i32, String) {
    let message = stderr(output);
    let errors = message.lines().filter(|l| l.starts_with("error: ")).count();
    assert_eq!(errors, 1, "not one clear error:\n{message}");
    assert!(!message.contains("panicked"), "{message}");
    (output.status.code().expect("it exits"), message)
}

//! `deconflict plan submit` and `watch` against a service at work.

mod common;

use common::{failure, file, run, stdout, text};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// A service of its own on a free port.
struct Service {
    child: Child,
    url: String,
    _dir: TempDir,
}

impl Service {
    fn start() -> Service {
        let dir = TempDir::new().unwrap();
        let config = dir.path().join("deconflict.toml");
        let text = "[http]\nlisten = \"127.0.0.1:0\"\n[recording]\ndir = \"\"\n";
        std::fs::write(&config, text).unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_deconflict"))
            .args(["serve", "--config"])
            .arg(&config)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let url = lines
            .by_ref()
            .find_map(|line| Some(line.ok()?.strip_prefix("serving on ")?.to_owned()))
            .unwrap();
        // Whatever it says goes on being read, so that it never waits for us.
        std::thread::spawn(move || lines.for_each(drop));
        Service { child, url, _dir: dir }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn plan(id: &str, lower: &str, upper: &str) -> String {
    format!(
        r#"[{{ "id": "{id}", "kind": "operation", "party": "ACME", "shape": "circle",
        "points": "-17.3 180", "radius_nm": 10, "lower": "{lower}", "upper": "{upper}",
        "start": "2090-03-01T10:00:00Z", "end": "2090-03-01T12:00:00Z" }}]"#
    )
}

#[test]
fn plans_are_filed_and_changes_are_told() {
    let service = Service::start();
    let url = ["--url", service.url.as_str()];
    let first = file("submit1.json", &plan("FIRST", "FL100", "FL140"));
    let other = plan("SECOND", "FL120", "FL160").replace("ACME", "OTHER");
    let second = file("submit2.json", &other);

    let mut watching = Command::new(env!("CARGO_BIN_EXE_deconflict"))
        .args(["plan", "watch", "--json"])
        .args(url)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();

    let output = run(&[&["plan", "submit", text(&first), "--plan"][..], &url].concat());
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = stdout(&output);
    assert!(said.starts_with("FIRST (operation): free; planned as R-"), "{said}");

    let arguments =
        [&["plan", "submit", text(&second), "--plan", "--exit-code"][..], &url].concat();
    let output = run(&arguments);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = stdout(&output);
    assert!(said.starts_with("SECOND (operation): CONFLICT; draft as R-"), "{said}");
    assert!(said.contains("\n  with R-") && said.contains("\n  free: "), "{said}");

    let list = run(&[&["plan", "watch", "--once"][..], &url].concat());
    let listed = stdout(&list);
    let mut lines: Vec<&str> = listed.lines().collect();
    lines.sort_unstable_by_key(|line| line.ends_with("SECOND"));
    assert_eq!(lines.len(), 2, "{listed}");
    assert!(lines[0].contains("planned  operation  ACME  FL100 to FL140"), "{listed}");
    assert!(lines[1].contains("draft  operation  OTHER"), "{listed}");

    // Whoever watches is told of each step, in order.
    let mut changes = BufReader::new(watching.stdout.take().unwrap()).lines();
    let mut last = String::new();
    while !last.contains("SECOND") {
        let line = changes.next().unwrap().unwrap();
        let change: Value = serde_json::from_str(&line).unwrap();
        let word = change["change"].as_str().unwrap();
        assert!(["new", "changed"].contains(&word), "{line}");
        last = change["reservation"]["name"].as_str().unwrap().to_owned();
    }
    watching.kill().unwrap();
    watching.wait().unwrap();
}

#[test]
fn a_service_that_is_not_there_is_told() {
    let plan = file("submit3.json", &plan("FIRST", "FL100", "FL140"));
    for arguments in [
        &["plan", "submit", text(&plan), "--url", "http://127.0.0.1:9"][..],
        &["plan", "watch", "--url", "http://127.0.0.1:9"],
        &["plan", "submit", text(&plan), "--key-file", "/none/key"],
    ] {
        let output = run(arguments);
        let (code, said) = failure(&output);
        assert!(matches!(code, 66 | 74), "{said}");
        assert!(said.contains("cannot"), "{said}");
    }
}

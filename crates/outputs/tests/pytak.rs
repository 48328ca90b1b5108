//! PyTAK, a client that is in use, receives our events and understands them.
//!
//! It comes from PyPI into a virtual environment beside the build. Without Python, pip or
//! PyPI the tests say so and are skipped.

#![allow(clippy::print_stderr)] // says when it skips

mod common;

use common::{alert, listening, picture, start, status_when, tell, track};
use deconflict_outputs::Outputs;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, channel};

/// The version that was tested.
const PYTAK: &str = "pytak==7.6.1";
/// A name with everything that XML has to escape.
const NAME: &str = "<&\">' ÄÖ";

fn run(command: &mut Command) -> Result<(), String> {
    let shown = format!("{command:?}");
    let output = command.stdin(Stdio::null()).output().map_err(|e| format!("{shown}: {e}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{shown}: {}", String::from_utf8_lossy(&output.stderr).trim())),
    }
}

fn environment() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pytak");
    let (python, done) = (folder.join("bin/python"), folder.join(PYTAK));
    if !done.exists() {
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&folder))?;
        run(Command::new(&python).args(["-m", "pip", "install", "--quiet"]).args([
            "--disable-pip-version-check",
            "--retries=1",
            "--timeout=20",
            PYTAK,
        ]))?;
        std::fs::write(&done, "").map_err(|e| e.to_string())?;
    }
    Ok(python)
}

/// The Python that has PyTAK, made once for all tests.
fn python() -> Option<&'static Path> {
    static PYTHON: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match PYTHON.get_or_init(environment) {
        Ok(python) => Some(python),
        Err(why) => {
            eprintln!("skipped: no PyTAK here: {why}");
            None
        }
    }
}

/// PyTAK at work, and what it says.
struct Pytak {
    child: Child,
    lines: Receiver<Value>,
}

impl Pytak {
    fn start(python: &Path, url: &str) -> Pytak {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pytak_client.py");
        let mut child = Command::new(python)
            .arg(script)
            .arg(url)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let stdout = child.stdout.take().expect("its output is ours");
        let (say, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let _ = say.send(serde_json::from_str(&line).expect("a line is JSON"));
            }
        });
        let pytak = Pytak { child, lines };
        assert!(pytak.next()["ready"].is_string());
        pytak
    }

    fn next(&self) -> Value {
        self.lines.recv_timeout(common::PATIENCE).expect("PyTAK says something")
    }
}

impl Drop for Pytak {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn cot(rest: &str) -> Outputs {
    start(&format!(
        "[[output]]\nkind = \"cot\"\nname = \"tak\"\nviewer = \"everything\"\nevery_s = 1.0\n{rest}"
    ))
}

/// Tells a picture and its end, and looks at what PyTAK has understood.
fn understands(outputs: &Outputs, pytak: &Pytak) {
    let tracks = || vec![track(1, NAME), track(2, "HERON1")];
    tell(outputs, &picture(1.0, tracks(), vec![alert(1, "imminent", 1.0)]));
    let told = pytak.next();
    assert_eq!(told["event"]["type"], "b-a-o-tbl");
    assert_eq!(told["event"]["uid"], "deconflict.run.alert.run-1");
    assert_eq!(told["callsign"], "Loss of separation imminent: EAGLE1 / HERON1");
    assert_eq!(told["links"][1], "deconflict.run.track.2");
    for (id, callsign) in [(1, NAME), (2, "HERON1")] {
        let told = pytak.next();
        assert_eq!(told["event"]["uid"], format!("deconflict.run.track.{id}"));
        assert_eq!(told["event"]["type"], "a-u-A-C-F");
        assert_eq!(told["event"]["time"], "2026-01-01T00:00:01.000Z");
        assert_eq!(told["event"]["stale"], "2026-01-01T00:00:06.000Z");
        assert_eq!(told["callsign"], callsign);
        assert_eq!(told["point"]["lat"], "35.1");
        assert!(told["remarks"].as_str().is_some_and(|text| text.contains("31000 ft")));
    }
    tell(outputs, &picture(2.0, tracks(), vec![alert(1, "ended", 2.0)]));
    assert_eq!(pytak.next()["event"]["type"], "b-a-o-can");
    let deleted = pytak.next();
    assert_eq!(deleted["event"]["type"], "t-x-d-d");
    assert_eq!(deleted["links"][0], "deconflict.run.alert.run-1");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_tcp() {
    let Some(python) = python() else { return };
    let outputs = cot("protocol = \"tcp\"\nlisten = \"127.0.0.1:0\"\n");
    let port = listening(&outputs).await;
    let pytak = Pytak::start(python, &format!("tcp://{port}"));
    status_when(&outputs, |s| s.clients == Some(1)).await;
    understands(&outputs, &pytak);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn over_udp() {
    let Some(python) = python() else { return };
    let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let pytak = Pytak::start(python, &format!("udp+ro://{port}"));
    let outputs = cot(&format!("protocol = \"udp\"\nto = \"{port}\"\n"));
    understands(&outputs, &pytak);
}

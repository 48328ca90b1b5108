//! `deconflict serve` is killed, over and over, and asked to stop.
//!
//! How often it is killed: DECONFLICT_KILLS, six times if that is not set. See docs/serve.md,
//! "When something goes wrong".
#![allow(clippy::print_stderr)] // how long it took

use deconflict_core::Time;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How long anything may take before the test gives up on it.
const PATIENCE: Duration = Duration::from_secs(60);

fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Time::from_nanos(since.as_nanos() as i64)
}

/// A receiver that outlives the services that connect to it: a crowd, and pairs that meet.
struct Receiver {
    address: String,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Receiver {
    fn new() -> Receiver {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        listener.set_nonblocking(true).unwrap();
        let stop = Arc::new(AtomicBool::new(false));
        let ended = stop.clone();
        let thread = std::thread::spawn(move || {
            let mut stream: Option<TcpStream> = None;
            while !ended.load(Ordering::Relaxed) {
                if let Ok((new, _)) = listener.accept() {
                    stream = Some(new);
                }
                if let Some(to) = &mut stream
                    && to.write_all(lines().as_bytes()).is_err()
                {
                    stream = None;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        });
        Receiver { address, stop, thread: Some(thread) }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().map(JoinHandle::join);
    }
}

/// What is in the air at present. A pair meets every two minutes, and is inside for most of them.
fn lines() -> String {
    let now = now();
    let text = now.to_string();
    let stamp = format!("{},{}", text[..10].replace('-', "/"), &text[11..23]);
    let seconds = (now.as_nanos() / 1_000_000) as f64 / 1000.0;
    let mut out = String::new();
    let mut aircraft = |address: u32, lat: f64, lon: f64, alt: u32, trk: u32| {
        let head = |kind| format!("MSG,{kind},1,1,{address:06X},1,{stamp},{stamp}");
        let _ = write!(
            out,
            "{},,{alt},,,{lat:.6},{lon:.6},,,0,0,0,0\r\n{},,,360,{trk},,,0,,,,,0\r\n",
            head(3),
            head(4)
        );
    };
    for n in 0..200 {
        aircraft(0x10_0000 + n, 40.0 + f64::from(n / 20), f64::from(n % 20), 33_000, 90);
    }
    for n in 0..4 {
        // 360 kt on the equator: a tenth of a nautical mile a second each. They take turns, so
        // that some are always on.
        let s = (seconds + 30.0 * f64::from(n)) % 120.0;
        let (lat, half) = (f64::from(n), (60.0 - s) / 600.0);
        aircraft(0x70_0000 + 2 * n, lat, 10.0 - half, 31_000, 90);
        aircraft(0x70_0001 + 2 * n, lat, 10.0 + half, 31_000, 270);
    }
    out
}

/// A service in a process of its own.
struct Serve {
    process: Child,
    at: String,
    /// From the start of the process until it answers.
    started: Duration,
}

impl Serve {
    fn start(folder: &Path) -> Serve {
        let begun = Instant::now();
        let mut process = Command::new(env!("CARGO_BIN_EXE_deconflict"))
            .args(["serve", "--config"])
            .arg(folder.join("deconflict.toml"))
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = BufReader::new(process.stderr.take().unwrap());
        let mut log = String::new();
        let at = loop {
            let from = log.len();
            assert!(said.read_line(&mut log).unwrap() > 0, "it ended: {log}");
            if let Some(url) = log[from..].trim().strip_prefix("serving on http://") {
                break url.trim_end_matches('/').to_owned();
            }
        };
        // What it says later is read, so that it never waits for that.
        std::thread::spawn(move || std::io::copy(&mut said, &mut std::io::sink()));
        let mut serve = Serve { process, at, started: Duration::ZERO };
        assert_eq!(serve.get("/healthz").0, 200);
        serve.started = begun.elapsed();
        serve
    }

    fn get(&self, path: &str) -> (u16, Value) {
        request(&self.at, "GET", path, "").expect("it answers")
    }

    /// An alert of an earlier run: it is over, or will be in a moment.
    fn over(&self, id: &str) -> Value {
        let begun = Instant::now();
        loop {
            let (status, alert) = self.get(&format!("/v1/alerts/{id}"));
            assert_eq!(status, 200, "{id}: {alert}");
            if alert["state"] == "ended" {
                return alert;
            }
            assert!(begun.elapsed() < PATIENCE, "still on: {alert}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The names of the alerts that are on, once there are so many.
    fn alerts(&self, count: usize) -> Vec<String> {
        let begun = Instant::now();
        loop {
            let alerts = self.get("/v1/alerts").1;
            let ids = alerts["alerts"].as_array().unwrap().iter();
            let ids: Vec<String> = ids.map(|a| a["id"].as_str().unwrap().to_owned()).collect();
            if ids.len() >= count {
                return ids;
            }
            assert!(begun.elapsed() < PATIENCE, "no alerts");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Serve {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One request over a connection of its own; `None` if there is no whole answer.
fn request(at: &str, method: &str, path: &str, body: &str) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect(at).ok()?;
    stream.set_read_timeout(Some(PATIENCE)).ok()?;
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, serde_json::from_str(body).unwrap_or_default()))
}

/// The first message of a stream.
fn first_message(at: &str, path: &str) -> Value {
    let mut stream = TcpStream::connect(at).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {at}\r\n\r\n").unwrap();
    for line in BufReader::new(stream).lines() {
        if let Some(data) = line.unwrap().strip_prefix("data: ") {
            return serde_json::from_str(data).unwrap();
        }
    }
    panic!("{path}: no message");
}

fn configure(folder: &Path, receiver: &Receiver) {
    let text = format!(
        "[http]\nlisten = \"127.0.0.1:0\"\n[engine]\nperiod_s = 0.05\n[log]\nlevel = \"warn\"\n\
         [[feed]]\nname = \"tower\"\nkind = \"tcp\"\nconnect = \"{}\"\nformat = \"sbs\"\n",
        receiver.address
    );
    std::fs::write(folder.join("deconflict.toml"), text).unwrap();
}

/// Something that was said of an alert, and that was stored.
struct Said {
    alert: String,
    text: String,
    acknowledges: bool,
}

/// Says one thing after another about alerts until the service is gone. What it was told is
/// done, with the alert.
fn people(at: String, ids: Vec<String>, name: String) -> JoinHandle<Vec<Said>> {
    std::thread::spawn(move || {
        let mut done = Vec::new();
        for n in 0.. {
            let id = &ids[n % ids.len()];
            let text = format!("{name}, {n}");
            let acknowledges = (n / ids.len()).is_multiple_of(2);
            let what = if acknowledges { "acknowledge" } else { "comments" };
            let body = json!({ "text": text }).to_string();
            match request(&at, "POST", &format!("/v1/alerts/{id}/{what}"), &body) {
                Some((200, _)) => done.push(Said { alert: id.clone(), text, acknowledges }),
                // An alert may be over and forgotten; everything else is the kill.
                Some((404, _)) => {}
                Some(_) | None => return done,
            }
        }
        done
    })
}

/// STO-1 from outside: what somebody was told is stored is there after any number of kills, the
/// recording can be read, the alerts that were on have ended for a reason, and it is soon back.
#[test]
fn killed_over_and_over_it_forgets_nothing() {
    let kills = std::env::var("DECONFLICT_KILLS").ok().and_then(|text| text.parse().ok());
    let kills: u32 = kills.unwrap_or(6);
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::new();
    configure(folder.path(), &receiver);
    let all = Arc::new(Mutex::new(Vec::new()));
    let mut starts = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut moments: Vec<String> = Vec::new();
    for round in 0..=kills {
        let mut serve = Serve::start(folder.path());
        starts.push(serve.started);
        for id in &open {
            let alert = serve.over(id);
            let reason = alert["changes"].as_array().unwrap().last().unwrap()["reason"].clone();
            assert_eq!(reason, "the service was restarted", "{alert}");
        }
        if round == kills {
            check(&serve, &all.lock().unwrap(), &moments);
            break;
        }
        open = serve.alerts(2);
        let talk = (0..2).map(|n| people(serve.at.clone(), open.clone(), format!("{round}-{n}")));
        let talk: Vec<_> = talk.collect();
        // Another moment each time: in a commit, in a write of the recording, between them.
        std::thread::sleep(Duration::from_millis(u64::from(150 + round * 37 % 200)));
        let stream = first_message(&serve.at, "/v1/stream");
        moments.push(stream["time"].as_str().unwrap().to_owned());
        serve.process.kill().unwrap();
        serve.process.wait().unwrap();
        for thread in talk {
            all.lock().unwrap().extend(thread.join().unwrap());
        }
    }
    starts.sort();
    let (median, most) = (starts[starts.len() / 2], starts[starts.len() - 1]);
    let said = all.lock().unwrap().len();
    eprintln!("{kills} kills, {said} changes kept; it answers after {median:?}, {most:?} at most");
}

/// Everything that was said is there, and every run can be looked back at.
fn check(serve: &Serve, said: &[Said], moments: &[String]) {
    assert!(said.len() >= moments.len(), "{} changes are no load", said.len());
    let mut ids: Vec<&String> = said.iter().map(|said| &said.alert).collect();
    ids.sort();
    ids.dedup();
    for id in ids {
        let (_, alert) = serve.get(&format!("/v1/alerts/{id}"));
        let comments = alert["comments"].as_array().unwrap();
        for said in said.iter().filter(|said| said.alert == *id) {
            // Of several acknowledgements the last one stands; comments all do.
            let there = match said.acknowledges {
                true => !alert["acknowledged"].is_null(),
                false => comments.iter().any(|comment| comment["text"] == said.text.as_str()),
            };
            assert!(there, "{:?} of {id} is lost", said.text);
        }
    }
    let (_, line) = serve.get("/v1/timeline");
    let spans = line["spans"].as_array().unwrap().len();
    assert!(spans > moments.len(), "{spans} spans after {} runs", moments.len() + 1);
    for time in moments {
        let picture = first_message(&serve.at, &format!("/v1/stream?at={time}&speed=0"));
        assert_eq!(picture["kind"], "snapshot");
        let tracks = picture["tracks"].as_array().unwrap().len();
        assert!(tracks > 0, "at {time} nothing is to be seen");
    }
}

/// Asked to stop, it tells its readers, ends what is on, closes its files, and is gone.
#[cfg(unix)]
#[test]
fn asked_to_stop_it_stops_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let receiver = Receiver::new();
    configure(folder.path(), &receiver);
    let mut serve = Serve::start(folder.path());
    let ids = serve.alerts(2);
    let mut reader = TcpStream::connect(&serve.at).unwrap();
    reader.set_read_timeout(Some(PATIENCE)).unwrap();
    write!(reader, "GET /v1/stream HTTP/1.1\r\nHost: {}\r\n\r\n", serve.at).unwrap();
    reader.read_exact(&mut [0; 15]).unwrap();
    let begun = Instant::now();
    let pid = serve.process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest).unwrap();
    let status = serve.process.wait().unwrap();
    eprintln!("stopped after {:?}", begun.elapsed());
    assert!(status.success(), "{status}");
    assert!(begun.elapsed() < PATIENCE);
    let text = String::from_utf8_lossy(&rest);
    assert!(text.contains("event: end"), "the reader was not told");
    // The recording is closed: nothing is left for the next start to put in order.
    let files = std::fs::read_dir(folder.path().join("recording")).unwrap().flatten();
    let names: Vec<String> = files.map(|f| f.file_name().to_string_lossy().into_owned()).collect();
    assert!(names.iter().any(|name| name.ends_with(".parquet")), "{names:?}");
    assert!(!names.iter().any(|name| name.ends_with(".journal")), "{names:?}");
    drop(serve);
    let serve = Serve::start(folder.path());
    for id in ids {
        let (_, alert) = serve.get(&format!("/v1/alerts/{id}"));
        assert_eq!(alert["state"], "ended");
        let reason = alert["changes"].as_array().unwrap().last().unwrap()["reason"].to_string();
        assert!(!reason.contains("restarted"), "{reason}");
    }
}

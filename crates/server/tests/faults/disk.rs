//! The disk is full, and there is room again.

use crate::common::client::Client;
use crate::common::{config_in, eventually, try_start};
use crate::traffic::{Traffic, crowd, pairs};
use serde_json::{Value, json};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A small disk of its own.
struct SmallDisk(TempDir);

impl SmallDisk {
    /// `None`, and a word about it, where that is not allowed.
    fn new(kib: u32) -> Option<SmallDisk> {
        let dir = tempfile::tempdir().unwrap();
        let size = format!("size={kib}k");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(dir.path()).stderr(Stdio::null());
        if !mount.status().is_ok_and(|status| status.success()) {
            eprintln!("skipped: a small disk cannot be mounted");
            return None;
        }
        Some(SmallDisk(dir))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all the room that is left.
    fn fill(&self) -> PathBuf {
        let filler = self.path().join("filler");
        let mut file = File::create(&filler).unwrap();
        while file.write_all(&[1; 4096]).is_ok() {}
        while file.write_all(&[1]).is_ok() {}
        filler
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.path()).status();
    }
}

/// The figure of a metric without labels.
async fn metric(client: &Client, name: &str) -> f64 {
    let text = client.get("/metrics").await.text;
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("deconflict_{name} ")));
    line.unwrap_or_else(|| panic!("no {name}")).parse().unwrap()
}

/// Recording stops, is counted, and goes on when there is room; alerts go out all the time.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_stops_the_recording_and_nothing_else() {
    let Some(disk) = SmallDisk::new(8192) else { return };
    let mut flights = crowd(100);
    flights.extend(pairs(1));
    let traffic = Traffic::start(flights, Duration::from_millis(50)).await;
    let dir = TempDir::new().unwrap();
    let text = format!("engine.period_s = 0.1\n{}", traffic.feed("tower", ""));
    let mut config = config_in(&text, dir.path());
    config.recording.dir = disk.path().to_owned();
    let service = try_start(config, dir.path()).await.unwrap();
    let client = Client::new(&format!("http://{}", service.address()));
    eventually("rows", || async {
        (metric(&client, "recorded_rows").await > 1000.0).then_some(())
    })
    .await;
    let filler = disk.fill();
    eventually("lost rows", || async {
        (metric(&client, "recording_lost_rows").await > 0.0).then_some(())
    })
    .await;
    let mut stream = client.events("/v1/stream").await;
    stream.until("moves", |e| e.kind == "moves").await;
    eventually("an alert", || async {
        let alerts = client.get("/v1/alerts").await.json();
        alerts["alerts"].get(0).cloned()
    })
    .await;
    assert_eq!(client.get("/readyz").await.status, 200);
    std::fs::remove_file(filler).unwrap();
    let rows = metric(&client, "recorded_rows").await;
    eventually("recording to go on", || async {
        (metric(&client, "recorded_rows").await > rows + 1000.0).then_some(())
    })
    .await;
    let line = client.get("/v1/timeline").await.json();
    assert!(line["spans"].as_array().unwrap().len() >= 2, "a gap that can be seen: {line}");
    service.stop().await;
}

/// A full disk of the database is a database that is away.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_of_the_database_holds_up_no_alert() {
    let Some(disk) = SmallDisk::new(4096) else { return };
    let traffic = Traffic::start(pairs(8), Duration::from_millis(50)).await;
    let dir = TempDir::new().unwrap();
    let text = format!("engine.period_s = 0.1\n{}", traffic.feed("tower", ""));
    let mut config = config_in(&text, dir.path());
    config.store.url = format!("sqlite:{}", disk.path().join("store.db").display());
    let service = try_start(config, dir.path()).await.unwrap();
    let client = Client::new(&format!("http://{}", service.address()));
    let alert: Value = eventually("an alert", || async {
        client.get("/v1/alerts").await.json()["alerts"].get(0).cloned()
    })
    .await;
    let path = format!("/v1/alerts/{}/comments", alert["id"].as_str().unwrap());
    let filler = disk.fill();
    let long = "x".repeat(2000);
    // What is there has some room left; each of these takes some of it.
    let refused = eventually("a comment to be refused", || async {
        let answer = client.post(&path, json!({ "text": long })).await;
        (answer.status != 200).then_some(answer)
    });
    assert_eq!(refused.await.status, 503);
    let mut stream = client.events("/v1/stream").await;
    stream.until("moves", |e| e.kind == "moves").await;
    std::fs::remove_file(filler).unwrap();
    eventually("a comment to be taken", || async {
        let answer = client.post(&path, json!({"text": "there is room"})).await;
        (answer.status == 200).then_some(())
    })
    .await;
    service.stop().await;
}

//! The machine's clock is set by an hour.

use crate::common::{PATIENCE, config_in, eventually, soon};
use crate::traffic::{Traffic, pairs};
use deconflict_core::Time;
use deconflict_picture::Stamp;
use deconflict_record::Recording;
use deconflict_server::clock::{SystemWall, Wall};
use deconflict_server::{Service, Start};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tempfile::TempDir;

/// The machine's clock, that somebody sets.
#[derive(Debug, Default)]
struct SetWall {
    machine: SystemWall,
    off_s: AtomicI64,
}

impl Wall for SetWall {
    fn time(&self) -> Time {
        self.machine.time().plus_s(self.off_s.load(Ordering::Relaxed) as f64)
    }

    fn monotonic(&self) -> Duration {
        self.machine.monotonic()
    }
}

fn time(json: &Value) -> Time {
    Stamp::parse(json["time"].as_str().unwrap()).unwrap().0
}

/// The run ends, everybody is told why, and a new picture forms at the new time, whichever
/// way the clock is set.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_set_ends_the_run_and_a_new_picture_forms() {
    let traffic = Traffic::start(pairs(3), Duration::from_millis(20)).await;
    let dir = TempDir::new().unwrap();
    let text = format!("engine.period_s = 0.1\n{}", traffic.feed("tower", ""));
    let wall = Arc::new(SetWall::default());
    let start = Start { wall: Some(wall.clone()), ..Start::default() };
    let service = Service::start(config_in(&text, dir.path()), start).await.unwrap();
    let client = crate::common::client::Client::new(&format!("http://{}", service.address()));
    let mut runs = Vec::new();
    for off_s in [3600, 0, -3600] {
        let mut stream = client.events("/v1/stream").await;
        let first = stream.next().await.unwrap().json;
        runs.push(first["run"].as_str().unwrap().to_owned());
        let open = eventually("three alerts", || async {
            let alerts = client.get("/v1/alerts").await.json();
            let alerts = alerts["alerts"].as_array()?.clone();
            (alerts.len() == 3).then_some(alerts)
        })
        .await;
        wall.off_s.store(off_s, Ordering::Relaxed);
        let end = stream.until("the end of the run", |e| e.kind == "end").await;
        let reason = end.json["reason"].as_str().unwrap();
        assert!(reason.contains("the clock of the machine was set by"), "{reason}");
        assert_eq!(stream.next().await, None);

        // Somebody who comes back with the last message gets a snapshot of the new run.
        let mut stream = client.with("last-event-id", end.id).events("/v1/stream").await;
        let first = stream.next().await.unwrap();
        assert_eq!(first.kind, "snapshot");
        assert!(!runs.contains(&first.json["run"].as_str().unwrap().to_owned()));
        for _ in 0..3 {
            let moves = stream.until("three live aircraft", |e| {
                let rows = e.json["rows"].as_array().map_or(0, Vec::len);
                e.kind == "moves" && rows >= 6
            });
            let off = time(&moves.await.json).seconds_since(wall.time());
            assert!(off.abs() < PATIENCE.as_secs_f64(), "{off} s off the clock");
        }
        // What was on is over, for a reason. ALR-2
        for alert in open {
            let id = alert["id"].as_str().unwrap();
            let over = eventually("the alert to be over", || async {
                let alert = client.get(&format!("/v1/alerts/{id}")).await.json();
                (alert["state"] == "ended").then_some(alert)
            });
            let over = over.await;
            let last = over["changes"].as_array().unwrap().last().unwrap().clone();
            assert!(!last["reason"].as_str().unwrap().is_empty(), "{over}");
        }
    }
    let stored = service.app().store.runs(10).await.unwrap();
    let ended = stored.iter().filter(|run| run.ended_ns.is_some()).count();
    assert_eq!((stored.len(), ended), (4, 3), "{stored:?}");
    let metrics = client.get("/metrics").await.text;
    assert!(metrics.contains("deconflict_clock_steps_total 3"));
    soon("the service to stop", service.stop()).await;
    let spans = Recording::open(dir.path().join("recording")).unwrap().spans().unwrap();
    assert_eq!(spans.len(), 4, "{spans:?}");
}

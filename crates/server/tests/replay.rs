//! Looking back: what was recorded gives the same alerts again, with the same names.

#![allow(clippy::print_stdout)] // what was compared is said aloud

mod common;

use common::client::{Client, Event};
use common::flights::{Flight, now, push};
use common::{eventually, start, start_in};
use deconflict_core::Time;
use deconflict_engine::DEFAULT_RULES;
use deconflict_picture::{Alert, Declared, FeedSetup, Live, Setup, Stamp, Step};
use deconflict_record::{Begin, Limits, Recorder, Recording, Row};
use deconflict_server::standing::Standing;
use deconflict_sim::{Scenario, Simulation};
use deconflict_store::{AlertRow, Entry, Store};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// Plays a run again from its beginning, as it was recorded. The alerts by name, each as it
/// last was.
fn play(dir: &Path) -> BTreeMap<String, Arc<Alert>> {
    let mut alerts = BTreeMap::new();
    play_to(dir, |step| {
        alerts.extend(step.alerts.iter().map(|alert| (alert.id.clone(), alert.clone())));
    });
    alerts
}

fn play_to(dir: &Path, mut tell: impl FnMut(&Step)) {
    let recording = Recording::open(dir).unwrap();
    let run = recording.spans().unwrap()[0].run.clone();
    let mut live = None;
    for row in recording.rows_since_begin(&run) {
        match row.unwrap() {
            Row::Begin(begin) => {
                let setup: Setup = serde_json::from_str(&begin.config).unwrap();
                live = Some(Live::new(setup, begin.time, 1).unwrap());
            }
            Row::Report(report) => live.as_mut().unwrap().push(&[report]),
            Row::Registry(text) => {
                Standing::from_text(&text).apply(live.as_mut().unwrap());
            }
            Row::Tick(now) => live.as_mut().unwrap().advance(now),
        }
        live.as_mut().and_then(Live::step).iter().for_each(&mut tell);
    }
}

/// The record of an alert as text, up to where the service was stopped: that is in no recording.
fn record(changes: &Value) -> String {
    let changes = changes.as_array().unwrap().iter();
    let changes: Vec<&Value> =
        changes.filter(|c| !c["reason"].as_str().unwrap().contains("no more data")).collect();
    serde_json::to_string(&changes).unwrap()
}

/// ENG-1: the recording of a service gives the alerts of the service, to the last byte.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_gives_the_same_alerts() {
    let running =
        start("engine.period_s = 0.05\n[[feed]]\nname = \"own\"\nkind = \"push\"\n").await;
    let client = running.client();
    // Three pairs that meet, and that are declared while it runs.
    let mut flights = Vec::new();
    for pair in 0..3 {
        let lat = 35.0 + f64::from(pair);
        // A little more than the five miles that they owe each other.
        let apart = 0.12 + 0.004 * f64::from(pair);
        let name = |side: &str| format!("PAIR{pair}{side}");
        let address = |side: u32| format!("{:06x}", 0x70_0000 + 2 * pair + side);
        let east = Flight::new(&address(0), lat, 40.0, 31_000.0, 90.0).called(&name("E"));
        let west = Flight::new(&address(1), lat, 40.0 + apart, 31_000.0, 270.0);
        flights.extend([east, west.called(&name("W"))]);
    }
    let begun = now();
    eventually("three alerts that have changed", || async {
        let time = now();
        let t_s = time.seconds_since(begun);
        let reports = flights.iter().map(|flight| flight.report(time, t_s)).collect();
        assert_eq!(push(&client, "own", reports).await.status, 200);
        let alerts = client.get("/v1/alerts").await.json();
        let changes = |alert: &Value| alert["changes"].as_array().map_or(0, Vec::len);
        let changed = alerts["alerts"].as_array()?.iter().filter(|a| changes(a) > 1).count();
        (changed == 3).then_some(())
    })
    .await;
    let dir = running.stop().await;

    let again = play(&dir.path().join("recording"));
    assert_eq!(again.len(), 3);
    let store = Store::open(&format!("sqlite:{}", dir.path().join("store.db").display())).await;
    let store = store.unwrap();
    for (id, alert) in &again {
        let stored =
            store.alert(id).await.unwrap().unwrap_or_else(|| panic!("no {id} in the store"));
        let changes: Vec<Value> =
            stored.changes.iter().map(|c| serde_json::from_str(&c.body).unwrap()).collect();
        let stored = record(&json!(changes));
        assert!(stored.matches("\"to\"").count() > 1, "{stored}");
        assert_eq!(record(&serde_json::to_value(&alert.changes).unwrap()), stored);
    }
    store.close(common::PATIENCE).await;
}

/// ENG-1: who comes to airspace that another party has reserved is warned before it is there,
/// and the recording of the service gives the same warning. PLN-9: what is stored is what was told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn airspace_in_use_is_warned_of_live_and_played_again() {
    let running =
        start("engine.period_s = 0.05\n[[feed]]\nname = \"own\"\nkind = \"push\"\n").await;
    let client = running.client();
    let begun = now();
    let draft = json!({
        "name": "Survey", "party": "ACME", "kind": "hazard", "shape": "circle",
        "points": [{ "lat": 35.0, "lon": 40.3 }], "radius_m": 5_000,
        "lower": "FL250", "upper": "FL350",
        "start": begun.plus_s(-60.0).to_string(), "end": begun.plus_s(3600.0).to_string(),
    });
    let mut view = client.post("/v1/reservations", draft).await.json();
    for action in ["plan", "activate"] {
        // It is in its time: the clock may have activated it already.
        let path = format!("/v1/reservations/{}", view["id"].as_str().unwrap());
        view = client.get(&path).await.json();
        if view["status"] != "active" {
            let act = json!({ "action": action, "version": view["version"] });
            client.post(&format!("{path}/status"), act).await;
            view = client.get(&path).await.json();
        }
    }
    assert_eq!(view["status"], "active", "{view}");

    let flight = Flight::new("700001", 35.0, 40.0, 31_000.0, 90.0).called("LOST1");
    let warned = eventually("a warning", || async {
        let time = now();
        let report = flight.report(time, time.seconds_since(begun));
        assert_eq!(push(&client, "own", vec![report]).await.status, 200);
        let snapshot = client.events("/v1/stream").await.next().await.unwrap();
        snapshot.json["warnings"].as_array()?.first().cloned()
    })
    .await;
    assert_eq!(warned["state"], "approaching", "{warned}");
    assert_eq!((&warned["name"], &warned["owner"]), (&json!("Survey"), &json!("ACME")));
    assert!(warned["t_in_s"].as_f64().unwrap() > 10.0, "{warned}");
    let dir = running.stop().await;

    let mut again = Vec::new();
    play_to(&dir.path().join("recording"), |step| again.extend(step.warnings.clone()));
    let first = again.first().map(|w| serde_json::to_value(&**w).unwrap()).unwrap();
    for field in ["id", "first", "state", "name", "owner", "aircraft"] {
        assert_eq!(first[field], warned[field], "{field}");
    }
    let store = Store::open(&format!("sqlite:{}", dir.path().join("store.db").display())).await;
    let store = store.unwrap();
    let stored = store.warning(warned["id"].as_str().unwrap()).await.unwrap().unwrap();
    let last = again.last().unwrap();
    let changes: Vec<Value> =
        stored.changes.iter().map(|c| serde_json::from_str(&c.body).unwrap()).collect();
    // Ended by the end of the data, of which the recording has nothing.
    assert_eq!(serde_json::to_value(&last.changes).unwrap(), json!(changes[..changes.len() - 1]));
    assert_eq!(stored.warning.state, "ended");
    store.close(common::PATIENCE).await;
}

/// A run of a scenario in a folder, as a service would have recorded and stored it, and the
/// alerts that were in the picture at some moments.
async fn record_scenario(dir: &Path, minutes: i64) -> (Scenario, Vec<(Time, Vec<Arc<Alert>>)>) {
    let text = include_str!("../../../scenarios/euphrates-2017.toml");
    let scenario = Scenario::parse(text).unwrap();
    let mut simulation = Simulation::new(&scenario);
    let most = simulation.feeds().iter().map(|f| f.number).max().unwrap_or(0);
    let feed = |number: u16| FeedSetup {
        name: format!("feed {number}"),
        owner: None,
        kind: "scenario".to_owned(),
        format: "reports".to_owned(),
        period_s: None,
    };
    let registry = simulation.registry();
    let setup = Setup {
        run: "past".to_owned(),
        name: scenario.name.clone(),
        rules: DEFAULT_RULES.to_owned(),
        feeds: (0..=most).map(feed).collect(),
        registry: registry.iter().map(|(a, d)| Declared::of(a, d)).collect(),
        aerodromes: Vec::new(),
        period_s: 1.0,
        speed: 1.0,
    };
    let limits = Limits { segment_bytes: 1 << 20, ..Limits::default() };
    let mut recorder = Recorder::open(dir.join("recording"), limits).unwrap();
    let store = Store::open(&format!("sqlite:{}", dir.join("store.db").display())).await.unwrap();
    let config = serde_json::to_string(&setup).unwrap();
    let mut rows = vec![Row::Begin(Begin { run: setup.run.clone(), time: scenario.start, config })];
    let mut live = Live::new(setup, scenario.start, 1).unwrap();
    let mut moments = Vec::new();
    for second in 1..=minutes * 60 {
        let now = scenario.start.plus_s(second as f64 + 0.25);
        let reports = simulation.step(now);
        rows.extend(reports.iter().copied().map(Row::Report));
        rows.push(Row::Tick(now));
        recorder.append(&rows);
        rows.clear();
        live.push(reports);
        live.advance(now);
        for alert in live.step().iter().flat_map(|step| &step.alerts) {
            store.writer().record(Entry::Alert { row: row(alert), change: None });
        }
        if second % 60 == 0 {
            moments.push((live.picture().time, live.picture().alerts.clone()));
        }
    }
    recorder.close();
    assert_eq!(store.close(common::PATIENCE).await, 0);
    (scenario, moments)
}

fn row(alert: &Alert) -> AlertRow {
    AlertRow {
        id: alert.id.clone(),
        run: "past".to_owned(),
        number: alert.id.rsplit('-').next().unwrap().parse().unwrap(),
        state: alert.state.name().to_owned(),
        first_ns: alert.first.0.as_nanos(),
        last_ns: alert.last.0.as_nanos(),
        a_name: alert.a.name.clone(),
        b_name: alert.b.name.clone(),
        body: serde_json::to_string(alert).unwrap(),
        ..AlertRow::default()
    }
}

async fn snapshot(client: &Client, at: Time) -> Value {
    let mut stream = client.events(&format!("/v1/stream?at={at}&speed=0")).await;
    let first = stream.next().await.unwrap();
    assert_eq!(first.kind, "snapshot");
    first.json
}

/// What is the same about an alert whenever the engine was begun.
fn essence(alert: &Value) -> String {
    let mut sides =
        [&alert["a"]["address"], &alert["b"]["address"]].map(|address| address.to_string());
    sides.sort();
    let changes: Vec<String> = alert["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| format!("{} {}", c["time"], c["to"]))
        .collect();
    format!("{} {sides:?} {} {} {changes:?}", alert["id"], alert["first"], alert["state"])
}

/// Any past minute, from an engine that was begun ten minutes before it, shows the alerts that
/// there were: the same pairs, names, states and times.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_past_minute_shows_the_alerts_that_there_were() {
    let dir = TempDir::new().unwrap();
    let (scenario, moments) = record_scenario(dir.path(), 26).await;
    let running = start_in("", dir).await;
    let client = running.client();
    let (mut compared, mut begun_late) = (0, 0);
    for (time, alerts) in moments.iter().step_by(3).chain(moments.last()) {
        let seen = snapshot(&client, *time).await;
        assert_eq!(seen["live"], false);
        assert_eq!(seen["time"], time.to_string());
        let wanted = alerts.iter().map(|a| essence(&serde_json::to_value(&**a).unwrap()));
        let mut wanted: Vec<String> = wanted.collect();
        let mut found: Vec<String> =
            seen["alerts"].as_array().unwrap().iter().map(essence).collect();
        let alike = found.len();
        found.retain(|alert| match wanted.iter().position(|other| other == alert) {
            Some(at) => {
                wanted.remove(at);
                false
            }
            None => true,
        });
        assert!(found.is_empty() && wanted.is_empty(), "at {time}: {found:#?}, not {wanted:#?}");
        compared += alike;
        begun_late += usize::from(time.seconds_since(scenario.start) > 600.0);
    }
    println!("{compared} alerts compared, {begun_late} moments after the beginning of warm-up");
    assert!(compared > 10 && begun_late > 3);

    // Played on, an alert that is raised later has its name too.
    let last = &moments.last().unwrap().1;
    let late = last.iter().rfind(|a| a.first.0.seconds_since(scenario.start) > 700.0).unwrap();
    let from = late.first.0.plus_s(-3.0);
    let mut stream = client.events(&format!("/v1/stream?at={from}&speed=50")).await;
    let raised = |e: &Event| e.kind == "alert" && e.json["alert"]["id"] == late.id.as_str();
    let raised = stream.until("the alert to be raised", raised).await;
    assert_eq!(raised.json["alert"]["first"], late.first.0.to_string());
    drop(stream);
    running.stop().await;
}

/// `speed=0` stays where it is, `speed=10` goes on, the end of the recording is told, and a
/// time of which nothing is recorded is a 404.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looking_back_stays_goes_on_and_ends() {
    let dir = TempDir::new().unwrap();
    let (scenario, moments) = record_scenario(dir.path(), 2).await;
    let running = start_in("", dir).await;
    let client = running.client();
    let at = scenario.start.plus_s(60.0);

    let mut still = client.events(&format!("/v1/stream?at={at}&speed=0")).await;
    assert_eq!(still.next().await.unwrap().json["speed"], 0.0);

    let mut moving = client.events(&format!("/v1/stream?at={at}&speed=100")).await;
    let first = moving.next().await.unwrap();
    assert_eq!((first.kind.as_str(), &first.json["speed"]), ("snapshot", &json!(100.0)));
    let messages = moving.rest().await;
    let seqs: Vec<u64> = messages.iter().map(|m| m.json["seq"].as_u64().unwrap()).collect();
    assert!(seqs.windows(2).all(|two| two[1] == two[0] + 1), "{seqs:?}");
    let moves = messages.iter().filter(|m| m.kind == "moves").count();
    assert!((58..=61).contains(&moves), "{moves} of the sixty seconds that were left");
    let end = messages.last().unwrap();
    assert_eq!(end.kind, "end");
    assert!(end.json["reason"].as_str().unwrap().contains("the end of what is recorded"));

    // The one that stands still has had nothing in all this time.
    let quiet = std::time::Duration::from_millis(300);
    assert!(tokio::time::timeout(quiet, still.next()).await.is_err());

    let before = Stamp(scenario.start.plus_s(-3600.0));
    for (path, status) in [
        (format!("/v1/stream?at={before}"), 404),
        ("/v1/stream?at=2031-01-01T00:00:00Z".to_owned(), 404),
        ("/v1/stream?at=yesterday".to_owned(), 400),
        (format!("/v1/stream?at={at}&speed=-1"), 400),
        ("/v1/stream?speed=2".to_owned(), 400),
    ] {
        let answer = client.get(&path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    let line = client.get("/v1/timeline").await.json();
    assert_eq!(line["spans"][0]["from"], scenario.start.to_string());
    assert_eq!(moments.len(), 2);
    running.stop().await;
}

//! Flights that are filed as reservations with their aircraft: looked at along their plans,
//! called when they leave them, and told with the reservation.

mod common;

use common::client::Client;
use common::{config_in, eventually};
use deconflict_core::Time;
use deconflict_picture::{Keeping, Live, Setup, Step};
use deconflict_record::{Recording, Row};
use deconflict_reserve::{Kind, Reservation, document};
use deconflict_server::standing::Standing;
use deconflict_server::{Service, Start};
use deconflict_sim::Scenario;
use serde_json::{Value, json};
use std::path::Path;
use tempfile::TempDir;

const SCENARIO: &str = include_str!("../../../scenarios/plans.toml");
/// How many times faster than real time it is played.
const SPEED: f64 = 30.0;

fn scenario() -> Scenario {
    Scenario::parse(SCENARIO).unwrap()
}

/// The flights of the scenario without what its parties have filed.
fn bare() -> String {
    let is_plan = |part: &&str| part.starts_with("plan]]") || part.starts_with("volume]]");
    let parts: Vec<&str> = SCENARIO.split("\n[[").filter(|part| !is_plan(part)).collect();
    parts.join("\n[[")
}

/// What is filed, the rescue helicopter last: the others give way to it.
fn filed() -> Vec<Reservation> {
    let scenario = scenario();
    let mut all: Vec<_> = scenario.filed.iter().filter_map(Reservation::of_plan).collect();
    assert_eq!(all.len(), 3);
    let rescue = all.iter_mut().find(|r| r.id == "RESCUE1").unwrap();
    rescue.kind = Kind::Rescue;
    all.sort_by_key(|r| r.kind == Kind::Rescue);
    all
}

async fn serve(text: &str, dir: &Path, origin: Time, speed: f64) -> (Service, Client) {
    let pace = Some((origin, speed));
    let start = Start { folder: dir.to_owned(), pace, ..Start::default() };
    let service = Service::start(config_in(text, dir), start).await.unwrap();
    let client = Client::new(&format!("http://{}", service.address()));
    (service, client)
}

/// Files and activates all of them, half an hour before the flights.
async fn file_all(dir: &Path) {
    let (service, client) = serve("", dir, scenario().start.plus_s(-1800.0), 1.0).await;
    for reservation in filed() {
        let mut draft = document::value(&reservation);
        draft.as_object_mut().unwrap().remove("status");
        let made = client.post("/v1/reservations", draft).await;
        assert_eq!(made.status, 201, "{made:?}");
        let path = format!("/v1/reservations/{}/status", made.json()["id"].as_str().unwrap());
        for (action, version) in [("plan", 1), ("activate", 2)] {
            let done = client.post(&path, json!({ "action": action, "version": version })).await;
            assert_eq!(done.status, 200, "{done:?}");
        }
    }
    service.stop().await;
}

fn feed(dir: &Path) -> String {
    let file = dir.join("bare.toml");
    std::fs::write(&file, bare()).unwrap();
    format!(
        "[[feed]]\nname = \"sky\"\nkind = \"scenario\"\ntimes = \"keep\"\nscenario = {:?}\n",
        file.display().to_string()
    )
}

/// Plays the last run of a recording through an engine, as replay does.
fn play(dir: &Path, mut tell: impl FnMut(&Live, &Step)) {
    let recording = Recording::open(dir.join("recording")).unwrap();
    let run = recording.spans().unwrap().last().unwrap().run.clone();
    let mut live: Option<Live> = None;
    for row in recording.rows_since_begin(&run) {
        match row.unwrap() {
            Row::Begin(begin) => {
                let setup: Setup = serde_json::from_str(&begin.config).unwrap();
                live = Some(Live::new(setup, begin.time, 1).unwrap());
            }
            Row::Report(report) => live.as_mut().unwrap().push(&[report]),
            Row::Registry(text) => Standing::from_text(&text).apply(live.as_mut().unwrap()),
            Row::Tick(now) => live.as_mut().unwrap().advance(now),
        }
        if let Some(live) = &mut live
            && let Some(step) = live.step()
        {
            tell(live, &step);
        }
    }
}

/// PLN-1, PLN-2, REC-5: because both are filed, a conflict is called a quarter of an hour ahead;
/// who leaves its plan is called within five evaluations; and the recording gives the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filed_flights_are_followed_and_the_recording_knows_them() {
    let dir = TempDir::new().unwrap();
    file_all(dir.path()).await;
    let begin = scenario().start;
    let (service, client) = serve(&feed(dir.path()), dir.path(), begin, SPEED).await;
    let mut changes = service.app().conforming.listen();
    let mut stream = client.events("/v1/stream").await;
    let planned = stream.until("a planned conflict", |e| e.json["alert"]["by_plan"] == true);
    let planned = planned.await.json["alert"].clone();
    let warned = stream.until("a warning", |e| e.json["warning"]["about"] == "plan").await;
    let warned = warned.json["warning"].clone();
    // Whoever shows reservations is told to read them again.
    let again = stream.until("conformance", |e| e.kind == "reservations").await;
    assert!(again.json["version"].is_u64(), "{again:?}");
    assert_eq!(warned["state"], "nonconforming", "{warned}");
    assert_eq!(warned["owner"], "SURVEY", "{warned}");

    // Told with the reservation, to whoever asks.
    let id = warned["topic"].as_str().unwrap();
    let path = format!("/v1/reservations/{id}");
    let told = eventually("the reservation to say so", || async {
        let told = client.get(&path).await.json()["conformance"][0].clone();
        (told["state"] == "nonconforming").then_some(told)
    })
    .await;
    assert_eq!(told["aircraft"], "SURVEY1");
    assert!(told["off_nm"].as_f64().unwrap() > 0.5 && told["follows"] == false, "{told}");
    let list = client.get("/v1/reservations").await.json();
    let list = list["reservations"].as_array().unwrap().clone();
    let medic = list.iter().find(|r| r["name"] == "MEDIC1").unwrap();
    assert_eq!(medic["conformance"][0]["state"], "conforming", "{medic}");
    assert_eq!(medic["conformance"][0]["follows"], true, "{medic}");
    let path = format!("/v1/tracks/{}/trajectory", medic["conformance"][0]["track"]);
    let ahead = client.get(&path).await.json();
    let last = ahead["points"].as_array().unwrap().last().unwrap();
    assert!(ahead["by_plan"] == true && last["t_s"].as_f64().unwrap() > 300.0, "{ahead}");
    // And told on, reservation by reservation.
    let mut heard = Vec::new();
    while let Ok(event) = changes.try_recv() {
        heard.extend((event.reservation == id).then_some(event.state));
    }
    assert_eq!(heard, [Keeping::Conforming, Keeping::Nonconforming]);

    // Whoever looks back at it sees the same.
    let at = planned["first"].as_str().unwrap();
    let mut back = client.events(&format!("/v1/stream?at={at}&speed=1000")).await;
    let seen = back.until("the warning again", |e| e.json["warning"]["about"] == "plan").await;
    let seen = &seen.json["warning"];
    for field in ["id", "first", "state", "topic", "owner", "deviation", "reason"] {
        assert_eq!(seen[field], warned[field], "{field}");
    }
    service.stop().await;
    let (mut first, mut off, mut called) = (None::<Value>, None, None);
    let mut evaluations = 0;
    play(dir.path(), |live, step| {
        let of_it = step.alerts.iter().find(|alert| alert.by_plan);
        if let Some(alert) = of_it.filter(|_| first.is_none()) {
            assert!(alert.figures.tcpa_s.unwrap() >= 900.0, "{alert:?}");
            first = Some(serde_json::to_value(&**alert).unwrap());
        }
        let of_plan = live.engine().plan_statuses().iter().find(|s| s.plan.as_str() == id);
        evaluations = live.engine().counts().evaluations;
        match of_plan {
            Some(status) if !status.fit.conforms => _ = off.get_or_insert(evaluations),
            _ if called.is_none() => off = None,
            _ => {}
        }
        if step.warnings.iter().any(|w| w.topic == id) {
            called.get_or_insert(evaluations);
        }
    });
    let first = first.unwrap();
    for field in ["id", "first", "rule", "reason"] {
        assert_eq!(first[field], planned[field], "{field}");
    }
    let (off, called) = (off.unwrap(), called.unwrap());
    assert!(called - off <= 5, "off at {off}, called at {called}");
}

/// The twin of it: without plans nobody sees that far.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flights_that_are_not_filed_are_expected_straight_on() {
    let dir = TempDir::new().unwrap();
    let begin = scenario().start;
    let (service, client) = serve(&feed(dir.path()), dir.path(), begin, 60.0).await;
    eventually("three minutes", || async {
        let snapshot = client.events("/v1/stream").await.next().await.unwrap().json;
        let time = Time::from_nanos(time_ns(&snapshot["time"]));
        let is_seen = snapshot["tracks"].to_string().contains("RESCUE1");
        (is_seen && time.seconds_since(begin) > 180.0).then_some(())
    })
    .await;
    service.stop().await;
    play(dir.path(), |live, step| {
        assert!(step.alerts.is_empty() && step.warnings.is_empty(), "{step:?}");
        assert!(live.engine().plans().is_empty());
    });
}

/// What a scenario has filed is passed on, and is on the tape.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_scenario_has_filed_is_followed_too() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("filed.toml");
    std::fs::write(&file, SCENARIO).unwrap();
    let text = feed(dir.path()).replace("bare.toml", "filed.toml");
    let (service, client) = serve(&text, dir.path(), scenario().start, SPEED).await;
    let mut stream = client.events("/v1/stream").await;
    stream.until("a planned conflict", |e| e.json["alert"]["by_plan"] == true).await;
    service.stop().await;
    let mut planned = 0;
    play(dir.path(), |live, step| {
        assert_eq!((live.engine().plans().len(), live.engine().areas().len()), (3, 1));
        planned += step.alerts.iter().filter(|a| a.by_plan).count();
    });
    assert!(planned > 0);
}

fn time_ns(time: &Value) -> i64 {
    deconflict_picture::Stamp::parse(time.as_str().unwrap()).unwrap().0.as_nanos()
}

//! The database is away for a while, and comes back.
//!
//! How long: DECONFLICT_AWAY_S, two seconds if that is not set.

use crate::common::client::{Client, Event};
use crate::common::{PATIENCE, config_in, eventually, try_start};
use crate::traffic::{Traffic, pairs};
use serde_json::json;
use sqlx::{AnyConnection, Connection};
use std::process::Command;
use std::time::Duration;
use tempfile::TempDir;

fn away() -> Duration {
    let seconds = std::env::var("DECONFLICT_AWAY_S").ok().and_then(|text| text.parse().ok());
    Duration::from_secs_f64(seconds.unwrap_or(2.0))
}

fn is_raised(event: &Event) -> bool {
    event.kind == "alert" && event.json["alert"]["state"] != "ended"
}

/// Alerts go out all the time; what people do is refused and not shown; afterwards everything
/// is stored, in order.
async fn outage<T>(
    url: &str,
    go: impl AsyncFnOnce(&mut T),
    come_back: impl AsyncFnOnce(&mut T),
    with: &mut T,
) {
    let early = Traffic::start(pairs(2), Duration::from_millis(20)).await;
    let late = Traffic::start(pairs(5).split_off(4), Duration::from_millis(20)).await;
    late.hush(true);
    let dir = TempDir::new().unwrap();
    let text =
        format!("engine.period_s = 0.1\n{}{}", early.feed("early", ""), late.feed("late", ""));
    let mut config = config_in(&text, dir.path());
    config.store.url = url.to_owned();
    let service = try_start(config, dir.path()).await.unwrap();
    let client = Client::new(&format!("http://{}", service.address()));
    let mut stream = client.events("/v1/stream").await;
    let id = |event: &Event| event.json["alert"]["id"].as_str().unwrap().to_owned();
    let first = id(&stream.until("a first alert", is_raised).await);
    let path = format!("/v1/alerts/{first}/acknowledge");
    assert_eq!(client.post(&path, json!({"text": "before"})).await.status, 200);
    eventually("a quiet store", || async {
        (service.app().store.counts().queued == 0).then_some(())
    })
    .await;

    go(with).await;
    late.hush(false);
    let mut during = Vec::new();
    while during.len() < 3 {
        let event = stream.until("an alert while the database is away", |e| {
            is_raised(e) && e.json["alert"]["a"]["callsign"].as_str().is_some_and(|c| c > "PAIR2")
        });
        let event = event.await;
        if !during.contains(&id(&event)) {
            during.push(id(&event));
        }
    }
    let refused = client.post(&path, json!({"text": "during"})).await;
    assert_eq!(refused.status, 503, "{refused:?}");
    let shown = client.get("/v1/alerts").await.json();
    let shown = shown["alerts"].as_array().unwrap().iter().find(|a| a["id"] == first.as_str());
    assert_eq!(shown.unwrap()["acknowledged"]["text"], "before");
    assert_eq!(client.get("/readyz").await.status, 200);
    tokio::time::sleep(away()).await;
    eventually("the store to be missed", || async {
        (!service.app().store.health().borrow().is_ok()).then_some(())
    })
    .await;
    assert!(client.get("/metrics").await.text.contains("deconflict_store_up 0"));

    come_back(with).await;
    let mut health = service.app().store.health();
    let well = health.wait_for(deconflict_store::Health::is_ok);
    tokio::time::timeout(PATIENCE, well).await.expect("the store comes back").unwrap();
    eventually("a quiet store", || async {
        (service.app().store.counts().queued == 0).then_some(())
    })
    .await;
    assert_eq!(client.post(&path, json!({"text": "after"})).await.status, 200);
    for id in during {
        let record = service.app().store.alert(&id).await.unwrap().expect("it is stored");
        let live = client.get(&format!("/v1/alerts/{id}")).await.json();
        let told: Vec<&str> =
            live["changes"].as_array().unwrap().iter().filter_map(|c| c["to"].as_str()).collect();
        let stored: Vec<&str> = record.changes.iter().map(|c| c.to.as_str()).collect();
        assert!(told.starts_with(&stored) && !stored.is_empty(), "{stored:?} of {told:?}");
    }
    let notes = service.app().store.notes(&[&first]).await.unwrap();
    let texts: Vec<&str> = notes.iter().map(|note| note.text.as_str()).collect();
    assert_eq!(texts, ["before", "after"]);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_locked_database_holds_up_no_alert() {
    sqlx::any::install_default_drivers();
    let dir = TempDir::new().unwrap();
    let url = format!("sqlite:{}", dir.path().join("locked.db").display());
    let mut lock = None;
    outage(
        &url,
        async |lock: &mut Option<AnyConnection>| {
            let mut connection = AnyConnection::connect(&url).await.unwrap();
            sqlx::query("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
            *lock = Some(connection);
        },
        async |lock: &mut Option<AnyConnection>| {
            let mut connection = lock.take().unwrap();
            sqlx::query("ROLLBACK").execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        },
        &mut lock,
    )
    .await;
}

fn server_control(arguments: &[&str]) {
    let control = std::env::var("DECONFLICT_POSTGRES_CTL").unwrap();
    let mut words = control.split_whitespace();
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args(arguments).stdout(std::process::Stdio::null());
    assert!(command.status().unwrap().success(), "{arguments:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stopped_server_holds_up_no_alert() {
    let (Ok(server), Ok(_)) =
        (std::env::var("DECONFLICT_POSTGRES"), std::env::var("DECONFLICT_POSTGRES_CTL"))
    else {
        eprintln!("skipped: no PostgreSQL to stop (.ci/postgres starts one)");
        return;
    };
    sqlx::any::install_default_drivers();
    let name = format!("deconflict_away_{}", std::process::id());
    let mut admin = AnyConnection::connect(&server).await.unwrap();
    let create = sqlx::AssertSqlSafe(format!("CREATE DATABASE {name}"));
    sqlx::query(create).execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    let (head, _) = server.rsplit_once('/').unwrap();
    outage(
        &format!("{head}/{name}"),
        async |()| server_control(&["-m", "immediate", "stop"]),
        async |()| server_control(&["start"]),
        &mut (),
    )
    .await;
    let mut admin = AnyConnection::connect(&server).await.unwrap();
    let drop = sqlx::AssertSqlSafe(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    sqlx::query(drop).execute(&mut admin).await.unwrap();
}

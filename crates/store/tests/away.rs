//! The database goes away and comes back: nothing is lost, nothing is written twice, and the
//! order is kept.
//!
//! How long it is away: DECONFLICT_AWAY_S, two seconds if that is not set.
#![allow(clippy::print_stderr)]

mod common;

use common::*;
use deconflict_store::*;
use sqlx::Connection;
use std::process::Command;
use std::time::Duration;
use tokio::sync::Mutex;

/// Taking the server away takes it from all tests in here.
static SERVER: Mutex<()> = Mutex::const_new(());

fn away() -> Duration {
    let seconds = std::env::var("DECONFLICT_AWAY_S").ok().and_then(|text| text.parse().ok());
    Duration::from_secs_f64(seconds.unwrap_or(2.0))
}

/// What happens while the database is away, and after. STO-1, STO-2.
async fn outage(store: &Store, database: &Database, come_back: impl AsyncFnOnce()) {
    let writer = store.writer();
    let mut expected = vec!["before".to_owned()];
    for number in 0..500 {
        let text = number.to_string();
        writer.record(note("a", &text));
        expected.push(text);
    }
    until(store, false).await;
    let said = store.health().borrow().to_string();
    assert!(!said.contains(password(&database.url)), "{said}");
    let refused = writer.record_durably(note("a", "withdrawn")).await;
    assert!(matches!(refused, Err(NotStored::Away(_))), "{refused:?}");
    // Somebody who stops waiting wants it no longer.
    let waiting = writer.record_durably(note("a", "given up"));
    assert!(tokio::time::timeout(Duration::from_millis(20), waiting).await.is_err());
    tokio::time::sleep(away()).await;
    for number in 500..1000 {
        let text = number.to_string();
        writer.record(note("a", &text));
        expected.push(text);
    }
    let counts = store.counts();
    assert_eq!((counts.queued, counts.withdrawn), (1000, 2));
    come_back().await;
    until(store, true).await;
    settle(store).await;
    writer.record_durably(note("a", "after")).await.unwrap();
    expected.push("after".to_owned());
    assert_eq!(texts(store, "a").await, expected);
    let counts = store.counts();
    assert_eq!((counts.dropped, counts.refused), (0, 0));
    assert!(counts.retries > 0);
}

fn password(url: &str) -> &str {
    url.split_once('@').and_then(|(head, _)| head.rsplit_once(':')).map_or("\0", |(_, p)| p)
}

async fn opened(database: &Database) -> Store {
    let store = Store::open_with(&database.url, settings()).await.unwrap();
    until(&store, true).await;
    store.writer().record_durably(note("a", "before")).await.unwrap();
    store
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_file() {
    let database = Database::sqlite();
    let store = opened(&database).await;
    let mut other = database.connection().await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    outage(&store, &database, async || {
        // Readers were never locked out.
        assert_eq!(texts(&store, "a").await, ["before"]);
        sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    })
    .await;
    store.close(Duration::from_secs(5)).await;
    other.close().await.unwrap();
}

/// Runs pg_ctl; false if there is none.
fn server_control(arguments: &[&str]) -> bool {
    let Ok(control) = std::env::var("DECONFLICT_POSTGRES_CTL") else {
        eprintln!("skipped: nothing to stop PostgreSQL with (DECONFLICT_POSTGRES_CTL)");
        return false;
    };
    let mut words = control.split_whitespace();
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args(arguments);
    command.stdout(std::process::Stdio::null());
    assert!(command.status().unwrap().success(), "{arguments:?}");
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_server() {
    let _alone = SERVER.lock().await;
    let Some(database) = Database::postgres().await else { return };
    let store = opened(&database).await;
    if server_control(&["-m", "immediate", "stop"]) {
        outage(&store, &database, async || {
            let answer = store.notes(&["a"]).await;
            assert!(matches!(answer, Err(ReadError::Away(_))), "{answer:?}");
            server_control(&["start"]);
        })
        .await;
    }
    store.close(Duration::from_secs(5)).await;
    database.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_at_the_start() {
    let _alone = SERVER.lock().await;
    let Some(database) = Database::postgres().await else { return };
    if !server_control(&["-m", "fast", "stop"]) {
        return;
    }
    let store = Store::open_with(&database.url, settings()).await.unwrap();
    let writer = store.writer();
    assert!(!store.health().borrow().is_ok());
    writer.record(Entry::Begin(run("r", 1)));
    writer.record(note("a", "1"));
    server_control(&["start"]);
    until(&store, true).await;
    writer.record_durably(note("a", "2")).await.unwrap();
    assert_eq!(texts(&store, "a").await, ["1", "2"]);
    assert_eq!(store.runs(0).await.unwrap().len(), 1);
    store.close(Duration::from_secs(5)).await;
    database.remove().await;
}

/// The server ends our connections again and again, in the middle of commits. STO-1.
#[tokio::test(flavor = "multi_thread")]
async fn connections_that_are_cut() {
    let _alone = SERVER.lock().await;
    let Some(database) = Database::postgres().await else { return };
    let patient = Settings { durable_timeout: Duration::from_secs(20), ..settings() };
    let store = Store::open_with(&database.url, patient).await.unwrap();
    let mut other = database.connection().await;
    let cutting = async {
        for _ in 0..40 {
            let cut = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
                       WHERE pid <> pg_backend_pid() AND datname = current_database()";
            sqlx::query(cut).execute(&mut other).await.unwrap();
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    };
    let writer = store.writer();
    let writing = async {
        let mut expected = Vec::new();
        for number in 0..1500 {
            let text = number.to_string();
            if number % 3 == 0 {
                writer.record_durably(note("a", &text)).await.unwrap();
            } else {
                writer.record(note("a", &text));
            }
            expected.push(text);
        }
        expected
    };
    let ((), expected) = tokio::join!(cutting, writing);
    settle(&store).await;
    assert_eq!(texts(&store, "a").await, expected);
    store.close(Duration::from_secs(5)).await;
    drop(other);
    database.remove().await;
}

/// A small disk of its own; `None`, and a word about it, where that is not allowed.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn new(kib: u32) -> Option<SmallDisk> {
        let dir = tempfile::tempdir().unwrap();
        let size = format!("size={kib}k");
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(dir.path());
        mount.stderr(std::process::Stdio::null());
        if !mount.status().is_ok_and(|status| status.success()) {
            eprintln!("skipped: a small disk cannot be mounted");
            return None;
        }
        Some(SmallDisk(dir))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk() {
    let Some(disk) = SmallDisk::new(4096) else { return };
    let url = format!("sqlite:{}", disk.0.path().join("x.db").display());
    let store = Store::open_with(&url, settings()).await.unwrap();
    let writer = store.writer();
    writer.record_durably(note("a", "before")).await.unwrap();
    // Fill what is left.
    let filler = disk.0.path().join("filler");
    let mut file = std::fs::File::create(&filler).unwrap();
    let block = [1; 4096];
    while std::io::Write::write_all(&mut file, &block).is_ok() {}
    let long = "x".repeat(20_000);
    let mut expected = vec!["before".to_owned()];
    for number in 0..40 {
        let text = format!("{number} {long}");
        writer.record(note("a", &text));
        expected.push(text);
    }
    until(&store, false).await;
    let said = store.health().borrow().clone();
    assert!(matches!(said, Health::Full { .. }), "{said}");
    let refused = writer.record_durably(note("a", "withdrawn")).await;
    assert!(matches!(refused, Err(NotStored::Away(_))), "{refused:?}");
    assert_eq!(store.counts().queued, 40);
    std::fs::remove_file(&filler).unwrap();
    drop(file);
    until(&store, true).await;
    settle(&store).await;
    assert_eq!(texts(&store, "a").await, expected);
    store.close(Duration::from_secs(5)).await;
}

/// A queue that is full gives up figures first, and what a person did never. STO-3.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue() {
    let database = Database::sqlite();
    let small = Settings { queue: 10, ..settings() };
    let store = Store::open_with(&database.url, small).await.unwrap();
    let writer = store.writer();
    writer.record_durably(note("a", "before")).await.unwrap();
    let mut other = database.connection().await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    // The first waits in a commit, the others behind it.
    writer.record(note("a", "first"));
    tokio::time::sleep(Duration::from_millis(100)).await;
    let figures = |number| Entry::Alert { row: alert("r", number, "lost", 1, 2), change: None };
    for number in 1..=9 {
        writer.record(figures(number));
        writer.record(figures(number));
    }
    assert_eq!((store.counts().queued, store.counts().superseded), (10, 9));
    for number in 0..9 {
        writer.record(change(&alert("s", number, "lost", 1, 2), None));
    }
    assert_eq!((store.counts().queued, store.counts().dropped), (10, 9));
    // Now there are no figures left to make room.
    writer.record(audit("x", 1));
    assert!(matches!(writer.record_durably(audit("x", 1)).await, Err(NotStored::Full)));
    assert_eq!((store.counts().queued, store.counts().dropped), (10, 11));
    writer.record(note("a", "second"));
    assert_eq!((store.counts().queued, store.counts().dropped), (11, 11));
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    settle(&store).await;
    assert_eq!(texts(&store, "a").await, ["before", "first", "second"]);
    let all = AlertQuery { state: AlertState::All, ..AlertQuery::default() };
    assert_eq!(store.alerts(&all).await.unwrap().len(), 9);
    store.close(Duration::from_secs(5)).await;
}

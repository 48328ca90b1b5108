//! Databases for tests: SQLite always, PostgreSQL where DECONFLICT_POSTGRES names a server.
#![allow(dead_code, clippy::print_stderr)]

use deconflict_store::*;
use sqlx::{AnyConnection, AssertSqlSafe, Connection};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tempfile::TempDir;

pub const SECOND: i64 = 1_000_000_000;

/// An empty database of its own.
pub struct Database {
    pub url: String,
    pub is_postgres: bool,
    /// The database to make and drop others from, and the name of ours.
    admin: Option<(String, String)>,
    _dir: TempDir,
}

/// The server for tests; `None`, and a word about it, if there is none.
pub fn server() -> Option<String> {
    let server = std::env::var("DECONFLICT_POSTGRES").ok();
    if server.is_none() {
        eprintln!("skipped: no PostgreSQL (DECONFLICT_POSTGRES; .ci/postgres starts one)");
    }
    server
}

impl Database {
    pub fn sqlite() -> Database {
        let dir = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", dir.path().join("new folder/x.db").display());
        Database { url, is_postgres: false, admin: None, _dir: dir }
    }

    pub async fn postgres() -> Option<Database> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let admin = server()?;
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("deconflict_test_{}_{count}", std::process::id());
        execute(&admin, &format!("CREATE DATABASE {name}")).await;
        let (server, _) = admin.rsplit_once('/').unwrap();
        let url = format!("{server}/{name}");
        let dir = tempfile::tempdir().unwrap();
        Some(Database { url, is_postgres: true, admin: Some((admin, name)), _dir: dir })
    }

    /// One of each kind that there is.
    pub async fn all() -> Vec<Database> {
        let mut all = vec![Database::sqlite()];
        all.extend(Database::postgres().await);
        all
    }

    /// Removes it from the server.
    pub async fn remove(self) {
        if let Some((admin, name)) = &self.admin {
            execute(admin, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        }
    }

    pub async fn connection(&self) -> AnyConnection {
        sqlx::any::install_default_drivers();
        AnyConnection::connect(&self.url).await.unwrap()
    }
}

async fn execute(url: &str, sql: &str) {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(url).await.unwrap();
    sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
}

/// Impatient enough for tests.
pub fn settings() -> Settings {
    Settings {
        durable_timeout: Duration::from_millis(500),
        answer_timeout: Duration::from_secs(10),
        longest_pause: Duration::from_millis(200),
        ..Settings::default()
    }
}

pub fn run(id: &str, started_s: i64) -> RunRow {
    RunRow {
        id: id.to_owned(),
        started_ns: started_s * SECOND,
        ended_ns: None,
        version: "0.1.0".to_owned(),
        config: "{}".to_owned(),
    }
}

pub fn alert(run: &str, number: i64, state: &str, first_s: i64, last_s: i64) -> AlertRow {
    AlertRow {
        id: format!("{run}-{number}"),
        run: run.to_owned(),
        number,
        state: state.to_owned(),
        worst: if state == "ended" { "lost" } else { state }.to_owned(),
        first_ns: first_s * SECOND,
        last_ns: last_s * SECOND,
        a_name: format!("EAGLE{number}"),
        b_name: "HERON1".to_owned(),
        a_operator: Some("USAF".to_owned()),
        b_operator: None,
        rule: "en-route".to_owned(),
        text: "a4ff9c 100%".to_owned(),
        body: format!(r#"{{"id":"{run}-{number}","state":"{state}","end":null,"x":1.5}}"#),
    }
}

pub fn change(row: &AlertRow, from: Option<&str>) -> Entry {
    let change = ChangeRow {
        of: row.id.clone(),
        time_ns: row.last_ns,
        from: from.map(str::to_owned),
        to: row.state.clone(),
        reason: "they cross".to_owned(),
        body: "{}".to_owned(),
    };
    Entry::Alert { row: row.clone(), change: Some(change) }
}

pub fn warning(run: &str, number: i64, state: &str, first_s: i64, last_s: i64) -> WarningRow {
    let id = format!("{run}-w{number}");
    WarningRow {
        run: run.to_owned(),
        number,
        about: "area".to_owned(),
        state: state.to_owned(),
        worst: if state == "ended" { "inside" } else { state }.to_owned(),
        first_ns: first_s * SECOND,
        last_ns: last_s * SECOND,
        aircraft: format!("CLUB{number}"),
        operator: None,
        topic: "R-7".to_owned(),
        owner: Some("PARCELS".to_owned()),
        text: "deliveries drone corridor".to_owned(),
        body: format!(r#"{{"id":"{id}","state":"{state}","end":null}}"#),
        id,
    }
}

pub fn warned(row: &WarningRow, from: Option<&str>) -> Entry {
    let change = ChangeRow {
        of: row.id.clone(),
        time_ns: row.last_ns,
        from: from.map(str::to_owned),
        to: row.state.clone(),
        reason: "comes to it".to_owned(),
        body: "{}".to_owned(),
    };
    Entry::Warning { row: row.clone(), change: Some(change) }
}

pub fn note(alert: &str, text: &str) -> Entry {
    Entry::Note(NoteRow {
        id: 0,
        kind: NoteKind::Comment,
        alert: alert.to_owned(),
        by: "tower".to_owned(),
        time_ns: SECOND,
        text: text.to_owned(),
    })
}

pub fn audit(who: &str, time_s: i64) -> Entry {
    Entry::Audit(AuditRow {
        id: 0,
        time_ns: time_s * SECOND,
        who: who.to_owned(),
        role: "admin".to_owned(),
        action: "log-in".to_owned(),
        object: String::new(),
        from: "127.0.0.1".to_owned(),
        outcome: "ok".to_owned(),
        detail: String::new(),
    })
}

/// Waits until all that was recorded is written.
pub async fn settle(store: &Store) {
    while store.counts().queued > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits until the store is well, or is not.
pub async fn until(store: &Store, well: bool) {
    let mut health = store.health();
    let seen = health.wait_for(|health| health.is_ok() == well);
    tokio::time::timeout(Duration::from_secs(60), seen).await.unwrap().unwrap();
}

pub async fn texts(store: &Store, alert: &str) -> Vec<String> {
    store.notes(&[alert]).await.unwrap().into_iter().map(|note| note.text).collect()
}

//! Warnings are stored like alerts, over SQLite and PostgreSQL.

mod common;

use common::*;
use deconflict_store::*;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn a_warning_comes_back_with_its_record() {
    for database in Database::all().await {
        let store = Store::open_with(&database.url, settings()).await.unwrap();
        let writer = store.writer();
        let first = warning("r", 1, "approaching", 10, 10);
        writer.record(warned(&first, None));
        let second = warning("r", 1, "inside", 10, 40);
        writer.record(warned(&second, Some("approaching")));
        writer.record(note("r-w1", "call the club"));
        writer.record(note("r-1", "of an alert"));
        let last =
            WarningRow { operator: Some("CLUB".to_owned()), ..warning("r", 1, "ended", 10, 60) };
        writer.record(warned(&last, Some("inside")));
        settle(&store).await;

        let record = store.warning("r-w1").await.unwrap().unwrap();
        assert_eq!(record.warning, last);
        let steps: Vec<_> =
            record.changes.iter().map(|c| (c.from.as_deref(), &*c.to, c.time_ns)).collect();
        assert_eq!(
            steps,
            [
                (None, "approaching", 10 * SECOND),
                (Some("approaching"), "inside", 40 * SECOND),
                (Some("inside"), "ended", 60 * SECOND)
            ]
        );
        assert_eq!(record.notes.len(), 1);
        assert_eq!(record.notes[0].text, "call the club");
        assert_eq!(store.warning("r-1").await.unwrap(), None);
        assert_eq!(store.alert("r-w1").await.unwrap(), None);
        assert_eq!(store.close(PATIENCE).await, 0);
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_warnings_follow_each_other() {
    for database in Database::all().await {
        let store = Store::open_with(&database.url, settings()).await.unwrap();
        let writer = store.writer();
        for number in 1..=25 {
            let state = if number % 2 == 0 { "ended" } else { "approaching" };
            writer.record(warned(&warning("r", number, state, number / 5, 100 + number), None));
        }
        settle(&store).await;
        let mut query = AlertQuery { state: AlertState::All, limit: 7, ..AlertQuery::default() };
        let mut found = Vec::new();
        loop {
            let page = store.warnings(&query).await.unwrap();
            let Some(last) = page.last() else { break };
            query.before = Some(last.id.clone());
            found.extend(page.into_iter().map(|row| row.number));
        }
        assert_eq!(found, (1..=25).rev().collect::<Vec<_>>());
        let count = async |query: AlertQuery| store.warnings(&query).await.unwrap().len();
        let all = AlertQuery { state: AlertState::All, ..AlertQuery::default() };
        assert_eq!(count(AlertQuery::default()).await, 13);
        let text = |text: &str| AlertQuery { text: Some(text.to_owned()), ..all.clone() };
        assert_eq!(count(text("club7 PARCELS r-7 corridor")).await, 1);
        assert_eq!(count(text("nobody")).await, 0);
        assert_eq!(count(AlertQuery { to_ns: Some(0), ..all.clone() }).await, 4);
        // Those that are on still overlap.
        assert_eq!(count(AlertQuery { from_ns: Some(125 * SECOND), ..all }).await, 13);
        let spans = store.warning_spans(0, SECOND, 0).await.unwrap();
        assert_eq!(spans.len(), 9);
        let second = &spans[1];
        assert_eq!(
            (&*second.id, &*second.about, &*second.state, &*second.worst, second.last_ns),
            ("r-w2", "area", "ended", "inside", 102 * SECOND)
        );
        store.close(PATIENCE).await;
        database.remove().await;
    }
}

/// PLN-4: warnings that a run left behind are ended by the next one, and say why.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_ends_the_warnings_that_were_on() {
    for database in Database::all().await {
        let store = Store::open_with(&database.url, settings()).await.unwrap();
        let writer = store.writer();
        writer.record(Entry::Begin(run("r1", 1)));
        writer.record(warned(&warning("r1", 1, "inside", 10, 20), Some("approaching")));
        writer.record(change(&alert("r1", 1, "lost", 10, 20), Some("predicted")));
        assert_eq!(store.close(PATIENCE).await, 0);

        let store = Store::open_with(&database.url, settings()).await.unwrap();
        let writer = store.writer();
        writer.record(Entry::Begin(run("r2", 50)));
        let next = warning("r2", 1, "nonconforming", 60, 61);
        writer.record(warned(&next, None));
        settle(&store).await;
        let record = store.warning("r1-w1").await.unwrap().unwrap();
        assert_eq!((&*record.warning.state, &*record.warning.worst), ("ended", "inside"));
        assert!(record.warning.body.contains(r#""end":"the service was restarted""#));
        let last = record.changes.last().unwrap();
        assert_eq!(
            (last.from.as_deref(), &*last.to, &*last.reason, last.time_ns),
            (Some("inside"), "ended", RESTARTED, 50 * SECOND)
        );
        let end = Entry::End {
            run: "r2".to_owned(),
            time_ns: 70 * SECOND,
            reason: "the service was stopped".to_owned(),
        };
        writer.record_durably(end).await.unwrap();
        let record = store.warning("r2-w1").await.unwrap().unwrap();
        assert_eq!(record.changes.len(), 2);
        assert_eq!(record.changes[1].reason, "the service was stopped");
        store.close(PATIENCE).await;
        database.remove().await;
    }
}

/// STO-1, STO-3: while the database is away changes of warnings wait in their order; what only
/// brings figures up to date makes room, and no person's words do.
#[tokio::test(flavor = "multi_thread")]
async fn changes_of_warnings_wait_in_order() {
    let database = Database::sqlite();
    let small = Settings { queue: 8, ..settings() };
    let store = Store::open_with(&database.url, small).await.unwrap();
    let writer = store.writer();
    let mut other = database.connection().await;
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    // The first waits in a commit, the others behind it.
    writer.record(note("r-w1", "first"));
    tokio::time::sleep(Duration::from_millis(100)).await;
    for number in 1..=7 {
        let row = warning("r", number, "approaching", 1, 2);
        writer.record(Entry::Warning { row, change: None });
    }
    assert_eq!(store.counts().queued, 8);
    let states = ["approaching", "inside", "approaching", "inside", "ended"];
    for (at, state) in (10..).zip(states) {
        writer.record(warned(&warning("r", 1, state, 10, at), None));
    }
    writer.record(note("r-w1", "second"));
    assert_eq!((store.counts().queued, store.counts().dropped), (8, 5));
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    settle(&store).await;
    let record = store.warning("r-w1").await.unwrap().unwrap();
    let stored: Vec<_> = record.changes.iter().map(|change| &*change.to).collect();
    assert_eq!(stored, states);
    assert_eq!(texts(&store, "r-w1").await, ["first", "second"]);
    store.close(PATIENCE).await;
}

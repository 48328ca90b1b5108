//! What is written is read back, by one suite over SQLite and PostgreSQL.

mod common;

use common::*;
use deconflict_store::*;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn all_kinds_of_rows_come_back() {
    for database in Database::all().await {
        let store = Store::open_with(&database.url, settings()).await.unwrap();
        let writer = store.writer();
        writer.record(Entry::Begin(run("r1", 1)));
        let row = alert("r1", 1, "predicted", 10, 11);
        writer.record(change(&row, None));
        writer.record(note("r1-1", "call both"));
        let acknowledgement = NoteRow {
            id: 0,
            kind: NoteKind::Acknowledge,
            alert: "r1-1".to_owned(),
            by: "ops".to_owned(),
            time_ns: 5,
            text: String::new(),
        };
        writer.record(Entry::Note(acknowledgement.clone()));
        let config = ConfigChangeRow {
            id: 0,
            time_ns: 7,
            by: "admin".to_owned(),
            what: "rules".to_owned(),
            before: None,
            after: "[[rule]]".to_owned(),
        };
        writer.record(Entry::ConfigChange(config.clone()));
        let message = MessageRow {
            id: "m1".to_owned(),
            time_ns: 8,
            from_party: None,
            to_party: Some("USAF".to_owned()),
            alert: Some("r1-1".to_owned()),
            reservation: Some("R-1".to_owned()),
            text: "turn left".to_owned(),
            body: "{}".to_owned(),
            signed: Some("{}".to_owned()),
        };
        writer.record(Entry::Message(message.clone()));
        let receipt = ReceiptRow {
            id: 0,
            message: "m1".to_owned(),
            party: "USAF".to_owned(),
            channel: "webhook".to_owned(),
            time_ns: 9,
            outcome: "delivered".to_owned(),
            detail: "200".to_owned(),
            signature: Some("c2ln".to_owned()),
        };
        writer.record(Entry::Receipt(receipt.clone()));
        let key = KeyRow {
            id: "k1".to_owned(),
            name: "tower".to_owned(),
            role: "party".to_owned(),
            party: Some("USAF".to_owned()),
            hash: "00ff".to_owned(),
            created_ns: 3,
            created_by: "admin".to_owned(),
            revoked_ns: None,
            revoked_by: None,
        };
        writer.record(Entry::Key(key.clone()));
        let revoked =
            |time_ns, by: &str| Entry::KeyRevoked { id: "k1".to_owned(), time_ns, by: by.into() };
        writer.record(revoked(4, "admin"));
        writer.record(revoked(5, "other"));
        writer.record_durably(audit("admin", 1)).await.unwrap();

        let record = store.alert("r1-1").await.unwrap().unwrap();
        assert_eq!(record.alert, row);
        assert_eq!(record.changes.len(), 1);
        assert_eq!(
            (record.changes[0].from.as_deref(), &*record.changes[0].to),
            (None, "predicted")
        );
        assert_eq!(record.notes[0].text, "call both");
        assert_eq!(record.notes[1], NoteRow { id: record.notes[1].id, ..acknowledgement });
        assert!(record.notes[0].id < record.notes[1].id);
        assert_eq!(store.alert("r1-2").await.unwrap(), None);

        let changes = store.config_changes(None, 0).await.unwrap();
        assert_eq!(changes, [ConfigChangeRow { id: changes[0].id, ..config }]);
        let messages = store.messages(Some("USAF"), None, 0).await.unwrap();
        assert_eq!(messages.len(), 1);
        assert_eq!(messages[0].message, message);
        let stored = &messages[0].receipts[0];
        assert_eq!((&stored.detail, &stored.signature), (&receipt.detail, &receipt.signature));
        assert!(store.messages(Some("RuAF"), None, 0).await.unwrap().is_empty());
        assert_eq!(store.messages(None, None, 0).await.unwrap().len(), 1);
        let revoked = KeyRow { revoked_ns: Some(4), revoked_by: Some("admin".to_owned()), ..key };
        assert_eq!(store.keys().await.unwrap(), [revoked]);
        assert_eq!(store.audit(&AuditQuery::default()).await.unwrap()[0].who, "admin");
        assert_eq!(store.runs(0).await.unwrap(), [run("r1", 1)]);

        let counts = store.counts();
        assert_eq!((counts.written, counts.queued, counts.dropped, counts.refused), (11, 0, 0, 0));
        assert_eq!(store.close(Duration::from_secs(5)).await, 0);
        assert!(matches!(writer.record_durably(audit("x", 1)).await, Err(NotStored::Closed)));
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_and_words_are_found() {
    for database in Database::all().await {
        let store = Store::open_with(&database.url, settings()).await.unwrap();
        let writer = store.writer();
        for number in 1..=25 {
            let state = if number % 2 == 0 { "ended" } else { "lost" };
            // Several at the same time: the order is total all the same.
            writer.record(change(&alert("r", number, state, number / 5, 100 + number), None));
            writer.record(audit(if number > 20 { "late" } else { "early" }, number));
        }
        settle(&store).await;

        let mut query = AlertQuery { state: AlertState::All, limit: 7, ..AlertQuery::default() };
        let mut found = Vec::new();
        loop {
            let page = store.alerts(&query).await.unwrap();
            let Some(last) = page.last() else { break };
            query.before = Some(last.id.clone());
            found.extend(page.into_iter().map(|row| row.number));
        }
        assert_eq!(found, (1..=25).rev().collect::<Vec<_>>());
        let count = async |query: AlertQuery| store.alerts(&query).await.unwrap().len();
        let all = AlertQuery { state: AlertState::All, ..AlertQuery::default() };
        assert_eq!(count(AlertQuery::default()).await, 13);
        assert_eq!(count(AlertQuery { state: AlertState::Ended, ..all.clone() }).await, 12);
        let text = |text: &str| AlertQuery { text: Some(text.to_owned()), ..all.clone() };
        assert_eq!(count(text("eagle7")).await, 1);
        assert_eq!(count(text("EAGLE1 usaf en-ROUTE")).await, 11);
        assert_eq!(count(text("100%")).await, 25);
        assert_eq!(count(text("1_0%")).await, 0);
        assert_eq!(count(text("'; DROP TABLE alerts; --")).await, 0);
        let to = AlertQuery { to_ns: Some(0), ..all.clone() };
        assert_eq!(count(to).await, 4);
        // Those that are on still overlap.
        let from = AlertQuery { from_ns: Some(125 * SECOND), ..all.clone() };
        assert_eq!(count(from).await, 13);
        let ended = AlertQuery {
            from_ns: Some(124 * SECOND),
            state: AlertState::Ended,
            ..AlertQuery::default()
        };
        assert_eq!(count(ended).await, 1);

        let spans = store.alert_spans(0, SECOND, 0).await.unwrap();
        assert_eq!(spans.len(), 9);
        assert_eq!((spans[0].id.as_str(), spans[0].last_ns), ("r-1", 101 * SECOND));
        let late = AuditQuery { who: Some("late".to_owned()), limit: 3, ..AuditQuery::default() };
        let page = store.audit(&late).await.unwrap();
        assert_eq!(page.len(), 3);
        let before = AuditQuery { before: Some(page[2].id), ..late };
        assert_eq!(store.audit(&before).await.unwrap().len(), 2);
        let some = AuditQuery {
            from_ns: Some(5 * SECOND),
            to_ns: Some(6 * SECOND),
            ..AuditQuery::default()
        };
        assert_eq!(store.audit(&some).await.unwrap().len(), 2);
        store.close(Duration::from_secs(5)).await;
        database.remove().await;
    }
}

// ALR-2: alerts that a run left behind are ended by the next one, and say why.
#[tokio::test(flavor = "multi_thread")]
async fn a_restart_ends_what_was_on() {
    for database in Database::all().await {
        let store = Store::open_with(&database.url, settings()).await.unwrap();
        let writer = store.writer();
        writer.record(Entry::Begin(run("r1", 1)));
        writer.record(change(&alert("r1", 1, "imminent", 10, 20), Some("predicted")));
        writer.record(change(&alert("r1", 2, "ended", 10, 15), Some("lost")));
        let odd = AlertRow { body: "not JSON".to_owned(), ..alert("r1", 3, "lost", 11, 99) };
        writer.record(change(&odd, None));
        assert_eq!(store.close(Duration::from_secs(5)).await, 0);

        let store = Store::open_with(&database.url, settings()).await.unwrap();
        let writer = store.writer();
        writer.record_durably(Entry::Begin(run("r2", 50))).await.unwrap();
        assert!(store.alerts(&AlertQuery::default()).await.unwrap().is_empty());
        let record = store.alert("r1-1").await.unwrap().unwrap();
        assert_eq!(record.alert.state, "ended");
        assert!(record.alert.body.contains(r#""end":"the service was restarted""#));
        assert!(record.alert.body.contains(r#""x":1.5"#));
        let last = record.changes.last().unwrap();
        assert_eq!(
            (last.from.as_deref(), &*last.to, &*last.reason),
            (Some("imminent"), "ended", RESTARTED)
        );
        assert_eq!(last.time_ns, 50 * SECOND);
        let untouched = store.alert("r1-2").await.unwrap().unwrap();
        assert_eq!(untouched.changes.len(), 1);
        let odd = store.alert("r1-3").await.unwrap().unwrap();
        assert_eq!((&*odd.alert.body, odd.changes[1].time_ns), ("not JSON", 99 * SECOND));

        // An end in order says its own reason, once.
        writer.record(change(&alert("r2", 1, "lost", 60, 61), None));
        let end = Entry::End {
            run: "r2".to_owned(),
            time_ns: 70 * SECOND,
            reason: "the service was stopped".to_owned(),
        };
        writer.record_durably(end).await.unwrap();
        writer.record_durably(Entry::Begin(run("r3", 80))).await.unwrap();
        let record = store.alert("r2-1").await.unwrap().unwrap();
        assert_eq!(record.changes.len(), 2);
        assert_eq!(record.changes[1].reason, "the service was stopped");
        assert_eq!(store.runs(0).await.unwrap()[1].ended_ns, Some(70 * SECOND));
        store.close(Duration::from_secs(5)).await;
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_entry_that_is_not_taken_does_not_hold_up_the_others() {
    for database in Database::all().await {
        let store = Store::open_with(&database.url, settings()).await.unwrap();
        let writer = store.writer();
        let key = |id: &str| {
            Entry::Key(KeyRow {
                id: id.to_owned(),
                name: String::new(),
                role: String::new(),
                party: None,
                hash: "same".to_owned(),
                created_ns: 0,
                created_by: String::new(),
                revoked_ns: None,
                revoked_by: None,
            })
        };
        writer.record(note("a", "1"));
        writer.record(key("k1"));
        writer.record(note("a", "2"));
        let second = writer.record_durably(key("k2")).await;
        assert!(matches!(second, Err(NotStored::Refused(_))), "{second:?}");
        writer.record(note("a", "3 \0 is no text of PostgreSQL"));
        writer.record_durably(note("a", "4")).await.unwrap();
        let texts = texts(&store, "a").await;
        assert_eq!(texts[..2], ["1", "2"]);
        assert_eq!(texts[3], "4");
        assert_eq!(store.counts().refused, 1);
        assert!(store.health().borrow().is_ok());
        store.close(Duration::from_secs(5)).await;
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_read_while_it_is_written() {
    for database in Database::all().await {
        let store = Store::open_with(&database.url, settings()).await.unwrap();
        let writing = {
            let writer = store.writer();
            // From a thread without a runtime, as the picture does.
            std::thread::spawn(move || {
                for number in 1..=2000 {
                    writer.record(note("a", &number.to_string()));
                }
            })
        };
        let readers: Vec<_> = (0..8)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move {
                    let mut seen = 0;
                    while seen < 2000 {
                        let texts = texts(&store, "a").await;
                        let expected: Vec<_> = (1..=texts.len()).map(|n| n.to_string()).collect();
                        assert_eq!(texts, expected);
                        assert!(texts.len() >= seen);
                        seen = texts.len();
                    }
                })
            })
            .collect();
        writing.join().unwrap();
        for reader in readers {
            tokio::time::timeout(Duration::from_secs(60), reader).await.unwrap().unwrap();
        }
        store.close(Duration::from_secs(5)).await;
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_of_a_later_version_are_refused() {
    for database in Database::all().await {
        Store::open(&database.url).await.unwrap().close(Duration::from_secs(5)).await;
        // A second time the tables are there.
        Store::open(&database.url).await.unwrap().close(Duration::from_secs(5)).await;
        let mut connection = database.connection().await;
        sqlx::query("UPDATE _sqlx_migrations SET version = 99 WHERE version = 3")
            .execute(&mut connection)
            .await
            .unwrap();
        let error = Store::open(&database.url).await.unwrap_err();
        assert!(matches!(error, OpenError::Tables { .. }), "{error}");
        drop(connection);
        database.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_opened_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("x.db");
    std::fs::write(&file, "this is no database, but long enough to be looked at as one").unwrap();
    let below = format!("sqlite:{}/y.db", file.display());
    for url in
        [format!("sqlite:{}", file.display()), below, format!("sqlite:{}", dir.path().display())]
    {
        let error = Store::open(&url).await.unwrap_err();
        assert!(matches!(error, OpenError::File { .. }), "{error}");
        assert!(error.to_string().contains(&url), "{error}");
    }
    let Some(server) = server() else { return };
    let (start, _) = server.rsplit_once('/').unwrap();
    let error = Store::open(&format!("{start}/no_such_database")).await.unwrap_err();
    assert!(matches!(error, OpenError::Refused { .. }), "{error}");
    let (head, at) = server.split_once('@').unwrap();
    let wrong = format!("{}:wrongpassword@{at}", head.rsplit_once(':').unwrap().0);
    let error = Store::open(&wrong).await.unwrap_err().to_string();
    assert!(error.contains("password") && !error.contains("wrongpassword"), "{error}");
}

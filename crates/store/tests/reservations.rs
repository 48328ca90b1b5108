//! Reservations and signatures, over SQLite and PostgreSQL.

mod common;

use common::*;
use deconflict_store::*;
use sqlx::{AssertSqlSafe, Executor};
use std::time::Duration;

fn state(id: &str, version: i64, status: &str) -> ReservationRow {
    ReservationRow {
        id: id.to_owned(),
        party: "USAF".to_owned(),
        status: status.to_owned(),
        version,
        body: format!(r#"{{"id":"{id}","n":{version}}}"#),
        changed_ns: version * SECOND,
        changed_by: format!("hand {version}"),
    }
}

fn entry(row: &ReservationRow, action: &str, from: Option<&str>) -> Entry {
    Entry::Reservation {
        row: row.clone(),
        action: action.to_owned(),
        from: from.map(str::to_owned),
    }
}

/// STO-4: who reserved what, when, is there afterwards, step by step, also after a restart.
#[tokio::test(flavor = "multi_thread")]
async fn every_state_of_a_reservation_is_kept() {
    for database in Database::all().await {
        let store = Store::open_with(&database.url, settings()).await.unwrap();
        let writer = store.writer();
        let steps = [
            (state("R-A", 1, "draft"), "draft", None),
            (state("R-A", 2, "planned"), "plan", Some("draft")),
            (state("R-A", 3, "active"), "activate", Some("planned")),
            (state("R-A", 4, "released"), "release", Some("active")),
            (state("R-B", 1, "draft"), "draft", None),
        ];
        for (row, action, from) in &steps {
            writer.record_durably(entry(row, action, *from)).await.unwrap();
        }
        assert_eq!(store.close(Duration::from_secs(5)).await, 0);
        let store = Store::open_with(&database.url, settings()).await.unwrap();
        let rows = store.reservations(10).await.unwrap();
        assert_eq!(rows, [steps[4].0.clone(), steps[3].0.clone()]);
        assert_eq!(store.reservations(0).await.unwrap().len(), 1);
        let changes = store.reservation_changes("R-A").await.unwrap();
        let told: Vec<_> = changes
            .iter()
            .map(|c| (c.version, c.by.as_str(), c.action.as_str(), c.from.as_deref(), &*c.to))
            .collect();
        assert_eq!(
            told,
            [
                (1, "hand 1", "draft", None, "draft"),
                (2, "hand 2", "plan", Some("draft"), "planned"),
                (3, "hand 3", "activate", Some("planned"), "active"),
                (4, "hand 4", "release", Some("active"), "released"),
            ]
        );
        assert_eq!((changes[1].time_ns, &*changes[1].party), (2 * SECOND, "USAF"));
        assert_eq!(changes[2].body, r#"{"id":"R-A","n":3}"#);
        assert!(store.reservation_changes("R-C").await.unwrap().is_empty());
        store.close(Duration::from_secs(5)).await;
        database.remove().await;
    }
}

/// STO-4: of two changes of the same state one is made, and whoever comes late is told.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_follows_the_state_that_it_was_made_for() {
    for database in Database::all().await {
        let store = Store::open_with(&database.url, settings()).await.unwrap();
        let writer = store.writer();
        let patient = async |entry| {
            // A refusal is certain after three attempts, which may take their time.
            writer.record_durably(entry).await
        };
        patient(entry(&state("R-A", 1, "draft"), "draft", None)).await.unwrap();
        patient(entry(&state("R-A", 2, "planned"), "plan", Some("draft"))).await.unwrap();
        for late in [
            entry(&state("R-A", 2, "cancelled"), "cancel", Some("draft")),
            entry(&state("R-A", 4, "active"), "activate", Some("planned")),
            entry(&state("R-A", 1, "draft"), "draft", None),
            entry(&state("R-Z", 2, "planned"), "plan", Some("draft")),
        ] {
            let answer = patient(late).await;
            assert!(matches!(answer, Err(NotStored::Refused(_))), "{answer:?}");
        }
        // Whatever else is written beside them is written.
        for number in 0..20 {
            writer.record(audit("beside", number));
        }
        let answer = patient(entry(&state("R-A", 2, "cancelled"), "cancel", None)).await;
        assert!(answer.is_err());
        settle(&store).await;
        assert_eq!(store.reservations(10).await.unwrap(), [state("R-A", 2, "planned")]);
        assert_eq!(store.reservation_changes("R-A").await.unwrap().len(), 2);
        assert_eq!(store.audit(&AuditQuery::default()).await.unwrap().len(), 20);
        store.close(Duration::from_secs(5)).await;
        database.remove().await;
    }
}

fn message(id: &str) -> MessageRow {
    MessageRow {
        id: id.to_owned(),
        time_ns: 8,
        from_party: Some("USAF".to_owned()),
        to_party: None,
        alert: None,
        reservation: Some("R-A".to_owned()),
        text: id.to_owned(),
        body: "{}".to_owned(),
        signed: Some(r#"{"hash":"00"}"#.to_owned()),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_found_with_the_one_before_it_and_keys_come_back() {
    for database in Database::all().await {
        let store = Store::open_with(&database.url, settings()).await.unwrap();
        let writer = store.writer();
        assert_eq!(store.last_message().await.unwrap(), None);
        for id in ["m1", "m2", "m3"] {
            writer.record(Entry::Message(message(id)));
        }
        let key = SigningKeyRow {
            id: "k".to_owned(),
            created_ns: 1,
            public_key: "cHVi".to_owned(),
            private_key: "cHJp".to_owned(),
        };
        assert!(!format!("{key:?}").contains("cHJp"));
        writer.record_durably(Entry::SigningKey(key.clone())).await.unwrap();
        let (record, before) = store.message("m2").await.unwrap().unwrap();
        assert_eq!((record.message, before), (message("m2"), Some(message("m1"))));
        assert_eq!(store.message("m1").await.unwrap().unwrap().1, None);
        assert_eq!(store.message("none").await.unwrap(), None);
        assert_eq!(store.last_message().await.unwrap(), Some(message("m3")));
        assert_eq!(store.signing_keys().await.unwrap(), [key]);
        store.close(Duration::from_secs(5)).await;
        database.remove().await;
    }
}

/// A database of the first version gets the new tables, and keeps what it has.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_before_is_brought_up_to_date() {
    for database in Database::all().await {
        let store = Store::open_with(&database.url, settings()).await.unwrap();
        store.writer().record_durably(audit("old", 1)).await.unwrap();
        store.close(Duration::from_secs(5)).await;
        // As it was before: without what the second migration makes, and the third.
        let mut connection = database.connection().await;
        for sql in [
            "DROP TABLE reservations",
            "DROP TABLE reservation_changes",
            "DROP TABLE signing_keys",
            "DROP TABLE warnings",
            "DROP TABLE warning_changes",
            "DROP TABLE message_head",
            "ALTER TABLE alerts DROP COLUMN worst",
            "INSERT INTO alerts (id, run, number, state, first_ns, last_ns, a_name, b_name, rule, \
             words, search, body) VALUES ('r-1', 'r', 1, 'ended', 1, 2, 'A', 'B', '', '', '', '{}')",
            "INSERT INTO alert_changes (id, alert, time_ns, from_state, to_state, reason, body) \
             VALUES (1, 'r-1', 1, NULL, 'imminent', '', '{}'), \
             (2, 'r-1', 2, 'imminent', 'ended', '', '{}')",
            "ALTER TABLE messages DROP COLUMN reservation",
            "ALTER TABLE messages DROP COLUMN signed",
            "ALTER TABLE receipts DROP COLUMN signature",
            "DELETE FROM _sqlx_migrations WHERE version >= 2",
            "INSERT INTO messages (id, ordinal, time_ns, words, body) \
             VALUES ('old', 7, 1, 'from before', '{}')",
        ] {
            connection.execute(AssertSqlSafe(sql)).await.unwrap();
        }
        drop(connection);
        let store = Store::open_with(&database.url, settings()).await.unwrap();
        let old = store.last_message().await.unwrap().unwrap();
        assert_eq!((&*old.text, old.signed, old.reservation), ("from before", None, None));
        assert_eq!(store.alert("r-1").await.unwrap().unwrap().alert.worst, "imminent");
        assert!(store.warnings(&AlertQuery::default()).await.unwrap().is_empty());
        let row = state("R-A", 1, "draft");
        store.writer().record_durably(entry(&row, "draft", None)).await.unwrap();
        assert_eq!(store.reservations(0).await.unwrap(), [row]);
        assert_eq!(store.audit(&AuditQuery::default()).await.unwrap()[0].who, "old");
        store.close(Duration::from_secs(5)).await;
        database.remove().await;
    }
}

/// MSG-2: the head of the chain is stored with the message that it names, or not at all.
#[tokio::test(flavor = "multi_thread")]
async fn the_head_is_stored_with_its_message() {
    for database in Database::all().await {
        let store = Store::open_with(&database.url, settings()).await.unwrap();
        let writer = store.writer();
        let head = |count: i64| MessageHeadRow {
            count,
            hash: format!("hash {count}"),
            time_ns: count,
            key: "k".to_owned(),
            signature: format!("signature {count}"),
        };
        let chained = |id: &str, to: Option<&str>, count| {
            let to_party = to.map(str::to_owned);
            let message = Some(MessageRow { to_party, signed: Some(id.to_owned()), ..message(id) });
            Entry::Chained { message, head: head(count) }
        };
        assert_eq!(store.message_end().await.unwrap(), None);
        writer.record_durably(Entry::Chained { message: None, head: head(0) }).await.unwrap();
        let end = store.message_end().await.unwrap().unwrap();
        assert_eq!((end.head, end.stored, end.newest), (head(0), 0, None));
        for (count, (id, to)) in (1..).zip([("a", Some("RED")), ("b", None), ("c", Some("GREY"))]) {
            writer.record_durably(chained(id, to, count)).await.unwrap();
        }
        // A name that is there already: neither the message nor the head is taken.
        let again = writer.record_durably(chained("a", None, 9)).await;
        assert!(matches!(again, Err(NotStored::Refused(_))), "{again:?}");
        let end = store.message_end().await.unwrap().unwrap();
        assert_eq!((end.head, end.stored, end.newest.as_deref()), (head(3), 3, Some("c")));
        let of = async |party| store.message_tally(party).await.unwrap();
        assert_eq!(of(None).await, (3, Some("c".to_owned())));
        assert_eq!(of(Some("RED")).await, (2, Some("b".to_owned())));
        store.close(Duration::from_secs(5)).await;
        database.remove().await;
    }
}

//! Entries as SQL: one text for both databases.

use crate::entry::Entry;
use crate::row::{
    AlertRow, AuditRow, ChangeRow, ConfigChangeRow, KeyRow, MessageHeadRow, MessageRow, NoteRow,
    ReceiptRow, ReservationRow, RunRow, SigningKeyRow, WarningRow,
};
use serde_json::Value;
use sqlx::{AnyConnection, AssertSqlSafe, Error, Row};

/// Why alerts and warnings of an earlier run are over (ALR-2, PLN-4: neither ends without a reason).
pub const RESTARTED: &str = "the service was restarted";

/// Where what has a record of changes stands.
#[derive(Clone, Copy)]
struct Tables {
    rows: &'static str,
    changes: &'static str,
    /// The column of the changes that says whose they are.
    of: &'static str,
}

const ALERTS: Tables = Tables { rows: "alerts", changes: "alert_changes", of: "alert" };
const WARNINGS: Tables = Tables { rows: "warnings", changes: "warning_changes", of: "warning" };

/// Gives out the ids of rows, ascending over all tables.
#[derive(Debug)]
pub(crate) struct Ids(i64);

impl Ids {
    /// Goes on after the largest one there is.
    pub(crate) async fn after_those_of(connection: &mut AnyConnection) -> Result<Ids, Error> {
        let row = sqlx::query(
            "SELECT MAX(id) FROM (SELECT MAX(id) AS id FROM alert_changes \
             UNION ALL SELECT MAX(id) FROM warning_changes \
             UNION ALL SELECT MAX(id) FROM notes UNION ALL SELECT MAX(id) FROM config_changes \
             UNION ALL SELECT MAX(ordinal) FROM messages UNION ALL SELECT MAX(id) FROM receipts \
             UNION ALL SELECT MAX(id) FROM audit \
             UNION ALL SELECT MAX(id) FROM reservation_changes) AS largest",
        )
        .fetch_one(connection)
        .await?;
        let largest: Option<i64> = row.try_get(0)?;
        Ok(Ids(largest.unwrap_or(0)))
    }

    fn next(&mut self) -> i64 {
        self.0 += 1;
        self.0
    }
}

/// PostgreSQL has no text with a zero byte in it.
fn clean(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn clean_option(text: Option<&String>) -> Option<String> {
    text.map(|text| clean(text))
}

/// Writes one entry, within a transaction.
pub(crate) async fn apply(
    c: &mut AnyConnection,
    ids: &mut Ids,
    entry: &Entry,
) -> Result<(), Error> {
    match entry {
        Entry::Begin(run) => begin(c, ids, run).await,
        Entry::End { run, time_ns, reason } => end(c, ids, run, *time_ns, reason).await,
        Entry::Alert { row, change } => {
            alert(c, row).await?;
            match change {
                Some(change) => record(c, ids, ALERTS, change).await,
                None => Ok(()),
            }
        }
        Entry::Warning { row, change } => {
            warning(c, row).await?;
            match change {
                Some(change) => record(c, ids, WARNINGS, change).await,
                None => Ok(()),
            }
        }
        Entry::Note(row) => note(c, ids, row).await,
        Entry::ConfigChange(row) => config_change(c, ids, row).await,
        Entry::Message(row) => message(c, ids, row).await,
        Entry::Chained { message: row, head } => {
            if let Some(row) = row {
                message(c, ids, row).await?;
            }
            message_head(c, head).await
        }
        Entry::Receipt(row) => receipt(c, ids, row).await,
        Entry::Key(row) => key(c, row).await,
        Entry::KeyRevoked { id, time_ns, by } => key_revoked(c, id, *time_ns, by).await,
        Entry::Audit(row) => audit(c, ids, row).await,
        Entry::Reservation { row, action, from } => {
            reservation(c, ids, row, action, from.as_ref()).await
        }
        Entry::SigningKey(row) => signing_key(c, row).await,
        Entry::Nothing => Ok(()),
    }
}

async fn begin(c: &mut AnyConnection, ids: &mut Ids, run: &RunRow) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO runs (id, started_ns, ended_ns, version, config) \
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING",
    )
    .bind(clean(&run.id))
    .bind(run.started_ns)
    .bind(run.ended_ns)
    .bind(clean(&run.version))
    .bind(clean(&run.config))
    .execute(&mut *c)
    .await?;
    for tables in [ALERTS, WARNINGS] {
        end_those(c, ids, tables, "run <> $1", &run.id, run.started_ns, RESTARTED).await?;
    }
    Ok(())
}

async fn end(
    c: &mut AnyConnection,
    ids: &mut Ids,
    run: &str,
    time_ns: i64,
    reason: &str,
) -> Result<(), Error> {
    sqlx::query("UPDATE runs SET ended_ns = $1 WHERE id = $2")
        .bind(time_ns)
        .bind(clean(run))
        .execute(&mut *c)
        .await?;
    for tables in [ALERTS, WARNINGS] {
        end_those(c, ids, tables, "run = $1", run, time_ns, reason).await?;
    }
    Ok(())
}

/// Ends what is on and its engine can no longer end, of the runs that a condition names.
async fn end_those(
    c: &mut AnyConnection,
    ids: &mut Ids,
    tables: Tables,
    of_runs: &str,
    run: &str,
    time_ns: i64,
    reason: &str,
) -> Result<(), Error> {
    let Tables { rows, .. } = tables;
    let sql = format!(
        "SELECT id, state, last_ns, body FROM {rows} \
         WHERE state <> 'ended' AND {of_runs} ORDER BY first_ns, number, id"
    );
    let open = sqlx::query(AssertSqlSafe(sql)).bind(clean(run)).fetch_all(&mut *c).await?;
    for row in open {
        end_one(c, ids, tables, &row, time_ns, reason).await?;
    }
    Ok(())
}

/// Ends one in its columns, its body and its record.
async fn end_one(
    c: &mut AnyConnection,
    ids: &mut Ids,
    tables: Tables,
    row: &sqlx::any::AnyRow,
    time_ns: i64,
    reason: &str,
) -> Result<(), Error> {
    let id: String = row.try_get(0)?;
    let last_ns: i64 = row.try_get(2)?;
    let mut body: String = row.try_get(3)?;
    if let Ok(Value::Object(mut object)) = serde_json::from_str(&body) {
        object.insert("state".to_owned(), AlertRow::ENDED.into());
        object.insert("end".to_owned(), reason.into());
        body = Value::Object(object).to_string();
    }
    let sql = format!("UPDATE {} SET state = 'ended', body = $1 WHERE id = $2", tables.rows);
    sqlx::query(AssertSqlSafe(sql)).bind(body).bind(id.clone()).execute(&mut *c).await?;
    let change = ChangeRow {
        of: id,
        // The clock may have been set back, and a demo has a time of its own.
        time_ns: time_ns.max(last_ns),
        from: Some(row.try_get(1)?),
        to: AlertRow::ENDED.to_owned(),
        reason: reason.to_owned(),
        body: "{}".to_owned(),
    };
    record(c, ids, tables, &change).await
}

async fn alert(c: &mut AnyConnection, row: &AlertRow) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO alerts (id, run, number, state, first_ns, last_ns, a_name, b_name, \
         a_operator, b_operator, rule, words, search, body, worst) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, last_ns = excluded.last_ns, \
         worst = excluded.worst, a_name = excluded.a_name, b_name = excluded.b_name, a_operator = excluded.a_operator, \
         b_operator = excluded.b_operator, rule = excluded.rule, words = excluded.words, \
         search = excluded.search, body = excluded.body",
    )
    .bind(clean(&row.id))
    .bind(clean(&row.run))
    .bind(row.number)
    .bind(clean(&row.state))
    .bind(row.first_ns)
    .bind(row.last_ns)
    .bind(clean(&row.a_name))
    .bind(clean(&row.b_name))
    .bind(clean_option(row.a_operator.as_ref()))
    .bind(clean_option(row.b_operator.as_ref()))
    .bind(clean(&row.rule))
    .bind(clean(&row.text))
    .bind(clean(&row.search()))
    .bind(clean(&row.body))
    .bind(clean(&row.worst))
    .execute(c)
    .await?;
    Ok(())
}

async fn warning(c: &mut AnyConnection, row: &WarningRow) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO warnings (id, run, number, about, state, worst, first_ns, last_ns, \
         aircraft, operator, topic, owner, words, search, body) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) \
         ON CONFLICT (id) DO UPDATE SET state = excluded.state, worst = excluded.worst, \
         last_ns = excluded.last_ns, aircraft = excluded.aircraft, operator = excluded.operator, \
         topic = excluded.topic, owner = excluded.owner, words = excluded.words, \
         search = excluded.search, body = excluded.body",
    )
    .bind(clean(&row.id))
    .bind(clean(&row.run))
    .bind(row.number)
    .bind(clean(&row.about))
    .bind(clean(&row.state))
    .bind(clean(&row.worst))
    .bind(row.first_ns)
    .bind(row.last_ns)
    .bind(clean(&row.aircraft))
    .bind(clean_option(row.operator.as_ref()))
    .bind(clean(&row.topic))
    .bind(clean_option(row.owner.as_ref()))
    .bind(clean(&row.text))
    .bind(clean(&row.search()))
    .bind(clean(&row.body))
    .execute(c)
    .await?;
    Ok(())
}

/// Adds a change to the record of what has one.
async fn record(
    c: &mut AnyConnection,
    ids: &mut Ids,
    tables: Tables,
    row: &ChangeRow,
) -> Result<(), Error> {
    let Tables { changes, of, .. } = tables;
    let sql = format!(
        "INSERT INTO {changes} (id, {of}, time_ns, from_state, to_state, reason, body) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)"
    );
    sqlx::query(AssertSqlSafe(sql))
        .bind(ids.next())
        .bind(clean(&row.of))
        .bind(row.time_ns)
        .bind(clean_option(row.from.as_ref()))
        .bind(clean(&row.to))
        .bind(clean(&row.reason))
        .bind(clean(&row.body))
        .execute(c)
        .await?;
    Ok(())
}

async fn note(c: &mut AnyConnection, ids: &mut Ids, row: &NoteRow) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO notes (id, kind, alert, by_whom, time_ns, words) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(ids.next())
    .bind(row.kind.name())
    .bind(clean(&row.alert))
    .bind(clean(&row.by))
    .bind(row.time_ns)
    .bind(clean(&row.text))
    .execute(c)
    .await?;
    Ok(())
}

async fn config_change(
    c: &mut AnyConnection,
    ids: &mut Ids,
    row: &ConfigChangeRow,
) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO config_changes (id, time_ns, by_whom, what, was, became) \
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(ids.next())
    .bind(row.time_ns)
    .bind(clean(&row.by))
    .bind(clean(&row.what))
    .bind(clean_option(row.before.as_ref()))
    .bind(clean(&row.after))
    .execute(c)
    .await?;
    Ok(())
}

async fn message(c: &mut AnyConnection, ids: &mut Ids, row: &MessageRow) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO messages (id, ordinal, time_ns, from_party, to_party, alert, words, body, \
         reservation, signed) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(clean(&row.id))
    .bind(ids.next())
    .bind(row.time_ns)
    .bind(clean_option(row.from_party.as_ref()))
    .bind(clean_option(row.to_party.as_ref()))
    .bind(clean_option(row.alert.as_ref()))
    .bind(clean(&row.text))
    .bind(clean(&row.body))
    .bind(clean_option(row.reservation.as_ref()))
    .bind(clean_option(row.signed.as_ref()))
    .execute(c)
    .await?;
    Ok(())
}

async fn message_head(c: &mut AnyConnection, row: &MessageHeadRow) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO message_head (id, count, hash, time_ns, signing_key, signature) \
         VALUES (1, $1, $2, $3, $4, $5) ON CONFLICT (id) DO UPDATE SET count = excluded.count, \
         hash = excluded.hash, time_ns = excluded.time_ns, signing_key = excluded.signing_key, \
         signature = excluded.signature",
    )
    .bind(row.count)
    .bind(clean(&row.hash))
    .bind(row.time_ns)
    .bind(clean(&row.key))
    .bind(clean(&row.signature))
    .execute(c)
    .await?;
    Ok(())
}

async fn receipt(c: &mut AnyConnection, ids: &mut Ids, row: &ReceiptRow) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO receipts (id, message, party, channel, time_ns, outcome, detail, signature) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(ids.next())
    .bind(clean(&row.message))
    .bind(clean(&row.party))
    .bind(clean(&row.channel))
    .bind(row.time_ns)
    .bind(clean(&row.outcome))
    .bind(clean(&row.detail))
    .bind(clean_option(row.signature.as_ref()))
    .execute(c)
    .await?;
    Ok(())
}

async fn reservation(
    c: &mut AnyConnection,
    ids: &mut Ids,
    row: &ReservationRow,
    action: &str,
    from: Option<&String>,
) -> Result<(), Error> {
    let sql = if row.version == 1 {
        "INSERT INTO reservations (id, version, party, status, body, changed_ns, changed_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)"
    } else {
        "UPDATE reservations SET version = $2, party = $3, status = $4, body = $5, \
         changed_ns = $6, changed_by = $7 WHERE id = $1 AND version = $2 - 1"
    };
    let done = sqlx::query(sql)
        .bind(clean(&row.id))
        .bind(row.version)
        .bind(clean(&row.party))
        .bind(clean(&row.status))
        .bind(clean(&row.body))
        .bind(row.changed_ns)
        .bind(clean(&row.changed_by))
        .execute(&mut *c)
        .await?;
    if done.rows_affected() != 1 {
        // The entry is at fault, not the database: it is refused and not tried again.
        let what =
            format!("version {} of a reservation does not follow what is stored", row.version);
        return Err(Error::Encode(what.into()));
    }
    sqlx::query(
        "INSERT INTO reservation_changes (id, reservation, version, time_ns, by_whom, action, \
         from_status, to_status, party, body) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(ids.next())
    .bind(clean(&row.id))
    .bind(row.version)
    .bind(row.changed_ns)
    .bind(clean(&row.changed_by))
    .bind(clean(action))
    .bind(clean_option(from))
    .bind(clean(&row.status))
    .bind(clean(&row.party))
    .bind(clean(&row.body))
    .execute(c)
    .await?;
    Ok(())
}

async fn signing_key(c: &mut AnyConnection, row: &SigningKeyRow) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO signing_keys (id, created_ns, public_key, private_key) \
         VALUES ($1, $2, $3, $4)",
    )
    .bind(clean(&row.id))
    .bind(row.created_ns)
    .bind(clean(&row.public_key))
    .bind(clean(&row.private_key))
    .execute(c)
    .await?;
    Ok(())
}

async fn key(c: &mut AnyConnection, row: &KeyRow) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO api_keys (id, name, role, party, hash, created_ns, created_by, \
         revoked_ns, revoked_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(clean(&row.id))
    .bind(clean(&row.name))
    .bind(clean(&row.role))
    .bind(clean_option(row.party.as_ref()))
    .bind(clean(&row.hash))
    .bind(row.created_ns)
    .bind(clean(&row.created_by))
    .bind(row.revoked_ns)
    .bind(clean_option(row.revoked_by.as_ref()))
    .execute(c)
    .await?;
    Ok(())
}

async fn key_revoked(c: &mut AnyConnection, id: &str, time_ns: i64, by: &str) -> Result<(), Error> {
    // The first revocation counts.
    sqlx::query(
        "UPDATE api_keys SET revoked_ns = $1, revoked_by = $2 \
         WHERE id = $3 AND revoked_ns IS NULL",
    )
    .bind(time_ns)
    .bind(clean(by))
    .bind(clean(id))
    .execute(c)
    .await?;
    Ok(())
}

async fn audit(c: &mut AnyConnection, ids: &mut Ids, row: &AuditRow) -> Result<(), Error> {
    sqlx::query(
        "INSERT INTO audit (id, time_ns, who, role, action, object, from_where, outcome, detail) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(ids.next())
    .bind(row.time_ns)
    .bind(clean(&row.who))
    .bind(clean(&row.role))
    .bind(clean(&row.action))
    .bind(clean(&row.object))
    .bind(clean(&row.from))
    .bind(clean(&row.outcome))
    .bind(clean(&row.detail))
    .execute(c)
    .await?;
    Ok(())
}

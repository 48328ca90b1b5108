//! Questions, and their answers.

use crate::connect::{Trouble, meaning};
use crate::error::ReadError;
use crate::row::*;
use crate::store::Store;
use sqlx::any::AnyRow;
use sqlx::{AssertSqlSafe, Error, Row};
use std::fmt::Write as _;

const NOTE: &str = "id, kind, alert, by_whom, time_ns, words";
const MESSAGE: &str = "id, time_ns, from_party, to_party, alert, words, body, reservation, signed";
const RECEIPT: &str = "id, message, party, channel, time_ns, outcome, detail, signature";

/// A question that grows by conditions. Texts are bound, never written into it.
pub(crate) struct Question {
    sql: String,
    values: Vec<Value>,
    conditions: usize,
}

enum Value {
    Number(i64),
    Text(String),
}

impl Question {
    pub(crate) fn new(sql: impl Into<String>) -> Question {
        Question { sql: sql.into(), values: Vec::new(), conditions: 0 }
    }

    fn bind(&mut self, value: Value) -> String {
        self.values.push(value);
        format!("${}", self.values.len())
    }

    pub(crate) fn number(&mut self, number: i64) -> String {
        self.bind(Value::Number(number))
    }

    pub(crate) fn text(&mut self, text: impl Into<String>) -> String {
        self.bind(Value::Text(text.into()))
    }

    pub(crate) fn only(&mut self, condition: &str) {
        let word = if self.conditions == 0 { "WHERE" } else { "AND" };
        self.conditions += 1;
        self.more(&format!(" {word} {condition}"));
    }

    pub(crate) fn more(&mut self, sql: &str) {
        // Writing to a string does not fail.
        let _ = write!(self.sql, "{sql}");
    }

    pub(crate) fn limit(&mut self, limit: u32) {
        let limit = if limit == 0 { 100 } else { limit.min(1000) };
        let limit = self.number(i64::from(limit));
        self.more(&format!(" LIMIT {limit}"));
    }

    fn one_of<'a>(&mut self, column: &str, texts: impl Iterator<Item = &'a str>) {
        let places: Vec<String> = texts.map(|text| self.text(text)).collect();
        self.only(&format!("{column} IN ({})", places.join(", ")));
    }
}

impl Store {
    pub(crate) async fn ask<T>(
        &self,
        question: Question,
        read: impl Fn(&AnyRow) -> Result<T, Error>,
    ) -> Result<Vec<T>, ReadError> {
        let limit = self.answer_timeout;
        let answer = async {
            let mut query = sqlx::query(AssertSqlSafe(question.sql));
            for value in question.values {
                query = match value {
                    Value::Number(number) => query.bind(number),
                    Value::Text(text) => query.bind(text.replace('\0', "\u{fffd}")),
                };
            }
            query.fetch_all(&self.pool).await
        };
        let told = |error: &Error| match meaning(&self.target, error) {
            Trouble::Away(reason) => ReadError::Away(reason),
            other => ReadError::Failed(other.reason().to_owned()),
        };
        let rows = tokio::time::timeout(limit, answer)
            .await
            .map_err(|_| {
                ReadError::Away(Trouble::timeout("a question", limit).reason().to_owned())
            })?
            .map_err(|error| told(&error))?;
        rows.iter().map(read).collect::<Result<_, _>>().map_err(|error| told(&error))
    }

    /// Acknowledgements and comments of these alerts or warnings, oldest first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn notes(&self, alerts: &[&str]) -> Result<Vec<NoteRow>, ReadError> {
        let mut notes = Vec::new();
        // The databases bound how many values one question may have.
        for some in alerts.chunks(500) {
            let mut q = Question::new(format!("SELECT {NOTE} FROM notes"));
            q.one_of("alert", some.iter().copied());
            q.more(" ORDER BY id");
            notes.extend(self.ask(q, note).await?);
        }
        notes.sort_by_key(|note| note.id);
        Ok(notes)
    }

    /// Messages of and to a party (`None`: all), newest first, with what became of them.
    /// `before` is the id of the last one of the page before.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn messages(
        &self,
        party: Option<&str>,
        before: Option<&str>,
        limit: u32,
    ) -> Result<Vec<MessageRecord>, ReadError> {
        let mut q = Question::new(format!("SELECT {MESSAGE} FROM messages"));
        if let Some(party) = party {
            let party = q.text(party);
            q.only(&format!("(from_party = {party} OR to_party = {party} OR to_party IS NULL)"));
        }
        if let Some(before) = before {
            let before = q.text(before);
            q.only(&format!("ordinal < (SELECT ordinal FROM messages WHERE id = {before})"));
        }
        q.more(" ORDER BY ordinal DESC");
        q.limit(limit);
        let records = self.ask(q, message).await?;
        self.with_receipts(records).await
    }

    /// One message with what became of it, and the one that was stored before it.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn message(
        &self,
        id: &str,
    ) -> Result<Option<(MessageRecord, Option<MessageRow>)>, ReadError> {
        let mut q = Question::new(format!("SELECT {MESSAGE} FROM messages"));
        let place = q.text(id);
        q.only(&format!("ordinal <= (SELECT ordinal FROM messages WHERE id = {place})"));
        q.more(" ORDER BY ordinal DESC");
        q.limit(2);
        let mut found = self.ask(q, message).await?.into_iter();
        let Some(record) = found.next() else { return Ok(None) };
        let before = found.next().map(|before| before.message);
        Ok(self.with_receipts(vec![record]).await?.pop().map(|record| (record, before)))
    }

    /// The message that was stored last.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn last_message(&self) -> Result<Option<MessageRow>, ReadError> {
        let mut q = Question::new(format!("SELECT {MESSAGE} FROM messages"));
        q.more(" ORDER BY ordinal DESC");
        q.limit(1);
        Ok(self.ask(q, message).await?.pop().map(|record| record.message))
    }

    /// How far the chain of messages has come, and what stands there; `None` before the first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn message_end(&self) -> Result<Option<MessageEnd>, ReadError> {
        // One statement: nothing is written in between.
        let q = Question::new(
            "SELECT count, hash, time_ns, signing_key, signature, \
             (SELECT COUNT(*) FROM messages WHERE signed IS NOT NULL), \
             (SELECT signed FROM messages WHERE signed IS NOT NULL ORDER BY ordinal DESC LIMIT 1) \
             FROM message_head WHERE id = 1",
        );
        let read = |row: &AnyRow| {
            let head = MessageHeadRow {
                count: row.try_get(0)?,
                hash: row.try_get(1)?,
                time_ns: row.try_get(2)?,
                key: row.try_get(3)?,
                signature: row.try_get(4)?,
            };
            Ok(MessageEnd { head, stored: row.try_get(5)?, newest: row.try_get(6)? })
        };
        Ok(self.ask(q, read).await?.pop())
    }

    /// How many signed messages there are of and to a party (`None`: all), and what the newest of
    /// them is signed with.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn message_tally(
        &self,
        party: Option<&str>,
    ) -> Result<(i64, Option<String>), ReadError> {
        let mut q = Question::new("SELECT ");
        let mut whose = "signed IS NOT NULL".to_owned();
        if let Some(party) = party {
            let party = q.text(party);
            whose +=
                &format!(" AND (from_party = {party} OR to_party = {party} OR to_party IS NULL)");
        }
        q.more(&format!(
            "(SELECT COUNT(*) FROM messages WHERE {whose}), \
             (SELECT signed FROM messages WHERE {whose} ORDER BY ordinal DESC LIMIT 1)"
        ));
        let read = |row: &AnyRow| Ok((row.try_get(0)?, row.try_get(1)?));
        Ok(self.ask(q, read).await?.pop().unwrap_or((0, None)))
    }

    async fn with_receipts(
        &self,
        mut records: Vec<MessageRecord>,
    ) -> Result<Vec<MessageRecord>, ReadError> {
        if records.is_empty() {
            return Ok(records);
        }
        let mut q = Question::new(format!("SELECT {RECEIPT} FROM receipts"));
        q.one_of("message", records.iter().map(|record| record.message.id.as_str()));
        q.more(" ORDER BY id");
        for receipt in self.ask(q, receipt).await? {
            let record = records.iter_mut().find(|r| r.message.id == receipt.message);
            if let Some(record) = record {
                record.receipts.push(receipt);
            }
        }
        Ok(records)
    }

    /// All API keys, revoked ones included, in the order of making.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn keys(&self) -> Result<Vec<KeyRow>, ReadError> {
        let q = Question::new(
            "SELECT id, name, role, party, hash, created_ns, created_by, revoked_ns, revoked_by \
             FROM api_keys ORDER BY created_ns, id",
        );
        self.ask(q, |row| {
            Ok(KeyRow {
                id: row.try_get(0)?,
                name: row.try_get(1)?,
                role: row.try_get(2)?,
                party: row.try_get(3)?,
                hash: row.try_get(4)?,
                created_ns: row.try_get(5)?,
                created_by: row.try_get(6)?,
                revoked_ns: row.try_get(7)?,
                revoked_by: row.try_get(8)?,
            })
        })
        .await
    }

    /// A page of the audit, newest first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn audit(&self, query: &AuditQuery) -> Result<Vec<AuditRow>, ReadError> {
        let mut q = Question::new(
            "SELECT id, time_ns, who, role, action, object, from_where, outcome, detail FROM audit",
        );
        if let Some(who) = &query.who {
            let who = q.text(who);
            q.only(&format!("who = {who}"));
        }
        if let Some(from) = query.from_ns {
            let from = q.number(from);
            q.only(&format!("time_ns >= {from}"));
        }
        if let Some(to) = query.to_ns {
            let to = q.number(to);
            q.only(&format!("time_ns <= {to}"));
        }
        if let Some(before) = query.before {
            let before = q.number(before);
            q.only(&format!("id < {before}"));
        }
        q.more(" ORDER BY id DESC");
        q.limit(query.limit);
        self.ask(q, |row| {
            Ok(AuditRow {
                id: row.try_get(0)?,
                time_ns: row.try_get(1)?,
                who: row.try_get(2)?,
                role: row.try_get(3)?,
                action: row.try_get(4)?,
                object: row.try_get(5)?,
                from: row.try_get(6)?,
                outcome: row.try_get(7)?,
                detail: row.try_get(8)?,
            })
        })
        .await
    }

    /// Changes of the configuration, newest first; `before` is the id of the last one of
    /// the page before.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn config_changes(
        &self,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<ConfigChangeRow>, ReadError> {
        let mut q =
            Question::new("SELECT id, time_ns, by_whom, what, was, became FROM config_changes");
        if let Some(before) = before {
            let before = q.number(before);
            q.only(&format!("id < {before}"));
        }
        q.more(" ORDER BY id DESC");
        q.limit(limit);
        self.ask(q, |row| {
            Ok(ConfigChangeRow {
                id: row.try_get(0)?,
                time_ns: row.try_get(1)?,
                by: row.try_get(2)?,
                what: row.try_get(3)?,
                before: row.try_get(4)?,
                after: row.try_get(5)?,
            })
        })
        .await
    }

    /// Runs of the service, newest first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn runs(&self, limit: u32) -> Result<Vec<RunRow>, ReadError> {
        let mut q = Question::new("SELECT id, started_ns, ended_ns, version, config FROM runs");
        q.more(" ORDER BY started_ns DESC, id DESC");
        q.limit(limit);
        self.ask(q, |row| {
            Ok(RunRow {
                id: row.try_get(0)?,
                started_ns: row.try_get(1)?,
                ended_ns: row.try_get(2)?,
                version: row.try_get(3)?,
                config: row.try_get(4)?,
            })
        })
        .await
    }
}

fn note(row: &AnyRow) -> Result<NoteRow, Error> {
    let kind: String = row.try_get(1)?;
    Ok(NoteRow {
        id: row.try_get(0)?,
        kind: NoteKind::parse(&kind),
        alert: row.try_get(2)?,
        by: row.try_get(3)?,
        time_ns: row.try_get(4)?,
        text: row.try_get(5)?,
    })
}

fn message(row: &AnyRow) -> Result<MessageRecord, Error> {
    let message = MessageRow {
        id: row.try_get(0)?,
        time_ns: row.try_get(1)?,
        from_party: row.try_get(2)?,
        to_party: row.try_get(3)?,
        alert: row.try_get(4)?,
        text: row.try_get(5)?,
        body: row.try_get(6)?,
        reservation: row.try_get(7)?,
        signed: row.try_get(8)?,
    };
    Ok(MessageRecord { message, receipts: Vec::new() })
}

fn receipt(row: &AnyRow) -> Result<ReceiptRow, Error> {
    Ok(ReceiptRow {
        id: row.try_get(0)?,
        message: row.try_get(1)?,
        party: row.try_get(2)?,
        channel: row.try_get(3)?,
        time_ns: row.try_get(4)?,
        outcome: row.try_get(5)?,
        detail: row.try_get(6)?,
        signature: row.try_get(7)?,
    })
}

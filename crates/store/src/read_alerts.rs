//! Questions about alerts and warnings.

use crate::error::ReadError;
use crate::read::Question;
use crate::row::{
    AlertQuery, AlertRecord, AlertRow, AlertState, ChangeRow, Span, WarningRecord, WarningRow,
};
use crate::store::Store;
use sqlx::any::AnyRow;
use sqlx::{Error, Row};

const ALERT: &str = "id, run, number, state, first_ns, last_ns, a_name, b_name, \
                     a_operator, b_operator, rule, words, body, worst";
const WARNING: &str = "id, run, number, about, state, worst, first_ns, last_ns, aircraft, \
                       operator, topic, owner, words, body";

impl Store {
    /// Alerts, newest first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn alerts(&self, query: &AlertQuery) -> Result<Vec<AlertRow>, ReadError> {
        self.ask(page(ALERT, "alerts", query), alert).await
    }

    /// Warnings, newest first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn warnings(&self, query: &AlertQuery) -> Result<Vec<WarningRow>, ReadError> {
        self.ask(page(WARNING, "warnings", query), warning).await
    }

    /// One alert with its whole record.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn alert(&self, id: &str) -> Result<Option<AlertRecord>, ReadError> {
        let Some(alert) = self.ask(one(ALERT, "alerts", id), alert).await?.pop() else {
            return Ok(None);
        };
        let changes = self.record_of("alert_changes", "alert", id).await?;
        let notes = self.notes(&[id]).await?;
        Ok(Some(AlertRecord { alert, changes, notes }))
    }

    /// One warning with its whole record.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn warning(&self, id: &str) -> Result<Option<WarningRecord>, ReadError> {
        let Some(warning) = self.ask(one(WARNING, "warnings", id), warning).await?.pop() else {
            return Ok(None);
        };
        let changes = self.record_of("warning_changes", "warning", id).await?;
        let notes = self.notes(&[id]).await?;
        Ok(Some(WarningRecord { warning, changes, notes }))
    }

    /// The changes of one of them, oldest first.
    async fn record_of(
        &self,
        table: &str,
        of: &str,
        id: &str,
    ) -> Result<Vec<ChangeRow>, ReadError> {
        let mut q = Question::new(format!(
            "SELECT {of}, time_ns, from_state, to_state, reason, body FROM {table}"
        ));
        let place = q.text(id);
        q.only(&format!("{of} = {place}"));
        q.more(" ORDER BY id");
        self.ask(q, |row| {
            Ok(ChangeRow {
                of: row.try_get(0)?,
                time_ns: row.try_get(1)?,
                from: row.try_get(2)?,
                to: row.try_get(3)?,
                reason: row.try_get(4)?,
                body: row.try_get(5)?,
            })
        })
        .await
    }

    /// When alerts were on that overlap a stretch of time, oldest first; the newest if
    /// there are more than `limit`, which 0 makes 10,000.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn alert_spans(
        &self,
        from_ns: i64,
        to_ns: i64,
        limit: u32,
    ) -> Result<Vec<Span>, ReadError> {
        self.spans("alerts", "CAST('' AS TEXT)", from_ns, to_ns, limit).await
    }

    /// The same of warnings.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn warning_spans(
        &self,
        from_ns: i64,
        to_ns: i64,
        limit: u32,
    ) -> Result<Vec<Span>, ReadError> {
        self.spans("warnings", "about", from_ns, to_ns, limit).await
    }

    async fn spans(
        &self,
        table: &str,
        about: &str,
        from_ns: i64,
        to_ns: i64,
        limit: u32,
    ) -> Result<Vec<Span>, ReadError> {
        let mut q = Question::new(format!(
            "SELECT id, first_ns, last_ns, state, worst, {about} FROM {table}"
        ));
        let (from, to) = (q.number(from_ns), q.number(to_ns));
        q.only(&format!("first_ns <= {to}"));
        q.only(&format!("(last_ns >= {from} OR state <> 'ended')"));
        q.more(" ORDER BY first_ns DESC, number DESC, id DESC");
        let limit = q.number(if limit == 0 { 10_000 } else { i64::from(limit) });
        q.more(&format!(" LIMIT {limit}"));
        let mut spans = self
            .ask(q, |row| {
                Ok(Span {
                    id: row.try_get(0)?,
                    first_ns: row.try_get(1)?,
                    last_ns: row.try_get(2)?,
                    state: row.try_get(3)?,
                    worst: row.try_get(4)?,
                    about: row.try_get(5)?,
                })
            })
            .await?;
        spans.reverse();
        Ok(spans)
    }
}

fn one(columns: &str, table: &str, id: &str) -> Question {
    let mut q = Question::new(format!("SELECT {columns} FROM {table}"));
    let place = q.text(id);
    q.only(&format!("id = {place}"));
    q
}

/// A page of either: both tables have these columns.
fn page(columns: &str, table: &str, query: &AlertQuery) -> Question {
    let mut q = Question::new(format!("SELECT {columns} FROM {table}"));
    match query.state {
        AlertState::Open => q.only("state <> 'ended'"),
        AlertState::Ended => q.only("state = 'ended'"),
        AlertState::All => {}
    }
    if let Some(from) = query.from_ns {
        let from = q.number(from);
        q.only(&format!("(last_ns >= {from} OR state <> 'ended')"));
    }
    if let Some(to) = query.to_ns {
        let to = q.number(to);
        q.only(&format!("first_ns <= {to}"));
    }
    for word in query.text.iter().flat_map(|text| text.split_whitespace()) {
        let pattern = q.text(like(word));
        q.only(&format!("search LIKE {pattern} ESCAPE '!'"));
    }
    if let Some(before) = &query.before {
        let before = q.text(before);
        q.only(&format!(
            "(first_ns, number, id) < \
             (SELECT first_ns, number, id FROM {table} WHERE id = {before})"
        ));
    }
    q.more(" ORDER BY first_ns DESC, number DESC, id DESC");
    q.limit(query.limit);
    q
}

/// A pattern that finds a word anywhere.
fn like(word: &str) -> String {
    let mut pattern = String::from("%");
    for c in word.to_lowercase().chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

fn alert(row: &AnyRow) -> Result<AlertRow, Error> {
    Ok(AlertRow {
        id: row.try_get(0)?,
        run: row.try_get(1)?,
        number: row.try_get(2)?,
        state: row.try_get(3)?,
        first_ns: row.try_get(4)?,
        last_ns: row.try_get(5)?,
        a_name: row.try_get(6)?,
        b_name: row.try_get(7)?,
        a_operator: row.try_get(8)?,
        b_operator: row.try_get(9)?,
        rule: row.try_get(10)?,
        text: row.try_get(11)?,
        body: row.try_get(12)?,
        worst: row.try_get(13)?,
    })
}

fn warning(row: &AnyRow) -> Result<WarningRow, Error> {
    Ok(WarningRow {
        id: row.try_get(0)?,
        run: row.try_get(1)?,
        number: row.try_get(2)?,
        about: row.try_get(3)?,
        state: row.try_get(4)?,
        worst: row.try_get(5)?,
        first_ns: row.try_get(6)?,
        last_ns: row.try_get(7)?,
        aircraft: row.try_get(8)?,
        operator: row.try_get(9)?,
        topic: row.try_get(10)?,
        owner: row.try_get(11)?,
        text: row.try_get(12)?,
        body: row.try_get(13)?,
    })
}

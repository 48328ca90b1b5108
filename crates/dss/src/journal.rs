//! The order of changes, in a database.
//!
//! Every row carries the number of the batch in which it last changed; a row that is gone stays as a
//! mark without a body until nobody needs it. What is new is therefore one query: rows with a
//! higher number. The one row of `dss_head` is locked by whoever writes, so that batches
//! follow one another over all instances; nothing else is ever locked. The SQL is what
//! SQLite, PostgreSQL, CockroachDB and YugabyteDB have in common.

use crate::target::Target;
use deconflict_intent::{Change, Kind, Row, Unreadable};
use sqlx::any::AnyConnectOptions;
use sqlx::{AnyConnection, ConnectOptions, Connection, Executor, Row as _, SqlSafeStr};
use std::collections::VecDeque;
use std::path::Path;
use std::str::FromStr;
use std::time::Duration;

/// Marks of rows that are gone are kept for so many batches: an instance that was away for
/// longer reads everything anew.
const KEPT_BATCHES: i64 = 100_000;
/// What fields and rows are divided by where many are read as one text.
const FIELD: char = '\u{1f}';
const LINE: char = '\u{1e}';
/// Pages that are decoded while the next are fetched.
const DECODING: usize = 4;
/// What the tables are like. A service of another version refuses to write into them.
const FORMAT: i64 = 1;

const TABLES: [&str; 6] = [
    "CREATE TABLE IF NOT EXISTS dss_head (id BIGINT NOT NULL PRIMARY KEY, format BIGINT NOT NULL, \
     seq BIGINT NOT NULL, purged BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS dss_rows (kind TEXT NOT NULL, id TEXT NOT NULL, \
     seq BIGINT NOT NULL, body TEXT, PRIMARY KEY (kind, id))",
    "CREATE INDEX IF NOT EXISTS dss_rows_seq ON dss_rows (seq)",
    "CREATE TABLE IF NOT EXISTS dss_batches (seq BIGINT NOT NULL PRIMARY KEY, \
     writer TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS dss_pool (id BIGINT NOT NULL PRIMARY KEY, name TEXT NOT NULL)",
    "INSERT INTO dss_head (id, format, seq, purged) VALUES (1, 1, 0, 0) ON CONFLICT (id) DO NOTHING",
];

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The database does not let us.
    #[error("the store {store} cannot be opened: {reason}")]
    Refused {
        /// Which one.
        store: String,
        /// Why.
        reason: String,
    },
    /// Another process has it.
    #[error(
        "the store {0} is in use by another process; several instances need --store postgres://"
    )]
    InUse(String),
    /// It was written by another version.
    #[error("the store {0} has tables of format {1}, and this version writes format {FORMAT}")]
    Format(String, i64),
    /// A row cannot be read.
    #[error("the store {store} holds a row that cannot be read: {row}")]
    Unreadable {
        /// Which one.
        store: String,
        /// What is wrong with it.
        row: Unreadable,
    },
}

/// What went wrong with a database that was open.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// It did not happen: try again.
    #[error("{0}")]
    Sql(#[from] sqlx::Error),
    /// A row cannot be read.
    #[error("{0}")]
    Unreadable(#[from] Unreadable),
}

impl Trouble {
    /// Whether the database has undone it all and wants it to be done again.
    pub(crate) fn wants_again(&self) -> bool {
        matches!(self, Trouble::Sql(error) if wants_again(error))
    }
}

/// Whether the database has undone the transaction and wants it to be done again: a failure to
/// serialise or a deadlock (SQLSTATE 40001 and 40P01). CockroachDB and YugabyteDB, and
/// PostgreSQL above *read committed*, leave that to their clients; it may come from any statement, the
/// commit too, and always says that nothing was committed. The other codes of class 40 do not.
pub(crate) fn wants_again(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|e| e.code());
    code.is_some_and(|code| code == "40001" || code == "40P01")
}

/// What has changed since.
pub(crate) struct News {
    /// How far it goes.
    pub seq: i64,
    /// All that there is, if what was known before has to be forgotten; the changes come after.
    pub anew: Option<Vec<Row>>,
    /// The changes.
    pub changes: Vec<Change>,
}

/// What has changed since, if nothing is missing from it.
struct Newer {
    /// Marks of rows that are gone are missing up to here.
    purged: i64,
    seq: i64,
    changes: Vec<Change>,
}

/// A connection.
pub(crate) struct Journal {
    connection: AnyConnection,
    shared: bool,
}

impl Journal {
    /// Connects; makes the tables if there are none.
    pub(crate) async fn open(target: &Target) -> Result<Journal, OpenError> {
        let refused = |error: sqlx::Error| refused(target, &error);
        let mut journal = Journal::connect(target).await.map_err(refused)?;
        for statement in TABLES {
            let mut tries = if target.is_shared() { 20 } else { 1 };
            loop {
                // Two instances that begin at the same time both make the tables: "if not exists" does
                // not keep PostgreSQL from telling one of them that they exist.
                tries -= 1;
                match journal.connection.execute(statement).await {
                    Ok(_) => break,
                    Err(error) if tries == 0 || error.as_database_error().is_none() => {
                        return Err(refused(error));
                    }
                    Err(_) => tokio::time::sleep(Duration::from_millis(100)).await,
                }
            }
        }
        let format: i64 = sqlx::query("SELECT format FROM dss_head WHERE id = 1")
            .fetch_one(&mut journal.connection)
            .await
            .and_then(|row| row.try_get(0))
            .map_err(refused)?;
        if format != FORMAT {
            return Err(OpenError::Format(target.shown(), format));
        }
        Ok(journal)
    }

    /// Connects to tables that are there.
    pub(crate) async fn connect(target: &Target) -> Result<Journal, sqlx::Error> {
        sqlx::any::install_default_drivers();
        let url = match target {
            Target::Server(url) => url.clone(),
            Target::File(path) => file_url(path)?,
        };
        let options = AnyConnectOptions::from_str(&url)?.disable_statement_logging();
        let mut connection = options.connect().await?;
        if !target.is_shared() {
            // What is committed survives a power cut, and nobody else writes to the file: memory
            // would not know of it.
            for pragma in [
                "PRAGMA busy_timeout = 1000",
                "PRAGMA locking_mode = EXCLUSIVE",
                "PRAGMA journal_mode = WAL",
                "PRAGMA synchronous = FULL",
                "PRAGMA wal_autocheckpoint = 4000",
            ] {
                connection.execute(pragma).await?;
            }
        }
        Ok(Journal { connection, shared: target.is_shared() })
    }

    /// What this store is called, for all who use it: given by the first to open it.
    pub(crate) async fn pool(&mut self, proposed: &str) -> Result<String, sqlx::Error> {
        let insert = "INSERT INTO dss_pool (id, name) VALUES (1, $1) ON CONFLICT (id) DO NOTHING";
        sqlx::query(insert).bind(proposed).execute(&mut self.connection).await?;
        let row = sqlx::query("SELECT name FROM dss_pool WHERE id = 1")
            .fetch_one(&mut self.connection)
            .await?;
        row.try_get(0)
    }

    /// What has changed after `since`, in one look at the database. Whoever waits for
    /// an answer sees every batch that was committed before the question was asked.
    pub(crate) async fn news(&mut self, since: i64) -> Result<News, Trouble> {
        let newer = self.newer(since).await?;
        if since > 0 && since < newer.purged {
            return self.everything().await;
        }
        Ok(News { seq: newer.seq, anew: None, changes: newer.changes })
    }

    async fn newer(&mut self, since: i64) -> Result<Newer, Trouble> {
        let rows = sqlx::query(
            "SELECT h.purged, h.seq, r.kind, r.id, r.body, r.seq FROM dss_head h \
             LEFT JOIN dss_rows r ON r.seq > $1 WHERE h.id = 1",
        )
        .bind(since)
        .fetch_all(&mut self.connection)
        .await?;
        let mut newer = Newer { purged: 0, seq: since, changes: Vec::with_capacity(rows.len()) };
        for row in &rows {
            // Head and rows are one look at the database: no batch is seen in part.
            newer.purged = row.try_get(0)?;
            newer.seq = newer.seq.max(row.try_get(1)?);
            let Some(name) = row.try_get::<Option<String>, _>(2)? else { continue };
            let id: String = row.try_get(3)?;
            let body: Option<String> = row.try_get(4)?;
            let kind = kind(&name, &id)?;
            if kind == Kind::Report {
                continue;
            }
            let decoded = body.map(|body| Row::decode(kind, &id, &body)).transpose()?;
            newer.changes.push(((kind, id), decoded));
        }
        Ok(newer)
    }

    /// All that is known, to begin with.
    pub(crate) async fn everything(&mut self) -> Result<News, Trouble> {
        let head = sqlx::query("SELECT seq FROM dss_head WHERE id = 1");
        let seq: i64 = head.fetch_one(&mut self.connection).await?.try_get(0)?;
        let mut rows = Vec::new();
        let mut decoding = VecDeque::new();
        for kind in Kind::ALL.into_iter().filter(|kind| *kind != Kind::Report) {
            let mut last = String::new();
            while let Some((text, upto)) = self.page(kind, &last).await? {
                last = upto;
                decoding.push_back(tokio::task::spawn_blocking(move || decode(kind, &text)));
                if decoding.len() > DECODING
                    && let Some(page) = decoding.pop_front()
                {
                    rows.append(&mut finished(page).await?);
                }
            }
        }
        for page in decoding {
            rows.append(&mut finished(page).await?);
        }
        // What has changed meanwhile was seen in part.
        let more = self.newer(seq).await?;
        if seq < more.purged {
            return Err(Trouble::Sql(sqlx::Error::Protocol(
                "overtaken by the clean-up".to_owned(),
            )));
        }
        Ok(News { seq: more.seq, anew: Some(rows), changes: more.changes })
    }

    /// Rows of a kind after one of them as one text, and the id of the last: a row on its own costs
    /// more on its way than to be read. JSON has no control characters in it, and no id has.
    async fn page(
        &mut self,
        kind: Kind,
        after: &str,
    ) -> Result<Option<(String, String)>, sqlx::Error> {
        let page = sqlx::query(
            "SELECT string_agg(id || $1 || body, $2), max(id) FROM (SELECT id, body \
             FROM dss_rows WHERE kind = $3 AND id > $4 AND body IS NOT NULL \
             ORDER BY id LIMIT $5) AS page",
        )
        .bind(FIELD.to_string())
        .bind(LINE.to_string())
        .bind(kind.name())
        .bind(after.to_owned())
        // Answers may be long.
        .bind(if kind == Kind::Answered { 100 } else { 2_000_i64 })
        .fetch_one(&mut self.connection)
        .await?;
        let text: Option<String> = page.try_get(0)?;
        Ok(text.zip(page.try_get(1)?))
    }

    /// Begins a batch: from here to [`Journal::commit`] or [`Journal::forget`] nobody else
    /// writes. Says what the others have written since.
    pub(crate) async fn begin(&mut self, since: i64) -> Result<News, Trouble> {
        if !self.shared {
            self.connection.execute("BEGIN IMMEDIATE").await?;
            return Ok(News { seq: since, anew: None, changes: Vec::new() });
        }
        self.connection.execute("BEGIN").await?;
        let row = sqlx::query("SELECT seq FROM dss_head WHERE id = 1 FOR UPDATE")
            .fetch_one(&mut self.connection)
            .await?;
        let seq: i64 = row.try_get(0)?;
        if seq == since {
            return Ok(News { seq, anew: None, changes: Vec::new() });
        }
        self.news(since).await
    }

    /// Writes a batch and commits it. After an error nobody knows whether it happened:
    /// [`Journal::happened`] tells, on a new connection.
    pub(crate) async fn commit(
        &mut self,
        seq: i64,
        writer: &str,
        changes: &[Change],
    ) -> Result<(), sqlx::Error> {
        let mut rest = changes;
        while !rest.is_empty() {
            // Few lengths, so that the database has few statements to prepare.
            let size = [64, 16, 4, 1].into_iter().find(|n| *n <= rest.len()).unwrap_or(1);
            let (part, more) = rest.split_at(size);
            self.upsert(seq, part).await?;
            rest = more;
        }
        sqlx::query("UPDATE dss_head SET seq = $1 WHERE id = 1")
            .bind(seq)
            .execute(&mut self.connection)
            .await?;
        if self.shared {
            sqlx::query("INSERT INTO dss_batches (seq, writer) VALUES ($1, $2)")
                .bind(seq)
                .bind(writer)
                .execute(&mut self.connection)
                .await?;
        }
        self.connection.execute("COMMIT").await?;
        Ok(())
    }

    async fn upsert(&mut self, seq: i64, changes: &[Change]) -> Result<(), sqlx::Error> {
        let mut statement = String::from("INSERT INTO dss_rows (kind, id, seq, body) VALUES ");
        for n in 0..changes.len() {
            let [a, b, c, d] = [1, 2, 3, 4].map(|k| 4 * n + k);
            let comma = if n == 0 { "" } else { ", " };
            statement.push_str(&format!("{comma}(${a}, ${b}, ${c}, ${d})"));
        }
        statement.push_str(
            " ON CONFLICT (kind, id) DO UPDATE SET seq = excluded.seq, body = excluded.body",
        );
        // Made of numbers and nothing else.
        let mut query = sqlx::query(sqlx::AssertSqlSafe(statement).into_sql_str());
        for ((kind, id), row) in changes {
            let body = row.as_ref().map(Row::encode);
            query = query.bind(kind.name()).bind(id.clone()).bind(seq).bind(body);
        }
        query.execute(&mut self.connection).await?;
        Ok(())
    }

    /// Ends a batch without writing.
    pub(crate) async fn forget(&mut self) -> Result<(), sqlx::Error> {
        self.connection.execute("ROLLBACK").await?;
        Ok(())
    }

    /// Whether a batch of this writer with this number was committed.
    pub(crate) async fn happened(&mut self, seq: i64, writer: &str) -> Result<bool, sqlx::Error> {
        if !self.shared {
            // Nobody else writes to the file, so the number says it all.
            let row = sqlx::query("SELECT seq FROM dss_head WHERE id = 1")
                .fetch_one(&mut self.connection)
                .await?;
            return Ok(row.try_get::<i64, _>(0)? >= seq);
        }
        // The server may still be at it: whoever writes holds the lock until it is decided.
        self.connection.execute("BEGIN").await?;
        self.connection.execute("SELECT seq FROM dss_head WHERE id = 1 FOR UPDATE").await?;
        let row = sqlx::query("SELECT writer FROM dss_batches WHERE seq = $1")
            .bind(seq)
            .fetch_optional(&mut self.connection)
            .await?;
        self.connection.execute("ROLLBACK").await?;
        row.map_or(Ok(false), |row| Ok(row.try_get::<String, _>(0)? == writer))
    }

    /// Takes out marks of rows that have long been gone, within a batch.
    pub(crate) async fn purge(&mut self, seq: i64) -> Result<(), sqlx::Error> {
        let before = if self.shared { seq - KEPT_BATCHES } else { seq };
        if before <= 0 {
            return Ok(());
        }
        for statement in [
            "DELETE FROM dss_rows WHERE body IS NULL AND seq < $1",
            "DELETE FROM dss_batches WHERE seq < $1",
            "UPDATE dss_head SET purged = $1 WHERE id = 1",
        ] {
            sqlx::query(statement).bind(before).execute(&mut self.connection).await?;
        }
        Ok(())
    }

    /// Closes it in order.
    pub(crate) async fn close(self) {
        // What was committed is safe; there is nobody to tell of an error now.
        let _ = self.connection.close().await;
    }
}

fn kind(name: &str, id: &str) -> Result<Kind, Unreadable> {
    Kind::from_name(name).ok_or_else(|| Unreadable {
        kind: "row",
        id: id.to_owned(),
        reason: format!("{name} is no kind of row that this version knows"),
    })
}

/// The rows of a page.
fn decode(kind: Kind, page: &str) -> Result<Vec<Row>, Unreadable> {
    let row = |line: &str| {
        let (id, body) = line.split_once(FIELD).unwrap_or((line, ""));
        Row::decode(kind, id, body)
    };
    page.split(LINE).map(row).collect()
}

async fn finished(
    page: tokio::task::JoinHandle<Result<Vec<Row>, Unreadable>>,
) -> Result<Vec<Row>, Trouble> {
    let page = page.await.map_err(|error| sqlx::Error::Protocol(error.to_string()))?;
    Ok(page?)
}

fn file_url(path: &Path) -> Result<String, sqlx::Error> {
    let wrong = |reason: &str| sqlx::Error::Configuration(reason.to_owned().into());
    let path = std::path::absolute(path).map_err(|e| wrong(&e.to_string()))?;
    let text = path.to_str().ok_or_else(|| wrong("the path is not UTF-8"))?;
    // What a URL would take for something else.
    let escaped = text.replace('%', "%25").replace('?', "%3F").replace('#', "%23");
    Ok(format!("sqlite://{escaped}?mode=rwc"))
}

fn refused(target: &Target, error: &sqlx::Error) -> OpenError {
    let locked = error.as_database_error().and_then(|e| e.code()).is_some_and(|code| {
        // SQLITE_BUSY and its finer kinds (https://sqlite.org/rescode.html).
        code.parse::<i32>().is_ok_and(|n| n & 0xff == 5)
    });
    if locked && !target.is_shared() {
        return OpenError::InUse(target.shown());
    }
    OpenError::Refused { store: target.shown(), reason: error.to_string() }
}

pub(crate) fn unreadable(target: &Target, trouble: Trouble) -> OpenError {
    match trouble {
        Trouble::Sql(error) => refused(target, &error),
        Trouble::Unreadable(row) => OpenError::Unreadable { store: target.shown(), row },
    }
}

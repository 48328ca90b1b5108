//! Connections, their settings, the tables, and what the databases' errors mean.

use crate::error::OpenError;
use crate::target::{Kind, Target};
use sqlx::any::AnyConnectOptions;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::{AnyConnection, ConnectOptions, Row, SqlSafeStr};
use std::borrow::Cow;
use std::str::FromStr;
use std::time::Duration;

/// What keeps an entry from being written, as far as it matters what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Try again later.
    Away(String),
    /// Try again when there is room.
    Full(String),
    /// The entry itself is what the database does not take.
    Entry(String),
    /// The database lets nobody in, or not us.
    Refused(String),
    /// The tables are those of another version.
    Tables(String),
}

impl Trouble {
    pub(crate) fn reason(&self) -> &str {
        match self {
            Trouble::Away(reason)
            | Trouble::Full(reason)
            | Trouble::Entry(reason)
            | Trouble::Refused(reason)
            | Trouble::Tables(reason) => reason,
        }
    }

    pub(crate) fn timeout(what: &str, limit: Duration) -> Trouble {
        Trouble::Away(format!("no answer to {what} within {} s", limit.as_secs_f64()))
    }

    pub(crate) fn into_open_error(self, target: &Target) -> OpenError {
        let (url, reason) = (target.masked.clone(), self.reason().to_owned());
        match self {
            Trouble::Tables(_) => OpenError::Tables { url, reason },
            _ if target.kind == Kind::Sqlite => OpenError::File { url, reason },
            _ => OpenError::Refused { url, reason },
        }
    }
}

/// What an error means. SQLite numbers its errors (<https://sqlite.org/rescode.html>),
/// PostgreSQL has the classes of the SQL standard (its manual, appendix A).
pub(crate) fn meaning(target: &Target, error: &sqlx::Error) -> Trouble {
    let text = target.without_password(&error.to_string());
    let code = error.as_database_error().and_then(|e| e.code());
    let Some(code) = code else {
        return match error {
            sqlx::Error::Encode(_) => Trouble::Entry(text),
            sqlx::Error::Configuration(_) => Trouble::Refused(text),
            _ => Trouble::Away(text),
        };
    };
    match target.kind {
        Kind::Sqlite => sqlite_meaning(&code, text),
        Kind::Postgres => postgres_meaning(&code, text),
    }
}

fn sqlite_meaning(code: &str, text: String) -> Trouble {
    // The low byte is the error, the rest says more about it.
    match code.parse::<i32>().unwrap_or(1) & 0xff {
        13 => Trouble::Full(text),
        18 | 19 | 20 | 25 => Trouble::Entry(text),
        // SQLITE_PERM, SQLITE_READONLY, SQLITE_CORRUPT, SQLITE_CANTOPEN, SQLITE_NOTADB
        3 | 8 | 11 | 14 | 26 => Trouble::Refused(text),
        _ => Trouble::Away(text),
    }
}

fn postgres_meaning(code: &str, text: String) -> Trouble {
    match code.get(..2) {
        _ if code == "53100" => Trouble::Full(text),
        // Data, integrity, too complex: what was sent is wrong and remains so.
        Some("22" | "23" | "54") => Trouble::Entry(text),
        // Authentication, no such database, no permission.
        Some("28" | "3D") => Trouble::Refused(text),
        _ if code == "42501" => Trouble::Refused(text),
        _ => Trouble::Away(text),
    }
}

/// A connection for writing, with the tables as they have to be.
pub(crate) async fn connect(target: &Target, limit: Duration) -> Result<AnyConnection, Trouble> {
    let open = async {
        let mut connection = options(target)
            .map_err(|e| meaning(target, &e))?
            .connect()
            .await
            .map_err(|e| meaning(target, &e))?;
        prepare(&mut connection, target.kind, false).await.map_err(|e| meaning(target, &e))?;
        if target.kind == Kind::Postgres {
            check_version(&mut connection, target).await?;
        }
        Ok(connection)
    };
    let mut connection = tokio::time::timeout(limit, open)
        .await
        .map_err(|_| Trouble::timeout("a connection", limit))??;
    migrate(&mut connection, target).await?;
    Ok(connection)
}

pub(crate) fn options(target: &Target) -> Result<AnyConnectOptions, sqlx::Error> {
    sqlx::any::install_default_drivers();
    Ok(AnyConnectOptions::from_str(&target.url)?.disable_statement_logging())
}

/// Settings of a connection. These are of SQLite alone: a server is configured by its owner.
pub(crate) async fn prepare(
    connection: &mut AnyConnection,
    kind: Kind,
    read_only: bool,
) -> Result<(), sqlx::Error> {
    if kind == Kind::Postgres {
        return Ok(());
    }
    // Less than the time that a commit may take: being locked out is told as that.
    sqlx::query("PRAGMA busy_timeout = 2000").execute(&mut *connection).await?;
    sqlx::query("PRAGMA foreign_keys = ON").execute(&mut *connection).await?;
    if read_only {
        sqlx::query("PRAGMA query_only = ON").execute(&mut *connection).await?;
    } else {
        // Readers never wait for the writer, and what is committed survives a power cut.
        sqlx::query("PRAGMA journal_mode = WAL").execute(&mut *connection).await?;
        sqlx::query("PRAGMA synchronous = FULL").execute(&mut *connection).await?;
    }
    Ok(())
}

async fn check_version(connection: &mut AnyConnection, target: &Target) -> Result<(), Trouble> {
    let row = sqlx::query("SELECT CAST(current_setting('server_version_num') AS BIGINT)")
        .fetch_one(connection)
        .await
        .map_err(|e| meaning(target, &e))?;
    let version: i64 = row.try_get(0).map_err(|e| meaning(target, &e))?;
    if version < 150_000 {
        return Err(Trouble::Refused(format!(
            "it is PostgreSQL {}, and 15 or later is needed",
            version / 10_000
        )));
    }
    Ok(())
}

async fn migrate(connection: &mut AnyConnection, target: &Target) -> Result<(), Trouble> {
    let texts = [
        ("tables", include_str!("../migrations/0001_tables.sql")),
        ("reservations", include_str!("../migrations/0002_reservations.sql")),
        ("warnings", include_str!("../migrations/0003_warnings.sql")),
    ];
    let migrations = (1..).zip(texts).map(|(version, (name, text))| {
        let kind = MigrationType::Simple;
        Migration::new(version, Cow::Borrowed(name), kind, text.into_sql_str(), false)
    });
    let migrator = Migrator::with_migrations(migrations.collect());
    match migrator.run_direct(None, connection, false).await {
        Ok(()) => Ok(()),
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => {
            Err(meaning(target, &error))
        }
        Err(error) => Err(Trouble::Tables(error.to_string())),
    }
}

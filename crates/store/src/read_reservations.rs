//! Questions about reservations, and about the key that messages are signed with.

use crate::error::ReadError;
use crate::read::Question;
use crate::row::{ReservationChangeRow, ReservationRow, SigningKeyRow};
use crate::store::Store;
use sqlx::any::AnyRow;
use sqlx::{Error, Row};

const RESERVATION: &str = "id, party, status, version, body, changed_ns, changed_by";

impl Store {
    /// All reservations that are not over, in the order of their ids, then those that are,
    /// newest first and at most so many.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn reservations(&self, most_over: u32) -> Result<Vec<ReservationRow>, ReadError> {
        let over = "status IN ('released', 'cancelled')";
        let mut q = Question::new(format!("SELECT {RESERVATION} FROM reservations"));
        q.only(&format!("NOT {over}"));
        q.more(" ORDER BY id");
        let mut rows = self.ask(q, reservation).await?;
        if most_over > 0 {
            let mut q = Question::new(format!("SELECT {RESERVATION} FROM reservations"));
            q.only(over);
            q.more(" ORDER BY changed_ns DESC, id");
            q.limit(most_over);
            rows.extend(self.ask(q, reservation).await?);
        }
        Ok(rows)
    }

    /// Everything that was done to a reservation, oldest first.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn reservation_changes(
        &self,
        id: &str,
    ) -> Result<Vec<ReservationChangeRow>, ReadError> {
        let mut q = Question::new(
            "SELECT version, time_ns, by_whom, action, from_status, to_status, party, body \
             FROM reservation_changes",
        );
        let place = q.text(id);
        q.only(&format!("reservation = {place}"));
        q.more(" ORDER BY version");
        self.ask(q, |row| {
            Ok(ReservationChangeRow {
                version: row.try_get(0)?,
                time_ns: row.try_get(1)?,
                by: row.try_get(2)?,
                action: row.try_get(3)?,
                from: row.try_get(4)?,
                to: row.try_get(5)?,
                party: row.try_get(6)?,
                body: row.try_get(7)?,
            })
        })
        .await
    }

    /// The keys that messages have been signed with, the present one last.
    ///
    /// # Errors
    /// If the database does not answer.
    pub async fn signing_keys(&self) -> Result<Vec<SigningKeyRow>, ReadError> {
        let q = Question::new(
            "SELECT id, created_ns, public_key, private_key FROM signing_keys \
             ORDER BY created_ns, id",
        );
        self.ask(q, |row| {
            Ok(SigningKeyRow {
                id: row.try_get(0)?,
                created_ns: row.try_get(1)?,
                public_key: row.try_get(2)?,
                private_key: row.try_get(3)?,
            })
        })
        .await
    }
}

fn reservation(row: &AnyRow) -> Result<ReservationRow, Error> {
    Ok(ReservationRow {
        id: row.try_get(0)?,
        party: row.try_get(1)?,
        status: row.try_get(2)?,
        version: row.try_get(3)?,
        body: row.try_get(4)?,
        changed_ns: row.try_get(5)?,
        changed_by: row.try_get(6)?,
    })
}

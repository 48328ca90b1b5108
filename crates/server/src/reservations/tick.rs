//! What time does to reservations by itself: they come into use, and they end.

use super::desk::{Desk, Done, Refusal};
use crate::clock::ServiceClock;
use deconflict_core::Time;
use deconflict_reserve::Status;
use deconflict_store::{AuditRow, Entry, Writer};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// One that has to give way to another is tried again after so many looks.
const HELD_LOOKS: u64 = 10;

/// Looks until the service stops. A reservation that has to give way to another does not come
/// into use by itself, and that is put down once.
pub async fn keep_time(
    desk: Arc<Desk>,
    clock: ServiceClock,
    writer: Writer,
    mut stop: watch::Receiver<bool>,
) {
    let mut held = BTreeSet::new();
    for look in 0_u64.. {
        let pause = tokio::time::sleep(LOOK_EVERY);
        tokio::select! {
            () = pause => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        if desk.learn().await.is_err() {
            continue;
        }
        let now = clock.now();
        for item in desk.book.open() {
            let state = (item.id().to_owned(), item.version);
            let waits = held.contains(&state) && !look.is_multiple_of(HELD_LOOKS);
            if waits || !is_due(&item.reservation, now) {
                continue;
            }
            let put_down = |outcome: &str, detail: String| {
                writer.record(Entry::Audit(AuditRow {
                    id: 0,
                    time_ns: clock.time_of_day().as_nanos(),
                    who: "service".to_owned(),
                    role: "service".to_owned(),
                    action: "reservation time".to_owned(),
                    object: item.id().to_owned(),
                    from: String::new(),
                    outcome: outcome.to_owned(),
                    detail,
                }));
            };
            match desk.wait(&item).await {
                Ok(Done { item, .. }) => {
                    put_down("ok", format!("now {}", item.reservation.status));
                }
                Err(Refusal::Conflict(_)) => {
                    if held.insert(state) {
                        put_down("refused", "it has to give way to another".to_owned());
                    }
                }
                // Tried again, but not at every look: somebody may be slow to refuse.
                Err(_) => {
                    held.insert(state);
                }
            }
        }
    }
}

/// Whether time would do something to it.
fn is_due(reservation: &deconflict_reserve::Reservation, now: Time) -> bool {
    let [start, end] = reservation.span();
    let is_over = end.is_some_and(|end| now >= end);
    match reservation.status {
        Status::Planned => is_over || start.is_none_or(|start| start <= now),
        Status::Active => is_over,
        _ => false,
    }
}

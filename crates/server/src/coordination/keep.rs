//! The DSS is made to agree with what is stored.

use super::{Coordination, Stand, Unfiled, entity};
use crate::reservations::Desk;
use deconflict_core::Time;
use deconflict_uss::NotFiled;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often it is looked.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// After something could not be put right, nothing is tried for this time, seconds, …
const PAUSE_S: f64 = 1.0;
/// … and that not for this time.
const RETRY_S: f64 = 5.0;
/// Where the start could not find out everything it is tried again after this, seconds.
const ALIGN_S: f64 = 30.0;
/// What is over for longer than this is over at the DSS too, seconds.
const FORGOTTEN_S: f64 = 30.0 * 86_400.0;

/// Looks until the service stops: what is in doubt is put right, what goes on beyond the
/// horizon is filed anew, and everybody is told when what peers have becomes old.
pub async fn keep_filed(
    desk: Arc<Desk>,
    coordination: Arc<Coordination>,
    mut stop: watch::Receiver<bool>,
) {
    let (mut is_aligned, mut was_stale) = (false, false);
    let (mut not_before, mut align_after) = (Time::MIN, Time::MIN);
    loop {
        let pause = tokio::time::sleep(LOOK_EVERY);
        tokio::select! {
            () = pause => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        let is_stale = coordination.unknown_since().is_some();
        if is_stale != was_stale {
            was_stale = is_stale;
            coordination.ears.stir();
        }
        let now = coordination.clock.now();
        if now < not_before || desk.learn().await.is_err() {
            continue;
        }
        if !is_aligned && now >= align_after {
            is_aligned = align(&desk, &coordination).await;
            align_after = now.plus_s(ALIGN_S);
        }
        again(&coordination, now);
        let due: Vec<String> = {
            let doubts = coordination.doubts();
            doubts.iter().filter(|(_, due)| **due <= now).map(|(id, _)| id.clone()).collect()
        };
        for id in due {
            if *stop.borrow() {
                return;
            }
            if let Err(why) = desk.settle(&coordination, &id).await {
                tracing::warn!(reservation = id, why, "not as it should be at the DSS");
                // The others come first when it is tried again.
                let now = coordination.clock.now();
                coordination.doubts().insert(id, now.plus_s(RETRY_S));
                not_before = now.plus_s(PAUSE_S);
                break;
            }
        }
    }
}

/// After the start: everything that may be at the DSS is looked at.
async fn align(desk: &Desk, coordination: &Coordination) -> bool {
    let now = coordination.clock.now();
    let (mut wanted, mut ids) = (Vec::new(), Vec::new());
    for item in desk.book.ours() {
        let reservation = &item.reservation;
        if !reservation.status.binds() {
            // Filed, and not stored: it may be there under the name that it would have.
            let is_old = item.changed < now.plus_s(-FORGOTTEN_S);
            let is_over = reservation.span()[1].is_some_and(|end| end <= now);
            if !(is_old && reservation.status.is_final() || is_over) {
                coordination.doubt(item.id());
            }
            continue;
        }
        match coordination.teller.filing(reservation, now) {
            Ok(filing) => {
                ids.push(item.id().to_owned());
                wanted.push(filing);
            }
            Err(why) => {
                coordination.stands().insert(item.id().to_owned(), Stand::Waiting(why));
            }
        }
    }
    let owns = wanted.iter().map(|filing| filing.own.clone()).collect();
    let aligned = coordination.uss.align(owns).await;
    for why in &aligned.trouble {
        tracing::warn!(why, "not all is as it should be at the DSS");
    }
    for id in &aligned.removed {
        tracing::info!(%id, "taken out of the DSS: nobody here has it");
    }
    // Those that look as wanted are told to whoever asks from now on. What the DSS has may be
    // of a change that was not stored, with the same times: all are filed once more.
    ids.iter().for_each(|id| coordination.doubt(id));
    aligned.trouble.is_empty()
}

/// What goes on beyond the horizon.
fn again(coordination: &Coordination, now: Time) {
    let due: Vec<String> = {
        let stands = coordination.stands();
        let due = stands.iter().filter(
            |(_, stand)| matches!(stand, Stand::Filed { again: Some(again), .. } if *again <= now),
        );
        due.map(|(id, _)| id.clone()).collect()
    };
    due.iter().for_each(|id| coordination.doubt(id));
}

impl Desk {
    /// Makes the DSS agree with what is stored of one (CRD-1).
    pub(crate) async fn settle(
        self: &Arc<Desk>,
        coordination: &Coordination,
        id: &str,
    ) -> Result<(), String> {
        let item = self.book.get(id).filter(|item| item.peer.is_none());
        let status = item.as_ref().map(|item| item.reservation.status);
        // What is over stays over: nobody has to wait meanwhile.
        let turn = match status {
            Some(status) if !status.is_final() => Some(self.take_turn().await),
            _ => None,
        };
        // It may have changed while the turn was waited for.
        let item = if turn.is_some() { self.book.get(id) } else { item };
        let asked_at = coordination.doubts().get(id).copied();
        let binding = item.filter(|item| item.reservation.status.binds());
        match binding {
            None => {
                let gone = coordination.uss.withdraw(entity(&coordination.teller.manager, id));
                let gone = tokio::time::timeout(coordination.patience, gone).await;
                match gone {
                    Ok(Ok(()) | Err(NotFiled::Unfit(_))) => {}
                    Ok(Err(why)) => return Err(why.to_string()),
                    Err(_) => return Err("the DSS is too slow".to_owned()),
                }
                coordination.stands().remove(id);
                coordination.ears.astray().remove(id);
            }
            Some(item) => {
                coordination.stands().remove(id);
                let reservation = item.reservation.clone();
                let filed =
                    coordination.file(&reservation, || async { self.is_free(&reservation).await });
                if let Err(unfiled) = filed.await {
                    let (why, is_over) = match unfiled {
                        Unfiled::Unfit(why) => (why, true),
                        Unfiled::NotFree => ("others are in the way".to_owned(), false),
                        Unfiled::Away(why) => (why, false),
                    };
                    coordination.stands().insert(id.to_owned(), Stand::Waiting(why.clone()));
                    if !is_over {
                        return Err(why);
                    }
                }
            }
        }
        let mut doubts = coordination.doubts();
        if doubts.get(id).copied() == asked_at {
            doubts.remove(id);
        }
        Ok(())
    }
}

//! Whoever has to give way is told (RSV-9): a message over the hot-line, signed, and with receipts.
//!
//! What goes before others may be filed where they are, here or with another service. Those others
//! would fly on in good faith if nobody said so. The message says no more of the one that goes
//! before than its party releases, and what is free instead.

use super::book::{Book, Disclosed};
use super::report::sentence;
use crate::api::{App, Letter, deliver};
use crate::problem::Problem;
use deconflict_picture::Viewer;
use deconflict_reserve::Reservation;
use deconflict_reserve::check::{Conflict, GivesWay, Options, conflicts};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How often it is looked whether anything has changed.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// Messages that are looked through at the start for what has been told already.
const MOST_READ: u32 = 1_000;
/// Alternatives that a message names.
const MOST_FREE: usize = 3;

/// Somebody to be told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Notice {
    /// The party.
    to: String,
    /// Its reservation.
    about: String,
    /// What is in its way.
    says: String,
}

/// Looks until the service stops.
pub async fn tell_who_gives_way(app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let mut seen: BTreeMap<String, Reservation> = BTreeMap::new();
    let mut last: Option<Arc<Vec<Reservation>>> = None;
    let mut told: Option<BTreeSet<Notice>> = None;
    loop {
        tokio::select! {
            () = tokio::time::sleep(LOOK_EVERY) => {}
            _ = stop.wait_for(|stop| *stop) => return,
        }
        if !app.desk.book.is_known() {
            continue;
        }
        let binding = app.desk.book.binding();
        if last.as_ref().is_some_and(|last| Arc::ptr_eq(last, &binding)) {
            continue;
        }
        if told.is_none() {
            told = told_before(&app).await.ok();
        }
        let Some(told) = &mut told else { continue };
        let is_new = |r: &&Reservation| seen.get(&r.id) != Some(r);
        let changed: Vec<Reservation> = binding.iter().filter(is_new).cloned().collect();
        let (desk, all) = (app.desk.clone(), binding.clone());
        let options = desk.options(false);
        let due = move || notices(&desk.book, &all, &changed, &options);
        let Ok(due) = tokio::task::spawn_blocking(due).await else { continue };
        told.retain(|notice| binding.iter().any(|r| r.id == notice.about));
        let mut is_done = true;
        for notice in due {
            if told.contains(&notice) {
                continue;
            }
            match send(&app, &notice).await {
                Ok(()) => _ = told.insert(notice),
                Err(problem) => {
                    let why = problem.detail();
                    tracing::warn!(why, party = notice.to, "who has to give way is not told yet");
                    is_done = false;
                }
            }
        }
        // What could not be sent is tried again at the next look.
        if is_done {
            seen = binding.iter().map(|r| (r.id.clone(), r.clone())).collect();
            last = Some(binding);
        }
    }
}

/// Whom a change concerns: each of the `changed` against all of ours.
fn notices(
    book: &Book,
    binding: &[Reservation],
    changed: &[Reservation],
    options: &Options,
) -> Vec<Notice> {
    let is_peers = |id: &str| book.get(id).is_some_and(|item| item.peer.is_some());
    let ours = binding.iter().filter(|r| !is_peers(&r.id));
    ours.flat_map(|own| {
        let viewer = Viewer::Party(own.party.clone());
        let others: Vec<Reservation> =
            changed.iter().filter(|r| r.id != own.id && r.party != own.party).cloned().collect();
        let met = conflicts(own, &others, book.matrix(), options).into_iter();
        // Who is to give way here has been refused; another service may have filed all the same.
        met.filter(|c| c.gives_way == GivesWay::Plan || is_peers(&c.with))
            .map(|conflict| {
                let seen = book.see(&viewer, &conflict.with).map(|(_, disclosed)| disclosed);
                Notice {
                    to: own.party.clone(),
                    about: own.id.clone(),
                    says: says(own, &conflict, seen),
                }
            })
            .collect::<Vec<_>>()
    })
    .collect()
}

fn says(own: &Reservation, conflict: &Conflict, seen: Option<Disclosed>) -> String {
    let what = sentence(conflict, seen);
    match conflict.gives_way {
        GivesWay::Plan => format!("{} has to give way: it meets {}", own.id, tail(&what)),
        GivesWay::Other => {
            format!("another service has filed in the way of {}: it meets {}", own.id, tail(&what))
        }
    }
}

/// A sentence of a report without its first word, which leads over from the plan.
fn tail(says: &str) -> &str {
    says.strip_prefix("with ").unwrap_or(says)
}

/// What has been told before the service was started.
async fn told_before(app: &App) -> Result<BTreeSet<Notice>, Problem> {
    let unreadable = |error| Problem::unavailable(format!("messages cannot be read: {error}"), 5);
    let found = app.store.messages(None, None, MOST_READ).await.map_err(unreadable)?;
    let own = found.into_iter().map(|record| record.message).filter(|m| m.from_party.is_none());
    let notice = own.filter_map(|message| {
        // What is free instead changes with the day.
        let says = message.text.split(FREE).next().unwrap_or_default().to_owned();
        Some(Notice { to: message.to_party?, about: message.reservation?, says })
    });
    Ok(notice.collect())
}

/// Between what is in the way and what is free.
const FREE: &str = ". Free instead: ";

async fn send(app: &App, notice: &Notice) -> Result<(), Problem> {
    let mut text = notice.says.clone();
    if let Some(item) = app.desk.book.get(&notice.about) {
        let report = app.desk.check(item.reservation.clone(), true).await?;
        let free: Vec<&str> =
            report.alternatives.iter().take(MOST_FREE).map(|a| a.says.as_str()).collect();
        if !free.is_empty() {
            text = format!("{text}{FREE}{}", free.join("; "));
        }
    }
    let letter = Letter {
        from: None,
        to: Some(notice.to.clone()),
        alert: None,
        reservation: Some(notice.about.clone()),
        text,
    };
    deliver(app, letter.dated(app.clock.time_of_day()), None).await.map(|_| ())
}

//! Where reservations are changed: one change after the other, stored before it is shown.

use super::book::{Book, Item};
use super::view::record;
use crate::clock::ServiceClock;
use crate::coordination::{Coordination, Unfiled};
use crate::hub::Hub;
use crate::problem::Problem;
use crate::standing::in_use;
use crate::watch::Watch;
use deconflict_access::Outcome;
use deconflict_core::Time;
use deconflict_picture::{Kind, Viewer};
use deconflict_reserve::check::{self, GivesWay, Options, Report, Verdict};
use deconflict_reserve::status::Action;
use deconflict_reserve::{Reservation, Status, document};
use deconflict_store::{Entry, NotStored, ReservationRow, Store, Writer};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Mutex, MutexGuard, Semaphore};

/// Reservations of one party that are not over.
const MOST_OPEN: usize = 2_000;
/// Those that are over and still listed after a restart.
const MOST_OVER: u32 = 1_000;
/// For so long whoever gives something back waits for the DSS.
const SOON: Duration = Duration::from_secs(2);
/// Checks that may be under way at one time: each takes a processor for a while.
const MOST_CHECKS: usize = 2;

/// Who acts.
#[derive(Clone, Debug)]
pub struct By {
    /// The name that is put down.
    pub name: String,
    /// The party it acts for and no other; `None` may act for all.
    pub party: Option<String>,
}

/// What is to be done.
#[derive(Clone, Debug)]
enum What {
    Make(Box<Reservation>),
    Edit(Box<Reservation>),
    Act(Action),
    /// What time does by itself.
    Wait,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Done {
    /// The reservation as it is now.
    pub item: Arc<Item>,
    /// What was done, in a word.
    pub action: &'static str,
    /// The status before.
    pub from: Option<Status>,
}

/// Why it was not done.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// There is none, or not for whoever acts.
    NotFound,
    /// It has changed since: this is how it is now.
    Changed(Arc<Item>),
    /// This would not be free.
    Conflict(Box<Reservation>),
    /// Its status does not allow it.
    Status(String),
    /// Something else.
    Problem(Problem),
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Refusal {
        Refusal::Problem(problem)
    }
}

/// The desk. Whatever is begun here is ended, also if whoever asked has gone.
pub struct Desk {
    /// What is reserved.
    pub book: Arc<Book>,
    turn: Mutex<()>,
    checks: Arc<Semaphore>,
    store: Store,
    writer: Writer,
    clock: ServiceClock,
    hub: Hub,
    watch: Watch,
    /// Other services, if this is one of several.
    pub coordination: Option<Arc<Coordination>>,
}

/// That there is something new.
#[derive(Serialize)]
pub struct Changed {
    /// The viewer's number of the state.
    pub version: u64,
}

impl Desk {
    /// A desk that knows of nothing yet.
    pub fn new(
        book: Arc<Book>,
        store: Store,
        clock: ServiceClock,
        hub: Hub,
        watch: Watch,
        coordination: Option<Arc<Coordination>>,
    ) -> Arc<Desk> {
        let (turn, checks) = (Mutex::new(()), Arc::new(Semaphore::new(MOST_CHECKS)));
        let writer = store.writer();
        Arc::new(Desk { book, turn, checks, store, writer, clock, hub, watch, coordination })
    }

    /// Nobody else changes anything until this is dropped.
    pub(crate) async fn take_turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().await
    }

    /// Makes a draft; the reservation has its id already.
    ///
    /// # Errors
    /// Why it was not made.
    pub async fn make(self: &Arc<Desk>, by: By, new: Reservation) -> Result<Done, Refusal> {
        self.change(by, new.id.clone(), None, What::Make(Box::new(new))).await
    }

    /// Replaces what a reservation says; its status stays.
    ///
    /// # Errors
    /// Why it was not done.
    pub async fn edit(
        self: &Arc<Desk>,
        by: By,
        version: u64,
        new: Reservation,
    ) -> Result<Done, Refusal> {
        self.change(by, new.id.clone(), Some(version), What::Edit(Box::new(new))).await
    }

    /// Takes a reservation to another status.
    ///
    /// # Errors
    /// Why it was not done.
    pub async fn act(
        self: &Arc<Desk>,
        by: By,
        id: &str,
        version: u64,
        action: Action,
    ) -> Result<Done, Refusal> {
        self.change(by, id.to_owned(), Some(version), What::Act(action)).await
    }

    /// Does what time does by itself; `None` if that is nothing.
    ///
    /// # Errors
    /// Why it was not done.
    pub async fn wait(self: &Arc<Desk>, item: &Item) -> Result<Done, Refusal> {
        let by = By { name: "service".to_owned(), party: None };
        self.change(by, item.id().to_owned(), Some(item.version), What::Wait).await
    }

    /// Checks a plan against all that binds, seen or not.
    ///
    /// # Errors
    /// If it is not known what binds.
    pub async fn check(&self, plan: Reservation, alternatives: bool) -> Result<Report, Problem> {
        if !self.book.is_known() {
            return Err(unknown());
        }
        let stopping = |_| Problem::unavailable("the service is stopping", 5);
        let permit = self.checks.clone().acquire_owned().await.map_err(stopping)?;
        let (book, options) = (self.book.clone(), self.options(alternatives));
        let checked = tokio::task::spawn_blocking(move || {
            // Held until the work is done, whoever has stopped waiting for it.
            let _permit = permit;
            let binding = book.binding_against(&plan.party);
            // Its own earlier version is left out by id and party; the cell may change the party.
            let is_other = |r: &Reservation| r.id == plan.id && r.party != plan.party;
            if binding.iter().any(is_other) {
                let rest: Vec<_> = binding.iter().filter(|r| !is_other(r)).cloned().collect();
                return check::check(&plan, &rest, book.matrix(), &options);
            }
            check::check(&plan, &binding, book.matrix(), &options)
        });
        checked.await.map_err(|_| {
            let detail = "the check met a fault of the service; it has been noted";
            Problem::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, detail)
        })
    }

    /// How plans are checked at this moment.
    pub(super) fn options(&self, alternatives: bool) -> Options {
        let context = self.coordination.as_ref().map(|c| c.teller.context).unwrap_or_default();
        let not_before = Some(self.clock.now());
        Options { alternatives, not_before, context, ..Options::default() }
    }

    /// Learns what the store holds, if that is not known.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub async fn learn(&self) -> Result<(), Problem> {
        let _turn = self.turn.lock().await;
        self.know().await
    }

    async fn know(&self) -> Result<(), Problem> {
        if self.book.is_known() {
            return Ok(());
        }
        // Whatever was in doubt is settled once this is through.
        let settled = self.writer.record_durably(Entry::Nothing).await;
        settled.map_err(|_| unknown())?;
        let rows = self.store.reservations(MOST_OVER).await.map_err(|error| {
            tracing::warn!(%error, "reservations cannot be read");
            unknown()
        })?;
        let items = rows.iter().filter_map(item_of).collect();
        let (book, now) = (self.book.clone(), self.clock.now());
        let _ = tokio::task::spawn_blocking(move || book.load(items, now)).await;
        self.hub
            .add(Kind::Reservations, |viewer| Some(Changed { version: self.book.seen(viewer).0 }));
        self.watch.reserve(in_use(self.book.binding().iter()));
        Ok(())
    }

    /// Tells on the streams that there is something new of one reservation, which is in no
    /// version of it, to those who see it in full and are `meant`.
    pub fn tell_again(&self, id: &str, meant: impl Fn(&Viewer) -> bool) {
        let version = self.book.touch(id, meant);
        self.hub.add(Kind::Reservations, |viewer| Some(Changed { version: version(viewer)? }));
    }

    async fn change(
        self: &Arc<Desk>,
        by: By,
        id: String,
        version: Option<u64>,
        what: What,
    ) -> Result<Done, Refusal> {
        let desk = self.clone();
        // A task of its own: what is stored is also shown, whoever has hung up in between.
        let work = tokio::spawn(async move {
            let turn = desk.turn.lock().await;
            let done = desk.change_in_turn(by, &id, version, what).await;
            drop(turn);
            if let (Ok(done), Some(coordination)) = (&done, &desk.coordination) {
                let bound = done.from.is_some_and(Status::binds);
                if bound && !done.item.reservation.status.binds() {
                    // Whoever gives something back may count on it that others know, if the DSS
                    // answers soon; if not, it is told in the background.
                    let told = desk.settle(coordination, &id);
                    let _ = tokio::time::timeout(SOON, told).await;
                }
            }
            done
        });
        work.await.unwrap_or_else(|_| {
            let detail = "this change met a fault of the service; look whether it was made";
            let status = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
            Err(Problem::new(status, detail).into())
        })
    }

    async fn change_in_turn(
        &self,
        by: By,
        id: &str,
        version: Option<u64>,
        what: What,
    ) -> Result<Done, Refusal> {
        self.know().await?;
        let before = self.book.get(id);
        if let Some(version) = version {
            let item = before.as_ref().ok_or(Refusal::NotFound)?;
            if item.peer.is_some() {
                let says = format!("it is {}'s: it is changed there", item.reservation.party);
                return Err(Refusal::Status(says));
            }
            if by.party.as_ref().is_some_and(|party| *party != item.reservation.party) {
                return Err(Refusal::NotFound);
            }
            if item.version != version {
                return Err(Refusal::Changed(item.clone()));
            }
        }
        let now = self.clock.now();
        let (next, action) = self.next(before.as_deref(), what, now).await?;
        let from = before.as_ref().map(|item| item.reservation.status);
        self.file(before.as_deref(), &next).await?;
        let version = before.as_ref().map_or(0, |item| item.version) + 1;
        let item = Item { reservation: next, version, changed: now, by: by.name, peer: None };
        let entry = Entry::Reservation {
            row: row_of(&item),
            action: action.to_owned(),
            from: from.map(|status| status.name().to_owned()),
        };
        if let Err(error) = self.writer.record_durably(entry).await {
            // What was filed for this is put right.
            self.doubt_filed(id);
            if !matches!(error, NotStored::Away(_) | NotStored::Full | NotStored::Closed) {
                // It may be there all the same, or something else is.
                self.book.doubt();
            }
            return Err(Problem::not_stored(&error).into());
        }
        let (book, shown) = (self.book.clone(), item.clone());
        let applied = tokio::task::spawn_blocking(move || book.apply(shown)).await;
        if from.is_some_and(Status::binds) && !item.reservation.status.binds() {
            self.doubt_filed(id);
        }
        let Ok(change) = applied else {
            self.book.doubt();
            return Err(unknown().into());
        };
        self.hub.add(Kind::Reservations, |viewer| {
            let version = self.book.told(viewer, &change)?;
            Some(Changed { version })
        });
        self.watch.reserve(in_use(self.book.binding().iter()));
        Ok(Done { item: Arc::new(item), action, from })
    }

    /// What becomes of a reservation.
    async fn next(
        &self,
        before: Option<&Item>,
        what: What,
        now: Time,
    ) -> Result<(Reservation, &'static str), Refusal> {
        let taken = || {
            let detail = "this was made already";
            Refusal::Problem(Problem::new(axum::http::StatusCode::CONFLICT, detail))
        };
        let Some(before) = before else {
            let What::Make(new) = what else { return Err(Refusal::NotFound) };
            if self.book.open_of(&new.party) >= MOST_OPEN {
                let says = format!("{} has {MOST_OPEN} that are not over: end some", new.party);
                return Err(Refusal::Status(says));
            }
            return Ok((Reservation { status: Status::Draft, ..*new }, "draft"));
        };
        let was = &before.reservation;
        let refused =
            |error: deconflict_reserve::status::Refused| Refusal::Status(error.to_string());
        match what {
            What::Make(_) => Err(taken()),
            What::Edit(new) => {
                if was.status.is_final() {
                    let says = format!("it is {}: make a new one", was.status);
                    return Err(Refusal::Status(says));
                }
                let next = Reservation { status: was.status, ..*new };
                if next.status.binds() {
                    self.must_be_free(&next).await?;
                }
                Ok((next, "edit"))
            }
            What::Act(action) => {
                let next = was.step(now, Some(action)).map_err(refused)?;
                if matches!(action, Action::Submit | Action::Activate) {
                    self.must_be_free(&next).await?;
                }
                Ok((next, word(action)))
            }
            What::Wait => {
                let next = was.step(now, None).map_err(refused)?;
                if next.status != was.status {
                    return Ok((next, "time"));
                }
                let next = was.step(now, Some(Action::Activate)).map_err(refused)?;
                self.must_be_free(&next).await?;
                Ok((next, "time"))
            }
        }
    }

    /// Files what is to bind with the DSS, if there is one, before it is stored.
    async fn file(&self, before: Option<&Item>, next: &Reservation) -> Result<(), Refusal> {
        let Some(coordination) = &self.coordination else { return Ok(()) };
        if !next.status.binds() {
            return Ok(());
        }
        let before = before.map(|item| &item.reservation).filter(|r| r.status.binds());
        let is_constraint = |r: &Reservation| coordination.teller.is_constraint(r);
        if before.is_some_and(|before| is_constraint(before) != is_constraint(next)) {
            let says = "other services are told of it as something of another kind: make a new one";
            return Err(Refusal::Status(says.to_owned()));
        }
        match coordination.file(next, || self.is_free(next)).await {
            Ok(()) => Ok(()),
            Err(Unfiled::NotFree) => Err(Refusal::Conflict(Box::new(next.clone()))),
            Err(Unfiled::Unfit(says)) => Err(Refusal::Status(says)),
            Err(Unfiled::Away(says)) => {
                let detail =
                    format!("other services could not be asked, and so it is not done: {says}");
                Err(Problem::unavailable(detail, 10).into())
            }
        }
    }

    fn doubt_filed(&self, id: &str) {
        if let Some(coordination) = &self.coordination {
            coordination.doubt(id);
        }
    }

    /// Whether nothing that is known is in the way.
    pub(crate) async fn is_free(&self, plan: &Reservation) -> bool {
        let report = self.check(plan.clone(), false).await;
        report.is_ok_and(|report| refusal(&report, plan).is_ok())
    }

    async fn must_be_free(&self, plan: &Reservation) -> Result<(), Refusal> {
        let mut report = self.check(plan.clone(), false).await?;
        if let Some(coordination) = &self.coordination {
            let is_peers = |id: &str| self.book.get(id).is_some_and(|item| item.peer.is_some());
            let mut ahead = report.conflicts.iter().filter(|c| c.gives_way == GivesWay::Plan);
            if ahead.any(|conflict| is_peers(&conflict.with)) {
                // What another service had may be gone by now.
                coordination.ask_again().await;
                report = self.check(plan.clone(), false).await?;
            }
        }
        refusal(&report, plan)
    }
}

/// Why a plan with this report is not filed.
fn refusal(report: &Report, plan: &Reservation) -> Result<(), Refusal> {
    match report.verdict {
        Verdict::Conflict => Err(Refusal::Conflict(Box::new(plan.clone()))),
        Verdict::Free | Verdict::OthersGiveWay => Ok(()),
    }
}

impl Done {
    /// How it ended, for the audit record: the versions and statuses.
    pub fn says(&self) -> (Outcome, String) {
        let from = self.from.map_or("", Status::name);
        let to = self.item.reservation.status;
        (Outcome::Done, format!("{from} -> {to}, version {}", self.item.version))
    }
}

fn unknown() -> Problem {
    Problem::unavailable("what is reserved cannot be read at present", 5)
}

/// The word for an action.
pub fn word(action: Action) -> &'static str {
    match action {
        Action::Submit => "plan",
        Action::Activate => "activate",
        Action::Release => "release",
        Action::Cancel => "cancel",
    }
}

fn row_of(item: &Item) -> ReservationRow {
    ReservationRow {
        id: item.reservation.id.clone(),
        party: item.reservation.party.clone(),
        status: item.reservation.status.name().to_owned(),
        version: i64::try_from(item.version).unwrap_or(i64::MAX),
        body: serde_json::Value::Object(record(&item.reservation)).to_string(),
        changed_ns: item.changed.as_nanos(),
        changed_by: item.by.clone(),
    }
}

fn item_of(row: &ReservationRow) -> Option<Item> {
    let read = document::read_json(&format!("[{}]", row.body)).map(|mut read| read.pop());
    let Ok(Some(mut reservation)) = read else {
        // It cannot be shown, and what it binds cannot be told: that has to be loud.
        tracing::error!(reservation = row.id, "a stored reservation does not hold; it is left out");
        return None;
    };
    reservation.status = Status::parse(&row.status)?;
    Some(Item {
        reservation,
        version: u64::try_from(row.version).ok()?,
        changed: Time::from_nanos(row.changed_ns),
        by: row.changed_by.clone(),
        peer: None,
    })
}

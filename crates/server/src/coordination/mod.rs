//! The service as one of several that agree ahead (ASTM F3548-21): what binds here is filed with
//! a DSS and told to other services, and what those have binds here.
//!
//! [`own`](Teller) says how a reservation is told, `peer` how what others have becomes items
//! of the book. A change is checked here, filed, stored, and shown, in this order. What was
//! filed and then not stored, because of a fault or an end in between, is put right by
//! [`keep_filed`]: at the start, and whenever something is in doubt, it makes the DSS agree with
//! what is stored (CRD-1).

mod astray;
mod keep;
mod outlines;
mod own;
mod peer;

pub use keep::keep_filed;
pub use own::{Filing, Priorities, Teller, entity};

use astray::Astray;

use crate::clock::ServiceClock;
use crate::config::UssConfig;
use crate::conformance::ConformanceEvent;
use crate::hub::Hub;
use crate::reservations::{Book, Changed, Item};
use crate::standing::in_use;
use crate::watch::Watch;
use deconflict_core::GeoPoint;
use deconflict_core::Time;
use deconflict_core::altitude::VerticalContext;
use deconflict_intent::wire::ErrorReport;
use deconflict_picture::{Keeping, Kind};
use deconflict_reserve::{Reservation, Status, text};
use deconflict_store::{AuditRow, Entry, Writer};
use deconflict_uss::{Host, NotFiled, Own, Peer, Peers, Telemetry, Uss, What};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{broadcast, watch};
use utoipa::ToSchema;
use uuid::Uuid;

/// What is known is stale after so many periods without a word from the DSS.
const STALE_PERIODS: f64 = 2.0;
/// A change may take so many times what one request may.
const CHANGE_REQUESTS: u32 = 3;

/// How one of ours stands at the DSS.
#[derive(Clone, Debug, PartialEq)]
pub enum Stand {
    /// As it is here.
    Filed {
        /// What is filed.
        own: Own,
        /// When it is to be filed anew.
        again: Option<Time>,
        /// Counts the changes.
        version: i32,
    },
    /// Not as it is here, for this reason; it is tried again.
    Waiting(String),
}

/// How one of ours stands at the DSS, as it is told.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct StandView {
    /// Its name at the DSS.
    entity: String,
    /// Whether it is there as it is here.
    filed: bool,
    /// All of it in a sentence.
    says: String,
}

/// How the exchange with other services stands.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PeersView {
    /// Who this service is among them.
    manager: String,
    /// The DSS.
    dss: String,
    /// When the DSS last said what is there; `null` if it never has.
    known_at: Option<String>,
    /// Whether that is too long ago: plans of others may be missing.
    stale: bool,
    /// What people have to know of it, if anything.
    says: Option<String>,
}

/// The exchange with other services.
pub struct Coordination {
    /// The peer exchange.
    pub uss: Uss,
    /// How reservations are told.
    pub teller: Teller,
    dss: String,
    refresh_s: f64,
    patience: Duration,
    contingent_s: f64,
    clock: ServiceClock,
    began: Time,
    ears: Arc<Ears>,
    stands: Mutex<BTreeMap<String, Stand>>,
    /// What is to be put right, and not before when.
    doubts: Mutex<BTreeMap<String, Time>>,
}

/// What peers say comes in here.
pub struct Ears {
    clock: ServiceClock,
    book: Arc<Book>,
    hub: Hub,
    watch: Watch,
    writer: Writer,
    manager: String,
    context: VerticalContext,
    priorities: Priorities,
    /// Reservations whose aircraft have left them.
    astray: Mutex<BTreeMap<String, Astray>>,
}

impl Ears {
    fn astray(&self) -> MutexGuard<'_, BTreeMap<String, Astray>> {
        // Nothing that is done under the lock leaves it half done.
        self.astray.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ears that have heard nothing yet.
    pub fn new(
        teller: &Teller,
        clock: ServiceClock,
        book: Arc<Book>,
        hub: Hub,
        watch: Watch,
        writer: Writer,
    ) -> Arc<Ears> {
        let (context, priorities) = (teller.context, teller.priorities);
        let (manager, astray) = (teller.manager.clone(), Mutex::default());
        Arc::new(Ears { clock, book, hub, watch, writer, manager, context, priorities, astray })
    }

    /// Takes in what some peers, or `all` of them, have.
    fn learn<'a>(&self, peers: impl Iterator<Item = &'a Arc<Peer>>, all: bool) {
        let now = self.clock.now();
        let items: Vec<Item> =
            peers.filter_map(|peer| peer::item(peer, self.priorities, now)).collect();
        let changes = self.book.learn(items, all);
        if changes.is_empty() {
            return;
        }
        self.hub.add(Kind::Reservations, |viewer| {
            let told = changes.iter().filter_map(|change| self.book.told(viewer, change));
            Some(Changed { version: told.max()? })
        });
        self.watch.reserve(in_use(self.book.binding().iter()));
    }

    /// Everybody is told to ask again.
    fn stir(&self) {
        self.book.touch_all();
        self.hub
            .add(Kind::Reservations, |viewer| Some(Changed { version: self.book.seen(viewer).0 }));
    }
}

impl Host for Ears {
    fn now(&self) -> Time {
        self.clock.now()
    }

    fn telemetry(&self, id: Uuid) -> Option<Telemetry> {
        let astray = self.astray();
        let (_, astray) = astray.iter().find(|(name, _)| entity(&self.manager, name) == id)?;
        astray::telemetry(astray, &self.hub.picture())
    }

    fn peers_changed(&self, peers: &Arc<Peers>) {
        self.learn(peers.all.values(), true);
    }

    fn reported(&self, by: &str, report: ErrorReport) {
        self.writer.record(Entry::Audit(AuditRow {
            id: 0,
            time_ns: self.clock.time_of_day().as_nanos(),
            who: by.to_owned(),
            role: "peer".to_owned(),
            action: "peer report".to_owned(),
            object: String::new(),
            from: String::new(),
            outcome: "ok".to_owned(),
            detail: serde_json::to_string(&report).unwrap_or_default(),
        }));
    }

    fn vertical(&self, _near: GeoPoint) -> VerticalContext {
        self.context
    }
}

/// Why something could not be filed.
#[derive(Clone, Debug)]
pub enum Unfiled {
    /// It cannot be told to others, or the DSS refuses it: what to do.
    Unfit(String),
    /// Others are in the way.
    NotFree,
    /// Somebody who is needed is away, or slow.
    Away(String),
}

impl Coordination {
    /// An exchange that has not begun.
    pub fn new(
        uss: Uss,
        config: &UssConfig,
        clock: ServiceClock,
        ears: Arc<Ears>,
    ) -> Arc<Coordination> {
        Arc::new(Coordination {
            uss,
            teller: config.teller(),
            dss: config.dss.clone(),
            refresh_s: config.refresh_s,
            patience: Duration::from_secs_f64(config.patience_s) * CHANGE_REQUESTS,
            contingent_s: config.contingent_s,
            began: clock.now(),
            clock,
            ears,
            stands: Mutex::default(),
            doubts: Mutex::default(),
        })
    }

    /// Begins to listen to peers, until the service stops.
    pub fn run(&self, mut stop: watch::Receiver<bool>) {
        let uss = self.uss.clone();
        tokio::spawn(async move {
            let stopped = async move {
                // A sender that is gone has stopped too.
                let _ = stop.wait_for(|stop| *stop).await;
            };
            uss.run(stopped).await;
        });
    }

    /// Listens to how aircraft keep to their plans, until the service stops.
    pub fn follow(
        self: &Arc<Self>,
        mut events: broadcast::Receiver<ConformanceEvent>,
        mut stop: watch::Receiver<bool>,
    ) {
        let coordination = self.clone();
        tokio::spawn(async move {
            loop {
                let event = tokio::select! {
                    event = events.recv() => event,
                    _ = stop.wait_for(|stop| *stop) => return,
                };
                match event {
                    Ok(ConformanceEvent { reservation, aircraft, state, .. }) => match state {
                        Keeping::Nonconforming => {
                            coordination.nonconforming(&reservation, &aircraft)
                        }
                        Keeping::Conforming => coordination.conforming(&reservation, &aircraft),
                        // Where it may have got to is told until it is seen again.
                        Keeping::Lost => {}
                    },
                    Err(broadcast::error::RecvError::Lagged(missed)) => {
                        tracing::warn!(missed, "changes of conformance were not told to others");
                    }
                    Err(broadcast::error::RecvError::Closed) => return,
                }
            }
        });
    }

    fn stands(&self) -> MutexGuard<'_, BTreeMap<String, Stand>> {
        // Nothing that is done under the lock leaves it half done.
        self.stands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn doubts(&self) -> MutexGuard<'_, BTreeMap<String, Time>> {
        self.doubts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says that the DSS may have something else of this one than is stored.
    pub fn doubt(&self, id: &str) {
        self.doubts().insert(id.to_owned(), self.clock.now());
    }

    /// Asks the DSS what is there now, as far as that takes no longer than a change may.
    pub async fn ask_again(&self) {
        let asked = tokio::time::timeout(self.patience, self.uss.refresh()).await;
        if let Ok(Err(why)) = asked {
            tracing::info!(why, "what other services have could not be asked for");
        }
    }

    /// Files a reservation, or says why not. `free` is asked again with what peers have in the book.
    ///
    /// # Errors
    /// [`Unfiled`]; what was filed before is as it was, or is put right in the background.
    pub async fn file<F, Fut>(&self, reservation: &Reservation, free: F) -> Result<(), Unfiled>
    where
        F: Fn() -> Fut + Send + Sync,
        Fut: Future<Output = bool> + Send,
    {
        let filing = self.filing(reservation).map_err(Unfiled::Unfit)?;
        if self.is_filed(&reservation.id, &filing.own) {
            return Ok(());
        }
        let ears = &self.ears;
        let asked = self.uss.file(filing.own.clone(), |peers: Vec<Arc<Peer>>| {
            ears.learn(peers.iter(), false);
            let free = free();
            async move { if free.await { Ok(()) } else { Err("others are in the way".to_owned()) } }
        });
        let Ok(filed) = tokio::time::timeout(self.patience, asked).await else {
            self.doubt(&reservation.id);
            let says = "the DSS, or another service, is too slow";
            return Err(Unfiled::Away(says.to_owned()));
        };
        match filed {
            Ok(filed) => {
                for missed in &filed.not_told {
                    tracing::info!(missed, "a service has not been told yet");
                }
                let Filing { own, again } = filing;
                let stand = Stand::Filed { own, again, version: filed.version };
                self.stands().insert(reservation.id.clone(), stand);
                Ok(())
            }
            Err(NotFiled::NotFree(_)) => Err(Unfiled::NotFree),
            Err(why @ (NotFiled::Unfit(_) | NotFiled::Refused(_))) => {
                Err(Unfiled::Unfit(why.to_string()))
            }
            Err(why @ NotFiled::InDoubt(_)) => {
                self.doubt(&reservation.id);
                Err(Unfiled::Away(why.to_string()))
            }
            Err(why) => Err(Unfiled::Away(why.to_string())),
        }
    }

    /// A reservation as it is filed now: where its aircraft have left it, that is told too.
    fn filing(&self, reservation: &Reservation) -> Result<Filing, String> {
        let now = self.clock.now();
        let mut filing = self.teller.filing(reservation, now)?;
        let mut all = self.ears.astray();
        let Some(astray) = all.get_mut(&reservation.id) else { return Ok(filing) };
        let What::Intent { state, .. } = &mut filing.own.what else { return Ok(filing) };
        if reservation.status != Status::Active {
            return Ok(filing);
        }
        astray.look(&self.ears.hub.picture(), now, &self.teller.context);
        if astray.volumes.is_empty() {
            return Ok(filing);
        }
        astray.is_contingent |= now.seconds_since(astray.since) >= self.contingent_s;
        *state = astray.state();
        filing.own.off_nominal = astray.volumes.clone();
        filing.again = Some(now.plus_s(astray::AGAIN_S));
        Ok(filing)
    }

    /// An aircraft has left its plan: others are told where it may be instead.
    pub fn nonconforming(&self, id: &str, aircraft: &str) {
        let now = self.clock.now();
        let mut all = self.ears.astray();
        let astray = all.entry(id.to_owned()).or_insert_with(|| Astray::new(aircraft, now));
        astray.aircraft.insert(aircraft.to_owned());
        drop(all);
        self.doubt(id);
    }

    /// An aircraft is back in its plan. Once it was said that it will not come back, that stays.
    pub fn conforming(&self, id: &str, aircraft: &str) {
        let mut all = self.ears.astray();
        let Some(astray) = all.get_mut(id) else { return };
        astray.aircraft.remove(aircraft);
        if astray.aircraft.is_empty() && !astray.is_contingent {
            all.remove(id);
        }
        drop(all);
        self.doubt(id);
    }

    /// Asks other services what they have where a plan is, so that it is in the book.
    ///
    /// # Errors
    /// Why that cannot be known.
    pub async fn look(&self, plan: &Reservation) -> Result<(), String> {
        let mut own = self.teller.filing(plan, self.clock.now())?.own;
        // It is not filed: the answer to whether it is free is no.
        let state = deconflict_intent::IntentState::Accepted;
        own.what = What::Intent { state, priority: 0 };
        let heard = std::sync::atomic::AtomicBool::new(false);
        let asked = self.uss.file(own, |peers: Vec<Arc<Peer>>| {
            self.ears.learn(peers.iter(), false);
            heard.store(true, std::sync::atomic::Ordering::Relaxed);
            async { Err("this is a question alone".to_owned()) }
        });
        match tokio::time::timeout(self.patience, asked).await {
            _ if heard.load(std::sync::atomic::Ordering::Relaxed) => Ok(()),
            Ok(Err(why)) => Err(why.to_string()),
            Ok(Ok(_)) => Ok(()),
            Err(_) => Err("the DSS, or another service, is too slow".to_owned()),
        }
    }

    /// How many of ours are not at the DSS as they are here.
    pub fn waiting(&self) -> usize {
        let stands = self.stands();
        let waiting = stands.values().filter(|stand| matches!(stand, Stand::Waiting(_))).count();
        waiting + self.doubts().keys().filter(|id| !stands.contains_key(*id)).count()
    }

    fn is_filed(&self, id: &str, own: &Own) -> bool {
        let stands = self.stands();
        let is_same =
            matches!(stands.get(id), Some(Stand::Filed { own: filed, .. }) if filed == own);
        is_same && !self.doubts().contains_key(id)
    }

    /// How one of ours stands at the DSS; `None` for what does not bind.
    pub fn stand(&self, reservation: &Reservation) -> Option<StandView> {
        if !reservation.status.binds() {
            return None;
        }
        let entity = entity(&self.teller.manager, &reservation.id).to_string();
        let stands = self.stands();
        let (filed, says) = match stands.get(&reservation.id) {
            Some(Stand::Filed { again: Some(again), .. }) => {
                let says = "filed with the DSS for the next 30 days; the rest is filed on";
                (true, format!("{says} {}", text::write_time(*again)))
            }
            Some(Stand::Filed { .. }) => (true, "filed with the DSS".to_owned()),
            Some(Stand::Waiting(why)) => (false, format!("not filed with the DSS: {why}")),
            None => (false, "not filed with the DSS yet".to_owned()),
        };
        Some(StandView { entity, filed, says })
    }

    /// Since when what peers have is not known, if it is not (FEED-1).
    pub fn unknown_since(&self) -> Option<Time> {
        let known_at = self.uss.peers().known_at.max(self.began);
        let age_s = self.clock.now().seconds_since(known_at) / self.clock.speed();
        (age_s > STALE_PERIODS * self.refresh_s).then_some(known_at)
    }

    /// How the exchange stands.
    pub fn view(&self) -> PeersView {
        let peers = self.uss.peers();
        let since = self.unknown_since();
        let says = match (since, &peers.trouble) {
            (Some(since), trouble) => {
                let why = trouble.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
                let since = text::write_time(since);
                Some(format!("other services' plans are not known since {since}{why}"))
            }
            (None, trouble) => trouble.clone(),
        };
        PeersView {
            manager: self.teller.manager.clone(),
            dss: self.dss.clone(),
            known_at: (peers.known_at > Time::MIN).then(|| text::write_time(peers.known_at)),
            stale: since.is_some(),
            says,
        }
    }
}

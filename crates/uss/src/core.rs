//! What all parts work with.

use crate::book::Book;
use crate::entity::Kind;
use crate::http::{Http, base};
use crate::model::{Host, Peers, SettingsError};
use crate::settings::{Constraints, Released, Settings};
use crate::token::TokenSource;
use deconflict_access::{Buckets, Clock, Gate, Now, SystemClock};
use reqwest::Url;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, Semaphore};
use uuid::Uuid;

/// How many may be asked at once.
const AT_ONCE: usize = 8;
/// The most callers whose rate is remembered.
const CALLERS: usize = 4096;
/// How many notifications may wait to be sent again.
const RETRIES: usize = 256;

pub(crate) struct Core {
    pub(crate) settings: Settings,
    pub(crate) gate: Gate,
    pub(crate) host: Arc<dyn Host>,
    pub(crate) http: Http,
    pub(crate) tokens: TokenSource,
    pub(crate) dss: Url,
    book: Mutex<Book>,
    /// One change of one id at a time.
    turns: Mutex<BTreeMap<Uuid, Arc<tokio::sync::Mutex<()>>>>,
    /// Questions to the DSS, to peers and notifications have places of their own: who is slow holds up
    /// none of the others.
    pub(crate) asking: Semaphore,
    pub(crate) visiting: Semaphore,
    pub(crate) telling: Semaphore,
    pub(crate) retrying: Arc<Semaphore>,
    pub(crate) rates: Mutex<Buckets<String>>,
    /// There is a reason to ask the DSS anew before it is time.
    pub(crate) wake: Notify,
    clock: SystemClock,
}

impl Core {
    pub(crate) fn new(
        settings: Settings,
        gate: Gate,
        host: Arc<dyn Host>,
    ) -> Result<Core, SettingsError> {
        settings.check()?;
        let wrong = |key: &'static str| move |problem: String| SettingsError { key, problem };
        let dss = Url::parse(&settings.dss)
            .map_err(|_| wrong("dss")(format!("\"{}\" is no address", settings.dss)))?;
        let http =
            Http::new(settings.patience, settings.allow_http).map_err(wrong("allow_http"))?;
        let tokens = TokenSource::new(&settings.tokens).map_err(wrong("tokens"))?;
        let rates = Mutex::new(Buckets::new(settings.requests_per_s, settings.burst, CALLERS));
        Ok(Core {
            gate,
            host,
            http,
            tokens,
            dss,
            book: Mutex::default(),
            turns: Mutex::default(),
            asking: Semaphore::new(AT_ONCE),
            visiting: Semaphore::new(AT_ONCE),
            telling: Semaphore::new(AT_ONCE),
            retrying: Arc::new(Semaphore::new(RETRIES)),
            rates,
            wake: Notify::new(),
            clock: SystemClock::new(),
            settings,
        })
    }

    pub(crate) fn now(&self) -> Now {
        self.clock.now()
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        // Nothing that is done under this lock leaves anything half done.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The kinds that we deal with.
    pub(crate) fn kinds(&self) -> &'static [Kind] {
        if self.settings.constraints == Constraints::None { &Kind::ALL[..1] } else { &Kind::ALL }
    }

    /// Waits until it is the caller's turn to change that id.
    pub(crate) async fn turn(&self, id: Uuid) -> tokio::sync::OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            // Those that nobody holds or waits for are only here.
            turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            Arc::clone(turns.entry(id).or_default())
        };
        turn.lock_owned().await
    }

    /// Changes what is known of peers, and says so if that changed anything.
    pub(crate) fn change(&self, make: impl FnOnce(&mut Book)) {
        let changed: Option<Arc<Peers>> = {
            let mut book = self.book();
            let before = book.changes();
            make(&mut book);
            (book.changes() != before).then(|| book.peers())
        };
        if let Some(peers) = changed {
            self.host.peers_changed(&peers);
        }
    }

    /// Whether an address is our own.
    pub(crate) fn is_us(&self, url: &str) -> bool {
        url.trim_end_matches('/') == self.settings.base_url.trim_end_matches('/')
    }

    /// Whether details may be told to a USS of that name.
    pub(crate) fn may_know(&self, manager: &str) -> bool {
        match &self.settings.released {
            Released::ToAll => true,
            Released::To(some) => some.contains_key(manager),
        }
    }

    /// Whether details may be sent to that address.
    pub(crate) fn may_be_sent(&self, url: &str) -> bool {
        match &self.settings.released {
            Released::ToAll => true,
            Released::To(some) => {
                some.values().any(|u| u.trim_end_matches('/') == url.trim_end_matches('/'))
            }
        }
    }

    /// A base address of somebody else, if it may be called.
    pub(crate) fn peer_base(&self, url: &str) -> Result<Url, String> {
        base(url, self.settings.allow_http)
    }
}

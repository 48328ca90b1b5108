//! The whole of it.

use crate::model::{Aligned, Filed, Host, NotFiled, Own, Peer, Peers, SettingsError};
use crate::settings::Settings;
use deconflict_access::Gate;
use std::sync::Arc;
use uuid::Uuid;

/// The peer exchange. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Uss {
    inner: Arc<Inner>,
}

struct Inner {
    host: Arc<dyn Host>,
    peers: Arc<Peers>,
}

impl Uss {
    /// With these settings; nothing is asked of anybody yet.
    ///
    /// # Errors
    /// The setting that cannot be used.
    pub fn new(settings: Settings, gate: Gate, host: Arc<dyn Host>) -> Result<Uss, SettingsError> {
        settings.check()?;
        drop(gate);
        Ok(Uss { inner: Arc::new(Inner { host, peers: Arc::default() }) })
    }

    /// The routes that peers call, `/uss/v1/…`.
    pub fn router(&self) -> axum::Router {
        axum::Router::new()
    }

    /// Files something of ours, or changes it: asks the DSS what is there and peers for its details, asks `free` whether
    /// it can be (not in the states Nonconforming and Contingent, and not for a constraint), files it in proof
    /// of knowing all that, and notifies who has subscribed. One change of one id after the other.
    ///
    /// # Errors
    /// [`NotFiled`].
    pub async fn file<F, Fut>(&self, own: Own, free: F) -> Result<Filed, NotFiled>
    where
        F: Fn(Vec<Arc<Peer>>) -> Fut + Send + Sync,
        Fut: Future<Output = Result<(), String>> + Send,
    {
        free(Vec::new()).await.map_err(NotFiled::NotFree)?;
        let _ = (own, self.inner.host.now());
        Err(NotFiled::Away("this is not there yet".to_owned()))
    }

    /// Takes something of ours out, and notifies who has subscribed. If the DSS is away it is tried again in the background.
    ///
    /// # Errors
    /// [`NotFiled`].
    pub async fn withdraw(&self, id: Uuid) -> Result<(), NotFiled> {
        let _ = id;
        Err(NotFiled::Away("this is not there yet".to_owned()))
    }

    /// After a start or an outage: learns what the DSS has of ours. What is wanted and there as wanted is adopted, what is
    /// in the watched regions and not wanted is taken out, the rest is to be filed.
    pub async fn align(&self, wanted: Vec<Own>) -> Aligned {
        let to_file = wanted.iter().map(|own| own.id).collect();
        Aligned { to_file, ..Aligned::default() }
    }

    /// What goes on in the background, until `stop`: subscriptions, asking again for the watched regions, what could
    /// not be done before.
    pub async fn run(&self, stop: impl Future<Output = ()> + Send) {
        stop.await;
    }

    /// What is known of peers.
    pub fn peers(&self) -> Arc<Peers> {
        Arc::clone(&self.inner.peers)
    }
}

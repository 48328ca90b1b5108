//! The whole of it.

use crate::core::Core;
use crate::model::{Aligned, Filed, Host, NotFiled, Own, Peer, Peers, SettingsError};
use crate::routes;
use crate::settings::Settings;
use deconflict_access::Gate;
use std::sync::Arc;
use uuid::Uuid;

/// The peer exchange. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Uss {
    core: Arc<Core>,
}

impl std::fmt::Debug for Uss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Uss")
            .field("base_url", &self.core.settings.base_url)
            .finish_non_exhaustive()
    }
}

impl Uss {
    /// With these settings; nothing is asked of anybody yet.
    ///
    /// # Errors
    /// The setting that cannot be used.
    pub fn new(settings: Settings, gate: Gate, host: Arc<dyn Host>) -> Result<Uss, SettingsError> {
        Ok(Uss { core: Arc::new(Core::new(settings, gate, host)?) })
    }

    /// The routes that peers call, `/uss/v1/…`.
    pub fn router(&self) -> axum::Router {
        routes::router(Arc::clone(&self.core))
    }

    /// Files something of ours, or changes it: asks the DSS what is there and peers for its details, asks `free` whether
    /// it can be (not in the states Nonconforming and Contingent, and not for a constraint), files it in proof
    /// of knowing all that, and notifies who has subscribed. If others change what is there meanwhile, `free` is
    /// asked again. One change of one id after the other.
    ///
    /// # Errors
    /// [`NotFiled`].
    pub async fn file<F, Fut>(&self, own: Own, free: F) -> Result<Filed, NotFiled>
    where
        F: Fn(Vec<Arc<Peer>>) -> Fut + Send + Sync,
        Fut: Future<Output = Result<(), String>> + Send,
    {
        self.core.file(own, free).await
    }

    /// Takes something of ours out, and notifies who has subscribed. If the DSS is away it is tried again in the
    /// background, unless it is filed again before.
    ///
    /// # Errors
    /// [`NotFiled`].
    pub async fn withdraw(&self, id: Uuid) -> Result<(), NotFiled> {
        self.core.withdraw(id).await
    }

    /// After a start or an outage: learns what the DSS has of ours. What is wanted and there as wanted is adopted, what is
    /// in the watched regions and not wanted is taken out, the rest is to be filed.
    ///
    /// The DSS has no details: without [`Own::ovn`], as wanted is what has the same times and state.
    pub async fn align(&self, wanted: Vec<Own>) -> Aligned {
        self.core.align(wanted).await
    }

    /// What goes on in the background, until `stop`: subscriptions, asking again for the watched regions, what could
    /// not be done before.
    pub async fn run(&self, stop: impl Future<Output = ()> + Send) {
        self.core.run(stop).await;
    }

    /// Asks the DSS now for what is in the watched regions and beside our own.
    ///
    /// # Errors
    /// Why it is not known; what was known before stays.
    pub async fn refresh(&self) -> Result<(), String> {
        self.core.refresh().await.map_err(|trouble| trouble.words())
    }

    /// What is known of peers.
    pub fn peers(&self) -> Arc<Peers> {
        self.core.book().peers()
    }
}

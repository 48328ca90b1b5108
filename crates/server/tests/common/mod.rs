//! A service for tests: real sockets on loopback, a store and a recording of its own, and
//! clients that speak to it.
#![allow(dead_code)] // each test uses its part

pub mod client;
pub mod flights;
pub mod tokens;

use client::Client;
use deconflict_access::{NewKey, Role};
use deconflict_server::config::{self, Config};
use deconflict_server::{Service, Start, StartError};
use std::future::Future;
use std::path::Path;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take before a test gives up on it. Far more than it needs: nothing
/// is measured by it.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A service at work in a folder of its own.
pub struct Running {
    pub service: Service,
    /// Its store and recording; handed on by [`Running::stop`].
    pub dir: TempDir,
}

/// A configuration from TOML, with a port, store and recording of its own: `[http] listen`,
/// `[store]` and `[recording] dir` are filled in.
pub fn config_in(text: &str, dir: &Path) -> Config {
    let mut config = config::from_text(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    config.http.listen = ([127, 0, 0, 1], 0).into();
    config.store.url = format!("sqlite:{}", dir.join("store.db").display());
    config.recording.dir = dir.join("recording");
    config
}

/// Starts a service with this configuration.
pub async fn start(text: &str) -> Running {
    start_in(text, TempDir::new().unwrap()).await
}

/// Starts a service with this configuration in a folder where another has been before.
pub async fn start_in(text: &str, dir: TempDir) -> Running {
    let service = try_start(config_in(text, dir.path()), dir.path()).await;
    Running { service: service.unwrap_or_else(|error| panic!("{error}\n{text}")), dir }
}

/// Starts a service, or says why not.
pub async fn try_start(config: Config, folder: &Path) -> Result<Service, StartError> {
    let start = Start { folder: folder.to_owned(), ..Start::default() };
    Service::start(config, start).await
}

impl Running {
    /// Where it answers.
    pub fn url(&self) -> String {
        format!("http://{}", self.service.address())
    }

    /// A client without a credential: without `[access]` that is the administrator.
    pub fn client(&self) -> Client {
        Client::new(&self.url())
    }

    /// Stops it in order, and gives the folder back for another.
    pub async fn stop(self) -> TempDir {
        self.service.stop().await;
        self.dir
    }
}

/// Asks until there is an answer.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(begun.elapsed() < PATIENCE, "waited in vain for {what}");
        tokio::time::sleep(Duration::from_millis(15)).await;
    }
}

/// Waits for something that comes by itself.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    let waited = tokio::time::timeout(PATIENCE, future).await;
    waited.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}

/// A key for somebody: the lines of the configuration that admit it, and the key.
pub fn key(name: &str, role: Role, party: Option<&str>) -> (String, String) {
    let new = NewKey::generate().unwrap();
    (new.configuration(name, role, party), new.key.expose().to_owned())
}

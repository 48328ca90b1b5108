//! Keys from an address, kept and renewed.

use super::keys::{JwkSetError, NamedKey, parse_jwk_set};
use crate::clock::Now;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Mutex;

/// How long a fetch may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// How large a set of keys may be.
const LARGEST_BYTES: usize = 256 * 1024;
/// How long at least between two fetches, whoever asks for one.
const GAP_MS: u64 = 30_000;
/// After how long the keys are fetched anew unasked, so that a key that was withdrawn
/// ceases to be trusted.
const STALE_MS: u64 = 300_000;
/// No fetch yet.
const NEVER: u64 = u64::MAX;

/// Why keys could not be fetched.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The address cannot be used.
    #[error("{0}: must be https, or http to this machine")]
    Address(String),
    /// There is no way to make TLS connections.
    #[error("TLS cannot be set up (are the system's CA certificates installed?): {0}")]
    Tls(reqwest::Error),
    /// It did not answer, or not in time.
    #[error("{0} does not answer: {1}")]
    Away(String, reqwest::Error),
    /// It answered with an error.
    #[error("{0} answers with status {1}")]
    Status(String, u16),
    /// The answer is too large.
    #[error("{0} answers with more than {LARGEST_BYTES} bytes")]
    TooLarge(String),
    /// The answer has no keys.
    #[error("{0}: {1}")]
    NoKeys(String, JwkSetError),
}

/// The keys at an address. While that is away the old ones stay in force.
#[derive(Clone)]
pub struct Jwks {
    inner: Arc<Inner>,
}

struct Inner {
    url: reqwest::Url,
    client: reqwest::Client,
    keys: RwLock<Arc<Vec<NamedKey>>>,
    /// One fetch at a time; the others wait for it and use what it brought.
    turn: Mutex<()>,
    attempted_ms: AtomicU64,
    fetched_ms: AtomicU64,
}

impl fmt::Debug for Jwks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Jwks({}, {} keys)", self.shown(), self.keys().len())
    }
}

/// Whether this is an address of a set of keys: https, or http to this machine.
pub(crate) fn is_address(text: &str) -> bool {
    reqwest::Url::parse(text).is_ok_and(|url| acceptable(&url))
}

fn acceptable(url: &reqwest::Url) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => is_loopback(url),
        _ => false,
    }
}

fn is_loopback(url: &reqwest::Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.to_canonical().is_loopback())
}

impl Jwks {
    /// The keys at this address; none are fetched yet.
    ///
    /// # Errors
    ///
    /// If the address is neither https nor http to this machine.
    pub fn new(url: &str) -> Result<Self, FetchError> {
        let parsed = reqwest::Url::parse(url).ok().filter(acceptable);
        let parsed = parsed.ok_or_else(|| FetchError::Address(url.to_owned()))?;
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // Lost only against somebody who has just done the same.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let mut client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            // Another address than the one that was configured is not trusted.
            .redirect(reqwest::redirect::Policy::none());
        if is_loopback(&parsed) {
            client = client.no_proxy();
        }
        if parsed.scheme() == "http" {
            // The system may trust no certificates at all: of no concern without TLS.
            client = client.tls_certs_only([]);
        }
        let client = client.build().map_err(FetchError::Tls)?;
        Ok(Self {
            inner: Arc::new(Inner {
                url: parsed,
                client,
                keys: RwLock::default(),
                turn: Mutex::new(()),
                attempted_ms: AtomicU64::new(NEVER),
                fetched_ms: AtomicU64::new(NEVER),
            }),
        })
    }

    /// The keys at hand.
    pub fn keys(&self) -> Arc<Vec<NamedKey>> {
        Arc::clone(&self.inner.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The address without a password and a query, which may be secret.
    fn shown(&self) -> String {
        let url = &self.inner.url;
        let host = url.host_str().unwrap_or_default();
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}://{host}{port}{}", url.scheme(), url.path())
    }

    /// Fetches the keys now.
    ///
    /// # Errors
    ///
    /// If they cannot be fetched; those at hand stay in force.
    pub async fn refresh(&self, now: Now) -> Result<(), FetchError> {
        let _turn = self.inner.turn.lock().await;
        self.inner.attempted_ms.store(now.steady_ms, Ordering::Relaxed);
        self.fetch(now).await
    }

    /// Fetches the keys because a token names one that is not at hand, unless that was
    /// tried lately.
    pub(super) async fn refresh_for_unknown(&self, now: Now) {
        let _turn = self.inner.turn.lock().await;
        if self.since(&self.inner.attempted_ms, now) < GAP_MS {
            return;
        }
        self.inner.attempted_ms.store(now.steady_ms, Ordering::Relaxed);
        if let Err(error) = self.fetch(now).await {
            tracing::warn!(%error, "keys for tokens were not fetched; the old ones stay");
        }
    }

    /// Fetches the keys in the background if they are old.
    pub(super) fn refresh_if_stale(&self, now: Now) {
        let old = self.since(&self.inner.fetched_ms, now) >= STALE_MS;
        if old && self.since(&self.inner.attempted_ms, now) >= GAP_MS {
            let this = self.clone();
            tokio::spawn(async move { this.refresh_for_unknown(now).await });
        }
    }

    fn since(&self, moment: &AtomicU64, now: Now) -> u64 {
        match moment.load(Ordering::Relaxed) {
            NEVER => u64::MAX,
            then => now.steady_ms.saturating_sub(then),
        }
    }

    async fn fetch(&self, now: Now) -> Result<(), FetchError> {
        // The error of the client names the whole address, which may hold a password.
        let away = |error: reqwest::Error| FetchError::Away(self.shown(), error.without_url());
        let request = self.inner.client.get(self.inner.url.clone());
        let mut answer = request.header("accept", "application/json").send().await.map_err(away)?;
        if !answer.status().is_success() {
            return Err(FetchError::Status(self.shown(), answer.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(away)? {
            if body.len() + part.len() > LARGEST_BYTES {
                return Err(FetchError::TooLarge(self.shown()));
            }
            body.extend_from_slice(&part);
        }
        let keys = parse_jwk_set(&body).map_err(|error| FetchError::NoKeys(self.shown(), error))?;
        tracing::debug!(keys = keys.len(), url = self.shown(), "keys for tokens fetched");
        *self.inner.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(keys);
        self.inner.fetched_ms.store(now.steady_ms, Ordering::Relaxed);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_only_to_this_machine() {
        for good in [
            "https://id.example.org/jwks.json",
            "http://127.0.0.1:8080/k",
            "http://[::1]/k",
            "http://localhost/k",
        ] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "id.example.org",
            "http://id.example.org/k",
            "http://127.0.0.1.example.org/k",
            "http://localhost.example.org/k",
            "http://10.0.0.1/k",
            "file:///etc/passwd",
            "ftp://127.0.0.1/k",
        ] {
            assert!(!is_address(bad), "{bad}");
            assert!(matches!(Jwks::new(bad), Err(FetchError::Address(_))), "{bad}");
        }
    }

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        let jwks = Jwks::new("http://user:word@127.0.0.1:8443/k?token=abc#x").unwrap();
        assert_eq!(format!("{jwks:?}"), "Jwks(http://127.0.0.1:8443/k, 0 keys)");
    }
}

//! The key that the service signs with: in the database, or in a file outside of it.

use super::{HotLine, hash, unreadable};
use crate::problem::Problem;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use deconflict_store::{Entry, SigningKeyRow};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};
use std::path::Path;
use std::sync::Arc;

/// A key from a file.
#[derive(Clone)]
pub struct KeyFile {
    pair: Arc<Ed25519KeyPair>,
}

impl std::fmt::Debug for KeyFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeyFile").finish_non_exhaustive()
    }
}

impl KeyFile {
    /// Reads a key as `openssl genpkey -algorithm ed25519` writes it: PKCS #8 in PEM.
    ///
    /// # Errors
    /// What is wrong with it, and what to do.
    pub fn read(path: &Path) -> Result<KeyFile, String> {
        let wrong = |why: &str| {
            format!(
                "{}: {why}; make one with `openssl genpkey -algorithm ed25519 -out FILE`",
                path.display()
            )
        };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(&error.to_string()))?;
        let inner = text
            .split_once("-----BEGIN PRIVATE KEY-----")
            .and_then(|(_, rest)| rest.split_once("-----END PRIVATE KEY-----"));
        let (inner, _) = inner.ok_or_else(|| wrong("holds no PEM block PRIVATE KEY"))?;
        let inner: String = inner.split_whitespace().collect();
        let pkcs8 = STANDARD.decode(inner).map_err(|_| wrong("is no base64 between its lines"))?;
        // OpenSSL leaves out the public half, which version 2 would have.
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pkcs8);
        let pair = pair.map_err(|_| wrong("holds no Ed25519 key"))?;
        warn_if_open(path);
        Ok(KeyFile { pair: Arc::new(pair) })
    }
}

/// Whoever can read it can sign in the service's name.
fn warn_if_open(path: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(path).map_or(0, |meta| meta.permissions().mode());
        if mode & 0o077 != 0 {
            tracing::warn!(file = %path.display(), "others can read the key of the hot-line: chmod 600");
        }
    }
    #[cfg(not(unix))]
    let _ = path;
}

/// What signs.
pub(super) struct Signer {
    pub id: String,
    pair: Arc<Ed25519KeyPair>,
}

impl Signer {
    fn of(pair: Arc<Ed25519KeyPair>) -> (Signer, String) {
        let public_key = STANDARD.encode(pair.public_key().as_ref());
        // Its name is the beginning of its hash.
        let id = hash(&public_key).chars().take(16).collect();
        (Signer { id, pair }, public_key)
    }

    pub fn sign(&self, text: &str) -> String {
        STANDARD.encode(self.pair.sign(text.as_bytes()))
    }
}

impl HotLine {
    /// The key of the file; else that of the database, and one is made if there is none. The
    /// public half is stored, so that what it has signed can be verified for ever.
    pub(super) async fn find_key(&self) -> Result<Signer, Problem> {
        let wrong = || Problem::unavailable("the key for signatures cannot be used", 60);
        let keys = self.store.signing_keys().await.map_err(|e| unreadable(&e))?;
        if let Some(file) = &self.key_file {
            let (signer, public_key) = Signer::of(file.pair.clone());
            if !keys.iter().any(|row| row.id == signer.id) {
                self.keep_key(&signer, public_key, String::new()).await?;
            }
            return Ok(signer);
        }
        if let Some(row) = keys.iter().rfind(|row| !row.private_key.is_empty()) {
            let pkcs8 = STANDARD.decode(&row.private_key).map_err(|_| wrong())?;
            let pair = Ed25519KeyPair::from_pkcs8(&pkcs8).map_err(|_| wrong())?;
            return Ok(Signer { id: row.id.clone(), pair: Arc::new(pair) });
        }
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| wrong())?;
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).map_err(|_| wrong())?;
        let (signer, public_key) = Signer::of(Arc::new(pair));
        self.keep_key(&signer, public_key, STANDARD.encode(pkcs8.as_ref())).await?;
        tracing::info!(key = signer.id, "a key for signatures was made");
        Ok(signer)
    }

    async fn keep_key(
        &self,
        signer: &Signer,
        public_key: String,
        private_key: String,
    ) -> Result<(), Problem> {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let created_ns = i64::try_from(now.unwrap_or_default().as_nanos()).unwrap_or(i64::MAX);
        let row = SigningKeyRow { id: signer.id.clone(), created_ns, public_key, private_key };
        let stored = self.writer.record_durably(Entry::SigningKey(row)).await;
        stored.map_err(|error| Problem::not_stored(&error))
    }
}

//! The hot-line: messages between parties that can be proved afterwards.
//!
//! Each message is hashed together with the hash of the one before it, and the service signs
//! that; so a word that is changed, and a message that is taken out or put in between, is found
//! (MSG-1). A party may sign what it sends with a key of its own: then not even the service could
//! have made it up. Receipts are signed the same way.
//!
//! What is signed is plain text, one `name: value` a line and the words last, so that anybody can
//! make the same bytes. Signatures are Ed25519 (RFC 8032), hashes SHA-256.

mod proof;
mod text;

pub use proof::{Checks, Proof, ReceiptProof, SenderProof};
pub use text::{of_message, of_receipt, of_sender};

use crate::problem::Problem;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use deconflict_store::{
    Entry, MessageRow, NotStored, ReadError, ReceiptRow, SigningKeyRow, Store, Writer,
};
use ring::digest;
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{Mutex, OnceCell};

/// The hash before the first.
pub const FIRST: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// What a message is signed with, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signed {
    /// The hash of the message before.
    pub previous: String,
    /// The hash of this one.
    pub hash: String,
    /// The service's signature.
    pub signature: String,
    /// The service's key, by its name.
    pub key: String,
    /// The sender's own signature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sender: Option<SenderSigned>,
}

/// What a party has signed a message with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderSigned {
    /// When it says that it sent it.
    pub sent: String,
    /// Its signature, base64.
    pub signature: String,
    /// The public key against which it was verified, if the service knew one.
    pub key: Option<String>,
}

/// A public key of the configuration.
///
/// # Errors
/// What is wrong with it.
pub fn public_key(text: &str) -> Result<Vec<u8>, String> {
    let bytes = STANDARD.decode(text.trim()).map_err(|_| "is no base64".to_owned())?;
    if bytes.len() != 32 {
        return Err(format!("has {} bytes, and an Ed25519 key has 32", bytes.len()));
    }
    Ok(bytes)
}

/// Whether a signature holds.
pub fn holds(public_key: &str, text: &str, signature: &str) -> bool {
    let (Ok(key), Ok(signature)) = (STANDARD.decode(public_key), STANDARD.decode(signature)) else {
        return false;
    };
    UnparsedPublicKey::new(&ED25519, key).verify(text.as_bytes(), &signature).is_ok()
}

/// SHA-256, hexadecimal.
pub fn hash(text: &str) -> String {
    let digest = digest::digest(&digest::SHA256, text.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The key that the service signs with.
struct Signer {
    id: String,
    pair: Ed25519KeyPair,
}

impl Signer {
    fn sign(&self, text: &str) -> String {
        STANDARD.encode(self.pair.sign(text.as_bytes()))
    }
}

/// Sends messages, one after the other, so that each follows the one before.
pub struct HotLine {
    store: Store,
    writer: Writer,
    parties: BTreeMap<String, String>,
    signer: OnceCell<Signer>,
    /// The hash of the last message, if that is known.
    last: Mutex<Option<String>>,
}

fn unreadable(error: &ReadError) -> Problem {
    Problem::unavailable(format!("messages cannot be read at present: {error}"), 5)
}

impl HotLine {
    /// A hot-line; `parties` are the public keys of those that sign themselves.
    pub fn new(store: Store, parties: BTreeMap<String, String>) -> Arc<HotLine> {
        let writer = store.writer();
        let (signer, last) = (OnceCell::new(), Mutex::new(None));
        Arc::new(HotLine { store, writer, parties, signer, last })
    }

    /// Reads the key, and makes one if there is none.
    ///
    /// # Errors
    /// If the store is away.
    pub async fn open(&self) -> Result<(), Problem> {
        self.signer().await.map(|_| ())
    }

    async fn signer(&self) -> Result<&Signer, Problem> {
        self.signer.get_or_try_init(|| self.find_key()).await
    }

    async fn find_key(&self) -> Result<Signer, Problem> {
        let wrong = |_| Problem::unavailable("the key for signatures cannot be used", 60);
        let keys = self.store.signing_keys().await.map_err(|e| unreadable(&e))?;
        if let Some(row) = keys.last() {
            let pkcs8 = STANDARD.decode(&row.private_key).map_err(|_| wrong(()))?;
            let pair = Ed25519KeyPair::from_pkcs8(&pkcs8).map_err(|_| wrong(()))?;
            return Ok(Signer { id: row.id.clone(), pair });
        }
        let pkcs8 = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(|_| wrong(()))?;
        let pair = Ed25519KeyPair::from_pkcs8(pkcs8.as_ref()).map_err(|_| wrong(()))?;
        let public_key = STANDARD.encode(pair.public_key().as_ref());
        let id = hash(&public_key).chars().take(16).collect::<String>();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let row = SigningKeyRow {
            id: id.clone(),
            created_ns: i64::try_from(now.unwrap_or_default().as_nanos()).unwrap_or(i64::MAX),
            public_key,
            private_key: STANDARD.encode(pkcs8.as_ref()),
        };
        let stored = self.writer.record_durably(Entry::SigningKey(row)).await;
        stored.map_err(|error| Problem::not_stored(&error))?;
        tracing::info!(key = id, "a key for signatures was made");
        Ok(Signer { id, pair })
    }

    /// The public keys that messages have been signed with, the present one last: id, key.
    ///
    /// # Errors
    /// If the store is away.
    pub async fn public_keys(&self) -> Result<Vec<(String, String)>, Problem> {
        self.open().await?;
        let keys = self.store.signing_keys().await.map_err(|e| unreadable(&e))?;
        Ok(keys.into_iter().map(|row| (row.id, row.public_key)).collect())
    }

    /// What a party has signed, if it holds against the key that is known of it.
    ///
    /// # Errors
    /// If it does not hold.
    pub fn of_sender(
        &self,
        message: &MessageRow,
        sent: &str,
        signature: &str,
    ) -> Result<SenderSigned, Problem> {
        let key = message.from_party.as_ref().and_then(|party| self.parties.get(party)).cloned();
        if let Some(key) = &key
            && !holds(key, &of_sender(message, sent), signature)
        {
            let says = "does not hold against parties.NAME.public_key of the configuration";
            return Err(Problem::bad(format!("signature: {says}")));
        }
        Ok(SenderSigned { sent: sent.to_owned(), signature: signature.to_owned(), key })
    }

    /// Stores a message, signed and behind the one before it.
    ///
    /// # Errors
    /// If it is not stored.
    pub async fn send(
        self: &Arc<HotLine>,
        message: MessageRow,
        sender: Option<SenderSigned>,
    ) -> Result<MessageRow, Problem> {
        let line = self.clone();
        // A task of its own: whether it is stored does not hang on whoever waits.
        let work = tokio::spawn(async move { line.send_in_turn(message, sender).await });
        work.await.unwrap_or_else(|_| Err(Problem::unavailable("the message was not sent", 5)))
    }

    async fn send_in_turn(
        &self,
        mut message: MessageRow,
        sender: Option<SenderSigned>,
    ) -> Result<MessageRow, Problem> {
        let signer = self.signer().await?;
        let mut last = self.last.lock().await;
        let previous = match last.take() {
            Some(previous) => previous,
            None => self.read_last().await?,
        };
        let mut signed = Signed {
            previous,
            hash: String::new(),
            signature: String::new(),
            key: signer.id.clone(),
            sender,
        };
        let text = of_message(&message, &signed);
        (signed.hash, signed.signature) = (hash(&text), signer.sign(&text));
        // Plain data with text keys.
        message.signed = serde_json::to_string(&signed).ok();
        match self.writer.record_durably(Entry::Message(message.clone())).await {
            Ok(()) => *last = Some(signed.hash),
            // It is certain that nothing was stored.
            Err(error @ (NotStored::Away(_) | NotStored::Full | NotStored::Closed)) => {
                *last = Some(signed.previous);
                return Err(Problem::not_stored(&error));
            }
            // Read again before the next one.
            Err(error) => return Err(Problem::not_stored(&error)),
        }
        Ok(message)
    }

    async fn read_last(&self) -> Result<String, Problem> {
        // Whatever was in doubt is settled once this is through.
        let settled = self.writer.record_durably(Entry::Nothing).await;
        settled.map_err(|error| Problem::not_stored(&error))?;
        let last = self.store.last_message().await.map_err(|e| unreadable(&e))?;
        Ok(last.as_ref().and_then(signed_of).map_or_else(|| FIRST.to_owned(), |s| s.hash))
    }

    /// Puts down that a message has got to a party.
    pub async fn receipt(&self, message: &MessageRow, party: &str, way: Way, time_ns: i64) {
        let (channel, outcome) = match way {
            Way::Stream => ("stream", "delivered"),
            Way::Read => ("read", "read"),
        };
        let mut receipt = ReceiptRow {
            id: 0,
            message: message.id.clone(),
            party: party.to_owned(),
            channel: channel.to_owned(),
            time_ns,
            outcome: outcome.to_owned(),
            detail: String::new(),
            signature: None,
        };
        if let (Some(signed), Ok(signer)) = (signed_of(message), self.signer().await) {
            receipt.signature = Some(signer.sign(&of_receipt(&receipt, &signed.hash)));
        }
        self.writer.record(Entry::Receipt(receipt));
    }
}

/// How a message has got to somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It was handed to a stream that is open.
    Stream,
    /// It was read.
    Read,
}

/// What a stored message is signed with.
pub fn signed_of(message: &MessageRow) -> Option<Signed> {
    serde_json::from_str(message.signed.as_deref()?).ok()
}

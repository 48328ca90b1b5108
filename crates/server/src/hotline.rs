//! The hot-line: messages between parties that can be proved afterwards.
//!
//! Each message is hashed together with the hash of the one before it, and the service signs
//! that; so a word that is changed, and a message that is taken out or put in between, is found
//! (MSG-1). How far the chain has come is signed too, and told to whoever asks: so the removal of the newest
//! is found as well (MSG-2). A party may sign what it sends with a key of its own: then not even the service could
//! have made it up. Receipts are signed the same way.
//!
//! What is signed is plain text, one `name: value` a line and the words last, so that anybody can
//! make the same bytes. Signatures are Ed25519 (RFC 8032), hashes SHA-256.

mod head;
mod key;
mod proof;
mod text;

pub use head::Head;
pub use key::KeyFile;
pub use proof::{Checks, Proof, ReceiptProof, SenderProof};
pub use text::{of_head, of_message, of_receipt, of_sender};

use crate::problem::Problem;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use deconflict_store::{Entry, MessageRow, NotStored, ReadError, ReceiptRow, Store, Writer};
use head::Last;
use key::Signer;
use ring::digest;
use ring::signature::{ED25519, UnparsedPublicKey};
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

/// Sends messages, one after the other, so that each follows the one before.
pub struct HotLine {
    store: Store,
    writer: Writer,
    parties: BTreeMap<String, String>,
    /// The key, where it is kept outside of the database.
    key_file: Option<KeyFile>,
    signer: OnceCell<Signer>,
    /// How far the chain has come, if that is known.
    last: Mutex<Option<Last>>,
}

fn unreadable(error: &ReadError) -> Problem {
    Problem::unavailable(format!("messages cannot be read at present: {error}"), 5)
}

impl HotLine {
    /// A hot-line; `parties` are the public keys of those that sign themselves. Without a key file
    /// the key stands in the database.
    pub fn new(
        store: Store,
        parties: BTreeMap<String, String>,
        key_file: Option<KeyFile>,
    ) -> Arc<HotLine> {
        let writer = store.writer();
        let (signer, last) = (OnceCell::new(), Mutex::new(None));
        Arc::new(HotLine { store, writer, parties, key_file, signer, last })
    }

    /// Reads the key, and makes one if there is none; and looks whether the chain is whole.
    ///
    /// # Errors
    /// If the store is away.
    pub async fn open(&self) -> Result<(), Problem> {
        let mut last = self.last.lock().await;
        if last.is_none() {
            *last = Some(self.read_last().await?);
        }
        Ok(())
    }

    async fn signer(&self) -> Result<&Signer, Problem> {
        self.signer.get_or_try_init(|| self.find_key()).await
    }

    /// The public keys that messages have been signed with, the present one last: id, key.
    ///
    /// # Errors
    /// If the store is away.
    pub async fn public_keys(&self) -> Result<Vec<(String, String)>, Problem> {
        let present = &self.signer().await?.id;
        let keys = self.store.signing_keys().await.map_err(|e| unreadable(&e))?;
        let mut keys: Vec<_> = keys.into_iter().map(|row| (row.id, row.public_key)).collect();
        keys.sort_by_key(|(id, _)| id == present);
        Ok(keys)
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
        let before = match last.take() {
            Some(before) => before,
            None => self.read_last().await?,
        };
        let mut signed = Signed {
            previous: before.hash.clone(),
            hash: String::new(),
            signature: String::new(),
            key: signer.id.clone(),
            sender,
        };
        let text = of_message(&message, &signed);
        (signed.hash, signed.signature) = (hash(&text), signer.sign(&text));
        // Plain data with text keys.
        message.signed = serde_json::to_string(&signed).ok();
        let now = Last { count: before.count + 1, hash: signed.hash };
        let head = now.head(signer, message.time_ns);
        let entry = Entry::Chained { message: Some(message.clone()), head };
        match self.writer.record_durably(entry).await {
            Ok(()) => *last = Some(now),
            // It is certain that nothing was stored.
            Err(error @ (NotStored::Away(_) | NotStored::Full | NotStored::Closed)) => {
                *last = Some(before);
                return Err(Problem::not_stored(&error));
            }
            // Read again before the next one.
            Err(error) => return Err(Problem::not_stored(&error)),
        }
        Ok(message)
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

//! How far the chain has come: what tells that the newest message is not there any more.
//!
//! The head of all messages is stored with each of them. A party is told the head of its own, those
//! from it, to it and to everybody: the other one would tell it how much others talk, and when.

use super::key::Signer;
use super::{FIRST, HotLine, Signed, holds, of_head, unreadable};
use crate::problem::Problem;
use deconflict_core::Time;
use deconflict_picture::Stamp;
use deconflict_store::{Entry, MessageEnd, MessageHeadRow};
use serde::Serialize;
use utoipa::ToSchema;

/// How many messages there are and the hash of the newest, signed: whoever keeps it can show later
/// that there were so many, and which was the last.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Head {
    /// Whose messages: those from it, to it and to everybody; `null` for all there are.
    of: Option<String>,
    /// How many.
    count: i64,
    /// The hash of the newest.
    hash: String,
    /// When that was so.
    #[schema(value_type = String, format = DateTime)]
    time: Stamp,
    /// The text that is signed, UTF-8.
    signed_text: String,
    /// The service's signature of the text, Ed25519 in base64.
    signature: String,
    /// The key, by its name in `GET /v1/messages/key`.
    key: String,
}

/// How far the chain has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Last {
    pub count: i64,
    pub hash: String,
}

impl Last {
    /// The same signed.
    pub fn head(&self, signer: &Signer, time_ns: i64) -> MessageHeadRow {
        let text = of_head(None, self.count, &self.hash, time_ns);
        MessageHeadRow {
            count: self.count,
            hash: self.hash.clone(),
            time_ns,
            key: signer.id.clone(),
            signature: signer.sign(&text),
        }
    }
}

/// The hash of a message, from what it is signed with.
fn hash_of(signed: Option<&String>) -> String {
    let signed = signed.and_then(|text| serde_json::from_str::<Signed>(text).ok());
    signed.map_or_else(|| FIRST.to_owned(), |signed| signed.hash)
}

/// Whether the newest message is the one that the head names, and the head is as it was signed.
pub(super) fn is_whole(end: &MessageEnd, keys: &[(String, String)]) -> bool {
    let MessageEnd { head, stored, newest } = end;
    let key = keys.iter().find(|(id, _)| *id == head.key).map_or("", |(_, key)| key);
    let text = of_head(None, head.count, &head.hash, head.time_ns);
    head.count == *stored
        && head.hash == hash_of(newest.as_ref())
        && holds(key, &text, &head.signature)
}

impl HotLine {
    /// How far the chain has come. Where messages have been taken from its end, it goes on after
    /// those: so the gap stays.
    pub(super) async fn read_last(&self) -> Result<Last, Problem> {
        // Whatever was in doubt is settled once this is through.
        let settled = self.writer.record_durably(Entry::Nothing).await;
        settled.map_err(|error| Problem::not_stored(&error))?;
        if let Some(end) = self.store.message_end().await.map_err(|e| unreadable(&e))? {
            if !is_whole(&end, &self.public_keys().await?) {
                tracing::error!(
                    signed = end.head.count,
                    stored = end.stored,
                    "the messages that are stored do not end as was signed: somebody has changed them"
                );
            }
            return Ok(Last { count: end.head.count, hash: end.head.hash });
        }
        let (count, newest) = self.store.message_tally(None).await.map_err(|e| unreadable(&e))?;
        let last = Last { count, hash: hash_of(newest.as_ref()) };
        if count > 0 {
            let why = "there was no head of the messages: whether any were taken from the end \
                       before now cannot be told";
            tracing::warn!(count, "{why}");
        }
        let head = last.head(self.signer().await?, 0);
        let stored = self.writer.record_durably(Entry::Chained { message: None, head }).await;
        stored.map_err(|error| Problem::not_stored(&error))?;
        Ok(last)
    }

    /// The head of a party's messages, or of all.
    ///
    /// # Errors
    /// If the store is away.
    pub async fn head(&self, party: Option<&str>, now_ns: i64) -> Result<Head, Problem> {
        let signer = self.signer().await?;
        let row = match party {
            None => self.store.message_end().await.map_err(|e| unreadable(&e))?.map(|end| end.head),
            Some(_) => None,
        };
        let row = match row {
            Some(row) => row,
            None => {
                let tally = self.store.message_tally(party).await;
                let (count, newest) = tally.map_err(|e| unreadable(&e))?;
                let hash = hash_of(newest.as_ref());
                let text = of_head(party, count, &hash, now_ns);
                let (key, signature) = (signer.id.clone(), signer.sign(&text));
                MessageHeadRow { count, hash, time_ns: now_ns, key, signature }
            }
        };
        Ok(Head {
            of: party.map(str::to_owned),
            signed_text: of_head(party, row.count, &row.hash, row.time_ns),
            count: row.count,
            hash: row.hash,
            time: Stamp(Time::from_nanos(row.time_ns)),
            signature: row.signature,
            key: row.key,
        })
    }
}

//! What somebody can show to others: the bytes, the signatures, and whether they hold.

use super::head::is_whole;
use super::{
    FIRST, Head, HotLine, hash, holds, of_message, of_receipt, of_sender, signed_of, unreadable,
};
use crate::problem::Problem;
use deconflict_store::MessageRow;
use serde::Serialize;
use utoipa::ToSchema;

/// Everything with which a message can be proved.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Proof {
    /// The message.
    id: String,
    /// The text that is hashed and signed, UTF-8.
    signed_text: String,
    /// SHA-256 of that text as it was when it was stored, hexadecimal.
    hash: String,
    /// The hash of the message before it; it stands in the text too.
    previous: String,
    /// The service's signature of the text, Ed25519 in base64.
    signature: String,
    /// The service's public key, base64; `GET /v1/messages/key` has it too.
    public_key: String,
    /// What the sender has signed itself.
    sender: Option<SenderProof>,
    /// Who was told; all of them only for the sender and the cell.
    receipts: Vec<ReceiptProof>,
    /// How far the messages have come that the reader may read: to be kept.
    head: Option<Head>,
    /// What the service finds when it looks now.
    checks: Checks,
}

/// The sender's own signature.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct SenderProof {
    /// The text that it has signed.
    signed_text: String,
    /// Its signature.
    signature: String,
    /// Its public key as the service knew it; `null` if it knew none, and verified nothing.
    public_key: Option<String>,
}

/// A receipt with its signature.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReceiptProof {
    /// Who.
    pub party: String,
    /// The text that is signed.
    signed_text: String,
    /// The service's signature; `null` for receipts of before there were signatures.
    signature: Option<String>,
}

/// What holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Checks {
    /// The message as it stands gives the hash that was stored.
    hash: bool,
    /// The service's signature holds.
    signature: bool,
    /// It follows the message that stands before it, which is as it was.
    previous: bool,
    /// The sender's signature holds; `null` without one that can be verified.
    sender: Option<bool>,
    /// The signatures of the receipts hold.
    receipts: bool,
    /// All messages end as was signed when the newest was stored: none was taken from the end.
    head: bool,
}

impl Checks {
    /// Whether nothing has been found wrong.
    pub fn all_hold(self) -> bool {
        let message = self.hash && self.signature && self.sender.unwrap_or(true);
        message && self.previous && self.receipts && self.head
    }
}

impl HotLine {
    /// The proof of a message with the message itself; `None` if there is no such message, or none
    /// that is signed.
    ///
    /// # Errors
    /// If the store is away.
    pub async fn proof(&self, id: &str) -> Result<Option<(MessageRow, Proof)>, Problem> {
        let found = self.store.message(id).await.map_err(|e| unreadable(&e))?;
        let Some((record, before)) = found else { return Ok(None) };
        let message = record.message;
        let Some(signed) = signed_of(&message) else { return Ok(None) };
        self.open().await?;
        let keys = self.public_keys().await?;
        let end = self.store.message_end().await.map_err(|e| unreadable(&e))?;
        let head = end.is_some_and(|end| is_whole(&end, &keys));
        let key = keys.into_iter().find(|(id, _)| *id == signed.key).map(|(_, key)| key);
        let public_key = key.unwrap_or_default();
        let text = of_message(&message, &signed);
        let expected = match before.as_ref().map(|before| (before, signed_of(before))) {
            Some((before, Some(signed))) => hash(&of_message(before, &signed)),
            _ => FIRST.to_owned(),
        };
        let sender = signed.sender.as_ref().map(|sender| SenderProof {
            signed_text: of_sender(&message, &sender.sent),
            signature: sender.signature.clone(),
            public_key: sender.key.clone(),
        });
        let receipts: Vec<ReceiptProof> = record
            .receipts
            .iter()
            .map(|receipt| ReceiptProof {
                party: receipt.party.clone(),
                signed_text: of_receipt(receipt, &signed.hash),
                signature: receipt.signature.clone(),
            })
            .collect();
        let signed_receipts =
            receipts.iter().filter_map(|r| Some((&r.signed_text, r.signature.as_ref()?)));
        let checks = Checks {
            hash: hash(&text) == signed.hash,
            signature: holds(&public_key, &text, &signed.signature),
            previous: signed.previous == expected,
            sender: sender
                .as_ref()
                .and_then(|s| Some(holds(s.public_key.as_ref()?, &s.signed_text, &s.signature))),
            receipts: signed_receipts
                .into_iter()
                .all(|(text, signature)| holds(&public_key, text, signature)),
            head,
        };
        let proof = Proof {
            id: message.id.clone(),
            signed_text: text,
            hash: signed.hash,
            previous: signed.previous,
            signature: signed.signature,
            public_key,
            sender,
            receipts,
            head: None,
            checks,
        };
        Ok(Some((message, proof)))
    }
}

impl Proof {
    /// The same with how far the messages have come.
    #[must_use]
    pub fn with_head(self, head: Head) -> Proof {
        Proof { head: Some(head), ..self }
    }

    /// The same with the receipts of one party alone.
    #[must_use]
    pub fn for_party(mut self, party: &str) -> Proof {
        self.receipts.retain(|receipt| receipt.party == party);
        self
    }
}

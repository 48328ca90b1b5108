//! `/v1/messages`: between the cell and the parties, and between parties.

use super::caller::Caller;
use super::{App, Query, alerts};
use crate::hotline::{Head, Proof, Way, signed_of};
use crate::problem::Problem;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use deconflict_access::{Outcome, Role};
use deconflict_core::Time;
use deconflict_picture::{Kind, Stamp, Viewer};
use deconflict_reserve::text;
use deconflict_store::{MessageRecord, MessageRow};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use utoipa::{IntoParams, ToSchema};

/// Longest message, characters.
const MOST_TEXT: usize = 4000;
/// Longest name of anything that a message is to or about, bytes.
const MOST_NAME: usize = 200;
/// How far the time that a sender has signed may be from now, seconds.
const MOST_OFF_S: f64 = 600.0;

/// A message, and what became of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct MessageView {
    /// Its name.
    id: String,
    /// When it was sent.
    #[schema(value_type = String, format = DateTime)]
    time: Stamp,
    /// The party that it is from; `null` is the cell.
    from: Option<String>,
    /// The party that it is to; `null` is everybody.
    to: Option<String>,
    /// The alert that it is about.
    alert: Option<String>,
    /// The reservation that it is about.
    reservation: Option<String>,
    /// What it says.
    text: String,
    /// SHA-256 of what the service has signed; `null` for messages of before there were signatures.
    hash: Option<String>,
    /// Whether the sender has signed it with a key that the service knows.
    signed_by_sender: bool,
    /// Who was told, and when: only for whoever sent it, and for the cell.
    receipts: Vec<Receipt>,
}

/// Somebody was told.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Receipt {
    /// Who.
    party: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    time: Stamp,
    /// By which way: `stream`, `read`.
    channel: String,
    /// What became of it: `delivered`, `read`.
    outcome: String,
}

/// Which messages.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// Older than this one: for the next page.
    before: Option<String>,
    /// How many at most.
    limit: Option<u32>,
}

/// A message on a stream.
#[derive(Serialize)]
struct Told {
    message: MessageView,
}

fn party(caller: &Caller) -> Option<&str> {
    match caller.identity.role() {
        Role::Party => Some(caller.identity.party().unwrap_or_default()),
        _ => None,
    }
}

fn view_of(record: MessageRecord, with_receipts: bool) -> MessageView {
    let MessageRecord { message, receipts } = record;
    let signed = signed_of(&message);
    let sender = signed.as_ref().and_then(|signed| signed.sender.as_ref());
    let receipts = receipts.into_iter().filter(|_| with_receipts).map(|r| Receipt {
        party: r.party,
        time: Stamp(Time::from_nanos(r.time_ns)),
        channel: r.channel,
        outcome: r.outcome,
    });
    MessageView {
        signed_by_sender: sender.is_some_and(|sender| sender.key.is_some()),
        hash: signed.map(|signed| signed.hash),
        id: message.id,
        time: Stamp(Time::from_nanos(message.time_ns)),
        from: message.from_party,
        to: message.to_party,
        alert: message.alert,
        reservation: message.reservation,
        text: message.text,
        receipts: receipts.collect(),
    }
}

/// Messages from and to the caller, newest first. Reading them is noted for whoever sent them.
#[utoipa::path(get, path = "/v1/messages", params(Page), tag = "messages",
    responses((status = 200, body = Vec<MessageView>)))]
pub async fn list(
    State(app): State<Arc<App>>,
    caller: Caller,
    Query(page): Query<Page>,
) -> Result<Json<Vec<MessageView>>, Problem> {
    let reader = party(&caller);
    let limit = page.limit.unwrap_or(100);
    let found = app.store.messages(reader, page.before.as_deref(), limit).await;
    let found = found.map_err(|error| {
        Problem::unavailable(format!("messages cannot be read at present: {error}"), 5)
    })?;
    let now = app.clock.time_of_day();
    let mut views = Vec::new();
    for record in found {
        let is_sender = record.message.from_party.as_deref() == reader;
        let is_read = |r: &deconflict_store::ReceiptRow| {
            r.channel == "read" && Some(r.party.as_str()) == reader
        };
        if let Some(reader) = reader
            && !is_sender
            && !record.receipts.iter().any(is_read)
        {
            app.hotline.receipt(&record.message, reader, Way::Read, now.as_nanos()).await;
        }
        views.push(view_of(record, is_sender || reader.is_none()));
    }
    Ok(Json(views))
}

/// A message to be sent.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewMessage {
    /// The party that it is to; everybody if not given.
    to: Option<String>,
    /// The alert that it is about.
    alert: Option<String>,
    /// The reservation that it is about.
    reservation: Option<String>,
    /// What it says, at most 4000 characters.
    text: String,
    /// The sender's own signature, Ed25519 in base64; docs/api.md says of what.
    signature: Option<String>,
    /// With a signature: the time that is signed with it, RFC 3339.
    sent: Option<String>,
}

/// What a new message holds, if it can be meant.
async fn checked(app: &App, caller: &Caller, new: &NewMessage) -> Result<(), Problem> {
    let length = new.text.chars().count();
    if new.text.trim().is_empty() || length > MOST_TEXT {
        return Err(Problem::bad(format!("text: 1 to {MOST_TEXT} characters, not {length}")));
    }
    for (field, name) in [("to", &new.to), ("alert", &new.alert), ("reservation", &new.reservation)]
    {
        let Some(name) = name else { continue };
        if name.is_empty() || name.len() > MOST_NAME || name.chars().any(char::is_control) {
            return Err(Problem::bad(format!("{field}: is no name")));
        }
    }
    if let Some(id) = &new.alert {
        alerts::find(app, caller, id).await?;
    }
    if let Some(id) = &new.reservation
        && app.desk.book.see(&caller.viewer(), id).is_none()
    {
        return Err(Problem::not_found("reservation", format!("{id:?}")));
    }
    Ok(())
}

/// Sends a message. Answers when it is stored, signed by the service.
#[utoipa::path(post, path = "/v1/messages", tag = "messages", request_body = NewMessage,
    responses((status = 201, body = MessageView), (status = 400, body = Problem),
        (status = 404, description = "What it is about is not there", body = Problem)))]
pub async fn send(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(new): Json<NewMessage>,
) -> Result<(StatusCode, Json<MessageView>), Problem> {
    checked(&app, &caller, &new).await?;
    static SENT: AtomicU64 = AtomicU64::new(0);
    let time = app.clock.time_of_day();
    let number = SENT.fetch_add(1, Ordering::Relaxed);
    let message = MessageRow {
        // Sorts by time.
        id: format!("{:020}-{number:06}", time.as_nanos().max(0)),
        time_ns: time.as_nanos(),
        from_party: party(&caller).map(str::to_owned),
        to_party: new.to,
        alert: new.alert,
        reservation: new.reservation,
        // A database has no text with a zero in it, and what is signed is what is stored.
        text: new.text.replace('\0', "\u{fffd}"),
        body: "{}".to_owned(),
        signed: None,
    };
    let sender = match (&new.signature, &new.sent) {
        (None, None) => None,
        (Some(signature), Some(sent)) => {
            let when = text::time(sent).map_err(|says| Problem::bad(format!("sent: {says}")))?;
            if when.seconds_since(time).abs() > MOST_OFF_S || sent.chars().any(char::is_control) {
                return Err(Problem::bad("sent: is not within ten minutes of now"));
            }
            let is_base64 = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/' | b'=');
            if signature.len() != 88 || !signature.bytes().all(is_base64) {
                return Err(Problem::bad("signature: is not 64 bytes in base64"));
            }
            Some(app.hotline.of_sender(&message, sent, signature)?)
        }
        _ => return Err(Problem::bad("signature: goes with `sent`, the time that is signed")),
    };
    let message = app.hotline.send(message, sender).await?;
    app.audit(caller.event(&app, "send message", Outcome::Done).on(message.id.clone()));
    let view = view_of(MessageRecord { message: message.clone(), receipts: Vec::new() }, false);
    // Parties alone: among those who see everything there are some who may read no messages.
    let reached = app.hub.add(Kind::Message, |viewer| match viewer {
        Viewer::Party(party) if may_read(&message, party) && !is_from(&message, party) => {
            Some(Told { message: view.clone() })
        }
        _ => None,
    });
    for viewer in reached {
        if let Viewer::Party(party) = viewer {
            let now = app.clock.time_of_day().as_nanos();
            app.hotline.receipt(&message, &party, Way::Stream, now).await;
        }
    }
    Ok((StatusCode::CREATED, Json(view)))
}

fn is_from(message: &MessageRow, party: &str) -> bool {
    message.from_party.as_deref() == Some(party)
}

/// Whether a message is from or to a party.
fn may_read(message: &MessageRow, party: &str) -> bool {
    is_from(message, party) || message.to_party.as_deref().is_none_or(|to| to == party)
}

/// A key that the service signs with.
#[derive(Serialize, ToSchema)]
pub struct SigningKey {
    /// Its name.
    id: String,
    /// `Ed25519`.
    algorithm: &'static str,
    /// The public key, 32 bytes in base64.
    public_key: String,
    /// With the present key: how far the messages have come that the caller may read. To be kept.
    head: Option<Head>,
}

/// The public keys with which the service signs messages, the present one first.
#[utoipa::path(get, path = "/v1/messages/key", tag = "messages",
    responses((status = 200, body = Vec<SigningKey>), (status = 503, body = Problem)))]
pub async fn key(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<Json<Vec<SigningKey>>, Problem> {
    let keys = app.hotline.public_keys().await?.into_iter().rev();
    let now_ns = app.clock.time_of_day().as_nanos();
    let mut head = Some(app.hotline.head(party(&caller), now_ns).await?);
    let keys = keys.map(|(id, public_key)| SigningKey {
        id,
        algorithm: "Ed25519",
        public_key,
        head: head.take(),
    });
    Ok(Json(keys.collect()))
}

/// What a message can be proved with: for whoever sent or got it, and for the cell.
#[utoipa::path(get, path = "/v1/messages/{id}/proof", tag = "messages",
    params(("id" = String, Path, description = "Its name")),
    responses((status = 200, body = Proof), (status = 404, body = Problem)))]
pub async fn proof(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Proof>, Problem> {
    let none = || Problem::not_found("proof of a message", format!("{id:?}"));
    let (message, proof) = app.hotline.proof(&id).await?.ok_or_else(none)?;
    let now_ns = app.clock.time_of_day().as_nanos();
    let proof = proof.with_head(app.hotline.head(party(&caller), now_ns).await?);
    match party(&caller) {
        None => Ok(Json(proof)),
        Some(reader) if !may_read(&message, reader) => Err(none()),
        Some(reader) if is_from(&message, reader) => Ok(Json(proof)),
        Some(reader) => Ok(Json(proof.for_party(reader))),
    }
}

//! `/v1/messages`: between the cell and the parties, and between parties.

use super::caller::Caller;
use super::{App, Query};
use crate::problem::Problem;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use deconflict_access::{Outcome, Role};
use deconflict_core::Time;
use deconflict_picture::Stamp;
use deconflict_store::{Entry, MessageRow, ReceiptRow};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use utoipa::{IntoParams, ToSchema};

/// Longest message, characters.
const MOST_TEXT: usize = 4000;

/// A message, and what became of it.
#[derive(Serialize, ToSchema)]
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
    /// What it says.
    text: String,
    /// Who was told, and when: only for whoever sent it, and for the cell.
    receipts: Vec<Receipt>,
}

/// Somebody was told.
#[derive(Serialize, ToSchema)]
pub struct Receipt {
    /// Who.
    party: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    time: Stamp,
    /// What became of it.
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

fn party(caller: &Caller) -> Option<&str> {
    match caller.identity.role() {
        Role::Party => Some(caller.identity.party().unwrap_or_default()),
        _ => None,
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
        let message = record.message;
        let is_sender = message.from_party.as_deref() == reader;
        let known = record.receipts.iter().any(|r| Some(r.party.as_str()) == reader);
        if let Some(reader) = reader
            && !is_sender
            && !known
        {
            app.writer.record(Entry::Receipt(ReceiptRow {
                id: 0,
                message: message.id.clone(),
                party: reader.to_owned(),
                channel: "read".to_owned(),
                time_ns: now.as_nanos(),
                outcome: "read".to_owned(),
                detail: String::new(),
            }));
        }
        let receipts = record.receipts.into_iter().filter(|_| is_sender || reader.is_none());
        let receipts = receipts.map(|r| Receipt {
            party: r.party,
            time: Stamp(Time::from_nanos(r.time_ns)),
            outcome: r.outcome,
        });
        views.push(MessageView {
            id: message.id,
            time: Stamp(Time::from_nanos(message.time_ns)),
            from: message.from_party,
            to: message.to_party,
            alert: message.alert,
            text: message.text,
            receipts: receipts.collect(),
        });
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
    /// What it says, at most 4000 characters.
    text: String,
}

/// Sends a message. Answers when it is stored.
#[utoipa::path(post, path = "/v1/messages", tag = "messages", request_body = NewMessage,
    responses((status = 201, body = MessageView), (status = 400, body = Problem)))]
pub async fn send(
    State(app): State<Arc<App>>,
    caller: Caller,
    Json(new): Json<NewMessage>,
) -> Result<(StatusCode, Json<MessageView>), Problem> {
    let length = new.text.chars().count();
    if new.text.trim().is_empty() || length > MOST_TEXT {
        return Err(Problem::bad(format!("text: 1 to {MOST_TEXT} characters, not {length}")));
    }
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
        text: new.text,
        body: "{}".to_owned(),
    };
    let stored = app.writer.record_durably(Entry::Message(message.clone())).await;
    stored.map_err(|error| Problem::not_stored(&error))?;
    app.audit(caller.event(&app, "send message", Outcome::Done).on(message.id.clone()));
    let view = MessageView {
        id: message.id,
        time: Stamp(time),
        from: message.from_party,
        to: message.to_party,
        alert: message.alert,
        text: message.text,
        receipts: Vec::new(),
    };
    Ok((StatusCode::CREATED, Json(view)))
}

//! `/v1/stream` and `/v1/ws`: the picture as it changes.

use super::caller::Caller;
use super::{App, Query};
use crate::problem::Problem;
use crate::replay::{Player, Wanted};
use axum::body::Body;
use axum::extract::State;
use axum::extract::ws::{Message as Frame, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use deconflict_access::{Access, Ticket};
use deconflict_picture::{Kind, Message, Stamp};
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{broadcast, mpsc};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::ReceiverStream;
use utoipa::IntoParams;

/// Messages between a source and the connection that it is for. What the network does not take
/// waits in the view's own channel, where it is bounded too.
const HAND: usize = 4;

/// How often it is asked whether a reader may go on.
const STILL_EVERY: Duration = Duration::from_secs(5);

/// Where a stream begins.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct Begin {
    /// The last message that the client has, `RUN:SEQ`; as header `Last-Event-ID`.
    last: Option<String>,
    /// Plays the recording from this time on, instead of the present.
    #[param(value_type = Option<String>, format = DateTime)]
    at: Option<Stamp>,
    /// How many times faster than real time the recording is played; 0 shows one moment.
    speed: Option<f64>,
}

/// The messages of one reader.
type Messages = ReceiverStream<Message>;

/// Server-sent events.
#[utoipa::path(get, path = "/v1/stream", params(Begin), tag = "stream",
    responses((status = 200, description = "Messages as described in docs/api.md",
        content_type = "text/event-stream", body = String)))]
pub async fn events(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    Query(begin): Query<Begin>,
) -> Result<Response, Problem> {
    let header = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let begin = Begin { last: begin.last.clone().or(header.map(str::to_owned)), ..begin };
    let messages = open(&app, &caller, &begin)?;
    let frames = messages.map(|message| Ok::<_, std::convert::Infallible>(message.event()));
    let mut response = Body::from_stream(frames).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // Proxies that gather would make a live picture an old one.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

/// The same messages as text over a WebSocket.
#[utoipa::path(get, path = "/v1/ws", params(Begin), tag = "stream",
    responses((status = 101, description = "Messages as described in docs/api.md")))]
pub async fn socket(
    State(app): State<Arc<App>>,
    caller: Caller,
    headers: HeaderMap,
    Query(begin): Query<Begin>,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    same_origin(&headers)?;
    let messages = open(&app, &caller, &begin)?;
    // Nothing but closing is expected from the other side.
    Ok(upgrade.max_message_size(4096).on_upgrade(|socket| pump(socket, messages)))
}

/// A browser sends its cookie with a WebSocket that any page opens: only our own may.
fn same_origin(headers: &HeaderMap) -> Result<(), Problem> {
    let Some(origin) = headers.get(header::ORIGIN).and_then(|o| o.to_str().ok()) else {
        return Ok(());
    };
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or_default();
    let of_origin = origin.split_once("://").map_or(origin, |(_, host)| host);
    if of_origin == host {
        return Ok(());
    }
    let detail = format!("a page of {origin} may not open the stream of {host}");
    Err(Problem::new(StatusCode::FORBIDDEN, detail))
}

async fn pump(mut socket: WebSocket, mut messages: Messages) {
    loop {
        tokio::select! {
            message = messages.next() => {
                let Some(message) = message else { break };
                let Ok(text) = Utf8Bytes::try_from(message.json()) else { break };
                if socket.send(Frame::Text(text)).await.is_err() {
                    return;
                }
            }
            said = socket.recv() => match said {
                None | Some(Err(_) | Ok(Frame::Close(_))) => return,
                Some(Ok(_)) => {}
            },
        }
    }
    let _ = socket.send(Frame::Close(None)).await;
}

fn open(app: &Arc<App>, caller: &Caller, begin: &Begin) -> Result<Messages, Problem> {
    let viewer = caller.viewer();
    if let Some(Stamp(at)) = begin.at {
        let speed = begin.speed.unwrap_or(1.0);
        if !(0.0..=1000.0).contains(&speed) {
            return Err(Problem::bad(format!("speed: {speed} is not between 0 and 1000")));
        }
        let wanted = Wanted { from: at, speed, viewer, policy: app.hub.policy() };
        return Player::start(app, wanted).map(ReceiverStream::new);
    }
    if begin.speed.is_some() {
        return Err(Problem::bad("speed: goes with `at`; the present has its own pace"));
    }
    let last = match &begin.last {
        None => None,
        Some(text) => Some(
            text.rsplit_once(':')
                .and_then(|(run, seq)| Some((run, seq.parse().ok()?)))
                .ok_or_else(|| Problem::bad(format!("last: {text:?} is not RUN:SEQ")))?,
        ),
    };
    let subscription = app.hub.subscribe(&viewer, last);
    let (sender, receiver) = mpsc::channel(HAND);
    app.metrics.stream_opened();
    let metrics = app.metrics.clone();
    let mut stop = app.stopping();
    let (access, ticket) = (app.access.clone(), caller.ticket.clone());
    tokio::spawn(async move {
        let dropped = tokio::select! {
            dropped = forward(subscription, &sender) => dropped,
            () = sender.closed() => false,
            () = until_refused(&access, &ticket) => false,
            _ = stop.wait_for(|stop| *stop) => false,
        };
        metrics.stream_closed(dropped);
    });
    Ok(ReceiverStream::new(receiver))
}

/// Returns when whoever reads may not any more: a key that was revoked, a session that ended.
async fn until_refused(access: &Access, ticket: &Ticket) {
    while access.still(ticket).is_ok() {
        tokio::time::sleep(STILL_EVERY).await;
    }
}

/// Hands messages on until either side ends. Returns whether the reader was too slow.
async fn forward(subscription: crate::hub::Subscription, sender: &mpsc::Sender<Message>) -> bool {
    let (mut seq, mut time) = (0, deconflict_core::Time::MIN);
    for message in subscription.first {
        (seq, time) = (message.seq, message.time);
        if sender.send(message).await.is_err() {
            return false;
        }
    }
    let mut rest = subscription.rest;
    loop {
        match rest.recv().await {
            Ok(message) => {
                (seq, time) = (message.seq, message.time);
                let last = message.kind == Kind::End;
                if sender.send(message).await.is_err() || last {
                    return false;
                }
            }
            Err(broadcast::error::RecvError::Closed) => return false,
            Err(broadcast::error::RecvError::Lagged(missed)) => {
                let reason = format!("too slow: {missed} messages behind; connect again");
                let _ = sender.send(Message::end(&subscription.run, seq + 1, time, &reason)).await;
                return true;
            }
        }
    }
}

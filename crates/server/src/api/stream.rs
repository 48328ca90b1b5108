//! `/v1/stream` and `/v1/ws`: the picture as it changes.

use super::caller::Caller;
use super::{App, Query};
use crate::hub::{MOST_BEHIND, Subscription};
use crate::problem::Problem;
use crate::replay::{Played, Player, Wanted};
use axum::body::Body;
use axum::extract::State;
use axum::extract::ws::{Message as Frame, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use deconflict_access::{Access, Reason, Ticket};
use deconflict_core::Time;
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

/// How often it is looked how far behind a reader is that takes nothing at present.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long a reader that is too slow has to take the message that says so.
const UNTAKEN: Duration = Duration::from_secs(30);

/// How often it is asked whether a reader may go on.
const STILL_EVERY: Duration = Duration::from_secs(2);

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
    let messages = open(&app, &caller, &begin).await?;
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
    let messages = open(&app, &caller, &begin).await?;
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

async fn open(app: &Arc<App>, caller: &Caller, begin: &Begin) -> Result<Messages, Problem> {
    let mut source = source(app, caller, begin).await?;
    let (sender, receiver) = mpsc::channel(HAND);
    app.metrics.stream_opened();
    let metrics = app.metrics.clone();
    let mut stop = app.stopping();
    let (access, ticket) = (app.access.clone(), caller.ticket.clone());
    tokio::spawn(async move {
        let mut place = (0, Time::MIN);
        let ended = tokio::select! {
            ended = source.forward(&sender, &mut place) => ended,
            () = sender.closed() => Ended::Over,
            reason = until_refused(&access, &ticket) => Ended::Refused(reason),
            _ = stop.wait_for(|stop| *stop) => Ended::Stopped,
        };
        metrics.stream_closed(matches!(ended, Ended::TooSlow(_)));
        let end = |reason: &str| Message::end(&source.run, place.0 + 1, place.1, reason);
        match &ended {
            Ended::Over => {}
            // It is told when it gets that far; the connection is given up if it never does.
            Ended::TooSlow(missed) => {
                let reason = format!("too slow: {missed} messages behind; connect again");
                let _ = tokio::time::timeout(UNTAKEN, sender.send(end(&reason))).await;
            }
            // Whoever does not take it at once does not hold up the end.
            Ended::Refused(reason) => drop(sender.try_send(end(&reason.to_string()))),
            Ended::Stopped => drop(sender.try_send(end("the service is stopping"))),
        }
    });
    Ok(ReceiverStream::new(receiver))
}

/// Why a stream ended.
enum Ended {
    /// The reader has gone, or the last message was its own end.
    Over,
    /// The reader does not keep up.
    TooSlow(u64),
    /// The reader may not be here any more.
    Refused(Reason),
    /// The service stops.
    Stopped,
}

/// Where messages come from.
struct Source {
    run: String,
    first: Vec<Message>,
    rest: Rest,
}

enum Rest {
    Live(broadcast::Receiver<Message>),
    Played(mpsc::Receiver<Message>),
}

async fn source(app: &Arc<App>, caller: &Caller, begin: &Begin) -> Result<Source, Problem> {
    let viewer = caller.viewer();
    if let Some(Stamp(at)) = begin.at {
        let speed = begin.speed.unwrap_or(1.0);
        if !(0.0..=1000.0).contains(&speed) {
            return Err(Problem::bad(format!("speed: {speed} is not between 0 and 1000")));
        }
        let wanted = Wanted { from: at, speed, viewer, policy: app.hub.policy() };
        let Played { run, messages } = Player::start(app, wanted).await?;
        return Ok(Source { run, first: Vec::new(), rest: Rest::Played(messages) });
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
    let Subscription { first, rest, run } = app.hub.subscribe(&viewer, last);
    Ok(Source { run, first, rest: Rest::Live(rest) })
}

/// Returns when whoever reads may not any more: a key that was revoked, a session that ended.
async fn until_refused(access: &Access, ticket: &Ticket) -> Reason {
    loop {
        if let Err(reason) = access.still(ticket) {
            return reason;
        }
        tokio::time::sleep(STILL_EVERY).await;
    }
}

impl Source {
    /// Hands messages on until either side ends. `place` is number and time of the last.
    async fn forward(&mut self, sender: &mpsc::Sender<Message>, place: &mut (u64, Time)) -> Ended {
        for message in self.first.drain(..) {
            *place = (message.seq, message.time);
            if sender.send(message).await.is_err() {
                return Ended::Over;
            }
        }
        loop {
            let message = match &mut self.rest {
                Rest::Played(messages) => messages.recv().await,
                Rest::Live(messages) => match messages.recv().await {
                    Ok(message) => Some(message),
                    Err(broadcast::error::RecvError::Closed) => None,
                    Err(broadcast::error::RecvError::Lagged(missed)) => {
                        return Ended::TooSlow(missed);
                    }
                },
            };
            let Some(message) = message else { return Ended::Over };
            let last = message.kind == Kind::End;
            let number = (message.seq, message.time);
            match self.hand_on(sender, message).await {
                None => *place = number,
                Some(ended) => return ended,
            }
            if last {
                return Ended::Over;
            }
        }
    }

    /// Hands one message on. A reader that takes nothing at all is looked after as well as one
    /// that takes too little.
    async fn hand_on(&self, sender: &mpsc::Sender<Message>, message: Message) -> Option<Ended> {
        loop {
            match tokio::time::timeout(LOOK_EVERY, sender.reserve()).await {
                Ok(Ok(place)) => {
                    place.send(message);
                    return None;
                }
                Ok(Err(_)) => return Some(Ended::Over),
                Err(_) => {}
            }
            if let Rest::Live(messages) = &self.rest
                && messages.len() > MOST_BEHIND
            {
                return Some(Ended::TooSlow(messages.len() as u64));
            }
        }
    }
}

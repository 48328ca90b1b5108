//! Clients: plain requests, server-sent events, WebSocket.

use super::soon;
use futures_util::StreamExt;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

/// Somebody who asks.
#[derive(Clone)]
pub struct Client {
    base: String,
    /// What is sent with every request.
    headers: Vec<(HeaderName, String)>,
    http: reqwest::Client,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    /// The body; `null` if it is no JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }

    /// A header, empty if it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

impl Client {
    /// Somebody without a credential.
    pub fn new(base: &str) -> Client {
        // The service has most likely put it there already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().danger_accept_invalid_certs(true);
        Client { base: base.to_owned(), headers: Vec::new(), http: http.build().unwrap() }
    }

    /// The same with a header on every request.
    pub fn with(&self, name: &'static str, value: impl Into<String>) -> Client {
        let mut client = self.clone();
        client.headers.push((HeaderName::from_static(name), value.into()));
        client
    }

    /// The same with a key or token.
    pub fn bearer(&self, credential: &str) -> Client {
        self.with("authorization", format!("Bearer {credential}"))
    }

    /// A request that has not been sent.
    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        self.headers.iter().fold(request, |request, (name, value)| request.header(name, value))
    }

    /// Sends a request and reads the whole answer.
    pub async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let mut request = self.request(method, path);
        if let Some(body) = body {
            request = request.json(&body);
        }
        read(soon(path, request.send()).await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// Opens a stream of server-sent events, such as `/v1/stream?at=…`.
    pub async fn events(&self, path: &str) -> Events {
        let answer = soon(path, self.request(Method::GET, path).send()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}: {}", answer.text().await.unwrap());
        Events { answer, waiting: Vec::new(), raw: String::new() }
    }

    /// Opens a WebSocket, such as `/v1/ws`; or the status with which that was refused.
    pub async fn socket(&self, path: &str) -> Result<Socket, u16> {
        let url = format!("{}{path}", self.base.replacen("http", "ws", 1));
        let mut request = url.into_client_request().unwrap();
        for (name, value) in &self.headers {
            let value = HeaderValue::from_str(value).unwrap();
            request.headers_mut().insert(name, value);
        }
        let opened = tokio_tungstenite::connect_async(request);
        match soon(path, opened).await {
            Ok((stream, _)) => Ok(Socket { stream, raw: String::new() }),
            Err(tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
            Err(error) => panic!("{path}: {error}"),
        }
    }
}

/// Reads an answer.
pub async fn read(answer: reqwest::Response) -> Answer {
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = soon("the body of an answer", answer.text()).await.unwrap();
    Answer { status, headers, text }
}

/// A message of a stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub kind: String,
    /// `RUN:SEQ`; empty on a WebSocket.
    pub id: String,
    pub json: Value,
}

/// Server-sent events.
pub struct Events {
    answer: reqwest::Response,
    waiting: Vec<u8>,
    /// Everything that has come, as it came.
    pub raw: String,
}

impl Events {
    /// The next message; `None` when the service has ended the stream.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(end) = self.waiting.windows(2).position(|two| two == b"\n\n") {
                let frame: Vec<u8> = self.waiting.drain(..end + 2).collect();
                let frame = String::from_utf8(frame).unwrap();
                self.raw.push_str(&frame);
                return Some(event(&frame));
            }
            // A broken connection ends a stream as well as an orderly one.
            let chunk = soon("the next event", self.answer.chunk()).await.ok()??;
            self.waiting.extend_from_slice(&chunk);
        }
    }

    /// The next message for which this holds; those before it are passed over.
    pub async fn until(&mut self, what: &str, holds: impl Fn(&Event) -> bool) -> Event {
        loop {
            let next = soon(what, self.next()).await;
            let event = next.unwrap_or_else(|| panic!("the stream ended before {what}"));
            if holds(&event) {
                return event;
            }
        }
    }

    /// Everything that still comes until the service ends the stream.
    pub async fn rest(&mut self) -> Vec<Event> {
        let mut all = Vec::new();
        while let Some(event) = self.next().await {
            all.push(event);
        }
        all
    }
}

fn event(frame: &str) -> Event {
    let field = |name: &str| {
        let line = frame.lines().find_map(|line| line.strip_prefix(name));
        line.map(|text| text.trim_start_matches(": ").to_owned()).unwrap_or_default()
    };
    let json = serde_json::from_str(&field("data")).unwrap();
    Event { kind: field("event"), id: field("id"), json }
}

/// A WebSocket.
pub struct Socket {
    stream: tokio_tungstenite::WebSocketStream<
        tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>,
    >,
    /// Everything that has come, as it came.
    pub raw: String,
}

impl Socket {
    /// The next message; `None` when the service has ended the stream.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            match soon("the next message", self.stream.next()).await?.ok()? {
                tungstenite::Message::Text(text) => {
                    self.raw.push_str(&text);
                    self.raw.push('\n');
                    let json: Value = serde_json::from_str(&text).unwrap();
                    let kind = json["kind"].as_str().unwrap_or_default().to_owned();
                    return Some(Event { kind, id: String::new(), json });
                }
                tungstenite::Message::Close(_) => return None,
                _ => {}
            }
        }
    }

    /// The next message for which this holds; those before it are passed over.
    pub async fn until(&mut self, what: &str, holds: impl Fn(&Event) -> bool) -> Event {
        loop {
            let next = soon(what, self.next()).await;
            let event = next.unwrap_or_else(|| panic!("the socket closed before {what}"));
            if holds(&event) {
                return event;
            }
        }
    }
}

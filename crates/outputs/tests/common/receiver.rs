//! A receiver of webhooks that does what a script says.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};

/// What to do with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Answer with this status and these header lines.
    Status(u16, &'static str),
    /// Read it and never answer.
    Hang,
    /// Read it and close the connection.
    Close,
}

impl Answer {
    pub fn accepts(&self) -> bool {
        matches!(self, Answer::Status(200..=299, _))
    }
}

/// A request, and what was done with it.
#[derive(Clone, Debug)]
pub struct Request {
    pub head: String,
    pub body: Vec<u8>,
    pub at: Instant,
    pub answer: Answer,
}

impl Request {
    pub fn header(&self, name: &str) -> &str {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(n, _)| n.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value).unwrap_or_default()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }
}

/// What it does with the requests to come; 204 to those that are not in the script.
pub type Script = Arc<Mutex<VecDeque<Answer>>>;

pub struct Receiver {
    pub address: SocketAddr,
    pub script: Script,
    pub requests: mpsc::UnboundedReceiver<Request>,
    task: JoinHandle<()>,
}

impl Receiver {
    pub async fn start(script: &[Answer]) -> Receiver {
        Receiver::at("127.0.0.1:0".parse().unwrap(), script).await
    }

    pub async fn at(address: SocketAddr, script: &[Answer]) -> Receiver {
        let listener = TcpListener::bind(address).await.expect("a port");
        let address = listener.local_addr().unwrap();
        let script: Script = Arc::new(Mutex::new(script.to_vec().into()));
        let (tell, requests) = mpsc::unbounded_channel();
        let shared = script.clone();
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, shared.clone(), tell.clone()));
            }
        });
        Receiver { address, script, requests, task }
    }

    pub async fn next(&mut self) -> Request {
        super::soon(self.requests.recv()).await.expect("the receiver is there")
    }

    /// Goes away: nobody listens any more, and all connections break.
    pub async fn leave(self) -> SocketAddr {
        self.task.abort();
        let _ = self.task.await;
        self.address
    }
}

/// One connection, with as many requests as come.
pub async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    script: Script,
    tell: mpsc::UnboundedSender<Request>,
) {
    let mut got = Vec::new();
    while let Some((head, body)) = request(&mut stream, &mut got).await {
        let answer = script.lock().unwrap().pop_front().unwrap_or(Answer::Status(204, ""));
        let said = Request { head, body, at: Instant::now(), answer: answer.clone() };
        let _ = tell.send(said);
        match answer {
            Answer::Close => return,
            Answer::Hang => std::future::pending::<()>().await,
            Answer::Status(code, headers) => {
                let length = if code == 204 { "" } else { "Content-Length: 0\r\n" };
                let text = format!("HTTP/1.1 {code} So\r\n{length}{headers}\r\n");
                if stream.write_all(text.as_bytes()).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn request(
    stream: &mut (impl AsyncRead + Unpin),
    got: &mut Vec<u8>,
) -> Option<(String, Vec<u8>)> {
    loop {
        if let Some(end) = got.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&got[..end]).into_owned();
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(": ")?;
                name.eq_ignore_ascii_case("content-length").then(|| value.parse::<usize>().ok())?
            })?;
            if got.len() >= end + 4 + length {
                let body = got[end + 4..end + 4 + length].to_vec();
                got.drain(..end + 4 + length);
                return Some((head, body));
            }
        }
        if stream.read_buf(got).await.ok()? == 0 {
            return None;
        }
    }
}

//! Encoded messages on their way: datagrams, a TCP client, a TCP server.
//!
//! A receiver who was away is not sent what it missed, but what is: who begins to listen
//! gets a snapshot. That is why nothing needs to be kept for it meanwhile.

mod address;
mod client;
mod datagrams;
mod server;

pub(crate) use address::Address;

use crate::inbox::{Inbox, Told};
use crate::outputs::{Output, Running};
use bytes::{Bytes, BytesMut};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::net::TcpStream;

/// What turns what is told into messages.
pub(crate) trait Encoder: Send + 'static {
    /// What somebody who has followed so far needs to hear. Called for everything that is
    /// told, in order, whether or not somebody listens.
    fn news(&mut self, told: &Told) -> Vec<Bytes>;

    /// What somebody needs to hear who begins to listen now.
    fn snapshot(&self) -> Vec<Bytes>;
}

/// An encoder that works where it holds up nobody (OUT-2): thousands of tracks take a tenth of
/// a second, for which the threads that serve sockets have no time.
#[derive(Clone)]
pub(crate) struct Desk {
    encoder: Arc<Mutex<Box<dyn Encoder>>>,
}

impl Desk {
    fn new(encoder: Box<dyn Encoder>) -> Desk {
        Desk { encoder: Arc::new(Mutex::new(encoder)) }
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Encoder) -> T + Send + 'static,
    ) -> T {
        let encoder = self.encoder.clone();
        let done = tokio::task::spawn_blocking(move || {
            work(encoder.lock().unwrap_or_else(PoisonError::into_inner).as_mut())
        });
        match done.await {
            Ok(done) => done,
            // A fault in the encoder is one of the output, which will be started again.
            Err(fault) if fault.is_panic() => std::panic::resume_unwind(fault.into_panic()),
            // The runtime is shutting down: this task ends with it.
            Err(_) => std::future::pending().await,
        }
    }

    /// [`Encoder::news`]. Not to be given up half-way: order is that of the calls.
    async fn news(&self, told: Told) -> Vec<Bytes> {
        self.work(move |encoder| encoder.news(&told)).await
    }

    /// The same for a stream.
    async fn news_batch(&self, told: Told) -> Batch {
        self.work(move |encoder| Batch::of(&encoder.news(&told))).await
    }

    /// [`Encoder::snapshot`].
    async fn snapshot(&self) -> Vec<Bytes> {
        self.work(|encoder| encoder.snapshot()).await
    }

    /// The same for a stream.
    async fn snapshot_batch(&self) -> Batch {
        self.work(|encoder| Batch::of(&encoder.snapshot())).await
    }
}

/// By what messages travel.
#[derive(Clone, Debug)]
pub(crate) enum Carrier {
    /// UDP, one message a datagram.
    Datagrams { to: Address, ttl: u32, interface: Option<IpAddr> },
    /// TCP; we connect.
    Client { to: Address },
    /// TCP; others connect.
    Server { at: SocketAddr, clients: usize },
}

/// A carrier, and how patient to be with it.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub carrier: Carrier,
    pub timeout: Duration,
    pub retry_first_s: f64,
    pub retry_most_s: f64,
    pub seed: u64,
}

/// An output that is an encoder and a line.
pub(crate) struct Wire {
    pub kind: &'static str,
    pub line: Line,
    pub encoder: Box<dyn Encoder>,
}

impl Output for Wire {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn run(self: Box<Self>, inbox: Inbox) -> Running {
        let Wire { line, encoder, .. } = *self;
        let desk = Desk::new(encoder);
        Box::pin(async move {
            match line.carrier.clone() {
                Carrier::Datagrams { to, ttl, interface } => {
                    datagrams::run(&line, &to, ttl, interface, &desk, &inbox).await;
                }
                Carrier::Client { to } => client::run(&line, &to, &desk, &inbox).await,
                Carrier::Server { at, clients } => {
                    server::run(&line, at, clients, &desk, &inbox).await;
                }
            }
        })
    }
}

/// Messages one after the other, as a stream carries them, and how many there are.
#[derive(Clone, Debug)]
pub(crate) struct Batch {
    pub bytes: Bytes,
    pub messages: u64,
}

impl Batch {
    pub fn of(messages: &[Bytes]) -> Batch {
        let mut bytes = BytesMut::with_capacity(messages.iter().map(Bytes::len).sum());
        for message in messages {
            bytes.extend_from_slice(message);
        }
        Batch { bytes: bytes.freeze(), messages: messages.len() as u64 }
    }
}

/// Reads and forgets what the other side says, until it says no more.
pub(crate) async fn drain(reader: &mut (impl AsyncRead + Unpin)) {
    let mut scrap = [0; 4096];
    while reader.read(&mut scrap).await.is_ok_and(|bytes| bytes > 0) {}
}

/// Makes a connection as outputs need it. Neither setting is worth losing the connection for.
pub(crate) fn prepare(stream: &TcpStream, patience: Duration) {
    // Alerts are small and must not wait for more to fill a packet.
    let _ = stream.set_nodelay(true);
    // A peer that vanished without a word takes nothing, and nothing says so: the kernel would
    // try for a quarter of an hour (RFC 5482; tcp_retries2 of Linux).
    #[cfg(target_os = "linux")]
    let _ = socket2::SockRef::from(stream).set_tcp_user_timeout(Some(patience));
    #[cfg(not(target_os = "linux"))]
    let _ = patience;
}

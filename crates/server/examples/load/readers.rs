//! What reads: streams over plain sockets, all on one thread.

use crate::machine::now;
use crate::sender::Log;
use deconflict_core::Time;
use deconflict_picture::Stamp;
use memchr::memchr;
use serde::Deserialize;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Enough of a message to see its kind and time.
const HEAD: usize = 160;

/// What all readers have seen together.
#[derive(Default)]
pub struct Seen {
    /// Seconds from the moment evaluated to the receipt of an alert that it changed.
    pub alert_s: Vec<f64>,
    /// Seconds from the last report of the pair before that moment to the same receipt.
    pub socket_s: Vec<f64>,
    /// Seconds from the moment evaluated to the receipt of the positions.
    pub moves_s: Vec<f64>,
    pub messages: u64,
    pub bytes: u64,
    /// Connections that ended before the end.
    pub ended: u64,
    /// Messages whose number was not the next.
    pub gaps: u64,
}

struct Shared {
    seen: Mutex<Seen>,
    alerts: AtomicU64,
    counting: AtomicBool,
    stop: Arc<AtomicBool>,
    log: Arc<Log>,
}

/// The readers at work.
pub struct Readers {
    shared: Arc<Shared>,
    thread: JoinHandle<()>,
}

/// Starts so many readers on a thread.
pub fn start(
    at: SocketAddr,
    count: usize,
    log: &Arc<Log>,
    stop: &Arc<AtomicBool>,
) -> std::io::Result<Readers> {
    let shared = Arc::new(Shared {
        seen: Mutex::default(),
        alerts: AtomicU64::new(0),
        counting: AtomicBool::new(false),
        stop: stop.clone(),
        log: log.clone(),
    });
    let all = shared.clone();
    let thread = std::thread::Builder::new().name("readers".to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            let readers: Vec<_> = (0..count).map(|_| tokio::spawn(read(at, all.clone()))).collect();
            for reader in readers {
                let _ = reader.await;
            }
        });
    })?;
    Ok(Readers { shared, thread })
}

impl Readers {
    /// Counts from now on.
    pub fn begin(&self) {
        self.shared.counting.store(true, Ordering::Relaxed);
    }

    /// Counts no more.
    pub fn end(&self) {
        self.shared.counting.store(false, Ordering::Relaxed);
    }

    pub fn alerts(&self) -> u64 {
        self.shared.alerts.load(Ordering::Relaxed)
    }

    /// Waits until all have ended.
    pub fn finish(self) -> Seen {
        let _ = self.thread.join();
        std::mem::take(&mut *self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn read(at: SocketAddr, shared: Arc<Shared>) {
    if stream(at, &shared).await.is_err() && !shared.stop.load(Ordering::Relaxed) {
        shared.seen.lock().unwrap_or_else(PoisonError::into_inner).ended += 1;
    }
}

async fn stream(at: SocketAddr, shared: &Shared) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(at).await?;
    let request = format!("GET /v1/stream HTTP/1.1\r\nHost: {at}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut buffer = vec![0; 256 * 1024];
    let (mut chunks, mut events) = (Chunks::default(), Events::default());
    loop {
        let read = tokio::time::timeout(Duration::from_secs(1), stream.read(&mut buffer)).await;
        if shared.stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        let Ok(read) = read else { continue };
        let count = read?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        let counting = shared.counting.load(Ordering::Relaxed);
        if counting {
            shared.seen.lock().unwrap_or_else(PoisonError::into_inner).bytes += count as u64;
        }
        chunks.split(&buffer[..count], |part| {
            events.take(part, |kind, data, seq_gap| shared.message(kind, data, seq_gap, counting));
        });
    }
}

/// The head of a message, or all of an alert.
#[derive(Deserialize)]
struct AlertMessage {
    time: Stamp,
    alert: Changed,
}

#[derive(Deserialize)]
struct Changed {
    last: Stamp,
    a: Side,
    b: Side,
}

#[derive(Deserialize)]
struct Side {
    address: Option<String>,
}

impl Shared {
    fn message(&self, kind: &str, data: &[u8], gap: bool, counting: bool) {
        if !counting {
            return;
        }
        let received = now();
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.messages += 1;
        seen.gaps += u64::from(gap);
        match kind {
            "moves" => {
                if let Some(time) = time_of(data) {
                    seen.moves_s.push(received.seconds_since(time));
                }
            }
            "alert" => {
                self.alerts.fetch_add(1, Ordering::Relaxed);
                let Ok(message) = serde_json::from_slice::<AlertMessage>(data) else { return };
                let AlertMessage { time, alert } = message;
                if time != alert.last {
                    return;
                }
                seen.alert_s.push(received.seconds_since(time.0));
                let last = |side: &Side| {
                    let address = u32::from_str_radix(side.address.as_deref()?, 16).ok()?;
                    self.log.last(address, time.0)
                };
                if let Some(sent) = last(&alert.a).max(last(&alert.b)) {
                    seen.socket_s.push(received.seconds_since(sent));
                }
            }
            _ => {}
        }
    }
}

/// The time in the head of a message.
fn time_of(data: &[u8]) -> Option<Time> {
    let head = std::str::from_utf8(&data[..data.len().min(HEAD)]).ok()?;
    let rest = head.split_once("\"time\":\"")?.1;
    Some(Stamp::parse(rest.split_once('"')?.0)?.0)
}

/// Takes the chunked body out of a response.
#[derive(Default)]
struct Chunks {
    begun: bool,
    line: Vec<u8>,
    left: usize,
}

impl Chunks {
    fn split(&mut self, mut bytes: &[u8], mut each: impl FnMut(&[u8])) {
        while !bytes.is_empty() {
            if self.left > 0 {
                let (part, rest) = bytes.split_at(self.left.min(bytes.len()));
                self.left -= part.len();
                bytes = rest;
                each(part);
                continue;
            }
            let end = memchr(b'\n', bytes).map_or(bytes.len(), |at| at + 1);
            self.line.extend_from_slice(&bytes[..end]);
            bytes = &bytes[end..];
            if !self.line.ends_with(b"\n") {
                continue;
            }
            let line = String::from_utf8_lossy(&self.line).trim().to_owned();
            self.line.clear();
            if self.begun {
                // The line end after a chunk reads as an empty line.
                self.left = usize::from_str_radix(&line, 16).unwrap_or(0);
            } else {
                self.begun = line.is_empty();
            }
        }
    }
}

/// Takes server-sent events apart without keeping what is not looked at.
#[derive(Default)]
struct Events {
    line: Vec<u8>,
    kind: String,
    seq: u64,
    gap: bool,
}

impl Events {
    fn take(&mut self, mut bytes: &[u8], mut each: impl FnMut(&str, &[u8], bool)) {
        while !bytes.is_empty() {
            let end = memchr(b'\n', bytes);
            let part = &bytes[..end.unwrap_or(bytes.len())];
            bytes = &bytes[end.map_or(bytes.len(), |at| at + 1)..];
            let room = if self.kind == "alert" {
                usize::MAX
            } else {
                HEAD.saturating_sub(self.line.len())
            };
            self.line.extend_from_slice(&part[..part.len().min(room)]);
            if end.is_none() {
                continue;
            }
            if let Some(kind) = self.line.strip_prefix(b"event: ") {
                self.kind = String::from_utf8_lossy(kind).into_owned();
            } else if self.line.starts_with(b"id: ") {
                let text = String::from_utf8_lossy(&self.line);
                let seq = text.rsplit(':').next().and_then(|seq| seq.trim().parse().ok());
                let seq: u64 = seq.unwrap_or(0);
                self.gap = self.seq != 0 && seq != self.seq + 1;
                self.seq = seq;
            } else if let Some(data) = self.line.strip_prefix(b"data: ") {
                each(&self.kind, data, self.gap);
                self.kind.clear();
            }
            self.line.clear();
        }
    }
}

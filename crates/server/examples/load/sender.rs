//! What sends: a thread for each connection.

use crate::machine::now;
use crate::sky::Sky;
use deconflict_core::Time;
use std::collections::{HashMap, VecDeque};
use std::io::Write;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often what is due is sent.
const TICK: Duration = Duration::from_millis(5);
/// Messages remembered of an aircraft: several seconds of them.
const REMEMBERED: usize = 16;

/// When the last messages of the aircraft in pairs were sent.
#[derive(Default)]
pub struct Log {
    sent: Mutex<HashMap<u32, VecDeque<Time>>>,
    /// The most that sending was behind, milliseconds.
    behind_ms: AtomicU64,
}

impl Log {
    fn note(&self, address: u32, time: Time) {
        let mut sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        let times = sent.entry(address).or_default();
        times.push_back(time);
        if times.len() > REMEMBERED {
            times.pop_front();
        }
        if sent.len() > 4096 {
            // Those that were replaced minutes ago.
            sent.retain(|_, times| times.back().is_some_and(|t| time.seconds_since(*t) < 60.0));
        }
    }

    /// When the last message of an aircraft before a moment was sent.
    pub fn last(&self, address: u32, before: Time) -> Option<Time> {
        let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner);
        sent.get(&address)?.iter().rev().find(|time| **time <= before).copied()
    }

    pub fn behind_ms(&self) -> u64 {
        self.behind_ms.load(Ordering::Relaxed)
    }
}

/// Starts sending; each thread answers how many reports it has sent.
pub fn start(
    feeds: &[SocketAddr],
    sky: &Sky,
    rate: f64,
    log: &Arc<Log>,
    stop: &Arc<AtomicBool>,
) -> std::io::Result<Vec<JoinHandle<u64>>> {
    let begun = Instant::now();
    let threads = feeds.iter().enumerate().map(|(line, address)| {
        let stream = TcpStream::connect(address)?;
        let part =
            Part { sky: sky.clone(), line, of: feeds.len(), rate: rate / feeds.len() as f64 };
        let (log, stop) = (log.clone(), stop.clone());
        std::thread::Builder::new()
            .name(format!("sender {line}"))
            .spawn(move || part.send(stream, begun, &log, &stop))
    });
    threads.collect()
}

/// What one connection sends: every so manieth aircraft.
struct Part {
    sky: Sky,
    line: usize,
    of: usize,
    rate: f64,
}

impl Part {
    fn send(&self, mut stream: TcpStream, begun: Instant, log: &Log, stop: &AtomicBool) -> u64 {
        let own = (self.sky.len() - self.line).div_ceil(self.of) as u64;
        // In no order of place, or all pairs would be sent at the same moment of each second.
        let stride =
            [1009, 1013, 1019].into_iter().find(|prime| !own.is_multiple_of(*prime)).unwrap_or(1);
        let mut sent = 0;
        let mut text = String::new();
        while !stop.load(Ordering::Relaxed) {
            let t_s = begun.elapsed().as_secs_f64();
            let due = (t_s * self.rate) as u64;
            let time = now();
            let stamp = time.to_string().replace('-', "/").replace('T', ",");
            let stamp = stamp.trim_end_matches('Z');
            text.clear();
            if due > sent {
                let behind_ms = (t_s - sent as f64 / self.rate) * 1e3;
                log.behind_ms.fetch_max(behind_ms as u64, Ordering::Relaxed);
            }
            while sent < due {
                let place = (sent * stride % own) as usize * self.of + self.line;
                let state = self.sky.at(place, t_s);
                state.sbs(&mut text, stamp, (sent / own) % 2 == 1);
                if self.sky.is_paired(place) {
                    log.note(state.address, time);
                }
                sent += 1;
            }
            if stream.write_all(text.as_bytes()).is_err() {
                return sent;
            }
            std::thread::sleep(TICK);
        }
        sent
    }
}

//! Clients that ask, and figures of their answers.

use crate::Options;
use crate::common::{self, SC};
use crate::http::{Connection, Request};
use crate::service::Child;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What a measurement is held against.
pub struct Goal {
    /// What the reference did, requests a second.
    pub reference: f64,
    /// How many times that is wanted.
    pub times: f64,
    /// The longest wait of 99 of 100, milliseconds.
    pub p99_ms: f64,
}

pub struct Figures {
    waits_ms: Vec<f64>,
    seconds: f64,
    bytes: usize,
    /// Processor time of the service, microseconds a request.
    processor_us: f64,
}

fn clients(child: &Child, count: usize) -> Vec<Connection> {
    // Signed once: a signature costs more than a request.
    let token = common::signed(&common::claims("uss1", &[SC]), common::KEY);
    (0..count).map(|_| Connection::open(&child.address, &token)).collect()
}

fn ask(connection: &mut Connection, request: &Request) -> usize {
    let (status, length) = connection.ask(request);
    assert!(matches!(status, 200 | 201), "{status}: {}", connection.body());
    length
}

/// Asks so many questions, as fast as it goes.
pub fn many(child: &Child, count: usize, most: usize, make: impl Fn(usize) -> Request + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for mut connection in clients(child, count) {
            let (next, make) = (&next, &make);
            scope.spawn(move || {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= most {
                        return;
                    }
                    ask(&mut connection, &make(n));
                }
            });
        }
    });
}

/// Asks for so many seconds, each client the next question after the last answer.
pub fn run(child: &Child, options: &Options, make: impl Fn(usize) -> Request + Sync) -> Figures {
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (started, used_s) = (Instant::now(), child.processor_s());
    let mut waits_ms = Vec::new();
    let mut bytes = 0;
    std::thread::scope(|scope| {
        let threads: Vec<_> = clients(child, options.clients)
            .into_iter()
            .map(|mut connection| {
                let (next, stop, make) = (&next, &stop, &make);
                scope.spawn(move || {
                    let (mut waits_ms, mut bytes) = (Vec::new(), 0);
                    while !stop.load(Ordering::Relaxed) {
                        let request = make(next.fetch_add(1, Ordering::Relaxed));
                        let asked = Instant::now();
                        bytes += ask(&mut connection, &request);
                        waits_ms.push(asked.elapsed().as_secs_f64() * 1000.0);
                    }
                    (waits_ms, bytes)
                })
            })
            .collect();
        std::thread::sleep(Duration::from_secs_f64(options.seconds));
        stop.store(true, Ordering::Relaxed);
        for thread in threads {
            let (waits, length) = thread.join().unwrap();
            waits_ms.extend(waits);
            bytes += length;
        }
    });
    waits_ms.sort_by(f64::total_cmp);
    let processor_us = 1e6 * (child.processor_s() - used_s) / waits_ms.len().max(1) as f64;
    Figures { waits_ms, seconds: started.elapsed().as_secs_f64(), bytes, processor_us }
}

impl Figures {
    pub fn head() {
        println!(
            "{:<18} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>7}   goal",
            "", "a second", "p50 ms", "p90 ms", "p99 ms", "most ms", "bytes", "cpu µs"
        );
    }

    fn part(&self, of: f64) -> f64 {
        let last = self.waits_ms.len().saturating_sub(1);
        self.waits_ms.get((of * last as f64).round() as usize).copied().unwrap_or(f64::NAN)
    }

    pub fn line(&self, name: &str) -> String {
        let count = self.waits_ms.len();
        let [p50, p90, p99, most] = [0.5, 0.9, 0.99, 1.0].map(|of| self.part(of));
        format!(
            "{name:<18} {:>8.0} {p50:>8.2} {p90:>8.2} {p99:>8.2} {most:>8.1} {:>8} {:>7.0}",
            count as f64 / self.seconds,
            self.bytes / count.max(1),
            self.processor_us
        )
    }

    pub fn p99_ms(&self) -> f64 {
        self.part(0.99)
    }

    pub fn tell(&self, name: &str, goal: &Goal) {
        let rate = self.waits_ms.len() as f64 / self.seconds;
        let ratio = rate / goal.reference;
        let met = ratio >= goal.times && self.p99_ms() <= goal.p99_ms;
        let wait = if goal.p99_ms.is_finite() {
            format!(", p99 at most {} ms", goal.p99_ms)
        } else {
            String::new()
        };
        println!(
            "{}   {ratio:.1} times the reference's {}/s; {} times{wait}: {}",
            self.line(name),
            goal.reference,
            goal.times,
            if met { "met" } else { "MISSED" }
        );
    }
}

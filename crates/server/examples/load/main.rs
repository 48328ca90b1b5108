//! The service under load: aircraft over real sockets in, streams out.
//!
//! ```text
//! cargo run --release -p deconflict-server --example load -- --seconds 60
//! ```
//!
//! The service runs in a process of its own; what sends and what reads runs in this one, on
//! threads whose time is told apart. They share the machine's cores, so that on a small
//! machine the service has less than all of them. See `--help` for the options.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod machine;
mod options;
mod readers;
mod report;
mod sender;
mod service;
mod sky;

use machine::{Process, Threads};
use options::Options;
use report::Report;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

fn main() {
    let options = match Options::of(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(text) => {
            eprintln!("{text}");
            std::process::exit(64);
        }
    };
    if let Some(folder) = &options.service {
        service::run(folder, &options);
        return;
    }
    if let Err(error) = measure(&options) {
        eprintln!("error: {error}");
        std::process::exit(1);
    }
}

fn measure(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let mut service = service::Child::start(folder.path(), options)?;
    println!(
        "{} aircraft, {} reports/s over {} connections, {} readers, {} s after {} s of warm-up",
        options.aircraft,
        options.rate,
        service.feeds.len(),
        options.clients,
        options.seconds,
        options.warm_up_s
    );
    let sky = sky::Sky::new(options.aircraft, options.alerts_per_s);
    let stop = Arc::new(AtomicBool::new(false));
    let log = Arc::new(sender::Log::default());
    let senders = sender::start(&service.feeds, &sky, options.rate, &log, &stop)?;
    let readers = readers::start(service.http, options.clients, &log, &stop)?;
    let run = Run { process: Process(service.id()), service: &service, readers: &readers };

    std::thread::sleep(Duration::from_secs_f64(options.warm_up_s));
    readers.begin();
    let (cpu, threads, begun) = (run.process.cpu_s(), Threads::now(), Instant::now());
    let before = run.service.metrics();
    let mut memory = Vec::new();
    while begun.elapsed().as_secs_f64() < options.seconds {
        memory.push((begun.elapsed().as_secs_f64(), run.process.rss_mib()));
        if options.verbose {
            run.tell(begun.elapsed().as_secs_f64(), &before);
        }
        let left = options.seconds - begun.elapsed().as_secs_f64();
        std::thread::sleep(Duration::from_secs_f64(left.clamp(0.0, options.seconds / 20.0)));
    }
    memory.push((begun.elapsed().as_secs_f64(), run.process.rss_mib()));
    let wall_s = begun.elapsed().as_secs_f64();
    let (cpu_s, threads) = (run.process.cpu_s() - cpu, Threads::now().since(&threads));
    readers.end();
    stop.store(true, Ordering::Relaxed);
    let sent: u64 = senders.into_iter().map(|thread| thread.join().unwrap_or(0)).sum();
    // What is under way gets there; the metrics are told four times a second.
    std::thread::sleep(Duration::from_secs(2));
    let after = run.service.metrics();
    let seen = readers.finish();
    Report { options, sent, wall_s, cpu_s, threads, memory, before, after, seen, log: &log }
        .print();
    service.stop();
    Ok(())
}

struct Run<'a> {
    process: Process,
    service: &'a service::Child,
    readers: &'a readers::Readers,
}

impl Run<'_> {
    fn tell(&self, at_s: f64, before: &service::Metrics) {
        let now = self.service.metrics();
        println!(
            "  {at_s:6.0} s  {:6.0} MiB  {:9.0} reports  {:4.0} dropped  {:6} alert messages",
            self.process.rss_mib(),
            now.of("feed_reports") - before.of("feed_reports"),
            now.of("feed_dropped"),
            self.readers.alerts()
        );
    }
}

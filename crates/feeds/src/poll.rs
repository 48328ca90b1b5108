//! A document that is fetched again and again by HTTP.

use crate::check::{Settled, Source};
use crate::feeds::Job;
use crate::status::Reach;
use crate::stop::{Backoff, GLANCE, Idle, Stop};
use crate::stream::{self, End};
use reqwest::{Client, Response, Url};
use std::error::Error;
use std::future::Future;
use std::pin::pin;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::time::timeout;

/// How long the host may take to accept a connection.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// A longer document is not read to its end.
const LARGEST_BYTES: u64 = 64 << 20;
/// How long one fetch may take, however slowly it comes.
const FETCH_WITHIN_S: f64 = 60.0;
/// Redirections that are followed.
const REDIRECTIONS: usize = 3;

pub(crate) fn run(job: &Job) {
    let Source::Poll { url, every_s } = &job.planned.settled.source else { return };
    let every = Duration::from_secs_f64(*every_s);
    let runtime = match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return job.reach(Reach::Lost, format!("cannot fetch {url}: {error}")),
    };
    let mut client = None;
    job.line.shared.reason(format!("fetching {url}"));
    let mut backoff = Backoff::new(job.seed);
    let mut reached = false;
    while !job.stop.is_set() {
        let begun = Instant::now();
        let wait = match fetch(job, &runtime, &mut client, url) {
            Ok(End::Stopped) => return,
            Ok(_) => {
                backoff.reset();
                if !reached {
                    job.line.shared.connected();
                    let every_s = every.as_secs_f64();
                    job.reach(Reach::Reached, format!("fetching {url} every {every_s} s"));
                    reached = true;
                }
                every.saturating_sub(begun.elapsed())
            }
            Err(reason) => {
                if std::mem::take(&mut reached) {
                    job.line.shared.disconnected();
                }
                let wait = backoff.next().max(every);
                let wait_s = wait.as_secs_f64().max(1.0);
                job.line.shared.error("fetch", 1);
                job.reach(Reach::Lost, format!("fetching {url}: {reason}, again in {wait_s:.0} s"));
                wait
            }
        };
        if job.stop.wait(wait) {
            return;
        }
    }
}

fn client(url: &Url) -> Result<Client, String> {
    // Somebody else may have chosen a provider already; then that one is used.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = || {
        Client::builder()
            // A feed is what its configuration says, and not what the environment adds to it.
            .no_proxy()
            .connect_timeout(CONNECT_WITHIN)
            // A connection that the server has closed in the meantime would cost a fetch.
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::limited(REDIRECTIONS))
            .user_agent(concat!("deconflict/", env!("CARGO_PKG_VERSION")))
    };
    let client = builder().build();
    match client {
        // The system may trust no certificates at all: of no concern without TLS.
        Err(_) if url.scheme() == "http" => builder().tls_certs_only([]).build(),
        client => client,
    }
    .map_err(|error| words(&error))
}

/// One document, fetched and read.
fn fetch(
    job: &Job,
    runtime: &Runtime,
    known: &mut Option<Client>,
    url: &Url,
) -> Result<End, String> {
    let client = match known {
        Some(client) => client,
        None => known.insert(client(url)?),
    };
    let settled: &Settled = &job.planned.settled;
    let Some(format) = settled.format else { return Ok(End::Stopped) };
    let whole = Idle::new(FETCH_WITHIN_S);
    let request = client.get(url.clone()).send();
    let response = match wait(runtime, request, &job.stop, settled.idle_s, &whole)? {
        None => return Ok(End::Stopped),
        Some(response) => response.map_err(|error| words(&error))?,
    };
    let status = response.status();
    if !status.is_success() {
        return Err(format!("the server answers {status}"));
    }
    let mut body = Body {
        runtime,
        response,
        chunk: Vec::new(),
        read: 0,
        total: 0,
        settled,
        stop: &job.stop,
        whole,
    };
    let end = stream::read(&mut body, format, settled, &job.line, &job.stop);
    match end.map_err(|error| error.to_string())? {
        End::Failed(reason) => Err(reason),
        end => Ok(end),
    }
}

/// The document as it comes in.
struct Body<'a> {
    runtime: &'a Runtime,
    response: Response,
    chunk: Vec<u8>,
    read: usize,
    total: u64,
    settled: &'a Settled,
    stop: &'a Stop,
    whole: Idle,
}

impl stream::Source for Body<'_> {
    fn poll(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, String> {
        if self.read == self.chunk.len() {
            let next = self.response.chunk();
            let next = wait(self.runtime, next, self.stop, self.settled.idle_s, &self.whole)?;
            let Some(next) = next else { return Ok(None) };
            let Some(bytes) = next.map_err(|error| words(&error))? else { return Ok(Some(0)) };
            self.total += bytes.len() as u64;
            if self.total > LARGEST_BYTES {
                return Err(format!("the document is longer than {} MiB", LARGEST_BYTES >> 20));
            }
            self.chunk.clear();
            self.chunk.extend_from_slice(&bytes);
            self.read = 0;
            if self.chunk.is_empty() {
                return Ok(None);
            }
        }
        let left = &self.chunk[self.read..];
        let count = left.len().min(buffer.len());
        buffer[..count].copy_from_slice(&left[..count]);
        self.read += count;
        Ok(Some(count))
    }
}

/// Waits for an answer; `None` if it is time to stop.
fn wait<F: Future>(
    runtime: &Runtime,
    future: F,
    stop: &Stop,
    idle_s: f64,
    whole: &Idle,
) -> Result<Option<F::Output>, String> {
    let idle = Idle::new(idle_s);
    runtime.block_on(async {
        let mut future = pin!(future);
        loop {
            if let Ok(output) = timeout(GLANCE, &mut future).await {
                return Ok(Some(output));
            }
            if stop.is_set() {
                return Ok(None);
            }
            if idle.is_over() {
                return Err(format!("nothing has come for {idle_s} s"));
            }
            if whole.is_over() {
                return Err(format!("it takes longer than {FETCH_WITHIN_S} s"));
            }
        }
    })
}

/// What is wrong, from the deepest cause that says something: the outer ones only say
/// that something is.
fn words(error: &reqwest::Error) -> String {
    let mut cause: &dyn Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    let text = cause.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

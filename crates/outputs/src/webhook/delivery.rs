//! The webhook at work.

use super::config::{WebhookConfig, WebhookEvent};
use super::lanes::{Delivery, Lanes, Room, Subject};
use super::retry::Outcome;
use super::sign::signature;
use crate::backoff::Backoff;
use crate::config::{ConfigError, Secret};
use crate::inbox::{Inbox, Told};
use crate::outputs::{Output, Running, Setting};
use crate::status::clock;
use deconflict_picture::{Alert, Feed, Stamp, Warning};
use reqwest::header::{CONTENT_TYPE, RETRY_AFTER};
use serde::Serialize;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

/// Bytes of an answer that are read, so that the connection can be used again.
const MOST_ANSWER: usize = 16 * 1024;

/// What is posted.
#[derive(Serialize)]
struct Body<'a> {
    delivery: &'a str,
    number: u64,
    run: &'a str,
    time: Stamp,
    #[serde(flatten)]
    what: What<'a>,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum What<'a> {
    Alert { alert: &'a Alert },
    Warning { warning: &'a Warning },
    Feed { name: &'a str, silent: bool, feed: Option<&'a Feed>, incomplete: &'a [String] },
}

/// How attempts are made: what every one of them shares.
#[derive(Clone)]
struct Post {
    client: reqwest::Client,
    config: WebhookConfig,
    secret: Secret,
}

/// An output that posts.
pub(crate) struct Webhook {
    post: Post,
    run: String,
    backoff: Backoff,
    lanes: Lanes,
    /// Deliveries made so far.
    number: u64,
    /// Feeds that were told as silent.
    silent: BTreeSet<String>,
    /// Failures of the receiver in a row, and until when it is left alone.
    failures: u32,
    paused_until: Instant,
}

impl Webhook {
    pub fn new(
        config: WebhookConfig,
        secret: Secret,
        setting: &Setting,
    ) -> Result<Webhook, ConfigError> {
        // There can be only one for the process; whoever came first has chosen well enough.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("deconflict/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            // Where alerts go is what the configuration says, and not the environment.
            .no_proxy()
            .timeout(Duration::from_secs_f64(config.timeout_s));
        for certificate in config.authorities()? {
            builder = builder.add_root_certificate(certificate);
        }
        let client = builder.build().map_err(|error| {
            ConfigError::new(&config.name, "url", format!("no client for it: {}", words(&error)))
        })?;
        let backoff = Backoff::new(config.retry_first_s, config.retry_most_s, setting.seed);
        Ok(Webhook {
            lanes: Lanes::new(config.queue),
            post: Post { client, config, secret },
            run: setting.run.clone(),
            backoff,
            number: 0,
            silent: BTreeSet::new(),
            failures: 0,
            paused_until: Instant::now(),
        })
    }

    /// Makes deliveries of what is told.
    fn take(&mut self, told: &Told, inbox: &Inbox) {
        let wants = |event| self.post.config.events.contains(&event);
        if wants(WebhookEvent::Feed) {
            let now: BTreeSet<String> = told.seen.incomplete.iter().cloned().collect();
            let before = std::mem::replace(&mut self.silent, now.clone());
            for name in before.symmetric_difference(&now) {
                let feed = told.seen.feeds.iter().find(|feed| feed.name == *name);
                let silent = now.contains(name);
                let incomplete = &told.seen.incomplete;
                let what = What::Feed { name, silent, feed, incomplete };
                self.queue(Subject::Feed(name.clone()), Stamp(told.time), what, inbox);
            }
        }
        if self.post.config.events.contains(&WebhookEvent::Alert) {
            for alert in &told.alerts {
                let subject = Subject::Alert(alert.id.clone());
                self.queue(subject, alert.time, What::Alert { alert }, inbox);
            }
        }
        if self.post.config.events.contains(&WebhookEvent::Warning) {
            for warning in &told.warnings {
                let subject = Subject::Warning(warning.id.clone());
                self.queue(subject, warning.time, What::Warning { warning }, inbox);
            }
        }
    }

    fn queue(&mut self, subject: Subject, time: Stamp, what: What<'_>, inbox: &Inbox) {
        self.number += 1;
        let number = self.number;
        let id = format!("{}-{}-{number}", self.run, self.post.config.name);
        let body = Body { delivery: &id, number, run: &self.run, time, what };
        let body = match serde_json::to_vec(&body) {
            Ok(body) => body.into(),
            Err(error) => return inbox.tally().dropped(1, &format!("no JSON of it: {error}")),
        };
        let born = Instant::now();
        match self.lanes.push(Delivery { subject, number, id, body, born, attempts: 0 }) {
            Room::Plenty => {}
            Room::Superseded => inbox.tally().superseded(1),
            Room::Dropped => inbox.tally().dropped(1, "more deliveries than could be queued"),
        }
    }

    /// Whether it goes on after what became of an attempt.
    fn learn(&mut self, delivery: &Delivery, outcome: Outcome, inbox: &Inbox) -> bool {
        let now = Instant::now();
        match outcome {
            Outcome::Accepted => {
                self.failures = 0;
                self.lanes.done(&delivery.subject, now);
                inbox.tally().sent(1);
            }
            Outcome::Refused(why) => {
                // It is there and answers: no reason to leave it alone.
                self.failures = 0;
                self.lanes.done(&delivery.subject, now);
                inbox.tally().failed(&why);
                inbox.tally().dropped(1, &why);
            }
            Outcome::Gone => {
                let why = "the receiver answers 410: it wants nothing any more";
                inbox.tally().failed(why);
                inbox.tally().dropped(self.lanes.clear(), why);
                inbox.tally().stopped(why);
                return false;
            }
            Outcome::Later { why, after, receiver } => {
                inbox.tally().failed(&why);
                let mut pause = self.backoff.pause(delivery.attempts);
                if receiver {
                    self.failures = self.failures.saturating_add(1);
                    pause = self.backoff.pause(self.failures);
                }
                // A pause longer than the delivery lives would be the same as giving it up.
                let most = Duration::from_secs_f64(self.post.config.max_age_s);
                let until = now + pause.max(after.unwrap_or_default()).min(most);
                self.lanes.again(&delivery.subject, until);
                if receiver {
                    self.paused_until = self.paused_until.max(until);
                }
            }
        }
        true
    }

    async fn work(mut self, inbox: Inbox) {
        let age = Duration::from_secs_f64(self.post.config.max_age_s);
        let mut attempts = JoinSet::new();
        let mut told_all = false;
        loop {
            let now = Instant::now();
            if attempts.is_empty() {
                self.lanes.landed();
            }
            let expired = self.lanes.expire(now, age);
            inbox.tally().dropped(expired, "not accepted for longer than max_age_s");
            // One alone finds out whether a receiver that failed is back.
            let most = if self.failures > 0 { 1 } else { self.post.config.parallel };
            while attempts.len() < most && self.paused_until <= now {
                let Some(delivery) = self.lanes.next(now) else { break };
                attempts.spawn(self.post.clone().attempt(delivery));
            }
            inbox.tally().queued(self.lanes.len());
            if told_all && self.lanes.len() == 0 {
                return;
            }
            let full = attempts.len() >= most;
            let wakes = self.lanes.wakes().map(|lane| lane.max(self.paused_until));
            tokio::select! {
                told = inbox.next(), if !told_all => match told {
                    Some(told) => self.take(&told, &inbox),
                    None => told_all = true,
                },
                Some(attempt) = attempts.join_next() => {
                    if let Ok((delivery, outcome)) = attempt
                        && !self.learn(&delivery, outcome, &inbox)
                    {
                        break;
                    }
                }
                () = sleep_until(wakes.unwrap_or(now)), if wakes.is_some() && !full => {}
            }
        }
        drop(attempts);
        inbox.tally().queued(0);
        while let Some(told) = inbox.next().await {
            inbox.tally().dropped(told.changes(), "the output has stopped");
        }
    }
}

impl Post {
    async fn attempt(self, delivery: Delivery) -> (Delivery, Outcome) {
        let unix_s = clock().0.as_unix_s().floor() as i64;
        let signature = signature(self.secret.expose().as_bytes(), unix_s, &delivery.body);
        let request = self
            .client
            .post(self.config.url.url().clone())
            .header(CONTENT_TYPE, "application/json")
            .header("Deconflict-Signature", signature)
            .header("Deconflict-Delivery", &delivery.id)
            .header("Deconflict-Attempt", delivery.attempts)
            .body(delivery.body.clone());
        let outcome = match request.send().await {
            Err(error) => Outcome::Later { why: words(&error), after: None, receiver: true },
            Ok(mut answer) => {
                let after = answer.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok());
                let outcome = Outcome::of(answer.status(), after, unix_s);
                let mut read = 0;
                while let Ok(Some(part)) = answer.chunk().await {
                    read += part.len();
                    if read > MOST_ANSWER {
                        break;
                    }
                }
                outcome
            }
        };
        (delivery, outcome)
    }
}

impl Output for Webhook {
    fn kind(&self) -> &'static str {
        "webhook"
    }

    fn run(self: Box<Self>, inbox: Inbox) -> Running {
        Box::pin(self.work(inbox))
    }
}

/// An error and what caused it, in words and without the address: there may be a key in it.
fn words(error: &reqwest::Error) -> String {
    if error.is_timeout() {
        return "the receiver does not answer in time".to_owned();
    }
    if error.is_builder() {
        return "the request cannot be made".to_owned();
    }
    let mut causes = Vec::new();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        causes.push(error.to_string());
        cause = error.source();
    }
    match causes.is_empty() {
        true => "the receiver cannot be reached".to_owned(),
        false => format!("the receiver cannot be reached: {}", causes.join(": ")),
    }
}

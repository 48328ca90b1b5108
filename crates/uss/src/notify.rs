//! Notifications to those who have subscribed, and reports of what went wrong.

use crate::core::Core;
use crate::dss::bytes;
use crate::entity::{Kind, Told};
use crate::http::{Answered, Sent, route};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use deconflict_intent::wire::{
    ErrorReport, ExchangeRecord, PutConstraintDetailsParameters,
    PutOperationalIntentDetailsParameters, Subscriber, WireTime,
};
use reqwest::{Method, Url};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use uuid::Uuid;

/// How often a notification is sent again.
const AGAIN: u32 = 5;
/// The pause before that, doubled each time.
const PAUSE: Duration = Duration::from_secs(1);
/// Not more of a body than this goes into a report, bytes.
const SHOWN_BYTES: usize = 4096;

/// Why somebody was not told.
enum NotTold {
    /// It may help to tell them again.
    Yet(String),
    /// They do not take it.
    Refused(String, Box<ErrorReport>),
}

impl Core {
    /// Tells everybody who has subscribed what there is now. The first attempt is waited for, the others are
    /// not. How many were told, and who was not.
    pub(crate) async fn notify(
        self: &Arc<Self>,
        kind: Kind,
        id: Uuid,
        subscribers: Vec<Subscriber>,
    ) -> (usize, Vec<String>) {
        let mut telling = JoinSet::new();
        for subscriber in subscribers {
            if self.is_us(&subscriber.uss_base_url) || !self.may_be_sent(&subscriber.uss_base_url) {
                continue;
            }
            let core = Arc::clone(self);
            telling.spawn(async move { core.tell_first(kind, id, subscriber).await });
        }
        let (mut told, mut not_told) = (0, Vec::new());
        let patience = tokio::time::Instant::now() + 2 * self.settings.patience;
        loop {
            match tokio::time::timeout_at(patience, telling.join_next()).await {
                Ok(Some(Ok(Ok(())))) => told += 1,
                Ok(Some(Ok(Err(why)))) => not_told.push(why),
                Ok(Some(Err(_))) => {}
                Ok(None) => break,
                // There are many, and many of them are slow: they are told while nobody waits.
                Err(_) => {
                    not_told.push(format!("{} more are being told", telling.len()));
                    telling.detach_all();
                    break;
                }
            }
        }
        (told, not_told)
    }

    /// The first attempt, and what follows if it fails.
    async fn tell_first(
        self: &Arc<Self>,
        kind: Kind,
        id: Uuid,
        subscriber: Subscriber,
    ) -> Result<(), String> {
        let told = {
            // The semaphore is never closed.
            let _turn = self.telling.acquire().await;
            self.tell(kind, id, &subscriber).await
        };
        let url = subscriber.uss_base_url.clone();
        match told {
            Ok(()) => Ok(()),
            Err(NotTold::Yet(why)) => {
                self.tell_later(kind, id, subscriber);
                Err(format!("{url}: {why}"))
            }
            Err(NotTold::Refused(why, report)) => {
                if let Ok(base) = self.peer_base(&url) {
                    self.report_to_peer(base, kind, *report);
                }
                Err(format!("{url}: {why}"))
            }
        }
    }

    /// Tells again in the background, each time what there is then.
    fn tell_later(self: &Arc<Self>, kind: Kind, id: Uuid, subscriber: Subscriber) {
        let Ok(place) = Arc::clone(&self.retrying).try_acquire_owned() else {
            tracing::warn!(%id, url = subscriber.uss_base_url, "too many notifications wait; this one is dropped");
            return;
        };
        let core = Arc::clone(self);
        tokio::spawn(async move {
            let _place = place;
            let mut last = String::new();
            for n in 0..AGAIN {
                tokio::time::sleep(PAUSE * 2_u32.pow(n)).await;
                match core.tell(kind, id, &subscriber).await {
                    Ok(()) => return,
                    Err(NotTold::Yet(why) | NotTold::Refused(why, _)) => last = why,
                }
            }
            tracing::warn!(%id, url = subscriber.uss_base_url, why = last, "a subscriber could not be notified");
            // Nobody else may notice: it is reported where both are known.
            if let Ok(url) = Url::parse(&subscriber.uss_base_url) {
                let report = exchange(&core, &url, "POST", None, None, &last);
                if let Err(trouble) = core.report(&report).await {
                    tracing::debug!(trouble = trouble.words(), "a report was not taken");
                }
            }
        });
    }

    async fn tell(&self, kind: Kind, id: Uuid, subscriber: &Subscriber) -> Result<(), NotTold> {
        let yet = NotTold::Yet;
        let told = self.book().mine(id);
        let subscriptions = subscriber.subscriptions.clone();
        let body = match (kind, told.as_deref()) {
            (Kind::Intent, told) => bytes(&PutOperationalIntentDetailsParameters {
                operational_intent_id: id,
                operational_intent: told.and_then(|told| match told {
                    Told::Intent(told) => Some(told.clone()),
                    Told::Constraint(_) => None,
                }),
                subscriptions,
            }),
            (Kind::Constraint, told) => bytes(&PutConstraintDetailsParameters {
                constraint_id: id,
                constraint: told.and_then(|told| match told {
                    Told::Constraint(told) => Some(told.clone()),
                    Told::Intent(_) => None,
                }),
                subscriptions,
            }),
        };
        let base = self.peer_base(&subscriber.uss_base_url).map_err(yet)?;
        let url = route(&base, &["uss", "v1", kind.entities()]).map_err(yet)?;
        let answer = self
            .send_with_token(kind.writing(), |bearer| Sent {
                bearer: Some(bearer),
                body: Some(("application/json", body.clone())),
                ..Sent::to(Method::POST, url.clone())
            })
            .await
            .map_err(|unanswered| yet(unanswered.reason))?;
        match answer.status {
            // 409: it knows this version, or a later one.
            200..=299 | 409 => Ok(()),
            status @ (400 | 403 | 404 | 413) => {
                let why = format!("it answers with {status}");
                let report = exchange(self, &url, "POST", Some(&body), Some(&answer), &why);
                Err(NotTold::Refused(why, Box::new(report)))
            }
            status => Err(yet(format!("it answers with {status}"))),
        }
    }

    /// Tells a peer what is wrong with an answer of theirs: once, in the background.
    pub(crate) fn report_to_peer(self: &Arc<Self>, base: Url, kind: Kind, report: ErrorReport) {
        let Ok(place) = Arc::clone(&self.retrying).try_acquire_owned() else { return };
        let core = Arc::clone(self);
        tokio::spawn(async move {
            let _place = place;
            let Ok(url) = route(&base, &["uss", "v1", "reports"]) else { return };
            let body = bytes(&report);
            let sent = core.send_with_token(kind.reading(), |bearer| Sent {
                bearer: Some(bearer),
                body: Some(("application/json", body.clone())),
                ..Sent::to(Method::POST, url.clone())
            });
            if let Err(unanswered) = sent.await {
                tracing::debug!(why = unanswered.reason, "a report was not taken");
            }
        });
    }
}

/// An exchange that failed, as it is reported. The token is not part of it.
pub(crate) fn exchange(
    core: &Core,
    url: &Url,
    method: &str,
    request: Option<&[u8]>,
    answer: Option<&Answered>,
    problem: &str,
) -> ErrorReport {
    let now = WireTime::from(core.host.now());
    let shown = |body: &[u8]| STANDARD.encode(&body[..body.len().min(SHOWN_BYTES)]);
    ErrorReport {
        report_id: None,
        exchange: ExchangeRecord {
            url: url.to_string(),
            method: method.to_owned(),
            headers: vec!["Authorization: Bearer (left out)".to_owned()],
            recorder_role: "Client".to_owned(),
            request_time: now.clone(),
            request_body: request.map(shown),
            response_time: answer.map(|_| now),
            response_body: answer.map(|a| shown(&a.body)),
            response_code: answer.map(|a| i32::from(a.status)),
            problem: Some(problem.to_owned()),
        },
    }
}

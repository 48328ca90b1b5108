//! The DSS, asked by us.

use crate::core::Core;
use crate::entity::{Kind, Reference};
use crate::http::{Sent, Unanswered, route};
use deconflict_intent::scope;
use deconflict_intent::wire::{
    AirspaceConflict, ChangedConstraint, ChangedIntent, ChangedSubscription, ErrorReport,
    FoundConstraints, FoundIntents, PutSubscription, Query, Subscriber, Volume4D,
};
use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;
use uuid::Uuid;

/// What came of asking.
#[derive(Clone, Debug)]
pub(crate) enum Trouble {
    /// It never got there.
    Away(String),
    /// It may have been done: the answer is lost, or is no answer.
    Lost(String),
    /// It was refused, with a status and a sentence.
    Refused(u16, String),
    /// The key lacks these.
    Missing(Vec<Reference>),
}

impl Trouble {
    pub(crate) fn words(&self) -> String {
        match self {
            Trouble::Away(why) | Trouble::Lost(why) => format!("the DSS does not answer: {why}"),
            Trouble::Refused(status, why) => format!("the DSS answers {status}: {why}"),
            Trouble::Missing(all) => format!("the DSS misses {} entities in the key", all.len()),
        }
    }
}

/// A changed reference, and whom to notify.
pub(crate) type Changed = (Reference, Vec<Subscriber>);

impl Core {
    async fn ask(
        &self,
        method: Method,
        parts: &[&str],
        scope: &'static str,
        body: Option<Vec<u8>>,
        idempotency: Option<String>,
    ) -> Result<Vec<u8>, Trouble> {
        let mut path = vec!["dss", "v1"];
        path.extend(parts);
        let url = route(&self.dss, &path).map_err(Trouble::Away)?;
        let body = body.map(|bytes| ("application/json", bytes));
        let answer =
            self.send_with_token(scope, |bearer| Sent {
                method: method.clone(),
                url: url.clone(),
                bearer: Some(bearer),
                idempotency: idempotency.clone(),
                body: body.clone(),
            })
            .await
            .map_err(|Unanswered { reason, not_sent }| {
                if not_sent { Trouble::Away(reason) } else { Trouble::Lost(reason) }
            })?;
        match answer.status {
            200..=299 => Ok(answer.body),
            // Whether it was done before that is not known.
            500.. => Err(Trouble::Lost(format!("it answers with {}", answer.status))),
            status => {
                let told: AirspaceConflict =
                    serde_json::from_slice(&answer.body).unwrap_or_default();
                let intents = told.missing_operational_intents.into_iter().map(Reference::Intent);
                let constraints = told.missing_constraints.into_iter().map(Reference::Constraint);
                let missing: Vec<Reference> = intents.chain(constraints).collect();
                if status == 409 && !missing.is_empty() {
                    return Err(Trouble::Missing(missing));
                }
                let words = told.message.unwrap_or_else(|| "without a reason".to_owned());
                Err(Trouble::Refused(status, words.chars().take(400).collect()))
            }
        }
    }

    /// What is there.
    pub(crate) async fn find(&self, kind: Kind, area: Volume4D) -> Result<Vec<Reference>, Trouble> {
        let query = bytes(&Query { area_of_interest: Some(area) });
        let parts = [kind.references(), "query"];
        let body = self.ask(Method::POST, &parts, kind.reading(), Some(query), None).await?;
        Ok(match kind {
            Kind::Intent => {
                let found: FoundIntents = read(&body)?;
                found.operational_intent_references.into_iter().map(Reference::Intent).collect()
            }
            Kind::Constraint => {
                let found: FoundConstraints = read(&body)?;
                found.constraint_references.into_iter().map(Reference::Constraint).collect()
            }
        })
    }

    /// One reference, if there is one.
    pub(crate) async fn reference(
        &self,
        kind: Kind,
        id: Uuid,
    ) -> Result<Option<Reference>, Trouble> {
        let id = id.to_string();
        // Whoever only writes constraints may read theirs with that scope.
        let scope = match kind {
            Kind::Constraint if self.settings.constraints == crate::Constraints::Manage => {
                kind.writing()
            }
            _ => kind.reading(),
        };
        match self.ask(Method::GET, &[kind.references(), &id], scope, None, None).await {
            Ok(body) => Ok(Some(changed(kind, &body)?.0)),
            Err(Trouble::Refused(404, _)) => Ok(None),
            Err(other) => Err(other),
        }
    }

    /// Creates or changes a reference. `body` is sent as it is, so that it can be sent again.
    pub(crate) async fn put(
        &self,
        kind: Kind,
        id: Uuid,
        ovn: Option<&str>,
        scope: &'static str,
        body: Vec<u8>,
        idempotency: String,
    ) -> Result<Changed, Trouble> {
        let id = id.to_string();
        let parts: Vec<&str> = [kind.references(), &id].into_iter().chain(ovn).collect();
        let body = self.ask(Method::PUT, &parts, scope, Some(body), Some(idempotency)).await?;
        changed(kind, &body)
    }

    /// Takes a reference out.
    pub(crate) async fn delete(
        &self,
        kind: Kind,
        id: Uuid,
        ovn: &str,
        idempotency: String,
    ) -> Result<Changed, Trouble> {
        let id = id.to_string();
        let parts = [kind.references(), &id, ovn];
        let body =
            self.ask(Method::DELETE, &parts, kind.writing(), None, Some(idempotency)).await?;
        changed(kind, &body)
    }

    /// Creates or renews a subscription; its version.
    pub(crate) async fn subscribe(
        &self,
        id: Uuid,
        version: Option<&str>,
        kind: Kind,
        params: &PutSubscription,
    ) -> Result<(String, i32), Trouble> {
        let id = id.to_string();
        let parts: Vec<&str> = ["subscriptions", &id].into_iter().chain(version).collect();
        let key = Some(Uuid::new_v4().to_string());
        let body = self.ask(Method::PUT, &parts, kind.reading(), Some(bytes(params)), key).await?;
        let told: ChangedSubscription = read(&body)?;
        let index = told.subscription.notification_index;
        Ok((told.subscription.version.into_owned(), index))
    }

    /// Ends a subscription.
    pub(crate) async fn unsubscribe(
        &self,
        id: Uuid,
        version: &str,
        kind: Kind,
    ) -> Result<(), Trouble> {
        let id = id.to_string();
        let parts = ["subscriptions", &id, version];
        self.ask(Method::DELETE, &parts, kind.reading(), None, None).await.map(drop)
    }

    /// Reports a failed exchange.
    pub(crate) async fn report(&self, report: &ErrorReport) -> Result<(), Trouble> {
        let scope = scope::STRATEGIC_COORDINATION;
        self.ask(Method::POST, &["reports"], scope, Some(bytes(report)), None).await.map(drop)
    }

    /// Sends with a token for that host and scope; once more with a new one if it is not taken.
    pub(crate) async fn send_with_token(
        &self,
        scope: &'static str,
        make: impl Fn(Arc<str>) -> Sent,
    ) -> Result<crate::http::Answered, Unanswered> {
        let host = make("".into()).url.host_str().unwrap_or_default().to_owned();
        let audience = host.trim_start_matches('[').trim_end_matches(']');
        let mut again = true;
        loop {
            let token = self.tokens.get(&self.http, audience, scope, self.now()).await;
            let token = token.map_err(|reason| Unanswered { reason, not_sent: true })?;
            let answer = self.http.send(make(token), self.settings.answer_bytes).await?;
            if answer.status != 401 || !again {
                return Ok(answer);
            }
            again = false;
            self.tokens.forget(audience, scope);
        }
    }
}

/// As it is sent.
pub(crate) fn bytes(value: &impl Serialize) -> Vec<u8> {
    // Maps with keys that are no text are the only values that JSON does not take.
    serde_json::to_vec(value).unwrap_or_default()
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Trouble> {
    serde_json::from_slice(body)
        .map_err(|why| Trouble::Lost(format!("its answer is not what the standard has: {why}")))
}

fn changed(kind: Kind, body: &[u8]) -> Result<Changed, Trouble> {
    Ok(match kind {
        Kind::Intent => {
            let told: ChangedIntent = read(body)?;
            (Reference::Intent(told.operational_intent_reference), told.subscribers)
        }
        Kind::Constraint => {
            let told: ChangedConstraint = read(body)?;
            (Reference::Constraint(told.constraint_reference), told.subscribers)
        }
    })
}

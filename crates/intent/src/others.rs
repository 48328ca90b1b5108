//! Who is there, reports of failed exchanges, and the clean-up.

use crate::airspace::Draft;
use crate::command::{Answer, Caller, Circumstances, Outcome};
use crate::refusal::{Refusal, bad};
use crate::row::{Availability, Kind, Presence, Report, Row};
use crate::wire;
use deconflict_core::Time;
use serde_json::{Value, json};
use std::sync::Arc;
use uuid::Uuid;

pub(crate) fn availability(draft: &Draft<'_>, uss: &str) -> Answer {
    let row = draft.availability(uss);
    let (presence, version) =
        row.as_ref().map_or((Presence::Unknown, ""), |row| (row.presence, &row.version));
    let told = json!({
        "version": version,
        "status": { "uss": uss, "availability": presence.name() },
    });
    Answer { status: 200, body: told.to_string() }
}

pub(crate) fn set_availability(
    draft: &mut Draft<'_>,
    given: &Circumstances,
    uss: &str,
    params: &wire::PutAvailability,
) -> Outcome {
    // The reference takes either case, and its clients use both.
    let presence = [Presence::Unknown, Presence::Normal, Presence::Down]
        .into_iter()
        .find(|p| p.name().eq_ignore_ascii_case(&params.availability))
        .ok_or_else(|| bad("availability must be Unknown, Normal or Down"))?;
    // PostgreSQL keeps no NUL, and one text that it refuses would be the end of a whole batch.
    if uss.is_empty() || uss.len() > 256 || uss.contains(char::is_control) {
        return Err(bad(
            "the name of a USS has 1 to 256 letters, none of them a control character",
        ));
    }
    let known = draft.availability(uss).map_or_else(String::new, |row| row.version.clone());
    if known != params.old_version.as_deref().unwrap_or("") {
        return Err(Refusal::Conflict(
            "old_version is not the current version of this availability; read it again".to_owned(),
        ));
    }
    draft.put(Row::Availability(Arc::new(Availability {
        uss: uss.into(),
        presence,
        version: given.version(uss),
    })));
    Ok(availability(draft, uss))
}

pub(crate) fn report(
    draft: &mut Draft<'_>,
    caller: &Caller,
    given: &Circumstances,
    body: &Value,
) -> Outcome {
    if !body.get("exchange").is_some_and(Value::is_object) {
        return Err(bad("exchange is missing: the request and answer that failed"));
    }
    for field in ["url", "method", "recorder_role", "request_time"] {
        if body["exchange"].get(field).is_none_or(Value::is_null) {
            return Err(bad(format!("exchange.{field} is missing")));
        }
    }
    let id = given.id("report");
    let mut told = body.clone();
    told["report_id"] = json!(id);
    draft.put(Row::Report(Arc::new(Report {
        id,
        reporter: caller.uss.to_string(),
        received_ns: given.now.as_nanos(),
        body: told.to_string(),
    })));
    Ok(Answer { status: 201, body: told.to_string() })
}

/// How long what has ended is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Retention {
    /// Operational intents and constraints, seconds after their end. Clients may still ask
    /// for them: they are what happened.
    pub entities_s: f64,
    /// Subscriptions, seconds after their end.
    pub subscriptions_s: f64,
}

impl Default for Retention {
    fn default() -> Retention {
        Retention { entities_s: 56.0 * 86_400.0, subscriptions_s: 3_600.0 }
    }
}

/// Takes out what ended long ago, at most `most` rows of a kind; says how many it took. Nobody is
/// notified: what is over concerns nobody.
pub fn clean_up(draft: &mut Draft<'_>, now: Time, retention: &Retention, most: usize) -> usize {
    let before = |kept_s: f64| now.plus_s(-kept_s);
    let (entities, subscriptions) =
        (before(retention.entities_s), before(retention.subscriptions_s));
    let ended =
        |kind, time| -> Vec<&str> { draft.base().ended_before(kind, time).take(most).collect() };
    let uuids = |ids: Vec<&str>| -> Vec<Uuid> {
        ids.into_iter().filter_map(|id| Uuid::parse_str(id).ok()).collect()
    };
    let intents = uuids(ended(Kind::Intent, entities));
    let constraints = uuids(ended(Kind::Constraint, entities));
    let answered = ended(Kind::Answered, now);
    let spent = ended(Kind::Spent, now);
    // One that something still hangs on stays, and is looked at every time: many more than
    // are taken, or those behind it would never have their turn.
    let free: Vec<Uuid> = draft
        .base()
        .ended_before(Kind::Subscription, subscriptions)
        .take(most.saturating_mul(50))
        .filter_map(|id| Uuid::parse_str(id).ok())
        .filter(|id| draft.dependents(*id).is_empty())
        .take(most)
        .collect();

    let taken = intents.len() + constraints.len() + answered.len() + spent.len() + free.len();
    for id in intents {
        let subscription = draft.intent(id).and_then(|row| row.subscription);
        draft.remove_intent(id);
        crate::intents::release(draft, subscription);
    }
    for id in constraints {
        draft.remove_constraint(id);
    }
    for id in free {
        draft.remove_subscription(id);
    }
    for key in answered {
        draft.remove_answered(key);
    }
    for ovn in spent {
        draft.remove_spent(ovn);
    }
    taken
}

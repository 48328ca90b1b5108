//! Subscriptions: who wants to hear of what.

use crate::airspace::Draft;
use crate::command::{Answer, Caller, Circumstances, Current, Outcome, area, scope};
use crate::extent::Extent;
use crate::intents::covers_band_and_area;
use crate::refusal::{Refusal, bad};
use crate::row::{Row, Subscription};
use crate::{tell, wire};
use deconflict_core::Time;
use std::sync::Arc;
use uuid::Uuid;

/// What a client calls now is so far from what we call so: it computes a time, then sends it.
const NOW_IS_S: f64 = 60.0;

pub(crate) fn get(draft: &Draft<'_>, caller: &Caller, id: Uuid) -> Outcome {
    let row = draft.subscription(id).ok_or_else(|| unknown(id))?;
    if row.manager != caller.uss {
        return Err(Refusal::Forbidden("the subscription is another's".to_owned()));
    }
    Ok(Answer::new(200, [("subscription", tell::subscription(draft, &row))]))
}

pub(crate) fn query(
    draft: &Draft<'_>,
    caller: &Caller,
    given: &Circumstances,
    query: &wire::Query,
) -> Outcome {
    let found = draft.subscriptions_over(&area(query, &given.limits)?);
    let mine = found.iter().filter(|row| {
        row.manager == caller.uss && row.extent.end().is_none_or(|end| end >= given.now)
    });
    let told = tell::list(mine.map(|row| tell::subscription(draft, row)));
    Ok(Answer::new(200, [("subscriptions", told)]))
}

pub(crate) fn put(
    draft: &mut Draft<'_>,
    caller: &Caller,
    given: &Circumstances,
    id: Uuid,
    old_version: Option<&str>,
    params: &wire::PutSubscription,
) -> Outcome {
    if !params.notify_for_operational_intents && !params.notify_for_constraints {
        return Err(bad(
            "set notify_for_operational_intents or notify_for_constraints, or there is nothing to tell",
        ));
    }
    if params.notify_for_operational_intents {
        caller.must(scope::STRATEGIC_COORDINATION, "for notify_for_operational_intents")?;
    }
    if params.notify_for_constraints {
        caller.must(scope::CONSTRAINT_PROCESSING, "for notify_for_constraints")?;
    }
    let base_url = given.address(&params.uss_base_url, "uss_base_url")?;
    let mut extent = Extent::from_area(&params.extents, &given.limits).map_err(|r| match r {
        Refusal::Bad(message) => Refusal::Bad(format!("extents.{message}")),
        Refusal::TooLarge(message) => Refusal::TooLarge(format!("extents.{message}")),
        other => other,
    })?;
    let old = draft.subscription(id);
    match (&old, old_version) {
        (Some(_), None) => {
            return Err(Refusal::Conflict(format!("the subscription {id} exists already")));
        }
        (None, Some(_)) => return Err(unknown(id)),
        (Some(old), Some(version)) => old_of(old).check(caller, version)?,
        (None, None) => {}
    }
    set_times(&mut extent, given, old.as_deref())?;
    let row = Subscription {
        id,
        manager: Arc::clone(&caller.uss),
        version: given.version(&id.to_string()),
        index: old.as_ref().map_or(0, |o| o.index),
        base_url,
        for_intents: params.notify_for_operational_intents,
        for_constraints: params.notify_for_constraints,
        // Whoever takes it into their own hands keeps it when the operational intent goes.
        implicit: false,
        extent,
    };
    check_dependents(draft, &row, given.now)?;
    let row = Arc::new(row);
    draft.put(Row::Subscription(Arc::clone(&row)));

    let mut parts = vec![("subscription", tell::subscription(draft, &row))];
    if row.for_intents {
        let found = draft.intents_over(&row.extent);
        parts.push(("operational_intent_references", tell::intents(draft, &found, &caller.uss)));
    }
    if row.for_constraints {
        let found = draft.constraints_over(&row.extent);
        parts.push(("constraint_references", tell::constraints(draft, &found, &caller.uss)));
    }
    Ok(Answer { status: 200, body: tell::object(parts) })
}

/// Fills in the times that were not given: from now, or as before; for a day, or as before.
fn set_times(
    extent: &mut Extent,
    given: &Circumstances,
    old: Option<&Subscription>,
) -> Result<(), Refusal> {
    let limits = &given.limits;
    for volume in &mut extent.volumes {
        let start = match volume.start {
            Some(start) if given.now.seconds_since(start) > limits.skew_s => {
                return Err(bad(format!(
                    "extents.time_start is in the past by more than {} s",
                    limits.skew_s
                )));
            }
            Some(start) => start,
            None => old.and_then(|o| o.extent.start()).unwrap_or(given.now),
        };
        let end = volume
            .end
            .or_else(|| old.and_then(|o| o.extent.end()))
            .unwrap_or_else(|| start.plus_s(limits.subscription_s));
        if end <= start {
            return Err(bad("extents.time_end must be after extents.time_start"));
        }
        if end < given.now {
            return Err(bad("extents.time_end is in the past"));
        }
        if end.seconds_since(start) > limits.subscription_s {
            return Err(bad(format!(
                "the subscription is for {:.1} h, at most {} h are taken; renew it instead",
                end.seconds_since(start) / 3600.0,
                limits.subscription_s / 3600.0
            )));
        }
        (volume.start, volume.end) = (Some(start), Some(end));
    }
    Ok(())
}

/// What hangs on a subscription must remain covered by it.
fn check_dependents(draft: &Draft<'_>, row: &Subscription, now: Time) -> Result<(), Refusal> {
    for dependent in draft.dependents(row.id).into_iter().filter_map(|id| draft.intent(id)) {
        let words = |refusal: Refusal| {
            bad(format!("the operational intent {} hangs on it: {refusal}", dependent.id))
        };
        let start = |extent: &Extent| extent.start().unwrap_or(Time::MIN);
        let end = |extent: &Extent| extent.end().unwrap_or(Time::MAX);
        // Its start may have passed, and a subscription cannot begin in the past.
        if start(&row.extent) > start(&dependent.extent).max(now).plus_s(NOW_IS_S) {
            return Err(words(bad("the subscription would begin after it")));
        }
        if end(&dependent.extent) > end(&row.extent) {
            return Err(words(bad("the subscription would end before it")));
        }
        covers_band_and_area(row, &dependent.extent).map_err(words)?;
    }
    Ok(())
}

pub(crate) fn delete(draft: &mut Draft<'_>, caller: &Caller, id: Uuid, version: &str) -> Outcome {
    let old = draft.subscription(id).ok_or_else(|| unknown(id))?;
    old_of(&old).check(caller, version)?;
    let dependents = draft.dependents(id).len();
    if dependents > 0 {
        return Err(bad(format!(
            "{dependents} operational intents hang on the subscription {id}; they go first"
        )));
    }
    let told = tell::subscription(draft, &old);
    draft.remove_subscription(id);
    Ok(Answer::new(200, [("subscription", told)]))
}

fn unknown(id: Uuid) -> Refusal {
    Refusal::NotFound(format!("there is no subscription {id}"))
}

fn old_of(row: &Subscription) -> Current<'_> {
    Current { what: "subscription", id: row.id, manager: &row.manager, version: &row.version }
}

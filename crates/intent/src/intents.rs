//! Operational intents (F3548-21, section 5 and annex A2).

use crate::airspace::Draft;
use crate::command::{Answer, Caller, Circumstances, Current, Outcome, area, scope};
use crate::extent::{Extent, Needs};
use crate::refusal::{Refusal, bad};
use crate::row::{Intent, IntentState, Presence, Row, Spent, Subscription, Told};
use crate::{tell, wire};
use deconflict_core::Time;
use std::cell::LazyCell;
use std::collections::HashSet;
use std::sync::Arc;
use uuid::Uuid;

pub(crate) fn get(draft: &Draft<'_>, caller: &Caller, id: Uuid) -> Outcome {
    let row = draft.intent(id).ok_or_else(|| unknown(id))?;
    let told = tell::intent(draft, &row, &caller.uss);
    Ok(Answer::new(200, [("operational_intent_reference", told)]))
}

pub(crate) fn query(
    draft: &Draft<'_>,
    caller: &Caller,
    given: &Circumstances,
    query: &wire::Query,
) -> Outcome {
    let found = draft.intents_over(&area(query, &given.limits)?);
    let told = tell::intents(draft, &found, &caller.uss);
    Ok(Answer::new(200, [("operational_intent_references", told)]))
}

pub(crate) fn delete(draft: &mut Draft<'_>, caller: &Caller, id: Uuid, ovn: &str) -> Outcome {
    let old = draft.intent(id).ok_or_else(|| unknown(id))?;
    old_of(&old).check(caller, ovn)?;
    if draft.presence(&caller.uss) == Presence::Down {
        return Err(down(&caller.uss, "delete an operational intent"));
    }
    let told = tell::intent(draft, &old, &caller.uss);
    // Its own subscription is told of it once more, then goes with it.
    let subscribers = tell::notify(draft, &[&old.extent], |s| s.for_intents);
    draft.remove_intent(id);
    release(draft, old.subscription);
    Ok(Answer::new(200, [("operational_intent_reference", told), ("subscribers", subscribers)]))
}

/// What a put asks for, checked as far as it can be without knowing what is there.
struct Wanted {
    extent: Extent,
    state: IntentState,
    base_url: String,
    ovn: String,
    /// Until when the version number might be asked for again, if its client chose it.
    spent_until: Option<Time>,
    hangs_on: HangsOn,
}

/// The subscription that an operational intent shall hang on.
enum HangsOn {
    Nothing,
    /// One that exists.
    This(Uuid),
    /// One of its own.
    New {
        base_url: String,
        for_constraints: bool,
    },
}

fn check(
    caller: &Caller,
    given: &Circumstances,
    id: Uuid,
    old_ovn: Option<&str>,
    params: &wire::PutIntent,
) -> Result<Wanted, Refusal> {
    let state = IntentState::from_name(&params.state).ok_or_else(|| {
        bad(format!(
            "state is \"{}\", it must be Accepted, Activated, Nonconforming or Contingent",
            params.state.chars().take(40).collect::<String>()
        ))
    })?;
    if old_ovn.is_none() && state != IntentState::Accepted {
        return Err(bad(format!(
            "a new operational intent must be Accepted, not {}",
            state.name()
        )));
    }
    if !state.is_nominal() {
        let why = format!("for the state {}", state.name());
        caller.must(scope::CONFORMANCE_MONITORING_SA, &why)?;
    }
    let base_url = given.address(&params.uss_base_url, "uss_base_url")?;
    let hangs_on = hangs_on(given, params)?;
    if matches!(hangs_on, HangsOn::Nothing) && state != IntentState::Accepted {
        return Err(bad(format!(
            "in the state {} subscription_id or new_subscription is needed",
            state.name()
        )));
    }
    if params.key.as_ref().is_some_and(|k| k.len() > given.limits.key) {
        return Err(Refusal::TooLarge(format!(
            "key: more than {} versions; write in a smaller extent",
            given.limits.key
        )));
    }
    let needs = Needs { altitudes: true, times: true };
    let extent = Extent::from_wire(&params.extents, needs, &given.limits)?;
    not_past(&extent, given)?;
    let (ovn, spent_until) = match &params.requested_ovn_suffix {
        None => (given.version(&id.to_string()), None),
        Some(suffix) => requested(given, id, suffix).map(|(ovn, until)| (ovn, Some(until)))?,
    };
    Ok(Wanted { extent, state, base_url, ovn, spent_until, hangs_on })
}

fn hangs_on(given: &Circumstances, params: &wire::PutIntent) -> Result<HangsOn, Refusal> {
    match (&params.subscription_id, &params.new_subscription) {
        (Some(_), Some(_)) => Err(bad("give subscription_id or new_subscription, not both")),
        (Some(text), None) => {
            let wrong = || bad("subscription_id is no UUID");
            let id = Uuid::parse_str(text).map_err(|_| wrong())?;
            Ok(HangsOn::This(id))
        }
        (None, Some(new)) => {
            // The standard wants the scope of constraint processing for constraints. The InterUSS
            // Platform does not ask for it here, and its clients do not have it; the notice
            // alone is told, the constraint itself only to who has the scope.
            Ok(HangsOn::New {
                base_url: given.address(&new.uss_base_url, "new_subscription.uss_base_url")?,
                for_constraints: new.notify_for_constraints,
            })
        }
        (None, None) => Ok(HangsOn::Nothing),
    }
}

/// Something that is over cannot be put. Blocks of it may be: what is in the air has left some behind.
pub(crate) fn not_past(extent: &Extent, given: &Circumstances) -> Result<(), Refusal> {
    if extent.end().is_some_and(|end| end < given.now) {
        return Err(bad("extents: the last time_end is in the past"));
    }
    Ok(())
}

/// The version number that an InterUSS client asks for, id and UUIDv7 of about now, and until
/// when it could be asked for again.
fn requested(given: &Circumstances, id: Uuid, suffix: &str) -> Result<(String, Time), Refusal> {
    let wrong = || bad("requested_ovn_suffix is no UUID of version 7");
    // One form only: the same number in another is another version number for whoever compares.
    let uuid = Uuid::parse_str(suffix).ok().filter(|_| suffix.len() == 36).ok_or_else(wrong)?;
    if uuid.get_version_num() != 7 {
        return Err(wrong());
    }
    // RFC 9562, section 5.7: the first 48 bits are milliseconds since 1970.
    let millis = i64::try_from(uuid.as_u128() >> 80).map_err(|_| wrong())?;
    let chosen = Time::from_millis(millis);
    let off_s = chosen.seconds_since(given.now);
    if off_s.abs() > given.limits.skew_s {
        return Err(bad(format!(
            "requested_ovn_suffix is {off_s:.0} s away from now, at most {} s are taken",
            given.limits.skew_s
        )));
    }
    // Another instance's clock may be as far off as a client's.
    Ok((format!("{id}_{suffix}"), chosen.plus_s(2.0 * given.limits.skew_s)))
}

pub(crate) fn put(
    draft: &mut Draft<'_>,
    caller: &Caller,
    given: &Circumstances,
    id: Uuid,
    old_ovn: Option<&str>,
    params: &wire::PutIntent,
) -> Outcome {
    let wanted = check(caller, given, id, old_ovn, params)?;
    let old = draft.intent(id);
    match (&old, old_ovn) {
        (Some(old), ovn) => old_of(old).check(caller, ovn.unwrap_or(""))?,
        (None, Some(_)) => {
            return Err(bad(format!("there is no operational intent {id} to be changed")));
        }
        (None, None) => {}
    }
    // A key that holds a version from before would seem to know this one.
    if draft.is_spent(&wanted.ovn) {
        return Err(bad("requested_ovn_suffix has been used for this id; take a new one"));
    }
    if wanted.state.is_nominal() && draft.presence(&caller.uss) == Presence::Down {
        let what = format!("have an operational intent {}", wanted.state.name());
        return Err(down(&caller.uss, &what));
    }
    let subscription = subscription_for(draft, caller, given, id, &wanted)?;
    if wanted.state.is_nominal() {
        let with_constraints = subscription.as_ref().is_some_and(|s| s.for_constraints);
        check_key(draft, caller, id, &wanted.extent, params, with_constraints)?;
    }

    // Nothing is refused from here on.
    if let Some(until) = wanted.spent_until {
        let (ovn, until_ns) = (wanted.ovn.clone(), until.as_nanos());
        draft.put(Row::Spent(Arc::new(Spent { ovn, until_ns })));
    }
    let row = Arc::new(Intent {
        id,
        manager: Arc::clone(&caller.uss),
        state: wanted.state,
        version: old.as_ref().map_or(0, |o| o.version).saturating_add(1),
        ovn: wanted.ovn,
        base_url: wanted.base_url,
        subscription: subscription.as_ref().map(|s| s.id),
        extent: wanted.extent,
        told: Told::default(),
    });
    draft.put(Row::Intent(Arc::clone(&row)));
    if let Some(subscription) = subscription {
        draft.put(Row::Subscription(Arc::new(subscription)));
    }
    let before = old.as_ref().and_then(|o| o.subscription);
    if before != row.subscription {
        release(draft, before);
    }
    fit(draft, row.subscription);
    let touched: Vec<&Extent> = old.iter().map(|old| &old.extent).chain([&row.extent]).collect();
    let subscribers = tell::notify(draft, &touched, |s| s.for_intents);
    let told = tell::intent(draft, &row, &caller.uss);
    let status = if old.is_some() { 200 } else { 201 };
    Ok(Answer::new(status, [("operational_intent_reference", told), ("subscribers", subscribers)]))
}

/// The subscription that the operational intent will hang on: not yet in the draft.
fn subscription_for(
    draft: &Draft<'_>,
    caller: &Caller,
    given: &Circumstances,
    id: Uuid,
    wanted: &Wanted,
) -> Result<Option<Subscription>, Refusal> {
    match &wanted.hangs_on {
        HangsOn::Nothing => Ok(None),
        HangsOn::New { base_url, for_constraints } => {
            let own = given.id(&format!("subscription of {id}"));
            Ok(Some(Subscription {
                id: own,
                manager: Arc::clone(&caller.uss),
                version: given.version(&own.to_string()),
                index: 0,
                base_url: base_url.clone(),
                for_intents: true,
                for_constraints: *for_constraints,
                implicit: true,
                extent: wanted.extent.clone(),
            }))
        }
        HangsOn::This(id) => {
            let found = draft.subscription(*id);
            let found =
                found.ok_or_else(|| bad(format!("there is no subscription {id} to hang on")))?;
            if found.manager != caller.uss {
                return Err(Refusal::Forbidden("the subscription is another's".to_owned()));
            }
            if !found.implicit {
                covers(&found, &wanted.extent)?;
            }
            Ok(Some(Subscription::clone(&found)))
        }
    }
}

/// Whether a subscription that its manager made covers an operational intent.
pub(crate) fn covers(subscription: &Subscription, extent: &Extent) -> Result<(), Refusal> {
    let of = &subscription.extent;
    let open = |t: Option<Time>, or: Time| t.unwrap_or(or);
    if open(of.start(), Time::MIN) > open(extent.start(), Time::MIN) {
        return Err(bad("the subscription begins after the operational intent"));
    }
    if open(of.end(), Time::MAX) < open(extent.end(), Time::MAX) {
        return Err(bad("the subscription ends before the operational intent"));
    }
    covers_band_and_area(subscription, extent)
}

/// The same without the time.
pub(crate) fn covers_band_and_area(
    subscription: &Subscription,
    extent: &Extent,
) -> Result<(), Refusal> {
    let [of, needed] = [subscription.extent.band_m(), extent.band_m()];
    if of[0] > needed[0] || of[1] < needed[1] {
        return Err(bad(format!(
            "the subscription reaches from {} to {} m, the operational intent from {} to {} m",
            of[0], of[1], needed[0], needed[1]
        )));
    }
    if !subscription.extent.covers_area_of(extent) {
        return Err(bad("the subscription does not cover the area of the operational intent"));
    }
    Ok(())
}

/// Whether the writer has proved that it knows everything that its operational intent meets.
fn check_key(
    draft: &Draft<'_>,
    caller: &Caller,
    id: Uuid,
    extent: &Extent,
    params: &wire::PutIntent,
    with_constraints: bool,
) -> Result<(), Refusal> {
    // Long keys are common, and so is free air: the set is made when it is asked.
    let given = || params.key.iter().flatten().map(String::as_str).collect::<HashSet<&str>>();
    let key = LazyCell::new(given);
    let mut intents = Vec::new();
    for other in draft.intents_over(extent) {
        // Who is down cannot be asked for its version, and what it only planned is free.
        let lapsed = other.state == IntentState::Accepted
            && draft.presence(&other.manager) == Presence::Down;
        if other.id != id && !lapsed && !key.contains(other.ovn.as_str()) {
            intents.push(other);
        }
    }
    let mut constraints = Vec::new();
    if with_constraints {
        for other in draft.constraints_over(extent) {
            if !key.contains(other.ovn.as_str()) {
                constraints.push(other);
            }
        }
    }
    if intents.is_empty() && constraints.is_empty() {
        return Ok(());
    }
    Err(Refusal::MissingKeys {
        message: format!(
            "the key lacks the current version of {} operational intents and {} constraints; \
             ask their managers for the details, then write again",
            intents.len(),
            constraints.len()
        ),
        intents: tell::intents(draft, &intents, &caller.uss),
        constraints: tell::constraints(draft, &constraints, &caller.uss),
    })
}

/// After an operational intent no longer hangs on a subscription: an implicit one goes with
/// the last of them, and shrinks to those that are left.
pub(crate) fn release(draft: &mut Draft<'_>, subscription: Option<Uuid>) {
    let Some(row) = subscription.and_then(|id| draft.subscription(id)) else { return };
    if !row.implicit {
        return;
    }
    if draft.dependents(row.id).is_empty() {
        draft.remove_subscription(row.id);
    } else {
        fit(draft, Some(row.id));
    }
}

/// Makes an implicit subscription just as large as what hangs on it, with what is around.
fn fit(draft: &mut Draft<'_>, subscription: Option<Uuid>) {
    let Some(row) = subscription.and_then(|id| draft.subscription(id)) else { return };
    if !row.implicit {
        return;
    }
    let dependents: Vec<Arc<Intent>> =
        draft.dependents(row.id).into_iter().filter_map(|id| draft.intent(id)).collect();
    let around: Vec<Extent> = dependents.iter().map(|d| d.extent.with_surroundings()).collect();
    let extent = Extent::union(&around);
    if extent != row.extent {
        let fitted = Subscription { extent, ..Subscription::clone(&row) };
        draft.put(Row::Subscription(Arc::new(fitted)));
    }
}

fn unknown(id: Uuid) -> Refusal {
    Refusal::NotFound(format!("there is no operational intent {id}"))
}

fn down(uss: &str, what: &str) -> Refusal {
    Refusal::Down(format!(
        "{uss} is marked as Down and may not {what}; have its availability set first"
    ))
}

fn old_of(row: &Intent) -> Current<'_> {
    Current { what: "operational intent", id: row.id, manager: &row.manager, version: &row.ovn }
}

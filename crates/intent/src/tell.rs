//! Rows as they are told to a USS.

use crate::airspace::Draft;
use crate::extent::Extent;
use crate::row::{Constraint, Intent, Row, Subscription};
use crate::wire::{
    ConstraintReference, IntentReference, Subscriber, SubscriptionState, ToldTime, WireSubscription,
};
use deconflict_core::Time;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// Told where an operational intent hangs on no subscription: the standard wants an id, and
/// this is the one that the InterUSS Platform gives.
pub const NO_SUBSCRIPTION: Uuid = Uuid::from_u128(0x0000_0000_0000_4000_8000_0000_0000_0000);

/// Start and end of a reference, which always has both.
fn times(extent: &Extent) -> [ToldTime; 2] {
    [ToldTime(extent.start().unwrap_or(Time::MIN)), ToldTime(extent.end().unwrap_or(Time::MAX))]
}

/// A value as JSON.
pub(crate) fn json(value: &(impl Serialize + ?Sized)) -> String {
    // Maps with keys that are no text are the only values that JSON does not take.
    serde_json::to_string(value).unwrap_or_default()
}

/// An object of parts that are JSON already.
pub(crate) fn object<'a>(parts: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let mut all = String::new();
    for (name, part) in parts {
        all.reserve(name.len() + part.len() + 5);
        all.push(if all.is_empty() { '{' } else { ',' });
        all.push('"');
        all.push_str(name);
        all.push_str("\":");
        all.push_str(&part);
    }
    all.push('}');
    all
}

/// A list of parts that are JSON already.
pub(crate) fn list(parts: impl IntoIterator<Item = String>) -> String {
    let parts: Vec<String> = parts.into_iter().collect();
    format!("[{}]", parts.join(","))
}

/// What the viewer is told of an operational intent. Its version number is for its manager;
/// others get it from that manager, which proves that they have asked.
pub(crate) fn intent(draft: &Draft<'_>, row: &Intent, viewer: &str) -> String {
    let mut all = String::with_capacity(640);
    add_intent(&mut all, draft, row, viewer);
    all
}

/// A list of them.
pub(crate) fn intents(draft: &Draft<'_>, rows: &[Arc<Intent>], viewer: &str) -> String {
    let mut all = String::with_capacity(2 + 640 * rows.len());
    all.push('[');
    for row in rows {
        if all.len() > 1 {
            all.push(',');
        }
        add_intent(&mut all, draft, row, viewer);
    }
    all.push(']');
    all
}

fn add_intent(all: &mut String, draft: &Draft<'_>, row: &Intent, viewer: &str) {
    let told = row.told.0.get_or_init(|| {
        let [time_start, time_end] = times(&row.extent);
        let fixed = json(&IntentReference {
            id: row.id,
            manager: (&*row.manager).into(),
            version: row.version,
            state: row.state.name().into(),
            time_start,
            time_end,
            uss_base_url: (&*row.base_url).into(),
            subscription_id: row.subscription.unwrap_or(NO_SUBSCRIPTION),
            // These depend on the moment and on who asks.
            uss_availability: None,
            ovn: None,
        });
        // Open at the end, for what depends on the moment and on who asks.
        fixed.strip_suffix('}').unwrap_or_default().into()
    });
    all.push_str(told);
    all.push_str(",\"uss_availability\":\"");
    all.push_str(draft.presence(&row.manager).name());
    all.push('"');
    if viewer == &*row.manager {
        all.push_str(",\"ovn\":");
        all.push_str(&json(&row.ovn));
    }
    all.push('}');
}

/// What the viewer is told of a constraint.
pub(crate) fn constraint(draft: &Draft<'_>, row: &Constraint, viewer: &str) -> String {
    let [time_start, time_end] = times(&row.extent);
    json(&ConstraintReference {
        id: row.id,
        manager: (&*row.manager).into(),
        uss_availability: Some(draft.presence(&row.manager).name().into()),
        version: row.version,
        ovn: (viewer == &*row.manager).then_some((&*row.ovn).into()),
        time_start,
        time_end,
        uss_base_url: (&*row.base_url).into(),
    })
}

/// A list of them.
pub(crate) fn constraints(draft: &Draft<'_>, rows: &[Arc<Constraint>], viewer: &str) -> String {
    list(rows.iter().map(|row| constraint(draft, row, viewer)))
}

/// What its manager is told of a subscription.
pub(crate) fn subscription(draft: &Draft<'_>, row: &Subscription) -> String {
    json(&WireSubscription {
        id: row.id,
        version: (&*row.version).into(),
        notification_index: row.index,
        time_start: row.extent.start().map(ToldTime),
        time_end: row.extent.end().map(ToldTime),
        uss_base_url: (&*row.base_url).into(),
        notify_for_operational_intents: row.for_intents,
        notify_for_constraints: row.for_constraints,
        implicit_subscription: row.implicit,
        dependent_operational_intents: draft.dependents(row.id).into_iter().collect(),
    })
}

/// Counts a notification for every subscription that a change of these extents concerns, and
/// says whom the writer has to notify, a list in JSON.
///
/// Concerned is who covers any part of it, and who has an operational intent there that
/// hangs on the subscription: a subscription may be coarser than what hangs on it. What is around
/// the blocks counts here, so that two that reach into each other are told.
pub(crate) fn notify(
    draft: &mut Draft<'_>,
    touched: &[&Extent],
    wanted: fn(&Subscription) -> bool,
) -> String {
    let mut concerned: BTreeMap<Uuid, Arc<Subscription>> = BTreeMap::new();
    let around: Vec<Extent> = touched.iter().map(|extent| extent.with_surroundings()).collect();
    let extent = &Extent::union(&around);
    for row in draft.subscriptions_over(extent) {
        concerned.insert(row.id, row);
    }
    for row in draft.intents_over(extent) {
        if let Some(row) = row.subscription.and_then(|id| draft.subscription(id)) {
            concerned.entry(row.id).or_insert(row);
        }
    }
    let mut by_url: BTreeMap<String, Vec<SubscriptionState>> = BTreeMap::new();
    for row in concerned.into_values().filter(|row| wanted(row)) {
        let mut next = Subscription::clone(&row);
        next.index = next.index.saturating_add(1);
        by_url
            .entry(next.base_url.clone())
            .or_default()
            .push(SubscriptionState { subscription_id: next.id, notification_index: next.index });
        draft.put(Row::Subscription(Arc::new(next)));
    }
    list(
        by_url
            .into_iter()
            .map(|(uss_base_url, subscriptions)| json(&Subscriber { subscriptions, uss_base_url })),
    )
}

//! Rows as they are told to a USS.

use crate::airspace::Draft;
use crate::extent::Extent;
use crate::row::{Constraint, Intent, Row, Subscription};
use crate::wire::{
    ConstraintReference, IntentReference, Subscriber, SubscriptionState, WireSubscription, WireTime,
};
use deconflict_core::Time;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// Told where an operational intent hangs on no subscription: the standard wants an id, and
/// this is the one that the InterUSS Platform gives.
pub const NO_SUBSCRIPTION: Uuid = Uuid::from_u128(0x0000_0000_0000_4000_8000_0000_0000_0000);

/// Start and end of a reference, which always has both.
fn times(extent: &Extent) -> [WireTime; 2] {
    [
        WireTime::new(extent.start().unwrap_or(Time::MIN)),
        WireTime::new(extent.end().unwrap_or(Time::MAX)),
    ]
}

/// What the viewer is told of an operational intent. Its version number is for its manager;
/// others get it from that manager, which proves that they have asked.
pub(crate) fn intent(draft: &Draft<'_>, row: &Intent, viewer: &str) -> Value {
    let [time_start, time_end] = times(&row.extent);
    json!(IntentReference {
        id: row.id,
        manager: &row.manager,
        uss_availability: draft.presence(&row.manager).name(),
        version: row.version,
        state: row.state.name(),
        ovn: (viewer == &*row.manager).then_some(row.ovn.as_str()),
        time_start,
        time_end,
        uss_base_url: &row.base_url,
        subscription_id: row.subscription.unwrap_or(NO_SUBSCRIPTION),
    })
}

/// What the viewer is told of a constraint.
pub(crate) fn constraint(draft: &Draft<'_>, row: &Constraint, viewer: &str) -> Value {
    let [time_start, time_end] = times(&row.extent);
    json!(ConstraintReference {
        id: row.id,
        manager: &row.manager,
        uss_availability: draft.presence(&row.manager).name(),
        version: row.version,
        ovn: (viewer == &*row.manager).then_some(row.ovn.as_str()),
        time_start,
        time_end,
        uss_base_url: &row.base_url,
    })
}

/// What its manager is told of a subscription.
pub(crate) fn subscription(draft: &Draft<'_>, row: &Subscription) -> Value {
    json!(WireSubscription {
        id: row.id,
        version: &row.version,
        notification_index: row.index,
        time_start: row.extent.start().map(WireTime::new),
        time_end: row.extent.end().map(WireTime::new),
        uss_base_url: &row.base_url,
        notify_for_operational_intents: row.for_intents,
        notify_for_constraints: row.for_constraints,
        implicit_subscription: row.implicit,
        dependent_operational_intents: draft.dependents(row.id).into_iter().collect(),
    })
}

/// Counts a notification for every subscription that a change of `extent` concerns, and says
/// whom the writer has to notify.
///
/// Concerned is who covers any part of it, and who has an operational intent there that
/// hangs on the subscription: a subscription may be coarser than what hangs on it. The notches of an
/// outline count here, so that two that reach into each other are told.
pub(crate) fn notify(
    draft: &mut Draft<'_>,
    extent: &Extent,
    wanted: fn(&Subscription) -> bool,
) -> Vec<Subscriber> {
    let mut concerned: BTreeMap<Uuid, Arc<Subscription>> = BTreeMap::new();
    let extent = &extent.without_notches();
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
    by_url
        .into_iter()
        .map(|(uss_base_url, subscriptions)| Subscriber { subscriptions, uss_base_url })
        .collect()
}

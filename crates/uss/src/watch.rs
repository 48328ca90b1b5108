//! What goes on in the background: subscriptions, asking again, what could not be done before.

use crate::core::Core;
use crate::dss::Trouble;
use crate::entity::{Kind, OwnDetails, Told};
use crate::model::NotFiled;
use deconflict_core::{Altitude, Time, Volume4d};
use deconflict_intent::outward;
use deconflict_intent::wire::{PutSubscription, Volume4D};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// For how long a subscription is made, seconds. It is renewed at half of that; after a crash
/// it is gone by then.
const SUBSCRIBED_S: f64 = 4.0 * 3600.0;
/// How far ahead the watched regions are asked for, seconds: as far as anybody plans (F3548-21, OiMaxPlanHorizon: 30 days).
const AHEAD_S: f64 = 30.0 * 86_400.0;
/// Of one of ours, not more outlines than this are asked for again.
const OUTLINES: usize = 32;
/// How long goodbyes may take.
const GOODBYE: Duration = Duration::from_secs(2);

/// A subscription to a watched region.
struct Subscription {
    id: Uuid,
    kind: Kind,
    region: Volume4d,
    /// Its version and end at the DSS, once it is there.
    made: Option<(String, Time)>,
}

impl Core {
    pub(crate) async fn run(self: &Arc<Self>, stop: impl Future<Output = ()> + Send) {
        tokio::pin!(stop);
        let mut subscriptions = Vec::new();
        for region in &self.settings.watched {
            for &kind in self.kinds() {
                let (id, region) = (Uuid::new_v4(), region.clone());
                subscriptions.push(Subscription { id, kind, region, made: None });
            }
        }
        loop {
            tokio::select! {
                () = &mut stop => break,
                () = self.round(&mut subscriptions) => {}
            }
            tokio::select! {
                () = &mut stop => break,
                () = self.wake.notified() => {}
                () = tokio::time::sleep(self.settings.refresh) => {}
            }
        }
        let goodbye = async {
            for subscription in &subscriptions {
                if let Some((version, _)) = &subscription.made {
                    let _ = self.unsubscribe(subscription.id, version, subscription.kind).await;
                }
            }
        };
        let _ = tokio::time::timeout(GOODBYE, goodbye).await;
    }

    async fn round(self: &Arc<Self>, subscriptions: &mut [Subscription]) {
        let mut trouble = None;
        for subscription in subscriptions {
            if let Err(why) = self.renew(subscription).await {
                trouble = Some(format!("a watched region is not subscribed to: {}", why.words()));
            }
        }
        if let Err(why) = self.refresh().await {
            trouble = Some(why.words());
        }
        if let Some(why) = trouble {
            let now = self.host.now();
            self.change(|book| book.trouble(why, now));
        }
        let doubts = self.book().doubts();
        for (id, kind, details) in doubts {
            self.find_out(id, kind, details).await;
        }
        let leaving = self.book().leaving();
        for (id, _) in leaving {
            if let Err(why) = self.withdraw(id).await {
                tracing::warn!(%id, %why, "could not be taken out yet");
            }
        }
    }

    /// Whether something of ours that was in doubt is at the DSS: then whoever asks is told what it is.
    async fn find_out(&self, id: Uuid, kind: Kind, details: OwnDetails) {
        let _turn = self.turn(id).await;
        // It may have been filed again meanwhile.
        if !self.book().is_in_doubt(id) {
            return;
        }
        let before = self.book().mine(id).map(|told| told.reference().version());
        let there = match self.fresh(kind, id).await {
            Err(NotFiled::Away(_)) => return,
            Err(_) | Ok(None) => {
                self.book().let_go(id);
                false
            }
            Ok(Some(now)) if Some(now.version()) == before => {
                self.book().as_before(id);
                false
            }
            Ok(Some(now)) => {
                self.accept(now, details);
                true
            }
        };
        self.host.settled(id, there);
    }

    async fn renew(&self, subscription: &mut Subscription) -> Result<(), Trouble> {
        let now = self.host.now();
        if let Some((_, end)) = &subscription.made
            && end.seconds_since(now) > 0.5 * SUBSCRIBED_S
        {
            return Ok(());
        }
        let end = now.plus_s(SUBSCRIBED_S);
        for extents in areas(&subscription.region, now, end) {
            let params = PutSubscription {
                extents,
                uss_base_url: self.settings.base_url.clone(),
                notify_for_operational_intents: subscription.kind == Kind::Intent,
                notify_for_constraints: subscription.kind == Kind::Constraint,
            };
            let version = subscription.made.as_ref().map(|(version, _)| version.as_str());
            let made = self.subscribe(subscription.id, version, subscription.kind, &params).await;
            if matches!(made, Err(Trouble::Refused(404 | 409, _))) {
                // It is gone, or the answer to a renewal was lost: a new one is made.
                (subscription.id, subscription.made) = (Uuid::new_v4(), None);
            }
            let (version, index) = made?;
            self.book().count(subscription.id, index);
            subscription.made = Some((version, end));
        }
        Ok(())
    }

    /// Asks for all that is in the watched regions and beside our own.
    pub(crate) async fn refresh(self: &Arc<Self>) -> Result<(), Trouble> {
        let (at, since) = (self.host.now(), self.book().moment());
        let mut asked = self.watched_areas();
        for told in self.book().all_mine() {
            let (volumes, off_nominal) = match &*told {
                Told::Intent(told) => (&told.details.volumes, &told.details.off_nominal_volumes),
                Told::Constraint(_) => continue,
            };
            let over = told.reference().end() < at;
            let outlines = volumes.iter().chain(off_nominal).take(OUTLINES);
            asked.extend(outlines.filter(|_| !over).cloned());
        }
        let found = self.find_all(&asked).await?;
        let ids: BTreeSet<Uuid> = found.keys().copied().collect();
        let ours = |manager: &str| manager == self.settings.manager;
        let others = found.into_values().filter(|r| !ours(r.manager()) && r.end() >= at);
        let places: Vec<Volume4d> = self.settings.watched.clone();
        self.learn(others.collect(), &Arc::new(places), false).await;
        let now = self.host.now();
        self.change(|book| book.confirm(&ids, since, at, now));
        Ok(())
    }

    /// The watched regions, from now to as far ahead as anybody plans.
    pub(crate) fn watched_areas(&self) -> Vec<Volume4D> {
        let now = self.host.now();
        let until = now.plus_s(AHEAD_S);
        self.settings.watched.iter().flat_map(|region| areas(region, now, until)).collect()
    }
}

/// A region in the form of the standard: settings were checked, so there is one.
pub(crate) fn areas(region: &Volume4d, start: Time, end: Time) -> Vec<Volume4D> {
    let asked = Volume4d {
        footprint: region.footprint.clone(),
        lower: region.lower.or(Some(Altitude::ellipsoid_m(-8_000.0))),
        upper: region.upper.or(Some(Altitude::ellipsoid_m(100_000.0))),
        start: Some(start),
        end: Some(end),
    };
    outward::told(&asked, |_| Default::default()).unwrap_or_default()
}

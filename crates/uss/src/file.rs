//! Filing: nothing is at the DSS whose neighbours we do not know.

use crate::core::Core;
use crate::dss::{Changed, Trouble, bytes};
use crate::entity::{Kind, OwnDetails, Ready, Reference, Told};
use crate::model::{Details, Filed, NotFiled, Own, Peer, What};
use crate::settings::Constraints;
use deconflict_core::Volume4d;
use deconflict_intent::wire::{
    ImplicitSubscriptionParameters, PutConstraint, PutIntent, Volume4D, WireAltitude,
};
use deconflict_intent::{Extent, IntentState, Limits, Needs, Presence, scope};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::task::JoinSet;
use uuid::Uuid;

/// How often a lost answer is asked for, and the pause before as a part of the patience, doubled each time.
const SETTLING: u32 = 4;
const SETTLING_PART: u32 = 25;

/// What was found out after the answer to a write was lost.
pub(crate) enum Settled {
    /// It is as it was: nothing was done.
    NotDone,
    /// It is at the DSS, like this.
    Done(Reference),
    /// It is not there any more.
    Gone,
}

/// What is known of others while something is being filed.
#[derive(Default)]
struct Around {
    peers: BTreeMap<Uuid, Arc<Peer>>,
    /// Version numbers of our own beside it.
    ours: BTreeMap<Uuid, String>,
}

impl Around {
    fn key(&self) -> Vec<String> {
        let peers = self.peers.values().filter_map(|p| p.ovn.clone());
        peers.chain(self.ours.values().cloned()).collect()
    }

    fn peers(&self) -> Vec<Arc<Peer>> {
        self.peers.values().cloned().collect()
    }

    /// One whose details were not to be had, though its manager is not known to be down.
    fn unknown(&self) -> Option<NotFiled> {
        let silent = |p: &&Arc<Peer>| p.uss_availability != Presence::Down;
        self.peers.values().filter(silent).find_map(|peer| not_had(peer))
    }
}

fn not_had(peer: &Peer) -> Option<NotFiled> {
    match &peer.details {
        Details::Known => None,
        Details::NotHad(reason) => Some(NotFiled::PeerAway {
            manager: peer.manager.clone(),
            id: peer.id,
            reason: reason.clone(),
        }),
    }
}

impl Core {
    pub(crate) async fn file<F, Fut>(self: &Arc<Self>, own: Own, free: F) -> Result<Filed, NotFiled>
    where
        F: Fn(Vec<Arc<Peer>>) -> Fut + Send + Sync,
        Fut: Future<Output = Result<(), String>> + Send,
    {
        let context = |near| self.host.vertical(near);
        let ready = Ready::of(&own, &context).map_err(NotFiled::Unfit)?;
        if ready.kind == Kind::Constraint && self.settings.constraints != Constraints::Manage {
            let why = "constraints are not managed here: set constraints to manage";
            return Err(NotFiled::Unfit(why.to_owned()));
        }
        let id = own.id;
        let _turn = self.turn(id).await;
        self.book().stay(id);
        let mut current = self.current(ready.kind, id).await?;
        if ready.kind == Kind::Intent && current.is_none() && ready.state != IntentState::Accepted {
            // A DSS takes a new one as Accepted only.
            let first = Ready::of(&planned(&own), &context).map_err(NotFiled::Unfit)?;
            let ((reference, subscribers), _) = self.put_and_note(id, &first, None, &free).await?;
            current = Some(reference.clone());
            self.accept(reference, first.details);
            self.notify(first.kind, id, subscribers).await;
        }
        let ((reference, subscribers), around) =
            self.put_and_note(id, &ready, current, &free).await?;
        let (version, ovn) = (reference.version(), reference.ovn().unwrap_or_default().to_owned());
        if reference.manager() != self.settings.manager {
            tracing::warn!(
                manager = reference.manager(),
                setting = self.settings.manager,
                "our tokens give us another name than the setting `manager`"
            );
        }
        self.accept(reference, ready.details);
        let (told, not_told) = self.notify(ready.kind, id, subscribers).await;
        Ok(Filed { id, version, ovn, peers: around.peers(), told, not_told })
    }

    /// From now on this is what whoever asks is told.
    pub(crate) fn accept(&self, reference: Reference, details: OwnDetails) {
        if let Some(told) = Told::of(reference, details) {
            self.book().accept(told);
        }
    }

    /// What the DSS has of ours, as far as we know without asking; asks where that is in doubt.
    async fn current(&self, kind: Kind, id: Uuid) -> Result<Option<Reference>, NotFiled> {
        let (known, doubt) = {
            let book = self.book();
            (book.mine(id), book.is_in_doubt(id))
        };
        if doubt { self.fresh(kind, id).await } else { Ok(known.map(|told| told.reference())) }
    }

    /// What the DSS has of ours.
    pub(crate) async fn fresh(&self, kind: Kind, id: Uuid) -> Result<Option<Reference>, NotFiled> {
        let found = self.reference(kind, id).await;
        let found = found.map_err(|trouble| NotFiled::Away(trouble.words()))?;
        match found {
            Some(found) if found.ovn().is_none() => {
                let why = format!("{id} is another's, {}", found.manager());
                Err(NotFiled::Refused(why))
            }
            found => Ok(found),
        }
    }

    /// The same as below; what is then in doubt is noted, so that it can be found out later.
    async fn put_and_note<F, Fut>(
        self: &Arc<Self>,
        id: Uuid,
        ready: &Ready,
        current: Option<Reference>,
        free: &F,
    ) -> Result<(Changed, Around), NotFiled>
    where
        F: Fn(Vec<Arc<Peer>>) -> Fut + Send + Sync,
        Fut: Future<Output = Result<(), String>> + Send,
    {
        let done = self.put_until_done(id, ready, current, free).await;
        if let Err(NotFiled::InDoubt(_)) = &done {
            self.book().doubt_of(id, ready.kind, ready.details.clone());
        }
        done
    }

    async fn put_until_done<F, Fut>(
        self: &Arc<Self>,
        id: Uuid,
        ready: &Ready,
        mut current: Option<Reference>,
        free: &F,
    ) -> Result<(Changed, Around), NotFiled>
    where
        F: Fn(Vec<Arc<Peer>>) -> Fut + Send + Sync,
        Fut: Future<Output = Result<(), String>> + Send,
    {
        let careful = ready.kind == Kind::Intent && ready.state.is_nominal();
        let needs = Needs { altitudes: true, times: true };
        let asked = Extent::from_wire(&ready.extents, needs, &Limits::default());
        let asked = Arc::new(asked.map_err(|why| NotFiled::Unfit(why.to_string()))?.volumes);
        let mut around = Around::default();
        if careful {
            self.look_around(id, ready, &asked, &mut around).await?;
        }
        let mut own_subscription = false;
        let mut again: Option<(Option<String>, Vec<u8>, String)> = None;
        for _ in 0..self.settings.rounds.max(1) {
            if careful {
                if let Some(unknown) = around.unknown() {
                    return Err(unknown);
                }
                free(around.peers()).await.map_err(NotFiled::NotFree)?;
            }
            let (ovn, body, key) = again.take().unwrap_or_else(|| {
                let hangs_on = current.as_ref().and_then(Reference::subscription);
                let hangs_on = hangs_on.filter(|_| !own_subscription);
                let body = self.body(ready, around.key(), hangs_on);
                let ovn = current.as_ref().and_then(Reference::ovn).map(str::to_owned);
                (ovn, body, Uuid::new_v4().to_string())
            });
            let scope = match (ready.kind, ready.state.is_nominal()) {
                (Kind::Intent, false) => scope::CONFORMANCE_MONITORING_SA,
                (kind, _) => kind.writing(),
            };
            let put = self.put(ready.kind, id, ovn.as_deref(), scope, body.clone(), key.clone());
            match put.await {
                Ok(changed) => return Ok((changed, around)),
                Err(Trouble::Missing(missing)) if careful => {
                    self.learn_missing(missing, &asked, &mut around).await?;
                }
                Err(Trouble::Missing(_)) => {
                    let why = "it asks for what others have, in a state in which nobody need know";
                    return Err(NotFiled::Refused(why.to_owned()));
                }
                Err(Trouble::Refused(409 | 404, why)) => {
                    // Perhaps it is not the version that we took it for.
                    let now = self.fresh(ready.kind, id).await?;
                    if now.as_ref().map(Reference::ovn) == current.as_ref().map(Reference::ovn) {
                        return Err(NotFiled::Refused(why));
                    }
                    current = now;
                }
                // Some do not let a subscription grow with what hangs on it.
                Err(Trouble::Refused(400, _)) if !own_subscription && hangs(current.as_ref()) => {
                    own_subscription = true;
                }
                Err(Trouble::Refused(status, why)) => {
                    return Err(NotFiled::Refused(format!("{status}: {why}")));
                }
                Err(Trouble::Away(why)) => {
                    return Err(NotFiled::Away(format!("the DSS does not answer: {why}")));
                }
                Err(Trouble::Lost(why)) => match self.settle(ready.kind, id, &current, &why).await?
                {
                    // With the same key it is done once, also if it is still on its way; and whoever
                    // does not know keys refuses the second.
                    Settled::NotDone => again = Some((ovn, body, key)),
                    Settled::Done(now) => {
                        let put = self.put(ready.kind, id, ovn.as_deref(), scope, body, key).await;
                        match put {
                            Ok(changed) => return Ok((changed, around)),
                            // It was done, and whom to notify is lost: it is written once more.
                            Err(_) => current = Some(now),
                        }
                    }
                    Settled::Gone => current = None,
                },
            }
        }
        Err(NotFiled::Restless(self.settings.rounds.max(1)))
    }

    fn body(&self, ready: &Ready, key: Vec<String>, hangs_on: Option<Uuid>) -> Vec<u8> {
        let (extents, uss_base_url) = (ready.extents.clone(), self.settings.base_url.clone());
        match ready.kind {
            Kind::Constraint => bytes(&PutConstraint { extents, uss_base_url }),
            Kind::Intent => {
                let new_subscription = hangs_on.is_none().then(|| ImplicitSubscriptionParameters {
                    uss_base_url: uss_base_url.clone(),
                    notify_for_constraints: self.settings.constraints != Constraints::None,
                });
                bytes(&PutIntent {
                    extents,
                    key: Some(key).filter(|_| ready.state.is_nominal()),
                    state: ready.state.name().to_owned(),
                    uss_base_url,
                    subscription_id: hangs_on.map(|id| id.to_string()),
                    new_subscription,
                    requested_ovn_suffix: None,
                })
            }
        }
    }

    /// Asks the DSS what is where it shall be, and those who have something there what it is.
    async fn look_around(
        self: &Arc<Self>,
        id: Uuid,
        ready: &Ready,
        asked: &Arc<Vec<Volume4d>>,
        around: &mut Around,
    ) -> Result<(), NotFiled> {
        let found = self.find_all(&whole(&ready.extents)).await;
        let found = found.map_err(|trouble| match trouble {
            Trouble::Refused(..) => NotFiled::Refused(trouble.words()),
            _ => NotFiled::Away(trouble.words()),
        })?;
        let mut others = Vec::new();
        for reference in found.into_values().filter(|r| r.id() != id) {
            match reference.ovn() {
                // A DSS tells version numbers to whose they are only.
                Some(ovn) if reference.manager() == self.settings.manager => {
                    around.ours.insert(reference.id(), ovn.to_owned());
                }
                _ => others.push(reference),
            }
        }
        let peers = self.learn(others, asked, false).await;
        around.peers.extend(peers.into_iter().map(|peer| (peer.id, peer)));
        Ok(())
    }

    /// All references of the kinds that we deal with in these places.
    pub(crate) async fn find_all(
        self: &Arc<Self>,
        areas: &[Volume4D],
    ) -> Result<BTreeMap<Uuid, Reference>, Trouble> {
        let mut asking = JoinSet::new();
        for area in areas {
            for &kind in self.kinds() {
                let (core, area) = (Arc::clone(self), area.clone());
                asking.spawn(async move {
                    let _turn = core.asking.acquire().await;
                    core.find(kind, area).await
                });
            }
        }
        let mut all = BTreeMap::new();
        while let Some(found) = asking.join_next().await {
            let found = found.map_err(|_| Trouble::Lost("asking was stopped".to_owned()))??;
            all.extend(found.into_iter().map(|reference| (reference.id(), reference)));
        }
        Ok(all)
    }

    /// What the DSS says that the key lacks.
    async fn learn_missing(
        self: &Arc<Self>,
        missing: Vec<Reference>,
        asked: &Arc<Vec<Volume4d>>,
        around: &mut Around,
    ) -> Result<(), NotFiled> {
        let mut others = Vec::new();
        for reference in missing {
            match reference.ovn() {
                Some(ovn) if reference.manager() == self.settings.manager => {
                    around.ours.insert(reference.id(), ovn.to_owned());
                }
                _ => others.push(reference),
            }
        }
        for peer in self.learn(others, asked, true).await {
            // Without its version number the DSS takes nothing, whoever is down.
            if let Some(not_had) = not_had(&peer) {
                return Err(not_had);
            }
            let before = around.peers.get(&peer.id).and_then(|old| old.ovn.clone());
            if before.is_some() && before == peer.ovn {
                return Err(NotFiled::PeerAway {
                    manager: peer.manager.clone(),
                    id: peer.id,
                    reason: "the version number that it tells is not the one that the DSS has"
                        .to_owned(),
                });
            }
            around.peers.insert(peer.id, peer);
        }
        Ok(())
    }

    /// Whether a write was done whose answer is lost: by asking, before anything else is done.
    pub(crate) async fn settle(
        &self,
        kind: Kind,
        id: Uuid,
        before: &Option<Reference>,
        why: &str,
    ) -> Result<Settled, NotFiled> {
        self.book().doubt(id);
        for n in 0..SETTLING {
            tokio::time::sleep(self.settings.patience * 2_u32.pow(n) / SETTLING_PART).await;
            let Ok(now) = self.reference(kind, id).await else { continue };
            return Ok(match (before, now) {
                (None, None) => Settled::NotDone,
                (Some(_), None) => Settled::Gone,
                (None, Some(now)) => Settled::Done(now),
                (Some(before), Some(now)) if now.version() == before.version() => Settled::NotDone,
                (Some(_), Some(now)) => Settled::Done(now),
            });
        }
        Err(NotFiled::InDoubt(format!("the DSS does not answer: {why}")))
    }
}

/// The same as it is before it is flown.
fn planned(own: &Own) -> Own {
    let mut planned = own.clone();
    let off_nominal = std::mem::take(&mut planned.off_nominal);
    if planned.volumes.is_empty() {
        planned.volumes = off_nominal;
    }
    if let What::Intent { state, .. } = &mut planned.what {
        *state = IntentState::Accepted;
    }
    planned
}

fn hangs(current: Option<&Reference>) -> bool {
    current.and_then(Reference::subscription).is_some()
}

/// Every outline once, with the altitudes and times of all: that is what a DSS looks at.
pub(crate) fn whole(extents: &[Volume4D]) -> Vec<Volume4D> {
    let mut all: Vec<Volume4D> = Vec::new();
    let Some(first) = extents.first() else { return all };
    let metres = |a: &Option<WireAltitude>| a.as_ref().map_or(0.0, |a| a.value);
    let (mut lower, mut upper) =
        (first.volume.altitude_lower.clone(), first.volume.altitude_upper.clone());
    let (mut start, mut end) = (first.time_start.clone(), first.time_end.clone());
    let time = |t: &Option<deconflict_intent::wire::WireTime>| {
        t.as_ref().and_then(|t| t.time("time").ok())
    };
    for extent in extents {
        if metres(&extent.volume.altitude_lower) < metres(&lower) {
            lower.clone_from(&extent.volume.altitude_lower);
        }
        if metres(&extent.volume.altitude_upper) > metres(&upper) {
            upper.clone_from(&extent.volume.altitude_upper);
        }
        if time(&extent.time_start) < time(&start) {
            start.clone_from(&extent.time_start);
        }
        if time(&extent.time_end) > time(&end) {
            end.clone_from(&extent.time_end);
        }
    }
    for extent in extents {
        let mut extent = extent.clone();
        extent.volume.altitude_lower.clone_from(&lower);
        extent.volume.altitude_upper.clone_from(&upper);
        extent.time_start.clone_from(&start);
        extent.time_end.clone_from(&end);
        if !all.contains(&extent) {
            all.push(extent);
        }
    }
    all
}

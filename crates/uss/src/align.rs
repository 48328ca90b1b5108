//! Taking out, and finding out what the DSS has of ours.

use crate::core::Core;
use crate::dss::Trouble;
use crate::entity::{Kind, Ready, Reference};
use crate::file::Settled;
use crate::model::{Aligned, NotFiled, Own};
use crate::settings::Constraints;
use deconflict_intent::wire::Subscriber;
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// How often a version that has changed is asked for anew.
const ROUNDS: u32 = 3;

impl Core {
    pub(crate) async fn withdraw(self: &Arc<Self>, id: Uuid) -> Result<(), NotFiled> {
        let _turn = self.turn(id).await;
        let known = self.book().mine(id).map(|told| told.reference());
        let kind = match &known {
            Some(reference) => Some(reference.kind()),
            None => self.kind_of(id).await?,
        };
        let Some(kind) = kind else {
            self.book().let_go(id);
            return Ok(());
        };
        let taken = self.take_out(kind, id, known).await;
        match taken {
            Ok(subscribers) => {
                self.book().let_go(id);
                self.notify(kind, id, subscribers).await;
                Ok(())
            }
            Err(why) => {
                if matches!(why, NotFiled::Away(_) | NotFiled::InDoubt(_)) {
                    self.book().leave_later(id, kind);
                }
                Err(why)
            }
        }
    }

    /// What something of ours is that is only known by its id.
    async fn kind_of(&self, id: Uuid) -> Result<Option<Kind>, NotFiled> {
        for &kind in self.kinds() {
            if kind == Kind::Constraint && self.settings.constraints != Constraints::Manage {
                continue;
            }
            match self.fresh(kind, id).await {
                Ok(None) => {}
                Ok(Some(_)) => return Ok(Some(kind)),
                Err(why @ NotFiled::Away(_)) => {
                    self.book().leave_later(id, kind);
                    return Err(why);
                }
                Err(why) => return Err(why),
            }
        }
        Ok(None)
    }

    async fn take_out(
        &self,
        kind: Kind,
        id: Uuid,
        known: Option<Reference>,
    ) -> Result<Vec<Subscriber>, NotFiled> {
        let mut current = match known {
            Some(known) if !self.book().is_in_doubt(id) => Some(known),
            _ => self.fresh(kind, id).await?,
        };
        let key = Uuid::new_v4().to_string();
        for _ in 0..ROUNDS {
            let Some(now) = &current else { return Ok(Vec::new()) };
            let ovn = now.ovn().unwrap_or_default().to_owned();
            match self.delete(kind, id, &ovn, key.clone()).await {
                Ok((_, subscribers)) => return Ok(subscribers),
                Err(Trouble::Refused(404, _)) => return Ok(Vec::new()),
                Err(Trouble::Refused(409, why)) => {
                    let fresh = self.fresh(kind, id).await?;
                    if fresh.as_ref().map(Reference::ovn) == Some(Some(&*ovn)) {
                        return Err(NotFiled::Refused(why));
                    }
                    current = fresh;
                }
                Err(Trouble::Lost(why)) => {
                    if let Settled::Gone = self.settle(kind, id, &current, &why).await? {
                        // Done; with the same key our own DSS tells again whom to notify.
                        let again = self.delete(kind, id, &ovn, key.clone()).await;
                        return Ok(
                            again.map_or_else(|_| Vec::new(), |(_, subscribers)| subscribers)
                        );
                    }
                    current = self.fresh(kind, id).await?;
                }
                Err(Trouble::Away(why)) => {
                    return Err(NotFiled::Away(format!("the DSS does not answer: {why}")));
                }
                Err(other) => return Err(NotFiled::Refused(other.words())),
            }
        }
        Err(NotFiled::Restless(ROUNDS))
    }

    pub(crate) async fn align(self: &Arc<Self>, wanted: Vec<Own>) -> Aligned {
        let mut aligned = Aligned::default();
        let ids: BTreeSet<Uuid> = wanted.iter().map(|own| own.id).collect();
        for own in wanted {
            let id = own.id;
            let _turn = self.turn(id).await;
            match self.adopt(&own).await {
                Ok(true) => aligned.adopted.push(id),
                Ok(false) => aligned.to_file.push(id),
                Err(why) => {
                    aligned.trouble.push(format!("{id}: {why}"));
                    aligned.to_file.push(id);
                }
            }
        }
        match self.find_all(&self.watched_areas()).await {
            Err(trouble) => aligned.trouble.push(trouble.words()),
            Ok(found) => {
                let orphans = found.into_values().filter(|r| {
                    // Others may share our name; what is told here is ours.
                    r.manager() == self.settings.manager
                        && self.is_us(r.base_url())
                        && !ids.contains(&r.id())
                });
                for orphan in orphans.collect::<Vec<_>>() {
                    match self.withdraw(orphan.id()).await {
                        Ok(()) => aligned.removed.push(orphan.id()),
                        Err(why) => aligned.trouble.push(format!("{}: {why}", orphan.id())),
                    }
                }
            }
        }
        aligned
    }

    /// Whether the DSS has it as it is wanted; then it is told to whoever asks.
    async fn adopt(&self, own: &Own) -> Result<bool, NotFiled> {
        let context = |near| self.host.vertical(near);
        let ready = Ready::of(own, &context).map_err(NotFiled::Unfit)?;
        let Some(reference) = self.fresh(ready.kind, own.id).await? else { return Ok(false) };
        let same = match (&own.ovn, reference.ovn()) {
            // The one sure sign: the number that was given for exactly this.
            (Some(filed), Some(now)) => filed == now,
            _ => {
                let ends = |v: &deconflict_core::Volume4d| (v.start, v.end);
                let all = || own.volumes.iter().chain(&own.off_nominal).map(ends);
                let start = all().filter_map(|(start, _)| start).min();
                let end = all().filter_map(|(_, end)| end).max();
                let near = |a: Option<deconflict_core::Time>, b: deconflict_core::Time| {
                    a.is_some_and(|a| a.seconds_since(b).abs() < 1e-3)
                };
                near(start, reference.start()) && near(end, reference.end())
            }
        };
        let same = same
            && self.is_us(reference.base_url())
            && reference.state().is_none_or(|state| state == ready.state);
        if same {
            self.accept(reference, ready.details);
        }
        Ok(same)
    }
}

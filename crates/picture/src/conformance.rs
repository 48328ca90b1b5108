//! How aircraft keep to their plans, from one evaluation to the next.

use crate::number::maybe;
use crate::warning::Deviation;
use deconflict_core::plan::{Levels, Phase, PlanId};
use deconflict_core::units::{ft_from_m, nm_from_m};
use deconflict_core::{Address, Label, Subject, Time};
use deconflict_engine::Engine;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How an aircraft keeps to its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Keeping {
    /// It keeps to it.
    Conforming,
    /// It is called for being outside of it.
    Nonconforming,
    /// It was seen while its plan was under way, and is not any more.
    Lost,
}

impl Keeping {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Keeping::Conforming => "conforming",
            Keeping::Nonconforming => "nonconforming",
            Keeping::Lost => "lost",
        }
    }
}

/// An aircraft and its plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Conformance {
    /// The plan.
    pub plan: PlanId,
    /// The aircraft, as it was last seen.
    pub subject: Subject,
    /// How it keeps to it.
    pub state: Keeping,
    /// Since when.
    pub since: Time,
    /// When it was last looked at.
    pub time: Time,
    /// Whether it is expected to go on along the path.
    pub followed: bool,
    /// By how much it is off.
    pub deviation: Deviation,
    /// Whether its level could be compared with those of the plan.
    pub levels_known: bool,
}

/// How all aircraft that have a plan under way keep to it.
#[derive(Clone, Debug, Default)]
pub struct Conformances {
    /// All of them, after the last evaluation.
    pub all: Arc<[Conformance]>,
    /// Those whose state has changed since they were last told.
    pub changed: Vec<Conformance>,
}

/// A plan, and an aircraft by its address, or by its call sign if it has none: a new track of
/// the same aircraft is the same aircraft.
type Key = (PlanId, Option<Address>, Option<Label<8>>);

/// What is remembered from one evaluation to the next.
#[derive(Debug, Default)]
pub(crate) struct ConformanceBook {
    entries: BTreeMap<Key, Conformance>,
    changed: Vec<Conformance>,
    all: Arc<[Conformance]>,
}

impl ConformanceBook {
    /// Takes in what came of an evaluation.
    pub fn look(&mut self, engine: &Engine, now: Time) {
        let mut seen = BTreeSet::new();
        for status in engine.plan_statuses() {
            let Some(track) = engine.tracker().track(status.track) else { continue };
            let subject = *track.subject();
            let called = engine.warnings().is_called(status.plan, status.track);
            let state = if called { Keeping::Nonconforming } else { Keeping::Conforming };
            let callsign = subject.callsign.filter(|_| subject.address.is_none());
            let key = (status.plan, subject.address, callsign);
            seen.insert(key);
            let before = self.entries.get(&key).filter(|before| before.state == state);
            let entry = Conformance {
                plan: status.plan,
                subject,
                state,
                since: before.map_or(now, |before| before.since),
                time: now,
                followed: status.followed && !called,
                deviation: Deviation {
                    off_nm: maybe(nm_from_m(status.fit.across_m), 2),
                    above_ft: status.fit.above_m.and_then(|m| maybe(ft_from_m(m), 0)),
                    late_s: maybe(status.fit.late_s, 0),
                },
                levels_known: !matches!(status.fit.levels, Levels::CannotTell(_)),
            };
            if before.is_none() {
                self.changed.push(entry.clone());
            }
            self.entries.insert(key, entry);
        }
        let Self { entries, changed, .. } = self;
        entries.retain(|key, entry| {
            if seen.contains(key) {
                return true;
            }
            let landed = engine.tracker().track(entry.subject.id).is_some_and(|t| t.on_ground());
            let is_under_way = engine.plans().iter().any(|plan| {
                plan.id == entry.plan
                    && plan.is_active
                    && plan.is_of(&entry.subject)
                    && plan.phase(now) == Phase::Current
            });
            if landed || !is_under_way {
                return false;
            }
            if entry.state != Keeping::Lost {
                (entry.state, entry.since, entry.followed) = (Keeping::Lost, now, false);
                changed.push(entry.clone());
            }
            true
        });
        if !(self.entries.is_empty() && self.all.is_empty()) {
            self.all = self.entries.values().cloned().collect();
        }
    }

    /// What is told of it.
    pub fn tell(&mut self) -> Conformances {
        Conformances { all: self.all.clone(), changed: std::mem::take(&mut self.changed) }
    }
}

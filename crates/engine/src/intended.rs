//! What aircraft mean to do, and whose airspace they come to: plans and areas against tracks.

use crate::engine::Expected;
use deconflict_alert::{
    Facts, Sighting, Topic, WarningChange, WarningEnd, WarningEngine, WarningFigures, WarningKey,
    WarningStage,
};
use deconflict_core::altitude::VerticalContext;
use deconflict_core::geo::{dot, sub};
use deconflict_core::plan::{Fit, Levels, Phase, PlanId};
use deconflict_core::state::Growth;
use deconflict_core::{Address, Area, Label, Plan, RuleSet, State, Subject, Time, Trajectory};
use deconflict_detect::{Conflict, Detector, Options, Scene};
use std::collections::BTreeMap;
use std::sync::Arc;

/// An entry that is warned of is looked for so much further ahead, so that one at the edge of
/// the look-ahead does not come and go.
const HYSTERESIS: f64 = 1.2;
/// What a chord is shorter than its arc by, and more: a share of the distance.
const CHORD_SLACK: f64 = 1.02;

/// How an aircraft and its plan stand to each other at present.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PlanStatus {
    /// The plan.
    pub plan: PlanId,
    /// The number of the track.
    pub track: u64,
    /// How the aircraft lies to it.
    pub fit: Fit,
    /// Whether it is expected to go on along it.
    pub followed: bool,
    /// Whether it is called for being outside of it.
    pub called: bool,
}

/// An aircraft in the scene that follows its plan.
#[derive(Clone, Debug)]
struct Followed {
    index: u32,
    trajectory: Trajectory,
}

/// Plans and areas in force, and what is made of them at each evaluation.
#[derive(Debug)]
pub(crate) struct Intended {
    pub plans: Vec<Plan>,
    pub areas: Vec<Area>,
    by_address: BTreeMap<Address, Vec<usize>>,
    by_callsign: BTreeMap<Label<8>, Vec<usize>>,
    pub warnings: WarningEngine,
    /// The same kernel, under the same rules, looking further ahead.
    detector: Detector,
    lookahead_s: f64,
    area_lookahead_s: f64,
    /// Of the present evaluation, in the order of the scene.
    followed: Vec<Followed>,
    states: Vec<State>,
    pub statuses: Vec<PlanStatus>,
    scene: Scene,
    found: Vec<Conflict>,
    sightings: Vec<Sighting>,
}

impl Intended {
    pub fn new(rules: &RuleSet, options: Options, lookahead_s: f64, area_s: f64) -> Intended {
        let at_least = |seconds: f64| if seconds.is_finite() { seconds.max(1.0) } else { 1.0 };
        let lookahead_s = at_least(lookahead_s);
        let rules = Arc::new(rules.looking_ahead(lookahead_s));
        Intended {
            plans: Vec::new(),
            areas: Vec::new(),
            by_address: BTreeMap::new(),
            by_callsign: BTreeMap::new(),
            warnings: WarningEngine::new(),
            detector: Detector::new(rules, options),
            lookahead_s,
            area_lookahead_s: at_least(area_s),
            followed: Vec::new(),
            states: Vec::new(),
            statuses: Vec::new(),
            scene: Scene::default(),
            found: Vec::new(),
            sightings: Vec::new(),
        }
    }

    pub fn set_plans(&mut self, plans: Vec<Plan>) {
        self.by_address.clear();
        self.by_callsign.clear();
        for (at, plan) in plans.iter().enumerate().filter(|(_, plan)| plan.is_active) {
            if let Some(address) = plan.address {
                self.by_address.entry(address).or_default().push(at);
            }
            if let Some(callsign) = plan.callsign {
                self.by_callsign.entry(callsign).or_default().push(at);
            }
        }
        self.plans = plans;
    }

    /// Whether there is nothing that would have to be looked at.
    pub fn is_empty(&self) -> bool {
        self.plans.is_empty() && self.areas.is_empty() && self.warnings.is_idle()
    }

    /// An evaluation begins.
    pub fn begin(&mut self) {
        self.followed.clear();
        self.states.clear();
        self.statuses.clear();
        self.sightings.clear();
        self.found.clear();
    }

    /// The path that is expected of an aircraft by its plan, while it keeps to it.
    pub fn expect(
        &mut self,
        subject: &Subject,
        state: &State,
        lookahead_s: f64,
        stale: bool,
    ) -> Option<Trajectory> {
        let plan = self.plan_of(subject, state.time)?;
        let context = VerticalContext::default();
        let fit = plan.fit(state, &context);
        let called = self.warnings.is_called(plan.id, subject.id);
        let late_s = if called || stale { None } else { plan.follows(state, &context) };
        let ahead = late_s
            .and_then(|late| plan.ahead(*subject, state, late, self.lookahead_s, lookahead_s));
        let followed = ahead.is_some();
        let status = PlanStatus { plan: plan.id, track: subject.id, fit, followed, called };
        let sighting = Sighting {
            subject: *subject,
            topic: Topic::of_plan(plan),
            stage: (!fit.conforms).then_some(WarningStage::Nonconforming),
            stale,
            figures: WarningFigures {
                time: state.time,
                position: state.position,
                altitude: state.altitude,
                entry_s: None,
                fit: Some(fit),
                levels_known: !matches!(fit.levels, Levels::CannotTell(_)),
            },
        };
        self.statuses.push(status);
        self.sightings.push(sighting);
        ahead
    }

    /// The plan under way of an aircraft; of several the one that began last.
    fn plan_of(&self, subject: &Subject, now: Time) -> Option<&Plan> {
        let by_address = subject.address.and_then(|address| self.by_address.get(&address));
        let by_callsign = subject.callsign.and_then(|callsign| self.by_callsign.get(&callsign));
        by_address
            .into_iter()
            .chain(by_callsign)
            .flatten()
            .map(|at| &self.plans[*at])
            .filter(|plan| plan.is_of(subject) && plan.phase(now) == Phase::Current)
            .max_by_key(|plan| (plan.time()[0], plan.id))
    }

    /// An aircraft has entered the scene as the last one.
    pub fn take(&mut self, index: u32, state: &State, ahead: Option<Trajectory>) {
        self.states.push(*state);
        if let Some(trajectory) = ahead {
            self.followed.push(Followed { index, trajectory });
        }
    }

    /// The path that a plan has of an aircraft of the scene.
    pub fn path_of(&self, index: usize) -> Option<&Trajectory> {
        let at = self.followed.binary_search_by_key(&index, |f| f.index as usize).ok()?;
        Some(&self.followed[at].trajectory)
    }

    /// The conflicts along plans, with the indices of the whole scene.
    pub fn conflicts(&mut self, now: Time) -> &[Conflict] {
        if self.followed.len() < 2 {
            return &[];
        }
        self.scene.reset(now);
        let mut indices = Vec::with_capacity(self.followed.len());
        for followed in &self.followed {
            if self.scene.push(&followed.trajectory).is_ok() {
                indices.push(followed.index);
            }
        }
        self.detector.detect(&self.scene, &mut self.found);
        for conflict in &mut self.found {
            conflict.a = indices[conflict.a as usize];
            conflict.b = indices[conflict.b as usize];
        }
        &self.found
    }

    /// Who comes to whose airspace, and what becomes of the warnings.
    pub fn warn(&mut self, expected: &Expected, out: &mut Vec<WarningChange>) {
        let now = expected.scene.now();
        self.look_at_areas(expected);
        let mut tracks: Vec<u64> = expected.scene.subjects().iter().map(|s| s.id).collect();
        tracks.sort_unstable();
        let mut warnings = std::mem::take(&mut self.warnings);
        let gone = |key: &WarningKey| self.gone(key, expected, &tracks, now);
        warnings.step(now, &self.sightings, gone, out);
        self.warnings = warnings;
    }

    fn look_at_areas(&mut self, expected: &Expected) {
        let now = expected.scene.now();
        let context = VerticalContext::default();
        let beyond_s = HYSTERESIS * self.area_lookahead_s;
        for area in self.areas.iter().filter(|area| area.is_active) {
            let Some((centre, radius_m)) = area.bounds(now, now.plus_s(beyond_s)) else { continue };
            for (index, subject) in expected.scene.subjects().iter().enumerate() {
                let state = &self.states[index];
                let path = self.path_of(index);
                let fastest_mps = match path {
                    Some(path) => path
                        .segments()
                        .iter()
                        .map(|s| s.state.velocity.ground_speed_mps())
                        .fold(0.0, f64::max),
                    None => state.velocity.ground_speed_mps(),
                };
                let to = sub(state.position.frame().origin, centre);
                let reach_m = radius_m * CHORD_SLACK + fastest_mps * beyond_s;
                let near = dot(to, to) <= reach_m * reach_m;
                let warned = self.warnings.is_warned(area.id, subject.id);
                if !near && !warned || area.admits(subject) {
                    continue;
                }
                let straight;
                let path = match path {
                    Some(path) => path,
                    None => {
                        let growth = Growth::default();
                        match Trajectory::straight(*subject, *state, beyond_s, growth) {
                            Ok(path) => {
                                straight = path;
                                &straight
                            }
                            Err(_) => continue,
                        }
                    }
                };
                let entry = area.entry(path, &context).map(|e| (e, e.time.seconds_since(now)));
                let limit_s = if warned { beyond_s } else { self.area_lookahead_s };
                let entry = entry.filter(|(_, entry_s)| *entry_s <= limit_s);
                let stage = entry.map(|(_, entry_s)| match entry_s <= 1e-3 {
                    true => WarningStage::Inside,
                    false => WarningStage::Approaching,
                });
                self.sightings.push(Sighting {
                    subject: *subject,
                    topic: Topic::of_area(area),
                    stage,
                    stale: expected.facts[index].stale,
                    figures: WarningFigures {
                        time: now,
                        position: entry.map_or(state.position, |(e, _)| e.position),
                        altitude: entry.map_or(state.altitude, |(e, _)| e.altitude),
                        entry_s: entry.map(|(_, entry_s)| entry_s.max(0.0)),
                        fit: None,
                        levels_known: entry.is_none_or(|(e, _)| e.levels_known),
                    },
                });
            }
        }
    }

    /// Why nothing is said any more of what was warned of.
    fn gone(&self, key: &WarningKey, expected: &Expected, tracks: &[u64], now: Time) -> WarningEnd {
        if tracks.binary_search(&key.track).is_err() {
            return match expected.grounded.binary_search(&key.track) {
                Ok(_) => WarningEnd::Landed,
                Err(_) => WarningEnd::TrackLost,
            };
        }
        if key.is_area {
            let area = self.areas.iter().find(|area| area.id == key.id && area.is_active);
            let subject = expected.scene.subjects().iter().find(|s| s.id == key.track);
            let admitted = area.zip(subject).is_some_and(|(area, subject)| area.admits(subject));
            return if admitted { WarningEnd::Admitted } else { WarningEnd::Withdrawn };
        }
        let plan = self.plans.iter().find(|plan| plan.id == key.id && plan.is_active);
        match plan.map(|plan| plan.phase(now)) {
            Some(Phase::Over) => WarningEnd::PlanOver,
            _ => WarningEnd::Withdrawn,
        }
    }
}

/// What is known of an aircraft that the areas need, too.
impl Expected<'_> {
    /// All of one evaluation.
    pub fn new<'a>(scene: &'a Scene, facts: &'a [Facts], grounded: &'a [u64]) -> Expected<'a> {
        Expected { scene, facts, grounded }
    }
}

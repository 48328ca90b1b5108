//! The order of things in one second of data time.

use crate::config::EngineConfig;
use crate::event::Event;
use crate::feed::{Feed, FeedChange, Feeds};
use crate::intended::{Intended, PlanStatus};
use deconflict_alert::{
    AlertEngine, Facts, Message, Picture, WarningChange, WarningEngine, neighbourhood,
};
use deconflict_core::altitude::{AltitudeReference, VerticalContext};
use deconflict_core::{Area, Plan, Registry, Report, RuleSet, Time, Trajectory};
use deconflict_detect::{Conflict, Detector, Options, Scene};
use deconflict_track::{DataClock, Freshness, Track, Tracker};
use std::sync::Arc;

/// Every so many evaluations it is looked for pairs that are near each other
/// without being a conflict.
const NEIGHBOURS_EVERY: i64 = 5;
/// Positions that a track must have before it is looked at.
const LEAST_HITS: u64 = 2;
/// No alert is raised on a track that has not been heard for this long, seconds …
const COASTING_S: f64 = 15.0;
/// … or for so many of its periods.
const COASTING_PERIODS: f64 = 2.5;
/// A track that has not been heard for this long has to settle anew, seconds …
const GAP_S: f64 = 20.0;
/// … or for so many of its periods: where it was expected is not where it is,
const GAP_PERIODS: f64 = 2.0;
/// and it takes so many positions until the tracker has found it.
const SETTLED_HITS: u64 = 3;
/// Positions after which a track needs no confirmation.
const ESTABLISHED_HITS: u64 = 6;

/// What an engine has done so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Reports taken in.
    pub reports: u64,
    /// Evaluations of the picture.
    pub evaluations: u64,
    /// Conflicts found in all of them.
    pub conflicts: u64,
    /// The most aircraft in one evaluation.
    pub most_aircraft: usize,
}

/// Reports in, events out. See the crate for what it promises.
#[derive(Debug)]
pub struct Engine {
    config: EngineConfig,
    period_nanos: i64,
    clock: DataClock,
    now: Option<Time>,
    /// The next evaluation, a whole multiple of the period.
    next: Option<Time>,
    /// Reports received since the last evaluation.
    waiting: Vec<Report>,
    tracker: Tracker,
    detector: Detector,
    neighbours: Detector,
    alerts: AlertEngine,
    intended: Intended,
    feeds: Feeds,
    counts: Counts,
    work: Work,
}

/// The aircraft of one evaluation.
pub(crate) struct Expected<'a> {
    pub scene: &'a Scene,
    pub facts: &'a [Facts],
    pub grounded: &'a [u64],
}

/// Working memory, kept between evaluations.
#[derive(Debug, Default)]
struct Work {
    scene: Scene,
    facts: Vec<Facts>,
    grounded: Vec<u64>,
    conflicts: Vec<Conflict>,
    near: Vec<Conflict>,
    messages: Vec<Message>,
    warnings: Vec<WarningChange>,
    /// What is remembered of the tracks in the scene, by track.
    memories: Vec<Memory>,
    memories_before: Vec<Memory>,
}

/// What is remembered of a track from one evaluation to the next.
#[derive(Clone, Copy, Debug)]
struct Memory {
    track: u64,
    /// Since when it has been in the scene without a break.
    since: Time,
    /// When its position was last measured.
    updated: Time,
    /// How many positions it had when it was last heard again after a gap.
    hits_before: u64,
}

impl Engine {
    /// An engine that has heard nothing.
    pub fn new(config: EngineConfig) -> Engine {
        let options = Options { threads: config.threads, probability: config.probability };
        let near = Options { threads: config.threads, probability: false };
        let near_rules = Arc::new(neighbourhood(config.rules.formation()));
        // A millisecond is the least that makes sense, and zero would never end.
        let period_s = config.period_s.clamp(0.001, 3600.0);
        Engine {
            period_nanos: (period_s * 1e9) as i64,
            clock: DataClock::default(),
            now: None,
            next: None,
            waiting: Vec::new(),
            tracker: Tracker::new(config.tracker.clone(), config.registry.clone()),
            detector: Detector::new(config.rules.clone(), options),
            neighbours: Detector::new(near_rules, near),
            alerts: AlertEngine::new(),
            intended: Intended::new(
                &config.rules,
                options,
                config.plan_lookahead_s,
                config.area_lookahead_s,
            ),
            feeds: Feeds::new(&config.feeds, period_s),
            counts: Counts::default(),
            work: Work::default(),
            config,
        }
    }

    /// Takes in reports in the order in which they were received. Events are
    /// appended to `out` in order of time. The size of the portions changes nothing.
    pub fn push(&mut self, reports: &[Report], out: &mut Vec<Event>) {
        for report in reports {
            let now = self.clock.observe(report.received);
            self.pass(now, out);
            // By the present, not by what the report claims: one wild time of receipt
            // would make its feed look silent for ever, or never.
            let present = self.now.unwrap_or(now);
            out.extend(self.feeds.hear(report, present).map(Event::Feed));
            self.counts.reports += 1;
            self.waiting.push(*report);
        }
    }

    /// Lets time pass without reports: what a live service does when nothing
    /// comes in, so that silence is noticed.
    pub fn advance(&mut self, now: Time, out: &mut Vec<Event>) {
        self.pass(now, out);
    }

    /// The end of the data: takes in what still waits, evaluates once more, and
    /// ends everything that is on.
    pub fn finish(&mut self, out: &mut Vec<Event>) {
        let Some(now) = self.now else { return };
        self.tracker.step(now, &self.waiting);
        self.waiting.clear();
        self.tracker.flush();
        self.evaluate(now, true, out);
        self.alerts.finish(now, &mut self.work.messages);
        out.extend(self.work.messages.drain(..).map(Event::from));
        self.intended.warnings.finish(now, &mut self.work.warnings);
        out.extend(self.work.warnings.drain(..).map(Event::Warning));
    }

    /// The present: the time of the data.
    pub fn now(&self) -> Option<Time> {
        self.now
    }

    /// The rules in force.
    pub fn rules(&self) -> &Arc<RuleSet> {
        &self.config.rules
    }

    /// The tracks, as they are known at present.
    pub fn tracker(&self) -> &Tracker {
        &self.tracker
    }

    /// The alerts that are on, formations, suppressed pairs, and totals.
    pub fn alerts(&self) -> &AlertEngine {
        &self.alerts
    }

    /// The feeds heard so far and those that are declared, by number.
    pub fn feeds(&self) -> impl Iterator<Item = &Feed> {
        self.feeds.iter()
    }

    /// Whether a feed is known to be silent at present.
    pub fn is_silent(&self, feed: u16) -> bool {
        self.feeds.is_silent(feed)
    }

    /// What has been done so far.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// The conflicts of the last evaluation, with the scene that their indices refer to.
    pub fn conflicts(&self) -> (&Scene, &[Conflict]) {
        (&self.work.scene, &self.work.conflicts)
    }

    /// Replaces what is declared of aircraft.
    pub fn set_registry(&mut self, registry: Registry) {
        self.tracker.set_registry(registry.clone());
        self.config.registry = registry;
    }

    /// Replaces the plans. From the next evaluation on, aircraft that follow theirs are expected
    /// along it, and those that do not are called.
    pub fn set_plans(&mut self, plans: Vec<Plan>) {
        self.intended.set_plans(plans);
    }

    /// Replaces the areas that others are warned of. One that moves is given anew, or with its
    /// motion; what is known by the same name is the same area.
    pub fn set_areas(&mut self, areas: Vec<Area>) {
        self.intended.areas = areas;
    }

    /// The plans, as they were given.
    pub fn plans(&self) -> &[Plan] {
        &self.intended.plans
    }

    /// The areas, as they were given.
    pub fn areas(&self) -> &[Area] {
        &self.intended.areas
    }

    /// How those aircraft lie to their plans that are seen and have one under way.
    pub fn plan_statuses(&self) -> &[PlanStatus] {
        &self.intended.statuses
    }

    /// The path that a plan has of an aircraft, while it follows it.
    pub fn planned_path(&self, track: u64) -> Option<&Trajectory> {
        let index = self.work.scene.subjects().iter().position(|s| s.id == track)?;
        self.intended.path_of(index)
    }

    /// The warnings that are on: who has left a plan, who comes to whose airspace.
    pub fn warnings(&self) -> &WarningEngine {
        &self.intended.warnings
    }

    /// Time goes on to `now`: does all evaluations that are due before.
    #[inline]
    fn pass(&mut self, now: Time, out: &mut Vec<Event>) {
        if self.now.is_some_and(|present| now <= present) {
            return;
        }
        if self.now.replace(now).is_none() {
            self.feeds.begin(now);
        }
        let mut due = match self.next {
            Some(due) => due,
            None => *self.next.insert(self.following(now)),
        };
        while due < now {
            self.tracker.step(due, &self.waiting);
            self.waiting.clear();
            self.evaluate(due, false, out);
            due = if self.is_idle() {
                // Nothing can happen before the next report: an empty night costs nothing.
                self.following(now)
            } else {
                due.plus_s(self.period_nanos as f64 / 1e9)
            };
            self.next = Some(due);
        }
    }

    /// The first multiple of the period not before a time.
    fn following(&self, time: Time) -> Time {
        let rest = time.as_nanos().rem_euclid(self.period_nanos);
        let wait = if rest == 0 { 0 } else { self.period_nanos - rest };
        Time::from_nanos(time.as_nanos().saturating_add(wait))
    }

    fn is_idle(&self) -> bool {
        self.tracker.is_empty()
            && self.alerts.is_idle()
            && self.intended.warnings.is_idle()
            && self.feeds.all_silent()
    }

    /// One evaluation of the picture as it is at `now`.
    fn evaluate(&mut self, now: Time, last: bool, out: &mut Vec<Event>) {
        self.counts.evaluations += 1;
        if !last {
            self.feeds.look(now, |change: FeedChange| out.push(Event::Feed(change)));
        }
        let lookahead_s = self.config.rules.lookahead_s();
        self.intended.begin();
        self.work.prepare(now, &self.tracker, lookahead_s, &mut self.intended);
        let work = &mut self.work;
        self.counts.most_aircraft = self.counts.most_aircraft.max(work.scene.len());
        work.conflicts.clear();
        work.near.clear();
        if work.scene.len() > 1 {
            self.detector.detect(&work.scene, &mut work.conflicts);
            let turn = now.as_nanos().div_euclid(self.period_nanos) % NEIGHBOURS_EVERY == 0;
            if turn || last {
                self.neighbours.detect(&work.scene, &mut work.near);
            }
        }
        self.counts.conflicts += work.conflicts.len() as u64;
        let planned = self.intended.conflicts(now);
        let picture = Picture {
            scene: &work.scene,
            facts: &work.facts,
            conflicts: &work.conflicts,
            planned,
            neighbours: &work.near,
            grounded: &work.grounded,
            rules: &self.config.rules,
        };
        self.alerts.step(&picture, &mut work.messages);
        out.extend(work.messages.drain(..).map(Event::from));
        if !self.intended.is_empty() {
            let expected = Expected::new(&work.scene, &work.facts, &work.grounded);
            self.intended.warn(&expected, &mut work.warnings);
            out.extend(work.warnings.drain(..).map(Event::Warning));
        }
    }
}

impl Work {
    /// Builds the scene and the facts from the tracks.
    fn prepare(&mut self, now: Time, tracker: &Tracker, lookahead_s: f64, intended: &mut Intended) {
        let by_straight = intended.is_empty();
        self.scene.reset(now);
        self.facts.clear();
        self.grounded.clear();
        std::mem::swap(&mut self.memories, &mut self.memories_before);
        self.memories.clear();
        let memories_before = std::mem::take(&mut self.memories_before);
        let mut before = memories_before.iter().copied().peekable();
        for track in tracker.tracks() {
            if track.on_ground() {
                self.grounded.push(track.id());
                continue;
            }
            let id = track.id();
            while before.next_if(|memory| memory.track < id).is_some() {}
            let mut memory = before.next_if(|memory| memory.track == id).unwrap_or(Memory {
                track: id,
                since: now,
                updated: track.last_position(),
                hits_before: 0,
            });
            let gap_s = track.last_position().seconds_since(memory.updated);
            if gap_s > GAP_S.max(GAP_PERIODS * track.period_s()) {
                memory.hits_before = track.hits().saturating_sub(1);
            }
            memory.updated = track.last_position();
            let intended = (!by_straight).then_some(&mut *intended);
            if self.take(now, tracker, track, lookahead_s, &memory, intended).is_some() {
                self.memories.push(memory);
            }
        }
        self.memories_before = memories_before;
    }

    /// Puts one track into the scene, if it can be there.
    fn take(
        &mut self,
        now: Time,
        tracker: &Tracker,
        track: &Track,
        lookahead_s: f64,
        memory: &Memory,
        intended: Option<&mut Intended>,
    ) -> Option<()> {
        if track.hits() < LEAST_HITS {
            return None;
        }
        let segment = track.segment(now, lookahead_s)?;
        let mut state = segment.state;
        let context = VerticalContext::default();
        state.altitude = state.altitude.to(AltitudeReference::Pressure, &context).ok()?.altitude;
        let freshness = tracker.freshness(track);
        let settled = memory.hits_before == 0 || track.hits() >= memory.hits_before + SETTLED_HITS;
        let stale = freshness == Freshness::Stale || !settled;
        match intended {
            None => {
                let (subject, growth) = (*track.subject(), segment.growth);
                self.scene.push_straight(subject, &segment.state, growth, lookahead_s).ok()?;
            }
            Some(intended) => {
                let subject = track.subject();
                let ahead = intended.expect(subject, &segment.state, lookahead_s, stale);
                let index = match &ahead {
                    Some(path) => self.scene.push(path),
                    None => {
                        let growth = segment.growth;
                        self.scene.push_straight(*subject, &segment.state, growth, lookahead_s)
                    }
                };
                intended.take(index.ok()?, &segment.state, ahead);
            }
        }
        self.facts.push(Facts {
            state,
            since: memory.since,
            created: track.created(),
            updated: track.last_position(),
            period_s: track.period_s(),
            established: track.hits() >= ESTABLISHED_HITS && freshness == Freshness::Live,
            coasting: track.age_s(now) > COASTING_S.max(COASTING_PERIODS * track.period_s()),
            stale,
        });
        Some(())
    }
}

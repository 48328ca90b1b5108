//! Warnings about one aircraft: it has left its plan, or is about to enter airspace that is
//! somebody else's.
//!
//! Whoever evaluates the picture says of each aircraft and plan, and of each aircraft and area,
//! what it sees ([`Sighting`]); here that becomes one warning an occasion: raised by M of N,
//! steady, ended for a stated reason.

use deconflict_core::area::{Area, AreaId};
use deconflict_core::plan::{Fit, Levels, Plan, PlanId};
use deconflict_core::units::{ft_from_m, nm_from_m};
use deconflict_core::{Altitude, AltitudeReference, GeoPoint, Label, Operator, Subject, Time};
use std::collections::BTreeMap;
use std::fmt;

/// An aircraft outside of its plan is called when so many …
const PLAN_CONFIRM: u32 = 3;
/// … of so many evaluations showed it.
const PLAN_CONFIRM_OF: u32 = 5;
/// An entry is called when so many …
const AREA_CONFIRM: u32 = 2;
/// … of so many evaluations expected it.
const AREA_CONFIRM_OF: u32 = 3;
/// A warning ends when nothing has shown it for this long, seconds.
const CLEAR_S: f64 = 15.0;
/// Changes that a warning remembers.
const MAX_RECORD: usize = 64;

/// How bad it is. Ordered: later is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WarningStage {
    /// The aircraft is not where its plan has it.
    Nonconforming,
    /// It will enter the area if nothing changes.
    Approaching,
    /// It is in the area.
    Inside,
}

impl WarningStage {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            WarningStage::Nonconforming => "nonconforming",
            WarningStage::Approaching => "approaching",
            WarningStage::Inside => "inside",
        }
    }
}

/// Why a warning ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WarningEnd {
    /// The aircraft is within its plan again.
    Conforms,
    /// It will not enter the area any more.
    TurnedAway,
    /// It has left the area.
    Left,
    /// The plan is over.
    PlanOver,
    /// The plan, or the area, has been withdrawn or is not in force any more.
    Withdrawn,
    /// The aircraft may be in the area now.
    Admitted,
    /// Nobody sees the aircraft any more.
    TrackLost,
    /// It is on the ground.
    Landed,
    /// There are no more data.
    EndOfData,
}

impl WarningEnd {
    /// A short fixed word for tables and machines.
    pub const fn name(self) -> &'static str {
        match self {
            WarningEnd::Conforms => "conforms",
            WarningEnd::TurnedAway => "turned away",
            WarningEnd::Left => "left",
            WarningEnd::PlanOver => "plan over",
            WarningEnd::Withdrawn => "withdrawn",
            WarningEnd::Admitted => "admitted",
            WarningEnd::TrackLost => "track lost",
            WarningEnd::Landed => "landed",
            WarningEnd::EndOfData => "end of data",
        }
    }

    const fn words(self) -> &'static str {
        match self {
            WarningEnd::Conforms => "is within its plan again",
            WarningEnd::TurnedAway => "will not enter any more",
            WarningEnd::Left => "has left",
            WarningEnd::PlanOver => "has no plan any more: it is over",
            WarningEnd::Withdrawn => "is not warned of any more: withdrawn or not in force",
            WarningEnd::Admitted => "may be there now",
            WarningEnd::TrackLost => "is not seen any more",
            WarningEnd::Landed => "is on the ground",
            WarningEnd::EndOfData => "is not known of any more: there are no more data",
        }
    }
}

/// What a warning is after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum WarningStatus {
    /// It is on.
    Open(WarningStage),
    /// It is over.
    Ended(WarningEnd),
}

impl WarningStatus {
    /// `nonconforming`, `approaching`, `inside` or `ended`.
    pub const fn name(self) -> &'static str {
        match self {
            WarningStatus::Open(stage) => stage.name(),
            WarningStatus::Ended(_) => "ended",
        }
    }
}

/// What an aircraft is warned about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Topic {
    /// Its own plan.
    Plan {
        /// The plan's name.
        id: PlanId,
        /// Whose plan it is.
        party: Option<Operator>,
    },
    /// Airspace of somebody else.
    Area {
        /// Its name for machines.
        id: AreaId,
        /// Its name for people.
        name: Label<48>,
        /// What it is.
        kind: Label<32>,
        /// Whose it is.
        owner: Option<Operator>,
    },
}

impl Topic {
    /// A plan as a topic.
    pub fn of_plan(plan: &Plan) -> Topic {
        Topic::Plan { id: plan.id, party: plan.party }
    }

    /// An area as a topic.
    pub fn of_area(area: &Area) -> Topic {
        Topic::Area { id: area.id, name: area.name, kind: area.kind, owner: area.owner }
    }

    /// `plan` or `area`.
    pub const fn name(&self) -> &'static str {
        match self {
            Topic::Plan { .. } => "plan",
            Topic::Area { .. } => "area",
        }
    }

    fn key(&self, track: u64) -> WarningKey {
        match self {
            Topic::Plan { id, .. } => WarningKey { is_area: false, id: *id, track },
            Topic::Area { id, .. } => WarningKey { is_area: true, id: *id, track },
        }
    }
}

/// Which warning: there is one at a time of an aircraft and a plan, or an area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WarningKey {
    /// Whether it is about an area.
    pub is_area: bool,
    /// The name of the plan or area.
    pub id: Label<40>,
    /// The number of the track.
    pub track: u64,
}

/// What is known of the occasion at one evaluation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WarningFigures {
    /// When.
    pub time: Time,
    /// Where: of an entry the place of it, else the aircraft.
    pub position: GeoPoint,
    /// At what level.
    pub altitude: Altitude,
    /// Seconds to entry; 0 inside.
    pub entry_s: Option<f64>,
    /// How the aircraft lies to its plan.
    pub fit: Option<Fit>,
    /// Whether levels could be compared.
    pub levels_known: bool,
}

/// What one evaluation says of an aircraft and a plan or area.
#[derive(Clone, Copy, Debug)]
pub struct Sighting {
    /// The aircraft.
    pub subject: Subject,
    /// The plan or area.
    pub topic: Topic,
    /// How bad it is; `None` if it is not.
    pub stage: Option<WarningStage>,
    /// Whether the aircraft has not been heard for so long that nothing new can be said.
    pub stale: bool,
    /// The figures.
    pub figures: WarningFigures,
}

/// One entry in the record of a warning.
#[derive(Clone, Debug, PartialEq)]
pub struct WarningStep {
    /// When.
    pub time: Time,
    /// What it was before; `None` when it was raised.
    pub from: Option<WarningStage>,
    /// What it is now.
    pub to: WarningStatus,
    /// The figures at that time.
    pub figures: WarningFigures,
    /// Why, in words.
    pub reason: String,
}

/// A warning that is on.
#[derive(Clone, Debug, PartialEq)]
pub struct Warning {
    /// Counted from 1 in the order of raising; the numbers of alerts are others.
    pub id: u64,
    /// The aircraft.
    pub subject: Subject,
    /// What about.
    pub topic: Topic,
    /// How bad it is.
    pub stage: WarningStage,
    /// When it was raised.
    pub first: Time,
    /// The figures of the last evaluation.
    pub figures: WarningFigures,
    /// Every change, oldest first (the last 64, should there be more).
    pub record: Vec<WarningStep>,
}

/// A message: what has become of a warning.
#[derive(Clone, Debug, PartialEq)]
pub struct WarningChange {
    /// The warning's number.
    pub warning: u64,
    /// The aircraft.
    pub subject: Subject,
    /// What about.
    pub topic: Topic,
    /// When it was raised.
    pub first: Time,
    /// What changed.
    pub step: WarningStep,
}

impl Warning {
    fn change(&mut self, time: Time, to: WarningStatus, reason: String) -> WarningChange {
        let from = (!self.record.is_empty()).then_some(self.stage);
        let step = WarningStep { time, from, to, figures: self.figures, reason };
        if let WarningStatus::Open(stage) = to {
            self.stage = stage;
        }
        if self.record.len() == MAX_RECORD {
            self.record.remove(0);
        }
        self.record.push(step.clone());
        WarningChange {
            warning: self.id,
            subject: self.subject,
            topic: self.topic,
            first: self.first,
            step,
        }
    }
}

/// What is remembered of one aircraft and topic.
#[derive(Clone, Debug)]
struct Kept {
    /// The last evaluations, newest in bit 0: was it shown?
    shown: u32,
    last_shown: Option<Time>,
    /// When it was last as bad as the warning says.
    last_at_stage: Option<Time>,
    warning: Option<Box<Warning>>,
}

/// The warnings. Knows no clock: time is what it is given, and does not run backwards.
#[derive(Clone, Debug, Default)]
pub struct WarningEngine {
    last: u64,
    kept: BTreeMap<WarningKey, Kept>,
}

impl WarningEngine {
    /// Nothing is remembered.
    pub fn new() -> WarningEngine {
        WarningEngine::default()
    }

    /// The warnings that are on, by plan or area and track.
    pub fn warnings(&self) -> impl Iterator<Item = &Warning> {
        self.kept.values().filter_map(|kept| kept.warning.as_deref())
    }

    /// Whether nothing is remembered.
    pub fn is_idle(&self) -> bool {
        self.kept.is_empty()
    }

    /// Whether an aircraft is called for being outside of a plan.
    pub fn is_called(&self, plan: PlanId, track: u64) -> bool {
        let key = WarningKey { is_area: false, id: plan, track };
        self.kept.get(&key).is_some_and(|kept| kept.warning.is_some())
    }

    /// Whether an aircraft is warned of an area.
    pub fn is_warned(&self, area: AreaId, track: u64) -> bool {
        let key = WarningKey { is_area: true, id: area, track };
        self.kept.get(&key).is_some_and(|kept| kept.warning.is_some())
    }

    /// What is remembered, of which something has to be said at each evaluation.
    pub fn keys(&self) -> impl Iterator<Item = WarningKey> {
        self.kept.keys().copied()
    }

    /// One evaluation. Of what is remembered and not sighted, `gone` says why; that is over.
    /// Changes are appended to `out` by plan or area and track.
    pub fn step(
        &mut self,
        now: Time,
        sightings: &[Sighting],
        gone: impl Fn(&WarningKey) -> WarningEnd,
        out: &mut Vec<WarningChange>,
    ) {
        let by_key: BTreeMap<WarningKey, &Sighting> =
            sightings.iter().map(|s| (s.topic.key(s.subject.id), s)).collect();
        for (key, seen) in &by_key {
            if seen.stage.is_some() && !seen.stale {
                self.kept.entry(*key).or_insert(Kept {
                    shown: 0,
                    last_shown: None,
                    last_at_stage: None,
                    warning: None,
                });
            }
        }
        let last = &mut self.last;
        self.kept.retain(|key, kept| match by_key.get(key) {
            Some(seen) => kept.observe(now, seen, last, out),
            None => {
                kept.end(now, gone(key), out);
                false
            }
        });
    }

    /// Ends everything that is on: there are no more data.
    pub fn finish(&mut self, now: Time, out: &mut Vec<WarningChange>) {
        for mut kept in std::mem::take(&mut self.kept).into_values() {
            kept.end(now, WarningEnd::EndOfData, out);
        }
    }
}

impl Kept {
    /// Takes in one evaluation. Returns whether there is anything to be remembered.
    fn observe(
        &mut self,
        now: Time,
        seen: &Sighting,
        last: &mut u64,
        out: &mut Vec<WarningChange>,
    ) -> bool {
        if seen.stale {
            // Nothing new is known, so nothing changes.
            return true;
        }
        self.shown = self.shown << 1 | u32::from(seen.stage.is_some());
        if seen.stage.is_some() {
            self.last_shown = Some(now);
        }
        let (confirm, of) = match seen.topic {
            Topic::Plan { .. } => (PLAN_CONFIRM, PLAN_CONFIRM_OF),
            Topic::Area { .. } => (AREA_CONFIRM, AREA_CONFIRM_OF),
        };
        let Some(warning) = &mut self.warning else {
            let confirmed = (self.shown & (u32::MAX >> (32 - of))).count_ones() >= confirm;
            let Some(stage) = seen.stage.filter(|_| confirmed) else {
                return self.shown & (u32::MAX >> (32 - of)) != 0;
            };
            *last += 1;
            let mut warning = Box::new(Warning {
                id: *last,
                subject: seen.subject,
                topic: seen.topic,
                stage,
                first: now,
                figures: seen.figures,
                record: Vec::new(),
            });
            self.last_at_stage = Some(now);
            let words = words(seen, stage);
            out.push(warning.change(now, WarningStatus::Open(stage), words));
            self.warning = Some(warning);
            return true;
        };
        (warning.subject, warning.topic, warning.figures) =
            (seen.subject, seen.topic, seen.figures);
        if seen.stage >= Some(warning.stage) {
            self.last_at_stage = Some(now);
        }
        let quiet_s = |last: Option<Time>| last.map_or(f64::INFINITY, |t| now.seconds_since(t));
        if let Some(stage) = seen.stage.filter(|&stage| stage > warning.stage) {
            let words = words(seen, stage);
            out.push(warning.change(now, WarningStatus::Open(stage), words));
        } else if quiet_s(self.last_shown) >= CLEAR_S {
            let end = match warning.stage {
                WarningStage::Nonconforming => WarningEnd::Conforms,
                WarningStage::Approaching => WarningEnd::TurnedAway,
                WarningStage::Inside => WarningEnd::Left,
            };
            self.end(now, end, out);
            return false;
        } else if let Some(stage) = seen.stage.filter(|&stage| stage < warning.stage)
            && quiet_s(self.last_at_stage) >= CLEAR_S
        {
            let words = words(seen, stage);
            out.push(warning.change(now, WarningStatus::Open(stage), words));
        }
        true
    }

    fn end(&mut self, now: Time, end: WarningEnd, out: &mut Vec<WarningChange>) {
        let Some(mut warning) = self.warning.take() else { return };
        warning.figures.time = now;
        let what = match warning.topic {
            Topic::Plan { .. } => String::new(),
            Topic::Area { name, .. } => format!("{name}: "),
        };
        let reason = format!("{what}{} {}", warning.subject.name(), end.words());
        out.push(warning.change(now, WarningStatus::Ended(end), reason));
    }
}

/// A level as people say it.
struct Level(Altitude);

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ft = ft_from_m(self.0.m);
        match self.0.reference {
            AltitudeReference::Pressure => write!(f, "FL{:03.0}", (ft / 100.0).round() + 0.0),
            reference => write!(f, "{ft:.0} ft ({reference})"),
        }
    }
}

/// How an aircraft lies to its plan, in words.
pub fn deviation_words(fit: &Fit) -> String {
    let mut parts = vec![format!("{:.2} NM off", nm_from_m(fit.across_m))];
    match (fit.above_m, fit.levels) {
        (_, Levels::CannotTell(_)) => parts.push("level cannot be compared".to_owned()),
        (Some(m), _) if m.abs() >= 0.5 => {
            let side = if m > 0.0 { "above" } else { "below" };
            parts.push(format!("{:.0} ft {side}", ft_from_m(m.abs())));
        }
        _ => parts.push("at its level".to_owned()),
    }
    parts.push(match fit.late_s {
        s if s >= 0.5 => format!("{s:.0} s late"),
        s if s <= -0.5 => format!("{:.0} s early", -s),
        _ => "on time".to_owned(),
    });
    parts.join(", ")
}

fn words(seen: &Sighting, stage: WarningStage) -> String {
    let (who, f) = (seen.subject.name(), &seen.figures);
    let place =
        format!("{:.4} {:.4}, {}", f.position.lat_deg(), f.position.lon_deg(), Level(f.altitude));
    let unsure = match f.levels_known {
        true => "",
        false => "; its limits cannot be compared with the aircraft's level",
    };
    match (seen.topic, stage) {
        (Topic::Plan { id, .. }, _) => {
            let how = f.fit.as_ref().map(deviation_words).unwrap_or_default();
            format!("{who} is not where its plan {id} has it: {how}")
        }
        (Topic::Area { name, kind, owner, .. }, stage) => {
            let of = owner.map_or(String::new(), |owner| format!(" of {owner}"));
            let area = format!("{name} ({kind}{of})");
            match (stage, f.entry_s) {
                (WarningStage::Inside, _) => format!("{who} is in {area} at {place}{unsure}"),
                (_, entry_s) => {
                    let s = entry_s.unwrap_or(0.0).round();
                    format!("{who} enters {area} in {s:.0} s at {place}{unsure}")
                }
            }
        }
    }
}

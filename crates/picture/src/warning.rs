//! Warnings as they are told: an aircraft outside of its plan, or coming to another's airspace.

use crate::alert::{Comment, Side};
use crate::number::{Stamp, maybe, rounded};
use deconflict_alert::{Topic, WarningChange, WarningFigures, WarningStage, WarningStatus};
use deconflict_core::units::{ft_from_m, nm_from_m};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How far a warning has come.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum WarningState {
    /// The aircraft is not where its plan has it.
    Nonconforming,
    /// It will enter the area if nothing changes.
    Approaching,
    /// It is in the area.
    Inside,
    /// The warning is over.
    Ended,
}

impl WarningState {
    fn of(status: WarningStatus) -> WarningState {
        match status {
            WarningStatus::Open(WarningStage::Nonconforming) => WarningState::Nonconforming,
            WarningStatus::Open(WarningStage::Approaching) => WarningState::Approaching,
            WarningStatus::Open(WarningStage::Inside) => WarningState::Inside,
            WarningStatus::Ended(_) => WarningState::Ended,
        }
    }

    /// Reads [`name`](Self::name).
    pub fn parse(name: &str) -> Option<WarningState> {
        let all = [Self::Nonconforming, Self::Approaching, Self::Inside, Self::Ended];
        all.into_iter().find(|state| state.name() == name)
    }

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            WarningState::Nonconforming => "nonconforming",
            WarningState::Approaching => "approaching",
            WarningState::Inside => "inside",
            WarningState::Ended => "ended",
        }
    }
}

/// What an aircraft is warned about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum WarningTopic {
    /// Its own plan.
    Plan,
    /// Another's airspace.
    Area,
}

impl WarningTopic {
    /// `plan` or `area`.
    pub const fn name(self) -> &'static str {
        match self {
            WarningTopic::Plan => "plan",
            WarningTopic::Area => "area",
        }
    }
}

/// One entry in the record of a warning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WarningStep {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub time: Stamp,
    /// What it was before; `null` when it was raised.
    pub from: Option<WarningState>,
    /// What it became.
    pub to: WarningState,
    /// Why, in words.
    pub reason: String,
    /// Seconds to entry then; 0 inside.
    pub t_in_s: Option<f64>,
}

/// How an aircraft lies to its plan.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Deviation {
    /// To the side, or outside of its volumes, NM.
    pub off_nm: Option<f64>,
    /// Above, or if negative below, ft; `null` where levels cannot be compared.
    pub above_ft: Option<f64>,
    /// Late, or if negative early, seconds.
    pub late_s: Option<f64>,
}

/// A warning about one aircraft.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Warning {
    /// Its name: the run of the service, `-w`, a number counted from 1 in the order of raising.
    pub id: String,
    /// What about.
    pub about: WarningTopic,
    /// How far it has come.
    pub state: WarningState,
    /// Why it ended, if it has.
    pub end: Option<String>,
    /// When the figures held.
    #[schema(value_type = String, format = DateTime)]
    pub time: Stamp,
    /// When it was raised.
    #[schema(value_type = String, format = DateTime)]
    pub first: Stamp,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub last: Stamp,
    /// The aircraft.
    pub aircraft: Side,
    /// The plan or area, by its name for machines; empty where that may not be known.
    pub topic: String,
    /// The area's name for people; empty for a plan.
    pub name: String,
    /// What the area is; empty for a plan.
    pub kind: String,
    /// Whose plan or area it is.
    pub owner: Option<String>,
    /// Seconds to entry; 0 inside.
    pub t_in_s: Option<f64>,
    /// Place of the entry, or of the aircraft: longitude, degrees.
    pub lon: f64,
    /// The same: latitude, degrees.
    pub lat: f64,
    /// The same: level, ft.
    pub alt_ft: Option<f64>,
    /// What that is measured from.
    pub alt_reference: String,
    /// Whether the levels of aircraft and plan or area could be compared.
    pub levels_known: bool,
    /// How the aircraft lies to its plan.
    pub deviation: Option<Deviation>,
    /// Why, in words.
    pub reason: String,
    /// Who has taken note of it.
    #[serde(default)]
    pub acknowledged: Option<Comment>,
    /// What people have said of it, oldest first.
    #[serde(default)]
    pub comments: Vec<Comment>,
    /// Its record, oldest first.
    #[serde(default)]
    pub changes: Vec<WarningStep>,
}

impl Warning {
    /// The warning that a first change raises.
    pub(crate) fn new(id: String, change: &WarningChange) -> Warning {
        let (about, topic, name, kind, owner) = match change.topic {
            Topic::Plan { id, party } => {
                (WarningTopic::Plan, id, String::new(), String::new(), party)
            }
            Topic::Area { id, name, kind, owner } => {
                (WarningTopic::Area, id, name.to_string(), kind.to_string(), owner)
            }
        };
        let mut warning = Warning {
            id,
            about,
            state: WarningState::of(change.step.to),
            end: None,
            time: Stamp(change.step.time),
            first: Stamp(change.first),
            last: Stamp(change.step.time),
            aircraft: Side::of(&change.subject),
            topic: topic.to_string(),
            name,
            kind,
            owner: owner.map(|owner| owner.to_string()),
            t_in_s: None,
            lon: 0.0,
            lat: 0.0,
            alt_ft: None,
            alt_reference: String::new(),
            levels_known: true,
            deviation: None,
            reason: String::new(),
            acknowledged: None,
            comments: Vec::new(),
            changes: Vec::new(),
        };
        warning.take(change);
        warning
    }

    /// Takes in a change.
    pub(crate) fn take(&mut self, change: &WarningChange) {
        let step = &change.step;
        self.state = WarningState::of(step.to);
        self.end = match step.to {
            WarningStatus::Ended(end) => Some(end.name().to_owned()),
            WarningStatus::Open(_) => None,
        };
        self.last = Stamp(step.time);
        self.aircraft = Side::of(&change.subject);
        self.figures(&step.figures);
        self.reason.clone_from(&step.reason);
        self.changes.push(WarningStep {
            time: self.last,
            from: step.from.map(|stage| WarningState::of(WarningStatus::Open(stage))),
            to: self.state,
            reason: step.reason.clone(),
            t_in_s: self.t_in_s,
        });
    }

    /// Puts present figures in place.
    pub(crate) fn figures(&mut self, f: &WarningFigures) {
        self.time = Stamp(f.time);
        self.t_in_s = f.entry_s.and_then(|s| maybe(s, 1));
        self.lon = rounded(f.position.lon_deg(), 5);
        self.lat = rounded(f.position.lat_deg(), 5);
        self.alt_ft = maybe(ft_from_m(f.altitude.m), 0);
        self.alt_reference = f.altitude.reference.name().to_owned();
        self.levels_known = f.levels_known;
        self.deviation = f.fit.map(|fit| Deviation {
            off_nm: maybe(nm_from_m(fit.across_m), 2),
            above_ft: fit.above_m.and_then(|m| maybe(ft_from_m(m), 0)),
            late_s: maybe(fit.late_s, 0),
        });
    }

    /// The worst that it has been.
    pub fn worst(&self) -> WarningState {
        let open = self.changes.iter().map(|step| step.to).filter(|s| *s != WarningState::Ended);
        open.max().unwrap_or(self.state)
    }

    /// Whether it is on.
    pub fn is_open(&self) -> bool {
        self.state != WarningState::Ended
    }

    /// Whether it is about a plan.
    pub fn is_about_plan(&self) -> bool {
        self.about == WarningTopic::Plan
    }

    /// The same without what says who the aircraft is, or whose the area is and what for.
    pub(crate) fn veiled(&self, aircraft: bool, area: bool) -> Warning {
        let mut seen = self.clone();
        if aircraft {
            seen.aircraft = self.aircraft.veiled();
        }
        if area {
            // Its own name would tell it from others, and tell that it is there again.
            seen.topic.clear();
            seen.name.clear();
            seen.kind.clear();
            seen.owner = None;
        }
        let who = &seen.aircraft.name;
        let what = if seen.name.is_empty() { "another party's airspace" } else { &seen.name };
        let level = self.alt_ft.map_or(String::new(), |ft| format!(", {ft:.0} ft"));
        let place = format!("{:.4} {:.4}{level}", self.lat, self.lon);
        seen.reason = match (self.state, self.t_in_s) {
            (WarningState::Inside, _) => format!("{who} is in {what} at {place}"),
            (WarningState::Ended, _) => {
                format!("{who} and {what}: {}", self.end.as_deref().unwrap_or("ended"))
            }
            (_, s) => format!("{who} enters {what} in {:.0} s at {place}", s.unwrap_or(0.0)),
        };
        // What people and the engine have said names them.
        seen.comments.clear();
        if let Some(acknowledged) = &mut seen.acknowledged {
            acknowledged.text.clear();
        }
        for step in &mut seen.changes {
            step.reason = match step.from {
                None => format!("raised as {}", step.to.name()),
                Some(from) => format!("{} after {}", step.to.name(), from.name()),
            };
        }
        seen
    }
}

/// The present figures of one warning in a `figures` message.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct WarningFiguresOf<'a> {
    id: &'a str,
    t_in_s: Option<f64>,
    lon: f64,
    lat: f64,
    alt_ft: Option<f64>,
    levels_known: bool,
    deviation: Option<Deviation>,
}

impl WarningFiguresOf<'_> {
    pub fn of(warning: &Warning) -> WarningFiguresOf<'_> {
        WarningFiguresOf {
            id: &warning.id,
            t_in_s: warning.t_in_s,
            lon: warning.lon,
            lat: warning.lat,
            alt_ft: warning.alt_ft,
            levels_known: warning.levels_known,
            deviation: warning.deviation,
        }
    }
}

//! Warnings as they are told: an aircraft outside of its plan, or coming to another's airspace.

use crate::alert::Side;
use crate::number::{Stamp, maybe, rounded};
use deconflict_alert as alert;
use deconflict_alert::{Topic, WarningChange, WarningFigures, WarningStage, WarningStatus};
use deconflict_core::Time;
use deconflict_core::units::{ft_from_m, nm_from_m};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::ToSchema;

/// How long a warning that has ended stays in the picture, seconds.
const REMEMBERED_S: f64 = 600.0;

/// How far a warning has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
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
}

impl Warning {
    fn new(run: &str, change: &WarningChange) -> Warning {
        let (about, topic, name, kind, owner) = match change.topic {
            Topic::Plan { id, party } => {
                (WarningTopic::Plan, id, String::new(), String::new(), party)
            }
            Topic::Area { id, name, kind, owner } => {
                (WarningTopic::Area, id, name.to_string(), kind.to_string(), owner)
            }
        };
        let mut warning = Warning {
            id: format!("{run}-w{}", change.warning),
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
        };
        warning.take(change);
        warning
    }

    fn take(&mut self, change: &WarningChange) {
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
    }

    fn figures(&mut self, f: &WarningFigures) {
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

/// The warnings that are on, and those that ended lately.
#[derive(Clone, Debug, Default)]
pub(crate) struct WarningBook {
    run: String,
    warnings: BTreeMap<u64, Arc<Warning>>,
}

impl WarningBook {
    pub fn new(run: &str) -> WarningBook {
        WarningBook { run: run.to_owned(), ..WarningBook::default() }
    }

    /// Takes in a change and returns the warning after it.
    pub fn take(&mut self, change: &WarningChange) -> Arc<Warning> {
        let run = &self.run;
        let entry = self.warnings.entry(change.warning);
        let warning = entry
            .and_modify(|warning| Arc::make_mut(warning).take(change))
            .or_insert_with(|| Arc::new(Warning::new(run, change)));
        warning.clone()
    }

    /// Puts present figures in place.
    pub fn refresh<'a>(&mut self, open: impl Iterator<Item = &'a alert::Warning>) {
        for warning in open {
            if let Some(known) = self.warnings.get_mut(&warning.id) {
                Arc::make_mut(known).figures(&warning.figures);
            }
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Arc<Warning>> {
        self.warnings.values()
    }

    pub fn forget(&mut self, now: Time) {
        self.warnings.retain(|_, w| w.is_open() || now.seconds_since(w.last.0) <= REMEMBERED_S);
    }
}

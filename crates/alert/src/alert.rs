//! Alerts as the outside sees them.

use crate::life::Stage;
use crate::relative::Relative;
use deconflict_core::rules::{Minima, RuleName};
use deconflict_core::{Subject, Time};
use deconflict_detect::Conflict;
use std::fmt;

/// How many changes an alert remembers; older ones than this have been told and
/// are dropped. Hysteresis makes even this many unlikely within one alert.
const MAX_RECORD: usize = 64;

/// Distances and times of a pair at one evaluation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figures {
    /// When these were true.
    pub time: Time,
    /// Horizontal distance, metres.
    pub horizontal_m: f64,
    /// Vertical distance, metres.
    pub vertical_m: f64,
    /// Seconds to loss of separation: 0 if it is lost, `None` if none is expected.
    pub entry_s: Option<f64>,
    /// Seconds to the horizontally closest point of approach.
    pub tcpa_s: f64,
    /// Horizontal distance there, metres.
    pub dcpa_m: f64,
    /// Vertical distance there, metres.
    pub vmiss_m: f64,
    /// How fast the two move against each other over ground, m/s.
    pub relative_speed_mps: f64,
    /// Probability of loss of separation; NaN if unknown.
    pub probability: f64,
}

impl Figures {
    pub(crate) fn of_conflict(now: Time, c: &Conflict, relative: &Relative) -> Figures {
        Figures {
            time: now,
            horizontal_m: relative.horizontal_m(),
            vertical_m: relative.vertical_m(),
            entry_s: Some(if c.lost { 0.0 } else { c.entry_s }),
            tcpa_s: c.tcpa_s,
            dcpa_m: c.hmd_m,
            vmiss_m: c.vmd_m,
            relative_speed_mps: relative.speed_mps(),
            probability: c.probability,
        }
    }

    /// Of a pair without a conflict: as straight flight would have it.
    pub(crate) fn of_pair(now: Time, relative: &Relative) -> Figures {
        let tcpa_s = relative.tcpa_s();
        let (dcpa_m, vmiss_m) = relative.distances_at(tcpa_s);
        Figures {
            time: now,
            horizontal_m: relative.horizontal_m(),
            vertical_m: relative.vertical_m(),
            entry_s: None,
            tcpa_s,
            dcpa_m,
            vmiss_m,
            relative_speed_mps: relative.speed_mps(),
            probability: f64::NAN,
        }
    }
}

/// The least separation that two aircraft have really had.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Closest {
    /// When.
    pub time: Time,
    /// Horizontal distance then, metres.
    pub horizontal_m: f64,
    /// Vertical distance then, metres.
    pub vertical_m: f64,
}

impl Closest {
    /// How much of the minima was left: the larger of the two distances as a
    /// share of its minimum. One or more is separated.
    pub fn share_of(&self, minima: &Minima) -> f64 {
        let horizontal = self.horizontal_m / minima.horizontal_m.max(1.0);
        horizontal.max(self.vertical_m / minima.vertical_m.max(1.0))
    }
}

/// Why an alert ended. ALR-2: an alert never ends without a reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// Separation was lost and is kept again.
    SeparationRegained,
    /// The two have passed each other and move apart.
    Diverged,
    /// They still near each other, but one has turned, slowed or levelled off,
    /// and no loss of separation is expected any more.
    Averted,
    /// The track with this number has ended: nobody sees the aircraft any more.
    TrackLost(u64),
    /// The aircraft of the track with this number is on the ground.
    Landed(u64),
    /// The two fly as a formation.
    Formation,
    /// The two tracks are one aircraft.
    SameAircraft,
    /// Both stand where they are.
    Standing,
    /// There are no more data.
    EndOfData,
}

impl EndReason {
    /// A short fixed word for tables and machines.
    pub const fn name(self) -> &'static str {
        match self {
            EndReason::SeparationRegained => "separation regained",
            EndReason::Diverged => "diverged",
            EndReason::Averted => "averted",
            EndReason::TrackLost(_) => "track lost",
            EndReason::Landed(_) => "landed",
            EndReason::Formation => "formation",
            EndReason::SameAircraft => "same aircraft",
            EndReason::Standing => "standing",
            EndReason::EndOfData => "end of data",
        }
    }
}

impl fmt::Display for EndReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What an alert is after a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// It is on, at this stage.
    Open(Stage),
    /// It is over.
    Ended(EndReason),
}

impl Status {
    /// `predicted`, `imminent`, `lost` or `ended`.
    pub const fn name(self) -> &'static str {
        match self {
            Status::Open(stage) => stage.name(),
            Status::Ended(_) => "ended",
        }
    }
}

/// One entry in the record of an alert.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// When.
    pub time: Time,
    /// What it was before; `None` when it was raised.
    pub from: Option<Stage>,
    /// What it is now.
    pub to: Status,
    /// The figures at that time.
    pub figures: Figures,
    /// Why, in words.
    pub reason: String,
}

/// One alert, from when it was raised on.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// Counted from 1 in the order of raising.
    pub id: u64,
    /// One aircraft, as last known: the one with the lower track number.
    pub a: Subject,
    /// The other.
    pub b: Subject,
    /// The rule that is, or was last, infringed.
    pub rule: RuleName,
    /// What is owed under that rule.
    pub minima: Minima,
    /// Open at which stage, or ended why.
    pub status: Status,
    /// When it was raised.
    pub first: Time,
    /// When the conflict was last seen.
    pub last: Time,
    /// The figures of the last evaluation.
    pub figures: Figures,
    /// The least separation that the two have had while the alert was on.
    pub closest: Closest,
    /// Every change, oldest first (the last 64, should there be more).
    pub record: Vec<Change>,
}

impl Alert {
    /// The stage, while the alert is on.
    pub fn stage(&self) -> Option<Stage> {
        match self.status {
            Status::Open(stage) => Some(stage),
            Status::Ended(_) => None,
        }
    }

    pub(crate) fn change(&mut self, to: Status, reason: String) -> AlertChange {
        let from = if self.record.is_empty() { None } else { self.stage() };
        let change = Change { time: self.figures.time, from, to, figures: self.figures, reason };
        self.status = to;
        if self.record.len() == MAX_RECORD {
            self.record.remove(0);
        }
        self.record.push(change.clone());
        AlertChange {
            alert: self.id,
            a: self.a,
            b: self.b,
            rule: self.rule,
            first: self.first,
            closest: self.closest,
            change,
        }
    }

    /// Takes in the figures of an evaluation.
    pub(crate) fn update(&mut self, figures: Figures) {
        self.figures = figures;
        let here = Closest {
            time: figures.time,
            horizontal_m: figures.horizontal_m,
            vertical_m: figures.vertical_m,
        };
        if here.share_of(&self.minima) < self.closest.share_of(&self.minima) {
            self.closest = here;
        }
    }
}

/// A message: what has become of an alert.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertChange {
    /// The alert's number.
    pub alert: u64,
    /// One aircraft.
    pub a: Subject,
    /// The other.
    pub b: Subject,
    /// The rule that is infringed.
    pub rule: RuleName,
    /// When the alert was raised.
    pub first: Time,
    /// The least separation so far.
    pub closest: Closest,
    /// What changed.
    pub change: Change,
}

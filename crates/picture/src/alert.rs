//! Alerts as they are told.

use crate::advice::Advice;
use crate::number::{Stamp, maybe, rounded};
use crate::track::unnamed;
use deconflict_alert::{AlertChange, Figures, Stage, Status};
use deconflict_core::Subject;
use deconflict_core::rules::Minima;
use deconflict_core::units::{ft_from_m, kt_from_mps, nm_from_m};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;

/// How far an alert has come.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum AlertState {
    /// Separation will be lost if nothing changes.
    Predicted,
    /// It is about to be lost.
    Imminent,
    /// It is lost.
    Lost,
    /// The alert is over.
    Ended,
}

impl AlertState {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            AlertState::Predicted => "predicted",
            AlertState::Imminent => "imminent",
            AlertState::Lost => "lost",
            AlertState::Ended => "ended",
        }
    }

    /// Reads [`name`](Self::name).
    pub fn parse(name: &str) -> Option<AlertState> {
        let all = [Self::Predicted, Self::Imminent, Self::Lost, Self::Ended];
        all.into_iter().find(|state| state.name() == name)
    }

    /// What only plans show is predicted, too: `by_plan` tells the two apart for those who know it.
    fn of(status: Status) -> AlertState {
        match status {
            Status::Open(Stage::Planned | Stage::Predicted) => AlertState::Predicted,
            Status::Open(Stage::Imminent) => AlertState::Imminent,
            Status::Open(Stage::Lost) => AlertState::Lost,
            Status::Ended(_) => AlertState::Ended,
        }
    }
}

/// One of the two aircraft of an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Side {
    /// Number of its track.
    pub track: u64,
    /// What a person calls it.
    pub name: String,
    /// Its address.
    pub address: Option<String>,
    /// Its call sign.
    pub callsign: Option<String>,
    /// Its operator.
    pub operator: Option<String>,
    /// Its class.
    pub class: String,
}

impl Side {
    pub(crate) fn of(subject: &Subject) -> Side {
        Side {
            track: subject.id,
            name: subject.name(),
            address: subject.address.map(|a| a.to_string()),
            callsign: subject.callsign.map(|c| c.to_string()),
            operator: subject.operator.map(|o| o.to_string()),
            class: subject.class.name().to_owned(),
        }
    }

    /// What tells it from others, whatever the number of its track.
    pub(crate) fn key(&self) -> String {
        self.address.clone().unwrap_or_else(|| self.name.clone())
    }

    /// The same without anything that says who it is.
    pub(crate) fn veiled(&self) -> Side {
        Side {
            track: self.track,
            name: unnamed(self.track),
            address: None,
            callsign: None,
            operator: None,
            class: "unknown".to_owned(),
        }
    }
}

/// Somebody's words, or mark, on an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Comment {
    /// Who.
    pub by: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Stamp,
    /// What; may be empty in an acknowledgement.
    pub text: String,
}

/// One entry in the record of an alert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub time: Stamp,
    /// What it was before; `null` when it was raised.
    pub from: Option<AlertState>,
    /// What it became.
    pub to: AlertState,
    /// Why, in words.
    pub reason: String,
    /// Seconds to loss of separation then.
    pub t_in_s: Option<f64>,
    /// Probability of loss of separation then.
    pub probability: Option<f64>,
}

/// A point `[lon, lat, alt_ft]`, degrees and feet.
pub(crate) type Point = (f64, f64, Option<f64>);

/// Where the two aircraft of an alert will be at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Both {
    /// `[lon, lat, alt_ft]` of the first.
    #[schema(value_type = Vec<Option<f64>>)]
    pub a: Point,
    /// `[lon, lat, alt_ft]` of the second.
    #[schema(value_type = Vec<Option<f64>>)]
    pub b: Point,
}

/// Two aircraft that lose, or may lose, the separation they owe each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Alert {
    /// Its name: the run of the service, a hyphen, a number counted from 1 in the order of raising.
    pub id: String,
    /// How far it has come.
    pub state: AlertState,
    /// Whether only the plans of the two show it, further ahead than straight flight is looked at:
    /// nothing that is urgent yet.
    #[serde(default)]
    pub by_plan: bool,
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
    /// One aircraft.
    pub a: Side,
    /// The other.
    pub b: Side,
    /// The rule that is infringed.
    pub rule: String,
    /// Horizontal separation owed, NM.
    pub owed_nm: f64,
    /// Vertical separation owed, ft.
    pub owed_ft: f64,
    /// Present figures.
    #[serde(flatten)]
    #[schema(inline)]
    pub figures: FiguresView,
    /// Least horizontal distance so far (at the time of least separation), NM.
    pub least_nm: f64,
    /// Least vertical distance so far (at the time of least separation), ft.
    pub least_ft: f64,
    /// When that was.
    #[schema(value_type = String, format = DateTime)]
    pub least_time: Stamp,
    /// Why, in words.
    pub reason: String,
    /// Who has taken note of it.
    pub acknowledged: Option<Comment>,
    /// What people have said of it, oldest first.
    pub comments: Vec<Comment>,
    /// Its record, oldest first.
    pub changes: Vec<Change>,
    /// What keeps the two apart, while it is on.
    #[serde(default, with = "shared")]
    #[schema(value_type = Option<Advice>)]
    pub advice: Option<Arc<Advice>>,
}

/// Distances and times of a pair at present.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FiguresView {
    /// Seconds to loss of separation: 0 while it is lost, `null` if none is expected any more.
    pub t_in_s: Option<f64>,
    /// Seconds to the closest point of approach.
    pub tcpa_s: Option<f64>,
    /// Horizontal miss distance there, NM.
    pub cpa_nm: Option<f64>,
    /// Vertical distance there, ft.
    pub cpa_ft: Option<f64>,
    /// Horizontal distance now, NM.
    pub now_nm: Option<f64>,
    /// Vertical distance now, ft.
    pub now_ft: Option<f64>,
    /// How fast the two move against each other over ground, kt.
    pub closing_kt: Option<f64>,
    /// Probability of loss of separation.
    pub probability: Option<f64>,
    /// Where they will be at the closest point of approach.
    pub at_cpa: Option<Both>,
    /// Where they will be when separation is lost.
    pub at_entry: Option<Both>,
}

impl FiguresView {
    pub(crate) fn of(f: &Figures) -> FiguresView {
        FiguresView {
            t_in_s: f.entry_s.and_then(|s| maybe(s, 1)),
            tcpa_s: maybe(f.tcpa_s, 1),
            cpa_nm: maybe(nm_from_m(f.dcpa_m), 2),
            cpa_ft: maybe(ft_from_m(f.vmiss_m), 0),
            now_nm: maybe(nm_from_m(f.horizontal_m), 2),
            now_ft: maybe(ft_from_m(f.vertical_m), 0),
            closing_kt: maybe(kt_from_mps(f.relative_speed_mps), 0),
            probability: maybe(f.probability, 3),
            at_cpa: None,
            at_entry: None,
        }
    }
}

/// The present figures of one alert in a `figures` message.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct FiguresOf<'a> {
    pub id: &'a str,
    #[serde(flatten)]
    pub figures: FiguresView,
}

impl Alert {
    /// The alert that a first change raises, or an unknown one that has changed.
    pub(crate) fn raised(id: String, change: &AlertChange, minima: &Minima) -> Alert {
        let mut alert = Alert {
            id,
            state: AlertState::Predicted,
            by_plan: false,
            end: None,
            time: Stamp(change.change.time),
            first: Stamp(change.first),
            last: Stamp(change.change.time),
            a: Side::of(&change.a),
            b: Side::of(&change.b),
            rule: String::new(),
            owed_nm: rounded(nm_from_m(minima.horizontal_m), 3),
            owed_ft: rounded(ft_from_m(minima.vertical_m), 0),
            figures: FiguresView::of(&change.change.figures),
            least_nm: 0.0,
            least_ft: 0.0,
            least_time: Stamp(change.closest.time),
            reason: String::new(),
            acknowledged: None,
            comments: Vec::new(),
            changes: Vec::new(),
            advice: None,
        };
        alert.take(change);
        alert
    }

    /// Takes in a change.
    pub(crate) fn take(&mut self, change: &AlertChange) {
        let c = &change.change;
        self.state = AlertState::of(c.to);
        self.by_plan = c.to == Status::Open(Stage::Planned);
        if !self.is_open() {
            self.advice = None;
        }
        self.end = match c.to {
            Status::Ended(reason) => Some(reason.name().to_owned()),
            Status::Open(_) => None,
        };
        self.time = Stamp(c.time);
        self.last = Stamp(c.time);
        self.a = Side::of(&change.a);
        self.b = Side::of(&change.b);
        self.rule = change.rule.to_string();
        self.figures = FiguresView::of(&c.figures);
        self.least_nm = rounded(nm_from_m(change.closest.horizontal_m), 2);
        self.least_ft = rounded(ft_from_m(change.closest.vertical_m), 0);
        self.least_time = Stamp(change.closest.time);
        self.reason.clone_from(&c.reason);
        self.changes.push(Change {
            time: Stamp(c.time),
            from: c.from.map(|stage| AlertState::of(Status::Open(stage))),
            to: self.state,
            reason: c.reason.clone(),
            t_in_s: self.figures.t_in_s,
            probability: self.figures.probability,
        });
    }

    /// The worst that it has been.
    pub fn worst(&self) -> AlertState {
        let open = self.changes.iter().map(|change| change.to).filter(|s| *s != AlertState::Ended);
        open.max().unwrap_or(self.state)
    }

    /// Whether it is on.
    pub fn is_open(&self) -> bool {
        self.state != AlertState::Ended
    }

    /// Why, in words that name nobody: for those who may not know who it is.
    pub(crate) fn reason_without_names(&self) -> String {
        let f = &self.figures;
        let nm_ft = |nm: Option<f64>, ft: Option<f64>| match (nm, ft) {
            (Some(nm), Some(ft)) => format!("{nm:.1} NM / {ft:.0} ft"),
            _ => "an unknown distance".to_owned(),
        };
        match (self.state, f.t_in_s) {
            (AlertState::Ended, _) => {
                let end = self.end.as_deref().unwrap_or("ended");
                format!("{end}: {:.1} NM / {:.0} ft at the least", self.least_nm, self.least_ft)
            }
            (AlertState::Lost, _) => {
                format!("separation is lost, {} now", nm_ft(f.now_nm, f.now_ft))
            }
            (_, Some(s)) => format!(
                "separation is lost in {s:.0} s, {} at the closest",
                nm_ft(f.cpa_nm, f.cpa_ft)
            ),
            (_, None) => "no loss of separation is expected at present".to_owned(),
        }
    }
}

/// A value that is shared, as if it were not.
mod shared {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::sync::Arc;

    pub fn serialize<T: Serialize, S: Serializer>(
        value: &Option<Arc<T>>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        value.as_deref().serialize(serializer)
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Arc<T>>, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map(Arc::new))
    }
}

//! What a check says, as far as whoever asks may know it.

use super::book::{Book, Disclosed, Item};
use super::draft::UNNAMED;
use super::view::record;
use deconflict_picture::Viewer;
use deconflict_reserve::check::{Change, Conflict, GivesWay, Report, Sure, Verdict};
use deconflict_reserve::matrix::{Answer, Case};
use deconflict_reserve::{Reservation, text};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A probability from which on a conflict is told as certain.
const CERTAIN: f64 = 0.995;

/// What a check says.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ReportView {
    /// Whether nobody is in the way.
    free: bool,
    /// `free`, `others-give-way` or `conflict`; only the last keeps a plan from being filed.
    verdict: &'static str,
    /// With whom, where, when; in the order of time.
    conflicts: Vec<ConflictView>,
    /// What is free instead.
    alternatives: Vec<AlternativeView>,
    /// Why other services could not be asked what they have there, so that it may be in the way
    /// all the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_asked: Option<String>,
}

/// Something in the way.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ConflictView {
    /// What, as far as it may be known.
    with: With,
    /// Where they meet.
    at: At,
    /// From when both are there; `null` is always.
    start: Option<String>,
    /// Until when.
    end: Option<String>,
    /// `forbidden`, `needs agreement`, `the other gives way`.
    ruling: &'static str,
    /// `certain`, a probability, `cannot tell`, or `not told`.
    sure: String,
    /// All of it in a sentence.
    says: String,
}

/// A reservation, as far as it may be known.
#[derive(Clone, Debug, Default, Serialize, ToSchema)]
pub struct With {
    /// Its name in routes.
    id: Option<String>,
    /// What people call it.
    name: Option<String>,
    /// What it is for.
    kind: Option<String>,
    /// Who controls it.
    party: Option<String>,
    /// Whether it is another service's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    peer: bool,
}

/// A place, degrees.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct At {
    /// Latitude.
    lat: f64,
    /// Longitude.
    lon: f64,
}

/// Something that is free instead.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AlternativeView {
    /// What is changed: `time`, `level` or `route`.
    kind: &'static str,
    /// The change in words.
    says: String,
    /// The plan with the change.
    #[schema(value_type = Object)]
    draft: Value,
}

/// What a check of `plan` says to a viewer. VIS-2: of what it may not see it is told that, where
/// and when something is there, and who gives way.
pub fn tell(report: &Report, plan: &Reservation, book: &Book, viewer: &Viewer) -> ReportView {
    let conflicts = report.conflicts.iter().map(|conflict| {
        let seen = book.see(viewer, &conflict.with);
        let full = seen.as_ref().filter(|(_, d)| *d == Disclosed::Full).map(|(item, _)| &**item);
        ConflictView {
            with: match &seen {
                Some((item, Disclosed::Full)) => With {
                    id: Some(conflict.with.clone()),
                    name: item.reservation.name.clone(),
                    kind: Some(conflict.kind.name().to_owned()),
                    party: Some(item.reservation.party.clone()),
                    peer: item.peer.is_some(),
                },
                Some((_, Disclosed::Exists)) => With {
                    id: Some(conflict.with.clone()),
                    kind: Some(conflict.kind.name().to_owned()),
                    ..With::default()
                },
                None => With::default(),
            },
            at: At { lat: rounded(conflict.at.lat_deg()), lon: rounded(conflict.at.lon_deg()) },
            start: conflict.start.map(text::write_time),
            end: conflict.end.map(text::write_time),
            ruling: ruling(conflict, plan, full, book),
            sure: full.map_or_else(|| "not told".to_owned(), |_| sure(&conflict.sure)),
            says: match &seen {
                Some((_, Disclosed::Full)) => conflict.says(),
                Some((_, Disclosed::Exists)) => {
                    veiled(conflict, &format!("{} ({})", conflict.with, conflict.kind))
                }
                None => veiled(conflict, "somebody else's reservation"),
            },
        }
    });
    let alternatives = report.alternatives.iter().map(|alternative| AlternativeView {
        kind: match alternative.change {
            Change::Time(_) => "time",
            Change::Level(_) => "level",
            Change::Route { .. } => "route",
        },
        says: alternative.says.clone(),
        draft: {
            let mut draft = record(&alternative.plan);
            draft.remove("status");
            if alternative.plan.id == UNNAMED {
                draft.remove("id");
            }
            Value::Object(draft)
        },
    });
    ReportView {
        free: report.verdict == Verdict::Free,
        verdict: report.verdict.name(),
        conflicts: conflicts.collect(),
        alternatives: alternatives.collect(),
        not_asked: None,
    }
}

fn rounded(degrees: f64) -> f64 {
    (degrees * 1e6).round() / 1e6
}

fn ruling(
    conflict: &Conflict,
    plan: &Reservation,
    other: Option<&Item>,
    book: &Book,
) -> &'static str {
    if conflict.gives_way == GivesWay::Other {
        return "the other gives way";
    }
    let would_help = other.is_some_and(|other| {
        let case = Case { agreed: true, ..Case::of(plan, &other.reservation) };
        book.matrix().answer(case).0 == Answer::May
    });
    if would_help { "needs agreement" } else { "forbidden" }
}

fn sure(sure: &Sure) -> String {
    match sure {
        Sure::Probability(p) if *p >= CERTAIN => "certain".to_owned(),
        Sure::Probability(p) => format!("{p:.2}"),
        Sure::CannotTell(_) => "cannot tell".to_owned(),
    }
}

/// The sentence without what the rule, the accuracy and the party would tell.
fn veiled(conflict: &Conflict, with: &str) -> String {
    let mut plain = conflict.clone();
    (plain.with, plain.party) = ("X".to_owned(), "X".to_owned());
    let says = plain.says();
    let head = format!("with X ({}, X)", conflict.kind);
    let rest = says.strip_prefix(&head).unwrap_or_default();
    let place_and_time = rest.split(';').next().unwrap_or_default();
    let gives_way = match conflict.gives_way {
        GivesWay::Plan => "the plan gives way",
        GivesWay::Other => "the other gives way",
    };
    format!("with {with}{place_and_time}; {gives_way}")
}

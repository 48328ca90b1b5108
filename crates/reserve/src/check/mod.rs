//! Is a plan free of conflict? If not: with whom, where, when, how surely, who gives way, and
//! what is free instead.
//!
//! Each of the others is looked at by itself, so that one more never takes a conflict away
//! (RSV-1). What is not known (a reference of altitude, an accuracy, where a ship is) counts as
//! conflict and is said to be unknown.

mod alternatives;
mod meet;
mod sure;
mod tell;

pub use alternatives::{Alternative, Change};
pub use sure::Sure;

use crate::kind::Kind;
use crate::matrix::{Answer, Case, Matrix};
use crate::motion::Positions;
use crate::reservation::Reservation;
use crate::shape::Band;
use crate::text;
use deconflict_core::altitude::VerticalContext;
use deconflict_core::rules::Minima;
use deconflict_core::units::{m_from_ft, m_from_nm};
use deconflict_core::{GeoPoint, Time};

/// How a plan is checked.
#[derive(Clone, Debug)]
pub struct Options {
    /// What is known of atmosphere, geoid and terrain.
    pub context: VerticalContext,
    /// What two flights owe each other; 5 NM and 1000 ft unless said otherwise.
    pub minima: Minima,
    /// Where ships and formations are that reservations move with.
    pub positions: Positions,
    /// Whether to look for what is free instead.
    pub alternatives: bool,
    /// No alternative begins before this.
    pub not_before: Option<Time>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            context: VerticalContext::default(),
            minima: Minima::new(m_from_nm(5.0), m_from_ft(1000.0)),
            positions: Positions::new(),
            alternatives: true,
            not_before: None,
        }
    }
}

/// Who of the two has to find another way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GivesWay {
    /// The plan that is checked.
    Plan,
    /// The other one.
    Other,
}

/// The whole answer in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nobody is in the way.
    Free,
    /// Others are, and all of them give way: tell them.
    OthersGiveWay,
    /// The plan has to change.
    Conflict,
}

impl Verdict {
    /// The name in messages.
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Free => "free",
            Verdict::OthersGiveWay => "others-give-way",
            Verdict::Conflict => "conflict",
        }
    }
}

/// A stay of the plan where another one is.
#[derive(Clone, Debug, PartialEq)]
pub struct Conflict {
    /// The id of the other.
    pub with: String,
    /// Who controls it.
    pub party: String,
    /// What it is for.
    pub kind: Kind,
    /// A point where they meet.
    pub at: GeoPoint,
    /// The altitudes that both have, where they are over one reference.
    pub band: Band,
    /// From when both are there.
    pub start: Option<Time>,
    /// Until when.
    pub end: Option<Time>,
    /// How surely.
    pub sure: Sure,
    /// Who has to find another way.
    pub gives_way: GivesWay,
    /// The rule of the matrix that says so.
    pub rule: String,
    /// By how much later the plan would be clear of this, seconds, if that can be said.
    pub(crate) clear_later_s: Option<f64>,
    /// By how much earlier.
    pub(crate) clear_earlier_s: Option<f64>,
}

impl Conflict {
    /// The conflict in a sentence.
    pub fn says(&self) -> String {
        let mut out = format!(
            "with {} ({}, {}) at {}",
            self.with,
            self.kind,
            self.party,
            place_says(self.at)
        );
        let limits = [self.band.lower, self.band.upper].map(|a| a.map(text::write_altitude));
        match limits {
            [Some(lower), Some(upper)] => out.push_str(&format!(", {lower} to {upper}")),
            [Some(lower), None] => out.push_str(&format!(", above {lower}")),
            [None, Some(upper)] => out.push_str(&format!(", below {upper}")),
            [None, None] => {}
        }
        match [self.start, self.end].map(|t| t.map(text::write_time)) {
            [Some(start), Some(end)] => out.push_str(&format!(", {start} to {end}")),
            [Some(start), None] => out.push_str(&format!(", from {start} on")),
            [None, Some(end)] => out.push_str(&format!(", until {end}")),
            [None, None] => out.push_str(", always"),
        }
        out.push_str(&format!("; {}", self.sure));
        out.push_str(match self.gives_way {
            GivesWay::Plan => "; the plan gives way",
            GivesWay::Other => "; the other gives way",
        });
        out + &format!(" ({})", self.rule)
    }
}

fn place_says(point: GeoPoint) -> String {
    let (lat, lon) = (point.lat_deg(), point.lon_deg());
    let (ns, ew) = (if lat < 0.0 { 'S' } else { 'N' }, if lon < 0.0 { 'W' } else { 'E' });
    format!("{:.4}{ns} {:.4}{ew}", lat.abs(), lon.abs())
}

/// What a check says.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// The answer in a word.
    pub verdict: Verdict,
    /// With whom, where, when: in the order of time, then of id.
    pub conflicts: Vec<Conflict>,
    /// What is free instead, each checked as the plan was; none if the plan is free.
    pub alternatives: Vec<Alternative>,
}

/// Checks a plan against what others have.
///
/// Drafts, and what is released or cancelled, bind nobody. What has the plan's own id and party
/// is its earlier version and is left out.
pub fn check(
    plan: &Reservation,
    existing: &[Reservation],
    matrix: &Matrix,
    options: &Options,
) -> Report {
    let conflicts = conflicts(plan, existing, matrix, options);
    let verdict = verdict(&conflicts);
    let alternatives = if verdict == Verdict::Conflict && options.alternatives {
        alternatives::find(plan, &conflicts, existing, matrix, options)
    } else {
        Vec::new()
    };
    Report { verdict, conflicts, alternatives }
}

fn verdict(conflicts: &[Conflict]) -> Verdict {
    if conflicts.is_empty() {
        Verdict::Free
    } else if conflicts.iter().all(|c| c.gives_way == GivesWay::Other) {
        Verdict::OthersGiveWay
    } else {
        Verdict::Conflict
    }
}

/// The conflicts of a plan, without alternatives.
pub fn conflicts(
    plan: &Reservation,
    existing: &[Reservation],
    matrix: &Matrix,
    options: &Options,
) -> Vec<Conflict> {
    Others::new(plan, existing, matrix, options).conflicts(plan, options)
}

/// Those who may be in the way of a plan, made ready for its span of time.
struct Others<'a> {
    each: Vec<meet::Other<'a>>,
    rulings: Vec<(GivesWay, &'a str)>,
}

impl<'a> Others<'a> {
    fn new(
        plan: &Reservation,
        existing: &'a [Reservation],
        matrix: &'a Matrix,
        options: &Options,
    ) -> Others<'a> {
        let mut out = Others { each: Vec::new(), rulings: Vec::new() };
        let span = plan.span();
        for other in existing.iter().filter(|other| other.status.binds()) {
            if other.id == plan.id && other.party == plan.party {
                continue;
            }
            if !meet::may_meet_in_time(span, plan, other) {
                continue;
            }
            let ruling = match matrix.answer(Case::of(plan, other)) {
                (Answer::May, _) => continue,
                (Answer::Second, rule) => (GivesWay::Other, rule),
                (Answer::First | Answer::Later, rule) => (GivesWay::Plan, rule),
            };
            let id = out.each.len() as u64 + 1;
            out.each.push(meet::Other::new(plan, other, id, options));
            out.rulings.push(ruling);
        }
        out
    }

    /// The conflicts of a plan in the span of time for which this was made ready.
    fn conflicts(&self, plan: &Reservation, options: &Options) -> Vec<Conflict> {
        let met = meet::all(plan, &self.each, options).into_iter();
        let mut found: Vec<Conflict> = met
            .map(|(index, meeting)| {
                let other = self.each[index].reservation;
                let (gives_way, rule) = self.rulings[index];
                Conflict {
                    with: other.id.clone(),
                    party: other.party.clone(),
                    kind: other.kind,
                    at: meeting.at,
                    band: meeting.band,
                    start: meeting.start,
                    end: meeting.end,
                    sure: meeting.sure,
                    gives_way,
                    rule: rule.to_owned(),
                    clear_later_s: meeting.clear_later_s,
                    clear_earlier_s: meeting.clear_earlier_s,
                }
            })
            .collect();
        found.sort_by(|a, b| {
            (a.start, &a.with, &a.party, a.end).cmp(&(b.start, &b.with, &b.party, b.end))
        });
        found
    }
}

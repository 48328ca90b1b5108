//! Separation owed, as data.
//!
//! A [`RuleSet`] is an ordered list of [`Rule`]s. **At each moment a pair owes
//! each other what the first rule in the list that applies to it then says**;
//! if no rule applies, it owes nothing. What makes a rule apply is stated in the
//! rule: who the two are, where they are, at what levels, and how they fly.

mod parse;

pub use parse::RuleError;

use crate::party::{AircraftClass, Operator};
use crate::{Label, Subject, Volume4d};

/// The name of a rule, as alerts quote it.
pub type RuleName = Label<32>;

/// How many rules a set may hold: membership is kept in one machine word.
pub const MAX_RULES: usize = 64;

/// Ordered separation rules, and what goes with them.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSet {
    rules: Vec<Rule>,
    volumes: Vec<NamedVolume>,
    formation: FormationPolicy,
}

/// An airspace volume that rules refer to by name.
#[derive(Clone, Debug, PartialEq)]
pub struct NamedVolume {
    /// The name.
    pub name: String,
    /// The airspace.
    pub volume: Volume4d,
}

/// One separation rule.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// The name that alerts quote.
    pub name: RuleName,
    /// What is owed.
    pub minima: Minima,
    /// To whom the rule applies: one of the two, and the other.
    pub sides: [Side; 2],
    /// Only pairs of the same operator (`Some(true)`) or of different ones (`Some(false)`).
    pub same_operator: Option<bool>,
    /// Only in this band of pressure altitude.
    pub band: Option<Band>,
    /// Only in this volume (index into [`RuleSet::volumes`]).
    pub volume: Option<usize>,
    /// Only while the two track angles differ by no more than this, radians.
    pub parallel_within_rad: Option<f64>,
    /// How far ahead the rule looks, seconds.
    pub lookahead_s: f64,
    /// When and how alerts are raised under this rule.
    pub alerting: Alerting,
}

/// Separation minima of one rule. Loss of separation is *both* distances below
/// their minimum; exactly the minimum is separated.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Minima {
    /// Horizontal minimum, metres; zero if the rule exempts from separation.
    pub horizontal_m: f64,
    /// Vertical minimum, metres; zero if the rule exempts from separation.
    pub vertical_m: f64,
    /// By how much the horizontal minimum may be missed without being called, metres.
    pub horizontal_tolerance_m: f64,
    /// By how much the vertical minimum may be missed without being called, metres
    /// (altimetry error and quantisation between properly separated levels).
    pub vertical_tolerance_m: f64,
}

impl Minima {
    /// Plain minima without tolerance.
    pub const fn new(horizontal_m: f64, vertical_m: f64) -> Minima {
        Minima { horizontal_m, vertical_m, horizontal_tolerance_m: 0.0, vertical_tolerance_m: 0.0 }
    }

    /// The horizontal distance below which the rule calls, metres.
    pub fn called_horizontal_m(&self) -> f64 {
        (self.horizontal_m - self.horizontal_tolerance_m).max(0.0)
    }

    /// The vertical distance below which the rule calls, metres.
    pub fn called_vertical_m(&self) -> f64 {
        (self.vertical_m - self.vertical_tolerance_m).max(0.0)
    }

    /// Whether nothing is owed.
    pub fn owes_none(&self) -> bool {
        self.called_horizontal_m() <= 0.0 || self.called_vertical_m() <= 0.0
    }
}

/// Which aircraft can be on one side of a rule. Empty lists mean any.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Side {
    /// Classes admitted.
    pub classes: Vec<AircraftClass>,
    /// Operators admitted.
    pub operators: Vec<Operator>,
}

impl Side {
    /// Whether an aircraft fits this side.
    pub fn admits(&self, subject: &Subject) -> bool {
        (self.classes.is_empty() || self.classes.contains(&subject.class))
            && (self.operators.is_empty()
                || subject.operator.is_some_and(|o| self.operators.contains(&o)))
    }
}

/// A band of pressure altitude, metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// From, included.
    pub from_m: f64,
    /// To, included.
    pub to_m: f64,
    /// Whether one of the two in the band is enough, or both have to be.
    pub applies: BandApplies,
}

/// How many of a pair have to be in a band.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BandApplies {
    /// Both aircraft.
    Both,
    /// At least one of the two.
    Either,
}

/// When a conflict under a rule becomes an alert, and when it ceases to be one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Alerting {
    /// A conflict is raised as *predicted* when loss of separation is at most this far away, seconds.
    pub predicted_s: f64,
    /// It becomes *imminent* at this time to loss of separation, seconds.
    pub imminent_s: f64,
    /// Of the last `confirm_of` evaluations, this many have to show the conflict.
    pub confirm: u8,
    /// See [`confirm`](Self::confirm).
    pub confirm_of: u8,
    /// The conflict has to be gone for this long before the alert ends, seconds.
    pub clear_s: f64,
    /// A conflict less likely than this is not raised (0 raises all).
    pub min_probability: f64,
    /// While levels that are separated close, a conflict is not raised earlier than
    /// this before they cease to be, seconds. Most climbs and descents end at a level,
    /// the last separated one at the latest: where levels are cleared, and so kept,
    /// only one that is about to be passed tells something.
    pub levels_s: f64,
}

impl Default for Alerting {
    fn default() -> Alerting {
        Alerting {
            predicted_s: 120.0,
            imminent_s: 30.0,
            confirm: 2,
            confirm_of: 3,
            clear_s: 10.0,
            min_probability: 0.0,
            levels_s: f64::INFINITY,
        }
    }
}

/// What makes two aircraft that were not declared a formation one all the same:
/// sustained station-keeping.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FormationPolicy {
    /// No further apart than this, metres.
    pub horizontal_m: f64,
    /// No further apart in altitude than this, metres.
    pub vertical_m: f64,
    /// No faster against each other than this, m/s.
    pub relative_speed_mps: f64,
    /// For at least this long, seconds.
    pub after_s: f64,
}

impl Default for FormationPolicy {
    fn default() -> FormationPolicy {
        FormationPolicy {
            horizontal_m: crate::units::m_from_nm(0.5),
            vertical_m: crate::units::m_from_ft(500.0),
            relative_speed_mps: crate::units::mps_from_kt(25.0),
            after_s: 60.0,
        }
    }
}

/// To which sides of which rules an aircraft can belong: bit *i* of
/// `side[k]` says that it fits side *k* of rule *i*.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Membership {
    side: [u64; 2],
}

impl Membership {
    /// The rules that can apply to a pair, by who the two are.
    #[inline]
    pub fn shared(self, other: Membership) -> u64 {
        (self.side[0] & other.side[1]) | (self.side[1] & other.side[0])
    }

    /// The rules that can apply to this aircraft and anyone at all.
    #[inline]
    pub fn any(self) -> u64 {
        self.side[0] | self.side[1]
    }
}

impl RuleSet {
    /// A set of one rule for everybody: plain minima and look-ahead.
    pub fn uniform(name: &str, minima: Minima, lookahead_s: f64) -> RuleSet {
        RuleSet {
            rules: vec![Rule {
                name: Label::new(name)
                    .unwrap_or_else(|| Label::new("separation").expect("not empty")),
                minima,
                sides: [Side::default(), Side::default()],
                same_operator: None,
                band: None,
                volume: None,
                parallel_within_rad: None,
                lookahead_s,
                alerting: Alerting { predicted_s: lookahead_s, ..Alerting::default() },
            }],
            volumes: Vec::new(),
            formation: FormationPolicy::default(),
        }
    }

    /// Reads rules from TOML. The format is described in `docs/rules.md`.
    ///
    /// # Errors
    /// [`RuleError`] names line and key of the first thing that is wrong.
    pub fn parse(text: &str) -> Result<RuleSet, RuleError> {
        parse::parse(text)
    }

    /// The rules, in order of precedence.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The airspace volumes that rules refer to.
    pub fn volumes(&self) -> &[NamedVolume] {
        &self.volumes
    }

    /// What makes a formation.
    pub fn formation(&self) -> &FormationPolicy {
        &self.formation
    }

    /// The same rules, each looking so far ahead, seconds: for those whose plans are known.
    pub fn looking_ahead(&self, lookahead_s: f64) -> RuleSet {
        let mut further = self.clone();
        for rule in &mut further.rules {
            rule.lookahead_s = lookahead_s;
        }
        further
    }

    /// The furthest look-ahead of any rule, seconds.
    pub fn lookahead_s(&self) -> f64 {
        self.rules.iter().map(|r| r.lookahead_s).fold(0.0, f64::max)
    }

    /// To which sides of which rules an aircraft can belong.
    pub fn membership(&self, subject: &Subject) -> Membership {
        let mut membership = Membership::default();
        for (i, rule) in self.rules.iter().enumerate() {
            for (k, side) in rule.sides.iter().enumerate() {
                membership.side[k] |= u64::from(side.admits(subject)) << i;
            }
        }
        membership
    }

    /// The rules (a bit each) that can ever apply to a pair, before looking at
    /// where they are: none inside a declared formation.
    pub fn candidates(&self, a: (&Subject, Membership), b: (&Subject, Membership)) -> u64 {
        if a.0.formation.is_some() && a.0.formation == b.0.formation {
            return 0;
        }
        let mut mask = a.1.shared(b.1);
        for (i, rule) in self.rules.iter().enumerate() {
            if let Some(same) = rule.same_operator {
                let is_same = a.0.operator.is_some() && a.0.operator == b.0.operator;
                mask &= !(u64::from(is_same != same) << i);
            }
        }
        mask
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(class: AircraftClass, operator: &str) -> Subject {
        Subject { class, operator: Label::new(operator), ..Subject::anonymous(1) }
    }

    #[test]
    fn pairs_match_in_either_order() {
        let rules = RuleSet::parse(
            r#"
            [[rule]]
            name = "tanker and fighter"
            one = { class = ["tanker"] }
            other = { class = ["high-performance"], operator = ["USAF"] }
            horizontal_nm = 1
            vertical_ft = 500
            [[rule]]
            name = "everybody"
            horizontal_nm = 5
            vertical_ft = 1000
            "#,
        )
        .unwrap();
        let tanker = subject(AircraftClass::Tanker, "USAF");
        let jet = subject(AircraftClass::HighPerformance, "USAF");
        let other_jet = subject(AircraftClass::HighPerformance, "RuAF");
        let mask = |a: &Subject, b: &Subject| {
            rules.candidates((a, rules.membership(a)), (b, rules.membership(b)))
        };
        assert_eq!(mask(&tanker, &jet), 0b11);
        assert_eq!(mask(&jet, &tanker), 0b11);
        assert_eq!(mask(&tanker, &other_jet), 0b10);
        assert_eq!(mask(&tanker, &tanker), 0b10);
    }

    #[test]
    fn a_declared_formation_owes_itself_nothing() {
        let rules = RuleSet::uniform("5 NM", Minima::new(9260.0, 304.8), 300.0);
        let mut a = subject(AircraftClass::Unknown, "USAF");
        let mut b = a;
        a.formation = Label::new("VIPER");
        let m = rules.membership(&a);
        assert_eq!(rules.candidates((&a, m), (&b, m)), 1);
        b.formation = Label::new("VIPER");
        assert_eq!(rules.candidates((&a, m), (&b, m)), 0);
    }

    #[test]
    fn operators_without_a_common_command() {
        let rules = RuleSet::parse(
            "[[rule]]\nname = 'strangers'\nsame_operator = false\nhorizontal_nm = 5\nvertical_ft = 1000\n",
        )
        .unwrap();
        let mask = |a: &Subject, b: &Subject| {
            rules.candidates((a, rules.membership(a)), (b, rules.membership(b)))
        };
        let us = subject(AircraftClass::Unknown, "USAF");
        let ru = subject(AircraftClass::Unknown, "RuAF");
        let nobody = Subject::anonymous(3);
        assert_eq!(mask(&us, &us), 0);
        assert_eq!(mask(&us, &ru), 1);
        // Two unknowns are strangers: nobody vouches that they talk to each other.
        assert_eq!(mask(&nobody, &nobody), 1);
    }
}

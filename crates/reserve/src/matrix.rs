//! Who may overlap whom, as data.
//!
//! An ordered list of rules in TOML; the first that fits a pair says what holds. Reading a
//! matrix answers every combination there is, and refuses one that leaves any open or has a rule
//! that never applies.

use crate::kind::Kind;
use crate::reservation::Reservation;
use serde::Deserialize;
use std::ops::Range;

/// What a rule says of two that overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ruling {
    /// They may.
    May,
    /// They may not: the one that is filed later finds another way.
    Never,
    /// They may not, and the side that the rule names `other` gives way to `one`.
    OtherGivesWay,
}

/// Whether two parties are one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Parties {
    Same,
    Different,
}

/// How the priority of `one` is to that of `other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Rank {
    Higher,
    Equal,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileText {
    rule: Vec<toml::Spanned<RuleText>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleText {
    name: String,
    one: Option<Vec<toml::Spanned<String>>>,
    other: Option<Vec<toml::Spanned<String>>>,
    parties: Option<Parties>,
    agreed: Option<bool>,
    priority: Option<Rank>,
    then: Ruling,
}

#[derive(Clone, Debug, PartialEq)]
struct Rule {
    name: String,
    one: Vec<Kind>,
    other: Vec<Kind>,
    parties: Option<Parties>,
    agreed: Option<bool>,
    priority: Option<Rank>,
    then: Ruling,
}

/// Why a text is no matrix.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct MatrixError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

/// All there is to know about a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// What the two are for.
    pub kinds: [Kind; 2],
    /// Whether one party has both.
    pub same_party: bool,
    /// Whether sharing is agreed between the parties.
    pub agreed: bool,
    /// The first one's priority against the second's.
    pub priority: std::cmp::Ordering,
}

impl Case {
    /// The case of two reservations.
    pub fn of(a: &Reservation, b: &Reservation) -> Case {
        Case {
            kinds: [a.kind, b.kind],
            same_party: a.party == b.party,
            agreed: a.is_agreed_with(b),
            priority: a.priority.cmp(&b.priority),
        }
    }

    fn turned(self) -> Case {
        let [a, b] = self.kinds;
        Case { kinds: [b, a], priority: self.priority.reverse(), ..self }
    }

    fn all() -> impl Iterator<Item = Case> {
        use std::cmp::Ordering::{Equal, Greater, Less};
        Kind::ALL.into_iter().flat_map(|a| {
            Kind::ALL.into_iter().flat_map(move |b| {
                [(true, true), (false, true), (false, false)].into_iter().flat_map(
                    move |(same_party, agreed)| {
                        [Less, Equal, Greater].into_iter().map(move |priority| Case {
                            kinds: [a, b],
                            same_party,
                            agreed,
                            priority,
                        })
                    },
                )
            })
        })
    }
}

/// Which of two gives way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// They may overlap.
    May,
    /// The first gives way.
    First,
    /// The second gives way.
    Second,
    /// The one that is filed later gives way.
    Later,
}

/// Who may overlap whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    rules: Vec<Rule>,
}

impl Matrix {
    /// The matrix that ships (`rules/reservations.toml`).
    pub fn shipped() -> Matrix {
        // A test reads it; what cannot be read allows nothing.
        Matrix::parse(include_str!("../../../rules/reservations.toml"))
            .unwrap_or(Matrix { rules: Vec::new() })
    }

    /// Reads a matrix.
    ///
    /// # Errors
    /// [`MatrixError`] with the line and what to do.
    pub fn parse(text: &str) -> Result<Matrix, MatrixError> {
        let at = |span: Range<usize>, message: String| MatrixError {
            line: text[..span.start.min(text.len())].matches('\n').count() + 1,
            message,
        };
        let file: FileText = toml::from_str(text)
            .map_err(|e| at(e.span().unwrap_or(0..0), e.message().to_owned()))?;
        let mut rules = Vec::new();
        for rule in &file.rule {
            let read = rule.get_ref();
            rules.push(Rule {
                name: read.name.clone(),
                one: kinds(read.one.as_deref(), &at)?,
                other: kinds(read.other.as_deref(), &at)?,
                parties: read.parties,
                agreed: read.agreed,
                priority: read.priority,
                then: read.then,
            });
        }
        let matrix = Matrix { rules };
        let mut used = vec![false; matrix.rules.len()];
        for case in Case::all() {
            match matrix.find(case) {
                Some((index, _)) => used[index] = true,
                None => {
                    let message = format!(
                        "no rule answers {}: add a last rule without conditions",
                        says(case)
                    );
                    return Err(MatrixError { line: text.lines().count().max(1), message });
                }
            }
        }
        if let Some(index) = used.iter().position(|used| !used) {
            let rule = &file.rule[index];
            let message = format!(
                "rule '{}' never applies: the rules before it answer all that it could; \
                 move it up or take it out",
                rule.get_ref().name
            );
            return Err(at(rule.span(), message));
        }
        Ok(matrix)
    }

    /// What holds for a pair, and the name of the rule that says so.
    pub fn answer(&self, case: Case) -> (Answer, &str) {
        match self.find(case) {
            Some((index, turned)) => {
                let rule = &self.rules[index];
                let answer = match (rule.then, turned) {
                    (Ruling::May, _) => Answer::May,
                    (Ruling::Never, _) => Answer::Later,
                    (Ruling::OtherGivesWay, false) => Answer::Second,
                    (Ruling::OtherGivesWay, true) => Answer::First,
                };
                (answer, &rule.name)
            }
            None => (Answer::Later, "nothing is allowed"),
        }
    }

    /// The first rule that fits, and whether it does with the sides exchanged.
    fn find(&self, case: Case) -> Option<(usize, bool)> {
        self.rules.iter().enumerate().find_map(|(index, rule)| {
            // Where both ways fit, neither side gives way to the other by who is asked first.
            let ways = [rule.fits(case), rule.fits(case.turned())];
            match ways {
                [true, true] if rule.then == Ruling::OtherGivesWay => None,
                [true, _] => Some((index, false)),
                [false, true] => Some((index, true)),
                _ => None,
            }
        })
    }
}

impl Rule {
    fn fits(&self, case: Case) -> bool {
        self.one.contains(&case.kinds[0])
            && self.other.contains(&case.kinds[1])
            && self.parties.is_none_or(|p| (p == Parties::Same) == case.same_party)
            && self.agreed.is_none_or(|agreed| agreed == case.agreed)
            && self.priority.is_none_or(|rank| match rank {
                Rank::Higher => case.priority.is_gt(),
                Rank::Equal => case.priority.is_eq(),
            })
    }
}

fn kinds(
    names: Option<&[toml::Spanned<String>]>,
    at: &impl Fn(Range<usize>, String) -> MatrixError,
) -> Result<Vec<Kind>, MatrixError> {
    let Some(names) = names else { return Ok(Kind::ALL.to_vec()) };
    let read = |name: &toml::Spanned<String>| {
        Kind::parse(name.get_ref()).ok_or_else(|| {
            let message =
                format!("'{}' is no kind: write one of {}", name.get_ref(), Kind::names());
            at(name.span(), message)
        })
    };
    names.iter().map(read).collect()
}

fn says(case: Case) -> String {
    let parties = match (case.same_party, case.agreed) {
        (true, _) => "of one party",
        (false, true) => "of parties that agree",
        (false, false) => "of parties that do not agree",
    };
    let rank = match case.priority {
        std::cmp::Ordering::Less => "lower",
        std::cmp::Ordering::Equal => "equal",
        std::cmp::Ordering::Greater => "higher",
    };
    format!("{} against {} {parties}, the first of {rank} priority", case.kinds[0], case.kinds[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cmp::Ordering::{Equal, Greater, Less};

    fn case(a: Kind, b: Kind, agreed: bool, priority: std::cmp::Ordering) -> Case {
        Case { kinds: [a, b], same_party: false, agreed, priority }
    }

    #[test]
    fn what_ships_answers_every_combination_and_the_same_from_either_side() {
        let matrix = Matrix::parse(include_str!("../../../rules/reservations.toml")).unwrap();
        assert_eq!(matrix, Matrix::shipped());
        for case in Case::all() {
            let (answer, name) = matrix.answer(case);
            let (back, same) = matrix.answer(case.turned());
            assert_eq!(name, same, "{}", says(case));
            let turned = match answer {
                Answer::First => Answer::Second,
                Answer::Second => Answer::First,
                other => other,
            };
            assert_eq!(back, turned, "{}", says(case));
        }
    }

    #[test]
    fn humanitarian_flights_go_before_all_else() {
        let matrix = Matrix::shipped();
        for other in Kind::ALL.into_iter().filter(|k| *k != Kind::Humanitarian) {
            for (agreed, priority) in [(false, Less), (true, Greater), (false, Equal)] {
                let case = case(other, Kind::Humanitarian, agreed, priority);
                assert_eq!(matrix.answer(case).0, Answer::First, "{other}");
            }
        }
        let two = case(Kind::Humanitarian, Kind::Humanitarian, false, Equal);
        assert_eq!(matrix.answer(two).0, Answer::Later);
    }

    #[test]
    fn agreement_and_priority_decide_the_rest() {
        let matrix = Matrix::shipped();
        let answer = |a, b, agreed, priority| matrix.answer(case(a, b, agreed, priority)).0;
        use Kind::{Hazard, Operation, Orbit, Refuelling, Segregated};
        assert_eq!(answer(Operation, Refuelling, true, Equal), Answer::May);
        assert_eq!(answer(Operation, Orbit, false, Greater), Answer::Second);
        assert_eq!(answer(Operation, Orbit, false, Less), Answer::First);
        assert_eq!(answer(Operation, Orbit, false, Equal), Answer::Later);
        assert_eq!(answer(Operation, Segregated, false, Greater), Answer::Later);
        assert_eq!(answer(Operation, Hazard, true, Greater), Answer::Later);
    }

    #[test]
    fn a_matrix_that_leaves_something_open_is_refused() {
        let open = "[[rule]]\nname = \"a\"\none = [\"orbit\"]\nthen = \"may\"\n";
        let error = Matrix::parse(open).unwrap_err();
        assert!(error.message.contains("no rule answers operation against operation"), "{error}");
        let unreachable = "[[rule]]\nname = \"all\"\nthen = \"never\"\n\n[[rule]]\nname = \"b\"\nthen = \"may\"\n";
        let error = Matrix::parse(unreachable).unwrap_err();
        assert_eq!((error.line, error.message.contains("'b' never applies")), (5, true), "{error}");
        let typo = "[[rule]]\nname = \"a\"\none = [\n  \"orbits\"]\nthen = \"may\"\n";
        let error = Matrix::parse(typo).unwrap_err();
        assert!(error.line == 4 && error.message.contains("write one of operation"), "{error}");
        assert_eq!(Matrix::parse("x = 1").unwrap_err().line, 1);
    }
}

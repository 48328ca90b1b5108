//! Is there one order in which a history could have happened one after the other?
//!
//! The search of Wing and Gong (1993) with the memory of Lowe (2017): an operation may come next
//! if none that is left ended before it began; what was tried once, with the same left and the
//! same state, is not tried again.

use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Id of an intent, small.
pub type Id = usize;
/// What exists: version and opaque version number by id. All of them overlap.
pub type State = BTreeMap<Id, (i64, String)>;

/// What was asked.
#[derive(Clone, Debug)]
pub enum Ask {
    Put { id: Id, ovn: Option<String>, key: BTreeSet<String> },
    Delete { id: Id, ovn: String },
    Get { id: Id },
    Query,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    /// Written as this version.
    Put(i64, String),
    Deleted,
    /// Refused: these are there and were not in the key.
    Missing(State),
    /// Refused: it is there already, or that is not its version any more.
    Changed,
    /// Refused: there is none.
    None,
    /// This is there.
    State(State),
}

/// One operation, with the moments between which it took effect.
#[derive(Clone, Debug)]
pub struct Operation {
    pub began: u64,
    pub ended: u64,
    pub ask: Ask,
    pub told: Told,
}

/// The state after an operation, if what was told is what has to be told in this state.
fn step(state: &State, operation: &Operation) -> Option<State> {
    let told = &operation.told;
    let unchanged = |expected: Told| (*told == expected).then(|| state.clone());
    match &operation.ask {
        Ask::Query => unchanged(Told::State(state.clone())),
        Ask::Get { id } => match state.get(id) {
            None => unchanged(Told::None),
            Some(row) => unchanged(Told::State(State::from([(*id, row.clone())]))),
        },
        Ask::Delete { id, ovn } => match state.get(id) {
            None => unchanged(Told::None),
            Some((_, current)) if current != ovn => unchanged(Told::Changed),
            Some(_) => (*told == Told::Deleted).then(|| {
                let mut next = state.clone();
                next.remove(id);
                next
            }),
        },
        Ask::Put { id, ovn, key } => {
            let version = match (state.get(id), ovn) {
                (None, Some(_)) => return unchanged(Told::None),
                (Some((_, current)), _) if Some(current) != ovn.as_ref() => {
                    return unchanged(Told::Changed);
                }
                (Some((version, _)), _) => version + 1,
                (None, None) => 1,
            };
            let others = state.iter().filter(|(other, _)| *other != id);
            let missing: State = others
                .filter(|(_, (_, ovn))| !key.contains(ovn))
                .map(|(id, row)| (*id, row.clone()))
                .collect();
            if !missing.is_empty() {
                return unchanged(Told::Missing(missing));
            }
            let Told::Put(as_version, new) = told else { return None };
            // A version number never comes twice.
            let fresh = state.values().all(|(_, ovn)| ovn != new);
            (*as_version == version && fresh).then(|| {
                let mut next = state.clone();
                next.insert(*id, (version, new.clone()));
                next
            })
        }
    }
}

/// Whether there is an order, from nothing.
pub fn linearizable(history: &[Operation]) -> bool {
    let mut left: Vec<usize> = (0..history.len()).collect();
    left.sort_by_key(|&n| history[n].began);
    let mut tried = HashSet::new();
    search(history, &left, &State::new(), &mut tried)
}

fn search(
    history: &[Operation],
    left: &[usize],
    state: &State,
    tried: &mut HashSet<(Vec<usize>, State)>,
) -> bool {
    if left.is_empty() {
        return true;
    }
    if !tried.insert((left.to_vec(), state.clone())) {
        return false;
    }
    let first_end = left.iter().map(|&n| history[n].ended).min().unwrap_or(u64::MAX);
    for (at, &n) in left.iter().enumerate() {
        if history[n].began > first_end {
            break;
        }
        if let Some(next) = step(state, &history[n]) {
            let rest = [&left[..at], &left[at + 1..]].concat();
            if search(history, &rest, &next, tried) {
                return true;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(of: &[&str]) -> BTreeSet<String> {
        of.iter().map(|&o| o.to_owned()).collect()
    }

    fn at(began: u64, ended: u64, ask: Ask, told: Told) -> Operation {
        Operation { began, ended, ask, told }
    }

    fn put(
        began: u64,
        ended: u64,
        id: Id,
        ovn: Option<&str>,
        of: &[&str],
        told: Told,
    ) -> Operation {
        let ask = Ask::Put { id, ovn: ovn.map(str::to_owned), key: key(of) };
        at(began, ended, ask, told)
    }

    fn written(version: i64, ovn: &str) -> Told {
        Told::Put(version, ovn.to_owned())
    }

    fn state(rows: &[(Id, i64, &str)]) -> Told {
        Told::State(rows.iter().map(|&(id, v, ovn)| (id, (v, ovn.to_owned()))).collect())
    }

    #[test]
    fn what_overlaps_may_have_happened_in_either_order() {
        let write = put(0, 10, 1, None, &[], written(1, "a"));
        for told in [Told::None, state(&[(1, 1, "a")])] {
            let read = at(5, 6, Ask::Get { id: 1 }, told);
            assert!(linearizable(&[write.clone(), read]));
        }
    }

    #[test]
    fn a_read_that_misses_an_older_write_is_seen() {
        let write = put(0, 1, 1, None, &[], written(1, "a"));
        assert!(!linearizable(&[write.clone(), at(2, 3, Ask::Get { id: 1 }, Told::None)]));
        assert!(!linearizable(&[write, at(2, 3, Ask::Query, state(&[]))]));
    }

    #[test]
    fn reads_that_go_back_are_seen() {
        let write = put(0, 9, 1, None, &[], written(1, "a"));
        let new = at(1, 2, Ask::Query, state(&[(1, 1, "a")]));
        let old = at(3, 4, Ask::Query, state(&[]));
        assert!(!linearizable(&[write, new, old]));
    }

    #[test]
    fn two_writers_that_each_missed_the_other_are_seen() {
        let one = put(0, 9, 1, None, &[], written(1, "a"));
        let other = put(0, 9, 2, None, &[], written(1, "b"));
        assert!(!linearizable(&[one.clone(), other]));
        let knowing = put(0, 9, 2, None, &["a"], written(1, "b"));
        assert!(linearizable(&[one, knowing]));
    }

    #[test]
    fn a_key_of_an_older_version_is_seen() {
        let history = [
            put(0, 1, 1, None, &[], written(1, "a")),
            put(2, 3, 1, Some("a"), &[], written(2, "b")),
            put(4, 5, 2, None, &["a"], written(1, "c")),
        ];
        assert!(!linearizable(&history));
    }

    #[test]
    fn two_updates_of_one_version_are_seen() {
        let history = [
            put(0, 1, 1, None, &[], written(1, "a")),
            put(2, 9, 1, Some("a"), &[], written(2, "b")),
            put(2, 9, 1, Some("a"), &[], written(2, "c")),
        ];
        assert!(!linearizable(&history));
    }

    #[test]
    fn a_refusal_without_a_reason_is_seen() {
        let missing = Told::Missing(State::from([(2, (1, "z".to_owned()))]));
        assert!(!linearizable(&[put(0, 1, 1, None, &[], missing)]));
        assert!(!linearizable(&[put(0, 1, 1, None, &[], Told::Changed)]));
    }

    #[test]
    fn a_deleted_intent_that_comes_back_is_seen() {
        let history = [
            put(0, 1, 1, None, &[], written(1, "a")),
            at(2, 3, Ask::Delete { id: 1, ovn: "a".to_owned() }, Told::Deleted),
            at(4, 5, Ask::Get { id: 1 }, state(&[(1, 1, "a")])),
        ];
        assert!(!linearizable(&history));
    }
}

//! Formations: who flies with whom, declared or inferred.

use deconflict_core::{Formation as FormationName, Subject, Time};
use std::collections::{BTreeMap, BTreeSet};

/// How a formation came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Origin {
    /// It was declared under this name.
    Declared(FormationName),
    /// Its members keep station on each other.
    Inferred,
}

/// Aircraft that fly as one.
#[derive(Clone, Debug, PartialEq)]
pub struct Formation {
    /// Counted from 1 in the order in which formations were recognised.
    pub id: u64,
    /// Those who belong to it now, or did when it ended, by track number.
    pub members: Vec<Subject>,
    /// How it is known.
    pub origin: Origin,
    /// Since when they fly together (station-keeping began, not when it was proved).
    pub since: Time,
    /// When it ended, if it has.
    pub until: Option<Time>,
}

/// What happened to a formation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FormationEvent {
    /// It was recognised.
    Formed,
    /// Its members are others than before.
    Changed,
    /// It is no more.
    Ended,
}

impl FormationEvent {
    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            FormationEvent::Formed => "formed",
            FormationEvent::Changed => "changed",
            FormationEvent::Ended => "ended",
        }
    }
}

/// A message: what has become of a formation.
#[derive(Clone, Debug, PartialEq)]
pub struct FormationChange {
    /// When.
    pub time: Time,
    /// What happened.
    pub event: FormationEvent,
    /// The formation after that.
    pub formation: Formation,
    /// Why, in words.
    pub reason: String,
}

/// Two aircraft that keep station on each other: an edge in the graph whose
/// connected parts are the inferred formations.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub pair: (u64, u64),
    pub since: Time,
}

/// All formations that there are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Formations {
    last_id: u64,
    open: BTreeMap<u64, Formation>,
    of_track: BTreeMap<u64, u64>,
}

impl Formations {
    pub fn open(&self) -> impl Iterator<Item = &Formation> {
        self.open.values()
    }

    /// Whether two tracks belong to one inferred formation.
    pub fn share(&self, pair: (u64, u64)) -> bool {
        let of = |track: u64| self.of_track.get(&track);
        of(pair.0).is_some() && of(pair.0) == of(pair.1)
    }

    /// Brings the formations in line with the links and declarations of now.
    /// `subject` knows the tracks that are in the picture, and lately were.
    pub fn update(
        &mut self,
        now: Time,
        links: &[Link],
        declared: &BTreeMap<FormationName, Vec<Subject>>,
        subject: impl Fn(u64) -> Option<Subject>,
        out: &mut Vec<FormationChange>,
    ) {
        if links.is_empty() && declared.is_empty() && self.open.is_empty() {
            return;
        }
        let parts = components(links);
        let mut taken = BTreeSet::new();
        let mut kept: Vec<(u64, &BTreeSet<u64>)> = Vec::new();
        // A part keeps the number of the oldest formation that any of its members is in.
        for (tracks, since) in &parts {
            let known = tracks.iter().filter_map(|t| self.of_track.get(t)).min().copied();
            let id = known.filter(|id| taken.insert(*id)).unwrap_or_else(|| {
                self.last_id += 1;
                taken.insert(self.last_id);
                self.last_id
            });
            kept.push((id, tracks));
            let members: Vec<Subject> = tracks
                .iter()
                .map(|&t| subject(t).unwrap_or_else(|| Subject::anonymous(t)))
                .collect();
            self.upsert(now, id, Origin::Inferred, *since, members, out);
        }
        for (name, members) in declared {
            let origin = Origin::Declared(*name);
            let known = self.open.values().find(|f| f.origin == origin).map(|f| f.id);
            let id = known.unwrap_or_else(|| {
                self.last_id += 1;
                self.last_id
            });
            taken.insert(id);
            self.upsert(now, id, origin, now, members.clone(), out);
        }
        self.of_track = kept.iter().flat_map(|(id, t)| t.iter().map(|t| (*t, *id))).collect();
        let gone: Vec<u64> = self.open.keys().filter(|id| !taken.contains(id)).copied().collect();
        for id in gone {
            self.end(now, id, "fewer than two of its members are left together", out);
        }
    }

    pub fn finish(&mut self, now: Time, out: &mut Vec<FormationChange>) {
        let ids: Vec<u64> = self.open.keys().copied().collect();
        for id in ids {
            self.end(now, id, "there are no more data", out);
        }
        self.of_track.clear();
    }

    fn upsert(
        &mut self,
        now: Time,
        id: u64,
        origin: Origin,
        since: Time,
        members: Vec<Subject>,
        out: &mut Vec<FormationChange>,
    ) {
        let tracks = |members: &[Subject]| members.iter().map(|m| m.id).collect::<Vec<_>>();
        let (event, reason) = match self.open.get_mut(&id) {
            Some(known) if tracks(&known.members) == tracks(&members) => {
                known.members = members; // call signs come late
                return;
            }
            Some(known) => {
                let joined = names(&members, &known.members);
                let left = names(&known.members, &members);
                known.members = members;
                let reason = match (joined.is_empty(), left.is_empty()) {
                    (false, true) => format!("{joined} joined"),
                    (true, false) => format!("{left} left"),
                    _ => format!("{joined} joined, {left} left"),
                };
                (FormationEvent::Changed, reason)
            }
            None => {
                let reason = match origin {
                    Origin::Declared(name) => format!("declared as {name}"),
                    Origin::Inferred => format!(
                        "they have kept station on each other for {:.0} s",
                        now.seconds_since(since)
                    ),
                };
                self.open.insert(id, Formation { id, members, origin, since, until: None });
                (FormationEvent::Formed, reason)
            }
        };
        let formation = self.open[&id].clone();
        out.push(FormationChange { time: now, event, formation, reason });
    }

    fn end(&mut self, now: Time, id: u64, reason: &str, out: &mut Vec<FormationChange>) {
        if let Some(mut formation) = self.open.remove(&id) {
            formation.until = Some(now);
            let event = FormationEvent::Ended;
            out.push(FormationChange { time: now, event, formation, reason: reason.to_owned() });
        }
    }
}

/// The names of those in `these` that are not in `others`.
fn names(these: &[Subject], others: &[Subject]) -> String {
    let new = these.iter().filter(|m| others.iter().all(|o| o.id != m.id));
    new.map(Subject::name).collect::<Vec<_>>().join(", ")
}

/// The connected parts of the graph of links, each with its tracks and since when
/// its oldest link holds; ordered by their lowest track number.
fn components(links: &[Link]) -> Vec<(BTreeSet<u64>, Time)> {
    let mut parts: Vec<(BTreeSet<u64>, Time)> = Vec::new();
    for link in links {
        let mut part = (BTreeSet::from([link.pair.0, link.pair.1]), link.since);
        parts.retain(|other| {
            let touches = !other.0.is_disjoint(&part.0);
            if touches {
                part.0.extend(&other.0);
                part.1 = part.1.min(other.1);
            }
            !touches
        });
        parts.push(part);
    }
    parts.sort_by_key(|part| part.0.first().copied());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(f: &mut Formations, t: f64, pairs: &[(u64, u64)]) -> Vec<String> {
        let now = Time::from_unix_s(t).unwrap();
        let links: Vec<Link> = pairs.iter().map(|&pair| Link { pair, since: now }).collect();
        let mut out = Vec::new();
        f.update(now, &links, &BTreeMap::new(), |t| Some(Subject::anonymous(t)), &mut out);
        out.iter()
            .map(|c| {
                let members: Vec<_> = c.formation.members.iter().map(|m| m.id).collect();
                format!("{} {} {members:?}", c.formation.id, c.event.name())
            })
            .collect()
    }

    #[test]
    fn formations_form_grow_split_and_end() {
        let mut f = Formations::default();
        assert_eq!(step(&mut f, 0.0, &[(1, 2), (7, 8)]), ["1 formed [1, 2]", "2 formed [7, 8]"]);
        assert_eq!(step(&mut f, 1.0, &[(1, 2), (7, 8)]), [""; 0]);
        assert_eq!(
            step(&mut f, 2.0, &[(1, 2), (2, 3), (3, 4), (7, 8)]),
            ["1 changed [1, 2, 3, 4]"]
        );
        assert!(f.share((1, 4)) && !f.share((4, 7)));
        assert_eq!(
            step(&mut f, 3.0, &[(1, 2), (3, 4), (7, 8)]),
            ["1 changed [1, 2]", "3 formed [3, 4]"]
        );
        // Two formations that meet become the older one.
        assert_eq!(
            step(&mut f, 4.0, &[(1, 2), (2, 7), (7, 8)]),
            ["1 changed [1, 2, 7, 8]", "2 ended [7, 8]", "3 ended [3, 4]"]
        );
        assert_eq!(step(&mut f, 5.0, &[]), ["1 ended [1, 2, 7, 8]"]);
    }
}

//! One evaluation after the other: conflicts in, changes out.

use crate::alert::{Alert, AlertChange, EndReason, Status};
use crate::company::{Company, Sight};
use crate::formation::{Formation, FormationChange, Formations, Link};
use crate::kin::{self, Sighting, Trail};
use crate::pair::{ACQUAINTANCE_S, Bond, Pair};
use crate::relative::Relative;
use crate::suppression::{Suppressed, SuppressionReason};
use deconflict_core::rules::{FormationPolicy, Minima};
use deconflict_core::units::{m_from_ft, m_from_nm};
use deconflict_core::{
    Address, AircraftClass, Formation as FormationName, RuleSet, State, Subject, Time,
};
use deconflict_detect::{Conflict, Scene};
use std::collections::{BTreeMap, BTreeSet};

/// A position not older than this shows what its aircraft does, seconds.
const FRESH_S: f64 = 8.0;

/// What the alert engine has to know of an aircraft beyond who it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    /// Where it is at the moment of the scene, with *pressure* altitude.
    pub state: State,
    /// Since when it has been in the picture, in flight, without a break.
    pub since: Time,
    /// When its first position was measured, in flight or not.
    pub created: Time,
    /// When its position was last measured.
    pub updated: Time,
    /// Its usual time between positions, seconds.
    pub period_s: f64,
    /// Whether enough reports agree for the state to be trusted without more of them.
    pub established: bool,
    /// Whether it has missed some reports: an alert that is on goes on, but none is
    /// raised on an extrapolation.
    pub coasting: bool,
    /// Whether it has not been heard for so long, or so little after a gap, that
    /// nothing new can be said of it.
    pub stale: bool,
}

impl Facts {
    /// Whether its state is from what it said and not from our extrapolation.
    fn is_fresh(&self, now: Time) -> bool {
        now.seconds_since(self.updated) <= FRESH_S
    }
}

/// All that one evaluation looks at.
#[derive(Clone, Copy, Debug)]
pub struct Picture<'a> {
    /// The aircraft, and the moment.
    pub scene: &'a Scene,
    /// The facts about each aircraft of the scene, in the same order.
    pub facts: &'a [Facts],
    /// What the kernel found under [`rules`](Self::rules).
    pub conflicts: &'a [Conflict],
    /// What the kernel found along the plans of those who follow theirs, further ahead. Indices
    /// are those of [`scene`](Self::scene).
    pub planned: &'a [Conflict],
    /// What the kernel found under [`neighbourhood`]; may be empty most of the
    /// time, as pairs that are near each other stay so for a while.
    pub neighbours: &'a [Conflict],
    /// The tracks (sorted numbers) that are not in the scene because their
    /// aircraft is on the ground.
    pub grounded: &'a [u64],
    /// The rules.
    pub rules: &'a RuleSet,
}

/// A message from the alert engine.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// An alert was raised, got worse or milder, or ended.
    Alert(AlertChange),
    /// A formation was recognised, changed or ended.
    Formation(FormationChange),
    /// A pair is not called, or no longer for this reason (`until` is set).
    Suppression(Suppressed),
}

/// Counts since the start.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Alerts raised.
    pub alerts: u64,
    /// Of these, how many came to a loss of separation.
    pub lost: u64,
    /// Formations recognised.
    pub formations: u64,
    /// Pairs suppressed, by reason: a pair counts once for each time and reason.
    pub suppressed: BTreeMap<SuppressionReason, u64>,
}

/// The rules under which to look for pairs that may be formations or ghosts
/// without being conflicts: near each other now, no look-ahead.
pub fn neighbourhood(policy: &FormationPolicy) -> RuleSet {
    // Ghosts are up to fifteen seconds of flight away from their aircraft.
    let horizontal_m = (2.0 * policy.horizontal_m).max(m_from_nm(3.0));
    let vertical_m = (2.0 * policy.vertical_m).max(m_from_ft(1000.0));
    RuleSet::uniform("neighbourhood", Minima::new(horizontal_m, vertical_m), 1.0)
}

/// The alert engine. Knows no clock: time is the moment of the scene it is given,
/// which must not run backwards.
#[derive(Clone, Debug, Default)]
pub struct AlertEngine {
    pub(crate) last_alert: u64,
    pairs: BTreeMap<(u64, u64), Pair>,
    trails: BTreeMap<u64, Trail>,
    pub(crate) formations: Formations,
    /// Who has lately flown in formation with whom, and until when, by address: a
    /// track may end and its aircraft come back under another number.
    pub(crate) acquainted: BTreeMap<(Address, Address), Time>,
    pub(crate) totals: Totals,
    /// Track number and index in the scene, sorted: working memory.
    index: Vec<(u64, u32)>,
}

impl AlertEngine {
    /// An engine that has seen nothing.
    pub fn new() -> AlertEngine {
        AlertEngine::default()
    }

    /// The alerts that are on, by pair, with their current figures.
    pub fn alerts(&self) -> impl Iterator<Item = &Alert> {
        self.pairs.values().filter_map(|p| p.alert.as_deref())
    }

    /// The formations that there are.
    pub fn formations(&self) -> impl Iterator<Item = &Formation> {
        self.formations.open()
    }

    /// The pairs that are not called at present, with the reason.
    pub fn suppressed(&self) -> impl Iterator<Item = &Suppressed> {
        self.pairs.values().filter_map(|p| p.suppressed.as_ref())
    }

    /// Counts since the start.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Whether nothing is remembered that time alone could change.
    pub fn is_idle(&self) -> bool {
        self.pairs.is_empty()
            && self.acquainted.is_empty()
            && self.formations.open().next().is_none()
    }

    /// One evaluation. Messages are appended to `out`, formations first, then
    /// suppressions and alerts by pair.
    pub fn step(&mut self, picture: &Picture, out: &mut Vec<Message>) {
        let now = picture.scene.now();
        self.index.clear();
        let numbered = picture.scene.subjects().iter().zip(0..).map(|(s, i)| (s.id, i));
        self.index.extend(numbered);
        self.index.sort_unstable();
        self.list(picture, now);
        let shadows = self.look(picture, now);
        self.form(picture, now, out);
        let mut pairs = std::mem::take(&mut self.pairs);
        for pair in pairs.values_mut() {
            self.judge(pair, picture, now, &shadows, out);
        }
        pairs.retain(|_, pair| !pair.is_forgotten(now));
        self.pairs = pairs;
    }

    /// Ends everything that is on: there are no more data.
    pub fn finish(&mut self, now: Time, out: &mut Vec<Message>) {
        let mut formations = Vec::new();
        self.formations.finish(now, &mut formations);
        out.extend(formations.into_iter().map(Message::Formation));
        for mut pair in std::mem::take(&mut self.pairs).into_values() {
            if let Some(mut account) = pair.suppressed.take() {
                account.until = Some(now);
                out.push(Message::Suppression(account));
            }
            if let Some(mut alert) = pair.alert.take() {
                alert.figures.time = now;
                let reason = "there are no more data".to_owned();
                let change = alert.change(Status::Ended(EndReason::EndOfData), reason);
                out.push(Message::Alert(change));
            }
        }
        self.trails.clear();
    }

    pub(crate) fn index_of(&self, track: u64) -> Option<usize> {
        let found = self.index.binary_search_by_key(&track, |entry| entry.0).ok()?;
        Some(self.index[found].1 as usize)
    }

    /// Notes which pairs the kernel lists.
    fn list(&mut self, picture: &Picture, now: Time) {
        for pair in self.pairs.values_mut() {
            pair.conflict = None;
            pair.planned = None;
        }
        let subjects = picture.scene.subjects();
        let listed = picture.conflicts.iter().map(|c| (c, Listed::Conflict));
        let near = picture.neighbours.iter().map(|c| (c, Listed::Neighbours));
        let planned = picture.planned.iter().map(|c| (c, Listed::Planned));
        for (c, listed) in listed.chain(near).chain(planned) {
            let (mut a, mut b) = (subjects[c.a as usize], subjects[c.b as usize]);
            if a.id > b.id {
                std::mem::swap(&mut a, &mut b);
            }
            let pair = self.pairs.entry((a.id, b.id)).or_insert_with(|| Pair::new(a, b, now));
            pair.last_listed = now;
            match listed {
                Listed::Conflict => pair.conflict = Some(*c),
                Listed::Planned => pair.planned = Some(*c),
                Listed::Neighbours => {}
            }
        }
    }

    /// Takes in where all pairs are: kinship and station-keeping. Returns the
    /// tracks that are shadows of others in the picture.
    fn look(&mut self, picture: &Picture, now: Time) -> BTreeSet<u64> {
        let policy = picture.rules.formation();
        let mut pairs = std::mem::take(&mut self.pairs);
        let mut shadows = BTreeSet::new();
        for (key, pair) in &mut pairs {
            let at = (self.index_of(key.0), self.index_of(key.1));
            let (Some(i), Some(j)) = at else {
                pair.relative = None;
                pair.bond = None;
                continue;
            };
            (pair.a, pair.b) = (picture.scene.subjects()[i], picture.scene.subjects()[j]);
            let (a, b) = (&picture.facts[i], &picture.facts[j]);
            let relative = Relative::between(&a.state, &b.state);
            pair.relative = Some(relative);
            if a.stale || b.stale {
                // Extrapolation proves nothing; what is known stays known.
                if pair.kin.twin().is_some() {
                    shadows.insert(kin::shadow((&pair.a, a.created), (&pair.b, b.created)));
                }
                if let Some(company) = &mut pair.company {
                    company.wait(now);
                }
                continue;
            }
            if kin::suspects(&pair.a, &pair.b) || pair.kin.twin().is_some() || newborn(a, b) {
                self.compare(pair, (a, b), now);
            }
            if pair.kin.twin().is_some() {
                // Twins keep perfect station on each other and are no formation.
                (pair.company, pair.bond) = (None, None);
                shadows.insert(kin::shadow((&pair.a, a.created), (&pair.b, b.created)));
                continue;
            }
            let company = pair.company.take();
            let youngest = a.since.max(b.since);
            let sight = Sight {
                youngest,
                fresh: a.is_fresh(now) && b.is_fresh(now),
                joined: is_joined(&pair.a) || is_joined(&pair.b),
            };
            pair.company = Company::observe(company, now, &relative, policy, sight);
            let since = pair.company.as_ref().and_then(|c| c.station_keeping(now, policy));
            if since.is_some() && pair.kin.keeps_station(now, &pair.a, &pair.b) {
                pair.company = None;
                continue;
            }
            match (&mut pair.bond, since) {
                (Some(bond), _) => bond.observe(now, &relative, policy),
                (None, Some(since)) => pair.bond = Some(Bond::new(since, now)),
                (None, None) => {}
            }
            pair.bond = pair.bond.filter(|bond| !bond.is_over(now));
            if let (Some(bond), Some(key)) = (&pair.bond, acquaintance(&pair.a, &pair.b)) {
                self.acquainted.insert(key, bond.last_close);
            }
        }
        self.pairs = pairs;
        self.acquainted.retain(|_, last| now.seconds_since(*last) <= ACQUAINTANCE_S);
        self.trails.retain(|_, t| t.last().is_some_and(|last| now.seconds_since(last) <= 30.0));
        shadows
    }

    fn compare(&mut self, pair: &mut Pair, facts: (&Facts, &Facts), now: Time) {
        self.trails.entry(pair.a.id).or_default().push(&facts.0.state);
        self.trails.entry(pair.b.id).or_default().push(&facts.1.state);
        let (ta, tb) = (&self.trails[&pair.a.id], &self.trails[&pair.b.id]);
        let like = kin::likeness(ta, tb);
        let [a, b] = [(&pair.a, facts.0), (&pair.b, facts.1)].map(|(subject, facts)| Sighting {
            subject,
            state: &facts.state,
            created: facts.created,
            updated: facts.updated,
            period_s: facts.period_s,
        });
        pair.kin.observe(now, &a, &b, like);
    }

    /// Brings the formations up to date.
    fn form(&mut self, picture: &Picture, now: Time, out: &mut Vec<Message>) {
        let links: Vec<Link> = self
            .pairs
            .values()
            .filter_map(|p| p.bond.map(|b| Link { pair: (p.a.id, p.b.id), since: b.since }))
            .collect();
        let mut declared: BTreeMap<FormationName, Vec<Subject>> = BTreeMap::new();
        for &(_, i) in &self.index {
            let subject = picture.scene.subjects()[i as usize];
            if let Some(name) = subject.formation {
                declared.entry(name).or_default().push(subject);
            }
        }
        declared.retain(|_, members| members.len() > 1);
        let mut formations = std::mem::take(&mut self.formations);
        let mut changes = Vec::new();
        let subject = |track| self.index_of(track).map(|i| picture.scene.subjects()[i]);
        formations.update(now, &links, &declared, subject, &mut changes);
        self.formations = formations;
        for change in changes {
            let new = change.event == crate::formation::FormationEvent::Formed;
            self.totals.formations += u64::from(new);
            out.push(Message::Formation(change));
        }
    }
}

/// Why the kernel lists a pair.
#[derive(Clone, Copy)]
enum Listed {
    Conflict,
    Planned,
    Neighbours,
}

/// Whether others join this aircraft on purpose.
pub(crate) fn is_joined(subject: &Subject) -> bool {
    matches!(subject.class, AircraftClass::Tanker | AircraftClass::TowPlane)
}

/// Under which key two aircraft know each other.
pub(crate) fn acquaintance(a: &Subject, b: &Subject) -> Option<(Address, Address)> {
    let (a, b) = (a.address?, b.address?);
    Some((a.min(b), a.max(b)))
}

/// Whether one of two tracks has begun a moment ago: it may continue the other.
fn newborn(a: &Facts, b: &Facts) -> bool {
    let youngest = a.created.max(b.created);
    a.state.time.seconds_since(youngest) <= 30.0
}

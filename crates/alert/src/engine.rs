//! One evaluation after the other: conflicts in, changes out.

use crate::alert::{Alert, AlertChange, Closest, EndReason, Status};
use crate::company::Company;
use crate::formation::{Formation, FormationChange, Formations, Link};
use crate::kin::{self, Sighting, Trail};
use crate::life::{Observation, Transition};
use crate::pair::{Bond, Pair};
use crate::relative::Relative;
use crate::suppression::{Suppressed, SuppressionReason};
use crate::words;
use deconflict_core::rules::{Alerting, FormationPolicy, Minima};
use deconflict_core::units::{m_from_ft, m_from_nm};
use deconflict_core::{Formation as FormationName, RuleSet, State, Subject, Time};
use deconflict_detect::{Conflict, Scene};
use std::collections::{BTreeMap, BTreeSet};

/// What the alert engine has to know of an aircraft beyond who it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    /// Where it is at the moment of the scene, with *pressure* altitude.
    pub state: State,
    /// Since when it has been in the picture, in flight, without a break.
    pub since: Time,
    /// When its position was last measured.
    pub updated: Time,
    /// Whether enough reports agree for the state to be trusted without more of them.
    pub established: bool,
    /// Whether it has not been heard for so long that nothing new can be said of it.
    pub stale: bool,
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
    // Ghosts are up to ten seconds of flight away from their aircraft.
    let horizontal_m = (2.0 * policy.horizontal_m).max(m_from_nm(2.5));
    let vertical_m = (2.0 * policy.vertical_m).max(m_from_ft(1000.0));
    RuleSet::uniform("neighbourhood", Minima::new(horizontal_m, vertical_m), 1.0)
}

/// The alert engine. Knows no clock: time is the moment of the scene it is given,
/// which must not run backwards.
#[derive(Clone, Debug, Default)]
pub struct AlertEngine {
    last_alert: u64,
    pairs: BTreeMap<(u64, u64), Pair>,
    trails: BTreeMap<u64, Trail>,
    formations: Formations,
    totals: Totals,
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
        self.pairs.is_empty() && self.formations.open().next().is_none()
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

    fn index_of(&self, track: u64) -> Option<usize> {
        let found = self.index.binary_search_by_key(&track, |entry| entry.0).ok()?;
        Some(self.index[found].1 as usize)
    }

    /// Notes which pairs the kernel lists.
    fn list(&mut self, picture: &Picture, now: Time) {
        for pair in self.pairs.values_mut() {
            pair.conflict = None;
        }
        let subjects = picture.scene.subjects();
        let listed = picture.conflicts.iter().map(|c| (c, true));
        for (c, owed) in listed.chain(picture.neighbours.iter().map(|c| (c, false))) {
            let (mut a, mut b) = (subjects[c.a as usize], subjects[c.b as usize]);
            if a.id > b.id {
                std::mem::swap(&mut a, &mut b);
            }
            let pair = self.pairs.entry((a.id, b.id)).or_insert_with(|| Pair::new(a, b, now));
            pair.last_listed = now;
            if owed {
                pair.conflict = Some(*c);
            }
        }
    }

    /// Takes in where all pairs are: station-keeping and kinship. Returns the
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
                continue; // extrapolation proves nothing
            }
            let company = pair.company.take();
            let youngest = a.since.max(b.since);
            pair.company = Company::observe(company, now, &relative, policy, youngest);
            let since = pair.company.as_ref().and_then(|c| c.station_keeping(now, policy));
            match (&mut pair.bond, since) {
                (Some(bond), _) => bond.observe(now, &relative, policy),
                (None, Some(since)) => pair.bond = Some(Bond::new(since, now)),
                (None, None) => {}
            }
            pair.bond = pair.bond.filter(|bond| !bond.is_over(now));
            if kin::suspects(&pair.a, &pair.b) || pair.kin.twin().is_some() || newborn(a, b) {
                self.compare(pair, (a, b), now);
            }
            if pair.kin.twin().is_some() {
                shadows.insert(kin::shadow((&pair.a, a.since), (&pair.b, b.since)));
            }
        }
        self.pairs = pairs;
        self.trails.retain(|_, t| t.last().is_some_and(|last| now.seconds_since(last) <= 30.0));
        shadows
    }

    fn compare(&mut self, pair: &mut Pair, facts: (&Facts, &Facts), now: Time) {
        self.trails.entry(pair.a.id).or_default().push(&facts.0.state);
        self.trails.entry(pair.b.id).or_default().push(&facts.1.state);
        let (ta, tb) = (&self.trails[&pair.a.id], &self.trails[&pair.b.id]);
        let lag_s = kin::lag_s(ta, tb);
        let sighting = |subject, facts: &Facts| Sighting {
            subject,
            since: facts.since,
            updated: facts.updated,
        };
        let (a, b) = (pair.a, pair.b);
        pair.kin.observe(now, &sighting(&a, facts.0), &sighting(&b, facts.1), lag_s);
    }

    /// Brings the formations up to date.
    fn form(&mut self, picture: &Picture, now: Time, out: &mut Vec<Message>) {
        let links: Vec<Link> = self
            .pairs
            .values()
            // Twins keep perfect station on each other.
            .filter(|p| p.kin.twin().is_none())
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

    /// Judges one pair: suppressed, alert, or nothing.
    fn judge(
        &mut self,
        pair: &mut Pair,
        picture: &Picture,
        now: Time,
        shadows: &BTreeSet<u64>,
        out: &mut Vec<Message>,
    ) {
        let reason = self.suppression(pair, picture.rules, now, shadows);
        let (Some(i), Some(j)) = (self.index_of(pair.a.id), self.index_of(pair.b.id)) else {
            let gone = if self.index_of(pair.a.id).is_none() { pair.a } else { pair.b };
            let (reason, words) = if picture.grounded.binary_search(&gone.id).is_ok() {
                (EndReason::Landed(gone.id), format!("{} is on the ground", gone.name()))
            } else {
                (EndReason::TrackLost(gone.id), format!("{} is not seen any more", gone.name()))
            };
            end(pair, now, reason, words, out);
            account(&mut self.totals, pair, now, None, out);
            return;
        };
        let (a, b) = (&picture.facts[i], &picture.facts[j]);
        let mut seen = pair.observation(picture.rules, a.established && b.established);
        let held = reason.filter(|_| seen.level.is_some());
        account(&mut self.totals, pair, now, held, out);
        if let Some(reason) = reason {
            if reason.is_settled() {
                let why = match reason {
                    SuppressionReason::Formation | SuppressionReason::Rejoining => {
                        EndReason::Formation
                    }
                    _ => EndReason::SameAircraft,
                };
                end(pair, now, why, reason.words().to_owned(), out);
            }
            if pair.alert.is_none() {
                seen = Observation::default();
            }
        }
        if a.stale || b.stale {
            // Nothing new is known, so nothing changes: not raised, not cleared.
            return;
        }
        let default = Alerting::default();
        let alerting = *pair.alerting(picture.rules).unwrap_or(&default);
        let was_lost = pair.life.was_lost();
        let transition = pair.life.observe(now, seen, &alerting);
        self.tell(pair, picture, now, was_lost, transition, out);
    }

    fn suppression(
        &self,
        pair: &Pair,
        rules: &RuleSet,
        now: Time,
        shadows: &BTreeSet<u64>,
    ) -> Option<SuppressionReason> {
        if let Some(twin) = pair.kin.twin() {
            return Some(twin.into());
        }
        if shadows.contains(&pair.a.id) || shadows.contains(&pair.b.id) {
            return Some(SuppressionReason::GhostOfAnother);
        }
        if let Some(bond) = &pair.bond {
            if !bond.is_apart(now) {
                return Some(SuppressionReason::Formation);
            }
            return (!pair.reckless()).then_some(SuppressionReason::Rejoining);
        }
        let policy = rules.formation();
        // Two wingmen of one leader: in one formation without being each other's neighbour.
        let slow = pair.relative.is_some_and(|r| r.speed_mps() <= 2.0 * policy.relative_speed_mps);
        if slow && self.formations.share((pair.a.id, pair.b.id)) {
            return Some(SuppressionReason::Formation);
        }
        let may_be = pair.company.as_ref().is_some_and(|c| c.may_become_formation(now, policy));
        (may_be && !pair.reckless()).then_some(SuppressionReason::PossibleFormation)
    }

    /// Turns a transition into a message and keeps the alert's figures.
    fn tell(
        &mut self,
        pair: &mut Pair,
        picture: &Picture,
        now: Time,
        was_lost: bool,
        transition: Option<Transition>,
        out: &mut Vec<Message>,
    ) {
        let Some(relative) = pair.relative else { return };
        let figures = pair.figures(now, &relative);
        if let Some(alert) = &mut pair.alert {
            (alert.a, alert.b) = (pair.a, pair.b);
            if let Some(c) = &pair.conflict {
                let rule = &picture.rules.rules()[usize::from(c.rule)];
                (alert.rule, alert.minima, alert.last) = (rule.name, rule.minima, now);
            }
            alert.update(figures);
        }
        let distances = words::distances(relative.horizontal_m(), relative.vertical_m());
        let (status, reason) = match transition {
            None => return,
            Some(Transition::Raised(stage)) => {
                let Some(alert) = self.raise(pair, picture, now) else { return };
                pair.alert = Some(Box::new(alert));
                (Status::Open(stage), explain(pair, picture))
            }
            Some(Transition::Escalated(stage)) => (Status::Open(stage), explain(pair, picture)),
            Some(Transition::SteppedDown(stage)) => {
                let words = explain(pair, picture);
                (Status::Open(stage), format!("{distances} now; {words}"))
            }
            Some(Transition::Cleared) => {
                let (why, words) = if was_lost {
                    (EndReason::SeparationRegained, "separation is kept again")
                } else if relative.opening() {
                    (EndReason::Diverged, "the two move apart")
                } else {
                    (EndReason::Averted, "no loss of separation is expected any more")
                };
                let closest = pair.alert.as_ref().map_or(String::new(), |alert| {
                    let c = &alert.closest;
                    format!(", {} at the least", words::distances(c.horizontal_m, c.vertical_m))
                });
                (Status::Ended(why), format!("{words}: {distances} now{closest}"))
            }
        };
        let Some(alert) = &mut pair.alert else { return };
        let newly_lost = status == Status::Open(crate::life::Stage::Lost) && !was_lost;
        self.totals.lost += u64::from(newly_lost);
        out.push(Message::Alert(alert.change(status, reason)));
        if matches!(status, Status::Ended(_)) {
            pair.alert = None;
        }
    }

    fn raise(&mut self, pair: &Pair, picture: &Picture, now: Time) -> Option<Alert> {
        let (conflict, relative) = (pair.conflict.as_ref()?, pair.relative.as_ref()?);
        let rule = &picture.rules.rules()[usize::from(conflict.rule)];
        self.last_alert += 1;
        self.totals.alerts += 1;
        let figures = pair.figures(now, relative);
        Some(Alert {
            id: self.last_alert,
            a: pair.a,
            b: pair.b,
            rule: rule.name,
            minima: rule.minima,
            status: Status::Open(pair.life.stage()?),
            first: now,
            last: now,
            figures,
            closest: Closest {
                time: now,
                horizontal_m: figures.horizontal_m,
                vertical_m: figures.vertical_m,
            },
            record: Vec::new(),
        })
    }
}

/// Whether one of two tracks has begun a moment ago: it may continue the other.
fn newborn(a: &Facts, b: &Facts) -> bool {
    let youngest = a.since.max(b.since);
    a.state.time.seconds_since(youngest) <= 30.0
}

fn explain(pair: &Pair, picture: &Picture) -> String {
    let Some(c) = &pair.conflict else { return String::new() };
    let subjects = picture.scene.subjects();
    let rule = &picture.rules.rules()[usize::from(c.rule)];
    c.explain(&subjects[c.a as usize], &subjects[c.b as usize], rule)
}

fn end(pair: &mut Pair, now: Time, reason: EndReason, words: String, out: &mut Vec<Message>) {
    pair.life.end();
    if let Some(mut alert) = pair.alert.take() {
        alert.figures.time = now;
        out.push(Message::Alert(alert.change(Status::Ended(reason), words)));
    }
}

fn account(
    totals: &mut Totals,
    pair: &mut Pair,
    now: Time,
    reason: Option<SuppressionReason>,
    out: &mut Vec<Message>,
) {
    let (closed, opened) = pair.account(now, reason);
    out.extend(closed.map(Message::Suppression));
    if let Some(account) = pair.suppressed.filter(|_| opened) {
        *totals.suppressed.entry(account.reason).or_default() += 1;
        out.push(Message::Suppression(account));
    }
}

//! For which alerts it is worked out what keeps their aircraft apart, and when.
//!
//! Alerts that share aircraft are one question: their conflicts interlock. So are alerts whose
//! manoeuvres would meet. What is needed to answer is copied out of the engine, so that a
//! question can be answered on another thread while the engine goes on.

use crate::advice::{Advice, advices};
use crate::limits::{Standing, refuelling};
use deconflict_core::geo::{Vec3, dot, sub};
use deconflict_core::rules::Minima;
use deconflict_core::units::m_from_nm;
use deconflict_core::{RuleSet, Segment, Subject, Time};
use deconflict_engine::Engine;
use deconflict_engine::alert::{Alert, Status};
use deconflict_resolve::{
    Instruction, Limits, MAX_CLUSTER, Meeting, Owed, Participant, Proposal, Situation, clusters,
    meetings, propose,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// How often it is worked out anew what keeps the aircraft of an alert apart, seconds.
const EVERY_S: f64 = 10.0;
/// Traffic further away than this has no part in it, metres …
const NEAR_M: f64 = m_from_nm(60.0);
/// … nor is more of it looked at besides the aircraft of the alerts, nearest first.
const MOST_TRAFFIC: usize = 22;

/// What is remembered from one evaluation to the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct Desk {
    pub standing: Standing,
    /// When each alert that is on was last asked about, and of which state it then was.
    asked: BTreeMap<u64, (Time, Status)>,
    /// What each aircraft in an alert was last told, by track.
    told: BTreeMap<u64, Instruction>,
    /// Aircraft of different alerts whose manoeuvres would have met.
    links: BTreeSet<(u64, u64)>,
    /// Aircraft that have just been linked: their alerts are asked about without waiting.
    pressing: BTreeSet<u64>,
}

/// What is to be worked out after one evaluation: plain data.
#[derive(Clone, Debug)]
pub struct Questions {
    pub(crate) run: String,
    now: Time,
    rules: Arc<RuleSet>,
    list: Vec<Question>,
    told: BTreeMap<u64, Instruction>,
}

/// What has been worked out.
#[derive(Clone, Debug)]
pub struct Answers {
    pub(crate) run: String,
    pub(crate) advice: Vec<(u64, Option<Advice>)>,
    told: Vec<(u64, Option<Instruction>)>,
    links: Vec<(u64, u64)>,
}

/// Alerts that are solved together.
#[derive(Clone, Debug)]
struct Question {
    alerts: Vec<Asked>,
    /// The aircraft of the alerts, then the traffic about them.
    around: Vec<Around>,
    members: usize,
    /// Pairs of `around` that owe each other nothing.
    exempt: Vec<(u32, u32)>,
    /// Whether it is part of a larger cluster, of which other parts are told something too.
    is_part: bool,
}

/// An alert of a question.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub number: u64,
    pub pair: [u64; 2],
    pub minima: Minima,
}

/// One aircraft around.
#[derive(Clone, Debug)]
pub(crate) struct Around {
    pub subject: Subject,
    pub segment: Segment,
    pub limits: Limits,
}

impl Desk {
    pub fn new(standing: Standing) -> Desk {
        Desk { standing, ..Desk::default() }
    }

    /// What is to be worked out next, of `most` alerts or of one cluster: first of those that
    /// have become worse, then of those that were asked about longest ago. They count as asked
    /// about from now on.
    pub fn questions(
        &mut self,
        run: &str,
        engine: &Engine,
        now: Time,
        most: usize,
    ) -> Option<Questions> {
        let alerts: BTreeMap<u64, &Alert> =
            engine.alerts().alerts().map(|alert| (alert.id, alert)).collect();
        self.forget(&alerts);
        let due = self.due(&alerts, now);
        if due.is_empty() {
            return None;
        }
        let groups = self.groups(&alerts, &due, most);
        for group in &groups {
            self.pressing.retain(|track| !group.tracks.contains(track));
        }
        let sky = Sky::of(engine);
        let ask = |group: &Group| {
            self.question(engine, &sky, now, group, |number| alerts.get(&number).copied())
        };
        let list: Vec<Question> = groups.iter().map(ask).collect();
        for number in groups.iter().flat_map(|group| &group.alerts) {
            if let Some(alert) = alerts.get(number) {
                self.asked.insert(*number, (now, alert.status));
            }
        }
        let (run, rules) = (run.to_owned(), engine.rules().clone());
        Some(Questions { run, now, rules, list, told: self.told.clone() })
    }

    /// Takes note of what was told.
    pub fn take(&mut self, answers: &Answers) {
        for (track, told) in &answers.told {
            match told {
                Some(told) => self.told.insert(*track, *told),
                None => self.told.remove(track),
            };
        }
        for link in &answers.links {
            if self.links.insert(*link) {
                self.pressing.extend([link.0, link.1]);
            }
        }
    }

    fn forget(&mut self, alerts: &BTreeMap<u64, &Alert>) {
        let tracks: BTreeSet<u64> = alerts.values().flat_map(|it| [it.a.id, it.b.id]).collect();
        self.asked.retain(|number, _| alerts.contains_key(number));
        self.told.retain(|track, _| tracks.contains(track));
        self.pressing.retain(|track| tracks.contains(track));
        self.links.retain(|(a, b)| tracks.contains(a) && tracks.contains(b));
    }

    /// Alerts that are to be asked about, the most pressing first.
    fn due(&self, alerts: &BTreeMap<u64, &Alert>, now: Time) -> Vec<u64> {
        let is_pressing = |alert: &Alert| {
            self.pressing.contains(&alert.a.id) || self.pressing.contains(&alert.b.id)
        };
        let since = |(number, alert): (&u64, &&Alert)| match self.asked.get(number) {
            _ if is_pressing(alert) => Some((Time::MIN, *number)),
            Some((_, status)) if *status != alert.status => Some((Time::MIN, *number)),
            Some((time, _)) if now.seconds_since(*time) < EVERY_S => None,
            Some((time, _)) => Some((*time, *number)),
            None => Some((Time::MIN, *number)),
        };
        let mut due: Vec<_> = alerts.iter().filter_map(since).collect();
        due.sort_unstable();
        due.into_iter().map(|(_, number)| number).collect()
    }

    /// The alerts that are due, each with all that are solved with it.
    fn groups(&self, alerts: &BTreeMap<u64, &Alert>, due: &[u64], most: usize) -> Vec<Group> {
        let mut of_track: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for (number, alert) in alerts {
            for track in [alert.a.id, alert.b.id] {
                of_track.entry(track).or_default().push(*number);
            }
        }
        let mut linked: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
        for (a, b) in &self.links {
            linked.entry(*a).or_default().push(*b);
            linked.entry(*b).or_default().push(*a);
        }
        let (mut groups, mut taken, mut count) = (Vec::new(), BTreeSet::new(), 0);
        for number in due {
            if count >= most {
                break;
            }
            let Some(first) = alerts.get(number).filter(|_| !taken.contains(number)) else {
                continue;
            };
            let tracks = component([first.a.id, first.b.id], |track| {
                let shared = of_track.get(&track).into_iter().flatten().filter_map(|number| {
                    let alert = alerts.get(number)?;
                    Some(if alert.a.id == track { alert.b.id } else { alert.a.id })
                });
                shared.chain(linked.get(&track).into_iter().flatten().copied()).collect()
            });
            for group in self.divided(tracks, alerts, &of_track) {
                let fresh: Vec<u64> =
                    group.alerts.into_iter().filter(|number| taken.insert(*number)).collect();
                count += fresh.len();
                if !fresh.is_empty() {
                    groups.push(Group { alerts: fresh, ..group });
                }
            }
        }
        groups
    }

    /// A component, in parts that are not too large to be solved, the most pressing first.
    fn divided(
        &self,
        tracks: BTreeSet<u64>,
        alerts: &BTreeMap<u64, &Alert>,
        of_track: &BTreeMap<u64, Vec<u64>>,
    ) -> Vec<Group> {
        let numbers: BTreeSet<u64> =
            tracks.iter().filter_map(|track| of_track.get(track)).flatten().copied().collect();
        if tracks.len() <= MAX_CLUSTER {
            let alerts = numbers.into_iter().collect();
            return vec![Group { tracks, alerts, is_part: false }];
        }
        let place: Vec<u64> = tracks.iter().copied().collect();
        let index = |track: u64| place.binary_search(&track).unwrap_or_default() as u32;
        let met = numbers.iter().filter_map(|number| alerts.get(number)).map(|alert| Meeting {
            a: index(alert.a.id),
            b: index(alert.b.id),
            lost_s: alert.figures.entry_s.unwrap_or(f64::MAX),
        });
        let linked = self.links.iter().filter(|(a, b)| tracks.contains(a) && tracks.contains(b));
        let linked = linked.map(|(a, b)| Meeting { a: index(*a), b: index(*b), lost_s: f64::MAX });
        let met: Vec<Meeting> = met.chain(linked).collect();
        let groups = clusters(&met).into_iter().map(|group| {
            let tracks: BTreeSet<u64> = group.iter().map(|i| place[*i as usize]).collect();
            let within = |number: &&u64| {
                alerts
                    .get(number)
                    .is_some_and(|it| tracks.contains(&it.a.id) && tracks.contains(&it.b.id))
            };
            let alerts = numbers.iter().filter(within).copied().collect();
            Group { tracks, alerts, is_part: true }
        });
        groups.collect()
    }

    fn question<'a>(
        &self,
        engine: &Engine,
        sky: &Sky,
        now: Time,
        group: &Group,
        alert: impl Fn(u64) -> Option<&'a Alert>,
    ) -> Question {
        let lookahead_s = engine.rules().lookahead_s();
        let at_tankers = refuelling(engine);
        let around = |id: &u64| {
            let track = engine.tracker().track(*id)?;
            let segment = track.segment(now, lookahead_s)?;
            let limits = self.standing.limits(track, &segment, &at_tankers);
            Some(Around { subject: *track.subject(), segment, limits })
        };
        let mut all: Vec<Around> = group.tracks.iter().filter_map(around).collect();
        let members = all.len();
        all.extend(sky.about(&all).iter().filter_map(around));
        let index: BTreeMap<u64, u32> =
            all.iter().zip(0..).map(|(it, index)| (it.subject.id, index)).collect();
        let exempt = engine
            .alerts()
            .suppressed()
            .filter_map(|pair| Some((*index.get(&pair.a.id)?, *index.get(&pair.b.id)?)));
        let alerts = group.alerts.iter().filter_map(|number| {
            let it = alert(*number)?;
            Some(Asked { number: *number, pair: [it.a.id, it.b.id], minima: it.minima })
        });
        Question {
            alerts: alerts.collect(),
            members,
            exempt: exempt.collect(),
            around: all,
            is_part: group.is_part,
        }
    }
}

/// Alerts that belong together, and their aircraft.
struct Group {
    tracks: BTreeSet<u64>,
    alerts: Vec<u64>,
    is_part: bool,
}

/// Everybody who can be reached from two aircraft.
fn component(from: [u64; 2], next: impl Fn(u64) -> Vec<u64>) -> BTreeSet<u64> {
    let mut found = BTreeSet::from(from);
    let mut open = from.to_vec();
    while let Some(track) = open.pop() {
        open.extend(next(track).into_iter().filter(|other| found.insert(*other)));
    }
    found
}

/// Where everybody is who flies.
struct Sky {
    all: Vec<(u64, Vec3)>,
}

impl Sky {
    fn of(engine: &Engine) -> Sky {
        let now = engine.tracker().now();
        let flying = engine.tracker().tracks().filter(|t| !t.on_ground() && t.hits() >= 2);
        let place = |t: &deconflict_track::Track| (t.id(), t.position_at(now).0.frame().origin);
        Sky { all: flying.map(place).collect() }
    }

    /// The traffic about some aircraft, nearest first.
    fn about(&self, members: &[Around]) -> Vec<u64> {
        let origin = |it: &Around| it.segment.state.position.frame().origin;
        let at: Vec<Vec3> = members.iter().map(origin).collect();
        let is_member = |id: u64| members.iter().any(|it| it.subject.id == id);
        let square = |place: Vec3| {
            let squares = at.iter().map(|at| dot(sub(place, *at), sub(place, *at)));
            squares.fold(f64::INFINITY, f64::min)
        };
        let others = self.all.iter().map(|(id, place)| (square(*place), *id));
        let mut near: Vec<(f64, u64)> =
            others.filter(|(m2, id)| *m2 <= NEAR_M * NEAR_M && !is_member(*id)).collect();
        near.sort_by(|x, y| x.0.total_cmp(&y.0).then(x.1.cmp(&y.1)));
        near.truncate(MOST_TRAFFIC);
        near.into_iter().map(|(_, id)| id).collect()
    }
}

impl Questions {
    /// How many alerts they are about.
    pub fn alerts(&self) -> usize {
        self.list.iter().map(|question| question.alerts.len()).sum()
    }

    /// Works it out: what takes time, and needs nothing else.
    pub fn answer(self) -> Answers {
        let Questions { run, now, rules, list, mut told } = self;
        let mut answers = Answers { run, advice: Vec::new(), told: Vec::new(), links: Vec::new() };
        for question in &list {
            question.answer(now, &rules, &mut told, &mut answers);
        }
        answers
    }
}

impl Question {
    fn answer(
        &self,
        now: Time,
        rules: &Arc<RuleSet>,
        told: &mut BTreeMap<u64, Instruction>,
        answers: &mut Answers,
    ) {
        let mut situation = Situation::new(now, Owed::Rules(rules.clone()));
        // Where in the situation everybody is; a track that makes no sense has no part in it.
        let mut place: Vec<Option<u32>> = Vec::with_capacity(self.around.len());
        for (at, it) in self.around.iter().enumerate() {
            let is_member = at < self.members;
            let following = told.get(&it.subject.id).copied().filter(|_| self.is_part && is_member);
            let participant = Participant {
                growth: it.segment.growth,
                limits: it.limits,
                following,
                ..Participant::new(it.subject, it.segment.state)
            };
            place.push(situation.push(participant).ok());
        }
        for (a, b) in &self.exempt {
            if let (Some(a), Some(b)) = (place[*a as usize], place[*b as usize]) {
                situation.exempt(a, b);
            }
        }
        situation.cluster = place[..self.members].iter().flatten().copied().collect();
        let mut proposal = propose(&situation);
        let links = self.links(&situation, &proposal, told);
        if !links.is_empty() {
            // Until they are solved together, this one reckons with what the others were told.
            for (at, it) in self.around.iter().enumerate().skip(self.members) {
                let is_linked = links.iter().any(|(_, other)| *other == it.subject.id);
                if let (true, Some(told), Some(at)) =
                    (is_linked, told.get(&it.subject.id), place[at])
                {
                    situation.tell(at, *told);
                }
            }
            proposal = propose(&situation);
        }
        for part in &proposal.parts {
            answers.told.push((part.id, part.instruction));
            match part.instruction {
                Some(instruction) => told.insert(part.id, instruction),
                None => told.remove(&part.id),
            };
        }
        answers.links.extend(links.iter().map(|(a, b)| (*a.min(b), *a.max(b))));
        answers.advice.extend(advices(&self.alerts, &self.around, &situation, &proposal));
    }

    /// Members, and others who have been told something, whose manoeuvres would meet though the
    /// aircraft would not.
    fn links(
        &self,
        situation: &Situation,
        proposal: &Proposal,
        told: &BTreeMap<u64, Instruction>,
    ) -> Vec<(u64, u64)> {
        let member = |at: u32| situation.cluster.contains(&at);
        let id = |at: u32| situation.aircraft()[at as usize].subject.id;
        let mut after = situation.clone();
        let mut is_anybody_told = false;
        for at in (0..situation.aircraft().len() as u32).filter(|at| !member(*at)) {
            if let Some(told) = told.get(&id(at)) {
                after.tell(at, *told);
                is_anybody_told = true;
            }
        }
        if !is_anybody_told {
            return Vec::new();
        }
        for part in &proposal.parts {
            if let Some(instruction) = part.instruction {
                after.tell(part.aircraft, instruction);
            }
        }
        let before: BTreeSet<(u32, u32)> =
            meetings(situation).iter().map(|it| (it.a.min(it.b), it.a.max(it.b))).collect();
        let mut links = Vec::new();
        for met in meetings(&after) {
            let (a, b) = (met.a.min(met.b), met.a.max(met.b));
            let (one, other) = if member(a) { (a, b) } else { (b, a) };
            let is_between = member(one) && !member(other) && told.contains_key(&id(other));
            if is_between && !before.contains(&(a, b)) {
                links.push((id(one), id(other)));
            }
        }
        links
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::units::{m_from_ft, mps_from_kt};
    use deconflict_core::{Altitude, Covariance, GeoPoint, Label, State, Velocity};
    use deconflict_resolve::Because;

    const NOW: Time = Time::from_millis(1_513_152_000_000);

    /// An aircraft that is at one place after two minutes, as all others.
    fn around(id: u64, ft: f64, track_deg: f64, limits: Limits) -> Around {
        let mps = mps_from_kt(300.0);
        let place = GeoPoint::from_deg(34.0, 40.0).unwrap();
        let state = State {
            time: NOW,
            position: place.destination((track_deg + 180.0).to_radians(), 120.0 * mps),
            altitude: Altitude::pressure_ft(ft),
            velocity: Velocity::from_track(mps, track_deg.to_radians(), 0.0),
            covariance: Covariance::diagonal(20.0, 1.0, 10.0, 0.5),
        };
        let segment = Segment { state, end: NOW.plus_s(300.0), growth: Default::default() };
        let callsign = Label::new(&format!("IT{id}"));
        Around { subject: Subject { callsign, ..Subject::anonymous(id) }, segment, limits }
    }

    fn minima() -> Minima {
        Minima::new(m_from_nm(5.0), m_from_ft(1000.0))
    }

    /// The first holds, the second may only change its level, and up is barred by a fourth.
    fn question(members: &[u64]) -> Question {
        let vertical = Limits::VERTICAL_ONLY;
        let mut around = vec![
            around(1, 25_000.0, 0.0, Limits::fixed(Because::Landing)),
            around(2, 25_000.0, 90.0, vertical),
            around(3, 21_000.0, 180.0, vertical),
            around(4, 26_500.0, 45.0, Limits::fixed(Because::LostLink)),
        ];
        around.sort_by_key(|it| !members.contains(&it.subject.id));
        let alerts = vec![Asked { number: 7, pair: [1, 2], minima: minima() }];
        Question { alerts, around, members: members.len(), exempt: Vec::new(), is_part: false }
    }

    fn answer(question: Question, told: &[(u64, f64)]) -> Answers {
        let rules = Arc::new(RuleSet::uniform("en route", minima(), 300.0));
        let climb = |ft: f64| Instruction { altitude_m: Some(m_from_ft(ft)), ..Default::default() };
        let told = told.iter().map(|(id, ft)| (*id, climb(*ft))).collect();
        let run = "test".to_owned();
        Questions { run, now: NOW, rules, list: vec![question], told }.answer()
    }

    fn level_ft(answers: &Answers, id: u64) -> Option<f64> {
        let told = answers.told.iter().find(|(of, _)| *of == id)?.1?;
        told.altitude_m.map(|m| (m / m_from_ft(1.0)).round())
    }

    #[test]
    fn manoeuvres_that_would_meet_are_found_and_solved_together() {
        // By itself it goes down, past nobody.
        let alone = answer(question(&[1, 2]), &[]);
        let level = level_ft(&alone, 2).unwrap();
        assert!(level < 25_000.0 && alone.links.is_empty(), "{alone:?}");
        // With the third on its way to that level, the two are linked, and already now it reckons
        // with what the third was told.
        let both = answer(question(&[1, 2]), &[(3, level)]);
        assert_eq!(both.links, [(2, 3)], "{both:?}");
        assert_ne!(level_ft(&both, 2), Some(level));
        // From then on all are one cluster, and nobody is told what would meet another.
        let joint = answer(question(&[1, 2, 3]), &[(3, level)]);
        assert!(joint.links.is_empty());
        let advice = joint.advice[0].1.as_ref().unwrap();
        assert!(advice.solved && advice.aircraft == 3, "{advice:?}");
        assert!(advice.reason.ends_with("; 1 more aircraft is involved"), "{advice:?}");
    }

    #[test]
    fn links_hold_until_an_alert_is_over() {
        let mut desk = Desk::default();
        let level = level_ft(&answer(question(&[1, 2]), &[]), 2).unwrap();
        desk.take(&answer(question(&[1, 2]), &[(3, level)]));
        assert_eq!(desk.links, BTreeSet::from([(2, 3)]));
        assert_eq!(desk.pressing, BTreeSet::from([2, 3]));
        desk.forget(&BTreeMap::new());
        assert!(desk.links.is_empty() && desk.told.is_empty() && desk.pressing.is_empty());
    }
}

//! Questions for what keeps the aircraft of alerts apart, and their answers: what is needed is copied
//! out of the engine, so that a question can be answered on another thread while the engine goes on.

use crate::advice::{Advice, advices};
use deconflict_core::rules::Minima;
use deconflict_core::{RuleSet, Segment, Subject, Time};
use deconflict_resolve::{
    Instruction, Limits, Owed, Participant, Proposal, Situation, meetings, propose,
};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What is to be worked out after one evaluation: plain data.
#[derive(Clone, Debug)]
pub struct Questions {
    pub(crate) run: String,
    pub(crate) now: Time,
    pub(crate) rules: Arc<RuleSet>,
    pub(crate) list: Vec<Question>,
    pub(crate) told: BTreeMap<u64, Instruction>,
}

/// What has been worked out.
#[derive(Clone, Debug)]
pub struct Answers {
    pub(crate) run: String,
    pub(crate) advice: Vec<(u64, Option<Advice>)>,
    pub(crate) told: Vec<(u64, Option<Instruction>)>,
    pub(crate) links: Vec<(u64, u64)>,
}

/// Alerts that are solved together.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub alerts: Vec<Asked>,
    /// The aircraft of the alerts, then the traffic about them.
    pub around: Vec<Around>,
    pub members: usize,
    /// Pairs of `around` that owe each other nothing.
    pub exempt: Vec<(u32, u32)>,
    /// Whether it is part of a larger cluster, of which other parts are told something too.
    pub is_part: bool,
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

impl Answers {
    /// How many alerts they are about.
    pub fn alerts(&self) -> usize {
        self.advice.len()
    }
}

impl Questions {
    /// How many alerts they are about.
    pub fn alerts(&self) -> usize {
        self.list.iter().map(|question| question.alerts.len()).sum()
    }

    /// What is told where it could not be worked out: nothing, and nothing older either, as what
    /// kept two apart ten seconds ago may do so no more.
    pub fn unanswered(&self) -> Answers {
        let alerts = self.list.iter().flat_map(|question| &question.alerts);
        let advice = alerts.map(|asked| (asked.number, None)).collect();
        Answers { run: self.run.clone(), advice, told: Vec::new(), links: Vec::new() }
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
    use crate::advising::Desk;
    use deconflict_core::units::{m_from_ft, m_from_nm, mps_from_kt};
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

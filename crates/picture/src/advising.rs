//! For which alerts it is worked out what keeps their aircraft apart, and when.
//!
//! Alerts that share aircraft are one question: their conflicts interlock. So are alerts whose
//! manoeuvres would meet.

use crate::limits::{Standing, refuelling};
use crate::questions::{Answers, Around, Asked, Question, Questions};
use deconflict_core::Time;
use deconflict_core::geo::{Vec3, dot, sub};
use deconflict_core::units::m_from_nm;
use deconflict_engine::Engine;
use deconflict_engine::alert::{Alert, Status};
use deconflict_resolve::{Instruction, MAX_CLUSTER, Meeting, clusters};
use std::collections::{BTreeMap, BTreeSet};

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
    pub told: BTreeMap<u64, Instruction>,
    /// Aircraft of different alerts whose manoeuvres would have met.
    pub links: BTreeSet<(u64, u64)>,
    /// Aircraft that have just been linked: their alerts are asked about without waiting.
    pub pressing: BTreeSet<u64>,
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

    /// Keeps only what alerts that are on need.
    pub fn forget(&mut self, alerts: &BTreeMap<u64, &Alert>) {
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

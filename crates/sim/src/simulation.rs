//! The simulation: time goes by, aircraft fly, feeds report.

use crate::area::Area;
use crate::instruct::{Instruction, Orders};
use crate::motion::{Body, Command, Performance, STEP_S};
use crate::pilot::{Act, FieldNow, Pilot, Seen, View};
use crate::plan::{Entry, FeedKind, FeedPlan, Field, Plan, PlanId, Shares};
use crate::scenario::{Party, Scenario, Volume};
use crate::sensor::{History, Watch, anonymous_address, sees};
use crate::truth::{AircraftId, Truth, truth_of};
use deconflict_core::units::STANDARD_GRAVITY_MPS2;
use deconflict_core::{AircraftClass, Declaration, Operator, Registry, Report, Technique, Time};
use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A feed of the picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Feed {
    /// Its number, in [`Report::feed`].
    pub number: u16,
    /// Its name.
    pub name: String,
    /// Who owns it.
    pub owner: Operator,
    /// How it obtains what it reports.
    pub technique: Technique,
    /// Time between two reports of one aircraft, seconds.
    pub period_s: f64,
}

/// A scenario under way.
///
/// Sans-IO: it moves only when [`step`](Self::step) is called. What it reports
/// depends on the scenario and its seed alone, not on how often it is called.
/// It holds the aircraft that are in the air and the reports that are under
/// way to their receivers, and nothing of what has passed.
#[derive(Clone, Debug)]
pub struct Simulation {
    start: Time,
    duration_s: f64,
    seed: u64,
    /// Until when the caller has been told.
    now: Time,
    /// Steps flown: everything is simulated until `start` + this many seconds.
    step: i64,
    plans: Vec<Plan>,
    operators: Vec<Party>,
    areas: Vec<Area>,
    fields: Vec<FieldState>,
    volumes: Vec<Volume>,
    feeds: Vec<(u16, FeedPlan, Shares)>,
    /// Plans not yet flying, the next one last.
    waiting: Vec<PlanId>,
    flying: Vec<Aircraft>,
    /// By plan, at the beginning of the step.
    seen: Vec<Option<Seen>>,
    /// How many seconds of the past a ghost may need.
    history_len: usize,
    on_the_way: BinaryHeap<Reverse<InTransit>>,
    /// Numbers reports, so that those of one time keep the order of their making.
    made: u64,
    delivered: Vec<Report>,
}

#[derive(Clone, Debug)]
struct Aircraft {
    id: PlanId,
    before: Body,
    body: Body,
    pilot: Pilot,
    watches: Vec<Watch>,
    history: History,
    orders: Orders,
    has_left: bool,
}

#[derive(Clone, Debug)]
struct FieldState {
    now: FieldNow,
    plan: Field,
    /// Of the ship's track.
    next_point: usize,
    forwards: bool,
}

impl FieldNow {
    fn stand(&self, right_m: f64, ahead_m: f64) -> Body {
        Body {
            turn_rate_rps: self.body.turn_rate_rps,
            ..Body::new(
                self.body.offset(right_m, ahead_m),
                self.body.altitude_m,
                self.body.track_rad,
                self.body.ground_speed_mps,
                true,
            )
        }
    }
}

impl Simulation {
    /// The picture of somebody who belongs to no operator: every feed of which
    /// anything is shared with all.
    pub fn new(scenario: &Scenario) -> Simulation {
        Simulation::of_feeds(scenario, |feed| {
            if feed.shared_with.is_empty() { feed.shares } else { Shares::NONE }
        })
    }

    /// The picture of an operator: its own feeds in full, and what others share
    /// with it or with all.
    pub fn as_seen_by(scenario: &Scenario, operator: Operator) -> Simulation {
        Simulation::of_feeds(scenario, |feed| {
            if feed.owner == operator {
                Shares::ALL
            } else if feed.shared_with.is_empty() || feed.shared_with.contains(&operator) {
                feed.shares
            } else {
                Shares::NONE
            }
        })
    }

    fn of_feeds(scenario: &Scenario, shares: impl Fn(&FeedPlan) -> Shares) -> Simulation {
        let feeds: Vec<_> = (0u16..)
            .zip(&scenario.feeds)
            .map(|(number, feed)| (number, feed.clone(), shares(feed)))
            .filter(|(_, _, shares)| *shares != Shares::NONE)
            .collect();
        let longest_lag_s = feeds
            .iter()
            .filter_map(|(_, feed, _)| feed.faults.ghost)
            .map(|ghost| ghost.lag_s)
            .fold(None, |longest: Option<f64>, lag| Some(longest.unwrap_or(0.0).max(lag)));
        let mut waiting: Vec<PlanId> = (0..scenario.plans.len()).collect();
        waiting.sort_by(|a, b| {
            let of = |id: &PlanId| scenario.plans[*id].appears_s;
            of(b).total_cmp(&of(a)).then(b.cmp(a))
        });
        let mut simulation = Simulation {
            start: scenario.start,
            duration_s: scenario.duration_s,
            seed: scenario.seed,
            now: scenario.start,
            step: 0,
            plans: scenario.plans.clone(),
            operators: scenario.operators.clone(),
            areas: scenario.areas.clone(),
            fields: scenario.fields.iter().map(FieldState::new).collect(),
            volumes: scenario.volumes.clone(),
            feeds,
            waiting,
            flying: Vec::new(),
            seen: vec![None; scenario.plans.len()],
            history_len: longest_lag_s.map_or(0, |lag_s| lag_s.ceil() as usize + 3),
            on_the_way: BinaryHeap::new(),
            made: 0,
            delivered: Vec::new(),
        };
        simulation.admit();
        simulation
    }

    /// Lets time go by until `until` and returns every report received after
    /// the last call's `until` and not after this one's, in order of receipt.
    pub fn step(&mut self, until: Time) -> &[Report] {
        self.delivered.clear();
        self.now = self.now.max(until);
        // No report is received before it is measured, so what is flown until
        // `until` holds everything that can have been received by then.
        while self.time_of_step() < self.now && self.step as f64 * STEP_S < self.duration_s {
            self.fly();
        }
        while let Some(Reverse(next)) = self.on_the_way.peek()
            && next.report.received <= self.now
        {
            self.delivered.push(next.report);
            self.on_the_way.pop();
        }
        &self.delivered
    }

    /// Until when it has been stepped.
    pub fn now(&self) -> Time {
        self.now
    }

    /// Whether the scenario's time is over and its last report delivered.
    pub fn is_over(&self) -> bool {
        self.step as f64 * STEP_S >= self.duration_s && self.on_the_way.is_empty()
    }

    /// Every aircraft in the air or on an aerodrome as it truly is
    /// [now](Self::now), in the order of the scenario.
    pub fn truth(&self) -> Vec<Truth> {
        let ahead_s = self.now.seconds_since(self.time_of_step()).clamp(-STEP_S, 0.0);
        let fraction = 1.0 + ahead_s / STEP_S;
        let time = self.time_of_step().plus_s(ahead_s);
        let truths = self.flying.iter().map(|aircraft| {
            let plan = &self.plans[aircraft.id];
            let doing = (self.tanker_of(aircraft), aircraft.pilot.is_on_final());
            truth_of(aircraft.id, plan, doing, time, &aircraft.before, &aircraft.body, fraction)
        });
        truths.collect()
    }

    /// The tanker that an aircraft is at by itself or beside its leader.
    fn tanker_of(&self, aircraft: &Aircraft) -> Option<PlanId> {
        let plan = &self.plans[aircraft.id];
        let follows = aircraft
            .pilot
            .leader(plan)
            .and_then(|leader| self.flying.iter().find(|other| other.id == leader));
        let at = follows.unwrap_or(aircraft);
        at.pilot.at_tanker(&self.plans[at.id]).map(|at| at.tanker)
    }

    /// The true state of one aircraft [now](Self::now); `None` if it is not there.
    pub fn truth_of(&self, id: AircraftId) -> Option<Truth> {
        self.truth().into_iter().find(|truth| truth.id == id)
    }

    /// Has the pilot of an aircraft fly as told, from `delay_s` after [now](Self::now) on:
    /// what the instruction leaves open is flown as planned. `None` ends all that was told.
    /// False if the aircraft is not in the air.
    pub fn instruct(
        &mut self,
        id: AircraftId,
        instruction: Option<Instruction>,
        delay_s: f64,
    ) -> bool {
        let from_s = self.now.seconds_since(self.start) + delay_s.max(0.0);
        let flying = self.flying.iter_mut().find(|a| a.id == id.0 as PlanId && !a.body.on_ground);
        flying.is_some_and(|aircraft| aircraft.orders.give(from_s, instruction))
    }

    /// The feeds of this picture.
    pub fn feeds(&self) -> Vec<Feed> {
        let feeds = self.feeds.iter().map(|(number, feed, _)| Feed {
            number: *number,
            name: feed.name.clone(),
            owner: feed.owner,
            technique: feed.kind.technique(),
            period_s: feed.period_s,
        });
        feeds.collect()
    }

    /// What the operators have declared of their aircraft beforehand.
    pub fn registry(&self) -> Registry {
        let mut registry = Registry::default();
        for plan in &self.plans {
            let Some(party) = self.operators.iter().find(|p| p.name == plan.operator) else {
                continue;
            };
            let declares = party.declares;
            let declaration = Declaration {
                operator: declares.operator.then_some(plan.operator),
                class: declares.class.then_some(plan.performance.class),
                formation: plan.formation.filter(|_| declares.formation),
                callsign: declares.callsign.then_some(plan.callsign),
                ..Declaration::default()
            };
            // What is declared of a number that hides a name must not reveal it.
            let veiled = Declaration { callsign: None, ..declaration };
            for (_, feed, shares) in &self.feeds {
                if feed.kind == FeedKind::Link && sees(feed, plan) && !shares.identity {
                    registry.declare(anonymous_address(feed, plan.callsign.as_str()), veiled);
                }
            }
            if declaration != Declaration::default() {
                registry.declare(plan.address, declaration);
            }
        }
        registry
    }

    /// The airspace reserved in the scenario.
    pub fn volumes(&self) -> &[Volume] {
        &self.volumes
    }

    fn time_of_step(&self) -> Time {
        self.start.plus_s(self.step as f64 * STEP_S)
    }

    /// One step of everybody, and what the feeds see of it.
    fn fly(&mut self) {
        let now_s = self.step as f64 * STEP_S;
        self.seen.fill(None);
        for aircraft in &self.flying {
            let plan = &self.plans[aircraft.id];
            self.seen[aircraft.id] = Some(Seen {
                body: aircraft.body,
                landing: aircraft.pilot.is_landing(plan),
                at_tanker: aircraft.pilot.at_tanker(plan),
                intended_m: aircraft.pilot.intended_m(&aircraft.body),
            });
        }
        let fields: Vec<FieldNow> = self.fields.iter().map(|field| field.now).collect();
        let view = View {
            now_s,
            plans: &self.plans,
            others: &self.seen,
            fields: &fields,
            areas: &self.areas,
        };
        for field in &mut self.fields {
            field.sail();
        }
        for aircraft in &mut self.flying {
            let plan = &self.plans[aircraft.id];
            aircraft.before = aircraft.body;
            match aircraft.pilot.decide(plan, &aircraft.body, &view) {
                Act::Fly(command) => {
                    let command = aircraft.orders.apply(now_s, command, &aircraft.body);
                    aircraft.body.advance(&command, &plan.performance);
                }
                Act::Stand { field, right_m, ahead_m } => {
                    aircraft.body = self.fields[field].now.stand(right_m, ahead_m);
                }
                Act::Gone => aircraft.has_left = true,
            }
            if self.history_len > 0 {
                aircraft.history.push_front(aircraft.body);
                aircraft.history.truncate(self.history_len);
            }
        }
        self.flying.retain(|aircraft| !aircraft.has_left);
        self.observe();
        self.step += 1;
        self.admit();
    }

    fn observe(&mut self) {
        let (on_the_way, made) = (&mut self.on_the_way, &mut self.made);
        for aircraft in &mut self.flying {
            let plan = &self.plans[aircraft.id];
            for watch in &mut aircraft.watches {
                let Some((_, feed, _)) = self.feeds.iter().find(|(n, ..)| *n == watch.feed) else {
                    continue;
                };
                let id = aircraft.id;
                watch.observe(
                    self.start,
                    self.step,
                    feed,
                    plan,
                    &aircraft.before,
                    &aircraft.body,
                    &aircraft.history,
                    &mut |report| {
                        on_the_way.push(Reverse(InTransit { report, id, made: *made }));
                        *made += 1;
                    },
                );
            }
        }
    }

    /// Lets in those whose time has come.
    fn admit(&mut self) {
        while let Some(&id) = self.waiting.last()
            && self.plans[id].appears_s <= self.step as f64 * STEP_S
        {
            self.waiting.pop();
            let plan = &self.plans[id];
            let Some(body) = self.enter(plan) else { continue };
            let watches = self.feeds.iter().filter_map(|(number, feed, shares)| {
                Watch::new(self.seed, *number, feed, *shares, plan)
            });
            let aircraft = Aircraft {
                id,
                before: body,
                body,
                pilot: Pilot::new(self.seed, id, plan),
                watches: watches.collect(),
                history: History::new(),
                orders: Orders::default(),
                has_left: false,
            };
            // In the order of the plans, so that nothing depends on who came first.
            let place = self.flying.partition_point(|other| other.id < id);
            self.flying.insert(place, aircraft);
        }
    }

    fn enter(&self, plan: &Plan) -> Option<Body> {
        match plan.entry {
            Entry::Airborne { at, track_rad, altitude_m, ground_speed_mps } => {
                Some(Body::new(at, altitude_m, track_rad, ground_speed_mps, false))
            }
            Entry::Parked { field, right_m } => Some(self.fields[field].now.stand(right_m, 0.0)),
            Entry::Beside { leader, station } => {
                // A leader that is not there leaves its wingman nobody to follow.
                let leader = self.flying.iter().find(|aircraft| aircraft.id == leader)?.body;
                let at = leader.offset(station.right_m, station.ahead_m);
                let altitude_m = leader.altitude_m + station.up_m;
                let speed_mps = leader.ground_speed_mps;
                Some(Body::new(at, altitude_m, leader.track_rad, speed_mps, false))
            }
        }
    }
}

impl FieldState {
    fn new(plan: &Field) -> FieldState {
        let (body, is_ship) = match plan {
            Field::Aerodrome { threshold, runway_rad, elevation_m } => {
                (Body::new(threshold.point, *elevation_m, *runway_rad, 0.0, true), false)
            }
            Field::Ship { track, ground_speed_mps, deck_m } => {
                let azimuth = track[0].point.azimuth_and_distance(track[1].point).0;
                (Body::new(track[0].point, *deck_m, azimuth, *ground_speed_mps, true), true)
            }
        };
        let now = FieldNow { body, is_ship };
        FieldState { now, plan: plan.clone(), next_point: 1, forwards: true }
    }

    /// A ship follows its track to the end and back again; an aerodrome stays.
    fn sail(&mut self) {
        let Field::Ship { track, ground_speed_mps, deck_m } = &self.plan else { return };
        let body = &mut self.now.body;
        let (mut azimuth, distance_m) = body.towards(track[self.next_point].ecef);
        if distance_m < 500.0 {
            self.forwards = match self.next_point {
                0 => true,
                n if n + 1 == track.len() => false,
                _ => self.forwards,
            };
            self.next_point = if self.forwards { self.next_point + 1 } else { self.next_point - 1 };
            azimuth = body.towards(track[self.next_point].ecef).0;
        }
        let command =
            Command { on_ground: true, ..Command::cruise(azimuth, *ground_speed_mps, *deck_m) };
        body.advance(&command, &helm(*ground_speed_mps));
    }
}

/// A large ship turns half a degree a second and never banks; the limit of turn
/// is expressed as the bank that would give it.
fn helm(ground_speed_mps: f64) -> Performance {
    const TURN_RATE_RPS: f64 = 0.0087;
    Performance {
        class: AircraftClass::Surface,
        cruise_mps: ground_speed_mps,
        approach_mps: 0.0,
        climb_mps: 0.0,
        descent_mps: 0.0,
        bank_rad: (TURN_RATE_RPS * ground_speed_mps / STANDARD_GRAVITY_MPS2).atan(),
        accel_mps2: 0.05,
    }
}

/// A report on its way to the receiver.
#[derive(Clone, Debug)]
struct InTransit {
    report: Report,
    id: PlanId,
    made: u64,
}

impl InTransit {
    fn key(&self) -> (Time, u16, PlanId, u64) {
        (self.report.received, self.report.feed, self.id, self.made)
    }
}

impl PartialEq for InTransit {
    fn eq(&self, other: &InTransit) -> bool {
        self.key() == other.key()
    }
}
impl Eq for InTransit {}
impl PartialOrd for InTransit {
    fn partial_cmp(&self, other: &InTransit) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for InTransit {
    fn cmp(&self, other: &InTransit) -> std::cmp::Ordering {
        self.key().cmp(&other.key())
    }
}

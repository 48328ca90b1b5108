//! The pilot: follows the legs of a plan and says, second by second, what the
//! aircraft should do. Take-off and landing are in [`crate::airfield`], flying
//! beside another in [`crate::together`].

use crate::airfield::{Landing, TakeOff};
use crate::area::Area;
use crate::motion::{Body, Command, Fix, Performance, STEP_S};
use crate::plan::{Leg, Levels, Plan, PlanId, Until};
use crate::random::Stream;
use crate::together::{self, Refuelling};
use deconflict_core::geo::wrap_pi;
use std::f64::consts::{FRAC_PI_2, PI};

/// Levels agreed within a command are this far apart; a little less than
/// 1000 ft, so that exactly 1000 ft will do, metres.
const LEVEL_SPACING_M: f64 = 300.0;
/// Levels are agreed with those who are nearer than this, metres.
const AGREED_WITHIN_M: f64 = 75_000.0;
/// How many levels are tried before the present one is kept.
const DRAWS: usize = 12;

/// What a pilot can see: everything as it is at the beginning of the step.
pub(crate) struct View<'a> {
    /// Seconds after the start of the scenario.
    pub now_s: f64,
    pub plans: &'a [Plan],
    /// By plan; `None` for those who do not fly yet or no more.
    pub others: &'a [Option<Seen>],
    pub fields: &'a [FieldNow],
    pub areas: &'a [Area],
}

/// Another aircraft.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub body: Body,
    /// It has left its formation to land.
    pub landing: bool,
    /// The tanker that it waits for or is at, if any.
    pub at_tanker: Option<AtTanker>,
    /// The altitude that it has, or is on its way to.
    pub intended_m: f64,
}

/// What others see of somebody at a tanker.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AtTanker {
    pub tanker: PlanId,
    /// Closing up, in contact or leaving; else waiting.
    pub is_close: bool,
}

impl View<'_> {
    /// Whether nobody of the same command is near, outside the own formation,
    /// at or bound for a level that this aircraft would pass on its way to another.
    fn is_clear(&self, own: PlanId, body: &Body, wanted_m: f64) -> bool {
        let plan = &self.plans[own];
        let low_m = body.altitude_m.min(wanted_m) - LEVEL_SPACING_M;
        let high_m = body.altitude_m.max(wanted_m) + LEVEL_SPACING_M;
        self.others.iter().zip(self.plans).enumerate().all(|(id, (other, theirs))| {
            let Some(other) = other else { return true };
            let is_own =
                id == own || (plan.formation.is_some() && plan.formation == theirs.formation);
            let meets = |m: f64| m > low_m && m < high_m;
            is_own
                || other.body.on_ground
                || theirs.command != plan.command
                || !(meets(other.body.altitude_m) || meets(other.intended_m))
                || body.towards(other.body.frame.origin).1 > AGREED_WITHIN_M
        })
    }

    /// How many go before this aircraft at a tanker: who is close to it, and of
    /// those who wait whoever comes first in the scenario.
    fn before_at_tanker(&self, own: PlanId, tanker: PlanId) -> usize {
        let goes_before = |id: PlanId, other: &Seen| {
            other.at_tanker.is_some_and(|at| at.tanker == tanker && (at.is_close || id < own))
        };
        let others = self.others.iter().enumerate().filter(|(id, _)| *id != own);
        others.filter(|(id, other)| other.as_ref().is_some_and(|o| goes_before(*id, o))).count()
    }
}

/// An aerodrome or a ship: a body at the threshold (or on deck) that points
/// along the runway and moves as the ship does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FieldNow {
    pub body: Body,
    /// Catapult and arresting wire instead of a long runway.
    pub is_ship: bool,
}

/// What the aircraft does in the coming step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Act {
    Fly(Command),
    /// Stands on a field, and moves with it if that is a ship.
    Stand {
        field: usize,
        right_m: f64,
        ahead_m: f64,
    },
    /// Leaves the scenario.
    Gone,
}

/// Where within the present leg.
#[derive(Clone, Debug)]
enum Progress {
    /// A leg that needs no memory, or none yet.
    Fresh,
    TakeOff(TakeOff),
    Corner(usize),
    Goal {
        goal: Fix,
        altitude_m: f64,
    },
    Refuel(Refuelling),
    Land(Landing),
}

/// Follows one plan.
#[derive(Clone, Debug)]
pub(crate) struct Pilot {
    id: PlanId,
    leg: usize,
    progress: Progress,
    /// The altitude that was last flown towards.
    intended_m: Option<f64>,
    /// When the present leg's hold, orbit or patrol was reached.
    arrived_s: Option<f64>,
    stream: Stream,
}

/// What is to be done about the present leg.
pub(crate) enum Next {
    Act(Act),
    /// The leg is over; the next one decides.
    Leg,
}

impl From<Command> for Next {
    fn from(command: Command) -> Next {
        Next::Act(Act::Fly(command))
    }
}

impl Pilot {
    pub fn new(seed: u64, id: PlanId, plan: &Plan) -> Pilot {
        Pilot {
            id,
            leg: 0,
            progress: Progress::Fresh,
            intended_m: None,
            arrived_s: None,
            stream: Stream::new(seed, &["pilot", plan.callsign.as_str()]),
        }
    }

    /// Whether it has gone to land.
    pub fn is_landing(&self, plan: &Plan) -> bool {
        matches!(plan.legs.get(self.leg), Some(Leg::Land { .. }))
    }

    /// Whether it is on its final approach.
    pub fn is_on_final(&self) -> bool {
        matches!(self.progress, Progress::Land(Landing::Final))
    }

    /// The leader that it keeps station on.
    pub fn leader(&self, plan: &Plan) -> Option<PlanId> {
        match plan.legs.get(self.leg) {
            Some(Leg::Formate { leader, .. }) => Some(*leader),
            _ => None,
        }
    }

    /// The altitude that it is flying towards.
    pub fn intended_m(&self, own: &Body) -> f64 {
        self.intended_m.unwrap_or(own.altitude_m)
    }

    /// The tanker that it has arrived at, to wait or to refuel.
    pub fn at_tanker(&self, plan: &Plan) -> Option<AtTanker> {
        match (plan.legs.get(self.leg), &self.progress) {
            (Some(Leg::Refuel { tanker, .. }), Progress::Refuel(refuelling)) => {
                refuelling.is_here().map(|is_close| AtTanker { tanker: *tanker, is_close })
            }
            _ => None,
        }
    }

    /// Decides about the coming step.
    pub fn decide(&mut self, plan: &Plan, own: &Body, view: &View) -> Act {
        // Every leg may turn out to be over before it begins; the list is finite.
        while let Some(leg) = plan.legs.get(self.leg) {
            if let Next::Act(act) = self.follow(leg, plan, own, view) {
                if let Act::Fly(command) = act {
                    self.intended_m = Some(command.altitude_m);
                }
                return act;
            }
            self.leg += 1;
            self.progress = Progress::Fresh;
            self.arrived_s = None;
        }
        Act::Gone
    }

    fn follow(&mut self, leg: &Leg, plan: &Plan, own: &Body, view: &View) -> Next {
        let performance = &plan.performance;
        match leg {
            Leg::TakeOff { field, roll_at_s } => {
                if !matches!(self.progress, Progress::TakeOff(_)) {
                    self.progress = Progress::TakeOff(TakeOff::new(plan));
                }
                let Progress::TakeOff(take_off) = &mut self.progress else { return Next::Leg };
                take_off.follow(*field, *roll_at_s, performance, own, view)
            }
            Leg::To { fix, altitude_m, ground_speed_mps } => {
                let next = plan.legs.get(self.leg + 1).and_then(Leg::entry_fix);
                if has_reached(own, performance, *fix, next) {
                    return Next::Leg;
                }
                Command::cruise(own.towards(fix.ecef).0, *ground_speed_mps, *altitude_m).into()
            }
            Leg::Hold { corners, altitude_m, ground_speed_mps, until } => {
                if self.is_over(until, view) {
                    return Next::Leg;
                }
                let mut corner = match self.progress {
                    Progress::Corner(corner) => corner,
                    _ => 0,
                };
                if has_reached(own, performance, corners[corner], Some(corners[(corner + 1) % 4])) {
                    corner = (corner + 1) % 4;
                    self.arrived_s.get_or_insert(view.now_s);
                }
                self.progress = Progress::Corner(corner);
                let azimuth = own.towards(corners[corner].ecef).0;
                Command::cruise(azimuth, *ground_speed_mps, *altitude_m).into()
            }
            Leg::Orbit { centre, radius_m, clockwise, altitude_m, ground_speed_mps, until } => {
                if self.is_over(until, view) {
                    return Next::Leg;
                }
                let (azimuth, distance_m) = own.towards(centre.ecef);
                if distance_m < 1.2 * radius_m {
                    self.arrived_s.get_or_insert(view.now_s);
                }
                let track = orbit_track(azimuth, distance_m / radius_m, *clockwise)
                    + turn_ahead(own.ground_speed_mps, *radius_m, *clockwise);
                Command::cruise(track, *ground_speed_mps, *altitude_m).into()
            }
            Leg::Patrol { area, levels, ground_speed_mps, until } => {
                if self.is_over(until, view) {
                    return Next::Leg;
                }
                let area = &view.areas[*area];
                let (goal, altitude_m) = self.patrol_goal(area, levels, own, performance, view);
                Command::cruise(own.towards(goal.ecef).0, *ground_speed_mps, altitude_m).into()
            }
            Leg::Refuel { tanker, contact_s } => {
                let before = view.before_at_tanker(self.id, *tanker);
                let Some(tanker) = view.others[*tanker].filter(|t| !t.body.on_ground) else {
                    return Next::Leg; // nobody there to refuel from
                };
                if !matches!(self.progress, Progress::Refuel(_)) {
                    self.progress = Progress::Refuel(Refuelling::new(view.now_s));
                }
                let Progress::Refuel(refuelling) = &mut self.progress else { return Next::Leg };
                refuelling.follow(*contact_s, performance, own, &tanker.body, before, view.now_s)
            }
            Leg::Formate { leader, station } => match view.others[*leader] {
                Some(leader) if !leader.landing => {
                    together::join(own, performance, &leader.body, *station).into()
                }
                _ => Next::Leg,
            },
            Leg::Land { field, extra_m } => {
                if !matches!(self.progress, Progress::Land(_)) {
                    self.progress = Progress::Land(Landing::Inbound);
                }
                let Progress::Land(landing) = &mut self.progress else { return Next::Leg };
                landing.follow(*field, *extra_m, performance, own, view)
            }
        }
    }

    fn is_over(&self, until: &Until, view: &View) -> bool {
        let stayed_s = self.arrived_s.map_or(0.0, |arrived_s| view.now_s - arrived_s);
        view.now_s >= until.at_s || (self.arrived_s.is_some() && stayed_s >= until.for_s)
    }

    /// The point that the patrol flies to at present, and at which altitude;
    /// another one once it is reached.
    fn patrol_goal(
        &mut self,
        area: &Area,
        levels: &Levels,
        own: &Body,
        performance: &Performance,
        view: &View,
    ) -> (Fix, f64) {
        if self.arrived_s.is_none() && area.contains(own.position) {
            self.arrived_s = Some(view.now_s);
        }
        if let Progress::Goal { goal, altitude_m } = self.progress
            && !has_reached(own, performance, goal, None)
        {
            return (goal, altitude_m);
        }
        let goal = Fix::from(area.sample(&mut self.stream));
        // Its own command has agreed on levels: one that is free, else the present one.
        let kept_m = own.altitude_m.clamp(levels.low_m, levels.high_m);
        let altitude_m = (0..DRAWS)
            .map(|_| levels.draw(&mut self.stream))
            .find(|wanted_m| view.is_clear(self.id, own, *wanted_m))
            .unwrap_or(kept_m);
        self.progress = Progress::Goal { goal, altitude_m };
        (goal, altitude_m)
    }
}

/// Whether to let go of a point: early enough that the turn ends on the way to
/// the next one, and in any case when it lies behind within the radius of a turn.
fn has_reached(own: &Body, performance: &Performance, fix: Fix, next: Option<Fix>) -> bool {
    let (azimuth, distance_m) = own.towards(fix.ecef);
    let radius_m = performance.turn_radius_m(own.ground_speed_mps);
    let anticipation_m = next.map_or(0.0, |next| {
        let change = wrap_pi(own.towards(next.ecef).0 - azimuth).abs();
        radius_m * (change / 2.0).min(1.0).tan()
    });
    let is_behind = wrap_pi(azimuth - own.track_rad).abs() > FRAC_PI_2;
    distance_m < anticipation_m.max(own.ground_speed_mps * STEP_S)
        || (is_behind && distance_m < 2.0 * radius_m)
}

/// Track that leads onto the circle and along it: tangential on it, towards
/// the centre far outside, away from it inside.
fn orbit_track(azimuth_to_centre: f64, distance_in_radii: f64, clockwise: bool) -> f64 {
    let inwards = (3.0 * (distance_in_radii - 1.0)).atan().clamp(-PI / 3.0, FRAC_PI_2);
    if clockwise {
        azimuth_to_centre - FRAC_PI_2 + inwards
    } else {
        azimuth_to_centre + FRAC_PI_2 - inwards
    }
}

/// The command is for the end of the step, and the circle has turned by then.
fn turn_ahead(ground_speed_mps: f64, radius_m: f64, clockwise: bool) -> f64 {
    let angle = ground_speed_mps * STEP_S / radius_m;
    if clockwise { angle } else { -angle }
}

//! Proposals flown in a simulation: what the engine calls is solved, told, and flown after
//! the pilot's delay.

use deconflict_core::Time;
use deconflict_core::units::m_from_nm;
use deconflict_engine::Engine;
use deconflict_resolve::{
    Because, Instruction, Limits, Owed, Participant, Situation, clusters, meetings, propose,
};
use deconflict_sim::{AircraftId, Simulation};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Not more often than this a cluster is thought about, seconds.
const EVERY_S: f64 = 5.0;
/// What has been told holds at least so long, seconds.
const LASTS_S: f64 = 30.0;
/// Whoever is this far apart and moves away is past, metres.
const PAST_M: f64 = m_from_nm(6.0);

#[derive(Debug, clap::Args)]
pub struct AdvisorArguments {
    /// Have pilots fly what resolves the alerts
    #[arg(long)]
    pub fly_advisories: bool,
    /// Time from an advisory to the controls, seconds
    #[arg(long, value_name = "S", default_value_t = 5.0, requires = "fly_advisories", value_parser = delay)]
    pub pilot_delay_s: f64,
}

fn delay(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (0.0..=120.0).contains(&number) => Ok(number),
        Ok(_) => Err("has to be between 0 and 120".to_owned()),
        Err(_) => Err("is not a number".to_owned()),
    }
}

impl AdvisorArguments {
    /// The advisor that was asked for.
    pub fn advisor(&self) -> Option<Advisor> {
        self.fly_advisories.then(|| Advisor::new(self.pilot_delay_s))
    }
}

/// What one aircraft has been told, and who it was kept apart from.
#[derive(Debug)]
struct Told {
    since: Time,
    instruction: Instruction,
    others: Vec<u64>,
}

/// Watches the alerts of an engine and has the aircraft of a simulation fly what solves
/// them.
#[derive(Debug)]
pub struct Advisor {
    delay_s: f64,
    next: Option<Time>,
    /// By track.
    told: BTreeMap<u64, Told>,
}

impl Advisor {
    fn new(delay_s: f64) -> Advisor {
        Advisor { delay_s, next: None, told: BTreeMap::new() }
    }

    /// Once a second, after the engine has been stepped. Appends what is told, in words.
    pub fn step(&mut self, engine: &Engine, simulation: &mut Simulation, said: &mut Vec<String>) {
        let now = simulation.now();
        if self.next.is_some_and(|next| now < next) {
            return;
        }
        self.next = Some(now.plus_s(EVERY_S));
        let called: Vec<(u64, u64)> = engine
            .alerts()
            .alerts()
            .filter(|a| a.stage().is_some())
            .map(|a| (a.a.id, a.b.id))
            .collect();
        if called.is_empty() && self.told.is_empty() {
            return;
        }
        let (mut situation, tracks) = self.situation(engine, simulation, now);
        self.release(&situation, &tracks, &called, simulation);
        let is_called = |a: u64, b: u64| called.contains(&(a, b)) || called.contains(&(b, a));
        let track = |index: u32| tracks[index as usize].0;
        let mut due = meetings(&situation);
        due.retain(|m| {
            let (a, b) = (track(m.a), track(m.b));
            is_called(a, b) || self.told.contains_key(&a) || self.told.contains_key(&b)
        });
        for cluster in clusters(&due) {
            situation.cluster = cluster;
            let proposal = propose(&situation);
            if proposal.is_empty() {
                continue;
            }
            said.push(proposal.reason.clone());
            for part in &proposal.parts {
                let (Some(instruction), (id, Some(aircraft))) =
                    (part.instruction, tracks[part.aircraft as usize])
                else {
                    continue;
                };
                situation.tell(part.aircraft, instruction);
                simulation.instruct(aircraft, Some(in_simulation(&instruction)), self.delay_s);
                let told = self.told.entry(id).or_insert(Told {
                    since: now,
                    instruction,
                    others: Vec::new(),
                });
                told.since = now;
                told.instruction = instruction.after(told.instruction);
                let others = proposal.parts.iter().map(|p| p.id).filter(|other| *other != id);
                told.others.extend(others);
            }
        }
    }

    /// Everybody whom the engine has a track of, with the aircraft of the simulation.
    fn situation(
        &self,
        engine: &Engine,
        simulation: &Simulation,
        now: Time,
    ) -> (Situation, Vec<(u64, Option<AircraftId>)>) {
        let truths = simulation.truth();
        let mut situation = Situation::new(now, Owed::Rules(Arc::clone(engine.rules())));
        situation.response_s = self.delay_s;
        let mut tracks = Vec::new();
        for track in engine.tracker().tracks().filter(|t| !t.on_ground()) {
            let Some(segment) = track.segment(now, situation.lookahead_s) else { continue };
            let truth = truths.iter().find(|t| t.address == track.address());
            let limits = match truth {
                None => Limits::fixed(Because::NotReachable),
                Some(it) if truths.iter().any(|other| other.tanker == Some(it.id)) => {
                    Limits::fixed(Because::TankerWithReceivers)
                }
                Some(it) if it.tanker.is_some() => Limits::fixed(Because::Refuelling),
                Some(it) if it.is_landing => Limits::fixed(Because::Landing),
                Some(_) => Limits::FREE,
            };
            let participant = Participant {
                growth: segment.growth,
                limits,
                following: self.told.get(&track.id()).map(|told| told.instruction),
                ..Participant::new(*track.subject(), segment.state)
            };
            if situation.push(participant).is_ok() {
                tracks.push((track.id(), truth.map(|t| t.id)));
            }
        }
        (situation, tracks)
    }

    /// Those who are past everybody they were told about go on as they had planned.
    fn release(
        &mut self,
        situation: &Situation,
        tracks: &[(u64, Option<AircraftId>)],
        called: &[(u64, u64)],
        simulation: &mut Simulation,
    ) {
        let now = situation.now();
        let state = |id: u64| {
            let place = tracks.iter().position(|(track, _)| *track == id)?;
            Some((&situation.aircraft()[place].state, tracks[place].1))
        };
        self.told.retain(|id, told| {
            let Some((own, aircraft)) = state(*id) else { return false };
            let is_called = called.iter().any(|(a, b)| a == id || b == id);
            let frame = own.position.frame();
            let past = |other: &u64| {
                state(*other).is_none_or(|(other, _)| {
                    let [x, y] = frame.to_local(other.position);
                    let vx = other.velocity.east_mps - own.velocity.east_mps;
                    let vy = other.velocity.north_mps - own.velocity.north_mps;
                    x * vx + y * vy > 0.0 && x.hypot(y) > PAST_M
                })
            };
            let is_over = now.seconds_since(told.since) >= LASTS_S
                && !is_called
                && told.others.iter().all(past);
            if is_over && let Some(aircraft) = aircraft {
                simulation.instruct(aircraft, None, 0.0);
            }
            !is_over
        });
    }
}

fn in_simulation(told: &Instruction) -> deconflict_sim::Instruction {
    deconflict_sim::Instruction {
        track_rad: told.track_rad,
        altitude_m: told.altitude_m,
        ground_speed_mps: told.ground_speed_mps,
    }
}

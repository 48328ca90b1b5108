//! The manoeuvres that are tried, and what each costs whoever flies it.

use crate::situation::{Instruction, Participant};
use deconflict_core::geo::wrap_pi;
use deconflict_core::units::m_from_ft;

/// Changes of track that are tried, degrees.
const TURNS_DEG: [f64; 8] = [10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 75.0, 90.0];
/// Changes of speed that are tried, shares.
const SPEEDS: [f64; 4] = [0.05, 0.10, 0.20, 0.30];
/// Steps of level that are tried, in multiples of the vertical minimum.
const LEVELS: [f64; 5] = [1.0, 1.5, 2.0, 3.0, 4.0];

/// With a turn, only changes of level up to this effort are tried.
const COARSE_EFFORT: f64 = 5.5;

/// One thing that an aircraft may do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Manoeuvre {
    /// `None`: it holds, that is goes on as it does or was told.
    pub instruction: Option<Instruction>,
    /// What it costs, before it is known who else is around.
    pub effort: f64,
}

impl Manoeuvre {
    const HOLD: Manoeuvre = Manoeuvre { instruction: None, effort: 0.0 };
}

/// All manoeuvres of an aircraft, holding first. `vertical_m` is the largest vertical
/// minimum that it owes anyone; with `combined`, turns are also flown with a change of level.
pub(crate) fn manoeuvres(
    aircraft: &Participant,
    vertical_m: f64,
    combined: bool,
) -> Vec<Manoeuvre> {
    let mut all = vec![Manoeuvre::HOLD];
    let limits = &aircraft.limits;
    let turns = if limits.turn { turns(aircraft) } else { Vec::new() };
    let levels = if limits.level { levels(aircraft, vertical_m) } else { Vec::new() };
    all.extend(&turns);
    all.extend(&levels);
    if limits.speed {
        all.extend(speeds(aircraft));
    }
    if combined {
        for turn in turns.iter().filter(|turn| is_coarse(aircraft, turn)) {
            for level in levels.iter().filter(|level| level.effort < COARSE_EFFORT) {
                if let (Some(to), Some(at)) = (turn.instruction, level.instruction) {
                    let instruction = Some(to.after(at));
                    let effort = turn.effort + level.effort + 1.0;
                    all.push(Manoeuvre { instruction, effort });
                }
            }
        }
    }
    // Who has been told something is told something new with reluctance.
    if let Some(told) = aircraft.following {
        for manoeuvre in &mut all[1..] {
            if let Some(new) = manoeuvre.instruction {
                manoeuvre.effort += 1.5 + reversal(aircraft, &told, &new);
            }
        }
    }
    all
}

fn is_coarse(aircraft: &Participant, turn: &Manoeuvre) -> bool {
    let track = aircraft.state.velocity.track_rad();
    let to = turn.instruction.and_then(|i| i.track_rad).unwrap_or(track);
    let by_deg = wrap_pi(to - track).abs().to_degrees();
    (25.0..35.0).contains(&by_deg) || (55.0..65.0).contains(&by_deg) || by_deg > 85.0
}

fn turns(aircraft: &Participant) -> Vec<Manoeuvre> {
    let velocity = &aircraft.state.velocity;
    let speed_mps = velocity.ground_speed_mps();
    if aircraft.performance.turn_rate_at_rps(speed_mps) < 1e-3 || speed_mps < 1.0 {
        return Vec::new();
    }
    let track = velocity.track_rad();
    let mut all: Vec<Manoeuvre> = Vec::new();
    for by_deg in TURNS_DEG {
        for side in [1.0, -1.0] {
            // To a round number of degrees, as it is spoken.
            let to_deg = ((track.to_degrees() + side * by_deg) / 5.0).round() * 5.0;
            let track_rad = to_deg.rem_euclid(360.0).to_radians();
            let by_rad = wrap_pi(track_rad - track);
            if by_rad * side <= 0.05 {
                continue;
            }
            // Between equals, to the right (ICAO Annex 2, 3.2.2).
            let left = if by_rad < 0.0 { 0.3 } else { 0.0 };
            all.push(Manoeuvre {
                instruction: Some(Instruction {
                    track_rad: Some(track_rad),
                    ..Instruction::default()
                }),
                effort: 1.0 + by_rad.abs().to_degrees() / 10.0 + left,
            });
        }
    }
    all
}

fn levels(aircraft: &Participant, vertical_m: f64) -> Vec<Manoeuvre> {
    let performance = &aircraft.performance;
    let (altitude_m, rate_mps) = (aircraft.state.altitude.m, aircraft.state.velocity.up_mps);
    let step_m = m_from_ft(if vertical_m >= m_from_ft(900.0) { 1000.0 } else { 100.0 });
    let is_level = rate_mps.abs() < 1.0;
    let mut all: Vec<Manoeuvre> = Vec::new();
    let mut add = |level_m: f64, effort: f64| {
        let climbs = level_m > altitude_m;
        let can = if climbs { performance.climb_mps } else { performance.descent_mps };
        let known = all.iter().any(|m| m.instruction.and_then(|i| i.altitude_m) == Some(level_m));
        if can > 0.3 && !known {
            all.push(Manoeuvre {
                instruction: Some(Instruction {
                    altitude_m: Some(level_m),
                    ..Instruction::default()
                }),
                effort,
            });
        }
    };
    if !is_level {
        // The next levels on the way: stopping there costs little.
        let (mut level_m, up) =
            ((altitude_m / step_m).round() * step_m, rate_mps.signum() * step_m);
        for k in 0..6 {
            let ahead_m = (level_m - altitude_m) * rate_mps.signum();
            if ahead_m > 0.0 {
                add(level_m, 2.0 + 0.2 * f64::from(k));
            }
            level_m += up;
        }
    }
    for share in LEVELS {
        for side in [1.0, -1.0] {
            let by_m = share * vertical_m;
            let from_m = if is_level {
                (altitude_m / step_m * 10.0).round() * step_m / 10.0
            } else {
                altitude_m
            };
            let mut level_m = from_m + side * by_m;
            // Up to a round level, away from where it comes from.
            let round = if side > 0.0 { f64::ceil } else { f64::floor };
            level_m = round(level_m / step_m - side * 1e-6) * step_m;
            let against = if is_level || rate_mps * side > 0.0 { 0.0 } else { 2.0 };
            let steps = (level_m - altitude_m).abs() / vertical_m;
            // Down rather than up only where it is all the same: to the right of nothing.
            add(level_m, 1.2 + 1.6 * steps + against + if side < 0.0 { 0.1 } else { 0.0 });
        }
    }
    all
}

fn speeds(aircraft: &Participant) -> Vec<Manoeuvre> {
    let performance = &aircraft.performance;
    let speed_mps = aircraft.state.velocity.ground_speed_mps();
    let mut all = Vec::new();
    for share in SPEEDS {
        for side in [-1.0, 1.0] {
            let factor = 1.0 + side * share;
            let wanted_mps = factor * speed_mps;
            let [least, most] = performance.speed_range;
            let can = factor >= least - 1e-9 && factor <= most + 1e-9;
            if can && speed_mps > 1.0 && (side > 0.0 || wanted_mps >= performance.slowest_mps) {
                all.push(Manoeuvre {
                    instruction: Some(Instruction {
                        ground_speed_mps: Some(wanted_mps),
                        ..Instruction::default()
                    }),
                    effort: 1.5 + 25.0 * share,
                });
            }
        }
    }
    all
}

/// The cost of turning somebody back: what pilots follow last and trust least.
fn reversal(aircraft: &Participant, told: &Instruction, new: &Instruction) -> f64 {
    let track = aircraft.state.velocity.track_rad();
    let mut cost = 0.0;
    if let (Some(was), Some(is)) = (told.track_rad, new.track_rad) {
        let (was, is) = (wrap_pi(was - track), wrap_pi(is - track));
        if was * is < 0.0 && was.abs() > 0.1 {
            cost += 4.0;
        }
    }
    if let (Some(was), Some(is)) = (told.altitude_m, new.altitude_m) {
        let altitude_m = aircraft.state.altitude.m;
        if (was - altitude_m) * (is - altitude_m) < 0.0 && (was - altitude_m).abs() > 15.0 {
            cost += 6.0;
        }
    }
    cost
}

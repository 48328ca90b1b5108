//! Flying beside another aircraft: formations, and refuelling in the air.

use crate::motion::{Body, Command, Performance, STEP_S};
use crate::pilot::Next;
use crate::plan::Station;
use deconflict_core::geo::sub;
use std::f64::consts::FRAC_PI_3;

/// Beyond this distance one flies to meet the other, within it one keeps station, metres.
const CLOSE_M: f64 = 8000.0;
/// Part of the distance to its station that an aircraft makes good each second.
const CLOSING_PER_S: f64 = 0.1;
/// Longest look ahead when flying to meet, seconds: tankers turn.
const LOOK_AHEAD_S: f64 = 120.0;

/// Behind and 1000 ft below the tanker: where receivers arrive.
const ASTERN: Station = Station { right_m: 0.0, ahead_m: -500.0, up_m: -304.8 };
/// Those who have to wait do so in echelon to the right, this far from each other, metres.
const QUEUE_M: f64 = 1500.0;
/// Who is so near to its place in the queue counts as being in it, metres.
const ARRIVED_M: f64 = 4000.0;
/// On the boom or the hose.
const CONTACT: Station = Station { right_m: 0.0, ahead_m: -35.0, up_m: -9.0 };
/// Off to the side and down again.
const CLEAR: Station = Station { right_m: 1500.0, ahead_m: -1500.0, up_m: -304.8 };
/// Who has not met the tanker after so long gives up, seconds.
const PATIENCE_S: f64 = 2700.0;
/// Leaving the tanker takes no longer than this, seconds.
const LEAVING_S: f64 = 90.0;

/// Command that brings an aircraft to its station beside another and keeps it there.
pub(crate) fn join(
    own: &Body,
    performance: &Performance,
    other: &Body,
    station: Station,
) -> Command {
    let target = other.offset(station.right_m, station.ahead_m).frame().origin;
    let (_, distance_m) = own.towards(target);
    let altitude_m = other.altitude_m + station.up_m;
    if distance_m > CLOSE_M {
        let meet_s = (distance_m / performance.cruise_mps).min(LOOK_AHEAD_S);
        let ahead_m = station.ahead_m + other.ground_speed_mps * meet_s;
        let meeting = other.offset(station.right_m, ahead_m).frame().origin;
        return Command::cruise(own.towards(meeting).0, performance.dash_mps(), altitude_m);
    }
    // The velocity of the station at the end of the step: that of the other
    // aircraft, and what its turn adds at the end of the lever.
    let track = other.track_rad + other.turn_rate_rps * STEP_S;
    let (sin, cos) = track.sin_cos();
    let ahead_mps = other.ground_speed_mps - other.turn_rate_rps * station.right_m;
    let right_mps = other.turn_rate_rps * station.ahead_m;
    let mut east = ahead_mps * sin + right_mps * cos;
    let mut north = ahead_mps * cos - right_mps * sin;
    // And a part of what is missing, within what can be flown.
    let [miss_east, miss_north, _] = own.frame.components(sub(target, own.frame.origin));
    let closing_mps = (CLOSING_PER_S * distance_m).min(0.3 * performance.cruise_mps);
    let scale = closing_mps / distance_m.max(1.0);
    east += miss_east * scale;
    north += miss_north * scale;
    let slowest_mps = (0.9 * performance.approach_mps).min(other.ground_speed_mps);
    let speed_mps = east.hypot(north).clamp(slowest_mps, performance.dash_mps());
    Command {
        climb_mps: other.vertical_rate_mps,
        ..Command::cruise(east.atan2(north), speed_mps, altitude_m)
    }
}

/// Progress of a refuelling.
#[derive(Clone, Debug)]
pub(crate) struct Refuelling {
    stage: Stage,
    /// When the stage began, seconds after the start of the scenario.
    since_s: f64,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    Joining,
    Waiting,
    ClosingUp,
    InContact,
    Leaving,
}

impl Refuelling {
    pub fn new(now_s: f64) -> Refuelling {
        Refuelling { stage: Stage::Joining, since_s: now_s }
    }

    /// Whether it has arrived at the tanker, and if so, whether it is past waiting.
    pub fn is_here(&self) -> Option<bool> {
        match self.stage {
            Stage::Joining => None,
            Stage::Waiting => Some(false),
            Stage::ClosingUp | Stage::InContact | Stage::Leaving => Some(true),
        }
    }

    /// `before` is how many others are at the tanker before this one.
    pub fn follow(
        &mut self,
        contact_s: f64,
        performance: &Performance,
        own: &Body,
        tanker: &Body,
        before: usize,
        now_s: f64,
    ) -> Next {
        let stage_s = now_s - self.since_s;
        let place = Station {
            right_m: QUEUE_M * before as f64,
            ahead_m: ASTERN.ahead_m - QUEUE_M / 2.0 * before as f64,
            ..ASTERN
        };
        let next = match self.stage {
            Stage::Joining | Stage::Waiting if stage_s > PATIENCE_S => return Next::Leg,
            Stage::Joining if miss_m(own, tanker, place) < ARRIVED_M => Some(Stage::Waiting),
            Stage::Waiting
                if before == 0
                    && miss_m(own, tanker, ASTERN) < 300.0
                    && is_alongside(own, tanker) =>
            {
                Some(Stage::ClosingUp)
            }
            Stage::ClosingUp if miss_m(own, tanker, CONTACT) < 60.0 => Some(Stage::InContact),
            Stage::InContact if stage_s > contact_s => Some(Stage::Leaving),
            Stage::Leaving if stage_s > LEAVING_S => return Next::Leg,
            _ => None,
        };
        if let Some(stage) = next {
            *self = Refuelling { stage, since_s: now_s };
        }
        let station = match self.stage {
            Stage::Joining | Stage::Waiting => place,
            Stage::ClosingUp | Stage::InContact => CONTACT,
            Stage::Leaving => CLEAR,
        };
        join(own, performance, tanker, station).into()
    }
}

/// Distance from the station, horizontal and vertical together, metres.
fn miss_m(own: &Body, tanker: &Body, station: Station) -> f64 {
    let [right_m, ahead_m] = tanker.relative(own.frame.origin);
    let (right, ahead) = (right_m - station.right_m, ahead_m - station.ahead_m);
    let up = own.altitude_m - tanker.altitude_m - station.up_m;
    right.hypot(ahead).hypot(up)
}

fn is_alongside(own: &Body, tanker: &Body) -> bool {
    deconflict_core::geo::wrap_pi(own.track_rad - tanker.track_rad).abs() < FRAC_PI_3
}

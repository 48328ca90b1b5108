//! Take-off from and landing on fields, fixed or under way.
//!
//! A ship is a field that moves: everything is reckoned relative to where it
//! is and how it moves at the moment, so an aircraft that returns after hours
//! finds it where it is by then.

use crate::motion::{Body, Command, Performance, STEP_S};
use crate::pilot::{Act, FieldNow, Next, View};
use crate::plan::{Entry, Plan};

/// Acceleration on a runway, by engines or brakes, m/s².
const RUNWAY_ACCEL_MPS2: f64 = 2.5;
/// Acceleration of catapult and arresting wire, m/s².
const SHIP_ACCEL_MPS2: f64 = 25.0;
/// Height up to which the direction of the runway is kept after take-off, metres.
const CLIMB_OUT_M: f64 = 300.0;
/// Tangent of the glide path, three degrees.
const GLIDE: f64 = 0.052_407_8;
/// Duration of a final approach, seconds: 8 NM for a jet, 1 NM for a small drone.
const FINAL_S: f64 = 200.0;
/// How far from the middle of the runway a landing may begin, metres.
const RUNWAY_HALF_WIDTH_M: f64 = 60.0;
/// How long an aircraft can still be seen after it has come to rest, seconds.
const PARKED_S: f64 = 180.0;

impl FieldNow {
    fn accel_mps2(&self) -> f64 {
        if self.is_ship { SHIP_ACCEL_MPS2 } else { RUNWAY_ACCEL_MPS2 }
    }

    /// On the ground along the runway, up or down to a speed.
    fn roll(&self, ground_speed_mps: f64) -> Command {
        Command {
            accel_mps2: Some(self.accel_mps2()),
            on_ground: true,
            ..Command::cruise(self.body.track_rad, ground_speed_mps, self.body.altitude_m)
        }
    }
}

/// Progress of a take-off.
#[derive(Clone, Debug)]
pub(crate) enum TakeOff {
    Parked { right_m: f64 },
    Rolling,
    ClimbingOut { from_m: f64, track_rad: f64 },
}

impl TakeOff {
    pub fn new(plan: &Plan) -> TakeOff {
        let right_m = match plan.entry {
            Entry::Parked { right_m, .. } => right_m,
            _ => 0.0,
        };
        TakeOff::Parked { right_m }
    }

    pub fn follow(
        &mut self,
        field: usize,
        roll_at_s: f64,
        performance: &Performance,
        own: &Body,
        view: &View,
    ) -> Next {
        let now = &view.fields[field];
        if let TakeOff::Parked { right_m } = *self {
            if view.now_s < roll_at_s {
                return Next::Act(Act::Stand { field, right_m, ahead_m: 0.0 });
            }
            *self = TakeOff::Rolling;
        }
        if let TakeOff::Rolling = self {
            if own.ground_speed_mps < performance.approach_mps {
                return now.roll(performance.approach_mps).into();
            }
            *self = TakeOff::ClimbingOut { from_m: own.altitude_m, track_rad: own.track_rad };
        }
        match *self {
            TakeOff::ClimbingOut { from_m, track_rad } if own.altitude_m < from_m + CLIMB_OUT_M => {
                // Aim above the height at which the next leg takes over, so
                // that the climb does not level off before it.
                let altitude_m = from_m + 2.0 * CLIMB_OUT_M;
                Command::cruise(track_rad, performance.cruise_mps, altitude_m).into()
            }
            _ => Next::Leg,
        }
    }
}

/// Progress of a landing.
#[derive(Clone, Debug)]
pub(crate) enum Landing {
    /// Towards the gate at which the final approach begins.
    Inbound,
    Final,
    RollingOut,
    Parked {
        right_m: f64,
        ahead_m: f64,
        since_s: f64,
    },
}

impl Landing {
    pub fn follow(
        &mut self,
        field: usize,
        extra_m: f64,
        performance: &Performance,
        own: &Body,
        view: &View,
    ) -> Next {
        let now = &view.fields[field];
        // Where the aircraft is as seen from the threshold along the runway.
        let [right_m, ahead_m] = now.body.relative(own.frame.origin);
        if let Landing::Inbound = self {
            let final_m = performance.approach_mps * FINAL_S + extra_m;
            let gate = now.body.offset(0.0, -final_m).frame().origin;
            let (azimuth, distance_m) = own.towards(gate);
            if distance_m >= performance.turn_radius_m(own.ground_speed_mps) {
                let gate_altitude_m = now.body.altitude_m + final_m * GLIDE;
                return inbound(performance, own, azimuth, distance_m, gate_altitude_m).into();
            }
            *self = Landing::Final;
        }
        if let Landing::Final = self {
            let to_go_m = -ahead_m;
            if to_go_m > own.ground_speed_mps * STEP_S / 2.0 {
                return final_approach(performance, own, now, to_go_m).into();
            }
            if right_m.abs() > RUNWAY_HALF_WIDTH_M {
                *self = Landing::Inbound; // missed: once more
                return Command::cruise(own.track_rad, performance.approach_mps, own.altitude_m)
                    .into();
            }
            *self = Landing::RollingOut;
        }
        if let Landing::RollingOut = self {
            if own.ground_speed_mps > now.body.ground_speed_mps + 0.5 || !own.on_ground {
                return now.roll(now.body.ground_speed_mps).into();
            }
            *self = Landing::Parked { right_m, ahead_m, since_s: view.now_s };
        }
        match *self {
            Landing::Parked { right_m, ahead_m, since_s } if view.now_s < since_s + PARKED_S => {
                Next::Act(Act::Stand { field, right_m, ahead_m })
            }
            _ => Next::Leg,
        }
    }
}

/// Level until it is time to descend, then down and slower to be right at the gate.
fn inbound(
    performance: &Performance,
    own: &Body,
    azimuth: f64,
    distance_m: f64,
    gate_altitude_m: f64,
) -> Command {
    let approach_mps = performance.approach_mps;
    let speed_mps = own.ground_speed_mps;
    let excess = speed_mps * speed_mps - approach_mps * approach_mps;
    let slowing_m = 1.2 * excess / (2.0 * performance.accel_mps2) + 2000.0;
    let descent_s = (own.altitude_m - gate_altitude_m) / performance.descent_mps;
    let descent_m = 1.1 * descent_s * speed_mps + 3000.0;
    let wanted_mps = if distance_m < slowing_m { approach_mps } else { performance.cruise_mps };
    let wanted_m = if distance_m < descent_m || own.altitude_m < gate_altitude_m {
        gate_altitude_m
    } else {
        own.altitude_m
    };
    Command::cruise(azimuth, wanted_mps, wanted_m)
}

/// Towards a point half-way to the threshold on the line of the runway, which
/// brings the aircraft onto that line; down the glide path relative to the deck.
fn final_approach(performance: &Performance, own: &Body, now: &FieldNow, to_go_m: f64) -> Command {
    let aim = now.body.offset(0.0, -to_go_m / 2.0).frame().origin;
    let closing_mps = (own.ground_speed_mps - now.body.ground_speed_mps).max(0.0);
    let height_m = (to_go_m - closing_mps * STEP_S).max(0.0) * GLIDE;
    Command {
        climb_mps: -closing_mps * GLIDE,
        ..Command::cruise(
            own.towards(aim).0,
            performance.approach_mps,
            now.body.altitude_m + height_m,
        )
    }
}

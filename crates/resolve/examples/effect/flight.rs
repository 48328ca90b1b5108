//! Aircraft as they truly fly: a nominal plan, and what their pilot was told.

use deconflict_core::AircraftClass;
use deconflict_core::geo::{LocalFrame, Vec3, wrap_pi};
use deconflict_resolve::{Instruction, Performance};

/// Length of a step, seconds.
pub const STEP_S: f64 = 1.0;

/// What an aircraft would do of its own accord in one second: rate of turn,
/// acceleration, vertical rate.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nominal {
    pub turn_rps: f64,
    pub accel_mps2: f64,
    pub climb_mps: f64,
}

/// One aircraft.
#[derive(Clone, Debug)]
pub struct Craft {
    pub class: AircraftClass,
    pub position_m: Vec3,
    pub track_rad: f64,
    pub speed_mps: f64,
    pub climb_mps: f64,
    pub performance: Performance,
    /// Second by second; the last one goes on.
    pub nominal: Vec<Nominal>,
    /// What the pilot flies by now.
    pub flown: Instruction,
    /// A vertical rate that is flown whatever else is said, m/s.
    pub rate_mps: Option<f64>,
    /// What has been said and is not flown yet: when, what; `None` ends everything.
    pub heard: Vec<(f64, Option<Instruction>)>,
}

impl Craft {
    /// An aircraft without a plan of its own.
    pub fn new(
        class: AircraftClass,
        position_m: Vec3,
        track_rad: f64,
        speed_mps: f64,
        climb_mps: f64,
    ) -> Craft {
        Craft {
            class,
            position_m,
            track_rad,
            speed_mps,
            climb_mps,
            performance: Performance::typical(class),
            nominal: vec![Nominal { climb_mps, ..Nominal::default() }],
            flown: Instruction::default(),
            rate_mps: None,
            heard: Vec::new(),
        }
    }

    pub fn velocity(&self) -> Vec3 {
        let (sin, cos) = self.track_rad.sin_cos();
        [self.speed_mps * sin, self.speed_mps * cos, self.climb_mps]
    }

    /// One second.
    pub fn step(&mut self, now_s: f64) {
        while let Some((due_s, told)) = self.heard.first().copied()
            && due_s <= now_s
        {
            self.heard.remove(0);
            self.flown = told.map_or(Instruction::default(), |told| told.after(self.flown));
        }
        let second = (now_s as usize).min(self.nominal.len() - 1);
        let nominal = self.nominal[second];
        let performance = &self.performance;
        let limit_rps = performance.turn_rate_at_rps(self.speed_mps);
        let turn_rps = self.flown.track_rad.map_or(nominal.turn_rps, |track| {
            (wrap_pi(track - self.track_rad) / STEP_S).clamp(-limit_rps, limit_rps)
        });
        let accel = self.flown.ground_speed_mps.map_or(nominal.accel_mps2, |wanted| {
            (wanted - self.speed_mps).clamp(-performance.accel_mps2, performance.accel_mps2)
        });
        let wanted_mps = self.flown.altitude_m.map_or(nominal.climb_mps, |wanted| {
            let left_m = wanted - self.position_m[2] - 0.5 * self.climb_mps * STEP_S;
            // The rate from which the level can still be captured without passing it.
            let capture_mps = (1.2 * performance.vertical_accel_mps2 * left_m.abs()).sqrt();
            let rate_mps = capture_mps.min(left_m.abs() / 2.0).copysign(left_m);
            rate_mps.clamp(-performance.descent_mps, performance.climb_mps)
        });
        let wanted_mps = self.rate_mps.unwrap_or(wanted_mps);
        let limit = performance.vertical_accel_mps2 * STEP_S;
        let climb_mps = self.climb_mps + (wanted_mps - self.climb_mps).clamp(-limit, limit);
        let speed_mps = (self.speed_mps + accel * STEP_S).max(10.0);
        let half_rad = 0.5 * turn_rps * STEP_S;
        let distance_m = 0.5 * (self.speed_mps + speed_mps) * STEP_S;
        let (sin, cos) = (self.track_rad + half_rad).sin_cos();
        self.position_m[0] += distance_m * sin;
        self.position_m[1] += distance_m * cos;
        self.position_m[2] += 0.5 * (self.climb_mps + climb_mps) * STEP_S;
        self.track_rad = (self.track_rad + turn_rps * STEP_S).rem_euclid(std::f64::consts::TAU);
        (self.speed_mps, self.climb_mps) = (speed_mps, climb_mps);
    }
}

/// Where everything happens: the plane that touches the earth here.
pub fn here() -> LocalFrame {
    deconflict_core::GeoPoint::from_deg(45.0, 8.0).expect("a place").frame()
}

/// The direction of true north in the plane, seen from a place in it: what is told in true
/// tracks is flown in the plane's.
pub fn north_at(position_m: Vec3) -> f64 {
    let frame = here();
    let there = frame.from_local([position_m[0], position_m[1]]).frame();
    let [east, north, _] = frame.components(there.horizontal(0.0, 1.0));
    east.atan2(north)
}

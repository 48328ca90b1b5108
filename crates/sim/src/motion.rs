//! How an aircraft moves: a point mass with limits, stepped once a second.
//!
//! The step is fixed and internal, so that what flies never depends on how
//! often the caller looks. Horizontal motion is over ground (there is no
//! wind), altitude is pressure altitude (the standard atmosphere holds).

use deconflict_core::geo::{LocalFrame, Vec3, dot, sub, wrap_pi};
use deconflict_core::units::STANDARD_GRAVITY_MPS2;
use deconflict_core::{AircraftClass, GeoPoint};
use std::f64::consts::TAU;

/// Length of a step, seconds.
pub(crate) const STEP_S: f64 = 1.0;
/// No aircraft turns faster than this, however slow it flies, rad/s (6°/s).
pub(crate) const MAX_TURN_RATE_RPS: f64 = 0.104_72;

/// What an aircraft of a type can do. SI units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Performance {
    pub class: AircraftClass,
    pub cruise_mps: f64,
    /// On final approach, and the speed at which it leaves the ground.
    pub approach_mps: f64,
    pub climb_mps: f64,
    pub descent_mps: f64,
    pub bank_rad: f64,
    /// Along the path and vertically.
    pub accel_mps2: f64,
}

impl Performance {
    /// Fastest turn at this ground speed, rad/s.
    pub fn turn_rate_rps(&self, ground_speed_mps: f64) -> f64 {
        let by_bank = STANDARD_GRAVITY_MPS2 * self.bank_rad.tan() / ground_speed_mps.max(1.0);
        by_bank.min(MAX_TURN_RATE_RPS)
    }

    /// Smallest radius of turn at this ground speed, metres.
    pub fn turn_radius_m(&self, ground_speed_mps: f64) -> f64 {
        ground_speed_mps / self.turn_rate_rps(ground_speed_mps)
    }

    /// Fastest that it can be made to fly, m/s: what it has in hand to catch up with another.
    pub fn dash_mps(&self) -> f64 {
        1.2 * self.cruise_mps
    }

    /// Time constant of levelling off, seconds: long enough that the
    /// acceleration limit does not make it overshoot.
    fn level_off_s(&self) -> f64 {
        (self.climb_mps.max(self.descent_mps) / self.accel_mps2).max(6.0)
    }
}

/// What the pilot wants at the end of the next step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Command {
    pub track_rad: f64,
    pub ground_speed_mps: f64,
    pub altitude_m: f64,
    /// Rate at which the wanted altitude itself moves (glide path, leader in climb), m/s.
    pub climb_mps: f64,
    /// Limit of acceleration along the path if not the usual one of the type
    /// (wheel brakes, catapult, arresting wire), m/s².
    pub accel_mps2: Option<f64>,
    pub on_ground: bool,
}

impl Command {
    /// Level flight.
    pub fn cruise(track_rad: f64, ground_speed_mps: f64, altitude_m: f64) -> Command {
        Command {
            track_rad,
            ground_speed_mps,
            altitude_m,
            climb_mps: 0.0,
            accel_mps2: None,
            on_ground: false,
        }
    }
}

/// A moving thing: aircraft or ship.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Body {
    pub position: GeoPoint,
    /// Tangent frame at `position`, kept because everybody asks for it.
    pub frame: LocalFrame,
    pub altitude_m: f64,
    pub track_rad: f64,
    pub ground_speed_mps: f64,
    pub vertical_rate_mps: f64,
    /// Clockwise positive.
    pub turn_rate_rps: f64,
    pub on_ground: bool,
}

impl Body {
    pub fn new(
        position: GeoPoint,
        altitude_m: f64,
        track_rad: f64,
        ground_speed_mps: f64,
        on_ground: bool,
    ) -> Body {
        Body {
            position,
            frame: position.frame(),
            altitude_m,
            track_rad: track_rad.rem_euclid(TAU),
            ground_speed_mps,
            vertical_rate_mps: 0.0,
            turn_rate_rps: 0.0,
            on_ground,
        }
    }

    /// One step towards what is commanded, as far as the limits allow.
    pub fn advance(&mut self, command: &Command, performance: &Performance) {
        let limit = performance.turn_rate_rps(self.ground_speed_mps);
        let wanted_turn = wrap_pi(command.track_rad - self.track_rad) / STEP_S;
        self.turn_rate_rps = wanted_turn.clamp(-limit, limit);

        let speed_before = self.ground_speed_mps;
        let accel = command.accel_mps2.unwrap_or(performance.accel_mps2) * STEP_S;
        self.ground_speed_mps = towards(speed_before, command.ground_speed_mps, accel);

        self.on_ground = command.on_ground;
        if command.on_ground {
            self.altitude_m = command.altitude_m;
            self.vertical_rate_mps = 0.0;
        } else {
            self.climb_towards(command, performance);
        }

        // The chord of the turn has the direction of its middle.
        let distance_m = (speed_before + self.ground_speed_mps) / 2.0 * STEP_S;
        let (sin, cos) = (self.track_rad + self.turn_rate_rps * STEP_S / 2.0).sin_cos();
        let position = self.frame.from_local([distance_m * sin, distance_m * cos]);
        // North is elsewhere at the new place: carry the direction there.
        let (sin, cos) = (self.track_rad + self.turn_rate_rps * STEP_S).sin_cos();
        let there = position.frame();
        let [east, north, _] = there.components(self.frame.horizontal(sin, cos));
        self.track_rad = east.atan2(north).rem_euclid(TAU);
        self.position = position;
        self.frame = there;
    }

    fn climb_towards(&mut self, command: &Command, performance: &Performance) {
        let error_m = command.altitude_m - self.altitude_m;
        if command.climb_mps == 0.0 && error_m.abs() < 0.3 && self.vertical_rate_mps.abs() < 0.1 {
            self.altitude_m = command.altitude_m;
            self.vertical_rate_mps = 0.0;
            return;
        }
        let wanted = (command.climb_mps + error_m / performance.level_off_s())
            .clamp(-performance.descent_mps, performance.climb_mps);
        let before = self.vertical_rate_mps;
        self.vertical_rate_mps = towards(before, wanted, performance.accel_mps2 * STEP_S);
        self.altitude_m += (before + self.vertical_rate_mps) / 2.0 * STEP_S;
    }

    /// Azimuth (radians from north) and distance (chord, metres) to a place
    /// given as an earth-centred vector: good to 0.1 % at 500 km, and free of
    /// the geodesic's iterations, as it is asked for by every aircraft every second.
    pub fn towards(&self, ecef: Vec3) -> (f64, f64) {
        let d = sub(ecef, self.frame.origin);
        let [east, north, _] = self.frame.components(d);
        (east.atan2(north).rem_euclid(TAU), dot(d, d).sqrt())
    }

    /// Where another place lies as seen along this body's track: metres to the
    /// right and metres ahead.
    pub fn relative(&self, ecef: Vec3) -> [f64; 2] {
        let [east, north, _] = self.frame.components(sub(ecef, self.frame.origin));
        let (sin, cos) = self.track_rad.sin_cos();
        [east * cos - north * sin, east * sin + north * cos]
    }

    /// The place that lies so far to the right and ahead of this body.
    pub fn offset(&self, right_m: f64, ahead_m: f64) -> GeoPoint {
        let (sin, cos) = self.track_rad.sin_cos();
        self.frame.from_local([right_m * cos + ahead_m * sin, ahead_m * cos - right_m * sin])
    }

    /// Velocity over ground, east and north, m/s.
    pub fn velocity(&self) -> [f64; 2] {
        let (sin, cos) = self.track_rad.sin_cos();
        [self.ground_speed_mps * sin, self.ground_speed_mps * cos]
    }
}

/// A point on the ground with its earth-centred vector, as guidance wants it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Fix {
    pub point: GeoPoint,
    pub ecef: Vec3,
}

impl From<GeoPoint> for Fix {
    fn from(point: GeoPoint) -> Fix {
        Fix { point, ecef: point.frame().origin }
    }
}

/// `from`, moved towards `to` by at most `by`.
fn towards(from: f64, to: f64, by: f64) -> f64 {
    from + (to - from).clamp(-by, by)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use deconflict_core::units::{mps_from_fpm, mps_from_kt};
    use proptest::prelude::*;

    pub(crate) fn jet() -> Performance {
        Performance {
            class: AircraftClass::HighPerformance,
            cruise_mps: mps_from_kt(450.0),
            approach_mps: mps_from_kt(150.0),
            climb_mps: mps_from_fpm(8000.0),
            descent_mps: mps_from_fpm(6000.0),
            bank_rad: 0.8,
            accel_mps2: 3.0,
        }
    }

    proptest! {
        /// Whatever is commanded, what flies obeys its limits and does not jump.
        #[test]
        fn limits_hold_for_any_command(
            lat in -89.9..89.9f64, lon in -180.0..180.0f64,
            commands in prop::collection::vec((0.0..7.0f64, 0.0..400.0f64, 0.0..15_000.0f64), 1..50),
        ) {
            let p = jet();
            let start = GeoPoint::from_deg(lat, lon).unwrap();
            let mut body = Body::new(start, 6000.0, 1.0, 200.0, false);
            for (track, speed, altitude) in commands {
                let before = body;
                body.advance(&Command::cruise(track, speed, altitude), &p);
                prop_assert!(body.turn_rate_rps.abs() <= p.turn_rate_rps(before.ground_speed_mps));
                prop_assert!((body.ground_speed_mps - before.ground_speed_mps).abs() <= p.accel_mps2 + 1e-9);
                prop_assert!(body.vertical_rate_mps <= p.climb_mps + 1e-9);
                prop_assert!(body.vertical_rate_mps >= -p.descent_mps - 1e-9);
                let moved = body.position.distance_m(before.position);
                let fastest = body.ground_speed_mps.max(before.ground_speed_mps) * STEP_S;
                prop_assert!(moved <= fastest + 0.01, "{moved} > {fastest}");
            }
        }
    }

    #[test]
    fn levels_off_without_overshoot() {
        let p = jet();
        let mut body =
            Body::new(GeoPoint::from_deg(35.0, 40.0).unwrap(), 3000.0, 0.0, 230.0, false);
        for _ in 0..300 {
            body.advance(&Command::cruise(0.0, 230.0, 9144.0), &p);
            assert!(body.altitude_m < 9144.0 + 5.0, "{}", body.altitude_m);
        }
        assert_eq!((body.altitude_m, body.vertical_rate_mps), (9144.0, 0.0));
    }

    #[test]
    fn straight_flight_is_a_geodesic() {
        let start = GeoPoint::from_deg(50.0, 0.0).unwrap();
        let mut body = Body::new(start, 9000.0, 1.2, 250.0, false);
        for _ in 0..3600 {
            let track = body.track_rad;
            body.advance(&Command::cruise(track, 250.0, 9000.0), &jet());
        }
        assert!(body.position.distance_m(start.destination(1.2, 900_000.0)) < 5.0);
    }

    #[test]
    fn right_and_ahead_are_inverse_of_offset() {
        let body = Body::new(GeoPoint::from_deg(35.0, 40.0).unwrap(), 0.0, 2.0, 10.0, false);
        let [right, ahead] = body.relative(Fix::from(body.offset(300.0, -700.0)).ecef);
        assert!((right - 300.0).abs() < 0.01 && (ahead + 700.0).abs() < 0.01);
    }
}

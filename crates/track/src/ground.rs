//! Whether an aircraft is on the ground.

use deconflict_core::units::{m_from_ft, mps_from_kt};
use deconflict_core::{AircraftClass, Time};

/// A flag settles the matter for this long, seconds; then inference may speak.
const FLAG_HOLDS_S: f64 = 60.0;
/// Flags that contradict the present answer needed to change it.
const CONTRARY_FLAGS: u8 = 2;
/// An aeroplane slower than this may be on the ground.
const SLOW_MPS: f64 = mps_from_kt(40.0);
/// An aircraft of unknown kind must be slower than this: at the pace of a walk.
const STANDING_MPS: f64 = mps_from_kt(5.0);
/// Above this it flies.
const FLYING_MPS: f64 = mps_from_kt(60.0);
/// How near its lowest altitude so far it must be.
const LOW_BAND_M: f64 = m_from_ft(100.0);
/// Higher than this above its lowest altitude it flies.
const FLYING_ABOVE_M: f64 = m_from_ft(200.0);
/// For how long an aeroplane must be slow and low, seconds.
const SLOW_FOR_S: f64 = 10.0;
/// For how long an aircraft of unknown kind must, seconds.
const STANDING_FOR_S: f64 = 60.0;

/// On the ground or not, by flag where there is one, else by inference.
///
/// Wrongly on the ground means no alert, so inference is shy: an aeroplane that
/// has been slower than it can fly for ten seconds, near the lowest altitude it
/// has been seen at; for a glider or an aircraft of unknown kind, standing still
/// there for a minute. Rotorcraft, balloons, ultralights and drones hover and
/// drift at any speed: for them only a flag counts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ground {
    on_ground: bool,
    flagged: Option<Time>,
    contrary: u8,
    slow_since: Option<Time>,
    lowest_m: Option<f64>,
}

impl Ground {
    /// The answer.
    pub fn on_ground(&self) -> bool {
        self.on_ground
    }

    /// Takes in a flag.
    pub fn flag(&mut self, time: Time, on_ground: bool) {
        let first = self.flagged.is_none();
        self.flagged = Some(time);
        self.contrary = if on_ground == self.on_ground { 0 } else { self.contrary + 1 };
        if first || self.contrary >= CONTRARY_FLAGS {
            self.on_ground = on_ground;
            self.contrary = 0;
        }
    }

    /// Infers from speed (if known) and altitude.
    pub fn infer(
        &mut self,
        time: Time,
        class: AircraftClass,
        speed_mps: Option<f64>,
        altitude_m: Option<f64>,
    ) {
        if class == AircraftClass::Surface {
            self.on_ground = true;
            return;
        }
        if let Some(m) = altitude_m {
            self.lowest_m = Some(self.lowest_m.map_or(m, |lowest| lowest.min(m)));
        }
        if self.flagged.is_some_and(|at| time.seconds_since(at) < FLAG_HOLDS_S) {
            self.slow_since = None;
            return;
        }
        let (Some(speed), Some(m), Some(lowest)) = (speed_mps, altitude_m, self.lowest_m) else {
            return;
        };
        if speed > FLYING_MPS || m > lowest + FLYING_ABOVE_M {
            self.on_ground = false;
            self.slow_since = None;
            return;
        }
        let Some((slow_mps, for_s)) = limits(class) else {
            return;
        };
        if speed > slow_mps || m > lowest + LOW_BAND_M {
            self.slow_since = None;
            return;
        }
        let since = *self.slow_since.get_or_insert(time);
        if time.seconds_since(since) >= for_s {
            self.on_ground = true;
        }
    }
}

fn limits(class: AircraftClass) -> Option<(f64, f64)> {
    use AircraftClass::*;
    match class {
        Transport | Tanker | Light | HighPerformance | TowPlane => Some((SLOW_MPS, SLOW_FOR_S)),
        // A glider stands on the field all day without saying so.
        Unknown | Glider => Some((STANDING_MPS, STANDING_FOR_S)),
        Rotorcraft | LighterThanAir | Ultralight | Uncrewed | Surface => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn t(s: f64) -> Time {
        Time::from_unix_s(1_000.0 + s).unwrap()
    }

    #[test]
    fn one_wrong_flag_changes_nothing() {
        let mut g = Ground::default();
        g.flag(t(0.0), false);
        g.flag(t(1.0), true);
        assert!(!g.on_ground());
        g.flag(t(2.0), true);
        assert!(g.on_ground());
    }

    #[test]
    fn a_landing_is_inferred_and_a_take_off_noticed() {
        let mut g = Ground::default();
        let class = AircraftClass::Light;
        for i in 0..60 {
            g.infer(t(f64::from(i)), class, Some(35.0), Some(600.0 - 10.0 * f64::from(i)));
        }
        assert!(!g.on_ground());
        for i in 60..75 {
            g.infer(t(f64::from(i)), class, Some(8.0), Some(10.0));
        }
        assert!(g.on_ground());
        g.infer(t(80.0), class, Some(25.0), Some(10.0));
        assert!(g.on_ground(), "hysteresis");
        g.infer(t(90.0), class, Some(33.0), Some(10.0));
        assert!(!g.on_ground());
    }

    #[test]
    fn a_hovering_helicopter_flies() {
        let mut g = Ground::default();
        for i in 0..300 {
            g.infer(t(f64::from(i)), AircraftClass::Rotorcraft, Some(0.0), Some(50.0));
        }
        assert!(!g.on_ground());
    }
}

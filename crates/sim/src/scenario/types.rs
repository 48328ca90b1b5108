//! Types of aircraft that every scenario knows. Round figures of the kind of
//! aircraft, taken from no particular one.

use crate::motion::Performance;
use deconflict_core::AircraftClass;
use deconflict_core::units::{mps_from_fpm, mps_from_kt};

/// Name, class, ground speed and approach speed (kt), climb and descent
/// (ft/min), bank (degrees), acceleration (m/s²).
type Row = (&'static str, AircraftClass, f64, f64, f64, f64, f64, f64);

const TYPES: [Row; 11] = [
    ("airliner", AircraftClass::Transport, 460.0, 140.0, 2000.0, 2000.0, 25.0, 0.8),
    ("transport", AircraftClass::Transport, 320.0, 120.0, 1800.0, 1800.0, 25.0, 0.8),
    ("tanker", AircraftClass::Tanker, 400.0, 140.0, 2000.0, 2000.0, 25.0, 0.8),
    ("surveillance", AircraftClass::Transport, 360.0, 135.0, 2000.0, 2000.0, 25.0, 0.8),
    ("bomber", AircraftClass::Transport, 420.0, 150.0, 2500.0, 2500.0, 30.0, 1.0),
    ("fighter", AircraftClass::HighPerformance, 430.0, 145.0, 8000.0, 6000.0, 45.0, 3.0),
    ("helicopter", AircraftClass::Rotorcraft, 120.0, 60.0, 1000.0, 1000.0, 25.0, 1.5),
    ("light", AircraftClass::Light, 130.0, 65.0, 900.0, 900.0, 30.0, 1.0),
    ("drone-fast", AircraftClass::Uncrewed, 180.0, 95.0, 1200.0, 1200.0, 25.0, 1.0),
    ("drone-slow", AircraftClass::Uncrewed, 75.0, 60.0, 500.0, 500.0, 25.0, 0.8),
    ("drone-small", AircraftClass::Uncrewed, 25.0, 15.0, 400.0, 400.0, 25.0, 2.0),
];

/// The built-in type of this name.
pub(super) fn builtin(name: &str) -> Option<Performance> {
    let (_, class, gs, approach, climb, descent, bank, accel) =
        TYPES.into_iter().find(|row| row.0 == name)?;
    Some(Performance {
        class,
        cruise_mps: mps_from_kt(gs),
        approach_mps: mps_from_kt(approach),
        climb_mps: mps_from_fpm(climb),
        descent_mps: mps_from_fpm(descent),
        bank_rad: f64::to_radians(bank),
        accel_mps2: accel,
    })
}

/// All built-in names, for messages.
pub(super) fn names() -> String {
    TYPES.map(|row| row.0).join(", ")
}

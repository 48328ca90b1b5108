//! Operators, classes of aircraft, and formations.

use crate::label::Label;
use std::fmt;

/// The party that operates an aircraft or owns a feed: `USAF`, `RuAF`, `SAR-1`.
pub type Operator = Label<16>;

/// The name of a formation: aircraft that fly as one and owe each other no separation.
pub type Formation = Label<16>;

/// What kind of aircraft, as far as separation is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum AircraftClass {
    /// Nobody has said.
    #[default]
    Unknown,
    /// Airliners and other large aeroplanes.
    Transport,
    /// Light and small aeroplanes.
    Light,
    /// Fast and agile: > 5 g and > 400 kt (emitter category A6).
    HighPerformance,
    /// Air-to-air refuelling aircraft.
    Tanker,
    /// Helicopters, gyroplanes, tilt-rotors.
    Rotorcraft,
    /// Gliders and sailplanes.
    Glider,
    /// Aeroplanes that tow gliders.
    TowPlane,
    /// Balloons and airships.
    LighterThanAir,
    /// Parachutists, hang-gliders, paragliders, ultralights.
    Ultralight,
    /// Uncrewed aircraft.
    Uncrewed,
    /// Vehicles and fixed obstacles on the surface: never airborne.
    Surface,
}

impl AircraftClass {
    /// Every class, in the order of the documentation.
    pub const ALL: [AircraftClass; 12] = [
        AircraftClass::Unknown,
        AircraftClass::Transport,
        AircraftClass::Light,
        AircraftClass::HighPerformance,
        AircraftClass::Tanker,
        AircraftClass::Rotorcraft,
        AircraftClass::Glider,
        AircraftClass::TowPlane,
        AircraftClass::LighterThanAir,
        AircraftClass::Ultralight,
        AircraftClass::Uncrewed,
        AircraftClass::Surface,
    ];

    /// The name used in rules, scenarios and outputs.
    pub const fn name(self) -> &'static str {
        match self {
            AircraftClass::Unknown => "unknown",
            AircraftClass::Transport => "transport",
            AircraftClass::Light => "light",
            AircraftClass::HighPerformance => "high-performance",
            AircraftClass::Tanker => "tanker",
            AircraftClass::Rotorcraft => "rotorcraft",
            AircraftClass::Glider => "glider",
            AircraftClass::TowPlane => "tow-plane",
            AircraftClass::LighterThanAir => "lighter-than-air",
            AircraftClass::Ultralight => "ultralight",
            AircraftClass::Uncrewed => "uncrewed",
            AircraftClass::Surface => "surface",
        }
    }

    /// Reads [`name`](Self::name).
    pub fn parse(name: &str) -> Option<AircraftClass> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }

    /// From the ADS-B emitter category as written by receivers, `A0` to `D7`
    /// (RTCA DO-260B, 2.2.3.2.5.2).
    pub fn from_emitter_category(category: &str) -> AircraftClass {
        match category {
            "A1" | "A2" => AircraftClass::Light,
            "A3" | "A4" | "A5" => AircraftClass::Transport,
            "A6" => AircraftClass::HighPerformance,
            "A7" => AircraftClass::Rotorcraft,
            "B1" => AircraftClass::Glider,
            "B2" => AircraftClass::LighterThanAir,
            "B3" | "B4" => AircraftClass::Ultralight,
            "B6" => AircraftClass::Uncrewed,
            "C1" | "C2" | "C3" | "C4" | "C5" => AircraftClass::Surface,
            _ => AircraftClass::Unknown,
        }
    }
}

impl fmt::Display for AircraftClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for class in AircraftClass::ALL {
            assert_eq!(AircraftClass::parse(class.name()), Some(class));
        }
        assert_eq!(AircraftClass::from_emitter_category("A7"), AircraftClass::Rotorcraft);
        assert_eq!(AircraftClass::from_emitter_category("Z9"), AircraftClass::Unknown);
    }
}

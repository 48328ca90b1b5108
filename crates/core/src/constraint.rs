//! What stands against asking an aircraft to manoeuvre.

use crate::AircraftClass;
use std::fmt;

/// Why an aircraft cannot, or should not, be asked to give way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Constraint {
    /// It gives or takes fuel in flight.
    Refuelling,
    /// A drone whose control link is lost: it flies what was programmed.
    LostLink,
    /// Its radio has failed: nobody can reach it.
    NoRadio,
    /// It is on its approach to land.
    Landing,
    /// It is in distress: it can be asked, but after everybody else.
    Emergency,
    /// Any other reason for which it flies on as it does.
    CannotManoeuvre,
}

impl Constraint {
    /// Every constraint, in the order of the documentation.
    pub const ALL: [Constraint; 6] = [
        Constraint::Refuelling,
        Constraint::LostLink,
        Constraint::NoRadio,
        Constraint::Landing,
        Constraint::Emergency,
        Constraint::CannotManoeuvre,
    ];

    /// The name used in configurations and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Constraint::Refuelling => "refuelling",
            Constraint::LostLink => "lost-link",
            Constraint::NoRadio => "no-radio",
            Constraint::Landing => "landing",
            Constraint::Emergency => "emergency",
            Constraint::CannotManoeuvre => "cannot-manoeuvre",
        }
    }

    /// Reads [`name`](Self::name).
    pub fn parse(name: &str) -> Option<Constraint> {
        Self::ALL.into_iter().find(|c| c.name() == name)
    }

    /// What the aircraft itself says by its Mode 3/A code (its four digits as a number): distress
    /// and unlawful interference, radio failure (ICAO Doc 4444, 2016, 8.5.4 and 15.1.3), and lost
    /// link (FAA JO 7110.65, 2021, 5-2-9), which only drones have.
    pub fn from_squawk(code: u16, class: AircraftClass) -> Option<Constraint> {
        let may_be_drone = matches!(class, AircraftClass::Uncrewed | AircraftClass::Unknown);
        match code {
            7700 | 7500 => Some(Constraint::Emergency),
            7600 => Some(Constraint::NoRadio),
            7400 if may_be_drone => Some(Constraint::LostLink),
            _ => None,
        }
    }
}

impl fmt::Display for Constraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for constraint in Constraint::ALL {
            assert_eq!(Constraint::parse(constraint.name()), Some(constraint));
        }
        assert_eq!(Constraint::parse("lost_link"), None);
    }

    #[test]
    fn codes_that_say_something() {
        let of = |code| Constraint::from_squawk(code, AircraftClass::Transport);
        assert_eq!(of(7700), Some(Constraint::Emergency));
        assert_eq!(of(7600), Some(Constraint::NoRadio));
        assert_eq!(of(7400), None);
        assert_eq!(of(7000), None);
        let drone = Constraint::from_squawk(7400, AircraftClass::Uncrewed);
        assert_eq!(drone, Some(Constraint::LostLink));
    }
}

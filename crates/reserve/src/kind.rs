//! What airspace is reserved for.

use std::fmt;

/// What a reservation is for: the conflict matrix goes by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A flight or an operation of any other kind.
    Operation,
    /// A corridor that traffic passes through.
    Transit,
    /// An orbit: surveillance, relay, holding.
    Orbit,
    /// A refuelling track or anchor area.
    Refuelling,
    /// A humanitarian flight or corridor: priority over all else.
    Humanitarian,
    /// Search and rescue, medical evacuation, fire fighting.
    Rescue,
    /// Airspace that is one user's alone.
    Segregated,
    /// Airspace that nobody enters.
    Restricted,
    /// Something in the air that no aircraft survives: firing ranges, rockets, blasting.
    Hazard,
    /// Training: aerobatics, parachutes, gliders.
    Training,
    /// Uncrewed aircraft.
    Uncrewed,
    /// Around a ship or a formation.
    Escort,
}

impl Kind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Kind; 12] = [
        Kind::Operation,
        Kind::Transit,
        Kind::Orbit,
        Kind::Refuelling,
        Kind::Humanitarian,
        Kind::Rescue,
        Kind::Segregated,
        Kind::Restricted,
        Kind::Hazard,
        Kind::Training,
        Kind::Uncrewed,
        Kind::Escort,
    ];

    /// The name in files and messages.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Operation => "operation",
            Kind::Transit => "transit",
            Kind::Orbit => "orbit",
            Kind::Refuelling => "refuelling",
            Kind::Humanitarian => "humanitarian",
            Kind::Rescue => "rescue",
            Kind::Segregated => "segregated",
            Kind::Restricted => "restricted",
            Kind::Hazard => "hazard",
            Kind::Training => "training",
            Kind::Uncrewed => "uncrewed",
            Kind::Escort => "escort",
        }
    }

    /// Reads [`name`](Self::name).
    pub fn parse(name: &str) -> Option<Kind> {
        Self::ALL.into_iter().find(|k| k.name() == name)
    }

    /// The names, for messages.
    pub fn names() -> String {
        Self::ALL.map(Kind::name).join(", ")
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

//! What every aircraft is going to do, and what the feeds see: a scenario with
//! every name resolved, every unit SI and every random choice made.

use crate::area::Area;
use crate::motion::{Fix, Performance};
use deconflict_core::{Address, Formation, GeoPoint, Label, Operator, Technique};

/// Number of an aircraft: its index among the plans.
pub(crate) type PlanId = usize;

/// One aircraft from its appearance to its end.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub callsign: Label<8>,
    pub address: Address,
    pub operator: Operator,
    /// The command that the operator obeys: within it, levels are agreed.
    pub command: Operator,
    /// Name of the type, which feeds may select by.
    pub kind: String,
    pub formation: Option<Formation>,
    pub performance: Performance,
    pub transponder: Transponder,
    /// When it appears, seconds after the start of the scenario.
    pub appears_s: f64,
    pub entry: Entry,
    pub legs: Vec<Leg>,
    /// Error of its altimeter, metres: common to everything that it transmits.
    pub altimetry_error_m: f64,
}

/// How an aircraft comes into the scenario.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Entry {
    /// Flying.
    Airborne { at: GeoPoint, track_rad: f64, altitude_m: f64, ground_speed_mps: f64 },
    /// Standing on an aerodrome, so far to the right of the middle of its runway.
    Parked { field: usize, right_m: f64 },
    /// At its place in the formation of another.
    Beside { leader: PlanId, station: Station },
}

/// What an aircraft transmits by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Transponder {
    /// Position broadcasts, and everything below.
    AdsB,
    /// Replies with address and altitude, from which ground stations work out positions.
    ModeS,
    /// Nothing: only radar sees it.
    None,
}

/// A place relative to another aircraft, metres along its track, to its right, above it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Station {
    pub right_m: f64,
    pub ahead_m: f64,
    pub up_m: f64,
}

/// How long something lasts, once it has begun.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Until {
    /// Seconds after the start of the scenario.
    pub at_s: f64,
    /// Seconds after arrival.
    pub for_s: f64,
}

/// Altitudes to choose from, metres.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Levels {
    pub low_m: f64,
    pub high_m: f64,
}

/// One part of a flight.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Leg {
    TakeOff {
        field: usize,
        roll_at_s: f64,
    },
    To {
        fix: Fix,
        altitude_m: f64,
        ground_speed_mps: f64,
    },
    /// A racetrack flown corner to corner; the first corner ends the inbound leg.
    Hold {
        corners: [Fix; 4],
        altitude_m: f64,
        ground_speed_mps: f64,
        until: Until,
    },
    Orbit {
        centre: Fix,
        radius_m: f64,
        clockwise: bool,
        altitude_m: f64,
        ground_speed_mps: f64,
        until: Until,
    },
    Patrol {
        area: usize,
        levels: Levels,
        ground_speed_mps: f64,
        until: Until,
    },
    Refuel {
        tanker: PlanId,
        contact_s: f64,
    },
    /// Keep station on the leader until it goes to land or is gone.
    Formate {
        leader: PlanId,
        station: Station,
    },
    /// `extra_m` lengthens the approach: the wingman behind its leader.
    Land {
        field: usize,
        extra_m: f64,
    },
}

/// Where aircraft take off and land.
#[derive(Clone, Debug)]
pub(crate) enum Field {
    Aerodrome { threshold: Fix, runway_rad: f64, elevation_m: f64 },
    Ship { track: Vec<Fix>, ground_speed_mps: f64, deck_m: f64 },
}

/// A sensor or a data link, and everything that is wrong with it.
#[derive(Clone, Debug)]
pub(crate) struct FeedPlan {
    pub name: String,
    pub owner: Operator,
    pub kind: FeedKind,
    pub period_s: f64,
    pub shares: Shares,
    /// Empty: with everybody.
    pub shared_with: Vec<Operator>,
    /// Empty: all that it can see.
    pub operators: Vec<Operator>,
    /// Empty: all that it can see.
    pub types: Vec<String>,
    pub coverage: Option<Area>,
    pub floor_m: f64,
    pub noise: Noise,
    pub faults: Faults,
}

/// What a feed is able to see, and under which address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FeedKind {
    AdsB,
    Mlat,
    Radar,
    /// The owner's own report of its own aircraft.
    Link,
}

impl FeedKind {
    pub fn technique(self) -> Technique {
        match self {
            FeedKind::AdsB => Technique::AdsB,
            FeedKind::Mlat => Technique::Mlat,
            FeedKind::Radar => Technique::Radar,
            FeedKind::Link => Technique::Declared,
        }
    }
}

/// Which parts of a report are passed on to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shares {
    pub position: bool,
    pub altitude: bool,
    pub velocity: bool,
    pub identity: bool,
}

impl Shares {
    pub const ALL: Shares =
        Shares { position: true, altitude: true, velocity: true, identity: true };
    pub const NONE: Shares =
        Shares { position: false, altitude: false, velocity: false, identity: false };
}

/// Standard deviations of what is measured, SI; and the step of altitude.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Noise {
    /// Per horizontal axis.
    pub position_m: f64,
    pub altitude_m: f64,
    pub altitude_step_m: f64,
    pub ground_speed_mps: f64,
    pub track_rad: f64,
    pub vertical_rate_mps: f64,
}

/// How reports are lost, delayed and spoilt.
#[derive(Clone, Debug)]
pub(crate) struct Faults {
    pub drop_probability: f64,
    /// Seconds after the start of the scenario, from and until.
    pub outages_s: Vec<[f64; 2]>,
    pub latency_s: f64,
    pub jitter_s: f64,
    pub clock_skew_s: f64,
    pub duplicate_probability: f64,
    pub wild_probability: f64,
    pub wild_m: f64,
    pub ghost: Option<Ghost>,
}

/// A second target that ground surveillance makes of the same aircraft.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ghost {
    /// Part of the aircraft that have one, 0..1.
    pub fraction: f64,
    pub lag_s: f64,
    pub offset_m: f64,
}

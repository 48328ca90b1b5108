//! What a proposal is made from: who is around, what they can do, and what is owed.

use crate::performance::Performance;
use deconflict_core::altitude::{AltitudeReference, Incomparable, VerticalContext};
use deconflict_core::state::Growth;
use deconflict_core::units::m_from_ft;
use deconflict_core::{RuleSet, State, Subject, Time};
use deconflict_daa::detector::WellClear;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The most aircraft that one proposal instructs.
pub const MAX_CLUSTER: usize = 10;

/// What an aircraft is told. What is `None` stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Instruction {
    /// Turn the shorter way to this track over ground, radians clockwise from true north.
    pub track_rad: Option<f64>,
    /// Climb or descend to this pressure altitude, metres.
    pub altitude_m: Option<f64>,
    /// Fly this ground speed, m/s.
    pub ground_speed_mps: Option<f64>,
}

impl Instruction {
    /// This instruction after an earlier one: what it leaves open stays as it was told.
    #[must_use]
    pub fn after(self, earlier: Instruction) -> Instruction {
        Instruction {
            track_rad: self.track_rad.or(earlier.track_rad),
            altitude_m: self.altitude_m.or(earlier.altitude_m),
            ground_speed_mps: self.ground_speed_mps.or(earlier.ground_speed_mps),
        }
    }

    pub(crate) fn is_finite(&self) -> bool {
        [self.track_rad, self.altitude_m, self.ground_speed_mps]
            .into_iter()
            .flatten()
            .all(f64::is_finite)
    }
}

/// Why an aircraft cannot do as others can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Because {
    /// A tanker that has receivers on or beside it.
    TankerWithReceivers,
    /// A receiver on or beside its tanker.
    Refuelling,
    /// A drone whose control link is lost: it flies what was programmed.
    LostLink,
    /// On its approach to land.
    Landing,
    /// Nobody can reach it.
    NotReachable,
    /// In distress: it can be asked, but has priority.
    Emergency,
    /// Others give way to it: it can be asked, but has priority.
    Priority,
    /// Any other reason.
    Declared,
}

impl Because {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Because::TankerWithReceivers => "tanker with receivers",
            Because::Refuelling => "refuelling",
            Because::LostLink => "lost link",
            Because::Landing => "landing",
            Because::NotReachable => "not reachable",
            Because::Emergency => "emergency",
            Because::Priority => "has priority",
            Because::Declared => "cannot manoeuvre",
        }
    }
}

/// What an aircraft may be asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Whoever has more is asked later and less. 0 is ordinary.
    pub priority: u8,
    /// It can turn.
    pub turn: bool,
    /// It can change its level.
    pub level: bool,
    /// It can change its speed.
    pub speed: bool,
    /// Why not everything, if so.
    pub because: Option<Because>,
}

impl Limits {
    /// Nothing stands against any manoeuvre.
    pub const FREE: Limits =
        Limits { priority: 0, turn: true, level: true, speed: true, because: None };

    /// It flies on, whatever happens.
    pub const fn fixed(because: Because) -> Limits {
        Limits { priority: 0, turn: false, level: false, speed: false, because: Some(because) }
    }

    /// In distress, it may be asked anything, but after everybody else.
    pub const EMERGENCY: Limits =
        Limits { priority: 9, because: Some(Because::Emergency), ..Limits::FREE };

    /// It can only climb or descend.
    pub const VERTICAL_ONLY: Limits = Limits { turn: false, speed: false, ..Limits::FREE };

    /// It can only turn or change its speed.
    pub const HORIZONTAL_ONLY: Limits = Limits { level: false, ..Limits::FREE };
}

/// One aircraft of a situation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Participant {
    /// Whose it is.
    pub subject: Subject,
    /// Where it is and how it moves. Altitudes are compared as pressure altitudes.
    pub state: State,
    /// How fast its uncertainty grows.
    pub growth: Growth,
    /// What it can fly.
    pub performance: Performance,
    /// What it may be asked.
    pub limits: Limits,
    /// What it is flying already, because it was told so.
    pub following: Option<Instruction>,
}

impl Participant {
    /// An aircraft that flies straight on and may be asked anything that its class can do.
    pub fn new(subject: Subject, state: State) -> Participant {
        Participant {
            subject,
            state,
            growth: Growth::default(),
            performance: Performance::typical(subject.class),
            limits: Limits::FREE,
            following: None,
        }
    }
}

/// The separation that is to be regained.
#[derive(Clone, Debug)]
pub enum Owed {
    /// What separation rules say.
    Rules(Arc<RuleSet>),
    /// A well-clear volume around everybody.
    WellClear(WellClear),
}

/// Why an aircraft cannot be part of a situation.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum Refused {
    /// A number is not finite.
    #[error("a number of the aircraft is not finite")]
    NotFinite,
    /// A number is beyond what flies in the air.
    #[error("a number of the aircraft is beyond anything that flies")]
    Implausible,
    /// The altitude cannot be compared with the others'.
    #[error(transparent)]
    Altitude(#[from] Incomparable),
}

/// Faster than this nothing is proposed for, m/s.
const FASTEST_MPS: f64 = 1500.0;
/// Nor higher or deeper than this, metres.
const HIGHEST_M: f64 = 100_000.0;
/// Nor for states that are further from the present than this, seconds.
const OLDEST_S: f64 = 600.0;

/// Who is around at one moment, and who of them is to be kept apart.
#[derive(Clone, Debug)]
pub struct Situation {
    now: Time,
    aircraft: Vec<Participant>,
    owed: Owed,
    /// Pairs that owe each other nothing whatever the rules say, the smaller index first.
    exempt: BTreeSet<(u32, u32)>,
    /// How far ahead separation has to be kept, seconds.
    pub lookahead_s: f64,
    /// Time from the proposal to the first effect: reading, talking, reacting, seconds.
    pub response_s: f64,
    /// Who may be instructed; empty: whoever is in a conflict. Indices as
    /// [`push`](Self::push) gave them; at most [`MAX_CLUSTER`] count.
    pub cluster: Vec<u32>,
}

impl Situation {
    /// An empty situation.
    pub fn new(now: Time, owed: Owed) -> Situation {
        let lookahead_s = match &owed {
            Owed::Rules(rules) => rules.lookahead_s(),
            Owed::WellClear(volume) => 85.0 + volume.tau_s,
        };
        Situation {
            now,
            aircraft: Vec::new(),
            owed,
            exempt: BTreeSet::new(),
            lookahead_s: if lookahead_s.is_finite() {
                lookahead_s.clamp(10.0, 600.0)
            } else {
                300.0
            },
            response_s: 5.0,
            cluster: Vec::new(),
        }
    }

    /// Adds an aircraft. Returns its index.
    ///
    /// # Errors
    /// [`Refused`] if its numbers make no sense; the situation is then unchanged.
    pub fn push(&mut self, mut aircraft: Participant) -> Result<u32, Refused> {
        let told = aircraft.following.is_none_or(|told| told.is_finite());
        if !(aircraft.state.is_finite() && told && aircraft.performance.is_finite()) {
            return Err(Refused::NotFinite);
        }
        let velocity = &aircraft.state.velocity;
        let within = |value: f64, limit: f64| value.abs() <= limit;
        let plausible = within(velocity.east_mps, FASTEST_MPS)
            && within(velocity.north_mps, FASTEST_MPS)
            && within(velocity.up_mps, FASTEST_MPS)
            && within(aircraft.state.altitude.m, HIGHEST_M)
            && within(aircraft.state.time.seconds_since(self.now), OLDEST_S);
        if !plausible {
            return Err(Refused::Implausible);
        }
        let context = VerticalContext::default();
        let converted = aircraft.state.altitude.to(AltitudeReference::Pressure, &context)?;
        aircraft.state.altitude = converted.altitude;
        aircraft.state = aircraft.state.at(self.now, aircraft.growth);
        aircraft.performance = aircraft.performance.within_reason();
        self.aircraft.push(aircraft);
        Ok(self.aircraft.len() as u32 - 1)
    }

    /// The moment.
    pub fn now(&self) -> Time {
        self.now
    }

    /// Everybody, as pushed, at the moment of the situation.
    pub fn aircraft(&self) -> &[Participant] {
        &self.aircraft
    }

    /// What is owed.
    pub fn owed(&self) -> &Owed {
        &self.owed
    }

    /// Notes what an aircraft has been told meanwhile, so that the next proposal counts
    /// on it. An index that does not exist is ignored.
    pub fn tell(&mut self, aircraft: u32, instruction: Instruction) {
        if let Some(it) = self.aircraft.get_mut(aircraft as usize)
            && instruction.is_finite()
        {
            it.following = Some(instruction.after(it.following.unwrap_or_default()));
        }
    }

    /// Two that owe each other nothing, whatever the rules say: they fly as one, or are one
    /// aircraft seen twice.
    pub fn exempt(&mut self, a: u32, b: u32) {
        self.exempt.insert((a.min(b), a.max(b)));
    }

    pub(crate) fn is_exempt(&self, a: u32, b: u32) -> bool {
        !self.exempt.is_empty() && self.exempt.contains(&(a.min(b), a.max(b)))
    }

    pub(crate) fn horizon_s(&self) -> f64 {
        if self.lookahead_s.is_finite() { self.lookahead_s.clamp(1.0, 1200.0) } else { 300.0 }
    }

    pub(crate) fn delay_s(&self) -> f64 {
        if self.response_s.is_finite() { self.response_s.clamp(0.0, 120.0) } else { 5.0 }
    }
}

/// Well clear as RTCA DO-365 phase 1 has it: 4000 ft, 450 ft, 35 s of modified tau.
pub fn well_clear_do_365() -> Owed {
    Owed::WellClear(WellClear {
        distance_m: m_from_ft(4000.0),
        height_m: m_from_ft(450.0),
        tau_s: 35.0,
        tcoa_s: 0.0,
        with_doubt: false,
    })
}

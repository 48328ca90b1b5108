//! Flights: from a route in the file to one plan for each aircraft.

use super::Party;
use super::check::{Checked, Checker};
use super::file::{At, FlightSpec};
use super::legs::{Resolved, resolve_route};
use crate::area::Area;
use crate::motion::Performance;
use crate::plan::{Entry, Leg, Plan, PlanId, Station, Transponder};
use crate::random::{Stream, hash};
use deconflict_core::{Address, AircraftClass, Formation, Label};
use std::collections::{BTreeMap, BTreeSet};

/// What flights and airways refer to.
pub(super) struct World<'a> {
    pub check: &'a Checker<'a>,
    pub seed: u64,
    pub duration_s: f64,
    pub altimetry_sigma_m: f64,
    pub operators: &'a [Party],
    pub types: &'a BTreeMap<String, Performance>,
    pub areas: &'a [String],
    /// The shapes of `areas`.
    pub area_shapes: &'a [Area],
    pub fields: &'a [String],
}

/// How long an aircraft stands with its transponder on before it rolls, seconds.
const READY_S: f64 = 180.0;
/// Wingmen follow their leader down the runway at this interval, seconds.
const TAKE_OFF_INTERVAL_S: f64 = 15.0;
/// Wingmen fly this much farther before they turn onto final, metres.
const LANDING_INTERVAL_M: f64 = 2500.0;
/// Most aircraft that one scenario may hold.
const MAX_AIRCRAFT: usize = 100_000;

const TRANSPONDERS: [(&str, Transponder); 3] =
    [("adsb", Transponder::AdsB), ("mode-s", Transponder::ModeS), ("none", Transponder::None)];

/// What is used up: call signs and addresses are unique among the plans.
#[derive(Default)]
pub(super) struct Taken {
    pub callsigns: BTreeMap<Label<8>, PlanId>,
    pub addresses: BTreeSet<Address>,
}

impl World<'_> {
    pub fn performance(&self, name: &At<String>) -> Checked<Performance> {
        let key = name.get_ref();
        let known = self.types.get(key).copied().or_else(|| super::types::builtin(key));
        known.ok_or_else(|| {
            let own: String = self.types.keys().map(|k| format!("{k}, ")).collect();
            let known = own + &super::types::names();
            self.check.wrong(name, format!("there is no type {key:?}; known: {known}"))
        })
    }

    pub fn party(&self, name: &At<String>) -> Checked<&Party> {
        let operator = self.check.operator(name)?;
        let found = self.operators.iter().find(|p| p.name == operator);
        found.ok_or_else(|| self.check.wrong(name, "there is no such operator"))
    }

    pub fn transponder(&self, word: Option<&At<String>>) -> Checked<Transponder> {
        word.map_or(Ok(Transponder::AdsB), |w| self.check.word(w, &TRANSPONDERS))
    }

    pub fn altimetry_error_m(&self, callsign: &str) -> f64 {
        Stream::new(self.seed, &["altimeter", callsign]).normal() * self.altimetry_sigma_m
    }

    /// An address of the operator's block, the same whoever else flies.
    pub fn free_address(&self, party: &Party, callsign: &str, taken: &mut Taken) -> Address {
        let mut code = hash(&["address", callsign]) as u32;
        loop {
            let address = Address::icao(party.address_block + (code & 0xffff));
            if taken.addresses.insert(address) {
                return address;
            }
            code = code.wrapping_add(1);
        }
    }
}

/// Reads an ICAO address.
pub(super) fn address(check: &Checker, text: &At<String>) -> Checked<u32> {
    let hex = text.get_ref();
    let parsed = (hex.len() == 6).then(|| u32::from_str_radix(hex, 16).ok()).flatten();
    parsed.ok_or_else(|| {
        check.wrong(text, format!("{hex:?} is no 24-bit address of six hexadecimal digits"))
    })
}

/// Plans for every aircraft of every flight, in the order of the file.
pub(super) fn expand(world: &World, specs: &[FlightSpec]) -> Checked<Vec<Plan>> {
    // Names first: a route may refer to a tanker that stands further down.
    let mut taken = Taken::default();
    let mut next: PlanId = 0;
    let mut tankers = BTreeMap::new();
    let mut members = Vec::new();
    for spec in specs {
        let performance = world.performance(&spec.kind)?;
        let group = Group::of(world.check, spec)?;
        for member in group.members() {
            let callsign = group.callsign(world.check, spec, member)?;
            if taken.callsigns.insert(callsign, next).is_some() {
                let message = format!("{callsign} is already the call sign of another aircraft");
                return Err(world.check.wrong(&spec.callsign, message));
            }
            if performance.class == AircraftClass::Tanker {
                tankers.insert(callsign.to_string(), next);
            }
            members.push(callsign);
            next += 1;
            if next > MAX_AIRCRAFT {
                let message = format!("there are more than {MAX_AIRCRAFT} aircraft");
                return Err(world.check.wrong(&spec.callsign, message));
            }
        }
    }

    let mut plans: Vec<Plan> = Vec::with_capacity(next);
    for spec in specs {
        let group = Group::of(world.check, spec)?;
        for member in group.members() {
            let callsign = members[plans.len()];
            let leader = plans.len() - member.element;
            let plan = if member.element == 0 {
                lead(world, spec, &group, member, callsign, &tankers, &mut taken)?
            } else {
                wing(world, spec, &group, member, callsign, leader, &plans[leader], &mut taken)?
            };
            plans.push(plan);
        }
    }
    Ok(plans)
}

/// How many aircraft one table stands for.
struct Group {
    count: usize,
    size: usize,
}

/// One of them: the flight, and the place within it.
#[derive(Clone, Copy)]
struct Member {
    flight: usize,
    element: usize,
}

impl Group {
    fn of(check: &Checker, spec: &FlightSpec) -> Checked<Group> {
        let read = |value: &Option<At<u32>>, most: u32| match value {
            None => Ok(1),
            Some(v) if (1..=most).contains(v.get_ref()) => Ok(*v.get_ref() as usize),
            Some(v) => Err(check.wrong(v, format!("must be between 1 and {most}"))),
        };
        Ok(Group { count: read(&spec.count, 10_000)?, size: read(&spec.size, 9)? })
    }

    fn members(&self) -> impl Iterator<Item = Member> + use<> {
        let size = self.size;
        (0..self.count)
            .flat_map(move |flight| (0..size).map(move |element| Member { flight, element }))
    }

    /// `VIPER`, `VIPER2` of several flights, `VIPER21` of several flights of several.
    fn callsign(&self, check: &Checker, spec: &FlightSpec, member: Member) -> Checked<Label<8>> {
        let mut name = spec.callsign.get_ref().clone();
        if self.count > 1 {
            name += &(member.flight + 1).to_string();
        }
        if self.size > 1 {
            name += &(member.element + 1).to_string();
        }
        Label::new(&name).filter(|label| label.as_str() == name).ok_or_else(|| {
            let message = format!("the call sign {name:?} must have 1 to 8 characters");
            check.wrong(&spec.callsign, message)
        })
    }

    /// What the formation is called: by the name given, else by the call sign of the flight.
    fn formation(
        &self,
        check: &Checker,
        spec: &FlightSpec,
        member: Member,
    ) -> Checked<Option<Formation>> {
        if let Some(name) = &spec.formation {
            return check.label(name).map(Some);
        }
        let number = if self.count > 1 { (member.flight + 1).to_string() } else { String::new() };
        let name = spec.callsign.get_ref().clone() + &number;
        Ok((self.size > 1).then(|| Formation::new(&name)).flatten())
    }
}

fn address_of(
    world: &World,
    spec: &FlightSpec,
    group: &Group,
    member: Member,
    callsign: &str,
    taken: &mut Taken,
) -> Checked<Address> {
    let Some(text) = &spec.address else {
        return Ok(world.free_address(world.party(&spec.operator)?, callsign, taken));
    };
    let index = member.flight * group.size + member.element;
    let address = Address::icao(address(world.check, text)? + index as u32);
    if !taken.addresses.insert(address) {
        let message = format!("the address {address} is already that of another aircraft");
        return Err(world.check.wrong(text, message));
    }
    Ok(address)
}

fn lead(
    world: &World,
    spec: &FlightSpec,
    group: &Group,
    member: Member,
    callsign: Label<8>,
    tankers: &BTreeMap<String, PlanId>,
    taken: &mut Taken,
) -> Checked<Plan> {
    let check = world.check;
    let longest = world.duration_s / 60.0;
    let every = check.number_or(spec.every_min.as_ref(), 0.0, 0.0, 1e6)?;
    let first = check.number_or(spec.start_min.as_ref(), 0.0, 0.0, longest)?;
    let start_s = 60.0 * (first + every * member.flight as f64);
    let performance = world.performance(&spec.kind)?;
    let mut stream = Stream::new(world.seed, &["route", callsign.as_str()]);
    let route = Resolved { start_s, member: member.flight, performance, tankers };
    let (entry, legs) = resolve_route(world, spec, &route, &mut stream)?;
    let parked = matches!(entry, Entry::Parked { .. });
    Ok(Plan {
        callsign,
        address: address_of(world, spec, group, member, callsign.as_str(), taken)?,
        operator: world.party(&spec.operator)?.name,
        command: world.party(&spec.operator)?.command,
        kind: spec.kind.get_ref().clone(),
        formation: group.formation(check, spec, member)?,
        performance,
        transponder: world.transponder(spec.transponder.as_ref())?,
        appears_s: if parked { (start_s - READY_S).max(0.0) } else { start_s },
        entry,
        legs,
        altimetry_error_m: world.altimetry_error_m(callsign.as_str()),
    })
}

#[expect(clippy::too_many_arguments, reason = "a wingman is derived from all of them")]
fn wing(
    world: &World,
    spec: &FlightSpec,
    group: &Group,
    member: Member,
    callsign: Label<8>,
    leader: PlanId,
    lead: &Plan,
    taken: &mut Taken,
) -> Checked<Plan> {
    let spacing_m = world.check.number_or(spec.spacing_m.as_ref(), 300.0, 10.0, 20_000.0)?;
    // Finger-four: right, left, right …, all at the leader's level.
    let n = member.element as f64;
    let side = if member.element % 2 == 1 { 1.0 } else { -1.0 };
    let rank = (member.element as f64 / 2.0).ceil();
    let station = Station {
        right_m: side * rank * spacing_m * 0.8,
        ahead_m: -rank * spacing_m * 0.6,
        up_m: 0.0,
    };
    let mut legs = Vec::new();
    let entry = match (lead.entry, lead.legs.first()) {
        (Entry::Parked { field, right_m }, Some(Leg::TakeOff { roll_at_s, .. })) => {
            let roll_at_s = roll_at_s + TAKE_OFF_INTERVAL_S * n;
            legs.push(Leg::TakeOff { field, roll_at_s });
            Entry::Parked { field, right_m: right_m + side * rank * 25.0 }
        }
        _ => Entry::Beside { leader, station },
    };
    legs.push(Leg::Formate { leader, station });
    if let Some(Leg::Land { field, .. }) = lead.legs.last() {
        legs.push(Leg::Land { field: *field, extra_m: LANDING_INTERVAL_M * n });
    }
    Ok(Plan {
        callsign,
        address: address_of(world, spec, group, member, callsign.as_str(), taken)?,
        entry,
        legs,
        altimetry_error_m: world.altimetry_error_m(callsign.as_str()),
        ..lead.clone()
    })
}

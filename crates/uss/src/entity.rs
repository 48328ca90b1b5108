//! Operational intents and constraints, as far as they are alike.

use crate::file::whole;
use crate::model::{Details, Own, Peer, PeerWhat, What};
use deconflict_core::altitude::VerticalContext;
use deconflict_core::{GeoPoint, Time, Volume4d};
use deconflict_intent::wire::{
    ConstraintDetails, OperationalIntent, OperationalIntentDetails, OperationalIntentReference,
    OwnedConstraintReference, Volume4D, WireConstraint,
};
use deconflict_intent::{Extent, IntentState, Limits, Needs, Presence, outward, scope};
use uuid::Uuid;

/// Volumes may begin before and end after the times of their reference by so much, seconds: stores
/// round, and an instant is told as a moment.
const ROUNDING_S: f64 = 1.0;

/// The two kinds of things that a DSS knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Intent,
    Constraint,
}

impl Kind {
    pub(crate) const ALL: [Kind; 2] = [Kind::Intent, Kind::Constraint];

    /// Its part of a DSS's routes.
    pub(crate) fn references(self) -> &'static str {
        match self {
            Kind::Intent => "operational_intent_references",
            Kind::Constraint => "constraint_references",
        }
    }

    /// Its part of a USS's routes.
    pub(crate) fn entities(self) -> &'static str {
        match self {
            Kind::Intent => "operational_intents",
            Kind::Constraint => "constraints",
        }
    }

    /// The scope to read it with.
    pub(crate) fn reading(self) -> &'static str {
        match self {
            Kind::Intent => scope::STRATEGIC_COORDINATION,
            Kind::Constraint => scope::CONSTRAINT_PROCESSING,
        }
    }

    /// The scope to write it, and to notify of it, with.
    pub(crate) fn writing(self) -> &'static str {
        match self {
            Kind::Intent => scope::STRATEGIC_COORDINATION,
            Kind::Constraint => scope::CONSTRAINT_MANAGEMENT,
        }
    }
}

/// What a DSS says of an entity.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Reference {
    Intent(OperationalIntentReference),
    Constraint(OwnedConstraintReference),
}

macro_rules! each {
    ($self:ident, $r:ident => $value:expr) => {
        match $self {
            Reference::Intent($r) => $value,
            Reference::Constraint($r) => $value,
        }
    };
}

impl Reference {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Reference::Intent(_) => Kind::Intent,
            Reference::Constraint(_) => Kind::Constraint,
        }
    }
    pub(crate) fn id(&self) -> Uuid {
        each!(self, r => r.id)
    }
    pub(crate) fn manager(&self) -> &str {
        each!(self, r => &r.manager)
    }
    pub(crate) fn version(&self) -> i32 {
        each!(self, r => r.version)
    }
    pub(crate) fn ovn(&self) -> Option<&str> {
        // The InterUSS Platform's DSS tells this instead to those who are not the manager.
        let good = |ovn: &&str| (16..=128).contains(&ovn.len()) && *ovn != "Available from USS";
        each!(self, r => r.ovn.as_deref()).filter(good)
    }
    pub(crate) fn base_url(&self) -> &str {
        each!(self, r => &r.uss_base_url)
    }
    pub(crate) fn start(&self) -> Time {
        each!(self, r => r.time_start.0)
    }
    pub(crate) fn end(&self) -> Time {
        each!(self, r => r.time_end.0)
    }
    pub(crate) fn presence(&self) -> Presence {
        match each!(self, r => r.uss_availability.as_deref()) {
            Some("Down") => Presence::Down,
            Some("Normal") => Presence::Normal,
            _ => Presence::Unknown,
        }
    }
    pub(crate) fn state(&self) -> Option<IntentState> {
        match self {
            Reference::Intent(r) => IntentState::from_name(&r.state),
            Reference::Constraint(_) => None,
        }
    }
    pub(crate) fn subscription(&self) -> Option<Uuid> {
        match self {
            Reference::Intent(r) => {
                Some(r.subscription_id).filter(|id| *id != deconflict_intent::NO_SUBSCRIPTION)
            }
            Reference::Constraint(_) => None,
        }
    }
}

/// An entity as USSs tell it to each other.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Told {
    Intent(OperationalIntent),
    Constraint(WireConstraint),
}

impl Told {
    pub(crate) fn reference(&self) -> Reference {
        match self {
            Told::Intent(told) => Reference::Intent(told.reference.clone()),
            Told::Constraint(told) => Reference::Constraint(told.reference.clone()),
        }
    }

    /// Details of ours with the reference that the DSS gave for them.
    pub(crate) fn of(reference: Reference, details: OwnDetails) -> Option<Told> {
        match (reference, details) {
            (Reference::Intent(mut reference), OwnDetails::Intent(details)) => {
                // The standard requires it, though of the manager itself it says little.
                reference.uss_availability.get_or_insert("Unknown".into());
                Some(Told::Intent(OperationalIntent { reference, details }))
            }
            (Reference::Constraint(mut reference), OwnDetails::Constraint(details)) => {
                reference.uss_availability.get_or_insert("Unknown".into());
                Some(Told::Constraint(WireConstraint { reference, details }))
            }
            _ => None,
        }
    }
}

/// What is told of something of ours: volumes, priority, type. Nothing else is ever put in here.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum OwnDetails {
    Intent(OperationalIntentDetails),
    Constraint(ConstraintDetails),
}

/// Something of ours, ready to be told.
#[derive(Clone, Debug)]
pub(crate) struct Ready {
    pub(crate) kind: Kind,
    pub(crate) state: IntentState,
    /// What the DSS is told.
    pub(crate) extents: Vec<Volume4D>,
    pub(crate) details: OwnDetails,
}

impl Ready {
    /// # Errors
    /// What is wrong with it.
    pub(crate) fn of(
        own: &Own,
        context: &dyn Fn(GeoPoint) -> VerticalContext,
    ) -> Result<Ready, String> {
        let convert = |volumes: &[Volume4d], name: &str| -> Result<Vec<Volume4D>, String> {
            let mut all = Vec::new();
            for (i, volume) in volumes.iter().enumerate() {
                let more = outward::told(volume, context);
                all.extend(more.map_err(|why| format!("{name}[{i}]: {why}"))?);
            }
            Ok(all)
        };
        let volumes = convert(&own.volumes, "volumes")?;
        let off_nominal_volumes = convert(&own.off_nominal, "off_nominal")?;
        // An outline that comes again is one outline for a DSS: its blocks bound it together.
        let extents = whole(&[volumes.as_slice(), off_nominal_volumes.as_slice()].concat());
        // The same bounds as a DSS has, so that it is known here what it will not take.
        let needs = Needs { altitudes: true, times: true };
        Extent::from_wire(&extents, needs, &Limits::default()).map_err(|why| why.to_string())?;
        match &own.what {
            What::Intent { state, priority } => {
                match (state.is_nominal(), off_nominal_volumes.is_empty()) {
                    (true, false) => {
                        return Err(format!(
                            "off_nominal is for the states Nonconforming and Contingent, this is {}",
                            state.name()
                        ));
                    }
                    (false, true) => {
                        return Err(format!("in the state {} off_nominal is needed", state.name()));
                    }
                    _ => {}
                }
                // The standard: a Contingent one has off-nominal volumes only.
                let contingent = *state == IntentState::Contingent;
                let volumes = if contingent { Vec::new() } else { volumes };
                let priority = i64::from(*priority);
                let details = OwnDetails::Intent(OperationalIntentDetails {
                    volumes,
                    off_nominal_volumes,
                    priority,
                });
                Ok(Ready { kind: Kind::Intent, state: *state, extents, details })
            }
            What::Constraint { kind } => {
                if !off_nominal_volumes.is_empty() {
                    return Err("a constraint has no off_nominal volumes".to_owned());
                }
                let kind = Some(kind.clone()).filter(|k| !k.is_empty());
                let details = OwnDetails::Constraint(ConstraintDetails { volumes, kind });
                let state = IntentState::Activated;
                Ok(Ready { kind: Kind::Constraint, state, extents, details })
            }
        }
    }
}

/// What a peer has told, checked against what the DSS says. Nothing that a peer tells is believed
/// beyond that.
///
/// # Errors
/// What does not fit.
pub(crate) fn checked(reference: &Reference, told: Told) -> Result<Peer, String> {
    let own = told.reference();
    if own.kind() != reference.kind() || own.id() != reference.id() {
        return Err(format!("it tells of {} instead", own.id()));
    }
    if own.manager() != reference.manager() {
        return Err("it names another manager than the DSS".to_owned());
    }
    if own.version() != reference.version() {
        let (theirs, its) = (own.version(), reference.version());
        return Err(format!("it tells version {theirs}, the DSS has version {its}"));
    }
    let Some(ovn) = own.ovn().map(str::to_owned) else {
        return Err("it tells no version number (ovn) of 16 to 128 letters".to_owned());
    };
    let (what, volumes, off_nominal) = contents(reference, told)?;
    for volume in volumes.iter().chain(&off_nominal) {
        let early = volume.start.is_some_and(|t| reference.start().seconds_since(t) > ROUNDING_S);
        let late = volume.end.is_some_and(|t| t.seconds_since(reference.end()) > ROUNDING_S);
        if early || late {
            return Err("its volumes are not within the times that the DSS has".to_owned());
        }
    }
    Ok(Peer {
        id: reference.id(),
        manager: reference.manager().to_owned(),
        base_url: reference.base_url().to_owned(),
        version: reference.version(),
        ovn: Some(ovn),
        what,
        uss_availability: reference.presence(),
        volumes,
        off_nominal,
        start: reference.start(),
        end: reference.end(),
        details: Details::Known,
    })
}

type Contents = (PeerWhat, Vec<Volume4d>, Vec<Volume4d>);

fn contents(reference: &Reference, told: Told) -> Result<Contents, String> {
    let limits = Limits::default();
    let read = |name: &str, volumes: &[Volume4D], altitudes: bool| {
        let needs = Needs { altitudes, times: altitudes };
        let read = Extent::blocks(volumes, needs, &limits);
        read.map_err(|why| format!("its {name} are not good: {why}"))
    };
    match told {
        Told::Intent(told) => {
            let state = reference.state().ok_or("the DSS gives a state that is none")?;
            let details = told.details;
            let volumes = read("volumes", &details.volumes, true)?;
            let off_nominal = read("off_nominal_volumes", &details.off_nominal_volumes, true)?;
            if volumes.is_empty() && off_nominal.is_empty() {
                return Err("it tells no volumes".to_owned());
            }
            if volumes.len() + off_nominal.len() > limits.volumes {
                return Err(format!("it tells more than {} volumes", limits.volumes));
            }
            if state.is_nominal() && !off_nominal.is_empty() {
                return Err(format!("it tells off_nominal_volumes in the state {}", state.name()));
            }
            let most = i64::from(i32::MAX);
            let priority = details.priority.clamp(-most - 1, most);
            // Within the bounds of the type: clamped.
            let priority = i32::try_from(priority).unwrap_or(i32::MAX);
            Ok((PeerWhat::Intent { state, priority }, volumes, off_nominal))
        }
        Told::Constraint(told) => {
            let volumes = read("volumes", &told.details.volumes, false)?;
            if volumes.is_empty() {
                return Err("it tells no volumes".to_owned());
            }
            let kind = told.details.kind.map(|kind| kind.chars().take(200).collect());
            Ok((PeerWhat::Constraint { kind }, volumes, Vec::new()))
        }
    }
}

/// What is assumed of an entity whose details are not to be had: that it is wherever was asked, and
/// as the standard has it (F3548-21, SCD0005 to SCD0015 with the USS down) that one that was only accepted gives way to
/// all, and any other to nobody.
pub(crate) fn assumed(reference: &Reference, asked: &[Volume4d], why: String) -> Peer {
    let (start, end) = (reference.start(), reference.end());
    let everywhere = asked.iter().map(|area| Volume4d {
        footprint: area.footprint.clone(),
        lower: None,
        upper: None,
        start: Some(start),
        end: Some(end),
    });
    let everywhere: Vec<Volume4d> = everywhere.collect();
    let state = reference.state();
    let (volumes, off_nominal) = match state {
        Some(state) if !state.is_nominal() => (Vec::new(), everywhere),
        _ => (everywhere, Vec::new()),
    };
    let down = reference.presence() == Presence::Down;
    let what = match reference.kind() {
        Kind::Constraint => PeerWhat::Constraint { kind: None },
        Kind::Intent => {
            let state = state.unwrap_or(IntentState::Activated);
            let lowest = down && state == IntentState::Accepted;
            PeerWhat::Intent { state, priority: if lowest { i32::MIN } else { i32::MAX } }
        }
    };
    Peer {
        id: reference.id(),
        manager: reference.manager().to_owned(),
        base_url: reference.base_url().to_owned(),
        version: reference.version(),
        ovn: None,
        what,
        uss_availability: reference.presence(),
        volumes,
        off_nominal,
        start,
        end,
        details: Details::NotHad(why),
    }
}

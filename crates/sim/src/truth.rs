//! How it really is: what no feed knows and tests hold the picture against.

use crate::motion::Body;
use crate::plan::{Plan, PlanId};
use deconflict_core::{
    Address, AircraftClass, Altitude, Covariance, Formation, Label, Operator, State, Time, Velocity,
};

/// Number of an aircraft within its scenario, in the order of the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AircraftId(pub u32);

/// One aircraft as it truly is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Truth {
    /// Which one.
    pub id: AircraftId,
    /// Its address, whether or not anybody sees it.
    pub address: Address,
    /// Its call sign.
    pub callsign: Label<8>,
    /// Who operates it.
    pub operator: Operator,
    /// What kind of aircraft it is.
    pub class: AircraftClass,
    /// The formation that it belongs to.
    pub formation: Option<Formation>,
    /// The tanker that it is at: waiting beside it, in contact, or just leaving.
    pub tanker: Option<AircraftId>,
    /// On its final approach.
    pub is_landing: bool,
    /// On the ground, or on deck.
    pub on_ground: bool,
    /// Where it is and how it moves; exactly, hence with no uncertainty.
    pub state: State,
}

/// Between the bodies before and after a step.
pub(crate) fn truth_of(
    id: PlanId,
    plan: &Plan,
    (tanker, is_landing): (Option<PlanId>, bool),
    time: Time,
    before: &Body,
    after: &Body,
    fraction: f64,
) -> Truth {
    let number = |id: PlanId| AircraftId(id as u32);
    let along = before.frame.to_local(after.position).map(|d| d * fraction);
    let mix = |a: f64, b: f64| a + (b - a) * fraction;
    let ([e0, n0], [e1, n1]) = (before.velocity(), after.velocity());
    Truth {
        id: number(id),
        address: plan.address,
        callsign: plan.callsign,
        operator: plan.operator,
        class: plan.performance.class,
        formation: plan.formation,
        tanker: tanker.map(number),
        is_landing,
        on_ground: after.on_ground,
        state: State {
            time,
            position: before.frame.from_local(along),
            altitude: Altitude::pressure_m(mix(before.altitude_m, after.altitude_m)),
            velocity: Velocity {
                east_mps: mix(e0, e1),
                north_mps: mix(n0, n1),
                up_mps: mix(before.vertical_rate_mps, after.vertical_rate_mps),
            },
            covariance: Covariance::default(),
        },
    }
}

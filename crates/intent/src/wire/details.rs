//! What USSs tell each other, and what a DSS answers to them.

use super::{
    ConstraintReference, IntentReference, LatLng, Subscriber, SubscriptionState, ToldTime,
    Volume4D, WireAltitude, WireSubscription, WireTime,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The reference of an operational intent that stands by itself.
pub type OperationalIntentReference = IntentReference<'static>;
/// The reference of a constraint that stands by itself.
pub type OwnedConstraintReference = ConstraintReference<'static>;

/// The details of an operational intent. Only USSs know them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OperationalIntentDetails {
    /// Where it is, as small as practical.
    #[serde(default)]
    pub volumes: Vec<Volume4D>,
    /// Where its aircraft may be while it does not conform.
    #[serde(default)]
    pub off_nominal_volumes: Vec<Volume4D>,
    /// Its priority: more is higher.
    #[serde(default)]
    pub priority: i64,
}

/// An operational intent with its details.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperationalIntent {
    /// As at the DSS.
    pub reference: OperationalIntentReference,
    /// The details.
    pub details: OperationalIntentDetails,
}

/// The details of a constraint, without those of ED-269.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ConstraintDetails {
    /// Where it is.
    pub volumes: Vec<Volume4D>,
    /// Its type.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
}

/// A constraint with its details.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WireConstraint {
    /// As at the DSS.
    pub reference: OwnedConstraintReference,
    /// The details.
    pub details: ConstraintDetails,
}

/// Tells a peer that an operational intent has changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutOperationalIntentDetailsParameters {
    /// Which.
    pub operational_intent_id: Uuid,
    /// What it is now; nothing if it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operational_intent: Option<OperationalIntent>,
    /// Why that peer is told.
    pub subscriptions: Vec<SubscriptionState>,
}

/// Tells a peer that a constraint has changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutConstraintDetailsParameters {
    /// Which.
    pub constraint_id: Uuid,
    /// What it is now; nothing if it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub constraint: Option<WireConstraint>,
    /// Why that peer is told.
    pub subscriptions: Vec<SubscriptionState>,
}

/// What a peer answers, asked for the details of an operational intent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GetOperationalIntentDetailsResponse {
    /// It.
    pub operational_intent: OperationalIntent,
}

/// What a peer answers, asked for the details of a constraint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GetConstraintDetailsResponse {
    /// It.
    pub constraint: WireConstraint,
}

/// What a DSS answers to one who asks for a reference, or changes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangedIntent {
    /// As it is now.
    pub operational_intent_reference: OperationalIntentReference,
    /// Whom the writer has to notify; nobody if it was only asked for.
    #[serde(default)]
    pub subscribers: Vec<Subscriber>,
}

/// The same for a constraint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangedConstraint {
    /// As it is now.
    pub constraint_reference: OwnedConstraintReference,
    /// Whom the writer has to notify; nobody if it was only asked for.
    #[serde(default)]
    pub subscribers: Vec<Subscriber>,
}

/// What a DSS has in a region.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FoundIntents {
    /// References.
    #[serde(default)]
    pub operational_intent_references: Vec<OperationalIntentReference>,
}

/// The same for constraints.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct FoundConstraints {
    /// References.
    #[serde(default)]
    pub constraint_references: Vec<OwnedConstraintReference>,
}

/// What a DSS answers if the writer does not know all that is there, or says why not.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AirspaceConflict {
    /// For people.
    #[serde(default)]
    pub message: Option<String>,
    /// What the key lacks.
    #[serde(default)]
    pub missing_operational_intents: Vec<OperationalIntentReference>,
    /// What the key lacks.
    #[serde(default)]
    pub missing_constraints: Vec<OwnedConstraintReference>,
}

/// What a DSS answers to one who asks for a subscription, or changes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChangedSubscription {
    /// As it is now.
    pub subscription: WireSubscription<'static>,
}

/// Where a vehicle is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Latitude and longitude, degrees.
    pub latitude: f64,
    /// Longitude.
    pub longitude: f64,
    /// `HAUnknown` to `HA1m`, as NACp of ADS-B.
    pub accuracy_h: String,
    /// `VAUnknown` to `VA1m`, as GVA of ADS-B.
    pub accuracy_v: String,
    /// Whether it was computed and not measured.
    #[serde(default)]
    pub extrapolated: bool,
    /// The altitude.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub altitude: Option<WireAltitude>,
}

impl Position {
    /// The place.
    pub fn point(&self) -> LatLng {
        LatLng { lat: self.latitude, lng: self.longitude }
    }
}

/// How a vehicle moves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WireVelocity {
    /// Over ground, metres per second.
    pub speed: f64,
    /// Always `MetersPerSecond`.
    pub units_speed: String,
    /// Degrees from true north; 360 is unknown.
    #[serde(default)]
    pub track: f64,
}

/// Where a vehicle is and how it moves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VehicleTelemetry {
    /// When that was measured.
    pub time_measured: ToldTime,
    /// Where.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub position: Option<Position>,
    /// How it moves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub velocity: Option<WireVelocity>,
}

/// What a peer answers, asked where a vehicle is that does not conform.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GetTelemetryResponse {
    /// Of which operational intent.
    pub operational_intent_id: Uuid,
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub telemetry: Option<VehicleTelemetry>,
    /// Before when asking again is of no use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_telemetry_opportunity: Option<ToldTime>,
}

/// A request and its answer, or what came instead of one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExchangeRecord {
    /// The whole address.
    pub url: String,
    /// The verb.
    pub method: String,
    /// Headers, those with secrets shortened.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub headers: Vec<String>,
    /// `Client` or `Server`.
    pub recorder_role: String,
    /// When it was sent.
    pub request_time: WireTime,
    /// The body, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_body: Option<String>,
    /// When it was answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_time: Option<WireTime>,
    /// The answer, in base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_body: Option<String>,
    /// The status of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub response_code: Option<i32>,
    /// What is wrong, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Tells somebody of an exchange that failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ErrorReport {
    /// Given by whoever is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report_id: Option<String>,
    /// The exchange.
    pub exchange: ExchangeRecord,
}

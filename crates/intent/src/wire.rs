//! The messages of ASTM F3548-21 as JSON, for the parts that a DSS takes in and gives out.
//!
//! Field names, units and enumerations are those of the standard's OpenAPI document
//! (`utm.yaml`, version 1.0.0). Fields that it does not name are ignored, as it asks.

use deconflict_core::Time;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Serialize, Serializer};

/// A time with its format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireTime {
    /// RFC 3339, UTC.
    pub value: String,
    /// Always `RFC3339`.
    pub format: String,
}

/// A time as the standard writes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ToldTime(pub Time);

impl Serialize for ToldTime {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Value(jiff::Timestamp);
        impl Serialize for Value {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }
        // Every `Time` is within the years that `jiff` knows.
        let stamp = jiff::Timestamp::from_nanosecond(i128::from(self.0.as_nanos()));
        let mut told = serializer.serialize_struct("Time", 2)?;
        told.serialize_field("value", &Value(stamp.unwrap_or_default()))?;
        told.serialize_field("format", "RFC3339")?;
        told.end()
    }
}

/// A length with its unit, metres.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Radius {
    /// Metres.
    pub value: f64,
    /// Always `M`.
    pub units: String,
}

/// An altitude with its reference, metres over the WGS-84 ellipsoid.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct WireAltitude {
    /// Metres.
    pub value: f64,
    /// Always `W84`.
    pub reference: String,
    /// Always `M`.
    pub units: String,
}

/// A point, degrees.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
pub struct LatLng {
    /// Geodetic latitude, degrees.
    pub lat: f64,
    /// Longitude, degrees.
    pub lng: f64,
}

/// A circle on the ellipsoid.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct WireCircle {
    /// The centre.
    pub center: Option<LatLng>,
    /// The radius.
    pub radius: Option<Radius>,
}

/// A polygon; its edges are the shortest paths between corners.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct WirePolygon {
    /// The corners.
    pub vertices: Vec<LatLng>,
}

/// An outline between two altitudes.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Volume3D {
    /// A circle, or
    pub outline_circle: Option<WireCircle>,
    /// a polygon.
    pub outline_polygon: Option<WirePolygon>,
    /// The floor.
    pub altitude_lower: Option<WireAltitude>,
    /// The ceiling.
    pub altitude_upper: Option<WireAltitude>,
}

/// A block of space and time.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Volume4D {
    /// The space.
    pub volume: Volume3D,
    /// From when.
    pub time_start: Option<WireTime>,
    /// Until when.
    pub time_end: Option<WireTime>,
}

/// Asks for a subscription of one operational intent's own.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct ImplicitSubscriptionParameters {
    /// Where to send notifications.
    #[serde(default)]
    pub uss_base_url: String,
    /// Whether constraints are told too.
    #[serde(default)]
    pub notify_for_constraints: bool,
}

/// Creates or changes the reference of an operational intent.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PutIntent {
    /// What it is bounded by.
    pub extents: Vec<Volume4D>,
    /// Versions that the writer knows.
    #[serde(default)]
    pub key: Option<Vec<String>>,
    /// The state wanted.
    pub state: String,
    /// Where the details are to be had.
    pub uss_base_url: String,
    /// The subscription that it hangs on.
    #[serde(default)]
    pub subscription_id: Option<String>,
    /// Or one of its own.
    #[serde(default)]
    pub new_subscription: Option<ImplicitSubscriptionParameters>,
    /// A UUIDv7 that shall be part of the new OVN (an extension of the InterUSS Platform).
    #[serde(default)]
    pub requested_ovn_suffix: Option<String>,
}

/// Creates or changes the reference of a constraint.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PutConstraint {
    /// What it is bounded by.
    pub extents: Vec<Volume4D>,
    /// Where the details are to be had.
    pub uss_base_url: String,
}

/// Creates or changes a subscription.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PutSubscription {
    /// What it covers.
    pub extents: Volume4D,
    /// Where to send notifications.
    pub uss_base_url: String,
    /// Whether operational intents are told.
    #[serde(default)]
    pub notify_for_operational_intents: bool,
    /// Whether constraints are told.
    #[serde(default)]
    pub notify_for_constraints: bool,
}

/// Asks what is in a region.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct Query {
    /// The region.
    pub area_of_interest: Option<Volume4D>,
}

/// Sets whether a USS is there.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub struct PutAvailability {
    /// The version known to the writer; empty if none is.
    #[serde(default)]
    pub old_version: Option<String>,
    /// `Unknown`, `Normal` or `Down`.
    pub availability: String,
}

/// The reference of an operational intent as it is told, without what depends on the moment and
/// on who asks: `uss_availability` and `ovn`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IntentReference<'a> {
    /// Its id.
    pub id: uuid::Uuid,
    /// Whose it is.
    pub manager: &'a str,
    /// Counts the changes.
    pub version: i32,
    /// Its state.
    pub state: &'static str,
    /// From when.
    pub time_start: ToldTime,
    /// Until when.
    pub time_end: ToldTime,
    /// Where the details are to be had.
    pub uss_base_url: &'a str,
    /// The subscription that it hangs on.
    pub subscription_id: uuid::Uuid,
}

/// The reference of a constraint, as it is told.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ConstraintReference<'a> {
    /// Its id.
    pub id: uuid::Uuid,
    /// Whose it is.
    pub manager: &'a str,
    /// Whether that one is there.
    pub uss_availability: &'static str,
    /// Counts the changes.
    pub version: i32,
    /// Its opaque version number, told to its manager only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ovn: Option<&'a str>,
    /// From when.
    pub time_start: ToldTime,
    /// Until when.
    pub time_end: ToldTime,
    /// Where the details are to be had.
    pub uss_base_url: &'a str,
}

/// A subscription, as it is told to its manager.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WireSubscription<'a> {
    /// Its id.
    pub id: uuid::Uuid,
    /// Changes with every change that its manager makes.
    pub version: &'a str,
    /// Counts what it had to be told.
    pub notification_index: i32,
    /// From when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_start: Option<ToldTime>,
    /// Until when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_end: Option<ToldTime>,
    /// Where to send notifications.
    pub uss_base_url: &'a str,
    /// Whether operational intents are told.
    pub notify_for_operational_intents: bool,
    /// Whether constraints are told.
    pub notify_for_constraints: bool,
    /// Whether it came with an operational intent and goes with it.
    pub implicit_subscription: bool,
    /// The operational intents that hang on it.
    pub dependent_operational_intents: Vec<uuid::Uuid>,
}

/// A subscription to be notified, with the number of that notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct SubscriptionState {
    /// Its id.
    pub subscription_id: uuid::Uuid,
    /// Its index after this change.
    pub notification_index: i32,
}

/// Whom a writer has to notify.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Subscriber {
    /// The subscriptions at that address.
    pub subscriptions: Vec<SubscriptionState>,
    /// The address.
    pub uss_base_url: String,
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

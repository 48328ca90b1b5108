//! The messages of ASTM F3548-21 as JSON: between a USS and a DSS, and (`details`) between USSs.
//!
//! Field names, units and enumerations are those of the standard's OpenAPI document
//! (`utm.yaml`, version 1.0.0). Fields that it does not name are ignored, as it asks.

mod details;

pub use details::*;

use crate::refusal::{Refusal, bad};
use deconflict_core::Time;
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

/// A time with its format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireTime {
    /// RFC 3339, UTC.
    pub value: String,
    /// Always `RFC3339`.
    pub format: String,
}

impl WireTime {
    /// As a time.
    ///
    /// # Errors
    /// What is wrong with the field of that name.
    pub fn time(&self, name: &str) -> Result<Time, Refusal> {
        if self.format != "RFC3339" {
            return Err(bad(format!(
                "{name}.format is \"{}\", only \"RFC3339\" is taken",
                shown(&self.format)
            )));
        }
        let wrong = || {
            bad(format!(
                "{name}.value is \"{}\", a time of RFC 3339 between the years 1678 and 2262 is needed, such as 2030-01-31T12:00:00Z",
                shown(&self.value)
            ))
        };
        let stamp: jiff::Timestamp = self.value.parse().map_err(|_| wrong())?;
        let nanos = i64::try_from(stamp.as_nanosecond()).map_err(|_| wrong())?;
        Ok(Time::from_nanos(nanos))
    }
}

impl From<Time> for WireTime {
    fn from(time: Time) -> WireTime {
        // Every `Time` is within the years that `jiff` knows.
        let stamp = jiff::Timestamp::from_nanosecond(i128::from(time.as_nanos()));
        let value = stamp.unwrap_or_default().to_string();
        WireTime { value, format: "RFC3339".to_owned() }
    }
}

/// Not more of somebody's text than is needed to recognise it.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(40).collect()
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

impl<'de> Deserialize<'de> for ToldTime {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let time = WireTime::deserialize(deserializer)?.time("time");
        time.map(ToldTime).map_err(serde::de::Error::custom)
    }
}

/// A length with its unit, metres.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Radius {
    /// Metres.
    pub value: f64,
    /// Always `M`.
    pub units: String,
}

/// An altitude with its reference, metres over the WGS-84 ellipsoid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WireAltitude {
    /// Metres.
    pub value: f64,
    /// Always `W84`.
    pub reference: String,
    /// Always `M`.
    pub units: String,
}

/// A point, degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LatLng {
    /// Geodetic latitude, degrees.
    pub lat: f64,
    /// Longitude, degrees.
    pub lng: f64,
}

/// A circle on the ellipsoid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WireCircle {
    /// The centre.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub center: Option<LatLng>,
    /// The radius.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub radius: Option<Radius>,
}

/// A polygon; its edges are the shortest paths between corners.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WirePolygon {
    /// The corners.
    pub vertices: Vec<LatLng>,
}

/// An outline between two altitudes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Volume3D {
    /// A circle, or
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outline_circle: Option<WireCircle>,
    /// a polygon.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outline_polygon: Option<WirePolygon>,
    /// The floor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub altitude_lower: Option<WireAltitude>,
    /// The ceiling.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub altitude_upper: Option<WireAltitude>,
}

/// A block of space and time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Volume4D {
    /// The space.
    pub volume: Volume3D,
    /// From when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_start: Option<WireTime>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_end: Option<WireTime>,
}

/// Asks for a subscription of one operational intent's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImplicitSubscriptionParameters {
    /// Where to send notifications.
    #[serde(default)]
    pub uss_base_url: String,
    /// Whether constraints are told too.
    #[serde(default)]
    pub notify_for_constraints: bool,
}

/// Creates or changes the reference of an operational intent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutIntent {
    /// What it is bounded by.
    pub extents: Vec<Volume4D>,
    /// Versions that the writer knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Vec<String>>,
    /// The state wanted.
    pub state: String,
    /// Where the details are to be had.
    pub uss_base_url: String,
    /// The subscription that it hangs on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscription_id: Option<String>,
    /// Or one of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_subscription: Option<ImplicitSubscriptionParameters>,
    /// A UUIDv7 that shall be part of the new OVN (an extension of the InterUSS Platform).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requested_ovn_suffix: Option<String>,
}

/// Creates or changes the reference of a constraint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutConstraint {
    /// What it is bounded by.
    pub extents: Vec<Volume4D>,
    /// Where the details are to be had.
    pub uss_base_url: String,
}

/// Creates or changes a subscription.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Query {
    /// The region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area_of_interest: Option<Volume4D>,
}

/// Sets whether a USS is there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PutAvailability {
    /// The version known to the writer; empty if none is.
    #[serde(default)]
    pub old_version: Option<String>,
    /// `Unknown`, `Normal` or `Down`.
    pub availability: String,
}

/// The reference of an operational intent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IntentReference<'a> {
    /// Its id.
    pub id: uuid::Uuid,
    /// Whose it is.
    pub manager: Cow<'a, str>,
    /// Counts the changes.
    pub version: i32,
    /// Its state.
    pub state: Cow<'a, str>,
    /// From when.
    pub time_start: ToldTime,
    /// Until when.
    pub time_end: ToldTime,
    /// Where the details are to be had.
    pub uss_base_url: Cow<'a, str>,
    /// The subscription that it hangs on.
    pub subscription_id: uuid::Uuid,
    /// Whether its manager is there, as the DSS has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uss_availability: Option<Cow<'a, str>>,
    /// Its opaque version number: a DSS tells it to its manager only, and the manager to whoever
    /// asks for the details.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ovn: Option<Cow<'a, str>>,
}

/// The reference of a constraint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConstraintReference<'a> {
    /// Its id.
    pub id: uuid::Uuid,
    /// Whose it is.
    pub manager: Cow<'a, str>,
    /// Whether that one is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uss_availability: Option<Cow<'a, str>>,
    /// Counts the changes.
    pub version: i32,
    /// Its opaque version number, as with operational intents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ovn: Option<Cow<'a, str>>,
    /// From when.
    pub time_start: ToldTime,
    /// Until when.
    pub time_end: ToldTime,
    /// Where the details are to be had.
    pub uss_base_url: Cow<'a, str>,
}

/// A subscription, as it is told to its manager.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WireSubscription<'a> {
    /// Its id.
    pub id: uuid::Uuid,
    /// Changes with every change that its manager makes.
    pub version: Cow<'a, str>,
    /// Counts what it had to be told.
    pub notification_index: i32,
    /// From when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_start: Option<ToldTime>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_end: Option<ToldTime>,
    /// Where to send notifications.
    pub uss_base_url: Cow<'a, str>,
    /// Whether operational intents are told.
    #[serde(default)]
    pub notify_for_operational_intents: bool,
    /// Whether constraints are told.
    #[serde(default)]
    pub notify_for_constraints: bool,
    /// Whether it came with an operational intent and goes with it.
    #[serde(default)]
    pub implicit_subscription: bool,
    /// The operational intents that hang on it.
    #[serde(default)]
    pub dependent_operational_intents: Vec<uuid::Uuid>,
}

/// A subscription to be notified, with the number of that notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionState {
    /// Its id.
    pub subscription_id: uuid::Uuid,
    /// Its index after this change.
    pub notification_index: i32,
}

/// Whom a writer has to notify.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscriber {
    /// The subscriptions at that address.
    pub subscriptions: Vec<SubscriptionState>,
    /// The address.
    pub uss_base_url: String,
}

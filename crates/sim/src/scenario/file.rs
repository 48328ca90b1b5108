//! The scenario file as it is written: serde types, one to a table, nothing
//! checked but names and types. `docs/scenario-format.md` describes every key.

use serde::Deserialize;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use std::collections::BTreeMap;
use std::fmt;
use toml::Spanned;

/// A value that remembers where in the file it stood.
pub(super) type At<T> = Spanned<T>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub scenario: Head,
    #[serde(default)]
    pub points: BTreeMap<String, At<[f64; 2]>>,
    #[serde(default)]
    pub operator: Vec<OperatorSpec>,
    #[serde(default)]
    pub aerodrome: Vec<AerodromeSpec>,
    #[serde(default)]
    pub ship: Vec<ShipSpec>,
    #[serde(default)]
    pub area: Vec<AreaSpec>,
    #[serde(default)]
    pub volume: Vec<VolumeSpec>,
    #[serde(default, rename = "type")]
    pub types: Vec<TypeSpec>,
    #[serde(default)]
    pub flight: Vec<FlightSpec>,
    #[serde(default)]
    pub airway: Vec<AirwaySpec>,
    #[serde(default)]
    pub plan: Vec<PlanSpec>,
    #[serde(default)]
    pub feed: Vec<FeedSpec>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    pub name: String,
    pub start: At<toml::value::Datetime>,
    pub duration_min: At<f64>,
    #[serde(default)]
    pub seed: u64,
    pub altimetry_sigma_ft: Option<At<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OperatorSpec {
    pub name: At<String>,
    pub address_block: Option<At<String>>,
    pub declares: Option<Vec<At<String>>>,
    pub command: Option<At<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AerodromeSpec {
    pub name: At<String>,
    pub at: At<Place>,
    pub runway_deg: At<f64>,
    #[serde(default)]
    pub elevation_ft: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ShipSpec {
    pub name: At<String>,
    pub track: Vec<At<Place>>,
    pub gs_kt: At<f64>,
    #[serde(default = "carrier_deck_ft")]
    pub deck_ft: f64,
}

fn carrier_deck_ft() -> f64 {
    60.0
}

/// The keys by which an area is drawn; every table that has one repeats them,
/// as flattening would lose both positions and the refusal of unknown keys.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AreaSpec {
    pub name: At<String>,
    pub polygon: Option<At<Vec<At<Place>>>>,
    pub centre: Option<At<Place>>,
    pub radius_nm: Option<At<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VolumeSpec {
    pub name: At<String>,
    pub area: At<String>,
    pub operator: Option<At<String>>,
    pub lower_ft: At<f64>,
    pub upper_ft: At<f64>,
    pub from_min: Option<At<f64>>,
    pub until_min: Option<At<f64>>,
    #[serde(default)]
    pub keep_out: bool,
    pub kind: Option<At<String>>,
    pub admits: Option<Vec<At<String>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanSpec {
    pub callsign: At<String>,
    pub name: Option<At<String>>,
    pub operator: Option<At<String>>,
    pub path: Vec<PlanPointSpec>,
    pub across_nm: Option<At<f64>>,
    pub vertical_ft: Option<At<f64>>,
    pub time_s: Option<At<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlanPointSpec {
    pub at: At<Place>,
    pub fl: Option<At<f64>>,
    pub alt_ft: Option<At<f64>>,
    pub min: At<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypeSpec {
    pub name: At<String>,
    pub like: At<String>,
    pub class: Option<At<String>>,
    pub gs_kt: Option<At<f64>>,
    pub approach_kt: Option<At<f64>>,
    pub climb_fpm: Option<At<f64>>,
    pub descent_fpm: Option<At<f64>>,
    pub bank_deg: Option<At<f64>>,
    pub accel_mps2: Option<At<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FlightSpec {
    pub callsign: At<String>,
    pub operator: At<String>,
    #[serde(rename = "type")]
    pub kind: At<String>,
    pub route: At<Vec<At<LegSpec>>>,
    pub address: Option<At<String>>,
    pub transponder: Option<At<String>>,
    pub count: Option<At<u32>>,
    pub every_min: Option<At<f64>>,
    pub start_min: Option<At<f64>>,
    pub size: Option<At<u32>>,
    pub spacing_m: Option<At<f64>>,
    pub formation: Option<At<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LegSpec {
    // Exactly one of these says what is flown …
    pub take_off: Option<At<String>>,
    pub to: Option<At<Place>>,
    pub hold: Option<At<Place>>,
    pub orbit: Option<At<Place>>,
    pub patrol: Option<At<String>>,
    pub refuel: Option<At<String>>,
    pub land: Option<At<String>>,
    // … and these how.
    pub fl: Option<At<Range>>,
    pub alt_ft: Option<At<Range>>,
    pub gs_kt: Option<At<f64>>,
    pub for_min: Option<At<f64>>,
    pub until_min: Option<At<f64>>,
    pub radius_nm: Option<At<f64>>,
    pub leg_nm: Option<At<f64>>,
    pub inbound_deg: Option<At<f64>>,
    pub turn: Option<At<String>>,
    pub spread_nm: Option<At<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AirwaySpec {
    pub name: At<String>,
    pub route: At<Vec<At<Place>>>,
    pub operator: At<String>,
    #[serde(rename = "type")]
    pub kind: At<String>,
    pub callsigns: At<Vec<At<String>>>,
    pub fl: At<Range>,
    pub per_hour: At<f64>,
    pub back_per_hour: Option<At<f64>>,
    pub transponder: Option<At<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedSpec {
    pub name: At<String>,
    pub owner: At<String>,
    pub kind: At<String>,
    pub period_s: At<f64>,
    pub shares: Option<At<Vec<At<String>>>>,
    pub shared_with: Option<Vec<At<String>>>,
    pub operators: Option<Vec<At<String>>>,
    pub types: Option<Vec<At<String>>>,
    pub centre: Option<At<Place>>,
    pub radius_nm: Option<At<f64>>,
    pub floor_ft: Option<At<f64>>,
    pub position_sigma_m: Option<At<f64>>,
    pub altitude_sigma_ft: Option<At<f64>>,
    pub altitude_step_ft: Option<At<f64>>,
    pub gs_sigma_kt: Option<At<f64>>,
    pub track_sigma_deg: Option<At<f64>>,
    pub vs_sigma_fpm: Option<At<f64>>,
    pub drop_probability: Option<At<f64>>,
    #[serde(default)]
    pub outages_min: Vec<At<[f64; 2]>>,
    pub latency_s: Option<At<f64>>,
    pub jitter_s: Option<At<f64>>,
    pub clock_skew_s: Option<At<f64>>,
    pub duplicate_probability: Option<At<f64>>,
    pub wild_probability: Option<At<f64>>,
    pub wild_nm: Option<At<f64>>,
    pub ghost: Option<GhostSpec>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct GhostSpec {
    pub fraction: At<f64>,
    pub lag_s: At<f64>,
    pub offset_m: At<f64>,
}

/// A name of a point, or `[latitude, longitude]` in degrees.
pub(super) enum Place {
    Named(String),
    LatLon([f64; 2]),
}

/// A number, or `[low, high]` from which one is drawn.
#[derive(Clone, Copy)]
pub(super) struct Range {
    pub low: f64,
    pub high: f64,
}

// Untagged enums would do as well, but answer every slip with "data did not
// match any variant", which helps nobody.

impl<'de> Deserialize<'de> for Place {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Place, D::Error> {
        struct PlaceVisitor;
        impl<'de> Visitor<'de> for PlaceVisitor {
            type Value = Place;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the name of a point or [latitude, longitude] in degrees")
            }
            fn visit_str<E: Error>(self, name: &str) -> Result<Place, E> {
                Ok(Place::Named(name.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Place, A::Error> {
                two_numbers(seq, &self).map(Place::LatLon)
            }
        }
        deserializer.deserialize_any(PlaceVisitor)
    }
}

impl<'de> Deserialize<'de> for Range {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Range, D::Error> {
        struct RangeVisitor;
        impl<'de> Visitor<'de> for RangeVisitor {
            type Value = Range;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number or [low, high]")
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Range, E> {
                self.visit_f64(value as f64)
            }
            fn visit_f64<E: Error>(self, value: f64) -> Result<Range, E> {
                Ok(Range { low: value, high: value })
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Range, A::Error> {
                let [low, high] = two_numbers(seq, &self)?;
                Ok(Range { low, high })
            }
        }
        deserializer.deserialize_any(RangeVisitor)
    }
}

fn two_numbers<'de, A: SeqAccess<'de>>(
    mut seq: A,
    expected: &dyn serde::de::Expected,
) -> Result<[f64; 2], A::Error> {
    let mut pair = [0.0; 2];
    for (i, slot) in pair.iter_mut().enumerate() {
        *slot = seq.next_element()?.ok_or_else(|| A::Error::invalid_length(i, expected))?;
    }
    match seq.next_element::<f64>()? {
        None => Ok(pair),
        Some(_) => Err(A::Error::invalid_length(3, expected)),
    }
}

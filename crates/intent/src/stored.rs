//! The form in which rows with an extent are written to a store.

use crate::covering::Covering;
use crate::extent::Extent;
use crate::row::IntentState;
use deconflict_core::volume::{Footprint, Polygon};
use deconflict_core::{Altitude, GeoPoint, Time, Volume4d};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use uuid::Uuid;

/// Reference or subscription. One form for the three kinds: what a kind does not have is left out.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredEntity<'a> {
    #[serde(rename = "m", borrow)]
    pub manager: Cow<'a, str>,
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub state: Option<IntentState>,
    #[serde(rename = "v", default, skip_serializing_if = "Option::is_none")]
    pub version: Option<i32>,
    #[serde(rename = "t", borrow)]
    pub tag: Cow<'a, str>,
    #[serde(rename = "u", borrow)]
    pub url: Cow<'a, str>,
    #[serde(rename = "b", default, skip_serializing_if = "Option::is_none")]
    pub subscription: Option<Uuid>,
    #[serde(rename = "f", default, skip_serializing_if = "Option::is_none")]
    pub flags: Option<[bool; 3]>,
    #[serde(rename = "n", default, skip_serializing_if = "Option::is_none")]
    pub index: Option<i32>,
    #[serde(rename = "x", borrow)]
    pub space: StoredExtent<'a>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct StoredExtent<'a> {
    #[serde(rename = "c", borrow)]
    cells: Cow<'a, str>,
    #[serde(rename = "v")]
    volumes: Vec<StoredVolume>,
}

/// A number as text: what is read is to the last bit what was written.
#[derive(Clone, Copy)]
struct Exact(f64);

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Exact {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Exact, D::Error> {
        let text = <&str>::deserialize(deserializer)?;
        text.parse().map(Exact).map_err(D::Error::custom)
    }
}

/// Radians, metres over the ellipsoid, nanoseconds since 1970.
#[derive(Serialize, Deserialize)]
struct StoredVolume {
    #[serde(rename = "r", default, skip_serializing_if = "Option::is_none")]
    radius_m: Option<Exact>,
    /// The centre if there is a radius, else the corners.
    #[serde(rename = "p")]
    points: Vec<[Exact; 2]>,
    #[serde(rename = "a")]
    band_m: [Option<Exact>; 2],
    #[serde(rename = "t")]
    times_ns: [Option<i64>; 2],
}

impl From<&Extent> for StoredExtent<'_> {
    fn from(extent: &Extent) -> Self {
        let radians = |p: &GeoPoint| [Exact(p.lat_rad()), Exact(p.lon_rad())];
        let volume = |v: &Volume4d| {
            let (radius_m, points) = match &v.footprint {
                Footprint::Circle { centre, radius_m } => {
                    (Some(Exact(*radius_m)), vec![radians(centre)])
                }
                Footprint::Polygon(p) => (None, p.vertices().iter().map(radians).collect()),
                // No request can have any other: `extent::block` makes only these.
                _ => (None, Vec::new()),
            };
            StoredVolume {
                radius_m,
                points,
                band_m: [v.lower, v.upper].map(|a| a.map(|a| Exact(a.m))),
                times_ns: [v.start.map(Time::as_nanos), v.end.map(Time::as_nanos)],
            }
        };
        StoredExtent {
            cells: Cow::Owned(extent.cells.to_text()),
            volumes: extent.volumes.iter().map(volume).collect(),
        }
    }
}

impl TryFrom<StoredExtent<'_>> for Extent {
    type Error = String;

    fn try_from(stored: StoredExtent<'_>) -> Result<Extent, String> {
        let cells = Covering::from_text(&stored.cells)
            .ok_or_else(|| "x.c is no list of cells".to_owned())?;
        let volumes = stored.volumes.into_iter().map(Volume4d::try_from);
        Ok(Extent { volumes: volumes.collect::<Result<_, _>>()?, cells })
    }
}

impl TryFrom<StoredVolume> for Volume4d {
    type Error = String;

    fn try_from(stored: StoredVolume) -> Result<Volume4d, String> {
        let point = |&[Exact(lat), Exact(lon)]: &[Exact; 2]| {
            GeoPoint::from_rad(lat, lon).ok_or_else(|| format!("x.v.p: {lat}, {lon} is nowhere"))
        };
        let points: Vec<GeoPoint> = stored.points.iter().map(point).collect::<Result<_, _>>()?;
        let footprint = match (stored.radius_m, points.as_slice()) {
            (Some(Exact(radius_m)), [centre]) => Footprint::Circle { centre: *centre, radius_m },
            (None, _) => {
                Footprint::Polygon(Polygon::new(points).map_err(|e| format!("x.v.p: {e}"))?)
            }
            _ => return Err("x.v: a circle has one centre".to_owned()),
        };
        let [lower, upper] = stored.band_m.map(|m| m.map(|m| Altitude::ellipsoid_m(m.0)));
        let [start, end] = stored.times_ns.map(|t| t.map(Time::from_nanos));
        Ok(Volume4d { footprint, lower, upper, start, end })
    }
}

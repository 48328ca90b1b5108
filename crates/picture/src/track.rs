//! Aircraft as they are told.

use crate::number::{maybe, rounded};
use deconflict_core::units::{fpm_from_mps, ft_from_m, kt_from_mps};
use deconflict_core::{Altitude, AltitudeReference, GeoPoint, Velocity};
use deconflict_track::Freshness;
use serde::ser::SerializeTuple;
use serde::{Serialize, Serializer};
use std::sync::Arc;
use utoipa::ToSchema;

/// Who an aircraft is, and by what it is seen: what changes seldom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Who {
    /// Number of the track.
    pub id: u64,
    /// Address: `a4ff9c`, `~2b1234` (no ICAO address), `f:dd8f12` (FLARM), `#17` (local to a feed).
    pub address: Option<String>,
    /// Call sign.
    pub callsign: Option<String>,
    /// Operator, if declared.
    pub operator: Option<String>,
    /// Class of aircraft.
    #[schema(example = "transport")]
    pub class: &'static str,
    /// The formation that it was declared to fly in.
    pub formation: Option<String>,
    /// By which technique it is mainly seen.
    #[schema(example = "ADS-B")]
    pub technique: &'static str,
    /// Mode 3/A code, four octal digits.
    pub squawk: Option<String>,
    /// The feeds that have seen it.
    pub feeds: Vec<String>,
    /// False where policy hides who it is.
    pub identity: bool,
    /// Whether it is on the ground.
    pub on_ground: bool,
    /// What its altitude is measured from: `pressure`, `ellipsoid`.
    pub alt_reference: Option<&'static str>,
}

impl Who {
    /// What a person calls it.
    pub fn name(&self) -> String {
        match (&self.callsign, &self.address) {
            (Some(callsign), _) => callsign.clone(),
            (None, Some(address)) => address.clone(),
            (None, None) => unnamed(self.id),
        }
    }

    /// The same without anything that says who it is. The class is hidden as well: where
    /// one operator flies one tanker, it is a name.
    pub(crate) fn veiled(&self) -> Who {
        Who {
            id: self.id,
            address: None,
            callsign: None,
            operator: None,
            class: "unknown",
            formation: None,
            technique: "unknown",
            squawk: None,
            feeds: Vec::new(),
            identity: false,
            on_ground: self.on_ground,
            alt_reference: self.alt_reference,
        }
    }
}

/// What an aircraft without a name is called.
pub(crate) fn unnamed(track: u64) -> String {
    format!("aircraft {track}")
}

/// Where an aircraft is and how it moves: what changes all the time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Motion {
    /// Latitude, degrees.
    pub lat_deg: f64,
    /// Longitude, degrees.
    pub lon_deg: f64,
    /// Altitude, feet.
    pub alt_ft: Option<f64>,
    /// Ground speed, knots.
    pub gs_kt: Option<f64>,
    /// Track angle, degrees from true north.
    pub trk_deg: Option<f64>,
    /// Vertical rate, feet per minute.
    pub vs_fpm: Option<f64>,
    /// Seconds since the last position was measured.
    pub age_s: f64,
    /// Standard deviation of the position per axis, metres.
    pub sigma_m: Option<f64>,
    /// How far the position can be trusted.
    pub freshness: Freshness,
}

impl Motion {
    pub(crate) fn at(position: GeoPoint, age_s: f64, freshness: Freshness) -> Motion {
        Motion {
            lat_deg: rounded(position.lat_deg(), 5),
            lon_deg: rounded(position.lon_deg(), 5),
            alt_ft: None,
            gs_kt: None,
            trk_deg: None,
            vs_fpm: None,
            age_s: rounded(age_s, 1),
            sigma_m: None,
            freshness,
        }
    }

    pub(crate) fn with_altitude(mut self, altitude: Option<Altitude>) -> Motion {
        self.alt_ft = altitude.and_then(|a| maybe(ft_from_m(a.m), 0));
        self
    }

    pub(crate) fn with_velocity(mut self, v: &Velocity) -> Motion {
        self.gs_kt = maybe(kt_from_mps(v.ground_speed_mps()), 0);
        self.trk_deg = maybe(v.track_rad().to_degrees(), 1).map(|deg| deg % 360.0);
        self.vs_fpm = maybe(fpm_from_mps(v.up_mps), -1);
        self
    }
}

/// The name of what an altitude is measured from.
pub(crate) fn reference(altitude: Option<Altitude>) -> Option<&'static str> {
    altitude.map(|a: Altitude| AltitudeReference::name(a.reference))
}

/// The word for how far a position can be trusted.
pub(crate) const fn freshness_name(freshness: Freshness) -> &'static str {
    match freshness {
        Freshness::Live => "live",
        Freshness::Coasting => "coasting",
        Freshness::Stale => "stale",
    }
}

/// One aircraft in a picture.
#[derive(Clone, Debug)]
pub struct Track {
    /// Who it is. Shared between pictures for as long as it does not change.
    pub who: Arc<Who>,
    /// Where it is.
    pub motion: Motion,
    /// Whether it has a new position, or another freshness, since the picture before.
    pub moved: bool,
}

impl Track {
    /// As a record with all fields.
    pub fn view(&self) -> TrackView<'_> {
        let m = &self.motion;
        TrackView {
            who: &self.who,
            lat: m.lat_deg,
            lon: m.lon_deg,
            alt_ft: m.alt_ft,
            gs_kt: m.gs_kt,
            trk_deg: m.trk_deg,
            vs_fpm: m.vs_fpm,
            age_s: m.age_s,
            sigma_m: m.sigma_m,
            freshness: freshness_name(m.freshness),
        }
    }

    /// As a row of a `moves` message.
    pub fn row(&self) -> Row {
        Row { id: self.who.id, motion: self.motion }
    }
}

/// A track with all its fields, as JSON has it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TrackView<'a> {
    #[serde(flatten)]
    #[schema(inline)]
    who: &'a Who,
    /// Latitude, degrees, WGS-84.
    lat: f64,
    /// Longitude, degrees, WGS-84.
    lon: f64,
    /// Altitude, feet; see `alt_reference`.
    alt_ft: Option<f64>,
    /// Ground speed, knots.
    gs_kt: Option<f64>,
    /// Track angle, degrees from true north.
    trk_deg: Option<f64>,
    /// Vertical rate, feet per minute, up positive.
    vs_fpm: Option<f64>,
    /// Seconds since its position was measured.
    age_s: f64,
    /// Standard deviation of the position along each axis, metres.
    sigma_m: Option<f64>,
    /// `live`, `coasting` or `stale`.
    freshness: &'static str,
}

/// One aircraft in a `moves` message: an array, as there are thousands a second.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    id: u64,
    motion: Motion,
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let m = &self.motion;
        let mut row = serializer.serialize_tuple(9)?;
        row.serialize_element(&self.id)?;
        row.serialize_element(&m.lat_deg)?;
        row.serialize_element(&m.lon_deg)?;
        // Whole numbers without a decimal point: these three are rounded to such.
        row.serialize_element(&m.alt_ft.map(|ft| ft as i64))?;
        row.serialize_element(&m.gs_kt.map(|kt| kt as i64))?;
        row.serialize_element(&m.trk_deg)?;
        row.serialize_element(&m.vs_fpm.map(|fpm| fpm as i64))?;
        row.serialize_element(&m.age_s)?;
        row.serialize_element(&(m.freshness as u8))?;
        row.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_short_and_what_is_unknown_is_null() {
        let place = GeoPoint::from_deg(35.123_456_7, -40.0).unwrap();
        let still = Motion::at(place, 0.84, Freshness::Coasting);
        let row = serde_json::to_string(&Row { id: 17, motion: still }).unwrap();
        assert_eq!(row, "[17,35.12346,-40.0,null,null,null,null,0.8,1]");
        let flying = still
            .with_altitude(Some(Altitude::pressure_ft(31_000.0)))
            .with_velocity(&Velocity::from_track(200.0, 6.2829, -3.21));
        let row = serde_json::to_string(&Row { id: 17, motion: flying }).unwrap();
        assert_eq!(row, "[17,35.12346,-40.0,31000,389,0.0,-630,0.8,1]");
    }
}

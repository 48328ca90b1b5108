//! Both paths of an alert, past and expected: what the pair view draws.

use crate::number::{Stamp, maybe, rounded};
use deconflict_core::units::{ft_from_m, nm_from_m};
use deconflict_core::{AltitudeReference, State, Time, altitude::VerticalContext};
use deconflict_track::Track;
use serde::Serialize;
use utoipa::ToSchema;

/// Longest look ahead, seconds.
const MOST_AHEAD_S: f64 = 600.0;
/// How far behind the closest point of approach to look, seconds.
const BEYOND_CPA_S: f64 = 60.0;

/// Where an aircraft is at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Place {
    /// Seconds from the moment of the encounter; negative is past.
    pub t_s: f64,
    /// Latitude, degrees.
    pub lat: f64,
    /// Longitude, degrees.
    pub lon: f64,
    /// Altitude, feet.
    pub alt_ft: Option<f64>,
}

/// Both aircraft at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, ToSchema)]
pub struct Instant {
    /// Seconds from the moment of the encounter.
    pub t_s: f64,
    /// The first aircraft.
    pub a: Place,
    /// The second.
    pub b: Place,
    /// Horizontal distance, NM.
    pub nm: f64,
    /// Vertical distance, ft, if it is known.
    pub ft: Option<f64>,
}

/// The past of both aircraft.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Pasts {
    /// The first aircraft, oldest first.
    pub a: Vec<Place>,
    /// The second.
    pub b: Vec<Place>,
}

/// Two aircraft around their closest point of approach.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Encounter {
    /// The alert.
    pub id: String,
    /// The moment that times count from.
    #[schema(value_type = String, format = DateTime)]
    pub time: Stamp,
    /// Seconds to the closest point of approach.
    pub tcpa_s: Option<f64>,
    /// Horizontal separation owed, NM.
    pub owed_nm: f64,
    /// Vertical separation owed, ft.
    pub owed_ft: f64,
    /// Where they were.
    pub past: Pasts,
    /// Where they are expected, at equal steps of time.
    pub ahead: Vec<Instant>,
}

fn place(t_s: f64, state: &State) -> Place {
    Place {
        t_s,
        lat: rounded(state.position.lat_deg(), 5),
        lon: rounded(state.position.lon_deg(), 5),
        alt_ft: maybe(ft_from_m(state.altitude.m), 0),
    }
}

/// Vertical distance in one reference, if there is one.
fn vertical_m(a: &State, b: &State) -> Option<f64> {
    let pressure = |state: &State| {
        let converted = state.altitude.to(AltitudeReference::Pressure, &VerticalContext::default());
        converted.ok().map(|c| c.altitude.m)
    };
    match a.altitude.reference == b.altitude.reference {
        true => Some((a.altitude.m - b.altitude.m).abs()),
        false => Some((pressure(a)? - pressure(b)?).abs()),
    }
}

/// Both paths from `now` on, beyond the closest point of approach.
pub(crate) fn ahead(a: &Track, b: &Track, now: Time, tcpa_s: f64) -> Vec<Instant> {
    let until_s = match tcpa_s.is_finite() {
        true => (tcpa_s.max(0.0) + BEYOND_CPA_S).min(MOST_AHEAD_S),
        false => BEYOND_CPA_S,
    };
    let step_s = if until_s > 240.0 { 5.0 } else { 2.0 };
    let (Some(from_a), Some(from_b)) = (a.segment(now, until_s), b.segment(now, until_s)) else {
        return Vec::new();
    };
    let steps = (until_s / step_s).ceil() as u32;
    let at = |step: u32| {
        let t_s = f64::from(step) * step_s;
        let time = now.plus_s(t_s);
        let (a, b) = (from_a.state.at(time, from_a.growth), from_b.state.at(time, from_b.growth));
        Instant {
            t_s,
            a: place(t_s, &a),
            b: place(t_s, &b),
            nm: rounded(nm_from_m(a.position.distance_m(b.position)), 3),
            ft: vertical_m(&a, &b).map(|m| rounded(ft_from_m(m), 0)),
        }
    };
    (0..=steps).map(at).collect()
}

//! Both paths of an alert, past and expected: what the pair view draws.

use crate::alert::{Alert, Both, Point};
use crate::book::NoSuchAlert;
use crate::live::Live;
use crate::number::{Stamp, maybe, rounded};
use deconflict_core::units::{ft_from_m, nm_from_m};
use deconflict_core::{
    AltitudeReference, Segment, State, Time, Trajectory, altitude::VerticalContext,
};
use deconflict_engine::Engine;
use serde::Serialize;
use utoipa::ToSchema;

/// Longest look ahead where it is straight, seconds …
const MOST_AHEAD_S: f64 = 600.0;
/// … and along plans.
const MOST_AHEAD_BY_PLAN_S: f64 = 1800.0;
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

/// How an aircraft is expected to go on.
enum Way<'a> {
    /// Along its plan, which it follows; nobody knows what comes after it.
    Planned(&'a Trajectory),
    /// Straight.
    Straight(Box<Segment>),
}

impl Way<'_> {
    /// The way that the kernel has of it.
    fn of(engine: &Engine, track: u64, now: Time, until_s: f64) -> Option<Way<'_>> {
        match engine.planned_path(track) {
            Some(path) => Some(Way::Planned(path)),
            None => {
                let straight = engine.tracker().track(track)?.segment(now, until_s);
                straight.map(Box::new).map(Way::Straight)
            }
        }
    }

    fn at(&self, time: Time) -> Option<State> {
        match self {
            Way::Planned(path) => path.at(time),
            Way::Straight(segment) => Some(segment.state.at(time, segment.growth)),
        }
    }
}

/// Where two aircraft will be in so many seconds.
pub(crate) fn both(engine: &Engine, a: u64, b: u64, now: Time, in_s: f64) -> Option<Both> {
    if !(0.0..=MOST_AHEAD_BY_PLAN_S).contains(&in_s) {
        return None;
    }
    let point = |track: u64| -> Option<Point> {
        let state = Way::of(engine, track, now, in_s)?.at(now.plus_s(in_s))?;
        let (lon, lat) = (state.position.lon_deg(), state.position.lat_deg());
        Some((rounded(lon, 5), rounded(lat, 5), maybe(ft_from_m(state.altitude.m), 0)))
    };
    Some(Both { a: point(a)?, b: point(b)? })
}

/// Both ways of an alert from `now` on, beyond the closest point of approach.
fn ahead(engine: &Engine, alert: &Alert, now: Time) -> Vec<Instant> {
    let most_s = if alert.by_plan { MOST_AHEAD_BY_PLAN_S } else { MOST_AHEAD_S };
    let until_s = match alert.figures.tcpa_s {
        Some(tcpa_s) => (tcpa_s.max(0.0) + BEYOND_CPA_S).min(most_s),
        None => BEYOND_CPA_S,
    };
    let step_s = match until_s {
        s if s > MOST_AHEAD_S => 10.0,
        s if s > 240.0 => 5.0,
        _ => 2.0,
    };
    let way = |track| Way::of(engine, track, now, until_s);
    let (Some(way_a), Some(way_b)) = (way(alert.a.track), way(alert.b.track)) else {
        return Vec::new();
    };
    let steps = (until_s / step_s).ceil() as u32;
    let at = |step: u32| {
        let t_s = f64::from(step) * step_s;
        let time = now.plus_s(t_s);
        let (a, b) = (way_a.at(time)?, way_b.at(time)?);
        Some(Instant {
            t_s,
            a: place(t_s, &a),
            b: place(t_s, &b),
            nm: rounded(nm_from_m(a.position.distance_m(b.position)), 3),
            ft: vertical_m(&a, &b).map(|m| rounded(ft_from_m(m), 0)),
        })
    };
    (0..=steps).map_while(at).collect()
}

impl Live {
    /// Both paths of an alert: where each was, and where the kernel expects it, along its plan if
    /// it follows one.
    ///
    /// # Errors
    /// [`NoSuchAlert`] if it is not in the picture.
    pub fn encounter(&self, id: &str) -> Result<Encounter, NoSuchAlert> {
        let alert = self.book().get(id)?;
        let now = self.picture().time;
        Ok(Encounter {
            id: alert.id.clone(),
            time: Stamp(now),
            tcpa_s: alert.figures.tcpa_s,
            owed_nm: alert.owed_nm,
            owed_ft: alert.owed_ft,
            past: Pasts { a: self.trail(alert.a.track), b: self.trail(alert.b.track) },
            ahead: ahead(self.engine(), alert, now),
        })
    }
}

//! Aircraft that have left their plan: others are told where they may be instead.

use deconflict_core::altitude::VerticalContext;
use deconflict_core::corridor::Corridor;
use deconflict_core::units::{m_from_ft, mps_from_fpm, mps_from_kt};
use deconflict_core::volume::Footprint;
use deconflict_core::{Altitude, AltitudeReference, GeoPoint, Time, Volume4d};
use deconflict_intent::IntentState;
use deconflict_intent::outward::over_ellipsoid;
use deconflict_picture::{Picture, Track};
use deconflict_track::Freshness;
use deconflict_uss::Telemetry;
use std::collections::BTreeSet;

/// For how long ahead others are told where an aircraft may be, seconds.
const AHEAD_S: f64 = 180.0;
/// It is told anew so often, seconds.
pub const AGAIN_S: f64 = 60.0;
/// To either side of its expected way, metres, and this part of what it flies.
const ASIDE_M: f64 = 1_000.0;
const ASIDE_PART: f64 = 0.25;
/// Above and below where it is going, metres.
const ABOVE_M: f64 = 150.0;
/// Of how fast it is where nobody knows, m/s.
const UNKNOWN_MPS: f64 = 60.0;
/// Whoever asks where it is need not ask again before, seconds.
const NEXT_S: f64 = 1.0;

/// The aircraft of one reservation that have left it.
#[derive(Clone, Debug, PartialEq)]
pub struct Astray {
    /// By address, or else by call sign.
    pub aircraft: BTreeSet<String>,
    /// Since when the first of them.
    pub since: Time,
    /// Whether it will not conform again: so it stays until it is given back.
    pub is_contingent: bool,
    /// Where they may be, as it was last known.
    pub volumes: Vec<Volume4d>,
}

impl Astray {
    /// The first aircraft that leaves.
    pub fn new(aircraft: &str, since: Time) -> Astray {
        Astray {
            aircraft: BTreeSet::from([aircraft.to_owned()]),
            since,
            is_contingent: false,
            volumes: Vec::new(),
        }
    }

    /// The state in the words of the standard.
    pub fn state(&self) -> IntentState {
        match self.is_contingent {
            true => IntentState::Contingent,
            false => IntentState::Nonconforming,
        }
    }

    /// Looks where they are. What is not seen any more is where it may have got to.
    pub fn look(&mut self, picture: &Picture, now: Time, context: &VerticalContext) {
        let seen = self.aircraft.iter().filter_map(|aircraft| find(picture, aircraft));
        let ahead: Vec<Volume4d> = seen.filter_map(|track| ahead(track, now, context)).collect();
        if !ahead.is_empty() {
            self.volumes = ahead;
        }
        for volume in &mut self.volumes {
            volume.end = volume.end.max(Some(now.plus_s(AHEAD_S)));
        }
    }
}

/// An aircraft by its address or call sign.
fn find<'a>(picture: &'a Picture, aircraft: &str) -> Option<&'a Track> {
    picture.tracks.iter().find(|track| {
        let (address, callsign) = (track.who.address.as_deref(), track.who.callsign.as_deref());
        address == Some(aircraft) || address.is_none() && callsign == Some(aircraft)
    })
}

fn altitude(track: &Track) -> Option<Altitude> {
    let reference = AltitudeReference::from_name(track.who.alt_reference?)?;
    Some(Altitude { m: m_from_ft(track.motion.alt_ft?), reference })
}

/// Where it may be for a while, if it goes on as it does.
fn ahead(track: &Track, now: Time, context: &VerticalContext) -> Option<Volume4d> {
    let motion = &track.motion;
    let here = GeoPoint::from_deg(motion.lat_deg, motion.lon_deg)?;
    let way_s = AHEAD_S + motion.age_s;
    let way_m = motion.gs_kt.map_or(UNKNOWN_MPS, mps_from_kt) * way_s;
    let aside_m = ASIDE_M + ASIDE_PART * way_m + 2.0 * motion.sigma_m.unwrap_or(ASIDE_M);
    let footprint = match motion.trk_deg {
        Some(trk_deg) if way_m > 1.0 => {
            let there = here.destination(trk_deg.to_radians(), way_m);
            Footprint::Corridor(Corridor::new(vec![here, there], aside_m).ok()?)
        }
        _ => Footprint::Circle { centre: here, radius_m: way_m + aside_m },
    };
    let change_m = motion.vs_fpm.map_or(0.0, mps_from_fpm) * way_s;
    let limit = |side: f64| {
        let to_m = if side < 0.0 { change_m.min(0.0) } else { change_m.max(0.0) };
        let at = altitude(track)?;
        let at = Altitude { m: at.m + to_m + side * ABOVE_M, ..at };
        Some(Altitude::ellipsoid_m(over_ellipsoid(at, side, context).ok()?))
    };
    Some(Volume4d {
        footprint,
        // Of unknown level it may be at any.
        lower: limit(-1.0).or(Some(Altitude::ellipsoid_m(-8_000.0))),
        upper: limit(1.0).or(Some(Altitude::ellipsoid_m(100_000.0))),
        start: Some(now),
        end: Some(now.plus_s(AHEAD_S)),
    })
}

/// Where the first of them is, for whoever asks.
pub fn telemetry(astray: &Astray, picture: &Picture) -> Option<Telemetry> {
    let track = astray.aircraft.iter().find_map(|aircraft| find(picture, aircraft))?;
    let motion = &track.motion;
    Some(Telemetry {
        measured: picture.time.plus_s(-motion.age_s),
        position: GeoPoint::from_deg(motion.lat_deg, motion.lon_deg),
        altitude: altitude(track),
        horizontal_sigma_m: motion.sigma_m,
        vertical_sigma_m: None,
        extrapolated: motion.freshness != Freshness::Live,
        ground_speed_mps: motion.gs_kt.map(mps_from_kt),
        track_rad: motion.trk_deg.map(f64::to_radians),
        next: Some(picture.time.plus_s(NEXT_S)),
    })
}

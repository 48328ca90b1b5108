//! What an aircraft may be asked: what is declared of it, what it says by its code, what it is
//! seen to do.

use crate::live::Declared;
use deconflict_core::geo::wrap_pi;
use deconflict_core::units::{m_from_ft, m_from_nm, mps_from_fpm, mps_from_kt};
use deconflict_core::{Address, AircraftClass, Constraint, GeoPoint, Segment, State, Subject};
use deconflict_engine::Engine;
use deconflict_engine::alert::SuppressionReason;
use deconflict_resolve::{Because, Limits};
use deconflict_track::Track;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Nobody is on final approach further out than this, metres …
const FINAL_M: f64 = m_from_nm(10.0);
/// … pointing away from the threshold by more than this, radians …
const FINAL_RAD: f64 = 20.0 * std::f64::consts::PI / 180.0;
/// … descending more slowly, m/s …
const FINAL_DESCENT_MPS: f64 = mps_from_fpm(150.0);
/// … or faster over ground than this, m/s.
const FINAL_MPS: f64 = mps_from_kt(250.0);
/// The steepest approach that is still one: twice the usual three degrees.
const STEEPEST: f64 = 0.105;
/// By how much pressure altitude and elevation do not fit each other, whatever the weather, metres.
const PRESSURE_M: f64 = m_from_ft(1000.0);
/// The highest aerodrome of which nobody has said how high it is, metres.
const UNKNOWN_ELEVATION_M: f64 = m_from_ft(5000.0);

/// A place to land.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Aerodrome {
    /// Latitude, degrees.
    pub lat: f64,
    /// Longitude, degrees.
    pub lon: f64,
    /// Elevation, feet, if it is known.
    pub elevation_ft: Option<f64>,
}

/// What has been said beforehand that bears on what aircraft may be asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Standing {
    declared: BTreeMap<Address, (Option<Constraint>, u8)>,
    aerodromes: Vec<(GeoPoint, Option<f64>)>,
}

impl Standing {
    pub fn new(registry: &[Declared], aerodromes: &[Aerodrome]) -> Standing {
        let place = |it: &Aerodrome| {
            Some((GeoPoint::from_deg(it.lat, it.lon)?, it.elevation_ft.map(m_from_ft)))
        };
        let mut standing = Standing {
            aerodromes: aerodromes.iter().filter_map(place).collect(),
            ..Standing::default()
        };
        standing.declare(registry);
        standing
    }

    pub fn declare(&mut self, registry: &[Declared]) {
        let all = registry.iter().filter_map(Declared::declaration);
        let bearing = all.filter(|(_, d)| d.constraint.is_some() || d.priority > 0);
        self.declared = bearing.map(|(address, d)| (address, (d.constraint, d.priority))).collect();
    }

    /// What one aircraft may be asked. `refuelling` are the tracks that are at a tanker, or are
    /// tankers with somebody at them.
    pub fn limits(&self, track: &Track, segment: &Segment, refuelling: &BTreeSet<u64>) -> Limits {
        let subject = track.subject();
        let (declared, priority) = self.declared.get(&track.address()).copied().unwrap_or_default();
        let constraint = declared
            .or_else(|| Constraint::from_squawk(track.squawk()?, subject.class))
            .or_else(|| refuelling.contains(&subject.id).then_some(Constraint::Refuelling))
            .or_else(|| self.is_on_final(&segment.state).then_some(Constraint::Landing));
        let limits = constraint.map_or(Limits::FREE, |it| limits_of(it, subject));
        let priority = priority.max(right_of_way(subject.class));
        let because = limits.because.or_else(|| (priority > 0).then_some(Because::Priority));
        Limits { priority: limits.priority.max(priority), because, ..limits }
    }

    /// Whether it descends towards an aerodrome as who is about to land there.
    fn is_on_final(&self, state: &State) -> bool {
        let velocity = &state.velocity;
        let speed_mps = velocity.ground_speed_mps();
        if velocity.up_mps > -FINAL_DESCENT_MPS || !(10.0..=FINAL_MPS).contains(&speed_mps) {
            return false;
        }
        let near = |at: &GeoPoint| (at.lat_deg() - state.position.lat_deg()).abs() < 0.2;
        self.aerodromes.iter().filter(|(at, _)| near(at)).any(|(at, elevation_m)| {
            let [east_m, north_m] = state.position.frame().to_local(*at);
            let distance_m = east_m.hypot(north_m);
            let off_rad = wrap_pi(east_m.atan2(north_m) - velocity.track_rad()).abs();
            let is_low = match elevation_m {
                Some(elevation_m) => {
                    let above_m = state.altitude.m - elevation_m;
                    above_m > -PRESSURE_M && above_m < PRESSURE_M + STEEPEST * distance_m
                }
                None => state.altitude.m < UNKNOWN_ELEVATION_M + 0.5 * STEEPEST * distance_m,
            };
            distance_m <= FINAL_M && off_rad <= FINAL_RAD && is_low
        })
    }
}

fn limits_of(constraint: Constraint, subject: &Subject) -> Limits {
    let fixed = Limits::fixed;
    match constraint {
        Constraint::Refuelling if subject.class == AircraftClass::Tanker => {
            fixed(Because::TankerWithReceivers)
        }
        Constraint::Refuelling => fixed(Because::Refuelling),
        Constraint::LostLink => fixed(Because::LostLink),
        Constraint::NoRadio => fixed(Because::NotReachable),
        Constraint::Landing => fixed(Because::Landing),
        Constraint::Emergency => Limits::EMERGENCY,
        Constraint::CannotManoeuvre => fixed(Because::Declared),
    }
}

/// To whom others give way (ICAO Annex 2, 2005, 3.2.2.3, and 3.2.2.2.2 of who tows): the more the
/// less it can do.
fn right_of_way(class: AircraftClass) -> u8 {
    match class {
        AircraftClass::LighterThanAir => 3,
        AircraftClass::Glider | AircraftClass::Ultralight => 2,
        AircraftClass::TowPlane => 1,
        _ => 0,
    }
}

fn is_company(reason: SuppressionReason) -> bool {
    use SuppressionReason::{Formation, PossibleFormation, Rejoining};
    matches!(reason, Formation | PossibleFormation | Rejoining)
}

/// The tracks that give or take fuel: of a formation with a tanker in it, the tanker and those who
/// are near it.
pub(crate) fn refuelling(engine: &Engine) -> BTreeSet<u64> {
    let policy = engine.rules().formation();
    let tracker = engine.tracker();
    let is_at = |tanker: &Subject, other: &Subject| {
        let of = |subject: &Subject| tracker.track(subject.id)?.state_at(tracker.now());
        let (Some(tanker), Some(other)) = (of(tanker), of(other)) else { return false };
        let apart_m = tanker.position.distance_m(other.position);
        let level_m = (tanker.altitude.m - other.altitude.m).abs();
        apart_m <= 2.0 * policy.horizontal_m && level_m <= 2.0 * policy.vertical_m
    };
    let is_tanker = |subject: &Subject| subject.class == AircraftClass::Tanker;
    let mut all = BTreeSet::new();
    // Who has just come up to a tanker is with it before that is a formation.
    for pair in engine.alerts().suppressed().filter(|pair| is_company(pair.reason)) {
        let (a, b) = (&pair.a, &pair.b);
        if (is_tanker(a) || is_tanker(b)) && is_at(a, b) {
            all.extend([a.id, b.id]);
        }
    }
    for formation in engine.alerts().formations() {
        let members = || formation.members.iter();
        for tanker in members().filter(|member| is_tanker(member)) {
            for other in members().filter(|other| other.id != tanker.id && is_at(tanker, other)) {
                all.extend([tanker.id, other.id]);
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::{Altitude, Covariance, Time, Velocity};

    fn on_final(standing: &Standing, nm: f64, ft: f64, track_deg: f64, fpm: f64) -> bool {
        let field = GeoPoint::from_deg(34.0, 40.0).unwrap();
        let position = field.destination(270f64.to_radians(), m_from_nm(nm));
        standing.is_on_final(&State {
            time: Time::from_millis(0),
            position,
            altitude: Altitude::pressure_ft(ft),
            velocity: Velocity::from_track(70.0, track_deg.to_radians(), mps_from_fpm(fpm)),
            covariance: Covariance::default(),
        })
    }

    #[test]
    fn who_descends_towards_an_aerodrome_is_landing() {
        let field = |elevation_ft| Aerodrome { lat: 34.0, lon: 40.0, elevation_ft };
        for elevation_ft in [Some(2000.0), None] {
            let standing = Standing::new(&[], &[field(elevation_ft)]);
            assert!(on_final(&standing, 5.0, 3600.0, 92.0, -700.0));
            assert!(!on_final(&standing, 5.0, 3600.0, 150.0, -700.0), "it passes by");
            assert!(!on_final(&standing, 5.0, 3600.0, 92.0, 0.0), "it flies over");
            assert!(!on_final(&standing, 5.0, 15_000.0, 92.0, -700.0), "it is too high");
            assert!(!on_final(&standing, 14.0, 5000.0, 92.0, -700.0), "it is too far");
        }
        assert!(!on_final(&Standing::default(), 5.0, 3600.0, 92.0, -700.0));
    }
}

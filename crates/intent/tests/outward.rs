//! Volumes told to others and read back: never smaller than what was meant, wherever on earth.
#![allow(clippy::unwrap_used)]

use deconflict_core::altitude::VerticalContext;
use deconflict_core::corridor::Corridor;
use deconflict_core::overlap::WIDENING_SIGMAS;
use deconflict_core::volume::{Footprint, Polygon};
use deconflict_core::{Altitude, AltitudeReference, GeoPoint, Time, Volume4d};
use deconflict_intent::{Extent, Limits, Needs, outward, wire};
use proptest::prelude::*;

const TURN: f64 = std::f64::consts::TAU;

fn volume(footprint: Footprint) -> Volume4d {
    Volume4d {
        footprint,
        lower: Some(Altitude::ellipsoid_m(-20.0)),
        upper: Some(Altitude::ellipsoid_m(1_234.5)),
        start: Some(Time::from_nanos(1_893_456_000_123_456_789)),
        end: Some(Time::from_nanos(1_893_459_600_000_000_001)),
    }
}

/// Through JSON and back.
fn read_back(meant: &Volume4d) -> Vec<Volume4d> {
    let told = outward::told(meant, |_| VerticalContext::default()).unwrap();
    let text = serde_json::to_string(&told).unwrap();
    let read: Vec<wire::Volume4D> = serde_json::from_str(&text).unwrap();
    let needs = Needs { altitudes: true, times: true };
    let limits = Limits { area_km2: 1e7, total_km2: 1e8, edge_km: 2_000.0, ..Limits::default() };
    Extent::blocks(&read, needs, &limits).unwrap()
}

/// Anywhere, and more often at the poles and where longitudes jump.
fn place() -> impl Strategy<Value = GeoPoint> {
    let lat = prop_oneof![-90.0..90.0_f64, 89.9..90.0_f64, -90.0..-89.9_f64, -0.01..0.01_f64];
    let lon =
        prop_oneof![-180.0..180.0_f64, 179.99..180.0_f64, -180.0..-179.99_f64, -0.01..0.01_f64];
    (lat, lon).prop_map(|(lat, lon)| GeoPoint::from_deg(lat, lon).unwrap())
}

fn is_told(blocks: &[Volume4d], point: GeoPoint) -> bool {
    blocks.iter().any(|block| block.footprint.contains(point))
}

proptest! {
    /// USS-8: What is told of a volume contains what is meant.
    #[test]
    fn circles(centre in place(), radius_m in 1.0..100_000.0_f64, around in prop::collection::vec((0.0..TURN, 0.0..1.0_f64), 20)) {
        let meant = volume(Footprint::Circle { centre, radius_m });
        let blocks = read_back(&meant);
        prop_assert_eq!(blocks.len(), 1);
        prop_assert_eq!((blocks[0].start, blocks[0].end), (meant.start, meant.end));
        prop_assert_eq!((blocks[0].lower, blocks[0].upper), (meant.lower, meant.upper));
        for (azimuth, share) in around {
            // More of them near the edge, and some beyond the arc that are inside by the chord.
            let point = centre.destination(azimuth, radius_m * share.sqrt().sqrt() * 1.00002);
            prop_assert!(is_told(&blocks, point) || !meant.footprint.contains(point));
        }
        let Footprint::Circle { radius_m: told_m, .. } = blocks[0].footprint else { unreachable!() };
        prop_assert!(told_m >= radius_m && told_m <= radius_m * 1.00002);
    }

    /// USS-8: What is told of a volume contains what is meant.
    #[test]
    fn polygons(centre in place(), reach_m in 10.0..50_000.0_f64, corners in 3..12_u32, turn in 0.0..1.0_f64,
                around in prop::collection::vec((0.0..TURN, 0.0..1.0_f64), 20)) {
        let corner = |k: u32| centre.destination(TURN * (turn + f64::from(k)) / f64::from(corners), reach_m);
        let polygon = Polygon::new((0..corners).map(corner).collect()).unwrap();
        let blocks = read_back(&volume(Footprint::Polygon(polygon.clone())));
        prop_assert_eq!(blocks.len(), 1);
        for (azimuth, share) in around {
            let point = centre.destination(azimuth, reach_m * share);
            let inside = Footprint::Polygon(polygon.clone()).contains(point);
            // Degrees are written with all their digits: what differs is less than a micrometre.
            let inward = centre.destination(azimuth, (reach_m * share - 1e-3).max(0.0));
            prop_assert!(!inside || is_told(&blocks, point) || is_told(&blocks, inward));
        }
        prop_assert!(is_told(&blocks, centre));
    }

    /// USS-8: What is told of a volume contains what is meant.
    #[test]
    fn corridors(from in place(), half_m in 5.0..20_000.0_f64,
                 legs in prop::collection::vec((0.0..TURN, 0.0..150_000.0_f64), 0..4),
                 around in prop::collection::vec((0.0..1.0_f64, 0.0..TURN, 0.0..1.0_f64), 30)) {
        let mut points = vec![from];
        for (azimuth, length_m) in legs {
            points.push(points.last().unwrap().destination(azimuth, length_m));
        }
        let corridor = Corridor::new(points.clone(), half_m).unwrap();
        let meant = volume(Footprint::Corridor(corridor));
        let blocks = read_back(&meant);
        prop_assert_eq!(blocks.len(), points.len().saturating_sub(1).max(1));
        for (along, azimuth, share) in around {
            let leg = points.len().saturating_sub(1) as f64 * along;
            let at = (leg as usize).min(points.len().saturating_sub(2));
            let (a, b) = (points[at], points[(at + 1).min(points.len() - 1)]);
            let (direction, length_m) = a.azimuth_and_distance(b);
            let middle = a.destination(direction, length_m * leg.fract());
            let point = middle.destination(azimuth, half_m * share.sqrt());
            prop_assert!(is_told(&blocks, point) || !meant.footprint.contains(point), "{point:?}");
        }
    }

    /// USS-8: What is told of a volume contains what is meant.
    #[test]
    fn altitudes(m in 0.0..15_000.0_f64, reference in 0..4_usize, known in any::<bool>(), off in -1.0..1.0_f64) {
        let reference = AltitudeReference::ALL[reference];
        let context = if known {
            VerticalContext { qnh_hpa: Some(1000.0), geoid_undulation_m: Some(47.0), ..Default::default() }
        } else {
            VerticalContext::default()
        };
        let limit = Altitude { m, reference };
        let converted = limit.to(AltitudeReference::Ellipsoid, &context).unwrap();
        let truth_m = converted.altitude.m + off * WIDENING_SIGMAS * converted.added_sigma_m;
        let lower_m = outward::over_ellipsoid(limit, -1.0, &context).unwrap();
        let upper_m = outward::over_ellipsoid(limit, 1.0, &context).unwrap();
        prop_assert!(lower_m <= truth_m + 1e-9 && truth_m <= upper_m + 1e-9);
        if reference == AltitudeReference::Ellipsoid {
            prop_assert_eq!((lower_m, upper_m), (m, m));
        }
    }

    #[test]
    fn any_altitude_is_told_or_refused(m in any::<f64>(), reference in 0..5_usize) {
        let limit = Altitude { m, reference: AltitudeReference::ALL[reference] };
        if let Ok(told_m) = outward::over_ellipsoid(limit, 1.0, &VerticalContext::default()) {
            prop_assert!((-8_000.0..=100_000.0).contains(&told_m));
        }
    }
}

#[test]
fn what_cannot_be_told_says_what_to_do() {
    let circle =
        Footprint::Circle { centre: GeoPoint::from_deg(1.0, 2.0).unwrap(), radius_m: 10.0 };
    let with = |change: &dyn Fn(&mut Volume4d)| {
        let mut volume = volume(circle.clone());
        change(&mut volume);
        outward::told(&volume, |_| VerticalContext::default()).unwrap_err().to_string()
    };
    let ground = Altitude { m: 50.0, reference: AltitudeReference::Ground };
    for (why, words) in [
        (with(&|v| v.footprint = Footprint::World), "give it an outline"),
        (with(&|v| v.start = None), "give it both times"),
        (with(&|v| v.upper = None), "give it both altitudes"),
        (with(&|v| v.lower = Some(ground)), "set the elevation of the terrain"),
        (with(&|v| v.upper = Some(Altitude::ellipsoid_m(200_000.0))), "others take"),
        (with(&|v| v.lower = Some(Altitude::ellipsoid_m(5_000.0))), "above its ceiling"),
    ] {
        assert!(why.contains(words), "{why}");
    }
}

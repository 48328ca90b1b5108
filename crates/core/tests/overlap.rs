//! Footprints and volumes that share a point are never called apart, and those that are
//! called meeting come within the stated bound of each other, anywhere on earth.

use deconflict_core::altitude::{AltitudeReference, VerticalContext};
use deconflict_core::corridor::{BadCorridor, Corridor};
use deconflict_core::overlap::{Bands, Margins};
use deconflict_core::volume::{Footprint, Polygon};
use deconflict_core::{Altitude, GeoPoint, State, Subject, Time, Trajectory, Velocity, Volume4d};
use proptest::prelude::*;
use std::f64::consts::TAU;

fn point(lat: f64, lon: f64) -> GeoPoint {
    GeoPoint::from_deg(lat, lon).unwrap()
}

/// Places where longitudes jump, run together, or change sign, and ordinary ones.
fn places() -> impl Strategy<Value = GeoPoint> {
    prop_oneof![
        (-90.0..90.0f64, -180.0..180.0f64).prop_map(|(lat, lon)| point(lat, lon)),
        (-80.0..80.0f64, -0.5..0.5f64).prop_map(|(lat, d)| point(lat, 180.0 + d)),
        (89.0..=90.0f64, -180.0..180.0f64).prop_map(|(lat, lon)| point(lat, lon)),
        (-90.0..=-89.0f64, -180.0..180.0f64).prop_map(|(lat, lon)| point(lat, lon)),
        (-0.5..0.5f64, -0.5..0.5f64).prop_map(|(lat, lon)| point(lat, lon)),
    ]
}

/// A shape of about `size` around a place: stars are concave.
fn shape(near: GeoPoint, size_m: f64, kind: u8, bearings: &[f64], reaches: &[f64]) -> Footprint {
    match kind {
        0 => Footprint::Circle { centre: near, radius_m: size_m * reaches[0] },
        1 => {
            let share = TAU / reaches.len() as f64;
            let corner = |(i, r): (usize, &f64)| near.destination(-share * i as f64, size_m * r);
            let corners = reaches.iter().enumerate().map(corner).collect();
            Footprint::Polygon(Polygon::new(corners).unwrap())
        }
        _ => {
            let mut points = vec![near];
            for (bearing, reach) in bearings.iter().zip(reaches) {
                let last = points[points.len() - 1];
                points.push(last.destination(*bearing, size_m * reach));
            }
            Footprint::Corridor(Corridor::new(points, 0.2 * size_m * reaches[3]).unwrap())
        }
    }
}

fn shapes(near: GeoPoint, size_m: f64) -> impl Strategy<Value = Footprint> {
    let bearings = prop::collection::vec(0.0..TAU, 2..4);
    let reaches = prop::collection::vec(0.05..1.0f64, 4..9);
    (0u8..3, bearings, reaches).prop_map(move |(kind, b, r)| shape(near, size_m, kind, &b, &r))
}

fn two_shapes(
    size: std::ops::Range<f64>,
) -> impl Strategy<Value = (Footprint, Footprint, GeoPoint, f64)> {
    (places(), size, 0.0..TAU, 0.0..3.0f64).prop_flat_map(|(near, log_size, bearing, away)| {
        let size_m = 10f64.powf(log_size);
        let other = near.destination(bearing, away * size_m);
        (shapes(near, size_m), shapes(other, size_m), Just(near), Just(size_m))
    })
}

fn in_any(footprints: &[Footprint], p: GeoPoint) -> bool {
    footprints.iter().any(|f| f.contains(p))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// VOL-1: volumes that share a point are never called apart.
    #[test]
    fn a_common_point_is_never_missed((a, b, near, size_m) in two_shapes(1.0..5.3)) {
        let common = (0..900).map(|k| {
            // A sunflower: even over the disc.
            let away_m = 3.2 * size_m * (f64::from(k) / 900.0).sqrt();
            near.destination((f64::from(k) * 2.399_963) % TAU, away_m)
        }).find(|p| a.contains(*p) && b.contains(*p));
        if let Some(p) = common {
            prop_assert!(a.overlaps(&b), "{p:?} is in both {a:?} and {b:?}");
        }
    }

    /// VOL-1, at the edge: a circle that holds a corner of another shape by a millimetre meets it.
    #[test]
    fn a_touch_is_never_missed(
        (a, _, _, size_m) in two_shapes(1.0..5.0), which in 0usize..9, bearing in 0.0..TAU,
        reach in 0.1..2.0f64,
    ) {
        let corner = match &a {
            Footprint::World => point(0.0, 0.0),
            // A hair inside: chords are shorter than arcs by less at shorter distances.
            Footprint::Circle { centre, radius_m } => centre.destination(bearing, radius_m - 1e-3),
            Footprint::Polygon(p) => p.vertices()[which % p.vertices().len()],
            Footprint::Corridor(c) => {
                c.points()[which % c.points().len()].destination(bearing, c.half_width_m() - 1e-3)
            }
        };
        let radius_m = reach * size_m;
        let b = Footprint::Circle { centre: corner.destination(bearing, radius_m - 1e-3), radius_m };
        prop_assert!(b.contains(corner));
        prop_assert!(a.overlaps(&b) && b.overlaps(&a), "{a:?} {b:?}");
    }

    /// VOL-1, for paths: whoever is inside at a moment has a stay at that moment.
    #[test]
    fn a_moment_inside_is_never_missed(
        (a, _, near, size_m) in two_shapes(3.5..5.0), bearing in 0.0..TAU, away in 0.0..2.0f64,
        track in 0.0..TAU, speed_mps in 20.0..300.0f64, up_mps in -10.0..10.0f64, buffer in 0.0..0.1f64,
    ) {
        let state = State {
            time: Time::from_millis(0),
            position: near.destination(bearing, away * size_m),
            altitude: Altitude::pressure_m(5000.0),
            velocity: Velocity::from_track(speed_mps, track, up_mps),
            covariance: Default::default(),
        };
        let duration_s = 3.0 * size_m / speed_mps;
        let subject = Subject::anonymous(1);
        let path = Trajectory::straight(subject, state, duration_s, Default::default()).unwrap();
        let volume = Volume4d {
            footprint: a,
            lower: Some(Altitude::pressure_m(4000.0)),
            upper: Some(Altitude::pressure_m(5500.0)),
            start: Some(Time::from_millis(60_000)),
            end: Some(Time::from_millis(0).plus_s(0.8 * duration_s)),
        };
        let margins = Margins { horizontal_m: buffer * size_m, ..Margins::default() };
        let stays = volume.crossings(&path, margins, &VerticalContext::default());
        for k in 0..200 {
            let time = path.start().plus_s(duration_s * f64::from(k) / 200.0);
            let state = path.at(time).unwrap();
            // A second either way: pieces follow the earth within 0.05 m, and so do their edges.
            let has_stay = stays.iter().any(|s| s.start.plus_s(-1.0) <= time && time <= s.end.plus_s(1.0));
            let inside = volume.contains(state.position, state.altitude, time);
            prop_assert!(has_stay || !inside, "{time} {stays:?}");
        }
    }

    /// Where they are said to meet, both are within the bound: 1 m up to 250 km.
    #[test]
    fn a_meeting_is_one((a, b, _, _) in two_shapes(1.0..5.0)) {
        if let Some(at) = a.meets_within(&b, 0.0) {
            prop_assert!(in_any(&a.grown(1.0), at), "{at:?} is not in {a:?}");
            prop_assert!(in_any(&b.grown(1.0), at), "{at:?} is not in {b:?}");
        }
    }

    /// Neither the order nor the longitude matters, and a margin only adds.
    #[test]
    fn the_same_from_either_side_and_at_any_longitude(
        (a, b, _, size_m) in two_shapes(2.0..5.0), turn in -180.0..180.0f64,
    ) {
        let turn = |p: &GeoPoint| {
            GeoPoint::from_rad(p.lat_rad(), p.lon_rad() + turn.to_radians()).unwrap()
        };
        let turned = |f: &Footprint| match f {
            Footprint::World => Footprint::World,
            Footprint::Circle { centre, radius_m } => {
                Footprint::Circle { centre: turn(centre), radius_m: *radius_m }
            }
            Footprint::Polygon(p) => {
                Footprint::Polygon(Polygon::new(p.vertices().iter().map(turn).collect()).unwrap())
            }
            Footprint::Corridor(c) => {
                let points = c.points().iter().map(turn).collect();
                Footprint::Corridor(Corridor::new(points, c.half_width_m()).unwrap())
            }
        };
        let meets = a.overlaps(&b);
        prop_assert_eq!(meets, b.overlaps(&a));
        if meets == a.meets_within(&b, 0.01).is_some() {
            prop_assert_eq!(meets, turned(&a).overlaps(&turned(&b)));
        }
        prop_assert!(!meets || a.meets_within(&b, size_m).is_some());
        prop_assert!(a.overlaps(&a) && a.overlaps(&Footprint::World));
    }

    /// A margin is a distance along the ground.
    #[test]
    fn a_margin_is_a_distance_on_the_ground(
        near in places(), r in 10.0..50_000.0f64, bearing in 0.0..TAU,
        away in 1.0..120_000.0f64, margin in 0.0..20_000.0f64,
    ) {
        let a = Footprint::Circle { centre: near, radius_m: r };
        let b = Footprint::Circle { centre: near.destination(bearing, away), radius_m: 0.0 };
        let spare = r + margin - away;
        if spare.abs() > 1.0 {
            prop_assert_eq!(a.meets_within(&b, margin).is_some(), spare > 0.0);
        }
    }

    /// Straight motion is inside a corridor just when it is found inside at single moments.
    /// Five minutes along a tangent lift it by 600 m, which membership sees and the planes
    /// of the sides do not: 40 m of the width are left open.
    #[test]
    fn intervals_of_a_corridor_agree_with_membership(
        near in places(), bearings in prop::collection::vec(0.0..TAU, 1..4),
        bearing in 0.0..TAU, away in 0.0..30_000.0f64,
        ve in -300.0..300.0f64, vn in -300.0..300.0f64,
    ) {
        let mut points = vec![near];
        for bearing in bearings {
            points.push(points[points.len() - 1].destination(bearing, 15_000.0));
        }
        let wide = |half_width_m| {
            Footprint::Corridor(Corridor::new(points.clone(), half_width_m).unwrap())
        };
        let (inner, f, outer) = (wide(3_960.0), wide(4_000.0), wide(4_040.0));
        let frame = near.destination(bearing, away).frame();
        let velocity = frame.horizontal(ve, vn);
        let intervals = f.inside_intervals(frame.origin, velocity, 300.0);
        for k in 0..300 {
            let t = f64::from(k) + 0.37;
            let p = deconflict_core::geo::add_scaled(frame.origin, t, velocity);
            let said = intervals.iter().any(|i| i[0] <= t && t < i[1]);
            prop_assert!(said || !inner.contains_surface(p), "{t} {intervals:?}");
            prop_assert!(!said || outer.contains_surface(p), "{t} {intervals:?}");
        }
    }
}

#[test]
fn a_horseshoe_does_not_meet_what_stands_in_its_bay() {
    // Open to the north, across the antimeridian, in the southern hemisphere.
    let horseshoe = [
        (-12.0, -1.0),
        (-12.0, 1.0),
        (-10.0, 1.0),
        (-10.0, 0.8),
        (-11.8, 0.8),
        (-11.8, -0.8),
        (-10.0, -0.8),
        (-10.0, -1.0),
    ];
    let corners = horseshoe.iter().map(|&(lat, d)| point(lat, 180.0 + d)).collect();
    let f = Footprint::Polygon(Polygon::new(corners).unwrap());
    let disc = |radius_m| Footprint::Circle { centre: point(-11.0, 180.0), radius_m };
    assert!(!f.overlaps(&disc(80_000.0)));
    assert!(f.overlaps(&disc(90_000.0)));
    assert!(f.meets_within(&disc(80_000.0), 10_000.0).is_some());
}

#[test]
fn neighbours_that_share_an_edge_meet() {
    let square = |lat: f64| {
        let corners = [(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0)];
        let corners = corners.iter().map(|&(y, x)| point(lat + y, -70.0 + x)).collect();
        Footprint::Polygon(Polygon::new(corners).unwrap())
    };
    assert!(square(-40.0).overlaps(&square(-41.0)));
    assert!(!square(-40.0).overlaps(&square(-41.001)));
}

#[test]
fn circles_as_large_as_the_earth_meet_everything() {
    let here = Footprint::Circle { centre: point(10.0, 20.0), radius_m: 13_000_000.0 };
    let there = Footprint::Circle { centre: point(-10.0, -160.0), radius_m: 1.0 };
    assert!(here.overlaps(&there) && there.overlaps(&here));
    let unknown = Footprint::Circle { centre: point(10.0, 20.0), radius_m: f64::NAN };
    assert!(unknown.overlaps(&there) && there.overlaps(&unknown));
}

#[test]
fn corridors_that_are_none_are_refused() {
    assert_eq!(Corridor::new(vec![], 10.0), Err(BadCorridor::Empty));
    let here = point(0.0, 0.0);
    assert_eq!(Corridor::new(vec![here], f64::NAN), Err(BadCorridor::Width));
    assert_eq!(Corridor::new(vec![here], 0.0), Err(BadCorridor::Width));
    assert_eq!(
        Corridor::new(vec![here, point(0.0, 10.0), point(0.0, 110.0)], 10.0),
        Err(BadCorridor::LongLeg(1))
    );
}

#[test]
fn the_outline_of_a_corridor_is_its_edge() {
    let points = vec![point(50.0, 5.0), point(50.5, 5.0), point(50.5, 6.0), point(51.0, 6.2)];
    let corridor = Corridor::new(points, 5_000.0).unwrap();
    let outline = corridor.outline();
    let drawn = Footprint::Polygon(Polygon::new(outline.clone()).unwrap());
    let f = Footprint::Corridor(corridor);
    for p in outline {
        assert!(in_any(&f.grown(60.0), p), "{p:?}");
    }
    assert!(drawn.contains(point(50.2, 5.0)) && drawn.contains(point(50.5, 5.5)));
    assert!(!drawn.contains(point(50.2, 5.2)));
}

fn volume(lower: Altitude, upper: Altitude, from_s: i64, until_s: i64) -> Volume4d {
    Volume4d {
        footprint: Footprint::Circle { centre: point(-33.0, -71.0), radius_m: 1_000.0 },
        lower: Some(lower),
        upper: Some(upper),
        start: Some(Time::from_millis(from_s * 1000)),
        end: Some(Time::from_millis(until_s * 1000)),
    }
}

#[test]
fn apart_in_time_or_in_altitude_is_apart() {
    let fl = |level: f64| Altitude::pressure_ft(level * 100.0);
    let a = volume(fl(100.0), fl(200.0), 0, 600);
    assert!(a.overlaps(&volume(fl(150.0), fl(300.0), 599, 700)));
    // Limits are included, the end of the time is not.
    assert!(a.overlaps(&volume(fl(200.0), fl(300.0), 0, 600)));
    assert!(!a.overlaps(&volume(fl(200.1), fl(300.0), 0, 600)));
    assert!(!a.overlaps(&volume(fl(100.0), fl(200.0), 600, 700)));
    let margins = Margins { time_s: 60.0, vertical_m: 300.0, horizontal_m: 0.0 };
    let context = VerticalContext::default();
    assert!(a.meets(&volume(fl(205.0), fl(300.0), 630, 700), margins, &context).is_some());
    assert!(a.meets(&volume(fl(205.0), fl(300.0), 660, 700), margins, &context).is_none());
    assert!(a.meets(&volume(fl(215.0), fl(300.0), 630, 700), margins, &context).is_none());
}

#[test]
fn other_references_widen_or_cannot_be_told() {
    let context = VerticalContext::default();
    let meets = |a: &Volume4d, b: &Volume4d| {
        let bands = |a: &Volume4d, b| a.meets(b, Margins::default(), &context).map(|m| m.bands);
        assert_eq!(bands(a, b), bands(b, a));
        bands(a, b)
    };
    let flight_levels = volume(Altitude::pressure_m(3000.0), Altitude::pressure_m(4000.0), 0, 600);
    let near = volume(Altitude::ellipsoid_m(4100.0), Altitude::ellipsoid_m(5000.0), 0, 600);
    assert!(matches!(meets(&flight_levels, &near),
        Some(Bands::Converted { overlap_m, sigma_m }) if overlap_m == -100.0 && sigma_m > 100.0));
    let far = volume(Altitude::ellipsoid_m(8000.0), Altitude::ellipsoid_m(9000.0), 0, 600);
    assert_eq!(meets(&flight_levels, &far), None);
    let agl = |m| Altitude { m, reference: AltitudeReference::Ground };
    let low = volume(agl(0.0), agl(120.0), 0, 600);
    assert!(matches!(meets(&flight_levels, &low), Some(Bands::CannotTell(_))));
    assert_eq!(meets(&low, &volume(agl(121.0), agl(200.0), 0, 600)), None);
}

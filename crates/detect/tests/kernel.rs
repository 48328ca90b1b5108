//! What the kernel promises, held against brute force and geodesics.

use deconflict_core::rules::Minima;
use deconflict_core::state::Growth;
use deconflict_core::units::{m_from_ft, m_from_nm, mps_from_kt};
use deconflict_core::{
    Altitude, AltitudeReference, Covariance, GeoPoint, RuleSet, Segment, State, Subject, Time,
    Trajectory, Velocity,
};
use deconflict_detect::{Conflict, Detector, Options, Scene};
use deconflict_sim::traffic::{Traffic, random};
use geographiclib_rs::{DirectGeodesic, Geodesic, InverseGeodesic};
use proptest::prelude::*;
use std::sync::Arc;

const NOW: Time = Time::from_millis(1_513_152_000_000);
const PLAIN: Options = Options { threads: 1, probability: false };

fn state(lat: f64, lon: f64, alt_ft: f64, gs_kt: f64, track_deg: f64, up_mps: f64) -> State {
    State {
        time: NOW,
        position: GeoPoint::from_deg(lat, lon).unwrap(),
        altitude: Altitude::pressure_ft(alt_ft),
        velocity: Velocity::from_track(mps_from_kt(gs_kt), track_deg.to_radians(), up_mps),
        covariance: Covariance::default(),
    }
}

fn scene(states: &[State], lookahead_s: f64) -> Scene {
    let mut scene = Scene::new(NOW);
    for (i, s) in states.iter().enumerate() {
        let subject = Subject::anonymous(i as u64);
        scene.push_straight(subject, s, Growth::default(), lookahead_s).unwrap();
    }
    scene
}

fn detect(rules: &RuleSet, scene: &Scene) -> Vec<Conflict> {
    let mut out = Vec::new();
    Detector::new(Arc::new(rules.clone()), PLAIN).detect(scene, &mut out);
    out
}

/// All pairs by the narrow phase alone.
fn brute_force(rules: &RuleSet, scene: &Scene) -> Vec<(u32, u32)> {
    let mut detector = Detector::new(Arc::new(rules.clone()), PLAIN);
    let n = scene.len() as u32;
    let all = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b)));
    all.filter(|&(a, b)| detector.pair(scene, a, b).is_some()).collect()
}

fn pairs(conflicts: &[Conflict]) -> Vec<(u32, u32)> {
    conflicts.iter().map(|c| (c.a, c.b)).collect()
}

fn rules(horizontal_nm: f64, lookahead_s: f64) -> RuleSet {
    let minima = Minima::new(m_from_nm(horizontal_nm), m_from_ft(1000.0));
    RuleSet::uniform("test", minima, lookahead_s)
}

/// Where traffic is put: ordinary places and all the special ones.
fn places() -> impl Strategy<Value = (f64, f64)> {
    let antimeridian = prop_oneof![Just(180.0), Just(-179.9), Just(0.0)];
    let polar =
        prop_oneof![Just(90.0), Just(-90.0), Just(89.2), Just(-87.0), Just(85.5), Just(-83.0)];
    prop_oneof![
        (-80.0..80.0f64, -180.0..180.0f64),
        (-5.0..5.0f64, antimeridian),
        (polar, -180.0..180.0f64)
    ]
}

fn crowd() -> impl Strategy<Value = Vec<State>> {
    let up = prop_oneof![Just(0.0), -20.0..20.0f64];
    let one = (0.0..90.0f64, 0.0..360.0f64, 0..12i32, 0.0..900.0f64, 0.0..360.0f64, up);
    (places(), prop::collection::vec(one, 2..40)).prop_map(|((lat, lon), many)| {
        let centre = GeoPoint::from_deg(lat, lon).unwrap();
        let place = |(nm, bearing, level, gs_kt, track_deg, up): (f64, f64, i32, f64, f64, f64)| {
            let p = centre.destination(bearing.to_radians(), m_from_nm(nm));
            let alt_ft = 20_000.0 + 500.0 * f64::from(level);
            state(p.lat_deg(), p.lon_deg(), alt_ft, gs_kt, track_deg, up)
        };
        many.into_iter().map(place).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// DET-1: the broad phase loses no pair that brute force finds.
    #[test]
    fn det_1_broad_phase_loses_nothing(states in crowd(), wide: bool) {
        let (nm, ahead_s) = if wide { (5.0, 300.0) } else { (0.7, 60.0) };
        let (rules, scene) = (rules(nm, ahead_s), scene(&states, ahead_s));
        prop_assert_eq!(pairs(&detect(&rules, &scene)), brute_force(&rules, &scene));
    }

    /// DET-2: a pair is judged the same whichever of the two comes first.
    #[test]
    fn det_2_order_does_not_matter(states in crowd()) {
        let rules = rules(5.0, 300.0);
        let forth = detect(&rules, &scene(&states, 300.0));
        let reversed: Vec<State> = states.iter().rev().copied().collect();
        let last = states.len() as u32 - 1;
        let mut back = detect(&rules, &scene(&reversed, 300.0));
        back.sort_by_key(|c| (last - c.b, last - c.a));
        prop_assert_eq!(forth.len(), back.len());
        for (f, b) in forth.iter().zip(&back) {
            prop_assert_eq!((f.a, f.b), (last - b.b, last - b.a));
            prop_assert!((f.entry_s - b.entry_s).abs() < 1e-6 && (f.hmd_m - b.hmd_m).abs() < 1e-4);
        }
    }

    /// DET-4: turning the world about its axis changes nothing.
    #[test]
    fn det_4_longitude_does_not_matter(states in crowd(), turn_deg in -180.0..180.0f64) {
        let rules = rules(5.0, 300.0);
        let turn = |s: &State| {
            let (lat, lon) = (s.position.lat_deg(), s.position.lon_deg() + turn_deg);
            State { position: GeoPoint::from_deg(lat, lon).unwrap(), ..*s }
        };
        let turned: Vec<State> = states.iter().map(turn).collect();
        let here = detect(&rules, &scene(&states, 300.0));
        let there = detect(&rules, &scene(&turned, 300.0));
        // A pair that grazes the minima may fall either way.
        let clear = |c: &&Conflict| c.exit_s - c.entry_s > 0.1
            && c.least_horizontal_m < m_from_nm(5.0) - 0.1
            && c.least_vertical_m < m_from_ft(1000.0) - 0.1;
        for c in here.iter().filter(clear) {
            let same = there.iter().find(|d| (d.a, d.b) == (c.a, c.b));
            prop_assert!(same.is_some_and(|d| (d.entry_s - c.entry_s).abs() < 1e-3), "{c:?} {same:?}");
        }
    }

    /// DET-4: moving everything in time moves the answer along.
    #[test]
    fn det_4_time_does_not_matter(states in crowd(), shift_s in -1e8..1e8f64) {
        let rules = rules(5.0, 300.0);
        let here = detect(&rules, &scene(&states, 300.0));
        let then = NOW.plus_s(shift_s);
        let mut later = Scene::new(then);
        for (i, s) in states.iter().enumerate() {
            let s = State { time: then, ..*s };
            later.push_straight(Subject::anonymous(i as u64), &s, Growth::default(), 300.0).unwrap();
        }
        let there = detect(&rules, &later);
        prop_assert_eq!(format!("{here:?}"), format!("{there:?}"));
    }

    /// DET-5: distances are those of geodesic flight, within 60 m over 90 NM and five minutes.
    #[test]
    fn det_5_agrees_with_geodesics(states in crowd()) {
        let earth = Geodesic::wgs84();
        let at = |s: &State, t: f64| -> (f64, f64) {
            let (track, distance) = (s.velocity.track_rad(), s.velocity.ground_speed_mps() * t);
            let p = s.position;
            let (lat, lon, _) =
                earth.direct(p.lat_deg(), p.lon_deg(), track.to_degrees(), distance);
            (lat, lon)
        };
        for c in detect(&rules(5.0, 300.0), &scene(&states, 300.0)) {
            if (0.0..300.0).contains(&c.tcpa_s) {
                let (a, b) = (at(&states[c.a as usize], c.tcpa_s), at(&states[c.b as usize], c.tcpa_s));
                let truth: f64 = earth.inverse(a.0, a.1, b.0, b.1);
                prop_assert!((truth - c.hmd_m).abs() < 60.0, "{truth} {}", c.hmd_m);
            }
        }
    }
}

/// DET-1 for paths of many segments, whose infringements lie in any of them.
#[test]
fn det_1_planned_paths_are_followed_through_their_turns() {
    let segment = |state: State, end_s: f64| Segment {
        state,
        end: NOW.plus_s(end_s),
        growth: Growth::default(),
    };
    // Eight minutes north, then east for twenty; the other comes from ahead of
    // where that is after 25 minutes.
    let first = state(35.0, 40.0, 30_000.0, 420.0, 0.0, 0.0);
    let turn = first.at(NOW.plus_s(480.0), Growth::default());
    let east = Velocity::from_track(mps_from_kt(420.0), 90f64.to_radians(), 0.0);
    let turned = State { velocity: east, ..turn };
    let planned = vec![segment(first, 480.0), segment(turned, 1680.0)];
    let planned = Trajectory::new(Subject::anonymous(1), planned).unwrap();
    let meeting = turned.at(NOW.plus_s(1500.0), Growth::default());
    let south_mps = mps_from_kt(300.0);
    let other = State {
        time: NOW,
        velocity: Velocity::from_track(south_mps, 180f64.to_radians(), 0.0),
        position: meeting.position.destination(0.0, south_mps * 1500.0),
        ..meeting
    };
    let other =
        Trajectory::straight(Subject::anonymous(2), other, 1800.0, Growth::default()).unwrap();
    let mut scene = Scene::new(NOW);
    scene.push(&planned).unwrap();
    scene.push(&other).unwrap();
    let found = detect(&rules(5.0, 3600.0), &scene);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!((found[0].tcpa_s - 1500.0).abs() < 2.0 && found[0].hmd_m < 500.0, "{found:?}");
    assert!(detect(&rules(5.0, 300.0), &scene).is_empty(), "beyond the look-ahead");
}

#[test]
fn what_does_not_fit_is_refused_and_leaves_no_trace() {
    let mut scene = Scene::new(NOW);
    let push = |scene: &mut Scene, s: &State| {
        scene.push_straight(Subject::anonymous(1), s, Growth::default(), 300.0).is_err()
    };
    let mut bad = state(35.0, 40.0, 30_000.0, 420.0, 0.0, 0.0);
    bad.velocity.east_mps = f64::NAN;
    assert!(push(&mut scene, &bad));
    bad.velocity.east_mps = 0.0;
    bad.altitude = Altitude { m: 100.0, reference: AltitudeReference::Ground };
    assert!(push(&mut scene, &bad));
    assert!(scene.is_empty());
    assert!(detect(&rules(5.0, 300.0), &scene).is_empty());
}

/// ENG-1, the kernel's part: the number of threads does not show in the answer.
#[test]
fn eng_1_threads_do_not_show() {
    let states = random(7, &Traffic::same_area(3000), NOW);
    let scene = scene(&states, 300.0);
    let rules = Arc::new(rules(5.0, 300.0));
    let with = |threads| {
        let mut out = Vec::new();
        let options = Options { threads, probability: true };
        Detector::new(rules.clone(), options).detect(&scene, &mut out);
        format!("{out:?}")
    };
    let one = with(1);
    assert!(one.len() > 10_000);
    assert!(one == with(2) && one == with(7) && one == with(0));
}

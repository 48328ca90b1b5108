//! The promises of the plan check, in properties and in examples.

mod common;

use common::{at_s, reservations};
use deconflict_core::altitude::VerticalContext;
use deconflict_core::{Altitude, GeoPoint};
use deconflict_reserve::check::{
    Change, Conflict, GivesWay, Options, Report, Sure, Verdict, check, conflicts,
};
use deconflict_reserve::motion::{Motion, Positions};
use deconflict_reserve::reservation::Accuracy;
use deconflict_reserve::shape::{Band, Shape, WayPoint};
use deconflict_reserve::{Block, Kind, Matrix, Outline, Reservation, Status};
use proptest::prelude::*;

fn point(lat: f64, lon: f64) -> GeoPoint {
    GeoPoint::from_deg(lat, lon).unwrap()
}

/// What a conflict is, without the order of things.
fn key(c: &Conflict) -> String {
    format!("{} {} {:?} {:?} {:?} {:?}", c.with, c.party, c.start, c.end, c.sure, c.gives_way)
}

/// Whether a shape has one band, and its first point inside.
fn is_whole(shape: &Shape) -> bool {
    !shape.has_own_limits() && !matches!(shape, Shape::Track { .. } | Shape::Sector { .. })
}

/// Others that are near a plan in place and time, so that something happens.
fn near(plan: &Reservation, others: Vec<Reservation>) -> Vec<Reservation> {
    let home = plan.home().unwrap();
    let bring = |(i, mut other): (usize, Reservation)| {
        let there = home.destination(i as f64, 500.0 * i as f64);
        other.shape = other.shape.moved(other.home().unwrap(), there);
        other.id = format!("{}{i}", other.id);
        other.status = if i % 2 == 0 { Status::Planned } else { Status::Active };
        other
    };
    others.into_iter().enumerate().map(bring).collect()
}

fn options(alternatives: bool) -> Options {
    Options { alternatives, ..Options::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    /// RSV-1: another reservation never takes a conflict away.
    #[test]
    fn one_more_never_takes_a_conflict_away(
        plan in reservations(), others in prop::collection::vec(reservations(), 1..6),
    ) {
        let others = near(&plan, others);
        let (matrix, options) = (Matrix::shipped(), options(false));
        let mut before: Vec<String> = Vec::new();
        for count in 1..=others.len() {
            let now: Vec<String> =
                conflicts(&plan, &others[..count], &matrix, &options).iter().map(key).collect();
            for conflict in &before {
                prop_assert!(now.contains(conflict), "{conflict} is gone from {now:?}");
            }
            before = now;
        }
    }

    /// RSV-2: what is apart in time only, or in altitude only, never conflicts; and without
    /// the gap it does.
    #[test]
    fn apart_in_time_or_in_altitude_is_no_conflict(
        plan in reservations(), other in reservations(), gap_s in 0i64..5000, gap_m in 0.01..3000.0f64,
        reference in 0usize..5, in_time: bool,
    ) {
        prop_assume!(is_whole(&plan.shape) && is_whole(&other.shape));
        let mut other = near(&plan, vec![other]).remove(0);
        let mut plan = plan;
        let at = |m| {
            let reference = deconflict_core::AltitudeReference::ALL[reference];
            Some(Altitude { m, reference })
        };
        for r in [&mut plan, &mut other] {
            (r.kind, r.repeat, r.motion) = (Kind::Segregated, None, None);
            (r.buffer, r.agreed_with) = (Default::default(), Default::default());
            (r.start, r.end) = (Some(at_s(0)), Some(at_s(3600)));
            r.band = Band { lower: at(1000.0), upper: at(2000.0) };
        }
        (plan.party, other.party) = ("P".into(), "Q".into());
        let (matrix, options) = (Matrix::shipped(), options(false));
        prop_assert_eq!(conflicts(&plan, &[other.clone()], &matrix, &options).len(), 1);
        if in_time {
            other.start = Some(at_s(3600 + gap_s));
            other.end = Some(at_s(9000 + gap_s));
        } else {
            other.band = Band { lower: at(2000.0 + gap_m), upper: at(9000.0) };
        }
        prop_assert_eq!(conflicts(&plan, &[other.clone()], &matrix, &options), vec![]);
        prop_assert_eq!(conflicts(&other, &[plan], &matrix, &options), vec![]);
    }

    /// RSV-4: where an accuracy is not known, no probability is told.
    #[test]
    fn what_is_unknown_is_told_as_unknown(
        plan in reservations(), others in prop::collection::vec(reservations(), 1..4),
    ) {
        let others = near(&plan, others);
        for c in conflicts(&plan, &others, &Matrix::shipped(), &options(false)) {
            let other = others.iter().find(|o| o.id == c.with && o.party == c.party).unwrap();
            let is_known = |a: Accuracy| a.horizontal_m.is_some() && a.vertical_m.is_some();
            if let Sure::Probability(p) = c.sure {
                prop_assert!(is_known(plan.accuracy) && is_known(other.accuracy));
                prop_assert!((0.0..=1.0).contains(&p), "{}", p);
            }
        }
    }

}

proptest! {
    // Each case may try a hundred plans.
    #![proptest_config(ProptestConfig::with_cases(50))]

    /// RSV-5: every alternative is free by the check that the plan failed.
    #[test]
    fn alternatives_are_free(
        plan in reservations(), others in prop::collection::vec(reservations(), 1..4),
    ) {
        let others = near(&plan, others);
        let matrix = Matrix::shipped();
        let report = check(&plan, &others, &matrix, &options(true));
        for alternative in &report.alternatives {
            prop_assert_eq!(alternative.plan.validate(), Ok(()));
            let left = conflicts(&alternative.plan, &others, &matrix, &options(false));
            prop_assert!(left.iter().all(|c| c.gives_way == GivesWay::Other), "{}", alternative.says);
        }
        prop_assert!(report.verdict == Verdict::Conflict || report.alternatives.is_empty());
    }

}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// RSV-7: a plan that shares a point, a level and a moment with another is never called free.
    #[test]
    fn a_common_moment_is_never_missed(
        plan in reservations(), other in reservations(), bearing in 0.0..std::f64::consts::TAU, share in 0.0..1.0f64,
    ) {
        let other = near(&plan, vec![other]).remove(0);
        let options = options(false);
        let [from, until] = plan.span();
        let start = from.or(other.span()[0]).unwrap_or(at_s(0));
        let length_s = until.map_or(3600.0, |u| u.seconds_since(start));
        let time = start.plus_s(length_s * share * 0.999);
        let home = plan.home().unwrap();
        let (place, altitude) = match plan.path(0).and_then(|p| p.at(time)) {
            Some(state) => (state.position, state.altitude),
            None => {
                let level = plan.band.lower.or(plan.band.upper).unwrap_or(Altitude::pressure_m(3000.0));
                (home.destination(bearing, 3000.0 * share), level)
            }
        };
        let holds = |r: &Reservation| match r.path(0) {
            Some(path) => path.at(time).is_some_and(|s| {
                s.position.distance_m(place) < 9000.0
                    && s.altitude.reference == altitude.reference
                    && (s.altitude.m - altitude.m).abs() < 300.0
            }),
            None => {
                r.references().iter().all(|r| *r == altitude.reference)
                    && r.parts(None, None, &options.positions)
                        .iter()
                        .any(|p| p.volume.contains(place, altitude, time))
            }
        };
        if holds(&plan) && holds(&other) {
            let mut matrix_free = other.clone();
            (matrix_free.kind, matrix_free.party) = (Kind::Hazard, "ELSE".into());
            matrix_free.agreed_with.clear();
            let found = conflicts(&plan, &[matrix_free], &Matrix::shipped(), &options);
            prop_assert!(!found.is_empty(), "{place:?} {time}");
        }
    }
}

fn disc(id: &str, kind: Kind, party: &str, centre: GeoPoint, radius_m: f64) -> Reservation {
    let mut r = Reservation::new(id, kind, party, Shape::Circle { centre, radius_m });
    r.band = Band {
        lower: Some(Altitude::pressure_ft(10_000.0)),
        upper: Some(Altitude::pressure_ft(20_000.0)),
    };
    (r.start, r.end) = (Some(at_s(0)), Some(at_s(3600)));
    r
}

fn flight(id: &str, points: &[(f64, f64, f64, i64)]) -> Reservation {
    let points = points
        .iter()
        .map(|&(lat, lon, ft, s)| WayPoint {
            point: point(lat, lon),
            altitude: Altitude::pressure_ft(ft),
            time: at_s(s),
        })
        .collect();
    Reservation::new(id, Kind::Operation, "AIR", Shape::Flight { points })
}

fn run(plan: &Reservation, others: &[Reservation]) -> Report {
    check(plan, others, &Matrix::shipped(), &Options::default())
}

#[test]
fn a_volume_hears_with_whom_where_when_and_what_is_free() {
    let plan = disc("PLAN", Kind::Operation, "ACME", point(-33.0, -71.0), 10_000.0);
    let mut other = disc("ORBIT", Kind::Orbit, "AIR", point(-33.0, -70.85), 10_000.0);
    (other.start, other.end) = (Some(at_s(1800)), Some(at_s(7200)));
    other.band.upper = Some(Altitude::pressure_ft(14_000.0));
    let report = run(&plan, &[other]);
    assert_eq!(report.verdict, Verdict::Conflict);
    let c = &report.conflicts[0];
    assert_eq!((c.start, c.end), (Some(at_s(1800)), Some(at_s(3600))));
    assert_eq!(c.band.upper, Some(Altitude::pressure_ft(14_000.0)));
    assert!(c.at.distance_m(point(-33.0, -70.925)) < 200.0);
    assert!(c.says().starts_with("with ORBIT (orbit, AIR) at 33.0000S 70.925"), "{}", c.says());
    assert!(c.says().contains("the accuracy of PLAN is not known"), "{}", c.says());
    let changes: Vec<Change> = report.alternatives.iter().map(|a| a.change).collect();
    // Later: when the other is over, 7200 s. Earlier: half an hour. Higher: from 14,500 ft.
    assert_eq!(changes[0], Change::Time(7200.0));
    assert_eq!(changes[1], Change::Time(-1800.0));
    assert!(matches!(changes[2], Change::Level(m) if (m - 1371.6).abs() < 1e-6), "{changes:?}");
    assert!(
        report.alternatives[2].says.contains("FL145 to FL245"),
        "{}",
        report.alternatives[2].says
    );
    // 14.0 km apart, 20 km needed: 6 km is 3.2 NM, away from the other.
    let Change::Route { distance_m, bearing_deg } = changes[changes.len() - 1] else { panic!() };
    assert!(bearing_deg == 270.0 && (5_000.0..7_000.0).contains(&distance_m), "{distance_m}");
}

#[test]
fn a_flight_through_a_volume_is_told_when_it_is_inside() {
    // 120 NM east in 20 minutes through a disc of 10 km in the middle, over the antimeridian.
    let plan = flight("F1", &[(10.0, 179.0, 15_000.0, 0), (10.0, -179.0, 15_000.0, 1200)]);
    let zone = disc("ZONE", Kind::Restricted, "GOV", point(10.0, 180.0), 10_000.0);
    let report = run(&plan, std::slice::from_ref(&zone));
    let c = &report.conflicts[0];
    let middle_s = c.start.unwrap().seconds_since(at_s(0))
        + 0.5 * c.end.unwrap().seconds_since(c.start.unwrap());
    assert!((middle_s - 600.0).abs() < 2.0, "{c:?}");
    assert!((c.end.unwrap().seconds_since(c.start.unwrap()) - 109.6).abs() < 3.0, "{c:?}");
    let words: Vec<&str> = report.alternatives.iter().map(|a| a.says.as_str()).collect();
    for way in ["later", "higher", "lower", "right", "left"] {
        assert!(words.iter().any(|w| w.contains(way)), "{way}: {words:?}");
    }
    // Known accuracies make it a probability.
    let known = Accuracy { horizontal_m: Some(100.0), vertical_m: Some(30.0) };
    let (mut plan, mut zone) = (plan, zone);
    (plan.accuracy, zone.accuracy) =
        (known, Accuracy { horizontal_m: Some(0.0), vertical_m: Some(0.0) });
    assert_eq!(run(&plan, std::slice::from_ref(&zone)).conflicts[0].sure, Sure::Probability(1.0));
    // Exactly at the ceiling it is a coin's toss.
    zone.band.upper = Some(Altitude::pressure_ft(15_000.0));
    let Sure::Probability(p) = run(&plan, &[zone]).conflicts[0].sure.clone() else { panic!() };
    assert!((p - 0.5).abs() < 0.01, "{p}");
}

#[test]
fn flights_are_kept_apart_by_the_kernel() {
    let plan = flight("F1", &[(50.0, 5.0, 30_000.0, 0), (50.0, 8.0, 30_000.0, 1200)]);
    let crossing = flight("F2", &[(49.0, 6.5, 30_000.0, 0), (51.0, 6.5, 30_000.0, 1200)]);
    let above = flight("F3", &[(49.0, 6.5, 31_000.0, 0), (51.0, 6.5, 31_000.0, 1200)]);
    let later = flight("F4", &[(49.0, 6.5, 30_000.0, 900), (51.0, 6.5, 30_000.0, 2100)]);
    let mut agl = crossing.clone();
    agl.id = "F5".into();
    if let Shape::Flight { points } = &mut agl.shape {
        for p in points {
            p.altitude.reference = deconflict_core::AltitudeReference::Ground;
        }
    }
    let mut others = vec![crossing, above, later, agl];
    for o in &mut others {
        o.party = "RIVAL".into();
    }
    let report = run(&plan, &others);
    let with: Vec<&str> = report.conflicts.iter().map(|c| c.with.as_str()).collect();
    assert_eq!(with, ["F2", "F5"]);
    assert!(report.conflicts[0].at.distance_m(point(50.0, 6.5)) < 15_000.0);
    assert!(report.conflicts[1].says().contains("cannot be compared"));
    // A buffer of 15 NM beyond the minima finds nobody new here, 1001 ft does.
    let mut wide = plan.clone();
    wide.buffer.vertical_m = 306.0;
    assert_eq!(run(&wide, &others).conflicts.len(), 3);
}

#[test]
fn humanitarian_flights_are_made_room_for() {
    let mut relief = flight("RELIEF", &[(10.0, 20.0, 15_000.0, 0), (10.0, 22.0, 15_000.0, 1800)]);
    relief.kind = Kind::Humanitarian;
    let mut range = disc("RANGE", Kind::Hazard, "ARMY", point(10.0, 21.0), 20_000.0);
    range.priority = 99;
    let report = run(&relief, &[range.clone()]);
    assert_eq!(report.verdict, Verdict::OthersGiveWay);
    assert_eq!(report.conflicts[0].rule, "humanitarian first");
    assert!(report.alternatives.is_empty());
    assert_eq!(run(&range, &[relief]).verdict, Verdict::Conflict);
}

#[test]
fn what_binds_nobody_is_nobody_in_the_way() {
    let plan = disc("PLAN", Kind::Operation, "ACME", point(0.0, 0.0), 10_000.0);
    for status in Status::ALL {
        let mut other = disc("OTHER", Kind::Operation, "AIR", point(0.0, 0.0), 10_000.0);
        other.status = status;
        let is_free = run(&plan, &[other]).verdict == Verdict::Free;
        assert_eq!(is_free, !status.binds(), "{status}");
    }
    let mut before = plan.clone();
    before.status = Status::Active;
    assert_eq!(run(&plan, &[before]).verdict, Verdict::Free);
}

#[test]
fn a_ship_keeps_its_zone_with_it() {
    let mut ship = disc("CVN", Kind::Escort, "NAVY", point(20.0, -158.0), 10_000.0);
    ship.band = Band::default();
    ship.motion = Some(Motion::Steady { since: at_s(0), course_deg: 90.0, speed_mps: 10.0 });
    let there = point(20.0, -158.0).destination(std::f64::consts::FRAC_PI_2, 27_000.0);
    let mut plan = disc("P", Kind::Operation, "ACME", there, 5_000.0);
    // 12 km are left at 1500 s.
    plan.end = Some(at_s(1100));
    assert_eq!(run(&plan, &[ship.clone()]).verdict, Verdict::Free);
    plan.end = Some(at_s(1400));
    let report = run(&plan, &[ship.clone()]);
    assert!(report.conflicts[0].start.unwrap() > at_s(1100));
    assert!(report.alternatives.iter().any(|a| matches!(a.change, Change::Time(s) if s < 0.0)));
    ship.motion = Some(Motion::With("LEAD".into()));
    let report = check(
        &plan,
        &[ship],
        &Matrix::shipped(),
        &Options { positions: Positions::new(), ..Options::default() },
    );
    assert_eq!(report.conflicts[0].sure, Sure::CannotTell("nobody says where CVN is then".into()));
}

#[test]
fn references_that_nobody_can_compare_count_and_are_told() {
    let mut plan = disc("UAS", Kind::Uncrewed, "ACME", point(47.0, 8.0), 500.0);
    let agl = |m| Some(Altitude { m, reference: deconflict_core::AltitudeReference::Ground });
    plan.band = Band { lower: agl(0.0), upper: agl(120.0) };
    let other = disc("AIR", Kind::Transit, "AIR", point(47.0, 8.0), 5_000.0);
    let report = run(&plan, std::slice::from_ref(&other));
    assert!(report.conflicts[0].says().contains("elevation of the terrain"), "{report:?}");
    // With the terrain known they are apart.
    let context =
        VerticalContext { terrain_m: Some(400.0), qnh_hpa: Some(1013.25), ..Default::default() };
    let options = Options { context, ..Options::default() };
    assert_eq!(check(&plan, &[other], &Matrix::shipped(), &options).verdict, Verdict::Free);
}

#[test]
fn series_meet_on_the_days_that_they_share() {
    use deconflict_reserve::repeat::{Ends, Repeat, Unit};
    let mut plan = disc("P", Kind::Operation, "ACME", point(0.0, 0.0), 10_000.0);
    let mut other = disc("Q", Kind::Operation, "AIR", point(0.0, 0.0), 10_000.0);
    // 2026-03-01 is a Sunday.
    plan.repeat = Some(Repeat { unit: Unit::Days, every: 1, ends: Ends::Count(8) });
    other.repeat = Some(Repeat { unit: Unit::Weeks(0b100_0001), every: 1, ends: Ends::Count(50) });
    let report = run(&plan, &[other]);
    let days: Vec<f64> = report
        .conflicts
        .iter()
        .map(|c| c.start.unwrap().seconds_since(at_s(0)) / 86_400.0)
        .collect();
    assert_eq!(days, [0.0, 1.0, 7.0]);
    assert_eq!(report.alternatives[0].change, Change::Time(3600.0));
}

/// RSV-2, RSV-7: each of several volumes has its own place, levels and time, and counts by those
/// alone; RSV-5: what is free instead is free, with all of them moved.
#[test]
fn volumes_count_each_for_itself() {
    let block = |lon: f64, start: i64, end: i64, lower: f64| Block {
        outline: Outline::Circle { centre: point(0.0, lon), radius_m: 3_000.0 },
        band: Band {
            lower: Some(Altitude::pressure_ft(lower)),
            upper: Some(Altitude::pressure_ft(lower + 1_000.0)),
        },
        start: Some(at_s(start)),
        end: Some(at_s(end)),
    };
    // Along the equator over the antimeridian, a quarter of an hour each.
    let blocks = vec![
        block(179.9, 0, 900, 5_000.0),
        block(180.0, 900, 1800, 6_000.0),
        block(-179.9, 1800, 2700, 7_000.0),
    ];
    let shape = Shape::Volumes { blocks };
    let mut plan = Reservation::new("INTENT", Kind::Uncrewed, "ACME", shape);
    plan.accuracy = Accuracy { horizontal_m: Some(10.0), vertical_m: Some(10.0) };
    assert_eq!(plan.windows(), [[Some(at_s(0)), Some(at_s(2700))]]);
    let mut other = disc("O", Kind::Uncrewed, "AIR", point(0.0, -179.9), 1_000.0);
    other.accuracy = plan.accuracy;
    other.band = Band {
        lower: Some(Altitude::pressure_ft(7_500.0)),
        upper: Some(Altitude::pressure_ft(7_800.0)),
    };
    (other.start, other.end) = (Some(at_s(0)), Some(at_s(1800)));
    assert_eq!(run(&plan, std::slice::from_ref(&other)).verdict, Verdict::Free);
    other.end = Some(at_s(2000));
    let report = run(&plan, std::slice::from_ref(&other));
    assert_eq!(report.conflicts.len(), 1);
    let met = &report.conflicts[0];
    assert_eq!((met.start, met.end), (Some(at_s(1800)), Some(at_s(2000))));
    assert!(matches!(met.sure, Sure::Probability(p) if p > 0.9), "{met:?}");
    assert!(report.alternatives.iter().any(|a| a.change == Change::Time(240.0)), "{report:?}");
    for found in &report.alternatives {
        assert_eq!(run(&found.plan, std::slice::from_ref(&other)).verdict, Verdict::Free);
    }
    let level = report.alternatives.iter().find(|a| matches!(a.change, Change::Level(_))).unwrap();
    let Shape::Volumes { blocks } = &level.plan.shape else { panic!("{level:?}") };
    assert_eq!(blocks.len(), 3);
    // The other way round, and below another reference, it is the same.
    assert_eq!(run(&other, &[plan.clone()]).verdict, Verdict::Conflict);
    other.band = Band::default();
    (other.start, other.end) = (None, None);
    assert_eq!(run(&plan, &[other]).conflicts.len(), 1);
}

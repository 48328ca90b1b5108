//! What holds for every input.

mod common;

use common::{Noise, Truth, at, point};
use deconflict_core::{Address, AircraftClass, GeoPoint, Report, Technique, Time};
use deconflict_track::{Event, Prediction, Statistics, Tracker};
use proptest::prelude::*;

/// Everything that comes out of a tracker.
type Outcome = (Vec<Prediction>, Vec<Event>, Statistics);

fn run(steps: &[(Time, Vec<Report>)], end: Time) -> Outcome {
    let mut tracker = Tracker::default();
    let mut events = Vec::new();
    for (now, reports) in steps {
        events.extend_from_slice(tracker.step(*now, reports));
    }
    events.extend_from_slice(tracker.flush());
    let mut out = Vec::new();
    tracker.predict_into(end, 120.0, |_| true, &mut out);
    assert_eq!(tracker.statistics().accounted(), tracker.statistics().reports, "TRK-6");
    (out, events, *tracker.statistics())
}

/// Some aircraft over a minute, in the order of measurement.
fn traffic(seed: u64, start: GeoPoint) -> Vec<Report> {
    let mut noise = Noise::new(seed);
    let mut reports = Vec::new();
    for code in 0..5 {
        let mut truth = Truth::cruising(start, 360.0 * noise.uniform());
        truth.time_s = noise.uniform();
        truth.climb_mps = 10.0 * noise.normal();
        let turn = 0.01 * noise.normal();
        for _ in 0..60 {
            truth.fly(1.0, turn);
            reports.push(truth.noisy(code, 20.0, &mut noise));
        }
    }
    reports.sort_by_key(|r| r.measured);
    reports
}

/// The reports cut into steps of a second by time of arrival.
fn by_arrival(mut reports: Vec<Report>) -> Vec<(Time, Vec<Report>)> {
    reports.sort_by_key(|r| r.received);
    (1..70)
        .map(|s| {
            let due =
                |r: &&Report| r.received >= at(f64::from(s) - 1.0) && r.received < at(f64::from(s));
            (at(f64::from(s)), reports.iter().filter(due).copied().collect())
        })
        .collect()
}

fn any_time() -> impl Strategy<Value = Time> {
    prop_oneof![
        8 => (-20.0..80.0f64).prop_map(at),
        1 => any::<i64>().prop_map(Time::from_nanos),
        1 => Just(Time::MAX),
        1 => Just(Time::MIN),
    ]
}

fn any_number() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        3 => Just(None),
        5 => (-500.0..12_000.0f64).prop_map(Some),
        1 => any::<f64>().prop_map(Some),
        1 => Just(Some(f64::NAN)),
    ]
}

prop_compose! {
    fn any_report()(
        code in 0u32..4, technique in 0usize..10, class in 0usize..12, feed in any::<u16>(),
        measured in any_time(), received in any_time(), together in any::<bool>(),
        position in prop::option::of((-90.0..90.0f64, -180.0..180.0f64, 0.0..1.0f64)),
        sigma in prop::option::of(any::<f32>()),
        numbers in prop::array::uniform5(any_number()),
        on_ground in any::<Option<bool>>(), squawk in any::<Option<u16>>(),
    ) -> Report {
        use Technique::*;
        let techniques = [AdsB, AdsR, TisB, Mlat, ModeS, AdsC, Flarm, Radar, Declared, Unknown];
        // Most positions are near each other, so that tracks live long enough to be hurt.
        let position = position.and_then(|(lat, lon, near)| {
            let k = if near < 0.7 { 0.001 } else { 1.0 };
            GeoPoint::from_deg(89.9 * (1.0 - k) + lat * k, 179.9 * (1.0 - k) + lon * k)
        });
        Report {
            position,
            position_sigma_m: sigma,
            pressure_altitude_m: numbers[0],
            ellipsoid_height_m: numbers[1],
            ground_speed_mps: numbers[2],
            track_rad: numbers[3].map(|t| t / 1000.0),
            vertical_rate_mps: numbers[4].map(|v| v / 100.0),
            on_ground,
            squawk,
            class: AircraftClass::ALL[class],
            received: if together { measured } else { received },
            ..Report::new(feed, Address::icao(code), techniques[technique], measured)
        }
    }
}

fn check_finite(tracker: &Tracker, now: Time) {
    for track in tracker.tracks() {
        for time in [track.last_update(), now] {
            let (position, velocity) = track.position_at(time);
            assert!(position.lat_rad().is_finite() && velocity.ground_speed_mps().is_finite());
            if let Some(state) = track.state_at(time) {
                assert!(state.is_finite(), "{state:?}");
                for i in 0..4 {
                    assert!(state.covariance.horizontal[i][i] > 0.0);
                }
                assert!(state.covariance.vertical[0][0] > 0.0);
                assert!(state.covariance.vertical[1][1] > 0.0);
            }
        }
        assert!(track.period_s().is_finite());
        let _ = track.trajectory(now, 300.0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// TRK-2: arrival anywhere within the window, in any order, from any feed.
    #[test]
    fn trk_2_order_within_the_window_changes_nothing(seed in any::<u64>(), shuffle in any::<u64>()) {
        let reports = traffic(seed, point(50.0, 8.0));
        let mut noise = Noise::new(shuffle);
        let late = |r: &Report, noise: &mut Noise| Report {
            received: r.measured.plus_s(1.9 * noise.uniform()),
            ..*r
        };
        let a: Vec<Report> = reports.iter().map(|r| late(r, &mut noise)).collect();
        let b: Vec<Report> = reports.iter().map(|r| late(r, &mut noise)).collect();
        prop_assert_eq!(run(&by_arrival(a), at(65.0)), run(&by_arrival(b), at(65.0)));
    }

    /// The same order, cut into steps differently.
    #[test]
    fn steps_may_be_cut_anywhere(seed in any::<u64>(), cut in 1usize..50) {
        let reports = traffic(seed, point(50.0, 8.0));
        let steps: Vec<(Time, Vec<Report>)> = reports
            .chunks(cut)
            .map(|chunk| (chunk[chunk.len() - 1].received, chunk.to_vec()))
            .collect();
        prop_assert_eq!(run(&by_arrival(reports), at(65.0)), run(&steps, at(65.0)));
    }

    #[test]
    fn duplicates_change_nothing(seed in any::<u64>()) {
        let reports = traffic(seed, point(50.0, 8.0));
        let doubled: Vec<Report> = reports
            .iter()
            .flat_map(|r| [*r, Report { feed: 3, received: r.received.plus_s(0.7), ..*r }])
            .collect();
        let (once, _, _) = run(&by_arrival(reports.clone()), at(65.0));
        let (twice, _, statistics) = run(&by_arrival(doubled), at(65.0));
        prop_assert_eq!(once, twice);
        prop_assert_eq!(statistics.duplicates, reports.len() as u64);
    }

    /// Whatever comes in: TRK-3.
    #[test]
    fn trk_3_no_input_panics_or_gives_a_nan(
        reports in prop::collection::vec(any_report(), 1..300),
        chunk in 1usize..40,
    ) {
        let mut tracker = Tracker::default();
        for (i, chunk) in reports.chunks(chunk).enumerate() {
            let now = at(i as f64 * 3.0);
            tracker.step(now, chunk);
            check_finite(&tracker, now);
        }
        tracker.flush();
        check_finite(&tracker, at(1e6));
        tracker.step(Time::MAX, &reports);
        check_finite(&tracker, Time::MAX);
        let s = tracker.statistics();
        prop_assert_eq!(s.accounted() + tracker.pending() as u64, s.reports, "TRK-6");
    }

    /// Wild time stamps among good reports: TRK-5.
    #[test]
    fn trk_5_a_wild_time_ends_no_track(seed in any::<u64>(), ahead_s in 6.0..1e9f64, index in 0usize..300) {
        let reports = traffic(seed, point(50.0, 8.0));
        let mut steps = by_arrival(reports.clone());
        let (clean, _, _) = run(&steps, at(65.0));
        let wild = reports[index];
        let shifted = wild.measured.plus_s(ahead_s);
        let lies = [
            Report { measured: shifted, ..wild },
            Report { received: shifted, ..wild },
            Report { measured: shifted, received: shifted, ..wild },
        ];
        let step = steps.len() / 2;
        steps[step].1.extend(lies);
        let (outcome, _, statistics) = run(&steps, at(65.0));
        prop_assert_eq!(outcome, clean);
        prop_assert!(statistics.future >= 2);
    }

    /// The same flights at another time: TRK-7.
    #[test]
    fn trk_7_the_epoch_changes_nothing(seed in any::<u64>(), shift_ns in -1_000_000_000_000_000_000i64..1_000_000_000_000_000_000) {
        let shift = |t: Time| Time::from_nanos(t.as_nanos() + shift_ns);
        let steps = by_arrival(traffic(seed, point(50.0, 8.0)));
        let moved: Vec<(Time, Vec<Report>)> = steps
            .iter()
            .map(|(now, reports)| {
                let reports = reports
                    .iter()
                    .map(|r| Report { measured: shift(r.measured), received: shift(r.received), ..*r });
                (shift(*now), reports.collect())
            })
            .collect();
        let (mut here, _, counted) = run(&steps, at(65.0));
        for p in &mut here {
            p.segment.state.time = shift(p.segment.state.time);
            p.segment.end = shift(p.segment.end);
        }
        let (there, _, counted_there) = run(&moved, shift(at(65.0)));
        prop_assert_eq!(here, there);
        prop_assert_eq!(counted, counted_there);
    }

    /// The same flights at another longitude, and across the antimeridian: TRK-7.
    #[test]
    fn trk_7_the_antimeridian_is_an_ordinary_place(seed in any::<u64>(), lon in -180.0..180.0f64) {
        let turn = |p: GeoPoint, by: f64| point(p.lat_deg(), p.lon_deg() + by);
        let reports = traffic(seed, point(-40.0, 0.0));
        let moved = reports
            .iter()
            .map(|r| Report { position: r.position.map(|p| turn(p, lon)), ..*r })
            .collect();
        let (here, _, _) = run(&by_arrival(reports), at(65.0));
        let (there, _, _) = run(&by_arrival(moved), at(65.0));
        prop_assert_eq!(here.len(), 5);
        for (a, b) in here.iter().zip(&there) {
            let (a, b) = (a.segment.state, b.segment.state);
            prop_assert!(turn(a.position, lon).distance_m(b.position) < 0.01);
            prop_assert!((a.velocity.east_mps - b.velocity.east_mps).abs() < 1e-4);
            prop_assert!((a.covariance.horizontal[0][0] - b.covariance.horizontal[0][0]).abs() < 1e-4);
        }
    }
}

#[test]
fn trk_7_flight_over_the_pole() {
    let mut truth = Truth::cruising(point(89.7, 30.0), 10.0);
    let mut tracker = Tracker::default();
    let mut noise = Noise::new(1);
    for _ in 0..300 {
        truth.fly(1.0, 0.0);
        tracker.step(at(truth.time_s), &[truth.noisy(1, 20.0, &mut noise)]);
    }
    tracker.flush();
    assert_eq!((tracker.len(), tracker.statistics().outliers), (1, 0));
    let state = tracker.tracks().next().unwrap().state_at(at(truth.time_s)).unwrap();
    assert!(state.position.distance_m(truth.position) < 40.0);
    assert!((state.velocity.ground_speed_mps() - 230.0).abs() < 2.0);
    let off = (state.velocity.track_rad() - truth.track_rad).sin().abs();
    assert!(off < 0.02, "{off}");
}

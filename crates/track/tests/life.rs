//! The life of a track: made, coasted, dropped, moved, split.

mod common;

use common::{Noise, Truth, at, point};
use deconflict_core::{Address, AltitudeReference, Report, Technique};
use deconflict_track::{Config, DropReason, EventKind, Freshness, Tracker};

/// Steps a tracker each second with reports due by then, and collects events.
fn play(tracker: &mut Tracker, reports: &[Report], until_s: f64) -> Vec<EventKind> {
    let mut events = Vec::new();
    let mut rest = reports;
    let start = tracker.now().max(at(0.0));
    for i in 1.. {
        let now = start.plus_s(f64::from(i));
        let due = rest.partition_point(|r| r.received <= now);
        events.extend(tracker.step(now, &rest[..due]).iter().map(|e| e.kind));
        rest = &rest[due..];
        if now >= at(until_s) {
            break;
        }
    }
    events
}

fn cruise(code: u32, seconds: usize) -> Vec<Report> {
    let mut truth = Truth::cruising(point(50.0, 8.0), 90.0);
    let mut noise = Noise::new(u64::from(code));
    (0..seconds)
        .map(|_| {
            truth.fly(1.0, 0.0);
            truth.noisy(code, 20.0, &mut noise)
        })
        .collect()
}

#[test]
fn a_flight_is_one_track_that_coasts_and_is_dropped() {
    let mut tracker = Tracker::default();
    assert_eq!(play(&mut tracker, &cruise(1, 60), 62.0), [EventKind::Created]);
    let track = tracker.tracks().next().unwrap();
    assert_eq!((track.id(), track.address()), (1, Address::icao(1)));
    assert_eq!(tracker.freshness(track), Freshness::Live);
    assert_eq!(track.state().unwrap().altitude.reference, AltitudeReference::Pressure);
    let before = track.state_at(at(62.0)).unwrap();
    let trajectory = track.trajectory(at(62.0), 300.0).unwrap();
    assert_eq!(trajectory.end(), at(362.0));
    assert!(trajectory.at(at(62.0)).unwrap().position.distance_m(before.position) < 0.001);

    assert_eq!(play(&mut tracker, &[], 75.0), []);
    let track = tracker.tracks().next().unwrap();
    assert_eq!(tracker.freshness(track), Freshness::Coasting);
    let after = track.state_at(at(75.0)).unwrap();
    assert!(after.covariance.horizontal[0][0] > 2.0 * before.covariance.horizontal[0][0]);
    play(&mut tracker, &[], 85.0);
    assert_eq!(tracker.freshness(tracker.tracks().next().unwrap()), Freshness::Stale);
    let dropped = EventKind::Dropped(DropReason::Silent);
    assert_eq!(play(&mut tracker, &[], 125.0), [dropped]);
    assert!(tracker.is_empty());
}

#[test]
fn an_aircraft_that_comes_back_in_time_keeps_its_number() {
    let mut reports = cruise(1, 120);
    reports.retain(|r| !(at(40.0)..at(80.0)).contains(&r.measured));
    let mut tracker = Tracker::default();
    assert_eq!(play(&mut tracker, &reports, 122.0), [EventKind::Created]);
    let mut reports = cruise(2, 220);
    reports.retain(|r| !(at(40.0)..at(140.0)).contains(&r.measured));
    let mut tracker = Tracker::default();
    let events = play(&mut tracker, &reports, 222.0);
    let dropped = EventKind::Dropped(DropReason::Silent);
    assert_eq!(events, [EventKind::Created, dropped, EventKind::Created]);
    assert_eq!(tracker.tracks().next().unwrap().id(), 2);
}

/// TRK-1: a wild position neither moves a track nor ends it.
#[test]
fn trk_1_a_wild_position_neither_moves_nor_ends_a_track() {
    let clean = cruise(1, 100);
    let mut wild = clean.clone();
    for (i, at_index) in [20usize, 45, 46, 80].into_iter().enumerate() {
        let there = wild[at_index].position.unwrap();
        let away = there.destination(i as f64, 463_000.0 * (1.0 + i as f64));
        wild[at_index].position = Some(away);
    }
    let mut tracker = Tracker::default();
    assert_eq!(play(&mut tracker, &wild, 102.0), [EventKind::Created]);
    assert_eq!(tracker.statistics().outliers, 4);
    let mut reference = Tracker::default();
    play(&mut reference, &clean, 102.0);
    let state = |t: &Tracker| t.tracks().next().unwrap().state_at(at(102.0)).unwrap();
    assert!(state(&tracker).position.distance_m(state(&reference).position) < 20.0);
}

#[test]
fn an_aircraft_that_really_is_elsewhere_is_followed_there() {
    let mut reports = cruise(1, 30);
    let mut truth = Truth::cruising(point(52.7, 8.1), 90.0);
    truth.time_s = 30.0;
    let mut noise = Noise::new(3);
    for _ in 30..60 {
        truth.fly(1.0, 0.0);
        reports.push(truth.noisy(1, 20.0, &mut noise));
    }
    let mut tracker = Tracker::default();
    let events = play(&mut tracker, &reports, 62.0);
    assert_eq!(events.len(), 2, "{events:?}");
    let EventKind::Reinitialised { jump_m } = events[1] else {
        panic!("{events:?}");
    };
    assert!((jump_m - 300_000.0).abs() < 5_000.0, "{jump_m}");
    let track = tracker.tracks().next().unwrap();
    assert_eq!(track.id(), 1);
    let state = track.state_at(at(60.0)).unwrap();
    assert!(state.position.distance_m(reports[59].position.unwrap()) < 100.0);
}

#[test]
fn two_aircraft_with_one_address_are_two_tracks() {
    for period in [1usize, 10] {
        let mut north = Truth::cruising(point(48.0, 8.0), 0.0);
        let mut east = Truth::cruising(point(51.0, 12.0), 90.0);
        let mut noise = Noise::new(5);
        let mut reports = Vec::new();
        for i in 0..300 {
            north.fly(1.0, 0.0);
            east.fly(1.0, 0.0);
            if i % period == 0 {
                reports.push(north.noisy(7, 20.0, &mut noise));
                reports.push(east.noisy(7, 20.0, &mut noise));
            }
        }
        let mut tracker = Tracker::default();
        let events = play(&mut tracker, &reports, 300.0);
        assert_eq!(events, [EventKind::Created, EventKind::Split { from: 1 }], "{period}");
        let mut errors: Vec<f64> = tracker
            .tracks()
            .map(|track| {
                let p = track.state_at(at(300.0)).unwrap().position;
                p.distance_m(north.position).min(p.distance_m(east.position))
            })
            .collect();
        errors.sort_by(f64::total_cmp);
        assert!(errors.len() == 2 && errors[1] < 400.0, "{errors:?}");
    }
}

#[test]
fn a_ghost_of_a_ground_system_does_not_disturb() {
    let mut reports = cruise(1, 100);
    let ghosts: Vec<Report> = reports
        .iter()
        .map(|r| Report {
            technique: Technique::TisB,
            position: r.position.map(|p| p.destination(4.0, 1_500.0)),
            measured: r.measured.plus_s(0.3),
            received: r.received.plus_s(0.3),
            ..*r
        })
        .collect();
    reports.extend(ghosts);
    reports.sort_by_key(|r| r.received);
    let mut tracker = Tracker::default();
    assert_eq!(play(&mut tracker, &reports, 104.0), [EventKind::Created]);
    assert_eq!(tracker.statistics().inferior, 100);
    let track = tracker.tracks().next().unwrap();
    assert_eq!(track.technique(), Technique::AdsB);
    assert!(track.techniques().contains(Technique::TisB));
    let state = track.state_at(at(100.0)).unwrap();
    assert!(state.position.distance_m(reports[198].position.unwrap()) < 60.0);
}

#[test]
fn messages_that_carry_parts_make_one_state() {
    // As SBS does: position and altitude, velocity, identification, all apart.
    let mut truth = Truth::cruising(point(50.0, 8.0), 45.0);
    let mut reports = Vec::new();
    for i in 0..120 {
        truth.fly(0.5, 0.0);
        let full = truth.report(9);
        let bare = Report::new(0, full.address, full.technique, full.measured);
        reports.push(match i % 3 {
            0 => Report {
                position: full.position,
                pressure_altitude_m: full.pressure_altitude_m,
                ..bare
            },
            1 => Report {
                ground_speed_mps: full.ground_speed_mps,
                track_rad: full.track_rad,
                vertical_rate_mps: full.vertical_rate_mps,
                ..bare
            },
            _ => {
                Report { pressure_altitude_m: full.pressure_altitude_m, squawk: Some(7700), ..bare }
            }
        });
    }
    let mut tracker = Tracker::default();
    play(&mut tracker, &reports, 63.0);
    let track = tracker.tracks().next().unwrap();
    let state = track.state_at(at(60.0)).unwrap();
    assert!(state.position.distance_m(truth.position) < 20.0);
    assert!((state.velocity.ground_speed_mps() - 230.0).abs() < 0.5);
    assert_eq!((state.altitude.m, state.velocity.up_mps), (10_668.0, 0.0));
    assert_eq!(track.squawk(), Some(7700));
}

#[test]
fn slow_recordings_keep_their_tracks() {
    for period in [6usize, 10, 30] {
        let reports: Vec<Report> = cruise(3, 900).into_iter().step_by(period).collect();
        let mut tracker = Tracker::default();
        assert_eq!(play(&mut tracker, &reports, 900.0), [EventKind::Created], "{period}");
        let track = tracker.tracks().next().unwrap();
        assert!((track.period_s() - period as f64).abs() < 0.3 * period as f64);
        assert_eq!(tracker.freshness(track), Freshness::Live);
        assert_eq!(tracker.statistics().outliers, 0);
    }
}

/// TRK-4: memory is bounded by the traffic at one time.
#[test]
fn trk_4_memory_follows_the_traffic_not_the_time() {
    let mut tracker = Tracker::default();
    let truth = Truth::cruising(point(50.0, 8.0), 0.0);
    for minute in 0..600u32 {
        // Twenty new aircraft a minute, each seen twice; none stays.
        let now = at(f64::from(minute) * 60.0);
        let reports: Vec<Report> = (0..40u32)
            .map(|i| Report {
                measured: now.plus_s(-1.0 + f64::from(i / 20)),
                received: now,
                ..truth.report(minute * 20 + i % 20)
            })
            .collect();
        tracker.step(now, &reports);
        assert!(tracker.places() <= 60 && tracker.pending() <= 80, "{}", tracker.places());
    }
}

#[test]
fn a_flood_is_bounded_and_counted() {
    let config = Config { max_pending: 100, max_tracks: 50, ..Config::default() };
    let mut tracker = Tracker::new(config, Default::default());
    let truth = Truth::cruising(point(50.0, 8.0), 0.0);
    let reports: Vec<Report> = (0..1000).map(|code| truth.report(code)).collect();
    tracker.step(at(0.0), &reports);
    tracker.flush();
    let s = *tracker.statistics();
    assert_eq!(tracker.len(), 50);
    assert!(s.overflow > 0 && s.refused == 950, "{s:?}");
    assert_eq!(s.accounted(), s.reports);
}

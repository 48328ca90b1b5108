//! Encounters flown second by second through kernel and alert engine.

use deconflict_alert::{
    AlertEngine, EndReason, Facts, FormationEvent, Message, Picture, Stage, Status,
    SuppressionReason, neighbourhood,
};
use deconflict_core::rules::Minima;
use deconflict_core::state::Growth;
use deconflict_core::units::{m_from_ft, m_from_nm};
use deconflict_core::{
    Address, Altitude, Covariance, GeoPoint, RuleSet, State, Subject, Technique, Time, Velocity,
};
use deconflict_detect::{Detector, Options, Scene};
use std::sync::Arc;

/// One aircraft as it is seen: from `from_s` to `until_s`, at `position(t)` in NM
/// east and north of the middle, at an altitude in feet.
struct Seen<'a> {
    subject: Subject,
    from_s: f64,
    until_s: f64,
    path: Box<dyn Fn(f64) -> [f64; 3] + 'a>,
}

fn seen<'a>(id: u64, address: Address, path: impl Fn(f64) -> [f64; 3] + 'a) -> Seen<'a> {
    let technique = Technique::AdsB;
    let subject = Subject { address: Some(address), technique, ..Subject::anonymous(id) };
    Seen { subject, from_s: 0.0, until_s: 1e9, path: Box::new(path) }
}

fn ghost<'a>(id: u64, path: impl Fn(f64) -> [f64; 3] + 'a) -> Seen<'a> {
    let mut seen = seen(id, Address::non_icao(0x2b_0000 + id as u32), path);
    seen.subject.technique = Technique::TisB;
    seen
}

impl Seen<'_> {
    fn state(&self, time: Time, t: f64) -> State {
        let centre = GeoPoint::from_deg(35.0, 40.0).unwrap().frame();
        let ([x0, y0, z0], [x1, y1, z1]) = ((self.path)(t - 0.5), (self.path)(t + 0.5));
        let [x, y, z] = (self.path)(t);
        State {
            time,
            position: centre.from_local([m_from_nm(x), m_from_nm(y)]),
            altitude: Altitude::pressure_ft(z),
            velocity: Velocity {
                east_mps: m_from_nm(x1 - x0),
                north_mps: m_from_nm(y1 - y0),
                up_mps: m_from_ft(z1 - z0),
            },
            covariance: Covariance::diagonal(30.0, 2.0, 10.0, 0.5),
        }
    }
}

/// Flies them for `seconds` and returns all messages, the end of data included.
fn fly(rules: RuleSet, traffic: &[Seen], seconds: usize) -> Vec<Message> {
    let zero = Time::from_millis(1_700_000_000_000);
    let rules = Arc::new(rules);
    let options = Options { threads: 1, probability: false };
    let near = Arc::new(neighbourhood(rules.formation()));
    let (mut kernel, mut near) =
        (Detector::new(rules.clone(), options), Detector::new(near, options));
    let (mut engine, mut messages) = (AlertEngine::new(), Vec::new());
    let (mut conflicts, mut neighbours) = (Vec::new(), Vec::new());
    for second in 0..seconds {
        let (t, now) = (second as f64, zero.plus_s(second as f64));
        let (mut scene, mut facts) = (Scene::new(now), Vec::new());
        for aircraft in traffic.iter().filter(|a| a.from_s <= t && t <= a.until_s + 20.0) {
            // After the last report the track coasts for twenty seconds.
            let heard_s = t.min(aircraft.until_s);
            let updated = zero.plus_s(heard_s);
            let state = aircraft.state(updated, heard_s).at(now, Growth::default());
            scene.push_straight(aircraft.subject, &state, Growth::default(), 300.0).unwrap();
            let since = zero.plus_s(aircraft.from_s);
            facts.push(Facts {
                state,
                since,
                created: since,
                updated,
                period_s: 1.0,
                established: true,
                coasting: false,
                stale: false,
            });
        }
        kernel.detect(&scene, &mut conflicts);
        near.detect(&scene, &mut neighbours);
        let picture = Picture {
            scene: &scene,
            facts: &facts,
            conflicts: &conflicts,
            planned: &[],
            neighbours: &neighbours,
            grounded: &[],
            rules: &rules,
        };
        engine.step(&picture, &mut messages);
    }
    engine.finish(zero.plus_s(seconds as f64), &mut messages);
    assert_eq!(engine.alerts().count(), 0);
    messages
}

fn alerts(messages: &[Message]) -> Vec<(u64, Status)> {
    let of = |m: &Message| match m {
        Message::Alert(change) => Some((change.alert, change.change.to)),
        _ => None,
    };
    messages.iter().filter_map(of).collect()
}

fn suppressions(messages: &[Message]) -> Vec<SuppressionReason> {
    let of = |m: &Message| match m {
        Message::Suppression(s) if s.until.is_none() => Some(s.reason),
        _ => None,
    };
    messages.iter().filter_map(of).collect()
}

fn formations(messages: &[Message]) -> Vec<FormationEvent> {
    let of = |m: &Message| match m {
        Message::Formation(change) => Some(change.event),
        _ => None,
    };
    messages.iter().filter_map(of).collect()
}

fn en_route() -> RuleSet {
    RuleSet::uniform("en-route", Minima::new(m_from_nm(5.0), m_from_ft(1000.0)), 120.0)
}

fn low_level() -> RuleSet {
    RuleSet::uniform("low level", Minima::new(m_from_ft(4000.0), m_from_ft(450.0)), 60.0)
}

const A: Address = Address::icao(0xa1);
const B: Address = Address::icao(0xb2);

/// NM flown in `t` seconds.
fn flown(kt: f64, t: f64) -> f64 {
    kt * t / 3600.0
}

#[test]
fn two_that_meet_are_called_from_first_to_last() {
    let a = seen(1, A, |t| [flown(450.0, t) - 40.0, 0.0, 35_000.0]);
    let b = seen(2, B, |t| [40.0 - flown(450.0, t), 1.0, 35_000.0]);
    let messages = fly(en_route(), &[a, b], 500);
    let expected = [
        (1, Status::Open(Stage::Predicted)),
        (1, Status::Open(Stage::Imminent)),
        (1, Status::Open(Stage::Lost)),
        (1, Status::Ended(EndReason::SeparationRegained)),
    ];
    assert_eq!(alerts(&messages), expected);
    let Some(Message::Alert(end)) = messages.last() else { panic!("an alert ends it") };
    // Within half a second of closing at 900 kt.
    assert!((1851.0..1870.0).contains(&end.closest.horizontal_m), "{:?}", end.closest);
    assert!(end.change.reason.contains("1.00 NM / 0 ft at the least"), "{}", end.change.reason);
}

#[test]
fn a_turn_in_time_averts_and_is_said_so() {
    let a = seen(1, A, |t| [flown(450.0, t) - 40.0, 0.0, 35_000.0]);
    // Climbs away as soon as the alert is there.
    let b = seen(2, B, |t| {
        [40.0 - flown(450.0, t), 1.0, 35_000.0 + 50.0 * (t - 220.0).clamp(0.0, 30.0)]
    });
    let messages = fly(en_route(), &[a, b], 300);
    assert_eq!(
        alerts(&messages),
        [(1, Status::Open(Stage::Predicted)), (1, Status::Ended(EndReason::Averted))]
    );
}

#[test]
fn an_alert_ends_when_a_track_is_lost_and_names_it() {
    let a = seen(1, A, |t| [flown(450.0, t) - 40.0, 0.0, 35_000.0]);
    let mut b = seen(2, B, |t| [40.0 - flown(450.0, t), 1.0, 35_000.0]);
    b.until_s = 220.0;
    let messages = fly(en_route(), &[a, b], 400);
    assert_eq!(alerts(&messages).last(), Some(&(1, Status::Ended(EndReason::TrackLost(2)))));
}

#[test]
fn a_ghost_that_lags_is_no_conflict_even_in_turns() {
    // Racetrack with turns of 3°/s; the ghost is 6 s late, 300 ft beside and 100 ft high.
    let orbit = |t: f64| {
        let (radius, rate) = (0.65, 3f64.to_radians());
        [radius * (rate * t).sin(), radius * (rate * t).cos() + flown(30.0, t), 3000.0]
    };
    let a = seen(1, A, orbit);
    let mut b = ghost(2, move |t| {
        let [x, y, z] = orbit(t - 6.0);
        [x + 0.05, y, z + 100.0]
    });
    b.from_s = 40.0;
    let messages = fly(low_level(), &[a, b], 400);
    assert_eq!(alerts(&messages), []);
    assert_eq!(suppressions(&messages), [SuppressionReason::Ghost]);
    assert_eq!(formations(&messages), []);
}

#[test]
fn an_aircraft_that_only_the_ground_sees_is_called_like_any_other() {
    let a = seen(1, A, |t| [flown(120.0, t) - 5.0, 0.0, 3000.0]);
    let b = ghost(2, |t| [0.0, flown(110.0, t) - 4.6, 3000.0]);
    let messages = fly(low_level(), &[a, b], 300);
    assert!(alerts(&messages).contains(&(1, Status::Open(Stage::Lost))), "{messages:?}");
    assert_eq!(suppressions(&messages), []);
    // Also when it comes from behind, slowly, on the very same track.
    for faster_kt in [20.0, 30.0, 50.0] {
        let a = seen(1, A, |t| [flown(100.0, t), 0.0, 3000.0]);
        let b = ghost(2, move |t| [flown(100.0 + faster_kt, t) - 3.0, 0.0, 3000.0]);
        let seconds = (2.0 * 3.0 / faster_kt * 3600.0) as usize;
        let messages = fly(low_level(), &[a, b], seconds);
        let stages = alerts(&messages);
        assert!(stages.contains(&(1, Status::Open(Stage::Lost))), "{faster_kt} kt: {stages:?}");
        let ended = stages.last().unwrap().1;
        assert_eq!(ended, Status::Ended(EndReason::SeparationRegained), "{faster_kt} kt");
    }
}

#[test]
fn an_aircraft_that_changes_its_address_is_no_conflict_with_itself() {
    let path = |t: f64| [flown(450.0, t), 0.0, 35_000.0];
    let mut a = seen(1, A, path);
    a.until_s = 100.0;
    let mut b = seen(2, B, path);
    b.from_s = 102.0;
    let messages = fly(en_route(), &[a, b], 200);
    assert_eq!(alerts(&messages), []);
    assert_eq!(suppressions(&messages).last(), Some(&SuppressionReason::Readdressed));
}

#[test]
fn one_address_in_two_spaces_is_one_aircraft_unless_it_is_not() {
    let other = Address { code: A.code, ..Address::non_icao(0) };
    let path = |t: f64| [flown(450.0, t), 0.0, 35_000.0];
    let messages = fly(en_route(), &[seen(1, A, path), seen(2, other, path)], 100);
    assert_eq!(alerts(&messages), []);
    assert_eq!(suppressions(&messages), [SuppressionReason::SameAddress]);
    // Two aircraft with the same address that really meet.
    let a = seen(1, A, |t| [flown(450.0, t) - 20.0, 0.0, 35_000.0]);
    let b = seen(2, A, |t| [20.0 - flown(450.0, t), 1.0, 35_000.0]);
    assert!(alerts(&fly(en_route(), &[a, b], 250)).contains(&(1, Status::Open(Stage::Lost))));
}

#[test]
fn who_comes_into_sight_together_is_a_formation_without_an_alert_before() {
    let weave = |t: f64| [flown(230.0, t), 0.3 + 0.15 * (t / 30.0).sin(), 10_000.0];
    let lead = seen(1, A, |t| [flown(230.0, t), 0.0, 10_000.0]);
    let wing = seen(2, B, weave);
    let third = seen(3, Address::icao(3), |t| [flown(230.0, t) - 0.3, -0.3, 10_200.0]);
    let messages = fly(en_route(), &[lead, wing, third], 400);
    assert_eq!(alerts(&messages), []);
    assert_eq!(formations(&messages).first(), Some(&FormationEvent::Formed));
    assert_eq!(formations(&messages).last(), Some(&FormationEvent::Ended));
    let formed = formations(&messages).iter().filter(|e| **e == FormationEvent::Formed).count();
    assert_eq!(formed, 1, "three aircraft are one formation");
    let reasons = suppressions(&messages);
    assert!(reasons.contains(&SuppressionReason::PossibleFormation));
    assert!(reasons.contains(&SuppressionReason::Formation));
}

#[test]
fn a_slow_overtaking_is_called_and_never_becomes_a_formation() {
    for faster_kt in [15.0, 25.0, 40.0] {
        let a = seen(1, A, |t| [flown(250.0, t), 0.0, 20_000.0]);
        let b = seen(2, B, move |t| [flown(250.0 + faster_kt, t) - 6.0, 0.0, 20_000.0]);
        let seconds = (2.0 * 6.0 / faster_kt * 3600.0) as usize;
        let messages = fly(en_route(), &[a, b], seconds);
        assert_eq!(
            alerts(&messages),
            [
                (1, Status::Open(Stage::Predicted)),
                (1, Status::Open(Stage::Imminent)),
                (1, Status::Open(Stage::Lost)),
                (1, Status::Ended(EndReason::SeparationRegained)),
            ],
            "{faster_kt} kt"
        );
        assert_eq!(formations(&messages), [], "{faster_kt} kt");
    }
}

#[test]
fn who_appears_close_and_closes_fast_is_called_at_once() {
    let a = seen(1, A, |t| [flown(100.0, t), 0.0, 3000.0]);
    let mut b = seen(2, B, |t| [flown(100.0, t), 0.6 - flown(70.0, t - 100.0), 3000.0]);
    b.from_s = 100.0;
    let messages = fly(low_level(), &[a, b], 140);
    assert_eq!(alerts(&messages).first().map(|a| a.0), Some(1));
    let Some(Message::Alert(first)) = messages.iter().find(|m| matches!(m, Message::Alert(_)))
    else {
        panic!("an alert");
    };
    assert!(first.change.time.seconds_since(Time::from_millis(1_700_000_000_000)) <= 103.0);
}

#[test]
fn a_rendezvous_in_sight_is_called_until_it_is_a_formation() {
    // Closes from 6 NM at 40 kt, slows down, and stays 0.2 NM behind.
    let behind = |t: f64| -0.2 - (6.0 - flown(40.0, t)).max(0.0);
    let a = seen(1, A, |t| [flown(280.0, t), 0.0, 20_000.0]);
    let b = seen(2, B, move |t| [flown(280.0, t) + behind(t), 0.0, 20_000.0]);
    let messages = fly(en_route(), &[a, b], 900);
    assert_eq!(alerts(&messages).last(), Some(&(1, Status::Ended(EndReason::Formation))));
    assert_eq!(formations(&messages), [FormationEvent::Formed, FormationEvent::Ended]);
}

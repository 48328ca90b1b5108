//! Plans and areas against aircraft that fly: who is expected where, who is called, who is warned.

use deconflict_core::area::Admitted;
use deconflict_core::overlap::Margins;
use deconflict_core::plan::{Tolerance, Waypoint};
use deconflict_core::volume::Footprint;
use deconflict_core::{
    Address, Altitude, AltitudeReference, Area, Declaration, GeoPoint, Label, Plan, Registry,
    Report, Technique, Time, Volume4d,
};
use deconflict_engine::alert::{Stage, Status, WarningEnd, WarningStage, WarningStatus};
use deconflict_engine::{Engine, EngineConfig, Event};
use proptest::prelude::*;

const BEGIN_S: f64 = 1_700_000_000.0;

fn at(t_s: f64) -> Time {
    Time::from_unix_s(BEGIN_S + t_s).unwrap()
}

fn label<const N: usize>(text: &str) -> Label<N> {
    Label::new(text).unwrap()
}

/// Straight flight from place to place, as points `(seconds, place, metres)`.
#[derive(Clone)]
struct Flight {
    address: u32,
    points: Vec<(f64, GeoPoint, f64)>,
}

impl Flight {
    /// From a place on a track for so long, at speed and level.
    fn straight(address: u32, from: GeoPoint, track_deg: f64, mps: f64, m: f64, s: f64) -> Flight {
        let to = from.destination(track_deg.to_radians(), mps * s);
        Flight { address, points: vec![(0.0, from, m), (s, to, m)] }
    }

    fn place(&self, t_s: f64) -> (GeoPoint, f64, f64) {
        let next = self.points.iter().position(|p| p.0 > t_s).unwrap_or(self.points.len() - 1);
        let (from, to) = (&self.points[next.max(1) - 1], &self.points[next.max(1)]);
        let share = (t_s - from.0) / (to.0 - from.0);
        let (azimuth, m) = from.1.azimuth_and_distance(to.1);
        (from.1.destination(azimuth, share * m), from.2 + share * (to.2 - from.2), azimuth)
    }

    fn report(&self, t_s: f64) -> Report {
        let (now, before) = (self.place(t_s), self.place(t_s - 0.5));
        let time = at(t_s);
        Report {
            position: Some(now.0),
            position_sigma_m: Some(10.0),
            pressure_altitude_m: Some(now.1),
            ground_speed_mps: Some(2.0 * before.0.distance_m(now.0)),
            track_rad: Some(now.2),
            vertical_rate_mps: Some(2.0 * (now.1 - before.1)),
            ..Report::new(0, Address::icao(self.address), Technique::AdsB, time)
        }
    }

    /// The plan of exactly this flight, so much later.
    fn plan(&self, name: &str, later_s: f64) -> Plan {
        let point = |p: &(f64, GeoPoint, f64)| Waypoint {
            time: at(p.0 + later_s),
            position: p.1,
            altitude: Altitude::pressure_m(p.2),
        };
        let path = self.points.iter().map(point).collect();
        let aircraft = (Some(Address::icao(self.address)), None);
        Plan::new(label(name), aircraft, path, Vec::new(), Tolerance::default()).unwrap()
    }
}

/// Flies from one second to another, and tells what came of it, with each second.
fn fly(engine: &mut Engine, flights: &[&Flight], seconds: std::ops::Range<i32>) -> Vec<Event> {
    let mut events = Vec::new();
    for second in seconds {
        let t_s = f64::from(second);
        let reports: Vec<_> = flights.iter().map(|f| f.report(t_s)).collect();
        engine.push(&reports, &mut events);
    }
    events
}

fn warnings(events: &[Event]) -> Vec<(f64, WarningStatus)> {
    let of = |event: &Event| match event {
        Event::Warning(c) => Some((c.step.time.as_unix_s() - BEGIN_S, c.step.to)),
        _ => None,
    };
    events.iter().filter_map(of).collect()
}

fn point(lat: f64, lon: f64) -> GeoPoint {
    GeoPoint::from_deg(lat, lon).unwrap()
}

/// A turn after `turn_s` seconds.
fn bent(lat: f64, lon: f64, track_deg: f64, turn_deg: f64, mps: f64, turn_s: f64) -> Flight {
    let from = point(lat, lon);
    let corner = from.destination(track_deg.to_radians(), mps * turn_s);
    let onward = (track_deg + turn_deg).to_radians();
    let end = corner.destination(onward, mps * 1500.0);
    let points =
        vec![(0.0, from, 3000.0), (turn_s, corner, 3000.0), (turn_s + 1500.0, end, 4500.0)];
    Flight { address: 0x10, points }
}

fn engine_with(plans: Vec<Plan>, areas: Vec<Area>) -> Engine {
    let mut engine = Engine::new(EngineConfig::default());
    engine.set_plans(plans);
    engine.set_areas(areas);
    engine
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// PLN-1, all over the world, in turns and climbs, early and late, beside the path.
    #[test]
    fn who_conforms_is_expected_along_the_plan(
        lat in -75.0..75.0f64, lon in -180.0..180.0f64, track in 0.0..360.0f64,
        turn in -90.0..90.0f64, mps in 40.0..250.0f64, turn_s in 90.0..400.0f64,
        late_s in -80.0..80.0f64,
    ) {
        let flight = bent(lat, lon, track, turn, mps, turn_s);
        let plan = flight.plan("p", -late_s);
        let mut engine = engine_with(vec![plan.clone()], Vec::new());
        let begin = (-late_s).max(0.0).ceil() as i32;
        // Up to just before the corner, where straight flight and plan differ most.
        let events = fly(&mut engine, &[&flight], begin..turn_s as i32);
        prop_assert_eq!(warnings(&events), vec![]);
        let status = engine.plan_statuses()[0];
        prop_assert!(status.fit.conforms && status.followed && !status.called);
        prop_assert!((status.fit.late_s - late_s).abs() < 8.0, "{:?}", status);
        let path = engine.planned_path(status.track).unwrap();
        let now = path.start();
        for ahead_s in [60.0, 300.0, 1150.0] {
            let Some(expected) = path.at(now.plus_s(ahead_s)) else { continue };
            let (place, level, _) = flight.place(now.as_unix_s() - BEGIN_S + ahead_s);
            let off_m = expected.position.distance_m(place);
            prop_assert!(off_m <= 8.0 * mps + 50.0, "{ahead_s}: {off_m}");
            prop_assert!((expected.altitude.m - level).abs() <= 20.0, "{ahead_s}");
        }
    }

    /// PLN-2: by turning off, climbing out, and being slow.
    #[test]
    fn who_leaves_the_plan_is_called_within_five_evaluations(
        lat in -75.0..75.0f64, lon in -180.0..180.0f64, track in 0.0..360.0f64,
        how in 0..3usize,
    ) {
        let from = point(lat, lon);
        let planned = Flight::straight(0x10, from, track, 120.0, 3000.0, 1200.0);
        let plan = planned.plan("p", 0.0);
        let mut flown = planned.clone();
        let (corner, level, azimuth) = planned.place(60.0);
        let (end, m) = match how {
            0 => (corner.destination(azimuth + 1.0, 60_000.0), level),
            1 => (corner.destination(azimuth, 60_000.0), level + 3000.0),
            _ => (corner.destination(azimuth, 500.0 * 40.0), level),
        };
        flown.points = vec![(0.0, from, 3000.0), (60.0, corner, level), (560.0, end, m)];
        let mut engine = engine_with(vec![plan.clone()], Vec::new());
        let events = fly(&mut engine, &[&flown], 0..400);
        // By the truth: off by more than the tolerance, whatever the moment of the plan.
        let outside = (60..400).find(|t| {
            let (place, m, _) = flown.place(f64::from(*t));
            let Tolerance { across_m, vertical_m, time_s } = plan.tolerance();
            !(0..=800).any(|k| {
                let then = f64::from(*t) + time_s * (f64::from(k) / 400.0 - 1.0);
                then >= 0.0 && {
                    let (there, level, _) = planned.place(then);
                    there.distance_m(place) <= across_m && (level - m).abs() <= vertical_m
                }
            })
        });
        let outside = f64::from(outside.unwrap());
        let called = warnings(&events);
        prop_assert_eq!(called.len(), 1, "{:?}", called);
        prop_assert_eq!(called[0].1, WarningStatus::Open(WarningStage::Nonconforming));
        // The second that has to pass until a position is evaluated, and the tracker's own lag.
        let after_s = called[0].0 - outside;
        prop_assert!((-2.0..=5.0 + 4.0).contains(&after_s), "{how}: {after_s}");
        // From then on it is expected where it really goes.
        let status = engine.plan_statuses()[0];
        prop_assert!(status.called && !status.followed);
        prop_assert!(engine.planned_path(status.track).is_none());
    }

    /// PLN-3: straight flight, level or not, into discs anywhere.
    #[test]
    fn nobody_enters_unwarned(
        lat in -75.0..75.0f64, lon in -180.0..180.0f64, track in 0.0..360.0f64,
        mps in 15.0..300.0f64, radius_m in 1500.0..30_000.0f64, beside in -0.7..0.7f64,
        climb in -1.0..1.0f64,
    ) {
        let from = point(lat, lon);
        let before_s = 240.0;
        let azimuth = track.to_radians();
        // A disc whose edge is reached after four minutes, off to one side.
        let entry = from.destination(azimuth, mps * before_s);
        let centre = entry.destination(azimuth + beside, radius_m);
        let disc = Footprint::Circle { centre, radius_m };
        let mut flight = Flight::straight(0x10, from, track, mps, 3000.0, 600.0);
        flight.points[1].2 += 600.0 * climb;
        let area = area(disc, Some(Altitude::pressure_m(2000.0)), Some(Altitude::pressure_m(4000.0)));
        let mut engine = engine_with(Vec::new(), vec![area]);
        let events = fly(&mut engine, &[&flight], 0..260);
        let told = warnings(&events);
        prop_assert_eq!(told[0].1, WarningStatus::Open(WarningStage::Approaching));
        let early_s = before_s - told[0].0;
        prop_assert!((165.0..=195.0).contains(&early_s), "{early_s}");
        prop_assert!(told.iter().any(|t| t.1 == WarningStatus::Open(WarningStage::Inside)));
    }
}

fn area(footprint: Footprint, lower: Option<Altitude>, upper: Option<Altitude>) -> Area {
    Area {
        id: label("a"),
        name: label("Alpha"),
        kind: label("restricted"),
        owner: Some(label("BLUE")),
        is_active: true,
        admitted: Admitted::default(),
        volumes: vec![Volume4d { footprint, lower, upper, start: None, end: None }],
        margins: Margins::default(),
        motion: None,
    }
}

fn ahead_of(flight: &Flight, seconds: f64) -> Footprint {
    Footprint::Circle { centre: flight.place(seconds).0, radius_m: 3000.0 }
}

/// PLN-4: whatever ends a warning is told, and once only.
#[test]
fn warnings_end_for_a_stated_reason() {
    let flight = Flight::straight(0x10, point(35.0, 40.0), 90.0, 100.0, 3000.0, 900.0);
    let disc = area(ahead_of(&flight, 200.0), None, None);
    let ended = |engine: &mut Engine, change: &dyn Fn(&mut Engine), until: i32| {
        let mut events = fly(engine, &[&flight], 0..120);
        assert_eq!(warnings(&events).len(), 1);
        change(engine);
        events.extend(fly(engine, &[&flight], 120..until));
        engine.finish(&mut events);
        let ends: Vec<_> = warnings(&events)
            .into_iter()
            .filter_map(|(_, status)| match status {
                WarningStatus::Ended(end) => Some(end),
                WarningStatus::Open(_) => None,
            })
            .collect();
        assert!(engine.warnings().is_idle());
        ends
    };
    let with = || engine_with(Vec::new(), vec![disc.clone()]);
    assert_eq!(ended(&mut with(), &|_| (), 130), [WarningEnd::EndOfData]);
    assert_eq!(ended(&mut with(), &|_| (), 300), [WarningEnd::Left]);
    assert_eq!(ended(&mut with(), &|e| e.set_areas(Vec::new()), 130), [WarningEnd::Withdrawn]);
    let mut admitting = disc.clone();
    admitting.admitted.addresses.push(Address::icao(0x10));
    let admit = |e: &mut Engine| e.set_areas(vec![admitting.clone()]);
    assert_eq!(ended(&mut with(), &admit, 130), [WarningEnd::Admitted]);
    let mut planned = disc.clone();
    planned.is_active = false;
    let put_off = |e: &mut Engine| e.set_areas(vec![planned.clone()]);
    assert_eq!(ended(&mut with(), &put_off, 130), [WarningEnd::Withdrawn]);
    let mut elsewhere = disc.clone();
    elsewhere.volumes[0].footprint =
        Footprint::Circle { centre: point(-35.0, 40.0), radius_m: 3000.0 };
    let move_away = |e: &mut Engine| e.set_areas(vec![elsewhere.clone()]);
    assert_eq!(ended(&mut with(), &move_away, 150), [WarningEnd::TurnedAway]);
}

/// PLN-5: an alert by plan alone is *planned*, long before; it becomes urgent when it is near.
#[test]
fn plans_show_what_straight_flight_does_not() {
    let eastward = Flight::straight(0x10, point(35.0, 40.0), 90.0, 100.0, 3000.0, 1200.0);
    let meeting = eastward.place(900.0).0;
    let far = meeting.destination(0.0, 100.0 * 900.0);
    // Comes from the north 1,500 m lower and climbs in its last five minutes.
    let climbing = Flight {
        address: 0x20,
        points: vec![
            (0.0, far, 1500.0),
            (600.0, far.destination(std::f64::consts::PI, 60_000.0), 1500.0),
            (900.0, meeting, 3000.0),
            (1200.0, meeting.destination(std::f64::consts::PI, 30_000.0), 4500.0),
        ],
    };
    let plans = vec![eastward.plan("one", 0.0), climbing.plan("two", 0.0)];
    let mut engine = engine_with(plans, Vec::new());
    let events = fly(&mut engine, &[&eastward, &climbing], 0..1000);
    let stages: Vec<(f64, Status)> = events
        .iter()
        .filter_map(|event| match event {
            Event::Alert(c) => Some((c.change.time.as_unix_s() - BEGIN_S, c.change.to)),
            _ => None,
        })
        .collect();
    let open: Vec<_> = stages.iter().map(|s| s.1).take(4).collect();
    let expected = [Stage::Planned, Stage::Predicted, Stage::Imminent, Stage::Lost];
    assert_eq!(open, expected.map(Status::Open));
    assert!(stages[0].0 < 20.0, "at once: {stages:?}");
    assert!(stages[1].0 > 600.0, "not urgent before it is near: {stages:?}");
    let mut blind = engine_with(Vec::new(), Vec::new());
    let events = fly(&mut blind, &[&eastward, &climbing], 0..700);
    assert!(!events.iter().any(|event| matches!(event, Event::Alert(_))));
}

/// PLN-6: a plan of one party says nothing of an aircraft that is another's.
#[test]
fn nobody_plans_for_others() {
    let flight = Flight::straight(0x10, point(35.0, 40.0), 90.0, 100.0, 3000.0, 900.0);
    let mut registry = Registry::default();
    let of_red = Declaration { operator: Some(label("RED")), ..Declaration::default() };
    registry.declare(Address::icao(0x10), of_red);
    for (party, counts) in [("BLUE", false), ("RED", true)] {
        let config = EngineConfig { registry: registry.clone(), ..EngineConfig::default() };
        let mut engine = Engine::new(config);
        let mut plan = flight.plan("p", 0.0);
        plan.party = Some(label(party));
        engine.set_plans(vec![plan]);
        fly(&mut engine, &[&flight], 0..30);
        assert_eq!(engine.plan_statuses().len(), usize::from(counts), "{party}");
    }
}

/// Levels over the ground are not guessed: nobody is called for them, and nobody follows them.
#[test]
fn levels_that_cannot_be_compared_are_said_so() {
    let flight = Flight::straight(0x10, point(35.0, 40.0), 90.0, 100.0, 3000.0, 900.0);
    let mut path = flight.plan("p", 0.0).path().to_vec();
    for point in &mut path {
        point.altitude = Altitude { m: 100.0, reference: AltitudeReference::Ground };
    }
    let aircraft = (Some(Address::icao(0x10)), None);
    let plan = Plan::new(label("p"), aircraft, path, Vec::new(), Tolerance::default()).unwrap();
    let mut engine = engine_with(vec![plan], Vec::new());
    let events = fly(&mut engine, &[&flight], 0..60);
    assert_eq!(warnings(&events), []);
    let status = engine.plan_statuses()[0];
    assert!(status.fit.conforms && !status.followed && status.fit.above_m.is_none());
}

/// Volumes to stay in: by how much, early or late, and nobody is called within them.
#[test]
fn volumes_are_kept_to() {
    let flight = Flight::straight(0x10, point(35.0, 40.0), 90.0, 100.0, 3000.0, 900.0);
    let volume = |upper_m: f64, end_s: f64| Volume4d {
        footprint: Footprint::Circle { centre: flight.place(0.0).0, radius_m: 5000.0 },
        lower: Some(Altitude::pressure_m(2000.0)),
        upper: Some(Altitude::pressure_m(upper_m)),
        start: None,
        end: Some(at(end_s)),
    };
    let fit = |upper_m: f64, end_s: f64| {
        let aircraft = (Some(Address::icao(0x10)), None);
        let volumes = vec![volume(upper_m, end_s)];
        let plan = Plan::new(label("p"), aircraft, vec![], volumes, Tolerance::default()).unwrap();
        let mut engine = engine_with(vec![plan], Vec::new());
        fly(&mut engine, &[&flight], 0..62);
        engine.plan_statuses()[0].fit
    };
    let (inside, high, late) = (fit(4000.0, 500.0), fit(2800.0, 500.0), fit(4000.0, 31.0));
    // A minute at 100 m/s is a kilometre too far.
    assert!(!inside.conforms && (inside.across_m - 1000.0).abs() < 130.0, "{inside:?}");
    assert!((high.above_m.unwrap() - 200.0).abs() < 5.0, "{high:?}");
    assert!((late.late_s - 30.0).abs() < 1.5, "{late:?}");
}

//! Which rule governs a pair, and when: by level, airspace, direction, class and operator.

use deconflict_core::state::Growth;
use deconflict_core::units::{m_from_nm, mps_from_fpm, mps_from_kt};
use deconflict_core::{
    AircraftClass, Altitude, Covariance, GeoPoint, Label, RuleSet, State, Subject, Time, Velocity,
};
use deconflict_detect::{Conflict, Detector, Options, Scene};
use std::sync::Arc;

const NOW: Time = Time::from_millis(1_513_152_000_000);

/// An aircraft on the 40th meridian: so many miles north of 35 N, flying along the
/// meridian (north positive).
fn on_meridian(north_nm: f64, alt_ft: f64, gs_kt: f64, vs_fpm: f64) -> State {
    let origin = GeoPoint::from_deg(35.0, 40.0).unwrap();
    let bearing = if north_nm < 0.0 { std::f64::consts::PI } else { 0.0 };
    let track = if gs_kt < 0.0 { std::f64::consts::PI } else { 0.0 };
    State {
        time: NOW,
        position: origin.destination(bearing, m_from_nm(north_nm.abs())),
        altitude: Altitude::pressure_ft(alt_ft),
        velocity: Velocity::from_track(mps_from_kt(gs_kt.abs()), track, mps_from_fpm(vs_fpm)),
        covariance: Covariance::default(),
    }
}

fn of(class: AircraftClass, operator: &str) -> Subject {
    Subject { class, operator: Label::new(operator), ..Subject::anonymous(0) }
}

fn detect(rules: &str, aircraft: &[(Subject, State)]) -> Vec<(String, Conflict)> {
    let rules = Arc::new(RuleSet::parse(rules).unwrap());
    let mut scene = Scene::new(NOW);
    for (i, (subject, state)) in aircraft.iter().enumerate() {
        let subject = Subject { id: i as u64, ..*subject };
        scene.push_straight(subject, state, Growth::default(), 300.0).unwrap();
    }
    let mut found = Vec::new();
    let options = Options { threads: 1, probability: true };
    Detector::new(rules.clone(), options).detect(&scene, &mut found);
    found.into_iter().map(|c| (rules.rules()[c.rule as usize].name.to_string(), c)).collect()
}

/// Head-on at 900 kt closing, 60 NM apart: overhead each other after four minutes.
fn head_on(alt_ft: [f64; 2], vs_fpm: [f64; 2]) -> [(Subject, State); 2] {
    let anyone = Subject::anonymous(0);
    [
        (anyone, on_meridian(-30.0, alt_ft[0], 450.0, vs_fpm[0])),
        (anyone, on_meridian(30.0, alt_ft[1], -450.0, vs_fpm[1])),
    ]
}

const LEVELS: &str = r#"
[[rule]]
name = "above FL410"
from_ft = 41_100
band_applies_to = "either"
horizontal_nm = 5
vertical_ft = 2000
[[rule]]
name = "RVSM"
horizontal_nm = 5
vertical_ft = 1000
vertical_tolerance_ft = 150
"#;

#[test]
fn levels_decide_on_the_vertical_minimum() {
    let called = |a: f64, b: f64| {
        let found = detect(LEVELS, &head_on([a, b], [0.0; 2]));
        found.first().map(|(rule, _)| rule.clone())
    };
    assert_eq!(called(39_000.0, 40_000.0), None);
    assert_eq!(called(40_000.0, 41_000.0), None, "1000 ft up to and including FL410");
    assert_eq!(called(41_000.0, 42_000.0).as_deref(), Some("above FL410"));
    assert_eq!(called(41_000.0, 43_000.0), None, "2000 ft exactly");
    assert_eq!(called(35_000.0, 35_980.0), None, "altimetry noise within the tolerance");
    assert_eq!(called(35_000.0, 35_800.0).as_deref(), Some("RVSM"));
}

#[test]
fn a_rule_begins_to_govern_at_the_moment_its_level_is_passed() {
    // At FL420 and FL406, the lower one climbing: 1400 ft apart and opening to
    // none, under the 2000 ft rule from the beginning as one is above.
    let found = detect(LEVELS, &head_on([42_000.0, 40_600.0], [0.0; 2]));
    assert_eq!(found[0].0, "above FL410");
    // Both below FL411 at first and 900 ft apart (tolerated), both climbing:
    // the rule for the upper airspace takes over when the upper one passes it.
    let found = detect(LEVELS, &head_on([40_300.0, 39_400.0], [240.0; 2]));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].0, "above FL410");
    let passes_s: f64 = 800.0 / 240.0 * 60.0;
    assert!((found[0].1.entry_s - passes_s.max(220.0)).abs() < 2.0, "{found:?}");
}

#[test]
fn an_airspace_volume_has_its_own_rule() {
    let rules = r#"
[[volume]]
name = "final"
polygon = [[34.9, 39.9], [35.1, 39.9], [35.1, 40.1], [34.9, 40.1]]
upper_ft = 5000
[[rule]]
name = "parallel approaches"
volume = "final"
parallel_within_deg = 15
horizontal_nm = 0.3
vertical_ft = 500
[[rule]]
name = "terminal"
horizontal_nm = 3
vertical_ft = 1000
"#;
    let anyone = Subject::anonymous(0);
    let beside = |mut s: State, nm: f64| {
        s.position = s.position.destination(std::f64::consts::FRAC_PI_2, m_from_nm(nm));
        (anyone, s)
    };
    let approach = on_meridian(-5.0, 3000.0, 140.0, 0.0);
    // Side by side, one mile apart, inside for the whole look-ahead or nearly so.
    let together = [(anyone, approach), beside(approach, 1.0)];
    let found = detect(rules, &together);
    assert!(found.iter().all(|(_, c)| !c.lost), "{found:?}");
    // Leaving the volume to the north (6 NM at 35.1 N, after 11 NM) they owe 3 NM again.
    let leaves_s = 11.0 / 140.0 * 3600.0;
    assert_eq!(found.len(), 1);
    assert!((found[0].1.entry_s - leaves_s).abs() < 3.0 && found[0].0 == "terminal", "{found:?}");
    // The same two above the volume, or opposite to each other, are not on approach.
    let high = [
        (anyone, on_meridian(-5.0, 6000.0, 140.0, 0.0)),
        beside(on_meridian(-5.0, 6000.0, 140.0, 0.0), 1.0),
    ];
    assert!(detect(rules, &high)[0].1.lost);
    let opposite = [
        (anyone, on_meridian(-3.0, 3000.0, 140.0, 0.0)),
        beside(on_meridian(3.0, 3000.0, -140.0, 0.0), 1.0),
    ];
    assert_eq!(detect(rules, &opposite)[0].0, "terminal");
}

#[test]
fn who_the_two_are_decides() {
    let rules = r#"
[[rule]]
name = "gliders among themselves"
both = { class = ["glider"] }
exempt = true
[[rule]]
name = "strangers"
same_operator = false
horizontal_nm = 5
vertical_ft = 1000
"#;
    let [a, b] = head_on([20_000.0; 2], [0.0; 2]).map(|(_, s)| s);
    let glider = of(AircraftClass::Glider, "CLUB");
    let us = of(AircraftClass::Unknown, "USAF");
    let ru = of(AircraftClass::Unknown, "RuAF");
    let called = |p, q| detect(rules, &[(p, a), (q, b)]).len();
    assert_eq!((called(us, ru), called(us, us), called(glider, ru)), (1, 0, 1));
    let other_club = of(AircraftClass::Glider, "VALLEY");
    assert_eq!(called(glider, other_club), 0, "the first rule that applies governs");
}

#[test]
fn an_altitude_that_cannot_be_trusted_widens_the_minimum() {
    let [(s, a), (_, mut b)] = head_on([20_000.0, 21_300.0], [0.0; 2]);
    let rules = "[[rule]]\nname = 'x'\nhorizontal_nm = 5\nvertical_ft = 1000\n";
    assert!(detect(rules, &[(s, a), (s, b)]).is_empty());
    // The same figure over the ellipsoid may be hundreds of feet elsewhere.
    b.altitude = Altitude::ellipsoid_m(b.altitude.m);
    assert_eq!(detect(rules, &[(s, a), (s, b)]).len(), 1);
}

#[test]
fn certainty_follows_from_the_covariance() {
    let rules = "[[rule]]\nname = 'x'\nhorizontal_nm = 5\nvertical_ft = 1000\n";
    let mut pair = head_on([20_000.0, 20_000.0], [0.0; 2]);
    assert_eq!(detect(rules, &pair)[0].1.probability, 1.0);
    // 4.9 NM abeam with half a mile of uncertainty each: about an even chance.
    for (_, s) in &mut pair {
        s.covariance = Covariance::diagonal(m_from_nm(0.5), 1.0, 10.0, 0.3);
    }
    pair[1].1.position =
        pair[1].1.position.destination(std::f64::consts::FRAC_PI_2, m_from_nm(4.9));
    let p = detect(rules, &pair)[0].1.probability;
    assert!((0.4..0.65).contains(&p), "{p}");
}

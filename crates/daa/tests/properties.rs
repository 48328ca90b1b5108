//! What holds for any encounter.

use deconflict_daa::alerting::level_now;
use deconflict_daa::bands::BandsSolver;
use deconflict_daa::config::{AlertLevel, Alerter, Config, Dimension};
use deconflict_daa::detector::{Cylinder, Detector, Span, Tcas, TcasLevel, Volume, WellClear};
use deconflict_daa::frame::{Flight, Frame};
use deconflict_daa::monitor::Monitor;
use deconflict_daa::pair::{Doubt, Encounter, Motion, Pair};
use deconflict_daa::region::Region;
use deconflict_daa::scenario::Scenario;
use deconflict_daa::situation::{Intruder, Situation};
use proptest::prelude::*;

const AHEAD: Span = Span::new(0.0, 180.0);

fn well_clear(with_doubt: bool) -> Volume {
    Volume::WellClear(WellClear {
        distance_m: 1222.3,
        height_m: 137.2,
        tau_s: 35.0,
        tcoa_s: 20.0,
        with_doubt,
    })
}

fn tcas() -> Volume {
    let mut levels = [TcasLevel::default(); 8];
    for (k, level) in levels.iter_mut().enumerate() {
        let k = k as f64;
        *level = TcasLevel {
            tau_s: 5.0 * k,
            tcoa_s: 5.0 * k,
            dmod_m: 250.0 * k,
            height_m: 200.0,
            hmd_m: 260.0 * k,
        };
    }
    let above_m = [0.0, 300.0, 700.0, 1500.0, 3000.0, 6000.0, 12_800.0];
    Volume::Tcas(Box::new(Tcas { hmd_filter: true, above_m, levels }))
}

fn volumes() -> Vec<Volume> {
    let cylinder = Volume::Cylinder(Cylinder { distance_m: 9260.0, height_m: 304.8 });
    vec![cylinder, well_clear(false), well_clear(true), tcas()]
}

fn motion() -> impl Strategy<Value = Motion> {
    let position = (-20e3..20e3f64, -20e3..20e3f64, 0.0..13_000.0f64);
    let velocity = (-250.0..250.0f64, -250.0..250.0f64, -20.0..20.0f64);
    (position, velocity)
        .prop_map(|(p, v)| Motion { position_m: [p.0, p.1, p.2], velocity_mps: [v.0, v.1, v.2] })
}

fn wild() -> impl Strategy<Value = Motion> {
    let any = || prop::array::uniform3(any::<f64>().prop_filter("finite", |x| x.is_finite()));
    (any(), any()).prop_map(|(position_m, velocity_mps)| Motion { position_m, velocity_mps })
}

fn turned(m: Motion, angle: f64) -> Motion {
    let (sin, cos) = angle.sin_cos();
    let turn = |[x, y, z]: [f64; 3]| [x * cos - y * sin, x * sin + y * cos, z];
    Motion { position_m: turn(m.position_m), velocity_mps: turn(m.velocity_mps) }
}

fn config() -> Config {
    let level = |region, alerting_time_s, detector| AlertLevel {
        region,
        alerting_time_s,
        early_alerting_time_s: 75.0,
        spread: [0.0; 4],
        detector,
    };
    let alerter = |detector: Volume| Alerter {
        name: "test".into(),
        levels: vec![
            level(Region::Mid, 55.0, detector.clone()),
            level(Region::Near, 25.0, detector),
        ],
    };
    Config {
        turn_rate_radps: 0.05,
        horizontal_accel_mps2: 2.0,
        vertical_accel_mps2: 2.5,
        vertical_rate_mps: 2.54,
        min_horizontal_recovery_m: 1000.0,
        min_vertical_recovery_m: 100.0,
        ca_bands: true,
        alerting_m: 2,
        alerting_n: 4,
        hysteresis_s: 5.0,
        bands_persistence: true,
        alerters: volumes().into_iter().map(alerter).collect(),
        ..Config::default()
    }
}

proptest! {
    /// DAA-2: a volume of two alike aircraft is the same from either side.
    #[test]
    fn daa_2_symmetric(a in motion(), b in motion()) {
        for volume in [Volume::Cylinder(Cylinder { distance_m: 9260.0, height_m: 304.8 }), well_clear(false), well_clear(true)] {
            let (one, other) = (Pair::new(a, b), Pair::new(b, a));
            prop_assert_eq!(volume.violation(&one, AHEAD), volume.violation(&other, AHEAD));
            prop_assert_eq!(volume.violated(&one), volume.violated(&other));
        }
    }

    /// DAA-3: who looks further ahead sees no less.
    #[test]
    fn daa_3_monotone_in_look_ahead(a in motion(), b in motion(), near in 0.0..90.0f64) {
        for volume in volumes() {
            let pair = Pair::new(a, b);
            let short = volume.violation(&pair, Span::new(0.0, near));
            let long = volume.violation(&pair, Span::new(0.0, 2.0 * near));
            if let Some(short) = short {
                prop_assert!(long.is_some_and(|l| l.start <= short.start + 1e-9 && l.end >= short.end - 1e-9));
            }
        }
    }

    /// DAA-4: turning the world or moving it sideways changes nothing.
    #[test]
    fn daa_4_turned_and_moved(a in motion(), b in motion(), angle in 0.0..6.3f64, dx in -1e4..1e4f64) {
        for volume in volumes() {
            let moved = |m: Motion| {
                let mut m = turned(m, angle);
                m.position_m[0] += dx;
                m
            };
            let one = volume.violation(&Pair::new(a, b), AHEAD);
            let other = volume.violation(&Pair::new(moved(a), moved(b)), AHEAD);
            if let (Some(one), Some(other)) = (one, other) {
                // A grazing pass moves by the root of the rounding.
                prop_assert!((one.start - other.start).abs() < 1e-2 && (one.end - other.end).abs() < 1e-2);
            } else if let Some(only) = one.or(other) {
                prop_assert!(only.end - only.start < 1e-2, "{only:?}");
            }
        }
    }

    /// What the interval says is what looking at many moments says.
    #[test]
    fn intervals_agree_with_sampling(a in motion(), b in motion()) {
        for volume in [well_clear(false), tcas()] {
            let pair = Pair::new(a, b);
            let found = volume.violation(&pair, AHEAD);
            for k in 0..=180 {
                let t = f64::from(k);
                if volume.violated(&pair.after(t)) {
                    prop_assert!(found.is_some_and(|s| s.start <= t + 1e-6 && t <= s.end + 1e-6), "{t} {found:?}");
                } else if matches!(volume, Volume::WellClear(_)) {
                    // TCAS tells from first to last; well clear is lost only once.
                    prop_assert!(found.is_none_or(|s| t <= s.start + 1e-6 || s.end - 1e-6 <= t), "{t} {found:?}");
                }
            }
        }
    }

    /// With more doubt there is no less of a violation.
    #[test]
    fn doubt_only_adds(a in motion(), b in motion(), err_m in 0.0..300.0f64, err_mps in 0.0..5.0f64) {
        let exact = well_clear(false).violation(&Pair::new(a, b), AHEAD);
        let doubt = Doubt { horizontal_m: err_m, horizontal_mps: err_mps, vertical_m: 0.1 * err_m, vertical_mps: 0.2 * err_mps, ..Doubt::default() };
        let doubted = well_clear(true).violation(&Pair { doubt, ..Pair::new(a, b) }, AHEAD);
        if let Some(exact) = exact {
            prop_assert!(doubted.is_some_and(|d| d.start <= exact.start + 1e-6 && d.end >= exact.end - 1e-6), "{exact:?} {doubted:?}");
        }
    }

    /// DAA-5: no finite input gives a number that is none, and nothing panics.
    #[test]
    fn daa_5_no_nan_from_the_volumes(a in wild(), b in wild()) {
        let pair = Pair::new(a, b);
        for volume in volumes() {
            if let Some(span) = volume.violation(&pair, AHEAD) {
                prop_assert!(span.start <= span.end && span.start >= 0.0 && span.end <= 180.0, "{volume:?} {span:?}");
            }
        }
    }

    #[test]
    fn any_text_is_parsed_or_refused(text in "\\PC{0,300}") {
        let _ = Config::parse(&text);
        let _ = Scenario::parse(&text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// DAA-5, for all that is said about a scene.
    #[test]
    fn daa_5_no_nan_from_a_scene(own in motion(), others in prop::collection::vec((motion(), 1usize..5), 1..4)) {
        let config = config();
        let traffic = others.iter().enumerate().map(|(k, (motion, alerter))| Intruder {
            name: k.to_string(), motion: *motion, alerter: *alerter, ..Intruder::default()
        }).collect();
        for ownship_centric_alerting in [true, false] {
            let config = Config { ownship_centric_alerting, ..config.clone() };
            let situation = Situation { own, alerter: 2, traffic: Clone::clone(&traffic), ..Situation::default() };
            let mut monitor = Monitor::new(&config);
            for k in 0..3 {
                let said = monitor.assess(f64::from(k), &situation);
                for bands in &said.bands {
                    prop_assert!(bands.current.is_finite());
                    prop_assert!(!bands.bands.is_empty());
                    for pair in bands.bands.windows(2) {
                        prop_assert!((pair[0].high - pair[1].low).abs() < 1e-9, "gap");
                    }
                    prop_assert!(bands.bands.iter().all(|b| b.low < b.high && b.low.is_finite() && b.high.is_finite()));
                }
                for t in &said.traffic {
                    prop_assert!(t.relative.tcpa_s().is_finite());
                    prop_assert!(t.last_times_s.iter().flatten().all(|x| !x.is_nan()));
                }
            }
        }
    }

    /// DAA-4, for bands: turning the world turns the direction bands and nothing else.
    #[test]
    fn daa_4_bands_turn_with_the_world(own in motion(), other in motion()) {
        let config = config();
        let scene = |angle: f64| Situation {
            own: turned(own, angle),
            alerter: 2,
            traffic: vec![Intruder { motion: turned(other, angle), alerter: 2, ..Intruder::default() }],
            ..Situation::default()
        };
        let mut solver = BandsSolver::new(&config);
        for dimension in [Dimension::Speed, Dimension::VerticalSpeed, Dimension::Altitude] {
            let (one, two) = (solver.bands(dimension, &scene(0.0)), solver.bands(dimension, &scene(1.0)));
            let regions = |b: &deconflict_daa::bands::Bands| b.bands.iter().map(|b| b.region).collect::<Vec<_>>();
            // An edge on the boundary may fall on the next value.
            if regions(&one) == regions(&two) {
                let step = config.limits(dimension).step;
                for (a, b) in one.bands.iter().zip(&two.bands) {
                    prop_assert!((a.low - b.low).abs() <= step * 1.01 && (a.high - b.high).abs() <= step * 1.01);
                }
            }
        }
    }
}

#[test]
fn alert_levels_follow_the_alerting_times() {
    let config = config();
    let alerter = config.alerter(2).unwrap();
    let at = |north_m: f64| {
        let own = Motion { position_m: [0.0, 0.0, 3000.0], velocity_mps: [0.0, 100.0, 0.0] };
        let other = Motion { position_m: [0.0, north_m, 3000.0], velocity_mps: [0.0, -100.0, 0.0] };
        level_now(&Pair::new(own, other), alerter)
    };
    assert_eq!([at(30_000.0), at(16_000.0), at(10_000.0)], [0, 1, 2]);
}

#[test]
fn a_frame_knows_no_special_places() {
    for (lat, lon) in [(0.0, 180.0), (89.9, 10.0), (-89.9, -170.0), (45.0, -180.0)] {
        let (lat_rad, lon_rad) = (f64::to_radians(lat), f64::to_radians(lon));
        let frame = Frame::at(lat_rad, lon_rad);
        let flight = Flight {
            lat_rad,
            lon_rad: lon_rad - std::f64::consts::TAU,
            alt_m: 100.0,
            velocity_mps: [50.0, 60.0, 1.0],
        };
        let motion = frame.project(&flight);
        assert!(motion.position_m[0].abs() < 1e-6 && motion.position_m[1].abs() < 1e-6);
        assert!(
            (motion.velocity_mps[0] - 50.0).abs() < 1e-4
                && (motion.velocity_mps[1] - 60.0).abs() < 1e-4
        );
    }
}

#[test]
fn faults_in_files_have_a_place() {
    let place = |e: deconflict_daa::config::ParseError| (e.line, e.column, e.message);
    let (line, column, message) =
        place(Config::parse("# ok\nlookahead_time = 180.0 [s]\nstep_hs = 5.0 [ft]\n").unwrap_err());
    assert_eq!((line, column), (3, 16), "{message}");
    assert!(message.contains("expected a speed"), "{message}");
    let (line, column, message) = place(Config::parse("nonsense = 1\n").unwrap_err());
    assert_eq!((line, column), (1, 1), "{message}");
    let text = "NAME lat lon alt trk gs vs time\nown, 1, 2, 3, 4, x, 6, 7\n";
    let (line, column, message) = place(Scenario::parse(text).unwrap_err());
    assert_eq!((line, column), (2, 18), "{message}");
    let text = "NAME lat lon alt trk gs time\n";
    assert!(place(Scenario::parse(text).unwrap_err()).2.contains("trk, gs and vs"));
}

//! What holds for spread, coordination, contours, the terminal area and the other
//! well-clear volumes, of which the reference's recorded output has none.

use deconflict_daa::alerting::{level_now, level_with_spread};
use deconflict_daa::bands::{BandsSolver, most_urgent};
use deconflict_daa::config::{AlertLevel, Alerter, Config, Dimension, TerminalArea};
use deconflict_daa::contours::{Around, contours, hazard_zone};
use deconflict_daa::coordination::{Criterion, horizontal_epsilon, vertical_epsilon};
use deconflict_daa::detector::{
    Cylinder, Detector, HorizontalTime, Span, TimedWellClear, VerticalTime, Volume, WellClear,
};
use deconflict_daa::frame::Frame;
use deconflict_daa::monitor::Monitor;
use deconflict_daa::pair::{Motion, Pair};
use deconflict_daa::region::Region;
use deconflict_daa::scenario::Scenario;
use deconflict_daa::situation::{Intruder, Situation};
use proptest::prelude::*;

const AHEAD: Span = Span::new(0.0, 180.0);

fn timed(horizontal: HorizontalTime, vertical: VerticalTime) -> Volume {
    Volume::Timed(TimedWellClear {
        distance_m: 1222.3,
        height_m: 137.2,
        time_s: 35.0,
        tcoa_s: 20.0,
        horizontal,
        vertical,
    })
}

fn well_clear() -> Volume {
    Volume::WellClear(WellClear {
        distance_m: 1222.3,
        height_m: 137.2,
        tau_s: 35.0,
        tcoa_s: 20.0,
        with_doubt: false,
    })
}

fn all_volumes() -> Vec<Volume> {
    vec![
        Volume::Cylinder(Cylinder { distance_m: 3000.0, height_m: 304.8 }),
        well_clear(),
        timed(HorizontalTime::Tcpa, VerticalTime::CoAltitude),
        timed(HorizontalTime::EntryPoint, VerticalTime::CoAltitude),
        timed(HorizontalTime::TauMod, VerticalTime::Entry),
    ]
}

fn motion() -> impl Strategy<Value = Motion> {
    let position = (-15e3..15e3f64, -15e3..15e3f64, 2000.0..3000.0f64);
    let velocity = (-200.0..200.0f64, -200.0..200.0f64, -10.0..10.0f64);
    (position, velocity)
        .prop_map(|(p, v)| Motion { position_m: [p.0, p.1, p.2], velocity_mps: [v.0, v.1, v.2] })
}

/// Two that meet: who, flown back, starts a way off a near miss.
fn meeting() -> impl Strategy<Value = (Motion, Motion)> {
    let miss = (-900.0..900.0f64, -900.0..900.0f64, -100.0..100.0f64);
    (motion(), motion(), miss, 25.0..70.0f64).prop_map(|(a, mut b, (x, y, z), t)| {
        let there = a.after(t).position_m;
        b.position_m = [there[0] + x, there[1] + y, there[2] + z];
        (a, b.after(-t))
    })
}

fn level(detector: Volume, spread: [f64; 4]) -> AlertLevel {
    let early_alerting_time_s = 75.0;
    AlertLevel {
        region: Region::Mid,
        alerting_time_s: 55.0,
        early_alerting_time_s,
        spread,
        detector,
    }
}

fn config(detector: Volume, spread: [f64; 4]) -> Config {
    let levels = vec![level(detector, spread)];
    let mut config = Config {
        turn_rate_radps: 0.05,
        horizontal_accel_mps2: 2.0,
        vertical_accel_mps2: 2.5,
        vertical_rate_mps: 2.54,
        alerters: vec![Alerter { name: "test".into(), levels }],
        ..Config::default()
    };
    config.limits.iter_mut().for_each(|l| l.recovery = false);
    config
}

fn scene(own: Motion, other: Motion) -> Situation {
    let traffic =
        vec![Intruder { name: "B".into(), motion: other, alerter: 1, ..Intruder::default() }];
    Situation { name: "A".into(), own, alerter: 1, traffic, ..Situation::default() }
}

/// Well inside the bands: on an edge either side may hold.
fn samples(low: f64, high: f64) -> impl Iterator<Item = f64> {
    (0..97).map(move |k| low + (high - low) * (f64::from(k) + 0.513) / 97.0)
}

proptest! {
    /// t_ep ≤ τ-mod ≤ t_cpa, so the volumes lie in each other the other way round.
    #[test]
    fn the_family_is_nested((a, b) in meeting()) {
        let pair = Pair::new(a, b);
        let span = |v: Volume| v.violation(&pair, Span::new(-1e4, 1e4));
        let family = [
            timed(HorizontalTime::Tcpa, VerticalTime::CoAltitude),
            timed(HorizontalTime::TauMod, VerticalTime::CoAltitude),
            timed(HorizontalTime::EntryPoint, VerticalTime::CoAltitude),
        ];
        prop_assert_eq!(span(family[1].clone()), span(well_clear()));
        for two in family.windows(2) {
            if let Some(inner) = span(two[0].clone()) {
                let outer = span(two[1].clone());
                prop_assert!(outer.is_some_and(|o| o.start <= inner.start + 1e-6 && o.end >= inner.end - 1e-6), "{inner:?} {outer:?}");
            }
        }
        let entry = span(timed(HorizontalTime::TauMod, VerticalTime::Entry));
        if let Some(inner) = span(well_clear()) {
            prop_assert!(entry.is_some_and(|o| o.start <= inner.start + 1e-6 && o.end >= inner.end - 1e-6));
        }
    }

    /// What is violated now is what the definition says, with its times as written.
    #[test]
    fn the_family_is_as_defined((a, b) in meeting()) {
        let pair = Pair::new(a, b);
        let now = pair.relative();
        let [[x, y, z], [vx, vy, vz]] = [now.position_m, now.velocity_mps];
        let (d, ss, sv, vv) = (1222.3_f64, x * x + y * y, x * vx + y * vy, vx * vx + vy * vy);
        let miss = (x * vy - y * vx).abs() / vv.sqrt();
        let entry = (-sv - (vv * (d * d - miss * miss)).max(0.0).sqrt()) / vv;
        let closing_z = z * vz < 0.0;
        for (horizontal, time_s) in [
            (HorizontalTime::Tcpa, -sv / vv),
            (HorizontalTime::TauMod, (d * d - ss) / sv),
            (HorizontalTime::EntryPoint, entry),
        ] {
            for (vertical, up_s) in [
                (VerticalTime::CoAltitude, -z / vz),
                (VerticalTime::Entry, (z.abs() - 137.2) / vz.abs()),
            ] {
                let h = ss <= d * d || (miss <= d && sv < 0.0 && (0.0..=35.0).contains(&time_s));
                let v = z.abs() <= 137.2 || (closing_z && (0.0..=20.0).contains(&up_s));
                let found = timed(horizontal, vertical).violated(&pair);
                let near = (time_s - 35.0).abs() < 1e-6 || (up_s - 20.0).abs() < 1e-6 || (miss - d).abs() < 1e-6;
                prop_assert!(found == (h && v) || near, "{horizontal:?} {vertical:?} {time_s} {up_s}");
            }
        }
    }

    /// Both signs are what the other computes, too; who follows parts from who follows.
    #[test]
    fn daa_6_two_that_follow_part(
        (a, b) in meeting(),
        mine in prop::array::uniform3(-1.0..1.0f64),
        theirs in prop::array::uniform3(-1.0..1.0f64),
    ) {
        let (one, two) = (Pair::new(a, b).relative(), Pair::new(b, a).relative());
        let (h, v) = (horizontal_epsilon(&one), vertical_epsilon(&one, true));
        prop_assert_eq!(h, horizontal_epsilon(&two));
        prop_assert_eq!(v, -vertical_epsilon(&two, false));
        let criterion = |now| Criterion { now, distance_m: 1000.0, height_m: 150.0, lookahead_s: 180.0 };
        let (own, other) = (criterion(one), criterion(two));
        let new = |from: Motion, by: [f64; 3]| {
            let v = from.velocity_mps;
            [v[0] + 150.0 * by[0], v[1] + 150.0 * by[1], v[2] + 15.0 * by[2]]
        };
        let (mine, theirs) = (new(a, mine), new(b, theirs));
        let minus = |p: [f64; 3], q: [f64; 3]| [p[0] - q[0], p[1] - q[1], p[2] - q[2]];
        let (m, t) = (minus(mine, b.velocity_mps), minus(theirs, a.velocity_mps));
        if own.horizontal(h, [m[0], m[1]]) && other.horizontal(h, [t[0], t[1]]) {
            let both = minus(mine, theirs);
            let flat = |v: [f64; 3]| Motion { position_m: [0.0; 3], velocity_mps: [v[0], v[1], 0.0] };
            let mut pair = Pair::new(flat(both), flat([0.0; 3]));
            pair.own.position_m = [one.position_m[0], one.position_m[1], 0.0];
            let apart = pair.relative().horizontal_m(0.0);
            let closest = deconflict_daa::pair::Encounter::dcpa_m(&pair.relative());
            prop_assert!(closest >= apart.min(1000.0) - 1e-3, "{apart} {closest}");
        }
        if own.vertical(v, m[2]) && other.vertical(-v, t[2]) {
            let mut both = one;
            both.velocity_mps[2] = mine[2] - theirs[2];
            let inside_now = one.horizontal_m(0.0) < 1000.0 && one.vertical_m(0.0).abs() < 150.0;
            let lost = both.infringement(999.99, 149.99, AHEAD);
            if inside_now {
                prop_assert!(f64::from(v) * both.velocity_mps[2] >= -1e-9 || one.vertical_m(0.0).abs() >= 149.99);
            } else if one.horizontal_m(0.0) >= 1000.0 {
                prop_assert!(lost.is_none(), "{lost:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// No spread changes nothing, and a wider one never lowers an alert.
    #[test]
    fn spread_only_raises((a, b) in meeting(), near in 0.0..1.0f64, far in 0.0..1.0f64) {
        let pair = Pair::new(a, b);
        for one in 0..4 {
            let at = |share: f64| {
                let mut spread = [0.0; 4];
                spread[one] = share * [1.0, 40.0, 15.0, 600.0][one];
                let config = config(well_clear(), spread);
                level_with_spread(&pair, &config.alerters[0], &config)
            };
            let (low, high) = (near.min(far), near.max(far));
            prop_assert_eq!(at(0.0), level_now(&pair, &config(well_clear(), [0.0; 4]).alerters[0]));
            prop_assert!(at(0.0) <= at(low) && at(low) <= at(high));
        }
    }

    /// A spread alerts exactly where a band is as near: told by the direction bands.
    #[test]
    fn spread_sees_the_bands((a, b) in meeting(), spread in 0.1..1.0f64) {
        let config = config(well_clear(), [spread, 0.0, 0.0, 0.0]);
        let pair = Pair::new(a, b);
        let bands = BandsSolver::new(&config).bands(Dimension::Direction, &scene(a, b));
        let own = bands.current;
        let inner = samples(-spread, spread);
        let touched = inner.map(|d| (own + d).rem_euclid(std::f64::consts::TAU)).any(|v| !bands.is_good(v));
        // A band in between is an alert. (Not the other way round: the conflict of now
        // counts over the whole look-ahead in the bands, within the alerting time here.)
        if touched && level_now(&pair, &config.alerters[0]) == 0 {
            prop_assert_eq!(level_with_spread(&pair, &config.alerters[0], &config), 1);
        }
    }

    /// Coordination, and a look-ahead that begins later, leave no value good that was bad.
    #[test]
    fn criteria_only_take_away((a, b) in meeting()) {
        let plain = config(well_clear(), [0.0; 4]);
        let criteria = Config { conflict_crit: true, ..plain.clone() };
        let later = Config { bands_add_time_to_maneuver: true, ..plain.clone() };
        for dimension in Dimension::ALL {
            let scene = scene(a, b);
            let before = BandsSolver::new(&plain).bands(dimension, &scene);
            for config in [&criteria, &later] {
                let after = BandsSolver::new(config).bands(dimension, &scene);
                let (low, high) = (before.bands[0].low, before.bands[before.bands.len() - 1].high);
                for value in samples(low, high) {
                    prop_assert!(before.is_good(value) || !after.is_good(value), "{dimension:?} {value}");
                }
            }
        }
    }

    /// DAA-6, for the bands: what two that follow are told to turn to lies on one hand.
    #[test]
    fn daa_6_nobody_turns_into_the_other((a, b) in meeting()) {
        let config = Config {
            conflict_crit: true,
            turn_rate_radps: 0.0,
            ..config(well_clear(), [0.0; 4])
        };
        let mut there = scene(b, a);
        (there.name, there.traffic[0].name) = ("B".into(), "A".into());
        let here = scene(a, b);
        let mut solver = BandsSolver::new(&config);
        let (one, two) = (most_urgent(&here, &config), most_urgent(&there, &config));
        prop_assert!(one.is_some() == two.is_some());
        if let (Some(one), Some(two)) = (one, two) {
            prop_assert_eq!(one.horizontal, two.horizontal);
            prop_assert_eq!(one.vertical, -two.vertical);
        }
        let bands = [&here, &there].map(|s| solver.bands(Dimension::Direction, s));
        let start = Pair::new(a, b).relative().horizontal_m(0.0);
        let in_conflict = bands.iter().all(|b| b.resolution.needed);
        if in_conflict && start > 1222.3 {
            // Any good direction of the one goes with any of the other.
            let good = |b: &deconflict_daa::bands::Bands| -> Vec<f64> {
                samples(0.0, std::f64::consts::TAU).filter(|v| b.is_good(*v)).collect()
            };
            let (mine, theirs) = (good(&bands[0]), good(&bands[1]));
            for (mine, theirs) in mine.iter().zip(theirs.iter().rev()) {
                let turned = |m: Motion, to: f64| {
                    let speed = m.velocity_mps[0].hypot(m.velocity_mps[1]);
                    let mut m = m;
                    m.velocity_mps = [speed * to.sin(), speed * to.cos(), 0.0];
                    m
                };
                let pair = Pair::new(turned(a, *mine), turned(b, *theirs));
                let closest = deconflict_daa::pair::Encounter::dcpa_m(&pair.relative());
                prop_assert!(closest > 1222.0, "{closest}");
            }
        }
    }

    /// Every corner of a hazard zone is on the boundary: inside, and not all around it.
    #[test]
    fn zones_are_boundaries((a, b) in meeting(), within_s in prop::sample::select(vec![0.0, 30.0, 55.0])) {
        let pair = Pair::new(a, b);
        for volume in all_volumes() {
            let lost = |[x, y]: [f64; 2]| {
                let mut there = pair;
                (there.own.position_m[0], there.own.position_m[1]) = (x, y);
                if within_s == 0.0 { volume.violated(&there) } else { volume.violation(&there, Span::new(0.0, within_s)).is_some() }
            };
            let zone = hazard_zone(&pair, &volume, within_s, Around::Intruder);
            let own = [a.position_m[0], a.position_m[1]];
            if lost(own) {
                prop_assert!(zone.len() > 30, "{volume:?}");
            }
            for corner in &zone {
                let around = (0..24).map(|k| f64::from(k) * std::f64::consts::TAU / 24.0);
                let free = around.filter(|r| !lost([corner[0] + 3.0 * r.cos(), corner[1] + 3.0 * r.sin()])).count();
                prop_assert!(lost(*corner) && free > 0, "{volume:?} {corner:?}");
            }
            // Seen from ownship it is the same, turned by half a turn.
            let mirrored = hazard_zone(&pair, &volume, within_s, Around::Ownship);
            prop_assert_eq!(zone.len(), mirrored.len());
            for (p, q) in zone.iter().zip(&mirrored) {
                prop_assert!((p[0] + q[0] - a.position_m[0] - b.position_m[0]).abs() < 1e-6);
            }
        }
    }

    /// At every corner of a contour the violation of that direction begins or ends.
    #[test]
    fn contours_are_boundaries((a, b) in meeting()) {
        for volume in all_volumes() {
            let config = config(volume.clone(), [0.0; 4]);
            let level = &config.alerters[0].levels[0];
            let pair = Pair::new(a, b);
            let all = contours(&pair, level, &config);
            let now = level.detector.violation(&pair, AHEAD);
            prop_assert!(now.is_none() || !all.is_empty());
            let ahead = contours(&pair, level, &Config { contour_thr_rad: 0.0, ..config.clone() });
            prop_assert_eq!(ahead.is_empty(), now.is_none());
            prop_assert!(ahead.iter().all(|c| all.contains(c)));
            for contour in &all {
                let corners = contour.iter().zip(contour.iter().cycle().skip(1));
                let twice: f64 = corners
                    .map(|(p, q)| p.position_m[0] * q.position_m[1] - p.position_m[1] * q.position_m[0])
                    .sum();
                prop_assert!(twice > -1.0, "clockwise: {twice}");
            }
            let until_s = config.lookahead_s;
            for point in all.iter().flatten().filter(|p| p.time_s > 0.1) {
                let [x, y] = [0, 1].map(|i| (point.position_m[i] - a.position_m[i]) / point.time_s);
                let mut turned = pair;
                (turned.own.velocity_mps[0], turned.own.velocity_mps[1]) = (x, y);
                // A tangent direction touches for a moment only.
                let span = level.detector.violation(&turned, Span::new(0.0, until_s + 1.0));
                let ends = span.is_some_and(|s| (s.start - point.time_s).abs().min((s.end - point.time_s).abs()) < 0.05);
                let touches = span.is_none_or(|s| s.end - s.start < 0.5);
                prop_assert!(ends || touches || (point.time_s - until_s).abs() < 1e-6, "{volume:?} {point:?} {span:?}");
            }
        }
    }

    /// DAA-5, with everything switched on.
    #[test]
    fn daa_5_no_nan_with_everything_on(own in motion(), others in prop::collection::vec(motion(), 1..4)) {
        for (k, volume) in all_volumes().into_iter().enumerate() {
            let mut config = Config {
                conflict_crit: true,
                recovery_crit: true,
                bands_add_time_to_maneuver: k % 2 == 0,
                hdir_bands_below_min_as: k as i32 % 3 - 1,
                min_airspeed_mps: 100.0,
                terminal_area: TerminalArea { logic: -1, ..TerminalArea::default() },
                ..config(volume, [0.3, 10.0, 3.0, 100.0])
            };
            config.limits.iter_mut().for_each(|l| l.recovery = true);
            let named = |(k, motion): (usize, &Motion)| Intruder { name: k.to_string(), motion: *motion, alerter: 1, ..Intruder::default() };
            let traffic = others.iter().enumerate().map(named).collect();
            let situation = Situation { name: "own".into(), own, alerter: 1, in_terminal_area: true, traffic, ..Situation::default() };
            let said = Monitor::new(&config).assess(0.0, &situation);
            let slow = own.velocity_mps[0].hypot(own.velocity_mps[1]) < 100.0;
            for bands in &said.bands {
                let silent = slow && config.hdir_bands_below_min_as == 0 && bands.dimension == Dimension::Direction;
                prop_assert_eq!(bands.bands.is_empty(), silent);
                prop_assert!(bands.bands.iter().all(|b| b.low < b.high && b.low.is_finite() && b.high.is_finite()));
            }
        }
    }
}

#[test]
fn places_of_the_plane_are_places_on_earth() {
    for (lat, lon) in [(0.0, 180.0), (89.0, 10.0), (-70.0, -170.0), (45.0, 0.0)] {
        let frame = Frame::at(f64::to_radians(lat), f64::to_radians(lon));
        for [x, y] in [[0.0, 0.0], [30e3, -20e3], [-1e5, 5e4]] {
            let (lat_rad, lon_rad) = frame.locate([x, y]);
            let flight = deconflict_daa::frame::Flight { lat_rad, lon_rad, ..Default::default() };
            let back = frame.project(&flight).position_m;
            assert!((back[0] - x).abs() < 1e-3 && (back[1] - y).abs() < 1e-3, "{back:?}");
        }
    }
}

const TEXT: &str = "\
min_airspeed = 60.0 [knot]
conflict_crit = true
recovery_crit = true
contour_thr = 90.0 [deg]
dta_logic = -1
dta_latitude = 10.0 [deg]
dta_longitude = 20.0 [deg]
dta_radius = 4.2 [nmi]
dta_height = 2000.0 [ft]
dta_alerter = 2
hdir_bands_below_min_as = 1
ownship_centric_alerting = false
bands_add_time_to_maneuver = true
alerters = A,B,N
A_alert_1_region = MID
A_alert_1_alerting_time = 55.0 [s]
A_alert_1_spread_hdir = 10.0 [deg]
A_alert_1_spread_hs = 20.0 [knot]
A_alert_1_spread_vs = 300.0 [fpm]
A_alert_1_spread_alt = 400.0 [ft]
A_alert_1_detector = d
A_d_WCV_DTHR = 0.66 [nmi]
A_d_WCV_ZTHR = 450.0 [ft]
A_d_WCV_TTHR = 35.0 [s]
A_d_WCV_TCOA = 20.0 [s]
A_load_core_detection_d = gov.nasa.larcfm.ACCoRD.WCV_TCPA
B_alert_1_region = MID
B_alert_1_alerting_time = 45.0 [s]
B_alert_1_detector = d
B_d_WCV_DTHR = 1500.0 [ft]
B_d_WCV_ZTHR = 450.0 [ft]
B_d_WCV_TTHR = 0.0 [s]
B_d_WCV_TCOA = 0.0 [s]
B_load_core_detection_d = gov.nasa.larcfm.ACCoRD.WCV_HZ
N_alert_1_region = MID
N_alert_1_alerting_time = 55.0 [s]
N_alert_1_detector = d
N_d_D = 2200.0 [ft]
N_d_H = 450.0 [ft]
N_load_core_detection_d = gov.nasa.larcfm.ACCoRD.CDCylinder
";

#[test]
fn every_key_is_read() {
    let config = Config::parse(TEXT).unwrap();
    assert_eq!(config.not_compared().len(), 7);
    assert!((config.contour_thr_rad - std::f64::consts::FRAC_PI_2).abs() < 1e-12);
    let spread = config.alerters[0].levels[0].spread;
    assert!((spread[0].to_degrees() - 10.0).abs() < 1e-9 && spread.iter().all(|s| *s > 0.0));
    assert!(matches!(
        &config.alerters[0].levels[0].detector,
        Volume::Timed(TimedWellClear { horizontal: HorizontalTime::Tcpa, .. })
    ));
    let fault = Config::parse(&TEXT.replace("WCV_TCPA", "WCV_HZ")).unwrap_err();
    assert!(fault.message.contains("WCV_TCOA of 0"), "{fault}");
    assert_eq!(fault.line, 26);
}

#[test]
fn the_terminal_area_has_its_own_alerter() {
    let config = Config::parse(TEXT).unwrap();
    // Ownship at the aerodrome; one intruder 2 NM away, a non-cooperative one above the
    // area, and one outside.
    let head = "NAME lat lon alt trk gs vs time alerter\n";
    let others = "near 10.0333 20 1500 0 100 0 0 1\nhigh 10.0333 20 2500 0 100 0 0 3\nfar 10.2 20 1500 0 100 0 0 1\n";
    let alerters = |own: &str| {
        let scenario = Scenario::parse(&format!("{head}{own}\n{others}")).unwrap();
        let situation = scenario.moments[0].situation(&config);
        let all: Vec<usize> = situation.traffic.iter().map(|t| t.alerter).collect();
        (situation.in_terminal_area, situation.alerter, all)
    };
    assert_eq!(alerters("own 10 20 1000 0 100 0 0 1"), (true, 2, vec![2, 3, 1]));
    // From outside it is an area like any other.
    assert_eq!(alerters("own 10 20 2100 0 100 0 0 1"), (false, 1, vec![1, 3, 1]));
    assert_eq!(alerters("own -10 -160 1000 0 100 0 0 1"), (false, 1, vec![1, 3, 1]));
}

#[test]
fn below_the_least_airspeed_turns_are_at_once_or_not_told() {
    let own = Motion { position_m: [0.0, 0.0, 2000.0], velocity_mps: [0.0, 20.0, 0.0] };
    let other = Motion { position_m: [0.0, 6000.0, 2000.0], velocity_mps: [0.0, -100.0, 0.0] };
    let bands = |hdir_bands_below_min_as, turn_rate_radps, min_airspeed_mps| {
        let plain = config(well_clear(), [0.0; 4]);
        let config = Config { hdir_bands_below_min_as, turn_rate_radps, min_airspeed_mps, ..plain };
        BandsSolver::new(&config).bands(Dimension::Direction, &scene(own, other)).bands
    };
    assert!(bands(0, 0.05, 30.0).is_empty());
    assert_eq!(bands(1, 0.05, 30.0), bands(0, 0.0, 0.0));
    assert_eq!(bands(-1, 0.05, 30.0), bands(0, 0.05, 0.0));
    assert_eq!(bands(0, 0.05, 10.0), bands(0, 0.05, 0.0));
}

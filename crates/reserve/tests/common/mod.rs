//! Reservations of every kind, anywhere.

use deconflict_core::altitude::AltitudeReference;
use deconflict_core::overlap::Margins;
use deconflict_core::{Altitude, GeoPoint, Time};
use deconflict_reserve::motion::Motion;
use deconflict_reserve::repeat::{Ends, Repeat, Unit};
use deconflict_reserve::reservation::Accuracy;
use deconflict_reserve::shape::{Band, Shape, WayPoint};
use deconflict_reserve::{Aircraft, Block, Kind, Outline, Reservation, Status};
use proptest::prelude::*;
use std::f64::consts::TAU;

/// 2026-03-01T10:00:00Z.
pub const NOON_MS: i64 = 1_772_359_200_000;

pub fn at_s(s: i64) -> Time {
    Time::from_millis(NOON_MS + s * 1000)
}

/// Places where longitudes jump, run together, or change sign, and ordinary ones.
pub fn places() -> impl Strategy<Value = GeoPoint> {
    prop_oneof![
        (-85.0..85.0f64, -180.0..180.0f64),
        (-80.0..80.0f64, 179.5..180.0f64),
        (-80.0..80.0f64, -180.0..-179.5f64),
        (-90.0..-89.5f64, -180.0..180.0f64),
        (89.5..=90.0f64, -180.0..180.0f64),
        (-0.5..0.5f64, -0.5..0.5f64),
    ]
    .prop_map(|(lat, lon)| GeoPoint::from_deg(lat, lon).unwrap())
}

pub fn altitudes() -> impl Strategy<Value = Altitude> {
    prop_oneof![
        (0usize..5, 0.0..20_000.0f64)
            .prop_map(|(r, m)| Altitude { m, reference: AltitudeReference::ALL[r] }),
        (0u32..500).prop_map(|level| Altitude::pressure_ft(f64::from(level) * 100.0)),
    ]
}

fn bands() -> impl Strategy<Value = Band> {
    (prop::option::of(altitudes()), prop::option::of(altitudes())).prop_map(|(lower, upper)| {
        let band = Band { lower, upper };
        if band.is_inverted() { Band { lower: upper, upper: lower } } else { band }
    })
}

pub fn shapes() -> impl Strategy<Value = Shape> {
    let numbers = prop::collection::vec(0.05..1.0f64, 6);
    let levels = (prop::collection::vec(bands(), 4), 0.0..12_000.0f64);
    (places(), 0u8..9, 2.0..5.0f64, 0.0..TAU, numbers, levels).prop_map(
        |(centre, kind, log_size, turn, n, (bands, level_m))| {
            let size_m = 10f64.powf(log_size);
            let line: Vec<GeoPoint> = (0..4)
                .scan(centre, |at, i| {
                    let here = *at;
                    *at = here.destination((turn + n[i]).rem_euclid(TAU), size_m * n[i]);
                    Some(here)
                })
                .collect();
            let half_width_m = 0.2 * size_m * n[4];
            match kind {
                0 => Shape::Polygon {
                    points: (0..6)
                        .map(|i| centre.destination(TAU * i as f64 / 6.0, size_m * n[i]))
                        .collect(),
                },
                1 => Shape::Circle { centre, radius_m: size_m },
                2 => Shape::Point { point: centre, radius_m: size_m * n[0] },
                3 => Shape::Sector {
                    centre,
                    inner_radius_m: size_m * n[0] * 0.9,
                    radius_m: size_m,
                    from_deg: 360.0 * n[1],
                    to_deg: 360.0 * n[2],
                },
                4 => Shape::Corridor { points: line, half_width_m },
                5 => Shape::Racetrack { ends: [line[0], line[1]], half_width_m },
                6 => Shape::Track { points: line, half_width_m, bands: bands[..3].to_vec() },
                7 => Shape::Volumes { blocks: blocks(&line, size_m, &n, &bands) },
                _ => Shape::Flight {
                    points: line
                        .into_iter()
                        .enumerate()
                        .map(|(i, point)| WayPoint {
                            point,
                            altitude: Altitude::pressure_m(level_m + 100.0 * i as f64),
                            time: at_s(1200 * i as i64),
                        })
                        .collect(),
                },
            }
        },
    )
}

/// Circles and polygons that follow each other, overlap in time, and have open ends.
fn blocks(line: &[GeoPoint], size_m: f64, n: &[f64], bands: &[Band]) -> Vec<Block> {
    let block = |(i, centre): (usize, &GeoPoint)| {
        let corner = |k: u32| centre.destination(TAU * f64::from(k) / 5.0, size_m * n[i]);
        Block {
            outline: match n[i + 1] < 0.4 {
                true => Outline::Circle { centre: *centre, radius_m: size_m * n[i] },
                false => Outline::Polygon { points: (0..5).map(corner).collect() },
            },
            band: bands[i],
            start: (n[i] > 0.2).then(|| at_s((n[i] * 1e4) as i64)),
            end: (n[i + 1] > 0.2).then(|| at_s(10_001 + (n[i + 1] * 1e4) as i64)),
        }
    };
    line.iter().enumerate().map(block).collect()
}

fn aircraft() -> impl Strategy<Value = Aircraft> {
    "[0-9a-f]{6}|~[0-9a-f]{6}|f:[0-9a-f]{6}|[A-Z]{3,5}[0-9]{2,3}"
        .prop_map(|text| Aircraft::parse(&text).unwrap())
}

fn texts() -> impl Strategy<Value = String> {
    "[A-Za-z0-9<>&\"',; äöжλ日-]{0,12}[A-Za-zé日]"
}

/// Any reservation that is one.
pub fn reservations() -> impl Strategy<Value = Reservation> {
    let who = (texts(), prop::option::of(texts()), "[A-Z]{1,3}", prop::option::of(texts()));
    let state =
        (0usize..12, 0usize..5, -5i32..100, prop::collection::btree_set("[A-Z]{1,3}", 0..3));
    let aircraft = prop::collection::btree_set(aircraft(), 0..3);
    let window = (prop::option::of(0i64..20_000), prop::option::of(1i64..20_000_000_000_000));
    let extra = (
        prop::option::of(0.0..500.0f64),
        prop::option::of(0.0..200.0f64),
        (0.0..3000.0f64, 0.0..300.0f64, 0.0..600.0f64, any::<bool>()),
        0u8..6,
    );
    (who, state, shapes(), bands(), (window, aircraft), extra).prop_map(
        |(who, state, shape, band, (window, aircraft), (horizontal_m, vertical_m, b, moves))| {
            let (start, length) = window;
            let mut r = Reservation::new(&who.0, Kind::ALL[state.0], &who.2, shape);
            r.name = who.1;
            r.purpose = who.3;
            r.status = Status::ALL[state.1];
            r.priority = state.2;
            r.agreed_with = state.3;
            r.aircraft = aircraft;
            r.accuracy = Accuracy { horizontal_m, vertical_m };
            if b.3 {
                r.buffer = Margins { horizontal_m: b.0, vertical_m: b.1, time_s: b.2 };
            }
            if r.shape.has_own_limits() {
                return r;
            }
            r.band = band;
            r.start = start.map(at_s);
            r.end = length.map(|ns| Time::from_nanos(r.start.unwrap_or(at_s(0)).as_nanos() + ns));
            if let (Some(start), Some(_)) = (r.start, r.end) {
                match moves {
                    0 => r.motion = Some(Motion::With("LEAD".into())),
                    1 => {
                        let since = start.plus_s(b.0);
                        let (course_deg, speed_mps) = (b.2 * 0.5, b.1);
                        r.motion = Some(Motion::Steady { since, course_deg, speed_mps });
                    }
                    2 => {
                        let ends = Ends::Count(1 + b.2 as u32);
                        r.repeat = Some(Repeat { unit: Unit::Days, every: 2, ends });
                    }
                    3 => {
                        let ends = Ends::Until(start.plus_s(4e6));
                        r.repeat = Some(Repeat { unit: Unit::Weeks(0b101_0010), every: 1, ends });
                    }
                    _ => {}
                }
            }
            r
        },
    )
}

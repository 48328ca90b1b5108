//! Nothing that is there is missed, wherever on earth, and rows come back as they were.
#![allow(clippy::unwrap_used)]

mod common;

use common::{block, id};
use deconflict_core::GeoPoint;
use deconflict_intent::*;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::f64::consts::TAU;
use std::sync::Arc;
use uuid::Uuid;

/// Places where longitudes jump, run together or change sign, and ordinary ones.
fn places() -> impl Strategy<Value = GeoPoint> {
    let point = |lat, lon| GeoPoint::from_deg(lat, lon).unwrap();
    prop_oneof![
        (-89.9..89.9f64, -180.0..180.0f64).prop_map(move |(lat, lon)| point(lat, lon)),
        (-80.0..80.0f64, -0.1..0.1f64).prop_map(move |(lat, d)| point(lat, 180.0 + d)),
        (-0.1..0.1f64, -0.1..0.1f64).prop_map(move |(lat, lon)| point(lat, lon)),
        (0.0..0.2f64, -180.0..180.0f64).prop_map(move |(d, lon)| point(89.9999 - d, lon)),
        (0.0..0.2f64, -180.0..180.0f64).prop_map(move |(d, lon)| point(-89.9999 + d, lon)),
    ]
}

fn degrees(p: GeoPoint) -> Value {
    json!({ "lat": p.lat_deg(), "lng": p.lon_deg() })
}

/// A shape of which a point is known: a circle around something near, or a star around it, wound
/// either way.
#[derive(Clone, Debug)]
enum Around {
    Circle { bearing: f64, away: f64, spare: f64 },
    Star { turn: f64, reaches: Vec<f64>, clockwise: bool },
}

fn around() -> impl Strategy<Value = Around> {
    prop_oneof![
        (0.0..TAU, 0.0..1.0f64, 1.001..2.0f64).prop_map(|(bearing, away, spare)| Around::Circle {
            bearing,
            away,
            spare
        }),
        (0.0..TAU, prop::collection::vec(0.05..1.0f64, 3..9), any::<bool>())
            .prop_map(|(turn, reaches, clockwise)| Around::Star { turn, reaches, clockwise }),
    ]
}

impl Around {
    fn volume(&self, point: GeoPoint, size_m: f64) -> Value {
        match self {
            Around::Circle { bearing, away, spare } => {
                let centre = point.destination(*bearing, away * size_m);
                let radius_m = spare * centre.distance_m(point) + 1.0;
                json!({ "outline_circle": {
                    "center": degrees(centre), "radius": { "value": radius_m, "units": "M" },
                }})
            }
            Around::Star { turn, reaches, clockwise } => {
                let share = TAU / reaches.len() as f64 * if *clockwise { 1.0 } else { -1.0 };
                let corner = |(n, reach): (usize, &f64)| {
                    degrees(point.destination(turn + share * n as f64, 2.0 + reach * size_m))
                };
                let corners: Vec<Value> = reaches.iter().enumerate().map(corner).collect();
                json!({ "outline_polygon": { "vertices": corners } })
            }
        }
    }
}

fn extent_of(blocks: &[Value]) -> Extent {
    let wire: Vec<wire::Volume4D> =
        blocks.iter().map(|b| serde_json::from_value(b.clone()).unwrap()).collect();
    let needs = Needs { altitudes: false, times: false };
    // Some of the shapes here are larger than a request may ask for.
    let limits = Limits { area_km2: 20_000.0, total_km2: 1e6, ..Limits::default() };
    Extent::from_wire(&wire, needs, &limits).unwrap()
}

fn intent(id: Uuid, extent: Extent) -> Intent {
    Intent {
        id,
        manager: Arc::from("uss1"),
        state: IntentState::Accepted,
        version: 1,
        ovn: id.to_string(),
        base_url: "https://uss.test".to_owned(),
        subscription: None,
        extent,
        told: Told::default(),
    }
}

fn found(airspace: &Airspace, extent: &Extent) -> BTreeSet<Uuid> {
    Draft::on(airspace).intents_over(extent).into_iter().map(|i| i.id).collect()
}

fn put(airspace: &mut Airspace, row: Row) {
    airspace.apply((row.key(), Some(row)));
}

/// As a store would give it back.
fn stored(row: &Row) -> Row {
    let (kind, id) = row.key();
    Row::decode(kind, &id, &row.encode()).unwrap()
}

/// The blocks of other things in the same region.
fn clutter() -> impl Strategy<Value = Vec<(Around, f64, f64, [f64; 2])>> {
    let one = (around(), 0.0..TAU, 0.0..6.0f64, (0.0..900.0f64, 0.0..400.0f64));
    let one = one.prop_map(|(shape, bearing, away, (floor, height))| {
        (shape, bearing, away, [floor, floor + height])
    });
    prop::collection::vec(one, 0..20)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// DSS-3: two that share a point at a moment are found, from the table, from the draft, by a
    /// query, and after they were in the store.
    #[test]
    fn a_common_point_is_always_found(
        point in places(),
        log_size in 0.5..4.2f64,
        shapes in (around(), around()),
        crowd in clutter(),
    ) {
        let size_m = 10f64.powf(log_size);
        let one = extent_of(&[block(shapes.0.volume(point, size_m), [100.0, 200.0], 60.0, 600.0)]);
        let two = extent_of(&[block(shapes.1.volume(point, size_m), [150.0, 300.0], 300.0, 900.0)]);
        prop_assert!(one.overlaps(&two) && two.overlaps(&one), "at {point:?}");

        let mut airspace = Airspace::default();
        for (n, (shape, bearing, away, band_m)) in crowd.iter().enumerate() {
            let near = point.destination(*bearing, away * size_m);
            let extent = extent_of(&[block(shape.volume(near, size_m), *band_m, 0.0, 1_000.0)]);
            put(&mut airspace, Row::Intent(Arc::new(intent(id(100 + n as u128), extent))));
        }
        for (this, other) in [(&one, &two), (&two, &one)] {
            let row = Row::Intent(Arc::new(intent(id(1), this.clone())));
            let mut draft = Draft::on(&airspace);
            draft.put(row.clone());
            let drafted = draft.intents_over(other);
            prop_assert!(drafted.iter().any(|i| i.id == id(1)), "missed in the draft at {point:?}");
            put(&mut airspace, row.clone());
            prop_assert!(found(&airspace, other).contains(&id(1)), "missed at {point:?}");
            put(&mut airspace, stored(&row));
            prop_assert!(found(&airspace, other).contains(&id(1)), "missed at {point:?}, stored");
        }
        // What is found is what meets, of all that is there, and is found in a table made at once.
        let rows: Vec<Row> = Draft::on(&airspace)
            .intents_over(&extent_of(&[json!({ "volume": common::circle(
                point.lat_deg(), point.lon_deg(), 28_000.0) })]))
            .into_iter()
            .map(Row::Intent)
            .collect();
        let at_once = Airspace::of(rows.clone());
        for extent in [&one, &two] {
            let meets = |row: &&Row| matches!(row, Row::Intent(i) if i.extent.overlaps(extent));
            let all: BTreeSet<Uuid> = rows.iter().filter(meets)
                .filter_map(|row| if let Row::Intent(i) = row { Some(i.id) } else { None }).collect();
            let near: BTreeSet<Uuid> = found(&airspace, extent);
            prop_assert!(all.is_subset(&near));
            prop_assert_eq!(&found(&at_once, extent), &all);
        }
    }

    /// DSS-3: what is apart only in altitude, or only in time, does not meet.
    #[test]
    fn apart_in_altitude_or_in_time_is_apart(
        point in places(),
        log_size in 0.5..4.2f64,
        shapes in (around(), around()),
        gap in 0.001..5_000.0f64,
        upside_down in any::<bool>(),
    ) {
        let size_m = 10f64.powf(log_size);
        let [one, two] = [&shapes.0, &shapes.1].map(|shape| shape.volume(point, size_m));
        let pairs = [
            [block(one.clone(), [0.0, 100.0], 60.0, 600.0),
             block(two.clone(), [100.0 + gap, 9_000.0], 60.0, 600.0)],
            [block(one, [0.0, 100.0], 60.0, 600.0),
             block(two, [0.0, 100.0], 600.0 + gap, 9_000.0)],
        ];
        for mut pair in pairs {
            if upside_down {
                pair.reverse();
            }
            let [here, there] = pair.map(|b| extent_of(&[b]));
            prop_assert!(!here.overlaps(&there));
            let mut airspace = Airspace::default();
            put(&mut airspace, Row::Intent(Arc::new(intent(id(1), here))));
            prop_assert!(found(&airspace, &there).is_empty());
        }
    }

    /// DSS-3: another intent takes no conflict away.
    #[test]
    fn adding_never_removes(point in places(), crowd in clutter(), shape in around()) {
        let size_m = 2_000.0;
        let wanted = extent_of(&[block(shape.volume(point, size_m), [300.0, 500.0], 0.0, 600.0)]);
        let mut airspace = Airspace::default();
        let mut before = BTreeSet::new();
        for (n, (shape, bearing, away, band_m)) in crowd.iter().enumerate() {
            let near = point.destination(*bearing, away * size_m);
            let extent = extent_of(&[block(shape.volume(near, size_m), *band_m, 0.0, 1_000.0)]);
            let meets = extent.overlaps(&wanted);
            put(&mut airspace, Row::Intent(Arc::new(intent(id(n as u128), extent))));
            let now = found(&airspace, &wanted);
            prop_assert!(before.is_subset(&now));
            prop_assert_eq!(now.contains(&id(n as u128)), meets);
            before = now;
        }
    }

    /// DSS-10: rows come back from the store as they were, to the last bit.
    #[test]
    fn rows_come_back(
        point in places(),
        shapes in prop::collection::vec(around(), 1..4),
        bands in (prop::option::of(-8_000.0..0.0f64), prop::option::of(0.0..100_000.0f64)),
        times in (prop::option::of(-1e9..0.0f64), prop::option::of(1.0..1e9f64)),
        words in ("[ -~]{1,20}", "[a-z0-9äß/\\\\\"]{1,20}"),
        flags in any::<[bool; 3]>(),
        number in any::<i32>(),
    ) {
        let blocks: Vec<Value> = shapes.iter().map(|shape| {
            let mut block = block(shape.volume(point, 3_000.0), [0.0; 2], 0.0, 0.0);
            let altitude = |m: f64| json!({ "value": m, "reference": "W84", "units": "M" });
            block["volume"]["altitude_lower"] = bands.0.map_or(Value::Null, altitude);
            block["volume"]["altitude_upper"] = bands.1.map_or(Value::Null, altitude);
            block["time_start"] = times.0.map_or(Value::Null, common::wire_time);
            block["time_end"] = times.1.map_or(Value::Null, common::wire_time);
            block
        }).collect();
        let extent = extent_of(&blocks);
        let (manager, url): (Arc<str>, _) = (Arc::from(words.0.as_str()), words.1.clone());
        let rows = [
            Row::Intent(Arc::new(Intent {
                manager: Arc::clone(&manager), state: IntentState::Contingent, version: number,
                ovn: words.1.clone(), base_url: url.clone(), subscription: flags[0].then(|| id(7)),
                ..intent(id(5), extent.clone())
            })),
            Row::Constraint(Arc::new(Constraint {
                id: id(6), manager: Arc::clone(&manager), version: number, ovn: words.1.clone(),
                base_url: url.clone(), extent: extent.clone(),
            })),
            Row::Subscription(Arc::new(Subscription {
                id: id(7), manager, version: words.1.clone(), index: number, base_url: url,
                for_intents: flags[0], for_constraints: flags[1], implicit: flags[2], extent,
            })),
            Row::Availability(Arc::new(Availability {
                uss: words.0.clone(), presence: Presence::Down, version: words.1.clone(),
            })),
            Row::Answered(Arc::new(Answered {
                key: words.0.clone(), client: words.0.clone(), fingerprint: words.1.clone(),
                status: 201, body: words.1, until_ns: i64::from(number),
            })),
            Row::Spent(Arc::new(Spent { ovn: words.0.clone(), until_ns: i64::from(number) })),
            Row::Instance(Arc::new(Instance {
                public_endpoint: flags[0].then(|| words.0.clone()),
                heartbeat: Heartbeat {
                    timestamp_ns: i64::from(number), reporter: flags[1].then(|| words.0.clone()),
                    source: words.0.clone(), index: 3, next_ns: flags[2].then_some(7),
                },
                locality: words.0,
            })),
        ];
        for row in rows {
            prop_assert_eq!(stored(&row), row);
        }
    }
}

/// A row of another version, or damaged, is told by its name and does not pass for something else.
#[test]
fn damaged_rows_are_told() {
    let extent = extent_of(&[common::usual()]);
    let row = Row::Intent(Arc::new(intent(id(1), extent)));
    let body = row.encode();
    let (kind, name) = row.key();
    for cut in 0..body.len() {
        let Some(part) = body.get(..cut) else { continue };
        let told = Row::decode(kind, &name, part).unwrap_err();
        assert_eq!(told.id, name);
    }
    assert!(Row::decode(Kind::Constraint, "no id", &body).is_err());
    assert!(Row::decode(Kind::Subscription, &name, &body).is_err());
    assert!(Kind::from_name("kitchen").is_none());
}

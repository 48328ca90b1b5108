//! Operational intents and constraints of several blocks: each block counts as it is.
#![allow(clippy::unwrap_used)]

mod common;

use common::{World, block, circle, id, intent_body};
use deconflict_intent::*;
use serde_json::{Value, json};
use uuid::Uuid;

/// The same outline, low at first and high later.
fn stairs(lat: f64) -> [Value; 2] {
    let at = |band_m, from_s, to_s| block(circle(lat, -71.0, 300.0), band_m, from_s, to_s);
    [at([0.0, 100.0], 60.0, 600.0), at([300.0, 400.0], 900.0, 1_200.0)]
}

/// What the stairs leave free, and what they do not.
const BESIDE: [([f64; 2], [f64; 2], bool); 7] = [
    ([150.0, 250.0], [60.0, 1_200.0], true),
    ([300.0, 400.0], [60.0, 600.0], true),
    ([0.0, 100.0], [900.0, 1_200.0], true),
    ([0.0, 400.0], [601.0, 899.0], true),
    ([400.001, 500.0], [60.0, 1_200.0], true),
    ([50.0, 60.0], [599.0, 700.0], false),
    ([200.0, 300.0], [1_199.0, 1_300.0], false),
];

fn found(world: &mut World, extent: &Value) -> Vec<String> {
    let query = serde_json::from_value(json!({ "area_of_interest": extent })).unwrap();
    let told = world.read("uss2", &Read::Intents(query));
    let all = told.body["operational_intent_references"].as_array().unwrap().clone();
    all.iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect()
}

/// DSS-3: blocks of one operational intent are not the box around them.
#[test]
fn between_the_blocks_is_free_air() {
    for lat in [-33.0, 0.0, 47.0, 89.99] {
        let mut world = World::default();
        assert_eq!(world.put("uss1", id(1), None, intent_body(json!(stairs(lat)))).status, 201);
        for (n, (band_m, [from_s, to_s], free)) in BESIDE.into_iter().enumerate() {
            let extent = block(circle(lat, -71.0, 300.0), band_m, from_s, to_s);
            assert_eq!(found(&mut world, &extent).is_empty(), free, "{n} at {lat}");
            let other = Uuid::from_u128(100 + n as u128);
            let told = world.put("uss2", other, None, intent_body(json!([extent])));
            assert_eq!(told.status, if free { 201 } else { 409 }, "{n} at {lat}: {}", told.body);
            if free {
                assert_eq!(world.delete("uss2", other, &told.ovn()).status, 200);
            }
        }
        // Two stairs, one going up where the other comes down.
        let mut down = stairs(lat);
        let times = down.clone().map(|b| [b["time_start"].clone(), b["time_end"].clone()]);
        for (block, [start, end]) in down.iter_mut().zip(times.into_iter().rev()) {
            (block["time_start"], block["time_end"]) = (start, end);
        }
        assert_eq!(world.put("uss2", id(2), None, intent_body(json!(down))).status, 201);
    }
}

/// Whoever flies between the blocks of another is told, as of what is in a notch.
#[test]
fn between_the_blocks_is_told_of() {
    for (n, (band_m, [from_s, to_s], free)) in BESIDE.into_iter().enumerate().take(4) {
        assert!(free);
        let mut world = World::default();
        let made = world.put("uss1", id(1), None, intent_body(json!(stairs(47.0))));
        let own = made.intent()["subscription_id"].as_str().unwrap().to_owned();
        let extent = block(circle(47.0, -71.0, 300.0), band_m, from_s, to_s);
        let told = world.put("uss2", id(2), None, intent_body(json!([extent])));
        assert_eq!(told.status, 201);
        assert!(told.body["subscribers"].to_string().contains(&own), "{n}: {}", told.body);
    }
}

/// A column and a way from its top are one body: what is below the way is claimed, too, as the
/// InterUSS Platform's prober wants it. Before and after it is not.
#[test]
fn blocks_that_touch_have_one_band() {
    let mut world = World::default();
    let at = |lng: f64, band_m, from_s, to_s| block(circle(47.0, lng, 100.0), band_m, from_s, to_s);
    let column = at(8.0, [0.0, 400.0], 60.0, 300.0);
    let way = at(8.002, [380.0, 400.0], 200.0, 600.0);
    // Elsewhere, and at another time.
    let (apart, later) =
        (at(8.1, [380.0, 400.0], 200.0, 600.0), at(8.002, [380.0, 400.0], 700.0, 900.0));
    let body = intent_body(json!([column, way, apart, later]));
    assert_eq!(world.put("uss1", id(1), None, body).status, 201);
    for (lng, from_s, to_s, meets) in [
        (8.002, 210.0, 590.0, true),
        (8.002, 601.0, 699.0, false),
        (8.002, 700.0, 900.0, false),
        (8.0, 301.0, 590.0, true),
        (8.1, 200.0, 600.0, false),
    ] {
        // At 8.000 the way's outline is met, not the column's time.
        let extent = at(lng, [0.0, 100.0], from_s, to_s);
        assert_eq!(!found(&mut world, &extent).is_empty(), meets, "{lng} {from_s}");
    }
}

/// What is in the air has left blocks behind: only what is over as a whole is refused.
#[test]
fn blocks_may_be_over() {
    let mut world = World::default();
    let at = |from_s, to_s| block(circle(47.0, 8.0, 300.0), [0.0, 50.0], from_s, to_s);
    let (before, now, over) = (at(-900.0, -300.0), at(-300.0, 300.0), at(-300.0, -1.0));
    assert_eq!(world.put("uss1", id(1), None, intent_body(json!([before, now]))).status, 201);
    let told = world.put("uss1", id(2), None, intent_body(json!([before, over])));
    assert!(told.status == 400 && told.words().contains("past"), "{}", told.body);
}

/// Whoever moves is told of where it was and where it is, not of what lies between.
#[test]
fn a_move_concerns_both_ends_only() {
    let mut world = World::default();
    let at =
        |floor_m: f64| block(circle(47.0, 8.0, 300.0), [floor_m, floor_m + 50.0], 60.0, 3_600.0);
    let ovn = world.put("uss1", id(1), None, intent_body(json!([at(0.0)]))).ovn();
    for (n, floor_m) in [(900, 0.0), (901, 500.0), (902, 1_000.0)] {
        assert_eq!(world.subscribe("uss2", id(n), None, at(floor_m)).status, 200);
    }
    let told = world.put("uss1", id(1), Some(&ovn), intent_body(json!([at(1_000.0)])));
    let subscribers = told.body["subscribers"].to_string();
    for (n, concerned) in [(900, true), (901, false), (902, true)] {
        assert_eq!(subscribers.contains(&id(n).to_string()), concerned, "{n}: {subscribers}");
    }
}

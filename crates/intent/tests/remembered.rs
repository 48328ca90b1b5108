//! What is remembered is bounded, and each client has its share. DSS-5. The instances of a pool.
#![allow(clippy::unwrap_used)]

mod common;

use common::{Reply, World, block, caller, circle, id, intent_body, now};
use deconflict_intent::*;
use serde_json::json;
use uuid::Uuid;

fn small() -> Keep {
    Keep { seconds: 100.0, most: 5, ..Keep::default() }
}

fn put(world: &mut World, uss: &str, n: u128, keep: Keep) -> Reply {
    let floor_m = 10.0 * n as f64;
    let extent = block(circle(47.0, 8.0, 300.0), [floor_m, floor_m + 5.0], 60.0, 3_600.0);
    let params = serde_json::from_value(intent_body(json!([extent]))).unwrap();
    let request = Write::PutIntent { id: Uuid::from_u128(n), ovn: None, params };
    let key = Idempotency { key: n.to_string(), fingerprint: n.to_string(), keep };
    world.write_as(&caller(uss), Some(&key), &request)
}

/// Which of some writes are still remembered: sent again they are told the same, not that there
/// is one already.
fn kept(world: &mut World, uss: &str, which: impl Iterator<Item = u128>, keep: Keep) -> Vec<u128> {
    which.filter(|n| put(world, uss, *n, keep).status == 201).collect()
}

#[test]
fn a_client_keeps_its_newest_answers_and_takes_nobody_elses() {
    let mut world = World::default();
    assert_eq!(put(&mut world, "uss2", 1_000, small()).status, 201);
    for n in 0..12 {
        world.now = Some(now().plus_s(n as f64));
        assert_eq!(put(&mut world, "uss1", n, small()).status, 201);
        assert!(world.airspace.remembered().0 <= 6);
    }
    assert_eq!(kept(&mut world, "uss1", 0..12, small()), [7, 8, 9, 10, 11]);
    assert_eq!(kept(&mut world, "uss2", 1_000..1_001, small()), [1_000]);
}

#[test]
fn bytes_are_bounded_for_each_and_for_all() {
    let mut world = World::default();
    put(&mut world, "uss1", 0, Keep::default());
    let one = world.airspace.remembered().1;
    let keep = Keep { bytes: 4 * one, total_bytes: 7 * one, ..Keep::default() };
    for n in 1..10 {
        world.now = Some(now().plus_s(n as f64));
        put(&mut world, "uss1", n, keep);
    }
    let (count, bytes) = world.airspace.remembered();
    assert!((3..=4).contains(&count) && bytes <= keep.bytes, "{count} {bytes}");
    // Several clients together: it is the one with the most that gives way.
    for (n, uss) in (10..).zip(["uss2", "uss3", "uss4", "uss5"]) {
        world.now = Some(now().plus_s(n as f64));
        put(&mut world, uss, n, keep);
    }
    assert!(world.airspace.remembered().1 <= keep.total_bytes);
    for (n, uss) in (10..).zip(["uss2", "uss3", "uss4", "uss5"]) {
        assert_eq!(kept(&mut world, uss, n..n + 1, keep), [n], "{uss}");
    }
    // One that is larger than all that may be kept is kept alone.
    let tiny = Keep { bytes: 1, total_bytes: 1, ..Keep::default() };
    put(&mut world, "uss6", 20, tiny);
    assert_eq!(kept(&mut world, "uss6", 20..21, tiny), [20]);
}

#[test]
fn many_of_one_batch_are_bounded_too() {
    let mut world = World::default();
    for n in 0..3 {
        put(&mut world, "uss1", n, small());
    }
    let given = world.given();
    let mut draft = Draft::on(&world.airspace);
    for n in 3..40_u128 {
        let extent =
            block(circle(48.0, 8.0, 9.0), [n as f64 * 10.0, n as f64 * 10.0 + 5.0], 9.0, 99.0);
        let params = serde_json::from_value(intent_body(json!([extent]))).unwrap();
        let request = Write::PutIntent { id: Uuid::from_u128(n), ovn: None, params };
        let key = Idempotency { key: n.to_string(), fingerprint: n.to_string(), keep: small() };
        let given = Circumstances { nonce: Uuid::from_u128(n).into_bytes(), ..given.clone() };
        assert_eq!(write(&mut draft, &caller("uss1"), &given, Some(&key), &request).status, 201);
    }
    draft.into_changes().into_iter().for_each(|change| world.airspace.apply(change));
    assert_eq!(world.airspace.remembered().0, 5);
}

/// DSS-7: names and keys with spaces in them are nobody else's.
#[test]
fn a_key_is_that_of_its_client_alone() {
    let mut world = World::default();
    let extent = block(circle(47.0, 8.0, 300.0), [0.0, 5.0], 60.0, 3_600.0);
    let params: wire::PutIntent = serde_json::from_value(intent_body(json!([extent]))).unwrap();
    let request = Write::PutIntent { id: id(1), ovn: None, params };
    let key = |key: &str| Idempotency {
        key: key.to_owned(),
        fingerprint: "same".to_owned(),
        keep: Keep::default(),
    };
    assert_eq!(world.write_as(&caller("a"), Some(&key("b c")), &request).status, 201);
    assert_eq!(world.write_as(&caller("a b"), Some(&key("c")), &request).status, 403);
}

#[test]
fn instances_are_known_by_their_last_sign_of_life() {
    let mut world = World::default();
    let beat = |locality: &str, source: &str| Beat {
        locality: locality.to_owned(),
        public_endpoint: Some("https://dss.test".to_owned()),
        source: source.to_owned(),
        timestamp: None,
        next: None,
    };
    assert_eq!(world.write("", &Write::Beat(beat("b", "Startup"))).status, 201);
    world.write("", &Write::Beat(beat("a", "Startup")));
    let again = Beat {
        timestamp: Some("2030-01-31T12:00:00+01:00".to_owned()),
        next: Some("2030-01-31T12:00:00Z".to_owned()),
        ..beat("b", "by hand")
    };
    let told = world.write("uss1", &Write::Beat(again.clone()));
    let read = world.read("uss1", &Read::Instances);
    assert_eq!((told.status, read.status, &told.body), (201, 200, &read.body));
    let wanted = json!({ "dss_instances": [
        { "id": "a", "public_endpoint": "https://dss.test", "most_recent_heartbeat": {
            "timestamp": "2027-01-15T08:00:00Z", "source": "Startup", "index": 0 } },
        { "id": "b", "public_endpoint": "https://dss.test", "most_recent_heartbeat": {
            "timestamp": "2030-01-31T11:00:00Z", "reporter": "uss1", "source": "by hand", "index": 1,
            "next_heartbeat_expected_before": "2030-01-31T12:00:00Z" } },
    ]});
    assert_eq!(read.body, wanted);
    for wrong in [
        Beat { source: String::new(), ..again.clone() },
        Beat { source: "a\nb".to_owned(), ..again.clone() },
        Beat { timestamp: Some("yesterday".to_owned()), ..again.clone() },
        Beat { next: again.timestamp.clone(), ..again },
    ] {
        assert_eq!(world.write("uss1", &Write::Beat(wrong.clone())).status, 400, "{wrong:?}");
    }
}

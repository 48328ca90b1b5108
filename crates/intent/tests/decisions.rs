//! What is granted, what is refused and why: operational intents, subscriptions, constraints,
//! availability, keys of clients, clean-up.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use deconflict_intent::*;
use serde_json::{Value, json};

/// The usual volume, moved up by so many metres.
fn above(m: f64) -> Value {
    block(circle(47.0, 8.0, 300.0), [m, m + 100.0], 60.0, 3_600.0)
}

fn with_key(mut body: Value, key: &[&str]) -> Value {
    body["key"] = json!(key);
    body
}

fn state(mut body: Value, state: &str) -> Value {
    body["state"] = json!(state);
    body
}

/// DSS-1: the later of two that overlap is refused until its key holds the version of the earlier,
/// the current one.
#[test]
fn the_key_must_hold_the_current_version_of_all_that_is_met() {
    let mut world = World::default();
    let first = world.put("uss1", id(1), None, intent_body(json!([usual()]))).ovn();
    let wanted = intent_body(json!([usual()]));
    let refused = world.put("uss2", id(2), None, wanted.clone());
    assert_eq!(refused.status, 409);
    let missing = &refused.body["missing_operational_intents"];
    assert_eq!(missing.as_array().unwrap().len(), 1);
    assert_eq!(missing[0]["id"], json!(id(1)));
    assert!(missing[0].get("ovn").is_none(), "another's version is told");
    let second = world.put("uss1", id(1), Some(&first), intent_body(json!([usual()]))).ovn();
    assert_ne!(first, second);
    assert_eq!(world.put("uss2", id(2), None, with_key(wanted.clone(), &[&first])).status, 409);
    let granted = world.put("uss2", id(2), None, with_key(wanted.clone(), &[&second, "older"]));
    assert_eq!(granted.status, 201);
    // The first did not know of the second when it changes again.
    let refused = world.put("uss1", id(1), Some(&second), intent_body(json!([usual()])));
    assert_eq!(refused.status, 409);
    // Apart in altitude nobody has to be known.
    assert_eq!(world.put("uss3", id(3), None, intent_body(json!([above(100.5)]))).status, 201);
}

#[test]
fn requests_of_one_batch_see_each_other() {
    let mut world = World::default();
    let params: wire::PutIntent = serde_json::from_value(intent_body(json!([usual()]))).unwrap();
    let (one, two) = (world.given(), world.given());
    let mut draft = Draft::on(&world.airspace);
    let put = |id| Write::PutIntent { id, ovn: None, params: params.clone() };
    assert_eq!(write(&mut draft, &caller("uss1"), &one, None, &put(id(1))).status, 201);
    assert_eq!(write(&mut draft, &caller("uss2"), &two, None, &put(id(2))).status, 409);
    assert_eq!(draft.into_changes().len(), 2, "one intent and its subscription");
}

#[test]
fn versions_and_owners_are_checked() {
    let mut world = World::default();
    let body = intent_body(json!([usual()]));
    assert_eq!(world.put("uss1", id(1), Some("x"), body.clone()).status, 400);
    let ovn = world.put("uss1", id(1), None, body.clone()).ovn();
    assert_eq!(world.put("uss1", id(1), None, body.clone()).status, 409);
    assert_eq!(world.put("uss1", id(1), Some("x"), body.clone()).status, 409);
    assert_eq!(world.put("uss2", id(1), Some(&ovn), body.clone()).status, 403);
    assert_eq!(world.delete("uss2", id(1), &ovn).status, 403);
    assert_eq!(world.delete("uss1", id(1), "x").status, 409);
    assert_eq!(world.delete("uss1", id(2), &ovn).status, 404);
    let gone = world.delete("uss1", id(1), &ovn);
    assert_eq!((gone.status, gone.intent()["version"].as_i64()), (200, Some(1)));
    assert_eq!(world.airspace.counts(), Counts::default(), "its subscription goes with it");
    assert_eq!(world.put("uss1", id(1), None, body).intent()["version"], 1);
}

#[test]
fn a_new_intent_is_accepted_and_others_need_their_scope() {
    let mut world = World::default();
    let body = intent_body(json!([usual()]));
    for name in ["Activated", "Nonconforming", "Contingent", "Ended", ""] {
        assert_eq!(world.put("uss1", id(1), None, state(body.clone(), name)).status, 400, "{name}");
    }
    let mut plain = caller("uss1");
    plain.scopes = vec![SC.to_owned()];
    let mut put = |caller: &Caller, ovn: Option<String>, name: &str| {
        let params = serde_json::from_value(state(body.clone(), name)).unwrap();
        world.write_as(caller, None, &Write::PutIntent { id: id(1), ovn, params })
    };
    let ovn = put(&plain, None, "Accepted").ovn();
    let ovn = put(&plain, Some(ovn), "Activated").ovn();
    assert_eq!(put(&plain, Some(ovn.clone()), "Nonconforming").status, 403);
    let ovn = put(&caller("uss1"), Some(ovn), "Nonconforming").ovn();
    assert_eq!(put(&caller("uss1"), Some(ovn), "Contingent").intent()["version"], 4);
}

#[test]
fn what_does_not_conform_needs_no_key() {
    let mut world = World::default();
    let ovn = world.put("uss1", id(1), None, intent_body(json!([usual()]))).ovn();
    let other = world.put("uss2", id(2), None, with_key(intent_body(json!([usual()])), &[&ovn]));
    assert_eq!(other.status, 201);
    let body = intent_body(json!([usual()]));
    assert_eq!(world.put("uss1", id(1), Some(&ovn), state(body.clone(), "Activated")).status, 409);
    assert_eq!(world.put("uss1", id(1), Some(&ovn), state(body, "Nonconforming")).status, 200);
}

#[test]
fn a_version_can_be_asked_for_and_never_stays_the_same() {
    let mut world = World::default();
    // RFC 9562, 5.7: milliseconds since 1970 first.
    let suffix = |off_s: i64, n: u128| {
        let millis = u128::try_from(now().as_nanos() / 1_000_000 + off_s * 1_000).unwrap();
        uuid::Uuid::from_u128(millis << 80 | 0x7 << 76 | 0x2 << 62 | n).to_string()
    };
    let mut put = |ovn: Option<&str>, suffix: &str| {
        let mut body = intent_body(json!([usual()]));
        body["requested_ovn_suffix"] = json!(suffix);
        world.put("uss1", id(1), ovn, body)
    };
    for wrong in [suffix(301, 1), suffix(-301, 1), id(1).to_string(), "x".to_owned()] {
        assert_eq!(put(None, &wrong).status, 400, "{wrong}");
    }
    let wanted = suffix(5, 1);
    let ovn = put(None, &wanted).ovn();
    assert_eq!(ovn, format!("{}_{wanted}", id(1)));
    // A key with the old version would pass for one with the new.
    assert_eq!(put(Some(&ovn), &wanted).status, 400);
    let second = put(Some(&ovn), &suffix(6, 2)).ovn();
    // So would one with a version from before, even of what was deleted meanwhile.
    assert_eq!(put(Some(&second), &wanted).status, 400);
    assert_eq!(world.delete("uss1", id(1), &second).status, 200);
    let mut body = intent_body(json!([usual()]));
    for (spent, status) in [(wanted, 400), (suffix(6, 2), 400), (suffix(6, 3), 201)] {
        body["requested_ovn_suffix"] = json!(spent);
        assert_eq!(world.put("uss1", id(1), None, body.clone()).status, status, "{spent}");
    }
    // The same number in another form would be another version for whoever compares.
    body["requested_ovn_suffix"] = json!(format!("{{{}}}", suffix(6, 4)));
    assert_eq!(world.put("uss1", id(2), None, body).status, 400);

    // What cannot be asked for any more is forgotten.
    let spent = |world: &World| {
        let far = now().plus_s(1e9);
        world.airspace.ended_before(Kind::Spent, far).count()
    };
    assert_eq!(spent(&world), 3);
    let mut draft = Draft::on(&world.airspace);
    clean_up(&mut draft, now().plus_s(700.0), &Retention::default(), 100);
    draft.into_changes().into_iter().for_each(|change| world.airspace.apply(change));
    assert_eq!(spent(&world), 0);
}

/// DSS-9: an implicit subscription covers what hangs on it and nothing else, and goes with the last.
#[test]
fn an_implicit_subscription_grows_shrinks_and_goes() {
    let mut world = World::default();
    let near = json!([usual()]);
    let far = json!([block(circle(47.2, 8.0, 300.0), [0.0, 100.0], 60.0, 3_600.0)]);
    let first = world.put("uss1", id(1), None, intent_body(near));
    let subscription = first.intent()["subscription_id"].clone();
    let mut hangs = intent_body(far.clone());
    hangs.as_object_mut().unwrap().remove("new_subscription");
    hangs["subscription_id"] = subscription.clone();
    let second = world.put("uss1", id(2), None, hangs.clone());
    assert_eq!(second.intent()["subscription_id"], subscription);
    let told = world.subscription("uss1", &subscription).body["subscription"].clone();
    assert_eq!(told["implicit_subscription"], true);
    assert_eq!(told["dependent_operational_intents"], json!([id(1), id(2)]));

    // Somebody far away concerns it as long as something far away hangs on it.
    let subscribers = |told: &Reply| told.body["subscribers"].as_array().unwrap().len();
    let constraint_of = |world: &mut World, n| {
        let mut body = intent_body(far.clone());
        body["key"] = json!([second.ovn()]);
        let told = world.put("uss2", id(n), None, body);
        assert_eq!(told.status, 201, "{}", told.body);
        let count = subscribers(&told);
        let ovn = told.ovn();
        assert_eq!(world.delete("uss2", id(n), &ovn).status, 200);
        count
    };
    // Its own implicit subscription is told too, as the reference does.
    assert_eq!(constraint_of(&mut world, 10), 1, "both subscriptions are at one address");
    let index = |world: &mut World| {
        let told = world.subscription("uss1", &subscription);
        told.body["subscription"]["notification_index"].as_i64()
    };
    let before = index(&mut world).unwrap();
    assert_eq!(world.delete("uss1", id(2), &second.ovn()).status, 200);
    assert_eq!(index(&mut world), Some(before + 1), "told of the deletion");
    constraint_of(&mut world, 11);
    assert_eq!(index(&mut world), Some(before + 1), "it did not shrink");
    assert_eq!(world.delete("uss1", id(1), &first.ovn()).status, 200);
    assert_eq!(world.subscription("uss1", &subscription).status, 404);
    assert_eq!(world.airspace.counts(), Counts::default());
}

/// DSS-9: an intent that moves to another subscription leaves nothing behind.
#[test]
fn a_subscription_of_its_own_is_replaced() {
    let mut world = World::default();
    let first = world.put("uss1", id(1), None, intent_body(json!([usual()])));
    let second = world.put("uss1", id(1), Some(&first.ovn()), intent_body(json!([above(500.0)])));
    assert_ne!(first.intent()["subscription_id"], second.intent()["subscription_id"]);
    assert_eq!(world.airspace.counts().subscriptions, 1);
    let mut bare = intent_body(json!([usual()]));
    bare.as_object_mut().unwrap().remove("new_subscription");
    let third = world.put("uss1", id(1), Some(&second.ovn()), bare.clone());
    assert_eq!(third.intent()["subscription_id"], json!(NO_SUBSCRIPTION));
    assert_eq!(world.airspace.counts().subscriptions, 0);
    let refused = world.put("uss1", id(1), Some(&third.ovn()), state(bare, "Activated"));
    assert_eq!(refused.status, 400, "an active intent must hear of others");
}

#[test]
fn subscriptions_count_what_concerns_them_in_altitude_too() {
    let mut world = World::default();
    let made = world.subscribe("uss9", id(50), None, usual());
    assert_eq!(made.status, 200, "{}", made.body);
    assert_eq!(made.body["operational_intent_references"], json!([]));
    let low = world.put("uss1", id(1), None, intent_body(json!([usual()])));
    let told = low.body["subscribers"].as_array().unwrap();
    let states: Vec<&Value> =
        told.iter().flat_map(|s| s["subscriptions"].as_array().unwrap()).collect();
    assert!(states.contains(&&json!({ "subscription_id": id(50), "notification_index": 1 })));
    world.put("uss1", id(2), None, intent_body(json!([above(200.0)])));
    world.put_constraint("uss2", id(3), None, usual());
    let read = world.subscription("uss9", &json!(id(50)));
    assert_eq!(read.body["subscription"]["notification_index"], 2, "above does not concern it");
    // A new version of it is told what is there.
    let version = read.body["subscription"]["version"].as_str().unwrap().to_owned();
    assert_eq!(world.subscribe("uss9", id(50), None, usual()).status, 409);
    assert_eq!(world.subscribe("uss9", id(50), Some("x"), usual()).status, 409);
    let again = world.subscribe("uss9", id(50), Some(&version), usual());
    assert_eq!(again.body["operational_intent_references"].as_array().unwrap().len(), 1);
    assert_eq!(again.body["constraint_references"].as_array().unwrap().len(), 1);
    assert_eq!(again.body["subscription"]["notification_index"], 2);
}

#[test]
fn a_subscription_keeps_covering_what_hangs_on_it() {
    let mut world = World::default();
    let wide = block(circle(47.0, 8.0, 5_000.0), [0.0, 500.0], 60.0, 7_200.0);
    let made = world.subscribe("uss1", id(50), None, wide.clone());
    let version = made.body["subscription"]["version"].as_str().unwrap().to_owned();
    let mut body = intent_body(json!([usual()]));
    body.as_object_mut().unwrap().remove("new_subscription");
    body["subscription_id"] = json!(id(50));
    assert_eq!(world.put("uss2", id(1), None, body.clone()).status, 403, "another's");
    let mut outside = body.clone();
    outside["extents"] = json!([above(450.0)]);
    assert_eq!(world.put("uss1", id(1), None, outside).status, 400, "higher than it");
    let ovn = world.put("uss1", id(1), None, body).ovn();
    for smaller in [
        block(circle(47.3, 8.0, 5_000.0), [0.0, 500.0], 60.0, 7_200.0),
        block(circle(47.0, 8.0, 5_000.0), [50.0, 500.0], 60.0, 7_200.0),
        block(circle(47.0, 8.0, 5_000.0), [0.0, 500.0], 60.0, 1_800.0),
    ] {
        let told = world.subscribe("uss1", id(50), Some(&version), smaller);
        assert_eq!(told.status, 400);
        assert!(told.words().contains(&id(1).to_string()), "{}", told.words());
    }
    let delete = Write::DeleteSubscription { id: id(50), version };
    assert_eq!(world.write("uss1", &delete).status, 400, "something hangs on it");
    assert_eq!(world.delete("uss1", id(1), &ovn).status, 200);
    assert_eq!(world.write("uss1", &delete).status, 200);
}

#[test]
fn whoever_is_down_plans_nothing_and_is_not_waited_for() {
    let mut world = World::default();
    let ovn = world.put("uss1", id(1), None, intent_body(json!([usual()]))).ovn();
    let said = world.set_down("uss1", "Down", "");
    assert_eq!(said.status, 200);
    assert_eq!(world.set_down("uss1", "Normal", "x").status, 409);
    assert_eq!(world.put("uss1", id(2), None, intent_body(json!([above(500.0)]))).status, 412);
    assert_eq!(world.delete("uss1", id(1), &ovn).status, 412);
    // What it only planned does not stand in the way; what it flies does.
    assert_eq!(world.put("uss2", id(3), None, intent_body(json!([usual()]))).status, 201);
    let version = said.body["version"].as_str().unwrap();
    assert_eq!(world.set_down("uss1", "Normal", version).status, 200);
    assert_eq!(world.put("uss4", id(4), None, intent_body(json!([usual()]))).status, 409);
}

#[test]
fn constraints_count_in_a_key_only_for_who_listens_to_them() {
    let mut world = World::default();
    let made = world.put_constraint("authority", id(1), None, usual());
    let ovn = made.body["constraint_reference"]["ovn"].as_str().unwrap().to_owned();
    assert_eq!(made.status, 201);
    assert_eq!(world.put_constraint("other", id(1), Some(&ovn), usual()).status, 403);
    assert_eq!(world.put_constraint("authority", id(1), None, usual()).status, 409);
    assert_eq!(world.put_constraint("authority", id(2), Some(&ovn), usual()).status, 400);
    assert_eq!(world.put("uss1", id(3), None, intent_body(json!([usual()]))).status, 201);
    let mut listens = intent_body(json!([above(0.0)]));
    listens["new_subscription"]["notify_for_constraints"] = json!(true);
    let refused = world.put("uss2", id(4), None, listens.clone());
    assert_eq!(refused.body["missing_constraints"].as_array().map(Vec::len), Some(1));
    assert_eq!(refused.body["missing_operational_intents"].as_array().map(Vec::len), Some(1));
}

#[test]
fn every_bound_is_named_when_it_refuses() {
    let mut world = World::default();
    let limits = Limits::default();
    let corners: Vec<Value> = (0..=limits.corners)
        .map(|n| {
            let turn = std::f64::consts::TAU * n as f64 / (limits.corners + 1) as f64;
            json!({ "lat": 47.0 + 0.1 * turn.sin(), "lng": 8.0 + 0.1 * turn.cos() })
        })
        .collect();
    let polygon = json!({ "outline_polygon": { "vertices": corners } });
    let key: Vec<String> = (0..=limits.key).map(|n| n.to_string()).collect();
    let mut with_key = intent_body(json!([usual()]));
    with_key["key"] = json!(key);
    let cases = [
        (
            intent_body(json!([block(circle(47.0, 8.0, 300_000.0), [0.0, 1.0], 60.0, 90.0)])),
            limits.area_km2.to_string(),
        ),
        (intent_body(json!([block(polygon, [0.0, 1.0], 60.0, 90.0)])), limits.corners.to_string()),
        (intent_body(json!(vec![usual(); limits.volumes + 1])), limits.volumes.to_string()),
        (with_key, limits.key.to_string()),
    ];
    for (body, limit) in cases {
        let told = world.put("uss1", id(1), None, body);
        assert_eq!(told.status, 413, "{}", told.body);
        assert!(told.words().contains(&limit), "{limit} is not named: {}", told.words());
    }
    let query =
        json!({ "area_of_interest": block(circle(0.0, 0.0, 300_000.0), [0.0, 1.0], 0.0, 1.0) });
    let query: wire::Query = serde_json::from_value(query).unwrap();
    for read in
        [Read::Intents(query.clone()), Read::Constraints(query.clone()), Read::Subscriptions(query)]
    {
        let told = world.read("uss1", &read);
        assert_eq!(told.status, 413);
        assert!(told.words().contains("2500"), "{}", told.words());
    }
    let day = block(circle(47.0, 8.0, 300.0), [0.0, 1.0], 60.0, 25.0 * 3_600.0);
    let told = world.subscribe("uss1", id(2), None, day);
    assert!(told.status == 400 && told.words().contains("24 h"), "{}", told.body);
}

/// DSS-5: a write with a key of its client's choice is done once.
#[test]
fn a_repeated_write_is_told_the_same_and_does_nothing() {
    let mut world = World::default();
    let params: wire::PutIntent = serde_json::from_value(intent_body(json!([usual()]))).unwrap();
    let put = Write::PutIntent { id: id(1), ovn: None, params };
    let key = |fingerprint: &str| Idempotency {
        key: "k".to_owned(),
        fingerprint: fingerprint.to_owned(),
        keep: Keep { seconds: 100.0, ..Keep::default() },
    };
    let first = world.write_as(&caller("uss1"), Some(&key("a")), &put);
    assert_eq!(first.status, 201);
    let again = world.write_as(&caller("uss1"), Some(&key("a")), &put);
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    let other = world.write_as(&caller("uss1"), Some(&key("b")), &put);
    assert!(other.status == 400 && other.words().contains("Idempotency-Key"));
    let another = world.write_as(&caller("uss2"), Some(&key("a")), &put);
    assert_eq!(another.status, 403, "it is another's key, and decided anew");
    // A refusal is not kept: what was refused may be granted later.
    assert_eq!(world.delete("uss1", id(1), &first.ovn()).status, 200);
    world.now = Some(now().plus_s(101.0));
    let late = world.write_as(&caller("uss1"), Some(&key("a")), &put);
    assert_eq!(late.status, 201, "forgotten by now");
    assert_ne!(late.ovn(), first.ovn());
}

#[test]
fn the_clean_up_is_bounded_and_leaves_what_is_needed() {
    let mut world = World::default();
    let made = world.subscribe("uss1", id(900), None, usual());
    assert_eq!(made.status, 200);
    for n in 0..25 {
        let told = world.put("uss1", id(n), None, intent_body(json!([above(101.0 * n as f64)])));
        assert_eq!(told.status, 201, "{}", told.body);
    }
    let live = block(circle(47.0, 8.0, 300.0), [9_000.0, 9_001.0], 60.0, 90.0 * 86_400.0);
    world.put_constraint("authority", id(500), None, live);
    let retention = Retention::default();
    let sweep = |world: &mut World, after_s: f64, most: usize| {
        let mut draft = Draft::on(&world.airspace);
        let taken = clean_up(&mut draft, now().plus_s(after_s), &retention, most);
        draft.into_changes().into_iter().for_each(|change| world.airspace.apply(change));
        taken
    };
    assert_eq!(sweep(&mut world, 3_601.0, 10), 0, "it has only just ended");
    assert_eq!(sweep(&mut world, 3_600.0 * 2.5, 10), 1, "the subscription");
    let after_s = retention.entities_s + 3_700.0;
    let mut sizes = Vec::new();
    while let taken @ 1.. = sweep(&mut world, after_s, 10) {
        sizes.push(taken);
    }
    assert_eq!(sizes, [10, 10, 5]);
    let left = Counts { intents: 0, constraints: 1, subscriptions: 0 };
    assert_eq!(world.airspace.counts(), left, "implicit subscriptions go too, what lives stays");
}

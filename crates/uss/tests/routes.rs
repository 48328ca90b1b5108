//! The routes that peers call: who may, and what is taken.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use deconflict_intent::IntentState;
use deconflict_uss::Released;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// USS-6: No peer is answered without a good token that has a scope of the route, and nothing that is sent is too large, too deep or too often.
#[tokio::test]
async fn every_route_takes_its_scopes_and_no_other() {
    let dss = Dss::start().await;
    let a = Served::with(&dss, "uss-a", managing).await;
    let (intent, rule) = (own(10.0, 20.0), constraint(10.0, 20.0));
    a.file(&rule).await.unwrap();
    a.file(&intent).await.unwrap();
    let matrix: &[(&str, String, &[&str])] = &[
        ("GET", format!("operational_intents/{}", intent.id), &[SC]),
        ("GET", format!("operational_intents/{}/telemetry", intent.id), &[CMSA]),
        ("POST", "operational_intents".into(), &[SC]),
        ("GET", format!("constraints/{}", rule.id), &[CP]),
        ("POST", "constraints".into(), &[CM]),
        ("POST", "reports".into(), &EVERYTHING),
        ("GET", "log_sets/a".into(), &EVERYTHING),
    ];
    for (method, path, scopes) in matrix {
        let url = format!("{}/uss/v1/{path}", a.url);
        let body = || (*method == "POST").then(|| b"{}".to_vec());
        for scope in EVERYTHING {
            let status = ask(method, &url, Some(("uss-b", &[scope])), body()).await.status;
            assert_eq!(
                status == 403,
                !scopes.contains(&scope),
                "{method} {path} {scope}: {status}"
            );
            assert_ne!(status, 401);
        }
        let good = claims("uss-b", &EVERYTHING);
        let with = |key: &str, value: Value| {
            let mut claims = good.clone();
            claims[key] = value;
            claims
        };
        let none = ask_with(method, &url, None, body()).await;
        assert_eq!(
            (none.status, none.headers["www-authenticate"].to_str().unwrap()),
            (401, "Bearer")
        );
        for bad in [
            signed(&good, OTHER_KEY),
            signed(&with("aud", json!("dss.test")), KEY),
            signed(&with("exp", json!(unix_s() - 100)), KEY),
            signed(&with("exp", json!(unix_s() + 9_000)), KEY),
            signed(&with("iss", json!("")), KEY),
            signed(&with("sub", json!("")), KEY),
            "no.token.this".to_owned(),
        ] {
            assert_eq!(ask_with(method, &url, Some(bad), body()).await.status, 401, "{path}");
        }
    }
    assert_eq!(
        ask("GET", &format!("{}/uss/v1/log_sets/a", a.url), Some(("b", &[SC])), None).await.status,
        404
    );
    dss.stop().await;
}

/// All names of fields in a value.
fn names(value: &Value, all: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (name, value) in map {
                all.insert(name.clone());
                names(value, all);
            }
        }
        Value::Array(list) => list.iter().for_each(|value| names(value, all)),
        _ => {}
    }
}

/// USS-2: A peer is told no more than the standard's details and the policy allow.
#[tokio::test]
async fn nothing_but_volumes_priority_and_state_leaves() {
    let dss = Dss::start().await;
    let (a, b) =
        (Served::with(&dss, "uss-a", managing).await, Served::with(&dss, "uss-b", managing).await);
    b.file(&own(10.001, 20.0)).await.unwrap();
    dss.seen();
    let intent = own(10.0, 20.0);
    a.file(&intent).await.unwrap();
    a.file(&in_state(&intent, IntentState::Nonconforming)).await.unwrap();
    let mut left = BTreeSet::new();
    for (_, _, body) in dss.seen() {
        if let Ok(value) = serde_json::from_slice(&body) {
            names(&value, &mut left);
        }
    }
    let told = ask(
        "GET",
        &format!("{}/uss/v1/operational_intents/{}", a.url, intent.id),
        Some(("uss-c", &[SC])),
        None,
    )
    .await;
    assert_eq!(told.status, 200);
    names(&told.body, &mut left);
    let allowed: BTreeSet<String> = [
        // Of volumes.
        "volume",
        "outline_circle",
        "outline_polygon",
        "vertices",
        "center",
        "lat",
        "lng",
        "radius",
        "value",
        "units",
        "altitude_lower",
        "altitude_upper",
        "reference",
        "format",
        "time_start",
        "time_end",
        // Of references and their changes.
        "id",
        "uss_availability",
        "manager",
        "version",
        "state",
        "uss_base_url",
        "subscription_id",
        "ovn",
        "extents",
        "key",
        "new_subscription",
        "notify_for_constraints",
        "area_of_interest",
        // Of details.
        "operational_intent",
        "details",
        "volumes",
        "off_nominal_volumes",
        "priority",
    ]
    .map(str::to_owned)
    .into();
    assert_eq!(left.difference(&allowed).collect::<Vec<_>>(), Vec::<&String>::new());
    dss.stop().await;
}

/// USS-2: A peer is told no more than the standard's details and the policy allow.
#[tokio::test]
async fn details_go_to_those_who_may_know() {
    let dss = Dss::start().await;
    let b = Served::start(&dss, "uss-b").await;
    let c = Served::start(&dss, "uss-c").await;
    let friend = BTreeMap::from([("uss-b".to_owned(), b.url.clone())]);
    let a = Served::with(&dss, "uss-a", |s| s.released = Released::To(friend)).await;
    b.file(&own(10.001, 20.0)).await.unwrap();
    c.file(&own(9.999, 20.0)).await.unwrap();
    let intent = own(10.0, 20.0);
    assert_eq!(a.file(&intent).await.unwrap().told, 1);
    assert!(b.uss.peers().all.contains_key(&intent.id));
    assert!(!c.uss.peers().all.contains_key(&intent.id));
    let details = format!("{}/uss/v1/operational_intents/{}", a.url, intent.id);
    assert_eq!(ask("GET", &details, Some(("uss-b", &[SC])), None).await.status, 200);
    let refused = ask("GET", &details, Some(("uss-c", &[SC])), None).await;
    assert_eq!(refused.status, 403);
    assert!(!refused.body.to_string().contains("volume"));
    dss.stop().await;
}

fn told_of(id: Uuid, manager: &str, version: i32) -> Value {
    let block =
        deconflict_intent::outward::told(&own(10.0, 20.0).volumes[0], |_| Default::default());
    let block = serde_json::to_value(block.unwrap().remove(0)).unwrap();
    json!({
        "operational_intent_id": id,
        "operational_intent": {
            "reference": {
                "id": id, "manager": manager, "version": version, "state": "Accepted",
                "ovn": format!("a number of version {version}"), "uss_base_url": "http://elsewhere.test",
                "uss_availability": "Unknown", "subscription_id": Uuid::new_v4(),
                "time_start": block["time_start"], "time_end": block["time_end"],
            },
            "details": { "volumes": [block], "priority": 1 },
        },
        "subscriptions": [{ "subscription_id": Uuid::new_v4(), "notification_index": 1 }],
    })
}

/// USS-9: Of an entity nobody tells but its manager, and never an older state after a newer one.
#[tokio::test]
async fn notifications_are_taken_from_the_manager_only_and_in_order() {
    let dss = Dss::start().await;
    let a = Served::start(&dss, "uss-a").await;
    let url = format!("{}/uss/v1/operational_intents", a.url);
    let id = Uuid::new_v4();
    let send = async |who: &str, body: &Value| {
        let reply =
            ask("POST", &url, Some((who, &[SC])), Some(body.to_string().into_bytes())).await;
        reply.status
    };
    let first = told_of(id, "uss-b", 2);
    assert_eq!(send("uss-c", &first).await, 403, "of another");
    assert_eq!(send("uss-b", &first).await, 204);
    assert_eq!(send("uss-b", &first).await, 204, "the same again");
    let known = a.uss.peers().all[&id].clone();
    assert_eq!(
        (known.version, known.base_url.as_str()),
        (2, ""),
        "addresses are believed of the DSS only"
    );
    assert_eq!(send("uss-b", &told_of(id, "uss-b", 1)).await, 409, "an older version");
    let mut other = first.clone();
    other["operational_intent"]["details"]["priority"] = json!(99);
    assert_eq!(send("uss-b", &other).await, 409, "the same version, and different");
    assert_eq!(send("uss-c", &told_of(id, "uss-c", 3)).await, 403, "taken over by another");
    let mut gone = first.clone();
    gone["operational_intent"] = Value::Null;
    assert_eq!(send("uss-c", &gone).await, 403, "taken out by another");
    assert!(a.uss.peers().all.contains_key(&id));
    assert_eq!(send("uss-b", &told_of(id, "uss-b", 3)).await, 204);
    assert_eq!(send("uss-b", &gone).await, 204);
    assert!(a.uss.peers().all.is_empty());
    assert_eq!(send("uss-b", &told_of(id, "uss-b", 3)).await, 409, "late");
    assert_eq!(send("uss-b", &gone).await, 204);
    // Of ours.
    let ours = own(10.0, 20.0);
    a.file(&ours).await.unwrap();
    assert_eq!(send("uss-b", &told_of(ours.id, "uss-b", 9)).await, 403);
    // What does not fit.
    let spoilt = |pointer: &str, value: Value| {
        let mut told = told_of(Uuid::new_v4(), "uss-b", 1);
        *told.pointer_mut(pointer).unwrap() = value;
        told
    };
    for (pointer, value) in [
        ("/subscriptions", json!([])),
        ("/operational_intent/reference/id", json!(Uuid::new_v4())),
        ("/operational_intent/reference/ovn", Value::Null),
        ("/operational_intent/reference/state", json!("Flying")),
        ("/operational_intent/details/volumes", json!([])),
        ("/operational_intent/details/off_nominal_volumes", json!([])),
        ("/operational_intent/details/volumes/0/time_end", Value::Null),
        ("/operational_intent_id", json!("x")),
    ] {
        if told_of(id, "b", 1).pointer(pointer).is_none() {
            continue;
        }
        assert_eq!(send("uss-b", &spoilt(pointer, value)).await, 400, "{pointer}");
    }
    dss.stop().await;
}

/// USS-6: No peer is answered without a good token that has a scope of the route, and nothing that is sent is too large, too deep or too often.
#[tokio::test]
async fn what_is_too_large_too_deep_or_too_often_is_refused() {
    let dss = Dss::start().await;
    let a = Served::with(&dss, "uss-a", |s| {
        s.body_bytes = 10_000;
        s.requests_per_s = 0.001;
        s.burst = 12;
    })
    .await;
    let url = format!("{}/uss/v1/operational_intents", a.url);
    let send =
        async |who: &str, body: Vec<u8>| ask("POST", &url, Some((who, &[SC])), Some(body)).await;
    assert_eq!(send("b", vec![b' '; 20_000]).await.status, 413);
    let deep = format!("{}{}", "[".repeat(4_000), "]".repeat(4_000));
    assert_eq!(send("b", deep.into_bytes()).await.status, 400);
    assert_eq!(send("b", b"{}".to_vec()).await.status, 400);
    assert_eq!(send("b", b"\xff\xfe".to_vec()).await.status, 400);
    assert_eq!(ask("GET", &format!("{url}/no-id"), Some(("b", &[SC])), None).await.status, 400);
    let mut last = 0;
    for _ in 0..12 {
        let reply = send("b", b"{}".to_vec()).await;
        last = reply.status;
        if last == 429 {
            assert!(reply.headers.contains_key("retry-after"));
        }
    }
    assert_eq!(last, 429);
    assert_eq!(send("c", b"{}".to_vec()).await.status, 400, "another is not held up");
    dss.stop().await;
}

#[tokio::test]
async fn reports_are_kept() {
    let dss = Dss::start().await;
    let a = Served::start(&dss, "uss-a").await;
    let report = json!({ "exchange": {
        "url": "https://a.test/uss/v1/operational_intents", "method": "POST", "recorder_role": "Client",
        "request_time": { "value": "2030-01-31T12:00:00Z", "format": "RFC3339" }, "problem": "no answer",
    }});
    let url = format!("{}/uss/v1/reports", a.url);
    let reply =
        ask("POST", &url, Some(("uss-b", &[CMSA])), Some(report.to_string().into_bytes())).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    let id = reply.body["report_id"].as_str().unwrap().to_owned();
    let kept = a.around.reports.lock().unwrap().clone();
    assert_eq!((kept[0].0.as_str(), kept[0].1.report_id.as_deref()), ("uss-b", Some(&*id)));
    assert_eq!(kept[0].1.exchange.problem.as_deref(), Some("no answer"));
    dss.stop().await;
}

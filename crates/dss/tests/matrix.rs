//! Who may do what, and what happens to everybody and everything else. DSS-7, DSS-8.
#![allow(clippy::print_stderr, clippy::unwrap_used)]

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use common::{AA, CM, CMSA, CP, Client, EVERYTHING, KEY, OTHER_KEY, Place, Reply, SC, Served};
use common::{accepted, block, circle, claims, in_s, intent_path, oracles, ovn_of, signed, unix_s};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU32, Ordering};
use uuid::Uuid;

const INTENTS: &[&str] = &[SC, CMSA];
const CONSTRAINTS: &[&str] = &[CM, CP];
const SUBSCRIPTIONS: &[&str] = &[CP, SC];
const I: &str = "/dss/v1/operational_intent_references";
const C: &str = "/dss/v1/constraint_references";
const S: &str = "/dss/v1/subscriptions";

/// Every route of the standard that a DSS serves: what it is called with, who may (with this scope
/// alone), and what a good request of theirs is answered. `{}` is an id that nothing has.
#[rustfmt::skip]
const ROUTES: &[(&str, &str, &str, &[&str], u16)] = &[
    ("POST", I, "/query", INTENTS, 200),
    ("GET", I, "/{}", INTENTS, 404),
    ("PUT", I, "/{}", INTENTS, 201),
    ("PUT", I, "/{}/{}", INTENTS, 400),
    ("DELETE", I, "/{}/{}", INTENTS, 404),
    ("POST", C, "/query", CONSTRAINTS, 200),
    ("GET", C, "/{}", CONSTRAINTS, 404),
    ("PUT", C, "/{}", &[CM], 201),
    ("PUT", C, "/{}/{}", &[CM], 400),
    ("DELETE", C, "/{}/{}", &[CM], 404),
    ("POST", S, "/query", SUBSCRIPTIONS, 200),
    ("GET", S, "/{}", SUBSCRIPTIONS, 404),
    ("PUT", S, "/{}", SUBSCRIPTIONS, 200),
    ("PUT", S, "/{}/{}", SUBSCRIPTIONS, 404),
    ("DELETE", S, "/{}/{}", SUBSCRIPTIONS, 404),
    ("POST", "/dss/v1/reports", "", &EVERYTHING, 201),
    ("PUT", "/dss/v1/uss_availability", "/{}", &[AA], 200),
    ("GET", "/dss/v1/uss_availability", "/{}", &[AA, SC, CMSA], 200),
];

fn path_of(base: &str, rest: &str) -> String {
    let id = Uuid::new_v4().to_string();
    format!("{base}{}", rest.replace("{}", &id))
}

/// A place that no other request has had.
fn extent() -> Value {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let n = COUNT.fetch_add(1, Ordering::Relaxed);
    block(circle(-60.0 + 0.01 * f64::from(n), 30.0, 100.0), [0.0, 100.0], 10, 600)
}

fn body_for(method: &str, base: &str, rest: &str, scope: &str) -> Option<Value> {
    match (method, base) {
        ("POST", I | C | S) => Some(json!({ "area_of_interest": extent() })),
        ("PUT", I) => Some(accepted(extent(), &[])),
        ("PUT", C) => Some(json!({ "extents": [extent()], "uss_base_url": "http://uss.test" })),
        ("PUT", S) => Some(json!({
            "extents": extent(),
            "uss_base_url": "http://uss.test",
            "notify_for_operational_intents": scope != CP,
            "notify_for_constraints": scope == CP,
        })),
        ("POST", _) => Some(json!({ "exchange": {
            "url": "http://uss.test", "method": "GET", "recorder_role": "Client",
            "request_time": in_s(0),
        }})),
        ("PUT", _) if rest == "/{}" => Some(json!({ "old_version": "", "availability": "Normal" })),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_scope_on_every_route() {
    let place = Place::file();
    let served = Served::on(&place.target).await;
    for &(method, base, rest, allowed, status) in ROUTES {
        for scope in EVERYTHING.into_iter().chain(["", "utm.something_else"]) {
            let client = Client::new(&served, "uss1", &[scope]);
            let body = body_for(method, base, rest, scope);
            let reply =
                client.send(method, &path_of(base, rest), body.as_ref(), None).await.unwrap();
            let expected = if allowed.contains(&scope) { status } else { 403 };
            let words = &reply.body;
            assert_eq!(reply.status, expected, "{method} {base}{rest} with {scope}: {words}");
            if reply.status >= 400 {
                assert!(words["message"].is_string(), "{words}");
            }
        }
    }
    served.stop().await;
}

/// Routes of the standard's document, and the scopes that open them alone.
fn described(yaml: &str) -> BTreeMap<(String, String), BTreeSet<String>> {
    let mut routes: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    let (mut path, mut method) = (String::new(), String::new());
    let mut alternatives: Vec<Vec<String>> = Vec::new();
    let mut within = false;
    // The end of the document ends its last method.
    for line in yaml.lines().chain(["  /end:"]) {
        let words = line.trim();
        let depth = line.len() - line.trim_start().len();
        if depth <= 4 && within && !words.is_empty() {
            if path.starts_with("/dss/") && !method.is_empty() {
                let single = alternatives.iter().filter(|all| all.len() == 1);
                let scopes = single.flatten().cloned().collect();
                routes.insert((method.to_uppercase(), path.clone()), scopes);
            }
            (within, method) = (false, String::new());
            alternatives.clear();
        }
        match (depth, words) {
            (2, words) if words.starts_with('/') => {
                words.trim_end_matches(':').clone_into(&mut path)
            }
            (4, "get:" | "put:" | "post:" | "delete:") => {
                words.trim_end_matches(':').clone_into(&mut method);
                within = true;
            }
            (6, "- Authority:") => alternatives.push(Vec::new()),
            (8, words) => {
                if let (Some(scope), Some(last)) =
                    (words.strip_prefix("- utm."), alternatives.last_mut())
                {
                    last.push(format!("utm.{scope}"));
                }
            }
            _ => {}
        }
    }
    routes
}

#[test]
fn the_matrix_is_that_of_the_standard() {
    let Some(folder) = oracles() else { return };
    let yaml = std::fs::read_to_string(folder.join("interuss/utm.yaml")).unwrap();
    let mut described = described(&yaml);
    assert_eq!(described.len(), ROUTES.len(), "{:?}", described.keys());
    for (method, base, rest, scopes, _) in ROUTES {
        let shape = |path: &str| -> Vec<String> {
            let open = |part: &str| if part.starts_with('{') { "{}" } else { part }.to_owned();
            path.split('/').map(open).collect()
        };
        let wanted = shape(&format!("{base}{rest}"));
        let found = described.keys().find(|(m, p)| m == method && shape(p) == wanted).cloned();
        let told = found.and_then(|key| described.remove(&key));
        let scopes: BTreeSet<String> = scopes.iter().map(|&s| s.to_owned()).collect();
        assert_eq!(told, Some(scopes), "{method} {base}{rest}");
    }
}

fn with(name: &str, value: Value) -> Value {
    let mut all = claims("uss1", &EVERYTHING);
    all[name] = value;
    if all[name].is_null() {
        all.as_object_mut().unwrap().remove(name);
    }
    all
}

/// The claims of a good token with another head, signed by nobody or with a secret that all know.
fn unsigned(alg: &str, signature: &str) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let head = part(&json!({ "alg": alg, "typ": "JWT" }));
    format!("{head}.{}.{signature}", part(&claims("uss1", &EVERYTHING)))
}

#[tokio::test(flavor = "multi_thread")]
async fn no_bad_token_passes_any_route() {
    let place = Place::file();
    let served = Served::on(&place.target).await;
    let good = signed(&claims("uss1", &EVERYTHING), KEY);
    let (head, signature) = good.rsplit_once('.').unwrap();
    let other = signed(&with("sub", json!("uss2")), KEY);
    let tokens: Vec<(&str, Option<String>)> = vec![
        ("none", None),
        ("empty", Some(String::new())),
        ("garbage", Some("a.b.c".to_owned())),
        ("expired", Some(signed(&with("exp", json!(unix_s() - 600)), KEY))),
        ("more than an hour", Some(signed(&with("exp", json!(unix_s() + 7_200)), KEY))),
        ("no exp", Some(signed(&with("exp", Value::Null), KEY))),
        ("not yet", Some(signed(&with("nbf", json!(unix_s() + 1_200)), KEY))),
        ("another's key", Some(signed(&claims("uss1", &EVERYTHING), OTHER_KEY))),
        ("wrong audience", Some(signed(&with("aud", json!("elsewhere.test")), KEY))),
        ("no audience", Some(signed(&with("aud", Value::Null), KEY))),
        ("no iss", Some(signed(&with("iss", Value::Null), KEY))),
        ("empty iss", Some(signed(&with("iss", json!("")), KEY))),
        ("no sub", Some(signed(&with("sub", Value::Null), KEY))),
        ("empty sub", Some(signed(&with("sub", json!("")), KEY))),
        ("a sub with a NUL", Some(signed(&with("sub", json!("a\u{0}b")), KEY))),
        ("no signature", Some(format!("{head}."))),
        ("alg none", Some(unsigned("none", ""))),
        ("alg none, signed", Some(unsigned("none", signature))),
        ("alg HS256", Some(unsigned("HS256", signature))),
        ("another's signature", Some(format!("{}.{signature}", other.rsplit_once('.').unwrap().0))),
    ];
    for (name, token) in tokens {
        let client = Client::at(&served.url, token);
        for &(method, base, rest, _, _) in ROUTES {
            let body = body_for(method, base, rest, SC);
            let reply =
                client.send(method, &path_of(base, rest), body.as_ref(), None).await.unwrap();
            assert_eq!(reply.status, 401, "{name}: {method} {base}{rest}: {}", reply.body);
        }
        let reply = client.get("/aux/v1/validate_oauth").await;
        assert_eq!(reply.status, 401, "{name}: {}", reply.body);
    }
    let health = served.pool.health();
    assert_eq!(health.seq, 0, "something was written");
    served.stop().await;
}

fn nested(depth: usize) -> Vec<u8> {
    format!("{{\"extents\":{}{}}}", "[".repeat(depth), "]".repeat(depth)).into_bytes()
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_none() {
    let place = Place::file();
    let served = Served::on(&place.target).await;
    let client = Client::new(&served, "uss1", &EVERYTHING);
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("empty", Vec::new()),
        ("a word", b"hello".to_vec()),
        ("not UTF-8", vec![b'{', b'"', 0xff, 0xfe, b'"', b':', b'1', b'}']),
        ("cut off", b"{\"extents\":[{".to_vec()),
        ("a list", b"[]".to_vec()),
        ("null", b"null".to_vec()),
        ("a number too large", b"{\"extents\":1e999,\"area_of_interest\":1e999}".to_vec()),
        ("two bodies", b"{}{}".to_vec()),
        ("deep", nested(200)),
        ("very deep", nested(100_000)),
        (
            "deep objects",
            format!("{}1{}", "{\"exchange\":".repeat(5_000), "}".repeat(5_000)).into(),
        ),
    ];
    let limit = served.pool.settings().body_bytes;
    for &(method, base, rest, _, _) in ROUTES {
        if !matches!(method, "PUT" | "POST") {
            continue;
        }
        for (name, body) in &bodies {
            let path = path_of(base, rest);
            let reply = client.send_bytes(method, &path, body.clone()).await;
            assert_eq!(reply.status, 400, "{name}: {method} {path}: {}", reply.body);
            assert!(reply.body["message"].is_string(), "{}", reply.body);
        }
        let large = vec![b' '; limit + 1];
        let reply = client.send_bytes(method, &path_of(base, rest), large.clone()).await;
        assert_eq!(reply.status, 413, "{method} {base}{rest}: {}", reply.body);
        let words = reply.body["message"].as_str().unwrap();
        assert!(words.contains(&limit.to_string()), "the limit is not named: {words}");
        // Whoever may not come in is not read either.
        let stranger = Client::at(&served.url, None);
        assert_eq!(stranger.send_bytes(method, &path_of(base, rest), large).await.status, 401);
    }
    assert_eq!(served.pool.health().seq, 0, "something was written");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_ids_that_are_none() {
    for place in Place::all().await {
        let served = Served::on(&place.target).await;
        let client = Client::new(&served, "uss1", &EVERYTHING);
        let body = json!({ "old_version": "", "availability": "Down" });
        // PostgreSQL keeps no NUL in a text: it must not come as far.
        for name in ["a%00b", "%1e", "%0a", &"x".repeat(257)] {
            let reply = client.put(&format!("/dss/v1/uss_availability/{name}"), &body).await;
            assert_eq!(reply.status, 400, "{name}: {}", reply.body);
        }
        for id in ["x", "%00", "{2f8343be-6482-4d1b-a474-16847e01af1e}", &"9".repeat(10_000)] {
            for kind in [I, C, S] {
                let reply = client.get(&format!("{kind}/{id}")).await;
                assert!(matches!(reply.status, 400 | 414), "{id}: {}", reply.status);
            }
        }
        assert_eq!(served.pool.health().seq, 0, "something was written");
        let reply = client.put("/dss/v1/uss_availability/ü%20x", &body).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        served.stop().await;
        place.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_another_s_stays_with_them() {
    let place = Place::file();
    let served = Served::on(&place.target).await;
    let [one, two] = ["uss1", "uss2"].map(|uss| Client::new(&served, uss, &EVERYTHING));
    let area = extent();
    let mut secrets = Vec::new();
    let mut keep = |reply: Reply, name: &str, secret: &str| {
        assert!(reply.status < 300, "{}", reply.body);
        let text = reply.body[name][secret].as_str().unwrap().to_owned();
        secrets.push(text.clone());
        text
    };
    let ids: Vec<Uuid> = (0..3).map(|_| Uuid::new_v4()).collect();
    let intent = keep(
        one.put(&intent_path(ids[0]), &accepted(area.clone(), &[])).await,
        "operational_intent_reference",
        "ovn",
    );
    let constraint = json!({ "extents": [area.clone()], "uss_base_url": "http://uss.test" });
    let constraint =
        keep(one.put(&format!("{C}/{}", ids[1]), &constraint).await, "constraint_reference", "ovn");
    let subscribe = json!({
        "extents": area.clone(), "uss_base_url": "http://uss.test",
        "notify_for_operational_intents": true, "notify_for_constraints": true,
    });
    let version =
        keep(one.put(&format!("{S}/{}", ids[2]), &subscribe).await, "subscription", "version");

    let query = json!({ "area_of_interest": area.clone() });
    let mut told = Vec::new();
    let found = two.post(&format!("{I}/query"), &query).await;
    assert_eq!(found.body["operational_intent_references"].as_array().unwrap().len(), 1);
    told.push(found);
    told.push(two.post(&format!("{C}/query"), &query).await);
    let subscriptions = two.post(&format!("{S}/query"), &query).await;
    assert_eq!(subscriptions.body, json!({ "subscriptions": [] }));
    told.push(two.get(&intent_path(ids[0])).await);
    told.push(two.get(&format!("{C}/{}", ids[1])).await);
    told.push(two.put(&format!("{S}/{}", Uuid::new_v4()), &subscribe).await);
    let mut wants = accepted(area.clone(), &[]);
    wants["new_subscription"]["notify_for_constraints"] = json!(true);
    let refused = two.put(&intent_path(Uuid::new_v4()), &wants).await;
    assert_eq!(refused.status, 409);
    assert_eq!(refused.body["missing_operational_intents"].as_array().unwrap().len(), 1);
    assert_eq!(refused.body["missing_constraints"].as_array().unwrap().len(), 1);
    told.push(refused);
    // Not even who knows the version may touch it.
    for (path, body) in [
        (format!("{}/{intent}", intent_path(ids[0])), accepted(area.clone(), &[])),
        (
            format!("{C}/{}/{constraint}", ids[1]),
            json!({
            "extents": [area.clone()], "uss_base_url": "http://uss.test" }),
        ),
        (format!("{S}/{}/{version}", ids[2]), subscribe.clone()),
    ] {
        for reply in [two.put(&path, &body).await, two.delete(&path).await] {
            assert_eq!(reply.status, 403, "{path}: {}", reply.body);
            told.push(reply);
        }
    }
    let reply = two.get(&format!("{S}/{}", ids[2])).await;
    assert_eq!(reply.status, 403);
    told.push(reply);
    // With the version, which its manager gave: it is told whom to notify, and no more.
    wants["key"] = json!([intent, constraint]);
    let written = two.put(&intent_path(Uuid::new_v4()), &wants).await;
    assert_eq!(written.status, 201, "{}", written.body);
    let ours = ovn_of(&written);
    assert!(!secrets.contains(&ours));
    told.push(written);
    for reply in told {
        let text = reply.body.to_string();
        for secret in &secrets {
            assert!(!text.contains(secret.as_str()), "{secret} is told: {text}");
        }
    }
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_a_client_s_choice_is_its_own() {
    let place = Place::file();
    let served = Served::on(&place.target).await;
    let [one, two] = ["uss1", "uss2"].map(|uss| Client::new(&served, uss, &[SC]));
    let (path, body) = (intent_path(Uuid::new_v4()), accepted(extent(), &[]));
    let put = async |client: &Client, path: &str, key: &str| {
        client.send("PUT", path, Some(&body), Some(key)).await.unwrap()
    };
    let first = put(&one, &path, "k").await;
    assert_eq!(first.status, 201);
    let again = put(&one, &path, "k").await;
    assert_eq!((again.status, &again.body), (201, &first.body));
    // Another's key of the same name is another key.
    assert_eq!(put(&two, &path, "k").await.status, 403);
    assert_eq!(put(&one, &intent_path(Uuid::new_v4()), "k").await.status, 400);
    assert_eq!(put(&one, &path, "other").await.status, 409);
    assert_eq!(put(&one, &path, &"k".repeat(201)).await.status, 400);
    served.stop().await;
}

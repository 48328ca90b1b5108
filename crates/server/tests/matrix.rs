//! Every route against every kind of credential, over real sockets.

mod common;

use common::client::{Answer, Client, read};
use common::tokens::{ED, ED_PUBLIC, RSA_A, RSA_A_PUBLIC, RSA_B, Signed, claims, token, with};
use common::{config_in, key, soon, start_in, try_start};
use deconflict_access::Role;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use tempfile::TempDir;

/// What a route says to those who may come in: viewer, controller, party, admin.
struct Route {
    method: Method,
    /// As the description of the interface has it.
    path: &'static str,
    /// What to ask for, if not the path itself.
    ask: &'static str,
    body: Option<Value>,
    says: [u16; 4],
    /// Whether it asks for no credential.
    open: bool,
}

/// The expectation: one line for each route. A route of the description that has none, or a
/// line without a route, fails the test.
///
/// With `[uss]` there are also the routes under `/uss/v1` that other services call. They are not of
/// this interface and in no description of it: no credential of `[access]` opens them, but tokens
/// of the federation do, each with its scopes. `deconflict-uss` brings them with a gate of their own,
/// and its tests hold every scope against every route; `tests/uss` holds that keys of people open none.
fn routes() -> Vec<Route> {
    use Method as M;
    let get = |path, ask, says| Route { method: M::GET, path, ask, body: None, says, open: false };
    let with = |method, path, ask, body: Value, says| Route {
        method,
        path,
        ask,
        body: Some(body),
        says,
        open: false,
    };
    let all = |status| [status; 4];
    let text = || json!({ "text": "x" });
    let circle = || {
        json!({ "kind": "orbit", "shape": "circle", "points": [{ "lat": 1, "lon": 2 }],
            "radius_m": 1000 })
    };
    vec![
        get("/v1/tracks", "", all(200)),
        get("/v1/tracks/{id}", "/v1/tracks/4711", all(404)),
        get("/v1/tracks/{id}/trail", "/v1/tracks/4711/trail", all(404)),
        get("/v1/tracks/{id}/trajectory", "/v1/tracks/4711/trajectory", all(404)),
        get("/v1/conflicts", "", all(200)),
        get("/v1/alerts", "/v1/alerts?state=all", all(200)),
        get("/v1/alerts/{id}", "/v1/alerts/run-1", all(404)),
        get("/v1/alerts/{id}/encounter", "/v1/alerts/run-1/encounter", all(404)),
        get("/v1/warnings", "/v1/warnings?state=all", all(200)),
        get("/v1/warnings/{id}", "/v1/warnings/run-w1", all(404)),
        get("/v1/feeds", "", all(200)),
        get("/v1/rules", "", all(200)),
        get("/v1/volumes", "", all(200)),
        get("/v1/layers", "", all(200)),
        get("/v1/layers/{name}", "/v1/layers/none", all(404)),
        get("/v1/timeline", "", all(200)),
        get("/v1/me", "", all(200)),
        get("/v1/stream", "", all(200)),
        get("/v1/ws", "", all(101)),
        get("/v1/messages", "", [403, 200, 200, 200]),
        get("/v1/messages/key", "", [403, 200, 200, 200]),
        get("/v1/messages/{id}/proof", "/v1/messages/4711/proof", [403, 404, 404, 404]),
        get("/v1/reservations", "", all(200)),
        get("/v1/reservations/{id}", "/v1/reservations/4711", all(404)),
        get("/v1/reservations/{id}/history", "/v1/reservations/4711/history", all(404)),
        get("/v1/outputs", "", [200, 200, 403, 200]),
        get("/metrics", "", [200, 200, 403, 200]),
        get("/v1/keys", "", [403, 403, 403, 200]),
        get("/v1/audit", "", [403, 403, 403, 200]),
        get("/v1/changes", "", [403, 403, 403, 200]),
        with(
            M::POST,
            "/v1/alerts/{id}/acknowledge",
            "/v1/alerts/run-1/acknowledge",
            text(),
            [403, 404, 403, 404],
        ),
        with(
            M::POST,
            "/v1/alerts/{id}/comments",
            "/v1/alerts/run-1/comments",
            text(),
            [403, 404, 403, 404],
        ),
        with(
            M::POST,
            "/v1/warnings/{id}/acknowledge",
            "/v1/warnings/run-w1/acknowledge",
            text(),
            [403, 404, 403, 404],
        ),
        with(
            M::POST,
            "/v1/warnings/{id}/comments",
            "/v1/warnings/run-w1/comments",
            text(),
            [403, 404, 403, 404],
        ),
        with(
            M::POST,
            "/v1/feeds/{name}/reports",
            "/v1/feeds/link/reports",
            json!({ "reports": [] }),
            [403, 403, 200, 200],
        ),
        with(M::POST, "/v1/reservations", "", circle(), [403, 201, 201, 201]),
        with(
            M::PUT,
            "/v1/reservations/{id}",
            "/v1/reservations/4711",
            circle(),
            [403, 404, 404, 404],
        ),
        with(
            M::POST,
            "/v1/reservations/{id}/status",
            "/v1/reservations/4711/status",
            json!({ "action": "plan", "version": 1 }),
            [403, 404, 404, 404],
        ),
        with(M::POST, "/v1/reservations/check", "", circle(), [403, 200, 200, 200]),
        with(M::POST, "/v1/reservations/import", "", json!("[]"), [403, 200, 200, 200]),
        with(M::POST, "/v1/messages", "", text(), [403, 201, 201, 201]),
        with(
            M::POST,
            "/v1/keys",
            "",
            json!({ "name": "x", "role": "viewer" }),
            [403, 403, 403, 201],
        ),
        with(M::DELETE, "/v1/keys/{id}", "/v1/keys/none", Value::Null, [403, 403, 403, 404]),
        // Rules that do not hold: whoever gets as far as that might have changed them.
        with(M::PUT, "/v1/rules", "", json!("no rules"), [403, 403, 403, 400]),
        Route { open: true, ..get("/healthz", "", all(200)) },
        Route { open: true, ..get("/readyz", "", all(200)) },
        // The body is the credential: see `logging_in_asks_for_the_same`.
        Route {
            open: true,
            ..with(M::POST, "/v1/session", "", json!({ "key": "dk_none" }), all(401))
        },
        Route { open: true, ..with(M::DELETE, "/v1/session", "", Value::Null, all(204)) },
    ]
}

const ROLES: [(&str, Role, Option<&str>); 4] = [
    ("viewer", Role::Viewer, None),
    ("controller", Role::Controller, None),
    ("party", Role::Party, Some("BLUE")),
    ("admin", Role::Admin, None),
];

/// What somebody shows, and what comes of it.
enum Known {
    /// The place of the role in [`ROLES`].
    As(usize),
    /// Nobody: this status.
    Not(u16),
}

struct Shows {
    what: String,
    client: Client,
    known: Known,
}

/// A service with a key for each role; the client of each, in their order.
async fn service() -> (common::Running, Vec<(String, Client)>) {
    let dir = TempDir::new().unwrap();
    std::fs::write(dir.path().join("issuer.pem"), format!("{RSA_A_PUBLIC}{ED_PUBLIC}")).unwrap();
    let mut text = "[[feed]]\nname = \"link\"\nkind = \"push\"\nowner = \"BLUE\"\n\
        [access.limits]\nrequests_per_s = 1e6\nburst = 1000000\nfailures_per_min = 1000000\n"
        .to_owned();
    text += common::tokens::CONFIG;
    let mut keys = Vec::new();
    for (name, role, party) in ROLES {
        let (lines, key) = key(name, role, party);
        text += &lines;
        keys.push(key);
    }
    let running = start_in(&text, dir).await;
    let bare = running.client();
    let clients = keys.into_iter().map(|key| (key.clone(), bare.bearer(&key))).collect();
    (running, clients)
}

/// The cookie that logging in gives, as a browser sends it back.
async fn cookie(client: &Client, credential: &str) -> String {
    let answer = client.post("/v1/session", json!({ "key": credential })).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

/// A key that an administrator has made: its id and itself.
async fn made(admin: &Client) -> (String, String) {
    let made = admin.post("/v1/keys", json!({ "name": "made", "role": "admin" })).await;
    assert_eq!(made.status, 201, "{made:?}");
    let text = |name: &str| made.json()[name].as_str().unwrap().to_owned();
    (text("id"), text("key"))
}

/// Everything that can be shown.
async fn everything(bare: &Client, keys: &[(String, Client)]) -> Vec<Shows> {
    let mut all = Vec::new();
    let mut show = |what: &str, client: Client, known| {
        all.push(Shows { what: what.to_owned(), client, known });
    };
    show("nothing", bare.clone(), Known::Not(401));
    for (place, (name, _, party)) in ROLES.into_iter().enumerate() {
        let (key, client) = &keys[place];
        let of = |claims: &Value, signed| bare.bearer(&token(claims, &signed));
        let good = claims(name, party);
        show(&format!("key of {name}"), client.clone(), Known::As(place));
        show(&format!("RS256 of {name}"), of(&good, Signed::Rs256(RSA_A)), Known::As(place));
        show(&format!("EdDSA of {name}"), of(&good, Signed::EdDsa(ED)), Known::As(place));
        let session = bare.with("cookie", cookie(bare, key).await);
        show(&format!("session of {name}"), session, Known::As(place));
        // Each of these would be let in but for one thing.
        let bad = [
            ("expired", with(good.clone(), "exp", json!(1_700_000_000))),
            ("far ahead", with(good.clone(), "exp", json!(4_000_000_000_u64))),
            ("without exp", with(good.clone(), "exp", Value::Null)),
            ("not yet", with(good.clone(), "nbf", json!(4_000_000_000_u64))),
            ("of another audience", with(good.clone(), "aud", json!("elsewhere"))),
            ("without audience", with(good.clone(), "aud", Value::Null)),
            ("of another issuer", with(good.clone(), "iss", json!("https://evil.test"))),
        ];
        for (what, claims) in bad {
            let client = of(&claims, Signed::Rs256(RSA_A));
            show(&format!("token of {name}, {what}"), client, Known::Not(401));
        }
        show(&format!("wrong key, {name}"), of(&good, Signed::Rs256(RSA_B)), Known::Not(401));
        show(&format!("alg none, {name}"), of(&good, Signed::None), Known::Not(401));
        let confused = of(&good, Signed::Hs256(RSA_A_PUBLIC));
        show(&format!("HS256 with the public key, {name}"), confused, Known::Not(401));
    }
    let good = claims("admin", None);
    for (what, claims) in [
        ("token without a role", with(good.clone(), "role", Value::Null)),
        ("token of a party without a name", claims("party", None)),
    ] {
        let client = bare.bearer(&token(&claims, &Signed::Rs256(RSA_A)));
        show(what, client, Known::Not(403));
    }
    let tampered = {
        let token = token(&claims("viewer", None), &Signed::Rs256(RSA_A));
        let other = token_claims(&good);
        let parts: Vec<&str> = token.split('.').collect();
        format!("{}.{other}.{}", parts[0], parts[2])
    };
    show("token with other claims", bare.bearer(&tampered), Known::Not(401));
    let (_, unknown) = key("unknown", Role::Admin, None);
    show("unknown key", bare.bearer(&unknown), Known::Not(401));
    let admin = &keys[3];
    let (revoked_id, revoked) = made(&admin.1).await;
    let of_revoked = bare.with("cookie", cookie(bare, &revoked).await);
    assert_eq!(admin.1.delete(&format!("/v1/keys/{revoked_id}")).await.status, 204);
    show("revoked key", bare.bearer(&revoked), Known::Not(401));
    show("session of a revoked key", of_revoked, Known::Not(401));
    let ended = bare.with("cookie", cookie(bare, &admin.0).await);
    assert_eq!(ended.get("/v1/me").await.status, 200);
    assert_eq!(ended.delete("/v1/session").await.status, 204);
    show("ended session", ended, Known::Not(401));
    let foreign = bare.with("cookie", cookie(bare, &admin.0).await);
    let foreign = foreign.with("origin", "https://evil.test");
    show("session from a page of another site", foreign, Known::Not(403));
    let both = admin.1.with("authorization", "Bearer x");
    show("a key and something else", both, Known::Not(401));
    let (id, secret) = admin.0[3..].split_once('_').unwrap();
    for (what, header) in [
        ("no scheme", admin.0.clone()),
        ("another scheme", format!("Basic {}", admin.0)),
        ("no credential", "Bearer ".to_owned()),
        ("half a key", format!("Bearer dk_{id}")),
        ("a key without its id", format!("Bearer dk_{secret}")),
        ("a key with another id", format!("Bearer dk_000000000000_{secret}")),
        ("a key in capitals", format!("Bearer {}", admin.0.to_uppercase())),
        ("rubbish", "Bearer a.b.c".to_owned()),
        ("a long one", format!("Bearer {}", "x".repeat(9000))),
    ] {
        show(what, bare.with("authorization", header), Known::Not(401));
    }
    all
}

fn token_claims(claims: &Value) -> String {
    token(claims, &Signed::None).split('.').nth(1).unwrap().to_owned()
}

async fn ask(client: &Client, route: &Route) -> Answer {
    let ask = if route.ask.is_empty() { route.path } else { route.ask };
    let mut request = client.request(route.method.clone(), ask);
    match &route.body {
        Some(Value::String(text)) => request = request.body(text.clone()),
        Some(Value::Null) | None => {}
        Some(body) => request = request.json(body),
    }
    if route.path == "/v1/ws" {
        for (name, value) in [
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            ("sec-websocket-version", "13"),
            ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
        ] {
            request = request.header(name, value);
        }
    }
    let answer = soon(ask, request.send()).await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    // A stream has no end.
    if matches!(route.path, "/v1/stream" | "/v1/ws") && status < 300 {
        return Answer { status, headers, text: String::new() };
    }
    read(answer).await
}

/// SRV-1: what every answer carries.
fn check_headers(what: &str, answer: &Answer) {
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(answer.header("x-frame-options"), "DENY", "{what}");
    assert_eq!(answer.header("referrer-policy"), "no-referrer", "{what}");
    assert!(answer.header("content-security-policy").contains("default-src 'none'"), "{what}");
}

/// SRV-1: a refusal says why and nothing else.
fn check_problem(what: &str, answer: &Answer) {
    assert_eq!(answer.header("content-type"), "application/problem+json", "{what}: {answer:?}");
    let Value::Object(body) = answer.json() else { panic!("{what}: {answer:?}") };
    let keys: Vec<&str> = body.keys().map(String::as_str).collect();
    assert_eq!(keys, ["detail", "status", "title", "type"], "{what}: {answer:?}");
    assert_eq!(body["status"], answer.status, "{what}");
}

fn check_refusal(what: &str, answer: &Answer) {
    check_problem(what, answer);
    let detail = answer.json()["detail"].as_str().unwrap().to_owned();
    // Neither what was asked for, nor what was shown, nor anything that is here.
    for word in ["4711", "run-1", "link", "BLUE", "eyJ", "admin", "controller", "viewer"] {
        assert!(!detail.contains(word), "{what}: {detail}");
    }
    assert!(detail.len() < 120, "{what}: {detail}");
    let challenge = answer.header("www-authenticate");
    assert_eq!(challenge.starts_with("Bearer"), answer.status == 401, "{what}: {challenge}");
}

/// ACC-1, SRV-1: every route, every credential, the exact status.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_against_every_credential() {
    let (running, keys) = service().await;
    let bare = running.client();
    let routes = routes();

    let described = bare.get("/v1/openapi.json").await.json();
    let methods = |(path, item): (&String, &Value)| -> Vec<String> {
        let methods = item.as_object().unwrap().keys().filter(|key| *key != "parameters");
        methods.map(|method| format!("{} {path}", method.to_uppercase())).collect()
    };
    let described = described["paths"].as_object().unwrap().iter().flat_map(methods);
    let described: BTreeSet<String> = described.collect();
    let expected = routes.iter().map(|route| format!("{} {}", route.method, route.path));
    let expected: BTreeSet<String> = expected.collect();
    assert_eq!(described, expected, "each route needs one line in `routes`");

    let all = everything(&bare, &keys).await;
    assert!(all.len() > 60);
    for route in &routes {
        for Shows { what, client, known } in &all {
            let what = format!("{} {} with {what}", route.method, route.path);
            let answer = ask(client, route).await;
            let expected = match known {
                // Logging in and out from a page of another site does nothing.
                Known::Not(403) if route.open && what.contains("another site") => {
                    if route.method == Method::POST { 403 } else { route.says[0] }
                }
                _ if route.open => route.says[0],
                Known::As(place) => route.says[*place],
                Known::Not(status) => *status,
            };
            assert_eq!(answer.status, expected, "{what}: {answer:?}");
            check_headers(&what, &answer);
            if matches!(expected, 401 | 403) {
                check_refusal(&what, &answer);
            } else if expected >= 400 {
                check_problem(&what, &answer);
            }
        }
    }
    running.stop().await;
}

/// ACC-1: logging in needs the same as asking, and gives no more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn logging_in_asks_for_the_same() {
    let (running, keys) = service().await;
    let bare = running.client();
    let log_in = async |credential: &str| {
        let answer = bare.post("/v1/session", json!({ "key": credential })).await;
        check_headers("log-in", &answer);
        if answer.status != 200 {
            assert_eq!(answer.header("set-cookie"), "");
            check_refusal("log-in", &answer);
        }
        answer
    };
    for (place, (name, _, party)) in ROLES.into_iter().enumerate() {
        let token = token(&claims(name, party), &Signed::EdDsa(ED));
        for credential in [&keys[place].0, &token] {
            let answer = log_in(credential).await;
            assert_eq!((answer.status, &answer.json()["role"]), (200, &json!(name)));
            let set = answer.header("set-cookie");
            assert!(set.contains("; HttpOnly") && set.contains("; SameSite=Strict"), "{set}");
            assert!(!set.contains("Secure"), "over plain HTTP a browser would drop it: {set}");
            assert!(!set.contains(credential.as_str()), "the cookie is not the credential");
            let client = bare.with("cookie", set.split(';').next().unwrap());
            let me = client.get("/v1/me").await.json();
            assert_eq!((&me["role"], &me["party"]), (&json!(name), &json!(party)));
        }
    }
    let good = claims("admin", None);
    let bad = [
        ("", 401),
        ("dk_x", 401),
        (&token(&with(good.clone(), "exp", json!(1_700_000_000)), &Signed::Rs256(RSA_A)), 401),
        (&token(&with(good.clone(), "aud", json!("x")), &Signed::Rs256(RSA_A)), 401),
        (&token(&good, &Signed::Rs256(RSA_B)), 401),
        (&token(&good, &Signed::None), 401),
        (&token(&good, &Signed::Hs256(RSA_A_PUBLIC)), 401),
        (&token(&with(good, "role", Value::Null), &Signed::Rs256(RSA_A)), 403),
    ];
    for (credential, status) in bad {
        assert_eq!(log_in(credential).await.status, status, "{credential}");
    }
    running.stop().await;
}

/// SRV-1: what leads nowhere, and what is no request, is told in the same form.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_wrong_is_told_as_a_problem() {
    let (running, keys) = service().await;
    let (bare, admin) = (running.client(), &keys[3].1);
    for path in ["/v1", "/v1/", "/v1/none", "/v1/tracks/1/none", "/v1/openapi.json/x", "/v1//me"] {
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE] {
            for client in [&bare, admin] {
                let answer = client.send(method.clone(), path, None).await;
                let what = format!("{method} {path}");
                assert_eq!(answer.status, 404, "{what}: {answer:?}");
                check_headers(&what, &answer);
                check_problem(&what, &answer);
            }
        }
    }
    let send = async |method: Method, path: &str, kind: &str, body: &str| {
        let request = admin.request(method, path).header("content-type", kind);
        let answer = read(request.body(body.to_owned()).send().await.unwrap()).await;
        check_headers(path, &answer);
        check_problem(path, &answer);
        answer.status
    };
    let (json, post) = ("application/json", Method::POST);
    assert_eq!(send(Method::PUT, "/v1/tracks", json, "").await, 405);
    assert_eq!(send(Method::PATCH, "/v1/keys", json, "").await, 405);
    assert_eq!(send(Method::GET, "/v1/tracks/abc", json, "").await, 400);
    assert_eq!(send(Method::GET, "/v1/tracks?bbox=1", json, "").await, 400);
    assert_eq!(send(Method::GET, "/v1/tracks?nonsense=1", json, "").await, 400);
    assert_eq!(send(Method::GET, "/v1/ws", json, "").await, 400);
    assert_eq!(send(Method::GET, "/v1/stream?last=x", json, "").await, 400);
    assert_eq!(send(post.clone(), "/v1/keys", json, "{").await, 400);
    assert_eq!(send(post.clone(), "/v1/keys", json, "{\"name\":1}").await, 422);
    assert_eq!(send(post.clone(), "/v1/keys", "text/plain", "{}").await, 415);
    assert_eq!(send(post, "/v1/session", "text/plain", "{\"key\":\"x\"}").await, 415);
    assert_eq!(bare.get("/nothing").await.status, 404);
    running.stop().await;
}

/// ACC-2: without `[access]` nobody but this machine is served, and no page of another site.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_access_only_this_machine_is_served() {
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:80"] {
        let dir = TempDir::new().unwrap();
        let mut config = config_in("", dir.path());
        config.http.listen = listen.parse().unwrap();
        let refused = match try_start(config, dir.path()).await {
            Ok(_) => panic!("{listen} without access was served"),
            Err(refused) => refused.to_string(),
        };
        let says = ["http.listen", listen, "is refused", "deconflict key new"];
        assert!(says.iter().all(|word| refused.contains(word)), "{refused}");
    }
    let running = common::start("").await;
    let bare = running.client();
    assert_eq!(bare.get("/v1/me").await.json()["role"], "admin");
    for foreign in [
        bare.with("host", "evil.test"),
        bare.with("origin", "https://evil.test"),
        bare.with("origin", "null"),
    ] {
        for (method, path) in [(Method::GET, "/v1/tracks"), (Method::PUT, "/v1/rules")] {
            let answer = foreign.send(method, path, None).await;
            assert_eq!(answer.status, 403);
            check_refusal(path, &answer);
        }
        assert_eq!(foreign.socket("/v1/ws").await.err(), Some(403));
    }
    running.stop().await;
    // With a table that lets nobody in yet, listening elsewhere is allowed, and nobody comes in.
    let dir = TempDir::new().unwrap();
    let mut config = config_in("[access]\n", dir.path());
    config.http.listen = "0.0.0.0:0".parse().unwrap();
    let service = try_start(config, dir.path()).await.unwrap();
    let bare = Client::new(&format!("http://127.0.0.1:{}", service.address().port()));
    assert_eq!(bare.get("/v1/me").await.status, 401);
    service.stop().await;
}

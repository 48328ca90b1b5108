//! Reservations over the interface: their life, who is in whose way, and who sees what of them.

mod common;

use common::client::{Answer, Client};
use common::{eventually, key, start, start_in};
use deconflict_access::Role;
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tempfile::TempDir;

/// A circle on its own level; `fields` come on top.
fn draft(lat: f64, fields: Value) -> Value {
    let mut draft = json!({
        "kind": "orbit", "shape": "circle", "points": [{ "lat": lat, "lon": 40.0 }],
        "radius_m": 20_000, "lower": "FL100", "upper": "FL200",
        "start": "2090-03-01T10:00:00Z", "end": "2090-03-01T12:00:00Z",
    });
    let (Value::Object(all), Value::Object(fields)) = (&mut draft, fields) else { panic!() };
    all.extend(fields);
    draft
}

/// A service, and a client for each of `tower`, `viewer` and the parties.
struct Field {
    running: common::Running,
    keys: BTreeMap<String, String>,
    text: String,
}

impl Field {
    async fn new(config: &str, parties: &[&str]) -> Field {
        let mut text =
            format!("{config}\n[access.limits]\nrequests_per_s = 1e6\nburst = 1000000\n");
        let mut keys = BTreeMap::new();
        let mut add = |name: &str, role, party| {
            let (lines, key) = key(name, role, party);
            text += &lines;
            keys.insert(name.to_owned(), key);
        };
        add("admin", Role::Admin, None);
        add("tower", Role::Controller, None);
        add("viewer", Role::Viewer, None);
        for party in parties {
            add(party, Role::Party, Some(party));
        }
        Field { running: start(&text).await, keys, text }
    }

    fn client(&self, name: &str) -> Client {
        self.running.client().bearer(&self.keys[name])
    }

    /// The same after a restart.
    async fn again(self) -> Field {
        let dir = self.running.stop().await;
        let running = start_in(&self.text, dir).await;
        Field { running, keys: self.keys, text: self.text }
    }
}

async fn make(client: &Client, draft: Value) -> Value {
    let made = client.post("/v1/reservations", draft).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.json()
}

async fn act(client: &Client, view: &Value, action: &str) -> Answer {
    let path = format!("/v1/reservations/{}/status", view["id"].as_str().unwrap());
    client.post(&path, json!({ "action": action, "version": view["version"] })).await
}

async fn planned(client: &Client, draft: Value) -> Value {
    let made = make(client, draft).await;
    let answer = act(client, &made, "plan").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

async fn ids(client: &Client) -> Vec<String> {
    let listed = client.get("/v1/reservations").await.json();
    let listed = listed["reservations"].as_array().unwrap().iter();
    listed.map(|view| view["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reservation_from_draft_to_its_end() {
    let field = Field::new("", &["ACME", "BLUE"]).await;
    let (acme, blue, viewer) = (field.client("ACME"), field.client("BLUE"), field.client("viewer"));
    let mut stream = acme.events("/v1/stream").await;
    stream.until("a snapshot", |event| event.kind == "snapshot").await;
    let made = make(&acme, draft(34.0, json!({ "id": "SURVEY-7", "purpose": "survey" }))).await;
    assert_eq!((&made["status"], &made["version"]), (&json!("draft"), &json!(1)));
    assert_eq!((&made["name"], &made["party"]), (&json!("SURVEY-7"), &json!("ACME")));
    assert_eq!((&made["mine"], &made["disclosed"]), (&json!(true), &json!("full")));
    assert_eq!(made["may"], json!(["edit", "plan", "cancel"]));
    assert_eq!(made["band"]["lower"], "FL100");
    assert!((made["band"]["upper_m"].as_f64().unwrap() - 6096.0).abs() < 0.01);
    assert_eq!(made["windows"], json!([["2090-03-01T10:00:00Z", "2090-03-01T12:00:00Z"]]));
    assert_eq!(made["outline"]["type"], "MultiPolygon");
    assert!(made["outline"]["coordinates"][0][0].as_array().unwrap().len() > 40);
    let told = stream.until("the change", |event| event.kind == "reservations").await;
    let listed = acme.get("/v1/reservations").await.json();
    assert_eq!(told.json["version"], listed["version"]);
    // A draft is nobody else's.
    assert!(ids(&blue).await.is_empty());
    let id = made["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/reservations/{id}");
    assert_eq!(blue.get(&path).await.status, 404);
    assert_eq!(viewer.get(&path).await.json()["may"], json!([]));

    let answer = act(&acme, &made, "plan").await;
    let filed = answer.json();
    assert_eq!((&filed["status"], &filed["version"]), (&json!("planned"), &json!(2)), "{filed}");
    // By default parties see each other in full, and have no hand in it.
    assert_eq!(blue.get(&path).await.json()["may"], json!([]));
    assert_eq!(act(&blue, &filed, "cancel").await.status, 403);
    // The version before is a state that is no more.
    let late = act(&acme, &made, "cancel").await;
    assert_eq!((late.status, &late.json()["current"]["version"]), (409, &json!(2)), "{late:?}");
    let mut changed = draft(34.0, json!({ "version": 1, "name": "B" }));
    let late = acme.send(Method::PUT, &path, Some(changed.clone())).await;
    assert_eq!((late.status, &late.json()["current"]["status"]), (409, &json!("planned")));
    changed["version"] = json!(2);
    let edited = acme.send(Method::PUT, &path, Some(changed)).await;
    assert_eq!(edited.status, 200, "{edited:?}");
    let edited = edited.json();
    assert_eq!((&edited["status"], &edited["name"]), (&json!("planned"), &json!("B")));

    let active = act(&acme, &edited, "activate").await.json();
    assert_eq!(active["may"], json!(["edit", "release"]));
    let volumes = blue.get("/v1/volumes").await.json();
    let volume = &volumes["features"][0]["properties"];
    assert_eq!((&volume["kind"], &volume["name"]), (&json!("reservation"), &json!("B")));
    assert_eq!(act(&acme, &active, "cancel").await.status, 409);
    // After a restart it is all there.
    let field = field.again().await;
    let (acme, tower) = (field.client("ACME"), field.client("tower"));
    assert_eq!(acme.get(&path).await.json()["status"], "active");
    let released = act(&tower, &active, "release").await.json();
    assert_eq!((&released["status"], &released["may"]), (&json!("released"), &json!([])));
    assert_eq!(act(&acme, &released, "activate").await.status, 409);
    let at = acme.get("/v1/reservations?at=2090-03-01T11:00:00Z").await.json();
    assert_eq!(at["reservations"], json!([]));
    // STO-4: who reserved what, when.
    let history = acme.get(&format!("{path}/history")).await.json();
    let told: Vec<(&str, &str, &str)> = history
        .as_array()
        .unwrap()
        .iter()
        .map(|s| {
            let text = |name: &str| s[name].as_str().unwrap();
            (text("by"), text("action"), text("to"))
        })
        .collect();
    assert_eq!(
        told,
        [
            ("ACME", "draft", "draft"),
            ("ACME", "plan", "planned"),
            ("ACME", "edit", "planned"),
            ("ACME", "activate", "active"),
            ("tower", "release", "released"),
        ]
    );
    assert_eq!(history[1]["reservation"]["name"], "SURVEY-7");
    assert_eq!(field.client("BLUE").get(&format!("{path}/history")).await.status, 403);
    let admin = field.client("admin");
    eventually("the audit record", async || {
        let audit = admin.get("/v1/audit").await.text;
        let actions = ["reservation draft", "reservation plan", "reservation release"];
        actions.iter().all(|action| audit.contains(action)).then_some(())
    })
    .await;
    field.running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_the_way_is_told_with_what_is_free() {
    let field = Field::new("", &["ACME", "BLUE", "AID"]).await;
    let (acme, blue, aid) = (field.client("ACME"), field.client("BLUE"), field.client("AID"));
    let first = planned(&acme, draft(34.0, json!({ "name": "FIRST" }))).await;
    let second = make(&blue, draft(34.1, json!({}))).await;
    let answer = act(&blue, &second, "plan").await;
    assert_eq!(answer.status, 409, "{answer:?}");
    let report = &answer.json()["report"];
    assert_eq!((&report["free"], &report["verdict"]), (&json!(false), &json!("conflict")));
    let conflict = &report["conflicts"][0];
    assert_eq!(conflict["with"]["id"], first["id"]);
    assert_eq!(conflict["with"]["name"], "FIRST");
    assert_eq!(conflict["ruling"], "needs agreement");
    assert_eq!(conflict["start"], "2090-03-01T10:00:00Z");
    assert!((conflict["at"]["lat"].as_f64().unwrap() - 34.0).abs() < 0.4);
    // The same without storing anything, and its own earlier version is not in its way.
    let check = blue.post("/v1/reservations/check", draft(34.1, json!({}))).await.json();
    assert_eq!(check["conflicts"][0]["with"], report["conflicts"][0]["with"]);
    let own = draft(34.1, json!({ "id": first["id"] }));
    assert_eq!(acme.post("/v1/reservations/check", own.clone()).await.json()["free"], true);
    // Another's is not out of the way by being named.
    assert_eq!(blue.post("/v1/reservations/check", own).await.json()["free"], false);
    // What is proposed is free, and can be filed as it is.
    let alternatives = report["alternatives"].as_array().unwrap();
    assert!(!alternatives.is_empty());
    for alternative in alternatives {
        let free = blue.post("/v1/reservations/check", alternative["draft"].clone()).await.json();
        assert_eq!(free["free"], true, "{alternative}");
    }
    let mut other = alternatives[0]["draft"].clone();
    other["version"] = second["version"].clone();
    let path = format!("/v1/reservations/{}", second["id"].as_str().unwrap());
    let moved = blue.send(Method::PUT, &path, Some(other.clone())).await;
    assert_eq!(moved.status, 200, "{moved:?}");
    let moved = act(&blue, &moved.json(), "plan").await.json();
    // What binds cannot be edited into another's way either.
    let back = draft(34.1, json!({ "version": moved["version"] }));
    let back = blue.send(Method::PUT, &path, Some(back)).await;
    assert_eq!(back.status, 409, "{back:?}");
    assert_eq!(back.json()["report"]["free"], false);
    // A humanitarian flight has priority: the others are told to give way.
    let relief = make(&aid, draft(34.0, json!({ "kind": "humanitarian" }))).await;
    assert_eq!(act(&aid, &relief, "plan").await.status, 200);
    let check =
        acme.post("/v1/reservations/check", draft(34.0, json!({ "id": first["id"] }))).await;
    assert_eq!(check.json()["verdict"], "conflict");
    assert_eq!(act(&acme, &first, "activate").await.status, 409);
    field.running.stop().await;
}

/// RSV-8: of plans that exclude each other one is filed, however many come at once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_that_exclude_each_other_one_is_filed() {
    let names = ["P0", "P1", "P2", "P3", "P4", "P5", "P6", "P7"];
    let field = Field::new("", &names).await;
    for round in 0..3 {
        let lat = f64::from(round);
        let mut asked = Vec::new();
        for name in names {
            let client = field.client(name);
            let made = make(&client, draft(lat, json!({}))).await;
            asked.push(tokio::spawn(async move { act(&client, &made, "plan").await.status }));
        }
        let mut statuses = Vec::new();
        for one in asked {
            statuses.push(one.await.unwrap());
        }
        let filed = statuses.iter().filter(|status| **status == 200).count();
        assert_eq!(filed, 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| matches!(status, 200 | 409)), "{statuses:?}");
    }
    field.running.stop().await;
}

/// VIS-2: of a reservation a party sees what its owner's policy releases, in every form.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_see_what_policy_releases() {
    let config = "[visibility]\nothers = \"nothing\"\n\
        [[visibility.release]]\nof = \"OPEN\"\nsee = \"full\"\n\
        [[visibility.release]]\nof = \"SHADE\"\nsee = \"position\"\n\
        [[visibility.release]]\nof = \"NEAR\"\nsee = \"in-conflict\"\n\
        [[visibility.release]]\nof = \"HIDE\"\nsee = \"nothing\"\n";
    let field = Field::new(config, &["BLUE", "OPEN", "SHADE", "NEAR", "HIDE"]).await;
    let blue = field.client("BLUE");
    let mut stream = blue.events("/v1/stream").await;
    stream.until("a snapshot", |event| event.kind == "snapshot").await;
    let (mut by, mut lat) = (BTreeMap::new(), 10.0);
    for owner in ["OPEN", "SHADE", "NEAR", "HIDE"] {
        let fields = json!({
            "name": format!("NAME-{owner}"), "purpose": format!("purpose of {owner}"),
            "priority": 7, "accuracy_horizontal_m": 123.0, "accuracy_vertical_m": 45.0,
            "agreed_with": ["OTHERS"], "kind": "segregated",
        });
        by.insert(owner, planned(&field.client(owner), draft(lat, fields)).await);
        lat += 10.0;
    }
    let id = |owner: &str| by[owner]["id"].as_str().unwrap().to_owned();
    // OPEN in full, SHADE as something that exists; NEAR and HIDE not at all.
    let listed = blue.get("/v1/reservations").await.json();
    let mut seen = ids(&blue).await;
    seen.sort();
    let mut expected = vec![id("OPEN"), id("SHADE")];
    expected.sort();
    assert_eq!(seen, expected);
    let shade = blue.get(&format!("/v1/reservations/{}", id("SHADE"))).await.json();
    let keys: Vec<&str> = shade.as_object().unwrap().keys().map(String::as_str).collect();
    let mut keys = keys;
    keys.sort_unstable();
    assert_eq!(keys, ["band", "disclosed", "id", "kind", "may", "mine", "outline", "windows"]);
    assert_eq!(shade["disclosed"], "exists");
    // One message for each change that may be seen: three of OPEN (draft not: 1), one of SHADE.
    let version = listed["version"].as_u64().unwrap();
    make(&field.client("HIDE"), draft(70.0, json!({}))).await;
    planned(&field.client("NEAR"), draft(-70.0, json!({}))).await;
    make(&field.client("SHADE"), draft(60.0, json!({}))).await;
    assert_eq!(blue.get("/v1/reservations").await.json()["version"], version);

    // In the way they are all told of, as far as each may be known.
    let wide = json!({
        "kind": "operation", "shape": "corridor", "half_width_m": 20_000,
        "points": [{ "lat": 5.0, "lon": 40.0 }, { "lat": 45.0, "lon": 40.0 }],
        "lower": "FL150", "upper": "FL160",
        "start": "2090-03-01T10:00:00Z", "end": "2090-03-01T12:00:00Z",
    });
    let report = blue.post("/v1/reservations/check", wide.clone()).await;
    let conflicts = report.json()["conflicts"].as_array().unwrap().clone();
    assert_eq!(conflicts.len(), 4, "{report:?}");
    for conflict in &conflicts {
        assert!(conflict["at"]["lat"].is_f64() && conflict["start"].is_string(), "{conflict}");
        let full = conflict["with"]["party"] == "OPEN";
        let known = full || conflict["with"]["id"] == json!(id("SHADE"));
        assert_eq!(conflict["with"]["kind"].is_string(), known, "{conflict}");
        assert_eq!(conflict["with"]["name"].is_string(), full, "{conflict}");
        assert_eq!(conflict["sure"] == "not told", !full, "{conflict}");
    }
    // NEAR is seen where BLUE has something itself: not for a draft, but once that is filed.
    let near = json!({ "kind": "operation" });
    let own = make(&blue, draft(30.0, near)).await;
    assert!(!ids(&blue).await.contains(&id("NEAR")));
    let refused = act(&blue, &own, "plan").await;
    assert_eq!(refused.status, 409);
    let relief = planned(&blue, draft(30.0, json!({ "kind": "humanitarian" }))).await;
    assert!(ids(&blue).await.contains(&id("NEAR")));
    let seen_near = blue.get(&format!("/v1/reservations/{}", id("NEAR"))).await.json();
    assert_eq!(seen_near["disclosed"], "exists");

    let mut texts = vec![report.text, refused.text];
    for path in [
        "/v1/reservations",
        "/v1/reservations?at=2090-03-01T11:00:00Z",
        "/v1/reservations?format=geojson",
        "/v1/reservations?format=kml",
        "/v1/reservations?format=csv",
        "/v1/volumes",
    ] {
        texts.push(blue.get(path).await.text);
    }
    for owner in ["NEAR", "HIDE", "SHADE"] {
        let path = format!("/v1/reservations/{}", id(owner));
        texts.push(blue.get(&path).await.text.replace(&id(owner), "?"));
        texts.push(blue.get(&format!("{path}/history")).await.text.replace(&id(owner), "?"));
        texts.push(act(&blue, &by[owner], "cancel").await.text.replace(&id(owner), "?"));
    }
    // It is not told by an error either.
    let hidden = blue.get(&format!("/v1/reservations/{}", id("HIDE"))).await;
    let none = blue.get("/v1/reservations/R-NONE").await;
    let alike = |answer: &Answer, id: &str| (answer.status, answer.text.replace(id, "?"));
    assert_eq!(alike(&hidden, &id("HIDE")), alike(&none, "R-NONE"));
    assert_eq!(act(&blue, &relief, "cancel").await.status, 200);
    assert!(!ids(&blue).await.contains(&id("NEAR")));
    stream.until("the last change", |event| event.kind == "reservations").await;
    texts.push(stream.raw);
    for text in &texts {
        for owner in ["SHADE", "NEAR", "HIDE"] {
            for word in [format!("NAME-{owner}"), format!("purpose of {owner}"), owner.to_owned()] {
                assert!(!text.contains(&word), "{word} in {text}");
            }
        }
        assert!(!text.contains(&id("HIDE")), "{text}");
    }
    assert!(texts[2].contains("NAME-OPEN") && texts[5].contains("NAME-OPEN"));
    // Nothing but its kind stands beside the shape in what is sent to maps.
    assert!(!texts[4].contains(&id("SHADE")) || texts[4].contains("\"disclosed\":\"exists\""));
    field.running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn time_brings_them_into_use_and_ends_them() {
    let field = Field::new("", &["ACME", "AID"]).await;
    let (acme, aid) = (field.client("ACME"), field.client("AID"));
    let now = common::flights::now();
    let window = |from_s: f64, to_s: f64| json!({ "start": now.plus_s(from_s).to_string(), "end": now.plus_s(to_s).to_string() });
    let soon = planned(&acme, draft(34.0, window(-5.0, 6.0))).await;
    let later = planned(&acme, draft(35.0, window(3600.0, 7200.0))).await;
    // Whoever has to give way does not come into use by the clock, and that is put down.
    let held = planned(&acme, draft(36.0, window(4.0, 3600.0))).await;
    let mut relief = window(-5.0, 3600.0);
    relief["kind"] = json!("humanitarian");
    planned(&aid, draft(36.0, relief)).await;
    let status = async |view: &Value| {
        let path = format!("/v1/reservations/{}", view["id"].as_str().unwrap());
        acme.get(&path).await.json()["status"].as_str().unwrap().to_owned()
    };
    eventually("its end", async || (status(&soon).await == "released").then_some(())).await;
    assert_eq!(status(&later).await, "planned");
    let path = format!("/v1/reservations/{}/history", soon["id"].as_str().unwrap());
    let history = acme.get(&path).await.json();
    let last: Vec<(&Value, &Value)> =
        history.as_array().unwrap()[2..].iter().map(|step| (&step["by"], &step["to"])).collect();
    let service = json!("service");
    assert_eq!(last, [(&service, &json!("active")), (&service, &json!("released"))]);
    let admin = field.client("admin");
    eventually("the word about it", async || {
        let audit = admin.get("/v1/audit").await.text;
        audit.contains("it has to give way to another").then_some(())
    })
    .await;
    assert_eq!(status(&held).await, "planned");
    // What is over cannot be filed.
    let past = make(&acme, draft(37.0, window(-20.0, -10.0))).await;
    let refused = act(&acme, &past, "plan").await;
    assert_eq!(refused.status, 409);
    assert!(refused.json()["detail"].as_str().unwrap().contains("file a new one"), "{refused:?}");
    field.running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_go_in_and_out() {
    let field = Field::new("", &["ACME"]).await;
    let (acme, tower) = (field.client("ACME"), field.client("tower"));
    let import = async |client: &Client, query: &str, kind: &str, body: &str| {
        let path = format!("/v1/reservations/import{query}");
        let request = client.request(Method::POST, &path).header("content-type", kind.to_owned());
        common::client::read(request.body(body.to_owned()).send().await.unwrap()).await
    };
    let mut named = draft(34.0, json!({ "id": "A-1" }));
    named["status"] = json!("active");
    let wrong = draft(35.0, json!({ "id": "A-2", "radius_m": -5 }));
    let foreign = draft(36.0, json!({ "id": "A-3", "party": "OTHER" }));
    let body = json!([named, wrong, foreign, draft(37.0, json!({}))]).to_string();
    let made = import(&acme, "", "application/json", &body).await.json();
    assert_eq!(made["made"].as_array().unwrap().len(), 2, "{made}");
    assert_eq!(
        (&made["made"][0]["name"], &made["made"][0]["status"]),
        (&json!("A-1"), &json!("draft"))
    );
    let refused = made["refused"].as_array().unwrap();
    assert_eq!(refused[0]["place"], "reservation 2 (A-2)");
    assert!(refused[0]["says"].as_str().unwrap().contains("radius_m"), "{made}");
    assert!(refused[1]["says"].as_str().unwrap().contains("is not you"), "{made}");
    // What goes out comes in again, for those who may name the party.
    for format in ["json", "geojson", "kml", "csv"] {
        let out = acme.get(&format!("/v1/reservations?format={format}")).await;
        assert_eq!(out.status, 200);
        let kind = out.header("content-type").to_owned();
        // The list in JSON has more in it than a file.
        let text = match format {
            "json" => json!([draft(34.0, json!({ "id": "A", "party": "ACME" }))]).to_string(),
            _ => out.text,
        };
        let made = import(&tower, "", &kind, &text).await.json();
        assert!(!made["made"].as_array().unwrap().is_empty(), "{format}: {made}");
        assert_eq!(made["made"][0]["party"], "ACME", "{format}");
        assert_eq!(made["refused"], json!([]), "{format}");
    }
    let bad = import(&acme, "?format=kml", "text/plain", "<kml>").await.json();
    assert_eq!((&bad["made"], bad["refused"].as_array().unwrap().len()), (&json!([]), 1));
    assert_eq!(import(&acme, "?format=xls", "text/plain", "").await.status, 400);
    // One draft says by its field what is wrong.
    for (fields, says) in [
        (json!({ "kind": "party" }), "field `kind`"),
        (json!({ "status": "active" }), "field `status`"),
        (json!({ "party": "OTHER" }), "field `party`"),
        (json!({ "radius": 5 }), "did you mean `radius_m`"),
    ] {
        let refused = acme.post("/v1/reservations", draft(1.0, fields)).await;
        assert_eq!(refused.status, 400);
        assert!(refused.json()["detail"].as_str().unwrap().contains(says), "{refused:?}");
    }
    field.running.stop().await;
}

/// RSV-8: what is not stored is not shown, and nothing is called free while it is not known what
/// binds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_stored_is_not_shown() {
    let dir = TempDir::new().unwrap();
    let url = format!("sqlite:{}", dir.path().join("store.db").display());
    let running = start_in("", dir).await;
    let client = running.client();
    let first = make(&client, draft(34.0, json!({}))).await;
    let mut lock = {
        use sqlx::Connection;
        sqlx::any::install_default_drivers();
        sqlx::AnyConnection::connect(&url).await.unwrap()
    };
    sqlx::query("BEGIN IMMEDIATE").execute(&mut lock).await.unwrap();
    let answer = client.post("/v1/reservations", draft(35.0, json!({}))).await;
    assert_eq!(answer.status, 503, "{answer:?}");
    let answer = act(&client, &first, "plan").await;
    assert_eq!(answer.status, 503, "{answer:?}");
    assert_eq!(ids(&client).await.len(), 1);
    let path = format!("/v1/reservations/{}", first["id"].as_str().unwrap());
    assert_eq!(client.get(&path).await.json()["status"], "draft");
    sqlx::query("ROLLBACK").execute(&mut lock).await.unwrap();
    let filed = eventually("the store", async || {
        let answer = act(&client, &first, "plan").await;
        (answer.status == 200).then_some(answer.json())
    })
    .await;
    assert_eq!(filed["version"], 2);
    assert_eq!(ids(&client).await.len(), 1);
    running.stop().await;
}

/// The messages of the service about a reservation, once there are so many.
async fn told(client: &Client, count: usize) -> Vec<String> {
    eventually("messages", async || {
        let messages = client.get("/v1/messages").await.json();
        let messages = messages.as_array().unwrap();
        let texts = messages.iter().map(|m| m["text"].as_str().unwrap().to_owned());
        (messages.len() >= count).then(|| texts.collect())
    })
    .await
}

/// RSV-9: whoever has to give way is told, once, and no more than policy releases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_to_give_way_is_told() {
    let config = "[visibility]\nothers = \"nothing\"\n";
    let field = Field::new(config, &["ACME", "AID", "BLUE"]).await;
    let (acme, aid) = (field.client("ACME"), field.client("AID"));
    let own = planned(&acme, draft(34.0, json!({}))).await;
    planned(&field.client("BLUE"), draft(60.0, json!({}))).await;
    let mut stream = acme.events("/v1/stream").await;
    stream.until("a snapshot", |event| event.kind == "snapshot").await;
    let flight = json!({ "kind": "humanitarian", "name": "Bread", "purpose": "bread",
        "start": "2090-03-01T11:00:00Z" });
    let goes_first = planned(&aid, draft(34.1, flight)).await;
    let message = stream.until("a message", |event| event.kind == "message").await.json;
    let message = &message["message"];
    assert_eq!((&message["to"], &message["from"]), (&json!("ACME"), &Value::Null));
    assert_eq!(message["reservation"], own["id"]);
    let text = message["text"].as_str().unwrap();
    let begins = format!(
        "{} has to give way: it meets somebody else's reservation at ",
        own["id"].as_str().unwrap()
    );
    assert!(text.starts_with(&begins), "{text}");
    for part in ["FL100 to FL200", "2090-03-01T11:00:00Z to 2090-03-01T12:00:00Z", "Free instead: "]
    {
        assert!(text.contains(part), "{text}");
    }
    for hidden in ["AID", "Bread", "bread", "humanitarian", goes_first["id"].as_str().unwrap()] {
        assert!(!text.contains(hidden), "{text}");
    }
    // A change of words alone, and a restart, say nothing new; another time does.
    let path = format!("/v1/reservations/{}", goes_first["id"].as_str().unwrap());
    let mut changed = draft(
        34.1,
        json!({ "kind": "humanitarian", "version": 2, "name": "B",
        "start": "2090-03-01T11:00:00Z" }),
    );
    assert_eq!(aid.send(Method::PUT, &path, Some(changed.clone())).await.status, 200);
    let field = field.again().await;
    let (acme, aid) = (field.client("ACME"), field.client("AID"));
    changed["version"] = json!(3);
    changed["start"] = json!("2090-03-01T11:30:00Z");
    assert_eq!(aid.send(Method::PUT, &path, Some(changed)).await.status, 200);
    let texts = told(&acme, 2).await;
    assert_eq!(texts.len(), 2, "{texts:?}");
    assert!(texts[0].contains("2090-03-01T11:30:00Z to "), "{texts:?}");
    for other in ["AID", "BLUE"] {
        assert_eq!(field.client(other).get("/v1/messages").await.json(), json!([]), "{other}");
    }
    field.running.stop().await;
}

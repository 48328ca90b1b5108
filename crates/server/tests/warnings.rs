//! Warnings are kept: who was to be warned of what, when, who took note of it; and a party learns
//! no more from the store than from the stream.

mod common;

use common::client::Client;
use common::flights::{Flight, now, push};
use common::{Running, eventually, key, start_in};
use deconflict_access::Role;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use tempfile::TempDir;

/// Parties see nothing of each other.
fn configuration() -> (String, BTreeMap<&'static str, String>) {
    let mut text = "engine.period_s = 0.05\n[visibility]\nothers = \"nothing\"\n\
        unclaimed = \"nothing\"\n\
        [[feed]]\nname = \"club\"\nkind = \"push\"\nowner = \"CLUB\"\n\
        [[feed]]\nname = \"red\"\nkind = \"push\"\nowner = \"RED\"\n\
        [access.limits]\nrequests_per_s = 1e6\nburst = 1000000\n"
        .to_owned();
    let mut keys = BTreeMap::new();
    for (name, role, party) in [
        ("admin", Role::Admin, None),
        ("tower", Role::Controller, None),
        ("CLUB", Role::Party, Some("CLUB")),
        ("RED", Role::Party, Some("RED")),
        ("ACME", Role::Party, Some("ACME")),
    ] {
        let (lines, key) = key(name, role, party);
        text += &lines;
        keys.insert(name, key);
    }
    (text, keys)
}

/// ACME reserves airspace from now on.
async fn reserve(acme: &Client) {
    let draft = json!({
        "name": "Survey", "party": "ACME", "kind": "hazard", "shape": "circle",
        "points": [{ "lat": 35.0, "lon": 40.3 }], "radius_m": 5_000,
        "lower": "FL250", "upper": "FL350",
        "start": now().plus_s(-60.0).to_string(), "end": now().plus_s(3600.0).to_string(),
    });
    let made = acme.post("/v1/reservations", draft).await;
    assert_eq!(made.status, 201, "{made:?}");
    let path = format!("/v1/reservations/{}", made.json()["id"].as_str().unwrap());
    for action in ["plan", "activate"] {
        // It is in its time: the clock may have activated it already.
        let view = acme.get(&path).await.json();
        if view["status"] != "active" {
            let act = json!({ "action": action, "version": view["version"] });
            acme.post(&format!("{path}/status"), act).await;
        }
    }
    assert_eq!(acme.get(&path).await.json()["status"], "active");
}

async fn warnings(client: &Client, query: &str) -> Vec<Value> {
    let page = client.get(&format!("/v1/warnings{query}")).await;
    assert_eq!(page.status, 200, "{page:?}");
    page.json()["warnings"].as_array().unwrap().clone()
}

/// The names of the aircraft that are warned.
fn warned(warnings: &[Value]) -> Vec<&str> {
    let mut names: Vec<_> =
        warnings.iter().map(|w| w["aircraft"]["name"].as_str().unwrap()).collect();
    names.sort_unstable();
    names
}

/// PLN-7, VIS-1: what each of the parties may know of the two warnings.
async fn seen_as_policy_has_it(running: &Running, keys: &BTreeMap<&str, String>, query: &str) {
    let client = |name: &str| running.client().bearer(&keys[name]);
    let all = warnings(&client("tower"), query).await;
    assert_eq!(warned(&all), ["CLUB1", "RED1"]);
    for (name, sees) in [("CLUB", vec!["CLUB1"]), ("RED", vec!["RED1"]), ("ACME", vec![])] {
        let party = client(name);
        let found = warnings(&party, query).await;
        assert_eq!(warned(&found), sees, "{name}");
        for warning in &all {
            let id = warning["id"].as_str().unwrap();
            let one = party.get(&format!("/v1/warnings/{id}")).await;
            let own = sees.contains(&warning["aircraft"]["name"].as_str().unwrap());
            assert_eq!(one.status, if own { 200 } else { 404 }, "{name}: {one:?}");
            // Whose area it is, what it is called, and what the tower said of it.
            for word in ["Survey", "ACME", "hazard", "R-", "call the club"] {
                assert!(!own || !one.text.contains(word), "{word} to {name}: {}", one.text);
            }
            // Another's name tells no more than one that nobody has.
            let before = party.get(&format!("/v1/warnings?state=all&before={id}")).await.text;
            if !own {
                let none = party.get("/v1/warnings?state=all&before=none").await.text;
                assert_eq!(before, none, "{name}");
            }
        }
        assert_eq!(party.get("/v1/warnings?state=all&text=Survey").await.status, 400);
        let line = party.get("/v1/timeline").await.json();
        assert_eq!(line["warnings"].as_array().unwrap().len(), sees.len(), "{name}: {line}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn warnings_are_kept_and_acknowledged_and_seen_as_policy_has_it() {
    let dir = TempDir::new().unwrap();
    let (text, keys) = configuration();
    let running = start_in(&text, dir).await;
    let client = |running: &Running, name: &str| running.client().bearer(&keys[name]);
    let tower = client(&running, "tower");
    reserve(&client(&running, "ACME")).await;
    let flights = [
        ("club", "CLUB", Flight::new("700001", 35.0, 40.0, 31_000.0, 90.0).called("CLUB1")),
        ("red", "RED", Flight::new("700002", 35.0, 40.6, 27_000.0, 270.0).called("RED1")),
    ];
    let begun = now();
    let open = eventually("two warnings", || async {
        let time = now();
        for (feed, party, flight) in &flights {
            let report = flight.report(time, time.seconds_since(begun));
            let answer = push(&client(&running, party), feed, vec![report]).await;
            assert_eq!(answer.status, 200, "{answer:?}");
        }
        let open = warnings(&tower, "").await;
        (open.len() == 2).then_some(open)
    })
    .await;
    let of_club = open.iter().find(|w| w["aircraft"]["name"] == "CLUB1").unwrap();
    assert_eq!((&of_club["name"], &of_club["state"]), (&json!("Survey"), &json!("approaching")));
    let path = format!("/v1/warnings/{}", of_club["id"].as_str().unwrap());

    // Stored, then shown; everybody who may see it is told.
    let mut stream = client(&running, "CLUB").events("/v1/stream").await;
    let said = json!({ "text": "call the club" });
    let answer = tower.post(&format!("{path}/comments"), said.clone()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert_eq!(answer.json()["comments"][0]["text"], "call the club");
    let answer = tower.post(&format!("{path}/acknowledge"), said).await;
    assert_eq!(answer.json()["acknowledged"]["by"], "tower", "{answer:?}");
    let told = stream
        .until("the mark", |e| e.kind == "warning" && !e.json["warning"]["acknowledged"].is_null())
        .await;
    assert_eq!(told.json["warning"]["acknowledged"]["text"], "");
    assert_eq!(told.json["warning"]["comments"], json!([]));
    drop(stream);
    assert_eq!(tower.post(&format!("{path}/comments"), json!({ "text": " " })).await.status, 400);
    let audit = client(&running, "admin").get("/v1/audit").await.text;
    assert!(audit.contains("\"acknowledge\"") && audit.contains(&path["/v1/warnings/".len()..]));
    seen_as_policy_has_it(&running, &keys, "").await;

    // PLN-4, and the proof of it: after the run is over, and the service has been started again,
    // the store has who was warned of what, when, why it ended, and who took note.
    let dir = running.stop().await;
    let running = start_in(&text, dir).await;
    let tower = client(&running, "tower");
    assert!(warnings(&tower, "").await.is_empty());
    seen_as_policy_has_it(&running, &keys, "?state=ended").await;
    let one = tower.get(&path).await.json();
    assert_eq!((&one["state"], &one["end"]), (&json!("ended"), &json!("end of data")));
    let states: Vec<_> = one["changes"].as_array().unwrap().iter().map(|c| &c["to"]).collect();
    assert_eq!(
        (states.first(), states.last()),
        (Some(&&json!("approaching")), Some(&&json!("ended")))
    );
    assert_eq!(one["changes"][0]["from"], Value::Null);
    assert!(one["changes"][0]["reason"].as_str().unwrap().contains("CLUB1 enters Survey"));
    assert_eq!(one["acknowledged"]["text"], "call the club");
    assert_eq!(one["comments"][0]["by"], "tower");
    // What is over can still be spoken of.
    let late = tower.post(&format!("{path}/comments"), json!({ "text": "spoke to them" })).await;
    assert_eq!(late.json()["comments"][1]["text"], "spoke to them", "{late:?}");
    let line = tower.get("/v1/timeline").await.json();
    let on_line = line["warnings"].as_array().unwrap();
    assert!(on_line.iter().all(|w| w["worst"] == "approaching" && w["about"] == "area"), "{line}");
    // One at a time: the pages follow each other.
    let first = tower.get("/v1/warnings?state=all&limit=1").await.json();
    let next = format!("?state=all&limit=1&before={}", first["next"].as_str().unwrap());
    let second = warnings(&tower, &next).await;
    assert_ne!(first["warnings"][0]["id"], second[0]["id"]);
    running.stop().await;
}

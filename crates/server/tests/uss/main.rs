//! The service as one of several that agree ahead: two of them at one DSS.

#[path = "../common/mod.rs"]
mod common;
mod field;

use common::{eventually, flights};
use field::{Cell, Dss, act, draft, make, peers, planned};
use reqwest::Method;
use serde_json::{Value, json};

/// CRD-2: of two services one gets the airspace, and the other is told who has it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_services_one_gets_the_airspace() {
    let dss = Dss::start().await;
    let mut one = Cell::start(&dss, "uss1", "", &["ACME"]).await;
    let mut two = Cell::start(&dss, "uss2", "", &["BLUE"]).await;
    let (acme, blue) = (one.client("ACME"), two.client("BLUE"));
    let first = planned(&acme, draft(34.0, json!({ "name": "FIRST" }))).await;
    assert_eq!(first["coordination"]["filed"], true, "{first}");
    let entity = first["coordination"]["entity"].as_str().unwrap().to_owned();

    // The check asks other services, whether they are watched there or not.
    let check = blue.post("/v1/reservations/check", draft(34.02, json!({}))).await.json();
    assert_eq!(check["conflicts"][0]["with"]["party"], "uss1", "{check}");
    assert_eq!(check["conflicts"][0]["with"]["peer"], true);
    let second = make(&blue, draft(34.02, json!({}))).await;
    let refused = act(&blue, &second, "plan").await;
    assert_eq!(refused.status, 409, "{refused:?}");
    let report = &refused.json()["report"];
    let conflict = &report["conflicts"][0];
    assert_eq!(
        (&conflict["with"]["party"], &conflict["with"]["id"]),
        (&json!("uss1"), &json!(entity))
    );
    assert!(conflict["at"]["lat"].is_f64() && conflict["start"].is_string(), "{conflict}");
    assert!(conflict["says"].as_str().unwrap().contains("uss1"), "{conflict}");
    // Only what is told to others is there: no name, no party.
    assert!(!refused.text.contains("FIRST") && !refused.text.contains("ACME"), "{refused:?}");

    // What is proposed is free for all services.
    let mut other = report["alternatives"][0]["draft"].clone();
    other["version"] = second["version"].clone();
    let path = format!("/v1/reservations/{}", second["id"].as_str().unwrap());
    let moved = blue.send(Method::PUT, &path, Some(other)).await;
    assert_eq!(moved.status, 200, "{moved:?}");
    let filed = act(&blue, &moved.json(), "plan").await;
    assert_eq!(filed.status, 200, "{filed:?}");
    let tower = one.client("tower");
    let seen = eventually("the other's plan", async || peers(&tower).await.pop()).await;
    assert_eq!((&seen["manager"], &seen["state"]), (&json!("uss2"), &json!("Accepted")));
    assert_eq!((&seen["mine"], &seen["may"]), (&json!(false), &json!([])));
    // It is changed where it is from.
    let taken = act(&tower, &seen, "cancel").await;
    assert_eq!(taken.status, 403, "{taken:?}");

    // Taken into use: in use for the other, too.
    let active = act(&acme, &first, "activate").await;
    assert_eq!(active.status, 200, "{active:?}");
    let officer = two.client("tower");
    eventually("its use", async || {
        let volumes = officer.get("/v1/volumes").await.json();
        let ids = volumes["features"].as_array().unwrap().iter();
        ids.filter(|f| f["properties"]["reservation"] == json!(entity)).count().eq(&1).then_some(())
    })
    .await;
    // Given back: free for the other, and gone from its list.
    assert_eq!(act(&acme, &active.json(), "release").await.status, 200);
    let third = make(&blue, draft(34.0, json!({ "lower": "520 m msl" }))).await;
    eventually("its end", async || {
        peers(&officer).await.iter().all(|peer| peer["id"] != json!(entity)).then_some(())
    })
    .await;
    let free = act(&blue, &third, "plan").await;
    assert_eq!(free.status, 200, "{free:?}");
    one.stop().await;
    two.stop().await;
}

/// CRD-2: what another service has given back stands in nobody's way, at once, and also where
/// nobody watches.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_given_back_elsewhere_stands_in_nobodys_way() {
    let dss = Dss::start().await;
    let mut one = Cell::start(&dss, "uss1", "", &["ACME"]).await;
    let mut two = Cell::start(&dss, "uss2", "", &["BLUE"]).await;
    let (acme, blue) = (one.client("ACME"), two.client("BLUE"));
    let first = planned(&acme, draft(50.0, json!({}))).await;
    let mine = make(&blue, draft(50.0, json!({}))).await;
    assert_eq!(act(&blue, &mine, "plan").await.status, 409);
    assert_eq!(act(&acme, &first, "cancel").await.status, 200);
    let filed = act(&blue, &mine, "plan").await;
    assert_eq!(filed.status, 200, "{filed:?}");
    one.stop().await;
    two.stop().await;
}

/// ACC-1: what other services call is not opened by keys of people, nor the interface by tokens
/// of other services; without `[uss]` there is nothing to call.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_two_doors_have_keys_of_their_own() {
    let dss = Dss::start().await;
    let mut one = Cell::start(&dss, "uss1", "", &["ACME"]).await;
    let path = "/uss/v1/operational_intents/7c9e6679-7425-40de-944b-e07fc1f90ae7";
    for name in ["tower", "admin", "ACME"] {
        assert_eq!(one.client(name).get(path).await.status, 401, "{name}");
    }
    let peer = one.stranger().bearer(&field::token("uss2", "utm.strategic_coordination"));
    let answer = peer.get(path).await;
    assert_eq!(answer.status, 404, "{answer:?}");
    assert_eq!(peer.get("/v1/reservations").await.status, 401);
    let peer = one.stranger().bearer(&field::token("uss2", "utm.constraint_processing"));
    assert_eq!(peer.get(path).await.status, 403);
    one.stop().await;
    let alone = common::start("").await;
    assert_eq!(alone.client().get(path).await.status, 404);
    alone.stop().await;
}

/// VIS-2, CRD-4: what another service has is seen as policy releases it, with that service as the
/// owner; and a party that is called like the service is not its owner.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn parties_see_of_others_what_policy_releases() {
    let dss = Dss::start().await;
    let policy = "[visibility]\nothers = \"full\"\n\
        [[visibility.release]]\nof = \"uss1\"\nsee = \"nothing\"\n\
        [[visibility.release]]\nof = \"uss1\"\nto = [\"NEAR\"]\nsee = \"position\"\n";
    let mut one = Cell::start(&dss, "uss1", "", &["ACME"]).await;
    let mut two = Cell::start(&dss, "uss2", policy, &["BLUE", "NEAR", "uss1"]).await;
    let first = planned(&one.client("ACME"), draft(34.0, json!({ "priority": 7 }))).await;
    let entity = first["coordination"]["entity"].as_str().unwrap().to_owned();
    let officer = two.client("tower");
    let seen = eventually("it", async || peers(&officer).await.pop()).await;
    assert_eq!((&seen["priority"], &seen["disclosed"]), (&json!(7), &json!("full")));
    let path = format!("/v1/reservations/{entity}");
    for (party, status) in [("BLUE", 404), ("NEAR", 200), ("uss1", 404)] {
        let client = two.client(party);
        let answer = client.get(&path).await;
        assert_eq!(answer.status, status, "{party}: {answer:?}");
        assert!(!answer.text.contains("\"manager\""), "{party}: {answer:?}");
        let list = client.get("/v1/reservations").await;
        assert!(!list.text.contains("operational intent"), "{party}: {list:?}");
        // In the way of all of them, also of the one with that name.
        let check = client.post("/v1/reservations/check", draft(34.0, json!({}))).await.json();
        assert_eq!(check["verdict"], "conflict", "{party}: {check}");
        let known = check["conflicts"][0]["with"]["party"].is_string();
        assert!(!known, "{party}: {check}");
    }
    one.stop().await;
    two.stop().await;
}

/// CRD-3: while the DSS is away nothing is filed that binds, and nothing is half done; what is
/// known of others is told as old.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_dss_is_away_nothing_is_half_done() {
    let dss = Dss::start().await;
    let mut one = Cell::start(&dss, "uss1", "", &["ACME"]).await;
    let mut two = Cell::start(&dss, "uss2", "", &["BLUE"]).await;
    let (acme, blue) = (one.client("ACME"), two.client("BLUE"));
    let first = planned(&acme, draft(34.0, json!({}))).await;
    let other = make(&acme, draft(34.1, json!({}))).await;
    eventually("the picture", async || {
        let ready = acme.get("/readyz").await.json();
        (ready["peers"] == json!(true)).then_some(())
    })
    .await;
    dss.is_away(true);
    let refused = act(&acme, &other, "plan").await;
    assert_eq!(refused.status, 503, "{refused:?}");
    let says = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(says.contains("other services could not be asked"), "{says}");
    let path = |view: &Value| format!("/v1/reservations/{}", view["id"].as_str().unwrap());
    let now = acme.get(&path(&other)).await.json();
    assert_eq!((&now["status"], &now["version"]), (&json!("draft"), &other["version"]));
    // A check says what it does not know.
    let check = acme.post("/v1/reservations/check", draft(34.1, json!({}))).await.json();
    assert!(check["not_asked"].is_string(), "{check}");
    // FEED-1: a stale picture does not look like a free sky.
    let told = eventually("the word that it is old", async || {
        let list = acme.get("/v1/reservations").await.json();
        (list["uss"]["stale"] == json!(true)).then_some(list)
    })
    .await;
    let says = told["uss"]["says"].as_str().unwrap();
    assert!(says.contains("other services' plans are not known since"), "{says}");
    assert_eq!(acme.get("/readyz").await.json()["peers"], false);
    let metrics = one.client("admin").get("/metrics").await.text;
    assert!(metrics.contains("deconflict_peers_known 0"), "{metrics}");

    // What is given back is free here at once, and for others when the DSS is there again.
    assert_eq!(act(&acme, &first, "cancel").await.status, 200);
    dss.is_away(false);
    let mine = make(&blue, draft(34.0, json!({}))).await;
    eventually("the airspace", async || {
        (act(&blue, &mine, "plan").await.status == 200).then_some(())
    })
    .await;
    eventually("the picture", async || {
        let list = acme.get("/v1/reservations").await.json();
        (list["uss"]["stale"] == json!(false)).then_some(())
    })
    .await;
    one.stop().await;
    two.stop().await;
}

/// CRD-1: what was filed at the DSS and not stored here, as the process ended in between, is
/// taken out of the DSS after the next start; what is stored is filed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_an_end_in_between_the_dss_has_what_is_stored() {
    let dss = Dss::start().await;
    let mut one = Cell::start(&dss, "uss1", "", &["ACME"]).await;
    let mut two = Cell::start(&dss, "uss2", "", &["BLUE"]).await;
    let (acme, officer) = (one.client("ACME"), two.client("tower"));
    let kept = planned(&acme, draft(34.1, json!({}))).await;
    let lost = make(&acme, draft(34.0, json!({}))).await;
    // As far as the desk comes before it stores.
    let desk = &one.service().app().desk;
    let mut reservation = desk.book.get(lost["id"].as_str().unwrap()).unwrap().reservation.clone();
    reservation.status = deconflict_reserve::Status::Planned;
    let coordination = desk.coordination.as_ref().unwrap();
    coordination.file(&reservation, || async { true }).await.unwrap();
    eventually("both", async || (peers(&officer).await.len() == 2).then_some(())).await;
    one.stop().await;
    one.again().await;
    let left = eventually("the one that is stored", async || {
        let peers = peers(&officer).await;
        (peers.len() == 1).then_some(peers)
    })
    .await;
    assert_eq!(left[0]["id"], kept["coordination"]["entity"]);
    let stand = eventually("its stand", async || {
        let view = acme.get(&format!("/v1/reservations/{}", kept["id"].as_str().unwrap())).await;
        let view = view.json();
        (view["coordination"]["filed"] == json!(true)).then_some(view)
    })
    .await;
    assert_eq!(stand["status"], "planned");
    // It can be given back as before.
    assert_eq!(act(&acme, &stand, "cancel").await.status, 200);
    eventually("its end", async || peers(&officer).await.is_empty().then_some(())).await;
    one.stop().await;
    two.stop().await;
}

/// What cannot be told to others is refused with what to do, and areas that nobody enters are
/// told as constraints.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_told_is_refused_and_areas_are_constraints() {
    let dss = Dss::start().await;
    let mut one = Cell::start(&dss, "uss1", "", &["ACME"]).await;
    let mut two = Cell::start(&dss, "uss2", "", &["BLUE"]).await;
    let (tower, blue) = (one.client("tower"), two.client("BLUE"));
    for (fields, says) in [
        (json!({ "upper": "120 m ground", "lower": null }), "uss.terrain_m"),
        (json!({ "moves": "with", "moves_with": "SHIP" }), "nobody says where that is"),
        (json!({ "radius_m": 60_000 }), "make several"),
        (json!({ "start": "2090-03-01T10:00:00Z", "end": null }), "30 days"),
    ] {
        let made = make(&tower, draft(34.0, fields)).await;
        let refused = act(&tower, &made, "plan").await;
        assert_eq!(refused.status, 409, "{refused:?}");
        let detail = refused.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains(says), "{detail}");
    }
    let area = planned(&tower, draft(34.0, json!({ "kind": "hazard", "start": null }))).await;
    let officer = two.client("tower");
    let seen = eventually("it", async || peers(&officer).await.pop()).await;
    assert_eq!((&seen["state"], &seen["kind"]), (&json!("Constraint"), &json!("hazard")));
    let plan = make(&blue, draft(34.0, json!({}))).await;
    let refused = act(&blue, &plan, "plan").await;
    assert_eq!(refused.status, 409, "{refused:?}");
    assert_eq!(refused.json()["report"]["conflicts"][0]["with"]["party"], "uss1");
    // Its kind cannot turn it into something else of the standard.
    let path = format!("/v1/reservations/{}", area["id"].as_str().unwrap());
    let now = tower.get(&path).await.json();
    let edit = draft(34.0, json!({ "version": now["version"] }));
    let refused = tower.send(Method::PUT, &path, Some(edit)).await;
    assert_eq!(refused.status, 409, "{refused:?}");
    one.stop().await;
    two.stop().await;
}

/// CRD-5: of an aircraft that has left its plan others are told where it may be instead, and
/// where it is; what does not come back is contingent until it is given back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_are_told_of_an_aircraft_that_has_left_its_plan() {
    let dss = Dss::start().await;
    let feed = "[[feed]]\nname = \"link\"\nkind = \"push\"\nowner = \"ACME\"\n";
    let mut one = Cell::start(&dss, "uss1", feed, &["ACME"]).await;
    let mut two = Cell::start(&dss, "uss2", "", &["BLUE"]).await;
    let (acme, officer) = (one.client("ACME"), two.client("tower"));
    let now = flights::now();
    let window =
        json!({ "start": now.plus_s(-60.0).to_string(), "end": now.plus_s(3_600.0).to_string() });
    let plan = planned(&acme, draft(34.0, window)).await;
    let id = plan["id"].as_str().unwrap().to_owned();
    let state = async || peers(&officer).await.pop().map(|peer| peer["state"].clone());
    let becomes = async |wanted: &str| {
        eventually(wanted, async || (state().await == Some(json!(wanted))).then_some(())).await;
    };
    // Time brings it into use.
    becomes("Activated").await;
    let stray = flights::Flight::new("4a0001", 34.2, 40.0, 2_000.0, 90.0);
    let reports = flights::lately(8, 1.0).map(|(time, t_s)| stray.report(time, t_s)).collect();
    assert_eq!(flights::push(&acme, "link", reports).await.status, 200);
    eventually("its track", async || {
        acme.get("/v1/tracks").await.text.contains("4a0001").then_some(())
    })
    .await;
    let coordination = one.service().app().desk.coordination.clone().unwrap();
    coordination.nonconforming(&id, "4a0001");
    becomes("Nonconforming").await;
    let seen = peers(&officer).await.pop().unwrap();
    let blocks = seen["blocks"].as_array().unwrap();
    assert!(blocks.len() >= 2 && blocks[0]["points"][0]["lat"] == 34.0, "{seen}");
    let entity = plan["coordination"]["entity"].as_str().unwrap();
    let path = format!("/uss/v1/operational_intents/{entity}/telemetry");
    let asks = one.stranger().bearer(&field::token("uss2", "utm.conformance_monitoring_sa"));
    let told = asks.get(&path).await;
    assert_eq!(told.status, 200, "{told:?}");
    let lat = told.json()["telemetry"]["position"]["latitude"].as_f64().unwrap();
    assert!((lat - 34.2).abs() < 0.01, "{told:?}");
    coordination.conforming(&id, "4a0001");
    becomes("Activated").await;
    assert_eq!(asks.get(&path).await.status, 409);
    one.stop().await;
    two.stop().await;
}

//! What clients of the InterUSS Platform rely on beside the text of the standard: found by
//! running the scenarios of its qualifier against this service.
#![allow(clippy::unwrap_used)]

mod common;

use common::{CM, Client, Place, SC, Served, accepted, block, circle, intent_path};
use serde_json::{Value, json};
use uuid::Uuid;

const VERSIONING: &str = "interuss.versioning.read_system_versions";
const POOL_STATUS: &str = "interuss.pool_status.read";

#[tokio::test]
async fn a_change_without_a_version_is_malformed() {
    let place = Place::file();
    let served = Served::on(&place.target).await;
    let uss = Client::new(&served, "uss1", &[SC, CM]);
    let stranger = Client::new(&served, "uss1", &["utm.availability_arbitration"]);
    let nobody = Client::at(&served.url, None);
    let id = Uuid::new_v4();
    let body = accepted(block(circle(47.0, 8.0, 100.0), [0.0, 100.0], 10, 600), &[]);
    assert_eq!(uss.put(&intent_path(id), &body).await.status, 201);
    for kind in ["operational_intent_references", "constraint_references", "subscriptions"] {
        let path = format!("/dss/v1/{kind}/{id}/");
        for method in ["PUT", "DELETE"] {
            let sent = (method == "PUT").then_some(&body);
            let status = async |client: &Client| {
                client.send(method, &path, sent, None).await.unwrap().status
            };
            assert_eq!(status(&uss).await, 400, "{method} {path}");
            assert_eq!(status(&stranger).await, 403, "{method} {path}");
            assert_eq!(status(&nobody).await, 401, "{method} {path}");
        }
    }
    let found = uss.get(&intent_path(id)).await;
    assert_eq!(found.body["operational_intent_reference"]["version"], 1, "{}", found.body);
    served.stop().await;
}

#[tokio::test]
async fn the_version_of_the_dss_is_told_by_its_name() {
    let place = Place::file();
    let served = Served::on(&place.target).await;
    let client = Client::new(&served, "uss1", &[VERSIONING]);
    let told = client.get("/versions/dss").await;
    assert_eq!(told.status, 200);
    let version = concat!("v", env!("CARGO_PKG_VERSION"));
    assert_eq!(told.body, json!({ "system_identity": "dss", "system_version": version }));
    assert_eq!(client.get("/versions/kitchen").await.status, 404);
    assert_eq!(Client::new(&served, "uss1", &[SC]).get("/versions/dss").await.status, 403);
    assert_eq!(Client::at(&served.url, None).get("/versions/dss").await.status, 401);
    served.stop().await;
}

async fn pool_of(served: &Served) -> String {
    let reply = Client::new(served, "uss1", &[POOL_STATUS]).get("/aux/v1/pool").await;
    assert_eq!(reply.status, 200);
    reply.body["dar_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_store_keeps_the_identifier_of_its_pool() {
    let [place, other] = [Place::file(), Place::file()];
    let served = Served::on(&place.target).await;
    assert_eq!(Client::new(&served, "uss1", &[SC]).get("/aux/v1/pool").await.status, 403);
    assert_eq!(Client::at(&served.url, None).get("/aux/v1/pool").await.status, 401);
    let before = pool_of(&served).await;
    served.stop().await;
    let served = Served::on(&place.target).await;
    assert_eq!(pool_of(&served).await, before);
    served.stop().await;
    let served = Served::on(&other.target).await;
    assert_ne!(pool_of(&served).await, before);
    served.stop().await;
}

#[tokio::test]
async fn instances_on_one_database_are_one_pool() {
    let Some(place) = Place::server().await else { return };
    let [one, two] = [Served::on(&place.target).await, Served::on(&place.target).await];
    assert_eq!(pool_of(&one).await, pool_of(&two).await);
    one.stop().await;
    two.stop().await;
    place.remove().await;
}

fn polygon(corners: &[[f64; 2]]) -> Value {
    let vertices: Vec<Value> =
        corners.iter().map(|&[lat, lng]| json!({ "lat": lat, "lng": lng })).collect();
    let altitude = |m: f64| json!({ "value": m, "reference": "W84", "units": "M" });
    json!({
        "volume": {
            "outline_polygon": { "vertices": vertices },
            "altitude_lower": altitude(0.0),
            "altitude_upper": altitude(60.0),
        },
        "time_start": common::in_s(0),
        "time_end": common::in_s(600),
    })
}

/// The qualifier's scenarios of data exchange plan a flight in the notch of another one.
#[tokio::test]
async fn who_flies_in_anothers_notch_is_told_and_free() {
    let v = [[47.0, 8.0], [47.01, 8.01], [47.003, 8.0], [47.01, 7.99]];
    let within = [[47.006, 7.999], [47.006, 8.001], [47.008, 8.0]];
    let beside = [[47.006, 8.02], [47.006, 8.021], [47.008, 8.02]];
    for (first, second) in [(v, &within[..]), (v, &beside[..])] {
        for [earlier, later] in [[&first[..], second], [second, &first[..]]] {
            let place = Place::file();
            let served = Served::on(&place.target).await;
            let [one, two] = ["uss1", "uss2"].map(|uss| Client::new(&served, uss, &[SC]));
            let planned =
                one.put(&intent_path(Uuid::new_v4()), &accepted(polygon(earlier), &[])).await;
            assert_eq!(planned.status, 201, "{}", planned.body);
            let subscription = &planned.body["operational_intent_reference"]["subscription_id"];
            let planned =
                two.put(&intent_path(Uuid::new_v4()), &accepted(polygon(later), &[])).await;
            assert_eq!(planned.status, 201, "{}", planned.body);
            let told = planned.body["subscribers"].to_string();
            let is_told = told.contains(subscription.as_str().unwrap());
            assert_eq!(is_told, second == within, "{told}");
            served.stop().await;
        }
    }
}

/// Its load test writes ids without hyphens, and its keys only ever grow.
#[tokio::test]
async fn ids_without_hyphens_and_long_keys_are_taken() {
    let place = Place::file();
    let served = Served::on(&place.target).await;
    let uss = Client::new(&served, "uss1", &[SC]);
    let id = Uuid::new_v4();
    let bare = format!("/dss/v1/operational_intent_references/{}", id.simple());
    let key: Vec<String> = (0..50_000).map(|n| format!("{n:043}")).collect();
    let body = accepted(block(circle(47.0, 8.0, 100.0), [0.0, 100.0], 10, 600), &key);
    let planned = uss.put(&bare, &body).await;
    assert_eq!(planned.status, 201, "{}", planned.body);
    assert_eq!(planned.body["operational_intent_reference"]["id"], id.to_string());
    assert_eq!(uss.get(&intent_path(id)).await.status, 200);
    for wrong in [format!("{{{id}}}"), format!("urn:uuid:{id}"), format!("{}0", id.simple())] {
        let path = format!("/dss/v1/operational_intent_references/{wrong}");
        assert_eq!(uss.get(&path).await.status, 400, "{path}");
    }
    served.stop().await;
}

//! What clients of the InterUSS Platform rely on beside the text of the standard: found by
//! running the scenarios of its qualifier against this service.
#![allow(clippy::unwrap_used)]

mod common;

use common::{CM, Client, Place, SC, Served, accepted, block, circle, intent_path};
use serde_json::json;
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

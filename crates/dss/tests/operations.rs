//! What operators watch a pool by, and databases that leave it to their clients to try again.
#![allow(clippy::print_stderr, clippy::unwrap_used)]

mod common;

use axum::body::Body;
use axum::http::Request;
use common::{Client, Place, SC, Served, accepted, block, circle, intent_path, ovn_of, settings};
use deconflict_dss::{Settings, Target, metrics_router};
use serde_json::{Value, json};
use sqlx::{AnyConnection, AssertSqlSafe, Connection};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use uuid::Uuid;

const READ: &str = "interuss.pool_status.read";
const BEAT: &str = "interuss.pool_status.heartbeat.write";

fn named(locality: &str) -> Settings {
    let public_endpoint = Some(format!("https://{locality}.dss.test"));
    Settings { locality: locality.to_owned(), public_endpoint, ..settings() }
}

fn told_of<'a>(list: &'a Value, locality: &str) -> &'a Value {
    let all = list["dss_instances"].as_array().unwrap();
    all.iter().find(|one| one["id"] == locality).unwrap()
}

#[tokio::test]
async fn instances_know_of_each_other() {
    for place in Place::all().await {
        let one = Served::with(&place.target, named("one"), common::PUBLIC).await;
        assert_eq!(one.pool.announce().await.unwrap().status, 201);
        let monitor = Client::new(&one, "monitor", &[READ, BEAT]);
        let two = if place.target.is_shared() {
            let two = Served::with(&place.target, named("two"), common::PUBLIC).await;
            two.pool.announce().await.unwrap();
            Some(two)
        } else {
            None
        };
        let list = monitor.get("/aux/v1/pool/dss_instances").await;
        assert_eq!(list.status, 200);
        let first = told_of(&list.body, "one");
        assert_eq!(first["public_endpoint"], "https://one.dss.test");
        let beat = &first["most_recent_heartbeat"];
        assert_eq!((&beat["source"], &beat["index"]), (&json!("Startup"), &json!(0)));
        assert!(beat["timestamp"].is_string() && beat.get("reporter").is_none());
        if two.is_some() {
            assert!(told_of(&list.body, "two")["most_recent_heartbeat"].is_object());
        }

        let path = "/aux/v1/pool/dss_instances/heartbeat";
        let put = async |client: &Client, query: &str| {
            client.send("PUT", &format!("{path}{query}"), None, None).await.unwrap()
        };
        let told =
            put(&monitor, "?source=watch&next_heartbeat_expected_before=2200-01-01T00:00:00Z");
        let told = told.await;
        assert_eq!(told.status, 201, "{}", told.body);
        let served = two.as_ref().unwrap_or(&one);
        let seen = Client::new(served, "monitor", &[READ]).get("/aux/v1/pool/dss_instances").await;
        assert_eq!(seen.body, told.body, "the other instance says the same");
        let beat = &told_of(&seen.body, "one")["most_recent_heartbeat"];
        assert_eq!((&beat["source"], &beat["reporter"]), (&json!("watch"), &json!("monitor")));
        for wrong in ["", "?source=", "?source=a&timestamp=now", "?source=a&source=b"] {
            let told = put(&monitor, wrong).await;
            assert!(
                told.status == 400 && told.body["message"].is_string(),
                "{wrong}: {}",
                told.body
            );
        }
        let reader = Client::new(&one, "monitor", &[READ]);
        let writer = Client::new(&one, "monitor", &[BEAT]);
        let nobody = Client::at(&one.url, None);
        assert_eq!(put(&reader, "?source=a").await.status, 403);
        assert_eq!(put(&nobody, "?source=a").await.status, 401);
        for path in ["/aux/v1/pool/dss_instances", "/aux/v1/configuration/scd_lock_mode"] {
            assert_eq!(reader.get(path).await.status, 200);
            assert_eq!(writer.get(path).await.status, 403);
            assert_eq!(nobody.get(path).await.status, 401);
        }
        for path in ["/aux/v1/configuration/ca_certs", "/aux/v1/configuration/accepted_ca_certs"] {
            assert_eq!(nobody.get(path).await.body, json!({ "CAs": [] }));
        }
        one.stop().await;
        if let Some(two) = two {
            two.stop().await;
        }
        place.remove().await;
    }
}

#[tokio::test]
async fn what_happens_is_counted() {
    let place = Place::file();
    let served = Served::on(&place.target).await;
    let uss = Client::new(&served, "uss1", &[SC]);
    let body = accepted(block(circle(47.0, 8.0, 100.0), [0.0, 100.0], 10, 600), &[]);
    let id = Uuid::new_v4();
    assert_eq!(
        uss.send("PUT", &intent_path(id), Some(&body), Some("k")).await.unwrap().status,
        201
    );
    assert_eq!(uss.put(&intent_path(id), &body).await.status, 409);
    assert_eq!(uss.get("/nowhere").await.status, 404);
    let app = metrics_router(served.pool.clone());
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let response = tower::ServiceExt::oneshot(app, request).await.unwrap();
    let text = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let text = String::from_utf8(text.to_vec()).unwrap();
    let route = "operational_intent_references";
    for line in [
        &format!(r#"deconflict_dss_requests_total{{method="PUT",route="{route}",status="201"}} 1"#),
        &format!(r#"deconflict_dss_requests_total{{method="PUT",route="{route}",status="409"}} 1"#),
        r#"deconflict_dss_requests_total{method="GET",route="other",status="404"} 1"#,
        "deconflict_dss_operational_intents 1",
        "deconflict_dss_subscriptions 1",
        "deconflict_dss_answers 1",
        "deconflict_dss_store_up 1",
        "deconflict_dss_batches_again_total 0",
    ] {
        assert!(text.lines().any(|l| l == line), "{line}\n{text}");
    }
    // Who does what is not told, and the service's own address tells nothing of it.
    assert!(!text.contains("uss1") && !text.contains(&id.to_string()));
    assert_eq!(uss.get("/metrics").await.status, 404);
    served.stop().await;
}

/// DSS-8: whoever sends a body byte by byte is not waited for.
#[tokio::test]
async fn a_slow_body_is_given_up() {
    let place = Place::file();
    let patient = Settings { body_patience: Duration::from_millis(50), ..settings() };
    let served = Served::with(&place.target, patient, common::PUBLIC).await;
    let mut stream =
        tokio::net::TcpStream::connect(served.url.strip_prefix("http://").unwrap()).await.unwrap();
    let token = common::signed(&common::claims("uss1", &[SC]), common::KEY);
    let head = format!(
        "POST /dss/v1/operational_intent_references/query HTTP/1.1\r\nhost: dss\r\n\
         authorization: Bearer {token}\r\ncontent-length: 1000\r\n\r\n{{"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut told = Vec::new();
    stream.read_buf(&mut told).await.unwrap();
    assert!(told.starts_with(b"HTTP/1.1 408"), "{}", String::from_utf8_lossy(&told));
    served.stop().await;
}

/// A path that is no UTF-8 and a query that is none are malformed requests like others.
#[tokio::test]
async fn every_refusal_has_words() {
    let place = Place::file();
    let served = Served::on(&place.target).await;
    let uss = Client::new(&served, "uss1", &[SC]);
    for path in [
        "/dss/v1/operational_intent_references/%ff%fe",
        "/dss/v1/uss_availability/%ff",
        "/aux/v1/validate_oauth?owner=a&owner=b",
    ] {
        let told = uss.get(path).await;
        assert!(told.status == 400 && told.body["message"].is_string(), "{path}: {}", told.body);
    }
    served.stop().await;
}

async fn statements(target: &Target, all: &[&str]) {
    let Target::Server(url) = target else { return };
    let mut connection = AnyConnection::connect(url).await.unwrap();
    for statement in all {
        sqlx::query(AssertSqlSafe(*statement)).execute(&mut connection).await.unwrap();
    }
}

/// Writes of several clients to several instances, all in one place, each until it is granted.
/// Says how often a database had to be asked again.
async fn crowd(instances: &[Served], each: usize) {
    let tasks: Vec<_> = (0..4)
        .map(|lane| {
            let uss = Client::new(&instances[lane % instances.len()], &format!("uss{lane}"), &[SC]);
            tokio::spawn(async move {
                for n in 0..each {
                    let floor_m = 1_000.0 * lane as f64 + 10.0 * n as f64;
                    let extent = block(circle(47.0, 8.0, 100.0), [floor_m, floor_m + 5.0], 10, 600);
                    let id = Uuid::new_v4();
                    let made = uss.put(&intent_path(id), &accepted(extent.clone(), &[])).await;
                    assert_eq!(made.status, 201, "{}", made.body);
                    let path = format!("{}/{}", intent_path(id), ovn_of(&made));
                    let changed = uss.put(&path, &accepted(extent, &[])).await;
                    assert_eq!(changed.status, 200, "{}", changed.body);
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    for served in instances {
        assert_eq!(served.pool.health().trouble, None);
        let query =
            json!({ "area_of_interest": block(circle(47.0, 8.0, 100.0), [0.0, 9_000.0], 10, 600) });
        let uss = Client::new(served, "uss", &[SC]);
        let found = uss.post("/dss/v1/operational_intent_references/query", &query).await;
        let found = found.body["operational_intent_references"].as_array().unwrap().clone();
        assert_eq!(found.len(), 4 * each);
        assert!(found.iter().all(|one| one["version"] == 2));
    }
}

async fn again(served: &Served) -> u64 {
    let app = metrics_router(served.pool.clone());
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let response = tower::ServiceExt::oneshot(app, request).await.unwrap();
    let text = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let text = String::from_utf8(text.to_vec()).unwrap();
    let name = "deconflict_dss_batches_again_total ";
    text.lines().find_map(|line| line.strip_prefix(name)).unwrap().parse().unwrap()
}

/// CockroachDB and YugabyteDB refuse commits that they cannot put in order with SQLSTATE 40001.
/// Here PostgreSQL does, two times of three, at the last statement of a batch and at the commit itself.
#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_could_not_put_in_order_is_done_again() {
    for deferred in ["", "DEFERRABLE INITIALLY DEFERRED"] {
        let Some(place) = Place::server().await else { return };
        let served = Served::on(&place.target).await;
        // A sequence counts what is undone, too.
        let trigger = format!(
            "CREATE CONSTRAINT TRIGGER refused AFTER INSERT ON dss_batches {deferred} \
             FOR EACH ROW EXECUTE FUNCTION refuse()"
        );
        let function = "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
             IF nextval('tries') % 3 <> 0 THEN RAISE EXCEPTION 'restart transaction' \
             USING ERRCODE = '40001'; END IF; RETURN NEW; END $$";
        statements(&place.target, &["CREATE SEQUENCE tries", function, &trigger]).await;
        crowd(std::slice::from_ref(&served), 10).await;
        let again = again(&served).await;
        assert!(again >= 20, "{again}");
        served.stop().await;
        place.remove().await;
    }
}

/// Every transaction is serialisable, as in CockroachDB: two instances that write at the same
/// time are told to try again, and nobody else is told anything.
#[tokio::test(flavor = "multi_thread")]
async fn two_instances_on_a_serialisable_database() {
    let Some(place) = Place::server().await else { return };
    let Target::Server(url) = &place.target else { return };
    let (_, name) = url.rsplit_once('/').unwrap();
    let set = format!("ALTER DATABASE {name} SET default_transaction_isolation = 'serializable'");
    statements(&place.target, &[&set]).await;
    // Both make the tables at the same time.
    let (one, two) = tokio::join!(Served::on(&place.target), Served::on(&place.target));
    let both = [one, two];
    crowd(&both, 25).await;
    let (first, second) = (again(&both[0]).await, again(&both[1]).await);
    eprintln!("done again: {first} and {second} batches");
    for served in both {
        served.stop().await;
    }
    place.remove().await;
}

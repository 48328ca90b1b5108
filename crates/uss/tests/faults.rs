//! Lost answers, a DSS that is away, and peers that do not tell the truth.
#![allow(clippy::unwrap_used)]

mod common;

use axum::body::Body;
use axum::extract::Path;
use axum::response::IntoResponse;
use common::*;
use deconflict_intent::IntentState;
use deconflict_uss::{Details, NotFiled};
use serde_json::{Value, json};
use std::sync::atomic::Ordering::SeqCst;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use uuid::Uuid;

fn path(dss: &Dss, id: Uuid) -> String {
    format!("{}/dss/v1/operational_intent_references/{id}", dss.url)
}

async fn at_dss(dss: &Dss, id: Uuid, manager: &str) -> Option<i64> {
    let reply = ask("GET", &path(dss, id), Some((manager, &[SC])), None).await;
    reply.body["operational_intent_reference"]["version"].as_i64()
}

/// USS-3: What was said to be filed is at the DSS, and told to who has subscribed.
#[tokio::test]
async fn a_lost_answer_is_settled_by_asking() {
    for no_keys in [false, true] {
        let dss = Dss::start().await;
        dss.faults.no_keys.store(no_keys, SeqCst);
        let (a, b) = (Served::start(&dss, "uss-a").await, Served::start(&dss, "uss-b").await);
        let near = own(10.001, 20.0);
        a.file(&near).await.unwrap();
        let one = own(10.0, 20.0);
        // Done, and the answer lost: a DSS that knows keys tells it again, another is written once more.
        dss.faults.lose_answers.store(1, SeqCst);
        let filed = b.file(&one).await.unwrap();
        let version = if no_keys { 2 } else { 1 };
        assert_eq!((filed.version, filed.told), (version, 1));
        assert_eq!(at_dss(&dss, one.id, "uss-b").await, Some(i64::from(version)));
        assert_eq!(a.uss.peers().all[&one.id].version, version);
        // Lost on the way.
        dss.faults.lose_writes.store(2, SeqCst);
        let filed = b.file(&in_state(&one, IntentState::Activated)).await.unwrap();
        assert_eq!(filed.version, version + 1);
        // A change that was done.
        dss.faults.lose_answers.store(1, SeqCst);
        let filed = b.file(&one).await.unwrap();
        assert_eq!(at_dss(&dss, one.id, "uss-b").await, Some(i64::from(filed.version)));
        assert_eq!(a.uss.peers().all[&one.id].version, filed.version);
        // And so it is taken out.
        dss.faults.lose_answers.store(1, SeqCst);
        b.uss.withdraw(one.id).await.unwrap();
        assert_eq!(at_dss(&dss, one.id, "uss-b").await, None);
        assert_eq!(a.uss.peers().all.contains_key(&one.id), no_keys, "whom to notify was lost too");
        dss.stop().await;
    }
}

/// USS-3: What was said to be filed is at the DSS, and told to who has subscribed.
#[tokio::test]
async fn while_it_is_not_known_the_last_accepted_version_is_told() {
    let dss = Dss::start().await;
    let a = Served::start(&dss, "uss-a").await;
    let one = own(10.0, 20.0);
    a.file(&one).await.unwrap();
    let details = format!("{}/uss/v1/operational_intents/{}", a.url, one.id);
    let told = || ask("GET", &details, Some(("uss-b", &[SC])), None);
    dss.faults.away.store(true, SeqCst);
    let doubt = a.file(&in_state(&one, IntentState::Nonconforming)).await.unwrap_err();
    assert!(matches!(doubt, NotFiled::InDoubt(_)), "{doubt}");
    let reference = told().await.body["operational_intent"]["reference"].clone();
    assert_eq!((&reference["version"], &reference["state"]), (&json!(1), &json!("Accepted")));
    // Nothing is done before it is known.
    let away = a.file(&one).await.unwrap_err();
    assert!(matches!(away, NotFiled::Away(_)), "{away}");
    assert!(matches!(a.uss.withdraw(one.id).await.unwrap_err(), NotFiled::Away(_)));
    dss.faults.away.store(false, SeqCst);
    // What was to be taken out is, in the background, unless it is filed again before.
    let filed = a.file(&in_state(&one, IntentState::Nonconforming)).await.unwrap();
    assert_eq!(filed.version, 2);
    dss.faults.away.store(true, SeqCst);
    a.uss.withdraw(one.id).await.unwrap_err();
    dss.faults.away.store(false, SeqCst);
    let uss = a.uss.clone();
    let running = tokio::spawn(async move { uss.run(std::future::pending()).await });
    let mut gone = false;
    for _ in 0..100 {
        gone = told().await.status == 404;
        if gone {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(gone);
    assert_eq!(at_dss(&dss, one.id, "uss-a").await, None);
    running.abort();
    dss.stop().await;
}

/// USS-3: What was said to be filed is at the DSS, and told to who has subscribed.
#[tokio::test]
async fn what_is_in_doubt_is_found_out_in_the_background() {
    for done in [true, false] {
        let dss = Dss::start().await;
        let a = Served::with(&dss, "uss-a", |s| s.refresh = Duration::from_secs(1)).await;
        let one = own(10.0, 20.0);
        // The write is done or not, and from then on nothing is answered.
        let lost = if done { &dss.faults.lose_answers } else { &dss.faults.lose_writes };
        lost.store(1, SeqCst);
        dss.faults.away_after_loss.store(true, SeqCst);
        assert!(matches!(a.file(&one).await, Err(NotFiled::InDoubt(_))));
        let details = format!("{}/uss/v1/operational_intents/{}", a.url, one.id);
        assert_eq!(ask("GET", &details, Some(("uss-b", &[SC])), None).await.status, 404);
        dss.faults.away.store(false, SeqCst);
        let uss = a.uss.clone();
        let running = tokio::spawn(async move { uss.run(std::future::pending()).await });
        assert!(until(|| !a.around.settled.lock().unwrap().is_empty()).await);
        assert_eq!(*a.around.settled.lock().unwrap(), [(one.id, done)]);
        let status = ask("GET", &details, Some(("uss-b", &[SC])), None).await.status;
        assert_eq!(status, if done { 200 } else { 404 });
        running.abort();
        assert_eq!(a.file(&one).await.unwrap().version, if done { 2 } else { 1 });
        dss.stop().await;
    }
}

/// USS-4: What a peer does not tell, or tells wrongly, is never taken for nothing.
#[tokio::test]
async fn a_silent_peer_with_many_is_waited_for_once() {
    let dss = Dss::start().await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let slow = Liar { url, ..Liar::start().await };
    let mut key = Vec::new();
    for n in 0..40 {
        key.push(slow.file_knowing(&dss, 10.0 + 1e-5 * f64::from(n), 20.0, &key).await.1);
    }
    let a = Served::with(&dss, "uss-a", |s| s.patience = Duration::from_millis(500)).await;
    let refused = a.file(&own(10.0, 20.0)).await.unwrap_err();
    assert!(matches!(refused, NotFiled::PeerAway { .. }), "{refused}");
    assert!(a.uss.peers().all.len() == 40, "none of them is forgotten");
    let accepted = std::iter::from_fn(|| {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        matches!(silent.poll_accept(&mut context), std::task::Poll::Ready(Ok(_))).then_some(())
    });
    assert!(accepted.count() <= 8, "not more than are asked at once");
    dss.stop().await;
}

#[tokio::test]
async fn what_cannot_be_told_is_refused_with_a_reason() {
    let dss = Dss::start().await;
    let a = Served::start(&dss, "uss-a").await;
    let unfit = |change: &dyn Fn(&mut deconflict_uss::Own)| {
        let mut own = own(10.0, 20.0);
        change(&mut own);
        own
    };
    for (own, words) in [
        (unfit(&|o| o.volumes.clear()), "at least one volume"),
        (unfit(&|o| o.volumes[0].end = None), "both times"),
        (unfit(&|o| o.volumes[0].lower = None), "both altitudes"),
        (unfit(&|o| o.volumes[0].footprint = deconflict_core::volume::Footprint::World), "outline"),
        (unfit(&|o| o.off_nominal = o.volumes.clone()), "Nonconforming"),
        (
            unfit(&|o| {
                let reference = deconflict_core::AltitudeReference::Ground;
                o.volumes[0].lower = Some(deconflict_core::Altitude { m: 50.0, reference });
            }),
            "terrain",
        ),
    ] {
        match a.file(&own).await.unwrap_err() {
            NotFiled::Unfit(why) => assert!(why.contains(words), "{why}"),
            other => unreachable!("{other}"),
        }
    }
    // Somebody else's id.
    let b = Served::start(&dss, "uss-b").await;
    let theirs = own(10.0, 20.0);
    a.file(&theirs).await.unwrap();
    let refused = b.file(&theirs).await.unwrap_err();
    assert!(matches!(refused, NotFiled::Refused(_)), "{refused}");
    dss.stop().await;
}

type Says = Box<dyn Fn(Value) -> axum::response::Response + Send>;

/// A peer that answers as it likes.
struct Liar {
    url: String,
    says: Arc<Mutex<Says>>,
    truth: Arc<Mutex<Value>>,
}

impl Liar {
    async fn start() -> Liar {
        let truth = Arc::new(Mutex::new(Value::Null));
        let says: Says = Box::new(|v| axum::Json(v).into_response());
        let says = Arc::new(Mutex::new(says));
        let (held, answers) = (Arc::clone(&truth), Arc::clone(&says));
        let details = move |Path(_): Path<String>| {
            let answer = answers.lock().unwrap()(held.lock().unwrap().clone());
            async move { answer }
        };
        let app = axum::Router::new()
            .route("/uss/v1/operational_intents/{id}", axum::routing::get(details))
            .route("/elsewhere", axum::routing::get(|| async { "there" }));
        let (url, _) = serve(app).await;
        Liar { url, says, truth }
    }

    /// Files something at the DSS, and knows what it should tell.
    async fn file(&self, dss: &Dss, lat: f64, lon: f64) -> Uuid {
        self.file_knowing(dss, lat, lon, &[]).await.0
    }

    async fn file_knowing(&self, dss: &Dss, lat: f64, lon: f64, key: &[String]) -> (Uuid, String) {
        let own = own(lat, lon);
        let extent = deconflict_intent::outward::told(&own.volumes[0], |_| Default::default());
        let extent = extent.unwrap().remove(0);
        let body = json!({
            "extents": [extent], "state": "Accepted", "uss_base_url": self.url, "key": key,
            "new_subscription": { "uss_base_url": self.url },
        });
        let reply = ask(
            "PUT",
            &path(dss, own.id),
            Some(("liar", &[SC])),
            Some(body.to_string().into_bytes()),
        )
        .await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        *self.truth.lock().unwrap() = json!({ "operational_intent": {
            "reference": reply.body["operational_intent_reference"],
            "details": { "volumes": [extent], "priority": 3 },
        }});
        let ovn = reply.body["operational_intent_reference"]["ovn"].as_str().unwrap();
        (own.id, ovn.to_owned())
    }

    fn says(&self, says: impl Fn(Value) -> axum::response::Response + Send + 'static) {
        *self.says.lock().unwrap() = Box::new(says);
    }
}

/// USS-4: What a peer does not tell, or tells wrongly, is never taken for nothing.
#[tokio::test]
async fn a_peer_that_lies_is_not_believed() {
    let dss = Dss::start().await;
    let liar = Liar::start().await;
    let id = liar.file(&dss, 10.0, 20.0).await;
    let a = Served::with(&dss, "uss-a", |s| {
        s.answer_bytes = 100_000;
        s.patience = Duration::from_millis(400);
    })
    .await;
    let changed = |pointer: &'static str, value: Value| {
        move |mut told: Value| {
            *told.pointer_mut(pointer).unwrap() = value.clone();
            axum::Json(told).into_response()
        }
    };
    let at = |s: f64| json!({ "value": deconflict_intent::wire::WireTime::from(now().plus_s(s)).value, "format": "RFC3339" });
    let mut tried = 0;
    let mut refused = async |says: Says, words: &str| {
        liar.says(says);
        match a.file(&own(10.001, 20.0)).await.unwrap_err() {
            NotFiled::PeerAway { manager, reason, .. } => {
                assert_eq!(manager, "liar");
                assert!(reason.contains(words), "{words}: {reason}");
            }
            other => unreachable!("{words}: {other}"),
        }
        tried += 1;
    };
    refused(
        Box::new(changed("/operational_intent/reference/manager", json!("uss-b"))),
        "another manager",
    )
    .await;
    refused(Box::new(changed("/operational_intent/reference/version", json!(0))), "version 0")
        .await;
    refused(
        Box::new(changed("/operational_intent/reference/id", json!(Uuid::new_v4()))),
        "instead",
    )
    .await;
    let not_told = json!("Available from USS");
    refused(Box::new(changed("/operational_intent/reference/ovn", not_told)), "ovn").await;
    refused(Box::new(changed("/operational_intent/reference/ovn", json!("short"))), "ovn").await;
    refused(
        Box::new(changed(
            "/operational_intent/reference/ovn",
            json!("a number of another version"),
        )),
        "not the one that the DSS has",
    )
    .await;
    refused(Box::new(changed("/operational_intent/details/volumes", json!([]))), "no volumes")
        .await;
    refused(
        Box::new(changed("/operational_intent/details/volumes/0/time_end", at(9_000.0))),
        "times",
    )
    .await;
    refused(
        Box::new(changed("/operational_intent/details/volumes/0/time_start", at(-900.0))),
        "times",
    )
    .await;
    refused(
        Box::new(changed(
            "/operational_intent/details/volumes/0/volume/outline_circle/center/lat",
            json!(99.0),
        )),
        "latitude",
    )
    .await;
    refused(
        Box::new(changed(
            "/operational_intent/details/volumes/0/volume/outline_circle/radius/value",
            json!(1e6),
        )),
        "area",
    )
    .await;
    refused(
        Box::new(changed("/operational_intent/details/priority", json!("high"))),
        "not what the standard has",
    )
    .await;
    refused(
        Box::new(|_| Body::from(vec![b' '; 200_000]).into_response()),
        "more than 100000 bytes",
    )
    .await;
    refused(
        Box::new(|_| {
            Body::from(format!("{}{}", "[".repeat(9_000), "]".repeat(9_000))).into_response()
        }),
        "not what the standard has",
    )
    .await;
    refused(
        Box::new(|_| axum::response::Redirect::temporary("/elsewhere").into_response()),
        "another address",
    )
    .await;
    refused(Box::new(|_| axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()), "500")
        .await;
    assert_eq!(tried, 16);
    // A lie does not stick.
    liar.says(|told| axum::Json(told).into_response());
    let filed = a.file(&own(10.001, 20.0)).await.unwrap();
    assert_eq!((filed.peers[0].id, &filed.peers[0].details), (id, &Details::Known));
    // A peer that never answers holds up who asks for as long as its patience is.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let slow = Liar { url, ..Liar::start().await };
    slow.file(&dss, 30.0, 20.0).await;
    let refused = a.file(&own(30.001, 20.0)).await.unwrap_err();
    assert!(refused.to_string().contains("in time"), "{refused}");
    dss.stop().await;
}

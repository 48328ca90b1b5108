//! Two and three USSs around a DSS.
#![allow(clippy::unwrap_used)]

mod common;

use common::*;
use deconflict_core::{Altitude, GeoPoint};
use deconflict_intent::{IntentState, Presence};
use deconflict_uss::{Details, NotFiled, PeerWhat, Telemetry};
use std::sync::Arc;

/// USS-1: Nothing is filed whose neighbours are not known.
#[tokio::test]
async fn who_files_second_is_told_of_the_first() {
    let dss = Dss::start().await;
    let (a, b) = (Served::start(&dss, "uss-a").await, Served::start(&dss, "uss-b").await);
    let first = own(10.0, 20.0);
    let filed = a.file_if_free(&first).await.unwrap();
    assert_eq!((filed.version, filed.peers.len(), filed.told), (1, 0, 0));

    let second = own(10.001, 20.0);
    let refused = b.file_if_free(&second).await.unwrap_err();
    assert_eq!(refused, NotFiled::NotFree(format!("uss-a has {} there", first.id)));
    let reply = ask(
        "GET",
        &format!("{}/dss/v1/operational_intent_references/{}", dss.url, second.id),
        Some(("uss-b", &[SC])),
        None,
    )
    .await;
    assert_eq!(reply.status, 404, "nothing was filed");

    // Whoever goes ahead all the same has proved that it knows, and the first is told.
    let filed = b.file(&second).await.unwrap();
    assert_eq!((filed.peers.len(), filed.told, filed.not_told.len()), (1, 1, 0));
    let known = &filed.peers[0];
    assert_eq!(
        (known.id, known.manager.as_str(), &known.details),
        (first.id, "uss-a", &Details::Known)
    );
    assert_eq!(known.what, PeerWhat::Intent { state: IntentState::Accepted, priority: 7 });
    assert!(known.volumes[0].overlaps(&first.volumes[0]));
    assert_eq!(known.volumes[0].start, first.volumes[0].start);
    let told = a.uss.peers();
    assert_eq!(told.all[&second.id].version, 1);
    assert_eq!(a.around.told.lock().unwrap().last().unwrap().all.len(), 1);
    dss.stop().await;
}

/// USS-1: Nothing is filed whose neighbours are not known.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_at_once_never_both_miss_the_other() {
    let dss = Dss::start().await;
    let (a, b) = (Served::start(&dss, "uss-a").await, Served::start(&dss, "uss-b").await);
    for n in 0..8 {
        let (one, two) = (own(f64::from(n), 30.0), own(f64::from(n) + 0.001, 30.0));
        let (left, right) = tokio::join!(a.file_if_free(&one), b.file_if_free(&two));
        let filed = usize::from(left.is_ok()) + usize::from(right.is_ok());
        assert_eq!(filed, 1, "{left:?} {right:?}");
        // The same without a check: both are there, and one knew the other.
        let (one, two) = (own(f64::from(n), 40.0), own(f64::from(n) + 0.001, 40.0));
        let (left, right) = tokio::join!(a.file(&one), b.file(&two));
        let knew = |filed: &deconflict_uss::Filed, id| filed.peers.iter().any(|p| p.id == id);
        assert!(knew(&left.unwrap(), two.id) || knew(&right.unwrap(), one.id));
    }
    dss.stop().await;
}

/// USS-3: What was said to be filed is at the DSS, and told to who has subscribed.
#[tokio::test]
async fn every_change_is_told_until_it_is_gone() {
    let dss = Dss::start().await;
    let (a, b) = (Served::start(&dss, "uss-a").await, Served::start(&dss, "uss-b").await);
    let (first, second) = (own(10.0, 20.0), own(10.001, 20.0));
    a.file(&first).await.unwrap();
    b.file(&second).await.unwrap();
    let of = |id| a.uss.peers().all.get(&id).cloned();
    let telemetry = format!("{}/uss/v1/operational_intents/{}/telemetry", b.url, second.id);
    let asking: Option<(&str, &[&str])> = Some(("uss-a", &[CMSA]));
    assert_eq!(ask("GET", &telemetry, asking, None).await.status, 409);

    let mut wider = second.clone();
    wider.volumes.push(circle(10.01, 20.0, 300.0, [100.0, 250.0], -60.0, 900.0));
    let filed = b.file(&wider).await.unwrap();
    assert_eq!((filed.version, filed.told), (2, 1));
    assert_eq!(of(second.id).unwrap().volumes.len(), 2);

    let filed = b.file(&in_state(&wider, IntentState::Activated)).await.unwrap();
    assert_eq!(filed.version, 3);
    let filed = b.file(&in_state(&wider, IntentState::Nonconforming)).await.unwrap();
    assert_eq!((filed.version, filed.told), (4, 1));
    let known = of(second.id).unwrap();
    assert_eq!(known.what, PeerWhat::Intent { state: IntentState::Nonconforming, priority: 7 });
    assert_eq!(known.off_nominal.len(), 2);

    assert_eq!(ask("GET", &telemetry, asking, None).await.status, 412);
    *b.around.telemetry.lock().unwrap() = Some(Telemetry {
        measured: now(),
        position: GeoPoint::from_deg(10.0, 179.99),
        altitude: Some(Altitude::ellipsoid_m(150.0)),
        horizontal_sigma_m: Some(4.0),
        vertical_sigma_m: None,
        extrapolated: false,
        ground_speed_mps: Some(12.0),
        track_rad: Some(-0.5 * std::f64::consts::PI),
        next: None,
    });
    let told = ask("GET", &telemetry, asking, None).await;
    assert_eq!(told.status, 200, "{}", told.body);
    let position = &told.body["telemetry"]["position"];
    assert_eq!(
        (position["accuracy_h"].as_str(), position["accuracy_v"].as_str()),
        (Some("HA10m"), Some("VAUnknown"))
    );
    assert_eq!(told.body["telemetry"]["velocity"]["track"], 270.0);

    let filed = b.file(&in_state(&wider, IntentState::Contingent)).await.unwrap();
    assert_eq!(filed.version, 5);
    assert!(of(second.id).unwrap().volumes.is_empty());
    b.uss.withdraw(second.id).await.unwrap();
    assert_eq!(of(second.id), None);
    let gone = ask(
        "GET",
        &format!("{}/uss/v1/operational_intents/{}", b.url, second.id),
        Some(("uss-a", &[SC])),
        None,
    )
    .await;
    assert_eq!(gone.status, 404);
    b.uss.withdraw(second.id).await.unwrap();
    dss.stop().await;
}

#[tokio::test]
async fn a_new_one_may_be_active_or_not_conform_at_once() {
    let dss = Dss::start().await;
    let a = Served::start(&dss, "uss-a").await;
    for state in [IntentState::Activated, IntentState::Nonconforming, IntentState::Contingent] {
        let filed = a.file(&in_state(&own(10.0, 20.0), state)).await.unwrap();
        assert_eq!(filed.version, 2, "{state:?}");
    }
    dss.stop().await;
}

/// USS-4: What a peer does not tell, or tells wrongly, is never taken for nothing.
#[tokio::test]
async fn a_peer_that_is_away_is_not_taken_for_nothing() {
    let dss = Dss::start().await;
    let (a, b) = (Served::start(&dss, "uss-a").await, Served::start(&dss, "uss-b").await);
    let planned = own(10.0, 20.0);
    let flown = own(50.0, 20.0);
    a.file(&planned).await.unwrap();
    a.file(&flown).await.unwrap();
    a.file(&in_state(&flown, IntentState::Activated)).await.unwrap();
    drop(a.away().await);

    let unknown = b.file(&own(10.001, 20.0)).await.unwrap_err();
    assert!(
        matches!(&unknown, NotFiled::PeerAway { manager, id, .. } if manager == "uss-a" && *id == planned.id),
        "{unknown}"
    );
    // It is known to be away: what it only planned gives way, what it flies to nobody.
    set_availability(&dss, "uss-a", "Down").await;
    let over_planned = own(10.001, 20.0);
    let filed = b.file(&over_planned).await.unwrap();
    let known = &filed.peers[0];
    assert_eq!(known.what, PeerWhat::Intent { state: IntentState::Accepted, priority: i32::MIN });
    assert_eq!(known.uss_availability, Presence::Down);
    assert!(matches!(known.details, Details::NotHad(_)));
    assert!(known.volumes[0].overlaps(&over_planned.volumes[0]));
    let refused = b.file_if_free(&own(50.001, 20.0)).await.unwrap_err();
    assert!(matches!(refused, NotFiled::NotFree(_)), "{refused}");
    let refused = b.file(&own(50.001, 20.0)).await.unwrap_err();
    assert!(matches!(refused, NotFiled::PeerAway { .. }), "{refused}");
    // Who does not conform files without knowing.
    let lost = in_state(&own(10.002, 20.0), IntentState::Nonconforming);
    b.file(&lost).await.unwrap();
    dss.stop().await;
}

#[tokio::test]
async fn constraints_are_known_of_what_is_filed() {
    let dss = Dss::start().await;
    let a = Served::with(&dss, "uss-a", managing).await;
    let b =
        Served::with(&dss, "uss-b", |s| s.constraints = deconflict_uss::Constraints::Process).await;
    let none = Served::start(&dss, "uss-c").await;
    let fire = constraint(10.0, 20.0);
    a.file(&fire).await.unwrap();
    let filed = b.file(&own(10.001, 20.0)).await.unwrap();
    assert_eq!(filed.peers[0].what, PeerWhat::Constraint { kind: Some("test.fire".into()) });
    assert!(none.file(&own(10.3, 20.0)).await.unwrap().peers.is_empty());
    assert!(matches!(b.file(&constraint(10.0, 20.0)).await, Err(NotFiled::Unfit(_))));

    let mut larger = fire.clone();
    larger.volumes[0] = circle(10.0, 20.0, 900.0, [0.0, 900.0], -60.0, 600.0);
    assert_eq!(a.file(&larger).await.unwrap().told, 1);
    assert_eq!(b.uss.peers().all[&fire.id].version, 2);
    a.uss.withdraw(fire.id).await.unwrap();
    assert!(b.uss.peers().all.is_empty());
    dss.stop().await;
}

/// USS-5: A picture of peers says how old it is, and what was missed is found.
#[tokio::test]
async fn watched_regions_are_known_before_anything_is_filed() {
    let dss = Dss::start().await;
    let a = Served::start(&dss, "uss-a").await;
    let region = || circle(10.0, 20.0, 20_000.0, [-100.0, 1_000.0], 0.0, 1.0);
    let b = Served::with(&dss, "uss-b", |s| s.watched = vec![region()]).await;
    let first = own(10.0, 20.0);
    a.file(&first).await.unwrap();
    assert_eq!(b.uss.peers().known_at, deconflict_core::Time::MIN);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let uss = b.uss.clone();
    let running = tokio::spawn(async move {
        uss.run(async { drop(stopped.await) }).await;
    });
    assert!(until(|| b.uss.peers().all.contains_key(&first.id)).await);
    assert!(until(|| b.uss.peers().known_at > deconflict_core::Time::MIN).await);
    assert_eq!(b.uss.peers().trouble, None);
    // From now on notifications tell, also of what is filed far from anything of ours.
    let second = own(10.1, 20.1);
    assert_eq!(a.file(&second).await.unwrap().told, 1);
    assert!(b.uss.peers().all.contains_key(&second.id));
    // What was taken out unseen is gone with the next look.
    let path = format!("{}/dss/v1/operational_intent_references/{}", dss.url, second.id);
    let ovn =
        ask("GET", &path, Some(("uss-a", &[SC])), None).await.body["operational_intent_reference"]
            ["ovn"]
            .as_str()
            .unwrap()
            .to_owned();
    ask("DELETE", &format!("{path}/{ovn}"), Some(("uss-a", &[SC])), None).await;
    b.uss.refresh().await.unwrap();
    assert!(!b.uss.peers().all.contains_key(&second.id));
    assert!(b.uss.peers().all.contains_key(&first.id));
    // While the DSS is away the picture stays, and says how old it is.
    let known_at = b.uss.peers().known_at;
    dss.faults.away.store(true, std::sync::atomic::Ordering::SeqCst);
    assert!(b.uss.refresh().await.is_err());
    assert_eq!(b.uss.peers().known_at, known_at);
    dss.faults.away.store(false, std::sync::atomic::Ordering::SeqCst);
    drop(stop);
    running.await.unwrap();
    let left = ask(
        "POST",
        &format!("{}/dss/v1/subscriptions/query", dss.url),
        Some(("uss-b", &[SC])),
        Some(query(&region())),
    )
    .await;
    assert_eq!(left.body["subscriptions"].as_array().unwrap().len(), 0, "it says goodbye");
    dss.stop().await;
}

fn query(region: &deconflict_core::Volume4d) -> Vec<u8> {
    let mut area = deconflict_intent::outward::told(region, |_| Default::default()).unwrap();
    let mut area = area.remove(0);
    (area.time_start, area.time_end) = (None, None);
    serde_json::to_vec(&serde_json::json!({ "area_of_interest": area })).unwrap()
}

#[tokio::test]
async fn what_is_ours_is_found_after_a_start() {
    let dss = Dss::start().await;
    let a = Served::start(&dss, "uss-a").await;
    let b = Served::start(&dss, "uss-b").await;
    let (kept, changed, orphan) = (own(10.0, 20.0), own(10.05, 20.0), own(10.0, 20.05));
    let mut numbers = Vec::new();
    for one in [&kept, &changed, &orphan] {
        numbers.push(a.file(one).await.unwrap().ovn);
    }
    let near = own(10.0, 20.051);
    b.file(&near).await.unwrap();
    let a = a.again(&dss, "uss-a").await;
    let details = |id| format!("{}/uss/v1/operational_intents/{id}", a.url);
    let asking: Option<(&str, &[&str])> = Some(("uss-b", &[SC]));
    assert_eq!(ask("GET", &details(kept.id), asking, None).await.status, 404);

    let new = own(11.0, 20.0);
    let mut later = changed.clone();
    later.volumes[0].end = Some(now().plus_s(1_200.0));
    let mut sure = kept.clone();
    sure.ovn = Some(numbers[0].clone());
    let aligned = a.uss.align(vec![sure.clone(), later.clone(), new.clone()]).await;
    assert_eq!((aligned.adopted, aligned.to_file), (vec![kept.id], vec![later.id, new.id]));
    assert!(aligned.removed.is_empty() && aligned.trouble.is_empty(), "no region is watched");
    assert_eq!(ask("GET", &details(kept.id), asking, None).await.status, 200);
    assert_eq!(a.file(&later).await.unwrap().version, 2);
    assert_eq!(a.file(&new).await.unwrap().version, 1);
    // Another number than that of the DSS: it is not what was filed.
    sure.ovn = Some(numbers[1].clone());
    assert_eq!(a.uss.align(vec![sure]).await.to_file, [kept.id]);
    drop(a.away().await);

    // A second start, of one that watches: what nobody wants is taken out, and those near it are told.
    let url = a_url(&dss, orphan.id).await;
    let watching = Served::with(&dss, "uss-a", |s| {
        s.watched = vec![circle(10.0, 20.0, 20_000.0, [0.0, 500.0], 0.0, 1.0)];
        s.base_url = url;
    })
    .await;
    assert!(b.uss.peers().all.contains_key(&orphan.id) || !b.uss.peers().all.is_empty());
    let aligned = watching.uss.align(vec![kept.clone(), later.clone()]).await;
    assert_eq!(aligned.removed, [orphan.id], "{aligned:?}");
    assert!(!b.uss.peers().all.contains_key(&orphan.id));
    dss.stop().await;
}

async fn a_url(dss: &Dss, id: uuid::Uuid) -> String {
    let path = format!("{}/dss/v1/operational_intent_references/{id}", dss.url);
    let told = ask("GET", &path, Some(("uss-a", &[SC])), None).await;
    told.body["operational_intent_reference"]["uss_base_url"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn who_is_slow_holds_nobody_up_and_is_told_later() {
    let dss = Dss::start().await;
    let (a, b) = (Served::start(&dss, "uss-a").await, Served::start(&dss, "uss-b").await);
    let (first, second) = (own(10.0, 20.0), own(10.001, 20.0));
    a.file(&first).await.unwrap();
    b.file(&second).await.unwrap();
    let url = a.url.clone();
    let uss = a.away().await;
    let filed = b.file(&in_state(&second, IntentState::Activated)).await.unwrap();
    assert_eq!((filed.told, filed.not_told.len()), (0, 1), "{:?}", filed.not_told);
    // It is back, and told again in the background.
    let listener = tokio::net::TcpListener::bind(url.trim_start_matches("http://")).await.unwrap();
    let app = uss.router();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let activated = |peer: &Arc<deconflict_uss::Peer>| peer.version == 2;
    assert!(until(|| uss.peers().all.get(&second.id).is_some_and(activated)).await);
    dss.stop().await;
}

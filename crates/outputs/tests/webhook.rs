//! The webhook against a receiver that fails in every way that receivers do.

mod common;

use common::receiver::{Answer, Receiver};
use common::{alert, picture, seen, start, status_when, tell};
use deconflict_outputs::{Condition, Outputs, Told, signature};
use deconflict_picture::{Feed, Health};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

const SECRET: &str = "0123456789abcdef";

fn webhook(receiver: &Receiver, more: &str) -> Outputs {
    start(&format!(
        "[[output]]\nkind = \"webhook\"\nname = \"desk\"\nviewer = \"everything\"\n\
         url = \"http://{}/hook?key=sesame\"\nsecret = \"{SECRET}\"\n\
         retry_first_s = 0.01\nretry_most_s = 0.05\n{more}",
        receiver.address
    ))
}

const STATES: [&str; 4] = ["predicted", "imminent", "lost", "ended"];

#[tokio::test]
async fn a_change_is_posted_and_signed() {
    let mut receiver = Receiver::start(&[]).await;
    let outputs = webhook(&receiver, "");
    tell(&outputs, &picture(1.0, Vec::new(), vec![alert(3, "predicted", 1.0)]));
    let request = receiver.next().await;
    assert!(request.head.starts_with("POST /hook?key=sesame HTTP/1.1"), "{}", request.head);
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(request.header("deconflict-attempt"), "1");
    let body = request.json();
    assert_eq!(body["kind"], "alert");
    assert_eq!(body["run"], "run");
    assert_eq!(body["number"], 1);
    assert_eq!(body["time"], "2026-01-01T00:00:01.000Z");
    assert_eq!(body["delivery"], request.header("deconflict-delivery"));
    assert_eq!(body["alert"]["id"], "run-3");
    assert_eq!(body["alert"]["at_cpa"]["a"][0], 40.31);
    let header = request.header("deconflict-signature");
    let (time, _) = header.strip_prefix("t=").unwrap().split_once(',').unwrap();
    assert_eq!(header, signature(SECRET.as_bytes(), time.parse().unwrap(), &request.body));
    let status = status_when(&outputs, |s| s.sent == 1).await;
    assert_eq!((status.state, status.queued), (Condition::Working, 0));
}

/// OUT-1: whatever the receiver does, it has every state of every alert, in order.
#[tokio::test]
async fn all_arrives_in_order_through_every_failure() {
    let pattern = [
        Answer::Status(500, ""),
        Answer::Status(204, ""),
        Answer::Close,
        Answer::Status(429, "Retry-After: 0\r\n"),
        Answer::Hang,
        Answer::Status(200, ""),
        Answer::Status(503, ""),
        Answer::Status(408, ""),
        Answer::Status(201, ""),
    ];
    let script: Vec<Answer> = pattern.iter().cycle().take(6 * pattern.len()).cloned().collect();
    let mut receiver = Receiver::start(&script).await;
    let outputs = webhook(&receiver, "timeout_s = 0.3");
    for (state, second) in STATES.iter().zip(1..) {
        let alerts = (1..=10).map(|n| alert(n, state, f64::from(second))).collect();
        tell(&outputs, &picture(f64::from(second), Vec::new(), alerts));
    }
    let mut accepted: BTreeMap<String, Vec<String>> = BTreeMap::new();
    while accepted.values().map(Vec::len).sum::<usize>() < 40 {
        let request = receiver.next().await;
        let body = request.json();
        let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let states = accepted.entry(text(&body["alert"]["id"])).or_default();
        let state = text(&body["alert"]["state"]);
        // Also those that were not accepted must not be older than what was. One whose answer
        // came too late is sent again.
        let place = STATES.iter().position(|s| *s == state).unwrap_or_default();
        if place + 1 == states.len() {
            continue;
        }
        assert_eq!(place, states.len(), "{states:?} then {state}");
        if request.answer.accepts() {
            states.push(state);
        }
    }
    assert!(accepted.values().all(|states| *states == STATES), "{accepted:?}");
    let status = status_when(&outputs, |s| s.sent == 40).await;
    assert_eq!((status.dropped, status.queued), (0, 0));
    assert!(status.failed > 0);
}

#[tokio::test]
async fn a_receiver_that_was_away_gets_what_it_missed() {
    let mut receiver = Receiver::start(&[]).await;
    let outputs = webhook(&receiver, "");
    tell(&outputs, &picture(1.0, Vec::new(), vec![alert(1, "predicted", 1.0)]));
    receiver.next().await;
    status_when(&outputs, |s| s.sent == 1).await;
    let address = receiver.leave().await;
    for (state, second) in [("imminent", 2.0), ("lost", 3.0), ("ended", 4.0)] {
        tell(&outputs, &picture(second, Vec::new(), vec![alert(1, state, second)]));
    }
    let status = status_when(&outputs, |s| s.failed >= 3).await;
    assert_eq!((status.state, status.queued), (Condition::Failing, 3));
    let why = status.last_error.unwrap_or_default();
    assert!(why.contains("cannot be reached") && !why.contains("sesame"), "{why}");
    let mut receiver = Receiver::at(address, &[]).await;
    for state in ["imminent", "lost", "ended"] {
        assert_eq!(receiver.next().await.json()["alert"]["state"], state);
    }
    let status = status_when(&outputs, |s| s.sent == 4).await;
    assert_eq!((status.state, status.dropped), (Condition::Working, 0));
}

#[tokio::test]
async fn gone_means_gone() {
    let mut receiver = Receiver::start(&[Answer::Status(410, "")]).await;
    let outputs = webhook(&receiver, "parallel = 1");
    let alerts = (1..=3).map(|n| alert(n, "predicted", 1.0)).collect();
    tell(&outputs, &picture(1.0, Vec::new(), alerts));
    receiver.next().await;
    let status = status_when(&outputs, |s| s.dropped == 3).await;
    assert_eq!(status.state, Condition::Stopped);
    tell(&outputs, &picture(2.0, Vec::new(), vec![alert(1, "lost", 2.0)]));
    let status = status_when(&outputs, |s| s.dropped == 4).await;
    assert_eq!((status.sent, status.state), (0, Condition::Stopped));
    assert!(receiver.requests.try_recv().is_err(), "nothing comes after 410");
}

#[tokio::test]
async fn what_is_refused_is_not_sent_again_and_what_follows_is() {
    let script = [Answer::Status(422, ""), Answer::Status(204, "")];
    let mut receiver = Receiver::start(&script).await;
    let outputs = webhook(&receiver, "");
    tell(&outputs, &picture(1.0, Vec::new(), vec![alert(1, "predicted", 1.0)]));
    tell(&outputs, &picture(2.0, Vec::new(), vec![alert(1, "lost", 2.0)]));
    assert_eq!(receiver.next().await.json()["alert"]["state"], "predicted");
    assert_eq!(receiver.next().await.json()["alert"]["state"], "lost");
    let status = status_when(&outputs, |s| s.sent == 1).await;
    assert_eq!((status.failed, status.dropped), (1, 1));
    assert!(status.last_error.unwrap_or_default().contains("422"));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let mut elsewhere = Receiver::start(&[]).await;
    let to: &'static str = format!("Location: http://{}/\r\n", elsewhere.address).leak();
    let mut receiver = Receiver::start(&[Answer::Status(307, to)]).await;
    let outputs = webhook(&receiver, "");
    tell(&outputs, &picture(1.0, Vec::new(), vec![alert(1, "predicted", 1.0)]));
    receiver.next().await;
    let status = status_when(&outputs, |s| s.dropped == 1).await;
    assert!(status.last_error.unwrap_or_default().contains("redirects are not followed"));
    assert!(elsewhere.requests.try_recv().is_err());
}

#[tokio::test]
async fn retry_after_is_kept_for_all_alerts() {
    let mut receiver = Receiver::start(&[Answer::Status(429, "Retry-After: 1\r\n")]).await;
    let outputs = webhook(&receiver, "");
    tell(&outputs, &picture(1.0, Vec::new(), vec![alert(1, "predicted", 1.0)]));
    let first = receiver.next().await;
    status_when(&outputs, |s| s.failed == 1).await;
    tell(&outputs, &picture(1.0, Vec::new(), vec![alert(2, "predicted", 1.0)]));
    for _ in 0..2 {
        let request = receiver.next().await;
        assert!(request.at.duration_since(first.at) >= Duration::from_secs(1));
    }
}

#[tokio::test]
async fn what_is_too_old_is_given_up_and_counted() {
    let script = vec![Answer::Status(500, ""); 100_000];
    let receiver = Receiver::start(&script).await;
    let outputs = webhook(&receiver, "max_age_s = 1.0");
    tell(&outputs, &picture(1.0, Vec::new(), vec![alert(1, "predicted", 1.0)]));
    let status = status_when(&outputs, |s| s.dropped == 1).await;
    assert_eq!((status.sent, status.queued), (0, 0));
    assert!(status.last_error.unwrap_or_default().contains("max_age_s"));
}

#[tokio::test]
async fn feeds_that_fall_silent_and_come_back_are_told() {
    let mut receiver = Receiver::start(&[]).await;
    let outputs = webhook(&receiver, "events = [\"feed\"]");
    let with = |second: f64, silent: &[&str]| {
        let mut seen = seen(second, Vec::new(), Vec::new());
        seen.incomplete = silent.iter().map(|s| (*s).to_owned()).collect();
        seen.feeds = vec![feed("radar", Health::Silent)];
        Told::new(Arc::new(seen), true, vec![alert(1, "predicted", second)])
    };
    tell(&outputs, &with(1.0, &["radar"]));
    let body = receiver.next().await.json();
    assert_eq!((&body["kind"], &body["name"]), (&"feed".into(), &"radar".into()));
    assert_eq!((&body["silent"], &body["incomplete"][0]), (&true.into(), &"radar".into()));
    assert_eq!(body["feed"]["health"], "silent");
    tell(&outputs, &with(2.0, &["radar"]));
    tell(&outputs, &with(3.0, &[]));
    let body = receiver.next().await.json();
    assert_eq!((&body["name"], &body["silent"]), (&"radar".into(), &false.into()));
    // Nothing else was told: neither the picture between nor the alerts.
    assert_eq!(status_when(&outputs, |s| s.sent == 2).await.queued, 0);
}

fn feed(name: &str, health: Health) -> Feed {
    Feed {
        name: name.to_owned(),
        owner: None,
        kind: "tcp".to_owned(),
        format: "sbs".to_owned(),
        health,
        since: None,
        last: None,
        period_s: 1.0,
        reports: 0,
        plots: 0,
        rate: 0.0,
        latency_s: 0.0,
        errors: 0,
        dropped: 0,
        silences: 0,
        reason: String::new(),
    }
}

/// OUT-2: an output that hangs delays neither who tells nor who else is told.
#[tokio::test]
async fn one_that_hangs_holds_up_nobody() {
    let stuck = Receiver::start(&vec![Answer::Hang; 100]).await;
    let mut well = Receiver::start(&[]).await;
    let one = |name: &str, receiver: &Receiver| {
        format!(
            "[[output]]\nkind = \"webhook\"\nname = \"{name}\"\nviewer = \"everything\"\n\
             url = \"http://{}\"\nsecret = \"{SECRET}\"\ntimeout_s = 300.0\n",
            receiver.address
        )
    };
    let outputs = start(&(one("stuck", &stuck) + &one("well", &well)));
    for n in 1..=100 {
        tell(&outputs, &picture(1.0, Vec::new(), vec![alert(n, "predicted", 1.0)]));
    }
    for _ in 0..100 {
        well.next().await;
    }
    // One by one from here on: whatever of it is still in the way waits, and is not lost.
    status_when(&outputs, |s| s.queued == 100).await;
    outputs.stop(Duration::ZERO).await;
}

#[tokio::test]
async fn stopping_sends_what_is_left() {
    let mut receiver = Receiver::start(&[Answer::Status(500, "")]).await;
    let outputs = webhook(&receiver, "");
    let alerts = (1..=20).map(|n| alert(n, "predicted", 1.0)).collect();
    tell(&outputs, &picture(1.0, Vec::new(), alerts));
    outputs.stop(common::PATIENCE).await;
    let mut accepted = 0;
    while let Ok(request) = receiver.requests.try_recv() {
        accepted += usize::from(request.answer.accepts());
    }
    assert_eq!(accepted, 20);
}

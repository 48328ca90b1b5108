//! Limits, streams that end and begin again, TLS, and pages of other sites.

mod common;

use common::client::{Client, Event, Events, read};
use common::{config_in, eventually, key, soon, start, start_in, try_start};
use deconflict_access::Role;
use deconflict_picture::{Note, NoteLevel, Step};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::Method;
use serde_json::json;
use std::net::SocketAddr;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Sends bytes and reads what comes until the service closes the connection.
async fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The service may have closed it already.
    let _ = stream.write_all(bytes).await;
    let mut text = Vec::new();
    let _ = soon("the end of a connection", stream.read_to_end(&mut text)).await;
    String::from_utf8_lossy(&text).into_owned()
}

/// SRV-2: a request that is too large, too slow, or one too many costs nobody else anything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_are_limited() {
    let running = start("[http]\nmax_body_bytes = 1000\n").await;
    let client = running.client();
    let comment = |length: usize| json!({ "text": "x".repeat(length - "{\"text\":\"\"}".len()) });
    let path = "/v1/alerts/none/comments";
    assert_eq!(client.post(path, comment(1000)).await.status, 404);
    let answer = client.post(path, comment(1001)).await;
    assert_eq!((answer.status, &answer.json()["status"]), (413, &json!(413)));
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let rules = client.request(Method::PUT, "/v1/rules").body("#".repeat(1001));
    assert_eq!(read(rules.send().await.unwrap()).await.status, 413);
    // Without a length, it is what comes that counts.
    let head = "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
        content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
    let body = format!("{head}{:x}\r\n{}\r\n0\r\n\r\n", 1200, "[".repeat(1200));
    let answer = raw(running.service.address(), body.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    running.stop().await;
}

/// SRV-2
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_are_limited_and_idle_ones_are_closed() {
    let running = start("[http]\nmax_connections = 3\ntimeout_s = 1\n").await;
    let address = running.service.address();
    let request = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    assert!(raw(address, request).await.starts_with("HTTP/1.1 200 "));
    // A stream keeps its place, and is not bound by the time for a request.
    let mut stream = running.client().events("/v1/stream").await;
    let places = eventually("all places to be taken", async || {
        let one = TcpStream::connect(address).await.ok()?;
        let two = TcpStream::connect(address).await.ok()?;
        // One too many is closed at once, without a word.
        raw(address, request).await.is_empty().then_some((one, two))
    })
    .await;
    // Who says nothing, or half a request, gives the place back.
    let (mut one, mut two) = places;
    one.write_all(b"GET /healthz HTTP/1.1\r\nhost:").await.unwrap();
    let mut text = Vec::new();
    soon("the end of half a request", one.read_to_end(&mut text)).await.unwrap();
    soon("the end of silence", two.read_to_end(&mut text)).await.unwrap();
    eventually("a place", async || {
        raw(address, request).await.starts_with("HTTP/1.1 200 ").then_some(())
    })
    .await;
    // A body that does not come is not waited for.
    let head = "POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n\
        content-length: 10\r\nconnection: close\r\n\r\n{";
    let answer = raw(address, head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    stream.until("a message after all this", |event| event.kind == "moves").await;
    running.stop().await;
}

/// SRV-2
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_of_one_key_are_limited_and_others_notice_nothing() {
    let (lines, eager) = key("eager", Role::Viewer, None);
    let (more, other) = key("other", Role::Viewer, None);
    let limits = "[access.limits]\nrequests_per_s = 0.001\nburst = 5\n";
    let running = start(&format!("{limits}{lines}{more}")).await;
    let bare = running.client();
    for _ in 0..5 {
        assert_eq!(bare.bearer(&eager).get("/v1/me").await.status, 200);
    }
    let answer = bare.bearer(&eager).get("/v1/me").await;
    assert_eq!(answer.status, 429);
    assert!(answer.header("retry-after").parse::<u64>().unwrap() > 0);
    assert_eq!(bare.bearer(&other).get("/v1/me").await.status, 200);
    running.stop().await;
}

/// SRV-3: a reader that does not keep up is told so and disconnected; the others get everything.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_is_dropped_and_told_and_others_notice_nothing() {
    let running = start("").await;
    let (mut slow, mut quick) =
        (running.client().events("/v1/stream").await, running.client().events("/v1/stream").await);
    let hub = &running.service.app().hub;
    // More than the buffers of a connection hold, in portions that whoever reads takes easily.
    let text = "x".repeat(64 * 1024);
    for portion in 0..12 {
        let notes = (0..40).map(|number| Note {
            time: hub.picture().time,
            level: NoteLevel::Info,
            text: format!("{portion}-{number} {text}"),
            about: Vec::new(),
        });
        hub.publish(&Step {
            picture: hub.picture(),
            evaluated: false,
            alerts: Vec::new(),
            advised: Vec::new(),
            warnings: Vec::new(),
            feeds_changed: false,
            notes: notes.collect(),
            conformance: Default::default(),
        });
        for number in 0..40 {
            let next = quick.until("a note", |event| event.kind == "note").await;
            let begins = format!("{portion}-{number} ");
            assert!(next.json["text"].as_str().unwrap().starts_with(&begins));
        }
    }
    let all = slow.rest().await;
    let last = all.last().unwrap();
    assert_eq!(last.kind, "end");
    let reason = last.json["reason"].as_str().unwrap();
    assert!(reason.contains("too slow") && reason.contains("connect again"), "{reason}");
    // What it got, it got in order and without gaps.
    numbered(&all);
    assert!(all.len() < 12 * 40);
    running.stop().await;
}

/// PIC-1: the numbers of messages have no gaps.
fn numbered(events: &[Event]) {
    let numbers: Vec<u64> = events.iter().map(|e| e.json["seq"].as_u64().unwrap()).collect();
    assert!(numbers.windows(2).all(|two| two[1] == two[0] + 1), "{numbers:?}");
}

/// PIC-1: whoever comes back after a short break gets exactly what was missed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_break_exactly_what_was_missed_comes() {
    let running = start("[engine]\nperiod_s = 0.05\n").await;
    let client = running.client();
    let mut steady = client.events("/v1/stream").await;
    let mut first = client.events("/v1/stream").await;
    for _ in 0..5 {
        first.next().await.unwrap();
    }
    let last = first.next().await.unwrap();
    drop(first);
    let number = |event: &Event| event.json["seq"].as_u64().unwrap();
    let mut expected = Vec::new();
    while expected.len() < 30 {
        let event = steady.next().await.unwrap();
        if number(&event) > number(&last) {
            expected.push(event);
        }
    }
    let header = client.with("last-event-id", last.id.clone());
    for mut back in [
        header.events("/v1/stream").await,
        client.events(&format!("/v1/stream?last={}", last.id)).await,
    ] {
        let mut missed = Vec::new();
        while missed.len() < 30 {
            missed.push(back.next().await.unwrap());
        }
        assert_eq!(missed, expected);
    }
    let mut socket = client.socket(&format!("/v1/ws?last={}", last.id)).await.ok().unwrap();
    for event in &expected {
        assert_eq!(socket.next().await.unwrap().json, event.json);
    }
    // What is of another run, or has not been, cannot be gone on from.
    for last in ["elsewhere:5".to_owned(), format!("{}999", last.id)] {
        let mut back = client.with("last-event-id", last).events("/v1/stream").await;
        assert_eq!(back.next().await.unwrap().kind, "snapshot");
    }
    running.stop().await;
}

/// ACC-4: who may not be here any more is not told anything any more.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_key_and_an_ended_session_end_their_streams() {
    let (lines, admin) = key("admin", Role::Admin, None);
    let running = start(&format!("[engine]\nperiod_s = 0.1\n{lines}")).await;
    let (bare, admin) = (running.client(), running.client().bearer(&admin));
    let made = admin.post("/v1/keys", json!({ "name": "guest", "role": "viewer" })).await.json();
    let (id, guest) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    let session = async || {
        let answer = bare.post("/v1/session", json!({ "key": guest })).await;
        bare.with("cookie", answer.header("set-cookie").split(';').next().unwrap())
    };
    let (logged_out, logged_in) = (session().await, session().await);
    let guest = bare.bearer(guest);
    let at = eventually("a recording", async || {
        let from = admin.get("/v1/timeline").await.json()["from"].as_str()?.to_owned();
        Some(format!("/v1/stream?at={from}&speed=0"))
    })
    .await;
    let mut staying = admin.events("/v1/stream").await;
    let mut leaving = logged_out.events("/v1/stream").await;
    let mut streams: Vec<Events> = Vec::new();
    for (client, path) in
        [(&guest, "/v1/stream"), (&logged_in, "/v1/stream"), (&guest, at.as_str())]
    {
        streams.push(client.events(path).await);
    }
    let mut socket = guest.socket("/v1/ws").await.ok().unwrap();
    for stream in streams.iter_mut().chain([&mut leaving]) {
        assert_eq!(stream.next().await.unwrap().kind, "snapshot");
    }

    assert_eq!(logged_out.delete("/v1/session").await.status, 204);
    let last = leaving.rest().await.pop().unwrap();
    assert!(last.json["reason"].as_str().unwrap().contains("log in again"), "{last:?}");

    assert_eq!(admin.delete(&format!("/v1/keys/{id}")).await.status, 204);
    for stream in &mut streams {
        let last = stream.rest().await.pop().unwrap();
        assert_eq!(last.kind, "end");
        assert!(last.json["reason"].as_str().unwrap().contains("revoked"), "{last:?}");
    }
    let mut last = None;
    while let Some(event) = socket.next().await {
        last = Some(event);
    }
    assert_eq!(last.unwrap().kind, "end");
    for client in [&guest, &logged_in, &logged_out] {
        assert_eq!(client.get("/v1/stream").await.status, 401);
    }
    staying.until("the present", |event| event.kind == "moves").await;
    running.stop().await;
}

/// SRV-3: whoever reads is told that the service stops.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_stops_says_so() {
    let running = start("").await;
    let mut stream = running.client().events("/v1/stream").await;
    stream.next().await.unwrap();
    let reading = tokio::spawn(async move { stream.rest().await.pop() });
    running.stop().await;
    let last = reading.await.unwrap().unwrap();
    assert_eq!(
        (last.kind.as_str(), &last.json["reason"]),
        ("end", &json!("the service is stopping"))
    );
}

/// ACC-2: a cookie alone does nothing for a page of another site.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_page_of_another_site_can_do_nothing_with_a_cookie() {
    let (lines, key) = key("tower", Role::Admin, None);
    let running = start(&lines).await;
    let bare = running.client();
    let answer = bare.post("/v1/session", json!({ "key": key })).await;
    let session = bare.with("cookie", answer.header("set-cookie").split(';').next().unwrap());
    let own = running.url();
    let other_port = format!("http://127.0.0.1:{}", running.service.address().port() ^ 1);
    let message = json!({ "text": "x" });
    assert_eq!(
        session.with("origin", own.clone()).post("/v1/messages", message.clone()).await.status,
        201
    );
    for origin in ["https://evil.test", "null", "http://127.0.0.1", other_port.as_str()] {
        let foreign = session.with("origin", origin);
        assert_eq!(foreign.post("/v1/messages", message.clone()).await.status, 403, "{origin}");
        assert_eq!(foreign.send(Method::PUT, "/v1/rules", None).await.status, 403);
        assert_eq!(foreign.delete("/v1/keys/x").await.status, 403);
        assert_eq!(foreign.get("/v1/tracks").await.status, 403);
        assert_eq!(foreign.socket("/v1/ws").await.err(), Some(403));
        assert_eq!(foreign.post("/v1/session", json!({ "key": key })).await.status, 403);
        // Not even log somebody out.
        foreign.delete("/v1/session").await;
        assert_eq!(session.get("/v1/me").await.status, 200);
    }
    // A form can be sent from anywhere, and comes without an origin in old browsers.
    let form = session.request(Method::POST, "/v1/messages").header("content-type", "text/plain");
    let answer = read(form.body("{\"text\":\"x\"}").send().await.unwrap()).await;
    assert_eq!(answer.status, 415);
    assert_eq!(session.with("origin", own).socket("/v1/ws").await.err(), None);
    running.stop().await;
}

/// SRV-4: over TLS, and then the cookie never goes in the clear.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tls() {
    let dir = TempDir::new().unwrap();
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (certificate, private) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    std::fs::write(&certificate, cert.pem()).unwrap();
    std::fs::write(&private, signing_key.serialize_pem()).unwrap();
    let (lines, key) = key("tower", Role::Controller, None);
    let http = |certificate: &std::path::Path, private: &std::path::Path| {
        let (certificate, private) =
            (certificate.display().to_string(), private.display().to_string());
        format!("[http]\ncertificate = {certificate:?}\nprivate_key = {private:?}\n{lines}")
    };
    let config = config_in(&http(&certificate, &certificate), dir.path());
    let refused = match try_start(config, dir.path()).await {
        Ok(_) => panic!("a certificate without its key was accepted"),
        Err(refused) => refused.to_string(),
    };
    assert!(refused.contains("cert.pem") && refused.contains("belong together"), "{refused}");

    let running = start_in(&http(&certificate, &private), dir).await;
    let address = running.service.address();
    let client = Client::new(&format!("https://localhost:{}", address.port()));
    let answer = client.post("/v1/session", json!({ "key": key })).await;
    let cookie = answer.header("set-cookie").to_owned();
    assert!(cookie.contains("; Secure") && cookie.contains("; HttpOnly"), "{cookie}");
    let session = client.with("cookie", cookie.split(';').next().unwrap());
    assert_eq!(session.get("/v1/me").await.json()["name"], "tower");
    session.events("/v1/stream").await.until("a snapshot", |e| e.kind == "snapshot").await;
    let gone = session.delete("/v1/session").await;
    assert!(gone.header("set-cookie").contains("; Secure"));
    let clear = raw(address, b"GET /v1/me HTTP/1.1\r\nhost: localhost\r\n\r\n").await;
    assert!(!clear.contains("HTTP/1.1 2"), "answered in the clear: {clear}");
    running.stop().await;
}

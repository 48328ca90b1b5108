//! Readers of the stream that do not read.

use crate::common::{PATIENCE, eventually, start};
use crate::traffic::{Traffic, pairs};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

/// A reader that takes nothing is told so and disconnected; another gets every message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_reader_is_disconnected_and_slows_nobody() {
    let traffic = Traffic::start(pairs(1), Duration::from_millis(20)).await;
    let running = start(&format!("engine.period_s = 0.05\n{}", traffic.feed("tower", ""))).await;
    let client = running.client();
    let alert = eventually("an alert", || async {
        client.get("/v1/alerts").await.json()["alerts"].get(0).cloned()
    })
    .await;
    let mut good = client.events("/v1/stream").await;

    let socket = TcpSocket::new_v4().unwrap();
    // As little room as there can be, so that it is behind soon.
    socket.set_recv_buffer_size(4096).unwrap();
    let mut slow = socket.connect(running.service.address()).await.unwrap();
    let request = b"GET /v1/stream HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    slow.write_all(request).await.unwrap();
    let mut head = [0; 15];
    slow.read_exact(&mut head).await.unwrap();
    assert_eq!(&head, b"HTTP/1.1 200 OK");

    // Somebody has much to say: each remark is told with all before it, which soon fills whatever
    // the systems on both sides hold for the slow one.
    let (path, talker) =
        (format!("/v1/alerts/{}/comments", alert["id"].as_str().unwrap()), client.clone());
    let talk = tokio::spawn(async move {
        let text = "x".repeat(600);
        while talker.post(&path, json!({ "text": text })).await.status == 200 {}
    });
    // The good one has every message meanwhile, and after.
    let (mut last, mut after) = (None, 0);
    while after < 50 {
        let event = good.next().await.expect("the good reader goes on");
        let seq = event.json["seq"].as_u64().unwrap();
        assert!(last.is_none_or(|last| seq == last + 1), "{last:?}, then {seq}");
        last = Some(seq);
        if after == 0 && seq % 20 == 0 {
            let metrics = client.get("/metrics").await.text;
            after += u32::from(metrics.contains("deconflict_streams_dropped_total 1"));
        } else if after > 0 {
            after += 1;
        }
        if after > 0 {
            talk.abort();
        }
    }
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, slow.read_to_end(&mut rest)).await;
    ended.expect("the slow connection ends").unwrap();
    let text = String::from_utf8_lossy(&rest);
    assert!(text.contains("event: end") && text.contains("too slow"), "{} bytes", rest.len());
    running.stop().await;
}

//! What feeds do.

use crate::common::client::Client;
use crate::common::flights::Receiver;
use crate::common::{eventually, soon, start};
use crate::traffic::{Traffic, pairs};
use deconflict_picture::Stamp;
use serde_json::Value;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

async fn feed(client: &Client, name: &str) -> Value {
    let feeds = client.get("/v1/feeds").await.json();
    let feeds = feeds.as_array().or_else(|| feeds["feeds"].as_array()).unwrap();
    feeds.iter().find(|feed| feed["name"] == name).unwrap().clone()
}

/// FEED-1: a feed that stops is an alarm within two of its periods, on the stream, in REST, in
/// the metrics and in the record. PIC-2: what only it saw is stale, and what others see is not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_that_stops_is_an_alarm_and_its_tracks_are_stale() {
    let mut flights = pairs(2);
    let others = flights.split_off(2);
    let stops = Traffic::start(flights, Duration::from_millis(20)).await;
    let stays = Traffic::start(others, Duration::from_millis(20)).await;
    let text = format!(
        "engine.period_s = 0.1\n{}{}",
        stops.feed("stops", "period_s = 0.5"),
        stays.feed("stays", "")
    );
    let running = start(&text).await;
    let client = running.client();
    let mut stream = client.events("/v1/stream").await;
    stream
        .until("four aircraft", |e| {
            e.kind == "moves" && e.json["rows"].as_array().unwrap().len() == 4
        })
        .await;
    stops.hush(true);
    let told = stream
        .until("the alarm", |e| {
            e.kind == "feeds" && e.json["incomplete"].as_array().unwrap().len() == 1
        })
        .await;
    assert_eq!(told.json["incomplete"][0], "stops");
    let feeds = told.json["feeds"].as_array().unwrap();
    let stopped = feeds.iter().find(|feed| feed["name"] == "stops").unwrap();
    assert_eq!(stopped["health"], "silent");
    let stamp = |key: &str| Stamp::parse(stopped[key].as_str().unwrap()).unwrap().0;
    let alarm_s = stamp("since").seconds_since(stamp("last"));
    assert!(alarm_s <= 2.0 * 0.5, "{alarm_s} s");
    let note = stream.until("a warning", |e| e.kind == "note" && e.json["level"] == "warning");
    assert!(note.await.json["text"].as_str().unwrap().contains("stops is silent"));

    let stale = eventually("stale tracks", || async {
        let tracks = client.get("/v1/tracks").await.json();
        let tracks = tracks.as_array().or_else(|| tracks["tracks"].as_array()).unwrap().clone();
        let of = |freshness: &str| {
            let some = tracks.iter().filter(|track| track["freshness"] == freshness);
            some.map(|t| t["address"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let (mut stale, live) = (of("stale"), of("live"));
        stale.sort();
        (live.len() == 2 && stale.len() == 2).then_some(stale)
    });
    assert_eq!(stale.await, ["700000", "700001"]);
    assert_eq!(feed(&client, "stops").await["health"], "silent");
    assert_eq!(feed(&client, "stays").await["health"], "live");
    eventually("the metric", || async {
        let metrics = client.get("/metrics").await.text;
        metrics.contains("deconflict_feed_up{feed=\"stops\",kind=\"tcp\"} 0").then_some(())
    })
    .await;
    let audit = |action: &'static str| {
        let client = client.clone();
        eventually(action, move || {
            let client = client.clone();
            async move {
                let audit = client.get("/v1/audit").await;
                (audit.text.contains(action) && audit.text.contains("stops")).then_some(())
            }
        })
    };
    audit("feed silent").await;

    stops.hush(false);
    stream
        .until("the all-clear", |e| {
            e.kind == "feeds" && e.json["incomplete"].as_array().unwrap().is_empty()
        })
        .await;
    audit("feed back").await;
    running.stop().await;
}

/// Garbage is counted by kind; the same feed's good lines, and other feeds, are untouched.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_costs_nothing_but_itself() {
    let traffic = Traffic::start(pairs(1), Duration::from_millis(20)).await;
    let mut bad = Receiver::new().await;
    let text = format!(
        "engine.period_s = 0.1\n{}[[feed]]\nname = \"bad\"\nkind = \"tcp\"\nconnect = \"{}\"\nformat = \"sbs\"\n",
        traffic.feed("good", ""),
        bad.address()
    );
    let running = start(&text).await;
    let client = running.client();
    // Bytes of every kind, a line without end, another protocol, half a message.
    let mut noise: Vec<u8> =
        (0..200_000u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    noise.extend_from_slice(&[b'x'; 300_000]);
    noise.extend_from_slice(b"\nGET / HTTP/1.1\r\n\r\nMSG,3,1,1,ABCDEF,1,2024/01/01\r\n");
    noise.extend_from_slice(b"MSG,3,1,1,ABCDEF,1,,,,,,31000,,,999.0,40.0,,,0,0,0,0\r\n");
    bad.send(&noise).await;
    let flight = crate::common::flights::Flight::new("abcdef", 10.0, 10.0, 20_000.0, 0.0);
    for (time, t_s) in crate::common::flights::lately(5, 0.1) {
        bad.send(flight.sbs(time, t_s)).await;
    }
    eventually("the aircraft after the garbage", || async {
        client.get("/v1/tracks").await.text.contains("abcdef").then_some(())
    })
    .await;
    let seen = eventually("errors", || async {
        let feed = feed(&client, "bad").await;
        (feed["errors"].as_u64()? > 3).then_some(feed)
    });
    assert_eq!(seen.await["health"], "live");
    assert_eq!(feed(&client, "good").await["errors"], 0);
    let metrics = client.get("/metrics").await.text;
    assert!(metrics.contains("deconflict_feed_dropped{feed=\"good\",kind=\"tcp\"} 0"));
    running.stop().await;
}

/// A connection on which nothing comes any more, and that nobody closes, is made anew.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_open_connection_is_made_anew() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let text = format!(
        "engine.period_s = 0.1\n[[feed]]\nname = \"half\"\nkind = \"tcp\"\nconnect = \"{}\"\nformat = \"sbs\"\nidle_s = 1\n",
        listener.local_addr().unwrap()
    );
    let running = start(&text).await;
    let client = running.client();
    let (mut first, _) = soon("the feed to connect", listener.accept()).await.unwrap();
    let flight = &pairs(1)[0];
    let send = async |stream: &mut tokio::net::TcpStream| {
        for (time, t_s) in crate::common::flights::lately(5, 0.1) {
            stream.write_all(flight.sbs(time, t_s).as_bytes()).await.unwrap();
        }
    };
    send(&mut first).await;
    eventually("reports", || async {
        (feed(&client, "half").await["reports"].as_u64()? > 0).then_some(())
    })
    .await;
    // Held open here, and silent.
    let (mut second, _) = soon("the feed to connect again", listener.accept()).await.unwrap();
    let before = feed(&client, "half").await["reports"].as_u64().unwrap();
    send(&mut second).await;
    eventually("reports on the new connection", || async {
        let feed = feed(&client, "half").await;
        (feed["reports"].as_u64()? > before && feed["health"] == "live").then_some(())
    })
    .await;
    drop(first);
    running.stop().await;
}

//! Cursor on Target over real sockets.

#![allow(clippy::print_stderr)] // says when it skips

mod common;

use common::{
    alert, at, listening, motion, picture, seen, soon, start, status_when, tell, track, who,
};
use cot_proto::base::Cot;
use deconflict_outputs::{Condition, Outputs, Told};
use deconflict_picture::Track;
use deconflict_track::Freshness;
use serde::Deserialize;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::net::{TcpListener, TcpStream, UdpSocket};

/// What the tests look at of a detail.
#[derive(Debug, Deserialize)]
struct Detail {
    contact: Option<Contact>,
    remarks: Option<String>,
    #[serde(default)]
    link: Vec<Link>,
}

#[derive(Debug, Deserialize)]
struct Contact {
    #[serde(rename = "@callsign")]
    callsign: String,
}

#[derive(Debug, Deserialize)]
struct Link {
    #[serde(rename = "@uid")]
    uid: String,
}

type Event = Cot<Detail>;

fn read(document: &[u8]) -> Event {
    let text = std::str::from_utf8(document).expect("UTF-8");
    quick_xml::de::from_str(text).unwrap_or_else(|error| panic!("{error} in {text}"))
}

fn cot(rest: &str) -> Outputs {
    start(&format!(
        "[[output]]\nkind = \"cot\"\nname = \"tak\"\nviewer = \"everything\"\nevery_s = 1.0\n\
         retry_first_s = 0.01\nretry_most_s = 0.05\n{rest}"
    ))
}

async fn datagram(socket: &UdpSocket) -> Event {
    let mut buffer = vec![0; 65_536];
    let bytes = soon(socket.recv(&mut buffer)).await.expect("a datagram");
    read(&buffer[..bytes])
}

/// The next document of a stream.
async fn document(stream: &mut BufReader<TcpStream>) -> Event {
    let mut document = Vec::new();
    while !document.ends_with(b"</event>") {
        let read = soon(stream.read_until(b'>', &mut document)).await.expect("the stream is there");
        assert!(read > 0, "the stream ends within {}", String::from_utf8_lossy(&document));
    }
    read(&document)
}

#[tokio::test]
async fn tracks_and_alerts_come_one_by_one_in_datagrams() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let to = socket.local_addr().unwrap();
    let outputs = cot(&format!("protocol = \"udp\"\nto = \"{to}\"\n"));
    let tracks = || vec![track(1, "EAGLE1"), track(2, "HERON1")];
    tell(&outputs, &picture(1.0, tracks(), vec![alert(1, "predicted", 1.0)]));

    let told = datagram(&socket).await;
    assert_eq!((&*told.uid, &*told.cot_type), ("deconflict.run.alert.run-1", "b-a-o-tbl"));
    let callsign = told.detail.contact.unwrap().callsign;
    assert_eq!(callsign, "Loss of separation predicted: EAGLE1 / HERON1");
    assert!(told.detail.remarks.unwrap().contains("cross at 91°"));
    let links: Vec<_> = told.detail.link.iter().map(|link| link.uid.as_str()).collect();
    assert_eq!(links, ["deconflict.run.track.1", "deconflict.run.track.2"]);
    assert!((told.point.lon - 40.305).abs() < 1e-3 && (told.point.lat - 35.2).abs() < 1e-3);
    assert!(told.stale > told.time);

    for (uid, callsign) in
        [("deconflict.run.track.1", "EAGLE1"), ("deconflict.run.track.2", "HERON1")]
    {
        let told = datagram(&socket).await;
        assert_eq!((&*told.uid, &*told.cot_type), (uid, "a-u-A-C-F"));
        assert_eq!(told.detail.contact.unwrap().callsign, callsign);
        // Pressure altitude is no height above the ellipsoid.
        assert_eq!((told.point.hae, told.point.ce), (9_999_999.0, 35.0));
        assert!(told.detail.remarks.unwrap().contains("31000 ft (pressure altitude)"));
        assert_eq!((told.time, told.start), (told.time, told.time));
        assert!(told.stale > told.time);
    }

    // The alert ends, and one aircraft is not seen any more.
    tell(&outputs, &picture(2.0, vec![track(1, "EAGLE1")], vec![alert(1, "ended", 2.0)]));
    let over = datagram(&socket).await;
    assert_eq!((&*over.uid, &*over.cot_type), ("deconflict.run.alert.run-1", "b-a-o-can"));
    assert!(over.stale <= over.time);
    let deleted = datagram(&socket).await;
    assert_eq!(deleted.cot_type, "t-x-d-d");
    assert_eq!(deleted.detail.link[0].uid, "deconflict.run.alert.run-1");
    assert_eq!(datagram(&socket).await.uid, "deconflict.run.track.1");
    let deleted = datagram(&socket).await;
    assert_eq!(deleted.cot_type, "t-x-d-d");
    assert_eq!(deleted.detail.link[0].uid, "deconflict.run.track.2");
    assert_eq!(status_when(&outputs, |s| s.sent == 7).await.state, Condition::Working);
}

/// OUT-4: at once, and not only when it is due.
#[tokio::test]
async fn a_track_that_goes_stale_is_told_as_stale() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let to = socket.local_addr().unwrap();
    let outputs = cot(&format!("protocol = \"udp\"\nto = \"{to}\"\n"));
    tell(&outputs, &picture(1.0, vec![track(1, "EAGLE1")], Vec::new()));
    assert!(datagram(&socket).await.stale > deconflict_stamp(1.0));
    let mut gone = motion();
    (gone.freshness, gone.age_s) = (Freshness::Stale, 65.0);
    let stale = Track { who: Arc::new(who(1, "EAGLE1")), motion: gone, moved: true };
    tell(&outputs, &picture(1.2, vec![stale], Vec::new()));
    let told = datagram(&socket).await;
    assert!(told.stale <= told.time, "{told:?}");
    assert_eq!(told.point.ce, 9_999_999.0);
    assert!(told.detail.remarks.unwrap().starts_with("STALE: last seen 65 s ago"));
}

fn deconflict_stamp(seconds: f64) -> chrono::DateTime<chrono::Utc> {
    chrono::DateTime::from_timestamp_nanos(at(seconds).as_nanos())
}

#[tokio::test]
async fn a_silent_feed_is_told() {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let to = socket.local_addr().unwrap();
    let outputs = cot(&format!("protocol = \"udp\"\nto = \"{to}\"\ntracks = false\n"));
    let with = |second: f64, silent: &[&str]| {
        let mut seen = seen(second, vec![track(1, "EAGLE1")], Vec::new());
        seen.incomplete = silent.iter().map(|s| (*s).to_owned()).collect();
        Told::new(Arc::new(seen), true, Vec::new())
    };
    tell(&outputs, &with(1.0, &["link <&\">"]));
    let told = datagram(&socket).await;
    assert_eq!(told.detail.contact.unwrap().callsign, "Picture incomplete: link <&\">");
    // At an aircraft that it has seen, or any other.
    assert_eq!((told.point.lat, told.point.lon), (35.1, 40.2));
    tell(&outputs, &with(1.2, &[]));
    assert_eq!(datagram(&socket).await.cot_type, "b-a-o-can");
    assert_eq!(datagram(&socket).await.cot_type, "t-x-d-d");
}

#[tokio::test]
async fn a_group_gets_datagrams_too() {
    let group = std::net::Ipv4Addr::new(239, 255, 77, 11);
    let socket = UdpSocket::bind("0.0.0.0:0").await.unwrap();
    if let Err(error) = socket.join_multicast_v4(group, std::net::Ipv4Addr::LOCALHOST) {
        eprintln!("skipped: no multicast here ({error})");
        return;
    }
    let port = socket.local_addr().unwrap().port();
    let outputs = cot(&format!(
        "protocol = \"udp\"\nto = \"{group}:{port}\"\ninterface = \"127.0.0.1\"\nttl = 0\n"
    ));
    tell(&outputs, &picture(1.0, vec![track(1, "EAGLE1")], Vec::new()));
    assert_eq!(datagram(&socket).await.uid, "deconflict.run.track.1");
}

#[tokio::test]
async fn a_client_comes_back_and_says_what_is() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let to = listener.local_addr().unwrap();
    let outputs = cot(&format!("protocol = \"tcp\"\nto = \"{to}\"\n"));
    tell(&outputs, &picture(1.0, vec![track(1, "EAGLE1")], vec![alert(1, "predicted", 1.0)]));
    let (stream, _) = soon(listener.accept()).await.unwrap();
    let mut stream = BufReader::new(stream);
    assert_eq!(document(&mut stream).await.uid, "deconflict.run.alert.run-1");
    assert_eq!(document(&mut stream).await.uid, "deconflict.run.track.1");

    // The other side goes away altogether; meanwhile the alert ends.
    drop((stream, listener));
    status_when(&outputs, |s| s.state == Condition::Failing).await;
    tell(&outputs, &picture(2.0, vec![track(2, "HERON1")], vec![alert(1, "ended", 2.0)]));
    status_when(&outputs, |s| s.failed >= 3).await;
    let listener = TcpListener::bind(to).await.unwrap();
    let (stream, _) = soon(listener.accept()).await.unwrap();
    let mut stream = BufReader::new(stream);
    assert_eq!(document(&mut stream).await.cot_type, "b-a-o-can");
    assert_eq!(document(&mut stream).await.cot_type, "t-x-d-d");
    assert_eq!(document(&mut stream).await.uid, "deconflict.run.track.2");
    status_when(&outputs, |s| s.state == Condition::Working).await;
}

async fn connected(outputs: &Outputs, at: SocketAddr, clients: u64) -> BufReader<TcpStream> {
    status_when(outputs, |s| s.clients == Some(clients - 1)).await;
    let stream = soon(TcpStream::connect(at)).await.unwrap();
    status_when(outputs, |s| s.clients == Some(clients)).await;
    BufReader::new(stream)
}

/// OUT-2: a client that does not read is let go, and the other has all.
#[tokio::test]
async fn slow_clients_are_let_go_and_hold_up_nobody() {
    let outputs = cot("protocol = \"tcp\"\nlisten = \"127.0.0.1:0\"\ntimeout_s = 300.0\n");
    let port = listening(&outputs).await;
    let mut quick = connected(&outputs, port, 1).await;
    let mut slow = connected(&outputs, port, 2).await;
    let tracks: Vec<Track> = (1..=2000).map(|id| track(id, "EAGLE1")).collect();
    let mut second = 0;
    while outputs.status()[0].clients != Some(1) {
        second += 1;
        assert!(second < 200, "the slow client is never let go");
        tell(&outputs, &picture(f64::from(second), tracks.clone(), Vec::new()));
        for id in 1..=2000 {
            let told = document(&mut quick).await;
            assert_eq!(told.uid, format!("deconflict.run.track.{id}"));
            assert_eq!(told.time, deconflict_stamp(f64::from(second)));
        }
    }
    let status = status_when(&outputs, |s| s.dropped > 0).await;
    assert!(status.last_error.unwrap_or_default().contains("does not keep up"));
    // It gets the rest of what was written, and the end.
    let mut rest = Vec::new();
    let _ = soon(slow.read_to_end(&mut rest)).await;
    outputs.stop(Duration::from_secs(1)).await;
}

#[tokio::test]
async fn whoever_connects_later_begins_with_the_present_picture() {
    let outputs = cot("protocol = \"tcp\"\nlisten = \"127.0.0.1:0\"\nclients = 1\n");
    let port = listening(&outputs).await;
    tell(&outputs, &picture(1.0, vec![track(1, "EAGLE1")], vec![alert(1, "lost", 1.0)]));
    let mut stream = connected(&outputs, port, 1).await;
    let told = document(&mut stream).await;
    assert_eq!(told.detail.contact.unwrap().callsign, "Separation lost: EAGLE1 / HERON1");
    assert_eq!(document(&mut stream).await.uid, "deconflict.run.track.1");
    // One more than may be is turned away.
    let mut other = soon(TcpStream::connect(port)).await.unwrap();
    assert_eq!(soon(other.read(&mut [0; 16])).await.unwrap_or(0), 0);
    // Who leaves makes room.
    drop(stream);
    let mut second = 2.0;
    while outputs.status()[0].clients != Some(0) {
        tell(&outputs, &picture(second, vec![track(1, "EAGLE1")], Vec::new()));
        second += 1.0;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    connected(&outputs, port, 1).await;
}

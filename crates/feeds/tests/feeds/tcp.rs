//! TCP connections that the service makes.

use crate::common::{FRAMES, HandClock, Service, avr, beast, noon, sbs, until};
use deconflict_core::{Address, Technique};
use deconflict_feeds::Health;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::{Duration, Instant};

fn server() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}

fn feed(port: u16, format: &str, more: &str) -> String {
    format!(
        "name = \"receiver\"\nowner = \"BLUE\"\nkind = \"tcp\"\nformat = \"{format}\"\n\
         connect = \"127.0.0.1:{port}\"\n{more}"
    )
}

#[test]
fn sbs_arrives_with_the_time_of_receipt() {
    let (listener, port) = server();
    let clock = HandClock::new(noon());
    let service = Service::with(clock, &[&feed(port, "sbs", "accuracy_m = 75")]);
    let (mut stream, _) = listener.accept().unwrap();
    stream.write_all(sbs(0xabcdef, noon().plus_s(-0.75)).as_bytes()).unwrap();
    let report = service.wait_for(1)[0];
    assert_eq!((report.feed, report.address), (0, Address::icao(0xabcdef)));
    assert_eq!((report.received, report.measured), (noon(), noon().plus_s(-0.75)));
    assert_eq!(report.position_sigma_m, Some(75.0));
    until("it is counted", || service.status().reports == 1);
    let status = service.status();
    assert_eq!((status.health, status.since, status.last), (Health::Live, noon(), Some(noon())));
    assert_eq!((status.plots, status.records, status.errors_total()), (1, 1, 0));
    assert_eq!((status.connections, status.reconnects, status.dropped), (1, 0, 0));
    assert_eq!((status.latency_s, status.format), (Some(0.75), Some("sbs")));
    assert_eq!(status.reason, format!("connected to 127.0.0.1:{port}"));
    assert_eq!(status.owner.as_deref(), Some("BLUE"));
    service.stop();
}

#[test]
fn beast_frames_pair_by_the_time_of_receipt() {
    let (listener, port) = server();
    let clock = HandClock::new(noon());
    let settings = feed(port, "beast", "latency_s = 0.5");
    let service = Service::with(clock.clone(), &[&settings]);
    let (mut stream, _) = listener.accept().unwrap();
    // A counter that has nothing to do with any time of day; byte by byte.
    for byte in beast(FRAMES[0], 0x1a1a_0000_1a00) {
        stream.write_all(&[byte]).unwrap();
    }
    service.wait_for(1);
    clock.set(noon().plus_s(1.0));
    stream.write_all(&beast(FRAMES[1], 0x1a1a_0000_1a00 + 12_000_000)).unwrap();
    let reports = service.wait_for(2);
    let point = reports[1].position.unwrap();
    assert!((point.lat_deg() - 52.265_78).abs() < 1e-3, "{point:?}");
    assert_eq!(reports[1].technique, Technique::AdsB);
    assert_eq!(reports[0].measured, noon().plus_s(-0.5));
    assert_eq!(reports[1].received, noon().plus_s(1.0));
    assert!((reports[1].measured.seconds_since(noon().plus_s(0.5))).abs() < 0.01);
    service.stop();
}

#[test]
fn avr_without_times_gets_those_of_receipt_and_old_halves_do_not_pair() {
    let (listener, port) = server();
    let clock = HandClock::new(noon());
    let service = Service::with(clock.clone(), &[&feed(port, "avr", "")]);
    let (mut stream, _) = listener.accept().unwrap();
    stream.write_all(avr(FRAMES[0]).as_bytes()).unwrap();
    service.wait_for(1);
    clock.set(noon().plus_s(30.0));
    stream.write_all(avr(FRAMES[1]).as_bytes()).unwrap();
    let reports = service.wait_for(2);
    assert_eq!(reports[1].position, None);
    assert_eq!(reports[1].measured, noon().plus_s(30.0));
    stream.write_all(avr(FRAMES[0]).as_bytes()).unwrap();
    let reports = service.wait_for(3);
    assert!(reports[2].position.is_some());
    service.stop();
}

#[test]
fn readsb_lines_arrive() {
    let (listener, port) = server();
    let service = Service::with(HandClock::new(noon()), &[&feed(port, "readsb-lines", "")]);
    let (mut stream, _) = listener.accept().unwrap();
    let now = noon().as_unix_s();
    let line = format!(
        "{{\"now\":{now},\"hex\":\"abcdef\",\"lat\":35.1,\"lon\":40.2,\"seen_pos\":2.0}}\n"
    );
    stream.write_all(line.as_bytes()).unwrap();
    assert_eq!(service.wait_for(1)[0].measured, noon().plus_s(-2.0));
    service.stop();
}

#[test]
fn it_connects_again_when_the_server_has_gone_away() {
    let (listener, port) = server();
    let service = Service::of(&feed(port, "sbs", ""));
    let (mut stream, _) = listener.accept().unwrap();
    stream.write_all(sbs(1, noon()).as_bytes()).unwrap();
    service.wait_for(1);
    drop(listener);
    drop(stream);
    service.wait_for_reason("connection refused, again in");
    assert_eq!(service.status().health, Health::Down);
    assert!(service.status().health.is_alarm());
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let (mut stream, _) = listener.accept().unwrap();
    stream.write_all(sbs(2, noon()).as_bytes()).unwrap();
    service.wait_for(2);
    until("it is live", || service.status().health == Health::Live);
    assert_eq!(service.status().reconnects, 1);
    service.stop();
}

#[test]
fn a_host_that_is_not_there_is_down_with_the_reason() {
    let (listener, port) = server();
    drop(listener);
    let service = Service::of(&feed(port, "sbs", ""));
    service.wait_for_reason(&format!("connecting to 127.0.0.1:{port}: connection refused"));
    assert_eq!(service.status().health, Health::Down);
    service.stop();
}

#[test]
fn a_half_open_connection_is_given_up_and_made_again() {
    let (listener, port) = server();
    let service = Service::of(&feed(port, "sbs", "idle_s = 0.3"));
    let (mut first, _) = listener.accept().unwrap();
    first.write_all(sbs(1, noon()).as_bytes()).unwrap();
    service.wait_for(1);
    // No FIN, no RST, no bytes: only the idle limit can tell.
    let (mut second, _) = listener.accept().unwrap();
    second.write_all(sbs(2, noon()).as_bytes()).unwrap();
    service.wait_for(2);
    assert!(service.status().reconnects >= 1);
    // The first one has been closed properly.
    first.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    assert_eq!(first.read(&mut [0; 16]).unwrap(), 0);
    service.wait_for_reason("nothing has come for 0.3 s");
    service.stop();
}

#[test]
fn garbage_is_counted_and_the_feed_goes_on() {
    let (listener, port) = server();
    let service = Service::of(&feed(port, "sbs", ""));
    let (mut stream, _) = listener.accept().unwrap();
    let hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\x0a\x1b\x0a\x00,,,MSG,3\n";
    stream.write_all(hello).unwrap();
    let mut random = 1u32;
    let noise: Vec<u8> = (0..100_000)
        .map(|_| {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (random >> 24) as u8
        })
        .collect();
    stream.write_all(&noise).unwrap();
    stream.write_all(b"\n").unwrap();
    stream.write_all(&vec![b'x'; 1 << 20]).unwrap();
    stream.write_all(b"\n").unwrap();
    stream.write_all(sbs(7, noon()).as_bytes()).unwrap();
    service.wait_for(1);
    until("everything is counted", || service.errors("too-long") == 1);
    let status = service.status();
    assert!(status.errors["unknown-message"] > 100, "{status:?}");
    assert_eq!((status.health, status.reconnects), (Health::Live, 0));
    assert!(status.bytes > 1_100_000, "{status:?}");
    service.stop();
}

#[test]
fn garbage_in_place_of_beast_is_counted_and_the_feed_goes_on() {
    let (listener, port) = server();
    let service = Service::of(&feed(port, "beast", ""));
    let (mut stream, _) = listener.accept().unwrap();
    stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").unwrap();
    stream.write_all(&beast(FRAMES[2], 5)).unwrap();
    assert_eq!(service.wait_for(1)[0].callsign.unwrap().as_str(), "KLM1023");
    until("it is counted", || service.errors("bad-structure") > 0);
    service.stop();
}

#[test]
fn a_clock_that_has_jumped_by_an_hour_is_not_believed() {
    let (listener, port) = server();
    let settings = feed(port, "sbs", "latency_s = 0.5");
    let service = Service::with(HandClock::new(noon()), &[&settings]);
    let (mut stream, _) = listener.accept().unwrap();
    for off_s in [3600.0, -3600.0, 9.0, -590.0] {
        stream.write_all(sbs(1, noon().plus_s(off_s)).as_bytes()).unwrap();
    }
    let reports = service.wait_for(4);
    let found: Vec<f64> = reports.iter().map(|r| r.measured.seconds_since(noon())).collect();
    assert_eq!(found, [-0.5, -0.5, 9.0, -590.0]);
    assert!(reports.iter().all(|report| report.received == noon()));
    until("it is counted", || service.errors("clock") == 2);
    service.stop();
}

#[test]
fn local_times_are_brought_to_utc() {
    let (listener, port) = server();
    let settings = feed(port, "sbs", "utc_offset_s = 10800");
    let service = Service::with(HandClock::new(noon()), &[&settings]);
    let (mut stream, _) = listener.accept().unwrap();
    stream.write_all(sbs(1, noon().plus_s(10_800.0)).as_bytes()).unwrap();
    assert_eq!(service.wait_for(1)[0].measured, noon());
    assert_eq!(service.errors("clock"), 0);
    service.stop();
}

#[test]
fn silence_is_what_the_engine_says() {
    let (listener, port) = server();
    let clock = HandClock::new(noon());
    let service = Service::with(clock.clone(), &[&feed(port, "sbs", "")]);
    let (mut stream, _) = listener.accept().unwrap();
    until("it is connected", || service.status().connections == 1);
    assert_eq!(service.status().health, Health::Starting);
    stream.write_all(sbs(1, noon()).as_bytes()).unwrap();
    until("it is live", || service.status().health == Health::Live);
    clock.set(noon().plus_s(8.0));
    service.feeds.set_silent(0, true);
    service.feeds.set_silent(0, true);
    let status = service.status();
    assert_eq!((status.health, status.silences), (Health::Silent, 1));
    assert_eq!(status.since, noon().plus_s(8.0));
    service.feeds.set_silent(0, false);
    assert_eq!(service.status().health, Health::Live);
    service.feeds.set_silent(9, true);
    service.stop();
}

/// Whatever the threads wait for, they stop promptly: the bound is that of `Feeds::stop`.
#[test]
fn it_stops_promptly_whatever_it_waits_for() {
    let (listener, port) = server();
    let (closed, closed_port) = server();
    drop(closed);
    let texts = [
        feed(port, "sbs", ""),
        feed(closed_port, "sbs", "").replace("receiver", "refused"),
        // Documentation addresses (RFC 5737): nobody answers, or the network says no.
        feed(1, "sbs", "").replace("receiver", "nowhere").replace("127.0.0.1:1", "192.0.2.1:9"),
    ];
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let service = Service::with(HandClock::new(noon()), &texts);
    let (_stream, _) = listener.accept().unwrap();
    until("the first is connected", || service.status().connections == 1);
    let begun = Instant::now();
    service.stop();
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[test]
fn a_feed_that_is_off_does_nothing() {
    let (listener, port) = server();
    let service = Service::of(&feed(port, "sbs", "enabled = false"));
    assert_eq!(service.status().health, Health::Off);
    service.feeds.set_silent(0, true);
    assert_eq!(service.status().health, Health::Off);
    assert!(!service.status().health.is_alarm());
    service.stop();
    listener.set_nonblocking(true).unwrap();
    assert!(listener.accept().is_err());
}

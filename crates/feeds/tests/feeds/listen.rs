//! TCP connections that others make.

use crate::common::{Service, noon, sbs, until};
use deconflict_feeds::Health;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

const FEED: &str =
    "name = \"receivers\"\nkind = \"listen\"\nformat = \"sbs\"\nbind = \"127.0.0.1:0\"\n";

#[test]
fn several_clients_are_one_feed_and_a_slow_one_delays_nobody() {
    let service = Service::of(FEED);
    let address = service.bound();
    assert_eq!(service.status().health, Health::Starting);
    service.wait_for_reason("nobody is connected");
    let mut slow = TcpStream::connect(address).unwrap();
    let line = sbs(1, noon());
    let (head, tail) = line.split_at(line.len() / 2);
    slow.write_all(head.as_bytes()).unwrap();
    let mut quick: Vec<TcpStream> = (0..3).map(|_| TcpStream::connect(address).unwrap()).collect();
    for (stream, code) in quick.iter_mut().zip(2..) {
        for _ in 0..100 {
            stream.write_all(sbs(code, noon()).as_bytes()).unwrap();
        }
    }
    let mut found = service.wait_for(300).iter().map(|r| r.address.code).collect::<Vec<_>>();
    found.sort_unstable();
    found.dedup();
    assert_eq!(found, [2, 3, 4]);
    service.wait_for_reason("4 are connected");
    slow.write_all(tail.as_bytes()).unwrap();
    service.wait_for(301);
    drop(quick);
    service.wait_for_reason("1 is connected");
    service.wait_for_reason("has closed its connection");
    assert_eq!(service.status().connections, 1);
    assert_eq!(service.status().errors_total(), 0);
    service.stop();
}

#[test]
fn connections_are_bounded_and_idle_ones_are_closed() {
    let service = Service::of(&format!("{FEED}max_connections = 2\nidle_s = 0.5"));
    let address = service.bound();
    let mut kept: Vec<TcpStream> = (0..2).map(|_| TcpStream::connect(address).unwrap()).collect();
    let mut third = TcpStream::connect(address).unwrap();
    third.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // Closed with or without a reset: both say no.
    assert!(matches!(third.read(&mut [0; 1]), Ok(0) | Err(_)));
    until("it is counted", || service.errors("connection-refused") == 1);
    for stream in &mut kept {
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        assert_eq!(stream.read(&mut [0; 1]).unwrap(), 0);
    }
    until("both are gone", || service.status().connections == 0);
    let mut again = TcpStream::connect(address).unwrap();
    again.write_all(sbs(9, noon()).as_bytes()).unwrap();
    service.wait_for(1);
    service.stop();
}

#[test]
fn a_port_that_is_taken_is_tried_again() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap();
    let text = FEED.replace("127.0.0.1:0", &address.to_string());
    let service = Service::of(&text);
    service.wait_for_reason("address already in use, again in");
    assert_eq!(service.status().health, Health::Down);
    drop(holder);
    service.wait_for_reason("nobody is connected");
    assert_eq!(service.status().health, Health::Starting);
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(sbs(1, noon()).as_bytes()).unwrap();
    service.wait_for(1);
    service.stop();
}

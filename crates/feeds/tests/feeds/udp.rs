//! UDP datagrams.

use crate::common::{FRAMES, Service, beast, noon, sbs, until};
use std::net::UdpSocket;

fn feed(format: &str, more: &str) -> String {
    format!("name = \"x\"\nkind = \"udp\"\nformat = \"{format}\"\nbind = \"127.0.0.1:0\"\n{more}")
}

fn sender(service: &Service) -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(service.bound()).unwrap();
    socket
}

#[test]
fn datagrams_hold_whole_records() {
    let service = Service::of(&feed("sbs", ""));
    let (one, two) = (sender(&service), sender(&service));
    one.send(sbs(1, noon()).trim_end().as_bytes()).unwrap();
    service.wait_for(1);
    two.send(format!("{}{}", sbs(2, noon()), sbs(3, noon())).as_bytes()).unwrap();
    service.wait_for(3);
    one.send(b"\xff\xfe garbage").unwrap();
    one.send(b"").unwrap();
    one.send(sbs(4, noon()).as_bytes()).unwrap();
    service.wait_for(4);
    assert_eq!(service.addresses(), [1, 2, 3, 4]);
    until("it is counted", || service.errors("unknown-message") == 1);
    service.stop();
}

#[test]
fn records_may_be_split_if_it_is_said() {
    let service = Service::of(&feed("sbs", "datagrams = \"stream\""));
    let (one, two) = (sender(&service), sender(&service));
    let (a, b) = (sbs(1, noon()), sbs(2, noon()));
    one.send(&a.as_bytes()[..20]).unwrap();
    two.send(&b.as_bytes()[..50]).unwrap();
    one.send(&a.as_bytes()[20..]).unwrap();
    service.wait_for(1);
    two.send(&b.as_bytes()[50..]).unwrap();
    service.wait_for(2);
    assert_eq!(service.addresses(), [1, 2]);
    assert_eq!(service.status().errors_total(), 0);
    service.stop();
}

#[test]
fn beast_frames_may_be_split() {
    let service = Service::of(&feed("beast", ""));
    let socket = sender(&service);
    let frame = beast(FRAMES[2], 77);
    socket.send(&frame).unwrap();
    service.wait_for(1);
    socket.send(&frame[..9]).unwrap();
    socket.send(&frame[9..]).unwrap();
    service.wait_for(2);
    service.stop();
}

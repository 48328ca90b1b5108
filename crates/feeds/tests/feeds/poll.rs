//! Documents that are fetched.

use crate::common::{Service, until};
use deconflict_core::Time;
use deconflict_feeds::{Clock, Health, SystemClock};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

type Answer = Box<dyn Fn(TcpStream) + Send + Sync>;

/// Answers each request with what is set at the time.
struct Server {
    port: u16,
    answer: Arc<Mutex<Arc<Answer>>>,
    requests: Arc<AtomicUsize>,
}

impl Server {
    fn new(answer: impl Fn(TcpStream) + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let answer: Arc<Mutex<Arc<Answer>>> = Arc::new(Mutex::new(Arc::new(Box::new(answer))));
        let requests = Arc::new(AtomicUsize::new(0));
        let (current, count) = (Arc::clone(&answer), Arc::clone(&requests));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(stream) = stream else { return };
                let answer = Arc::clone(&current.lock().unwrap());
                count.fetch_add(1, Ordering::SeqCst);
                thread::spawn(move || {
                    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
                    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {
                    }
                    answer(stream);
                });
            }
        });
        Server { port, answer, requests }
    }

    fn set(&self, answer: impl Fn(TcpStream) + Send + Sync + 'static) {
        *self.answer.lock().unwrap() = Arc::new(Box::new(answer));
    }

    fn feed(&self, more: &str) -> String {
        format!(
            "name = \"map\"\nkind = \"poll\"\nevery_s = 0.1\n\
             url = \"http://127.0.0.1:{}/data/aircraft.json\"\n{more}",
            self.port
        )
    }
}

/// An answer; that the client may have gone away is no concern of the server's.
fn say(mut stream: TcpStream, status: &str, body: &[u8]) {
    let head =
        format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
}

fn aircraft(now: Time) -> Vec<u8> {
    format!(
        "{{\"now\":{:.3},\"messages\":1,\"aircraft\":[{{\"hex\":\"abcdef\",\"lat\":35.1,\"lon\":40.2,\
         \"seen_pos\":1.5}},{{\"hex\":\"~123456\",\"seen\":0.5}}]}}",
        now.as_unix_s()
    )
    .into_bytes()
}

fn good(stream: TcpStream) {
    say(stream, "200 OK", &aircraft(SystemClock.now()));
}

#[test]
fn a_snapshot_is_fetched_again_and_again() {
    let server = Server::new(good);
    let service = Service::live(&server.feed(""));
    let reports = service.wait_for(6);
    assert_eq!(reports[0].address.to_string(), "abcdef");
    assert_eq!(reports[1].address.to_string(), "~123456");
    let age_s = reports[0].received.seconds_since(reports[0].measured);
    assert!((1.0..60.0).contains(&age_s), "{age_s}");
    until("it is live", || service.status().health == Health::Live);
    let status = service.status();
    assert_eq!((status.errors_total(), status.format), (0, Some("readsb-snapshot")));
    assert!(status.reason.starts_with("fetching http://127.0.0.1"), "{}", status.reason);
    service.stop();
}

#[test]
fn a_server_in_trouble_is_told_and_tried_again() {
    let server = Server::new(|stream| say(stream, "500 Internal Server Error", b"sorry"));
    let service = Service::live(&server.feed(""));
    service.wait_for_reason("the server answers 500 Internal Server Error, again in");
    assert_eq!(service.status().health, Health::Down);
    server.set(|stream| say(stream, "200 OK", b"<html>not what was asked for</html>\n"));
    until("garbage is counted", || service.errors("bad-structure") > 0);
    server.set(|stream| say(stream, "200 OK", b"{\"now\":1,\"aircraft\":[{\"hex\":\"ab"));
    until("half a document is counted", || service.errors("truncated") > 0);
    server.set(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"now\":1,");
    });
    service.wait_for_reason("again in");
    server.set(good);
    service.wait_for(2);
    until("it is live", || service.status().health == Health::Live);
    assert!(service.errors("fetch") >= 2);
    service.stop();
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    let (hold, held) = std::sync::mpsc::channel::<TcpStream>();
    let hold = Mutex::new(hold);
    let server = Server::new(move |stream| drop(hold.lock().unwrap().send(stream)));
    let service = Service::live(&server.feed("idle_s = 0.3"));
    service.wait_for_reason("nothing has come for 0.3 s");
    assert_eq!(service.status().health, Health::Down);
    drop(held);
    service.stop();
}

#[test]
fn a_slow_document_is_read_as_it_comes() {
    let server = Server::new(|mut stream| {
        let body = aircraft(SystemClock.now());
        let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len());
        let _ = stream.write_all(head.as_bytes());
        for part in body.chunks(20) {
            let _ = stream.write_all(part);
            thread::sleep(Duration::from_millis(10));
        }
    });
    let service = Service::live(&server.feed(""));
    service.wait_for(2);
    assert_eq!(service.status().errors_total(), 0);
    service.stop();
}

#[test]
fn a_document_without_end_is_cut_off() {
    let server = Server::new(|mut stream| {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n{\"aircraft\":[");
        let element = b"{\"hex\":\"abcdef\"},".repeat(10_000);
        while stream.write_all(&element).is_ok() {}
    });
    let service = Service::live(&server.feed("every_s = 3600").replace("every_s = 0.1\n", ""));
    service.wait_for_reason("the document is longer than 64 MiB");
    let status = service.status();
    assert!(status.bytes <= 64 << 20, "{status:?}");
    // Without `now` nothing of it could be used, and it was held in no memory.
    assert_eq!(status.reports, 0);
    service.stop();
}

#[test]
fn nobody_there_is_told() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = format!("name = \"x\"\nkind = \"poll\"\nurl = \"http://127.0.0.1:{port}/\"\n");
    let service = Service::live(&text);
    service.wait_for_reason("connection refused, again in");
    assert_eq!(service.status().health, Health::Down);
    service.stop();
}

#[test]
fn a_server_without_tls_is_told_from_one_with_it() {
    let server = Server::new(good);
    let service = Service::live(&server.feed("").replace("http:", "https:"));
    service.wait_for_reason("again in");
    let status = service.status();
    assert_eq!((status.health, status.reports), (Health::Down, 0));
    service.stop();
}

#[test]
fn it_stops_while_it_waits_for_an_answer() {
    let (hold, held) = std::sync::mpsc::channel::<TcpStream>();
    let hold = Mutex::new(hold);
    let server = Server::new(move |stream| drop(hold.lock().unwrap().send(stream)));
    let service = Service::live(&server.feed(""));
    until("it has asked", || server.requests.load(Ordering::SeqCst) > 0);
    service.stop();
    drop(held);
}

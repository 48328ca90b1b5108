//! Traces reach an OpenTelemetry collector. In a file of its own: logging starts once in a process.
#![cfg(feature = "otel")]

use deconflict_server::config::from_text;
use deconflict_server::log;
use std::io::{Read, Write};
use std::net::TcpListener;

#[test]
fn traces_go_to_the_collector_that_is_named() {
    let collector = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1/traces", collector.local_addr().unwrap());
    let received = std::thread::spawn(move || {
        let (mut socket, _) = collector.accept().unwrap();
        let (mut request, mut chunk) = (Vec::new(), [0; 4096]);
        while !request.windows(10).any(|w| w == b"evaluation") {
            let read = socket.read(&mut chunk).unwrap();
            assert!(read > 0, "the request ended without the span");
            request.extend_from_slice(&chunk[..read]);
        }
        let answer =
            "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nContent-Length: 0\r\n\r\n";
        socket.write_all(answer.as_bytes()).unwrap();
        String::from_utf8_lossy(&request).into_owned()
    });
    let config = from_text(&format!("[log]\notlp = {url:?}\n")).unwrap();
    let guard = log::start(&config.log).unwrap();
    tracing::info_span!("evaluation", reports = 7).in_scope(|| ());
    drop(guard);
    let request = received.join().unwrap();
    assert!(request.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("deconflict"), "the service names itself");
}

//! As much of HTTP/1.1 as it takes to ask one question after the other: a client that costs
//! more than the service would measure itself.

use std::io::{Read, Write};
use std::net::TcpStream;

/// A question.
pub struct Request {
    pub method: &'static str,
    pub path: String,
    pub body: String,
}

pub struct Connection {
    stream: TcpStream,
    address: String,
    token: String,
    buffer: Vec<u8>,
}

impl Connection {
    pub fn open(address: &str, token: &str) -> Connection {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Connection {
            stream,
            address: address.to_owned(),
            token: token.to_owned(),
            buffer: Vec::new(),
        }
    }

    /// The status, and how long the body was.
    pub fn ask(&mut self, request: &Request) -> (u16, usize) {
        let Request { method, path, body } = request;
        let text = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            self.token,
            body.len()
        );
        self.stream.write_all(text.as_bytes()).unwrap();
        self.buffer.clear();
        let (mut head, mut expected) = (0, usize::MAX);
        let mut part = [0; 65_536];
        while head == 0 || self.buffer.len() < head + expected {
            let got = self.stream.read(&mut part).unwrap();
            assert!(got > 0, "the service closed the connection");
            self.buffer.extend_from_slice(&part[..got]);
            if head == 0
                && let Some(end) = self.buffer.windows(4).position(|w| w == b"\r\n\r\n")
            {
                head = end + 4;
                let text = std::str::from_utf8(&self.buffer[..end]).unwrap();
                let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
                expected = length.unwrap().parse().unwrap();
            }
        }
        let status = std::str::from_utf8(&self.buffer[9..12]).unwrap().parse().unwrap();
        (status, expected)
    }

    /// The body of the last answer.
    pub fn body(&self) -> String {
        let text = String::from_utf8_lossy(&self.buffer);
        text.split_once("\r\n\r\n").map_or(String::new(), |(_, body)| body.to_owned())
    }
}

//! UDP datagrams.

use crate::check::{Settled, Source};
use crate::config::Datagrams;
use crate::feeds::Job;
use crate::status::Reach;
use crate::stop::{Backoff, GLANCE};
use crate::stream::{self, End};
use crate::tcp::{is_pause, words};
use deconflict_formats::{Format, MAX_RECORD_BYTES};
use socket2::SockRef;
use std::collections::BTreeMap;
use std::io;
use std::net::{SocketAddr, UdpSocket};

/// What the system is asked to keep while the feed is busy. It may give less.
const KEPT_BYTES: usize = 4 << 20;
/// The largest datagram.
const LARGEST: usize = 64 * 1024;
/// The unfinished records of so many senders are kept.
const MOST_SENDERS: usize = 64;

/// Datagrams as a stream of bytes in which records are whole.
struct Arrivals {
    socket: UdpSocket,
    joint: Joint,
    buffer: Box<[u8]>,
    /// What has been received and not yet read.
    ready: Vec<u8>,
    read: usize,
}

impl stream::Source for Arrivals {
    fn poll(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, String> {
        while self.read == self.ready.len() {
            self.ready.clear();
            self.read = 0;
            match self.socket.recv_from(&mut self.buffer) {
                Ok((count, sender)) => {
                    self.joint.join(&self.buffer[..count], sender, &mut self.ready);
                    if self.ready.is_empty() {
                        return Ok(None);
                    }
                }
                Err(error) if is_pause(error.kind()) => return Ok(None),
                Err(error) => return Err(words(&error)),
            }
        }
        let left = &self.ready[self.read..];
        let count = left.len().min(buffer.len());
        buffer[..count].copy_from_slice(&left[..count]);
        self.read += count;
        Ok(Some(count))
    }
}

/// Makes a stream of datagrams.
struct Joint {
    lines: bool,
    datagrams: Datagrams,
    /// What was left over of each sender's last datagram.
    rests: BTreeMap<SocketAddr, Vec<u8>>,
}

impl Joint {
    fn new(format: Format, datagrams: Datagrams) -> Joint {
        let lines = matches!(format, Format::Sbs | Format::Avr | Format::ReadsbLines);
        Joint { lines, datagrams, rests: BTreeMap::new() }
    }

    fn join(&mut self, datagram: &[u8], sender: SocketAddr, ready: &mut Vec<u8>) {
        if !self.lines {
            // Frames and documents find their own beginnings.
            return ready.extend_from_slice(datagram);
        }
        if self.datagrams == Datagrams::Whole {
            ready.extend_from_slice(datagram);
            if datagram.last().is_some_and(|last| *last != b'\n') {
                ready.push(b'\n');
            }
            return;
        }
        // Senders are kept apart, so that one's half line does not meet another's.
        if self.rests.len() >= MOST_SENDERS && !self.rests.contains_key(&sender) {
            self.rests.pop_first();
        }
        let rest = self.rests.entry(sender).or_default();
        match datagram.iter().rposition(|byte| *byte == b'\n') {
            Some(end) => {
                ready.append(rest);
                ready.extend_from_slice(&datagram[..=end]);
                rest.extend_from_slice(&datagram[end + 1..]);
            }
            None => rest.extend_from_slice(datagram),
        }
        if rest.is_empty() {
            self.rests.remove(&sender);
        } else if rest.len() > MAX_RECORD_BYTES {
            // Too long for a record: let the reader say so.
            ready.append(rest);
            ready.push(b'\n');
        }
    }
}

pub(crate) fn run(job: &Job) {
    let settled = &job.planned.settled;
    let (Source::Udp { bind, datagrams }, Some(format)) = (&settled.source, settled.format) else {
        return;
    };
    let mut backoff = Backoff::new(job.seed);
    while !job.stop.is_set() {
        let reason = match open(*bind) {
            Ok((address, socket)) => {
                backoff.reset();
                job.line.shared.set_bound(address);
                job.reach(Reach::Reached, format!("listening on {address} (UDP)"));
                match receive(job, socket, format, *datagrams, settled) {
                    Ok(End::Stopped) => return,
                    Ok(End::Failed(reason)) => reason,
                    Ok(End::Closed) => "closed".to_owned(),
                    Err(reason) => reason,
                }
            }
            Err(error) => words(&error),
        };
        let wait = backoff.next();
        let wait_s = wait.as_secs_f64().max(1.0);
        job.reach(
            Reach::Lost,
            format!("listening on {bind} (UDP): {reason}, again in {wait_s:.0} s"),
        );
        job.stop.wait(wait);
    }
}

fn open(bind: SocketAddr) -> io::Result<(SocketAddr, UdpSocket)> {
    let socket = UdpSocket::bind(bind)?;
    socket.set_read_timeout(Some(GLANCE))?;
    // Only a wish: a smaller buffer works too.
    let _ = SockRef::from(&socket).set_recv_buffer_size(KEPT_BYTES);
    Ok((socket.local_addr()?, socket))
}

fn receive(
    job: &Job,
    socket: UdpSocket,
    format: Format,
    datagrams: Datagrams,
    settled: &Settled,
) -> Result<End, String> {
    let mut arrivals = Arrivals {
        socket,
        joint: Joint::new(format, datagrams),
        buffer: vec![0; LARGEST].into_boxed_slice(),
        ready: Vec::with_capacity(LARGEST),
        read: 0,
    };
    stream::read(&mut arrivals, format, settled, &job.line, &job.stop)
        .map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(datagrams: Datagrams, arrivals: &[(u16, &str)]) -> String {
        let mut joint = Joint::new(Format::Sbs, datagrams);
        let mut ready = Vec::new();
        for (port, text) in arrivals {
            let sender = SocketAddr::from(([127, 0, 0, 1], *port));
            joint.join(text.as_bytes(), sender, &mut ready);
        }
        String::from_utf8(ready).unwrap()
    }

    #[test]
    fn whole_datagrams_need_no_line_end() {
        let arrivals = [(1, "one"), (2, "two\n"), (1, ""), (1, "three\r\nfour")];
        assert_eq!(joined(Datagrams::Whole, &arrivals), "one\ntwo\nthree\r\nfour\n");
    }

    #[test]
    fn parts_of_a_stream_are_joined_by_sender() {
        let arrivals = [(1, "on"), (2, "tw"), (1, "e\nthr"), (2, "o\n"), (1, "ee\n"), (3, "rest")];
        assert_eq!(joined(Datagrams::Stream, &arrivals), "one\ntwo\nthree\n");
    }

    #[test]
    fn endless_lines_and_senders_are_bounded() {
        let mut joint = Joint::new(Format::Sbs, Datagrams::Stream);
        let mut ready = Vec::new();
        for port in 1..1_000 {
            joint.join(b"x", SocketAddr::from(([127, 0, 0, 1], port)), &mut ready);
        }
        assert_eq!(joint.rests.len(), MOST_SENDERS);
        let sender = SocketAddr::from(([127, 0, 0, 1], 1));
        for _ in 0..10 {
            joint.join(&[b'x'; LARGEST], sender, &mut ready);
        }
        assert!(ready.len() > MAX_RECORD_BYTES);
        assert!(joint.rests.values().all(|rest| rest.len() <= MAX_RECORD_BYTES));
    }
}

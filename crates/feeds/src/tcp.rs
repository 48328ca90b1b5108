//! A TCP connection that the service makes, and makes again when it breaks.

use crate::check::Source;
use crate::feeds::Job;
use crate::status::Reach;
use crate::stop::{Backoff, GLANCE, Idle, Stop};
use crate::stream::{self, End};
use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};
use std::io::{self, ErrorKind, Read};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::time::{Duration, Instant};

/// How long a host may take to answer.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// After this much silence the other side is asked whether it is still there, …
const PROBE_AFTER: Duration = Duration::from_secs(15);
/// … so often.
const PROBE_EVERY: Duration = Duration::from_secs(5);

/// An open connection.
pub(crate) struct Connection {
    stream: TcpStream,
    idle: Idle,
    idle_s: f64,
    pub(crate) has_spoken: bool,
}

impl Connection {
    pub(crate) fn new(stream: TcpStream, idle_s: f64) -> io::Result<Connection> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(GLANCE))?;
        let keepalive = TcpKeepalive::new().with_time(PROBE_AFTER).with_interval(PROBE_EVERY);
        SockRef::from(&stream).set_tcp_keepalive(&keepalive)?;
        Ok(Connection { stream, idle: Idle::new(idle_s), idle_s, has_spoken: false })
    }
}

impl stream::Source for Connection {
    fn poll(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, String> {
        match self.stream.read(buffer) {
            Ok(0) => Ok(Some(0)),
            Ok(count) => {
                self.idle.alive();
                self.has_spoken = true;
                Ok(Some(count))
            }
            Err(error) if is_pause(error.kind()) => {
                let reason = || format!("nothing has come for {} s", self.idle_s);
                if self.idle.is_over() { Err(reason()) } else { Ok(None) }
            }
            Err(error) => Err(words(&error)),
        }
    }
}

/// Nothing has come yet.
pub(crate) fn is_pause(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted)
}

/// What the system says of an error, without its number.
pub(crate) fn words(error: &io::Error) -> String {
    let text = error.to_string();
    let plain = text.split(" (os error").next().unwrap_or(&text);
    plain.to_lowercase()
}

pub(crate) fn run(job: &Job) {
    let Source::Tcp { connect } = &job.planned.settled.source else { return };
    let Some(format) = job.planned.settled.format else { return };
    let settled = &job.planned.settled;
    let mut backoff = Backoff::new(job.seed);
    job.line.shared.reason(format!("connecting to {connect}"));
    while !job.stop.is_set() {
        let reason = match open(connect, &job.stop) {
            Err(reason) => format!("connecting to {connect}: {reason}"),
            Ok(stream) => match Connection::new(stream, settled.idle_s) {
                Err(error) => format!("connecting to {connect}: {}", words(&error)),
                Ok(mut connection) => {
                    job.line.shared.connected();
                    job.reach(Reach::Reached, format!("connected to {connect}"));
                    let end = stream::read(&mut connection, format, settled, &job.line, &job.stop);
                    job.line.shared.disconnected();
                    if connection.has_spoken {
                        backoff.reset();
                    }
                    match end {
                        Ok(End::Closed) => format!("{connect} has closed the connection"),
                        Ok(End::Failed(reason)) => format!("connection to {connect}: {reason}"),
                        Ok(End::Stopped) => return,
                        Err(error) => format!("connection to {connect}: {error}"),
                    }
                }
            },
        };
        let wait = backoff.next();
        let again = format!("{reason}, again in {:.0} s", wait.as_secs_f64().max(1.0));
        job.reach(Reach::Lost, again);
        if job.stop.wait(wait) {
            return;
        }
    }
}

/// Connects to the first address of a host that answers.
fn open(connect: &str, stop: &Stop) -> Result<TcpStream, String> {
    let addresses = connect.to_socket_addrs().map_err(|error| words(&error))?;
    let mut reason = "it has no address".to_owned();
    for address in addresses {
        match open_address(address, stop) {
            Ok(stream) => return Ok(stream),
            Err(error) => reason = words(&error),
        }
    }
    Err(reason)
}

/// Connects without waiting in one go, so that it can be stopped.
fn open_address(address: SocketAddr, stop: &Stop) -> io::Result<TcpStream> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_nonblocking(true)?;
    // "In progress" is what is expected.
    if let Err(error) = socket.connect(&address.into())
        && is_final(error.kind())
    {
        return Err(error);
    }
    let deadline = Instant::now() + CONNECT_WITHIN;
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(error) = socket.take_error()? {
            return Err(error);
        }
        if socket.peer_addr().is_ok() {
            return Ok(socket.into());
        }
        if Instant::now() >= deadline {
            return Err(io::Error::new(ErrorKind::TimedOut, "no answer"));
        }
        if stop.wait(pause) {
            return Err(io::Error::new(ErrorKind::Interrupted, "stopped"));
        }
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Whether an attempt to connect has failed with this, and is not only under way.
fn is_final(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::ConnectionRefused
            | ErrorKind::NetworkUnreachable
            | ErrorKind::HostUnreachable
            | ErrorKind::NetworkDown
            | ErrorKind::AddrNotAvailable
            | ErrorKind::PermissionDenied
            | ErrorKind::InvalidInput
    )
}

//! UDP: one message a datagram, to one host or a group.

use super::{Address, Desk, Line};
use crate::backoff::Backoff;
use crate::inbox::Inbox;
use socket2::{Domain, Protocol, Socket, Type};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use tokio::net::UdpSocket;
use tokio::time::Instant;

/// Datagrams after which others get their turn.
const PORTION: usize = 64;

pub(super) async fn run(
    line: &Line,
    to: &Address,
    ttl: u32,
    interface: Option<IpAddr>,
    desk: &Desk,
    inbox: &Inbox,
) {
    let mut backoff = Backoff::new(line.retry_first_s, line.retry_most_s, line.seed);
    let mut open: Option<(UdpSocket, SocketAddr)> = None;
    let (mut failures, mut not_before) = (0u32, Instant::now());
    while let Some(told) = inbox.next().await {
        let mut messages = desk.news(told).await;
        if open.is_none() {
            if Instant::now() < not_before {
                continue;
            }
            match opened(line, to, ttl, interface).await {
                Ok(opened) => {
                    open = Some(opened);
                    messages = desk.snapshot().await;
                }
                Err(why) => {
                    failures += 1;
                    not_before = Instant::now() + backoff.pause(failures);
                    inbox.tally().failed(&why);
                    continue;
                }
            }
        }
        let Some((socket, to)) = &open else { continue };
        match send(socket, *to, &messages).await {
            Ok(()) => {
                failures = 0;
                inbox.tally().sent(messages.len() as u64);
            }
            Err(error) => {
                // The address may have changed, or the interface: begin anew.
                failures += 1;
                not_before = Instant::now() + backoff.pause(failures);
                inbox.tally().failed(&format!("cannot send to {to}: {error}"));
                open = None;
            }
        }
    }
}

async fn send(
    socket: &UdpSocket,
    to: SocketAddr,
    messages: &[bytes::Bytes],
) -> std::io::Result<()> {
    for (number, message) in messages.iter().enumerate() {
        socket.send_to(message, to).await?;
        if number % PORTION == PORTION - 1 {
            tokio::task::yield_now().await;
        }
    }
    Ok(())
}

async fn opened(
    line: &Line,
    to: &Address,
    ttl: u32,
    interface: Option<IpAddr>,
) -> Result<(UdpSocket, SocketAddr), String> {
    let found = to.resolve(line.timeout).await?;
    let Some(to) = found.first().copied() else { return Err("no address".to_owned()) };
    let socket = socket(to, ttl, interface).map_err(|e| format!("no socket for {to}: {e}"))?;
    Ok((socket, to))
}

fn socket(to: SocketAddr, ttl: u32, interface: Option<IpAddr>) -> std::io::Result<UdpSocket> {
    let socket = Socket::new(Domain::for_address(to), Type::DGRAM, Some(Protocol::UDP))?;
    socket.set_nonblocking(true)?;
    let any: IpAddr = match to {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => std::net::Ipv6Addr::UNSPECIFIED.into(),
    };
    let mut from = any;
    if to.ip().is_multicast() {
        match (to, interface) {
            (SocketAddr::V4(_), Some(IpAddr::V4(by))) => socket.set_multicast_if_v4(&by)?,
            // IPv6 wants the number of an interface; an address of it picks it as well.
            (_, Some(by)) => from = by,
            _ => {}
        }
        match to {
            SocketAddr::V4(_) => socket.set_multicast_ttl_v4(ttl)?,
            SocketAddr::V6(_) => socket.set_multicast_hops_v6(ttl)?,
        }
    }
    socket.bind(&SocketAddr::new(from, 0).into())?;
    UdpSocket::from_std(socket.into())
}

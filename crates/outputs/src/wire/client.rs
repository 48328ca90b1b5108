//! TCP: we connect, and do so again.

use super::{Address, Desk, Line, drain, prepare};
use crate::backoff::Backoff;
use crate::inbox::Inbox;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until, timeout};

/// Why a connection is over.
enum Over {
    /// There is no more to tell.
    Told,
    /// It broke, for this reason.
    Broken(String),
}

pub(super) async fn run(line: &Line, to: &Address, desk: &Desk, inbox: &Inbox) {
    let mut backoff = Backoff::new(line.retry_first_s, line.retry_most_s, line.seed);
    let (mut failures, mut not_before) = (0, Instant::now());
    loop {
        let connecting = connect(to, line.timeout, not_before);
        tokio::pin!(connecting);
        let connected = loop {
            tokio::select! {
                connected = &mut connecting => break connected,
                told = inbox.next() => match told {
                    // The snapshot at connecting will say it.
                    Some(told) => drop(desk.news(told).await),
                    None => return,
                },
            }
        };
        let why = match connected {
            Err(why) => why,
            Ok(stream) => match talk(line, stream, desk, inbox).await {
                (Over::Told, _) => return,
                (Over::Broken(why), talked) => {
                    failures = if talked { 0 } else { failures };
                    why
                }
            },
        };
        failures += 1;
        not_before = Instant::now() + backoff.pause(failures);
        inbox.tally().failed(&why);
    }
}

async fn connect(
    to: &Address,
    patience: Duration,
    not_before: Instant,
) -> Result<TcpStream, String> {
    sleep_until(not_before).await;
    let mut why = "no address".to_owned();
    for address in to.resolve(patience).await? {
        match timeout(patience, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                prepare(&stream, patience);
                return Ok(stream);
            }
            Ok(Err(error)) => why = format!("cannot connect to {address}: {error}"),
            Err(_) => why = format!("{address} does not answer"),
        }
    }
    Err(why)
}

/// Sends until the connection breaks or there is no more to tell. The second value says
/// whether anything got through.
async fn talk(line: &Line, stream: TcpStream, desk: &Desk, inbox: &Inbox) -> (Over, bool) {
    let (mut reader, mut writer) = stream.into_split();
    let hung_up = drain(&mut reader);
    tokio::pin!(hung_up);
    let broken = |why: &str| Over::Broken(why.to_owned());
    let mut talked = false;
    inbox.tally().sent(0);
    let mut batch = desk.snapshot_batch().await;
    loop {
        if batch.messages > 0 {
            let written = tokio::select! {
                written = timeout(line.timeout, writer.write_all(&batch.bytes)) => written,
                () = &mut hung_up => return (broken("the other side has hung up"), talked),
            };
            match written {
                Ok(Ok(())) => {
                    talked = true;
                    inbox.tally().sent(batch.messages);
                }
                Ok(Err(error)) => return (Over::Broken(format!("cannot send: {error}")), talked),
                Err(_) => {
                    return (broken("the other side does not take what is sent"), talked);
                }
            }
        }
        let told = tokio::select! {
            told = inbox.next() => told,
            () = &mut hung_up => return (broken("the other side has hung up"), talked),
        };
        match told {
            // Encoding is not given up for a connection: what is told is told once.
            Some(told) => batch = desk.news_batch(told).await,
            None => {
                let _ = timeout(line.timeout, writer.shutdown()).await;
                return (Over::Told, talked);
            }
        }
    }
}

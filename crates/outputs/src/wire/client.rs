//! TCP: we connect, and do so again.

use super::{Address, Batch, Encoder, Line, drain, prepare};
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

pub(super) async fn run(line: &Line, to: &Address, mut encoder: Box<dyn Encoder>, inbox: &Inbox) {
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
                    Some(told) => drop(encoder.news(&told)),
                    None => return,
                },
            }
        };
        let why = match connected {
            Err(why) => why,
            Ok(stream) => match talk(line, stream, encoder.as_mut(), inbox).await {
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
async fn talk(
    line: &Line,
    stream: TcpStream,
    encoder: &mut dyn Encoder,
    inbox: &Inbox,
) -> (Over, bool) {
    let (mut reader, mut writer) = stream.into_split();
    let hung_up = async {
        drain(&mut reader).await;
        Over::Broken("the other side has closed the connection".to_owned())
    };
    let mut talked = false;
    let talking = async {
        let mut batch = Batch::of(&encoder.snapshot());
        loop {
            if batch.messages > 0 {
                match timeout(line.timeout, writer.write_all(&batch.bytes)).await {
                    Ok(Ok(())) => {
                        talked = true;
                        inbox.tally().sent(batch.messages);
                    }
                    Ok(Err(error)) => return Over::Broken(format!("cannot send: {error}")),
                    Err(_) => {
                        return Over::Broken(
                            "the other side does not take what is sent".to_owned(),
                        );
                    }
                }
            }
            match inbox.next().await {
                Some(told) => batch = Batch::of(&encoder.news(&told)),
                None => {
                    let _ = timeout(line.timeout, writer.shutdown()).await;
                    return Over::Told;
                }
            }
        }
    };
    let over = tokio::select! {
        over = talking => over,
        over = hung_up => over,
    };
    (over, talked)
}

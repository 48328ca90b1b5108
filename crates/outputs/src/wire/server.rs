//! TCP: others connect, each gets all, and who does not keep up is let go.

use super::{Batch, Desk, Line, drain, prepare};
use crate::backoff::Backoff;
use crate::inbox::Inbox;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

/// Batches that a client may be behind. All clients share their bytes.
const BEHIND: usize = 8;

struct Client {
    peer: SocketAddr,
    batches: mpsc::Sender<Batch>,
}

pub(super) async fn run(
    line: &Line,
    at: SocketAddr,
    most_clients: usize,
    desk: &Desk,
    inbox: &Inbox,
) {
    let Some(listener) = bind(line, at, desk, inbox).await else { return };
    let mut clients: Vec<Client> = Vec::new();
    let mut tasks = JoinSet::new();
    inbox.tally().clients(0);
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((_, peer)) if clients.len() >= most_clients => {
                    let why = format!("{peer} is turned away: {most_clients} clients are here");
                    inbox.tally().mishap(&why);
                }
                Ok((stream, peer)) => {
                    let (batches, waiting) = mpsc::channel(BEHIND);
                    tasks.spawn(serve(stream, peer, waiting, line.timeout, inbox.clone()));
                    let client = Client { peer, batches };
                    if offer(&client, desk.snapshot_batch().await, inbox) {
                        clients.push(client);
                    }
                    inbox.tally().clients(clients.len());
                }
                Err(error) => {
                    // Too many open files, most likely: it will not be better at once.
                    inbox.tally().mishap(&format!("cannot accept a client: {error}"));
                    sleep(Duration::from_millis(100)).await;
                }
            },
            told = inbox.next() => match told {
                Some(told) => {
                    let batch = desk.news_batch(told).await;
                    if batch.messages > 0 {
                        clients.retain(|client| offer(client, batch.clone(), inbox));
                        inbox.tally().clients(clients.len());
                    }
                }
                None => break,
            },
            Some(_) = tasks.join_next() => {
                clients.retain(|client| !client.batches.is_closed());
                inbox.tally().clients(clients.len());
            }
        }
    }
    // They send what they still have; whoever waits for us decides for how long.
    drop(clients);
    while tasks.join_next().await.is_some() {}
}

/// Gives a client a batch. False if it is gone, or so far behind that it must go.
fn offer(client: &Client, batch: Batch, inbox: &Inbox) -> bool {
    match client.batches.try_send(batch) {
        Ok(()) => true,
        Err(mpsc::error::TrySendError::Closed(_)) => false,
        Err(mpsc::error::TrySendError::Full(batch)) => {
            let why = format!("{} does not keep up and is let go", client.peer);
            inbox.tally().dropped(batch.messages, &why);
            false
        }
    }
}

async fn bind(line: &Line, at: SocketAddr, desk: &Desk, inbox: &Inbox) -> Option<TcpListener> {
    let mut backoff = Backoff::new(line.retry_first_s, line.retry_most_s, line.seed);
    let mut failures = 0;
    loop {
        match TcpListener::bind(at).await {
            Ok(listener) => {
                // Port 0 has become one that the system chose.
                let at = listener.local_addr().unwrap_or(at);
                inbox.tally().to(&format!("tcp clients at {at}"));
                return Some(listener);
            }
            Err(error) => {
                failures += 1;
                inbox.tally().failed(&format!("cannot listen at {at}: {error}"));
            }
        }
        let pause = sleep(backoff.pause(failures));
        tokio::pin!(pause);
        loop {
            tokio::select! {
                () = &mut pause => break,
                // It is followed, so that the first client gets the present.
                told = inbox.next() => drop(desk.news(told?).await),
            }
        }
    }
}

/// Sends a client what waits for it, until it is gone or let go.
async fn serve(
    stream: TcpStream,
    peer: SocketAddr,
    mut waiting: mpsc::Receiver<Batch>,
    patience: Duration,
    inbox: Inbox,
) {
    prepare(&stream, patience);
    let (mut reader, mut writer) = stream.into_split();
    let reading = async {
        drain(&mut reader).await;
        // It may have closed its own direction only, and still listen: writing will tell.
        std::future::pending::<()>().await;
    };
    let writing = async {
        while let Some(batch) = waiting.recv().await {
            match timeout(patience, writer.write_all(&batch.bytes)).await {
                Ok(Ok(())) => inbox.tally().sent(batch.messages),
                Ok(Err(_)) => return,
                Err(_) => {
                    let why = format!("{peer} does not take what is sent and is let go");
                    return inbox.tally().dropped(batch.messages, &why);
                }
            }
        }
        let _ = timeout(patience, writer.shutdown()).await;
    };
    tokio::select! {
        () = writing => {}
        () = reading => {}
    }
}

//! A commit whose answer is lost took place, or it did not: either way each entry is there once.
//! STO-1.

mod common;

use common::*;
use deconflict_store::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Stands between the store and the server, and breaks some commits.
struct Between {
    port: u16,
    /// Commits to be broken yet.
    left: Arc<AtomicU32>,
}

impl Between {
    /// With `arrives` the commit reaches the server and its answer is lost, else it is lost itself.
    async fn start(server: &str, arrives: bool) -> Between {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let left = Arc::new(AtomicU32::new(0));
        let between = Between { port, left: Arc::clone(&left) };
        let server = server.to_owned();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let server = TcpStream::connect(&server).await.unwrap();
                tokio::spawn(pass(client, server, Arc::clone(&left), arrives));
            }
        });
        between
    }
}

async fn pass(client: TcpStream, server: TcpStream, left: Arc<AtomicU32>, arrives: bool) {
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    let (stop, mut stopped) = tokio::sync::mpsc::channel::<()>(1);
    let asking = async {
        let mut bytes = vec![0; 1 << 16];
        while let Ok(count @ 1..) = from_client.read(&mut bytes).await {
            let some = &bytes[..count];
            let is_commit = some.windows(6).any(|word| word == b"COMMIT");
            let less = |left: u32| left.checked_sub(1);
            let relaxed = Ordering::Relaxed;
            let is_broken = is_commit && left.fetch_update(relaxed, relaxed, less).is_ok();
            if is_broken {
                stop.send(()).await.unwrap();
            }
            if (!is_broken || arrives) && to_server.write_all(some).await.is_err() {
                break;
            }
            if is_broken {
                // The server does it, and nobody hears of it.
                tokio::time::sleep(Duration::from_millis(100)).await;
                break;
            }
        }
    };
    let answering = async {
        let mut bytes = vec![0; 1 << 16];
        loop {
            tokio::select! {
                biased;
                _ = stopped.recv() => std::future::pending().await,
                count = from_server.read(&mut bytes) => match count {
                    Ok(count @ 1..) if to_client.write_all(&bytes[..count]).await.is_ok() => {}
                    _ => break,
                },
            }
        }
    };
    tokio::select! {
        () = asking => {}
        () = answering => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost() {
    for arrives in [true, false] {
        let Some(database) = Database::postgres().await else { return };
        let (head, rest) = database.url.split_once('@').unwrap();
        let (server, name) = rest.split_once('/').unwrap();
        let between = Between::start(server, arrives).await;
        let url = format!("{head}@127.0.0.1:{}/{name}", between.port);
        let patient = Settings { durable_timeout: Duration::from_secs(20), ..settings() };
        let store = Store::open_with(&url, patient).await.unwrap();
        let writer = store.writer();
        let mut expected = Vec::new();
        for number in 0..60 {
            if number % 10 == 0 {
                // Also several in a row.
                between.left.store(number / 10, Ordering::Relaxed);
            }
            let text = number.to_string();
            if number % 3 == 0 {
                writer.record_durably(note("a", &text)).await.unwrap();
            } else {
                writer.record(note("a", &text));
            }
            expected.push(text);
        }
        settle(&store).await;
        assert_eq!(texts(&store, "a").await, expected, "arrives: {arrives}");
        assert!(store.counts().retries >= 10, "{:?}", store.counts());
        store.close(Duration::from_secs(5)).await;
        database.remove().await;
    }
}

/// Whoever waits for an entry whose commit is in doubt is told so, and it is not tried again.
#[tokio::test(flavor = "multi_thread")]
async fn who_waits_for_a_commit_in_doubt_is_told() {
    let Some(database) = Database::postgres().await else { return };
    let (head, rest) = database.url.split_once('@').unwrap();
    let (server, name) = rest.split_once('/').unwrap();
    let between = Between::start(server, false).await;
    let url = format!("{head}@127.0.0.1:{}/{name}", between.port);
    let impatient = Settings {
        durable_timeout: Duration::from_millis(20),
        answer_timeout: Duration::from_millis(300),
        longest_pause: Duration::from_secs(3),
        ..Settings::default()
    };
    let store = Store::open_with(&url, impatient).await.unwrap();
    let writer = store.writer();
    // Each attempt fails in doubt, and is settled by the next connection.
    between.left.store(4, Ordering::Relaxed);
    let outcome = writer.record_durably(note("a", "in doubt")).await;
    assert!(matches!(outcome, Err(NotStored::InDoubt(_) | NotStored::Away(_))), "{outcome:?}");
    between.left.store(0, Ordering::Relaxed);
    until(&store, true).await;
    settle(&store).await;
    assert_eq!(texts(&store, "a").await, [""; 0]);
    assert_eq!(store.counts().withdrawn, 1);
    store.close(Duration::from_secs(5)).await;
    database.remove().await;
}

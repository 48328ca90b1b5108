//! Keys from an address: rotation, absence, and answers that are none, over real sockets.
#![cfg(feature = "fetch")]

mod common;

use common::*;
use deconflict_access::{FetchError, Jwks, Now, Reason, Verifier};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// A server on loopback that gives one answer, which can be changed.
#[derive(Clone)]
struct Server {
    url: String,
    answer: Arc<Mutex<Vec<u8>>>,
    asked: Arc<AtomicUsize>,
}

impl Server {
    async fn start(answer: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jwks.json", listener.local_addr().unwrap());
        let server = Self { url, answer: Arc::new(Mutex::new(answer)), asked: Arc::default() };
        let this = server.clone();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = Vec::new();
                let mut buffer = [0; 1024];
                while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                    match socket.read(&mut buffer).await {
                        Ok(len) if len > 0 => request.extend_from_slice(&buffer[..len]),
                        _ => break,
                    }
                }
                this.asked.fetch_add(1, Ordering::SeqCst);
                let answer = this.answer.lock().unwrap().clone();
                let _ = socket.write_all(&answer).await;
            }
        });
        server
    }

    fn answers(&self, answer: Vec<u8>) {
        *self.answer.lock().unwrap() = answer;
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    fn verifier(&self) -> Verifier {
        Verifier::new(requirements(), Vec::new()).with_jwks(Jwks::new(&self.url).unwrap())
    }
}

fn http(status: &str, body: &str) -> Vec<u8> {
    let len = body.len();
    format!("HTTP/1.1 {status}\r\nContent-Length: {len}\r\nConnection: close\r\n\r\n{body}")
        .into_bytes()
}

fn set(keys: &[Value]) -> Vec<u8> {
    http("200 OK", &json!({ "keys": keys }).to_string())
}

fn signed(kid: Option<&str>, private: &str) -> String {
    let mut header = json!({"alg": if private == ED { "EdDSA" } else { "RS256" }});
    if let Some(kid) = kid {
        header["kid"] = json!(kid);
    }
    token(&header, &claims(), |message| {
        if private == ED { eddsa(ED, message) } else { rs256(private, message) }
    })
}

fn after_s(seconds: u64) -> Now {
    Now { steady_ms: NOW.steady_ms + seconds * 1000, ..NOW }
}

#[tokio::test]
async fn rotation() {
    let server = Server::start(set(&[jwk("a", RSA_A_PUBLIC)])).await;
    let verifier = server.verifier();
    let (a, b) = (signed(Some("a"), RSA_A), signed(Some("b"), RSA_B));

    // The first token brings the keys.
    assert!(verifier.verify(&a, after_s(0)).await.is_ok());
    assert!(verifier.verify(&a, after_s(1)).await.is_ok());
    assert_eq!(server.asked(), 1);

    // A new key is found when a token names it, though not more often than every 30 s.
    server.answers(set(&[jwk("b", RSA_B_PUBLIC), jwk("ed", ED_PUBLIC)]));
    assert_eq!(verifier.verify(&b, after_s(29)).await.err(), Some(Reason::UnknownKey));
    assert_eq!(server.asked(), 1);
    assert!(verifier.verify(&b, after_s(30)).await.is_ok());
    assert!(verifier.verify(&signed(Some("ed"), ED), after_s(30)).await.is_ok());
    assert_eq!(server.asked(), 2);

    // The old one is gone.
    assert_eq!(verifier.verify(&a, after_s(31)).await.err(), Some(Reason::UnknownKey));
    // A name does not make a key another, nor another kind of it.
    let wrong = signed(Some("b"), RSA_A);
    assert_eq!(verifier.verify(&wrong, after_s(32)).await.err(), Some(Reason::BadSignature));
    let wrong = signed(Some("b"), ED);
    assert_eq!(verifier.verify(&wrong, after_s(33)).await.err(), Some(Reason::WrongAlgorithm));
    // Without a name all are tried.
    assert!(verifier.verify(&signed(None, RSA_B), after_s(34)).await.is_ok());
    assert_eq!(
        verifier.verify(&signed(None, RSA_A), after_s(35)).await.err(),
        Some(Reason::BadSignature)
    );
    assert_eq!(server.asked(), 2);
}

#[tokio::test]
async fn a_flood_of_unknown_names_is_one_question() {
    let server = Server::start(set(&[jwk("a", RSA_A_PUBLIC)])).await;
    let verifier = Arc::new(server.verifier());
    let tasks: Vec<_> = (0..50)
        .map(|number| {
            let verifier = Arc::clone(&verifier);
            let token = signed(Some(&format!("n{number}")), RSA_B);
            tokio::spawn(async move { verifier.verify(&token, after_s(0)).await.err() })
        })
        .collect();
    for task in tasks {
        assert_eq!(task.await.unwrap(), Some(Reason::UnknownKey));
    }
    assert_eq!(server.asked(), 1);
}

#[tokio::test]
async fn the_old_keys_stay_while_the_address_is_away() {
    let server = Server::start(set(&[jwk("a", RSA_A_PUBLIC)])).await;
    let verifier = server.verifier();
    verifier.refresh(after_s(0)).await.unwrap();
    let a = signed(Some("a"), RSA_A);
    let not_at_hand = signed(Some("b"), RSA_B);
    let bad_answers = [
        http("500 Oops", "{}"),
        http("200 OK", "<html>"),
        http("200 OK", r#"{"keys":[]}"#),
        http("302 Found\r\nLocation: http://127.0.0.1:9/", ""),
        http("200 OK", &format!("{{\"keys\":[\"{}\"]}}", "x".repeat(300_000))),
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"keys".to_vec(),
        b"garbage\r\n\r\n".to_vec(),
        Vec::new(),
    ];
    for (number, answer) in bad_answers.into_iter().enumerate() {
        server.answers(answer);
        let later = after_s(30 * (number as u64 + 1));
        let unknown = verifier.verify(&not_at_hand, later).await.err();
        assert_eq!(unknown, Some(Reason::UnknownKey), "{number}");
        assert_eq!(server.asked(), number + 2);
        assert!(verifier.verify(&a, later).await.is_ok(), "{number}");
    }
}

#[tokio::test]
async fn what_is_wrong_is_told() {
    let server = Server::start(http("503 Away", "")).await;
    let verifier = server.verifier();
    assert!(matches!(verifier.refresh(NOW).await, Err(FetchError::Status(_, 503))));
    server.answers(http("200 OK", &"x".repeat(300_000)));
    assert!(matches!(verifier.refresh(NOW).await, Err(FetchError::TooLarge(_))));
    server.answers(http("200 OK", "[]"));
    let error = verifier.refresh(NOW).await.unwrap_err().to_string();
    assert_eq!(error, format!("{}: it is no JWK set: a JSON object with 'keys'", server.url));

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closed = format!("http://u:word@{}/k?token=abc", listener.local_addr().unwrap());
    drop(listener);
    let verifier = Verifier::new(requirements(), Vec::new()).with_jwks(Jwks::new(&closed).unwrap());
    let error = verifier.refresh(NOW).await.unwrap_err();
    assert!(matches!(error, FetchError::Away(..)));
    let told = format!("{error} {error:?}");
    assert!(!told.contains("word") && !told.contains("abc"), "{told}");
}

#[tokio::test]
async fn a_withdrawn_key_ceases_to_be_trusted() {
    let server = Server::start(set(&[jwk("a", RSA_A_PUBLIC)])).await;
    let verifier = server.verifier();
    let a = signed(Some("a"), RSA_A);
    assert!(verifier.verify(&a, after_s(0)).await.is_ok());
    server.answers(set(&[jwk("b", RSA_B_PUBLIC)]));
    assert!(verifier.verify(&a, after_s(299)).await.is_ok());
    assert_eq!(server.asked(), 1);
    // Old keys are fetched anew beside the request, which still goes by those at hand.
    assert!(verifier.verify(&a, after_s(300)).await.is_ok());
    for _ in 0..10_000 {
        if verifier.verify(&a, after_s(301)).await.is_err() {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    assert_eq!(verifier.verify(&a, after_s(301)).await.err(), Some(Reason::UnknownKey));
    assert_eq!(server.asked(), 2);
}

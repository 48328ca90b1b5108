//! The webhook over TLS: only to those who can prove who they are.

mod common;

use common::receiver::{Request, serve};
use common::{alert, picture, soon, start, status_when, tell};
use deconflict_outputs::Condition;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// A receiver behind TLS; its port, its certificate, and what it receives.
async fn secured() -> (u16, String, mpsc::UnboundedReceiver<Request>) {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (tell, requests) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (acceptor, tell) = (acceptor.clone(), tell.clone());
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve(stream, Arc::default(), tell).await;
                }
            });
        }
    });
    (port, cert.pem(), requests)
}

fn webhook(port: u16, more: &str) -> String {
    format!(
        "[[output]]\nkind = \"webhook\"\nname = \"desk\"\nviewer = \"everything\"\n\
         url = \"https://localhost:{port}/\"\nsecret = \"0123456789abcdef\"\n\
         retry_first_s = 0.01\nretry_most_s = 0.05\n{more}"
    )
}

#[tokio::test]
async fn a_certificate_of_ones_own_is_trusted_if_it_is_named() {
    let (port, pem, mut requests) = secured().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    std::fs::write(&file, pem).unwrap();
    let outputs = start(&webhook(port, &format!("ca_file = {:?}", file.to_str().unwrap())));
    tell(&outputs, &picture(1.0, Vec::new(), vec![alert(1, "predicted", 1.0)]));
    let request = soon(requests.recv()).await.unwrap();
    assert_eq!(request.json()["alert"]["id"], "run-1");
    status_when(&outputs, |s| s.sent == 1).await;
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_gets_nothing() {
    let (port, _, mut requests) = secured().await;
    let outputs = start(&webhook(port, ""));
    tell(&outputs, &picture(1.0, Vec::new(), vec![alert(1, "predicted", 1.0)]));
    let status = status_when(&outputs, |s| s.failed >= 2).await;
    assert_eq!((status.sent, status.state), (0, Condition::Failing));
    let why = status.last_error.unwrap_or_default();
    assert!(why.contains("certificate"), "{why}");
    assert!(requests.try_recv().is_err());
}

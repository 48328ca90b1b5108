//! How tokens are got.
#![allow(clippy::unwrap_used)]

mod common;

use axum::extract::Query;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use common::*;
use deconflict_uss::Tokens;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

type Asked = Arc<Mutex<Vec<BTreeMap<String, String>>>>;

/// An authorisation server that writes down what it is asked.
async fn server(expires_in: Option<i64>) -> (String, Asked) {
    let asked = Asked::default();
    let (one, two) = (Arc::clone(&asked), Arc::clone(&asked));
    let give = move |asked: &Asked, params: BTreeMap<String, String>| {
        let mut claims = claims("uss-a", &[&params["scope"]]);
        claims["aud"] = json!(params["intended_audience"]);
        if let Some(seconds) = expires_in {
            claims["exp"] = json!(unix_s() + seconds.max(40));
        }
        asked.lock().unwrap().push(params);
        let token = signed(&claims, KEY);
        axum::Json(json!({ "access_token": token, "expires_in": expires_in })).into_response()
    };
    let get = move |Query(params): Query<BTreeMap<String, String>>| {
        let answer = give(&one, params);
        async move { answer }
    };
    let post = move |body: String| {
        let pairs = reqwest::Url::parse(&format!("http://form?{body}")).unwrap();
        let params: BTreeMap<String, String> = pairs.query_pairs().into_owned().collect();
        let answer = if params.get("client_secret").is_some_and(|s| s == "hush hush&") {
            give(&two, params)
        } else {
            StatusCode::UNAUTHORIZED.into_response()
        };
        async move { answer }
    };
    let app = axum::Router::new().route("/token", axum::routing::get(get).post(post));
    let (url, _) = serve(app).await;
    (format!("{url}/token"), asked)
}

fn credentials(url: &str, secret: &str) -> Tokens {
    Tokens::ClientCredentials {
        url: url.into(),
        client_id: "uss-a".into(),
        client_secret: secret.into(),
    }
}

#[tokio::test]
async fn a_token_is_for_one_audience_and_one_scope_and_is_kept() {
    for dummy in [false, true] {
        let dss = Dss::start().await;
        let (url, asked) = server(Some(3600)).await;
        let a = Served::with(&dss, "uss-a", |s| {
            managing(s);
            s.tokens = if dummy {
                Tokens::Dummy { url: url.clone(), sub: "uss-a".into() }
            } else {
                credentials(&url, "hush hush&")
            };
        })
        .await;
        let many = (0..6).map(|n| {
            let (uss, own) = (a.uss.clone(), own(10.0 + f64::from(n), 20.0));
            tokio::spawn(async move { uss.file(own, |_| async { Ok(()) }).await })
        });
        for one in many.collect::<Vec<_>>() {
            one.await.unwrap().unwrap();
        }
        let first = own(10.0, 20.0);
        a.file(&first).await.unwrap();
        a.file(&in_state(&first, deconflict_intent::IntentState::Nonconforming)).await.unwrap();
        a.file(&constraint(10.0, 20.0)).await.unwrap();
        let asked = asked.lock().unwrap().clone();
        let scopes: BTreeSet<&str> = asked.iter().map(|p| p["scope"].as_str()).collect();
        assert_eq!(scopes, BTreeSet::from([SC, CP, CMSA, CM]));
        assert_eq!(asked.len(), 4, "whoever asks at once shares: {asked:?}");
        assert!(asked.iter().all(|p| p["grant_type"] == "client_credentials"));
        assert!(asked.iter().all(|p| p["intended_audience"] == "127.0.0.1"));
        dss.stop().await;
    }
}

#[tokio::test]
async fn a_token_that_ends_soon_is_renewed() {
    let dss = Dss::start().await;
    let (url, asked) = server(Some(30)).await;
    let a = Served::with(&dss, "uss-a", |s| s.tokens = credentials(&url, "hush hush&")).await;
    a.file(&own(10.0, 20.0)).await.unwrap();
    assert!(asked.lock().unwrap().len() > 1, "within a minute of its end it is not used again");
    dss.stop().await;
}

/// USS-7: A secret of the peer exchange is in no message and no log.
#[tokio::test]
async fn without_a_token_nothing_is_filed_and_no_secret_is_told() {
    let dss = Dss::start().await;
    let (url, _) = server(None).await;
    for tokens in
        [credentials(&url, "wrong word"), credentials("http://127.0.0.1:9/token", "wrong word")]
    {
        let a = Served::with(&dss, "uss-a", |s| s.tokens = tokens.clone()).await;
        let error = a.file(&own(10.0, 20.0)).await.unwrap_err();
        let words = format!("{error} {error:?} {:?} {tokens:?}", a.uss);
        assert!(
            words.contains("authorisation server") && words.contains("nothing was changed"),
            "{words}"
        );
        assert!(!words.contains("wrong"), "{words}");
    }
    assert!(dss.seen().is_empty());
    dss.stop().await;
}

//! A service on a port of loopback, and clients with tokens for it.
#![allow(dead_code, clippy::print_stderr, clippy::unwrap_used)] // each test uses its part

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use deconflict_dss::{Gate, Pool, Settings, Target, router};
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use sqlx::{AnyConnection, AssertSqlSafe, Connection};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;

pub const KEY: &str = include_str!("../../../access/tests/keys/test-only-rsa-a.private.pem");
pub const PUBLIC: &str = include_str!("../../../access/tests/keys/test-only-rsa-a.public.pem");
pub const OTHER_KEY: &str = include_str!("../../../access/tests/keys/test-only-rsa-b.private.pem");

pub const SC: &str = "utm.strategic_coordination";
pub const CM: &str = "utm.constraint_management";
pub const CP: &str = "utm.constraint_processing";
pub const CMSA: &str = "utm.conformance_monitoring_sa";
pub const AA: &str = "utm.availability_arbitration";
pub const EVERYTHING: [&str; 5] = [SC, CM, CP, CMSA, AA];

/// The folder of recorded answers of other systems, where it is.
pub fn oracles() -> Option<PathBuf> {
    let named = std::env::var_os("DECONFLICT_ORACLES").map(PathBuf::from);
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/oracles");
    let folder = named.unwrap_or(beside);
    let there = folder.join("interuss").is_dir();
    if !there {
        eprintln!("skipped: no oracles at {}", folder.display());
    }
    there.then_some(folder)
}

/// Where the order of changes is kept in a test; gone afterwards.
pub struct Place {
    pub target: Target,
    /// The database to drop ours from, and the name of ours.
    admin: Option<(String, String)>,
    pub folder: TempDir,
}

impl Place {
    pub fn file() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::File(folder.path().join("dss.db"));
        Place { target, admin: None, folder }
    }

    pub async fn server() -> Option<Place> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Ok(admin) = std::env::var("DECONFLICT_POSTGRES") else {
            eprintln!("skipped: no PostgreSQL (DECONFLICT_POSTGRES; .ci/postgres starts one)");
            return None;
        };
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("deconflict_dss_{}_{count}", std::process::id());
        execute(&admin, &format!("CREATE DATABASE {name}")).await;
        let (server, _) = admin.rsplit_once('/').unwrap();
        let target = Target::Server(format!("{server}/{name}"));
        Some(Place { target, admin: Some((admin, name)), folder: tempfile::tempdir().unwrap() })
    }

    /// One of each kind that there is.
    pub async fn all() -> Vec<Place> {
        let mut all = vec![Place::file()];
        all.extend(Place::server().await);
        all
    }

    pub async fn remove(self) {
        if let Some((admin, name)) = &self.admin {
            execute(admin, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await;
        }
    }
}

async fn execute(url: &str, sql: &str) {
    sqlx::any::install_default_drivers();
    let mut connection = AnyConnection::connect(url).await.unwrap();
    sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
}

/// A service that answers at an address.
pub struct Served {
    pub url: String,
    pub pool: Arc<Pool>,
    task: tokio::task::JoinHandle<()>,
}

impl Served {
    pub async fn on(target: &Target) -> Served {
        Served::with(target, settings(), PUBLIC).await
    }

    pub async fn with(target: &Target, settings: Settings, public: &str) -> Served {
        let pool = Pool::start(target.clone(), settings).await.unwrap();
        let pems = [("test.pem".to_owned(), public.to_owned())];
        let audiences = ["127.0.0.1".to_owned(), "dss.test".to_owned()];
        let gate = Gate::new(&pems, None, &audiences, &[]).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let app = router(Arc::clone(&pool), gate);
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Served { url, pool, task }
    }

    pub async fn stop(self) {
        self.task.abort();
        let _ = self.task.await;
        self.pool.stop().await;
    }
}

pub fn settings() -> Settings {
    Settings { allow_http: true, patience: Duration::from_secs(5), ..Settings::default() }
}

pub fn unix_s() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// A time from now, as the standard writes it.
pub fn in_s(seconds: i64) -> Value {
    let stamp = jiff::Timestamp::from_second(unix_s() + seconds).unwrap();
    json!({ "value": stamp.to_string(), "format": "RFC3339" })
}

pub fn claims(subject: &str, scopes: &[&str]) -> Value {
    json!({
        "iss": "https://id.test", "sub": subject, "aud": "dss.test", "scope": scopes.join(" "),
        "exp": unix_s() + 1800,
    })
}

pub fn signed(claims: &Value, private: &str) -> String {
    let body: String = private.lines().filter(|line| !line.starts_with("-----")).collect();
    let pair = RsaKeyPair::from_pkcs8(&STANDARD.decode(body).unwrap()).unwrap();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(&json!({"alg": "RS256", "typ": "JWT"})), part(claims));
    let mut signature = vec![0; pair.public().modulus_len()];
    let random = ring::rand::SystemRandom::new();
    pair.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap();
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// A USS with a token.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    pub url: String,
    pub token: Option<String>,
}

pub struct Reply {
    pub status: u16,
    pub body: Value,
}

impl Client {
    pub fn new(served: &Served, subject: &str, scopes: &[&str]) -> Client {
        Client::at(&served.url, Some(signed(&claims(subject, scopes), KEY)))
    }

    pub fn at(url: &str, token: Option<String>) -> Client {
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        Client { http, url: url.to_owned(), token }
    }

    pub async fn send(
        &self,
        method: &str,
        path: &str,
        body: Option<&Value>,
        idempotency: Option<&str>,
    ) -> Result<Reply, reqwest::Error> {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some(key) = idempotency {
            request = request.header("idempotency-key", key);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status().as_u16();
        let text = response.text().await?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok(Reply { status, body })
    }

    /// Sends any bytes.
    pub async fn send_bytes(&self, method: &str, path: &str, body: Vec<u8>) -> Reply {
        let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, format!("{}{path}", self.url)).body(body);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        Reply { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }

    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.send("PUT", path, Some(body), None).await.unwrap()
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send("POST", path, Some(body), None).await.unwrap()
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, None, None).await.unwrap()
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, None, None).await.unwrap()
    }
}

pub fn circle(lat: f64, lng: f64, radius_m: f64) -> Value {
    json!({ "center": { "lat": lat, "lng": lng }, "radius": { "value": radius_m, "units": "M" } })
}

/// A block of space and time: metres over the ellipsoid, seconds from now.
pub fn block(outline: Value, band_m: [f64; 2], from_s: i64, to_s: i64) -> Value {
    let altitude = |m: f64| json!({ "value": m, "reference": "W84", "units": "M" });
    json!({
        "volume": {
            "outline_circle": outline,
            "altitude_lower": altitude(band_m[0]),
            "altitude_upper": altitude(band_m[1]),
        },
        "time_start": in_s(from_s),
        "time_end": in_s(to_s),
    })
}

/// A new operational intent with a subscription of its own.
pub fn accepted(extent: Value, key: &[String]) -> Value {
    json!({
        "extents": [extent],
        "key": key,
        "state": "Accepted",
        "uss_base_url": "http://uss.test",
        "new_subscription": { "uss_base_url": "http://uss.test" },
    })
}

pub fn intent_path(id: uuid::Uuid) -> String {
    format!("/dss/v1/operational_intent_references/{id}")
}

pub fn ovn_of(reply: &Reply) -> String {
    reply.body["operational_intent_reference"]["ovn"].as_str().unwrap().to_owned()
}

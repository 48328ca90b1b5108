//! A DSS in this process, and USSs on ports of loopback around it.
#![allow(dead_code, clippy::unwrap_used)] // each test uses its part

use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use deconflict_access::Gate;
use deconflict_core::volume::Footprint;
use deconflict_core::{Altitude, GeoPoint, Time, Volume4d};
use deconflict_dss::{Pool, Target};
use deconflict_intent::IntentState;
use deconflict_intent::wire::ErrorReport;
use deconflict_uss::{
    Constraints, Filed, Host, NotFiled, Own, Peer, Peers, Settings, Telemetry, Tokens, Uss, What,
};
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use uuid::Uuid;

pub const KEY: &str = include_str!("../../../access/tests/keys/test-only-rsa-a.private.pem");
pub const PUBLIC: &str = include_str!("../../../access/tests/keys/test-only-rsa-a.public.pem");
pub const OTHER_KEY: &str = include_str!("../../../access/tests/keys/test-only-rsa-b.private.pem");

pub const SC: &str = "utm.strategic_coordination";
pub const CM: &str = "utm.constraint_management";
pub const CP: &str = "utm.constraint_processing";
pub const CMSA: &str = "utm.conformance_monitoring_sa";
pub const AA: &str = "utm.availability_arbitration";
pub const EVERYTHING: [&str; 5] = [SC, CM, CP, CMSA, AA];

/// What goes wrong between a USS and the DSS.
#[derive(Default)]
pub struct Faults {
    /// So many answers to writes are lost, after they were done.
    pub lose_answers: AtomicU32,
    /// So many writes are lost before they are done.
    pub lose_writes: AtomicU32,
    /// The DSS answers nothing.
    pub away: AtomicBool,
    /// And is away from then on.
    pub away_after_loss: AtomicBool,
    /// Headers `idempotency-key` are not passed on, as if the DSS did not know them.
    pub no_keys: AtomicBool,
    /// Every request that came: method, path, body.
    pub seen: Mutex<Vec<(String, String, Vec<u8>)>>,
}

fn one_of(count: &AtomicU32) -> bool {
    count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok()
}

async fn faulty(State(faults): State<Arc<Faults>>, request: Request, next: Next) -> Response {
    let lost = || (StatusCode::BAD_GATEWAY, "lost").into_response();
    if faults.away.load(Ordering::SeqCst) {
        return lost();
    }
    let write = request.method() == Method::PUT || request.method() == Method::DELETE;
    let leave = || {
        if faults.away_after_loss.swap(false, Ordering::SeqCst) {
            faults.away.store(true, Ordering::SeqCst);
        }
    };
    if write && one_of(&faults.lose_writes) {
        leave();
        return lost();
    }
    let (mut parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 8 << 20).await.unwrap();
    let seen = (parts.method.to_string(), parts.uri.path().to_owned(), body.to_vec());
    faults.seen.lock().unwrap().push(seen);
    if faults.no_keys.load(Ordering::SeqCst) {
        parts.headers.remove("idempotency-key");
    }
    let answer = next.run(Request::from_parts(parts, body.into())).await;
    if write && answer.status().is_success() && one_of(&faults.lose_answers) {
        leave();
        return lost();
    }
    answer
}

pub struct Dss {
    pub url: String,
    pub faults: Arc<Faults>,
    pub pool: Arc<Pool>,
    _folder: TempDir,
    task: JoinHandle<()>,
}

pub async fn gate() -> Gate {
    let pems = [("test.pem".to_owned(), PUBLIC.to_owned())];
    Gate::new(&pems, None, &["127.0.0.1".to_owned()], &[]).await.unwrap()
}

impl Dss {
    pub async fn start() -> Dss {
        let folder = tempfile::tempdir().unwrap();
        let target = Target::File(folder.path().join("dss.db"));
        let settings = deconflict_dss::Settings { allow_http: true, ..Default::default() };
        let pool = Pool::start(target, settings).await.unwrap();
        let faults = Arc::<Faults>::default();
        let app = deconflict_dss::router(Arc::clone(&pool), gate().await)
            .layer(middleware::from_fn_with_state(Arc::clone(&faults), faulty));
        let (url, task) = serve(app).await;
        Dss { url, faults, pool, _folder: folder, task }
    }

    pub async fn stop(self) {
        self.task.abort();
        let _ = self.task.await;
        self.pool.stop().await;
    }

    /// All that was asked of it since the last time.
    pub fn seen(&self) -> Vec<(String, String, Vec<u8>)> {
        std::mem::take(&mut *self.faults.seen.lock().unwrap())
    }
}

pub async fn serve(app: axum::Router) -> (String, JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (url, tokio::spawn(async move { axum::serve(listener, app).await.unwrap() }))
}

pub fn now() -> Time {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Time::from_nanos(i64::try_from(since.as_nanos()).unwrap())
}

/// What is around a USS in a test.
#[derive(Default)]
pub struct Around {
    pub told: Mutex<Vec<Arc<Peers>>>,
    pub reports: Mutex<Vec<(String, ErrorReport)>>,
    pub telemetry: Mutex<Option<Telemetry>>,
    pub settled: Mutex<Vec<(Uuid, bool)>>,
}

impl Host for Around {
    fn now(&self) -> Time {
        now()
    }
    fn telemetry(&self, _: Uuid) -> Option<Telemetry> {
        self.telemetry.lock().unwrap().clone()
    }
    fn peers_changed(&self, peers: &Arc<Peers>) {
        self.told.lock().unwrap().push(Arc::clone(peers));
    }
    fn settled(&self, id: Uuid, done: bool) {
        self.settled.lock().unwrap().push((id, done));
    }
    fn reported(&self, by: &str, report: ErrorReport) {
        self.reports.lock().unwrap().push((by.to_owned(), report));
    }
}

/// A USS that answers at an address.
pub struct Served {
    pub uss: Uss,
    pub url: String,
    pub around: Arc<Around>,
    task: JoinHandle<()>,
}

pub fn key_of(manager: &str) -> Tokens {
    Tokens::Key { pem: KEY.into(), issuer: "https://id.test".into(), sub: manager.into() }
}

impl Served {
    pub async fn start(dss: &Dss, manager: &str) -> Served {
        Served::with(dss, manager, |_| {}).await
    }

    pub async fn with(dss: &Dss, manager: &str, change: impl FnOnce(&mut Settings)) -> Served {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        Served::on(listener, url, dss, manager, change).await
    }

    /// Once more at the same address, as after a crash.
    pub async fn again(self, dss: &Dss, manager: &str) -> Served {
        let url = self.url.clone();
        self.away().await;
        let address = url.trim_start_matches("http://").to_owned();
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        Served::on(listener, url, dss, manager, |_| {}).await
    }

    async fn on(
        listener: tokio::net::TcpListener,
        url: String,
        dss: &Dss,
        manager: &str,
        change: impl FnOnce(&mut Settings),
    ) -> Served {
        let mut settings = Settings::new(&dss.url, &url, manager, key_of(manager));
        settings.allow_http = true;
        settings.patience = Duration::from_secs(2);
        change(&mut settings);
        let around = Arc::<Around>::default();
        let host: Arc<dyn Host> = around.clone();
        let uss = Uss::new(settings, gate().await, host).unwrap();
        let app = uss.router();
        let task = tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Served { uss, url, around, task }
    }

    /// It answers no more.
    pub async fn away(self) -> Uss {
        self.task.abort();
        let _ = self.task.await;
        self.uss
    }

    pub async fn file(&self, own: &Own) -> Result<Filed, NotFiled> {
        self.uss.file(own.clone(), |_| async { Ok(()) }).await
    }

    /// Files unless any peer's volume overlaps.
    pub async fn file_if_free(&self, own: &Own) -> Result<Filed, NotFiled> {
        let mine = own.volumes.clone();
        let free = move |peers: Vec<Arc<Peer>>| {
            let taken = peers.iter().find(|peer| {
                let theirs = peer.volumes.iter().chain(&peer.off_nominal);
                theirs.into_iter().any(|v| mine.iter().any(|m| m.overlaps(v)))
            });
            let answer = taken.map_or(Ok(()), |p| Err(format!("{} has {} there", p.manager, p.id)));
            async move { answer }
        };
        self.uss.file(own.clone(), free).await
    }
}

pub fn circle(
    lat: f64,
    lon: f64,
    radius_m: f64,
    band_m: [f64; 2],
    from_s: f64,
    to_s: f64,
) -> Volume4d {
    let now = now();
    Volume4d {
        footprint: Footprint::Circle { centre: GeoPoint::from_deg(lat, lon).unwrap(), radius_m },
        lower: Some(Altitude::ellipsoid_m(band_m[0])),
        upper: Some(Altitude::ellipsoid_m(band_m[1])),
        start: Some(now.plus_s(from_s)),
        end: Some(now.plus_s(to_s)),
    }
}

/// Five hundred metres around a point, for ten minutes from a minute ago.
pub fn own(lat: f64, lon: f64) -> Own {
    let volumes = vec![circle(lat, lon, 500.0, [100.0, 200.0], -60.0, 600.0)];
    let what = What::Intent { state: IntentState::Accepted, priority: 7 };
    Own { id: Uuid::new_v4(), what, volumes, off_nominal: Vec::new(), ovn: None }
}

pub fn in_state(own: &Own, state: IntentState) -> Own {
    let mut own = own.clone();
    if !state.is_nominal() {
        own.off_nominal = own.volumes.clone();
    }
    own.what = What::Intent { state, priority: 7 };
    own
}

pub fn constraint(lat: f64, lon: f64) -> Own {
    Own { what: What::Constraint { kind: "test.fire".into() }, ..own(lat, lon) }
}

pub fn managing(settings: &mut Settings) {
    settings.constraints = Constraints::Manage;
}

pub fn unix_s() -> i64 {
    now().as_unix_s() as i64
}

pub fn claims(subject: &str, scopes: &[&str]) -> Value {
    json!({
        "iss": "https://id.test", "sub": subject, "aud": "127.0.0.1", "scope": scopes.join(" "),
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

pub struct Reply {
    pub status: u16,
    pub body: Value,
    pub headers: reqwest::header::HeaderMap,
}

/// Asks as somebody with these scopes.
pub async fn ask(
    method: &str,
    url: &str,
    who: Option<(&str, &[&str])>,
    body: Option<Vec<u8>>,
) -> Reply {
    let token = who.map(|(subject, scopes)| signed(&claims(subject, scopes), KEY));
    ask_with(method, url, token, body).await
}

pub async fn ask_with(
    method: &str,
    url: &str,
    token: Option<String>,
    body: Option<Vec<u8>>,
) -> Reply {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        let _ = rustls::crypto::ring::default_provider().install_default();
    }
    let http = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let mut request = http.request(method, url);
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body);
    }
    let answer = request.send().await.unwrap();
    let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
    let text = answer.text().await.unwrap();
    Reply { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)), headers }
}

/// Waits until something is so, or for five seconds.
pub async fn until(mut what: impl FnMut() -> bool) -> bool {
    for _ in 0..500 {
        if what() {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

pub async fn set_availability(dss: &Dss, uss: &str, availability: &str) {
    let url = format!("{}/dss/v1/uss_availability/{uss}", dss.url);
    let who: Option<(&str, &[&str])> = Some(("arbiter", &[AA]));
    let before = ask("GET", &url, who, None).await;
    let body = json!({ "old_version": before.body["version"], "availability": availability });
    let reply = ask("PUT", &url, who, Some(body.to_string().into_bytes())).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
}

//! A DSS and services that are its clients, all on loopback.

use crate::common::client::{Answer, Client};
use crate::common::{config_in, flights, key, tokens, try_start};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use deconflict_access::{Gate, Role};
use deconflict_dss::{Pool, Settings, Target, router};
use deconflict_server::Service;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tempfile::TempDir;

const KEYS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../access/tests/keys");

/// A DSS, which can be away.
pub struct Dss {
    pub url: String,
    away: Arc<AtomicBool>,
    _folder: TempDir,
}

async fn gone(State(away): State<Arc<AtomicBool>>, request: Request, next: Next) -> Response {
    if away.load(Ordering::Relaxed) {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    next.run(request).await
}

impl Dss {
    pub async fn start() -> Dss {
        let folder = TempDir::new().unwrap();
        let settings = Settings { allow_http: true, ..Settings::default() };
        let pool = Pool::start(Target::File(folder.path().join("dss.db")), settings).await;
        let pem = std::fs::read_to_string(format!("{KEYS}/test-only-rsa-a.public.pem")).unwrap();
        let pems = [("test.pem".to_owned(), pem)];
        let gate = Gate::new(&pems, None, &["127.0.0.1".to_owned()], &[]).await.unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let away = Arc::new(AtomicBool::new(false));
        let app = router(pool.unwrap(), gate).layer(from_fn_with_state(away.clone(), gone));
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Dss { url, away, _folder: folder }
    }

    pub fn is_away(&self, away: bool) {
        self.away.store(away, Ordering::Relaxed);
    }
}

/// A service that is one of several, and keys for `tower` and its parties.
pub struct Cell {
    service: Option<Service>,
    dir: TempDir,
    text: String,
    port: u16,
    keys: BTreeMap<String, String>,
}

impl Cell {
    pub async fn start(dss: &Dss, manager: &str, more: &str, parties: &[&str]) -> Cell {
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let mut text = format!(
            "{more}\n[access.limits]\nrequests_per_s = 1e6\nburst = 1000000\n\
             [uss]\ndss = \"{}\"\nbase_url = \"http://127.0.0.1:{port}\"\n\
             manager = \"{manager}\"\nallow_http = true\nrefresh_s = 1\npatience_s = 5\n\
             constraints = \"manage\"\n\
             [uss.token]\nkind = \"key\"\nkey_file = \"{KEYS}/test-only-rsa-a.private.pem\"\n\
             issuer = \"https://id.test\"\n\
             [uss.keys]\npublic_key = [\"{KEYS}/test-only-rsa-a.public.pem\"]\n\
             [[uss.watch]]\nshape = \"circle\"\npoints = \"34 40\"\nradius_m = 27000\n",
            dss.url
        );
        let mut keys = BTreeMap::new();
        let mut add = |name: &str, role, party| {
            let (lines, key) = key(name, role, party);
            text += &lines;
            keys.insert(name.to_owned(), key);
        };
        add("tower", Role::Controller, None);
        add("admin", Role::Admin, None);
        for party in parties {
            add(party, Role::Party, Some(party));
        }
        let dir = TempDir::new().unwrap();
        let mut cell = Cell { service: None, dir, text, port, keys };
        cell.again().await;
        cell
    }

    /// Starts it, in the folder where it has been before.
    pub async fn again(&mut self) {
        let mut config = config_in(&self.text, self.dir.path());
        config.http.listen = ([127, 0, 0, 1], self.port).into();
        let service = try_start(config, self.dir.path()).await;
        self.service = Some(service.unwrap_or_else(|error| panic!("{error}\n{}", self.text)));
    }

    pub fn service(&self) -> &Service {
        self.service.as_ref().unwrap()
    }

    pub fn client(&self, name: &str) -> Client {
        Client::new(&format!("http://127.0.0.1:{}", self.port)).bearer(&self.keys[name])
    }

    /// Somebody without a key.
    pub fn stranger(&self) -> Client {
        Client::new(&format!("http://127.0.0.1:{}", self.port))
    }

    pub async fn stop(&mut self) {
        if let Some(service) = self.service.take() {
            service.stop().await;
        }
    }
}

/// A token of another service for one on this machine.
pub fn token(sub: &str, scope: &str) -> String {
    let exp = flights::now().as_nanos() / 1_000_000_000 + 600;
    let claims = json!({
        "iss": "https://id.test", "sub": sub, "aud": "127.0.0.1", "scope": scope, "exp": exp,
    });
    tokens::token(&claims, &tokens::Signed::Rs256(tokens::RSA_A))
}

/// A circle of 5 km on its own levels, in an hour; `fields` come on top.
pub fn draft(lat: f64, fields: Value) -> Value {
    let time = |s: f64| flights::now().plus_s(s).to_string();
    let mut draft = json!({
        "kind": "operation", "shape": "circle", "points": [{ "lat": lat, "lon": 40.0 }],
        "radius_m": 5_000, "lower": "500 m msl", "upper": "900 m msl",
        "start": time(3_600.0), "end": time(7_200.0),
    });
    let (Value::Object(all), Value::Object(fields)) = (&mut draft, fields) else { panic!() };
    all.extend(fields);
    draft
}

pub async fn make(client: &Client, draft: Value) -> Value {
    let made = client.post("/v1/reservations", draft).await;
    assert_eq!(made.status, 201, "{made:?}");
    made.json()
}

pub async fn act(client: &Client, view: &Value, action: &str) -> Answer {
    let path = format!("/v1/reservations/{}/status", view["id"].as_str().unwrap());
    client.post(&path, json!({ "action": action, "version": view["version"] })).await
}

pub async fn planned(client: &Client, draft: Value) -> Value {
    let made = make(client, draft).await;
    let answer = act(client, &made, "plan").await;
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// What others have, as this client is told.
pub async fn peers(client: &Client) -> Vec<Value> {
    let listed = client.get("/v1/reservations").await.json();
    let listed = listed["reservations"].as_array().unwrap().iter();
    listed.filter(|view| view["peer"] == json!(true)).cloned().collect()
}

//! Gathering everything that somebody can get, and looking for what should not be in it.

use crate::common::client::Client;
use serde_json::Value;
use std::collections::BTreeSet;
use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

/// What has come from one place.
pub struct Source {
    pub name: String,
    pub text: String,
}

/// Everything that GET answers to somebody: every route of the description, with every track and
/// alert or warning, in every form. A new route with a parameter of a kind that is not known here fails.
/// `others` are the ids of reservations and messages.
pub async fn rest(
    client: &Client,
    tracks: &[u64],
    alerts: &[String],
    others: &[String],
) -> Vec<Source> {
    let described = client.get("/v1/openapi.json").await.json();
    let mut paths = Vec::new();
    for (path, item) in described["paths"].as_object().unwrap() {
        if item.get("get").is_none() || matches!(path.as_str(), "/v1/stream" | "/v1/ws") {
            continue;
        }
        let fill = |value: &str| path.replace("{id}", value);
        match path.as_str() {
            p if p.starts_with("/v1/tracks/{id}") => {
                paths.extend(tracks.iter().map(|id| fill(&id.to_string())));
            }
            p if p.starts_with("/v1/alerts/{id}") || p.starts_with("/v1/warnings/{id}") => {
                paths.extend(alerts.iter().map(|id| fill(id)));
            }
            p if p.starts_with("/v1/reservations/{id}") || p.starts_with("/v1/messages/{id}") => {
                paths.extend(others.iter().map(|id| fill(id)));
            }
            "/v1/layers/{name}" => paths.push("/v1/layers/aerodromes".to_owned()),
            p if p.contains('{') => panic!("what is to be asked for at {p}?"),
            p => paths.push(p.to_owned()),
        }
    }
    let forms: Vec<String> = paths
        .iter()
        .filter(|path| path.ends_with("/trajectory") || *path == "/v1/tracks")
        .map(|path| format!("{path}?format=geojson"))
        .collect();
    paths.extend(forms);
    let forms = ["format=geojson", "format=kml", "format=csv", "at=2030-01-01T00:00:00Z"];
    paths.extend(forms.map(|form| format!("/v1/reservations?{form}")));
    let queries = [
        "state=all",
        "state=ended",
        "state=all&limit=1",
        "state=all&limit=2",
        "from=2020-01-01T00:00:00Z",
    ];
    paths.extend(queries.map(|query| format!("/v1/alerts?{query}")));
    paths.extend(queries.map(|query| format!("/v1/warnings?{query}")));
    paths.push("/v1/tracks?bbox=-180,-90,180,90".to_owned());
    let mut sources = Vec::new();
    for path in paths {
        let text = client.get(&path).await.text;
        sources.push(Source { name: path, text });
    }
    sources
}

/// Every page of the alerts, one at a time.
pub async fn pages(client: &Client) -> Vec<Value> {
    let (mut all, mut before) = (Vec::new(), String::new());
    loop {
        let page = client.get(&format!("/v1/alerts?state=all&limit=1{before}")).await.json();
        all.extend(page["alerts"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_str() else { return all };
        before = format!("&before={next}");
    }
}

/// Somebody to whom an output sends. It takes everything, answers each HTTP request, and keeps
/// what has come.
#[derive(Clone)]
pub struct Taker {
    pub address: String,
    taken: Arc<Mutex<Vec<u8>>>,
}

impl Taker {
    pub async fn new() -> Taker {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let taken: Arc<Mutex<Vec<u8>>> = Arc::default();
        let taker = Taker { address, taken: taken.clone() };
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let taken = taken.clone();
                tokio::spawn(async move {
                    let (mut buffer, mut waiting) = ([0; 8192], Vec::new());
                    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                        taken.lock().unwrap().extend_from_slice(&buffer[..count]);
                        waiting.extend_from_slice(&buffer[..count]);
                        if let Some(length) = request(&waiting) {
                            waiting.drain(..length);
                            let answer = b"HTTP/1.1 204 No Content\r\n\r\n";
                            if stream.write_all(answer).await.is_err() {
                                return;
                            }
                        }
                    }
                });
            }
        });
        taker
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.taken.lock().unwrap()).into_owned()
    }
}

/// The length of the HTTP request that stands at the beginning, if it is whole.
fn request(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = std::str::from_utf8(&bytes[..head]).ok()?.to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"))?;
    let whole = head + length.trim().parse::<usize>().ok()?;
    (bytes.len() >= whole).then_some(whole)
}

/// Everything that this process logs from now on, down to the last detail of the service's own.
pub fn logs() -> Arc<Mutex<Vec<u8>>> {
    static LOGS: OnceLock<Arc<Mutex<Vec<u8>>>> = OnceLock::new();
    struct To(Arc<Mutex<Vec<u8>>>);
    impl Write for To {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let logs = LOGS.get_or_init(|| {
        let logs: Arc<Mutex<Vec<u8>>> = Arc::default();
        let to = logs.clone();
        let filter = EnvFilter::new("debug,deconflict=trace,deconflict_server=trace");
        let lines = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false);
        lines.with_writer(move || To(to.clone())).init();
        logs
    });
    logs.clone()
}

/// Whether a word stands in a text by itself, and not as a part of a longer word or number. One
/// that ends with a point is the beginning of a number.
pub fn holds(text: &str, word: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '.';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(part) && (word.ends_with('.') || !after.is_some_and(part))
    })
}

/// Every number of a track in a message or answer.
pub fn track_ids(value: &Value, found: &mut BTreeSet<u64>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                match (key.as_str(), value) {
                    ("id" | "track", Value::Number(id)) => found.extend(id.as_u64()),
                    ("gone", Value::Array(ids)) => {
                        found.extend(ids.iter().filter_map(Value::as_u64))
                    }
                    ("rows", Value::Array(rows)) => {
                        found.extend(rows.iter().filter_map(|row| row[0].as_u64()));
                    }
                    _ => track_ids(value, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| track_ids(value, found)),
        _ => {}
    }
}

/// Every number of a track in a text of JSON, of events, or of Cursor on Target.
pub fn ids_in(text: &str) -> BTreeSet<u64> {
    let mut found = BTreeSet::new();
    for line in text.lines() {
        let json = line.strip_prefix("data: ").unwrap_or(line);
        if let Ok(value) = serde_json::from_str::<Value>(json) {
            track_ids(&value, &mut found);
        }
    }
    for part in text.split(".track.").skip(1) {
        let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
        found.extend(digits.parse::<u64>());
    }
    found
}

//! `deconflict plan submit` and `deconflict plan watch`: with a live service.

use super::load_all;
use crate::command::serve::runtime;
use crate::failure::{Failure, Found, Kind, Outcome};
use crate::json;
use crate::output::stdout;
use deconflict_reserve::{Reservation, document};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

/// How long the service may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// The first pause before a stream that broke off is opened again, and the longest.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(30)];

#[derive(Debug, clap::Args)]
struct Where {
    /// The service
    #[arg(long, default_value = "http://127.0.0.1:8080", value_name = "URL")]
    url: String,
    /// File with the API key; without it the environment variable DECONFLICT_KEY holds
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
pub struct Submit {
    /// Plans: JSON, GeoJSON, KML or CSV; - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    service: Where,
    /// File what is free, so that others plan around it; without this they stay drafts
    #[arg(long)]
    plan: bool,
    /// File it and take it into use at once
    #[arg(long, conflicts_with = "plan")]
    activate: bool,
    /// One line of JSON for each plan
    #[arg(long)]
    json: bool,
    /// Exit with 1 if a plan has to change
    #[arg(long)]
    exit_code: bool,
}

#[derive(Debug, clap::Args)]
pub struct Watch {
    #[command(flatten)]
    service: Where,
    /// One line of JSON for each change
    #[arg(long)]
    json: bool,
    /// List what there is and end
    #[arg(long)]
    once: bool,
}

/// The service, with the key that is shown to it.
struct Service {
    url: String,
    key: Option<String>,
    http: reqwest::Client,
}

impl Service {
    fn new(at: &Where) -> Outcome<Service> {
        let key = match &at.key_file {
            Some(path) => {
                let text = std::fs::read_to_string(path);
                Some(text.map_err(|error| Failure::unreadable(path, &error))?)
            }
            None => std::env::var("DECONFLICT_KEY").ok(),
        };
        let key = key.map(|key| key.trim().to_owned()).filter(|key| !key.is_empty());
        // Whoever comes first puts it there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().connect_timeout(PATIENCE).build();
        let http = http.map_err(|e| Failure::new(Kind::Io, format!("cannot use HTTP: {e}")))?;
        Ok(Service { url: at.url.trim_end_matches('/').to_owned(), key, http })
    }

    fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let what = format!("{} cannot be reached: {}", self.url, root(error));
        Failure::new(Kind::Io, what).advise("check --url, and whether the service runs")
    }

    /// Asks, and gives status and body.
    async fn ask(
        &self,
        method: reqwest::Method,
        path: &str,
        body: Option<&Value>,
    ) -> Outcome<(u16, Value)> {
        let mut request = self.request(method, path).timeout(PATIENCE);
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.map_err(|e| self.unreachable(&e))?;
        let status = answer.status().as_u16();
        let text = answer.text().await.map_err(|e| self.unreachable(&e))?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    /// The answer, if it is the one that is wanted.
    async fn expect(
        &self,
        method: reqwest::Method,
        path: &str,
        body: Option<&Value>,
    ) -> Outcome<Value> {
        match self.ask(method, path, body).await? {
            (200..300, answer) => Ok(answer),
            (status, answer) => Err(self.refused(status, &answer)),
        }
    }

    fn refused(&self, status: u16, answer: &Value) -> Failure {
        let detail = answer["detail"].as_str().unwrap_or("it gives no reason");
        let what = format!("{} answers {status}: {detail}", self.url);
        match status {
            401 | 403 => Failure::new(Kind::NoInput, what)
                .advise("give a key that may reserve, with --key-file or in DECONFLICT_KEY"),
            400 | 422 => Failure::new(Kind::BadData, what)
                .advise("docs/reservations.md lists the fields and what they take"),
            _ => Failure::new(Kind::Io, what),
        }
    }
}

/// The innermost reason: what is around it repeats the address.
fn root(error: &dyn std::error::Error) -> String {
    let mut inner = error;
    while let Some(source) = inner.source() {
        inner = source;
    }
    inner.to_string()
}

pub fn submit(arguments: &Submit) -> Outcome<Found> {
    let plans = load_all(&arguments.files)?;
    let service = Service::new(&arguments.service)?;
    runtime()?.block_on(async {
        let mut has_conflict = false;
        for plan in &plans {
            has_conflict |= submit_one(arguments, &service, plan).await?;
        }
        Ok(Found::when(arguments.exit_code, has_conflict))
    })
}

/// Whether the plan has to change.
async fn submit_one(arguments: &Submit, service: &Service, plan: &Reservation) -> Outcome<bool> {
    use reqwest::Method;
    let draft = draft(plan);
    let path = "/v1/reservations/check";
    let mut report = service.expect(Method::POST, path, Some(&without_id(&draft))).await?;
    let mut view = service.expect(Method::POST, "/v1/reservations", Some(&draft)).await?;
    let id = view["id"].as_str().unwrap_or_default().to_owned();
    let actions: &[&str] = match (arguments.plan, arguments.activate) {
        (true, _) => &["plan"],
        (_, true) => &["plan", "activate"],
        _ => &[],
    };
    for action in actions {
        let body = json!({ "action": action, "version": view["version"] });
        let path = format!("/v1/reservations/{id}/status");
        match service.ask(Method::POST, &path, Some(&body)).await? {
            (200, next) => view = next,
            // Somebody was faster than the check, or it was not free in the first place.
            (409, answer) if !answer["report"].is_null() => {
                report = answer["report"].clone();
                break;
            }
            (status, answer) => return Err(service.refused(status, &answer)),
        }
    }
    let mut out = stdout();
    if arguments.json {
        json::line(&mut out, &json!({ "reservation": view, "report": report }))?;
    } else {
        let verdict = match report["verdict"].as_str() {
            Some("conflict") => "CONFLICT",
            Some("others-give-way") => "others give way, tell them",
            _ => "free",
        };
        let status = view["status"].as_str().unwrap_or_default();
        writeln!(out, "{} ({}): {verdict}; {status} as {id}", plan.id, plan.kind)?;
        let each = |list: &Value| list.as_array().cloned().unwrap_or_default();
        if let Some(entity) = view["coordination"]["entity"].as_str() {
            let says = view["coordination"]["says"].as_str().unwrap_or_default();
            writeln!(out, "  {says} as {entity}")?;
        }
        for conflict in each(&report["conflicts"]) {
            let says = conflict["says"].as_str().unwrap_or_default();
            match conflict["with"]["peer"].as_bool() {
                Some(true) => {
                    let manager = conflict["with"]["party"].as_str().unwrap_or_default();
                    writeln!(out, "  of the service {manager}: {says}")?;
                }
                _ => writeln!(out, "  {says}")?,
            }
        }
        if let Some(why) = report["not_asked"].as_str() {
            writeln!(out, "  other services were not asked what they have there: {why}")?;
        }
        for alternative in each(&report["alternatives"]) {
            writeln!(out, "  free: {}", alternative["says"].as_str().unwrap_or_default())?;
        }
    }
    out.flush()?;
    Ok(report["verdict"] == "conflict")
}

/// A plan as the service takes it.
fn draft(plan: &Reservation) -> Value {
    let text = document::write_json(std::slice::from_ref(plan));
    let mut read: Vec<Map<String, Value>> = serde_json::from_str(&text).unwrap_or_default();
    let mut draft = read.pop().unwrap_or_default();
    draft.remove("status");
    Value::Object(draft)
}

fn without_id(draft: &Value) -> Value {
    let mut draft = draft.clone();
    if let Value::Object(draft) = &mut draft {
        draft.remove("id");
    }
    draft
}

pub fn watch(arguments: &Watch) -> Outcome<Found> {
    let service = Service::new(&arguments.service)?;
    runtime()?.block_on(async {
        let mut known = Watched::default();
        let mut pause = PAUSES[0];
        loop {
            // The stream first: what changes in between is in the list or is told.
            let ended = follow(arguments, &service, &mut known).await;
            if arguments.once {
                return ended.map(|()| Found::Nothing);
            }
            match ended {
                Ok(()) => pause = PAUSES[0],
                // What was never there is a fault of the arguments; what was there comes back.
                Err(failure) if known.known.is_empty() => return Err(failure),
                Err(failure) => {
                    super::super::serve::eprintln_quietly(&failure.to_string());
                    pause = (pause * 2).min(PAUSES[1]);
                }
            }
            tokio::time::sleep(pause).await;
        }
    })
}

type Known = BTreeMap<String, Value>;

/// What has been printed.
#[derive(Default)]
struct Watched {
    known: Known,
    /// What was said last of the exchange with other services.
    told_of_peers: Value,
}

/// Prints changes until the stream ends.
async fn follow(arguments: &Watch, service: &Service, known: &mut Watched) -> Outcome<()> {
    if arguments.once {
        return tell(arguments, service, known).await;
    }
    let request = service.request(reqwest::Method::GET, "/v1/stream");
    let mut stream = request.send().await.map_err(|e| service.unreachable(&e))?;
    if !stream.status().is_success() {
        let status = stream.status().as_u16();
        let text = stream.text().await.unwrap_or_default();
        return Err(service.refused(status, &serde_json::from_str(&text).unwrap_or_default()));
    }
    tell(arguments, service, known).await?;
    let mut waiting: Vec<u8> = Vec::new();
    loop {
        let chunk = stream.chunk().await.map_err(|e| service.unreachable(&e))?;
        let Some(chunk) = chunk else { return Ok(()) };
        waiting.extend_from_slice(&chunk);
        let mut is_changed = false;
        while let Some(end) = waiting.windows(2).position(|two| two == b"\n\n") {
            is_changed |= waiting.starts_with(b"event: reservations\n");
            waiting.drain(..end + 2);
        }
        if is_changed {
            tell(arguments, service, known).await?;
        }
    }
}

/// Prints what is new, changed or gone since the last time.
async fn tell(arguments: &Watch, service: &Service, watched: &mut Watched) -> Outcome<()> {
    let Watched { known, told_of_peers } = watched;
    let list = service.expect(reqwest::Method::GET, "/v1/reservations", None).await?;
    let views = list["reservations"].as_array().cloned().unwrap_or_default();
    let now: Known = views
        .into_iter()
        .filter_map(|view| Some((view["id"].as_str()?.to_owned(), view)))
        .collect();
    if list["uss"]["says"] != *told_of_peers {
        *told_of_peers = list["uss"]["says"].clone();
        let says = told_of_peers.as_str().unwrap_or("other services' plans are known again");
        super::super::serve::eprintln_quietly(says);
    }
    let mut out = stdout();
    let mut say = |change: &str, view: &Value| -> Outcome<()> {
        if arguments.json {
            json::line(&mut out, &json!({ "change": change, "reservation": view }))?;
        } else {
            writeln!(out, "{change:<7}  {}", line(view))?;
        }
        Ok(())
    };
    for (id, view) in &now {
        match known.get(id) {
            None => say("new", view)?,
            Some(before) if said(before) != said(view) => say("changed", view)?,
            Some(_) => {}
        }
    }
    for (_, view) in known.iter().filter(|(id, _)| !now.contains_key(*id)) {
        say("gone", view)?;
    }
    out.flush()?;
    *known = now;
    Ok(())
}

/// What has to differ for a change: where what moves is drawn at present does not count, nor
/// that a window of a series has passed.
fn said(view: &Value) -> Value {
    let mut view = view.clone();
    if let Value::Object(view) = &mut view {
        view.remove("outline");
        if view["disclosed"] == "full" {
            view.remove("windows");
        }
    }
    view
}

/// A reservation in a line.
fn line(view: &Value) -> String {
    let text = |name: &str| view[name].as_str().unwrap_or("-").to_owned();
    let limit = |name: &str, open: &str| view["band"][name].as_str().unwrap_or(open).to_owned();
    let window = &view["windows"][0];
    let time = |at: usize| window[at].as_str().unwrap_or("-").to_owned();
    format!(
        "{}  {}  {}  {}  {} to {}  {} to {}  {}",
        text("id"),
        view["state"].as_str().map_or_else(|| text("status"), str::to_owned),
        text("kind"),
        text("party"),
        limit("lower", "GND"),
        limit("upper", "UNL"),
        time(0),
        time(1),
        text("name"),
    )
}

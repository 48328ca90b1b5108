//! The service is killed under load, again and again, and the database is taken away. DSS-2, DSS-5.
//!
//! `DECONFLICT_KILLS` says how often it is killed (4).
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used)]

mod common;

use common::{Client, Place, Reply, SC, Served, accepted, block, circle, intent_path, ovn_of};
use deconflict_dss::{Settings, Target};
use serde_json::json;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use uuid::Uuid;

const STORE: &str = "DECONFLICT_TEST_DSS_STORE";
/// PostgreSQL is one for all tests of this program, and one of them stops it.
static SERVER: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// The process that is killed: this very program, with a variable set.
#[tokio::test(flavor = "multi_thread")]
async fn victim() {
    let Ok(store) = std::env::var(STORE) else { return };
    let served = Served::on(&Target::parse(&store).unwrap()).await;
    println!("listening {}", served.url);
    std::future::pending::<()>().await;
}

struct Victim {
    process: std::process::Child,
    url: String,
}

impl Victim {
    async fn start(place: &Place) -> Victim {
        let store = match &place.target {
            Target::File(path) => path.display().to_string(),
            Target::Server(url) => url.clone(),
        };
        let start = move || {
            let mut process = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", "victim", "--nocapture"])
                .env(STORE, store)
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let lines = BufReader::new(process.stdout.take().unwrap()).lines();
            // The first is on the line of the name of the test.
            let url = lines.map_while(Result::ok).find_map(|line| {
                line.split_once("listening ").map(|(_, url)| url.trim().to_owned())
            });
            Victim { process, url: url.expect("the victim ended by itself") }
        };
        tokio::task::spawn_blocking(start).await.unwrap()
    }

    fn kill(mut self) {
        // SIGKILL: it is told nothing.
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// A write of which the answer did not come.
#[derive(Clone)]
struct Lost {
    id: Uuid,
    before: Option<(i64, String)>,
    method: &'static str,
    path: String,
    body: Option<serde_json::Value>,
    key: String,
}

/// What one client was told, by id: version and version number, or that it is gone.
#[derive(Default)]
struct Ledger {
    rows: HashMap<Uuid, Option<(i64, String)>>,
    lost: Vec<Lost>,
}

fn extent(lane: usize, place: usize) -> serde_json::Value {
    let floor_m = 10.0 * place as f64;
    block(circle(40.0 + 0.05 * lane as f64, 20.0, 200.0), [floor_m, floor_m + 5.0], 60, 3_600)
}

fn row_of(reply: &Reply) -> (i64, String) {
    let version = reply.body["operational_intent_reference"]["version"].as_i64().unwrap();
    (version, ovn_of(reply))
}

/// Creates, changes and deletes until the service is gone or it is told to stop.
async fn work(
    client: Client,
    lane: usize,
    ledger: &mut Ledger,
    acknowledged: &AtomicUsize,
    stop: &AtomicBool,
) {
    let mut mine: Vec<(Uuid, usize)> = Vec::new();
    for n in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        // Places of what was deleted are free again, and those of earlier rounds are not known.
        let place = ledger.rows.len() + ledger.lost.len();
        let again = mine.get(n * 7 % mine.len().max(1)).copied().filter(|_| n % 3 == 2);
        let (id, place) = again.unwrap_or((Uuid::new_v4(), place));
        let before = ledger.rows.get(&id).cloned().flatten();
        let path = match &before {
            Some((_, ovn)) => format!("{}/{ovn}", intent_path(id)),
            None => intent_path(id),
        };
        let deletes = before.is_some() && n % 2 == 0;
        let method = if deletes { "DELETE" } else { "PUT" };
        let body = (!deletes).then(|| accepted(extent(lane, place), &[]));
        let key = Uuid::new_v4().to_string();
        match client.send(method, &path, body.as_ref(), Some(&key)).await {
            Ok(reply) if reply.status < 300 => {
                let row = (!deletes).then(|| row_of(&reply));
                ledger.rows.insert(id, row);
                mine.retain(|(known, _)| *known != id);
                if !deletes {
                    mine.push((id, place));
                }
                acknowledged.fetch_add(1, Ordering::Relaxed);
            }
            Ok(reply) if reply.status == 503 => {
                let words = reply.body["message"].as_str().unwrap().to_owned();
                if words.contains("nothing was done") {
                    ledger.rows.entry(id).or_insert(before);
                } else {
                    mine.retain(|(known, _)| *known != id);
                    ledger.rows.remove(&id);
                    ledger.lost.push(Lost { id, before, method, path, body, key });
                }
            }
            Ok(reply) => panic!("{method} {path}: {} {}", reply.status, reply.body),
            Err(_) => {
                ledger.rows.remove(&id);
                ledger.lost.push(Lost { id, before, method, path, body, key });
                return;
            }
        }
    }
}

/// Everything that was acknowledged is there, and what was not is there whole or not at all.
async fn check(client: &Client, ledger: &mut Ledger) {
    for (id, row) in &ledger.rows {
        let reply = client.get(&intent_path(*id)).await;
        match row {
            Some(row) => assert_eq!((reply.status, &row_of(&reply)), (200, row), "{id} is lost"),
            None => assert_eq!(reply.status, 404, "{id} is back"),
        }
    }
    for lost in std::mem::take(&mut ledger.lost) {
        let reply = client.get(&intent_path(lost.id)).await;
        let found = (reply.status == 200).then(|| row_of(&reply));
        let version = |row: &Option<(i64, String)>| row.as_ref().map_or(0, |r| r.0);
        let after = if lost.method == "PUT" { version(&lost.before) + 1 } else { 0 };
        let happened = version(&found) == after;
        assert!(happened || found == lost.before, "{} is something else", lost.id);
        // Sent again with its key it is done, if it was not, and no more than once.
        let (body, key) = (lost.body.as_ref(), Some(lost.key.as_str()));
        let again = client.send(lost.method, &lost.path, body, key).await.unwrap();
        assert!(again.status < 300, "{} {}", again.status, again.body);
        let reply = client.get(&intent_path(lost.id)).await;
        let now = (reply.status == 200).then(|| row_of(&reply));
        assert_eq!(version(&now), after, "{}", lost.id);
        if happened {
            assert_eq!(now, found, "{} was done twice", lost.id);
        }
        ledger.rows.insert(lost.id, now);
    }
}

/// No intent without its subscription, no subscription of an intent without it.
async fn nothing_is_half_there(client: &Client) {
    let everywhere = json!({ "area_of_interest": {
        "volume": { "outline_circle": circle(40.1, 20.0, 25_000.0) },
    }});
    let intents = client.post("/dss/v1/operational_intent_references/query", &everywhere).await;
    let subscriptions = client.post("/dss/v1/subscriptions/query", &everywhere).await;
    let mut hanging = HashMap::new();
    for subscription in subscriptions.body["subscriptions"].as_array().unwrap() {
        let dependents = subscription["dependent_operational_intents"].as_array().unwrap();
        assert!(!dependents.is_empty(), "{subscription}");
        for intent in dependents {
            hanging.insert(intent.to_string(), subscription["id"].clone());
        }
    }
    let intents = intents.body["operational_intent_references"].as_array().unwrap().clone();
    for intent in &intents {
        let on = hanging.remove(&intent["id"].to_string());
        assert_eq!(on.as_ref(), Some(&intent["subscription_id"]), "{intent}");
    }
    assert!(hanging.is_empty(), "{hanging:?}");
}

fn kills() -> usize {
    std::env::var("DECONFLICT_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(4)
}

const LANES: usize = 4;

async fn killed_again_and_again(place: &Place) {
    let mut ledgers: Vec<Ledger> = (0..LANES).map(|_| Ledger::default()).collect();
    let mut total = 0;
    for round in 0..kills() {
        let victim = Victim::start(place).await;
        let acknowledged = Arc::new(AtomicUsize::new(0));
        let token = common::signed(&common::claims("uss1", &[SC]), common::KEY);
        let tasks: Vec<_> = std::mem::take(&mut ledgers)
            .into_iter()
            .enumerate()
            .map(|(lane, mut ledger)| {
                let client = Client::at(&victim.url, Some(token.clone()));
                let acknowledged = Arc::clone(&acknowledged);
                tokio::spawn(async move {
                    check(&client, &mut ledger).await;
                    work(client, lane, &mut ledger, &acknowledged, &AtomicBool::new(false)).await;
                    ledger
                })
            })
            .collect();
        // At another point of its work each time.
        let most = 20 + round * 37 % 150;
        while acknowledged.load(Ordering::Relaxed) < most {
            assert!(tasks.iter().any(|task| !task.is_finished()), "nobody works any more");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        victim.kill();
        for task in tasks {
            ledgers.push(task.await.unwrap());
        }
        total += acknowledged.load(Ordering::Relaxed);
    }
    let served = Served::on(&place.target).await;
    let client = Client::new(&served, "uss1", &[SC]);
    nothing_is_half_there(&client).await;
    let lost: usize = ledgers.iter().map(|ledger| ledger.lost.len()).sum();
    for ledger in &mut ledgers {
        check(&client, ledger).await;
    }
    nothing_is_half_there(&client).await;
    println!("{total} acknowledged, all there; of the last kill {lost} in doubt, done once each");
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_on_a_file() {
    if std::env::var(STORE).is_ok() {
        return;
    }
    let place = Place::file();
    killed_again_and_again(&place).await;
    place.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_on_postgres() {
    if std::env::var(STORE).is_ok() {
        return;
    }
    let _alone = SERVER.lock().await;
    let Some(place) = Place::server().await else { return };
    killed_again_and_again(&place).await;
    place.remove().await;
}

/// Of two instances on one database one is killed: the other goes on and knows everything.
#[tokio::test(flavor = "multi_thread")]
async fn one_of_two_is_killed() {
    if std::env::var(STORE).is_ok() {
        return;
    }
    let _alone = SERVER.lock().await;
    let Some(place) = Place::server().await else { return };
    let (victim, survivor) = (Victim::start(&place).await, Victim::start(&place).await);
    let token = common::signed(&common::claims("uss1", &[SC]), common::KEY);
    let stop = Arc::new(AtomicBool::new(false));
    let counts: Vec<_> = (0..2).map(|_| Arc::new(AtomicUsize::new(0))).collect();
    let tasks: Vec<_> = (0..LANES)
        .map(|lane| {
            let url = if lane % 2 == 0 { &victim.url } else { &survivor.url };
            let client = Client::at(url, Some(token.clone()));
            let (stop, count) = (Arc::clone(&stop), Arc::clone(&counts[lane % 2]));
            tokio::spawn(async move {
                let mut ledger = Ledger::default();
                work(client, lane, &mut ledger, &count, &stop).await;
                ledger
            })
        })
        .collect();
    let reached = async |of: usize, most: usize| {
        while counts[of].load(Ordering::Relaxed) < most {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    reached(0, 40).await;
    reached(1, 40).await;
    victim.kill();
    let before = counts[1].load(Ordering::Relaxed);
    reached(1, before + 40).await;
    stop.store(true, Ordering::Relaxed);
    let client = Client::at(&survivor.url, Some(token));
    for (lane, task) in tasks.into_iter().enumerate() {
        let mut ledger = task.await.unwrap();
        assert!(lane % 2 == 0 || ledger.lost.is_empty(), "the survivor lost an answer");
        check(&client, &mut ledger).await;
    }
    nothing_is_half_there(&client).await;
    survivor.kill();
    place.remove().await;
}

/// Runs pg_ctl; false if there is none.
fn server_control(arguments: &[&str]) -> bool {
    let Ok(control) = std::env::var("DECONFLICT_POSTGRES_CTL") else {
        eprintln!("skipped: nothing to stop PostgreSQL with (DECONFLICT_POSTGRES_CTL)");
        return false;
    };
    let mut words = control.split_whitespace();
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args(arguments).stdout(Stdio::null());
    assert!(command.status().unwrap().success(), "{arguments:?}");
    true
}

async fn health(client: &Client) -> u16 {
    client.get("/healthy").await.status
}

/// PostgreSQL goes away under writes and comes back: whoever was told something was told the
/// truth, and meanwhile nobody is shown an old picture. DSS-2, DSS-6.
#[tokio::test(flavor = "multi_thread")]
async fn the_database_goes_away() {
    if std::env::var(STORE).is_ok() {
        return;
    }
    let _alone = SERVER.lock().await;
    let Some(place) = Place::server().await else { return };
    let settings = Settings { patience: Duration::from_secs(1), ..common::settings() };
    let served = Served::with(&place.target, settings, common::PUBLIC).await;
    let client = Client::new(&served, "uss1", &[SC]);
    let stop = Arc::new(AtomicBool::new(false));
    let count = Arc::new(AtomicUsize::new(0));
    let tasks: Vec<_> = (0..LANES)
        .map(|lane| {
            let client = Client::new(&served, "uss1", &[SC]);
            let (stop, count) = (Arc::clone(&stop), Arc::clone(&count));
            tokio::spawn(async move {
                let mut ledger = Ledger::default();
                work(client, lane, &mut ledger, &count, &stop).await;
                ledger
            })
        })
        .collect();
    let reached = async |most: usize| {
        while count.load(Ordering::Relaxed) < most {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    reached(40).await;
    if server_control(&["-m", "immediate", "stop"]) {
        let id = Uuid::new_v4();
        let read = client.get(&intent_path(id)).await;
        assert_eq!(read.status, 503, "{}", read.body);
        let write = client.put(&intent_path(id), &accepted(extent(9, 0), &[])).await;
        assert_eq!(write.status, 503, "{}", write.body);
        assert_eq!(health(&client).await, 503);
        server_control(&["start"]);
    }
    let before = count.load(Ordering::Relaxed);
    reached(before + 40).await;
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        let mut ledger = task.await.unwrap();
        check(&client, &mut ledger).await;
    }
    nothing_is_half_there(&client).await;
    // Without a write it is seen too that the database is back.
    if server_control(&["-m", "immediate", "stop"]) {
        let write = client.put(&intent_path(Uuid::new_v4()), &accepted(extent(9, 0), &[])).await;
        assert_eq!(write.status, 503, "{}", write.body);
        server_control(&["start"]);
        while health(&client).await != 200 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    served.stop().await;
    place.remove().await;
}

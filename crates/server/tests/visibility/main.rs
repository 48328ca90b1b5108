//! What a party gets, by every way there is, while aircraft of others are in the sky that it may
//! see wholly, without identity, in conflict only, or not at all.

mod cast;
mod collect;
#[path = "../common/mod.rs"]
mod common;
mod reserved;

use cast::{HIDDEN, HIDDEN_DIGITS, KNOWN, Player, UNTIL_OVER_DIGITS, VEILED, VEILED_DIGITS};
use collect::{Source, Taker, holds, ids_in};
use common::client::{Answer, Client};
use common::flights::{Receiver, now, push};
use common::{Running, eventually, start_in};
use reqwest::Method;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::task::JoinHandle;

type Players = Arc<tokio::sync::Mutex<BTreeMap<&'static str, Player>>>;
type Raw = Arc<Mutex<String>>;

/// A service with everybody in the sky.
struct Sky {
    running: Running,
    keys: BTreeMap<&'static str, String>,
    players: Players,
    /// Everybody's track.
    ids: BTreeMap<&'static str, u64>,
    hook: Taker,
    tak: Taker,
    /// The streams of OPBLUE since before there was anything.
    events: Raw,
    socket: Raw,
    tasks: Vec<JoinHandle<()>>,
}

impl Sky {
    async fn new() -> Sky {
        let dir = TempDir::new().unwrap();
        let (mut radar, hook, tak) =
            (Receiver::new().await, Taker::new().await, Taker::new().await);
        let (text, keys) =
            cast::configuration(dir.path(), &radar.address(), &hook.address, &tak.address);
        let running = start_in(&text, dir).await;
        let bare = running.client();
        let blue = bare.bearer(&keys["OPBLUE"]);
        let (mut events, mut socket) =
            (blue.events("/v1/stream").await, blue.socket("/v1/ws").await.ok().unwrap());
        let (of_events, of_socket): (Raw, Raw) = Default::default();
        let (to_events, to_socket) = (of_events.clone(), of_socket.clone());
        let mut tasks = vec![
            tokio::spawn(async move {
                while events.next().await.is_some() {
                    to_events.lock().unwrap().push_str(&std::mem::take(&mut events.raw));
                }
            }),
            tokio::spawn(async move {
                while socket.next().await.is_some() {
                    to_socket.lock().unwrap().push_str(&std::mem::take(&mut socket.raw));
                }
            }),
        ];
        let players = Arc::new(tokio::sync::Mutex::new(cast::cast()));
        {
            let players = players.lock().await;
            let history = cast::history();
            cast::push_all(&players, &bare, &keys, &history).await;
            radar.send(cast::reports(&players, "radar", &history).1).await;
        }
        let (flying, pushing, of) = (players.clone(), bare.clone(), keys.clone());
        tasks.push(tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(300)).await;
                let mut players = flying.lock().await;
                players.values_mut().for_each(Player::turn);
                cast::push_all(&players, &pushing, &of, &[now()]).await;
                radar.send(cast::reports(&players, "radar", &[now()]).1).await;
            }
        }));
        let ids = cast::tracks(&bare.bearer(&keys["admin"]), &*players.lock().await).await;
        Sky { running, keys, players, ids, hook, tak, events: of_events, socket: of_socket, tasks }
    }

    fn client(&self, who: &str) -> Client {
        self.running.client().bearer(&self.keys[who])
    }

    /// The alerts that there are, by the names of the two in alphabetical order.
    async fn alerts(&self) -> BTreeMap<String, Value> {
        let page = self.client("admin").get("/v1/alerts?state=all").await.json();
        let name = |side: &Value| side["callsign"].as_str().unwrap().to_owned();
        let alerts = page["alerts"].as_array().unwrap().iter();
        let named = alerts.map(|alert| {
            let mut names = [name(&alert["a"]), name(&alert["b"])];
            names.sort();
            (names.join(" "), alert.clone())
        });
        named.collect()
    }

    /// The name of each alert, once there are all that there will be.
    async fn all_alerts(&self) -> BTreeMap<String, String> {
        eventually("the alerts of all pairs", async || {
            let alerts = self.alerts().await;
            let id = |alert: &Value| alert["id"].as_str().unwrap().to_owned();
            let ids = alerts.iter().map(|(names, alert)| (names.clone(), id(alert)));
            (alerts.len() == ALL_PAIRS.len()).then(|| ids.collect())
        })
        .await
    }

    /// Everything that OPBLUE has been told by what it has open, and what it is sent.
    fn told(&self) -> Vec<Source> {
        let source = |name: &str, text: String| Source { name: name.to_owned(), text };
        vec![
            source("events", self.events.lock().unwrap().clone()),
            source("socket", self.socket.lock().unwrap().clone()),
            source("webhook", self.hook.text()),
            source("Cursor on Target", self.tak.text()),
        ]
    }

    async fn words(&self, names: &[&str]) -> Vec<String> {
        let players = self.players.lock().await;
        names.iter().flat_map(|name| players[name].words()).collect()
    }

    async fn end(self) {
        self.tasks.iter().for_each(JoinHandle::abort);
        self.running.stop().await;
    }
}

const ALL_PAIRS: [&str; 6] = [
    "BLUE1 WHITE1",
    "BLUE2 POSIT1",
    "BLUE3 CONFL1",
    "BLUE4 HIDDEN1",
    "CONFL3 WHITE2",
    "HIDDEN2 HIDDEN3",
];
/// The alerts that OPBLUE may see.
const SEEN_PAIRS: [&str; 3] = ["BLUE1 WHITE1", "BLUE2 POSIT1", "BLUE3 CONFL1"];

/// VIS-1: nothing that OPBLUE may not know stands anywhere in these.
async fn check(sky: &Sky, sources: &[Source], alerts: &BTreeMap<String, String>) {
    let mut words = sky.words(&HIDDEN).await;
    words.extend(sky.words(&VEILED).await);
    words.extend(HIDDEN_DIGITS.map(str::to_owned));
    // Whose feeds there are, and what the engine and people say of those whom it may not know.
    let feeds = ["radar", "white link", "pos link", "conf link", "hide link"];
    words.extend(feeds.map(str::to_owned));
    words.extend(
        ["below the tanker", "tanker", "among the hidden", "secret words"].map(str::to_owned),
    );
    words.extend(reserved::USERS.map(str::to_owned));
    let hidden: BTreeSet<u64> = HIDDEN.iter().map(|name| sky.ids[name]).collect();
    for Source { name, text } in sources {
        for word in &words {
            // The rules are no secret; whom they fit is.
            let is_rule = name == "/v1/rules" && word.contains("tanker");
            assert!(is_rule || !holds(text, word), "{word:?} in {name}: {}", around(text, word));
        }
        let ids = ids_in(text);
        assert!(ids.is_disjoint(&hidden), "{name} tells of {ids:?}, of which hidden: {hidden:?}");
        for (pair, id) in alerts.iter().filter(|(pair, _)| !SEEN_PAIRS.contains(&pair.as_str())) {
            // An answer repeats the name that was asked for.
            assert!(name.contains(id.as_str()) || !holds(text, id), "{pair} ({id}) in {name}");
        }
    }
}

fn around(text: &str, word: &str) -> String {
    let at = text.find(word).unwrap_or_default();
    let chars =
        text.char_indices().filter(|(place, _)| (at.saturating_sub(300)..at + 200).contains(place));
    chars.map(|(_, c)| c).collect()
}

fn source<'a>(sources: &'a [Source], name: &str) -> &'a str {
    &sources.iter().find(|source| source.name == name).unwrap_or_else(|| panic!("{name}")).text
}

/// VIS-1: REST, streams, recordings, webhook, Cursor on Target and logs.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_party_gets_what_policy_shows_it_and_nothing_else() {
    let logs = collect::logs();
    let sky = Sky::new().await;
    let (blue, tower) = (sky.client("OPBLUE"), sky.client("tower"));
    let alerts = sky.all_alerts().await;
    for pair in ["BLUE1 WHITE1", "BLUE2 POSIT1", "BLUE4 HIDDEN1"] {
        let path = format!("/v1/alerts/{}", alerts[pair]);
        let text = json!({ "text": "secret words of POSIT1 and HIDDEN1" });
        let text = if pair == "BLUE1 WHITE1" { json!({ "text": "both called" }) } else { text };
        assert_eq!(tower.post(&format!("{path}/comments"), text.clone()).await.status, 200);
        assert_eq!(tower.post(&format!("{path}/acknowledge"), text).await.status, 200);
    }
    for (to, text) in [("OPBLUE", "call the tower"), ("OPHIDE", "secret words of HIDDEN1")] {
        let message = json!({ "to": to, "text": text, "alert": alerts["BLUE4 HIDDEN1"] });
        let message = if to == "OPBLUE" { json!({ "to": to, "text": text }) } else { message };
        assert_eq!(tower.post("/v1/messages", message).await.status, 201);
    }

    let track_ids: Vec<u64> = sky.ids.values().copied().collect();
    let alert_ids: Vec<String> = alerts.values().cloned().collect();
    // VIS-2: what is reserved, and messages of others.
    let reserved = reserved::file(|owner| sky.client(owner)).await;
    let messages = tower.get("/v1/messages").await.json();
    let of_messages = messages.as_array().unwrap().iter().map(|m| m["id"].as_str().unwrap());
    let others: Vec<String> =
        reserved.values().cloned().chain(of_messages.map(str::to_owned)).collect();
    let mut sources = collect::rest(&blue, &track_ids, &alert_ids, &others).await;
    for owner in ["OPCONF", "OPHIDE"] {
        let told = sources.iter().filter(|source| !source.name.contains(&reserved[owner]));
        assert!(told.clone().all(|source| !holds(&source.text, &reserved[owner])), "{owner}");
    }
    for place in ["/v1/reservations", "/v1/reservations?format=geojson", "/v1/volumes"] {
        assert!(source(&sources, place).contains("white anchor"), "{place}");
        assert!(holds(source(&sources, place), &reserved["OPPOS"]), "{place}");
    }
    // What comes to somebody who comes late, and to somebody who looks back.
    let moment = now();
    for path in ["/v1/stream".to_owned(), format!("/v1/stream?at={moment}&speed=0")] {
        let mut stream = blue.events(&path).await;
        stream.until("a snapshot", |event| event.kind == "snapshot").await;
        sources.push(Source { name: path.clone(), text: stream.raw });
        let mut socket = blue.socket(&path.replace("stream", "ws")).await.ok().unwrap();
        socket.until("a snapshot", |event| event.kind == "snapshot").await;
        sources.push(Source { name: path.replace("stream", "ws"), text: socket.raw });
    }
    let begun = blue.get("/v1/timeline").await.json()["from"].as_str().unwrap().to_owned();
    let mut played = blue.events(&format!("/v1/stream?at={begun}&speed=1000")).await;
    let last = played.rest().await.pop().unwrap();
    assert_eq!(last.kind, "end", "{last:?}");
    sources.push(Source { name: "recording".to_owned(), text: played.raw });
    // Outputs are told of all three alerts.
    eventually("deliveries", async || {
        let (hook, tak) = (sky.hook.text(), sky.tak.text());
        let told = |pair| hook.contains(&alerts[pair]) && tak.contains(&alerts[pair]);
        let ids = ids_in(&tak);
        let shown = |name: &str| ids.contains(&sky.ids[name]);
        let tracks = KNOWN.into_iter().chain(VEILED).all(shown);
        (tracks && SEEN_PAIRS.into_iter().all(told)).then_some(())
    })
    .await;
    sources.extend(sky.told());
    check(&sky, &sources, &alerts).await;

    // What may be seen is there.
    for place in [
        "/v1/tracks",
        "/v1/tracks?format=geojson",
        "events",
        "socket",
        "recording",
        "/v1/stream",
        "Cursor on Target",
    ] {
        let text = source(&sources, place);
        for word in KNOWN {
            assert!(holds(text, word), "{word} is missing in {place}");
        }
        let ids = ids_in(text);
        let seen: Vec<&str> = KNOWN.into_iter().chain(VEILED).collect();
        for name in seen.iter().filter(|_| !place.contains("geojson")) {
            assert!(ids.contains(&sky.ids[*name]), "{name} is missing in {place}");
        }
        assert!(text.contains(VEILED_DIGITS), "no position without identity in {place}");
    }
    for place in [
        "/v1/alerts",
        "/v1/alerts?state=all",
        "/v1/timeline",
        "events",
        "socket",
        "recording",
        "webhook",
        "Cursor on Target",
    ] {
        for pair in SEEN_PAIRS {
            assert!(holds(source(&sources, place), &alerts[pair]), "{pair} is missing in {place}");
        }
    }
    let paged = collect::pages(&blue).await;
    let paged: BTreeSet<&str> = paged.iter().filter_map(|alert| alert["id"].as_str()).collect();
    assert_eq!(paged, SEEN_PAIRS.into_iter().map(|pair| alerts[pair].as_str()).collect());
    let full = blue.get(&format!("/v1/alerts/{}", alerts["BLUE1 WHITE1"])).await.json();
    assert_eq!(full["comments"][0]["text"], "both called");
    assert_eq!(full["rule"], "everybody");
    // Of what keeps the two apart it is told its own part.
    let advice = eventually("advice", async || {
        let alert = blue.get(&format!("/v1/alerts/{}", alerts["BLUE1 WHITE1"])).await.json();
        Some(alert["advice"].clone()).filter(|advice| !advice.is_null())
    })
    .await;
    for part in ["parts", "bands"] {
        let of: Vec<&Value> =
            advice[part].as_array().unwrap().iter().map(|of| &of["track"]).collect();
        assert!(of.iter().all(|track| **track == sky.ids["BLUE1"]), "{part}: {advice}");
    }
    let veiled = blue.get(&format!("/v1/alerts/{}", alerts["BLUE2 POSIT1"])).await.json();
    assert_eq!((&veiled["comments"], &veiled["rule"]), (&json!([]), &json!("")));
    assert_eq!(veiled["advice"], Value::Null);
    assert_eq!(veiled["acknowledged"]["by"], "tower");
    let messages = blue.get("/v1/messages").await.json();
    assert_eq!(
        (messages.as_array().unwrap().len(), &messages[0]["text"]),
        (1, &json!("call the tower"))
    );
    assert_eq!(blue.get("/metrics").await.status, 403);

    only_the_named_may_know(&sky, &alerts).await;
    when_it_is_over(&sky, &alerts, &track_ids, &alert_ids).await;

    // Metrics and logs tell of no aircraft, not even to those who see everything.
    let everybody: Vec<&str> = sky.ids.keys().copied().collect();
    let metrics = sky.client("admin").get("/metrics").await.text;
    let words = sky
        .players
        .lock()
        .await
        .values()
        .flat_map(|player| {
            let f = &player.flight;
            [
                Some(f.address.clone()),
                Some(f.address.to_uppercase()),
                f.callsign.clone(),
                f.formation.clone(),
            ]
        })
        .flatten()
        .collect::<Vec<String>>();
    assert_eq!(everybody.len(), 15);
    sky.end().await;
    let logs = String::from_utf8_lossy(&logs.lock().unwrap()).into_owned();
    assert!(logs.contains("radar") && logs.contains("deconflict"), "nothing was logged");
    for word in words.iter().map(String::as_str).chain(HIDDEN_DIGITS) {
        assert!(!holds(&metrics, word), "{word} in the metrics");
        assert!(!holds(&logs, word), "{word} in the logs: {}", around(&logs, word));
    }
}

/// VIS-1: a line of the policy that names a party holds for that party.
async fn only_the_named_may_know(sky: &Sky, alerts: &BTreeMap<String, String>) {
    let sar = sky.client("OPSAR").get("/v1/tracks").await;
    for name in ["HIDDEN1", "HIDDEN2", "HIDDEN3"] {
        assert!(holds(&sar.text, name), "{name} is missing");
    }
    for name in ["BLUE1", "POSIT1", "CONFL1", "CONFL2", "OPBLUE", "OPPOS"] {
        assert!(!holds(&sar.text, name), "{name} is seen");
    }
    let sar = sky.client("OPSAR").get("/v1/alerts").await.json();
    let ids: Vec<&Value> = sar["alerts"].as_array().unwrap().iter().map(|a| &a["id"]).collect();
    assert_eq!(ids, [&json!(alerts["HIDDEN2 HIDDEN3"])]);
    // OPBLUE is seen by nobody: those who are in conflict with it are not told.
    let confl = sky.client("OPCONF").get("/v1/alerts?state=all").await.json();
    let ids: Vec<&Value> = confl["alerts"].as_array().unwrap().iter().map(|a| &a["id"]).collect();
    assert_eq!(ids, [&json!(alerts["CONFL3 WHITE2"])]);
}

/// VIS-1: who may be seen in conflict only is gone when that is over.
async fn when_it_is_over(
    sky: &Sky,
    alerts: &BTreeMap<String, String>,
    track_ids: &[u64],
    alert_ids: &[String],
) {
    let (blue, id) = (sky.client("OPBLUE"), sky.ids["CONFL1"]);
    sky.players.lock().await.get_mut("CONFL1").unwrap().turns_to = 135.0;
    eventually("the end of the alert", async || {
        let alerts = sky.alerts().await;
        (alerts["BLUE3 CONFL1"]["state"] == "ended").then_some(())
    })
    .await;
    let gone = format!("\"gone\":[{id}]");
    eventually("CONFL1 to be gone", async || {
        let told = sky.events.lock().unwrap().contains(&gone);
        (told && sky.socket.lock().unwrap().contains(&gone)).then_some(())
    })
    .await;
    let mut sources = collect::rest(&blue, track_ids, alert_ids, &[]).await;
    let mut stream = blue.events("/v1/stream").await;
    for _ in 0..6 {
        stream.next().await.unwrap();
    }
    sources.push(Source { name: "/v1/stream".to_owned(), text: stream.raw });
    check(sky, &sources, alerts).await;
    for Source { name, text } in &sources {
        assert!(!holds(text, UNTIL_OVER_DIGITS), "{name}: {}", around(text, UNTIL_OVER_DIGITS));
        let tells = name.starts_with("/v1/alerts") || name == "/v1/stream";
        assert!(tells || !ids_in(text).contains(&id), "CONFL1 in {name}");
    }
    assert_eq!(blue.get(&format!("/v1/tracks/{id}")).await.status, 404);
    let over = blue.get(&format!("/v1/alerts/{}", alerts["BLUE3 CONFL1"])).await.json();
    assert_eq!(over["state"], "ended");
    check(sky, &sky.told(), alerts).await;
}

/// What an answer says, without the name that was asked for.
fn without(answer: &Answer, name: &str) -> (u16, String) {
    (answer.status, answer.text.replace(name, "?"))
}

/// ACC-3, VIS-1: a party has no hand in what is another's, and does not learn of it by trying.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_party_has_no_hand_in_what_is_anothers() {
    let sky = Sky::new().await;
    let (blue, admin) = (sky.client("OPBLUE"), sky.client("admin"));
    let alerts = sky.all_alerts().await;
    // What it may not know of and what there is not are the same to it.
    let (hidden, none) = (alerts["BLUE4 HIDDEN1"].as_str(), "none-9");
    for path in ["/v1/alerts/?", "/v1/alerts/?/encounter"] {
        let ask = async |id: &str| without(&blue.get(&path.replace('?', id)).await, id);
        assert_eq!(ask(hidden).await, ask(none).await);
        assert_eq!(ask(hidden).await.0, 404);
    }
    for path in ["/v1/tracks/?", "/v1/tracks/?/trail", "/v1/tracks/?/trajectory"] {
        let ask = async |id: u64| {
            let id = id.to_string();
            without(&blue.get(&path.replace('?', &id)).await, &id)
        };
        assert_eq!(ask(sky.ids["HIDDEN1"]).await, ask(987_654).await);
        assert_eq!(ask(sky.ids["HIDDEN1"]).await.0, 404);
    }
    for feed in ["white link", "radar", "none"] {
        let answer = push(&blue, feed, Vec::new()).await;
        assert_eq!(without(&answer, feed), without(&push(&blue, "zz", Vec::new()).await, "zz"));
        assert_eq!(answer.status, 404);
    }
    for (pair, what) in [
        ("BLUE1 WHITE1", "acknowledge"),
        ("BLUE1 WHITE1", "comments"),
        ("BLUE4 HIDDEN1", "acknowledge"),
    ] {
        let path = format!("/v1/alerts/{}/{what}", alerts[pair]);
        assert_eq!(blue.post(&path, json!({ "text": "x" })).await.status, 403);
    }
    let alert = admin.get(&format!("/v1/alerts/{}", alerts["BLUE1 WHITE1"])).await.json();
    assert_eq!((&alert["acknowledged"], &alert["comments"]), (&Value::Null, &json!([])));
    // Words of a veiled alert cannot be found by searching for them.
    assert_eq!(blue.get("/v1/alerts?state=all&text=POSIT1").await.status, 400);

    // Aircraft of others: declared by the configuration, and by whoever pushes them.
    for name in ["HIDDEN1", "CONFL1", "WHITE1"] {
        let mut flight = sky.players.lock().await[name].flight.clone();
        (flight.callsign, flight.lat, flight.lon) = (Some("MINE".to_owned()), 70.0, 70.0);
        let mine = common::flights::Flight::new("b1b1b1", 60.0, 60.0, 9_000.0, 0.0);
        let reports = vec![mine.report(now(), 0.0), flight.report(now(), 0.0)];
        let answer = push(&blue, "blue link", reports).await.json();
        assert_eq!((&answer["accepted"], &answer["refused"][0]["index"]), (&json!(1), &json!(1)));
        assert_eq!(answer["refused"][0]["field"], "address");
        let text = answer["refused"].to_string();
        assert!(sky.words(&[name]).await.iter().all(|word| !holds(&text, word)), "{text}");
    }
    // An administrator answers for whose feed it is, not for more.
    let flight = sky.players.lock().await["WHITE1"].flight.clone();
    let answer = push(&admin, "blue link", vec![flight.report(now(), 0.0)]).await.json();
    assert_eq!(answer["accepted"], 0);
    for name in ["HIDDEN1", "CONFL1", "WHITE1"] {
        let track = admin.get(&format!("/v1/tracks/{}", sky.ids[name])).await.json();
        assert_eq!(track["callsign"], name);
        let operator = sky.players.lock().await[name].operator;
        assert_eq!(track["operator"], json!(operator));
        assert!(track["lat"].as_f64().unwrap() < 0.0, "{track}");
    }
    // Nor is anything else of the service a party's.
    for (method, path) in [
        (Method::GET, "/metrics"),
        (Method::GET, "/v1/outputs"),
        (Method::GET, "/v1/keys"),
        (Method::GET, "/v1/audit"),
        (Method::PUT, "/v1/rules"),
    ] {
        assert_eq!(blue.send(method, path, None).await.status, 403);
    }
    sky.end().await;
}

/// VIS-1: an aircraft that its operator has only now begun to report is nobody's for not even
/// one message.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_aircraft_is_its_operators_from_the_first_report_on() {
    let (of_a, a) = common::key("a", deconflict_access::Role::Party, Some("OPA"));
    let (of_b, b) = common::key("b", deconflict_access::Role::Party, Some("OPB"));
    let text = format!(
        "[engine]\nperiod_s = 0.05\n[visibility]\nothers = \"nothing\"\nunclaimed = \"full\"\n\
         [[feed]]\nname = \"a\"\nkind = \"push\"\nowner = \"OPA\"\n{of_a}{of_b}"
    );
    let running = common::start(&text).await;
    let (a, b) = (running.client().bearer(&a), running.client().bearer(&b));
    let mut stream = b.events("/v1/stream").await;
    // Each push is enough for a track, and may fall between any two evaluations.
    for number in 0..40_u32 {
        let flight = common::flights::Flight::new(
            &format!("{:06x}", 0xa00000 + number),
            10.0 + f64::from(number),
            20.0,
            20_000.0,
            90.0,
        );
        let reports = common::flights::lately(5, 1.0).map(|(time, t_s)| flight.report(time, t_s));
        assert_eq!(push(&a, "a", reports.collect()).await.json()["accepted"], 5);
    }
    eventually("all tracks", async || {
        let tracks = a.get("/v1/tracks").await.json();
        (tracks["tracks"].as_array()?.len() == 40).then_some(())
    })
    .await;
    let seq = stream.next().await.unwrap().json["seq"].as_u64().unwrap();
    stream.until("what came after", |event| event.json["seq"].as_u64().unwrap() > seq + 3).await;
    assert_eq!(ids_in(&stream.raw), BTreeSet::new(), "{}", stream.raw);
    running.stop().await;
}

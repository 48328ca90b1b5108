//! What viewers are told, held against the whole truth over simulated traffic.

use deconflict_core::Time;
use deconflict_engine::DEFAULT_RULES;
use deconflict_picture::{
    Declared, FeedSetup, Live, Message, Policy, Release, Setup, Sight, Step, View, Viewer, see,
};
use deconflict_sim::{Scenario, Simulation};
use proptest::prelude::*;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

const MIXED: &str = include_str!("../../../scenarios/formation-and-ghost.toml");
const CROSSING: &str = include_str!("../../../scenarios/crossing.toml");

fn live(scenario: &Scenario) -> (Live, Simulation) {
    let simulation = Simulation::new(scenario);
    let declared = simulation.registry();
    let feeds = simulation.feeds();
    let most = feeds.iter().map(|f| usize::from(f.number) + 1).max().unwrap_or(0);
    let feed = |number: usize| {
        let found = feeds.iter().find(|f| usize::from(f.number) == number);
        FeedSetup {
            name: found.map_or_else(|| format!("unused {number}"), |f| f.name.clone()),
            owner: found.map(|f| f.owner.to_string()),
            kind: "scenario".to_owned(),
            format: "reports".to_owned(),
            period_s: None,
        }
    };
    let setup = Setup {
        run: "test".to_owned(),
        name: scenario.name.clone(),
        rules: DEFAULT_RULES.to_owned(),
        feeds: (0..most).map(feed).collect(),
        registry: declared.iter().map(|(a, d)| Declared::of(a, d)).collect(),
        aerodromes: Vec::new(),
        period_s: 1.0,
        speed: 1.0,
    };
    (Live::new(setup, scenario.start, 1).unwrap(), simulation)
}

/// Every step of the first minutes of a scenario.
fn steps(text: &str, minutes: u32, mut each: impl FnMut(&Live, &Step)) {
    let scenario = Scenario::parse(text).unwrap();
    let (mut live, mut simulation) = live(&scenario);
    for second in 1..=minutes * 60 {
        let now = scenario.start.plus_s(f64::from(second));
        live.push(simulation.step(now));
        live.advance(now);
        if let Some(step) = live.step() {
            each(&live, &step);
        }
    }
}

fn json(message: &Message) -> Value {
    serde_json::from_slice(&message.json()).unwrap()
}

/// What a client makes of the messages: positions by track, identities, alerts.
#[derive(Debug, Default, PartialEq)]
struct Client {
    tracks: BTreeMap<u64, Value>,
    rows: BTreeMap<u64, Place>,
    alerts: BTreeMap<String, Value>,
    seq: u64,
    /// The moment that the messages are of, seconds.
    now_s: f64,
}

/// Where an aircraft was last told to be, and how it went on.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    told_s: f64,
    lat: f64,
    lon: f64,
    gs_kt: f64,
    trk_deg: f64,
}

impl Place {
    fn new(told_s: f64, [lat, lon, gs, trk]: [&Value; 4]) -> Place {
        let number = |value: &Value| value.as_f64().unwrap_or_default();
        let [lat, lon, gs_kt, trk_deg] = [lat, lon, gs, trk].map(number);
        Place { told_s, lat, lon, gs_kt, trk_deg }
    }

    /// Degrees between where it has got to, straight on, and where it is.
    fn off_deg(&self, is: &Place) -> f64 {
        let nm = self.gs_kt * (is.told_s - self.told_s) / 3600.0;
        let (sin, cos) = self.trk_deg.to_radians().sin_cos();
        let lat = self.lat + nm * cos / 60.0;
        let lon = self.lon + nm * sin / 60.0 / self.lat.to_radians().cos();
        (lat - is.lat).abs().max((lon - is.lon).abs())
    }
}

impl Client {
    fn take(&mut self, message: &Value) {
        let of = |key: &str| message[key].as_array().cloned().unwrap_or_default();
        self.seq = message["seq"].as_u64().unwrap();
        if message["kind"] == "snapshot" {
            *self = Client { seq: self.seq, now_s: self.now_s, ..Client::default() };
        }
        for mut track in of("tracks") {
            let id = track["id"].as_u64().unwrap();
            let place = ["lat", "lon", "gs_kt", "trk_deg"].map(|key| &track[key]);
            self.rows.insert(id, Place::new(self.now_s, place));
            for moving in [
                "lat",
                "lon",
                "alt_ft",
                "gs_kt",
                "trk_deg",
                "vs_fpm",
                "age_s",
                "sigma_m",
                "freshness",
            ] {
                track.as_object_mut().unwrap().remove(moving);
            }
            self.tracks.insert(id, track);
        }
        for row in of("rows") {
            let id = row[0].as_u64().unwrap();
            assert!(self.tracks.contains_key(&id), "a row for {id}, of whom nobody has told");
            self.rows.insert(id, Place::new(self.now_s, [&row[1], &row[2], &row[4], &row[5]]));
        }
        for gone in of("gone") {
            let id = gone.as_u64().unwrap();
            assert!(self.tracks.remove(&id).is_some(), "{id} is gone and was never there");
            self.rows.remove(&id);
        }
        if message["kind"] == "snapshot" {
            for alert in of("alerts") {
                self.alerts
                    .insert(alert["id"].as_str().unwrap().to_owned(), alert["state"].clone());
            }
        }
        if message["kind"] == "alert" {
            let alert = &message["alert"];
            self.alerts.insert(alert["id"].as_str().unwrap().to_owned(), alert["state"].clone());
        }
    }
}

/// PIC-1: a snapshot and the changes after it give the picture of any later moment. What has no
/// new position goes on as it was.
#[test]
fn changes_give_the_same_picture_as_a_snapshot() {
    for (text, minutes) in [(MIXED, 8), (CROSSING, 8)] {
        let policy = Policy::default();
        let mut view: Option<View> = None;
        let mut client = Client::default();
        let mut alerts = 0;
        steps(text, minutes, |live, step| {
            let view = view.get_or_insert_with(|| {
                let all = Viewer::Everything;
                let view = View::new(all, &policy, live.setup(), live.picture(), true);
                client.take(&json(&view.snapshot()));
                view
            });
            client.now_s = step.picture.time.as_unix_s();
            let before = client.seq;
            let messages = view.update(step, &policy);
            alerts += messages.iter().filter(|m| json(m)["kind"] == "alert").count();
            for (i, message) in messages.iter().enumerate() {
                assert_eq!(message.seq, before + 1 + i as u64, "numbers have no holes");
                client.take(&json(message));
            }
            let mut afresh = Client { now_s: client.now_s, ..Client::default() };
            afresh.take(&json(&view.snapshot()));
            let mut goes_on = client.rows.clone();
            for (id, is) in &afresh.rows {
                let told = goes_on.get_mut(id).unwrap();
                // Rounded to a knot and a tenth of a degree.
                assert!(told.off_deg(is) < 0.002, "{id}: {told:?}, {is:?}");
                if told.told_s < is.told_s {
                    *told = *is;
                }
            }
            let told = std::mem::replace(&mut client.rows, goes_on);
            assert_eq!(client, afresh);
            client.rows = told;
            // Whoever comes back gets just what was missed.
            let missed = view.missed("test", before).unwrap();
            assert_eq!(missed.len(), messages.len());
            assert!(view.missed("another run", before).is_none());
        });
        assert!(alerts > 0 || text == MIXED, "nothing was told");
    }
}

/// PIC-2: a track whose feeds are all silent is told as stale.
#[test]
fn what_nobody_watches_is_stale() {
    let scenario = Scenario::parse(CROSSING).unwrap();
    let (mut live, mut simulation) = live(&scenario);
    let mut now = scenario.start;
    for _ in 0..60 {
        now = now.plus_s(1.0);
        live.push(simulation.step(now));
        live.advance(now);
    }
    let fresh = live.step().unwrap();
    assert!(!fresh.picture.tracks.is_empty());
    let freshness = |step: &Step| -> Vec<String> {
        let seen = see(&step.picture, &Viewer::Everything, &Policy::default());
        let of = |track: &deconflict_picture::Track| {
            serde_json::to_value(track.view()).unwrap()["freshness"].as_str().unwrap().to_owned()
        };
        seen.tracks.iter().map(of).collect()
    };
    assert!(freshness(&fresh).iter().all(|f| f == "live"));
    let silent_at = loop {
        now = now.plus_s(1.0);
        live.advance(now);
        let step = live.step().unwrap();
        if step.picture.feeds.iter().any(|f| f.health.is_alarm()) {
            assert!(freshness(&step).iter().all(|f| f == "stale"));
            break now;
        }
    };
    assert!(silent_at.seconds_since(scenario.start) < 60.0 + 31.0);
    // Within the evaluation that notices, everybody is told.
}

fn sights() -> impl Strategy<Value = Sight> {
    prop_oneof![
        Just(Sight::Nothing),
        Just(Sight::InConflict),
        Just(Sight::Position),
        Just(Sight::Full)
    ]
}

/// Words that tell who an aircraft is.
fn names(track: &deconflict_picture::Track) -> Vec<String> {
    let who = &track.who;
    let all = [&who.callsign, &who.address, &who.operator, &who.formation, &who.squawk];
    all.into_iter().flatten().cloned().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    /// VIS-1: a party never receives what policy hides from it, in any message.
    #[test]
    fn a_party_never_receives_what_is_hidden(
        others in sights(), unclaimed in sights(), of_white in sights(), of_blue in sights(),
        of_civil in sights(),
    ) {
        let release = |of: &str, see| Release { of: of.to_owned(), to: vec![], see };
        let lines =
            [release("WHITE", of_white), release("BLUE", of_blue), release("CIVIL", of_civil)];
        let policy = Policy::new(others, unclaimed, &lines).unwrap();
        // The simulated operators take the parts of three who do not trust each other.
        let scenario = Scenario::parse(CROSSING).unwrap();
        let operators: Vec<String> =
            scenario.operators().map(|(name, _)| name.to_string()).collect();
        for party in operators.iter().map(String::as_str).chain(["nobody"]) {
            let mut view: Option<View> = None;
            steps(CROSSING, 7, |live, step| {
                let viewer = Viewer::Party(party.to_owned());
                let mut told: Vec<Message> = Vec::new();
                let view = view.get_or_insert_with(|| {
                    View::new(viewer.clone(), &policy, live.setup(), live.picture(), true)
                });
                told.extend(view.update(step, &policy));
                told.push(view.snapshot());
                let text: String = told
                    .iter()
                    .map(|m| String::from_utf8(m.event().to_vec()).unwrap())
                    .collect();
                let mut known = BTreeSet::new();
                for track in &step.picture.tracks {
                    if policy.sight(party, track.who.operator.as_deref()) == Sight::Full {
                        known.extend(names(track));
                    }
                }
                for track in &step.picture.tracks {
                    let sight = policy.sight(party, track.who.operator.as_deref());
                    if sight == Sight::Full {
                        continue;
                    }
                    for name in names(track).iter().filter(|name| !known.contains(*name)) {
                        assert!(!text.contains(&format!("{name:?}")), "{party} reads {name}: {text}");
                        if name.len() > 4 {
                            assert!(!text.contains(name.as_str()), "{party} reads {name}: {text}");
                        }
                    }
                    if sight == Sight::Nothing {
                        let id = track.who.id;
                        for place in [format!("\"id\":{id},"), format!("[{id},"),
                            format!("\"track\":{id},")] {
                            assert!(!text.contains(&place), "{party} sees {place}: {text}");
                        }
                    }
                }
                for feed in &step.picture.feeds {
                    if feed.owner.as_deref() != Some(party) {
                        let name = format!("{:?}", feed.name);
                        assert!(!text.contains(&name), "{party} reads of feed {name}");
                    }
                }
            });
        }
    }
}

#[test]
fn a_party_sees_another_only_while_in_conflict() {
    let release = |of: &str| Release { of: of.to_owned(), to: vec![], see: Sight::InConflict };
    let scenario = Scenario::parse(CROSSING).unwrap();
    let operators: Vec<String> = scenario.operators().map(|(name, _)| name.to_string()).collect();
    let lines: Vec<Release> = operators.iter().map(|o| release(o)).collect();
    let policy = Policy::new(Sight::InConflict, Sight::InConflict, &lines).unwrap();
    let mut seen_by_seconds: BTreeMap<String, Vec<(f64, usize, bool)>> = BTreeMap::new();
    steps(CROSSING, 9, |_, step| {
        for party in &operators {
            let viewer = Viewer::Party(party.clone());
            let seen = see(&step.picture, &viewer, &policy);
            let foreign = seen.tracks.iter().filter(|t| !t.who.identity).count();
            let alert = seen.alerts.iter().any(|a| a.is_open());
            let at = step.picture.time.seconds_since(scenario.start);
            seen_by_seconds.entry(party.clone()).or_default().push((at, foreign, alert));
        }
    });
    let mut ever = false;
    for seconds in seen_by_seconds.values() {
        for (at, foreign, alert) in seconds {
            assert_eq!(*foreign > 0, *alert, "at {at} s");
            ever |= *alert;
        }
    }
    assert!(ever || operators.len() < 2, "no party was ever in conflict with another");
    let _ = Time::MIN;
}

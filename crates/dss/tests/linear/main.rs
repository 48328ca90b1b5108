//! Concurrent clients on few intents that all overlap: what they are told could have been told
//! one after the other. DSS-1, DSS-4.
//!
//! `DECONFLICT_DSS_ROUNDS` says how often (2).
#![allow(clippy::print_stderr, clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;

mod checker;

use checker::{Ask, Id, Operation, State, Told, linearizable};
use common::{Client, Place, Reply, SC, Served, accepted, block, circle, intent_path};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Instant;
use uuid::Uuid;

const IDS: usize = 4;
const CLIENTS: u64 = 6;
const OPERATIONS: usize = 50;

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Lots(u64);

impl Lots {
    fn draw(&mut self, of: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as usize % of
    }
}

struct Round {
    ids: Vec<Uuid>,
    clock: Instant,
    extent: Value,
}

impl Round {
    fn now(&self) -> u64 {
        u64::try_from(self.clock.elapsed().as_nanos()).unwrap()
    }

    fn row(&self, told: &Value) -> (Id, (i64, String)) {
        let id: Uuid = told["id"].as_str().unwrap().parse().unwrap();
        let place = self.ids.iter().position(|known| *known == id).unwrap();
        let ovn = told["ovn"].as_str().unwrap().to_owned();
        (place, (told["version"].as_i64().unwrap(), ovn))
    }

    fn rows(&self, told: &Value) -> State {
        told.as_array().unwrap().iter().map(|t| self.row(t)).collect()
    }

    async fn ask(&self, client: &Client, ask: &Ask) -> Told {
        let one = |reply: &Reply| self.row(&reply.body["operational_intent_reference"]);
        match ask {
            Ask::Query => {
                let body = json!({ "area_of_interest": self.extent });
                let reply = client.post("/dss/v1/operational_intent_references/query", &body).await;
                assert_eq!(reply.status, 200, "{}", reply.body);
                Told::State(self.rows(&reply.body["operational_intent_references"]))
            }
            Ask::Get { id } => {
                let reply = client.get(&intent_path(self.ids[*id])).await;
                match reply.status {
                    200 => Told::State(State::from([one(&reply)])),
                    404 => Told::None,
                    other => panic!("{other}: {}", reply.body),
                }
            }
            Ask::Delete { id, ovn } => {
                let path = format!("{}/{ovn}", intent_path(self.ids[*id]));
                let reply = client.delete(&path).await;
                match reply.status {
                    200 => Told::Deleted,
                    404 => Told::None,
                    409 => Told::Changed,
                    other => panic!("{other}: {}", reply.body),
                }
            }
            Ask::Put { id, ovn, key } => {
                let mut path = intent_path(self.ids[*id]);
                if let Some(ovn) = ovn {
                    path = format!("{path}/{ovn}");
                }
                let key: Vec<String> = key.iter().cloned().collect();
                let reply = client.put(&path, &accepted(self.extent.clone(), &key)).await;
                match reply.status {
                    200 | 201 => {
                        let (_, (version, ovn)) = one(&reply);
                        Told::Put(version, ovn)
                    }
                    400 => Told::None,
                    409 => match reply.body.get("missing_operational_intents") {
                        Some(missing) => Told::Missing(self.rows(missing)),
                        None => Told::Changed,
                    },
                    other => panic!("{other}: {}", reply.body),
                }
            }
        }
    }

    /// One client: what it believes to be there may be old, and its key with it.
    async fn play(&self, client: Client, seed: u64) -> Vec<Operation> {
        let mut lots = Lots(seed);
        let mut known = State::new();
        let mut history = Vec::new();
        for _ in 0..OPERATIONS {
            let id = lots.draw(IDS);
            let ovn = known.get(&id).map(|(_, ovn)| ovn.clone());
            let key: BTreeSet<String> = known.values().map(|(_, ovn)| ovn.clone()).collect();
            let ask = match (lots.draw(10), ovn) {
                (0..=4, ovn) => Ask::Put { id, ovn, key },
                (5..=6, Some(ovn)) => Ask::Delete { id, ovn },
                (7, _) => Ask::Get { id },
                _ => Ask::Query,
            };
            let began = self.now();
            let told = self.ask(&client, &ask).await;
            let ended = self.now();
            match (&ask, &told) {
                (Ask::Query, Told::State(state)) => known = state.clone(),
                (_, Told::State(more) | Told::Missing(more)) => known.extend(more.clone()),
                (_, Told::Put(version, ovn)) => {
                    known.insert(id, (*version, ovn.clone()));
                }
                (Ask::Get { .. } | Ask::Delete { .. } | Ask::Put { ovn: Some(_), .. }, _) => {
                    known.remove(&id);
                }
                _ => {}
            }
            history.push(Operation { began, ended, ask, told });
        }
        history
    }
}

fn rounds() -> u64 {
    std::env::var("DECONFLICT_DSS_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(2)
}

async fn check(instances: &[Served]) {
    for seed in 0..rounds() {
        let mut lots = Lots(seed + 77);
        let round = std::sync::Arc::new(Round {
            ids: (0..IDS).map(|_| Uuid::new_v4()).collect(),
            clock: Instant::now(),
            // Each round in a place of its own.
            extent: block(
                circle(10.0 + lots.draw(1_000) as f64 / 20.0, 20.0, 500.0),
                [0.0, 100.0],
                60,
                3_600,
            ),
        });
        let clients: Vec<_> = (0..CLIENTS)
            .map(|n| {
                let served = &instances[n as usize % instances.len()];
                let client = Client::new(served, "uss1", &[SC]);
                let round = std::sync::Arc::clone(&round);
                tokio::spawn(async move { round.play(client, 1_000 * seed + n).await })
            })
            .collect();
        let mut history = Vec::new();
        for client in clients {
            history.extend(client.await.unwrap());
        }
        let count = |of: fn(&Told) -> bool| history.iter().filter(|o| of(&o.told)).count();
        let [put, missing, changed, deleted] = [
            count(|t| matches!(t, Told::Put(..))),
            count(|t| matches!(t, Told::Missing(_))),
            count(|t| *t == Told::Changed),
            count(|t| *t == Told::Deleted),
        ];
        eprintln!("{put} written, {missing} lacked a key, {changed} too late, {deleted} deleted");
        assert!(put > 10 && missing > 0 && changed > 0 && deleted > 0, "too tame");
        assert!(linearizable(&history), "seed {seed}: {history:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_instance() {
    for place in Place::all().await {
        let served = [Served::on(&place.target).await];
        check(&served).await;
        for one in served {
            one.stop().await;
        }
        place.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_instances_on_one_database() {
    let Some(place) = Place::server().await else { return };
    let served = [Served::on(&place.target).await, Served::on(&place.target).await];
    check(&served).await;
    for one in served {
        one.stop().await;
    }
    place.remove().await;
}

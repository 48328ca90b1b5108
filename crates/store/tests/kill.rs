//! The process is killed under load, again and again: every entry that was said to be stored is
//! there, once, and in order. STO-2.
#![allow(clippy::print_stdout)]

mod common;

use common::*;
use deconflict_store::*;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

const URL: &str = "DECONFLICT_TEST_KILL_URL";
const ROUND: &str = "DECONFLICT_TEST_KILL_ROUND";

/// The process that is killed: this very program, with a variable set.
#[tokio::test(flavor = "multi_thread")]
async fn victim() {
    let (Ok(url), Ok(round)) = (std::env::var(URL), std::env::var(ROUND)) else { return };
    let store = Store::open(&url).await.unwrap();
    let load = store.writer();
    std::thread::spawn(move || {
        for number in 0.. {
            let row = alert("r", number % 50, "lost", 1, number);
            load.record(if number % 10 == 0 {
                change(&row, Some("lost"))
            } else {
                Entry::Alert { row, change: None }
            });
            std::thread::sleep(Duration::from_micros(200));
        }
    });
    let tasks: Vec<_> = (0..4)
        .map(|lane| {
            let (writer, round) = (store.writer(), round.clone());
            tokio::spawn(async move {
                for number in 0.. {
                    let text = format!("{round}.{lane} {number}");
                    writer.record_durably(note("a", &text)).await.unwrap();
                    println!("stored {text}");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

fn kill_one(url: &str, round: u64) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "victim", "--nocapture"])
        .env(URL, url)
        .env(ROUND, round.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut stored = Vec::new();
    // At another point of its work each time.
    let most = 5 + (round as usize * 37) % 150;
    for line in lines.by_ref() {
        // The first is on the line of the name of the test.
        let text = line.split_once("stored ").map(|(_, text)| text.to_owned());
        stored.extend(text);
        if stored.len() >= most {
            break;
        }
    }
    child.kill().unwrap();
    stored.extend(lines.filter_map(|l| l.split_once("stored ").map(|(_, t)| t.to_owned())));
    child.wait().unwrap();
    assert!(stored.len() >= most, "the victim ended by itself after {}", stored.len());
    stored
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_said_to_be_stored_is_there() {
    if std::env::var(URL).is_ok() {
        return;
    }
    for database in Database::all().await {
        let rounds = if database.is_postgres { 10 } else { 30 };
        let mut stored = Vec::new();
        for round in 0..rounds {
            let url = database.url.clone();
            stored
                .extend(tokio::task::spawn_blocking(move || kill_one(&url, round)).await.unwrap());
        }
        let store = Store::open(&database.url).await.unwrap();
        let mut seen: HashMap<String, u64> = HashMap::new();
        let mut count = 0;
        for text in texts(&store, "a").await {
            let (lane, number) = text.split_once(' ').unwrap();
            let next = seen.entry(lane.to_owned()).or_default();
            assert_eq!(number.parse::<u64>().unwrap(), *next, "{lane}: in order and once");
            *next += 1;
            count += 1;
        }
        for text in &stored {
            let (lane, number) = text.split_once(' ').unwrap();
            assert!(seen[lane] > number.parse().unwrap(), "{text} is lost");
        }
        println!("{} said to be stored, {count} there", stored.len());
        store.close(Duration::from_secs(5)).await;
        database.remove().await;
    }
}

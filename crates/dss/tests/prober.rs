//! The conformance tests of the InterUSS Platform ("prober"), run against this service.
//!
//! They are Python and come from PyPI by the script beside the recorded oracles; where that
//! or Python 3.13 is missing, it is said and nothing is tested.
#![allow(clippy::print_stderr, clippy::unwrap_used)]

mod common;

use common::{Place, Served, oracles, settings};
use std::path::PathBuf;
use tokio::sync::Mutex;

/// One after the other: the first run installs what the prober needs, into one folder.
static TURN: Mutex<()> = Mutex::const_new(());

/// Whether the prober is installed, which the script notes with a file.
fn is_installed() -> bool {
    let named = std::env::var_os("PROBER_VENV").map(PathBuf::from);
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home);
    named
        .or_else(|| Some(cache?.join("deconflict/prober-0.37.0")))
        .is_some_and(|folder| folder.join("ready").exists())
}

async fn probe(place: Place) {
    let Some(folder) = oracles() else { return };
    let _turn = TURN.lock().await;
    let interuss = folder.join("interuss");
    let public = std::fs::read_to_string(interuss.join("auth2.pem")).unwrap();
    let served = Served::with(&place.target, settings(), &public).await;
    let output = tokio::process::Command::new(interuss.join("prober"))
        .arg(&served.url)
        .output()
        .await
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    served.stop().await;
    if output.status.code() == Some(2) && text.contains("prober: needs Python") {
        eprintln!("skipped: {}", text.trim());
        return;
    }
    if !output.status.success() && !is_installed() {
        eprintln!("skipped: the prober cannot be installed from PyPI: {}", text.trim());
        return;
    }
    let last = text.lines().rev().find(|line| line.contains("passed")).unwrap_or("");
    eprintln!("prober on {}: {last}", place.target.shown());
    assert!(output.status.success() && last.starts_with("177 passed"), "{text}");
    place.remove().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_prober_passes_on_a_file() {
    probe(Place::file()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_prober_passes_on_postgres() {
    let Some(place) = Place::server().await else { return };
    probe(place).await;
}

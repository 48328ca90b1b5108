//! The conformance tests of the InterUSS Platform ("prober"), run against this service.
//!
//! They are Python and come from PyPI by the script beside the recorded oracles; where that
//! or Python 3.13 is missing, it is said and nothing is tested.
#![allow(clippy::print_stderr, clippy::unwrap_used)]

mod common;

use common::{Place, Served, oracles, settings};

async fn probe(place: Place) {
    let Some(folder) = oracles() else { return };
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

//! Pictures and alerts for tests, and a receiver of webhooks with a script.

#![allow(dead_code)]

pub mod receiver;

use deconflict_core::Time;
use deconflict_outputs::{OutputConfig, Outputs, Status, Told};
use deconflict_picture::{Alert, Motion, Seen, Track, Viewer, Warning, Who};
use deconflict_track::Freshness;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Longer than anything here takes on the slowest machine: tests wait for events, and this only
/// ends those that would wait for ever.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// So many seconds after the beginning of 2026.
pub fn at(seconds: f64) -> Time {
    Time::from_millis(1_767_225_600_000).plus_s(seconds)
}

pub fn who(id: u64, callsign: &str) -> Who {
    Who {
        id,
        address: Some(format!("a{id:05x}")),
        callsign: Some(callsign.to_owned()),
        operator: Some("USAF".to_owned()),
        class: "transport",
        formation: None,
        technique: "ADS-B",
        squawk: Some("1200".to_owned()),
        feeds: vec!["link".to_owned()],
        identity: true,
        on_ground: false,
        alt_reference: Some("pressure"),
    }
}

pub fn motion() -> Motion {
    Motion {
        lat_deg: 35.1,
        lon_deg: 40.2,
        alt_ft: Some(31_000.0),
        gs_kt: Some(452.0),
        trk_deg: Some(87.5),
        vs_fpm: Some(-640.0),
        age_s: 0.8,
        sigma_m: Some(35.0),
        freshness: Freshness::Live,
    }
}

pub fn track(id: u64, callsign: &str) -> Track {
    Track { who: Arc::new(who(id, callsign)), motion: motion(), moved: true }
}

/// An alert between the tracks 1 and 2.
pub fn alert(number: u64, state: &str, seconds: f64) -> Arc<Alert> {
    let time = at(seconds).to_string();
    let side = |track: u64, name: &str| {
        json!({"track": track, "name": name, "address": null, "callsign": name,
               "operator": "USAF", "class": "transport"})
    };
    let ended = state == "ended";
    let alert = json!({
        "id": format!("run-{number}"), "state": state,
        "end": ended.then_some("resolved"), "time": time, "first": at(0.0).to_string(),
        "last": time, "a": side(1, "EAGLE1"), "b": side(2, "HERON1"), "rule": "en-route",
        "owed_nm": 5.0, "owed_ft": 1000.0, "t_in_s": (!ended).then_some(117.0), "tcpa_s": 151.4,
        "cpa_nm": 0.1, "cpa_ft": 0.0, "now_nm": 25.3, "now_ft": 0.0, "closing_kt": 611.0,
        "probability": 0.98,
        "at_cpa": (!ended).then(|| json!({"a": [40.31, 35.2, 31000.0], "b": [40.30, 35.2, 31000.0]})),
        "at_entry": null, "least_nm": 25.3, "least_ft": 0.0, "least_time": time,
        "reason": "EAGLE1 and HERON1 cross at 91°", "acknowledged": null, "comments": [],
        "changes": []
    });
    Arc::new(serde_json::from_value(alert).expect("an alert as the documentation has it"))
}

pub fn seen(seconds: f64, tracks: Vec<Track>, alerts: Vec<Arc<Alert>>) -> Seen {
    let (feeds, incomplete, warnings) = (Vec::new(), Vec::new(), Vec::new());
    Seen { time: at(seconds), tracks, alerts, feeds, incomplete, warnings }
}

/// A new picture, with alerts that have changed and are part of it.
pub fn picture(seconds: f64, tracks: Vec<Track>, alerts: Vec<Arc<Alert>>) -> Told {
    Told::new(Arc::new(seen(seconds, tracks, alerts.clone())), true, alerts)
}

/// Outputs of a configuration in TOML.
pub fn start(toml: &str) -> Outputs {
    #[derive(serde::Deserialize)]
    struct File {
        output: Vec<OutputConfig>,
    }
    let file: File = toml::from_str(toml).expect("the configuration reads");
    Outputs::start(&file.output, "run", 7).expect("the configuration holds")
}

pub fn tell(outputs: &Outputs, told: &Told) {
    outputs.tell(&Viewer::Everything, told);
}

/// The status of the first output, once it is as wanted.
pub async fn status_when(outputs: &Outputs, wanted: impl Fn(&Status) -> bool) -> Status {
    let until = tokio::time::Instant::now() + PATIENCE;
    loop {
        let status = outputs.status().remove(0);
        if wanted(&status) {
            return status;
        }
        assert!(tokio::time::Instant::now() < until, "never as wanted: {status:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Where the first output listens, once it does.
pub async fn listening(outputs: &Outputs) -> std::net::SocketAddr {
    let status = status_when(outputs, |s| s.clients.is_some()).await;
    let at = status.to.strip_prefix("tcp clients at ").expect("it says where");
    at.parse().expect("an address")
}

/// Waits, but not for ever.
pub async fn soon<F: Future>(what: F) -> F::Output {
    tokio::time::timeout(PATIENCE, what).await.expect("it happens at all")
}

/// A warning of track 1, which comes to the area of another.
pub fn warning(number: u64, state: &str, seconds: f64) -> Arc<Warning> {
    let time = at(seconds).to_string();
    let ended = state == "ended";
    let warning = json!({
        "id": format!("run-w{number}"), "about": "area", "state": state,
        "end": ended.then_some("left"), "time": time, "first": at(0.0).to_string(), "last": time,
        "aircraft": {"track": 1, "name": "CLUB1", "address": "d4f6ad", "callsign": "CLUB1",
                     "operator": "CLUB", "class": "light"},
        "topic": "R-7", "name": "Deliveries", "kind": "drone corridor", "owner": "PARCELS",
        "t_in_s": (state == "approaching").then_some(171.0), "lon": 8.42, "lat": 47.31,
        "alt_ft": 2500.0, "alt_reference": "pressure", "levels_known": true, "deviation": null,
        "reason": "CLUB1 enters Deliveries (drone corridor of PARCELS) in 171 s",
        "acknowledged": null, "comments": [],
        "changes": [{"time": time, "from": null, "to": state, "reason": "comes to it",
                     "t_in_s": null}]
    });
    Arc::new(serde_json::from_value(warning).expect("a warning as the documentation has it"))
}

/// A new picture with a warning that has changed and is part of it.
pub fn warned(seconds: f64, warning: Arc<Warning>) -> Told {
    let mut seen = seen(seconds, Vec::new(), Vec::new());
    seen.warnings.push(warning.clone());
    Told::new(Arc::new(seen), true, Vec::new()).with_warnings(vec![warning])
}

//! What the others reserve while OPBLUE looks.

use crate::common::client::Client;
use serde_json::json;
use std::collections::BTreeMap;

/// Owner, longitude, and what it is called.
const FILED: [(&str, f64, &str); 4] = [
    ("OPWHITE", 100.5, "white anchor"),
    ("OPPOS", 101.5, "secret words of POSIT1"),
    ("OPCONF", -124.3, "secret words of CONFL2"),
    ("OPHIDE", -123.4, "secret words of HIDDEN2"),
];

/// Aircraft that use what is filed: seen by nobody, and in no message to others.
pub const USERS: [&str; 2] = ["f1e2d3", "USER77X"];

/// Files one reservation of each of the others; their ids by owner.
pub async fn file(client: impl Fn(&str) -> Client) -> BTreeMap<&'static str, String> {
    let mut ids = BTreeMap::new();
    for (owner, lon, words) in FILED {
        let draft = json!({
            "name": words, "purpose": format!("{words}, again"), "kind": "segregated",
            "shape": "circle", "points": [{ "lat": 50.5, "lon": lon }], "radius_m": 9000,
            "lower": "FL100", "upper": "FL200", "start": "2020-01-01T00:00:00Z",
            "aircraft": if owner == "OPWHITE" { &[] } else { &USERS[..] },
        });
        let client = client(owner);
        let made = client.post("/v1/reservations", draft).await;
        assert_eq!(made.status, 201, "{made:?}");
        let id = made.json()["id"].as_str().unwrap().to_owned();
        for (action, version) in [("plan", 1), ("activate", 2)] {
            let body = json!({ "action": action, "version": version });
            let answer = client.post(&format!("/v1/reservations/{id}/status"), body).await;
            // By the clock it comes into use at once: whoever is first.
            assert!(matches!(answer.status, 200 | 409), "{answer:?}");
        }
        ids.insert(owner, id);
    }
    ids
}

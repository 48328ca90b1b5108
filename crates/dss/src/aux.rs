//! The InterUSS Platform's interface beside the standard (`aux`, version 1.1): what the operators
//! of a pool watch it by.

use crate::routes::{Desk, Refused, Reply, Request, answer};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::routing::{MethodRouter, get, put};
use deconflict_intent::{Beat, Read, Write};
use serde::Deserialize;
use serde_json::json;

const READ: &[&str] = &["interuss.pool_status.read"];
const BEAT: &[&str] = &["interuss.pool_status.heartbeat.write"];

/// The routes, with their paths.
pub(crate) fn routes() -> [(&'static str, MethodRouter<Desk>); 6] {
    [
        ("/aux/v1/pool", get(pool)),
        ("/aux/v1/pool/dss_instances", get(instances)),
        ("/aux/v1/pool/dss_instances/heartbeat", put(beat)),
        ("/aux/v1/configuration/accepted_ca_certs", get(certificates)),
        ("/aux/v1/configuration/ca_certs", get(certificates)),
        ("/aux/v1/configuration/scd_lock_mode", get(lock_mode)),
    ]
}

/// Which pool this instance belongs to: all instances on one database say the same.
async fn pool(State(desk): State<Desk>, headers: HeaderMap) -> Reply {
    desk.admit(&headers, READ).await?;
    Ok(answer(StatusCode::OK, json!({ "dar_id": desk.pool.id() }).to_string()))
}

async fn instances(State(desk): State<Desk>, headers: HeaderMap) -> Reply {
    let request = Request { desk: &desk, headers: &headers };
    request.read(READ, || Ok(Read::Instances)).await
}

#[derive(Deserialize)]
struct Told {
    source: Option<String>,
    timestamp: Option<String>,
    next_heartbeat_expected_before: Option<String>,
}

/// A sign of life of this instance, reported by a client that reached it.
async fn beat(
    State(desk): State<Desk>,
    uri: Uri,
    asked: Result<Query<Told>, QueryRejection>,
    headers: HeaderMap,
) -> Reply {
    let request = Request { desk: &desk, headers: &headers };
    let settings = desk.pool.settings();
    let make = || {
        let bad = |words: String| Refused(StatusCode::BAD_REQUEST, words);
        let Query(told) = asked.map_err(|error| bad(error.body_text()))?;
        Ok(Write::Beat(Beat {
            locality: settings.locality.clone(),
            public_endpoint: settings.public_endpoint.clone(),
            source: told.source.ok_or_else(|| bad("source is missing".to_owned()))?,
            timestamp: told.timestamp,
            next: told.next_heartbeat_expected_before,
        }))
    };
    request.write(BEAT, Method::PUT, &uri, uri.query().unwrap_or("").as_bytes(), make).await
}

/// The nodes of our stores have no certificates of their own that others would have to accept:
/// instances reach one database by its URL, which says how it is trusted.
async fn certificates() -> Reply {
    Ok(answer(StatusCode::OK, json!({ "CAs": [] }).to_string()))
}

/// Whether writes of the whole pool follow one another. They do.
async fn lock_mode(State(desk): State<Desk>, headers: HeaderMap) -> Reply {
    desk.admit(&headers, READ).await?;
    Ok(answer(StatusCode::OK, json!({ "global_lock": true }).to_string()))
}

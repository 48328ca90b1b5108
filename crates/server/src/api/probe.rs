//! `/healthz`, `/readyz`, `/metrics`, `/v1/outputs`.

use super::App;
use super::caller::Caller;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use deconflict_outputs::Status;
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;

/// The picture is dead when it is older than so many periods.
const DEAD_PERIODS: f64 = 10.0;

/// Whether the process answers.
#[utoipa::path(get, path = "/healthz", tag = "service",
    responses((status = 200, description = "ok", body = String)))]
pub async fn alive() -> &'static str {
    "ok\n"
}

/// What keeps the service from being of use.
#[derive(Serialize, ToSchema)]
pub struct Ready {
    /// Whether it is of use.
    ready: bool,
    /// Whether the picture is kept up.
    picture: bool,
    /// Whether the database takes entries. Without it, alerts still go out.
    store: bool,
    /// Whether what other services have is known; not told where this is not one of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    peers: Option<bool>,
}

/// Whether the service is of use: 503 if the picture is not kept up.
#[utoipa::path(get, path = "/readyz", tag = "service",
    responses((status = 200, body = Ready), (status = 503, body = Ready)))]
pub async fn ready(State(app): State<Arc<App>>) -> Response {
    let setup = app.hub.setup();
    let age_s = app.clock.now().seconds_since(app.hub.picture().time) / app.clock.speed();
    // Before its first evaluation a picture is as old as the run.
    let picture = age_s < DEAD_PERIODS * setup.period_s.max(1.0);
    let store = app.store.health().borrow().is_ok();
    let others = app.desk.coordination.as_ref();
    let peers = others.map(|coordination| coordination.unknown_since().is_none());
    let status = if picture { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Ready { ready: picture, picture, store, peers })).into_response()
}

/// What is counted, for Prometheus.
#[utoipa::path(get, path = "/metrics", tag = "service",
    responses((status = 200, description = "OpenMetrics text", body = String)))]
pub async fn metrics(State(app): State<Arc<App>>, _caller: Caller) -> Response {
    let is_up = app.store.health().borrow().is_ok();
    app.metrics.store(&app.store.counts(), is_up);
    app.metrics.outputs(&app.outputs.status());
    if let Some(coordination) = &app.desk.coordination {
        let (known, count) =
            (coordination.unknown_since().is_none(), app.desk.book.of_peers().len());
        app.metrics.peers(known, count, coordination.waiting());
    }
    let text = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, text)], app.metrics.text()).into_response()
}

/// Where the picture goes besides, and how that is.
#[utoipa::path(get, path = "/v1/outputs", tag = "service", responses((status = 200, body = Vec<Status>)))]
pub async fn outputs(State(app): State<Arc<App>>, _caller: Caller) -> Json<Vec<Status>> {
    Json(app.outputs.status())
}

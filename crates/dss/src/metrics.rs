//! What is counted, for Prometheus. No label names a USS: who does what is theirs to know.

use crate::pool::Pool;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};
use std::sync::Arc;
use std::time::Instant;

/// Labels of a request.
#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Asked {
    method: &'static str,
    route: &'static str,
    status: u16,
}

/// The counters that are kept as things happen.
#[derive(Debug)]
pub(crate) struct Metrics {
    requests: Family<Asked, Counter>,
    request_time: Histogram,
    /// Time of one batch of writes: what is new, the decisions, the commit.
    pub(crate) batch_time: Histogram,
    /// Writes of one batch.
    pub(crate) batch_size: Histogram,
    /// Batches that the database wanted to be done again.
    pub(crate) again: Counter,
    /// Batches of which it was not known at first whether they were committed.
    pub(crate) doubts: Counter,
}

impl Default for Metrics {
    fn default() -> Metrics {
        // From half a millisecond to sixteen seconds.
        let times = || Histogram::new(exponential_buckets(0.0005, 2.0, 16));
        Metrics {
            requests: Family::default(),
            request_time: times(),
            batch_time: times(),
            batch_size: Histogram::new(exponential_buckets(1.0, 2.0, 9)),
            again: Counter::default(),
            doubts: Counter::default(),
        }
    }
}

/// What a path asks about: labels have to be few, whatever is asked.
fn route_of(path: &str) -> &'static str {
    let mut parts = path.trim_start_matches('/').split('/');
    match (parts.next(), parts.next(), parts.next(), parts.next()) {
        (Some("dss"), Some("v1"), Some("operational_intent_references"), Some("query")) => {
            "operational_intent_references/query"
        }
        (Some("dss"), Some("v1"), Some("constraint_references"), Some("query")) => {
            "constraint_references/query"
        }
        (Some("dss"), Some("v1"), Some("subscriptions"), Some("query")) => "subscriptions/query",
        (Some("dss"), Some("v1"), Some(kind), _) => match kind {
            "operational_intent_references" => "operational_intent_references",
            "constraint_references" => "constraint_references",
            "subscriptions" => "subscriptions",
            "uss_availability" => "uss_availability",
            "reports" => "reports",
            _ => "other",
        },
        (Some("aux" | "versions"), ..) => "aux",
        (Some("healthy"), ..) => "healthy",
        _ => "other",
    }
}

/// Counts requests: a layer of the routes.
pub(crate) async fn count(
    State(metrics): State<Arc<Metrics>>,
    request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let method = match request.method().as_str() {
        "GET" => "GET",
        "PUT" => "PUT",
        "POST" => "POST",
        "DELETE" => "DELETE",
        _ => "other",
    };
    let route = route_of(request.uri().path());
    let response = next.run(request).await;
    let asked = Asked { method, route, status: response.status().as_u16() };
    metrics.requests.get_or_create(&asked).inc();
    metrics.request_time.observe(begun.elapsed().as_secs_f64());
    response
}

fn gauge(n: usize) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(i64::try_from(n).unwrap_or(i64::MAX));
    gauge
}

fn written(pool: &Pool) -> Result<String, std::fmt::Error> {
    let m = pool.metrics();
    let mut r = Registry::with_prefix("deconflict_dss");
    r.register("requests", "Requests by route and status", m.requests.clone());
    let what = "From the head of a request to its answer";
    r.register_with_unit("request", what, Unit::Seconds, m.request_time.clone());
    let what = "One batch of writes, from what is new to the commit";
    r.register_with_unit("batch", what, Unit::Seconds, m.batch_time.clone());
    r.register("batch_writes", "Writes of one batch", m.batch_size.clone());
    let what = "Batches that the database wanted to be done again";
    r.register("batches_again", what, m.again.clone());
    let what = "Batches of which it was not known at first whether they were committed";
    r.register("batches_in_doubt", what, m.doubts.clone());
    let health = pool.health();
    let (answers, bytes) = health.remembered;
    for (name, what, n) in [
        ("operational_intents", "Operational intents that are known", health.counts.intents),
        ("constraints", "Constraints that are known", health.counts.constraints),
        ("subscriptions", "Subscriptions that are known", health.counts.subscriptions),
        ("answers", "Answers to writes with a key that are remembered", answers),
        ("answers_bytes", "Bytes of those answers", bytes),
        ("writes_waiting", "Writes that wait for the writer", health.waiting),
        ("store_up", "1 while the store answers", usize::from(health.trouble.is_none())),
        (
            "order",
            "How far the order of changes has come",
            usize::try_from(health.seq).unwrap_or(0),
        ),
    ] {
        r.register(name, what, gauge(n));
    }
    let mut text = String::new();
    encode(&mut text, &r)?;
    Ok(text)
}

/// `/metrics`, for a listener of its own: who scrapes has no token, and everybody else has no
/// business there.
pub fn metrics_router(pool: Arc<Pool>) -> Router {
    let tell = |State(pool): State<Arc<Pool>>| async move {
        let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        match written(&pool) {
            Ok(text) => ([(header::CONTENT_TYPE, kind)], text).into_response(),
            Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        }
    };
    Router::new().route("/metrics", get(tell)).with_state(pool)
}

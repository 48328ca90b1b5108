//! The interface: `/v1`, its description, health and metrics, and the map.

mod admin;
mod airspace;
mod alerts;
mod caller;
mod feeds;
mod guard;
mod messages;
mod probe;
mod query;
mod reservations;
mod session;
mod stream;
mod timeline;
mod tracks;
mod warnings;

pub use query::Query;

use crate::clock::ServiceClock;
use crate::conformance::Conforming;
use crate::hotline::HotLine;
use crate::hub::Hub;
use crate::layers::Layer;
use crate::metrics::Metrics;
use crate::reservations::Desk;
use crate::watch::Watch;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware;
use deconflict_access::{Access, AuditEvent, Now, Outcome, Permission};
use deconflict_core::Address;
use deconflict_feeds::Feeds;
use deconflict_outputs::Outputs;
use deconflict_picture::Declared;
use deconflict_store::{AuditRow, Entry, Store, Writer};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Semaphore, watch};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the handlers work with.
pub struct App {
    /// How aircraft keep to reservations.
    pub conforming: Conforming,
    /// The time.
    pub clock: ServiceClock,
    /// The picture as it is told.
    pub hub: Hub,
    /// The thread that owns the engine.
    pub watch: Watch,
    /// Where reports come from.
    pub feeds: Arc<Feeds>,
    /// What must not be forgotten.
    pub store: Store,
    /// The way into it.
    pub writer: Writer,
    /// Who may do what.
    pub access: Arc<Access>,
    /// The folder of the recording, if there is one.
    pub recording: Option<PathBuf>,
    /// Who may look back at the same time.
    pub replays: Arc<Semaphore>,
    /// Where the picture goes besides.
    pub outputs: Arc<Outputs>,
    /// Layers of the map.
    pub layers: Vec<Layer>,
    /// Airspace volumes that are reserved, as GeoJSON features.
    pub reserved: Vec<serde_json::Value>,
    /// Where messages are sent and signed.
    pub hotline: Arc<HotLine>,
    /// Where reservations are changed.
    pub desk: Arc<Desk>,
    /// What the configuration declares of aircraft: nobody can declare otherwise.
    pub declared: Mutex<Declarations>,
    /// What is counted.
    pub metrics: Metrics,
    /// Whether the browser comes by TLS.
    pub secure: bool,
    /// Bytes of one request.
    pub max_body_bytes: usize,
    /// Seconds for one request.
    pub timeout: Duration,
    /// Becomes true when the service stops.
    pub stop: watch::Receiver<bool>,
}

/// What is declared of aircraft: by the configuration and by parties that push.
#[derive(Debug, Default)]
pub struct Declarations {
    /// By the configuration and scenarios.
    fixed: BTreeMap<Address, Declared>,
    /// By parties.
    pushed: BTreeMap<Address, Declared>,
}

impl App {
    /// Becomes true when the service stops.
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.clone()
    }

    /// The time of day, as the access rules have it.
    pub fn time_of_day(&self) -> Now {
        let unix_s = self.clock.time_of_day().as_nanos() / 1_000_000_000;
        // Nothing is measured with it here.
        Now { unix_s, steady_ms: 0 }
    }

    /// Writes to the audit record.
    pub fn audit(&self, event: AuditEvent) {
        self.writer.record(Entry::Audit(audit_row(event)));
    }
}

/// An audit event as it is stored.
fn audit_row(event: AuditEvent) -> AuditRow {
    AuditRow {
        id: 0,
        time_ns: event.time_unix_s.saturating_mul(1_000_000_000),
        who: event.who.unwrap_or_default(),
        role: event.role.map(|role| role.name().to_owned()).unwrap_or_default(),
        action: event.action,
        object: event.target.unwrap_or_default(),
        from: event.remote.map(|ip| ip.to_string()).unwrap_or_default(),
        outcome: match event.outcome {
            Outcome::Done => "ok",
            Outcome::Refused => "refused",
            Outcome::Failed => "failed",
        }
        .to_owned(),
        detail: event.detail.unwrap_or_default(),
    }
}

/// What the description of the interface says of itself.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Deconflict",
        description = "Keeps aircraft apart that share a sky but not a command."
    ),
    tags(
        (name = "picture", description = "Tracks and conflicts"),
        (name = "alerts", description = "Alerts and warnings, and what people add to them"),
        (name = "stream", description = "The picture as it changes"),
        (name = "feeds", description = "Where reports come from"),
        (name = "airspace", description = "Rules, volumes, layers"),
        (name = "reservations", description = "Who has which airspace, when; what is free"),
        (name = "access", description = "Who one is"),
        (name = "messages", description = "Messages of and to parties"),
        (name = "admin", description = "Keys, rules, records"),
        (name = "service", description = "Health and metrics")
    )
)]
struct Description;

/// Routes behind a permission, with their description. There is no other way to put up a
/// route under `/v1`, so that none can be forgotten.
fn guarded(
    app: &Arc<App>,
    permission: Permission,
    routes: OpenApiRouter<Arc<App>>,
) -> OpenApiRouter<Arc<App>> {
    let state = guard::Guard { app: app.clone(), permission };
    routes.route_layer(middleware::from_fn_with_state(state, guard::guard))
}

/// All routes.
pub fn router(app: Arc<App>) -> Router {
    let (api, mut description) = described(&app).split_for_parts();
    description.info.version = env!("CARGO_PKG_VERSION").to_owned();
    let docs = utoipa_swagger_ui::SwaggerUi::new("/docs").url("/v1/openapi.json", description);
    let limited = api
        .layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, app.timeout))
        // What is told to one is not for whoever uses the same browser or proxy after them.
        .layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            HeaderValue::from_static("no-store"),
        ));
    let header = |name: &'static str, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        )
    };
    // What other services call: `deconflict-uss` has a gate of its own there.
    let others = match &app.desk.coordination {
        Some(coordination) => coordination.uss.router().with_state(()),
        None => Router::new(),
    };
    let others =
        others.layer(TimeoutLayer::with_status_code(StatusCode::REQUEST_TIMEOUT, app.timeout));
    Router::new()
        .merge(limited)
        .merge(others)
        .merge(docs)
        .fallback(crate::map::serve)
        .layer(DefaultBodyLimit::max(app.max_body_bytes))
        .layer(middleware::from_fn_with_state(app.clone(), guard::count))
        .layer(CatchPanicLayer::custom(guard::panicked))
        .layer(middleware::from_fn(crate::problem::in_words))
        .layer(TraceLayer::new_for_http().make_span_with(guard::span))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS.as_str(), "nosniff"))
        .layer(header("referrer-policy", "no-referrer"))
        .layer(header("x-frame-options", "DENY"))
        .layer(header("content-security-policy", crate::map::POLICY))
        .with_state(app)
}

/// The routes with their description.
fn described(app: &Arc<App>) -> OpenApiRouter<Arc<App>> {
    let see = OpenApiRouter::new()
        .routes(routes!(tracks::list))
        .routes(routes!(tracks::get))
        .routes(routes!(tracks::trail))
        .routes(routes!(tracks::trajectory))
        .routes(routes!(tracks::conflicts))
        .routes(routes!(alerts::list))
        .routes(routes!(alerts::get))
        .routes(routes!(alerts::encounter))
        .routes(routes!(warnings::list))
        .routes(routes!(warnings::get))
        .routes(routes!(feeds::list))
        .routes(routes!(airspace::rules))
        .routes(routes!(airspace::volumes))
        .routes(routes!(airspace::layers))
        .routes(routes!(airspace::layer))
        .routes(routes!(reservations::list))
        .routes(routes!(reservations::get))
        .routes(routes!(reservations::history))
        .routes(routes!(timeline::timeline))
        .routes(routes!(session::me))
        .routes(routes!(stream::events))
        .routes(routes!(stream::socket));
    let reserve = OpenApiRouter::new()
        .routes(routes!(reservations::make))
        .routes(routes!(reservations::edit))
        .routes(routes!(reservations::act))
        .routes(routes!(reservations::check))
        .routes(routes!(reservations::import));
    let keys = OpenApiRouter::new()
        .routes(routes!(admin::keys, admin::make_key))
        .routes(routes!(admin::revoke_key));
    let group = |permission, routes| guarded(app, permission, routes);
    OpenApiRouter::with_openapi(Description::openapi())
        .merge(group(Permission::See, see))
        .merge(group(
            Permission::Acknowledge,
            OpenApiRouter::new()
                .routes(routes!(alerts::acknowledge))
                .routes(routes!(warnings::acknowledge)),
        ))
        .merge(group(
            Permission::Comment,
            OpenApiRouter::new()
                .routes(routes!(alerts::comment))
                .routes(routes!(warnings::comment)),
        ))
        .merge(group(Permission::Reserve, reserve))
        .merge(group(Permission::Push, OpenApiRouter::new().routes(routes!(feeds::push))))
        .merge(group(
            Permission::Message,
            OpenApiRouter::new()
                .routes(routes!(messages::list, messages::send))
                .routes(routes!(messages::key))
                .routes(routes!(messages::proof)),
        ))
        .merge(group(Permission::Keys, keys))
        .merge(group(Permission::Rules, OpenApiRouter::new().routes(routes!(admin::set_rules))))
        .merge(group(
            Permission::Audit,
            OpenApiRouter::new().routes(routes!(admin::audit)).routes(routes!(admin::changes)),
        ))
        .merge(group(Permission::Metrics, OpenApiRouter::new().routes(routes!(probe::metrics))))
        .merge(group(Permission::Metrics, OpenApiRouter::new().routes(routes!(probe::outputs))))
        // Open to all: logging in and out, and whether the service is alive.
        .merge(OpenApiRouter::new().routes(routes!(session::log_in, session::log_out)))
        .merge(OpenApiRouter::new().routes(routes!(probe::alive)).routes(routes!(probe::ready)))
}

//! What every request passes: who is it, may they, and how did it end.

use super::App;
use super::caller::Caller;
use crate::problem::Problem;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use deconflict_access::{AuditEvent, Outcome, Permission, Reason, Refused};
use std::any::Any;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// A permission that a request needs.
#[derive(Clone)]
pub struct Guard {
    /// What the handlers work with.
    pub app: Arc<App>,
    /// What is needed.
    pub permission: Permission,
}

/// What of the headers says who it is.
pub struct Shown {
    authorization: Option<String>,
    cookie: Option<String>,
    host: Option<String>,
    origin: Option<String>,
    remote: IpAddr,
}

impl Shown {
    /// Of a request.
    pub fn of(headers: &HeaderMap, remote: Option<IpAddr>) -> Shown {
        let all = |name: header::HeaderName| {
            let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
            let joined: Vec<&str> = values.collect();
            (!joined.is_empty()).then(|| joined.join("; "))
        };
        Shown {
            authorization: all(header::AUTHORIZATION),
            cookie: all(header::COOKIE),
            host: all(header::HOST),
            origin: all(header::ORIGIN),
            // Without a network there is no address: only tests call so.
            remote: remote.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        }
    }

    /// As the access rules want it.
    pub fn request(&self) -> deconflict_access::Request<'_> {
        deconflict_access::Request {
            authorization: self.authorization.as_deref(),
            cookie: self.cookie.as_deref(),
            host: self.host.as_deref(),
            origin: self.origin.as_deref(),
            remote: self.remote,
        }
    }
}

/// Where a request comes from.
pub fn remote_of(request: &Request) -> Option<IpAddr> {
    request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip())
}

/// A refusal as a problem. The reason is told; what was shown is not.
pub fn refusal(app: &App, refused: Refused) -> Problem {
    if let Some(event) = refused.audit {
        app.audit(event);
    }
    let problem = of_reason(refused.reason);
    match refused.retry_after_s {
        Some(seconds) => problem.retry_after(u64::from(seconds)),
        None => problem,
    }
}

/// A reason as a problem.
pub fn of_reason(reason: Reason) -> Problem {
    let status = StatusCode::from_u16(reason.status()).unwrap_or(StatusCode::UNAUTHORIZED);
    Problem::new(status, reason.to_string())
}

/// Lets in who may.
pub async fn guard(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let Guard { app, permission } = guard;
    let remote = remote_of(&request);
    let shown = Shown::of(request.headers(), remote);
    let admitted = match app.access.admit(shown.request()).await {
        Ok(admitted) => admitted,
        Err(refused) => return refusal(&app, refused).into_response(),
    };
    if let Some(event) = admitted.audit {
        app.audit(event);
    }
    if let Err(reason) = admitted.identity.require(permission) {
        let what = format!("{} {}", request.method(), request.uri().path());
        let event =
            AuditEvent::by(&admitted.identity, "request", Outcome::Refused, app.time_of_day());
        app.audit(event.from(shown.remote).on(what));
        return of_reason(reason).into_response();
    }
    let caller = Caller { identity: admitted.identity, remote, ticket: admitted.ticket };
    request.extensions_mut().insert(caller);
    next.run(request).await
}

/// Counts requests.
pub async fn count(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    app.metrics.request(response.status().as_u16());
    response
}

/// What a trace says of a request: not its query, which may hold words of people.
pub fn span(request: &Request) -> tracing::Span {
    tracing::info_span!("request", method = %request.method(), path = request.uri().path())
}

/// A handler that panicked has a bug, and must not take anything else with it.
pub fn panicked(what: Box<dyn Any + Send>) -> Response {
    let text = crate::problem::panic_text(&*what);
    tracing::error!(what = text, "a request ended in a panic");
    let detail = "this request met a fault of the service; it has been noted";
    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail).into_response()
}

//! `/v1/me`, `/v1/session`: who one is, logging in and out.

use super::App;
use super::caller::Caller;
use super::guard::{Shown, refusal};
use crate::problem::Problem;
use axum::Json;
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use deconflict_access::{Permission, no_cookie};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::sync::Arc;
use utoipa::ToSchema;

/// Who one is.
#[derive(Serialize, ToSchema)]
pub struct Me {
    /// The name that records show.
    name: String,
    /// `viewer`, `controller`, `party` or `admin`.
    role: &'static str,
    /// The party, in the role of one.
    party: Option<String>,
    /// What one may do.
    may: Vec<&'static str>,
}

impl Me {
    fn of(identity: &deconflict_access::Identity) -> Me {
        Me {
            name: identity.name().to_owned(),
            role: identity.role().name(),
            party: identity.party().map(str::to_owned),
            may: identity.role().permissions().map(Permission::name).collect(),
        }
    }
}

/// Who one is.
#[utoipa::path(get, path = "/v1/me", tag = "access",
    responses((status = 200, body = Me), (status = 401, body = Problem)))]
pub async fn me(caller: Caller) -> Json<Me> {
    Json(Me::of(&caller.identity))
}

/// What is shown to log in.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    /// An API key, or a token.
    key: String,
}

/// Opens a session for a browser.
#[utoipa::path(post, path = "/v1/session", tag = "access", request_body = LogIn,
    responses((status = 200, description = "With a cookie", body = Me), (status = 401, body = Problem)))]
pub async fn log_in(
    State(app): State<Arc<App>>,
    connection: Option<axum::Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
    Json(shown): Json<LogIn>,
) -> Result<Response, Problem> {
    let remote = connection.map(|info| info.0.0.ip());
    let from = Shown::of(&headers, remote);
    let logged_in = app.access.log_in(&shown.key, from.request()).await;
    let logged_in = logged_in.map_err(|refused| refusal(&app, refused))?;
    app.audit(logged_in.audit);
    let me = Json(Me::of(&logged_in.session.identity));
    Ok(with_cookie(me.into_response(), &logged_in.session.cookie(app.secure)))
}

/// Ends the session.
#[utoipa::path(delete, path = "/v1/session", tag = "access",
    responses((status = 204, description = "The cookie is taken away")))]
pub async fn log_out(
    State(app): State<Arc<App>>,
    connection: Option<axum::Extension<ConnectInfo<SocketAddr>>>,
    headers: HeaderMap,
) -> Response {
    let remote = connection.map(|info| info.0.0.ip());
    if let Some(event) = app.access.log_out(Shown::of(&headers, remote).request()) {
        app.audit(event);
    }
    with_cookie(StatusCode::NO_CONTENT.into_response(), &no_cookie(app.secure))
}

fn with_cookie(mut response: Response, cookie: &str) -> Response {
    // A cookie is made of letters and digits here.
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
    response
}

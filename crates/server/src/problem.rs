//! Errors of the interface: `application/problem+json` (RFC 9457).

use axum::Json;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// What went wrong, for the person or program that asked.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Problem {
    /// The kind of problem: `about:blank`, as the status says it all.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What, where, and what to do.
    detail: String,
    /// When to try again, seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_s: Option<u64>,
    /// Of a change that came too late: how things are now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    current: Option<Box<Value>>,
    /// Of a plan that is not free: what the check says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    report: Option<Box<Value>>,
}

impl Problem {
    /// A problem with a status and a sentence.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            retry_after_s: None,
            current: None,
            report: None,
        }
    }

    /// The request makes no sense.
    pub fn bad(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, detail)
    }

    /// There is no such thing, or none that this caller may see: the two look the same.
    pub fn not_found(what: &str, which: impl std::fmt::Display) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, format!("there is no {what} {which}"))
    }

    /// The service cannot do it at present.
    pub fn unavailable(detail: impl Into<String>, retry_after_s: u64) -> Problem {
        let problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail);
        Problem { retry_after_s: Some(retry_after_s), ..problem }
    }

    /// Something was not stored, and so not done; or, if the database went away at the very
    /// moment, nobody knows.
    pub fn not_stored(error: &deconflict_store::NotStored) -> Problem {
        let and_so = match error {
            deconflict_store::NotStored::InDoubt(_) => "",
            _ => ", and so not done",
        };
        Problem::unavailable(format!("{error}{and_so}"), 5)
    }

    /// Says when to try again.
    pub fn retry_after(mut self, seconds: u64) -> Problem {
        self.retry_after_s = Some(seconds);
        self
    }

    /// Says how things are now.
    pub fn current(mut self, current: Value) -> Problem {
        self.current = Some(Box::new(current));
        self
    }

    /// Says what the check says.
    pub fn report(mut self, report: &impl Serialize) -> Problem {
        // Plain data with text keys.
        self.report = serde_json::to_value(report).ok().map(Box::new);
        self
    }

    /// What, where, and what to do.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let (status, retry) = (self.status(), self.retry_after_s);
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        let json = HeaderValue::from_static("application/problem+json");
        headers.insert(header::CONTENT_TYPE, json);
        if let Some(seconds) = retry {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            let bearer = HeaderValue::from_static("Bearer realm=\"deconflict\"");
            headers.insert(header::WWW_AUTHENTICATE, bearer);
        }
        response
    }
}

/// Longest text of an error that is not our own, bytes.
const MOST_TEXT: usize = 4096;

/// Whatever goes wrong under `/v1` is told as a problem: also what the libraries refuse (a body
/// that is no JSON, a method that there is not), and paths that lead nowhere.
pub async fn in_words(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_ours = path == "/v1" || path.starts_with("/v1/");
    let response = next.run(request).await;
    let (status, headers) = (response.status(), response.headers());
    let is_json = headers.get(header::CONTENT_TYPE).is_some_and(|kind| {
        kind.to_str().is_ok_and(|kind| kind.starts_with("application/") && kind.contains("json"))
    });
    if !is_ours || is_json || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let allow = headers.get(header::ALLOW).cloned();
    let text = axum::body::to_bytes(response.into_body(), MOST_TEXT).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let detail = match status {
        StatusCode::METHOD_NOT_ALLOWED => "this path does not have this method",
        StatusCode::REQUEST_TIMEOUT => "the request took too long",
        StatusCode::PAYLOAD_TOO_LARGE => "the body is larger than is taken: send it in parts",
        StatusCode::NOT_FOUND => "there is nothing at this path: see /v1/openapi.json",
        _ => text.trim(),
    };
    let mut response = Problem::new(status, detail).into_response();
    if let Some(allow) = allow {
        response.headers_mut().insert(header::ALLOW, allow);
    }
    response
}

/// What a panic says.
pub fn panic_text(what: &(dyn std::any::Any + Send)) -> &str {
    let text = what.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| what.downcast_ref::<&str>().copied()).unwrap_or("unknown")
}

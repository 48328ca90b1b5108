//! What handlers are given of a request, with refusals in the form of the standard.

use crate::routes::{Desk, Refused};
use axum::RequestPartsExt as _;
use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// The parts of the path. One that is no UTF-8 is told as any other malformed request.
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + Send + 'static> FromRequestParts<Desk> for Path<T> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &Desk) -> Result<Path<T>, Refused> {
        let path = parts.extract::<axum::extract::Path<T>>().await;
        path.map(|axum::extract::Path(path)| Path(path))
            .map_err(|error| Refused(error.status(), error.body_text()))
    }
}

/// A body. It is bounded in size, and whoever sends it byte by byte does not keep a place.
pub(crate) struct Sent(pub(crate) Bytes);

impl FromRequest<Desk> for Sent {
    type Rejection = Refused;

    async fn from_request(request: Request, desk: &Desk) -> Result<Sent, Refused> {
        let settings = desk.pool.settings();
        let read = tokio::time::timeout(settings.body_patience, Bytes::from_request(request, desk));
        match read.await {
            Ok(Ok(bytes)) => Ok(Sent(bytes)),
            Ok(Err(rejection)) => Err(refusal(&rejection, settings.body_bytes)),
            Err(_) => {
                let seconds = settings.body_patience.as_secs_f64();
                let words = format!("the body did not come within {seconds} s");
                Err(Refused(StatusCode::REQUEST_TIMEOUT, words))
            }
        }
    }
}

fn refusal(rejection: &BytesRejection, most: usize) -> Refused {
    let status = rejection.status();
    if status == StatusCode::PAYLOAD_TOO_LARGE {
        return Refused(status, format!("the body is larger than {most} bytes"));
    }
    Refused(status, rejection.body_text())
}

//! Who asks: the gate of `deconflict-access`, in the words of HTTP and of a DSS.

use axum::http::{HeaderMap, StatusCode, header};
use deconflict_access::NotAdmitted;
pub use deconflict_access::{Gate, GateError};
use deconflict_intent::Caller;
use std::sync::Arc;

/// Who asks, if any of these scopes is theirs; any token will do if none is named.
pub(crate) async fn admit(
    gate: &Gate,
    headers: &HeaderMap,
    any_of: &[&str],
) -> Result<Caller, (StatusCode, String)> {
    let header = headers.get(header::AUTHORIZATION).and_then(|h| h.to_str().ok());
    match gate.admit(header, any_of).await {
        Ok(claims) => Ok(Caller { uss: Arc::from(claims.subject), scopes: claims.scopes }),
        Err(NotAdmitted::Unauthorised(words)) => Err((StatusCode::UNAUTHORIZED, words)),
        Err(NotAdmitted::Forbidden(words)) => Err((StatusCode::FORBIDDEN, words)),
    }
}

//! The map: files that the build of `web/` has made, part of the program.

use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::RustEmbed;

/// Nothing of the map comes from elsewhere, and it sends nothing elsewhere.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
    img-src 'self'; font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; \
    form-action 'self'; frame-ancestors 'none'";

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../../web/dist"]
#[allow_missing = true]
struct Files;

/// Whether the map is part of the program.
pub fn is_there() -> bool {
    Files::get("index.html").is_some()
}

/// What is said in its place.
const MISSING: &str = "The map is not part of this program: it was built without Node.js. \
    Install Node.js 20 or later, run ./demo again, or use `deconflict demo --tui`.\n\
    The interface is described at /docs.\n";

/// A file of the map, or nothing.
pub async fn serve(method: Method, uri: Uri) -> Response {
    let path = uri.path().trim_start_matches('/');
    if !(method == Method::GET || method == Method::HEAD || path.starts_with("v1")) {
        return (StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET, HEAD")]).into_response();
    }
    let path = if path.is_empty() { "index.html" } else { path };
    // What begins with a dot is the build's business.
    let path = if path.starts_with('.') { "nothing" } else { path };
    let Some(file) = Files::get(path) else {
        let text = if path == "index.html" { MISSING } else { "there is nothing here\n" };
        return (StatusCode::NOT_FOUND, text).into_response();
    };
    // Names under assets/ carry a hash of what is in them.
    let forever = path.starts_with("assets/");
    let caching = if forever { "public, max-age=31536000, immutable" } else { "no-cache" };
    let kind = file.metadata.mimetype().to_owned();
    let headers = [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, caching.to_owned())];
    (headers, file.data).into_response()
}

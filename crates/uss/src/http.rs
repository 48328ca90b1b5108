//! Requests to others: bounded in time and size, and to no other address than the one meant.

use reqwest::{Method, Url};
use std::net::IpAddr;
use std::time::Duration;

/// The HTTP client.
pub(crate) struct Http {
    /// For this machine: never through a proxy.
    near: reqwest::Client,
    far: reqwest::Client,
}

/// A request.
pub(crate) struct Sent {
    pub(crate) method: Method,
    pub(crate) url: Url,
    /// A token.
    pub(crate) bearer: Option<std::sync::Arc<str>>,
    /// A key of our choice, by which our own DSS knows a write that it has seen.
    pub(crate) idempotency: Option<String>,
    /// Its kind and bytes.
    pub(crate) body: Option<(&'static str, Vec<u8>)>,
}

impl Sent {
    pub(crate) fn to(method: Method, url: Url) -> Sent {
        Sent { method, url, bearer: None, idempotency: None, body: None }
    }
}

/// An answer, whatever its status.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// No answer.
#[derive(Clone, Debug)]
pub(crate) struct Unanswered {
    /// Why, without the address, which may hold secrets.
    pub(crate) reason: String,
    /// Whether it is sure that the request never left.
    pub(crate) not_sent: bool,
}

impl Http {
    /// # Errors
    /// If TLS cannot be set up.
    pub(crate) fn new(patience: Duration, allow_http: bool) -> Result<Http, String> {
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            // Lost only against somebody who has just done the same.
            let _ = rustls::crypto::ring::default_provider().install_default();
        }
        let plain = || {
            reqwest::Client::builder()
                .timeout(patience)
                // Another address than the one that was given is not trusted.
                .redirect(reqwest::redirect::Policy::none())
                .user_agent(concat!("deconflict/", env!("CARGO_PKG_VERSION")))
        };
        let words = |error: reqwest::Error| {
            format!("TLS cannot be set up (are the system's CA certificates installed?): {error}")
        };
        let build = |direct: bool| {
            let with = |b: reqwest::ClientBuilder| if direct { b.no_proxy() } else { b };
            match with(plain()).build() {
                // A system without any certificate can still do without TLS.
                Err(_) if allow_http => with(plain()).tls_certs_only([]).build(),
                built => built,
            }
        };
        Ok(Http { near: build(true).map_err(words)?, far: build(false).map_err(words)? })
    }

    /// Sends a request and reads the answer, at most so many bytes of it.
    pub(crate) async fn send(&self, sent: Sent, most_bytes: usize) -> Result<Answered, Unanswered> {
        let client = if is_loopback(&sent.url) { &self.near } else { &self.far };
        let mut request =
            client.request(sent.method, sent.url).header("accept", "application/json");
        if let Some(token) = &sent.bearer {
            request = request.bearer_auth(token);
        }
        if let Some(key) = &sent.idempotency {
            request = request.header("idempotency-key", key);
        }
        if let Some((kind, body)) = sent.body {
            request = request.header("content-type", kind).body(body);
        }
        let mut answer = request.send().await.map_err(unanswered)?;
        let status = answer.status().as_u16();
        if (300..400).contains(&status) {
            let reason = "it points to another address, which is not followed".to_owned();
            return Err(Unanswered { reason, not_sent: false });
        }
        let too_large = || Unanswered {
            reason: format!("its answer has more than {most_bytes} bytes"),
            not_sent: false,
        };
        if answer.content_length().is_some_and(|n| n > most_bytes as u64) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(unanswered)? {
            if body.len() + part.len() > most_bytes {
                return Err(too_large());
            }
            body.extend_from_slice(&part);
        }
        Ok(Answered { status, body })
    }
}

fn unanswered(error: reqwest::Error) -> Unanswered {
    let not_sent = error.is_connect() || error.is_builder();
    let error = error.without_url();
    let reason = if error.is_timeout() {
        "it does not answer in time".to_owned()
    } else if error.is_connect() {
        "it cannot be reached".to_owned()
    } else {
        format!("the exchange broke: {error}")
    };
    Unanswered { reason, not_sent }
}

fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else { return false };
    host == "localhost" || ip(host).is_some_and(|ip| ip.is_loopback())
}

fn ip(host: &str) -> Option<IpAddr> {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    bare.parse::<IpAddr>().ok().map(|ip| ip.to_canonical())
}

/// A base address that somebody else has given, if it is one that may be called: https (or http where
/// that is allowed), a host, no password, no query; and unless http is allowed, not this machine
/// or its link.
///
/// # Errors
/// Why not.
pub(crate) fn base(text: &str, allow_http: bool) -> Result<Url, String> {
    let shown: String = text.chars().take(80).collect();
    let no = |why: &str| format!("\"{shown}\" is not called: {why}");
    let url = Url::parse(text).map_err(|_| no("it is no address"))?;
    let host = url.host_str().filter(|h| !h.is_empty()).ok_or_else(|| no("it has no host"))?;
    match url.scheme() {
        "https" => {}
        "http" if allow_http => {}
        _ => return Err(no("https is needed")),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(no("it holds a password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(no("a base address has no query"));
    }
    if !allow_http {
        let near = ip(host).is_some_and(|ip| {
            let link_local = match ip {
                IpAddr::V4(ip) => ip.is_link_local() || ip.is_broadcast(),
                IpAddr::V6(ip) => (ip.segments()[0] & 0xffc0) == 0xfe80,
            };
            ip.is_loopback() || ip.is_unspecified() || ip.is_multicast() || link_local
        });
        if near || host == "localhost" || host.ends_with(".localhost") {
            return Err(no("it is this machine or its link"));
        }
    }
    Ok(url)
}

/// A route below a base address.
///
/// # Errors
/// If the base takes none.
pub(crate) fn route(base: &Url, parts: &[&str]) -> Result<Url, String> {
    let mut url = base.clone();
    url.path_segments_mut()
        .map_err(|()| "the address takes no path".to_owned())?
        .pop_if_empty()
        .extend(parts);
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_that_may_be_called_are() {
        for good in
            ["https://uss.example.org", "https://uss.example.org:8443/a/b", "https://10.0.0.7/x"]
        {
            assert!(base(good, false).is_ok(), "{good}");
        }
        for bad in [
            "",
            "uss.example.org",
            "http://uss.example.org",
            "ftp://uss.example.org",
            "file:///etc/passwd",
            "https://user:word@uss.example.org",
            "https://uss.example.org/?a=b",
            "https://uss.example.org/#a",
            "https://127.0.0.1/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://localhost/",
            "https://169.254.169.254/",
            "https://0.0.0.0/",
            "https://[fe80::1]/",
        ] {
            assert!(base(bad, false).is_err(), "{bad}");
        }
        assert!(base("http://127.0.0.1:8082", true).is_ok());
        assert!(base("file:///etc/passwd", true).is_err());
    }

    #[test]
    fn routes_stay_below_their_base() {
        let below = |base: &str, parts: &[&str]| {
            route(&Url::parse(base).unwrap(), parts).unwrap().to_string()
        };
        assert_eq!(below("https://a.b/c/", &["uss", "v1"]), "https://a.b/c/uss/v1");
        assert_eq!(below("https://a.b", &["x", "../y?z"]), "https://a.b/x/..%2Fy%3Fz");
    }
}

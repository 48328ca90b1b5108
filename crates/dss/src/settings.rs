//! What can be set.

use deconflict_intent::{Keep, Limits, Retention};
use std::time::Duration;

/// What can be set of a service.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What this instance is called among those of its pool.
    pub locality: String,
    /// Where clients reach it, if that is known.
    pub public_endpoint: Option<String>,
    /// Whether addresses without TLS are taken from clients: in tests only.
    pub allow_http: bool,
    /// What one request may ask for.
    pub limits: Limits,
    /// How long what has ended is kept.
    pub retention: Retention,
    /// How long a write or read may take, then it is refused or in doubt.
    pub patience: Duration,
    /// What is remembered of writes with a key of a client's choice.
    pub keep: Keep,
    /// The largest body, bytes.
    pub body_bytes: usize,
    /// How long a body may take to come.
    pub body_patience: Duration,
    /// The most writes that wait; more are refused with 503.
    pub queue: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            locality: "local".to_owned(),
            public_endpoint: None,
            allow_http: false,
            limits: Limits::default(),
            retention: Retention::default(),
            patience: Duration::from_secs(10),
            keep: Keep::default(),
            body_bytes: 4 << 20,
            body_patience: Duration::from_secs(30),
            queue: 4_096,
        }
    }
}

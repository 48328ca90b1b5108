//! What can be set.

use deconflict_intent::{Limits, Retention};
use std::time::Duration;

/// What can be set of a service.
#[derive(Clone, Debug)]
pub struct Settings {
    /// What this instance is called among those of its pool.
    pub locality: String,
    /// Whether addresses without TLS are taken from clients: in tests only.
    pub allow_http: bool,
    /// What one request may ask for.
    pub limits: Limits,
    /// How long what has ended is kept.
    pub retention: Retention,
    /// How long a write or read may take, then it is refused or in doubt.
    pub patience: Duration,
    /// For how long a key of a client's choice is remembered.
    pub idempotency_s: f64,
    /// The largest body, bytes.
    pub body_bytes: usize,
    /// The most writes that wait; more are refused with 503.
    pub queue: usize,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            locality: "local".to_owned(),
            allow_http: false,
            limits: Limits::default(),
            retention: Retention::default(),
            patience: Duration::from_secs(10),
            idempotency_s: 86_400.0,
            body_bytes: 4 << 20,
            queue: 4_096,
        }
    }
}

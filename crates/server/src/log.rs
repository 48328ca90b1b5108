//! Structured logs.

use crate::config::{ConfigError, Log, LogFormat};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// Starts logging to standard error.
///
/// # Errors
/// `log.level` is no level and no list of directives.
pub fn start(log: &Log) -> Result<(), ConfigError> {
    let filter = EnvFilter::try_new(&log.level).map_err(|error| {
        let hint = "give a level (error, warn, info, debug, trace) or directives";
        ConfigError(format!("log.level: {:?}: {error}; {hint}", log.level))
    })?;
    let layer = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process, as in tests, keeps the first.
    let _ = match log.format {
        LogFormat::Text => layer.try_init(),
        LogFormat::Json => layer.json().try_init(),
    };
    Ok(())
}

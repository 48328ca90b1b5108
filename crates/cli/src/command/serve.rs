//! `deconflict serve`: the live service.

use crate::bundled;
use crate::failure::{Failure, Found, Kind, Outcome};
use deconflict_server::{Config, Service, Start, StartError, check, log, service};
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Configuration (TOML; see docs/serve.md). Every key can also come from the environment,
    /// as in DECONFLICT__HTTP__LISTEN=127.0.0.1:8080
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Check the configuration and end
    #[arg(long)]
    check: bool,
}

pub fn run(arguments: &Arguments) -> Outcome<Found> {
    let config = Config::load(arguments.config.as_deref(), std::env::vars());
    let config = config.map_err(|e| Failure::new(Kind::Config, e.to_string()))?;
    if arguments.check {
        check(&config, &bundled::SCENARIOS)
            .map_err(|e| Failure::new(Kind::Config, e.to_string()))?;
        eprintln_quietly("the configuration holds");
        if let Some(uss) = &config.uss {
            let lines = uss.says().map_err(|e| Failure::new(Kind::Config, e.to_string()))?;
            lines.iter().for_each(|line| eprintln_quietly(&format!("  uss: {line}")));
        }
        return Ok(Found::Nothing);
    }
    let _logging =
        log::start(&config.log).map_err(|e| Failure::new(Kind::Config, e.to_string()))?;
    let folder = service::folder_of(arguments.config.as_deref());
    let start = Start { bundled: &bundled::SCENARIOS, folder, ..Start::default() };
    runtime()?.block_on(async {
        let service = Service::start(config, start).await.map_err(refused)?;
        tracing_address(&service);
        until_stopped().await;
        service.stop().await;
        Ok(Found::Nothing)
    })
}

/// Threads for connections.
pub fn runtime() -> Outcome<tokio::runtime::Runtime> {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    built.map_err(|e| Failure::new(Kind::Io, format!("cannot start threads: {e}")))
}

/// Why the service did not start.
pub fn refused(error: StartError) -> Failure {
    let kind = match error {
        StartError::Config(_) => Kind::Config,
        StartError::Needs(_) => Kind::Io,
    };
    Failure::new(kind, error.to_string())
}

/// Waits for Ctrl-C, or for the word of a service manager.
pub async fn until_stopped() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    // Without signals the process ends when it is ended.
    let _ = tokio::signal::ctrl_c().await;
}

/// Says where it answers: on standard error, where logs go too.
fn tracing_address(service: &Service) {
    eprintln_quietly(&format!("serving on {}", url(service)));
}

/// Where a browser finds it.
pub fn url(service: &Service) -> String {
    let scheme = if service.app().secure { "https" } else { "http" };
    format!("{scheme}://{}/", service.address())
}

/// A line for the person at the terminal. If standard error is gone, there is nobody.
pub fn eprintln_quietly(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

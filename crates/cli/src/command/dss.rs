//! `deconflict dss`: a discovery and synchronisation service of ASTM F3548-21.

use super::serve::{eprintln_quietly, refused, runtime, until_stopped};
use crate::failure::{Failure, Found, Kind, Outcome};
use deconflict_dss::{Gate, GateError, Pool, Settings, Target, metrics_router, router};
use deconflict_server::config::{Http, Log};
use deconflict_server::{listen, log};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Address and port to answer on
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8082")]
    listen: SocketAddr,
    /// Public key (PEM) that access tokens are signed for; may be repeated
    #[arg(long, value_name = "FILE")]
    public_key: Vec<PathBuf>,
    /// Address of a JSON Web Key Set that access tokens are signed for
    #[arg(long, value_name = "URL")]
    jwks: Option<String>,
    /// Name that access tokens carry for this service (aud); may be repeated
    #[arg(long, value_name = "NAME", required = true)]
    audience: Vec<String>,
    /// Who may have issued access tokens (iss); anybody who holds a key if not given
    #[arg(long, value_name = "NAME")]
    issuer: Vec<String>,
    /// Where references are kept: a file of this process alone, or a database that several
    /// instances share (PostgreSQL, CockroachDB, YugabyteDB)
    #[arg(long, value_name = "PATH|postgres://…", default_value = "deconflict-dss.db")]
    store: String,
    /// What this instance is called among those of its pool
    #[arg(long, value_name = "NAME", default_value = "local")]
    locality: String,
    /// Where clients reach this instance, as the others of its pool are told
    #[arg(long, value_name = "URL")]
    public_endpoint: Option<String>,
    /// Address and port to answer /metrics on, for Prometheus, to anybody who can reach it
    #[arg(long, value_name = "ADDRESS:PORT")]
    metrics: Option<SocketAddr>,
    /// Take addresses of USSs without TLS: for tests
    #[arg(long)]
    allow_http_uss: bool,
    /// Certificate chain (PEM), to answer with TLS
    #[arg(long, value_name = "FILE", requires = "private_key")]
    certificate: Option<PathBuf>,
    /// Private key (PEM) of the certificate
    #[arg(long, value_name = "FILE", requires = "certificate")]
    private_key: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> Outcome<Found> {
    let target =
        Target::parse(&arguments.store).map_err(|e| Failure::new(Kind::Usage, e.to_string()))?;
    let pems = arguments.public_key.iter().map(|path| {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::new(Kind::NoInput, format!("{}: {error}", path.display())))?;
        Ok((path.display().to_string(), text))
    });
    let pems: Vec<(String, String)> = pems.collect::<Outcome<_>>()?;
    let _logging =
        log::start(&Log::default()).map_err(|e| Failure::new(Kind::Config, e.to_string()))?;
    runtime()?.block_on(async {
        let gate =
            Gate::new(&pems, arguments.jwks.as_deref(), &arguments.audience, &arguments.issuer);
        let gate = gate.await.map_err(no_gate)?;
        let http = Http {
            listen: arguments.listen,
            certificate: arguments.certificate.clone(),
            private_key: arguments.private_key.clone(),
            ..Http::default()
        };
        // The address first: a port that is taken is told before a store is read.
        let bound = listen::Bound::new(&http).await.map_err(refused)?;
        let watched = match arguments.metrics {
            None => None,
            Some(at) => {
                let http = Http { listen: at, max_connections: 16, ..Http::default() };
                Some(listen::Bound::new(&http).await.map_err(refused)?)
            }
        };
        let settings = Settings {
            locality: arguments.locality.clone(),
            public_endpoint: arguments.public_endpoint.clone(),
            allow_http: arguments.allow_http_uss,
            ..Settings::default()
        };
        let pool = Pool::start(target, settings).await;
        let pool = pool.map_err(|e| Failure::new(Kind::Io, e.to_string()))?;
        announce(&pool).await?;
        let health = pool.health();
        let watched = watched.map(|bound| bound.serve(metrics_router(pool.clone()))).transpose();
        let watched = watched.map_err(refused)?;
        let server = bound.serve(router(pool.clone(), gate)).map_err(refused)?;
        let scheme = if arguments.certificate.is_some() { "https" } else { "http" };
        eprintln_quietly(&format!(
            "DSS {} on {scheme}://{}, {} operational intents, {} constraints, {} subscriptions in {}",
            arguments.locality,
            server.address(),
            health.counts.intents,
            health.counts.constraints,
            health.counts.subscriptions,
            pool.target().shown(),
        ));
        until_stopped().await;
        server.stop(Duration::from_secs(5)).await;
        if let Some(watched) = watched {
            watched.stop(Duration::from_secs(1)).await;
        }
        pool.stop().await;
        Ok(Found::Nothing)
    })
}

/// Tells the others of the pool that this instance is there. Where the store does not take it, the
/// service does not start: it would take no other write either.
async fn announce(pool: &Pool) -> Outcome<()> {
    let told = pool.announce().await.map_err(|e| Failure::new(Kind::Io, e.to_string()))?;
    if told.status >= 400 {
        let words = format!("--locality: {}", told.body);
        return Err(Failure::new(Kind::Usage, words));
    }
    Ok(())
}

fn no_gate(error: GateError) -> Failure {
    let kind = match error {
        GateError::Pem { .. } => Kind::BadData,
        GateError::NoKeys | GateError::NoAudience | GateError::Jwks(_) => Kind::Usage,
    };
    Failure::new(kind, error.to_string())
}

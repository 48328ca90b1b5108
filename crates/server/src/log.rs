//! Structured logs, and traces to an OpenTelemetry collector.

use crate::config::{ConfigError, Log, LogFormat};
use std::io::IsTerminal;
use tracing::Subscriber;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

/// Keeps traces going. Dropped at the end, it sends what is left.
#[derive(Default)]
#[must_use = "dropping it ends the export of traces"]
pub struct Guard {
    #[cfg(feature = "otel")]
    provider: Option<opentelemetry_sdk::trace::SdkTracerProvider>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        #[cfg(feature = "otel")]
        if let Some(provider) = &self.provider {
            // A collector that is away now has missed the last of it.
            let _ = provider.shutdown();
        }
    }
}

type Boxed<S> = Box<dyn Layer<S> + Send + Sync>;

/// Starts logging to standard error, and tracing if a collector is named. To be called outside
/// of any runtime.
///
/// # Errors
/// `log.level` is no level and no list of directives, or `log.otlp` is no address.
pub fn start(log: &Log) -> Result<Guard, ConfigError> {
    let filter = EnvFilter::try_new(&log.level).map_err(|error| {
        let hint = "give a level (error, warn, info, debug, trace) or directives";
        ConfigError(format!("log.level: {:?}: {error}; {hint}", log.level))
    })?;
    let ansi = std::io::stderr().is_terminal();
    let plain = fmt::layer().with_writer(std::io::stderr).with_ansi(ansi);
    let lines: Boxed<_> = match log.format {
        LogFormat::Text => plain.boxed(),
        LogFormat::Json => plain.json().boxed(),
    };
    let mut guard = Guard::default();
    let mut layers: Vec<Boxed<_>> = vec![lines];
    if let Some(url) = &log.otlp {
        layers.push(traces(url, &mut guard)?);
    }
    // A second start in one process, as in tests, keeps the first.
    let _ = tracing_subscriber::registry().with(layers).with(filter).try_init();
    Ok(guard)
}

#[cfg(feature = "otel")]
fn traces<S>(url: &str, guard: &mut Guard) -> Result<Boxed<S>, ConfigError>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_otlp::WithExportConfig;
    use opentelemetry_sdk::Resource;
    use opentelemetry_sdk::trace::SdkTracerProvider;

    // Whoever comes first puts it there.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_endpoint(url)
        .build()
        .map_err(|error| ConfigError(format!("log.otlp: {url:?}: {error}")))?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(Resource::builder().with_service_name("deconflict").build())
        .build();
    let tracer = provider.tracer("deconflict");
    guard.provider = Some(provider);
    Ok(tracing_opentelemetry::layer().with_tracer(tracer).boxed())
}

#[cfg(not(feature = "otel"))]
fn traces<S>(_url: &str, _guard: &mut Guard) -> Result<Boxed<S>, ConfigError>
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    Err(ConfigError("log.otlp: this build lacks the feature \"otel\"".to_owned()))
}

//! The configuration of the service: one TOML file, every key of which can come from the
//! environment. `docs/serve.md` describes it.

mod environment;
mod uss;

use deconflict_access::AccessConfig;
use deconflict_feeds::FeedConfig;
use deconflict_outputs::OutputConfig;
use deconflict_picture::{Declared, Policy, Release, Sight};
use deconflict_reserve::Matrix;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use thiserror::Error;
pub use uss::{ConstraintsConfig, KeysConfig, TokenConfig, TokenKind, UssConfig};

/// Everything that can be set.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// What the picture is called.
    pub name: String,
    /// Where and how it is served.
    pub http: Http,
    /// Where that is kept which must not be forgotten.
    pub store: StoreConfig,
    /// Where everything received is kept.
    pub recording: RecordingConfig,
    /// How the engine runs.
    pub engine: EngineSettings,
    /// Who may do what; without it the service is for this machine alone.
    pub access: Option<AccessConfig>,
    /// What parties see of each other.
    pub visibility: Visibility,
    /// How reservations are ruled.
    pub reservations: Reservations,
    /// How messages are signed.
    pub hotline: HotLineConfig,
    /// The service as one of several that agree ahead.
    pub uss: Option<UssConfig>,
    /// What is known of parties, by name.
    pub parties: BTreeMap<String, PartyConfig>,
    /// Separation rules, as TOML in a file; the built-in ones if not given.
    pub rules: Option<PathBuf>,
    /// The feeds.
    pub feed: Vec<FeedConfig>,
    /// What is declared of aircraft.
    pub aircraft: Vec<Aircraft>,
    /// Layers of the map.
    pub layer: Vec<LayerConfig>,
    /// Where the picture goes besides.
    pub output: Vec<OutputConfig>,
    /// What is logged, and how.
    pub log: Log,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            name: "Deconflict".to_owned(),
            http: Http::default(),
            store: StoreConfig::default(),
            recording: RecordingConfig::default(),
            engine: EngineSettings::default(),
            access: None,
            visibility: Visibility::default(),
            reservations: Reservations::default(),
            hotline: HotLineConfig::default(),
            uss: None,
            parties: BTreeMap::new(),
            rules: None,
            feed: Vec::new(),
            aircraft: Vec::new(),
            layer: Vec::new(),
            output: Vec::new(),
            log: Log::default(),
        }
    }
}

/// `[http]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Address and port. Anything but loopback needs `[access]`.
    pub listen: SocketAddr,
    /// File of the certificate chain, PEM.
    pub certificate: Option<PathBuf>,
    /// File of the private key, PEM.
    pub private_key: Option<PathBuf>,
    /// Connections at one time.
    pub max_connections: usize,
    /// Bytes of one request.
    pub max_body_bytes: usize,
    /// Seconds for one request; streams are not bound by it.
    pub timeout_s: u64,
    /// Readers that look back at recordings at one time.
    pub max_replays: usize,
}

impl Default for Http {
    fn default() -> Http {
        Http {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            certificate: None,
            private_key: None,
            max_connections: 1024,
            max_body_bytes: 4 * 1024 * 1024,
            timeout_s: 30,
            max_replays: 8,
        }
    }
}

/// `[hotline]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HotLineConfig {
    /// File of the private key that messages are signed with, PEM; without it one is made and kept
    /// in the database.
    pub key_file: Option<PathBuf>,
}

/// `[store]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// `sqlite:FILE` or `postgres://…`.
    pub url: String,
}

impl Default for StoreConfig {
    fn default() -> StoreConfig {
        StoreConfig { url: "sqlite:deconflict.db".to_owned() }
    }
}

/// `[recording]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecordingConfig {
    /// The folder; empty switches recording off.
    pub dir: PathBuf,
    /// A segment is closed after so many minutes …
    pub segment_min: f64,
    /// … or so many MiB.
    pub segment_mib: u64,
    /// The oldest segments go when all together are larger than this, GiB.
    pub total_gib: f64,
}

impl Default for RecordingConfig {
    fn default() -> RecordingConfig {
        RecordingConfig {
            dir: PathBuf::from("recording"),
            segment_min: 10.0,
            segment_mib: 256,
            total_gib: 50.0,
        }
    }
}

/// `[engine]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EngineSettings {
    /// Threads of the kernel; 0 takes all there are.
    pub threads: usize,
    /// Seconds between two evaluations.
    pub period_s: f64,
}

impl Default for EngineSettings {
    fn default() -> EngineSettings {
        EngineSettings { threads: 1, period_s: 1.0 }
    }
}

/// `[visibility]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Visibility {
    /// What parties see of operators without a line of their own.
    pub others: Sight,
    /// What parties see of aircraft that nobody has declared.
    pub unclaimed: Sight,
    /// Lines: of whom, to whom, what.
    pub release: Vec<Release>,
}

/// `[reservations]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reservations {
    /// Who may overlap whom, as TOML in a file; the one that ships if not given.
    pub matrix: Option<PathBuf>,
}

impl Reservations {
    /// Who may overlap whom.
    ///
    /// # Errors
    /// [`ConfigError`] names the file, and what is wrong in it.
    pub fn matrix(&self) -> Result<Matrix, ConfigError> {
        let Some(path) = &self.matrix else { return Ok(Matrix::shipped()) };
        let wrong = |what: String| {
            ConfigError::at("reservations.matrix", format!("{}: {what}", path.display()))
        };
        let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
        Matrix::parse(&text).map_err(|error| wrong(error.to_string()))
    }
}

/// `[parties.NAME]`
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PartyConfig {
    /// The public key with which it signs messages: Ed25519, 32 bytes in base64.
    pub public_key: Option<String>,
}

/// `[[aircraft]]`: what is declared of one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aircraft {
    address: String,
    operator: Option<String>,
    class: Option<String>,
    formation: Option<String>,
    callsign: Option<String>,
    /// What stands against asking it to manoeuvre.
    constraint: Option<String>,
    /// Whoever has more is asked later to give way.
    priority: Option<u8>,
}

/// `[[layer]]`: something to draw under the aircraft.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerConfig {
    /// Part of its path in the interface.
    pub name: String,
    /// What is in it.
    pub kind: LayerKind,
    /// What a person calls it.
    #[serde(default)]
    pub title: String,
    /// The file, GeoJSON.
    pub file: PathBuf,
}

/// What a layer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LayerKind {
    /// Points: aerodromes.
    Aerodromes,
    /// Boundaries of flight information regions.
    Fir,
    /// Airspace.
    Airspace,
}

/// `[log]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// What to log: a level, or directives such as `info,deconflict_feeds=debug`.
    pub level: String,
    /// As text for people or JSON for machines.
    pub format: LogFormat,
    /// An OpenTelemetry collector that traces go to: `http://127.0.0.1:4318/v1/traces`.
    pub otlp: Option<String>,
}

impl Default for Log {
    fn default() -> Log {
        Log { level: "info".to_owned(), format: LogFormat::Text, otlp: None }
    }
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// A configuration that does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct ConfigError(pub String);

impl ConfigError {
    fn at(key: &str, what: impl std::fmt::Display) -> ConfigError {
        ConfigError(format!("{key}: {what}"))
    }
}

impl Config {
    /// Reads a file (or none) and the environment on top of it, and checks both. Paths in the
    /// file are relative to its folder.
    ///
    /// # Errors
    /// [`ConfigError`] names the file and line, or the key, and says what to do.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Config, ConfigError> {
        let mut table = toml::Table::new();
        if let Some(path) = file {
            let text = std::fs::read_to_string(path)
                .map_err(|e| ConfigError(format!("cannot read {}: {e}", path.display())))?;
            table = text.parse().map_err(|e| {
                ConfigError(format!("{}: {e}", path.display()).trim_end().to_owned())
            })?;
            // For messages with a line: the same text straight into the configuration.
            let alone = toml::from_str::<Config>(&text).map_err(|e| {
                ConfigError(format!("{}: {e}", path.display()).trim_end().to_owned())
            })?;
            alone.uss.as_ref().map_or(Ok(()), UssConfig::has_no_secret)?;
        }
        environment::overlay(&mut table, environment)?;
        let mut config: Config = table.try_into().map_err(|e: toml::de::Error| {
            ConfigError(format!("configuration from the environment: {}", e.message()))
        })?;
        if let Some(folder) = file.and_then(Path::parent) {
            config.resolve(folder);
        }
        config.check()?;
        Ok(config)
    }

    fn resolve(&mut self, folder: &Path) {
        let resolve = |path: &mut PathBuf| {
            if path.is_relative() && !path.as_os_str().is_empty() {
                *path = folder.join(&*path);
            }
        };
        let http = [&mut self.http.certificate, &mut self.http.private_key];
        let files = [&mut self.rules, &mut self.reservations.matrix, &mut self.hotline.key_file];
        let rules = files.into_iter().flatten();
        http.into_iter().flatten().chain(rules).for_each(resolve);
        self.layer.iter_mut().for_each(|layer| resolve(&mut layer.file));
        resolve(&mut self.recording.dir);
        if let Some(uss) = &mut self.uss {
            uss.resolve(resolve);
        }
        if let Some(file) = self.store.url.strip_prefix("sqlite:")
            && !file.starts_with([':', '/'])
        {
            self.store.url = format!("sqlite:{}", folder.join(file).display());
        }
    }

    /// Looks for what cannot be.
    ///
    /// # Errors
    /// [`ConfigError`] names the key and says what to do.
    pub fn check(&self) -> Result<(), ConfigError> {
        let wrong = |key: &str, what: &str| ConfigError::at(key, what);
        if self.http.certificate.is_some() != self.http.private_key.is_some() {
            return Err(wrong(
                "http",
                "`certificate` and `private_key` belong together: give both",
            ));
        }
        if !(0.05..=60.0).contains(&self.engine.period_s) {
            let what = format!("{} is not between 0.05 and 60", self.engine.period_s);
            return Err(wrong("engine.period_s", &what));
        }
        if self.http.max_connections == 0 {
            return Err(wrong("http.max_connections", "0 would let nobody in"));
        }
        let recording = &self.recording;
        if !(recording.segment_min > 0.0 && recording.total_gib > 0.0 && recording.segment_mib > 0)
        {
            return Err(wrong("recording", "sizes and times must be more than 0"));
        }
        self.policy()?;
        self.uss.as_ref().map_or(Ok(()), UssConfig::check)?;
        if let Some(access) = &self.access {
            access.check().map_err(|e| ConfigError(e.to_string()))?;
        }
        let mut names = BTreeSet::new();
        for (i, feed) in self.feed.iter().enumerate() {
            feed.check().map_err(|errors| {
                let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
                ConfigError(lines.join("\n"))
            })?;
            if !names.insert(feed.name.as_str()) {
                let what = format!("there is already one named {:?}", feed.name);
                return Err(wrong(&format!("feed {i}"), &what));
            }
        }
        for (name, party) in &self.parties {
            let key = party.public_key.as_deref().map(crate::hotline::public_key);
            key.transpose().map_err(|what| wrong(&format!("parties.{name}.public_key"), &what))?;
        }
        for output in &self.output {
            output.check().map_err(|e| ConfigError(e.to_string()))?;
        }
        for (i, aircraft) in self.aircraft.iter().enumerate() {
            aircraft.check().map_err(|what| wrong(&format!("aircraft {i}"), &what))?;
        }
        let mut names = BTreeSet::new();
        for layer in &self.layer {
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
            if layer.name.is_empty() || !layer.name.chars().all(plain) {
                let what = format!("{:?} is no name of letters, digits, - and _", layer.name);
                return Err(wrong("layer.name", &what));
            }
            if !names.insert(layer.name.as_str()) {
                let what = format!("there are two layers {:?}", layer.name);
                return Err(wrong("layer.name", &what));
            }
        }
        Ok(())
    }

    /// The visibility policy.
    ///
    /// # Errors
    /// [`ConfigError`] if its lines contradict each other.
    pub fn policy(&self) -> Result<Policy, ConfigError> {
        let Visibility { others, unclaimed, release } = &self.visibility;
        Policy::new(*others, *unclaimed, release).map_err(|e| ConfigError(e.to_string()))
    }

    /// What is declared of aircraft.
    pub fn declared(&self) -> Vec<Declared> {
        let declared = self.aircraft.iter().cloned().map(|a| Declared {
            address: a.address,
            operator: a.operator,
            class: a.class,
            formation: a.formation,
            callsign: a.callsign,
            constraint: a.constraint,
            priority: a.priority,
        });
        declared.collect()
    }
}

/// A configuration from TOML alone, without the environment.
///
/// # Errors
/// [`ConfigError`] names line and key.
pub fn from_text(text: &str) -> Result<Config, ConfigError> {
    let config: Config =
        toml::from_str(text).map_err(|e| ConfigError(e.to_string().trim_end().to_owned()))?;
    config.check()?;
    Ok(config)
}

impl Aircraft {
    fn check(&self) -> Result<(), String> {
        if deconflict_core::Address::parse(&self.address).is_none() {
            return Err(format!(
                "address: {:?} is no address such as a4ff9c, ~2b1234, f:dd8f12",
                self.address
            ));
        }
        if let Some(class) = &self.class
            && deconflict_core::AircraftClass::parse(class).is_none()
        {
            let all = deconflict_core::AircraftClass::ALL.map(|c| c.name()).join(", ");
            return Err(format!("class: {class:?} is none of {all}"));
        }
        if let Some(constraint) = &self.constraint
            && deconflict_core::Constraint::parse(constraint).is_none()
        {
            let all = deconflict_core::Constraint::ALL.map(|c| c.name()).join(", ");
            return Err(format!("constraint: {constraint:?} is none of {all}"));
        }
        if self.priority.is_some_and(|priority| priority > 9) {
            return Err("priority: has to be between 0 and 9".to_owned());
        }
        Ok(())
    }
}

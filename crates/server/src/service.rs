//! Everything put together: what `deconflict serve` and `deconflict demo` run.

use crate::api::{self, App, Declarations};
use crate::clock::{ServiceClock, SystemWall, Wall};
use crate::config::{Config, ConfigError};
use crate::conformance::{Conforming, tell_changes};
use crate::coordination::{Coordination, Ears, keep_filed};
use crate::hotline::{HotLine, KeyFile};
use crate::hub::Hub;
use crate::keeping::Keeper;
use crate::layers;
use crate::listen;
use crate::metrics::Metrics;
use crate::reservations::{Book, Desk, keep_time};
use crate::standing::{self, Standing};
use crate::tape::Tape;
use crate::watch::{Parts, Watch, run_name};
use deconflict_access::{Access, AccessConfig, KeyRow, Role, SystemClock, guard_bind};
use deconflict_core::Time;
use deconflict_engine::DEFAULT_RULES;
use deconflict_feeds::{Bundled, Feeds, Inbox, Plan, Rim};
use deconflict_outputs::{OutputConfig, Outputs, Told};
use deconflict_picture::{
    Declared, FeedSetup, Live, Policy, Setup, Step, see, see_alert, see_warning,
};
use deconflict_record::{Limits, Recorder};
use deconflict_store::{Entry, RunRow, Store};
use deconflict_uss::Uss;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use thiserror::Error;
use tokio::sync::{Semaphore, watch};

/// How long outputs and the store may take to finish.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why the service does not start.
#[derive(Debug, Error)]
pub enum StartError {
    /// The configuration does not hold.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// Something that it needs cannot be had.
    #[error("{0}")]
    Needs(String),
}

fn needs(what: &str) -> impl Fn(&dyn std::fmt::Display) -> StartError + '_ {
    move |error| StartError::Needs(format!("{what}: {error}"))
}

/// How a service is started, besides its configuration.
#[derive(Clone, Debug, Default)]
pub struct Start {
    /// Scenarios that come with the program: name and text.
    pub bundled: Bundled,
    /// A time of its own: when it begins, and how many times faster than real time it goes.
    pub pace: Option<(Time, f64)>,
    /// The folder that files of `[access]` are looked for in.
    pub folder: std::path::PathBuf,
    /// Clocks that are not the machine's: for tests that set them.
    pub wall: Option<Arc<dyn Wall>>,
}

/// A service at work.
pub struct Service {
    app: Arc<App>,
    thread: std::thread::JoinHandle<()>,
    stop: watch::Sender<bool>,
    server: listen::Server,
}

impl Service {
    /// Starts everything. When this returns the service answers.
    ///
    /// # Errors
    /// [`StartError`] says what is wrong, where, and what to do.
    pub async fn start(config: Config, start: Start) -> Result<Service, StartError> {
        // Two of the libraries below look for it; whoever comes first puts it there.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let access_config = config.access.clone().unwrap_or_else(AccessConfig::local);
        guard_bind(config.http.listen, &access_config).map_err(|e| needs("http.listen")(&e))?;
        // Before anything is set going that would have to be stopped again.
        let bound = listen::Bound::new(&config.http).await?;
        let wall = start.wall.unwrap_or_else(|| Arc::new(SystemWall::default()));
        let clock = match start.pace {
            Some((origin, speed)) => ServiceClock::of_scenario(wall, origin, speed),
            None => ServiceClock::of_day(wall),
        };
        let access = Access::new(&access_config, &start.folder, Arc::new(SystemClock::new()));
        let access = Arc::new(access.map_err(|e| ConfigError(e.to_string()))?);
        let key_file = config.hotline.key_file.as_deref().map(KeyFile::read).transpose();
        let key_file = key_file.map_err(|e| ConfigError(format!("hotline.key_file: {e}")))?;
        let exchange = match &config.uss {
            Some(uss) => Some((uss.settings()?, uss.gate().await?)),
            None => None,
        };
        let store = Store::open(&config.store.url).await.map_err(|e| needs("store.url")(&e))?;
        load_keys(&store, &access).await;
        if let Err(error) = access.fetch_keys().await {
            tracing::warn!(%error, "keys for tokens are not there yet; they are fetched when needed");
        }
        let plan = Plan::new(config.feed.clone(), start.bundled).map_err(|errors| {
            let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
            ConfigError(lines.join("\n"))
        })?;
        let mut declared = config.declared();
        let (mut reserved, mut map_layers) = (Vec::new(), layers::load(&config.layer)?);
        for scenario in plan.scenarios() {
            let registry = deconflict_sim::Simulation::new(scenario).registry();
            declared.extend(registry.iter().map(|(a, d)| Declared::of(a, d)));
            reserved.extend(layers::reserved(scenario));
            map_layers.extend(layers::aerodromes(scenario));
        }
        let standing =
            Standing { filed: standing::filed(plan.scenarios_on_time()), ..Standing::default() };
        let declarations = Declarations::new(declared);
        let aerodromes = layers::places_to_land(&map_layers);
        let setup = Setup { aerodromes, ..setup(&config, &plan, &declarations, &clock)? };
        let live = Live::new(setup.clone(), clock.now(), config.engine.threads);
        let live = live.map_err(|e| ConfigError(format!("rules: {e}")))?;
        let policy = Arc::new(config.policy()?);
        let hub = Hub::new(setup.clone(), live.picture().clone(), policy.clone());
        let book = Arc::new(Book::new(policy.clone(), config.reservations.matrix()?));
        let recorder = recorder(&config)?;
        let recording = recorder.as_ref().map(|_| config.recording.dir.clone());
        let outputs = Outputs::start(&config.output, &setup.run, seed(&setup.run));
        let outputs = Arc::new(outputs.map_err(|e| ConfigError(e.to_string()))?);
        let inbox = Arc::new(Inbox::default());
        let feeds = Feeds::start(plan, Rim::new(Arc::new(clock.clone())), inbox.clone());
        let feeds = Arc::new(feeds.map_err(|e| needs("feeds")(&e))?);
        let writer = store.writer();
        writer.record(begun(&setup, clock.now()));
        let metrics = Metrics::default();
        let mut keeper = Keeper::new(writer.clone());
        let mut teller = Teller { outputs: outputs.clone(), policy: policy.clone() };
        let conforming = Conforming::default();
        let parts = Parts {
            clock: clock.clone(),
            feeds: feeds.clone(),
            inbox,
            hub: hub.clone(),
            tape: Tape::new(recorder),
            metrics: metrics.clone(),
            listeners: vec![
                Box::new(move |step: &Step| keeper.keep(step)),
                Box::new(move |step: &Step| teller.tell(step)),
                Box::new({
                    let conforming = conforming.clone();
                    move |step: &Step| conforming.take(step)
                }),
            ],
            on_run: {
                let writer = writer.clone();
                Box::new(move |old, ended, reason, new, now| {
                    writer.record(Entry::End {
                        run: old.run.clone(),
                        time_ns: ended.as_nanos(),
                        reason: reason.to_owned(),
                    });
                    writer.record(begun(new, now));
                })
            },
            threads: config.engine.threads,
            standing,
        };
        // Before anything can change that would have to be told.
        let changes = conforming.listen();
        let (watch, thread) = Watch::start(live, parts).map_err(|e| needs("threads")(&e))?;
        let (stop, stopped) = watch::channel(false);
        let coordination = match (&config.uss, exchange) {
            (Some(uss), Some((settings, gate))) => {
                let ears = Ears::new(
                    &uss.teller(),
                    clock.clone(),
                    book.clone(),
                    hub.clone(),
                    watch.clone(),
                    writer.clone(),
                );
                let peers = Uss::new(settings, gate, ears.clone());
                let peers = peers.map_err(|e| ConfigError(format!("uss.{e}")))?;
                Some(Coordination::new(peers, uss, clock.clone(), ears))
            }
            _ => None,
        };
        let desk = Desk::new(
            book,
            store.clone(),
            clock.clone(),
            hub.clone(),
            watch.clone(),
            coordination.clone(),
        );
        let keys = config.parties.iter();
        let keys = keys.filter_map(|(name, p)| Some((name.clone(), p.public_key.clone()?)));
        let hotline = HotLine::new(store.clone(), keys.collect(), key_file);
        // A database that is away holds up nothing: both are tried again when it is needed, and
        // without it nothing is reserved.
        if store.health().borrow().is_ok() {
            for tried in [desk.learn().await, hotline.open().await] {
                if let Err(problem) = tried {
                    tracing::warn!(why = problem.detail(), "the store was not read");
                }
            }
        }
        let (keeping, rings) = (clock.clone(), stopped.clone());
        tokio::spawn(tell_changes(changes, desk.clone(), policy, stopped.clone()));
        tokio::spawn(keep_time(desk.clone(), keeping, writer.clone(), rings));
        if let Some(coordination) = coordination {
            coordination.run(stopped.clone());
            coordination.follow(conforming.listen(), stopped.clone());
            tokio::spawn(keep_filed(desk.clone(), coordination, stopped.clone()));
        }
        let app = Arc::new(App {
            conforming,
            clock,
            hub,
            watch,
            feeds,
            store,
            writer,
            access,
            recording,
            replays: Arc::new(Semaphore::new(config.http.max_replays)),
            outputs,
            layers: map_layers,
            reserved,
            desk,
            hotline,
            declared: Mutex::new(declarations),
            metrics,
            secure: config.http.certificate.is_some(),
            max_body_bytes: config.http.max_body_bytes,
            timeout: Duration::from_secs(config.http.timeout_s.max(1)),
            stop: stopped,
        });
        let server = bound.serve(api::router(app.clone()))?;
        if !app.access.anybody_can_enter() {
            tracing::warn!("there is no key and no way to get a token: nobody can come in");
        }
        Ok(Service { app, thread, stop, server })
    }

    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// What the handlers work with: for tests and for whoever embeds the service.
    pub fn app(&self) -> &Arc<App> {
        &self.app
    }

    /// Ends everything in order: what is known is stored, recorded and sent.
    pub async fn stop(self) {
        tracing::info!("stopping");
        // Nobody listening is no failure.
        let _ = self.stop.send(true);
        let feeds = self.app.feeds.clone();
        let _ = tokio::task::spawn_blocking(move || feeds.stop()).await;
        self.app.watch.stop();
        let _ = tokio::task::spawn_blocking(move || self.thread.join()).await;
        self.server.stop(PATIENCE).await;
        let run = self.app.hub.setup().run;
        self.app.writer.record(Entry::End {
            run,
            time_ns: self.app.clock.now().as_nanos(),
            reason: "the service was stopped".to_owned(),
        });
        self.app.outputs.stop(PATIENCE).await;
        let left = self.app.store.close(PATIENCE).await;
        if left > 0 {
            tracing::error!(left, "entries could not be stored before the end");
        }
    }
}

/// A run that begins, as it is stored.
fn begun(setup: &Setup, now: Time) -> Entry {
    Entry::Begin(RunRow {
        id: setup.run.clone(),
        started_ns: now.as_nanos(),
        ended_ns: None,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        config: serde_json::json!({ "name": setup.name, "feeds": setup.feeds.len() }).to_string(),
    })
}

/// The run as it begins.
fn setup(
    config: &Config,
    plan: &Plan,
    declarations: &Declarations,
    clock: &ServiceClock,
) -> Result<Setup, ConfigError> {
    let rules = match &config.rules {
        None => DEFAULT_RULES.to_owned(),
        Some(path) => std::fs::read_to_string(path)
            .map_err(|e| ConfigError(format!("rules: cannot read {}: {e}", path.display())))?,
    };
    let feeds = plan.feeds().map(|feed| FeedSetup {
        name: feed.name.clone(),
        owner: feed.owner.clone(),
        kind: feed.kind.name().to_owned(),
        format: feed.format.clone().unwrap_or_default(),
        period_s: feed.enabled.then(|| feed.period_s()),
    });
    Ok(Setup {
        run: run_name(clock.time_of_day()),
        name: config.name.clone(),
        rules,
        feeds: feeds.collect(),
        registry: declarations.all(),
        aerodromes: Vec::new(),
        period_s: config.engine.period_s,
        speed: clock.speed(),
    })
}

fn recorder(config: &Config) -> Result<Option<Recorder>, StartError> {
    let recording = &config.recording;
    if recording.dir.as_os_str().is_empty() {
        tracing::warn!("recording is switched off: nothing can be looked back at");
        return Ok(None);
    }
    let limits = Limits {
        segment_bytes: recording.segment_mib * 1024 * 1024,
        segment_s: recording.segment_min * 60.0,
        total_bytes: (recording.total_gib * 1024.0 * 1024.0 * 1024.0) as u64,
    };
    let opened = Recorder::open(&recording.dir, limits);
    opened.map(Some).map_err(|e| needs("recording.dir")(&e))
}

/// Puts the keys of the store on the ring. Without the database only those of the
/// configuration hold.
async fn load_keys(store: &Store, access: &Access) {
    let rows = match store.keys().await {
        Ok(rows) => rows,
        Err(error) => {
            tracing::warn!(%error, "stored keys cannot be read; those of the configuration hold");
            return;
        }
    };
    for row in rows {
        let (Ok(role), Ok(hash)) = (row.role.parse::<Role>(), row.hash.parse()) else {
            tracing::warn!(key = row.id, "a stored key does not hold and is left out");
            continue;
        };
        let mut key = KeyRow::new(row.name, role, row.party, hash);
        key.id = row.id;
        key.revoked_unix_s = row.revoked_ns.map(|ns| ns / 1_000_000_000);
        if let Err(error) = access.add_key(key) {
            tracing::warn!(%error, "a stored key is left out");
        }
    }
}

/// What jitter is drawn from: another in each run, and known afterwards.
fn seed(run: &str) -> u64 {
    run.bytes().fold(0, |seed, byte| seed.wrapping_mul(36).wrapping_add(u64::from(byte)))
}

/// Tells the outputs, each as its viewer may see it.
struct Teller {
    outputs: Arc<Outputs>,
    policy: Arc<Policy>,
}

impl Teller {
    fn tell(&mut self, step: &Step) {
        if !step.evaluated && step.alerts.is_empty() && step.warnings.is_empty() {
            return;
        }
        for viewer in self.outputs.viewers() {
            let seen = Arc::new(see(&step.picture, &viewer, &self.policy));
            let alerts = step.alerts.iter();
            let alerts = alerts.filter_map(|alert| see_alert(alert, &viewer, &self.policy));
            let warnings = step.warnings.iter();
            let warnings = warnings.filter_map(|w| see_warning(w, &viewer, &self.policy));
            let told = Told::new(seen, step.evaluated, alerts.collect());
            self.outputs.tell(&viewer, &told.with_warnings(warnings.collect()));
        }
    }
}

/// Checks a configuration without starting anything: feeds and outputs, rules, layers.
///
/// # Errors
/// What would keep the service from starting.
pub fn check(config: &Config, bundled: Bundled) -> Result<(), ConfigError> {
    config.check()?;
    let access = config.access.clone().unwrap_or_else(AccessConfig::local);
    guard_bind(config.http.listen, &access)
        .map_err(|e| ConfigError(format!("http.listen: {e}")))?;
    layers::load(&config.layer)?;
    config.reservations.matrix()?;
    if let Some(uss) = &config.uss {
        uss.says()?;
    }
    let plan = Plan::new(config.feed.clone(), bundled).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        ConfigError(lines.join("\n"))
    })?;
    OutputConfig::check_all(&config.output).map_err(|e| ConfigError(e.to_string()))?;
    let clock = ServiceClock::of_day(Arc::new(SystemWall::default()));
    let setup = setup(config, &plan, &Declarations::default(), &clock)?;
    Live::new(setup, clock.now(), 1).map_err(|e| ConfigError(format!("rules: {e}")))?;
    Ok(())
}

/// The folder of a configuration file.
pub fn folder_of(file: Option<&Path>) -> std::path::PathBuf {
    file.and_then(Path::parent).map(Path::to_owned).unwrap_or_default()
}

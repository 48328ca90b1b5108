//! Looking back: a recording played through the same engine, for one reader.

use crate::api::App;
use crate::keeping::{alert_of, warning_of};
use crate::problem::Problem;
use crate::standing::Standing;
use axum::http::StatusCode;
use deconflict_core::Time;
use deconflict_picture::{Known, Live, Message, Policy, Setup, View, Viewer, Warning};
use deconflict_record::{Begin, Position, Recording, Row};
use deconflict_store::{AlertQuery, AlertState, ReadError};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

/// How much of the recording before the moment asked for goes through the engine, seconds:
/// longer than tracks and alerts remember.
const WARM_UP_S: f64 = 600.0;
/// Alerts for which advice is worked out after one evaluation.
const MOST_ADVISED: usize = 4;
/// Messages that wait for a slow reader; the player waits with them.
const HAND: usize = 8;
/// Names of alerts are fetched for so much of the recording at a time, seconds …
const NAMES_S: f64 = 600.0;
/// … and so many at once, which is as many as the store answers.
const MOST_NAMES: u32 = 1000;

/// What to play, and for whom.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// From when on.
    pub from: Time,
    /// How many times faster than real time; 0 shows one moment.
    pub speed: f64,
    /// For whom.
    pub viewer: Viewer,
    /// What parties may see.
    pub policy: Arc<Policy>,
}

/// What is played.
#[derive(Debug)]
pub struct Played {
    /// The name of the run, part of the names of messages.
    pub run: String,
    /// Its messages. Whoever lets go of them ends the player.
    pub messages: mpsc::Receiver<Message>,
}

/// Plays a recording on a thread of its own.
pub struct Player {
    wanted: Wanted,
    sender: mpsc::Sender<Message>,
    live: Live,
    view: Option<View>,
    /// Real and recorded time at which playing began.
    pace: (Instant, Time),
    /// Of an engine that does not begin with its run: where alerts have their names from.
    names: Option<Names>,
}

/// The names that alerts and warnings were given when they happened.
struct Names {
    app: Arc<App>,
    runtime: Handle,
    /// Up to where they have been fetched.
    until: Time,
}

impl Names {
    /// The alerts and warnings that were on between what has been fetched and some time after
    /// `now`, if that is needed. While the database is away they go by other names.
    fn before(&mut self, now: Time) -> (Vec<Known>, Vec<Arc<Warning>>) {
        if now < self.until {
            return Default::default();
        }
        let (from, to) = (self.until.min(now), now.plus_s(NAMES_S));
        // What is still to happen is asked for when it has.
        let present = self.app.hub.picture().time;
        self.until = to.min(present).max(now);
        let query = AlertQuery {
            state: AlertState::All,
            from_ns: Some(from.as_nanos()),
            to_ns: Some(to.as_nanos()),
            limit: MOST_NAMES,
            ..AlertQuery::default()
        };
        let store = &self.app.store;
        let alerts = self.all(&query, |query| async move { store.alerts(&query).await }, |r| &r.id);
        let warnings =
            self.all(&query, |query| async move { store.warnings(&query).await }, |r| &r.id);
        let alerts = alerts.iter().filter_map(|row| alert_of(row, &[])).map(Known::of);
        let warnings = warnings.iter().filter_map(|row| warning_of(row, &[]));
        (alerts.collect(), warnings.collect())
    }

    /// All rows of all pages that can be had.
    fn all<R, F: Future<Output = Result<Vec<R>, ReadError>>>(
        &self,
        query: &AlertQuery,
        page: impl Fn(AlertQuery) -> F,
        id: impl Fn(&R) -> &String,
    ) -> Vec<R> {
        let (mut query, mut all) = (query.clone(), Vec::new());
        loop {
            let rows = match self.runtime.block_on(page(query.clone())) {
                Ok(rows) => rows,
                Err(error) => {
                    tracing::warn!(%error, "names of past alerts cannot be read");
                    return all;
                }
            };
            query.before = rows.last().map(|row| id(row).clone());
            let is_last = rows.len() < MOST_NAMES as usize;
            all.extend(rows);
            if is_last {
                return all;
            }
        }
    }
}

/// Why playing ended.
enum End {
    /// The reader has gone.
    Gone,
    /// What to tell the reader.
    Told(String),
}

impl Player {
    /// Starts playing. The name of the run that is played, and its messages.
    ///
    /// # Errors
    /// There is no recording, nothing was recorded then, or too many look back already.
    pub async fn start(app: &Arc<App>, wanted: Wanted) -> Result<Played, Problem> {
        let none = || Problem::new(StatusCode::NOT_FOUND, "nothing is recorded here");
        let dir = app.recording.clone().ok_or_else(none)?;
        let permit = app.replays.clone().try_acquire_owned().map_err(|_| {
            let detail = "as many as may are looking back at recordings; try again later";
            Problem::unavailable(detail, 10)
        })?;
        let unreadable = |error: &dyn std::fmt::Display| {
            let detail = format!("the recording cannot be read: {error}");
            Problem::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
        };
        let from = wanted.from;
        // Journals are read through for what is in them.
        let looked = tokio::task::spawn_blocking(move || {
            let recording = Recording::open(&dir)?;
            let position = recording.position(from, WARM_UP_S)?;
            Ok::<_, deconflict_record::RecordError>((recording, position))
        });
        let looked = looked.await.map_err(|e| unreadable(&e))?;
        let (recording, position) = looked.map_err(|e| unreadable(&e))?;
        let position = position.ok_or_else(|| {
            let detail = format!("nothing was recorded at {from}");
            Problem::new(StatusCode::NOT_FOUND, detail)
        })?;
        let (sender, receiver) = mpsc::channel(HAND);
        let run = position.begin.run.clone();
        let mut player = Player::new(wanted, sender, &position).map_err(|e| unreadable(&e))?;
        if !position.from_begin {
            let (runtime, until) = (Handle::current(), position.from);
            player.names = Some(Names { app: app.clone(), runtime, until });
        }
        let thread = std::thread::Builder::new().name("replay".to_owned());
        let started = thread.spawn(move || {
            player.play(&recording, &position);
            drop(permit);
        });
        started.map_err(|error| unreadable(&error))?;
        Ok(Played { run, messages: receiver })
    }

    fn new(
        wanted: Wanted,
        sender: mpsc::Sender<Message>,
        position: &Position,
    ) -> Result<Player, String> {
        let mut live = begin(&position.begin, wanted.speed)?;
        if let Some(registry) = &position.registry {
            Standing::from_text(registry).apply(&mut live);
        }
        let pace = (Instant::now(), wanted.from);
        Ok(Player { wanted, sender, live, view: None, pace, names: None })
    }

    fn play(mut self, recording: &Recording, position: &Position) {
        let rows = recording.rows_of(&position.begin.run, position.from, Time::MAX);
        let mut end = End::Told("this is the end of what is recorded of this run".to_owned());
        for row in rows {
            let row = match row {
                Ok(row) => row,
                Err(error) => {
                    end = End::Told(format!("the recording cannot be read further: {error}"));
                    break;
                }
            };
            if let Err(why) = self.row(row) {
                end = why;
                break;
            }
        }
        if let End::Told(reason) = end {
            if self.view.is_none() && self.show().is_err() {
                return;
            }
            if self.wanted.speed == 0.0 {
                // One moment stays, however little was recorded after it.
                let _ = self.wait_for(Time::MAX);
            } else if let Some(view) = &mut self.view {
                // The reader may have gone; then nobody needs to know.
                let _ = self.sender.blocking_send(view.end(&reason));
            }
        }
    }

    fn row(&mut self, row: Row) -> Result<(), End> {
        match row {
            Row::Report(report) => self.live.push(std::slice::from_ref(&report)),
            Row::Registry(text) => Standing::from_text(&text).apply(&mut self.live),
            // Of the same run: it was begun with it.
            Row::Begin(_) => {}
            Row::Tick(now) => {
                // The picture of the moment asked for is the last that is not later.
                let period_s = self.live.setup().period_s;
                let next = self.live.picture().time.plus_s(period_s);
                let is_past = now > self.wanted.from;
                if self.view.is_none() && is_past && next > self.wanted.from {
                    self.show()?;
                }
                if self.view.is_some() {
                    self.wait_for(now)?;
                }
                if let Some(names) = &mut self.names {
                    let (alerts, warnings) = names.before(now);
                    self.live.know(alerts);
                    self.live.know_warnings(warnings);
                }
                self.live.advance(now);
                let step = self.live.step();
                if self.view.is_some() {
                    self.live.advise(MOST_ADVISED);
                }
                let advised = self.live.step();
                if let Some(view) = &mut self.view {
                    for step in step.iter().chain(&advised) {
                        for message in view.update(step, &self.wanted.policy) {
                            self.sender.blocking_send(message).map_err(|_| End::Gone)?;
                        }
                    }
                } else if is_past {
                    self.show()?;
                }
            }
        }
        Ok(())
    }

    /// Shows the picture of the moment that was asked for.
    fn show(&mut self) -> Result<(), End> {
        let Wanted { viewer, policy, from, speed } = &self.wanted;
        let setup = Setup { speed: *speed, ..self.live.setup().clone() };
        let view = View::new(viewer.clone(), policy, &setup, self.live.picture(), false);
        self.sender.blocking_send(view.snapshot()).map_err(|_| End::Gone)?;
        self.pace = (Instant::now(), *from);
        self.view = Some(view);
        Ok(())
    }

    /// Waits until it is time, or for ever if time stands still.
    fn wait_for(&self, time: Time) -> Result<(), End> {
        const LOOK_EVERY: Duration = Duration::from_millis(100);
        let (begun, from) = self.pace;
        loop {
            if self.sender.is_closed() {
                return Err(End::Gone);
            }
            let speed = self.wanted.speed;
            if speed > 0.0 {
                let due_s = time.seconds_since(from) / speed;
                let left_s = due_s - begun.elapsed().as_secs_f64();
                if left_s <= 0.0 {
                    return Ok(());
                }
                std::thread::sleep(Duration::from_secs_f64(left_s).min(LOOK_EVERY));
            } else {
                std::thread::sleep(LOOK_EVERY);
            }
        }
    }
}

/// A run as it was begun.
fn begin(begin: &Begin, speed: f64) -> Result<Live, String> {
    let setup: Setup =
        serde_json::from_str(&begin.config).map_err(|e| format!("its setup: {e}"))?;
    Live::new(Setup { speed, ..setup }, begin.time, 1).map_err(|e| format!("its rules: {e}"))
}

//! Looking back: a recording played through the same engine, for one reader.

use crate::api::App;
use crate::problem::Problem;
use axum::http::StatusCode;
use deconflict_core::Time;
use deconflict_picture::{Declared, Live, Message, Policy, Setup, View, Viewer};
use deconflict_record::{Begin, Position, Recording, Row};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;

/// How much of the recording before the moment asked for goes through the engine, seconds:
/// longer than tracks and alerts remember.
const WARM_UP_S: f64 = 600.0;
/// Messages that wait for a slow reader; the player waits with them.
const HAND: usize = 8;

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
    pub fn start(app: &Arc<App>, wanted: Wanted) -> Result<Played, Problem> {
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
        let recording = Recording::open(&dir).map_err(|e| unreadable(&e))?;
        let position = recording.position(wanted.from, WARM_UP_S).map_err(|e| unreadable(&e))?;
        let position = position.ok_or_else(|| {
            let detail = format!("nothing was recorded at {}", wanted.from);
            Problem::new(StatusCode::NOT_FOUND, detail)
        })?;
        let (sender, receiver) = mpsc::channel(HAND);
        let run = position.begin.run.clone();
        let player = Player::new(wanted, sender, &position).map_err(|e| unreadable(&e))?;
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
            live.declare(declared(registry));
        }
        let pace = (Instant::now(), wanted.from);
        Ok(Player { wanted, sender, live, view: None, pace })
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
            Row::Registry(text) => self.live.declare(declared(&text)),
            // Of the same run: it was begun with it.
            Row::Begin(_) => {}
            Row::Tick(now) => {
                if self.view.is_none() && now > self.wanted.from {
                    self.show()?;
                }
                if self.view.is_some() {
                    self.wait_for(now)?;
                }
                self.live.advance(now);
                let step = self.live.step();
                if let (Some(view), Some(step)) = (&mut self.view, step) {
                    for message in view.update(&step, &self.wanted.policy) {
                        self.sender.blocking_send(message).map_err(|_| End::Gone)?;
                    }
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

/// What was declared; nothing, if it cannot be read.
fn declared(text: &str) -> Vec<Declared> {
    serde_json::from_str(text).unwrap_or_default()
}

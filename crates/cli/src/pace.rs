//! Data time against the wall clock, for people who want to watch.

use deconflict_core::Time;
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Keeps data time from running ahead of the wall clock times a factor. Holding
/// back is all it does: what is computed does not depend on it.
pub struct Pace {
    speed: f64,
    start: Option<(Instant, Time)>,
}

impl Pace {
    pub fn new(speed: f64) -> Pace {
        Pace { speed, start: None }
    }

    /// How long to wait until data of this time are due.
    pub fn wait(&mut self, time: Time) -> Duration {
        let (wall, data) = *self.start.get_or_insert_with(|| (Instant::now(), time));
        let due_s = time.seconds_since(data).max(0.0) / self.speed;
        Duration::from_secs_f64(due_s.min(1e9)).saturating_sub(wall.elapsed())
    }

    /// Waits until data of this time are due.
    pub fn hold(&mut self, time: Time) {
        sleep(self.wait(time));
    }
}

/// Reads a speed: a factor, `10`, or `10x`.
pub fn parse(text: &str) -> Result<f64, String> {
    match text.trim_end_matches('x').parse::<f64>() {
        Ok(speed) if (0.01..=100_000.0).contains(&speed) => Ok(speed),
        Ok(_) => Err("has to be between 0.01 and 100000".to_owned()),
        Err(_) => Err("is not a number".to_owned()),
    }
}

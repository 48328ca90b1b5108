//! Everything that drives the engine, on its way to the recording.

use crate::standing::Standing;
use deconflict_core::{Report, Time};
use deconflict_picture::Setup;
use deconflict_record::{Begin, Recorder, Row, State, Status};

/// What is written to the recording, if there is one.
pub struct Tape {
    recorder: Option<Recorder>,
    rows: Vec<Row>,
    stopped: bool,
}

impl Tape {
    /// Writes to a recorder, or nowhere.
    pub fn new(recorder: Option<Recorder>) -> Tape {
        Tape { recorder, rows: Vec::new(), stopped: false }
    }

    /// A run begins.
    pub fn begin(&mut self, setup: &Setup, time: Time) {
        // Plain data with text keys.
        let config = serde_json::to_string(setup).unwrap_or_default();
        self.push(Row::Begin(Begin { run: setup.run.clone(), time, config }));
        self.flush();
    }

    /// Reports are taken in.
    pub fn reports(&mut self, reports: &[Report]) {
        if self.recorder.is_some() {
            self.rows.extend(reports.iter().map(|report| Row::Report(*report)));
        }
    }

    /// Time is let pass.
    pub fn tick(&mut self, now: Time) {
        self.push(Row::Tick(now));
    }

    /// Aircraft or airspace are declared anew.
    pub fn declare(&mut self, standing: &Standing) {
        self.push(Row::Registry(standing.to_text()));
        self.flush();
    }

    fn push(&mut self, row: Row) {
        if self.recorder.is_some() {
            self.rows.push(row);
        }
    }

    /// Hands over what has been gathered.
    pub fn flush(&mut self) {
        let Some(recorder) = &mut self.recorder else { return };
        if !self.rows.is_empty() {
            recorder.append(&self.rows);
            self.rows.clear();
        }
        let stopped = matches!(recorder.status().state, State::Stopped { .. });
        if stopped != self.stopped {
            self.stopped = stopped;
            match recorder.status().state {
                State::Stopped { reason, .. } => {
                    tracing::error!(
                        reason,
                        "recording has stopped: rows are lost until it goes on"
                    );
                }
                State::Recording => tracing::info!("recording goes on"),
            }
        }
    }

    /// How the recording is.
    pub fn status(&self) -> Status {
        self.recorder.as_ref().map(Recorder::status).unwrap_or_default()
    }

    /// Ends the recording in order.
    pub fn close(&mut self) {
        self.flush();
        if let Some(recorder) = self.recorder.take() {
            recorder.close();
        }
    }
}

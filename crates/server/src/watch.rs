//! The one thread that owns the engine.
//!
//! Everything that drives the picture passes through here in one order, which is also the
//! order in which it is recorded; so a recording gives the same picture again. Everything
//! else in the service asks ([`Watch::ask`]) or listens ([`Hub`]).

use crate::adviser::Adviser;
use crate::clock::{STEP_S, ServiceClock};
use crate::hub::Hub;
use crate::metrics::Metrics;
use crate::problem::Problem;
use crate::standing::Standing;
use crate::tape::Tape;
use deconflict_core::Time;
use deconflict_feeds::{Batch, Feeds, Inbox};
use deconflict_picture::{Answers, Declared, Line, Live, NoteLevel, Setup, Step};
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// The longest that a question waits for its turn.
const TURN: Duration = Duration::from_millis(20);
/// Alerts for which advice is worked out at a time.
const MOST_ADVISED: usize = 8;
/// How often the wall clock is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often the lines of the feeds are looked at.
const LINES_EVERY: Duration = Duration::from_millis(250);
/// How long after the clock was set there may be reports stamped before.
const STRAYS_FOR: Duration = Duration::from_secs(5);

type Question = Box<dyn FnOnce(&mut Live) + Send>;

enum Command {
    Ask(Question),
    Declare(Vec<Declared>),
    Reserve(String),
    Advised(Answers),
    Begin { rules: String, reason: String },
    Stop,
}

/// Is told the run that ended, when by its own time, why, and what begins now.
pub type OnRun = Box<dyn FnMut(&Setup, Time, &str, &Setup, Time) + Send>;

/// The way to the thread. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Watch {
    commands: mpsc::Sender<Command>,
    inbox: Arc<Inbox>,
}

/// Told of every step.
pub type Listener = Box<dyn FnMut(&Step) + Send>;

/// What the thread works with.
pub struct Parts {
    /// The time.
    pub clock: ServiceClock,
    /// Where reports come from.
    pub feeds: Arc<Feeds>,
    /// Where they wait.
    pub inbox: Arc<Inbox>,
    /// Whom to tell.
    pub hub: Hub,
    /// What everything is written to.
    pub tape: Tape,
    /// What is counted.
    pub metrics: Metrics,
    /// Told of every step: storage and outputs.
    pub listeners: Vec<Listener>,
    /// Told when a run ends and another begins.
    pub on_run: OnRun,
    /// Threads of the kernel.
    pub threads: usize,
    /// What stands declared from the beginning.
    pub standing: Standing,
}

impl Watch {
    /// Starts the thread with a run that begins now.
    ///
    /// # Errors
    /// If the thread cannot be started.
    pub fn start(live: Live, parts: Parts) -> std::io::Result<(Watch, JoinHandle<()>)> {
        let (commands, received) = mpsc::channel();
        let inbox = parts.inbox.clone();
        let watch = Watch { commands, inbox };
        let adviser = Adviser::start(parts.metrics.clone(), {
            let watch = watch.clone();
            move |answers| watch.send(Command::Advised(answers))
        })?;
        let thread = std::thread::Builder::new().name("watch".to_owned());
        let handle = thread.spawn(move || Thread::new(live, parts, adviser).run(&received))?;
        Ok((watch, handle))
    }

    fn send(&self, command: Command) -> bool {
        let sent = self.commands.send(command).is_ok();
        self.inbox.wake();
        sent
    }

    /// Has something looked at, or changed, between two evaluations.
    ///
    /// # Errors
    /// The service is stopping.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&mut Live) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let (answer, wait) = oneshot::channel();
        let question: Question = Box::new(move |live| {
            // Whoever asked may have gone away.
            let _ = answer.send(question(live));
        });
        let stopping = || Problem::unavailable("the service is stopping", 5);
        if !self.send(Command::Ask(question)) {
            return Err(stopping());
        }
        wait.await.map_err(|_| stopping())
    }

    /// Replaces what is declared of aircraft.
    pub fn declare(&self, declared: Vec<Declared>) {
        self.send(Command::Declare(declared));
    }

    /// Replaces the reservations in use that others are warned of, as a document.
    pub fn reserve(&self, document: String) {
        self.send(Command::Reserve(document));
    }

    /// Begins a new run with other rules, which have been checked.
    pub fn begin(&self, rules: String, reason: String) {
        self.send(Command::Begin { rules, reason });
    }

    /// Ends the run and the thread.
    pub fn stop(&self) {
        self.send(Command::Stop);
    }
}

struct Thread {
    live: Live,
    parts: Parts,
    adviser: Adviser,
    standing: Standing,
    /// The next evaluation.
    due: Time,
    looked: Instant,
    lines_seen: Instant,
    /// When the clock was last set.
    jumped: Option<Instant>,
}

impl Thread {
    fn new(live: Live, mut parts: Parts, adviser: Adviser) -> Thread {
        let now = parts.clock.now();
        parts.tape.begin(live.setup(), now);
        let standing = std::mem::take(&mut parts.standing);
        let mut thread = Thread {
            live,
            parts,
            adviser,
            standing,
            due: now,
            looked: Instant::now(),
            lines_seen: Instant::now(),
            jumped: None,
        };
        thread.due = thread.after(now);
        if thread.standing != Standing::default() {
            thread.declare_standing();
        }
        thread
    }

    /// The first moment after `time` for which the engine evaluates.
    fn after(&self, time: Time) -> Time {
        let period = (self.live.setup().period_s * 1e9) as i64;
        let nanos = time.as_nanos();
        Time::from_nanos(nanos.saturating_sub(nanos.rem_euclid(period)).saturating_add(period))
    }

    fn run(mut self, commands: &mpsc::Receiver<Command>) {
        let mut batch = Batch::default();
        loop {
            // An evaluation is done once its moment has passed.
            let wait = self.parts.clock.until(self.due).min(TURN);
            self.parts.inbox.take(Instant::now() + wait, &mut batch);
            let begun = Instant::now();
            self.leave_out_strays(&mut batch);
            // What reports declare was sent before they were, and is known before they are.
            let mut waiting: Vec<Command> = commands.try_iter().collect();
            self.declare_last(&mut waiting);
            self.parts.tape.reports(&batch.reports);
            self.live.push(&batch.reports);
            let now = self.parts.clock.now();
            let evaluated = now > self.due;
            if evaluated {
                self.parts.tape.tick(now);
                let span = tracing::info_span!("evaluation", reports = batch.reports.len());
                span.in_scope(|| self.live.advance(now));
                self.due = self.after(now);
            }
            self.parts.tape.flush();
            self.tell(begun);
            if evaluated {
                // The alerts are out already, and the next do not wait for what this takes.
                let live = &mut self.live;
                self.adviser.ask(|| live.questions(MOST_ADVISED));
            }
            if self.lines_seen.elapsed() >= LINES_EVERY {
                self.lines_seen = Instant::now();
                self.look_at_lines();
            }
            for command in waiting {
                if !self.obey(command) {
                    return;
                }
            }
            self.look_at_clock();
        }
    }

    /// What was under way when the clock was set carries times of before: in the run that has
    /// begun since, it would pass for reports from the future or the distant past.
    fn leave_out_strays(&mut self, batch: &mut Batch) {
        match self.jumped {
            None => return,
            Some(jumped) if jumped.elapsed() > STRAYS_FOR => self.jumped = None,
            Some(_) => {}
        }
        let now = self.parts.clock.now();
        batch.reports.retain(|report| report.received.seconds_since(now).abs() <= STEP_S);
    }

    /// Takes in what is declared. Each time it is everything, so that only the last counts.
    fn declare_last(&mut self, waiting: &mut Vec<Command>) {
        let is_declare = |command: &mut Command| matches!(command, Command::Declare(_));
        if let Some(Command::Declare(declared)) = waiting.extract_if(.., is_declare).last() {
            self.declare(declared);
        }
    }

    fn declare(&mut self, declared: Vec<Declared>) {
        self.standing.aircraft = Some(declared);
        self.declare_standing();
    }

    fn reserve(&mut self, document: String) {
        let document = Some(document);
        if self.standing.airspace != document {
            self.standing.airspace = document;
            self.declare_standing();
        }
    }

    /// Recorded first, so that a recording knows it when the engine does.
    fn declare_standing(&mut self) {
        self.parts.tape.declare(&self.standing);
        self.standing.apply(&mut self.live);
    }

    /// Whether to go on.
    fn obey(&mut self, command: Command) -> bool {
        match command {
            Command::Ask(question) => {
                question(&mut self.live);
                self.tell(Instant::now());
            }
            Command::Declare(declared) => self.declare(declared),
            Command::Reserve(document) => self.reserve(document),
            Command::Advised(answers) => {
                self.adviser.has_answered();
                self.live.answered(answers);
                self.tell(Instant::now());
            }
            Command::Begin { rules, reason } => {
                let setup = Setup { rules, ..self.live.setup().clone() };
                self.begin(setup, &reason);
            }
            Command::Stop => {
                self.live.finish();
                self.tell(Instant::now());
                self.parts.tape.close();
                return false;
            }
        }
        true
    }

    /// Ends the run and begins another.
    fn begin(&mut self, setup: Setup, reason: &str) {
        self.live.finish();
        self.tell(Instant::now());
        let (old, ended) = (self.live.setup().clone(), self.parts.clock.now());
        self.parts.clock.set();
        let now = self.parts.clock.now();
        let setup = Setup { run: run_name(self.parts.clock.time_of_day()), ..setup };
        match Live::new(setup, now, self.parts.threads) {
            Ok(live) => self.live = live,
            // Rules are checked before they come here; the old run has ended, so go on with it.
            Err(error) => tracing::error!(%error, "the new run could not begin"),
        }
        self.parts.tape.begin(self.live.setup(), now);
        if self.standing != Standing::default() {
            self.declare_standing();
        }
        (self.parts.on_run)(&old, ended, reason, self.live.setup(), now);
        self.due = self.after(now);
        tracing::warn!(run = self.live.setup().run, reason, "a new run begins");
        self.live.note(NoteLevel::Warning, format!("a new run has begun: {reason}"));
        self.parts.hub.begin(self.live.setup().clone(), self.live.picture().clone(), reason);
    }

    fn look_at_clock(&mut self) {
        if self.looked.elapsed() < LOOK_EVERY {
            return;
        }
        self.looked = Instant::now();
        if let Some(off_s) = self.parts.clock.look() {
            self.parts.metrics.clock_steps.inc();
            let reason = format!("the clock of the machine was set by {off_s:+.1} s");
            self.jumped = Some(Instant::now());
            self.begin(self.live.setup().clone(), &reason);
        }
    }

    fn look_at_lines(&mut self) {
        let statuses = self.parts.feeds.status();
        self.parts.metrics.feeds(&statuses);
        let lines = statuses.into_iter().map(|status| Line {
            down: status.is_down(),
            off: status.is_off(),
            errors: status.errors_total(),
            dropped: status.dropped,
            reason: status.reason,
        });
        self.live.set_lines(lines.collect());
    }

    /// Tells everybody what has come of the input since `begun`.
    #[tracing::instrument(level = "debug", skip_all)]
    fn tell(&mut self, begun: Instant) {
        let Some(step) = self.live.step() else { return };
        self.parts.hub.publish(&step);
        let told = self.parts.clock.now();
        for listener in &mut self.parts.listeners {
            listener(&step);
        }
        for heard in self.live.engine().feeds() {
            self.parts.feeds.set_silent(heard.feed, heard.silent_since.is_some());
        }
        let metrics = &self.parts.metrics;
        let late_s = told.seconds_since(step.picture.time) / self.parts.clock.speed();
        for alert in &step.alerts {
            metrics.alert_changed(alert.state.name(), late_s.max(0.0));
        }
        if step.evaluated {
            metrics.evaluated(&step.picture, begun.elapsed().as_secs_f64());
            metrics.recording(&self.parts.tape.status());
        }
    }
}

/// The name of a run: when it began, in a form that sorts and is short.
pub fn run_name(now: Time) -> String {
    let mut rest = (now.as_nanos() / 1_000_000).unsigned_abs();
    let mut digits = Vec::new();
    while rest > 0 || digits.is_empty() {
        let digit = (rest % 36) as u32;
        digits.push(char::from_digit(digit, 36).unwrap_or('0'));
        rest /= 36;
    }
    digits.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_runs_sort_by_time() {
        let at = |ms| run_name(Time::from_millis(ms));
        assert_eq!(at(0), "0");
        assert_eq!(at(36 * 36 + 35), "10z");
        assert!(at(1_764_000_000_000) < at(1_764_000_000_001));
    }
}

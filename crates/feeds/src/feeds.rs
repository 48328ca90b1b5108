//! All feeds at work.

use crate::check::Source;
use crate::clock::Clock;
use crate::inbox::Sink;
use crate::plan::{Plan, Planned};
use crate::pump::{Line, Pump, Stamp};
use crate::pushed::{self, MOST_PUSHED, Push, Pushed};
use crate::status::{FeedStatus, Reach, Shared};
use crate::stop::Stop;
use crate::{listen, poll, replay, scenario, tcp, udp};
use deconflict_core::{Address, Declaration, Operator};
use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use thiserror::Error;

/// How long [`Feeds::stop`] waits for threads; none should need it.
const PATIENCE: Duration = Duration::from_secs(2);

/// What feeds are given by the service.
#[derive(Clone)]
pub struct Rim {
    /// The service's clock.
    pub clock: Arc<dyn Clock>,
    /// Seed of the jitter between attempts to connect.
    pub seed: u64,
}

impl Rim {
    /// With this clock, and always the same jitter.
    pub fn new(clock: Arc<dyn Clock>) -> Rim {
        Rim { clock, seed: 0 }
    }
}

impl fmt::Debug for Rim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rim").field("seed", &self.seed).finish_non_exhaustive()
    }
}

/// Why pushed reports were not even looked at.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PushError {
    /// There is no such feed.
    #[error("there is no feed {0}")]
    Unknown(u16),
    /// Nothing is pushed on this feed.
    #[error("feed {0:?} is not one on which reports are pushed")]
    NotPushed(String),
    /// It is switched off.
    #[error("feed {0:?} is switched off")]
    Off(String),
    /// Too many at a time.
    #[error("{0} reports are more than the {MOST_PUSHED} that are taken at a time")]
    TooMany(usize),
}

/// The feeds of a service. Dropping them stops them.
#[derive(Debug)]
pub struct Feeds {
    lines: Vec<Entry>,
    stop: Arc<Stop>,
}

#[derive(Debug)]
struct Entry {
    line: Arc<Line>,
    pushed: bool,
}

/// What the thread of a feed is given.
pub(crate) struct Job {
    pub(crate) line: Arc<Line>,
    pub(crate) planned: Planned,
    pub(crate) stop: Arc<Stop>,
    pub(crate) seed: u64,
}

impl Job {
    /// The words for what has become of the source.
    pub(crate) fn reach(&self, reach: Reach, reason: String) {
        let now = self.line.clock.now();
        tracing::info!(feed = self.line.name(), "{reason}");
        self.line.shared.reach(now, reach, reason);
    }
}

impl Feeds {
    /// Starts the feeds of a plan.
    ///
    /// # Errors
    /// If threads cannot be started. What cannot be reached is no error: it is tried again.
    pub fn start(plan: Plan, rim: Rim, sink: Arc<dyn Sink>) -> io::Result<Feeds> {
        let mut feeds = Feeds { lines: Vec::new(), stop: Arc::new(Stop::default()) };
        let mut simulated: Vec<Vec<Job>> = Vec::new();
        for (number, planned) in (0u16..).zip(plan.feeds) {
            let format = planned.settled.format.map(|format| format.name());
            let now = rim.clock.now();
            let shared = Arc::new(Shared::new(number, planned.config.clone(), format, now));
            let (clock, sink) = (Arc::clone(&rim.clock), Arc::clone(&sink));
            let line = Arc::new(Line::new(shared, clock, sink, &planned.settled));
            let pushed = planned.settled.source == Source::Push;
            feeds.lines.push(Entry { line: Arc::clone(&line), pushed });
            if !planned.config.enabled {
                continue;
            }
            let stop = Arc::clone(&feeds.stop);
            let seed = rim.seed ^ u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
            let job = Job { line, planned, stop, seed };
            match &job.planned.played {
                // Feeds of one scenario, played alike, share a simulation.
                Some(played) => {
                    let alike = simulated.iter_mut().find(|jobs| {
                        let other = jobs.first().and_then(|job| job.planned.played.as_ref());
                        other.is_some_and(|o| o.index == played.index && o.play == played.play)
                    });
                    match alike {
                        Some(jobs) => jobs.push(job),
                        None => simulated.push(vec![job]),
                    }
                }
                None => feeds.spawn_one(job)?,
            }
        }
        for jobs in simulated {
            let name = jobs.first().map_or_else(String::new, |job| job.line.name().to_owned());
            spawn(&feeds.stop, &name, move || scenario::run(&jobs))?;
        }
        Ok(feeds)
    }

    fn spawn_one(&self, job: Job) -> io::Result<()> {
        let name = job.line.name().to_owned();
        let work: fn(&Job) = match &job.planned.settled.source {
            Source::Push => {
                job.line.shared.reason("waiting for the first push".to_owned());
                return Ok(());
            }
            Source::Tcp { .. } => tcp::run,
            Source::Listen { .. } => listen::run,
            Source::Udp { .. } => udp::run,
            Source::Poll { .. } => poll::run,
            Source::Replay { .. } => replay::run,
            // Switched on, it would have been given its part.
            Source::Scenario { .. } => return Ok(()),
        };
        spawn(&self.stop, &name, move || work(&job))
    }

    /// How the feeds are, by number.
    pub fn status(&self) -> Vec<FeedStatus> {
        self.lines.iter().map(|entry| entry.line.shared.status()).collect()
    }

    /// How one feed is.
    pub fn status_of(&self, feed: u16) -> Option<FeedStatus> {
        Some(self.lines.get(usize::from(feed))?.line.shared.status())
    }

    /// The number of a feed.
    pub fn number(&self, name: &str) -> Option<u16> {
        let place = self.lines.iter().position(|entry| entry.line.name() == name)?;
        u16::try_from(place).ok()
    }

    /// Notes what the engine has found: whether a feed is silent. The engine alone judges
    /// that (FEED-1), so that health and alarm never contradict each other.
    pub fn set_silent(&self, feed: u16, silent: bool) {
        if let Some(Entry { line, .. }) = self.lines.get(usize::from(feed)) {
            line.shared.set_silent(line.clock.now(), silent);
        }
    }

    /// Takes in reports that a party has pushed.
    ///
    /// # Errors
    /// Nothing can be pushed there. A single report that does not hold is no error, but refused.
    pub fn push(&self, feed: u16, push: &Push) -> Result<Pushed, PushError> {
        self.push_claiming(feed, push, |_| BTreeSet::new())
    }

    /// The same with a say in whose aircraft these are. Before any report is handed on, `claim`
    /// is given what they declare, and answers which of the addresses are another's; reports
    /// of these are refused.
    ///
    /// # Errors
    /// As [`push`](Self::push).
    pub fn push_claiming(
        &self,
        feed: u16,
        push: &Push,
        claim: impl FnOnce(&[(Address, Declaration)]) -> BTreeSet<Address>,
    ) -> Result<Pushed, PushError> {
        let entry = self.lines.get(usize::from(feed)).ok_or(PushError::Unknown(feed))?;
        let (line, shared) = (&entry.line, &entry.line.shared);
        if !entry.pushed {
            return Err(PushError::NotPushed(line.name().to_owned()));
        }
        if !shared.config.enabled {
            return Err(PushError::Off(line.name().to_owned()));
        }
        if push.reports.len() > MOST_PUSHED {
            return Err(PushError::TooMany(push.reports.len()));
        }
        let owner = shared.config.owner.as_deref().and_then(Operator::new);
        let mut pump = Pump::new(Arc::clone(line), Stamp::Format);
        pump.arrived(0);
        let mut read = Vec::with_capacity(push.reports.len());
        let mut refused = pushed::read_all(push, owner, |index, report, declaration| {
            read.push((index, report, declaration));
        });
        let declared = read.iter().map(|(_, report, declared)| (report.address, *declared));
        let mut declared = pushed::last_of_each(declared.collect());
        let others = claim(&declared);
        declared.retain(|(address, _)| !others.contains(address));
        let mut accepted = 0;
        for (index, report, _) in read {
            if others.contains(&report.address) {
                refused.push(pushed::of_another(index));
                continue;
            }
            pump.report(report);
            accepted += 1;
        }
        refused.sort_by_key(|refusal| refusal.index);
        pump.records(push.reports.len() as u64);
        pump.flush();
        for refusal in &refused {
            line.fault("refused", refusal);
        }
        if accepted > 0 {
            shared.reach(line.clock.now(), Reach::Reached, "reports are being pushed".to_owned());
        }
        Ok(Pushed { accepted, refused, declared })
    }

    /// Stops all feeds, and waits until they have: a moment, and never longer than two seconds.
    /// Answers whether all have.
    pub fn stop(&self) -> bool {
        self.stop.set();
        self.stop.all_ended(PATIENCE)
    }
}

impl Drop for Feeds {
    fn drop(&mut self) {
        self.stop.set();
    }
}

/// Starts a thread that is waited for.
pub(crate) fn spawn(
    stop: &Arc<Stop>,
    name: &str,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    /// Ends the thread's being waited for, also if it panics.
    struct Ended(Arc<Stop>);
    impl Drop for Ended {
        fn drop(&mut self) {
            self.0.thread_ends();
        }
    }
    stop.thread_begins();
    let ended = Ended(Arc::clone(stop));
    let thread = thread::Builder::new().name(format!("feed {name}"));
    // If it cannot be started, the closure is dropped, and `ended` with it.
    thread.spawn(move || {
        let _ended = ended;
        work();
    })?;
    Ok(())
}

//! A recording as a feed.

use crate::check::{Play, Source};
use crate::config::Times;
use crate::feeds::Job;
use crate::pace::Pace;
use crate::pump::{Pump, Stamp};
use crate::status::Reach;
use crate::stop::Backoff;
use deconflict_core::{Report, Time};
use deconflict_formats::{LineError, Options, Order, Reader, gather};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// A leap by more than this from one time of receipt to the next, forwards or back, is a wild
/// stamp, or a break in the recording: the report after it tells. Neither is waited for. Seconds.
const LONGEST_PAUSE_S: f64 = 600.0;

/// How a recording has ended.
enum Played {
    Over { reports: u64 },
    Stopped,
}

pub(crate) fn run(job: &Job) {
    let Source::Replay { file, play, .. } = &job.planned.settled.source else { return };
    let shown = file.display();
    let mut backoff = Backoff::new(job.seed);
    job.line.shared.reason(format!("opening {shown}"));
    let mut rounds = 0u64;
    loop {
        let reason = match self::play(job, file, *play, rounds) {
            Ok(Played::Stopped) => return,
            Ok(Played::Over { reports }) => {
                rounds += 1;
                if !play.repeat {
                    return job.line.shared.reason(format!("the recording {shown} is over"));
                }
                if reports > 0 {
                    backoff.reset();
                    continue;
                }
                format!("there is nothing in {shown}")
            }
            Err(reason) => format!("cannot play {shown}: {reason}"),
        };
        let wait = backoff.next();
        job.reach(Reach::Lost, format!("{reason}, again in {:.0} s", wait.as_secs_f64().max(1.0)));
        if job.stop.wait(wait) {
            return;
        }
    }
}

fn play(job: &Job, file: &Path, play: Play, rounds: u64) -> Result<Played, String> {
    let settled = &job.planned.settled;
    let Source::Replay { start, frames_per_s, .. } = settled.source else {
        return Ok(Played::Stopped);
    };
    let input = File::open(file).map_err(|error| crate::tcp::words(&error))?;
    let options = Options {
        feed: job.line.shared.number,
        base_time: start.or_else(|| Some(job.line.clock.now())),
        frames_per_s,
        receiver: settled.receiver,
        utc_offset_s: settled.utc_offset_s,
        ..Options::default()
    };
    let mut reader =
        Reader::open(input, settled.format, options).map_err(|error| error.to_string())?;
    job.line.shared.connected();
    let round = if rounds > 0 { format!(", round {}", rounds + 1) } else { String::new() };
    let reason = format!("playing {} ({}){round}", file.display(), reader.format());
    job.reach(Reach::Reached, reason);
    let mut player = Player::new(job, play);
    let mut reports = 0;
    let mut stopped = false;
    if reader.order() == Order::ByAircraft {
        let (mut errors, line) = (0, &job.line);
        let gathered = gather(&mut reader, |error: LineError| {
            errors += 1;
            line.fault(error.kind.name(), &error);
        });
        player.pump.records(reader.statistics().records);
        for report in gathered {
            reports += 1;
            if player.play(report) {
                stopped = true;
                break;
            }
        }
    } else {
        while let Some(item) = reader.next() {
            player.pump.records(reader.statistics().records);
            match item {
                Ok(report) => {
                    reports += 1;
                    if player.play(report) {
                        stopped = true;
                        break;
                    }
                }
                Err(error) => player.pump.error(&error),
            }
        }
    }
    player.pump.flush();
    job.line.shared.disconnected();
    Ok(if stopped { Played::Stopped } else { Played::Over { reports } })
}

/// Gives each report its time, and waits until it has come.
struct Player<'a> {
    job: &'a Job,
    play: Play,
    pump: Pump,
    pace: Option<Pace>,
    /// The latest time of receipt so far.
    latest: Option<Time>,
    /// One that was too far from it.
    leap: Option<Time>,
}

impl Player<'_> {
    fn new(job: &Job, play: Play) -> Player<'_> {
        let stamp = match play.times {
            Times::Keep => Stamp::Keep,
            Times::Shift => Stamp::Given,
        };
        let pump = Pump::new(Arc::clone(&job.line), stamp);
        Player { job, play, pump, pace: None, latest: None, leap: None }
    }

    /// Hands a report on when it is due; true if it is time to stop.
    fn play(&mut self, mut report: Report) -> bool {
        if !self.follows(&report) {
            return self.job.stop.is_set();
        }
        let (clock, play) = (&self.job.line.clock, self.play);
        let pace = *self.pace.get_or_insert_with(|| Pace::new(play, report.received, clock.now()));
        let due = pace.outer(report.received);
        if due > clock.now() {
            self.pump.flush();
            if Pace::wait_until(due, clock.as_ref(), &self.job.stop) {
                return true;
            }
        }
        report.measured = pace.outer(report.measured);
        report.received = due;
        self.pump.report(report);
        self.job.stop.is_set()
    }

    /// Whether a report goes on where the last one was. One that is far off does not count;
    /// if the next one is there too, the recording goes on from there.
    fn follows(&mut self, report: &Report) -> bool {
        let near = |time: Time| report.received.seconds_since(time).abs() <= LONGEST_PAUSE_S;
        let latest = *self.latest.get_or_insert(report.received);
        if near(latest) {
            self.latest = Some(latest.max(report.received));
            self.leap = None;
            return true;
        }
        if self.leap.replace(report.received).is_some_and(near) {
            (self.latest, self.leap) = (Some(report.received), None);
            if self.play.times == Times::Shift {
                self.pace = None;
            }
            return true;
        }
        let what = format_args!("received {} after {latest}", report.received);
        self.job.line.fault("clock", &what);
        false
    }
}

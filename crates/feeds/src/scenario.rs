//! Feeds of a scenario: simulated in step with the service's clock.

use crate::config::Times;
use crate::feeds::Job;
use crate::pace::Pace;
use crate::pump::{Pump, Stamp};
use crate::status::Reach;
use deconflict_core::Time;
use deconflict_sim::Simulation;
use std::sync::Arc;

/// How often the simulation is asked, in real seconds.
const STEP_S: f64 = 0.05;
/// Of the simulation's time at most so much at once, however far the clock has gone on.
const LONGEST_STEP_S: f64 = 60.0;

/// Plays the feeds of one scenario, all of them alike.
pub(crate) fn run(jobs: &[Job]) {
    let Some(first) = jobs.first() else { return };
    let Some(played) = first.planned.played.as_ref() else { return };
    let (clock, stop, play) = (&first.line.clock, &first.stop, played.play);
    let mut round = 0u64;
    loop {
        let mut simulation = Simulation::new(&played.scenario);
        let mut pumps = pumps(jobs, &simulation);
        let pace = Pace::new(play, played.scenario.start, clock.now());
        for job in jobs {
            job.line.shared.connected();
            let name = &played.scenario.name;
            let round = if round > 0 { format!(", round {}", round + 1) } else { String::new() };
            job.reach(Reach::Reached, format!("simulating {name:?}{round}"));
        }
        while !simulation.is_over() {
            let until = pace.inner(clock.now());
            let until = until.min(simulation.now().plus_s(LONGEST_STEP_S));
            for report in simulation.step(until) {
                let mut report = *report;
                if play.times == Times::Shift {
                    report.measured = pace.outer(report.measured);
                    report.received = pace.outer(report.received);
                }
                if let Some(Some(pump)) = pumps.get_mut(usize::from(report.feed)) {
                    pump.report(report);
                }
            }
            for pump in pumps.iter_mut().flatten() {
                pump.flush();
            }
            let next = clock.now().plus_s(STEP_S * clock.rate().max(1e-6));
            if stop.is_set()
                || (!behind(&simulation, &pace, next)
                    && Pace::wait_until(next, clock.as_ref(), stop))
            {
                return;
            }
        }
        for job in jobs {
            job.line.shared.disconnected();
            if !play.repeat {
                job.line.shared.reason(format!("the scenario {:?} is over", played.scenario.name));
            }
        }
        round += 1;
        if !play.repeat {
            return;
        }
    }
}

/// Whether the simulation has more to catch up than one step.
fn behind(simulation: &Simulation, pace: &Pace, next: Time) -> bool {
    pace.inner(next).seconds_since(simulation.now()) > LONGEST_STEP_S
}

/// A pump for each feed of the simulation that is played, by its number there.
fn pumps(jobs: &[Job], simulation: &Simulation) -> Vec<Option<Pump>> {
    let most = simulation.feeds().iter().map(|feed| usize::from(feed.number) + 1).max();
    let mut pumps: Vec<Option<Pump>> = (0..most.unwrap_or(0)).map(|_| None).collect();
    for job in jobs {
        let Some(played) = job.planned.played.as_ref() else { continue };
        if let Some(slot) = pumps.get_mut(usize::from(played.number)) {
            *slot = Some(Pump::new(Arc::clone(&job.line), Stamp::Keep));
        }
    }
    pumps
}

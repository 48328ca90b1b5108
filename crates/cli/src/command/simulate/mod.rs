//! `deconflict simulate SCENARIO`: what the feeds of a scenario deliver, or how it truly is.

mod readsb;
mod sbs;
mod truth;

use crate::command::advisor::AdvisorArguments;
use crate::failure::{Failure, Found, Kind, Outcome};
use crate::output::stdout;
use crate::{progress, scenario_file};
use clap::ArgGroup;
use deconflict_core::Label;
use deconflict_engine::{Engine, EngineConfig};
use deconflict_sim::{Scenario, Simulation};
use std::io::Write;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("form").args(["json_lines", "sbs", "truth"]))]
pub struct Arguments {
    /// File of a scenario (TOML; see docs/scenario-format.md), or the name of a bundled one
    #[arg(value_name = "SCENARIO")]
    scenario: PathBuf,
    /// Seed to use instead of the scenario's own
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Write readsb-like lines of JSON (this is the default)
    #[arg(long)]
    json_lines: bool,
    /// Write SBS (BaseStation) lines
    #[arg(long)]
    sbs: bool,
    /// Write how it truly is instead of what the feeds report, as lines of JSON
    #[arg(long)]
    truth: bool,
    /// Time between two lines of one aircraft with --truth, seconds
    #[arg(long, value_name = "S", default_value_t = 1.0, requires = "truth", value_parser = period)]
    every_s: f64,
    /// Only what this operator gets to see; otherwise what is shared with everybody
    #[arg(long, value_name = "OPERATOR")]
    seen_by: Option<String>,
    /// Only this feed
    #[arg(long, value_name = "NAME", conflicts_with = "truth")]
    feed: Option<String>,
    #[command(flatten)]
    advisories: AdvisorArguments,
}

fn period(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (0.1..=3600.0).contains(&number) => Ok(number),
        Ok(_) => Err("has to be between 0.1 and 3600".to_owned()),
        Err(_) => Err("is not a number".to_owned()),
    }
}

pub fn run(arguments: &Arguments) -> Outcome<Found> {
    let scenario = scenario_file::load(&arguments.scenario, arguments.seed)?;
    let mut simulation = simulation(arguments, &scenario)?;
    let only = match &arguments.feed {
        Some(name) => Some(feed_number(&simulation, name)?),
        None => None,
    };
    let feeds = simulation.feeds();
    let registry = simulation.registry();
    let mut picture = arguments.advisories.advisor().map(|advisor| {
        let config = EngineConfig { registry, ..EngineConfig::default() };
        (Engine::new(config), advisor)
    });
    let (mut events, mut said) = (Vec::new(), Vec::new());
    let every_s = if arguments.truth { arguments.every_s } else { 1.0 };
    let bar = progress::minutes(scenario.duration_s);
    let mut out = stdout();
    if arguments.truth {
        truth::write(&mut out, &simulation)?;
    }
    for step in 1u32.. {
        let until = scenario.start.plus_s(f64::from(step) * every_s);
        let reports = simulation.step(until);
        if let Some((engine, _)) = &mut picture {
            engine.push(reports, &mut events);
            engine.advance(until, &mut events);
            events.clear();
        }
        for report in reports {
            if arguments.truth || only.is_some_and(|number| number != report.feed) {
                continue;
            }
            if arguments.sbs {
                sbs::write(&mut out, report)?;
            } else {
                let feed = feeds.iter().find(|f| f.number == report.feed);
                readsb::write(&mut out, report, feed.map(|f| f.name.as_str()))?;
            }
        }
        if let Some((engine, advisor)) = &mut picture {
            advisor.step(engine, &mut simulation, &mut said);
            said.clear();
        }
        if arguments.truth && until <= scenario.end() {
            truth::write(&mut out, &simulation)?;
        }
        bar.set_position((until.seconds_since(scenario.start) / 60.0) as u64);
        if simulation.is_over() {
            break;
        }
    }
    bar.finish_and_clear();
    out.flush()?;
    Ok(Found::Nothing)
}

fn simulation(arguments: &Arguments, scenario: &Scenario) -> Outcome<Simulation> {
    let Some(name) = &arguments.seen_by else { return Ok(Simulation::new(scenario)) };
    let known = Label::new(name).filter(|n| scenario.operators().any(|(o, _)| o == *n));
    known.map(|operator| Simulation::as_seen_by(scenario, operator)).ok_or_else(|| {
        let names: Vec<_> = scenario.operators().map(|(o, _)| o.to_string()).collect();
        Failure::new(Kind::Usage, format!("--seen-by: the scenario has no operator {name}"))
            .advise(format!("its operators are {}", names.join(", ")))
    })
}

fn feed_number(simulation: &Simulation, name: &str) -> Outcome<u16> {
    let feeds = simulation.feeds();
    feeds.iter().find(|f| f.name == name).map(|f| f.number).ok_or_else(|| {
        let names: Vec<_> = feeds.iter().map(|f| f.name.as_str()).collect();
        Failure::new(Kind::Usage, format!("--feed: there is no feed {name} to be seen"))
            .advise(format!("the feeds are {}", names.join(", ")))
    })
}

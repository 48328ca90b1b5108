//! `deconflict demo`: the bundled scenario through the whole system.

mod draw;
mod map;
mod screen;
mod show;
mod view;

use crate::bundled;
use crate::command::advisor::AdvisorArguments;
use crate::command::replay::{FormArguments, write_totals};
use crate::failure::{Failure, Found, Kind, Outcome};
use crate::output::{Out, count, stdout};
use crate::pace::{self, Pace};
use crate::tell::{Form, feed_name, second};
use crate::{rule_file, scenario_file};
use deconflict_engine::EngineConfig;
use show::Show;
use std::io::{self, IsTerminal, Write};
use std::net::SocketAddr;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// File of a scenario (TOML; see docs/scenario-format.md), or the name of a bundled one
    #[arg(value_name = "SCENARIO", default_value = bundled::DEMO)]
    scenario: PathBuf,
    /// Seed to use instead of the scenario's own
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Separation rules (TOML; see docs/rules.md); otherwise the bundled ones
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// How many times faster than real time (on the map 5; in the terminal 20 to begin with, + and -
    /// change it; as text as fast as possible, unless given)
    #[arg(long, value_name = "X", value_parser = pace::parse)]
    speed: Option<f64>,
    /// End after so many simulated minutes
    #[arg(long, value_name = "MIN", value_parser = clap::value_parser!(u32).range(1..))]
    minutes: Option<u32>,
    /// Show it in the terminal instead of on the map
    #[arg(long)]
    tui: bool,
    /// Print lines of text instead of showing the map
    #[arg(long, conflicts_with = "tui")]
    plain: bool,
    /// Where the map is served
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Do not open a browser
    #[arg(long)]
    no_open: bool,
    /// Keep what is stored and recorded in this folder; otherwise it is gone at the end
    #[arg(long, value_name = "FOLDER")]
    keep: Option<PathBuf>,
    /// Threads to use; 0 takes all there are. The output does not depend on it
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: usize,
    #[command(flatten)]
    advisories: AdvisorArguments,
    #[command(flatten)]
    form: FormArguments,
}

pub fn run(arguments: &Arguments) -> Outcome<Found> {
    let form = arguments.form.form();
    let as_text = arguments.plain || !matches!(form, Form::Text(_));
    if !as_text && !arguments.tui {
        return map::run(arguments);
    }
    let scenario = scenario_file::load(&arguments.scenario, arguments.seed)?;
    let config = EngineConfig {
        rules: rule_file::load_or_default(arguments.rules.as_deref())?,
        threads: arguments.threads,
        ..EngineConfig::default()
    };
    let mut show = Show::new(&scenario, config, arguments.minutes)
        .with_advisor(arguments.advisories.advisor());
    let is_terminal = io::stdout().is_terminal() && io::stdin().is_terminal();
    if !as_text && !is_terminal {
        return Err(Failure::new(Kind::Usage, "--tui needs a terminal")
            .advise("--plain prints lines, without either the map is served"));
    }
    if as_text {
        as_lines(&mut show, form, arguments.speed.map(Pace::new))?;
    } else {
        screen::run(&mut show, arguments.speed.unwrap_or(20.0))?;
        let mut out = stdout();
        writeln!(out, "{}, {} to {}", show.name, second(show.start), second(show.now()))?;
        write_totals(&mut out, &show.engine)?;
        out.flush()?;
    }
    Ok(Found::Nothing)
}

/// All events as lines, and a summary.
fn as_lines(show: &mut Show, form: Form, mut pace: Option<Pace>) -> Outcome<()> {
    let mut out = stdout();
    if let Form::Text(_) = form {
        write_opening(&mut out, show)?;
    }
    form.begin(&mut out)?;
    let live = pace.is_some() || io::stdout().is_terminal();
    let mut events = Vec::new();
    while !show.is_over() {
        show.step(&mut events);
        if let Some(pace) = &mut pace {
            pace.hold(show.now());
        }
        events.drain(..).try_for_each(|event| form.event(&mut out, &event, &show.feed_names))?;
        write_said(&mut out, form, show)?;
        if live {
            out.flush()?;
        }
    }
    show.finish(&mut events);
    events.drain(..).try_for_each(|event| form.event(&mut out, &event, &show.feed_names))?;
    if let Form::Text(_) = form {
        write_closing(&mut out, show)?;
    }
    out.flush()?;
    Ok(())
}

/// What pilots were told, as lines of text; the other forms hold events only.
fn write_said(out: &mut Out, form: Form, show: &mut Show) -> io::Result<()> {
    let now = show.now();
    for sentence in show.said.drain(..) {
        if let Form::Text(_) = form {
            writeln!(out, "{}  advised: {sentence}", second(now))?;
        }
    }
    Ok(())
}

fn write_opening(out: &mut Out, show: &Show) -> io::Result<()> {
    writeln!(
        out,
        "{}: {} of {} under simulation, {} to {}. All of it is invented traffic.",
        show.name,
        count(show.aircraft as u64, "aircraft", "aircraft"),
        show.operators.join(", "),
        second(show.start),
        second(show.end)
    )?;
    writeln!(
        out,
        "One line for each change of an alert: predicted, IMMINENT, LOST (separation is lost), ended.\n"
    )
}

fn write_closing(out: &mut Out, show: &Show) -> io::Result<()> {
    writeln!(out)?;
    for feed in show.engine.feeds() {
        writeln!(
            out,
            "feed {}: {}, silent {}, last heard {}",
            feed_name(&show.feed_names, feed.feed),
            count(feed.reports, "report", "reports"),
            match feed.silences {
                0 => "never".to_owned(),
                1 => "once".to_owned(),
                n => format!("{n} times"),
            },
            second(feed.last)
        )?;
    }
    write_totals(out, &show.engine)
}

//! `deconflict replay FILE…`: recordings in, alerts out.

mod feeds;
mod summary;
mod times;

pub use summary::write_totals;

use crate::command::plan;
use crate::failure::{Failure, Found, Kind, Outcome};
use crate::output::{Out, stdout};
use crate::pace::{self, Pace};
use crate::style::Style;
use crate::tell::Form;
use crate::{input, json, progress, rule_file};
use deconflict_engine::{Engine, EngineConfig, Event};
use deconflict_formats::{Format, Options};
use feeds::{Feed, Feeds};
use indicatif::ProgressBar;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use times::Times;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Recordings, each a feed, merged by time: plain, .gz or .zst; - reads standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Format of the recordings, if it should not be told by their first bytes
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    format: Option<Format>,
    /// Separation rules (TOML; see docs/rules.md); otherwise the bundled ones
    #[arg(long, value_name = "FILE")]
    rules: Option<PathBuf>,
    /// Reservations and plans (see docs/reservations.md): aircraft are held to those that name
    /// them, looked at twenty minutes along them, and warned of the airspace of others
    #[arg(long, value_name = "FILE")]
    plans: Vec<PathBuf>,
    /// Stop at the first record that cannot be read, instead of counting and skipping it
    #[arg(long)]
    strict: bool,
    /// How many times faster than real time to play; otherwise as fast as possible
    #[arg(long, value_name = "X", value_parser = pace::parse)]
    speed: Option<f64>,
    /// Threads to use; 0 takes all there are. The output does not depend on it
    #[arg(long, value_name = "N", default_value_t = 1)]
    threads: usize,
    #[command(flatten)]
    form: FormArguments,
    #[command(flatten)]
    times: Times,
    /// Exit with 1 if there was an alert
    #[arg(long)]
    exit_code: bool,
}

/// In which form alerts are told.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
pub struct FormArguments {
    /// One line of JSON for each change, and one of kind "summary" at the end
    #[arg(long)]
    json: bool,
    /// One line of CSV for each change; the summary goes to standard error
    #[arg(long)]
    csv: bool,
}

impl FormArguments {
    pub fn form(&self) -> Form {
        match (self.json, self.csv) {
            (true, _) => Form::Json,
            (_, true) => Form::Csv,
            _ => Form::Text(Style::of_stdout()),
        }
    }
}

fn format(name: &str) -> Result<Format, String> {
    Format::parse(name).ok_or_else(|| {
        let names: Vec<_> = Format::ALL.iter().map(|f| f.name()).collect();
        format!("is none of {}", names.join(", "))
    })
}

pub fn run(arguments: &Arguments) -> Outcome<Found> {
    if arguments.files.iter().filter(|f| input::is_stdin(f)).count() > 1 {
        return Err(Failure::new(Kind::Usage, "standard input can be given only once"));
    }
    if arguments.files.len() > usize::from(u16::MAX) {
        return Err(Failure::new(Kind::Usage, "that is more feeds than can be numbered (65,535)"));
    }
    let rules = rule_file::load_or_default(arguments.rules.as_deref())?;
    let (plans, areas) = plan::intended(&arguments.plans)?;
    let bar = progress::bytes(total_bytes(&arguments.files));
    let feeds = open(arguments, &bar)?;
    let config = EngineConfig { rules, threads: arguments.threads, ..EngineConfig::default() };
    let mut engine = Engine::new(config);
    engine.set_plans(plans);
    engine.set_areas(areas);
    let mut player = Player {
        engine,
        names: feeds.iter().map(Feed::name).collect(),
        form: arguments.form.form(),
        out: stdout(),
        live: std::io::stdout().is_terminal() || arguments.speed.is_some(),
        bar: bar.clone(),
    };
    let played = player.play(feeds, arguments.speed.map(Pace::new));
    bar.finish_and_clear();
    played.map(|alerts| Found::when(arguments.exit_code, alerts > 0))
}

/// The size of all files together, if all of them have one.
fn total_bytes(files: &[PathBuf]) -> Option<u64> {
    let size =
        |file: &PathBuf| std::fs::metadata(file).ok().filter(|m| m.is_file()).map(|m| m.len());
    files.iter().map(size).sum()
}

fn open(arguments: &Arguments, bar: &ProgressBar) -> Outcome<Feeds> {
    let times = arguments.times.options()?;
    let one = |(number, path): (usize, &PathBuf)| {
        let options = Options { feed: number as u16, strict: arguments.strict, ..times.clone() };
        Feed::open(Path::new(path), arguments.format, options, bar)
    };
    let feeds = arguments.files.iter().enumerate().map(one).collect::<Outcome<Vec<_>>>()?;
    Ok(Feeds::new(feeds, bar.clone(), arguments.strict))
}

struct Player {
    engine: Engine,
    names: Vec<String>,
    form: Form,
    out: Out,
    /// Whether a person may be watching, so that each line has to appear at once.
    live: bool,
    bar: ProgressBar,
}

impl Player {
    /// Plays everything and tells it. Returns the number of alerts.
    fn play(&mut self, mut feeds: Feeds, mut pace: Option<Pace>) -> Outcome<u64> {
        let mut events = Vec::new();
        self.form.begin(&mut self.out)?;
        while let Some((time, report)) = feeds.next() {
            if let Some(pace) = &mut pace {
                pace.hold(time);
            }
            self.engine.push(std::slice::from_ref(&report), &mut events);
            if !events.is_empty() {
                self.tell(&mut events)?;
            }
        }
        self.engine.finish(&mut events);
        self.tell(&mut events)?;
        self.out.flush()?;
        self.bar.finish_and_clear();
        match self.form {
            Form::Json => json::line(&mut self.out, &summary::json(&self.engine, &feeds))?,
            Form::Text(_) => summary::write_text(&mut self.out, &self.engine, &feeds)?,
            // Nobody is left to tell if standard error is gone.
            Form::Csv => {
                let _ = summary::write_text(&mut std::io::stderr().lock(), &self.engine, &feeds);
            }
        }
        self.out.flush()?;
        feeds.verdict()?;
        Ok(self.engine.alerts().totals().alerts)
    }

    fn tell(&mut self, events: &mut Vec<Event>) -> std::io::Result<()> {
        let Player { form, out, names, live, bar, .. } = self;
        let mut write = |out: &mut Out| {
            events.drain(..).try_for_each(|event| form.event(out, &event, names))?;
            if *live { out.flush() } else { Ok(()) }
        };
        // The bar and the lines may share a terminal.
        if *live { bar.suspend(|| write(out)) } else { write(out) }
    }
}

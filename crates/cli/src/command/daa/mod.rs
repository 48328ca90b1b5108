//! `deconflict daa FILE --conf CONF`: detect and avoid for an encounter on file.

mod json;
mod shapes;
mod summary;
mod svg;

use crate::failure::{Failure, Found, Kind, Outcome};
use crate::input;
use crate::output::stdout;
use deconflict_daa::config::{Config, ParseError};
use deconflict_daa::monitor::{Assessment, Monitor};
use deconflict_daa::report::{alerting_header, alerting_rows, batch_moment};
use deconflict_daa::scenario::Scenario;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The encounter (.daa: one row an aircraft and moment), or - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Alerters, limits and kinematics (.conf; see docs/daa.md)
    #[arg(long, value_name = "CONF")]
    conf: PathBuf,
    /// A row of CSV for each intruder and moment, with the reference's columns
    #[arg(long, conflicts_with_all = ["batch", "json"])]
    alerting: bool,
    /// All that is known at each moment, as the reference prints it
    #[arg(long, conflicts_with = "json")]
    batch: bool,
    /// One line of JSON for each moment
    #[arg(long)]
    json: bool,
    /// With --json: the horizontal contours and hazard zones of each intruder
    #[arg(long, requires = "json")]
    contours: bool,
    /// Draws the bands over time into a file
    #[arg(long, value_name = "SVG")]
    svg: Option<PathBuf>,
    /// Exit with 1 if there was an alert
    #[arg(long)]
    exit_code: bool,
}

pub fn run(arguments: &Arguments) -> Outcome<Found> {
    let conf = read(&arguments.conf)?;
    let config = Config::parse(&conf).map_err(|e| at(&arguments.conf, &e, Kind::Config))?;
    for key in config.not_compared() {
        let name = input::name(&arguments.conf);
        writeln!(
            std::io::stderr().lock(),
            "note: {name}: {key}: never compared with the reference; see docs/daa.md"
        )?;
    }
    let text = read(&arguments.file)?;
    let scenario = Scenario::parse(&text).map_err(|e| at(&arguments.file, &e, Kind::BadData))?;
    let mut out = stdout();
    if arguments.alerting {
        out.write_all(alerting_header(&config).as_bytes())?;
    } else if arguments.batch {
        writeln!(out, "# File: {}", input::name(&arguments.file))?;
    }
    let mut monitor = Monitor::new(&config);
    let mut all: Vec<Assessment> = Vec::with_capacity(scenario.moments.len());
    for moment in &scenario.moments {
        let situation = moment.situation(&config);
        let assessment = monitor.assess(moment.time_s, &situation);
        if arguments.alerting {
            let rows = alerting_rows(&moment.own.name, &assessment, &config);
            out.write_all(rows.as_bytes())?;
        } else if arguments.batch {
            out.write_all(batch_moment(moment, &assessment, &config).as_bytes())?;
        } else if arguments.json {
            let shapes = if arguments.contours {
                shapes::of_traffic(moment, &situation, &config)
            } else {
                Vec::new()
            };
            json::write(&mut out, moment, &assessment, &shapes)?;
        }
        all.push(assessment);
    }
    if !(arguments.alerting || arguments.batch || arguments.json) {
        let own = scenario.moments.first().map_or("nobody", |m| m.own.name.as_str());
        summary::write(&mut out, own, &all)?;
    }
    out.flush()?;
    if let Some(path) = &arguments.svg {
        std::fs::write(path, svg::draw(&all))
            .map_err(|e| Failure::new(Kind::Io, format!("cannot write {}: {e}", path.display())))?;
    }
    let alerted = all.iter().flat_map(|a| &a.traffic).any(|t| t.alert > 0);
    Ok(Found::when(arguments.exit_code, alerted))
}

/// A whole file as text. Bytes that are no UTF-8 are replaced: names may be anything.
fn read(path: &Path) -> Outcome<String> {
    let mut bytes = Vec::new();
    input::open(path)?.read_to_end(&mut bytes).map_err(|e| input::broken_off(path, &e))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn at(path: &Path, error: &ParseError, kind: Kind) -> Failure {
    let place = format!("{}:{}:{}", input::name(path), error.line, error.column);
    Failure::new(kind, format!("{place}: {}", error.message))
        .advise("docs/daa.md describes the format")
}

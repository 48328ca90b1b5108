//! `deconflict plan check FILE…` and `deconflict plan list FILE…`; `submit` and `watch` are in
//! [`service`].

mod service;

use crate::failure::{Failure, Found, Kind, Outcome};
use crate::output::{Out, Table, stdout};
use crate::{input, json};
use deconflict_core::rules::Minima;
use deconflict_core::units::{m_from_ft, m_from_nm};
use deconflict_core::{Area, Plan, Time, altitude::VerticalContext};
use deconflict_reserve::check::{self, Report, Verdict};
use deconflict_reserve::document::{Fault, Format, MOST_BYTES};
use deconflict_reserve::motion::Positions;
use deconflict_reserve::shape::Shape;
use deconflict_reserve::{Matrix, Reservation, text};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Says whether plans are free, or with whom, where and when they conflict, and what is free
    Check(Check),
    /// Lists plans and reservations, or converts them with --to
    List(List),
    /// Hands plans to a live service, as drafts or to be filed
    Submit(service::Submit),
    /// Shows what is reserved in a live service, and every change of it
    Watch(service::Watch),
}

#[derive(Debug, clap::Args)]
struct Check {
    /// Plans: JSON, GeoJSON, KML or CSV; - for standard input. They are checked against each
    /// other too
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What others have: reservations and flights
    #[arg(long, value_name = "FILE")]
    against: Vec<PathBuf>,
    /// Who may overlap whom (TOML; see rules/reservations.toml, which holds if none is given)
    #[arg(long, value_name = "FILE")]
    matrix: Option<PathBuf>,
    /// Separation that two flights owe each other, NM
    #[arg(long, default_value_t = 5.0, value_name = "NM", value_parser = distance)]
    horizontal_nm: f64,
    /// Separation that two flights owe each other, feet
    #[arg(long, default_value_t = 1000.0, value_name = "FT", value_parser = distance)]
    vertical_ft: f64,
    /// Altimeter setting of the area, hPa: flight levels and altitudes can then be compared
    #[arg(long, value_name = "HPA", value_parser = qnh)]
    qnh_hpa: Option<f64>,
    /// Elevation of the ground, feet over the sea: heights over ground can then be compared
    #[arg(long, value_name = "FT", allow_negative_numbers = true, value_parser = elevation)]
    terrain_ft: Option<f64>,
    /// No alternative begins before this time (2026-03-01T10:00:00Z)
    #[arg(long, value_name = "TIME", value_parser = text::time)]
    not_before: Option<Time>,
    /// Do not look for what is free instead
    #[arg(long)]
    no_alternatives: bool,
    /// One line of JSON for each plan
    #[arg(long)]
    json: bool,
    /// Exit with 1 if a plan has to change
    #[arg(long)]
    exit_code: bool,
}

#[derive(Debug, clap::Args)]
struct List {
    /// Plans and reservations: JSON, GeoJSON, KML or CSV; - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Writes them in this format instead: json, geojson, kml or csv
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    to: Option<Format>,
}

fn number(text: &str, range: std::ops::RangeInclusive<f64>) -> Result<f64, String> {
    match text.parse() {
        Ok(value) if range.contains(&value) => Ok(value),
        _ => Err(format!("not a number from {} to {}", range.start(), range.end())),
    }
}

fn distance(text: &str) -> Result<f64, String> {
    number(text, 0.0..=100_000.0)
}

fn qnh(text: &str) -> Result<f64, String> {
    number(text, 850.0..=1100.0)
}

fn elevation(text: &str) -> Result<f64, String> {
    number(text, -2000.0..=30_000.0)
}

fn format(name: &str) -> Result<Format, String> {
    let names = Format::ALL.map(Format::name).join(", ");
    Format::parse(name).ok_or_else(|| format!("not one of {names}"))
}

pub fn run(arguments: &Arguments) -> Outcome<Found> {
    match &arguments.command {
        Command::Check(check) => run_check(check),
        Command::List(list) => run_list(list),
        Command::Submit(arguments) => service::submit(arguments),
        Command::Watch(arguments) => service::watch(arguments),
    }
}

fn run_check(arguments: &Check) -> Outcome<Found> {
    let matrix = arguments.matrix.as_deref().map_or_else(|| Ok(Matrix::shipped()), load_matrix)?;
    let plans = load_all(&arguments.files)?;
    let mut existing = load_all(&arguments.against)?;
    // Of a plan that is filed already, what is checked is the new version.
    existing.retain(|e| !plans.iter().any(|p| p.id == e.id && p.party == e.party));
    existing.extend(plans.iter().cloned());
    let minima = Minima::new(m_from_nm(arguments.horizontal_nm), m_from_ft(arguments.vertical_ft));
    let options = check::Options {
        context: VerticalContext {
            qnh_hpa: arguments.qnh_hpa,
            terrain_m: arguments.terrain_ft.map(m_from_ft),
            ..VerticalContext::default()
        },
        minima,
        // What moves with a flight of these files moves along its path.
        positions: (1..)
            .zip(&existing)
            .filter_map(|(id, r)| Some((r.id.clone(), r.path(id)?)))
            .collect(),
        alternatives: !arguments.no_alternatives,
        not_before: arguments.not_before,
    };
    let mut out = stdout();
    let mut has_conflict = false;
    for plan in &plans {
        let report = check::check(plan, &existing, &matrix, &options);
        has_conflict |= report.verdict == Verdict::Conflict;
        if arguments.json {
            json::line(&mut out, &report.to_value(plan))?;
        } else {
            write_report(&mut out, plan, &report)?;
        }
    }
    out.flush()?;
    Ok(Found::when(arguments.exit_code, has_conflict))
}

fn write_report(out: &mut Out, plan: &Reservation, report: &Report) -> Outcome<()> {
    let verdict = match report.verdict {
        Verdict::Free => "free",
        Verdict::OthersGiveWay => "others give way, tell them",
        Verdict::Conflict => "CONFLICT",
    };
    writeln!(out, "{} ({}, {}): {verdict}", plan.id, plan.kind, plan.party)?;
    for conflict in &report.conflicts {
        writeln!(out, "  {}", conflict.says())?;
    }
    for alternative in &report.alternatives {
        writeln!(out, "  free: {}", alternative.says)?;
    }
    if report.verdict == Verdict::Conflict && report.alternatives.is_empty() {
        writeln!(out, "  nothing near was found free")?;
    }
    Ok(())
}

fn run_list(arguments: &List) -> Outcome<Found> {
    let list = load_all(&arguments.files)?;
    let mut out = stdout();
    match arguments.to {
        Some(format) => out.write_all(format.write(&list).as_bytes())?,
        None => write_table(&mut out, &list)?,
    }
    out.flush()?;
    Ok(Found::Nothing)
}

fn write_table(out: &mut Out, list: &[Reservation]) -> Outcome<()> {
    let mut table = Table::new(&[
        "ID", "KIND", "STATUS", "PARTY", ">PRIO", "SHAPE", "LOWER", "UPPER", "START", "END",
        ">TIMES",
    ]);
    for r in list {
        let limit = |a: Option<_>| a.map_or_else(|| "-".to_owned(), text::write_altitude);
        let time = |t: Option<_>| t.map_or_else(|| "-".to_owned(), text::write_time);
        let windows = r.windows();
        let first = windows.first().copied().unwrap_or_default();
        let (lower, upper) = match &r.shape {
            Shape::Flight { .. } | Shape::Track { .. } => {
                ("by leg".to_owned(), "by leg".to_owned())
            }
            Shape::Volumes { .. } => ("by block".to_owned(), "by block".to_owned()),
            _ => (limit(r.band.lower), limit(r.band.upper)),
        };
        table.row(vec![
            r.id.clone(),
            r.kind.to_string(),
            r.status.to_string(),
            r.party.clone(),
            r.priority.to_string(),
            r.shape.name().to_owned(),
            lower,
            upper,
            time(first[0]),
            time(first[1]),
            windows.len().to_string(),
        ]);
    }
    Ok(table.write(out)?)
}

fn read_text(path: &Path, most: usize) -> Outcome<String> {
    let name = input::name(path);
    let mut bytes = Vec::new();
    let limit = most as u64 + 1;
    let mut source = input::open(path)?.take(limit);
    source.read_to_end(&mut bytes).map_err(|e| input::broken_off(path, &e))?;
    if bytes.len() > most {
        return Err(Failure::new(Kind::BadData, format!("{name}: has more than {most} bytes"))
            .advise("divide it into smaller files"));
    }
    String::from_utf8(bytes).map_err(|e| {
        let good = &e.as_bytes()[..e.utf8_error().valid_up_to()];
        let line = 1 + good.iter().filter(|&&b| b == b'\n').count();
        Failure::new(Kind::BadData, format!("{name}: line {line}: is not UTF-8"))
            .advise("save the file as UTF-8")
    })
}

fn load(path: &Path) -> Outcome<Vec<Reservation>> {
    let text = read_text(path, MOST_BYTES)?;
    let ending = path.extension().and_then(|e| e.to_str()).and_then(Format::parse);
    // `.json` is used for GeoJSON as well: what is inside decides.
    let format = match ending {
        Some(format) if format != Format::Json => format,
        _ => Format::sniff(&text),
    };
    format.read(&text).map_err(|fault| bad(path, &fault))
}

fn load_all(paths: &[PathBuf]) -> Outcome<Vec<Reservation>> {
    let mut out = Vec::new();
    for path in paths {
        out.extend(load(path)?);
    }
    Ok(out)
}

/// What files of reservations mean to the engine: plans of those planned or active that name
/// their aircraft, and areas to be warned of.
pub fn intended(paths: &[PathBuf]) -> Outcome<(Vec<Plan>, Vec<Area>)> {
    let (mut plans, mut areas) = (Vec::new(), Vec::new());
    for path in paths {
        for r in load(path)?.iter().filter(|r| r.status.binds()) {
            plans.extend(r.plans(&Positions::new()).map_err(|error| {
                let name = input::name(path);
                Failure::new(Kind::BadData, format!("{name}: reservation {}: {error}", r.id))
                    .advise("divide the flight")
            })?);
            areas.extend(r.area());
        }
    }
    Ok((plans, areas))
}

fn bad(path: &Path, fault: &Fault) -> Failure {
    Failure::new(Kind::BadData, format!("{}: {fault}", input::name(path)))
        .advise("docs/reservations.md lists the fields and what they take")
}

fn load_matrix(path: &Path) -> Outcome<Matrix> {
    let text = read_text(path, 1 << 20)?;
    Matrix::parse(&text).map_err(|e| {
        let what = format!("{}:{}: {}", input::name(path), e.line, e.message.replace('\n', " "));
        Failure::new(Kind::Config, what)
            .advise("docs/reservations.md explains the matrix; rules/reservations.toml is one")
    })
}

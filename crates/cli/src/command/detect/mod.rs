//! `deconflict detect STATES.csv`: the conflicts of one snapshot.

mod snapshot;

use crate::failure::{Failure, Found, Kind, Outcome};
use crate::output::{Out, Table, count, stdout};
use crate::style::{Style, Tone};
use crate::{input, json, rule_file};
use deconflict_core::rules::Minima;
use deconflict_core::units::{ft_from_m, m_from_ft, m_from_nm, nm_from_m};
use deconflict_core::{Covariance, RuleSet};
use deconflict_detect::{Conflict, Detector, Options, Scene};
use serde::Serialize;
use snapshot::Snapshot;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// States as CSV, plain, .gz or .zst; - reads standard input. Columns, in any order:
    /// id,lat,lon,alt_ft,gs_kt,trk_deg,vs_fpm and, if you have them, class,operator,formation
    #[arg(value_name = "STATES.csv")]
    states: PathBuf,
    /// Horizontal minimum, nautical miles; exactly the minimum is separated
    #[arg(long, value_name = "NM", default_value_t = 5.0, value_parser = positive)]
    horizontal_nm: f64,
    /// Vertical minimum, feet; exactly the minimum is separated
    #[arg(long, value_name = "FT", default_value_t = 1000.0, value_parser = positive)]
    vertical_ft: f64,
    /// How far to look ahead, seconds
    #[arg(long, value_name = "S", default_value_t = 300.0, value_parser = positive)]
    lookahead_s: f64,
    /// Rules to use instead of the three minima above (TOML; see docs/rules.md)
    #[arg(long, value_name = "FILE",
          conflicts_with_all = ["horizontal_nm", "vertical_ft", "lookahead_s"])]
    rules: Option<PathBuf>,
    #[command(flatten)]
    accuracy: Accuracy,
    /// Threads to use; 0 takes all there are. The output does not depend on it
    #[arg(long, value_name = "N", default_value_t = 0)]
    threads: usize,
    /// One line of JSON for each pair
    #[arg(long)]
    json: bool,
    /// Exit with 1 if there is a conflict
    #[arg(long)]
    exit_code: bool,
}

/// A snapshot does not say how good it is, so the probability needs an assumption.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Accuracy of the states (standard deviations; for the probability)")]
struct Accuracy {
    /// Position, metres along each horizontal axis
    #[arg(long, value_name = "M", default_value_t = 60.0, value_parser = positive)]
    position_sigma_m: f64,
    /// Velocity, m/s along each horizontal axis
    #[arg(long, value_name = "M/S", default_value_t = 2.5, value_parser = positive)]
    velocity_sigma_mps: f64,
    /// Altitude, metres
    #[arg(long, value_name = "M", default_value_t = 20.0, value_parser = positive)]
    altitude_sigma_m: f64,
    /// Vertical rate, m/s
    #[arg(long, value_name = "M/S", default_value_t = 0.25, value_parser = positive)]
    vertical_rate_sigma_mps: f64,
}

impl Accuracy {
    fn covariance(&self) -> Covariance {
        Covariance::diagonal(
            self.position_sigma_m,
            self.velocity_sigma_mps,
            self.altitude_sigma_m,
            self.vertical_rate_sigma_mps,
        )
    }
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number > 0.0 && number <= 1e6 => Ok(number),
        Ok(_) => Err("has to be above 0 and at most 1000000".to_owned()),
        Err(_) => Err("is not a number".to_owned()),
    }
}

pub fn run(arguments: &Arguments) -> Outcome<Found> {
    let rules = match &arguments.rules {
        Some(path) => Arc::new(rule_file::load(path)?),
        None => Arc::new(uniform(arguments)),
    };
    let snapshot = snapshot::read(&arguments.states, arguments.accuracy.covariance())?;
    let scene = snapshot.scene(rules.lookahead_s())?;
    let options = Options { threads: arguments.threads, probability: true };
    let mut conflicts = Vec::new();
    Detector::new(Arc::clone(&rules), options).detect(&scene, &mut conflicts);
    // Soonest first; the order of the file decides between equals.
    conflicts.sort_by(|x, y| x.entry_s.total_cmp(&y.entry_s).then((x.a, x.b).cmp(&(y.a, y.b))));
    let mut out = stdout();
    if arguments.json {
        for conflict in &conflicts {
            json::line(&mut out, &Line::of(conflict, &snapshot, &scene, &rules))?;
        }
    } else {
        write_table(&mut out, &conflicts, &snapshot, &rules)?;
    }
    out.flush()?;
    Ok(Found::when(arguments.exit_code, !conflicts.is_empty()))
}

fn uniform(arguments: &Arguments) -> RuleSet {
    let Arguments { horizontal_nm, vertical_ft, lookahead_s, .. } = *arguments;
    let minima = Minima::new(m_from_nm(horizontal_nm), m_from_ft(vertical_ft));
    RuleSet::uniform(&format!("{horizontal_nm} NM / {vertical_ft} ft"), minima, lookahead_s)
}

#[derive(Serialize)]
struct Line<'a> {
    a: &'a str,
    b: &'a str,
    t_in_s: json::Decimals<3>,
    t_out_s: json::Decimals<3>,
    tcpa_s: json::Decimals<3>,
    dcpa_m: json::Decimals<3>,
    vmiss_m: json::Decimals<3>,
    lost: bool,
    probability: json::Decimals<6>,
    rule: &'a str,
    reason: String,
}

impl<'a> Line<'a> {
    fn of(c: &Conflict, snapshot: &'a Snapshot, scene: &Scene, rules: &'a RuleSet) -> Line<'a> {
        let rule = &rules.rules()[usize::from(c.rule)];
        let [a, b] = [c.a, c.b].map(|i| &scene.subjects()[i as usize]);
        Line {
            a: snapshot.id(c.a),
            b: snapshot.id(c.b),
            t_in_s: json::Decimals(c.entry_s),
            t_out_s: json::Decimals(c.exit_s),
            tcpa_s: json::Decimals(c.tcpa_s),
            dcpa_m: json::Decimals(c.hmd_m),
            vmiss_m: json::Decimals(c.vmd_m),
            lost: c.lost,
            probability: json::Decimals(c.probability),
            rule: rule.name.as_str(),
            reason: c.explain(a, b, rule),
        }
    }
}

fn write_table(
    out: &mut Out,
    conflicts: &[Conflict],
    snapshot: &Snapshot,
    rules: &RuleSet,
) -> Outcome<()> {
    let mut table =
        Table::new(&["A", "B", ">LOST IN", ">FOR", ">CPA IN", ">HMD", ">VMD", ">P", "RULE"]);
    for c in conflicts {
        table.row(vec![
            snapshot.id(c.a).to_owned(),
            snapshot.id(c.b).to_owned(),
            if c.lost { "now".to_owned() } else { format!("{:.0} s", c.entry_s) },
            format!("{:.0} s", c.exit_s - c.entry_s),
            format!("{:.0} s", c.tcpa_s),
            format!("{:.2} NM", nm_from_m(c.hmd_m)),
            format!("{:.0} ft", ft_from_m(c.vmd_m)),
            if c.probability.is_nan() { "-".to_owned() } else { format!("{:.2}", c.probability) },
            rules.rules()[usize::from(c.rule)].name.to_string(),
        ]);
    }
    if !table.is_empty() {
        table.write(out)?;
        writeln!(out)?;
    }
    let lost = conflicts.iter().filter(|c| c.lost).count();
    let summary = format!(
        "{} among {} within {:.0} s, {} of them lost already",
        count(conflicts.len() as u64, "conflict", "conflicts"),
        count(snapshot.len() as u64, "aircraft", "aircraft"),
        rules.lookahead_s(),
        lost
    );
    writeln!(out, "{}", Style::of_stdout().paint(Tone::Strong, summary))?;
    Ok(())
}

/// A snapshot that cannot be used, and the line that says why.
fn bad_line(file: &std::path::Path, line: u64, message: &str) -> Failure {
    Failure::new(Kind::BadData, format!("{}:{line}: {message}", input::name(file)))
}

//! `deconflict rules check FILE…`.

use crate::failure::{Failure, Found, Outcome};
use crate::output::{Out, Table, count, stdout};
use crate::{json, rule_file};
use deconflict_core::RuleSet;
use deconflict_core::rules::{BandApplies, Rule, Side};
use deconflict_core::units::{ft_from_m, nm_from_m};
use serde::Serialize;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Checks rules and prints what they say, in order of precedence
    Check {
        /// Files of rules (TOML; see docs/rules.md)
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// One line of JSON for each rule
        #[arg(long)]
        json: bool,
    },
}

pub fn run(arguments: &Arguments) -> Outcome<Found> {
    let Command::Check { files, json } = &arguments.command;
    let mut out = stdout();
    let mut failures: Vec<Failure> = Vec::new();
    for file in files {
        match rule_file::load(file) {
            Ok(rules) if *json => write_json(&mut out, file, &rules)?,
            Ok(rules) => write_table(&mut out, file, &rules)?,
            Err(failure) => failures.push(failure),
        }
    }
    out.flush()?;
    // Every bad file is named; the last one gives the exit code.
    match failures.pop() {
        None => Ok(Found::Nothing),
        Some(last) => {
            for failure in failures {
                failure.report();
            }
            Err(last)
        }
    }
}

fn write_table(out: &mut Out, file: &Path, rules: &RuleSet) -> Outcome<()> {
    let number = rules.rules().len() as u64;
    writeln!(
        out,
        "{}: {}, the first that applies holds",
        file.display(),
        count(number, "rule", "rules")
    )?;
    let mut table = Table::new(&[
        ">",
        "RULE",
        "BETWEEN",
        "WHERE",
        ">NM",
        ">FT",
        ">AHEAD",
        ">PREDICTED",
        ">IMMINENT",
        ">CONFIRM",
    ]);
    for (i, rule) in rules.rules().iter().enumerate() {
        let (horizontal, vertical) = minima(rule);
        table.row(vec![
            (i + 1).to_string(),
            rule.name.to_string(),
            between(rule),
            place(rule, rules),
            horizontal,
            vertical,
            format!("{:.0} s", rule.lookahead_s),
            format!("{:.0} s", rule.alerting.predicted_s),
            format!("{:.0} s", rule.alerting.imminent_s),
            format!("{} of {}", rule.alerting.confirm, rule.alerting.confirm_of),
        ]);
    }
    table.write(out)?;
    Ok(())
}

/// Horizontal and vertical minimum with their tolerances, as a person writes them.
fn minima(rule: &Rule) -> (String, String) {
    let m = &rule.minima;
    if m.owes_none() {
        return ("none".into(), "none".into());
    }
    let with_tolerance = |value: f64, tolerance: f64| match tolerance > 0.0 {
        true => format!("{} -{}", tidy(value), tidy(tolerance)),
        false => tidy(value),
    };
    (
        with_tolerance(nm_from_m(m.horizontal_m), nm_from_m(m.horizontal_tolerance_m)),
        with_tolerance(ft_from_m(m.vertical_m), ft_from_m(m.vertical_tolerance_m)),
    )
}

/// At most three decimals, none that are zero.
fn tidy(number: f64) -> String {
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

fn between(rule: &Rule) -> String {
    let side = |side: &Side| {
        let classes = side.classes.iter().map(|c| c.name().to_owned());
        let operators = side.operators.iter().map(|o| o.to_string());
        let names: Vec<String> = operators.chain(classes).collect();
        if names.is_empty() { "any".to_owned() } else { names.join("/") }
    };
    let [one, other] = &rule.sides;
    let mut text = match (side(one), side(other)) {
        (one, other) if one == "any" && other == "any" => "all".to_owned(),
        (one, other) if one == other => format!("{one} among themselves"),
        (one, other) => format!("{one} and {other}"),
    };
    match rule.same_operator {
        Some(true) => text.push_str(", same operator"),
        Some(false) => text.push_str(", different operators"),
        None => {}
    }
    text
}

fn place(rule: &Rule, rules: &RuleSet) -> String {
    let mut parts = Vec::new();
    if let Some(volume) = rule.volume {
        parts.push(rules.volumes()[volume].name.clone());
    }
    if let Some(band) = &rule.band {
        let level = |m: f64| format!("{:.0} ft", ft_from_m(m));
        let mut text = match (band.from_m.is_finite(), band.to_m.is_finite()) {
            (true, true) => format!("{} to {}", level(band.from_m), level(band.to_m)),
            (true, false) => format!("from {}", level(band.from_m)),
            _ => format!("to {}", level(band.to_m)),
        };
        if band.applies == BandApplies::Either {
            text.push_str(" (either)");
        }
        parts.push(text);
    }
    if let Some(angle) = rule.parallel_within_rad {
        parts.push(format!("tracks within {:.0}°", angle.to_degrees()));
    }
    if parts.is_empty() { "everywhere".to_owned() } else { parts.join(", ") }
}

#[derive(Serialize)]
struct Line<'a> {
    kind: &'static str,
    file: String,
    order: usize,
    rule: &'a str,
    between: String,
    place: String,
    horizontal_nm: json::Decimals<6>,
    vertical_ft: json::Decimals<3>,
    horizontal_tolerance_nm: json::Decimals<6>,
    vertical_tolerance_ft: json::Decimals<3>,
    lookahead_s: json::Decimals<3>,
    predicted_s: json::Decimals<3>,
    imminent_s: json::Decimals<3>,
    confirm: [u8; 2],
    clear_s: json::Decimals<3>,
    min_probability: json::Decimals<6>,
}

fn write_json(out: &mut Out, file: &Path, rules: &RuleSet) -> Outcome<()> {
    for (i, rule) in rules.rules().iter().enumerate() {
        let (minima, alerting) = (&rule.minima, &rule.alerting);
        let line = Line {
            kind: "rule",
            file: file.display().to_string(),
            order: i + 1,
            rule: rule.name.as_str(),
            between: between(rule),
            place: place(rule, rules),
            horizontal_nm: json::Decimals(nm_from_m(minima.horizontal_m)),
            vertical_ft: json::Decimals(ft_from_m(minima.vertical_m)),
            horizontal_tolerance_nm: json::Decimals(nm_from_m(minima.horizontal_tolerance_m)),
            vertical_tolerance_ft: json::Decimals(ft_from_m(minima.vertical_tolerance_m)),
            lookahead_s: json::Decimals(rule.lookahead_s),
            predicted_s: json::Decimals(alerting.predicted_s),
            imminent_s: json::Decimals(alerting.imminent_s),
            confirm: [alerting.confirm, alerting.confirm_of],
            clear_s: json::Decimals(alerting.clear_s),
            min_probability: json::Decimals(alerting.min_probability),
        };
        json::line(out, &line)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_read_like_sentences() {
        let rules = RuleSet::parse(
            "[[volume]]\nname = 'EUPHRATES'\n[[rule]]\nname = 'x'\nvolume = 'EUPHRATES'\n\
             one = { class = ['tanker'], operator = ['USAF'] }\nsame_operator = false\n\
             from_ft = 29000\nto_ft = 41000\nhorizontal_nm = 0.5\nvertical_ft = 1000\n\
             vertical_tolerance_ft = 150\n",
        )
        .unwrap();
        let rule = &rules.rules()[0];
        assert_eq!(between(rule), "USAF/tanker and any, different operators");
        assert_eq!(place(rule, &rules), "EUPHRATES, 29000 ft to 41000 ft");
        assert_eq!(minima(rule), ("0.5".to_owned(), "1000 -150".to_owned()));
    }
}

//! `.conf` files: `key = value [unit]`, one a line; `#` begins a comment.

use super::keys::{QUANTITIES, SWITCHES};
use super::text::{Kind, ParseError, Piece, short};
use super::volume::volume;
use super::{AlertLevel, Alerter, Config};
use crate::region::Region;
use std::collections::BTreeMap;

/// No configuration has more.
const MOST_ALERTERS: usize = 100;
const MOST_LEVELS: usize = 20;

pub(super) type Entries<'a> = BTreeMap<&'a str, Piece<'a>>;

pub(super) fn parse(text: &str) -> Result<Config, ParseError> {
    let entries = entries(text)?;
    let mut used = std::collections::BTreeSet::new();
    let mut config = Config::default();
    for (key, kind, place) in QUANTITIES {
        if let Some(value) = entries.get(key) {
            *place(&mut config) = value.quantity(*kind)?;
            used.insert(*key);
        }
    }
    for (key, place) in SWITCHES {
        if let Some(value) = entries.get(key) {
            *place(&mut config) = switch(*value)?;
            used.insert(*key);
        }
    }
    for (key, place) in
        [("alerting_m", &mut config.alerting_m), ("alerting_n", &mut config.alerting_n)]
    {
        if let Some(value) = entries.get(key) {
            *place = value
                .text
                .parse()
                .ok()
                .filter(|n| *n <= 1000)
                .ok_or_else(|| value.error("expected a whole number from 0 to 1000"))?;
        }
    }
    for (key, place) in [
        ("dta_logic", &mut config.terminal_area.logic),
        ("hdir_bands_below_min_as", &mut config.hdir_bands_below_min_as),
    ] {
        if let Some(value) = entries.get(key) {
            *place = match value.text {
                "0" => 0,
                "1" => 1,
                "-1" => -1,
                _ => return Err(value.error("expected -1, 0 or 1")),
            };
        }
    }
    if let Some(value) = entries.get("dta_alerter") {
        config.terminal_area.alerter =
            value.text.parse().map_err(|_| value.error("expected the number of an alerter"))?;
    }
    if let Some(value) = entries.get("corrective_region") {
        config.corrective_region = region(*value)?;
    }
    used.extend(["alerting_m", "alerting_n", "dta_logic", "dta_alerter", "corrective_region"]);
    used.extend(["hdir_bands_below_min_as", "alerters"]);
    let mut prefixes = Vec::new();
    if let Some(list) = entries.get("alerters") {
        for name in list.text.split(',').map(str::trim).filter(|n| !n.is_empty()) {
            if config.alerters.len() >= MOST_ALERTERS {
                return Err(list.error(format!("more than {MOST_ALERTERS} alerters")));
            }
            config.alerters.push(alerter(name, &entries, *list)?);
            prefixes.push(format!("{name}_"));
        }
    }
    let stranger = entries.iter().find(|(key, _)| {
        !used.contains(**key) && !prefixes.iter().any(|p| key.starts_with(p.as_str()))
    });
    if let Some((key, value)) = stranger {
        let message = format!("unknown key '{}'", short(key));
        return Err(ParseError { line: value.line, column: 1, message });
    }
    check(&config, &entries)?;
    Ok(config)
}

fn entries(text: &str) -> Result<Entries<'_>, ParseError> {
    let mut entries = Entries::new();
    for (number, line) in text.lines().enumerate() {
        let code = line.split('#').next().unwrap_or_default();
        let piece = Piece { text: code, line: number + 1, column: 1 };
        if piece.text.trim().is_empty() {
            continue;
        }
        let Some((key, value)) = piece.split_once('=') else {
            return Err(piece.trim().error("expected 'key = value'"));
        };
        let (key, value) = (key.trim(), value.trim());
        if key.text.is_empty() {
            return Err(key.error("expected a key before '='"));
        }
        if value.text.is_empty() {
            return Err(value.error(format!("'{}' has no value", short(key.text))));
        }
        if entries.insert(key.text, value).is_some() {
            return Err(key.error(format!("'{}' is given twice", short(key.text))));
        }
    }
    Ok(entries)
}

pub(super) fn switch(value: Piece) -> Result<bool, ParseError> {
    match value.text {
        "true" | "True" | "TRUE" | "1" => Ok(true),
        "false" | "False" | "FALSE" | "0" => Ok(false),
        other => Err(value.error(format!("expected true or false, found '{}'", short(other)))),
    }
}

fn region(value: Piece) -> Result<Region, ParseError> {
    match value.text {
        "NONE" => Ok(Region::None),
        "FAR" => Ok(Region::Far),
        "MID" => Ok(Region::Mid),
        "NEAR" => Ok(Region::Near),
        other => {
            Err(value.error(format!("expected NONE, FAR, MID or NEAR, found '{}'", short(other))))
        }
    }
}

fn alerter(name: &str, entries: &Entries, list: Piece) -> Result<Alerter, ParseError> {
    let mut levels = Vec::new();
    while let Some(region_text) = entries.get(&*format!("{name}_alert_{}_region", levels.len() + 1))
    {
        if levels.len() >= MOST_LEVELS {
            return Err(region_text.error(format!("more than {MOST_LEVELS} levels")));
        }
        let prefix = format!("{name}_alert_{}", levels.len() + 1);
        let get = |key: &str, kind| match entries.get(&*format!("{prefix}_{key}")) {
            Some(value) => value.quantity(kind).map(Some),
            None => Ok(None),
        };
        let alerting_time_s = get("alerting_time", Kind::Time)?
            .ok_or_else(|| region_text.error(format!("'{prefix}_alerting_time' is missing")))?;
        let detector = entries
            .get(&*format!("{prefix}_detector"))
            .ok_or_else(|| region_text.error(format!("'{prefix}_detector' is missing")))?;
        levels.push(AlertLevel {
            region: region(*region_text)?,
            alerting_time_s,
            early_alerting_time_s: get("early_alerting_time", Kind::Time)?
                .unwrap_or(alerting_time_s),
            spread: [
                get("spread_hdir", Kind::Angle)?.unwrap_or(0.0),
                get("spread_hs", Kind::Speed)?.unwrap_or(0.0),
                get("spread_vs", Kind::Speed)?.unwrap_or(0.0),
                get("spread_alt", Kind::Length)?.unwrap_or(0.0),
            ],
            detector: volume(name, *detector, entries)?,
        });
    }
    if levels.is_empty() {
        return Err(list.error(format!("'{}_alert_1_region' is missing", short(name))));
    }
    Ok(Alerter { name: name.to_owned(), levels })
}

/// Values that parse but cannot be flown.
fn check(config: &Config, entries: &Entries) -> Result<(), ParseError> {
    let fail = |key: &str, message: &str| {
        let at = entries.get(key);
        Err(ParseError {
            line: at.map_or(1, |p| p.line),
            column: at.map_or(1, |p| p.column),
            message: format!("{key}: {message}"),
        })
    };
    for (limits, name) in config.limits.iter().zip(["hdir", "hs", "vs", "alt"]) {
        if limits.step <= 0.0 {
            return fail(&format!("step_{name}"), "must be greater than zero");
        }
        let width = if name == "hdir" { limits.min + limits.max } else { limits.max - limits.min };
        if width < 0.0 {
            return fail(&format!("max_{name}"), "must not be below the minimum");
        }
        if width / limits.step > 1e5 {
            return fail(&format!("step_{name}"), "more than 100000 steps between the limits");
        }
    }
    for (key, kind, place) in QUANTITIES {
        let signed = ["min_vs", "max_vs", "min_alt", "dta_latitude", "dta_longitude"];
        let mut copy = config.clone();
        if *place(&mut copy) < 0.0 && !signed.contains(key) && *kind != Kind::Number {
            return fail(key, "must not be negative");
        }
    }
    if !(0.0..=3600.0).contains(&config.lookahead_s) {
        return fail("lookahead_time", "must be at most an hour");
    }
    if config.ca_bands && !(0.001..1.0).contains(&config.ca_factor) {
        return fail("ca_factor", "must be between 0.001 and 1");
    }
    Ok(())
}

//! Rules from TOML, with errors that name line and key.

use super::{
    Alerting, Band, BandApplies, FormationPolicy, MAX_RULES, Minima, NamedVolume, Rule, RuleSet,
    Side,
};
use crate::units::{m_from_ft, m_from_nm, mps_from_kt};
use crate::volume::{Footprint, Polygon};
use crate::{AircraftClass, Altitude, GeoPoint, Label, Volume4d};
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

/// What is wrong with a rules file, and where. The caller adds the file's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {key}: {message}")]
pub struct RuleError {
    /// Line, counted from 1.
    pub line: usize,
    /// The key or table concerned.
    pub key: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    lookahead_s: Option<Spanned<f64>>,
    #[serde(default)]
    alerting: AlertingText,
    formation: Option<FormationText>,
    #[serde(default)]
    volume: Vec<Spanned<VolumeText>>,
    #[serde(default)]
    rule: Vec<Spanned<RuleText>>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct AlertingText {
    predicted_s: Option<Spanned<f64>>,
    imminent_s: Option<Spanned<f64>>,
    confirm: Option<Spanned<[u8; 2]>>,
    clear_s: Option<Spanned<f64>>,
    min_probability: Option<Spanned<f64>>,
    levels_s: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FormationText {
    horizontal_nm: Option<Spanned<f64>>,
    vertical_ft: Option<Spanned<f64>>,
    relative_speed_kt: Option<Spanned<f64>>,
    after_s: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VolumeText {
    name: Spanned<String>,
    circle: Option<Spanned<CircleText>>,
    polygon: Option<Spanned<Vec<[f64; 2]>>>,
    lower_ft: Option<Spanned<f64>>,
    upper_ft: Option<Spanned<f64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CircleText {
    lat: f64,
    lon: f64,
    radius_nm: f64,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct SideText {
    #[serde(default)]
    class: Vec<Spanned<String>>,
    #[serde(default)]
    operator: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleText {
    name: Spanned<String>,
    horizontal_nm: Option<Spanned<f64>>,
    vertical_ft: Option<Spanned<f64>>,
    horizontal_tolerance_nm: Option<Spanned<f64>>,
    vertical_tolerance_ft: Option<Spanned<f64>>,
    exempt: Option<Spanned<bool>>,
    one: Option<SideText>,
    other: Option<SideText>,
    both: Option<Spanned<SideText>>,
    same_operator: Option<bool>,
    from_ft: Option<Spanned<f64>>,
    to_ft: Option<Spanned<f64>>,
    band_applies_to: Option<Spanned<String>>,
    volume: Option<Spanned<String>>,
    parallel_within_deg: Option<Spanned<f64>>,
    lookahead_s: Option<Spanned<f64>>,
    #[serde(default)]
    alerting: AlertingText,
}

/// Knows the text, so that a byte range becomes a line.
struct Source<'a>(&'a str);

impl Source<'_> {
    fn error(&self, span: Range<usize>, key: &str, message: impl Into<String>) -> RuleError {
        let before = self.0.get(..span.start).unwrap_or(self.0);
        let line = before.bytes().filter(|&b| b == b'\n').count() + 1;
        RuleError { line, key: key.to_owned(), message: message.into() }
    }

    /// A number that has to lie in a range.
    fn number(
        &self,
        key: &str,
        value: Option<&Spanned<f64>>,
        range: std::ops::RangeInclusive<f64>,
    ) -> Result<Option<f64>, RuleError> {
        let Some(spanned) = value else { return Ok(None) };
        let number = *spanned.get_ref();
        if range.contains(&number) {
            return Ok(Some(number));
        }
        let wanted = format!("{number} is not between {} and {}", range.start(), range.end());
        Err(self.error(spanned.span(), key, wanted))
    }

    fn required(
        &self,
        key: &str,
        value: Option<&Spanned<f64>>,
        range: std::ops::RangeInclusive<f64>,
        table: Range<usize>,
    ) -> Result<f64, RuleError> {
        self.number(key, value, range)?
            .ok_or_else(|| self.error(table, key, "is missing, and a rule cannot do without it"))
    }
}

const LOOKAHEAD_S: std::ops::RangeInclusive<f64> = 1.0..=86_400.0;

pub(super) fn parse(text: &str) -> Result<RuleSet, RuleError> {
    let source = Source(text);
    let file: File = toml::from_str(text).map_err(|e| {
        let message = e.message().trim();
        // serde names the key in backquotes: `unknown field `horizonal_nm`, …`.
        let key = message.split('`').nth(1).unwrap_or("syntax").to_owned();
        source.error(e.span().unwrap_or(0..0), &key, message)
    })?;
    let lookahead_s =
        source.number("lookahead_s", file.lookahead_s.as_ref(), LOOKAHEAD_S)?.unwrap_or(300.0);
    let alerting = alerting(&source, &file.alerting, Alerting::default())?;
    let volumes = file.volume.iter().map(|v| volume(&source, v)).collect::<Result<Vec<_>, _>>()?;
    let rules = file
        .rule
        .iter()
        .map(|r| rule(&source, r, &volumes, lookahead_s, alerting))
        .collect::<Result<Vec<_>, _>>()?;
    if rules.is_empty() {
        return Err(source.error(0..0, "rule", "there is no [[rule]]: nobody would owe anything"));
    }
    if rules.len() > MAX_RULES {
        let message = format!("{} rules; a set holds at most {MAX_RULES}", rules.len());
        return Err(source.error(file.rule[MAX_RULES].span(), "rule", message));
    }
    for (i, later) in rules.iter().enumerate() {
        if rules[..i].iter().any(|earlier| earlier.name == later.name) {
            let message = format!("\"{}\" is the name of an earlier rule too", later.name);
            return Err(source.error(file.rule[i].get_ref().name.span(), "name", message));
        }
    }
    let formation = formation(&source, file.formation.as_ref())?;
    Ok(RuleSet { rules, volumes, formation })
}

fn rule(
    source: &Source,
    spanned: &Spanned<RuleText>,
    volumes: &[NamedVolume],
    default_lookahead_s: f64,
    default_alerting: Alerting,
) -> Result<Rule, RuleError> {
    let (text, table) = (spanned.get_ref(), spanned.span());
    let name = Label::new(text.name.get_ref())
        .filter(|n| n.as_str().len() == text.name.get_ref().trim().len())
        .ok_or_else(|| source.error(text.name.span(), "name", "has to be 1 to 32 bytes long"))?;
    let lookahead_s = source
        .number("lookahead_s", text.lookahead_s.as_ref(), LOOKAHEAD_S)?
        .unwrap_or(default_lookahead_s);
    let volume = match &text.volume {
        None => None,
        Some(wanted) => {
            let found = volumes.iter().position(|v| v.name == *wanted.get_ref());
            Some(found.ok_or_else(|| {
                let message = format!("there is no [[volume]] named \"{}\"", wanted.get_ref());
                source.error(wanted.span(), "volume", message)
            })?)
        }
    };
    let parallel =
        source.number("parallel_within_deg", text.parallel_within_deg.as_ref(), 0.0..=180.0)?;
    Ok(Rule {
        name,
        minima: minima(source, text, table)?,
        sides: sides(source, text)?,
        same_operator: text.same_operator,
        band: band(source, text)?,
        volume,
        parallel_within_rad: parallel.map(f64::to_radians),
        lookahead_s,
        alerting: alerting(source, &text.alerting, default_alerting)?,
    })
}

fn minima(source: &Source, text: &RuleText, table: Range<usize>) -> Result<Minima, RuleError> {
    if let Some(exempt) = text.exempt.as_ref().filter(|e| *e.get_ref()) {
        if text.horizontal_nm.is_some() || text.vertical_ft.is_some() {
            let message =
                "a rule that exempts from separation has no minima: drop one or the other";
            return Err(source.error(exempt.span(), "exempt", message));
        }
        return Ok(Minima::new(0.0, 0.0));
    }
    let (h, v) = (text.horizontal_nm.as_ref(), text.vertical_ft.as_ref());
    let horizontal_nm = source.required("horizontal_nm", h, 0.001..=500.0, table.clone())?;
    let vertical_ft = source.required("vertical_ft", v, 1.0..=100_000.0, table)?;
    let (h, v) = (text.horizontal_tolerance_nm.as_ref(), text.vertical_tolerance_ft.as_ref());
    let below = 1.0 - 1e-9; // a tolerance as large as the minimum would silence the rule
    Ok(Minima {
        horizontal_m: m_from_nm(horizontal_nm),
        vertical_m: m_from_ft(vertical_ft),
        horizontal_tolerance_m: m_from_nm(
            source
                .number("horizontal_tolerance_nm", h, 0.0..=horizontal_nm * below)?
                .unwrap_or(0.0),
        ),
        vertical_tolerance_m: m_from_ft(
            source.number("vertical_tolerance_ft", v, 0.0..=vertical_ft * below)?.unwrap_or(0.0),
        ),
    })
}

fn sides(source: &Source, text: &RuleText) -> Result<[Side; 2], RuleError> {
    if let Some(both) = &text.both {
        if text.one.is_some() || text.other.is_some() {
            return Err(source.error(both.span(), "both", "does not go with `one` and `other`"));
        }
        let both = side(source, both.get_ref())?;
        return Ok([both.clone(), both]);
    }
    let of = |s: &Option<SideText>| s.as_ref().map_or(Ok(Side::default()), |s| side(source, s));
    Ok([of(&text.one)?, of(&text.other)?])
}

fn side(source: &Source, text: &SideText) -> Result<Side, RuleError> {
    let class = |name: &Spanned<String>| {
        AircraftClass::parse(name.get_ref()).ok_or_else(|| {
            let known: Vec<_> = AircraftClass::ALL.iter().map(|c| c.name()).collect();
            let message =
                format!("\"{}\" is none of the classes {}", name.get_ref(), known.join(", "));
            source.error(name.span(), "class", message)
        })
    };
    let operator = |name: &Spanned<String>| {
        Label::new(name.get_ref())
            .ok_or_else(|| source.error(name.span(), "operator", "is an empty name"))
    };
    Ok(Side {
        classes: text.class.iter().map(class).collect::<Result<_, _>>()?,
        operators: text.operator.iter().map(operator).collect::<Result<_, _>>()?,
    })
}

fn band(source: &Source, text: &RuleText) -> Result<Option<Band>, RuleError> {
    const LEVELS_FT: std::ops::RangeInclusive<f64> = -2000.0..=200_000.0;
    let from = source.number("from_ft", text.from_ft.as_ref(), LEVELS_FT)?;
    let to = source.number("to_ft", text.to_ft.as_ref(), LEVELS_FT)?;
    let applies = match text.band_applies_to.as_ref().map(|s| (s.get_ref().as_str(), s.span())) {
        None | Some(("both", _)) => BandApplies::Both,
        Some(("either", _)) => BandApplies::Either,
        Some((other, span)) => {
            let message = format!("\"{other}\" is neither \"both\" nor \"either\"");
            return Err(source.error(span, "band_applies_to", message));
        }
    };
    if from.is_none() && to.is_none() {
        return match &text.band_applies_to {
            Some(s) => Err(source.error(s.span(), "band_applies_to", "needs from_ft or to_ft")),
            None => Ok(None),
        };
    }
    let band = Band {
        from_m: from.map_or(f64::NEG_INFINITY, m_from_ft),
        to_m: to.map_or(f64::INFINITY, m_from_ft),
        applies,
    };
    if let (true, Some(to)) = (band.from_m >= band.to_m, &text.to_ft) {
        return Err(source.error(to.span(), "to_ft", "has to be above from_ft"));
    }
    Ok(Some(band))
}

fn alerting(
    source: &Source,
    text: &AlertingText,
    default: Alerting,
) -> Result<Alerting, RuleError> {
    let seconds =
        |key, value: &Option<Spanned<f64>>| source.number(key, value.as_ref(), 0.0..=86_400.0);
    let [confirm, confirm_of] = match &text.confirm {
        None => [default.confirm, default.confirm_of],
        Some(s) => {
            let [m, n] = *s.get_ref();
            if m == 0 || m > n || n > 64 {
                let message = format!("[{m}, {n}] has to be [M, N] with 1 ≤ M ≤ N ≤ 64");
                return Err(source.error(s.span(), "confirm", message));
            }
            [m, n]
        }
    };
    let out = Alerting {
        predicted_s: seconds("predicted_s", &text.predicted_s)?.unwrap_or(default.predicted_s),
        imminent_s: seconds("imminent_s", &text.imminent_s)?.unwrap_or(default.imminent_s),
        confirm,
        confirm_of,
        clear_s: seconds("clear_s", &text.clear_s)?.unwrap_or(default.clear_s),
        min_probability: source
            .number("min_probability", text.min_probability.as_ref(), 0.0..=1.0)?
            .unwrap_or(default.min_probability),
        levels_s: seconds("levels_s", &text.levels_s)?.unwrap_or(default.levels_s),
    };
    if out.imminent_s > out.predicted_s {
        let span =
            text.imminent_s.as_ref().or(text.predicted_s.as_ref()).map_or(0..0, Spanned::span);
        let message =
            format!("{} is longer than predicted_s = {}", out.imminent_s, out.predicted_s);
        return Err(source.error(span, "imminent_s", message));
    }
    Ok(out)
}

fn formation(source: &Source, text: Option<&FormationText>) -> Result<FormationPolicy, RuleError> {
    let default = FormationPolicy::default();
    let Some(text) = text else { return Ok(default) };
    let number = |key, value: &Option<Spanned<f64>>| source.number(key, value.as_ref(), 0.0..=1e5);
    Ok(FormationPolicy {
        horizontal_m: number("horizontal_nm", &text.horizontal_nm)?
            .map_or(default.horizontal_m, m_from_nm),
        vertical_m: number("vertical_ft", &text.vertical_ft)?.map_or(default.vertical_m, m_from_ft),
        relative_speed_mps: number("relative_speed_kt", &text.relative_speed_kt)?
            .map_or(default.relative_speed_mps, mps_from_kt),
        after_s: number("after_s", &text.after_s)?.unwrap_or(default.after_s),
    })
}

fn volume(source: &Source, spanned: &Spanned<VolumeText>) -> Result<NamedVolume, RuleError> {
    let text = spanned.get_ref();
    let footprint = match (&text.circle, &text.polygon) {
        (Some(circle), None) => circle_footprint(source, circle)?,
        (None, Some(polygon)) => polygon_footprint(source, polygon)?,
        (None, None) => Footprint::World,
        (Some(_), Some(polygon)) => {
            return Err(source.error(
                polygon.span(),
                "polygon",
                "a volume is a circle or a polygon",
            ));
        }
    };
    let limit = |key, value: &Option<Spanned<f64>>| {
        let number = source.number(key, value.as_ref(), -2000.0..=200_000.0)?;
        Ok(number.map(Altitude::pressure_ft))
    };
    let volume = Volume4d {
        footprint,
        lower: limit("lower_ft", &text.lower_ft)?,
        upper: limit("upper_ft", &text.upper_ft)?,
        start: None,
        end: None,
    };
    if let (Some(lower), Some(upper), Some(key)) = (volume.lower, volume.upper, &text.upper_ft)
        && lower.m >= upper.m
    {
        return Err(source.error(key.span(), "upper_ft", "has to be above lower_ft"));
    }
    Ok(NamedVolume { name: text.name.get_ref().clone(), volume })
}

fn circle_footprint(source: &Source, text: &Spanned<CircleText>) -> Result<Footprint, RuleError> {
    let circle = text.get_ref();
    let centre = GeoPoint::from_deg(circle.lat, circle.lon)
        .ok_or_else(|| source.error(text.span(), "circle", "lat or lon is not on the globe"))?;
    if !(circle.radius_nm > 0.0 && circle.radius_nm <= 1000.0) {
        let message = format!("radius_nm = {} is not between 0 and 1000", circle.radius_nm);
        return Err(source.error(text.span(), "circle", message));
    }
    Ok(Footprint::Circle { centre, radius_m: m_from_nm(circle.radius_nm) })
}

fn polygon_footprint(
    source: &Source,
    text: &Spanned<Vec<[f64; 2]>>,
) -> Result<Footprint, RuleError> {
    let corner = |&[lat, lon]: &[f64; 2]| {
        GeoPoint::from_deg(lat, lon).ok_or_else(|| {
            let message = format!("[{lat}, {lon}] is not on the globe (latitude comes first)");
            source.error(text.span(), "polygon", message)
        })
    };
    let corners = text.get_ref().iter().map(corner).collect::<Result<Vec<_>, _>>()?;
    let polygon =
        Polygon::new(corners).map_err(|e| source.error(text.span(), "polygon", e.to_string()))?;
    Ok(Footprint::Polygon(polygon))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: &str = "[[rule]]\nname = 'x'\nhorizontal_nm = 5\nvertical_ft = 1000\n";

    fn message(text: &str) -> String {
        RuleSet::parse(text).unwrap_err().to_string()
    }

    #[test]
    fn minimal_and_full_rules_are_read() {
        let rules = RuleSet::parse(RULE).unwrap();
        assert_eq!(rules.rules()[0].minima.horizontal_m, 9260.0);
        assert_eq!(rules.lookahead_s(), 300.0);
        let full = RuleSet::parse(
            r#"
            lookahead_s = 120
            [alerting]
            predicted_s = 90
            imminent_s = 25
            confirm = [3, 5]
            [formation]
            after_s = 45
            [[volume]]
            name = "final 27"
            polygon = [[35.0, 40.0], [35.1, 40.0], [35.1, 40.5], [35.0, 40.5]]
            upper_ft = 4000
            [[rule]]
            name = "parallel approaches"
            volume = "final 27"
            parallel_within_deg = 15
            horizontal_nm = 0.5
            vertical_ft = 500
            alerting = { imminent_s = 10 }
            [[rule]]
            name = "above FL410"
            from_ft = 41_300
            band_applies_to = "either"
            horizontal_nm = 5
            vertical_ft = 2000
            vertical_tolerance_ft = 150
            "#,
        )
        .unwrap();
        let [first, second] = full.rules() else { panic!("two rules") };
        assert_eq!(first.volume, Some(0));
        assert_eq!((first.alerting.imminent_s, first.alerting.confirm_of), (10.0, 5));
        assert_eq!(second.band.unwrap().applies, BandApplies::Either);
        assert!((second.minima.called_vertical_m() - 1850.0 * 0.3048).abs() < 1e-9);
        assert_eq!(full.formation().after_s, 45.0);
    }

    #[test]
    fn errors_name_line_and_key() {
        let cases = [
            ("[[rule]]\nname = 'x'\nhorizonal_nm = 5\n", "line 3: horizonal_nm: unknown field"),
            (
                "[[rule]]\nname = 'x'\nhorizontal_nm = -5\nvertical_ft = 1000\n",
                "line 3: horizontal_nm: -5",
            ),
            (
                "[[rule]]\nname = 'x'\nhorizontal_nm = nan\nvertical_ft = 1000\n",
                "line 3: horizontal_nm: NaN",
            ),
            ("[[rule]]\nname = 'x'\nhorizontal_nm = 5\n", "line 1: vertical_ft: is missing"),
            ("[[rule]]\nname = \nhorizontal_nm = 5\n", "line 2"),
            ("", "line 1: rule: there is no [[rule]]"),
        ];
        for (text, expected) in cases {
            let got = message(text);
            assert!(got.starts_with(expected), "{text:?}\n got {got}\nwant {expected}");
        }
        let with = |more: &str| message(&format!("{RULE}{more}"));
        assert!(with("volume = 'nowhere'\n").starts_with("line 5: volume: there is no [[volume]]"));
        assert!(with("one = { class = ['airship'] }\n").starts_with("line 5: class: \"airship\""));
        assert!(with("from_ft = 5000\nto_ft = 4000\n").starts_with("line 6: to_ft"));
        assert!(with("exempt = true\n").starts_with("line 5: exempt"));
        assert!(
            with("vertical_tolerance_ft = 1000\n").starts_with("line 5: vertical_tolerance_ft")
        );
        assert!(with("alerting = { confirm = [4, 3] }\n").starts_with("line 5: confirm"));
        assert!(with("alerting = { imminent_s = 900 }\n").starts_with("line 5: imminent_s"));
        assert!(with(RULE).starts_with("line 6: name"));
    }
}

//! Quantities as text: `55.0 [s]`, and where in a file something is wrong.

use deconflict_core::units::{
    METRES_PER_FOOT, METRES_PER_NAUTICAL_MILE, MPS_PER_FPM, MPS_PER_KNOT, STANDARD_GRAVITY_MPS2,
};
use std::f64::consts::PI;

/// What is wrong with a file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ParseError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong and what was expected.
    pub message: String,
}

/// What a quantity measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Length,
    Speed,
    Angle,
    Time,
    TurnRate,
    Acceleration,
    Number,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Length => "a length",
            Kind::Speed => "a speed",
            Kind::Angle => "an angle",
            Kind::Time => "a time",
            Kind::TurnRate => "a turn rate",
            Kind::Acceleration => "an acceleration",
            Kind::Number => "a number without unit",
        }
    }
}

/// The kind of a unit, and how much of the SI unit it is.
pub(crate) fn unit(name: &str) -> Option<(Kind, f64)> {
    Some(match name {
        "m" | "meter" | "meters" => (Kind::Length, 1.0),
        "km" => (Kind::Length, 1000.0),
        "ft" | "feet" => (Kind::Length, METRES_PER_FOOT),
        "nmi" | "NM" | "nm" => (Kind::Length, METRES_PER_NAUTICAL_MILE),
        "m/s" | "mps" => (Kind::Speed, 1.0),
        "knot" | "kn" | "kt" | "kts" | "knots" | "nmi/h" => (Kind::Speed, MPS_PER_KNOT),
        "km/h" | "kph" => (Kind::Speed, 1.0 / 3.6),
        "fpm" | "ft/min" => (Kind::Speed, MPS_PER_FPM),
        "fps" | "ft/s" => (Kind::Speed, METRES_PER_FOOT),
        "nmi/s" => (Kind::Speed, METRES_PER_NAUTICAL_MILE),
        "rad" => (Kind::Angle, 1.0),
        "deg" | "degree" | "degrees" => (Kind::Angle, PI / 180.0),
        "s" | "sec" => (Kind::Time, 1.0),
        "min" => (Kind::Time, 60.0),
        "h" | "hr" | "hour" => (Kind::Time, 3600.0),
        "ms" | "msec" => (Kind::Time, 0.001),
        "rad/s" => (Kind::TurnRate, 1.0),
        "deg/s" => (Kind::TurnRate, PI / 180.0),
        "m/s^2" | "m/s2" | "mps2" => (Kind::Acceleration, 1.0),
        "G" | "g" => (Kind::Acceleration, STANDARD_GRAVITY_MPS2),
        "none" | "unitless" | "unspecified" | "" | "-" => (Kind::Number, 1.0),
        _ => return None,
    })
}

/// A piece of a line, with the place where it begins.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece<'a> {
    pub text: &'a str,
    pub line: usize,
    pub column: usize,
}

impl<'a> Piece<'a> {
    pub fn error(&self, message: impl Into<String>) -> ParseError {
        ParseError { line: self.line, column: self.column, message: message.into() }
    }

    /// The same without white space around it.
    pub fn trim(self) -> Piece<'a> {
        let lead = self.text.chars().take_while(|c| c.is_whitespace()).count();
        Piece { text: self.text.trim(), column: self.column + lead, ..self }
    }

    /// What is before and after the first of some character.
    pub fn split_once(self, at: char) -> Option<(Piece<'a>, Piece<'a>)> {
        let (left, right) = self.text.split_once(at)?;
        let column = self.column + left.chars().count() + 1;
        Some((Piece { text: left, ..self }, Piece { text: right, column, ..self }))
    }

    /// A finite number.
    pub fn number(self) -> Result<f64, ParseError> {
        match self.text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(value),
            _ => Err(self.error(format!("expected a number, found '{}'", short(self.text)))),
        }
    }

    /// A number with its unit in brackets, in SI; without one it is taken as SI.
    pub fn quantity(self, kind: Kind) -> Result<f64, ParseError> {
        let Some((number, unit_text)) = self.split_once('[') else { return self.trim().number() };
        let value = number.trim().number()?;
        let Some(name) = unit_text.text.trim_end().strip_suffix(']') else {
            return Err(unit_text.error("expected ']' after the unit"));
        };
        match unit(name.trim()) {
            Some((found, scale)) if found == kind && (value * scale).is_finite() => {
                Ok(value * scale)
            }
            Some((found, _)) if found == kind => Err(self.error("the value is too large")),
            Some(_) => Err(unit_text.error(format!("expected {}, found [{name}]", kind.name()))),
            None => Err(unit_text.error(format!("unknown unit [{}]", short(name)))),
        }
    }
}

/// At most twenty characters of a text, for messages.
pub(crate) fn short(text: &str) -> String {
    let mut start: String = text.chars().take(20).collect();
    if text.chars().nth(20).is_some() {
        start.push('…');
    }
    start
}

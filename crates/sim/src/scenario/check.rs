//! Turning what stands in the file into values that can be used, or saying
//! precisely why not.

use super::error::ScenarioError;
use super::file::{At, Place, Range};
use crate::plan::Levels;
use deconflict_core::units::m_from_ft;
use deconflict_core::{GeoPoint, Label, Operator};
use std::collections::BTreeMap;

pub(super) type Checked<T> = Result<T, ScenarioError>;

/// Knows the text, for positions, and the names that others refer to.
pub(super) struct Checker<'a> {
    pub text: &'a str,
    pub points: BTreeMap<String, GeoPoint>,
    pub operators: Vec<Operator>,
}

impl Checker<'_> {
    pub fn wrong<T>(&self, value: &At<T>, message: impl Into<String>) -> ScenarioError {
        ScenarioError::at(self.text, value.span(), message)
    }

    /// A key is missing from the table that `anchor` belongs to.
    pub fn missing<T>(&self, anchor: &At<T>, message: impl Into<String>) -> ScenarioError {
        ScenarioError { key: None, ..self.wrong(anchor, message) }
    }

    pub fn number(&self, value: &At<f64>, low: f64, high: f64) -> Checked<f64> {
        let v = *value.get_ref();
        if v >= low && v <= high {
            return Ok(v);
        }
        Err(self.wrong(value, format!("{v} is not between {low} and {high}")))
    }

    pub fn number_or(
        &self,
        value: Option<&At<f64>>,
        default: f64,
        low: f64,
        high: f64,
    ) -> Checked<f64> {
        value.map_or(Ok(default), |v| self.number(v, low, high))
    }

    pub fn place(&self, place: &At<Place>) -> Checked<GeoPoint> {
        match place.get_ref() {
            Place::LatLon(pair) => self.lat_lon(place, *pair),
            Place::Named(name) => self
                .points
                .get(name)
                .copied()
                .ok_or_else(|| self.unknown("point", place, name, self.points.keys())),
        }
    }

    pub fn lat_lon<T>(&self, at: &At<T>, [lat, lon]: [f64; 2]) -> Checked<GeoPoint> {
        GeoPoint::from_deg(lat, lon).ok_or_else(|| {
            self.wrong(at, format!("[{lat}, {lon}] is no [latitude, longitude] in degrees"))
        })
    }

    /// Text that fits into a label; the label itself would cut it silently.
    pub fn label<const N: usize>(&self, text: &At<String>) -> Checked<Label<N>> {
        let name = text.get_ref();
        Label::new(name).filter(|label| label.as_str() == name).ok_or_else(|| {
            self.wrong(text, format!("{name:?} must have 1 to {N} characters, no spaces around"))
        })
    }

    pub fn operator(&self, name: &At<String>) -> Checked<Operator> {
        let known = self.operators.iter().find(|o| o.as_str() == name.get_ref());
        known
            .copied()
            .ok_or_else(|| self.unknown("operator", name, name.get_ref(), self.operators.iter()))
    }

    pub fn operators(&self, names: Option<&Vec<At<String>>>) -> Checked<Vec<Operator>> {
        names.into_iter().flatten().map(|name| self.operator(name)).collect()
    }

    /// The value that goes with one of a few words.
    pub fn word<T: Copy>(&self, word: &At<String>, choices: &[(&str, T)]) -> Checked<T> {
        let found = choices.iter().find(|(name, _)| name == word.get_ref());
        found.map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            self.wrong(word, format!("{:?} is none of: {}", word.get_ref(), names.join(", ")))
        })
    }

    /// The index of the thing of this name.
    pub fn index(&self, what: &str, name: &At<String>, known: &[String]) -> Checked<usize> {
        let found = known.iter().position(|k| k == name.get_ref());
        found.ok_or_else(|| self.unknown(what, name, name.get_ref(), known.iter()))
    }

    pub fn unknown<T, N: std::fmt::Display>(
        &self,
        what: &str,
        at: &At<T>,
        name: &str,
        known: impl Iterator<Item = N>,
    ) -> ScenarioError {
        // Long lists help nobody: those that begin alike first, and a few of them.
        let mut names: Vec<String> = known.map(|n| n.to_string()).collect();
        let alike = |n: &String| n.bytes().zip(name.bytes()).take_while(|(a, b)| a == b).count();
        names.sort_by_key(|n| std::cmp::Reverse(alike(n)));
        let more = if names.len() > 8 { ", …" } else { "" };
        names.truncate(8);
        let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") + more };
        self.wrong(at, format!("there is no {what} {name:?}; known: {known}"))
    }

    /// Altitudes from `fl` or `alt_ft`, of which one may be given.
    pub fn levels(
        &self,
        fl: Option<&At<Range>>,
        alt_ft: Option<&At<Range>>,
    ) -> Checked<Option<Levels>> {
        let (value, feet_per_unit) = match (fl, alt_ft) {
            (None, None) => return Ok(None),
            (Some(fl), None) => (fl, 100.0),
            (None, Some(alt_ft)) => (alt_ft, 1.0),
            (Some(_), Some(alt_ft)) => {
                return Err(self.wrong(alt_ft, "give `fl` or `alt_ft`, not both"));
            }
        };
        let Range { low, high } = *value.get_ref();
        let (low_ft, high_ft) = (low * feet_per_unit, high * feet_per_unit);
        if !(low_ft <= high_ft && low_ft >= -2000.0 && high_ft <= 100_000.0) {
            let message = format!("{low_ft} to {high_ft} ft is no range within -2000 to 100000 ft");
            return Err(self.wrong(value, message));
        }
        Ok(Some(Levels { low_m: m_from_ft(low_ft), high_m: m_from_ft(high_ft) }))
    }
}

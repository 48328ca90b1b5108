//! Numbers and times as they stand in messages.

use deconflict_core::Time;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use std::fmt;

/// Rounds to so many decimals: more would be noise, and messages longer for it.
pub(crate) fn rounded(number: f64, decimals: i32) -> f64 {
    let scale = 10f64.powi(decimals);
    // Adding zero turns a negative zero into a plain one.
    (number * scale).round() / scale + 0.0
}

/// The same of a number that may be missing; what is not finite is missing.
pub(crate) fn maybe(number: f64, decimals: i32) -> Option<f64> {
    number.is_finite().then(|| rounded(number, decimals))
}

/// An instant in a message: ISO 8601 in UTC with milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stamp(pub Time);

impl Stamp {
    /// Reads what [`Display`](fmt::Display) writes, with any number of decimals; `None` if it
    /// is no such instant.
    pub fn parse(text: &str) -> Option<Stamp> {
        let (date, rest) = text.split_once(['T', ' '])?;
        let clock = rest.strip_suffix(['Z', 'z']).or_else(|| rest.strip_suffix("+00:00"))?;
        let mut date = date.splitn(3, '-');
        let year: i64 = digits(date.next()?)?.try_into().ok()?;
        let month: u32 = digits(date.next()?)?.try_into().ok()?;
        let day: u32 = digits(date.next()?)?.try_into().ok()?;
        let days = deconflict_core::time::days_from_civil(year, month, day)?;
        let mut clock = clock.splitn(3, ':');
        let (hour, minute) = (digits(clock.next()?)?, digits(clock.next()?)?);
        let (second, fraction) = match clock.next() {
            None => (0, 0.0),
            Some(seconds) => match seconds.split_once('.') {
                None => (digits(seconds)?, 0.0),
                Some((whole, decimals)) if decimals.len() <= 9 => {
                    let scale = 10f64.powi(decimals.len() as i32);
                    (digits(whole)?, digits(decimals)? as f64 / scale)
                }
                Some(_) => return None,
            },
        };
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let whole_s = days * 86_400 + (hour * 3600 + minute * 60 + second) as i64;
        let millis = whole_s.checked_mul(1000)?;
        Some(Stamp(Time::from_millis(millis).plus_s(fraction)))
    }
}

/// A number of decimal digits and nothing else.
fn digits(text: &str) -> Option<u64> {
    let plain = (1..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

impl fmt::Display for Stamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Stamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Stamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Stamp, D::Error> {
        let text = String::deserialize(deserializer)?;
        Stamp::parse(&text).ok_or_else(|| {
            D::Error::custom(format!("{text:?} is no time such as 2026-01-01T12:00:00Z"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn stamps_are_read_and_nothing_else_is() {
        let stamp = Stamp::parse("2017-12-13T08:00:00.250Z").unwrap();
        assert_eq!(stamp.to_string(), "2017-12-13T08:00:00.250Z");
        assert_eq!(Stamp::parse("2017-12-13 08:00Z"), Stamp::parse("2017-12-13T08:00:00Z"));
        for bad in [
            "",
            "2017-12-13",
            "2017-12-13T08:00:00",
            "2017-13-01T00:00:00Z",
            "2017-12-13T25:00:00Z",
            "2017-12-13T08:-1:00Z",
            "2017-12-13T08:00:00.1234567890Z",
        ] {
            assert_eq!(Stamp::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn every_millisecond_comes_back(millis in -9_000_000_000_000i64..9_000_000_000_000) {
            let stamp = Stamp(Time::from_millis(millis));
            prop_assert_eq!(Stamp::parse(&stamp.to_string()), Some(stamp));
        }

        #[test]
        fn no_text_breaks_it(text in ".{0,40}") {
            let _ = Stamp::parse(&text);
        }
    }
}

//! What an answer means for a delivery.

use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::StatusCode;
use std::time::Duration;

/// What became of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Taken.
    Accepted,
    /// Not wanted, now or later.
    Refused(String),
    /// Nothing is wanted from here any more.
    Gone,
    /// To be tried again.
    Later {
        /// Why.
        why: String,
        /// Not before this has passed, as the receiver says.
        after: Option<Duration>,
        /// Whether it is the receiver that cannot at present, and not this delivery.
        receiver: bool,
    },
}

impl Outcome {
    /// What an answer means. `now_unix_s` is needed for dates in `Retry-After`.
    pub fn of(status: StatusCode, retry_after: Option<&str>, now_unix_s: i64) -> Outcome {
        let said = format!("the receiver answers {status}");
        let code = status.as_u16();
        match code {
            200..=299 => Outcome::Accepted,
            410 => Outcome::Gone,
            300..=399 => Outcome::Refused(format!("{said}; redirects are not followed")),
            408 | 429 | 500..=599 => Outcome::Later {
                why: said,
                after: retry_after.and_then(|text| pause(text, now_unix_s)),
                receiver: matches!(code, 429 | 502..=504),
            },
            _ => Outcome::Refused(said),
        }
    }
}

/// `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
fn pause(text: &str, now_unix_s: i64) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = DateTimeParser::new().parse_timestamp(text).ok()?;
    Some(Duration::from_secs(u64::try_from(date.as_second() - now_unix_s).unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: u16, retry_after: Option<&str>) -> Outcome {
        Outcome::of(StatusCode::from_u16(code).unwrap(), retry_after, 1_445_412_400)
    }

    #[test]
    fn answers_mean_what_the_documentation_says() {
        for code in [200, 202, 204] {
            assert_eq!(of(code, None), Outcome::Accepted, "{code}");
        }
        assert_eq!(of(410, None), Outcome::Gone);
        for code in [301, 307, 400, 401, 403, 404, 422] {
            assert!(matches!(of(code, None), Outcome::Refused(_)), "{code}");
        }
        for code in [408, 429, 500, 502, 503, 504] {
            assert!(matches!(of(code, None), Outcome::Later { .. }), "{code}");
        }
    }

    #[test]
    fn retry_after_is_read_in_both_its_forms() {
        let after = |text| match of(429, Some(text)) {
            Outcome::Later { after, .. } => after.map(|d| d.as_secs()),
            other => panic!("{other:?}"),
        };
        assert_eq!(after("120"), Some(120));
        assert_eq!(after("Wed, 21 Oct 2015 07:28:00 GMT"), Some(80));
        assert_eq!(after("Wed, 21 Oct 2015 07:20:00 GMT"), Some(0));
        assert_eq!(after("soon"), None);
        assert_eq!(after("-5"), None);
    }
}

//! Time as a count of nanoseconds: exact, ordered, and never read from a clock here.

use std::fmt;

/// An instant: nanoseconds since 1970-01-01T00:00:00 UTC, leap seconds not
/// counted (POSIX time). Covers the years 1678 to 2262.
///
/// Arithmetic saturates at the ends of that range instead of overflowing, so a
/// wild time stamp in a feed can be late or early but cannot crash anything.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(i64);

const NANOS_PER_S: f64 = 1e9;

impl Time {
    /// The earliest instant that can be expressed.
    pub const MIN: Time = Time(i64::MIN);
    /// The latest instant that can be expressed.
    pub const MAX: Time = Time(i64::MAX);

    /// From nanoseconds since the Unix epoch.
    pub const fn from_nanos(nanos: i64) -> Time {
        Time(nanos)
    }

    /// From whole milliseconds since the Unix epoch (saturating).
    pub const fn from_millis(millis: i64) -> Time {
        Time(millis.saturating_mul(1_000_000))
    }

    /// From seconds since the Unix epoch; `None` if not finite or outside the range.
    pub fn from_unix_s(seconds: f64) -> Option<Time> {
        // Whole and fractional parts are converted apart: a double near 1.7e9 s
        // has a resolution of 0.2 µs and the product with 1e9 would lose more.
        if !seconds.is_finite() || seconds.abs() > 9.2e9 {
            return None;
        }
        let whole = seconds.floor();
        let nanos = ((seconds - whole) * NANOS_PER_S).round();
        Some(Time((whole as i64) * 1_000_000_000 + nanos as i64))
    }

    /// Nanoseconds since the Unix epoch.
    pub const fn as_nanos(self) -> i64 {
        self.0
    }

    /// Seconds since the Unix epoch, for display and arithmetic that tolerates
    /// the resolution of a double (about 0.2 µs today).
    pub fn as_unix_s(self) -> f64 {
        let whole = self.0.div_euclid(1_000_000_000);
        let rest = self.0.rem_euclid(1_000_000_000);
        whole as f64 + rest as f64 / NANOS_PER_S
    }

    /// Seconds from `earlier` to `self`; negative if `self` is the earlier one.
    #[inline]
    pub fn seconds_since(self, earlier: Time) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / NANOS_PER_S
    }

    /// This instant moved by `seconds` (rounded to the nanosecond, saturating).
    /// A NaN moves nothing.
    #[inline]
    pub fn plus_s(self, seconds: f64) -> Time {
        // `as` saturates and maps NaN to zero: just what is wanted here.
        Time(self.0.saturating_add((seconds * NANOS_PER_S).round() as i64))
    }
}

/// ISO 8601 in UTC with milliseconds, `2018-08-01T05:27:30.000Z`.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.0.div_euclid(86_400_000_000_000);
        let nanos_of_day = self.0.rem_euclid(86_400_000_000_000);
        let (year, month, day) = civil_from_days(days);
        let ms = nanos_of_day / 1_000_000;
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
            ms / 3_600_000,
            ms / 60_000 % 60,
            ms / 1000 % 60,
            ms % 1000
        )
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// Proleptic Gregorian date of a day number since 1970-01-01.
/// Algorithm: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms" (2013).
fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * shifted_month + 2) / 5 + 1) as u32;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 } as u32;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// Day number since 1970-01-01 of a proleptic Gregorian date; the inverse of
/// the display. `None` for a month or day that no calendar has.
pub fn days_from_civil(year: i64, month: u32, day: u32) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || year.abs() > 9999 {
        return None;
    }
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y.rem_euclid(400);
    let shifted_month = i64::from(if month > 2 { month - 3 } else { month + 9 });
    let day_of_year = (153 * shifted_month + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = era * 146_097 + day_of_era - 719_468;
    (civil_from_days(days) == (year, month, day)).then_some(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displays_as_iso_8601() {
        assert_eq!(Time::from_millis(1_533_101_250_000).to_string(), "2018-08-01T05:27:30.000Z");
        assert_eq!(Time::from_millis(-1).to_string(), "1969-12-31T23:59:59.999Z");
        assert_eq!(Time::from_millis(951_782_400_000).to_string(), "2000-02-29T00:00:00.000Z");
    }

    #[test]
    fn impossible_dates_are_refused() {
        assert_eq!(days_from_civil(1970, 1, 1), Some(0));
        assert_eq!(days_from_civil(2000, 2, 29), Some(11_016));
        assert_eq!(days_from_civil(2001, 2, 29), None);
        assert_eq!(days_from_civil(2001, 13, 1), None);
        assert_eq!(days_from_civil(2001, 4, 31), None);
    }

    #[test]
    fn wild_times_saturate_and_never_panic() {
        assert_eq!(Time::MAX.plus_s(1e300), Time::MAX);
        assert_eq!(Time::MIN.plus_s(-1.0), Time::MIN);
        assert_eq!(Time::from_nanos(5).plus_s(f64::NAN), Time::from_nanos(5));
        assert!(Time::MAX.seconds_since(Time::MIN) > 0.0);
        assert_eq!(Time::from_unix_s(f64::INFINITY), None);
        assert_eq!(Time::from_unix_s(1e11), None);
    }

    #[test]
    fn fractions_survive() {
        let t = Time::from_unix_s(1_700_513_836.875).unwrap();
        assert_eq!(t.as_nanos(), 1_700_513_836_875_000_000);
        assert_eq!(t.as_unix_s(), 1_700_513_836.875);
        assert_eq!(t.plus_s(0.125).seconds_since(t), 0.125);
    }
}

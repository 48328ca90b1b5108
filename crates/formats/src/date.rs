//! Calendar dates and times of day as feeds write them.

use crate::error::ErrorKind;
use crate::field::{number, possible_time, whole};
use deconflict_core::Time;
use deconflict_core::time::days_from_civil;

const NANOS_PER_S: i64 = 1_000_000_000;

/// Turns date and time of day into instants, and remembers the last date,
/// which is the same on nearly every line.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Calendar {
    text: [u8; 10],
    midnight_s: i64,
}

impl Calendar {
    /// `2016/03/10` or `2016-03-10`, and `18:22:17.705`.
    #[inline]
    pub(crate) fn instant(&mut self, date: &[u8], time_of_day: &[u8]) -> Result<Time, ErrorKind> {
        if date != self.text {
            let (midnight_s, text) = midnight(date).ok_or(ErrorKind::ImpossibleTime)?;
            *self = Calendar { text, midnight_s };
        }
        let nanos = nanos_of_day(time_of_day).ok_or(ErrorKind::ImpossibleTime)?;
        possible_time(Time::from_nanos(self.midnight_s * NANOS_PER_S + nanos))
    }
}

fn midnight(date: &[u8]) -> Option<(i64, [u8; 10])> {
    let text: [u8; 10] = date.try_into().ok()?;
    if !matches!((text[4], text[7]), (b'/', b'/') | (b'-', b'-')) {
        return None;
    }
    let [year, month, day] = [&text[..4], &text[5..7], &text[8..]].map(|part| whole(part).ok());
    let year = i64::try_from(year?).ok().filter(|year| (1900..2200).contains(year))?;
    let days = days_from_civil(year, month? as u32, day? as u32)?;
    Some((days * 86_400, text))
}

/// `18:22:17` with up to nine decimals. A leap second (`:60`) is the first of the next minute.
#[inline]
fn nanos_of_day(text: &[u8]) -> Option<i64> {
    let [h1, h2, b':', m1, m2, b':', s1, s2, rest @ ..] = text else { return None };
    let two = |tens: u8, ones: u8| {
        let digits = tens.is_ascii_digit() && ones.is_ascii_digit();
        digits.then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
    };
    let (hours, minutes, seconds) = (two(*h1, *h2)?, two(*m1, *m2)?, two(*s1, *s2)?);
    if hours > 23 || minutes > 59 || seconds > 60 {
        return None;
    }
    let fraction = match rest {
        [] => 0,
        [b'.', decimals @ ..] if (1..=9).contains(&decimals.len()) => {
            let missing = 9 - decimals.len() as u32;
            whole(decimals).ok()? as i64 * 10_i64.pow(missing)
        }
        _ => return None,
    };
    Some(((hours * 60 + minutes) * 60 + seconds) * NANOS_PER_S + fraction)
}

/// A time stamp of a table: seconds or milliseconds since the epoch, told apart
/// by their size (a count of 10¹¹ is a second in the year 5138 or a millisecond
/// in 1973), or ISO 8601 with `T` or a blank, in UTC (`Z`, `+00:00` or nothing).
pub(crate) fn stamp(calendar: &mut Calendar, text: &[u8]) -> Result<Time, ErrorKind> {
    if let Ok(value) = number(text) {
        return stamp_number(value);
    }
    let (Some(date), Some(b'T' | b' ')) = (text.get(..10), text.get(10)) else {
        return Err(ErrorKind::ImpossibleTime);
    };
    let time_of_day = &text[11..];
    let time_of_day = [&b"Z"[..], b"+00:00", b"+0000"]
        .iter()
        .find_map(|zone| time_of_day.strip_suffix(*zone))
        .unwrap_or(time_of_day);
    calendar.instant(date, time_of_day)
}

/// A time in ISO 8601, in UTC, as [`Time`] displays it.
pub fn time_text(text: &str) -> Result<Time, ErrorKind> {
    match number(text.as_bytes()) {
        Ok(_) => Err(ErrorKind::ImpossibleTime),
        Err(_) => stamp(&mut Calendar::default(), text.as_bytes()),
    }
}

/// Seconds, or milliseconds from 10¹¹ on.
pub(crate) fn stamp_number(value: f64) -> Result<Time, ErrorKind> {
    if value.abs() < 1e11 {
        return crate::field::time_s(value);
    }
    // Whole milliseconds stay exact; the division would not keep all of them.
    match value.fract() == 0.0 && value.abs() < 1e15 {
        true => possible_time(Time::from_millis(value as i64)),
        false => crate::field::time_s(value / 1000.0),
    }
}

/// `Wed Sep 2 04:23:37 +0000 UTC 2015`: the layout of the Go library's default
/// time format with the year last, as the stratux logger writes it.
pub(crate) fn unix_style(text: &[u8]) -> Option<Time> {
    let text = std::str::from_utf8(text).ok()?;
    let mut words = text.split_ascii_whitespace();
    let (_weekday, month, day, time_of_day) =
        (words.next()?, words.next()?, words.next()?, words.next()?);
    let year = words.next_back()?;
    let month =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
            .iter()
            .position(|name| *name == month)?;
    let year: i64 = year.parse().ok()?;
    let days = days_from_civil(year, month as u32 + 1, day.parse().ok()?)?;
    let nanos = nanos_of_day(time_of_day.as_bytes())?;
    let midnight = days.checked_mul(86_400 * NANOS_PER_S)?;
    possible_time(Time::from_nanos(midnight.checked_add(nanos)?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_feeds_write() {
        let mut calendar = Calendar::default();
        let t = calendar.instant(b"2016/03/10", b"18:22:17.705").unwrap();
        assert_eq!(t.to_string(), "2016-03-10T18:22:17.705Z");
        let t = stamp(&mut calendar, b"2018-08-01 05:27:30+00:00").unwrap();
        assert_eq!(t.to_string(), "2018-08-01T05:27:30.000Z");
        assert_eq!(stamp(&mut calendar, b"1533101250000"), Ok(t));
        assert_eq!(stamp(&mut calendar, b"1533101250"), Ok(t));
        let t = unix_style(b"Wed Sep 2 04:23:37 +0000 UTC 2015").unwrap();
        assert_eq!(t.to_string(), "2015-09-02T04:23:37.000Z");
    }

    #[test]
    fn impossible_times_are_refused() {
        let mut calendar = Calendar::default();
        for (date, time) in [
            ("2016/02/30", "00:00:00"),
            ("2016/13/01", "00:00:00"),
            ("2016/01/01", "24:00:00"),
            ("2016/01/01", "1:00:00"),
            ("3000/01/01", "00:00:00"),
            ("", ""),
            ("0000000000", "00:00:00"),
        ] {
            let instant = calendar.instant(date.as_bytes(), time.as_bytes());
            assert_eq!(instant, Err(ErrorKind::ImpossibleTime), "{date} {time}");
        }
        assert!(stamp(&mut calendar, b"1e300").is_err());
        assert!(stamp(&mut calendar, "2018-08-0é 05".as_bytes()).is_err());
        assert_eq!(unix_style(b"Wed Sep"), None);
    }
}

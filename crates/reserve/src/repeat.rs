//! Reservations that come again every day or every week, in UTC.

use deconflict_core::Time;

/// Most times that a reservation may come again: a year of days, and some.
pub const MOST_TIMES: u32 = 1_000;

const DAY_S: f64 = 86_400.0;
const DAY_NANOS: i64 = 86_400_000_000_000;

/// How a time window comes again. The first is the window itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeat {
    /// Days, or weeks.
    pub unit: Unit,
    /// Every so many of them; at least 1.
    pub every: u32,
    /// When it ends.
    pub ends: Ends,
}

/// The unit of a [`Repeat`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// By the day.
    Days,
    /// By the week, on these days of it: bit 0 is Monday.
    Weeks(u8),
}

/// When a [`Repeat`] ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// After so many times, the first included.
    Count(u32),
    /// No time starts at or after this.
    Until(Time),
}

/// Names of the days of the week, Monday first.
pub const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Day of the week: 0 is Monday. 1970-01-01 was a Thursday.
fn weekday(time: Time) -> i64 {
    (time.as_nanos().div_euclid(DAY_NANOS) + 3).rem_euclid(7)
}

impl Repeat {
    /// The moments at which the window starts, if it first starts at `first`: in order, and
    /// no more than [`MOST_TIMES`].
    pub fn starts(&self, first: Time) -> Vec<Time> {
        let mut out = Vec::new();
        let every = i64::from(self.every.max(1));
        let first_day = weekday(first);
        // Weeks are counted from Monday, as people do. No more days are looked at than a
        // thousand times can need.
        let most_days = i64::from(MOST_TIMES) * every * 7;
        let mut day = 0;
        while day <= most_days && out.len() < MOST_TIMES as usize {
            let start = first.plus_s(day as f64 * DAY_S);
            let is_over = match self.ends {
                Ends::Count(count) => out.len() >= count as usize,
                Ends::Until(until) => start >= until,
            };
            if is_over || (day > 0 && (start <= first || start == Time::MAX)) {
                break;
            }
            match self.unit {
                Unit::Days => {
                    out.push(start);
                    day += every;
                }
                Unit::Weeks(days) => {
                    let from_monday = first_day + day;
                    let in_week = (from_monday / 7) % every == 0;
                    if in_week && days >> (from_monday % 7) & 1 == 1 {
                        out.push(start);
                    }
                    day += 1;
                }
            }
        }
        out
    }
}

/// Days of the week from a list of names: `mon wed fri`.
pub fn days_from_names(text: &str) -> Option<u8> {
    let words = text.split(|c: char| c.is_whitespace() || c == ',').filter(|w| !w.is_empty());
    words.map(|w| DAYS.iter().position(|d| d.eq_ignore_ascii_case(w))).try_fold(0, |days, day| {
        let day = day?;
        Some(days | 1 << day)
    })
}

/// The names of days of the week.
pub fn names_of_days(days: u8) -> String {
    let names = DAYS.iter().enumerate().filter(|(i, _)| days >> i & 1 == 1).map(|(_, name)| *name);
    names.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;

    fn starts(repeat: Repeat, first: &str) -> Vec<String> {
        let first = text::time(first).unwrap();
        repeat.starts(first).into_iter().map(|t| t.to_string()[..16].to_owned()).collect()
    }

    #[test]
    fn days_and_weeks_are_counted_as_people_do() {
        let daily = Repeat { unit: Unit::Days, every: 2, ends: Ends::Count(3) };
        assert_eq!(
            starts(daily, "2026-12-30T10:00:00Z"),
            ["2026-12-30T10:00", "2027-01-01T10:00", "2027-01-03T10:00"]
        );
        // 2026-03-04 is a Wednesday.
        let until = Ends::Until(text::time("2026-03-23T00:00:00Z").unwrap());
        let days = days_from_names("Mon, wed").unwrap();
        let weekly = Repeat { unit: Unit::Weeks(days), every: 2, ends: until };
        assert_eq!(
            starts(weekly, "2026-03-04T10:00:00Z"),
            ["2026-03-04T10:00", "2026-03-16T10:00", "2026-03-18T10:00"]
        );
        assert_eq!(names_of_days(days), "mon wed");
        assert_eq!(days_from_names("mon caturday"), None);
    }

    #[test]
    fn nothing_is_endless() {
        let until = Ends::Until(Time::MAX);
        let daily = Repeat { unit: Unit::Days, every: 1, ends: until };
        assert_eq!(daily.starts(Time::from_nanos(0)).len(), MOST_TIMES as usize);
        let never = Repeat { unit: Unit::Weeks(0), every: u32::MAX, ends: until };
        assert!(never.starts(Time::from_nanos(0)).len() <= MOST_TIMES as usize);
        assert!(daily.starts(Time::MAX).len() <= 1);
    }
}

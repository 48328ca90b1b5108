//! What the kernel answers: who loses separation with whom, when, and how surely.

use deconflict_core::rules::Rule;
use deconflict_core::units::{ft_from_m, kt_from_mps, nm_from_m};
use deconflict_core::{Subject, Time};
use std::fmt::Write;

/// Two aircraft that lose the separation they owe each other.
///
/// Times are seconds after the scene's `now`; negative ones lie in the past
/// (the entry of a loss that is under way is clipped to the trajectories' start).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Conflict {
    /// Index in the scene of one aircraft: the one pushed first.
    pub a: u32,
    /// Index in the scene of the other.
    pub b: u32,
    /// Index in the rule set of the rule that is infringed first.
    pub rule: u16,
    /// Whether separation is lost already at `now`.
    pub lost: bool,
    /// When both minima begin to be infringed.
    pub entry_s: f64,
    /// When at least one of them is kept again, or the look-ahead ends.
    pub exit_s: f64,
    /// When the two are horizontally closest, within the look-ahead.
    pub tcpa_s: f64,
    /// Horizontal distance at [`tcpa_s`](Self::tcpa_s), metres.
    pub hmd_m: f64,
    /// Vertical distance at [`tcpa_s`](Self::tcpa_s), metres.
    pub vmd_m: f64,
    /// Least horizontal distance during the infringement, metres.
    pub least_horizontal_m: f64,
    /// Least vertical distance during the infringement, metres.
    pub least_vertical_m: f64,
    /// Horizontal distance now (at the start of the look-ahead), metres.
    pub horizontal_now_m: f64,
    /// Altitude of `b` above `a` now, metres.
    pub vertical_now_m: f64,
    /// Relative ground speed at entry, m/s: the rate at which the two move against each other.
    pub relative_speed_mps: f64,
    /// Angle between the two track angles at entry, radians, 0 (parallel) to π (head-on).
    pub crossing_rad: f64,
    /// Relative vertical rate at entry (`b` against `a`), m/s.
    pub relative_vertical_rate_mps: f64,
    /// Probability of loss of separation within the look-ahead; NaN if not asked for.
    pub probability: f64,
}

impl Conflict {
    /// The instant of entry.
    pub fn entry(&self, now: Time) -> Time {
        now.plus_s(self.entry_s)
    }

    /// Why this is a conflict, in the words of a controller.
    pub fn explain(&self, a: &Subject, b: &Subject, rule: &Rule) -> String {
        let mut words = format!("{} and {} ", a.name(), b.name());
        let degrees = self.crossing_rad.to_degrees();
        words.push_str(match degrees {
            d if self.relative_speed_mps < 5.0 && d < 30.0 => "fly side by side",
            d if d < 30.0 => "are on the same track",
            d if d > 150.0 => "are head-on",
            _ => "cross",
        });
        if (30.0..=150.0).contains(&degrees) {
            let _ = write!(words, " at {degrees:.0}°");
        }
        if self.relative_vertical_rate_mps.abs() > 1.5 {
            let closing = self.relative_vertical_rate_mps * self.vertical_now_m < 0.0;
            words.push_str(if closing { ", levels closing" } else { ", levels opening" });
        }
        if self.lost {
            let _ = write!(
                words,
                ": separation is lost, {} now, {} at the least",
                distances(self.horizontal_now_m, self.vertical_now_m.abs()),
                distances(self.least_horizontal_m, self.least_vertical_m)
            );
        } else {
            let _ = write!(
                words,
                ": separation is lost in {}, {} at the least",
                duration(self.entry_s),
                distances(self.least_horizontal_m, self.least_vertical_m)
            );
        }
        let _ = write!(
            words,
            ", closing at {:.0} kt; {} owed ({})",
            kt_from_mps(self.relative_speed_mps),
            distances(rule.minima.horizontal_m, rule.minima.vertical_m),
            rule.name
        );
        words
    }
}

fn distances(horizontal_m: f64, vertical_m: f64) -> String {
    format!("{:.1} NM / {:.0} ft", nm_from_m(horizontal_m), ft_from_m(vertical_m))
}

fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match (whole / 60, whole % 60) {
        (0, s) => format!("{s} s"),
        (m, s) => format!("{m} min {s:02} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::RuleSet;
    use deconflict_core::rules::Minima;

    #[test]
    fn says_why_in_words() {
        let rules = RuleSet::uniform("en-route", Minima::new(9260.0, 304.8), 300.0);
        let (a, b) = (Subject::anonymous(1), Subject::anonymous(2));
        let mut conflict = Conflict {
            a: 0,
            b: 1,
            rule: 0,
            lost: false,
            entry_s: 94.2,
            exit_s: 130.0,
            tcpa_s: 110.0,
            hmd_m: 1852.0,
            vmd_m: 0.0,
            least_horizontal_m: 1852.0,
            least_vertical_m: 0.0,
            horizontal_now_m: 50_000.0,
            vertical_now_m: 0.0,
            relative_speed_mps: 300.0,
            crossing_rad: std::f64::consts::FRAC_PI_2,
            relative_vertical_rate_mps: 0.0,
            probability: f64::NAN,
        };
        assert_eq!(
            conflict.explain(&a, &b, &rules.rules()[0]),
            "#1 and #2 cross at 90°: separation is lost in 1 min 34 s, 1.0 NM / 0 ft at the \
             least, closing at 583 kt; 5.0 NM / 1000 ft owed (en-route)"
        );
        conflict.lost = true;
        conflict.crossing_rad = 3.1;
        assert!(
            conflict
                .explain(&a, &b, &rules.rules()[0])
                .contains("head-on: separation is lost, 27.0 NM")
        );
    }
}

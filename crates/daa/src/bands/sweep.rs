//! Which manoeuvres lead into which volume.
//!
//! Whoever stops manoeuvring at a sample flies on straight, so when that violates a
//! volume is one interval of time, and it is the same whatever the time ahead that is
//! asked about. It is found once for each sample and intruder; every region,
//! look-ahead and time of recovery is then a comparison of intervals.

use super::trajectory::{Manoeuvres, Sample};
use crate::detector::{Detector, Span, Volume};
use crate::pair::Pair;

/// No time at all.
const NEVER: Span = Span::new(f64::INFINITY, f64::NEG_INFINITY);
/// Longer than anybody looks ahead or back, seconds.
const ALL_TIME: Span = Span::new(-1e9, 1e9);

/// When straight flight from each sample violates a volume, counted from the sample.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sweep {
    spans: Vec<Span>,
    /// Whether any sample ever meets the volume.
    meets: bool,
}

impl Sweep {
    /// Finds the intervals for one intruder. `pair` is the pair as it is now.
    pub fn fill(&mut self, manoeuvres: &Manoeuvres, pair: &Pair, volume: &Volume) {
        self.spans.clear();
        self.spans
            .extend(manoeuvres.samples.iter().map(|sample| from_sample(pair, sample, volume)));
        self.meets = self.spans.iter().any(|span| span.start <= span.end);
    }

    /// The same for a volume within another that has been swept: what never meets the
    /// outer one never meets this one.
    pub fn fill_within(&mut self, outer: &Sweep, m: &Manoeuvres, pair: &Pair, volume: &Volume) {
        self.spans.clear();
        self.spans.extend(m.samples.iter().zip(&outer.spans).map(|(sample, outer)| {
            if outer.start > outer.end {
                return NEVER;
            }
            from_sample(pair, sample, volume)
        }));
        self.meets = self.spans.iter().any(|span| span.start <= span.end);
    }

    /// Whether a sample, or the straight flight from it, violates the volume within
    /// `until_s`. What happens between samples does not make somebody peripheral.
    pub fn meets_within(&self, m: &Manoeuvres, until_s: f64) -> bool {
        if !self.meets {
            return false;
        }
        let look = Look { from_s: 0.0, until_s, horizon_s: m.horizon_s };
        let mut samples = m.samples.iter().zip(&self.spans);
        !m.ends.is_empty() || samples.any(|(sample, span)| look.after(sample, span, 0.0))
    }

    /// Marks the values that lead to a violation not before `from_s` from now, within
    /// `until_s` of the end of the manoeuvre, and within the look-ahead: on the way, or
    /// in the straight flight that follows. Says whether any is marked.
    pub fn mark(&self, m: &Manoeuvres, from_s: f64, until_s: f64, marks: &mut [bool]) -> bool {
        if !self.meets {
            return false;
        }
        let look = Look { from_s, until_s, horizon_s: m.horizon_s };
        let mut any = false;
        let mut mark = |value: &mut bool, leads: bool| {
            *value |= leads;
            any |= leads;
        };
        if m.ends.is_empty() {
            let (first, rest) = (0, 1..=m.up);
            let mut lost = look.on_the_way(&m.samples[first], &self.spans[first]);
            let lost_at_once = lost;
            let here = lost || look.after(&m.samples[first], &self.spans[first], 0.0);
            mark(&mut marks[m.down], here);
            for k in rest {
                lost |= look.on_the_way(&m.samples[k], &self.spans[k]);
                let leads = lost || look.after(&m.samples[k], &self.spans[k], 0.0);
                mark(&mut marks[m.down + k], leads);
            }
            lost = lost_at_once;
            for k in 1..=m.down {
                let (sample, span) = (&m.samples[m.up + k], &self.spans[m.up + k]);
                lost |= look.on_the_way(sample, span);
                mark(&mut marks[m.down - k], lost || look.after(sample, span, 0.0));
            }
            return any;
        }
        for (value, way) in marks.iter_mut().zip(&m.ends) {
            let prefix = way.shared.clone().chain(way.start..way.end);
            let lost = prefix.clone().any(|k| look.on_the_way(&m.samples[k], &self.spans[k]))
                || way.steady.is_some_and(|(k, goes_on_s)| {
                    let steady = Sample { goes_on_s, ..m.samples[k] };
                    look.steady(&steady, &self.spans[k])
                });
            let last = way.end - 1;
            let leads = lost || look.after(&m.samples[last], &self.spans[last], m.margin_s);
            mark(value, leads);
        }
        any
    }
}

/// When straight flight from a sample violates a volume.
#[inline]
fn from_sample(pair: &Pair, sample: &Sample, volume: &Volume) -> Span {
    if !volume.has_doubt() {
        let there = Pair {
            own: sample.own,
            intruder: pair.intruder.after(sample.time_s),
            doubt: pair.doubt,
        };
        return volume.violation(&there, ALL_TIME).unwrap_or(NEVER);
    }
    // What the sensors may err is known of now. So is asked when the one violates who
    // now is where he would come from if he always flew as he does at the sample.
    let mut back = Pair { own: sample.own.after(-sample.time_s), ..*pair };
    back.doubt = pair.doubt.seen_from(back.relative().horizontal_m(0.0));
    let span = volume.violation(&back, ALL_TIME).unwrap_or(NEVER);
    Span::new(span.start - sample.time_s, span.end - sample.time_s)
}

/// What part of time is looked at.
#[derive(Clone, Copy, Debug)]
struct Look {
    from_s: f64,
    until_s: f64,
    horizon_s: f64,
}

impl Look {
    /// The step that begins with a sample, if it does not begin too early.
    #[inline]
    fn on_the_way(&self, sample: &Sample, span: &Span) -> bool {
        let until = sample.goes_on_s.min(self.horizon_s - sample.time_s);
        self.from_s <= sample.time_s && meets(span, 0.0, until)
    }

    /// A long straight stretch of a manoeuvre: no more of it than the time ahead.
    #[inline]
    fn steady(&self, sample: &Sample, span: &Span) -> bool {
        let until = sample.goes_on_s.min(self.until_s).min(self.horizon_s - sample.time_s);
        meets(span, (self.from_s - sample.time_s).max(0.0), until)
    }

    /// The straight flight after a manoeuvre.
    #[inline]
    fn after(&self, sample: &Sample, span: &Span, margin_s: f64) -> bool {
        let until = (self.until_s + margin_s).min(self.horizon_s - sample.time_s);
        meets(span, (self.from_s - sample.time_s).max(0.0), until)
    }
}

#[inline]
fn meets(span: &Span, from_s: f64, until_s: f64) -> bool {
    span.start.max(from_s) <= span.end.min(until_s)
}

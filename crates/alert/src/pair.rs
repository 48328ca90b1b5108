//! What is remembered of one pair of tracks from evaluation to evaluation.

use crate::alert::{Alert, Closest, Figures};
use crate::company::Company;
use crate::kin::Kin;
use crate::life::{Life, Observation, Stage};
use crate::relative::Relative;
use crate::suppression::{Suppressed, SuppressionReason};
use crate::words;
use deconflict_core::rules::{Alerting, FormationPolicy, Minima, RuleSet};
use deconflict_core::units::{m_from_ft, m_from_nm, mps_from_kt};
use deconflict_core::{Subject, Time};
use deconflict_detect::Conflict;

/// A pair that nobody lists any more is forgotten after this, seconds.
const FORGET_S: f64 = 20.0;
/// A suppression is over when the pair would not have been called for this long, seconds.
const SUPPRESSION_OVER_S: f64 = 30.0;
/// Members of a formation that do not keep station for this long are apart, seconds.
const APART_AFTER_S: f64 = 20.0;
/// Members apart are still in company within this distance …
const COMPANY_HORIZONTAL_M: f64 = m_from_nm(12.0);
/// … and this difference of altitude, metres,
const COMPANY_VERTICAL_M: f64 = m_from_ft(5000.0);
/// unless they stay outside for this long, seconds,
const OUT_OF_COMPANY_S: f64 = 60.0;
/// or have not kept station for this long, seconds.
pub(crate) const ACQUAINTANCE_S: f64 = 1800.0;
/// What nobody does on purpose, formation or not: NMAC size, with some margin for
/// the error of prediction, metres …
const COLLISION_HORIZONTAL_M: f64 = 200.0;
/// … vertically, metres,
const COLLISION_VERTICAL_M: f64 = 60.0;
/// at this speed against each other, m/s.
const COLLISION_SPEED_MPS: f64 = mps_from_kt(100.0);
/// A passing as close as this is none among members of a formation, metres …
const PASSING_HORIZONTAL_M: f64 = m_from_nm(0.25);
/// … vertically, metres,
const PASSING_VERTICAL_M: f64 = m_from_ft(300.0);
/// if it comes this soon, seconds.
const PASSING_WITHIN_S: f64 = 60.0;
/// Beyond this age a level is as good as any, seconds.
const LONGEST_AGE_S: f64 = 12.0;
/// Slower than this over ground, and against each other, two stand still, m/s.
const STANDING_MPS: f64 = mps_from_kt(15.0);

/// What holds a formation together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bond {
    pub since: Time,
    /// When the two last kept station, more or less.
    pub last_close: Time,
    last_in_company: Time,
}

impl Bond {
    pub fn new(since: Time, now: Time) -> Bond {
        Bond { since, last_close: now, last_in_company: now }
    }

    pub fn observe(&mut self, now: Time, relative: &Relative, policy: &FormationPolicy) {
        let (h, v) = (relative.horizontal_m(), relative.vertical_m());
        if h <= 1.5 * policy.horizontal_m
            && v <= 1.5 * policy.vertical_m
            && relative.speed_mps() <= 2.0 * policy.relative_speed_mps
        {
            self.last_close = now;
        }
        if h <= COMPANY_HORIZONTAL_M && v <= COMPANY_VERTICAL_M {
            self.last_in_company = now;
        }
    }

    pub fn is_apart(&self, now: Time) -> bool {
        now.seconds_since(self.last_close) > APART_AFTER_S
    }

    pub fn is_over(&self, now: Time) -> bool {
        now.seconds_since(self.last_close) > ACQUAINTANCE_S
            || now.seconds_since(self.last_in_company) > OUT_OF_COMPANY_S
    }
}

/// A loss of separation that was not called, as the two might be a formation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    /// In how many evaluations.
    pub evaluations: u32,
    /// Under which rule.
    pub rule: u16,
    /// The figures at the closest.
    pub figures: Figures,
    /// The least separation.
    pub closest: Closest,
}

/// One pair.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub a: Subject,
    pub b: Subject,
    /// The conflict that the kernel found at this evaluation.
    pub conflict: Option<Conflict>,
    /// The conflict that their plans lead to, if both follow theirs.
    pub planned: Option<Conflict>,
    /// Where the two are at this evaluation; `None` if one is not in the picture.
    pub relative: Option<Relative>,
    pub last_listed: Time,
    pub company: Option<Company>,
    pub bond: Option<Bond>,
    pub kin: Kin,
    pub life: Life,
    pub alert: Option<Box<Alert>>,
    pub held: Option<Held>,
    pub suppressed: Option<Suppressed>,
}

impl Pair {
    pub fn new(a: Subject, b: Subject, now: Time) -> Pair {
        Pair {
            a,
            b,
            conflict: None,
            planned: None,
            relative: None,
            last_listed: now,
            company: None,
            bond: None,
            kin: Kin::default(),
            life: Life::default(),
            alert: None,
            held: None,
            suppressed: None,
        }
    }

    pub fn is_forgotten(&self, now: Time) -> bool {
        now.seconds_since(self.last_listed) > FORGET_S
            && self.bond.is_none()
            && self.alert.is_none()
            && self.held.is_none()
            && self.suppressed.is_none()
    }

    /// The conflict that the alert of the pair is about.
    pub fn shown(&self) -> Option<&Conflict> {
        self.conflict.as_ref().or(self.planned.as_ref())
    }

    pub fn figures(&self, now: Time, relative: &Relative) -> Figures {
        match self.shown() {
            Some(c) => Figures::of_conflict(now, c, relative),
            None => Figures::of_pair(now, relative),
        }
    }

    /// How far the conflict has come, if it is worth an alert under its rule.
    /// `age_s` is how long ago the one heard less lately was heard.
    pub fn observation(&self, rules: &RuleSet, established: bool, age_s: f64) -> Observation {
        // Plans say that levels are passed, and when: nothing has to be read from the present
        // motion, and how likely it is so far ahead is told and decides nothing.
        let planned = self.planned.map(|_| Stage::Planned);
        let by_plan = Observation { level: planned, sure: false };
        let Some(c) = &self.conflict else { return by_plan };
        let rule = &rules.rules()[usize::from(c.rule)];
        let alerting = &rule.alerting;
        let level = if c.lost {
            Some(Stage::Lost)
        } else if c.entry_s <= alerting.imminent_s {
            Some(Stage::Imminent)
        } else if c.entry_s <= alerting.predicted_s {
            Some(Stage::Predicted)
        } else {
            planned
        };
        // A loss that has happened is not a matter of probability, and an alert
        // that is on does not flicker with it. NaN means nobody has computed it.
        let unlikely = c.probability < alerting.min_probability;
        let new = !c.lost && self.alert.is_none();
        if new && (unlikely || levels_hold_s(c, &rule.minima, age_s) > alerting.levels_s) {
            return by_plan;
        }
        let deep = c.horizontal_now_m < rule.minima.called_horizontal_m() / 2.0
            && c.vertical_now_m.abs() < rule.minima.called_vertical_m() / 2.0;
        Observation { level, sure: c.lost && deep && established }
    }

    /// Whether the two are about to collide in a way that no formation does: never
    /// held back, whoever they are.
    pub fn collides(&self) -> bool {
        self.meets(COLLISION_HORIZONTAL_M, COLLISION_VERTICAL_M, COLLISION_SPEED_MPS)
    }

    /// Whether one passes the other closely and faster than station-keeping is.
    pub fn passes(&self, policy: &FormationPolicy) -> bool {
        let soon = self.conflict.is_some_and(|c| c.tcpa_s <= PASSING_WITHIN_S);
        let speed_mps = policy.relative_speed_mps;
        self.collides() || soon && self.meets(PASSING_HORIZONTAL_M, PASSING_VERTICAL_M, speed_mps)
    }

    fn meets(&self, horizontal_m: f64, vertical_m: f64, faster_than_mps: f64) -> bool {
        let (Some(c), Some(relative)) = (&self.conflict, &self.relative) else { return false };
        c.least_horizontal_m < horizontal_m
            && c.least_vertical_m < vertical_m
            && relative.speed_mps() > faster_than_mps
            && !relative.opening()
    }

    /// Whether both stand (or hover) where they are, so that nothing can come of it.
    pub fn stands(&self) -> bool {
        self.relative.is_some_and(|r| {
            r.speeds.iter().all(|&speed| speed < STANDING_MPS)
                && r.speed_mps() < STANDING_MPS
                && r.climb_mps.abs() < 1.0
        })
    }

    /// Takes note of an evaluation in which the pair is held back.
    pub fn hold(&mut self, now: Time, lost: bool) {
        let (Some(c), Some(relative)) = (&self.conflict, &self.relative) else { return };
        if !lost {
            return;
        }
        let figures = Figures::of_conflict(now, c, relative);
        let (horizontal_m, vertical_m) = (figures.horizontal_m, figures.vertical_m);
        let closest = Closest { time: now, horizontal_m, vertical_m };
        let held = self.held.get_or_insert(Held { evaluations: 0, rule: c.rule, figures, closest });
        held.evaluations += 1;
        if closest.horizontal_m < held.closest.horizontal_m {
            (held.closest, held.figures, held.rule) = (closest, figures, c.rule);
        }
    }

    /// Whether a loss was held back that ought to have been called.
    pub fn held_too_long(&self, alerting: &Alerting) -> bool {
        self.held.is_some_and(|held| held.evaluations >= alerting.confirm.into())
    }

    /// The reason of an alert that comes late.
    pub fn late_words(&self) -> String {
        let least = self.held.map_or(String::new(), |held| {
            let c = held.closest;
            format!(", {} at the least", words::distances(c.horizontal_m, c.vertical_m))
        });
        let (a, b) = (self.a.name(), self.b.name());
        format!("{a} and {b} might have been a formation and were not: separation was lost{least}")
    }

    /// Keeps the account of a pair that is not called. Returns an account that
    /// is closed by this and says whether a new one was opened.
    pub fn account(
        &mut self,
        now: Time,
        reason: Option<SuppressionReason>,
    ) -> (Option<Suppressed>, bool) {
        let mut closed = None;
        if let Some(account) = &mut self.suppressed {
            let over = now.seconds_since(account.last) > SUPPRESSION_OVER_S;
            if over || reason.is_some_and(|r| r != account.reason) {
                account.until = Some(now);
                closed = self.suppressed.take();
            }
        }
        let Some(reason) = reason else { return (closed, false) };
        match &mut self.suppressed {
            Some(account) => {
                account.last = now;
                account.evaluations += 1;
                (closed, false)
            }
            None => {
                self.suppressed = Some(Suppressed {
                    a: self.a,
                    b: self.b,
                    reason,
                    since: now,
                    last: now,
                    until: None,
                    evaluations: 1,
                });
                (closed, true)
            }
        }
    }

    /// By which parameters the pair is judged: those of the rule that it infringes,
    /// or else of the one that its alert is about.
    pub fn alerting<'a>(&self, rules: &'a RuleSet) -> Option<&'a Alerting> {
        let index = match (self.shown(), &self.alert, &self.held) {
            (Some(c), _, _) => usize::from(c.rule),
            (_, Some(alert), _) => rules.rules().iter().position(|r| r.name == alert.rule)?,
            (_, _, Some(held)) => usize::from(held.rule),
            (None, None, None) => return None,
        };
        rules.rules().get(index).map(|r| &r.alerting)
    }
}

/// For how long levels that are separated now remain so, seconds; zero if they are
/// not separated now. Judged by the levels last heard: an aircraft that has levelled
/// off since does not say so before its next report.
fn levels_hold_s(c: &Conflict, minima: &Minima, age_s: f64) -> f64 {
    let closing_mps = -c.relative_vertical_rate_mps * c.vertical_now_m.signum();
    let heard_m = c.vertical_now_m.abs() + closing_mps.max(0.0) * age_s.min(LONGEST_AGE_S);
    let spare_m = heard_m - minima.called_vertical_m();
    if spare_m <= 0.0 {
        0.0
    } else if closing_mps <= 0.0 {
        f64::INFINITY
    } else {
        spare_m / closing_mps
    }
}

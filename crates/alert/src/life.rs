//! The life of one alert as a state machine: what may follow what, and when.
//!
//! It sees one observation an evaluation (how far the conflict of the pair has
//! come, if there is one) and knows nothing of aircraft. The rules, in full:
//!
//! * **Raised** when M of the last N evaluations showed a conflict, at the highest
//!   level that so many of them showed or surpassed, and as *lost* if separation is
//!   lost by then. One observation is enough if it is *sure* ([`Observation::sure`]).
//! * **Up** at once to *lost* when separation is lost: the alert has announced it
//!   already. Up to *imminent* by M of N, as for raising.
//! * **Down** only after `clear_s` without the present level. *Imminent* may step
//!   down to *predicted*, *lost* to *imminent*. An alert that has been *lost* never
//!   becomes *predicted*: once no further loss is imminent for `clear_s`, it is over,
//!   and a later encounter of the two is a new alert.
//! * **Over** when no level that it may have was shown for `clear_s`. What only plans show comes
//!   and goes with how they are kept to: it is over when it was not shown for half a minute.

use deconflict_core::Time;
use deconflict_core::rules::Alerting;
use std::fmt;

/// What only plans show is over when it was not shown for so long, seconds.
const PLANNED_CLEAR_S: f64 = 30.0;

/// How far a conflict has come. Ordered: later is worse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Separation will be lost where the plans of the two meet, further ahead than straight
    /// flight is looked at: nothing that is urgent yet.
    Planned,
    /// Separation will be lost if nothing changes.
    Predicted,
    /// Separation is about to be lost.
    Imminent,
    /// Separation is lost.
    Lost,
}

impl Stage {
    /// All, from the mildest.
    pub const ALL: [Stage; 4] = [Stage::Planned, Stage::Predicted, Stage::Imminent, Stage::Lost];

    /// The word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Stage::Planned => "planned",
            Stage::Predicted => "predicted",
            Stage::Imminent => "imminent",
            Stage::Lost => "lost",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What one evaluation says about a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Observation {
    /// How far the conflict has come; `None` if there is none worth an alert.
    pub level: Option<Stage>,
    /// So clear that nothing has to confirm it: two well established tracks far
    /// inside the minima. Waiting would tell nothing more and cost seconds.
    pub sure: bool,
}

/// What an evaluation did to an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// There is an alert now where there was none.
    Raised(Stage),
    /// The alert is worse than before.
    Escalated(Stage),
    /// The alert is milder than before.
    SteppedDown(Stage),
    /// The conflict has been gone for long enough.
    Cleared,
}

/// The life of the alert of one pair.
#[derive(Clone, Copy, Debug, Default)]
pub struct Life {
    stage: Option<Stage>,
    was_lost: bool,
    /// For each level the last evaluations, newest in bit 0: was it at least this bad?
    shown: [u64; 4],
    /// For each level when it was last at least this bad.
    last_shown: [Option<Time>; 4],
}

impl Life {
    /// The stage of the alert; `None` if there is no alert.
    pub fn stage(&self) -> Option<Stage> {
        self.stage
    }

    /// Whether separation has been lost since the alert was raised.
    pub fn was_lost(&self) -> bool {
        self.was_lost
    }

    /// When a conflict of any level was last seen.
    pub fn last_shown(&self) -> Option<Time> {
        self.last_shown[0]
    }

    /// Ends the alert and forgets what has confirmed it, so that the next one
    /// has to be confirmed anew.
    pub fn end(&mut self) {
        *self = Life::default();
    }

    /// Takes in one evaluation. `now` must not run backwards.
    pub fn observe(
        &mut self,
        now: Time,
        seen: Observation,
        alerting: &Alerting,
    ) -> Option<Transition> {
        self.note(now, seen);
        match self.stage {
            None => self.raise(seen, alerting),
            Some(stage) => self.change(now, stage, seen, alerting),
        }
    }

    /// Takes note of an evaluation without acting on it: the pair is held back, and
    /// if that ends there is nothing left to confirm.
    pub fn note(&mut self, now: Time, seen: Observation) {
        for level in Stage::ALL {
            let at_least = seen.level >= Some(level);
            let history = &mut self.shown[level as usize];
            *history = *history << 1 | u64::from(at_least);
            if at_least {
                self.last_shown[level as usize] = Some(now);
            }
        }
    }

    /// Raises the alert for a loss of separation that was held back and should not
    /// have been, even if it is over: every loss is called.
    pub fn call_late(&mut self) -> Transition {
        self.enter(Stage::Lost);
        Transition::Raised(Stage::Lost)
    }

    fn raise(&mut self, seen: Observation, alerting: &Alerting) -> Option<Transition> {
        let now = seen.level?;
        let level = if seen.sure { now } else { self.confirmed(now, alerting)? };
        // That there is a conflict is confirmed; that it is a loss by now is a fact.
        let level = if now == Stage::Lost { now } else { level };
        self.enter(level);
        Some(Transition::Raised(level))
    }

    fn change(
        &mut self,
        now: Time,
        stage: Stage,
        seen: Observation,
        alerting: &Alerting,
    ) -> Option<Transition> {
        let worse = match seen.level {
            Some(Stage::Lost) => Some(Stage::Lost),
            Some(level) => self.confirmed(level, alerting),
            None => None,
        };
        if let Some(level) = worse.filter(|&level| level > stage) {
            self.enter(level);
            return Some(Transition::Escalated(level));
        }
        let gone = |level: Stage| {
            self.last_shown[level as usize]
                .is_none_or(|last| now.seconds_since(last) >= alerting.clear_s)
        };
        let long_gone = self.last_shown[stage as usize]
            .is_none_or(|last| now.seconds_since(last) >= alerting.clear_s.max(PLANNED_CLEAR_S));
        if !gone(stage) || stage == Stage::Planned && !long_gone {
            return None;
        }
        let floor = if self.was_lost { Stage::Imminent } else { Stage::Planned };
        let milder = Stage::ALL.into_iter().rev().find(|&l| l < stage && l >= floor && !gone(l));
        match milder {
            Some(level) => {
                self.stage = Some(level);
                Some(Transition::SteppedDown(level))
            }
            None => {
                self.end();
                Some(Transition::Cleared)
            }
        }
    }

    fn enter(&mut self, level: Stage) {
        self.stage = Some(level);
        self.was_lost |= level == Stage::Lost;
    }

    /// The worst level, up to the one seen now, that M of the last N evaluations showed.
    fn confirmed(&self, seen: Stage, alerting: &Alerting) -> Option<Stage> {
        let window = u64::MAX >> (64 - u32::from(alerting.confirm_of.clamp(1, 64)));
        Stage::ALL.into_iter().rev().find(|&level| {
            level <= seen
                && (self.shown[level as usize] & window).count_ones() >= alerting.confirm.into()
        })
    }
}

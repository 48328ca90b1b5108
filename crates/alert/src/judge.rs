//! What becomes of one pair at one evaluation: suppressed, alert, or nothing.

use crate::alert::{Alert, Closest, EndReason, Figures, Status};
use crate::engine::{AlertEngine, Message, Picture, Totals, acquaintance, is_joined};
use crate::life::{Observation, Stage, Transition};
use crate::pair::Pair;
use crate::suppression::SuppressionReason;
use crate::words;
use deconflict_core::rules::Alerting;
use deconflict_core::{RuleSet, Time};
use std::collections::BTreeSet;

impl AlertEngine {
    /// Judges one pair: suppressed, alert, or nothing.
    pub(crate) fn judge(
        &mut self,
        pair: &mut Pair,
        picture: &Picture,
        now: Time,
        shadows: &BTreeSet<u64>,
        out: &mut Vec<Message>,
    ) {
        let reason = self.suppression(pair, picture.rules, now, shadows);
        let (Some(i), Some(j)) = (self.index_of(pair.a.id), self.index_of(pair.b.id)) else {
            let gone = if self.index_of(pair.a.id).is_none() { pair.a } else { pair.b };
            let (reason, words) = if picture.grounded.binary_search(&gone.id).is_ok() {
                (EndReason::Landed(gone.id), format!("{} is on the ground", gone.name()))
            } else {
                (EndReason::TrackLost(gone.id), format!("{} is not seen any more", gone.name()))
            };
            let late = pair.alert.is_none()
                && pair.held_too_long(pair.alerting(picture.rules).unwrap_or(&Alerting::default()));
            if let (true, Some(mut alert)) = (late, self.raise(pair, picture, now)) {
                // The loss was real, even though nobody sees the two any more.
                let change = alert.change(Status::Open(Stage::Lost), pair.late_words());
                out.push(Message::Alert(change));
                self.totals.lost += 1;
                pair.alert = Some(Box::new(alert));
            }
            pair.held = None;
            end(pair, now, reason, words, out);
            account(&mut self.totals, pair, now, None, out);
            return;
        };
        let (a, b) = (&picture.facts[i], &picture.facts[j]);
        let heard = a.updated.min(b.updated);
        let established = a.established && b.established;
        let mut seen = pair.observation(picture.rules, established, now.seconds_since(heard));
        if (a.coasting || b.coasting) && pair.alert.is_none() {
            seen = Observation::default();
        }
        let held = reason.filter(|_| seen.level.is_some());
        account(&mut self.totals, pair, now, held, out);
        if a.stale || b.stale {
            // Nothing new is known, so nothing changes: not raised, not cleared.
            return;
        }
        match reason {
            Some(reason) if reason.is_settled() => {
                pair.held = None;
                let why = match reason {
                    SuppressionReason::Formation | SuppressionReason::Rejoining => {
                        EndReason::Formation
                    }
                    SuppressionReason::Standing => EndReason::Standing,
                    _ => EndReason::SameAircraft,
                };
                end(pair, now, why, reason.words().to_owned(), out);
            }
            Some(_) if pair.alert.is_none() => {
                pair.life.note(now, seen);
                pair.hold(now, seen.level == Some(Stage::Lost));
            }
            _ => {
                let default = Alerting::default();
                let alerting = *pair.alerting(picture.rules).unwrap_or(&default);
                let was_lost = pair.life.was_lost();
                let mut transition = pair.life.observe(now, seen, &alerting);
                if transition.is_none() && pair.held_too_long(&alerting) {
                    transition = Some(pair.life.call_late());
                }
                self.tell(pair, picture, now, was_lost, transition, out);
                pair.held = None;
            }
        }
    }

    fn suppression(
        &self,
        pair: &Pair,
        rules: &RuleSet,
        now: Time,
        shadows: &BTreeSet<u64>,
    ) -> Option<SuppressionReason> {
        if let Some(twin) = pair.kin.twin() {
            return Some(twin.into());
        }
        if shadows.contains(&pair.a.id) || shadows.contains(&pair.b.id) {
            return Some(SuppressionReason::GhostOfAnother);
        }
        if let Some(bond) = &pair.bond {
            if !bond.is_apart(now) {
                return Some(SuppressionReason::Formation);
            }
            return (!pair.collides()).then_some(SuppressionReason::Rejoining);
        }
        let policy = rules.formation();
        // Two wingmen of one leader: in one formation without being each other's neighbour.
        let slow = pair.relative.is_some_and(|r| r.speed_mps() <= 2.0 * policy.relative_speed_mps);
        if slow && self.formations.share((pair.a.id, pair.b.id)) {
            return Some(SuppressionReason::Formation);
        }
        let known = acquaintance(&pair.a, &pair.b).filter(|key| self.acquainted.contains_key(key));
        if known.is_some() {
            return (!pair.collides()).then_some(SuppressionReason::Rejoining);
        }
        if pair.stands() {
            return Some(SuppressionReason::Standing);
        }
        let may_be = pair.company.as_ref().is_some_and(|c| c.may_become_formation(now, policy));
        // A receiver closes on its tanker as nobody else may on anyone.
        let joined = is_joined(&pair.a) || is_joined(&pair.b);
        let danger = if joined { pair.collides() } else { pair.passes(policy) };
        (may_be && !danger).then_some(SuppressionReason::PossibleFormation)
    }

    /// Turns a transition into a message and keeps the alert's figures.
    fn tell(
        &mut self,
        pair: &mut Pair,
        picture: &Picture,
        now: Time,
        was_lost: bool,
        transition: Option<Transition>,
        out: &mut Vec<Message>,
    ) {
        let Some(relative) = pair.relative else { return };
        let figures = pair.figures(now, &relative);
        if let Some(alert) = &mut pair.alert {
            (alert.a, alert.b) = (pair.a, pair.b);
            if let Some(c) = pair.conflict.as_ref().or(pair.planned.as_ref()) {
                let rule = &picture.rules.rules()[usize::from(c.rule)];
                (alert.rule, alert.minima, alert.last) = (rule.name, rule.minima, now);
            }
            alert.update(figures);
        }
        let distances = words::distances(relative.horizontal_m(), relative.vertical_m());
        let (status, reason) = match transition {
            None => return,
            Some(Transition::Raised(stage)) => {
                let Some(alert) = self.raise(pair, picture, now) else { return };
                pair.alert = Some(Box::new(alert));
                let late = pair.shown().is_none();
                let words = if late { pair.late_words() } else { explain(pair, picture) };
                (Status::Open(stage), words)
            }
            Some(Transition::Escalated(stage)) => (Status::Open(stage), explain(pair, picture)),
            Some(Transition::SteppedDown(stage)) => {
                let words = explain(pair, picture);
                (Status::Open(stage), format!("{distances} now; {words}"))
            }
            Some(Transition::Cleared) => {
                let (why, words) = if was_lost {
                    (EndReason::SeparationRegained, "separation is kept again")
                } else if relative.opening() {
                    (EndReason::Diverged, "the two move apart")
                } else {
                    (EndReason::Averted, "no loss of separation is expected any more")
                };
                let closest = pair.alert.as_ref().map_or(String::new(), |alert| {
                    let c = &alert.closest;
                    format!(", {} at the least", words::distances(c.horizontal_m, c.vertical_m))
                });
                (Status::Ended(why), format!("{words}: {distances} now{closest}"))
            }
        };
        let Some(alert) = &mut pair.alert else { return };
        let newly_lost = status == Status::Open(Stage::Lost) && !was_lost;
        self.totals.lost += u64::from(newly_lost);
        out.push(Message::Alert(alert.change(status, reason)));
        if matches!(status, Status::Ended(_)) {
            pair.alert = None;
        }
    }

    /// A new alert for the conflict of now, or for one that was held back.
    fn raise(&mut self, pair: &Pair, picture: &Picture, now: Time) -> Option<Alert> {
        let rule = pair.shown().map(|c| c.rule).or(pair.held.map(|h| h.rule))?;
        let rule = &picture.rules.rules()[usize::from(rule)];
        let figures = match (&pair.relative, &pair.held) {
            (Some(relative), _) => pair.figures(now, relative),
            (None, Some(held)) => Figures { time: now, ..held.figures },
            (None, None) => return None,
        };
        self.last_alert += 1;
        self.totals.alerts += 1;
        let here = Closest {
            time: now,
            horizontal_m: figures.horizontal_m,
            vertical_m: figures.vertical_m,
        };
        let before = pair
            .held
            .map(|h| h.closest)
            .filter(|c| c.share_of(&rule.minima) < here.share_of(&rule.minima));
        Some(Alert {
            id: self.last_alert,
            a: pair.a,
            b: pair.b,
            rule: rule.name,
            minima: rule.minima,
            status: Status::Open(pair.life.stage().unwrap_or(Stage::Lost)),
            first: now,
            last: now,
            figures,
            closest: before.unwrap_or(here),
            record: Vec::new(),
        })
    }
}

fn explain(pair: &Pair, picture: &Picture) -> String {
    let Some(c) = pair.shown() else { return String::new() };
    let subjects = picture.scene.subjects();
    let rule = &picture.rules.rules()[usize::from(c.rule)];
    let words = c.explain(&subjects[c.a as usize], &subjects[c.b as usize], rule);
    match pair.life.stage() {
        Some(Stage::Planned) => format!("by the plans of both: {words}"),
        _ => words,
    }
}

fn end(pair: &mut Pair, now: Time, reason: EndReason, words: String, out: &mut Vec<Message>) {
    pair.life.end();
    if let Some(mut alert) = pair.alert.take() {
        alert.figures.time = now;
        out.push(Message::Alert(alert.change(Status::Ended(reason), words)));
    }
}

fn account(
    totals: &mut Totals,
    pair: &mut Pair,
    now: Time,
    reason: Option<SuppressionReason>,
    out: &mut Vec<Message>,
) {
    let (closed, opened) = pair.account(now, reason);
    out.extend(closed.map(Message::Suppression));
    if let Some(account) = pair.suppressed.filter(|_| opened) {
        *totals.suppressed.entry(account.reason).or_default() += 1;
        out.push(Message::Suppression(account));
    }
}

//! The state machine of an alert, held against what it promises, over random
//! sequences of observations.

use deconflict_alert::life::{Life, Observation, Stage, Transition};
use deconflict_core::Time;
use deconflict_core::rules::Alerting;
use proptest::prelude::*;

fn level() -> impl Strategy<Value = Option<Stage>> {
    // Runs of equal observations are what really happens; the weights make them likely.
    prop_oneof![
        4 => Just(None),
        2 => Just(Some(Stage::Planned)),
        3 => Just(Some(Stage::Predicted)),
        3 => Just(Some(Stage::Imminent)),
        3 => Just(Some(Stage::Lost)),
    ]
}

fn observations() -> impl Strategy<Value = Vec<(Option<Stage>, bool)>> {
    let run = (level(), 0.02..1.0f64, 1..15usize);
    prop::collection::vec(run, 1..25).prop_map(|runs| {
        runs.into_iter()
            .flat_map(|(level, sure, n)| {
                (0..n).map(move |_| (level, level == Some(Stage::Lost) && sure > 0.8))
            })
            .collect()
    })
}

fn alerting() -> impl Strategy<Value = Alerting> {
    (1..6u8, 0..5u8, 0..20u8).prop_map(|(m, more, clear)| Alerting {
        confirm: m,
        confirm_of: m + more,
        clear_s: f64::from(clear),
        ..Alerting::default()
    })
}

proptest! {
    /// ALR-3, ALR-4, and that the stages are told without a gap.
    #[test]
    fn promises_are_kept(sequence in observations(), alerting in alerting()) {
        let zero = Time::from_millis(0);
        let mut life = Life::default();
        let mut stage: Option<Stage> = None;
        let mut was_lost = false;
        let mut last_at = [None::<usize>; 4];
        for (i, &(level, sure)) in sequence.iter().enumerate() {
            for s in Stage::ALL {
                if level >= Some(s) {
                    last_at[s as usize] = Some(i);
                }
            }
            let now = zero.plus_s(i as f64);
            let shown = |at_least: Stage| {
                let from = (i + 1).saturating_sub(alerting.confirm_of.into());
                sequence[from..=i].iter().filter(|o| o.0 >= Some(at_least)).count()
            };
            let since = |s: Stage| last_at[s as usize].map_or(f64::INFINITY, |at| (i - at) as f64);
            match life.observe(now, Observation { level, sure }, &alerting) {
                None => prop_assert_eq!(life.stage(), stage),
                Some(Transition::Raised(to)) => {
                    prop_assert_eq!(stage, None);
                    prop_assert!(level >= Some(to));
                    let least = if to == Stage::Lost { Stage::Planned } else { to };
                    prop_assert!(sure || shown(least) >= alerting.confirm.into(), "M of N");
                    was_lost = to == Stage::Lost;
                }
                Some(Transition::Escalated(to)) => {
                    prop_assert!(stage.is_some_and(|from| to > from));
                    prop_assert!(to == Stage::Lost || shown(to) >= alerting.confirm.into());
                    was_lost |= to == Stage::Lost;
                }
                Some(Transition::SteppedDown(to)) => {
                    let from = stage.unwrap();
                    prop_assert!(to < from);
                    prop_assert!(since(from) >= alerting.clear_s, "hysteresis");
                    prop_assert!(!(was_lost && to <= Stage::Predicted), "ALR-3");
                }
                Some(Transition::Cleared) => {
                    let floor = if was_lost { Stage::Imminent } else { Stage::Planned };
                    prop_assert!(stage.is_some());
                    prop_assert!(since(floor) >= alerting.clear_s, "hysteresis");
                    prop_assert_eq!(life.stage(), None);
                    was_lost = false;
                }
            }
            stage = life.stage();
            prop_assert_eq!(life.was_lost(), was_lost);
            // A loss is never shown as anything less while it lasts.
            if level == Some(Stage::Lost) && stage.is_some() {
                prop_assert_eq!(stage, Some(Stage::Lost));
            }
        }
    }

    /// However an alert has gone, it ends once the conflict is gone for long enough.
    #[test]
    fn every_alert_ends(sequence in observations(), alerting in alerting()) {
        let mut life = Life::default();
        let quiet = std::iter::repeat_n((None, false), 30 + alerting.clear_s as usize);
        for (i, (level, sure)) in sequence.into_iter().chain(quiet).enumerate() {
            let now = Time::from_millis(1000 * i as i64);
            life.observe(now, Observation { level, sure }, &alerting);
        }
        prop_assert_eq!(life.stage(), None);
    }
}

#[test]
fn a_sudden_deep_loss_needs_no_confirmation_and_others_do() {
    let alerting = Alerting { confirm: 3, confirm_of: 5, ..Alerting::default() };
    let lost = |sure| Observation { level: Some(Stage::Lost), sure };
    let at = |s: i64| Time::from_millis(1000 * s);
    let mut life = Life::default();
    assert_eq!(life.observe(at(0), lost(true), &alerting), Some(Transition::Raised(Stage::Lost)));
    let mut life = Life::default();
    assert_eq!(life.observe(at(0), lost(false), &alerting), None);
    assert_eq!(life.observe(at(1), Observation::default(), &alerting), None);
    assert_eq!(life.observe(at(2), lost(false), &alerting), None);
    assert_eq!(life.observe(at(3), lost(false), &alerting), Some(Transition::Raised(Stage::Lost)));
}

//! What a proposal never does, whatever the situation.

#![allow(clippy::type_complexity)] // what a strategy draws is a tuple of many

use deconflict_core::rules::Minima;
use deconflict_core::state::Growth;
use deconflict_core::units::{m_from_ft, m_from_nm};
use deconflict_core::{
    Altitude, Covariance, GeoPoint, Label, RuleSet, State, Subject, Time, Velocity,
};
use deconflict_resolve::{
    Because, Limits, Owed, Participant, Proposal, Situation, meetings, propose, well_clear_do_365,
};
use proptest::prelude::*;
use std::sync::Arc;

const NOW: Time = Time::from_nanos(1_513_152_000_000_000_000);
const GRACE: f64 = 1e-9;

fn rules() -> Owed {
    let minima = Minima::new(m_from_nm(5.0), m_from_ft(1000.0));
    Owed::Rules(Arc::new(RuleSet::uniform("en route", minima, 300.0)))
}

/// An aircraft at so many NM east and north of a point, at a level, with a track and a
/// speed and a rate of climb.
fn aircraft(
    id: u64,
    [x, y]: [f64; 2],
    ft: f64,
    track_deg: f64,
    mps: f64,
    up_mps: f64,
) -> Participant {
    let frame = GeoPoint::from_deg(48.0, 9.0).unwrap().frame();
    let state = State {
        time: NOW,
        position: frame.from_local([m_from_nm(x), m_from_nm(y)]),
        altitude: Altitude::pressure_ft(ft),
        velocity: Velocity::from_track(mps, track_deg.to_radians(), up_mps),
        covariance: Covariance::diagonal(30.0, 1.0, 10.0, 0.3),
    };
    Participant {
        growth: Growth { horizontal_psd: 0.2, vertical_psd: 0.05 },
        ..Participant::new(Subject::anonymous(id), state)
    }
}

fn situation(owed: Owed, all: &[Participant]) -> Situation {
    let mut situation = Situation::new(NOW, owed);
    for participant in all {
        situation.push(*participant).unwrap();
    }
    situation
}

/// Aircraft that meet at about one place after about two minutes, and others around.
fn scene(owed_m: f64) -> impl Strategy<Value = Vec<Participant>> {
    let one = (
        0.0..360.0f64,
        60.0..250.0f64,
        80.0..170.0f64,
        -1.5..1.5f64,
        -1.5..1.5f64,
        -1500.0..1500.0f64,
        prop::sample::select(vec![0.0, 0.0, 6.0, -6.0]),
        0..6u8,
    );
    prop::collection::vec(one, 2..6).prop_map(move |all| {
        let place = |(id, (track, mps, at_s, x, y, ft, up, kind)): (
            usize,
            (f64, f64, f64, f64, f64, f64, f64, u8),
        )| {
            let scale = owed_m / 1852.0;
            let back = mps * at_s / 1852.0;
            let (sin, cos) = track.to_radians().sin_cos();
            let mut it = aircraft(
                id as u64 + 1,
                [x * scale - back * sin, y * scale - back * cos],
                20_000.0 + ft * scale.min(1.0) - up * at_s / 0.3048,
                track,
                mps,
                up,
            );
            it.limits = match kind {
                0 => Limits::fixed(Because::LostLink),
                1 => Limits::VERTICAL_ONLY,
                2 => Limits::HORIZONTAL_ONLY,
                3 => Limits { priority: 1, ..Limits::FREE },
                _ => Limits::FREE,
            };
            it
        };
        all.into_iter().enumerate().map(place).collect()
    })
}

fn holds(proposal: &Proposal) -> Result<(), TestCaseError> {
    for pair in &proposal.pairs {
        let shares = [pair.before, pair.after, pair.only_a, pair.only_b];
        for s in shares {
            prop_assert!(
                s.share.is_finite() && s.horizontal_m.is_finite() && s.vertical_m.is_finite()
            );
        }
        let [before, after, only_a, only_b] = shares.map(|s| s.share);
        // RES-1: two that both follow are never nearer to a loss than if one of them did not.
        prop_assert!(after >= only_a.max(only_b) - GRACE, "RES-1: {pair:?}");
        // RES-2: whoever follows alone makes it no worse.
        prop_assert!(only_a.min(only_b) >= before - GRACE, "RES-2: {pair:?}");
    }
    Ok(())
}

/// The same situation once everybody does as told.
fn told(situation: &Situation, proposal: &Proposal) -> Situation {
    let mut after = situation.clone();
    for part in &proposal.parts {
        if let Some(instruction) = part.instruction {
            after.tell(part.aircraft, instruction);
        }
    }
    after
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// RES-1, RES-2, RES-3, RES-5, RES-6 under rules.
    #[test]
    fn res_1_res_2_res_3_hold_under_rules(all in scene(9260.0)) {
        let mut situation = situation(rules(), &all);
        // Without delay, what is told afterwards is flown as it was proposed.
        situation.response_s = 0.0;
        let proposal = propose(&situation);
        holds(&proposal)?;
        prop_assert_eq!(&propose(&situation), &proposal, "RES-5");
        // RES-6: nobody is asked what it cannot do.
        for part in &proposal.parts {
            let limits = &all[part.aircraft as usize].limits;
            if let Some(told) = part.instruction {
                prop_assert!(told.track_rad.is_none() || limits.turn);
                prop_assert!(told.altitude_m.is_none() || limits.level);
                prop_assert!(told.ground_speed_mps.is_none() || limits.speed);
            }
        }
        // RES-3: no conflict that was not there.
        let before: Vec<_> = meetings(&situation).iter().map(|m| (m.a, m.b)).collect();
        for left in meetings(&told(&situation, &proposal)) {
            prop_assert!(before.contains(&(left.a, left.b)), "RES-3: {left:?}\n{}", proposal.reason);
        }
    }

    /// RES-1 and RES-2 for well clear.
    #[test]
    fn res_1_res_2_hold_for_well_clear(all in scene(1219.2)) {
        holds(&propose(&situation(well_clear_do_365(), &all)))?;
    }

    /// RES-4: in whatever order the aircraft are given, they are told the same.
    #[test]
    fn res_4_order_changes_nothing(all in scene(9260.0)) {
        let forwards = propose(&situation(rules(), &all));
        let reversed: Vec<_> = all.iter().rev().copied().collect();
        let backwards = propose(&situation(rules(), &reversed));
        prop_assert_eq!(&forwards.reason, &backwards.reason);
        let by_id = |p: &Proposal| -> Vec<_> { p.parts.iter().map(|p| (p.id, p.instruction)).collect() };
        prop_assert_eq!(by_id(&forwards), by_id(&backwards));
    }

    /// RES-7: any finite numbers are refused or answered, and the answer is finite.
    #[test]
    fn res_7_any_numbers_are_survived(
        numbers in prop::collection::vec(prop::array::uniform6(prop::num::f64::NORMAL | prop::num::f64::ZERO | prop::num::f64::SUBNORMAL), 2..4),
        scale in prop::sample::select(vec![1.0, 1e-3, 1e-150, 1e-300]),
    ) {
        for owed in [rules(), well_clear_do_365()] {
            let mut situation = Situation::new(NOW, owed);
            for (id, n) in numbers.iter().enumerate() {
                let n = n.map(|x| x * scale);
                let mut it = aircraft(id as u64, [n[0] % 50.0, n[1] % 50.0], 20_000.0, 0.0, 100.0, 0.0);
                it.state.velocity = Velocity { east_mps: n[2], north_mps: n[3], up_mps: n[4] };
                it.state.altitude.m = n[5];
                it.performance.climb_mps = n[2];
                it.performance.accel_mps2 = n[5];
                it.performance.bank_rad = n[4];
                let _ = situation.push(it);
            }
            situation.cluster = vec![0, 1, 7];
            holds(&propose(&situation))?;
        }
    }
}

fn named(mut it: Participant, callsign: &str) -> Participant {
    it.subject.callsign = Label::new(callsign);
    it
}

/// A fighter crosses in front of a tanker with receivers: the fighter acts.
#[test]
fn a_tanker_with_receivers_holds_and_the_sentence_says_so() {
    let eagle = named(aircraft(1, [-20.0, 0.0], 25_000.0, 90.0, 220.0, 0.0), "EAGLE1");
    let mut heron = named(aircraft(2, [0.0, -20.0], 25_000.0, 0.0, 220.0, 0.0), "HERON1");
    heron.limits = Limits::fixed(Because::TankerWithReceivers);
    let proposal = propose(&situation(rules(), &[eagle, heron]));
    assert!(proposal.solved, "{}", proposal.reason);
    assert!(proposal.reason.starts_with("EAGLE1 "), "{}", proposal.reason);
    assert!(
        proposal.reason.ends_with("HERON1 holds (tanker with receivers)"),
        "{}",
        proposal.reason
    );
    assert!(proposal.instruction(0).is_some() && proposal.instruction(1).is_none());
    let json = serde_json::to_value(&proposal).unwrap();
    assert!(json["pairs"][0]["after"]["share"].as_f64().unwrap() >= 1.0);
}

/// Two that cannot do anything: it says so, and what comes of it.
#[test]
fn where_nothing_works_it_says_so() {
    let mut all = [
        aircraft(1, [-20.0, 0.0], 25_000.0, 90.0, 220.0, 0.0),
        aircraft(2, [0.0, -20.0], 25_000.0, 0.0, 220.0, 0.0),
    ];
    all.iter_mut().for_each(|it| it.limits = Limits::fixed(Because::LostLink));
    let proposal = propose(&situation(rules(), &all));
    assert!(!proposal.solved && proposal.is_empty());
    assert!(proposal.reason.starts_with("nothing regains 5.0 NM / 1000 ft"), "{}", proposal.reason);
}

/// No conflict, no advice.
#[test]
fn peace_is_left_alone() {
    let all = [
        aircraft(1, [-20.0, 0.0], 25_000.0, 90.0, 220.0, 0.0),
        aircraft(2, [0.0, -20.0], 31_000.0, 0.0, 220.0, 0.0),
    ];
    let proposal = propose(&situation(rules(), &all));
    assert!(proposal.solved && proposal.is_empty() && proposal.parts.is_empty());
}

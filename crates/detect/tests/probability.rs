//! How sure the probability is: against Monte Carlo, as a property, and as a promise
//! about what comes true.
//!
//! With 10⁶ samples an encounter, and more of them, in release:
//! `cargo run --release -p deconflict-detect --example probability_monte_carlo`.

#![allow(clippy::print_stdout)] // what was compared, or skipped, is said aloud

use deconflict_detect::probability::{RelativeState, probability_of_loss};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

#[path = "support/encounters.rs"]
#[allow(dead_code, missing_docs)]
mod encounters;
use encounters::{Encounter, Encounters, Family, MonteCarlo, loses_separation};

fn probability(e: &Encounter) -> f64 {
    probability_of_loss(&e.state, e.horizontal_m, e.vertical_m, e.horizon_s)
}

/// PRB-1: within 1 % of Monte Carlo, in all kinds of encounter.
#[test]
fn prb_1_agrees_with_monte_carlo() {
    const SAMPLES: usize = 200_000;
    let oracle = MonteCarlo::new(SAMPLES, 5);
    for (i, family) in Family::ALL.into_iter().enumerate() {
        let mut source = Encounters::new(100 + i as u64);
        for k in 0..18 {
            let e = source.of(family);
            let (p, drawn) = (probability(&e), oracle.probability(&e));
            // Four standard deviations of the draw on top of the bound.
            let sampling = 4.0 * (drawn * (1.0 - drawn) / SAMPLES as f64).sqrt();
            assert!(
                (p - drawn).abs() < 0.01 + sampling,
                "{family:?} {k}: {p} against {drawn}\n{e:?}"
            );
        }
    }
}

/// PRB-2: of the conflicts given p, a fraction p come true, within 0.05 in each decile.
#[test]
fn prb_2_is_calibrated() {
    let mut source = Encounters::new(11);
    let mut deciles = [(0u32, 0u32, 0.0f64); 10];
    for _ in 0..600_000 {
        let truth = source.anywhere();
        let e = Encounter { state: source.measured(&truth.state), ..truth };
        // What the detector calls is what it measures.
        if loses_separation(e.state.position_m, e.state.velocity_mps, &e) {
            let p = probability(&e);
            let (count, came_true, sum) = &mut deciles[((p * 10.0) as usize).min(9)];
            *count += 1;
            *came_true += u32::from(loses_separation(
                truth.state.position_m,
                truth.state.velocity_mps,
                &truth,
            ));
            *sum += p;
        }
    }
    let mut judged = 0;
    for (i, (count, came_true, sum)) in deciles.into_iter().enumerate() {
        let n = f64::from(count.max(1));
        let (said, fraction) = (sum / n, f64::from(came_true) / n);
        println!("decile {i}: {count} conflicts, said {said:.3}, came true {fraction:.3}");
        if count >= 500 {
            judged += 1;
            assert!(
                (said - fraction).abs() < 0.05,
                "decile {i}: said {said}, came true {fraction}"
            );
        }
    }
    assert!(judged >= 5, "only {judged} deciles have conflicts enough to judge");
}

fn any_encounter() -> impl Strategy<Value = Encounter> {
    (any::<u64>(), 0..Family::ALL.len())
        .prop_map(|(seed, family)| Encounters::new(seed).of(Family::ALL[family]))
}

/// How far quadrature may let a probability fall that ought to rise. Of 1.2 million comparisons
/// the worst fell by 0.0091; a singular covariance (a position known exactly, a velocity in
/// one direction only) fell by 0.053.
const QUADRATURE: f64 = 0.012;

/// The same encounters every time: what is rarer than one in some thousands is looked for by
/// `examples/probability_monte_carlo.rs`, and must not fail a run of the tests by chance.
fn config() -> ProptestConfig {
    ProptestConfig { cases: 200, rng_seed: RngSeed::Fixed(2017), ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_pair_is_judged_the_same_from_either_side(e in any_encounter()) {
        let negated = RelativeState {
            position_m: e.state.position_m.map(|x| -x),
            velocity_mps: e.state.velocity_mps.map(|x| -x),
            ..e.state
        };
        let p = probability(&e);
        prop_assert!((0.0..=1.0).contains(&p));
        let other = probability(&Encounter { state: negated, ..e });
        prop_assert!((p - other).abs() < 1e-6, "{} {}", p, other);
    }

    #[test]
    fn directions_do_not_matter(e in any_encounter(), angle in 0.0..std::f64::consts::TAU) {
        let (s, c) = angle.sin_cos();
        let turn = |[x, y, z]: [f64; 3]| [c * x - s * y, s * x + c * y, z];
        let r = [[c, -s], [s, c]];
        let mut cov = [[0.0; 4]; 4];
        for (i, row) in cov.iter_mut().enumerate() {
            for (j, cell) in row.iter_mut().enumerate() {
                for k in 0..2 {
                    for l in 0..2 {
                        let inner = e.state.horizontal_cov[i / 2 * 2 + k][j / 2 * 2 + l];
                        *cell += r[i % 2][k] * inner * r[j % 2][l];
                    }
                }
            }
        }
        let turned = RelativeState {
            position_m: turn(e.state.position_m),
            velocity_mps: turn(e.state.velocity_mps),
            horizontal_cov: cov,
            ..e.state
        };
        let other = probability(&Encounter { state: turned, ..e });
        prop_assert!((probability(&e) - other).abs() < 0.01, "{} {other}", probability(&e));
    }

    #[test]
    fn larger_minima_and_longer_horizons_are_no_safer(e in any_encounter(), factor in 1.0..3.0f64) {
        let p = probability(&e);
        for larger in [
            Encounter { horizontal_m: e.horizontal_m * factor, ..e },
            Encounter { vertical_m: e.vertical_m * factor, ..e },
            Encounter { horizon_s: e.horizon_s * factor, ..e },
        ] {
            let more = probability(&larger);
            prop_assert!(more > p - QUADRATURE, "{} {}", p, more);
        }
    }

    #[test]
    fn without_uncertainty_it_is_certain(e in any_encounter()) {
        let known = RelativeState { horizontal_cov: [[0.0; 4]; 4], vertical_cov: [[0.0; 2]; 2], ..e.state };
        let lost = loses_separation(known.position_m, known.velocity_mps, &e);
        let p = probability(&Encounter { state: known, ..e });
        prop_assert_eq!(p, f64::from(u8::from(lost)));
    }

    #[test]
    fn any_numbers_are_survived(
        p in prop::array::uniform3(any::<f64>()), v in prop::array::uniform3(any::<f64>()),
        c in prop::array::uniform10(any::<f64>()), limits in prop::array::uniform3(any::<f64>()),
    ) {
        let cov = [[c[0], c[1], c[2], c[3]], [c[1], c[4], c[5], c[6]], [c[2], c[5], c[7], c[8]], [c[3], c[6], c[8], c[9]]];
        let rel = RelativeState { position_m: p, velocity_mps: v, horizontal_cov: cov, vertical_cov: [[c[0], c[1]], [c[1], c[4]]] };
        let probability = probability_of_loss(&rel, limits[0], limits[1], limits[2]);
        prop_assert!((0.0..=1.0).contains(&probability), "{probability}");
    }
}

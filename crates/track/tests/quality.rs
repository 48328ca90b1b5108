//! How good the estimates are, and whether the tracker knows how good they are.
//!
//! NEES, the error squared in units of its own covariance, has the mean n for n
//! honest dimensions (Bar-Shalom et al. 2001, 5.4). Too small is timid, too large
//! is vain, and the probability of a conflict inherits either.
#![allow(clippy::print_stdout)] // the figures are of interest when it passes, too

mod common;

use common::{Noise, Truth, at, point};
use deconflict_core::{Report, State};
use deconflict_track::{Config, Tracker};

/// What reports state, and what their positions are off by with the error of time.
const SIGMA_M: f64 = 30.0;
const NOISE_M: f64 = 37.8;

fn immediate() -> Config {
    Config { reorder_window_s: 0.0, ..Config::default() }
}

#[derive(Default)]
struct Score {
    n: f64,
    position_m2: f64,
    velocity_m2s2: f64,
    nees: f64,
    altitude_m2: f64,
}

impl Score {
    fn add(&mut self, state: &State, truth: &Truth) {
        let [e, n] = truth.position.frame().to_local(state.position);
        let ve = state.velocity.east_mps - truth.speed_mps * truth.track_rad.sin();
        let vn = state.velocity.north_mps - truth.speed_mps * truth.track_rad.cos();
        let p = &state.covariance.horizontal;
        // The blocks of both axes are alike and apart: invert one 2×2.
        let (xx, xv, vv) = (p[0][0], p[0][2], p[2][2]);
        let det = xx * vv - xv * xv;
        let axis = |x: f64, v: f64| (vv * x * x - 2.0 * xv * x * v + xx * v * v) / det;
        self.n += 1.0;
        self.position_m2 += e * e + n * n;
        self.velocity_m2s2 += ve * ve + vn * vn;
        self.nees += axis(e, ve) + axis(n, vn);
        self.altitude_m2 += (state.altitude.m - truth.altitude_m).powi(2);
    }

    fn rmse_m(&self) -> f64 {
        (self.position_m2 / self.n / 2.0).sqrt()
    }
    fn rmse_mps(&self) -> f64 {
        (self.velocity_m2s2 / self.n / 2.0).sqrt()
    }
    fn nees(&self) -> f64 {
        self.nees / self.n
    }
}

/// Many flights; `turn_rad_s(t)` steers, `jolt_mps` is the standard deviation per
/// axis of the change of velocity in each second.
fn fly(
    period_s: f64,
    seconds: f64,
    jolt_mps: f64,
    strip: impl Fn(Report) -> Report,
    turn_rad_s: impl Fn(f64) -> f64,
    scored: impl Fn(f64) -> bool,
) -> Score {
    let mut score = Score::default();
    for seed in 0..40u64 {
        let mut noise = Noise::new(seed);
        let mut truth = Truth::cruising(point(47.0, 8.0), 360.0 * noise.uniform());
        let mut tracker = Tracker::new(immediate(), Default::default());
        let mut next_s = 0.0;
        while truth.time_s < seconds {
            truth.fly(0.5, turn_rad_s(truth.time_s));
            let jolt = jolt_mps * 0.5f64.sqrt();
            let ve = truth.speed_mps * truth.track_rad.sin() + jolt * noise.normal();
            let vn = truth.speed_mps * truth.track_rad.cos() + jolt * noise.normal();
            (truth.speed_mps, truth.track_rad) = (ve.hypot(vn), ve.atan2(vn));
            if truth.time_s < next_s {
                continue;
            }
            next_s += period_s;
            let report = strip(truth.noisy(seed as u32, SIGMA_M, &mut noise));
            tracker.step(at(truth.time_s), &[report]);
            tracker.step(at(truth.time_s + 0.002), &[]);
            if scored(truth.time_s) {
                assert_eq!(tracker.len(), 1);
                let track = tracker.tracks().next().unwrap();
                score.add(&track.state_at(at(truth.time_s)).unwrap(), &truth);
            }
        }
        let s = tracker.statistics();
        assert!(s.outliers * 100 <= s.plots, "seed {seed}: {s:?}");
    }
    score
}

fn say(name: &str, s: &Score) {
    println!(
        "{name}: position {:.1} m, velocity {:.2} m/s per axis, NEES {:.2} of 4, altitude {:.1} m",
        s.rmse_m(),
        s.rmse_mps(),
        s.nees(),
        (s.altitude_m2 / s.n).sqrt()
    );
}

fn without_velocity(r: Report) -> Report {
    Report { ground_speed_mps: None, track_rad: None, vertical_rate_mps: None, ..r }
}

/// The class is unknown: 0.5 m²/s³, so this is the motion that the filter assumes.
const ASSUMED_JOLT_MPS: f64 = 0.707;

#[test]
fn the_filter_is_honest_about_the_motion_it_assumes() {
    for (period, strip) in [
        (1.0, (|r| r) as fn(Report) -> Report),
        (1.0, without_velocity),
        (10.0, |r| r),
        (10.0, without_velocity),
    ] {
        let s = fly(period, 400.0, ASSUMED_JOLT_MPS, strip, |_| 0.0, |t| t > 60.0);
        say(&format!("assumed motion, every {period} s"), &s);
        assert!((3.2..4.8).contains(&s.nees()), "{}", s.nees());
        assert!(s.rmse_m() < NOISE_M, "{}", s.rmse_m());
    }
}

#[test]
fn straight_flight_is_known_better_than_any_measurement() {
    let s = fly(1.0, 300.0, 0.05, |r| r, |_| 0.0, |t| t > 30.0);
    say("straight, every second", &s);
    assert!(s.rmse_m() < 0.4 * NOISE_M && s.rmse_mps() < 1.0);
    assert!(s.nees() < 4.5);
    assert!((s.altitude_m2 / s.n).sqrt() < 4.0);
    let s = fly(10.0, 900.0, 0.05, |r| r, |_| 0.0, |t| t > 60.0);
    say("straight, every 10 s", &s);
    assert!(s.rmse_m() < 0.8 * NOISE_M && s.nees() < 4.5);
}

#[test]
fn a_turn_is_followed() {
    // 1.5°/s at 230 m/s is 6 m/s²: 32° of bank.
    let turn = |t: f64| if (100.0..160.0).contains(&t) { 1.5f64.to_radians() } else { 0.0 };
    for (period, name) in [(1.0, "turn, every second"), (10.0, "turn, every 10 s")] {
        let s = fly(period, 160.0, 0.0, |r| r, turn, |t| t > 103.0);
        say(name, &s);
        assert!(s.rmse_m() < NOISE_M, "{}", s.rmse_m());
        assert!(s.nees() < 12.0, "{}", s.nees());
    }
    let s = fly(1.0, 160.0, 0.0, without_velocity, turn, |t| t > 103.0);
    say("turn, positions only", &s);
    assert!(s.rmse_m() < 1.2 * NOISE_M && s.nees() < 20.0);
}

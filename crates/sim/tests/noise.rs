//! What a feed states of its errors is what its errors are.

use deconflict_core::units::{kt_from_mps, m_from_ft, m_from_nm};
use deconflict_core::{Report, State};
use deconflict_sim::{Scenario, Simulation};

const HEAD: &str = r#"
[scenario]
name = "noise"
start = 2017-12-13T08:00:00Z
duration_min = 60
seed = 3

[[operator]]
name = "BLUE"

[[flight]]
callsign = "ORBIT1"
operator = "BLUE"
type = "surveillance"
route = [{ orbit = [35.0, 40.5], radius_nm = 20, fl = 250 }]

[[feed]]
name = "receiver"
owner = "BLUE"
kind = "adsb"
period_s = 1
"#;

/// Reports of an hour with what was true when they were measured.
fn observe(feed: &str) -> Vec<(Report, State)> {
    let scenario = Scenario::parse(&format!("{HEAD}{feed}")).expect("it is valid");
    let mut reports = Simulation::new(&scenario).step(scenario.end().plus_s(600.0)).to_vec();
    reports.sort_by_key(|r| r.measured);
    let mut simulation = Simulation::new(&scenario);
    let with_truth = reports.into_iter().map(|report| {
        simulation.step(report.measured);
        let truth = simulation.truth()[0].state;
        (report, truth)
    });
    with_truth.collect()
}

fn sigma(errors: impl Iterator<Item = f64>) -> (f64, f64) {
    let errors: Vec<f64> = errors.collect();
    let n = errors.len() as f64;
    let mean = errors.iter().sum::<f64>() / n;
    (mean, (errors.iter().map(|e| (e - mean) * (e - mean)).sum::<f64>() / n).sqrt())
}

#[test]
fn errors_have_the_stated_spread_and_no_bias() {
    let seen = observe(
        "position_sigma_m = 50\naltitude_sigma_ft = 40\naltitude_step_ft = 1\ngs_sigma_kt = 3\n",
    );
    assert_eq!(seen.len(), 3600);
    let local = |(r, s): &(Report, State)| s.position.frame().to_local(r.position.expect("a plot"));
    for axis in 0..2 {
        let (mean, sigma) = sigma(seen.iter().map(|pair| local(pair)[axis]));
        // 3600 samples: the standard error is 0.8 m of the mean, 0.6 m of sigma.
        assert!(mean.abs() < 3.0 && (sigma - 50.0).abs() < 2.5, "{mean} {sigma}");
    }
    let (mean, spread) =
        sigma(seen.iter().map(|(r, s)| r.pressure_altitude_m.expect("given") - s.altitude.m));
    assert!(mean.abs() < 1.0 && (spread - m_from_ft(40.0)).abs() < 0.6, "{mean} {spread}");
    let (mean, spread) = sigma(seen.iter().map(|(r, s)| {
        kt_from_mps(r.ground_speed_mps.expect("given") - s.velocity.ground_speed_mps())
    }));
    assert!(mean.abs() < 0.2 && (spread - 3.0).abs() < 0.15, "{mean} {spread}");
    assert!(seen.iter().all(|(r, _)| r.position_sigma_m == Some(50.0)));
}

#[test]
fn altitude_comes_in_steps() {
    for (r, _) in observe("altitude_sigma_ft = 60\naltitude_step_ft = 100\n") {
        let hundreds = r.pressure_altitude_m.expect("given") / m_from_ft(100.0);
        assert!((hundreds - hundreds.round()).abs() < 1e-9);
    }
}

#[test]
fn drops_duplicates_and_wild_positions_are_as_frequent_as_stated() {
    let seen = observe("drop_probability = 0.25\nduplicate_probability = 0.1\n");
    let n = seen.len() as f64;
    assert!((n - 3600.0 * 0.75 * 1.1).abs() < 120.0, "{n}");
    let seen = observe("wild_probability = 0.05\nwild_nm = 30\n");
    let wild = seen
        .iter()
        .filter(|(r, s)| r.position.expect("a plot").distance_m(s.position) > m_from_nm(25.0))
        .count();
    assert!((130..230).contains(&wild), "{wild}");
}

#[test]
fn latency_jitter_and_skew_show_in_the_times() {
    let skewed = observe("latency_s = 2\njitter_s = 1.5\nclock_skew_s = -0.8\n");
    let delays: Vec<f64> =
        skewed.iter().map(|(r, _)| r.received.seconds_since(r.measured)).collect();
    // The clock of the sensor is slow by 0.8 s, so everything seems that much older.
    let (low, high) =
        (delays.iter().copied().fold(9.0, f64::min), delays.iter().copied().fold(0.0, f64::max));
    assert!((2.799..2.85).contains(&low) && (4.2..4.301).contains(&high), "{low} {high}");
}

#[test]
fn nothing_is_seen_outside_of_coverage_or_below_the_floor() {
    // The orbit has a radius of 20 NM round a point 20 NM west of this centre.
    let seen = observe("centre = [35.0, 40.907]\nradius_nm = 20\n");
    assert!((1000..2600).contains(&seen.len()), "{}", seen.len());
    assert_eq!(observe("floor_ft = 26000\n").len(), 0);
}

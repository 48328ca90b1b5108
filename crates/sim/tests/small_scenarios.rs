//! The two small scenarios hold what their comments promise.

mod common;

use common::{Losses, load, reports, run};
use deconflict_core::Time;

#[test]
fn crossing_has_one_conflict_and_one_pair_a_thousand_feet_apart() {
    let scenario = load("crossing");
    let mut losses = Losses::of(&scenario);
    let mut nearest_nm = f64::MAX;
    run(&scenario, 1.0, |now, _, truths| {
        losses.watch(now, truths);
        let of = |name: &str| truths.iter().find(|t| t.callsign.as_str() == name);
        if let (Some(a), Some(b)) = (of("EAGLE2"), of("HERON2")) {
            nearest_nm = nearest_nm.min(a.state.position.distance_m(b.state.position) / 1852.0);
            assert!((b.state.altitude.m - a.state.altitude.m - 304.8).abs() < 1e-9);
        }
    });
    let pairs: Vec<_> = losses.by_pair.values().collect();
    assert_eq!(pairs.len(), 1, "{pairs:?}");
    let loss = pairs[0];
    assert_eq!((loss.a.callsign.as_str(), loss.b.callsign.as_str()), ("EAGLE1", "HERON1"));
    assert!(loss.is_unplanned && loss.least_nm < 0.2 && loss.least_ft == 0.0, "{loss:?}");
    assert!(nearest_nm < 1.0, "the separated pair does cross: {nearest_nm}");
}

#[test]
fn reports_come_in_order_of_receipt_and_never_before_they_are_measured() {
    for name in ["crossing", "formation-and-ghost"] {
        let mut last = Time::MIN;
        let all = reports(&load(name), 7.0);
        assert!(all.len() > 1000, "{}", all.len());
        for report in all {
            assert!(report.received >= last);
            last = report.received;
        }
    }
}

//! What the tests share: running a scenario whole, and finding losses of separation in its truth.

#![allow(dead_code, reason = "no test uses all of it")]

use deconflict_core::units::{ft_from_m, nm_from_m};
use deconflict_core::{Operator, Report, Time};
use deconflict_sim::{AircraftId, Scenario, Simulation, Truth};
use std::collections::BTreeMap;

pub fn load(name: &str) -> Scenario {
    let path = format!("{}/../../scenarios/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    Scenario::parse(&text).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Runs a scenario to its end in steps of `step_s`, handing over reports and truth of each.
pub fn run(scenario: &Scenario, step_s: f64, mut each: impl FnMut(Time, &[Report], &[Truth])) {
    let mut simulation = Simulation::new(scenario);
    let mut k = 0.0;
    while !simulation.is_over() {
        let until = scenario.start.plus_s(k * step_s);
        let reports = simulation.step(until).to_vec();
        each(until, &reports, &simulation.truth());
        k += 1.0;
    }
}

/// Every report of a scenario.
pub fn reports(scenario: &Scenario, step_s: f64) -> Vec<Report> {
    let mut simulation = Simulation::new(scenario);
    let mut all = Vec::new();
    let mut k = 1.0;
    while !simulation.is_over() {
        all.extend_from_slice(simulation.step(scenario.start.plus_s(k * step_s)));
        k += 1.0;
    }
    all
}

/// An encounter in the truth: since when, and how near at the nearest.
#[derive(Clone, Debug)]
pub struct Loss {
    pub a: Truth,
    pub b: Truth,
    pub from: Time,
    pub until: Time,
    pub least_nm: f64,
    pub least_ft: f64,
    /// Neither formation nor tanker, and no common command.
    pub is_unplanned: bool,
}

/// Losses of separation (5 NM and 1000 ft) between aircraft in the air.
#[derive(Default)]
pub struct Losses {
    pub by_pair: BTreeMap<(AircraftId, AircraftId), Loss>,
    pub commands: BTreeMap<Operator, Operator>,
}

impl Losses {
    pub fn of(scenario: &Scenario) -> Losses {
        Losses { by_pair: BTreeMap::new(), commands: scenario.operators().collect() }
    }

    pub fn watch(&mut self, now: Time, truths: &[Truth]) {
        let mut sorted: Vec<&Truth> = truths.iter().filter(|t| !t.on_ground).collect();
        sorted.sort_by(|a, b| a.state.altitude.m.total_cmp(&b.state.altitude.m));
        for (i, a) in sorted.iter().enumerate() {
            for b in &sorted[i + 1..] {
                let vertical_ft = ft_from_m(b.state.altitude.m - a.state.altitude.m);
                if vertical_ft >= 999.0 {
                    break;
                }
                let (p, q) = (a.state.position, b.state.position);
                if (p.lat_deg() - q.lat_deg()).abs() > 0.09 {
                    continue;
                }
                let nm = nm_from_m(p.distance_m(q));
                if nm < 5.0 {
                    self.record(now, a, b, nm, vertical_ft);
                }
            }
        }
    }

    fn record(&mut self, now: Time, a: &Truth, b: &Truth, nm: f64, ft: f64) {
        let (a, b) = if a.id < b.id { (a, b) } else { (b, a) };
        let is_unplanned = self.commands[&a.operator] != self.commands[&b.operator]
            && (a.formation.is_none() || a.formation != b.formation)
            && a.tanker != Some(b.id)
            && b.tanker != Some(a.id)
            && (a.tanker.is_none() || a.tanker != b.tanker);
        let loss = self.by_pair.entry((a.id, b.id)).or_insert(Loss {
            a: *a,
            b: *b,
            from: now,
            until: now,
            least_nm: nm,
            least_ft: ft,
            is_unplanned,
        });
        loss.until = now;
        if nm < loss.least_nm {
            (loss.least_nm, loss.least_ft) = (nm, ft);
        }
    }

    pub fn unplanned(&self) -> impl Iterator<Item = &Loss> {
        self.by_pair.values().filter(|loss| loss.is_unplanned)
    }
}

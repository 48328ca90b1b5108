//! Airways: airliners by rate, both ways, on the levels of the semicircular rule.

use super::check::Checked;
use super::file::AirwaySpec;
use super::flights::{Taken, World};
use super::legs::is_eastbound;
use crate::motion::Fix;
use crate::plan::{Entry, Leg, Levels, Plan};
use crate::random::Stream;
use deconflict_core::GeoPoint;
use deconflict_core::Label;
use deconflict_core::units::m_from_ft;

/// Two that follow each other on one level are at least so far apart, seconds:
/// over 15 NM at the speed of an airliner.
const MIN_GAP_S: f64 = 125.0;

/// Adds the airliners of all airways.
pub(super) fn expand(world: &World, specs: &[AirwaySpec], plans: &mut Vec<Plan>) -> Checked<()> {
    let mut taken = Taken {
        callsigns: plans.iter().enumerate().map(|(id, plan)| (plan.callsign, id)).collect(),
        addresses: plans.iter().map(|plan| plan.address).collect(),
    };
    for spec in specs {
        let check = world.check;
        let points = spec.route.get_ref().iter().map(|p| check.place(p));
        let mut points = points.collect::<Checked<Vec<GeoPoint>>>()?;
        if points.len() < 2 {
            return Err(check.wrong(&spec.route, "an airway needs two points or more"));
        }
        let there = check.number(&spec.per_hour, 0.0, 200.0)?;
        let back = check.number_or(spec.back_per_hour.as_ref(), there, 0.0, 200.0)?;
        one_way(world, spec, &points, there, "there", &mut taken, plans)?;
        points.reverse();
        one_way(world, spec, &points, back, "back", &mut taken, plans)?;
    }
    Ok(())
}

fn one_way(
    world: &World,
    spec: &AirwaySpec,
    points: &[GeoPoint],
    per_hour: f64,
    way: &str,
    taken: &mut Taken,
    plans: &mut Vec<Plan>,
) -> Checked<()> {
    if per_hour == 0.0 {
        return Ok(());
    }
    let check = world.check;
    let performance = world.performance(&spec.kind)?;
    let party = world.party(&spec.operator)?;
    let (first, last) = (points[0], points[points.len() - 1]);
    let odd = is_eastbound(first.azimuth_and_distance(last).0);
    let Some(range) = check.levels(Some(&spec.fl), None)? else { return Ok(()) };
    let levels = rvsm_levels(range, odd);
    if levels.is_empty() {
        let parity = if odd { "odd" } else { "even" };
        let message = format!("the range holds no {parity} level for traffic that goes {way}");
        return Err(check.wrong(&spec.fl, message));
    }
    let mut prefixes = Vec::new();
    for prefix in spec.callsigns.get_ref() {
        prefixes.push(check.label::<4>(prefix)?);
    }
    if prefixes.is_empty() {
        return Err(check.wrong(&spec.callsigns, "give at least one prefix of call signs"));
    }
    let transponder = world.transponder(spec.transponder.as_ref())?;

    let name = spec.name.get_ref();
    let mut stream = Stream::new(world.seed, &["airway", name, way]);
    // One speed to a level, so that nobody catches up with the one ahead.
    let speeds: Vec<f64> =
        levels.iter().map(|_| performance.cruise_mps * stream.between(0.97, 1.03)).collect();
    let length_m: f64 = points.windows(2).map(|w| w[0].distance_m(w[1])).sum();
    let slowest = speeds.iter().copied().fold(f64::MAX, f64::min);

    let mut free_at_s = vec![f64::MIN; levels.len()];
    // The airway is full when the scenario begins: the first entered it long before.
    let mut arrives_s = -length_m / slowest;
    loop {
        arrives_s += stream.exponential(3600.0 / per_hour);
        let choice = stream.below(levels.len());
        let prefix = prefixes[stream.below(prefixes.len())];
        let mut number = 100 + stream.below(900);
        if arrives_s > world.duration_s {
            return Ok(());
        }
        // Flow control: another level if this one is taken, else later.
        let lane = (0..levels.len())
            .map(|k| (choice + k) % levels.len())
            .min_by(|a, b| free_at_s[*a].max(arrives_s).total_cmp(&free_at_s[*b].max(arrives_s)))
            .unwrap_or(choice);
        let enters_s = arrives_s.max(free_at_s[lane]);
        free_at_s[lane] = enters_s + MIN_GAP_S;
        let flown_m = (-enters_s).max(0.0) * speeds[lane];
        if flown_m > length_m - 10_000.0 || enters_s > world.duration_s {
            continue;
        }
        let callsign = loop {
            let text = format!("{prefix}{number}");
            let Some(label) = Label::new(&text) else {
                return Err(check.wrong(&spec.callsigns, "is no prefix of a call sign"));
            };
            if let std::collections::btree_map::Entry::Vacant(slot) = taken.callsigns.entry(label) {
                slot.insert(plans.len());
                break label;
            }
            number += 1;
        };
        let (entry, legs) = along(points, flown_m, levels[lane], speeds[lane]);
        plans.push(Plan {
            callsign,
            address: world.free_address(party, callsign.as_str(), taken),
            operator: party.name,
            command: party.command,
            kind: spec.kind.get_ref().clone(),
            formation: None,
            performance,
            transponder,
            appears_s: enters_s.max(0.0),
            entry,
            legs,
            altimetry_error_m: world.altimetry_error_m(callsign.as_str()),
        });
    }
}

/// Levels within the range for one direction, metres: FL290, 310 … or FL280, 300 …
fn rvsm_levels(range: Levels, odd: bool) -> Vec<f64> {
    (0..60u32)
        .filter(|thousands| (thousands % 2 == 1) == odd)
        .map(|thousands| m_from_ft(1000.0 * f64::from(thousands)))
        .filter(|m| (range.low_m - 0.1..=range.high_m + 0.1).contains(m))
        .collect()
}

/// Entry and legs of one who has already flown so far along the airway.
fn along(points: &[GeoPoint], flown_m: f64, altitude_m: f64, speed_mps: f64) -> (Entry, Vec<Leg>) {
    let mut left_m = flown_m;
    let mut at = 0;
    loop {
        let (azimuth, length_m) = points[at].azimuth_and_distance(points[at + 1]);
        if left_m < length_m || at + 2 == points.len() {
            let here = points[at].destination(azimuth, left_m);
            let track_rad = here.azimuth_and_distance(points[at + 1]).0;
            let entry =
                Entry::Airborne { at: here, track_rad, altitude_m, ground_speed_mps: speed_mps };
            let legs = points[at + 1..].iter().map(|p| Leg::To {
                fix: Fix::from(*p),
                altitude_m,
                ground_speed_mps: speed_mps,
            });
            return (entry, legs.collect());
        }
        left_m -= length_m;
        at += 1;
    }
}

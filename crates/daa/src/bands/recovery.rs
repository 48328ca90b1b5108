//! Recovery: what to fly where no value avoids a violation.

use super::Threat;
use super::paint::{drop_slivers, saturated};
use super::sweep::Sweep;
use super::trajectory::Manoeuvres;
use crate::config::Config;
use crate::detector::{Cylinder, Volume};

/// What recovery found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recovery {
    /// When the violation can be over at the earliest, with the stability time that
    /// is added, seconds.
    pub time_s: f64,
    /// How often what is kept free until then has shrunk.
    pub shrunk: u32,
    /// Radius that is kept free, metres.
    pub horizontal_m: f64,
    /// Half height that is kept free, metres.
    pub vertical_m: f64,
}

/// Whether and how recovery is possible.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RecoveryResult {
    /// There are values without violation.
    NotNeeded,
    /// Not with more than the smallest distances, those of a near mid-air collision.
    Impossible {
        /// How often the distances have shrunk until it is possible with the smallest;
        /// 0: not even then.
        shrunk: u32,
    },
    /// It is possible.
    Found(Recovery),
}

/// How exactly the time of recovery is found, seconds.
const TIME_STEP_S: f64 = 0.5;
/// No distance shrinks more often than this before it is as small as it may be.
const MOST_SHRINKING: u32 = 10_000;

/// Finds the earliest time after which some value violates nothing until the
/// look-ahead, while a cylinder is kept free until then. Where that is impossible the
/// cylinder shrinks, but not below a near mid-air collision. Values that are `barred` are
/// never free.
pub(super) fn recover(
    ways: &Manoeuvres,
    threats: &[Threat],
    sweeps: &[Sweep],
    barred: &[bool],
    config: &Config,
) -> (RecoveryResult, Vec<bool>) {
    let mut marks = vec![false; ways.values()];
    let (mut horizontal_m, mut vertical_m) = kept_free(threats, config);
    let within = |t: &Threat| t.level.detector.contains_cylinder(horizontal_m, vertical_m);
    let mut threats: Vec<(&Threat, bool)> = threats.iter().map(|t| (t, within(t))).collect();
    // Conflicts first: they leave the fewest ways.
    threats.sort_by_key(|(t, _)| !t.conflict);
    let mut cylinders: Vec<Sweep> = vec![Sweep::default(); threats.len()];
    for shrunk in 0..MOST_SHRINKING {
        let free = Volume::Cylinder(Cylinder { distance_m: horizontal_m, height_m: vertical_m });
        // Cylinders are swept when they are needed first: mostly a few intruders
        // decide that there is no way out.
        let mut filled = 0;
        // A violation after `time_s`, or the cylinder before.
        let smallest =
            horizontal_m <= config.horizontal_nmac_m && vertical_m <= config.vertical_nmac_m;
        let mut is_saturated = |time_s: f64| {
            marks.copy_from_slice(barred);
            for (k, (threat, within)) in threats.iter().enumerate() {
                let volume = &sweeps[threat.index];
                let mut any = false;
                if time_s > 0.0 {
                    if k >= filled {
                        if *within {
                            cylinders[k].fill_within(volume, ways, &threat.pair, &free);
                        } else {
                            cylinders[k].fill(ways, &threat.pair, &free);
                        }
                        filled = k + 1;
                    }
                    any |= cylinders[k].mark(ways, 0.0, time_s.min(threat.until_s), &mut marks);
                }
                // With the smallest distances nothing else is asked for.
                if time_s <= threat.until_s && !smallest {
                    any |= volume.mark(ways, time_s, threat.until_s, &mut marks);
                }
                drop_slivers(ways, &mut marks);
                if any && saturated(&marks) {
                    return true;
                }
            }
            saturated(&marks)
        };
        let last_s = config.lookahead_s;
        if !is_saturated(last_s) {
            if smallest {
                return (RecoveryResult::Impossible { shrunk }, marks);
            }
            let time_s = if is_saturated(0.0) {
                let (mut bad_s, mut good_s) = (0.0, last_s);
                while good_s - bad_s > TIME_STEP_S {
                    let middle_s = 0.5 * (bad_s + good_s);
                    if is_saturated(middle_s) {
                        bad_s = middle_s;
                    } else {
                        good_s = middle_s;
                    }
                }
                (good_s + config.recovery_stability_s).min(last_s)
            } else {
                0.0
            };
            is_saturated(time_s);
            let found = Recovery { time_s, shrunk, horizontal_m, vertical_m };
            return (RecoveryResult::Found(found), marks);
        }
        if !config.ca_bands || smallest {
            break;
        }
        let shrink = 1.0 - config.ca_factor;
        horizontal_m = (horizontal_m * shrink).max(config.horizontal_nmac_m);
        vertical_m = (vertical_m * shrink).max(config.vertical_nmac_m);
    }
    (RecoveryResult::Impossible { shrunk: 0 }, marks)
}

/// What is kept free at first: as configured, or else the distances of the volumes.
fn kept_free(threats: &[Threat], config: &Config) -> (f64, f64) {
    let (mut horizontal_m, mut vertical_m) =
        (config.min_horizontal_recovery_m, config.min_vertical_recovery_m);
    let own = threats.iter().map(|t| {
        let altitude_m = t.pair.own.position_m[2];
        t.level.detector.distances_m(altitude_m)
    });
    let (widest, tallest) = own.fold((0.0_f64, 0.0_f64), |(h, v), (dh, dv)| (h.max(dh), v.max(dv)));
    if horizontal_m <= 0.0 {
        horizontal_m = widest;
    }
    if vertical_m <= 0.0 {
        vertical_m = tallest;
    }
    (horizontal_m.max(config.horizontal_nmac_m), vertical_m.max(config.vertical_nmac_m))
}

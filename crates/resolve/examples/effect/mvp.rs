//! The baseline: the modified voltage potential.
//!
//! Hoekstra, van Gent, Ruigrok, "Designing for safety: the free flight air traffic
//! management concept", Reliability Engineering & System Safety 75 (2002): the predicted
//! closest point of approach is pushed out of the protected zone, and both aircraft take
//! the change of velocity that does it, with opposite signs. Written from the formulas, for
//! comparison only.

use crate::flight::Craft;
use deconflict_core::geo::{Vec3, add_scaled, sub};
use deconflict_core::units::{m_from_ft, m_from_nm};
use deconflict_detect::cylinder::{RelativeMotion, Span};
use deconflict_resolve::Instruction;
use std::collections::BTreeSet;

/// Separation with the usual margin of 5 %.
const MARGIN: f64 = 1.05;
const LOOK_AHEAD_S: f64 = 300.0;

/// The pairs that are being resolved.
#[derive(Default)]
pub struct Mvp {
    active: BTreeSet<(usize, usize)>,
    steered: BTreeSet<usize>,
}

impl Mvp {
    /// One round with exact knowledge of everybody and without delay. `home` is what each
    /// goes back to.
    pub fn step(&mut self, aircraft: &mut [Craft], home: &[Instruction]) {
        let (horizontal_m, vertical_m) = (MARGIN * m_from_nm(5.0), MARGIN * m_from_ft(1000.0));
        let mut change: Vec<Vec3> = vec![[0.0; 3]; aircraft.len()];
        let mut in_conflict = BTreeSet::new();
        let reach_m = 520.0 * LOOK_AHEAD_S;
        for a in 0..aircraft.len() {
            for b in a + 1..aircraft.len() {
                let (one, other) = (&aircraft[a], &aircraft[b]);
                let position = sub(other.position_m, one.position_m);
                if position[0].abs() > reach_m || position[1].abs() > reach_m {
                    continue;
                }
                let motion = RelativeMotion {
                    position_m: position,
                    velocity_mps: sub(other.velocity(), one.velocity()),
                };
                let ahead = Span::new(0.0, LOOK_AHEAD_S);
                let Some(lost) = motion.infringement(horizontal_m, vertical_m, ahead) else {
                    continue;
                };
                self.active.insert((a, b));
                in_conflict.extend([a, b]);
                let dv = push(&motion, lost.start, horizontal_m, vertical_m);
                change[a] = add_scaled(change[a], -1.0, dv);
                change[b] = add_scaled(change[b], 1.0, dv);
            }
        }
        for &i in &in_conflict {
            let craft = &mut aircraft[i];
            let [east, north, up] = add_scaled(craft.velocity(), 1.0, change[i]);
            let [least, most] = craft.performance.speed_range;
            let usual = home[i].ground_speed_mps.unwrap_or(craft.speed_mps);
            craft.flown = Instruction {
                track_rad: Some(east.atan2(north)),
                ground_speed_mps: Some(east.hypot(north).clamp(least * usual, most * usual)),
                altitude_m: None,
            };
            let limit_mps = craft.performance.climb_mps;
            craft.rate_mps = Some(up.clamp(-limit_mps, limit_mps));
            self.steered.insert(i);
        }
        // Past the closest point and outside of the zone: back to where they were going.
        self.active.retain(|&(a, b)| {
            let d = sub(aircraft[b].position_m, aircraft[a].position_m);
            let v = sub(aircraft[b].velocity(), aircraft[a].velocity());
            d[0] * v[0] + d[1] * v[1] < 0.0 || d[0].hypot(d[1]) < horizontal_m
        });
        let busy: BTreeSet<usize> = self.active.iter().flat_map(|&(a, b)| [a, b]).collect();
        self.steered.retain(|i| {
            let stays = busy.contains(i);
            if !stays {
                aircraft[*i].rate_mps = None;
                aircraft[*i].flown = home[*i];
            }
            stays
        });
    }
}

/// The change of relative velocity that moves the closest point out of the zone.
fn push(motion: &RelativeMotion, lost_s: f64, horizontal_m: f64, vertical_m: f64) -> Vec3 {
    let [x, y, z] = motion.position_m;
    let [vx, vy, vz] = motion.velocity_mps;
    let distance_m = x.hypot(y).max(1.0);
    let tcpa_s = motion.time_of_closest_approach_s().unwrap_or(0.0);
    let mut cpa = [x + vx * tcpa_s, y + vy * tcpa_s];
    let mut miss_m = cpa[0].hypot(cpa[1]);
    if miss_m <= 10.0 {
        miss_m = 10.0;
        cpa = [10.0 * y / distance_m, -10.0 * x / distance_m];
    }
    let inside_m = horizontal_m - miss_m;
    let mut scale = inside_m / (tcpa_s.abs().max(1.0) * miss_m);
    if horizontal_m < distance_m && miss_m < distance_m {
        scale /= ((horizontal_m / distance_m).asin() - (miss_m / distance_m).asin()).cos().abs();
    }
    let closing = vz.abs() > 1e-3;
    let mut inside_up_m = if closing { vertical_m } else { vertical_m - z.abs() };
    let mut solve_s = if closing { (z / vz).abs() } else { lost_s };
    if solve_s > LOOK_AHEAD_S {
        solve_s = lost_s;
        inside_up_m = vertical_m;
    }
    let up = inside_up_m / solve_s.max(1.0);
    let up = if closing { -up * vz.signum() } else { up };
    // Each of the two takes half of the vertical part.
    [scale * cpa[0], scale * cpa[1], 0.5 * up]
}

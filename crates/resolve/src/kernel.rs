//! What the kernel says of a situation: who is in conflict, and whether a proposal keeps
//! everybody apart.

use crate::owed::PairOwed;
use crate::path::Path;
use crate::situation::{MAX_CLUSTER, Owed, Situation};
use deconflict_core::geo::LocalFrame;
use deconflict_core::rules::Minima;
use deconflict_core::trajectory::Segment;
use deconflict_core::{Altitude, Covariance, RuleSet, State, Trajectory, Velocity};
use deconflict_detect::{Detector, Options, Scene};
use std::sync::Arc;

/// A well-clear volume is looked for in a cylinder so many times as large, in distance
/// and height: modified tau and vertical rates reach beyond it.
const WELL_CLEAR_REACH: [f64; 2] = [1.5, 4.0];

/// Two aircraft of a situation that will lose the separation owed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Meeting {
    /// Index of one.
    pub a: u32,
    /// Index of the other.
    pub b: u32,
    /// When separation is lost, seconds from now.
    pub lost_s: f64,
}

/// All pairs that will lose separation if everybody goes on as they do, or were told.
pub fn meetings(situation: &Situation) -> Vec<Meeting> {
    if situation.aircraft().len() < 2 {
        return Vec::new();
    }
    // Paths in the frame of the first are straight all over the sky: they are cut for the
    // kernel into geodesic ones, each from where its aircraft is.
    let mut scene = Scene::new(situation.now());
    let mut index = Vec::new();
    for (i, aircraft) in situation.aircraft().iter().enumerate() {
        let frame = aircraft.state.position.frame();
        let path = Path::new(aircraft, &frame, None, 0.0, situation.horizon_s());
        if push(&mut scene, situation, i, &frame, &path) {
            index.push(i as u32);
        }
    }
    let rules = rules_of(situation);
    let mut conflicts = Vec::new();
    let options = Options { threads: 1, probability: false };
    Detector::new(rules, options).detect(&scene, &mut conflicts);
    let mut found = Vec::with_capacity(conflicts.len());
    for conflict in &conflicts {
        let (a, b) = (index[conflict.a as usize], index[conflict.b as usize]);
        if situation.is_exempt(a, b) {
            continue;
        }
        let lost_s = match situation.owed() {
            Owed::Rules(_) => {
                (conflict.entry_s <= situation.horizon_s()).then_some(conflict.entry_s)
            }
            Owed::WellClear(_) => lost_at_s(situation, a as usize, b as usize),
        };
        if let Some(lost_s) = lost_s {
            found.push(Meeting { a, b, lost_s });
        }
    }
    found
}

fn lost_at_s(situation: &Situation, a: usize, b: usize) -> Option<f64> {
    let owed = PairOwed::between(situation, &[], a, b)?;
    let aircraft = situation.aircraft();
    let frame = aircraft[a].state.position.frame();
    let path = |i: usize| Path::new(&aircraft[i], &frame, None, 0.0, situation.horizon_s());
    owed.lost_at_s(&path(a), &path(b))
}

/// Groups meetings that share aircraft, so that each group can be solved by itself: the
/// one in which separation is lost first comes first. Of more than [`MAX_CLUSTER`]
/// aircraft those that lose it first are taken; the rest come as groups of their own.
pub fn clusters(meetings: &[Meeting]) -> Vec<Vec<u32>> {
    let mut rest: Vec<Meeting> = meetings.to_vec();
    rest.sort_by(|p, q| p.lost_s.total_cmp(&q.lost_s).then((p.a, p.b).cmp(&(q.a, q.b))));
    let mut groups = Vec::new();
    while let Some(first) = rest.first() {
        let mut group = vec![first.a, first.b];
        loop {
            let before = group.len();
            for meeting in &rest {
                for (one, other) in [(meeting.a, meeting.b), (meeting.b, meeting.a)] {
                    let joins = group.contains(&one) && !group.contains(&other);
                    if joins && group.len() < MAX_CLUSTER {
                        group.push(other);
                    }
                }
            }
            if group.len() == before {
                break;
            }
        }
        rest.retain(|m| !(group.contains(&m.a) && group.contains(&m.b)));
        group.sort_unstable();
        groups.push(group);
    }
    groups
}

fn rules_of(situation: &Situation) -> Arc<RuleSet> {
    match situation.owed() {
        Owed::Rules(rules) => rules.clone(),
        Owed::WellClear(volume) => {
            let minima = Minima::new(
                WELL_CLEAR_REACH[0] * volume.distance_m,
                WELL_CLEAR_REACH[1] * volume.height_m,
            );
            Arc::new(RuleSet::uniform("well clear", minima, situation.horizon_s()))
        }
    }
}

/// Which pairs of these aircraft, by index in the situation, the kernel calls if they fly
/// these paths. Only for rules: a well-clear volume is the detector's own.
pub(crate) fn conflicts_of(
    situation: &Situation,
    frame: &LocalFrame,
    paths: &[(usize, &Path)],
) -> Vec<(u32, u32)> {
    let Owed::Rules(rules) = situation.owed() else { return Vec::new() };
    let mut scene = Scene::new(situation.now());
    let mut index = Vec::new();
    for (i, path) in paths {
        if push(&mut scene, situation, *i, frame, path) {
            index.push(*i as u32);
        }
    }
    let options = Options { threads: 1, probability: false };
    let mut conflicts = Vec::new();
    Detector::new(rules.clone(), options).detect(&scene, &mut conflicts);
    let inside = conflicts.iter().filter(|c| c.entry_s <= situation.horizon_s());
    inside
        .map(|c| {
            let (a, b) = (index[c.a as usize], index[c.b as usize]);
            (a.min(b), a.max(b))
        })
        .filter(|(a, b)| !situation.is_exempt(*a, *b))
        .collect()
}

/// Puts a path into a scene of the kernel.
fn push(
    scene: &mut Scene,
    situation: &Situation,
    i: usize,
    frame: &LocalFrame,
    path: &Path,
) -> bool {
    let now = situation.now();
    let segments = path.legs.iter().map(|leg| {
        let [x, y, z] = leg.at(leg.start_s);
        let position = frame.from_local([x, y]);
        let [vx, vy, vz] = leg.motion.velocity_mps;
        let [east_mps, north_mps, _] = position.frame().components(frame.horizontal(vx, vy));
        let state = State {
            time: now.plus_s(leg.start_s),
            position,
            altitude: Altitude::pressure_m(z),
            velocity: Velocity { east_mps, north_mps, up_mps: vz },
            covariance: Covariance::default(),
        };
        Segment { state, end: now.plus_s(leg.end_s), growth: Default::default() }
    });
    Trajectory::new(situation.aircraft()[i].subject, segments.collect())
        .is_ok_and(|trajectory| scene.push(&trajectory).is_ok())
}

//! One simulation: fly, look, propose, tell, until time is up.

use crate::flight::{Craft, STEP_S};
use crate::surveillance::Picture;
use deconflict_core::Subject;
use deconflict_core::units::m_from_ft;
use deconflict_daa::detector::{Detector, WellClear};
use deconflict_daa::pair::{Motion, Pair};
use deconflict_detect::cylinder::{RelativeMotion, Span};
use deconflict_resolve::{
    Instruction, Participant, Situation, clusters, meetings, propose, well_clear_do_365,
};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// From the advice to the controls, seconds.
pub const PILOT_DELAY_S: f64 = 5.0;
/// Advice is given when well clear will be lost within this, seconds.
const ADVISED_S: f64 = 60.0;
/// Not more often than this, seconds.
const ADVICE_EVERY_S: f64 = 2.0;
/// Advice lasts at least as long, seconds.
const ADVICE_LASTS_S: f64 = 15.0;

/// What happened to each pair, by indices.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// Near mid-air collisions: 500 ft and 100 ft.
    pub nmac: Vec<(usize, usize)>,
    /// Losses of well clear.
    pub lost: Vec<(usize, usize)>,
    /// How many instructions were given.
    pub told: usize,
}

fn well_clear() -> WellClear {
    WellClear {
        distance_m: m_from_ft(4000.0),
        height_m: m_from_ft(450.0),
        tau_s: 35.0,
        tcoa_s: 0.0,
        with_doubt: false,
    }
}

/// Flies a simulation of so many seconds. `follows[i]`: whether that pilot does as told.
pub fn fly(
    mut aircraft: Vec<Craft>,
    follows: &[bool],
    duration_s: f64,
    rng: ChaCha8Rng,
) -> Outcome {
    let mut picture = Picture::new(rng, aircraft.len());
    let mut outcome = Outcome::default();
    let mut told: BTreeMap<usize, (f64, Instruction)> = BTreeMap::new();
    let mut told_last_s = f64::NEG_INFINITY;
    let anybody = follows.contains(&true);
    let mut now_s = 0.0;
    while now_s < duration_s {
        watch(&aircraft, &mut outcome);
        if anybody {
            picture.step(now_s, &aircraft);
            if now_s > 3.0 && now_s - told_last_s >= ADVICE_EVERY_S {
                let count = advise(&picture, now_s, &mut aircraft, follows, &mut told);
                if let Some(count) = count {
                    outcome.told += count;
                    told_last_s = now_s;
                }
            }
        }
        for craft in &mut aircraft {
            craft.step(now_s);
        }
        now_s += STEP_S;
    }
    outcome
}

/// Notes what really happens in the coming second, as if all flew straight for it.
fn watch(aircraft: &[Craft], outcome: &mut Outcome) {
    for (a, one) in aircraft.iter().enumerate() {
        for (b, other) in aircraft.iter().enumerate().skip(a + 1) {
            let motion =
                |c: &Craft| Motion { position_m: c.position_m, velocity_mps: c.velocity() };
            let pair = Pair::new(motion(one), motion(other));
            let relative: RelativeMotion = deconflict_daa::pair::Pair::relative(&pair);
            let second = Span::new(0.0, STEP_S);
            let note = |list: &mut Vec<(usize, usize)>| {
                if !list.contains(&(a, b)) {
                    list.push((a, b));
                }
            };
            if relative.infringement(m_from_ft(500.0), m_from_ft(100.0), second).is_some() {
                note(&mut outcome.nmac);
            }
            if well_clear().violated(&pair) {
                note(&mut outcome.lost);
            }
        }
    }
}

/// Looks, proposes and tells. Returns how many were told something; `None` if there was no
/// reason to.
fn advise(
    picture: &Picture,
    now_s: f64,
    aircraft: &mut [Craft],
    follows: &[bool],
    told: &mut BTreeMap<usize, (f64, Instruction)>,
) -> Option<usize> {
    let mut situation = Situation::new(picture.time(now_s), well_clear_do_365());
    situation.response_s = PILOT_DELAY_S;
    let mut who = Vec::new();
    for track in picture.tracker.tracks() {
        let Some(segment) = track.segment(picture.time(now_s), situation.lookahead_s) else {
            continue;
        };
        let index = Picture::aircraft_of(track.address());
        let subject = Subject { id: index as u64, ..*track.subject() };
        let participant = Participant {
            growth: segment.growth,
            performance: aircraft[index].performance,
            following: told.get(&index).map(|(_, told)| *told),
            ..Participant::new(subject, segment.state)
        };
        if situation.push(participant).is_ok() {
            who.push(index);
        }
    }
    release(&situation, &who, now_s, aircraft, told);
    let near: Vec<_> = meetings(&situation).into_iter().filter(|m| m.lost_s <= ADVISED_S).collect();
    if near.is_empty() {
        return None;
    }
    let mut count = 0;
    for cluster in clusters(&near) {
        situation.cluster = cluster;
        let proposal = propose(&situation);
        for part in &proposal.parts {
            let Some(instruction) = part.instruction else { continue };
            situation.tell(part.aircraft, instruction);
            let index = who[part.aircraft as usize];
            if follows[index] {
                let before = told.get(&index).map(|(_, told)| *told).unwrap_or_default();
                told.insert(index, (now_s, instruction.after(before)));
                aircraft[index].heard.push((now_s + PILOT_DELAY_S, Some(instruction)));
                count += 1;
            }
        }
    }
    Some(count)
}

/// Lets those go on their own way again who could without a conflict.
fn release(
    situation: &Situation,
    who: &[usize],
    now_s: f64,
    aircraft: &mut [Craft],
    told: &mut BTreeMap<usize, (f64, Instruction)>,
) {
    let due: Vec<usize> = told
        .iter()
        .filter(|(_, (since_s, _))| now_s - since_s >= ADVICE_LASTS_S)
        .map(|(index, _)| *index)
        .collect();
    if due.is_empty() {
        return;
    }
    let mut free = Situation::new(situation.now(), situation.owed().clone());
    for (place, participant) in situation.aircraft().iter().enumerate() {
        let following = participant.following.filter(|_| !due.contains(&who[place]));
        // Levels are kept: what was climbed for is not given up before it is over.
        let _ = free.push(Participant { following, ..*participant });
    }
    let bound = meetings(&free);
    for (place, index) in who.iter().enumerate() {
        let place = place as u32;
        if due.contains(index) && !bound.iter().any(|m| m.a == place || m.b == place) {
            told.remove(index);
            aircraft[*index].heard.push((now_s, None));
        }
    }
}

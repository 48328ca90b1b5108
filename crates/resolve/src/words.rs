//! Proposals as a controller would say them.

use crate::owed::PairOwed;
use crate::path::Path;
use crate::proposal::{Outlook, Part, Proposal};
use crate::situation::{Instruction, Participant};
use deconflict_core::geo::wrap_pi;
use deconflict_core::units::{ft_from_m, kt_from_mps, nm_from_m};

/// What is said where there is nothing to say.
pub(crate) const NOTHING: &str = "no conflict within the look-ahead: nobody has to do anything";

/// From here on levels are flight levels, feet: above any transition altitude in use.
const FLIGHT_LEVELS_FROM_FT: f64 = 18_000.0;

/// What one aircraft is told.
pub(crate) fn part(
    aircraft: &Participant,
    instruction: Option<&Instruction>,
    passes: Option<&str>,
) -> String {
    let name = aircraft.subject.name();
    let Some(told) = instruction else {
        return match aircraft.limits.because {
            Some(because) => format!("{name} holds ({})", because.words()),
            None => format!("{name} holds"),
        };
    };
    let mut acts = Vec::new();
    if let Some(track) = told.track_rad {
        let by_deg = wrap_pi(track - aircraft.state.velocity.track_rad()).to_degrees();
        let side = if by_deg >= 0.0 { "right" } else { "left" };
        let to_deg = (track.to_degrees().round() as i64).rem_euclid(360);
        let to_deg = if to_deg == 0 { 360 } else { to_deg };
        acts.push(format!("turn {side} {:.0}° to {to_deg:03}", by_deg.abs()));
    }
    if let Some(altitude_m) = told.altitude_m {
        let climbs = altitude_m > aircraft.state.altitude.m;
        let rate_mps = aircraft.state.velocity.up_mps;
        let goes_there = rate_mps.abs() > 1.0 && (rate_mps > 0.0) == climbs;
        let verb = match (climbs, goes_there) {
            (true, false) => "climb to",
            (true, true) => "stop climb at",
            (false, false) => "descend to",
            (false, true) => "stop descent at",
        };
        acts.push(format!("{verb} {}", level(altitude_m)));
    }
    if let Some(speed_mps) = told.ground_speed_mps {
        let faster = speed_mps > aircraft.state.velocity.ground_speed_mps();
        let verb = if faster { "increase" } else { "reduce" };
        acts.push(format!("{verb} speed to {:.0} kt", kt_from_mps(speed_mps)));
    }
    let why = match aircraft.limits.because {
        Some(because) => format!(" ({})", because.words()),
        None => String::new(),
    };
    let mut sentence = format!("{name}{why} {}", acts.join(" and "));
    if let Some(passes) = passes {
        sentence.push_str(": passes ");
        sentence.push_str(passes);
    }
    sentence
}

fn level(altitude_m: f64) -> String {
    let ft = ft_from_m(altitude_m);
    if ft >= FLIGHT_LEVELS_FROM_FT {
        format!("FL{:03.0}", ft / 100.0)
    } else {
        format!("{:.0} ft", (ft / 10.0).round() * 10.0)
    }
}

/// How one passes another where the two are nearest to a loss.
pub(crate) fn passes(owed: &PairOwed, own: &Path, other: &Path, name: &str) -> String {
    let nearest = owed.nearest(own, other);
    // Seen from `own`, the other is so far above.
    let apart_ft = ft_from_m(nearest.vertical_m.abs());
    let by_level =
        nearest.vertical_m.abs() / owed.vertical_m >= nearest.horizontal_m / owed.horizontal_m;
    if by_level {
        let side = if nearest.vertical_m > 0.0 { "below" } else { "above" };
        return format!("{:.0} ft {side} {name}", ((apart_ft + 2.0) / 10.0).floor() * 10.0);
    }
    let (here, there) = (own.at(nearest.time_s), other.leg_at(nearest.time_s));
    let their = there.at(nearest.time_s);
    let [vx, vy, _] = there.motion.velocity_mps;
    let (dx, dy) = (here[0] - their[0], here[1] - their[1]);
    let speed = (vx * vx + vy * vy).sqrt().max(1e-3);
    let ahead_m = (dx * vx + dy * vy) / speed;
    let right_m = (dx * vy - dy * vx) / speed;
    let side = if ahead_m.abs() * 2.0 > right_m.abs() {
        if ahead_m > 0.0 { "ahead of" } else { "behind" }
    } else if right_m > 0.0 {
        "to the right of"
    } else {
        "to the left of"
    };
    let nm = nm_from_m(nearest.horizontal_m);
    format!("{:.1} NM {side} {name}", (nm * 10.0).floor() / 10.0)
}

/// What parts say, those who act first.
pub(crate) fn parts<'a>(parts: impl Iterator<Item = &'a Part> + Clone) -> String {
    let acting = parts.clone().filter(|p| p.instruction.is_some());
    let holding = parts.filter(|p| p.instruction.is_none());
    let sentences: Vec<&str> = acting.chain(holding).map(|p| p.reason.as_str()).collect();
    sentences.join("; ")
}

/// What two aircraft of a cluster are told, and what comes of the others in it that `concern`
/// them.
pub(crate) fn about(proposal: &Proposal, pair: [u32; 2], concern: &[u32]) -> String {
    let ours = parts(proposal.parts.iter().filter(|p| pair.contains(&p.aircraft)));
    let others = proposal.parts.len().saturating_sub(2);
    let theirs = proposal
        .parts
        .iter()
        .filter(|p| !pair.contains(&p.aircraft) && concern.contains(&p.aircraft));
    let theirs = parts(theirs);
    let count = match others {
        0 => String::new(),
        1 => "; 1 more aircraft is involved".to_owned(),
        _ => format!("; {others} more aircraft are involved"),
    };
    let theirs = if theirs.is_empty() { String::new() } else { format!(": {theirs}") };
    with_shortfall(proposal.shortfall.as_deref(), &format!("{ours}{count}{theirs}"))
}

/// The sentence after what is missing in it.
pub(crate) fn with_shortfall(shortfall: Option<&str>, said: &str) -> String {
    match shortfall {
        None => said.to_owned(),
        Some(shortfall) => format!("{shortfall}: {said}"),
    }
}

/// Between whom nothing regains separation, and what is the least bad; `None` if it is regained.
pub(crate) fn shortfall(
    parts: &[Part],
    pairs: &[Outlook],
    solved: bool,
    owed: impl Fn(u32, u32) -> Option<PairOwed>,
) -> Option<String> {
    if solved {
        return None;
    }
    let worst = pairs.iter().min_by(|p, q| p.after.share.total_cmp(&q.after.share))?;
    let minima = owed(worst.a, worst.b)
        .map_or(String::new(), |owed| distances(owed.horizontal_m, owed.vertical_m));
    let name = |i: u32| parts.iter().find(|p| p.aircraft == i).map_or("", |p| p.name.as_str());
    let changed = worst.after.share > worst.before.share + 1e-6;
    let least = distances(worst.after.horizontal_m, worst.after.vertical_m);
    let before = distances(worst.before.horizontal_m, worst.before.vertical_m);
    let gives = if changed { format!("{least} instead of {before}") } else { least };
    Some(format!(
        "nothing regains {minima} between {} and {}; the least bad gives {gives}",
        name(worst.a),
        name(worst.b),
    ))
}

fn distances(horizontal_m: f64, vertical_m: f64) -> String {
    format!("{:.1} NM / {:.0} ft", nm_from_m(horizontal_m), ft_from_m(vertical_m))
}

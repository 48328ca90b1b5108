//! Where and when a plan meets others: the kernel asked for each combination of volumes and paths.

use super::Options;
use super::sure::{self, Sure};
use crate::part::Part;
use crate::reservation::Reservation;
use crate::shape::Band;
use deconflict_core::altitude::AltitudeReference;
use deconflict_core::overlap::{Bands, Margins};
use deconflict_core::rules::Minima;
use deconflict_core::state::Growth;
use deconflict_core::trajectory::Segment;
use deconflict_core::{Altitude, GeoPoint, RuleSet, State, Time, Trajectory};
use deconflict_detect::{Detector, Scene};
use std::sync::Arc;

/// A stay of the plan where another one is.
#[derive(Clone, Debug)]
pub(super) struct Meeting {
    pub(super) at: GeoPoint,
    pub(super) band: Band,
    pub(super) start: Option<Time>,
    pub(super) end: Option<Time>,
    pub(super) sure: Sure,
    pub(super) clear_later_s: Option<f64>,
    pub(super) clear_earlier_s: Option<f64>,
}

/// What is shifted by how much to be clear of something that has no time of its own to end.
const STEP_S: f64 = 60.0;

/// Whether two exist at the same time, their buffers included: the cheap question before all else.
pub(super) fn may_meet_in_time(
    span: [Option<Time>; 2],
    plan: &Reservation,
    other: &Reservation,
) -> bool {
    let margin_s = margins(plan, other).time_s;
    let [start, end] = other.span();
    let is_before = |end: Option<Time>, start: Option<Time>| matches!((end, start), (Some(e), Some(s)) if e.plus_s(margin_s) < s);
    !is_before(end, span[0]) && !is_before(span[1], start)
}

/// Another reservation as volumes and as a path, for a span of time.
pub(super) struct Other<'a> {
    pub(super) reservation: &'a Reservation,
    path: Option<Trajectory>,
    parts: Vec<Part>,
    /// No part lasts longer, seconds.
    longest_s: f64,
}

impl<'a> Other<'a> {
    /// What matters of another to plans in the span of `plan`.
    pub(super) fn new(
        plan: &Reservation,
        other: &'a Reservation,
        id: u64,
        options: &Options,
    ) -> Other<'a> {
        let margin_s = margins(plan, other).time_s;
        let [from, until] = plan.span();
        let parts = other.parts(
            from.map(|t| t.plus_s(-margin_s)),
            until.map(|t| t.plus_s(margin_s)),
            &options.positions,
        );
        let length_s = |p: &Part| match (p.volume.start, p.volume.end) {
            (Some(start), Some(end)) => end.seconds_since(start),
            _ => f64::INFINITY,
        };
        let longest_s = parts.iter().map(length_s).fold(0.0, f64::max);
        Other { reservation: other, path: other.path(id), parts, longest_s }
    }
}

/// All meetings, each with the index of the other.
pub(super) fn all(
    plan: &Reservation,
    others: &[Other<'_>],
    options: &Options,
) -> Vec<(usize, Meeting)> {
    let mut out = Vec::new();
    match plan.path(0) {
        None => {
            let parts = plan.parts(None, None, &options.positions);
            for (index, other) in others.iter().enumerate() {
                let met = match &other.path {
                    Some(path) => {
                        path_in_volumes((other.reservation, path), (plan, &parts), options, true)
                    }
                    None => volumes(plan, &parts, other, options),
                };
                out.extend(joined(met).map(|m| (index, m)));
            }
        }
        Some(path) => {
            for (index, other) in others.iter().enumerate() {
                if other.path.is_none() {
                    let holder = (other.reservation, other.parts.as_slice());
                    let met = path_in_volumes((plan, &path), holder, options, false);
                    out.extend(joined(met).map(|m| (index, m)));
                }
            }
            paths(plan, &path, others, options, &mut out);
        }
    }
    out
}

fn margins(a: &Reservation, b: &Reservation) -> Margins {
    Margins {
        horizontal_m: a.buffer.horizontal_m + b.buffer.horizontal_m,
        vertical_m: a.buffer.vertical_m + b.buffer.vertical_m,
        time_s: a.buffer.time_s + b.buffer.time_s,
    }
}

/// The volumes of a plan against those of another.
fn volumes(
    plan: &Reservation,
    parts: &[Part],
    prepared: &Other<'_>,
    options: &Options,
) -> Vec<Meeting> {
    let other = prepared.reservation;
    let margins = margins(plan, other);
    let sigma = sure::both([&plan.id, &other.id], [plan.accuracy, other.accuracy]);
    let moves = plan.motion.is_some() || other.motion.is_some();
    let mut out = Vec::new();
    for part in parts {
        for their in near_in_time(&prepared.parts, part, margins.time_s, prepared.longest_s) {
            let moved_m = part.margin_m + their.margin_m;
            let margins = Margins { horizontal_m: margins.horizontal_m + moved_m, ..margins };
            let Some(met) = part.volume.meets(&their.volume, margins, &options.context) else {
                continue;
            };
            let band = |v: &deconflict_core::Volume4d| Band { lower: v.lower, upper: v.upper };
            let (common, depth_m) = sure::common_band(band(&part.volume), band(&their.volume));
            let lost = [(part, plan), (their, other)].into_iter().find(|(p, _)| p.is_lost);
            let sure = match (lost, met.bands, &sigma) {
                (Some((_, who)), ..) => {
                    Sure::CannotTell(format!("nobody says where {} is then", who.id))
                }
                (_, Bands::CannotTell(refused), _) => sure::incomparable(refused),
                (.., Err(unknown)) => unknown.clone(),
                (_, bands, Ok(sigma_m)) => sure::of_volumes(
                    &part.volume,
                    &their.volume,
                    bands,
                    depth_m,
                    *sigma_m,
                    margins.horizontal_m,
                ),
            };
            let step = moves.then_some(STEP_S);
            let later = their.volume.end.zip(part.volume.start);
            let earlier = their.volume.start.zip(part.volume.end);
            let needed = |pair: Option<(Time, Time)>, sign: f64| {
                pair.map(|(a, b)| sign * a.seconds_since(b) + margins.time_s)
            };
            out.push(Meeting {
                at: met.at,
                band: common,
                start: met.start,
                end: met.end,
                sure,
                clear_later_s: step.or_else(|| needed(later, 1.0)),
                clear_earlier_s: step.or_else(|| needed(earlier, -1.0)),
            });
        }
    }
    out
}

/// Of parts in order of their start, none longer than `longest_s`, those that may exist at
/// the time of another.
fn near_in_time<'a>(
    parts: &'a [Part],
    part: &Part,
    margin_s: f64,
    longest_s: f64,
) -> impl Iterator<Item = &'a Part> {
    let end = part.volume.end.map(|e| e.plus_s(margin_s));
    let until = parts.partition_point(|p| end.is_none_or(|end| p.volume.start <= Some(end)));
    // What has no start is before everything, and one without an end may have begun at any time.
    let is_bounded = longest_s.is_finite();
    let from = part.volume.start.filter(|_| is_bounded);
    let from = from.map(|s| s.plus_s(-margin_s - longest_s));
    let first = parts.partition_point(|p| p.volume.start < from);
    parts[first.min(until)..until].iter()
}

/// A path through the volumes of another. `is_others` says that the path is not the plan's.
fn path_in_volumes(
    (flyer, path): (&Reservation, &Trajectory),
    (holder, parts): (&Reservation, &[Part]),
    options: &Options,
    is_others: bool,
) -> Vec<Meeting> {
    let margins = margins(flyer, holder);
    let (from, until) = (path.start().plus_s(-margins.time_s), path.end().plus_s(margins.time_s));
    let is_near = |p: &&Part| {
        p.volume.start.is_none_or(|s| s <= until) && p.volume.end.is_none_or(|e| e >= from)
    };
    let sigma = sure::both([&flyer.id, &holder.id], [flyer.accuracy, holder.accuracy]);
    let mut out = Vec::new();
    for part in parts.iter().filter(is_near) {
        let margins = Margins { horizontal_m: margins.horizontal_m + part.margin_m, ..margins };
        for stay in part.volume.crossings(path, margins, &options.context) {
            let sure = match (part.is_lost, stay.bands, &sigma) {
                (true, ..) => Sure::CannotTell(format!("nobody says where {} is then", holder.id)),
                (_, Bands::CannotTell(refused), _) => sure::incomparable(refused),
                (.., Err(unknown)) => unknown.clone(),
                (_, bands, Ok(sigma_m)) => {
                    // The likeliest of some moments of the stay.
                    let stay_s = stay.end.seconds_since(stay.start);
                    let moments = (0..=8).map(|k| stay.start.plus_s(stay_s * f64::from(k) / 8.0));
                    let states = moments.filter_map(|t| path.at(t));
                    let p = states.map(|s| sure::of_state(&part.volume, &s, bands, *sigma_m));
                    Sure::Probability(p.fold(0.0, f64::max))
                }
            };
            let entering = path.at(stay.start).map(|s| s.altitude);
            let leaving = path.at(stay.end).map(|s| s.altitude);
            let band = match (entering, leaving) {
                (Some(a), Some(b)) if a.m > b.m => Band { lower: Some(b), upper: Some(a) },
                (a, b) => Band { lower: a, upper: b },
            };
            let [start, end] = [part.volume.start, part.volume.end];
            let (mut later, mut earlier) = (
                end.map(|e| e.seconds_since(stay.start) + margins.time_s),
                start.map(|s| stay.end.seconds_since(s) + margins.time_s),
            );
            if is_others {
                // It is the volume that is shifted.
                later = start.map(|s| stay.end.seconds_since(s) + margins.time_s);
                earlier = end.map(|e| e.seconds_since(stay.start) + margins.time_s);
            }
            if holder.motion.is_some() {
                (later, earlier) = (Some(STEP_S), Some(STEP_S));
            }
            out.push(Meeting {
                at: stay.at,
                band,
                start: Some(stay.start),
                end: Some(stay.end),
                sure,
                clear_later_s: later,
                clear_earlier_s: earlier,
            });
        }
    }
    out
}

/// A path against the paths of others: the kernel's broad and narrow phase.
fn paths(
    plan: &Reservation,
    path: &Trajectory,
    others: &[Other<'_>],
    options: &Options,
    out: &mut Vec<(usize, Meeting)>,
) {
    let flights =
        others.iter().enumerate().filter_map(|(i, other)| Some((i, other.path.as_ref()?)));
    let at_the_time =
        flights.filter(|(_, their)| their.start() <= path.end() && their.end() >= path.start());
    // Those that owe the same are asked about at once.
    let mut groups: Vec<(Minima, Vec<(usize, &Trajectory)>)> = Vec::new();
    for flight in at_the_time {
        let minima = minima(plan, others[flight.0].reservation, options.minima);
        match groups.iter_mut().find(|g| g.0 == minima) {
            Some(group) => group.1.push(flight),
            None => groups.push((minima, vec![flight])),
        }
    }
    for (minima, flights) in groups {
        let lookahead_s = path.end().seconds_since(path.start());
        let rules = RuleSet::uniform("plans", minima, lookahead_s);
        let mut detector = Detector::new(Arc::new(rules), Default::default());
        let mut levelled = Vec::new();
        let mut scene = Scene::new(path.start());
        scene.set_vertical_context(options.context);
        let is_comparable = scene.push(path).is_ok();
        let mut indices = Vec::new();
        for (index, their) in flights {
            match is_comparable.then(|| scene.push(their)) {
                Some(Ok(_)) => indices.push(index),
                // Altitudes that cannot be compared: whoever is near counts.
                _ => levelled.push((index, their)),
            }
        }
        let mut found = Vec::new();
        detector.detect(&scene, &mut found);
        for conflict in found.iter().filter(|c| c.a == 0) {
            let index = indices[conflict.b as usize - 1];
            let other = others[index].reservation;
            let accuracies = [plan.accuracy, other.accuracy];
            let sure = match sure::both([&plan.id, &other.id], accuracies) {
                Ok(_) => Sure::Probability(conflict.probability),
                Err(unknown) => unknown,
            };
            out.extend(meeting(path, conflict.entry_s, conflict.exit_s, sure).map(|m| (index, m)));
        }
        for (index, their) in levelled {
            let mut scene = Scene::new(path.start());
            if scene.push(&level(path)).is_err() || scene.push(&level(their)).is_err() {
                continue;
            }
            if let Some(conflict) = detector.pair(&scene, 0, 1) {
                let says = "their altitudes cannot be compared".to_owned();
                let met = meeting(path, conflict.entry_s, conflict.exit_s, Sure::CannotTell(says));
                out.extend(met.map(|m| (index, m)));
            }
        }
    }
}

fn meeting(path: &Trajectory, entry_s: f64, exit_s: f64, sure: Sure) -> Option<Meeting> {
    let start = path.start().plus_s(entry_s.max(0.0)).min(path.end());
    let end = path.start().plus_s(exit_s).min(path.end());
    let state = path.at(start)?;
    Some(Meeting {
        at: state.position,
        band: Band { lower: Some(state.altitude), upper: Some(state.altitude) },
        start: Some(start),
        end: Some(end),
        sure,
        clear_later_s: Some(STEP_S),
        clear_earlier_s: Some(STEP_S),
    })
}

/// What two flights owe each other: the minima, or their buffers where those are wider.
fn minima(a: &Reservation, b: &Reservation, least: Minima) -> Minima {
    let margins = margins(a, b);
    Minima {
        horizontal_m: least.horizontal_m.max(margins.horizontal_m),
        vertical_m: least.vertical_m.max(margins.vertical_m),
        ..least
    }
}

/// The same path on one level.
fn level(path: &Trajectory) -> Trajectory {
    let flat = |s: &Segment| {
        let altitude = Altitude { m: 0.0, reference: AltitudeReference::Pressure };
        let mut velocity = s.state.velocity;
        velocity.up_mps = 0.0;
        Segment { state: State { altitude, velocity, ..s.state }, growth: Growth::default(), ..*s }
    };
    let segments = path.segments().iter().map(flat).collect();
    Trajectory::new(*path.subject(), segments).unwrap_or_else(|_| path.clone())
}

/// Meetings with one other that touch in time are one: the first place, the whole time.
fn joined(mut found: Vec<Meeting>) -> impl Iterator<Item = Meeting> {
    found.sort_by_key(|m| m.start);
    let mut out: Vec<Meeting> = Vec::new();
    for meeting in found {
        let touches = out.last().is_some_and(|last| {
            last.end.is_none_or(|end| meeting.start.is_none_or(|start| start <= end))
        });
        match out.last_mut() {
            Some(last) if touches => {
                last.end = last.end.zip(meeting.end).map(|(a, b)| a.max(b));
                last.band = wider(last.band, meeting.band);
                last.sure = last.sure.clone().joined(meeting.sure);
                let longest = |a: Option<f64>, b: Option<f64>| a.zip(b).map(|(a, b)| a.max(b));
                last.clear_later_s = longest(last.clear_later_s, meeting.clear_later_s);
                last.clear_earlier_s = longest(last.clear_earlier_s, meeting.clear_earlier_s);
            }
            _ => out.push(meeting),
        }
    }
    out.into_iter()
}

fn wider(a: Band, b: Band) -> Band {
    let pick = |x: Option<Altitude>, y: Option<Altitude>, highest: bool| {
        let (x, y) = (x?, y?);
        (x.reference == y.reference).then_some(if (x.m > y.m) == highest { x } else { y })
    };
    Band { lower: pick(a.lower, b.lower, false), upper: pick(a.upper, b.upper, true) }
}

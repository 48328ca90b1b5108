//! What is free instead: the nearest in time, in level and in route, each found free by the
//! same check as the plan itself.

use super::{Conflict, GivesWay, Options, Others};
use crate::matrix::Matrix;
use crate::repeat::{Ends, Repeat};
use crate::reservation::Reservation;
use crate::shape::{Band, Shape, WayPoint};
use crate::text;
use deconflict_core::altitude::AltitudeReference;
use deconflict_core::units::{ft_from_m, m_from_ft, m_from_nm, nm_from_m};
use deconflict_core::{Altitude, GeoPoint, Time};
use std::f64::consts::TAU;

/// Something that is free instead of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct Alternative {
    /// What is changed.
    pub change: Change,
    /// The plan with the change: nobody is in its way for whom it would have to change again.
    pub plan: Reservation,
    /// The change in words.
    pub says: String,
}

/// A change of a plan.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// By so many seconds; negative is earlier.
    Time(f64),
    /// By so many metres; negative is lower.
    Level(f64),
    /// By so many metres towards a bearing, degrees (for a flight: from its track).
    Route {
        /// How far.
        distance_m: f64,
        /// Towards where.
        bearing_deg: f64,
    },
}

/// How far in time an alternative may be, seconds.
const MOST_SHIFT_S: f64 = 24.0 * 3600.0;
/// How often a time is tried.
const MOST_TRIES: i32 = 60;
/// Levels are tried in these steps, feet, and so many of them.
const LEVEL_STEP_FT: f64 = 500.0;
const LEVEL_STEPS: i32 = 40;
/// Distances that are tried, nautical miles.
const DISTANCES_NM: [f64; 11] = [1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 40.0, 60.0, 80.0, 120.0];
/// To within what a distance is made shorter again, nautical miles.
const DISTANCE_STEP_NM: f64 = 0.5;

struct Search<'a> {
    existing: &'a [Reservation],
    matrix: &'a Matrix,
    options: &'a Options,
    /// The time of the plan as it is, and those who are in the way then.
    span: [Option<Time>; 2],
    others: Others<'a>,
}

impl Search<'_> {
    /// The conflicts for which a plan at another time would have to change.
    fn blocking_at_its_time(&self, plan: &Reservation) -> Vec<Conflict> {
        let others = Others::new(plan, self.existing, self.matrix, self.options);
        blocking(others.conflicts(plan, self.options))
    }

    /// Whether a plan has to change for nobody.
    fn is_free(&self, plan: &Reservation) -> bool {
        let left = || match plan.span() == self.span {
            true => blocking(self.others.conflicts(plan, self.options)),
            false => self.blocking_at_its_time(plan),
        };
        plan.validate().is_ok() && left().is_empty()
    }
}

fn blocking(mut found: Vec<Conflict>) -> Vec<Conflict> {
    found.retain(|c| c.gives_way == GivesWay::Plan);
    found
}

pub(super) fn find(
    plan: &Reservation,
    found: &[Conflict],
    existing: &[Reservation],
    matrix: &Matrix,
    options: &Options,
) -> Vec<Alternative> {
    let others = Others::new(plan, existing, matrix, options);
    let search = Search { existing, matrix, options, span: plan.span(), others };
    let blocking = blocking(found.to_vec());
    let mut out = Vec::new();
    out.extend(in_time(plan, &blocking, &search, 1.0));
    out.extend(in_time(plan, &blocking, &search, -1.0));
    out.extend(in_level(plan, &search, 1));
    out.extend(in_level(plan, &search, -1));
    match plan.shape {
        Shape::Flight { .. } => {
            out.extend(past(plan, &search, TAU / 4.0));
            out.extend(past(plan, &search, -TAU / 4.0));
        }
        _ => out.extend(elsewhere(plan, &search)),
    }
    out
}

/// Shifts the plan until each conflict that is left is over. With volumes that stand still none
/// can be clear any sooner: what is found is the nearest, to the minute, for the first tries.
fn in_time(
    plan: &Reservation,
    blocking: &[Conflict],
    search: &Search<'_>,
    sign: f64,
) -> Option<Alternative> {
    let mut left = blocking.to_vec();
    let mut shift_s = 0.0;
    for attempt in 0..MOST_TRIES {
        // None of those that are in the way ever clears: give up.
        let needed = left
            .iter()
            .map(|c| if sign > 0.0 { c.clear_later_s } else { c.clear_earlier_s })
            .try_fold(0.0, |most: f64, s| s.map(|s| most.max(s)))?;
        // Where nobody can say when it clears, steps grow: a minute at first, hours at last.
        let least = f64::from(1 << ((attempt - 20).max(0) / 5));
        shift_s += (needed / 60.0).ceil().max(least) * 60.0;
        if shift_s > MOST_SHIFT_S {
            return None;
        }
        let shifted = shifted(plan, sign * shift_s);
        let is_past = |t: Time| search.options.not_before.is_some_and(|earliest| t < earliest);
        if shifted.span()[0].is_none_or(is_past) {
            return None;
        }
        left = search.blocking_at_its_time(&shifted);
        if left.is_empty() {
            let minutes = (shift_s / 60.0).round() as u64;
            let [start, _] = shifted.span().map(|t| t.map(text::write_time));
            let says = format!(
                "{} {}, from {}",
                match (minutes / 60, minutes % 60) {
                    (0, m) => format!("{m} min"),
                    (h, 0) => format!("{h} h"),
                    (h, m) => format!("{h} h {m} min"),
                },
                if sign > 0.0 { "later" } else { "earlier" },
                start.unwrap_or_default(),
            );
            let change = Change::Time(sign * shift_s);
            return Some(Alternative { change, plan: shifted, says });
        }
    }
    None
}

fn shifted(plan: &Reservation, shift_s: f64) -> Reservation {
    let mut out = plan.clone();
    out.start = plan.start.map(|t| t.plus_s(shift_s));
    out.end = plan.end.map(|t| t.plus_s(shift_s));
    if let Some(Repeat { ends: Ends::Until(until), .. }) = &mut out.repeat {
        *until = until.plus_s(shift_s);
    }
    if let Shape::Flight { points } = &mut out.shape {
        points.iter_mut().for_each(|p| p.time = p.time.plus_s(shift_s));
    }
    if let Shape::Volumes { blocks } = &mut out.shape {
        for block in blocks {
            let shift = |time: Option<Time>| time.map(|t| t.plus_s(shift_s));
            (block.start, block.end) = (shift(block.start), shift(block.end));
        }
    }
    out
}

fn in_level(plan: &Reservation, search: &Search<'_>, sign: i32) -> Option<Alternative> {
    (1..=LEVEL_STEPS).find_map(|step| {
        let shift_m = m_from_ft(LEVEL_STEP_FT * f64::from(sign * step));
        let moved = levelled(plan, shift_m)?;
        search.is_free(&moved).then(|| {
            let feet = LEVEL_STEP_FT * f64::from(step);
            let way = if sign > 0 { "higher" } else { "lower" };
            let says = format!("{feet:.0} ft {way}{}", levels_say(&moved));
            Alternative { change: Change::Level(shift_m), plan: moved, says }
        })
    })
}

fn levels_say(plan: &Reservation) -> String {
    match [plan.band.lower, plan.band.upper].map(|a| a.map(text::write_altitude)) {
        [Some(lower), Some(upper)] => format!(", {lower} to {upper}"),
        [Some(lower), None] => format!(", above {lower}"),
        [None, Some(upper)] => format!(", below {upper}"),
        [None, None] => String::new(),
    }
}

/// The plan at another level; `None` if it has none or would be below its reference.
fn levelled(plan: &Reservation, shift_m: f64) -> Option<Reservation> {
    let shift = |a: Altitude| {
        let m = a.m + shift_m;
        // Whole feet stay whole feet.
        let ft = ft_from_m(m).round();
        let m = if (m_from_ft(ft) - m).abs() < 1e-6 { m_from_ft(ft) } else { m };
        (m >= 0.0 || a.reference == AltitudeReference::Ellipsoid).then_some(Altitude { m, ..a })
    };
    let mut out = plan.clone();
    let shift_band = |band: &mut Band| {
        // An open end cannot be moved out of the way, and a volume keeps its height.
        let (lower, upper) = (band.lower?, band.upper?);
        *band = Band { lower: Some(shift(lower)?), upper: Some(shift(upper)?) };
        Some(())
    };
    match &mut out.shape {
        Shape::Track { bands, .. } => bands.iter_mut().try_for_each(shift_band)?,
        Shape::Volumes { blocks } => {
            blocks.iter_mut().map(|block| &mut block.band).try_for_each(shift_band)?;
        }
        Shape::Flight { points } => {
            // Where it climbs or descends, only the cruise is moved.
            let levels = points.iter().map(|p| p.altitude.m);
            let (least, most) = levels.fold((f64::MAX, f64::MIN), |(l, h), m| (l.min(m), h.max(m)));
            let is_level = most - least < 1.0;
            for p in points.iter_mut().filter(|p| is_level || p.altitude.m > most - 1.0) {
                p.altitude = shift(p.altitude)?;
            }
        }
        _ => {
            let mut band = plan.band;
            shift_band(&mut band)?;
            out.band = band;
        }
    }
    Some(out)
}

/// The shortest of the distances that are tried at which the plan is free, made as short as a
/// half mile allows; the plan there.
fn nearest(
    search: &Search<'_>,
    at: impl Fn(f64) -> Option<Reservation>,
) -> Option<(f64, Reservation)> {
    let free = |nm: f64| at(nm).filter(|plan| search.is_free(plan));
    let (mut far_nm, mut plan, mut near_nm) = (0.0, None, 0.0);
    for nm in DISTANCES_NM {
        if let Some(found) = free(nm) {
            (far_nm, plan) = (nm, Some(found));
            break;
        }
        near_nm = nm;
    }
    let mut plan = plan?;
    while far_nm - near_nm > DISTANCE_STEP_NM {
        let middle_nm = 0.5 * (far_nm + near_nm);
        match free(middle_nm) {
            Some(found) => (far_nm, plan) = (middle_nm, found),
            None => near_nm = middle_nm,
        }
    }
    Some((far_nm, plan))
}

const COMPASS: [&str; 8] =
    ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"];

/// The same shape elsewhere, towards one of eight bearings.
fn elsewhere(plan: &Reservation, search: &Search<'_>) -> Option<Alternative> {
    let home = plan.home().filter(|_| plan.motion.is_none())?;
    let towards = |k: usize| {
        let bearing = TAU * k as f64 / 8.0;
        let at = move |nm: f64| {
            let there = home.destination(bearing, m_from_nm(nm));
            Some(Reservation { shape: plan.shape.moved(home, there), ..plan.clone() })
        };
        nearest(search, at).map(|(nm, plan)| (nm, k, plan))
    };
    let (nm, k, moved) = (0..8).filter_map(towards).min_by(|a, b| a.0.total_cmp(&b.0))?;
    let change = Change::Route { distance_m: m_from_nm(nm), bearing_deg: 45.0 * k as f64 };
    let says = format!("{nm:.1} NM to the {}", COMPASS[k]);
    Some(Alternative { change, plan: moved, says })
}

/// The same flight around the conflict, `side` of its track, at the speed it had.
fn past(plan: &Reservation, search: &Search<'_>, side: f64) -> Option<Alternative> {
    let Shape::Flight { points } = &plan.shape else { return None };
    let (first, last) = (*points.first()?, *points.last()?);
    let length = |points: &[GeoPoint]| -> f64 {
        points.windows(2).map(|leg| leg[0].distance_m(leg[1])).sum()
    };
    let speed_mps = length(&plan.shape.points()) / last.time.seconds_since(first.time);
    let path = plan.path(0)?;
    let quarter =
        |share: f64| path.at(first.time.plus_s(share * last.time.seconds_since(first.time)));
    let at = |nm: f64| {
        // Out at a quarter of the way, in parallel, and back at three quarters.
        let turns = [0.25, 0.5, 0.75].map(|share| {
            let state = quarter(share)?;
            let bearing = (state.velocity.track_rad() + side).rem_euclid(TAU);
            Some((state.position.destination(bearing, m_from_nm(nm)), state.altitude))
        });
        let mut out = vec![first];
        for (point, altitude) in turns
            .into_iter()
            .chain([Some((last.point, last.altitude))])
            .collect::<Option<Vec<_>>>()?
        {
            let before: &WayPoint = out.last()?;
            let leg_s = (before.point.distance_m(point) / speed_mps).max(1.0);
            out.push(WayPoint { point, altitude, time: before.time.plus_s(leg_s) });
        }
        Some(Reservation { shape: Shape::Flight { points: out }, ..plan.clone() })
    };
    let (nm, moved) = nearest(search, at)?;
    let longer_m = length(&moved.shape.points()) - length(&plan.shape.points());
    let way = if side > 0.0 { "right" } else { "left" };
    let says =
        format!("{nm:.1} NM to the {way} of its track, {:.1} NM longer", nm_from_m(longer_m));
    let change = Change::Route { distance_m: m_from_nm(nm), bearing_deg: side.to_degrees() };
    Some(Alternative { change, plan: moved, says })
}

//! The legs of a route: exactly one verb each, and the keys that go with it.

use super::check::Checked;
use super::file::{At, FlightSpec, LegSpec};
use super::flights::World;
use crate::motion::{Body, Fix, Performance};
use crate::plan::{Entry, Leg, Levels, PlanId, Until};
use crate::random::Stream;
use deconflict_core::units::{m_from_ft, m_from_nm, mps_from_kt};
use std::collections::BTreeMap;
use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// What a route is resolved for: the aircraft, and whom it can meet.
pub(super) struct Resolved<'a> {
    pub start_s: f64,
    /// Which of the flights of its table, from 0.
    pub member: usize,
    pub performance: Performance,
    pub tankers: &'a BTreeMap<String, PlanId>,
}

/// The keys that go with each verb.
const KEYS: [(&str, &[&str]); 7] = [
    ("take_off", &[]),
    ("to", &["fl", "alt_ft", "gs_kt", "spread_nm"]),
    (
        "hold",
        &[
            "fl",
            "alt_ft",
            "gs_kt",
            "for_min",
            "until_min",
            "leg_nm",
            "inbound_deg",
            "turn",
            "spread_nm",
        ],
    ),
    ("orbit", &["fl", "alt_ft", "gs_kt", "for_min", "until_min", "radius_nm", "turn", "spread_nm"]),
    ("patrol", &["fl", "alt_ft", "gs_kt", "for_min", "until_min"]),
    ("refuel", &["for_min"]),
    ("land", &[]),
];

impl LegSpec {
    /// The one verb, after checking that it is the only one and that every
    /// other key belongs to it.
    fn verb(&self, world: &World, leg: &At<LegSpec>) -> Checked<&'static str> {
        let present = |key: &str| match key {
            "take_off" => self.take_off.is_some(),
            "to" => self.to.is_some(),
            "hold" => self.hold.is_some(),
            "orbit" => self.orbit.is_some(),
            "patrol" => self.patrol.is_some(),
            "refuel" => self.refuel.is_some(),
            "land" => self.land.is_some(),
            "fl" => self.fl.is_some(),
            "alt_ft" => self.alt_ft.is_some(),
            "gs_kt" => self.gs_kt.is_some(),
            "for_min" => self.for_min.is_some(),
            "until_min" => self.until_min.is_some(),
            "radius_nm" => self.radius_nm.is_some(),
            "leg_nm" => self.leg_nm.is_some(),
            "inbound_deg" => self.inbound_deg.is_some(),
            "turn" => self.turn.is_some(),
            "spread_nm" => self.spread_nm.is_some(),
            _ => false,
        };
        let verbs: Vec<_> = KEYS.iter().filter(|(verb, _)| present(verb)).collect();
        let [(verb, keys)] = verbs[..] else {
            let all = KEYS.map(|(verb, _)| format!("`{verb}`")).join(", ");
            let message = format!("a leg has exactly one of {all}, this one {}", verbs.len());
            return Err(world.check.missing(leg, message));
        };
        let modifiers = KEYS.iter().flat_map(|(_, keys)| keys.iter());
        for key in modifiers {
            if present(key) && !keys.contains(key) {
                let message = format!("`{key}` does not go with `{verb}`");
                return Err(world.check.missing(leg, message));
            }
        }
        Ok(verb)
    }
}

/// Entry and legs of a flight's route.
pub(super) fn resolve_route(
    world: &World,
    spec: &FlightSpec,
    flight: &Resolved,
    stream: &mut Stream,
) -> Checked<(Entry, Vec<Leg>)> {
    let mut legs: Vec<Leg> = Vec::new();
    let mut level = None;
    for (i, leg) in spec.route.get_ref().iter().enumerate() {
        let resolved = resolve_leg(world, leg, flight, stream, &mut level, i == 0)?;
        if matches!(legs.last(), Some(Leg::Land { .. })) {
            return Err(world.check.missing(leg, "after `land` a flight is over"));
        }
        legs.push(resolved);
    }
    let entry = match legs.first() {
        None => return Err(world.check.wrong(&spec.route, "the route has no legs")),
        Some(Leg::TakeOff { field, .. }) => {
            Entry::Parked { field: *field, right_m: stream.between(-60.0, 60.0) }
        }
        Some(Leg::Refuel { .. } | Leg::Land { .. } | Leg::Formate { .. }) => {
            let message = "a route begins with `take_off`, or in the air with another leg";
            return Err(world.check.wrong(&spec.route, message));
        }
        Some(_) => airborne(world, spec, &legs, flight.member, stream)?,
    };
    Ok((entry, legs))
}

/// Where and how a flight that begins in the air comes into being.
fn airborne(
    world: &World,
    spec: &FlightSpec,
    legs: &[Leg],
    member: usize,
    stream: &mut Stream,
) -> Checked<Entry> {
    let (at, track_rad, altitude_m, ground_speed_mps) = match &legs[0] {
        Leg::To { fix, altitude_m, ground_speed_mps } => {
            let Some(next) = legs.get(1).and_then(Leg::entry_fix) else {
                let message = "a flight that begins at a point needs another point to go to";
                return Err(world.check.wrong(&spec.route, message));
            };
            let (azimuth, _) = fix.point.azimuth_and_distance(next.point);
            (fix.point, azimuth, *altitude_m, *ground_speed_mps)
        }
        Leg::Hold { corners, altitude_m, ground_speed_mps, .. } => {
            // Somewhere on the inbound leg.
            let (azimuth, length) = corners[3].point.azimuth_and_distance(corners[0].point);
            let at = corners[3].point.destination(azimuth, length * stream.between(0.1, 0.9));
            (at, azimuth, *altitude_m, *ground_speed_mps)
        }
        Leg::Orbit { centre, radius_m, clockwise, altitude_m, ground_speed_mps, .. } => {
            let radial = stream.between(0.0, TAU);
            let at = centre.point.destination(radial, *radius_m);
            let back = at.azimuth_and_distance(centre.point).0;
            let side = if *clockwise { -FRAC_PI_2 } else { FRAC_PI_2 };
            (at, back + side, *altitude_m, *ground_speed_mps)
        }
        Leg::Patrol { area, levels, ground_speed_mps, .. } => {
            let at = world.area_shapes[*area].sample(stream);
            (at, stream.between(0.0, TAU), levels.nth(member), *ground_speed_mps)
        }
        _ => unreachable!("the caller has dealt with legs that cannot be first"),
    };
    Ok(Entry::Airborne { at, track_rad, altitude_m, ground_speed_mps })
}

fn resolve_leg(
    world: &World,
    leg: &At<LegSpec>,
    flight: &Resolved,
    stream: &mut Stream,
    level: &mut Option<Levels>,
    first: bool,
) -> Checked<Leg> {
    let check = world.check;
    let spec = leg.get_ref();
    let verb = spec.verb(world, leg)?;
    if let Some(field) = &spec.take_off {
        if !first {
            return Err(check.wrong(field, "only the first leg can be a `take_off`"));
        }
        let field = check.index("aerodrome or ship", field, world.fields)?;
        return Ok(Leg::TakeOff { field, roll_at_s: flight.start_s });
    }
    if let Some(field) = &spec.land {
        let field = check.index("aerodrome or ship", field, world.fields)?;
        return Ok(Leg::Land { field, extra_m: 0.0 });
    }
    if let Some(name) = &spec.refuel {
        let tanker =
            flight.tankers.get(name.get_ref()).copied().ok_or_else(|| {
                check.unknown("tanker", name, name.get_ref(), flight.tankers.keys())
            })?;
        let minutes = check.number_or(spec.for_min.as_ref(), 8.0, 0.0, 600.0)?;
        return Ok(Leg::Refuel { tanker, contact_s: 60.0 * minutes });
    }

    // Everything else is flown at a level, kept until another is given.
    if let Some(given) = check.levels(spec.fl.as_ref(), spec.alt_ft.as_ref())? {
        *level = Some(given);
    }
    let Some(levels) = *level else {
        return Err(
            check.missing(leg, format!("the first `{verb}` of a route needs `fl` or `alt_ft`"))
        );
    };
    let performance = &flight.performance;
    let default_mps = performance.cruise_mps;
    let ground_speed_mps = match &spec.gs_kt {
        None => default_mps,
        Some(kt) => {
            let (low, high) = (0.8 * performance.approach_mps, performance.dash_mps());
            let in_kt = |mps: f64| (mps / mps_from_kt(1.0)).round();
            mps_from_kt(check.number(kt, in_kt(low), in_kt(high))?)
        }
    };
    let until = Until {
        at_s: match &spec.until_min {
            None => f64::INFINITY,
            Some(minutes) => 60.0 * check.number(minutes, 0.0, 1e6)?,
        },
        for_s: match &spec.for_min {
            None => f64::INFINITY,
            Some(minutes) => 60.0 * check.number(minutes, 0.0, 1e6)?,
        },
    };
    if let Some(name) = &spec.patrol {
        let area = check.index("area", name, world.areas)?;
        return Ok(Leg::Patrol { area, levels, ground_speed_mps, until });
    }

    let altitude_m = levels.nth(flight.member);
    let Some(place) = spec.to.as_ref().or(spec.hold.as_ref()).or(spec.orbit.as_ref()) else {
        unreachable!("there is exactly one verb, and the others are done");
    };
    let mut point = check.place(place)?;
    if let Some(spread) = &spec.spread_nm {
        let radius_m = m_from_nm(check.number(spread, 0.0, 1000.0)?) * stream.uniform().sqrt();
        point = point.destination(stream.between(0.0, TAU), radius_m);
    }
    let clockwise = match &spec.turn {
        None => true,
        Some(word) => check.word(word, &[("right", true), ("left", false)])?,
    };
    let turn_radius_m = performance.turn_radius_m(ground_speed_mps);
    Ok(match verb {
        "to" => Leg::To { fix: Fix::from(point), altitude_m, ground_speed_mps },
        "hold" => {
            let leg_m = m_from_nm(check.number_or(spec.leg_nm.as_ref(), 20.0, 0.1, 500.0)?);
            let inbound = check.number_or(spec.inbound_deg.as_ref(), 0.0, 0.0, 360.0)?.to_radians();
            let end = Body::new(point, 0.0, inbound, 0.0, false);
            // A little more than the diameter of a turn, so that both corners are met.
            let across_m = if clockwise { 2.1 } else { -2.1 } * turn_radius_m;
            let corner = |right_m, ahead_m| Fix::from(end.offset(right_m, ahead_m));
            let corners = [
                Fix::from(point),
                corner(across_m, 0.0),
                corner(across_m, -leg_m),
                corner(0.0, -leg_m),
            ];
            Leg::Hold { corners, altitude_m, ground_speed_mps, until }
        }
        _ => {
            let Some(radius) = &spec.radius_nm else {
                return Err(check.missing(leg, "an `orbit` needs `radius_nm`"));
            };
            let radius_m = m_from_nm(check.number(radius, 0.01, 500.0)?);
            if radius_m < 1.05 * turn_radius_m {
                let message = format!(
                    "at this speed and bank the smallest orbit is {:.1} NM",
                    1.05 * turn_radius_m / m_from_nm(1.0)
                );
                return Err(check.wrong(radius, message));
            }
            let centre = Fix::from(point);
            Leg::Orbit { centre, radius_m, clockwise, altitude_m, ground_speed_mps, until }
        }
    })
}

impl Leg {
    /// Where the leg begins, if that is known beforehand.
    pub(crate) fn entry_fix(&self) -> Option<Fix> {
        match self {
            Leg::To { fix, .. } => Some(*fix),
            Leg::Hold { corners, .. } => Some(corners[0]),
            Leg::Orbit { centre, .. } => Some(*centre),
            _ => None,
        }
    }
}

impl Levels {
    /// The n-th whole thousand of feet within the range, over and over again:
    /// flights of one table are stacked, as somebody who plans them would.
    fn nth(&self, n: usize) -> f64 {
        let thousand_m = m_from_ft(1000.0);
        let first = (self.low_m / thousand_m - 1e-6).ceil();
        let last = (self.high_m / thousand_m + 1e-6).floor();
        if self.low_m == self.high_m || last < first {
            return self.low_m;
        }
        let levels = (last - first) as usize + 1;
        (first + (n % levels) as f64) * thousand_m
    }

    /// A level by chance: whole steps of 500 ft above the lower end.
    pub(crate) fn draw(&self, stream: &mut Stream) -> f64 {
        let step_m = m_from_ft(500.0);
        let steps = ((self.high_m - self.low_m) / step_m + 1e-6).floor() as usize;
        self.low_m + stream.below(steps + 1) as f64 * step_m
    }
}

/// The semicircular rule: tracks from 000 to 179 degrees fly odd flight levels.
pub(super) fn is_eastbound(track_rad: f64) -> bool {
    track_rad.rem_euclid(TAU) < PI
}

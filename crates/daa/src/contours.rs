//! Horizontal contours and hazard zones: the volumes as shapes on a map.
//!
//! A *hazard zone* is the set of places where ownship, with the velocities and heights
//! of now, would violate a volume: at once, or within a time. A *contour* is what
//! ownship would fly through if it turned at once into some direction and flew on: the
//! places between the beginning and the end of each direction's violation (the "blobs" of
//! Suarez, Kirk, Theunissen: Development, Integration and Testing of a Stand-Alone CDTI
//! with Conflict Probing Support, AIAA 2012-2487; Muñoz et al., DAIDALUS, DASC 2015).
//!
//! Both are polygons whose corners lie on the boundary. They are for display: bands and
//! alerts are computed from the volumes themselves.

use crate::config::{AlertLevel, Config, Dimension};
use crate::detector::{Detector, Span, Volume};
use crate::pair::Pair;
use std::f64::consts::{PI, TAU};

/// A point of a contour.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Where, east and north in the frame of the pair, metres. The frame moves with the
    /// air: over ground, wind carries the point for `time_s`.
    pub position_m: [f64; 2],
    /// When ownship would be there, seconds.
    pub time_s: f64,
}

/// Whose places a hazard zone tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Around {
    /// Around the intruder: where ownship must not be.
    Intruder,
    /// Around ownship: where the intruder must not be.
    Ownship,
}

/// Directions from the centre of a zone before it is refined.
const RAYS: u32 = 72;
/// How often the angle between two rays is halved at most.
const MOST_HALVINGS: u32 = 9;
/// Rays are added until the boundary is this close to its chords, metres along the ray.
const FLATNESS_M: f64 = 0.5;
/// No zone reaches further, metres.
const FARTHEST_M: f64 = 1e6;

/// The hazard zone of a volume, counter-clockwise; empty if there is none. With
/// `within_s` = 0 it is the volume itself, else what leads into it within that time.
///
/// The volumes here are star-shaped: the zone of now around the intruder, the one of a
/// time around where the intruder's place, carried back by the relative velocity, is when
/// the heights first fit. So each ray from there has one boundary, which is bracketed.
pub fn hazard_zone(pair: &Pair, volume: &Volume, within_s: f64, around: Around) -> Vec<[f64; 2]> {
    let Some(zone) = Zone::new(pair, volume, within_s) else { return Vec::new() };
    let mut rays = Vec::new();
    let angle = |k: u32| zone.first_rad + TAU * f64::from(k) / f64::from(RAYS);
    let mut here = (angle(0), zone.reach_m(angle(0)));
    for k in 1..=RAYS {
        let next = (angle(k), zone.reach_m(angle(k)));
        rays.push(here);
        zone.refine(here, next, MOST_HALVINGS, &mut rays);
        here = next;
    }
    let [ox, oy, _] = pair.own.position_m;
    let [ix, iy, _] = pair.intruder.position_m;
    let told = |(rad, reach_m): &(f64, f64)| {
        let [x, y] = zone.at(*rad, *reach_m);
        match around {
            Around::Intruder => [x, y],
            Around::Ownship => [ox + ix - x, oy + iy - y],
        }
    };
    rays.iter().map(told).collect()
}

struct Zone<'a> {
    pair: &'a Pair,
    volume: &'a Volume,
    within_s: f64,
    centre_m: [f64; 2],
    /// Towards where the zone is longest.
    first_rad: f64,
}

impl<'a> Zone<'a> {
    fn new(pair: &'a Pair, volume: &'a Volume, within_s: f64) -> Option<Zone<'a>> {
        // When the heights fit: as if the two flew along together.
        let mut together = *pair;
        for axis in 0..2 {
            together.own.position_m[axis] = pair.intruder.position_m[axis];
            together.own.velocity_mps[axis] = pair.intruder.velocity_mps[axis];
        }
        let fits = if within_s > 0.0 {
            volume.violation(&together, Span::new(0.0, within_s))?
        } else {
            volume.violated(&together).then_some(Span::new(0.0, 0.0))?
        };
        let carried_s = (fits.start + 1e-3).min(0.5 * (fits.start + fits.end));
        let [vx, vy, _] = pair.relative().velocity_mps;
        let [ix, iy, _] = pair.intruder.position_m;
        let zone = Zone {
            pair,
            volume,
            within_s,
            centre_m: [ix - carried_s * vx, iy - carried_s * vy],
            first_rad: (-vy).atan2(-vx),
        };
        zone.holds(zone.centre_m).then_some(zone)
    }

    fn at(&self, rad: f64, reach_m: f64) -> [f64; 2] {
        let (sin, cos) = rad.sin_cos();
        [self.centre_m[0] + reach_m * cos, self.centre_m[1] + reach_m * sin]
    }

    /// Whether ownship at a place violates the volume, now or within the time.
    fn holds(&self, [x, y]: [f64; 2]) -> bool {
        let mut there = *self.pair;
        (there.own.position_m[0], there.own.position_m[1]) = (x, y);
        there.doubt = there.doubt.seen_from(there.relative().horizontal_m(0.0));
        if self.within_s <= 0.0 {
            return self.volume.violated(&there);
        }
        self.volume.violation(&there, Span::new(0.0, self.within_s)).is_some()
    }

    /// How far the zone reaches in a direction, metres: just inside of the boundary.
    fn reach_m(&self, rad: f64) -> f64 {
        let (mut inside, mut outside) = (0.0, 100.0);
        while self.holds(self.at(rad, outside)) {
            inside = outside;
            outside *= 2.0;
            if outside > FARTHEST_M {
                return inside;
            }
        }
        while outside - inside > 1e-3 {
            let middle = 0.5 * (inside + outside);
            if self.holds(self.at(rad, middle)) {
                inside = middle;
            } else {
                outside = middle;
            }
        }
        inside
    }

    /// Adds rays between two while the boundary bulges from the chord.
    fn refine(&self, a: (f64, f64), b: (f64, f64), halvings: u32, rays: &mut Vec<(f64, f64)>) {
        if halvings == 0 {
            return;
        }
        let (rad, half) = (0.5 * (a.0 + b.0), 0.5 * (b.0 - a.0));
        let reach_m = self.reach_m(rad);
        // Where the chord crosses the ray between.
        let chord_m = 2.0 * a.1 * b.1 * half.cos() / (a.1 + b.1).max(1e-9);
        if (reach_m - chord_m).abs() > FLATNESS_M {
            self.refine(a, (rad, reach_m), halvings - 1, rays);
            rays.push((rad, reach_m));
            self.refine((rad, reach_m), b, halvings - 1, rays);
        }
    }
}

/// A direction and when its straight flight violates the volume.
type Flown = (f64, Span);

/// The contours of an alert level for one intruder, counter-clockwise.
///
/// A contour is what is met within the look-ahead. It is told if it begins within the configured
/// threshold of ownship's direction. Directions are tried in the step of the direction
/// bands, and the outermost of a contour are found by halving; what is narrower than a
/// step may be missed.
pub fn contours(pair: &Pair, level: &AlertLevel, config: &Config) -> Vec<Vec<Point>> {
    let [vx, vy, _] = pair.own.velocity_mps;
    let speed = (vx * vx + vy * vy).sqrt();
    if speed < 1e-3 {
        return Vec::new();
    }
    let first = vx.atan2(vy);
    let flown = |away: f64| {
        let (sin, cos) = (first + away).sin_cos();
        let mut turned = *pair;
        (turned.own.velocity_mps[0], turned.own.velocity_mps[1]) = (speed * sin, speed * cos);
        level.detector.violation(&turned, Span::new(0.0, config.lookahead_s))
    };
    let count = (TAU / config.limits(Dimension::Direction).step).clamp(36.0, 3600.0).round() as i32;
    let half = count / 2;
    let away = |k: i32| TAU * f64::from(k) / f64::from(count);
    let all: Vec<Option<Flown>> =
        (-half..count - half).map(|k| flown(away(k)).map(|span| (away(k), span))).collect();
    let groups = if all.iter().all(Option::is_some) {
        // All round: closed where it began, behind ownship.
        let mut ring: Vec<Flown> = all.iter().copied().flatten().collect();
        ring.extend(ring.first().copied());
        vec![ring]
    } else {
        groups(&all, away(1), flown)
    };
    let threshold = config.contour_thr_rad.min(PI) + 1e-9;
    let ahead = |group: &Vec<Flown>| {
        group.iter().any(|(away, _)| {
            (away + PI).rem_euclid(TAU) - PI <= threshold
                && (away + PI).rem_euclid(TAU) - PI >= -threshold
        })
    };
    let whole = groups.len() == 1 && all.iter().all(Option::is_some);
    let point = |away: f64, time_s: f64| {
        let (sin, cos) = (first + away).sin_cos();
        let [x, y, _] = pair.own.position_m;
        Point { position_m: [x + time_s * speed * sin, y + time_s * speed * cos], time_s }
    };
    groups.iter().filter(|g| ahead(g)).map(|group| outline(group, whole, point)).collect()
}

/// Neighbouring directions that violate the volume, with the outermost found by halving.
fn groups(
    all: &[Option<Flown>],
    step: f64,
    flown: impl Fn(f64) -> Option<Span>,
) -> Vec<Vec<Flown>> {
    // From the last direction that is free to one that is not.
    let edge = |mut free: f64, mut bad: Flown| {
        for _ in 0..40 {
            let middle = 0.5 * (free + bad.0);
            match flown(middle) {
                Some(span) => bad = (middle, span),
                None => free = middle,
            }
        }
        bad
    };
    let start = all.iter().position(Option::is_none).unwrap_or(0);
    let mut out: Vec<Vec<Flown>> = Vec::new();
    let mut group: Vec<Flown> = Vec::new();
    for k in 1..=all.len() {
        let place = start + k;
        // Once round: directions behind the end have turned a full turn.
        let turned = if place >= all.len() { TAU } else { 0.0 };
        match all[place % all.len()] {
            Some((away, span)) => {
                let here = (away + turned, span);
                if group.is_empty() {
                    group.push(edge(here.0 - step, here));
                }
                group.push(here);
            }
            None => {
                if let Some(last) = group.last().copied() {
                    group.push(edge(last.0 + step, last));
                    out.push(std::mem::take(&mut group));
                }
            }
        }
    }
    out
}

/// Where the directions enter, and back along where they leave.
fn outline(group: &[Flown], whole: bool, point: impl Fn(f64, f64) -> Point) -> Vec<Point> {
    let inside_now = group.iter().all(|(_, span)| span.start <= 0.0);
    let leave = group.iter().rev().map(|(away, span)| point(*away, span.end));
    if inside_now {
        // All begin where ownship is, which is a corner unless it is all around.
        let corner = (!whole).then(|| point(0.0, 0.0));
        return corner.into_iter().chain(leave).collect();
    }
    // Directions turn clockwise, and the far side comes last.
    leave.chain(group.iter().map(|(away, span)| point(*away, span.start))).collect()
}

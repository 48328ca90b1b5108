//! Do two regions of airspace meet? The one answer for footprints and for volumes,
//! used by plans, reservations, intents and constraints alike.
//!
//! Whatever can be asked of a footprint here is asked of earth-centred vectors: no
//! longitude and no latitude is special. The answer errs on the side of yes: two
//! footprints that share a point are never *apart*. The other way round, footprints
//! that are called meeting come within 1 m of each other, as long as their radii and
//! half widths together do not exceed 250 km (beyond that the bound grows with the
//! cube: 8 m at 500 km). Tests in `tests/overlap.rs` hold both.

use crate::altitude::{Incomparable, VerticalContext};
use crate::corridor::onto_surface;
use crate::geo::{Vec3, add_scaled, cross, dot, point_on_surface, sub};
use crate::volume::{Footprint, Polygon};
use crate::{Altitude, GeoPoint, Time, Volume4d};

/// Smallest and largest radius of curvature of the WGS-84 ellipsoid, metres: b²/a and a²/b.
const CURVATURE_M: [f64; 2] = [6_335_439.0, 6_399_594.0];

/// A leg of a great ellipse, shorter than half the globe.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leg {
    /// Where it begins.
    pub(crate) a: Vec3,
    b: Vec3,
    /// Unit normal of its plane, and the normals of the planes that close it at either
    /// end, pointing inwards; none for a leg without length.
    planes: Option<[Vec3; 3]>,
}

impl Leg {
    pub(crate) fn new(a: Vec3, b: Vec3) -> Leg {
        // a × (b − a) is a × b without its cancellation: a metre is long enough.
        let normal = cross(a, sub(b, a));
        let length = dot(normal, normal).sqrt();
        let planes = (length > 1.0).then(|| {
            let unit = add_scaled([0.0; 3], 1.0 / length, normal);
            [unit, cross(unit, a), cross(b, unit)]
        });
        Leg { a, b, planes }
    }

    /// The plane of the leg and the two that close it.
    pub(crate) fn planes(&self) -> Option<[Vec3; 3]> {
        self.planes
    }

    fn is_beside(&self, p: Vec3) -> bool {
        self.planes.is_some_and(|[_, from, to]| dot(from, p) >= 0.0 && dot(to, p) >= 0.0)
    }

    /// Chord from `p` to the nearest point of the leg, metres, and that point.
    ///
    /// The foot of the perpendicular is lifted onto the ellipsoid along the radius. It
    /// should be along the normal, which is up to 0.0034 rad off: the chord is too
    /// long by less than 1 mm at 250 km, and `slack_m` covers it.
    pub(crate) fn nearest(&self, p: Vec3) -> (f64, Vec3) {
        let chord = |q: Vec3| {
            let d = sub(p, q);
            (dot(d, d).sqrt(), q)
        };
        let (from_a, from_b) = (chord(self.a), chord(self.b));
        let mut best = if from_b.0 < from_a.0 { from_b } else { from_a };
        if let Some([normal, ..]) = self.planes {
            let foot = add_scaled(p, -dot(normal, sub(p, self.a)), normal);
            if self.is_beside(foot) {
                let there = chord(onto_surface(foot));
                if there.0 < best.0 {
                    best = there;
                }
            }
        }
        best
    }

    /// Whether two legs are surely farther apart than a chord.
    fn is_farther_than(&self, other: &Leg, chord_m: f64) -> bool {
        let middles = sub(add_scaled(self.a, 1.0, self.b), add_scaled(other.a, 1.0, other.b));
        let [mine, theirs] = [self, other].map(|leg| {
            let along = sub(leg.b, leg.a);
            dot(along, along).sqrt()
        });
        // An arc bulges out of the ball on its chord only beyond 4R.
        let at_most_m = 1.01 * (mine + theirs) + 2.0 * chord_m + 1.0;
        dot(middles, middles) > at_most_m * at_most_m
    }

    /// Where two legs cross.
    fn crossing(&self, other: &Leg) -> Option<Vec3> {
        let (mine, theirs) = (self.planes?[0], other.planes?[0]);
        let line = cross(mine, theirs);
        [line, add_scaled([0.0; 3], -1.0, line)]
            .into_iter()
            .find(|&x| dot(x, x) > 0.0 && self.is_beside(x) && other.is_beside(x))
            .map(onto_surface)
    }

    /// The shortest chord between two legs, and its ends on either. Legs that do not
    /// cross are nearest at an end of one of them: along a leg, the distance from
    /// another leg's plane is A·cos(θ + φ), which has no minimum between its zeros.
    fn between(&self, other: &Leg) -> (f64, Vec3, Vec3) {
        if let Some(x) = self.crossing(other) {
            return (0.0, x, x);
        }
        let mut best = (f64::INFINITY, self.a, other.a);
        for p in [self.a, self.b] {
            let (d, q) = other.nearest(p);
            if d < best.0 {
                best = (d, p, q);
            }
        }
        for p in [other.a, other.b] {
            let (d, q) = self.nearest(p);
            if d < best.0 {
                best = (d, q, p);
            }
        }
        best
    }
}

/// What a chord computed here can be too long by, metres.
fn slack_m(chord_m: f64) -> f64 {
    0.05 + 1e-6 * chord_m + 5e3 * (chord_m / 6.4e6).powi(4)
}

/// A footprint as a line that reaches out to both sides, or a ring that is filled.
struct Outline<'a> {
    corners: &'a [Vec3],
    reach_m: f64,
    filled: Option<&'a Polygon>,
    middle: Vec3,
    around_m: f64,
}

impl<'a> Outline<'a> {
    fn new(corners: &'a [Vec3], reach_m: f64, filled: Option<&'a Polygon>) -> Outline<'a> {
        let share = 1.0 / corners.len() as f64;
        let middle = corners.iter().fold([0.0; 3], |sum, &c| add_scaled(sum, share, c));
        let far = |c: &Vec3| {
            let d = sub(*c, middle);
            dot(d, d)
        };
        // One hundredth for the flattening of the earth.
        let around_m = 1.01 * corners.iter().map(far).fold(0.0, f64::max).sqrt() + 1.0;
        Outline { corners, reach_m, filled, middle, around_m }
    }

    fn legs(&self) -> impl Iterator<Item = Leg> + '_ {
        let n = self.corners.len();
        let count = if self.filled.is_some() { n } else { n.max(2) - 1 };
        (0..count).map(move |i| Leg::new(self.corners[i], self.corners[(i + 1) % n]))
    }

    fn meets(&self, other: &Outline<'_>, margin_m: f64) -> Option<Vec3> {
        let d = sub(self.middle, other.middle);
        let reach_m = reach_arc_m(self.reach_m, other.reach_m, margin_m);
        let limit_m = reach_m + slack_m(reach_m) + 1.0;
        let at_most_m = self.around_m + other.around_m + limit_m;
        // Legs bulge out of the ball around their corners by no more than it has to spare, as
        // long as it is smaller than the earth.
        let is_local = self.around_m.max(other.around_m) < 3e6;
        if is_local && dot(d, d) > at_most_m * at_most_m {
            return None;
        }
        for (outer, inner) in [(self, other), (other, self)] {
            if outer.filled.is_some_and(|p| p.contains_direction(inner.corners[0])) {
                return Some(inner.corners[0]);
            }
        }
        let theirs: Vec<Leg> = other.legs().collect();
        let mut best: Option<(f64, Vec3, Vec3)> = None;
        for leg in self.legs() {
            for their in &theirs {
                let near_m = best.map_or(limit_m, |b| b.0);
                if leg.is_farther_than(their, near_m) {
                    continue;
                }
                let found = leg.between(their);
                if found.0 <= near_m {
                    best = Some(found);
                }
                if found.0 == 0.0 {
                    return Some(found.1);
                }
            }
        }
        let (chord_m, mine, others) = best?;
        let gap_m = chord_m - slack_m(chord_m);
        within_reach(gap_m, self.reach_m, other.reach_m, margin_m).then(|| {
            // In the middle of what both reach.
            let from = (chord_m - other.reach_m).clamp(0.0, chord_m);
            let along = 0.5 * (from + self.reach_m.min(chord_m)) / chord_m.max(1e-9);
            onto_surface(add_scaled(mine, along.min(1.0), sub(others, mine)))
        })
    }
}

/// Whether balls of two radii, whose centres a chord is between, come within a margin of each
/// other *on the surface*. A curve that bends no more than 1/R has, by Schur's comparison
/// theorem, a length of at least 2R·asin(c/2R) over a chord c, and a geodesic that bends
/// no less has at most that.
fn within_reach(chord_m: f64, one_m: f64, two_m: f64, margin_m: f64) -> bool {
    if margin_m <= 0.0 && (one_m <= 0.0 || two_m <= 0.0) {
        return chord_m <= one_m.max(two_m); // one is a line or an area: chords compare as they are
    }
    arc_m(chord_m, CURVATURE_M[1]) <= reach_arc_m(one_m, two_m, margin_m)
}

/// Along the ground, how far apart the centres may be at most.
fn reach_arc_m(one_m: f64, two_m: f64, margin_m: f64) -> f64 {
    arc_m(one_m, CURVATURE_M[0]) + arc_m(two_m, CURVATURE_M[0]) + margin_m
}

/// Length of an arc of a radius over a chord; half a circle for chords that it has not.
fn arc_m(chord_m: f64, radius_m: f64) -> f64 {
    2.0 * radius_m * (chord_m.max(0.0) / (2.0 * radius_m)).min(1.0).asin()
}

impl Footprint {
    /// Whether two footprints share a point, on the side of yes: see the [module](self).
    pub fn overlaps(&self, other: &Footprint) -> bool {
        self.common(other, 0.0).is_none_or(|met| met.is_some())
    }

    /// A point where two footprints come within `margin_m` of each other (in both of them,
    /// if they overlap by more than the stated bound); `None` if they are farther apart.
    pub fn meets_within(&self, other: &Footprint, margin_m: f64) -> Option<GeoPoint> {
        match self.common(other, margin_m) {
            Some(met) => met.map(point_on_surface),
            None => GeoPoint::from_deg(0.0, 0.0),
        }
    }

    /// The same earth-centred, which is quicker; `None` if both are the whole world.
    fn common(&self, other: &Footprint, margin_m: f64) -> Option<Option<Vec3>> {
        let (mut one, mut two) = (Vec::new(), Vec::new());
        match (self.outline(&mut one), other.outline(&mut two)) {
            (Some(a), Some(b)) => Some(a.meets(&b, margin_m.max(0.0))),
            (Some(known), None) | (None, Some(known)) => Some(Some(known.corners[0])),
            (None, None) => None,
        }
    }

    fn outline<'a>(&'a self, keep: &'a mut Vec<Vec3>) -> Option<Outline<'a>> {
        match self {
            Footprint::World => None,
            Footprint::Circle { centre, radius_m } => {
                keep.push(centre.frame().origin);
                // A radius that is no number reaches everywhere: the safe side.
                let reach_m = if radius_m.is_nan() { f64::INFINITY } else { radius_m.max(0.0) };
                Some(Outline::new(keep, reach_m, None))
            }
            Footprint::Corridor(corridor) => {
                Some(Outline::new(corridor.corners(), corridor.half_width_m(), None))
            }
            Footprint::Polygon(polygon) => {
                Some(Outline::new(polygon.corners(), 0.0, Some(polygon)))
            }
        }
    }
}

/// How near two volumes may come before they meet.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Margins {
    /// Along the ground, metres.
    pub horizontal_m: f64,
    /// In altitude, metres.
    pub vertical_m: f64,
    /// In time, seconds.
    pub time_s: f64,
}

/// What is known of the altitudes of two volumes that meet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bands {
    /// They overlap: limits over one reference, or open.
    Overlap,
    /// Limits over different references were converted. The conversion has a standard
    /// deviation, and within [`WIDENING_SIGMAS`] of them they overlap.
    Converted {
        /// By how much they overlap, converted; negative if they do so only within the uncertainty.
        overlap_m: f64,
        /// Standard deviation of the conversion.
        sigma_m: f64,
    },
    /// Limits that nobody can compare: that counts as meeting.
    CannotTell(Incomparable),
}

/// Standard deviations of a conversion by which bands over different references must be
/// apart to be called apart.
pub const WIDENING_SIGMAS: f64 = 3.0;

/// Where and when two volumes meet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Meeting {
    /// A point where the footprints meet.
    pub at: GeoPoint,
    /// From when both exist.
    pub start: Option<Time>,
    /// Until when both exist.
    pub end: Option<Time>,
    /// What is known of the altitudes.
    pub bands: Bands,
}

impl Volume4d {
    /// Whether two volumes share a moment, an altitude and a place. Altitudes over different
    /// references overlap unless they are apart by more than a conversion without local knowledge
    /// can be wrong.
    pub fn overlaps(&self, other: &Volume4d) -> bool {
        let [mine, theirs] = [[self.lower, self.upper], [other.lower, other.upper]];
        common_time(self, other, 0.0).is_some()
            && common_bands(mine, theirs, Margins::default(), &VerticalContext::default()).is_some()
            && self.footprint.overlaps(&other.footprint)
    }

    /// Where and when two volumes come within `margins` of each other; `None` if they are
    /// apart in time, in altitude or on the ground. The same whichever is asked.
    pub fn meets(
        &self,
        other: &Volume4d,
        margins: Margins,
        context: &VerticalContext,
    ) -> Option<Meeting> {
        let (start, end) = common_time(self, other, margins.time_s)?;
        let bands =
            common_bands([self.lower, self.upper], [other.lower, other.upper], margins, context)?;
        let at = self.footprint.meets_within(&other.footprint, margins.horizontal_m)?;
        Some(Meeting { at, start, end, bands })
    }
}

/// The time in which both exist. A margin counts as time of its own: whoever comes within
/// it meets at the moment between.
fn common_time(a: &Volume4d, b: &Volume4d, margin_s: f64) -> Option<(Option<Time>, Option<Time>)> {
    // Two that follow each other without a gap do not meet; with a margin, less than it does.
    let clear = |end: Option<Time>, start: Option<Time>, margin_s: f64| matches!((end, start), (Some(end), Some(start)) if end.plus_s(margin_s.max(0.0)) <= start);
    let empty = |v: &Volume4d| clear(v.end, v.start, 0.0);
    if clear(a.end, b.start, margin_s) || clear(b.end, a.start, margin_s) || empty(a) || empty(b) {
        return None;
    }
    let start = a.start.max(b.start); // `None` is before everything
    let end = match (a.end, b.end) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    };
    Some(match (start, end) {
        (Some(s), Some(e)) if e < s => (Some(e), Some(s)),
        other => other,
    })
}

fn common_bands(
    a: [Option<Altitude>; 2],
    b: [Option<Altitude>; 2],
    margins: Margins,
    context: &VerticalContext,
) -> Option<Bands> {
    let mut known = Bands::Overlap;
    for (lower, upper) in [(a[0], b[1]), (b[0], a[1])] {
        let (Some(lower), Some(upper)) = (lower, upper) else { continue };
        match above(lower, upper, context) {
            Ok((gap_m, sigma_m)) => {
                if gap_m - WIDENING_SIGMAS * sigma_m > margins.vertical_m.max(0.0) {
                    return None;
                }
                if sigma_m > 0.0 {
                    known = weaker(known, Bands::Converted { overlap_m: -gap_m, sigma_m });
                }
            }
            Err(refused) => known = weaker(known, Bands::CannotTell(refused)),
        }
    }
    Some(known)
}

/// The one that says less.
fn weaker(one: Bands, two: Bands) -> Bands {
    match (one, two) {
        (Bands::CannotTell(_), _) | (_, Bands::Overlap) => one,
        (_, Bands::CannotTell(_)) | (Bands::Overlap, _) => two,
        (Bands::Converted { overlap_m: x, .. }, Bands::Converted { overlap_m: y, .. }) => {
            if y < x {
                two
            } else {
                one
            }
        }
    }
}

/// By how much `lower` is above `upper`, metres, and how surely. Converted both ways: what is
/// said is the smaller gap with the larger uncertainty, so that the order does not decide.
fn above(
    lower: Altitude,
    upper: Altitude,
    context: &VerticalContext,
) -> Result<(f64, f64), Incomparable> {
    // A refusal names the references in one order, whoever asks.
    let ordered = |refused: Incomparable| Incomparable {
        from: refused.from.max(refused.to),
        to: refused.from.min(refused.to),
        ..refused
    };
    let one = upper.to(lower.reference, context).map_err(ordered)?;
    let two = lower.to(upper.reference, context).map_err(ordered)?;
    let gap_m = (lower.m - one.altitude.m).min(two.altitude.m - upper.m);
    Ok((gap_m, one.added_sigma_m.max(two.added_sigma_m)))
}

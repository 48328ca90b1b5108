//! A strip on both sides of a line: the ground that corridors, tracks, racetracks
//! and buffers stand on.

use crate::geo::{MEAN_RADIUS_M, Vec3, add_scaled, dot, sub};
use crate::overlap::Leg;
use crate::{GeoPoint, volume::Footprint};

/// Everything within a distance of a line of great-ellipse legs, round at the ends
/// and at the bends. One point makes it a disc.
///
/// Distances are chords through the earth, as for circles: shorter than the arc by
/// d³/24R², 0.13 m at 50 km, so that whatever is inside along the ground is inside.
#[derive(Clone, Debug, PartialEq)]
pub struct Corridor {
    points: Vec<GeoPoint>,
    corners: Vec<Vec3>,
    half_width_m: f64,
}

/// Why a line and a width are no corridor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadCorridor {
    /// No point at all.
    #[error("a corridor needs at least one point")]
    Empty,
    /// The half width is no positive number, or wider than [`Corridor::MOST_HALF_WIDTH_M`].
    #[error("the half width must be more than 0 and at most 1000 km")]
    Width,
    /// A leg is longer than a quarter of the globe.
    #[error("leg {0} is longer than a quarter of the globe: give points in between")]
    LongLeg(usize),
}

impl Corridor {
    /// The widest half width, metres.
    pub const MOST_HALF_WIDTH_M: f64 = 1_000_000.0;

    /// A corridor along `points`.
    ///
    /// # Errors
    /// [`BadCorridor`] for no points, a width that is none, or legs so long that two
    /// points do not say which way round the earth is meant.
    pub fn new(points: Vec<GeoPoint>, half_width_m: f64) -> Result<Corridor, BadCorridor> {
        if points.is_empty() {
            return Err(BadCorridor::Empty);
        }
        if !(half_width_m > 0.0 && half_width_m <= Self::MOST_HALF_WIDTH_M) {
            return Err(BadCorridor::Width);
        }
        let corners: Vec<Vec3> = points.iter().map(|p| p.frame().origin).collect();
        if let Some(leg) = corners.windows(2).position(|leg| dot(leg[0], leg[1]) <= 0.0) {
            return Err(BadCorridor::LongLeg(leg));
        }
        Ok(Corridor { points, corners, half_width_m })
    }

    /// The line in the middle.
    pub fn points(&self) -> &[GeoPoint] {
        &self.points
    }

    /// From the middle to the edge, metres.
    pub fn half_width_m(&self) -> f64 {
        self.half_width_m
    }

    pub(crate) fn corners(&self) -> &[Vec3] {
        &self.corners
    }

    /// The legs; a single point is a leg from itself to itself.
    fn legs(&self) -> impl Iterator<Item = Leg> {
        let last = self.corners.len() - 1;
        (0..last.max(1)).map(move |i| Leg::new(self.corners[i], self.corners[(i + 1).min(last)]))
    }

    /// Whether an earth-centred position near the surface lies inside.
    pub(crate) fn contains_surface(&self, position: Vec3) -> bool {
        self.legs().any(|leg| leg.nearest(position).0 <= self.half_width_m)
    }

    /// Moments at which straight motion may enter or leave: where it crosses the round ends,
    /// the long sides and the planes that close each leg.
    pub(crate) fn cuts(&self, position: Vec3, velocity: Vec3, cuts: &mut Vec<f64>) {
        for &corner in &self.corners {
            sphere_cuts(corner, self.half_width_m, position, velocity, cuts);
        }
        // The side of a leg lies off its plane by the sine of the angle whose chord is the width.
        let half = self.half_width_m / (2.0 * MEAN_RADIUS_M);
        let off_m = self.half_width_m * (1.0 - half * half).sqrt();
        for leg in self.legs() {
            let Some([normal, from, to]) = leg.planes() else { continue };
            let (height, speed) = (dot(normal, sub(position, leg.a)), dot(normal, velocity));
            cuts.extend([(off_m - height) / speed, (-off_m - height) / speed]);
            cuts.push(-dot(from, position) / dot(from, velocity));
            cuts.push(-dot(to, position) / dot(to, velocity));
        }
    }

    /// The edge as a closed line to draw, against the clock, within about 1 % of the width.
    pub fn outline(&self) -> Vec<GeoPoint> {
        const CAP: u32 = 18;
        let last = self.points.len() - 1;
        let azimuth = |i: usize, j: usize| self.points[i].azimuth_and_distance(self.points[j]).0;
        let mut out = Vec::new();
        let mut fan = |at: GeoPoint, from: f64, turn: f64| {
            let steps = ((turn.abs() / std::f64::consts::PI) * f64::from(CAP)).ceil().max(1.0);
            for k in 0..=steps as u32 {
                let bearing = from + turn * f64::from(k) / steps;
                out.push(at.destination(bearing, self.half_width_m));
            }
        };
        let (half_turn, right) = (std::f64::consts::PI, std::f64::consts::FRAC_PI_2);
        if last == 0 {
            fan(self.points[0], 0.0, -2.0 * half_turn);
            return out;
        }
        // Along the right side, round the end, and back along the other one.
        let there: Vec<usize> = (0..=last).collect();
        let back: Vec<usize> = (0..=last).rev().collect();
        for way in [there, back] {
            for k in 0..way.len() {
                let here = self.points[way[k]];
                let arriving = (k > 0).then(|| azimuth(way[k], way[k - 1]) + half_turn);
                let Some(&next) = way.get(k + 1) else {
                    fan(here, arriving.unwrap_or(0.0) + right, -half_turn);
                    continue;
                };
                let leaving = azimuth(way[k], next);
                let arriving = arriving.unwrap_or(leaving);
                let turn = crate::geo::wrap_pi(leaving - arriving);
                if k > 0 && turn > 0.0 {
                    // The inside of a bend: one point on the bisector.
                    let wide = self.half_width_m / (turn / 2.0).cos().max(0.3);
                    out_point(
                        &mut fan,
                        here,
                        arriving + turn / 2.0 + right,
                        wide,
                        self.half_width_m,
                    );
                } else if k > 0 {
                    fan(here, arriving + right, turn);
                }
            }
        }
        out
    }
}

fn out_point(
    fan: &mut impl FnMut(GeoPoint, f64, f64),
    at: GeoPoint,
    bearing: f64,
    distance_m: f64,
    half_width_m: f64,
) {
    // `fan` goes out by half a width from where it stands.
    let stand = at.destination(bearing, distance_m - half_width_m);
    fan(stand, bearing, 0.0);
}

/// Moments at which straight motion crosses a sphere.
pub(crate) fn sphere_cuts(
    centre: Vec3,
    radius_m: f64,
    position: Vec3,
    velocity: Vec3,
    cuts: &mut Vec<f64>,
) {
    let d = sub(position, centre);
    let (a, b) = (dot(velocity, velocity), dot(d, velocity));
    let discriminant = b * b - a * (dot(d, d) - radius_m * radius_m);
    if a > 0.0 && discriminant > 0.0 {
        cuts.push((-b - discriminant.sqrt()) / a);
        cuts.push((-b + discriminant.sqrt()) / a);
    }
}

impl Footprint {
    /// The footprint with everything within `margin_m` of it: itself, and for a polygon the
    /// strip along its edge. Whoever is in one of them is in the grown footprint.
    pub fn grown(&self, margin_m: f64) -> Vec<Footprint> {
        if margin_m.is_nan() || margin_m <= 0.0 {
            return vec![self.clone()];
        }
        match self {
            Footprint::World => vec![Footprint::World],
            Footprint::Circle { centre, radius_m } => {
                vec![Footprint::Circle { centre: *centre, radius_m: radius_m + margin_m }]
            }
            Footprint::Corridor(corridor) => {
                let half_width_m = corridor.half_width_m + margin_m;
                vec![Footprint::Corridor(Corridor { half_width_m, ..corridor.clone() })]
            }
            Footprint::Polygon(polygon) => {
                let mut points = polygon.vertices().to_vec();
                points.extend(polygon.vertices().first());
                let corners = points.iter().map(|p| p.frame().origin).collect();
                let strip = Corridor { points, corners, half_width_m: margin_m };
                vec![self.clone(), Footprint::Corridor(strip)]
            }
        }
    }
}

/// Brings a vector onto the ellipsoid along the radius.
pub(crate) fn onto_surface(v: Vec3) -> Vec3 {
    use crate::geo::{WGS84_A_M, WGS84_E2};
    let size = (v[0] * v[0] + v[1] * v[1] + v[2] * v[2] / (1.0 - WGS84_E2)).sqrt();
    if size > 0.0 { add_scaled([0.0; 3], WGS84_A_M / size, v) } else { v }
}

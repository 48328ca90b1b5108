//! Regions of airspace for a while.

use crate::altitude::AltitudeReference;
use crate::corridor::{Corridor, sphere_cuts};
use crate::geo::{GeoPoint, LocalFrame, Vec3, cross, dot};
use crate::{Altitude, Time};

/// A region of the surface.
#[derive(Clone, Debug, PartialEq)]
pub enum Footprint {
    /// Everywhere.
    World,
    /// Within a distance of a point.
    Circle {
        /// The centre.
        centre: GeoPoint,
        /// The radius, metres.
        radius_m: f64,
    },
    /// Inside a closed line of great-circle edges.
    Polygon(Polygon),
    /// Within a distance of a line.
    Corridor(Corridor),
}

/// A polygon on the ellipsoid, smaller than a hemisphere. Edges are great
/// ellipses: planes through the earth's centre, which makes "inside" the sign of
/// scalar products and knows neither antimeridian nor pole.
#[derive(Clone, Debug, PartialEq)]
pub struct Polygon {
    vertices: Vec<GeoPoint>,
    corners: Vec<Vec3>,
    centre: Vec3,
}

/// Why vertices are no polygon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPolygon {
    /// Fewer than three corners.
    #[error("a polygon needs at least three corners, this one has {0}")]
    TooFew(usize),
    /// Corners spread over a hemisphere or more.
    #[error("a polygon must be smaller than a hemisphere")]
    TooLarge,
}

impl Polygon {
    /// A polygon of the given corners, in either sense of rotation; the closing
    /// corner may be repeated.
    ///
    /// # Errors
    /// [`BadPolygon`] for fewer than three corners or more than a hemisphere.
    pub fn new(mut vertices: Vec<GeoPoint>) -> Result<Polygon, BadPolygon> {
        if vertices.len() > 1 && vertices.first() == vertices.last() {
            vertices.pop();
        }
        if vertices.len() < 3 {
            return Err(BadPolygon::TooFew(vertices.len()));
        }
        let corners: Vec<Vec3> = vertices.iter().map(|v| v.frame().origin).collect();
        let centre = corners.iter().fold([0.0; 3], |a, &c| crate::geo::add_scaled(a, 1.0, c));
        let length = dot(centre, centre).sqrt();
        // A corner more than ~84° from the centre cannot be projected onto its plane.
        if corners.iter().any(|&c| dot(c, centre) < 0.1 * length * crate::geo::MEAN_RADIUS_M) {
            return Err(BadPolygon::TooLarge);
        }
        Ok(Polygon { vertices, corners, centre })
    }

    /// The corners.
    pub fn vertices(&self) -> &[GeoPoint] {
        &self.vertices
    }

    /// The corners, earth-centred.
    pub(crate) fn corners(&self) -> &[Vec3] {
        &self.corners
    }

    /// Whether an earth-centred direction passes through the polygon. Winding by
    /// crossings of the great circle from the point towards the "north" of the centre.
    pub(crate) fn contains_direction(&self, p: Vec3) -> bool {
        if dot(p, self.centre) <= 0.0 {
            return false;
        }
        // Even-odd rule in the gnomonic plane of the centre, in which edges are
        // straight. Homogeneous coordinates avoid the division.
        let axis = if self.centre[2].abs() < 0.9 * dot(self.centre, self.centre).sqrt() {
            [0.0, 0.0, 1.0]
        } else {
            [1.0, 0.0, 0.0]
        };
        let x_axis = cross(axis, self.centre);
        let y_axis = cross(self.centre, x_axis);
        let flat = |v: Vec3| {
            let w = dot(v, self.centre);
            [dot(v, x_axis) / w, dot(v, y_axis) / w]
        };
        let [px, py] = flat(p);
        let mut inside = false;
        let mut previous = flat(self.corners[self.corners.len() - 1]);
        for &corner in &self.corners {
            let current = flat(corner);
            if (current[1] > py) != (previous[1] > py) {
                let along = (py - previous[1]) / (current[1] - previous[1]);
                if px < previous[0] + along * (current[0] - previous[0]) {
                    inside = !inside;
                }
            }
            previous = current;
        }
        inside
    }
}

impl Footprint {
    /// Whether a point lies inside.
    pub fn contains(&self, point: GeoPoint) -> bool {
        self.contains_surface(point.frame().origin)
    }

    /// Whether an earth-centred position near the surface lies inside.
    pub fn contains_surface(&self, position: Vec3) -> bool {
        match self {
            Footprint::World => true,
            Footprint::Circle { centre, radius_m } => {
                let d = crate::geo::sub(position, LocalFrame::at(*centre).origin);
                // The chord is shorter than the arc by d³/24R²: 1 m at 100 km.
                dot(d, d) <= radius_m * radius_m
            }
            Footprint::Polygon(polygon) => polygon.contains_direction(position),
            Footprint::Corridor(corridor) => corridor.contains_surface(position),
        }
    }

    /// The times in `[0, duration_s]` at which something that starts at `position`
    /// and moves straight at `velocity` (earth-centred, m and m/s) is inside, as
    /// ordered, disjoint intervals. Closed form: a circle is a quadratic, an edge
    /// of a polygon is a plane through the earth's centre, so that its side is
    /// linear in time.
    pub fn inside_intervals(
        &self,
        position: Vec3,
        velocity: Vec3,
        duration_s: f64,
    ) -> Vec<[f64; 2]> {
        let mut cuts = vec![0.0];
        match self {
            Footprint::World => return vec![[0.0, duration_s]],
            Footprint::Circle { centre, radius_m } => {
                let centre = LocalFrame::at(*centre).origin;
                sphere_cuts(centre, *radius_m, position, velocity, &mut cuts);
            }
            Footprint::Corridor(corridor) => corridor.cuts(position, velocity, &mut cuts),
            Footprint::Polygon(polygon) => {
                let mut previous = polygon.corners[polygon.corners.len() - 1];
                for &corner in &polygon.corners {
                    let normal = cross(previous, corner);
                    cuts.push(-dot(normal, position) / dot(normal, velocity));
                    previous = corner;
                }
            }
        }
        cuts.retain(|t| (0.0..duration_s).contains(t));
        cuts.sort_by(f64::total_cmp);
        cuts.push(duration_s);
        let mut inside: Vec<[f64; 2]> = Vec::new();
        for pair in cuts.windows(2) {
            let middle = 0.5 * (pair[0] + pair[1]);
            let there = crate::geo::add_scaled(position, middle, velocity);
            if self.contains_surface(there) {
                match inside.last_mut() {
                    Some(last) if last[1] == pair[0] => last[1] = pair[1],
                    _ => inside.push([pair[0], pair[1]]),
                }
            }
        }
        inside
    }
}

/// A region of airspace for a while: footprint, altitude band, time window.
/// Open ends are `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume4d {
    /// The region of the surface.
    pub footprint: Footprint,
    /// The floor, included.
    pub lower: Option<Altitude>,
    /// The ceiling, included.
    pub upper: Option<Altitude>,
    /// From when, included.
    pub start: Option<Time>,
    /// Until when, excluded.
    pub end: Option<Time>,
}

impl Volume4d {
    /// Whether the volume exists at a time.
    pub fn is_active(&self, time: Time) -> bool {
        self.start.is_none_or(|s| time >= s) && self.end.is_none_or(|e| time < e)
    }

    /// Floor and ceiling in metres over `reference`. A limit over another
    /// reference is `None`: it cannot be compared without knowing the atmosphere,
    /// and the volume then counts as unlimited on that side, the safe side for
    /// something that asks who is inside.
    pub fn band_m(&self, reference: AltitudeReference) -> [Option<f64>; 2] {
        let in_reference =
            |a: Option<Altitude>| a.filter(|a| a.reference == reference).map(|a| a.m);
        [in_reference(self.lower), in_reference(self.upper)]
    }

    /// Whether a point at an altitude and time is inside.
    pub fn contains(&self, point: GeoPoint, altitude: Altitude, time: Time) -> bool {
        let [lower, upper] = self.band_m(altitude.reference);
        self.is_active(time)
            && lower.is_none_or(|l| altitude.m >= l)
            && upper.is_none_or(|u| altitude.m <= u)
            && self.footprint.contains(point)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point(lat: f64, lon: f64) -> GeoPoint {
        GeoPoint::from_deg(lat, lon).unwrap()
    }

    fn square(lat: f64, lon: f64, half: f64) -> Footprint {
        let corners = vec![
            point(lat - half, lon - half),
            point(lat - half, lon + half),
            point(lat + half, lon + half),
            point(lat + half, lon - half),
        ];
        Footprint::Polygon(Polygon::new(corners).unwrap())
    }

    #[test]
    fn polygon_across_the_antimeridian() {
        let f = square(10.0, 180.0, 1.0);
        assert!(f.contains(point(10.5, -179.5)));
        assert!(f.contains(point(10.5, 179.5)));
        assert!(!f.contains(point(10.5, 178.5)));
        assert!(!f.contains(point(10.5, 0.5)));
        assert!(!f.contains(point(-10.5, -0.5)));
    }

    #[test]
    fn polygon_around_the_pole() {
        let corners = (0..8).map(|i| point(85.0, f64::from(i) * 45.0)).collect();
        let f = Footprint::Polygon(Polygon::new(corners).unwrap());
        assert!(f.contains(point(90.0, 0.0)));
        assert!(f.contains(point(86.0, -100.0)));
        assert!(!f.contains(point(84.0, 22.0)));
    }

    #[test]
    fn concave_polygons_are_concave() {
        let corners = vec![
            point(0.0, 0.0),
            point(0.0, 4.0),
            point(4.0, 4.0),
            point(1.0, 2.0),
            point(4.0, 0.0),
        ];
        let f = Footprint::Polygon(Polygon::new(corners).unwrap());
        assert!(f.contains(point(0.5, 2.0)));
        assert!(!f.contains(point(3.0, 2.0)));
        assert!(f.contains(point(3.0, 0.2)));
    }

    #[test]
    fn degenerate_polygons_are_refused() {
        assert_eq!(Polygon::new(vec![point(0.0, 0.0); 2]), Err(BadPolygon::TooFew(1)));
        let wide = (0..4).map(|i| point(-5.0, f64::from(i) * 90.0)).collect();
        assert_eq!(Polygon::new(wide), Err(BadPolygon::TooLarge));
    }

    #[test]
    fn four_dimensions() {
        let volume = Volume4d {
            footprint: square(35.0, 40.0, 0.5),
            lower: Some(Altitude::pressure_ft(10_000.0)),
            upper: Some(Altitude::pressure_ft(20_000.0)),
            start: Some(Time::from_millis(1000)),
            end: Some(Time::from_millis(2000)),
        };
        let at = Altitude::pressure_ft(20_000.0);
        assert!(volume.contains(point(35.0, 40.0), at, Time::from_millis(1000)));
        assert!(!volume.contains(point(35.0, 40.0), at, Time::from_millis(2000)));
        assert!(!volume.contains(point(35.0, 41.0), at, Time::from_millis(1000)));
        assert!(!volume.contains(
            point(35.0, 40.0),
            Altitude::pressure_ft(20_001.0),
            Time::from_millis(1500)
        ));
    }

    proptest! {
        /// The closed form agrees with asking at many single moments.
        #[test]
        fn intervals_agree_with_membership(
            lat in -80.0..80.0f64, lon in -180.0..180.0f64,
            dlat in -1.0..1.0f64, dlon in -1.0..1.0f64,
            ve in -300.0..300.0f64, vn in -300.0..300.0f64, circle: bool,
        ) {
            let centre = point(lat, lon);
            let footprint = if circle {
                Footprint::Circle { centre, radius_m: 30_000.0 }
            } else {
                square(lat, lon, 0.4)
            };
            let frame = point((lat + dlat).clamp(-90.0, 90.0), lon + dlon).frame();
            let velocity = frame.horizontal(ve, vn);
            let intervals = footprint.inside_intervals(frame.origin, velocity, 300.0);
            for k in 0..300 {
                let t = f64::from(k) + 0.37;
                let here = crate::geo::add_scaled(frame.origin, t, velocity);
                let by_interval = intervals.iter().any(|i| i[0] <= t && t < i[1]);
                let near_edge = intervals.iter().flatten().any(|&e| (e - t).abs() < 1e-3);
                prop_assert!(near_edge || by_interval == footprint.contains_surface(here));
            }
        }
    }
}

//! The shapes that airspace control orders use, as footprints of the kernel.

use crate::block::Block;
use deconflict_core::corridor::Corridor;
use deconflict_core::units::nm_from_m;
use deconflict_core::volume::{Footprint, Polygon};
use deconflict_core::{Altitude, GeoPoint, Time};
use std::f64::consts::TAU;

/// Most corners or way points of one shape.
pub const MOST_POINTS: usize = 2_000;

/// The largest distance that a shape may name, metres.
pub const MOST_M: f64 = 1_000_000.0;

/// Arcs of a sector are drawn outside of the true arc by no more than this, metres, or by half
/// a thousandth of the radius where 360 corners do not suffice.
const ARC_TOLERANCE_M: f64 = 5.0;

/// Limits of altitude; open ends are `None`.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Band {
    /// The floor, included.
    pub lower: Option<Altitude>,
    /// The ceiling, included.
    pub upper: Option<Altitude>,
}

impl Band {
    /// Whether floor and ceiling can be compared, and are the wrong way round.
    pub fn is_inverted(&self) -> bool {
        matches!((self.lower, self.upper),
            (Some(l), Some(u)) if l.reference == u.reference && l.m > u.m)
    }
}

/// A point of a planned path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct WayPoint {
    /// Where.
    pub point: GeoPoint,
    /// At what altitude.
    pub altitude: Altitude,
    /// When.
    pub time: Time,
}

/// Where a reservation is.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    /// Inside a closed line.
    Polygon {
        /// The corners, in order.
        points: Vec<GeoPoint>,
    },
    /// Within a distance of a point.
    Circle {
        /// The centre.
        centre: GeoPoint,
        /// The radius, metres.
        radius_m: f64,
    },
    /// A point, such as a beacon or a ship, and a distance to keep from it.
    Point {
        /// The point.
        point: GeoPoint,
        /// The distance, metres.
        radius_m: f64,
    },
    /// Between two distances and two bearings of a point.
    Sector {
        /// The point.
        centre: GeoPoint,
        /// From this distance, metres; 0 reaches to the point.
        inner_radius_m: f64,
        /// To this distance, metres.
        radius_m: f64,
        /// From this bearing, degrees from true north.
        from_deg: f64,
        /// Clockwise to this bearing, degrees. The same bearing means all round.
        to_deg: f64,
    },
    /// On both sides of a line.
    Corridor {
        /// The line.
        points: Vec<GeoPoint>,
        /// From the line to the edge, metres.
        half_width_m: f64,
    },
    /// Around two points that are flown around in turn.
    Racetrack {
        /// The points.
        ends: [GeoPoint; 2],
        /// From the line between them to the edge, metres: what a turn needs.
        half_width_m: f64,
    },
    /// A corridor with an altitude band for each leg.
    Track {
        /// The line.
        points: Vec<GeoPoint>,
        /// From the line to the edge, metres.
        half_width_m: f64,
        /// A band for each leg: one fewer than points.
        bands: Vec<Band>,
    },
    /// A planned flight.
    Flight {
        /// Its path, in order of time.
        points: Vec<WayPoint>,
    },
    /// Several volumes, each with a band and a window of time of its own: what operational
    /// intents are.
    Volumes {
        /// The volumes.
        blocks: Vec<Block>,
    },
}

/// What is wrong with a shape: the field, what, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadShape {
    /// The field.
    pub field: &'static str,
    /// What is wrong, and what to do.
    pub says: String,
}

fn bad<T>(field: &'static str, says: impl Into<String>) -> Result<T, BadShape> {
    Err(BadShape { field, says: says.into() })
}

impl Shape {
    /// The name in files.
    pub const fn name(&self) -> &'static str {
        match self {
            Shape::Polygon { .. } => "polygon",
            Shape::Circle { .. } => "circle",
            Shape::Point { .. } => "point",
            Shape::Sector { .. } => "sector",
            Shape::Corridor { .. } => "corridor",
            Shape::Racetrack { .. } => "racetrack",
            Shape::Track { .. } => "track",
            Shape::Flight { .. } => "flight",
            Shape::Volumes { .. } => "volumes",
        }
    }

    /// All names, for messages.
    pub const NAMES: [&'static str; 9] = [
        "polygon",
        "circle",
        "point",
        "sector",
        "corridor",
        "racetrack",
        "track",
        "flight",
        "volumes",
    ];

    /// Whether it has its altitudes and times of its own, so that its reservation has none.
    pub const fn has_own_limits(&self) -> bool {
        matches!(self, Shape::Flight { .. } | Shape::Volumes { .. })
    }

    /// Its points, in order.
    pub fn points(&self) -> Vec<GeoPoint> {
        match self {
            Shape::Polygon { points }
            | Shape::Corridor { points, .. }
            | Shape::Track { points, .. } => points.clone(),
            Shape::Circle { centre: point, .. }
            | Shape::Sector { centre: point, .. }
            | Shape::Point { point, .. } => vec![*point],
            Shape::Racetrack { ends, .. } => ends.to_vec(),
            Shape::Flight { points } => points.iter().map(|w| w.point).collect(),
            Shape::Volumes { blocks } => blocks.iter().flat_map(Block::points).copied().collect(),
        }
    }

    /// The same shape with each point put elsewhere.
    #[must_use]
    pub fn mapped(&self, put: impl Fn(GeoPoint) -> GeoPoint) -> Shape {
        let mut shape = self.clone();
        match &mut shape {
            Shape::Polygon { points }
            | Shape::Corridor { points, .. }
            | Shape::Track { points, .. } => points.iter_mut().for_each(|p| *p = put(*p)),
            Shape::Circle { centre: point, .. }
            | Shape::Sector { centre: point, .. }
            | Shape::Point { point, .. } => *point = put(*point),
            Shape::Racetrack { ends, .. } => ends.iter_mut().for_each(|p| *p = put(*p)),
            Shape::Flight { points } => points.iter_mut().for_each(|w| w.point = put(w.point)),
            Shape::Volumes { blocks } => {
                let points = blocks.iter_mut().flat_map(Block::points_mut);
                points.for_each(|p| *p = put(*p));
            }
        }
        shape
    }

    /// The same shape moved so that `from` comes to `to`: bearings and distances from there stay.
    #[must_use]
    pub fn moved(&self, from: GeoPoint, to: GeoPoint) -> Shape {
        self.mapped(|p| {
            if p == from {
                return to;
            }
            let (azimuth, distance_m) = from.azimuth_and_distance(p);
            to.destination(azimuth, distance_m)
        })
    }

    /// The footprints of the shape, each with the band that it has of its own. None for a flight.
    ///
    /// # Errors
    /// [`BadShape`] names the field that makes it no shape.
    pub fn footprints(&self) -> Result<Vec<(Footprint, Option<Band>)>, BadShape> {
        self.footprints_within(ARC_TOLERANCE_M)
    }

    /// The same, with arcs to within `tolerance_m` outside of the true ones.
    pub(crate) fn footprints_within(
        &self,
        tolerance_m: f64,
    ) -> Result<Vec<(Footprint, Option<Band>)>, BadShape> {
        let points = self.points();
        if points.len() > MOST_POINTS {
            let field = if matches!(self, Shape::Volumes { .. }) { "blocks" } else { "points" };
            return bad(field, format!("{} points: at most {MOST_POINTS}", points.len()));
        }
        let one = |footprint| Ok(vec![(footprint, None)]);
        match self {
            Shape::Polygon { .. } => one(Footprint::Polygon(polygon(points)?)),
            Shape::Circle { centre, radius_m } | Shape::Point { point: centre, radius_m } => {
                let radius_m = length("radius_m", *radius_m)?;
                one(Footprint::Circle { centre: *centre, radius_m })
            }
            Shape::Sector { centre, inner_radius_m, radius_m, from_deg, to_deg } => {
                let radius_m = length("radius_m", *radius_m)?;
                if !(0.0..radius_m).contains(inner_radius_m) {
                    let says = format!("{inner_radius_m} is not between 0 and radius_m {radius_m}");
                    return bad("inner_radius_m", says);
                }
                for (field, deg) in [("from_deg", from_deg), ("to_deg", to_deg)] {
                    if !(-360.0..=720.0).contains(deg) {
                        return bad(field, format!("{deg} is no bearing: write 0 to 360"));
                    }
                }
                let bearings = [*from_deg, *to_deg];
                one(sector(*centre, [*inner_radius_m, radius_m], bearings, tolerance_m)?)
            }
            Shape::Corridor { half_width_m, .. } | Shape::Racetrack { half_width_m, .. } => {
                one(Footprint::Corridor(corridor(points, *half_width_m)?))
            }
            Shape::Track { half_width_m, bands, .. } => {
                if bands.len() + 1 != points.len() {
                    return bad(
                        "leg_bands",
                        format!(
                            "{} bands for {} points: one for each leg",
                            bands.len(),
                            points.len()
                        ),
                    );
                }
                let legs = points.windows(2).zip(bands);
                legs.map(|(leg, band)| {
                    let strip = corridor(leg.to_vec(), *half_width_m)?;
                    Ok((Footprint::Corridor(strip), Some(*band)))
                })
                .collect()
            }
            Shape::Flight { points } => flight(points).map(|()| Vec::new()),
            Shape::Volumes { blocks } if blocks.is_empty() => {
                bad("blocks", "names no volume: give one or more")
            }
            Shape::Volumes { blocks } => {
                let each = blocks.iter().enumerate().map(|(i, block)| {
                    let footprint = block.validate().and_then(|()| block.footprint());
                    let says = |says| format!("block {}, {says}", i + 1);
                    footprint.map(|f| (f, Some(block.band))).or_else(|e| bad("blocks", says(e)))
                });
                each.collect()
            }
        }
    }
}

fn length(field: &'static str, m: f64) -> Result<f64, BadShape> {
    if m > 0.0 && m <= MOST_M {
        Ok(m)
    } else {
        bad(field, format!("{m} is not more than 0 and at most {MOST_M} metres"))
    }
}

fn polygon(points: Vec<GeoPoint>) -> Result<Polygon, BadShape> {
    Polygon::new(points)
        .map_err(|e| BadShape { field: "points", says: format!("{e}: check the corners") })
}

fn corridor(points: Vec<GeoPoint>, half_width_m: f64) -> Result<Corridor, BadShape> {
    length("half_width_m", half_width_m)?;
    if points.len() < 2 {
        return bad("points", "a line needs at least two points");
    }
    Corridor::new(points, half_width_m)
        .map_err(|e| BadShape { field: "points", says: e.to_string() })
}

/// A sector as a polygon that contains it: corners of the outer arc are put so far out that
/// the edges between them touch the arc; on the inner arc the edges run inside of it.
fn sector(
    centre: GeoPoint,
    [inner_m, outer_m]: [f64; 2],
    [from_deg, to_deg]: [f64; 2],
    tolerance_m: f64,
) -> Result<Footprint, BadShape> {
    let from = from_deg.to_radians();
    let mut turn = (to_deg - from_deg).to_radians().rem_euclid(TAU);
    if turn == 0.0 {
        if inner_m == 0.0 {
            return Ok(Footprint::Circle { centre, radius_m: outer_m });
        }
        turn = TAU;
    }
    // Half a step of angle h leaves a gap of r(1/cos h − 1) ≈ r·h²/2.
    let half_step = (2.0 * tolerance_m / outer_m).sqrt().min(0.1);
    let steps = (turn / (2.0 * half_step)).ceil().clamp(1.0, 360.0);
    // A hundredth more than the plane needs: 1/cos grows on the curved earth.
    let out_m = outer_m * (1.0 + (1.0 / (turn / (2.0 * steps)).cos() - 1.0) * 1.01) + 0.01;
    let bearing = |k: u32| from + turn * f64::from(k) / steps;
    let mut corners: Vec<GeoPoint> =
        (0..=steps as u32).map(|k| centre.destination(bearing(k), out_m)).collect();
    if inner_m > 0.0 {
        corners.extend((0..=steps as u32).rev().map(|k| centre.destination(bearing(k), inner_m)));
    } else if turn < TAU {
        corners.push(centre);
    }
    Ok(Footprint::Polygon(polygon(corners)?))
}

fn flight(points: &[WayPoint]) -> Result<(), BadShape> {
    if points.len() < 2 {
        return bad("points", "a flight needs at least two points");
    }
    for (i, leg) in points.windows(2).enumerate() {
        let leg_s = leg[1].time.seconds_since(leg[0].time);
        if leg_s <= 0.0 {
            return bad("times", format!("point {} is not later than point {}", i + 2, i + 1));
        }
        if leg[0].altitude.reference != leg[1].altitude.reference {
            return bad("levels", "give all levels over one reference");
        }
        let leg_m = leg[0].point.distance_m(leg[1].point);
        if leg_m > 5_000_000.0 {
            let says =
                format!("leg {} is {:.0} NM long: give points in between", i + 1, nm_from_m(leg_m));
            return bad("points", says);
        }
        if leg_m / leg_s > 2_000.0 {
            let says = format!(
                "leg {} would be flown at {:.0} m/s: check the times",
                i + 1,
                leg_m / leg_s
            );
            return bad("times", says);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn point(lat: f64, lon: f64) -> GeoPoint {
        GeoPoint::from_deg(lat, lon).unwrap()
    }

    proptest! {
        /// A sector holds every point between its radii and bearings, and nothing far outside.
        #[test]
        fn sectors_contain_what_they_name(
            lat in -90.0..90.0f64, lon in -180.0..180.0f64, from in 0.0..360.0f64,
            turn in 5.0..355.0f64, outer in 100.0..200_000.0f64, share in 0.0..0.95f64,
            along in 0.0..1.0f64, out in 0.0..1.0f64,
        ) {
            let centre = point(lat, lon);
            let inner = outer * share;
            let shape = Shape::Sector {
                centre, inner_radius_m: inner, radius_m: outer, from_deg: from, to_deg: from + turn,
            };
            let footprint = shape.footprints().unwrap().remove(0).0;
            let at = |deg: f64, m: f64| centre.destination(deg.to_radians().rem_euclid(TAU), m);
            let edge = 1e-3;
            let deg = from + turn * (edge + (1.0 - 2.0 * edge) * along);
            prop_assert!(footprint.contains(at(deg, inner + (outer - inner) * (edge + (1.0 - edge) * out))));
            prop_assert!(!footprint.contains(at(deg, outer * 1.002 + 10.0)));
            prop_assert!(inner < 1_000.0 || !footprint.contains(at(deg, inner * 0.99 - 10.0)));
            prop_assert!(!footprint.contains(at(from - 2.5, 0.5 * (inner + outer))));
        }
    }

    #[test]
    fn a_ring_has_a_hole() {
        let shape = Shape::Sector {
            centre: point(-89.5, 20.0),
            inner_radius_m: 20_000.0,
            radius_m: 40_000.0,
            from_deg: 90.0,
            to_deg: 450.0,
        };
        let ring = shape.footprints().unwrap().remove(0).0;
        assert!(ring.contains(point(-89.5, 20.0).destination(3.0, 30_000.0)));
        assert!(!ring.contains(point(-89.5, 20.0)));
    }

    #[test]
    fn what_is_no_shape_names_its_field() {
        let field = |shape: Shape| shape.footprints().unwrap_err().field;
        let (a, b) = (point(0.0, 0.0), point(1.0, 1.0));
        assert_eq!(field(Shape::Polygon { points: vec![a, b] }), "points");
        assert_eq!(field(Shape::Circle { centre: a, radius_m: f64::NAN }), "radius_m");
        assert_eq!(field(Shape::Racetrack { ends: [a, b], half_width_m: -1.0 }), "half_width_m");
        let track = Shape::Track { points: vec![a, b], half_width_m: 1.0, bands: vec![] };
        assert_eq!(field(track), "leg_bands");
        let way = |s| WayPoint {
            point: a,
            altitude: Altitude::pressure_m(0.0),
            time: Time::from_millis(s),
        };
        assert_eq!(field(Shape::Flight { points: vec![way(5), way(5)] }), "times");
    }
}

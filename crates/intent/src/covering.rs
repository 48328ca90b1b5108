//! Which cells of the earth something touches: the key of the space-time index.
//!
//! Cells are those of S2 (Google's spherical geometry, crate `s2rst`) on the sphere of
//! directions from the earth's centre. Seen from there an edge of a polygon, a great ellipse, is exactly a
//! great circle; a circle on the ellipsoid lies within the cap that [`Outline::circle`] draws around it.
//! Every point of a shape is therefore in one of its cells, and two shapes that share
//! a point have cells of which one contains the other.

use deconflict_core::GeoPoint;
use deconflict_core::geo::MEAN_RADIUS_M;
use deconflict_core::volume::Footprint;
use s2rst::s1::Angle;
use s2rst::s2::convex_hull_query::ConvexHullQuery;
use s2rst::s2::region_coverer::RegionCoverer;
use s2rst::s2::shape_util::find_self_intersection;
use s2rst::s2::{Cap, CellId, CellUnion, Level, Loop, Point, Region};

/// The finest cells: about 150 m. Shapes are rarely smaller, and the exact test follows.
const FINEST: u8 = 16;
/// The most cells of one shape. Four are always enough for a circle that is smaller than a
/// cell; twice as many cells are twice the memory for half the area around it.
const MOST_CELLS: usize = 4;
/// The cells in which one shape is asked whether it covers another: about 1 km. It is the
/// grain of the InterUSS Platform, on which clients rely when they draw a circle as a polygon.
const GRAIN: u8 = 13;
/// Smallest distance of the surface from the earth's centre, metres (WGS-84 b). A path of
/// length s on the surface is seen from the centre under no more than s/b.
const POLAR_RADIUS_M: f64 = 6_356_752.3;

/// The outline of a shape among the directions from the earth's centre.
#[derive(Debug)]
pub struct Outline(Shape);

#[derive(Debug)]
enum Shape {
    Cap(Cap),
    // A loop carries an index of its edges; a cap is four numbers.
    Loop(Box<Loop>),
}

fn direction(point: GeoPoint) -> Point {
    let [x, y, z] = point.frame().origin;
    Point::from_coords(x, y, z)
}

fn level(n: u8) -> Level {
    Level::new(n)
}

impl Outline {
    /// A circle of a radius in metres.
    pub fn circle(centre: GeoPoint, radius_m: f64) -> Outline {
        let angle = Angle::from_radians((radius_m + 1.0) / POLAR_RADIUS_M);
        Outline(Shape::Cap(Cap::from_center_angle(direction(centre), angle)))
    }

    /// A polygon, whichever way round it is given: the smaller side of its line counts.
    ///
    /// # Errors
    /// Fewer than three corners, a corner twice, or edges that cross.
    pub fn polygon(corners: &[GeoPoint]) -> Result<Outline, String> {
        if corners.len() < 3 {
            return Err(format!("at least 3 different vertices are needed, not {}", corners.len()));
        }
        let mut outline = Loop::new(corners.iter().map(|&c| direction(c)).collect());
        let wrong = |reason| format!("edges may not cross and vertices may not repeat ({reason})");
        outline.validate().map_err(wrong)?;
        if let Some(error) = find_self_intersection(outline.shape_index()) {
            return Err(wrong(error.to_string()));
        }
        outline.normalize();
        Ok(Outline(Shape::Loop(Box::new(outline))))
    }

    /// Of a footprint that was accepted before; `None` for one that no request can have.
    pub fn of(footprint: &Footprint) -> Option<Outline> {
        match footprint {
            Footprint::Circle { centre, radius_m } => Some(Outline::circle(*centre, *radius_m)),
            Footprint::Polygon(polygon) => Outline::polygon(polygon.vertices()).ok(),
            _ => None,
        }
    }

    /// Its area on a sphere of the earth's mean radius, square kilometres.
    pub fn area_km2(&self) -> f64 {
        let steradians = match &self.0 {
            Shape::Cap(cap) => cap.area(),
            Shape::Loop(outline) => outline.area(),
        };
        steradians * (MEAN_RADIUS_M / 1000.0).powi(2)
    }

    /// Whether the circles around two outlines touch: always where the outlines do.
    pub fn is_near(&self, other: &Outline) -> bool {
        let around = |outline: &Outline| match &outline.0 {
            Shape::Cap(cap) => *cap,
            Shape::Loop(outline) => outline.cap_bound(),
        };
        around(self).intersects(around(other))
    }

    fn covered(&self, coverer: &RegionCoverer) -> CellUnion {
        match &self.0 {
            Shape::Cap(cap) => coverer.covering(cap),
            Shape::Loop(outline) => coverer.covering(outline.as_ref()),
        }
    }
}

/// The corners of a polygon's convex hull, in order round it: all if it has no notches.
pub fn hull(corners: &[GeoPoint]) -> Vec<GeoPoint> {
    let directions: Vec<Point> = corners.iter().map(|&corner| direction(corner)).collect();
    let mut query = ConvexHullQuery::new();
    query.add_points(&directions);
    // The corners of the hull are some of those that were given, bit for bit.
    let corner = |at: &Point| directions.iter().position(|d| d == at).map(|i| corners[i]);
    query.convex_hull().vertices().iter().filter_map(corner).collect()
}

/// Cells that together contain a shape.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Covering(Vec<u64>);

impl Covering {
    /// Of the outlines together.
    pub fn of(outlines: &[Outline]) -> Covering {
        let coverer = RegionCoverer::new().max_level(level(FINEST)).max_cells(MOST_CELLS);
        let mut all = Covering::default();
        for outline in outlines {
            all.0.extend(outline.covered(&coverer).cell_ids().iter().map(|c| c.id()));
        }
        all.tidy();
        all
    }

    /// Cells of the one grain in which [`Covering::contains`] compares.
    pub fn grain(outlines: &[Outline]) -> Covering {
        let coverer = RegionCoverer::new()
            .min_level(level(GRAIN))
            .max_level(level(GRAIN))
            .max_cells(1_000_000);
        let mut all = Covering::default();
        for outline in outlines {
            all.0.extend(outline.covered(&coverer).cell_ids().iter().map(|c| c.id()));
        }
        all.tidy();
        all
    }

    /// Whether all cells of the other are in this one.
    pub fn contains(&self, other: &Covering) -> bool {
        let union =
            |c: &Covering| CellUnion::from_cell_ids(c.0.iter().map(|&id| CellId(id)).collect());
        union(self).contains_union(&union(other))
    }

    /// Adds the cells of another.
    pub fn extend(&mut self, other: &Covering) {
        self.0.extend_from_slice(&other.0);
        self.tidy();
    }

    fn tidy(&mut self) {
        self.0.sort_unstable();
        self.0.dedup();
    }

    /// The numbers of the cells, ascending.
    pub fn ids(&self) -> &[u64] {
        &self.0
    }

    /// As written to a store: tokens of S2 with a space between.
    pub fn to_text(&self) -> String {
        let tokens: Vec<String> = self.0.iter().map(|&id| CellId(id).to_token()).collect();
        tokens.join(" ")
    }

    /// From what [`Covering::to_text`] wrote; `None` if it is anything else.
    pub fn from_text(text: &str) -> Option<Covering> {
        let mut all = Covering::default();
        for token in text.split_ascii_whitespace() {
            let cell = CellId::from_token(token);
            if !cell.is_valid() {
                return None;
            }
            all.0.push(cell.id());
        }
        all.tidy();
        Some(all)
    }
}

/// The range of numbers of all cells within a cell.
pub fn cell_range(id: u64) -> [u64; 2] {
    let cell = CellId(id);
    [cell.range_min().id(), cell.range_max().id()]
}

/// The cells that contain a cell, from the next larger to the largest.
pub fn larger_cells(id: u64) -> impl Iterator<Item = u64> {
    let cell = CellId(id);
    (0..cell.level().as_u8()).rev().map(move |n| cell.parent_at_level(level(n)).id())
}

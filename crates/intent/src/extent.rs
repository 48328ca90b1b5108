//! The blocks of space and time of a request: read, checked and bounded.

use crate::bodies::{bodies, bounded};
use crate::covering::{Covering, Outline, hull};
use crate::refusal::{Refusal, bad};
use crate::wire::{self, shown};
use deconflict_core::volume::{Footprint, Polygon};
use deconflict_core::{Altitude, GeoPoint, Time, Volume4d};

/// What one request may ask for. Every bound is named when it refuses something.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// The largest outline, square kilometres.
    pub area_km2: f64,
    /// All outlines of one request together, square kilometres: what bounds the work of one.
    pub total_km2: f64,
    /// The longest edge of a polygon, kilometres: a longer one is a longitude mistyped.
    pub edge_km: f64,
    /// The most blocks of one request.
    pub volumes: usize,
    /// The most corners of one polygon.
    pub corners: usize,
    /// The most versions in one key.
    pub key: usize,
    /// The longest subscription, seconds.
    pub subscription_s: f64,
    /// How far a time that is given as 'now' may be off, seconds.
    pub skew_s: f64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            area_km2: 2_500.0,
            total_km2: 10_000.0,
            edge_km: 500.0,
            volumes: 250,
            corners: 2_000,
            key: 100_000,
            subscription_s: 24.0 * 3600.0,
            skew_s: 300.0,
        }
    }
}

/// Notches are filled up to this size of the whole, square kilometres. A larger hull would be
/// the bound of nothing that flies.
const LARGEST_HULL_KM2: f64 = 2_500.0;

/// What a request must say of its blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Needs {
    /// Both altitudes.
    pub altitudes: bool,
    /// Both times.
    pub times: bool,
}

/// Space and time of something: its blocks, and the cells that they touch.
///
/// Blocks of one request that touch each other are one body, and all of a body has one band of
/// altitudes: who climbs in a column and goes on at a height claims what is below, too. Bodies that
/// are apart count as they are, and times always do. The InterUSS Platform reads all blocks
/// of a request as one body of one window; its prober wants that of blocks that touch. Its clients
/// rely on being told of what is beside a block as well: notices go by [`Extent::with_surroundings`].
#[derive(Clone, Debug, PartialEq)]
pub struct Extent {
    /// The blocks.
    pub volumes: Vec<Volume4d>,
    /// Cells that cover them.
    pub cells: Covering,
}

impl Extent {
    /// From the blocks of a request.
    ///
    /// # Errors
    /// What is wrong, and in which block.
    pub fn from_wire(
        extents: &[wire::Volume4D],
        needs: Needs,
        limits: &Limits,
    ) -> Result<Extent, Refusal> {
        let (volumes, outlines) = parts(extents, needs, limits)?;
        let cells = Covering::of(&outlines);
        Ok(Extent { volumes: bodies(volumes, &outlines), cells })
    }

    /// The blocks of details, each as it is, and not bounding the others; there may be none.
    ///
    /// # Errors
    /// What is wrong, and in which block.
    pub fn blocks(
        volumes: &[wire::Volume4D],
        needs: Needs,
        limits: &Limits,
    ) -> Result<Vec<Volume4d>, Refusal> {
        if volumes.is_empty() {
            return Ok(Vec::new());
        }
        let (volumes, _) = parts(volumes, needs, limits)?;
        Ok(volumes)
    }

    /// One block on its own.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_area(area: &wire::Volume4D, limits: &Limits) -> Result<Extent, Refusal> {
        let needs = Needs { altitudes: false, times: false };
        let (volume, outline) = block(area, needs, limits)?;
        Ok(Extent { volumes: vec![volume], cells: Covering::of(&[outline]) })
    }

    /// All blocks of several extents.
    pub fn union<'a>(parts: impl IntoIterator<Item = &'a Extent>) -> Extent {
        let mut all = Extent { volumes: Vec::new(), cells: Covering::default() };
        for part in parts {
            all.volumes.extend_from_slice(&part.volumes);
            all.cells.extend(&part.cells);
        }
        all
    }

    /// The same with what is near enough to be told of: the blocks have the altitudes and
    /// times of all, and every polygon is its convex hull. Clients of the InterUSS Platform rely
    /// on it; no conflict is ever decided on it.
    pub fn with_surroundings(&self) -> Extent {
        let mut whole =
            Extent { volumes: bounded(self.volumes.clone()), cells: self.cells.clone() };
        for volume in &mut whole.volumes {
            let Footprint::Polygon(polygon) = &volume.footprint else { continue };
            let corners = hull(polygon.vertices());
            if corners.len() == polygon.vertices().len() {
                continue;
            }
            let filled = Outline::polygon(&corners).ok().zip(Polygon::new(corners).ok());
            if let Some((outline, polygon)) = filled
                && outline.area_km2() <= LARGEST_HULL_KM2
            {
                whole.cells.extend(&Covering::of(&[outline]));
                volume.footprint = Footprint::Polygon(polygon);
            }
        }
        whole
    }

    /// From when, `None` if always was.
    pub fn start(&self) -> Option<Time> {
        self.volumes.iter().map(|v| v.start.unwrap_or(Time::MIN)).min().filter(|t| *t > Time::MIN)
    }

    /// Until when, `None` if forever.
    pub fn end(&self) -> Option<Time> {
        self.volumes.iter().map(|v| v.end.unwrap_or(Time::MAX)).max().filter(|t| *t < Time::MAX)
    }

    /// Lowest floor and highest ceiling, metres over the ellipsoid; infinite where open.
    pub fn band_m(&self) -> [f64; 2] {
        let lower = |v: &Volume4d| v.lower.map_or(f64::NEG_INFINITY, |a| a.m);
        let upper = |v: &Volume4d| v.upper.map_or(f64::INFINITY, |a| a.m);
        [
            self.volumes.iter().map(lower).fold(f64::INFINITY, f64::min),
            self.volumes.iter().map(upper).fold(f64::NEG_INFINITY, f64::max),
        ]
    }

    /// Whether the outlines of this cover those of the other, to the grain of a kilometre
    /// in which the InterUSS Platform compares them.
    pub fn covers_area_of(&self, other: &Extent) -> bool {
        let grain = |extent: &Extent| {
            let outlines = extent.volumes.iter().filter_map(|v| Outline::of(&v.footprint));
            Covering::grain(&outlines.collect::<Vec<_>>())
        };
        grain(self).contains(&grain(other))
    }

    /// Whether any block of one meets any of the other.
    pub fn overlaps(&self, other: &Extent) -> bool {
        self.volumes.iter().any(|a| other.volumes.iter().any(|b| a.overlaps(b)))
    }
}

/// All blocks of a request, within what one may ask for.
fn parts(
    extents: &[wire::Volume4D],
    needs: Needs,
    limits: &Limits,
) -> Result<(Vec<Volume4d>, Vec<Outline>), Refusal> {
    if extents.is_empty() {
        return Err(bad("extents: at least one volume is needed"));
    }
    if extents.len() > limits.volumes {
        return Err(Refusal::TooLarge(format!(
            "extents: {} volumes, at most {} are taken",
            extents.len(),
            limits.volumes
        )));
    }
    let mut volumes = Vec::with_capacity(extents.len());
    let mut outlines = Vec::with_capacity(extents.len());
    for (i, extent) in extents.iter().enumerate() {
        let (volume, outline) = block(extent, needs, limits).map_err(|r| within(r, i))?;
        volumes.push(volume);
        outlines.push(outline);
    }
    let total_km2: f64 = outlines.iter().map(Outline::area_km2).sum();
    if total_km2 > limits.total_km2 {
        return Err(Refusal::TooLarge(format!(
            "extents: their areas are {total_km2:.0} km² together, at most {} km² are taken",
            limits.total_km2
        )));
    }
    Ok((volumes, outlines))
}

/// Says in which of several blocks something is wrong.
fn within(refusal: Refusal, block: usize) -> Refusal {
    match refusal {
        Refusal::Bad(message) => Refusal::Bad(format!("extents[{block}].{message}")),
        Refusal::TooLarge(message) => Refusal::TooLarge(format!("extents[{block}].{message}")),
        other => other,
    }
}

fn block(
    extent: &wire::Volume4D,
    needs: Needs,
    limits: &Limits,
) -> Result<(Volume4d, Outline), Refusal> {
    let volume = &extent.volume;
    let lower = altitude(volume.altitude_lower.as_ref(), "altitude_lower", needs)?;
    let upper = altitude(volume.altitude_upper.as_ref(), "altitude_upper", needs)?;
    if let (Some(lower), Some(upper)) = (lower, upper)
        && lower.m > upper.m
    {
        return Err(bad(format!(
            "volume: altitude_lower ({} m) is above altitude_upper ({} m)",
            lower.m, upper.m
        )));
    }
    let start = time(extent.time_start.as_ref(), "time_start", needs)?;
    let mut end = time(extent.time_end.as_ref(), "time_end", needs)?;
    if let (Some(from), Some(until)) = (start, end) {
        if from > until {
            return Err(bad("time_start must not be after time_end"));
        }
        if from == until {
            // An instant: the end of a volume is not part of it.
            end = Some(Time::from_nanos(until.as_nanos().saturating_add(1)));
        }
    }
    let (footprint, outline) = match (&volume.outline_circle, &volume.outline_polygon) {
        (Some(_), Some(_)) => {
            return Err(bad("volume: give outline_circle or outline_polygon, not both"));
        }
        (None, None) => {
            return Err(bad("volume: an outline_circle or an outline_polygon is needed"));
        }
        (Some(circle), None) => circle_of(circle, limits)?,
        (None, Some(polygon)) => polygon_of(polygon, limits)?,
    };
    Ok((Volume4d { footprint, lower, upper, start, end }, outline))
}

fn altitude(
    given: Option<&wire::WireAltitude>,
    name: &str,
    needs: Needs,
) -> Result<Option<Altitude>, Refusal> {
    let Some(given) = given else {
        return if needs.altitudes {
            Err(bad(format!("volume.{name} is missing")))
        } else {
            Ok(None)
        };
    };
    if given.reference != "W84" {
        return Err(bad(format!(
            "volume.{name}.reference is \"{}\", only \"W84\" is taken",
            shown(&given.reference)
        )));
    }
    if given.units != "M" {
        return Err(bad(format!(
            "volume.{name}.units is \"{}\", only \"M\" is taken",
            shown(&given.units)
        )));
    }
    if !(-8_000.0..=100_000.0).contains(&given.value) {
        return Err(bad(format!(
            "volume.{name}.value is {}, it must be from -8000 to 100000 m",
            given.value
        )));
    }
    Ok(Some(Altitude::ellipsoid_m(given.value)))
}

fn time(given: Option<&wire::WireTime>, name: &str, needs: Needs) -> Result<Option<Time>, Refusal> {
    let Some(given) = given else {
        return if needs.times { Err(bad(format!("{name} is missing"))) } else { Ok(None) };
    };
    given.time(name).map(Some)
}

fn point(p: wire::LatLng, place: &str) -> Result<GeoPoint, Refusal> {
    let ok = (-90.0..=90.0).contains(&p.lat) && (-180.0..=180.0).contains(&p.lng);
    GeoPoint::from_deg(p.lat, p.lng).filter(|_| ok).ok_or_else(|| {
        bad(format!(
            "volume.{place} is lat {}, lng {}: latitude must be within ±90 and longitude within ±180 degrees",
            p.lat, p.lng
        ))
    })
}

fn too_large(area_km2: f64, limits: &Limits) -> Refusal {
    Refusal::TooLarge(format!(
        "volume: its area is {area_km2:.0} km², at most {} km² are taken; ask for parts of it",
        limits.area_km2
    ))
}

fn circle_of(circle: &wire::WireCircle, limits: &Limits) -> Result<(Footprint, Outline), Refusal> {
    let centre = circle.center.ok_or_else(|| bad("volume.outline_circle.center is missing"))?;
    let centre = point(centre, "outline_circle.center")?;
    let radius =
        circle.radius.as_ref().ok_or_else(|| bad("volume.outline_circle.radius is missing"))?;
    if radius.units != "M" {
        return Err(bad(format!(
            "volume.outline_circle.radius.units is \"{}\", only \"M\" is taken",
            shown(&radius.units)
        )));
    }
    if !(radius.value > 0.0 && radius.value.is_finite()) {
        return Err(bad("volume.outline_circle.radius.value must be more than 0"));
    }
    let area_km2 = std::f64::consts::PI * (radius.value / 1000.0).powi(2);
    if area_km2 > limits.area_km2 {
        return Err(too_large(area_km2, limits));
    }
    Ok((
        Footprint::Circle { centre, radius_m: radius.value },
        Outline::circle(centre, radius.value),
    ))
}

fn polygon_of(
    polygon: &wire::WirePolygon,
    limits: &Limits,
) -> Result<(Footprint, Outline), Refusal> {
    if polygon.vertices.len() > limits.corners {
        return Err(Refusal::TooLarge(format!(
            "volume.outline_polygon has {} vertices, at most {} are taken",
            polygon.vertices.len(),
            limits.corners
        )));
    }
    let mut corners = Vec::with_capacity(polygon.vertices.len());
    for (i, &vertex) in polygon.vertices.iter().enumerate() {
        let corner = point(vertex, &format!("outline_polygon.vertices[{i}]"))?;
        // A point twice in a row is no edge; many clients also close the line.
        if corners.last() != Some(&corner) {
            corners.push(corner);
        }
    }
    if corners.len() > 1 && corners.first() == corners.last() {
        corners.pop();
    }
    for (i, corner) in corners.iter().enumerate() {
        let edge_km = corner.distance_m(corners[(i + 1) % corners.len()]) / 1000.0;
        if edge_km > limits.edge_km {
            return Err(bad(format!(
                "volume.outline_polygon has an edge of {edge_km:.0} km, at most {} km are taken: \
                 check the vertex at lat {}, lng {} and the one after it",
                limits.edge_km,
                corner.lat_deg(),
                corner.lon_deg()
            )));
        }
    }
    let outline = Outline::polygon(&corners)
        .map_err(|reason| bad(format!("volume.outline_polygon: {reason}")))?;
    let area_km2 = outline.area_km2();
    if area_km2 > limits.area_km2 {
        return Err(too_large(area_km2, limits));
    }
    let shape =
        Polygon::new(corners).map_err(|reason| bad(format!("volume.outline_polygon: {reason}")))?;
    Ok((Footprint::Polygon(shape), outline))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use proptest::prelude::*;

    fn of(corners: &[[f64; 2]]) -> Extent {
        let vertices = corners.iter().map(|&[lat, lng]| wire::LatLng { lat, lng }).collect();
        let area = wire::Volume4D {
            volume: wire::Volume3D {
                outline_circle: None,
                outline_polygon: Some(wire::WirePolygon { vertices }),
                altitude_lower: None,
                altitude_upper: None,
            },
            time_start: None,
            time_end: None,
        };
        Extent::from_area(&area, &Limits::default()).unwrap()
    }

    fn corners(extent: &Extent) -> usize {
        match &extent.volumes[0].footprint {
            Footprint::Polygon(polygon) => polygon.vertices().len(),
            _ => 0,
        }
    }

    proptest! {
        /// A V and what is in its notch are apart, wherever on earth; not so their hulls.
        #[test]
        fn a_notch_is_filled_anywhere(lat in -89.0..89.0, lng in -180.0..180.0_f64) {
            let wide = 0.01 / f64::to_radians(lat).cos();
            let east = |lng: f64| (lng + 540.0).rem_euclid(360.0) - 180.0;
            let at = |up: f64, right: f64| [lat + 0.01 * up, east(lng + wide * right)];
            let v = of(&[at(0.0, 0.0), at(1.0, 1.0), at(0.3, 0.0), at(1.0, -1.0)]);
            let within = of(&[at(0.6, -0.1), at(0.6, 0.1), at(0.8, 0.0)]);
            prop_assert!(!v.overlaps(&within));
            let filled = v.with_surroundings();
            prop_assert_eq!(corners(&filled), 3);
            prop_assert!(filled.overlaps(&within) && filled.overlaps(&v));
            // What fills the notch is in the cells too: the index finds it.
            prop_assert!(filled.cells.contains(&within.cells));
            prop_assert_eq!(filled.with_surroundings(), filled);
            prop_assert_eq!(within.with_surroundings(), within);
        }
    }

    #[test]
    fn outlines_are_bounded_one_by_one_and_together() {
        let circle = |radius_m: f64| -> wire::Volume4D {
            let outline = serde_json::json!({
                "center": { "lat": 10.0, "lng": 20.0 }, "radius": { "value": radius_m, "units": "M" },
            });
            serde_json::from_value(serde_json::json!({ "volume": { "outline_circle": outline } }))
                .unwrap()
        };
        let needs = Needs { altitudes: false, times: false };
        let take = |n: usize, radius_m: f64| {
            Extent::from_wire(&vec![circle(radius_m); n], needs, &Limits::default())
        };
        assert!(take(4, 28_000.0).is_ok());
        for (n, radius_m, limit) in [(1, 29_000.0, "2500"), (5, 28_000.0, "10000")] {
            let refusal = take(n, radius_m).unwrap_err();
            assert_eq!(refusal.status(), 413);
            assert!(refusal.to_string().contains(limit), "{refusal}");
        }
    }

    #[test]
    fn a_hull_that_is_too_large_is_not_taken() {
        let v = of(&[[0.0, 0.0], [4.0, 0.02], [0.01, 0.01], [0.02, 4.0]]);
        assert_eq!(v.with_surroundings(), v);
    }
}

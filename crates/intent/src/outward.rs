//! Volumes as they are told to others: never smaller than what is meant.
//!
//! The standard has circles and polygons between two heights over the ellipsoid, for a time with both
//! ends. What is meant may be a corridor, reach up to a flight level, or be open on a side. What is told contains
//! what is meant; where that cannot be, it is refused with a sentence that says what to do.

use crate::refusal::{Refusal, bad};
use crate::wire::{
    LatLng, Radius, Volume3D, Volume4D, WireAltitude, WireCircle, WirePolygon, WireTime,
};
use deconflict_core::altitude::VerticalContext;
use deconflict_core::corridor::Corridor;
use deconflict_core::geo::MEAN_RADIUS_M;
use deconflict_core::overlap::WIDENING_SIGMAS;
use deconflict_core::volume::Footprint;
use deconflict_core::{Altitude, AltitudeReference, GeoPoint, Volume4d};

/// Corners of the circle that a round end of a corridor is told as.
const CORNERS: u32 = 24;
/// By how much a polygon around a disc is larger than on a plane: the earth is curved, and edges are
/// planes through its centre and not geodesics.
const SLACK: f64 = 1.005;
/// The altitudes that the standard takes, metres.
const MOST_M: [f64; 2] = [-8_000.0, 100_000.0];

/// A volume as blocks of the standard that together contain it: one, or for a corridor one for
/// each leg.
///
/// # Errors
/// What is missing, and what to do.
pub fn told(
    volume: &Volume4d,
    context: impl Fn(GeoPoint) -> VerticalContext,
) -> Result<Vec<Volume4D>, Refusal> {
    let (Some(start), Some(end)) = (volume.start, volume.end) else {
        return Err(bad("a start and an end are needed: give it both times"));
    };
    let (Some(lower), Some(upper)) = (volume.lower, volume.upper) else {
        return Err(bad("a floor and a ceiling are needed: give it both altitudes"));
    };
    let outlines = outlines(&volume.footprint)?;
    let mut blocks = Vec::with_capacity(outlines.len());
    for (at, outline_circle, outline_polygon) in outlines {
        let context = context(at);
        let [lower_m, upper_m] =
            [over_ellipsoid(lower, -1.0, &context)?, over_ellipsoid(upper, 1.0, &context)?];
        if lower_m > upper_m {
            return Err(bad(format!(
                "its floor ({lower_m:.0} m over the ellipsoid) is above its ceiling ({upper_m:.0} m)"
            )));
        }
        blocks.push(Volume4D {
            volume: Volume3D {
                outline_circle,
                outline_polygon,
                altitude_lower: Some(altitude(lower_m)),
                altitude_upper: Some(altitude(upper_m)),
            },
            time_start: Some(WireTime::from(start)),
            time_end: Some(WireTime::from(end)),
        });
    }
    Ok(blocks)
}

/// An altitude over the ellipsoid, moved outwards (`side` -1 is down) by what the conversion does not know.
///
/// # Errors
/// What would have to be known.
pub fn over_ellipsoid(
    limit: Altitude,
    side: f64,
    context: &VerticalContext,
) -> Result<f64, Refusal> {
    let converted = limit.to(AltitudeReference::Ellipsoid, context).map_err(|why| {
        bad(format!(
            "{why}; give its altitudes over the ellipsoid or mean sea level, or set the elevation of the terrain"
        ))
    })?;
    let m = converted.altitude.m + side * WIDENING_SIGMAS * converted.added_sigma_m;
    if !m.is_finite() {
        return Err(bad("an altitude is no number"));
    }
    let [lowest, highest] = MOST_M;
    // What is widened out of the range of the standard ends there: nothing flies beyond. What is
    // meant to be there cannot be told.
    let (inside, bounded_m) =
        ((lowest..=highest).contains(&converted.altitude.m), m.clamp(lowest, highest));
    if !inside {
        return Err(bad(format!(
            "its altitude is {:.0} m over the ellipsoid, others take {lowest:.0} to {highest:.0} m",
            converted.altitude.m
        )));
    }
    Ok(bounded_m)
}

fn altitude(m: f64) -> WireAltitude {
    WireAltitude { value: m, reference: "W84".to_owned(), units: "M".to_owned() }
}

/// A point as it is told, degrees within the bounds of the standard.
pub fn lat_lng(point: GeoPoint) -> LatLng {
    let lng = point.lon_deg();
    // Longitudes are from -180 to 180 whatever arithmetic has made of them.
    let lng =
        if (-180.0..=180.0).contains(&lng) { lng } else { (lng + 540.0).rem_euclid(360.0) - 180.0 };
    LatLng { lat: point.lat_deg().clamp(-90.0, 90.0), lng }
}

type Outlined = (GeoPoint, Option<WireCircle>, Option<WirePolygon>);

fn outlines(footprint: &Footprint) -> Result<Vec<Outlined>, Refusal> {
    Ok(match footprint {
        Footprint::World => {
            return Err(bad(
                "it is everywhere, and others take a bounded place: give it an outline",
            ));
        }
        Footprint::Circle { centre, radius_m } => vec![circle(*centre, *radius_m)],
        Footprint::Polygon(polygon) => {
            let at = polygon.vertices().first().copied();
            let at = at.ok_or_else(|| bad("its outline has no corners"))?;
            vec![(at, None, Some(corners(polygon.vertices())))]
        }
        Footprint::Corridor(corridor) => corridor_blocks(corridor)?,
    })
}

fn circle(centre: GeoPoint, radius_m: f64) -> Outlined {
    // Inside is measured by chords, which are shorter than the arcs of the standard by d³/24R².
    let radius_m = radius_m + radius_m.powi(3) / (20.0 * MEAN_RADIUS_M * MEAN_RADIUS_M);
    let radius = Some(Radius { value: radius_m, units: "M".to_owned() });
    (centre, Some(WireCircle { center: Some(lat_lng(centre)), radius }), None)
}

fn corners(points: &[GeoPoint]) -> WirePolygon {
    WirePolygon { vertices: points.iter().map(|&p| lat_lng(p)).collect() }
}

/// A block for each leg: half a disc, the leg, half a disc, as a convex polygon around it.
fn corridor_blocks(corridor: &Corridor) -> Result<Vec<Outlined>, Refusal> {
    let (points, half_m) = (corridor.points(), corridor.half_width_m());
    if let [only] = points {
        return Ok(vec![circle(*only, half_m)]);
    }
    let mut blocks = Vec::new();
    for leg in points.windows(2) {
        let [a, b] = [leg[0], leg[1]];
        if a.distance_m(b) < 1.0 {
            blocks.push(circle(a, half_m + a.distance_m(b)));
            continue;
        }
        // No DSS takes an outline of that size anyway.
        if a.distance_m(b) > 1_000_000.0 {
            return Err(bad(
                "a leg of its corridor is longer than 1000 km: give points in between",
            ));
        }
        blocks.push((a, None, Some(corners(&stadium(a, b, half_m)))));
    }
    Ok(blocks)
}

/// Corners around all that is within `half_m` of the leg.
fn stadium(a: GeoPoint, b: GeoPoint, half_m: f64) -> Vec<GeoPoint> {
    // The corners of a polygon around a circle of radius r lie at r / cos(half a step).
    let step = std::f64::consts::TAU / f64::from(CORNERS);
    let out_m = half_m * SLACK / (0.5 * step).cos() + 0.5;
    let quarter = std::f64::consts::FRAC_PI_2;
    let mut around = Vec::with_capacity(CORNERS as usize + 4);
    for (end, other) in [(a, b), (b, a)] {
        let onward = end.azimuth_and_distance(other).0 + std::f64::consts::PI;
        for k in 0..=CORNERS / 2 {
            around.push(end.destination(onward - quarter + step * f64::from(k), out_m));
        }
    }
    around
}

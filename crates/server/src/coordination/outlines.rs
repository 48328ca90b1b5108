//! Footprints in pieces that are none larger than a DSS takes. As what they are told is said by
//! `deconflict_intent::outward`.

use deconflict_core::GeoPoint;
use deconflict_core::corridor::Corridor;
use deconflict_core::volume::{Footprint, Polygon};
use deconflict_intent::{Outline, hull};
use std::f64::consts::{PI, TAU};

/// The largest outline that is told, square kilometres: a little less than what a DSS takes.
pub const MOST_OUTLINE_KM2: f64 = 2_400.0;
/// The longest piece of a strip, metres.
const MOST_LEG_M: f64 = 400_000.0;
/// Corners of the polygon that stands for a disc.
const CORNERS: u32 = 36;

/// The outlines of a footprint and of everything within `margin_m` of it.
///
/// # Errors
/// Why it cannot be told, and what to do.
pub fn outlines(footprint: &Footprint, margin_m: f64) -> Result<Vec<Footprint>, String> {
    let mut out = Vec::new();
    for grown in footprint.grown(margin_m) {
        match &grown {
            Footprint::World => return Err("it has no outline: nobody says where it is".to_owned()),
            Footprint::Corridor(corridor) => strips(corridor, &mut out)?,
            Footprint::Circle { .. } | Footprint::Polygon(_) => out.push(fit(grown)?),
        }
    }
    Ok(out)
}

/// An outline, if it is one that a DSS takes.
fn fit(footprint: Footprint) -> Result<Footprint, String> {
    let outline = match &footprint {
        Footprint::Polygon(polygon) => Outline::polygon(polygon.vertices()),
        other => Outline::of(other).ok_or_else(|| "it has no outline".to_owned()),
    };
    let area_km2 = outline.map_err(|why| format!("its outline cannot be told: {why}"))?.area_km2();
    if area_km2 > MOST_OUTLINE_KM2 {
        return Err(format!(
            "an outline of it has {area_km2:.0} km², and a DSS takes {MOST_OUTLINE_KM2} km² at \
             most: make several reservations of it"
        ));
    }
    Ok(footprint)
}

/// A strip in pieces, none larger than a DSS takes; the ends of each are round.
fn strips(corridor: &Corridor, out: &mut Vec<Footprint>) -> Result<(), String> {
    let half_width_m = corridor.half_width_m();
    let ends_km2 = PI * (half_width_m / 1_000.0).powi(2);
    // A twentieth more is told than is meant.
    let left_km2 = MOST_OUTLINE_KM2 / 1.05 - ends_km2;
    if left_km2 < 0.1 * MOST_OUTLINE_KM2 {
        return Err(format!(
            "it is {:.0} km to either side: make several reservations of it",
            half_width_m / 1_000.0
        ));
    }
    let longest_m = (left_km2 * 1e6 / (2.0 * half_width_m)).min(MOST_LEG_M);
    let piece = |points: Vec<GeoPoint>| {
        let piece = Corridor::new(points, half_width_m).map(Footprint::Corridor);
        piece.map_err(|why| format!("its outline cannot be told: {why}"))
    };
    for leg in corridor.points().windows(2) {
        let (azimuth, leg_m) = leg[0].azimuth_and_distance(leg[1]);
        let pieces = (leg_m / longest_m).ceil().clamp(1.0, 1_000.0) as u32;
        let step_m = leg_m / f64::from(pieces);
        let at = |k: u32| match k {
            0 => leg[0],
            k if k == pieces => leg[1],
            k => leg[0].destination(azimuth, step_m * f64::from(k)),
        };
        for k in 0..pieces {
            out.push(piece(vec![at(k), at(k + 1)])?);
        }
    }
    if let [only] = corridor.points() {
        out.push(piece(vec![*only])?);
    }
    Ok(())
}

/// The one polygon around several footprints and everything within their margins, metres: the
/// way of what moves.
///
/// # Errors
/// Why it cannot be told, and what to do.
pub fn around<'a>(all: impl Iterator<Item = (&'a Footprint, f64)>) -> Result<Footprint, String> {
    let mut corners = Vec::new();
    for (footprint, margin_m) in all {
        let (points, radius_m): (&[GeoPoint], f64) = match footprint {
            Footprint::World => return Err("it has no outline: nobody says where it is".to_owned()),
            Footprint::Circle { centre, radius_m } => (std::slice::from_ref(centre), *radius_m),
            Footprint::Polygon(polygon) => (polygon.vertices(), 0.0),
            Footprint::Corridor(corridor) => (corridor.points(), corridor.half_width_m()),
        };
        // Edges touch the disc, and a metre more for the curved earth.
        let out_m = (radius_m + margin_m) / (PI / f64::from(CORNERS)).cos() * 1.001 + 1.0;
        for point in points {
            let bearing = |k: u32| TAU * f64::from(k) / f64::from(CORNERS);
            corners.extend((0..CORNERS).map(|k| point.destination(bearing(k), out_m)));
        }
    }
    let polygon = Polygon::new(hull(&corners)).map_err(|why| format!("its way: {why}"))?;
    fit(Footprint::Polygon(polygon))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(lat: f64, lon: f64) -> GeoPoint {
        GeoPoint::from_deg(lat, lon).unwrap()
    }

    fn is_in(outlines: &[Footprint], point: GeoPoint) -> bool {
        outlines.iter().any(|outline| outline.contains(point))
    }

    #[test]
    fn a_strip_in_pieces_is_all_of_it_and_no_more() {
        for lat in [-77.0, 0.0, 51.0] {
            let ends = [point(lat, 179.2), point(lat + 1.0, -179.0), point(lat + 1.2, -178.0)];
            let strip = Footprint::Corridor(Corridor::new(ends.to_vec(), 9_000.0).unwrap());
            let told = outlines(&strip, 1_000.0).unwrap();
            assert!(told.len() >= 3, "{}", told.len());
            for leg in ends.windows(2) {
                let (azimuth, leg_m) = leg[0].azimuth_and_distance(leg[1]);
                for k in 0..=40 {
                    let middle = leg[0].destination(azimuth, leg_m * f64::from(k) / 40.0);
                    for bearing in 0..12 {
                        let bearing = f64::from(bearing) * TAU / 12.0;
                        assert!(is_in(&told, middle.destination(bearing, 9_999.0)));
                    }
                    assert!(!is_in(&told, middle.destination(azimuth - 1.4, 10_400.0)) || k < 4);
                }
            }
        }
    }

    #[test]
    fn what_moves_is_told_as_the_way_around_it() {
        let stands = [point(10.0, 60.0), point(10.05, 60.1), point(10.1, 60.2)];
        let discs = stands.map(|centre| Footprint::Circle { centre, radius_m: 3_000.0 });
        let told = around(discs.iter().map(|disc| (disc, 500.0))).unwrap();
        for stand in stands {
            for bearing in 0..24 {
                let bearing = f64::from(bearing) * TAU / 24.0;
                assert!(told.contains(stand.destination(bearing, 3_500.0)));
                assert!(!told.contains(stand.destination(bearing, 30_000.0)));
            }
        }
        assert!(around([(&Footprint::World, 0.0)].into_iter()).is_err());
    }

    #[test]
    fn what_is_too_large_is_refused_with_what_to_do() {
        let circle = Footprint::Circle { centre: point(1.0, 2.0), radius_m: 60_000.0 };
        let says = outlines(&circle, 0.0).unwrap_err();
        assert!(says.contains("km²") && says.contains("make several"), "{says}");
        assert!(outlines(&Footprint::World, 0.0).unwrap_err().contains("nobody says where"));
    }
}

//! Places bounded on the map: polygons and circles.

use crate::random::Stream;
use deconflict_core::GeoPoint;
use deconflict_core::geo::wrap_pi;
use deconflict_core::units::m_from_nm;

/// A part of the earth's surface.
#[derive(Clone, Debug, PartialEq)]
pub enum Area {
    /// Within a distance of a point.
    Circle {
        /// The centre.
        centre: GeoPoint,
        /// The distance, metres.
        radius_m: f64,
    },
    /// Within a closed line. Sides are straight in latitude and longitude,
    /// which for areas of up to a few degrees is a map maker's straight line;
    /// the last corner is joined to the first. May straddle the antimeridian,
    /// may not contain a pole.
    Polygon(Vec<GeoPoint>),
}

impl Area {
    /// Whether a point lies inside.
    pub fn contains(&self, point: GeoPoint) -> bool {
        match self {
            Area::Circle { centre, radius_m } => centre.distance_m(point) <= *radius_m,
            Area::Polygon(corners) => {
                let Some(reference) = corners.first() else { return false };
                let x_of = |p: GeoPoint| wrap_pi(p.lon_rad() - reference.lon_rad());
                let (x, y) = (x_of(point), point.lat_rad());
                let mut inside = false;
                for (i, b) in corners.iter().enumerate() {
                    let a = corners[if i == 0 { corners.len() - 1 } else { i - 1 }];
                    let (ay, by) = (a.lat_rad(), b.lat_rad());
                    if (ay > y) != (by > y) {
                        let (ax, bx) = (x_of(a), x_of(*b));
                        inside ^= x < ax + (bx - ax) * (y - ay) / (by - ay);
                    }
                }
                inside
            }
        }
    }

    /// The centre of a circle, the mean of the corners of a polygon.
    pub fn middle(&self) -> GeoPoint {
        match self {
            Area::Circle { centre, .. } => *centre,
            Area::Polygon(corners) => {
                let Some(reference) = corners.first() else {
                    return GeoPoint::from_deg(0.0, 0.0).expect("the origin is a place");
                };
                let n = corners.len() as f64;
                let lat = corners.iter().map(|p| p.lat_rad()).sum::<f64>() / n;
                let east: f64 =
                    corners.iter().map(|p| wrap_pi(p.lon_rad() - reference.lon_rad())).sum();
                GeoPoint::from_rad(lat, reference.lon_rad() + east / n).unwrap_or(*reference)
            }
        }
    }

    /// A random point inside, uniform over the map.
    pub(crate) fn sample(&self, stream: &mut Stream) -> GeoPoint {
        match self {
            Area::Circle { centre, radius_m } => {
                let radius_m = radius_m * stream.uniform().sqrt();
                centre.destination(stream.between(0.0, std::f64::consts::TAU), radius_m)
            }
            Area::Polygon(corners) => {
                let Some(reference) = corners.first() else { return self.middle() };
                let bounds = |values: &mut dyn Iterator<Item = f64>| {
                    values.fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)))
                };
                let (south, north) = bounds(&mut corners.iter().map(|p| p.lat_rad()));
                let (west, east) =
                    bounds(&mut corners.iter().map(|p| wrap_pi(p.lon_rad() - reference.lon_rad())));
                // A polygon that fills a hundredth of its box is missed with probability 1e-3.
                for _ in 0..700 {
                    let lat = stream.between(south, north);
                    let lon = reference.lon_rad() + stream.between(west, east);
                    if let Some(point) = GeoPoint::from_rad(lat, lon)
                        && self.contains(point)
                    {
                        return point;
                    }
                }
                self.middle()
            }
        }
    }

    /// A circle in nautical miles.
    pub(crate) fn circle(centre: GeoPoint, radius_nm: f64) -> Area {
        Area::Circle { centre, radius_m: m_from_nm(radius_nm) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(lat: f64, lon: f64) -> GeoPoint {
        GeoPoint::from_deg(lat, lon).unwrap()
    }

    #[test]
    fn polygons_hold_what_they_enclose() {
        // An L, once at home and once across the antimeridian.
        for shift in [40.0, 179.0] {
            let at = |lat: f64, lon: f64| p(lat, shift + lon);
            let l = Area::Polygon(vec![
                at(0.0, 0.0),
                at(0.0, 2.0),
                at(1.0, 2.0),
                at(1.0, 1.0),
                at(3.0, 1.0),
                at(3.0, 0.0),
            ]);
            assert!(l.contains(at(0.5, 1.5)) && l.contains(at(2.5, 0.5)));
            assert!(!l.contains(at(2.0, 1.5)) && !l.contains(at(-0.1, 1.0)));
            let mut stream = Stream::new(1, &["l"]);
            for _ in 0..200 {
                assert!(l.contains(l.sample(&mut stream)));
            }
        }
    }

    #[test]
    fn circles_are_round() {
        let c = Area::circle(p(60.0, 10.0), 10.0);
        assert!(c.contains(p(60.16, 10.0)) && !c.contains(p(60.17, 10.0)));
        let mut stream = Stream::new(1, &["c"]);
        assert!((0..200).all(|_| c.contains(c.sample(&mut stream))));
    }
}

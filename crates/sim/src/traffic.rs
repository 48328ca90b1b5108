//! Random traffic of a stated density, for benchmarks and tests of the kernel.
//!
//! The shape is that of the common comparison set: 1,000 aircraft over 5 by 5
//! degrees (48 to 53 N, 3 to 8 E); 57 % level at whole thousands of feet between
//! 10,000 and 40,000 ft, the others at any altitude between and climbing or
//! descending by up to 2,500 ft/min; 260 to 504 kt over ground; any track.

use crate::random::Stream;
use deconflict_core::units::{mps_from_fpm, mps_from_kt};
use deconflict_core::{Altitude, Covariance, GeoPoint, State, Time, Velocity};
use std::f64::consts::TAU;

/// What traffic to draw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Traffic {
    /// How many aircraft.
    pub count: usize,
    /// South and north end, degrees.
    pub lat_deg: [f64; 2],
    /// West and east end, degrees.
    pub lon_deg: [f64; 2],
    /// Part of the aircraft that fly level, 0..1.
    pub level_fraction: f64,
    /// The first aircraft flies at this ground speed instead: one fast one
    /// among slow ones is what an index sized for the fastest member pays for.
    pub outlier_gs_kt: Option<f64>,
}

impl Traffic {
    /// The comparison set's shape in the comparison set's box, however many.
    pub fn same_area(count: usize) -> Traffic {
        Traffic {
            count,
            lat_deg: [48.0, 53.0],
            lon_deg: [3.0, 8.0],
            level_fraction: 0.57,
            outlier_gs_kt: None,
        }
    }

    /// The comparison set's shape in a box of the area (on the sphere) that
    /// gives the density of 1,000 aircraft in 5 by 5 degrees.
    ///
    /// The box keeps its southern edge where it can: it grows alike in degrees
    /// to the north and the east, then, at 70 N, by moving its southern edge.
    pub fn same_density(count: usize) -> Traffic {
        let area = |south: f64, north: f64, width: f64| {
            (north.to_radians().sin() - south.to_radians().sin()) * width
        };
        let wanted = area(48.0, 53.0, 5.0) * count as f64 / 1000.0;
        let (mut low, mut high) = (0.0, 360.0);
        // The area grows with the side: halve the interval (2^-60 of it is left).
        let edges = |side: f64| {
            let north = f64::min(48.0 + side, 70.0);
            [f64::max(north - side, -70.0), north]
        };
        for _ in 0..60 {
            let side = f64::midpoint(low, high);
            let [south, north] = edges(side);
            if area(south, north, side) < wanted { low = side } else { high = side }
        }
        let lat_deg = edges(low);
        let lon_deg = if low > 350.0 { [-180.0, 180.0] } else { [3.0, 3.0 + low] };
        Traffic { count, lat_deg, lon_deg, ..Traffic::same_area(count) }
    }

    /// With one aircraft of 1,800 kt among the others.
    pub fn with_outlier(self) -> Traffic {
        Traffic { outlier_gs_kt: Some(1800.0), ..self }
    }
}

/// Draws traffic; exact states (no uncertainty) at `time`.
pub fn random(seed: u64, traffic: &Traffic, time: Time) -> Vec<State> {
    let mut stream = Stream::new(seed, &["traffic"]);
    let [south, north] = traffic.lat_deg;
    let [west, east] = traffic.lon_deg;
    let states = (0..traffic.count).map(|i| {
        let (lat, lon) = (stream.between(south, north), stream.between(west, east));
        let is_level = stream.chance(traffic.level_fraction);
        let (altitude_ft, climb_fpm) = if is_level {
            (1000.0 * (10 + stream.below(31)) as f64, 0.0)
        } else {
            (stream.between(10_000.0, 40_000.0), stream.between(-2500.0, 2500.0))
        };
        let (gs_kt, track_rad) = (stream.between(260.0, 504.0), stream.between(0.0, TAU));
        let gs_kt = traffic.outlier_gs_kt.filter(|_| i == 0).unwrap_or(gs_kt);
        // Invalid only where the caller's box is no box on the earth.
        let position = GeoPoint::from_deg(lat.clamp(-90.0, 90.0), lon.rem_euclid(360.0));
        State {
            time,
            position: position.unwrap_or_else(|| unreachable!("both are within range")),
            altitude: Altitude::pressure_ft(altitude_ft),
            velocity: Velocity::from_track(mps_from_kt(gs_kt), track_rad, mps_from_fpm(climb_fpm)),
            covariance: Covariance::default(),
        }
    });
    states.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::units::{ft_from_m, kt_from_mps};

    #[test]
    fn traffic_has_the_shape_of_the_comparison_set() {
        let states = random(1, &Traffic::same_area(10_000), Time::default());
        assert_eq!(states.len(), 10_000);
        let level: Vec<_> = states.iter().filter(|s| s.velocity.up_mps == 0.0).collect();
        assert!((5500..5900).contains(&level.len()), "{}", level.len());
        for s in &level {
            let thousands = ft_from_m(s.altitude.m) / 1000.0;
            assert!((thousands - thousands.round()).abs() < 1e-9);
        }
        for s in &states {
            assert!((260.0..504.0).contains(&kt_from_mps(s.velocity.ground_speed_mps())));
            assert!((48.0..53.0).contains(&s.position.lat_deg()));
            assert!((9_999.0..40_001.0).contains(&ft_from_m(s.altitude.m)));
        }
        assert_eq!(states, random(1, &Traffic::same_area(10_000), Time::default()));
    }

    #[test]
    fn equal_density_is_equal() {
        for count in [100, 1000, 10_000, 100_000] {
            let t = Traffic::same_density(count);
            let [south, north] = t.lat_deg.map(f64::to_radians);
            let width = t.lon_deg[1] - t.lon_deg[0];
            let density = count as f64 / ((north.sin() - south.sin()) * width);
            let base = 1000.0 / ((53f64.to_radians().sin() - 48f64.to_radians().sin()) * 5.0);
            assert!((density / base - 1.0).abs() < 1e-6, "{count}: {t:?}");
        }
    }

    #[test]
    fn the_outlier_is_one() {
        let states = random(1, &Traffic::same_area(100).with_outlier(), Time::default());
        let fast = states.iter().filter(|s| s.velocity.ground_speed_mps() > 900.0).count();
        assert_eq!(fast, 1);
    }
}

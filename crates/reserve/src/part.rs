//! What a reservation is made of, as volumes and paths of the kernel.

use crate::block::Block;
use crate::motion::Positions;
use crate::reservation::Reservation;
use crate::shape::{Band, Shape, WayPoint};
use deconflict_core::altitude::AltitudeReference;
use deconflict_core::state::Growth;
use deconflict_core::trajectory::Segment;
use deconflict_core::volume::Footprint;
use deconflict_core::{Covariance, State, Subject, Time, Trajectory, Velocity, Volume4d};

/// One volume of a reservation.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The volume.
    pub volume: Volume4d,
    /// How far it may be from there: what it moves while the part stands still, metres.
    pub margin_m: f64,
    /// Whether nobody says where it is; the volume is then everywhere.
    pub is_lost: bool,
}

/// Legs of a flight are cut so that constant speed along the ground follows the geodesic.
const MOST_LEG_M: f64 = 200_000.0;

impl Reservation {
    /// Its volumes that exist between `from` and `until`, in order of time. None for a flight,
    /// and none for what is no shape.
    pub fn parts(
        &self,
        from: Option<Time>,
        until: Option<Time>,
        positions: &Positions,
    ) -> Vec<Part> {
        if let Shape::Volumes { blocks } = &self.shape {
            return block_parts(blocks, from, until);
        }
        let mut out = Vec::new();
        let fixed = if self.motion.is_none() { self.shape.footprints().ok() } else { None };
        for [start, end] in self.windows() {
            if !exists([start, end], from, until) {
                continue;
            }
            if let Some(footprints) = &fixed {
                self.push(&mut out, footprints, [start, end], 0.0);
            } else if let (Some(start), Some(end)) = (start, end) {
                // Only as much of its way as can matter, a second wider.
                let start = from.map_or(start, |f| start.max(f.plus_s(-1.0)));
                let end = until.map_or(end, |u| end.min(u.plus_s(1.0)));
                self.moving_parts(&mut out, start, end, positions);
            }
        }
        out
    }

    fn moving_parts(&self, out: &mut Vec<Part>, start: Time, end: Time, positions: &Positions) {
        let (Some(motion), Some(home)) = (&self.motion, self.home()) else { return };
        for stand in motion.stands(home, start, end, positions) {
            let window = [Some(stand.start), Some(stand.end)];
            // As coarse as its margin is: there may be a thousand of them.
            let moved = |at| self.shape.moved(home, at).footprints_within(stand.margin_m).ok();
            let footprints = stand.at.and_then(moved);
            match footprints {
                Some(footprints) => self.push(out, &footprints, window, stand.margin_m),
                None => out.push(Part {
                    volume: self.volume(Footprint::World, self.band, window),
                    margin_m: 0.0,
                    is_lost: true,
                }),
            }
        }
    }

    fn push(
        &self,
        out: &mut Vec<Part>,
        footprints: &[(Footprint, Option<Band>)],
        window: [Option<Time>; 2],
        margin_m: f64,
    ) {
        out.extend(footprints.iter().map(|(footprint, band)| Part {
            volume: self.volume(footprint.clone(), band.unwrap_or(self.band), window),
            margin_m,
            is_lost: false,
        }));
    }

    fn volume(&self, footprint: Footprint, band: Band, window: [Option<Time>; 2]) -> Volume4d {
        Volume4d {
            footprint,
            lower: band.lower,
            upper: band.upper,
            start: window[0],
            end: window[1],
        }
    }

    /// The path of a flight, `id` being its number; `None` for what is none. What is not
    /// known of its accuracy is zero in its covariance: ask [`accuracy`](Self::accuracy) first.
    pub fn path(&self, id: u64) -> Option<Trajectory> {
        let Shape::Flight { points } = &self.shape else { return None };
        let sigma_m = self.accuracy.horizontal_m.unwrap_or(0.0);
        let vertical_m = self.accuracy.vertical_m.unwrap_or(0.0);
        let covariance = Covariance::diagonal(sigma_m, 0.0, vertical_m, 0.0);
        let legs = points.windows(2).flat_map(|leg| segments(leg[0], leg[1], covariance));
        Trajectory::new(Subject::anonymous(id), legs.collect()).ok()
    }

    /// The references over which its altitudes are given.
    pub fn references(&self) -> Vec<AltitudeReference> {
        let limits = self.bands().into_iter().flat_map(|b| [b.lower, b.upper]).flatten();
        let mut found: Vec<AltitudeReference> = limits.map(|a| a.reference).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// Whether a window has a part between two times.
fn exists(window: [Option<Time>; 2], from: Option<Time>, until: Option<Time>) -> bool {
    let is_past = matches!((window[1], from), (Some(e), Some(f)) if e < f);
    let is_future = matches!((window[0], until), (Some(s), Some(u)) if s > u);
    !is_past && !is_future
}

fn block_parts(blocks: &[Block], from: Option<Time>, until: Option<Time>) -> Vec<Part> {
    let coming = blocks.iter().filter(|block| exists((*block).into(), from, until));
    let part = |volume| Part { volume, margin_m: 0.0, is_lost: false };
    let mut out: Vec<Part> = coming.filter_map(Block::volume).map(part).collect();
    out.sort_by_key(|part| part.volume.start);
    out
}

/// A leg flown at constant speed and vertical rate.
fn segments(from: WayPoint, to: WayPoint, covariance: Covariance) -> Vec<Segment> {
    let leg_s = to.time.seconds_since(from.time);
    let (azimuth, leg_m) = from.point.azimuth_and_distance(to.point);
    let pieces = (leg_m / MOST_LEG_M).ceil().max(1.0);
    let at = |k: f64| match k {
        0.0 => from.point,
        k if k == pieces => to.point,
        k => from.point.destination(azimuth, leg_m * k / pieces),
    };
    let up_mps = (to.altitude.m - from.altitude.m) / leg_s;
    let time = |k: f64| if k == pieces { to.time } else { from.time.plus_s(leg_s * k / pieces) };
    (0..pieces as u32)
        .map(|k| {
            let k = f64::from(k);
            let (track_rad, piece_m) = at(k).azimuth_and_distance(at(k + 1.0));
            let start = time(k);
            let speed_mps = piece_m / time(k + 1.0).seconds_since(start).max(1e-9);
            let m = from.altitude.m + up_mps * start.seconds_since(from.time);
            Segment {
                state: State {
                    time: start,
                    position: at(k),
                    altitude: deconflict_core::Altitude { m, ..from.altitude },
                    velocity: Velocity::from_track(speed_mps, track_rad, up_mps),
                    covariance,
                },
                end: time(k + 1.0),
                growth: Growth::default(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::Kind;
    use crate::motion::Motion;
    use deconflict_core::{Altitude, GeoPoint};

    fn point(lat: f64, lon: f64) -> GeoPoint {
        GeoPoint::from_deg(lat, lon).unwrap()
    }

    #[test]
    fn a_path_goes_through_its_points() {
        let way = |lat, lon, m, s: i64| WayPoint {
            point: point(lat, lon),
            altitude: Altitude::pressure_m(m),
            time: Time::from_millis(s * 1000),
        };
        let points = vec![
            way(-60.0, 170.0, 1000.0, 0),
            way(-55.0, -175.0, 9000.0, 5000),
            way(-54.0, -174.0, 9000.0, 5600),
        ];
        let shape = Shape::Flight { points: points.clone() };
        let path = Reservation::new("F", Kind::Operation, "P", shape).path(7).unwrap();
        assert_eq!(path.subject().id, 7);
        for p in &points {
            let there = path.at(p.time).unwrap();
            assert!(there.position.distance_m(p.point) < 1.0, "{p:?}");
            assert!((there.altitude.m - p.altitude.m).abs() < 1e-6);
        }
        // Halfway along the geodesic of the first leg.
        let (azimuth, leg_m) = points[0].point.azimuth_and_distance(points[1].point);
        let middle = points[0].point.destination(azimuth, 0.5 * leg_m);
        let there = path.at(Time::from_millis(2_500_000)).unwrap();
        assert!(there.position.distance_m(middle) < 5.0);
    }

    #[test]
    fn a_moving_disc_is_where_its_ship_is_or_everywhere() {
        let shape = Shape::Point { point: point(10.0, 60.0), radius_m: 5_000.0 };
        let mut r = Reservation::new("S", Kind::Escort, "NAVY", shape);
        let time = |s: i64| Time::from_millis(s * 1000);
        (r.start, r.end) = (Some(time(0)), Some(time(3600)));
        r.motion = Some(Motion::Steady { since: time(0), course_deg: 0.0, speed_mps: 10.0 });
        let parts = r.parts(Some(time(1800)), Some(time(1830)), &Positions::new());
        assert!(parts.len() < 5 && !parts.is_empty());
        let there = point(10.0, 60.0).destination(0.0, 18_000.0);
        assert!(parts.iter().all(|p| p.volume.footprint.contains(there)));
        r.motion = Some(Motion::With("GHOST".into()));
        let parts = r.parts(None, None, &Positions::new());
        assert!(parts.len() == 1 && parts[0].is_lost);
        assert_eq!(parts[0].volume.footprint, Footprint::World);
    }
}

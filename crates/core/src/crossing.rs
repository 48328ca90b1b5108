//! When a trajectory is inside a volume.

use crate::altitude::{AltitudeReference, VerticalContext};
use crate::overlap::{Bands, Margins, WIDENING_SIGMAS};
use crate::{Altitude, GeoPoint, State, Time, Trajectory, Volume4d};

/// Pieces are cut so short that the tangent plane follows the earth within 0.05 m.
const MAX_PIECE_M: f64 = 20_000.0;

/// Most pieces of one segment: a wild speed makes them longer, and never endless.
const MOST_PIECES: f64 = 5_000.0;

/// A stay of a trajectory within a volume.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Crossing {
    /// When it enters.
    pub start: Time,
    /// When it leaves, or ends.
    pub end: Time,
    /// Where it enters.
    pub at: GeoPoint,
    /// What is known of the altitudes.
    pub bands: Bands,
}

/// A limit as the trajectory sees it.
#[derive(Clone, Copy)]
struct Limit {
    m: f64,
    sigma_m: f64,
}

impl Volume4d {
    /// The stays of a trajectory within `margins` of this volume, in order of time.
    ///
    /// Limits over another reference than the trajectory's are converted and widened by
    /// [`WIDENING_SIGMAS`]; one that cannot be converted does not limit.
    pub fn crossings(
        &self,
        trajectory: &Trajectory,
        margins: Margins,
        context: &VerticalContext,
    ) -> Vec<Crossing> {
        let footprints = self.footprint.grown(margins.horizontal_m);
        let mut found: Vec<Crossing> = Vec::new();
        for segment in trajectory.segments() {
            let duration_s = segment.end.seconds_since(segment.state.time);
            let reference = segment.state.altitude.reference;
            let (limits, bands) = self.limits(reference, margins.vertical_m, context);
            let length_m = duration_s * segment.state.velocity.ground_speed_mps();
            let pieces = (length_m / MAX_PIECE_M).ceil().clamp(1.0, MOST_PIECES);
            let piece_s = duration_s / pieces;
            for k in 0..pieces as u32 {
                let start = segment.state.time.plus_s(piece_s * f64::from(k));
                let state = segment.state.at(start, segment.growth);
                let time = self.window_s(start, piece_s, margins.time_s);
                let (frame, v) = (state.position.frame(), state.velocity);
                let velocity = frame.horizontal(v.east_mps, v.north_mps);
                let level = level_s(&state, limits);
                for footprint in &footprints {
                    for inside in footprint.inside_intervals(frame.origin, velocity, piece_s) {
                        let from_s = inside[0].max(time[0]).max(level[0]);
                        let until_s = inside[1].min(time[1]).min(level[1]);
                        if from_s <= until_s {
                            let at = state.at(start.plus_s(from_s), segment.growth);
                            let bands = depth(bands, limits, &state, [from_s, until_s]);
                            let end = start.plus_s(until_s);
                            found.push(Crossing { start: at.time, end, at: at.position, bands });
                        }
                    }
                }
            }
        }
        joined(found)
    }

    /// Seconds of a piece in which the volume exists.
    fn window_s(&self, start: Time, piece_s: f64, margin_s: f64) -> [f64; 2] {
        let margin_s = margin_s.max(0.0);
        let from = self.start.map_or(0.0, |s| s.seconds_since(start) - margin_s);
        // The end does not belong to the volume.
        let until = self.end.map_or(piece_s, |e| e.seconds_since(start) + margin_s - 1e-9);
        [from.max(0.0), until.min(piece_s)]
    }

    fn limits(
        &self,
        reference: AltitudeReference,
        margin_m: f64,
        context: &VerticalContext,
    ) -> ([Option<Limit>; 2], Bands) {
        let mut bands = Bands::Overlap;
        let mut limit = |altitude: Option<Altitude>, outwards: f64| {
            let converted = match altitude?.to(reference, context) {
                Ok(converted) => converted,
                Err(refused) => {
                    bands = Bands::CannotTell(refused);
                    return None;
                }
            };
            let sigma_m = converted.added_sigma_m;
            if sigma_m > 0.0 && bands == Bands::Overlap {
                bands = Bands::Converted { overlap_m: 0.0, sigma_m };
            }
            Some(Limit { m: converted.altitude.m + outwards * margin_m.max(0.0), sigma_m })
        };
        let limits = [limit(self.lower, -1.0), limit(self.upper, 1.0)];
        (limits, bands)
    }
}

/// Seconds of a piece in which the altitude is within the limits and what they are unsure by.
fn level_s(state: &State, [lower, upper]: [Option<Limit>; 2]) -> [f64; 2] {
    let (z, vz) = (state.altitude.m, state.velocity.up_mps);
    let mut out = [f64::NEG_INFINITY, f64::INFINITY];
    for (limit, sign) in [(lower, 1.0), (upper, -1.0)] {
        let Some(limit) = limit else { continue };
        // Inside where sign·(z + vz·t − limit) + 3σ is not negative.
        let spare = sign * (z - limit.m) + WIDENING_SIGMAS * limit.sigma_m;
        let rate = sign * vz;
        if rate > 0.0 {
            out[0] = out[0].max(-spare / rate);
        } else if rate < 0.0 {
            out[1] = out[1].min(-spare / rate);
        } else if spare < 0.0 {
            return [f64::INFINITY, f64::NEG_INFINITY];
        }
    }
    out
}

/// By how much the altitude is inside at most, where limits were converted.
fn depth(bands: Bands, limits: [Option<Limit>; 2], state: &State, stay_s: [f64; 2]) -> Bands {
    let Bands::Converted { .. } = bands else { return bands };
    let [lower, upper] = limits;
    let at = |t: f64| {
        let z = state.altitude.m + state.velocity.up_mps * t;
        let over = lower.map(|l| (z - l.m, l.sigma_m));
        let under = upper.map(|u| (u.m - z, u.sigma_m));
        [over, under].into_iter().flatten().min_by(|a, b| a.0.total_cmp(&b.0))
    };
    [stay_s[0], 0.5 * (stay_s[0] + stay_s[1]), stay_s[1]]
        .into_iter()
        .filter_map(at)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map_or(bands, |(overlap_m, sigma_m)| Bands::Converted { overlap_m, sigma_m })
}

/// Stays that touch are one.
fn joined(mut found: Vec<Crossing>) -> Vec<Crossing> {
    found.sort_by_key(|c| (c.start, c.end));
    let mut out: Vec<Crossing> = Vec::new();
    for crossing in found {
        match out.last_mut() {
            Some(last) if crossing.start <= last.end.plus_s(1e-3) => {
                last.end = last.end.max(crossing.end);
                if let (
                    Bands::Converted { overlap_m: before, .. },
                    Bands::Converted { overlap_m: now, .. },
                ) = (last.bands, crossing.bands)
                    && now > before
                {
                    last.bands = crossing.bands;
                }
            }
            _ => out.push(crossing),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Growth;
    use crate::volume::Footprint;
    use crate::{Covariance, Subject, Velocity};

    fn flight(track_deg: f64, up_mps: f64) -> Trajectory {
        let state = State {
            time: Time::from_millis(0),
            position: GeoPoint::from_deg(-10.0, 179.5).unwrap(),
            altitude: Altitude::pressure_m(5000.0),
            velocity: Velocity::from_track(200.0, f64::to_radians(track_deg), up_mps),
            covariance: Covariance::default(),
        };
        Trajectory::straight(Subject::anonymous(1), state, 3600.0, Growth::default()).unwrap()
    }

    fn disc() -> Volume4d {
        Volume4d {
            footprint: Footprint::Circle {
                centre: GeoPoint::from_deg(-10.0, -179.5).unwrap(),
                radius_m: 20_000.0,
            },
            lower: Some(Altitude::pressure_m(4000.0)),
            upper: Some(Altitude::pressure_m(6000.0)),
            start: None,
            end: None,
        }
    }

    #[test]
    fn a_disc_across_the_antimeridian_is_entered_and_left() {
        let stays =
            disc().crossings(&flight(90.0, 0.0), Margins::default(), &VerticalContext::default());
        assert_eq!(stays.len(), 1, "{stays:?}");
        let (from, until) = (stays[0].start.as_unix_s(), stays[0].end.as_unix_s());
        // 109.6 km away at 200 m/s, 40 km across.
        assert!((from - 448.0).abs() < 2.0 && (until - from - 200.0).abs() < 1.0, "{stays:?}");
        assert_eq!(stays[0].bands, Bands::Overlap);
        let wide = Margins { horizontal_m: 2_000.0, ..Margins::default() };
        let wider = disc().crossings(&flight(90.0, 0.0), wide, &VerticalContext::default());
        assert!((wider[0].start.as_unix_s() - from + 10.0).abs() < 0.1);
    }

    #[test]
    fn level_and_time_limit_the_stay() {
        let context = VerticalContext::default();
        let of = |v: &Volume4d, up| v.crossings(&flight(90.0, up), Margins::default(), &context);
        // Through 6000 m after 500 s.
        assert_eq!(of(&disc(), 2.0)[0].end, Time::from_millis(500_000));
        assert!(of(&disc(), 5.0).is_empty());
        let early = Volume4d { end: Some(Time::from_millis(400_000)), ..disc() };
        assert!(of(&early, 0.0).is_empty());
        let late = Volume4d { start: Some(Time::from_millis(550_000)), ..disc() };
        assert_eq!(of(&late, 0.0)[0].start, Time::from_millis(550_000));
    }

    #[test]
    fn limits_that_cannot_be_compared_do_not_limit() {
        let agl = |m| Some(Altitude { m, reference: AltitudeReference::Ground });
        let low = Volume4d { lower: agl(0.0), upper: agl(100.0), ..disc() };
        let stays =
            low.crossings(&flight(90.0, 0.0), Margins::default(), &VerticalContext::default());
        assert!(matches!(stays[0].bands, Bands::CannotTell(_)));
        let other = Volume4d { upper: Some(Altitude::ellipsoid_m(4900.0)), ..disc() };
        let stays =
            other.crossings(&flight(90.0, 0.0), Margins::default(), &VerticalContext::default());
        assert!(
            matches!(stays[0].bands, Bands::Converted { overlap_m, .. } if overlap_m == -100.0)
        );
    }
}

//! A reservation as it is told to other services: what of it is filed, and until when.

use super::outlines::{around, outlines};
use deconflict_core::altitude::VerticalContext;
use deconflict_core::{Altitude, AltitudeReference, Time, Volume4d};
use deconflict_intent::IntentState;
use deconflict_intent::outward::over_ellipsoid;
use deconflict_reserve::motion::{Motion, Positions};
use deconflict_reserve::part::Part;
use deconflict_reserve::shape::{Band, WayPoint};
use deconflict_reserve::{Kind, Reservation, Shape, Status};
use deconflict_uss::{Own, What};
use ring::digest::{SHA256, digest};
use std::collections::BTreeMap;
use uuid::Uuid;

/// A DSS takes plans for so long ahead (F3548-21, `OiMaxPlanHorizonDays`), seconds.
pub const HORIZON_S: f64 = 30.0 * 86_400.0;
/// What goes on beyond that is filed anew so often, seconds.
const REFILE_S: f64 = 86_400.0;
/// The most volumes of one reservation, as a DSS takes them.
const MOST_VOLUMES: usize = 240;
/// Pieces in which the way of what moves is told.
const MOST_PIECES: usize = 40;
/// No limit of altitude is the widest that the standard knows, metres.
const WIDEST_M: [f64; 2] = [-8_000.0, 100_000.0];
/// Standard deviations within which a flight keeps to its path: the standard wants volumes that
/// are kept to for 95 % of the time.
const SIGMAS: f64 = 2.0;
/// How well a flight keeps to its path if nobody says, as standard deviations, metres.
const UNKNOWN_M: [f64; 2] = [900.0, 75.0];

/// What constraints there are of kinds that are nobody's to enter.
const CONSTRAINTS: [Kind; 3] = [Kind::Segregated, Kind::Restricted, Kind::Hazard];
/// What the types of our constraints begin with.
const TYPE: &str = "deconflict.";

/// How priorities are told: those of the standard are set by whoever regulates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Priorities {
    /// From here on rescue.
    pub rescue: i32,
    /// From here on humanitarian flights.
    pub humanitarian: i32,
}

impl Default for Priorities {
    fn default() -> Priorities {
        Priorities { rescue: 1_000, humanitarian: 2_000 }
    }
}

impl Priorities {
    /// As it is told: a kind that goes before others stays before them, whatever their
    /// priorities are.
    pub fn told(self, reservation: &Reservation) -> i32 {
        let own = reservation.priority;
        match reservation.kind {
            Kind::Humanitarian => self.humanitarian.saturating_add(own.clamp(0, 999)),
            Kind::Rescue => {
                let most = self.humanitarian.saturating_sub(1);
                self.rescue.saturating_add(own.clamp(0, 999)).min(most)
            }
            _ => own.min(self.rescue.saturating_sub(1)),
        }
    }

    /// What a peer's priority means here: kind and priority among those of its kind.
    pub fn read(self, told: i32) -> (Kind, i32) {
        if told >= self.humanitarian {
            (Kind::Humanitarian, told.saturating_sub(self.humanitarian))
        } else if told >= self.rescue {
            (Kind::Rescue, told.saturating_sub(self.rescue))
        } else {
            (Kind::Operation, told)
        }
    }
}

/// What of a reservation is filed.
#[derive(Clone, Debug, PartialEq)]
pub struct Filing {
    /// As it is filed.
    pub own: Own,
    /// When it is to be filed anew, as it goes on beyond the horizon.
    pub again: Option<Time>,
}

/// The name of a reservation at the DSS: always the same for the same service and reservation.
pub fn entity(manager: &str, id: &str) -> Uuid {
    let hashed = digest(&SHA256, format!("{manager}\n{id}").as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hashed.as_ref()[..16]);
    // The form of version 4 (RFC 9562, section 5.4): a DSS takes no other.
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// How a reservation is told.
#[derive(Clone, Debug)]
pub struct Teller {
    /// Who we are at the DSS.
    pub manager: String,
    /// What is known of atmosphere, geoid and terrain.
    pub context: VerticalContext,
    /// Whether areas that nobody may enter are filed as constraints.
    pub manages_constraints: bool,
    /// How priorities are told.
    pub priorities: Priorities,
}

impl Teller {
    /// Whether it is filed as a constraint.
    pub fn is_constraint(&self, reservation: &Reservation) -> bool {
        self.manages_constraints && CONSTRAINTS.contains(&reservation.kind)
    }

    /// A reservation as it is filed.
    ///
    /// # Errors
    /// Why it cannot be told, and what to do.
    pub fn filing(&self, reservation: &Reservation, now: Time) -> Result<Filing, String> {
        let (volumes, again) = self.volumes(reservation, now)?;
        let what = if self.is_constraint(reservation) {
            What::Constraint { kind: format!("{TYPE}{}", reservation.kind) }
        } else {
            let state = match reservation.status {
                Status::Active => IntentState::Activated,
                _ => IntentState::Accepted,
            };
            What::Intent { state, priority: self.priorities.told(reservation) }
        };
        let id = entity(&self.manager, &reservation.id);
        let own = Own { id, what, volumes, off_nominal: Vec::new(), ovn: None };
        Ok(Filing { own, again })
    }

    fn volumes(
        &self,
        reservation: &Reservation,
        now: Time,
    ) -> Result<(Vec<Volume4d>, Option<Time>), String> {
        let horizon = now.plus_s(HORIZON_S);
        if reservation.span()[0].is_some_and(|start| start > horizon) {
            return Err("it begins in more than 30 days, and other services take plans for no \
                        more than that: file it later"
                .to_owned());
        }
        let again = || Some(now.plus_s(REFILE_S));
        if let Shape::Flight { points } = &reservation.shape {
            let legs = points.windows(2).filter(|leg| leg[1].time > now);
            let mut out = Vec::new();
            for leg in legs {
                self.leg(reservation, leg, &mut out)?;
            }
            return bounded(out, None);
        }
        let parts = reservation.parts(Some(now), Some(horizon), &Positions::new());
        if parts.iter().any(|part| part.is_lost) {
            let with = match &reservation.motion {
                Some(Motion::With(name)) => name.as_str(),
                _ => "it",
            };
            return Err(format!(
                "it moves with {with}, and nobody says where that is: give it a course and a \
                 speed (`moves = \"steady\"`), or an area of its own"
            ));
        }
        let goes_on = reservation.span()[1].is_none_or(|end| end > horizon);
        let mut out = Vec::new();
        // The windows follow each other; where they become too many the rest is filed later.
        for window in windows(&parts) {
            let before = out.len();
            if reservation.motion.is_some() {
                self.way(reservation, window, &mut out)?;
            } else {
                for part in window {
                    self.part(reservation, part, now, horizon, &mut out)?;
                }
            }
            if out.len() > MOST_VOLUMES && before > 0 {
                out.truncate(before);
                return bounded(out, again());
            }
        }
        bounded(out, if goes_on { again() } else { None })
    }

    fn part(
        &self,
        reservation: &Reservation,
        part: &Part,
        now: Time,
        horizon: Time,
        out: &mut Vec<Volume4d>,
    ) -> Result<(), String> {
        let buffer = reservation.buffer;
        let volume = &part.volume;
        let [lower, upper] = self.band(volume.lower, volume.upper, buffer.vertical_m)?;
        let start = volume.start.unwrap_or(now).plus_s(-buffer.time_s);
        let end = volume.end.unwrap_or(horizon).plus_s(buffer.time_s);
        for footprint in outlines(&volume.footprint, buffer.horizontal_m + part.margin_m)? {
            let (start, end) = (Some(start), Some(end));
            out.push(Volume4d { footprint, lower, upper, start, end });
        }
        Ok(())
    }

    /// What moves, in pieces that each hold its way for a while.
    fn way(
        &self,
        reservation: &Reservation,
        parts: &[Part],
        out: &mut Vec<Volume4d>,
    ) -> Result<(), String> {
        let buffer = reservation.buffer;
        // A track has a band for each of its legs: these are told apart.
        let mut by_band: BTreeMap<String, Vec<&Part>> = BTreeMap::new();
        for part in parts {
            let band = format!("{:?} {:?}", part.volume.lower, part.volume.upper);
            by_band.entry(band).or_default().push(part);
        }
        for parts in by_band.values() {
            for piece in parts.chunks(parts.len().div_ceil(MOST_PIECES).max(1)) {
                let [first, .., last] = piece else {
                    let [only] = piece else { continue };
                    let volume = &only.volume;
                    self.part(
                        reservation,
                        only,
                        volume.start.unwrap_or(Time::MIN),
                        volume.end.unwrap_or(Time::MAX),
                        out,
                    )?;
                    continue;
                };
                let all = piece
                    .iter()
                    .map(|part| (&part.volume.footprint, part.margin_m + buffer.horizontal_m));
                let limits = &first.volume;
                let [lower, upper] = self.band(limits.lower, limits.upper, buffer.vertical_m)?;
                out.push(Volume4d {
                    footprint: around(all)?,
                    lower,
                    upper,
                    start: first.volume.start.map(|start| start.plus_s(-buffer.time_s)),
                    end: last.volume.end.map(|end| end.plus_s(buffer.time_s)),
                });
            }
        }
        Ok(())
    }

    /// The strip along a leg of a flight.
    fn leg(
        &self,
        reservation: &Reservation,
        leg: &[WayPoint],
        out: &mut Vec<Volume4d>,
    ) -> Result<(), String> {
        let [from, to] = leg else { return Ok(()) };
        let (buffer, accuracy) = (reservation.buffer, reservation.accuracy);
        let away_m = buffer.horizontal_m + SIGMAS * accuracy.horizontal_m.unwrap_or(UNKNOWN_M[0]);
        let off_m = buffer.vertical_m + SIGMAS * accuracy.vertical_m.unwrap_or(UNKNOWN_M[1]);
        let (low, high) = if from.altitude.m <= to.altitude.m { (from, to) } else { (to, from) };
        let [lower, upper] = self.band(Some(low.altitude), Some(high.altitude), off_m)?;
        let line =
            deconflict_core::corridor::Corridor::new(vec![from.point, to.point], away_m.max(1.0));
        let line = line.map_err(|why| why.to_string())?;
        let strips = outlines(&deconflict_core::volume::Footprint::Corridor(line), 0.0)?;
        // One strip for each piece of equal length, flown in equal time.
        let (count, leg_s) = (strips.len(), to.time.seconds_since(from.time));
        for (k, footprint) in strips.into_iter().enumerate() {
            let at = |k: usize| from.time.plus_s(leg_s * k as f64 / count as f64);
            let slack_s = buffer.time_s + 1.0;
            let (start, end) = (Some(at(k).plus_s(-slack_s)), Some(at(k + 1).plus_s(slack_s)));
            out.push(Volume4d { footprint, lower, upper, start, end });
        }
        Ok(())
    }

    /// Limits over the ellipsoid, wide enough for what is not known.
    fn band(
        &self,
        lower: Option<Altitude>,
        upper: Option<Altitude>,
        margin_m: f64,
    ) -> Result<[Option<Altitude>; 2], String> {
        let told = |limit: Option<Altitude>, side: f64, widest_m: f64| {
            let Some(limit) = limit else { return Ok(Some(Altitude::ellipsoid_m(widest_m))) };
            let limit = Altitude { m: limit.m + side * margin_m, ..limit };
            match over_ellipsoid(limit, side, &self.context) {
                Ok(m) => Ok(Some(Altitude::ellipsoid_m(m))),
                // The ground itself is above the lowest there is, wherever it is.
                Err(_) if side < 0.0 && limit.m <= 0.0 => Ok(Some(Altitude::ellipsoid_m(widest_m))),
                Err(why) if limit.reference == AltitudeReference::Ground => {
                    Err(format!("{why} (`uss.terrain_m`)"))
                }
                Err(why) => Err(why.to_string()),
            }
        };
        Ok([told(lower, -1.0, WIDEST_M[0])?, told(upper, 1.0, WIDEST_M[1])?])
    }
}

fn bounded(
    volumes: Vec<Volume4d>,
    again: Option<Time>,
) -> Result<(Vec<Volume4d>, Option<Time>), String> {
    match volumes.len() {
        0 => Err("its time is over".to_owned()),
        count if count > MOST_VOLUMES => Err(format!(
            "it is {count} volumes, and a DSS takes {MOST_VOLUMES} at most: make several \
             reservations of it"
        )),
        _ => Ok((volumes, again)),
    }
}

/// The parts of each window. Of what moves, all parts of a window follow each other without a gap.
fn windows(parts: &[Part]) -> impl Iterator<Item = &[Part]> {
    parts.chunk_by(|a, b| {
        a.volume.start == b.volume.start
            || a.volume.end.zip(b.volume.start).is_some_and(|(end, start)| end >= start)
    })
}

/// What a peer's type of constraint means here.
pub fn constraint_kind(kind: Option<&str>) -> Kind {
    let named = kind.and_then(|kind| kind.strip_prefix(TYPE)).and_then(Kind::parse);
    named.filter(|kind| CONSTRAINTS.contains(kind)).unwrap_or(Kind::Restricted)
}

/// Open ends as `None` again, so that nothing is drawn up to the end of the atmosphere.
pub fn band_of(volume: &Volume4d) -> Band {
    let [lowest, highest] = WIDEST_M;
    Band {
        lower: volume.lower.filter(|a| a.m > lowest),
        upper: volume.upper.filter(|a| a.m < highest),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::GeoPoint;
    use deconflict_reserve::repeat::{Ends, Repeat, Unit};

    fn teller() -> Teller {
        Teller {
            manager: "uss1".to_owned(),
            context: VerticalContext { terrain_m: None, ..VerticalContext::default() },
            manages_constraints: true,
            priorities: Priorities::default(),
        }
    }

    fn time(s: i64) -> Time {
        Time::from_millis(s * 1_000)
    }

    fn point(lat: f64, lon: f64) -> GeoPoint {
        GeoPoint::from_deg(lat, lon).unwrap()
    }

    fn disc(kind: Kind) -> Reservation {
        let shape = Shape::Circle { centre: point(34.0, 40.0), radius_m: 5_000.0 };
        let mut made = Reservation::new("R-1", kind, "ACME", shape);
        (made.start, made.end) = (Some(time(3_600)), Some(time(7_200)));
        made.band = Band {
            lower: Some(Altitude::ellipsoid_m(500.0)),
            upper: Some(Altitude::ellipsoid_m(900.0)),
        };
        made
    }

    #[test]
    fn a_name_at_the_dss_stays_and_has_the_form_of_version_4() {
        let name = entity("uss1", "R-1");
        assert_eq!((name, name.get_version_num()), (entity("uss1", "R-1"), 4));
        assert_eq!(name.get_variant(), uuid::Variant::RFC4122);
        for other in [entity("uss2", "R-1"), entity("uss1", "R-2"), entity("uss1R", "-1")] {
            assert_ne!(name, other);
        }
    }

    #[test]
    fn what_goes_before_others_stays_before_them() {
        let priorities = Priorities::default();
        let told = |kind, priority| priorities.told(&Reservation { priority, ..disc(kind) });
        assert!(told(Kind::Operation, i32::MAX) < told(Kind::Rescue, i32::MIN));
        assert!(told(Kind::Rescue, i32::MAX) < told(Kind::Humanitarian, i32::MIN));
        for kind in [Kind::Operation, Kind::Rescue, Kind::Humanitarian] {
            assert_eq!(priorities.read(told(kind, 7)), (kind, 7));
        }
    }

    #[test]
    fn buffers_are_told_and_kinds_that_nobody_enters_are_constraints() {
        let mut area = disc(Kind::Hazard);
        area.buffer.horizontal_m = 1_000.0;
        (area.buffer.vertical_m, area.buffer.time_s) = (100.0, 60.0);
        let filed = teller().filing(&area, time(0)).unwrap();
        assert_eq!(filed.own.what, What::Constraint { kind: "deconflict.hazard".to_owned() });
        let [volume] = &filed.own.volumes[..] else { panic!() };
        assert!(volume.footprint.contains(point(34.0, 40.0).destination(1.0, 5_990.0)));
        let limits = [volume.lower, volume.upper].map(|a| a.unwrap().m);
        assert_eq!(limits, [400.0, 1_000.0]);
        assert_eq!((volume.start, volume.end), (Some(time(3_540)), Some(time(7_260))));
        assert_eq!(filed.again, None);
    }

    #[test]
    fn a_series_is_filed_as_far_as_others_plan_and_then_again() {
        let mut series = disc(Kind::Operation);
        let ends = Ends::Count(100);
        series.repeat = Some(Repeat { unit: Unit::Days, every: 1, ends });
        let filed = teller().filing(&series, time(0)).unwrap();
        assert_eq!(filed.own.volumes.len(), 30);
        assert_eq!(filed.again, Some(time(86_400)));
        // Later the rest, without what is over.
        let filed = teller().filing(&series, time(95 * 86_400)).unwrap();
        assert_eq!((filed.own.volumes.len(), filed.again), (5, None));
        let says = teller().filing(&series, time(-40 * 86_400)).unwrap_err();
        assert!(says.contains("30 days"), "{says}");
    }

    #[test]
    fn what_moves_is_told_in_pieces_that_hold_its_way() {
        let mut ship = disc(Kind::Escort);
        let speed_mps = 10.0;
        ship.motion = Some(Motion::Steady { since: time(3_600), course_deg: 80.0, speed_mps });
        let filed = teller().filing(&ship, time(0)).unwrap();
        assert!(filed.own.volumes.len() <= MOST_PIECES, "{}", filed.own.volumes.len());
        for s in (3_600..7_200).step_by(97) {
            let way_m = speed_mps * f64::from(s - 3_600);
            let there = point(34.0, 40.0).destination(80f64.to_radians(), way_m);
            let rim = there.destination(f64::from(s), 4_999.0);
            let now = time(i64::from(s));
            let holds = |v: &&Volume4d| v.is_active(now) && v.footprint.contains(rim);
            assert!(filed.own.volumes.iter().any(|v| holds(&v)), "{s}");
        }
    }

    #[test]
    fn a_flight_is_told_as_strips_along_its_legs() {
        let way = |lat, lon, m, s| WayPoint {
            point: point(lat, lon),
            altitude: Altitude::ellipsoid_m(m),
            time: time(s),
        };
        let points = vec![way(34.0, 40.0, 800.0, 3_600), way(35.0, 41.0, 1_200.0, 7_200)];
        let mut flight = Reservation::new("F", Kind::Transit, "ACME", Shape::Flight { points });
        flight.accuracy.horizontal_m = Some(100.0);
        let path = flight.path(0).unwrap();
        let filed = teller().filing(&flight, time(0)).unwrap();
        for s in (3_600..7_200).step_by(61) {
            let state = path.at(time(s)).unwrap();
            let beside = state.position.destination(s as f64, 199.0);
            let is_in = filed
                .own
                .volumes
                .iter()
                .any(|volume| volume.contains(beside, state.altitude, state.time));
            assert!(is_in, "{s}");
        }
    }
}

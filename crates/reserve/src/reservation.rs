//! A reservation: who has which airspace, when, and for what.

use crate::aircraft::{Aircraft, MOST_AIRCRAFT};
use crate::block;
use crate::kind::Kind;
use crate::motion::{MOST_MOVING_S, MOST_SPEED_MPS, Motion};
use crate::repeat::{Ends, MOST_TIMES, Repeat, Unit};
use crate::shape::{Band, Shape, WayPoint};
use crate::status::{Action, Refused, Status};
use deconflict_core::overlap::Margins;
use deconflict_core::{GeoPoint, Time};
use std::collections::BTreeSet;

/// How well the user of a reservation keeps to it, as standard deviations. What nobody has
/// said is unknown, which is not zero.
#[derive(Clone, Copy, Debug, PartialEq, Default)]
pub struct Accuracy {
    /// Along the ground, each axis, metres.
    pub horizontal_m: Option<f64>,
    /// In altitude, metres.
    pub vertical_m: Option<f64>,
}

/// A reservation of airspace, or a planned flight.
#[derive(Clone, Debug, PartialEq)]
pub struct Reservation {
    /// What others call it by.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// What it is for: the matrix goes by it.
    pub kind: Kind,
    /// Where in its life it is.
    pub status: Status,
    /// The higher goes first among those that the matrix ranks.
    pub priority: i32,
    /// The party that controls it.
    pub party: String,
    /// What for, in words.
    pub purpose: Option<String>,
    /// Parties with which sharing it is agreed.
    pub agreed_with: BTreeSet<String>,
    /// Which aircraft use it. It is the party's own detail.
    pub aircraft: BTreeSet<Aircraft>,
    /// Where.
    pub shape: Shape,
    /// Between which altitudes; a track, a flight and volumes have their own.
    pub band: Band,
    /// From when, included.
    pub start: Option<Time>,
    /// Until when, excluded.
    pub end: Option<Time>,
    /// How it comes again.
    pub repeat: Option<Repeat>,
    /// What to keep from it on every side.
    pub buffer: Margins,
    /// How well its user keeps to it.
    pub accuracy: Accuracy,
    /// What it moves with.
    pub motion: Option<Motion>,
}

/// Something that makes it no reservation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("field `{field}`: {says}")]
pub struct Invalid {
    /// The field, by its name in files.
    pub field: &'static str,
    /// What is wrong, and what to do.
    pub says: String,
}

fn invalid<T>(field: &'static str, says: impl Into<String>) -> Result<T, Invalid> {
    Err(Invalid { field, says: says.into() })
}

impl Reservation {
    /// A reservation that is planned, with nothing said but what has to be.
    pub fn new(id: &str, kind: Kind, party: &str, shape: Shape) -> Reservation {
        Reservation {
            id: id.to_owned(),
            name: None,
            kind,
            status: Status::Planned,
            priority: 0,
            party: party.to_owned(),
            purpose: None,
            agreed_with: BTreeSet::new(),
            aircraft: BTreeSet::new(),
            shape,
            band: Band::default(),
            start: None,
            end: None,
            repeat: None,
            buffer: Margins::default(),
            accuracy: Accuracy::default(),
            motion: None,
        }
    }

    /// Whether everything in it can be meant.
    ///
    /// # Errors
    /// [`Invalid`] names the first field that cannot.
    pub fn validate(&self) -> Result<(), Invalid> {
        for (field, text) in [("id", &self.id), ("party", &self.party)] {
            if text.trim().is_empty() {
                return invalid(field, "is empty: name it");
            }
        }
        let texts = [Some(&self.id), Some(&self.party), self.name.as_ref(), self.purpose.as_ref()];
        for (field, text) in ["id", "party", "name", "purpose"].into_iter().zip(texts) {
            if text.is_some_and(|t| t.chars().any(char::is_control) || t.len() > 1_000) {
                return invalid(
                    field,
                    "has control characters, or more than 1000 bytes: shorten it",
                );
            }
        }
        let is_no_party = |p: &String| {
            p.trim() != p || p.is_empty() || p.contains(';') || p.chars().any(char::is_control)
        };
        if self.agreed_with.iter().any(is_no_party) {
            return invalid("agreed_with", "has a name that is empty, padded or has a semicolon");
        }
        if let Some(odd) = self.aircraft.iter().find(|a| !a.is_plain()) {
            let says = format!("'{odd}' would be read as something else: see the documentation");
            return invalid("aircraft", says);
        }
        if self.aircraft.len() > MOST_AIRCRAFT {
            let says = format!("{} aircraft: at most {MOST_AIRCRAFT}", self.aircraft.len());
            return invalid("aircraft", says);
        }
        self.shape.footprints().map_err(|b| Invalid { field: b.field, says: b.says })?;
        let bands = match &self.shape {
            Shape::Track { bands, .. } => bands.as_slice(),
            _ => &[],
        };
        if bands.iter().any(Band::is_inverted) {
            return invalid("leg_bands", "a floor is above its ceiling: exchange them");
        }
        if self.band.is_inverted() {
            return invalid("lower", "is above `upper`: exchange them");
        }
        if let (Some(start), Some(end)) = (self.start, self.end)
            && end <= start
        {
            return invalid("end", "is not after `start`");
        }
        for (field, value) in [
            ("buffer_horizontal_m", Some(self.buffer.horizontal_m)),
            ("buffer_vertical_m", Some(self.buffer.vertical_m)),
            ("buffer_time_s", Some(self.buffer.time_s)),
            ("accuracy_horizontal_m", self.accuracy.horizontal_m),
            ("accuracy_vertical_m", self.accuracy.vertical_m),
        ] {
            if value.is_some_and(|v| !(0.0..=1e6).contains(&v)) {
                return invalid(field, "is not between 0 and 1000000");
            }
        }
        self.validate_repeat()?;
        self.validate_motion()?;
        if self.shape.has_own_limits() {
            let said = [
                ("lower", self.band.lower.is_some()),
                ("upper", self.band.upper.is_some()),
                ("start", self.start.is_some()),
                ("end", self.end.is_some()),
                ("repeat", self.repeat.is_some()),
                ("moves", self.motion.is_some()),
            ];
            if let Some((field, _)) = said.into_iter().find(|(_, said)| *said) {
                let says = match self.shape {
                    Shape::Volumes { .. } => {
                        "volumes have their limits and times in `blocks`: leave it out"
                    }
                    _ => "a flight has its levels and times at its points: leave it out",
                };
                return invalid(field, says);
            }
        }
        Ok(())
    }

    fn validate_repeat(&self) -> Result<(), Invalid> {
        let Some(repeat) = &self.repeat else { return Ok(()) };
        if self.start.is_none() || self.end.is_none() {
            return invalid("repeat", "what comes again needs `start` and `end`");
        }
        if !(1..=366).contains(&repeat.every) {
            return invalid("repeat_every", "is not between 1 and 366");
        }
        if repeat.unit == Unit::Weeks(0) {
            return invalid("repeat_days", "names no day: write for example mon wed");
        }
        match repeat.ends {
            Ends::Count(count) if !(1..=MOST_TIMES).contains(&count) => {
                invalid("repeat_count", format!("is not between 1 and {MOST_TIMES}"))
            }
            Ends::Until(until) => {
                let first = self.start.unwrap_or(Time::MIN);
                if until <= first {
                    return invalid("repeat_until", "is not after `start`");
                }
                if repeat.starts(first).len() >= MOST_TIMES as usize {
                    return invalid(
                        "repeat_until",
                        format!("lets it come {MOST_TIMES} times or more: end it earlier"),
                    );
                }
                Ok(())
            }
            Ends::Count(_) => Ok(()),
        }
    }

    fn validate_motion(&self) -> Result<(), Invalid> {
        let Some(motion) = &self.motion else { return Ok(()) };
        let (Some(start), Some(end)) = (self.start, self.end) else {
            return invalid("moves", "what moves needs `start` and `end`");
        };
        if end.seconds_since(start) > MOST_MOVING_S {
            return invalid("end", "what moves may be planned for a week at most");
        }
        match motion {
            Motion::Steady { course_deg, speed_mps, .. } => {
                if !(-360.0..=360.0).contains(course_deg) {
                    return invalid("course_deg", "is no course: write 0 to 360");
                }
                if !(0.0..=MOST_SPEED_MPS).contains(speed_mps) {
                    return invalid("speed_mps", format!("is not between 0 and {MOST_SPEED_MPS}"));
                }
                Ok(())
            }
            Motion::With(name) if name.trim().is_empty() => {
                invalid("moves_with", "is empty: name the ship or the formation")
            }
            Motion::With(_) => Ok(()),
        }
    }

    /// The windows of time in which it exists, in order.
    pub fn windows(&self) -> Vec<[Option<Time>; 2]> {
        match &self.shape {
            Shape::Flight { points } => {
                return vec![[points.first().map(|p| p.time), points.last().map(|p| p.time)]];
            }
            Shape::Volumes { blocks } => return block::windows(blocks),
            _ => {}
        }
        match (&self.repeat, self.start, self.end) {
            (Some(repeat), Some(start), Some(end)) => {
                let length_s = end.seconds_since(start);
                let starts = repeat.starts(start).into_iter();
                starts.map(|s| [Some(s), Some(s.plus_s(length_s))]).collect()
            }
            _ => vec![[self.start, self.end]],
        }
    }

    /// When it first exists, and when it does no more.
    pub fn span(&self) -> [Option<Time>; 2] {
        let windows = self.windows();
        [windows.first().and_then(|w| w[0]), windows.last().and_then(|w| w[1])]
    }

    /// The bands that it has: one for all of it, or those of its legs, points or volumes.
    pub fn bands(&self) -> Vec<Band> {
        match &self.shape {
            Shape::Track { bands, .. } => bands.clone(),
            Shape::Flight { points } => {
                let at = |p: &WayPoint| Some(p.altitude);
                points.iter().map(|p| Band { lower: at(p), upper: at(p) }).collect()
            }
            Shape::Volumes { blocks } => blocks.iter().map(|block| block.band).collect(),
            _ => vec![self.band],
        }
    }

    /// The reservation at `now`, after an action or after none.
    ///
    /// # Errors
    /// [`Refused`] if its status does not allow the action.
    pub fn step(&self, now: Time, action: Option<Action>) -> Result<Reservation, Refused> {
        let status = self.status.step(now, self.span()[1], action)?;
        Ok(Reservation { status, ..self.clone() })
    }

    /// Whether it is agreed with another that they share airspace: each says so of the
    /// other's party. What is one party's own is agreed with itself.
    pub fn is_agreed_with(&self, other: &Reservation) -> bool {
        self.party == other.party
            || (self.agreed_with.contains(&other.party) && other.agreed_with.contains(&self.party))
    }

    /// The first point of its shape.
    pub fn home(&self) -> Option<GeoPoint> {
        self.shape.points().first().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use deconflict_core::Altitude;

    fn disc() -> Reservation {
        let centre = GeoPoint::from_deg(1.0, 2.0).unwrap();
        Reservation::new("A", Kind::Orbit, "P", Shape::Circle { centre, radius_m: 10.0 })
    }

    #[test]
    fn what_cannot_be_meant_names_its_field() {
        let field = |change: fn(&mut Reservation)| {
            let mut r = disc();
            change(&mut r);
            r.validate().map_err(|i| i.field)
        };
        assert_eq!(field(|_| ()), Ok(()));
        assert_eq!(field(|r| r.id = " ".into()), Err("id"));
        assert_eq!(field(|r| r.party.clear()), Err("party"));
        assert_eq!(
            field(|r| {
                r.band.lower = Some(Altitude::pressure_m(2.0));
                r.band.upper = Some(Altitude::pressure_m(1.0));
            }),
            Err("lower")
        );
        assert_eq!(field(|r| r.accuracy.vertical_m = Some(f64::NAN)), Err("accuracy_vertical_m"));
        assert_eq!(field(|r| r.buffer.time_s = -1.0), Err("buffer_time_s"));
        assert_eq!(field(|r| r.motion = Some(Motion::With("X".into()))), Err("moves"));
        assert_eq!(
            field(|r| {
                r.start = Some(Time::from_millis(0));
                r.end = Some(Time::from_millis(1000));
                let ends = Ends::Until(Time::MAX);
                r.repeat = Some(Repeat { unit: Unit::Days, every: 1, ends });
            }),
            Err("repeat_until")
        );
    }

    #[test]
    fn both_sides_have_to_agree() {
        let (mut a, mut b) = (disc(), disc());
        assert!(a.is_agreed_with(&b));
        b.party = "Q".into();
        a.agreed_with.insert("Q".into());
        assert!(!a.is_agreed_with(&b) && !b.is_agreed_with(&a));
        b.agreed_with.insert("P".into());
        assert!(a.is_agreed_with(&b) && b.is_agreed_with(&a));
    }

    #[test]
    fn a_series_ends_with_its_last_window() {
        let mut r = disc();
        r.start = Some(Time::from_millis(0));
        r.end = Some(Time::from_millis(1000));
        r.repeat = Some(Repeat { unit: Unit::Days, every: 1, ends: Ends::Count(3) });
        r.status = Status::Active;
        let last = Time::from_millis(2 * 86_400_000 + 1000);
        assert_eq!(r.span()[1], Some(last));
        assert_eq!(r.step(last.plus_s(-0.5), None).unwrap().status, Status::Active);
        assert_eq!(r.step(last, None).unwrap().status, Status::Released);
    }
}

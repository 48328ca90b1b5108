//! A path through space and time, with its uncertainty.

use crate::state::Growth;
use crate::{Address, AircraftClass, Formation, Label, Operator, State, Technique, Time};

/// Whose path it is: all that separation rules and messages need to know.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Subject {
    /// Identifies the aircraft within one picture (the number of its track).
    pub id: u64,
    /// Its address, if it has one.
    pub address: Option<Address>,
    /// How it is mainly seen.
    pub technique: Technique,
    /// Its call sign.
    pub callsign: Option<Label<8>>,
    /// Its class.
    pub class: AircraftClass,
    /// Its operator.
    pub operator: Option<Operator>,
    /// The formation that it was declared to fly in.
    pub formation: Option<Formation>,
}

impl Subject {
    /// A subject of which nothing but its number is known.
    pub fn anonymous(id: u64) -> Subject {
        Subject {
            id,
            address: None,
            technique: Technique::Unknown,
            callsign: None,
            class: AircraftClass::Unknown,
            operator: None,
            formation: None,
        }
    }

    /// What a person calls it: call sign, else address, else number.
    pub fn name(&self) -> String {
        match (self.callsign, self.address) {
            (Some(callsign), _) => callsign.to_string(),
            (None, Some(address)) => address.to_string(),
            (None, None) => format!("#{}", self.id),
        }
    }
}

/// Straight flight for a while.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// The state at the start, at `state.time`.
    pub state: State,
    /// Until when the segment lasts.
    pub end: Time,
    /// How fast uncertainty grows along it.
    pub growth: Growth,
}

/// Segments of one aircraft in order of time, each beginning where the one before it ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Trajectory {
    subject: Subject,
    segments: Vec<Segment>,
}

/// Why segments are no trajectory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrokenTrajectory {
    /// There are no segments.
    #[error("a trajectory needs at least one segment")]
    Empty,
    /// A segment ends before it starts.
    #[error("segment {0} ends before it starts")]
    Backwards(usize),
    /// A segment does not start where the one before it ends.
    #[error("segment {0} does not start when the one before it ends")]
    Gap(usize),
    /// A number is not finite.
    #[error("segment {0} contains a number that is not finite")]
    NotFinite(usize),
}

impl Trajectory {
    /// A trajectory of the given segments.
    ///
    /// # Errors
    /// [`BrokenTrajectory`] names the first segment that does not fit.
    pub fn new(subject: Subject, segments: Vec<Segment>) -> Result<Trajectory, BrokenTrajectory> {
        if segments.is_empty() {
            return Err(BrokenTrajectory::Empty);
        }
        for (i, segment) in segments.iter().enumerate() {
            if segment.end < segment.state.time {
                return Err(BrokenTrajectory::Backwards(i));
            }
            if !segment.state.is_finite() {
                return Err(BrokenTrajectory::NotFinite(i));
            }
            if i > 0 && segments[i - 1].end != segment.state.time {
                return Err(BrokenTrajectory::Gap(i));
            }
        }
        Ok(Trajectory { subject, segments })
    }

    /// One straight segment from a state for `duration_s`.
    ///
    /// # Errors
    /// [`BrokenTrajectory`] if the duration is negative or a number is not finite.
    pub fn straight(
        subject: Subject,
        state: State,
        duration_s: f64,
        growth: Growth,
    ) -> Result<Trajectory, BrokenTrajectory> {
        Self::new(subject, vec![Segment { state, end: state.time.plus_s(duration_s), growth }])
    }

    /// Whose trajectory it is.
    pub fn subject(&self) -> &Subject {
        &self.subject
    }
    /// The segments, in order.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }
    /// When it begins.
    pub fn start(&self) -> Time {
        self.segments[0].state.time
    }
    /// When it ends.
    pub fn end(&self) -> Time {
        self.segments[self.segments.len() - 1].end
    }

    /// The state at a time; `None` before the start or after the end.
    pub fn at(&self, time: Time) -> Option<State> {
        if time < self.start() || time > self.end() {
            return None;
        }
        let next = self.segments.partition_point(|s| s.state.time <= time);
        let segment = &self.segments[next.saturating_sub(1)];
        Some(segment.state.at(time, segment.growth))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Altitude, Covariance, GeoPoint, Velocity};

    fn state(t_s: f64, track_rad: f64) -> State {
        State {
            time: Time::from_unix_s(t_s).unwrap(),
            position: GeoPoint::from_deg(35.0, 40.0).unwrap(),
            altitude: Altitude::pressure_m(5000.0),
            velocity: Velocity::from_track(100.0, track_rad, 0.0),
            covariance: Covariance::default(),
        }
    }

    #[test]
    fn broken_ones_are_refused_and_say_where() {
        let s = Subject::anonymous(1);
        let segment = |t: f64, end: f64| Segment {
            state: state(t, 0.0),
            end: Time::from_unix_s(end).unwrap(),
            growth: Growth::default(),
        };
        assert_eq!(Trajectory::new(s, vec![]), Err(BrokenTrajectory::Empty));
        assert_eq!(
            Trajectory::new(s, vec![segment(5.0, 4.0)]),
            Err(BrokenTrajectory::Backwards(0))
        );
        assert_eq!(
            Trajectory::new(s, vec![segment(0.0, 4.0), segment(5.0, 6.0)]),
            Err(BrokenTrajectory::Gap(1))
        );
        let mut bad = segment(0.0, 1.0);
        bad.state.altitude.m = f64::NAN;
        assert_eq!(Trajectory::new(s, vec![bad]), Err(BrokenTrajectory::NotFinite(0)));
    }

    #[test]
    fn state_is_found_in_its_segment() {
        let first = state(0.0, 0.0);
        let second = State {
            velocity: Velocity::from_track(100.0, 1.0, 0.0),
            ..first.at(Time::from_unix_s(10.0).unwrap(), Growth::default())
        };
        let t = Trajectory::new(
            Subject::anonymous(1),
            vec![
                Segment { state: first, end: second.time, growth: Growth::default() },
                Segment { state: second, end: second.time.plus_s(10.0), growth: Growth::default() },
            ],
        )
        .unwrap();
        assert!(t.at(Time::from_unix_s(-1.0).unwrap()).is_none());
        assert!(t.at(Time::from_unix_s(21.0).unwrap()).is_none());
        let at15 = t.at(Time::from_unix_s(15.0).unwrap()).unwrap();
        assert!((at15.position.distance_m(second.position) - 500.0).abs() < 0.01);
        assert!((at15.velocity.track_rad() - 1.0).abs() < 1e-4);
    }
}

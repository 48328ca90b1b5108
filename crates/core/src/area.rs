//! Airspace that is somebody's for a while: who may be in it, and who is about to enter.

use crate::altitude::VerticalContext;
use crate::geo::{Vec3, add_scaled, dot, sub};
use crate::overlap::{Bands, Margins};
use crate::volume::Footprint;
use crate::{
    Address, Altitude, Formation, GeoPoint, Label, Operator, Segment, State, Subject, Time,
    Trajectory, Velocity, Volume4d,
};

/// The name of an area for machines; long enough for a UUID.
pub type AreaId = Label<40>;

/// Who may be in an area besides its owner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Admitted {
    /// Parties, with all their aircraft.
    pub operators: Vec<Operator>,
    /// Aircraft, by address.
    pub addresses: Vec<Address>,
    /// Aircraft, by call sign.
    pub callsigns: Vec<Label<8>>,
    /// Formations.
    pub formations: Vec<Formation>,
}

/// How an area moves: with a ship, a formation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Motion {
    /// When it was where its volumes say.
    pub at: Time,
    /// How it moves on from there, m/s. Areas do not climb.
    pub velocity: Velocity,
}

/// Reserved or restricted airspace.
#[derive(Clone, Debug, PartialEq)]
pub struct Area {
    /// Its name for machines.
    pub id: AreaId,
    /// Its name for people.
    pub name: Label<48>,
    /// What it is: `restricted`, `humanitarian corridor`, `refuelling`.
    pub kind: Label<32>,
    /// Whose it is.
    pub owner: Option<Operator>,
    /// Whether it is in force: one that is only planned keeps nobody out.
    pub is_active: bool,
    /// Who else may be in it.
    pub admitted: Admitted,
    /// Where and when it is.
    pub volumes: Vec<Volume4d>,
    /// How near others may come.
    pub margins: Margins,
    /// How it moves, if it does.
    pub motion: Option<Motion>,
}

/// When, where and at what level something enters an area.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// When.
    pub time: Time,
    /// When it leaves again, or is not looked at any further.
    pub until: Time,
    /// Where.
    pub position: GeoPoint,
    /// At what level.
    pub altitude: Altitude,
    /// Whether levels could be compared: where not, the area counts as without limits.
    pub levels_known: bool,
}

impl Area {
    /// Whether an aircraft may be in it.
    pub fn admits(&self, subject: &Subject) -> bool {
        let a = &self.admitted;
        subject.operator.is_some_and(|o| self.owner == Some(o) || a.operators.contains(&o))
            || subject.address.is_some_and(|x| a.addresses.contains(&x))
            || subject.callsign.is_some_and(|x| a.callsigns.contains(&x))
            || subject.formation.is_some_and(|x| a.formations.contains(&x))
    }

    /// The first stay of a trajectory in the area, with its margins.
    pub fn entry(&self, trajectory: &Trajectory, context: &VerticalContext) -> Option<Entry> {
        let relative = match self.motion {
            Some(motion) => &motion.stand_still(trajectory)?,
            None => trajectory,
        };
        let stays = self.volumes.iter().flat_map(|v| v.crossings(relative, self.margins, context));
        let mut stays: Vec<_> = stays.collect();
        stays.sort_by_key(|stay| (stay.start, stay.end));
        let first = *stays.first()?;
        let state = trajectory.at(first.start)?;
        // What one volume ends and another goes on with is one stay.
        let until = stays.iter().fold(first.end, |end, stay| {
            if stay.start <= end.plus_s(1e-3) { end.max(stay.end) } else { end }
        });
        Some(Entry {
            time: first.start,
            until,
            position: state.position,
            altitude: state.altitude,
            levels_known: !matches!(first.bands, Bands::CannotTell(_)),
        })
    }

    /// A ball around everything that exists of it between two times: earth-centred centre and
    /// radius in metres. `None` if there is nothing; the radius of the whole world is infinite.
    pub fn bounds(&self, from: Time, until: Time) -> Option<(Vec3, f64)> {
        let time_s = self.margins.time_s.max(0.0);
        let exists = |v: &&Volume4d| {
            v.start.is_none_or(|s| s.plus_s(-time_s) <= until)
                && v.end.is_none_or(|e| e.plus_s(time_s) >= from)
        };
        let mut balls = Vec::new();
        for volume in self.volumes.iter().filter(exists) {
            match &volume.footprint {
                Footprint::World => return Some(([0.0; 3], f64::INFINITY)),
                Footprint::Circle { centre, radius_m } => {
                    balls.push((centre.frame().origin, *radius_m));
                }
                Footprint::Polygon(polygon) => balls.push(around(polygon.vertices(), 0.0)),
                Footprint::Corridor(c) => balls.push(around(c.points(), c.half_width_m())),
            }
        }
        let (first, _) = *balls.first()?;
        let reach = |(p, radius_m): &(Vec3, f64)| distance_m(first, *p) + radius_m;
        let radius_m = balls.iter().map(reach).fold(0.0, f64::max);
        let drift_m = self.motion.map_or(0.0, |motion| {
            let seconds =
                until.seconds_since(motion.at).abs().max(from.seconds_since(motion.at).abs());
            seconds * motion.velocity.ground_speed_mps()
        });
        // Edges bulge between their ends, as chords do: by no more than half their length.
        Some((first, radius_m + self.margins.horizontal_m.max(0.0) + drift_m))
    }
}

impl Motion {
    /// A trajectory as it is seen from what moves: as if the area stood where it was.
    fn stand_still(&self, trajectory: &Trajectory) -> Option<Trajectory> {
        let v = self.velocity;
        let mut segments = Vec::with_capacity(trajectory.segments().len());
        for segment in trajectory.segments() {
            let state = &segment.state;
            let seconds = state.time.seconds_since(self.at);
            let back = [-v.east_mps * seconds, -v.north_mps * seconds];
            let velocity = Velocity {
                east_mps: state.velocity.east_mps - v.east_mps,
                north_mps: state.velocity.north_mps - v.north_mps,
                up_mps: state.velocity.up_mps,
            };
            let position = state.position.frame().from_local(back);
            segments.push(Segment { state: State { position, velocity, ..*state }, ..*segment });
        }
        Trajectory::new(*trajectory.subject(), segments).ok()
    }
}

fn distance_m(a: Vec3, b: Vec3) -> f64 {
    let d = sub(a, b);
    dot(d, d).sqrt()
}

/// A ball around points, the lines between them, and everything within a width of those.
fn around(points: &[GeoPoint], width_m: f64) -> (Vec3, f64) {
    let places: Vec<Vec3> = points.iter().map(|p| p.frame().origin).collect();
    let share = 1.0 / places.len().max(1) as f64;
    let centre = places.iter().fold([0.0; 3], |sum, p| add_scaled(sum, share, *p));
    let radius_m = places.iter().map(|p| distance_m(centre, *p)).fold(0.0, f64::max);
    // An arc rises above its chord by no more than half of it: the ball of the chords, and half.
    (centre, 1.5 * radius_m + width_m)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Growth;
    use crate::{AltitudeReference, Covariance};

    fn flight(lon_deg: f64, up_mps: f64) -> Trajectory {
        let state = State {
            time: Time::from_millis(0),
            position: GeoPoint::from_deg(0.0, lon_deg).unwrap(),
            altitude: Altitude::pressure_m(2000.0),
            velocity: Velocity::from_track(100.0, std::f64::consts::FRAC_PI_2, up_mps),
            covariance: Covariance::default(),
        };
        Trajectory::straight(Subject::anonymous(1), state, 600.0, Growth::default()).unwrap()
    }

    fn area() -> Area {
        let volume = Volume4d {
            footprint: Footprint::Circle {
                centre: GeoPoint::from_deg(0.0, 0.0).unwrap(),
                radius_m: 10_000.0,
            },
            lower: None,
            upper: Some(Altitude::pressure_m(3000.0)),
            start: None,
            end: None,
        };
        Area {
            id: Label::new("a").unwrap(),
            name: Label::new("Alpha").unwrap(),
            kind: Label::new("restricted").unwrap(),
            owner: Label::new("BLUE"),
            is_active: true,
            admitted: Admitted::default(),
            volumes: vec![volume],
            margins: Margins::default(),
            motion: None,
        }
    }

    #[test]
    fn entry_says_when_and_where() {
        let entry = area().entry(&flight(-0.3, 0.0), &VerticalContext::default()).unwrap();
        // 33.4 km away, 10 km radius, 100 m/s.
        assert!((entry.time.as_unix_s() - 233.96).abs() < 0.5, "{entry:?}");
        assert!((entry.until.as_unix_s() - entry.time.as_unix_s() - 200.0).abs() < 0.5);
        assert!(entry.levels_known);
        assert!(area().entry(&flight(-0.3, 5.0), &VerticalContext::default()).is_none());
        let mut high = area();
        high.volumes[0].lower = Some(Altitude { m: 9e3, reference: AltitudeReference::Ground });
        high.volumes[0].upper = None;
        let entry = high.entry(&flight(-0.3, 0.0), &VerticalContext::default()).unwrap();
        assert!(!entry.levels_known);
    }

    #[test]
    fn an_area_that_moves_is_met_where_it_will_be() {
        let towards = Velocity { east_mps: -100.0, ..Velocity::default() };
        let moving =
            Area { motion: Some(Motion { at: Time::from_millis(0), velocity: towards }), ..area() };
        let entry = moving.entry(&flight(-0.3, 0.0), &VerticalContext::default()).unwrap();
        assert!((entry.time.as_unix_s() - 116.98).abs() < 0.5, "{entry:?}");
        // The place is that of the aircraft, not of its image.
        assert!((entry.position.lon_deg() + 0.3 - 0.1051).abs() < 1e-3, "{entry:?}");
    }

    #[test]
    fn owners_and_who_is_admitted_may_be_in_it() {
        let mut area = area();
        let of = |name: &str| Subject { operator: Label::new(name), ..Subject::anonymous(1) };
        assert!(area.admits(&of("BLUE")) && !area.admits(&of("RED")));
        assert!(!area.admits(&Subject::anonymous(1)));
        area.owner = None;
        assert!(!area.admits(&of("BLUE")) && !area.admits(&Subject::anonymous(1)));
        area.admitted.formations.extend(Label::new("VIPER"));
        let wingman = Subject { formation: Label::new("VIPER"), ..Subject::anonymous(2) };
        assert!(area.admits(&wingman));
    }
}

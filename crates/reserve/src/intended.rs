//! What a reservation in use means to the live picture: plans that its aircraft keep to, and
//! airspace that others are warned of.

use crate::aircraft::Aircraft;
use crate::block::{Block, Outline};
use crate::kind::Kind;
use crate::motion::Positions;
use crate::reservation::Reservation;
use crate::shape::{Band, Shape, WayPoint};
use crate::status::Status;
use deconflict_core::area::{Admitted, Area};
use deconflict_core::corridor::Corridor;
use deconflict_core::overlap::WIDENING_SIGMAS;
use deconflict_core::plan::{BadPlan, Plan, PlanId, Tolerance, Waypoint};
use deconflict_core::volume::Footprint;
use deconflict_core::{Label, Operator, Volume4d};

impl Reservation {
    /// What each of its aircraft means to do: a flight is a path to keep to, anything else is
    /// volumes to stay in, while they exist. None where nobody says which aircraft, or where
    /// it is. All of them have the reservation's name and party.
    ///
    /// # Errors
    /// A flight that is no plan, as one of more than a week.
    pub fn plans(&self, positions: &Positions) -> Result<Vec<Plan>, BadPlan> {
        let Some(id) = PlanId::new(&self.id) else { return Ok(Vec::new()) };
        let (path, volumes) = match &self.shape {
            _ if self.aircraft.is_empty() => return Ok(Vec::new()),
            Shape::Flight { points } => (points.iter().map(waypoint).collect(), Vec::new()),
            _ => (Vec::new(), self.volumes(positions)),
        };
        if path.is_empty() && volumes.is_empty() {
            return Ok(Vec::new());
        }
        let each = self.aircraft.iter().map(|aircraft| {
            let named = (aircraft.address(), aircraft.call_sign());
            let mut plan = Plan::new(id, named, path.clone(), volumes.clone(), self.tolerance())?;
            plan.party = Operator::new(&self.party);
            Ok(plan)
        });
        each.collect()
    }

    /// How far from its path a flight may be: its buffers, where it has some, else what is
    /// usual; and no less than what is said of its accuracy.
    fn tolerance(&self) -> Tolerance {
        let usual = Tolerance::default();
        let said = |buffer: f64, usual: f64, sigma_m: Option<f64>| {
            let limit = if buffer > 0.0 { buffer } else { usual };
            limit.max(WIDENING_SIGMAS * sigma_m.unwrap_or(0.0))
        };
        let (buffer, accuracy) = (self.buffer, self.accuracy);
        Tolerance {
            across_m: said(buffer.horizontal_m, usual.across_m, accuracy.horizontal_m),
            vertical_m: said(buffer.vertical_m, usual.vertical_m, accuracy.vertical_m),
            time_s: said(buffer.time_s, usual.time_s, None),
        }
    }

    /// The volumes to stay in. What moves has moved by its margin while a part stands still.
    fn volumes(&self, positions: &Positions) -> Vec<Volume4d> {
        let known = self.parts(None, None, positions).into_iter().filter(|part| !part.is_lost);
        known
            .map(|part| {
                let footprint = wider(part.volume.footprint, part.margin_m);
                Volume4d { footprint, ..part.volume }
            })
            .collect()
    }

    /// What others are warned of, who is admitted and who uses it aside. `None` for a flight,
    /// which is followed and not entered, and where nobody knows where it is.
    pub fn area(&self) -> Option<Area> {
        let parts = self.parts(None, None, &Positions::new());
        // Where nobody knows where it is, nobody can be warned of it.
        let known: Vec<_> = parts.into_iter().filter(|part| !part.is_lost).collect();
        if known.is_empty() {
            return None;
        }
        let mut margins = self.buffer;
        margins.horizontal_m += known.iter().map(|part| part.margin_m).fold(0.0, f64::max);
        let name = self.name.as_deref().unwrap_or(&self.id);
        Some(Area {
            id: Label::new(&self.id)?,
            // A name of nothing but blanks must not keep anybody from being warned.
            name: Label::new(name).or_else(|| Label::new(&self.id))?,
            kind: Label::new(self.kind.name())?,
            owner: Operator::new(&self.party),
            is_active: true,
            admitted: Admitted {
                operators: self.agreed_with.iter().filter_map(|p| Operator::new(p)).collect(),
                // Who uses it is no stranger to it, also if nobody has declared whose it is.
                addresses: self.aircraft.iter().filter_map(Aircraft::address).collect(),
                callsigns: self.aircraft.iter().filter_map(Aircraft::call_sign).collect(),
                ..Admitted::default()
            },
            volumes: known.into_iter().map(|part| part.volume).collect(),
            margins,
            motion: None,
        })
    }

    /// A plan from elsewhere in the words of reservations, so that it is recorded as they are.
    /// `None` if it cannot be said in them.
    pub fn of_plan(plan: &Plan) -> Option<Reservation> {
        let way = |w: &Waypoint| WayPoint { point: w.position, altitude: w.altitude, time: w.time };
        let shape = match plan.path() {
            [] => Shape::Volumes { blocks: blocks(plan.volumes())? },
            path => Shape::Flight { points: path.iter().map(way).collect() },
        };
        let party = plan.party?;
        let mut out = Reservation::new(plan.id.as_str(), Kind::Operation, party.as_str(), shape);
        let by_call_sign = plan.callsign.map(Aircraft::CallSign);
        out.aircraft.extend(plan.address.map(Aircraft::Address).or(by_call_sign));
        let tolerance = plan.tolerance();
        out.buffer.horizontal_m = tolerance.across_m;
        out.buffer.vertical_m = tolerance.vertical_m;
        out.buffer.time_s = tolerance.time_s;
        out.status = if plan.is_active { Status::Active } else { Status::Planned };
        out.validate().is_ok().then_some(out)
    }

    /// Airspace from elsewhere in the words of reservations. `None` if it cannot be said in
    /// them. Of kinds that are none of reservations it is segregated.
    pub fn of_area(area: &Area) -> Option<Reservation> {
        if area.motion.is_some() || !area.admitted.formations.is_empty() {
            return None;
        }
        let shape = Shape::Volumes { blocks: blocks(&area.volumes)? };
        let kind = Kind::parse(area.kind.as_str()).unwrap_or(Kind::Segregated);
        let mut out = Reservation::new(area.id.as_str(), kind, area.owner?.as_str(), shape);
        out.name = Some(area.name.to_string());
        out.agreed_with = area.admitted.operators.iter().map(Operator::to_string).collect();
        let addresses = area.admitted.addresses.iter().copied().map(Aircraft::Address);
        let call_signs = area.admitted.callsigns.iter().copied().map(Aircraft::CallSign);
        out.aircraft = addresses.chain(call_signs).collect();
        out.buffer = area.margins;
        out.status = if area.is_active { Status::Active } else { Status::Planned };
        out.validate().is_ok().then_some(out)
    }
}

fn waypoint(point: &WayPoint) -> Waypoint {
    Waypoint { time: point.time, position: point.point, altitude: point.altitude }
}

/// A footprint with so much on every side, as far as that has the same shape: a polygon stays.
fn wider(footprint: Footprint, margin_m: f64) -> Footprint {
    match footprint {
        Footprint::Circle { centre, radius_m } => {
            Footprint::Circle { centre, radius_m: radius_m + margin_m }
        }
        Footprint::Corridor(corridor) => {
            let wide =
                Corridor::new(corridor.points().to_vec(), corridor.half_width_m() + margin_m);
            Footprint::Corridor(wide.unwrap_or(corridor))
        }
        other => other,
    }
}

fn blocks(volumes: &[Volume4d]) -> Option<Vec<Block>> {
    let block = |volume: &Volume4d| {
        let outline = match &volume.footprint {
            Footprint::Circle { centre, radius_m } => {
                Outline::Circle { centre: *centre, radius_m: *radius_m }
            }
            Footprint::Polygon(polygon) => Outline::Polygon { points: polygon.vertices().to_vec() },
            Footprint::World | Footprint::Corridor(_) => return None,
        };
        let band = Band { lower: volume.lower, upper: volume.upper };
        Some(Block { outline, band, start: volume.start, end: volume.end })
    };
    volumes.iter().map(block).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::motion::Motion;
    use crate::repeat::{Ends, Repeat, Unit};
    use deconflict_core::altitude::VerticalContext;
    use deconflict_core::plan::Phase;
    use deconflict_core::{
        Address, Altitude, Covariance, GeoPoint, State, Subject, Time, Velocity,
    };

    fn point(lat: f64, lon: f64) -> GeoPoint {
        GeoPoint::from_deg(lat, lon).unwrap()
    }

    fn time(s: i64) -> Time {
        Time::from_millis(s * 1000)
    }

    fn disc() -> Reservation {
        let shape = Shape::Circle { centre: point(35.0, 40.0), radius_m: 10_000.0 };
        let mut made = Reservation::new("R-1", Kind::Hazard, "NAVY", shape);
        made.agreed_with.insert("AAR".to_owned());
        made.aircraft.extend(["ae01ce", "REACH11"].map(|a| Aircraft::parse(a).unwrap()));
        made
    }

    #[test]
    fn a_flight_is_a_path_and_anything_else_volumes() {
        let way = |lon, s| WayPoint {
            point: point(35.0, lon),
            altitude: Altitude::pressure_ft(9_000.0),
            time: time(s),
        };
        let flight = Shape::Flight { points: vec![way(40.0, 0), way(41.0, 900)] };
        let mut flight = Reservation { shape: flight, ..disc() };
        let plans = flight.plans(&Positions::new()).unwrap();
        assert_eq!(plans.len(), 2);
        assert_eq!(plans[0].address, Some(Address::icao(0xae01ce)));
        assert_eq!(plans[1].callsign, Label::new("REACH11"));
        assert!(plans.iter().all(|p| p.party == Operator::new("NAVY") && p.path().len() == 2));
        assert_eq!(plans[0].tolerance(), Tolerance::default());
        flight.buffer.horizontal_m = 500.0;
        flight.accuracy.vertical_m = Some(200.0);
        let tolerance = flight.plans(&Positions::new()).unwrap()[0].tolerance();
        assert_eq!((tolerance.across_m, tolerance.vertical_m), (500.0, 600.0));
        assert_eq!(flight.area(), None);

        let plans = disc().plans(&Positions::new()).unwrap();
        assert_eq!((plans[0].path().len(), plans[0].volumes().len()), (0, 1));
        flight.aircraft.clear();
        assert_eq!(flight.plans(&Positions::new()).unwrap(), []);
    }

    #[test]
    fn what_moves_takes_its_volumes_along_and_what_is_lost_has_none() {
        let mut ship = disc();
        (ship.start, ship.end) = (Some(time(0)), Some(time(7200)));
        ship.motion = Some(Motion::Steady { since: time(0), course_deg: 90.0, speed_mps: 10.0 });
        let plan = ship.plans(&Positions::new()).unwrap().remove(0);
        let state = |m: f64, s: i64| State {
            time: time(s),
            position: point(35.0, 40.0).destination(std::f64::consts::FRAC_PI_2, m),
            altitude: Altitude::pressure_m(1000.0),
            velocity: Velocity::default(),
            covariance: Covariance::default(),
        };
        let conforms = |m, s| plan.fit(&state(m, s), &VerticalContext::default()).conforms;
        assert!(conforms(0.0, 1) && conforms(60_000.0, 6000) && conforms(69_000.0, 6000));
        assert!(!conforms(0.0, 6000) && !conforms(72_000.0, 6000));
        ship.motion = Some(Motion::With("GHOST".into()));
        assert_eq!(ship.plans(&Positions::new()).unwrap(), []);
        assert_eq!(ship.area(), None);
    }

    #[test]
    fn between_the_times_of_a_series_nothing_is_expected() {
        let mut daily = disc();
        (daily.start, daily.end) = (Some(time(0)), Some(time(3600)));
        let ends = Ends::Count(3);
        daily.repeat = Some(Repeat { unit: Unit::Days, every: 1, ends });
        let plan = daily.plans(&Positions::new()).unwrap().remove(0);
        let day = 86_400;
        let phases =
            [-1, 10, 3700, day + 10, 2 * day - 1, 2 * day + 4000].map(|s| plan.phase(time(s)));
        use Phase::{Ahead, Current, Over};
        assert_eq!(phases, [Ahead, Current, Ahead, Current, Ahead, Over]);
    }

    #[test]
    fn whoever_uses_it_is_admitted() {
        let area = disc().area().unwrap();
        assert_eq!(area.owner, Operator::new("NAVY"));
        assert_eq!(area.admitted.operators, [Operator::new("AAR").unwrap()]);
        let of = |address| Subject { address: Some(address), ..Subject::anonymous(1) };
        assert!(area.admits(&of(Address::icao(0xae01ce))));
        assert!(!area.admits(&of(Address::icao(0xae01cf))));
        let called = |name| Subject { callsign: Label::new(name), ..Subject::anonymous(1) };
        assert!(area.admits(&called("REACH11")) && !area.admits(&called("REACH12")));
    }

    #[test]
    fn no_name_keeps_anybody_from_being_warned() {
        for (name, shown) in [("  @ ", "R-1"), ("Survey of the dam", "Survey of the dam")] {
            let mut made = disc();
            made.name = Some(name.to_owned());
            assert_eq!(made.area().unwrap().name.to_string(), shown);
        }
    }

    #[test]
    fn plans_and_areas_from_elsewhere_come_back() {
        for reservation in [disc(), {
            let way = |lon, s| WayPoint {
                point: point(-35.0, lon),
                altitude: Altitude::pressure_ft(9_000.0),
                time: time(s),
            };
            let points = vec![way(179.9, 0), way(-179.9, 900)];
            Reservation { shape: Shape::Flight { points }, ..disc() }
        }] {
            for plan in reservation.plans(&Positions::new()).unwrap() {
                let written = Reservation::of_plan(&plan).unwrap();
                let text = crate::document::write_json(&[written]);
                let read = crate::document::read_json(&text).unwrap();
                assert_eq!(read[0].plans(&Positions::new()).unwrap(), [plan]);
            }
        }
        let area = disc().area().unwrap();
        let written = Reservation::of_area(&area).unwrap();
        assert_eq!(written.area(), Some(area));
    }
}

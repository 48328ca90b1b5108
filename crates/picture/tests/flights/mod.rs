//! Aircraft that fly straight on, and what is made of their reports.

use deconflict_core::units::m_from_ft;
use deconflict_core::{
    Address, AircraftClass, Constraint, Declaration, GeoPoint, Label, Report, Technique, Time,
};
use deconflict_picture::{Declared, FeedSetup, Live, Questions, Setup, Step};

const SPEED_MPS: f64 = 120.0;
/// When those who meet do so.
const MEET_S: f64 = 170.0;
const LEVEL_FT: f64 = 25_000.0;

const RULES: &str = r#"
lookahead_s = 300
[alerting]
predicted_s = 180

[[rule]]
name = "en route"
horizontal_nm = 5
vertical_ft = 1000
"#;

/// One aircraft.
#[derive(Clone, Debug)]
pub struct Flight {
    pub callsign: String,
    pub operator: &'static str,
    pub class: AircraftClass,
    pub formation: Option<&'static str>,
    pub squawk: Option<u16>,
    pub constraint: Option<Constraint>,
    pub priority: u8,
    pub up_mps: f64,
    from: GeoPoint,
    track_rad: f64,
}

impl Flight {
    pub fn meeting_place() -> GeoPoint {
        GeoPoint::from_deg(34.0, 40.0).unwrap()
    }

    /// One that is at the meeting place, at 25,000 ft, when the others are.
    pub fn to_meet(callsign: &str, operator: &'static str, track_deg: f64) -> Flight {
        let back_rad = (track_deg + 180.0).to_radians();
        Flight {
            callsign: callsign.to_owned(),
            operator,
            class: AircraftClass::Transport,
            formation: None,
            squawk: None,
            constraint: None,
            priority: 0,
            up_mps: 0.0,
            from: Flight::meeting_place().destination(back_rad, MEET_S * SPEED_MPS),
            track_rad: track_deg.to_radians(),
        }
    }

    /// Another that flies beside one.
    pub fn beside(other: &Flight, callsign: &str, right_m: f64) -> Flight {
        let right_rad = other.track_rad + std::f64::consts::FRAC_PI_2;
        let from = other.from.destination(right_rad, right_m);
        Flight { callsign: callsign.to_owned(), from, ..other.clone() }
    }

    fn report(&self, address: Address, time: Time, t_s: f64) -> Report {
        let altitude_m = m_from_ft(LEVEL_FT) + self.up_mps * (t_s - MEET_S);
        Report {
            received: time,
            position: Some(self.from.destination(self.track_rad, SPEED_MPS * t_s)),
            position_sigma_m: Some(10.0),
            pressure_altitude_m: Some(altitude_m),
            ground_speed_mps: Some(SPEED_MPS),
            track_rad: Some(self.track_rad),
            vertical_rate_mps: Some(self.up_mps),
            squawk: self.squawk,
            ..Report::new(0, address, Technique::AdsB, time)
        }
    }
}

/// A picture of some flights.
pub struct Sky {
    pub live: Live,
    flights: Vec<Flight>,
    start: Time,
    second: u32,
}

impl Sky {
    /// With a setup that is changed by `change`.
    pub fn new(flights: &[Flight], change: impl Fn(&mut Setup)) -> Sky {
        let start = Time::from_millis(1_513_152_000_000);
        let declared = flights.iter().zip(1..).map(|(flight, number)| {
            let declaration = Declaration {
                operator: Label::new(flight.operator),
                class: Some(flight.class),
                formation: flight.formation.and_then(Label::new),
                callsign: Label::new(&flight.callsign),
                constraint: flight.constraint,
                priority: flight.priority,
            };
            Declared::of(Address::icao(number), &declaration)
        });
        let mut setup = Setup {
            run: "test".to_owned(),
            name: "test".to_owned(),
            rules: RULES.to_owned(),
            feeds: vec![FeedSetup {
                name: "receiver".to_owned(),
                owner: None,
                kind: "scenario".to_owned(),
                format: String::new(),
                period_s: None,
            }],
            registry: declared.collect(),
            aerodromes: Vec::new(),
            period_s: 1.0,
            speed: 1.0,
        };
        change(&mut setup);
        let live = Live::new(setup, start, 1).unwrap();
        Sky { live, flights: flights.to_vec(), start, second: 0 }
    }

    /// One second of it.
    pub fn fly(&mut self) -> Option<Step> {
        self.second += 1;
        let t_s = f64::from(self.second);
        let time = self.start.plus_s(t_s);
        let flights = self.flights.iter().zip(1..);
        let reports: Vec<Report> =
            flights.map(|(it, number)| it.report(Address::icao(number), time, t_s)).collect();
        self.live.push(&reports);
        self.live.advance(time.plus_s(0.3));
        self.live.step()
    }

    /// Flies until so many alerts have been advised upon at once.
    pub fn until_advised(&mut self, count: usize) -> Step {
        while f64::from(self.second) < MEET_S {
            self.fly();
            self.live.advise(100);
            if let Some(step) = self.live.step()
                && step.advised.len() >= count
            {
                return step;
            }
        }
        let alerts: Vec<_> =
            self.live.picture().alerts.iter().map(|it| it.reason.clone()).collect();
        panic!("never were {count} alerts advised upon at once: {alerts:#?}");
    }

    /// Flies until there is something to be worked out.
    pub fn until_questions(&mut self) -> Questions {
        while f64::from(self.second) < MEET_S {
            self.fly();
            if let Some(questions) = self.live.questions(100) {
                return questions;
            }
        }
        panic!("there never was an alert");
    }
}

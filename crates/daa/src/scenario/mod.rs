//! Encounters: who was where, moment by moment, as `.daa` files tell it.

mod parse;

pub use crate::config::ParseError;
use crate::config::{Config, TerminalArea};
use crate::frame::{Flight, Frame, RADIUS_M};
use crate::pair::Motion;
use crate::situation::{Intruder, Situation, Tangent};
use crate::uncertainty::Uncertainty;

/// Where an aircraft is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    /// On earth: latitude and longitude, radians.
    Earth {
        /// Latitude, radians.
        lat_rad: f64,
        /// Longitude, radians.
        lon_rad: f64,
    },
    /// In a plane: east and north of its origin, metres.
    Plane {
        /// East, metres.
        x_m: f64,
        /// North, metres.
        y_m: f64,
    },
}

/// One aircraft at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct AircraftState {
    /// Its name.
    pub name: String,
    /// Time of the state, seconds.
    pub time_s: f64,
    /// Where it is.
    pub place: Place,
    /// Altitude, metres.
    pub alt_m: f64,
    /// Velocity over ground, east, north, up; metres per second.
    pub ground_mps: [f64; 3],
    /// Velocity through the air, east and north, if the file tells it.
    pub air_mps: Option<[f64; 2]>,
    /// The alerter, counted from 1.
    pub alerter: usize,
    /// Standard deviations.
    pub uncertainty: Uncertainty,
}

impl AircraftState {
    /// Whether it is in a terminal area: within its radius on the sphere, and not above
    /// its height. A place in a plane is in none.
    pub fn is_in(&self, area: &TerminalArea) -> bool {
        let Place::Earth { lat_rad, lon_rad } = self.place else { return false };
        let frame = Frame::at(area.lat_rad, area.lon_rad);
        let flight = Flight { lat_rad, lon_rad, alt_m: self.alt_m, velocity_mps: [0.0; 3] };
        let [east, north, alt_m] = frame.project(&flight).position_m;
        // Seen from above, the far side of the earth is near, too.
        frame.sees(lat_rad, lon_rad)
            && (east / RADIUS_M).hypot(north / RADIUS_M).min(1.0).asin() * RADIUS_M <= area.radius_m
            && alt_m <= area.height_m
    }
}

/// All aircraft at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// The time, seconds.
    pub time_s: f64,
    /// Ownship.
    pub own: AircraftState,
    /// The others, in the order of their first appearance.
    pub traffic: Vec<AircraftState>,
}

/// An encounter: ownship is the first aircraft of the file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scenario {
    /// The moments at which ownship's state is known, in order.
    pub moments: Vec<Moment>,
}

impl Scenario {
    /// Reads the text of a `.daa` file.
    ///
    /// # Errors
    /// What is wrong, with line and column.
    pub fn parse(text: &str) -> Result<Scenario, ParseError> {
        parse::parse(text)
    }
}

impl Moment {
    /// The wind, east and north, metres per second, as ownship feels it.
    pub fn wind_mps(&self) -> [f64; 2] {
        self.own.air_mps.map_or([0.0; 2], |air| {
            [self.own.ground_mps[0] - air[0], self.own.ground_mps[1] - air[1]]
        })
    }

    /// The moment in ownship's frame, with what the sensors may err.
    pub fn situation(&self, config: &Config) -> Situation {
        situation(&self.own, &self.traffic, self.wind_mps(), config)
    }
}

/// Ownship and traffic in ownship's frame, relative to the air.
pub fn situation(
    own: &AircraftState,
    traffic: &[AircraftState],
    wind_mps: [f64; 2],
    config: &Config,
) -> Situation {
    let frame = match own.place {
        Place::Earth { lat_rad, lon_rad } => Some(Frame::at(lat_rad, lon_rad)),
        Place::Plane { .. } => None,
    };
    let motion = |state: &AircraftState| {
        let mut velocity_mps = state.ground_mps;
        for axis in 0..2 {
            velocity_mps[axis] -= wind_mps[axis];
        }
        match (&frame, state.place, own.place) {
            (Some(frame), Place::Earth { lat_rad, lon_rad }, _) => {
                frame.project(&Flight { lat_rad, lon_rad, alt_m: state.alt_m, velocity_mps })
            }
            (_, Place::Plane { x_m, y_m }, Place::Plane { x_m: x0, y_m: y0 }) => {
                Motion { position_m: [x_m - x0, y_m - y0, state.alt_m], velocity_mps }
            }
            // A file has one kind of place; the parser sees to it.
            _ => Motion { position_m: [f64::MAX.sqrt(), 0.0, state.alt_m], velocity_mps },
        }
    };
    let own_motion = motion(own);
    // In the terminal area its alerter applies, as far as ownship is there.
    let area = &config.terminal_area;
    let in_terminal_area = area.logic != 0 && own.is_in(area);
    let alerter = |state: &AircraftState| {
        if in_terminal_area && state.is_in(area) { area.alerter } else { state.alerter }
    };
    let traffic = traffic
        .iter()
        .map(|state| {
            let motion = motion(state);
            let [x, y] = [0, 1].map(|i| motion.position_m[i] - own_motion.position_m[i]);
            let doubt = own.uncertainty.doubt(&state.uncertainty, x.hypot(y), &config.z_scores);
            Intruder { name: state.name.clone(), motion, alerter: alerter(state), doubt }
        })
        .collect();
    let tangent = match own.place {
        Place::Earth { lat_rad, .. } => Some(Tangent { lat_rad, wind_mps }),
        Place::Plane { .. } => None,
    };
    Situation {
        name: own.name.clone(),
        own: own_motion,
        alerter: alerter(own),
        in_terminal_area,
        tangent,
        traffic,
    }
}

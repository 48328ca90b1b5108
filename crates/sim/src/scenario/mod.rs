//! The scenario: who flies where, who sees it, and what is wrong with the seeing.
//!
//! [`Scenario::parse`] reads the TOML format of `docs/scenario-format.md`,
//! resolves every name, converts every unit and makes the random choices that
//! belong to the plan (levels, spreads, arrivals on airways), so that a
//! [`Simulation`](crate::Simulation) has nothing left to go wrong.

mod airways;
mod check;
mod error;
mod feeds;
mod file;
mod flights;
mod intended;
mod legs;
mod types;

pub use error::ScenarioError;

use crate::area::Area;
use crate::motion::{Fix, Performance};
use crate::plan::{FeedPlan, Field, Plan};
use check::{Checked, Checker};
use deconflict_core::time::days_from_civil;
use deconflict_core::units::{m_from_ft, mps_from_fpm, mps_from_kt};
use deconflict_core::{AircraftClass, GeoPoint, Operator, Time};
use file::File;
use std::collections::BTreeMap;

/// A scenario, checked and ready to be simulated.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What it calls itself.
    pub name: String,
    /// When it starts.
    pub start: Time,
    /// How long it lasts, seconds.
    pub duration_s: f64,
    /// Seed of everything that is drawn by chance.
    pub seed: u64,
    /// Airspace that parties have reserved.
    pub volumes: Vec<Volume>,
    /// What parties have filed of their flights.
    pub filed: Vec<deconflict_core::Plan>,
    /// Of the reserved airspace what others have to keep out of.
    pub reserved: Vec<deconflict_core::Area>,
    pub(crate) operators: Vec<Party>,
    pub(crate) fields: Vec<Field>,
    field_names: Vec<String>,
    pub(crate) areas: Vec<Area>,
    pub(crate) plans: Vec<Plan>,
    pub(crate) feeds: Vec<FeedPlan>,
}

/// Airspace that a party has reserved for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// Who reserved it, if said.
    pub operator: Option<Operator>,
    /// Where.
    pub area: Area,
    /// Lower limit, feet of pressure altitude.
    pub lower_ft: f64,
    /// Upper limit, feet of pressure altitude.
    pub upper_ft: f64,
    /// When it begins to hold.
    pub from: Time,
    /// When it ceases to hold.
    pub until: Time,
}

/// An operator and what it tells the others beforehand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Party {
    pub name: Operator,
    /// The command that it obeys; operators of one command talk to each other.
    pub command: Operator,
    /// First address of those that its aircraft are given.
    pub address_block: u32,
    pub declares: Declares,
}

/// What an operator declares of its aircraft.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Declares {
    pub operator: bool,
    pub class: bool,
    pub formation: bool,
    pub callsign: bool,
}

impl Scenario {
    /// Reads a scenario.
    ///
    /// # Errors
    /// The first mistake found, with its line and key.
    pub fn parse(text: &str) -> Result<Scenario, ScenarioError> {
        Scenario::parse_seeded(text, None)
    }

    /// Reads a scenario but takes another seed than the file's, if one is given.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn parse_seeded(text: &str, seed: Option<u64>) -> Result<Scenario, ScenarioError> {
        let file: File = toml::from_str(text).map_err(|e| ScenarioError::from_toml(text, &e))?;
        resolve(text, file, seed)
    }

    /// When it ends.
    pub fn end(&self) -> Time {
        self.start.plus_s(self.duration_s)
    }

    /// Its operators, in the order of the file, each with the command that it
    /// obeys: itself, unless the scenario says otherwise. Aircraft of one
    /// command are coordinated; between commands nobody is.
    pub fn operators(&self) -> impl Iterator<Item = (Operator, Operator)> {
        self.operators.iter().map(|party| (party.name, party.command))
    }

    /// Its aerodromes with the places of their thresholds and their elevations in metres, in the
    /// order of the file.
    pub fn aerodromes(&self) -> impl Iterator<Item = (&str, GeoPoint, f64)> {
        let named = self.field_names.iter().zip(&self.fields);
        named.filter_map(|(name, field)| match field {
            Field::Aerodrome { threshold, elevation_m, .. } => {
                Some((name.as_str(), threshold.point, *elevation_m))
            }
            Field::Ship { .. } => None,
        })
    }

    /// How many aircraft fly in it, from first to last.
    pub fn aircraft_count(&self) -> usize {
        self.plans.len()
    }
}

fn resolve(text: &str, file: File, seed: Option<u64>) -> Checked<Scenario> {
    let mut check = Checker { text, points: BTreeMap::new(), operators: Vec::new() };
    let start = start_time(&check, &file.scenario.start)?;
    let duration_s = 60.0 * check.number(&file.scenario.duration_min, 0.1, 60.0 * 24.0 * 366.0)?;
    let seed = seed.unwrap_or(file.scenario.seed);
    for (name, at) in &file.points {
        let point = check.lat_lon(at, *at.get_ref())?;
        check.points.insert(name.clone(), point);
    }
    let operators = parties(&mut check, &file)?;
    let types = performances(&check, &file)?;

    let mut areas = Named::default();
    for spec in &file.area {
        areas.add(&check, "area", &spec.name, area(&check, spec)?)?;
    }
    let mut fields = Named::default();
    for spec in &file.aerodrome {
        let field = Field::Aerodrome {
            threshold: Fix::from(check.place(&spec.at)?),
            runway_rad: check.number(&spec.runway_deg, 0.0, 360.0)?.to_radians(),
            elevation_m: m_from_ft(spec.elevation_ft),
        };
        fields.add(&check, "aerodrome", &spec.name, field)?;
    }
    for spec in &file.ship {
        let track = spec.track.iter().map(|p| check.place(p).map(Fix::from));
        let track = track.collect::<Checked<Vec<Fix>>>()?;
        if track.len() < 2 {
            return Err(check.missing(&spec.name, "a ship needs a `track` of two points or more"));
        }
        let ground_speed_mps = mps_from_kt(check.number(&spec.gs_kt, 0.0, 60.0)?);
        let field = Field::Ship { track, ground_speed_mps, deck_m: m_from_ft(spec.deck_ft) };
        fields.add(&check, "aerodrome", &spec.name, field)?;
    }

    let volumes = volumes(&check, &file, &areas, start, duration_s)?;
    let filed = intended::plans(&check, &file, start)?;
    let reserved = intended::areas(&check, &file, &volumes)?;
    let sigma = file.scenario.altimetry_sigma_ft.as_ref();
    let altimetry_sigma_m = m_from_ft(check.number_or(sigma, 0.0, 0.0, 1000.0)?);
    let world = flights::World {
        check: &check,
        seed,
        duration_s,
        altimetry_sigma_m,
        operators: &operators,
        types: &types,
        areas: &areas.names,
        area_shapes: &areas.things,
        fields: &fields.names,
    };
    let mut plans = flights::expand(&world, &file.flight)?;
    airways::expand(&world, &file.airway, &mut plans)?;
    let feeds = feeds::resolve(&check, &file.feed, &types)?;
    Ok(Scenario {
        name: file.scenario.name,
        start,
        duration_s,
        seed,
        volumes,
        filed,
        reserved,
        operators,
        fields: fields.things,
        field_names: fields.names,
        areas: areas.things,
        plans,
        feeds,
    })
}

/// Things by name, in the order of the file.
struct Named<T> {
    names: Vec<String>,
    things: Vec<T>,
}

impl<T> Default for Named<T> {
    fn default() -> Named<T> {
        Named { names: Vec::new(), things: Vec::new() }
    }
}

impl<T> Named<T> {
    fn add(
        &mut self,
        check: &Checker,
        what: &str,
        name: &file::At<String>,
        thing: T,
    ) -> Checked<()> {
        if self.names.contains(name.get_ref()) {
            return Err(
                check.wrong(name, format!("there is already an {what} {:?}", name.get_ref()))
            );
        }
        self.names.push(name.get_ref().clone());
        self.things.push(thing);
        Ok(())
    }
}

fn start_time(check: &Checker, start: &file::At<toml::value::Datetime>) -> Checked<Time> {
    use toml::value::Offset;
    let wrong = || check.wrong(start, "must be a date and time in UTC, like 2017-12-13T08:00:00Z");
    let value = start.get_ref();
    let (Some(date), Some(time), Some(Offset::Z)) = (value.date, value.time, value.offset) else {
        return Err(wrong());
    };
    let days = days_from_civil(date.year.into(), date.month.into(), date.day.into());
    let second = i64::from(time.second.unwrap_or(0));
    let of_day = i64::from(time.hour) * 3600 + i64::from(time.minute) * 60 + second;
    let nanos = i64::from(time.nanosecond.unwrap_or(0));
    let since_1970_s = days.ok_or_else(wrong)? * 86_400 + of_day;
    since_1970_s
        .checked_mul(1_000_000_000)
        .and_then(|n| n.checked_add(nanos))
        .map(Time::from_nanos)
        .ok_or_else(wrong)
}

fn parties(check: &mut Checker, file: &File) -> Checked<Vec<Party>> {
    let mut parties: Vec<Party> = Vec::new();
    for (i, spec) in file.operator.iter().enumerate() {
        let name: Operator = check.label(&spec.name)?;
        if check.operators.contains(&name) {
            return Err(check.wrong(&spec.name, format!("there is already an operator {name}")));
        }
        // Blocks from d00000 up belong to no State (ICAO Annex 10 vol. III, part I,
        // table 9-1): what is invented cannot be mistaken for what is not.
        let mut address_block = 0xd0_0000 + 0x01_0000 * (i as u32 % 16);
        if let Some(hex) = &spec.address_block {
            address_block = flights::address(check, hex)?;
        }
        let command = spec.command.as_ref().map_or(Ok(name), |c| check.label(c))?;
        let mut declares =
            Declares { operator: true, class: true, formation: true, callsign: true };
        if let Some(words) = &spec.declares {
            declares = Declares::default();
            for word in words {
                let choices = [("operator", 0), ("class", 1), ("formation", 2), ("callsign", 3)];
                match check.word(word, &choices)? {
                    0 => declares.operator = true,
                    1 => declares.class = true,
                    2 => declares.formation = true,
                    _ => declares.callsign = true,
                }
            }
        }
        check.operators.push(name);
        parties.push(Party { name, command, address_block, declares });
    }
    Ok(parties)
}

fn performances(check: &Checker, file: &File) -> Checked<BTreeMap<String, Performance>> {
    let mut known: BTreeMap<String, Performance> = BTreeMap::new();
    for spec in &file.types {
        let like = spec.like.get_ref();
        let base = known.get(like).copied().or_else(|| types::builtin(like)).ok_or_else(|| {
            let message = format!("there is no type {like:?}; built in: {}", types::names());
            check.wrong(&spec.like, message)
        })?;
        let or = |value: &Option<file::At<f64>>, default: f64, low: f64, high: f64, unit: f64| {
            value.as_ref().map_or(Ok(default), |v| check.number(v, low, high).map(|v| v * unit))
        };
        let kt = mps_from_kt(1.0);
        let fpm = mps_from_fpm(1.0);
        let mut class = base.class;
        if let Some(name) = &spec.class {
            class = check.word(name, &AircraftClass::ALL.map(|c| (c.name(), c)))?;
        }
        let performance = Performance {
            class,
            cruise_mps: or(&spec.gs_kt, base.cruise_mps, 5.0, 1500.0, kt)?,
            approach_mps: or(&spec.approach_kt, base.approach_mps, 5.0, 300.0, kt)?,
            climb_mps: or(&spec.climb_fpm, base.climb_mps, 50.0, 40_000.0, fpm)?,
            descent_mps: or(&spec.descent_fpm, base.descent_mps, 50.0, 40_000.0, fpm)?,
            bank_rad: or(&spec.bank_deg, base.bank_rad, 5.0, 80.0, 1f64.to_radians())?,
            accel_mps2: or(&spec.accel_mps2, base.accel_mps2, 0.1, 30.0, 1.0)?,
        };
        known.insert(spec.name.get_ref().clone(), performance);
    }
    Ok(known)
}

fn area(check: &Checker, spec: &file::AreaSpec) -> Checked<Area> {
    match (&spec.polygon, &spec.centre, &spec.radius_nm) {
        (Some(polygon), None, None) => {
            let corners: Vec<_> =
                polygon.get_ref().iter().map(|p| check.place(p)).collect::<Checked<_>>()?;
            if corners.len() < 3 {
                return Err(check.wrong(polygon, "a polygon needs three corners or more"));
            }
            Ok(Area::Polygon(corners))
        }
        (None, Some(centre), Some(radius)) => {
            Ok(Area::circle(check.place(centre)?, check.number(radius, 0.01, 5000.0)?))
        }
        _ => Err(check.missing(&spec.name, "give either `polygon`, or `centre` and `radius_nm`")),
    }
}

fn volumes(
    check: &Checker,
    file: &File,
    areas: &Named<Area>,
    start: Time,
    duration_s: f64,
) -> Checked<Vec<Volume>> {
    let mut volumes = Vec::new();
    for spec in &file.volume {
        let lower_ft = check.number(&spec.lower_ft, -2000.0, 100_000.0)?;
        let upper_ft = check.number(&spec.upper_ft, lower_ft, 100_000.0)?;
        let from_min = check.number_or(spec.from_min.as_ref(), 0.0, 0.0, 1e6)?;
        let until_min =
            check.number_or(spec.until_min.as_ref(), duration_s / 60.0, from_min, 1e6)?;
        let area = check.index("area", &spec.area, &areas.names)?;
        volumes.push(Volume {
            name: spec.name.get_ref().clone(),
            operator: spec.operator.as_ref().map(|o| check.operator(o)).transpose()?,
            area: areas.things[area].clone(),
            lower_ft,
            upper_ft,
            from: start.plus_s(60.0 * from_min),
            until: start.plus_s(60.0 * until_min),
        });
    }
    Ok(volumes)
}

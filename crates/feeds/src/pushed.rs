//! Reports that a party pushes: `docs/api.md`, *Pushing reports*.

use deconflict_core::units::{m_from_ft, mps_from_kt};
use deconflict_core::{
    Address, AircraftClass, Constraint, Declaration, Formation, Operator, Report, Technique,
};
use deconflict_formats::{ErrorKind, limits};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::fmt;
use std::ops::RangeInclusive;
use utoipa::ToSchema;

/// So many reports are accepted at a time.
pub const MOST_PUSHED: usize = 10_000;

/// What an accuracy can be, metres.
const SIGMA_M: RangeInclusive<f64> = 0.1..=20_000.0;

/// The body of a push. The reports are read one by one, so that one which does not hold
/// costs no other: see [`PushedReport`] for what each of them is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Push {
    /// At most 10,000.
    #[schema(value_type = Vec<PushedReport>)]
    pub reports: Vec<Value>,
}

/// One report as a party writes it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct PushedReport {
    /// `a4ff9c`; `~2b1234` if it is no ICAO address; `f:dd8f12` for FLARM; `#17` for a number
    /// of the party's own.
    pub address: String,
    /// When it was measured: ISO 8601, UTC.
    pub time: String,
    /// Latitude, degrees north.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lat: Option<f64>,
    /// Longitude, degrees east.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lon: Option<f64>,
    /// Altitude, feet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt_ft: Option<f64>,
    /// What the altitude is measured from: `pressure` (also if it is left out) or `ellipsoid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alt_reference: Option<String>,
    /// Ground speed, knots.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gs_kt: Option<f64>,
    /// Track over ground, degrees from true north.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trk_deg: Option<f64>,
    /// Vertical rate, feet a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vs_fpm: Option<f64>,
    /// Whether it is on the ground.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_ground: Option<bool>,
    /// Call sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callsign: Option<String>,
    /// Mode 3/A code, four octal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub squawk: Option<String>,
    /// Class of aircraft.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// The formation that it flies in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formation: Option<String>,
    /// What stands against asking it to manoeuvre: `refuelling`, `lost-link`, `no-radio`,
    /// `landing`, `emergency`, `cannot-manoeuvre`. It holds until a later report says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraint: Option<String>,
    /// Standard deviation of the position per axis, metres.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sigma_m: Option<f64>,
}

/// Why a pushed report was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Refusal {
    /// Its place among those pushed, from 0.
    pub index: usize,
    /// The field at fault.
    pub field: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "report {}: {}: {}", self.index, self.field, self.reason)
    }
}

/// What has become of a push.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pushed {
    /// Reports that were taken in.
    pub accepted: usize,
    /// Those that were not.
    pub refused: Vec<Refusal>,
    /// What the accepted ones declare of their aircraft, by address; the last one of an
    /// address counts. The operator is the owner of the feed.
    pub declared: Vec<(Address, Declaration)>,
}

type Checked<T> = Result<T, (&'static str, String)>;

impl PushedReport {
    /// Reads one report of a [`Push`].
    ///
    /// # Errors
    /// The first field that is of a wrong kind, or that reports do not have.
    pub fn read(index: usize, value: &Value) -> Result<PushedReport, Refusal> {
        let refuse = |field: &str, reason: &str| Refusal {
            index,
            field: field.to_owned(),
            reason: reason.to_owned(),
        };
        let Value::Object(members) = value else {
            return Err(refuse("", "is no object"));
        };
        let known = |key: &String| FIELDS.contains(&key.as_str());
        if let Some(stranger) = members.keys().find(|key| !known(key)) {
            let shown: String = stranger.chars().take(40).collect();
            return Err(refuse(&shown, "is not a field of a report"));
        }
        read(members).map_err(|(field, reason)| refuse(field, &reason))
    }

    /// Turns it into a report, and what it declares of the aircraft. Time of receipt
    /// and feed are the caller's to fill in.
    ///
    /// # Errors
    /// The first field that does not hold.
    pub fn validate(
        &self,
        index: usize,
        owner: Option<Operator>,
    ) -> Result<(Report, Declaration), Refusal> {
        self.checked(owner).map_err(|(field, reason)| Refusal {
            index,
            field: field.to_owned(),
            reason,
        })
    }

    fn checked(&self, owner: Option<Operator>) -> Checked<(Report, Declaration)> {
        let address = Address::parse(&self.address)
            .ok_or_else(|| ("address", format!("{} is not an address", quoted(&self.address))))?;
        let time = limits::time_text(&self.time).map_err(|_| {
            (
                "time",
                format!("{} is not a time such as 2026-01-01T00:00:00.000Z", quoted(&self.time)),
            )
        })?;
        let mut report = Report::new(0, address, Technique::Declared, time);
        report.position = match (self.lat, self.lon) {
            (None, None) => None,
            (Some(lat), Some(lon)) => {
                within("lat", lat, -90.0..=90.0)?;
                within("lon", lon, -180.0..=180.0)?;
                limits::position(lat, lon).ok()
            }
            (Some(_), None) => return Err(("lon", "is missing: lat is given".to_owned())),
            (None, Some(_)) => return Err(("lat", "is missing: lon is given".to_owned())),
        };
        if let Some(sigma_m) = self.sigma_m {
            report.position_sigma_m = Some(within("sigma_m", sigma_m, SIGMA_M)? as f32);
        }
        let altitude_m = match self.alt_ft {
            Some(ft) => Some(m_from_ft(within("alt_ft", ft, limits::ALTITUDE_FT)?)),
            None => None,
        };
        match self.alt_reference.as_deref() {
            None | Some("pressure") => report.pressure_altitude_m = altitude_m,
            Some("ellipsoid") => report.ellipsoid_height_m = altitude_m,
            Some(other) => {
                let reason = format!("{} is neither \"pressure\" nor \"ellipsoid\"", quoted(other));
                return Err(("alt_reference", reason));
            }
        }
        if let Some(kt) = self.gs_kt {
            report.ground_speed_mps = Some(mps_from_kt(within("gs_kt", kt, limits::SPEED_KT)?));
        }
        if let Some(deg) = self.trk_deg {
            within("trk_deg", deg, limits::TRACK_DEG)?;
            report.track_rad = limits::track_deg(deg).ok();
        }
        if let Some(fpm) = self.vs_fpm {
            within("vs_fpm", fpm, limits::RATE_FPM)?;
            report.vertical_rate_mps = limits::rate_fpm(fpm).ok();
        }
        report.on_ground = self.on_ground;
        if let Some(code) = &self.squawk {
            let found: Result<u16, ErrorKind> = limits::squawk(code.as_bytes());
            let reason = |_| ("squawk", format!("{} is not four octal digits", quoted(code)));
            report.squawk = Some(found.map_err(reason)?);
        }
        if let Some(text) = &self.callsign {
            short("callsign", text, 8)?;
            report.callsign = limits::callsign(text.as_bytes()).ok().flatten();
        }
        let class = match &self.class {
            Some(name) => Some(AircraftClass::parse(name).ok_or_else(|| {
                let names = AircraftClass::ALL.map(AircraftClass::name).join(", ");
                ("class", format!("{} is none of {names}", quoted(name)))
            })?),
            None => None,
        };
        report.class = class.unwrap_or_default();
        if let Some(text) = &self.formation {
            short("formation", text, 16)?;
        }
        let constraint = match &self.constraint {
            Some(name) => Some(Constraint::parse(name).ok_or_else(|| {
                let names = Constraint::ALL.map(Constraint::name).join(", ");
                ("constraint", format!("{} is none of {names}", quoted(name)))
            })?),
            None => None,
        };
        let declaration = Declaration {
            operator: owner,
            class,
            formation: self.formation.as_deref().and_then(Formation::new),
            callsign: report.callsign,
            constraint,
            // Precedence over others is not a party's own to give.
            priority: 0,
        };
        Ok((report, declaration))
    }
}

const FIELDS: [&str; 16] = [
    "address",
    "time",
    "lat",
    "lon",
    "alt_ft",
    "alt_reference",
    "gs_kt",
    "trk_deg",
    "vs_fpm",
    "on_ground",
    "callsign",
    "squawk",
    "class",
    "formation",
    "constraint",
    "sigma_m",
];

/// The members of an object, by their kind. `null` says the same as nothing.
fn read(members: &Map<String, Value>) -> Checked<PushedReport> {
    let text = |key: &'static str| match members.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(_) => Err((key, "is no text".to_owned())),
    };
    let number = |key: &'static str| match members.get(key) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Number(number)) => Ok(number.as_f64()),
        Some(_) => Err((key, "is no number".to_owned())),
    };
    let needed = |key: &'static str| text(key)?.ok_or_else(|| (key, "is missing".to_owned()));
    let on_ground = match members.get("on_ground") {
        None | Some(Value::Null) => None,
        Some(Value::Bool(said)) => Some(*said),
        Some(_) => return Err(("on_ground", "is neither true nor false".to_owned())),
    };
    Ok(PushedReport {
        address: needed("address")?,
        time: needed("time")?,
        lat: number("lat")?,
        lon: number("lon")?,
        alt_ft: number("alt_ft")?,
        alt_reference: text("alt_reference")?,
        gs_kt: number("gs_kt")?,
        trk_deg: number("trk_deg")?,
        vs_fpm: number("vs_fpm")?,
        on_ground,
        callsign: text("callsign")?,
        squawk: text("squawk")?,
        class: text("class")?,
        formation: text("formation")?,
        constraint: text("constraint")?,
        sigma_m: number("sigma_m")?,
    })
}

fn within(field: &'static str, value: f64, range: RangeInclusive<f64>) -> Checked<f64> {
    if range.contains(&value) {
        return Ok(value);
    }
    Err((field, format!("{value} is not between {} and {}", range.start(), range.end())))
}

fn short(field: &'static str, text: &str, most: usize) -> Checked<()> {
    let sound = text.len() <= most && !text.chars().any(char::is_control);
    let reason = || format!("{} is longer than {most} bytes, or not plain text", quoted(text));
    if sound { Ok(()) } else { Err((field, reason())) }
}

/// What somebody sent, so short and so plain that it can go into any message.
fn quoted(text: &str) -> String {
    let shown: String = text.chars().take(40).collect();
    format!("{shown:?}")
}

/// Reads all reports of a push, one by one; answers which were refused.
pub(crate) fn read_all(
    push: &Push,
    owner: Option<Operator>,
    mut accept: impl FnMut(usize, Report, Declaration),
) -> Vec<Refusal> {
    let mut refused = Vec::new();
    for (index, value) in push.reports.iter().enumerate() {
        let read = PushedReport::read(index, value);
        match read.and_then(|report| report.validate(index, owner)) {
            Ok((report, declaration)) => accept(index, report, declaration),
            Err(refusal) => refused.push(refusal),
        }
    }
    refused
}

/// The refusal of a report of somebody else's aircraft. It does not say which, as it is logged.
pub(crate) fn of_another(index: usize) -> Refusal {
    let reason = "is another's aircraft: only whoever operates it reports it".to_owned();
    Refusal { index, field: "address".to_owned(), reason }
}

/// What the last declaration of each address is, in the order of the addresses.
pub(crate) fn last_of_each(
    mut declared: Vec<(Address, Declaration)>,
) -> Vec<(Address, Declaration)> {
    declared.reverse();
    declared.sort_by_key(|(address, _)| *address);
    declared.dedup_by_key(|(address, _)| *address);
    declared
}

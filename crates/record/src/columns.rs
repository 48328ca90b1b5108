//! Rows as columns: what stands where in a Parquet segment. `docs/recording.md` says it for
//! readers that are not this crate.

use crate::codec::{TECHNIQUES, label, point};
use crate::row::{Begin, Row};
use deconflict_core::{Address, AddressSpace, AircraftClass, Report, Time};
use parquet::data_type::ByteArray;

/// The schema of a segment. Units are in the names; angles are radians because that is
/// what a position holds, and it has to come back exact to the bit.
pub(crate) const SCHEMA: &str = "message recording {
    required binary kind (STRING);
    required int64 clock (TIMESTAMP(NANOS, true));
    optional int32 feed (INTEGER(16, false));
    optional binary address (STRING);
    optional binary technique (STRING);
    optional int64 measured (TIMESTAMP(NANOS, true));
    optional int64 received (TIMESTAMP(NANOS, true));
    optional double lat_rad;
    optional double lon_rad;
    optional float position_sigma_m;
    optional double pressure_altitude_m;
    optional double ellipsoid_height_m;
    optional double ground_speed_mps;
    optional double track_rad;
    optional double vertical_rate_mps;
    optional boolean on_ground;
    optional binary callsign (STRING);
    optional int32 squawk (INTEGER(16, false));
    optional binary class (STRING);
    optional binary run (STRING);
    optional binary text (STRING);
}";

/// Place of the time of the last tick, by which row groups are found.
pub(crate) const CLOCK: usize = 1;

/// A column: which rows have a value, and the values.
#[derive(Debug)]
pub(crate) struct Column<T> {
    /// 1 for a row with a value, 0 for one without: Parquet's definition levels.
    pub(crate) levels: Vec<i16>,
    pub(crate) values: Vec<T>,
}

impl<T> Default for Column<T> {
    fn default() -> Column<T> {
        Column { levels: Vec::new(), values: Vec::new() }
    }
}

impl<T> Column<T> {
    fn push(&mut self, value: Option<T>) {
        self.levels.push(i16::from(value.is_some()));
        self.values.extend(value);
    }
}

/// A column of one of the types that there are.
#[derive(Debug)]
pub(crate) enum Data {
    Text(Column<ByteArray>),
    Int64(Column<i64>),
    Int32(Column<i32>),
    Double(Column<f64>),
    Float(Column<f32>),
    Truth(Column<bool>),
}

/// Some rows as columns.
#[derive(Debug, Default)]
pub(crate) struct Columns {
    pub(crate) rows: usize,
    kind: Column<ByteArray>,
    clock: Column<i64>,
    feed: Column<i32>,
    address: Column<ByteArray>,
    technique: Column<ByteArray>,
    measured: Column<i64>,
    received: Column<i64>,
    lat_rad: Column<f64>,
    lon_rad: Column<f64>,
    position_sigma_m: Column<f32>,
    pressure_altitude_m: Column<f64>,
    ellipsoid_height_m: Column<f64>,
    ground_speed_mps: Column<f64>,
    track_rad: Column<f64>,
    vertical_rate_mps: Column<f64>,
    on_ground: Column<bool>,
    callsign: Column<ByteArray>,
    squawk: Column<i32>,
    class: Column<ByteArray>,
    run: Column<ByteArray>,
    text: Column<ByteArray>,
}

fn bytes(text: impl Into<String>) -> ByteArray {
    ByteArray::from(text.into().into_bytes())
}

impl Columns {
    /// Appends a row, and the time it belongs to.
    pub(crate) fn push(&mut self, row: &Row, clock: Time) {
        self.rows += 1;
        let (kind, report, run, text) = match row {
            Row::Begin(begin) => ("begin", None, Some(&begin.run), Some(&begin.config)),
            Row::Report(report) => ("report", Some(report), None, None),
            Row::Tick(_) => ("tick", None, None, None),
            Row::Registry(text) => ("registry", None, None, Some(text)),
        };
        self.kind.push(Some(bytes(kind)));
        self.clock.push(Some(clock.as_nanos()));
        self.run.push(run.map(|run| bytes(run.as_str())));
        self.text.push(text.map(|text| bytes(text.as_str())));
        self.push_report(report);
    }

    fn push_report(&mut self, r: Option<&Report>) {
        self.feed.push(r.map(|r| i32::from(r.feed)));
        self.address.push(r.map(|r| bytes(r.address.to_string())));
        self.technique.push(r.map(|r| bytes(r.technique.name())));
        self.measured.push(r.map(|r| r.measured.as_nanos()));
        self.received.push(r.map(|r| r.received.as_nanos()));
        let position = r.and_then(|r| r.position);
        self.lat_rad.push(position.map(|p| p.lat_rad()));
        self.lon_rad.push(position.map(|p| p.lon_rad()));
        self.position_sigma_m.push(r.and_then(|r| r.position_sigma_m));
        self.pressure_altitude_m.push(r.and_then(|r| r.pressure_altitude_m));
        self.ellipsoid_height_m.push(r.and_then(|r| r.ellipsoid_height_m));
        self.ground_speed_mps.push(r.and_then(|r| r.ground_speed_mps));
        self.track_rad.push(r.and_then(|r| r.track_rad));
        self.vertical_rate_mps.push(r.and_then(|r| r.vertical_rate_mps));
        self.on_ground.push(r.and_then(|r| r.on_ground));
        self.callsign.push(r.and_then(|r| r.callsign).map(|c| bytes(c.as_str())));
        self.squawk.push(r.and_then(|r| r.squawk).map(i32::from));
        self.class.push(r.map(|r| bytes(r.class.name())));
    }

    /// The columns in the order of the schema.
    pub(crate) fn into_data(self) -> [Data; 21] {
        [
            Data::Text(self.kind),
            Data::Int64(self.clock),
            Data::Int32(self.feed),
            Data::Text(self.address),
            Data::Text(self.technique),
            Data::Int64(self.measured),
            Data::Int64(self.received),
            Data::Double(self.lat_rad),
            Data::Double(self.lon_rad),
            Data::Float(self.position_sigma_m),
            Data::Double(self.pressure_altitude_m),
            Data::Double(self.ellipsoid_height_m),
            Data::Double(self.ground_speed_mps),
            Data::Double(self.track_rad),
            Data::Double(self.vertical_rate_mps),
            Data::Truth(self.on_ground),
            Data::Text(self.callsign),
            Data::Int32(self.squawk),
            Data::Text(self.class),
            Data::Text(self.run),
            Data::Text(self.text),
        ]
    }
}

/// The rows of columns in the order of the schema, with the time each belongs to; `None` if the
/// columns are not what was written.
pub(crate) fn rows(data: Vec<Data>, count: usize) -> Option<Vec<(Time, Row)>> {
    let mut columns: Vec<Values> = data.into_iter().map(Values::new).collect();
    let columns: &mut [Values; 21] = columns.as_mut_slice().try_into().ok()?;
    (0..count).map(|_| row(columns)).collect()
}

fn row(columns: &mut [Values; 21]) -> Option<(Time, Row)> {
    let [kind, clock, rest @ .., run, text] = columns;
    let clock = Time::from_nanos(clock.int64()??);
    let kind = kind.text()??;
    let report = report(rest)?;
    let (run, text) = (run.text()?, text.text()?);
    let row = match kind.as_str() {
        "begin" => Row::Begin(Begin { run: run?, time: clock, config: text? }),
        "report" => Row::Report(report?),
        "tick" => Row::Tick(clock),
        "registry" => Row::Registry(text?),
        _ => return None,
    };
    Some((clock, row))
}

/// The report of a row. The outer `None` is damage, the inner one a row of another kind.
fn report(columns: &mut [Values]) -> Option<Option<Report>> {
    let [
        feed,
        address_,
        technique_,
        measured,
        received,
        lat_rad,
        lon_rad,
        position_sigma_m,
        pressure_altitude_m,
        ellipsoid_height_m,
        ground_speed_mps,
        track_rad,
        vertical_rate_mps,
        on_ground,
        callsign,
        squawk,
        class,
    ] = columns
    else {
        return None;
    };
    // Every column moves on by one row, whatever is in it.
    let feed = feed.int32()?;
    let address_text = address_.text()?;
    let technique_text = technique_.text()?;
    let (measured, received) = (measured.int64()?, received.int64()?);
    let (lat_rad, lon_rad) = (lat_rad.double()?, lon_rad.double()?);
    let position_sigma_m = position_sigma_m.float()?;
    let pressure_altitude_m = pressure_altitude_m.double()?;
    let ellipsoid_height_m = ellipsoid_height_m.double()?;
    let ground_speed_mps = ground_speed_mps.double()?;
    let track_rad = track_rad.double()?;
    let vertical_rate_mps = vertical_rate_mps.double()?;
    let on_ground = on_ground.truth()?;
    let callsign = callsign.text()?;
    let squawk = squawk.int32()?;
    let class = class.text()?;
    let Some(feed) = feed else { return Some(None) };
    Some(Some(Report {
        feed: u16::try_from(feed).ok()?,
        address: address(&address_text?)?,
        technique: TECHNIQUES.into_iter().find(|t| Some(t.name()) == technique_text.as_deref())?,
        measured: Time::from_nanos(measured?),
        received: Time::from_nanos(received?),
        position: match (lat_rad, lon_rad) {
            (Some(lat_rad), Some(lon_rad)) => Some(point(lat_rad, lon_rad)?),
            _ => None,
        },
        position_sigma_m,
        pressure_altitude_m,
        ellipsoid_height_m,
        ground_speed_mps,
        track_rad,
        vertical_rate_mps,
        on_ground,
        callsign: match callsign {
            Some(text) => Some(label(&text)?),
            None => None,
        },
        squawk: match squawk {
            Some(squawk) => Some(u16::try_from(squawk).ok()?),
            None => None,
        },
        class: AircraftClass::parse(&class?)?,
    }))
}

/// Reads what `Display` writes, with codes of any length: they are kept as they came.
fn address(text: &str) -> Option<Address> {
    let of = |space, digits: &str, radix| {
        Some(Address { space, code: u32::from_str_radix(digits, radix).ok()? })
    };
    if let Some(digits) = text.strip_prefix('~') {
        return of(AddressSpace::NonIcao, digits, 16);
    }
    if let Some(digits) = text.strip_prefix("f:") {
        return of(AddressSpace::Flarm, digits, 16);
    }
    if let Some(digits) = text.strip_prefix('#') {
        return of(AddressSpace::Local, digits, 10);
    }
    of(AddressSpace::Icao, text, 16)
}

/// The values of a column, one row after the other.
struct Values {
    levels: std::vec::IntoIter<i16>,
    values: Typed,
}

enum Typed {
    Text(std::vec::IntoIter<ByteArray>),
    Int64(std::vec::IntoIter<i64>),
    Int32(std::vec::IntoIter<i32>),
    Double(std::vec::IntoIter<f64>),
    Float(std::vec::IntoIter<f32>),
    Truth(std::vec::IntoIter<bool>),
}

/// The next value of a column: the outer `None` is the end, or another type.
macro_rules! next {
    ($self:ident, $variant:ident) => {{
        let is_there = $self.levels.next()? != 0;
        let Typed::$variant(values) = &mut $self.values else { return None };
        if is_there { Some(Some(values.next()?)) } else { Some(None) }
    }};
}

impl Values {
    fn new(data: Data) -> Values {
        let (levels, values) = match data {
            Data::Text(c) => (c.levels, Typed::Text(c.values.into_iter())),
            Data::Int64(c) => (c.levels, Typed::Int64(c.values.into_iter())),
            Data::Int32(c) => (c.levels, Typed::Int32(c.values.into_iter())),
            Data::Double(c) => (c.levels, Typed::Double(c.values.into_iter())),
            Data::Float(c) => (c.levels, Typed::Float(c.values.into_iter())),
            Data::Truth(c) => (c.levels, Typed::Truth(c.values.into_iter())),
        };
        Values { levels: levels.into_iter(), values }
    }

    fn text(&mut self) -> Option<Option<String>> {
        let value: Option<ByteArray> = next!(self, Text)?;
        match value {
            Some(value) => Some(Some(std::str::from_utf8(value.data()).ok()?.to_owned())),
            None => Some(None),
        }
    }

    fn int64(&mut self) -> Option<Option<i64>> {
        next!(self, Int64)
    }

    fn int32(&mut self) -> Option<Option<i32>> {
        next!(self, Int32)
    }

    fn double(&mut self) -> Option<Option<f64>> {
        next!(self, Double)
    }

    fn float(&mut self) -> Option<Option<f32>> {
        next!(self, Float)
    }

    fn truth(&mut self) -> Option<Option<bool>> {
        next!(self, Truth)
    }
}
